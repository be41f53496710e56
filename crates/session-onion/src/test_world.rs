//! The nodes of the vectors of §4 and §6: node i has the Ed25519 seed of 32 bytes `i`.

use alloc::vec;
use core::net::Ipv4Addr;

use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};

use crate::{
    EncryptionType, NodeKeys, OnionRequest,
    pool::node::{ServiceNode, StorageVersion},
    request::{Destination, Hop, Protocol, Server},
    test_rng::BytesRng,
};

pub(crate) fn keypair(number: u8) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([number; 32]))
}

pub(crate) fn keys(number: u8) -> NodeKeys {
    NodeKeys::derive(keypair(number).public_key()).unwrap()
}

/// Node `number` in a network of its own.
pub(crate) fn service_node(number: u8) -> ServiceNode {
    let (key, ip) = (keys(number).ed25519(), Ipv4Addr::new(20, 0, number, 1));
    ServiceNode::new(key, ip, [22021, 22020], StorageVersion([2, 11, 0]), 1).unwrap()
}

pub(crate) fn path(encryption: EncryptionType) -> [Hop; 3] {
    [1, 2, 3].map(|number| Hop::new(keys(number), encryption))
}

pub(crate) fn node() -> Destination {
    Destination::service_node(keys(4))
}

pub(crate) fn server() -> Destination {
    let key = keypair(5).to_x25519().public_key();
    let server = Server::new(Protocol::Https, "example.org", None, "/oxen/v4/lsrpc", key);
    Destination::Server(server.unwrap())
}

/// Ephemeral secrets of `0x11`, `0x12`, … and nonces of `0xa1`, `0xa2`, …, from the destination outward.
pub(crate) fn rng(encryption: EncryptionType) -> BytesRng {
    let layer = |number: u8| {
        let nonce = encryption.overhead() - 16;
        [vec![0x10 + number; 32], vec![0xa0 + number; nonce]].concat()
    };
    BytesRng::new((1..=4).flat_map(layer).collect())
}

/// The three-hop request of §4 with this payload.
pub(crate) fn request(
    encryption: EncryptionType,
    destination: &Destination,
    payload: &[u8],
) -> OnionRequest {
    let mut rng = rng(encryption);
    let request =
        OnionRequest::build(&path(encryption), destination, encryption, payload, &mut rng).unwrap();
    assert_eq!(rng.left(), 0);
    request
}

pub(crate) const NODE_PAYLOAD: &[u8] = br#"{"method":"info","params":{}}"#;
pub(crate) const SERVER_PAYLOAD: &[u8] =
    br#"l79:{"endpoint":"/room/some-room","headers":{"Some-Header":"12345"},"method":"GET"}e"#;
