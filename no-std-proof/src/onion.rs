//! Onion requests on a device, and what a hostile one costs: the allocator counts every byte that is ever asked for.

use alloc::vec::Vec;
use core::{ffi::c_int, sync::atomic::Ordering};

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    x25519::X25519Keypair,
};
use session_onion::{
    Destination, EncryptionType, Hop, Layer, NodeKeys, OnionRequest, Peeled, ReplyBody,
    encryption::LayerKey, peel::PeelError, server::ServerRequest,
};

use super::{Counter, MEMORY, expect};

/// Built, peeled, answered; then attacked.
pub(super) fn story() -> Result<(), c_int> {
    let [edge, node] = [1, 2].map(|n| Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([n; 32])));
    let hop = NodeKeys::derive(edge.public_key()).map_err(|_| 50)?;
    let hop = Hop::new(hop, EncryptionType::AesGcm);
    let destination = NodeKeys::derive(node.public_key()).map_err(|_| 51)?;
    let destination = Destination::service_node(destination);
    let payload = [b'x'; 10_000];
    let mut rng = Counter(1);
    let cipher = EncryptionType::XChaCha20;
    let request =
        OnionRequest::build(&[hop], &destination, cipher, &payload, &mut rng).map_err(|_| 52)?;

    let (edge, node) = (edge.to_x25519(), node.to_x25519());
    let peel = |body| Layer::from_edge_body(body).map_err(|_| 53)?.peel(&edge).map_err(|_| 54);
    let (cost, peeled) = cost_of(|| peel(request.body()));
    let Peeled::NextNode(next) = peeled? else { return Err(55) };
    expect(cost <= 3 * request.body().len(), 56)?;
    let Ok(Peeled::Final(received)) = next.layer().peel(&node) else { return Err(57) };
    let reply = received.reply().encode(200, ReplyBody::Text("hello"), &mut rng);
    let reply = request.keys().decode_node_reply(&reply).map_err(|_| 58)?;
    expect(reply.body() == "hello", 59)?;

    lengths_that_lie(&edge, request.body())?;
    an_inner_length_that_lies(&edge)
}

/// Frames and dicts of which the length says four gigabytes cost nothing but the error.
fn lengths_that_lie(edge: &X25519Keypair, request: &[u8]) -> Result<(), c_int> {
    let mut frame = request.to_vec();
    for length in [[0xff; 4], [0xff, 0xff, 0xff, 0x7f]] {
        for (place, byte) in frame.iter_mut().zip(length) {
            *place = byte;
        }
        let (cost, is_refused) = cost_of(|| Layer::from_edge_body(&frame).is_err());
        expect(is_refused && cost == 0, 60)?;
        let (cost, is_refused) = cost_of(|| ServerRequest::open(edge, &frame).is_err());
        expect(is_refused && cost == 0, 61)?;
    }
    for dict in [b"d4:data4294967295:x".as_slice(), b"d4:data18446744073709551615:x"] {
        let (cost, is_refused) = cost_of(|| Layer::from_link_bytes(dict).is_err());
        expect(is_refused && cost <= 256, 62)?;
    }
    Ok(())
}

/// The lie is inside the encryption, where only the node finds it. It costs the plaintext and the key.
fn an_inner_length_that_lies(edge: &X25519Keypair) -> Result<(), c_int> {
    let plaintext: Vec<u8> = [0xff; 4].into_iter().chain(*b"{}").collect();
    let mut rng = Counter(9);
    let ephemeral = X25519Keypair::generate(&mut rng);
    let cipher = EncryptionType::AesGcm;
    let key = LayerKey::for_client(cipher, &ephemeral, &edge.public_key());
    let blob = key.map_err(|_| 63)?.encrypt(&plaintext, &mut rng);
    let length = u32::try_from(blob.len()).map_err(|_| 64)?.to_le_bytes();
    let trailer = alloc::format!(r#"{{"ephemeral_key":"{}"}}"#, ephemeral.public_key());
    let body = [length.as_slice(), &blob, trailer.as_bytes()].concat();
    let layer = Layer::from_edge_body(&body).map_err(|_| 65)?;
    let (cost, peeled) = cost_of(|| layer.peel(edge));
    expect(matches!(peeled, Err(PeelError::Malformed { .. })), 66)?;
    expect(cost <= 1024, 67)
}

/// Bytes that were allocated meanwhile, given back or not.
fn cost_of<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = MEMORY.used.load(Ordering::Relaxed);
    let done = work();
    (MEMORY.used.load(Ordering::Relaxed).saturating_sub(before), done)
}
