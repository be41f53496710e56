//! Versions of the network's rules, as nodes announce them.

use alloc::vec::Vec;
use core::{fmt, str::FromStr};

use crate::wire::{FromField, Misfit, Value};

/// Hard fork and revision, `[19, 3]` on the wire; ordered as the network's history is (spec 05 §5.1, §8).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_structs, reason = "a pair of numbers")]
pub struct HardFork {
    /// Number of the hard fork.
    pub number: u16,
    /// Revision of the service nodes within it.
    pub revision: u16,
}

impl HardFork {
    /// Namespaces, mandatory authentication of retrieval.
    pub const NAMESPACES: Self = Self { number: 19, revision: 0 };
    /// Hash without time, 30 days of life, `shorten` and `extend`.
    pub const TIMELESS_HASH: Self = Self { number: 19, revision: 3 };
    /// `expire` with one expiry for each message.
    pub const MULTIPLE_EXPIRIES: Self = Self { number: 19, revision: 4 };
}

/// The text is not a hard fork and a revision with a point between them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("not a hard fork and its revision, such as 19.3")]
pub struct ParseHardForkError;

impl FromStr for HardFork {
    type Err = ParseHardForkError;

    fn from_str(text: &str) -> Result<Self, ParseHardForkError> {
        let (number, revision) = text.split_once('.').ok_or(ParseHardForkError)?;
        let read = |text: &str| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| digits).ok_or(ParseHardForkError)
        };
        Ok(Self { number: read(number)?, revision: read(revision)? })
    }
}

impl fmt::Display for HardFork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.number, self.revision)
    }
}

impl From<HardFork> for Value<'_> {
    fn from(fork: HardFork) -> Self {
        [fork.number, fork.revision].into_iter().collect()
    }
}

impl FromField for HardFork {
    fn from_field(value: &Value<'_>) -> Result<Self, Misfit> {
        match Vec::<u16>::from_field(value)?[..] {
            [number, revision] => Ok(Self { number, revision }),
            _ => Err(Misfit::Form("a hard fork and a revision")),
        }
    }
}
