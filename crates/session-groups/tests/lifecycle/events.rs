//! Whenever the program ends, between an answer and any of the events that it brought: each event is told once.

use std::{collections::BTreeSet, time::Duration};

use session_config::group_members::PendingRemoval;
use session_groups::{Event, Group, event::NoticeKind, group::OperationError, members::History};
use session_identity::Timestamp;

use crate::support::{Device, World};

/// What an event says, in a form that can be compared.
fn describe(event: &Event) -> String {
    match event {
        Event::Message(message) => format!("message {:?}", message.received.content().body()),
        Event::Notice(notice) => match &notice.kind {
            NoticeKind::Info(update) => format!("{update:?} by {}", notice.author),
            NoticeKind::Members(change) => {
                format!("{:?} by {}", change.membership(), notice.author)
            }
            other => format!("{other:?} by {}", notice.author),
        },
        Event::Deletion(deletion) => format!("deletion {:?}", deletion.sent_at()),
        Event::Sent { sent_at, .. } => format!("sent {sent_at:?}"),
        other => format!("{other:?}"),
    }
}

/// What somebody is told in a story in which everything happens that there are events for. `ends_at` says when the
/// program ends and starts again.
fn story(observer: usize, ends_at: Option<(usize, usize)>) -> (Vec<String>, Vec<usize>) {
    let mut world = World::new();
    let mut devices: Vec<_> = (1..=4).map(Device::new).collect();
    devices[observer].ends_at = ends_at;
    let [alice, bob, carol, dave] = devices.as_mut_slice() else { unreachable!() };
    world.create(alice, &[bob.id(), carol.id(), dave.id()]);
    for device in [&mut *bob, &mut *carol, &mut *dave] {
        world.accept(device);
    }
    everybody(&mut world, [alice, bob, carol, dave]);
    world.say(bob, "first");
    act(&mut world, alice, |group, now| group.set_name("Renamed", now));
    act(&mut world, alice, |group, now| group.set_timer(Some(Duration::from_secs(86_400)), now));
    everybody(&mut world, [alice, bob, carol, dave]);
    act(&mut world, alice, |group, _| group.promote(&[bob.id()]));
    world.accept(bob);
    everybody(&mut world, [alice, bob, carol, dave]);
    world.say(carol, "second");
    world.say(dave, "third");
    act(&mut world, alice, |group, now| group.delete(&[dave.id()], &[], now));
    dave.group().leave(world.now).unwrap();
    world.carry(dave);
    everybody(&mut world, [alice, bob, carol, dave]);
    act(&mut world, bob, |group, now| group.remove(&[carol.id()], PendingRemoval::Member, now));
    everybody(&mut world, [alice, bob, carol, dave]);
    act(&mut world, alice, |group, now| group.invite(&[dave.id()], History::Shared, now));
    world.accept(dave);
    everybody(&mut world, [alice, bob, carol, dave]);
    act(&mut world, bob, |group, _| group.destroy());
    everybody(&mut world, [alice, bob, carol, dave]);
    let observer = &devices[observer];
    (told(observer), observer.drains.clone())
}

/// An admin does something. After a restart the group is polled first.
fn act(
    world: &mut World,
    admin: &mut Device,
    operation: impl Fn(&mut Group, Timestamp) -> Result<(), OperationError>,
) {
    let mut done = operation(admin.group(), world.now);
    if done == Err(OperationError::NotSynchronised) {
        world.poll(admin, 0);
        done = operation(admin.group(), world.now);
    }
    done.unwrap();
    world.carry(admin);
}

/// Everybody reads both nodes twice, and sends what follows.
fn everybody(world: &mut World, devices: [&mut Device; 4]) {
    for device in devices {
        for _ in 0..2 {
            world.sync(device);
            world.poll(device, 1);
        }
    }
}

/// What was told. Events that say no more than that something changed count once each time that events are taken.
fn told(observer: &Device) -> Vec<String> {
    let (mut told, mut rest) = (Vec::new(), observer.events.as_slice());
    for count in &observer.drains {
        let (taken, later) = rest.split_at(*count);
        let mut changes = BTreeSet::new();
        for event in taken {
            let is_change = matches!(event, Event::InfoChanged | Event::MembersChanged);
            let text = describe(event);
            if !is_change || changes.insert(text.clone()) {
                told.push(text);
            }
        }
        rest = later;
    }
    told.sort();
    told
}

fn check(observer: usize) {
    let (expected, drains) = story(observer, None);
    let distinct: BTreeSet<_> = expected.iter().collect();
    assert!(distinct.len() > 5, "{expected:?}");
    for (drain, count) in drains.iter().enumerate().filter(|(_, count)| **count > 0) {
        for taken in 0..=usize::from(*count > 1) {
            let (told, _) = story(observer, Some((drain, taken)));
            assert_eq!(told, expected, "ends at {drain}, after {taken}");
        }
    }
}

#[test]
fn an_admin_is_told_everything_once_whenever_the_program_ends() {
    check(0);
}

#[test]
fn somebody_who_is_promoted_is_told_everything_once_whenever_the_program_ends() {
    check(1);
}

#[test]
fn somebody_who_is_removed_is_told_everything_once_whenever_the_program_ends() {
    check(2);
}

#[test]
fn somebody_who_leaves_and_comes_back_is_told_everything_once_whenever_the_program_ends() {
    check(3);
}
