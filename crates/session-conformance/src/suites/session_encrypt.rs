//! `session_encrypt.json`: the box of direct messages.

use session_crypto::{
    ed25519::Ed25519Keypair,
    x25519::{X25519Keypair, X25519SecretKey},
};
use session_envelope::signed_box;

use super::{Reason, Suite};
use crate::{BadVector, Case, Outputs, Ran, ReplayRng};

pub(super) const SUITE: Suite = Suite {
    file: "session_encrypt",
    context: &["random"],
    reasons: &[
        Reason { theirs: "Decryption failed", ours: &["failed authentication"] },
        Reason { theirs: "too small", ours: &["too short"] },
        Reason {
            theirs: "Signature verification failed",
            ours: &["signature inside the box is wrong"],
        },
        Reason { theirs: "Invalid recipient_pubkey", ours: &["expected 32, or 33"] },
        Reason { theirs: "Sealed box encryption failed", ours: &["small order"] },
        Reason { theirs: "Invalid ed25519_privkey", ours: &["expected 32 or 64"] },
        Reason { theirs: "Invalid sender_ed25519_privkey", ours: &["expected 32 or 64"] },
    ],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "sign_for_recipient" | "encrypt_for_recipient" | "encrypt_for_recipient_deterministic" => {
            outgoing(case)
        }
        "decrypt_incoming" => incoming(case),
        "decrypt_incoming_x25519" => incoming_for_pair(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

fn outgoing(case: &Case<'_>) -> Result<Ran, BadVector> {
    let message = case.bytes("message")?;
    let recipient = match signed_box::recipient_key(&case.bytes("recipient_pubkey")?) {
        Ok(recipient) => recipient,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let sender = match Ed25519Keypair::from_secret_bytes(&case.bytes("sender_ed25519_privkey")?) {
        Ok(sender) => sender,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let sealed = match case.op() {
        "sign_for_recipient" => {
            let signed = signed_box::sign(&message, &sender, &recipient);
            return Ok(Ran::Returned(Outputs::new().hex("signed", &signed)));
        }
        "encrypt_for_recipient_deterministic" => {
            signed_box::seal_deterministic(&message, &sender, &recipient)
        }
        // A case that must fail states no random bytes.
        _ if case.error().is_some() => {
            signed_box::seal(&message, &sender, &recipient, &mut ReplayRng::new(vec![1; 32]))
        }
        _ => {
            let mut rng = ReplayRng::new(case.stated_bytes("random")?);
            let sealed = signed_box::seal(&message, &sender, &recipient, &mut rng);
            if !rng.is_exact() {
                return Ok(Ran::Refused("drew another amount of random bytes".to_owned()));
            }
            sealed
        }
    };
    Ok(Ran::from_result(sealed.map(|sealed| Outputs::new().hex("ciphertext", &sealed))))
}

fn incoming(case: &Case<'_>) -> Result<Ran, BadVector> {
    let recipient = Ed25519Keypair::from_secret_bytes(&case.bytes("recipient_ed25519_privkey")?);
    let recipient = match recipient {
        Ok(recipient) => recipient.to_x25519(),
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    open(case, &recipient)
}

/// A pair computes its own public half; one that the vector gives beside a foreign secret cannot be said to it.
fn incoming_for_pair(case: &Case<'_>) -> Result<Ran, BadVector> {
    let secret = X25519SecretKey::from_bytes(case.array("x25519_seckey")?);
    let keypair = X25519Keypair::from_secret_key(secret);
    if *keypair.public_key().as_bytes() != case.array::<32>("x25519_pubkey")? {
        return Ok(Ran::Refused("public half of another secret".to_owned()));
    }
    open(case, &keypair)
}

fn open(case: &Case<'_>, recipient: &X25519Keypair) -> Result<Ran, BadVector> {
    let opened = signed_box::open(&case.bytes("ciphertext")?, recipient);
    Ok(Ran::from_result(opened.map(|opened| {
        Outputs::new()
            .hex("message", opened.message())
            .hex("sender_ed25519_pubkey", opened.sender_key().as_bytes())
            .value("sender_account_id", opened.sender().to_string())
    })))
}
