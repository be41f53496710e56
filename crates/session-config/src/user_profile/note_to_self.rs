//! Note to Self, the conversation of the account with itself (07 §11).

use std::time::Duration;

use session_identity::Timestamp;

use super::UserProfile;
use crate::{config::Config, deletion::Deletion, fields};

impl Config<UserProfile> {
    /// Place of Note to Self: −1 hidden, 0 not pinned, above 0 pinned, higher first.
    #[must_use]
    pub fn note_to_self_priority(&self) -> i64 {
        self.data().integer(b"+").unwrap_or(0)
    }

    /// Sets the place of Note to Self.
    pub fn set_note_to_self_priority(&mut self, priority: i64) {
        self.assign(&[b"+"], fields::nonzero(priority));
    }

    /// How long messages in Note to Self live.
    #[must_use]
    pub fn note_to_self_timer(&self) -> Option<Duration> {
        self.data().positive(b"e").map(Duration::from_secs)
    }

    /// Sets how long messages in Note to Self live, in whole seconds.
    pub fn set_note_to_self_timer(&mut self, timer: Option<Duration>) {
        self.assign(&[b"e"], fields::positive(timer.map_or(0, |timer| timer.as_secs())));
    }

    /// Messages of Note to Self up to this time are deleted on every device, and such as still arrive are dropped.
    #[must_use]
    pub fn note_to_self_delete_before(&self) -> Option<Timestamp> {
        Deletion::read(self.data()).messages
    }

    /// The same for attachments alone, if that is later.
    #[must_use]
    pub fn note_to_self_delete_attachments_before(&self) -> Option<Timestamp> {
        Deletion::read(self.data()).attachments
    }

    /// Clears Note to Self on all devices of the account: messages up to this time are deleted, to the second. An earlier
    /// time than that of before changes nothing, so that a time to come cannot be taken back: give none that is later than
    /// now.
    pub fn clear_note_to_self(&mut self, up_to: Timestamp) {
        self.raise_deletion(&[], Deletion { messages: Some(up_to), attachments: None });
    }

    /// Deletes the attachments of messages of Note to Self up to this time, as [`Self::clear_note_to_self`] does the
    /// messages.
    pub fn clear_note_to_self_attachments(&mut self, up_to: Timestamp) {
        self.raise_deletion(&[], Deletion { messages: None, attachments: Some(up_to) });
    }

    /// Whether others are told when the user saves a file that they sent (10 §21.3).
    #[must_use]
    pub fn tells_of_saved_files(&self) -> bool {
        !self.data().flag(b"x")
    }

    /// Sets whether others are told when the user saves a file that they sent.
    pub fn set_tells_of_saved_files(&mut self, is_told: bool) {
        self.assign(&[b"x"], fields::flag(!is_told));
    }
}
