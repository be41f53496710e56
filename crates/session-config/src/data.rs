//! Application data: a tree of dicts, sets and scalars, in canonical order (07 §3).
//!
//! An empty set or dict does not exist; only the outermost dict may be empty. Assigning through
//! [`Dict::assign`] keeps it so.

use std::{fmt, sync::Arc};

use session_bt::{DecodeError, DictReader, DictWriter, Item, Kind};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{key::Key, map::Map};

mod budget;
mod known;
mod set;

pub(crate) use budget::Budget;
pub use budget::{MAX_VALUES, TooManyValues, max_values};
pub(crate) use known::KnownDicts;
pub use set::Set;
pub(crate) use set::{read_set, write_set};

/// A value of a dict.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the format has these three kinds and no others")]
pub enum Value {
    /// An integer or a string.
    Scalar(Scalar),
    /// Distinct scalars, at least one.
    Set(Set),
    /// A dict, not empty.
    Dict(Dict),
}

/// An integer or a string. All integers come before all strings, as the format orders sets.
#[derive(Clone, Eq, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "the format has these two kinds and no others")]
pub enum Scalar {
    /// A signed 64-bit integer.
    Integer(i64),
    /// Any bytes.
    Bytes(Bytes),
}

/// A string of the data. It may be a secret, so it is wiped on drop and not printed.
#[derive(Clone, Eq, Ord, PartialEq, PartialOrd, Zeroize, ZeroizeOnDrop)]
pub struct Bytes(Vec<u8>);

/// Entries by key, in ascending order of the keys.
///
/// Copies share their dicts until one of them is changed: a copy costs nothing, an edit of it what it changes.
#[derive(Clone, Default, Eq)]
pub struct Dict(Arc<Map<Key, Value>>);

impl PartialEq for Dict {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Dict {
    /// The empty dict.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Value of `key`.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<&Value> {
        self.0.get(key)
    }

    /// Value at the end of `path`, through dicts.
    #[must_use]
    pub fn at(&self, path: &[&[u8]]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        match (self.get(first)?, rest) {
            (value, []) => Some(value),
            (Value::Dict(dict), rest) => dict.at(rest),
            _ => None,
        }
    }

    /// Dict at the end of `path`.
    #[must_use]
    pub fn dict_at(&self, path: &[&[u8]]) -> Option<&Self> {
        match self.at(path)? {
            Value::Dict(dict) => Some(dict),
            _ => None,
        }
    }

    /// Entries in ascending order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Value)> {
        self.0.iter().map(|(key, value)| (key.as_bytes(), value))
    }

    /// Entries as [`Self::iter`] has them, with keys that are cheap to copy.
    pub(crate) fn keyed(&self) -> impl Iterator<Item = (&Key, &Value)> {
        self.0.iter()
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts `value` at the end of `path`, or removes what is there.
    ///
    /// Dicts on the way are made as needed, in place of whatever else is in the way. An empty set or dict
    /// counts as none; dicts that become empty vanish.
    pub fn assign(&mut self, path: &[&[u8]], value: Option<Value>) {
        let Some((first, rest)) = path.split_first() else { return };
        let value = value.filter(|value| !value.is_empty());
        if rest.is_empty() {
            match value {
                Some(value) => self.entries_mut().insert(Key::from(*first), value),
                None => self.entries_mut().remove(first),
            }
            return;
        }
        if value.is_none() && !matches!(self.get(first), Some(Value::Dict(_))) {
            return;
        }
        let dict = self.slot(first).make_dict();
        dict.assign(rest, value);
        if dict.is_empty() {
            self.remove(first);
        }
    }

    /// Puts `value` under `key` as it is, empty or not: [`Self::prune`] follows.
    pub(crate) fn insert(&mut self, key: &[u8], value: Value) {
        self.entries_mut().insert(Key::from(key), value);
    }

    pub(crate) fn remove(&mut self, key: &[u8]) {
        self.entries_mut().remove(key);
    }

    /// Mutable value of `key`; an empty dict is put there if there is none.
    pub(crate) fn slot(&mut self, key: &[u8]) -> &mut Value {
        self.entries_mut().slot(Key::from(key), || Value::Dict(Self::new()))
    }

    fn entries_mut(&mut self) -> &mut Map<Key, Value> {
        Arc::make_mut(&mut self.0)
    }

    /// Removes empty sets and dicts, the deepest first.
    pub(crate) fn prune(&mut self) {
        // What needs no pruning stays shared.
        if !self.0.values().any(Value::is_unpruned) {
            return;
        }
        self.entries_mut().retain(|value| {
            if let Value::Dict(dict) = value {
                dict.prune();
            }
            !value.is_empty()
        });
    }

    /// Reads the entries of a dict: scalars, sets that are not empty and in order, dicts that are not empty.
    pub(crate) fn read(
        mut reader: DictReader<'_, '_>,
        budget: &mut Budget,
    ) -> Result<Self, DataError> {
        let mut entries = Vec::new();
        while let Some((key, item)) = reader.next()? {
            budget.charge(key.len())?;
            entries.push((Key::from(key), Value::read(item, budget)?));
        }
        // The keys ascend, so that the map is built in one pass.
        Ok(Self(Arc::new(Map::of_sorted(entries))))
    }

    /// Number of entries at all depths, elements of sets included: what [`Budget`] counts.
    pub(crate) fn count(&self) -> usize {
        self.0.values().fold(self.len(), |count, value| count.saturating_add(value.count()))
    }

    pub(crate) fn write(&self, writer: &mut DictWriter<'_>) {
        for (key, value) in self.iter() {
            match value {
                Value::Scalar(Scalar::Integer(integer)) => writer.integer(key, *integer),
                Value::Scalar(Scalar::Bytes(bytes)) => writer.bytes(key, bytes.expose_bytes()),
                Value::Set(set) => writer.list(key, |list| write_set(set, list)),
                Value::Dict(dict) => writer.dict(key, |writer| dict.write(writer)),
            }
        }
    }
}

impl fmt::Debug for Dict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter()).finish()
    }
}

impl Value {
    pub(crate) fn read(item: Item<'_, '_>, budget: &mut Budget) -> Result<Self, DataError> {
        let position = item.position();
        Ok(match item.kind()? {
            Kind::Integer => Self::from(item.integer::<i64>()?),
            Kind::Bytes => {
                let bytes = item.bytes()?;
                budget.take(bytes.len());
                Self::from(bytes)
            }
            Kind::List => Self::Set(match read_set(item.list()?, budget)? {
                set if set.is_empty() => return Err(DataError::EmptySet { position }),
                set => set,
            }),
            Kind::Dict => Self::Dict(match Dict::read(item.dict()?, budget)? {
                dict if dict.is_empty() => return Err(DataError::EmptyDict { position }),
                dict => dict,
            }),
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Scalar(_) => false,
            Self::Set(set) => set.is_empty(),
            Self::Dict(dict) => dict.is_empty(),
        }
    }

    /// Number of values in here, this one not counted.
    fn count(&self) -> usize {
        match self {
            Self::Scalar(_) => 0,
            Self::Set(set) => set.len(),
            Self::Dict(dict) => dict.count(),
        }
    }

    /// Whether there is an empty set or dict in here.
    fn is_unpruned(&self) -> bool {
        match self {
            Self::Dict(dict) if !dict.is_empty() => dict.0.values().any(Self::is_unpruned),
            value => value.is_empty(),
        }
    }

    /// The dict in here, put here if something else is.
    pub(crate) fn make_dict(&mut self) -> &mut Dict {
        if !matches!(self, Self::Dict(_)) {
            *self = Self::Dict(Dict::new());
        }
        match self {
            Self::Dict(dict) => dict,
            _ => unreachable!("the value was just made a dict"),
        }
    }
}

impl From<i64> for Value {
    fn from(integer: i64) -> Self {
        Self::Scalar(Scalar::Integer(integer))
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Scalar(Scalar::from(bytes))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::from(text.as_bytes())
    }
}

impl From<&[u8]> for Scalar {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(Bytes(bytes.to_vec()))
    }
}

impl From<i64> for Scalar {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

impl Bytes {
    /// The bytes, which may be secret.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(integer) => integer.fmt(f),
            Self::Bytes(bytes) => bytes.fmt(f),
        }
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({})", self.0.len())
    }
}

/// Why bytes are no application data.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// No bt-encoding, or a value of another kind than the format has here.
    #[error(transparent)]
    Encoding(#[from] DecodeError),
    /// A dict within the data has no entry.
    #[error("unpruned, empty dict at byte {position}")]
    EmptyDict {
        /// Where the dict starts.
        position: usize,
    },
    /// A set has no element.
    #[error("unpruned, empty set at byte {position}")]
    EmptySet {
        /// Where the set starts.
        position: usize,
    },
    /// An element of a set is a list or a dict.
    #[error("set element at byte {position} is no scalar")]
    NoScalar {
        /// Where the element starts.
        position: usize,
    },
    /// An element of a set belongs before the one that it follows.
    #[error("unsorted set at byte {position}")]
    SetOrder {
        /// Where the element starts.
        position: usize,
    },
    /// An element of a set occurs twice.
    #[error("set element occurs twice at byte {position}")]
    SetDuplicate {
        /// Where the element starts.
        position: usize,
    },
    /// There are more values than a message may hold (07 §4.2).
    #[error(transparent)]
    TooManyValues(#[from] TooManyValues),
}
