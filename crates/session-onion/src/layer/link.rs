//! The dict in which a node hands a layer to the next one (§5.3).
//!
//! ```text
//! d 4:data <blob> 8:enc_type <text> 13:ephemeral_key 32:<key> 6:hop_no i<number>e e
//! ```

use alloc::{format, vec::Vec};
use core::str;

use session_crypto::{LengthError, reader::Reader, x25519::X25519PublicKey};

use super::{Layer, MAX_HOP_NUMBER, check_size};
use crate::{
    encryption::{EncryptionType, UnknownEncryptionType},
    wire::bt::{self, BtError},
};

impl<'a> Layer<'a> {
    /// Reads the dict. Without `enc_type` the layer is AES-GCM, without `hop_no`, or with one below 1, it is
    /// number 1.
    ///
    /// # Errors
    /// [`LinkError`], every variant; [`LinkError::to_reply`] is the answer to the node before.
    pub fn from_link_bytes(bytes: &'a [u8]) -> Result<Self, LinkError> {
        check_size(bytes).map_err(|_| LinkError::TooLarge { found: bytes.len() })?;
        let mut dict = Dict::default();
        let mut reader = Reader::new(bytes);
        bt::expect(&mut reader, b'd')?;
        let mut previous = b"".as_slice();
        while !bt::take_if(&mut reader, b'e') {
            let key = bt::take_string(&mut reader)?;
            if key <= previous {
                return Err(BtError::Key.into());
            }
            previous = key;
            match key {
                b"data" => dict.data = Some(bt::take_string(&mut reader)?),
                b"enc_type" => dict.enc_type = Some(bt::take_string(&mut reader)?),
                b"ephemeral_key" => dict.ephemeral_key = Some(bt::take_string(&mut reader)?),
                b"hop_no" => dict.hop_no = Some(bt::take_integer(&mut reader)?),
                _ => return Err(BtError::Key.into()),
            }
        }
        bt::finish(reader)?;
        dict.try_into()
    }

    /// The dict for this layer's node.
    #[must_use]
    pub fn to_link_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.blob.len().saturating_add(128));
        out.extend_from_slice(b"d4:data");
        bt::push_string(&mut out, &self.blob);
        out.extend_from_slice(b"8:enc_type");
        bt::push_string(&mut out, self.encryption.as_str().as_bytes());
        out.extend_from_slice(b"13:ephemeral_key");
        bt::push_string(&mut out, self.ephemeral_key.as_bytes());
        out.extend_from_slice(format!("6:hop_noi{}ee", self.hop_number).as_bytes());
        out
    }
}

#[derive(Default)]
struct Dict<'a> {
    data: Option<&'a [u8]>,
    enc_type: Option<&'a [u8]>,
    ephemeral_key: Option<&'a [u8]>,
    hop_no: Option<i64>,
}

impl<'a> TryFrom<Dict<'a>> for Layer<'a> {
    type Error = LinkError;

    fn try_from(dict: Dict<'a>) -> Result<Self, LinkError> {
        let key = dict.ephemeral_key.ok_or(LinkError::Missing { key: "ephemeral_key" })?;
        let encryption = match dict.enc_type {
            Some(name) => str::from_utf8(name).map_err(|_| UnknownEncryptionType)?.parse()?,
            None => EncryptionType::WHEN_ABSENT,
        };
        let hop_number = dict.hop_no.unwrap_or(1).max(1);
        let hop_number = u32::try_from(hop_number).unwrap_or(u32::MAX);
        let layer = Self {
            blob: dict.data.ok_or(LinkError::Missing { key: "data" })?.into(),
            ephemeral_key: X25519PublicKey::try_from(key)?,
            encryption,
            hop_number,
        };
        // Last, because only a layer that is right in everything else has the answer of its own.
        if hop_number > MAX_HOP_NUMBER { Err(LinkError::PathTooLong) } else { Ok(layer) }
    }
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
    /// The bytes are not the bencoded dict.
    #[error("node link is no such dict: {0}")]
    Dict(#[from] BtError),
    /// The dict lacks a key.
    #[error("node link has no `{key}`")]
    Missing {
        /// Name of the key.
        key: &'static str,
    },
    /// `ephemeral_key` has not 32 bytes.
    #[error("ephemeral key of the node link: {0}")]
    PublicKey(#[from] LengthError),
    /// `enc_type` is unknown.
    #[error("node link has an {0}")]
    EncryptionType(#[from] UnknownEncryptionType),
    /// The hop number is above [`MAX_HOP_NUMBER`]: the request goes in circles.
    #[error("path is too long")]
    PathTooLong,
}

#[cfg(test)]
mod tests {
    use alloc::{borrow::Cow, string::String};

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
        let huge = format!("d4:data0:{}6:hop_noi9223372036854775807ee", key());
        assert_eq!(Layer::from_link_bytes(huge.as_bytes()), Err(LinkError::PathTooLong));
    }

    #[test]
    fn every_fault_has_its_name() {
        let key = key();
        for (text, error) in [
            (format!("d{key}e"), LinkError::Missing { key: "data" }),
            ("d4:data0:e".into(), LinkError::Missing { key: "ephemeral_key" }),
            (format!("d4:data0:8:enc_type3:cbc{key}e"), UnknownEncryptionType.into()),
            ("d4:data0:13:ephemeral_key3:abce".into(), LengthError::clone(&short()).into()),
            (format!("d4:data0:4:data0:{key}e"), BtError::Key.into()),
            (format!("d{key}4:data0:e"), BtError::Key.into()),
            (format!("d4:data0:{key}3:newi1ee"), BtError::Key.into()),
            (format!("d4:datai1e{key}e"), BtError::Malformed.into()),
            (format!("d4:data0:{key}ex"), BtError::TrailingBytes.into()),
            (format!("l4:data0:{key}e"), BtError::Malformed.into()),
        ] {
            assert_eq!(Layer::from_link_bytes(text.as_bytes()), Err(error), "{text}");
        }
        let large = alloc::vec![b'd'; super::super::MAX_REQUEST_LENGTH + 1];
        let error = LinkError::TooLarge { found: large.len() };
        assert_eq!(Layer::from_link_bytes(&large), Err(error));
    }

    fn short() -> LengthError {
        X25519PublicKey::try_from(b"abc".as_slice()).unwrap_err()
    }

    #[test]
    fn every_truncation_is_refused() {
        let bytes = layer(2).to_link_bytes();
        for length in 0..bytes.len() {
            let error = Layer::from_link_bytes(&bytes[..length]);
            assert_eq!(error, Err(LinkError::Dict(BtError::Truncated)), "{length}");
        }
    }
}
