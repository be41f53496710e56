//! Each test runs over every kind of storage.

use session_swarm::subaccount::Access;

use super::*;

const ACCOUNT: Address = Address::from_bytes([3; 33]);
const OTHER: Address = Address::from_bytes([4; 33]);
const INBOX: Namespace = Namespace::DEFAULT;
const OUTBOX: Namespace = Namespace::ACCOUNT_KEYS;

fn time(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn message(data: &str, timestamp: u64, expiry: u64) -> StoredMessage {
    let hash = MessageHash::of(&ACCOUNT, INBOX, data.as_bytes());
    StoredMessage::new(hash, time(timestamp), time(expiry), data.into())
}

fn token(number: u8) -> SubaccountToken {
    SubaccountToken::new(3, Access::READ, Ed25519PublicKey::from_bytes([number; 32]))
}

/// An empty storage of each kind.
fn each() -> Vec<Box<dyn Storage>> {
    vec![
        Box::new(MemoryStorage::default()),
        #[cfg(feature = "sqlite")]
        Box::new(SqliteStorage::in_memory()),
    ]
}

fn each_with(data: &[&str]) -> Vec<Box<dyn Storage>> {
    let mut storages = each();
    for storage in &mut storages {
        for data in data {
            storage.store(ACCOUNT, INBOX, message(data, 1, 100)).unwrap();
        }
    }
    storages
}

fn read_in(
    order: Order,
    storage: &dyn Storage,
    namespace: Namespace,
    mark: Option<&str>,
    now: u64,
) -> Vec<String> {
    let mark = mark.map(|data| message(data, 0, 0).hash);
    let mut read = Vec::new();
    let place = (ACCOUNT, namespace);
    storage
        .retrieve(place, order, mark.as_ref(), time(now), &mut |message| {
            read.push(String::from_utf8(message.data.clone()).unwrap());
            ControlFlow::Continue(())
        })
        .unwrap();
    read
}

fn read(storage: &dyn Storage, namespace: Namespace, after: Option<&str>, now: u64) -> Vec<String> {
    read_in(Order::OldestFirst, storage, namespace, after, now)
}

#[test]
fn messages_come_in_the_order_of_their_arrival() {
    for storage in each_with(&["b", "a", "c"]) {
        assert_eq!(read(&*storage, INBOX, None, 0), ["b", "a", "c"]);
        assert_eq!(read(&*storage, INBOX, Some("b"), 0), ["a", "c"]);
        assert_eq!(read(&*storage, INBOX, Some("c"), 0), [""; 0]);
    }
}

#[test]
fn a_reader_may_stop() {
    for storage in each_with(&["b", "a", "c"]) {
        for order in [Order::OldestFirst, Order::NewestFirst] {
            let mut visited = 0;
            let visit = &mut |_: &StoredMessage| {
                visited += 1;
                ControlFlow::Break(())
            };
            storage.retrieve((ACCOUNT, INBOX), order, None, time(0), visit).unwrap();
            assert_eq!(visited, 1, "{order:?}");
        }
    }
}

#[test]
fn an_unknown_or_foreign_hash_starts_from_the_beginning() {
    for mut storage in each_with(&["b", "a"]) {
        storage.store(ACCOUNT, OUTBOX, message("elsewhere", 1, 100)).unwrap();
        for after in ["never seen", "elsewhere"] {
            assert_eq!(read(&*storage, INBOX, Some(after), 0), ["b", "a"], "{after}");
        }
    }
}

#[test]
fn a_second_store_extends_and_never_shortens() {
    for mut storage in each_with(&["a"]) {
        for (expiry, expected) in [(50, 100), (100, 100), (200, 200), (150, 200)] {
            let stored = storage.store(ACCOUNT, INBOX, message("a", 1, expiry)).unwrap();
            assert_eq!(stored, Stored { expiry: time(expected), already: true }, "{expiry}");
        }
        storage.expire(time(199)).unwrap();
        assert_eq!(storage.len(), 1);
        storage.expire(time(200)).unwrap();
        assert!(storage.is_empty());
        assert_eq!(storage.bytes(), 0);
    }
}

#[test]
fn memory_keeps_nothing_of_what_is_gone() {
    let mut storage = MemoryStorage::default();
    storage.store(ACCOUNT, INBOX, message("a", 1, 100)).unwrap();
    assert!(!storage.is_clean());
    storage.expire(time(100)).unwrap();
    assert!(storage.is_clean());
}

#[test]
fn expired_messages_are_not_returned_even_before_they_are_removed() {
    for storage in each_with(&["a"]) {
        assert_eq!(read(&*storage, INBOX, None, 99), ["a"]);
        assert_eq!(read(&*storage, INBOX, None, 100), [""; 0]);
        assert!(storage.holds(&message("a", 0, 0).hash, time(99)).unwrap());
        assert!(!storage.holds(&message("a", 0, 0).hash, time(100)).unwrap());
    }
}

#[test]
fn what_expires_first_is_removed_in_time() {
    for mut storage in each() {
        for (data, expiry) in [("late", 300), ("early", 100), ("later", 400)] {
            storage.store(ACCOUNT, INBOX, message(data, 1, expiry)).unwrap();
        }
        let late = message("late", 0, 0).hash;
        storage.set_expiries(&ACCOUNT, &[(late, time(50))], ExpireMode::Shorten).unwrap();
        for (now, left) in [(49, 3), (50, 2), (99, 2), (100, 1), (399, 1), (400, 0)] {
            storage.expire(time(now)).unwrap();
            assert_eq!(storage.len(), left, "{now}");
        }
    }
}

#[test]
fn an_outbox_holds_the_latest_message() {
    for mut storage in each() {
        for (data, timestamp, expected) in [
            ("first", 5, "first"),
            ("older", 4, "first"),
            ("equal", 5, "first"),
            ("later", 6, "later"),
        ] {
            storage.store(ACCOUNT, OUTBOX, message(data, timestamp, 100)).unwrap();
            assert_eq!(read(&*storage, OUTBOX, None, 0), [expected], "{data}");
        }
        assert_eq!((storage.len(), storage.bytes()), (1, ROW_OVERHEAD + 5));
    }
}

#[test]
fn the_newest_come_first_backwards_from_a_hash() {
    for storage in each_with(&["b", "a", "c"]) {
        let read = |mark, now| read_in(Order::NewestFirst, &*storage, INBOX, mark, now).concat();
        assert_eq!(read(None, 0), "cab");
        assert_eq!(read(Some("c"), 0), "ab");
        assert_eq!(read(Some("b"), 0), "");
        assert_eq!(read(Some("unknown"), 0), "cab");
        assert_eq!(read(None, 100), "");
    }
}

#[test]
fn an_account_deletes_its_own_messages_only() {
    for mut storage in each_with(&["a", "b"]) {
        let hashes = ["b", "unknown", "a", "b"].map(|data| message(data, 0, 0).hash);
        assert_eq!(storage.delete(&OTHER, &hashes).unwrap(), []);
        assert_eq!(storage.expiry(&OTHER, &hashes[0], time(0)).unwrap(), None);
        let set = storage.set_expiries(&OTHER, &[(hashes[0], time(50))], ExpireMode::Set);
        assert_eq!(set.unwrap(), [None]);
        assert_eq!(storage.delete(&ACCOUNT, &hashes).unwrap(), [hashes[0], hashes[2]]);
        assert_eq!((storage.len(), storage.bytes()), (0, 0));
    }
}

#[test]
fn expiries_move_as_the_mode_allows() {
    for mut storage in each_with(&["a"]) {
        let hash = message("a", 0, 0).hash;
        for (mode, expiry, expected, then) in [
            (ExpireMode::Extend, 90, ExpirySet::Unchanged(time(100)), 100),
            (ExpireMode::Shorten, 110, ExpirySet::Unchanged(time(100)), 100),
            (ExpireMode::Extend, 110, ExpirySet::Updated, 110),
            (ExpireMode::Shorten, 90, ExpirySet::Updated, 90),
            (ExpireMode::Set, 90, ExpirySet::Updated, 90),
            (ExpireMode::Set, 200, ExpirySet::Updated, 200),
        ] {
            let set = storage.set_expiries(&ACCOUNT, &[(hash, time(expiry))], mode).unwrap();
            assert_eq!(set, [Some(expected)], "{mode:?} {expiry}");
            let expiry = storage.expiry(&ACCOUNT, &hash, time(0)).unwrap();
            assert_eq!(expiry, Some(time(then)), "{mode:?} {expiry:?}");
        }
        assert_eq!(storage.expiry(&ACCOUNT, &hash, time(200)).unwrap(), None);
        storage.expire(time(200)).unwrap();
        assert!(storage.is_empty());
    }
}

/// One after the other: what one named twice is set to is what counts for the second time.
#[test]
fn many_expiries_move_one_after_the_other() {
    for mut storage in each_with(&["a", "b"]) {
        let [a, b, unknown] = ["a", "b", "unknown"].map(|data| message(data, 0, 0).hash);
        let expiries = [(a, time(120)), (unknown, time(130)), (b, time(90)), (a, time(110))];
        let set = storage.set_expiries(&ACCOUNT, &expiries, ExpireMode::Extend).unwrap();
        let (a_stays, b_stays) = (ExpirySet::Unchanged(time(120)), ExpirySet::Unchanged(time(100)));
        assert_eq!(set, [Some(ExpirySet::Updated), None, Some(b_stays), Some(a_stays)]);
        storage.expire(time(119)).unwrap();
        assert_eq!(storage.expiry(&ACCOUNT, &a, time(119)).unwrap(), Some(time(120)));
        assert_eq!(storage.len(), 1);
    }
}

fn fill_for_sweeps(storage: &mut dyn Storage) {
    for (account, namespace, data, timestamp, expiry) in [
        (ACCOUNT, INBOX, "old", 1, 100),
        (ACCOUNT, INBOX, "new", 1, 100),
        (ACCOUNT, INBOX, "newer", 7, 200),
        (ACCOUNT, Namespace::CONTACTS, "contacts", 1, 100),
        (OTHER, INBOX, "of another", 1, 100),
    ] {
        storage.store(account, namespace, message(data, timestamp, expiry)).unwrap();
    }
}

#[test]
fn sweeps_touch_what_they_name() {
    let names = |swept: SweptMessages| {
        let names = ["old", "new", "newer", "contacts", "of another"];
        let hashes: Vec<_> = swept.iter().copied().collect();
        let is_swept = |name: &&str| hashes.contains(&message(name, 0, 0).hash);
        names.into_iter().filter(is_swept).collect::<Vec<_>>()
    };
    let one = Namespaces::One(INBOX);
    for (namespaces, sweep, at, expected, left) in [
        (one, Sweep::DeleteAll, 0, &["old", "new", "newer"][..], 2),
        (Namespaces::All, Sweep::DeleteAll, 0, &["old", "new", "newer", "contacts"], 1),
        (one, Sweep::DeleteBefore, 0, &[], 5),
        (one, Sweep::DeleteBefore, 1, &["old", "new"], 3),
        (Namespaces::All, Sweep::DeleteBefore, 6, &["old", "new", "contacts"], 2),
        (one, Sweep::ExpireAll, 100, &["newer"], 5),
        (Namespaces::All, Sweep::ExpireAll, 99, &["old", "new", "newer", "contacts"], 5),
    ] {
        for mut storage in each() {
            fill_for_sweeps(&mut *storage);
            let swept = storage.sweep(&ACCOUNT, namespaces, sweep, time(at)).unwrap();
            assert_eq!(names(swept), expected, "{sweep:?} {namespaces:?} {at}");
            assert_eq!(storage.len(), left, "{sweep:?} {namespaces:?} {at}");
        }
    }
    for mut storage in each() {
        fill_for_sweeps(&mut *storage);
        let mut sweep = |sweep, at| storage.sweep(&ACCOUNT, Namespaces::All, sweep, time(at));
        let nothing = SweptMessages::All([].into());
        assert_eq!(sweep(Sweep::DeleteBefore, 0).unwrap(), nothing, "no empty namespaces");
        sweep(Sweep::ExpireAll, 50).unwrap();
        let new = message("new", 0, 0).hash;
        assert_eq!(storage.expiry(&ACCOUNT, &new, time(0)).unwrap(), Some(time(50)));
        storage.expire(time(50)).unwrap();
        assert_eq!((storage.len(), storage.bytes()), (1, ROW_OVERHEAD + 10));
    }
}

#[test]
fn revocations_are_of_one_account_and_one_token() {
    for mut storage in each() {
        storage.revoke(ACCOUNT, &[token(1), token(2)]).unwrap();
        storage.merge_revocations(ACCOUNT, &[token(9)]).unwrap();
        assert_eq!(storage.revoked(&ACCOUNT).unwrap(), [token(9), token(1), token(2)]);
        assert_eq!(storage.revoked(&OTHER).unwrap(), []);
        assert_eq!(storage.unrevoke(&OTHER, &[token(1)]).unwrap(), 0);
        assert_eq!(storage.unrevoke(&ACCOUNT, &[token(1), token(3)]).unwrap(), 1);
        assert_eq!(storage.revoked(&ACCOUNT).unwrap(), [token(9), token(2)]);
        assert_eq!(storage.accounts().unwrap(), [ACCOUNT].into());
        assert_eq!(storage.unrevoke(&ACCOUNT, &[token(2), token(9)]).unwrap(), 2);
        storage.revoke(ACCOUNT, &[]).unwrap();
        assert_eq!(storage.accounts().unwrap(), [].into(), "nothing is left behind");
    }
}

#[test]
fn accounts_that_leave_are_forgotten_whole() {
    for mut storage in each() {
        fill_for_sweeps(&mut *storage);
        storage.revoke(ACCOUNT, &[token(1)]).unwrap();
        storage.revoke(OTHER, &[token(1)]).unwrap();
        assert_eq!(storage.accounts().unwrap(), [ACCOUNT, OTHER].into());
        storage.retain(&|account| *account == OTHER).unwrap();
        assert_eq!(storage.accounts().unwrap(), [OTHER].into());
        assert_eq!((storage.len(), storage.bytes()), (1, ROW_OVERHEAD + 10));
        assert_eq!(storage.revoked(&ACCOUNT).unwrap(), []);
    }
}

#[test]
fn what_is_handed_over_comes_in_batches() {
    let data = |number: u8| vec![number; 3_000_000];
    for mut storage in each() {
        for number in 0..5 {
            let account = if number == 1 { OTHER } else { ACCOUNT };
            let hash = MessageHash::of(&account, INBOX, &data(number));
            let expiry = time(if number == 2 { 50 } else { 100 });
            let message = StoredMessage::new(hash, time(1), expiry, data(number));
            storage.store(account, INBOX, message).unwrap();
        }
        let ours = |account: &Address| *account == ACCOUNT;
        let (batch, next) = storage.batch_from(0, time(50), &ours).unwrap();
        let first: Vec<_> = batch.iter().map(|one| one.data[0]).collect();
        let (batch, end) = storage.batch_from(next, time(50), &ours).unwrap();
        let second: Vec<_> = batch.iter().map(|one| one.data[0]).collect();
        assert_eq!((first, second), (vec![0, 3], vec![4]));
        assert_eq!(storage.batch_from(end, time(50), &ours).unwrap().0, []);
        let hash = MessageHash::of(&ACCOUNT, INBOX, &data(4));
        let transfer = storage.transfer(&hash).unwrap().unwrap();
        assert_eq!((transfer.account, transfer.namespace), (ACCOUNT, Some(INBOX)));
        assert_eq!((transfer.timestamp, transfer.expiry), (time(1), time(100)));
        assert_eq!(transfer.data, data(4));
    }
}

#[test]
fn revocations_are_handed_over_account_by_account() {
    for mut storage in each() {
        for number in [2, 1, 3] {
            storage.revoke(Address::from_bytes([number; 33]), &[token(number)]).unwrap();
        }
        let not_two = |account: &Address| account.prefix() != 2;
        let batch = storage.revocations_behind(None, &not_two).unwrap();
        let [one, three] = [1, 3].map(|number| Address::from_bytes([number; 33]));
        assert_eq!(batch, [(one, vec![token(1)]), (three, vec![token(3)])]);
        let behind = storage.revocations_behind(Some(&one), &not_two).unwrap();
        assert_eq!(behind, batch[1..]);
        assert_eq!(storage.revocations_behind(Some(&three), &not_two).unwrap(), []);
    }
}

#[test]
fn a_full_store_takes_nothing_more_and_frees_what_it_forgets() {
    fn check<S: Storage>(mut storage: S, bytes: impl Fn(&mut S) -> &mut u64) {
        storage.store(ACCOUNT, INBOX, message("a", 1, 100)).unwrap();
        assert_eq!(storage.bytes(), ROW_OVERHEAD + 1);
        let held = storage.bytes();
        *bytes(&mut storage) = MAX_BYTES - ROW_OVERHEAD;
        let full = storage.store(ACCOUNT, INBOX, message("b", 1, 100));
        assert!(matches!(full, Err(StorageError::Full)), "{full:?}");
        *bytes(&mut storage) -= 1;
        assert!(!storage.store(ACCOUNT, INBOX, message("b", 1, 100)).unwrap().already);
        assert!(storage.store(ACCOUNT, INBOX, message("a", 1, 100)).unwrap().already);
        *bytes(&mut storage) = 2 * held;
        storage.expire(time(100)).unwrap();
        assert_eq!(storage.bytes(), 0);
    }
    check(MemoryStorage::default(), |storage| &mut storage.bytes);
    #[cfg(feature = "sqlite")]
    check(SqliteStorage::in_memory(), |storage| &mut storage.bytes);
}
