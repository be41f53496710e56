//! What the push server says about a message (02 §12).

use alloc::string::String;
use core::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use session_bt::{Item, Kind};

use super::OpenError;

/// The first element of a notification: JSON in a string or, by an error of the server, a dict.
///
/// All of it is a claim, and everything but the account a hint. A field of another kind or out of range is therefore
/// absent, and costs neither the others nor the message beside them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Description {
    pub(super) account: Option<String>,
    pub(super) hash: Option<String>,
    pub(super) namespace: Option<i16>,
    pub(super) stored_at: Option<u64>,
    pub(super) expires_at: Option<u64>,
    pub(super) length: Option<u64>,
    pub(super) too_long: Option<bool>,
}

impl Description {
    pub(super) fn parse(item: Item<'_, '_>) -> Result<Self, OpenError> {
        if item.kind()? == Kind::Bytes {
            return serde_json::from_slice(item.bytes()?).map_err(|_| OpenError::Description);
        }
        let mut dict = item.dict()?;
        let mut description = Self::default();
        while let Some((key, item)) = dict.next()? {
            let value = match item.kind()? {
                Kind::Bytes => Scalar::of_utf8(item.bytes()?),
                // The encoding has no truth values.
                Kind::Integer if key == b"B" => Scalar::Flag(item.any_integer()?.get() != 0),
                Kind::Integer => Scalar::Number(item.any_integer()?.get()),
                _ => Scalar::Odd,
            };
            description.set(key, value);
        }
        Ok(description)
    }

    fn set(&mut self, key: &[u8], value: Scalar) {
        match key {
            b"#" => self.hash = value.text(),
            b"@" => self.account = value.text(),
            b"B" => self.too_long = value.flag(),
            b"l" => self.length = value.number(),
            b"n" => self.namespace = value.number(),
            b"t" => self.stored_at = value.number(),
            b"z" => self.expires_at = value.number(),
            _ => {}
        }
    }
}

impl<'de> Deserialize<'de> for Description {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Description;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Description, A::Error> {
                let mut description = Description::default();
                while let Some(key) = map.next_key::<String>()? {
                    description.set(key.as_bytes(), map.next_value()?);
                }
                Ok(description)
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

/// What a field can hold. Lists and objects are passed over without a copy.
#[derive(Debug)]
enum Scalar {
    Text(String),
    Number(i128),
    Flag(bool),
    Odd,
}

impl Scalar {
    fn of_utf8(bytes: &[u8]) -> Self {
        core::str::from_utf8(bytes).map_or(Self::Odd, |text| Self::Text(text.into()))
    }

    fn text(self) -> Option<String> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    fn number<T: TryFrom<i128>>(self) -> Option<T> {
        if let Self::Number(number) = self { T::try_from(number).ok() } else { None }
    }

    fn flag(self) -> Option<bool> {
        if let Self::Flag(flag) = self { Some(flag) } else { None }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(text.into()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar::Number(number.into()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
                Ok(Scalar::Number(number.into()))
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Scalar, E> {
                Ok(Scalar::Flag(flag))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Scalar, E> {
                Ok(Scalar::Odd)
            }

            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar::Odd)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Scalar::Odd)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar::Odd)
            }
        }

        deserializer.deserialize_any(Any)
    }
}
