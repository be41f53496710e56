//! Changes in the words of a type.

use super::Change;
use crate::{config::SyncedType, data::Dict, message::RevisionId};

/// What happened to one entry of a config: a contact, a conversation, a group; or to the one record that some
/// types are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event<Entry, Field> {
    entry: Entry,
    kind: EventKind,
    fields: Vec<FieldChange<Field>>,
}

/// What happened to an entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "nothing else can happen to an entry")]
pub enum EventKind {
    /// It was not there before.
    Added,
    /// It was there, and some fields are different.
    Changed,
    /// It is no longer there.
    Removed,
}

/// A field that is different.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct FieldChange<Field> {
    /// The field.
    pub field: Field,
    /// The revision that made the change, as [`Change::source`].
    pub source: Option<RevisionId>,
    /// Whether an edit of this device is lost, as [`Change::is_lost_edit`].
    pub is_lost_edit: bool,
}

impl<Entry, Field: Copy + PartialEq> Event<Entry, Field> {
    /// Which entry.
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// What happened to it.
    pub const fn kind(&self) -> EventKind {
        self.kind
    }

    /// The fields that are different, each once.
    pub fn fields(&self) -> &[FieldChange<Field>] {
        &self.fields
    }

    /// Whether a field is different.
    pub fn has(&self, field: Field) -> bool {
        self.fields.iter().any(|change| change.field == field)
    }

    /// The newest revision that made one of the changes.
    pub fn source(&self) -> Option<RevisionId> {
        self.fields.iter().filter_map(|change| change.source).max()
    }

    /// Whether an edit of this device is lost in one of the fields.
    pub fn has_lost_edit(&self) -> bool {
        self.fields.iter().any(|change| change.is_lost_edit)
    }

    fn add(&mut self, field: Field, change: &Change) {
        let new = FieldChange { field, source: change.source(), is_lost_edit: change.is_lost_edit };
        match self.fields.iter_mut().find(|known| known.field == field) {
            // Some fields have two values, such as a picture its address and key.
            Some(known) => {
                known.source = known.source.max(new.source);
                known.is_lost_edit |= new.is_lost_edit;
            }
            None => {
                if self.fields.is_empty() {
                    // Most entries change in one field.
                    self.fields.reserve_exact(1);
                }
                self.fields.push(new);
            }
        }
    }
}

/// Where a value is, in the words of a type.
pub(crate) struct Place<T: SyncedType> {
    pub(crate) entry: T::Entry,
    /// How many keys lead to the entry.
    pub(crate) depth: usize,
    pub(crate) field: T::Field,
}

/// The events behind `changes`, which are in the order of their paths. Values at places that the type does not
/// know are left out.
pub(crate) fn events<T: SyncedType>(
    changes: &[Change],
    before: &Dict,
    after: &Dict,
) -> Vec<Event<T::Entry, T::Field>> {
    let mut events: Vec<Event<T::Entry, T::Field>> = Vec::new();
    let (mut current, mut path): (Vec<&[u8]>, Vec<&[u8]>) = (Vec::new(), Vec::new());
    for change in changes {
        change.path.write_keys(&mut path);
        let Some(Place { entry, depth, field }) = T::locate(&path, [after, before]) else {
            continue;
        };
        let to_entry = path.get(..depth).unwrap_or_default();
        if to_entry != current || events.is_empty() {
            current.clear();
            current.extend_from_slice(to_entry);
            let exists = |data: &Dict| to_entry.is_empty() || data.dict_at(to_entry).is_some();
            let kind = match (exists(before), exists(after)) {
                (false, _) => EventKind::Added,
                (true, true) => EventKind::Changed,
                (true, false) => EventKind::Removed,
            };
            events.push(Event { entry, kind, fields: Vec::new() });
        }
        if let Some(event) = events.last_mut() {
            event.add(field, change);
        }
    }
    events
}
