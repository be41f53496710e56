//! The key of a file, which follows from the file (02 §11.2).

use core::fmt;

use session_crypto::{
    blake2b::Blake2b,
    ed25519::Ed25519Seed,
    secret_stream::{Header, StreamKey},
};
use zeroize::Zeroizing;

/// Key of a file, 32 bytes.
#[derive(Clone, Eq, PartialEq)]
pub struct AttachmentKey(StreamKey);

impl AttachmentKey {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    /// Takes 32 bytes as a key.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(StreamKey::from_bytes(bytes))
    }

    /// The secret bytes.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        self.0.expose_bytes()
    }

    pub(super) const fn stream_key(&self) -> &StreamKey {
        &self.0
    }
}

impl fmt::Debug for AttachmentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AttachmentKey(..)")
    }
}

/// What a file is for. The same file has another key for another purpose.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Purpose {
    /// Goes with a message.
    Attachment,
    /// Shows a person or a group.
    ProfilePicture,
}

/// How the key follows. Only the uploader derives it, so that all are decrypted alike.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Derivation {
    /// As released clients of 2025 do it: finds again what they uploaded.
    Released2025,
    /// As the newest clients do it.
    Newest,
}

/// Derives key and header from a file that passes by.
///
/// # Security
/// A user who uploads the same file twice uploads the same bytes, which the server sees. To hide that, feed random
/// bytes instead of the file.
#[derive(Debug)]
pub struct KeyDeriver(Blake2b<56>);

impl KeyDeriver {
    /// Deriver for a file of this uploader.
    #[must_use]
    pub fn new(uploader: &Ed25519Seed, purpose: Purpose, derivation: Derivation) -> Self {
        let seed = uploader.expose_bytes();
        Self(match (derivation, purpose) {
            (Derivation::Newest, Purpose::Attachment) => {
                Blake2b::keyed_personalised(seed, b"SessionAttachmnt")
            }
            (Derivation::Newest, Purpose::ProfilePicture) => {
                Blake2b::keyed_personalised(seed, b"Session_Prof_Pic")
            }
            (Derivation::Released2025, Purpose::Attachment) => Blake2b::keyed(&[0]).chain(seed),
            (Derivation::Released2025, Purpose::ProfilePicture) => Blake2b::keyed(&[1]).chain(seed),
        })
    }

    /// Takes the next bytes of the file.
    pub fn update(&mut self, content: &[u8]) {
        self.0.update(content);
    }

    /// Key and header of the file.
    #[must_use]
    pub fn finalize(self) -> (AttachmentKey, Header) {
        let hash = Zeroizing::new(self.0.finalize());
        let (mut header, mut key) = ([0; Header::LENGTH], [0; AttachmentKey::LENGTH]);
        header.iter_mut().chain(&mut key).zip(hash.iter()).for_each(|(to, from)| *to = *from);
        (AttachmentKey::from_bytes(key), Header::from_bytes(header))
    }
}
