//! Events that the application did not take yet.
//!
//! Those about what somebody wrote are not on the disk, because the message is read again. The others are:
//!
//! ```text
//! [[1] InfoChanged  [2] MembersChanged  [3] Promoted  [4] EntryChanged  [5, sent at, hash] Sent …]
//! ```
//!
//! [`Event::NotSent`] is not, because the message is not either, nor [`Event::Departed`], after which nothing is kept.

use std::collections::{BTreeSet, VecDeque};

use session_bt::{ListReader, ListWriter};
use session_swarm::message_hash::MessageHash;

use super::dump::{LoadError, message_hash, time};
use crate::event::Event;

/// Most bytes of messages, decompressed, that events hold at once but for the last message: four full pages of a node.
/// A few hundred bytes of a swarm can be a megabyte when they are decompressed.
const MAX_HELD: usize = 32 * 1024 * 1024;

/// Events, oldest first, with the message in the swarm that each is about, if it is about one.
#[derive(Debug, Default)]
pub(super) struct Events {
    waiting: VecDeque<(Option<About>, Event)>,
    /// Bytes of the messages that the events are about.
    held: usize,
}

/// A message that an event is about.
#[derive(Clone, Copy, Debug)]
struct About {
    hash: MessageHash,
    /// Bytes of its content that the event holds.
    length: usize,
}

impl Events {
    pub(super) fn push_back(&mut self, event: Event) {
        self.waiting.push_back((None, event));
    }

    /// Tells of a message, of whose content the event holds `length` bytes.
    pub(super) fn push_about(&mut self, hash: MessageHash, length: usize, event: Event) {
        self.held = self.held.saturating_add(length);
        self.waiting.push_back((Some(About { hash, length }), event));
    }

    pub(super) fn pop_front(&mut self) -> Option<Event> {
        let (about, event) = self.waiting.pop_front()?;
        let length = about.map_or(0, |about| about.length);
        self.held = self.held.saturating_sub(length);
        Some(event)
    }

    /// Whether other messages are to wait until events are taken.
    pub(super) const fn is_full(&self) -> bool {
        self.held >= MAX_HELD
    }

    /// The messages that the application was not told of yet.
    pub(super) fn messages(&self) -> BTreeSet<MessageHash> {
        self.waiting.iter().filter_map(|(about, _)| about.map(|about| about.hash)).collect()
    }

    /// Writes what no message of the group brings back. What says no more than that something changed is written once.
    pub(super) fn write(&self, list: &mut ListWriter<'_>) {
        let mut written = BTreeSet::new();
        for (_, event) in &self.waiting {
            let Some(number) = number(event) else { continue };
            let sent = match event {
                Event::Sent { sent_at, hash } => Some((sent_at, hash)),
                _ => None,
            };
            if sent.is_some() || written.insert(number) {
                list.list(|item| {
                    item.integer(number);
                    if let Some((sent_at, hash)) = sent {
                        item.integer(sent_at.as_millis());
                        item.bytes(hash.as_bytes());
                    }
                });
            }
        }
    }

    /// Reads what [`Self::write`] wrote. Numbers of newer releases are passed over, and a promotion is if the entry of
    /// the group does not have it.
    pub(super) fn read(
        &mut self,
        mut list: ListReader<'_, '_>,
        is_admin: bool,
    ) -> Result<(), LoadError> {
        while let Some(item) = list.next()? {
            let mut item = item.list()?;
            self.push_back(match item.require()?.integer::<i64>()? {
                1 => Event::InfoChanged,
                2 => Event::MembersChanged,
                3 if is_admin => Event::Promoted,
                4 => Event::EntryChanged,
                5 => Event::Sent {
                    sent_at: time(item.require()?)?,
                    hash: message_hash(item.require()?)?,
                },
                _ => continue,
            });
        }
        Ok(())
    }

    /// Whether there is something that a dump holds.
    pub(super) fn is_written(&self) -> bool {
        self.waiting.iter().any(|(_, event)| number(event).is_some())
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Takes back the newest events, so that `count` remain.
    pub(super) fn truncate(&mut self, count: usize) {
        let taken_back = self.waiting.iter().skip(count).filter_map(|(about, _)| *about);
        let length = taken_back.map(|about| about.length).fold(0, usize::saturating_add);
        self.held = self.held.saturating_sub(length);
        self.waiting.truncate(count);
    }
}

/// The number of an event on the disk, `None` for one that is not there.
const fn number(event: &Event) -> Option<u8> {
    match event {
        Event::InfoChanged => Some(1),
        Event::MembersChanged => Some(2),
        Event::Promoted => Some(3),
        Event::EntryChanged => Some(4),
        Event::Sent { .. } => Some(5),
        Event::Message(_)
        | Event::Notice(_)
        | Event::Deletion(_)
        | Event::NotSent { .. }
        | Event::Departed(_) => None,
    }
}
