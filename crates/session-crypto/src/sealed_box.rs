//! Sealed box: a message to a public key from an anonymous sender (02 §1.3; libsodium's `crypto_box_seal`).
//!
//! ```text
//! sealed = E (32, one-time public key) ‖ tag (16) ‖ ciphertext
//! nonce  = BLAKE2b-192(E ‖ Y)     key = HSalsa20(X25519(e, Y), 0)
//! ```
//!
//! ```
//! use session_crypto::{sealed_box, x25519::X25519Keypair};
//!
//! let recipient = X25519Keypair::generate(&mut session_crypto::system_rng());
//! let sealed = sealed_box::seal(&recipient.public_key(), b"hello", &mut session_crypto::system_rng())?;
//! assert_eq!(sealed.len(), 5 + sealed_box::OVERHEAD);
//! assert_eq!(sealed_box::open(&recipient, &sealed)?, b"hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;
use salsa20::{cipher::consts::U10, hsalsa};
use sha2::{Digest as _, Sha512};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{
    Unauthentic,
    blake2b::Blake2b,
    secret::SecretBytes,
    secret_box::{NONCE_LENGTH, SecretBoxKey, TAG_LENGTH},
    x25519::{NonContributory, SharedSecret, X25519Keypair, X25519PublicKey, X25519SecretKey},
};

/// Bytes that a sealed box adds to its plaintext.
pub const OVERHEAD: usize = X25519PublicKey::LENGTH + TAG_LENGTH;

/// Seals `plaintext` to `recipient` with a fresh one-time key; draws 32 bytes.
///
/// # Errors
/// [`NonContributory`] if the recipient's key has small order.
pub fn seal(
    recipient: &X25519PublicKey,
    plaintext: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, NonContributory> {
    seal_with(X25519Keypair::generate(rng), recipient, plaintext)
}

/// Seals `plaintext` with the one-time key that follows from `seed`: equal inputs, equal box.
///
/// # Security
/// Shows an observer whether two plaintexts are equal. `seed` must depend on everything that goes in; it is
/// consumed because it must not serve twice.
///
/// # Errors
/// [`NonContributory`] if the recipient's key has small order.
pub fn seal_deterministic(
    recipient: &X25519PublicKey,
    plaintext: &[u8],
    seed: OneTimeSeed,
) -> Result<Vec<u8>, NonContributory> {
    seal_with(seed.into_keypair(), recipient, plaintext)
}

/// Opens a sealed box with the recipient's key pair.
///
/// # Errors
/// [`OpenError::TooShort`] below [`OVERHEAD`] bytes, [`OpenError::Unauthentic`] for every other failure.
pub fn open(recipient: &X25519Keypair, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
    let too_short = OpenError::TooShort { found: sealed.len() };
    if sealed.len() < OVERHEAD {
        return Err(too_short);
    }
    let (one_time, ciphertext) = sealed.split_first_chunk().ok_or(too_short)?;
    let one_time = X25519PublicKey::from_bytes(*one_time);
    let shared = recipient
        .secret_key()
        .diffie_hellman(&one_time)
        .map_err(|NonContributory| OpenError::Unauthentic)?;
    let nonce = nonce(&one_time, &recipient.public_key());
    box_key(&shared).decrypt(&nonce, ciphertext).map_err(|Unauthentic| OpenError::Unauthentic)
}

/// Why a sealed box did not open.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Fewer bytes than an empty box has.
    #[error("sealed box of {found} bytes is too short")]
    TooShort {
        /// Bytes that were given.
        found: usize,
    },
    /// Sealed to another key, or altered; the two cannot be told apart.
    #[error("sealed box failed authentication")]
    Unauthentic,
}

/// Seed of the one-time key of a deterministic box, 32 bytes.
#[derive(ZeroizeOnDrop)]
pub struct OneTimeSeed(SecretBytes<32>);

impl OneTimeSeed {
    /// Takes 32 bytes as a seed.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(SecretBytes::from_bytes(bytes))
    }

    /// The first half of SHA-512(seed) is the secret key.
    fn into_keypair(self) -> X25519Keypair {
        let digest = Zeroizing::new(<[u8; 64]>::from(Sha512::digest(self.0.expose_bytes())));
        X25519Keypair::from_secret_key(X25519SecretKey::filled(|secret| {
            secret.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
        }))
    }
}

impl fmt::Debug for OneTimeSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeSeed(..)")
    }
}

fn seal_with(
    one_time: X25519Keypair,
    recipient: &X25519PublicKey,
    plaintext: &[u8],
) -> Result<Vec<u8>, NonContributory> {
    let shared = one_time.secret_key().diffie_hellman(recipient)?;
    let mut sealed = Vec::with_capacity(plaintext.len().saturating_add(OVERHEAD));
    sealed.extend_from_slice(one_time.public_key().as_bytes());
    let nonce = nonce(&one_time.public_key(), recipient);
    box_key(&shared).encrypt_into(&nonce, plaintext, &mut sealed);
    Ok(sealed)
}

fn nonce(one_time: &X25519PublicKey, recipient: &X25519PublicKey) -> [u8; NONCE_LENGTH] {
    Blake2b::new().chain(one_time.as_bytes()).chain(recipient.as_bytes()).finalize()
}

fn box_key(shared: &SharedSecret) -> SecretBoxKey {
    SecretBoxKey::filled(|key| {
        *key = hsalsa::<U10>(shared.expose_bytes().into(), &[0; 16].into()).into();
    })
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::{encoding::hex, test_rng::Counting};

    fn recipient() -> X25519Keypair {
        X25519Keypair::from_secret_key(X25519SecretKey::from_bytes([3; 32]))
    }

    fn sealed(plaintext: &[u8]) -> Vec<u8> {
        let seed = OneTimeSeed::from_bytes([5; 32]);
        seal_deterministic(&recipient().public_key(), plaintext, seed).unwrap()
    }

    #[test]
    fn opens_what_was_sealed() {
        for length in [0, 1, 63, 64, 65, 1000] {
            let plaintext = alloc::vec![7; length];
            assert_eq!(open(&recipient(), &sealed(&plaintext)), Ok(plaintext), "{length}");
        }
    }

    /// libsodium 1.0.18 opens it with `crypto_box_seal_open`, and makes it of the first half of the hash of the seed.
    #[test]
    fn the_box_is_the_one_of_libsodium() {
        let expected = "c44e429251771ec76197c7a1f8ea289a18ca3dd7a7e102ba7cc84df6b55cbe1a\
                        8737b11fecb7e7a69c9421c30deb9250df24";
        assert_eq!(hex::encode(&sealed(b"hi")), expected);
    }

    #[test]
    fn every_box_has_a_one_time_key_of_its_own() {
        let seal = |first| {
            let rng = &mut Counting(first);
            seal(&recipient().public_key(), b"hi", rng).unwrap()
        };
        for first in [0, 1, 200] {
            let secret = X25519SecretKey::from_bytes(core::array::from_fn(|i| {
                u8::try_from(i).unwrap().wrapping_add(first)
            }));
            assert_eq!(seal(first)[..32], *secret.public_key().as_bytes(), "{first}");
            assert_eq!(open(&recipient(), &seal(first)), Ok(b"hi".to_vec()));
        }
    }

    #[test]
    fn every_bit_and_every_length_counts() {
        let sealed = sealed(b"hi");
        for bit in (0..sealed.len() * 8).filter(|bit| *bit != 255) {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&recipient(), &altered), Err(OpenError::Unauthentic), "bit {bit}");
        }
        for found in 0..OVERHEAD {
            let error = open(&recipient(), &sealed[..found]);
            assert_eq!(error, Err(OpenError::TooShort { found }));
        }
        assert_eq!(open(&recipient(), &sealed[..OVERHEAD]), Err(OpenError::Unauthentic));
    }

    #[test]
    fn the_ignored_bit_of_the_one_time_key_is_bound_by_the_nonce() {
        let mut altered = sealed(b"hi");
        altered[31] ^= 0x80;
        assert_eq!(open(&recipient(), &altered), Err(OpenError::Unauthentic));
    }

    #[test]
    fn small_order_keys_are_refused_on_both_sides() {
        let zero = X25519PublicKey::from_bytes([0; 32]);
        let seed = OneTimeSeed::from_bytes([5; 32]);
        assert_eq!(seal_deterministic(&zero, b"hi", seed), Err(NonContributory));
        assert_eq!(open(&recipient(), &[0; 60]), Err(OpenError::Unauthentic));
    }

    #[test]
    fn seed_does_not_print() {
        assert_eq!(format!("{:?}", OneTimeSeed::from_bytes([0xab; 32])), "OneTimeSeed(..)");
    }
}
