//! Groups of all sizes.

use session_config::group_members::{MemberStatus, Progress};
use session_groups::{
    group::{CreateError, OperationError},
    members::InviteError,
};
use session_swarm::namespace::Namespace;

use crate::support::{Device, World};

/// A group of `size`, of whom three come in and talk to each other.
fn live_with(size: u8) {
    let mut world = World::new();
    let mut people: Vec<_> = (1..=size).map(Device::new).collect();
    let invited: Vec<_> = people[1..].iter().map(Device::id).collect();
    world.create(&mut people[0], &invited);
    let sent = |people: &mut [Device]| {
        let members = people[0].group().members();
        let statuses = members.iter().map(|member| members.member_status(&member));
        statuses.filter(|status| *status == MemberStatus::Invite(Progress::Sent)).count()
    };
    assert_eq!(sent(&mut people), usize::from(size) - 1);

    // One key message for all, of a length that only tells the next multiple of 45.
    let group = people[0].group().id();
    let keys = world.stored(&group, Namespace::GROUP_KEYS);
    assert_eq!(keys.len(), 1);
    let length = match size {
        ..=45 => 2_462,
        46..=90 => 4_757,
        _ => 7_052,
    };
    assert_eq!(keys[0].data.len(), length);

    let talking = [1, usize::from(size) / 2, usize::from(size) - 1];
    for who in talking {
        world.accept(&mut people[who]);
        assert_eq!(people[who].group().members().iter().count(), usize::from(size));
    }
    world.say(&mut people[talking[2]], "hello, all");
    for who in [0, talking[0], talking[1]] {
        world.sync(&mut people[who]);
        assert_eq!(people[who].texts(), ["hello, all"]);
    }
    assert_eq!(sent(&mut people), usize::from(size) - 4);
}

#[test]
fn ten_live_in_a_group() {
    live_with(10);
}

#[test]
fn fifty_live_in_a_group() {
    live_with(50);
}

#[test]
fn a_hundred_live_in_a_group() {
    live_with(100);
}

#[test]
fn a_hundred_and_one_are_too_many() {
    let mut world = World::new();
    let alice = Device::new(1);
    let others: Vec<_> = (2..=101).map(|number| Device::new(number).id()).collect();
    let group =
        session_groups::Group::create(&alice.account, "Crowd", &others, world.now, &mut world.rng);
    let too_many = OperationError::Invite(InviteError::TooMany { found: 101 });
    assert_eq!(group.err(), Some(CreateError::Operation(too_many)));
}
