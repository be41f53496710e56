//! Writing the canonical form. No order of calls leads to another, so nothing here can fail.

use alloc::vec::Vec;
use core::{cmp::Ordering, ops::Range};

use crate::{Integer, Value};

/// Encoding of the dict that `fill` writes.
#[must_use]
pub fn encode_dict(fill: impl FnOnce(&mut DictWriter<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    put_dict(&mut out, fill);
    out
}

/// Like [`encode_dict`], in a buffer that has room for `capacity` bytes from the start.
///
/// For secrets: a buffer that grows leaves behind a copy of what it held, which is not wiped.
#[must_use]
pub fn encode_dict_with_capacity(
    capacity: usize,
    fill: impl FnOnce(&mut DictWriter<'_>),
) -> Vec<u8> {
    let mut out = Vec::with_capacity(capacity);
    put_dict(&mut out, fill);
    out
}

/// Encoding of the list that `fill` writes.
#[must_use]
pub fn encode_list(fill: impl FnOnce(&mut ListWriter<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    put_list(&mut out, fill);
    out
}

/// Like [`encode_list`], in a buffer that has room for `capacity` bytes from the start: for secrets, as
/// [`encode_dict_with_capacity`].
#[must_use]
pub fn encode_list_with_capacity(
    capacity: usize,
    fill: impl FnOnce(&mut ListWriter<'_>),
) -> Vec<u8> {
    let mut out = Vec::with_capacity(capacity);
    put_list(&mut out, fill);
    out
}

/// Entries of a dict, best written in ascending order of their keys. An entry that comes late is put in its
/// place, which costs the length of the dict; of two with one key the later counts.
#[derive(Debug)]
pub struct DictWriter<'o> {
    out: &'o mut Vec<u8>,
    /// Offset of the dict's `d`.
    start: usize,
    /// What was written after it.
    entries: Vec<Entry>,
}

/// An entry in the output: where its key lies, from the entry's own start, and its length.
#[derive(Debug)]
struct Entry {
    key: Range<usize>,
    length: usize,
}

impl DictWriter<'_> {
    /// Writes an integer.
    pub fn integer(&mut self, key: &[u8], integer: impl Into<Integer>) {
        self.entry(key, |out| put_integer(out, integer.into()));
    }

    /// Writes a string.
    pub fn bytes(&mut self, key: &[u8], bytes: &[u8]) {
        self.entry(key, |out| put_bytes(out, bytes));
    }

    /// Writes a list.
    pub fn list(&mut self, key: &[u8], fill: impl FnOnce(&mut ListWriter<'_>)) {
        self.entry(key, |out| put_list(out, fill));
    }

    /// Writes a dict.
    pub fn dict(&mut self, key: &[u8], fill: impl FnOnce(&mut DictWriter<'_>)) {
        self.entry(key, |out| put_dict(out, fill));
    }

    /// Writes an owned value.
    pub fn value(&mut self, key: &[u8], value: &Value) {
        self.entry(key, |out| put_value(out, value));
    }

    /// Writes a value by its encoding, which [`Item::raw`](crate::Item::raw) returned: it is not checked again.
    pub fn raw(&mut self, key: &[u8], encoding: &[u8]) {
        self.entry(key, |out| out.extend_from_slice(encoding));
    }

    /// The encoding so far, from the `d` of this dict to its last entry, without the closing `e`: what a
    /// signature covers that becomes the last entry.
    #[must_use]
    pub fn unfinished(&self) -> &[u8] {
        self.out.get(self.start..).unwrap_or_default()
    }

    fn entry(&mut self, key: &[u8], put: impl FnOnce(&mut Vec<u8>)) {
        let is_late = self.last_key().is_some_and(|last| last >= key);
        let start = self.out.len();
        put_bytes(self.out, key);
        let end_of_key = self.out.len() - start;
        put(self.out);
        let entry =
            Entry { key: end_of_key - key.len()..end_of_key, length: self.out.len() - start };
        if is_late { self.move_to_place(key, entry) } else { self.entries.push(entry) }
    }

    fn last_key(&self) -> Option<&[u8]> {
        let last = self.entries.last()?;
        self.key(last, self.out.len() - last.length)
    }

    fn key(&self, entry: &Entry, offset: usize) -> Option<&[u8]> {
        self.out.get(offset..)?.get(entry.key.clone())
    }

    /// Moves the entry at the end of the output to where its key belongs.
    fn move_to_place(&mut self, key: &[u8], entry: Entry) {
        let late = self.out.split_off(self.out.len() - entry.length);
        let mut offset = self.start + 1;
        let mut place = 0;
        let mut replaced = 0;
        for written in &self.entries {
            let order = self.key(written, offset).cmp(&Some(key));
            if order != Ordering::Less {
                replaced = if order == Ordering::Equal { written.length } else { 0 };
                break;
            }
            offset += written.length;
            place += 1;
        }
        self.out.splice(offset..offset + replaced, late);
        let replaced_entries = if replaced == 0 { place..place } else { place..place + 1 };
        self.entries.splice(replaced_entries, [entry]);
    }
}

/// Elements of a list, in the order of the calls.
#[derive(Debug)]
pub struct ListWriter<'o> {
    out: &'o mut Vec<u8>,
}

impl ListWriter<'_> {
    /// Writes an integer.
    pub fn integer(&mut self, integer: impl Into<Integer>) {
        put_integer(self.out, integer.into());
    }

    /// Writes a string.
    pub fn bytes(&mut self, bytes: &[u8]) {
        put_bytes(self.out, bytes);
    }

    /// Writes a list.
    pub fn list(&mut self, fill: impl FnOnce(&mut ListWriter<'_>)) {
        put_list(self.out, fill);
    }

    /// Writes a dict.
    pub fn dict(&mut self, fill: impl FnOnce(&mut DictWriter<'_>)) {
        put_dict(self.out, fill);
    }

    /// Writes an owned value.
    pub fn value(&mut self, value: &Value) {
        put_value(self.out, value);
    }
}

fn put_integer(out: &mut Vec<u8>, integer: Integer) {
    out.push(b'i');
    if integer.get() < 0 {
        out.push(b'-');
    }
    put_decimal(out, u64::try_from(integer.get().unsigned_abs()).unwrap_or(u64::MAX));
    out.push(b'e');
}

pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_decimal(out, u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    out.push(b':');
    out.extend_from_slice(bytes);
}

/// Writes a number without a string of its own in between: there is one before every key and value.
fn put_decimal(out: &mut Vec<u8>, mut number: u64) {
    let start = out.len();
    loop {
        let digit = u8::try_from(number % 10).unwrap_or_default();
        out.push(b'0' + digit);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}

fn put_list(out: &mut Vec<u8>, fill: impl FnOnce(&mut ListWriter<'_>)) {
    out.push(b'l');
    fill(&mut ListWriter { out });
    out.push(b'e');
}

fn put_dict(out: &mut Vec<u8>, fill: impl FnOnce(&mut DictWriter<'_>)) {
    let start = out.len();
    out.push(b'd');
    fill(&mut DictWriter { out, start, entries: Vec::new() });
    out.push(b'e');
}

pub(crate) fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Integer(integer) => put_integer(out, *integer),
        Value::Bytes(bytes) => put_bytes(out, bytes),
        Value::List(list) => put_content(out, b'l', list.as_encoded()),
        Value::Dict(dict) => put_content(out, b'd', dict.as_encoded()),
    }
}

fn put_content(out: &mut Vec<u8>, first: u8, content: &[u8]) {
    out.push(first);
    out.extend_from_slice(content);
    out.push(b'e');
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString as _};

    use super::*;

    #[test]
    fn late_entries_find_their_place() {
        let orders: [&[&[u8]]; 4] = [
            &[b"a", b"b", b"ba", b"c"],
            &[b"c", b"ba", b"b", b"a"],
            &[b"b", b"a", b"c", b"ba"],
            &[b"ba", b"c", b"a", b"b"],
        ];
        for order in orders {
            let bytes = encode_list(|list| {
                list.dict(|dict| {
                    order.iter().for_each(|key| dict.bytes(key, &key.repeat(9)));
                });
            });
            let sorted = b"ld1:a9:aaaaaaaaa1:b9:bbbbbbbbb2:ba18:bababababababababa1:c9:cccccccccee";
            assert_eq!(bytes.escape_ascii().to_string(), sorted.escape_ascii().to_string());
        }
    }

    #[test]
    fn the_later_of_two_equal_keys_counts() {
        for (keys, expected) in [
            (["a", "b", "b", "a"], "d1:ai4e1:bi3ee"),
            (["b", "b", "a", "a"], "d1:ai4e1:bi2ee"),
            (["a", "a", "b", "a"], "d1:ai4e1:bi3ee"),
        ] {
            let bytes = encode_dict(|dict| {
                for (number, key) in (1..).zip(keys) {
                    dict.integer(key.as_bytes(), number);
                }
            });
            assert_eq!(bytes.escape_ascii().to_string(), expected);
        }
    }

    #[test]
    fn encodings_are_written_as_they_are() {
        let bytes = encode_dict(|dict| {
            dict.integer(b"b", 1);
            dict.raw(b"a", b"li1ee");
        });
        assert_eq!(bytes, b"d1:ali1ee1:bi1ee");
    }

    #[test]
    fn unfinished_is_what_a_signature_covers() {
        let mut signed = Vec::new();
        let bytes = encode_list(|list| {
            list.integer(1);
            list.dict(|dict| {
                dict.integer(b"#", -3);
                signed = dict.unfinished().to_vec();
                dict.bytes(b"~", &[]);
            });
        });
        assert_eq!(signed, b"d1:#i-3e");
        assert_eq!(bytes, b"li1ed1:#i-3e1:~0:ee");
    }

    #[test]
    fn numbers_have_all_their_digits() {
        for integer in [0_i128, 9, 10, -1, -10, 1_000_000, i64::MIN.into(), u64::MAX.into()] {
            let bytes = encode_list(|list| list.integer(Integer::try_from(integer).unwrap()));
            assert_eq!(bytes.escape_ascii().to_string(), format!("li{integer}ee"));
        }
    }

    #[test]
    fn the_vector_of_the_specification() {
        let bytes = encode_dict(|dict| {
            dict.list(b"c", |set| {
                set.integer(-3);
                set.integer(7);
                set.bytes(b"B");
                set.bytes(b"a");
                set.bytes(b"b");
            });
        });
        assert_eq!(bytes, b"d1:cli-3ei7e1:B1:a1:bee");
        assert_eq!(Value::decode(&bytes).unwrap().encode(), bytes);
    }
}
