//! Data of several messages of one config, which are nearly the same: what is equal in them is read once and
//! held once.

use std::{collections::BTreeMap, sync::Arc};

use session_bt::{DictReader, Kind, Reader};
use zeroize::Zeroizing;

use super::{Budget, DataError, Dict, Key, Value};
use crate::map::Map;

/// The dicts within the data of the first message that has them, by key.
#[derive(Default)]
pub(crate) struct KnownDicts(BTreeMap<Key, KnownDict>);

/// A dict, such as that of all contacts, and how its values were encoded.
struct KnownDict {
    dict: Dict,
    entries: Vec<KnownEntry>,
    /// Bytes of memory that a copy takes when it is changed.
    copied: usize,
}

struct KnownEntry {
    key: Key,
    encoding: Zeroizing<Vec<u8>>,
    /// Values in here, this one included.
    count: usize,
}

impl Dict {
    /// As [`Self::read`], comparing with data that were read before instead of reading again.
    pub(crate) fn read_sharing(
        mut reader: DictReader<'_, '_>,
        known: &mut KnownDicts,
        budget: &mut Budget,
    ) -> Result<Self, DataError> {
        let mut data = Self::new();
        while let Some((key, item)) = reader.next()? {
            budget.charge(key.len())?;
            let position = item.position();
            let value = if item.kind()? != Kind::Dict {
                Value::read(item, budget)?
            } else if let Some(known) = known.0.get(key) {
                Value::Dict(known.read_like(item.dict()?, budget)?)
            } else {
                let first = KnownDict::read(item.dict()?, budget)?;
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
    fn read(mut reader: DictReader<'_, '_>, budget: &mut Budget) -> Result<Self, DataError> {
        let (mut entries, mut dict, mut copied) = (Vec::new(), Vec::new(), 0_usize);
        while let Some((key, item)) = reader.next()? {
            budget.charge(key.len())?;
            let position = item.position();
            let encoding = item.raw()?;
            budget.take(encoding.len());
            let value = Value::read(Reader::at(encoding, position).value()?, budget)?;
            let own = if matches!(value, Value::Scalar(_)) { encoding.len() } else { 0 };
            copied = copied.saturating_add(own).saturating_add(size_of::<(Key, Value)>());
            let count = value.count().saturating_add(1);
            let encoding = Zeroizing::new(encoding.to_vec());
            entries.push(KnownEntry { key: Key::from(key), encoding, count });
            dict.push((Key::from(key), value));
        }
        Ok(Self { dict: Dict(Arc::new(Map::of_sorted(dict))), entries, copied })
    }

    /// A dict that is like this one but for a few values.
    fn read_like(
        &self,
        mut reader: DictReader<'_, '_>,
        budget: &mut Budget,
    ) -> Result<Dict, DataError> {
        let mut dict = self.dict.clone();
        let mut known = self.entries.iter().peekable();
        let mut is_changed = false;
        while let Some((key, mut item)) = reader.next()? {
            while let Some(missing) = known.next_if(|known| known.key.as_bytes() < key) {
                is_changed = true;
                dict.remove(missing.key.as_bytes());
            }
            if let Some(known) = known.next_if(|known| known.key.as_bytes() == key) {
                item = match item.skip_known(&known.encoding) {
                    Ok(()) => {
                        budget.charge_shared(known.count)?;
                        continue;
                    }
                    Err(item) => item,
                };
            }
            is_changed = true;
            budget.charge(key.len())?;
            dict.insert(key, Value::read(item, budget)?);
        }
        for missing in known {
            is_changed = true;
            dict.remove(missing.key.as_bytes());
        }
        if is_changed {
            budget.take(self.copied);
        }
        Ok(dict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(known: &mut KnownDicts, bytes: &[u8]) -> Result<Dict, DataError> {
        let mut budget = Budget::unlimited();
        let alone = Dict::read(Reader::new(bytes).value()?.dict()?, &mut budget);
        let shared = Dict::read_sharing(Reader::new(bytes).value()?.dict()?, known, &mut budget);
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
