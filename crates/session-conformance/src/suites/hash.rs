//! `hash.json`: BLAKE2b with size and key.

use session_crypto::blake2b;

use super::{Reason, Suite};
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite {
    file: "hash",
    context: &[],
    reasons: &[
        Reason { theirs: "Invalid size", ours: &["16 to 64 are possible"] },
        Reason { theirs: "Invalid key", ours: &["at most 64 are possible"] },
    ],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    if case.op() != "hash" {
        return Ok(Ran::UnknownOperation);
    }
    let key = case.optional_bytes("key")?.unwrap_or_default();
    let hash = blake2b::hash(case.integer("size")?, &key, &case.bytes("message")?);
    Ok(Ran::from_result(hash.map(|hash| Outputs::new().hex("hash", &hash))))
}
