//! Base32z: five bits for each letter, the highest first, without padding (07 §14.2).

use alloc::{string::String, vec::Vec};

const ALPHABET: &[u8; 32] = b"ybndrfg8ejkmcpqxot1uwisza345h769";

/// The text is not canonical base32z.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("malformed base32z at byte {position}")]
pub struct ParseBase32zError {
    /// Where the text stops being base32z, from 0.
    pub position: usize,
}

/// Letters of `bytes`.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let letters = bytes.len().saturating_mul(8).div_ceil(5);
    let bit = |index: usize| {
        let byte = bytes.get(index / 8).copied().unwrap_or(0);
        (byte >> (7 - index % 8)) & 1
    };
    let five = |letter: usize| (0..5).fold(0, |bits, place| bits << 1 | bit(letter * 5 + place));
    let letters = (0..letters).filter_map(|letter| ALPHABET.get(usize::from(five(letter))));
    letters.copied().map(char::from).collect()
}

/// Bytes of lower-case letters. Spare bits after the last byte must be zero and fewer than five.
///
/// # Errors
/// [`ParseBase32zError`] with the first offending position.
pub fn decode(text: &str) -> Result<Vec<u8>, ParseBase32zError> {
    let mut bytes = Vec::with_capacity(text.len().saturating_mul(5) / 8);
    let (mut bits, mut count) = (0_u16, 0);
    for (position, letter) in text.bytes().enumerate() {
        let five = (0..).zip(ALPHABET).find(|(_, known)| **known == letter);
        let (five, _) = five.ok_or(ParseBase32zError { position })?;
        (bits, count) = (bits << 5 | five, count + 5);
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count).to_le_bytes()[0]);
            bits &= (1 << count) - 1;
        }
    }
    if bits != 0 || count >= 5 {
        return Err(ParseBase32zError { position: text.len().saturating_sub(1) });
    }
    Ok(bytes)
}
