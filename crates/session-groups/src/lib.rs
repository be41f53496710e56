//! Closed groups of the Session messenger protocol: up to a hundred members who share keys that change, admins
//! who share the group's secret, and a swarm that stores for them what it cannot read.
//!
//! A [`Group`] is one group on one device. It sends nothing: it says what to send, and takes what was answered.
//!
//! ```
//! use session_envelope::content::Content;
//! use session_groups::Group;
//! use session_identity::{Account, Timestamp};
//!
//! let mut rng = session_crypto::system_rng();
//! let (alice, bob) = (Account::generate(&mut rng), Account::generate(&mut rng));
//! let now = Timestamp::from_millis(1_700_000_000_000);
//!
//! let mut group = Group::create(&alice, "Hikers", &[bob.id()], now, &mut rng)?;
//! group.send(Content::text("Sunday at eight?")?, now)?;
//!
//! // To a node of the group's swarm: key, info, members and message, in this order. The invitation to Bob's
//! // swarm comes when `handle_response` has seen that they are stored.
//! let transmission = group.poll_transmit(now, &mut rng)?.ok_or("nothing to send")?;
//! assert_eq!(*transmission.recipient(), group.id().into());
//! assert!(transmission.request().to_json().starts_with(br#"{"method":"sequence","#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | concept | specification |
//! |---|---|---|
//! | [`group`] | one group on one device: everything below, in the right order | 06 §11, §12 |
//! | [`transmission`], [`event`] | what a group wants to be sent, and what it tells | 06 §11 |
//! | [`invitation`] | what people send each other to share a group | 06 §9 |
//! | [`deletion`] | which messages a request to delete is obeyed for | 06 §9 |
//! | [`keys`] | the keys of a group: made, handed out, loaded, kept | 06 §3 |
//! | [`messages`] | messages and notices of removal, by the keys that are held | 06 §4, §10 |
//! | [`members`] | invitations, promotions, removals; the limit; who an author is | 06 §7, §11 |
//! | [`info`] | the description, and messages that are to go | 06 §6 |
//! | [`legacy`] | legacy groups, read only | 06 §14 |
//!
//! # Features
//! * `getrandom` (default): `session_crypto::system_rng` for the crates below. Nothing here draws from it.
//! * `std` (default): the `std` forms of the dependencies.

pub mod deletion;
pub mod event;
pub mod group;
pub mod info;
pub mod invitation;
pub mod keys;
pub mod legacy;
pub mod members;
pub mod messages;
pub mod transmission;

pub use event::Event;
pub use group::Group;
pub use keys::{Generation, KeyStore};
