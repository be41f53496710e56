//! What a message means: the typed form of the innermost protobuf message (03).
//!
//! ```
//! use session_envelope::content::Content;
//! use session_identity::Timestamp;
//!
//! let content = Content::text("hello")?;
//! let bytes = content.encode(Timestamp::from_millis(1_700_000_000_000));
//! let (decoded, sent_at) = Content::decode(&bytes)?;
//! assert_eq!(decoded.body(), Some("hello"));
//! assert_eq!(sent_at, Some(Timestamp::from_millis(1_700_000_000_000)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::{string::String, vec::Vec};

use session_identity::Timestamp;

use crate::{
    envelope::ProtobufError,
    wire::{self, UnknownFields},
};

mod expiration;
mod visible;

pub use expiration::Expiration;
pub use visible::{InvalidVisible, MAX_BODY_LENGTH, Visible};

/// A message with everything that goes with every kind of message.
///
/// Fields of newer clients, which this library does not know, survive decoding and encoding.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Content {
    kind: Kind,
    expiration: Option<Expiration>,
    unknown: UnknownFields,
}

/// The one thing that a content is about.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// A message to be shown.
    Visible(Visible),
}

impl Content {
    /// Text message that does not disappear.
    ///
    /// # Errors
    /// [`InvalidVisible::Blank`] and [`InvalidVisible::BodyTooLong`].
    pub fn text(body: impl Into<String>) -> Result<Self, InvalidVisible> {
        Ok(Visible::text(body)?.into())
    }

    /// What the content is about.
    #[must_use]
    pub const fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Text of a message to be shown.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        match &self.kind {
            Kind::Visible(visible) => visible.body(),
        }
    }

    /// When the message disappears. `None`: the sender did not say, as clients before 2023 do.
    #[must_use]
    pub const fn expiration(&self) -> Option<Expiration> {
        self.expiration
    }

    /// Bytes of the content, sent at `sent_at`, which becomes the signed timestamp.
    #[must_use]
    pub fn encode(&self, sent_at: Timestamp) -> Vec<u8> {
        let mut content = wire::Content {
            expiration_type: self.expiration.map(Expiration::wire_type),
            expiration_timer: self.expiration.map(Expiration::seconds),
            sig_timestamp: Some(sent_at.as_millis()),
            ..wire::Content::default()
        };
        match &self.kind {
            Kind::Visible(visible) => content.data_message.push(visible.encode()),
        }
        wire::encode_with(&content, &self.unknown)
    }

    /// Content of its bytes, and the time at which it says to be sent. Clients that leave out the time are old.
    ///
    /// # Errors
    /// [`ContentError`] for the first rule that is broken, in the order of the specification.
    pub fn decode(bytes: &[u8]) -> Result<(Self, Option<Timestamp>), ContentError> {
        let (content, unknown) = wire::decode_keeping::<wire::Content>(bytes)?;
        let expiration = Expiration::from_wire(content.expiration_type, content.expiration_timer);
        let sent_at = content.sig_timestamp.map(Timestamp::from_millis);
        let kind = match only_kind(content)? {
            (1, bytes) => Kind::Visible(Visible::decode(&bytes)?),
            (number, _) => return Err(ContentError::UnsupportedKind { number }),
        };
        Ok((Self { kind, expiration, unknown }, sent_at))
    }
}

impl From<Visible> for Content {
    /// A message that does not disappear, and says so.
    fn from(visible: Visible) -> Self {
        Self {
            kind: Kind::Visible(visible),
            expiration: Some(Expiration::Off),
            unknown: UnknownFields::default(),
        }
    }
}

/// Why bytes are no content.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// Broken protobuf.
    #[error("malformed content")]
    Malformed(#[from] ProtobufError),
    /// The content is about nothing that this library knows.
    #[error("content of unknown kind")]
    UnknownKind,
    /// The content is about several things, of which clients would pick different ones.
    #[error("content of two kinds, fields {first} and {second}")]
    SeveralKinds {
        /// Number of the first field that makes a kind.
        first: u32,
        /// Number of the next.
        second: u32,
    },
    /// The kind is known, but not supported yet.
    #[error("content of unsupported kind, field {number}")]
    UnsupportedKind {
        /// Number of the field.
        number: u32,
    },
    /// A rule for visible messages is broken.
    #[error(transparent)]
    Visible(#[from] InvalidVisible),
}

/// The one kind of a content: number and bytes of its field (03 §1.2).
fn only_kind(content: wire::Content) -> Result<(u32, Vec<u8>), ContentError> {
    let mut kinds = [
        (1, content.data_message),
        (3, content.call_message),
        (5, content.receipt_message),
        (6, content.typing_message),
        (8, content.data_extraction_notification),
        (9, content.unsend_request),
        (10, content.message_request_response),
    ]
    .into_iter()
    .filter_map(|(number, occurrences)| Some((number, wire::merged(occurrences)?)));
    let kind = kinds.next().ok_or(ContentError::UnknownKind)?;
    match kinds.next() {
        Some((second, _)) => Err(ContentError::SeveralKinds { first: kind.0, second }),
        None => Ok(kind),
    }
}

#[cfg(test)]
mod tests;
