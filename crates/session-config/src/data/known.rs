//! Data of several messages of one config, which are nearly the same: what is equal in them is read once and
//! held once.

use std::collections::BTreeMap;

use session_bt::{DictReader, Kind, Reader};
use zeroize::Zeroizing;

use super::{DataError, Dict, Key, Value};

/// The dicts within the data of the first message that has them, by key.
#[derive(Default)]
pub(crate) struct KnownDicts(BTreeMap<Key, KnownDict>);

/// A dict, such as that of all contacts, and the encodings of its values.
struct KnownDict {
    dict: Dict,
    encodings: Vec<(Key, Zeroizing<Vec<u8>>)>,
}

impl Dict {
    /// As [`Self::read`], comparing with data that were read before instead of reading again.
    pub(crate) fn read_sharing(
        mut reader: DictReader<'_, '_>,
        known: &mut KnownDicts,
    ) -> Result<Self, DataError> {
        let mut data = Self::new();
        while let Some((key, item)) = reader.next()? {
            let position = item.position();
            let value = if item.kind()? != Kind::Dict {
                Value::read(item)?
            } else if let Some(known) = known.0.get(key) {
                Value::Dict(known.read_like(item.dict()?)?)
            } else {
                let first = KnownDict::read(item.dict()?)?;
                let dict = first.dict.clone();
                known.0.insert(Key::from(key), first);
                Value::Dict(dict)
            };
            if let Value::Dict(dict) = &value
                && dict.is_empty()
            {
                return Err(DataError::EmptyDict { position });
            }
            data.insert(key, value);
        }
        Ok(data)
    }
}

impl KnownDict {
    fn read(mut reader: DictReader<'_, '_>) -> Result<Self, DataError> {
        let mut known = Self { dict: Dict::new(), encodings: Vec::new() };
        while let Some((key, item)) = reader.next()? {
            let position = item.position();
            let encoding = item.raw()?;
            known.dict.insert(key, Value::read(Reader::at(encoding, position).value()?)?);
            known.encodings.push((Key::from(key), Zeroizing::new(encoding.to_vec())));
        }
        Ok(known)
    }

    /// A dict that is like this one but for a few values.
    fn read_like(&self, mut reader: DictReader<'_, '_>) -> Result<Dict, DataError> {
        let mut dict = self.dict.clone();
        let mut known = self.encodings.iter().peekable();
        while let Some((key, mut item)) = reader.next()? {
            while let Some((missing, _)) = known.next_if(|(known, _)| known.as_bytes() < key) {
                dict.remove(missing.as_bytes());
            }
            if let Some((_, encoding)) = known.next_if(|(known, _)| known.as_bytes() == key) {
                item = match item.skip_known(encoding) {
                    Ok(()) => continue,
                    Err(item) => item,
                };
            }
            dict.insert(key, Value::read(item)?);
        }
        known.for_each(|(missing, _)| dict.remove(missing.as_bytes()));
        Ok(dict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(known: &mut KnownDicts, bytes: &[u8]) -> Result<Dict, DataError> {
        let alone = Dict::read(Reader::new(bytes).value()?.dict()?);
        let shared = Dict::read_sharing(Reader::new(bytes).value()?.dict()?, known);
        assert_eq!(shared, alone, "{}", bytes.escape_ascii());
        shared
    }

    #[test]
    fn what_is_shared_is_what_is_read_alone() {
        let mut known = KnownDicts::default();
        for bytes in [
            b"d1:ai1e1:cd1:bd1:ni1ee1:dd1:ni2ee1:fi3eee".as_slice(),
            // The same; values changed, missing at each end, new at each end; another kind.
            b"d1:ai1e1:cd1:bd1:ni1ee1:dd1:ni2ee1:fi3eee",
            b"d1:cd1:bd1:ni1ee1:dd1:ni9ee1:fi4eee",
            b"d1:cd1:dd1:ni2eeee",
            b"d1:cd1:ai1e1:bd1:ni1ee1:cle1:gi1eee",
            b"d1:cd1:ai1e1:bd1:ni1ee1:cli1ee1:gi1eee",
            b"d1:ci1ee",
            b"d1:cd1:bi1eee",
            b"d1:cd1:bdeee",
            b"d1:cde1:bi1ee",
            b"d1:cd1:bd1:ni1ee1:ad1:ni2eeee",
            b"d1:cd1:bd1:ni1ee1:bd1:ni1eeee",
            b"d1:cd1:bd1:ni1ee",
            b"d1:cdee",
            b"d1:dd1:bd1:ni1eeee",
        ] {
            let _ = both(&mut known, bytes);
        }
        let first = both(&mut known, b"d1:cd1:bd1:ni1eeee").unwrap();
        let second = both(&mut known, b"d1:cd1:bd1:ni1ee1:zi1eee").unwrap();
        let entry =
            |dict: &Dict| std::ptr::from_ref(dict.dict_at(&[b"c", b"b"]).unwrap().0.as_ref());
        assert_eq!(entry(&first), entry(&second), "held once");
    }
}
