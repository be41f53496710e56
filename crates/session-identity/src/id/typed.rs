//! The kinds of id, one type each, with a common face.

use alloc::{format, string::String};
use core::str::FromStr;

use session_crypto::{
    ed25519::{Ed25519KeyError, Ed25519PublicKey, VerifyingKey},
    encoding::hex::{self, ParseHexError},
    x25519::{X25519KeyError, X25519PublicKey},
};
use session_types::typed;

use super::{ID_LENGTH, IdKind, ParseIdError, PrefixedId};

/// Defines an id type: prefix byte and key.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:ident, $key:ident, $error:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name($key);

        impl $name {
            /// Kind of this id.
            pub const KIND: IdKind = IdKind::$kind;

            /// Id of this public key. Nothing is checked; see [`Self::check`].
            #[must_use]
            pub const fn from_public_key(key: $key) -> Self {
                Self(key)
            }

            /// The public key, without the prefix.
            #[must_use]
            pub const fn public_key(&self) -> $key {
                self.0
            }

            /// Id of 33 bytes: prefix ‖ key.
            ///
            /// # Errors
            /// [`ParseIdError::UnknownPrefix`] or [`ParseIdError::WrongPrefix`].
            pub fn from_bytes(bytes: [u8; ID_LENGTH]) -> Result<Self, ParseIdError> {
                let [prefix, key @ ..] = bytes;
                match IdKind::from_prefix(prefix)? {
                    Self::KIND => Ok(Self($key::from_bytes(key))),
                    found => Err(ParseIdError::WrongPrefix { expected: Self::KIND, found }),
                }
            }

            /// The 33 bytes: prefix ‖ key.
            #[must_use]
            pub fn to_bytes(&self) -> [u8; ID_LENGTH] {
                with_prefix(Self::KIND, self.0.as_bytes())
            }
        }

        impl $name {
            /// Id that a person typed, pasted or scanned: what other programs put around and into it is
            /// [dropped](session_types::typed::digits), its key is [checked](Self::check), and ids of every other kind are
            /// refused (01 §3.2, §3.5).
            ///
            /// # Errors
            #[doc = concat!("[`UserInputError::Form`] or [`UserInputError::", stringify!($error), "`].")]
            pub fn from_user_input(text: &str) -> Result<Self, UserInputError> {
                let id: Self = parse_typed(text)?;
                id.check()?;
                Ok(id)
            }
        }

        impl From<$name> for PrefixedId {
            fn from(id: $name) -> Self {
                Self::$kind(id)
            }
        }

        impl TryFrom<PrefixedId> for $name {
            type Error = ParseIdError;

            /// Fails with [`ParseIdError::WrongPrefix`].
            fn try_from(id: PrefixedId) -> Result<Self, ParseIdError> {
                match id {
                    PrefixedId::$kind(id) => Ok(id),
                    other => {
                        let found = other.kind();
                        Err(ParseIdError::WrongPrefix { expected: Self::KIND, found })
                    }
                }
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.short())
            }
        }

        text_and_slices!($name);
    };
}

/// Implements what every id has, whatever its kind: text, slices, short form, serde.
macro_rules! text_and_slices {
    ($name:ident) => {
        impl $name {
            /// Length in bytes.
            pub const LENGTH: usize = $crate::id::ID_LENGTH;

            /// Short form for people: the first and the last four digits, `0548…2c69` (01 §3.4).
            ///
            /// # Security
            /// Never compare or store it: an id with the same short form is found in seconds.
            #[must_use]
            pub fn short(&self) -> alloc::string::String {
                $crate::id::typed::short(&self.to_bytes())
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = $crate::id::ParseIdError;

            /// Fails as `from_bytes` does, or with [`ParseIdError::Length`](crate::id::ParseIdError::Length).
            fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
                let length = Self::Error::Length { expected: Self::LENGTH, found: bytes.len() };
                Self::from_bytes(bytes.try_into().map_err(|_| length)?)
            }
        }

        /// Reads 66 hexadecimal digits of either case, nothing around them. Fails as `from_bytes` does, or with
        /// [`ParseIdError::Length`](crate::id::ParseIdError::Length) or
        /// [`ParseIdError::Digit`](crate::id::ParseIdError::Digit).
        impl core::str::FromStr for $name {
            type Err = $crate::id::ParseIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::from_bytes($crate::id::typed::parse_hex(text)?)
            }
        }

        /// 66 lower-case hexadecimal digits.
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                self.to_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        #[cfg(feature = "serde")]
        $crate::id::serde_form::serde_form!($name);
    };
}

pub(super) use text_and_slices;

id! {
    /// Public name of an account, 33 bytes: `05` ‖ X25519 public key (01 §3.1).
    ///
    /// Legacy groups have ids of the same form; only the context tells them apart.
    AccountId, Account, X25519PublicKey, Point
}

id! {
    /// Id of a closed group, 33 bytes: `03` ‖ Ed25519 public key of the group (01 §3.1).
    GroupId, Group, Ed25519PublicKey, EdwardsPoint
}

id! {
    /// Name of an account towards a community without blinding, 33 bytes: `00` ‖ Ed25519 public key of the
    /// account (01 §3.1).
    UnblindedId, Unblinded, Ed25519PublicKey, EdwardsPoint
}

id! {
    /// Name of an account in a community, 33 bytes: `15` ‖ blinded Ed25519 public key (01 §8.1).
    Blinded15Id, Blinded15, Ed25519PublicKey, EdwardsPoint
}

id! {
    /// Name of an account in a community, newer form, 33 bytes: `25` ‖ blinded Ed25519 public key (01 §8.2).
    Blinded25Id, Blinded25, Ed25519PublicKey, EdwardsPoint
}

id! {
    /// Name of an account towards the file server, 33 bytes: `07` ‖ Ed25519 public key of a derived seed
    /// (01 §9).
    VersionBlindedId, VersionBlinded, Ed25519PublicKey, EdwardsPoint
}

impl AccountId {
    /// Checks that the key is the one spelling of a point that may be computed with (01 §3.2). To be called
    /// before a conversation starts with an id that a person or a peer gave.
    ///
    /// # Errors
    /// [`X25519KeyError::NonCanonical`], [`X25519KeyError::OnTwist`] or [`X25519KeyError::SmallOrder`].
    pub fn check(&self) -> Result<(), X25519KeyError> {
        self.0.check()
    }
}

/// Implements `check` for an id with an Ed25519 key.
macro_rules! check {
    ($($name:ident),*) => {$(
        impl $name {
            /// The key after the checks of 01 §1 (row "verify"). To be called before an id is used that a
            /// peer gave.
            ///
            /// # Errors
            /// [`Ed25519KeyError::NonCanonical`], [`Ed25519KeyError::NotOnCurve`] or
            /// [`Ed25519KeyError::SmallOrder`].
            pub fn check(&self) -> Result<VerifyingKey, Ed25519KeyError> {
                self.0.check()
            }
        }
    )*};
}

check!(GroupId, UnblindedId, Blinded15Id, Blinded25Id, VersionBlindedId);

impl UnblindedId {
    /// Account ID of the same account: the key as an X25519 key (01 §3.1).
    ///
    /// # Errors
    /// [`Ed25519KeyError::NotOnCurve`], [`Ed25519KeyError::SmallOrder`] or [`Ed25519KeyError::MixedOrder`].
    pub fn to_account_id(&self) -> Result<AccountId, Ed25519KeyError> {
        self.0.to_x25519().map(AccountId)
    }
}

/// Why what a person typed is not the id that was wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UserInputError {
    /// It does not have the form of such an id.
    #[error("not an id of the wanted kind")]
    Form(#[from] ParseIdError),
    /// It has the form of an Account ID, but its key is no point that may be computed with.
    #[error("no account can have this id")]
    Point(#[from] X25519KeyError),
    /// It has the form of another id, but its key is no point that may be computed with.
    #[error("no group and no account can have this id")]
    EdwardsPoint(#[from] Ed25519KeyError),
}

/// Reads an id from what a person typed. Its length is counted after everything that is no digit was dropped, except
/// in a text that is too long to be looked at.
pub(super) fn parse_typed<T: FromStr<Err = ParseIdError>>(text: &str) -> Result<T, ParseIdError> {
    if text.len() > typed::MAX_LENGTH {
        return Err(ParseIdError::Length { expected: ID_LENGTH * 2, found: text.len() });
    }
    typed::digits(text).parse()
}

fn with_prefix(kind: IdKind, key: &[u8; 32]) -> [u8; ID_LENGTH] {
    let mut bytes = [kind.prefix(); ID_LENGTH];
    let [_, to @ ..] = &mut bytes;
    *to = *key;
    bytes
}

/// Bytes of an id's text form, in the order of checks of 01 §3.2.
pub(super) fn parse_hex(text: &str) -> Result<[u8; ID_LENGTH], ParseIdError> {
    hex::decode_array(text).map_err(|error| match error {
        ParseHexError::Digit { position } => ParseIdError::Digit { position },
        _ => ParseIdError::Length { expected: ID_LENGTH * 2, found: text.len() },
    })
}

pub(super) fn short(bytes: &[u8; ID_LENGTH]) -> String {
    let [a, b, .., y, z] = bytes;
    format!("{a:02x}{b:02x}…{y:02x}{z:02x}")
}
