//! What members who encrypt old words again, and nodes that withhold or lie about time, can try.

use session_config::group_members::PendingRemoval;
use session_envelope::content::{
    Content, Kind,
    group::{Bare, GroupUpdate},
};
use session_groups::{
    Event, Group,
    members::{History, Standing, standing},
};
use session_identity::{AccountId, Timestamp};
use session_swarm::{
    answer::{Answer, Body, Response, RetrieveAnswer},
    hard_fork::HardFork,
    namespace::Namespace,
};

use crate::{
    attacks::inject,
    stories::three,
    support::{Device, World},
};

/// Words that `author` said at `sent_at`, as `by` encrypts them again with the newest key: signatures of
/// Ed25519 are the same each time, so that signing again gives the plaintext that was copied.
fn say_again(
    world: &mut World,
    by: &mut Device,
    author: &Device,
    words: &Content,
    sent_at: Timestamp,
) {
    let keys = by.group().keys().clone();
    let data = keys.encode(words, &author.account, sent_at, &mut world.rng).unwrap();
    inject(world, keys.group(), Namespace::GROUP_MESSAGES, data);
}

fn standing_of(device: &mut Device, id: &AccountId) -> Standing {
    standing(device.group().members(), id)
}

fn update(update: GroupUpdate) -> Content {
    Content::new(Kind::Group(update))
}

/// 06 §9: neither the key nor the name of a message is signed.
#[test]
fn old_words_under_a_new_key_accept_no_invitation() {
    for has_synced in [true, false] {
        let (mut world, mut alice, mut bob, mut carol) = three();
        world.say(&mut bob, "x");
        let said_at = bob
            .events
            .iter()
            .find_map(|event| match event {
                Event::Sent { sent_at, .. } => Some(*sent_at),
                _ => None,
            })
            .unwrap();
        if has_synced {
            world.sync(&mut alice);
        }
        world.tick(120_000);
        alice.group().remove(&[bob.id()], PendingRemoval::Member, world.now).unwrap();
        world.carry(&mut alice);
        world.sync(&mut carol);
        alice.group().invite(&[bob.id()], History::Hidden, world.now).unwrap();
        say_again(&mut world, &mut carol, &bob, &Content::text("x").unwrap(), said_at);
        world.poll(&mut alice, 0);
        // Neither after a restart, when nothing is known of what was read before.
        let mut again = alice.copy(world.now);
        again.restart_of_old(world.now);
        world.poll(&mut again, 0);
        assert_eq!(standing_of(&mut again, &bob.id()), Standing::Invited);
        assert_eq!(world.letters(&mut bob).len(), 0);
        world.carry(&mut alice);
        assert_eq!(world.letters(&mut bob).len(), 1);
        assert_eq!(standing_of(&mut alice, &bob.id()), Standing::Invited);
    }
}

/// Bob left and came back; returns when he left.
fn bob_is_back() -> (World, Device, Device, Device, Timestamp) {
    let (mut world, mut alice, mut bob, mut carol) = three();
    let keys = alice.group().keys().clone();
    bob.group().leave(world.now).unwrap();
    world.carry(&mut bob);
    let stored = world.stored(&keys.group(), Namespace::GROUP_MESSAGES);
    let left_at = stored
        .iter()
        .filter_map(|message| keys.decode(&message.data).ok())
        .find(|it| matches!(it.content().kind(), Kind::Group(GroupUpdate::MemberLeft(_))))
        .map(|it| it.sent_at())
        .unwrap();
    world.sync(&mut alice);
    world.sync(&mut alice);
    alice.group().invite(&[bob.id()], History::Hidden, world.now).unwrap();
    world.carry(&mut alice);
    world.tick(120_000);
    world.accept(&mut bob);
    world.sync(&mut alice);
    world.sync(&mut carol);
    assert_eq!(standing_of(&mut alice, &bob.id()), Standing::Member);
    (world, alice, bob, carol, left_at)
}

#[test]
fn an_old_farewell_without_the_return_removes_nobody() {
    let (mut world, mut alice, bob, mut carol, left_at) = bob_is_back();
    let group = alice.group().id();
    let farewell = update(GroupUpdate::MemberLeft(Bare::new()));
    // All that Bob said is gone, and Carol says again that he left.
    let keys = alice.group().keys().clone();
    let gone: Vec<_> = world
        .stored(&group, Namespace::GROUP_MESSAGES)
        .iter()
        .filter(|message| keys.decode(&message.data).is_ok_and(|it| it.sender() == bob.id()))
        .map(|message| message.hash)
        .collect();
    assert!(!gone.is_empty());
    world.lose(&group, &gone);
    say_again(&mut world, &mut carol, &bob, &farewell, left_at);
    // For a device that knows what it read, and for one that comes back from its disk.
    let (mut again, mut old) = (alice.copy(world.now), alice.copy(world.now));
    old.restart_of_old(world.now);
    for device in [&mut alice, &mut again, &mut old] {
        world.sync(device);
        world.sync(device);
        assert_eq!(standing_of(device, &bob.id()), Standing::Member);
    }
}

/// The answer of node 0 with other pages, as a node can give it.
pub(crate) fn poll_altered(
    world: &mut World,
    device: &mut Device,
    alter: impl Fn(usize, RetrieveAnswer) -> RetrieveAnswer,
) {
    let poll = device.group().poll(world.swarm.key(0), world.now).unwrap();
    let response = world.swarm.ask(0, poll.request(), world.now);
    let Body::Answer(Answer::Batch(results)) = response.body() else { panic!("no batch") };
    let answer = |answer| Response::answer(answer, world.now, HardFork::TIMELESS_HASH);
    let results = results.iter().enumerate().map(|(index, result)| match result.body() {
        Body::Answer(Answer::Retrieve(page)) => {
            answer(Answer::Retrieve(alter(index, page.clone())))
        }
        _ => result.clone(),
    });
    let response = answer(Answer::Batch(results.collect()));
    device.group().handle_poll(&poll, &response, world.now).unwrap();
    device.drain();
}

#[test]
fn nobody_is_removed_before_all_messages_are_read() {
    let (mut world, mut alice, mut bob, _) = three();
    bob.group().leave(world.now).unwrap();
    world.carry(&mut bob);
    world.tick(1_000);
    poll_altered(&mut world, &mut alice, |index, page| {
        RetrieveAnswer::new(page.messages, index == 1)
    });
    assert_eq!(standing_of(&mut alice, &bob.id()), Standing::Member);
    world.poll(&mut alice, 0);
    assert_eq!(standing_of(&mut alice, &bob.id()), Standing::BeingRemoved);
}

#[test]
fn messages_whose_end_a_node_makes_up_are_told_once() {
    let (mut world, _, mut bob, mut carol) = three();
    world.say(&mut bob, "once");
    poll_altered(&mut world, &mut carol, |_, mut page| {
        page.messages.iter_mut().for_each(|it| it.expiry = Timestamp::from_millis(1));
        page
    });
    assert_eq!(carol.texts(), ["once"]);
    let told = carol.events.len();
    // A day later the other node, where nothing was read yet, has them too.
    world.tick(100_000_000);
    world.poll(&mut carol, 1);
    assert_eq!(carol.texts(), ["once"]);
    assert_eq!(carol.events.len(), told);
}

/// The device that did not invite knows no more than what it read.
#[test]
fn words_that_were_read_accept_no_invitation_of_another_device() {
    let (mut world, mut alice, mut bob, mut carol) = three();
    let entry = alice.group().entry().unwrap();
    let mut laptop = Device::new(1);
    laptop.group = Some(Group::open(&alice.account, entry).unwrap());
    world.poll(&mut laptop, 0);
    let said_at = world.now;
    say_again(&mut world, &mut carol, &bob, &Content::text("x").unwrap(), said_at);
    world.poll(&mut laptop, 0);
    assert!(laptop.has_read("x"));
    alice.group().remove(&[bob.id()], PendingRemoval::Member, world.now).unwrap();
    world.carry(&mut alice);
    world.sync(&mut bob);
    alice.group().invite(&[bob.id()], History::Hidden, world.now).unwrap();
    world.carry(&mut alice);
    world.sync(&mut carol);
    say_again(&mut world, &mut carol, &bob, &Content::text("x").unwrap(), said_at);
    world.poll(&mut laptop, 0);
    assert_eq!(standing_of(&mut laptop, &bob.id()), Standing::Invited);
    world.accept(&mut bob);
    world.poll(&mut laptop, 0);
    assert_eq!(standing_of(&mut laptop, &bob.id()), Standing::Member);
}

/// A message has the name that follows from its bytes, or it is not what was asked for (05 §4.1).
#[test]
fn messages_under_false_names_are_passed_over() {
    let (mut world, _, mut bob, mut carol) = three();
    world.say(&mut bob, "x");
    poll_altered(&mut world, &mut carol, |_, mut page| {
        page.messages.iter_mut().for_each(|it| it.hash = "A".repeat(43).parse().unwrap());
        page
    });
    assert_eq!(carol.texts(), [""; 0]);
}

/// A node says that the newest key was stored in a hundred days.
#[test]
fn no_node_has_old_keys_dropped() {
    let (mut world, mut alice, _, mut carol) = three();
    for _ in 0..2 {
        alice.group().rekey().unwrap();
        world.carry(&mut alice);
    }
    let far = Timestamp::from_millis(world.now.as_millis() + 100 * 86_400_000);
    poll_altered(&mut world, &mut carol, |index, mut page| {
        if let (4, Some(newest)) = (index, page.messages.last_mut()) {
            newest.timestamp = far;
        }
        page
    });
    assert_eq!(carol.group().keys().keys().len(), 3);
}

/// Who is in again and has no key yet cannot tell how old a notice is, but is let in by the swarm.
#[test]
fn an_old_notice_counts_for_nothing_before_the_first_key() {
    for is_refused in [false, true] {
        let (mut world, mut alice, mut bob, _) = three();
        alice.group().remove(&[bob.id()], PendingRemoval::Member, world.now).unwrap();
        world.carry(&mut alice);
        world.sync(&mut bob);
        alice.group().invite(&[bob.id()], History::Hidden, world.now).unwrap();
        world.carry(&mut alice);
        world.accept_silently(&mut bob);
        poll_altered_or_refused(&mut world, &mut bob, is_refused);
        assert_eq!(bob.group().departure().is_some(), is_refused);
    }
}

/// The answer of node 0 without keys, which are not there yet or not for the account.
fn poll_altered_or_refused(world: &mut World, device: &mut Device, is_refused: bool) {
    let poll = device.group().poll(world.swarm.key(0), world.now).unwrap();
    let response = world.swarm.ask(0, poll.request(), world.now);
    let Body::Answer(Answer::Batch(results)) = response.body() else { panic!("no batch") };
    let answer = |answer| Response::answer(answer, world.now, HardFork::TIMELESS_HASH);
    let mut results = results.clone();
    let none = answer(Answer::Retrieve(RetrieveAnswer::new(Vec::new(), false)));
    // Anything that is no page is a refusal.
    results[4] = if is_refused { answer(Answer::Batch(Vec::new())) } else { none };
    let response = answer(Answer::Batch(results));
    device.group().handle_poll(&poll, &response, world.now).unwrap();
}
