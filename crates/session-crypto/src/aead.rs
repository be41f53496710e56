//! The two authenticated ciphers of onion layers, group messages and configs, without associated data.
//!
//! Where a nonce stands on the wire (in front, behind, derived) is the format's business; here it is an
//! argument. Ciphertexts are text ‖ tag (16 bytes).
//!
//! ```
//! use session_crypto::aead::{XChaCha20Key, XChaCha20Nonce};
//!
//! let key = XChaCha20Key::from_bytes([1; 32]);
//! let nonce = XChaCha20Nonce::generate(&mut session_crypto::system_rng());
//! let ciphertext = key.encrypt(&nonce, b"hello");
//! assert_eq!(key.decrypt(&nonce, &ciphertext)?, b"hello");
//! # Ok::<(), session_crypto::Unauthentic>(())
//! ```

use alloc::vec::Vec;
use core::fmt;

use aes_gcm::Aes256Gcm;
use chacha20::{
    ChaCha20, R20,
    cipher::{KeyIvInit as _, StreamCipher as _},
    hchacha,
};
use chacha20poly1305::{
    XChaCha20Poly1305,
    aead::{AeadInOut as _, KeyInit as _},
};
use poly1305::{Poly1305, universal_hash::UniversalHash as _};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{Unauthentic, secret::SecretBytes};

/// Bytes that either cipher adds to its plaintext.
pub const TAG_LENGTH: usize = 16;

macro_rules! aead {
    ($cipher:ty, $key:ident, $nonce:ident, $nonce_length:literal, $title:literal) => {
        #[doc = concat!("Key of ", $title, ", 32 bytes.")]
        #[derive(Clone, Eq, PartialEq, ZeroizeOnDrop)]
        pub struct $key(SecretBytes<32>);

        impl $key {
            /// Length in bytes.
            pub const LENGTH: usize = 32;

            /// Takes 32 bytes as a key.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(SecretBytes::from_bytes(bytes))
            }

            /// The secret bytes.
            #[must_use]
            pub fn expose_bytes(&self) -> &[u8; 32] {
                self.0.expose_bytes()
            }

            /// Ciphertext ‖ tag, 16 bytes more than `plaintext`.
            ///
            /// # Security
            /// A nonce must never serve twice under one key.
            #[must_use]
            pub fn encrypt(&self, nonce: &$nonce, plaintext: &[u8]) -> Vec<u8> {
                let mut out = Vec::with_capacity(plaintext.len().saturating_add(TAG_LENGTH));
                self.encrypt_into(nonce, plaintext, &mut out);
                out
            }

            /// Appends what [`Self::encrypt`] returns to `out`.
            pub fn encrypt_into(&self, nonce: &$nonce, plaintext: &[u8], out: &mut Vec<u8>) {
                let start = out.len();
                out.reserve(plaintext.len().saturating_add(TAG_LENGTH));
                out.extend_from_slice(plaintext);
                let tag = self.encrypt_detached(nonce, out.split_at_mut(start).1);
                out.extend_from_slice(&tag);
            }

            /// Encrypts `text` where it stands and returns the tag.
            #[must_use]
            pub fn encrypt_detached(&self, nonce: &$nonce, text: &mut [u8]) -> [u8; TAG_LENGTH] {
                // Fails above 2^36 bytes of plaintext only, which no format and no memory here reaches.
                <$cipher>::new(self.0.expose_bytes().into())
                    .encrypt_inout_detached((&nonce.0).into(), &[], text.into())
                    .expect("plaintext is below the cipher's limit")
                    .into()
            }

            /// Plaintext of ciphertext ‖ tag.
            ///
            /// # Errors
            /// [`Unauthentic`] for a wrong key, another nonce, altered or truncated bytes.
            pub fn decrypt(&self, nonce: &$nonce, bytes: &[u8]) -> Result<Vec<u8>, Unauthentic> {
                let (text, tag) = bytes.split_last_chunk::<TAG_LENGTH>().ok_or(Unauthentic)?;
                let mut plaintext = text.to_vec();
                <$cipher>::new(self.0.expose_bytes().into())
                    .decrypt_inout_detached(
                        (&nonce.0).into(),
                        &[],
                        plaintext.as_mut_slice().into(),
                        tag.into(),
                    )
                    .map_err(|_| Unauthentic)?;
                Ok(plaintext)
            }
        }

        impl fmt::Debug for $key {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($key), "(..)"))
            }
        }

        #[doc = concat!("Nonce of ", $title, ", ", stringify!($nonce_length), " bytes.")]
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub struct $nonce([u8; $nonce_length]);

        impl $nonce {
            /// Length in bytes.
            pub const LENGTH: usize = $nonce_length;

            /// Takes bytes as a nonce.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $nonce_length]) -> Self {
                Self(bytes)
            }

            /// Draws a nonce.
            #[must_use]
            pub fn generate(rng: &mut impl CryptoRng) -> Self {
                let mut bytes = [0; $nonce_length];
                rng.fill_bytes(&mut bytes);
                Self(bytes)
            }

            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $nonce_length] {
                &self.0
            }
        }
    };
}

impl XChaCha20Key {
    /// Plaintext of the first of `ciphertexts`, all of one nonce, that this key decrypts.
    ///
    /// For messages with a box for each of many recipients: what key and nonce lead to is computed once, and a box
    /// for somebody else costs its authenticator only. As a single [`Self::decrypt`] it takes a time that tells
    /// which one it was.
    #[must_use]
    pub fn decrypt_first<'a>(
        &self,
        nonce: &XChaCha20Nonce,
        ciphertexts: impl IntoIterator<Item = &'a [u8]>,
    ) -> Option<Vec<u8>> {
        let authenticator = self.authenticator(nonce);
        ciphertexts.into_iter().find_map(|bytes| {
            let (text, tag) = bytes.split_last_chunk::<TAG_LENGTH>()?;
            let found = authenticate(authenticator.clone(), text).ct_eq(tag);
            // Decrypted by the cipher itself, which verifies again: what is above only saves work.
            if found.into() { self.decrypt(nonce, bytes).ok() } else { None }
        })
    }

    /// Authenticator under the one-time key of this nonce (RFC 8439 §2.6).
    fn authenticator(&self, nonce: &XChaCha20Nonce) -> Poly1305 {
        let (salt, rest) = nonce.0.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
        let key = hchacha::<R20>(self.expose_bytes().into(), salt.into());
        let key = Zeroizing::new(<[u8; 32]>::from(key));
        let mut short_nonce = [0; 12];
        short_nonce.iter_mut().skip(4).zip(rest).for_each(|(to, from)| *to = *from);
        let mut one_time_key = Zeroizing::new([0; 32]);
        ChaCha20::new((&*key).into(), (&short_nonce).into())
            .apply_keystream(one_time_key.as_mut_slice());
        Poly1305::new((&*one_time_key).into())
    }
}

/// Authenticator over a ciphertext without associated data (RFC 8439 §2.8).
fn authenticate(mut authenticator: Poly1305, text: &[u8]) -> [u8; TAG_LENGTH] {
    authenticator.update_padded(text);
    let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
    let mut lengths = [0; TAG_LENGTH];
    lengths.iter_mut().skip(8).zip(length.to_le_bytes()).for_each(|(to, from)| *to = from);
    authenticator.update_padded(&lengths);
    authenticator.finalize().into()
}

aead!(XChaCha20Poly1305, XChaCha20Key, XChaCha20Nonce, 24, "XChaCha20-Poly1305");
aead!(Aes256Gcm, Aes256GcmKey, Aes256GcmNonce, 12, "AES-256-GCM");

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    macro_rules! every_bit_counts {
        ($test:ident, $key:ident, $nonce:ident) => {
            #[test]
            fn $test() {
                let key = $key::from_bytes([1; 32]);
                let nonce = $nonce::from_bytes([2; $nonce::LENGTH]);
                let ciphertext = key.encrypt(&nonce, b"hello");
                assert_eq!(ciphertext.len(), 5 + TAG_LENGTH);
                assert_eq!(key.decrypt(&nonce, &ciphertext), Ok(b"hello".to_vec()));
                for bit in 0..ciphertext.len() * 8 {
                    let mut altered = ciphertext.clone();
                    altered[bit / 8] ^= 1 << (bit % 8);
                    assert_eq!(key.decrypt(&nonce, &altered), Err(Unauthentic), "bit {bit}");
                }
                for length in 0..ciphertext.len() {
                    let short = &ciphertext[..length];
                    assert_eq!(key.decrypt(&nonce, short), Err(Unauthentic), "{length}");
                }
                let other = $nonce::from_bytes([3; $nonce::LENGTH]);
                assert_eq!(key.decrypt(&other, &ciphertext), Err(Unauthentic));
                let mut appended = b"kept".to_vec();
                key.encrypt_into(&nonce, b"hello", &mut appended);
                assert_eq!(appended, [b"kept".as_slice(), &ciphertext].concat());
                assert_eq!(format!("{key:?}"), concat!(stringify!($key), "(..)"));
            }
        };
    }

    every_bit_counts!(xchacha20_poly1305, XChaCha20Key, XChaCha20Nonce);
    #[test]
    fn the_first_that_opens_is_found_among_any() {
        let [ours, theirs] = [[1; 32], [9; 32]].map(XChaCha20Key::from_bytes);
        let (nonce, other) = ([2; 24], [3; 24]);
        let [nonce, other] = [nonce, other].map(XChaCha20Nonce::from_bytes);
        for length in [0, 1, 15, 16, 17, 32, 63, 64, 65, 1000] {
            let text = alloc::vec![7; length];
            let mut altered = ours.encrypt(&nonce, &text);
            altered[length] ^= 1;
            let candidates = [
                Vec::new(),
                alloc::vec![0; TAG_LENGTH],
                theirs.encrypt(&nonce, &text),
                ours.encrypt(&other, &text),
                altered,
            ];
            let found = |more: &[Vec<u8>]| {
                let all = candidates.iter().chain(more).map(Vec::as_slice);
                ours.decrypt_first(&nonce, all)
            };
            assert_eq!(found(&[]), None, "{length}");
            let boxes = [ours.encrypt(&nonce, &text), ours.encrypt(&nonce, b"second")];
            assert_eq!(found(&boxes), Some(text.clone()), "{length}");
            let alone = [boxes[0].as_slice()];
            assert_eq!(ours.decrypt_first(&nonce, alone), Some(text), "{length}");
        }
    }

    every_bit_counts!(aes_256_gcm, Aes256GcmKey, Aes256GcmNonce);
}
