use session_crypto::{ed25519::Ed25519Seed, system_rng};
use session_identity::{AccountSeed, pro::RotatingKeypair};

use super::*;
use crate::{content::ContentError, received::TimeSource};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn account(seed: u8) -> Account {
    Account::from_seed(AccountSeed::from_bytes(&[seed; 16]).unwrap())
}

fn group() -> GroupId {
    "03c853ad0f0cd2b619aea92ceec4fd56a24d6499d584ce79257e45cfd8139b60a7".parse().unwrap()
}

fn key() -> GroupKey {
    GroupKey::from_bytes([0x55; 32])
}

fn stored(content: &[u8]) -> Vec<u8> {
    let mut rng = system_rng();
    let envelope = envelope(content, NOW, ProSignature::Decoy, &mut rng).unwrap();
    seal(&envelope, account(1).ed25519(), &group(), &key(), &mut rng).unwrap()
}

#[test]
fn a_message_arrives() {
    let content = Content::text("hi").unwrap();
    let received = decode(&stored(&content.encode(NOW)), &group(), &[key()]).unwrap();
    assert_eq!(received.sender(), account(1).id());
    assert_eq!((received.sent_at(), received.time_source()), (NOW, TimeSource::Signed));
    assert_eq!(received.content(), &content);
}

#[test]
fn the_content_is_plain_in_its_envelope_and_signed_by_pro() {
    let rotating = RotatingKeypair::from_seed(Ed25519Seed::from_bytes([9; 32]));
    let envelope =
        envelope(b"content", NOW, ProSignature::By(&rotating), &mut system_rng()).unwrap();
    assert_eq!(envelope.claimed_kind(), EnvelopeKind::Group);
    assert_eq!(envelope.content(), b"content");
    let signature = envelope.pro_signature().unwrap();
    assert_eq!(rotating.public_key().verify(b"content", &signature), Ok(()));
    let stored =
        seal(&envelope, account(1).ed25519(), &group(), &key(), &mut system_rng()).unwrap();
    let opened = open(&stored, &group(), &[key()]).unwrap();
    assert_eq!(opened.envelope(), &envelope);
    assert_eq!(opened.sender_key(), account(1).ed25519().public_key());
    assert_eq!((opened.key_index(), opened.content()), (0, b"content".as_slice()));
}

#[test]
fn refusals_are_those_of_every_receiver() {
    let later = Timestamp::from_millis(NOW.as_millis() + 1);
    let text = Content::text("hi").unwrap().encode(later);
    let mismatch = RefusedError::Timestamp { signed: later, claimed: NOW };
    let error = decode(&stored(&text), &group(), &[key()]);
    assert_eq!(error, Err(DecodeError::Refused(mismatch)));
    let error = decode(&stored(b""), &group(), &[key()]);
    let unknown = RefusedError::Content(ContentError::UnknownKind);
    assert_eq!(error, Err(DecodeError::Refused(unknown)));
}

#[test]
fn what_is_signed_must_be_an_envelope() {
    let framed = |plaintext: &[u8]| {
        framing::seal(plaintext, account(1).ed25519(), &group(), &key(), &mut system_rng()).unwrap()
    };
    let error = open(&framed(b"\x08\x07\x28\x01"), &group(), &[key()]);
    let missing = EnvelopeError::Missing { field: "content" };
    assert_eq!(error, Err(OpenError::Envelope(missing)));
    let error = open(&framed(b"\x08"), &group(), &[key()]);
    assert!(matches!(error, Err(OpenError::Envelope(EnvelopeError::Malformed(_)))));
}

#[test]
fn limits_are_those_of_the_swarm() {
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    let content: Vec<u8> = core::iter::repeat_with(&mut noise).take(77_000).collect();
    let mut rng = system_rng();
    let envelope_of =
        |content: &[u8]| envelope(content, NOW, ProSignature::Decoy, &mut system_rng());
    let envelope = envelope_of(&content).unwrap();
    let error = seal(&envelope, account(1).ed25519(), &group(), &key(), &mut rng);
    assert!(matches!(error, Err(SealError::TooLong { found }) if found > MAX_LENGTH), "{error:?}");
    let found = MAX_LENGTH + 1;
    let error = open(&alloc::vec![0; found], &group(), &[key()]);
    assert_eq!(error, Err(OpenError::TooLong { found }));
    let longest = open(&alloc::vec![0; MAX_LENGTH], &group(), &[key()]);
    assert!(matches!(longest, Err(OpenError::Frame(_))), "{longest:?}");
    let zero = Timestamp::from_millis(0);
    let error = super::envelope(b"", zero, ProSignature::Decoy, &mut rng);
    assert_eq!(error, Err(SealError::ZeroTimestamp));
}
