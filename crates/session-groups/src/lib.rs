//! Closed groups of the Session messenger protocol: up to a hundred members who share keys that change, admins
//! who share the group's secret, and a swarm that stores for them what it cannot read.
//!
//! | module | concept | specification |
//! |---|---|---|
//! | [`keys`] | the keys of a group: made, handed out, loaded, kept | 06 §3 |
//!
//! # Features
//! * `getrandom` (default): `session_crypto::system_rng` for the crates below. Nothing here draws from it.
//! * `std` (default): the `std` forms of the dependencies.

pub mod keys;

pub use keys::Generation;
