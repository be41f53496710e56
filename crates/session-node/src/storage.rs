//! The messages that one node holds, in memory (05 §7).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use session_identity::Timestamp;
use session_swarm::{
    address::Address, answer::StoredMessage, message_hash::MessageHash, namespace::Namespace,
};

/// Number of a row: the order in which a node stored its messages, its own and no other node's.
type Row = u64;

/// Messages by account and namespace, in the order of their arrival at this node.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    rows: BTreeMap<Row, Held>,
    by_hash: HashMap<MessageHash, Row>,
    by_place: BTreeMap<(Address, Namespace), BTreeSet<Row>>,
    by_expiry: BTreeSet<(Timestamp, Row)>,
    next: Row,
}

/// A message and where it lies.
#[derive(Clone, Debug)]
struct Held {
    place: (Address, Namespace),
    message: StoredMessage,
}

/// What storing a message changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Stored {
    /// When the message expires now: a second store may have extended it.
    pub expiry: Timestamp,
    /// Whether the message was there already.
    pub already: bool,
}

impl Storage {
    /// Stores a message. One that is there already keeps its place and its later expiry (05 §4.3). A public
    /// outbox holds one message, which only a later one replaces (05 §4.2).
    pub fn store(
        &mut self,
        account: Address,
        namespace: Namespace,
        message: StoredMessage,
    ) -> Stored {
        if let Some(row) = self.by_hash.get(&message.hash).copied() {
            return Stored { expiry: self.extend(row, message.expiry), already: true };
        }
        let place = (account, namespace);
        let expiry = message.expiry;
        if namespace.is_public_outbox() {
            if self.in_place(place).any(|held| held.timestamp >= message.timestamp) {
                return Stored { expiry, already: false };
            }
            self.remove_place(place);
        }
        self.insert(place, message);
        Stored { expiry, already: false }
    }

    /// Messages of a namespace in row order, from behind `after` if this node has that message there, without
    /// those that have expired.
    pub fn retrieve(
        &self,
        account: Address,
        namespace: Namespace,
        after: Option<&MessageHash>,
        now: Timestamp,
    ) -> impl Iterator<Item = &StoredMessage> {
        let rows = self.by_place.get(&(account, namespace));
        // An unknown hash (expired, or another node's) starts from the beginning (05 §5.3).
        let after = after.and_then(|hash| self.by_hash.get(hash)).copied();
        let after = after.filter(|row| rows.is_some_and(|rows| rows.contains(row)));
        let start = after.map_or(0, |row| row.saturating_add(1));
        rows.into_iter()
            .flat_map(move |rows| rows.range(start..))
            .filter_map(|row| self.rows.get(row))
            .map(|held| &held.message)
            .filter(move |message| message.expiry > now)
    }

    /// Removes what has expired at `now`.
    pub fn expire(&mut self, now: Timestamp) {
        while let Some((_, row)) = self.by_expiry.first().filter(|(expiry, _)| *expiry <= now) {
            self.remove(*row);
        }
    }

    /// Whether a message is held and has not expired.
    #[must_use]
    pub fn holds(&self, hash: &MessageHash, now: Timestamp) -> bool {
        let row = self.by_hash.get(hash).and_then(|row| self.rows.get(row));
        row.is_some_and(|held| held.message.expiry > now)
    }

    /// Number of messages, expired ones that were not removed yet included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn in_place(&self, place: (Address, Namespace)) -> impl Iterator<Item = &StoredMessage> {
        let rows = self.by_place.get(&place);
        rows.into_iter().flatten().filter_map(|row| self.rows.get(row)).map(|held| &held.message)
    }

    fn insert(&mut self, place: (Address, Namespace), message: StoredMessage) {
        let row = self.next;
        self.next = row.saturating_add(1);
        self.by_hash.insert(message.hash, row);
        self.by_place.entry(place).or_default().insert(row);
        self.by_expiry.insert((message.expiry, row));
        self.rows.insert(row, Held { place, message });
    }

    /// Moves the expiry of `row` to `expiry` if that is later; returns the expiry that holds now.
    fn extend(&mut self, row: Row, expiry: Timestamp) -> Timestamp {
        let Some(held) = self.rows.get_mut(&row) else { return expiry };
        if expiry > held.message.expiry {
            self.by_expiry.remove(&(held.message.expiry, row));
            self.by_expiry.insert((expiry, row));
            held.message.expiry = expiry;
        }
        held.message.expiry
    }

    fn remove_place(&mut self, place: (Address, Namespace)) {
        for row in self.by_place.remove(&place).unwrap_or_default() {
            self.remove(row);
        }
    }

    fn remove(&mut self, row: Row) {
        let Some(held) = self.rows.remove(&row) else { return };
        self.by_hash.remove(&held.message.hash);
        self.by_expiry.remove(&(held.message.expiry, row));
        if let Some(rows) = self.by_place.get_mut(&held.place) {
            rows.remove(&row);
            if rows.is_empty() {
                self.by_place.remove(&held.place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: Address = Address::from_bytes([3; 33]);
    const INBOX: Namespace = Namespace::DEFAULT;
    const OUTBOX: Namespace = Namespace::ACCOUNT_KEYS;

    fn time(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn message(data: &str, timestamp: u64, expiry: u64) -> StoredMessage {
        let hash = MessageHash::of(&ACCOUNT, INBOX, data.as_bytes());
        StoredMessage::new(hash, time(timestamp), time(expiry), data.into())
    }

    fn read(storage: &Storage, namespace: Namespace, after: Option<&str>, now: u64) -> Vec<String> {
        let after = after.map(|data| message(data, 0, 0).hash);
        storage
            .retrieve(ACCOUNT, namespace, after.as_ref(), time(now))
            .map(|message| String::from_utf8(message.data.clone()).unwrap())
            .collect()
    }

    fn with(data: &[&str]) -> Storage {
        let mut storage = Storage::default();
        for data in data {
            storage.store(ACCOUNT, INBOX, message(data, 1, 100));
        }
        storage
    }

    #[test]
    fn messages_come_in_the_order_of_their_arrival() {
        let storage = with(&["b", "a", "c"]);
        assert_eq!(read(&storage, INBOX, None, 0), ["b", "a", "c"]);
        assert_eq!(read(&storage, INBOX, Some("b"), 0), ["a", "c"]);
        assert_eq!(read(&storage, INBOX, Some("c"), 0), [""; 0]);
    }

    #[test]
    fn an_unknown_or_foreign_hash_starts_from_the_beginning() {
        let mut storage = with(&["b", "a"]);
        storage.store(ACCOUNT, OUTBOX, message("elsewhere", 1, 100));
        for after in ["never seen", "elsewhere"] {
            assert_eq!(read(&storage, INBOX, Some(after), 0), ["b", "a"], "{after}");
        }
    }

    #[test]
    fn a_second_store_extends_and_never_shortens() {
        let mut storage = with(&["a"]);
        for (expiry, expected) in [(50, 100), (100, 100), (200, 200), (150, 200)] {
            let stored = storage.store(ACCOUNT, INBOX, message("a", 1, expiry));
            assert_eq!(stored, Stored { expiry: time(expected), already: true }, "{expiry}");
        }
        storage.expire(time(199));
        assert_eq!(storage.len(), 1);
        storage.expire(time(200));
        assert!(storage.is_empty());
        assert_eq!(storage.by_expiry.len() + storage.by_place.len() + storage.by_hash.len(), 0);
    }

    #[test]
    fn expired_messages_are_not_returned_even_before_they_are_removed() {
        let storage = with(&["a"]);
        assert_eq!(read(&storage, INBOX, None, 99), ["a"]);
        assert_eq!(read(&storage, INBOX, None, 100), [""; 0]);
        assert!(storage.holds(&message("a", 0, 0).hash, time(99)));
        assert!(!storage.holds(&message("a", 0, 0).hash, time(100)));
    }

    #[test]
    fn an_outbox_holds_the_latest_message() {
        let mut storage = Storage::default();
        for (data, timestamp, expected) in [
            ("first", 5, "first"),
            ("older", 4, "first"),
            ("equal", 5, "first"),
            ("later", 6, "later"),
        ] {
            storage.store(ACCOUNT, OUTBOX, message(data, timestamp, 100));
            assert_eq!(read(&storage, OUTBOX, None, 0), [expected], "{data}");
        }
        assert_eq!(storage.len(), 1);
    }
}
