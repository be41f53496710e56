//! What a transmission that cannot be made leaves: everything as it was.

use proptest::prelude::*;
use session_bt::{DictWriter, encode_dict};
use session_config::{
    Config, Incoming, StoredHash,
    config::{GroupType, PushError},
    encryption::Domain,
    group_members::{Member, PendingRemoval},
    message::MAX_SEQNO,
    padding,
};
use session_crypto::{ed25519::Ed25519Keypair, x25519::X25519PublicKey};
use session_envelope::content::Content;

use super::*;
use crate::{
    group::operations::tests::{NOW, TestRng, dumped, everything, group, id},
    keys::MAX_RECIPIENTS,
    members::History,
};

/// The pending key is stored, so that there is work of every kind.
fn stored_group() -> Group {
    let mut group = group();
    store_key(&mut group);
    group
}

fn store_key(group: &mut Group) {
    let pending = group.keys.pending().map(|pending| pending.message().to_vec());
    if let (Some(message), Some((made_at, hash))) = (pending, group.work.pending.take()) {
        group.keys.load_message(&message, hash.into(), made_at).unwrap();
        group.refresh_keys();
    }
}

/// The last revision that can be, as a hostile admin can write it.
fn exhaust<T: GroupType>(config: &mut Config<T>, secret: &Ed25519Keypair, domain: &str) {
    merge_last(config, secret, domain, |_| {});
}

/// The same with data.
fn merge_last<T: GroupType>(
    config: &mut Config<T>,
    secret: &Ed25519Keypair,
    domain: &str,
    data: impl FnOnce(&mut DictWriter<'_>),
) {
    let message = encode_dict(|dict| {
        dict.integer(b"#", MAX_SEQNO);
        dict.dict(b"&", data);
        dict.list(b"<", |_| {});
        dict.dict(b"=", |_| {});
        let signature = secret.sign(dict.unfinished());
        dict.bytes(b"~", signature.as_bytes());
    });
    let blob = config.keys()[0].encrypt(Domain::new(domain).unwrap(), &padding::pad(&message));
    let incoming = Incoming::new(StoredHash::new("last"), &blob);
    assert_eq!(config.merge(&[incoming], NOW).unwrap().rejected(), []);
    assert!(config.seqno() >= MAX_SEQNO);
}

/// More members than a key message has room for, as several admins can bring about.
fn crowd(group: &mut Group) {
    for number in 0..=u32::try_from(MAX_RECIPIENTS).unwrap() {
        let mut key = [3; 32];
        key[..4].copy_from_slice(&number.to_be_bytes());
        let id = AccountId::from_public_key(X25519PublicKey::from_bytes(key));
        group.members.set(&Member::invited(id)).unwrap();
    }
}

#[derive(Clone, Debug)]
enum Step {
    StoreKey,
    ExhaustInfo,
    ExhaustMembers,
    Crowd,
    Invite(u8, bool),
    Remove(u8),
    Rename,
    Say,
    Rekey,
    Leave(u8),
    Destroy,
    /// The transmission on the way did not arrive.
    Lose,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::StoreKey),
        1 => Just(Step::ExhaustInfo),
        2 => Just(Step::ExhaustMembers),
        1 => Just(Step::Crowd),
        2 => (2..9_u8, any::<bool>()).prop_map(|(who, all)| Step::Invite(who, all)),
        2 => (2..9_u8).prop_map(Step::Remove),
        1 => Just(Step::Rename),
        2 => Just(Step::Say),
        2 => Just(Step::Rekey),
        1 => (2..9_u8).prop_map(Step::Leave),
        1 => Just(Step::Destroy),
        2 => Just(Step::Lose),
    ]
}

fn take(group: &mut Group, step: &Step) {
    let secret = group.secret().unwrap().clone();
    match step {
        Step::StoreKey => store_key(group),
        Step::ExhaustInfo => exhaust(&mut group.info, &secret, "groups::Info"),
        Step::ExhaustMembers => exhaust(&mut group.members, &secret, "groups::Members"),
        Step::Crowd => crowd(group),
        Step::Invite(who, all) => {
            let history = if *all { History::Shared } else { History::Hidden };
            drop(group.invite(&[id(*who)], history, NOW));
        }
        Step::Remove(who) => {
            drop(group.remove(&[id(*who)], PendingRemoval::MemberAndMessages, NOW));
        }
        Step::Rename => drop(group.set_name("Renamed", NOW)),
        Step::Say => drop(group.send(Content::text("hello").unwrap(), NOW)),
        Step::Rekey => drop(group.rekey()),
        Step::Leave(who) => {
            group.inbox.left.insert(id(*who), NOW);
            group.inbox.obeyed_from = Some(NOW);
            group.settle(true, NOW);
        }
        Step::Destroy => drop(group.destroy()),
        Step::Lose => group.work.in_flight = false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_transmission_that_cannot_be_made_changes_nothing(
        steps in prop::collection::vec(step(), 1..10),
    ) {
        let mut group = group();
        for step in &steps {
            take(&mut group, step);
            let before = dumped(&mut group);
            let has_work = group.has_work();
            match group.poll_transmit(NOW, &mut TestRng(1)) {
                Err(error) => prop_assert!(everything(&mut group) == before, "{error}"),
                Ok(next) => prop_assert!(has_work || next.is_none()),
            }
        }
    }
}

/// A key was made and Info was pushed when it showed that Members cannot be: nobody hears of any of it.
#[test]
fn a_config_that_cannot_be_pushed_leaves_key_and_messages_as_they_were() {
    let mut group = stored_group();
    let secret = group.secret().unwrap().clone();
    members_without_removals(&mut group);
    exhaust(&mut group.members, &secret, "groups::Members");
    group.invite(&[id(8)], History::Shared, NOW).unwrap();
    group.set_name("Renamed", NOW).unwrap();
    let before = dumped(&mut group);
    assert_eq!(
        group.poll_transmit(NOW, &mut TestRng(1)).map(|_| ()),
        Err(SendError::Push(PushError::Exhausted))
    );
    assert!(everything(&mut group) == before);
    assert!(group.keys.pending().is_none() && group.work.supplements.is_empty());
    assert!(group.work.history_for.contains(&id(8)) && group.work.rekey);
}

fn members_without_removals(group: &mut Group) {
    for id in Removals::of(&group.members).all() {
        group.members.erase(&id).unwrap();
    }
}

/// Keys for a late joiner were made when it showed that the group is too large for a new key.
#[test]
fn a_group_that_is_too_large_for_a_key_keeps_its_plans() {
    let mut group = stored_group();
    members_without_removals(&mut group);
    group.invite(&[id(8)], History::Shared, NOW).unwrap();
    crowd(&mut group);
    let before = dumped(&mut group);
    let sent = group.poll_transmit(NOW, &mut TestRng(1)).map(|_| ());
    assert!(matches!(sent, Err(SendError::Rekey(RekeyError::TooManyMembers { .. }))), "{sent:?}");
    assert!(everything(&mut group) == before);
    assert!(group.work.history_for.contains(&id(8)) && group.work.handed.is_empty());
}

/// Somebody who is to go cannot be told, and is erased; then it shows that the list cannot be stored any more.
#[test]
fn a_removal_that_cannot_be_stored_is_not_told() {
    let mut group = stored_group();
    let secret = group.secret().unwrap().clone();
    let keys = group.members.keys().to_vec();
    group.members = Config::for_group(group.authority(), keys);
    let no_key = AccountId::try_from([&[5_u8][..], &[0; 32]].concat().as_slice()).unwrap();
    merge_last(&mut group.members, &secret, "groups::Members", |dict| {
        dict.dict(b"m", |dict| {
            dict.dict(&no_key.to_bytes(), |dict| {
                dict.integer(b"R", 1);
                dict.bytes(b"n", b"");
            });
        });
    });
    assert!(group.is_removal_due());
    let before = dumped(&mut group);
    assert_eq!(
        group.poll_transmit(NOW, &mut TestRng(1)).map(|_| ()),
        Err(SendError::Push(PushError::Exhausted))
    );
    assert!(everything(&mut group) == before);
    assert_eq!(Removals::of(&group.members).all().collect::<Vec<_>>(), [no_key]);
}

/// The farewell of the group is not stored yet: there is work as long as it is not.
#[test]
fn a_group_has_work_until_it_is_destroyed() {
    let mut group = stored_group();
    group.destroy().unwrap();
    let transmission = group.poll_transmit(NOW, &mut TestRng(1)).unwrap().unwrap();
    let Some(Task::Info(seqno, hashes)) = transmission.tasks().next().cloned() else {
        panic!("no push of Info")
    };
    // Only Info was stored.
    group.work.in_flight = false;
    group.complete(Task::Info(seqno, hashes), NOW);
    members_without_removals(&mut group);
    let push = group.members.push(NOW).unwrap();
    group.members.confirm_pushed(push.seqno(), []);
    (group.work.outbox, group.work.letters) = Default::default();
    assert!(group.has_work());
    let transmission = group.poll_transmit(NOW, &mut TestRng(1)).unwrap().unwrap();
    assert_eq!(transmission.tasks().collect::<Vec<_>>(), [&Task::Destroy]);
}
