//! HMAC-SHA-256 (RFC 2104): the key of an AES-GCM onion layer (04 §2.1).

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::secret::SecretBytes;

/// HMAC-SHA-256 of `message` under `key`. Made for deriving keys, so that the result is secret.
///
/// ```
/// let key = session_crypto::hmac::sha256(b"key", b"message");
/// assert_eq!(key.expose_bytes()[..4], [0x6e, 0x9e, 0xf2, 0x9b]);
/// ```
#[must_use]
#[expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "HMAC hashes a key that is too long"
)]
pub fn sha256(key: &[u8], message: &[u8]) -> SecretBytes<32> {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    SecretBytes::from_bytes(mac.chain_update(message).finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::hex;

    /// RFC 4231 §4.2, §4.3 and §4.7: a short key, a readable one, one longer than a block.
    #[test]
    fn matches_rfc_4231() {
        for (key, message, mac) in [
            (
                [0x0b; 20].as_slice(),
                b"Hi There".as_slice(),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            assert_eq!(hex::encode(sha256(key, message).expose_bytes()), mac);
        }
    }
}
