//! Replicated configs of the Session messenger protocol: how the devices of an account, and the members of a
//! group, come to the same profile, contacts, read state and lists, through servers that store opaque bytes and
//! merge nothing.
//!
//! A [`Config<T>`] holds the data of one type. It is edited by typed methods, pushed as encrypted messages,
//! merged with what other devices pushed, and dumped to the disk. It sends nothing and reads no clock.
//!
//! ```
//! use session_config::{Config, Contacts, Incoming, StoredHash, contacts::Contact};
//! use session_crypto::ed25519::Ed25519Keypair;
//! use session_identity::{AccountId, Timestamp};
//!
//! let mut rng = session_crypto::system_rng();
//! let account = Ed25519Keypair::generate(&mut rng);
//! let bob = AccountId::from_public_key(Ed25519Keypair::generate(&mut rng).to_x25519().public_key());
//! let now = Timestamp::from_millis(1_700_000_000_000);
//!
//! // One device makes a contact and pushes it …
//! let mut phone = Config::<Contacts>::new(&account);
//! let mut contact = Contact::new(bob);
//! contact.set_nickname("Bob")?;
//! phone.set(&contact);
//! let push = phone.push(now)?;
//! let stored = StoredHash::new("the storage's name for it");
//! phone.confirm_pushed(push.seqno(), [stored.clone()]);
//!
//! // … another finds it. A new device is linked in no other way.
//! let mut laptop = Config::<Contacts>::new(&account);
//! let report = laptop.merge(&[Incoming::new(stored, &push.messages()[0])], now)?;
//! assert_eq!(laptop.get(&bob).as_ref().map(Contact::nickname), Some("Bob"));
//! assert!(!report.changes().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | concept | specification |
//! |---|---|---|
//! | [`config`] | the object: edit, push, confirm, merge, dump, load | 07 §6 |
//! | [`user_profile`], [`picture`] | the account's own name, picture, settings | 07 §11 |
//! | [`pro`] | the credential of a Pro account, and when to renew it | 07 §11.2 |
//! | [`contacts`] | people, blocked ones among them, also by blinded id | 07 §12 |
//! | [`convo_info`] | how far conversations are read | 07 §13 |
//! | [`user_groups`], [`session_types::community`] | groups, communities and their addresses | 07 §14 |
//! | [`group_info`], [`group_members`] | what members of a group share | 07 §15 |
//! | [`local`] | settings of one device | 07 §16 |
//! | [`message`], [`data`], [`diff`] | one revision and what is in it | 07 §3, §4 |
//! | [`merge`], [`change`] | several revisions become one, and what that changed | 07 §5 |
//! | [`compression`], [`padding`], [`encryption`], [`multipart`], [`wrapping`] | from a revision to stored bytes | 07 §7, §8 |
//!
//! # Security
//! The key of an account's configs is the account's seed: whoever decrypts them owns the account. Dumps hold
//! everything in clear. The data in memory are wiped when they are dropped, and not printed.
//!
//! # Features
//! * `getrandom` (default): `session_crypto::system_rng` for the crates below. Nothing here draws randomness.
//! * `std` (default): the `std` forms of the dependencies.

pub mod change;
pub mod compression;
pub mod config;
pub mod contacts;
pub mod convo_info;
pub mod data;
mod deletion;
pub mod diff;
pub mod encryption;
mod fields;
pub mod group_info;
pub mod group_members;
mod key;

pub mod local;
mod map;
pub mod merge;
pub mod message;
pub mod multipart;
pub mod padding;
pub mod picture;
pub mod pro;
pub mod user_groups;
pub mod user_profile;
mod wire;
pub mod wrapping;

pub use config::{Config, Incoming, StoredHash};
pub use contacts::Contacts;
pub use convo_info::ConvoInfoVolatile;
pub use fields::{MAX_NAME_LENGTH, TooLong};
pub use group_info::GroupInfo;
pub use group_members::GroupMembers;
pub use local::Local;
pub use user_groups::UserGroups;
pub use user_profile::UserProfile;
