//! Decisions that differ from other implementations' first attempts, each with its reason: they stay as they are.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use session_config::{
    Config, Contacts, GroupInfo, Incoming, StoredHash,
    config::Rejection,
    contacts::Contact,
    data::Value,
    encryption::{ConfigKey, Domain},
    merge::{Merged, merge},
    message::{Authority, Lag, Message, ParseError},
    padding,
};
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    encoding::hex,
    x25519::X25519PublicKey,
};
use session_identity::{AccountId, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);

fn account() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]))
}

fn hash(name: &str) -> StoredHash {
    StoredHash::new(name)
}

fn contact(number: u8) -> Contact {
    Contact::new(AccountId::from_public_key(X25519PublicKey::from_bytes([number; 32])))
}

fn stored(body: &[u8]) -> Vec<u8> {
    let key = ConfigKey::of_account(&account().seed());
    key.encrypt(Domain::new("Contacts").unwrap(), &padding::pad(body))
}

/// A push may be found by the next poll before its confirmation came. It is live data, and must not be deleted.
#[test]
fn an_own_message_found_before_its_confirmation_is_not_deleted() {
    let mut device = Config::<Contacts>::new(&account());
    device.set(&contact(1));
    let first = device.push(NOW).unwrap();
    device.confirm_pushed(first.seqno(), [hash("1")]);
    device.set(&contact(2));
    let second = device.push(NOW).unwrap();
    let found = [
        Incoming::new(hash("1"), &first.messages()[0]),
        Incoming::new(hash("2"), &second.messages()[0]),
    ];
    device.merge(&found, NOW).unwrap();
    assert_eq!(device.current_hashes().collect::<Vec<_>>(), [&hash("2")]);
    assert_eq!(device.push(NOW).unwrap().obsolete(), [hash("1")]);
    device.confirm_pushed(second.seqno(), [hash("2")]);
    device.set(&contact(3));
    assert_eq!(device.push(NOW).unwrap().obsolete(), [hash("2")]);
}

/// The names of messages go with the messages, and not with their places in the poll.
#[test]
fn a_bad_message_in_front_does_not_take_the_winners_name() {
    let mut sender = Config::<Contacts>::new(&account());
    sender.set(&contact(1));
    let push = sender.push(NOW).unwrap();
    let bad = stored(b"d1:#i9e1:&de1:<lee");
    let mut device = Config::<Contacts>::new(&account());
    let found =
        [Incoming::new(hash("bad"), &bad), Incoming::new(hash("good"), &push.messages()[0])];
    let report = device.merge(&found, NOW).unwrap();
    assert_eq!(report.rejected(), [(hash("bad"), Rejection::Revision(ParseError::NoDiff))]);
    assert_eq!(report.processed(), [hash("good")]);
    assert_eq!(device.current_hashes().collect::<Vec<_>>(), [&hash("good")]);
    device.set(&contact(2));
    let obsolete = device.push(NOW).unwrap();
    assert_eq!(obsolete.obsolete(), [hash("good")], "a later version may read the bad one");
}

/// The message at hand, as reported with two cases of the reference.
#[test]
fn the_current_message_beside_a_bad_one_stays_current() {
    const BAD: &str = "080112ab030a0012001aa20308062801429b03bc74ae3737bd6cf34d68789e3d6de95cd6a40185050503432064643c040c3f6ba04f38d105c6b3e0d64eec9ea18e5cb5cf0561c418552b9f1ad9ff438b918d4b7beca1e7f34f4a3f24477036ef5203fc12368abe24a12607323648a1c02bd34dc38e2f7efbbd1500748fa2b6249845921e5d8432315f8dfa192177005bdd58e9029c2d676eccd5114c10a34b77830288233a66aa85daec0fc4ec3ab0c724d502c1eb814a4985baf4236ea39f053abd1a63f958dc1098e10c1af098cd8ea498338cccc3dbfe25832f11be7d9c96df999b778ef944ecb896c7f2057c8e9a0e1267cef8a8c13e41a218ef5856e906194209bad19e0127f499bcce1aeaa5479d0e2213f8385e8cd0071a4542b21146be0344f040cc45239833ee132a7f7ca0c7f13f7878bdf037d1418ee5b9b915d1ced6c59438519f3a08dd1825ce447138022aa3cc28ae6e130a3b6a6a03a8529d836c24ec0f2c98e3c44a4ccd4a702815861c217139852ca492c57efaf4f6afbb2e67fb47af2327d04e288507ae5e6c8af80585026498b07d6aa0791598630a5ee7a696c7a2cbb50bae2572442a8b2000";
    let seed = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([2; 32]));
    let mut sender = Config::<Contacts>::new(&seed);
    sender.set(&contact(1));
    let push = sender.push(NOW).unwrap();
    let bad = hex::decode(BAD).unwrap();
    let mut device = Config::<Contacts>::new(&seed);
    device.merge(&[Incoming::new(hash("good"), &push.messages()[0])], NOW).unwrap();
    let again =
        [Incoming::new(hash("bad"), &bad), Incoming::new(hash("good"), &push.messages()[0])];
    device.merge(&again, NOW).unwrap();
    assert_eq!(device.current_hashes().collect::<Vec<_>>(), [&hash("good")]);
    assert!(device.push(NOW).unwrap().obsolete().is_empty());
}

/// Merging what is known makes no revision, in whatever state and however often.
#[test]
fn known_messages_make_no_phantom_revisions() {
    let mut device = Config::<Contacts>::new(&account());
    device.set(&contact(1));
    let first = device.push(NOW).unwrap();
    device.confirm_pushed(first.seqno(), [hash("1")]);
    device.set(&contact(2));
    let seqno = device.seqno();
    for _ in 0..3 {
        device.merge(&[Incoming::new(hash("1"), &first.messages()[0])], NOW).unwrap();
        assert_eq!(device.seqno(), seqno, "dirty");
    }
    let second = device.push(NOW).unwrap();
    device.merge(&[Incoming::new(hash("2"), &second.messages()[0])], NOW).unwrap();
    assert_eq!(device.seqno(), seqno, "waiting");
    device.confirm_pushed(seqno, [hash("2")]);
    device.merge(&[Incoming::new(hash("2"), &second.messages()[0])], NOW).unwrap();
    assert_eq!((device.seqno(), device.needs_push()), (seqno, false), "clean");
}

/// The same message under two names: the first is current, the second is superfluous and goes.
#[test]
fn a_winner_given_twice_is_current_once() {
    let mut sender = Config::<Contacts>::new(&account());
    sender.set(&contact(1));
    let push = sender.push(NOW).unwrap();
    let mut device = Config::<Contacts>::new(&account());
    let twice = ["1", "2"].map(|name| Incoming::new(hash(name), &push.messages()[0]));
    let report = device.merge(&twice, NOW).unwrap();
    assert_eq!(report.processed().len(), 2);
    assert_eq!(device.current_hashes().collect::<Vec<_>>(), [&hash("1")]);
    assert_eq!(device.push(NOW).unwrap().obsolete(), [hash("2")]);
    // The same name twice is one message.
    let mut device = Config::<Contacts>::new(&account());
    let twice = ["1", "1"].map(|name| Incoming::new(hash(name), &push.messages()[0]));
    device.merge(&twice, NOW).unwrap();
    assert!(device.push(NOW).unwrap().obsolete().is_empty());
}

/// A dump leaves the own signature out. The hash by which others list the revision needs it again.
#[test]
fn the_hash_of_a_group_config_survives_a_restart() {
    let (key, admin) = (ConfigKey::from_bytes([8; 32]), Authority::Signer(Box::new(account())));
    let mut group = Config::<GroupInfo>::for_group(admin.clone(), [key.clone()]);
    group.set_name("one").unwrap();
    let push = group.push(NOW).unwrap();
    group.confirm_pushed(push.seqno(), [hash("1")]);
    let dump = group.dump(NOW);
    let mut again = Config::<GroupInfo>::load_group(admin, [key], &dump, NOW).unwrap();
    for config in [&mut group, &mut again] {
        config.set_name("two").unwrap();
    }
    assert_eq!(again.push(NOW).unwrap().messages(), group.push(NOW).unwrap().messages());
}

/// Of competing values the larger revision's counts: later revisions, then larger hashes, are asked first.
#[test]
fn the_newest_message_is_the_source_of_what_all_of_them_tell() {
    let edit = |message: &Message, key: &[u8], value: i64| {
        let mut draft = message.clone().successor(Lag::DEFAULT);
        draft.assign(&[key], Some(Value::from(value)));
        draft.finish(&Authority::Unsigned)
    };
    let base = edit(&Message::empty(), b"a", 0);
    for value in 1..20 {
        // Both branches remember `base`, which assigned `a`; its value is taken from the newest message.
        let older = edit(&base, b"a", value);
        let newer = edit(&edit(&base, b"b", value), b"c", value);
        let Some(Merged::Resolved(resolution)) =
            merge(vec![older.clone(), newer.clone()], Lag::DEFAULT, &Authority::Unsigned)
        else {
            panic!("in conflict");
        };
        let merged = resolution.into_draft();
        let reversed = merge(vec![newer, older], Lag::DEFAULT, &Authority::Unsigned);
        let Some(Merged::Resolved(reversed)) = reversed else { panic!("in conflict") };
        assert_eq!(merged.data(), reversed.into_draft().data());
        assert_eq!(
            merged.data().get(b"a"),
            Some(&Value::from(value)),
            "only one branch changed it"
        );
    }
    // At the same number, the larger hash is the source, also of what both remember.
    for value in 1..20 {
        let (one, two) = (edit(&base, b"a", value), edit(&base, b"a", -value));
        let winner = if one.id() > two.id() { value } else { -value };
        let Some(Merged::Resolved(resolution)) =
            merge(vec![one, two], Lag::DEFAULT, &Authority::Unsigned)
        else {
            panic!("in conflict");
        };
        let merged = resolution.into_draft();
        assert_eq!(merged.data().get(b"a"), Some(&Value::from(winner)));
    }
}

/// A read-only member takes the newest of competing messages, as an admin will resolve them.
#[test]
fn a_reader_takes_the_newest_in_any_order() {
    let signer = Authority::Signer(Box::new(account()));
    let reader = Authority::ReadOnly(account().public_key().check().unwrap());
    let edit = |value: i64| {
        let mut draft = Message::empty().successor(Lag::DEFAULT);
        draft.assign(&[b"n"], Some(Value::from(value)));
        draft.finish(&signer)
    };
    for value in 1..10 {
        let (one, two) = (edit(value), edit(-value));
        let newest = one.id().max(two.id());
        for messages in [vec![one.clone(), two.clone()], vec![two.clone(), one.clone()]] {
            let Some(Merged::Unmerged { message, .. }) = merge(messages, Lag::DEFAULT, &reader)
            else {
                panic!("a reader resolves nothing");
            };
            assert_eq!(message.id(), newest);
        }
    }
}

/// What changes what a dump holds asks for a dump: parts that are collected, and those that expire.
#[test]
fn collected_parts_need_a_dump() {
    let mut device = Config::<Contacts>::new(&account());
    let part = stored(&[b"ml32:", [b'h'; 32].as_slice(), b"1:\x001:\x025:chunke"].concat());
    assert!(!device.needs_dump());
    device.merge(&[Incoming::new(hash("part"), &part)], NOW).unwrap();
    assert!(device.needs_dump());
    device.dump(NOW);
    device.merge(&[], NOW).unwrap();
    assert!(!device.needs_dump());
    let later = Timestamp::from_millis(NOW.as_millis() + 7 * 24 * 3_600_000);
    device.merge(&[], later).unwrap();
    assert!(device.needs_dump());
}
