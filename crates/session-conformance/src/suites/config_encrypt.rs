//! `config_encrypt.json`: encryption, padding and compression of configs.

use session_config::{
    compression,
    encryption::{ConfigKey, Domain},
    padding,
};

use super::{Reason, Suite};
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite {
    file: "config_encrypt",
    context: &[],
    reasons: &[
        Reason { theirs: "ciphertext is too short", ours: &["is too short"] },
        Reason { theirs: "key_base != 32 bytes", ours: &["expected 32"] },
        Reason { theirs: "domain size not in [1, 24]", ours: &["expected 1 to 24"] },
        Reason { theirs: "Message decryption failed", ours: &["failed authentication"] },
    ],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "encrypt" => encrypt(case),
        "decrypt" => decrypt(case),
        "padded_size" => {
            let padded = padding::padded_length(case.integer("size")?);
            Ok(Ran::Returned(Outputs::new().value("padded_size", padded)))
        }
        "pad" => {
            let padded = padding::pad(&case.bytes("message")?);
            Ok(Ran::Returned(Outputs::new().hex("padded", &padded)))
        }
        "compress_message" => compress(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

fn encrypt(case: &Case<'_>) -> Result<Ran, BadVector> {
    let message = case.bytes("message")?;
    let (key, domain) = match key_and_domain(case)? {
        Ok(both) => both,
        Err(refusal) => return Ok(Ran::Refused(refusal)),
    };
    let blob = key.encrypt(domain, &message);
    let decrypted = key.decrypt(domain, &blob);
    Ok(Ran::from_result(
        decrypted.map(|decrypted| {
            Outputs::new().hex("ciphertext", &blob).hex("decrypts_to", &decrypted)
        }),
    ))
}

fn decrypt(case: &Case<'_>) -> Result<Ran, BadVector> {
    let blob = case.bytes("ciphertext")?;
    let (key, domain) = match key_and_domain(case)? {
        Ok(both) => both,
        Err(refusal) => return Ok(Ran::Refused(refusal)),
    };
    let message = key.decrypt(domain, &blob);
    Ok(Ran::from_result(message.map(|message| Outputs::new().hex("message", &message))))
}

type KeyAndDomain<'a> = Result<(ConfigKey, Domain<'a>), String>;

fn key_and_domain<'a>(case: &Case<'a>) -> Result<KeyAndDomain<'a>, BadVector> {
    let key = ConfigKey::try_from(case.bytes("key")?.as_slice());
    let domain = Domain::new(case.text("domain")?);
    Ok(match (key, domain) {
        (Ok(key), Ok(domain)) => Ok((key, domain)),
        (Err(error), _) => Err(error.to_string()),
        (_, Err(error)) => Err(error.to_string()),
    })
}

/// Compressors differ: a stated frame that holds our message stands for ours, if ours holds it too.
fn compress(case: &Case<'_>) -> Result<Ran, BadVector> {
    let message = case.bytes("message")?;
    let Some(ours) = compression::compress(&message) else {
        return Ok(Ran::Returned(
            Outputs::new().hex("message", &message).value("was_compressed", false),
        ));
    };
    let holds_it = |bytes: &[u8]| match bytes.split_first() {
        Some((&compression::MARKER, frame)) => {
            compression::decompress(frame).is_ok_and(|held| *held == message)
        }
        _ => false,
    };
    let theirs = case.stated_bytes("message")?;
    let same = holds_it(&ours) && holds_it(&theirs);
    let output = if same { theirs } else { ours.to_vec() };
    Ok(Ran::Returned(Outputs::new().hex("message", &output).value("was_compressed", true)))
}
