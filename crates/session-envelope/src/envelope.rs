//! The envelope around encrypted content, and the WebSocket message around the envelope (02 §3, 03 §1.1).
//!
//! ```text
//! stored message = WebSocketMessage { request { body = Envelope { content = box } } }
//! ```
//!
//! Nothing in an envelope is authenticated but its content. What it says about sender and time is a claim.

use alloc::{string::String, vec::Vec};
use core::fmt;

use prost::Message as _;
use session_crypto::{ed25519::Ed25519Signature, encoding::hex, rand_core::CryptoRng};
use session_identity::{
    Timestamp,
    id::{ID_LENGTH, PrefixedId},
    pro::{RotatingKeypair, SignedMessage},
};

pub use crate::wire::ProtobufError;
use crate::{
    direct::MAX_LENGTH,
    wire::{self, UnknownFields},
};

/// Type of a WebSocket message that carries a request.
const REQUEST: i32 = 1;
/// Device number that every sender writes.
const SOURCE_DEVICE: u32 = 1;

/// Time in every envelope around a config.
const CONFIG_TIMESTAMP: Timestamp = Timestamp::from_millis(1);

/// What kind of conversation an envelope says to belong to. The namespace decides, not this.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum EnvelopeKind {
    /// Between two accounts, and to oneself: 6.
    Direct,
    /// In a group: 7.
    Group,
}

impl EnvelopeKind {
    const fn to_wire(self) -> i32 {
        match self {
            Self::Direct => 6,
            Self::Group => 7,
        }
    }

    const fn from_wire(number: i32) -> Option<Self> {
        match number {
            6 => Some(Self::Direct),
            7 => Some(Self::Group),
            _ => None,
        }
    }
}

/// An envelope. Everything in it but the content is unauthenticated.
#[derive(Clone, Eq, PartialEq)]
pub struct Envelope {
    kind: EnvelopeKind,
    source: Option<PrefixedId>,
    timestamp: Timestamp,
    source_device: Option<u32>,
    content: Vec<u8>,
    server_timestamp: Option<Timestamp>,
    pro_signature: Option<Ed25519Signature>,
    unknown: UnknownFields,
}

impl Envelope {
    /// Envelope as it is sent: with every field that current clients fill, and no other.
    ///
    /// `sent_at` must be the time inside the content. The Pro signature is there in every envelope, so that
    /// those of Pro accounts look like the rest: see [`ProSignature`].
    #[must_use]
    pub fn new(
        kind: EnvelopeKind,
        sent_at: Timestamp,
        content: Vec<u8>,
        pro_signature: Ed25519Signature,
    ) -> Self {
        Self {
            kind,
            source: None,
            timestamp: sent_at,
            source_device: Some(SOURCE_DEVICE),
            content,
            server_timestamp: None,
            pro_signature: Some(pro_signature),
            unknown: UnknownFields::default(),
        }
    }

    /// Envelope around a config that an account stores for itself: no field but the required ones, and the same
    /// time in all of them (07 §8).
    #[must_use]
    pub fn of_config(content: Vec<u8>) -> Self {
        Self {
            kind: EnvelopeKind::Direct,
            source: None,
            timestamp: CONFIG_TIMESTAMP,
            source_device: None,
            content,
            server_timestamp: None,
            pro_signature: None,
            unknown: UnknownFields::default(),
        }
    }

    /// Envelope of its bytes. Fields that this library does not know survive until [`Self::to_bytes`].
    ///
    /// # Errors
    /// [`EnvelopeError::Malformed`], [`EnvelopeError::Missing`], [`EnvelopeError::Source`] or
    /// [`EnvelopeError::ProSignatureLength`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let (envelope, unknown) = wire::decode_keeping::<wire::Envelope>(bytes)?;
        let source = envelope.source.as_deref().map_or(Ok(None), source)?;
        Self::from_wire(envelope, source, unknown)
    }

    /// Checks everything but the source, which has several forms.
    pub(crate) fn from_wire(
        envelope: wire::Envelope,
        source: Option<PrefixedId>,
        unknown: UnknownFields,
    ) -> Result<Self, EnvelopeError> {
        let missing = |field| EnvelopeError::Missing { field };
        let kind = envelope.r#type.and_then(EnvelopeKind::from_wire);
        Ok(Self {
            kind: kind.ok_or(missing("type"))?,
            source,
            timestamp: Timestamp::from_millis(envelope.timestamp.ok_or(missing("timestamp"))?),
            source_device: envelope.source_device,
            content: envelope.content.ok_or(missing("content"))?,
            server_timestamp: envelope.server_timestamp.map(Timestamp::from_millis),
            pro_signature: envelope.pro_sig.as_deref().map(pro_signature).transpose()?,
            unknown,
        })
    }

    /// Bytes of the envelope, fields in ascending order.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let envelope = wire::Envelope {
            r#type: Some(self.kind.to_wire()),
            source: self.source.map(|id| hex::encode(&id.to_bytes())),
            timestamp: Some(self.timestamp.as_millis()),
            source_device: self.source_device,
            content: Some(self.content.clone()),
            server_timestamp: self.server_timestamp.map(Timestamp::as_millis),
            pro_sig: self.pro_signature.map(|signature| signature.to_bytes().to_vec()),
        };
        wire::encode_with(&envelope, &self.unknown)
    }

    /// Envelope in the WebSocket message in which direct messages are stored, which is a request. Of its fields only
    /// the body counts: clients never agreed on verb, path and number. Programs that pass a stored message on pass its
    /// bytes on.
    ///
    /// # Errors
    /// Those of [`Self::from_bytes`]; [`EnvelopeError::NoRequest`] for a message of another type;
    /// [`EnvelopeError::Missing`] also for a message without request or body;
    /// [`EnvelopeError::TooLong`] above [`MAX_LENGTH`] bytes, which no swarm stores.
    pub fn from_web_socket(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > MAX_LENGTH {
            return Err(EnvelopeError::TooLong { found: bytes.len() });
        }
        let missing = |field| EnvelopeError::Missing { field };
        let message: wire::WebSocketMessage = wire::decode(bytes)?;
        let request = wire::merged(message.request).ok_or(missing("request"))?;
        // A second spelling would be stored under a second hash, and count as another message.
        if message.r#type != Some(REQUEST) {
            return Err(EnvelopeError::NoRequest { found: message.r#type });
        }
        let parsed: wire::WebSocketRequestMessage = wire::decode(&request)?;
        drop(request);
        Self::from_bytes(&parsed.body.ok_or(missing("body"))?)
    }

    /// The WebSocket message that carries the envelope; its unused fields are present and empty.
    #[must_use]
    pub fn to_web_socket(&self) -> Vec<u8> {
        let request = wire::WebSocketRequestMessage {
            verb: Some(String::new()),
            path: Some(String::new()),
            body: Some(self.to_bytes()),
            request_id: Some(0),
        };
        let request = Vec::from([request.encode_to_vec()]);
        wire::WebSocketMessage { r#type: Some(REQUEST), request }.encode_to_vec()
    }

    /// Kind of conversation, as the envelope claims.
    #[must_use]
    pub const fn claimed_kind(&self) -> EnvelopeKind {
        self.kind
    }

    /// Sender or legacy group, as the envelope claims. New clients claim nothing.
    #[must_use]
    pub const fn claimed_source(&self) -> Option<PrefixedId> {
        self.source
    }

    /// Time of sending, as the envelope claims: to be believed if the content says the same.
    #[must_use]
    pub const fn claimed_timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// Number of the sending device, which has no meaning any more.
    #[must_use]
    pub const fn source_device(&self) -> Option<u32> {
        self.source_device
    }

    /// Time of storage, as the envelope claims. Current clients do not fill it.
    #[must_use]
    pub const fn claimed_server_timestamp(&self) -> Option<Timestamp> {
        self.server_timestamp
    }

    /// Signature by the sender's Pro key over the content, or bytes that look like one (02 §9.3).
    #[must_use]
    pub const fn pro_signature(&self) -> Option<Ed25519Signature> {
        self.pro_signature
    }

    /// The content and the signature over it by whom the proof inside speaks for, if it is one.
    #[must_use]
    pub fn signed_message(&self) -> Option<SignedMessage<'_>> {
        Some(SignedMessage { bytes: &self.content, signature: self.pro_signature? })
    }

    /// The content: encrypted in a direct message, plain inside the encryption of a group.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.content
    }
}

impl fmt::Debug for Envelope {
    /// Shows everything but the content, which is plain in a group.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("kind", &self.kind)
            .field("source", &self.source)
            .field("timestamp", &self.timestamp)
            .field("content_length", &self.content.len())
            .finish_non_exhaustive()
    }
}

/// Where the Pro signature of an outgoing envelope comes from (02 §9.3).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ProSignature<'a> {
    /// The account has no Pro: a [decoy](Ed25519Signature::decoy), which has the form of a signature and verifies
    /// nothing. Draws 128 bytes.
    Decoy,
    /// The account's rotating Pro key signs.
    By(&'a RotatingKeypair),
}

impl ProSignature<'_> {
    /// Signature over the content of an envelope.
    pub(crate) fn over(self, content: &[u8], rng: &mut impl CryptoRng) -> Ed25519Signature {
        match self {
            Self::Decoy => Ed25519Signature::decoy(rng),
            Self::By(rotating) => rotating.sign(content),
        }
    }
}

/// Why bytes are no envelope.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// Longer than what a swarm stores.
    #[error("stored message of {found} bytes, at most {MAX_LENGTH} are possible")]
    TooLong {
        /// Bytes that were given.
        found: usize,
    },
    /// Broken protobuf.
    #[error("malformed envelope")]
    Malformed(#[from] ProtobufError),
    /// A field that must be there is not, or is a number that is no value of its type.
    #[error("envelope without {field}")]
    Missing {
        /// Name of the field.
        field: &'static str,
    },
    /// The WebSocket message is of another type than REQUEST, the only one that is ever stored (02 §3.2).
    #[error("WebSocket message is no request")]
    NoRequest {
        /// Number of its type.
        found: Option<i32>,
    },
    /// The source is neither empty nor an id in hexadecimal.
    #[error("source of the envelope is no id ({found} characters)")]
    Source {
        /// Length of the text in bytes.
        found: usize,
    },
    /// The Pro signature has not 64 bytes.
    #[error("pro signature of {found} bytes, expected 64")]
    ProSignatureLength {
        /// Bytes that were found.
        found: usize,
    },
}

/// Empty or the 66 digits of an id, of whatever kind.
fn source(text: &str) -> Result<Option<PrefixedId>, EnvelopeError> {
    if text.is_empty() {
        return Ok(None);
    }
    let no_id = EnvelopeError::Source { found: text.len() };
    let bytes: [u8; ID_LENGTH] = hex::decode_array(text).map_err(|_| no_id)?;
    // A prefix that nobody knows is a claim like any other, and of no use.
    Ok(PrefixedId::from_bytes(bytes).ok())
}

pub(crate) fn pro_signature(bytes: &[u8]) -> Result<Ed25519Signature, EnvelopeError> {
    Ed25519Signature::try_from(bytes)
        .map_err(|_| EnvelopeError::ProSignatureLength { found: bytes.len() })
}

#[cfg(test)]
mod tests;
