//! Names of revisions.

use std::fmt;

use session_crypto::{blake2b::Blake2b, encoding::hex};

/// Name of a revision: unkeyed BLAKE2b-256 of its bytes, signature included (07 §4).
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RevisionHash([u8; 32]);

/// A revision in the order by which conflicts are decided: number first, then hash.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_structs, reason = "a pair that the protocol compares, nothing more")]
pub struct RevisionId {
    /// Number of the revision.
    pub seqno: i64,
    /// Hash of its message.
    pub hash: RevisionHash,
}

impl RevisionHash {
    pub(super) fn of(message: &[u8]) -> Self {
        Self(Blake2b::new().chain(message).finalize())
    }

    /// Takes 32 bytes as a hash.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for RevisionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for RevisionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "RevisionHash({a:02x}{b:02x}{c:02x}{d:02x}…)")
    }
}
