//! `group_messages.json`: the frame of group messages, in the form before February 2025, and notices of
//! removal.

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey},
    encoding::hex,
};
use session_envelope::group::{
    GroupKey,
    framing::{OpenError, Opened, hazmat},
    kicked,
};
use session_identity::GroupId;

use super::{Reason, Suite};
use crate::{BadVector, Case, Outputs, Ran, ReplayRng};

pub(super) const SUITE: Suite = Suite {
    file: "group_messages",
    context: &["random"],
    reasons: &[
        Reason { theirs: "unable to decrypt", ours: &["group keys decrypts"] },
        Reason { theirs: "too small", ours: &["too short"] },
        Reason { theirs: "is not compatible", ours: &["only 1 is supported"] },
        // Keys in descending order hide the version from the oracle's reader; ours says so.
        Reason {
            theirs: "version tag (\"\") is missing",
            ours: &["without version", "not in ascending order"],
        },
        Reason { theirs: "missing message author", ours: &["without author"] },
        Reason { theirs: "author pubkey size", ours: &["author of the group message has"] },
        Reason { theirs: "author ed25519 pubkey is invalid", ours: &["is no account"] },
        Reason { theirs: "data (\"d\") cannot be empty", ours: &["plain data"] },
        Reason { theirs: "data (\"z\") cannot be empty", ours: &["compressed data"] },
        Reason { theirs: "signature is missing", ours: &["without signature"] },
        Reason { theirs: "signature size", ours: &["signature of the group message has"] },
        Reason { theirs: "failed validation", ours: &["signature of the group message is wrong"] },
        Reason { theirs: "must contain compressed", ours: &["without data"] },
        Reason { theirs: "cannot contain both", ours: &["plain and compressed"] },
        Reason { theirs: "decompression failed", ours: &["decompress"] },
        Reason { theirs: "not a bencoded dict", ours: &["no bencoded dict", "malformed"] },
    ],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "encrypt_message" => encrypt(case),
        "decrypt_message" => {
            let opened = open(case, &case.bytes("ciphertext")?)?;
            Ok(Ran::from_result(opened.map(|opened| {
                Outputs::new()
                    .hex("plaintext", opened.plaintext())
                    .value("sender", opened.sender().to_string())
            })))
        }
        "kicked_message" => kicked_notice(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

fn open(case: &Case<'_>, stored: &[u8]) -> Result<Result<Opened, OpenError>, BadVector> {
    Ok(hazmat::open_unbound(stored, &keys(case)?))
}

/// Ours must be the oracle's bytes. Where both compress, only what is inside must be the same; the oracle's
/// bytes must open like ours then.
fn encrypt(case: &Case<'_>) -> Result<Ran, BadVector> {
    let plaintext = case.bytes("plaintext")?;
    let compress = case.boolean("compress")?;
    let sender = keypair(case, "sender_ed25519_secret64")?;
    let keys = keys(case)?;
    let key = keys.first().ok_or_else(|| BadVector::Malformed("no group key".to_owned()))?;
    // A case that must fail states no random bytes.
    let random = if case.error().is_some() { vec![1; 24] } else { case.stated_bytes("random")? };
    let mut rng = ReplayRng::new(random);
    let form = (compress, case.integer("padding")?);
    let stored = match hazmat::seal(&plaintext, (&sender, None), key, form, &mut rng) {
        Ok(stored) => stored,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    if !rng.is_exact() {
        return Ok(Ran::Refused("drew another amount of random bytes".to_owned()));
    }
    let outputs = Outputs::new().hex("ciphertext", &stored);
    let theirs = case.stated_bytes("ciphertext")?;
    // Nobody opens an empty message, ours as little as the oracle's.
    if plaintext.is_empty() {
        return Ok(Ran::Returned(outputs.value("decrypts_to", "").uncompared("decrypted_sender")));
    }
    let differs = compress && stored != theirs;
    let opened = [open(case, &stored)?, open(case, &theirs)?];
    match opened {
        [Ok(ours), Ok(theirs)] if ours == theirs => {
            let outputs = outputs
                .hex("decrypts_to", ours.plaintext())
                .value("decrypted_sender", ours.sender().to_string());
            Ok(Ran::Returned(if differs { outputs.uncompared("ciphertext") } else { outputs }))
        }
        other => Ok(Ran::Refused(format!("opened as {other:?}"))),
    }
}

fn kicked_notice(case: &Case<'_>) -> Result<Ran, BadVector> {
    let member = keypair(case, "user_ed25519_secret64")?.to_x25519();
    let group =
        GroupId::from_public_key(Ed25519PublicKey::from_bytes(case.array("group_ed25519_pubkey")?));
    let generation = kicked::open(&case.bytes("encoded")?, &member, &group);
    Ok(Ran::from_result(generation.map(|generation| {
        let key = member.public_key();
        let number = generation.map(|generation| generation.to_string());
        let text = number.as_ref().map(|number| [key.as_bytes(), number.as_bytes()].concat());
        let outputs = Outputs::new().value("plaintext", text.map(|text| hex::encode(&text)));
        match number {
            Some(number) => {
                outputs.hex("session_pubkey", key.as_bytes()).value("generation", number)
            }
            None => outputs,
        }
    })))
}

fn keys(case: &Case<'_>) -> Result<Vec<GroupKey>, BadVector> {
    let list = case.file_field("group_keys_newest_first").and_then(|list| list.as_array());
    let list = list.ok_or_else(|| BadVector::Malformed("no group keys".to_owned()))?;
    let keys = list.iter().map(|key| {
        let bytes = case.hex("group_keys_newest_first", key.as_str().unwrap_or("no text"))?;
        GroupKey::from_slice(&bytes).map_err(|error| BadVector::Malformed(error.to_string()))
    });
    keys.collect()
}

fn keypair(case: &Case<'_>, field: &str) -> Result<Ed25519Keypair, BadVector> {
    let keypair = Ed25519Keypair::from_secret_bytes(&case.bytes(field)?);
    keypair.map_err(|error| BadVector::Malformed(error.to_string()))
}
