//! Hop encryption: how one layer is encrypted for one hop or destination (§2).
//!
//! Every layer has an ephemeral key pair of the client. Its agreement with the long-term key of the hop gives
//! one symmetric key for the request and for the reply:
//!
//! ```text
//! S = X25519(own secret, other's public key)
//! xchacha20  K = BLAKE2b-256(S ‖ client's key ‖ server's key)   wire = nonce (24) ‖ ciphertext ‖ tag (16)
//! aes-gcm    K = HMAC-SHA-256(key "LOKI", S)                    wire = nonce (12) ‖ ciphertext ‖ tag (16)
//! ```
//!
//! The order of the public keys goes by role, not by who sends: "client" is whoever made the onion request.
//!
//! ```
//! use session_crypto::x25519::X25519Keypair;
//! use session_onion::encryption::{EncryptionType, LayerKey};
//!
//! let mut rng = session_crypto::system_rng();
//! let [ephemeral, hop] = [(); 2].map(|()| X25519Keypair::generate(&mut rng));
//! let encryption = EncryptionType::XChaCha20;
//! let ours = LayerKey::for_client(encryption, &ephemeral, &hop.public_key())?;
//! let theirs = LayerKey::for_server(encryption, &hop, &ephemeral.public_key())?;
//! assert_eq!(theirs.decrypt(&ours.encrypt(b"hello", &mut rng))?, b"hello");
//! # Ok::<(), session_onion::encryption::DecryptError>(())
//! ```

use alloc::vec::Vec;
use core::{fmt, str::FromStr};

use session_crypto::{
    aead::{Aes256GcmKey, Aes256GcmNonce, TAG_LENGTH, XChaCha20Key, XChaCha20Nonce},
    blake2b::Blake2b,
    hmac,
    rand_core::CryptoRng,
    x25519::{NonContributory, SharedSecret, X25519Keypair, X25519PublicKey},
};

/// Cipher of a layer. `Display` gives the wire's name, `FromStr` also reads its aliases (§2).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum EncryptionType {
    /// XChaCha20-Poly1305: `xchacha20`, also read as `xchacha20-poly1305`. What a client should use.
    XChaCha20,
    /// AES-256-GCM: `aes-gcm`, also read as `gcm`. Desktop and Android use it.
    AesGcm,
}

impl EncryptionType {
    /// What a layer without `enc_type` is encrypted with.
    pub const WHEN_ABSENT: Self = Self::AesGcm;

    /// The wire's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::XChaCha20 => "xchacha20",
            Self::AesGcm => "aes-gcm",
        }
    }

    /// Bytes that encryption adds: nonce and tag, 40 or 28. No ciphertext is shorter.
    #[must_use]
    pub const fn overhead(self) -> usize {
        match self {
            Self::XChaCha20 => XChaCha20Nonce::LENGTH + TAG_LENGTH,
            Self::AesGcm => Aes256GcmNonce::LENGTH + TAG_LENGTH,
        }
    }

    fn check_length(self, ciphertext: &[u8]) -> Result<(), DecryptError> {
        let (minimum, found) = (self.overhead(), ciphertext.len());
        if found < minimum { Err(DecryptError::TooShort { minimum, found }) } else { Ok(()) }
    }
}

impl fmt::Display for EncryptionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for EncryptionType {
    type Err = UnknownEncryptionType;

    fn from_str(text: &str) -> Result<Self, UnknownEncryptionType> {
        match text {
            "xchacha20" | "xchacha20-poly1305" => Ok(Self::XChaCha20),
            "aes-gcm" | "gcm" => Ok(Self::AesGcm),
            _ => Err(UnknownEncryptionType),
        }
    }
}

/// The text names no encryption type that is supported; AES-CBC is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("unknown encryption type")]
pub struct UnknownEncryptionType;

/// Symmetric key of one layer, for the request and for the reply.
#[derive(Clone, Eq, PartialEq)]
pub struct LayerKey(Cipher);

#[derive(Clone, Eq, PartialEq)]
enum Cipher {
    XChaCha20(XChaCha20Key),
    AesGcm(Aes256GcmKey),
}

impl LayerKey {
    /// Key as the client computes it, from its ephemeral pair and the key of the hop or destination.
    ///
    /// # Errors
    /// [`NonContributory`] if `server` has small order.
    pub fn for_client(
        encryption: EncryptionType,
        ephemeral: &X25519Keypair,
        server: &X25519PublicKey,
    ) -> Result<Self, NonContributory> {
        let shared = ephemeral.secret_key().diffie_hellman(server)?;
        Ok(Self::derive(encryption, &shared, &ephemeral.public_key(), server))
    }

    /// Key as the hop or destination computes it, from its long-term pair and the ephemeral key of the request.
    ///
    /// # Errors
    /// [`NonContributory`] if `ephemeral`, which anybody can choose, has small order.
    pub fn for_server(
        encryption: EncryptionType,
        server: &X25519Keypair,
        ephemeral: &X25519PublicKey,
    ) -> Result<Self, NonContributory> {
        let shared = server.secret_key().diffie_hellman(ephemeral)?;
        Ok(Self::derive(encryption, &shared, ephemeral, &server.public_key()))
    }

    fn derive(
        encryption: EncryptionType,
        shared: &SharedSecret,
        client: &X25519PublicKey,
        server: &X25519PublicKey,
    ) -> Self {
        let shared = shared.expose_bytes();
        Self(match encryption {
            EncryptionType::XChaCha20 => {
                let hash = Blake2b::new().chain(shared).chain(client.as_bytes());
                Cipher::XChaCha20(XChaCha20Key::from_bytes(
                    hash.chain(server.as_bytes()).finalize(),
                ))
            }
            EncryptionType::AesGcm => {
                let key = hmac::sha256(b"LOKI", shared);
                Cipher::AesGcm(Aes256GcmKey::from_bytes(*key.expose_bytes()))
            }
        })
    }

    /// Opens what a client encrypted for `server`; the key serves for the reply. The length is checked before
    /// the costly key agreement.
    pub(crate) fn open_request(
        encryption: EncryptionType,
        server: &X25519Keypair,
        ephemeral: &X25519PublicKey,
        ciphertext: &[u8],
    ) -> Result<(Self, Vec<u8>), DecryptError> {
        encryption.check_length(ciphertext)?;
        let key = Self::for_server(encryption, server, ephemeral)?;
        let plaintext = key.decrypt(ciphertext)?;
        Ok((key, plaintext))
    }

    /// Cipher of this key.
    #[must_use]
    pub const fn encryption(&self) -> EncryptionType {
        match self.0 {
            Cipher::XChaCha20(_) => EncryptionType::XChaCha20,
            Cipher::AesGcm(_) => EncryptionType::AesGcm,
        }
    }

    /// Nonce ‖ ciphertext ‖ tag. Draws the nonce, 24 or 12 bytes.
    #[must_use]
    pub fn encrypt(&self, plaintext: &[u8], rng: &mut impl CryptoRng) -> Vec<u8> {
        self.encrypt_parts(&[plaintext], rng)
    }

    /// Like [`Self::encrypt`] for what the parts make together, which are copied once.
    pub(crate) fn encrypt_parts(&self, parts: &[&[u8]], rng: &mut impl CryptoRng) -> Vec<u8> {
        let length = parts.iter().fold(0_usize, |sum, part| sum.saturating_add(part.len()));
        let mut out = Vec::with_capacity(length.saturating_add(self.encryption().overhead()));
        let tag = match &self.0 {
            Cipher::XChaCha20(key) => {
                let nonce = XChaCha20Nonce::generate(rng);
                key.encrypt_detached(&nonce, append(&mut out, nonce.as_bytes(), parts))
            }
            Cipher::AesGcm(key) => {
                let nonce = Aes256GcmNonce::generate(rng);
                key.encrypt_detached(&nonce, append(&mut out, nonce.as_bytes(), parts))
            }
        };
        out.extend_from_slice(&tag);
        out
    }

    /// Plaintext of nonce ‖ ciphertext ‖ tag.
    ///
    /// # Errors
    /// [`DecryptError::TooShort`] below 40 or 28 bytes, [`DecryptError::Unauthentic`] for everything else.
    pub fn decrypt(&self, bytes: &[u8]) -> Result<Vec<u8>, DecryptError> {
        self.encryption().check_length(bytes)?;
        let plaintext = match &self.0 {
            Cipher::XChaCha20(key) => bytes.split_first_chunk().and_then(|(nonce, rest)| {
                key.decrypt(&XChaCha20Nonce::from_bytes(*nonce), rest).ok()
            }),
            Cipher::AesGcm(key) => bytes.split_first_chunk().and_then(|(nonce, rest)| {
                key.decrypt(&Aes256GcmNonce::from_bytes(*nonce), rest).ok()
            }),
        };
        plaintext.ok_or(DecryptError::Unauthentic)
    }
}

/// Appends nonce and parts, and returns where the parts stand.
fn append<'a>(out: &'a mut Vec<u8>, nonce: &[u8], parts: &[&[u8]]) -> &'a mut [u8] {
    out.extend_from_slice(nonce);
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out.split_at_mut(nonce.len()).1
}

impl fmt::Debug for LayerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LayerKey(..)")
    }
}

/// Why a layer was not decrypted. To a peer all variants must look the same (§13).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptError {
    /// Shorter than nonce and tag.
    #[error("ciphertext of {found} bytes is too short, {minimum} are the least")]
    TooShort {
        /// Overhead of the cipher.
        minimum: usize,
        /// Bytes that were given.
        found: usize,
    },
    /// The public key of the request has small order.
    #[error("no key agreement for the layer")]
    WeakKey(#[from] NonContributory),
    /// Wrong key or altered ciphertext; the two cannot be told apart.
    #[error("layer failed authentication")]
    Unauthentic,
}

#[cfg(test)]
mod tests;
