//! What is told of messages, and which of them end a membership (06 §9, 03 §5).

use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};
use session_envelope::content::{
    Content, Kind, ReadReceipt, Typing, TypingAction,
    group::{Bare, GroupUpdate, MemberChange, Membership},
};
use session_groups::{
    Event,
    event::NoticeKind,
    members::{Standing, standing},
};
use session_identity::Timestamp;
use session_swarm::namespace::Namespace;

use crate::{
    attacks::{inject, write_bytes},
    stories::three,
    support::{Device, World},
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
    alice.group().delete_before(world.now).unwrap();
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
