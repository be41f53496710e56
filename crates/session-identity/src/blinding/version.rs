//! The name of an account towards the file server and the network-info server (01 §9).

use alloc::{format, vec::Vec};
use core::fmt;

use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed, Ed25519Signature};

use crate::{Timestamp, id::VersionBlindedId};

/// Domain of the derived seed (01 §7).
const DOMAIN: &[u8; 19] = b"VersionCheckKey_sig";

/// Key pair that signs requests to the file server. The same for all time, and not linkable to the Account ID
/// without the account's seed.
#[derive(Clone)]
pub struct VersionBlindedKeypair(Ed25519Keypair);

impl VersionBlindedKeypair {
    /// Key pair of the account with this Ed25519 seed.
    #[must_use]
    pub fn derive(account: &Ed25519Seed) -> Self {
        Self(Ed25519Keypair::from_seed(account.derive(DOMAIN)))
    }

    /// The id that goes with the signatures.
    #[must_use]
    pub fn id(&self) -> VersionBlindedId {
        VersionBlindedId::from_public_key(self.0.public_key())
    }

    /// The key pair: an ordinary one, with a seed of its own.
    #[must_use]
    pub const fn ed25519(&self) -> &Ed25519Keypair {
        &self.0
    }

    /// Signature over `seconds ‖ method ‖ path ‖ body`: whole seconds since 1970 in decimal, `path` as sent, from its
    /// `/` to the end of its query, `body` empty if the request has none.
    ///
    /// The two sides disagree on requests with a body, of which none is in use: the file server verifies the 64-byte
    /// BLAKE2b hash of the body in its place, while clients sign the body itself (01 §9, 08 §6.1). What `body` gets
    /// here is signed verbatim, so that for the server it is to be that hash.
    #[must_use]
    pub fn sign_request(
        &self,
        method: &str,
        path: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Ed25519Signature {
        let mut message = Vec::from(format!("{}{method}{path}", now.as_secs()));
        message.extend_from_slice(body);
        self.0.sign(&message)
    }

    /// Signature over the request for the newest version of the app of `platform`.
    #[must_use]
    pub fn sign_version_check(&self, platform: Platform, now: Timestamp) -> Ed25519Signature {
        self.sign_request("GET", platform.version_check_path(), &[], now)
    }
}

impl fmt::Debug for VersionBlindedKeypair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VersionBlindedKeypair").field(&self.id()).finish()
    }
}

/// Platform whose newest version is asked for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Platform {
    /// Android.
    Android,
    /// Linux, macOS and Windows.
    Desktop,
    /// iOS.
    Ios,
}

impl Platform {
    /// Path and query of the request.
    #[must_use]
    pub const fn version_check_path(self) -> &'static str {
        match self {
            Self::Android => "/session_version?platform=android",
            Self::Desktop => "/session_version?platform=desktop",
            Self::Ios => "/session_version?platform=ios",
        }
    }
}
