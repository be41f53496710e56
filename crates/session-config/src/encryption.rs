//! Encryption of configs: deterministic, so that devices that agree store the same bytes (07 §7.3).
//!
//! ```text
//! key   = BLAKE2b-256(base ‖ length, 8 bytes big-endian ‖ domain)
//! nonce = BLAKE2b-192(message, key = "libsessionutil-config-encrypted-" ‖ domain)
//! blob  = XChaCha20-Poly1305(key, nonce, message) ‖ nonce
//! ```
//!
//! An observer sees whether two messages under one key and domain are equal, which is wanted.
//!
//! ```
//! use session_config::encryption::{ConfigKey, Domain};
//!
//! let key = ConfigKey::from_bytes([7; 32]);
//! let domain = Domain::new("Contacts")?;
//! let blob = key.encrypt(domain, b"hello");
//! assert_eq!(*key.decrypt(domain, &blob)?, *b"hello");
//! assert_eq!(key.encrypt(domain, b"hello"), blob);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use session_crypto::{
    aead::{TAG_LENGTH, XChaCha20Key, XChaCha20Nonce},
    blake2b::{self, Blake2b},
    ed25519::Ed25519Seed,
    secret::SecretBytes,
};
use zeroize::Zeroizing;

/// Bytes that encryption adds: the authenticator and the nonce.
pub const OVERHEAD: usize = TAG_LENGTH + XChaCha20Nonce::LENGTH;

const NONCE_PREFIX: &[u8] = b"libsessionutil-config-encrypted-";

/// Secret from which the keys of all messages of a config follow: the Ed25519 seed of an account, or a key of
/// a group.
#[derive(Clone, Eq, PartialEq)]
pub struct ConfigKey(SecretBytes<32>);

impl ConfigKey {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    /// Takes 32 bytes as a key.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(SecretBytes::from_bytes(bytes))
    }

    /// Key of the configs of the account with this seed. Whoever has it owns the account.
    #[must_use]
    pub fn of_account(seed: &Ed25519Seed) -> Self {
        Self::from_bytes(*seed.expose_bytes())
    }

    /// The secret bytes.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        self.0.expose_bytes()
    }

    /// The encrypted message, [`OVERHEAD`] bytes longer: ciphertext ‖ tag ‖ nonce.
    #[must_use]
    pub fn encrypt(&self, domain: Domain<'_>, message: &[u8]) -> Vec<u8> {
        let nonce = domain.nonce_of(message);
        let mut blob = Vec::with_capacity(message.len().saturating_add(OVERHEAD));
        self.key_for(domain, message.len()).encrypt_into(&nonce, message, &mut blob);
        blob.extend_from_slice(nonce.as_bytes());
        blob
    }

    /// The message in `blob`.
    ///
    /// # Errors
    /// [`DecryptError::TooShort`] below [`OVERHEAD`] bytes, [`DecryptError::Unauthentic`] for another key or
    /// domain, or altered bytes.
    pub fn decrypt(
        &self,
        domain: Domain<'_>,
        blob: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
        let too_short = DecryptError::TooShort { found: blob.len() };
        let length = blob.len().checked_sub(OVERHEAD).ok_or(too_short)?;
        let (ciphertext, nonce) = blob.split_last_chunk().ok_or(too_short)?;
        self.key_for(domain, length)
            .decrypt(&XChaCha20Nonce::from_bytes(*nonce), ciphertext)
            .map(Zeroizing::new)
            .map_err(|_| DecryptError::Unauthentic)
    }

    fn key_for(&self, domain: Domain<'_>, length: usize) -> XChaCha20Key {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        let key = Blake2b::new()
            .chain(self.expose_bytes())
            .chain(&length.to_be_bytes())
            .chain(domain.0.as_bytes())
            .finalize();
        XChaCha20Key::from_bytes(key)
    }
}

impl TryFrom<&[u8]> for ConfigKey {
    type Error = KeyLengthError;

    fn try_from(bytes: &[u8]) -> Result<Self, KeyLengthError> {
        let bytes = bytes.try_into().map_err(|_| KeyLengthError { found: bytes.len() })?;
        Ok(Self::from_bytes(bytes))
    }
}

impl fmt::Debug for ConfigKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConfigKey(..)")
    }
}

/// What a key is used for: 1 to 24 bytes, different for every type of config.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Domain<'a>(pub(crate) &'a str);

impl<'a> Domain<'a> {
    /// Longest domain in bytes.
    pub const MAX_LENGTH: usize = 24;

    /// Takes a text as a domain.
    ///
    /// # Errors
    /// [`DomainLengthError`] outside 1 to 24 bytes.
    pub const fn new(text: &'a str) -> Result<Self, DomainLengthError> {
        match text.len() {
            1..=Self::MAX_LENGTH => Ok(Self(text)),
            found => Err(DomainLengthError { found }),
        }
    }

    fn nonce_of(self, message: &[u8]) -> XChaCha20Nonce {
        let key = [NONCE_PREFIX, self.0.as_bytes()].concat();
        // 32 + 24 bytes of key and 24 of output are within the hash's limits.
        let hash = blake2b::hash(XChaCha20Nonce::LENGTH, &key, message).unwrap_or_default();
        let mut nonce = [0; XChaCha20Nonce::LENGTH];
        nonce.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        XChaCha20Nonce::from_bytes(nonce)
    }
}

/// The bytes have not the length of a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("config key of {found} bytes, expected 32")]
pub struct KeyLengthError {
    /// Bytes that were given.
    pub found: usize,
}

/// The text is too long for a domain, or empty.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("config domain of {found} bytes, expected 1 to 24")]
pub struct DomainLengthError {
    /// Bytes that were given.
    pub found: usize,
}

/// Why a blob could not be decrypted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptError {
    /// Fewer bytes than encryption adds.
    #[error("encrypted config of {found} bytes is too short")]
    TooShort {
        /// Bytes that were given.
        found: usize,
    },
    /// Wrong key or domain, or altered bytes; they cannot be told apart.
    #[error("encrypted config failed authentication")]
    Unauthentic,
}

#[cfg(test)]
mod tests {
    use session_crypto::encoding::hex;

    use super::*;

    fn key() -> ConfigKey {
        ConfigKey::from_bytes(*b"\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89")
    }

    #[test]
    fn the_vectors_of_the_specification() {
        let blob = key().encrypt(Domain("test-suite1"), b"some message 1");
        assert_eq!(
            hex::encode(&blob),
            "f14f242a26638f3305707d1035e734577f943cd7d28af58e32637e0966dcaf2f4860cb4d0f8ba7e09d29e31f5e4a18f65847287a54a0"
        );
        let blob = key().encrypt(Domain("test-suite2"), b"some message 1");
        assert_eq!(hex::encode(&blob[30..]), "277e639d36ba46470dfff509a68cb73d9a96386c51739bdd");
    }

    #[test]
    fn every_bit_and_every_length_counts() {
        let domain = Domain("d");
        let blob = key().encrypt(domain, b"hello");
        assert_eq!(blob.len(), 5 + OVERHEAD);
        for bit in 0..blob.len() * 8 {
            let mut altered = blob.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                key().decrypt(domain, &altered),
                Err(DecryptError::Unauthentic),
                "bit {bit}"
            );
        }
        for length in 0..blob.len() {
            let expected = match length {
                0..OVERHEAD => DecryptError::TooShort { found: length },
                _ => DecryptError::Unauthentic,
            };
            assert_eq!(key().decrypt(domain, &blob[..length]), Err(expected), "length {length}");
        }
        let other = ConfigKey::from_bytes([1; 32]);
        assert_eq!(other.decrypt(domain, &blob), Err(DecryptError::Unauthentic));
        assert_eq!(key().decrypt(Domain("e"), &blob), Err(DecryptError::Unauthentic));
    }

    #[test]
    fn lengths_are_checked_and_nothing_secret_prints() {
        assert_eq!(ConfigKey::try_from([0; 31].as_slice()), Err(KeyLengthError { found: 31 }));
        assert_eq!(Domain::new(""), Err(DomainLengthError { found: 0 }));
        let long = "d".repeat(25);
        assert_eq!(Domain::new(&long), Err(DomainLengthError { found: 25 }));
        assert!(Domain::new(&"d".repeat(24)).is_ok());
        assert_eq!(format!("{:?}", key()), "ConfigKey(..)");
    }
}
