//! The key that encrypts the messages of a group.

use core::fmt;

use session_crypto::aead::XChaCha20Key;

/// Key that the members of a group share, 32 bytes. A group has several over time (06 §3).
#[derive(Clone, Eq, PartialEq)]
pub struct GroupKey(XChaCha20Key);

impl GroupKey {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    /// Takes 32 bytes as a key.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(XChaCha20Key::from_bytes(bytes))
    }

    /// Key from 32 bytes, or from 64 of which the first 32 count: some programs store it so.
    ///
    /// # Errors
    /// [`GroupKeyError`] for any other length.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, GroupKeyError> {
        match bytes.split_first_chunk() {
            Some((key, rest)) if rest.is_empty() || rest.len() == Self::LENGTH => {
                Ok(Self::from_bytes(*key))
            }
            _ => Err(GroupKeyError { found: bytes.len() }),
        }
    }

    /// The secret bytes.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        self.0.expose_bytes()
    }

    pub(super) const fn cipher(&self) -> &XChaCha20Key {
        &self.0
    }
}

impl fmt::Debug for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GroupKey(..)")
    }
}

/// The bytes are no group key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("group key of {found} bytes, expected 32 or 64")]
pub struct GroupKeyError {
    /// Bytes that were given.
    pub found: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_32_bytes_or_64() {
        let bytes: alloc::vec::Vec<u8> = (0..64).collect();
        let expected = GroupKey::from_bytes(bytes[..32].try_into().unwrap());
        assert_eq!(GroupKey::from_slice(&bytes), Ok(expected.clone()));
        assert_eq!(GroupKey::from_slice(&bytes[..32]), Ok(expected));
        for found in [0, 31, 33, 63] {
            assert_eq!(GroupKey::from_slice(&bytes[..found]), Err(GroupKeyError { found }));
        }
        assert_eq!(GroupKey::from_slice(&[0; 65]), Err(GroupKeyError { found: 65 }));
        let key = GroupKey::from_bytes([0xab; 32]);
        assert_eq!(alloc::format!("{key:?}"), "GroupKey(..)");
    }
}
