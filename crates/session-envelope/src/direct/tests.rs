use alloc::{format, string::ToString as _};

use session_crypto::{ed25519::Ed25519Seed, encoding::hex, sealed_box, system_rng};
use session_identity::{AccountSeed, pro::RotatingKeypair};

use super::*;
use crate::{content::ContentError, received::TimeSource};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn account(seed: u8) -> Account {
    Account::from_seed(AccountSeed::from_bytes(&[seed; 16]).unwrap())
}

/// What account 1 stores for account 2, without the checks of [`seal`].
fn stored(content: &[u8]) -> Vec<u8> {
    let (alice, bob) = (account(1), account(2));
    let (padded, bob) = (padding::pad(content), bob.id().public_key());
    let sealed = signed_box::seal(&padded, alice.ed25519(), &bob, &mut system_rng()).unwrap();
    let signature = ProSignature::Decoy.over(&sealed, &mut system_rng());
    Envelope::new(EnvelopeKind::Direct, NOW, sealed, signature).to_web_socket()
}

fn text(sent_at: Timestamp) -> Vec<u8> {
    Content::text("hi").unwrap().encode(sent_at)
}

#[test]
fn a_message_arrives() {
    let received = decode(&stored(&text(NOW)), &account(2)).unwrap();
    assert_eq!(received.sender(), account(1).id());
    assert_eq!(received.sent_at(), NOW);
    assert_eq!(received.time_source(), TimeSource::Signed);
    assert_eq!(received.content().body(), Some("hi"));
}

#[test]
fn the_envelope_must_name_the_signed_time() {
    for signed in [NOW.as_millis() - 1, NOW.as_millis() + 1, 0].map(Timestamp::from_millis) {
        let error = decode(&stored(&text(signed)), &account(2));
        assert_eq!(
            error,
            Err(DecodeError::Refused(RefusedError::Timestamp { signed, claimed: NOW }))
        );
    }
}

#[test]
fn a_message_without_signed_time_is_marked() {
    let received = decode(&stored(&hex::decode("0a040a026869").unwrap()), &account(2)).unwrap();
    assert_eq!((received.sent_at(), received.time_source()), (NOW, TimeSource::Claimed));
}

#[test]
fn the_rules_of_contents_apply() {
    let error = decode(&stored(b"\x78\x01"), &account(2));
    assert_eq!(error, Err(DecodeError::Refused(RefusedError::Content(ContentError::UnknownKind))));
    let error = decode(&stored(b""), &account(2));
    assert_eq!(error, Err(DecodeError::Refused(RefusedError::Content(ContentError::UnknownKind))));
}

#[test]
fn nobody_takes_back_what_others_wrote() {
    use crate::content::{Kind, MessageReference, Unsend};
    for (author, theirs) in [(account(1).id(), true), (account(2).id(), false)] {
        let unsend = Unsend::new(MessageReference::new(author, NOW));
        let received =
            decode(&stored(&Content::new(Kind::Unsend(unsend)).encode(NOW)), &account(2));
        let foreign = DecodeError::Refused(RefusedError::ForeignUnsend { author: author.into() });
        assert_eq!(received.map(|_| ()), if theirs { Ok(()) } else { Err(foreign) });
    }
}

#[test]
fn the_fitting_key_of_several_opens() {
    let (stored, keys) = (stored(&text(NOW)), [account(3), account(2), account(1)]);
    let opened = open(&stored, keys.iter().map(Account::x25519)).unwrap();
    assert_eq!(opened.sender(), account(1).id());
    assert_eq!(opened.sender_key(), account(1).ed25519().public_key());
    assert_eq!(opened.content(), text(NOW));
    let error = open(&stored, keys[..1].iter().map(Account::x25519));
    assert_eq!(error, Err(OpenError::NoKeyFits { keys: 1 }));
    assert_eq!(open(&stored, []), Err(OpenError::NoKeyFits { keys: 0 }));
}

#[test]
fn what_is_sealed_must_be_signed() {
    let bob = account(2);
    let noise = sealed_box::seal(&bob.x25519().public_key(), &[7; 200], &mut system_rng()).unwrap();
    let signature = ProSignature::Decoy.over(&noise, &mut system_rng());
    let stored = Envelope::new(EnvelopeKind::Direct, NOW, noise, signature).to_web_socket();
    let error = open(&stored, [account(3).x25519(), bob.x25519()]);
    assert_eq!(error, Err(OpenError::Box(signed_box::OpenError::Signature)));
}

#[test]
fn the_next_generation_is_told_apart() {
    assert_eq!(open(&[0, 2, 0], [account(2).x25519()]), Err(OpenError::NextGeneration));
    let missing = EnvelopeError::Missing { field: "request" };
    assert_eq!(open(&[], [account(2).x25519()]), Err(OpenError::Envelope(missing)));
}

#[test]
fn nothing_longer_than_a_swarm_stores() {
    let (alice, bob) = (account(1), account(2));
    let seal = |length| {
        let content = alloc::vec![1; length];
        seal(&content, alice.ed25519(), &bob.id(), NOW, ProSignature::Decoy, &mut system_rng())
    };
    // 76 478 bytes are the most that fit (02 §3.1).
    let longest = seal(76_478).unwrap();
    assert!(longest.len() <= MAX_LENGTH);
    assert_eq!(open(&longest, [bob.x25519()]).unwrap().content().len(), 76_478);
    let Err(SealError::TooLong { found }) = seal(76_479) else { panic!("sealed") };
    assert!(found > MAX_LENGTH);
    let found = MAX_LENGTH + 1;
    assert_eq!(open(&alloc::vec![8; found], [bob.x25519()]), Err(OpenError::TooLong { found }));
}

#[test]
fn arguments_that_cannot_be_sent_are_refused() {
    let alice = account(1);
    let seal = |recipient, sent_at| {
        seal(b"", alice.ed25519(), &recipient, sent_at, ProSignature::Decoy, &mut system_rng())
    };
    let zero = Timestamp::from_millis(0);
    assert_eq!(seal(alice.id(), zero), Err(SealError::ZeroTimestamp));
    let nine_plus_p = "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
    for (key, error) in [
        ("00".repeat(32), X25519KeyError::SmallOrder),
        (format!("02{}", "00".repeat(31)), X25519KeyError::OnTwist),
        (format!("09{}80", "00".repeat(30)), X25519KeyError::NonCanonical),
        (nine_plus_p.into(), X25519KeyError::NonCanonical),
    ] {
        let nobody = AccountId::from_public_key(key.parse().unwrap());
        assert_eq!(seal(nobody, NOW), Err(SealError::Recipient(error)), "{key}");
        let content = Content::text("hi").unwrap();
        let encoded = encode(&content, &alice, &nobody, NOW, &mut system_rng());
        assert_eq!(encoded, Err(SealError::Recipient(error)), "{key}");
    }
}

#[test]
fn what_is_sent_names_the_time_of_sending() {
    let (alice, bob) = (account(1), account(2));
    let seal = |content: &[u8]| {
        seal(content, alice.ed25519(), &bob.id(), NOW, ProSignature::Decoy, &mut system_rng())
    };
    for inside in [NOW.as_millis() - 1, NOW.as_millis() + 1, 0].map(Timestamp::from_millis) {
        let error = SealError::Timestamp { inside, sent_at: NOW };
        assert_eq!(seal(&text(inside)), Err(error));
    }
    let stored = seal(&text(NOW)).unwrap();
    assert_eq!(decode(&stored, &bob).unwrap().time_source(), TimeSource::Signed);
    // Without a time, as old clients send, and what is no content at all.
    for content in ["0a040a026869", "ff"] {
        let content = hex::decode(content).unwrap();
        let opened = open(&seal(&content).unwrap(), [bob.x25519()]).unwrap();
        assert_eq!(opened.content(), content);
    }
}

#[test]
fn every_envelope_has_a_pro_signature() {
    let rotating = RotatingKeypair::from_seed(Ed25519Seed::from_bytes([9; 32]));
    let (alice, bob) = (account(1), account(2));
    let pro = ProSignature::By(&rotating);
    let pro = seal(&text(NOW), alice.ed25519(), &bob.id(), NOW, pro, &mut system_rng()).unwrap();
    assert_eq!(pro.len(), stored(&text(NOW)).len());
    for (stored, by_rotating) in [(pro, true), (stored(&text(NOW)), false)] {
        let opened = open(&stored, [bob.x25519()]).unwrap();
        let (content, signature) = (opened.envelope().content(), opened.envelope().pro_signature());
        let verified = rotating.public_key().verify(content, &signature.unwrap()).is_ok();
        assert_eq!(verified, by_rotating);
    }
}

#[test]
fn errors_say_what_is_wrong_and_nothing_else() {
    let error = decode(&stored(&text(NOW)), &account(3)).unwrap_err();
    assert_eq!(error.to_string(), "none of 1 keys opens the message");
    let later = Timestamp::from_millis(5);
    let error = decode(&stored(&text(later)), &account(2)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "envelope claims 1700000000000 ms, the content was signed at 5 ms"
    );
}
