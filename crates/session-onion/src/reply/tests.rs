use alloc::{format, string::ToString as _, vec};

use serde_json::{json, value::to_raw_value};
use session_crypto::encoding::{base64, hex};

use super::*;
use crate::{
    EncryptionType::{self, AesGcm, XChaCha20},
    Layer, NodeKeys, Peeled,
    encryption::DecryptError,
    json::JsonError,
    request::{Destination, Hop, OnionRequest},
    test_rng::BytesRng,
    test_world::{NODE_PAYLOAD, SERVER_PAYLOAD, keypair, keys, node, request, server},
    v4::Content,
};

/// Key of the destination's layer as the destination computes it.
fn destination_key(encryption: EncryptionType, number: u8, request: &OnionRequest) -> LayerKey {
    let ephemeral = request.keys().ephemeral().public_key();
    LayerKey::for_server(encryption, &keypair(number).to_x25519(), &ephemeral).unwrap()
}

const NODE_REPLIES: [(EncryptionType, &str); 2] = [
    (
        XChaCha20,
        "sbGxsbGxsbGxsbGxsbGxsbGxsbGxsbGxJ29om6l2ffflwo7B6j+AV6xvW+DkxADSUBn9thbaVT0x6ncw7wCDwn674wCtX6H1\
         yzUwSdi1z01e1fgDGZxltjMo1rnYw0JvnmgJ",
    ),
    (
        AesGcm,
        "sbGxsbGxsbGxsbGx8unYkmwp+qcluwmd/ErGXF+m/G0hwu1w+zJjiWV09+rQpvQ9ip/DOFILdpnYQ5OOEWb95BVhYTXeXmec\
         TRPrEyLs+v747Ac8ecOL",
    ),
];

#[test]
fn the_node_replies_of_section_6_are_exact_and_decoded() {
    for (encryption, text) in NODE_REPLIES {
        let request = request(encryption, &node(), NODE_PAYLOAD);
        let writer =
            ReplyWriter::new(destination_key(encryption, 4, &request), ReplyFormat::default());
        let body = to_raw_value(&json!({"hf": [19, 4], "t": 1_700_000_000_000_u64})).unwrap();
        let reply = writer.encode(200, ReplyBody::Json(&body), &mut BytesRng::repeating(0xb1));
        assert_eq!(reply, Reply::text(200, text), "{encryption}");
        let reply = request.keys().decode_node_reply(&reply).unwrap();
        assert_eq!((reply.status(), reply.body()), (200, r#"{"hf":[19,4],"t":1700000000000}"#));
        assert_eq!(reply.headers().count(), 0);
    }
}

#[test]
fn the_server_replies_of_section_6_open() {
    let plaintext =
        br#"l58:{"code":200,"headers":{"content-type":"application/json"}}11:{"id": 123}e"#;
    for (encryption, reply) in [
        (
            XChaCha20,
            "b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b17d4d2cd3e4815121c212c8e04fe5e8353b76bc3944de\
             808218df855a27b4fa6b067942eb03cf9c2b3b632826793e732a184d63e420257709d69105b5430eb5ce38bcda2c\
             04d7a7eaf550c1fa75de1811321b9db364695db4033d18a661",
        ),
        (
            AesGcm,
            "b1b1b1b1b1b1b1b1b1b1b1b168e8b7ec20bb9b24b4f52783796700562bfe95498a7ebc6b0d3263cebd402d360823\
             b7b30cc6ae749d1ed6efca1f8a815c39803bd7d4e36479ff8afa2634ad51cbbc55f8f85140724bdff3dccf24ffcd\
             46e94aa21f93e08a038e6ef2bf",
        ),
    ] {
        let request = request(encryption, &server(), SERVER_PAYLOAD);
        let key = destination_key(encryption, 5, &request);
        assert_eq!(hex::encode(&key.encrypt(plaintext, &mut BytesRng::repeating(0xb1))), reply);
        let reply = hex::decode(reply).unwrap();
        let opened = request.keys().open(&reply, Encoding::Raw);
        assert_eq!(opened, Ok((Origin::Destination, plaintext.to_vec())));
        let read = request.keys().decode_server_reply(&Reply::new(200, reply)).unwrap();
        assert_eq!((read.code(), read.content()), (200, Content::Json(r#"{"id": 123}"#)));
    }
}

#[test]
fn a_bad_reply_says_who_wrote_it() {
    let request = request(XChaCha20, &server(), SERVER_PAYLOAD);
    let keys = request.keys();
    let mut rng = BytesRng::repeating(1);
    let nonsense = keys.key().encrypt(b"nonsense", &mut rng);
    let error = keys.decode_server_reply(&Reply::new(200, nonsense.clone()));
    assert!(matches!(error, Err(ReplyError::Server(_))), "{error:?}");
    let error = keys.decode_node_reply(&Reply::text(200, &base64::encode(&nonsense)));
    assert!(matches!(error, Err(ReplyError::Wrapper(_))), "{error:?}");

    let (node, key) = &keys.hops[1];
    let refusal = ReplyWriter::new(key.clone(), ReplyFormat::default());
    let refusal = refusal.encode(400, ReplyBody::Text("Invalid url"), &mut rng);
    let nonsense = Reply::text(200, &base64::encode(&key.encrypt(b"nonsense", &mut rng)));
    let from_hop = ReplyError::NonsenseFromHop { position: 1, node: *node };
    assert_eq!(keys.decode_server_reply(&nonsense), Err(from_hop.clone()));
    assert_eq!(keys.decode_node_reply(&nonsense), Err(from_hop));
    let error = keys.decode_server_reply(&refusal);
    assert!(matches!(error, Err(ReplyError::FromHop { position: 1, .. })), "{error:?}");

    let plain = keys.decode_server_reply(&PathError::TimedOut.to_reply());
    assert_eq!(plain, Err(ReplyError::Path(Unauthenticated::new(PathError::TimedOut))));
    for status in [0, 199, 201, 299, 500] {
        let refused = keys.decode_node_reply(&Reply::new(status, refusal.body().to_vec()));
        let claim = Unauthenticated::new(PathError::Other { status });
        assert_eq!(refused, Err(ReplyError::Path(claim)));
    }
    let large = Reply::new(200, vec![0; MAX_REPLY_LENGTH + 1]);
    let error = ReplyError::TooLarge { found: MAX_REPLY_LENGTH + 1 };
    assert_eq!(keys.decode_server_reply(&large), Err(error));
}

#[test]
fn the_client_chooses_how_the_node_writes() {
    let body = json!({"a": "é\"", "n": 18_446_744_073_709_551_615_u64});
    let (text, raw) = (body.to_string(), to_raw_value(&body).unwrap());
    for (encoding, json, wrapper) in [
        (Encoding::Base64, JsonBody::Text, json!({"status": 421, "body": text})),
        (Encoding::Raw, JsonBody::Text, json!({"status": 421, "body": text})),
        (Encoding::Raw, JsonBody::Embedded, json!({"status": 421, "body": body})),
        (Encoding::Base64, JsonBody::Embedded, json!({"status": 421, "body": body})),
    ] {
        let reply = ReplyFormat { encoding, json };
        let destination = Destination::ServiceNode { node: keys(4), reply };
        let request = request(XChaCha20, &destination, NODE_PAYLOAD);
        let writer = ReplyWriter::new(destination_key(XChaCha20, 4, &request), reply);
        let reply = writer.encode(421, ReplyBody::Json(&raw), &mut BytesRng::repeating(1));
        let ciphertext = match encoding {
            Encoding::Base64 => {
                base64::decode(core::str::from_utf8(reply.body()).unwrap()).unwrap()
            }
            Encoding::Raw => reply.body().to_vec(),
        };
        let plaintext = request.keys().key().decrypt(&ciphertext).unwrap();
        assert_eq!(plaintext, wrapper.to_string().as_bytes());
        let decoded = request.keys().decode_node_reply(&reply).unwrap();
        assert_eq!((decoded.status(), decoded.body()), (421, text.as_str()));
        // A node that does not know the options writes base64 and text.
        let writer = ReplyWriter::new(request.keys().key().clone(), ReplyFormat::default());
        let reply = writer.encode(200, ReplyBody::Text("x"), &mut BytesRng::repeating(1));
        assert_eq!(request.keys().decode_node_reply(&reply).unwrap().body(), "x");
    }
}

#[test]
fn a_hop_that_answers_is_named() {
    // Hop 2 has nobody's key for its next layer: the layer of hop 3 is made for somebody else's.
    for format in [ReplyFormat::default(), ReplyFormat::compact()] {
        let destination = Destination::ServiceNode { node: keys(4), reply: format };
        let request = request(XChaCha20, &destination, NODE_PAYLOAD);
        let edge = Layer::from_edge_body(request.body()).unwrap();
        let Peeled::NextNode(next) = edge.peel(&keypair(1).to_x25519()).unwrap() else { panic!() };
        let Peeled::NextNode(at_hop_2) = next.layer().peel(&keypair(2).to_x25519()).unwrap() else {
            panic!()
        };
        let mut rng = BytesRng::repeating(9);
        let reply = at_hop_2.reply().encode(400, ReplyBody::Text("Invalid json"), &mut rng);
        let Err(ReplyError::FromHop { position, node, reply }) =
            request.keys().decode_node_reply(&reply)
        else {
            panic!("the reply is that of hop 2");
        };
        assert_eq!((position, node), (1, keys(2).ed25519()));
        assert_eq!((reply.status(), reply.body()), (400, "Invalid json"));
    }
}

#[test]
fn wrappers_are_read_as_the_clients_do() {
    for (wrapper, status, body) in [
        (r#"{"status":200,"body":"text"}"#, 200, "text"),
        (r#"{"body":"é\n\"","status":404}"#, 404, "é\n\""),
        (r#"{"status_code":406,"status":200,"body":""}"#, 406, ""),
        (r#"{"status_code":"406","status":200,"body":""}"#, 200, ""),
        (r#"{"status":200,"body": {"a" : [1]} }"#, 200, r#"{"a" : [1]}"#),
        (r#"{"status":200,"body":[1]}"#, 200, "[1]"),
        (r#"{"status":200,"body":null}"#, 200, r#"{"status":200,"body":null}"#),
        (r#"{"status":200,"body":5}"#, 200, r#"{"status":200,"body":5}"#),
        (r#"{"status":200}"#, 200, r#"{"status":200}"#),
    ] {
        let reply = NodeReply::from_plaintext(wrapper.as_bytes()).unwrap();
        assert_eq!((reply.status(), reply.body()), (status, body), "{wrapper}");
    }
    let with_headers = br#"{"status":200,"body":"","headers":{"n":1,"a":"b"}}"#;
    let reply = NodeReply::from_plaintext(with_headers).unwrap();
    assert_eq!(reply.headers().collect::<Vec<_>>(), [("a", "b")]);
}

#[test]
fn malformed_wrappers_are_refused_by_name() {
    for wrapper in [
        r#"{"body":"x"}"#,
        r#"{"status":"200"}"#,
        r#"{"status":65536}"#,
        r#"{"status":-1}"#,
        r#"{"status":200.0}"#,
        r#"{"status_code":1e9,"status":200}"#,
    ] {
        assert_eq!(
            NodeReply::from_plaintext(wrapper.as_bytes()),
            Err(ReplyError::NoStatus),
            "{wrapper}"
        );
    }
    for wrapper in ["[200]", r#"{"status":200,"status":200}"#, r#"{"status":200,"headers":["a"]}"#]
    {
        let error = NodeReply::from_plaintext(wrapper.as_bytes());
        assert!(matches!(error, Err(ReplyError::Wrapper(JsonError::Shape { .. }))), "{wrapper}");
    }
    let lone_surrogate = br#"{"status":200,"body":"\ud800"}"#;
    let error = NodeReply::from_plaintext(lone_surrogate);
    assert!(matches!(error, Err(ReplyError::Wrapper(JsonError::Syntax { .. }))), "{error:?}");
    for wrapper in ["", "text", "{}x"] {
        let error = NodeReply::from_plaintext(wrapper.as_bytes());
        assert!(matches!(error, Err(ReplyError::Wrapper(JsonError::Syntax { .. }))), "{wrapper}");
    }
}

#[test]
fn the_outer_text_is_forgiving() {
    let (encryption, text) = NODE_REPLIES[1];
    let request = request(encryption, &node(), NODE_PAYLOAD);
    for body in [
        format!(" {text}\r\n"),
        format!(r#"{{"result":"{text}"}}"#),
        format!(r#"{{"result":" {text} ","more":1}}"#),
    ] {
        let reply = Reply::text(200, &body);
        assert_eq!(request.keys().decode_node_reply(&reply).map(|reply| reply.status()), Ok(200));
    }
}

#[test]
fn what_nobody_encrypted_is_refused_by_name() {
    let request = request(AesGcm, &node(), NODE_PAYLOAD);
    let decode = |status, body: &[u8]| {
        request.keys().decode_node_reply(&Reply::new(status, body.to_vec())).unwrap_err()
    };
    let short = |found| ReplyError::Undecryptable(DecryptError::TooShort { minimum: 28, found });
    assert_eq!(decode(200, b""), short(0));
    assert_eq!(decode(200, b"Invalid ciphertext"), short(0));
    assert_eq!(decode(200, base64::encode(&[0; 27]).as_bytes()), short(27));
    let forged = base64::encode(&[0; 60]);
    assert_eq!(
        decode(200, forged.as_bytes()),
        ReplyError::Undecryptable(DecryptError::Unauthentic)
    );
    let claim = Unauthenticated::new(PathError::TimedOut);
    assert_eq!(decode(504, b"Request time out"), ReplyError::Path(claim));
    let large = vec![b'A'; MAX_REPLY_LENGTH + 1];
    assert_eq!(decode(200, &large), ReplyError::TooLarge { found: large.len() });
}

#[test]
fn links_carry_status_and_body() {
    let reply = Reply::text(421, "body");
    let parts = reply.to_link_parts();
    assert_eq!(parts, [b"421".to_vec(), b"body".to_vec()]);
    assert_eq!(Reply::from_link_parts(&[&parts[0], &parts[1]]), reply);
    for (parts, status, body) in [
        ([b"200".as_slice(), b"x", b"more"].as_slice(), 200, "x"),
        (&[b"418", b"x"], 500, "x"),
        (&[b"+200", b"x"], 500, "x"),
        (&[b"0200", b"x"], 500, "x"),
        (&[b"", b"x"], 500, "x"),
        (&[b"99999", b"x"], 500, "x"),
        (&[b"200"], 500, "Invalid response from snode"),
        (&[], 500, "Invalid response from snode"),
    ] {
        assert_eq!(Reply::from_link_parts(parts), Reply::text(status, body));
    }
}

#[test]
fn keys_do_not_print() {
    let request = request(AesGcm, &node(), NODE_PAYLOAD);
    let shown = format!("{:?}", request.keys());
    assert_eq!(shown, format!("ReplyKeys {{ destination: {:?}, .. }}", keys(4).x25519()));
    assert_eq!(request.keys().format(), ReplyFormat::default());
    let mut rng = BytesRng::repeating(3);
    let hop = Hop::new(NodeKeys::new(keys(1).ed25519(), keys(1).x25519()), XChaCha20);
    let mixed = OnionRequest::build(&[hop], &node(), AesGcm, b"", &mut rng).unwrap();
    let writer = ReplyWriter::new(mixed.keys().key().clone(), ReplyFormat::default());
    let shown = format!("{writer:?}");
    assert!(shown.starts_with("ReplyWriter { key: LayerKey(..)"), "{shown}");
}
