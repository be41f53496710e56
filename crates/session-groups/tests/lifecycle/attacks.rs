//! What members, people who were members, strangers and nodes can try, and that it does nothing.

use std::time::Duration;

use session_config::{
    Config, GroupInfo, GroupMembers,
    group_members::{Member, PendingRemoval},
    message::Authority,
};
use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed, VerifyError};
use session_envelope::{
    content::{
        Content, DeliveryError, Kind,
        group::{
            Bare, DeleteContent, GroupUpdate, InfoChange, InfoUpdate, Invite, MemberAuth, Promotion,
        },
    },
    direct,
    envelope::ProSignature,
    group::{self, SealError, kicked},
    message::{self, Source},
    received::Received,
};
use session_groups::{
    Event, Group,
    event::{Departure, NoticeKind},
    group::OperationError,
    invitation::{Invitation, InvitationError},
    keys::KeyStore,
    members::{History, Standing},
    messages::EncodeError,
};
use session_identity::{Account, AccountId, GroupId, Timestamp, pro::BACKEND_PUBLIC_KEY};
use session_swarm::{
    answer::{Answer, Response, RetrieveAnswer, StoredMessage},
    hard_fork::HardFork,
    namespace::Namespace,
    request::StoreRequest,
    subaccount::{Access, SubaccountAuth, SubaccountAuthError},
};

use crate::{
    stories::three,
    support::{Change, Device, World},
};

fn secret(number: u8) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([number; 32]))
}

/// Puts data where members can write, without asking what they are.
pub(crate) fn inject(world: &mut World, group: GroupId, namespace: Namespace, data: Vec<u8>) {
    world.tick(1);
    let ttl = Duration::from_secs(86_400);
    let store = StoreRequest::new(group.into(), namespace, data, world.now, ttl).unwrap();
    let change = Change::Store(Box::new(store));
    world.swarm.nodes.iter_mut().for_each(|node| node.apply(&change));
}

/// A message of somebody who has the group's newest key, and does not ask whether such a message goes there.
fn write(world: &mut World, author: &mut Device, content: &Content) {
    world.tick(1);
    let sent_at = world.now;
    write_bytes(world, author, &content.encode(sent_at), sent_at);
}

/// The same of the bytes of a content, which carry the time `sent_at`.
pub(crate) fn write_bytes(
    world: &mut World,
    author: &mut Device,
    content: &[u8],
    sent_at: Timestamp,
) {
    let keys = author.group().keys().clone();
    let envelope = group::envelope(content, sent_at, ProSignature::Decoy, &mut world.rng).unwrap();
    let data = keys.seal(&envelope, author.account.ed25519(), &mut world.rng).unwrap();
    inject(world, keys.group(), Namespace::GROUP_MESSAGES, data);
}

fn notices(device: &Device) -> Vec<(Standing, NoticeKind)> {
    let notices = device.events.iter().filter_map(|event| match event {
        Event::Notice(notice) => Some((notice.standing, notice.kind.clone())),
        _ => None,
    });
    notices.collect()
}

fn update(update: GroupUpdate) -> Content {
    Content::new(Kind::Group(update))
}

#[test]
fn notices_that_no_admin_signed_are_not_shown() {
    let (mut world, mut alice, mut bob, mut carol) = three();
    let at = Timestamp::from_millis(world.now.as_millis() + 1);
    let forged = InfoChange::new(&secret(66), InfoUpdate::Name("Mallory's".into()), at).unwrap();
    let before = notices(&carol).len();
    write(&mut world, &mut bob, &update(GroupUpdate::InfoChange(forged)));
    world.sync(&mut carol);
    world.sync(&mut alice);
    assert_eq!(notices(&carol).len(), before);
    assert_eq!(carol.group().name(), "Group");
}

/// 06 §9: signatures of notices cover neither names nor members, so that a member can send a signed one again
/// with other words, at the same time.
#[test]
fn notices_with_other_words_are_those_of_a_member_and_change_nothing() {
    let (mut world, mut alice, mut bob, mut carol) = three();
    alice.group().set_name("Alpha", world.now).unwrap();
    world.carry(&mut alice);
    let group = alice.group().id();
    let keys = bob.group().keys().clone();
    let of_alice = |stored: &StoredMessage| {
        let opened = keys.open(&stored.data).unwrap();
        let found = opened.content().windows(5).any(|it| it == b"Alpha");
        found.then(|| (opened.content().to_vec(), opened.to_received().unwrap().sent_at()))
    };
    let stored = world.stored(&group, Namespace::GROUP_MESSAGES);
    let (mut content, sent_at) = stored.iter().find_map(of_alice).unwrap();
    let place = content.windows(5).position(|it| it == b"Alpha").unwrap();
    content[place..place + 5].copy_from_slice(b"Omega");
    write_bytes(&mut world, &mut bob, &content, sent_at);

    world.sync(&mut carol);
    let names: Vec<_> = notices(&carol)
        .into_iter()
        .filter_map(|(standing, kind)| match kind {
            NoticeKind::Info(InfoUpdate::Name(name)) => Some((standing, name)),
            _ => None,
        })
        .collect();
    assert!(names.contains(&(Standing::Admin, "Alpha".into())), "{names:?}");
    assert!(names.contains(&(Standing::Member, "Omega".into())), "{names:?}");
    assert_eq!(carol.group().name(), "Alpha");
}

#[test]
fn invitations_and_promotions_have_no_place_in_a_group() {
    let (mut world, _, mut bob, mut carol) = three();
    let own = secret(66);
    let at = Timestamp::from_millis(world.now.as_millis() + 1);
    let auth = MemberAuth::from_bytes([3; 100]);
    let invite = Invite::new(&own, "Trap", auth, &carol.id(), at).unwrap();
    let promotion = Promotion::new(own.seed(), "Trap").unwrap();
    let before = carol.events.len();
    // Our own writer refuses them.
    let keys = bob.group().keys().clone();
    for letter in [GroupUpdate::Invite(invite), GroupUpdate::Promotion(promotion)].map(update) {
        let encoded = keys.encode(&letter, &bob.account, at, &mut world.rng);
        let wrong_place = SealError::Delivery(DeliveryError::WrongPlace);
        assert_eq!(encoded, Err(EncodeError::Seal(wrong_place)));
        write_bytes(&mut world, &mut bob, &letter.encode(at), at);
    }
    world.sync(&mut carol);
    assert_eq!(carol.events.len(), before);
    assert!(!carol.group().is_admin());
}

/// The server does not ask who writes keys and configs (06 §1.1).
#[test]
fn members_can_write_neither_keys_nor_configs() {
    let (mut world, mut alice, mut bob, mut carol) = three();
    let group = alice.group().id();
    let own = secret(66);
    let key = bob.group().keys().config_keys().next().unwrap();
    let authority = || Authority::Signer(Box::new(own.clone()));
    let mut info = Config::<GroupInfo>::for_group(authority(), [key.clone()]);
    info.set_name("Mallory's").unwrap();
    let mut members = Config::<GroupMembers>::for_group(authority(), [key.clone()]);
    members.set(&Member::invited(bob.id())).unwrap();
    let mut unsigned = Config::<GroupInfo>::for_group(Authority::Unsigned, [key]);
    unsigned.destroy().unwrap();
    let mut keys =
        KeyStore::new(&GroupId::from_public_key(own.public_key()), bob.account.x25519()).unwrap();
    keys.set_admin_key(own.seed()).unwrap();
    let now = world.now;
    for (namespace, data) in [
        (Namespace::GROUP_INFO, info.push(now).unwrap().messages()[0].clone()),
        (Namespace::GROUP_INFO, unsigned.push(now).unwrap().messages()[0].clone()),
        (Namespace::GROUP_MEMBERS, members.push(now).unwrap().messages()[0].clone()),
        (Namespace::GROUP_KEYS, keys.rekey([bob.id(), carol.id()]).unwrap()),
        (Namespace::GROUP_KEYS, b"d1:#3:abce".to_vec()),
        (Namespace::GROUP_INFO, vec![0; 60]),
        (Namespace::GROUP_MEMBERS, Vec::new()),
        (Namespace::REVOKED_RETRIEVABLE, b"junk".to_vec()),
    ] {
        inject(&mut world, group, namespace, data);
    }
    for device in [&mut alice, &mut carol] {
        world.sync(device);
        assert_eq!(device.group().departure(), None);
        assert_eq!(device.group().name(), "Group");
        assert_eq!(device.group().members().iter().count(), 3);
        assert_eq!(device.group().keys().keys().len(), 1);
    }
}

#[test]
fn requests_to_delete_reach_as_far_as_who_sends_them() {
    let (mut world, mut alice, mut bob, mut carol) = three();
    world.say(&mut carol, "precious");
    world.sync(&mut alice);
    world.sync(&mut bob);
    let group = alice.group().id();
    let hash = carol.events.iter().find_map(|event| match event {
        Event::Sent { hash, sent_at } => Some((*hash, *sent_at)),
        _ => None,
    });
    let (hash, sent_at) = hash.unwrap();
    let author = carol.id();
    let is_there = |world: &World| {
        world.stored(&group, Namespace::GROUP_MESSAGES).iter().any(|it| it.hash == hash)
    };
    // Without a signature, about somebody else's message.
    let unsigned = DeleteContent::of_own(vec![hash.to_string()]).unwrap();
    write(&mut world, &mut bob, &update(GroupUpdate::DeleteContent(unsigned)));
    // With one that is not the group's.
    let at = Timestamp::from_millis(world.now.as_millis() + 1);
    let forged = DeleteContent::by_admin(&secret(66), &[carol.id()], vec![hash.to_string()], at);
    write(&mut world, &mut bob, &update(GroupUpdate::DeleteContent(forged.unwrap())));
    for device in [&mut alice, &mut carol] {
        world.sync(device);
        let deletions: Vec<_> = device
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Deletion(deletion) => Some(deletion),
                _ => None,
            })
            .collect();
        assert_eq!(deletions.len(), 1, "the forged one is dropped");
        assert!(!deletions[0].covers(&hash, &author, sent_at));
    }
    assert!(is_there(&world));
    // Its author's request is obeyed, and an admin deletes the message in the swarm.
    carol.group().delete_own(&[hash], world.now).unwrap();
    world.carry(&mut carol);
    world.sync(&mut alice);
    assert!(!is_there(&world));
}

#[test]
fn notices_of_removal_come_from_the_group_and_not_from_the_past() {
    let (mut world, mut alice, mut bob, mut carol) = three();
    let group = alice.group().id();
    // By a member; by a stranger; for an older key.
    let own = kicked::seal(&[carol.id()], 9, bob.account.ed25519(), &mut world.rng).unwrap();
    let strange = kicked::seal(&[carol.id()], 9, &secret(66), &mut world.rng).unwrap();
    alice.group().rekey().unwrap();
    world.carry(&mut alice);
    let admin = Ed25519Keypair::from_seed(alice.group().entry().unwrap().seed().unwrap().clone());
    let old = kicked::seal(&[carol.id()], 0, &admin, &mut world.rng).unwrap();
    for notice in [own, strange, old] {
        inject(&mut world, group, Namespace::REVOKED_RETRIEVABLE, notice);
    }
    world.sync(&mut carol);
    assert_eq!(carol.group().departure(), None);
    // Nobody can be removed by making up what an admin cannot be removed by.
    let to_admin = kicked::seal(&[alice.id()], 9, &admin, &mut world.rng).unwrap();
    inject(&mut world, group, Namespace::REVOKED_RETRIEVABLE, to_admin);
    world.sync(&mut alice);
    assert_eq!(alice.group().departure(), None);
    // The true one works.
    let true_one = kicked::seal(&[carol.id()], 1, &admin, &mut world.rng).unwrap();
    inject(&mut world, group, Namespace::REVOKED_RETRIEVABLE, true_one);
    world.sync(&mut carol);
    assert_eq!(carol.group().departure(), Some(Departure::Kicked));
    world.sync(&mut bob);
    assert_eq!(bob.group().departure(), None, "it is for Carol");
}

/// A node that lets a removed member in: the message opens with the old key, and says what its author is.
#[test]
fn who_was_removed_is_told_from_members() {
    let (mut world, mut alice, mut bob, mut carol) = three();
    let old_keys = bob.group().keys().clone();
    alice.group().remove(&[bob.id()], PendingRemoval::Member, world.now).unwrap();
    world.carry(&mut alice);
    world.sync(&mut carol);
    let content = Content::text("still here?").unwrap();
    let data = old_keys.encode(&content, &bob.account, world.now, &mut world.rng).unwrap();
    inject(&mut world, old_keys.group(), Namespace::GROUP_MESSAGES, data);
    world.sync(&mut carol);
    let standing = carol.events.iter().find_map(|event| match event {
        Event::Message(message) if message.received.sender() == bob.id() => Some(message.standing),
        _ => None,
    });
    assert_eq!(standing, Some(Standing::Unknown));
    // Nor does what he says bring him back.
    let accepted = update(GroupUpdate::InviteAccepted(Bare::new()));
    let data = old_keys.encode(&accepted, &bob.account, world.now, &mut world.rng).unwrap();
    inject(&mut world, old_keys.group(), Namespace::GROUP_MESSAGES, data);
    world.sync(&mut alice);
    assert_eq!(alice.group().members().iter().count(), 2);
}

/// Somebody who left and came back is not removed by a device that finds the farewell now.
#[test]
fn an_old_farewell_removes_nobody() {
    let (mut world, mut alice, mut bob, _) = three();
    bob.group().leave(world.now).unwrap();
    world.carry(&mut bob);
    world.sync(&mut alice);
    world.sync(&mut alice);
    alice.group().invite(&[bob.id()], History::Hidden, world.now).unwrap();
    world.carry(&mut alice);
    world.tick(7_200_000);
    world.accept(&mut bob);
    world.sync(&mut alice);
    // Another device of hers, and one that comes back from its disk.
    let entry = alice.group().entry().unwrap();
    let mut laptop = Device::new(1);
    laptop.group = Some(Group::open(&alice.account, entry.clone()).unwrap());
    let dump = alice.group().dump(world.now);
    alice.group = Some(Group::load(&alice.account, entry, &dump, world.now).unwrap());
    for device in [&mut laptop, &mut alice] {
        world.sync(device);
        world.sync(device);
        let members = device.group().members();
        assert!(members.get(&bob.id()).is_some_and(|member| member.removal.is_none()));
    }
}

#[test]
fn messages_before_their_key_wait_for_it() {
    let (mut world, mut alice, _, mut carol) = three();
    alice.group().rekey().unwrap();
    alice.group().set_name("New", world.now).unwrap();
    world.say(&mut alice, "under the new key");
    // The node withholds the key, and hands out everything else twice.
    let group = alice.group().id().into();
    let withheld: Vec<_> = world.swarm.nodes[0]
        .messages
        .extract_if(.., |(owner, at, _)| *owner == group && *at == Namespace::GROUP_KEYS)
        .collect();
    world.sync(&mut carol);
    world.sync(&mut carol);
    assert_eq!(carol.texts(), [""; 0]);
    assert_eq!(carol.group().name(), "Group");
    world.swarm.nodes[0].messages.extend(withheld);
    world.sync(&mut carol);
    world.sync(&mut carol);
    assert_eq!(carol.texts(), ["under the new key"]);
    assert_eq!(carol.group().name(), "New");
}

#[test]
fn order_and_repetition_do_not_matter() {
    let (mut world, mut alice, mut bob, mut carol) = three();
    world.say(&mut bob, "one");
    alice.group().rekey().unwrap();
    world.say(&mut alice, "two");
    world.swarm.nodes[0].messages.reverse();
    let again = world.swarm.nodes[0].messages.clone();
    world.swarm.nodes[0].messages.extend(again);
    for _ in 0..3 {
        world.sync(&mut carol);
        world.poll(&mut carol, 1);
    }
    let mut texts = carol.texts();
    texts.sort();
    assert_eq!(texts, ["one", "two"]);
    assert_eq!(carol.group().keys().keys().len(), 2);
}

#[test]
fn what_a_node_alters_or_moves_is_passed_over() {
    let (mut world, mut alice, _, mut carol) = three();
    alice.group().set_name("New", world.now).unwrap();
    world.say(&mut alice, "altered");
    world.say(&mut alice, "moved");
    let group = alice.group().id().into();
    let mut found = 0;
    for (owner, at, message) in &mut world.swarm.nodes[0].messages {
        if *owner == group && *at == Namespace::GROUP_MESSAGES {
            found += 1;
            // The name stays, by which devices know what they have.
            message.data[30] ^= u8::from(found % 2 == 0);
            if found % 2 == 1 {
                *at = Namespace::GROUP_INFO;
            }
        }
    }
    assert!(found > 3, "{found}");
    world.sync(&mut carol);
    assert_eq!(carol.texts(), [""; 0]);
    assert_eq!(carol.group().name(), "New");
    // Another node has them as they were.
    world.poll(&mut carol, 1);
    assert_eq!(carol.texts(), ["altered", "moved"]);
}

#[test]
fn nodes_that_are_not_of_the_swarm_confirm_nothing() {
    let (mut world, mut alice, ..) = three();
    alice.group().set_name("New", world.now).unwrap();
    for keys in [vec![], vec![secret(66).public_key()], vec![world.swarm.key(1)]] {
        world.tick(20_000);
        let transmission = world.next(&mut alice).unwrap();
        let response = world.swarm.ask(0, transmission.request(), world.now);
        alice.group().handle_response(transmission, &response, &keys, world.now);
        assert!(alice.group().has_work(), "{keys:?}");
        assert!(world.next(&mut alice).is_none(), "not at once");
        assert!(alice.group().poll_timeout().is_some());
    }
    world.tick(20_000);
    world.carry(&mut alice);
    assert!(!alice.group().has_work());
    // A node that says yes to everything, without a signature of anybody.
    alice.group().set_name("Newer", world.now).unwrap();
    let transmission = world.next(&mut alice).unwrap();
    let yes = Response::answer(Answer::Batch(Vec::new()), world.now, HardFork::TIMELESS_HASH);
    let keys = [world.swarm.key(0), world.swarm.key(1)];
    alice.group().handle_response(transmission, &yes, &keys, world.now);
    assert!(alice.group().has_work());
}

#[test]
fn answers_that_are_none_are_errors() {
    let (world, mut alice, ..) = three();
    let node = world.swarm.key(0);
    let poll = alice.group().poll(node, world.now).unwrap();
    let text = Response::text(500, "no".into());
    let error = alice.group().handle_poll(&poll, &text, world.now);
    assert_eq!(error.map_err(|it| it.status), Err(500));
    let page = RetrieveAnswer::new(Vec::new(), true);
    let page = Response::answer(Answer::Retrieve(page), world.now, HardFork::TIMELESS_HASH);
    let batch = Response::answer(Answer::Batch(vec![page]), world.now, HardFork::TIMELESS_HASH);
    let progress = alice.group().handle_poll(&poll, &batch, world.now);
    assert_eq!(progress, Ok(session_groups::group::Progress::More));
}

/// A letter to `invitee`, as it arrives.
fn letter(world: &mut World, from: &Account, to: &Account, of: GroupUpdate) -> Received {
    let (now, content) = (world.now, update(of).encode(world.now));
    let (key, decoy) = (from.ed25519(), ProSignature::Decoy);
    let stored = direct::seal(&content, key, &to.id(), now, decoy, &mut world.rng).unwrap();
    direct::decode(&stored, to).unwrap()
}

#[test]
fn invitations_are_for_one_person_of_one_group_at_one_time() {
    let mut world = World::new();
    let [alice, bob, carol] = [1, 2, 3].map(|number| Device::new(number).account);
    let (own, other) = (secret(66), secret(67));
    let now = world.now;
    let auth = |group: &Ed25519Keypair, id: &AccountId, access| {
        let auth = SubaccountAuth::issue(group, id, access).unwrap();
        MemberAuth::from_bytes(*auth.expose_bytes())
    };
    let both = Access::READ | Access::WRITE;
    let mut check = |invite: Invite, to: &Account| {
        let received = letter(&mut world, &alice, to, GroupUpdate::Invite(invite));
        Invitation::check(&received, to).map(|invitation| invitation.group())
    };
    let group = GroupId::from_public_key(own.public_key());
    let good = Invite::new(&own, "G", auth(&own, &bob.id(), both), &bob.id(), now).unwrap();
    assert_eq!(check(good.clone(), &bob), Ok(group));
    // For somebody else, and at another time.
    let signature = Err(InvitationError::Signature(VerifyError::Signature));
    assert_eq!(check(good, &carol), signature);
    let earlier = Timestamp::from_millis(now.as_millis() - 1);
    let late = Invite::new(&own, "G", auth(&own, &bob.id(), both), &bob.id(), earlier).unwrap();
    assert_eq!(check(late, &bob), signature);
    // With the access of somebody else, of another group, and with too little.
    let denied = Err(InvitationError::Access(SubaccountAuthError::Signature));
    for auth in [auth(&own, &carol.id(), both), auth(&other, &bob.id(), both)] {
        assert_eq!(check(Invite::new(&own, "G", auth, &bob.id(), now).unwrap(), &bob), denied);
    }
    let little = auth(&own, &bob.id(), Access::READ);
    let denied = Err(InvitationError::Access(SubaccountAuthError::Access { found: Access::READ }));
    assert_eq!(check(Invite::new(&own, "G", little, &bob.id(), now).unwrap(), &bob), denied);
    // From oneself, and what is none.
    let own_one = Invite::new(&own, "G", auth(&own, &alice.id(), both), &alice.id(), now).unwrap();
    assert_eq!(check(own_one, &alice), Err(InvitationError::OwnMessage));
    let left = letter(
        &mut world,
        &alice,
        &bob,
        GroupUpdate::Promotion(Promotion::new(own.seed(), "G").unwrap()),
    );
    assert!(Invitation::check(&left, &bob).unwrap().is_promotion());
    // The decoder of all messages gives what can be checked too.
    let promotion = update(GroupUpdate::Promotion(Promotion::new(own.seed(), "G").unwrap()));
    let stored = direct::encode(&promotion, &alice, &bob.id(), now, &mut world.rng).unwrap();
    let message = message::decode(&stored, &bob, Source::Account, &BACKEND_PUBLIC_KEY).unwrap();
    assert_eq!(Invitation::check(&message, &bob).unwrap().group(), group);
    let text = direct::encode(&Content::text("x").unwrap(), &alice, &bob.id(), now, &mut world.rng);
    let text = direct::decode(&text.unwrap(), &bob).unwrap();
    assert_eq!(Invitation::check(&text, &bob).err(), Some(InvitationError::OtherKind));
}

#[test]
fn only_the_secret_of_a_group_makes_its_admins() {
    let (mut world, _, mut bob, carol) = three();
    let promotion = Promotion::new(secret(66).seed(), "Group").unwrap();
    let received =
        letter(&mut world, &carol.account, &bob.account, GroupUpdate::Promotion(promotion));
    let promotion = Invitation::check(&received, &bob.account).unwrap();
    assert_eq!(bob.group().accept_promotion(&promotion), Err(OperationError::OtherGroup));
    assert!(!bob.group().is_admin());
    assert_eq!(bob.group().rekey(), Err(OperationError::NotAdmin));
}
