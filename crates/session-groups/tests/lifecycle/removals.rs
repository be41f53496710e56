//! What an admin sends, and no longer sends, while somebody is removed or comes back (06 §10, §11).

use session_config::group_members::PendingRemoval;
use session_groups::{
    event::Departure,
    keys::{KeyStore, Loaded},
    members::History,
    transmission::Transmission,
};
use session_swarm::{
    answer::StoredMessage, message_hash::MessageHash, namespace::Namespace, request::Request,
};

use crate::{
    stories::three,
    support::{Change, Device, World},
};

/// As [`three`], and Bob is an admin as well.
fn two_admins() -> (World, Device, Device, Device) {
    let (mut world, mut alice, mut bob, mut carol) = three();
    alice.group().promote(&[bob.id()]).unwrap();
    world.carry(&mut alice);
    world.accept(&mut bob);
    for device in [&mut alice, &mut bob, &mut carol] {
        world.sync(device);
    }
    (world, alice, bob, carol)
}

/// The next transmission does not arrive. Returns where it would have stored something.
fn lose_next(world: &mut World, device: &mut Device) -> Vec<Namespace> {
    let transmission = world.next(device).unwrap();
    let namespaces = stores(&transmission);
    device.group().handle_silence(transmission, world.now);
    world.tick(20_000);
    namespaces
}

fn stores(transmission: &Transmission) -> Vec<Namespace> {
    let Request::Batch(batch) = transmission.request() else { panic!("no batch") };
    let namespace = |request: &Request| match request {
        Request::Store(store) => Some(store.namespace()),
        _ => None,
    };
    batch.requests().iter().filter_map(namespace).collect()
}

/// Whether one of the messages has a key for the account.
fn has_key_for(world: &World, group: &mut Device, account: &Device, of: &[StoredMessage]) -> bool {
    let id = group.group().id();
    let mut keys = KeyStore::new(&id, account.account.x25519()).unwrap();
    of.iter().any(|it| keys.load_message(&it.data, it.hash.into(), world.now) == Ok(Loaded::New))
}

/// The keys that two people were to get did not arrive; then one of them was removed.
#[test]
fn keys_for_late_joiners_who_were_removed_are_not_sent() {
    for is_own_removal in [false, true] {
        let (mut world, mut alice, mut bob, _) = two_admins();
        let [dave, erin] = [4, 5].map(Device::new);
        alice.group().invite(&[dave.id(), erin.id()], History::Shared, world.now).unwrap();
        world.carry(&mut alice);
        world.sync(&mut bob);
        for id in [dave.id(), erin.id()] {
            alice.group().resend(&id).unwrap();
        }
        assert_eq!(lose_next(&mut world, &mut alice), [Namespace::GROUP_KEYS]);
        let admin = if is_own_removal { &mut alice } else { &mut bob };
        let group = admin.group().id();
        let before = world.stored(&group, Namespace::GROUP_KEYS);
        admin.group().remove(&[dave.id()], PendingRemoval::Member, world.now).unwrap();
        world.carry(admin);
        world.sync(&mut alice);
        let mut new = world.stored(&group, Namespace::GROUP_KEYS);
        new.retain(|it| !before.contains(it));
        assert!(!has_key_for(&world, &mut alice, &dave, &new), "{is_own_removal}");
        new.retain(|it| it.data[31..].starts_with(b"1:+"));
        assert!(has_key_for(&world, &mut alice, &erin, &new), "{is_own_removal}");
    }
}

/// Somebody is to be told of the removal once more, and is invited again before that is sent.
#[test]
fn members_who_came_back_are_not_told_of_the_removal_again() {
    for comes_back in [false, true] {
        let (mut world, mut alice, mut bob, carol) = two_admins();
        // Both make the next key, Bob for those who remain.
        alice.group().rekey().unwrap();
        bob.group().remove(&[carol.id()], PendingRemoval::Member, world.now).unwrap();
        world.carry(&mut alice);
        world.carry(&mut bob);
        world.poll(&mut alice, 0);
        if comes_back {
            alice.group().invite(&[carol.id()], History::Hidden, world.now).unwrap();
        }
        let group = alice.group().id();
        let notices = world.stored(&group, Namespace::REVOKED_RETRIEVABLE).len();
        world.carry(&mut alice);
        let told = world.stored(&group, Namespace::REVOKED_RETRIEVABLE).len() - notices;
        assert_eq!(told, usize::from(!comes_back));
    }
}

/// A key was stored, and a node shows the list of members but not the key: a notice would be older than the key,
/// which the member has got.
#[test]
fn nobody_is_told_of_a_removal_while_a_key_is_pending() {
    let (mut world, mut alice, mut bob, mut carol) = two_admins();
    alice.group().rekey().unwrap();
    assert!(lose_next(&mut world, &mut alice).contains(&Namespace::GROUP_KEYS));
    alice.group().remove(&[carol.id()], PendingRemoval::Member, world.now).unwrap();
    let transmission = world.next(&mut alice).unwrap();
    world.swarm.ask(0, transmission.request(), world.now);
    alice.group().handle_silence(transmission, world.now);
    world.poll(&mut carol, 0);
    // Another admin edits the list, so that Alice's edits are known to be stored.
    world.poll(&mut bob, 0);
    bob.group().invite(&[Device::new(4).id()], History::Hidden, world.now).unwrap();
    let transmission = world.next(&mut bob).unwrap();
    world.deliver(&mut bob, transmission, 0);
    let (keys, others) = world.swarm.delayed.drain(..).partition(|(_, change)| {
        matches!(change, Change::Store(store) if store.namespace() == Namespace::GROUP_KEYS)
    });
    world.swarm.delayed = others;
    world.swarm.replicate_all();
    world.swarm.delayed = keys;
    world.poll(&mut alice, 1);
    assert!(alice.group().keys().pending().is_some());
    assert!(!alice.group().members().needs_push());
    world.tick(20_000);
    let transmission = world.next(&mut alice).unwrap();
    assert!(stores(&transmission).starts_with(&[Namespace::GROUP_KEYS]));
    world.deliver(&mut alice, transmission, 0);
    world.carry(&mut alice);
    world.sync(&mut carol);
    assert_eq!(carol.group().departure(), Some(Departure::Kicked));
}

/// Who learns of a removal learns it from the list of members first: another admin would hand out the next key.
#[test]
fn nobody_is_told_of_a_removal_that_is_not_stored() {
    let (mut world, mut alice, _, mut carol) = three();
    alice.group().remove(&[carol.id()], PendingRemoval::Member, world.now).unwrap();
    for _ in 0..2 {
        let namespaces = lose_next(&mut world, &mut alice);
        assert!(namespaces.contains(&Namespace::GROUP_MEMBERS), "{namespaces:?}");
        assert!(!namespaces.contains(&Namespace::REVOKED_RETRIEVABLE), "{namespaces:?}");
    }
    world.carry(&mut alice);
    world.sync(&mut carol);
    assert_eq!(carol.group().departure(), Some(Departure::Kicked));
}

/// Whatever an admin names: without the configs and keys that are in use the group would be lost.
#[test]
fn what_is_in_use_is_not_deleted() {
    let (mut world, mut alice, mut bob, _) = three();
    world.say(&mut bob, "goes");
    world.sync(&mut alice);
    let group = alice.group().id();
    let names = |world: &World, namespace| -> Vec<MessageHash> {
        world.stored(&group, namespace).iter().map(|it| it.hash).collect()
    };
    let used = [Namespace::GROUP_KEYS, Namespace::GROUP_INFO, Namespace::GROUP_MEMBERS];
    let before = used.map(|namespace| names(&world, namespace));
    assert!(before.iter().all(|names| !names.is_empty()));
    let messages = names(&world, Namespace::GROUP_MESSAGES);
    let all: Vec<_> = before.iter().flatten().chain(&messages).copied().collect();
    alice.group().delete(&[], &all, world.now).unwrap();
    world.carry(&mut alice);
    assert_eq!(used.map(|namespace| names(&world, namespace)), before);
    let rest = names(&world, Namespace::GROUP_MESSAGES);
    assert!(messages.iter().all(|name| !rest.contains(name)), "the rest is deleted");
}
