//! Blinded ids with one factor for each server (01 §8.1).

use core::fmt;

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Signature},
    hazmat::{Nonce, Scalar, ScalarKeypair},
    secret::SecretBytes,
};
use sha2::{Digest as _, Sha512};
use zeroize::Zeroizing;

use super::{BlindError, BlindingFactor, ServerPublicKey};
use crate::id::{AccountId, Blinded15Id};

impl Blinded15Id {
    /// The two ids that an account may have on `server`. Which one it is depends on the sign of its Ed25519 key,
    /// which the Account ID does not show.
    ///
    /// The first is that of a positive key. Its own sign bit may be either (01 §8.1).
    ///
    /// # Errors
    /// [`BlindError`] if no account can have this id.
    pub fn candidates(
        account: &AccountId,
        server: &ServerPublicKey,
    ) -> Result<[Self; 2], BlindError> {
        let first =
            Self::from_public_key(BlindingFactor::blind15(server).multiply_account(account)?);
        Ok([first, first.negated()])
    }

    /// The id of the account with this Ed25519 key on `server`.
    ///
    /// # Errors
    /// [`BlindError`] if no account can have this key.
    pub fn of_ed25519(
        key: &Ed25519PublicKey,
        server: &ServerPublicKey,
    ) -> Result<Self, BlindError> {
        Ok(Self::from_public_key(BlindingFactor::blind15(server).0.multiply_point(key)?))
    }

    /// The candidate with sign bit 0, the form by which community servers file both (01 §8.1).
    #[must_use]
    pub const fn absolute(&self) -> Self {
        Self::from_public_key(self.public_key().absolute())
    }

    /// The other candidate: the sign bit flipped.
    #[must_use]
    pub const fn negated(&self) -> Self {
        Self::from_public_key(self.public_key().negated())
    }
}

/// Keys by which an account is known on one server under a `15` id.
#[derive(Clone)]
pub struct Blinded15Keypair {
    keypair: ScalarKeypair,
    nonce_prefix: SecretBytes<32>,
}

impl Blinded15Keypair {
    /// Keys of the account with this Ed25519 key pair on `server`.
    #[must_use]
    pub fn derive(account: &Ed25519Keypair, server: &ServerPublicKey) -> Self {
        // All 64 bytes are hashed. The hash of the seed alone would be the nonce prefix of the account's own
        // key (01 §8.4).
        let hash = Sha512::new()
            .chain_update(account.seed().expose_bytes())
            .chain_update(account.public_key().as_bytes());
        Self { keypair: keypair(account, server), nonce_prefix: second_half(hash) }
    }

    /// The id by which the others know these keys.
    #[must_use]
    pub const fn id(&self) -> Blinded15Id {
        Blinded15Id::from_public_key(self.keypair.public_key())
    }

    /// Deterministic signature over `message`, an ordinary Ed25519 signature of the key in the id.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Ed25519Signature {
        sign(&self.keypair, &self.nonce_prefix, message)
    }

    /// The secret scalar, 32 bytes.
    ///
    /// # Security
    /// It is no seed: where a seed is expected it would be hashed once more.
    #[must_use]
    pub fn expose_scalar(&self) -> &[u8; 32] {
        self.keypair.secret_scalar().expose_bytes()
    }
}

impl fmt::Debug for Blinded15Keypair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Blinded15Keypair").field(&self.id()).finish()
    }
}

/// Signature as session-desktop makes it, with the nonce prefix of the account's own key (01 §8.4, "seed form").
///
/// # Security
/// A signature of the account's own key over `blinded public key ‖ message` has the same nonce, and the two
/// together reveal the account's secret. For comparison with recorded signatures only.
#[cfg(feature = "hazmat")]
#[must_use]
pub fn sign_with_seed_prefix(
    account: &Ed25519Keypair,
    server: &ServerPublicKey,
    message: &[u8],
) -> Ed25519Signature {
    let hash = Sha512::new().chain_update(account.seed().expose_bytes());
    sign(&keypair(account, server), &second_half(hash), message)
}

/// `k·a`: with the sign that `a` has, so that the id is `k·A`.
fn keypair(account: &Ed25519Keypair, server: &ServerPublicKey) -> ScalarKeypair {
    let factor = BlindingFactor::blind15(server);
    ScalarKeypair::from_scalar(factor.0.multiply(&Scalar::of_keypair(account)))
}

fn sign(keypair: &ScalarKeypair, prefix: &SecretBytes<32>, message: &[u8]) -> Ed25519Signature {
    let hash = Sha512::new()
        .chain_update(prefix.expose_bytes())
        .chain_update(keypair.public_key().as_bytes())
        .chain_update(message);
    let nonce = Zeroizing::new(<[u8; 64]>::from(hash.finalize()));
    keypair.sign_with_nonce(message, Nonce::reduce(&nonce))
}

fn second_half(hash: Sha512) -> SecretBytes<32> {
    let hash = Zeroizing::new(<[u8; 64]>::from(hash.finalize()));
    SecretBytes::filled(|half| {
        half.iter_mut().zip(hash.iter().skip(32)).for_each(|(to, from)| *to = *from);
    })
}
