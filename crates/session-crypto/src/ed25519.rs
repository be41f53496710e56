//! Ed25519 keys and signatures with the strictness of the deployed network (01 §1, §6).
//!
//! [`Ed25519PublicKey`] is 32 bytes that somebody calls a key. [`VerifyingKey`] is the same after the checks:
//! canonical, on the curve, not of small order; only it verifies.
//!
//! ```
//! use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};
//!
//! let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]));
//! let signature = keypair.sign(b"hello");
//! assert!(keypair.public_key().verify(b"hello", &signature).is_ok());
//! assert!(keypair.public_key().verify(b"hallo", &signature).is_err());
//! ```

use alloc::boxed::Box;
use core::fmt;

use curve25519_dalek::{edwards::EdwardsPoint, scalar::Scalar};
use ed25519_dalek::{Signer as _, Verifier as _};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{
    blake2b::Blake2b,
    edwards::Point,
    public_bytes::{LengthError, public_bytes},
    secret::SecretBytes,
    x25519::{X25519Keypair, X25519PublicKey, X25519SecretKey},
};

pub mod batch;

/// Ed25519 public key as bytes: little-endian y with the sign of x in the top bit. Nothing is checked yet.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Ed25519PublicKey([u8; 32]);

public_bytes!(Ed25519PublicKey, 32);

impl Ed25519PublicKey {
    /// The key after the checks of 01 §1 (row "verify").
    ///
    /// # Errors
    /// [`Ed25519KeyError::NonCanonical`], [`Ed25519KeyError::NotOnCurve`] or [`Ed25519KeyError::SmallOrder`].
    pub fn check(&self) -> Result<VerifyingKey, Ed25519KeyError> {
        if !is_canonical(&self.0) {
            return Err(Ed25519KeyError::NonCanonical);
        }
        let key = ed25519_dalek::VerifyingKey::from_bytes(&self.0)
            .map_err(|_| Ed25519KeyError::NotOnCurve)?;
        if key.is_weak() {
            return Err(Ed25519KeyError::SmallOrder);
        }
        Ok(VerifyingKey(key))
    }

    /// Checks the key, then verifies `signature` over `message`. To verify many signatures of one key, keep
    /// the result of [`Self::check`].
    ///
    /// # Errors
    /// [`VerifyError::Key`] if the key is refused, [`VerifyError::Signature`] if the signature is wrong.
    pub fn verify(&self, message: &[u8], signature: &Ed25519Signature) -> Result<(), VerifyError> {
        self.check()?.verify(message, signature)
    }

    /// X25519 key of the same secret: `u = (1 + y) / (1 − y)` (01 §6.2). The sign of x is lost.
    ///
    /// # Errors
    /// [`Ed25519KeyError::NotOnCurve`], [`Ed25519KeyError::SmallOrder`] or [`Ed25519KeyError::MixedOrder`]: the
    /// point must lie on the main subgroup, up to the point of order 2 (01 §1 says why).
    pub fn to_x25519(&self) -> Result<X25519PublicKey, Ed25519KeyError> {
        let point = Point::decompress(&self.0).ok_or(Ed25519KeyError::NotOnCurve)?;
        if point.is_small_order() {
            return Err(Ed25519KeyError::SmallOrder);
        }
        // The deployed check looks at the x of L·P only, which is 0 for the point of order 2 too (01 §1): 2·L·P
        // vanishes for just the points that are four times another.
        if !point.is_quadruple() {
            return Err(Ed25519KeyError::MixedOrder);
        }
        Ok(X25519PublicKey::from_bytes(point.to_u()))
    }

    /// Whether the sign bit is set: the x of the point is odd.
    #[must_use]
    pub const fn is_negative(&self) -> bool {
        self.0[31] & SIGN_BIT != 0
    }

    /// The key with the sign bit cleared, `|A|`: of the two keys with this y the one that an X25519 key can show.
    #[must_use]
    pub const fn absolute(mut self) -> Self {
        self.0[31] &= !SIGN_BIT;
        self
    }

    /// The other key with this y: the sign bit flipped.
    #[must_use]
    pub const fn negated(mut self) -> Self {
        self.0[31] ^= SIGN_BIT;
        self
    }

    #[cfg(any(test, feature = "hazmat"))]
    pub(crate) fn decompress(&self) -> Result<EdwardsPoint, Ed25519KeyError> {
        curve25519_dalek::edwards::CompressedEdwardsY(self.0)
            .decompress()
            .ok_or(Ed25519KeyError::NotOnCurve)
    }
}

/// The sign of x, in the last byte of a key.
const SIGN_BIT: u8 = 0x80;

/// Whether the encoded y, without the sign bit, is below p = 2^255 − 19. Public data: may branch.
pub(crate) fn is_canonical(bytes: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = bytes;
    *first < 0xed || last & 0x7f != 0x7f || middle.iter().any(|byte| *byte != 0xff)
}

/// Why 32 bytes are no acceptable Ed25519 public key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Ed25519KeyError {
    /// y is not below 2^255 − 19: a second spelling of a key.
    #[error("ed25519 key is not canonical")]
    NonCanonical,
    /// No point of the curve has this y.
    #[error("ed25519 key is no point of the curve")]
    NotOnCurve,
    /// The point has order 1, 2, 4 or 8.
    #[error("ed25519 key has small order")]
    SmallOrder,
    /// The point has a component of small order.
    #[error("ed25519 key is outside the main subgroup")]
    MixedOrder,
}

/// Ed25519 public key that passed [`Ed25519PublicKey::check`].
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl VerifyingKey {
    /// Verifies `signature` over `message`: S below the group order, R not of small order, and the equation
    /// without cofactor, so that R has one accepted encoding (01 §1).
    ///
    /// # Errors
    /// [`VerifyError::Signature`] for every failure; finer reasons would only help an attacker.
    pub fn verify(&self, message: &[u8], signature: &Ed25519Signature) -> Result<(), VerifyError> {
        // The equation compares bytes, so that an R that satisfies it is canonical, and one of small order is one
        // of a few encodings: no need to decompress R as the strict form of the library does.
        let (r, _) = signature.0.split_first_chunk().ok_or(VerifyError::Signature)?;
        if has_small_order(r) {
            return Err(VerifyError::Signature);
        }
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify(message, &signature).map_err(|_| VerifyError::Signature)
    }

    /// The key as bytes.
    #[must_use]
    pub fn public_key(&self) -> Ed25519PublicKey {
        Ed25519PublicKey(self.0.to_bytes())
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VerifyingKey").field(&self.public_key()).finish()
    }
}

/// Why a signature was not accepted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The public key is none that may verify anything.
    #[error("public key refused")]
    Key(#[from] Ed25519KeyError),
    /// The signature is not one of this key over this message.
    #[error("signature is wrong")]
    Signature,
}

/// The y of the eight points of small order; each belongs to the points ±P.
const SMALL_ORDER_Y: [[u8; 32]; 5] = [
    *b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
       \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    *b"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
       \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    *b"\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
       \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    *b"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\
       \xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
    *b"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\
       \x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
];

/// Whether a canonical encoding is that of a point of small order. Public data: may branch.
fn has_small_order(encoding: &[u8; 32]) -> bool {
    let mut y = *encoding;
    y[31] &= !SIGN_BIT;
    is_small_order_y(&y)
}

/// Whether this is the y of a point of small order. Public data: may branch.
pub(crate) fn is_small_order_y(y: &[u8; 32]) -> bool {
    SMALL_ORDER_Y.contains(y)
}

/// Detached Ed25519 signature, 64 bytes: R ‖ S (RFC 8032).
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Ed25519Signature([u8; 64]);

public_bytes!(Ed25519Signature, 64);

impl Ed25519Signature {
    /// A signature that no key made: R is a point of the main subgroup, S a number below L, as in a real signature,
    /// and it verifies nothing. It fills a field that would otherwise tell who signs (01 §6.1). Draws 128 bytes.
    #[must_use]
    pub fn decoy(rng: &mut impl CryptoRng) -> Self {
        let [r, s] = core::array::from_fn(|_| {
            let mut wide = Zeroizing::new([0; 64]);
            rng.fill_bytes(wide.as_mut_slice());
            Scalar::from_bytes_mod_order_wide(&wide)
        });
        // Random bytes for R would be off the curve or the main subgroup, which an observer can test.
        Self::from_halves(EdwardsPoint::mul_base(&r).compress().to_bytes(), s.to_bytes())
    }

    pub(crate) fn from_halves(r: [u8; 32], s: [u8; 32]) -> Self {
        let mut bytes = [0; 64];
        bytes.iter_mut().zip(r.iter().chain(&s)).for_each(|(to, from)| *to = *from);
        Self(bytes)
    }
}

/// Ed25519 seed: the 32 secret bytes from which a key pair follows (RFC 8032 §5.1.5).
#[derive(Clone, Eq, PartialEq, ZeroizeOnDrop)]
pub struct Ed25519Seed(SecretBytes<32>);

impl Ed25519Seed {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    /// Takes 32 bytes as a seed.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(SecretBytes::from_bytes(bytes))
    }

    /// Draws a seed.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(SecretBytes::generate(rng))
    }

    /// Seed for another purpose: the BLAKE2b-256 hash of this one, keyed with `domain` (01 §7).
    #[must_use]
    pub fn derive<const K: usize>(&self, domain: &[u8; K]) -> Self {
        Self::from_bytes(Blake2b::keyed(domain).chain(self.expose_bytes()).finalize())
    }

    /// The secret bytes.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        self.0.expose_bytes()
    }
}

impl TryFrom<&[u8]> for Ed25519Seed {
    type Error = LengthError;

    fn try_from(bytes: &[u8]) -> Result<Self, LengthError> {
        let wrong = LengthError { expected: Self::LENGTH, found: bytes.len() };
        bytes.try_into().map(Self::from_bytes).map_err(|_| wrong)
    }
}

impl fmt::Debug for Ed25519Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ed25519Seed(..)")
    }
}

/// Ed25519 key pair. Both halves come from one seed, so that a foreign public half can never be signed with.
#[derive(Clone)]
pub struct Ed25519Keypair(Box<ed25519_dalek::SigningKey>);

impl Ed25519Keypair {
    /// Key pair of a seed.
    #[must_use]
    pub fn from_seed(seed: Ed25519Seed) -> Self {
        Self(Box::new(ed25519_dalek::SigningKey::from_bytes(seed.expose_bytes())))
    }

    /// Draws a key pair.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::from_seed(Ed25519Seed::generate(rng))
    }

    /// Key pair from the 32-byte seed, or from the 64 bytes seed ‖ public key that other programs store.
    ///
    /// # Errors
    /// [`SecretKeyError::Length`] for any other length, [`SecretKeyError::PublicKeyMismatch`] if the second half is
    /// not the public key of the first: signing with a foreign key would leak the secret (01 §2.1).
    pub fn from_secret_bytes(bytes: &[u8]) -> Result<Self, SecretKeyError> {
        let length = SecretKeyError::Length { found: bytes.len() };
        let (seed, public_key) = bytes.split_first_chunk::<32>().ok_or(length)?;
        let keypair = Self::from_seed(Ed25519Seed::from_bytes(*seed));
        match public_key.len() {
            0 => Ok(keypair),
            32 if keypair.public_key().as_bytes().ct_eq(public_key).into() => Ok(keypair),
            32 => Err(SecretKeyError::PublicKeyMismatch),
            _ => Err(length),
        }
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> Ed25519PublicKey {
        Ed25519PublicKey(self.0.as_ref().as_ref().to_bytes())
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> Ed25519Seed {
        Ed25519Seed::from_bytes(self.0.to_bytes())
    }

    /// Deterministic signature over `message` (RFC 8032).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Ed25519Signature {
        Ed25519Signature(self.0.sign(message).to_bytes())
    }

    #[cfg(feature = "hazmat")]
    pub(crate) fn scalar(&self) -> Scalar {
        self.0.to_scalar()
    }

    /// X25519 key pair of the same secret: the secret key is the clamped first half of SHA-512(seed), which is
    /// also the Ed25519 scalar (01 §6.2).
    #[must_use]
    pub fn to_x25519(&self) -> X25519Keypair {
        let scalar = Zeroizing::new(self.0.to_scalar_bytes());
        X25519Keypair::from_secret_key(X25519SecretKey::filled(|bytes| {
            *bytes = curve25519_dalek::scalar::clamp_integer(*scalar);
        }))
    }
}

impl fmt::Debug for Ed25519Keypair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ed25519Keypair").field(&self.public_key()).finish()
    }
}

/// Why bytes are no Ed25519 secret key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretKeyError {
    /// Neither 32 nor 64 bytes.
    #[error("ed25519 secret key of {found} bytes, expected 32 or 64")]
    Length {
        /// Bytes that were given.
        found: usize,
    },
    /// The public half belongs to another secret.
    #[error("public half of the ed25519 secret key does not belong to its seed")]
    PublicKeyMismatch,
}

#[cfg(test)]
mod tests;
