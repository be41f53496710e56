//! The files of a database that is open, as far as others may take them away.
//!
//! SQLite goes on when its file is deleted or cut: what it commits then is gone with the process. A node that
//! answered would have promised to keep it.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use crate::storage::StorageError;

/// The database and its log.
#[derive(Debug)]
pub(super) struct DatabaseFiles([Watched; 2]);

#[derive(Debug)]
struct Watched {
    path: PathBuf,
    /// What tells the file from another one in its place; `None` if there was none yet.
    identity: Option<u64>,
    /// Bytes that it had. Neither file ever gets shorter while it is open.
    length: u64,
}

impl DatabaseFiles {
    /// Those of the database at `path`.
    pub(super) fn of(path: &Path) -> Self {
        let mut log = OsString::from(path);
        log.push("-wal");
        Self([path.to_owned(), log.into()].map(|path| Watched { path, identity: None, length: 0 }))
    }

    /// Fails with [`StorageError::Taken`] if one of the files is not what it was at the last call.
    pub(super) fn check(&mut self) -> Result<(), StorageError> {
        self.0.iter_mut().try_for_each(Watched::check)
    }
}

impl Watched {
    fn check(&mut self) -> Result<(), StorageError> {
        let found = match fs::metadata(&self.path) {
            Ok(found) => found,
            // The log comes with the first commit.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.identity.is_none() => {
                return Ok(());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StorageError::Taken);
            }
            Err(error) => return Err(error.into()),
        };
        let identity = identity(&found);
        if self.identity.is_some_and(|known| known != identity) || found.len() < self.length {
            return Err(StorageError::Taken);
        }
        (self.identity, self.length) = (Some(identity), found.len());
        Ok(())
    }
}

#[cfg(unix)]
fn identity(file: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(file)
}

/// Systems that keep open files from being deleted.
#[cfg(not(unix))]
const fn identity(_: &fs::Metadata) -> u64 {
    0
}
