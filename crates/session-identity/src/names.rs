//! The name service: a readable name for an Account ID (01 §10).
//!
//! The chain stores a hash of each name, and the Account ID encrypted with the name as key. So a node that is
//! asked for a name learns its hash, and only who knows the name can read the answer.
//!
//! ```text
//! typed text ─► Name ─► NameHash ─► three service nodes ─► three Records
//!                │                                             ▼
//!                └──────────────────────────────────► decrypt, agree ─► AccountId
//! ```
//!
//! ```
//! use session_identity::names::{Answer, Name, Record, agree};
//! use session_crypto::encoding::hex;
//!
//! let name: Name = " Test ".parse()?;
//! assert_eq!(name.hash().to_base64(), "kosgNmlD4q/RHrwOri5TqTvxd6T881vMZNUDcE5l4gI=");
//!
//! let record = Record::new(
//!     &hex::decode(
//!         "3575802dd9bfea72672a208840f37ca289ceade5d3ffacabe2d231f109d20432\
//!          9fc33e28c331580d9a8c9b8a64cacfec97",
//!     )?,
//!     &hex::decode("00112233445566778899aabbccddeeff00ffeeddccbbaa99")?,
//! )?;
//! let answer = Answer::Found(record.decrypt(&name)?);
//! assert_eq!(agree([answer; 3])?.short(), "05d2…3a72");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::{borrow::ToOwned as _, string::String};
use core::{fmt, str::FromStr};

use session_crypto::{blake2b::Blake2b, encoding::base64};
use session_types::typed;

use crate::id::AccountId;

mod idna;
#[cfg(feature = "legacy-names")]
pub mod legacy;
mod record;

pub use record::{DecryptRecordError, Record, RecordLengthError};

/// Longest name in bytes (01 §10.1).
pub const MAX_NAME_LENGTH: usize = 64;

/// Number of service nodes to ask for a name. They must be three different ones (01 §10.4).
pub const NODES_TO_ASK: usize = 3;

/// A name in its one registered spelling: 1 to 64 bytes of `a-z 0-9 _ -`, no hyphen first or last.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Name(String);

impl Name {
    /// The spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Hash under which the chain stores the name.
    #[must_use]
    pub fn hash(&self) -> NameHash {
        NameHash(Blake2b::new().chain(self.0.as_bytes()).finalize())
    }
}

/// Normalises what a person typed: white space, quotation marks and brackets around it and invisible characters are
/// [dropped](typed::trim), letters beyond ASCII take their `xn--` form, capitals become small.
///
/// To be asked before a node is: a look-up tells the node the hash, even of a text that can be no name.
impl FromStr for Name {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, ParseNameError> {
        if text.len() > typed::MAX_LENGTH {
            return Err(ParseNameError::Length { found: text.len() });
        }
        let text: &str = &typed::trim(text);
        if text.chars().count() == AccountId::LENGTH * 2 {
            return Err(ParseNameError::Id);
        }
        // The input is a person's, but bound what the conversion copies all the same.
        if text.len() > MAX_NAME_LENGTH * 8 {
            return Err(ParseNameError::Length { found: text.len() });
        }
        let mut name = if text.is_ascii() {
            text.to_owned()
        } else {
            idna::to_ascii(text).ok_or(ParseNameError::NoAsciiForm)?
        };
        name.make_ascii_lowercase();
        if !(1..=MAX_NAME_LENGTH).contains(&name.len()) {
            return Err(ParseNameError::Length { found: name.len() });
        }
        if let Some(position) = name.bytes().position(|byte| !is_allowed(byte)) {
            return Err(ParseNameError::Character { position });
        }
        if name.starts_with('-') || name.ends_with('-') {
            return Err(ParseNameError::OuterHyphen);
        }
        Ok(Self(name))
    }
}

const fn is_allowed(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-')
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is no name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseNameError {
    /// 66 characters: an attempt at an id, which is not to be looked up.
    #[error("an id, not a name")]
    Id,
    /// Empty, or longer than [`MAX_NAME_LENGTH`].
    #[error("name of {found} bytes, 1 to 64 are possible")]
    Length {
        /// Bytes of the name in its registered spelling.
        found: usize,
    },
    /// Characters beyond ASCII that have no `xn--` form.
    #[error("name has characters without an ascii form")]
    NoAsciiForm,
    /// A character that names do not have.
    #[error("name has a forbidden character at byte {position}")]
    Character {
        /// Position of the first one, from 0.
        position: usize,
    },
    /// A hyphen at the start or at the end.
    #[error("name begins or ends with a hyphen")]
    OuterHyphen,
}

/// Hash of a name, 32 bytes: what nodes are asked for.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct NameHash([u8; 32]);

impl NameHash {
    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Form for the request `ons_resolve`: base64, 44 characters (01 §10.2).
    #[must_use]
    pub fn to_base64(&self) -> String {
        base64::encode(&self.0)
    }
}

/// What one service node said about a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// It gave a record, and this is what the record holds.
    Found(AccountId),
    /// It knows no such name.
    NotFound,
    /// It did not answer, or its record did not decrypt.
    Failed,
}

/// The Account ID of a name, if three different nodes agree on it (01 §10.4).
///
/// There is no vote: one lying node in three can prevent an answer, but two of them cannot forge one.
///
/// # Errors
/// [`AgreementError::NotFound`] if no node knows the name, [`AgreementError::Disagreement`] for anything else.
pub fn agree(answers: [Answer; NODES_TO_ASK]) -> Result<AccountId, AgreementError> {
    let [first, others @ ..] = answers;
    if others.iter().any(|other| *other != first) {
        return Err(AgreementError::Disagreement);
    }
    match first {
        Answer::Found(account) => Ok(account),
        Answer::NotFound => Err(AgreementError::NotFound),
        Answer::Failed => Err(AgreementError::Disagreement),
    }
}

/// Why the answers of the nodes give no Account ID.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AgreementError {
    /// All nodes say that there is no such name.
    #[error("no such name")]
    NotFound,
    /// A node failed to answer, or the nodes contradict each other: an attack, a fork, or a record that just changed.
    #[error("service nodes do not agree on the name")]
    Disagreement,
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use session_crypto::encoding::hex;

    use super::*;

    fn parse(text: &str) -> Result<String, ParseNameError> {
        text.parse::<Name>().map(|name| name.to_string())
    }

    #[test]
    fn the_hash_of_the_specification() {
        let hash = "test".parse::<Name>().unwrap().hash();
        assert_eq!(
            hex::encode(hash.as_bytes()),
            "928b20366943e2afd11ebc0eae2e53a93bf177a4fcf35bcc64d503704e65e202"
        );
        assert_eq!(hash.to_base64(), "kosgNmlD4q/RHrwOri5TqTvxd6T881vMZNUDcE5l4gI=");
    }

    #[test]
    fn names_have_one_spelling() {
        for (typed, name) in [
            ("a", "a"),
            ("_", "_"),
            ("a-b", "a-b"),
            ("xn--bcher-kva", "xn--bcher-kva"),
            ("\t Alice_1 \n", "alice_1"),
            ("\u{feff}Al\u{200b}ice\u{ad}_1", "alice_1"),
            ("\u{2068}“Alice_1”\u{2069}", "alice_1"),
            ("<Bücher>", "xn--bcher-kva"),
            ("Bücher", "xn--bcher-kva"),
        ] {
            assert_eq!(parse(typed).as_deref(), Ok(name), "{typed:?}");
        }
        let longest = "a".repeat(64);
        assert_eq!(parse(&longest), Ok(longest));
    }

    #[test]
    fn refusals_have_reasons() {
        for (typed, reason) in [
            ("", ParseNameError::Length { found: 0 }),
            (" ", ParseNameError::Length { found: 0 }),
            ("-a", ParseNameError::OuterHyphen),
            ("a-", ParseNameError::OuterHyphen),
            ("a.b", ParseNameError::Character { position: 1 }),
            ("a b", ParseNameError::Character { position: 1 }),
            ("ü.de", ParseNameError::NoAsciiForm),
        ] {
            assert_eq!(parse(typed), Err(reason), "{typed:?}");
        }
        for found in [65, 67, 4096, 4097, 1 << 20] {
            assert_eq!(parse(&"a".repeat(found)), Err(ParseNameError::Length { found }));
        }
        // Where the conversion of other scripts is not even tried.
        assert_eq!(parse(&"ä".repeat(256)), Err(ParseNameError::NoAsciiForm));
        assert_eq!(parse(&"ä".repeat(257)), Err(ParseNameError::Length { found: 514 }));
        assert_eq!(parse(&"a".repeat(66)), Err(ParseNameError::Id));
        assert_eq!(parse(&"ä".repeat(66)), Err(ParseNameError::Id));
    }

    #[test]
    fn only_three_equal_answers_give_an_account_id() {
        use Answer::{Failed, Found, NotFound};
        let id = |key| {
            AccountId::from_public_key(session_crypto::x25519::X25519PublicKey::from_bytes(
                [key; 32],
            ))
        };
        let (ours, other) = (Found(id(9)), Found(id(8)));
        assert_eq!(agree([ours; 3]), Ok(id(9)));
        assert_eq!(agree([NotFound; 3]), Err(AgreementError::NotFound));
        for answers in [
            [ours, ours, other],
            [ours, other, ours],
            [other, ours, ours],
            [ours, ours, NotFound],
            [NotFound, NotFound, ours],
            [ours, Failed, ours],
            [NotFound, NotFound, Failed],
            [Failed; 3],
        ] {
            assert_eq!(agree(answers), Err(AgreementError::Disagreement), "{answers:?}");
        }
    }
}
