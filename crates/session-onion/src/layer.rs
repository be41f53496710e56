//! One layer on its way: the ciphertext for a node, and what the node needs to open it (§3, §5).
//!
//! A layer reaches a node in one of two forms: as a [frame](crate::frame) from the client, at the edge
//! ([`Layer::from_edge_body`], §5.1), or as a bencoded dict from the hop before ([`Layer::from_link_bytes`], §5.3).
//! [`Layer::peel`] takes it off.

use alloc::{borrow::Cow, vec::Vec};

use session_crypto::{
    encoding::hex::{self, ParseHexError},
    x25519::{X25519Keypair, X25519PublicKey},
};

use crate::{
    encryption::{DecryptError, EncryptionType, LayerKey, UnknownEncryptionType},
    frame::{Frame, FrameError},
    wire::Trailer,
};

mod link;

pub use link::LinkError;

/// Most bytes of an onion request, at the edge, on a node link and at a server (§9).
pub const MAX_REQUEST_LENGTH: usize = 10_485_760;

/// Largest hop number that a node accepts from another node (§5.3).
pub const MAX_HOP_NUMBER: u32 = 15;

/// A layer that is to be peeled by the node that has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Layer<'a> {
    pub(crate) blob: Cow<'a, [u8]>,
    pub(crate) ephemeral_key: X25519PublicKey,
    pub(crate) encryption: EncryptionType,
    pub(crate) hop_number: u32,
}

impl<'a> Layer<'a> {
    /// The outermost layer as a client posts it to the edge node. Its hop number is 0 unless the client starts
    /// with another; a negative one counts as 0.
    ///
    /// # Errors
    /// [`LayerError`], every variant; [`LayerError::to_reply`] is the answer to the client.
    pub fn from_edge_body(body: &'a [u8]) -> Result<Self, LayerError> {
        check_size(body)?;
        let frame = Frame::parse(body)?;
        let hop_number = frame.trailer.hop_no.unwrap_or(0).max(0);
        Ok(Self {
            blob: frame.blob().into(),
            ephemeral_key: ephemeral_key(&frame.trailer)?,
            encryption: encryption(&frame.trailer)?,
            hop_number: u32::try_from(hop_number).unwrap_or(0),
        })
    }

    /// The same layer with a ciphertext of its own.
    #[must_use]
    pub fn into_owned(self) -> Layer<'static> {
        Layer { blob: Cow::Owned(self.blob.into_owned()), ..self }
    }

    /// The ciphertext.
    #[must_use]
    pub fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// The client's key for this layer.
    #[must_use]
    pub const fn ephemeral_key(&self) -> X25519PublicKey {
        self.ephemeral_key
    }

    /// Cipher of this layer.
    #[must_use]
    pub const fn encryption(&self) -> EncryptionType {
        self.encryption
    }

    /// Hops before this one, as they and the client say.
    #[must_use]
    pub const fn hop_number(&self) -> u32 {
        self.hop_number
    }

    /// Decrypts the layer without looking at what is in it. The key serves for the reply.
    ///
    /// # Errors
    /// [`DecryptError`], every variant.
    pub fn decrypt(&self, node: &X25519Keypair) -> Result<(LayerKey, Vec<u8>), DecryptError> {
        LayerKey::open_request(self.encryption, node, &self.ephemeral_key, &self.blob)
    }
}

pub(crate) fn check_size(bytes: &[u8]) -> Result<(), LayerError> {
    match bytes.len() {
        0..=MAX_REQUEST_LENGTH => Ok(()),
        found => Err(LayerError::TooLarge { maximum: MAX_REQUEST_LENGTH, found }),
    }
}

/// The key of a trailer that opens the blob beside it.
pub(crate) fn ephemeral_key(trailer: &Trailer) -> Result<X25519PublicKey, LayerError> {
    public_key("ephemeral_key", trailer.ephemeral_key.as_deref()).map(X25519PublicKey::from_bytes)
}

/// A key that must be there, of 64 hexadecimal digits.
pub(crate) fn public_key(key: &'static str, text: Option<&str>) -> Result<[u8; 32], LayerError> {
    let text = text.ok_or(LayerError::Missing { key })?;
    hex::decode_array(text).map_err(|source| LayerError::PublicKey { key, source })
}

pub(crate) fn encryption(trailer: &Trailer) -> Result<EncryptionType, UnknownEncryptionType> {
    trailer.enc_type.as_deref().map_or(Ok(EncryptionType::WHEN_ABSENT), str::parse)
}

/// Why bytes are no layer: the outermost frame, or the frame inside a layer, breaks the format.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LayerError {
    /// More bytes than a request may have.
    #[error("onion request of {found} bytes, at most {maximum} are taken")]
    TooLarge {
        /// The limit.
        maximum: usize,
        /// Bytes that were given.
        found: usize,
    },
    /// The bytes are no frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The trailer lacks a key.
    #[error("trailer has no `{key}`")]
    Missing {
        /// Name of the key.
        key: &'static str,
    },
    /// A public key of the trailer is not 64 hexadecimal digits.
    #[error("`{key}` of the trailer is no public key")]
    PublicKey {
        /// Name of the key.
        key: &'static str,
        /// What is wrong with the text.
        source: ParseHexError,
    },
    /// `enc_type` of the trailer is unknown.
    #[error(transparent)]
    EncryptionType(#[from] UnknownEncryptionType),
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::String, vec};

    use super::*;
    use crate::{frame, json::JsonError};

    const KEY: &str = "00001111222233334444555566667777888899990000aaaabbbbccccddddEEEE";

    fn edge(trailer: &str) -> Result<(u32, EncryptionType), LayerError> {
        let body = frame::encode(b"blob", trailer);
        let layer = Layer::from_edge_body(&body)?;
        assert_eq!(
            (layer.blob(), layer.ephemeral_key()),
            (b"blob".as_slice(), KEY.parse().unwrap())
        );
        Ok((layer.hop_number(), layer.encryption()))
    }

    fn with_key(rest: &str) -> String {
        format!(r#"{{"ephemeral_key":"{KEY}"{rest}}}"#)
    }

    #[test]
    fn the_edge_reads_hop_number_and_encryption_with_their_defaults() {
        for (rest, hop_number, encryption) in [
            ("", 0, EncryptionType::AesGcm),
            (r#","enc_type":"xchacha20""#, 0, EncryptionType::XChaCha20),
            (r#","hop_no":3"#, 3, EncryptionType::AesGcm),
            (r#","hop_no":-3"#, 0, EncryptionType::AesGcm),
            (r#","hop_no":1.5"#, 1, EncryptionType::AesGcm),
            (r#","hop_no":-1.5"#, 0, EncryptionType::AesGcm),
            (r#","hop_no":1e300"#, 0, EncryptionType::AesGcm),
            (r#","hop_no":2147483647"#, 2_147_483_647, EncryptionType::AesGcm),
            (r#","hop_no":2147483648"#, 0, EncryptionType::AesGcm),
            (r#","hop_no":4294967298"#, 2, EncryptionType::AesGcm),
            (r#","hop_no":18446744073709551617"#, 0, EncryptionType::AesGcm),
            (r#","hop_no":9223372036854775807"#, 0, EncryptionType::AesGcm),
        ] {
            assert_eq!(edge(&with_key(rest)), Ok((hop_number, encryption)), "{rest}");
        }
    }

    #[test]
    fn the_edge_refuses_by_name() {
        let missing = LayerError::Missing { key: "ephemeral_key" };
        assert_eq!(edge("{}"), Err(missing));
        let source = ParseHexError::Length { expected: 64, found: 2 };
        let short = LayerError::PublicKey { key: "ephemeral_key", source };
        assert_eq!(edge(r#"{"ephemeral_key":"ab"}"#), Err(short));
        let unknown = LayerError::EncryptionType(UnknownEncryptionType);
        assert_eq!(edge(&with_key(r#","enc_type":"rot13""#)), Err(unknown));
        assert!(matches!(
            edge(&with_key(r#","hop_no":"1""#)),
            Err(LayerError::Frame(FrameError::Trailer(JsonError::Shape { .. })))
        ));
    }

    #[test]
    fn the_limit_is_inclusive() {
        let trailer = with_key("");
        let fitting = MAX_REQUEST_LENGTH - trailer.len() - 4;
        let body = frame::encode(&vec![0; fitting], &trailer);
        assert_eq!(Layer::from_edge_body(&body).map(|layer| layer.blob().len()), Ok(fitting));
        let body = frame::encode(&vec![0; fitting + 1], &trailer);
        let found = MAX_REQUEST_LENGTH + 1;
        let error = LayerError::TooLarge { maximum: MAX_REQUEST_LENGTH, found };
        assert_eq!(Layer::from_edge_body(&body), Err(error));
    }
}
