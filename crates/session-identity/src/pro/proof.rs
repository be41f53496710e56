//! The proof in its newest form (01 §11.3), and the verdict on a message that carries one (01 §11.6).

use core::fmt;

use session_crypto::{
    LengthError,
    ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Signature, VerifyError},
};

use super::{UnixSeconds, requests::SignedString};
use crate::Timestamp;

const DOMAIN: &[u8; 16] = b"ProProof_v0_____";

/// What the backend takes a proof back by: 32 bytes without a meaning of their own.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RevocationTag([u8; 32]);

impl RevocationTag {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    /// Takes 32 bytes as a tag.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl TryFrom<&[u8]> for RevocationTag {
    type Error = LengthError;

    fn try_from(bytes: &[u8]) -> Result<Self, LengthError> {
        Ed25519PublicKey::try_from(bytes).map(|bytes| Self(bytes.to_bytes()))
    }
}

impl fmt::Debug for RevocationTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "RevocationTag({a:02x}{b:02x}{c:02x}{d:02x}…)")
    }
}

/// Statement of the backend that a rotating key has Pro until a time. The domain string is its version: v0.
///
/// # Security
/// A proof that came with a message says nothing until [`Self::verify`] or [`Self::status`] was asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Proof {
    revocation_tag: RevocationTag,
    rotating_key: Ed25519PublicKey,
    expires_at: UnixSeconds,
    signature: Ed25519Signature,
}

impl Proof {
    /// Proof of its parts, as they come from the backend or in a message.
    #[must_use]
    pub const fn new(
        revocation_tag: RevocationTag,
        rotating_key: Ed25519PublicKey,
        expires_at: UnixSeconds,
        signature: Ed25519Signature,
    ) -> Self {
        Self { revocation_tag, rotating_key, expires_at, signature }
    }

    /// Makes a proof, as the backend does.
    #[must_use]
    pub fn sign(
        revocation_tag: RevocationTag,
        rotating_key: Ed25519PublicKey,
        expires_at: UnixSeconds,
        backend: &Ed25519Keypair,
    ) -> Self {
        let message = message(&revocation_tag, &rotating_key, expires_at);
        Self::new(revocation_tag, rotating_key, expires_at, backend.sign(message.as_bytes()))
    }

    /// What the backend takes this proof back by.
    #[must_use]
    pub const fn revocation_tag(&self) -> RevocationTag {
        self.revocation_tag
    }

    /// The key that it speaks for.
    #[must_use]
    pub const fn rotating_key(&self) -> Ed25519PublicKey {
        self.rotating_key
    }

    /// Last second of its validity. Placed by the backend at random within a day: nothing to be read from it.
    #[must_use]
    pub const fn expires_at(&self) -> UnixSeconds {
        self.expires_at
    }

    /// The backend's signature.
    #[must_use]
    pub const fn signature(&self) -> Ed25519Signature {
        self.signature
    }

    /// Verifies that it is a proof of this backend. To be called before one that the backend gave is stored, beside
    /// comparing the rotating key with the one that was asked for.
    ///
    /// # Errors
    /// [`VerifyError`] if it is not.
    pub fn verify(&self, backend: &Ed25519PublicKey) -> Result<(), VerifyError> {
        let message = message(&self.revocation_tag, &self.rotating_key, self.expires_at);
        backend.verify(message.as_bytes(), &self.signature)
    }

    /// Whether it was expired at `time`, rounded down to seconds; at the very second of expiry it is not.
    #[must_use]
    pub fn is_expired_at(&self, time: Timestamp) -> bool {
        UnixSeconds::from(time) > self.expires_at
    }

    /// Verdict on this proof and on the message that carries it.
    ///
    /// `sent_at` is the time in the message, for a post in a community the server's time of posting: never the
    /// receiver's clock.
    ///
    /// Whether the proof was revoked is a question to [`RevocationList`](super::RevocationList).
    #[must_use]
    pub fn status(
        &self,
        backend: &Ed25519PublicKey,
        message: SignedMessage<'_>,
        sent_at: Timestamp,
    ) -> Status {
        self.status_unsigned(backend, sent_at).and_signed_by(&self.rotating_key, message)
    }

    /// Verdict on this proof alone, at `time`.
    ///
    /// # Security
    /// A proof is not secret: everybody who saw one can show it. [`Status::Valid`] says here that somebody has Pro, and not
    /// that the sender of a message is that one. For a proof of one's own; for a message there is [`Self::status`].
    #[must_use]
    pub fn status_unsigned(&self, backend: &Ed25519PublicKey, time: Timestamp) -> Status {
        if self.verify(backend).is_err() {
            Status::InvalidBackendSignature
        } else if self.is_expired_at(time) {
            Status::Expired
        } else {
            Status::Valid
        }
    }
}

/// The bytes that the backend signs: domain ‖ tag ‖ rotating key ‖ seconds in decimal.
fn message(tag: &RevocationTag, rotating: &Ed25519PublicKey, expiry: UnixSeconds) -> SignedString {
    SignedString::new(DOMAIN).bytes(&tag.0).bytes(rotating.as_bytes()).integer(expiry.as_secs())
}

/// Bytes of a message, and the signature over them that claims to be by the rotating key.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "two arguments that belong together")]
pub struct SignedMessage<'a> {
    /// The signed bytes as transmitted (01 §11.6).
    pub bytes: &'a [u8],
    /// The signature.
    pub signature: Ed25519Signature,
}

/// Verdict on a proof and the message that carries it; the first failing check decides (01 §11.6).
///
/// Only [`Self::Valid`], and not revoked, grants anything. None of them is a reason to drop the message.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Status {
    /// A form of proof that is not understood.
    Unreadable,
    /// The proof is not one of this backend.
    InvalidBackendSignature,
    /// The message is not signed by the key that the proof speaks for.
    InvalidUserSignature,
    /// The proof was expired when the message was sent.
    Expired,
    /// The sender had Pro.
    Valid,
}

impl Status {
    /// Verdict on a message, after this one on its proof: a foreign signature counts before expiry (01 §11.6).
    pub(super) fn and_signed_by(self, key: &Ed25519PublicKey, message: SignedMessage<'_>) -> Self {
        match self {
            Self::Valid | Self::Expired => match key.verify(message.bytes, &message.signature) {
                Ok(()) => self,
                Err(_) => Self::InvalidUserSignature,
            },
            Self::Unreadable | Self::InvalidBackendSignature | Self::InvalidUserSignature => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString as _};

    use session_crypto::ed25519::Ed25519Seed;

    use super::*;

    fn keypair(byte: u8) -> Ed25519Keypair {
        Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([byte; 32]))
    }

    /// Proof of 01 §11.9: rotating seed 32 × 02, backend seed 32 × 03, tag 32 × 11.
    fn proof() -> Proof {
        let tag = RevocationTag::from_bytes([0x11; 32]);
        let expiry = UnixSeconds::from_secs(1_704_067_200);
        Proof::sign(tag, keypair(2).public_key(), expiry, &keypair(3))
    }

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_millis(secs * 1000 + 999)
    }

    #[test]
    fn the_signature_of_the_specification() {
        assert_eq!(
            proof().signature().to_string(),
            "767e7f14cec2d04fb67c6407e890cbe6a5cfdb7a0df3e729adda93164b13bc3f\
             b20ed4ea1b8f1ffc74115ff2598a51ac52285d923f0864c6bca08bfc771fb708"
        );
        assert_eq!(proof().verify(&keypair(3).public_key()), Ok(()));
    }

    /// 08 §9: tag 00 … 1f, the same rotating key, backend seed 32 × CD.
    #[test]
    fn the_signature_of_the_services_chapter() {
        let tag = RevocationTag::from_bytes(core::array::from_fn(|i| u8::try_from(i).unwrap()));
        let expiry = UnixSeconds::from_secs(1_752_624_000);
        let proof = Proof::sign(tag, keypair(2).public_key(), expiry, &keypair(0xcd));
        assert_eq!(
            proof.signature().to_string(),
            "92120842e482936dd7c538dac7988cb68c556902cbe9038d5980032281ffa0c0\
             d8ffc1ee6b7e94248ef9f0a3a99a0f3a64cf863d0076339b3fe9dbb6c126b207"
        );
    }

    #[test]
    fn every_part_is_signed() {
        let backend = keypair(3).public_key();
        let good = proof();
        let tag = RevocationTag::from_bytes([0x12; 32]);
        let key = keypair(4).public_key();
        let expiry = UnixSeconds::from_secs(1_704_067_201);
        for altered in [
            Proof { revocation_tag: tag, ..good },
            Proof { rotating_key: key, ..good },
            Proof { expires_at: expiry, ..good },
            Proof { signature: keypair(3).sign(b"another"), ..good },
        ] {
            assert_eq!(altered.verify(&backend), Err(VerifyError::Signature), "{altered:?}");
            let status = altered.status_unsigned(&backend, at(0));
            assert_eq!(status, Status::InvalidBackendSignature);
        }
        assert_eq!(good.verify(&key), Err(VerifyError::Signature));
    }

    #[test]
    fn the_first_failing_check_decides() {
        let (backend, expiry) = (keypair(3).public_key(), 1_704_067_200);
        let good = SignedMessage { bytes: b"m", signature: keypair(2).sign(b"m") };
        let bad = SignedMessage { bytes: b"n", ..good };
        for (message, time, expected) in [
            (good, expiry, Status::Valid),
            (good, expiry + 1, Status::Expired),
            (bad, expiry, Status::InvalidUserSignature),
            (bad, expiry + 1, Status::InvalidUserSignature),
        ] {
            assert_eq!(proof().status(&backend, message, at(time)), expected);
        }
        let foreign = proof().status(&keypair(5).public_key(), bad, at(expiry + 1));
        assert_eq!(foreign, Status::InvalidBackendSignature);
        for (time, expected) in [(expiry, Status::Valid), (expiry + 1, Status::Expired)] {
            assert_eq!(proof().status_unsigned(&backend, at(time)), expected);
        }
    }

    #[test]
    fn tags_have_32_bytes() {
        let tag = RevocationTag::try_from([0xab; 32].as_slice()).unwrap();
        assert_eq!(format!("{tag:?}"), "RevocationTag(abababab…)");
        for found in [0, 31, 33] {
            let error = RevocationTag::try_from([0; 33].get(..found).unwrap()).unwrap_err();
            assert_eq!((error.expected, error.found), (32, found));
        }
    }
}
