//! Blinded ids with a factor for each account and server (01 §8.2).

use core::fmt;

use session_crypto::{
    blake2b::Blake2b,
    ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Signature},
    hazmat::{Nonce, Scalar, ScalarKeypair},
    secret::SecretBytes,
};
use zeroize::Zeroizing;

use super::{BlindError, BlindingFactor, ServerPublicKey};
use crate::id::{AccountId, Blinded25Id};

/// Key of the hash that makes the nonce secret from the account's Ed25519 seed (01 §8.4).
const NONCE_SECRET_DOMAIN: &[u8; 20] = b"SessCommBlind25_seed";
/// Key of the hash that makes a nonce (01 §8.4).
const NONCE_DOMAIN: &[u8; 19] = b"SessCommBlind25_sig";

impl Blinded25Id {
    /// The id of an account on `server`.
    ///
    /// # Errors
    /// [`BlindError`] if no account can have this id.
    pub fn of_account(account: &AccountId, server: &ServerPublicKey) -> Result<Self, BlindError> {
        let key = BlindingFactor::blind25(account, server).multiply_account(account)?;
        Ok(Self::from_public_key(key))
    }

    /// The id of the account with this Ed25519 key on `server`.
    ///
    /// # Errors
    /// [`BlindError`] if no account can have this key.
    pub fn of_ed25519(
        key: &Ed25519PublicKey,
        server: &ServerPublicKey,
    ) -> Result<Self, BlindError> {
        Self::of_account(&AccountId::from_public_key(key.to_x25519()?), server)
    }
}

/// Keys by which an account is known on one server under a `25` id.
#[derive(Clone)]
pub struct Blinded25Keypair {
    keypair: ScalarKeypair,
    nonce_secret: SecretBytes<32>,
}

impl Blinded25Keypair {
    /// Keys of the account with this Ed25519 key pair on `server`.
    #[must_use]
    pub fn derive(account: &Ed25519Keypair, server: &ServerPublicKey) -> Self {
        let id = AccountId::from_public_key(account.to_x25519().public_key());
        let factor = BlindingFactor::blind25(&id, server).with_sign_of(&account.public_key());
        let seed = account.seed();
        Self {
            keypair: ScalarKeypair::from_scalar(factor.0.multiply(&Scalar::of_keypair(account))),
            nonce_secret: SecretBytes::filled(|secret| {
                *secret = Blake2b::keyed(NONCE_SECRET_DOMAIN).chain(seed.expose_bytes()).finalize();
            }),
        }
    }

    /// The id by which the others know these keys.
    #[must_use]
    pub const fn id(&self) -> Blinded25Id {
        Blinded25Id::from_public_key(self.keypair.public_key())
    }

    /// Deterministic signature over `message`, an ordinary Ed25519 signature of the key in the id.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Ed25519Signature {
        let hash = Zeroizing::new(
            Blake2b::keyed(NONCE_DOMAIN)
                .chain(self.nonce_secret.expose_bytes())
                .chain(self.keypair.public_key().as_bytes())
                .chain(message)
                .finalize(),
        );
        self.keypair.sign_with_nonce(message, Nonce::reduce(&hash))
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

impl fmt::Debug for Blinded25Keypair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Blinded25Keypair").field(&self.id()).finish()
    }
}
