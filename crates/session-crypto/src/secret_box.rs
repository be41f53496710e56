//! XSalsa20-Poly1305 with the tag in front: the "secretbox" inside every sealed box (02 §1.3).
//!
//! Composed of `salsa20` and `poly1305`; docs/adr/0001-xsalsa20poly1305.md says why.

use alloc::vec::Vec;
use core::fmt;

use poly1305::{
    Poly1305,
    universal_hash::{KeyInit as _, UniversalHash as _},
};
use salsa20::{
    XSalsa20,
    cipher::{KeyIvInit as _, StreamCipher as _},
};
use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{Unauthentic, secret::SecretBytes};

/// Length of the tag in front of a ciphertext, in bytes.
pub const TAG_LENGTH: usize = 16;
/// Length of a nonce in bytes.
pub const NONCE_LENGTH: usize = 24;

/// Key of XSalsa20-Poly1305, 32 bytes.
#[derive(Clone, Eq, PartialEq, ZeroizeOnDrop)]
pub struct SecretBoxKey(SecretBytes<32>);

impl SecretBoxKey {
    /// Takes 32 bytes as a key.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(SecretBytes::from_bytes(bytes))
    }

    /// Key of 32 bytes that `fill` writes to their place.
    pub(crate) fn filled(fill: impl FnOnce(&mut [u8; 32])) -> Self {
        Self(SecretBytes::filled(fill))
    }

    /// Appends tag ‖ ciphertext to `out`, 16 bytes more than `plaintext`.
    ///
    /// # Security
    /// A nonce must never serve twice under one key.
    pub fn encrypt_into(&self, nonce: &[u8; NONCE_LENGTH], plaintext: &[u8], out: &mut Vec<u8>) {
        let (mut cipher, authenticator) = self.start(nonce);
        let start = out.len();
        out.reserve(plaintext.len().saturating_add(TAG_LENGTH));
        out.extend_from_slice(&[0; TAG_LENGTH]);
        out.extend_from_slice(plaintext);
        if let Some((tag, text)) = out.split_at_mut(start).1.split_first_chunk_mut() {
            cipher.apply_keystream(text);
            *tag = tag_of(authenticator, text);
        }
    }

    /// Plaintext of tag ‖ ciphertext.
    ///
    /// # Errors
    /// [`Unauthentic`] for a wrong key, another nonce, altered or truncated bytes.
    pub fn decrypt(
        &self,
        nonce: &[u8; NONCE_LENGTH],
        ciphertext: &[u8],
    ) -> Result<Vec<u8>, Unauthentic> {
        let (tag, text) = ciphertext.split_first_chunk::<TAG_LENGTH>().ok_or(Unauthentic)?;
        let (mut cipher, authenticator) = self.start(nonce);
        let expected = tag_of(authenticator, text);
        if !bool::from(expected.ct_eq(tag)) {
            return Err(Unauthentic);
        }
        let mut plaintext = text.to_vec();
        cipher.apply_keystream(&mut plaintext);
        Ok(plaintext)
    }

    /// Cipher behind its first 32 bytes, which are the authenticator's one-time key.
    fn start(&self, nonce: &[u8; NONCE_LENGTH]) -> (XSalsa20, Poly1305) {
        let mut cipher = XSalsa20::new(self.0.expose_bytes().into(), nonce.into());
        let mut key = Zeroizing::new([0; 32]);
        cipher.apply_keystream(key.as_mut_slice());
        let authenticator = Poly1305::new((&*key).into());
        (cipher, authenticator)
    }
}

/// The tag of `text`. All but the last block at once, for which the authenticator has vector code.
fn tag_of(mut authenticator: Poly1305, text: &[u8]) -> [u8; TAG_LENGTH] {
    let (whole, rest) = text.split_at(text.len() - text.len() % TAG_LENGTH);
    authenticator.update_padded(whole);
    authenticator.compute_unpadded(rest).into()
}

impl fmt::Debug for SecretBoxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBoxKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::encoding::hex;

    /// The example of the NaCl paper ("Cryptography in NaCl", §10), as libsodium's own test has it.
    #[test]
    fn nacl_example() {
        let key = SecretBoxKey::from_bytes(
            hex::decode_array("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389")
                .unwrap(),
        );
        let nonce = hex::decode_array("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37").unwrap();
        let plaintext = hex::decode(
            "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a\
             1ac728d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057\
             e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040\
             e082f937763848645e0705",
        )
        .unwrap();
        let ciphertext = hex::decode(
            "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4\
             476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738\
             b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de\
             56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5",
        )
        .unwrap();
        let mut made = Vec::new();
        key.encrypt_into(&nonce, &plaintext, &mut made);
        assert_eq!(made, ciphertext);
        assert_eq!(key.decrypt(&nonce, &ciphertext), Ok(plaintext));
    }

    #[test]
    fn every_bit_and_every_length_counts() {
        let key = SecretBoxKey::from_bytes([1; 32]);
        let nonce = [2; NONCE_LENGTH];
        let mut sealed = Vec::from(*b"kept");
        key.encrypt_into(&nonce, b"secret", &mut sealed);
        assert_eq!(sealed.drain(..4).collect::<Vec<_>>(), b"kept", "out is appended to");
        for bit in 0..sealed.len() * 8 {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.decrypt(&nonce, &altered), Err(Unauthentic), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(key.decrypt(&nonce, &sealed[..length]), Err(Unauthentic), "{length}");
        }
    }

    #[test]
    fn key_does_not_print() {
        assert_eq!(format!("{:?}", SecretBoxKey::from_bytes([0xab; 32])), "SecretBoxKey(..)");
    }
}
