//! What must not be lost, and what must not stop: with figures, `cargo test … -- --nocapture faults`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use chacha20::{
    ChaCha20Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use session_crypto::ed25519::Ed25519PublicKey;
use session_node::{
    ONION_REQUEST_PATH, STORAGE_RPC_PATH,
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
    INFO, World, now,
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

/// Requests that are sent, most of which nobody could have meant.
const MALFORMED: usize = 10_000;

/// What fuzzing found worth keeping: requests, layers, frames.
fn corpora() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let targets =
        ["onion_build", "onion_frame", "onion_peel", "swarm_request_json", "swarm_request_params"];
    let mut inputs = Vec::new();
    for target in targets {
        let files = fs::read_dir(root.join(target)).unwrap();
        let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        paths.sort();
        inputs.extend(paths.into_iter().map(|path| fs::read(path).unwrap()));
    }
    inputs
}

/// Cuts, flips, repeats and joins.
fn mutate(inputs: &[Vec<u8>], rng: &mut ChaCha20Rng) -> Vec<u8> {
    let mut below = |end: usize| usize::try_from(rng.next_u32()).unwrap() % end.max(1);
    let mut bytes = inputs[below(inputs.len())].clone();
    for _ in 0..below(4) {
        let at = below(bytes.len());
        match below(5) {
            0 => bytes.truncate(at),
            1 => bytes.extend_from_slice(&inputs[below(inputs.len())]),
            2 => bytes.extend_from_within(at..),
            3 => bytes.insert(at, b"{}[]\":,de0l\xff"[below(12)]),
            _ => bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << below(8)),
        }
        bytes.truncate(100_000);
    }
    bytes
}

#[test]
fn malformed_requests_leave_every_node_serving() {
    let world = World::start(|options| {
        options.transport = Transport::Http;
        options.rate_limited = false;
        options.timeouts.forward = Duration::from_millis(50);
        options.timeouts.relay = Duration::from_millis(50);
    });
    let ports: Vec<_> = world.directory().nodes().map(|node| node.https_port).collect();
    let inputs = corpora();
    assert!(inputs.len() > 20, "{}", inputs.len());
    let started = Instant::now();
    let statuses: Mutex<BTreeMap<u16, usize>> = Mutex::default();
    thread::scope(|scope| {
        for (number, port) in ports.iter().enumerate() {
            let (inputs, statuses, count) = (&inputs, &statuses, MALFORMED.div_ceil(ports.len()));
            scope.spawn(move || {
                let mut rng = ChaCha20Rng::seed_from_u64(u64::try_from(number).unwrap());
                let mut connection = Connection::open(*port, Transport::Http).unwrap();
                for turn in 0..count {
                    let path = [STORAGE_RPC_PATH, ONION_REQUEST_PATH][turn % 2];
                    let reply = connection.post(path, &mutate(inputs, &mut rng)).unwrap();
                    *statuses.lock().unwrap().entry(reply.status()).or_default() += 1;
                }
            });
        }
    });
    let took = started.elapsed();
    for port in &ports {
        let mut connection = Connection::open(*port, Transport::Http).unwrap();
        assert_eq!(connection.post(STORAGE_RPC_PATH, INFO).unwrap().status(), 200);
    }
    let statuses = statuses.into_inner().unwrap();
    let sent: usize = statuses.values().sum();
    println!(
        "{sent} malformed requests in {took:?}, answered by status {statuses:?}; all 24 nodes serve"
    );
    assert!(sent >= MALFORMED);
    assert!(!statuses.contains_key(&500), "{statuses:?}");
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
