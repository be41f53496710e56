//! Files from reader to writer, in constant memory. Needs the feature `std`.

use std::io::{self, Read, Seek, SeekFrom, Write};

use alloc::{vec, vec::Vec};

use session_crypto::ed25519::Ed25519Seed;
use zeroize::Zeroizing;

use super::{
    AttachmentKey, DecryptError, Decryptor, Derivation, EncryptError, Encryptor, Format,
    KeyDeriver, Purpose, legacy::LegacyError, size,
};

/// Bytes that are read at once.
const PIECE_LENGTH: usize = 65_536;

/// Encrypts what `content` holds from where it is to its end, reading it twice: once for the key, once for the
/// text.
///
/// # Errors
/// [`EncryptFileError`]; what was written is useless then. Nothing is written if the file is longer than
/// [`size::MAX_CONTENT_LENGTH`].
pub fn encrypt(
    content: &mut (impl Read + Seek),
    file: &mut impl Write,
    uploader: &Ed25519Seed,
    purpose: Purpose,
) -> Result<AttachmentKey, EncryptFileError> {
    encrypt_up_to(size::MAX_CONTENT_LENGTH, content, file, (uploader, purpose))
}

/// Like [`encrypt`] for servers that take more than the file server of the network does.
///
/// # Errors
/// [`EncryptFileError`]; what was written is useless then.
pub fn encrypt_large(
    content: &mut (impl Read + Seek),
    file: &mut impl Write,
    uploader: &Ed25519Seed,
    purpose: Purpose,
) -> Result<AttachmentKey, EncryptFileError> {
    encrypt_up_to(u64::MAX, content, file, (uploader, purpose))
}

fn encrypt_up_to(
    limit: u64,
    content: &mut (impl Read + Seek),
    file: &mut impl Write,
    (uploader, purpose): (&Ed25519Seed, Purpose),
) -> Result<AttachmentKey, EncryptFileError> {
    let start = content.stream_position()?;
    let mut deriver = KeyDeriver::new(uploader, purpose, Derivation::Newest);
    let mut length = 0_u64;
    for_each_piece(content, |piece| {
        deriver.update(piece);
        length = length.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        match length {
            found if found > limit => Err(EncryptError::TooLong { found }.into()),
            _ => Ok::<_, EncryptFileError>(()),
        }
    })?;
    content.seek(SeekFrom::Start(start))?;

    let (key, header) = deriver.finalize();
    let mut out = Vec::new();
    let mut encryptor = Encryptor::start(&key, &header, length, &mut out)?;
    while encryptor.pad(&mut out) {
        file.write_all(&out)?;
        out.clear();
    }
    for_each_piece(content, |piece| {
        encryptor.update(piece, &mut out)?;
        file.write_all(&out)?;
        out.clear();
        Ok::<_, EncryptFileError>(())
    })?;
    encryptor.finish(&mut out)?;
    file.write_all(&out)?;
    Ok(key)
}

/// Why a file was not encrypted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptFileError {
    /// Reader or writer failed.
    #[error("file could not be read or written")]
    Io(#[from] io::Error),
    /// The file is too long, or changed while it was read.
    #[error(transparent)]
    Encrypt(#[from] EncryptError),
}

/// Decrypts what `file` holds from where it is to its end.
///
/// # Errors
/// [`DecryptFileError`]; what was written is to be thrown away then.
pub fn decrypt(
    file: &mut impl Read,
    content: &mut impl Write,
    key: &AttachmentKey,
) -> Result<(), DecryptFileError> {
    let mut decryptor = Decryptor::new(key);
    let mut out = Zeroizing::new(Vec::new());
    for_each_piece(file, |piece| {
        decryptor.update(piece, &mut out)?;
        content.write_all(&out)?;
        out.clear();
        Ok::<_, DecryptFileError>(())
    })?;
    decryptor.finish(&mut out)?;
    content.write_all(&out)?;
    Ok(())
}

/// Decrypts what `file` holds from where it is to its end, in whatever format, and writes nothing before it knows
/// that the file is whole and authentic: the stream format is read twice for that, older ones go through memory.
///
/// `size` is what the sender states ([`Attachment::size`](crate::content::Attachment::size)). It ends a content
/// that was padded with zeros: in the legacy format and in plain files. Returns the length of the content, in
/// bytes: of another format it may differ from what was stated, which is no reason to refuse it.
///
/// # Errors
/// [`DecryptFileError`]. Only if [`DecryptFileError::Io`] comes from the writer, or the file is changed between the
/// two readings, something was written.
pub fn decrypt_verified(
    file: &mut (impl Read + Seek),
    content: &mut impl Write,
    format: &Format,
    size: Option<u32>,
) -> Result<u64, DecryptFileError> {
    let size = size.unwrap_or(0);
    match format {
        Format::Stream(key) => {
            let start = file.stream_position()?;
            decrypt(file, &mut io::sink(), key)?;
            file.seek(SeekFrom::Start(start))?;
            let mut content = Counting { writer: content, written: 0 };
            decrypt(file, &mut content, key)?;
            Ok(content.written)
        }
        Format::Legacy(key) => write_all(content, &key.decrypt(&whole(file)?, size)?),
        Format::LegacyPicture(key) => write_all(content, &key.decrypt(&whole(file)?)?),
        Format::Plain => {
            let limit = if size == 0 { u64::MAX } else { size.into() };
            Ok(io::copy(&mut file.take(limit), content)?)
        }
    }
}

/// A file of an older format, which no server takes beyond the limit.
fn whole(file: &mut impl Read) -> Result<Vec<u8>, DecryptFileError> {
    let mut bytes = Vec::new();
    file.take(size::MAX_FILE_LENGTH.saturating_add(1)).read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()) {
        Ok(0..=size::MAX_FILE_LENGTH) => Ok(bytes),
        _ => Err(DecryptFileError::TooLong),
    }
}

fn write_all(writer: &mut impl Write, content: &[u8]) -> Result<u64, DecryptFileError> {
    writer.write_all(content)?;
    Ok(u64::try_from(content.len()).unwrap_or(u64::MAX))
}

/// Counts what goes through.
struct Counting<'a, W> {
    writer: &'a mut W,
    written: u64,
}

impl<W: Write> Write for Counting<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.writer.write(bytes)?;
        self.written = self.written.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Why a file was not decrypted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptFileError {
    /// Reader or writer failed.
    #[error("file could not be read or written")]
    Io(#[from] io::Error),
    /// The file is not what the key is for.
    #[error(transparent)]
    Decrypt(#[from] DecryptError),
    /// A file of an older format is not what the key is for.
    #[error(transparent)]
    Legacy(#[from] LegacyError),
    /// A file of an older format is longer than such files can be.
    #[error("file of an older format of more than {} bytes", size::MAX_FILE_LENGTH)]
    TooLong,
}

fn for_each_piece<E: From<io::Error>>(
    reader: &mut impl Read,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut buffer = Zeroizing::new(vec![0; PIECE_LENGTH]);
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => take(buffer.get(..count).unwrap_or_default())?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn a_file_may_be_as_long_as_the_limit() {
        let seed = Ed25519Seed::from_bytes([1; 32]);
        let encrypted = |length| {
            let mut file = Vec::new();
            let arguments = (&seed, Purpose::Attachment);
            encrypt_up_to(5, &mut Cursor::new(vec![7; length]), &mut file, arguments)
                .map(|_| file.len())
        };
        assert!(matches!(encrypted(5), Ok(4096)));
        let Err(EncryptFileError::Encrypt(error)) = encrypted(6) else { panic!("too long") };
        assert_eq!(error, EncryptError::TooLong { found: 6 });
    }
}
