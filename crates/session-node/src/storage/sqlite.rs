//! Storage in an SQLite database: one file for each node, in write-ahead mode (feature `sqlite`).

use std::{collections::BTreeSet, ops::ControlFlow, path::Path};

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
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
    revocations, schema, size,
};

mod file;
mod rows;
mod sweep;
#[cfg(test)]
mod tests;

use file::DatabaseFiles;
use rows::{address, array, hash, millis, number, stamp, time, to_transfer, tokens};

/// What leads from each version to the next.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE messages (
        row INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of arrival; no number serves twice
        hash TEXT NOT NULL UNIQUE,
        account BLOB NOT NULL,
        namespace INTEGER NOT NULL,
        timestamp INTEGER NOT NULL,            -- ms
        expiry INTEGER NOT NULL,               -- ms
        data BLOB NOT NULL                     -- last: what stands before it is read without it
    ) STRICT;
    CREATE INDEX messages_by_place ON messages (account, namespace, row);
    CREATE INDEX messages_by_expiry ON messages (expiry);
    CREATE TABLE revocations (
        account BLOB PRIMARY KEY,
        tokens BLOB NOT NULL                   -- 36 bytes each, the oldest first
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE owed (peer BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
"];

/// Statements that are kept ready.
const STATEMENTS: usize = 64;

/// Messages and revocations in a database.
#[derive(Debug)]
pub struct SqliteStorage {
    connection: Connection,
    /// Its files; `None` in memory.
    files: Option<DatabaseFiles>,
    count: usize,
    pub(super) bytes: u64,
    /// No message expires before this.
    next_expiry: Option<i64>,
    owed: BTreeSet<Ed25519PublicKey>,
}

impl SqliteStorage {
    /// Opens the database at `path`, or makes it.
    ///
    /// # Errors
    /// [`StorageError::File`], also if another process has it open or it is that of a later version.
    pub fn open(path: &Path) -> Result<Self, StorageError> {
        let opened = schema::open_private(path).and_then(Self::of);
        let mut storage = opened.map_err(|error| error.at(path))?;
        let mut files = DatabaseFiles::of(path);
        files.check().map_err(|error| error.at(path))?;
        storage.files = Some(files);
        Ok(storage)
    }

    /// Whether what is written now stays: fails with [`StorageError::Taken`] if not.
    fn check_files(&mut self) -> Result<(), StorageError> {
        self.files.as_mut().map_or(Ok(()), DatabaseFiles::check)
    }

    /// Database in memory, for tests.
    #[cfg(test)]
    pub(super) fn in_memory() -> Self {
        Self::of(Connection::open_in_memory().unwrap()).unwrap()
    }

    fn of(mut connection: Connection) -> Result<Self, StorageError> {
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        schema::prepare(&mut connection, &MIGRATIONS)?;
        let sums = "SELECT count(*), coalesce(sum(length(data)), 0) FROM messages";
        let (count, data): (i64, i64) =
            connection.query_row(sums, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let bytes = u64::try_from(data).unwrap_or(u64::MAX);
        let bytes = bytes.saturating_add(size(0).saturating_mul(number(count)));
        let mut storage = Self {
            connection,
            files: None,
            count,
            bytes,
            next_expiry: None,
            owed: BTreeSet::new(),
        };
        storage.next_expiry = storage.first_expiry()?;
        storage.owed = storage.owed()?;
        Ok(storage)
    }

    fn first_expiry(&self) -> Result<Option<i64>, StorageError> {
        let mut first = self.connection.prepare_cached("SELECT min(expiry) FROM messages")?;
        Ok(first.query_row([], |row| row.get(0))?)
    }

    /// Takes note that something expires then.
    fn expires_at(&mut self, expiry: i64) {
        self.next_expiry = Some(self.next_expiry.map_or(expiry, |next| next.min(expiry)));
    }

    fn forget(&mut self, lengths: impl Iterator<Item = i64>) {
        for length in lengths {
            self.count = self.count.saturating_sub(1);
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            self.bytes = self.bytes.saturating_sub(size(length));
        }
    }

    fn change_revocations<T>(
        &mut self,
        account: &Address,
        change: impl FnOnce(&mut Vec<SubaccountToken>) -> T,
    ) -> Result<T, StorageError> {
        self.check_files()?;
        let mut revoked = self.revoked(account)?;
        let changed = change(&mut revoked);
        let tokens: Vec<u8> = revoked.iter().flat_map(|token| token.to_bytes()).collect();
        let account = account.to_bytes();
        if tokens.is_empty() {
            let sql = "DELETE FROM revocations WHERE account = ?1";
            self.connection.prepare_cached(sql)?.execute([account])?;
        } else {
            let sql = "INSERT OR REPLACE INTO revocations VALUES (?1, ?2)";
            self.connection.prepare_cached(sql)?.execute(params![account, tokens])?;
        }
        Ok(changed)
    }

    /// Extends a message that is there already; `None` if it is not.
    fn extend(
        &mut self,
        hash: &MessageHash,
        expiry: Timestamp,
    ) -> Result<Option<Timestamp>, StorageError> {
        let sql = "SELECT row, expiry FROM messages WHERE hash = ?1";
        let found = self
            .connection
            .prepare_cached(sql)?
            .query_row([hash.as_str()], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
        let Some((row, current)) = found.optional()? else { return Ok(None) };
        if millis(expiry) > current {
            move_expiry(&self.connection, row, millis(expiry))?;
            self.expires_at(millis(expiry));
        }
        Ok(Some(time(current).max(expiry)))
    }
}

impl Storage for SqliteStorage {
    fn store(
        &mut self,
        account: Address,
        namespace: Namespace,
        message: StoredMessage,
    ) -> Result<Stored, StorageError> {
        self.check_files()?;
        if let Some(expiry) = self.extend(&message.hash, message.expiry)? {
            return Ok(Stored { expiry, already: true });
        }
        let size = size(message.data.len());
        if self.bytes.saturating_add(size) > MAX_BYTES {
            return Err(StorageError::Full);
        }
        let stored = Stored { expiry: message.expiry, already: false };
        let transaction = self.connection.transaction()?;
        let mut replaced = Vec::new();
        if namespace.is_public_outbox() {
            if has_from(&transaction, &account, namespace, message.timestamp)? {
                return Ok(stored);
            }
            let sql =
                "DELETE FROM messages WHERE account = ?1 AND namespace = ?2 RETURNING length(data)";
            let mut delete = transaction.prepare_cached(sql)?;
            let lengths =
                delete.query_map(params![account.to_bytes(), namespace.get()], |row| row.get(0))?;
            replaced = lengths.collect::<Result<_, _>>()?;
        }
        let sql = "INSERT INTO messages (hash, account, namespace, timestamp, expiry, data)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        transaction.prepare_cached(sql)?.execute(params![
            message.hash.as_str(),
            account.to_bytes(),
            namespace.get(),
            millis(message.timestamp),
            millis(message.expiry),
            message.data,
        ])?;
        transaction.commit()?;
        self.forget(replaced.into_iter());
        self.count = self.count.saturating_add(1);
        self.bytes = self.bytes.saturating_add(size);
        self.expires_at(millis(message.expiry));
        Ok(stored)
    }

    fn retrieve(
        &self,
        place: (Address, Namespace),
        order: Order,
        mark: Option<&MessageHash>,
        now: Timestamp,
        visit: &mut dyn FnMut(&StoredMessage) -> ControlFlow<()>,
    ) -> Result<(), StorageError> {
        let (account, namespace) = (place.0.to_bytes(), place.1.get());
        let mut found = None;
        if let Some(hash) = mark {
            let sql =
                "SELECT row FROM messages WHERE hash = ?1 AND account = ?2 AND namespace = ?3";
            let mut mark = self.connection.prepare_cached(sql)?;
            let row = mark.query_row(params![hash.as_str(), account, namespace], |row| row.get(0));
            // An unknown hash (expired, or another node's) starts from the beginning (05 §5.3).
            found = row.optional()?;
        }
        let (sql, mark): (_, i64) = match order {
            Order::OldestFirst => (
                "SELECT hash, timestamp, expiry, data FROM messages
                 WHERE account = ?1 AND namespace = ?2 AND row > ?3 AND expiry > ?4 ORDER BY row",
                found.unwrap_or(i64::MIN),
            ),
            Order::NewestFirst => (
                "SELECT hash, timestamp, expiry, data FROM messages
                 WHERE account = ?1 AND namespace = ?2 AND row < ?3 AND expiry > ?4
                 ORDER BY row DESC",
                found.unwrap_or(i64::MAX),
            ),
        };
        let mut select = self.connection.prepare_cached(sql)?;
        let mut rows = select.query(params![account, namespace, mark, millis(now)])?;
        while let Some(row) = rows.next()? {
            let message =
                StoredMessage::new(hash(row, 0)?, stamp(row, 1)?, stamp(row, 2)?, row.get(3)?);
            if visit(&message).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn delete(
        &mut self,
        account: &Address,
        messages: &[MessageHash],
    ) -> Result<Vec<MessageHash>, StorageError> {
        self.check_files()?;
        let (mut deleted, mut lengths) = (Vec::new(), Vec::new());
        let transaction = self.connection.transaction()?;
        let sql = "DELETE FROM messages WHERE hash = ?1 AND account = ?2 RETURNING length(data)";
        for hash in messages {
            let mut delete = transaction.prepare_cached(sql)?;
            let length = delete
                .query_row(params![hash.as_str(), account.to_bytes()], |row| row.get::<_, i64>(0));
            if let Some(length) = length.optional()? {
                lengths.push(length);
                deleted.push(*hash);
            }
        }
        transaction.commit()?;
        self.forget(lengths.into_iter());
        Ok(deleted)
    }

    fn sweep(
        &mut self,
        account: &Address,
        namespaces: Namespaces,
        sweep: Sweep,
        time: Timestamp,
    ) -> Result<SweptMessages, StorageError> {
        self.check_files()?;
        self.sweep_rows(account, namespaces, sweep, time)
    }

    fn set_expiries(
        &mut self,
        account: &Address,
        expiries: &[(MessageHash, Timestamp)],
        mode: ExpireMode,
    ) -> Result<Vec<Option<ExpirySet>>, StorageError> {
        self.check_files()?;
        let transaction = self.connection.transaction()?;
        let (mut set, mut first) = (Vec::with_capacity(expiries.len()), None);
        for (hash, expiry) in expiries {
            set.push(match row_of(&transaction, account, hash)? {
                None => None,
                Some((_, current)) if !mode.applies(time(current), *expiry) => {
                    Some(ExpirySet::Unchanged(time(current)))
                }
                Some((row, _)) => {
                    move_expiry(&transaction, row, millis(*expiry))?;
                    first = Some(first.map_or(millis(*expiry), |first| millis(*expiry).min(first)));
                    Some(ExpirySet::Updated)
                }
            });
        }
        transaction.commit()?;
        if let Some(first) = first {
            self.expires_at(first);
        }
        Ok(set)
    }

    fn expiry(
        &self,
        account: &Address,
        hash: &MessageHash,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StorageError> {
        let expiry = row_of(&self.connection, account, hash)?.map(|(_, expiry)| time(expiry));
        Ok(expiry.filter(|expiry| *expiry > now))
    }

    fn revoke(&mut self, account: Address, tokens: &[SubaccountToken]) -> Result<(), StorageError> {
        self.change_revocations(&account, |revoked| revocations::add(revoked, tokens))
    }

    fn merge_revocations(
        &mut self,
        account: Address,
        tokens: &[SubaccountToken],
    ) -> Result<(), StorageError> {
        self.change_revocations(&account, |revoked| revocations::merge(revoked, tokens))
    }

    fn unrevoke(
        &mut self,
        account: &Address,
        tokens: &[SubaccountToken],
    ) -> Result<usize, StorageError> {
        self.change_revocations(account, |revoked| revocations::remove(revoked, tokens))
    }

    fn revoked(&self, account: &Address) -> Result<Vec<SubaccountToken>, StorageError> {
        let sql = "SELECT tokens FROM revocations WHERE account = ?1";
        let mut select = self.connection.prepare_cached(sql)?;
        let bytes: Option<Vec<u8>> =
            select.query_row([account.to_bytes()], |row| row.get(0)).optional()?;
        tokens(&bytes.unwrap_or_default())
    }

    fn accounts(&self) -> Result<BTreeSet<Address>, StorageError> {
        let sql = "SELECT DISTINCT account FROM messages UNION SELECT account FROM revocations";
        let mut select = self.connection.prepare_cached(sql)?;
        let mut rows = select.query([])?;
        let mut accounts = BTreeSet::new();
        while let Some(row) = rows.next()? {
            accounts.insert(address(row, 0)?);
        }
        Ok(accounts)
    }

    fn retain(&mut self, stays: &dyn Fn(&Address) -> bool) -> Result<(), StorageError> {
        let mut leave = self.accounts()?;
        leave.retain(|account| !stays(account));
        let mut lengths = Vec::new();
        let transaction = self.connection.transaction()?;
        for account in leave {
            let sql = "DELETE FROM messages WHERE account = ?1 RETURNING length(data)";
            let mut delete = transaction.prepare_cached(sql)?;
            for length in delete.query_map([account.to_bytes()], |row| row.get::<_, i64>(0))? {
                lengths.push(length?);
            }
            let sql = "DELETE FROM revocations WHERE account = ?1";
            transaction.prepare_cached(sql)?.execute([account.to_bytes()])?;
        }
        transaction.commit()?;
        self.forget(lengths.into_iter());
        Ok(())
    }

    fn transfer(&self, hash: &MessageHash) -> Result<Option<Transfer>, StorageError> {
        let sql =
            "SELECT account, namespace, timestamp, expiry, data FROM messages WHERE hash = ?1";
        let mut select = self.connection.prepare_cached(sql)?;
        let mut rows = select.query([hash.as_str()])?;
        rows.next()?.map(|row| to_transfer(row, 0)).transpose()
    }

    fn batch_from(
        &self,
        row: Row,
        now: Timestamp,
        wanted: &dyn Fn(&Address) -> bool,
    ) -> Result<(Vec<Transfer>, Row), StorageError> {
        let sql = "SELECT row, account, namespace, timestamp, expiry, data FROM messages
            WHERE row >= ?1 AND expiry > ?2 ORDER BY row";
        let mut select = self.connection.prepare_cached(sql)?;
        let mut rows = select.query([i64::try_from(row).unwrap_or(i64::MAX), millis(now)])?;
        let (mut batch, mut length, mut end) = (Vec::new(), 0_u64, row);
        while let Some(row) = rows.next()? {
            let number = u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default();
            end = number.saturating_add(1);
            if wanted(&address(row, 1)?) {
                let transfer = to_transfer(row, 1)?;
                length = length.saturating_add(size(transfer.data.len()));
                if length > BATCH_BYTES && !batch.is_empty() {
                    return Ok((batch, number));
                }
                batch.push(transfer);
            }
        }
        Ok((batch, end))
    }

    fn revocations_behind(
        &self,
        account: Option<&Address>,
        wanted: &dyn Fn(&Address) -> bool,
    ) -> Result<Vec<(Address, Vec<SubaccountToken>)>, StorageError> {
        let sql = "SELECT account, tokens FROM revocations WHERE account > ?1 ORDER BY account";
        let mut select = self.connection.prepare_cached(sql)?;
        // Nothing lies before the empty key.
        let mut rows =
            select.query([account.map(|one| one.to_bytes().to_vec()).unwrap_or_default()])?;
        let mut batch = Vec::new();
        while let Some(row) = rows.next()? {
            let account = address(row, 0)?;
            if wanted(&account) {
                batch.push((account, tokens(&row.get::<_, Vec<u8>>(1)?)?));
            }
            if batch.len() == BATCH_ACCOUNTS {
                break;
            }
        }
        Ok(batch)
    }

    fn expire(&mut self, now: Timestamp) -> Result<(), StorageError> {
        let now = millis(now);
        if self.next_expiry.is_none_or(|next| next > now) {
            return Ok(());
        }
        let sql = "DELETE FROM messages WHERE expiry <= ?1 RETURNING length(data)";
        let mut delete = self.connection.prepare_cached(sql)?;
        let lengths = delete.query_map([now], |row| row.get(0))?.collect::<Result<Vec<_>, _>>()?;
        drop(delete);
        self.forget(lengths.into_iter());
        self.next_expiry = self.first_expiry()?;
        Ok(())
    }

    fn holds(&self, hash: &MessageHash, now: Timestamp) -> Result<bool, StorageError> {
        let sql = "SELECT 1 FROM messages WHERE hash = ?1 AND expiry > ?2";
        let mut select = self.connection.prepare_cached(sql)?;
        Ok(select.exists(params![hash.as_str(), millis(now)])?)
    }

    fn len(&self) -> usize {
        self.count
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn owed(&self) -> Result<BTreeSet<Ed25519PublicKey>, StorageError> {
        let mut select = self.connection.prepare_cached("SELECT peer FROM owed")?;
        let mut rows = select.query([])?;
        let mut peers = BTreeSet::new();
        while let Some(row) = rows.next()? {
            peers.insert(Ed25519PublicKey::from_bytes(array(row, 0, "key")?));
        }
        Ok(peers)
    }

    fn set_owed(&mut self, peers: &BTreeSet<Ed25519PublicKey>) -> Result<(), StorageError> {
        if *peers == self.owed {
            return Ok(());
        }
        let transaction = self.connection.transaction()?;
        for settled in self.owed.difference(peers) {
            let mut delete = transaction.prepare_cached("DELETE FROM owed WHERE peer = ?1")?;
            delete.execute([settled.as_bytes()])?;
        }
        for new in peers.difference(&self.owed) {
            transaction
                .prepare_cached("INSERT INTO owed VALUES (?1)")?
                .execute([new.as_bytes()])?;
        }
        transaction.commit()?;
        self.owed.clone_from(peers);
        Ok(())
    }
}

/// Row and expiry of a message of `account`.
fn row_of(
    connection: &Connection,
    account: &Address,
    hash: &MessageHash,
) -> Result<Option<(i64, i64)>, StorageError> {
    let sql = "SELECT row, expiry FROM messages WHERE hash = ?1 AND account = ?2";
    let mut found = connection.prepare_cached(sql)?;
    let found = found.query_row(params![hash.as_str(), account.to_bytes()], |row| {
        Ok((row.get(0)?, row.get(1)?))
    });
    Ok(found.optional()?)
}

fn move_expiry(connection: &Connection, row: i64, expiry: i64) -> Result<(), StorageError> {
    let sql = "UPDATE messages SET expiry = ?2 WHERE row = ?1";
    connection.prepare_cached(sql)?.execute([row, expiry])?;
    Ok(())
}

impl From<std::io::Error> for StorageError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull => Self::Full,
            _ => Self::Database(error.into()),
        }
    }
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            _ => Self::Database(error.into()),
        }
    }
}

/// Whether the namespace has a message of this time or later.
fn has_from(
    transaction: &Transaction<'_>,
    account: &Address,
    namespace: Namespace,
    timestamp: Timestamp,
) -> Result<bool, StorageError> {
    let sql = "SELECT 1 FROM messages WHERE account = ?1 AND namespace = ?2 AND timestamp >= ?3";
    let mut select = transaction.prepare_cached(sql)?;
    Ok(select.exists(params![account.to_bytes(), namespace.get(), millis(timestamp)])?)
}
