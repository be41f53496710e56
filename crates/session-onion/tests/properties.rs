//! Onions of every shape: what was built is what is peeled, and nothing that was altered is.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy knows `#[test]` functions, not the helpers beside them"
)]

use proptest::prelude::{
    Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    system_rng,
};
use session_onion::{
    Destination, EncryptionType, Hop, Layer, NodeKeys, OnionRequest, Peeled, ReplyBody,
    peel::PeelError,
    reply::{Encoding, JsonBody, ReplyFormat},
    request::{Protocol, Server},
    serde_json::{json, value::to_raw_value},
};

fn keypair(number: usize) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([u8::try_from(number).unwrap(); 32]))
}

fn node_keys(number: usize) -> NodeKeys {
    NodeKeys::derive(keypair(number).public_key()).unwrap()
}

/// Number of the destination's key pair; hops are numbered from 0.
const DESTINATION: usize = 100;

fn encryptions() -> impl Strategy<Value = EncryptionType> {
    prop_oneof![Just(EncryptionType::XChaCha20), Just(EncryptionType::AesGcm)]
}

fn formats() -> impl Strategy<Value = ReplyFormat> {
    let encodings = prop_oneof![Just(Encoding::Base64), Just(Encoding::Raw)];
    let json = prop_oneof![Just(JsonBody::Text), Just(JsonBody::Embedded)];
    (encodings, json).prop_map(|(encoding, json)| ReplyFormat { encoding, json })
}

fn nodes() -> impl Strategy<Value = Destination> {
    formats().prop_map(|reply| Destination::ServiceNode { node: node_keys(DESTINATION), reply })
}

fn destinations() -> impl Strategy<Value = Destination> {
    let protocols = prop_oneof![Just(Protocol::Http), Just(Protocol::Https)];
    let server = (
        protocols,
        "[a-z0-9_-]{1,20}(\\.[a-z0-9_-]{1,20}){0,3}\\.[a-z]{1,9}",
        any::<Option<u16>>(),
        "/\\PC{0,40}",
    )
        .prop_map(|(protocol, host, port, target)| {
            let key = node_keys(DESTINATION).x25519();
            Destination::Server(Server::new(protocol, &host, port, &target, key).unwrap())
        });
    prop_oneof![nodes(), server]
}

#[derive(Clone, Debug)]
struct Onion {
    path: Vec<EncryptionType>,
    destination: Destination,
    encryption: EncryptionType,
    payload: Vec<u8>,
}

fn onions(hops: std::ops::Range<usize>) -> impl Strategy<Value = Onion> {
    onions_for(destinations(), hops)
}

fn onions_for(
    destinations: impl Strategy<Value = Destination>,
    hops: std::ops::Range<usize>,
) -> impl Strategy<Value = Onion> {
    let payloads = prop::collection::vec(any::<u8>(), 0..300);
    let parts = (prop::collection::vec(encryptions(), hops), destinations, encryptions(), payloads);
    parts.prop_map(|(path, destination, encryption, payload)| Onion {
        path,
        destination,
        encryption,
        payload,
    })
}

impl Onion {
    fn build(&self) -> OnionRequest {
        let hops: Vec<Hop> = (0..)
            .zip(&self.path)
            .map(|(number, encryption)| Hop::new(node_keys(number), *encryption))
            .collect();
        let (destination, payload) = (&self.destination, &self.payload);
        OnionRequest::build_on_any_path(
            &hops,
            destination,
            self.encryption,
            payload,
            &mut system_rng(),
        )
        .unwrap()
    }
}

/// Hands the layer from node to node as a network does. Returns how often it was passed on, and the last finding.
fn travel(request: &[u8]) -> (usize, Peeled) {
    let mut layer = Layer::from_edge_body(request).unwrap().into_owned();
    for number in 0.. {
        // Behind the last hop comes the destination.
        let peeled = layer.peel(&keypair(number).to_x25519());
        let peeled = match peeled {
            Ok(peeled) => peeled,
            Err(PeelError::Undecryptable(_)) => {
                layer.peel(&keypair(DESTINATION).to_x25519()).unwrap()
            }
            Err(error) => panic!("{error}"),
        };
        let Peeled::NextNode(next) = peeled else { return (number, peeled) };
        layer = Layer::from_link_bytes(&next.layer().to_link_bytes()).unwrap().into_owned();
    }
    unreachable!()
}

proptest! {
    #[test]
    fn what_was_built_is_peeled(onion in onions(0..6)) {
        let request = onion.build();
        let hops = onion.path.len();
        match &onion.destination {
            Destination::ServiceNode { reply, .. } => {
                let (passed_on, Peeled::Final(received)) = travel(request.body()) else {
                    panic!("the destination is a node");
                };
                prop_assert_eq!(passed_on, hops);
                prop_assert_eq!(received.body(), &onion.payload);
                prop_assert_eq!(received.reply().format(), *reply);
            }
            Destination::Server(server) if hops > 0 => {
                let (passed_on, Peeled::NextServer(next)) = travel(request.body()) else {
                    panic!("the destination is a server");
                };
                prop_assert_eq!(passed_on, hops - 1);
                prop_assert_eq!(next.protocol(), server.protocol().as_str());
                prop_assert_eq!((next.host(), next.port()), (server.host(), server.port()));
                prop_assert_eq!(next.target(), server.target());
                let layer = Layer::from_edge_body(next.body()).unwrap();
                let (key, payload) = layer.decrypt(&keypair(DESTINATION).to_x25519()).unwrap();
                prop_assert_eq!(&payload, &onion.payload);
                prop_assert_eq!(&key, request.keys().key());
            }
            Destination::Server(_) => {
                let layer = Layer::from_edge_body(request.body()).unwrap();
                let (_, payload) = layer.decrypt(&keypair(DESTINATION).to_x25519()).unwrap();
                prop_assert_eq!(&payload, &onion.payload);
            }
        }
    }

    #[test]
    fn replies_come_back(
        onion in onions_for(nodes(), 0..4),
        status in 200_u16..600,
        text in "\\PC{0,200}",
    ) {
        let request = onion.build();
        let (_, Peeled::Final(received)) = travel(request.body()) else {
            panic!("the destination is a node");
        };
        let value = json!({ "text": text });
        let raw = to_raw_value(&value).unwrap();
        for (body, expected) in
            [(ReplyBody::Text(&text), text.clone()), (ReplyBody::Json(&raw), value.to_string())]
        {
            let reply = received.reply().encode(status, body, &mut system_rng());
            let decoded = request.keys().decode_node_reply(&reply).unwrap();
            prop_assert_eq!((decoded.status(), decoded.body()), (status, expected.as_str()));
        }
    }

    /// Every altered byte is noticed by the node that the byte is for: by the edge in the outermost frame.
    #[test]
    fn altered_requests_fail_closed(onion in onions(1..4), position in any::<prop::sample::Index>(), bits in 1_u8..) {
        let request = onion.build();
        let mut body = request.body().to_vec();
        let blob = Layer::from_edge_body(&body).unwrap().blob().len();
        let position = position.index(4 + blob);
        body[position] ^= bits;
        let edge = keypair(0).to_x25519();
        if let Ok(layer) = Layer::from_edge_body(&body) {
            // The length field was hit so that the frame still parses, or the blob was.
            let error = layer.peel(&edge).unwrap_err();
            prop_assert!(matches!(error, PeelError::Undecryptable(_)), "byte {}", position);
        } else {
            prop_assert!(position < 4, "byte {position} is in the blob");
        }
    }

    #[test]
    fn truncated_requests_fail_closed(onion in onions(1..3)) {
        let request = onion.build();
        let edge = keypair(0).to_x25519();
        prop_assert!(Layer::from_edge_body(request.body()).unwrap().peel(&edge).is_ok());
        for length in 0..request.body().len() {
            prop_assert!(Layer::from_edge_body(&request.body()[..length]).is_err(), "length {length}");
        }
    }

    #[test]
    fn altered_links_never_peel(onion in onions(2..4), position in any::<prop::sample::Index>(), bits in 1_u8..) {
        let request = onion.build();
        let edge = Layer::from_edge_body(request.body()).unwrap();
        let Peeled::NextNode(next) = edge.peel(&keypair(0).to_x25519()).unwrap() else { panic!() };
        let link = next.layer().to_link_bytes();
        let mut altered = link.clone();
        let position = position.index(link.len());
        altered[position] ^= bits;
        if let Ok(layer) = Layer::from_link_bytes(&altered) {
            // The hop number, the names of keys and bit 255 of the key are not bound to the encryption.
            match layer.peel(&keypair(1).to_x25519()) {
                Err(PeelError::Undecryptable(_)) => {}
                Ok(_) => prop_assert_eq!(layer.blob(), next.layer().blob()),
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// No bytes that nobody encrypted for the node are ever taken for a layer.
    #[test]
    fn arbitrary_bytes_are_no_layer(
        blob in prop::collection::vec(any::<u8>(), 0..200),
        key in any::<[u8; 32]>(),
        encryption in encryptions(),
    ) {
        let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let length = u32::try_from(blob.len()).unwrap().to_le_bytes();
        let trailer = format!(r#"{{"ephemeral_key":"{key}","enc_type":"{encryption}"}}"#);
        let body = [length.as_slice(), &blob, trailer.as_bytes()].concat();
        let error = Layer::from_edge_body(&body).unwrap().peel(&keypair(0).to_x25519()).unwrap_err();
        prop_assert!(matches!(error, PeelError::Undecryptable(_)), "{}", error);
        prop_assert!(Layer::from_edge_body(&blob).is_err());
        prop_assert!(Layer::from_link_bytes(&blob).is_err());
    }
}
