//! `message_hash.json`: names of stored messages.

use session_swarm::{address::Address, message_hash::MessageHash, namespace::Namespace};

use super::Suite;
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite { file: "message_hash", context: &[], reasons: &[], run };

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    if case.op() != "message_hash" {
        return Ok(Ran::UnknownOperation);
    }
    let (data, namespace) = (case.bytes("data")?, Namespace::new(case.integer("namespace")?));
    let address = case.text("pubkey")?.parse::<Address>();
    Ok(Ran::from_result(address.map(|address| {
        let hash = MessageHash::of(&address, namespace, &data);
        Outputs::new().value("hash", hash.as_str())
    })))
}
