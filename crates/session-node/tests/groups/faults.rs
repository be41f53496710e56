//! Groups over a network that loses messages and nodes.

use session_config::group_members::PendingRemoval;
use session_groups::event::Departure;
use session_node::fault::Chance;

use crate::support::{Device, World};

/// Sends until nothing is left, over whichever member of the swarm answers.
fn persist(world: &mut World, device: &mut Device) {
    for round in 0..60 {
        world.member = round;
        world.tick(20_000);
        world.poll(device);
        world.carry(device);
        if device.group.as_ref().is_none_or(|group| !group.has_work()) && round > 4 {
            return;
        }
    }
    panic!("never done: {:?}", device.group);
}

#[test]
fn lost_requests_and_answers_delay_but_change_nothing() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = [1, 2, 3].map(Device::new);
    world.create(&mut alice, &[bob.id(), carol.id()]);
    world.accept(&mut bob);
    world.accept(&mut carol);
    world.sync(&mut alice);

    world.network.faults_mut().lose(Chance::per_million(150_000));
    alice.group().remove(&[bob.id()], PendingRemoval::Member, world.now).unwrap();
    world.say(&mut alice, "without Bob");
    persist(&mut world, &mut alice);
    world.network.faults_mut().lose(Chance::NEVER);
    persist(&mut world, &mut alice);
    persist(&mut world, &mut carol);
    persist(&mut world, &mut bob);
    assert_eq!(carol.texts(), ["without Bob"]);
    assert!(!bob.has_read("without Bob"));
    assert_eq!(bob.group().departure(), Some(Departure::Kicked));
    assert_eq!(alice.group().members().iter().count(), 2);
}

#[test]
fn a_node_that_is_down_keeps_nobody_in_the_group() {
    let mut world = World::new();
    let [mut alice, mut bob] = [1, 2].map(Device::new);
    world.create(&mut alice, &[bob.id()]);
    world.accept(&mut bob);
    let swarm = world.swarm(&alice.group().id().into());
    world.network.take_down(swarm[1]);
    alice.group().remove(&[bob.id()], PendingRemoval::Member, world.now).unwrap();
    world.carry(&mut alice);
    assert!(!alice.group().has_work());
    world.sync(&mut bob);
    assert_eq!(bob.group().departure(), Some(Departure::Kicked));
}
