//! Onion requests: building them from the inside out (§4).
//!
//! ```text
//! destination's layer ─► hop n ─► … ─► hop 1 (the edge node) ─► outermost frame
//! ```
//!
//! Each layer has a fresh ephemeral key. What a trailer says about a key or a cipher is about the blob beside
//! it, which is for the next party.

use alloc::{
    format,
    string::{String, ToString as _},
    vec::Vec,
};

use session_crypto::{
    ed25519::{Ed25519KeyError, Ed25519PublicKey},
    rand_core::CryptoRng,
    x25519::{NonContributory, X25519Keypair, X25519PublicKey},
};

use crate::{
    encryption::{EncryptionType, LayerKey},
    frame, json,
    layer::MAX_REQUEST_LENGTH,
    random,
    reply::{Encoding, JsonBody, ReplyFormat, ReplyKeys},
    wire::{EdgeTrailer, FinalTrailer, NodeTrailer, ServerTrailer},
};

mod destination;

pub use destination::{Destination, Protocol, Server, ServerError, UnknownProtocol};

/// Most hops of a path. The hop numbers of a longer one pass the limit of the nodes (§5.3).
pub const MAX_HOPS: usize = 15;

/// Most hops that a request pretends to have behind it (§15). With a path of three they stay below the limit.
const MAX_HOPS_PRETENDED: usize = 11;

/// The two public keys of a service node.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct NodeKeys {
    ed25519: Ed25519PublicKey,
    x25519: X25519PublicKey,
}

impl NodeKeys {
    /// The primary key, and the X25519 key that the network publishes beside it.
    #[must_use]
    pub const fn new(ed25519: Ed25519PublicKey, x25519: X25519PublicKey) -> Self {
        Self { ed25519, x25519 }
    }

    /// The primary key, and the X25519 key that follows from it. Better than [`Self::new`]: nobody can put
    /// another key beside the primary one (§4).
    ///
    /// # Errors
    /// [`Ed25519KeyError`] if the key cannot be converted.
    pub fn derive(ed25519: Ed25519PublicKey) -> Result<Self, Ed25519KeyError> {
        Ok(Self { ed25519, x25519: ed25519.to_x25519()? })
    }

    /// The primary key, by which the network names the node.
    #[must_use]
    pub const fn ed25519(&self) -> Ed25519PublicKey {
        self.ed25519
    }

    /// The key for which layers are encrypted.
    #[must_use]
    pub const fn x25519(&self) -> X25519PublicKey {
        self.x25519
    }
}

/// A node on the path, and how its layer is encrypted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Hop {
    node: NodeKeys,
    encryption: EncryptionType,
}

impl Hop {
    /// Hop at `node`.
    #[must_use]
    pub const fn new(node: NodeKeys, encryption: EncryptionType) -> Self {
        Self { node, encryption }
    }
}

/// A request ready for the edge node, and the keys for its reply.
#[derive(Clone, Debug)]
pub struct OnionRequest {
    body: Vec<u8>,
    keys: ReplyKeys,
}

impl OnionRequest {
    /// Wraps `payload` for `destination`, then for each hop of `path`, whose first is the edge node. `encryption`
    /// is that of the destination's layer; the others may differ. A path without hops is legal: the
    /// destination is then the edge.
    ///
    /// A request to a server needs two hops at least. With one, the edge is the exit too: it knows the client and the
    /// server, and deployed nodes then send bytes of their own memory in the status line (§6.1).
    ///
    /// Draws for each layer, the destination's first, 32 bytes of ephemeral secret key and a nonce of 24 or 12.
    ///
    /// # Errors
    /// [`BuildError`], every variant.
    ///
    /// # Security
    /// One request goes out once. To try again build again: a copy on another path is linkable, and the exit
    /// may take it for a replay (§13).
    pub fn build(
        path: &[Hop],
        destination: &Destination,
        encryption: EncryptionType,
        payload: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Self, BuildError> {
        if matches!((destination, path), (Destination::Server(_), [_])) {
            return Err(BuildError::EdgeIsExit);
        }
        Self::build_on_any_path(path, destination, encryption, payload, rng)
    }

    /// As [`Self::build`], also on a path of one hop to a server: for tests of nodes, and of the format.
    ///
    /// # Errors
    /// [`BuildError`], every variant but [`BuildError::EdgeIsExit`].
    pub fn build_on_any_path(
        path: &[Hop],
        destination: &Destination,
        encryption: EncryptionType,
        payload: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Self, BuildError> {
        if path.len() > MAX_HOPS {
            return Err(BuildError::TooManyHops { found: path.len() });
        }
        check_size(payload)?;
        // Step 0: the destination's layer.
        let (key, mut sealed) = match destination {
            Destination::ServiceNode { node, reply } => {
                let (length, trailer) = (frame::length_field(payload), final_trailer(*reply));
                let frame = &[&length, payload, trailer.as_bytes()];
                (node.x25519(), Sealed::new(path.len(), node.x25519(), encryption, frame, rng)?)
            }
            Destination::Server(server) => (
                server.x25519(),
                Sealed::new(path.len(), server.x25519(), encryption, &[payload], rng)?,
            ),
        };
        let ephemeral = sealed.ephemeral.clone();
        let destination_key = sealed.key.clone();
        // Steps n to 1: what the hop finds is the layer inside, and where that goes.
        let mut hops = Vec::with_capacity(path.len());
        let mut trailer = sealed.trailer_for(destination);
        for (position, hop) in path.iter().enumerate().rev() {
            let length = frame::length_field(&sealed.blob);
            let frame = &[&length, sealed.blob.as_slice(), trailer.as_bytes()];
            sealed = Sealed::new(position, hop.node.x25519, hop.encryption, frame, rng)?;
            trailer = sealed.trailer_for_node(hop.node.ed25519);
            hops.push((hop.node.ed25519, sealed.key.clone()));
        }
        hops.reverse();
        let body = frame::encode(&sealed.blob, &sealed.trailer_for_edge());
        check_size(&body)?;
        let format = destination.reply_format();
        let keys = ReplyKeys { ephemeral, destination: key, key: destination_key, format, hops };
        Ok(Self { body, keys })
    }

    /// As [`Self::build`], with a random number of hops that the request pretends to have behind it. Without it the
    /// node behind the edge sees the number 1, and knows who got the request from the client.
    ///
    /// Draws 8 bytes or more for the number, after everything else.
    ///
    /// # Errors
    /// As [`Self::build`].
    pub fn build_disguised(
        path: &[Hop],
        destination: &Destination,
        encryption: EncryptionType,
        payload: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Self, BuildError> {
        let mut request = Self::build(path, destination, encryption, payload, rng)?;
        let room = MAX_HOPS.saturating_sub(path.len()).min(MAX_HOPS_PRETENDED);
        let hop_number = random::below(room.saturating_add(1), rng);
        // The trailer is an object at the end of the body, outside every encryption.
        request.body.pop();
        request.body.extend_from_slice(format!(r#","hop_no":{hop_number}}}"#).as_bytes());
        check_size(&request.body)?;
        Ok(request)
    }

    /// Body of the POST to the edge node's `/onion_req/v2`, or of the QUIC command `onion_req`.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Keys for the reply.
    #[must_use]
    pub const fn keys(&self) -> &ReplyKeys {
        &self.keys
    }

    /// Both parts: the body is sent, the keys are kept.
    #[must_use]
    pub fn into_parts(self) -> (Vec<u8>, ReplyKeys) {
        (self.body, self.keys)
    }
}

const fn check_size(bytes: &[u8]) -> Result<(), BuildError> {
    match bytes.len() {
        0..=MAX_REQUEST_LENGTH => Ok(()),
        found => Err(BuildError::TooLarge { found }),
    }
}

/// A finished layer.
struct Sealed {
    ephemeral: X25519Keypair,
    key: LayerKey,
    blob: Vec<u8>,
}

impl Sealed {
    /// Encrypts what `parts` make together.
    fn new(
        layer: usize,
        peer: X25519PublicKey,
        encryption: EncryptionType,
        parts: &[&[u8]],
        rng: &mut impl CryptoRng,
    ) -> Result<Self, BuildError> {
        let ephemeral = X25519Keypair::generate(rng);
        let key = LayerKey::for_client(encryption, &ephemeral, &peer)
            .map_err(|source| BuildError::WeakKey { layer, source })?;
        let blob = key.encrypt_parts(parts, rng);
        Ok(Self { ephemeral, key, blob })
    }
}

// The trailers about a layer, for whoever has to pass it on.
impl Sealed {
    fn trailer_for(&self, destination: &Destination) -> String {
        match destination {
            Destination::ServiceNode { node, .. } => self.trailer_for_node(node.ed25519),
            Destination::Server(server) => json::to_text(&ServerTrailer {
                enc_type: self.key.encryption().as_str(),
                ephemeral_key: self.ephemeral.public_key().to_string(),
                host: server.host(),
                method: "POST",
                port: server.port(),
                protocol: server.protocol().as_str(),
                target: server.target(),
            }),
        }
    }

    fn trailer_for_node(&self, node: Ed25519PublicKey) -> String {
        json::to_text(&NodeTrailer {
            destination: node.to_string(),
            enc_type: self.key.encryption().as_str(),
            ephemeral_key: self.ephemeral.public_key().to_string(),
        })
    }

    fn trailer_for_edge(&self) -> String {
        json::to_text(&EdgeTrailer {
            enc_type: self.key.encryption().as_str(),
            ephemeral_key: self.ephemeral.public_key().to_string(),
        })
    }
}

/// Options that are the default are not written: the text is then that of every other client.
fn final_trailer(reply: ReplyFormat) -> String {
    json::to_text(&FinalTrailer {
        base64: (reply.encoding == Encoding::Raw).then_some(false),
        headers: "",
        json: (reply.json == JsonBody::Embedded).then_some(true),
    })
}

/// Why no request was built.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A request to a server on a path of one hop.
    #[error("path of one hop to a server: the edge node would be the exit")]
    EdgeIsExit,
    /// More hops than nodes pass a request through.
    #[error("path of {found} hops, at most {MAX_HOPS} are possible")]
    TooManyHops {
        /// Hops of the path.
        found: usize,
    },
    /// The payload, or the request that it becomes, is longer than the network takes.
    #[error("request of {found} bytes, at most {MAX_REQUEST_LENGTH} are possible")]
    TooLarge {
        /// Bytes of the payload or the request.
        found: usize,
    },
    /// A key of a hop or of the destination has small order.
    #[error("key of layer {layer} is not usable")]
    WeakKey {
        /// Position on the path; the destination comes behind the last hop.
        layer: usize,
        /// The failed agreement.
        source: NonContributory,
    },
}

#[cfg(test)]
mod tests;
