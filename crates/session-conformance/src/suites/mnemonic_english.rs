//! `mnemonic_english.json`: the recovery password as the apps write and read it. Also what the other languages
//! share with it.

use session_crypto::encoding::hex;
use session_identity::{
    AccountSeed, RecoveryPassword,
    mnemonic::{Decoded, Language},
};

use super::{Reason, Suite};
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite {
    file: "mnemonic_english",
    context: &[],
    reasons: &[
        Reason { theirs: "Invalid input length", ours: &["expected 16, 20, 24, 28 or 32"] },
        Reason { theirs: "_NotEnoughWordsError", ours: &["is missing", "words, not"] },
        Reason { theirs: "_TooManyWordsError", ours: &["is missing", "words, not"] },
        Reason { theirs: "_InvalidWordsError", ours: &["not in the list"] },
        Reason { theirs: "_VerificationError", ours: &["the checksum does not match"] },
    ],
    run,
};

/// Encodes and decodes in the language of the case, as the apps do.
pub(super) fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    let language = language(case)?;
    match case.op() {
        "encode" => encode(case, language, |password| password.to_string()),
        "decode" => {
            let decoded = RecoveryPassword::decode_in(language, case.text("mnemonic")?);
            Ok(Ran::from_result(decoded.map(|decoded| outputs(&decoded))))
        }
        _ => Ok(Ran::UnknownOperation),
    }
}

pub(super) fn encode(
    case: &Case<'_>,
    language: Language,
    words: fn(&RecoveryPassword) -> String,
) -> Result<Ran, BadVector> {
    let seed = AccountSeed::from_bytes(&case.bytes("hex")?);
    Ok(Ran::from_result(seed.map(|seed| {
        Outputs::new().value("mnemonic", words(&RecoveryPassword::new(seed, language)))
    })))
}

pub(super) fn outputs(decoded: &Decoded) -> Outputs {
    Outputs::new().value("hex", hex::encode(decoded.password.seed().expose_bytes()))
}

/// The files write the names in different cases.
pub(super) fn language(case: &Case<'_>) -> Result<Language, BadVector> {
    let name = case.text("language")?;
    let mut languages = Language::ALL.iter();
    let named = languages.find(|language| language.english_name().eq_ignore_ascii_case(name));
    named.copied().ok_or_else(|| BadVector::Malformed(format!("no language {name}")))
}
