//! Bytes that must not leak: wiped on drop, compared in constant time, never printed.
//!
//! [`SecretBytes`] is the storage of every secret type of the workspace. A role (a seed, a group key) is a
//! newtype around it with a name of its own, so that two roles cannot be mixed up.

use alloc::boxed::Box;
use core::fmt;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// `N` secret bytes on the heap, so that moving the value leaves no copy behind.
///
/// Equality takes the same time whatever the contents; `Debug` prints `SecretBytes(..)`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretBytes<const N: usize>(Box<[u8; N]>);

impl<const N: usize> SecretBytes<N> {
    /// Takes over `bytes`. The caller's own copy, if it keeps one, is the caller's to wipe.
    #[must_use]
    pub fn from_bytes(mut bytes: [u8; N]) -> Self {
        let secret = Self(Box::new(bytes));
        bytes.zeroize();
        secret
    }

    /// The bytes that `fill` writes to their place over zeros, so that there is no other copy to wipe.
    #[must_use]
    pub fn filled(fill: impl FnOnce(&mut [u8; N])) -> Self {
        let mut secret = Self(Box::new([0; N]));
        fill(&mut secret.0);
        secret
    }

    /// Draws `N` random bytes.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::filled(|bytes| rng.fill_bytes(bytes))
    }

    /// The secret bytes.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> PartialEq for SecretBytes<N> {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(other.0.as_ref()).into()
    }
}

impl<const N: usize> Eq for SecretBytes<N> {}

impl<const N: usize> fmt::Debug for SecretBytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(..)")
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn debug_shows_no_byte() {
        assert_eq!(format!("{:?}", SecretBytes::from_bytes([0xab; 4])), "SecretBytes(..)");
    }

    #[test]
    fn filling_starts_from_zeros() {
        let secret = SecretBytes::<3>::filled(|bytes| bytes[1] = 7);
        assert_eq!(secret.expose_bytes(), &[0, 7, 0]);
    }

    #[test]
    fn wiping_leaves_zeros() {
        let mut secret = SecretBytes::from_bytes([0xab; 4]);
        secret.zeroize();
        assert_eq!(secret.expose_bytes(), &[0; 4]);
    }

    #[test]
    fn equality_looks_at_every_byte() {
        let one = SecretBytes::from_bytes([1, 2, 3]);
        assert_eq!(one, SecretBytes::from_bytes([1, 2, 3]));
        for other in [[0, 2, 3], [1, 0, 3], [1, 2, 0]] {
            assert_ne!(one, SecretBytes::from_bytes(other), "{other:?}");
        }
    }
}
