//! What was found in the swarm, as far as it must be remembered.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use session_crypto::ed25519::Ed25519PublicKey;
use session_identity::{AccountId, Timestamp};
use session_swarm::{answer::StoredMessage, message_hash::MessageHash, namespace::Namespace};

/// Most bytes of messages that wait for a key. Members can write junk, which looks like such a message.
const MAX_WAITING_LENGTH: usize = 8 * 1024 * 1024;
/// Most messages that are remembered as known.
const MAX_SEEN: usize = 100_000;
/// How much longer than the swarm a message is remembered.
const SEEN_MARGIN: Duration = Duration::from_secs(86_400);

#[derive(Debug, Default)]
pub(super) struct Inbox {
    /// Each node has its own order.
    pub(super) cursors: BTreeMap<(Ed25519PublicKey, Namespace), MessageHash>,
    seen: BTreeMap<MessageHash, Seen>,
    /// Visible messages by author and time, which a sender may have stored twice.
    pub(super) written: BTreeSet<(AccountId, Timestamp)>,
    waiting: VecDeque<(Namespace, StoredMessage)>,
    waiting_length: usize,
    /// Something that waited was forgotten: with the next key everything is read again.
    pub(super) has_lost: bool,
    /// Keys and configs were read to the end once.
    pub(super) is_synchronised: bool,
    /// There are new keys: what waits is to be tried again.
    pub(super) is_retry_due: bool,
    /// When members, none but those in the list, said that they left.
    pub(super) left: BTreeMap<AccountId, Timestamp>,
    /// Since when they are in or invited: what they said until then has no effect any more.
    pub(super) joined: BTreeMap<AccountId, Timestamp>,
    /// What members said earlier has no effect.
    pub(super) obeyed_from: Option<Timestamp>,
}

/// What is remembered of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) expiry: Timestamp,
    /// Who wrote it and when, if it opened.
    pub(super) written: Option<(AccountId, Timestamp)>,
}

impl Inbox {
    pub(super) fn has_seen(&self, hash: &MessageHash) -> bool {
        self.seen.contains_key(hash)
    }

    pub(super) fn remember(&mut self, hash: MessageHash, seen: Seen) {
        if self.seen.len() >= MAX_SEEN {
            let first = self.seen.iter().min_by_key(|(_, seen)| seen.expiry);
            if let Some(hash) = first.map(|(hash, _)| *hash) {
                self.seen.remove(&hash);
            }
        }
        self.seen.insert(hash, seen);
    }

    /// The known messages that opened: name, author, time.
    pub(super) fn written(&self) -> impl Iterator<Item = (&MessageHash, AccountId, Timestamp)> {
        self.seen.iter().filter_map(|(hash, seen)| {
            seen.written.map(|(author, sent_at)| (hash, author, sent_at))
        })
    }

    /// Forgets what the swarm forgot a while ago.
    pub(super) fn forget_expired(&mut self, now: Timestamp) {
        self.seen.retain(|_, seen| now.saturating_duration_since(seen.expiry) <= SEEN_MARGIN);
        let live: BTreeSet<_> = self.written().map(|(_, author, at)| (author, at)).collect();
        self.written.retain(|written| live.contains(written));
        self.waiting.retain(|(_, message)| message.expiry > now);
        self.waiting_length = self.waiting.iter().map(|(_, message)| message.data.len()).sum();
    }

    /// Keeps a message for which there is no key yet.
    pub(super) fn wait(&mut self, namespace: Namespace, message: StoredMessage) {
        if self.waiting.iter().any(|(_, waiting)| waiting.hash == message.hash) {
            return;
        }
        self.waiting_length = self.waiting_length.saturating_add(message.data.len());
        self.waiting.push_back((namespace, message));
        while self.waiting_length > MAX_WAITING_LENGTH {
            let Some((_, lost)) = self.waiting.pop_front() else { break };
            self.waiting_length = self.waiting_length.saturating_sub(lost.data.len());
            self.has_lost = true;
        }
    }

    /// Takes the messages of a namespace that wait for a key.
    pub(super) fn take_waiting(&mut self, namespace: Namespace) -> Vec<StoredMessage> {
        let mut taken = Vec::new();
        for (at, message) in std::mem::take(&mut self.waiting) {
            if at == namespace {
                self.waiting_length = self.waiting_length.saturating_sub(message.data.len());
                taken.push(message);
            } else {
                self.waiting.push_back((at, message));
            }
        }
        taken
    }

    /// Whether a message of an author, of a time, is the first of its kind.
    pub(super) fn is_first(&mut self, author: AccountId, sent_at: Timestamp) -> bool {
        self.written.insert((author, sent_at))
    }
}
