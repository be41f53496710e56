//! What a node still has to tell other members of its swarm, or of the swarm that takes its place (05 §3).

use std::collections::{BTreeMap, VecDeque};

use session_crypto::ed25519::Ed25519PublicKey;
use session_swarm::address::Address;

use crate::{link::LinkMessage, storage::Row};

/// Commands that wait for one peer, at most. One that missed more gets every message instead.
const MAX_COMMANDS: usize = 1_000;

/// What waits, by peer.
#[derive(Debug, Default)]
pub(super) struct Outbox(BTreeMap<Ed25519PublicKey, Waiting>);

/// What waits for one peer: first the revocations, so that a new member admits nobody who was removed; then
/// messages; then commands.
#[derive(Debug, Default)]
struct Waiting {
    /// Revocations of the accounts behind this one are still to be handed over.
    revocations: Option<Option<Address>>,
    /// Messages from this row on are still to be handed over.
    messages: Option<Row>,
    commands: VecDeque<LinkMessage>,
    /// What is under way, if nothing has changed since that it could be mistaken for.
    sent: Option<Sent>,
}

/// What is under way to a peer.
#[derive(Clone, Copy, Debug)]
enum Sent {
    /// Revocations up to this account.
    Revocations(Address),
    /// Messages before this row.
    Batch(Row),
    /// The first command.
    Command,
}

/// What comes next for a peer.
pub(super) enum Next {
    /// Revocations of the accounts behind this one.
    Revocations(Option<Address>),
    /// Messages from this row on.
    Messages(Row),
    /// This command.
    Command(LinkMessage),
}

impl Outbox {
    /// Has every revocation and message handed over that the peer's swarm serves.
    pub(super) fn hand_over(&mut self, peer: Ed25519PublicKey) {
        let waiting = self.0.entry(peer).or_default();
        (waiting.revocations, waiting.messages, waiting.sent) = (Some(None), Some(0), None);
    }

    /// Has the revocations handed over.
    pub(super) fn hand_over_revocations(&mut self, peer: Ed25519PublicKey) {
        let waiting = self.0.entry(peer).or_default();
        (waiting.revocations, waiting.sent) = (Some(None), None);
    }

    /// Has a command sent that the peer missed.
    pub(super) fn command(&mut self, peer: Ed25519PublicKey, command: LinkMessage) {
        let waiting = self.0.entry(peer).or_default();
        waiting.commands.push_back(command);
        if waiting.commands.len() > MAX_COMMANDS {
            waiting.commands.clear();
            self.hand_over(peer);
        }
    }

    /// The peers for whom something waits.
    pub(super) fn peers(&self) -> impl Iterator<Item = &Ed25519PublicKey> {
        self.0.keys()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets the peers that are not to `stay`.
    pub(super) fn retain(&mut self, stays: impl Fn(&Ed25519PublicKey) -> bool) {
        self.0.retain(|peer, _| stays(peer));
    }

    /// What comes next for `peer`; the same until [`Self::advance`].
    pub(super) fn next(&mut self, peer: &Ed25519PublicKey) -> Option<Next> {
        let waiting = self.0.get_mut(peer)?;
        if let Some(after) = waiting.revocations {
            return Some(Next::Revocations(after));
        }
        if let Some(row) = waiting.messages {
            return Some(Next::Messages(row));
        }
        match waiting.commands.front() {
            Some(command) => {
                waiting.sent = Some(Sent::Command);
                Some(Next::Command(command.clone()))
            }
            None => {
                self.0.remove(peer);
                None
            }
        }
    }

    /// Revocations are under way, up to those of `account`.
    pub(super) fn revocations_sent(&mut self, peer: &Ed25519PublicKey, account: Address) {
        if let Some(waiting) = self.0.get_mut(peer) {
            waiting.sent = Some(Sent::Revocations(account));
        }
    }

    /// All revocations have been handed over.
    pub(super) fn revocations_handed_over(&mut self, peer: &Ed25519PublicKey) {
        if let Some(waiting) = self.0.get_mut(peer) {
            (waiting.revocations, waiting.sent) = (None, None);
        }
    }

    /// A batch is under way that ends before `row`.
    pub(super) fn batch_sent(&mut self, peer: &Ed25519PublicKey, row: Row) {
        if let Some(waiting) = self.0.get_mut(peer) {
            waiting.sent = Some(Sent::Batch(row));
        }
    }

    /// All messages have been handed over.
    pub(super) fn messages_handed_over(&mut self, peer: &Ed25519PublicKey) {
        if let Some(waiting) = self.0.get_mut(peer) {
            (waiting.messages, waiting.sent) = (None, None);
        }
    }

    /// The peer has taken what is under way.
    pub(super) fn advance(&mut self, peer: &Ed25519PublicKey) {
        let Some(waiting) = self.0.get_mut(peer) else { return };
        match waiting.sent.take() {
            Some(Sent::Revocations(account)) => waiting.revocations = Some(Some(account)),
            Some(Sent::Batch(row)) => waiting.messages = Some(row),
            Some(Sent::Command) => _ = waiting.commands.pop_front(),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Endpoint;

    const PEER: Ed25519PublicKey = Ed25519PublicKey::from_bytes([1; 32]);

    fn command(number: usize) -> LinkMessage {
        LinkMessage::new(Endpoint::StorageCommand, vec![number.to_string().into_bytes()])
    }

    #[test]
    fn revocations_and_messages_come_before_commands_and_stay_until_taken() {
        let mut outbox = Outbox::default();
        let account = Address::from_bytes([3; 33]);
        outbox.command(PEER, command(1));
        outbox.hand_over(PEER);
        for _ in 0..2 {
            assert!(matches!(outbox.next(&PEER), Some(Next::Revocations(None))));
            outbox.revocations_sent(&PEER, account);
        }
        outbox.advance(&PEER);
        assert!(matches!(outbox.next(&PEER), Some(Next::Revocations(Some(one))) if one == account));
        outbox.revocations_handed_over(&PEER);
        for _ in 0..2 {
            assert!(matches!(outbox.next(&PEER), Some(Next::Messages(0))));
            outbox.batch_sent(&PEER, 7);
        }
        outbox.advance(&PEER);
        assert!(matches!(outbox.next(&PEER), Some(Next::Messages(7))));
        outbox.messages_handed_over(&PEER);
        for _ in 0..2 {
            assert!(matches!(outbox.next(&PEER), Some(Next::Command(next)) if next == command(1)));
        }
        outbox.advance(&PEER);
        assert!(!outbox.is_empty());
        assert!(outbox.next(&PEER).is_none());
        assert!(outbox.is_empty());
    }

    #[test]
    fn what_begins_anew_meanwhile_is_not_taken_for_done() {
        let mut outbox = Outbox::default();
        outbox.hand_over(PEER);
        outbox.revocations_handed_over(&PEER);
        outbox.command(PEER, command(1));
        outbox.batch_sent(&PEER, 7);
        outbox.hand_over(PEER);
        outbox.advance(&PEER);
        assert!(matches!(outbox.next(&PEER), Some(Next::Revocations(None))));
        outbox.revocations_handed_over(&PEER);
        assert!(matches!(outbox.next(&PEER), Some(Next::Messages(0))));
        outbox.messages_handed_over(&PEER);
        assert!(matches!(outbox.next(&PEER), Some(Next::Command(_))));
        outbox.advance(&PEER);
        outbox.command(PEER, command(2));
        outbox.advance(&PEER);
        assert!(matches!(outbox.next(&PEER), Some(Next::Command(next)) if next == command(2)));
    }

    #[test]
    fn revocations_alone_can_be_handed_over() {
        let mut outbox = Outbox::default();
        outbox.hand_over_revocations(PEER);
        assert!(matches!(outbox.next(&PEER), Some(Next::Revocations(None))));
        outbox.revocations_handed_over(&PEER);
        assert!(outbox.next(&PEER).is_none());
    }

    #[test]
    fn who_missed_too_much_gets_everything() {
        let mut outbox = Outbox::default();
        for number in 0..=MAX_COMMANDS {
            outbox.command(PEER, command(number));
        }
        assert!(matches!(outbox.next(&PEER), Some(Next::Revocations(None))));
        outbox.revocations_handed_over(&PEER);
        assert!(matches!(outbox.next(&PEER), Some(Next::Messages(0))));
        assert!(outbox.0[&PEER].commands.is_empty());
        outbox.retain(|_| false);
        assert!(outbox.is_empty());
    }
}
