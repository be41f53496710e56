//! Batches answer as single messages do, whatever is among them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is a failed test")]

use curve25519_dalek::{constants::EIGHT_TORSION, edwards::EdwardsPoint, scalar::Scalar};
use proptest::prelude::*;
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Signature},
    sealed_box, system_rng,
    x25519::X25519Keypair,
};
use session_envelope::{
    content::Content,
    direct,
    envelope::{Envelope, EnvelopeKind},
    message::{self, Source},
    padding, signed_box,
};
use session_identity::{Account, AccountSeed, Timestamp, pro::BACKEND_PUBLIC_KEY};
use sha2::{Digest as _, Sha512};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn account(seed: u8) -> Account {
    Account::from_seed(AccountSeed::from_bytes(&[seed; 16]).unwrap())
}

fn padded(text: u8) -> Vec<u8> {
    padding::pad(&Content::text(char::from(b'a' + text % 26).to_string()).unwrap().encode(NOW))
}

/// Message, key and signature, sealed to account 0 in an envelope.
fn stored(inner: &[u8]) -> Vec<u8> {
    let sealed =
        sealed_box::seal(&account(0).x25519().public_key(), inner, &mut system_rng()).unwrap();
    let signature = Ed25519Signature::decoy(&mut system_rng());
    Envelope::new(EnvelopeKind::Direct, NOW, sealed, signature).to_web_socket()
}

fn honest(sender: u8) -> Vec<u8> {
    let recipient = account(0).x25519().public_key();
    stored(&signed_box::sign(&padded(sender), account(sender).ed25519(), &recipient))
}

/// Signed by somebody who moves key and R by points of small order.
fn moved(secret: u64, key_by: usize, r_by: usize) -> Vec<u8> {
    let (secret, nonce) = (Scalar::from(secret) + Scalar::ONE, Scalar::from(!secret));
    let key = (EdwardsPoint::mul_base(&secret) + EIGHT_TORSION[key_by]).compress().0;
    let r = (EdwardsPoint::mul_base(&nonce) + EIGHT_TORSION[r_by]).compress().0;
    let message = padded(1);
    let recipient = account(0).x25519().public_key().to_bytes();
    let signed = [message.as_slice(), &key, &recipient].concat();
    let k = Scalar::from_hash(Sha512::new().chain_update(r).chain_update(key).chain_update(signed));
    stored(&[message.as_slice(), &key, &r, &(nonce + k * secret).to_bytes()].concat())
}

fn any_message() -> impl Strategy<Value = Vec<u8>> {
    let altered =
        (1..4_u8, any::<prop::sample::Index>(), 1..=255_u8).prop_map(|(sender, at, by)| {
            let mut stored = honest(sender);
            let at = at.index(stored.len());
            stored[at] ^= by;
            stored
        });
    let forged = (1..4_u8, 0..96_usize, 1..=255_u8).prop_map(|(sender, at, by)| {
        let recipient = account(0).x25519().public_key();
        let mut inner = signed_box::sign(&padded(sender), account(sender).ed25519(), &recipient);
        let start = inner.len() - 96;
        inner[start + at] ^= by;
        stored(&inner)
    });
    let for_another = (1..4_u8).prop_map(|sender| {
        let (content, sender) = (Content::text("a").unwrap(), account(sender));
        direct::encode(&content, &sender, &account(9).id(), NOW, &mut system_rng()).unwrap()
    });
    // Signed for somebody else, and sealed again by him.
    let passed_on = (1..4_u8).prop_map(|sender| {
        let another = account(9).x25519().public_key();
        stored(&signed_box::sign(&padded(1), account(sender).ed25519(), &another))
    });
    let moved = (any::<u64>(), 0..8_usize, 0..8_usize)
        .prop_map(|(secret, key_by, r_by)| moved(secret, key_by, r_by));
    let small = (0..8_usize, 0..8_usize).prop_map(|(key, r)| {
        let [key, r] = [key, r].map(|index| EIGHT_TORSION[index].compress().0);
        stored(&[padded(1).as_slice(), &key, &r, &[0; 32]].concat())
    });
    let no_content = (1..4_u8).prop_map(|sender| {
        let recipient = account(0).x25519().public_key();
        stored(&signed_box::sign(b"\x78\x01", account(sender).ed25519(), &recipient))
    });
    let noise = prop::collection::vec(any::<u8>(), 0..200);
    prop_oneof![
        6 => (1..4_u8).prop_map(honest),
        1 => altered,
        1 => forged,
        1 => for_another,
        1 => passed_on,
        2 => moved,
        1 => small,
        1 => no_content,
        1 => noise,
        1 => Just(vec![0; 77_000]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_batch_is_the_single_messages(stored in prop::collection::vec(any_message(), 0..12)) {
        let reader = account(0);
        let other = X25519Keypair::generate(&mut system_rng());
        let keys = [&other, reader.x25519()];
        let opened: Vec<_> = stored.iter().map(|one| direct::open(one, keys)).collect();
        prop_assert_eq!(direct::open_batch(&stored, &keys), opened);
        let received: Vec<_> = stored.iter().map(|one| direct::decode(one, &reader)).collect();
        prop_assert_eq!(direct::decode_batch(&stored, &reader), received);
        let decode = |one| message::decode(one, &reader, Source::Account, &BACKEND_PUBLIC_KEY);
        let messages: Vec<_> = stored.iter().map(|one| decode(one.as_slice())).collect();
        let batch = message::decode_batch(&stored, &reader, Source::Account, &BACKEND_PUBLIC_KEY);
        prop_assert_eq!(&batch, &messages);
        #[cfg(feature = "rayon")]
        prop_assert_eq!(
            message::decode_batch_parallel(&stored, &reader, Source::Account, &BACKEND_PUBLIC_KEY),
            messages
        );
        let boxes: Vec<_> = stored
            .iter()
            .filter_map(|one| Some(Envelope::from_web_socket(one).ok()?.content().to_vec()))
            .collect();
        let opened: Vec<_> =
            boxes.iter().map(|sealed| signed_box::open(sealed, reader.x25519())).collect();
        prop_assert_eq!(signed_box::open_batch(&boxes, reader.x25519()), opened);
    }
}

/// The generators above reach every answer: accepted mixed-order signatures as well as refused ones.
#[test]
fn mixed_orders_are_accepted_and_refused() {
    let mut accepted = 0;
    let orders = [(0, 0), (0, 4), (4, 0), (4, 4)].into_iter().cycle();
    let stored: Vec<_> = (0..64).zip(orders).map(|(i, (key, r))| moved(i, key, r)).collect();
    let singles = stored.iter().map(|one| direct::open(one, [account(0).x25519()]));
    for (single, batch) in singles.zip(direct::open_batch(&stored, &[account(0).x25519()])) {
        assert_eq!(single, batch);
        accepted += usize::from(single.is_ok());
    }
    assert!((17..48).contains(&accepted), "{accepted}");
}

#[test]
fn one_forgery_in_a_thousand_spoils_no_other() {
    let keypair = Ed25519Keypair::generate(&mut system_rng());
    let recipient = X25519Keypair::generate(&mut system_rng());
    let mut boxes: Vec<_> = (0..1000_u16)
        .map(|i| {
            let message = i.to_le_bytes();
            signed_box::seal(&message, &keypair, &recipient.public_key(), &mut system_rng())
                .unwrap()
        })
        .collect();
    let mut inner = signed_box::sign(b"forged", &keypair, &recipient.public_key());
    inner[0] ^= 1;
    boxes[617] = sealed_box::seal(&recipient.public_key(), &inner, &mut system_rng()).unwrap();
    for (i, opened) in (0_u16..).zip(signed_box::open_batch(&boxes, &recipient)) {
        if i == 617 {
            assert_eq!(opened, Err(signed_box::OpenError::Signature));
        } else {
            let opened = opened.unwrap();
            assert_eq!(opened.message(), i.to_le_bytes());
            assert_eq!(opened.sender_key(), keypair.public_key());
        }
    }
}
