//! `blinded_encrypt.json`: messages between blinded ids.

use session_crypto::ed25519::Ed25519Keypair;
use session_envelope::blinded;
use session_identity::{
    blinding::ServerPublicKey,
    id::{BlindedId, ParseIdError, PrefixedId},
};

use super::{Reason, Suite};
use crate::{BadVector, Case, Outputs, Ran, ReplayRng};

pub(super) const SUITE: Suite = Suite {
    file: "blinded_encrypt",
    context: &["random"],
    reasons: &[
        Reason { theirs: "Decryption failed", ours: &["failed authentication"] },
        Reason { theirs: "innerBytes too short", ours: &["too short"] },
        Reason { theirs: "too short to contain", ours: &["too short"] },
        Reason { theirs: "version is not 0", ours: &["only 0 is supported"] },
        Reason { theirs: "must start with 0x15 or 0x25", ours: &["expected blinded id"] },
        Reason { theirs: "expected 33 bytes", ours: &["expected 33"] },
        Reason {
            theirs: "Shared secret generation failed",
            ours: &["no point", "subgroup", "order"],
        },
    ],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "encrypt_for_blinded_recipient" => encrypt(case),
        "decrypt_from_blinded_recipient" => decrypt(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

fn encrypt(case: &Case<'_>) -> Result<Ran, BadVector> {
    let recipient = match id(case, "recipient_blinded_id")? {
        Ok(recipient) => recipient,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    // A case that must fail states no random bytes.
    let random = if case.error().is_some() { vec![1; 24] } else { case.stated_bytes("random")? };
    let mut rng = ReplayRng::new(random);
    let sender = keypair(case, "sender_ed25519_privkey")?;
    let message = case.bytes("message")?;
    let sealed = blinded::seal(&message, &sender, &server(case)?, &recipient, &mut rng);
    if sealed.is_ok() && !rng.is_exact() {
        return Ok(Ran::Refused("drew another amount of random bytes".to_owned()));
    }
    Ok(Ran::from_result(sealed.map(|sealed| Outputs::new().hex("ciphertext", &sealed))))
}

fn decrypt(case: &Case<'_>) -> Result<Ran, BadVector> {
    let ids = [id(case, "sender_id")?, id(case, "recipient_id")?];
    let [sender, recipient] = match ids {
        [Ok(sender), Ok(recipient)] => [sender, recipient],
        [Err(error), _] | [_, Err(error)] => return Ok(Ran::Refused(error.to_string())),
    };
    let reader = keypair(case, "ed25519_privkey")?;
    let sealed = case.bytes("ciphertext")?;
    let opened = blinded::open(&sealed, &reader, &server(case)?, &sender, &recipient);
    Ok(Ran::from_result(opened.map(|opened| {
        Outputs::new()
            .hex("message", opened.message())
            .value("sender_account_id", opened.sender().to_string())
    })))
}

fn id(case: &Case<'_>, field: &str) -> Result<Result<BlindedId, ParseIdError>, BadVector> {
    let bytes = case.bytes(field)?;
    Ok(PrefixedId::try_from(bytes.as_slice()).and_then(|id| BlindedId::from_bytes(id.to_bytes())))
}

fn keypair(case: &Case<'_>, field: &str) -> Result<Ed25519Keypair, BadVector> {
    let keypair = Ed25519Keypair::from_secret_bytes(&case.bytes(field)?);
    keypair.map_err(|error| BadVector::Malformed(error.to_string()))
}

fn server(case: &Case<'_>) -> Result<ServerPublicKey, BadVector> {
    case.text("server_pk")?
        .parse()
        .map_err(|_| BadVector::Malformed("`server_pk` is no key".to_owned()))
}
