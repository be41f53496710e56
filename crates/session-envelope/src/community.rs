//! Posts in the rooms of communities: signed and padded, not encrypted (02 §4).
//!
//! ```text
//! data = pad(Content)                              signature over just these bytes, beside them
//! data = pad(Content with the Pro signature)       from accounts with Pro
//! data = Envelope { content = pad(Content) }       from clients to come, read already
//! ```
//!
//! Authors sign with their keys on that server: [`Blinded15Keypair::sign`] or, where the server knows no
//! blinding, [`XEd25519Keypair::sign`].
//!
//! ```
//! use session_envelope::{community, content::Content};
//! use session_identity::{Account, Timestamp, blinding::{Blinded15Keypair, ServerPublicKey}};
//!
//! let alice = Account::generate(&mut session_crypto::system_rng());
//! let server: ServerPublicKey =
//!     "c3b3c6f32f0ab5a57f853cc4f30f5da7fda5624b0c77b3fb0829de562ada081d".parse()?;
//! let keypair = Blinded15Keypair::derive(alice.ed25519(), &server);
//! let now = Timestamp::from_millis(1_700_000_000_000);
//!
//! let data = community::encode(&Content::text("hello")?, now);
//! let signature = keypair.sign(&data);
//!
//! let post = community::verify(&data, &signature, keypair.id())?;
//! assert_eq!(post.to_content(now)?.body(), Some("hello"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Blinded15Keypair::sign`]: session_identity::blinding::Blinded15Keypair::sign
//! [`XEd25519Keypair::sign`]: session_crypto::xed25519::XEd25519Keypair::sign

use alloc::{borrow::Cow, vec::Vec};
use core::time::Duration;

use session_crypto::{
    ed25519::{Ed25519PublicKey, Ed25519Signature, VerifyError},
    xed25519,
};
use session_identity::{
    Timestamp,
    id::PrefixedId,
    pro::{RotatingKeypair, SignedMessage},
};

use crate::{
    content::{Content, ContentError},
    envelope::{Envelope, EnvelopeError, ProtobufError, pro_signature},
    padding::{pad, unpad},
    pro::{self, ProError, ValidAt, Verdict},
    wire::{self, concat, records},
};

/// How far the time in a post may be from the time at which the server took it.
pub const TIME_TOLERANCE: Duration = Duration::from_secs(6 * 3600);

/// Number of the content's field with the Pro signature.
const PRO_SIGNATURE: u32 = 17;
/// Key of that field, and its length: 64.
const PRO_SIGNATURE_HEADER: [u8; 3] = [0x8a, 0x01, 0x40];

/// What to post: `content`, written at `sent_at`. The author signs the result.
#[must_use]
pub fn encode(content: &Content, sent_at: Timestamp) -> Vec<u8> {
    pad(&content.encode(sent_at))
}

/// Like [`encode`] for the bytes of a content, with the signature of the author's Pro key.
///
/// # Errors
/// [`SignProError::Malformed`] if the bytes are no content, [`SignProError::Signed`] if they carry a signature
/// already.
pub fn encode_with_pro(
    content: &[u8],
    rotating: &RotatingKeypair,
) -> Result<Vec<u8>, SignProError> {
    let parsed: wire::content::Content = wire::decode(content)?;
    if parsed.pro_sig_for_community_message_only.is_some() {
        return Err(SignProError::Signed);
    }
    let signature = rotating.sign(&pad(content));
    let field = [PRO_SIGNATURE_HEADER.as_slice(), signature.as_bytes()].concat();
    // In ascending order: in front of the first field with a greater number.
    let front: usize = records(content)
        .take_while(|record| record.number < PRO_SIGNATURE)
        .map(|record| record.bytes.len())
        .sum();
    let (front, back) = content.split_at_checked(front).unwrap_or((content, &[]));
    Ok(pad(&[front, &field, back].concat()))
}

/// Why a post was not signed with Pro.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SignProError {
    /// Broken protobuf.
    #[error("malformed content")]
    Malformed(#[from] ProtobufError),
    /// There is a signature already.
    #[error("content carries a Pro signature already")]
    Signed,
}

/// The post in `data`, if `author` signed it. Of an unblinded author the Ed25519 key with sign bit 0 counts.
///
/// # Errors
/// [`OpenError::Signature`] unless the author signed just these bytes, [`OpenError::Author`] if no post can be
/// by such an id; otherwise as for [`open`].
pub fn verify(
    data: &[u8],
    signature: &Ed25519Signature,
    author: impl Into<PrefixedId>,
) -> Result<Post, OpenError> {
    match author.into() {
        PrefixedId::Blinded15(id) => id.public_key().verify(data, signature)?,
        PrefixedId::Blinded25(id) => id.public_key().verify(data, signature)?,
        PrefixedId::Account(id) => xed25519::verify(&id.public_key(), data, signature)?,
        _ => return Err(OpenError::Author),
    }
    open(data)
}

/// The post in `data`, without a check of who signed it: for tools, and for what comes over a channel that is authenticated.
///
/// # Errors
/// [`OpenError::Content`] if the bytes are no content, [`OpenError::Envelope`] for a Pro signature of a wrong
/// length, [`OpenError::TwoSignatures`].
pub fn open(data: &[u8]) -> Result<Post, OpenError> {
    let envelope = envelope(data)?;
    let padded = envelope.as_ref().map_or(data, Envelope::content);
    let content = unpad(padded).to_vec();
    let parsed: wire::content::ProClaim = wire::decode(&content)
        .map_err(|error| OpenError::Content(ContentError::Malformed(error)))?;
    let inner = parsed.pro_sig_for_community_message_only.as_deref();
    let inner = inner.map(pro_signature).transpose()?;
    let outer = envelope.as_ref().and_then(Envelope::pro_signature);
    let pro_signature = match (outer, inner) {
        (Some(_), Some(_)) => return Err(OpenError::TwoSignatures),
        (Some(signature), None) | (None, Some(signature)) => Some(signature),
        (None, None) => None,
    };
    Ok(Post { content, envelope, pro_signature })
}

/// The envelope, if there is one: only what is an envelope in every respect is taken for one, because contents
/// use some of its numbers for other things.
fn envelope(data: &[u8]) -> Result<Option<Envelope>, EnvelopeError> {
    let Ok((envelope, unknown)) = wire::decode_keeping::<wire::Envelope>(data) else {
        return Ok(None);
    };
    if envelope.r#type.is_none() || envelope.timestamp.is_none() || envelope.content.is_none() {
        return Ok(None);
    }
    // Nobody fills the source here, and nobody agrees on its form.
    Envelope::from_wire(envelope, None, unknown).map(Some)
}

/// The content as it was signed: its records as received, but the signature.
fn without_signature(content: &[u8]) -> Vec<u8> {
    concat(content, |record| record.number != PRO_SIGNATURE)
}

/// A post whose content is not checked yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Post {
    content: Vec<u8>,
    envelope: Option<Envelope>,
    pro_signature: Option<Ed25519Signature>,
}

impl Post {
    /// Bytes of the content, without padding, with the Pro signature if it is in there.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// The envelope, if the author's client writes one.
    #[must_use]
    pub const fn envelope(&self) -> Option<&Envelope> {
        self.envelope.as_ref()
    }

    /// Signature by the author's Pro key, from the envelope or the content.
    #[must_use]
    pub const fn pro_signature(&self) -> Option<Ed25519Signature> {
        self.pro_signature
    }

    /// What the post says about its author's Pro, and what that was worth at `posted`, the server's time:
    /// `None` if it says nothing.
    ///
    /// # Errors
    /// [`ProError`] if the claim is malformed.
    pub fn pro(
        &self,
        posted: Timestamp,
        backend: &Ed25519PublicKey,
    ) -> Result<Option<Verdict>, ProError> {
        let bytes = match (&self.envelope, self.pro_signature) {
            (Some(envelope), Some(_)) => Cow::Borrowed(envelope.content()),
            (None, Some(_)) => Cow::Owned(pad(&without_signature(&self.content))),
            (_, None) => Cow::Borrowed([].as_slice()),
        };
        let signature = self.pro_signature;
        let signed = signature.map(|signature| SignedMessage { bytes: &bytes, signature });
        pro::judge(&self.content, signed, ValidAt::Posting(posted), backend)
    }

    /// The typed content. The time to show is `posted`, the server's.
    ///
    /// # Errors
    /// [`RefusedError::Content`] if the content breaks a rule, [`RefusedError::Timestamp`] if it was written more
    /// than [`TIME_TOLERANCE`] before or after it was posted.
    pub fn to_content(&self, posted: Timestamp) -> Result<Content, RefusedError> {
        let (content, signed) = Content::decode(&self.content)?;
        match signed {
            Some(signed) if apart(signed, posted) > TIME_TOLERANCE => {
                Err(RefusedError::Timestamp { signed, posted })
            }
            _ => Ok(content),
        }
    }
}

/// Time between two moments, whichever is first.
fn apart(one: Timestamp, two: Timestamp) -> Duration {
    one.max(two).saturating_duration_since(one.min(two))
}

/// Why bytes are no post of this author.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The author did not sign these bytes.
    #[error("post is not signed by its author")]
    Signature(#[from] VerifyError),
    /// Groups, and accounts under other names, do not post.
    #[error("no post can be by such an id")]
    Author,
    /// No content.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// An envelope that is none, or a Pro signature that is none.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// A Pro signature in the envelope and another in the content.
    #[error("post with two Pro signatures")]
    TwoSignatures,
}

/// Why a post is not shown.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RefusedError {
    /// Its content breaks a rule.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// It was signed long before or after it was posted: somebody posts it again.
    #[error("post of {posted} ms was signed at {signed} ms")]
    Timestamp {
        /// Time in the signed content.
        signed: Timestamp,
        /// The server's time.
        posted: Timestamp,
    },
}

#[cfg(test)]
mod tests;
