//! 32-byte keys in whichever of the three codings the text is, told by its length (07 §14.2).

use super::{base32z, base64, hex};

/// Why a text is no key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseKeyTextError {
    /// No coding of 32 bytes has this length.
    #[error("key of {found} characters, expected 64, 52, 43, or 44 with `=`")]
    Length {
        /// Bytes of text that were given.
        found: usize,
    },
    /// 64 characters, not hexadecimal.
    #[error(transparent)]
    Hex(#[from] hex::ParseHexError),
    /// 52 characters, not base32z.
    #[error(transparent)]
    Base32z(#[from] base32z::ParseBase32zError),
    /// 43 or 44 characters, not base64.
    #[error(transparent)]
    Base64(#[from] base64::ParseBase64Error),
}

/// Key of 64 hexadecimal digits, 52 letters of base32z, or 43 characters of base64, or 44 with the padding.
///
/// # Errors
/// [`ParseKeyTextError`], every variant.
pub fn decode(text: &str) -> Result<[u8; 32], ParseKeyTextError> {
    let bytes = match text.len() {
        64 => return Ok(hex::decode_array(text)?),
        52 => base32z::decode(text)?,
        43 | 44 => base64::decode(text)?,
        found => return Err(ParseKeyTextError::Length { found }),
    };
    bytes.try_into().map_err(|_| ParseKeyTextError::Length { found: text.len() })
}
