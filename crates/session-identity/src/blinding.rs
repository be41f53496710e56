//! Names that do not show the Account ID: blinded ids of communities (01 §8), version-blinded ids of the file
//! server (01 §9).
//!
//! In a community an account goes by another key, a multiple of its own by a factor that the server's key gives.
//! Everybody who knows an Account ID and the server can compute the blinded id; the way back cannot be computed.
//!
//! ```text
//!      factor k from               blinded key                 from the Account ID alone
//! 15   server                      k·A                         two candidates: the sign of A is not known
//! 25   Account ID and server       k·|A|, A with sign bit 0    one
//! 07   (a derived seed instead)    of the derived seed         none
//! ```
//!
//! ```
//! use session_identity::{Account, AccountSeed, id::BlindedId};
//! use session_identity::blinding::{self, Blinded15Keypair, ServerPublicKey};
//!
//! let server: ServerPublicKey =
//!     "c3b3c6f32f0ab5a57f853cc4f30f5da7fda5624b0c77b3fb0829de562ada081d".parse()?;
//! let alice = Account::from_seed(AccountSeed::from_bytes(&[7; 16])?);
//!
//! let keypair = Blinded15Keypair::derive(alice.ed25519(), &server);
//! let signature = keypair.sign(b"hello");
//! assert!(keypair.id().public_key().verify(b"hello", &signature).is_ok());
//! assert!(blinding::matches(&alice.id(), &BlindedId::Blinded15(keypair.id()), &server)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use core::{fmt, str::FromStr};

use session_crypto::{
    LengthError,
    blake2b::Blake2b,
    ed25519::{Ed25519KeyError, Ed25519PublicKey},
    encoding::hex::ParseHexError,
    hazmat::{MultiplyError, Scalar},
    x25519::{X25519KeyError, X25519PublicKey},
};

use crate::id::AccountId;

mod blind15;
mod blind25;
mod matching;
mod version;

pub use blind15::Blinded15Keypair;
pub use blind25::Blinded25Keypair;
pub use matching::{Matcher, matches};
pub use version::{Platform, VersionBlindedKeypair};

/// Signatures in a form that must not be used, for comparison with programs that use it.
#[cfg(feature = "hazmat")]
pub mod hazmat {
    pub use super::blind15::sign_with_seed_prefix;
}

/// X25519 key of a community server: the one in the URLs of its rooms. 32 bytes, text form 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ServerPublicKey(X25519PublicKey);

impl ServerPublicKey {
    /// The server's key.
    #[must_use]
    pub const fn from_public_key(key: X25519PublicKey) -> Self {
        Self(key)
    }

    /// The key as an X25519 key.
    #[must_use]
    pub const fn public_key(&self) -> X25519PublicKey {
        self.0
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl TryFrom<&[u8]> for ServerPublicKey {
    type Error = LengthError;

    fn try_from(bytes: &[u8]) -> Result<Self, LengthError> {
        bytes.try_into().map(Self)
    }
}

impl FromStr for ServerPublicKey {
    type Err = ParseHexError;

    fn from_str(text: &str) -> Result<Self, ParseHexError> {
        text.parse().map(Self)
    }
}

impl fmt::Display for ServerPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Number below L by which a key is multiplied. Computed from public data.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BlindingFactor(Scalar);

impl BlindingFactor {
    /// Factor of every account on `server`: `BLAKE2b-512(S) mod L` (01 §8.1).
    #[must_use]
    pub fn blind15(server: &ServerPublicKey) -> Self {
        Self(Scalar::reduce(&Blake2b::new().chain(server.as_bytes()).finalize()))
    }

    /// Factor of `account` on `server`: `BLAKE2b-512(05 ‖ X ‖ S) mod L` (01 §8.2).
    #[must_use]
    pub fn blind25(account: &AccountId, server: &ServerPublicKey) -> Self {
        let hash = Blake2b::new().chain(&account.to_bytes()).chain(server.as_bytes()).finalize();
        Self(Scalar::reduce(&hash))
    }

    /// This factor, or L minus it if `key` has its sign bit set: what a 25-blinded key pair multiplies its own scalar
    /// with (01 §8.2).
    #[must_use]
    pub fn with_sign_of(&self, key: &Ed25519PublicKey) -> Self {
        Self(self.0.with_sign_of(key))
    }

    /// The 32 bytes, little-endian, below L.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.expose_bytes()
    }

    /// `|A|` of the account, times this factor.
    fn multiply_account(&self, account: &AccountId) -> Result<Ed25519PublicKey, BlindError> {
        account.check()?;
        let key = account.public_key().to_ed25519();
        Ok(self.0.multiply_point(&key)?)
    }
}

/// Why a key cannot be blinded. No account has such a key: the id is forged or damaged.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BlindError {
    /// The Account ID is none that somebody can have.
    #[error("account id cannot be blinded")]
    AccountId(#[from] X25519KeyError),
    /// The Ed25519 key is none that somebody can have.
    #[error("ed25519 key cannot be blinded")]
    Key(#[from] Ed25519KeyError),
    /// The factor is zero. No server key with this property is known.
    #[error("blinding factor is zero")]
    ZeroFactor,
}

impl From<MultiplyError> for BlindError {
    fn from(error: MultiplyError) -> Self {
        match error {
            MultiplyError::Point(error) => Self::Key(error),
            _ => Self::ZeroFactor,
        }
    }
}

#[cfg(test)]
mod tests;
