//! Base64 with the standard alphabet: written with padding, read with or without it.

use alloc::{string::String, vec::Vec};

use data_encoding::{BASE64, BASE64_NOPAD};

/// The text is not canonical base64 of the standard alphabet.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("malformed base64 at byte {position}")]
pub struct ParseBase64Error {
    /// Where the text stops being base64, from 0.
    pub position: usize,
}

/// Padded form of `bytes`.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Unpadded form of `bytes`.
#[must_use]
pub fn encode_unpadded(bytes: &[u8]) -> String {
    BASE64_NOPAD.encode(bytes)
}

/// Bytes of a padded or unpadded text. One value has one accepted spelling of each kind: the spare bits after
/// the last byte are zero, padding stands at the end alone and is complete, and white space is refused.
///
/// # Errors
/// [`ParseBase64Error`] with the first offending position.
pub fn decode(text: &str) -> Result<Vec<u8>, ParseBase64Error> {
    // The coding without padding: the one with it reads texts one after the other, each with its own.
    let digits = text.trim_end_matches('=');
    let bytes = BASE64_NOPAD
        .decode(digits.as_bytes())
        .map_err(|error| ParseBase64Error { position: first_offence(digits, error.position) })?;
    let padding = text.len().saturating_sub(digits.len());
    let complete = digits.len().next_multiple_of(4).saturating_sub(digits.len());
    if padding != 0 && padding != complete {
        return Err(ParseBase64Error { position: digits.len() });
    }
    Ok(bytes)
}

/// The decoder looks at the length before it looks at the digits.
fn first_offence(text: &str, otherwise: usize) -> usize {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    text.bytes().position(|byte| !is_digit(byte)).unwrap_or(otherwise)
}
