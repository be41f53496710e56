//! Nodes that come and go, links that fail: no message is lost, and members agree again (05 §3).

use std::{ops::ControlFlow, time::Duration};

use proptest::prelude::*;
use session_crypto::ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Seed};
use session_identity::Timestamp;
use session_node::{
    Network, STORAGE_RPC_PATH,
    chain::Change,
    fault::{Chance, Skew},
    link::Endpoint,
    storage::{Order, Storage},
};
use session_swarm::{
    address::Address,
    answer::{Body, Response, StoredMessage},
    auth::Signer,
    limits::MAX_TTL_INBOX,
    message_hash::MessageHash,
    namespace::Namespace,
    request::{Request, Revocation, RevokeRequest, StoreRequest},
    subaccount::SubaccountToken,
    transfer::{Transfer, write_batches},
};

use crate::client::{NOW, TestRng, World};

/// A network, and what clients have stored in it.
struct Story {
    network: Network,
    rng: TestRng,
    stored: Vec<(Address, MessageHash)>,
}

impl Story {
    fn new(size: usize, seed: u64) -> Self {
        let mut rng = TestRng(seed);
        Self { network: Network::start(size, &mut rng).unwrap(), rng, stored: Vec::new() }
    }

    /// Stores a message for an account of its own at a member of its swarm; returns the member.
    fn store(&mut self) -> Option<Ed25519PublicKey> {
        let mut key = [3; 33];
        self.rng.fill_bytes(&mut key[1..]);
        let account = Address::from_bytes(key);
        let members: Vec<_> =
            self.network.directory().members_for(&account).map(|node| node.ed25519).collect();
        let member = members[usize::try_from(self.rng.next_u64() % 1_000).unwrap() % members.len()];
        let data = self.rng.next_u64().to_le_bytes().to_vec();
        let request = StoreRequest::new(account, Namespace::DEFAULT, data, NOW, MAX_TTL_INBOX);
        let request = Request::from(request.unwrap());
        let body = request.to_json();
        let reply = self.network.post(&member, STORAGE_RPC_PATH, &body, NOW, &mut self.rng).ok()?;
        let Request::Store(store) = &request else { return None };
        let response = Response::from_json(&request, reply.status(), reply.body()).ok()?;
        matches!(response.body(), Body::Answer(_)).then(|| {
            self.stored.push((account, store.message_hash()));
            member
        })
    }

    fn next_block(&mut self, joining: usize, changes: Vec<Change>) {
        let joining = (0..joining).map(|_| Ed25519Keypair::generate(&mut self.rng)).collect();
        self.network.next_block(joining, changes, NOW, &mut self.rng);
    }

    fn keys(&self) -> Vec<Ed25519PublicKey> {
        self.network.directory().nodes().map(|node| node.ed25519).collect()
    }

    /// Copies that members of the right swarms lack.
    fn missing(&self) -> usize {
        let lacks = |(account, hash): &(Address, MessageHash)| {
            let members = self.network.directory().members_for(account);
            let storages = members.map(|node| self.network.node(&node.ed25519).unwrap().storage());
            storages.filter(|storage| !storage.holds(hash, NOW).unwrap()).count()
        };
        self.stored.iter().map(lacks).sum()
    }

    /// Messages that nodes hold for others.
    fn surplus(&self) -> usize {
        let surplus = |key: &Ed25519PublicKey| {
            let own = self.network.directory().node(key).unwrap().swarm;
            let accounts = self.network.node(key).unwrap().storage().accounts();
            accounts
                .unwrap()
                .iter()
                .filter(|a| own.is_none() || self.network.directory().swarm_of(a) != own)
                .count()
        };
        self.keys().iter().map(surplus).sum()
    }

    /// Repeats until nobody waits for anything; returns how often.
    fn settle(&mut self) -> usize {
        (0..1_000)
            .find(|_| {
                self.network.settle(NOW, &mut self.rng);
                self.keys().iter().all(|k| self.network.node(k).unwrap().peers_waiting().is_empty())
            })
            .unwrap()
    }
}

fn read(storage: &dyn Storage, account: Address, namespace: Namespace) -> Vec<StoredMessage> {
    let mut messages = Vec::new();
    storage
        .retrieve((account, namespace), Order::OldestFirst, None, NOW, &mut |message| {
            messages.push(message.clone());
            ControlFlow::Continue(())
        })
        .unwrap();
    messages
}

#[test]
fn a_new_member_gets_everything_within_the_block() {
    let mut story = Story::new(13, 1);
    for _ in 0..50 {
        story.store().unwrap();
    }
    story.network.take_crossings();
    story.next_block(1, vec![]);
    assert_eq!(story.network.directory().ring().ids().len(), 2, "a second swarm was formed");
    assert_eq!((story.missing(), story.surplus()), (0, 0));
    let handed = story.network.take_crossings();
    let batches = handed.iter().filter(|crossing| crossing.endpoint == Endpoint::Data);
    let (count, bytes) = batches.fold((0, 0), |(count, sum), one| (count + 1, sum + one.sent));
    println!(
        "a second swarm of 14 nodes: {count} batches of {bytes} bytes, 0 copies missing after the block"
    );
    assert!(count > 0);
}

#[test]
fn the_other_members_of_a_dissolved_swarm_take_its_messages() {
    let mut story = Story::new(14, 2);
    for _ in 0..50 {
        story.store().unwrap();
    }
    let swarm = story.network.directory().ring().ids()[0];
    let members: Vec<_> =
        story.network.directory().members(swarm).map(|node| node.ed25519).collect();
    story.next_block(0, members[..5].iter().map(|key| Change::Decommission(*key)).collect());
    assert_eq!(story.network.directory().ring().ids().len(), 1, "a swarm was dissolved");
    assert_eq!((story.missing(), story.surplus()), (0, 0));
}

/// Where no swarm is left, nobody serves anybody: not even a node that is in none either.
#[test]
fn a_network_without_swarms_serves_nobody() {
    let mut story = Story::new(3, 5);
    let keys = story.keys();
    let account = Address::from_bytes([3; 33]);
    let ttl = MAX_TTL_INBOX;
    let request = StoreRequest::new(account, Namespace::DEFAULT, b"x".to_vec(), NOW, ttl).unwrap();
    let body = Request::from(request).to_json();
    let ask = |story: &mut Story| {
        let reply = story.network.post(&keys[0], STORAGE_RPC_PATH, &body, NOW, &mut story.rng);
        reply.unwrap().status()
    };
    assert_eq!(ask(&mut story), 200);
    story.next_block(0, keys.iter().map(|key| Change::Decommission(*key)).collect());
    assert!(story.network.directory().ring().ids().is_empty());
    assert_eq!(ask(&mut story), 421);
}

#[test]
fn a_decommissioned_node_forgets_and_relearns() {
    let mut story = Story::new(7, 3);
    for _ in 0..20 {
        story.store().unwrap();
    }
    let key = story.keys()[0];
    story.next_block(0, vec![Change::Decommission(key)]);
    assert!(story.network.node(&key).unwrap().storage().is_empty());
    assert_eq!(story.network.directory().node(&key).map(|node| node.active), Some(false));
    story.next_block(0, vec![Change::Recommission(key)]);
    assert_eq!(story.network.node(&key).unwrap().storage().len(), 20);
}

#[test]
fn parts_converge_when_they_heal() {
    let mut story = Story::new(10, 4);
    let part = story.keys()[..5].to_vec();
    story.network.faults_mut().part(part, 1);
    for _ in 0..100 {
        story.store().unwrap();
    }
    assert_eq!(story.missing(), 500, "each message reached one half");
    println!("partition of 10 nodes: 100 messages stored, {} copies missing", story.missing());
    story.network.settle(NOW, &mut story.rng);
    assert_eq!(story.missing(), 500);
    story.network.faults_mut().heal();
    assert_eq!(story.settle(), 0, "once is enough");
    println!("healed: {} copies missing after each node sent once", story.missing());
    assert_eq!(story.missing(), 0);
}

#[test]
fn what_a_member_missed_reaches_it_when_it_is_back() {
    let mut story = Story::new(5, 5);
    let absent = story.keys()[0];
    story.network.take_down(absent);
    let stored = std::iter::repeat_with(|| story.store()).take(40).flatten().count();
    assert!((20..40).contains(&stored), "some were sent to the absent one: {stored}");
    assert_eq!(story.missing(), stored);
    story.network.bring_up(&absent);
    story.settle();
    assert_eq!(story.missing(), 0);
}

#[test]
fn more_than_a_queue_holds_is_made_up_too() {
    let mut story = Story::new(2, 6);
    let absent = story.keys()[0];
    story.network.take_down(absent);
    let mut stored = 0;
    while stored < 1_100 {
        stored += usize::from(story.store().is_some());
    }
    story.network.bring_up(&absent);
    story.settle();
    assert_eq!(story.missing(), 0);
    assert_eq!(story.network.node(&absent).unwrap().storage().len(), stored);
}

#[test]
fn lost_messages_and_answers_are_made_up() {
    let mut story = Story::new(12, 7);
    story.network.faults_mut().lose(Chance::per_million(200_000));
    let acknowledged = std::iter::repeat_with(|| story.store()).take(100).flatten().count();
    assert!((40..90).contains(&acknowledged), "{acknowledged}");
    story.next_block(6, vec![]);
    story.settle();
    assert_eq!(story.missing(), 0, "of {acknowledged} acknowledged messages");
}

#[test]
fn altered_messages_are_refused_or_unharmed() {
    let mut story = Story::new(12, 8);
    story.network.faults_mut().corrupt(Chance::per_million(300_000));
    for _ in 0..200 {
        story.store();
    }
    for key in story.keys() {
        let storage = story.network.node(&key).unwrap().storage();
        for account in storage.accounts().unwrap() {
            for message in read(storage, account, Namespace::DEFAULT) {
                assert!(message.is_named_rightly(&account, Namespace::DEFAULT), "{key}");
            }
        }
    }
}

/// Has the members of a group's swarm revoke a subaccount, through `member`; returns what was revoked.
fn revoke(story: &mut Story, member: &Ed25519PublicKey, number: u8) -> (Address, SubaccountToken) {
    let group = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([77; 32]));
    let signer = Signer::owner(Address::GROUP_PREFIX, &group);
    let token = SubaccountToken::from_bytes([number; 36]);
    let request = RevokeRequest::new(Revocation::Revoke, *signer.account(), vec![token], NOW);
    let body = Request::from(request.sign(&signer).unwrap()).to_json();
    let reply = story.network.post(member, STORAGE_RPC_PATH, &body, NOW, &mut story.rng).unwrap();
    assert_eq!(reply.status(), 200);
    (*signer.account(), token)
}

#[test]
fn revocations_reach_new_members_and_those_that_missed_them() {
    let mut story = Story::new(7, 13);
    let keys = story.keys();
    let absent = keys[6];
    story.network.take_down(absent);
    let (group, first) = revoke(&mut story, &keys[0], 1);
    story.network.bring_up(&absent);
    let (_, second) = revoke(&mut story, &keys[1], 2);
    // Minutes later: a copy of the request itself would be refused.
    let later = NOW.checked_add(Duration::from_secs(600)).unwrap();
    story.network.settle(later, &mut story.rng);

    let joining = vec![Ed25519Keypair::generate(&mut story.rng)];
    let joined = joining[0].public_key();
    story.network.next_block(joining, vec![], later, &mut story.rng);
    for node in [absent, joined] {
        let storage = story.network.node(&node).unwrap().storage();
        assert_eq!(storage.revoked(&group).unwrap(), [first, second], "{node}");
    }
}

#[test]
fn revocations_of_other_swarms_are_not_taken() {
    let mut story = Story::new(24, 12);
    let key = story.keys()[0];
    let directory = story.network.directory();
    let serves = |account: &Address| directory.members_for(account).any(|node| node.ed25519 == key);
    // Round the ring: the first byte of the key is the first one of the position.
    let account =
        |number| Address::from_bytes(std::array::from_fn(|at| if at == 1 { number } else { 0 }));
    let revoked = (0..=255).map(account).map(|account| {
        let token = [3; 36];
        [b"l33:".as_slice(), &account.to_bytes(), b"36:", &token, b"e"].concat()
    });
    let bytes = [b"l".to_vec(), revoked.flatten().collect(), b"e".to_vec()].concat();
    let served: Vec<_> = (0..=255).map(account).filter(serves).collect();
    assert!((1..255).contains(&served.len()));
    let node = story.network.node_mut(&key).unwrap();
    assert_eq!(node.take_revocations(&[&bytes]), [[0; 0]; 0]);
    assert_eq!(node.storage().accounts().unwrap(), served.into_iter().collect());
    assert_eq!(node.take_revocations(&[&bytes[1..]])[0], b"400");
    assert_eq!(node.take_revocations(&[])[0], b"400");
}

#[test]
fn a_wrong_clock_is_told_by_status_406() {
    let mut world = World::new();
    let swarm = world.swarm();
    world.network.faults_mut().skew(swarm[0].ed25519, Skew::Fast(Duration::from_secs(61)));
    world.network.faults_mut().skew(swarm[1].ed25519, Skew::Slow(Duration::from_secs(60)));
    let request = Request::Retrieve(world.retrieve_request()).to_json();
    assert_eq!(world.refusal(&swarm[0], &request).0, 406);
    assert_eq!(world.refusal(&swarm[1], &request).0, 200);
}

#[test]
fn batches_of_both_forms_are_taken() {
    let mut story = Story::new(1, 9);
    let key = story.keys()[0];
    let account = Address::from_bytes([3; 33]);
    let later = NOW.checked_add(Duration::from_secs(60)).unwrap();
    let message = |data: &str, namespace| {
        Transfer::new(account, namespace, data.as_bytes().to_vec(), NOW, later)
    };
    let old = |mut transfer: Transfer| {
        transfer.namespace = None;
        transfer
    };
    let mut misnamed = message("misnamed", Namespace::DEFAULT);
    misnamed.data.push(0);
    let mut over = message("over", Namespace::DEFAULT);
    over.expiry = NOW;
    let batch = [
        message("new", Namespace::GROUP_INFO),
        old(message("old", Namespace::GROUP_KEYS)),
        old(message("old, unknown namespace", Namespace::new(1234))),
        message("nowhere", Namespace::TESTING),
        misnamed,
        over,
    ];
    let node = story.network.node_mut(&key).unwrap();
    let batches = write_batches(&batch);
    let nothing: [Vec<u8>; 0] = [];
    assert_eq!(node.take_data(&[&batches[0]], NOW), nothing);
    let held = |namespace| {
        let stored = read(node.storage(), account, namespace);
        stored.into_iter().map(|message| message.data).collect::<Vec<_>>()
    };
    assert_eq!(held(Namespace::GROUP_INFO), [b"new"]);
    assert_eq!(held(Namespace::GROUP_KEYS), [b"old"]);
    assert_eq!(node.storage().len(), 2);
    let mut longer = batch[0].clone();
    longer.expiry = later.checked_add(Duration::from_secs(1)).unwrap();
    let again = write_batches([&longer, &batch[0]]);
    node.take_data(&[&again[0]], NOW);
    let expiry = node.storage().expiry(&account, &batch[0].hash, NOW).unwrap();
    assert_eq!(expiry, Some(longer.expiry), "the later expiry holds");
    for length in 0..batches[0].len() {
        let refused = node.take_data(&[&batches[0][..length]], NOW);
        assert_eq!(refused[0], b"400", "{length}");
    }
    assert_eq!(node.take_data(&[], NOW)[0], b"400");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever joins, leaves, fails and comes back, as long as one holder of each message stays active from
    /// one block to the next.
    #[test]
    fn membership_changes_lose_no_message(
        seed: u64,
        size in 6_usize..30,
        blocks in prop::collection::vec((0_usize..8, prop::collection::vec(any::<(u8, u16)>(), 0..5)), 1..8),
    ) {
        let mut story = Story::new(size, seed);
        for (joining, changes) in blocks {
            for _ in 0..10 {
                story.store().unwrap();
            }
            let keys = story.keys();
            let pick = |at: u16| keys[usize::from(at) % keys.len()];
            let changes = changes.into_iter().map(|(kind, at)| match kind % 3 {
                0 => Change::Leave(pick(at)),
                1 => Change::Decommission(pick(at)),
                _ => Change::Recommission(pick(at)),
            });
            // At most four of at least five members of a swarm go at once.
            let swarms_live = story.network.directory().ring().ids().iter().all(|swarm| {
                story.network.directory().members(*swarm).count() >= 5
            });
            let changes = if swarms_live { changes.collect() } else { vec![] };
            story.next_block(joining, changes);
            prop_assert_eq!(story.missing(), 0);
            prop_assert_eq!(story.surplus(), 0);
        }
    }
}

#[test]
fn a_message_lives_until_its_expiry_after_a_hand_over() {
    let mut story = Story::new(7, 11);
    story.store().unwrap();
    story.next_block(1, vec![]);
    let (account, hash) = story.stored[0];
    let expiry = NOW.checked_add(MAX_TTL_INBOX).unwrap();
    for node in story.network.directory().members_for(&account) {
        let storage = story.network.node(&node.ed25519).unwrap().storage();
        let found = storage.expiry(&account, &hash, Timestamp::from_millis(0)).unwrap();
        assert_eq!(found, Some(expiry));
    }
}
