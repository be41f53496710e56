//! Message padding: hides the length of a content to 160 bytes (02 §2).
//!
//! ```text
//! padded = message ‖ 80 ‖ 00 …      at least one 00, length a multiple of 160
//! ```
//!
//! Clients before 2025 wrote one byte less, so a receiver does not look at the length.
//!
//! ```
//! use session_envelope::padding::{pad, unpad};
//!
//! let padded = pad(b"hello");
//! assert_eq!(padded.len(), 160);
//! assert_eq!(unpad(&padded), b"hello");
//! ```

use alloc::vec::Vec;

/// Lengths of padded messages are multiples of this many bytes.
pub const BLOCK_LENGTH: usize = 160;

/// Marks the end of the message.
const END: u8 = 0x80;

/// `message` with its padding: `160·(⌊(length + 1)/160⌋ + 1)` bytes.
#[must_use]
pub fn pad(message: &[u8]) -> Vec<u8> {
    let length = padded_length(message.len());
    // One allocation: growth would leave copies of the message behind.
    let mut padded = Vec::with_capacity(length);
    padded.extend_from_slice(message);
    padded.push(END);
    padded.resize(length, 0);
    padded
}

/// Length of a message of `length` bytes after padding.
#[must_use]
pub const fn padded_length(length: usize) -> usize {
    // No slice is longer than `isize::MAX`, so that nothing saturates for a real message.
    (length.saturating_add(1) / BLOCK_LENGTH).saturating_add(1).saturating_mul(BLOCK_LENGTH)
}

/// The message in `padded`, whatever the block length of the sender.
///
/// Nothing but zeros is the empty message. Bytes that end in no `80 00…` come from a sender that does not pad
/// and are returned whole, zeros included: a signature over them stays verifiable.
#[must_use]
pub fn unpad(padded: &[u8]) -> &[u8] {
    let Some(last) = padded.iter().rposition(|byte| *byte != 0) else { return &[] };
    match padded.split_at_checked(last) {
        Some((message, [END, ..])) => message,
        _ => padded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_always_follows_the_mark() {
        // The table of 02 §2, and the other side of each of its borders.
        for (length, padded) in
            [(0, 160), (1, 160), (158, 160), (159, 320), (160, 320), (318, 320), (319, 480)]
        {
            let bytes = pad(&alloc::vec![7; length]);
            assert_eq!(bytes.len(), padded, "{length}");
            assert_eq!(padded_length(length), padded, "{length}");
            assert_eq!(bytes.last(), Some(&0), "{length}");
            assert_eq!(unpad(&bytes).len(), length);
        }
    }

    #[test]
    fn legacy_lengths_are_read() {
        for length in [0, 1, 158, 159, 318, 319] {
            let padded = pad(&alloc::vec![7; length]);
            assert_eq!(unpad(&padded[..padded.len() - 1]).len(), length);
        }
    }

    #[test]
    fn removal_follows_the_examples() {
        for (padded, message) in [
            (b"ab\x80\0\0\0\0".as_slice(), b"ab".as_slice()),
            (b"a\x80", b"a"),
            (b"a\x80\x80\0", b"a\x80"),
            (b"a\0\0", b"a\0\0"),
            (b"a", b"a"),
            (b"\x80", b""),
            (b"\0\0\0", b""),
            (b"", b""),
            (b"ab\0\x80\0", b"ab\0"),
        ] {
            assert_eq!(unpad(padded), message, "{padded:?}");
        }
    }
}
