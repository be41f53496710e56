//! Laws that hold for every text, time, key and stored message.
#![allow(
    clippy::unwrap_used,
    reason = "clippy knows `#[test]` functions, not the strategies beside them"
)]

use proptest::prelude::*;
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed, Ed25519Signature},
    rand_core::{TryCryptoRng, TryRng},
    x25519::X25519Keypair,
};
use session_envelope::{
    content::Content,
    direct::{self, DecodeError, SealError},
    envelope::{Envelope, EnvelopeKind, ProSignature},
    padding::{BLOCK_LENGTH, pad, padded_length, unpad},
    received::{RefusedError, TimeSource},
    signed_box,
};
use session_identity::{Account, AccountSeed, Timestamp};

/// Generator whose bytes follow from the case, so that a failure can be repeated.
struct Seeded(u64);

impl TryRng for Seeded {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for byte in out {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = self.0.to_be_bytes()[0];
        }
        Ok(())
    }
}

// For tests only.
impl TryCryptoRng for Seeded {}

fn account() -> impl Strategy<Value = Account> {
    any::<[u8; 16]>().prop_map(|seed| Account::from_seed(AccountSeed::from_bytes(&seed).unwrap()))
}

fn body() -> impl Strategy<Value = String> {
    proptest::string::string_regex("(?s).{1,300}")
        .unwrap()
        .prop_filter("blank", |body| !body.trim().is_empty())
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(
        (alice, bob) in (account(), account()),
        body in body(),
        millis in 1..=u64::MAX,
        seed: u64,
    ) {
        let sent_at = Timestamp::from_millis(millis);
        let content = Content::text(body).unwrap();
        let stored = direct::encode(&content, &alice, &bob.id(), sent_at, &mut Seeded(seed)).unwrap();
        let received = direct::decode(&stored, &bob).unwrap();
        prop_assert_eq!(received.sender(), alice.id());
        prop_assert_eq!(received.sent_at(), sent_at);
        prop_assert_eq!(received.time_source(), TimeSource::Signed);
        prop_assert_eq!(received.content(), &content);
        let again = direct::encode(&content, &alice, &bob.id(), sent_at, &mut Seeded(seed)).unwrap();
        prop_assert_eq!(stored, again, "same inputs, same bytes");
    }

    /// Whoever stores a message can change nothing of it: it is refused or delivered as it was signed.
    #[test]
    fn altered_messages_fail_or_mean_the_same(
        (alice, bob) in (account(), account()),
        position: prop::sample::Index,
        flip in 1..=u8::MAX,
        seed: u64,
    ) {
        let sent_at = Timestamp::from_millis(1_700_000_000_000);
        let content = Content::text("hello").unwrap();
        let stored = direct::encode(&content, &alice, &bob.id(), sent_at, &mut Seeded(seed)).unwrap();
        let mut altered = stored.clone();
        altered[position.index(stored.len())] ^= flip;
        if let Ok(received) = direct::decode(&altered, &bob) {
            prop_assert_eq!(received, direct::decode(&stored, &bob).unwrap());
        }
    }

    #[test]
    fn the_time_in_the_envelope_must_be_the_signed_one(
        (alice, bob) in (account(), account()),
        (signed, claimed) in (1..=u64::MAX, 1..=u64::MAX),
        seed: u64,
    ) {
        prop_assume!(signed != claimed);
        let [signed, claimed] = [signed, claimed].map(Timestamp::from_millis);
        let bytes = Content::text("hello").unwrap().encode(signed);
        let rng = &mut Seeded(seed);
        let (from, to) = (alice.ed25519(), bob.id());
        let refused = direct::seal(&bytes, from, &to, claimed, ProSignature::Decoy, rng);
        prop_assert_eq!(refused, Err(SealError::Timestamp { inside: signed, sent_at: claimed }));

        let sealed = signed_box::seal(&pad(&bytes), from, &to.public_key(), rng).unwrap();
        let decoy = Ed25519Signature::decoy(rng);
        let stored = Envelope::new(EnvelopeKind::Direct, claimed, sealed, decoy).to_web_socket();
        let error = direct::decode(&stored, &bob);
        prop_assert_eq!(error, Err(DecodeError::Refused(RefusedError::Timestamp { signed, claimed })));
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes: Vec<u8>, bob in account()) {
        prop_assert!(direct::decode(&bytes, &bob).is_err());
    }

    #[test]
    fn padding_hides_and_returns(message: Vec<u8>) {
        let padded = pad(&message);
        prop_assert_eq!(unpad(&padded), &message);
        prop_assert_eq!(unpad(&padded[..padded.len() - 1]), &message, "legacy length");
        prop_assert_eq!(padded.len(), padded_length(message.len()));
        prop_assert_eq!(padded.len() % BLOCK_LENGTH, 0);
        let shorter = padded.len() - BLOCK_LENGTH;
        prop_assert!(message.len() + 2 <= padded.len() && message.len() + 2 > shorter);
    }

    /// A slow and obvious version: strip zeros, then one mark.
    #[test]
    fn unpadding_agrees_with_the_obvious_version(
        bytes in prop::collection::vec(prop::sample::select(vec![0, 0x80, 1]), 0..12),
    ) {
        let mut obvious = bytes.clone();
        while obvious.last() == Some(&0) {
            obvious.pop();
        }
        let expected = match obvious.pop() {
            None => vec![],
            Some(0x80) => obvious,
            Some(_) => bytes.clone(),
        };
        prop_assert_eq!(unpad(&bytes), expected);
    }

    #[test]
    fn boxes_open_for_their_recipient_only(
        message: Vec<u8>,
        seeds in prop::array::uniform3(any::<[u8; 32]>()),
        seed: u64,
    ) {
        let [alice, bob, eve] =
            seeds.map(|seed| Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(seed)));
        let [bob, eve]: [X25519Keypair; 2] = [bob.to_x25519(), eve.to_x25519()];
        prop_assume!(bob != eve);
        let key = bob.public_key();
        for sealed in [
            signed_box::seal(&message, &alice, &key, &mut Seeded(seed)).unwrap(),
            signed_box::seal_deterministic(&message, &alice, &key).unwrap(),
        ] {
            prop_assert_eq!(sealed.len(), message.len() + signed_box::OVERHEAD);
            let opened = signed_box::open(&sealed, &bob).unwrap();
            prop_assert_eq!(opened.message(), &message);
            prop_assert_eq!(opened.sender_key(), alice.public_key());
            prop_assert_eq!(signed_box::open(&sealed, &eve), Err(signed_box::OpenError::Unauthentic));
        }
    }
}
