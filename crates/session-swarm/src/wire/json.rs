//! JSON into the tree of values and back.

use alloc::{borrow::Cow, collections::btree_map::Entry, vec::Vec};
use core::fmt;

use serde::{
    Serialize, Serializer,
    de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor},
    ser::SerializeMap,
};
use session_crypto::encoding::{base64, hex};

use super::{Dict, Value, budget::Budget};

/// The text is not JSON, or JSON that holds a field twice or far too many values.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct JsonError;

impl<'a> Value<'a> {
    /// Reads a whole JSON text. Nesting is bounded by the JSON reader, the number of values by the length.
    pub(crate) fn from_json(text: &'a [u8]) -> Result<Self, JsonError> {
        let budget = Budget::of(text);
        let mut reader = serde_json::Deserializer::from_slice(text);
        let value = Bounded(&budget).deserialize(&mut reader).map_err(|_| JsonError)?;
        reader.end().map_err(|_| JsonError)?;
        Ok(value)
    }

    /// Writes JSON, the fields of each object in byte order.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        // Neither this tree nor a growing vector gives the writer a reason to fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Reads one value and takes it from the budget.
#[derive(Clone, Copy)]
struct Bounded<'b>(&'b Budget);

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value<'de>, D::Error> {
        self.0.take().ok_or_else(|| D::Error::custom("too many values"))?;
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(Value::Integer(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value<'de>, E> {
        Ok(Value::Fraction(value))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value<'de>, A::Error> {
        let mut dict = Dict::default();
        while let Some(name) = fields.next_key_seed(Name)? {
            let value = fields.next_value_seed(self)?;
            match dict.0.entry(name) {
                Entry::Vacant(entry) => _ = entry.insert(value),
                // Readers that take the first and readers that take the last would see different requests.
                Entry::Occupied(_) => return Err(A::Error::custom("field twice")),
            }
        }
        Ok(Value::Dict(dict))
    }
}

/// Reads the name of a field without copying it.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Cow<'de, str>, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.into()))
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => writer.serialize_unit(),
            Self::Fraction(value) => writer.serialize_f64(*value),
            Self::Bool(value) => writer.serialize_bool(*value),
            Self::Integer(value) => writer.serialize_i128(*value),
            Self::Text(text) => writer.serialize_str(text),
            Self::Bytes(bytes) => writer.serialize_str(&base64::encode(bytes)),
            Self::Hex(bytes) => writer.serialize_str(&hex::encode(bytes)),
            // It was written by `to_json`, so that reading it does not fail.
            Self::Json(text) => {
                Value::from_json(text.as_bytes()).unwrap_or(Value::Null).serialize(writer)
            }
            Self::List(items) => writer.collect_seq(items),
            Self::Dict(Dict(fields)) => {
                let mut map = writer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::String};

    use super::*;

    #[test]
    fn json_is_read_and_written() {
        let text = r#"{"a":[null,true,-9223372036854775808,18446744073709551615],"b":{"c":"ä\""}}"#;
        let value = Value::from_json(text.as_bytes()).unwrap();
        assert_eq!(value.to_json(), text.as_bytes());
    }

    #[test]
    fn numbers_with_fraction_or_exponent_are_told_apart() {
        for text in ["1.0", "1e3", "18446744073709551616"] {
            let value = Value::from_json(text.as_bytes());
            assert!(matches!(value, Ok(Value::Fraction(_))), "{text}");
        }
        assert_eq!(Value::from_json(b"17"), Ok(Value::Integer(17)));
    }

    #[test]
    fn bytes_get_the_form_of_json() {
        let value =
            Value::List([Value::Bytes([0xcc][..].into()), Value::Hex([0xcc].into())].into());
        assert_eq!(value.to_json(), br#"["zA==","cc"]"#);
    }

    #[test]
    fn fields_are_written_in_byte_order() {
        let dict = Dict::new().with("b", 1u64).with("a", 2u64).with("B", 3u64);
        assert_eq!(Value::from(dict).to_json(), br#"{"B":3,"a":2,"b":1}"#);
    }

    #[test]
    fn what_is_not_one_json_text_is_refused() {
        for text in ["", "hello", "{", "1 2", r#"{"a":1,"a":2}"#, r#"{1:2}"#, "\"\u{1}\"", "[1,]"] {
            assert_eq!(Value::from_json(text.as_bytes()), Err(JsonError), "{text}");
        }
        assert_eq!(Value::from_json(b"\"\xff\""), Err(JsonError));
    }

    #[test]
    fn depth_and_number_of_values_are_bounded() {
        for open in ["[", r#"{"a":"#] {
            assert_eq!(Value::from_json(open.repeat(100_000).as_bytes()), Err(JsonError), "{open}");
        }
        let list = |items: usize| format!("[{}1]", "1,".repeat(items));
        assert!(Value::from_json(list(1000).as_bytes()).is_ok());
        assert_eq!(Value::from_json(list(10_000).as_bytes()), Err(JsonError));
        let spaced: String = format!("[{}1]", "1,       ".repeat(10_000));
        assert!(Value::from_json(spaced.as_bytes()).is_ok());
    }
}
