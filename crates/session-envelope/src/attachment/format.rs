//! Which format a file has (02 §11.1). The key's length alone does not tell.

use super::{AttachmentKey, Fragment};
use crate::attachment::legacy::{LegacyKey, PictureCipherKey};

/// Format of a file, with its key.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Format {
    /// The stream of [`super::decrypt`].
    Stream(AttachmentKey),
    /// AES-CBC with HMAC: attachments of older clients.
    Legacy(LegacyKey),
    /// AES-GCM: pictures of older clients.
    LegacyPicture(PictureCipherKey),
    /// Not encrypted: files of communities.
    Plain,
}

impl Format {
    /// Format of an attachment by its URL, its key and, in the legacy format, its digest.
    ///
    /// # Errors
    /// [`FormatError`] if key or digest do not fit the format that the URL names.
    pub fn of_attachment(
        url: &str,
        key: &[u8],
        digest: Option<&[u8; 32]>,
    ) -> Result<Self, FormatError> {
        match (Fragment::of_url(url).is_stream(), key, digest) {
            (true, key, _) => stream(key),
            (false, [], None) => Ok(Self::Plain),
            (false, key, Some(digest)) => {
                let wrong = FormatError::KeyLength { found: key.len() };
                let key = key.try_into().map_err(|_| wrong)?;
                Ok(Self::Legacy(LegacyKey::from_parts(key, *digest)))
            }
            (false, _, None) => Err(FormatError::MissingDigest),
        }
    }

    /// Format of a picture by its URL and its key.
    ///
    /// # Errors
    /// [`FormatError::KeyLength`] if the key has not 32 bytes.
    pub fn of_picture(url: &str, key: &[u8]) -> Result<Self, FormatError> {
        let wrong = FormatError::KeyLength { found: key.len() };
        key.try_into().map(|key| Self::of_picture_key(url, key)).map_err(|_| wrong)
    }

    /// Format of a picture by its URL and its key of the right length.
    pub(crate) fn of_picture_key(url: &str, key: &[u8; 32]) -> Self {
        if Fragment::of_url(url).is_stream() {
            Self::Stream(AttachmentKey::from_bytes(*key))
        } else {
            Self::LegacyPicture(PictureCipherKey::from_bytes(*key))
        }
    }
}

/// Why a file has no known format.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The key has not the length of the format's keys.
    #[error("key of {found} bytes does not fit the format of the file")]
    KeyLength {
        /// Bytes that were given.
        found: usize,
    },
    /// The legacy format needs a digest.
    #[error("file of the legacy format without digest")]
    MissingDigest,
}

fn stream(key: &[u8]) -> Result<Format, FormatError> {
    let wrong = FormatError::KeyLength { found: key.len() };
    key.try_into().map(AttachmentKey::from_bytes).map(Format::Stream).map_err(|_| wrong)
}
