//! The messages and revocations that one node holds (05 §7): in memory, or in SQLite.
//!
//! Both keep the same rules, and the same tests run over both. What [`Storage`] says is done stays done: with
//! SQLite even if the process is killed at once after.

use std::{collections::BTreeSet, error::Error, fmt, ops::ControlFlow, path::PathBuf};

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

mod memory;
mod revocations;
#[cfg(feature = "sqlite")]
pub(crate) mod schema;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(test)]
mod tests;

pub use memory::MemoryStorage;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStorage;

/// Bytes that a node holds at most (05 §4.3).
pub const MAX_BYTES: u64 = 3_584 * 1024 * 1024;
/// What a message takes beside its data, roughly.
const ROW_OVERHEAD: u64 = 200;
/// Bytes that are handed over at once; the format allows a little more.
const BATCH_BYTES: u64 = 8_000_000;
/// Accounts whose revocations are handed over at once.
const BATCH_ACCOUNTS: usize = 1_000;

/// Number of a row: the order in which a node stored its messages, its own and no other node's.
pub type Row = u64;

/// Messages by account and namespace, in the order of their arrival at this node; and revoked subaccounts.
///
/// Every method that fails with [`StorageError::Database`] has changed nothing, or can be repeated.
#[expect(clippy::missing_errors_doc, reason = "each fails as StorageError says")]
pub trait Storage: fmt::Debug + Send {
    /// Stores a message. One that is there already keeps its place and its later expiry (05 §4.3). A public
    /// outbox holds one message, which only a later one replaces (05 §4.2).
    fn store(
        &mut self,
        account: Address,
        namespace: Namespace,
        message: StoredMessage,
    ) -> Result<Stored, StorageError>;

    /// Shows messages of a namespace that have not expired, from behind `mark` in this order if this node has
    /// that message there, until `visit` breaks.
    fn retrieve(
        &self,
        place: (Address, Namespace),
        order: Order,
        mark: Option<&MessageHash>,
        now: Timestamp,
        visit: &mut dyn FnMut(&StoredMessage) -> ControlFlow<()>,
    ) -> Result<(), StorageError>;

    /// Removes those of the messages that `account` has; returns which.
    fn delete(
        &mut self,
        account: &Address,
        messages: &[MessageHash],
    ) -> Result<Vec<MessageHash>, StorageError>;

    /// Deletes messages of whole namespaces or has them expire at `time`, as `sweep` says; returns which.
    fn sweep(
        &mut self,
        account: &Address,
        namespaces: Namespaces,
        sweep: Sweep,
        time: Timestamp,
    ) -> Result<SweptMessages, StorageError>;

    /// Sets when messages of `account` expire, one after the other: all of them or, with an error, none. Says of each what
    /// became of it; `None` if the account has no such message.
    fn set_expiries(
        &mut self,
        account: &Address,
        expiries: &[(MessageHash, Timestamp)],
        mode: ExpireMode,
    ) -> Result<Vec<Option<ExpirySet>>, StorageError>;

    /// When a message of `account` expires; `None` if the account has no such message, or no longer.
    fn expiry(
        &self,
        account: &Address,
        hash: &MessageHash,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StorageError>;

    /// Revokes subaccounts of `account`.
    fn revoke(&mut self, account: Address, tokens: &[SubaccountToken]) -> Result<(), StorageError>;

    /// Takes over revocations that another member knows: those that are new here count as the oldest.
    fn merge_revocations(
        &mut self,
        account: Address,
        tokens: &[SubaccountToken],
    ) -> Result<(), StorageError>;

    /// Takes revocations back; returns how many there were.
    fn unrevoke(
        &mut self,
        account: &Address,
        tokens: &[SubaccountToken],
    ) -> Result<usize, StorageError>;

    /// The revoked subaccounts of `account`, the oldest revocation first.
    fn revoked(&self, account: &Address) -> Result<Vec<SubaccountToken>, StorageError>;

    /// Accounts that have messages or revocations here.
    fn accounts(&self) -> Result<BTreeSet<Address>, StorageError>;

    /// Forgets the messages and revocations of accounts that are not to stay.
    fn retain(&mut self, stays: &dyn Fn(&Address) -> bool) -> Result<(), StorageError>;

    /// A message as it is handed over.
    fn transfer(&self, hash: &MessageHash) -> Result<Option<Transfer>, StorageError>;

    /// Messages of the accounts that are `wanted`, from this row on, as many as make a batch; and the row where
    /// the next batch starts.
    fn batch_from(
        &self,
        row: Row,
        now: Timestamp,
        wanted: &dyn Fn(&Address) -> bool,
    ) -> Result<(Vec<Transfer>, Row), StorageError>;

    /// Revocations of the accounts that are `wanted`, behind this account in the order of their bytes, as many
    /// as make a batch.
    fn revocations_behind(
        &self,
        account: Option<&Address>,
        wanted: &dyn Fn(&Address) -> bool,
    ) -> Result<Vec<(Address, Vec<SubaccountToken>)>, StorageError>;

    /// Removes what has expired at `now`.
    fn expire(&mut self, now: Timestamp) -> Result<(), StorageError>;

    /// Whether a message is held and has not expired.
    fn holds(&self, hash: &MessageHash, now: Timestamp) -> Result<bool, StorageError>;

    /// Number of messages, expired ones that were not removed yet included.
    fn len(&self) -> usize;

    /// Whether no message is held.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that the messages take, roughly.
    fn bytes(&self) -> u64;

    /// Peers for which something waited when the node last ran.
    fn owed(&self) -> Result<BTreeSet<Ed25519PublicKey>, StorageError>;

    /// Remembers for which peers something waits.
    fn set_owed(&mut self, peers: &BTreeSet<Ed25519PublicKey>) -> Result<(), StorageError>;
}

/// In which order messages are read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there are two directions")]
pub enum Order {
    /// As they arrived.
    OldestFirst,
    /// The other way round.
    NewestFirst,
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

/// Why a storage does not do what it is to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The node holds [`MAX_BYTES`] already.
    #[error("database is full")]
    Full,
    /// The database cannot be read or written.
    #[error("database failed")]
    Database(#[source] Box<dyn Error + Send + Sync>),
    /// The database holds what this program never writes.
    #[error("database holds a malformed {field}")]
    Malformed {
        /// What is malformed.
        field: &'static str,
    },
    /// The folder holds stores of nodes, and the keys of those nodes are gone.
    #[error(
        "the folder holds the messages of {stores} nodes without their keys: put network.sqlite back, or name another folder"
    )]
    Orphaned {
        /// Stores that were found.
        stores: usize,
    },
    /// Somebody deleted, replaced or cut the file while it was open: what is written now would be lost.
    #[error("database file was taken away")]
    Taken,
    /// The file is a database of another program.
    #[error("file is a database of another program")]
    Foreign,
    /// A file cannot be opened.
    #[error("{}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: Box<StorageError>,
    },
    /// The database was written by a later version of this program.
    #[error("database has version {found}, {known} is the latest one known")]
    Later {
        /// Its version.
        found: i64,
        /// The version that this program writes.
        known: i64,
    },
}

impl StorageError {
    /// The error with the file that it is about.
    #[cfg(feature = "sqlite")]
    pub(crate) fn at(self, path: &std::path::Path) -> Self {
        Self::File { path: path.to_owned(), cause: Box::new(self) }
    }
}

/// What became of a message whose expiry was to be set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "changed or not")]
pub enum ExpirySet {
    /// It has the new expiry.
    Updated,
    /// It keeps this one: the new one lies in the other direction.
    Unchanged(Timestamp),
}

/// Bytes that a message counts as.
fn size(data: usize) -> u64 {
    u64::try_from(data).unwrap_or(u64::MAX).saturating_add(ROW_OVERHEAD)
}
