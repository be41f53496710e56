//! `push_ons.json`: push notifications and records of the name service.

use session_envelope::push::PushKey;
use session_identity::names::Record;

use super::{Reason, Suite};
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite {
    file: "push_ons",
    context: &[],
    reasons: &[
        Reason { theirs: "Invalid enc_key", ours: &["expected 32"] },
        Reason { theirs: "Invalid payload", ours: &["too short"] },
        Reason { theirs: "Invalid ciphertext", ours: &["expected at least 16"] },
        Reason { theirs: "Invalid nonce", ours: &["expected 24"] },
        Reason { theirs: "Failed to decrypt", ours: &["failed authentication"] },
        Reason { theirs: "Invalid decrypted value", ours: &["expected 33"] },
    ],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "decrypt_ons_response" => decrypt_name(case),
        "decrypt_push_notification" => decrypt_push(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

/// The oracle takes names as they are spelled.
fn decrypt_name(case: &Case<'_>) -> Result<Ran, BadVector> {
    let record = match Record::new(&case.bytes("ciphertext")?, &case.bytes("nonce")?) {
        Ok(record) => record,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let account = record.decrypt_verbatim(case.text("name")?);
    Ok(Ran::from_result(
        account.map(|account| Outputs::new().value("account_id", account.to_string())),
    ))
}

fn decrypt_push(case: &Case<'_>) -> Result<Ran, BadVector> {
    let key = match PushKey::from_slice(&case.bytes("enc_key")?) {
        Ok(key) => key,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let plaintext = key.decrypt(&case.bytes("payload")?);
    Ok(Ran::from_result(plaintext.map(|plaintext| Outputs::new().hex("plaintext", &plaintext))))
}
