//! `onion_parser.json`: a server behind the exit opens requests, and the texts of keys and ciphers.

use session_crypto::{
    encoding::{base32z, key_text},
    x25519::{X25519Keypair, X25519SecretKey},
};
use session_onion::{EncryptionType, server::ServerRequest};

use super::{Reason, Suite};
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite {
    file: "onion_parser",
    context: &[],
    reasons: &[
        Reason { theirs: "onion request data too small", ours: &["has no length"] },
        Reason { theirs: "onion request data too big", ours: &["at most"] },
        Reason { theirs: "data segment too small", ours: &["announces a blob"] },
        Reason { theirs: "parse_error", ours: &["malformed JSON"] },
        Reason { theirs: "type_error", ours: &["unexpected JSON"] },
        // A trailer that is no object has no entry either.
        Reason {
            theirs: "does not have 'ephemeral_key'",
            ours: &["has no `ephemeral_key`", "unexpected JSON"],
        },
        Reason { theirs: "Invalid encryption type", ours: &["unknown encryption type"] },
        // The oracle goes on with an all-zero key where the text is none.
        Reason {
            theirs: "Failed to compute shared key",
            ours: &["no key agreement", "ephemeral key of the request"],
        },
        Reason {
            theirs: "Shared key derivation failed",
            ours: &["no key agreement", "ephemeral key of the request"],
        },
        Reason { theirs: "too short", ours: &["is too short"] },
        Reason { theirs: "Could not decrypt", ours: &["failed authentication"] },
        Reason { theirs: "Decryption failed", ours: &["failed authentication"] },
    ],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "parse" => parse(case),
        "parse_pubkey" => {
            // All zeros are how the oracle says that the text is no key.
            let key = key_text::decode(case.text("text")?).unwrap_or([0; 32]);
            Ok(Ran::Returned(Outputs::new().hex("pubkey", &key)))
        }
        "snode_address" => {
            let address = format!("{}.snode", base32z::encode(&case.bytes("ed25519_pubkey")?));
            Ok(Ran::Returned(Outputs::new().value("address", address)))
        }
        "parse_enc_type" => {
            let encryption = case.text("text")?.parse::<EncryptionType>();
            Ok(Ran::from_result(
                encryption.map(|encryption| Outputs::new().value("enc_type", encryption.as_str())),
            ))
        }
        _ => Ok(Ran::UnknownOperation),
    }
}

fn parse(case: &Case<'_>) -> Result<Ran, BadVector> {
    let secret = X25519SecretKey::from_bytes(case.array("x25519_seckey")?);
    let server = X25519Keypair::from_secret_key(secret);
    let body = case.bytes("request")?;
    let request = ServerRequest::open_at_most(case.integer("max_size")?, &server, &body);
    Ok(Ran::from_result(request.map(|request| {
        Outputs::new()
            .hex("payload", request.payload())
            .hex("remote_pubkey", request.ephemeral_key().as_bytes())
    })))
}
