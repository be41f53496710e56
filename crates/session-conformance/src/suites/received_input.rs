//! `received_input.json`: odd input from peers and servers, of the classes that public reports name.

use super::Suite;
use crate::{BadVector, Case, Ran};

pub(super) const SUITE: Suite = Suite { file: "received_input", context: &[], reasons: &[], run };

#[expect(clippy::unnecessary_wraps, reason = "operations that read inputs follow one by one")]
fn run(_case: &Case<'_>) -> Result<Ran, BadVector> {
    Ok(Ran::UnknownOperation)
}
