//! BLAKE2b (RFC 7693) with output size, key and personalisation.
//!
//! The output size, the key length and the personalisation are part of the parameter block: a truncated
//! longer hash is another function (01 §1).
//!
//! ```
//! use session_crypto::blake2b::Blake2b;
//!
//! let hash: [u8; 32] = Blake2b::new().chain(b"TestMessage").finalize();
//! assert_eq!(hash[..4], [0x2a, 0x48, 0xa1, 0x22]);
//!
//! let keyed: [u8; 32] = Blake2b::keyed(b"TestKey").chain(b"TestMessage").finalize();
//! assert_eq!(keyed[..4], [0x3d, 0x64, 0x3e, 0x47]);
//! ```

use alloc::vec::Vec;
use core::fmt;

use blake2::{
    Blake2bVarCore,
    digest::block_api::{Buffer, UpdateCore, VariableOutputCore},
};
use zeroize::{Zeroize, Zeroizing};

/// Longest key in bytes.
pub const MAX_KEY_LENGTH: usize = 64;
/// Longest output in bytes.
pub const MAX_OUTPUT_LENGTH: usize = 64;
/// Length of a personalisation in bytes.
pub const PERSONALISATION_LENGTH: usize = 16;
/// Length of a salt in bytes.
pub const SALT_LENGTH: usize = 16;

const BLOCK_LENGTH: usize = 128;

/// Hasher with `N` bytes of output, `1..=64`; another `N` does not compile.
pub struct Blake2b<const N: usize>(State);

impl<const N: usize> Blake2b<N> {
    const OUTPUT_IS_VALID: () = assert!(N >= 1 && N <= MAX_OUTPUT_LENGTH);

    /// Hasher without key or personalisation.
    #[must_use]
    pub fn new() -> Self {
        let () = Self::OUTPUT_IS_VALID;
        Self(State::new(N, &[], &[], &[]))
    }

    /// Hasher keyed with `K` bytes, `0..=64`; a longer key does not compile. No bytes mean no key.
    #[must_use]
    pub fn keyed<const K: usize>(key: &[u8; K]) -> Self {
        let () = Self::OUTPUT_IS_VALID;
        const { assert!(K <= MAX_KEY_LENGTH) };
        Self(State::new(N, key, &[], &[]))
    }

    /// Hasher keyed with a domain whose length is known at run time only: its first 64 bytes count.
    #[must_use]
    pub(crate) fn domain_separated(domain: &[u8]) -> Self {
        let () = Self::OUTPUT_IS_VALID;
        let (key, _) = domain.split_at_checked(MAX_KEY_LENGTH).unwrap_or((domain, &[]));
        Self(State::new(N, key, &[], &[]))
    }

    /// Hasher with a personalisation and no key.
    #[must_use]
    pub fn personalised(personalisation: &[u8; PERSONALISATION_LENGTH]) -> Self {
        let () = Self::OUTPUT_IS_VALID;
        Self(State::new(N, &[], &[], personalisation))
    }

    /// Hasher with both: keyed with `K` bytes as by [`Self::keyed`], and personalised.
    #[must_use]
    pub fn keyed_personalised<const K: usize>(
        key: &[u8; K],
        personalisation: &[u8; PERSONALISATION_LENGTH],
    ) -> Self {
        let () = Self::OUTPUT_IS_VALID;
        const { assert!(K <= MAX_KEY_LENGTH) };
        Self(State::new(N, key, &[], personalisation))
    }

    /// Hasher with a salt and nothing else.
    #[must_use]
    pub fn salted(salt: &[u8; SALT_LENGTH]) -> Self {
        let () = Self::OUTPUT_IS_VALID;
        Self(State::new(N, &[], salt, &[]))
    }

    /// Adds bytes to the message.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Adds bytes to the message and returns the hasher.
    #[must_use]
    pub fn chain(mut self, bytes: &[u8]) -> Self {
        self.update(bytes);
        self
    }

    /// Hash of everything that was added.
    #[must_use]
    pub fn finalize(self) -> [u8; N] {
        let mut out = [0; N];
        self.0.finalize(&mut out);
        out
    }
}

impl<const N: usize> Default for Blake2b<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> fmt::Debug for Blake2b<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blake2b(..)")
    }
}

/// Why [`hash`] refuses its arguments.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HashError {
    /// The output size is not in `16..=64`.
    #[error("hash of {found} bytes requested, 16 to 64 are possible")]
    OutputLength {
        /// Requested size in bytes.
        found: usize,
    },
    /// The key is longer than 64 bytes.
    #[error("hash key of {found} bytes, at most 64 are possible")]
    KeyLength {
        /// Length of the key in bytes.
        found: usize,
    },
}

/// General hash with a size that is known at run time only: 16 to 64 bytes, key of at most 64 bytes; an
/// empty key means no key (01 §1).
///
/// # Errors
/// [`HashError::OutputLength`] and [`HashError::KeyLength`] outside these limits.
pub fn hash(size: usize, key: &[u8], message: &[u8]) -> Result<Vec<u8>, HashError> {
    if !(16..=MAX_OUTPUT_LENGTH).contains(&size) {
        return Err(HashError::OutputLength { found: size });
    }
    if key.len() > MAX_KEY_LENGTH {
        return Err(HashError::KeyLength { found: key.len() });
    }
    let mut state = State::new(size, key, &[], &[]);
    state.update(message);
    let mut out = alloc::vec![0; size];
    state.finalize(&mut out);
    Ok(out)
}

/// Core and block buffer; both wipe themselves on drop. Callers keep the sizes within bounds.
struct State {
    core: Blake2bVarCore,
    buffer: Buffer<Blake2bVarCore>,
}

impl State {
    fn new(size: usize, key: &[u8], salt: &[u8], personalisation: &[u8]) -> Self {
        let core = Blake2bVarCore::new_with_params(salt, personalisation, key.len(), size);
        let mut state = Self { core, buffer: Buffer::<Blake2bVarCore>::default() };
        if !key.is_empty() {
            // A key is the first block of the message, filled up with zeros (RFC 7693 §2.5).
            let mut block = Zeroizing::new([0; BLOCK_LENGTH]);
            for (to, from) in block.iter_mut().zip(key) {
                *to = *from;
            }
            state.update(block.as_slice());
        }
        state
    }

    fn update(&mut self, bytes: &[u8]) {
        let Self { core, buffer } = self;
        buffer.digest_blocks(bytes, |blocks| core.update_blocks(blocks));
    }

    fn finalize(mut self, out: &mut [u8]) {
        let mut full = blake2::digest::Output::<Blake2bVarCore>::default();
        self.core.finalize_variable_core(&mut self.buffer, &mut full);
        for (to, from) in out.iter_mut().zip(&full) {
            *to = *from;
        }
        full.as_mut_slice().zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::hex;

    #[test]
    fn empty_key_means_no_key() {
        let plain: [u8; 32] = Blake2b::new().chain(b"m").finalize();
        let keyed: [u8; 32] = Blake2b::keyed(b"").chain(b"m").finalize();
        assert_eq!(plain, keyed);
    }

    #[test]
    fn rfc_7693_appendix_a() {
        let hash: [u8; 64] = Blake2b::new().chain(b"abc").finalize();
        assert_eq!(
            hex::encode(&hash),
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1\
             7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"
        );
    }

    #[test]
    fn sizes_are_different_functions() {
        let long: [u8; 64] = Blake2b::new().chain(b"abc").finalize();
        let short: [u8; 32] = Blake2b::new().chain(b"abc").finalize();
        assert_ne!(long[..32], short);
    }

    #[test]
    fn pieces_do_not_matter() {
        let message: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let whole: [u8; 24] = Blake2b::keyed(b"key").chain(&message).finalize();
        for size in [1, 7, 127, 128, 129, 999] {
            let mut hasher = Blake2b::<24>::keyed(b"key");
            message.chunks(size).for_each(|piece| hasher.update(piece));
            assert_eq!(hasher.finalize(), whole, "pieces of {size}");
        }
    }

    #[test]
    fn the_general_hash_has_limits() {
        for found in [0, 1, 15, 65, usize::MAX] {
            assert_eq!(hash(found, &[], b"m"), Err(HashError::OutputLength { found }));
        }
        assert_eq!(hash(32, &[0; 65], b"m"), Err(HashError::KeyLength { found: 65 }));
        let keyed: [u8; 16] = Blake2b::keyed(&[7; 64]).chain(b"m").finalize();
        assert_eq!(hash(16, &[7; 64], b"m"), Ok(keyed.to_vec()));
    }

    #[test]
    fn personalisation_separates() {
        let a: [u8; 32] = Blake2b::personalised(b"aaaaaaaaaaaaaaaa").chain(b"m").finalize();
        let b: [u8; 32] = Blake2b::personalised(b"aaaaaaaaaaaaaaab").chain(b"m").finalize();
        assert_ne!(a, b);
    }

    /// Python's `hashlib.blake2b(b"m", digest_size=8, key=b"key", person=b"aaaaaaaaaaaaaaaa")`.
    #[test]
    fn key_and_personalisation_go_together() {
        let hash: [u8; 8] =
            Blake2b::keyed_personalised(b"key", b"aaaaaaaaaaaaaaaa").chain(b"m").finalize();
        assert_eq!(hex::encode(&hash), "6acd266950e4a8d1");
    }

    /// Python's `hashlib.blake2b(b"m", digest_size=32, salt=b"aaaaaaaaaaaaaaaa")`.
    #[test]
    fn a_salt_is_no_personalisation() {
        let salted: [u8; 32] = Blake2b::salted(b"aaaaaaaaaaaaaaaa").chain(b"m").finalize();
        assert_eq!(
            hex::encode(&salted),
            "a1a97c8dffbc1676a204f28764b2d7d6c4f7535e2187b2069802f93e91b7df48"
        );
    }
}
