//! Typed reading of fields, by the typing rules of spec 05 §5.1.

use alloc::{string::String, vec::Vec};

use session_crypto::{
    ed25519::{Ed25519PublicKey, Ed25519Signature},
    encoding::{base64, hex},
};
use session_identity::Timestamp;

use super::{Dict, Excerpt, Value};
use crate::{
    address::Address, limits::MAX_DATA_LENGTH, message_hash::MessageHash, namespace::Namespace,
    subaccount::SubaccountToken,
};

/// Times below this many ms are those of somebody who counted seconds.
pub(crate) const MIN_MILLIS: u64 = 1_000_000_000;

/// Why a field is not what a method takes. The text is that of the network where a vector shows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldError {
    /// The field is absent or null.
    #[error("Required field '{field}' missing")]
    Missing {
        /// Name of the field.
        field: &'static str,
    },
    /// The field has another type or form.
    #[error("Invalid '{field}' value: not {expected}")]
    Form {
        /// Name of the field.
        field: &'static str,
        /// What the field takes.
        expected: &'static str,
    },
    /// The field has another type.
    #[error("Invalid value given for '{field}': expected {expected}")]
    Type {
        /// Name of the field.
        field: &'static str,
        /// The type that the field has.
        expected: &'static str,
    },
    /// The integer does not fit.
    #[error("Invalid value given for '{field}': value out of range")]
    OutOfRange {
        /// Name of the field.
        field: &'static str,
    },
    /// The text is no decimal number.
    #[error("Invalid value given for '{field}': \"{given}\"")]
    Decimal {
        /// Name of the field.
        field: &'static str,
        /// The text.
        given: Excerpt,
    },
    /// A rule that the network states in words of its own.
    #[error("{text}")]
    Rule {
        /// The words.
        text: &'static str,
    },
    /// The text is no name of a message.
    #[error("invalid message hash: {given}")]
    MessageHash {
        /// The text.
        given: Excerpt,
    },
    /// The node's daemon is not asked this.
    #[error("Invalid oxend endpoint '{given}'")]
    Endpoint {
        /// The text.
        given: Excerpt,
    },
    /// The account is not 66 hexadecimal digits or 33 bytes.
    #[error("Pubkey must be 66 hex digits (33 bytes) long")]
    Address,
    /// The message is too long to be stored.
    #[error("Message body exceeds maximum allowed length of {MAX_DATA_LENGTH} bytes")]
    DataLength,
    /// A list with too many items.
    #[error("Invalid '{field}' value: more than {max} items")]
    TooMany {
        /// Name of the field.
        field: &'static str,
        /// How many it takes.
        max: usize,
    },
    /// A time that was given in seconds.
    #[error("Invalid value given for '{field}': must be in milliseconds")]
    Seconds {
        /// Name of the field.
        field: &'static str,
    },
    /// Two fields are both there that exclude each other, or are names of the same.
    #[error("Cannot specify both '{field}' and '{alias}'")]
    Both {
        /// One name.
        field: &'static str,
        /// The other name.
        alias: &'static str,
    },
}

/// What is wrong with a value; the field's name is added by whoever knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Misfit {
    Form(&'static str),
    Address,
    Seconds,
}

impl Misfit {
    pub(crate) const fn of(self, field: &'static str) -> FieldError {
        match self {
            Self::Form(expected) => FieldError::Form { field, expected },
            Self::Address => FieldError::Address,
            Self::Seconds => FieldError::Seconds { field },
        }
    }
}

/// The fields of a request or an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'v, 'a>(&'v Dict<'a>);

impl<'v, 'a> Fields<'v, 'a> {
    /// The fields of `value`, if it is an object.
    pub(crate) const fn of(value: &'v Value<'a>) -> Option<Self> {
        match value {
            Value::Dict(dict) => Some(Self(dict)),
            _ => None,
        }
    }

    /// Names and values, in the order of the names.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'v str, &'v Value<'a>)> {
        self.0.iter()
    }

    /// Number of fields.
    pub(crate) fn len(self) -> usize {
        self.0.iter().len()
    }

    /// The value of a field; null counts as absent.
    pub(crate) fn get(self, field: &str) -> Option<&'v Value<'a>> {
        self.0.get(field).filter(|value| !matches!(value, Value::Null))
    }

    /// A field that may be absent.
    pub(crate) fn optional<T: FromField>(
        self,
        field: &'static str,
    ) -> Result<Option<T>, FieldError> {
        let read = |value| T::from_field(value).map_err(|misfit| misfit.of(field));
        self.get(field).map(read).transpose()
    }

    /// A field of an answer that may be absent and that nothing depends on: one of another form counts as absent.
    pub(crate) fn lenient<T: FromField>(self, field: &'static str) -> Option<T> {
        self.optional(field).ok().flatten()
    }

    /// A field that must be there.
    pub(crate) fn required<T: FromField>(self, field: &'static str) -> Result<T, FieldError> {
        self.optional(field)?.ok_or(FieldError::Missing { field })
    }

    /// A field that may be absent and has a second name; both at once are refused.
    pub(crate) fn optional_alias<T: FromField>(
        self,
        field: &'static str,
        alias: &'static str,
    ) -> Result<Option<T>, FieldError> {
        match (self.get(field), self.get(alias)) {
            (Some(_), Some(_)) => Err(FieldError::Both { field, alias }),
            (None, Some(_)) => self.optional(alias),
            _ => self.optional(field),
        }
    }

    /// A list of at most `max` items that may be absent; one item counts as a list of one.
    pub(crate) fn optional_list<T>(
        self,
        field: &'static str,
        max: usize,
    ) -> Result<Option<Vec<T>>, FieldError>
    where
        Vec<T>: FromField,
    {
        match self.get(field) {
            Some(Value::List(items)) if items.len() > max => {
                Err(FieldError::TooMany { field, max })
            }
            _ => self.optional(field),
        }
    }

    /// A list of at most `max` items that must be there; one item counts as a list of one.
    pub(crate) fn required_list<T>(
        self,
        field: &'static str,
        max: usize,
    ) -> Result<Vec<T>, FieldError>
    where
        Vec<T>: FromField,
    {
        self.optional_list(field, max)?.ok_or(FieldError::Missing { field })
    }

    /// A flag that is off if absent.
    pub(crate) fn flag(self, field: &'static str) -> Result<bool, FieldError> {
        Ok(self.optional(field)?.unwrap_or(false))
    }
}

/// Types that fields have.
pub(crate) trait FromField: Sized {
    fn from_field(value: &Value<'_>) -> Result<Self, Misfit>;
}

impl Value<'_> {
    /// Text of JSON or bytes of bencode.
    pub(crate) fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Text(text) => Some(text.as_bytes()),
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Text of JSON, or bytes of bencode that are text.
    pub(crate) fn as_text(&self) -> Option<&str> {
        str::from_utf8(self.as_bytes()?).ok()
    }

    /// `N` bytes: as they are (bencode), or in base64 or hexadecimal, which their lengths tell apart.
    fn fixed<const N: usize>(&self) -> Option<[u8; N]> {
        let given = self.as_bytes()?;
        if let (Self::Bytes(_), Ok(bytes)) = (self, given.try_into()) {
            return Some(bytes);
        }
        let text = str::from_utf8(given).ok()?;
        if text.len() == N.saturating_mul(2) {
            return hex::decode_array(text).ok();
        }
        // Longer texts cannot be the base64 of N bytes; do not decode them first.
        if text.len() > N.saturating_mul(2) {
            return None;
        }
        base64::decode(text).ok()?.try_into().ok()
    }
}

impl FromField for bool {
    fn from_field(value: &Value<'_>) -> Result<Self, Misfit> {
        match value {
            Value::Bool(value) => Ok(*value),
            Value::Loose(0) => Ok(false),
            Value::Loose(1) => Ok(true),
            _ => Err(Misfit::Form("a boolean")),
        }
    }
}

/// Implements integers of a type; any other number is out of range.
macro_rules! integer_field {
    ($type:ty, $expected:literal) => {
        impl FromField for $type {
            fn from_field(value: &Value<'_>) -> Result<Self, Misfit> {
                let number = value.as_integer().ok_or(Misfit::Form($expected))?;
                Self::try_from(number).map_err(|_| Misfit::Form($expected))
            }
        }
    };
}

integer_field!(u64, "an unsigned integer");
integer_field!(i64, "an integer");
integer_field!(i16, "a 16-bit integer");
integer_field!(i32, "a 32-bit integer");
integer_field!(i128, "an integer");
integer_field!(u16, "a 16-bit unsigned integer");

/// A time as `timestamp`-typed fields have it.
impl FromField for Timestamp {
    fn from_field(value: &Value<'_>) -> Result<Self, Misfit> {
        match u64::from_field(value)? {
            0..MIN_MILLIS => Err(Misfit::Seconds),
            millis => Ok(Self::from_millis(millis)),
        }
    }
}

/// An unsigned integer that old clients send as decimal text, of any size.
pub(crate) struct DecimalOrText(pub(crate) u64);

impl FromField for DecimalOrText {
    fn from_field(value: &Value<'_>) -> Result<Self, Misfit> {
        let Some(text) = value.as_text() else {
            // A time before 1970 is as old as one of 1970.
            return i128::from_field(value)
                .map(|number| Self(u64::try_from(number.max(0)).unwrap_or(u64::MAX)));
        };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if digits => Ok(Self(number)),
            _ => Err(Misfit::Form("an unsigned integer")),
        }
    }
}

impl FromField for Namespace {
    fn from_field(value: &Value<'_>) -> Result<Self, Misfit> {
        i16::from_field(value).map(Self::new)
    }
}

impl FromField for String {
    fn from_field(value: &Value<'_>) -> Result<Self, Misfit> {
        value.as_text().map(Into::into).ok_or(Misfit::Form("a string"))
    }
}

/// Bytes of any number: base64 in JSON, raw in bencode.
impl FromField for Vec<u8> {
    fn from_field(value: &Value<'_>) -> Result<Self, Misfit> {
        match value {
            Value::Bytes(bytes) => Ok(bytes.to_vec()),
            Value::Text(text) => base64::decode(text).map_err(|_| Misfit::Form("base64 encoded")),
            _ => Err(Misfit::Form("base64 encoded")),
        }
    }
}

impl FromField for Address {
    fn from_field(value: &Value<'_>) -> Result<Self, Misfit> {
        // Both forms are taken in both encodings (§1.1).
        let bytes = value.as_bytes().ok_or(Misfit::Address)?;
        if let Ok(bytes) = bytes.try_into() {
            return Ok(Self::from_bytes(bytes));
        }
        let text = str::from_utf8(bytes).map_err(|_| Misfit::Address)?;
        text.parse().map_err(|_| Misfit::Address)
    }
}

impl FromField for Ed25519PublicKey {
    fn from_field(value: &Value<'_>) -> Result<Self, Misfit> {
        let expected = Misfit::Form("64 hex digits (32 bytes)");
        // Hexadecimal only: 43 characters of base64 would be a second spelling.
        match value {
            Value::Text(text) => text.parse().map_err(|_| expected),
            _ => value.fixed().map(Self::from_bytes).ok_or(expected),
        }
    }
}

impl FromField for Ed25519Signature {
    fn from_field(value: &Value<'_>) -> Result<Self, Misfit> {
        let expected = Misfit::Form("a base64 encoded signature of 64 bytes");
        match value.as_bytes().map(<[u8]>::len) {
            Some(64 | 86 | 88) => value.fixed().map(Self::from_bytes).ok_or(expected),
            _ => Err(expected),
        }
    }
}

impl FromField for SubaccountToken {
    fn from_field(value: &Value<'_>) -> Result<Self, Misfit> {
        let expected = Misfit::Form("a base64 or hex encoded token of 36 bytes");
        value.fixed().map(Self::from_bytes).ok_or(expected)
    }
}

impl FromField for MessageHash {
    fn from_field(value: &Value<'_>) -> Result<Self, Misfit> {
        let expected = Misfit::Form("a message hash of 43 characters");
        value.as_text().and_then(|text| text.parse().ok()).ok_or(expected)
    }
}

/// A list; one item counts as a list of one.
impl<T: FromField + NotBytes> FromField for Vec<T> {
    fn from_field(value: &Value<'_>) -> Result<Self, Misfit> {
        match value {
            Value::List(items) => items.iter().map(T::from_field).collect(),
            item => Ok([T::from_field(item)?].into()),
        }
    }
}

/// Types whose lists are lists: `Vec<u8>` is one value.
pub(crate) trait NotBytes {}

impl NotBytes for MessageHash {}
impl NotBytes for Namespace {}
impl NotBytes for SubaccountToken {}
impl NotBytes for u64 {}
impl NotBytes for u16 {}
impl NotBytes for i32 {}
