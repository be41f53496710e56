//! `mnemonic_languages.json`: the words of the wallets, in eleven languages.
//!
//! This oracle writes and reads the checksum word of the wallets, and it reads whole words only: what we
//! understand by its first letters is an unknown word to it, which fails its checksum.

use session_identity::RecoveryPassword;

use super::{
    Reason, Suite,
    mnemonic_english::{encode, language, outputs},
};
use crate::{BadVector, Case, Ran};

pub(super) const SUITE: Suite = Suite {
    file: "mnemonic_languages",
    context: &[],
    reasons: &[Reason {
        theirs: "Invalid checksum",
        ours: &["the checksum does not match", "not in the list", "not typed as in the list"],
    }],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    let language = language(case)?;
    match case.op() {
        "encode" => {
            encode(case, language, |password| password.expose_wallet_words().as_str().to_owned())
        }
        "decode" => {
            let decoded = RecoveryPassword::decode_wallet(language, case.text("mnemonic")?);
            Ok(match decoded {
                Ok(decoded) if decoded.corrections.is_empty() => Ran::Returned(outputs(&decoded)),
                // The oracle reads whole words only; what we understand by its first letters it does not know.
                Ok(_) => Ran::Refused("words are not typed as in the list".to_owned()),
                Err(error) => Ran::Refused(error.to_string()),
            })
        }
        _ => Ok(Ran::UnknownOperation),
    }
}
