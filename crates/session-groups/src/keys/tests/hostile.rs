//! Key messages of an admin who errs or lies, and of everybody else: 06 §3.4, the verdicts of §3.9, §17.

use std::collections::BTreeMap;

use session_bt::{Malformed, Value, encode_dict};
use session_crypto::aead::XChaCha20Nonce;

use super::*;

type Fields = BTreeMap<Vec<u8>, Value>;

fn fields(message: &[u8]) -> Fields {
    let Ok(Value::Dict(dict)) = Value::decode(message) else { panic!("a dict") };
    dict.iter().map(|(key, value)| (key.to_vec(), value)).collect()
}

/// The fields as a message that the group signed.
fn signed(fields: &Fields) -> Vec<u8> {
    encode_dict(|dict| {
        let unsigned = fields.iter().filter(|(key, _)| key.as_slice() < b"~".as_slice());
        unsigned.for_each(|(key, value)| dict.value(key, value));
        let signature = keypair(GROUP_SEED).sign(dict.unfinished());
        dict.bytes(b"~", signature.as_bytes());
    })
}

fn bytes(length: usize) -> Value {
    Value::Bytes(vec![0; length])
}

fn entries(count: usize, length: usize) -> Value {
    Value::List(vec![bytes(length); count].into())
}

fn rekey() -> Fields {
    fields(&founded().2)
}

fn copies_of_a_rekey() -> Vec<Value> {
    let Some(Value::List(copies)) = rekey().remove(b"k".as_slice()) else { panic!("a list") };
    copies.iter().collect()
}

fn supplement() -> Fields {
    fields(&founded().0.supplement(&[id(M1)]).unwrap()[0])
}

/// What a member (M1) and an admin say; neither may change.
fn load(message: &[u8]) -> [Result<Loaded, KeyMessageError>; 2] {
    [member(M1), admin(A1)].map(|mut store| {
        let before = store.clone().dump();
        let result = store.load_message(message, hash("h"), at(T));
        if result.is_err() {
            assert!(!store.needs_dump());
            assert_eq!(store.dump(), before, "a bad message changed something");
        }
        result
    })
}

fn malformed(message: &[u8]) -> Malformed {
    let [member, admin] = load(message);
    assert_eq!(member, admin);
    match member {
        Err(KeyMessageError::Malformed(error)) => error.reason,
        other => panic!("{other:?}"),
    }
}

fn with(mut fields: Fields, key: &[u8], value: Value) -> Vec<u8> {
    fields.insert(key.to_vec(), value);
    signed(&fields)
}

fn without(mut fields: Fields, key: &[u8]) -> Vec<u8> {
    assert!(fields.remove(key).is_some());
    signed(&fields)
}

#[test]
fn the_tests_sign_as_the_group_does() {
    assert_eq!(signed(&rekey()), founded().2);
    assert_eq!(load(&signed(&rekey())), [Ok(Loaded::New), Ok(Loaded::New)]);
    assert_eq!(load(&signed(&supplement())), [Ok(Loaded::New), Ok(Loaded::NotForUs)]);
}

#[test]
fn every_field_of_a_rekey_is_needed_in_its_length() {
    for key in [b"#".as_slice(), b"G", b"K", b"k"] {
        assert_eq!(malformed(&without(rekey(), key)), Malformed::MissingKey { key });
    }
    for (key, expected, found) in
        [(b"#".as_slice(), 24, 23), (b"#", 24, 25), (b"K", 48, 47), (b"K", 48, 49)]
    {
        let wrong = Malformed::WrongLength { expected, found };
        assert_eq!(malformed(&with(rekey(), key, bytes(found))), wrong);
    }
    let wrong = Malformed::WrongLength { expected: 48, found: 47 };
    let mut copies = copies_of_a_rekey();
    // Behind the copy that opens.
    copies[44] = bytes(47);
    assert_eq!(malformed(&with(rekey(), b"k", Value::List(copies.into()))), wrong);
}

#[test]
fn any_number_of_copies_is_read() {
    // 45 is what clients write, 75 what they wrote before February 2025; 1500 is the most that fits.
    for count in [0, 1, 44, 45, 46, 74, 75, 76, 150, 1500] {
        let message = with(rekey(), b"k", entries(count, 48));
        assert_eq!(load(&message), [Ok(Loaded::NotForUs), Ok(Loaded::New)], "{count}");
        let mut copies = copies_of_a_rekey();
        copies.truncate(5);
        copies.resize(5.max(count), bytes(48));
        let message = with(rekey(), b"k", Value::List(copies.into()));
        assert_eq!(load(&message), [Ok(Loaded::New), Ok(Loaded::New)], "{count} and the members'");
    }
}

#[test]
fn numbers_have_a_range() {
    for found in [-1, i64::MIN, 1 << 62, i64::MAX] {
        let error = Err(KeyMessageError::Generation(GenerationRangeError { found }));
        assert_eq!(load(&with(rekey(), b"G", found.into())), [error, error]);
        assert_eq!(load(&with(supplement(), b"G", found.into())), [error, error]);
    }
    assert_eq!(malformed(&with(rekey(), b"G", u64::MAX.into())), Malformed::IntegerRange);
    let last = with(rekey(), b"G", i64::from(Generation::MAX).into());
    assert_eq!(load(&last), [Ok(Loaded::New), Ok(Loaded::New)]);
}

/// Members cannot know; admins do.
#[test]
fn admins_notice_a_copy_that_is_not_theirs() {
    let message = with(rekey(), b"K", bytes(48));
    assert_eq!(load(&message), [Ok(Loaded::New), Err(KeyMessageError::AdminCopy)]);
}

#[test]
fn unknown_keys_are_signed_and_ignored() {
    for key in [b"!".as_slice(), b"H", b"z"] {
        assert_eq!(load(&with(rekey(), key, 7.into())), [Ok(Loaded::New), Ok(Loaded::New)]);
    }
}

#[test]
fn the_signature_is_last_and_that_of_the_group() {
    let good = signed(&rekey());
    let mut unsigned = rekey();
    unsigned.remove(b"~".as_slice());
    let missing = Malformed::MissingKey { key: b"~" };
    assert_eq!(malformed(&Value::Dict(unsigned.clone().into()).encode()), missing);
    unsigned.insert(b"~".to_vec(), bytes(63));
    let short = Malformed::WrongLength { expected: 64, found: 63 };
    assert_eq!(malformed(&Value::Dict(unsigned.clone().into()).encode()), short);

    let error = Err(KeyMessageError::Signature);
    unsigned.insert(b"~".to_vec(), bytes(64));
    assert_eq!(load(&Value::Dict(unsigned.into()).encode()), [error, error]);
    // Of another group; and of this one over other bytes.
    let mut other = KeyStore::new(
        &GroupId::from_public_key(keypair(A2).public_key()),
        &keypair(A1).to_x25519(),
    )
    .unwrap();
    other.set_admin_key(keypair(A2).seed()).unwrap();
    assert_eq!(load(&other.rekey([id(M1)]).unwrap()), [error, error]);
    for position in [5, 29, 40, 100, good.len() - 100] {
        let mut altered = good.clone();
        altered[position] ^= 1;
        assert!(load(&altered).iter().all(Result::is_err), "{position}");
    }

    let mut behind = rekey();
    behind.insert(b"~~".to_vec(), 1.into());
    let behind = Value::Dict(behind.into()).encode();
    let error = Err(KeyMessageError::BehindSignature);
    assert_eq!(load(&behind), [error, error]);
}

/// The signature does not cover them, so that anybody could make copies under other names.
#[test]
fn nothing_follows_the_message() {
    let good = signed(&rekey());
    for rest in [b"\0".as_slice(), b"e", &good] {
        assert_eq!(malformed(&[&good, rest].concat()), Malformed::TrailingBytes);
    }
}

#[test]
fn no_part_of_a_message_is_one() {
    for good in [signed(&rekey()), signed(&supplement())] {
        for length in 0..good.len() {
            let found = malformed(&good[..length]);
            let cut = [Malformed::Truncated, Malformed::LengthBeyondInput];
            let missing = matches!(found, Malformed::MissingKey { .. });
            assert!(cut.contains(&found) || missing, "{length}: {found}");
        }
    }
}

#[test]
fn messages_have_a_greatest_length() {
    let pad = |length: usize| with(rekey(), b"!", bytes(length));
    let overhead = pad(70_000).len() - 70_000;
    let longest = pad(MAX_MESSAGE_LENGTH - overhead);
    assert_eq!(longest.len(), MAX_MESSAGE_LENGTH);
    assert_eq!(load(&longest), [Ok(Loaded::New), Ok(Loaded::New)]);
    let found = MAX_MESSAGE_LENGTH + 1;
    let error = Err(KeyMessageError::TooLong { found });
    assert_eq!(load(&pad(found - overhead)), [error, error]);
}

#[test]
fn boxes_of_supplements_have_room_for_a_key() {
    let error = Err(KeyMessageError::BoxLength { found: 67 });
    let mixed = Value::List(vec![bytes(68), bytes(67)].into());
    assert_eq!(load(&with(supplement(), b"+", mixed)), [error, error]);
    for boxes in [entries(0, 0), entries(3, 68)] {
        let message = with(supplement(), b"+", boxes);
        assert_eq!(load(&message), [Ok(Loaded::NotForUs), Ok(Loaded::NotForUs)]);
    }
    assert_eq!(malformed(&without(supplement(), b"G")), Malformed::MissingKey { key: b"G" });
}

/// A supplement for M1 with `records` in its box.
fn boxed(records: &Value) -> [Result<Loaded, KeyMessageError>; 2] {
    let group = keypair(GROUP_SEED).to_x25519();
    let key = multi_box::key_to(&group, &id(M1).public_key(), MEMBER_DOMAIN).unwrap();
    let nonce = XChaCha20Nonce::from_bytes([9; 24]);
    let mut fields = supplement();
    fields.insert(b"#".to_vec(), Value::Bytes(nonce.as_bytes().to_vec()));
    let mut records = records.encode();
    // Short ones are refused for their length.
    if records.len() < 52 {
        records.resize(52, b'x');
    }
    let sealed = Value::Bytes(key.encrypt(&nonce, &records));
    load(&with(fields, b"+", Value::List(vec![sealed].into())))
}

fn record(generation: i64, key: usize, time: i64) -> Value {
    let entries = [
        (b"g".to_vec(), generation.into()),
        (b"k".to_vec(), bytes(key)),
        (b"t".to_vec(), time.into()),
    ];
    Value::Dict(entries.into())
}

#[test]
fn keys_in_a_supplement_are_complete() {
    let list = |record: Value| Value::List(vec![record].into());
    assert_eq!(boxed(&list(record(0, 32, 0))), [Ok(Loaded::New), Ok(Loaded::NotForUs)]);
    let reason = |records: &Value| match boxed(records) {
        [Err(KeyMessageError::Records(error)), Ok(Loaded::NotForUs)] => error,
        other => panic!("{other:?}"),
    };
    let encoding = |records: &Value| match reason(records) {
        RecordError::Encoding(error) => error.reason,
        other => panic!("{other:?}"),
    };
    for found in [31, 33] {
        let wrong = Malformed::WrongLength { expected: 32, found };
        assert_eq!(encoding(&list(record(0, found, 0))), wrong);
    }
    assert_eq!(encoding(&list(record(0, 32, -1))), Malformed::IntegerRange);
    let range = RecordError::Generation(GenerationRangeError { found: -1 });
    assert_eq!(reason(&list(record(-1, 32, 0))), range);
    for (place, key) in [b"g".as_slice(), b"k", b"t"].into_iter().enumerate() {
        let mut fields = fields(&record(0, 60, 0).encode());
        fields.insert(b"x".to_vec(), bytes(32));
        if key != b"k" {
            fields.insert(b"k".to_vec(), bytes(32));
        }
        assert!(fields.remove(key).is_some(), "{place}");
        assert_eq!(encoding(&list(Value::Dict(fields.into()))), Malformed::MissingKey { key });
    }
    // An empty list, with bytes behind it.
    assert_eq!(encoding(&Value::List(Vec::new().into())), Malformed::TrailingBytes);
}

/// One bad key among good ones: none of them is taken.
#[test]
fn supplements_are_taken_whole_or_not_at_all() {
    let mut store = member(M1);
    let group = keypair(GROUP_SEED).to_x25519();
    let key = multi_box::key_to(&group, &id(M1).public_key(), MEMBER_DOMAIN).unwrap();
    let nonce = XChaCha20Nonce::from_bytes([9; 24]);
    let mut fields = supplement();
    fields.insert(b"#".to_vec(), Value::Bytes(nonce.as_bytes().to_vec()));
    let records = Value::List(vec![record(0, 32, 0), record(1, 31, 0)].into()).encode();
    let boxes = Value::List(vec![Value::Bytes(key.encrypt(&nonce, &records))].into());
    let message = with(fields, b"+", boxes);
    assert!(matches!(
        store.load_message(&message, hash("h"), at(T)),
        Err(KeyMessageError::Records(_))
    ));
    assert!(store.is_empty() && !store.needs_dump() && active(&store).is_empty());
}

/// A node gives one message out under ever other names.
#[test]
fn names_have_an_end() {
    let (mut store, v1, _) = founded();
    let names = (1..1000).map(|number| hash(&number.to_string()));
    store.active.entry(Generation::FIRST).or_default().extend(names);
    store.dump();
    let before = active(&store).len();
    assert_eq!(store.load_message(&v1, hash("one more"), at(T)), Ok(Loaded::Known));
    assert_eq!((active(&store).len(), store.needs_dump()), (before, false));
}

/// A node says that a message is from the far future, or the end of time: old keys go, nothing breaks.
#[test]
fn times_may_be_anything() {
    let (store, ..) = founded();
    for time in [0, u64::MAX] {
        let mut store = store.clone();
        let message = store.rekey([id(M1)]).unwrap();
        store.load_message(&message, hash("h"), at(time)).unwrap();
        let next = store.rekey([id(M1)]).unwrap();
        store.load_message(&next, hash("i"), at(T)).unwrap();
        assert!(store.keys().len() >= 2, "{time}");
        let dump = store.dump();
        member(M1).restore(&dump).unwrap();
    }
}
