//! Accounts of the Session messenger protocol: seed, recovery password, keys, Account ID and every other id.
//!
//! An account is 16 random bytes. Its owner keeps them as a recovery password of 13 words; the keys that sign
//! and open messages follow from them; and the public half of the latter is the Account ID that others write
//! to. In communities, which need not know the Account ID, an account uses a blinded id.
//!
//! ```
//! use session_identity::{Account, AccountId, RecoveryPassword, mnemonic::Language};
//! # #[cfg(feature = "getrandom")] {
//!
//! let account = Account::generate(&mut session_crypto::system_rng());
//! let words = account.recovery_password(Language::English).expose_words();
//! println!("Write this down: {}", words.as_str());
//!
//! // On another device:
//! let password: RecoveryPassword = words.parse()?;
//! let restored = Account::from_seed(password.into_seed());
//! assert_eq!(restored.id(), account.id());
//!
//! // Somebody who got the id on paper:
//! let typed = format!("  {}\n", account.id().to_string().to_uppercase());
//! assert_eq!(AccountId::from_user_input(&typed)?, account.id());
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | concept | specification |
//! |---|---|---|
//! | [`seed`] | the secret bytes, their lengths | 01 §2.2 |
//! | [`account`] | keys and ids of a seed | 01 §2.1 |
//! | [`id`] | ids of every kind: form, text, check of the point | 01 §3 |
//! | [`mnemonic`] | recovery passwords in twelve languages | 01 §4 |
//! | [`link`] | what QR codes and links carry | 01 §5 |
//! | `qr` | drawing of QR codes | 01 §5 |
//! | [`blinding`] | ids of communities and of the file server: keys, signatures, matching | 01 §8, §9 |
//! | [`names`] | short names for Account IDs | 01 §10 |
//! | [`pro`] | proofs of Session Pro | 01 §11 |
//! | `device_keys` | derived keys of protocol v2 | 01 §12 |
//! | [`time`] | points in time, which every crate takes as arguments | – |
//!
//! How keys follow from the seed (01 §7):
//!
//! ```text
//! AccountSeed ─► Ed25519Seed ─┬─► Ed25519Keypair ─► X25519Keypair ─► AccountId
//!                             ├── derive "SessionProRandom" ─► MasterKeypair ─► RotatingKeypair, each for 7 days
//!                             ├── derive "VersionCheckKey_sig" ─► VersionBlindedKeypair (07)
//!                             ├── times BlindingFactor::blind15(server) ─► Blinded15Keypair
//!                             └── times BlindingFactor::blind25(account, server) ─► Blinded25Keypair
//! ```
//!
//! # Features
//! * `getrandom` (default): the operating system's generator, `session_crypto::system_rng`.
//! * `std` (default): the `std` forms of the dependencies. Without it the crate is `no_std` and needs `alloc`.
//! * `languages`: recovery passwords in all languages, or `language-german` and so on for one; 20 to 30 kB
//!   each. English is always there.
//! * `qr`: QR codes as SVG and as text for a terminal.
//! * `serde`: ids and times in serde formats, as text for people and as bytes otherwise.
//! * `legacy-names`, `legacy-pro`: forms of name records and Pro proofs that are no longer made.
//! * `unstable-device-keys`: derivations of protocol v2, which no released app speaks.
//! * `hazmat`: signatures in a form that must not be used, to compare with programs that use it.

#![no_std]

extern crate alloc;

pub mod account;
#[cfg(any(feature = "legacy-names", feature = "unstable-device-keys"))]
mod argon2id;
pub mod blinding;
#[cfg(feature = "unstable-device-keys")]
pub mod device_keys;
pub mod id;
pub mod link;
pub mod mnemonic;
pub mod names;
pub mod pro;
#[cfg(feature = "qr")]
pub mod qr;
pub mod seed;
pub mod time;

pub use account::Account;
pub use id::{AccountId, GroupId};
pub use mnemonic::RecoveryPassword;
pub use seed::AccountSeed;
pub use time::Timestamp;
