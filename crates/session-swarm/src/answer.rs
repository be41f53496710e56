//! Answers of the nodes (spec 05 §5, §6.5): built and signed by nodes, read and verified by clients.
//!
//! ```
//! use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};
//! use session_identity::Timestamp;
//! use session_swarm::{
//!     address::Address,
//!     answer::{Answer, Body, Response, StoreEntry, SwarmAnswer},
//!     hard_fork::HardFork,
//!     limits::MAX_TTL_INBOX,
//!     namespace::Namespace,
//!     request::StoreRequest,
//! };
//!
//! let node = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([1; 32]));
//! let bob = Address::from_bytes([5; 33]);
//! let now = Timestamp::from_millis(1_700_000_000_000);
//! let data = b"hello".to_vec();
//! let request = StoreRequest::new(bob, Namespace::DEFAULT, data, now, MAX_TTL_INBOX)?;
//!
//! // The node has stored the message and answers.
//! let entry = StoreEntry::sign(&node, request.message_hash(), request.expiry());
//! let answer = Answer::Store(SwarmAnswer::from_iter([(node.public_key(), Ok(entry))]));
//! let sent = Response::answer(answer, now, HardFork::TIMELESS_HASH).to_json();
//!
//! // The client knows the swarm, and believes only what its members have signed.
//! let received = Response::from_json(&request.clone().into(), 200, &sent)?;
//! let Body::Answer(Answer::Store(answer)) = received.body() else { panic!("no answer") };
//! let verified = answer.verify(&request, &[node.public_key()]);
//! assert_eq!(verified.confirmed(), [node.public_key()]);
//! assert!(verified.is_success());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod active_nodes;
mod body;
mod delete;
mod expire;
mod info;
mod reaction;
mod retrieve;
mod revoke;
mod store;
mod swarm;
#[cfg(test)]
mod tests;

pub use active_nodes::{ActiveNode, ActiveNodes, MAX_ACTIVE_NODES};
pub use body::{Answer, Body, IfElseAnswer, Response};
pub use delete::{DeleteEntry, SweepEntry, SweptMessages};
pub use expire::{ExpireEntry, ExpiriesAnswer};
pub use info::{InfoAnswer, SwarmInfo, SwarmMember};
pub use reaction::Reaction;
pub use retrieve::{RetrieveAnswer, StoredMessage};
pub use revoke::{RevokeEntry, RevokedSubaccountsAnswer};
pub use store::StoreEntry;
pub use swarm::{Entry, EntryError, MemberFailure, Rejection, SwarmAnswer, Threshold, Verified};

use alloc::vec::Vec;

use crate::wire::{FieldError, Value};

/// The items of a list that can be read, and how many cannot.
fn readable<T>(
    items: &[Value<'_>],
    read: impl Fn(&Value<'_>) -> Result<T, FieldError>,
) -> (Vec<T>, usize) {
    let read: Vec<T> = items.iter().filter_map(|item| read(item).ok()).collect();
    let skipped = items.len().saturating_sub(read.len());
    (read, skipped)
}

/// Why bytes are no answer to a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// Not JSON or bencode, with a field twice, or with far more values than any answer has.
    #[error("answer is neither json nor bencode")]
    Syntax,
    /// Not an object.
    #[error("answer is no object")]
    NoObject,
    /// A field is missing or has another form.
    #[error("malformed answer")]
    Field(#[from] FieldError),
}
