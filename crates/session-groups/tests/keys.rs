//! What holds of the keys of a group whatever happens, in whatever order.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy knows `#[test]` functions, not the helpers beside them"
)]

use std::collections::BTreeMap;

use proptest::{prelude::*, sample::Index};
use session_config::StoredHash;
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    encoding::hex,
    x25519::{X25519Keypair, X25519SecretKey},
};
use session_groups::{
    KeyStore,
    keys::{Loaded, PendingKey},
};
use session_identity::{AccountId, GroupId, Timestamp};

const DAY: u64 = 86_400_000;
const START: u64 = 1_700_000_000_000;

fn group() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([9; 32]))
}

fn account(number: u8) -> X25519Keypair {
    X25519Keypair::from_secret_key(X25519SecretKey::from_bytes([number; 32]))
}

fn id(number: u8) -> AccountId {
    AccountId::from_public_key(account(number).public_key())
}

fn member(number: u8) -> KeyStore {
    KeyStore::new(&GroupId::from_public_key(group().public_key()), &account(number)).unwrap()
}

fn admin(number: u8) -> KeyStore {
    let mut store = member(number);
    store.set_admin_key(group().seed()).unwrap();
    store
}

/// A key message as it is found in the swarm.
#[derive(Clone, Debug)]
struct Stored {
    name: StoredHash,
    at: Timestamp,
    message: Vec<u8>,
    generation: u64,
    key: [u8; 32],
}

fn load(store: &mut KeyStore, stored: &Stored) -> Loaded {
    store.load_message(&stored.message, stored.name.clone(), stored.at).unwrap()
}

fn load_all<'a>(store: &mut KeyStore, stored: impl IntoIterator<Item = &'a Stored>) {
    for one in stored {
        load(store, one);
    }
}

/// The messages of a group in which admins rekey after so many days each, some of them two at a time and
/// differently. Account 1 is a member throughout.
fn history(steps: &[(u64, bool)]) -> Vec<Stored> {
    let mut store = admin(0);
    let mut found: Vec<Stored> = Vec::new();
    let mut now = START;
    for (number, (days, collides)) in (0_u8..).zip(steps) {
        now += days * DAY;
        let mut other = store.clone();
        let lists = [vec![id(1)], vec![id(1), id(100 + number)]];
        let makers = if *collides { vec![&mut store, &mut other] } else { vec![&mut store] };
        let mut made = Vec::new();
        for (maker, list) in makers.into_iter().zip(lists) {
            let message = maker.rekey(list).unwrap();
            let pending = maker.pending().map(PendingKey::key).unwrap();
            made.push(Stored {
                name: StoredHash::new(format!("{number}-{}", made.len())),
                at: Timestamp::from_millis(now + u64::try_from(made.len()).unwrap()),
                generation: maker.generation_at(0).unwrap().get(),
                key: *pending.expose_bytes(),
                message,
            });
        }
        load_all(&mut store, &made);
        found.extend(made);
    }
    found
}

/// The rule of retention, told at once instead of message by message: of each number all keys go, if the first
/// key of the next number is more than 60 days older than the newest key of all.
fn remaining(found: &[Stored]) -> Vec<&Stored> {
    let mut sorted: Vec<_> = found.iter().collect();
    sorted.sort_by_key(|stored| (stored.generation, stored.at, stored.key));
    let Some(newest) = sorted.last().map(|last| last.at) else { return Vec::new() };
    let mut first: BTreeMap<u64, Timestamp> = BTreeMap::new();
    for stored in &sorted {
        first.entry(stored.generation).or_insert(stored.at);
    }
    sorted.retain(|stored| {
        let next = first.range(stored.generation + 1..).next();
        next.is_none_or(|(_, at)| at.as_millis() + 60 * DAY >= newest.as_millis())
    });
    sorted
}

fn steps() -> impl Strategy<Value = Vec<(u64, bool)>> {
    prop::collection::vec((0..50_u64, any::<bool>()), 1..10)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Late, doubled or in another order: members and admins hold what remains of everything.
    #[test]
    fn the_order_of_messages_does_not_matter(
        steps in steps(),
        shuffle in prop::collection::vec(any::<Index>(), 60),
    ) {
        let found = history(&steps);
        let expected: Vec<_> = remaining(&found).iter().rev().map(|stored| stored.key).collect();
        let mut names: Vec<_> = remaining(&found).iter().map(|stored| &stored.name).collect();
        names.sort();
        for mut store in [member(1), admin(0)] {
            // Some several times, some not at all; then everything.
            for index in &shuffle {
                load(&mut store, &found[index.index(found.len())]);
            }
            load_all(&mut store, found.iter().rev());
            let keys: Vec<_> = store.keys().iter().map(|key| *key.expose_bytes()).collect();
            prop_assert_eq!(&keys, &expected);
            prop_assert_eq!(store.active_hashes().collect::<Vec<_>>(), names.clone());
        }
    }

    /// What is restored behaves like what was dumped, at any point of any history.
    #[test]
    fn a_restart_changes_nothing(steps in steps(), at in any::<Index>(), pends in any::<bool>()) {
        let found = history(&steps);
        let at = at.index(found.len() + 1);
        let mut store = admin(0);
        load_all(&mut store, &found[..at]);
        if pends {
            store.rekey([id(1), id(2)]).unwrap();
        }
        let dump = store.dump();
        let mut restored = admin(0);
        restored.restore(&dump).unwrap();
        prop_assert_eq!(restored.dump(), dump);
        for stored in &found[at..] {
            prop_assert_eq!(load(&mut restored, stored), load(&mut store, stored));
        }
        prop_assert_eq!(restored.rekey([id(1)]).unwrap(), store.rekey([id(1)]).unwrap());
        prop_assert_eq!(restored.dump(), store.dump());
    }

    /// Who joins gets exactly what the admin holds, whatever came before or after.
    #[test]
    fn supplements_bring_whoever_joins_up_to_date(
        steps in steps(),
        recipients in prop::collection::btree_set(10..20_u8, 1..5),
    ) {
        let mut store = admin(0);
        load_all(&mut store, &history(&steps));
        let ids: Vec<_> = recipients.iter().map(|number| id(*number)).collect();
        let messages = store.supplement(&ids).unwrap();
        prop_assert_eq!(&messages, &store.supplement(&ids).unwrap());
        for number in 10..20 {
            let mut joined = member(number);
            for message in &messages {
                let at = Timestamp::from_millis(START);
                let loaded = joined.load_message(message, StoredHash::new("s"), at).unwrap();
                prop_assert_eq!(loaded == Loaded::New, recipients.contains(&number));
            }
            let keys = if recipients.contains(&number) { store.keys() } else { &[] };
            prop_assert_eq!(joined.keys(), keys);
        }
    }

    /// Admins who agree make the same bytes; exactly the members open them.
    #[test]
    fn a_key_is_for_its_members(
        members in prop::collection::vec(10..40_u8, 0..12),
        generations in 0..3_u8,
    ) {
        let (mut one, mut two) = (admin(0), admin(1));
        for number in 0..generations {
            let message = one.rekey([id(number)]).unwrap();
            for store in [&mut one, &mut two] {
                let at = Timestamp::from_millis(START + u64::from(number));
                store.load_message(&message, StoredHash::new("h"), at).unwrap();
            }
        }
        let message = one.rekey(members.iter().map(|number| id(*number))).unwrap();
        let backwards = two.rekey(members.iter().rev().map(|number| id(*number))).unwrap();
        prop_assert_eq!(&message, &backwards);
        for number in 10..40 {
            let mut store = member(number);
            let at = Timestamp::from_millis(START);
            let loaded = store.load_message(&message, StoredHash::new("h"), at).unwrap();
            let expected = if members.contains(&number) { Loaded::New } else { Loaded::NotForUs };
            prop_assert_eq!(loaded, expected);
        }
    }
}

/// A key message of libsession-util as it has written them since February 2025, with 45 copies; and one of the
/// same key with 75, as it wrote them before (06 §3.2).
#[test]
fn messages_of_45_copies_and_of_75_bring_the_same_key() {
    let messages = [
        include_str!("vectors/key_message_45_copies.hex"),
        include_str!("vectors/key_message_75_copies.hex"),
    ]
    .map(|text| hex::decode(text.trim()).unwrap());
    let group = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([1; 32]));
    let account = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([3; 32])).to_x25519();
    let id = GroupId::from_public_key(group.public_key());
    let stores = messages.each_ref().map(|message| {
        let mut store = KeyStore::new(&id, &account).unwrap();
        let at = Timestamp::from_millis(START);
        assert_eq!(store.load_message(message, StoredHash::new("h"), at), Ok(Loaded::New));
        store
    });
    assert_eq!(stores[0].keys(), stores[1].keys());
    assert_eq!(messages.map(|message| message.len()), [2462, 3992]);
}
