//! Arithmetic of scalars and points, and signatures with a given nonce: the parts that blinded identities are
//! made of (01 §8). Wrong use of any of them reveals a secret key; `session-identity` is what to use instead.
//!
//! ```
//! use session_crypto::{ed25519::{Ed25519Keypair, Ed25519Seed}, hazmat::{Scalar, ScalarKeypair}};
//!
//! let alice = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([1; 32]));
//! let factor = Scalar::reduce(&[7; 64]);
//!
//! // (k·a)·B = k·(a·B): with the secret one gets the same key as without it.
//! let blinded = ScalarKeypair::from_scalar(factor.multiply(&Scalar::of_keypair(&alice)));
//! assert_eq!(blinded.public_key(), factor.multiply_point(&alice.public_key())?);
//! # Ok::<(), session_crypto::hazmat::MultiplyError>(())
//! ```

use core::fmt;

use curve25519_dalek::{edwards::EdwardsPoint, scalar};
use subtle::{Choice, ConditionallySelectable};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{
    ed25519::{Ed25519KeyError, Ed25519Keypair, Ed25519PublicKey, Ed25519Signature, is_canonical},
    edwards::Point,
    schnorr,
    secret::SecretBytes,
};

/// Integer mod L, the order of the main subgroup. Treated as secret whatever it is.
#[derive(Clone, Eq, PartialEq, ZeroizeOnDrop)]
pub struct Scalar(SecretBytes<32>);

impl Scalar {
    /// A 64-byte little-endian integer mod L: how hashes become scalars.
    #[must_use]
    pub fn reduce(wide: &[u8; 64]) -> Self {
        Self::new(&Zeroizing::new(scalar::Scalar::from_bytes_mod_order_wide(wide)))
    }

    /// The private scalar of a key pair: clamped as RFC 8032 has it, then reduced (01 §6.2).
    #[must_use]
    pub fn of_keypair(keypair: &Ed25519Keypair) -> Self {
        Self::new(&Zeroizing::new(keypair.scalar()))
    }

    /// This scalar, or its negative if `key` has its sign bit set. Takes the same time for both.
    #[must_use]
    pub fn with_sign_of(&self, key: &Ed25519PublicKey) -> Self {
        let value = self.value();
        let is_negative = Choice::from(u8::from(key.is_negative()));
        let negative = Zeroizing::new(-*value);
        Self::new(&Zeroizing::new(scalar::Scalar::conditional_select(
            &value,
            &negative,
            is_negative,
        )))
    }

    /// The product of two scalars.
    #[must_use]
    pub fn multiply(&self, other: &Self) -> Self {
        Self::new(&Zeroizing::new(*self.value() * *other.value()))
    }

    /// The multiple of a point, without clamping, as strict as row "scalar · point" of 01 §1.
    ///
    /// # Errors
    /// [`MultiplyError::Point`] unless `point` is the canonical encoding of a point of the main subgroup other
    /// than the identity, [`MultiplyError::ZeroScalar`] if this scalar is zero. Nothing else has the identity
    /// as result.
    pub fn multiply_point(
        &self,
        point: &Ed25519PublicKey,
    ) -> Result<Ed25519PublicKey, MultiplyError> {
        Ok(Ed25519PublicKey::from_bytes(self.multiple_of(point)?.compress().to_bytes()))
    }

    /// The same multiple where it is a secret that two parties share.
    ///
    /// # Errors
    /// As for [`Self::multiply_point`].
    pub fn shared_secret(
        &self,
        point: &Ed25519PublicKey,
    ) -> Result<SecretBytes<32>, MultiplyError> {
        let shared = Zeroizing::new(self.multiple_of(point)?.compress());
        Ok(SecretBytes::filled(|bytes| *bytes = *shared.as_bytes()))
    }

    fn multiple_of(
        &self,
        public_key: &Ed25519PublicKey,
    ) -> Result<Zeroizing<EdwardsPoint>, MultiplyError> {
        if !is_canonical(public_key.as_bytes()) {
            return Err(Ed25519KeyError::NonCanonical.into());
        }
        let point = public_key.decompress()?;
        if point.is_small_order() {
            return Err(Ed25519KeyError::SmallOrder.into());
        }
        if !Point::decompress(public_key.as_bytes()).is_some_and(Point::is_octuple) {
            return Err(Ed25519KeyError::MixedOrder.into());
        }
        let value = self.value();
        if *value == scalar::Scalar::ZERO {
            return Err(MultiplyError::ZeroScalar);
        }
        Ok(Zeroizing::new(*value * point))
    }

    /// The 32 bytes, little-endian, below L.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        self.0.expose_bytes()
    }

    fn new(value: &scalar::Scalar) -> Self {
        Self(SecretBytes::filled(|bytes| *bytes = *value.as_bytes()))
    }

    fn value(&self) -> Zeroizing<scalar::Scalar> {
        Zeroizing::new(scalar::Scalar::from_bytes_mod_order(*self.0.expose_bytes()))
    }
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scalar(..)")
    }
}

/// Why a point was not multiplied.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MultiplyError {
    /// The point is none that may be multiplied.
    #[error("{0}")]
    Point(#[from] Ed25519KeyError),
    /// The scalar is zero.
    #[error("multiplication by zero")]
    ZeroScalar,
}

/// Key pair whose secret half is a scalar, not a seed. Its signatures are ordinary Ed25519 to a verifier.
///
/// # Security
/// Its scalar must never go where a seed is expected, or the reverse: there it would be hashed once more.
#[derive(Clone)]
pub struct ScalarKeypair {
    secret: Scalar,
    public: Ed25519PublicKey,
}

impl ScalarKeypair {
    /// Key pair of a scalar.
    #[must_use]
    pub fn from_scalar(secret: Scalar) -> Self {
        let public = EdwardsPoint::mul_base(&secret.value()).compress().to_bytes();
        Self { secret, public: Ed25519PublicKey::from_bytes(public) }
    }

    /// The public half.
    #[must_use]
    pub const fn public_key(&self) -> Ed25519PublicKey {
        self.public
    }

    /// The secret half.
    #[must_use]
    pub const fn secret_scalar(&self) -> &Scalar {
        &self.secret
    }

    /// Signature over `message` with this nonce.
    ///
    /// # Security
    /// The nonce must be secret, and depend on the secret, on the public half and on the message, or be random. Two
    /// signatures with one nonce reveal the scalar: of two messages, and also of one message under two keys.
    #[must_use]
    pub fn sign_with_nonce(&self, message: &[u8], nonce: Nonce) -> Ed25519Signature {
        schnorr::sign(&self.secret.value(), &self.public, &nonce.0.value(), message)
    }
}

impl fmt::Debug for ScalarKeypair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ScalarKeypair").field(&self.public).finish()
    }
}

/// Nonce of one signature. Consumed by its use, and not to be copied.
#[derive(ZeroizeOnDrop)]
pub struct Nonce(Scalar);

impl Nonce {
    /// Nonce from the 64 bytes of a hash, reduced mod L.
    #[must_use]
    pub fn reduce(hash: &[u8; 64]) -> Self {
        Self(Scalar::reduce(hash))
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(..)")
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};

    use super::*;
    use crate::ed25519::Ed25519Seed;

    fn keypair() -> Ed25519Keypair {
        Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]))
    }

    /// The scalar of a small number.
    fn scalar(number: u8) -> Scalar {
        let mut wide = [0; 64];
        wide[0] = number;
        Scalar::reduce(&wide)
    }

    fn encoded(point: EdwardsPoint) -> Ed25519PublicKey {
        Ed25519PublicKey::from_bytes(point.compress().to_bytes())
    }

    #[test]
    fn a_multiple_is_a_sum() {
        let base = ED25519_BASEPOINT_POINT;
        let three = encoded(base + base + base);
        assert_eq!(scalar(3).multiply_point(&encoded(base)), Ok(three));
        assert_eq!(
            scalar(3).shared_secret(&encoded(base)).unwrap().expose_bytes(),
            three.as_bytes()
        );
        assert_eq!(ScalarKeypair::from_scalar(scalar(3)).public_key(), three);
        assert_eq!(scalar(3).multiply(&scalar(5)), scalar(15));
    }

    #[test]
    fn the_scalar_of_a_key_pair_is_that_of_its_public_key() {
        let scalar = Scalar::of_keypair(&keypair());
        assert_eq!(ScalarKeypair::from_scalar(scalar).public_key(), keypair().public_key());
    }

    #[test]
    fn the_sign_of_a_key_negates() {
        let key = keypair().public_key();
        let plain = scalar(5).multiply_point(&key).unwrap();
        let signed = |key: Ed25519PublicKey| scalar(5).with_sign_of(&key);
        assert_eq!(signed(key.absolute()), scalar(5));
        let negative = signed(key.absolute().negated()).multiply_point(&key);
        assert_eq!(negative, Ok(plain.negated()));
    }

    /// One point of every order but L, and of every sum with one.
    #[test]
    fn only_the_main_subgroup_is_multiplied() {
        for (i, torsion) in EIGHT_TORSION.into_iter().enumerate() {
            let small = scalar(1).multiply_point(&encoded(torsion));
            assert_eq!(small, Err(Ed25519KeyError::SmallOrder.into()), "torsion {i}");
            let sum = encoded(ED25519_BASEPOINT_POINT + torsion);
            let mixed = Err(Ed25519KeyError::MixedOrder.into());
            let expected = if i == 0 { Ok(sum) } else { mixed };
            assert_eq!(scalar(1).multiply_point(&sum), expected, "base + torsion {i}");
        }
    }

    #[test]
    fn encodings_of_no_point_and_second_encodings_are_refused() {
        let mut two = [0; 32];
        two[0] = 2;
        let result = scalar(1).multiply_point(&Ed25519PublicKey::from_bytes(two));
        assert_eq!(result, Err(Ed25519KeyError::NotOnCurve.into()));
        let mut above_p = [0xff; 32];
        for low in 0xed..=0xff {
            above_p[0] = low;
            for top in [0x7f, 0xff] {
                above_p[31] = top;
                let result = scalar(1).multiply_point(&Ed25519PublicKey::from_bytes(above_p));
                assert_eq!(
                    result,
                    Err(Ed25519KeyError::NonCanonical.into()),
                    "{low:02x} {top:02x}"
                );
            }
        }
    }

    #[test]
    fn zero_is_no_factor() {
        let order = (scalar::Scalar::ZERO - scalar::Scalar::ONE).to_bytes();
        let mut wide = [0; 64];
        wide[..32].copy_from_slice(&order);
        wide[0] += 1; // (L − 1) + 1, which ends in ed
        for zero in [scalar(0), Scalar::reduce(&wide)] {
            assert_eq!(zero.shared_secret(&keypair().public_key()), Err(MultiplyError::ZeroScalar));
            let result = zero.multiply_point(&keypair().public_key());
            assert_eq!(result, Err(MultiplyError::ZeroScalar));
        }
    }

    #[test]
    fn signatures_are_ordinary_to_a_verifier() {
        let keypair = ScalarKeypair::from_scalar(scalar(77));
        let signature = keypair.sign_with_nonce(b"m", Nonce::reduce(&[3; 64]));
        assert_eq!(keypair.public_key().verify(b"m", &signature), Ok(()));
        assert!(keypair.public_key().verify(b"n", &signature).is_err());
    }

    #[test]
    fn secrets_do_not_print() {
        assert_eq!(format!("{:?}", scalar(1)), "Scalar(..)");
        assert_eq!(format!("{:?}", Nonce::reduce(&[1; 64])), "Nonce(..)");
        let keypair = ScalarKeypair::from_scalar(scalar(1));
        let public = format!("{:?}", keypair.public_key());
        assert_eq!(format!("{keypair:?}"), format!("ScalarKeypair({public})"));
    }
}
