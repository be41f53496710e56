//! The reply of a service node, as the client reads it (§6.1).

use alloc::{borrow::ToOwned as _, boxed::Box, string::String, vec::Vec};
use core::str;

use session_crypto::ed25519::Ed25519PublicKey;

use serde_json::value::RawValue;

use super::{Encoding, Origin, Reply, ReplyKeys, Unauthenticated};
use crate::{
    encryption::DecryptError,
    json::{self, JsonError},
    layer::MAX_REQUEST_LENGTH,
    path_error::PathError,
    v4::{V4Response, V4ResponseError},
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
    /// [`ReplyError`], every variant but [`ReplyError::Server`].
    pub fn decode_node_reply(&self, reply: &Reply) -> Result<NodeReply, ReplyError> {
        let body = encrypted_body(reply)?;
        let inner = unwrap_push(body);
        let body = inner.as_ref().map_or(body, String::as_bytes);
        NodeReply::from_plaintext(&self.open_reply(body, self.format.encoding)?)
    }

    /// Reads the reply of a server to a request in the form of [`v4`](crate::v4) (§6.3).
    ///
    /// # Errors
    /// [`ReplyError`], every variant but [`ReplyError::Wrapper`] and [`ReplyError::NoStatus`].
    pub fn decode_server_reply(&self, reply: &Reply) -> Result<V4Response, ReplyError> {
        let plaintext = self.open_reply(encrypted_body(reply)?, Encoding::Raw)?;
        Ok(V4Response::decode(&plaintext)?)
    }

    /// What the destination encrypted. What a hop encrypted instead is an error.
    pub(crate) fn open_reply(
        &self,
        body: &[u8],
        encoding: Encoding,
    ) -> Result<Vec<u8>, ReplyError> {
        match self.open(body, encoding)? {
            (Origin::Destination, plaintext) => Ok(plaintext),
            (Origin::Hop { position, node }, plaintext) => {
                Err(match NodeReply::from_plaintext(&plaintext) {
                    Ok(reply) => ReplyError::FromHop { position, node, reply: Box::new(reply) },
                    Err(_) => ReplyError::NonsenseFromHop { position, node },
                })
            }
        }
    }
}

/// The body of a reply that somebody encrypted.
pub(crate) fn encrypted_body(reply: &Reply) -> Result<&[u8], ReplyError> {
    if reply.status() != 200 {
        return Err(ReplyError::Path(Unauthenticated::new(PathError::parse(reply))));
    }
    match reply.body().len() {
        0..=MAX_REPLY_LENGTH => Ok(reply.body()),
        found => Err(ReplyError::TooLarge { found }),
    }
}

/// The old push server puts the text into `{"result": text}`.
fn unwrap_push(body: &[u8]) -> Option<String> {
    let wrapper: PushWrapper = json::parse_object(body).ok()?;
    wrapper.result
}

/// Why a reply is none that the destination gave, or none that can be read.
///
/// The key that opens a reply proves who wrote it: the hop of [`Self::FromHop`] and [`Self::NonsenseFromHop`], the
/// destination of [`Self::Wrapper`], [`Self::NoStatus`] and [`Self::Server`]. The others are anybody's work.
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
    /// The destination encrypted what is not the JSON wrapper.
    #[error("reply is malformed")]
    Wrapper(#[from] JsonError),
    /// The wrapper has no status, or none that fits 16 bits.
    #[error("reply has no status")]
    NoStatus,
    /// The server encrypted what is no v4 reply.
    #[error("reply of the server is malformed")]
    Server(#[from] V4ResponseError),
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
    /// A hop encrypted something in its own layer that is no reply.
    #[error("hop {position} of the path answered with nonsense")]
    NonsenseFromHop {
        /// Position on the path, 0 for the edge node.
        position: usize,
        /// Which node.
        node: Ed25519PublicKey,
    },
}
