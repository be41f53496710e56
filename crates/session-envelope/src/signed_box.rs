//! The box of direct messages: signed by the sender for one recipient, then sealed to it (02 §1).
//!
//! ```text
//! signature = Ed25519(M ‖ A ‖ Y)            M message, A sender's Ed25519 key, Y recipient's X25519 key
//! inner     = M ‖ A ‖ signature             96 bytes more than M
//! box       = sealed box of inner to Y      48 bytes more than inner
//! ```
//!
//! `Y` is signed but not sent, so that a recipient cannot pass the inner value on to somebody else. The
//! sender is known after verification only: [`open`] returns it together with the message or not at all.
//!
//! ```
//! use session_crypto::ed25519::Ed25519Keypair;
//! use session_envelope::signed_box;
//!
//! let mut rng = session_crypto::system_rng();
//! let (alice, bob) = (Ed25519Keypair::generate(&mut rng), Ed25519Keypair::generate(&mut rng));
//! let bob = bob.to_x25519();
//!
//! let sealed = signed_box::seal(b"hello", &alice, &bob.public_key(), &mut rng)?;
//! let opened = signed_box::open(&sealed, &bob)?;
//! assert_eq!(opened.message(), b"hello");
//! assert_eq!(opened.sender_key(), alice.public_key());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::{collections::BTreeMap, vec::Vec};

use session_crypto::{
    blake2b::Blake2b,
    ed25519::{
        Ed25519KeyError, Ed25519Keypair, Ed25519PublicKey, Ed25519Signature, VerifyError,
        batch::{self, Claim},
    },
    rand_core::CryptoRng,
    sealed_box::{self, OneTimeSeed},
    x25519::{NonContributory, X25519Keypair, X25519PublicKey},
};
use zeroize::Zeroizing;

pub use crate::opened::Opened;

/// Bytes after the message inside the box: the sender's key and the signature.
const TRAILER_LENGTH: usize = Ed25519PublicKey::LENGTH + Ed25519Signature::LENGTH;

/// Bytes that a box adds to its message.
pub const OVERHEAD: usize = TRAILER_LENGTH + sealed_box::OVERHEAD;

/// Key of a recipient from the bytes by which other programs name it: an X25519 key (32 bytes) or an Account
/// ID (33 bytes, `05` in front) (02 §1.1).
///
/// # Errors
/// [`RecipientError`] for another length or prefix.
pub fn recipient_key(bytes: &[u8]) -> Result<X25519PublicKey, RecipientError> {
    let key = match bytes {
        [0x05, key @ ..] if key.len() == X25519PublicKey::LENGTH => key,
        _ => bytes,
    };
    X25519PublicKey::try_from(key).map_err(|_| RecipientError { found: bytes.len() })
}

/// The bytes name no recipient.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("recipient of {found} bytes, expected 32, or 33 that begin with 05")]
pub struct RecipientError {
    /// Bytes that were given.
    pub found: usize,
}

/// What goes into the sealed box: `message ‖ A ‖ signature` (02 §1.2).
#[must_use]
pub fn sign(message: &[u8], sender: &Ed25519Keypair, recipient: &X25519PublicKey) -> Vec<u8> {
    let mut inner = Vec::with_capacity(message.len().saturating_add(TRAILER_LENGTH));
    inner.extend_from_slice(message);
    inner.extend_from_slice(sender.public_key().as_bytes());
    let length = inner.len();
    inner.extend_from_slice(recipient.as_bytes());
    let signature = sender.sign(&inner);
    inner.truncate(length);
    inner.extend_from_slice(signature.as_bytes());
    inner
}

/// Signs `message` and seals it to `recipient` with a fresh one-time key; draws 32 bytes.
///
/// # Errors
/// [`NonContributory`] if the recipient's key has small order.
pub fn seal(
    message: &[u8],
    sender: &Ed25519Keypair,
    recipient: &X25519PublicKey,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, NonContributory> {
    sealed_box::seal(recipient, &Zeroizing::new(sign(message, sender, recipient)), rng)
}

/// Like [`seal`] with a one-time key that follows from the other arguments: equal inputs, equal box (02 §1.4).
///
/// # Security
/// Shows an observer whether two messages are equal. For configs that an account stores for itself, where
/// this is wanted, and for nothing else.
///
/// # Errors
/// [`NonContributory`] if the recipient's key has small order.
pub fn seal_deterministic(
    message: &[u8],
    sender: &Ed25519Keypair,
    recipient: &X25519PublicKey,
) -> Result<Vec<u8>, NonContributory> {
    let seed = Zeroizing::new(
        Blake2b::keyed(b"SessionBoxEphemeralHashKey")
            .chain(sender.seed().expose_bytes())
            .chain(recipient.as_bytes())
            .chain(message)
            .finalize(),
    );
    let inner = Zeroizing::new(sign(message, sender, recipient));
    sealed_box::seal_deterministic(recipient, &inner, OneTimeSeed::from_bytes(*seed))
}

/// Opens a box and verifies who signed it (02 §1.5).
///
/// The recipient's pair is that of the account or, for a legacy group, the group's encryption key pair.
///
/// # Errors
/// One [`OpenError`] for each step. Nothing of the plaintext is returned unless all of them pass.
pub fn open(sealed: &[u8], recipient: &X25519Keypair) -> Result<Opened, OpenError> {
    let unverified = Unverified::unseal(sealed, recipient)?;
    let Claim { key, message, signature } = unverified.claim();
    let verdict = key.verify(message, &signature);
    unverified.open(verdict, Ed25519PublicKey::to_x25519)
}

/// Opens many boxes for one recipient. The answers are in their order, and each is that of [`open`].
///
/// Their signatures are verified [together](session_crypto::ed25519::batch), and each sender's key is read once.
#[must_use]
pub fn open_batch<T: AsRef<[u8]>>(
    sealed: &[T],
    recipient: &X25519Keypair,
) -> Vec<Result<Opened, OpenError>> {
    let unseal = |sealed: &T| Ok((Unverified::unseal(sealed.as_ref(), recipient)?, ()));
    let opened = verify_batch::<_, OpenError>(sealed.iter().map(unseal).collect());
    opened.into_iter().map(|opened| opened.map(|(opened, ())| opened)).collect()
}

/// What was sealed, before its signature is verified.
pub(crate) struct Unverified {
    /// `M ‖ A ‖ Y`, which is signed.
    signed: Zeroizing<Vec<u8>>,
    sender_key: Ed25519PublicKey,
    signature: Ed25519Signature,
}

impl Unverified {
    /// [`OpenError::TooShort`] or [`OpenError::Unauthentic`].
    pub(crate) fn unseal(sealed: &[u8], recipient: &X25519Keypair) -> Result<Self, OpenError> {
        let too_short = OpenError::TooShort { found: sealed.len() };
        if sealed.len() < OVERHEAD {
            return Err(too_short);
        }
        let inner = sealed_box::open(recipient, sealed).map_err(|_| OpenError::Unauthentic)?;
        let mut signed = Zeroizing::new(inner);
        let (with_key, signature) = signed.split_last_chunk().ok_or(too_short)?;
        let (_, key) = with_key.split_last_chunk().ok_or(too_short)?;
        let (length, sender_key) = (with_key.len(), Ed25519PublicKey::from_bytes(*key));
        let signature = Ed25519Signature::from_bytes(*signature);
        signed.truncate(length);
        signed.extend_from_slice(recipient.public_key().as_bytes());
        Ok(Self { signed, sender_key, signature })
    }

    fn claim(&self) -> Claim<'_> {
        Claim { key: self.sender_key, message: &self.signed, signature: self.signature }
    }

    /// `sender` is what the key of the sender is converted to, asked for only if the signature is good.
    fn open(
        self,
        verdict: Result<(), VerifyError>,
        sender: impl FnOnce(&Ed25519PublicKey) -> Result<X25519PublicKey, Ed25519KeyError>,
    ) -> Result<Opened, OpenError> {
        let Self { signed: mut message, sender_key, .. } = self;
        verdict.map_err(|_| OpenError::Signature)?;
        let sender = sender(&sender_key).map_err(|_| OpenError::SenderKey)?;
        let behind = Ed25519PublicKey::LENGTH.saturating_add(X25519PublicKey::LENGTH);
        let length = message.len().saturating_sub(behind);
        message.truncate(length);
        Ok(Opened::new(message, sender_key, sender))
    }
}

/// Opens what was unsealed, beside whatever belongs to it, and leaves errors where they are.
pub(crate) fn verify_batch<T, E: From<OpenError>>(
    unsealed: Vec<Result<(Unverified, T), E>>,
) -> Vec<Result<(Opened, T), E>> {
    let claims: Vec<_> =
        unsealed.iter().flatten().map(|(unverified, _)| unverified.claim()).collect();
    let mut verdicts = batch::verify(&claims).into_iter();
    // The messages of a poll have few senders.
    let mut senders = BTreeMap::new();
    let mut convert =
        |key: &Ed25519PublicKey| *senders.entry(*key).or_insert_with(|| key.to_x25519());
    let mut open = |(unverified, beside): (Unverified, T)| {
        // There is one for each claim.
        let verdict = verdicts.next().unwrap_or(Err(VerifyError::Signature));
        Ok((unverified.open(verdict, &mut convert)?, beside))
    };
    unsealed.into_iter().map(|unsealed| unsealed.and_then(&mut open)).collect()
}

/// Why a box did not open.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Fewer bytes than the box of an empty message has.
    #[error("box of {found} bytes is too short")]
    TooShort {
        /// Bytes that were given.
        found: usize,
    },
    /// Sealed to another key, or altered; the two cannot be told apart.
    #[error("box failed authentication")]
    Unauthentic,
    /// The signature inside is not by the key inside, or for another recipient.
    #[error("signature inside the box is wrong")]
    Signature,
    /// The signer's key has no Account ID.
    #[error("key of the sender is none of an account")]
    SenderKey,
}

#[cfg(test)]
mod tests;
