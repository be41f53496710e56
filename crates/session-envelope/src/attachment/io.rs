//! Files from reader to writer, in constant memory. Needs the feature `std`.

use std::io::{self, Read, Seek, SeekFrom, Write};

use alloc::{vec, vec::Vec};

use session_crypto::ed25519::Ed25519Seed;
use zeroize::Zeroizing;

use super::{
    AttachmentKey, DecryptError, Decryptor, Derivation, EncryptError, Encryptor, KeyDeriver,
    Purpose,
};

/// Bytes that are read at once.
const PIECE_LENGTH: usize = 65_536;

/// Encrypts what `content` holds from where it is to its end, reading it twice: once for the key, once for the
/// text.
///
/// # Errors
/// [`EncryptFileError`]; what was written is useless then.
pub fn encrypt(
    content: &mut (impl Read + Seek),
    file: &mut impl Write,
    uploader: &Ed25519Seed,
    purpose: Purpose,
) -> Result<AttachmentKey, EncryptFileError> {
    let start = content.stream_position()?;
    let mut deriver = KeyDeriver::new(uploader, purpose, Derivation::Newest);
    let mut length = 0_u64;
    for_each_piece(content, |piece| {
        deriver.update(piece);
        length = length.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        Ok::<_, EncryptFileError>(())
    })?;
    content.seek(SeekFrom::Start(start))?;

    let (key, header) = deriver.finalize();
    let mut out = Vec::new();
    let mut encryptor = Encryptor::new(&key, &header, length, &mut out)?;
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
