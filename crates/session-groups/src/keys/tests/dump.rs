//! Dumps: K-DUMP, and others that are none.

use session_bt::{Malformed, Value};

use super::*;

fn k_dump() -> Vec<u8> {
    let [v1, v2] = [V1_KEY, V2_KEY].map(|key| hex::decode(key).unwrap());
    [
        b"d1:Alli0e8:keyhash1eli1e8:keyhash2ee1:Lld1:gi0e1:k32:".as_slice(),
        &v1,
        b"1:ti1700000000000eed1:gi1e1:k32:",
        &v2,
        b"1:ti1700000100000eeee",
    ]
    .concat()
}

#[test]
fn k_dump_is_what_is_on_the_disk() {
    let (mut store, ..) = founded();
    assert!(store.needs_dump());
    assert_eq!(*store.dump(), k_dump());
    assert!(!store.needs_dump());
    assert_eq!(
        sha256(&k_dump()),
        "70da8ae0c47a2b147f26de815a9d9e1055a14409a3430a4b9df5b6026e109dee"
    );
}

#[test]
fn a_restored_store_goes_on_where_it_was() {
    let (mut store, ..) = founded();
    let message = store.rekey([id(M1)]).unwrap();
    let dump = store.dump();
    let mut restored = admin(A2);
    restored.restore(&dump).unwrap();
    assert_eq!(restored.keys(), store.keys());
    assert_eq!(restored.pending(), store.pending());
    assert_eq!(restored.stored, store.stored);
    assert_eq!(active(&restored), active(&store));
    assert!(!restored.needs_dump());
    assert_eq!(restored.dump(), dump);
    assert_eq!(restored.load_message(&message, hash("h"), at(T)), Ok(Loaded::New));
}

/// Secrets must not be left behind by a buffer that grew.
#[test]
fn dumps_fit_the_room_that_is_made_for_them() {
    for mut store in [admin(A1), founded().0] {
        let room = store.dump_length();
        assert!(store.dump().len() <= room);
        store.rekey(crowd(100)).unwrap();
        let long = [hash(&"x".repeat(1000)), hash("")];
        store.active.insert(Generation::MAX, long.into());
        assert!(store.dump().len() <= store.dump_length());
    }
}

fn refused(dump: &[u8]) -> LoadError {
    let (mut store, ..) = founded();
    let before = store.dump();
    let error = store.restore(dump).unwrap_err();
    assert_eq!(store.dump(), before, "a bad dump changed something");
    error
}

fn reason(dump: &[u8]) -> Malformed {
    match refused(dump) {
        LoadError::Encoding(error) | LoadError::Record(RecordError::Encoding(error)) => {
            error.reason
        }
        other => panic!("{other:?}"),
    }
}

fn edited(edit: impl FnOnce(&mut std::collections::BTreeMap<Vec<u8>, Value>)) -> Vec<u8> {
    let Ok(Value::Dict(dict)) = Value::decode(&k_dump()) else { panic!("a dict") };
    let mut fields = dict.iter().map(|(key, value)| (key.to_vec(), value)).collect();
    edit(&mut fields);
    Value::Dict(fields.into()).encode()
}

fn list(values: impl IntoIterator<Item = Value>) -> Value {
    Value::List(values.into_iter().collect())
}

fn record(generation: i64, key: &[u8], time: i64) -> Value {
    let entries = [
        (b"g".to_vec(), generation.into()),
        (b"k".to_vec(), key.into()),
        (b"t".to_vec(), time.into()),
    ];
    Value::Dict(entries.into())
}

#[test]
fn other_dumps_are_refused() {
    let good = k_dump();
    for length in 0..good.len() {
        let found = reason(&good[..length]);
        assert!(matches!(found, Malformed::Truncated | Malformed::LengthBeyondInput), "{length}");
    }
    assert_eq!(reason(&[good.as_slice(), b"e"].concat()), Malformed::TrailingBytes);
    for key in [b"A", b"L"] {
        let without = edited(|dict| drop(dict.remove(key.as_slice())));
        assert_eq!(reason(&without), Malformed::MissingKey { key });
    }
    let keys = |keys: Vec<Value>| edited(|dict| drop(dict.insert(b"L".to_vec(), list(keys))));
    let wrong = Malformed::WrongLength { expected: 32, found: 31 };
    assert_eq!(reason(&keys(vec![record(0, &[7; 31], 0)])), wrong);
    assert_eq!(reason(&keys(vec![record(0, &[7; 32], -1)])), Malformed::IntegerRange);
    for found in [-1, i64::MAX] {
        let range = GenerationRangeError { found };
        let error = refused(&keys(vec![record(found, &[7; 32], 0)]));
        assert_eq!(error, LoadError::Record(RecordError::Generation(range)));
        let names = edited(|dict| {
            dict.insert(b"A".to_vec(), list([list([found.into()])]));
        });
        assert_eq!(refused(&names), LoadError::Generation(range));
    }
}

#[test]
fn keys_on_the_disk_are_in_order_and_each_once() {
    let ascending = [
        record(0, &[1; 32], 5),
        record(0, &[2; 32], 5),
        record(0, &[1; 32], 6),
        record(1, &[0; 32], 0),
    ];
    let dump =
        |keys: &[Value]| edited(|dict| drop(dict.insert(b"L".to_vec(), list(keys.to_vec()))));
    let mut store = member(M1);
    store.restore(&dump(&ascending)).unwrap();
    assert_eq!(store.keys().len(), 4);
    for (one, other) in [(0, 1), (1, 2), (2, 3), (0, 0)] {
        let pair = [ascending[other].clone(), ascending[one].clone()];
        assert_eq!(refused(&dump(&pair)), LoadError::KeyOrder, "{one} {other}");
    }
}

#[test]
fn names_on_the_disk_are_texts() {
    let dump = edited(|dict| {
        dict.insert(b"A".to_vec(), list([list([0.into(), b"\xff".as_slice().into()])]));
    });
    assert_eq!(refused(&dump), LoadError::StoredHash);
    let dump = edited(|dict| drop(dict.insert(b"A".to_vec(), list([list([])]))));
    assert_eq!(reason(&dump), Malformed::MissingElement);
}

#[test]
fn a_pending_key_on_the_disk_is_complete() {
    let fields = [
        (b"c".to_vec(), b"message".as_slice().into()),
        (b"g".to_vec(), 2.into()),
        (b"k".to_vec(), [7_u8; 32].as_slice().into()),
    ];
    let dump = |fields: &[(Vec<u8>, Value)]| {
        edited(|dict| {
            drop(dict.insert(b"P".to_vec(), Value::Dict(fields.iter().cloned().collect())))
        })
    };
    let mut store = member(M1);
    store.restore(&dump(&fields)).unwrap();
    assert_eq!(store.pending().map(PendingKey::message), Some(b"message".as_slice()));
    for (missing, key) in [b"c".as_slice(), b"g", b"k"].into_iter().enumerate() {
        let mut rest = fields.to_vec();
        rest.remove(missing);
        assert_eq!(reason(&dump(&rest)), Malformed::MissingKey { key });
    }
    let mut negative = fields.clone();
    negative[1].1 = (-1).into();
    let range = GenerationRangeError { found: -1 };
    assert_eq!(refused(&dump(&negative)), LoadError::Generation(range));
}

/// Another program may have kept keys longer: what goes when the dump is read on is to be written.
#[test]
fn old_keys_of_a_foreign_dump_go_and_that_needs_a_dump() {
    let (mut store, _, v2) = founded();
    let mut newest = store.stored.last().unwrap().clone();
    newest.generation = newest.generation.successor().unwrap();
    (newest.stored_at, newest.key) = (at(T + 200 * DAY), key(V3_KEY));
    store.stored.push(newest);
    let mut restored = admin(A1);
    restored.restore(&store.dump()).unwrap();
    assert_eq!((restored.stored.len(), restored.needs_dump()), (3, false));
    // Its key and its name are known: nothing else changes.
    assert_eq!(restored.load_message(&v2, hash("keyhash2"), at(T)), Ok(Loaded::Known));
    assert_eq!((restored.stored.len(), restored.needs_dump()), (2, true));
}

/// The same for a pending key that others went past.
#[test]
fn a_pending_key_of_a_foreign_dump_goes_and_that_needs_a_dump() {
    let (mut store, _, v2) = founded();
    let mut made = admin(A2);
    made.rekey([id(M2)]).unwrap();
    store.pending = made.pending.clone();
    let mut restored = admin(A1);
    restored.restore(&store.dump()).unwrap();
    assert!(restored.pending().is_some() && !restored.needs_dump());
    assert_eq!(restored.load_message(&v2, hash("keyhash2"), at(T)), Ok(Loaded::Known));
    assert_eq!(restored.pending(), None);
    assert!(restored.needs_dump());
}
