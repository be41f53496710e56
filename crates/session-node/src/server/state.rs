//! What a network keeps in a folder besides its messages: the keys of its nodes, and the latest block.
//!
//! ```text
//! DIR/network.sqlite     keys, block, swarms
//! DIR/<key>.sqlite       what the node with this key stores
//! ```

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddrV4},
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::{Connection, OptionalExtension as _, params};
use session_crypto::ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Seed};
use session_swarm::{hard_fork::HardFork, space::SwarmId};

use crate::{
    directory::{Block, Directory, ServiceNode},
    node::Node,
    storage::{SqliteStorage, StorageError, schema},
};

/// What leads from each version to the next.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE block (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        height INTEGER NOT NULL,
        hash BLOB NOT NULL,
        hard_fork INTEGER NOT NULL,
        revision INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE nodes (
        number INTEGER PRIMARY KEY,            -- the order of their ports
        key BLOB NOT NULL UNIQUE,
        seed BLOB NOT NULL,
        registered INTEGER NOT NULL DEFAULT 0,
        active INTEGER NOT NULL DEFAULT 0,
        registered_at INTEGER NOT NULL DEFAULT 0,
        swarm TEXT                             -- decimal: SQLite's numbers end at 2^63
    ) STRICT;
"];

/// A folder.
#[derive(Debug)]
pub(super) struct State {
    folder: PathBuf,
    connection: Connection,
}

impl State {
    /// Opens the folder, or makes it, for this user alone.
    ///
    /// Fails with [`StorageError::Orphaned`] and creates nothing if the keys of the stores in it are missing.
    pub(super) fn open(folder: &Path) -> Result<Self, StorageError> {
        make_private(folder).map_err(|error| StorageError::from(error).at(folder))?;
        let path = folder.join("network.sqlite");
        if !path.try_exists()? {
            refuse_orphans(folder)?;
        }
        let connection = schema::open_private(&path).and_then(|mut connection| {
            schema::prepare(&mut connection, &MIGRATIONS)?;
            Ok(connection)
        });
        let connection = connection.map_err(|error| error.at(&path))?;
        Ok(Self { folder: folder.to_owned(), connection })
    }

    /// The keys of the nodes, in the order of their ports, and the directory, whose addresses mean nothing;
    /// `None` if no network was here.
    ///
    /// Fails with [`StorageError::Orphaned`] if one was here and its keys are gone.
    pub(super) fn load(&self) -> Result<Option<(Vec<Ed25519Keypair>, Directory)>, StorageError> {
        let sql = "SELECT height, hash, hard_fork, revision FROM block";
        let block = self.connection.query_row(sql, [], |row| {
            let hard_fork = HardFork { number: row.get(2)?, revision: row.get(3)? };
            Ok(Block { height: unsigned(row.get(0)?), hash: row.get(1)?, hard_fork })
        });
        let Some(block) = block.optional()? else {
            refuse_orphans(&self.folder)?;
            return Ok(None);
        };
        let sql =
            "SELECT seed, registered, active, registered_at, swarm FROM nodes ORDER BY number";
        let mut select = self.connection.prepare(sql)?;
        let mut rows = select.query([])?;
        let (mut keypairs, mut nodes) = (Vec::new(), Vec::new());
        while let Some(row) = rows.next()? {
            let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(row.get(0)?));
            let swarm: Option<String> = row.get(4)?;
            let swarm = swarm.map(|text| read_swarm(&text)).transpose()?;
            let nowhere = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
            let mut node = ServiceNode::new(&keypair, swarm, nowhere, 0);
            node.active = row.get(2)?;
            node.registered_at = unsigned(row.get(3)?);
            if row.get(1)? {
                nodes.push(node);
            }
            keypairs.push(keypair);
        }
        Ok(Some((keypairs, Directory::new(nodes).at_block(block))))
    }

    /// Keeps the keys of a new network.
    pub(super) fn save_keys(&mut self, keypairs: &[Ed25519Keypair]) -> Result<(), StorageError> {
        let transaction = self.connection.transaction()?;
        // Without a block, what was here never ran.
        transaction.execute("DELETE FROM nodes", [])?;
        for keypair in keypairs {
            let sql = "INSERT INTO nodes (key, seed) VALUES (?1, ?2)";
            let (key, seed) = (keypair.public_key(), keypair.seed());
            transaction.execute(sql, params![key.as_bytes(), seed.expose_bytes()])?;
        }
        Ok(transaction.commit()?)
    }

    /// Keeps the latest block.
    pub(super) fn save(&mut self, directory: &Directory) -> Result<(), StorageError> {
        let Block { height, hash, hard_fork } = *directory.block();
        let transaction = self.connection.transaction()?;
        transaction.execute(
            "INSERT OR REPLACE INTO block VALUES (1, ?1, ?2, ?3, ?4)",
            params![signed(height), hash, hard_fork.number, hard_fork.revision],
        )?;
        transaction.execute("UPDATE nodes SET registered = 0, active = 0, swarm = NULL", [])?;
        for node in directory.nodes() {
            let sql = "UPDATE nodes SET registered = 1, active = ?2, registered_at = ?3, swarm = ?4
                WHERE key = ?1";
            let swarm = node.swarm.map(|swarm| swarm.get().to_string());
            let key = node.ed25519;
            transaction.prepare_cached(sql)?.execute(params![
                key.as_bytes(),
                node.active,
                signed(node.registered_at),
                swarm
            ])?;
        }
        Ok(transaction.commit()?)
    }

    /// The node with these keys, and what it stored.
    pub(super) fn open_node(
        &self,
        keypair: Ed25519Keypair,
        directory: Arc<Directory>,
    ) -> Result<Node, StorageError> {
        let path = self.folder.join(format!("{}.sqlite", keypair.public_key()));
        Node::with_storage(keypair, directory, Box::new(SqliteStorage::open(&path)?))
    }
}

/// Fails if the folder holds stores of nodes. Their keys are saved before them, so keys that are missing were
/// lost, and new ones would silently leave everything stored behind.
fn refuse_orphans(folder: &Path) -> Result<(), StorageError> {
    let mut stores = 0_usize;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let key = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let is_store = path.extension().is_some_and(|extension| extension == "sqlite")
            && key.parse::<Ed25519PublicKey>().is_ok();
        stores = stores.saturating_add(usize::from(is_store));
    }
    if stores == 0 { Ok(()) } else { Err(StorageError::Orphaned { stores }) }
}

/// Creates the directory readable by its owner only, because it holds private keys. A directory that exists stays
/// as it is; the files in it are private of their own.
fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

fn read_swarm(text: &str) -> Result<SwarmId, StorageError> {
    let id = text.parse().ok().and_then(|id: u64| SwarmId::try_from(id).ok());
    id.ok_or(StorageError::Malformed { field: "swarm" })
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
