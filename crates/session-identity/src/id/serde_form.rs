//! Ids in serde: their text in formats for people, their 33 bytes in the others.

use core::{fmt, marker::PhantomData, str::FromStr};

use serde::de::{Error, Visitor};

use super::ParseIdError;

/// Implements `Serialize` and `Deserialize` for an id.
macro_rules! serde_form {
    ($name:ident) => {
        /// The text form in formats for people, the 33 bytes in the others.
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    serializer.serialize_bytes(&self.to_bytes())
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let visitor = $crate::id::serde_form::IdVisitor::new();
                if deserializer.is_human_readable() {
                    deserializer.deserialize_str(visitor)
                } else {
                    deserializer.deserialize_bytes(visitor)
                }
            }
        }
    };
}

pub(super) use serde_form;

pub(super) struct IdVisitor<T>(PhantomData<T>);

impl<T> IdVisitor<T> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> Visitor<'_> for IdVisitor<T>
where
    T: FromStr<Err = ParseIdError> + for<'a> TryFrom<&'a [u8], Error = ParseIdError>,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id of 33 bytes or 66 hexadecimal digits")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<T, E> {
        T::try_from(bytes).map_err(E::custom)
    }
}
