//! Envelopes and contents of the Session messenger protocol: padding, encryption, wrapping, typed messages.
//!
//! A bot needs the module [`message`] and nothing else: `encode` for a destination, `decode` from a source.
//!
//! ```
//! use session_envelope::{content::Content, message::{self, Author, Destination, Source}};
//! use session_identity::{Account, Timestamp, pro::BACKEND_PUBLIC_KEY};
//!
//! let mut rng = session_crypto::system_rng();
//! let (alice, bob) = (Account::generate(&mut rng), Account::generate(&mut rng));
//! let now = Timestamp::from_millis(1_700_000_000_000);
//!
//! let hello = Content::text("hello")?;
//! let to_bob = Destination::Account(&bob.id());
//! let outgoing = message::encode(&hello, &Author::new(&alice), to_bob, now, &mut rng)?;
//!
//! let message = message::decode(outgoing.data(), &bob, Source::Account, &BACKEND_PUBLIC_KEY)?;
//! assert_eq!(message.sender(), alice.id().into());
//! assert_eq!(message.content().body(), Some("hello"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | concept | specification |
//! |---|---|---|
//! | [`message`] | a message for any destination, from any source | 02 §9 |
//! | [`direct`] | messages between two accounts, whole | 02 §3, §9.1 |
//! | [`group`] | messages of groups, whole; their frame; the notice of removal | 02 §8, 06 §4, §10 |
//! | [`received`] | what a receiver gets | 03 §3.2 |
//! | [`content`] | what a message means | 03 |
//! | [`envelope`] | envelope and WebSocket message | 02 §3, §9.3; 03 §1.1 |
//! | [`pro`] | Session Pro in messages | 02 §9.3, §9.4 |
//! | [`signed_box`] | signing and sealing to one recipient | 02 §1, §6 |
//! | [`padding`] | the 160-byte rule | 02 §2 |
//! | [`community`] | posts in communities | 02 §4 |
//! | [`blinded`] | messages between blinded ids | 02 §5 |
//! | [`attachment`] | encryption of files | 02 §11 |
//! | [`push`] | push notifications | 02 §12 |
//! | [`multi_box`] | one message to several recipients | 02 §7 |
//! | [`compression`] | zstd within bounds | 02 §8 |
//! | [`schema`] | the protobuf schema as data, for tools | 03 §1 |
//! | [`legacy`] | legacy groups, read only | 02 §6, 03 §4.11 |
//!
//! # Features
//! * `legacy-pro`: verdicts on Pro proofs of the generations before mid 2026, which released clients send.
//! * `rayon`: batches on several threads, [`message`]`::decode_batch_parallel`.
//! * `hazmat`: modules of that name, with forms that no client sends, to read and make old test data.
//! * `getrandom` (default): `session_crypto::system_rng`, the operating system's generator.
//! * `std` (default): files from reader to writer, and the `std` forms of the dependencies. Without it the crate
//!   is `no_std` and needs `alloc`.

#![no_std]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod attachment;
pub mod blinded;
pub mod community;
pub mod compression;
pub mod content;
pub mod direct;
pub mod envelope;
pub mod group;
pub mod legacy;
pub mod message;
pub mod multi_box;
mod opened;
pub mod padding;
pub mod pro;
pub mod push;
pub mod received;
pub mod schema;
pub mod signed_box;
mod wire;
