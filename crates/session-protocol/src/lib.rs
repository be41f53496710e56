//! The Session messenger protocol: one door to the library crates of the workspace.
//!
//! Session is a private messenger without phone numbers or central servers. An account is a seed, shown as a
//! recovery password; its public name is the Account ID. A message is signed, sealed to the recipient's key,
//! wrapped in an envelope, and sent through three service nodes to the swarm that stores the recipient's
//! messages until they expire.
//!
//! This crate holds no rules of its own: it re-exports the crates that do, so that a program needs one
//! dependency and one version.
//!
//! | here | crate | what it is for | feature |
//! |---|---|---|---|
//! | [`crypto`] | `session-crypto` | keys, signatures, boxes, ciphers | |
//! | [`types`] | `session-types` | addresses of communities | |
//! | [`identity`] | `session-identity` | accounts, recovery passwords, ids | |
//! | [`envelope`] | `session-envelope` | messages: typed, encrypted, wrapped | `envelope` |
//! | `groups` | `session-groups` | closed groups: keys, members, messages | `groups` |
//! | [`onion`] | `session-onion` | onion requests: built, peeled, answered | `onion` |
//! | [`swarm`] | `session-swarm` | swarms, storage requests, signatures | `swarm` |
//! | `config` | `session-config` | what the devices of an account share | `config` |
//! | `bt` | `session-bt` | bt-encoding, for tools that look into what is stored | `bt` |
//!
//! # Guide: the way of one message
//!
//! Every step is a pure function; sockets, clocks and storage are yours. `examples/quickstart.rs` in the
//! repository walks the same way over a local network.
//!
//! ```
//! # #[cfg(all(feature = "getrandom", feature = "envelope", feature = "onion", feature = "swarm"))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use session_protocol::{
//!     crypto::{ed25519::Ed25519Keypair, system_rng},
//!     envelope::{content::Content, direct},
//!     identity::{Account, Timestamp},
//!     onion::{Destination, EncryptionType, Hop, NodeKeys, OnionRequest},
//!     swarm::{limits::MAX_TTL_INBOX, namespace::Namespace, request::{Request, StoreRequest}},
//! };
//!
//! let mut rng = system_rng();
//! let now = Timestamp::from_millis(1_700_000_000_000);
//! let (alice, bob) = (Account::generate(&mut rng), Account::generate(&mut rng));
//!
//! // The message, sealed to Bob.
//! let message = direct::encode(&Content::text("hello")?, &alice, &bob.id(), now, &mut rng)?;
//!
//! // The request to a member of Bob's swarm.
//! let to = bob.id().into();
//! let store = StoreRequest::new(to, Namespace::DEFAULT, message.clone(), now, MAX_TTL_INBOX)?;
//! let payload = Request::Store(store).to_json();
//!
//! // The layers around it. The nodes would come from the network's list.
//! let mut node = || NodeKeys::derive(Ed25519Keypair::generate(&mut rng).public_key());
//! let path = [node()?, node()?, node()?].map(|node| Hop::new(node, EncryptionType::XChaCha20));
//! let member = Destination::service_node(node()?);
//! let request =
//!     OnionRequest::build(&path, &member, EncryptionType::XChaCha20, &payload, &mut rng)?;
//! println!("POST {} bytes to the first node of the path", request.body().len());
//!
//! // Bob, who got the message from his swarm.
//! let received = direct::decode(&message, &bob)?;
//! assert_eq!(received.sender(), alice.id());
//! assert_eq!(received.content().body(), Some("hello"));
//! # Ok(())
//! # }
//! # #[cfg(not(all(feature = "getrandom", feature = "envelope", feature = "onion", feature = "swarm")))]
//! # fn main() {}
//! ```
//!
//! # Features
//! * `envelope`, `onion`, `swarm` (default), `bt`: the crates of the table.
//! * `languages`, `qr`, `serde`: the features of `session-identity`: recovery passwords in twelve languages, QR
//!   codes, ids and times in serde formats.
//! * `config`, `groups`: configs and closed groups. Need the standard library.
//! * `getrandom` (default): the operating system's generator, `crypto::system_rng`.
//! * `std` (default): the `std` forms of the dependencies. Without it everything but those two is `no_std` with
//!   `alloc`.

#![no_std]

#[cfg(feature = "bt")]
pub use session_bt as bt;
#[cfg(feature = "config")]
pub use session_config as config;
pub use session_crypto as crypto;
#[cfg(feature = "envelope")]
pub use session_envelope as envelope;
#[cfg(feature = "groups")]
pub use session_groups as groups;
pub use session_identity as identity;
#[cfg(feature = "onion")]
pub use session_onion as onion;
#[cfg(feature = "swarm")]
pub use session_swarm as swarm;
pub use session_types as types;
