//! The messages that one node holds, in memory (05 §7).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use session_identity::Timestamp;
use session_swarm::{
    address::Address,
    answer::{StoredMessage, SweptMessages},
    message_hash::MessageHash,
    namespace::Namespace,
    request::{ExpireMode, Namespaces, Sweep},
    subaccount::SubaccountToken,
    transfer::Transfer,
};

mod revocations;
#[cfg(test)]
mod tests;

use revocations::Revocations;

/// Bytes that a node holds at most (05 §4.3).
pub const MAX_BYTES: u64 = 3_584 * 1024 * 1024;
/// What a message takes beside its data, roughly.
const ROW_OVERHEAD: u64 = 200;

/// Bytes that are handed over at once; the format allows a little more.
const BATCH_BYTES: u64 = 8_000_000;

/// Number of a row: the order in which a node stored its messages, its own and no other node's.
pub(crate) type Row = u64;

/// Messages by account and namespace, in the order of their arrival at this node; and revoked subaccounts.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    rows: BTreeMap<Row, Held>,
    by_hash: HashMap<MessageHash, Row>,
    by_place: BTreeMap<(Address, Namespace), BTreeSet<Row>>,
    by_expiry: BTreeSet<(Timestamp, Row)>,
    next: Row,
    bytes: u64,
    revocations: Revocations,
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

/// The node holds [`MAX_BYTES`] already.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("database is full")]
#[non_exhaustive]
pub struct Full;

/// What became of a message whose expiry was to be set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "changed or not")]
pub enum ExpirySet {
    /// It has the new expiry.
    Updated,
    /// It keeps this one: the new one lies in the other direction.
    Unchanged(Timestamp),
}

impl Held {
    fn to_transfer(&self) -> Transfer {
        let StoredMessage { timestamp, expiry, data, .. } = &self.message;
        Transfer::new(self.place.0, self.place.1, data.clone(), *timestamp, *expiry)
    }
}

impl Storage {
    /// Stores a message. One that is there already keeps its place and its later expiry (05 §4.3). A public
    /// outbox holds one message, which only a later one replaces (05 §4.2).
    ///
    /// # Errors
    /// [`Full`].
    pub fn store(
        &mut self,
        account: Address,
        namespace: Namespace,
        message: StoredMessage,
    ) -> Result<Stored, Full> {
        if let Some(row) = self.by_hash.get(&message.hash).copied() {
            return Ok(Stored { expiry: self.extend(row, message.expiry), already: true });
        }
        if self.bytes.saturating_add(size(&message)) > MAX_BYTES {
            return Err(Full);
        }
        let place = (account, namespace);
        let expiry = message.expiry;
        if namespace.is_public_outbox() {
            if self.in_place(place).any(|(_, held)| held.timestamp >= message.timestamp) {
                return Ok(Stored { expiry, already: false });
            }
            self.remove_place(place);
        }
        self.insert(place, message);
        Ok(Stored { expiry, already: false })
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
        let start = self.row_among(rows, after).map_or(0, |row| row.saturating_add(1));
        let rows = rows.into_iter().flat_map(move |rows| rows.range(start..));
        self.living(rows, now)
    }

    /// The same backwards: the newest first, down from `before`.
    pub fn retrieve_newest_first(
        &self,
        account: Address,
        namespace: Namespace,
        before: Option<&MessageHash>,
        now: Timestamp,
    ) -> impl Iterator<Item = &StoredMessage> {
        let rows = self.by_place.get(&(account, namespace));
        let end = self.row_among(rows, before).unwrap_or(Row::MAX);
        let rows = rows.into_iter().flat_map(move |rows| rows.range(..end).rev());
        self.living(rows, now)
    }

    /// Removes those of the messages that `account` has; returns which.
    pub fn delete(&mut self, account: &Address, messages: &[MessageHash]) -> Vec<MessageHash> {
        let mut deleted = Vec::new();
        for hash in messages {
            if let Some(row) = self.row_of(account, hash) {
                self.remove(row);
                deleted.push(*hash);
            }
        }
        deleted
    }

    /// Deletes messages of whole namespaces or has them expire at `time`, as `sweep` says; returns which.
    pub fn sweep(
        &mut self,
        account: &Address,
        namespaces: Namespaces,
        sweep: Sweep,
        time: Timestamp,
    ) -> SweptMessages {
        match namespaces {
            Namespaces::One(namespace) => {
                SweptMessages::One(self.sweep_place((*account, namespace), sweep, time))
            }
            Namespaces::All => {
                let range =
                    (*account, Namespace::new(i16::MIN))..=(*account, Namespace::new(i16::MAX));
                let places: Vec<_> = self.by_place.range(range).map(|(place, _)| *place).collect();
                let swept =
                    places.into_iter().map(|place| (place.1, self.sweep_place(place, sweep, time)));
                SweptMessages::All(swept.filter(|(_, hashes)| !hashes.is_empty()).collect())
            }
        }
    }

    /// Sets when a message of `account` expires; `None` if the account has no such message.
    pub fn set_expiry(
        &mut self,
        account: &Address,
        hash: &MessageHash,
        expiry: Timestamp,
        mode: ExpireMode,
    ) -> Option<ExpirySet> {
        let row = self.row_of(account, hash)?;
        let current = self.rows.get(&row)?.message.expiry;
        if !mode.applies(current, expiry) {
            return Some(ExpirySet::Unchanged(current));
        }
        self.move_expiry(row, expiry);
        Some(ExpirySet::Updated)
    }

    /// When a message of `account` expires; `None` if the account has no such message, or no longer.
    #[must_use]
    pub fn expiry(
        &self,
        account: &Address,
        hash: &MessageHash,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let row = self.row_of(account, hash)?;
        self.rows.get(&row).map(|held| held.message.expiry).filter(|expiry| *expiry > now)
    }

    /// Revokes subaccounts of `account`.
    pub fn revoke(&mut self, account: Address, tokens: &[SubaccountToken]) {
        self.revocations.add(account, tokens);
    }

    /// Takes revocations back; returns how many there were.
    pub fn unrevoke(&mut self, account: &Address, tokens: &[SubaccountToken]) -> usize {
        self.revocations.remove(account, tokens)
    }

    /// The revoked subaccounts of `account`, the oldest revocation first.
    #[must_use]
    pub fn revoked(&self, account: &Address) -> Vec<SubaccountToken> {
        self.revocations.of(account)
    }

    /// Accounts that have messages here, each once.
    pub fn accounts(&self) -> impl Iterator<Item = &Address> {
        let mut last = None;
        let accounts = self.by_place.keys().map(|(account, _)| account);
        accounts.filter(move |account| last.replace(*account) != Some(*account))
    }

    /// Forgets the messages and revocations of accounts that are not to `stay`.
    pub fn retain(&mut self, stays: impl Fn(&Address) -> bool) {
        let leave: Vec<_> = self.accounts().filter(|account| !stays(account)).copied().collect();
        for account in leave {
            self.sweep(&account, Namespaces::All, Sweep::DeleteAll, Timestamp::from_millis(0));
        }
        self.revocations.retain(stays);
    }

    /// A message as it is handed over.
    #[must_use]
    pub fn transfer(&self, hash: &MessageHash) -> Option<Transfer> {
        let row = self.by_hash.get(hash)?;
        self.rows.get(row).map(Held::to_transfer)
    }

    /// Messages of the accounts that are `wanted`, from this row on, as many as make a batch; and the row where
    /// the next batch starts.
    pub(crate) fn batch_from(
        &self,
        row: Row,
        now: Timestamp,
        wanted: impl Fn(&Address) -> bool,
    ) -> (Vec<Transfer>, Row) {
        let mut batch = Vec::new();
        let mut length: u64 = 0;
        for (row, held) in self.rows.range(row..) {
            if held.message.expiry > now && wanted(&held.place.0) {
                length = length.saturating_add(size(&held.message));
                if length > BATCH_BYTES && !batch.is_empty() {
                    return (batch, *row);
                }
                batch.push(held.to_transfer());
            }
        }
        (batch, self.next)
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

    /// Bytes that the messages take, roughly.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    fn living<'a>(
        &'a self,
        rows: impl Iterator<Item = &'a Row>,
        now: Timestamp,
    ) -> impl Iterator<Item = &'a StoredMessage> {
        let messages = rows.filter_map(|row| self.rows.get(row)).map(|held| &held.message);
        messages.filter(move |message| message.expiry > now)
    }

    /// Row of a message if it is one of `rows`.
    fn row_among(&self, rows: Option<&BTreeSet<Row>>, hash: Option<&MessageHash>) -> Option<Row> {
        let row = *self.by_hash.get(hash?)?;
        rows?.contains(&row).then_some(row)
    }

    fn row_of(&self, account: &Address, hash: &MessageHash) -> Option<Row> {
        let row = *self.by_hash.get(hash)?;
        (self.rows.get(&row)?.place.0 == *account).then_some(row)
    }

    fn in_place(&self, place: (Address, Namespace)) -> impl Iterator<Item = (Row, &StoredMessage)> {
        let rows = self.by_place.get(&place).into_iter().flatten();
        rows.filter_map(|row| self.rows.get(row).map(|held| (*row, &held.message)))
    }

    fn sweep_place(
        &mut self,
        place: (Address, Namespace),
        sweep: Sweep,
        time: Timestamp,
    ) -> Vec<MessageHash> {
        let applies = |message: &StoredMessage| match sweep {
            Sweep::DeleteBefore => message.timestamp <= time,
            Sweep::ExpireAll => message.expiry > time,
            _ => true,
        };
        let rows = self.in_place(place).filter(|(_, message)| applies(message));
        let (rows, hashes): (Vec<_>, Vec<_>) =
            rows.map(|(row, message)| (row, message.hash)).unzip();
        for row in rows {
            match sweep {
                Sweep::ExpireAll => self.move_expiry(row, time),
                _ => self.remove(row),
            }
        }
        hashes
    }

    fn insert(&mut self, place: (Address, Namespace), message: StoredMessage) {
        let row = self.next;
        self.next = row.saturating_add(1);
        self.bytes = self.bytes.saturating_add(size(&message));
        self.by_hash.insert(message.hash, row);
        self.by_place.entry(place).or_default().insert(row);
        self.by_expiry.insert((message.expiry, row));
        self.rows.insert(row, Held { place, message });
    }

    /// Moves the expiry of `row` to `expiry` if that is later; returns the expiry that holds now.
    fn extend(&mut self, row: Row, expiry: Timestamp) -> Timestamp {
        let Some(held) = self.rows.get(&row) else { return expiry };
        let current = held.message.expiry;
        if expiry > current {
            self.move_expiry(row, expiry);
        }
        current.max(expiry)
    }

    fn move_expiry(&mut self, row: Row, expiry: Timestamp) {
        if let Some(held) = self.rows.get_mut(&row) {
            self.by_expiry.remove(&(held.message.expiry, row));
            self.by_expiry.insert((expiry, row));
            held.message.expiry = expiry;
        }
    }

    fn remove_place(&mut self, place: (Address, Namespace)) {
        for row in self.by_place.remove(&place).unwrap_or_default() {
            self.remove(row);
        }
    }

    fn remove(&mut self, row: Row) {
        let Some(held) = self.rows.remove(&row) else { return };
        self.bytes = self.bytes.saturating_sub(size(&held.message));
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

fn size(message: &StoredMessage) -> u64 {
    u64::try_from(message.data.len()).unwrap_or(u64::MAX).saturating_add(ROW_OVERHEAD)
}
