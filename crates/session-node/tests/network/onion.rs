//! The path: what hops see, answer and refuse (04 §5, §8.1).

use proptest::prelude::*;
use session_crypto::{ed25519::Ed25519PublicKey, encoding::base64};
use session_node::{
    ONION_REQUEST_PATH, STORAGE_RPC_PATH,
    link::Endpoint,
    network::{Network, StartError, Unreachable},
};
use session_onion::{
    Destination, EncryptionType, Hop, NodeKeys, OnionRequest, PathError, reply::Reply,
};
use session_swarm::request::Request;

use crate::client::{NOW, TestRng, World, keys};

const INFO: &[u8] = br#"{"method":"info","params":{}}"#;

impl World {
    fn post(&mut self, edge: &Ed25519PublicKey, body: &[u8]) -> Reply {
        self.network.post(edge, ONION_REQUEST_PATH, body, NOW, &mut self.rng).unwrap()
    }

    /// Posts a request for `to` over the path and returns the outer answer.
    fn outer(&mut self) -> Reply {
        let (path, to) = (self.path(), self.swarm()[0]);
        let onion = self.build(&path, &to, INFO);
        self.post(&path[0].ed25519, onion.body())
    }
}

#[test]
fn a_hop_sees_its_neighbours_and_shrinking_sizes() {
    let mut world = World::new();
    let (path, to) = (world.path(), world.swarm()[0]);
    world.send_bytes(&to, INFO).unwrap();
    let crossings = world.network.take_crossings();
    let ends: Vec<_> = crossings.iter().map(|crossing| (crossing.from, crossing.to)).collect();
    let [a, b, c, d] = [path[0], path[1], path[2], to].map(|node| node.ed25519);
    assert_eq!(ends, [(None, a), (Some(a), b), (Some(b), c), (Some(c), d)]);
    assert!(crossings.is_sorted_by(|outer, inner| outer.sent > inner.sent));
    assert!(crossings.iter().all(|crossing| crossing.endpoint.is_onion()));
    assert_eq!(crossings[0].endpoint, Endpoint::Post);
    assert_eq!(world.network.take_crossings(), []);
}

#[test]
fn a_hop_that_is_down_times_out() {
    let mut world = World::new();
    for position in [1, 2] {
        let node = world.path()[position].ed25519;
        world.network.take_down(node);
        assert_eq!(PathError::parse(&world.outer()), PathError::TimedOut, "hop {position}");
        world.network.bring_up(&node);
    }
    let destination = world.swarm()[0].ed25519;
    world.network.take_down(destination);
    assert_eq!(PathError::parse(&world.outer()), PathError::TimedOut);
    world.network.bring_up(&destination);
    assert_eq!(world.outer().status(), 200);
}

#[test]
fn an_edge_that_is_down_is_unreachable() {
    let mut world = World::new();
    let edge = world.path()[0].ed25519;
    world.network.take_down(edge);
    let result = world.network.post(&edge, ONION_REQUEST_PATH, INFO, NOW, &mut world.rng);
    assert_eq!(result, Err(Unreachable(edge)));
    let stranger = Ed25519PublicKey::from_bytes([1; 32]);
    let result = world.network.post(&stranger, ONION_REQUEST_PATH, INFO, NOW, &mut world.rng);
    assert_eq!(result, Err(Unreachable(stranger)));
}

#[test]
fn an_unknown_next_hop_is_named_by_the_hop_before() {
    let mut world = World::new();
    let path = world.path();
    let stranger = World { rng: TestRng(99), ..World::new() };
    let unknown = Network::start(1, &mut TestRng(1234)).unwrap();
    let unknown = *unknown.directory().nodes().next().unwrap();
    assert!(stranger.network.node(&unknown.ed25519).is_none());
    let broken = [path[0], unknown, path[2]];
    let to = world.swarm()[0];
    let onion = world.build(&broken, &to, INFO);
    let reply = world.post(&path[0].ed25519, onion.body());
    assert_eq!(reply.status(), 502);
    let text = format!("Next node not found: {}", unknown.ed25519);
    assert_eq!(reply.body(), text.as_bytes());
}

/// Every bit of the length field and of the trailer, and every bit of the layer's nonce and first bytes.
#[test]
fn an_altered_frame_never_reaches_the_destination() {
    let mut world = World::new();
    let (path, to) = (world.path(), world.swarm()[0]);
    let onion = world.build(&path, &to, INFO);
    let body = onion.body();
    let blob = usize::try_from(u32::from_le_bytes(body[..4].try_into().unwrap())).unwrap();
    let header = (0..4 + 40).chain(4 + blob..body.len());
    for position in header {
        for bit in 0..8 {
            let mut altered = body.to_vec();
            altered[position] ^= 1 << bit;
            world.network.take_crossings();
            let reply = world.post(&path[0].ed25519, &altered);
            let reached = world.network.take_crossings().len();
            if reply.status() == 200 {
                // White space and the case of hexadecimal digits change nothing that is read.
                assert!(same_trailer(&body[4 + blob..], &altered[4 + blob..]), "{position}.{bit}");
                continue;
            }
            assert_eq!((reply.status(), reached), (400, 1), "{position}.{bit}");
            let claim = PathError::parse(&reply);
            let honest = [PathError::InvalidCiphertext, PathError::UnreadableRequest];
            assert!(honest.contains(&claim), "{position}.{bit}: {claim:?}");
        }
    }
}

fn same_trailer(one: &[u8], other: &[u8]) -> bool {
    let lower = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_lowercase();
    lower(one) == lower(other)
}

#[test]
fn every_truncation_is_refused_at_the_edge() {
    let mut world = World::new();
    let (path, to) = (world.path(), world.swarm()[0]);
    let onion = world.build(&path, &to, INFO);
    for length in 0..onion.body().len() {
        let reply = world.post(&path[0].ed25519, &onion.body()[..length]);
        assert_eq!(reply.status(), 400, "{length}");
        assert_eq!(PathError::parse(&reply), PathError::UnreadableRequest, "{length}");
    }
}

/// Deployed edges know the old cipher by two names, and it proves nothing (04 §2.3).
#[test]
fn the_cipher_of_old_is_known_and_refused() {
    let mut world = World::new();
    let edge = world.path()[0].ed25519;
    for (name, text) in [
        ("aes-cbc", "Invalid ciphertext"),
        ("cbc", "Invalid ciphertext"),
        ("AES-CBC", "Error parsing onion request: Invalid encryption type AES-CBC"),
        ("cbc ", "Error parsing onion request: Invalid encryption type cbc "),
    ] {
        let key = "11".repeat(32);
        let trailer = format!(r#"{{"ephemeral_key":"{key}","enc_type":"{name}"}}"#);
        let body = [&9_u32.to_le_bytes()[..], &[0xee; 9], trailer.as_bytes()].concat();
        let reply = world.post(&edge, &body);
        assert_eq!((reply.status(), reply.body()), (400, text.as_bytes()), "{name}");
    }
}

#[test]
fn a_frame_that_claims_four_gigabytes_costs_nothing() {
    let mut world = World::new();
    let edge = world.path()[0].ed25519;
    let reply = world.post(&edge, b"\xff\xff\xff\xff{}");
    assert_eq!(PathError::parse(&reply), PathError::UnreadableRequest);
}

#[test]
fn a_request_that_is_too_large_is_refused() {
    let mut world = World::new();
    let edge = world.path()[0].ed25519;
    let large = vec![0; 10_485_761];
    for path in [ONION_REQUEST_PATH, STORAGE_RPC_PATH] {
        let reply = world.network.post(&edge, path, &large, NOW, &mut world.rng).unwrap();
        assert_eq!(reply.status(), 413, "{path}");
    }
}

#[test]
fn circles_end_at_hop_fifteen() {
    let mut world = World::new();
    let path = world.path();
    let circle: Vec<_> = path.iter().copied().cycle().take(15).collect();
    let to = world.swarm()[0];
    let onion = world.build(&circle, &to, INFO);
    let body = onion.body();
    assert_eq!(world.post(&path[0].ed25519, body).status(), 200, "fifteen hops are allowed");

    let (start, end) = body.split_at(body.len() - 1);
    assert_eq!(end, b"}");
    let body = [start, br#","hop_no":1}"#].concat();
    let reply = world.post(&path[0].ed25519, &body);
    assert_eq!(PathError::parse(&reply), PathError::PathTooLong);
}

#[test]
fn both_ciphers_mix_along_a_path() {
    let mut world = World::new();
    let (path, to) = (world.path(), world.swarm()[0]);
    let ciphers = [EncryptionType::AesGcm, EncryptionType::XChaCha20, EncryptionType::AesGcm];
    let hops: Vec<_> =
        path.iter().zip(ciphers).map(|(node, cipher)| Hop::new(keys(node), cipher)).collect();
    for last in [EncryptionType::AesGcm, EncryptionType::XChaCha20] {
        let destination = Destination::service_node(keys(&to));
        let onion = OnionRequest::build(&hops, &destination, last, INFO, &mut world.rng).unwrap();
        let reply = world.post(&path[0].ed25519, onion.body());
        assert_eq!(onion.keys().decode_node_reply(&reply).unwrap().status(), 200, "{last:?}");
    }
}

#[test]
fn a_layer_for_another_node_is_refused_without_a_reason() {
    let mut world = World::new();
    let (path, to) = (world.path(), world.swarm()[0]);
    let wrong = NodeKeys::new(path[1].ed25519, path[2].x25519);
    let hops = [keys(&path[0]), wrong].map(|node| Hop::new(node, EncryptionType::XChaCha20));
    let destination = Destination::service_node(keys(&to));
    let cipher = EncryptionType::XChaCha20;
    let onion = OnionRequest::build(&hops, &destination, cipher, INFO, &mut world.rng).unwrap();
    let reply = world.post(&path[0].ed25519, onion.body());
    assert_eq!((reply.status(), reply.body()), (400, b"Invalid ciphertext".as_slice()));
}

#[test]
fn faults_of_the_request_come_back_encrypted() {
    let mut world = World::new();
    let to = world.swarm()[0];
    for (payload, status, text) in [
        ("", 400, "invalid json"),
        ("[]", 400, "invalid json: no `method` field"),
        (r#"{"method":"info"}"#, 400, "invalid json: no `params` field"),
        (r#"{"method":"nope","params":{}}"#, 400, "no method nope"),
    ] {
        assert_eq!(world.refusal(&to, payload.as_bytes()), (status, text.to_owned()), "{payload}");
    }
}

#[test]
fn plain_requests_get_plain_answers() {
    let mut world = World::new();
    let node = world.swarm()[0].ed25519;
    let request = Request::Retrieve(world.retrieve_request()).to_json();
    let reply = world.network.post(&node, STORAGE_RPC_PATH, &request, NOW, &mut world.rng).unwrap();
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.body(), br#"{"hf":[21,0],"messages":[],"more":false,"t":1700000000000}"#);
    let reply = world.network.post(&node, "/elsewhere", &request, NOW, &mut world.rng).unwrap();
    assert_eq!(reply.status(), 404);
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let mut answers = [World::new(), World::new()].map(|mut world| world.outer());
    assert!(base64::decode(str::from_utf8(answers[0].body()).unwrap()).is_ok());
    let [one, other] = &mut answers;
    assert_eq!(one, other);
}

#[test]
fn networks_have_a_size() {
    for found in [0, 2001] {
        let error = Network::start(found, &mut TestRng(1)).unwrap_err();
        assert_eq!(error, StartError::Size { found });
    }
    assert_eq!(Network::start(1, &mut TestRng(1)).unwrap().directory().nodes().count(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_bytes_leave_every_node_serving(body: Vec<u8>, rest: Vec<u8>) {
        let mut world = World::new();
        let edge = world.path()[0].ed25519;
        let length = u32::try_from(body.len()).unwrap().to_le_bytes();
        let framed = [&length, body.as_slice(), rest.as_slice()].concat();
        for bytes in [&body, &framed] {
            prop_assert_ne!(world.post(&edge, bytes).status(), 200);
            for path in [STORAGE_RPC_PATH, "/"] {
                let reply = world.network.post(&edge, path, bytes, NOW, &mut world.rng).unwrap();
                prop_assert_ne!(reply.status(), 200);
            }
        }
        let to = world.swarm()[0];
        prop_assert!(world.send_bytes(&to, &body).is_ok_and(|reply| reply.status() == 400));
        prop_assert!(world.send_bytes(&to, INFO).is_ok_and(|reply| reply.status() == 200));
    }
}
