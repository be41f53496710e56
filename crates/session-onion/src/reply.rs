//! Replies: what travels back along the path (§6.1).
//!
//! A reply is encrypted once, by whoever answers, with the key of its layer. The hops before copy it.
//!
//! ```text
//! W     = {"body": X, "status": number}     X = text, or JSON as text (or embedded, if the request said so)
//! reply = base64(nonce ‖ ciphertext ‖ tag)  or raw, if the request said so; outer status 200
//! ```

use alloc::{borrow::ToOwned as _, string::ToString as _, vec::Vec};

use serde_json::value::RawValue;
use session_crypto::{encoding::base64, rand_core::CryptoRng};

use crate::{
    encryption::LayerKey,
    json,
    path_error::PathError,
    wire::{ReplyOut, Trailer},
};

mod keys;
mod node_reply;

pub use keys::{Origin, ReplyKeys};
pub(crate) use node_reply::encrypted_body;
pub use node_reply::{MAX_REPLY_LENGTH, NodeReply, ReplyError};

/// Outer status and body: what an edge node answers to a client, and a node to the node before.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reply {
    status: u16,
    body: Vec<u8>,
}

/// What somebody on the path said in the clear: nothing proves who it was, or that it is true.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Unauthenticated<T>(T);

impl<T> Unauthenticated<T> {
    pub(crate) const fn new(claim: T) -> Self {
        Self(claim)
    }

    /// What was claimed.
    pub const fn claim(&self) -> &T {
        &self.0
    }
}

/// Statuses that a node passes on (§5.3); it makes 500 of the others.
const PASSED_ON: [u16; 14] = [200, 400, 401, 403, 404, 406, 410, 413, 421, 429, 500, 502, 503, 504];

impl Reply {
    /// Reply of these parts.
    #[must_use]
    pub const fn new(status: u16, body: Vec<u8>) -> Self {
        Self { status, body }
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::new(status, body.as_bytes().to_vec())
    }

    /// Status of HTTP. 200 says no more than that somebody encrypted the body.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The two parts of a node's answer to the node before: the status in decimal, and the body (§5.3).
    #[must_use]
    pub fn to_link_parts(&self) -> [Vec<u8>; 2] {
        [self.status.to_string().into_bytes(), self.body.clone()]
    }

    /// What a node makes of the parts that the next node answered with: an unknown status becomes 500, too few
    /// parts become [`PathError::InvalidResponse`], further parts are ignored (§5.3).
    #[must_use]
    pub fn from_link_parts(parts: &[&[u8]]) -> Self {
        let [status, body, ..] = parts else { return PathError::InvalidResponse.to_reply() };
        let is_status = |known: &&u16| known.to_string().as_bytes() == *status;
        let status = PASSED_ON.iter().find(is_status).copied().unwrap_or(500);
        Self::new(status, (*body).to_owned())
    }
}

/// How the reply of a node is written; the client chooses (§3.1, `json` and `base64`).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "two booleans of the wire")]
pub struct ReplyFormat {
    /// How the ciphertext is written.
    pub encoding: Encoding,
    /// How a JSON body stands in the wrapper.
    pub json: JsonBody,
}

/// How the ciphertext of a reply is written.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "one boolean of the wire")]
pub enum Encoding {
    /// Padded base64, the default of nodes.
    #[default]
    Base64,
    /// As it is.
    Raw,
}

/// How a JSON body stands in the wrapper.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "one boolean of the wire")]
pub enum JsonBody {
    /// As text inside a JSON string, the default of nodes.
    #[default]
    Text,
    /// As JSON inside JSON.
    Embedded,
}

impl ReplyFormat {
    /// The smallest replies: raw, with embedded JSON. Saves a third and more.
    #[must_use]
    pub const fn compact() -> Self {
        Self { encoding: Encoding::Raw, json: JsonBody::Embedded }
    }

    pub(crate) fn from_trailer(trailer: &Trailer) -> Self {
        Self {
            encoding: if trailer.base64.unwrap_or(true) { Encoding::Base64 } else { Encoding::Raw },
            json: if trailer.json.unwrap_or(false) { JsonBody::Embedded } else { JsonBody::Text },
        }
    }
}

/// Body of a node's reply.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "the wire has these two")]
pub enum ReplyBody<'a> {
    /// Text.
    Text(&'a str),
    /// JSON, which is written as it is: [`RawValue`] checks it and makes no tree of it.
    Json(&'a RawValue),
}

/// Writes the reply to one request, with the key of its layer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReplyWriter {
    key: LayerKey,
    format: ReplyFormat,
}

impl ReplyWriter {
    pub(crate) const fn new(key: LayerKey, format: ReplyFormat) -> Self {
        Self { key, format }
    }

    /// How the client wants the reply.
    #[must_use]
    pub const fn format(&self) -> ReplyFormat {
        self.format
    }

    /// The reply with this inner status and body. Draws the nonce, 24 or 12 bytes.
    #[must_use]
    pub fn encode(&self, status: u16, body: ReplyBody<'_>, rng: &mut impl CryptoRng) -> Reply {
        let wrapper = match (body, self.format.json) {
            (ReplyBody::Text(text), _) => json::to_text(&ReplyOut { body: text, status }),
            (ReplyBody::Json(json), JsonBody::Text) => {
                json::to_text(&ReplyOut { body: json.get(), status })
            }
            (ReplyBody::Json(json), JsonBody::Embedded) => {
                json::to_text(&ReplyOut { body: json, status })
            }
        };
        let ciphertext = self.key.encrypt(wrapper.as_bytes(), rng);
        Reply::new(
            200,
            match self.format.encoding {
                Encoding::Base64 => base64::encode(&ciphertext).into_bytes(),
                Encoding::Raw => ciphertext,
            },
        )
    }
}

#[cfg(test)]
mod tests;
