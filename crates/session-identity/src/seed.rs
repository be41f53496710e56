//! The secret from which an account follows (01 §2).

use alloc::boxed::Box;
use core::fmt;

use session_crypto::{ed25519::Ed25519Seed, rand_core::CryptoRng};
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Secret from which an account follows: 16, 20, 24, 28 or 32 bytes, normally 16 (01 §2.2).
///
/// Everybody who has it has the account: nothing but zero bytes is added to it (01 §2.1). Its form for people is the
/// [recovery password](crate::mnemonic::RecoveryPassword).
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct AccountSeed {
    /// The seed, followed by zeros up to 32 bytes.
    padded: Box<[u8; 32]>,
    length: usize,
}

impl AccountSeed {
    /// Length of the seeds that the apps make, in bytes.
    pub const SHORT_LENGTH: usize = 16;
    /// Greatest length, in bytes.
    pub const LONG_LENGTH: usize = 32;

    /// Takes 16, 20, 24, 28 or 32 bytes as a seed.
    ///
    /// # Errors
    /// [`SeedLengthError`] for any other length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SeedLengthError> {
        let length = bytes.len();
        if !matches!(length, 16 | 20 | 24 | 28 | 32) {
            return Err(SeedLengthError { found: length });
        }
        let mut padded = Box::new([0; 32]);
        for (to, from) in padded.iter_mut().zip(bytes) {
            *to = *from;
        }
        Ok(Self { padded, length })
    }

    /// Draws a seed of 16 bytes, the length that every app can restore.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::draw(Self::SHORT_LENGTH, rng)
    }

    /// Draws a seed of 32 bytes. The apps for phones cannot restore it (01 §2.2).
    #[must_use]
    pub fn generate_long(rng: &mut impl CryptoRng) -> Self {
        Self::draw(Self::LONG_LENGTH, rng)
    }

    fn draw(length: usize, rng: &mut impl CryptoRng) -> Self {
        let mut padded = Box::new([0; 32]);
        if let Some(seed) = padded.get_mut(..length) {
            rng.fill_bytes(seed);
        }
        Self { padded, length }
    }

    /// The secret bytes, as many as the seed was made with.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8] {
        // `length` is at most 32 in every constructor, so the fallback is never taken.
        self.padded.get(..self.length).unwrap_or(self.padded.as_slice())
    }

    /// Ed25519 seed of the account: the seed, followed by zeros up to 32 bytes (01 §2.1).
    #[must_use]
    pub fn to_ed25519_seed(&self) -> Ed25519Seed {
        Ed25519Seed::from_bytes(*self.padded)
    }

    /// The same account's seed in the length to show and to hand out: 16 bytes if the rest is zero, so that
    /// every app can restore it, otherwise 32 (01 §2.2).
    #[must_use]
    pub fn to_export_form(&self) -> Self {
        let (_, rest) = self.padded.split_at(Self::SHORT_LENGTH);
        let is_short = bool::from(rest.ct_eq(&[0; 16]));
        let length = if is_short { Self::SHORT_LENGTH } else { Self::LONG_LENGTH };
        Self { padded: self.padded.clone(), length }
    }

    /// The same account's seed with all its 32 bytes, zeros or not.
    #[must_use]
    pub fn to_long_form(&self) -> Self {
        Self { padded: self.padded.clone(), length: Self::LONG_LENGTH }
    }
}

/// An Ed25519 seed that another program kept, as an account seed of 32 bytes.
impl From<Ed25519Seed> for AccountSeed {
    fn from(seed: Ed25519Seed) -> Self {
        Self { padded: Box::new(*seed.expose_bytes()), length: Self::LONG_LENGTH }
    }
}

/// Equal if bytes and length are. Seeds of two lengths may still name one account: compare their
/// [long forms](AccountSeed::to_long_form) or the Account IDs then.
impl PartialEq for AccountSeed {
    fn eq(&self, other: &Self) -> bool {
        let length = Choice::from(u8::from(self.length == other.length));
        (self.padded.ct_eq(other.padded.as_ref()) & length).into()
    }
}

impl Eq for AccountSeed {}

impl fmt::Debug for AccountSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountSeed(..)")
    }
}

/// The bytes are no seed: there are too few, too many, or not a multiple of four.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("account seed of {found} bytes, expected 16, 20, 24, 28 or 32")]
pub struct SeedLengthError {
    /// Bytes that were given.
    pub found: usize,
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use core::convert::Infallible;

    use session_crypto::rand_core::{TryCryptoRng, TryRng};

    use super::*;

    /// Counts up from 1.
    struct Counter(u8);

    impl TryRng for Counter {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            unreachable!("seeds are drawn as bytes")
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            unreachable!("seeds are drawn as bytes")
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
            for byte in bytes {
                self.0 += 1;
                *byte = self.0;
            }
            Ok(())
        }
    }

    impl TryCryptoRng for Counter {}

    #[test]
    fn only_the_five_lengths_are_seeds() {
        let bytes = [7; 40];
        for found in 0..40 {
            let seed = AccountSeed::from_bytes(&bytes[..found]);
            match found {
                16 | 20 | 24 | 28 | 32 => assert_eq!(seed.unwrap().expose_bytes(), &bytes[..found]),
                _ => assert_eq!(seed, Err(SeedLengthError { found })),
            }
        }
    }

    #[test]
    fn zeros_go_behind_the_seed() {
        let seed = AccountSeed::from_bytes(&[7; 20]).unwrap();
        let mut padded = [7; 32];
        padded[20..].fill(0);
        assert_eq!(seed.to_ed25519_seed(), Ed25519Seed::from_bytes(padded));
    }

    #[test]
    fn export_is_short_only_if_nothing_is_lost() {
        let mut bytes = [0; 32];
        bytes[..16].fill(7);
        let short = AccountSeed::from_bytes(&bytes[..16]).unwrap();
        for length in [16, 20, 24, 28, 32] {
            let seed = AccountSeed::from_bytes(&bytes[..length]).unwrap();
            assert_eq!(seed.to_export_form(), short, "{length} bytes");
            assert_eq!(seed.to_long_form().expose_bytes(), bytes, "{length} bytes");
        }
        for position in 16..32 {
            let mut other = bytes;
            other[position] = 1;
            let seed = AccountSeed::from_bytes(&other).unwrap();
            assert_eq!(seed.to_export_form().expose_bytes(), other, "byte {position}");
        }
    }

    #[test]
    fn what_is_drawn_is_what_the_generator_gave() {
        let drawn: [u8; 32] = core::array::from_fn(|place| u8::try_from(place).unwrap() + 1);
        let short = AccountSeed::generate(&mut Counter(0));
        assert_eq!(short.expose_bytes(), &drawn[..16]);
        let long = AccountSeed::generate_long(&mut Counter(0));
        assert_eq!(long.expose_bytes(), drawn);
    }

    #[test]
    fn ed25519_seeds_are_taken_whole() {
        let seed = AccountSeed::from(Ed25519Seed::from_bytes([7; 32]));
        assert_eq!(seed, AccountSeed::from_bytes(&[7; 32]).unwrap());
    }

    #[test]
    fn equality_looks_at_bytes_and_length() {
        let seed = |bytes: &[u8]| AccountSeed::from_bytes(bytes).unwrap();
        assert_eq!(seed(&[0; 16]), seed(&[0; 16]));
        assert_ne!(seed(&[0; 16]), seed(&[0; 20]));
        let mut last = [0; 16];
        last[15] = 1;
        assert_ne!(seed(&[0; 16]), seed(&last));
    }

    #[test]
    fn wiping_leaves_zeros() {
        let mut seed = AccountSeed::from_bytes(&[0xab; 20]).unwrap();
        seed.zeroize();
        assert_eq!((*seed.padded, seed.length), ([0; 32], 0));
    }

    #[test]
    fn debug_shows_nothing() {
        let seed = AccountSeed::from_bytes(&[0xab; 16]).unwrap();
        assert_eq!(format!("{seed:?}"), "AccountSeed(..)");
    }
}
