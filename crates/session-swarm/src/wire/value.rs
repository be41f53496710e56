//! The tree of values, and its construction.

use alloc::{
    borrow::Cow,
    string::{String, ToString},
    vec::Vec,
};

use session_crypto::ed25519::{Ed25519PublicKey, Ed25519Signature};
use session_identity::Timestamp;

use crate::{
    address::Address, message_hash::MessageHash, namespace::Namespace, space::SwarmId,
    subaccount::SubaccountToken,
};

/// A value of JSON or bencode. Readers produce `Text` from JSON strings and `Bytes` from bencode strings;
/// writers give `Bytes` and `Hex` the form that their encoding has for bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Integer(i128),
    /// An integer from where 0 and 1 are booleans too: bencode has no others, and answers have entries that were
    /// bencode between two nodes (§5.16). For reading only.
    Loose(i128),
    /// A JSON number with fraction or exponent, which no field takes.
    Fraction(f64),
    Text(Cow<'a, str>),
    /// Base64 in JSON, raw in bencode.
    Bytes(Cow<'a, [u8]>),
    /// Hexadecimal in JSON, raw in bencode. For writing only.
    Hex(Vec<u8>),
    /// JSON text, which is itself in JSON and a string in bencode. For writing only.
    Json(Cow<'a, str>),
    List(Vec<Value<'a>>),
    Dict(Dict<'a>),
}

/// A field: its name and its value.
pub(super) type Field<'a> = (Cow<'a, str>, Value<'a>);

/// Fields by name, in the byte order of their names, which both encodings are written in. No name is there twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Dict<'a>(Vec<Field<'a>>);

impl<'a> Dict<'a> {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a field.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value<'a>>) -> Self {
        self.insert(name, value);
        self
    }

    /// Adds a field if there is a value.
    pub(crate) fn with_optional(
        self,
        name: &'static str,
        value: Option<impl Into<Value<'a>>>,
    ) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds a field with a name that is data. Fast for names that come in their order.
    pub(crate) fn insert(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Value<'a>>) {
        let (name, value) = (name.into(), value.into());
        if self.0.last().is_none_or(|(last, _)| *last < name) {
            return self.0.push((name, value));
        }
        match self.position(&name) {
            Ok(place) => _ = self.0.get_mut(place).map(|field| field.1 = value),
            Err(place) => self.0.insert(place, (name, value)),
        }
    }

    /// The same with 1 and 0 for booleans.
    pub(crate) fn with_numbers(mut self) -> Self {
        for (_, value) in &mut self.0 {
            if let Value::Bool(flag) = value {
                *value = Value::Integer((*flag).into());
            }
        }
        self
    }

    /// The fields that a reader of requests found, in any order: of two of one name the later one counts, as at
    /// deployed nodes.
    pub(super) fn from_later_fields(mut fields: Vec<Field<'a>>) -> Self {
        fields.sort_by(|(one, _), (other, _)| one.cmp(other));
        fields.reverse();
        fields.dedup_by(|(one, _), (next, _)| one == next);
        fields.reverse();
        Self(fields)
    }

    /// The fields that a reader of answers found, in any order; `None` if a name is there twice.
    pub(super) fn from_fields(mut fields: Vec<Field<'a>>) -> Option<Self> {
        fields.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let twice =
            fields.windows(2).any(|pair| matches!(pair, [(one, _), (next, _)] if one == next));
        (!twice).then_some(Self(fields))
    }

    /// Names and values, in the order of the names.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value<'a>)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// The value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.0.get(self.position(name).ok()?).map(|(_, value)| value)
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(found, _)| found.as_ref().cmp(name))
    }
}

impl Value<'_> {
    /// The number of an integer.
    pub(crate) const fn as_integer(&self) -> Option<i128> {
        match self {
            Self::Integer(number) | Self::Loose(number) => Some(*number),
            _ => None,
        }
    }
}

impl<'a> From<Dict<'a>> for Value<'a> {
    fn from(dict: Dict<'a>) -> Self {
        Value::Dict(dict)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<u64> for Value<'_> {
    fn from(value: u64) -> Self {
        Value::Integer(value.into())
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Value::Integer(value.into())
    }
}

impl From<i32> for Value<'_> {
    fn from(value: i32) -> Self {
        Value::Integer(value.into())
    }
}

impl From<u16> for Value<'_> {
    fn from(value: u16) -> Self {
        Value::Integer(value.into())
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(time: Timestamp) -> Self {
        time.as_millis().into()
    }
}

impl From<Namespace> for Value<'_> {
    fn from(namespace: Namespace) -> Self {
        Value::Integer(namespace.get().into())
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value::Text(text.into())
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Text(text.into())
    }
}

impl From<MessageHash> for Value<'_> {
    fn from(hash: MessageHash) -> Self {
        hash.to_string().into()
    }
}

impl From<SwarmId> for Value<'_> {
    fn from(id: SwarmId) -> Self {
        id.to_string().into()
    }
}

impl From<Address> for Value<'_> {
    fn from(address: Address) -> Self {
        Value::Hex(address.to_bytes().into())
    }
}

impl From<Ed25519PublicKey> for Value<'_> {
    fn from(key: Ed25519PublicKey) -> Self {
        Value::Hex(key.to_bytes().into())
    }
}

impl From<Ed25519Signature> for Value<'_> {
    fn from(signature: Ed25519Signature) -> Self {
        Value::Bytes(signature.to_bytes().to_vec().into())
    }
}

impl From<SubaccountToken> for Value<'_> {
    fn from(token: SubaccountToken) -> Self {
        Value::Bytes(token.to_bytes().to_vec().into())
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Value::Bytes(bytes.into())
    }
}

/// A list of anything that is a value.
impl<'a, T: Into<Value<'a>>> FromIterator<T> for Value<'a> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Value::List(items.into_iter().map(Into::into).collect())
    }
}
