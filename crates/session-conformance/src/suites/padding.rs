//! `padding.json`: the 160-byte rule.

use session_envelope::padding::{pad, padded_length, unpad};

use super::Suite;
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite { file: "padding", context: &[], reasons: &[], run };

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "pad_message" => {
            let message = case.bytes("message")?;
            let padded = pad(&message);
            Ok(Ran::Returned(
                Outputs::new()
                    .hex("padded", &padded)
                    .value("padded_size", padded_length(message.len()))
                    .hex("unpadded_again", unpad(&padded)),
            ))
        }
        "unpad_message" => {
            let padded = case.bytes("padded")?;
            Ok(Ran::Returned(Outputs::new().hex("message", unpad(&padded))))
        }
        _ => Ok(Ran::UnknownOperation),
    }
}
