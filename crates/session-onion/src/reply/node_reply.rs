//! The reply of a service node, as the client reads it (§6.1).

use alloc::{borrow::ToOwned as _, boxed::Box, string::String};
use core::str;

use session_crypto::ed25519::Ed25519PublicKey;

use serde_json::value::RawValue;

use super::{Origin, Reply, ReplyKeys, Unauthenticated};
use crate::{
    encryption::DecryptError,
    json::{self, JsonError},
    layer::MAX_REQUEST_LENGTH,
    path_error::PathError,
    wire::{Headers, PushWrapper, ReplyIn},
};

/// Most bytes of a reply; no link carries more (§9).
pub const MAX_REPLY_LENGTH: usize = MAX_REQUEST_LENGTH;

/// The decrypted reply of a service node.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NodeReply {
    status: u16,
    headers: Headers,
    body: String,
}

impl NodeReply {
    /// Status of the request, from inside the encryption.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Headers, names and values; nodes send none.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter()
    }

    /// Text or JSON, whichever the method answers with. An embedded JSON body is here as its text.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Reads the wrapper. Its status is `status_code`, or else `status`, whichever is a number. A body that is
    /// neither text nor embedded is none, and the whole wrapper stands for it.
    ///
    /// # Errors
    /// [`ReplyError::Wrapper`] or [`ReplyError::NoStatus`].
    pub fn from_plaintext(plaintext: &[u8]) -> Result<Self, ReplyError> {
        let wrapper: ReplyIn<'_> = json::parse_object(plaintext)?;
        let status = [wrapper.status_code, wrapper.status].into_iter().flatten().find(is_number);
        let status = status.and_then(|status| status.get().parse().ok());
        let body = match wrapper.body.map(RawValue::get) {
            Some(text) if text.starts_with('"') => json::parse_string(text)?,
            Some(embedded) if embedded.starts_with(['{', '[']) => embedded.to_owned(),
            _ => String::from_utf8_lossy(plaintext).into_owned(),
        };
        let headers = wrapper.headers.unwrap_or_default();
        Ok(Self { status: status.ok_or(ReplyError::NoStatus)?, headers, body })
    }
}

fn is_number(value: &&RawValue) -> bool {
    value.get().starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

impl ReplyKeys {
    /// Reads the reply of a service node in the order of §6.1.
    ///
    /// # Errors
    /// [`ReplyError`], every variant. Only what [`ReplyError::FromHop`] says is proven to be said by that hop;
    /// the other variants are anybody's work.
    pub fn decode_node_reply(&self, reply: &Reply) -> Result<NodeReply, ReplyError> {
        if reply.status() != 200 {
            let claim = PathError::parse(reply);
            return Err(ReplyError::Path(Unauthenticated::new(claim)));
        }
        if reply.body().len() > MAX_REPLY_LENGTH {
            return Err(ReplyError::TooLarge { found: reply.body().len() });
        }
        let inner = unwrap_push(reply.body());
        let body = inner.as_ref().map_or(reply.body(), String::as_bytes);
        let (origin, plaintext) = self.open(body, self.format.encoding)?;
        let reply = NodeReply::from_plaintext(&plaintext)?;
        match origin {
            Origin::Destination => Ok(reply),
            Origin::Hop { position, node } => {
                Err(ReplyError::FromHop { position, node, reply: Box::new(reply) })
            }
        }
    }
}

/// The old push server puts the text into `{"result": text}`.
fn unwrap_push(body: &[u8]) -> Option<String> {
    let wrapper: PushWrapper = json::parse_object(body).ok()?;
    wrapper.result
}

/// Why a reply is none that the destination gave.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// The outer status is not 200: somebody on the path answered in the clear.
    #[error("request failed on the path: {}", .0.claim())]
    Path(Unauthenticated<PathError>),
    /// More bytes than a reply may have.
    #[error("reply of {found} bytes, at most {MAX_REPLY_LENGTH} are taken")]
    TooLarge {
        /// Bytes that were given.
        found: usize,
    },
    /// No key of the request opens the reply.
    #[error("reply cannot be decrypted")]
    Undecryptable(#[from] DecryptError),
    /// The decrypted reply is not the JSON wrapper.
    #[error("reply is malformed")]
    Wrapper(#[from] JsonError),
    /// The wrapper has no status, or none that fits 16 bits.
    #[error("reply has no status")]
    NoStatus,
    /// A hop answered instead of the destination, in its own layer: it could not pass the request on.
    #[error("hop {position} of the path answered instead of the destination")]
    FromHop {
        /// Position on the path, 0 for the edge node.
        position: usize,
        /// Which node.
        node: Ed25519PublicKey,
        /// What it said.
        reply: Box<NodeReply>,
    },
}
