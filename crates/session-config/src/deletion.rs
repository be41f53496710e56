//! Up to when the user deleted the messages of a conversation, on every device of the account (07 §11, §12).
//!
//! This is how "clear conversation" travels. The times only rise: a device that hears of an earlier one has deleted more
//! already.

use session_identity::Timestamp;

use crate::{
    config::{Config, ConfigType},
    data::Dict,
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

impl Deletion {
    /// Nothing was deleted.
    pub(crate) const NONE: Self = Self { messages: None, attachments: None };

    pub(crate) fn read(dict: &Dict) -> Self {
        let messages = dict.seconds(b"d");
        Self { messages, attachments: dict.seconds(b"D").filter(|time| Some(*time) > messages) }
    }
}

impl<T: ConfigType> Config<T> {
    /// Raises the times in the dict at `path` to those of `deletion`; what is earlier changes nothing.
    pub(crate) fn raise_deletion(&mut self, path: &[&[u8]], deletion: Deletion) {
        let dict = if path.is_empty() { Some(self.data()) } else { self.data().dict_at(path) };
        let stored = dict.map_or(Deletion::NONE, Deletion::read);
        let messages = deletion.messages.map(whole_seconds).max(stored.messages);
        let attachments = deletion.attachments.map(whole_seconds).max(stored.attachments);
        let attachments = attachments.filter(|time| Some(*time) > messages);
        for (key, time, before) in
            [(b"d", messages, stored.messages), (b"D", attachments, stored.attachments)]
        {
            if time != before {
                self.assign(&[path, &[key]].concat(), fields::seconds(time));
            }
        }
    }
}

const fn whole_seconds(time: Timestamp) -> Timestamp {
    fields::from_seconds(time.as_secs())
}
