//! Closed groups of the Session messenger protocol: up to a hundred members who share keys that change, admins
//! who share the group's secret, and a swarm that stores for them what it cannot read.
//!
//! | module | concept | specification |
//! |---|---|---|
//! | [`keys`] | the keys of a group: made, handed out, loaded, kept | 06 §3 |
//! | [`messages`] | messages and notices of removal, by the keys that are held | 06 §4, §10 |
//! | [`members`] | invitations, promotions, removals; the limit; who an author is | 06 §7, §11 |
//! | [`info`] | the description, and messages that are to go | 06 §6 |
//!
//! # Features
//! * `getrandom` (default): `session_crypto::system_rng` for the crates below. Nothing here draws from it.
//! * `std` (default): the `std` forms of the dependencies.

pub mod info;
pub mod keys;
pub mod members;
pub mod messages;

pub use keys::{Generation, KeyStore};
