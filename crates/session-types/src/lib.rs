//! Types that every crate of the Session messenger protocol speaks, each of them once.
//!
//! ```
//! use session_types::community::Community;
//!
//! let url = "https://open.example.org/r/Lobby?public_key=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
//! let community: Community = url.parse()?;
//! assert_eq!(community.base_url().as_str(), "https://open.example.org");
//! # Ok::<(), session_types::community::ParseUrlError>(())
//! ```
//!
//! | module | concept | specification |
//! |---|---|---|
//! | [`community`] | address of a community: server, room, key of the server | 07 §14.1, §14.2, 08 §3.1 |
//! | [`typed`] | what a person typed or pasted, without what programs add to it | 01 §3.5 |
//!
//! # Features
//! * `std` (default): the `std` forms of the dependencies. Without it the crate is `no_std` with `alloc`.

#![no_std]

extern crate alloc;

pub mod community;
pub mod typed;
