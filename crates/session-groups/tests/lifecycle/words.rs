//! What is told of messages, and which of them end a membership (06 §9, 03 §5).

use session_bt::Value;
use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};
use session_envelope::content::{
    Content, Kind, ReadReceipt, Typing, TypingAction,
    group::{Bare, GroupUpdate, MemberChange, Membership},
};
use session_groups::{
    Event, Group,
    event::NoticeKind,
    group::OperationError,
    members::{History, Standing, standing},
};
use session_identity::Timestamp;
use session_swarm::namespace::Namespace;

use crate::{
    attacks::{inject, write_bytes},
    stories::three,
    support::{Device, START, World},
};

/// `author` says something at `sent_at`, under the newest key of `by`.
fn say_at(world: &mut World, by: &mut Device, author: &Device, what: &Content, sent_at: Timestamp) {
    let keys = by.group().keys().clone();
    let data = keys.encode(what, &author.account, sent_at, &mut world.rng).unwrap();
    inject(world, keys.group(), Namespace::GROUP_MESSAGES, data);
}

fn farewell() -> Content {
    Content::new(Kind::Group(GroupUpdate::MemberLeft(Bare::new())))
}

fn standing_of(device: &mut Device, of: &Device) -> Standing {
    standing(device.group().members(), &of.id())
}

fn told_of_members(device: &Device) -> usize {
    let is_change = |event: &&Event| match event {
        Event::Notice(notice) => matches!(notice.kind, NoticeKind::Members(_)),
        _ => false,
    };
    device.events.iter().filter(is_change).count()
}

/// The notice of a member, with a signature of another secret than the group's.
#[test]
fn changes_of_members_that_no_admin_signed_are_not_told() {
    let (mut world, mut alice, mut bob, mut carol) = three();
    world.tick(1_000);
    let mallory = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([66; 32]));
    let told = told_of_members(&carol);
    let gone = vec![alice.id()];
    for (signer, count) in [(&mallory, told), (&group_secret(&mut alice), told + 1)] {
        world.tick(1);
        let at = world.now;
        let change = MemberChange::new(signer, Membership::Removed, gone.clone(), at).unwrap();
        let author = Device::new(2);
        let change = Content::new(Kind::Group(GroupUpdate::MemberChange(change)));
        say_at(&mut world, &mut bob, &author, &change, at);
        world.sync(&mut carol);
        assert_eq!(told_of_members(&carol), count);
    }
    assert_eq!(standing_of(&mut carol, &alice), Standing::Admin);
}

fn group_secret(admin: &mut Device) -> Ed25519Keypair {
    let entry = admin.group().entry().unwrap();
    Ed25519Keypair::from_seed(entry.seed().unwrap().clone())
}

#[test]
fn what_an_admin_deletes_before_a_time_is_not_told() {
    let (mut world, mut alice, mut bob, mut carol) = three();
    world.say(&mut bob, "old");
    world.tick(60_000);
    let now = world.now;
    // Each unit in which a time may be given by mistake lies ahead, and so does the next millisecond.
    for millis in [now.as_millis() + 1, now.as_millis() * 1_000, u64::MAX] {
        let ahead = Timestamp::from_millis(millis);
        let group = alice.group();
        assert_eq!(group.delete_before(ahead, now), Err(OperationError::TimeAhead));
        assert_eq!(group.delete_attachments_before(ahead, now), Err(OperationError::TimeAhead));
        assert!(!group.has_work());
    }
    alice.group().delete_before(now, now).unwrap();
    assert_eq!(
        alice.group().info().delete_before(),
        Some(Timestamp::from_millis(now.as_secs() * 1_000))
    );
    world.carry(&mut alice);
    world.tick(60_000);
    world.say(&mut bob, "new");
    world.sync(&mut carol);
    world.sync(&mut carol);
    assert_eq!(carol.texts(), ["new"]);
}

#[test]
fn what_was_said_once_is_told_once() {
    let (mut world, _, mut bob, mut carol) = three();
    world.tick(1_000);
    let at = world.now;
    for text in ["first", "first", "other words of the same time"] {
        let author = Device::new(2);
        say_at(&mut world, &mut bob, &author, &Content::text(text).unwrap(), at);
        world.sync(&mut carol);
    }
    assert_eq!(carol.texts(), ["first"]);
    let author = Device::new(2);
    let later = Timestamp::from_millis(at.as_millis() + 1);
    say_at(&mut world, &mut bob, &author, &Content::text("first").unwrap(), later);
    world.sync(&mut carol);
    assert_eq!(carol.texts(), ["first", "first"]);
}

/// Anybody with a key can encrypt what a member said once more: under a second name it ends nothing.
#[test]
fn farewells_under_a_second_name_remove_nobody() {
    let (mut world, mut alice, bob, mut carol) = three();
    world.tick(1_000);
    let at = world.now;
    say_at(&mut world, &mut carol, &bob, &Content::text("x").unwrap(), at);
    world.sync(&mut alice);
    say_at(&mut world, &mut carol, &bob, &farewell(), at);
    world.sync(&mut alice);
    assert_eq!(standing_of(&mut alice, &bob), Standing::Member);
    let later = Timestamp::from_millis(world.now.as_millis() + 1);
    say_at(&mut world, &mut carol, &bob, &farewell(), later);
    world.poll(&mut alice, 0);
    assert_eq!(standing_of(&mut alice, &bob), Standing::BeingRemoved);
}

/// Another device of an admin left; this one still acts for the group, and removes nobody, itself least of all.
#[test]
fn admins_do_not_remove_themselves() {
    let (mut world, mut alice, _, mut carol) = three();
    world.tick(1_000);
    let at = world.now;
    let author = Device::new(1);
    say_at(&mut world, &mut carol, &author, &farewell(), at);
    world.poll(&mut alice, 0);
    assert_eq!(standing_of(&mut alice, &author), Standing::Admin);
    assert!(!alice.group().has_work());
}

/// Receipts and signs of typing go from person to person (03 §5).
#[test]
fn kinds_that_groups_never_carry_are_not_told() {
    let (mut world, _, mut bob, mut carol) = three();
    let told = carol.events.len();
    let kinds = [
        Kind::Typing(Typing::new(TypingAction::Started)),
        Kind::ReadReceipt(ReadReceipt::new([world.now]).unwrap()),
    ];
    for kind in kinds {
        world.tick(1_000);
        let sent_at = world.now;
        write_bytes(&mut world, &mut bob, &Content::new(kind).encode(sent_at), sent_at);
    }
    world.sync(&mut carol);
    assert_eq!(carol.events.len(), told);
    world.say(&mut bob, "a message");
    world.sync(&mut carol);
    assert_eq!(carol.events.len(), told + 1);
}

/// Carol says as Bob that he left, before the time at which he came; then he does leave.
#[test]
fn the_latest_farewell_counts() {
    let (mut world, mut alice, mut bob, mut carol) = three();
    let author = Device::new(2);
    say_at(&mut world, &mut carol, &author, &farewell(), START);
    world.tick(1_000);
    bob.group().leave(world.now).unwrap();
    world.carry(&mut bob);
    world.poll(&mut alice, 0);
    assert_eq!(standing_of(&mut alice, &author), Standing::BeingRemoved);
}

/// A device that begins to act for the group now leaves to others what was said long before.
#[test]
fn old_words_accept_no_invitation_on_a_new_device() {
    for (hours, expected) in [(2, Standing::Invited), (0, Standing::Member)] {
        let (mut world, mut alice, _, mut carol) = three();
        let dave = Device::new(4);
        alice.group().invite(&[dave.id()], History::Hidden, world.now).unwrap();
        world.carry(&mut alice);
        world.sync(&mut carol);
        world.tick(1_000);
        let at = world.now;
        say_at(&mut world, &mut carol, &dave, &Content::text("x").unwrap(), at);
        world.tick(hours * 3_600_000);
        let entry = alice.group().entry().unwrap();
        let mut laptop = Device::new(1);
        laptop.group = Some(Group::open(&alice.account, entry).unwrap());
        world.poll(&mut laptop, 0);
        assert!(laptop.has_read("x"));
        assert_eq!(standing_of(&mut laptop, &dave), expected, "{hours}");
    }
}

/// The same for those who left: other devices of the admin have seen to it.
#[test]
fn old_farewells_remove_nobody_on_a_new_device() {
    for (hours, expected) in [(2, Standing::Member), (0, Standing::BeingRemoved)] {
        let (mut world, mut alice, mut bob, _) = three();
        bob.group().leave(world.now).unwrap();
        world.carry(&mut bob);
        world.tick(hours * 3_600_000);
        let mut laptop = Device::new(1);
        let entry = alice.group().entry().unwrap();
        laptop.group = Some(Group::open(&alice.account, entry).unwrap());
        world.poll(&mut laptop, 0);
        assert_eq!(standing_of(&mut laptop, &Device::new(2)), expected, "{hours}");
    }
}

/// Words of somebody who was not written to yet answer nothing: the invitation is sent all the same.
#[test]
fn invitations_are_sent_to_those_who_seem_to_be_in() {
    let (mut world, mut alice, _, mut carol) = three();
    let mut dave = Device::new(4);
    alice.group().invite(&[dave.id()], History::Hidden, world.now).unwrap();
    world.tick(1_000);
    let at = world.now;
    say_at(&mut world, &mut carol, &dave, &Content::text("x").unwrap(), at);
    world.poll(&mut alice, 0);
    world.carry(&mut alice);
    assert_eq!(world.letters(&mut dave).len(), 1);
}

/// Only admins delete in the swarm; a member keeps no list of what it would delete as one.
#[test]
fn members_keep_nothing_of_requests_to_delete() {
    let (mut world, mut alice, mut bob, mut carol) = three();
    world.say(&mut bob, "x");
    world.sync(&mut carol);
    world.sync(&mut alice);
    let group = alice.group().id();
    let stored = world.stored(&group, Namespace::GROUP_MESSAGES);
    let hashes: Vec<_> = stored.iter().map(|message| message.hash).collect();
    bob.group().delete_own(&hashes, world.now).unwrap();
    world.carry(&mut bob);
    for (device, count) in [(&mut alice, 1), (&mut carol, 0)] {
        world.poll(device, 0);
        let dump = Value::decode(&device.group().dump(world.now)).unwrap();
        let Value::Dict(dump) = dump else { panic!("no dict") };
        let Some(Value::Dict(local)) = dump.get(b"local") else { panic!("no dict") };
        let Some(Value::List(deleted)) = local.get(b"d") else { panic!("no list") };
        let deleted = deleted.iter().filter(|hash| {
            let Value::Bytes(hash) = hash else { return false };
            hashes.iter().any(|known| known.as_bytes()[..] == hash[..])
        });
        assert!(deleted.count().min(1) == count, "{count}");
    }
}
