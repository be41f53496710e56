//! `hop_encryption.json`: one layer of an onion request, and the lenient reader of replies.

use session_crypto::x25519::{NonContributory, X25519Keypair, X25519PublicKey, X25519SecretKey};
use session_onion::{
    encryption::{DecryptError, EncryptionType, LayerKey},
    legacy,
};

use super::{Reason, Suite};
use crate::{BadVector, Case, Outputs, Ran, ReplayRng};

pub(super) const SUITE: Suite = Suite {
    file: "hop_encryption",
    context: &["random"],
    reasons: &[
        Reason { theirs: "too short", ours: &["is too short"] },
        Reason { theirs: "Could not decrypt (XChaCha20", ours: &["failed authentication"] },
        Reason { theirs: "Decryption failed (AES256-GCM)", ours: &["failed authentication"] },
        Reason { theirs: "Failed to compute shared key", ours: &["no key agreement"] },
        Reason { theirs: "Shared key derivation failed", ours: &["no key agreement"] },
        Reason { theirs: "Invalid encryption type", ours: &["unknown encryption type"] },
    ],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    let encryption = match case.text("enc_type")?.parse::<EncryptionType>() {
        Ok(encryption) => encryption,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let ours = keypair(case, "x25519_seckey")?;
    match case.op() {
        "encrypt" => encrypt(case, encryption, &ours),
        "decrypt" => {
            let bytes = case.bytes("ciphertext")?;
            let is_server = case.boolean("decryptor_is_server")?;
            let peer = public_key(case, "remote_x25519_pubkey")?;
            let key = layer_key(encryption, is_server, &ours, &peer).map_err(DecryptError::from);
            Ok(plaintext(key.and_then(|key| key.decrypt(&bytes))))
        }
        "decrypt_response" => {
            let bytes = case.bytes("ciphertext")?;
            let destination = public_key(case, "destination_x25519_pubkey")?;
            Ok(plaintext(legacy::decrypt_response(encryption, &ours, &destination, &bytes)))
        }
        _ => Ok(Ran::UnknownOperation),
    }
}

fn encrypt(
    case: &Case<'_>,
    encryption: EncryptionType,
    ours: &X25519Keypair,
) -> Result<Ran, BadVector> {
    let text = case.bytes("plaintext")?;
    let is_server = case.boolean("encryptor_is_server")?;
    let peer = public_key(case, "remote_x25519_pubkey")?;
    let reader = keypair(case, "remote_x25519_seckey")?;
    let mut rng = ReplayRng::new(case.stated_bytes("random")?);
    let outputs = layer_key(encryption, is_server, ours, &peer).map_err(DecryptError::from);
    let outputs = outputs.and_then(|key| {
        let ciphertext = key.encrypt(&text, &mut rng);
        let reader = layer_key(encryption, !is_server, &reader, &ours.public_key())?;
        let read = reader.decrypt(&ciphertext)?;
        Ok(Outputs::new().hex("ciphertext", &ciphertext).hex("decrypts_to", &read))
    });
    if outputs.is_ok() && !rng.is_exact() {
        return Ok(Ran::Refused("another amount of randomness".to_owned()));
    }
    Ok(Ran::from_result(outputs))
}

fn layer_key(
    encryption: EncryptionType,
    is_server: bool,
    ours: &X25519Keypair,
    peer: &X25519PublicKey,
) -> Result<LayerKey, NonContributory> {
    if is_server {
        LayerKey::for_server(encryption, ours, peer)
    } else {
        LayerKey::for_client(encryption, ours, peer)
    }
}

fn plaintext(result: Result<Vec<u8>, DecryptError>) -> Ran {
    Ran::from_result(result.map(|plaintext| Outputs::new().hex("plaintext", &plaintext)))
}

fn keypair(case: &Case<'_>, field: &str) -> Result<X25519Keypair, BadVector> {
    let secret = X25519SecretKey::from_bytes(case.array(field)?);
    Ok(X25519Keypair::from_secret_key(secret))
}

fn public_key(case: &Case<'_>, field: &str) -> Result<X25519PublicKey, BadVector> {
    case.array(field).map(X25519PublicKey::from_bytes)
}
