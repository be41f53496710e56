//! Text forms of bytes: hex and base64, as every part of the protocol writes and reads them (01 §1).

/// Hexadecimal: written in lower case, read in either case.
pub mod hex {
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
}

/// Base64 with the standard alphabet: written with padding, read with or without it.
pub mod base64 {
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

    /// Bytes of a padded or unpadded text. One value has one accepted spelling of each kind: bits behind the
    /// last byte must be zero, and white space is refused.
    ///
    /// # Errors
    /// [`ParseBase64Error`] with the first offending position.
    pub fn decode(text: &str) -> Result<Vec<u8>, ParseBase64Error> {
        let coding = if text.ends_with('=') { &BASE64 } else { &BASE64_NOPAD };
        coding
            .decode(text.as_bytes())
            .map_err(|error| ParseBase64Error { position: error.position })
    }
}

#[cfg(test)]
mod tests {
    use super::{
        base64,
        hex::{self, ParseHexError},
    };

    #[test]
    fn hex_reads_both_cases_and_writes_the_lower() {
        assert_eq!(hex::decode_array::<2>("aBCd"), Ok([0xab, 0xcd]));
        assert_eq!(hex::encode(&[0xab, 0xcd]), "abcd");
    }

    #[test]
    fn hex_names_what_is_wrong() {
        let length = ParseHexError::Length { expected: 4, found: 5 };
        assert_eq!(hex::decode_array::<2>("abcde"), Err(length));
        assert_eq!(hex::decode_array::<2>("abcg"), Err(ParseHexError::Digit { position: 3 }));
        assert_eq!(hex::decode_array::<2>("aä1"), Err(ParseHexError::Digit { position: 1 }));
        assert_eq!(hex::decode("0x"), Err(ParseHexError::Digit { position: 1 }));
        assert_eq!(hex::decode("abc"), Err(ParseHexError::Odd { found: 3 }));
    }

    #[test]
    fn base64_reads_padded_and_unpadded() {
        for text in ["zA==", "zA"] {
            assert_eq!(base64::decode(text), Ok([0xcc].into()), "{text}");
        }
        assert_eq!(base64::encode(&[0xcc]), "zA==");
        assert_eq!(base64::encode_unpadded(&[0xcc]), "zA");
    }

    #[test]
    fn base64_refuses_second_spellings() {
        for text in ["zB==", "zB", "zA=", "z A=", "zA==\n", "_-8=", "z"] {
            assert!(matches!(base64::decode(text), Err(base64::ParseBase64Error { .. })), "{text}");
        }
    }
}
