//! The node beside eleven real storage servers: what they answered is what it answers.

use std::{
    net::{Ipv4Addr, SocketAddrV4},
    time::Duration,
};

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey},
    encoding::base64,
    x25519::X25519Keypair,
};
use session_identity::Timestamp;
use session_node::{
    Network, ONION_REQUEST_PATH, STORAGE_RPC_PATH,
    directory::{Block, Directory, ServiceNode},
};
use session_onion::{
    Destination, EncryptionType, Hop, OnionRequest,
    encryption::LayerKey,
    reply::Reply,
    serde_json::{self, Value, json},
};
use session_swarm::{
    answer::{Answer, Body, Response},
    auth::Signer,
    message_hash::MessageHash,
    namespace::Namespace,
    release::Release,
    request::{
        DeleteRequest, ExpireMode, ExpireRequest, Namespaces, Request, Revocation, RevokeRequest,
        StoreRequest, SweepRequest,
    },
    space::SwarmId,
    subaccount::SubaccountToken,
};

use crate::{
    client::{TestRng, keys},
    pairs::{Pair, compare, pairs},
};

/// One swarm of five nodes, which therefore serve every account.
struct Swarm {
    network: Network,
    nodes: Vec<ServiceNode>,
    rng: TestRng,
}

impl Swarm {
    fn new(release: Release) -> Self {
        let mut rng = TestRng(11);
        let keypairs: Vec<_> = (0..5).map(|_| Ed25519Keypair::generate(&mut rng)).collect();
        let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 24_000);
        let swarm = SwarmId::try_from(0).ok();
        let nodes: Vec<_> =
            keypairs.iter().map(|key| ServiceNode::new(key, swarm, address, 24_001)).collect();
        let directory = Directory::new(nodes.iter().copied()).of_release(release);
        let block = Block { hard_fork: Release::V2_8.hard_fork(), ..*directory.block() };
        let network = Network::of(keypairs, directory.at_block(block));
        Self { network, nodes, rng }
    }

    fn edge(&self) -> Ed25519PublicKey {
        self.nodes[0].ed25519
    }

    fn post(&mut self, path: &str, body: &[u8], now: u64) -> Reply {
        let (edge, now) = (self.edge(), Timestamp::from_millis(now));
        self.network.post(&edge, path, body, now, &mut self.rng).unwrap()
    }

    /// Posts a layer whose plaintext is a frame of `x` and this trailer, at the second of two hops.
    fn post_layer(&mut self, trailer: &str, now: u64) -> (u16, Vec<u8>) {
        let (key, inner) = self.layer(&self.nodes[1].clone(), b"x", trailer);
        let next = next_trailer(&inner.1, Some(&self.nodes[1].ed25519));
        let (_, outer) = self.layer(&self.nodes[0].clone(), &inner.0, &next);
        let body = frame(&outer.0, &next_trailer(&outer.1, None));
        let reply = self.post(ONION_REQUEST_PATH, &body, now);
        let text = String::from_utf8_lossy(reply.body()).into_owned();
        let opened = base64::decode(&text).ok().and_then(|bytes| key.decrypt(&bytes).ok());
        (reply.status(), opened.map_or_else(|| text.clone().into_bytes(), |json| marked(&json)))
    }

    fn layer(
        &mut self,
        node: &ServiceNode,
        blob: &[u8],
        trailer: &str,
    ) -> (LayerKey, (Vec<u8>, String)) {
        let ephemeral = X25519Keypair::generate(&mut self.rng);
        let key =
            LayerKey::for_client(EncryptionType::XChaCha20, &ephemeral, &node.x25519).unwrap();
        let sealed = key.encrypt(&frame(blob, trailer), &mut self.rng);
        (key, (sealed, ephemeral.public_key().to_string()))
    }

    /// Posts an onion of three hops whose outermost trailer has this `hop_no` too.
    fn post_with_hop_number(&mut self, hop_number: &str, now: u64) -> (u16, Vec<u8>) {
        let cipher = EncryptionType::XChaCha20;
        let hops: Vec<_> =
            self.nodes[..3].iter().map(|node| Hop::new(keys(node), cipher)).collect();
        let to = Destination::service_node(keys(&self.nodes[3]));
        let info = br#"{"method":"info","params":{}}"#;
        let onion = OnionRequest::build(&hops, &to, cipher, info, &mut self.rng).unwrap();
        let mut body = onion.body().to_vec();
        assert_eq!(body.pop(), Some(b'}'));
        body.extend(format!(r#","hop_no":{hop_number}}}"#).bytes());
        let reply = self.post(ONION_REQUEST_PATH, &body, now);
        match onion.keys().decode_node_reply(&reply) {
            Ok(opened) => {
                let inner = json!({"body": opened.body(), "status": opened.status()});
                (200, marked(inner.to_string().as_bytes()))
            }
            Err(_) => (reply.status(), reply.body().to_vec()),
        }
    }
}

fn frame(blob: &[u8], trailer: &str) -> Vec<u8> {
    let length = u32::try_from(blob.len()).unwrap().to_le_bytes();
    [&length, blob, trailer.as_bytes()].concat()
}

fn next_trailer(ephemeral: &str, node: Option<&Ed25519PublicKey>) -> String {
    let destination = node.map(|node| format!(r#","destination":"{node}""#)).unwrap_or_default();
    format!(r#"{{"enc_type":"xchacha20","ephemeral_key":"{ephemeral}"{destination}}}"#)
}

/// The text of an answer that came encrypted, with the JSON in it read.
fn marked(json: &[u8]) -> Vec<u8> {
    let json: Value = serde_json::from_slice(json).unwrap();
    format!("encrypted: {json}").into_bytes()
}

#[test]
fn requests_are_answered_as_real_servers_do() {
    compare_requests(Release::V2_8, &DIFFERENT);
}

#[test]
fn the_default_differs_by_what_is_newer_alone() {
    compare_requests(Release::default(), &[&DIFFERENT[..], &NEWER].concat());
}

/// Compares the answers of a node of this release, on a network of the hard fork of the real servers.
fn compare_requests(release: Release, different: &[(&str, &str)]) {
    compare(&pairs(&["rpc"]), different, |pair| {
        let mut swarm = Swarm::new(release);
        for request in &pair.before {
            let reply = swarm.post(STORAGE_RPC_PATH, request.as_bytes(), pair.now);
            assert_eq!(reply.status(), 200, "{}: {reply:?}", pair.name);
        }
        let reply = swarm.post(STORAGE_RPC_PATH, pair.request.as_bytes(), pair.now);
        (reply.status(), reply.body().to_vec())
    });
}

#[test]
fn onions_are_answered_as_real_servers_do() {
    compare(&pairs(&["edge", "layer", "hop_no"]), &DIFFERENT_ONIONS, |pair: &Pair| {
        let mut swarm = Swarm::new(Release::V2_8);
        match pair.via.as_str() {
            "layer" => swarm.post_layer(&pair.request, pair.now),
            "hop_no" => swarm.post_with_hop_number(&pair.request, pair.now),
            _ => {
                let body = base64::decode(&pair.request).unwrap();
                let reply = swarm.post(ONION_REQUEST_PATH, &body, pair.now);
                (reply.status(), reply.body().to_vec())
            }
        }
    });
}

/// Puts a request into another.
type Wrap = fn(Value) -> Value;

/// How a request is sent alone or inside another, and where its answer is then.
const WRAPPERS: [(Wrap, &str); 4] = [
    (|request| request, ""),
    (|request| json!({ "method": "batch", "params": { "requests": [request] } }), BODY_OF_FIRST),
    (|request| json!({ "method": "sequence", "params": { "requests": [request] } }), BODY_OF_FIRST),
    (
        |request| json!({ "method": "ifelse", "params": { "if": { "hf_at_least": [1] }, "then": request } }),
        "/result/body",
    ),
];
const BODY_OF_FIRST: &str = "/results/0/body";

/// The entries of other members went from node to node in bencode, which has no booleans (05 §5.16).
#[test]
fn only_the_own_entry_has_booleans_whatever_the_method() {
    for release in [Release::V2_8, Release::Newest] {
        let mut swarm = Swarm::new(release);
        let own = swarm.edge().to_string();
        let down = swarm.nodes[4].ed25519;
        for request in recursive_requests() {
            let reply = swarm.post(STORAGE_RPC_PATH, &request.to_json(), NOW);
            assert_eq!(reply.status(), 200, "{request:?}");
            swarm.network.take_down(down);
            let json: Value = serde_json::from_slice(&request.to_json()).unwrap();
            let answers = WRAPPERS.map(|(wrap, place)| {
                let wrapped = wrap(json.clone()).to_string();
                let reply = swarm.post(STORAGE_RPC_PATH, wrapped.as_bytes(), NOW);
                let answer: Value = serde_json::from_slice(reply.body()).unwrap();
                answer.pointer(place).unwrap().clone()
            });
            swarm.network.bring_up(&down);
            let entries = answers.iter().flat_map(|answer| answer["swarm"].as_object().unwrap());
            assert_eq!(entries.clone().count(), 5 * WRAPPERS.len());
            for (member, entry) in entries {
                let is_down = *member == down.to_string();
                for (field, value) in entry.as_object().unwrap() {
                    let place = format!("{field} of {request:?}");
                    assert!(!value.is_boolean() || *member == own, "{place}");
                    match field.as_str() {
                        "failed" | "timeout" => assert!(is_down && *value == 1, "{place}"),
                        "already" if *member == own => assert_eq!(*value, true, "{place}"),
                        "already" => assert_eq!(*value, 1, "{place}"),
                        "count" => assert!(value.is_u64(), "{place}"),
                        _ => {}
                    }
                }
                let is_store = matches!(request, Request::Store(_));
                assert!(is_down || !is_store || entry.get("already").is_some());
            }
        }
    }
}

/// The newest release leaves an extension by less than a hundredth of the message's life (05 §5.7).
#[test]
fn small_extensions_are_left_by_the_newest_release() {
    let key = Ed25519Keypair::generate(&mut TestRng(3));
    let signer = Signer::owner(3, &key);
    let [store, ..] = &recursive_requests()[..] else { panic!("no store") };
    let Request::Store(stored) = store else { panic!("{store:?}") };
    let at = |millis: u64| stored.expiry().checked_add(Duration::from_millis(millis)).unwrap();
    for (release, mode, by, is_left) in [
        (Release::Newest, ExpireMode::Extend, 35_999, true),
        (Release::Newest, ExpireMode::Extend, 36_000, false),
        (Release::Newest, ExpireMode::Set, 1, false),
        (Release::V2_8, ExpireMode::Extend, 1, false),
    ] {
        let mut swarm = Swarm::new(release);
        assert_eq!(swarm.post(STORAGE_RPC_PATH, &store.to_json(), NOW).status(), 200);
        let hash = stored.message_hash();
        let request = ExpireRequest::new(*signer.account(), vec![hash], at(by)).with_mode(mode);
        let request = Request::from(request.sign(&signer).unwrap());
        let reply = swarm.post(STORAGE_RPC_PATH, &request.to_json(), NOW);
        let Body::Answer(Answer::Expire(answer)) =
            Response::from_json(&request, reply.status(), reply.body()).unwrap().into_body()
        else {
            panic!("{reply:?}")
        };
        assert_eq!(answer.entries().count(), 5);
        for (_, entry) in answer.entries() {
            let kept = entry.unchanged().next().map(|(_, kept)| kept);
            assert_eq!(kept, is_left.then_some(stored.expiry()), "{release:?} {mode:?} by {by}");
            assert_eq!((entry.updated().count() == 0), is_left, "{release:?} {mode:?} by {by}");
        }
        let held = swarm.network.node(&swarm.edge()).unwrap().storage();
        let expiry = held.expiry(signer.account(), &hash, Timestamp::from_millis(NOW)).unwrap();
        assert_eq!(expiry, Some(if is_left { stored.expiry() } else { at(by) }));
    }
}

const NOW: u64 = 1_700_000_000_000;

/// One of each method that every member of a swarm carries out, for a group.
fn recursive_requests() -> Vec<Request> {
    let key = Ed25519Keypair::generate(&mut TestRng(3));
    let signer = Signer::owner(3, &key);
    let (account, now) = (*signer.account(), Timestamp::from_millis(NOW));
    let hash = MessageHash::of(&account, Namespace::GROUP_INFO, b"abc");
    let ttl = Duration::from_secs(3_600);
    let store =
        StoreRequest::new(account, Namespace::GROUP_INFO, b"abc".to_vec(), now, ttl).unwrap();
    let token = SubaccountToken::from_bytes([7; 36]);
    let revoke = |what| RevokeRequest::new(what, account, vec![token], now).sign(&signer).unwrap();
    let all = Namespaces::All;
    vec![
        store.sign(&signer, now).unwrap().into(),
        ExpireRequest::new(account, vec![hash], now).sign(&signer).unwrap().into(),
        SweepRequest::expire_all(account, all, now).sign(&signer).unwrap().into(),
        SweepRequest::delete_before(account, all, now).sign(&signer).unwrap().into(),
        SweepRequest::delete_all(account, all, now).sign(&signer).unwrap().into(),
        DeleteRequest::new(account, vec![hash]).sign(&signer).unwrap().into(),
        revoke(Revocation::Revoke).into(),
        revoke(Revocation::Unrevoke).into(),
    ]
}

/// Requests that are answered otherwise than by servers of release 2.8.0, and why.
const DIFFERENT: [(&str, &str); 5] = [
    ("envelope: deep", "our readers bound how deep values nest"),
    ("store: data bits left over", "a base64 text has one spelling"),
    ("delete_before: all", "their query fails after it has deleted, ours says what it deleted"),
    (
        "oxend_request: get_service_nodes",
        "a stub answered in place of the daemon, with fewer fields",
    ),
    ("oxend_request: no params", "a stub answered in place of the daemon; others refuse"),
];

/// The same for what comes through the onion.
const DIFFERENT_ONIONS: [(&str, &str); 12] = [
    ("onion: trailer at hop 2: port 70000", "a port has 16 bits, ours is not cut to them"),
    ("onion: edge: length 0", "the words of their JSON parser"),
    ("onion: edge: no trailer", "the words of their JSON parser"),
    ("onion: edge: trailer list", "the words of their JSON parser"),
    ("onion: edge: trailer null", "the words of their JSON parser"),
    ("onion: edge: key number", "the words of their JSON parser"),
    ("onion: edge: cipher number", "the words of their JSON parser"),
    ("onion: edge: hop_no text", "the words of their JSON parser"),
    ("onion: edge: hop_no null", "the words of their JSON parser"),
    ("onion: edge: enc_type null", "the words of their JSON parser"),
    ("onion: edge: key twice", "a key of the trailer must come once (04 §13)"),
    ("onion: edge: text after the trailer", "the words of their JSON parser"),
];

/// What the default, which is the newest release, answers otherwise than release 2.8.0, beside the above.
const NEWER: [(&str, &str); 7] = [
    ("envelope: method twice", "another version in `info`"),
    ("envelope: BOM", "another version in `info`"),
    ("store: namespace -3741 unsigned", "the testing namespace"),
    ("store: signed user -3741", "the testing namespace"),
    ("retrieve: reverse_direction", "the newest message first"),
    ("revoked_subaccounts", "a newer method"),
    ("active_nodes_bin", "a newer method"),
];
