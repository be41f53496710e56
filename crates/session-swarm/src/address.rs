//! The account as a swarm knows it: one prefix byte and 32 key bytes (spec 05 §1.1).

use core::{fmt, str::FromStr};

use session_crypto::{
    ed25519::Ed25519PublicKey,
    encoding::hex::{self, ParseHexError},
};
use session_identity::{AccountId, GroupId};

use crate::space::SwarmPosition;

/// Owner of stored messages, 33 bytes: prefix ‖ key. Text form: 66 hexadecimal digits, written in lower case.
///
/// Nodes store for every prefix. `05` names a user by an X25519 key, every other prefix an account by an
/// Ed25519 key; `03` is a closed group. Whether the key is a good one shows when a signature is verified.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Address {
    prefix: u8,
    key: [u8; 32],
}

impl Address {
    /// Length in bytes.
    pub const LENGTH: usize = 33;
    /// Prefix of users, whose requests name the Ed25519 key that signs them.
    pub const USER_PREFIX: u8 = 0x05;

    /// Prefix of closed groups.
    pub const GROUP_PREFIX: u8 = 0x03;

    /// Account whose name is this Ed25519 key itself: every prefix but `05`.
    #[must_use]
    pub const fn of_ed25519(prefix: u8, key: Ed25519PublicKey) -> Self {
        Self { prefix, key: key.to_bytes() }
    }

    /// Takes the bytes prefix ‖ key as they are.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 33]) -> Self {
        let [prefix, key @ ..] = bytes;
        Self { prefix, key }
    }

    /// The bytes prefix ‖ key.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 33] {
        let mut bytes = [self.prefix; 33];
        let [_, key @ ..] = &mut bytes;
        *key = self.key;
        bytes
    }

    /// The prefix byte.
    #[must_use]
    pub const fn prefix(&self) -> u8 {
        self.prefix
    }

    /// The 32 key bytes.
    #[must_use]
    pub const fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// Whether the account is a user.
    #[must_use]
    pub const fn is_user(&self) -> bool {
        self.prefix == Self::USER_PREFIX
    }

    /// Point of the account in swarm space; the prefix takes no part (§1.2).
    #[must_use]
    pub fn position(&self) -> SwarmPosition {
        SwarmPosition::of_key(&self.key)
    }
}

impl From<AccountId> for Address {
    fn from(id: AccountId) -> Self {
        Self::from_bytes(id.to_bytes())
    }
}

impl From<GroupId> for Address {
    fn from(id: GroupId) -> Self {
        Self::from_bytes(id.to_bytes())
    }
}

impl FromStr for Address {
    type Err = ParseHexError;

    fn from_str(text: &str) -> Result<Self, ParseHexError> {
        hex::decode_array(text).map(Self::from_bytes)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [prefix, a, b, c, ..] = self.to_bytes();
        write!(f, "Address({prefix:02x}{a:02x}{b:02x}{c:02x}…)")
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString};

    use super::*;

    const TEXT: &str = "ff0f06693428fca9102a451e3f28d9cc743d8ea60a89ab6aa69eb119470c11cbd3";

    #[test]
    fn text_and_bytes_invert_each_other_for_any_prefix() {
        let address: Address = TEXT.parse().unwrap();
        assert_eq!(address.to_string(), TEXT);
        assert_eq!(TEXT.to_uppercase().parse(), Ok(address));
        assert_eq!(Address::from_bytes(address.to_bytes()), address);
        assert_eq!((address.prefix(), address.to_bytes()[0]), (0xff, 0xff));
        assert_eq!(address.to_bytes()[1..], address.key()[..]);
    }

    #[test]
    fn the_prefix_is_part_of_the_text_and_not_of_the_position() {
        let length = ParseHexError::Length { expected: 66, found: 64 };
        assert_eq!(TEXT.split_at(2).1.parse::<Address>(), Err(length));
        let user: Address = TEXT.replacen("ff", "05", 1).parse().unwrap();
        assert!(user.is_user());
        let other: Address = TEXT.parse().unwrap();
        assert!(!other.is_user());
        assert_ne!(user, other);
        assert_eq!(user.position(), other.position());
        assert_eq!(user.position().get(), 9690840703409570833); // §1.2
    }

    #[test]
    fn debug_is_short() {
        let address: Address = TEXT.parse().unwrap();
        assert_eq!(format!("{address:?}"), "Address(ff0f0669…)");
    }
}
