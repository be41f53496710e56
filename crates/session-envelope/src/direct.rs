//! Direct messages: from one account to another or to itself, as a swarm stores them (02 §3, §9.1).
//!
//! ```text
//! Content ─► pad ─► signed box ─► Envelope ─► WebSocketMessage      encode = Content::encode, then seal
//! Content ◄─ unpad ◄─ verified ◄─ Envelope ◄─ WebSocketMessage      decode = open, then Content::decode
//! ```
//!
//! [`encode`] and [`decode`] speak of contents and are what most programs want. [`seal`] and [`open`] take and
//! return the bytes of a content, for tools that look at messages of any kind.
//!
//! ```
//! use session_envelope::{content::Content, direct};
//! use session_identity::{Account, Timestamp};
//!
//! let mut rng = session_crypto::system_rng();
//! let (alice, bob) = (Account::generate(&mut rng), Account::generate(&mut rng));
//! let now = Timestamp::from_millis(1_700_000_000_000);
//!
//! let stored = direct::encode(&Content::text("hello")?, &alice, &bob.id(), now, &mut rng)?;
//! let received = direct::decode(&stored, &bob)?;
//! assert_eq!(received.sender(), alice.id());
//! assert_eq!(received.sent_at(), now);
//! assert_eq!(received.content().body(), Some("hello"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::{borrow::Cow, vec::Vec};

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey},
    rand_core::CryptoRng,
    x25519::{NonContributory, X25519KeyError, X25519Keypair},
};
use session_identity::{Account, AccountId, Timestamp};
use zeroize::Zeroizing;

use crate::{
    content::{Content, DeliveryError, Place, Sender},
    envelope::{Envelope, EnvelopeError, EnvelopeKind, ProSignature},
    padding,
    pro::{self, ProError, ValidAt, Verdict},
    received::{Received, RefusedError},
    signed_box, wire,
};

/// Longest message that a swarm stores, in bytes.
pub const MAX_LENGTH: usize = 76_800;

/// First byte of a message of the next generation, which no protobuf message can begin with (02 §10).
const NEXT_GENERATION: u8 = 0;

/// What to store in the swarm of `recipient`: `content`, written by `sender` at `sent_at`.
///
/// A note to oneself gets the mark by which own devices know it ([`Content::copy_of`] names the sender).
///
/// # Errors
/// [`SealError::Delivery`] for a kind that does not go to one person, or not to own devices; those of [`seal`].
pub fn encode(
    content: &Content,
    sender: &Account,
    recipient: &AccountId,
    sent_at: Timestamp,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, SealError> {
    let content = for_recipient(content, sender, recipient)?;
    let content = Zeroizing::new(content.encode(sent_at));
    seal(&content, sender.ed25519(), recipient, sent_at, ProSignature::Decoy, rng)
}

/// The content as `sender` sends it to `recipient`, if such a content may go there.
///
/// Own devices drop a text that names no conversation (09 §4, step 4). What is sent to oneself and names none is a note
/// to oneself.
pub(crate) fn for_recipient<'a>(
    content: &'a Content,
    sender: &Account,
    recipient: &AccountId,
) -> Result<Cow<'a, Content>, DeliveryError> {
    let to_own = *recipient == sender.id();
    content.check_delivery(Place::Direct, if to_own { Sender::Own } else { Sender::Other })?;
    let note = (to_own && content.copy_of().is_none()).then(|| content.to_copy(recipient));
    Ok(note.flatten().map_or(Cow::Borrowed(content), Cow::Owned))
}

/// What was stored for `recipient`: its content, its proven sender, its time.
///
/// # Errors
/// [`DecodeError::Open`] as for [`open`], [`DecodeError::Refused`] if the content breaks a rule or was signed
/// at another time than the envelope says.
pub fn decode(stored: &[u8], recipient: &Account) -> Result<Received, DecodeError> {
    Ok(open(stored, [recipient.x25519()])?.into_received()?)
}

/// Many stored messages, as a poll brings them. The answers are in their order, and each is that of [`decode`].
///
/// Several times as fast as [`decode`] for each: see [`open_batch`].
#[must_use]
pub fn decode_batch<T: AsRef<[u8]>>(
    stored: &[T],
    recipient: &Account,
) -> Vec<Result<Received, DecodeError>> {
    let opened = open_batch(stored, &[recipient.x25519()]);
    opened.into_iter().map(|opened| Ok(opened?.into_received()?)).collect()
}

/// Like [`encode`] for the bytes of a content, whose timestamp must be `sent_at` already.
///
/// Draws 32 bytes for the box and, unless a Pro key signs, 128 more for the decoy.
///
/// # Errors
/// [`SealError::ZeroTimestamp`], [`SealError::Timestamp`], [`SealError::Recipient`] or [`SealError::TooLong`].
pub fn seal(
    content: &[u8],
    sender: &Ed25519Keypair,
    recipient: &AccountId,
    sent_at: Timestamp,
    pro_signature: ProSignature<'_>,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, SealError> {
    if sent_at.as_millis() == 0 {
        return Err(SealError::ZeroTimestamp);
    }
    // Content that is no protobuf has no time: whether it may be sent is not asked here.
    let inside = wire::decode::<wire::content::Content>(content).ok();
    let inside = inside.and_then(|content| content.sig_timestamp).map(Timestamp::from_millis);
    if let Some(inside) = inside.filter(|inside| *inside != sent_at) {
        return Err(SealError::Timestamp { inside, sent_at });
    }
    recipient.check()?;
    let padded = Zeroizing::new(padding::pad(content));
    let sealed = signed_box::seal(&padded, sender, &recipient.public_key(), rng)
        .map_err(|_: NonContributory| X25519KeyError::SmallOrder)?;
    let pro_signature = pro_signature.over(&sealed, rng);
    let stored =
        Envelope::new(EnvelopeKind::Direct, sent_at, sealed, pro_signature).to_web_socket();
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
    /// The content names another time than that of sending, for which every recipient would refuse the message.
    #[error("content of {inside} ms to be sent at {sent_at} ms")]
    Timestamp {
        /// Time in the content.
        inside: Timestamp,
        /// Time of sending.
        sent_at: Timestamp,
    },
    /// Such messages do not go there: every recipient would drop it.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The recipient's id can belong to no account: it is forged or damaged (01 §3.2).
    #[error("account id of the recipient refused")]
    Recipient(#[from] X25519KeyError),
    /// No swarm would store the message.
    #[error("stored message of {found} bytes, at most {MAX_LENGTH} are possible")]
    TooLong {
        /// Length of the message in bytes.
        found: usize,
    },
}

/// Opens a stored message with the first of `recipients` that fits.
///
/// # Errors
/// [`OpenError`]: the first step that fails.
pub fn open<'a>(
    stored: &[u8],
    recipients: impl IntoIterator<Item = &'a X25519Keypair>,
) -> Result<Opened, OpenError> {
    let envelope = read(stored)?;
    let (inner, recipient) =
        first_that_fits(recipients, |key| signed_box::open(envelope.content(), key))?;
    Ok(Opened { envelope, inner, recipient })
}

/// Opens many stored messages, as a poll brings them, each with the first of `recipients` that fits. The answers are in
/// their order, and each is that of [`open`].
///
/// Their signatures are verified [together](session_crypto::ed25519::batch), and each sender's key is read once.
/// A bad one costs time but spoils no other.
#[must_use]
pub fn open_batch<T: AsRef<[u8]>>(
    stored: &[T],
    recipients: &[&X25519Keypair],
) -> Vec<Result<Opened, OpenError>> {
    let unseal = |stored: &T| {
        let envelope = read(stored.as_ref())?;
        let (unsealed, recipient) = first_that_fits(recipients.iter().copied(), |key| {
            signed_box::Unverified::unseal(envelope.content(), key)
        })?;
        Ok((unsealed, (envelope, recipient)))
    };
    let opened = signed_box::verify_batch::<_, OpenError>(stored.iter().map(unseal).collect());
    let with_envelope = |(inner, (envelope, recipient))| Opened { envelope, inner, recipient };
    opened.into_iter().map(|opened| opened.map(with_envelope)).collect()
}

/// The envelope of a stored message.
fn read(stored: &[u8]) -> Result<Envelope, OpenError> {
    if stored.len() > MAX_LENGTH {
        return Err(OpenError::TooLong { found: stored.len() });
    }
    if stored.first() == Some(&NEXT_GENERATION) {
        return Err(OpenError::NextGeneration);
    }
    Ok(Envelope::from_web_socket(stored)?)
}

/// What `open` gives for the first key that fits, and the account of the key.
fn first_that_fits<'a, T>(
    recipients: impl IntoIterator<Item = &'a X25519Keypair>,
    open: impl Fn(&X25519Keypair) -> Result<T, signed_box::OpenError>,
) -> Result<(T, AccountId), OpenError> {
    let mut keys = 0_usize;
    for recipient in recipients {
        match open(recipient) {
            Err(signed_box::OpenError::Unauthentic) => keys = keys.saturating_add(1),
            // With this key the box opens; another cannot make it better.
            result => return Ok((result?, AccountId::from_public_key(recipient.public_key()))),
        }
    }
    Err(OpenError::NoKeyFits { keys })
}

/// A stored message that one of the recipient's keys opened: its sender is proven, its content is not parsed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Opened {
    envelope: Envelope,
    inner: signed_box::Opened,
    recipient: AccountId,
}

impl Opened {
    /// Who wrote the message.
    #[must_use]
    pub const fn sender(&self) -> AccountId {
        self.inner.sender()
    }

    /// The key that signed the message.
    #[must_use]
    pub const fn sender_key(&self) -> Ed25519PublicKey {
        self.inner.sender_key()
    }

    /// The envelope, of which nothing but the content is authenticated.
    #[must_use]
    pub const fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Bytes of the content, without padding.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        padding::unpad(self.inner.message())
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
        let from_to = (self.sender(), Some(self.recipient));
        Received::check(self.content(), from_to, self.envelope.claimed_timestamp())
    }

    /// Like [`Self::to_received`], without the envelope's copy of the message beside the typed one.
    pub(crate) fn into_received(self) -> Result<Received, RefusedError> {
        let Self { envelope, inner, recipient } = self;
        let claimed = envelope.claimed_timestamp();
        drop(envelope);
        let from_to = (inner.sender(), Some(recipient));
        Received::check(padding::unpad(inner.message()), from_to, claimed)
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
    /// A message of the next generation of the protocol, for which other keys are needed.
    #[error("message of the next generation")]
    NextGeneration,
    /// No envelope.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The message was for somebody else, or was altered; the two cannot be told apart.
    #[error("none of {keys} keys opens the message")]
    NoKeyFits {
        /// Number of keys that were tried.
        keys: usize,
    },
    /// What was sealed to the recipient is no signed message.
    #[error(transparent)]
    Box(#[from] signed_box::OpenError),
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
