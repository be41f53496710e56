//! What a node and a seed take in memory, at its highest: eight times the text of a request or of an answer, whatever
//! they say. Nothing here is authorised but the retrieves.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy knows `#[test]` functions, not the helpers beside them"
)]

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chacha20::{ChaCha20Rng, rand_core::SeedableRng};
use peak_alloc::PeakAlloc;
use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};
use session_identity::Timestamp;
use session_node::{
    Network, ONION_REQUEST_PATH, STORAGE_RPC_PATH, directory::ServiceNode, seed::SEED_PATH,
};
use session_onion::{Destination, EncryptionType, NodeKeys, OnionRequest, Reply};
use session_swarm::{
    answer::{Answer, Body, Response, StoredMessage},
    auth::Signer,
    limits::{MAX_DATA_LENGTH, MAX_REQUEST_LENGTH},
    namespace::Namespace,
    request::{BatchMode, BatchRequest, Request, RetrieveRequest, StoreRequest},
};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What is taken beside the eight times: the network, small trees.
const SMALL: usize = 512 << 10;
/// Length of the texts, of which reading costs the same multiple as of longer ones.
const LENGTH: usize = 256 << 10;
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A network of one node, and nobody else who allocates.
struct World {
    network: Network,
    node: ServiceNode,
    rng: ChaCha20Rng,
}

fn alone<T>(test: impl FnOnce(World) -> T) -> T {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let network = Network::start(1, &mut rng).unwrap();
    let node = *network.directory().nodes().next().unwrap();
    test(World { network, node, rng })
}

/// The answer of `work`, which is text, and the memory that it took.
fn measured(work: impl FnOnce() -> Reply) -> (Reply, usize) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let reply = work();
    (reply, MEMORY.peak_usage() - before)
}

impl World {
    fn post(&mut self, path: &str, body: &[u8]) -> Reply {
        match path {
            SEED_PATH => self.network.post_to_seed(path, body, &mut self.rng),
            _ => self.network.post(&self.node.ed25519, path, body, NOW, &mut self.rng).unwrap(),
        }
    }

    /// The reply to a request that comes as an onion of one layer.
    fn send(&mut self, request: &Request) -> (Response, usize) {
        let to = Destination::service_node(NodeKeys::new(self.node.ed25519, self.node.x25519));
        let (cipher, payload) = (EncryptionType::XChaCha20, request.to_json());
        let onion = OnionRequest::build(&[], &to, cipher, &payload, &mut self.rng).unwrap();
        let (reply, peak) = measured(|| self.post(ONION_REQUEST_PATH, onion.body()));
        assert!(peak <= 8 * reply.body().len() + SMALL, "{peak} for {} bytes", reply.body().len());
        assert!(reply.body().len() <= MAX_REQUEST_LENGTH, "no link carries it");
        let reply = onion.keys().decode_node_reply(&reply).unwrap();
        let body = reply.body().as_bytes();
        (Response::from_json(request, reply.status(), body).unwrap(), body.len())
    }

    /// Stores `count` messages of this length in the inbox of the account.
    fn fill(&mut self, signer: &Signer<'_>, count: u32, length: usize) {
        for number in 0..count {
            let data = [&number.to_be_bytes()[..], &vec![b'x'; length - 4]].concat();
            let (account, ttl) = (*signer.account(), Duration::from_secs(60));
            let store = StoreRequest::new(account, Namespace::DEFAULT, data, NOW, ttl).unwrap();
            let reply = self.post(STORAGE_RPC_PATH, &Request::from(store).to_json());
            assert_eq!(reply.status(), 200);
        }
    }
}

fn retrieve(signer: &Signer<'_>) -> Request {
    let request = RetrieveRequest::new(*signer.account(), Namespace::DEFAULT).max_size(-1);
    request.sign(signer, NOW).unwrap().into()
}

fn messages(response: Response) -> (Vec<StoredMessage>, bool) {
    match response.into_body() {
        Body::Answer(Answer::Retrieve(answer)) => (answer.messages, answer.more),
        other => panic!("{other:?}"),
    }
}

/// Dense texts of JSON.
fn values() -> Vec<(String, String)> {
    let mut values = Vec::new();
    for item in [
        "1",
        "[]",
        "{}",
        "[1]",
        r#"{"":1}"#,
        r#"{"":{"":{"":{"":{}}}}}"#,
        "[[[[[[[[[[]]]]]]]]]]",
        r#""""#,
        r#""a""#,
        r#""\n""#,
        r#""\u0001\ud83d\ude00""#,
        "true",
        "1e308",
    ] {
        let count = LENGTH / (item.len() + 1);
        values.push((format!("list of {item}"), format!("[{}]", vec![item; count].join(","))));
        let count = LENGTH / (item.len() + 10);
        let fields: Vec<String> = (0..count).map(|number| format!("\"{number}\":{item}")).collect();
        values.push((format!("object of {item}"), format!("{{{}}}", fields.join(","))));
    }
    let names: Vec<String> = (0..LENGTH / 10).map(|number| format!("\"{number:06}\"")).collect();
    values.push(("list of names".into(), format!("[{}]", names.join(","))));
    let same = vec![r#""a":true"#; LENGTH / 9].join(",");
    values.push(("object of one name".into(), format!("{{{same}}}")));
    for (name, unit) in [("text", "a"), ("escapes", "\\n"), ("surrogates", "\\ud83d\\ude00")] {
        let string = unit.repeat(LENGTH / unit.len());
        values.push((format!("one string of {name}"), format!("\"{string}\"")));
        values.push((format!("one name of {name}"), format!("{{\"{string}\":true}}")));
    }
    values.push(("a number of many digits".into(), "9".repeat(LENGTH)));
    values.push(("many digits behind the point".into(), format!("0.{}", "9".repeat(LENGTH))));
    values.push(("nothing but brackets".into(), "[".repeat(LENGTH)));
    values.push(("nothing but objects".into(), r#"{"":"#.repeat(LENGTH / 4)));
    values.push(("nested lists".into(), ["[".repeat(100), "]".repeat(100)].concat()));
    values
}

#[test]
fn requests_of_any_kind_take_eight_times_their_text() {
    alone(|mut world| {
        for (name, value) in values() {
            for (path, place) in [
                (SEED_PATH, "VALUE"),
                (SEED_PATH, r#"{"other":VALUE}"#),
                (SEED_PATH, r#"{"id":VALUE,"method":"get_service_nodes"}"#),
                (SEED_PATH, r#"{"method":VALUE}"#),
                (SEED_PATH, r#"{"method":"get_service_nodes","params":VALUE}"#),
                (SEED_PATH, r#"{"method":"get_service_nodes","params":{"fields":VALUE}}"#),
                (SEED_PATH, r#"{"method":"get_service_nodes","params":{"limit":VALUE}}"#),
                (SEED_PATH, r#"{"method":"get_service_nodes","params":{"poll_block_hash":VALUE}}"#),
                (
                    SEED_PATH,
                    r#"{"method":"get_service_nodes","params":{"service_node_pubkeys":VALUE}}"#,
                ),
                (STORAGE_RPC_PATH, "VALUE"),
                (
                    STORAGE_RPC_PATH,
                    r#"{"method":"oxend_request","params":{"endpoint":"get_service_nodes","params":VALUE}}"#,
                ),
                (
                    STORAGE_RPC_PATH,
                    r#"{"method":"oxend_request","params":{"endpoint":"get_service_nodes","params":{"fields":VALUE}}}"#,
                ),
                (
                    STORAGE_RPC_PATH,
                    r#"{"method":"oxend_request","params":{"endpoint":"get_service_nodes","params":{"x":VALUE}}}"#,
                ),
                (
                    STORAGE_RPC_PATH,
                    r#"{"method":"ifelse","params":{"if":{"hf_at_least":VALUE},"then":{"method":"info","params":{}}}}"#,
                ),
                (ONION_REQUEST_PATH, "VALUE"),
            ] {
                let text = place.replace("VALUE", &value);
                let (_, peak) = measured(|| world.post(path, text.as_bytes()));
                let length = text.len();
                assert!(peak <= 8 * length + SMALL, "{name} in {place}: {peak} for {length}");
            }
        }
    });
}

#[test]
fn answers_take_eight_times_their_text() {
    let key = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([5; 32]));
    let signer = Signer::user(&key);
    alone(|mut world| {
        world.fill(&signer, 4_000, 4);
        let (response, length) = world.send(&retrieve(&signer));
        let (messages, more) = messages(response);
        assert_eq!((messages.len(), more), (4_000, false));
        assert!(length > LENGTH, "{length} bytes are too few to tell");
    });
}

#[test]
fn the_retrieves_of_a_batch_share_one_page() {
    let key = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([5; 32]));
    let signer = Signer::user(&key);
    alone(|mut world| {
        world.fill(&signer, 40, MAX_DATA_LENGTH);
        let (response, _) = world.send(&retrieve(&signer));
        assert_eq!(messages(response).0.len(), 40);
        let batch = BatchRequest::new(BatchMode::All, vec![retrieve(&signer); 20]).unwrap();
        let (response, _) = world.send(&batch.into());
        let Body::Answer(Answer::Batch(results)) = response.into_body() else { panic!("no batch") };
        let pages: Vec<_> = results.into_iter().map(messages).collect();
        let counts: Vec<_> = pages.iter().map(|(page, more)| (page.len(), *more)).collect();
        // 76 messages of 102,543 accounting bytes are a page.
        let expected = [vec![(40, false), (36, true)], vec![(0, true); 18]].concat();
        assert_eq!(counts, expected);
    });
}
