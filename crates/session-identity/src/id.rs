//! Identifiers: a prefix byte that tells the kind, and a public key (01 §3).
//!
//! Every id has 33 bytes; its text form is 66 hexadecimal digits, written in lower case and read in either.
//! Each kind is a type of its own; [`PrefixedId`] is any of them.
//!
//! | prefix | type | key | names |
//! |---|---|---|---|
//! | `00` | [`UnblindedId`] | Ed25519 | an account, towards a community without blinding |
//! | `03` | [`GroupId`] | Ed25519 | a closed group |
//! | `05` | [`AccountId`] | X25519 | an account |
//! | `07` | [`VersionBlindedId`] | Ed25519 | an account, towards the file server |
//! | `15` | [`Blinded15Id`] | Ed25519 | an account in a community |
//! | `25` | [`Blinded25Id`] | Ed25519 | an account in a community, newer form |
//!
//! Reading an id checks its form. Whether its key is a point that may be computed with is a second question,
//! answered by `check` of each type: ask it before you use an id that a person or a peer gave you.
//!
//! ```
//! use session_identity::id::{AccountId, ParseIdError, PrefixedId};
//!
//! let text = "054830367d369d94605247999a375dbd0a0f65fdec5de1535612bcb6d4de452c69";
//! let id: AccountId = text.parse()?;
//! id.check()?;
//! assert_eq!(id.to_string(), text);
//! assert_eq!(id.short(), "0548…2c69");
//! assert_eq!(text.parse(), Ok(PrefixedId::Account(id)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use core::fmt;

#[cfg(feature = "serde")]
mod serde_form;
#[cfg(test)]
mod tests;
mod typed;

pub use typed::{
    AccountId, Blinded15Id, Blinded25Id, GroupId, UnblindedId, UserInputError, VersionBlindedId,
};

/// Length of every id in bytes.
pub const ID_LENGTH: usize = 33;

/// Kind of an id, told by its first byte (01 §3.1).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum IdKind {
    /// `00`, [`UnblindedId`].
    Unblinded,
    /// `03`, [`GroupId`].
    Group,
    /// `05`, [`AccountId`].
    Account,
    /// `07`, [`VersionBlindedId`].
    VersionBlinded,
    /// `15`, [`Blinded15Id`].
    Blinded15,
    /// `25`, [`Blinded25Id`].
    Blinded25,
}

impl IdKind {
    /// First byte of an id of this kind.
    #[must_use]
    pub const fn prefix(self) -> u8 {
        match self {
            Self::Unblinded => 0x00,
            Self::Group => 0x03,
            Self::Account => 0x05,
            Self::VersionBlinded => 0x07,
            Self::Blinded15 => 0x15,
            Self::Blinded25 => 0x25,
        }
    }

    /// Kind that this first byte stands for.
    ///
    /// # Errors
    /// [`ParseIdError::UnknownPrefix`] if it stands for none.
    pub const fn from_prefix(prefix: u8) -> Result<Self, ParseIdError> {
        Ok(match prefix {
            0x00 => Self::Unblinded,
            0x03 => Self::Group,
            0x05 => Self::Account,
            0x07 => Self::VersionBlinded,
            0x15 => Self::Blinded15,
            0x25 => Self::Blinded25,
            prefix => return Err(ParseIdError::UnknownPrefix { prefix }),
        })
    }
}

/// The kind in words, with its prefix: `group id (03)`.
impl fmt::Display for IdKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::Unblinded => "unblinded id",
            Self::Group => "group id",
            Self::Account => "account id",
            Self::VersionBlinded => "version-blinded id",
            Self::Blinded15 | Self::Blinded25 => "blinded id",
        };
        write!(f, "{words} ({:02x})", self.prefix())
    }
}

/// Why bytes or a text are not the id that was wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseIdError {
    /// Wrong length: an id has 33 bytes, its text form 66.
    #[error("id of {found} bytes, expected {expected}")]
    Length {
        /// Bytes that were wanted.
        expected: usize,
        /// Bytes that were given.
        found: usize,
    },
    /// A character of the text is no hexadecimal digit.
    #[error("no hexadecimal digit at byte {position} of the id")]
    Digit {
        /// Position of the first offending byte, from 0.
        position: usize,
    },
    /// The first byte is that of no known kind.
    #[error("unknown id prefix {prefix:02x}")]
    UnknownPrefix {
        /// The first byte.
        prefix: u8,
    },
    /// An id, but of another kind.
    #[error("expected {expected}, found {found}")]
    WrongPrefix {
        /// Kind that was wanted.
        expected: IdKind,
        /// Kind that was given.
        found: IdKind,
    },
}

/// Any id. The order is that of the bytes.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum PrefixedId {
    /// `00`.
    Unblinded(UnblindedId),
    /// `03`.
    Group(GroupId),
    /// `05`: a user; or a legacy group, which only the context tells.
    Account(AccountId),
    /// `07`.
    VersionBlinded(VersionBlindedId),
    /// `15`.
    Blinded15(Blinded15Id),
    /// `25`.
    Blinded25(Blinded25Id),
}

impl PrefixedId {
    /// Id of 33 bytes: prefix ‖ key.
    ///
    /// # Errors
    /// [`ParseIdError::UnknownPrefix`].
    pub fn from_bytes(bytes: [u8; ID_LENGTH]) -> Result<Self, ParseIdError> {
        let [prefix, ..] = bytes;
        Ok(match IdKind::from_prefix(prefix)? {
            IdKind::Unblinded => Self::Unblinded(UnblindedId::from_bytes(bytes)?),
            IdKind::Group => Self::Group(GroupId::from_bytes(bytes)?),
            IdKind::Account => Self::Account(AccountId::from_bytes(bytes)?),
            IdKind::VersionBlinded => Self::VersionBlinded(VersionBlindedId::from_bytes(bytes)?),
            IdKind::Blinded15 => Self::Blinded15(Blinded15Id::from_bytes(bytes)?),
            IdKind::Blinded25 => Self::Blinded25(Blinded25Id::from_bytes(bytes)?),
        })
    }

    /// Id of any kind that a person typed, pasted or scanned, as in
    /// [`AccountId::from_user_input`]; its key is checked.
    ///
    /// # Errors
    /// Every [`UserInputError`].
    pub fn from_user_input(text: &str) -> Result<Self, UserInputError> {
        let id: Self = typed::parse_typed(text)?;
        match id {
            Self::Account(id) => id.check()?,
            Self::Unblinded(id) => drop(id.check()?),
            Self::Group(id) => drop(id.check()?),
            Self::VersionBlinded(id) => drop(id.check()?),
            Self::Blinded15(id) => drop(id.check()?),
            Self::Blinded25(id) => drop(id.check()?),
        }
        Ok(id)
    }

    /// The 33 bytes: prefix ‖ key.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; ID_LENGTH] {
        match self {
            Self::Unblinded(id) => id.to_bytes(),
            Self::Group(id) => id.to_bytes(),
            Self::Account(id) => id.to_bytes(),
            Self::VersionBlinded(id) => id.to_bytes(),
            Self::Blinded15(id) => id.to_bytes(),
            Self::Blinded25(id) => id.to_bytes(),
        }
    }

    /// Kind of this id.
    #[must_use]
    pub const fn kind(&self) -> IdKind {
        match self {
            Self::Unblinded(_) => IdKind::Unblinded,
            Self::Group(_) => IdKind::Group,
            Self::Account(_) => IdKind::Account,
            Self::VersionBlinded(_) => IdKind::VersionBlinded,
            Self::Blinded15(_) => IdKind::Blinded15,
            Self::Blinded25(_) => IdKind::Blinded25,
        }
    }
}

/// A participant of a community: either form of blinded id.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum BlindedId {
    /// `15`.
    Blinded15(Blinded15Id),
    /// `25`.
    Blinded25(Blinded25Id),
}

impl BlindedId {
    /// Blinded id that a person typed, pasted or scanned, as in [`Blinded15Id::from_user_input`]; its key is checked.
    ///
    /// # Errors
    /// [`UserInputError::Form`] or [`UserInputError::EdwardsPoint`].
    pub fn from_user_input(text: &str) -> Result<Self, UserInputError> {
        Ok(Self::from_bytes(PrefixedId::from_user_input(text)?.to_bytes())?)
    }

    /// Blinded id of 33 bytes: prefix ‖ key.
    ///
    /// # Errors
    /// [`ParseIdError::UnknownPrefix`]; [`ParseIdError::WrongPrefix`], which names `15` as expected, if the
    /// id is not blinded.
    pub fn from_bytes(bytes: [u8; ID_LENGTH]) -> Result<Self, ParseIdError> {
        match PrefixedId::from_bytes(bytes)? {
            PrefixedId::Blinded25(id) => Ok(Self::Blinded25(id)),
            id => Blinded15Id::try_from(id).map(Self::Blinded15),
        }
    }

    /// The 33 bytes: prefix ‖ key.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; ID_LENGTH] {
        PrefixedId::from(*self).to_bytes()
    }
}

impl From<BlindedId> for PrefixedId {
    fn from(id: BlindedId) -> Self {
        match id {
            BlindedId::Blinded15(id) => Self::Blinded15(id),
            BlindedId::Blinded25(id) => Self::Blinded25(id),
        }
    }
}

typed::text_and_slices!(PrefixedId);
typed::text_and_slices!(BlindedId);
