//! `storage_signatures.json`: what requests to a swarm sign, who may sign them, rules of namespaces.

use serde_json::Value;
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Signature},
    encoding::hex,
};
use session_identity::Timestamp;
use session_swarm::{
    address::Address,
    auth::{Auth, Signer},
    message_hash::MessageHash,
    namespace::Namespace,
    request::{
        DeleteRequest, ExpireMode, ExpireRequest, GetExpiriesRequest, Namespaces, RetrieveRequest,
        Revocation, RevokeRequest, StoreRequest, SweepRequest,
    },
    subaccount::{Access, SubaccountProof, SubaccountToken},
};

use super::Suite;
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite =
    Suite { file: "storage_signatures", context: &[], reasons: &[], run };

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    let (input, access) = match case.op() {
        "verify_with_subaccount" => return verify_with_subaccount(case),
        "namespace_rules" => return namespace_rules(case),
        op => match signed_input(op, case)? {
            Some(input) => input,
            None => return Ok(Ran::UnknownOperation),
        },
    };
    let account = address(case)?;
    let keypair = match Ed25519Keypair::from_secret_bytes(&case.bytes("ed25519_secret64")?) {
        Ok(keypair) => keypair,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let auth = Signer::owner(account.prefix(), &keypair).sign(&input);
    Ok(Ran::Returned(
        Outputs::new()
            // The file shows the bytes of tokens as text, with replacements.
            .value("signed_data", String::from_utf8_lossy(&input))
            .base64("signature", auth.signature.as_bytes())
            .value("server_verifies", auth.verify(&account, &input, access, &[]).is_ok()),
    ))
}

/// What the request of a case signs, and the right that it needs.
fn signed_input(op: &str, case: &Case<'_>) -> Result<Option<(Vec<u8>, Access)>, BadVector> {
    let account = address(case)?;
    let sweep = |request: SweepRequest| (request.signed_input(), Access::DELETE);
    Ok(Some(match op {
        "store" => {
            let time = time(case, "sig_timestamp")?;
            (StoreRequest::signed_input(namespace(case)?, time), Access::WRITE)
        }
        "retrieve" => {
            let time = time(case, "timestamp")?;
            (RetrieveRequest::signed_input(namespace(case)?, time), Access::READ)
        }
        "delete" => (DeleteRequest::new(account, messages(case)?).signed_input(), Access::DELETE),
        "delete_all" => {
            sweep(SweepRequest::delete_all(account, namespaces(case)?, time(case, "timestamp")?))
        }
        "delete_before" => {
            sweep(SweepRequest::delete_before(account, namespaces(case)?, time(case, "before")?))
        }
        "expire_all" => {
            sweep(SweepRequest::expire_all(account, namespaces(case)?, time(case, "expiry")?))
        }
        "expire" => (expire(case)?.signed_input(), Access::WRITE),
        "get_expiries" => {
            let time = time(case, "timestamp")?;
            let request = GetExpiriesRequest::new(account, messages(case)?, time);
            (request.signed_input(), Access::READ)
        }
        "revoke_subaccount" => revoke(case, Revocation::Revoke, "revoke")?,
        "unrevoke_subaccount" => revoke(case, Revocation::Unrevoke, "unrevoke")?,
        _ => return Ok(None),
    }))
}

fn expire(case: &Case<'_>) -> Result<ExpireRequest, BadVector> {
    let (account, messages) = (address(case)?, messages(case)?);
    let times = list(case, "expiry", |value| value.as_u64().map(Timestamp::from_millis))?;
    let request = match times[..] {
        [time] => ExpireRequest::new(account, messages, time),
        _ => {
            let each: Vec<_> = messages.into_iter().zip(times).collect();
            ExpireRequest::each(account, &each)
        }
    };
    Ok(request.with_mode(match case.text("shorten_or_extend")? {
        "" => ExpireMode::Set,
        "shorten" => ExpireMode::Shorten,
        "extend" => ExpireMode::Extend,
        other => return Err(BadVector::Malformed(format!("mode {other}"))),
    }))
}

fn revoke(
    case: &Case<'_>,
    revocation: Revocation,
    field: &str,
) -> Result<(Vec<u8>, Access), BadVector> {
    let tokens = list(case, field, |token| {
        hex::decode_array(token.as_str()?).ok().map(SubaccountToken::from_bytes)
    })?;
    let time = time(case, "timestamp")?;
    let request = RevokeRequest::new(revocation, address(case)?, tokens, time);
    Ok((request.signed_input(), Access::NONE))
}

fn messages(case: &Case<'_>) -> Result<Vec<MessageHash>, BadVector> {
    list(case, "messages", |hash| hash.as_str()?.parse().ok())
}

/// The items of a list; a single item counts as a list of one.
fn list<T>(
    case: &Case<'_>,
    field: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Vec<T>, BadVector> {
    let value = case.required(field)?;
    let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let read = |item| read(item).ok_or_else(|| BadVector::Malformed(format!("`{field}`: {item}")));
    items.iter().map(read).collect()
}

fn verify_with_subaccount(case: &Case<'_>) -> Result<Ran, BadVector> {
    let token = SubaccountToken::from_bytes(case.array("subaccount_token")?);
    let user_key = case.optional_bytes("ed25519_pubkey")?;
    let user_key = user_key.map(|key| Ed25519PublicKey::try_from(key.as_slice())).transpose();
    let signature = |field| case.array(field).map(Ed25519Signature::from_bytes);
    let auth = Auth {
        user_key: user_key.map_err(|error| BadVector::Malformed(error.to_string()))?,
        signature: signature("signature")?,
        subaccount: Some(SubaccountProof { token, signature: signature("subaccount_sig")? }),
    };
    let counts = case.boolean("token_is_revoked")? && !case.boolean("skip_revocation_check")?;
    let revoked = if counts { &[token][..] } else { &[] };
    let required = Access::from_bits(case.integer("required_access")?);
    let verified =
        auth.verify(&address(case)?, case.text("signed_data")?.as_bytes(), required, revoked);
    Ok(Ran::Returned(Outputs::new().value("valid", verified.is_ok())))
}

fn namespace_rules(case: &Case<'_>) -> Result<Ran, BadVector> {
    let namespace = namespace(case)?;
    Ok(Ran::Returned(
        Outputs::new()
            .value("public_inbox", namespace.is_public_inbox())
            .value("public_outbox", namespace.is_public_outbox())
            .value("unrevocable", namespace.is_unrevocable())
            .value("retrieve_without_auth", namespace.is_retrieved_without_auth()),
    ))
}

fn address(case: &Case<'_>) -> Result<Address, BadVector> {
    case.array("pubkey").map(Address::from_bytes)
}

fn namespaces(case: &Case<'_>) -> Result<Namespaces, BadVector> {
    match case.input("namespace").and_then(Value::as_str) {
        Some("all") => Ok(Namespaces::All),
        _ => namespace(case).map(Namespaces::One),
    }
}

/// Null means that the request does not name one.
fn namespace(case: &Case<'_>) -> Result<Namespace, BadVector> {
    match case.input("namespace") {
        None => Ok(Namespace::DEFAULT),
        Some(_) => case.integer("namespace").map(Namespace::new),
    }
}

fn time(case: &Case<'_>, field: &str) -> Result<Timestamp, BadVector> {
    case.integer(field).map(Timestamp::from_millis)
}
