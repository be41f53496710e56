//! Where the next question to each node begins (09 §3.1).
//!
//! Each node of a swarm has an order of its own, in which it hands out what it stores after a message that it is
//! told of. A node that does not know this message any more hands out everything; the message before it is a
//! better start then, so that several are kept.

use std::collections::{BTreeMap, VecDeque};

use session_crypto::ed25519::Ed25519PublicKey;
use session_identity::Timestamp;
use session_swarm::{
    answer::StoredMessage, limits::MAX_TTL, message_hash::MessageHash, namespace::Namespace,
};

/// Most messages that are kept for one namespace of one node.
pub(super) const MAX_KEPT: usize = 100;
/// Most namespaces of nodes. A swarm has about ten nodes, of which five namespaces are read.
pub(super) const MAX_CURSORS: usize = 250;

/// One namespace of one node.
pub(super) type Slot = (Ed25519PublicKey, Namespace);

/// The messages that were read last from each node, oldest first, and when they end.
#[derive(Debug, Default)]
pub(in crate::group) struct Cursors(BTreeMap<Slot, VecDeque<(MessageHash, Timestamp)>>);

impl Cursors {
    /// The newest message that the node still stores: the next question begins after it.
    pub(in crate::group) fn after(
        &self,
        node: Ed25519PublicKey,
        namespace: Namespace,
        now: Timestamp,
    ) -> Option<MessageHash> {
        let kept = self.0.get(&(node, namespace))?;
        kept.iter().rev().find(|(_, expiry)| *expiry > now).map(|(hash, _)| *hash)
    }

    /// Takes the page that answers a question which began after `asked`. True if it goes on where the last one
    /// ended. The answer to an older question that comes late changes nothing, except by what it has beyond.
    pub(in crate::group) fn advance(
        &mut self,
        node: Ed25519PublicKey,
        namespace: Namespace,
        asked: Option<MessageHash>,
        page: &[StoredMessage],
        now: Timestamp,
    ) -> bool {
        let current = self.after(node, namespace, now);
        let newest = self.0.get(&(node, namespace)).and_then(VecDeque::back).map(|(hash, _)| *hash);
        let mut new = page;
        if asked != current && asked != newest {
            let known = page.iter().position(|message| Some(message.hash) == newest);
            let Some(beyond) = known.and_then(|at| page.get(at.saturating_add(1)..)) else {
                return false;
            };
            new = beyond;
        }
        if !new.is_empty() {
            let kept = self.0.entry((node, namespace)).or_default();
            for message in new.iter().skip(new.len().saturating_sub(MAX_KEPT)) {
                keep(kept, message.hash, message.expiry.min(latest(now)));
            }
            self.drop_surplus();
        }
        true
    }

    /// Puts back what was written to the disk.
    pub(super) fn restore(&mut self, slot: Slot, hash: MessageHash, expiry: Timestamp) {
        keep(self.0.entry(slot).or_default(), hash, expiry);
        self.drop_surplus();
    }

    pub(super) fn iter(
        &self,
    ) -> impl Iterator<Item = (&Slot, &VecDeque<(MessageHash, Timestamp)>)> {
        self.0.iter()
    }

    /// These were deleted: no node knows them any more.
    pub(in crate::group) fn forget(&mut self, hashes: &[MessageHash]) {
        self.0.values_mut().for_each(|kept| kept.retain(|(hash, _)| !hashes.contains(hash)));
        self.0.retain(|_, kept| !kept.is_empty());
    }

    pub(super) fn forget_expired(&mut self, now: Timestamp) {
        self.0.values_mut().for_each(|kept| kept.retain(|(_, expiry)| *expiry > now));
        self.0.retain(|_, kept| !kept.is_empty());
    }

    /// Everything is read again from the beginning.
    pub(in crate::group) fn clear(&mut self) {
        self.0.clear();
    }

    /// Drops what ends first, which is what was read least recently.
    fn drop_surplus(&mut self) {
        while self.0.len() > MAX_CURSORS {
            let end = |kept: &VecDeque<(MessageHash, Timestamp)>| kept.back().map(|(_, end)| *end);
            let first = self.0.iter().min_by_key(|(_, kept)| end(kept)).map(|(slot, _)| *slot);
            let Some(first) = first else { break };
            self.0.remove(&first);
        }
    }
}

/// The latest time at which a message that is stored now can end, whatever a node says.
fn latest(now: Timestamp) -> Timestamp {
    now.checked_add(MAX_TTL).unwrap_or(now)
}

fn keep(kept: &mut VecDeque<(MessageHash, Timestamp)>, hash: MessageHash, expiry: Timestamp) {
    kept.retain(|(known, _)| *known != hash);
    kept.push_back((hash, expiry));
    if kept.len() > MAX_KEPT {
        kept.pop_front();
    }
}

#[cfg(test)]
mod tests;
