use alloc::{format, string::String};
use core::str;

use session_crypto::encoding::base64;

use super::*;
use crate::{
    EncryptionType::{self, AesGcm, XChaCha20},
    frame::{self, FrameError},
    json::JsonError,
    reply::{Encoding, JsonBody},
    test_rng::BytesRng,
    test_world::{NODE_PAYLOAD, SERVER_PAYLOAD, keypair, keys, node, request, server},
};

/// A layer for node 1 with this plaintext in it.
fn layer(plaintext: &[u8], hop_number: u32) -> Layer<'static> {
    let ephemeral = keypair(0x11).to_x25519();
    let key = LayerKey::for_client(XChaCha20, &ephemeral, &keys(1).x25519()).unwrap();
    Layer {
        blob: key.encrypt(plaintext, &mut BytesRng::repeating(0xa1)).into(),
        ephemeral_key: ephemeral.public_key(),
        encryption: XChaCha20,
        hop_number,
    }
}

fn peel(trailer: &str) -> Result<Peeled, PeelError> {
    let plaintext = frame::encode(b"ciphertext", trailer);
    layer(&plaintext, 7).peel(&keypair(1).to_x25519())
}

#[test]
fn the_onions_of_section_4_peel_to_their_destinations() {
    for encryption in [XChaCha20, AesGcm] {
        for (destination, payload) in [(node(), NODE_PAYLOAD), (server(), SERVER_PAYLOAD)] {
            let request = request(encryption, &destination, payload);
            let mut layer = Layer::from_edge_body(request.body()).unwrap().into_owned();
            for number in 1..=2 {
                let Ok(Peeled::NextNode(next)) = layer.peel(&keypair(number).to_x25519()) else {
                    panic!("hop {number} has to pass on");
                };
                assert_eq!(next.node(), keys(number + 1).ed25519());
                assert_eq!(next.layer().hop_number(), u32::from(number));
                let link = next.layer().to_link_bytes();
                layer = Layer::from_link_bytes(&link).unwrap().into_owned();
            }
            match layer.peel(&keypair(3).to_x25519()).unwrap() {
                Peeled::NextNode(next) => {
                    let Ok(Peeled::Final(request)) = next.layer().peel(&keypair(4).to_x25519())
                    else {
                        panic!("node 4 is the destination");
                    };
                    assert_eq!(request.body(), payload);
                }
                Peeled::NextServer(next) => {
                    assert_eq!((next.protocol(), next.host()), ("https", "example.org"));
                    assert_eq!((next.port(), next.target()), (443, "/oxen/v4/lsrpc"));
                    let layer = Layer::from_edge_body(next.body()).unwrap();
                    assert_eq!(layer.decrypt(&keypair(5).to_x25519()).unwrap().1, payload);
                }
                Peeled::Final(_) => panic!("hop 3 is no destination"),
            }
        }
    }
}

#[test]
fn headers_mean_that_the_node_is_the_destination() {
    let rest = r#","host":"h","target":"/t","destination":"x""#;
    for headers in [r#""something""#, r#""""#, "{}", "null", "false", r#"{"a":[1]}"#] {
        let Ok(Peeled::Final(request)) = peel(&format!(r#"{{"headers":{headers}{rest}}}"#)) else {
            panic!("{headers}");
        };
        assert_eq!(request.body(), b"ciphertext");
        assert_eq!(request.reply().format(), ReplyFormat::default());
    }
}

#[test]
fn the_destination_learns_how_to_reply() {
    for (options, encoding, json) in [
        (r#""base64":true,"json":false"#, Encoding::Base64, JsonBody::Text),
        (r#""base64":false"#, Encoding::Raw, JsonBody::Text),
        (r#""json":true"#, Encoding::Base64, JsonBody::Embedded),
        (r#""body":null,"json":true,"base64":false"#, Encoding::Raw, JsonBody::Embedded),
    ] {
        let Ok(Peeled::Final(request)) = peel(&format!(r#"{{"headers":{{}},{options}}}"#)) else {
            panic!("{options}");
        };
        assert_eq!(request.reply().format(), ReplyFormat { encoding, json }, "{options}");
    }
}

/// The vectors of §5: defaults of the relay to a server.
#[test]
fn a_host_means_a_server() {
    for (rest, port, protocol) in [
        ("", 443, "https"),
        (r#","port":80,"protocol":"http""#, 80, "http"),
        (r#","protocol":"http""#, 443, "http"),
        (r#","method":5,"destination":"x""#, 443, "https"),
    ] {
        let trailer = format!(r#"{{"host":"host","target":"target"{rest}}}"#);
        let Ok(Peeled::NextServer(next)) = peel(&trailer) else { panic!("{trailer}") };
        assert_eq!((next.host(), next.target()), ("host", "target"));
        assert_eq!((next.port(), next.protocol()), (port, protocol), "{rest}");
        assert_eq!(next.body(), frame::encode(b"ciphertext", &trailer), "{rest}");
    }
}

#[test]
fn everything_else_goes_to_a_node() {
    let destination = "ffffeeeeddddccccbbbbaaaa9999888877776666555544443333222211110000";
    let ephemeral = "0000111122223333444455556666777788889999aaaabbbbccccddddeeeeffff";
    for (enc_type, encryption) in [("", AesGcm), (r#","enc_type":"xchacha20-poly1305""#, XChaCha20)]
    {
        let trailer =
            format!(r#"{{"destination":"{destination}","ephemeral_key":"{ephemeral}"{enc_type}}}"#);
        let Ok(Peeled::NextNode(next)) = peel(&trailer) else { panic!("{trailer}") };
        assert_eq!(next.node(), destination.parse().unwrap());
        assert_eq!(next.layer().ephemeral_key(), ephemeral.parse().unwrap());
        assert_eq!((next.layer().encryption(), next.layer().hop_number()), (encryption, 8));
        assert_eq!(next.layer().blob(), b"ciphertext");
    }
}

fn malformed(plaintext: &[u8]) -> (LayerError, Reply) {
    let layer = layer(plaintext, 0);
    let error = layer.peel(&keypair(1).to_x25519()).unwrap_err();
    let reply = error.to_reply(&mut BytesRng::repeating(0xb1));
    match error {
        PeelError::Malformed { reason, .. } => (reason, reply),
        PeelError::Undecryptable(reason) => panic!("{reason}"),
    }
}

#[test]
fn a_malformed_layer_is_answered_in_its_own_encryption() {
    let key = "00".repeat(32);
    let frames = |trailer: String| frame::encode(b"ciphertext", &trailer);
    let mut answers = Vec::new();
    for (plaintext, expected) in [
        (b"abc".to_vec(), LayerError::Frame(FrameError::Truncated { found: 3 })),
        (frames(r#"{"host":"h"}"#.into()), LayerError::Missing { key: "target" }),
        (frames("{}".into()), LayerError::Missing { key: "destination" }),
        (
            frames(format!(r#"{{"destination":"{key}"}}"#)),
            LayerError::Missing { key: "ephemeral_key" },
        ),
        (
            frames(format!(r#"{{"destination":"{key}","ephemeral_key":"{key}","enc_type":"x"}}"#)),
            LayerError::EncryptionType("x".parse::<EncryptionType>().unwrap_err()),
        ),
        (
            b"\0\0\0\0".to_vec(),
            LayerError::Frame(FrameError::Trailer(JsonError::Syntax { line: 1, column: 0 })),
        ),
    ] {
        let (reason, reply) = malformed(&plaintext);
        assert_eq!(reason, expected);
        answers.push(reply);
    }
    // One answer for every reason, and only the client can read it.
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    let ephemeral = keypair(0x11).to_x25519();
    let key = LayerKey::for_client(XChaCha20, &ephemeral, &keys(1).x25519()).unwrap();
    assert_eq!(answers[0].status(), 200);
    let text = str::from_utf8(answers[0].body()).unwrap();
    let plaintext = key.decrypt(&base64::decode(text).unwrap()).unwrap();
    assert_eq!(plaintext, br#"{"body":"Invalid json","status":400}"#);
}

#[test]
fn what_cannot_be_decrypted_is_answered_alike() {
    let mut rng = BytesRng::new(Vec::new());
    let [good, short] = [layer(b"", 0), Layer { blob: b"short".into(), ..layer(b"", 0) }];
    for (layer, node) in [(good, 2), (short, 1)] {
        let error = layer.peel(&keypair(node).to_x25519()).unwrap_err();
        assert!(matches!(error, PeelError::Undecryptable(_)));
        assert_eq!(error.to_reply(&mut rng), Reply::new(400, b"Invalid ciphertext".to_vec()));
    }
}
