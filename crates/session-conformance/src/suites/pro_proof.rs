//! `pro_proof.json`: Pro proofs in the form of the released apps, keys and message limits.

use serde_json::{Value, json};
use session_crypto::{
    ed25519::{Ed25519PublicKey, Ed25519Seed, Ed25519Signature},
    encoding::hex,
};
use session_identity::{
    Timestamp,
    pro::{
        MasterKeypair, MessageLength, RevocationTag, SignedMessage, Status,
        legacy::{LegacyProof, ProofForm},
    },
};

use super::Suite;
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite { file: "pro_proof", context: &[], reasons: &[], run };

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "proof_status" => proof_status(case),
        "proof_hash" => {
            let hash = proof(case.required("proof")?)?.hash();
            Ok(Ran::Returned(Outputs::new().hex("hash", &hash)))
        }
        "pro_privkey_for_seed" => master_key(case),
        "pro_features_for_utf8" => features(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

fn proof_status(case: &Case<'_>) -> Result<Ran, BadVector> {
    let proof = proof(case.required("proof")?)?;
    let backend = Ed25519PublicKey::from_bytes(case.array("backend_pubkey")?);
    let time = Timestamp::from_millis(case.integer("unix_ts_ms")?);
    let signed = case.input("signed_message").map(Message::parse).transpose()?;
    let status = match &signed {
        Some(message) => proof.status(&backend, message.signed(), time),
        None => proof.status_unsigned(&backend, time),
    };
    let status = match status {
        Status::Valid => "valid",
        Status::Expired => "expired",
        Status::InvalidUserSignature => "invalid_user_sig",
        Status::InvalidBackendSignature => "invalid_pro_backend_sig",
        other => return Ok(Ran::Refused(format!("{other:?}"))),
    };
    let check = case.input("message_for_check").map(Message::parse).transpose()?;
    let by_user = check
        .is_some_and(|check| proof.rotating_key.verify(&check.bytes, &check.signature).is_ok());
    Ok(Ran::Returned(
        Outputs::new()
            .hex("hash", &proof.hash())
            .value("status", status)
            .value("backend_signature_valid", proof.verify(&backend).is_ok())
            .value("message_signature_valid", by_user)
            .value("active", !proof.is_expired_at(time)),
    ))
}

fn master_key(case: &Case<'_>) -> Result<Ran, BadVector> {
    let master = MasterKeypair::derive(&Ed25519Seed::from_bytes(case.array("seed")?));
    let secret = [*master.seed().expose_bytes(), master.public_key().to_bytes()].concat();
    Ok(Ran::Returned(Outputs::new().hex("ed25519_secret64", &secret)))
}

/// The text is a pattern, repeated up to a number of bytes.
fn features(case: &Case<'_>) -> Result<Ran, BadVector> {
    let (pattern, bytes) = (case.text("pattern")?, case.integer::<usize>("bytes")?);
    let text: Vec<u8> = pattern.bytes().cycle().take(bytes).collect();
    let text = match String::from_utf8(text) {
        Ok(text) => text,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let length = MessageLength::of(&text);
    let (status, bits) = match length.features() {
        Ok(features) => ("Success", features.bits()),
        Err(_) => ("ExceedsCharacterLimit", 0),
    };
    Ok(Ran::Returned(
        Outputs::new()
            .value("status", status)
            .value("codepoint_count", json!(length.code_points()))
            .value("bitset", format!("ProMessageBitset {{ data: {bits} }}")),
    ))
}

fn proof(fields: &Value) -> Result<LegacyProof, BadVector> {
    let number = |name| {
        let number = fields.get(name).and_then(Value::as_u64);
        number.ok_or_else(|| BadVector::Malformed(format!("proof has no number `{name}`")))
    };
    let version = number("version")?;
    Ok(LegacyProof {
        form: ProofForm::ProProof,
        version: version
            .try_into()
            .map_err(|_| BadVector::Malformed(format!("version {version}")))?,
        revocation_tag: RevocationTag::from_bytes(array(fields, "gen_index_hash")?),
        rotating_key: Ed25519PublicKey::from_bytes(array(fields, "rotating_pubkey")?),
        expires_at: number("expiry_unix_ts_ms")?,
        signature: Ed25519Signature::from_bytes(array(fields, "sig")?),
    })
}

/// Bytes of a message with the signature that it claims.
struct Message {
    bytes: Vec<u8>,
    signature: Ed25519Signature,
}

impl Message {
    fn parse(fields: &Value) -> Result<Self, BadVector> {
        let text = fields.get("msg").and_then(Value::as_str).unwrap_or_default();
        let bytes =
            hex::decode(text).map_err(|error| BadVector::Malformed(format!("msg: {error}")))?;
        Ok(Self { bytes, signature: Ed25519Signature::from_bytes(array(fields, "sig")?) })
    }

    fn signed(&self) -> SignedMessage<'_> {
        SignedMessage { bytes: &self.bytes, signature: self.signature }
    }
}

fn array<const N: usize>(fields: &Value, name: &str) -> Result<[u8; N], BadVector> {
    let text = fields.get(name).and_then(Value::as_str).unwrap_or_default();
    hex::decode_array(text).map_err(|error| BadVector::Malformed(format!("{name}: {error}")))
}
