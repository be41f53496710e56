//! What was found in the swarm, as far as it must be remembered.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use session_identity::{AccountId, Timestamp};
use session_swarm::{
    answer::StoredMessage, limits::MAX_TTL, message_hash::MessageHash, namespace::Namespace,
};

mod cursors;
mod dump;

use cursors::Cursors;

/// Most bytes of messages that wait for a key. Members can write junk, which looks like such a message.
const MAX_WAITING_LENGTH: usize = 8 * 1024 * 1024;
/// Most messages that wait for a key, each of which is tried with every new one.
const MAX_WAITING: usize = 10_000;
/// Most messages that are remembered as known.
const MAX_SEEN: usize = 100_000;
/// How long a message is remembered: longer than swarms keep any. Nodes may lie about when one ends, and are not
/// asked.
const MEMORY: Duration = Duration::from_secs(MAX_TTL.as_secs() + 86_400);

#[derive(Debug, Default)]
pub(super) struct Inbox {
    pub(super) cursors: Cursors,
    seen: BTreeMap<MessageHash, Seen>,
    /// The same messages, oldest first.
    by_age: BTreeSet<(Timestamp, MessageHash)>,
    /// Those that opened, by author and time.
    said: BTreeMap<(AccountId, Timestamp), Said>,
    waiting: VecDeque<Waiting>,
    waiting_hashes: BTreeSet<MessageHash>,
    waiting_length: usize,
    /// Something that waited was forgotten: with the next key everything is read again.
    pub(super) has_lost: bool,
    /// Keys and configs were read to the end once.
    pub(super) is_synchronised: bool,
    /// There are new keys, or there is room for events: what waits is to be tried again.
    pub(super) is_retry_due: bool,
    /// When members, none but those in the list, said that they left.
    pub(super) left: BTreeMap<AccountId, Timestamp>,
    /// Since when they are in or invited: what they said until then has no effect any more.
    pub(super) joined: BTreeMap<AccountId, Timestamp>,
    /// What members said earlier has no effect.
    pub(super) obeyed_from: Option<Timestamp>,
    /// What [`Self::write`] writes changed since it was written. What waits for a key comes by pages, which set it.
    pub(super) needs_dump: bool,
}

/// What is remembered of a message.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// When it was met, by our own clock.
    at: Timestamp,
    /// Who wrote it and when, if it opened.
    written: Option<(AccountId, Timestamp)>,
}

/// What an author said at one time, which may be stored more than once: nothing that the author signed says under
/// which key, or under which name.
#[derive(Debug, Default)]
struct Said {
    /// Under how many names it is known.
    names: usize,
    /// A visible message of that time was told of.
    is_told: bool,
}

/// A message that waits for a key, or for events to be taken.
#[derive(Debug)]
struct Waiting {
    since: Timestamp,
    namespace: Namespace,
    message: StoredMessage,
}

impl Inbox {
    pub(super) fn has_seen(&self, hash: &MessageHash) -> bool {
        self.seen.contains_key(hash)
    }

    /// Remembers a message, and who wrote it when, if it opened.
    pub(super) fn remember(
        &mut self,
        hash: MessageHash,
        written: Option<(AccountId, Timestamp)>,
        now: Timestamp,
    ) {
        if let Some(written) = written {
            let said = self.said.entry(written).or_default();
            said.names = said.names.saturating_add(1);
        }
        self.needs_dump = true;
        self.forget(&hash);
        while self.seen.len() >= MAX_SEEN && self.forget_oldest() {}
        self.seen.insert(hash, Seen { at: now, written });
        self.by_age.insert((now, hash));
    }

    fn forget_oldest(&mut self) -> bool {
        let oldest = self.by_age.first().map(|(_, hash)| *hash);
        oldest.inspect(|hash| self.forget(hash)).is_some()
    }

    fn forget(&mut self, hash: &MessageHash) {
        let Some(seen) = self.seen.remove(hash) else { return };
        self.by_age.remove(&(seen.at, *hash));
        if let Some(written) = seen.written
            && let Some(said) = self.said.get_mut(&written)
        {
            said.names = said.names.saturating_sub(1);
            if said.names == 0 {
                self.said.remove(&written);
            }
        }
    }

    /// The known messages that opened: name, author, time.
    pub(super) fn written(&self) -> impl Iterator<Item = (&MessageHash, AccountId, Timestamp)> {
        self.seen.iter().filter_map(|(hash, seen)| {
            seen.written.map(|(author, sent_at)| (hash, author, sent_at))
        })
    }

    /// Forgets what the swarm forgot a while ago.
    pub(super) fn forget_expired(&mut self, now: Timestamp) {
        let is_over = |since| now.saturating_duration_since(since) > MEMORY;
        self.cursors.forget_expired(now);
        while self.by_age.first().is_some_and(|(at, _)| is_over(*at)) && self.forget_oldest() {}
        while self.waiting.front().is_some_and(|it| is_over(it.since)) {
            self.drop_first_waiting();
        }
    }

    /// Keeps a message for which there is no key yet, or no room for its event.
    pub(super) fn wait(&mut self, namespace: Namespace, message: StoredMessage, now: Timestamp) {
        if !self.waiting_hashes.insert(message.hash) {
            return;
        }
        self.waiting_length = self.waiting_length.saturating_add(message.data.len());
        self.waiting.push_back(Waiting { since: now, namespace, message });
        while self.waiting_length > MAX_WAITING_LENGTH || self.waiting.len() > MAX_WAITING {
            self.drop_first_waiting();
            self.has_lost = true;
        }
    }

    fn drop_first_waiting(&mut self) {
        if let Some(lost) = self.waiting.pop_front() {
            self.waiting_hashes.remove(&lost.message.hash);
            self.waiting_length = self.waiting_length.saturating_sub(lost.message.data.len());
        }
    }

    /// Takes the messages of a namespace that wait for a key.
    pub(super) fn take_waiting(&mut self, namespace: Namespace) -> Vec<StoredMessage> {
        let mut taken = Vec::new();
        for waiting in std::mem::take(&mut self.waiting) {
            if waiting.namespace == namespace {
                self.waiting_hashes.remove(&waiting.message.hash);
                let length = waiting.message.data.len();
                self.waiting_length = self.waiting_length.saturating_sub(length);
                taken.push(waiting.message);
            } else {
                self.waiting.push_back(waiting);
            }
        }
        taken
    }

    /// Whether a visible message of an author, of a time, is the first that is told of. It is remembered already.
    pub(super) fn is_first(&mut self, author: AccountId, sent_at: Timestamp) -> bool {
        let said = self.said.get_mut(&(author, sent_at));
        said.is_none_or(|said| !std::mem::replace(&mut said.is_told, true))
    }

    /// Whether an author said something at a time under several names: it may be encrypted by somebody else.
    pub(super) fn is_repeated(&self, author: &AccountId, sent_at: Timestamp) -> bool {
        self.said.get(&(*author, sent_at)).is_some_and(|said| said.names > 1)
    }
}

#[cfg(test)]
mod tests;
