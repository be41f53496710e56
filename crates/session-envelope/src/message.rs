//! A message for a destination, a message from a source: all that a bot needs (02 §9).
//!
//! ```text
//! Content ─► encode(author, Destination) ─► Outgoing: bytes, what the swarm's hash is made of, time to live
//! Message ◄─ decode(reader, Source) ◄─ bytes          sender, content, verdict on Pro, what the hash is made of
//! ```
//!
//! Both check what the message and its conversation alone allow to check, and nothing that needs memory: whether a
//! message is a duplicate, or its sender blocked, the application knows ([`Message::may_come_from_blocked`]). The
//! layers below, for tools that want single steps, are [`crate::direct`], [`crate::group`], [`crate::community`]
//! and [`crate::blinded`].
//!
//! ```
//! use session_envelope::{content::Content, message::{self, Author, Destination, Source}};
//! use session_identity::{Account, Timestamp, pro::BACKEND_PUBLIC_KEY};
//!
//! let mut rng = session_crypto::system_rng();
//! let (alice, bob) = (Account::generate(&mut rng), Account::generate(&mut rng));
//! let now = Timestamp::from_millis(1_700_000_000_000);
//!
//! let to_bob = Destination::Account(&bob.id());
//! let outgoing = message::encode(&Content::text("hello")?, &Author::new(&alice), to_bob, now, &mut rng)?;
//!
//! let message = message::decode(outgoing.data(), &bob, Source::Account, &BACKEND_PUBLIC_KEY)?;
//! assert_eq!(message.sender(), alice.id().into());
//! assert_eq!(message.content().body(), Some("hello"));
//! assert_eq!(message.hash_inputs(), outgoing.hash_inputs());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use session_identity::id::PrefixedId;

mod incoming;
mod outgoing;

#[cfg(feature = "rayon")]
pub use incoming::decode_batch_parallel;
pub use incoming::{DecodeError, Message, Source, decode, decode_batch};
pub use outgoing::{Author, CommunityIdentity, Destination, EncodeError, Outgoing, encode};

/// Where a message lies: with its bytes, what the swarm's hash of it is made of (02 §13).
///
/// A sender can compute the hash before it stores the message, and know its own messages again.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "the protocol hashes these two and the bytes")]
pub struct HashInputs {
    /// Account or group whose swarm stores the message.
    pub owner: PrefixedId,
    /// Number of the namespace.
    pub namespace: i16,
}
