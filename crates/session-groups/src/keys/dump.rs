//! Keys on the disk (06 §3.8).
//!
//! ```text
//! d 1:A [[number, name of a stored message …] …]  1:L [{ g, k, t } …]  (1:P { c: message, g: number, k: key })  e
//! ```
//!
//! # Security
//! A dump holds the keys in clear: encrypt it. The group's secret is not in it.

use std::collections::{BTreeMap, BTreeSet};

use session_bt::{DecodeError, DictReader, ListReader, Reader, encode_dict_with_capacity};
use session_config::StoredHash;
use session_envelope::group::GroupKey;
use zeroize::Zeroizing;

use super::{
    Generation, GenerationRangeError, KeyStore, NumberedKey, PendingKey, RecordError,
    numbered::MAX_RECORD_LENGTH,
};

/// Bytes of a dump that are not in its lists, at most; also what surrounds a name or a number in them.
const MAX_FRAME: usize = 128;

/// Why bytes are no dump of a key store.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// No bt-encoding, or not the fields of a dump.
    #[error(transparent)]
    Encoding(#[from] DecodeError),
    /// The number of a key is out of range.
    #[error(transparent)]
    Generation(#[from] GenerationRangeError),
    /// A key is not one.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The keys are not in ascending order, or one occurs twice.
    #[error("keys in the dump are not in order")]
    KeyOrder,
    /// The name of a stored message is no text.
    #[error("stored hash in the dump is no text")]
    StoredHash,
}

type Active = BTreeMap<Generation, BTreeSet<StoredHash>>;

impl KeyStore {
    /// The keys for the disk. They then need no dump until something changes.
    pub fn dump(&mut self) -> Zeroizing<Vec<u8>> {
        self.needs_dump = false;
        Zeroizing::new(encode_dict_with_capacity(self.dump_length(), |dict| {
            dict.list(b"A", |list| {
                for (generation, hashes) in &self.active {
                    list.list(|list| {
                        list.integer(i64::from(*generation));
                        hashes.iter().for_each(|hash| list.bytes(hash.as_str().as_bytes()));
                    });
                }
            });
            dict.list(b"L", |list| self.stored.iter().for_each(|key| key.write(list)));
            if let Some(pending) = &self.pending {
                dict.dict(b"P", |dict| {
                    dict.bytes(b"c", &pending.message);
                    dict.integer(b"g", i64::from(pending.generation));
                    dict.bytes(b"k", pending.key.expose_bytes());
                });
            }
        }))
    }

    /// Puts what is in a dump into a new store; the group's secret is not in it. On an error nothing changed:
    /// load the stored messages then.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn restore(&mut self, dump: &[u8]) -> Result<(), LoadError> {
        let mut reader = Reader::new(dump);
        let mut dict = reader.value()?.dict()?;
        let active = read_active(dict.require(b"A")?.list()?)?;
        let stored = NumberedKey::read_list(dict.require(b"L")?.list()?)?;
        let pending = dict.find(b"P")?.map(|item| read_pending(item.dict()?)).transpose()?;
        reader.finish()?;
        if !stored.is_sorted_by(|one, next| one < next) {
            return Err(LoadError::KeyOrder);
        }
        (self.active, self.stored, self.pending) = (active, stored, pending);
        self.needs_dump = false;
        self.refresh_keys();
        Ok(())
    }

    /// Room for everything, so that no copy of a key is left behind by a buffer that grows.
    pub(super) fn dump_length(&self) -> usize {
        let names = self.active.values().flatten();
        let names: usize = names.map(|hash| hash.as_str().len() + MAX_FRAME).sum();
        let numbers = self.active.len() * MAX_FRAME;
        let pending = self.pending.as_ref().map_or(0, |pending| pending.message.len());
        2 * MAX_FRAME + names + numbers + self.stored.len() * MAX_RECORD_LENGTH + pending
    }
}

fn read_active(mut list: ListReader<'_, '_>) -> Result<Active, LoadError> {
    let mut active = Active::new();
    while let Some(item) = list.next()? {
        let mut list = item.list()?;
        let generation = Generation::try_from(list.require()?.integer::<i64>()?)?;
        let hashes = active.entry(generation).or_default();
        while let Some(item) = list.next()? {
            let text = str::from_utf8(item.bytes()?).map_err(|_| LoadError::StoredHash)?;
            hashes.insert(StoredHash::new(text));
        }
    }
    Ok(active)
}

fn read_pending(mut dict: DictReader<'_, '_>) -> Result<PendingKey, LoadError> {
    let message = dict.require(b"c")?.bytes()?.to_vec();
    let generation = Generation::try_from(dict.require(b"g")?.integer::<i64>()?)?;
    let key = GroupKey::from_bytes(*dict.require(b"k")?.array()?);
    dict.finish()?;
    Ok(PendingKey { message, generation, key })
}
