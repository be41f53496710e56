//! Why a group message was not framed, or its frame not opened.

use session_bt::DecodeError;

use super::MAX_PLAINTEXT_LENGTH;
use crate::compression::DecompressError;

/// Why a plaintext was not sealed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// No receiver accepts an empty one.
    #[error("group message is empty")]
    Empty,
    /// Longer than any receiver accepts.
    #[error("group message of {found} bytes, at most {MAX_PLAINTEXT_LENGTH} are possible")]
    TooLong {
        /// Bytes that were given.
        found: usize,
    },
}

/// Why a stored message did not open.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Fewer bytes than nonce and tag have.
    #[error("group message of {found} bytes is too short")]
    TooShort {
        /// Bytes that were given.
        found: usize,
    },
    /// Encrypted with a key that is not among the given ones, or altered. A key may still arrive: keep it.
    #[error("none of {keys} group keys decrypts the message")]
    NoKeyFits {
        /// Number of keys that were tried.
        keys: usize,
    },
    /// What was decrypted begins or ends with something else.
    #[error("group message is no bencoded dict")]
    NoDict,
    /// What was decrypted is almost a dict.
    #[error("malformed group message: {0}")]
    Malformed(#[from] DecodeError),
    /// The dict is of a future version.
    #[error("group message of version {version}, only 1 is supported")]
    UnsupportedVersion {
        /// The version.
        version: i128,
    },
    /// A value that must be there is not.
    #[error("group message without {field}")]
    Missing {
        /// What is missing.
        field: &'static str,
    },
    /// A value has the wrong length.
    #[error("{field} of the group message has {found} bytes, expected {expected}")]
    Length {
        /// The value.
        field: &'static str,
        /// Bytes that were wanted.
        expected: usize,
        /// Bytes that were found.
        found: usize,
    },
    /// The message says nothing.
    #[error("{field} of the group message is empty")]
    Empty {
        /// The value.
        field: &'static str,
    },
    /// There is plain and compressed data, and only one of them is signed.
    #[error("group message with plain and compressed data")]
    TwoForms,
    /// The author's key has no Account ID.
    #[error("author of the group message is no account")]
    SenderKey,
    /// The signature is not by the author, or for another group.
    #[error("signature of the group message is wrong")]
    Signature,
    /// What was signed does not decompress.
    #[error(transparent)]
    Compression(#[from] DecompressError),
}
