//! A local network of Session service nodes, in one process.
//!
//! Clients, bots and tests talk to it in the bytes of the real network, and get the bytes that the real
//! network would answer: nodes peel onion requests with real keys, forward them over links in the real form,
//! check signatures, sizes and times of storage requests, copy messages to their swarm, and forget them when
//! they expire. No socket, no clock, no hidden randomness outside of `server`: time and generator are arguments,
//! so that a run can be repeated to the byte.
//!
//! The program `session-node` starts such a network on loopback ports, where real clients reach it over HTTPS:
//! `cargo run -p session-node -- --nodes 24`.
//!
//! ```
//! use session_identity::Timestamp;
//! use session_node::{Network, STORAGE_RPC_PATH};
//!
//! let mut rng = session_crypto::system_rng();
//! let mut network = Network::start(24, &mut rng)?;
//! let node = network.directory().nodes().next().ok_or("no node")?.ed25519;
//!
//! let now = Timestamp::from_millis(1_700_000_000_000);
//! let body = br#"{"method":"info","params":{}}"#;
//! let answer = network.post(&node, STORAGE_RPC_PATH, body, now, &mut rng)?;
//! assert_eq!(answer.status(), 200);
//! assert!(answer.body().starts_with(br#"{"hf":[21,0],"t":1700000000000"#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | concept | specification |
//! |---|---|---|
//! | [`network`] | nodes, what passes between them, what can go wrong there | 04 §5.3 |
//! | [`node`] | one node: bytes in, the next step out; subscriptions | 04 §5, 05 §5, §7 |
//! | [`seed`] | who tells strangers of the nodes | 04 §12.2, 05 §2.8 |
//! | [`storage`] | messages and revocations that a node holds | 05 §4, §5.10, §7 |
//! | [`link`] | messages between nodes | 04 §5.3, 05 §3 |
//! | [`chain`] | blocks: who joins and leaves, which swarms are formed | 05 §2 |
//! | [`fault`] | losses, partitions, wrong clocks, on purpose | |
//! | `server` | the network over HTTPS, and its program | 04 §5.1, 05 §4.3, §5.1 |
//! | [`directory`] | what every node knows of all | 05 §2.8, §5.12 |
//!
//! # Features
//! * `server` (default): module `server` and the program. Without it the crate needs neither sockets nor TLS.
//! * `sqlite` (default): storage that outlives the process; `--data` of the program. Needs a C compiler.
//!
//! For the network in your tests, take the crate with `default-features = false`.

pub mod chain;
pub mod directory;
pub mod fault;
pub mod link;
pub mod network;
pub mod node;
pub mod seed;
#[cfg(feature = "server")]
pub mod server;
pub mod storage;

pub use network::Network;
pub use node::{ONION_REQUEST_PATH, STORAGE_RPC_PATH};
