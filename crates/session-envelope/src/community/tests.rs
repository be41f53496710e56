use alloc::{format, vec};

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    encoding::hex,
    system_rng,
    xed25519::XEd25519Keypair,
};
use session_identity::{
    Account, AccountSeed,
    blinding::{Blinded15Keypair, Blinded25Keypair, ServerPublicKey},
    pro::{Proof, RevocationTag, Status, UnixSeconds},
};

use super::*;
use crate::{content::ProMessage, content::ProProof, envelope::EnvelopeKind, padding};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn text() -> Vec<u8> {
    Content::text("hi").unwrap().encode(NOW)
}

fn rotating() -> RotatingKeypair {
    RotatingKeypair::from_seed(Ed25519Seed::from_bytes([0x66; 32]))
}

fn backend() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([0x88; 32]))
}

/// A text message with a proof of Pro for `rotating`, valid for a second.
fn with_proof() -> Content {
    let tag = RevocationTag::from_bytes([0x99; 32]);
    let expiry = UnixSeconds::from_secs(NOW.as_secs() + 1);
    let proof = Proof::sign(tag, rotating().public_key(), expiry, &backend());
    let proof =
        ProProof::new(None, tag, rotating().public_key(), expiry.as_secs(), proof.signature());
    Content::text("hi").unwrap().with_pro(ProMessage::new(proof, 1, 0))
}

fn in_envelope(padded: Vec<u8>, signature: Ed25519Signature) -> Vec<u8> {
    Envelope::new(EnvelopeKind::Direct, NOW, padded, signature).to_bytes()
}

#[test]
fn posts_are_padded_contents() {
    let data = encode(&Content::text("hi").unwrap(), NOW);
    assert_eq!(data, pad(&text()));
    let post = open(&data).unwrap();
    assert_eq!(
        (post.content(), post.envelope(), post.pro_signature()),
        (text().as_slice(), None, None)
    );
    assert_eq!(open(&text()), Ok(post), "some senders do not pad");
}

#[test]
fn each_form_of_author_is_verified_its_way() {
    let alice = Account::from_seed(AccountSeed::from_bytes(&[1; 16]).unwrap());
    let server: ServerPublicKey =
        "c3b3c6f32f0ab5a57f853cc4f30f5da7fda5624b0c77b3fb0829de562ada081d".parse().unwrap();
    let data = encode(&Content::text("hi").unwrap(), NOW);
    let fifteen = Blinded15Keypair::derive(alice.ed25519(), &server);
    let twenty_five = Blinded25Keypair::derive(alice.ed25519(), &server);
    let xed25519 = XEd25519Keypair::from_x25519(alice.x25519().secret_key());
    for (signature, author) in [
        (fifteen.sign(&data), PrefixedId::from(fifteen.id())),
        (twenty_five.sign(&data), twenty_five.id().into()),
        (xed25519.sign(&data, &mut system_rng()), alice.id().into()),
    ] {
        assert_eq!(verify(&data, &signature, author), open(&data), "{author:?}");
        let mut other = data.clone();
        other[0] ^= 1;
        let wrong = OpenError::Signature(VerifyError::Signature);
        assert_eq!(verify(&other, &signature, author), Err(wrong.clone()));
        let unpadded = padding::unpad(&data);
        assert_eq!(verify(unpadded, &signature, author), Err(wrong), "padding is signed");
    }
    let signature = alice.ed25519().sign(&data);
    assert_eq!(verify(&data, &signature, alice.unblinded_id()), Err(OpenError::Author));
}

#[test]
fn envelopes_are_read() {
    let padded = pad(&text());
    let signature = rotating().sign(&padded);
    let post = open(&in_envelope(padded, signature)).unwrap();
    assert_eq!(post.content(), text());
    assert_eq!(post.envelope().map(Envelope::claimed_timestamp), Some(NOW));
    assert_eq!(post.pro_signature(), Some(signature));
}

#[test]
fn the_source_of_an_envelope_is_ignored_here() {
    let source = [0x12, 5].into_iter().chain(*b"alice").collect::<Vec<_>>();
    let data = [b"\x08\x06".as_slice(), &source, b"\x28\x01\x42\x02\x78\x01"].concat();
    assert_eq!(open(&data).unwrap().content(), b"\x78\x01");
}

#[test]
fn only_whole_envelopes_are_envelopes() {
    // Content.8, a notice about saved media, has the number of the envelope's content.
    let notice = hex::decode("420408021005").unwrap();
    let post = open(&notice).unwrap();
    assert_eq!((post.envelope(), post.content()), (None, notice.as_slice()));
    // Without type, without time, without content.
    for part in ["280142020000", "080642020000", "08062801"] {
        let data = hex::decode(part).unwrap();
        assert!(!matches!(open(&data), Ok(post) if post.envelope().is_some()), "{part}");
    }
}

#[test]
fn other_bytes_are_refused() {
    for bytes in [b"\x0a\x05".as_slice(), b"\x78", b"\xff\xff"] {
        let error = open(bytes);
        assert!(matches!(error, Err(OpenError::Content(ContentError::Malformed(_)))), "{error:?}");
    }
    let unknown_type = hex::decode("0809280142020000").unwrap();
    let missing = EnvelopeError::Missing { field: "type" };
    assert_eq!(open(&unknown_type), Err(OpenError::Envelope(missing)));
}

#[test]
fn times_may_differ_by_six_hours() {
    let post = open(&text()).unwrap();
    let tolerance = 6 * 3600 * 1000;
    for millis in [NOW.as_millis() - tolerance, NOW.as_millis(), NOW.as_millis() + tolerance] {
        let posted = Timestamp::from_millis(millis);
        assert_eq!(post.to_content(posted).unwrap().body(), Some("hi"));
    }
    for millis in [NOW.as_millis() - tolerance - 1, NOW.as_millis() + tolerance + 1, 0] {
        let posted = Timestamp::from_millis(millis);
        let refused = RefusedError::Timestamp { signed: NOW, posted };
        assert_eq!(post.to_content(posted), Err(refused));
    }
    let untimed = open(b"\x0a\x04\x0a\x02hi").unwrap();
    assert_eq!(untimed.to_content(NOW).unwrap().body(), Some("hi"));
    let kindless = open(b"\x78\x01").unwrap();
    assert_eq!(kindless.to_content(NOW), Err(RefusedError::Content(ContentError::UnknownKind)));
}

#[test]
fn pro_signs_the_padded_content_without_the_signature() {
    let content = with_proof().encode(NOW);
    // A field behind the signature, one in front.
    let newer = [content.as_slice(), b"\xc2\x3e\x01x"].concat();
    for content in [content, newer] {
        let data = encode_with_pro(&content, &rotating()).unwrap();
        assert_eq!(data.len() % padding::BLOCK_LENGTH, 0);
        let post = open(&data).unwrap();
        assert_eq!(post.pro_signature(), Some(rotating().sign(&pad(&content))));
        assert_eq!(without_signature(post.content()), content);
        let numbers: Vec<_> = records(post.content()).map(|record| record.number).collect();
        assert!(numbers.is_sorted(), "{numbers:?}");
        let backend = backend().public_key();
        let verdict = post.pro(NOW, &backend).unwrap().unwrap();
        assert_eq!((verdict.status(), verdict.message().profile_features()), (Status::Valid, 1));
        let late = Timestamp::from_millis(NOW.as_millis() + 2_000);
        assert_eq!(post.pro(late, &backend).unwrap().unwrap().status(), Status::Expired);
        let other = rotating().public_key();
        let status = post.pro(NOW, &other).unwrap().unwrap().status();
        assert_eq!(status, Status::InvalidBackendSignature);
    }
}

#[test]
fn pro_in_an_envelope_signs_the_content_as_received() {
    let padded = pad(&with_proof().encode(NOW));
    let good = open(&in_envelope(padded.clone(), rotating().sign(&padded))).unwrap();
    let backend = backend().public_key();
    assert_eq!(good.pro(NOW, &backend).unwrap().unwrap().status(), Status::Valid);
    let forged = open(&in_envelope(padded.clone(), rotating().sign(b"else"))).unwrap();
    assert_eq!(forged.pro(NOW, &backend).unwrap().unwrap().status(), Status::InvalidUserSignature);
    let unsigned = open(&padded).unwrap();
    assert_eq!(unsigned.pro(NOW, &backend), Ok(None), "no signature, no claim");
    let plain = encode_with_pro(&text(), &rotating()).unwrap();
    assert_eq!(open(&plain).unwrap().pro(NOW, &backend), Ok(None), "no proof, no claim");
}

#[test]
fn one_pro_signature_is_enough() {
    let once = encode_with_pro(&text(), &rotating()).unwrap();
    let content = padding::unpad(&once).to_vec();
    assert_eq!(encode_with_pro(&content, &rotating()), Err(SignProError::Signed));
    assert!(matches!(encode_with_pro(b"\x08", &rotating()), Err(SignProError::Malformed(_))));
    let twice = in_envelope(once.clone(), rotating().sign(&once));
    assert_eq!(open(&twice), Err(OpenError::TwoSignatures));
    for found in [0, 63, 65] {
        let short = [text(), vec![0x8a, 0x01, found], vec![1; found.into()]].concat();
        let length = EnvelopeError::ProSignatureLength { found: found.into() };
        assert_eq!(open(&short), Err(OpenError::Envelope(length)));
    }
}

#[test]
fn errors_name_times() {
    let refused = RefusedError::Timestamp { signed: NOW, posted: Timestamp::from_millis(5) };
    assert_eq!(format!("{refused}"), "post of 5 ms was signed at 1700000000000 ms");
}
