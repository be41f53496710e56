//! The types of a request's fields, which a node checks before any rule of the method, and the texts with which it
//! refuses another type (spec 05 §5.1).
//!
//! Requests in bencode are read as a stream of fields in the order of their names, so that this is the order in which
//! faults are found, in JSON as well.

use core::fmt;

use super::{FieldError, Fields, FromField, MIN_MILLIS, Value};

/// Type of a field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A text; bytes in bencode.
    Text,
    /// One text or a list of them.
    Texts,
    /// A boolean; 0 or 1 in bencode.
    Flag,
    /// An integer of any size.
    Integer,
    /// One integer of 32 bits or a list of them.
    Integers,
    /// The number of a namespace.
    Namespace,
    /// The number of a namespace, or `all`.
    Namespaces,
    /// A time in ms, not in seconds.
    Time,
    /// One time or a list of them, in whatever unit.
    Times,
    /// A time as `store` has it: also before 1970, in seconds, or as decimal text.
    StoreTime,
    /// A duration in ms, also as decimal text.
    Duration,
}

/// Fields of a method and their types, in the byte order of the names.
pub(crate) type Types = [(&'static str, Kind)];

impl Fields<'_, '_> {
    /// Checks the types of these fields, as far as they are there.
    pub(crate) fn check_types(self, types: &Types) -> Result<(), FieldError> {
        for (field, kind) in types {
            if let Some(value) = self.get(field) {
                kind.check(field, value)?;
            }
        }
        Ok(())
    }
}

impl Kind {
    fn check(self, field: &'static str, value: &Value<'_>) -> Result<(), FieldError> {
        let integer = i128::from_field(value).ok();
        let text = value.as_bytes();
        let other = FieldError::Type { field, expected: self.expected() };
        let out_of_range = FieldError::OutOfRange { field };
        let items = match value {
            Value::List(items) => items.as_slice(),
            one => core::slice::from_ref(one),
        };
        let fits = match self {
            Self::Text => text.is_some(),
            Self::Texts => items.iter().all(|item| item.as_bytes().is_some()),
            Self::Flag => bool::from_field(value).is_ok(),
            Self::Integer => integer.is_some(),
            Self::Integers => {
                let are_integers = items.iter().all(|item| i128::from_field(item).is_ok());
                if are_integers && items.iter().any(|item| i32::from_field(item).is_err()) {
                    return Err(out_of_range);
                }
                are_integers
            }
            Self::Namespaces if text == Some(b"all") => true,
            Self::Namespace | Self::Namespaces => match integer.map(i16::try_from) {
                Some(Err(_)) => return Err(out_of_range),
                number => number.is_some(),
            },
            Self::Time => match u64::from_field(value) {
                Ok(0..MIN_MILLIS) => return Err(FieldError::Seconds { field }),
                time => time.is_ok(),
            },
            Self::Times => items.iter().all(|item| u64::from_field(item).is_ok()),
            Self::StoreTime | Self::Duration => match (text, integer) {
                (Some(text), _) if is_decimal(text) => true,
                (Some(text), _) => {
                    return Err(FieldError::Decimal { field, given: Excerpt::of(text) });
                }
                (None, Some(number)) => matches!(self, Self::StoreTime) || number >= 0,
                (None, None) => false,
            },
        };
        if fits { Ok(()) } else { Err(other) }
    }

    const fn expected(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Texts => "string array",
            Self::Flag => "boolean",
            Self::Integer => "integer",
            Self::Integers => "integer array",
            Self::Namespace => "16-bit integer",
            Self::Namespaces => "integer or \"all\"",
            Self::Time | Self::StoreTime => "integer timestamp (in milliseconds)",
            Self::Times => "timestamp array",
            Self::Duration => "positive integer",
        }
    }
}

fn is_decimal(text: &[u8]) -> bool {
    let number = str::from_utf8(text).ok().and_then(|text| text.parse::<u64>().ok());
    text.iter().all(u8::is_ascii_digit) && number.is_some()
}

/// The start of a text that a request holds, at most 64 bytes, as a refusal repeats it.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Excerpt {
    bytes: [u8; Self::MAX_LENGTH],
    length: usize,
}

impl Excerpt {
    /// Longest excerpt in bytes.
    pub const MAX_LENGTH: usize = 64;

    pub(crate) fn of(text: &[u8]) -> Self {
        let cut = text.get(..Self::MAX_LENGTH).unwrap_or(text);
        // A character that is cut, and what is no text, is left out.
        let text = cut.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        let mut bytes = [0; Self::MAX_LENGTH];
        bytes.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
        Self { bytes, length: text.len() }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default()
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
