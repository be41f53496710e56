//! How groups begin, change and end, told by those who are in them.

use session_swarm::{answer::StoredMessage, namespace::Namespace};

use crate::support::{Device, World};
use session_config::group_members::{MemberStatus, PendingRemoval, Progress};
use session_groups::{
    Event, Group,
    event::Departure,
    group::OperationError,
    members::{History, Standing},
};

/// Alice, an admin, and Bob and Carol, who accepted.
pub(crate) fn three() -> (World, Device, Device, Device) {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = [1, 2, 3].map(Device::new);
    world.create(&mut alice, &[bob.id(), carol.id()]);
    world.accept(&mut bob);
    world.accept(&mut carol);
    world.sync(&mut alice);
    world.sync(&mut bob);
    world.sync(&mut carol);
    (world, alice, bob, carol)
}

pub(crate) fn status(device: &mut Device, of: &Device) -> Option<MemberStatus> {
    let members = device.group().members();
    members.get(&of.id()).map(|member| members.member_status(&member))
}

#[test]
fn a_group_is_made_joined_and_talked_in() {
    let (mut world, mut alice, mut bob, mut carol) = three();
    for device in [&mut alice, &mut bob, &mut carol] {
        assert_eq!(device.group().name(), "Group");
        assert_eq!(device.group().members().iter().count(), 3);
        assert_eq!(device.group().keys().keys().len(), 1);
    }
    for member in [&bob, &carol] {
        assert_eq!(status(&mut alice, member), Some(MemberStatus::Invite(Progress::Accepted)));
    }
    world.say(&mut bob, "hello from Bob");
    world.sync(&mut alice);
    world.sync(&mut carol);
    assert_eq!(alice.texts(), ["hello from Bob"]);
    assert_eq!(carol.texts(), ["hello from Bob"]);
    let Some(Event::Message(message)) =
        alice.events.iter().find(|it| matches!(it, Event::Message(_)))
    else {
        panic!("no message")
    };
    assert_eq!((message.received.sender(), message.standing), (bob.id(), Standing::Member));
    // Nobody has anything left to do.
    for device in [&mut alice, &mut bob, &mut carol] {
        assert!(!device.group().has_work());
    }
}

#[test]
fn late_joiners_read_what_they_are_shown() {
    let (mut world, mut alice, mut bob, _) = three();
    world.say(&mut bob, "before");
    let [mut dave, mut erin] = [4, 5].map(Device::new);
    alice.group().invite(&[dave.id()], History::Shared, world.now).unwrap();
    world.carry(&mut alice);
    alice.group().invite(&[erin.id()], History::Hidden, world.now).unwrap();
    world.carry(&mut alice);
    world.accept(&mut dave);
    world.accept(&mut erin);
    world.sync(&mut bob);
    world.say(&mut bob, "after");
    world.sync(&mut dave);
    world.sync(&mut erin);
    assert_eq!(dave.texts(), ["before", "after"]);
    assert_eq!(erin.texts(), ["after"]);
    // Both rekeys were seen by all: key 0 of the beginning, 1 for Dave, 2 for Erin.
    assert_eq!(erin.group().keys().keys().len(), 1);
    assert_eq!(bob.group().keys().current_generation().map(|it| it.get()), Some(2));
}

#[test]
fn an_invitation_that_was_not_answered_is_sent_again_with_history() {
    let (mut world, mut alice, mut bob, _) = three();
    world.say(&mut bob, "before");
    let mut dave = Device::new(4);
    alice.group().invite(&[dave.id()], History::Shared, world.now).unwrap();
    world.carry(&mut alice);
    // What was stored for him is lost.
    let group = alice.group().id();
    let is_supplement = |it: &StoredMessage| it.data[31..].starts_with(b"1:+");
    let stored = world.stored(&group, Namespace::GROUP_KEYS);
    let lost: Vec<_> = stored.iter().filter(|it| is_supplement(it)).map(|it| it.hash).collect();
    assert_eq!(lost.len(), 1);
    world.lose(&group, &lost);
    assert_eq!(world.letters(&mut dave).len(), 1);
    alice.group().resend(&dave.id()).unwrap();
    assert_eq!(status(&mut alice, &dave), Some(MemberStatus::InviteSending));
    world.carry(&mut alice);
    assert_eq!(status(&mut alice, &dave), Some(MemberStatus::Invite(Progress::Sent)));
    world.accept(&mut dave);
    assert_eq!(dave.texts(), ["before"]);
}

#[test]
fn removed_members_learn_it_and_read_no_more() {
    for removal in [PendingRemoval::Member, PendingRemoval::MemberAndMessages] {
        let (mut world, mut alice, mut bob, mut carol) = three();
        world.say(&mut bob, "from Bob");
        world.say(&mut carol, "from Carol");
        world.sync(&mut alice);
        alice.group().remove(&[bob.id()], removal, world.now).unwrap();
        world.say(&mut alice, "without Bob");
        world.sync(&mut carol);
        assert!(carol.has_read("without Bob"), "{removal:?}");

        // Whatever is stored, wherever: Bob's keys open nothing that was written since.
        let group = alice.group().id();
        let stored = world.stored(&group, Namespace::GROUP_MESSAGES);
        let keys = bob.group().keys().clone();
        for message in &stored {
            let opened = keys.decode(&message.data);
            assert_ne!(
                opened.ok().and_then(|it| it.content().body().map(str::to_owned)).as_deref(),
                Some("without Bob")
            );
        }
        let bobs = stored
            .iter()
            .filter(|it| {
                let received = carol.group().keys().decode(&it.data);
                received.is_ok_and(|it| it.sender() == bob.id() && it.content().body().is_some())
            })
            .count();
        assert_eq!(bobs, usize::from(removal == PendingRemoval::Member));
        let told = carol.events.iter().any(|event| {
            matches!(event, Event::Deletion(it) if it.is_by_admin() && it.members().eq([&bob.id()]))
        });
        assert_eq!(told, removal == PendingRemoval::MemberAndMessages);

        world.sync(&mut bob);
        assert_eq!(bob.group().departure(), Some(Departure::Kicked));
        assert!(bob.group().keys().is_empty());
        assert!(!bob.has_read("without Bob"));
        let entry = bob.group().entry().unwrap();
        assert_eq!(
            (entry.name(), entry.seed().is_some(), entry.auth_data.is_some()),
            ("Group", false, false)
        );
        assert_eq!(alice.group().members().iter().count(), 2);
        assert!(!alice.group().has_work());
    }
}

#[test]
fn who_was_removed_can_come_back() {
    let (mut world, mut alice, mut bob, _) = three();
    alice.group().remove(&[bob.id()], PendingRemoval::Member, world.now).unwrap();
    world.carry(&mut alice);
    world.sync(&mut bob);
    assert_eq!(bob.group().departure(), Some(Departure::Kicked));
    alice.group().invite(&[bob.id()], History::Hidden, world.now).unwrap();
    world.carry(&mut alice);
    // The old notice of removal is still there, and has no effect.
    world.accept(&mut bob);
    assert_eq!(bob.group().departure(), None);
    world.say(&mut bob, "back again");
    world.sync(&mut alice);
    assert!(alice.has_read("back again"));
    assert_eq!(status(&mut alice, &bob), Some(MemberStatus::Invite(Progress::Accepted)));
}

#[test]
fn promoted_members_are_admins() {
    let (mut world, mut alice, mut bob, mut carol) = three();
    alice.group().promote(&[bob.id()]).unwrap();
    world.carry(&mut alice);
    assert_eq!(status(&mut alice, &bob), Some(MemberStatus::Promotion(Progress::Sent)));
    assert_eq!(bob.group().set_name("Bob's", world.now), Err(OperationError::NotAdmin));
    world.accept(&mut bob);
    assert!(bob.group().is_admin());
    assert!(bob.group().entry().unwrap().seed().is_some());
    world.sync(&mut bob);
    for blank in ["", " ", "\u{200b}", "\u{2800}"] {
        let error = bob.group().set_name(blank, world.now);
        assert!(matches!(error, Err(OperationError::Content(_))), "{blank:?}");
    }
    bob.group().set_name("Bob's", world.now).unwrap();
    bob.group().remove(&[carol.id()], PendingRemoval::Member, world.now).unwrap();
    world.carry(&mut bob);
    world.sync(&mut carol);
    assert_eq!(carol.group().departure(), Some(Departure::Kicked));
    world.sync(&mut alice);
    assert_eq!(alice.group().name(), "Bob's");
    assert_eq!(status(&mut alice, &bob), Some(MemberStatus::Promotion(Progress::Accepted)));
    world.say(&mut alice, "two of us");
    world.sync(&mut bob);
    assert!(bob.has_read("two of us"));
}

#[test]
fn destroyed_groups_are_gone_for_all() {
    let (mut world, mut alice, mut bob, _) = three();
    world.say(&mut bob, "soon gone");
    assert_eq!(bob.group().destroy(), Err(OperationError::NotAdmin));
    alice.group().destroy().unwrap();
    world.carry(&mut alice);
    assert_eq!(alice.group().departure(), Some(Departure::Destroyed));
    let group = bob.group().id();
    let left = world.stored(&group, Namespace::GROUP_MESSAGES);
    assert_eq!(left, []);
    world.sync(&mut bob);
    assert_eq!(bob.group().departure(), Some(Departure::Destroyed));
    let entry = bob.group().entry().unwrap();
    assert!(Group::open(&bob.account, entry).is_err());
}

#[test]
fn members_leave_and_are_removed_by_an_admin() {
    let (mut world, mut alice, mut bob, mut carol) = three();
    bob.group().leave(world.now).unwrap();
    world.carry(&mut bob);
    assert_eq!(bob.group().departure(), Some(Departure::Left));
    assert!(bob.group().entry().is_none());
    assert_eq!(alice.group().leave(world.now), Err(OperationError::LastAdmin));
    world.sync(&mut alice);
    world.sync(&mut alice);
    assert_eq!(status(&mut alice, &bob), None);
    world.sync(&mut carol);
    let left = carol.events.iter().any(|event| {
        matches!(event, Event::Notice(it) if it.author == bob.id()
            && matches!(it.kind, session_groups::event::NoticeKind::Left))
    });
    assert!(left);
    assert_eq!(carol.group().members().iter().count(), 2);
    // Without a notice of removal from an admin (06 §11).
    let notices = carol.events.iter().filter(|event| {
        matches!(event, Event::Notice(it) if matches!(it.kind, session_groups::event::NoticeKind::Members(_)))
    });
    assert_eq!(notices.count(), 1, "that of the beginning");
}

#[test]
fn leaving_needs_neither_keys_nor_access() {
    // Without keys.
    let (mut world, mut alice, mut bob, _) = three();
    let mut dave = Device::new(4);
    alice.group().invite(&[dave.id()], History::Hidden, world.now).unwrap();
    world.carry(&mut alice);
    world.accept_silently(&mut dave);
    dave.group().leave(world.now).unwrap();
    assert_eq!(dave.group().departure(), Some(Departure::Left));
    // Without access.
    alice.group().remove(&[bob.id()], PendingRemoval::Member, world.now).unwrap();
    world.carry(&mut alice);
    bob.group().leave(world.now).unwrap();
    world.carry(&mut bob);
    assert_eq!(bob.group().departure(), Some(Departure::Left));
}

#[test]
fn who_was_away_for_three_rekeys_reads_everything() {
    let (mut world, mut alice, mut bob, mut carol) = three();
    for round in 0..3 {
        alice.group().rekey().unwrap();
        world.say(&mut alice, &format!("round {round}"));
    }
    world.sync(&mut carol);
    world.sync(&mut bob);
    assert_eq!(bob.texts(), ["round 0", "round 1", "round 2"]);
    assert_eq!(bob.group().keys().current_generation().map(|it| it.get()), Some(3));
    world.say(&mut bob, "back");
    world.sync(&mut carol);
    assert!(carol.has_read("back"));
}

#[test]
fn two_admins_who_rekey_at_once_come_together() {
    let (mut world, mut alice, mut bob, mut carol) = three();
    alice.group().promote(&[bob.id()]).unwrap();
    world.carry(&mut alice);
    world.accept(&mut bob);
    world.sync(&mut bob);
    world.sync(&mut alice);
    let [dave, erin] = [4, 5].map(Device::new);
    // Neither has heard of the other's guest.
    alice.group().invite(&[dave.id()], History::Hidden, world.now).unwrap();
    bob.group().invite(&[erin.id()], History::Hidden, world.now).unwrap();
    world.carry(&mut alice);
    world.carry(&mut bob);
    for _ in 0..3 {
        for device in [&mut alice, &mut bob, &mut carol] {
            world.sync(device);
        }
    }
    for device in [&mut alice, &mut bob, &mut carol] {
        assert_eq!(device.group().members().iter().count(), 5);
        assert!(!device.group().keys().needs_rekey());
        assert!(!device.group().has_work());
        // 1: both at once. 2: the two agree.
        assert_eq!(device.group().keys().current_generation().map(|it| it.get()), Some(2));
    }
    let newest = |device: &mut Device| device.group().keys().encryption_key().cloned();
    assert_eq!(newest(&mut alice), newest(&mut bob));
    assert_eq!(newest(&mut alice), newest(&mut carol));
}

#[test]
fn groups_survive_a_restart() {
    let (mut world, mut alice, mut bob, _) = three();
    let mut dave = Device::new(4);
    world.say(&mut bob, "before");
    alice.group().invite(&[dave.id()], History::Shared, world.now).unwrap();
    // The program ends before anything is sent.
    let entry = alice.group().entry().unwrap();
    let dump = alice.group().dump(world.now);
    assert!(!alice.group().needs_dump());
    alice.group = Some(Group::load(&alice.account, entry, &dump, world.now).unwrap());
    // It has to look at the swarm first.
    assert_eq!(alice.group().set_name("x", world.now), Err(OperationError::NotSynchronised));
    world.sync(&mut alice);
    assert_eq!(status(&mut alice, &dave), Some(MemberStatus::InviteSending));
    alice.group().resend(&dave.id()).unwrap();
    world.carry(&mut alice);
    world.accept(&mut dave);
    assert_eq!(dave.texts(), ["before"]);
    assert!(!alice.group().has_work());

    let entry = bob.group().entry().unwrap();
    let dump = bob.group().dump(world.now);
    bob.group = Some(Group::load(&bob.account, entry.clone(), &dump, world.now).unwrap());
    assert_eq!(bob.group().keys().keys().len(), 1);
    assert_eq!(bob.group().name(), "Group");
    for length in 0..dump.len() {
        assert!(
            Group::load(&bob.account, entry.clone(), &dump[..length], world.now).is_err(),
            "{length}"
        );
    }
}

#[test]
fn another_device_of_an_account_reads_along() {
    let (mut world, mut alice, mut bob, _) = three();
    world.say(&mut bob, "one");
    let mut tablet = Device::new(2);
    let entry = bob.group().entry().unwrap();
    tablet.group = Some(Group::open(&bob.account, entry).unwrap());
    world.sync(&mut tablet);
    assert_eq!(tablet.texts(), ["one"]);
    world.say(&mut tablet, "two");
    world.sync(&mut bob);
    world.sync(&mut alice);
    assert_eq!(bob.texts(), ["two"]);
    assert_eq!(alice.texts(), ["one", "two"]);
    // A linked device of an admin acts as soon as it has read the group.
    let mut laptop = Device::new(1);
    let entry = alice.group().entry().unwrap();
    laptop.group = Some(Group::open(&alice.account, entry).unwrap());
    assert_eq!(laptop.group().rekey(), Err(OperationError::NotSynchronised));
    world.sync(&mut laptop);
    laptop.group().set_name("From the laptop", world.now).unwrap();
    world.carry(&mut laptop);
    world.sync(&mut bob);
    assert_eq!(bob.group().name(), "From the laptop");
}

/// Between its two phases another rekey would hand the new key to the member who is removed (06 §11).
#[test]
fn removals_come_before_any_other_rekey() {
    let (mut world, mut alice, mut bob, _) = three();
    let dave = Device::new(4);
    alice.group().remove(&[bob.id()], PendingRemoval::Member, world.now).unwrap();
    alice.group().invite(&[dave.id()], History::Hidden, world.now).unwrap();
    world.carry(&mut alice);
    let group = alice.group().id();
    let stored = world.stored(&group, Namespace::GROUP_KEYS);
    assert_eq!(stored.len(), 2, "one key for both changes");
    let mut keys = bob.group().keys().clone();
    for message in &stored {
        keys.load_message(&message.data, message.hash.into(), message.timestamp).unwrap();
    }
    assert_eq!(keys.keys().len(), 1);
}
