//! Up to when the user deleted the messages of a conversation, on every device of the account (07 §11, §12).
//!
//! This is how "clear conversation" travels. The times only rise: a device that hears of an earlier one has deleted more
//! already. Nor does a merge lower them. Where devices cleared a conversation at the same time, the latest of their times
//! goes into the resolved config, the same on every device that resolves these messages; a revision of a foreign client
//! that has an earlier time is followed by one that raises it again.

use session_identity::Timestamp;

use crate::{
    config::{Config, ConfigType},
    data::{Dict, Value},
    fields,
};

/// The two times: `d` of messages, `D` of attachments alone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Deletion {
    /// Messages up to this time are deleted.
    pub(crate) messages: Option<Timestamp>,
    /// Attachments up to this time are deleted. Above `messages`, or it says nothing.
    pub(crate) attachments: Option<Timestamp>,
}

/// A value that is put into a dict or removed from it.
type Edit = (&'static [u8], Option<Value>);

impl Deletion {
    /// Nothing was deleted.
    pub(crate) const NONE: Self = Self { messages: None, attachments: None };

    pub(crate) fn read(dict: &Dict) -> Self {
        Self { messages: dict.seconds(b"d"), attachments: dict.seconds(b"D") }.normalised()
    }

    fn normalised(self) -> Self {
        let Self { messages, attachments } = self;
        Self { messages, attachments: attachments.filter(|time| Some(*time) > messages) }
    }

    /// The later times of both.
    fn max(self, other: Self) -> Self {
        let messages = self.messages.max(other.messages);
        Self { messages, attachments: self.attachments.max(other.attachments) }.normalised()
    }

    fn whole_seconds(self) -> Self {
        let whole = |time: Timestamp| fields::from_seconds(time.as_secs());
        Self { messages: self.messages.map(whole), attachments: self.attachments.map(whole) }
    }

    /// The edits by which a dict with these times gets those of `other`, where they are later.
    fn edits_to(self, other: Self) -> impl Iterator<Item = Edit> {
        let raised = self.max(other.whole_seconds());
        let messages = (b"d".as_slice(), fields::seconds(raised.messages));
        let attachments = (b"D".as_slice(), fields::seconds(raised.attachments));
        let changed = [self.messages != raised.messages, self != raised];
        [messages, attachments].into_iter().zip(changed).filter_map(|(edit, is)| is.then_some(edit))
    }
}

/// Raises the times of the dict at the root of `data` to those of `merged`, the data that were merged into it.
pub(crate) fn reconcile_root(data: &mut Dict, merged: &[Dict]) {
    for other in merged {
        for (key, value) in Deletion::read(data).edits_to(Deletion::read(other)) {
            data.assign(&[key], value);
        }
    }
}

/// The same of every dict in the one under `kind`. What is no longer there does not come back.
pub(crate) fn reconcile_entries(data: &mut Dict, kind: &[u8], merged: &[Dict]) {
    for other in merged {
        for (id, deletion) in deletions(other, kind) {
            let Some(entry) = data.dict_at(&[kind, id]) else { continue };
            for (key, value) in Deletion::read(entry).edits_to(deletion) {
                data.assign(&[kind, id, key], value);
            }
        }
    }
}

/// The entries of which something was deleted.
fn deletions<'a>(
    data: &'a Dict,
    kind: &[u8],
) -> impl Iterator<Item = (&'a [u8], Deletion)> + use<'a> {
    let entries = data.dict(kind).into_iter().flat_map(Dict::iter);
    entries.filter_map(|(id, entry)| match entry {
        Value::Dict(entry) => {
            Some((id, Deletion::read(entry))).filter(|(_, found)| *found != Deletion::NONE)
        }
        _ => None,
    })
}

impl<T: ConfigType> Config<T> {
    /// Raises the times in the dict at `path` to those of `deletion`; what is earlier changes nothing.
    pub(crate) fn raise_deletion(&mut self, path: &[&[u8]], deletion: Deletion) {
        let dict = if path.is_empty() { Some(self.data()) } else { self.data().dict_at(path) };
        let stored = dict.map_or(Deletion::NONE, Deletion::read);
        for (key, value) in stored.edits_to(deletion) {
            self.assign(&[path, &[key]].concat(), value);
        }
    }

    /// Raises the times of the dicts under `kind` to those of `before`, the data before a merge.
    pub(crate) fn keep_deletions(&mut self, before: &Dict, kind: &[u8]) {
        for (id, deletion) in deletions(before, kind) {
            if self.data().dict_at(&[kind, id]).is_some() {
                self.raise_deletion(&[kind, id], deletion);
            }
        }
    }
}

#[cfg(test)]
mod tests;
