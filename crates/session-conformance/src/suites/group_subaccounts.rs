//! `group_subaccounts.json`: subaccounts that a group's admin makes and a member uses.

use serde_json::{Value, json};
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Signature},
    encoding::{base64, hex},
};
use session_identity::{AccountId, GroupId};
use session_swarm::{
    auth::Auth,
    subaccount::{Access, SubaccountAuth, SubaccountToken},
};

use super::{Reason, Suite};
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite {
    file: "group_subaccounts",
    context: &[],
    reasons: &[
        // Without the secret of the group there is nothing to call; an empty one is no key.
        Reason { theirs: "admin keys required", ours: &["expected 32 or 64"] },
        Reason {
            theirs: "Invalid session ID",
            ours: &["unknown id prefix", "expected account id", "id of", "no hexadecimal digit"],
        },
    ],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "subaccount" => subaccount(case),
        "swarm_verify_subaccount" => verify(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

fn subaccount(case: &Case<'_>) -> Result<Ran, BadVector> {
    let secret = case.optional_bytes("group_ed25519_secret64")?.unwrap_or_default();
    let group = match Ed25519Keypair::from_secret_bytes(&secret) {
        Ok(group) => group,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let member_id: AccountId = match case.text("member_session_id")?.parse() {
        Ok(id) => id,
        Err(error) => return Ok(Ran::Refused(format!("{error}"))),
    };
    let access = access(case.boolean("write")?, case.boolean("delete")?);
    let (issued, token) = match (
        SubaccountAuth::issue(&group, &member_id, access),
        SubaccountToken::derive(&group, &member_id, access),
    ) {
        (Ok(issued), Ok(token)) => (issued, token),
        (Err(error), _) | (_, Err(error)) => return Ok(Ran::Refused(error.to_string())),
    };
    let group_id = GroupId::from_public_key(group.public_key());
    let (member, message) = (keypair(case, "member_ed25519_secret64")?, case.bytes("message")?);
    let signer = match issued.verify(&group_id, &member, Access::NONE) {
        Ok(signer) => signer,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let auth = signer.sign(&message);
    let verify = |(write, delete)| {
        let ok = issued.verify(&group_id, &member, self::access(write, delete)).is_ok();
        json!({ "write": write, "delete": delete, "ok": ok })
    };
    let verified = [(false, false), (false, true), (true, false), (true, true)].map(verify);
    let parts = parts(&auth);
    Ok(Ran::Returned(
        Outputs::new()
            .hex("signing_value", issued.expose_bytes().as_slice())
            .hex("token", token.as_bytes())
            .value("auth", parts(hex::encode))
            .value("auth_base64", parts(base64::encode))
            .value(
                "signature_verifies_under_token_pubkey",
                token.key().verify(&message, &auth.signature).is_ok(),
            )
            .value("owner_signature_verifies", owner_signature(&auth, &group, &token))
            .value("verify", verified.to_vec()),
    ))
}

/// The parts of the authentication, in one text form or another.
fn parts(auth: &Auth) -> impl Fn(fn(&[u8]) -> String) -> Value {
    let proof = auth.subaccount.map(|proof| (proof.token, proof.signature));
    let signature = auth.signature;
    move |text| {
        json!({
            "subaccount": proof.map(|(token, _)| text(token.as_bytes())),
            "subaccount_sig": proof.map(|(_, signature)| text(signature.as_bytes())),
            "signature": text(signature.as_bytes()),
        })
    }
}

fn owner_signature(auth: &Auth, group: &Ed25519Keypair, token: &SubaccountToken) -> bool {
    let verifies = |signature: Ed25519Signature| {
        group.public_key().verify(token.as_bytes(), &signature).is_ok()
    };
    auth.subaccount.is_some_and(|proof| verifies(proof.signature))
}

fn verify(case: &Case<'_>) -> Result<Ran, BadVector> {
    let group_id: GroupId = match case.text("group_id")?.parse() {
        Ok(id) => id,
        Err(error) => return Ok(Ran::Refused(format!("{error}"))),
    };
    let member = keypair(case, "user_ed25519_secret64")?;
    let required = access(case.boolean("write")?, case.boolean("delete")?);
    let auth = SubaccountAuth::try_from(case.bytes("signing_value")?.as_slice());
    let ok = auth.is_ok_and(|auth| auth.verify(&group_id, &member, required).is_ok());
    Ok(Ran::Returned(Outputs::new().value("ok", ok)))
}

fn keypair(case: &Case<'_>, field: &str) -> Result<Ed25519Keypair, BadVector> {
    Ed25519Keypair::from_secret_bytes(&case.bytes(field)?)
        .map_err(|error| BadVector::Malformed(format!("`{field}`: {error}")))
}

/// Reading is always granted.
fn access(write: bool, delete: bool) -> Access {
    let right = |granted, right| if granted { right } else { Access::NONE };
    Access::READ | right(write, Access::WRITE) | right(delete, Access::DELETE)
}
