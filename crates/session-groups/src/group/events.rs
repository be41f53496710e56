//! Events that the application did not take yet.

use std::collections::{BTreeSet, VecDeque};

use session_swarm::message_hash::MessageHash;

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
