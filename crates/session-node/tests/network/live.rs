//! The node against what a storage server of the network answered: the same requests in the same order, at the
//! same times, get the same statuses and the same bodies, but for keys, signatures and addresses.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddrV4},
};

use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};
use session_identity::Timestamp;
use session_node::{
    Network, STORAGE_RPC_PATH,
    directory::{Block, Directory, ServiceNode},
};
use session_onion::serde_json::{self, Value, json};
use session_swarm::{hard_fork::HardFork, release::Release, space::SwarmId};

use crate::client::TestRng;

const VECTORS: &str = include_str!("../../../session-conformance/vectors/storage_rpc_live.json");

/// Fields whose values depend on the node.
const OF_THE_NODE: [&str; 10] = [
    "signature",
    "pubkey_ed25519",
    "pubkey_x25519",
    "pubkey_legacy",
    "address",
    "ip",
    "port",
    "port_https",
    "port_omq",
    "port_quic",
];

#[test]
fn the_node_answers_as_the_storage_server_did() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    let mut world = Live::new(cases);
    let mut now = world.start;
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let expected = &case["out"];
        now = time_of(expected).unwrap_or(now);
        let request = match &case["in"]["request"] {
            Value::String(text) => text.clone().into_bytes(),
            json => unabbreviated(json).to_string().into_bytes(),
        };
        let at = Timestamp::from_millis(now);
        let reply =
            world.network.post(&world.key, STORAGE_RPC_PATH, &request, at, &mut world.rng).unwrap();
        assert_eq!(u64::from(reply.status()), expected["http_status"], "{name}: {reply:?}");
        if expected["json"].is_null() {
            let text = str::from_utf8(reply.body()).unwrap();
            assert_eq!(text, expected["text"], "{name}");
            continue;
        }
        let mut answer: Value = serde_json::from_slice(reply.body()).unwrap();
        let mut wanted = expected["json"].clone();
        strip(&mut answer);
        strip(&mut wanted);
        assert_eq!(answer, wanted, "{name}");
    }
}

struct Live {
    network: Network,
    key: session_crypto::ed25519::Ed25519PublicKey,
    rng: TestRng,
    start: u64,
}

impl Live {
    /// One node that runs, and the swarm of which the storage server told a client, of nodes that do not.
    fn new(cases: &[Value]) -> Self {
        let mut rng = TestRng(5);
        let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([9; 32]));
        let own = node(&keypair, 0);
        let mut nodes = vec![own];
        let elsewhere = cases.iter().find(|case| case["out"]["http_status"] == 421).unwrap();
        let elsewhere = &elsewhere["out"]["json"];
        let swarm = u64::from_str_radix(elsewhere["swarm"].as_str().unwrap(), 16).unwrap();
        for _ in elsewhere["snodes"].as_array().unwrap() {
            nodes.push(node(&Ed25519Keypair::generate(&mut rng), swarm));
        }
        let block = cases.iter().find_map(|case| case["out"]["json"]["height"].as_u64()).unwrap();
        let hard_fork = HardFork { number: 20, revision: 0 };
        let directory = Directory::new(nodes).of_release(Release::V2_8).at_block(Block {
            height: block,
            hash: [0; 32],
            hard_fork,
        });
        let start = cases.iter().find_map(|case| time_of(&case["out"])).unwrap();
        let key = keypair.public_key();
        Self { network: Network::of([keypair], directory), key, rng, start }
    }
}

fn node(keypair: &Ed25519Keypair, swarm: u64) -> ServiceNode {
    let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 24_000);
    ServiceNode::new(keypair, Some(SwarmId::try_from(swarm).unwrap()), address, 24_001)
}

/// The first `t` in a body, at whatever depth.
fn time_of(value: &Value) -> Option<u64> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("t").and_then(Value::as_u64);
            own.or_else(|| fields.values().find_map(time_of))
        }
        Value::Array(items) => items.iter().find_map(time_of),
        _ => None,
    }
}

/// The request with the data that the file only describes.
fn unabbreviated(request: &Value) -> Value {
    let mut request = request.clone();
    if let Some(data) = request.pointer_mut("/params/data")
        && data.as_str().is_some_and(|text| text.starts_with("base64 of 76801 bytes"))
    {
        *data = json!(session_crypto::encoding::base64::encode(&[0x78; 76_801]));
    }
    request
}

/// Replaces what depends on the node by marks, and entries of nodes by their number.
fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                if OF_THE_NODE.contains(&name.as_str()) {
                    *value = Value::Null;
                }
            }
            if let Some(Value::Object(swarm)) = fields.get_mut("swarm") {
                let entries = std::mem::take(swarm).into_iter().map(|(_, entry)| entry);
                *swarm = (0..)
                    .map(|i: i32| i.to_string())
                    .zip(entries)
                    .collect::<BTreeMap<_, _>>()
                    .into_iter()
                    .collect();
            }
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}
