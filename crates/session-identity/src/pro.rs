//! Session Pro: proofs that a key is entitled to more, without saying whose key it is (01 §11).
//!
//! ```text
//! account seed ─derive─► MasterKeypair ── talks to the backend, never seen in messages
//!                            │ every 7 days
//!                            ▼
//!                        RotatingKeypair ── signs messages
//!                            │ public key, revocation tag and expiry, signed by the backend
//!                            ▼
//!                        Proof ── goes with each message; kept with the rotating seed as Credential
//! ```
//!
//! The format is declared changeable until launch. This is the newest one; `legacy` reads the earlier ones.
//!
//! ```
//! use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};
//! use session_identity::{Timestamp, pro::{MasterKeypair, Proof, RevocationTag, SignedMessage, Status, UnixSeconds}};
//!
//! let backend = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([3; 32]));
//! let now = Timestamp::from_millis(1_700_000_000_000);
//! let rotating = MasterKeypair::derive(&Ed25519Seed::from_bytes([1; 32])).rotating(now.into());
//! let expiry = UnixSeconds::from_secs(1_704_067_200);
//! let proof = Proof::sign(RevocationTag::from_bytes([0x11; 32]), rotating.public_key(), expiry, &backend);
//!
//! let message = SignedMessage { bytes: b"hello", signature: rotating.sign(b"hello") };
//! assert_eq!(proof.status(&backend.public_key(), message, now), Status::Valid);
//! ```

use core::fmt;

use session_crypto::ed25519::Ed25519PublicKey;

use crate::Timestamp;

mod credential;
mod features;
mod keys;
#[cfg(feature = "legacy-pro")]
pub mod legacy;
mod proof;
mod renewal;
mod requests;
mod revocation;

pub use credential::{Credential, DecodeCredentialError};
pub use features::{MAX_LENGTH, MAX_LENGTH_WITH_PRO, MessageFeatures, MessageLength, TooLong};
pub use keys::{MasterKeypair, RotatingKeypair};
pub use proof::{Proof, RevocationTag, SignedMessage, Status};
pub use renewal::Entitlement;
pub use requests::GenerateProofSignatures;
pub use revocation::{Revocation, RevocationAnswer, RevocationList};

/// Key of the Pro backend at `https://pro.session.codes`, expected to stay at launch (01 §11.3). Make it
/// configurable all the same.
pub const BACKEND_PUBLIC_KEY: Ed25519PublicKey = Ed25519PublicKey::from_bytes([
    0x47, 0x9f, 0xfc, 0xa8, 0xbc, 0xec, 0x7b, 0x4a, 0x0f, 0x0f, 0x7a, 0xfe, 0x48, 0xb8, 0xa6, 0xd1,
    0x56, 0x35, 0xa8, 0xc7, 0xff, 0x15, 0xad, 0x16, 0xad, 0xd0, 0x57, 0x52, 0xc1, 0x94, 0x14, 0xd4,
]);

/// Pinned conversations without Pro.
pub const MAX_PINNED_WITHOUT_PRO: usize = 5;

/// Point in time in whole seconds since 1970, as Pro counts. Every `u64` is one.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UnixSeconds(u64);

impl UnixSeconds {
    /// The time `secs` seconds after 1970.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs)
    }

    /// Seconds since 1970.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0
    }
}

/// Rounds down.
impl From<Timestamp> for UnixSeconds {
    fn from(time: Timestamp) -> Self {
        Self(time.as_secs())
    }
}

/// Decimal seconds, the form that is signed.
impl fmt::Display for UnixSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn the_backend_key_is_that_of_the_specification() {
        let text = "479ffca8bcec7b4a0f0f7afe48b8a6d15635a8c7ff15ad16add05752c19414d4";
        assert_eq!(BACKEND_PUBLIC_KEY.to_string(), text);
        let x25519 = "ce5a75f64b6c43db6c1374d362c3ea9d85951c4f42a3d04cf94f87822d4f803b";
        assert_eq!(BACKEND_PUBLIC_KEY.to_x25519(), Ok(x25519.parse().unwrap()));
    }

    #[test]
    fn seconds_are_rounded_down_and_written_in_decimal() {
        let time = UnixSeconds::from(Timestamp::from_millis(1_999));
        assert_eq!((time.as_secs(), time.to_string().as_str()), (1, "1"));
    }
}
