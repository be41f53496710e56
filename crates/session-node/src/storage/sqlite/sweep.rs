//! Deletion and expiry of whole namespaces.

use std::collections::BTreeMap;

use rusqlite::named_params;
use session_identity::Timestamp;
use session_swarm::{
    address::Address,
    answer::SweptMessages,
    message_hash::MessageHash,
    namespace::Namespace,
    request::{Namespaces, Sweep},
};

use super::{SqliteStorage, hash, millis};
use crate::storage::StorageError;

impl SqliteStorage {
    /// What [`Storage::sweep`](crate::storage::Storage::sweep) says.
    pub(super) fn sweep_rows(
        &mut self,
        account: &Address,
        namespaces: Namespaces,
        sweep: Sweep,
        time: Timestamp,
    ) -> Result<SweptMessages, StorageError> {
        let sql = match sweep {
            Sweep::DeleteBefore => {
                "DELETE FROM messages WHERE account = :account AND namespace BETWEEN :first AND :last
                 AND timestamp <= :time RETURNING row, namespace, hash, length(data)"
            }
            Sweep::ExpireAll => {
                "UPDATE messages SET expiry = :time
                 WHERE account = :account AND namespace BETWEEN :first AND :last
                 AND expiry > :time RETURNING row, namespace, hash, length(data)"
            }
            _ => {
                "DELETE FROM messages WHERE account = :account AND namespace BETWEEN :first AND :last
                 AND :time IS NOT NULL RETURNING row, namespace, hash, length(data)"
            }
        };
        let (first, last) = match namespaces {
            Namespaces::One(namespace) => (namespace.get(), namespace.get()),
            Namespaces::All => (i16::MIN, i16::MAX),
        };
        let mut swept: BTreeMap<i64, (Namespace, MessageHash, i64)> = BTreeMap::new();
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(named_params! {
            ":account": account.to_bytes(), ":first": first, ":last": last, ":time": millis(time),
        })?;
        while let Some(row) = rows.next()? {
            let place = (Namespace::new(row.get(1)?), hash(row, 2)?, row.get(3)?);
            swept.insert(row.get(0)?, place);
        }
        drop(rows);
        drop(statement);
        match sweep {
            Sweep::ExpireAll => self.expires_at(millis(time)),
            _ => self.forget(swept.values().map(|(.., length)| *length)),
        }
        // In the order of arrival.
        let mut all: BTreeMap<Namespace, Vec<MessageHash>> = BTreeMap::new();
        for (namespace, hash, _) in swept.into_values() {
            all.entry(namespace).or_default().push(hash);
        }
        Ok(match namespaces {
            Namespaces::One(namespace) => {
                SweptMessages::One(all.remove(&namespace).unwrap_or_default())
            }
            Namespaces::All => SweptMessages::All(all),
        })
    }
}
