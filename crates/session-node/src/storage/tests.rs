use super::*;

const ACCOUNT: Address = Address::from_bytes([3; 33]);
const INBOX: Namespace = Namespace::DEFAULT;
const OUTBOX: Namespace = Namespace::ACCOUNT_KEYS;

fn time(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn message(data: &str, timestamp: u64, expiry: u64) -> StoredMessage {
    let hash = MessageHash::of(&ACCOUNT, INBOX, data.as_bytes());
    StoredMessage::new(hash, time(timestamp), time(expiry), data.into())
}

fn read(storage: &Storage, namespace: Namespace, after: Option<&str>, now: u64) -> Vec<String> {
    let after = after.map(|data| message(data, 0, 0).hash);
    storage
        .retrieve(ACCOUNT, namespace, after.as_ref(), time(now))
        .map(|message| String::from_utf8(message.data.clone()).unwrap())
        .collect()
}

fn with(data: &[&str]) -> Storage {
    let mut storage = Storage::default();
    for data in data {
        storage.store(ACCOUNT, INBOX, message(data, 1, 100)).unwrap();
    }
    storage
}

#[test]
fn messages_come_in_the_order_of_their_arrival() {
    let storage = with(&["b", "a", "c"]);
    assert_eq!(read(&storage, INBOX, None, 0), ["b", "a", "c"]);
    assert_eq!(read(&storage, INBOX, Some("b"), 0), ["a", "c"]);
    assert_eq!(read(&storage, INBOX, Some("c"), 0), [""; 0]);
}

#[test]
fn an_unknown_or_foreign_hash_starts_from_the_beginning() {
    let mut storage = with(&["b", "a"]);
    storage.store(ACCOUNT, OUTBOX, message("elsewhere", 1, 100)).unwrap();
    for after in ["never seen", "elsewhere"] {
        assert_eq!(read(&storage, INBOX, Some(after), 0), ["b", "a"], "{after}");
    }
}

#[test]
fn a_second_store_extends_and_never_shortens() {
    let mut storage = with(&["a"]);
    for (expiry, expected) in [(50, 100), (100, 100), (200, 200), (150, 200)] {
        let stored = storage.store(ACCOUNT, INBOX, message("a", 1, expiry)).unwrap();
        assert_eq!(stored, Stored { expiry: time(expected), already: true }, "{expiry}");
    }
    storage.expire(time(199));
    assert_eq!(storage.len(), 1);
    storage.expire(time(200));
    assert!(storage.is_empty());
    assert_eq!(storage.by_expiry.len() + storage.by_place.len() + storage.by_hash.len(), 0);
    assert_eq!(storage.bytes(), 0);
}

#[test]
fn expired_messages_are_not_returned_even_before_they_are_removed() {
    let storage = with(&["a"]);
    assert_eq!(read(&storage, INBOX, None, 99), ["a"]);
    assert_eq!(read(&storage, INBOX, None, 100), [""; 0]);
    assert!(storage.holds(&message("a", 0, 0).hash, time(99)));
    assert!(!storage.holds(&message("a", 0, 0).hash, time(100)));
}

#[test]
fn an_outbox_holds_the_latest_message() {
    let mut storage = Storage::default();
    for (data, timestamp, expected) in
        [("first", 5, "first"), ("older", 4, "first"), ("equal", 5, "first"), ("later", 6, "later")]
    {
        storage.store(ACCOUNT, OUTBOX, message(data, timestamp, 100)).unwrap();
        assert_eq!(read(&storage, OUTBOX, None, 0), [expected], "{data}");
    }
    assert_eq!(storage.len(), 1);
}

#[test]
fn the_newest_come_first_backwards_from_a_hash() {
    let storage = with(&["b", "a", "c"]);
    let read = |before: Option<&str>, now| {
        let before = before.map(|data| message(data, 0, 0).hash);
        let stored = storage.retrieve_newest_first(ACCOUNT, INBOX, before.as_ref(), time(now));
        stored.map(|message| message.data[0]).collect::<Vec<_>>()
    };
    assert_eq!(read(None, 0), b"cab");
    assert_eq!(read(Some("c"), 0), b"ab");
    assert_eq!(read(Some("b"), 0), b"");
    assert_eq!(read(Some("unknown"), 0), b"cab");
    assert_eq!(read(None, 100), b"");
}

#[test]
fn an_account_deletes_its_own_messages_only() {
    let mut storage = with(&["a", "b"]);
    let hashes = ["b", "unknown", "a", "b"].map(|data| message(data, 0, 0).hash);
    let other = Address::from_bytes([4; 33]);
    assert_eq!(storage.delete(&other, &hashes), []);
    assert_eq!(storage.expiry(&other, &hashes[0], time(0)), None);
    assert_eq!(storage.set_expiry(&other, &hashes[0], time(50), ExpireMode::Set), None);
    assert_eq!(storage.delete(&ACCOUNT, &hashes), [hashes[0], hashes[2]]);
    assert!(storage.is_empty());
}

#[test]
fn expiries_move_as_the_mode_allows() {
    let mut storage = with(&["a"]);
    let hash = message("a", 0, 0).hash;
    for (mode, expiry, expected, then) in [
        (ExpireMode::Extend, 90, ExpirySet::Unchanged(time(100)), 100),
        (ExpireMode::Shorten, 110, ExpirySet::Unchanged(time(100)), 100),
        (ExpireMode::Extend, 110, ExpirySet::Updated, 110),
        (ExpireMode::Shorten, 90, ExpirySet::Updated, 90),
        (ExpireMode::Set, 90, ExpirySet::Updated, 90),
        (ExpireMode::Set, 200, ExpirySet::Updated, 200),
    ] {
        let set = storage.set_expiry(&ACCOUNT, &hash, time(expiry), mode);
        assert_eq!(set, Some(expected), "{mode:?} {expiry}");
        assert_eq!(storage.expiry(&ACCOUNT, &hash, time(0)), Some(time(then)), "{mode:?} {expiry}");
    }
    assert_eq!(storage.expiry(&ACCOUNT, &hash, time(200)), None);
    storage.expire(time(200));
    assert!(storage.is_empty());
}

#[test]
fn sweeps_touch_what_they_name() {
    let fill = || {
        let mut storage = with(&["old", "new"]);
        let new = message("new", 0, 0).hash;
        storage.store(ACCOUNT, INBOX, message("newer", 7, 200)).unwrap();
        storage.store(ACCOUNT, Namespace::CONTACTS, message("contacts", 1, 100)).unwrap();
        let other = Address::from_bytes([4; 33]);
        storage.store(other, INBOX, message("of another", 1, 100)).unwrap();
        (storage, new)
    };
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
        let (mut storage, _) = fill();
        let swept = storage.sweep(&ACCOUNT, namespaces, sweep, time(at));
        assert_eq!(names(swept), expected, "{sweep:?} {namespaces:?} {at}");
        assert_eq!(storage.len(), left, "{sweep:?} {namespaces:?} {at}");
    }
    let (mut storage, new) = fill();
    let swept = storage.sweep(&ACCOUNT, Namespaces::All, Sweep::DeleteBefore, time(0));
    assert_eq!(swept, SweptMessages::All([].into()), "namespaces without a change are left out");
    storage.sweep(&ACCOUNT, Namespaces::All, Sweep::ExpireAll, time(50));
    assert_eq!(storage.expiry(&ACCOUNT, &new, time(0)), Some(time(50)));
    storage.expire(time(50));
    assert_eq!(storage.len(), 1);
}

#[test]
fn a_full_store_takes_nothing_more_and_frees_what_it_forgets() {
    let mut storage = with(&["a"]);
    assert_eq!(storage.bytes(), ROW_OVERHEAD + 1);
    let held = storage.bytes;
    storage.bytes = MAX_BYTES - ROW_OVERHEAD;
    assert_eq!(storage.store(ACCOUNT, INBOX, message("b", 1, 100)), Err(Full));
    storage.bytes -= 1;
    assert!(!storage.store(ACCOUNT, INBOX, message("b", 1, 100)).unwrap().already);
    assert!(storage.store(ACCOUNT, INBOX, message("a", 1, 100)).unwrap().already);
    storage.bytes = 2 * held;
    storage.expire(time(100));
    assert_eq!(storage.bytes(), 0);
}
