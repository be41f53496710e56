//! The frame at every layer: a length, a ciphertext of that length, and a JSON object (§3).
//!
//! ```text
//! +----------------+--------------------+------------------------------+
//! | N : u32le (4)  | BLOB : N bytes     | TRAILER : UTF-8 JSON object  |
//! +----------------+--------------------+------------------------------+
//! ```
//!
//! The trailer says what to do with the blob: it is ours, or to be passed on to a node or a server.

use alloc::vec::Vec;

use session_crypto::reader::{Reader, Truncated};

use crate::{
    json::{self, JsonError},
    wire,
};

/// A parsed frame, borrowing its blob.
#[derive(Debug)]
pub struct Frame<'a> {
    blob: &'a [u8],
    trailer_text: &'a [u8],
    pub(crate) trailer: wire::Trailer,
}

impl<'a> Frame<'a> {
    /// Splits the frame and reads its trailer. Unknown keys of the trailer are ignored.
    ///
    /// # Errors
    /// [`FrameError::Truncated`] below 4 bytes, [`FrameError::BlobTruncated`] if the length points past the
    /// end, [`FrameError::Trailer`] if the rest is not one JSON object with the types of §3.1 and without
    /// repeated keys.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let mut reader = Reader::new(bytes);
        let length =
            reader.take_array().map_err(|_| FrameError::Truncated { found: bytes.len() })?;
        let announced = u32::from_le_bytes(length);
        let missing = |Truncated { left, .. }| FrameError::BlobTruncated { announced, left };
        // A length above the address space is past the end of any input.
        let length = usize::try_from(announced).unwrap_or(usize::MAX);
        let blob = reader.take(length).map_err(missing)?;
        let trailer_text = reader.take_rest();
        Ok(Self { blob, trailer_text, trailer: json::parse_object(trailer_text)? })
    }

    /// The ciphertext, or the request itself in the innermost frame.
    #[must_use]
    pub const fn blob(&self) -> &'a [u8] {
        self.blob
    }

    /// Cipher that the trailer names, whether or not there is one of this name.
    #[must_use]
    pub fn encryption_name(&self) -> Option<&str> {
        self.trailer.enc_type.as_deref()
    }

    /// The JSON text of the trailer as it came.
    #[must_use]
    pub const fn trailer(&self) -> &'a [u8] {
        self.trailer_text
    }
}

/// Writes a frame. The caller bounds `blob`: no request is longer than [`crate::MAX_REQUEST_LENGTH`].
pub(crate) fn encode(blob: &[u8], trailer: &str) -> Vec<u8> {
    [length_field(blob).as_slice(), blob, trailer.as_bytes()].concat()
}

/// The length in front of `blob`, which the caller bounds.
pub(crate) fn length_field(blob: &[u8]) -> [u8; LENGTH_FIELD] {
    u32::try_from(blob.len()).unwrap_or(u32::MAX).to_le_bytes()
}

/// The blob of a frame that was parsed, in the memory of the frame.
pub(crate) fn into_blob(mut frame: Vec<u8>, length: usize) -> Vec<u8> {
    frame.truncate(length.saturating_add(LENGTH_FIELD));
    frame.drain(..LENGTH_FIELD.min(frame.len()));
    frame
}

/// Bytes of the length in front of a blob.
const LENGTH_FIELD: usize = 4;

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Shorter than the length field.
    #[error("frame of {found} bytes has no length")]
    Truncated {
        /// Bytes that were given.
        found: usize,
    },
    /// The length points past the end.
    #[error("frame announces a blob of {announced} bytes, {left} are left")]
    BlobTruncated {
        /// The length field.
        announced: u32,
        /// Bytes behind it.
        left: usize,
    },
    /// The trailer is not the JSON object of §3.1.
    #[error(transparent)]
    Trailer(#[from] JsonError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_split_at_its_length() {
        let bytes = encode(b"blob", r#"{"unknown":[1]}"#);
        let frame = Frame::parse(&bytes).unwrap();
        assert_eq!(
            (frame.blob(), frame.trailer()),
            (b"blob".as_slice(), br#"{"unknown":[1]}"#.as_slice())
        );
        assert_eq!(frame.trailer, wire::Trailer::default());
    }

    #[test]
    fn lengths_past_the_end_are_refused_without_overflow() {
        for announced in [5, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            let bytes = [&announced.to_le_bytes(), b"{\"\"}".as_slice()].concat();
            let error = FrameError::BlobTruncated { announced, left: 4 };
            assert_eq!(Frame::parse(&bytes).unwrap_err(), error);
        }
    }

    #[test]
    fn every_truncation_is_refused() {
        let bytes = encode(b"blob", r#"{"headers":""}"#);
        for length in 0..bytes.len() {
            let error = Frame::parse(&bytes[..length]).unwrap_err();
            let expected = match length {
                0..4 => matches!(error, FrameError::Truncated { found } if found == length),
                4..8 => matches!(error, FrameError::BlobTruncated { announced: 4, .. }),
                _ => matches!(error, FrameError::Trailer(JsonError::Syntax { .. })),
            };
            assert!(expected, "{length}: {error:?}");
        }
        let error = Frame::parse(&[bytes.as_slice(), b"x"].concat()).unwrap_err();
        assert!(matches!(error, FrameError::Trailer(JsonError::Syntax { .. })), "{error:?}");
    }

    #[test]
    fn keys_of_the_trailer_have_their_types_and_come_once() {
        for trailer in [
            r#"{"ephemeral_key":5}"#,
            r#"{"enc_type":null}"#,
            r#"{"hop_no":"1"}"#,
            r#"{"hop_no":null}"#,
            r#"{"destination":[]}"#,
            r#"{"host":{}}"#,
            r#"{"target":false}"#,
            r#"{"port":65536}"#,
            r#"{"port":-1}"#,
            r#"{"protocol":1}"#,
            r#"{"json":"true"}"#,
            r#"{"base64":0}"#,
            r#"{"headers":"","headers":""}"#,
            r#"{"destination":"a","destination":"b"}"#,
            r#"{"host":"a","\u0068ost":"b"}"#,
            r#"{"method":"POST","method":"POST"}"#,
            r#"{"body":null,"body":null}"#,
            r#"["headers"]"#,
        ] {
            let error = Frame::parse(&encode(b"", trailer)).unwrap_err();
            assert!(matches!(error, FrameError::Trailer(JsonError::Shape { .. })), "{trailer}");
        }
    }
}
