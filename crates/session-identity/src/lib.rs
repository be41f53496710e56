
#![no_std]

extern crate alloc;

pub mod id;
pub mod time;

pub use id::{AccountId, GroupId};
pub use time::Timestamp;
