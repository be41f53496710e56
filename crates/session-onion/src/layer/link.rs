//! The dict in which a node hands a layer to the next one (§5.3).
//!
//! ```text
//! d 4:data <blob> 8:enc_type <text> 13:ephemeral_key 32:<key> 6:hop_no i<number>e e
//! ```

use alloc::vec::Vec;
use core::str;

use session_bt::{DecodeError, Reader, encode_dict};
use session_crypto::x25519::X25519PublicKey;

use super::{Layer, MAX_HOP_NUMBER, check_size};
use crate::encryption::{EncryptionType, UnknownEncryptionType};

impl<'a> Layer<'a> {
    /// Reads the dict. Without `enc_type` the layer is AES-GCM, without `hop_no`, or with one below 1, it is
    /// number 1. Other keys are ignored.
    ///
    /// # Errors
    /// [`LinkError`], every variant; [`LinkError::to_reply`] is the answer to the node before.
    pub fn from_link_bytes(bytes: &'a [u8]) -> Result<Self, LinkError> {
        check_size(bytes).map_err(|_| LinkError::TooLarge { found: bytes.len() })?;
        let mut reader = Reader::new(bytes);
        let mut dict = reader.value()?.dict()?;
        let blob = dict.require(b"data")?.bytes()?;
        let encryption = match dict.find(b"enc_type")? {
            Some(name) => read_encryption(name.bytes()?),
            None => Ok(EncryptionType::WHEN_ABSENT),
        };
        let key = dict.require(b"ephemeral_key")?.array()?;
        let hop_number = match dict.find(b"hop_no")? {
            Some(number) => number.integer::<i128>()?.max(1),
            None => 1,
        };
        reader.finish()?;
        let layer = Self {
            blob: blob.into(),
            ephemeral_key: X25519PublicKey::from_bytes(*key),
            encryption: encryption?,
            hop_number: u32::try_from(hop_number).unwrap_or(u32::MAX),
        };
        // Last, because only a layer that is right in everything else has this answer.
        if layer.hop_number > MAX_HOP_NUMBER { Err(LinkError::PathTooLong) } else { Ok(layer) }
    }

    /// The dict for this layer's node.
    #[must_use]
    pub fn to_link_bytes(&self) -> Vec<u8> {
        encode_dict(|dict| {
            dict.bytes(b"data", &self.blob);
            dict.bytes(b"enc_type", self.encryption.as_str().as_bytes());
            dict.bytes(b"ephemeral_key", self.ephemeral_key.as_bytes());
            dict.integer(b"hop_no", self.hop_number);
        })
    }
}

fn read_encryption(name: &[u8]) -> Result<EncryptionType, UnknownEncryptionType> {
    // No name outside ASCII is known either.
    str::from_utf8(name).unwrap_or_default().parse()
}

/// Why bytes from another node are no layer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// More bytes than a request may have.
    #[error("node link carries {found} bytes, more than a request may have")]
    TooLarge {
        /// Bytes that were given.
        found: usize,
    },
    /// The bytes are not the bencoded dict, or a key is missing or of another kind or length.
    #[error(transparent)]
    Dict(#[from] DecodeError),
    /// `enc_type` is unknown.
    #[error(transparent)]
    EncryptionType(#[from] UnknownEncryptionType),
    /// The hop number is above [`MAX_HOP_NUMBER`]: the request goes in circles.
    #[error("path is too long")]
    PathTooLong,
}

#[cfg(test)]
mod tests {
    use alloc::{borrow::Cow, format, string::String};

    use session_bt::Malformed;

    use super::*;

    fn layer(hop_number: u32) -> Layer<'static> {
        Layer {
            blob: Cow::Borrowed(b"bl:ob"),
            ephemeral_key: X25519PublicKey::from_bytes([b'k'; 32]),
            encryption: EncryptionType::XChaCha20,
            hop_number,
        }
    }

    fn key() -> String {
        format!("13:ephemeral_key32:{}", "k".repeat(32))
    }

    #[test]
    fn the_dict_is_as_written_in_the_specification() {
        let text = format!("d4:data5:bl:ob8:enc_type9:xchacha20{}6:hop_noi2ee", key());
        assert_eq!(layer(2).to_link_bytes(), text.as_bytes());
        assert_eq!(Layer::from_link_bytes(text.as_bytes()), Ok(layer(2)));
        let newer =
            format!("d1:ali1ee4:data5:bl:ob8:enc_type9:xchacha20{}6:hop_noi2e1:z0:e", key());
        assert_eq!(Layer::from_link_bytes(newer.as_bytes()), Ok(layer(2)));
    }

    #[test]
    fn absent_fields_have_defaults() {
        let expected = Layer { encryption: EncryptionType::AesGcm, ..layer(1) };
        for hop_no in ["", "6:hop_noi0e", "6:hop_noi-5e", "6:hop_noi1e"] {
            let text = format!("d4:data5:bl:ob{}{hop_no}e", key());
            assert_eq!(Layer::from_link_bytes(text.as_bytes()), Ok(expected.clone()), "{hop_no}");
        }
    }

    #[test]
    fn hop_numbers_above_fifteen_are_refused() {
        for number in [1, MAX_HOP_NUMBER] {
            let bytes = layer(number).to_link_bytes();
            assert_eq!(Layer::from_link_bytes(&bytes), Ok(layer(number)));
        }
        for number in [MAX_HOP_NUMBER + 1, u32::MAX] {
            let bytes = layer(number).to_link_bytes();
            assert_eq!(Layer::from_link_bytes(&bytes), Err(LinkError::PathTooLong), "{number}");
        }
        let huge = format!("d4:data0:{}6:hop_noi18446744073709551615ee", key());
        assert_eq!(Layer::from_link_bytes(huge.as_bytes()), Err(LinkError::PathTooLong));
    }

    #[test]
    fn every_fault_has_its_name() {
        let key = key();
        let unknown = |text: &str| text.parse::<EncryptionType>().unwrap_err();
        for cipher in ["3:cbc", "1:\u{7f}", "0:"] {
            let text = format!("d4:data0:8:enc_type{cipher}{key}e");
            let error = LinkError::EncryptionType(unknown("cbc"));
            assert_eq!(Layer::from_link_bytes(text.as_bytes()), Err(error), "{text}");
        }
        for (text, reason) in [
            (format!("d{key}e"), Malformed::MissingKey { key: b"data" }),
            ("d4:data0:e".into(), Malformed::MissingKey { key: b"ephemeral_key" }),
            (
                "d4:data0:13:ephemeral_key3:abce".into(),
                Malformed::WrongLength { expected: 32, found: 3 },
            ),
            (format!("d4:data0:{key}ex"), Malformed::TrailingBytes),
        ] {
            let Err(LinkError::Dict(error)) = Layer::from_link_bytes(text.as_bytes()) else {
                panic!("{text}");
            };
            assert_eq!(error.reason, reason, "{text}");
        }
        for text in [
            format!("d4:data0:4:data0:{key}e"),
            format!("d{key}4:data0:e"),
            format!("d4:datai1e{key}e"),
        ] {
            let error = Layer::from_link_bytes(text.as_bytes());
            assert!(matches!(error, Err(LinkError::Dict(_))), "{text}");
        }
        let large = alloc::vec![b'd'; super::super::MAX_REQUEST_LENGTH + 1];
        let error = LinkError::TooLarge { found: large.len() };
        assert_eq!(Layer::from_link_bytes(&large), Err(error));
    }

    #[test]
    fn every_truncation_is_refused() {
        let bytes = layer(2).to_link_bytes();
        for length in 0..bytes.len() {
            let error = Layer::from_link_bytes(&bytes[..length]);
            assert!(matches!(error, Err(LinkError::Dict(_))), "{length}");
        }
    }
}
