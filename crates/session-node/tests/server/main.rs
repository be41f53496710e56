//! The server as clients meet it: real sockets, real TLS, real time.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a story that cannot go on has failed; a client reads the clock"
)]

mod attacks;
mod client;
mod command_line;
#[cfg(feature = "sqlite")]
mod faults;
#[cfg(feature = "sqlite")]
mod folder;
mod page;
#[path = "../vectors/pairs.rs"]
mod pairs;
#[cfg(feature = "sqlite")]
mod program;
mod real_nodes;

use std::{
    collections::BTreeSet,
    io::{Read as _, Write as _},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    encoding::base64,
    system_rng,
};
use session_identity::Timestamp;
use session_node::{
    ONION_REQUEST_PATH, STORAGE_RPC_PATH,
    chain::Change,
    directory::{Directory, ServiceNode},
    fault::{Chance, Skew},
    seed::SEED_PATH,
    server::{FaultOptions, Options, Server, StartError, Timeouts, Transport},
};
use session_onion::{
    Destination, EncryptionType, Hop, NodeKeys, OnionRequest,
    pool::list::{NodeList, SEED_REQUEST},
    reply::Reply,
};
use session_swarm::{
    answer::{Answer, Body, Response},
    auth::Signer,
    limits::{MAX_DATA_LENGTH, MAX_TTL_INBOX},
    namespace::Namespace,
    request::{Request, RetrieveRequest, StoreRequest},
};
use tokio::runtime::Runtime;

use client::{exchange, plain, post, tls};

const INFO: &[u8] = br#"{"method":"info","params":{}}"#;

/// A running network.
struct World {
    runtime: Runtime,
    server: Option<Server>,
}

impl World {
    fn start(change: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options {
            first_port: 0,
            seed: Some([7; 32]),
            timeouts: Timeouts {
                forward: Duration::from_millis(500),
                relay: Duration::from_millis(2_000),
                ..Timeouts::default()
            },
            ..Options::default()
        };
        change(&mut options);
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(Server::start(&options)).unwrap();
        Self { runtime, server: Some(server) }
    }

    fn directory(&self) -> std::sync::Arc<Directory> {
        self.server.as_ref().unwrap().directory()
    }

    fn node(&self) -> ServiceNode {
        *self.directory().nodes().next().unwrap()
    }

    fn seed_port(&self) -> u16 {
        self.server.as_ref().unwrap().seed_address().port()
    }

    fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.stop());
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop();
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap())
}

fn alice() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([1; 32]))
}

fn store_request(data: Vec<u8>) -> StoreRequest {
    let account = *Signer::user(&alice()).account();
    StoreRequest::new(account, Namespace::DEFAULT, data, now(), MAX_TTL_INBOX).unwrap()
}

fn retrieve_request() -> Request {
    let alice = alice();
    let signer = Signer::user(&alice);
    let request = RetrieveRequest::new(*signer.account(), Namespace::DEFAULT);
    request.sign(&signer, now()).unwrap().into()
}

/// Sends a request to `to` through three other nodes, over HTTPS.
fn through_onion(directory: &Directory, to: &ServiceNode, request: &Request) -> Response {
    let mut rng = system_rng();
    let keys = |node: &ServiceNode| NodeKeys::new(node.ed25519, node.x25519);
    let path: Vec<_> = directory.nodes().filter(|node| *node != to).take(3).collect();
    let hops: Vec<_> =
        path.iter().map(|node| Hop::new(keys(node), EncryptionType::XChaCha20)).collect();
    let (destination, cipher) = (Destination::service_node(keys(to)), EncryptionType::XChaCha20);
    let payload = request.to_json();
    let onion = OnionRequest::build(&hops, &destination, cipher, &payload, &mut rng).unwrap();
    let answer = post(path[0].https_port, ONION_REQUEST_PATH, onion.body()).unwrap();
    let reply = onion.keys().decode_node_reply(&Reply::new(answer.status, answer.body)).unwrap();
    Response::from_json(request, reply.status(), reply.body().as_bytes()).unwrap()
}

fn stored_at(directory: &Directory, request: &StoreRequest, response: &Response) -> usize {
    let Body::Answer(Answer::Store(answer)) = response.body() else { panic!("{response:?}") };
    let members: Vec<_> =
        directory.members_for(request.account()).map(|node| node.ed25519).collect();
    answer.verify(request, &members).confirmed().len()
}

fn messages(response: Response) -> Vec<Vec<u8>> {
    match response.into_body() {
        Body::Answer(Answer::Retrieve(page)) => {
            page.messages.into_iter().map(|message| message.data).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_message_travels_through_the_onion_over_https() {
    let world = World::start(|_| {});
    let list = plain(world.seed_port(), "POST", SEED_PATH, SEED_REQUEST.as_bytes()).unwrap();
    let list = NodeList::from_json(&list.body).unwrap();
    let directory = world.directory();
    assert_eq!(list.len(), 24);
    assert!(list.nodes().all(|node| directory.node(&node.key()).is_some()));

    let request = store_request(b"hello".to_vec());
    let members: Vec<_> = directory.members_for(request.account()).copied().collect();
    let response = through_onion(&directory, &members[0], &request.clone().into());
    assert_eq!(stored_at(&directory, &request, &response), members.len());
    for member in &members {
        let response = through_onion(&directory, member, &retrieve_request());
        assert_eq!(messages(response), [b"hello"]);
    }
}

#[test]
fn paths_answer_as_those_of_a_node() {
    let world = World::start(|options| options.nodes = 3);
    let node = world.node();
    let ask = |method: &str, path: &str, more: &str, body: &[u8]| {
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{more}content-length: {length}\r\n\r\n"
        );
        exchange(tls(node.https_port).unwrap(), &[head.as_bytes(), body].concat()).unwrap()
    };
    let answer = ask("POST", STORAGE_RPC_PATH, "", INFO);
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
    assert!(answer.text().starts_with(r#"{"hf":[21,0],"t":"#), "{}", answer.text());

    let answer = ask("POST", STORAGE_RPC_PATH, "", b"hello");
    assert_eq!((answer.status, answer.text()), (400, "invalid json"));
    assert!(answer.head.contains("content-type: text/plain"), "{}", answer.head);

    let answer = ask("POST", "/ping_test/v1", "", b"");
    let key = base64::encode(node.ed25519.as_bytes()).to_lowercase();
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains(&format!("x-oxen-snode-pubkey: {key}")), "{}", answer.head);

    let answer = ask("GET", "/get_stats/v1", "", b"");
    assert_eq!((answer.status, answer.text()), (200, r#"{"version":"2.11.3"}"#));
    assert_eq!(ask("POST", STORAGE_RPC_PATH, "x-loki-long-poll: 1\r\n", INFO).status, 410);
    for (method, path) in [
        ("GET", STORAGE_RPC_PATH),
        ("GET", ONION_REQUEST_PATH),
        ("POST", "/json_rpc"),
        ("GET", "/"),
    ] {
        assert_eq!(ask(method, path, "", b"").status, 404, "{method} {path}");
    }
    let seed = world.seed_port();
    assert_eq!(plain(seed, "GET", SEED_PATH, b"").unwrap().status, 404);
    let metrics = plain(seed, "GET", "/metrics", b"").unwrap();
    let line = r#"session_node_requests_total{path="/storage_rpc/v1",status="200"} 1"#;
    assert!(metrics.text().lines().any(|found| found == line), "{}", metrics.text());
    assert!(!metrics.text().contains(&node.ed25519.to_string()));
}

#[test]
fn received_bytes_are_bounded_with_and_without_a_length() {
    let world = World::start(|options| options.nodes = 1);
    let port = world.node().https_port;
    let head = format!("POST {STORAGE_RPC_PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
    // The server answers before anything of it has come.
    let claimed = format!("{head}content-length: 10485761\r\n\r\n");
    assert_eq!(exchange(tls(port).unwrap(), claimed.as_bytes()).unwrap().status, 413);

    let mut chunked = format!("{head}transfer-encoding: chunked\r\n\r\n").into_bytes();
    for _ in 0..11 {
        chunked.extend(b"100000\r\n");
        chunked.resize(chunked.len() + 0x10_0000, b' ');
        chunked.extend(b"\r\n");
    }
    match exchange(tls(port).unwrap(), &chunked) {
        Ok(answer) => assert_eq!(answer.status, 413),
        // The answer may be lost when the server closes with bytes unread.
        Err(error) => assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock),
    }

    let largest = store_request(vec![0; MAX_DATA_LENGTH]);
    let answer = post(port, STORAGE_RPC_PATH, &Request::from(largest).to_json()).unwrap();
    assert_eq!(answer.status, 200);
}

#[test]
fn plain_http_serves_and_limits_the_rate() {
    let world = World::start(|options| {
        options.nodes = 1;
        options.transport = Transport::Http;
    });
    let port = world.node().https_port;
    let mut connection = client::connect(port).unwrap();
    let started = Instant::now();
    let mut statuses = Vec::new();
    for _ in 0..2_000 {
        statuses.push(connection.post(STORAGE_RPC_PATH, INFO).unwrap().status());
        if statuses.last() == Some(&429) {
            break;
        }
    }
    // In `s` seconds 600 + 300 s requests are answered. A slow machine may never send that many.
    let allowed = 600.0 + 300.0 * started.elapsed().as_secs_f64() + 1.0;
    let answered = statuses.iter().filter(|status| **status == 200).count();
    assert!(u32::try_from(answered).is_ok_and(|answered| f64::from(answered) <= allowed));
    assert!(answered >= 600, "{answered}");
    assert!(statuses[..600].iter().all(|status| *status == 200));
}

#[test]
fn the_same_seed_gives_the_same_network() {
    let keys = |seed| {
        let world = World::start(|options| (options.nodes, options.seed) = (9, Some([seed; 32])));
        let directory = world.directory();
        directory.nodes().map(|node| (node.ed25519, node.swarm)).collect::<Vec<_>>()
    };
    assert_eq!(keys(1), keys(1));
    assert_ne!(keys(1), keys(2));
}

#[test]
fn networks_that_cannot_be_are_refused() {
    let runtime = Runtime::new().unwrap();
    let start = |options: &Options| runtime.block_on(Server::start(options)).unwrap_err();
    for found in [0, 2001] {
        let error = start(&Options { nodes: found, first_port: 0, ..Options::default() });
        assert!(matches!(error, StartError::Size { found: size } if size == found), "{error}");
    }
    let error = start(&Options { first_port: 65_530, ..Options::default() });
    assert!(matches!(error, StartError::Ports { first: 65_530 }), "{error}");
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = start(&Options { first_port: port, nodes: 1, ..Options::default() });
    assert!(matches!(error, StartError::Port { port: found, .. } if found == port), "{error}");
}

#[test]
fn blocks_move_messages_to_new_members() {
    let world = World::start(|options| options.nodes = 12);
    let directory = world.directory();
    let request = store_request(b"hello".to_vec());
    let member = *directory.members_for(request.account()).next().unwrap();
    let response = through_onion(&directory, &member, &request.clone().into());
    assert_eq!(stored_at(&directory, &request, &response), 12);

    let server = world.server.as_ref().unwrap();
    world.runtime.block_on(server.next_block(&[Change::Decommission(member.ed25519)]));
    let response = through_onion(&world.directory(), &member, &retrieve_request());
    assert_eq!(response.status(), 421);
    world.runtime.block_on(server.next_block(&[Change::Recommission(member.ed25519)]));
    let directory = world.directory();
    assert_eq!(directory.block().height, 3);
    let response = through_onion(&directory, &member, &retrieve_request());
    assert_eq!(messages(response), [b"hello"]);
}

#[cfg(feature = "sqlite")]
#[test]
fn a_network_goes_on_where_it_stopped() {
    let scratch = program::Scratch::new();
    let start = || {
        World::start(|options| {
            (options.nodes, options.data) = (12, Some(scratch.path()));
        })
    };
    let mut world = start();
    let request = store_request(b"hello".to_vec());
    let member = *world.directory().members_for(request.account()).next().unwrap();
    let response = through_onion(&world.directory(), &member, &request.clone().into());
    assert_eq!(stored_at(&world.directory(), &request, &response), 12);
    let server = world.server.as_ref().unwrap();
    world.runtime.block_on(server.next_block(&[Change::Decommission(member.ed25519)]));
    let before = world.directory();

    let second = Options { data: Some(scratch.path()), first_port: 0, ..Options::default() };
    let error = world.runtime.block_on(Server::start(&second)).unwrap_err();
    assert!(matches!(error, StartError::Storage(_)), "{error}");

    world.stop();
    let world = start();
    let after = world.directory();
    assert_eq!(before.block(), after.block());
    let known = |directory: &Directory| {
        let nodes = directory.nodes();
        nodes.map(|node| (node.ed25519, node.swarm, node.active)).collect::<Vec<_>>()
    };
    assert_eq!(known(&before), known(&after));
    let server = world.server.as_ref().unwrap();
    world.runtime.block_on(server.next_block(&[Change::Recommission(member.ed25519)]));
    assert_eq!(world.directory().block().height, before.block().height + 1);
    for member in world.directory().members_for(request.account()) {
        let response = through_onion(&world.directory(), member, &retrieve_request());
        assert_eq!(messages(response), [b"hello"], "{:?}", member.ed25519);
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn what_a_member_missed_before_the_restart_reaches_it() {
    let scratch = program::Scratch::new();
    let start = |apart| {
        World::start(|options| {
            (options.nodes, options.data) = (2, Some(scratch.path()));
            options.faults.apart = apart;
            options.timeouts.forward = Duration::from_millis(20);
        })
    };
    let mut world = start(1);
    let [absent, member] = world.directory().nodes().copied().collect::<Vec<_>>()[..] else {
        panic!("two nodes")
    };
    let request = Request::from(store_request(b"hello".to_vec())).to_json();
    let answer = post(member.https_port, STORAGE_RPC_PATH, &request).unwrap();
    assert_eq!(answer.status, 200);
    world.stop();

    let world = start(0);
    let absent = *world.directory().node(&absent.ed25519).unwrap();
    let held = || {
        let answer = post(absent.https_port, STORAGE_RPC_PATH, &retrieve_request().to_json());
        let answer = answer.unwrap();
        let response = Response::from_json(&retrieve_request(), answer.status, &answer.body);
        messages(response.unwrap())
    };
    let arrived = (0..200).any(|_| {
        thread::sleep(Duration::from_millis(10));
        held() == [b"hello"]
    });
    assert!(arrived, "the message never arrives");
}

#[test]
fn churn_loses_no_message() {
    let world = World::start(|options| {
        options.nodes = 20;
        options.churn = true;
        options.block_time = Duration::from_millis(50);
    });
    let height = || world.directory().block().height;
    let mut sent = BTreeSet::new();
    for number in 0..15_u8 {
        let request = store_request(vec![number]);
        // A block may come in between: then another node serves.
        let stored = |_| {
            let directory = world.directory();
            let member = *directory.members_for(request.account()).next().unwrap();
            let json = Request::from(request.clone()).to_json();
            post(member.https_port, STORAGE_RPC_PATH, &json).unwrap().status == 200
        };
        assert!((0..10).any(stored), "message {number}");
        sent.insert(request.into_data());
        let block = height();
        while height() == block {
            thread::sleep(Duration::from_millis(5));
        }
    }
    let read = || {
        let directory = world.directory();
        let account = *store_request(vec![]).account();
        let members: Vec<_> = directory.members_for(&account).copied().collect();
        members.iter().all(|member| {
            let answer =
                post(member.https_port, STORAGE_RPC_PATH, &retrieve_request().to_json()).unwrap();
            let response = Response::from_json(&retrieve_request(), answer.status, &answer.body);
            let response = response.unwrap();
            answer.status == 200 && messages(response).into_iter().collect::<BTreeSet<_>>() == sent
        })
    };
    let settled = (0..100).any(|_| {
        thread::sleep(Duration::from_millis(20));
        read()
    });
    assert!(settled, "members never agree");
}

#[test]
fn faults_from_the_options_happen() {
    let world = World::start(|options| {
        options.nodes = 6;
        options.faults = FaultOptions {
            delay: Duration::from_millis(5),
            skew: Some((1, Skew::Slow(Duration::from_secs(120)))),
            apart: 2,
            ..FaultOptions::default()
        };
    });
    let directory = world.directory();
    let nodes: Vec<_> = directory.nodes().copied().collect();
    let request = store_request(b"hello".to_vec());
    let json = Request::from(request.clone()).to_json();
    let answer = post(nodes[0].https_port, STORAGE_RPC_PATH, &json).unwrap();
    assert_eq!((answer.status, answer.text()), (406, "Timestamp error: check your clock"));
    let started = Instant::now();
    let answer = post(nodes[5].https_port, STORAGE_RPC_PATH, &json).unwrap();
    assert!(started.elapsed() >= Duration::from_millis(500), "the sender waits for those apart");
    let request_again = request.clone().into();
    let response = Response::from_json(&request_again, answer.status, &answer.body).unwrap();
    assert_eq!(stored_at(&directory, &request, &response), 4);

    let lossy = World::start(|options| {
        options.nodes = 1;
        options.faults.loss = Chance::ALWAYS;
    });
    assert!(post(lossy.node().https_port, STORAGE_RPC_PATH, INFO).is_err());
}

#[test]
fn nonsense_leaves_every_node_serving() {
    let world = World::start(|options| options.nodes = 2);
    let directory = world.directory();
    let port = world.node().https_port;
    for bytes in [
        &b"\x16\x03\x01\xff\xff"[..],
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /storage_rpc/v1 HTTP/9.9\r\n\r\n",
        &[0; 100_000],
    ] {
        let raw = client::connect(port).and_then(|mut stream| stream.write_all(bytes));
        let secret = tls(port).and_then(|mut stream| {
            stream.write_all(bytes)?;
            stream.flush()
        });
        drop((raw, secret));
    }
    for node in directory.nodes() {
        assert_eq!(post(node.https_port, STORAGE_RPC_PATH, INFO).unwrap().status, 200);
    }
}

#[test]
fn a_server_that_stops_answers_what_was_asked() {
    let mut world = World::start(|options| options.nodes = 2);
    let port = world.node().https_port;
    let length = INFO.len();
    let head = format!(
        "POST {STORAGE_RPC_PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: {length}\r\n\r\n"
    );
    let mut stream = tls(port).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut interim = vec![0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(interim, b"HTTP/1.1 100 Continue\r\n\r\n", "the server waits for the body");

    let stopping = thread::spawn(move || {
        let started = Instant::now();
        world.stop();
        started.elapsed()
    });
    while client::connect(port).is_ok() {
        thread::yield_now();
    }
    let answer = exchange(stream, INFO).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.head);
    assert!(stopping.join().unwrap() < Duration::from_secs(9), "nothing had to be cut off");
}
