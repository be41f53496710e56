//! Settings of a database, and how one of an earlier version becomes one of this.

use rusqlite::{Connection, TransactionBehavior};

use super::StorageError;

/// `SNod`: what a database of this program says that it is.
const APPLICATION_ID: i64 = 0x534e_6f64;

/// Settings of a connection. A commit reaches the system before it is answered, so that it survives the end of
/// the process, however sudden; after a loss of power the latest ones may be missing, and the file is whole.
/// Nobody else may open the file meanwhile. Up to 64 MiB of pages are kept, as far as they are used: the index of
/// names is random, so that every store of a large database would read pages again with the 2 MB of the default.
const SETTINGS: &str = "
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -65536;
";

/// Sets the connection up and brings the tables to the latest version: what leads from each version to the next
/// is in `migrations`. Those that are out never change; new ones are appended.
pub(crate) fn prepare(
    connection: &mut Connection,
    migrations: &[&str],
) -> Result<(), StorageError> {
    connection.execute_batch(SETTINGS)?;
    // Takes the lock now, not at the first write.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    let Some(steps) = usize::try_from(version).ok().and_then(|at| migrations.get(at..)) else {
        return Err(StorageError::Later { found: version, known });
    };
    for step in steps {
        transaction.execute_batch(step)?;
    }
    if !steps.is_empty() {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", known)?;
    }
    Ok(transaction.commit()?)
}
