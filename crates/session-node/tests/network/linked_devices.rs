//! Devices of one account: what they push is stored under signatures in the namespaces of their types, fetched
//! from where they left off, merged, confirmed, and deleted when it is obsolete.

use std::{collections::BTreeMap, time::Duration};

use session_config::{
    Config, Contacts, ConvoInfoVolatile, Incoming, StoredHash, UserGroups, UserProfile,
    config::{AccountType, Status},
    contacts::Contact,
    convo_info::{Conversation, ReadState},
    user_groups::LegacyGroup,
};
use session_crypto::{
    blake2b::Blake2b,
    ed25519::{Ed25519Keypair, Ed25519PublicKey},
    x25519::X25519PublicKey,
};
use session_identity::{AccountId, Timestamp};
use session_node::{ONION_REQUEST_PATH, directory::ServiceNode, fault::Chance};
use session_swarm::{
    answer::{Answer, Body, Response},
    auth::Signer,
    limits::MAX_TTL,
    message_hash::MessageHash,
    namespace::Namespace,
    request::{BatchMode, BatchRequest, DeleteRequest, Request, RetrieveRequest, StoreRequest},
};

use crate::client::World;

fn person(number: u16) -> AccountId {
    let key = Blake2b::new().chain(&number.to_be_bytes()).finalize();
    AccountId::from_public_key(X25519PublicKey::from_bytes(key))
}

/// Asks a member of the swarm through an onion; `None` if something got lost.
fn ask(world: &mut World, member: &ServiceNode, request: &Request) -> Option<Response> {
    let path = world.path();
    let onion = world.build(&path, member, &request.to_json());
    let (edge, now) = (path[0].ed25519, world.now);
    let posted = world.network.post(&edge, ONION_REQUEST_PATH, onion.body(), now, &mut world.rng);
    let reply = onion.keys().decode_node_reply(&posted.ok()?).ok()?;
    world.network.settle(now, &mut world.rng);
    Some(Response::from_json(request, reply.status(), reply.body().as_bytes()).unwrap())
}

/// Messages of Bob's in `namespace` at a member, behind `after`.
fn retrieve(
    world: &mut World,
    member: &ServiceNode,
    namespace: Namespace,
    after: Option<MessageHash>,
) -> Option<Vec<(MessageHash, Vec<u8>)>> {
    let signer = Signer::user(world.bob.ed25519());
    let mut request = RetrieveRequest::new(*signer.account(), namespace);
    if let Some(hash) = after {
        request = request.after(hash);
    }
    let request = Request::Retrieve(request.sign(&signer, world.now).unwrap());
    match ask(world, member, &request)?.into_body() {
        Body::Answer(Answer::Retrieve(page)) => {
            assert!(!page.more, "one page is enough for these stories");
            Some(page.messages.into_iter().map(|stored| (stored.hash, stored.data)).collect())
        }
        other => panic!("{other:?}"),
    }
}

struct Device<T: AccountType> {
    config: Config<T>,
    read_up_to: BTreeMap<Ed25519PublicKey, MessageHash>,
}

impl<T: AccountType> Device<T> {
    fn link(account: &Ed25519Keypair) -> Self {
        Self { config: Config::new(account), read_up_to: BTreeMap::new() }
    }

    /// Stores each message, then deletes what is obsolete. Not confirmed if anything was lost.
    fn push(&mut self, world: &mut World, member: &ServiceNode) {
        if !self.config.needs_push() {
            return;
        }
        let bob = world.bob.clone();
        let signer = Signer::user(bob.ed25519());
        let push = self.config.push(world.now).unwrap();
        let stores: Vec<StoreRequest> = push
            .messages()
            .iter()
            .map(|message| {
                let account = *signer.account();
                let data = message.clone();
                StoreRequest::new(account, T::NAMESPACE, data, world.now, MAX_TTL)
                    .map(|store| store.sign(&signer, world.now).unwrap())
                    .unwrap()
            })
            .collect();
        let hashes: Vec<_> = stores.iter().map(|store| store.message_hash().into()).collect();
        let mut requests: Vec<Request> = stores.into_iter().map(Request::Store).collect();
        if !push.obsolete().is_empty() {
            let hashes = push.obsolete().iter().map(|hash| hash.as_str().parse().unwrap());
            let delete = DeleteRequest::new(*signer.account(), hashes.collect());
            requests.push(Request::Delete(delete.sign(&signer).unwrap()));
        }
        // Parts are large: one request each. What fits goes in one.
        let batches = if push.messages().len() == 1 { vec![requests] } else { singly(requests) };
        for requests in batches {
            let sequence = BatchRequest::new(BatchMode::UntilFailure, requests).unwrap();
            let response = ask(world, member, &Request::Batch(sequence));
            let Some(Body::Answer(Answer::Batch(answers))) = response.map(Response::into_body)
            else {
                return;
            };
            if answers.iter().any(|answer| answer.status() != 200) {
                return;
            }
        }
        self.config.confirm_pushed(push.seqno(), hashes);
    }

    /// Merges what a member has behind what was read there before: in reverse, and twice.
    fn poll(&mut self, world: &mut World, member: &ServiceNode) -> usize {
        let after = self.read_up_to.get(&member.ed25519).copied();
        let Some(messages) = retrieve(world, member, T::NAMESPACE, after) else { return 0 };
        if let Some((last, _)) = messages.last() {
            self.read_up_to.insert(member.ed25519, *last);
        }
        let incoming: Vec<_> = messages
            .iter()
            .rev()
            .chain(&messages)
            .map(|(hash, data)| Incoming::new(StoredHash::from(*hash), data))
            .collect();
        let report = self.config.merge(&incoming, world.now).unwrap();
        assert_eq!(report.rejected(), []);
        messages.len()
    }
}

fn singly(requests: Vec<Request>) -> Vec<Vec<Request>> {
    requests.into_iter().map(|request| vec![request]).collect()
}

fn converge<T: AccountType>(world: &mut World, devices: &mut [Device<T>]) {
    let swarm = world.swarm();
    for round in 0..12 {
        for device in devices.iter_mut() {
            for member in &swarm {
                device.poll(world, member);
            }
            device.push(world, &swarm[round % swarm.len()]);
        }
        let is_clean = |device: &Device<T>| device.config.status() == Status::Clean;
        let current = |device: &Device<T>| device.config.current_hashes().cloned().collect();
        let stored: Vec<Vec<StoredHash>> = devices.iter().map(current).collect();
        if devices.iter().all(is_clean) && stored.windows(2).all(|pair| pair[0] == pair[1]) {
            return;
        }
    }
    panic!("they still push");
}

/// The bytes that all of them would store.
fn same_bytes<T: AccountType>(devices: &mut [Device<T>], now: Timestamp) -> Vec<Vec<u8>> {
    let mut all: Vec<_> = devices
        .iter_mut()
        .map(|device| device.config.push(now).unwrap().messages().to_vec())
        .collect();
    all.dedup();
    assert_eq!(all.len(), 1, "they differ");
    all.remove(0)
}

fn three<T: AccountType>(world: &World) -> [Device<T>; 3] {
    [(); 3].map(|()| Device::link(world.bob.ed25519()))
}

fn edit(device: &mut Device<Contacts>, number: u16, edit: impl FnOnce(&mut Contact)) {
    let id = person(number);
    let mut contact = device.config.get(&id).unwrap_or(Contact::new(id));
    edit(&mut contact);
    device.config.set(&contact);
}

#[test]
fn three_devices_agree_over_a_good_network() {
    let mut world = World::new();
    let mut devices = three::<Contacts>(&world);
    let member = world.swarm()[0];
    (0..5).for_each(|number| edit(&mut devices[0], number, |contact| contact.set_name("Person")));
    devices[0].push(&mut world, &member);
    assert_eq!(devices[1].poll(&mut world, &member), 1);
    assert_eq!(devices[1].poll(&mut world, &member), 0, "nothing is fetched twice");
    devices[2].poll(&mut world, &member);

    // All three edit at the same time; one is offline and restarts.
    edit(&mut devices[0], 0, |contact| contact.is_blocked = true);
    edit(&mut devices[1], 1, |contact| contact.set_nickname("One").unwrap());
    edit(&mut devices[2], 2, |contact| contact.priority = 2);
    edit(&mut devices[2], 0, |contact| contact.is_approved = true);
    devices[0].push(&mut world, &member);
    devices[1].push(&mut world, &member);
    let dump = devices[2].config.dump(world.now);
    devices[2].config = Config::load(world.bob.ed25519(), &dump, world.now).unwrap();
    converge(&mut world, &mut devices);

    let bytes = same_bytes(&mut devices, world.now);
    let contacts = &devices[1].config;
    let get = |number| contacts.get(&person(number)).unwrap();
    assert!(get(0).is_blocked && get(0).is_approved);
    assert_eq!((get(1).nickname(), get(2).priority), ("One", 2));
    assert_eq!(contacts.len(), 5);
    // Of all that was ever stored, every member of the swarm holds the last message alone.
    for member in world.swarm() {
        let stored = retrieve(&mut world, &member, Namespace::CONTACTS, None).unwrap();
        let stored: Vec<_> = stored.into_iter().map(|(_, data)| data).collect();
        assert_eq!(stored, bytes, "{}", member.ed25519);
    }
}

#[test]
fn three_devices_agree_over_a_bad_network() {
    let mut world = World::new();
    let mut devices = three::<Contacts>(&world);
    world.network.faults_mut().lose(Chance::per_million(60_000));
    let swarm = world.swarm();
    for round in 0_u16..20 {
        for (number, device) in (0_u16..).zip(&mut devices) {
            let member = &swarm[usize::from(round + number) % swarm.len()];
            if (round + number) % 3 != 0 {
                device.poll(&mut world, member);
            }
            edit(device, round % 4, |contact| match number {
                0 => contact.priority = i64::from(round + 1),
                1 => contact.set_nickname(&round.to_string()).unwrap(),
                _ => contact.is_blocked = round % 2 == 0,
            });
            if (round + number) % 2 == 0 {
                device.push(&mut world, member);
            }
        }
        let later = world.now.checked_add(Duration::from_secs(3600)).unwrap();
        world.now = later;
    }
    world.network.faults_mut().lose(Chance::NEVER);
    converge(&mut world, &mut devices);
    same_bytes(&mut devices, world.now);
    assert_eq!(devices[0].config.len(), 4);
}

fn is_alone_in_its_namespace<T: AccountType>(edit: fn(&mut Config<T>, Timestamp)) {
    let mut world = World::new();
    let member = world.swarm()[0];
    let mut devices = three::<T>(&world);
    edit(&mut devices[0].config, world.now);
    devices[0].push(&mut world, &member);
    assert_eq!(devices[0].config.status(), Status::Clean);
    for number in [2, 3, 4, 5] {
        let namespace = Namespace::new(number);
        let found = retrieve(&mut world, &member, namespace, None).unwrap().len();
        assert_eq!(found, usize::from(namespace == T::NAMESPACE), "namespace {number}");
    }
    assert_eq!(devices[1].poll(&mut world, &member), 1);
    assert_eq!(devices[1].config.data(), devices[0].config.data());

    // Without the account's signature nothing is stored there.
    let message = devices[0].config.push(world.now).unwrap().messages()[0].clone();
    let account = world.bob.id().into();
    let store = StoreRequest::new(account, T::NAMESPACE, message, world.now, MAX_TTL).unwrap();
    let (status, _) = world.refusal(&member, &Request::Store(store).to_json());
    assert_eq!(status, 401);
}

#[test]
fn each_type_has_its_namespace() {
    is_alone_in_its_namespace::<UserProfile>(|profile, now| {
        profile.set_name("Bob", Some(now)).unwrap();
    });
    is_alone_in_its_namespace::<Contacts>(|contacts, _| contacts.set(&Contact::new(person(1))));
    is_alone_in_its_namespace::<ConvoInfoVolatile>(|convos, now| {
        convos.set(&Conversation::Account(person(1)), ReadState::read_up_to(now), now);
    });
    is_alone_in_its_namespace::<UserGroups>(|groups, _| {
        groups.set_legacy_group(&LegacyGroup::new(person(1)));
    });
}

#[test]
fn messages_in_parts_cross_the_network() {
    let mut world = World::new();
    let member = world.swarm()[0];
    let mut devices = three::<UserGroups>(&world);
    // Ids do not compress.
    let mut group = LegacyGroup::new(person(0));
    group.members = (0..3000).map(|number| (person(number), false)).collect();
    devices[0].config.set_legacy_group(&group);
    devices[0].push(&mut world, &member);
    assert_eq!(devices[0].config.status(), Status::Clean);
    assert!(devices[1].poll(&mut world, &member) > 1);
    assert_eq!(devices[1].config.legacy_group(&person(0)), Some(group));
    // The message after it makes all its parts obsolete.
    devices[1].config.remove_legacy_group(&person(0));
    devices[1].push(&mut world, &member);
    converge(&mut world, &mut devices);
    same_bytes(&mut devices, world.now);
    let stored = retrieve(&mut world, &member, Namespace::USER_GROUPS, None).unwrap();
    let current: Vec<_> = devices[2].config.current_hashes().cloned().collect();
    let mut stored: Vec<StoredHash> = stored.into_iter().map(|(hash, _)| hash.into()).collect();
    stored.sort();
    assert_eq!(stored, current);
}
