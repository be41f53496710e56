//! Accounts of the Session messenger protocol: seed, recovery password, keys, Account ID and every other id.

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
