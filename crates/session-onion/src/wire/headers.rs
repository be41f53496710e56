//! Headers of HTTP as a JSON object, in the order in which they were written.

use alloc::{borrow::ToOwned as _, string::String, vec::Vec};
use core::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// Most headers that are read. Servers send a dozen.
pub(crate) const MAX_HEADERS: usize = 256;

/// Names and values. Read from JSON, no name is there twice, and a header whose value is not a string is left out
/// (§6.3).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Headers(Vec<(String, String)>);

impl Headers {
    pub(crate) fn push(&mut self, name: String, value: String) {
        self.0.push((name, value));
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl Serialize for Headers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeadersVisitor)
    }
}

struct HeadersVisitor;

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers, A::Error> {
        let mut headers: Vec<(String, Option<String>)> = Vec::new();
        while let Some(name) = map.next_key()? {
            // Each takes many times the memory of the shortest text.
            if headers.len() >= MAX_HEADERS {
                return Err(A::Error::custom("too many headers"));
            }
            let value = map.next_value::<&RawValue>()?.get();
            let value = value.starts_with('"').then(|| serde_json::from_str(value));
            headers.push((name, value.transpose().map_err(A::Error::custom)?));
        }
        let mut names: Vec<&String> = headers.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
            // Of two values one might be checked and the other used.
            return Err(A::Error::custom("header twice"));
        }
        let strings = headers.into_iter().filter_map(|(name, value)| Some((name, value?)));
        Ok(Headers(strings.collect()))
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Headers {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(headers: I) -> Self {
        Self(headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}
