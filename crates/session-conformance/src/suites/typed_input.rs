//! `typed_input.json`: what a person types or pastes.

use session_crypto::encoding::hex;
use session_envelope::content::{Content, Kind};
use session_identity::{AccountId, RecoveryPassword};
use session_types::community::Community;

use super::{Reason, Suite, received_input::record};
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite {
    file: "typed_input",
    context: &[],
    reasons: &[Reason {
        theirs: "no Account ID",
        ours: &["not an id of the wanted kind", "no account can have this id"],
    }],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "account_id_typed" => account_id(case),
        "community_link_typed" => community_link(case),
        "recovery_password_typed" => recovery_password(case),
        "community_invitation" => invitation(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

fn account_id(case: &Case<'_>) -> Result<Ran, BadVector> {
    let id = AccountId::from_user_input(case.text("typed")?);
    Ok(Ran::from_result(id.map(|id| Outputs::new().value("account_id", id.to_string()))))
}

fn community_link(case: &Case<'_>) -> Result<Ran, BadVector> {
    Ok(Ran::from_result(Community::parse_typed(case.text("typed")?).map(|community| {
        Outputs::new()
            .value("base_url", community.base_url().as_str())
            .value("room", community.room().as_str())
            .value("public_key", community.server_key().to_string())
    })))
}

fn recovery_password(case: &Case<'_>) -> Result<Ran, BadVector> {
    let decoded = RecoveryPassword::decode(case.text("typed")?);
    Ok(Ran::from_result(decoded.map(|decoded| {
        Outputs::new().value("seed", hex::encode(decoded.password.seed().expose_bytes()))
    })))
}

/// A message with an invitation and nothing else, and one with a text beside it: the invitation is read in both or in
/// neither.
fn invitation(case: &Case<'_>) -> Result<Ran, BadVector> {
    let invitation = [record(1, case.text("url")?.as_bytes()), record(3, b"room")].concat();
    let invitation = record(102, &invitation);
    let alone = Content::decode(&record(1, &invitation)).is_ok();
    let message = [record(1, b"text"), invitation].concat();
    let beside = Content::decode(&record(1, &message));
    let Ok((content, _)) = &beside else { return Ok(Ran::Refused("message with a text".into())) };
    let is_read =
        matches!(content.kind(), Kind::Visible(visible) if visible.invitation().is_some());
    if alone != is_read {
        return Ok(Ran::Refused(format!("alone: {alone}, beside a text: {is_read}")));
    }
    Ok(Ran::Returned(Outputs::new().value("valid", is_read)))
}
