//! Bencode into the tree of values and back.

use alloc::{borrow::Cow, collections::BTreeMap, vec::Vec};

use session_bt::{Integer, Item, Kind, Reader, Value as BtValue};

use super::{Dict, Value, budget::Budget};

/// The bytes are not bencode, or hold far too many values.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct BencodeError;

impl From<session_bt::DecodeError> for BencodeError {
    fn from(_: session_bt::DecodeError) -> Self {
        Self
    }
}

impl<'a> Value<'a> {
    /// Reads a whole value. Nesting is bounded by the reader, the number of values by the length.
    pub(crate) fn from_bencode(bytes: &'a [u8]) -> Result<Self, BencodeError> {
        let mut reader = Reader::new(bytes);
        let value = read(reader.value()?, &Budget::of(bytes))?;
        reader.finish()?;
        Ok(value)
    }

    /// Writes bencode.
    pub(crate) fn to_bencode(&self) -> Vec<u8> {
        self.to_bt().encode()
    }

    fn to_bt(&self) -> BtValue {
        match self {
            // Neither occurs in what is written.
            Self::Null | Self::Fraction(_) => BtValue::Bytes(Vec::new()),
            Self::Bool(value) => BtValue::Integer(u8::from(*value).into()),
            // Every integer here comes from at most 64 bits.
            Self::Integer(value) => {
                BtValue::Integer(Integer::try_from(*value).unwrap_or(0_u8.into()))
            }
            Self::Text(text) | Self::Json(text) => BtValue::Bytes(text.as_bytes().to_vec()),
            Self::Bytes(bytes) => BtValue::Bytes(bytes.to_vec()),
            Self::Hex(bytes) => BtValue::Bytes(bytes.clone()),
            Self::List(items) => BtValue::List(items.iter().map(Self::to_bt).collect()),
            Self::Dict(Dict(fields)) => {
                let entry = |(name, value): (&Cow<'_, str>, &Self)| {
                    (name.as_bytes().to_vec(), value.to_bt())
                };
                BtValue::Dict(fields.iter().map(entry).collect())
            }
        }
    }
}

fn read<'a>(item: Item<'_, 'a>, budget: &Budget) -> Result<Value<'a>, BencodeError> {
    budget.take().ok_or(BencodeError)?;
    Ok(match item.kind()? {
        Kind::Integer => Value::Integer(item.any_integer()?.get()),
        Kind::Bytes => Value::Bytes(Cow::Borrowed(item.bytes()?)),
        Kind::List => {
            let (mut list, mut items) = (item.list()?, Vec::new());
            while let Some(item) = list.next()? {
                items.push(read(item, budget)?);
            }
            Value::List(items)
        }
        Kind::Dict => {
            let (mut dict, mut fields) = (item.dict()?, BTreeMap::new());
            while let Some((name, item)) = dict.next()? {
                let value = read(item, budget)?;
                // No field that anybody reads has such a name.
                if let Ok(name) = str::from_utf8(name) {
                    fields.insert(Cow::Borrowed(name), value);
                }
            }
            Value::Dict(Dict(fields))
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
        ];
        assert_eq!(Value::List(items.into()).to_bencode(), b"l1:\xcc1:\xddi1ei0e2:\xc3\xa4e");
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
    fn depth_and_number_of_values_are_bounded() {
        assert_eq!(Value::from_bencode(&b"l".repeat(100_000)), Err(BencodeError));
        let list = |items: usize| [&b"l"[..], &b"le".repeat(items), b"e"].concat();
        assert!(Value::from_bencode(&list(1000)).is_ok());
        assert_eq!(Value::from_bencode(&list(10_000)), Err(BencodeError));
    }
}
