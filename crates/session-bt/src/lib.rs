//! bt-encoding, the strict bencode profile of the Session messenger protocol (07 §2).
//!
//! Four kinds of value: integers from −2^63 to 2^64 − 1, byte strings, lists, and dicts whose keys are byte
//! strings in strictly ascending order. Each value has exactly one encoding; the reader refuses every other
//! spelling, because a hash or a signature over bytes that cannot be written again is worth nothing.
//!
//! ```
//! use session_bt::{Reader, encode_dict};
//!
//! let bytes = encode_dict(|dict| {
//!     dict.integer(b"#", 7);
//!     dict.list(b"names", |list| {
//!         list.bytes(b"alice");
//!         list.bytes(b"bob");
//!     });
//! });
//! assert_eq!(bytes, b"d1:#i7e5:namesl5:alice3:bobee");
//!
//! let mut reader = Reader::new(&bytes);
//! let mut dict = reader.value()?.dict()?;
//! let seqno: i64 = dict.require(b"#")?.integer()?;
//! let mut names = dict.require(b"names")?.list()?;
//! assert_eq!(seqno, 7);
//! assert_eq!(names.require()?.bytes()?, b"alice");
//! reader.finish()?; // reads and checks what was left, and that nothing follows
//! # Ok::<(), session_bt::DecodeError>(())
//! ```
//!
//! | module | concept | specification |
//! |---|---|---|
//! | [`Reader`] and its [`Item`], [`DictReader`], [`ListReader`] | reading in one pass, without copies | 07 §2 |
//! | [`encode_dict`], [`encode_list`] and their forms with a capacity, [`DictWriter`], [`ListWriter`] | writing the canonical form | 07 §2 |
//! | [`Value`] with [`List`] and [`Dict`], [`Integer`] | owned values, for what must be kept without being understood | 07 §2, §4 |
//! | [`DecodeError`], [`Malformed`] | one reason for each rule | 07 §2 |
//!
//! # Bounds
//! A reader is linear in its input, does not recurse and keeps one small record for each open container, of
//! which there may be [`MAX_DEPTH`]. Lengths are checked against what is left before anything is taken.
//! [`Value::decode`] copies its input and allocates nothing else: lists and dicts stay as they are encoded.
//!
//! # Features
//! * `std` (default): nothing but the `std` forms of the dependencies. Without it the crate is `no_std` and
//!   needs `alloc`.

#![no_std]

extern crate alloc;

mod cursor;
mod error;
mod integer;
mod packed;
mod reader;
mod value;
mod writer;

pub use cursor::MAX_DEPTH;
pub use error::{DecodeError, Kind, Malformed};
pub use integer::{Integer, IntegerRangeError};
pub use reader::{DictReader, Item, ListReader, Reader};
pub use value::{Dict, List, Value};
pub use writer::{
    DictWriter, ListWriter, encode_dict, encode_dict_with_capacity, encode_list,
    encode_list_with_capacity,
};
