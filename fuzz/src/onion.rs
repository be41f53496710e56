//! Targets of `session-onion`: layers, replies, and what hops say.

use std::convert::Infallible;

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Seed},
    rand_core::{TryCryptoRng, TryRng},
    x25519::X25519Keypair,
};
use session_onion::{
    Destination, DestinationError, EncryptionType, Hop, Layer, NodeKeys, OnionRequest, PathError,
    Peeled, Reply, ReplyBody,
    blame::{Failure, Route},
    encryption::LayerKey,
    exit::ExitPolicy,
    frame::Frame,
    layer::MAX_HOP_NUMBER,
    legacy::v3::{self, Answer, ServerKind, V3Request},
    peel::PeelError,
    reply::{Encoding, NodeReply, ReplyError},
    server::ServerRequest,
    v4::{Content, V4Request, V4Response},
};

/// A frame is its parts again; a layer is the same on the node link; what nobody encrypted does not open.
pub fn frame(data: &[u8]) {
    if let Ok(frame) = Frame::parse(data) {
        let length = u32::try_from(frame.blob().len()).expect("it came from four bytes");
        let parts = [&length.to_le_bytes(), frame.blob(), frame.trailer()];
        assert_eq!(parts.concat(), data);
    }
    let node = keypair(1).to_x25519();
    if let Ok(layer) = Layer::from_edge_body(data) {
        link_is_the_same(&layer);
        stays_shut(&layer, &node);
    }
    if let Ok(layer) = Layer::from_link_bytes(data) {
        assert!((1..=MAX_HOP_NUMBER).contains(&layer.hop_number()));
        link_is_the_same(&layer);
        stays_shut(&layer, &node);
    }
    assert!(ServerRequest::open(&node, data).is_err(), "a request that nobody made opened");
}

fn link_is_the_same(layer: &Layer<'_>) {
    if (1..=MAX_HOP_NUMBER).contains(&layer.hop_number()) {
        assert_eq!(Layer::from_link_bytes(&layer.to_link_bytes()).as_ref(), Ok(layer));
    }
}

fn stays_shut(layer: &Layer<'_>, node: &X25519Keypair) {
    match layer.peel(node) {
        Err(error @ PeelError::Undecryptable(_)) => {
            assert_eq!(error.to_reply(&mut SeededRng(1)).status(), 400);
        }
        other => panic!("a layer that nobody made opened: {other:?}"),
    }
}

/// A node that finds these bytes in its layer passes on what it was told to, answers in its own encryption, and
/// calls no server by a bent URL.
pub fn peel(data: &[u8]) {
    let mut rng = SeededRng(1);
    let (ephemeral, node) = (keypair(9).to_x25519(), keypair(1).to_x25519());
    let encryption = EncryptionType::XChaCha20;
    let key = LayerKey::for_client(encryption, &ephemeral, &node.public_key()).expect("good keys");
    let blob = key.encrypt(data, &mut rng);
    let trailer = format!(
        r#"{{"ephemeral_key":"{}","enc_type":"{encryption}","hop_no":4}}"#,
        ephemeral.public_key()
    );
    let length = u32::try_from(blob.len()).expect("inputs are small").to_le_bytes();
    let body = [length.as_slice(), &blob, trailer.as_bytes()].concat();
    let layer = Layer::from_edge_body(&body).expect("a good frame");
    let frame = Frame::parse(data);
    let answer = match layer.peel(&node) {
        Ok(Peeled::Final(request)) => {
            assert_eq!(request.body(), frame.expect("it was parsed").blob());
            request.reply().encode(200, ReplyBody::Text("x"), &mut rng)
        }
        Ok(Peeled::NextNode(next)) => {
            assert_eq!(next.layer().blob(), frame.expect("it was parsed").blob());
            assert_eq!(next.layer().hop_number(), 5);
            link_is_the_same(next.layer());
            next.reply().encode(502, ReplyBody::Text("x"), &mut rng)
        }
        Ok(Peeled::NextServer(next)) => {
            assert_eq!(next.body(), data, "the server gets the whole frame");
            assert!(next.url(ExitPolicy::Any).is_ok() || next.url(ExitPolicy::Public).is_err());
            if let Ok(url) = next.url(ExitPolicy::Any) {
                let (_, rest) = url.split_once("://").expect("a URL has a protocol");
                let (authority, path) = rest.split_once('/').expect("a URL has a path");
                assert!(authority.starts_with(next.host()) && !authority.contains(['@', '\\']));
                assert!(path.ends_with("/lsrpc") && !path.contains(['?', '#', ' ']));
            }
            next.invalid_url_reply(&mut rng)
        }
        Ok(_) => unreachable!("there are three kinds of layer"),
        Err(error) => {
            assert!(matches!(error, PeelError::Malformed { .. }), "{error}");
            error.to_reply(&mut rng)
        }
    };
    assert_eq!(answer.status(), 200);
    let text = std::str::from_utf8(answer.body()).map(session_crypto::encoding::base64::decode);
    let bytes = match text {
        Ok(Ok(bytes)) if key.decrypt(&bytes).is_ok() => bytes,
        _ => answer.body().to_vec(),
    };
    let plaintext = key.decrypt(&bytes).expect("an answer in the layer's own encryption");
    NodeReply::from_plaintext(&plaintext).expect("an answer that clients read");
}

/// Replies that nobody encrypted stay shut. What decodes is the same when it is written again.
pub fn reply(data: &[u8]) {
    let request = OnionRequest::build(
        &[hop(1), hop(2)],
        &Destination::service_node(node_keys(3)),
        EncryptionType::AesGcm,
        b"",
        &mut SeededRng(1),
    );
    let (_, keys) = request.expect("a small request").into_parts();
    let outside = Reply::new(200, data.to_vec());
    match keys.decode_node_reply(&outside) {
        Err(ReplyError::Undecryptable(_)) => {}
        other => panic!("a reply that nobody made was read: {other:?}"),
    }
    assert!(keys.decode_server_reply(&outside).is_err());
    assert!(v3::decode_reply(&keys, &outside).is_err());
    for encoding in [Encoding::Base64, Encoding::Raw] {
        assert!(keys.open(data, encoding).is_err());
    }
    if let Answer::Body(body) = Answer::decode(data.to_vec()) {
        assert_eq!(body, data);
    }
    if let Ok(reply) = NodeReply::from_plaintext(data) {
        let error = DestinationError::of(&reply);
        assert!(error.is_some() || (200..300).contains(&reply.status()));
    }
    let parts = [data, b"body"];
    let passed_on = Reply::from_link_parts(&parts);
    let [status, body] = passed_on.to_link_parts();
    assert_eq!(Reply::from_link_parts(&[&status, &body]), passed_on);
    v4(data);
    for kind in [ServerKind::Community, ServerKind::File] {
        if let Ok(request) = V3Request::decode(kind, data) {
            assert!(request.endpoint().starts_with('/'));
            let needs_body = matches!(request.method(), "POST" | "PUT");
            assert!(request.body().is_some() || !needs_body);
        }
    }
}

fn v4(data: &[u8]) {
    if let Ok(request) = V4Request::decode(data) {
        assert!(request.endpoint().starts_with('/'));
        assert_eq!(V4Request::decode(&request.encode()), Ok(request));
    }
    if let Ok(response) = V4Response::decode(data) {
        assert_eq!(V4Response::decode_lenient(data).as_ref(), Ok(&response));
    }
    if let Ok(response) = V4Response::decode_lenient(data) {
        let again = V4Response::decode(&response.encode()).expect("what was read can be written");
        assert_eq!(again, response);
        if response.header("content-type") == Some("application/json") {
            assert!(matches!(response.content(), Content::Json(_)));
        }
    }
}

/// A claim is the same when a node repeats it, and blames nobody who has no part in the request. The first two
/// bytes are the status.
pub fn path_error(data: &[u8]) {
    let Some((status, body)) = data.split_first_chunk::<2>() else { return };
    let over_quic = Reply::from_quic_error(data);
    assert!((400..600).contains(&over_quic.status()) && over_quic.body().len() <= data.len());
    let reply = Reply::new(u16::from_be_bytes(*status), body.to_vec());
    let claim = PathError::parse(&reply);
    assert_eq!(PathError::parse(&claim.to_reply()), claim);
    let request = OnionRequest::build(
        &[hop(1), hop(2), hop(3)],
        &Destination::service_node(node_keys(4)),
        EncryptionType::XChaCha20,
        b"",
        &mut SeededRng(1),
    );
    let hops = [1, 2, 3].map(|number| node_keys(number).ed25519());
    let destination = node_keys(4).ed25519();
    let keys = request.expect("a small request").into_parts().1;
    let Err(error) = keys.decode_node_reply(&reply) else { panic!("a plain answer was read") };
    let failure = Failure::from(&error);
    for route in [Route::to_node(&hops, destination), Route::to_server(&hops)] {
        if let Some((node, _)) = failure.blame(&route).node {
            assert!(hops.contains(&node) || node == destination, "a stranger is blamed");
        }
    }
}

/// An onion of any shape peels to its payload; with one byte of a layer altered it stays shut at the node whose
/// layer it is. The first three bytes choose the shape, the place and the bits.
pub fn build(data: &[u8]) {
    let Some(([shape, place, bits], payload)) = data.split_first_chunk::<3>() else { return };
    let length = usize::from(shape % 6);
    let cipher = |bit: usize| match (shape >> 3) >> (bit % 5) & 1 {
        0 => EncryptionType::XChaCha20,
        _ => EncryptionType::AesGcm,
    };
    let path: Vec<Hop> =
        (1..=length).map(|number| Hop::new(node_keys(byte(number)), cipher(number))).collect();
    let destination = Destination::service_node(node_keys(byte(length + 1)));
    let mut rng = SeededRng(u64::from(*place));
    let request = OnionRequest::build(&path, &destination, cipher(0), payload, &mut rng);
    let request = request.expect("a small request");

    let mut layer = Layer::from_edge_body(request.body()).expect("our own frame").into_owned();
    for number in 1..=length + 1 {
        let node = keypair(byte(number)).to_x25519();
        altered_layers_stay_shut(&layer, &node, *place, *bits);
        match layer.peel(&node).expect("our own layer") {
            Peeled::NextNode(next) => {
                assert_eq!(next.node(), node_keys(byte(number + 1)).ed25519());
                layer = next.layer().clone();
            }
            Peeled::Final(received) => {
                assert_eq!((number, received.body()), (length + 1, payload));
                let reply = received.reply().encode(200, ReplyBody::Text("x"), &mut rng);
                let read =
                    request.keys().decode_node_reply(&reply).expect("the destination's reply");
                assert_eq!((read.status(), read.body()), (200, "x"));
            }
            other => panic!("no server was asked for: {other:?}"),
        }
    }
}

/// One byte of the blob is altered, then one of the whole: dict or frame.
fn altered_layers_stay_shut(layer: &Layer<'_>, node: &X25519Keypair, place: u8, bits: u8) {
    let link = layer.to_link_bytes();
    let blob = layer.blob();
    let start = link.windows(blob.len()).position(|window| window == blob).expect("it is in there");
    // Spread over the blob, so that nonce, text and tag all come up.
    let at = |length: usize| usize::from(place) * (length - 1) / 255;
    let mut altered = link.clone();
    altered[start + at(blob.len())] ^= bits.max(1);
    match Layer::from_link_bytes(&altered) {
        Ok(layer) => assert!(matches!(layer.peel(node), Err(PeelError::Undecryptable(_)))),
        Err(error) => panic!("the blob was altered, not the dict: {error}"),
    }
    let trailer = format!(
        r#"{{"ephemeral_key":"{}","enc_type":"{}","hop_no":{}}}"#,
        layer.ephemeral_key(),
        layer.encryption(),
        layer.hop_number()
    );
    let length = u32::try_from(blob.len()).expect("inputs are small").to_le_bytes();
    let frame = [length.as_slice(), blob, trailer.as_bytes()].concat();
    let [mut link, mut frame] = [link, frame];
    for bytes in [&mut link, &mut frame] {
        let length = bytes.len();
        bytes[at(length)] ^= bits.max(1);
    }
    for altered in [Layer::from_link_bytes(&link).ok(), Layer::from_edge_body(&frame).ok()] {
        let Some(altered) = altered else { continue };
        match altered.peel(node) {
            Err(PeelError::Undecryptable(_)) => {}
            // The hop number and bit 255 of the key are not bound to the encryption.
            Ok(_) => assert_eq!(altered.blob(), blob, "an altered blob opened"),
            Err(error) => panic!("an altered layer opened: {error}"),
        }
    }
}

fn byte(number: usize) -> u8 {
    u8::try_from(number).expect("paths are short")
}

pub(crate) fn keypair(number: u8) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([number; 32]))
}

pub(crate) fn node_keys(number: u8) -> NodeKeys {
    let key: Ed25519PublicKey = keypair(number).public_key();
    NodeKeys::derive(key).expect("a key of our own")
}

fn hop(number: u8) -> Hop {
    Hop::new(node_keys(number), EncryptionType::XChaCha20)
}

/// SplitMix64: the same numbers for the same input, so that every crash can be seen again.
pub(crate) struct SeededRng(pub(crate) u64);

impl TryRng for SeededRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let [a, b, c, d, ..] = self.try_next_u64()?.to_le_bytes();
        Ok(u32::from_le_bytes([a, b, c, d]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(mixed ^ mixed >> 31)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(8) {
            chunk.copy_from_slice(&self.try_next_u64()?.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for SeededRng {}
