//! Settings of a database, and how one of an earlier version becomes one of this.

use std::{fs, io, path::Path};

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

/// Opens the database at `path`, or creates it, readable by its owner only: it holds private keys, or what a node
/// stores. A file that others may read is made private first. SQLite gives its log the same permissions.
pub(crate) fn open_private(path: &Path) -> Result<Connection, StorageError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};

        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        for file in [path, Path::new(&log)] {
            match fs::metadata(file) {
                Ok(found) if found.permissions().mode() & 0o077 != 0 => {
                    fs::set_permissions(file, fs::Permissions::from_mode(0o600))?;
                }
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
    }
    Ok(Connection::open(path)?)
}

/// Sets the connection up and brings the tables to the latest version: what leads from each version to the next
/// is in `migrations`. Those that are out never change; new ones are appended.
pub(crate) fn prepare(
    connection: &mut Connection,
    migrations: &[&str],
) -> Result<(), StorageError> {
    connection.execute_batch(SETTINGS)?;
    // Takes the lock now, not at the first write.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let number = |sql| transaction.query_row(sql, [], |row| row.get::<_, i64>(0));
    // A new file has no tables.
    let is_used = number("SELECT count(*) FROM sqlite_master")? > 0;
    if is_used && number("PRAGMA application_id")? != APPLICATION_ID {
        return Err(StorageError::Foreign);
    }
    let version = number("PRAGMA user_version")?;
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
