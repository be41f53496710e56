//! Why bytes are no bt-encoding, or not the one that was wanted.

use core::fmt;

/// Why a value could not be read, and where.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("{reason} at byte {position}")]
pub struct DecodeError {
    /// Offset of the offending byte, or of the value that is not the wanted one.
    pub position: usize,
    /// The rule that is broken.
    pub reason: Malformed,
}

/// The rules of 07 §2, one variant for each.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// The input ends before the value does.
    #[error("input ends within a value")]
    Truncated,
    /// Bytes follow the outermost value.
    #[error("bytes follow the outermost value")]
    TrailingBytes,
    /// No value starts with this byte.
    #[error("no value starts with byte {0:#04x}")]
    NoValue(u8),
    /// An integer without digits, or with a byte among them that is none; `+` is none.
    #[error("integer holds byte {0:#04x}, which is no digit")]
    IntegerDigit(u8),
    /// An integer with a leading zero.
    #[error("integer has a leading zero")]
    IntegerLeadingZero,
    /// `-0`.
    #[error("integer is a negative zero")]
    NegativeZero,
    /// An integer below −2^63 or above 2^64 − 1.
    #[error("integer does not fit 64 bits")]
    IntegerOverflow,
    /// The length of a string holds a byte that is neither a digit nor the colon.
    #[error("string length holds byte {0:#04x}, which is no digit")]
    LengthDigit(u8),
    /// The length of a string has a leading zero.
    #[error("string length has a leading zero")]
    LengthLeadingZero,
    /// A string is longer than what is left of the input.
    #[error("string is longer than the input")]
    LengthBeyondInput,
    /// A key of a dict is no string.
    #[error("dict key is no string")]
    KeyNotString,
    /// A key of a dict is smaller than the one before it.
    #[error("dict keys are not in ascending order")]
    KeyOrder,
    /// A key of a dict is the same as the one before it.
    #[error("dict key occurs twice")]
    DuplicateKey,
    /// A dict ends after a key.
    #[error("dict key has no value")]
    KeyWithoutValue,
    /// More than [`MAX_DEPTH`](crate::MAX_DEPTH) containers within each other.
    #[error("containers are nested too deeply")]
    TooDeep,
    /// A value of another kind than the wanted one.
    #[error("expected {expected}, found {found}")]
    WrongKind {
        /// Kind that was wanted.
        expected: Kind,
        /// Kind that is there.
        found: Kind,
    },
    /// The integer is outside the range of the wanted type.
    #[error("integer is outside the wanted range")]
    IntegerRange,
    /// The string has not the wanted length.
    #[error("expected {expected} bytes, found {found}")]
    WrongLength {
        /// Bytes that were wanted.
        expected: usize,
        /// Bytes that are there.
        found: usize,
    },
    /// The dict has no such key.
    #[error("no key `{}`", key.escape_ascii())]
    MissingKey {
        /// Key that was wanted.
        key: &'static [u8],
    },
    /// The list ends before the wanted element.
    #[error("list has too few elements")]
    MissingElement,
    /// The list goes on after the last wanted element.
    #[error("list has too many elements")]
    ExtraElement,
}

/// Kind of a value, told by its first byte.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the encoding has these four and no others")]
pub enum Kind {
    /// `i…e`.
    Integer,
    /// `length:bytes`.
    Bytes,
    /// `l…e`.
    List,
    /// `d…e`.
    Dict,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Integer => "an integer",
            Self::Bytes => "a string",
            Self::List => "a list",
            Self::Dict => "a dict",
        })
    }
}
