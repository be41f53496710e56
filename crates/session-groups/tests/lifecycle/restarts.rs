//! What the program knows when it ends it knows when it starts again (09 §3.1, §4 step 1).

use session_envelope::content::Content;
use session_groups::{
    Event,
    group::Progress,
    members::{History, Standing, standing},
};
use session_swarm::{answer::RetrieveAnswer, namespace::Namespace, request::Request};

use crate::{
    replays::poll_altered,
    stories::three,
    support::{Device, World},
};

/// Reads both nodes, and returns how many events that brought.
fn read_all(world: &mut World, device: &mut Device) -> usize {
    let told = device.events.len();
    world.tick(1_000);
    world.poll(device, 0);
    world.poll(device, 1);
    device.events.len() - told
}

#[test]
fn nothing_is_told_again_after_a_restart() {
    let (mut world, mut alice, mut bob, mut carol) = three();
    world.say(&mut bob, "once");
    alice.group().set_name("Renamed", world.now).unwrap();
    world.carry(&mut alice);
    bob.group().delete_own(&[], world.now).unwrap_err();
    // Only one of the two nodes was read before.
    world.poll(&mut carol, 0);
    assert!(carol.group().needs_dump());
    let told = carol.events.len();
    assert_eq!(carol.texts(), ["once"]);
    for _ in 0..3 {
        carol.restart(world.now);
        assert_eq!(read_all(&mut world, &mut carol), 0);
    }
    world.say(&mut bob, "twice");
    carol.restart(world.now);
    assert_eq!(read_all(&mut world, &mut carol), 1);
    assert_eq!(carol.texts(), ["once", "twice"]);
    assert_eq!(carol.events.len(), told + 1);
}

#[test]
fn a_question_that_brings_nothing_needs_no_dump() {
    let (mut world, _, mut bob, mut carol) = three();
    read_all(&mut world, &mut carol);
    drop(carol.group().dump(world.now));
    read_all(&mut world, &mut carol);
    assert!(!carol.group().needs_dump());
    world.say(&mut bob, "x");
    world.poll(&mut carol, 0);
    assert!(carol.group().needs_dump());
    drop(carol.group().dump(world.now));
    // The same from the other node, which has an order of its own.
    world.poll(&mut carol, 1);
    assert!(carol.group().needs_dump());
}

/// After a restart a node is not asked for what it gave before.
#[test]
fn reading_goes_on_where_it_ended() {
    let (mut world, _, mut bob, mut carol) = three();
    world.say(&mut bob, "x");
    read_all(&mut world, &mut carol);
    carol.restart(world.now);
    for node in 0..2 {
        let poll = carol.group().poll(world.swarm.key(node), world.now).unwrap();
        let Request::Batch(batch) = poll.request() else { panic!("no batch") };
        for request in batch.requests() {
            let Request::Retrieve(retrieve) = request else { continue };
            let group = carol.group().id();
            let is_empty = world.stored(&group, retrieve.namespace()).is_empty();
            assert_eq!(retrieve.last_hash().is_none(), is_empty, "{}", retrieve.namespace());
        }
    }
}

#[test]
fn dumps_of_earlier_releases_load_and_the_group_is_read_once_more() {
    let (mut world, _, mut bob, mut carol) = three();
    world.say(&mut bob, "x");
    read_all(&mut world, &mut carol);
    carol.restart_of_old(world.now);
    carol.events.clear();
    assert!(read_all(&mut world, &mut carol) > 0);
    assert_eq!(carol.texts(), ["x"]);
    carol.restart(world.now);
    assert_eq!(read_all(&mut world, &mut carol), 0);
}

/// A message under a key that is not there yet, which the swarm does not hand out a second time.
#[test]
fn messages_that_wait_for_a_key_survive_a_restart() {
    let (mut world, mut alice, _, mut carol) = three();
    let group = alice.group().id();
    let old_keys = world.stored(&group, Namespace::GROUP_KEYS);
    alice.group().rekey().unwrap();
    world.carry(&mut alice);
    let new_key = world.stored(&group, Namespace::GROUP_KEYS);
    let new_key = new_key.iter().find(|key| !old_keys.contains(key)).unwrap().clone();
    world.say(&mut alice, "under the new key");
    alice.group().set_name("Renamed", world.now).unwrap();
    world.carry(&mut alice);
    let held_back = new_key.clone();
    poll_altered(&mut world, &mut carol, |_, mut page| {
        page.messages.retain(|message| message.hash != held_back.hash);
        page
    });
    assert!(!carol.has_read("under the new key"));
    carol.restart(world.now);
    // Everything but the key is gone.
    let mut gone = Vec::new();
    for namespace in [Namespace::GROUP_MESSAGES, Namespace::GROUP_INFO] {
        gone.extend(world.stored(&group, namespace).iter().map(|message| message.hash));
    }
    world.lose(&group, &gone);
    carol.restart(world.now);
    poll_altered(&mut world, &mut carol, |index, page| {
        let keys = if index == 4 { vec![new_key.clone()] } else { page.messages };
        RetrieveAnswer::new(keys, false)
    });
    assert!(carol.has_read("under the new key"));
    assert_eq!(carol.group().name(), "Renamed");
    carol.restart(world.now);
    assert_eq!(read_all(&mut world, &mut carol), 0);
}

/// The program ends between the answer of a node and the moment at which it takes the events.
#[test]
fn events_that_were_not_taken_are_told_after_a_restart() {
    let (mut world, _, mut bob, mut carol) = three();
    world.say(&mut bob, "taken");
    world.poll(&mut carol, 0);
    world.say(&mut bob, "not taken");
    let poll = carol.group().poll(world.swarm.key(0), world.now).unwrap();
    let response = world.swarm.ask(0, poll.request(), world.now);
    let progress = carol.group().handle_poll(&poll, &response, world.now);
    assert_eq!(progress, Ok(Progress::Complete));
    let mut again = carol.copy(world.now);
    carol.drain();
    assert!(carol.group().needs_dump(), "the last dump does not know that it was told");
    assert_eq!(carol.texts(), ["taken", "not taken"]);
    assert_eq!(read_all(&mut world, &mut again), 1);
    assert_eq!(again.texts(), ["not taken"]);
    assert!(carol.group().needs_dump());
    carol.restart(world.now);
    assert_eq!(read_all(&mut world, &mut carol), 0);
}

/// The same for a message of one's own: that it is stored is told, and it does not come back as a message.
#[test]
fn own_messages_whose_storing_was_not_told_are_told_after_a_restart() {
    let (mut world, _, mut bob, _) = three();
    let sent_at = bob.group().send(Content::text("own").unwrap(), world.now).unwrap();
    let transmission = world.next(&mut bob).unwrap();
    let response = world.swarm.ask(0, transmission.request(), world.now);
    let keys = [world.swarm.key(0), world.swarm.key(1)];
    bob.group().handle_response(transmission, &response, &keys, world.now);
    bob.restart(world.now);
    let told = bob.events.len();
    bob.drain();
    let [Event::Sent { sent_at: told_at, .. }] = &bob.events[told..] else {
        panic!("{:?}", &bob.events[told..])
    };
    assert_eq!(*told_at, sent_at);
    bob.restart(world.now);
    assert_eq!(read_all(&mut world, &mut bob), 0);
}

/// Once it was told that a message of one's own is stored, it is known: it does not come back as a message.
#[test]
fn own_messages_whose_storing_was_told_are_known_after_a_restart() {
    let (mut world, _, mut bob, _) = three();
    bob.restart(world.now);
    bob.group().send(Content::text("own").unwrap(), world.now).unwrap();
    let transmission = world.next(&mut bob).unwrap();
    assert!(!bob.group().needs_dump(), "messages that are not sent yet are not in a dump");
    world.deliver(&mut bob, transmission, 0);
    assert!(bob.group().needs_dump());
    bob.restart(world.now);
    assert_eq!(read_all(&mut world, &mut bob), 0);
}

/// A farewell is known, but not yet whether its author came back.
#[test]
fn farewells_that_were_read_survive_a_restart() {
    let (mut world, mut alice, mut bob, _) = three();
    bob.group().leave(world.now).unwrap();
    world.carry(&mut bob);
    poll_altered(&mut world, &mut alice, |index, page| {
        RetrieveAnswer::new(page.messages, index == 1)
    });
    alice.restart(world.now);
    let of_bob = |alice: &mut Device| standing(alice.group().members(), &bob.id());
    assert_eq!(of_bob(&mut alice), Standing::Member);
    world.poll(&mut alice, 0);
    assert_eq!(of_bob(&mut alice), Standing::BeingRemoved);
}

/// The account becomes an admin while a question of its time as a member is on the way.
#[test]
fn a_late_answer_does_not_end_the_reading_from_the_beginning() {
    let (mut world, mut alice, _, _) = three();
    let mut dave = Device::new(4);
    world.say(&mut alice, "before Dave came");
    alice.group().invite(&[dave.id()], History::Hidden, world.now).unwrap();
    world.carry(&mut alice);
    world.accept(&mut dave);
    world.sync(&mut dave);
    alice.group().promote(&[dave.id()]).unwrap();
    world.carry(&mut alice);
    let poll = dave.group().poll(world.swarm.key(0), world.now).unwrap();
    let response = world.swarm.ask(0, poll.request(), world.now);
    world.accept_silently(&mut dave);
    dave.group().handle_poll(&poll, &response, world.now).unwrap();
    dave.drain();
    assert!(!dave.has_read("before Dave came"));
    assert!(dave.group().rekey().is_err(), "not everything was read again");
    world.poll(&mut dave, 0);
    assert!(dave.has_read("before Dave came"));
    dave.group().rekey().unwrap();
}

/// What an admin deleted is no longer known to a node: the question begins at the message before it.
#[test]
fn questions_do_not_begin_after_what_was_deleted() {
    let (mut world, mut alice, mut bob, _) = three();
    world.say(&mut bob, "stays");
    world.sync(&mut alice);
    let group = alice.group().id();
    let stays = world.stored(&group, Namespace::GROUP_MESSAGES);
    world.say(&mut bob, "goes");
    world.sync(&mut alice);
    let all = world.stored(&group, Namespace::GROUP_MESSAGES);
    let goes: Vec<_> = all.iter().filter(|it| !stays.contains(it)).map(|it| it.hash).collect();
    alice.group().delete(&[], &goes, world.now).unwrap();
    world.carry(&mut alice);
    let poll = alice.group().poll(world.swarm.key(0), world.now).unwrap();
    let Request::Batch(batch) = poll.request() else { panic!("no batch") };
    let after = batch.requests().iter().find_map(|request| match request {
        Request::Retrieve(it) if it.namespace() == Namespace::GROUP_MESSAGES => it.last_hash(),
        _ => None,
    });
    assert!(after.is_some_and(|hash| stays.iter().any(|it| it.hash == *hash)));
}

/// The key was stored, though the answer was lost: it is not made a second time.
#[test]
fn a_key_that_is_found_is_not_made_again() {
    let (mut world, mut alice, _, _) = three();
    alice.group().rekey().unwrap();
    let transmission = world.next(&mut alice).unwrap();
    world.swarm.ask(0, transmission.request(), world.now);
    alice.group().handle_silence(transmission, world.now);
    world.tick(20_000);
    world.sync(&mut alice);
    assert_eq!(alice.group().keys().current_generation().map(|it| it.get()), Some(1));
    assert!(!alice.group().has_work());
}

/// More waited for a key than is kept: with the next key everything is read again, also after a restart.
#[test]
fn what_was_forgotten_is_read_again_with_the_next_key() {
    let (mut world, mut alice, _, mut carol) = three();
    let starts = |carol: &mut Device, world: &World| {
        let poll = carol.group().poll(world.swarm.key(0), world.now).unwrap();
        let Request::Batch(batch) = poll.request() else { panic!("no batch") };
        let last = |request: &Request| match request {
            Request::Retrieve(it) => it.last_hash().copied(),
            _ => None,
        };
        batch.requests().iter().filter_map(last).count()
    };
    for has_lost in [false, true] {
        if has_lost {
            carol.restart_after_a_loss(world.now);
            carol.restart(world.now);
        }
        world.poll(&mut carol, 0);
        assert!(starts(&mut carol, &world) > 0);
        alice.group().rekey().unwrap();
        world.carry(&mut alice);
        world.poll(&mut carol, 0);
        assert_eq!(starts(&mut carol, &world) == 0, has_lost);
        carol.restart(world.now);
    }
}
