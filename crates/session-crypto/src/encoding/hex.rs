//! Hexadecimal: written in lower case, read in either case.

use alloc::{string::String, vec::Vec};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};

/// Why a text is not the hexadecimal form of the bytes that were wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseHexError {
    /// Wrong number of digits.
    #[error("expected {expected} hexadecimal digits, found {found}")]
    Length {
        /// Digits that were wanted.
        expected: usize,
        /// Bytes of text that were given.
        found: usize,
    },
    /// An odd number of digits.
    #[error("odd number of hexadecimal digits ({found})")]
    Odd {
        /// Bytes of text that were given.
        found: usize,
    },
    /// A character that is no hexadecimal digit.
    #[error("no hexadecimal digit at byte {position}")]
    Digit {
        /// Position of the first offending byte, from 0.
        position: usize,
    },
}

/// Lower-case digits of `bytes`, two for each byte.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// Bytes of an even number of digits in either case.
///
/// # Errors
/// [`ParseHexError::Odd`] for an odd number of digits, [`ParseHexError::Digit`] for anything else.
pub fn decode(text: &str) -> Result<Vec<u8>, ParseHexError> {
    if !text.len().is_multiple_of(2) {
        return Err(ParseHexError::Odd { found: text.len() });
    }
    HEXLOWER_PERMISSIVE
        .decode(text.as_bytes())
        .map_err(|error| ParseHexError::Digit { position: first_offence(text, error.position) })
}

/// Exactly `N` bytes from exactly `2 * N` digits in either case.
///
/// # Errors
/// [`ParseHexError::Length`] for another length, [`ParseHexError::Digit`] for a character that is no digit.
pub fn decode_array<const N: usize>(text: &str) -> Result<[u8; N], ParseHexError> {
    let expected = N.saturating_mul(2);
    if text.len() != expected {
        return Err(ParseHexError::Length { expected, found: text.len() });
    }
    let mut bytes = [0; N];
    match HEXLOWER_PERMISSIVE.decode_mut(text.as_bytes(), &mut bytes) {
        Ok(_) => Ok(bytes),
        Err(partial) => {
            let position = first_offence(text, partial.error.position);
            Err(ParseHexError::Digit { position })
        }
    }
}

/// The decoder names the pair; the reader wants the digit.
fn first_offence(text: &str, from: usize) -> usize {
    text.bytes().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(from)
}
