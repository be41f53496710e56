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

    /// Bytes of a padded or unpadded text. One value has one accepted spelling of each kind: the spare bits after
    /// the last byte are zero, padding stands at the end alone and is complete, and white space is refused.
    ///
    /// # Errors
    /// [`ParseBase64Error`] with the first offending position.
    pub fn decode(text: &str) -> Result<Vec<u8>, ParseBase64Error> {
        // The coding without padding: the one with it reads texts one after the other, each with its own.
        let digits = text.trim_end_matches('=');
        let bytes = BASE64_NOPAD.decode(digits.as_bytes()).map_err(|error| ParseBase64Error {
            position: first_offence(digits, error.position),
        })?;
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
}

/// Base32z: five bits for each letter, the highest first, without padding (07 §14.2).
pub mod base32z {
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
        let five =
            |letter: usize| (0..5).fold(0, |bits, place| bits << 1 | bit(letter * 5 + place));
        let letters = (0..letters).filter_map(|letter| ALPHABET.get(usize::from(five(letter))));
        letters.copied().map(char::from).collect()
    }

    /// Bytes of lower-case letters. Spare bits behind the last byte must be zero and fewer than five.
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
}

/// 32-byte keys in whichever of the three codings the text is, told by its length (07 §14.2).
pub mod key_text {
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
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::String, vec::Vec};

    use super::{
        base32z::{self, ParseBase32zError},
        base64,
        hex::{self, ParseHexError},
        key_text::{self, ParseKeyTextError},
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
        for (text, position) in [
            ("zB==", 1),
            ("zB", 1),
            ("zA=", 2),
            ("zA===", 2),
            ("zAA==", 3),
            ("zAAA=", 4),
            ("zAAA====", 4),
            ("=", 0),
            ("====", 0),
            ("z A=", 1),
            ("zA==\n", 2),
            ("_-8=", 0),
            ("z", 0),
            ("z===", 0),
            // Padding within: two texts, one after the other.
            ("AA==AA==", 2),
            ("zAA=zAA=", 3),
            ("AA==AA", 2),
            ("AA==AAAA", 2),
            ("AAA=AAAA", 3),
            ("AAAAAA==AA==", 6),
            ("A=A=", 1),
            ("=AAA", 0),
        ] {
            let refused = base64::decode(text).map_err(|error| error.position);
            assert_eq!(refused, Err(position), "{text}");
        }
    }

    /// All texts of up to six characters from an alphabet in which every rule can be broken.
    #[test]
    fn what_is_read_is_what_is_written() {
        let alphabet = ['A', '/', '=', '1', 'b', 'y'];
        let mut texts = Vec::from([String::new()]);
        for _ in 0..6 {
            let longer = |text: &String| alphabet.map(|letter| format!("{text}{letter}"));
            texts.extend(texts.iter().flat_map(longer).collect::<Vec<_>>());
            texts.sort_unstable();
            texts.dedup();
        }
        let mut read = [0; 3];
        for text in texts {
            if let Ok(bytes) = base64::decode(&text) {
                read[0] += 1;
                let written = [base64::encode(&bytes), base64::encode_unpadded(&bytes)];
                assert!(written.contains(&text), "{text}");
            }
            if let Ok(bytes) = hex::decode(&text) {
                read[1] += 1;
                assert_eq!(hex::encode(&bytes), text.to_ascii_lowercase());
            }
            if let Ok(bytes) = base32z::decode(&text) {
                read[2] += 1;
                assert_eq!(base32z::encode(&bytes), text);
            }
        }
        assert!(read.iter().all(|count| *count > 20), "{read:?}");
    }

    /// 04, set `onion_parser`: one key in all codings.
    const KEY: [&str; 4] = [
        "b30154a0bd75bb77abb85d63398ac471ec946f0086ec12ecfcecb50b41296048",
        "swFUoL11u3eruF1jOYrEceyUbwCG7BLs/Oy1C0EpYEg=",
        "swFUoL11u3eruF1jOYrEceyUbwCG7BLs/Oy1C0EpYEg",
        "scyijef7qs7zxk7amituunsrq8sje5ayo5sbf58h714osojjcbry",
    ];

    #[test]
    fn base32z_is_its_own_inverse_and_has_no_second_spelling() {
        let key = hex::decode(KEY[0]).unwrap();
        assert_eq!(base32z::encode(&key), KEY[3]);
        assert_eq!(base32z::decode(KEY[3]), Ok(key));
        for length in 0..12_u8 {
            let bytes: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(37) ^ 0xa5).collect();
            assert_eq!(base32z::decode(&base32z::encode(&bytes)), Ok(bytes), "{length}");
        }
        for (text, position) in [("y", 0), ("yb", 1), ("yyy", 2), ("Y", 0), ("y l", 1)] {
            assert_eq!(base32z::decode(text), Err(ParseBase32zError { position }), "{text}");
        }
    }

    #[test]
    fn keys_are_read_by_their_length() {
        for text in KEY {
            assert_eq!(key_text::decode(text), Ok(hex::decode_array(KEY[0]).unwrap()), "{text}");
        }
        for (text, found) in [("", 0), ("abcd", 4), (&"0".repeat(63), 63), (&"y".repeat(51), 51)] {
            assert_eq!(key_text::decode(text), Err(ParseKeyTextError::Length { found }), "{text}");
        }
        // Two bytes and thirty, each with its padding or none: 44 characters of 32 bytes.
        let twice = ["AAA=", &"A".repeat(40)].concat();
        let error = key_text::decode(&twice);
        assert!(matches!(error, Err(ParseKeyTextError::Base64(_))), "{error:?}");
        let unpadded = "A".repeat(44);
        assert_eq!(key_text::decode(&unpadded), Err(ParseKeyTextError::Length { found: 44 }));
        let hex = key_text::decode(&"g".repeat(64));
        assert_eq!(hex, Err(ParseKeyTextError::Hex(ParseHexError::Digit { position: 0 })));
        let base32z = key_text::decode(&"l".repeat(52));
        assert_eq!(base32z, Err(ParseKeyTextError::Base32z(ParseBase32zError { position: 0 })));
        for text in ["*", "B"] {
            let error = key_text::decode(&text.repeat(43));
            assert!(matches!(error, Err(ParseKeyTextError::Base64(_))), "{text}");
        }
    }
}
