use alloc::format;
use core::convert::Infallible;

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Seed},
    rand_core::{TryCryptoRng, TryRng},
    x25519::X25519PublicKey,
};

use super::*;
use crate::{padding::pad, signed_box};

/// The stored message of 02 §3: seed 1 to seed 2, content `7801`, envelope time 1234, Pro seed 32×66.
const STORED: &str = "08011285030a0012001afc02080628d209380142b002405fb7f066b61ec9cf66aa5aa3412abc9df1e9fa\
    d254bee2077d5fa6de24926e6d1353f29c46e4c9c53ef035661853c7ccf6f6852e24cee002777280b8b43c9718c0b552f1a397\
    780ea8528e9693e777143d160196a7d1c75cee6b13e29cdd485c75e19091176cc7843fe80e386663a1682c71f54ed014400213\
    a67855fe61360593881a63b2e3400ba1e80480150387b77d0f9e9bb7e091d65ff49e965393e8c7d7ed15b12f620aabc89f2c59\
    4e5a5a79a52b3c5d0cf671d2325cfd2f9769d42648c219a2f7a041979e702ba765743567500a812b5ded985342393ef33c9165\
    d0fef2429d58644d6773bb2d3d996992fb92ae002efe64b5955422385509901ca4446d3f9f9a6673dfc111cf34d43162b94589\
    485ea397fc810bbab63ddc9acdc4ecb5ce9edf7c57db67f86429a658a75a40d95c1f839b336d4ed941934559c0713483ca6068\
    c4560ae8ae46099edd05fe47e1c333e804a21dc19d25338926178f3ec24eb3db1cb5c7cf57b3de734cd6cb062000";

fn keypair(seed: &str) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(hex::decode_array(seed).unwrap()))
}

fn example() -> Envelope {
    let sender = keypair("0123456789abcdef0123456789abcdef00000000000000000000000000000000");
    let recipient: X25519PublicKey =
        "aa654f00fc39fc69fd0db829410ca38177d7732a8d2f0934ab3872ac56d5aa74".parse().unwrap();
    let rotating = keypair(&"66".repeat(32));
    let sealed = signed_box::seal_deterministic(&pad(b"\x78\x01"), &sender, &recipient).unwrap();
    let signature = rotating.sign(&sealed);
    Envelope::new(EnvelopeKind::Direct, Timestamp::from_millis(1234), sealed, signature)
}

/// Envelope of a minimal group message: `type = 7`, `timestamp = 1`, `content`.
fn minimal(content: &str) -> Vec<u8> {
    hex::decode(&format!("08072801{content}")).unwrap()
}

#[test]
fn the_stored_message_is_that_of_the_specification() {
    assert_eq!(hex::encode(&example().to_web_socket()), STORED);
    let rotating: Ed25519PublicKey =
        "34b4d9043156cb6dcf0beb0a2949b7559c940d2bcb6dbe8c53a9b30278e3a746".parse().unwrap();
    let envelope = Envelope::from_web_socket(&hex::decode(STORED).unwrap()).unwrap();
    assert_eq!(envelope, example());
    assert_eq!(rotating.verify(envelope.content(), &envelope.pro_signature().unwrap()), Ok(()));
}

#[test]
fn every_field_is_read_and_written() {
    let id = "05ffba630924aa1224bb930dde21c0d11bf004608f2812217f8ac812d6c7e3ad48";
    let text: alloc::string::String = id.bytes().map(|byte| format!("{byte:02x}")).collect();
    let bytes =
        hex::decode(&format!("08071242{text}28d209380242021234502a5a40{}", "11".repeat(64)));
    let bytes = bytes.unwrap();
    let envelope = Envelope::from_bytes(&bytes).unwrap();
    assert_eq!(envelope.claimed_kind(), EnvelopeKind::Group);
    assert_eq!(envelope.claimed_source(), Some(PrefixedId::Account(id.parse().unwrap())));
    assert_eq!(envelope.claimed_timestamp(), Timestamp::from_millis(1234));
    assert_eq!(envelope.source_device(), Some(2));
    assert_eq!(envelope.content(), [0x12, 0x34]);
    assert_eq!(envelope.claimed_server_timestamp(), Some(Timestamp::from_millis(42)));
    assert_eq!(envelope.pro_signature(), Some(Ed25519Signature::from_bytes([0x11; 64])));
    assert_eq!(envelope.to_bytes(), bytes);

    // A field of newer clients, 1000, stands behind the others.
    let newer = [bytes.as_slice(), b"\xc2\x3e\x05newer"].concat();
    let envelope = Envelope::from_bytes(&newer).unwrap();
    assert_eq!(envelope.to_bytes(), newer);
    let through = Envelope::from_web_socket(&envelope.to_web_socket());
    assert_eq!(through, Ok(envelope));
}

#[test]
fn required_fields_are_required() {
    for (bytes, field) in [
        ("28014200", "type"),
        ("080828014200", "type"),
        ("08ffffffffffffffffff0128014200", "type"),
        ("08064200", "timestamp"),
        ("08062801", "content"),
        ("", "type"),
    ] {
        let error = Envelope::from_bytes(&hex::decode(bytes).unwrap());
        assert_eq!(error, Err(EnvelopeError::Missing { field }), "{bytes}");
    }
    let empty = Envelope::from_bytes(&minimal("4200")).unwrap();
    assert_eq!(empty.content(), b"");
}

#[test]
fn sources_are_empty_or_ids() {
    for none in ["", "1200"] {
        let envelope = Envelope::from_bytes(&minimal(&format!("4200{none}"))).unwrap();
        assert_eq!(envelope.claimed_source(), None);
    }
    let unknown_prefix = format!("42001242{}", "39".repeat(66));
    assert_eq!(Envelope::from_bytes(&minimal(&unknown_prefix)).unwrap().claimed_source(), None);
    for (source, found) in [("120130".into(), 1), (format!("1240{}", "30".repeat(64)), 64)] {
        let error = Envelope::from_bytes(&minimal(&format!("4200{source}")));
        assert_eq!(error, Err(EnvelopeError::Source { found }));
    }
    let no_digits = Envelope::from_bytes(&minimal(&format!("42001242{}", "7a".repeat(66))));
    assert_eq!(no_digits, Err(EnvelopeError::Source { found: 66 }));
}

#[test]
fn pro_signatures_have_one_length() {
    for found in [0, 63, 65] {
        let bytes = minimal(&format!("42005a{found:02x}{}", "00".repeat(found)));
        let error = Envelope::from_bytes(&bytes);
        assert_eq!(error, Err(EnvelopeError::ProSignatureLength { found }));
    }
}

#[test]
fn of_the_request_only_the_body_counts() {
    let envelope = hex::encode(&minimal("4200"));
    let body = format!("1a{:02x}{envelope}", envelope.len() / 2);
    // As clients before 2025 wrote it: PUT /api/v1/message and a random number.
    let old = format!("0a035055541214{}{body}20ffff03", hex::encode(b"/api/v1/messages/abc"));
    for request in [body.clone(), old] {
        let message = format!("080112{:02x}{request}", request.len() / 2);
        let envelope = Envelope::from_web_socket(&hex::decode(&message).unwrap());
        assert_eq!(envelope, Envelope::from_bytes(&minimal("4200")), "{message}");
        // Only a request is unwrapped: not what has no type, an answer, or what no client knows.
        for (prefix, found) in [
            ("", None),
            ("0800", Some(0)),
            ("0802", Some(2)),
            ("0821", Some(33)),
            ("08010802", Some(2)),
        ] {
            let message = format!("{prefix}12{:02x}{request}", request.len() / 2);
            let error = Envelope::from_web_socket(&hex::decode(&message).unwrap());
            assert_eq!(error, Err(EnvelopeError::NoRequest { found }), "{message}");
        }
    }
    // A request in two records is the merge of both.
    let split = hex::decode(&format!("080112020a0012{:02x}{body}", body.len() / 2)).unwrap();
    assert_eq!(Envelope::from_web_socket(&split), Envelope::from_bytes(&minimal("4200")));
}

#[test]
fn requests_and_bodies_are_required() {
    for (bytes, field) in
        [("", "request"), ("0801", "request"), ("08011200", "body"), ("080112021a00", "type")]
    {
        let error = Envelope::from_web_socket(&hex::decode(bytes).unwrap());
        assert_eq!(error, Err(EnvelopeError::Missing { field }), "{bytes}");
    }
}

#[test]
fn broken_protobuf_is_named() {
    let stored = hex::decode(STORED).unwrap();
    for length in (1..stored.len()).filter(|length| *length != 2) {
        let error = Envelope::from_web_socket(&stored[..length]);
        assert!(matches!(error, Err(EnvelopeError::Malformed(_))), "{length}: {error:?}");
    }
    // The body as a number instead of bytes.
    let error = Envelope::from_web_socket(b"\x08\x01\x12\x02\x18\x01").unwrap_err();
    let EnvelopeError::Malformed(cause) = error else { panic!("{error:?}") };
    assert!(format!("{cause}").contains("WebSocketRequestMessage.body"), "{cause}");
}

#[test]
fn nothing_longer_than_a_swarm_stores_is_parsed() {
    let longest = alloc::vec![0xff; MAX_LENGTH + 1];
    let error = EnvelopeError::TooLong { found: MAX_LENGTH + 1 };
    assert_eq!(Envelope::from_web_socket(&longest), Err(error));
    let error = Envelope::from_web_socket(&longest[..MAX_LENGTH]);
    assert!(matches!(error, Err(EnvelopeError::Malformed(_))), "{error:?}");
}

/// A decoy is not the signature of a throw-away key over the content: that would be drawn from 32 bytes.
#[test]
fn a_decoy_draws_its_two_numbers() {
    struct Counting(usize);

    impl TryRng for Counting {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            self.0 += 4;
            Ok(7)
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            self.0 += 8;
            Ok(7)
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
            self.0 += bytes.len();
            bytes.fill(7);
            Ok(())
        }
    }

    impl TryCryptoRng for Counting {}

    let (mut one, mut two) = (Counting(0), Counting(0));
    let [one_decoy, two_decoy] = [(&mut one, b"a"), (&mut two, b"b")]
        .map(|(rng, content)| ProSignature::Decoy.over(content, rng));
    assert_eq!(one_decoy, two_decoy, "the content plays no part");
    assert_eq!((one.0, two.0), (128, 128));
}

#[test]
fn decoys_are_signatures_of_nobody() {
    let mut rng = session_crypto::system_rng();
    let [one, two] = [(); 2].map(|()| ProSignature::Decoy.over(b"content", &mut rng));
    assert_ne!(one, two);
    // R is a point that may be a key: of the main subgroup, as in a real signature.
    for decoy in [one, two] {
        let r = Ed25519PublicKey::try_from(&decoy.as_bytes()[..32]).unwrap();
        assert_eq!(r.to_x25519().map(|_| ()), Ok(()));
    }
    // S is below the group order, whose top byte is 10: as in a real signature.
    assert!(one.as_bytes()[63] <= 0x10 && two.as_bytes()[63] <= 0x10);
}

#[test]
fn the_content_does_not_print() {
    let text = format!("{:?}", example());
    assert_eq!(
        text,
        "Envelope { kind: Direct, source: None, timestamp: Timestamp(1234), content_length: 304, .. }"
    );
}
