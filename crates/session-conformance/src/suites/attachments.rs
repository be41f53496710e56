//! `attachments.json`: encryption of files, with the key derivation of 2025.

use session_crypto::{blake2b::Blake2b, ed25519::Ed25519Seed};
use session_envelope::attachment::{self, AttachmentKey, Derivation, KeyDeriver, Purpose, size};

use super::{Reason, Suite};
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite {
    file: "attachments",
    context: &[],
    reasons: &[
        Reason { theirs: "32-byte uploader seed", ours: &["expected 32"] },
        Reason { theirs: "libsodium refuses it", ours: &["failed authentication"] },
        Reason { theirs: "unknown type or too short", ours: &["unknown format", "not whole"] },
        Reason { theirs: "invalid padding", ours: &["padding of the file"] },
        Reason { theirs: "without FINAL tag", ours: &["not whole"] },
    ],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "sizes" => sizes(case),
        "decrypted_max_size" => {
            let most = size::max_content(case.integer("encrypted_size")?);
            Ok(Ran::Returned(Outputs::new().value("max_size", most)))
        }
        "encrypt" => encrypt(case),
        "decrypt" => decrypt(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

fn sizes(case: &Case<'_>) -> Result<Ran, BadVector> {
    let content = case.integer("plaintext_size")?;
    let encrypted = size::encrypted(content);
    Ok(Ran::Returned(
        Outputs::new()
            .value("padding", size::padding(content))
            .value("encrypted_size", encrypted)
            .value("decrypted_max_size_of_encrypted", encrypted.and_then(size::max_content)),
    ))
}

fn encrypt(case: &Case<'_>) -> Result<Ran, BadVector> {
    // Of a longer seed the first 32 bytes count.
    let seed = case.bytes("seed")?;
    let seed = match Ed25519Seed::try_from(seed.get(..Ed25519Seed::LENGTH).unwrap_or(&seed)) {
        Ok(seed) => seed,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let purpose = match case.integer("domain")? {
        0_u8 => Purpose::Attachment,
        1 => Purpose::ProfilePicture,
        other => return Err(BadVector::Malformed(format!("unknown domain {other}"))),
    };
    let content = content(case)?;
    let mut deriver = KeyDeriver::new(&seed, purpose, Derivation::Released2025);
    deriver.update(&content);
    let (file, key) = match attachment::encrypt_with(&content, deriver) {
        Ok(encrypted) => encrypted,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let hash: [u8; 32] = Blake2b::new().chain(&file).finalize();
    let length =
        u64::try_from(content.len()).map_err(|error| BadVector::Malformed(error.to_string()))?;
    Ok(Ran::Returned(
        Outputs::new()
            .hex("key", key.expose_bytes())
            .value("size", file.len())
            .value("padding", size::padding(length))
            .hex("header", file.get(..25).unwrap_or_default())
            .hex("ciphertext_blake2b_32", &hash)
            .hex("first_64", file.first_chunk::<64>().map_or(&[], |first| first.as_slice()))
            .hex("last_64", file.last_chunk::<64>().map_or(&[], |last| last.as_slice())),
    ))
}

fn decrypt(case: &Case<'_>) -> Result<Ran, BadVector> {
    let key = AttachmentKey::from_bytes(case.array("key")?);
    let content = attachment::decrypt(&case.bytes("ciphertext")?, &key);
    Ok(Ran::from_result(content.map(|content| Outputs::new().hex("data", &content))))
}

/// Given, or byte k = (31·k + add) mod 256.
fn content(case: &Case<'_>) -> Result<Vec<u8>, BadVector> {
    let Some(pattern) = case.input("data_pattern") else { return case.bytes("data") };
    let number = |field: &str| pattern.get(field).and_then(serde_json::Value::as_u64);
    let (Some(length), Some(add)) = (number("length"), number("add")) else {
        return Err(BadVector::Malformed(format!("`data_pattern` has another form: {pattern}")));
    };
    (0..length)
        .map(|k| {
            u8::try_from((31 * k + add) % 256)
                .map_err(|error| BadVector::Malformed(error.to_string()))
        })
        .collect()
}
