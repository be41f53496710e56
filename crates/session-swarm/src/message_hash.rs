//! Name of a stored message (spec 05 §4.1).

use core::{fmt, str::FromStr};

use session_crypto::{blake2b::Blake2b, encoding::base64};

use crate::{address::Address, namespace::Namespace};

/// Name of a stored message in its swarm: 43 characters, the unpadded base64 of a 32-byte hash.
///
/// It does not depend on time: storing the same bytes again gives the same name. As it comes from a peer it
/// is 43 characters of the base64 alphabet, kept as they are, because they are signed as they are.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MessageHash([u8; 43]);

impl MessageHash {
    /// Length in characters.
    pub const LENGTH: usize = 43;

    /// Name of `data` in this namespace of `account`.
    ///
    /// Namespace and data are not delimited: `"2" ‖ data` in namespace 0 has the name of `data` in namespace 2.
    #[must_use]
    pub fn of(account: &Address, namespace: Namespace, data: &[u8]) -> Self {
        let hash: [u8; 32] = Blake2b::new()
            .chain(&account.to_bytes())
            .chain(namespace.signed_form().as_bytes())
            .chain(data)
            .finalize();
        let mut name = [b'A'; 43];
        name.iter_mut()
            .zip(base64::encode_unpadded(&hash).bytes())
            .for_each(|(to, from)| *to = from);
        Self(name)
    }

    /// The 43 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Every constructor takes ASCII only.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The 43 characters as bytes, which is how they are signed.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 43] {
        &self.0
    }
}

impl FromStr for MessageHash {
    type Err = ParseMessageHashError;

    fn from_str(text: &str) -> Result<Self, ParseMessageHashError> {
        let length = ParseMessageHashError::Length { found: text.len() };
        let name: [u8; 43] = text.as_bytes().try_into().map_err(|_| length)?;
        let foreign = |byte: &u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
        match name.iter().position(foreign) {
            Some(position) => Err(ParseMessageHashError::Character { position }),
            None => Ok(Self(name)),
        }
    }
}

impl fmt::Display for MessageHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for MessageHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0.map(char::from);
        write!(f, "MessageHash({a}{b}{c}{d}…)")
    }
}

/// Why a text is no name of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseMessageHashError {
    /// Not 43 characters.
    #[error("message hash of {found} bytes, expected 43")]
    Length {
        /// Bytes that were given.
        found: usize,
    },
    /// A character outside the base64 alphabet.
    #[error("no base64 character at byte {position} of the message hash")]
    Character {
        /// Its position, from 0.
        position: usize,
    },
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString};

    use super::*;

    const USER: &str = "05c5ba413c336f2fe1fb9a2c525f8a86a412a1db128a7841b4e0e217fa9eb7fd5e";
    const GROUP: &str = "03c50cb3ae956947a8de19135b5be2685ff348afc63fc34a837aca12bc5c1f5625";

    #[test]
    fn hashes_match_the_table_of_the_specification() {
        for (account, namespace, data, hash) in [
            (USER, 0, "abc 123", "7Oc1rKHW0wR4AEcpRnRbcC20o6Q7RQh08N6ZI+qBAsE"),
            (USER, 2, "abc 123", "JtzcFsragp4aBXmMxvYoqDLj+JT1fsUmBOtmHLXfmv4"),
            // The collision that missing delimiters allow.
            (USER, 0, "2abc 123", "JtzcFsragp4aBXmMxvYoqDLj+JT1fsUmBOtmHLXfmv4"),
            (USER, 0, "", "bEKauurJ2Vx3z9j6mrUMjjWluyDzNTqpbkxU/sRvGBg"),
            (GROUP, 11, "abc 123", "MHj3oxzbblHY3ndgVehuRGDAcvXztLIOXx96iFntWrM"),
            (GROUP, -11, "abc 123", "lQH6gvhtTbyRDzo3ixrQI+nFsb7V0U8WNYzDg7KNbcs"),
            (GROUP, 42, "abc 123", "CdzIcX1Sy63dW2TB6s7kg835HVzFUYMrhMLYpEEuAMY"),
        ] {
            let account = account.parse().unwrap();
            let ours = MessageHash::of(&account, Namespace::new(namespace), data.as_bytes());
            assert_eq!(ours.to_string(), hash, "{namespace} {data}");
            assert_eq!(hash.parse(), Ok(ours));
        }
    }

    #[test]
    fn the_message_of_the_storage_server_test() {
        let account = "05ffba630924aa1224bb930dde21c0d11bf004608f2812217f8ac812d6c7e3ad48";
        let data = base64::decode(include_str!("message_hash/d1.txt").trim_end()).unwrap();
        let hash = MessageHash::of(&account.parse().unwrap(), Namespace::DEFAULT, &data);
        assert_eq!(hash.as_str(), "4sMyAuaZlMwww3oFvfhazfw7ASx/7TDtO+TVc8aAjHs");
    }

    #[test]
    fn names_from_peers_are_kept_as_they_are() {
        // Not canonical as base64 (bits behind the end), and yet a name that nodes take and sign.
        let name = "B".repeat(43);
        assert_eq!(name.parse::<MessageHash>().unwrap().to_string(), name);
        for found in [0, 42, 44, 128] {
            let error = ParseMessageHashError::Length { found };
            assert_eq!("B".repeat(found).parse::<MessageHash>(), Err(error));
        }
        for foreign in ["=", "-", "_", " ", "\0"] {
            let text = format!("{}{foreign}B", "B".repeat(41));
            let error = ParseMessageHashError::Character { position: 41 };
            assert_eq!(text.parse::<MessageHash>(), Err(error), "{foreign:?}");
        }
    }

    #[test]
    fn debug_is_short() {
        let hash: MessageHash = "B".repeat(43).parse().unwrap();
        assert_eq!(format!("{hash:?}"), "MessageHash(BBBB…)");
    }
}
