//! The formats of files before the stream: read only (02 §11.3, §11.4).
//!
//! Last sender: some released clients still upload so. May go when no such file lies on a server any more:
//! attachments stay there for 14 days, pictures as long as they are in use.

use alloc::vec::Vec;
use core::fmt;

use session_crypto::{
    aead::{Aes256GcmKey, Aes256GcmNonce, TAG_LENGTH},
    aes_cbc::{AesCbcKey, BLOCK_LENGTH},
    hmac,
    secret::SecretBytes,
};
use sha2::{Digest as _, Sha256};

/// Length of the HMAC-SHA-256 that follows the ciphertext.
const MAC_LENGTH: usize = 32;

/// Key and digest of an attachment: AES-256-CBC, then HMAC-SHA-256, then SHA-256.
///
/// ```text
/// file = iv (16) ‖ ciphertext ‖ HMAC(iv ‖ ciphertext) (32)        digest = SHA-256(file)
/// key  = AES key (32) ‖ HMAC key (32)
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct LegacyKey {
    key: SecretBytes<64>,
    digest: [u8; 32],
}

impl LegacyKey {
    /// Key of its 64 bytes, with the digest of the file.
    #[must_use]
    pub fn from_parts(key: [u8; 64], digest: [u8; 32]) -> Self {
        Self { key: SecretBytes::from_bytes(key), digest }
    }

    /// Content of a file whose sender states `size` bytes; 0 means that it states none.
    ///
    /// # Errors
    /// [`LegacyError`]: the first rule that is broken. Nothing is decrypted before both authenticators fit.
    pub fn decrypt(&self, file: &[u8], size: u32) -> Result<Vec<u8>, LegacyError> {
        let length = LegacyError::Length { found: file.len() };
        let (authenticated, mac) = file.split_last_chunk::<MAC_LENGTH>().ok_or(length)?;
        let (iv, ciphertext) = authenticated.split_first_chunk::<BLOCK_LENGTH>().ok_or(length)?;
        if ciphertext.is_empty() || !ciphertext.len().is_multiple_of(BLOCK_LENGTH) {
            return Err(length);
        }
        let [aes_key, mac_key] = self.halves();
        let expected = hmac::sha256(mac_key.expose_bytes(), authenticated);
        let mac = expected == SecretBytes::from_bytes(*mac);
        let digest = SecretBytes::<32>::from_bytes(Sha256::digest(file).into());
        if !(mac & (digest == SecretBytes::from_bytes(self.digest))) {
            return Err(LegacyError::Unauthentic);
        }
        let key = AesCbcKey::from_bytes(*aes_key.expose_bytes());
        let content = key.decrypt(iv, ciphertext).map_err(|_| LegacyError::Unauthentic)?;
        without_padding(&content, size).map(<[u8]>::to_vec)
    }

    fn halves(&self) -> [SecretBytes<32>; 2] {
        let (halves, _) = self.key.expose_bytes().as_chunks::<32>();
        let half = |index: usize| halves.get(index).copied().unwrap_or_default();
        [half(0), half(1)].map(SecretBytes::from_bytes)
    }
}

impl fmt::Debug for LegacyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LegacyKey(..)")
    }
}

/// Senders append zeros and state the size. Old ones state 0, so that the padding cannot be told from the content: nothing
/// but zeros is an empty file then, and anything else stays.
fn without_padding(content: &[u8], size: u32) -> Result<&[u8], LegacyError> {
    if size == 0 {
        let empty = content.iter().all(|byte| *byte == 0);
        return Ok(if empty { &[] } else { content });
    }
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    content.get(..size).ok_or(LegacyError::Size)
}

/// Key of a picture: AES-256-GCM.
///
/// ```text
/// file = nonce (12) ‖ ciphertext ‖ tag (16)
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct PictureCipherKey(Aes256GcmKey);

impl PictureCipherKey {
    /// Takes 32 bytes as a key.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Aes256GcmKey::from_bytes(bytes))
    }

    /// The picture in a file.
    ///
    /// # Errors
    /// [`LegacyError::Length`] below 29 bytes, [`LegacyError::Unauthentic`] for every other failure.
    pub fn decrypt(&self, file: &[u8]) -> Result<Vec<u8>, LegacyError> {
        let length = LegacyError::Length { found: file.len() };
        let (nonce, ciphertext) = file.split_first_chunk().ok_or(length)?;
        if ciphertext.len() <= TAG_LENGTH {
            return Err(length);
        }
        let nonce = Aes256GcmNonce::from_bytes(*nonce);
        self.0.decrypt(&nonce, ciphertext).map_err(|_| LegacyError::Unauthentic)
    }
}

impl fmt::Debug for PictureCipherKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PictureCipherKey(..)")
    }
}

/// Why a file was not decrypted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LegacyError {
    /// Fewer bytes than the smallest file has, or no whole number of blocks.
    #[error("{found} bytes are no legacy file")]
    Length {
        /// Bytes that were given.
        found: usize,
    },
    /// Wrong key, wrong digest, or altered.
    #[error("legacy file failed authentication")]
    Unauthentic,
    /// The sender states more bytes than the file has.
    #[error("legacy file is shorter than its stated size")]
    Size,
}

#[cfg(test)]
mod tests {
    use alloc::{format, vec};

    use aes::{
        Aes256,
        cipher::{BlockCipherEncrypt as _, KeyInit as _},
    };
    use session_crypto::encoding::hex;

    use super::*;

    fn key_bytes() -> [u8; 64] {
        core::array::from_fn(|i| u8::try_from(i).unwrap())
    }

    /// The file of 02 §11.3, as an old client makes it.
    fn file(content: &[u8]) -> Vec<u8> {
        let iv: [u8; 16] = core::array::from_fn(|i| u8::try_from(i).unwrap());
        let padding = 16 - content.len() % 16;
        let padded = [content, &vec![u8::try_from(padding).unwrap(); padding]].concat();
        let cipher = Aes256::new(&<[u8; 32]>::try_from(&key_bytes()[..32]).unwrap().into());
        let mut file = iv.to_vec();
        for block in padded.chunks(16) {
            let previous = file[file.len() - 16..].to_vec();
            let mut next = [0; 16];
            next.iter_mut().zip(block).zip(previous).for_each(|((out, a), b)| *out = a ^ b);
            let mut next = next.into();
            cipher.encrypt_block(&mut next);
            file.extend_from_slice(&next);
        }
        let mac = hmac::sha256(&key_bytes()[32..], &file);
        file.extend_from_slice(mac.expose_bytes());
        file
    }

    fn key_for(file: &[u8]) -> LegacyKey {
        LegacyKey::from_parts(key_bytes(), Sha256::digest(file).into())
    }

    fn hello() -> Vec<u8> {
        [b"hello".as_slice(), &[0; 536]].concat()
    }

    #[test]
    fn the_file_is_that_of_the_specification() {
        let file = file(&hello());
        assert_eq!(file.len(), 592);
        assert_eq!(
            hex::encode(&Sha256::digest(&file)),
            "f0ac285e4c836636e2afed0c90bb93102d48372918855ec3b8a55aff906c947a"
        );
        assert_eq!(key_for(&file).decrypt(&file, 5), Ok(b"hello".to_vec()));
    }

    #[test]
    fn the_stated_size_ends_the_content() {
        let file = file(&hello());
        let decrypt = |size| key_for(&file).decrypt(&file, size);
        assert_eq!(decrypt(541), Ok(hello()));
        assert_eq!(decrypt(0), Ok(hello()), "no size: what is padding, nobody knows");
        assert_eq!(decrypt(542), Err(LegacyError::Size));
        assert_eq!(decrypt(u32::MAX), Err(LegacyError::Size));
        let zeros = super::tests::file(&[0; 541]);
        assert_eq!(key_for(&zeros).decrypt(&zeros, 0), Ok(vec![]));
    }

    #[test]
    fn both_authenticators_must_fit() {
        let file = file(&hello());
        for byte in 0..file.len() {
            let mut altered = file.clone();
            altered[byte] ^= 1;
            // The digest is that of the altered file: the HMAC alone must notice.
            assert_eq!(
                key_for(&altered).decrypt(&altered, 5),
                Err(LegacyError::Unauthentic),
                "{byte}"
            );
            assert_eq!(
                key_for(&file).decrypt(&altered, 5),
                Err(LegacyError::Unauthentic),
                "{byte}"
            );
        }
        let other_digest = LegacyKey::from_parts(key_bytes(), [0; 32]);
        assert_eq!(other_digest.decrypt(&file, 5), Err(LegacyError::Unauthentic));
    }

    #[test]
    fn files_are_whole_blocks() {
        for found in [0, 15, 47, 48, 63, 65, 79] {
            let file = vec![0; found];
            assert_eq!(
                key_for(&file).decrypt(&file, 5),
                Err(LegacyError::Length { found }),
                "{found}"
            );
        }
    }

    #[test]
    fn pictures_are_those_of_the_specification() {
        let key = PictureCipherKey::from_bytes(core::array::from_fn(|i| u8::try_from(i).unwrap()));
        let file = "000102030405060708090a0b2f67ba77aa2797ff353b8a046d28236dcd9d057bbb";
        let file = hex::decode(file).unwrap();
        assert_eq!(key.decrypt(&file), Ok(b"hello".to_vec()));
        for bit in 0..file.len() * 8 {
            let mut altered = file.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.decrypt(&altered), Err(LegacyError::Unauthentic), "bit {bit}");
        }
        for found in 0..29 {
            assert_eq!(key.decrypt(&file[..found]), Err(LegacyError::Length { found }));
        }
        assert_eq!(key.decrypt(&file[..29]), Err(LegacyError::Unauthentic));
    }

    #[test]
    fn keys_do_not_print() {
        assert_eq!(format!("{:?}", key_for(b"")), "LegacyKey(..)");
        assert_eq!(format!("{:?}", PictureCipherKey::from_bytes([1; 32])), "PictureCipherKey(..)");
    }
}
