//! JSON into the tree of values and back.

use alloc::{borrow::Cow, format, vec::Vec};
use core::fmt;

use serde::{
    Serialize, Serializer,
    de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor},
};
use session_crypto::encoding::{base64, hex};

use super::{Dict, Value, budget::Budget};

/// The text is not JSON, is an answer that holds a field twice, or is far denser than any that is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct JsonError;

/// What numbers stand for.
#[derive(Clone, Copy)]
enum Numbers {
    /// For integers, if they are written as such: in requests.
    Strict,
    /// In answers also for booleans, and whole ones may be written with a fraction of 0.
    Loose,
}

impl<'a> Value<'a> {
    /// Reads a whole JSON text, by the rules for requests (§5.1). Nesting is bounded by the JSON reader, memory by the
    /// length.
    pub(crate) fn from_json(text: &'a [u8]) -> Result<Self, JsonError> {
        read(text, Numbers::Strict)
    }

    /// The same by the rules for answers (§5.16).
    pub(crate) fn from_answer_json(text: &'a [u8]) -> Result<Self, JsonError> {
        read(text, Numbers::Loose)
    }

    /// Writes JSON, the fields of each object in byte order.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        self.write(Bytes::Base64)
    }

    /// The same with strings of bencode as text, for what was JSON before.
    pub(crate) fn to_json_again(&self) -> Vec<u8> {
        self.write(Bytes::Text)
    }

    fn write(&self, bytes: Bytes) -> Vec<u8> {
        // Neither this tree nor a growing vector gives the writer a reason to fail.
        serde_json::to_vec(&Written { value: self, bytes }).unwrap_or_default()
    }
}

fn read(text: &[u8], numbers: Numbers) -> Result<Value<'_>, JsonError> {
    let budget = Budget::of(text);
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value =
        Bounded { budget: &budget, numbers }.deserialize(&mut reader).map_err(|_| JsonError)?;
    reader.end().map_err(|_| JsonError)?;
    Ok(value)
}

/// Reads one value and takes what it allocates from the budget.
#[derive(Clone, Copy)]
struct Bounded<'b> {
    budget: &'b Budget,
    numbers: Numbers,
}

impl Bounded<'_> {
    const fn integer<'a>(self, number: i128) -> Value<'a> {
        match self.numbers {
            Numbers::Strict => Value::Integer(number),
            Numbers::Loose => Value::Loose(number),
        }
    }
}

/// The number that is written as a float, if it is whole and exact.
fn whole(number: f64) -> Option<i128> {
    // Rust writes `.0` behind those below 10^16.
    let text = format!("{number:?}");
    let number: i64 = text.strip_suffix(".0")?.parse().ok()?;
    (number.unsigned_abs() <= 1 << 53).then_some(number.into())
}

fn dense<E: Error>() -> E {
    E::custom("far too many values")
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value<'de>, D::Error> {
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
        Ok(self.integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(self.integer(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value<'de>, E> {
        Ok(match (self.numbers, whole(value)) {
            (Numbers::Loose, Some(number)) => self.integer(number),
            _ => Value::Fraction(value),
        })
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value<'de>, E> {
        self.budget.take(text.len()).ok_or_else(dense)?;
        Ok(Value::Text(Cow::Owned(text.into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            self.budget.push(&mut list, item).ok_or_else(dense)?;
        }
        Ok(Value::List(self.budget.close(list).ok_or_else(dense)?))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(name) = fields.next_key_seed(Name(self.budget))? {
            let value = fields.next_value_seed(self)?;
            self.budget.push(&mut list, (name, value)).ok_or_else(dense)?;
        }
        let list = self.budget.close(list).ok_or_else(dense)?;
        if matches!(self.numbers, Numbers::Strict) {
            return Ok(Value::Dict(Dict::from_later_fields(list)));
        }
        // Of two clients one might take the first and one the last.
        Dict::from_fields(list).map(Value::Dict).ok_or_else(|| A::Error::custom("field twice"))
    }
}

/// Reads the name of a field without copying it.
struct Name<'b>(&'b Budget);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Cow<'de, str>, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name<'_> {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Cow<'de, str>, E> {
        self.0.take(text.len()).ok_or_else(dense)?;
        Ok(Cow::Owned(text.into()))
    }
}

/// What strings of bencode become in JSON.
#[derive(Clone, Copy)]
enum Bytes {
    /// Base64.
    Base64,
    /// Text where they are that; what has control characters, of which each would become six of JSON, is not.
    Text,
}

struct Written<'v, 'a> {
    value: &'v Value<'a>,
    bytes: Bytes,
}

impl Serialize for Written<'_, '_> {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.bytes;
        match self.value {
            Value::Null => writer.serialize_unit(),
            Value::Fraction(value) => writer.serialize_f64(*value),
            Value::Bool(value) => writer.serialize_bool(*value),
            Value::Integer(value) | Value::Loose(value) => writer.serialize_i128(*value),
            Value::Text(text) => writer.serialize_str(text),
            Value::Bytes(string) => match (bytes, str::from_utf8(string)) {
                (Bytes::Text, Ok(text)) if !text.bytes().any(is_rare_control) => {
                    writer.serialize_str(text)
                }
                _ => writer.serialize_str(&base64::encode(string)),
            },
            Value::Hex(bytes) => writer.serialize_str(&hex::encode(bytes)),
            // It was written by `to_json`, so that reading it does not fail.
            Value::Json(text) => {
                let value = &Value::from_json(text.as_bytes()).unwrap_or(Value::Null);
                Written { value, bytes }.serialize(writer)
            }
            Value::List(items) => {
                writer.collect_seq(items.iter().map(|value| Written { value, bytes }))
            }
            Value::Dict(dict) => writer
                .collect_map(dict.iter().map(|(name, value)| (name, Written { value, bytes }))),
        }
    }
}

const fn is_rare_control(byte: u8) -> bool {
    byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

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

    /// A request for the oracle is passed on as it came: what is written is read again as the same.
    #[test]
    fn fractions_are_read_exactly() {
        for text in ["-5e90", "1e-7", "0.1", "123456.789", "5e-324", "1.7976931348623157e308"] {
            let number = text.parse().unwrap();
            assert_eq!(Value::from_json(text.as_bytes()), Ok(Value::Fraction(number)), "{text}");
            let written = Value::Fraction(number).to_json();
            assert_eq!(Value::from_json(&written), Ok(Value::Fraction(number)), "{text}");
        }
    }

    #[test]
    fn answers_may_write_whole_numbers_as_floats() {
        for (text, number) in [("1.0", 1), ("-2.0", -2), ("1700000000000.0", 1_700_000_000_000)] {
            assert_eq!(Value::from_answer_json(text.as_bytes()), Ok(Value::Loose(number)));
        }
        for text in ["1.5", "1e400", "1e300", "9007199254740994.0", "18446744073709551616"] {
            let value = Value::from_answer_json(text.as_bytes());
            assert!(!matches!(value, Ok(Value::Loose(_))), "{text}");
        }
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
        // The later value of a name counts.
        let dict = Dict::new().with("a", 1u64).with("a", 2u64).with("b", 3u64).with("a", 4u64);
        assert_eq!(Value::from(dict).to_json(), br#"{"a":4,"b":3}"#);
    }

    #[test]
    fn what_is_not_one_json_text_is_refused() {
        for text in ["", "hello", "{", "1 2", r#"{1:2}"#, "\"\u{1}\"", "[1,]"] {
            assert_eq!(Value::from_json(text.as_bytes()), Err(JsonError), "{text}");
        }
        assert_eq!(Value::from_json(b"\"\xff\""), Err(JsonError));
    }

    #[test]
    fn of_two_fields_of_a_request_the_later_one_counts() {
        let text = br#"{"b":1,"a":{"c":1,"c":2},"b":2,"a":[{"d":1,"d":3,"d":2}],"b":3}"#;
        let value = Value::from_json(text).unwrap();
        assert_eq!(value.to_json(), br#"{"a":[{"d":2}],"b":3}"#);
        assert_eq!(Value::from_answer_json(text), Err(JsonError));
        assert_eq!(Value::from_answer_json(br#"{"a":1,"a":1}"#), Err(JsonError));
    }

    #[test]
    fn depth_and_density_are_bounded() {
        for open in ["[", r#"{"a":"#] {
            assert_eq!(Value::from_json(open.repeat(100_000).as_bytes()), Err(JsonError), "{open}");
        }
        let list = |items: usize| format!("[{}1]", "1,".repeat(items));
        assert!(Value::from_json(list(500).as_bytes()).is_ok());
        assert_eq!(Value::from_json(list(10_000).as_bytes()), Err(JsonError));
        let times: String = format!("[{}1]", "1700000000000, ".repeat(100_000));
        assert!(Value::from_json(times.as_bytes()).is_ok());
    }
}
