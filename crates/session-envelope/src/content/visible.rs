//! Visible messages: what people write to each other (03 §4.1).

use alloc::{string::String, vec::Vec};

use crate::{
    envelope::ProtobufError,
    wire::{self, UnknownFields},
};

/// Longest text that an account without Pro may send, in Unicode code points (02 §9.2).
pub const MAX_BODY_LENGTH: usize = 2_000;

/// A message to be shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Visible {
    body: Option<String>,
    unknown: UnknownFields,
}

impl Visible {
    /// Message of a text.
    ///
    /// # Errors
    /// [`InvalidVisible::Blank`] for a text of white space, [`InvalidVisible::BodyTooLong`] above
    /// [`MAX_BODY_LENGTH`] code points.
    pub fn text(body: impl Into<String>) -> Result<Self, InvalidVisible> {
        let body = body.into();
        let found = body.chars().count();
        if found > MAX_BODY_LENGTH {
            return Err(InvalidVisible::BodyTooLong { found });
        }
        Self { body: Some(body), unknown: UnknownFields::default() }.check()
    }

    /// The text, if there is any.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let message = wire::DataMessage { body: self.body.clone() };
        wire::encode_with(&message, &self.unknown)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, InvalidVisible> {
        let (message, unknown) = wire::decode_keeping::<wire::DataMessage>(bytes)?;
        Self { body: message.body, unknown }.check()
    }

    /// There must be something to show.
    fn check(self) -> Result<Self, InvalidVisible> {
        match &self.body {
            Some(body) if !body.trim().is_empty() => Ok(self),
            _ => Err(InvalidVisible::Blank),
        }
    }
}

/// Which rule for visible messages is broken.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidVisible {
    /// Broken protobuf.
    #[error("malformed visible message")]
    Malformed(#[from] ProtobufError),
    /// There is nothing to show.
    #[error("message is blank")]
    Blank,
    /// The text is longer than the sender may write.
    #[error("message of {found} code points, at most {MAX_BODY_LENGTH} are allowed")]
    BodyTooLong {
        /// Code points of the text.
        found: usize,
    },
}
