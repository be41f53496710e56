//! Storage in memory: quick, and gone with the process.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::{Bound, ControlFlow},
};

use session_crypto::ed25519::Ed25519PublicKey;
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

use super::{
    BATCH_ACCOUNTS, BATCH_BYTES, ExpirySet, MAX_BYTES, Order, Row, Storage, StorageError, Stored,
    revocations, size,
};

/// Messages and revocations in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    rows: BTreeMap<Row, Held>,
    by_hash: HashMap<MessageHash, Row>,
    by_place: BTreeMap<(Address, Namespace), BTreeSet<Row>>,
    by_expiry: BTreeSet<(Timestamp, Row)>,
    next: Row,
    pub(super) bytes: u64,
    revocations: BTreeMap<Address, Vec<SubaccountToken>>,
}

/// A message and where it lies.
#[derive(Clone, Debug)]
struct Held {
    place: (Address, Namespace),
    message: StoredMessage,
}

impl Held {
    fn to_transfer(&self) -> Transfer {
        let StoredMessage { timestamp, expiry, data, .. } = &self.message;
        Transfer::new(self.place.0, self.place.1, data.clone(), *timestamp, *expiry)
    }
}

impl Storage for MemoryStorage {
    fn store(
        &mut self,
        account: Address,
        namespace: Namespace,
        message: StoredMessage,
    ) -> Result<Stored, StorageError> {
        if let Some(row) = self.by_hash.get(&message.hash).copied() {
            return Ok(Stored { expiry: self.extend(row, message.expiry), already: true });
        }
        if self.bytes.saturating_add(size(message.data.len())) > MAX_BYTES {
            return Err(StorageError::Full);
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

    fn retrieve(
        &self,
        place: (Address, Namespace),
        order: Order,
        mark: Option<&MessageHash>,
        now: Timestamp,
        visit: &mut dyn FnMut(&StoredMessage) -> ControlFlow<()>,
    ) -> Result<(), StorageError> {
        let Some(rows) = self.by_place.get(&place) else { return Ok(()) };
        // An unknown hash (expired, or another node's) starts from the beginning (05 §5.3).
        let mark = mark.and_then(|hash| self.by_hash.get(hash)).filter(|row| rows.contains(row));
        let living = |row: &Row| Some(&self.rows.get(row)?.message).filter(|one| one.expiry > now);
        let _ = match (order, mark) {
            (Order::OldestFirst, None) => rows.iter().filter_map(living).try_for_each(visit),
            (Order::OldestFirst, Some(mark)) => {
                rows.range(mark.saturating_add(1)..).filter_map(living).try_for_each(visit)
            }
            (Order::NewestFirst, None) => rows.iter().rev().filter_map(living).try_for_each(visit),
            (Order::NewestFirst, Some(mark)) => {
                rows.range(..mark).rev().filter_map(living).try_for_each(visit)
            }
        };
        Ok(())
    }

    fn delete(
        &mut self,
        account: &Address,
        messages: &[MessageHash],
    ) -> Result<Vec<MessageHash>, StorageError> {
        let mut deleted = Vec::new();
        for hash in messages {
            if let Some((row, _)) = self.row_of(account, hash) {
                self.remove(row);
                deleted.push(*hash);
            }
        }
        Ok(deleted)
    }

    fn sweep(
        &mut self,
        account: &Address,
        namespaces: Namespaces,
        sweep: Sweep,
        time: Timestamp,
    ) -> Result<SweptMessages, StorageError> {
        Ok(match namespaces {
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
        })
    }

    fn set_expiries(
        &mut self,
        account: &Address,
        expiries: &[(MessageHash, Timestamp)],
        mode: ExpireMode,
    ) -> Result<Vec<Option<ExpirySet>>, StorageError> {
        let mut set = |(hash, expiry): &(MessageHash, Timestamp)| {
            let (row, current) = self.row_of(account, hash)?;
            if !mode.applies(current, *expiry) {
                return Some(ExpirySet::Unchanged(current));
            }
            self.move_expiry(row, *expiry);
            Some(ExpirySet::Updated)
        };
        Ok(expiries.iter().map(&mut set).collect())
    }

    fn expiry(
        &self,
        account: &Address,
        hash: &MessageHash,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StorageError> {
        let expiry = self.row_of(account, hash).map(|(_, expiry)| expiry);
        Ok(expiry.filter(|expiry| *expiry > now))
    }

    fn revoke(&mut self, account: Address, tokens: &[SubaccountToken]) -> Result<(), StorageError> {
        self.change_revocations(account, |revoked| revocations::add(revoked, tokens));
        Ok(())
    }

    fn merge_revocations(
        &mut self,
        account: Address,
        tokens: &[SubaccountToken],
    ) -> Result<(), StorageError> {
        self.change_revocations(account, |revoked| revocations::merge(revoked, tokens));
        Ok(())
    }

    fn unrevoke(
        &mut self,
        account: &Address,
        tokens: &[SubaccountToken],
    ) -> Result<usize, StorageError> {
        Ok(self.change_revocations(*account, |revoked| revocations::remove(revoked, tokens)))
    }

    fn revoked(&self, account: &Address) -> Result<Vec<SubaccountToken>, StorageError> {
        Ok(self.revocations.get(account).cloned().unwrap_or_default())
    }

    fn accounts(&self) -> Result<BTreeSet<Address>, StorageError> {
        let with_messages = self.by_place.keys().map(|(account, _)| account);
        Ok(with_messages.chain(self.revocations.keys()).copied().collect())
    }

    fn retain(&mut self, stays: &dyn Fn(&Address) -> bool) -> Result<(), StorageError> {
        let places: Vec<_> = self.by_place.keys().filter(|(one, _)| !stays(one)).copied().collect();
        places.into_iter().for_each(|place| self.remove_place(place));
        self.revocations.retain(|account, _| stays(account));
        Ok(())
    }

    fn transfer(&self, hash: &MessageHash) -> Result<Option<Transfer>, StorageError> {
        let held = self.by_hash.get(hash).and_then(|row| self.rows.get(row));
        Ok(held.map(Held::to_transfer))
    }

    fn batch_from(
        &self,
        row: Row,
        now: Timestamp,
        wanted: &dyn Fn(&Address) -> bool,
    ) -> Result<(Vec<Transfer>, Row), StorageError> {
        let mut batch = Vec::new();
        let mut length: u64 = 0;
        for (row, held) in self.rows.range(row..) {
            if held.message.expiry > now && wanted(&held.place.0) {
                length = length.saturating_add(size(held.message.data.len()));
                if length > BATCH_BYTES && !batch.is_empty() {
                    return Ok((batch, *row));
                }
                batch.push(held.to_transfer());
            }
        }
        Ok((batch, self.next))
    }

    fn revocations_behind(
        &self,
        account: Option<&Address>,
        wanted: &dyn Fn(&Address) -> bool,
    ) -> Result<Vec<(Address, Vec<SubaccountToken>)>, StorageError> {
        let start = account.map_or(Bound::Unbounded, Bound::Excluded);
        let behind = self.revocations.range((start, Bound::Unbounded));
        let wanted = behind.filter(|(account, _)| wanted(account));
        Ok(wanted.take(BATCH_ACCOUNTS).map(|(one, tokens)| (*one, tokens.clone())).collect())
    }

    fn expire(&mut self, now: Timestamp) -> Result<(), StorageError> {
        while let Some((_, row)) = self.by_expiry.first().filter(|(expiry, _)| *expiry <= now) {
            self.remove(*row);
        }
        Ok(())
    }

    fn holds(&self, hash: &MessageHash, now: Timestamp) -> Result<bool, StorageError> {
        let held = self.by_hash.get(hash).and_then(|row| self.rows.get(row));
        Ok(held.is_some_and(|held| held.message.expiry > now))
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What is in memory does not outlive the node.
    fn owed(&self) -> Result<BTreeSet<Ed25519PublicKey>, StorageError> {
        Ok(BTreeSet::new())
    }

    fn set_owed(&mut self, _: &BTreeSet<Ed25519PublicKey>) -> Result<(), StorageError> {
        Ok(())
    }
}

impl MemoryStorage {
    /// Whether nothing is left behind of messages that are gone.
    #[cfg(test)]
    pub(super) fn is_clean(&self) -> bool {
        self.by_expiry.is_empty() && self.by_place.is_empty() && self.by_hash.is_empty()
    }

    /// Row and expiry of a message of `account`.
    fn row_of(&self, account: &Address, hash: &MessageHash) -> Option<(Row, Timestamp)> {
        let row = *self.by_hash.get(hash)?;
        let held = self.rows.get(&row).filter(|held| held.place.0 == *account)?;
        Some((row, held.message.expiry))
    }

    fn change_revocations<T>(
        &mut self,
        account: Address,
        change: impl FnOnce(&mut Vec<SubaccountToken>) -> T,
    ) -> T {
        let revoked = self.revocations.entry(account).or_default();
        let changed = change(revoked);
        if revoked.is_empty() {
            self.revocations.remove(&account);
        }
        changed
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
        self.bytes = self.bytes.saturating_add(size(message.data.len()));
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
        self.bytes = self.bytes.saturating_sub(size(held.message.data.len()));
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
