//! XEd25519 in Session's variant: Ed25519 signatures with an X25519 secret key (01 §6.3, §6.4).
//!
//! An Account ID shows an X25519 key, and of its Ed25519 key all but the sign. So the signer signs for the key
//! with sign bit 0, with `a` or `−a`, and everybody who knows the Account ID can verify:
//!
//! ```text
//! X25519PublicKey ──to_ed25519──► |A|, sign bit 0 ──► ordinary verification
//! X25519SecretKey ──clamp, negate if needed──► a ──► r = BLAKE2b-512(a ‖ M ‖ Z), Z random ──► R ‖ S
//! ```
//!
//! ```
//! use session_crypto::{x25519::X25519SecretKey, xed25519::{self, XEd25519Keypair}};
//!
//! let mut rng = session_crypto::system_rng();
//! let secret = X25519SecretKey::generate(&mut rng);
//! let signature = XEd25519Keypair::from_x25519(&secret).sign(b"hello", &mut rng);
//! assert!(xed25519::verify(&secret.public_key(), b"hello", &signature).is_ok());
//! # Ok::<(), session_crypto::ed25519::VerifyError>(())
//! ```

use core::fmt;

use curve25519_dalek::{
    edwards::EdwardsPoint,
    scalar::{Scalar, clamp_integer},
};
use rand_core::CryptoRng;
use subtle::{Choice, ConditionallySelectable};
use zeroize::Zeroizing;

use crate::{
    blake2b::Blake2b,
    ed25519::{Ed25519PublicKey, Ed25519Signature, VerifyError},
    schnorr,
    secret::SecretBytes,
    x25519::{X25519PublicKey, X25519SecretKey},
};

/// Personalisation of the nonce (01 §6.3, step 5).
const NONCE_PERSONALISATION: &[u8; 16] = b"xed25519signatur";

/// Verifies `signature` over `message` under the Ed25519 key with sign bit 0 that belongs to `key`.
///
/// The other sign is not tried: other clients would refuse what that accepts.
///
/// # Errors
/// [`VerifyError::Key`] if `key` has no acceptable Ed25519 form, [`VerifyError::Signature`] if the signature is
/// wrong.
pub fn verify(
    key: &X25519PublicKey,
    message: &[u8],
    signature: &Ed25519Signature,
) -> Result<(), VerifyError> {
    key.to_ed25519().verify(message, signature)
}

/// The alternative of an Ed25519 key pair whose public half has sign bit 0.
///
/// # Security
/// It holds the scalar and nothing of the Ed25519 seed, and every signature draws its own nonce. So it cannot
/// repeat a nonce of the plain Ed25519 key over the same message, which would give the scalar away (01 §6.4).
#[derive(Clone)]
pub struct XEd25519Keypair {
    /// `a` such that `a·B` is the public half: the clamped key as it is, or its negative mod L.
    scalar: SecretBytes<32>,
    public: Ed25519PublicKey,
}

impl XEd25519Keypair {
    /// Key pair of an X25519 secret key, which is clamped first.
    #[must_use]
    pub fn from_x25519(secret: &X25519SecretKey) -> Self {
        let clamped = Zeroizing::new(clamp_integer(*secret.expose_bytes()));
        let scalar = Zeroizing::new(Scalar::from_bytes_mod_order(*clamped));
        let public =
            Ed25519PublicKey::from_bytes(EdwardsPoint::mul_base(&scalar).compress().to_bytes());
        let negative = Zeroizing::new((-*scalar).to_bytes());
        let is_negative = Choice::from(u8::from(public.is_negative()));
        let scalar = SecretBytes::filled(|chosen| {
            for ((to, a), b) in chosen.iter_mut().zip(clamped.iter()).zip(negative.iter()) {
                *to = u8::conditional_select(a, b, is_negative);
            }
        });
        Self { scalar, public: public.absolute() }
    }

    /// The public half, with sign bit 0.
    #[must_use]
    pub const fn public_key(&self) -> Ed25519PublicKey {
        self.public
    }

    /// Signature over `message`; draws 64 bytes.
    #[must_use]
    pub fn sign(&self, message: &[u8], rng: &mut impl CryptoRng) -> Ed25519Signature {
        let mut random = Zeroizing::new([0; 64]);
        rng.fill_bytes(random.as_mut_slice());
        let hash = Zeroizing::new(
            Blake2b::<64>::personalised(NONCE_PERSONALISATION)
                .chain(self.scalar.expose_bytes())
                .chain(message)
                .chain(random.as_slice())
                .finalize(),
        );
        let nonce = Zeroizing::new(Scalar::from_bytes_mod_order_wide(&hash));
        let scalar = Zeroizing::new(Scalar::from_bytes_mod_order(*self.scalar.expose_bytes()));
        schnorr::sign(&scalar, &self.public, &nonce, message)
    }
}

impl fmt::Debug for XEd25519Keypair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("XEd25519Keypair").field(&self.public).finish()
    }
}

#[cfg(test)]
mod tests;
