//! Subaccounts: the right of one member to use a group's storage (spec 05 §6.3).
//!
//! An admin [issues](SubaccountAuth::issue) a subaccount and sends it to the member. The member
//! [verifies](SubaccountAuth::verify) it and signs requests with it; nodes see the [token](SubaccountToken),
//! which does not tell whose it is, and the group's signature over it.
//!
//! ```
//! use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};
//! use session_identity::{AccountId, GroupId};
//! use session_swarm::subaccount::{Access, SubaccountAuth};
//!
//! let [group, bob] = [[1; 32], [2; 32]].map(Ed25519Seed::from_bytes).map(Ed25519Keypair::from_seed);
//! let bob_id = AccountId::from_public_key(bob.to_x25519().public_key());
//! let sent = SubaccountAuth::issue(&group, &bob_id, Access::READ | Access::WRITE)?.expose_bytes();
//!
//! let received = SubaccountAuth::try_from(sent.as_slice())?;
//! let group_id = GroupId::from_public_key(group.public_key());
//! let signer = received.verify(&group_id, &bob, Access::WRITE)?;
//! let auth = signer.sign(b"retrieve111700000000000");
//! assert!(auth.verify(signer.account(), b"retrieve111700000000000", Access::READ, &[]).is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use core::{fmt, ops::BitOr};

use session_crypto::ed25519::{Ed25519PublicKey, Ed25519Signature};

mod auth;

pub use auth::{
    MemberKeyError, SubaccountAuth, SubaccountAuthError, SubaccountAuthLengthError,
    SubaccountSigner,
};

/// What a request needs and a subaccount grants: a set of rights, one bit each.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Access(u8);

impl Access {
    /// No right.
    pub const NONE: Self = Self(0);
    /// Reading: `retrieve`, `get_expiries`, `monitor`.
    pub const READ: Self = Self(1);
    /// Writing: `store`, and `expire` that does not shorten.
    pub const WRITE: Self = Self(2);
    /// Deleting: every `delete…`, and `expire…` that shortens.
    pub const DELETE: Self = Self(4);
    /// Not bound to the prefix in the token.
    pub const ANY_PREFIX: Self = Self(8);

    /// Rights of these bits; nodes ignore the bits without a meaning.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether all rights of `other` are among these.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Access {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Name and rights of a subaccount, 36 bytes: prefix ‖ access ‖ `00 00` ‖ Ed25519 key.
///
/// The owner of the account signs these bytes. Revocations name a token with its flags: another token of
/// the same member stays valid.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SubaccountToken([u8; 36]);

impl SubaccountToken {
    /// Length in bytes.
    pub const LENGTH: usize = 36;

    /// Token of the subaccount with this key, in accounts with this prefix.
    #[must_use]
    pub const fn new(prefix: u8, access: Access, key: Ed25519PublicKey) -> Self {
        let mut bytes = [0; 36];
        let [to_prefix, to_access, _, _, to_key @ ..] = &mut bytes;
        (*to_prefix, *to_access, *to_key) = (prefix, access.0, key.to_bytes());
        Self(bytes)
    }

    /// Takes the bytes as they are.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 36]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 36] {
        self.0
    }

    /// The bytes, borrowed.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 36] {
        &self.0
    }

    /// Prefix of the accounts that the token is for.
    #[must_use]
    pub const fn prefix(&self) -> u8 {
        let [prefix, ..] = self.0;
        prefix
    }

    /// Rights that the token grants.
    #[must_use]
    pub const fn access(&self) -> Access {
        let [_, access, ..] = self.0;
        Access(access)
    }

    /// Key that verifies the requests of the subaccount.
    #[must_use]
    pub const fn key(&self) -> Ed25519PublicKey {
        let [_, _, _, _, key @ ..] = self.0;
        Ed25519PublicKey::from_bytes(key)
    }

    /// Whether the token is for accounts with this prefix and grants all of `required`.
    #[must_use]
    pub const fn permits(&self, prefix: u8, required: Access) -> bool {
        (self.prefix() == prefix || self.access().contains(Access::ANY_PREFIX))
            && self.access().contains(required)
    }
}

impl fmt::Debug for SubaccountToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [prefix, access, ..] = self.0;
        write!(f, "SubaccountToken({prefix:02x}, {access:02x}, {:?})", self.key())
    }
}

/// What a request with a subaccount shows: the token, and the owner's signature over its 36 bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "two independent fields, complete by the specification"
)]
pub struct SubaccountProof {
    /// The token.
    pub token: SubaccountToken,
    /// Signature of the account's owner over the token.
    pub signature: Ed25519Signature,
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    const KEY: Ed25519PublicKey = Ed25519PublicKey::from_bytes([0xab; 32]);

    #[test]
    fn tokens_have_their_layout() {
        let token = SubaccountToken::new(3, Access::READ | Access::WRITE, KEY);
        let bytes = token.to_bytes();
        assert_eq!(bytes[..4], [3, 3, 0, 0]);
        assert_eq!(bytes[4..], [0xab; 32]);
        assert_eq!(SubaccountToken::from_bytes(bytes), token);
        assert_eq!(token.key(), KEY);
        assert_eq!(format!("{token:?}"), "SubaccountToken(03, 03, Ed25519PublicKey(abababab…))");
    }

    #[test]
    fn tokens_permit_what_their_flags_say() {
        let reader = SubaccountToken::new(3, Access::READ, KEY);
        assert!(reader.permits(3, Access::READ));
        assert!(reader.permits(3, Access::NONE));
        assert!(!reader.permits(3, Access::WRITE));
        assert!(!reader.permits(3, Access::READ | Access::WRITE));
        assert!(!reader.permits(5, Access::READ));
        let everywhere = SubaccountToken::new(3, Access::READ | Access::ANY_PREFIX, KEY);
        assert!(everywhere.permits(5, Access::READ));
        assert!(!everywhere.permits(5, Access::DELETE));
    }
}
