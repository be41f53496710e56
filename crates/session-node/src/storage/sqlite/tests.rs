use std::{
    fs,
    path::PathBuf,
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use super::*;

const ACCOUNT: Address = Address::from_bytes([3; 33]);

/// A path for a database, gone with this value.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("session-node-storage-{}-{number}", process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("node.sqlite")
    }

    fn open(&self) -> SqliteStorage {
        SqliteStorage::open(&self.file()).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

fn message(data: &str) -> StoredMessage {
    let hash = MessageHash::of(&ACCOUNT, Namespace::DEFAULT, data.as_bytes());
    StoredMessage::new(hash, time(1), time(100), data.into())
}

#[test]
fn everything_is_there_after_a_restart() {
    let scratch = Scratch::new();
    let (token, peer) =
        (SubaccountToken::from_bytes([7; 36]), Ed25519PublicKey::from_bytes([9; 32]));
    let mut storage = scratch.open();
    for data in ["a", "b", "gone"] {
        storage.store(ACCOUNT, Namespace::DEFAULT, message(data)).unwrap();
    }
    storage.delete(&ACCOUNT, &[message("gone").hash]).unwrap();
    storage.revoke(ACCOUNT, &[token]).unwrap();
    storage.set_owed(&[peer, Ed25519PublicKey::from_bytes([8; 32])].into()).unwrap();
    storage.set_owed(&[peer].into()).unwrap();
    let (len, bytes) = (storage.len(), storage.bytes());
    drop(storage);

    let mut storage = scratch.open();
    assert_eq!((storage.len(), storage.bytes()), (len, bytes));
    assert!(storage.holds(&message("a").hash, time(99)).unwrap());
    assert_eq!(storage.revoked(&ACCOUNT).unwrap(), [token]);
    assert_eq!(storage.owed().unwrap(), [peer].into());
    let last = storage.batch_from(0, time(0), &|_| true).unwrap().1;
    storage.store(ACCOUNT, Namespace::DEFAULT, message("c")).unwrap();
    let (batch, _) = storage.batch_from(last, time(0), &|_| true).unwrap();
    assert_eq!(batch.len(), 1, "rows go on behind those that were");
    storage.expire(time(100)).unwrap();
    assert!(storage.is_empty(), "what expires is known again");
}

#[test]
fn one_process_has_a_database_at_a_time() {
    let scratch = Scratch::new();
    let held = scratch.open();
    let second = Connection::open(scratch.file()).unwrap();
    second.busy_timeout(std::time::Duration::ZERO).unwrap();
    assert!(matches!(SqliteStorage::of(second), Err(StorageError::Database(_))));
    drop(held);
    scratch.open();
}

#[test]
fn later_versions_and_foreign_files_are_refused() {
    let scratch = Scratch::new();
    drop(scratch.open());
    let connection = Connection::open(scratch.file()).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let refusal = || match SqliteStorage::open(&scratch.file()).unwrap_err() {
        StorageError::File { path, cause } if path == scratch.file() => *cause,
        other => panic!("{other:?} does not name the file"),
    };
    let error = refusal();
    assert!(matches!(error, StorageError::Later { found: 99, known: 1 }), "{error}");

    fs::write(scratch.file(), [b'x'; 5_000]).unwrap();
    let error = refusal();
    assert!(matches!(error, StorageError::Database(_)), "{error}");

    // A database of another program, whatever it calls its version, gets no tables of ours.
    for version in [0, 1] {
        fs::remove_file(scratch.file()).unwrap();
        let foreign = Connection::open(scratch.file()).unwrap();
        foreign.execute_batch("CREATE TABLE theirs (a)").unwrap();
        foreign.pragma_update(None, "user_version", version).unwrap();
        drop(foreign);
        let error = refusal();
        assert!(matches!(error, StorageError::Foreign), "{version}: {error}");
        let foreign = Connection::open(scratch.file()).unwrap();
        let sql = "SELECT group_concat(name) FROM sqlite_master";
        let tables: String = foreign.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(tables, "theirs");
    }
}

/// What a node confirms is there after a restart: nothing is confirmed that goes to a file without a name.
#[test]
fn nothing_is_promised_without_the_files() {
    type Act = fn(&Path);
    let take_away: [(&str, Act); 5] = [
        ("deleted", |path| fs::remove_file(path).unwrap()),
        ("log deleted", |path| fs::remove_file(path.with_extension("sqlite-wal")).unwrap()),
        ("log cut", |path| fs::write(path.with_extension("sqlite-wal"), b"").unwrap()),
        ("cut", |path| fs::write(path, b"").unwrap()),
        ("replaced", |path| {
            let copy = path.with_extension("copy");
            fs::copy(path, &copy).unwrap();
            fs::rename(copy, path).unwrap();
        }),
    ];
    for (what, take_away) in take_away {
        let scratch = Scratch::new();
        let mut storage = scratch.open();
        storage.store(ACCOUNT, Namespace::DEFAULT, message("kept")).unwrap();
        storage.store(ACCOUNT, Namespace::DEFAULT, message("too")).unwrap();
        take_away(&scratch.file());
        let token = SubaccountToken::from_bytes([7; 36]);
        let hash = message("kept").hash;
        let all = Namespaces::All;
        let errors = [
            storage.store(ACCOUNT, Namespace::DEFAULT, message("new")).unwrap_err(),
            storage.store(ACCOUNT, Namespace::DEFAULT, message("kept")).unwrap_err(),
            storage.delete(&ACCOUNT, &[hash]).unwrap_err(),
            storage.sweep(&ACCOUNT, all, Sweep::DeleteAll, time(1)).unwrap_err(),
            storage.set_expiries(&ACCOUNT, &[(hash, time(9))], ExpireMode::Set).unwrap_err(),
            storage.revoke(ACCOUNT, &[token]).unwrap_err(),
            storage.unrevoke(&ACCOUNT, &[token]).unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, StorageError::Taken), "{what}: {error}");
        }
        assert!(storage.holds(&hash, time(99)).unwrap(), "{what}: it is still read");
    }
}

#[test]
fn malformed_rows_are_named() {
    let storage = SqliteStorage::in_memory();
    storage.connection.execute("INSERT INTO revocations VALUES (x'00', x'00')", []).unwrap();
    let error = storage.accounts().unwrap_err();
    assert!(matches!(error, StorageError::Malformed { field: "account" }), "{error}");
}

/// A database that fails in the middle has changed nothing, whatever names several things.
#[test]
fn failures_in_the_middle_change_nothing() {
    let scratch = Scratch::new();
    let mut storage = scratch.open();
    let hashes = ["a", "b", "c"].map(|data| message(data).hash);
    for data in ["a", "b", "c"] {
        storage.store(ACCOUNT, Namespace::DEFAULT, message(data)).unwrap();
    }
    let tokens = [7, 8].map(|byte| SubaccountToken::from_bytes([byte; 36]));
    storage.revoke(ACCOUNT, &tokens).unwrap();
    let state = |storage: &SqliteStorage| {
        let expiries = hashes.map(|hash| storage.expiry(&ACCOUNT, &hash, time(0)).unwrap());
        (expiries, storage.len(), storage.bytes(), storage.revoked(&ACCOUNT).unwrap())
    };
    let before = state(&storage);
    let triggers = format!(
        "CREATE TRIGGER no_update BEFORE UPDATE ON messages WHEN OLD.hash = '{0}'
             BEGIN SELECT RAISE(ABORT, 'disk is tired'); END;
         CREATE TRIGGER no_delete BEFORE DELETE ON messages WHEN OLD.hash = '{0}'
             BEGIN SELECT RAISE(ABORT, 'disk is tired'); END;
         CREATE TRIGGER no_revocation BEFORE DELETE ON revocations
             BEGIN SELECT RAISE(ABORT, 'disk is tired'); END;",
        hashes[1]
    );
    storage.connection.execute_batch(&triggers).unwrap();
    let expiries = hashes.map(|hash| (hash, time(50)));
    let one = Namespaces::One(Namespace::DEFAULT);
    let fails = |result: Result<(), StorageError>| {
        let error = result.unwrap_err();
        assert!(matches!(error, StorageError::Database(_)), "{error}");
    };
    fails(storage.set_expiries(&ACCOUNT, &expiries, ExpireMode::Set).map(drop));
    assert_eq!(state(&storage), before);
    fails(storage.delete(&ACCOUNT, &hashes).map(drop));
    assert_eq!(state(&storage), before);
    for sweep in [Sweep::DeleteAll, Sweep::DeleteBefore, Sweep::ExpireAll] {
        fails(storage.sweep(&ACCOUNT, one, sweep, time(50)).map(drop));
        assert_eq!(state(&storage), before);
    }
    fails(storage.unrevoke(&ACCOUNT, &tokens).map(drop));
    fails(storage.retain(&|_| false));
    assert_eq!(state(&storage), before);
    fails(storage.expire(time(100)));
    assert_eq!(state(&storage), before);
    // Nothing hangs on to a transaction that failed.
    storage.set_expiries(&ACCOUNT, &expiries[..1], ExpireMode::Set).unwrap();
    storage.connection.execute_batch("DROP TRIGGER no_delete").unwrap();
    storage.expire(time(50)).unwrap();
    assert_eq!(storage.len(), 2);
    drop(storage);
    assert_eq!(scratch.open().len(), 2);
}
