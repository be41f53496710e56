//! Strict reading of JSON from outside (§3, §13): UTF-8, bounded nesting, an object where one is wanted.

use alloc::{format, string::String};
use core::{fmt, marker::PhantomData, str};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};

/// Nesting of objects and arrays that is read (§13).
pub const MAX_JSON_DEPTH: usize = 32;

/// Why bytes are not the JSON that was wanted. Nothing of the text is repeated.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// The text is not UTF-8.
    #[error("JSON is not UTF-8")]
    NotUtf8,
    /// Objects and arrays nest deeper than [`MAX_JSON_DEPTH`].
    #[error("JSON nests deeper than {MAX_JSON_DEPTH}")]
    TooDeep,
    /// The text is no JSON, or more than one value.
    #[error("malformed JSON at line {line}, column {column}")]
    Syntax {
        /// From 1.
        line: usize,
        /// From 1; 0 at the start of a line.
        column: usize,
    },
    /// A value has another type than wanted, or a key is there twice or not at all.
    #[error("unexpected JSON at line {line}, column {column}")]
    Shape {
        /// From 1.
        line: usize,
        /// From 1; 0 at the start of a line.
        column: usize,
    },
}

/// One JSON object and nothing behind it. Keys that `T` does not know are ignored, keys that it knows must
/// not be there twice.
pub(crate) fn parse_object<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, JsonError> {
    let text = str::from_utf8(bytes).map_err(|_| JsonError::NotUtf8)?;
    if nesting(text) > MAX_JSON_DEPTH {
        return Err(JsonError::TooDeep);
    }
    let object: Object<T> = serde_json::from_str(text).map_err(|error| explain(&error))?;
    Ok(object.0)
}

/// Whether bytes are one JSON value of any kind. Deeper nesting than elsewhere is left to whoever reads it.
pub(crate) fn check(bytes: &[u8]) -> Result<(), JsonError> {
    let text = str::from_utf8(bytes).map_err(|_| JsonError::NotUtf8)?;
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|error| explain(&error))?;
    Ok(())
}

/// The string that a JSON text spells.
pub(crate) fn parse_string(text: &str) -> Result<String, JsonError> {
    serde_json::from_str(text).map_err(|error| explain(&error))
}

/// Compact text of a value that is made here.
#[expect(
    clippy::expect_used,
    reason = "the types here have string keys only, so that nothing fails"
)]
pub(crate) fn to_text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("value serialises")
}

fn explain(error: &serde_json::Error) -> JsonError {
    let (line, column) = (error.line(), error.column());
    if error.is_data() {
        JsonError::Shape { line, column }
    } else {
        JsonError::Syntax { line, column }
    }
}

/// Deepest nesting of brackets outside strings. Right for every prefix that is JSON, which is enough: behind
/// the first fault the parser reads nothing.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
            b'[' | b'{' => {
                depth = depth.saturating_add(1);
                deepest = depth.max(deepest);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn skip_string(bytes: &mut str::Bytes<'_>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => _ = bytes.next(),
            _ => {}
        }
    }
}

/// A `T` that was written as an object. Derived code also takes an array of the fields, which no peer writes.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

/// For optional fields: absent is `None`, while `null` is a value of the wrong type.
pub(crate) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// For hop numbers, which deployed nodes read from any number: they drop its fraction, then keep the lowest 32 bits
/// (§5.1).
pub(crate) fn hop_number<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i32>, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let whole = number.as_i128().or_else(|| whole_part(number.as_f64()?));
    // What is beyond 128 bits has no lowest ones.
    let low = whole.unwrap_or(0).rem_euclid(1 << 32);
    Ok(i32::try_from(if low < 1 << 31 { low } else { low - (1 << 32) }).ok())
}

/// A number without its fraction; `None` beyond 128 bits. Rounding toward zero is not in `core`, so the fraction is
/// cut off the text, whose whole digits are exact. No number has so many nines behind its point that 20 digits
/// would round them up.
fn whole_part(number: f64) -> Option<i128> {
    format!("{number:.20}").split('.').next()?.parse().ok()
}

/// For fields of which only the presence counts, whatever their value.
pub(crate) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(|_| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Pair {
        #[serde(default, deserialize_with = "given")]
        a: Option<u8>,
        #[serde(default, deserialize_with = "present")]
        b: bool,
    }

    #[test]
    fn fractions_are_dropped_toward_zero() {
        for (number, whole) in [
            (0.0, 0),
            (-0.0, 0),
            (-0.9, 0),
            (2.5, 2),
            (-2.5, -2),
            (1e10, 10_000_000_000),
            (5e-324, 0),
        ] {
            assert_eq!(whole_part(number), Some(whole), "{number}");
        }
        for below in [1.0_f64, 2.0, 4096.0] {
            let whole = whole_part(below).unwrap() - 1;
            assert_eq!(whole_part(below.next_down()), Some(whole), "just below {below}");
        }
        assert_eq!(whole_part(18_446_744_073_709_551_616.0), Some(1 << 64));
        assert_eq!(whole_part(1e300), None);
    }

    fn parse(text: &str) -> Result<Pair, JsonError> {
        parse_object(text.as_bytes())
    }

    #[test]
    fn unknown_keys_and_white_space_are_free() {
        let pair = Pair { a: Some(1), b: true };
        assert_eq!(parse(" {\n\"c\": [{}], \"b\" : null,\t\"a\":1 } "), Ok(pair));
        assert_eq!(parse("{}"), Ok(Pair { a: None, b: false }));
    }

    #[test]
    fn what_is_not_the_object_is_refused() {
        for text in
            ["[]", "[1,2]", "3", "null", "\"\"", r#"{"a":null}"#, r#"{"a":"1"}"#, r#"{"a":300}"#]
        {
            assert!(matches!(parse(text), Err(JsonError::Shape { .. })), "{text}");
        }
        for twice in [r#"{"a":1,"a":1}"#, r#"{"b":1,"b":1}"#, r#"{"a":1,"\u0061":1}"#] {
            assert!(matches!(parse(twice), Err(JsonError::Shape { .. })), "{twice}");
        }
        for text in ["", "{", "{}x", "{}{}", "{'a':1}", r#"{"a":1,}"#, "\u{feff}{}"] {
            assert!(matches!(parse(text), Err(JsonError::Syntax { .. })), "{text}");
        }
        assert_eq!(parse_object::<Pair>(b"{\"\xff\":1}"), Err(JsonError::NotUtf8));
    }

    #[test]
    fn nesting_is_bounded_and_strings_do_not_count() {
        let deep = |depth: usize| {
            alloc::format!(r#"{{"x":{}{}}}"#, "[".repeat(depth - 1), "]".repeat(depth - 1))
        };
        assert_eq!(parse(&deep(MAX_JSON_DEPTH)), Ok(Pair { a: None, b: false }));
        assert_eq!(parse(&deep(MAX_JSON_DEPTH + 1)), Err(JsonError::TooDeep));
        assert_eq!(parse(&deep(100_000)), Err(JsonError::TooDeep));
        let quoted = alloc::format!(r#"{{"x":"\"{}"}}"#, "[{".repeat(50));
        assert_eq!(parse(&quoted), Ok(Pair { a: None, b: false }));
        let siblings = alloc::format!(r#"{{"x":[{}{{}}]}}"#, "{},".repeat(50));
        assert_eq!(parse(&siblings), Ok(Pair { a: None, b: false }));
    }
}
