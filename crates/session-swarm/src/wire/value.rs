//! The tree of values, and its construction.

use alloc::{
    borrow::Cow,
    collections::BTreeMap,
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

/// Fields by name, in the byte order of their names, which both encodings are written in.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Dict<'a>(pub(crate) BTreeMap<Cow<'a, str>, Value<'a>>);

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

    /// Adds a field with a name that is data.
    pub(crate) fn insert(&mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Value<'a>>) {
        self.0.insert(name.into(), value.into());
    }
}

impl Value<'_> {
    /// The same with every string of bencode that is UTF-8 as text.
    pub(crate) fn to_text(&self) -> Value<'_> {
        match self {
            Self::Bytes(bytes) => match str::from_utf8(bytes) {
                Ok(text) => Value::Text(text.into()),
                Err(_) => Value::Bytes(bytes.as_ref().into()),
            },
            Self::List(items) => Value::List(items.iter().map(Self::to_text).collect()),
            Self::Dict(Dict(fields)) => {
                let field =
                    |(name, value)| (Cow::Borrowed(Cow::as_ref(name)), Self::to_text(value));
                Value::Dict(Dict(fields.iter().map(field).collect()))
            }
            other => other.clone(),
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
