//! Integers of the encoding: everything that fits a signed or an unsigned 64-bit integer.

use core::fmt;

/// Integer from −2^63 to 2^64 − 1.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Integer(i128);

/// The number is below −2^63 or above 2^64 − 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("{number} does not fit 64 bits")]
pub struct IntegerRangeError {
    /// The number.
    pub number: i128,
}

impl Integer {
    /// The number.
    #[must_use]
    pub const fn get(self) -> i128 {
        self.0
    }

    /// Integer of a sign and a magnitude; `None` if it does not fit.
    pub(crate) fn from_parts(negative: bool, magnitude: u64) -> Option<Self> {
        let magnitude = i128::from(magnitude);
        let number = if negative { magnitude.checked_neg()? } else { magnitude };
        Self::try_from(number).ok()
    }
}

impl TryFrom<i128> for Integer {
    type Error = IntegerRangeError;

    fn try_from(number: i128) -> Result<Self, IntegerRangeError> {
        let range = i128::from(i64::MIN)..=i128::from(u64::MAX);
        if range.contains(&number) { Ok(Self(number)) } else { Err(IntegerRangeError { number }) }
    }
}

macro_rules! from_small {
    ($($small:ty)*) => {$(
        impl From<$small> for Integer {
            fn from(number: $small) -> Self {
                Self(i128::from(number))
            }
        }
    )*};
}

from_small!(i8 i16 i32 i64 u8 u16 u32 u64);

impl fmt::Debug for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_ends_at_64_bits_on_both_sides() {
        let (least, most) = (i128::from(i64::MIN), i128::from(u64::MAX));
        assert_eq!(Integer::try_from(least), Ok(Integer::from(i64::MIN)));
        assert_eq!(Integer::try_from(most), Ok(Integer::from(u64::MAX)));
        for number in [least - 1, most + 1] {
            assert_eq!(Integer::try_from(number), Err(IntegerRangeError { number }));
        }
        assert_eq!(Integer::from_parts(true, 1 << 63), Some(Integer::from(i64::MIN)));
        assert_eq!(Integer::from_parts(true, (1 << 63) + 1), None);
    }
}
