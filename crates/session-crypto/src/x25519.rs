//! X25519 keys and key agreement (RFC 7748).

use core::fmt;

use curve25519_dalek::montgomery::MontgomeryPoint;
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::ZeroizeOnDrop;

use crate::{
    ed25519::Ed25519PublicKey, field::FieldNumber, ladder, public_bytes::public_bytes,
    secret::SecretBytes,
};

/// X25519 public key: 32 bytes, little-endian u. Bit 255 is ignored in computation. Nothing is checked yet.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct X25519PublicKey([u8; 32]);

public_bytes!(X25519PublicKey, 32);

impl X25519PublicKey {
    /// Checks what [`X25519SecretKey::diffie_hellman`] does not: that these bytes are the one spelling of a
    /// point on the curve itself, outside its small subgroup (01 §3.2). For keys that a person or a peer gave.
    ///
    /// # Errors
    /// [`X25519KeyError::NonCanonical`], [`X25519KeyError::OnTwist`] or [`X25519KeyError::SmallOrder`].
    pub fn check(&self) -> Result<(), X25519KeyError> {
        let [first, middle @ .., last] = &self.0;
        let below_p = *last < 0x7f || *first < 0xed || middle.iter().any(|byte| *byte != 0xff);
        if *last > 0x7f || !below_p {
            return Err(X25519KeyError::NonCanonical);
        }
        // u = −1 is on the twist and has no Edwards form; dalek answers `None` there as for every twist point.
        let point = MontgomeryPoint(self.0).to_edwards(0).ok_or(X25519KeyError::OnTwist)?;
        if point.is_small_order() {
            return Err(X25519KeyError::SmallOrder);
        }
        Ok(())
    }

    /// Ed25519 key with sign bit 0 of the same secret: `y = (u − 1) / (u + 1)`, where u is read as in every
    /// computation, without bit 255 and reduced (01 §6.2). The true Ed25519 key has the same y and either sign.
    ///
    /// Every u has an answer; y = 0 is that of u = −1, whose quotient is missing. If u is on the twist, the result is
    /// no point of the curve. It is checked like every key: by the function that uses it.
    #[must_use]
    pub fn to_ed25519(&self) -> Ed25519PublicKey {
        let u = FieldNumber::from_bytes(&self.0);
        let y = u.subtract(FieldNumber::ONE).multiply(u.add(FieldNumber::ONE).reduce().invert());
        Ed25519PublicKey::from_bytes(y.to_bytes())
    }
}

/// Why 32 bytes are no acceptable X25519 public key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum X25519KeyError {
    /// u is not below 2^255 − 19: a second spelling of a key.
    #[error("x25519 key is not canonical")]
    NonCanonical,
    /// u belongs to the quadratic twist, not to the curve.
    #[error("x25519 key is no point of the curve")]
    OnTwist,
    /// The point has order 1, 2, 4 or 8.
    #[error("x25519 key has small order")]
    SmallOrder,
}

/// X25519 secret key: 32 bytes, clamped when used.
#[derive(Clone, Eq, PartialEq, ZeroizeOnDrop)]
pub struct X25519SecretKey(SecretBytes<32>);

impl X25519SecretKey {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    /// Takes 32 bytes as a secret key.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(SecretBytes::from_bytes(bytes))
    }

    /// Secret key of 32 bytes that `fill` writes to their place.
    pub(crate) fn filled(fill: impl FnOnce(&mut [u8; 32])) -> Self {
        Self(SecretBytes::filled(fill))
    }

    /// Draws a secret key: 32 random bytes.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(SecretBytes::generate(rng))
    }

    /// The secret bytes as they were given.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        self.0.expose_bytes()
    }

    /// Public key of this secret key.
    #[must_use]
    pub fn public_key(&self) -> X25519PublicKey {
        X25519PublicKey(MontgomeryPoint::mul_base_clamped(*self.expose_bytes()).to_bytes())
    }

    /// Key agreement.
    ///
    /// # Errors
    /// [`NonContributory`] if the result is zero, which a peer key of small order forces (04 §2.4).
    pub fn diffie_hellman(&self, peer: &X25519PublicKey) -> Result<SharedSecret, NonContributory> {
        let shared = ladder::multiply(self.expose_bytes(), &peer.0);
        if shared.as_slice().ct_eq(&[0; 32]).into() {
            return Err(NonContributory);
        }
        Ok(SharedSecret(SecretBytes::filled(|bytes| *bytes = *shared)))
    }
}

impl fmt::Debug for X25519SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("X25519SecretKey(..)")
    }
}

/// The peer's key has small order, so that it would decide the shared secret alone.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("key agreement with a key of small order")]
pub struct NonContributory;

/// Result of a key agreement: 32 bytes, never zero. To be hashed before use as a key.
#[derive(Clone, Eq, PartialEq, ZeroizeOnDrop)]
pub struct SharedSecret(SecretBytes<32>);

impl SharedSecret {
    /// The secret bytes.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        self.0.expose_bytes()
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSecret(..)")
    }
}

/// X25519 key pair. The public half is always computed from the secret one.
#[derive(Clone, Eq, PartialEq)]
pub struct X25519Keypair {
    secret: X25519SecretKey,
    public: X25519PublicKey,
}

impl X25519Keypair {
    /// Key pair of a secret key.
    #[must_use]
    pub fn from_secret_key(secret: X25519SecretKey) -> Self {
        let public = secret.public_key();
        Self { secret, public }
    }

    /// Draws a key pair: 32 random bytes.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::from_secret_key(X25519SecretKey::generate(rng))
    }

    /// The secret half.
    #[must_use]
    pub const fn secret_key(&self) -> &X25519SecretKey {
        &self.secret
    }

    /// The public half.
    #[must_use]
    pub const fn public_key(&self) -> X25519PublicKey {
        self.public
    }
}

impl fmt::Debug for X25519Keypair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("X25519Keypair").field(&self.public).finish()
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::{blake2b::Blake2b, ed25519::Ed25519KeyError};

    /// Base point, RFC 7748 §4.1.
    const NINE: X25519PublicKey = {
        let mut bytes = [0; 32];
        bytes[0] = 9;
        X25519PublicKey(bytes)
    };

    /// u = −1, that is 2^255 − 20. On the twist.
    const MINUS_ONE: [u8; 32] = {
        let mut bytes = [0xff; 32];
        bytes[0] = 0xec;
        bytes[31] = 0x7f;
        bytes
    };

    fn key(hex: &str) -> X25519PublicKey {
        hex.parse().unwrap()
    }

    #[test]
    fn public_key_is_the_agreement_with_the_base_point() {
        let alice = X25519SecretKey::from_bytes(
            key("77076d0a7318a57d3c16c17251b26645df4c2f92ebc099c9bb9a09a0f5a0a07e").to_bytes(),
        );
        let public = alice.public_key();
        assert_eq!(alice.diffie_hellman(&NINE).unwrap().expose_bytes(), public.as_bytes());
    }

    #[test]
    fn the_ladder_is_that_of_the_curve_library_on_the_edges() {
        // Every point of small order in every spelling, and their neighbours on the curve and its twist.
        let edges = (0..=0xff).flat_map(|low| [0x00, 0x7f, 0x80, 0xff].map(|high| (low, high)));
        let small = [
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        ];
        let points = edges
            .map(|(low, high)| {
                let mut u = [if high & 0x7f == 0 { 0 } else { 0xff }; 32];
                (u[0], u[31]) = (low, high);
                X25519PublicKey(u)
            })
            .chain(small.map(key));
        for point in points {
            for scalar in [[0; 32], [1; 32], [0xff; 32]] {
                let ladder = MontgomeryPoint(point.0).mul_clamped(scalar).to_bytes();
                assert_eq!(*ladder::multiply(&scalar, &point.0), ladder, "{point}");
            }
        }
    }

    #[test]
    fn agreement_is_mutual() {
        let [a, b] = [[1; 32], [2; 32]].map(X25519SecretKey::from_bytes);
        assert_eq!(a.diffie_hellman(&b.public_key()), b.diffie_hellman(&a.public_key()));
    }

    #[test]
    fn small_order_keys_are_refused() {
        let secret = X25519SecretKey::from_bytes([1; 32]);
        for hex in [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ] {
            assert_eq!(secret.diffie_hellman(&key(hex)), Err(NonContributory), "{hex}");
            assert!(key(hex).check().is_err(), "{hex}");
        }
    }

    #[test]
    fn check_names_the_reason() {
        let mut u = [0; 32];
        for (low, reason) in [
            (9, Ok(())),
            (0, Err(X25519KeyError::SmallOrder)),
            (1, Err(X25519KeyError::SmallOrder)),
            (2, Err(X25519KeyError::OnTwist)),
            (3, Err(X25519KeyError::OnTwist)),
            (5, Err(X25519KeyError::OnTwist)),
        ] {
            u[0] = low;
            assert_eq!(X25519PublicKey(u).check(), reason, "u = {low}");
        }
        let mut nine_plus_p = [0xff; 32];
        (nine_plus_p[0], nine_plus_p[31]) = (0xf6, 0x7f);
        let mut high_bit = NINE.to_bytes();
        high_bit[31] |= 0x80;
        assert_eq!(X25519PublicKey(nine_plus_p).check(), Err(X25519KeyError::NonCanonical));
        assert_eq!(X25519PublicKey(high_bit).check(), Err(X25519KeyError::NonCanonical));
        assert_eq!(X25519PublicKey(MINUS_ONE).check(), Err(X25519KeyError::OnTwist));
    }

    #[test]
    fn the_ed25519_key_of_u_has_sign_bit_zero() {
        use crate::ed25519::{Ed25519Keypair, Ed25519Seed};
        for seed in 0..16 {
            let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([seed; 32]));
            let mut positive = keypair.public_key().to_bytes();
            positive[31] &= 0x7f;
            let converted = keypair.to_x25519().public_key().to_ed25519();
            assert_eq!(converted.to_bytes(), positive, "seed {seed}");
        }
    }

    /// 2, 3 and 5 are on the twist. Computed with the integers of Python.
    #[test]
    fn every_u_has_a_quotient() {
        for (u, y) in [
            ("00", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
            ("01", "0000000000000000000000000000000000000000000000000000000000000000"),
            ("02", "4955555555555555555555555555555555555555555555555555555555555555"),
            ("03", "f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff3f"),
            ("05", "a5aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2a"),
            ("09", "5866666666666666666666666666666666666666666666666666666666666666"),
            (
                "0bfe935e70c321c7ca3afc75ce0d0ca2f98b5422e008bb31c00c6d7f1f1c0a",
                "3fb4e3f190f2b6a954308ea8b687010af67d3efd807cdf75771147a43b1d8076",
            ),
        ] {
            let (y, last) = (y.parse().unwrap(), if u.len() == 2 { 0 } else { 0x56 });
            for last in [last, last | 0x80] {
                assert_eq!(key(&format!("{u:0<62}{last:02x}")).to_ed25519(), y, "{u} {last:x}");
            }
        }
        // No quotient: u = −1, also with bit 255.
        for high in [0x7f, 0xff] {
            let mut u = MINUS_ONE;
            u[31] = high;
            assert_eq!(X25519PublicKey(u).to_ed25519().to_bytes(), [0; 32], "{high:x}");
        }
        // Second spellings: p to p + 18 are 0 to 18.
        for above in 0..=18 {
            let (mut spelt, mut plain) = (MINUS_ONE, [0; 32]);
            (spelt[0], plain[0]) = (0xed + above, above);
            let (spelt, plain) = (X25519PublicKey(spelt), X25519PublicKey(plain));
            assert_eq!(spelt.to_ed25519(), plain.to_ed25519(), "p + {above}");
        }
    }

    #[test]
    fn conversion_to_ed25519_agrees_with_the_curve() {
        for seed in 0..=255 {
            let u = X25519PublicKey(Blake2b::new().chain(&[seed]).finalize());
            let mut reduced = u.0;
            reduced[31] &= 0x7f;
            let point = MontgomeryPoint(reduced).to_edwards(0);
            let converted = u.to_ed25519();
            match point {
                Some(point) => assert_eq!(converted.to_bytes(), point.compress().to_bytes()),
                None => assert_eq!(converted.check().unwrap_err(), Ed25519KeyError::NotOnCurve),
            }
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let keypair = X25519Keypair::from_secret_key(X25519SecretKey::from_bytes([0xab; 32]));
        assert_eq!(format!("{:?}", keypair.secret_key()), "X25519SecretKey(..)");
        let shared = keypair.secret_key().diffie_hellman(&NINE).unwrap();
        assert_eq!(format!("{shared:?}"), "SharedSecret(..)");
        let public = format!("{:?}", keypair.public_key());
        assert_eq!(format!("{keypair:?}"), format!("X25519Keypair({public})"));
    }
}
