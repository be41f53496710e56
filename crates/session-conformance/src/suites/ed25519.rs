//! `ed25519.json`: signatures and key conversions.

use session_crypto::ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Signature};

use super::{Reason, Suite};
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite {
    file: "ed25519",
    context: &[],
    reasons: &[
        Reason { theirs: "Invalid ed25519_privkey", ours: &["expected 32 or 64"] },
        Reason { theirs: "Invalid sig", ours: &["expected 64 bytes"] },
        Reason { theirs: "Invalid pubkey", ours: &["expected 32 bytes"] },
        Reason { theirs: "Invalid ed25519_pubkey", ours: &["expected 32 bytes"] },
        Reason {
            theirs: "An error occured while attempting to convert",
            ours: &["no point of the curve", "has small order", "outside the main subgroup"],
        },
    ],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "sign" => sign(case),
        "verify" => verify(case),
        "ed25519_pubkey_to_x25519" => public_key_to_x25519(case),
        "ed25519_seckey_to_x25519" => secret_key_to_x25519(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

fn sign(case: &Case<'_>) -> Result<Ran, BadVector> {
    let message = case.bytes("message")?;
    let keypair = Ed25519Keypair::from_secret_bytes(&case.bytes("ed25519_privkey")?);
    Ok(Ran::from_result(keypair.map(|keypair| {
        Outputs::new()
            .hex("signature", keypair.sign(&message).as_bytes())
            .hex("ed25519_pubkey", keypair.public_key().as_bytes())
    })))
}

fn verify(case: &Case<'_>) -> Result<Ran, BadVector> {
    let message = case.bytes("message")?;
    let signature = Ed25519Signature::try_from(case.bytes("signature")?.as_slice());
    let key = Ed25519PublicKey::try_from(case.bytes("ed25519_pubkey")?.as_slice());
    Ok(Ran::from_result(signature.and_then(|signature| {
        key.map(|key| Outputs::new().value("valid", key.verify(&message, &signature).is_ok()))
    })))
}

fn public_key_to_x25519(case: &Case<'_>) -> Result<Ran, BadVector> {
    let key = match Ed25519PublicKey::try_from(case.bytes("ed25519_pubkey")?.as_slice()) {
        Ok(key) => key,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let key = key.to_x25519();
    Ok(Ran::from_result(key.map(|key| Outputs::new().hex("x25519_pubkey", key.as_bytes()))))
}

fn secret_key_to_x25519(case: &Case<'_>) -> Result<Ran, BadVector> {
    let keypair = Ed25519Keypair::from_secret_bytes(&case.bytes("ed25519_secret64")?);
    Ok(Ran::from_result(keypair.map(|keypair| {
        let secret = keypair.to_x25519().secret_key().clone();
        Outputs::new().hex("x25519_seckey", secret.expose_bytes())
    })))
}
