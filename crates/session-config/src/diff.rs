//! What a revision changed, and the replay of it on other data (07 §4.1, §5).

use session_bt::{DecodeError, DictReader, DictWriter, Item, Kind};

use crate::{
    data::{Budget, DataError, Dict, Set, TooManyValues, Value, read_set, write_set},
    key::Key,
};

/// Changed keys of a dict. The new values of scalars are not in here: they are read from the data of the
/// message that carries the diff.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Diff(Vec<(Key, Change)>);

/// What a diff changes at a place in the data.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Touched<'d> {
    /// This.
    Within(&'d Diff),
    /// The place as a whole, or something around it.
    Whole,
    Not,
}

impl Touched<'_> {
    /// What is changed of `key` at this place.
    pub(crate) fn at(self, key: &[u8]) -> Self {
        match self {
            Self::Within(diff) => match diff.get(key) {
                Some(Some(within)) => Self::Within(within),
                Some(None) => Self::Whole,
                None => Self::Not,
            },
            outside => outside,
        }
    }

    pub(crate) fn is_touched(self) -> bool {
        match self {
            Self::Within(diff) => !diff.is_empty(),
            Self::Whole => true,
            Self::Not => false,
        }
    }
}

/// What happened to a key.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Change {
    /// A scalar was added or changed: `0:`.
    Assigned,
    /// A scalar was removed: `1:-`.
    Removed,
    /// Elements were added to or removed from a set.
    Set(Box<SetChange>),
    /// Something changed within a dict.
    Dict(Diff),
}

/// Elements that were added to or removed from a set. Boxed: nearly all changes are of scalars.
#[derive(Clone, Debug, Eq, PartialEq)]
struct SetChange {
    added: Set,
    removed: Set,
}

impl Diff {
    /// The diff of a revision that changed nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// What leads from `old` to `new`. Both are pruned.
    #[must_use]
    pub fn between(old: &Dict, new: &Dict) -> Self {
        let mut changes = Vec::new();
        // Both iterate in key order: one walk over the two side by side.
        let (mut olds, mut news) = (old.iter().peekable(), new.iter().peekable());
        loop {
            let order = match (olds.peek(), news.peek()) {
                (None, None) => {
                    changes.shrink_to_fit();
                    return Self(changes);
                }
                (Some((old, _)), Some((new, _))) => old.cmp(new),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
            };
            let before = if order.is_le() { olds.next() } else { None };
            let after = if order.is_ge() { news.next() } else { None };
            let change = match (before, after) {
                (Some((_, old)), None) => Some(Change::removal_of(old)),
                (None, Some((_, new))) => Some(Change::addition_of(new)),
                (Some((_, old)), Some((_, new))) => Change::between(old, new),
                (None, None) => None,
            };
            if let (Some(change), Some((key, _))) = (change, before.or(after)) {
                changes.push((Key::from(key), change));
            }
        }
    }

    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Changed keys and, of dicts, what changed within them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], Option<&Self>)> {
        self.0.iter().map(|(key, change)| (key.as_bytes(), change.within()))
    }

    /// What [`Self::iter`] has under `key`.
    pub(crate) fn get(&self, key: &[u8]) -> Option<Option<&Self>> {
        self.change(key).map(Change::within)
    }

    fn change(&self, key: &[u8]) -> Option<&Change> {
        let at = self.0.binary_search_by(|(known, _)| known.as_bytes().cmp(key)).ok()?;
        self.0.get(at).map(|(_, change)| change)
    }

    /// Number of changes at all depths: what [`Budget`] counts.
    pub(crate) fn count(&self) -> usize {
        let within = self.0.iter().map(|(_, change)| change.count());
        within.fold(self.0.len(), usize::saturating_add)
    }

    /// Whether the diff changes what is at the end of `path`, or something within or around it.
    #[must_use]
    pub fn touches(&self, path: &[&[u8]]) -> bool {
        path.iter().fold(Touched::Within(self), |touched, key| touched.at(key)).is_touched()
    }

    /// Replays the changes on `target`, with the new values from `source`, the data of the message that carries
    /// the diff. The target may hold empty sets and dicts afterwards.
    pub(crate) fn apply(&self, source: &Dict, target: &mut Dict) {
        for (key, change) in self.0.iter().map(|(key, change)| (key.as_bytes(), change)) {
            match (change, source.get(key)) {
                (Change::Assigned, Some(value @ Value::Scalar(_))) => {
                    target.insert(key, value.clone());
                }
                (Change::Set(change), Some(Value::Set(_))) => {
                    let slot = target.slot(key);
                    let before = match slot {
                        Value::Set(set) => std::mem::take(set),
                        Value::Scalar(_) | Value::Dict(_) => Set::new(),
                    };
                    *slot = Value::Set(before.with(&change.added).without(&change.removed));
                }
                (Change::Dict(diff), Some(Value::Dict(source))) => {
                    diff.apply(source, target.slot(key).make_dict());
                }
                // Also where the source no longer has the key, or has another kind under it.
                _ => target.remove(key),
            }
        }
    }

    /// Reads the entries of a diff.
    pub(crate) fn read(
        mut reader: DictReader<'_, '_>,
        budget: &mut Budget,
    ) -> Result<Self, DiffError> {
        let mut changes = Vec::new();
        while let Some((key, item)) = reader.next()? {
            budget.charge(key.len())?;
            changes.push((Key::from(key), Change::read(item, budget)?));
        }
        // The keys ascend: the reader refuses any other order.
        changes.shrink_to_fit();
        Ok(Self(changes))
    }

    pub(crate) fn write(&self, writer: &mut DictWriter<'_>) {
        for (key, change) in self.0.iter().map(|(key, change)| (key.as_bytes(), change)) {
            match change {
                Change::Assigned => writer.bytes(key, b""),
                Change::Removed => writer.bytes(key, b"-"),
                Change::Set(change) => writer.list(key, |lists| {
                    lists.list(|list| write_set(&change.added, list));
                    lists.list(|list| write_set(&change.removed, list));
                }),
                Change::Dict(diff) => writer.dict(key, |writer| diff.write(writer)),
            }
        }
    }
}

impl Change {
    const fn within(&self) -> Option<&Diff> {
        match self {
            Self::Dict(diff) => Some(diff),
            Self::Assigned | Self::Removed | Self::Set(_) => None,
        }
    }

    /// Number of changes in here, this one not counted.
    fn count(&self) -> usize {
        match self {
            Self::Assigned | Self::Removed => 0,
            Self::Set(change) => change.added.len().saturating_add(change.removed.len()),
            Self::Dict(diff) => diff.count(),
        }
    }

    fn set(added: Set, removed: Set) -> Self {
        Self::Set(Box::new(SetChange { added, removed }))
    }

    fn addition_of(new: &Value) -> Self {
        match new {
            Value::Scalar(_) => Self::Assigned,
            Value::Set(set) => Self::set(set.clone(), Set::new()),
            Value::Dict(dict) => Self::Dict(Diff::between(&Dict::new(), dict)),
        }
    }

    fn removal_of(old: &Value) -> Self {
        match old {
            Value::Scalar(_) => Self::Removed,
            Value::Set(set) => Self::set(Set::new(), set.clone()),
            Value::Dict(dict) => Self::Dict(Diff::between(dict, &Dict::new())),
        }
    }

    fn between(old: &Value, new: &Value) -> Option<Self> {
        match (old, new) {
            _ if old == new => None,
            (Value::Set(old), Value::Set(new)) => {
                Some(Self::set(new.without(old), old.without(new)))
            }
            (Value::Dict(old), Value::Dict(new)) => Some(Self::Dict(Diff::between(old, new))),
            // Two scalars, or a change of kind, where nothing is recorded of the old value.
            (_, new) => Some(Self::addition_of(new)),
        }
    }

    fn read(item: Item<'_, '_>, budget: &mut Budget) -> Result<Self, DiffError> {
        let position = item.position();
        match item.kind()? {
            Kind::Bytes => match item.bytes()? {
                b"" => Ok(Self::Assigned),
                b"-" => Ok(Self::Removed),
                _ => Err(DiffError::NoChange { position }),
            },
            Kind::List => {
                let mut lists = item.list()?;
                let added = read_set(lists.require()?.list()?, budget)?;
                let removed = read_set(lists.require()?.list()?, budget)?;
                lists.finish()?;
                Ok(Self::set(added, removed))
            }
            Kind::Dict => Ok(Self::Dict(Diff::read(item.dict()?, budget)?)),
            Kind::Integer => Err(DiffError::NoChange { position }),
        }
    }
}

/// Why bytes are no diff.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DiffError {
    /// No bt-encoding, or lists that are not two.
    #[error(transparent)]
    Encoding(#[from] DecodeError),
    /// A list of added or removed elements that is no set.
    #[error(transparent)]
    Set(#[from] DataError),
    /// There are more values than a message may hold (07 §4.2).
    #[error(transparent)]
    TooManyValues(#[from] TooManyValues),
    /// An integer, or a string that is neither empty nor `-`.
    #[error("diff holds no change at byte {position}")]
    NoChange {
        /// Where the value starts.
        position: usize,
    },
}
