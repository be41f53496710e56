//! Hexadecimal: written in lower case, read in either case.
//!
//! Seeds and keys are written and read here too, so that digits are computed: no table is indexed by them and no
//! branch depends on them. How long a call takes tells the length, and where the first character is that is no
//! digit if there is one. The result is in one buffer of the final size, which the caller wipes.

use alloc::{string::String, vec, vec::Vec};

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
    let mut digits = vec![0; bytes.len().saturating_mul(2)];
    for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *pair = [digit(byte >> 4), digit(byte & 0xf)];
    }
    // All of them are ASCII.
    String::from_utf8(digits).unwrap_or_default()
}

/// Bytes of an even number of digits in either case.
///
/// # Errors
/// [`ParseHexError::Odd`] for an odd number of digits, [`ParseHexError::Digit`] for anything else.
pub fn decode(text: &str) -> Result<Vec<u8>, ParseHexError> {
    if !text.len().is_multiple_of(2) {
        return Err(ParseHexError::Odd { found: text.len() });
    }
    let mut bytes = vec![0; text.len() / 2];
    decode_into(text, &mut bytes)?;
    Ok(bytes)
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
    decode_into(text, &mut bytes)?;
    Ok(bytes)
}

/// Reads two digits for each of `bytes`, all of them before it says whether they were digits.
fn decode_into(text: &str, bytes: &mut [u8]) -> Result<(), ParseHexError> {
    let mut wrong = 0;
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().as_chunks::<2>().0) {
        let [(high, high_is_wrong), (low, low_is_wrong)] = pair.map(value);
        *byte = high << 4 | low;
        wrong |= high_is_wrong | low_is_wrong;
    }
    if wrong == 0 {
        return Ok(());
    }
    // Only the position of what is no digit is looked for with branches.
    let position = text.bytes().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or_default();
    Err(ParseHexError::Digit { position })
}

/// Digit of a number below 16.
const fn digit(number: u8) -> u8 {
    // 39 characters lie between `9` and `a`.
    number.wrapping_add(b'0').wrapping_add(all_ones_if_below(9, number) & 39)
}

/// Number of a digit, and 0 if it is one, otherwise something else.
const fn value(digit: u8) -> (u8, u8) {
    let number = digit.wrapping_sub(b'0');
    let is_number = all_ones_if_below(number, 10);
    // The bit that tells the cases of a letter apart.
    let letter = (digit | 0x20).wrapping_sub(b'a');
    let is_letter = all_ones_if_below(letter, 6);
    (is_number & number | is_letter & letter.wrapping_add(10), !(is_number | is_letter))
}

/// 0xff if `one` is below `other`, otherwise 0: the borrow of their difference.
const fn all_ones_if_below(one: u8, other: u8) -> u8 {
    let [one, other] = [[one, 0], [other, 0]];
    let difference = u16::from_le_bytes(one).wrapping_sub(u16::from_le_bytes(other));
    let [_, borrow] = difference.to_le_bytes();
    borrow
}
