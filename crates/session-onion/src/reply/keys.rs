//! What the client keeps of a request until its reply is decoded (§2.4, §13).

use alloc::vec::Vec;
use core::fmt;

use session_crypto::{
    ed25519::Ed25519PublicKey,
    encoding::base64,
    x25519::{X25519Keypair, X25519PublicKey},
};

use super::{Encoding, ReplyFormat};
use crate::encryption::{DecryptError, LayerKey};

/// The keys of every layer of one request. Dropping them wipes them.
///
/// The destination encrypts the reply with the key of its layer. A hop that cannot go on answers with the key
/// of its own; who keeps that key can read the answer, and knows from whom it is.
#[derive(Clone)]
pub struct ReplyKeys {
    pub(crate) ephemeral: X25519Keypair,
    pub(crate) destination: X25519PublicKey,
    pub(crate) key: LayerKey,
    pub(crate) format: ReplyFormat,
    /// In the order of the path.
    pub(crate) hops: Vec<(Ed25519PublicKey, LayerKey)>,
}

/// Who made a reply: proven by the key that opens it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "a path has hops and a destination")]
pub enum Origin {
    /// The destination of the request.
    Destination,
    /// A hop, which could not pass the request on.
    Hop {
        /// Position on the path, 0 for the edge node.
        position: usize,
        /// Which node.
        node: Ed25519PublicKey,
    },
}

impl ReplyKeys {
    /// The ephemeral key pair of the destination's layer.
    #[must_use]
    pub const fn ephemeral(&self) -> &X25519Keypair {
        &self.ephemeral
    }

    /// Long-term key of the destination.
    #[must_use]
    pub const fn destination(&self) -> X25519PublicKey {
        self.destination
    }

    /// Key of the destination's layer.
    #[must_use]
    pub const fn key(&self) -> &LayerKey {
        &self.key
    }

    /// How the request asked a node to reply.
    #[must_use]
    pub const fn format(&self) -> ReplyFormat {
        self.format
    }

    /// Decrypts a body of outer status 200. If it is not what the destination's key opens, read as `encoding`,
    /// it is read as base64, for the destinations that know no other form, and for the hops, whose keys are
    /// tried in order (§5.2).
    ///
    /// # Errors
    /// [`DecryptError::TooShort`] if no cipher makes so few bytes, also for a body that should be base64 and is
    /// not; else [`DecryptError::Unauthentic`] if no key opens it.
    pub fn open(&self, body: &[u8], encoding: Encoding) -> Result<(Origin, Vec<u8>), DecryptError> {
        if encoding == Encoding::Raw
            && let Ok(plaintext) = self.key.decrypt(body)
        {
            return Ok((Origin::Destination, plaintext));
        }
        let ciphertext = decode_base64(body).unwrap_or_default();
        let error = match self.key.decrypt(&ciphertext) {
            Ok(plaintext) => return Ok((Origin::Destination, plaintext)),
            Err(error) => error,
        };
        for (position, (node, key)) in self.hops.iter().enumerate() {
            if let Ok(plaintext) = key.decrypt(&ciphertext) {
                return Ok((Origin::Hop { position, node: *node }, plaintext));
            }
        }
        Err(error)
    }
}

fn decode_base64(body: &[u8]) -> Option<Vec<u8>> {
    base64::decode(core::str::from_utf8(body).ok()?.trim()).ok()
}

impl fmt::Debug for ReplyKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyKeys").field("destination", &self.destination).finish_non_exhaustive()
    }
}
