//! Owned values, for what is kept or passed on without being understood.
//!
//! A list or a dict is one buffer that holds the encodings of what is in it, as they were read. A tree would cost
//! up to three hundred bytes for each byte of a hostile encoding; this costs one, and nothing here recurses.

use alloc::{collections::BTreeMap, vec::Vec};
use core::{cmp::Ordering, fmt, ops::Range};

use crate::{DecodeError, Integer, Reader, packed, writer};

/// Any value. Its encoding is canonical whatever it holds.
///
/// Values are ordered by kind, then integers as numbers, strings by their bytes, lists and dicts by the bytes of
/// their encodings.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "the encoding has these four kinds and no others")]
pub enum Value {
    /// `i…e`.
    Integer(Integer),
    /// `length:bytes`.
    Bytes(Vec<u8>),
    /// `l…e`.
    List(List),
    /// `d…e`.
    Dict(Dict),
}

impl Value {
    /// The value whose encoding is exactly `bytes`. Allocates as many bytes as there are.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let value = reader.value()?.to_value()?;
        reader.finish()?;
        Ok(value)
    }

    /// The canonical encoding.
    ///
    /// A value deeper than [`MAX_DEPTH`](crate::MAX_DEPTH) encodes to bytes that no reader accepts.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        writer::put_value(&mut out, self);
        out
    }
}

impl<T: Into<Integer>> From<T> for Value {
    fn from(integer: T) -> Self {
        Self::Integer(integer.into())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

/// The elements of a list, in their order.
#[derive(Clone, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct List {
    /// Their encodings, one after the other.
    elements: Vec<u8>,
}

impl List {
    /// A list without elements.
    #[must_use]
    pub const fn new() -> Self {
        Self { elements: Vec::new() }
    }

    /// List of this encoding, which was checked.
    pub(crate) fn of_checked(encoding: &[u8]) -> Self {
        Self { elements: packed::content(encoding).to_vec() }
    }

    /// Encodings of the elements.
    pub(crate) fn as_encoded(&self) -> &[u8] {
        &self.elements
    }

    /// Whether the list has no elements.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// Adds an element at the end.
    pub fn push(&mut self, value: &Value) {
        writer::put_value(&mut self.elements, value);
    }

    /// Copies of the elements.
    pub fn iter(&self) -> impl Iterator<Item = Value> {
        packed::Values::of(&self.elements).filter_map(packed::to_value)
    }
}

impl FromIterator<Value> for List {
    fn from_iter<T: IntoIterator<Item = Value>>(values: T) -> Self {
        let mut list = Self::new();
        values.into_iter().for_each(|value| list.push(&value));
        list
    }
}

impl From<Vec<Value>> for List {
    fn from(values: Vec<Value>) -> Self {
        values.into_iter().collect()
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The entries of a dict, in ascending order of their keys. Each call reads them from the first one on.
#[derive(Clone, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Dict {
    /// Encodings of keys and values, one after the other.
    entries: Vec<u8>,
}

impl Dict {
    /// A dict without entries.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Dict of this encoding, which was checked.
    pub(crate) fn of_checked(encoding: &[u8]) -> Self {
        Self { entries: packed::content(encoding).to_vec() }
    }

    /// Encodings of the entries.
    pub(crate) fn as_encoded(&self) -> &[u8] {
        &self.entries
    }

    /// Whether the dict has no entries.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether the dict has an entry with this key.
    #[must_use]
    pub fn contains_key(&self, key: &[u8]) -> bool {
        !self.place_of(key).is_empty()
    }

    /// Copy of the value with this key.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<Value> {
        let is_wanted = |found| packed::split_string(found).is_some_and(|(found, _)| found == key);
        let (_, value) = self.encoded_entries().find(|(found, _)| is_wanted(found))?;
        packed::to_value(value)
    }

    /// Puts an entry in its place; the one that has its key goes.
    pub fn insert(&mut self, key: &[u8], value: &Value) {
        let place = self.place_of(key);
        let mut entry = Vec::new();
        writer::put_bytes(&mut entry, key);
        writer::put_value(&mut entry, value);
        self.entries.splice(place, entry);
    }

    /// Removes the entry with this key, and tells whether there was one.
    pub fn remove(&mut self, key: &[u8]) -> bool {
        let place = self.place_of(key);
        self.entries.drain(place).next().is_some()
    }

    /// Keys and copies of the values.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Value)> {
        self.encoded_entries().filter_map(|(key, value)| {
            Some((packed::split_string(key)?.0, packed::to_value(value)?))
        })
    }

    /// Encodings of keys and values.
    fn encoded_entries(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut values = packed::Values::of(&self.entries);
        core::iter::from_fn(move || Some((values.next()?, values.next()?)))
    }

    /// Where the entry with this key lies, or the empty range where it belongs.
    fn place_of(&self, key: &[u8]) -> Range<usize> {
        let mut start = 0_usize;
        for (found, value) in self.encoded_entries() {
            let end = start.saturating_add(found.len()).saturating_add(value.len());
            match packed::split_string(found).map(|(found, _)| found.cmp(key)) {
                Some(Ordering::Equal) => return start..end,
                Some(Ordering::Greater) => break,
                Some(Ordering::Less) | None => start = end,
            }
        }
        start..start
    }
}

impl FromIterator<(Vec<u8>, Value)> for Dict {
    /// Of two entries with one key the later counts.
    fn from_iter<T: IntoIterator<Item = (Vec<u8>, Value)>>(entries: T) -> Self {
        entries.into_iter().collect::<BTreeMap<_, _>>().into()
    }
}

impl From<BTreeMap<Vec<u8>, Value>> for Dict {
    fn from(entries: BTreeMap<Vec<u8>, Value>) -> Self {
        let mut dict = Self::new();
        for (key, value) in entries {
            writer::put_bytes(&mut dict.entries, &key);
            writer::put_value(&mut dict.entries, &value);
        }
        dict
    }
}

impl<const N: usize> From<[(Vec<u8>, Value); N]> for Dict {
    /// Of two entries with one key the later counts.
    fn from(entries: [(Vec<u8>, Value); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl fmt::Debug for Dict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.iter().map(|(key, value)| (key.to_vec(), value));
        f.debug_map().entries(entries).finish()
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString as _, vec};

    use super::*;

    fn dict(encoding: &[u8]) -> Dict {
        match Value::decode(encoding) {
            Ok(Value::Dict(dict)) => dict,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn lists_give_what_they_were_given() {
        let values = [Value::from(-7), Value::from(&b"e"[..]), Value::List(List::new())];
        let list: List = values.iter().cloned().collect();
        assert_eq!(Value::List(list.clone()).encode(), b"li-7e1:elee");
        assert_eq!(list.iter().collect::<Vec<_>>(), values);
        assert!(!list.is_empty() && List::new().is_empty());
        assert_eq!(format!("{list:?}"), "[Integer(-7), Bytes([101]), List([])]");
    }

    #[test]
    fn entries_find_their_place() {
        let mut entries = dict(b"d1:bi1e2:bbde1:dlee");
        for (key, encoding) in [
            ("", "d0:i9e1:bi1e2:bbde1:dlee"),
            ("a", "d1:ai9e1:bi1e2:bbde1:dlee"),
            ("b", "d1:bi9e2:bbde1:dlee"),
            ("bb", "d1:bi1e2:bbi9e1:dlee"),
            ("c", "d1:bi1e2:bbde1:ci9e1:dlee"),
            ("d", "d1:bi1e2:bbde1:di9ee"),
            ("e", "d1:bi1e2:bbde1:dle1:ei9ee"),
        ] {
            let key = key.as_bytes();
            let mut with = entries.clone();
            with.insert(key, &Value::from(9));
            assert_eq!(Value::Dict(with.clone()).encode().escape_ascii().to_string(), encoding);
            assert_eq!(with.get(key), Some(Value::from(9)));
            assert_eq!(entries.contains_key(key), entries.get(key).is_some());
            assert!(with.contains_key(key) && with.remove(key) && !with.contains_key(key));
            assert!(!with.remove(key));
        }
        assert_eq!(entries.get(b"bb"), Some(Value::Dict(Dict::new())));
        assert_eq!(
            format!("{entries:?}"),
            "{[98]: Integer(1), [98, 98]: Dict({}), [100]: List([])}"
        );
        assert!(entries.remove(b"b") && entries.remove(b"bb") && entries.remove(b"d"));
        assert!(entries.is_empty());
    }

    #[test]
    fn the_later_of_two_entries_counts() {
        let entries = [(vec![b'b'], 1), (vec![b'a'], 2), (vec![b'b'], 3)];
        let dict: Dict = entries.into_iter().map(|(key, n)| (key, Value::from(n))).collect();
        assert_eq!(Value::Dict(dict).encode(), b"d1:ai2e1:bi3ee");
    }

    #[test]
    fn kinds_are_ordered_and_numbers_count_as_numbers() {
        let encodings: [&[u8]; 8] =
            [b"i-10e", b"i-9e", b"i2e", b"i10e", b"0:", b"2:aa", b"le", b"de"];
        let values = encodings.map(|encoding| Value::decode(encoding).unwrap());
        assert!(values.is_sorted());
    }

    /// A value that a program built deeper than any reader accepts can still be looked at and dropped.
    #[test]
    fn depth_costs_no_stack() {
        let mut value = Value::List(List::new());
        for _ in 0..2_000 {
            value = Value::List([value].into_iter().collect());
        }
        let Value::List(list) = &value else { panic!("{value:?}") };
        assert_eq!(list.iter().count(), 1);
        assert_eq!(value.clone(), value);
        assert_eq!(value.encode().len(), 2 * 2_001);
    }
}
