//! Bytes that look random and follow from a seed, as libsodium's deterministic generator makes them (06 §3.2).
//!
//! ```text
//! bytes = ChaCha20 keystream (RFC 8439) from block 0, key = seed, nonce = "LibsodiumDRG"
//! ```

use alloc::vec::Vec;

use chacha20::{
    ChaCha20,
    cipher::{KeyIvInit as _, StreamCipher as _},
};

const NONCE: &[u8; 12] = b"LibsodiumDRG";

/// The first `length` bytes of `seed`, below 2^38. More bytes of one seed begin with fewer.
///
/// # Security
/// As secret as the seed, as long as that is used for nothing else.
#[must_use]
pub fn bytes(seed: &[u8; 32], length: usize) -> Vec<u8> {
    let mut out = alloc::vec![0; length];
    ChaCha20::new(seed.into(), NONCE.into()).apply_keystream(&mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::hex;

    /// 06 §3.9, V2: seed and first entry of the padding of a key message.
    #[test]
    fn bytes_are_those_of_libsodium() {
        let seed = "6e14baeb91d2b3e3a958186931e59a7f757ea14ca5a2c6283f726f7ddf40a8bf";
        let seed = hex::decode_array(seed).unwrap();
        let expected = "4e4cf89776eee5e2203dbba40daed99a9455a5b09daab70d43c3beb7efa0ada3\
                        f3ec5f337f5a1182cd197211c9aede47";
        assert_eq!(hex::encode(&bytes(&seed, 48)), expected);
        assert!(expected.starts_with(&hex::encode(&bytes(&seed, 5))));
        assert_eq!(bytes(&seed, 1000)[..48], bytes(&seed, 48));
    }
}
