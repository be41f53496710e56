//! Bencode into the tree of values and back.

use alloc::{borrow::Cow, vec::Vec};

use session_bt::{DictWriter, Integer, Item, Kind, ListWriter, Reader, encode_dict, encode_list};

use super::{Dict, Value, budget::Budget};

/// The bytes are not bencode, or far denser than any that is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct BencodeError;

impl From<session_bt::DecodeError> for BencodeError {
    fn from(_: session_bt::DecodeError) -> Self {
        Self
    }
}

impl<'a> Value<'a> {
    /// Reads a whole value. Nesting is bounded by the reader, memory by the length.
    pub(crate) fn from_bencode(bytes: &'a [u8]) -> Result<Self, BencodeError> {
        let mut reader = Reader::new(bytes);
        let value = read(reader.value()?, &Budget::of(bytes))?;
        reader.finish()?;
        Ok(value)
    }

    /// Writes bencode. What is written is an object or a list.
    pub(crate) fn to_bencode(&self) -> Vec<u8> {
        match self {
            Self::Dict(dict) => encode_dict(|out| put_fields(out, dict)),
            Self::List(items) => encode_list(|out| put_items(out, items)),
            _ => Vec::new(),
        }
    }

    /// The integer or string that a value is in bencode, if it is no container.
    fn scalar(&self) -> Scalar<'_> {
        match self {
            Self::Bool(value) => Scalar::Integer(u8::from(*value).into()),
            // Every integer here comes from at most 64 bits.
            Self::Integer(value) | Self::Loose(value) => {
                Scalar::Integer(Integer::try_from(*value).unwrap_or(0_u8.into()))
            }
            Self::Text(text) | Self::Json(text) => Scalar::Bytes(text.as_bytes()),
            Self::Bytes(bytes) => Scalar::Bytes(bytes),
            Self::Hex(bytes) => Scalar::Bytes(bytes),
            // None of them occurs in what is written.
            Self::Null | Self::Fraction(_) | Self::List(_) | Self::Dict(_) => Scalar::Bytes(&[]),
        }
    }
}

enum Scalar<'a> {
    Integer(Integer),
    Bytes(&'a [u8]),
}

fn put_fields(out: &mut DictWriter<'_>, dict: &Dict<'_>) {
    for (name, value) in dict.iter() {
        let name = name.as_bytes();
        match value {
            Value::Dict(dict) => out.dict(name, |out| put_fields(out, dict)),
            Value::List(items) => out.list(name, |out| put_items(out, items)),
            value => match value.scalar() {
                Scalar::Integer(number) => out.integer(name, number),
                Scalar::Bytes(bytes) => out.bytes(name, bytes),
            },
        }
    }
}

fn put_items(out: &mut ListWriter<'_>, items: &[Value<'_>]) {
    for value in items {
        match value {
            Value::Dict(dict) => out.dict(|out| put_fields(out, dict)),
            Value::List(items) => out.list(|out| put_items(out, items)),
            value => match value.scalar() {
                Scalar::Integer(number) => out.integer(number),
                Scalar::Bytes(bytes) => out.bytes(bytes),
            },
        }
    }
}

fn read<'a>(item: Item<'_, 'a>, budget: &Budget) -> Result<Value<'a>, BencodeError> {
    Ok(match item.kind()? {
        Kind::Integer => Value::Loose(item.any_integer()?.get()),
        Kind::Bytes => Value::Bytes(Cow::Borrowed(item.bytes()?)),
        Kind::List => {
            let (mut list, mut items) = (item.list()?, Vec::new());
            while let Some(item) = list.next()? {
                budget.push(&mut items, read(item, budget)?).ok_or(BencodeError)?;
            }
            Value::List(budget.close(items).ok_or(BencodeError)?)
        }
        Kind::Dict => {
            let (mut dict, mut fields) = (item.dict()?, Vec::new());
            while let Some((name, item)) = dict.next()? {
                let value = read(item, budget)?;
                // No field that anybody reads has such a name.
                if let Ok(name) = str::from_utf8(name) {
                    budget.push(&mut fields, (name.into(), value)).ok_or(BencodeError)?;
                }
            }
            let fields = budget.close(fields).ok_or(BencodeError)?;
            Value::Dict(Dict::from_fields(fields).ok_or(BencodeError)?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bencode_is_read_and_written() {
        let bytes = b"d1:ali-9223372036854775808ei18446744073709551615e3:\0\xff\x01e1:bdee";
        let value = Value::from_bencode(bytes).unwrap();
        assert_eq!(value.to_bencode(), bytes);
    }

    #[test]
    fn bytes_are_raw_and_booleans_are_numbers() {
        let items = [
            Value::Bytes([0xcc][..].into()),
            Value::Hex([0xdd].into()),
            Value::Bool(true),
            Value::Bool(false),
            Value::Text("ä".into()),
            Value::Integer(-7),
        ];
        assert_eq!(Value::List(items.into()).to_bencode(), b"l1:\xcc1:\xddi1ei0e2:\xc3\xa4i-7ee");
    }

    #[test]
    fn names_that_are_no_text_are_skipped() {
        let value = Value::from_bencode(b"d1:ai1e1:\xffi2ee").unwrap();
        assert_eq!(value.to_bencode(), b"d1:ai1ee");
    }

    #[test]
    fn what_is_not_strict_is_refused() {
        for bytes in [&b""[..], b"i1", b"i01e", b"i1ei2e", b"d1:bi1e1:ai2ee", b"hello", b"{}"] {
            assert_eq!(Value::from_bencode(bytes), Err(BencodeError), "{bytes:?}");
        }
    }

    #[test]
    fn depth_and_density_are_bounded() {
        assert_eq!(Value::from_bencode(&b"l".repeat(100_000)), Err(BencodeError));
        let list = |items: usize| [&b"l"[..], &b"le".repeat(items), b"e"].concat();
        assert!(Value::from_bencode(&list(500)).is_ok());
        assert_eq!(Value::from_bencode(&list(10_000)), Err(BencodeError));
        let times = [&b"l"[..], &b"i1700000000000e".repeat(100_000), b"e"].concat();
        assert!(Value::from_bencode(&times).is_ok());
    }
}
