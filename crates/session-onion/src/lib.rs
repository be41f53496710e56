//! Onion requests of the Session messenger protocol: hop encryption, building, peeling, replies, blame.
//!
//! ```text
//! client ─► edge (hop 1) ─► hop 2 ─► hop 3 (exit) ─► service node
//!                                                └─► http(s)://host/target
//! ```
//!
//! A request has one layer for each hop and one for the destination, each with an ephemeral key of its own. The
//! reply is encrypted once, by the destination. Nothing here opens a socket or reads a clock.
//!
//! ```
//! use session_crypto::ed25519::Ed25519Keypair;
//! use session_onion::{
//!     Destination, EncryptionType, Hop, Layer, NodeKeys, OnionRequest, Peeled, ReplyBody,
//! };
//!
//! let mut rng = session_crypto::system_rng();
//! let [edge, node] = [(); 2].map(|()| Ed25519Keypair::generate(&mut rng));
//! let path = [Hop::new(NodeKeys::derive(edge.public_key())?, EncryptionType::XChaCha20)];
//! let destination = Destination::service_node(NodeKeys::derive(node.public_key())?);
//!
//! // The client builds.
//! let payload = br#"{"method":"info","params":{}}"#;
//! let request =
//!     OnionRequest::build(&path, &destination, EncryptionType::XChaCha20, payload, &mut rng)?;
//!
//! // The edge node peels its layer and finds the next node.
//! let Peeled::NextNode(next) = Layer::from_edge_body(request.body())?.peel(&edge.to_x25519())? else {
//!     panic!("the layer is for another node");
//! };
//! assert_eq!(next.node(), node.public_key());
//! let link = next.layer().to_link_bytes();
//!
//! // The next node is the destination, and replies.
//! let Peeled::Final(received) = Layer::from_link_bytes(&link)?.peel(&node.to_x25519())? else {
//!     panic!("the request is for this node");
//! };
//! assert_eq!(received.body(), payload);
//! let reply = received.reply().encode(200, ReplyBody::Text("hello"), &mut rng);
//!
//! // The client reads the reply.
//! let reply = request.keys().decode_node_reply(&reply)?;
//! assert_eq!((reply.status(), reply.body()), (200, "hello"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | concept | specification |
//! |---|---|---|
//! | [`encryption`] | ciphers and keys of a layer | 04 §2 |
//! | [`frame`] | length, blob and trailer | 04 §3 |
//! | [`request`] | building, destinations | 04 §4 |
//! | [`layer`] | a layer at the edge and on a node link | 04 §5.1, §5.3 |
//! | [`peel`] | what a node finds in its layer | 04 §5.2 |
//! | [`reply`] | replies of nodes, written and read | 04 §6.1 |
//! | [`exit`] | what the last hop checks before it calls a server | 04 §5.4 |
//! | [`server`], [`v4`] | the server behind the exit; its requests and replies | 04 §6.3, §7 |
//! | [`path_error`] | the plain answers of hops | 04 §5, §8.1 |
//! | [`destination_error`] | inner statuses of nodes | 04 §8.2, §8.3 |
//! | [`blame`] | whose fault a failure is, and whether to try again | 04 §8 |
//! | [`network`] | published seeds, pins, servers and keys | 04 §12.1, §12.4 |
//! | [`pool`] | the service nodes that a client knows | 04 §12 |
//! | [`paths`] | which nodes a request travels over | 04 §11 |
//! | [`config`] | every number of a client | 04 §8.4, §9, §11, §12.5 |
//! | [`legacy`] | forms of old peers | 04 §6.1, §6.2 |
//!
//! # Features
//! * `std`, `getrandom` (default): passed on to the dependencies. Without them the crate is `no_std` and needs
//!   `alloc`.

#![no_std]

extern crate alloc;

pub mod blame;
pub mod config;
pub mod destination_error;
pub mod encryption;
pub mod exit;
pub mod frame;
mod host;
mod json;
pub mod layer;
pub mod legacy;
pub mod network;
pub mod path_error;
pub mod paths;
pub mod peel;
pub mod pool;
mod random;
pub mod reply;
pub mod request;
pub mod server;
#[cfg(test)]
mod test_rng;
#[cfg(test)]
mod test_world;
pub mod v4;
mod wire;

pub use destination_error::DestinationError;
pub use encryption::EncryptionType;
pub use json::{JsonError, MAX_JSON_DEPTH};
pub use layer::Layer;
pub use path_error::PathError;
pub use peel::Peeled;
pub use reply::{Reply, ReplyBody, ReplyKeys};
pub use request::{Destination, Hop, NodeKeys, OnionRequest};
/// Re-exported because their values are in our signatures: versions that fit.
pub use {serde_json, session_bt};
