//! Messages of groups: from a member to all, as the swarm of the group stores them (02 §8, §9.1).
//!
//! ```text
//! Content ─► Envelope ─► frame: sign, compress, pad, encrypt          encode = Content::encode, then seal
//! Content ◄─ Envelope ◄─ frame: decrypt, verify, decompress           decode = open, then Content::decode
//! ```
//!
//! Unlike direct messages the content is neither padded nor encrypted inside its envelope: the
//! [`framing`] does both. Which keys a group has, and how they change, is another crate's business.
//!
//! ```
//! use session_envelope::{content::Content, group::{self, GroupKey}};
//! use session_identity::{Account, GroupId, Timestamp};
//!
//! let mut rng = session_crypto::system_rng();
//! let alice = Account::generate(&mut rng);
//! let group: GroupId = "03c853ad0f0cd2b619aea92ceec4fd56a24d6499d584ce79257e45cfd8139b60a7".parse()?;
//! let key = GroupKey::from_bytes([7; 32]);
//! let now = Timestamp::from_millis(1_700_000_000_000);
//!
//! let stored = group::encode(&Content::text("hello")?, &alice, &group, &key, now, &mut rng)?;
//! let received = group::decode(&stored, &group, &[key])?;
//! assert_eq!(received.sender(), alice.id());
//! assert_eq!(received.content().body(), Some("hello"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::vec::Vec;

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey},
    rand_core::CryptoRng,
};
use session_identity::{Account, AccountId, GroupId, Timestamp};
use zeroize::Zeroizing;

use crate::{
    content::{Content, DeliveryError, Place, Sender},
    direct::MAX_LENGTH,
    envelope::{Envelope, EnvelopeError, EnvelopeKind, ProSignature},
    pro::{self, ProError, ValidAt, Verdict},
    received::{Received, RefusedError},
};

pub mod framing;
mod key;
pub mod kicked;

pub use key::{GroupKey, GroupKeyError};

/// What to store in the swarm of `group`: `content`, written by `sender` at `sent_at`.
///
/// # Errors
/// [`SealError::Delivery`] for a kind that groups do not carry, which every member would drop; those of [`envelope`] and
/// [`seal`].
pub fn encode(
    content: &Content,
    sender: &Account,
    group: &GroupId,
    key: &GroupKey,
    sent_at: Timestamp,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, SealError> {
    content.check_delivery(Place::Group, Sender::Other)?;
    let content = Zeroizing::new(content.encode(sent_at));
    let envelope = envelope(&content, sent_at, ProSignature::Decoy, rng)?;
    seal(&envelope, sender.ed25519(), group, key, rng)
}

/// What was stored for `group`: its content, its proven author, its time. Give the newest key first.
///
/// # Errors
/// [`DecodeError::Open`] as for [`open`], [`DecodeError::Refused`] if the content breaks a rule or was signed
/// at another time than the envelope says.
pub fn decode(stored: &[u8], group: &GroupId, keys: &[GroupKey]) -> Result<Received, DecodeError> {
    Ok(open(stored, group, keys)?.into_received()?)
}

/// The envelope of a group message around the bytes of a content, whose timestamp must be `sent_at` already.
///
/// Draws 128 bytes for the decoy unless a Pro key signs.
///
/// # Errors
/// [`SealError::ZeroTimestamp`].
pub fn envelope(
    content: &[u8],
    sent_at: Timestamp,
    pro_signature: ProSignature<'_>,
    rng: &mut impl CryptoRng,
) -> Result<Envelope, SealError> {
    if sent_at.as_millis() == 0 {
        return Err(SealError::ZeroTimestamp);
    }
    let pro_signature = pro_signature.over(content, rng);
    Ok(Envelope::new(EnvelopeKind::Group, sent_at, content.to_vec(), pro_signature))
}

/// Frames an envelope for the swarm of `group`; draws 24 bytes.
///
/// # Errors
/// [`SealError::Frame`] or [`SealError::TooLong`].
pub fn seal(
    envelope: &Envelope,
    sender: &Ed25519Keypair,
    group: &GroupId,
    key: &GroupKey,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, SealError> {
    let envelope = Zeroizing::new(envelope.to_bytes());
    let stored = framing::seal(&envelope, sender, group, key, rng)?;
    match stored.len() {
        0..=MAX_LENGTH => Ok(stored),
        found => Err(SealError::TooLong { found }),
    }
}

/// Why a message cannot be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The time of sending is 0, which means "none" to other clients.
    #[error("time of sending is 0")]
    ZeroTimestamp,
    /// Groups do not carry such messages: typing notices, receipts, calls, accepted requests and others (03 §4.0).
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The envelope does not fit the frame.
    #[error(transparent)]
    Frame(#[from] framing::SealError),
    /// No swarm would store the message.
    #[error("stored message of {found} bytes, at most {MAX_LENGTH} are possible")]
    TooLong {
        /// Length of the message in bytes.
        found: usize,
    },
}

/// Opens a stored message with the first of `keys` that fits.
///
/// # Errors
/// [`OpenError`]: the first step that fails.
pub fn open(stored: &[u8], group: &GroupId, keys: &[GroupKey]) -> Result<Opened, OpenError> {
    if stored.len() > MAX_LENGTH {
        return Err(OpenError::TooLong { found: stored.len() });
    }
    let frame = framing::open(stored, group, keys)?;
    let envelope = Envelope::from_bytes(frame.plaintext())?;
    Ok(Opened { envelope, frame })
}

/// A stored message that one of the group's keys opened: its author is proven, its content is not parsed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Opened {
    envelope: Envelope,
    frame: framing::Opened,
}

impl Opened {
    /// Who wrote the message. That this is a member is not checked.
    #[must_use]
    pub const fn sender(&self) -> AccountId {
        self.frame.sender()
    }

    /// The key that signed the message.
    #[must_use]
    pub const fn sender_key(&self) -> Ed25519PublicKey {
        self.frame.sender_key()
    }

    /// Which of the keys decrypted the message, from 0.
    #[must_use]
    pub const fn key_index(&self) -> usize {
        self.frame.key_index()
    }

    /// The envelope, all of which the author signed.
    #[must_use]
    pub const fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Bytes of the content.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        self.envelope.content()
    }

    /// What the message says about its sender's Pro, and what that is worth: `None` if it says nothing.
    /// `backend` signs the proofs, usually [`BACKEND_PUBLIC_KEY`](session_identity::pro::BACKEND_PUBLIC_KEY).
    ///
    /// # Errors
    /// [`ProError`] if the claim is malformed, or cannot be judged for want of a time.
    pub fn pro(&self, backend: &Ed25519PublicKey) -> Result<Option<Verdict>, ProError> {
        pro::judge(self.content(), self.envelope.signed_message(), ValidAt::Signing, backend)
    }

    /// The typed message.
    ///
    /// # Errors
    /// [`RefusedError`] if the content breaks a rule or was signed at another time than the envelope says.
    pub fn to_received(&self) -> Result<Received, RefusedError> {
        let claimed = self.envelope.claimed_timestamp();
        Received::check(self.content(), (self.sender(), None), claimed)
    }

    /// Like [`Self::to_received`], without the frame's copy of the message beside the typed one.
    pub(crate) fn into_received(self) -> Result<Received, RefusedError> {
        let Self { envelope, frame } = self;
        let sender = frame.sender();
        drop(frame);
        Received::check(envelope.content(), (sender, None), envelope.claimed_timestamp())
    }
}

/// Why a stored message did not open.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Longer than anything that a swarm stores.
    #[error("stored message of {found} bytes, at most {MAX_LENGTH} are possible")]
    TooLong {
        /// Bytes that were given.
        found: usize,
    },
    /// The frame did not open.
    #[error(transparent)]
    Frame(#[from] framing::OpenError),
    /// No envelope in the frame.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
}

/// Why a stored message is not delivered.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// It did not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Its content is refused.
    #[error(transparent)]
    Refused(#[from] RefusedError),
}

#[cfg(test)]
mod tests;
