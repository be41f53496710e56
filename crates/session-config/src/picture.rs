//! Profile pictures: where the encrypted file is, and its key (07 §11).

use std::fmt;

use session_crypto::secret::SecretBytes;

use crate::data::{Dict, Value};

/// Longest URL of a picture in bytes.
pub const MAX_URL_LENGTH: usize = 223;

/// Address and key of a picture.
#[derive(Clone, Eq, PartialEq)]
pub struct ProfilePicture {
    url: String,
    key: SecretBytes<32>,
}

impl ProfilePicture {
    /// Length of the key in bytes.
    pub const KEY_LENGTH: usize = 32;

    /// Picture at `url`, encrypted with `key`.
    ///
    /// # Errors
    /// [`PictureError::UrlLength`] for an empty URL or one of more than [`MAX_URL_LENGTH`] bytes;
    /// [`PictureError::KeyLength`] if the key has not 32 bytes.
    pub fn new(url: impl Into<String>, key: &[u8]) -> Result<Self, PictureError> {
        let url = url.into();
        if url.is_empty() || url.len() > MAX_URL_LENGTH {
            return Err(PictureError::UrlLength { found: url.len() });
        }
        let key = key.try_into().map_err(|_| PictureError::KeyLength { found: key.len() })?;
        Ok(Self { url, key: SecretBytes::from_bytes(key) })
    }

    /// Where the encrypted picture is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The key that decrypts the picture.
    #[must_use]
    pub fn expose_key(&self) -> &[u8; 32] {
        self.key.expose_bytes()
    }

    /// The pair under two keys; a reader takes longer URLs than a writer.
    pub(crate) fn read(dict: &Dict, url: &[u8], key: &[u8]) -> Option<Self> {
        let url = dict.text(url).filter(|url| !url.is_empty())?;
        Some(Self { url, key: SecretBytes::from_bytes(dict.array(key)?) })
    }

    /// The values of the two keys: both or none.
    pub(crate) fn write(picture: Option<&Self>) -> [Option<Value>; 2] {
        [
            picture.map(|picture| Value::from(picture.url())),
            picture.map(|picture| Value::from(picture.expose_key().as_slice())),
        ]
    }
}

impl fmt::Debug for ProfilePicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProfilePicture").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Why there is no such picture.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// The URL is empty or too long.
    #[error("picture URL of {found} bytes, expected 1 to 223")]
    UrlLength {
        /// Bytes that were given.
        found: usize,
    },
    /// The key has not 32 bytes.
    #[error("picture key of {found} bytes, expected 32")]
    KeyLength {
        /// Bytes that were given.
        found: usize,
    },
}
