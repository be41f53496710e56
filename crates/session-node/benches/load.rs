//! How much a node and a network bear: `cargo bench -p session-node --bench load`.
//!
//! Requests are made and signed before the clock starts; clients and nodes share the machine. Stores are of
//! 1 KiB, reads of ten such messages with a signature.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a program that measures time and prints it"
)]

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    rand_core::Rng as _,
    system_rng,
};
use session_identity::Timestamp;
use session_node::{
    ONION_REQUEST_PATH, STORAGE_RPC_PATH,
    chain::{Chain, Change},
    directory::{Directory, ServiceNode},
    node::{Node, Step},
    server::{Options, Server, Transport, client::Connection},
    storage::{MemoryStorage, SqliteStorage, Storage},
};
use session_onion::{Destination, EncryptionType, Hop, NodeKeys, OnionRequest};
use session_swarm::{
    address::Address,
    answer::StoredMessage,
    auth::Signer,
    limits::MAX_TTL_INBOX,
    message_hash::MessageHash,
    namespace::Namespace,
    request::{Request, RetrieveRequest, StoreRequest},
};

/// Clients that ask at once.
const CLIENTS: usize = 8;
/// Requests of one measurement over loopback.
const REQUESTS: usize = 4_000;
/// Requests of one measurement through onions.
const ONIONS: usize = 1_000;
/// Requests of one measurement in process.
const CALLS: usize = 1_000;
/// Users whose messages are stored.
const USERS: u8 = 50;
const DATA_LENGTH: usize = 1_024;

/// A request as it is posted: port, path, body.
type Post = (u16, &'static str, Vec<u8>);

fn main() {
    println!("{:<44} {:>9} {:>10} {:>10}", "", "per second", "p50", "p99");
    for (name, data) in kinds() {
        one_node(&name, data.as_deref());
    }
    for (name, data) in kinds() {
        network(&name, data.as_deref());
    }
    for (name, data) in kinds() {
        growth(&name, data.as_deref());
    }
}

/// In memory, and in a folder that is empty.
fn kinds() -> [(String, Option<PathBuf>); 2] {
    let folder = std::env::temp_dir().join(format!("session-node-load-{}", std::process::id()));
    _ = fs::remove_dir_all(&folder);
    [("memory".to_owned(), None), ("SQLite".to_owned(), Some(folder))]
}

fn one_node(kind: &str, data: Option<&Path>) {
    let (stores, reads) = run_server(1, data, |directory| {
        let port = directory.nodes().next().unwrap().https_port;
        let post = |request: Request| (port, STORAGE_RPC_PATH, request.to_json());
        let stores = (0..REQUESTS).map(|number| post(store(number).into())).collect();
        (stores, (0..REQUESTS).map(|number| post(read(number))).collect())
    });
    report(&format!("one node, HTTPS, {kind}: store"), &stores);
    report(&format!("one node, HTTPS, {kind}: retrieve"), &reads);
}

fn network(kind: &str, data: Option<&Path>) {
    let (stores, reads) = run_server(24, data, |directory| {
        let post = |request: Request| onion(directory, &request);
        let stores = (0..ONIONS).map(|number| post(store(number).into())).collect();
        (stores, (0..ONIONS).map(|number| post(read(number))).collect())
    });
    report(&format!("24 nodes, onions, {kind}: store"), &stores);
    report(&format!("24 nodes, onions, {kind}: retrieve"), &reads);
}

/// Times of all stores, then of all reads.
fn run_server(
    nodes: usize,
    data: Option<&Path>,
    requests: impl FnOnce(&Directory) -> (Vec<Post>, Vec<Post>),
) -> (Times, Times) {
    let options = Options {
        nodes,
        first_port: 0,
        rate_limited: false,
        data: data.map(Path::to_owned),
        ..Options::default()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start(&options)).unwrap();
    let (stores, reads) = requests(&server.directory());
    let times = (drive(&stores), drive(&reads));
    runtime.block_on(server.stop());
    drop(runtime);
    data.into_iter().for_each(|folder| _ = fs::remove_dir_all(folder));
    times
}

/// How long each request took, and all of them.
struct Times {
    each: Vec<Duration>,
    all: Duration,
}

/// Sends the requests from [`CLIENTS`] threads, each over connections that it keeps.
fn drive(posts: &[Post]) -> Times {
    let (next, each) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let ports: Vec<u16> = posts.iter().map(|post| post.0).collect();
    let mut all = Duration::ZERO;
    let barrier = std::sync::Barrier::new(CLIENTS + 1);
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                scope.spawn(|| {
                    let open = |port| Connection::open(port, Transport::Https).unwrap();
                    let mut connections: HashMap<u16, Connection> = HashMap::new();
                    for port in &ports {
                        connections.entry(*port).or_insert_with(|| {
                            let mut connection = open(*port);
                            connection.post(STORAGE_RPC_PATH, b"").unwrap();
                            connection
                        });
                    }
                    barrier.wait();
                    let mut times = Vec::new();
                    while let Some((port, path, body)) =
                        posts.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        let started = Instant::now();
                        let reply = connections.get_mut(port).unwrap().post(path, body).unwrap();
                        times.push(started.elapsed());
                        assert_eq!(reply.status(), 200);
                    }
                    each.lock().unwrap().extend(times);
                })
            })
            .collect();
        barrier.wait();
        let started = Instant::now();
        clients.into_iter().for_each(|client| client.join().unwrap());
        all = started.elapsed();
    });
    Times { each: each.into_inner().unwrap(), all }
}

fn report(name: &str, times: &Times) {
    let mut each = times.each.clone();
    each.sort();
    let count = u32::try_from(each.len()).unwrap();
    let rate = f64::from(count) / times.all.as_secs_f64();
    let (median, worst) = (each[each.len() / 2], each[each.len() * 99 / 100]);
    println!("{name:<44} {rate:>9.0} {median:>10.1?} {worst:>10.1?}");
}

/// A store and a read at nodes that hold more and more, without the way there.
fn growth(kind: &str, data: Option<&Path>) {
    for size in [1_000, 10_000, 100_000, 1_000_000] {
        let mut node = filled_node(data, size);
        let mut times = |requests: Vec<Request>| {
            let bodies: Vec<_> = requests.iter().map(Request::to_json).collect();
            let started = Instant::now();
            let each = bodies.iter().map(|body| call(&mut node, body)).collect();
            Times { each, all: started.elapsed() }
        };
        let stores = times((0..CALLS).map(|at| store(size + at).into()).collect());
        let reads = times((0..CALLS).map(read).collect());
        report(&format!("{kind}, {size} messages held: store"), &stores);
        report(&format!("{kind}, {size} messages held: retrieve"), &reads);
        drop(node);
        data.into_iter().for_each(|folder| _ = fs::remove_dir_all(folder));
    }
}

fn call(node: &mut Node, body: &[u8]) -> Duration {
    let (started, mut rng) = (Instant::now(), system_rng());
    let mut step = node.take_post(STORAGE_RPC_PATH, body, now(), &mut rng);
    while let Step::Replicate(replication) = step {
        step = node.resume(*replication, now(), &mut rng);
    }
    let Step::Answer(reply) = step else { unreachable!() };
    assert_eq!(reply.status(), 200);
    started.elapsed()
}

/// The only node of a network, with so many messages, which were stored without the checks of a request.
fn filled_node(data: Option<&Path>, size: usize) -> Node {
    let mut storage: Box<dyn Storage> = match data {
        None => Box::new(MemoryStorage::default()),
        Some(folder) => {
            fs::create_dir_all(folder).unwrap();
            Box::new(SqliteStorage::open(&folder.join("node.sqlite")).unwrap())
        }
    };
    let accounts: Vec<Address> =
        (0..usize::from(USERS)).map(|number| *Signer::user(&user(number)).account()).collect();
    let expiry = now().checked_add(MAX_TTL_INBOX).unwrap();
    for number in 0..size {
        let (account, data) = (accounts[number % accounts.len()], random_data());
        let hash = MessageHash::of(&account, Namespace::DEFAULT, &data);
        let message = StoredMessage::new(hash, now(), expiry, data);
        storage.store(account, Namespace::DEFAULT, message).unwrap();
    }
    let keypair = Ed25519Keypair::generate(&mut system_rng());
    let place = std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, 1);
    let join = Change::Join(ServiceNode::new(&keypair, None, place, 2));
    let directory = Arc::new(Chain::default().advance(&[join], [1; 32]));
    Node::with_storage(keypair, directory, storage).unwrap()
}

fn user(number: usize) -> Ed25519Keypair {
    let seed = u8::try_from(number % usize::from(USERS)).unwrap();
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([seed; 32]))
}

fn random_data() -> Vec<u8> {
    let mut data = vec![0; DATA_LENGTH];
    system_rng().fill_bytes(&mut data);
    data
}

fn store(number: usize) -> StoreRequest {
    let account: Address = *Signer::user(&user(number)).account();
    StoreRequest::new(account, Namespace::DEFAULT, random_data(), now(), MAX_TTL_INBOX).unwrap()
}

fn read(number: usize) -> Request {
    let keypair = user(number);
    let signer = Signer::user(&keypair);
    let request = RetrieveRequest::new(*signer.account(), Namespace::DEFAULT).max_count(10);
    request.sign(&signer, now()).unwrap().into()
}

/// The request in three layers, for a member of the swarm and through three other nodes.
fn onion(directory: &Directory, request: &Request) -> Post {
    let mut rng = system_rng();
    let nodes: Vec<_> = directory.nodes().copied().collect();
    let pick = |from: &[ServiceNode]| {
        let count = u64::try_from(from.len()).unwrap();
        from[usize::try_from(system_rng().next_u64() % count).unwrap()]
    };
    let members: Vec<_> = directory.members_for(request.account().unwrap()).copied().collect();
    let member = pick(&members);
    let mut path: Vec<ServiceNode> = Vec::new();
    while path.len() < 3 {
        let node = pick(&nodes);
        if node != member && !path.contains(&node) {
            path.push(node);
        }
    }
    let keys = |node: &ServiceNode| NodeKeys::new(node.ed25519, node.x25519);
    let cipher = EncryptionType::XChaCha20;
    let hops: Vec<_> = path.iter().map(|node| Hop::new(keys(node), cipher)).collect();
    let destination = Destination::service_node(keys(&member));
    let onion = OnionRequest::build(&hops, &destination, cipher, &request.to_json(), &mut rng);
    (path[0].https_port, ONION_REQUEST_PATH, onion.unwrap().body().to_vec())
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap())
}
