//! Encryption and decryption piece by piece, in constant memory (02 §11.2).

use alloc::vec::Vec;

use session_crypto::secret_stream::{self, CHUNK_OVERHEAD, Header, Tag};
use zeroize::Zeroizing;

use super::{AttachmentKey, size};

/// First byte of every file.
const FILE_TYPE: u8 = b'S';
/// Ends the padding in front of the content.
const PADDING_END: u8 = 1;
const CHUNK_TEXT_LENGTH: usize = 32_768;
const CHUNK_LENGTH: usize = CHUNK_TEXT_LENGTH + CHUNK_OVERHEAD;
/// Type byte and header.
const HEAD_LENGTH: usize = 1 + Header::LENGTH;

/// Encrypts a content whose length is known, in pieces of any size. Keeps one chunk.
#[derive(Debug)]
pub struct Encryptor {
    stream: secret_stream::Encryptor,
    /// Text that fills no chunk yet, or one whole chunk of which it is open whether it is the last.
    text: Zeroizing<Vec<u8>>,
    /// Bytes of the padding that are still to come.
    padding: u64,
    /// Bytes of the content that are still to come.
    missing: u64,
}

impl Encryptor {
    /// Starts a file of `length` bytes of content; its first bytes, with the [padding](size::padding), are appended to
    /// `file`.
    ///
    /// # Errors
    /// [`EncryptError::TooLong`] above [`size::MAX_CONTENT_LENGTH`].
    pub fn new(
        key: &AttachmentKey,
        header: &Header,
        length: u64,
        file: &mut Vec<u8>,
    ) -> Result<Self, EncryptError> {
        if length > size::MAX_CONTENT_LENGTH {
            return Err(EncryptError::TooLong { found: length });
        }
        Self::new_large(key, header, length, file)
    }

    /// Like [`Self::new`] for servers that take more than the file server of the network does.
    ///
    /// # Errors
    /// [`EncryptError::TooLong`] above 2^60 bytes.
    pub fn new_large(
        key: &AttachmentKey,
        header: &Header,
        length: u64,
        file: &mut Vec<u8>,
    ) -> Result<Self, EncryptError> {
        let mut encryptor = Self::start(key, header, length, file)?;
        while encryptor.pad(file) {}
        Ok(encryptor)
    }

    /// Like [`Self::new_large`], but without the padding: [`Self::pad`] is to follow.
    pub(super) fn start(
        key: &AttachmentKey,
        header: &Header,
        length: u64,
        file: &mut Vec<u8>,
    ) -> Result<Self, EncryptError> {
        let padding = size::padding(length).ok_or(EncryptError::TooLong { found: length })?;
        file.push(FILE_TYPE);
        file.extend_from_slice(header.as_bytes());
        Ok(Self {
            stream: secret_stream::Encryptor::new(key.stream_key(), header),
            text: Zeroizing::new(Vec::with_capacity(CHUNK_TEXT_LENGTH)),
            padding,
            missing: length,
        })
    }

    /// Appends the next chunk of the padding to `file`, which grows with the content; `false` after its last byte, the
    /// only one that is not zero.
    pub(super) fn pad(&mut self, file: &mut Vec<u8>) -> bool {
        let zeros = usize::try_from(self.padding.saturating_sub(1)).unwrap_or(usize::MAX);
        if zeros == 0 {
            self.add(&[PADDING_END], 1, file);
            return false;
        }
        let zeros = zeros.min(CHUNK_TEXT_LENGTH);
        self.add(&[0; CHUNK_TEXT_LENGTH], zeros, file);
        self.padding = self.padding.saturating_sub(u64::try_from(zeros).unwrap_or(u64::MAX));
        true
    }

    /// Takes the next bytes of the content; appends the chunks that they fill to `file`.
    ///
    /// # Errors
    /// [`EncryptError::Length`] if the content is longer than it was said to be.
    pub fn update(&mut self, content: &[u8], file: &mut Vec<u8>) -> Result<(), EncryptError> {
        let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
        self.missing = self.missing.checked_sub(length).ok_or(EncryptError::Length)?;
        self.add(content, content.len(), file);
        Ok(())
    }

    /// Appends the last chunk to `file`.
    ///
    /// # Errors
    /// [`EncryptError::Length`] if the content is shorter than it was said to be.
    pub fn finish(mut self, file: &mut Vec<u8>) -> Result<(), EncryptError> {
        if self.missing > 0 {
            return Err(EncryptError::Length);
        }
        self.stream.push(Tag::Final, &self.text, file);
        Ok(())
    }

    /// Adds the first `length` of `bytes`. A full chunk goes out when the next byte comes: the last one of all
    /// must be known as such.
    fn add(&mut self, bytes: &[u8], length: usize, file: &mut Vec<u8>) {
        let mut rest = bytes.get(..length).unwrap_or(bytes);
        while !rest.is_empty() {
            if self.text.len() == CHUNK_TEXT_LENGTH {
                self.stream.push(Tag::Message, &self.text, file);
                // What comes next overwrites it, and the end wipes it.
                self.text.clear();
            }
            if self.text.is_empty() && rest.len() > CHUNK_TEXT_LENGTH {
                let (chunk, behind) = rest.split_at(CHUNK_TEXT_LENGTH);
                self.stream.push(Tag::Message, chunk, file);
                rest = behind;
                continue;
            }
            let room = CHUNK_TEXT_LENGTH.saturating_sub(self.text.len()).min(rest.len());
            let (piece, behind) = rest.split_at(room);
            self.text.extend_from_slice(piece);
            rest = behind;
        }
    }
}

/// Why a file was not encrypted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptError {
    /// Longer than the file server, or another server, may be asked to take.
    #[error("file of {found} bytes is too long")]
    TooLong {
        /// Length of the content in bytes.
        found: u64,
    },
    /// Longer or shorter than it was said to be.
    #[error("file has another length than was announced")]
    Length,
}

/// Decrypts a file in pieces of any size. Keeps one chunk.
///
/// # Security
/// Each piece of content is authentic, but only [`Self::finish`] tells that nothing was cut off: until then the
/// content is not to be shown as whole, and on an error it is to be thrown away.
#[derive(Debug)]
pub struct Decryptor {
    key: AttachmentKey,
    stream: Option<secret_stream::Decryptor>,
    /// Bytes that are no whole chunk yet.
    pending: Vec<u8>,
    /// Whether the padding is over.
    in_content: bool,
    is_final: bool,
}

impl Decryptor {
    /// Decryptor for a file with this key.
    #[must_use]
    pub fn new(key: &AttachmentKey) -> Self {
        Self {
            key: key.clone(),
            stream: None,
            pending: Vec::new(),
            in_content: false,
            is_final: false,
        }
    }

    /// Takes the next bytes of the file; appends the content that they hold to `content`.
    ///
    /// # Errors
    /// [`DecryptError::UnknownFormat`], [`DecryptError::Corrupt`], [`DecryptError::BadPadding`], or
    /// [`DecryptError::Truncated`] for bytes after the last chunk.
    pub fn update(&mut self, file: &[u8], content: &mut Vec<u8>) -> Result<(), DecryptError> {
        let mut rest = file;
        while !rest.is_empty() {
            if self.stream.is_some()
                && self.pending.is_empty()
                && let Some((chunk, behind)) = rest.split_at_checked(CHUNK_LENGTH)
            {
                self.take(chunk, content)?;
                rest = behind;
                continue;
            }
            let wanted = if self.stream.is_none() { HEAD_LENGTH } else { CHUNK_LENGTH };
            let room = wanted.saturating_sub(self.pending.len()).min(rest.len());
            let (piece, behind) = rest.split_at(room);
            self.pending.extend_from_slice(piece);
            rest = behind;
            if self
                .pending
                .first()
                .is_some_and(|first| self.stream.is_none() && *first != FILE_TYPE)
            {
                return Err(DecryptError::UnknownFormat);
            }
            if self.pending.len() == wanted {
                self.take_pending(content)?;
            }
        }
        Ok(())
    }

    /// Ends the file; appends the content of its last chunk to `content`.
    ///
    /// # Errors
    /// [`DecryptError::Truncated`] if the file ends before its last chunk, [`DecryptError::BadPadding`] if there
    /// was nothing but padding; otherwise as for [`Self::update`].
    pub fn finish(mut self, content: &mut Vec<u8>) -> Result<(), DecryptError> {
        if self.stream.is_none() {
            let unknown = self.pending.is_empty();
            return Err(if unknown {
                DecryptError::UnknownFormat
            } else {
                DecryptError::Truncated
            });
        }
        if !self.pending.is_empty() {
            if self.pending.len() <= CHUNK_OVERHEAD {
                return Err(DecryptError::Truncated);
            }
            self.take_pending(content)?;
        }
        match (self.is_final, self.in_content) {
            (false, _) => Err(DecryptError::Truncated),
            (true, false) => Err(DecryptError::BadPadding),
            (true, true) => Ok(()),
        }
    }

    /// Takes the pending bytes, of which nothing stays.
    fn take_pending(&mut self, content: &mut Vec<u8>) -> Result<(), DecryptError> {
        let mut pending = core::mem::take(&mut self.pending);
        let taken = self.take(&pending, content);
        pending.clear();
        self.pending = pending;
        taken
    }

    /// Takes the head, a full chunk, or the rest of the file.
    fn take(&mut self, bytes: &[u8], content: &mut Vec<u8>) -> Result<(), DecryptError> {
        let Some(stream) = &mut self.stream else {
            let header = bytes.get(1..).and_then(|header| header.try_into().ok());
            let header = Header::from_bytes(header.ok_or(DecryptError::Truncated)?);
            self.stream = Some(secret_stream::Decryptor::new(self.key.stream_key(), &header));
            return Ok(());
        };
        if self.is_final {
            return Err(DecryptError::Truncated);
        }
        let start = content.len();
        let tag = stream.pull(bytes, content).map_err(|_| DecryptError::Corrupt)?;
        self.is_final = match tag {
            Tag::Message => false,
            Tag::Final => true,
            // No uploader writes others; what they would mean here is anybody's guess.
            Tag::Push | Tag::Rekey => {
                content.truncate(start);
                return Err(DecryptError::Corrupt);
            }
        };
        if self.in_content {
            return Ok(());
        }
        let text = content.get(start..).unwrap_or_default();
        match text.iter().position(|byte| *byte != 0) {
            None => content.truncate(start),
            Some(position) if text.get(position) == Some(&PADDING_END) => {
                let end = start.saturating_add(position).saturating_add(1);
                content.drain(start..end);
                self.in_content = true;
            }
            Some(_) => {
                content.truncate(start);
                return Err(DecryptError::BadPadding);
            }
        }
        Ok(())
    }
}

/// Why a file was not decrypted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptError {
    /// The first byte is that of no format that is known.
    #[error("file of unknown format")]
    UnknownFormat,
    /// Wrong key, or altered; the two cannot be told apart.
    #[error("file failed authentication")]
    Corrupt,
    /// The padding does not end as it should.
    #[error("padding of the file is malformed")]
    BadPadding,
    /// The file ends too early, or goes on after its end.
    #[error("file is not whole")]
    Truncated,
}
