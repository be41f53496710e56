//! `pro_backend_hashes.json`: what requests to the Pro backend of before mid-2026 were signed over.

use serde_json::Value;
use session_crypto::ed25519::{Ed25519PublicKey, Ed25519Signature};
use session_identity::{
    Timestamp,
    pro::{
        RevocationTag,
        legacy::{self, LegacyProof, Payment, ProofForm},
    },
};

use super::Suite;
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite =
    Suite { file: "pro_backend_hashes", context: &[], reasons: &[], run };

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    let hash = match case.op() {
        "make_gen_index_hash" => {
            *legacy::revocation_tag(case.integer("gen_index")?, &case.array("salt")?).as_bytes()
        }
        "build_proof_hash" => proof(case)?.hash(),
        "make_generate_pro_proof_hash" => legacy::generate_proof_hash(
            case.integer("version")?,
            &key(case, "master_pubkey")?,
            &key(case, "rotating_pubkey")?,
            time(case, "unix_ts_ms")?,
        ),
        "make_get_pro_details_hash" => legacy::get_details_hash(
            case.integer("version")?,
            &key(case, "master_pubkey")?,
            case.integer("count")?,
            time(case, "unix_ts_ms")?,
        ),
        "make_add_pro_payment_hash" => legacy::add_payment_hash(
            case.integer("version")?,
            &key(case, "master_pubkey")?,
            &key(case, "rotating_pubkey")?,
            &payment(case.required("payment")?)?,
        ),
        "make_set_payment_refund_requested_hash" => legacy::refund_requested_hash(
            case.integer("version")?,
            &key(case, "master_pubkey")?,
            &payment(case.required("payment")?)?,
            time(case, "refund_requested_unix_ts_ms")?,
            time(case, "unix_ts_ms")?,
        ),
        _ => return Ok(Ran::UnknownOperation),
    };
    Ok(Ran::Returned(Outputs::new().hex("hash", &hash)))
}

fn proof(case: &Case<'_>) -> Result<LegacyProof, BadVector> {
    Ok(LegacyProof {
        form: ProofForm::ProProof,
        version: case.integer("version")?,
        revocation_tag: RevocationTag::from_bytes(case.array("gen_index_hash")?),
        rotating_key: key(case, "rotating_pubkey")?,
        expires_at: case.integer("expiry_unix_ts_ms")?,
        // Not part of what is hashed.
        signature: Ed25519Signature::from_bytes([0; 64]),
    })
}

fn key(case: &Case<'_>, field: &str) -> Result<Ed25519PublicKey, BadVector> {
    Ok(Ed25519PublicKey::from_bytes(case.array(field)?))
}

fn time(case: &Case<'_>, field: &str) -> Result<Timestamp, BadVector> {
    Ok(Timestamp::from_millis(case.integer(field)?))
}

/// All fields of all providers are stated; the provider says which count.
fn payment(fields: &Value) -> Result<Payment<'_>, BadVector> {
    let text = |name| {
        let text = fields.get(name).and_then(Value::as_str);
        text.ok_or_else(|| BadVector::Malformed(format!("payment has no text `{name}`")))
    };
    match fields.get("provider").and_then(Value::as_u64) {
        Some(0) => Ok(Payment::None),
        Some(1) => Ok(Payment::GooglePlay {
            payment_token: text("google_payment_token")?,
            order_id: text("google_order_id")?,
        }),
        Some(2) => Ok(Payment::AppStore { transaction_id: text("apple_tx_id")? }),
        Some(3) => Ok(Payment::Rangeproof { order_id: text("rangeproof_order_id")? }),
        other => Err(BadVector::Malformed(format!("no such payment provider: {other:?}"))),
    }
}
