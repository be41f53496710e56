//! `mnemonic_mobile_languages.json`: Japanese, Portuguese and Spanish as the mobile apps ship them.

use super::{Reason, Suite, mnemonic_english::run};

pub(super) const SUITE: Suite = Suite {
    file: "mnemonic_mobile_languages",
    context: &[],
    reasons: &[
        // One message of the oracle for three failures.
        Reason {
            theirs: "You've entered too few words",
            ours: &["is missing", "words, not", "not in the list"],
        },
        Reason { theirs: "You've entered too many words", ours: &["is missing", "words, not"] },
        Reason { theirs: "could not be verified", ours: &["the checksum does not match"] },
    ],
    run,
};
