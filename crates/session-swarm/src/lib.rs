//! Swarms of the Session messenger protocol: which nodes hold an account's messages, and how to talk to them.
//!
//! The network divides its service nodes into swarms; each stores the messages of some accounts. This crate
//! finds the swarm of an account, and has the requests to its nodes and their answers as values: clients
//! build, sign and verify them, nodes read, check and answer them. It sends nothing and stores nothing.
//!
//! ```
//! use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};
//! use session_identity::Timestamp;
//! use session_swarm::{
//!     auth::Signer,
//!     namespace::Namespace,
//!     request::{Request, RetrieveRequest},
//!     space::{SwarmId, SwarmRing},
//! };
//!
//! let alice = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]));
//! let signer = Signer::user(&alice);
//! let now = Timestamp::from_millis(1_700_000_000_000);
//!
//! // Whom to ask …
//! let ring = SwarmRing::new([SwarmId::ZERO, "7fffffffffffffff".parse()?]);
//! let swarm = ring.nearest(signer.account().position());
//! assert_eq!(swarm, Some("7fffffffffffffff".parse()?));
//!
//! // … and what.
//! let request = RetrieveRequest::new(*signer.account(), Namespace::DEFAULT).sign(&signer, now)?;
//! let bytes = Request::Retrieve(request).to_json();
//! assert!(bytes.starts_with(br#"{"method":"retrieve","params":{"#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | concept | specification |
//! |---|---|---|
//! | [`space`] | positions of accounts, ids of swarms, the ring | 05 §1.2 to §1.5 |
//! | [`assignment`] | how the network forms swarms | 05 §2 |
//! | [`address`] | accounts as nodes know them | 05 §1.1 |
//! | [`namespace`] | slots of an account's storage, and who may use them | 05 §4.2 |
//! | [`message_hash`] | names of stored messages | 05 §4.1 |
//! | [`limits`] | sizes, lives, tolerances | 05 §4.3 |
//! | [`auth`] | signatures of requests | 05 §6.1, §6.2 |
//! | [`subaccount`] | rights of a group's members | 05 §6.3 |
//! | [`request`] | requests: sign, write, read, authorise | 05 §5, §3 |
//! | [`answer`] | answers: sign, write, read, verify | 05 §5, §6.5 |
//! | [`monitor`] | subscriptions | 05 §5.15 |
//! | [`transfer`] | messages that nodes hand over to each other | 05 §3 |
//! | [`cache`], [`polling`] | which nodes a client asks, and for how much | 05 §8 |
//! | [`hard_fork`] | versions of the network's rules | 05 §5.1, §8 |
//!
//! The list of all service nodes, from which a client takes the swarms, is read by `session-onion`.
//!
//! # Features
//! * `std` (default): nothing but the `std` forms of the dependencies. Without it the crate is `no_std` and
//!   needs `alloc`.
//! * `getrandom` (default): the system's random generator in the crates below; nothing here draws.

#![no_std]

extern crate alloc;

pub mod address;
pub mod answer;
pub mod assignment;
pub mod auth;
pub mod cache;
pub mod hard_fork;
pub mod limits;
pub mod message_hash;
pub mod monitor;
pub mod namespace;
pub mod polling;
pub mod release;
pub mod request;
pub mod space;
pub mod subaccount;
pub mod transfer;
mod wire;

pub use wire::{Excerpt, FieldError};
