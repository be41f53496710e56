//! Peeling: what a service node finds in its layer and has to do with it (§5.2).
//!
//! ```
//! use session_crypto::{ed25519::Ed25519Keypair, x25519::X25519Keypair};
//! use session_onion::{Destination, EncryptionType, Layer, NodeKeys, OnionRequest, Peeled};
//!
//! let mut rng = session_crypto::system_rng();
//! let node = Ed25519Keypair::generate(&mut rng);
//! let destination = Destination::service_node(NodeKeys::derive(node.public_key())?);
//! let payload = br#"{"method":"info","params":{}}"#;
//! let request = OnionRequest::build(&[], &destination, EncryptionType::XChaCha20, payload, &mut rng)?;
//!
//! match Layer::from_edge_body(request.body())?.peel(&node.to_x25519())? {
//!     Peeled::Final(request) => assert_eq!(request.body(), payload),
//!     Peeled::NextNode(_) | Peeled::NextServer(_) | _ => unreachable!(),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::{borrow::ToOwned as _, string::String, vec::Vec};

use session_crypto::{ed25519::Ed25519PublicKey, rand_core::CryptoRng, x25519::X25519Keypair};

use crate::{
    encryption::{DecryptError, LayerKey},
    frame::{self, Frame},
    layer::{self, Layer, LayerError},
    path_error::PathError,
    reply::{Reply, ReplyBody, ReplyFormat, ReplyWriter},
};

/// What is in a layer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Peeled {
    /// A request for the node that peeled.
    Final(Final),
    /// A layer for another node.
    NextNode(NextNode),
    /// A request for a server outside the network.
    NextServer(NextServer),
}

/// A request for the node that peeled (§5.5).
#[derive(Clone, Debug)]
pub struct Final {
    body: Vec<u8>,
    reply: ReplyWriter,
}

/// A layer to be passed on to another node (§5.3).
#[derive(Clone, Debug)]
pub struct NextNode {
    node: Ed25519PublicKey,
    layer: Layer<'static>,
    reply: ReplyWriter,
}

/// A request to be passed on to a server (§5.4). Nothing of it is checked but its form.
#[derive(Clone, Debug)]
pub struct NextServer {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) protocol: String,
    pub(crate) target: String,
    body: Vec<u8>,
    reply: ReplyWriter,
}

impl Layer<'_> {
    /// Takes the layer off with the long-term key pair of the node.
    ///
    /// # Errors
    /// [`PeelError::Undecryptable`] or [`PeelError::Malformed`]; [`PeelError::to_reply`] is the answer to the
    /// hop before, or to the client.
    pub fn peel(&self, node: &X25519Keypair) -> Result<Peeled, PeelError> {
        let (key, plaintext) = self.decrypt(node)?;
        self.classify(&key, plaintext).map_err(|reason| PeelError::Malformed {
            reason,
            reply: ReplyWriter::new(key, ReplyFormat::default()),
        })
    }

    /// The precedence is that of §5.2: `headers`, then `host`, then `destination`.
    fn classify(&self, key: &LayerKey, plaintext: Vec<u8>) -> Result<Peeled, LayerError> {
        let frame = Frame::parse(&plaintext)?;
        let (length, trailer) = (frame.blob().len(), frame.trailer);
        if trailer.headers {
            let format = ReplyFormat::from_trailer(&trailer);
            let reply = ReplyWriter::new(key.clone(), format);
            return Ok(Peeled::Final(Final { body: frame::into_blob(plaintext, length), reply }));
        }
        let reply = ReplyWriter::new(key.clone(), ReplyFormat::default());
        if let Some(host) = trailer.host {
            let target = trailer.target.ok_or(LayerError::Missing { key: "target" })?;
            return Ok(Peeled::NextServer(NextServer {
                host,
                port: trailer.port.unwrap_or(DEFAULT_PORT),
                protocol: trailer.protocol.unwrap_or_else(|| DEFAULT_PROTOCOL.to_owned()),
                target,
                body: plaintext,
                reply,
            }));
        }
        let node = layer::public_key("destination", trailer.destination.as_deref())?;
        let layer = Layer {
            ephemeral_key: layer::ephemeral_key(&trailer)?,
            encryption: layer::encryption(&trailer)?,
            blob: frame::into_blob(plaintext, length).into(),
            hop_number: self.hop_number.saturating_add(1),
        };
        Ok(Peeled::NextNode(NextNode { node: Ed25519PublicKey::from_bytes(node), layer, reply }))
    }
}

/// Port of a server that the trailer does not name, also for http (§3.1).
const DEFAULT_PORT: u16 = 443;
/// Protocol of a server that the trailer does not name (§3.1).
const DEFAULT_PROTOCOL: &str = "https";

impl Final {
    /// The request: JSON of the storage RPC.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// What the reply is written with.
    #[must_use]
    pub const fn reply(&self) -> &ReplyWriter {
        &self.reply
    }
}

impl NextNode {
    /// Which node: its primary Ed25519 key.
    #[must_use]
    pub const fn node(&self) -> Ed25519PublicKey {
        self.node
    }

    /// What it gets, by [`Layer::to_link_bytes`].
    #[must_use]
    pub const fn layer(&self) -> &Layer<'static> {
        &self.layer
    }

    /// What an answer of this node itself is written with. The reply of the next node goes back as it is.
    #[must_use]
    pub const fn reply(&self) -> &ReplyWriter {
        &self.reply
    }
}

impl NextServer {
    /// Host name or address, unchecked.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// `http` or `https` if the client is honest.
    #[must_use]
    pub fn protocol(&self) -> &str {
        &self.protocol
    }

    /// Path of the URL, unchecked.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// What the server gets: the whole frame of this layer.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// What an answer of this node itself is written with. The reply of the server goes back as it is.
    #[must_use]
    pub const fn reply(&self) -> &ReplyWriter {
        &self.reply
    }
}

/// Why a layer could not be peeled.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PeelError {
    /// The layer is not for this node, or damaged.
    #[error("onion layer cannot be decrypted")]
    Undecryptable(#[from] DecryptError),
    /// The layer is for this node, and its contents break the format.
    #[error("onion layer is malformed")]
    Malformed {
        /// What is wrong.
        #[source]
        reason: LayerError,
        /// What the answer is written with.
        reply: ReplyWriter,
    },
}

impl PeelError {
    /// The answer that the specification wants: plain if there is no key to encrypt it with (§5.2). It is
    /// the same for every reason.
    #[must_use]
    pub fn to_reply(&self, rng: &mut impl CryptoRng) -> Reply {
        match self {
            Self::Undecryptable(_) => PathError::InvalidCiphertext.to_reply(),
            Self::Malformed { reply, .. } => {
                reply.encode(400, ReplyBody::Text("Invalid json"), rng)
            }
        }
    }
}

#[cfg(test)]
mod tests;
