//! AES-256-CBC with PKCS #7 padding, decryption only: files of older clients (02 §11.3).
//!
//! It authenticates nothing: verify the ciphertext before you decrypt it.

use alloc::vec::Vec;
use core::fmt;

use aes::{
    Aes256,
    cipher::{BlockCipherDecrypt as _, KeyInit as _},
};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::secret::SecretBytes;

/// Bytes of a block, and of an initialisation vector.
pub const BLOCK_LENGTH: usize = 16;

/// Key of AES-256-CBC, 32 bytes.
#[derive(Clone, Eq, PartialEq, ZeroizeOnDrop)]
pub struct AesCbcKey(SecretBytes<32>);

impl AesCbcKey {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    /// Takes 32 bytes as a key.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(SecretBytes::from_bytes(bytes))
    }

    /// Plaintext of a ciphertext, without its padding.
    ///
    /// # Security
    /// Only for ciphertexts that are authenticated already: an answer about the padding of others reveals them.
    ///
    /// # Errors
    /// [`MalformedPadding`] if the ciphertext is no whole number of blocks, or ends in no padding.
    pub fn decrypt(
        &self,
        iv: &[u8; BLOCK_LENGTH],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, MalformedPadding> {
        let (blocks, rest) = ciphertext.as_chunks::<BLOCK_LENGTH>();
        if blocks.is_empty() || !rest.is_empty() {
            return Err(MalformedPadding);
        }
        let cipher = Aes256::new(self.0.expose_bytes().into());
        let mut plaintext = Zeroizing::new(Vec::with_capacity(ciphertext.len()));
        let mut previous = iv;
        for block in blocks {
            let mut text = (*block).into();
            cipher.decrypt_block(&mut text);
            plaintext.extend(text.iter().zip(previous).map(|(text, previous)| text ^ previous));
            previous = block;
        }
        let length = unpadded_length(&plaintext).ok_or(MalformedPadding)?;
        plaintext.truncate(length);
        Ok(plaintext)
    }
}

impl fmt::Debug for AesCbcKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AesCbcKey(..)")
    }
}

/// The ciphertext is no whole number of blocks, or its plaintext ends in no padding.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("ciphertext has no valid padding")]
pub struct MalformedPadding;

/// PKCS #7: n bytes of value n, 1 to 16 of them.
fn unpadded_length(padded: &[u8]) -> Option<usize> {
    let last = *padded.last()?;
    let count = usize::from(last);
    let length = padded.len().checked_sub(count).filter(|_| (1..=BLOCK_LENGTH).contains(&count))?;
    padded.get(length..)?.iter().all(|byte| *byte == last).then_some(length)
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use aes::cipher::BlockCipherEncrypt as _;

    use super::*;
    use crate::encoding::hex;

    /// NIST SP 800-38A F.2.6, whose four blocks are followed by one of padding here.
    #[test]
    fn matches_the_standard() {
        let key =
            hex::decode_array("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
        let iv = hex::decode_array("000102030405060708090a0b0c0d0e0f").unwrap();
        let ciphertext = hex::decode(
            "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d\
             39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b",
        )
        .unwrap();
        let cipher = Aes256::new(&key.unwrap().into());
        // The last block of the standard has no padding behind it: encrypt one.
        let last: [u8; 16] = ciphertext[48..].try_into().unwrap();
        let mut padding = last.map(|byte| byte ^ 16).into();
        cipher.encrypt_block(&mut padding);
        let whole = [ciphertext.as_slice(), &padding].concat();
        let plaintext = AesCbcKey::from_bytes(key.unwrap()).decrypt(&iv, &whole).unwrap();
        assert_eq!(
            hex::encode(&plaintext),
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51\
             30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
        );
        let without = AesCbcKey::from_bytes(key.unwrap()).decrypt(&iv, &ciphertext);
        assert_eq!(without, Err(MalformedPadding));
    }

    #[test]
    fn padding_is_1_to_16_equal_bytes() {
        for (padded, length) in [
            ([1].as_slice(), Some(0)),
            (&[9, 1], Some(1)),
            (&[9, 2, 2], Some(1)),
            (&[16; 16], Some(0)),
            (&[16; 17], Some(1)),
            (&[9, 3, 2, 3], None),
            (&[2], None),
            (&[9, 0], None),
            (&[17; 17], None),
            (&[], None),
        ] {
            assert_eq!(unpadded_length(padded), length, "{padded:?}");
        }
    }

    #[test]
    fn ciphertexts_are_whole_blocks() {
        let key = AesCbcKey::from_bytes([1; 32]);
        for length in [0, 1, 15, 17, 31] {
            let error = key.decrypt(&[0; 16], &alloc::vec![0; length]);
            assert_eq!(error, Err(MalformedPadding), "{length}");
        }
        assert_eq!(format!("{key:?}"), "AesCbcKey(..)");
    }
}
