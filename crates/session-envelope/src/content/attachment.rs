//! Pointers to files: where a file is, how it is decrypted, what it is (03 §1.4).

use alloc::{string::String, vec::Vec};
use core::fmt;

use zeroize::Zeroizing;

use super::{ContentError, fields, safe_file_name};
use crate::{
    attachment::{Format, FormatError},
    wire::{self, UnknownFields, data::AttachmentPointer},
};

/// Type of a file of which nothing else is known.
const UNKNOWN_TYPE: &str = "application/octet-stream";
/// Flag of a voice message.
const VOICE_MESSAGE: u32 = 1;

/// A file that belongs to a message.
///
/// What a peer sends is taken as it is, so that one odd pointer does not cost the message: nothing here is to
/// be believed before the file was fetched and decrypted, and no URL is to be fetched but one of a server that
/// the application accepts.
#[derive(Clone, Eq, PartialEq)]
pub struct Attachment {
    url: String,
    id: u64,
    content_type: Option<String>,
    key: Zeroizing<Vec<u8>>,
    size: Option<u32>,
    digest: Option<[u8; 32]>,
    file_name: Option<String>,
    flags: Option<u32>,
    dimensions: (Option<u32>, Option<u32>),
    unknown: UnknownFields,
}

impl Attachment {
    /// File of `size` bytes, decrypted, that was uploaded to `url`. The key is empty in communities, whose
    /// files are plain.
    ///
    /// # Errors
    /// [`ContentError::Empty`] for a blank URL: a file must be uploaded before its message is sent.
    pub fn new(url: impl Into<String>, key: &[u8], size: u32) -> Result<Self, ContentError> {
        let url = fields::not_blank(url.into(), "AttachmentPointer.url")?;
        Ok(Self {
            id: id_of_url(&url),
            url,
            content_type: None,
            key: Zeroizing::new(key.to_vec()),
            size: Some(size),
            digest: None,
            file_name: None,
            flags: None,
            dimensions: (None, None),
            unknown: UnknownFields::default(),
        })
    }

    /// The attachment with a MIME type.
    #[must_use]
    pub fn with_content_type(self, content_type: impl Into<String>) -> Self {
        Self { content_type: Some(content_type.into()), ..self }
    }

    /// The attachment with a file name.
    #[must_use]
    pub fn with_file_name(self, name: impl Into<String>) -> Self {
        Self { file_name: Some(name.into()), ..self }
    }

    /// The attachment with width and height, in pixels.
    #[must_use]
    pub fn with_dimensions(self, width: u32, height: u32) -> Self {
        Self { dimensions: (Some(width), Some(height)), ..self }
    }

    /// The attachment as a recorded voice message.
    #[must_use]
    pub fn with_voice_message(self) -> Self {
        Self { flags: Some(self.flags.unwrap_or(0) | VOICE_MESSAGE), ..self }
    }

    /// Where the file is, empty if the sender did not say. Behind `#` it says how to decrypt it (02 §11.1).
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Number of the file on its server: the last part of the URL, 0 if that is no number.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// MIME type. If the sender did not say, the application may look at the file name.
    #[must_use]
    pub fn content_type(&self) -> &str {
        self.content_type.as_deref().unwrap_or(UNKNOWN_TYPE)
    }

    /// Key of the file: 32 bytes in the stream format, 64 in the legacy format, none in communities.
    #[must_use]
    pub fn expose_key(&self) -> &[u8] {
        &self.key
    }

    /// Length of the decrypted file in bytes. Old clients say 0.
    #[must_use]
    pub const fn size(&self) -> Option<u32> {
        self.size
    }

    /// SHA-256 of the encrypted file, in the legacy format only.
    #[must_use]
    pub const fn digest(&self) -> Option<&[u8; 32]> {
        self.digest.as_ref()
    }

    /// Format of the file on its server, with its key.
    ///
    /// # Errors
    /// [`FormatError`] if key or digest do not fit the format that the URL names.
    pub fn format(&self) -> Result<Format, FormatError> {
        Format::of_attachment(&self.url, &self.key, self.digest())
    }

    /// File name under which the file can be saved, made safe by [`safe_file_name`]. `None`: the sender named none, or
    /// none that could be used.
    #[must_use]
    pub fn file_name(&self) -> Option<String> {
        self.file_name.as_deref().and_then(safe_file_name)
    }

    /// Whether the file is a recorded voice message.
    #[must_use]
    pub fn is_voice_message(&self) -> bool {
        self.flags.is_some_and(|flags| flags & VOICE_MESSAGE != 0)
    }

    /// Width and height in pixels, as the sender claims.
    #[must_use]
    pub fn dimensions(&self) -> Option<(u32, u32)> {
        self.dimensions.0.zip(self.dimensions.1)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let pointer = AttachmentPointer {
            id: Some(self.id),
            content_type: self.content_type.clone(),
            key: (!self.key.is_empty()).then(|| self.key.to_vec()),
            size: self.size,
            digest: self.digest.map(|digest| digest.to_vec()),
            file_name: self.file_name.clone(),
            flags: self.flags,
            width: self.dimensions.0,
            height: self.dimensions.1,
            url: (!self.url.is_empty()).then(|| self.url.clone()),
            ..AttachmentPointer::default()
        };
        wire::encode_with(&pointer, &self.unknown)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        let (pointer, unknown) = wire::decode_keeping::<AttachmentPointer>(bytes)?;
        Ok(Self {
            id: fields::required(pointer.id, "AttachmentPointer.id")?,
            url: pointer.url.unwrap_or_default(),
            content_type: pointer.content_type,
            key: Zeroizing::new(pointer.key.unwrap_or_default()),
            size: pointer.size,
            digest: pointer.digest.and_then(|digest| digest.try_into().ok()),
            file_name: pointer.file_name,
            flags: pointer.flags,
            dimensions: (pointer.width, pointer.height),
            unknown,
        })
    }
}

impl fmt::Debug for Attachment {
    /// Shows everything but the key and what the file is called.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment")
            .field("url", &self.url)
            .field("content_type", &self.content_type)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// Last segment of the path, if it is a number.
fn id_of_url(url: &str) -> u64 {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.rsplit('/').next().and_then(|segment| segment.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::attachment::AttachmentKey;

    #[test]
    fn ids_are_the_last_part_of_the_path() {
        for (url, id) in [
            ("http://filev2.getsession.org/file/123", 123),
            ("http://filev2.getsession.org/file/123#d", 123),
            ("https://open.example/room/r/file/7?x=9#d&p=00", 7),
            ("http://filev2.getsession.org/file/abc", 0),
            ("http://filev2.getsession.org/file/-1", 0),
            ("http://filev2.getsession.org/file/99999999999999999999", 0),
            ("http://filev2.getsession.org/file/", 0),
        ] {
            assert_eq!(Attachment::new(url, &[], 1).unwrap().id(), id, "{url}");
        }
    }

    #[test]
    fn file_names_cannot_mislead() {
        let attachment = Attachment::new("http://a/1", &[], 1).unwrap();
        assert_eq!(attachment.file_name(), None);
        for (name, shown) in [
            ("photo.jpg", Some("photo.jpg")),
            ("../../etc/passwd", Some("passwd")),
            ("..\\x", Some("x")),
            ("a.txt:stream", Some("a.txt_stream")),
            ("gpj.\u{202e}exe\n", Some("gpj.exe")),
            ("..", None),
            ("\u{0}/", None),
        ] {
            let named = attachment.clone().with_file_name(name);
            assert_eq!(named.file_name().as_deref(), shown, "{name:?}");
        }
    }

    #[test]
    fn the_key_does_not_print() {
        let attachment = Attachment::new("http://a/1", &[0xab; 32], 1).unwrap();
        assert_eq!(
            format!("{attachment:?}"),
            "Attachment { url: \"http://a/1\", content_type: None, size: Some(1), .. }"
        );
    }

    #[test]
    fn urls_are_required_of_senders_and_ids_of_everybody() {
        let empty = ContentError::Empty { field: "AttachmentPointer.url" };
        assert_eq!(Attachment::new(" ", &[], 1), Err(empty));
        let missing = ContentError::Missing { field: "AttachmentPointer.id" };
        assert_eq!(Attachment::decode(b""), Err(missing));
        let bare = Attachment::decode(b"\x09\0\0\0\0\0\0\0\0").unwrap();
        assert_eq!((bare.url(), bare.content_type()), ("", UNKNOWN_TYPE));
    }

    #[test]
    fn the_format_follows_from_the_pointer() {
        let format = |url: &str, key: &[u8]| Attachment::new(url, key, 1).unwrap().format();
        let stream = AttachmentKey::from_bytes([1; 32]);
        assert_eq!(format("http://a/1#d", &[1; 32]), Ok(Format::Stream(stream)));
        assert_eq!(format("http://a/1", &[]), Ok(Format::Plain));
        assert_eq!(format("http://a/1", &[1; 64]), Err(FormatError::MissingDigest));
    }
}
