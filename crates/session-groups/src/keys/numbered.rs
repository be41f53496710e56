//! A key with its number and time.

use std::cmp::Ordering;

use session_bt::{DecodeError, Item, ListReader, ListWriter};
use session_envelope::group::GroupKey;
use session_identity::Timestamp;

use super::{Generation, GenerationRangeError};

/// Bytes that a key takes in a list, at most: `d1:gi…e1:k32:…1:ti…ee`.
pub(super) const MAX_RECORD_LENGTH: usize = 14 + 19 + 35 + 20;

/// A key of the group. In the order of number, time, bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct NumberedKey {
    pub(super) generation: Generation,
    pub(super) stored_at: Timestamp,
    pub(super) key: GroupKey,
}

impl NumberedKey {
    /// Whether it is the same key, whenever it was stored.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.generation == other.generation && self.key == other.key
    }

    pub(super) fn write(&self, list: &mut ListWriter<'_>) {
        list.dict(|dict| {
            dict.integer(b"g", i64::from(self.generation));
            dict.bytes(b"k", self.key.expose_bytes());
            dict.integer(b"t", self.stored_at.as_millis());
        });
    }

    fn read(item: Item<'_, '_>) -> Result<Self, RecordError> {
        let mut dict = item.dict()?;
        let generation = Generation::try_from(dict.require(b"g")?.integer::<i64>()?)?;
        let key = GroupKey::from_bytes(*dict.require(b"k")?.array()?);
        let stored_at = Timestamp::from_millis(dict.require(b"t")?.integer()?);
        dict.finish()?;
        Ok(Self { generation, stored_at, key })
    }

    pub(super) fn read_list(mut list: ListReader<'_, '_>) -> Result<Vec<Self>, RecordError> {
        let mut keys = Vec::new();
        while let Some(item) = list.next()? {
            keys.push(Self::read(item)?);
        }
        Ok(keys)
    }
}

impl Ord for NumberedKey {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |one: &Self| (one.generation, one.stored_at);
        // Which of two keys of one number and time comes first is no secret: both are known by then.
        key(self)
            .cmp(&key(other))
            .then_with(|| self.key.expose_bytes().cmp(other.key.expose_bytes()))
    }
}

impl PartialOrd for NumberedKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Why bytes are no key with number and time: `{ g: number, k: 32 bytes, t: milliseconds }`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// No bt-encoding, or not these fields.
    #[error(transparent)]
    Encoding(#[from] DecodeError),
    /// The number of a key is out of range.
    #[error(transparent)]
    Generation(#[from] GenerationRangeError),
}
