//! Events that the application did not take yet.

use std::collections::{BTreeSet, VecDeque};

use session_swarm::message_hash::MessageHash;

use crate::event::Event;

/// Events, oldest first, with the name of the message in the swarm that each is about, if it is about one.
#[derive(Debug, Default)]
pub(super) struct Events(VecDeque<(Option<MessageHash>, Event)>);

impl Events {
    pub(super) fn push_back(&mut self, event: Event) {
        self.0.push_back((None, event));
    }

    /// Tells of a message.
    pub(super) fn push_about(&mut self, hash: MessageHash, event: Event) {
        self.0.push_back((Some(hash), event));
    }

    pub(super) fn pop_front(&mut self) -> Option<Event> {
        self.0.pop_front().map(|(_, event)| event)
    }

    /// The messages that the application was not told of yet.
    pub(super) fn messages(&self) -> BTreeSet<MessageHash> {
        self.0.iter().filter_map(|(hash, _)| *hash).collect()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
