//! Numbers of group keys.

use std::fmt;

/// Number of a group key: every rekey counts one on, from 0 (06 §3.2).
///
/// At most [`Self::MAX`]: above it counting on is about to fail, and no honest group comes near.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Generation(i64);

impl Generation {
    /// The first key of a group.
    pub const FIRST: Self = Self(0);
    /// Highest number that is accepted: 2^62 − 1.
    pub const MAX: Self = Self((1 << 62) - 1);

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.cast_unsigned()
    }

    /// The number after this one; `None` after [`Self::MAX`].
    #[must_use]
    pub fn successor(self) -> Option<Self> {
        self.0.checked_add(1).map(Self).filter(|next| *next <= Self::MAX)
    }
}

/// Numbers as they are on the wire.
impl TryFrom<i64> for Generation {
    type Error = GenerationRangeError;

    fn try_from(number: i64) -> Result<Self, GenerationRangeError> {
        let generation = Self(number);
        if (Self::FIRST..=Self::MAX).contains(&generation) {
            Ok(generation)
        } else {
            Err(GenerationRangeError { found: number })
        }
    }
}

impl From<Generation> for i64 {
    fn from(generation: Generation) -> Self {
        generation.0
    }
}

/// Decimal, the form that is hashed.
impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number is negative or above [`Generation::MAX`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("generation {found} is out of range")]
pub struct GenerationRangeError {
    /// The number.
    pub found: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_end_before_counting_on_fails() {
        for found in [i64::MIN, -1, 1 << 62, i64::MAX] {
            assert_eq!(Generation::try_from(found), Err(GenerationRangeError { found }));
        }
        let last = Generation::try_from((1 << 62) - 1).unwrap();
        assert_eq!((last, last.successor()), (Generation::MAX, None));
        assert_eq!(Generation::FIRST.successor().map(Generation::get), Some(1));
        assert_eq!(Generation::FIRST.to_string(), "0");
        assert_eq!(i64::from(last), (1 << 62) - 1);
    }
}
