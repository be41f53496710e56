//! What must not be lost, and what must not stop: with figures, `cargo test … -- --nocapture faults`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use session_crypto::ed25519::Ed25519PublicKey;
use session_node::{
    STORAGE_RPC_PATH,
    server::{Transport, client::Connection},
};
use session_onion::pool::node::ServiceNode;
use session_swarm::{
    address::Address,
    answer::{Answer, Body, Response},
    message_hash::MessageHash,
    namespace::Namespace,
    request::{Request, RetrieveRequest, StoreRequest},
    space::{SwarmId, SwarmRing},
};

use crate::{
    now,
    program::{Program, Scratch},
};

/// Stores that are under way at once.
const STORES: usize = 1_000;
/// The program is killed when so many are acknowledged.
const KILLED_AFTER: usize = 300;
/// Anybody stores there, and anybody reads.
const OPEN: Namespace = Namespace::LEGACY_GROUP;

/// Accounts all round the ring.
fn account(number: usize) -> Address {
    let first = u8::try_from(number % 16).unwrap() * 16;
    Address::from_bytes(std::array::from_fn(|at| [5, first].get(at).copied().unwrap_or(1)))
}

fn members(nodes: &[ServiceNode], account: &Address) -> Vec<ServiceNode> {
    let swarm = |node: &ServiceNode| SwarmId::try_from(node.swarm_id().unwrap()).unwrap();
    let ring = SwarmRing::new(nodes.iter().map(swarm));
    let serving = ring.nearest(account.position()).unwrap();
    nodes.iter().filter(|node| swarm(node) == serving).copied().collect()
}

/// Stores a message; returns the members that signed that they hold it. None if the program is killed meanwhile.
fn store(nodes: &[ServiceNode], number: usize) -> Option<(MessageHash, Vec<Ed25519PublicKey>)> {
    let account = account(number);
    let members = members(nodes, &account);
    let data = format!("message {number}").into_bytes();
    let request =
        StoreRequest::new(account, OPEN, data, now(), Duration::from_secs(86_400)).unwrap();
    let entry = members[number % members.len()];
    let mut connection = Connection::open(entry.https_port(), Transport::Http).ok()?;
    let any = Request::from(request.clone());
    let reply = connection.post(STORAGE_RPC_PATH, &any.to_json()).ok()?;
    let response = Response::from_json(&any, reply.status(), reply.body()).unwrap();
    let Body::Answer(Answer::Store(answer)) = response.body() else { panic!("{response:?}") };
    let keys: Vec<_> = members.iter().map(ServiceNode::key).collect();
    Some((request.message_hash(), answer.verify(&request, &keys).confirmed().to_vec()))
}

fn held(node: &ServiceNode, account: Address) -> BTreeSet<MessageHash> {
    let request = Request::from(RetrieveRequest::new(account, OPEN));
    let mut connection = Connection::open(node.https_port(), Transport::Http).unwrap();
    let reply = connection.post(STORAGE_RPC_PATH, &request.to_json()).unwrap();
    let response = Response::from_json(&request, reply.status(), reply.body()).unwrap();
    let Body::Answer(Answer::Retrieve(page)) = response.body() else { panic!("{response:?}") };
    assert!(!page.more);
    page.messages.iter().map(|message| message.hash).collect()
}

#[test]
fn a_killed_network_has_lost_no_acknowledged_message() {
    let scratch = Scratch::new();
    let program = Program::start(&scratch, &["--nodes", "9"]);
    let (nodes, count) = (program.nodes(), AtomicUsize::new(0));
    let acknowledged = Mutex::new(Vec::new());
    let program = Mutex::new(program);
    let started = Instant::now();
    thread::scope(|scope| {
        for number in 0..STORES {
            let (nodes, acknowledged, count, program) = (&nodes, &acknowledged, &count, &program);
            scope.spawn(move || {
                let Some((hash, confirmed)) = store(nodes, number) else { return };
                acknowledged.lock().unwrap().push((number, hash, confirmed));
                if count.fetch_add(1, Ordering::SeqCst) == KILLED_AFTER {
                    program.lock().unwrap().kill();
                }
            });
        }
    });
    let took = started.elapsed();
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!((KILLED_AFTER..STORES).contains(&acknowledged.len()), "{}", acknowledged.len());

    let started = Instant::now();
    let program = Program::start(&scratch, &[]);
    let restarted = started.elapsed();
    let again: BTreeMap<_, _> =
        program.nodes().into_iter().map(|node| (node.key(), node)).collect();
    assert!(nodes.iter().all(|node| again.contains_key(&node.key())), "the same network");
    let mut found: BTreeMap<(Ed25519PublicKey, Address), BTreeSet<MessageHash>> = BTreeMap::new();
    let (mut copies, mut lost) = (0, 0);
    for (number, hash, confirmed) in &acknowledged {
        assert!(!confirmed.is_empty());
        for key in confirmed {
            let place = (*key, account(*number));
            let held = found.entry(place).or_insert_with(|| held(&again[key], place.1));
            copies += 1;
            lost += usize::from(!held.contains(hash));
        }
    }
    println!(
        "kill -9 during {STORES} concurrent stores: {} acknowledged in {took:?}, {copies} signed copies; \
         after the restart ({restarted:?}) {lost} are missing",
        acknowledged.len()
    );
    assert_eq!(lost, 0);
}
