//! Encryption of files: attachments and pictures, as the file server stores them (02 §11).
//!
//! ```text
//! file = 'S' ‖ header (24) ‖ chunk ‖ chunk …          each chunk encrypts 32 768 bytes, the last one fewer
//! text = 00 … ‖ 01 ‖ content                           zeros hide the size of the content to 1/32
//! ```
//!
//! Key and header follow from the content and the uploader's secret: who uploads a file twice uploads the same
//! bytes. Everybody who has the key, from an [`Attachment`](crate::content::Attachment) or a
//! [`Picture`](crate::content::Picture), can decrypt. Which format a file has is said by the [`Fragment`] of its
//! URL: [`Format`].
//!
//! ```
//! use session_envelope::attachment::{self, Purpose};
//! use session_identity::Account;
//!
//! let alice = Account::generate(&mut session_crypto::system_rng());
//! let (file, key) = attachment::encrypt(b"a picture", &alice.ed25519().seed(), Purpose::Attachment)?;
//! assert_eq!(file.len(), 4096);
//! assert_eq!(attachment::decrypt(&file, &key)?, b"a picture");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Files that do not fit the memory go through [`Encryptor`] and [`Decryptor`] piece by piece, or from reader to
//! writer by the functions in [`io`].

use alloc::vec::Vec;

use session_crypto::ed25519::Ed25519Seed;

mod format;
mod fragment;
#[cfg(feature = "std")]
pub mod io;
mod key;
pub mod legacy;
pub mod size;
mod stream;

pub use format::{Format, FormatError};
pub use fragment::Fragment;
pub use key::{AttachmentKey, Derivation, KeyDeriver, Purpose};
pub use stream::{DecryptError, Decryptor, EncryptError, Encryptor};

/// Encrypts a whole file with the key that follows from it and the uploader's seed.
///
/// # Errors
/// [`EncryptError::TooLong`] above [`size::MAX_CONTENT_LENGTH`].
pub fn encrypt(
    content: &[u8],
    uploader: &Ed25519Seed,
    purpose: Purpose,
) -> Result<(Vec<u8>, AttachmentKey), EncryptError> {
    let mut deriver = KeyDeriver::new(uploader, purpose, Derivation::Newest);
    deriver.update(content);
    encrypt_with(content, deriver)
}

/// Encrypts a whole file with the key of a deriver that has seen just this file: for other derivations than
/// the newest.
///
/// # Errors
/// [`EncryptError::TooLong`] above [`size::MAX_CONTENT_LENGTH`].
pub fn encrypt_with(
    content: &[u8],
    deriver: KeyDeriver,
) -> Result<(Vec<u8>, AttachmentKey), EncryptError> {
    let (key, header) = deriver.finalize();
    let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
    let mut file = Vec::new();
    let mut encryptor = Encryptor::new(&key, &header, length, &mut file)?;
    // Beyond the limit the encryptor was refused: the size is that of a file in memory.
    let size = size::encrypted(length).and_then(|size| usize::try_from(size).ok());
    file.reserve(size.unwrap_or(0).saturating_sub(file.len()));
    encryptor.update(content, &mut file)?;
    encryptor.finish(&mut file)?;
    Ok((file, key))
}

/// Content of a whole file. Takes memory for content and file and one chunk more.
///
/// # Errors
/// [`DecryptError`]: the first rule that is broken.
pub fn decrypt(file: &[u8], key: &AttachmentKey) -> Result<Vec<u8>, DecryptError> {
    let mut content = Vec::new();
    let mut decryptor = Decryptor::new(key);
    decryptor.update(file, &mut content)?;
    decryptor.finish(&mut content)?;
    Ok(content)
}

#[cfg(test)]
mod tests;
