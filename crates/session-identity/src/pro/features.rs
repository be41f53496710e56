//! What a message may do with and without Pro (01 §11.6, §11.8; 02 §9.2).

/// Longest message without Pro, in code points.
pub const MAX_LENGTH: usize = 2_000;
/// Longest message with Pro, in code points.
pub const MAX_LENGTH_WITH_PRO: usize = 10_000;

/// Length of a message as its limit counts it: in code points.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct MessageLength(usize);

impl MessageLength {
    /// Length of `text`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(text.chars().count())
    }

    /// Number of code points.
    #[must_use]
    pub const fn code_points(self) -> usize {
        self.0
    }

    /// The features that a message of this length needs.
    ///
    /// # Errors
    /// [`TooLong`] if it is too long with Pro, too.
    pub const fn features(self) -> Result<MessageFeatures, TooLong> {
        if self.0 <= MAX_LENGTH {
            Ok(MessageFeatures::NONE)
        } else if self.0 <= MAX_LENGTH_WITH_PRO {
            Ok(MessageFeatures::LONG_MESSAGE)
        } else {
            Err(TooLong { found: self.0 })
        }
    }
}

/// A message is longer than Pro allows.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("message of {found} code points, at most 10000 are possible")]
pub struct TooLong {
    /// Code points that it has.
    pub found: usize,
}

/// Features of Pro that a message makes use of, a set of bits. Unknown bits are kept.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct MessageFeatures(u64);

impl MessageFeatures {
    /// Nothing that needs Pro.
    pub const NONE: Self = Self(0);
    /// Bit 0: longer than [`MAX_LENGTH`].
    pub const LONG_MESSAGE: Self = Self(1);

    /// Set of these bits.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The bits.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether every feature of `other` is in the set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_count_code_points() {
        for (text, expected) in [
            ("", Ok(0)),
            ("a".repeat(2_000).as_str(), Ok(0)),
            ("😀".repeat(2_000).as_str(), Ok(0)),
            ("a".repeat(2_001).as_str(), Ok(1)),
            ("a".repeat(10_000).as_str(), Ok(1)),
            ("a".repeat(10_001).as_str(), Err(TooLong { found: 10_001 })),
        ] {
            let features = MessageLength::of(text).features();
            assert_eq!(features.map(MessageFeatures::bits), expected, "{} bytes", text.len());
        }
        assert_eq!(MessageLength::of("😀e\u{301}").code_points(), 3);
    }

    #[test]
    fn unknown_bits_are_kept_and_do_not_matter() {
        let features = MessageFeatures::from_bits(0x8001);
        assert_eq!(features.bits(), 0x8001);
        assert!(features.contains(MessageFeatures::LONG_MESSAGE));
        assert!(!MessageFeatures::NONE.contains(MessageFeatures::LONG_MESSAGE));
    }
}
