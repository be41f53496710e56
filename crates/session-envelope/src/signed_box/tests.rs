use alloc::format;

use curve25519_dalek::{EdwardsPoint, Scalar, constants::EIGHT_TORSION};
use session_crypto::{ed25519::Ed25519Seed, encoding::hex, x25519::X25519SecretKey};
use sha2::{Digest as _, Sha512};

use super::*;

/// Seeds of 02 §1.
fn pairs() -> [Ed25519Keypair; 2] {
    [
        "0123456789abcdef0123456789abcdef00000000000000000000000000000000",
        "00112233445566778899aabbccddeeff00000000000000000000000000000000",
    ]
    .map(|seed| {
        Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(hex::decode_array(seed).unwrap()))
    })
}

const BOX: &str = "208f96785db92319bc7a14afecc01e17bde912d17bbb32834c03ea63b1862c2a1b730e0725ef75b2\
    f1a276db584c59a0ed9b5497bcb9f4effa893b5cb8b04dbe7a6ab457ebf972f03b006dd4572980a725399616d40184b8\
    6aa3b7b218bdc6dd7c1adccda8ef4897f0f458492240b39079c27a6c791067ab26a03067a7602b50f0434639906f93e5\
    48f909d5286edde365ebddc146";

fn hello() -> (Vec<u8>, X25519Keypair) {
    let [one, two] = pairs();
    let two = two.to_x25519();
    (seal_deterministic(b"hello", &one, &two.public_key()).unwrap(), two)
}

/// A sealed box of any inner value, for a recipient.
fn sealed(inner: &[u8], recipient: &X25519Keypair) -> Vec<u8> {
    let seed = OneTimeSeed::from_bytes([9; 32]);
    sealed_box::seal_deterministic(&recipient.public_key(), inner, seed).unwrap()
}

#[test]
fn the_signature_is_that_of_the_specification() {
    let [one, two] = pairs();
    let inner = sign(b"hello", &one, &two.to_x25519().public_key());
    assert_eq!(
        hex::encode(&inner),
        "68656c6c6f4cb76fdc6d32278e3f83dbf608360ecc6b65727934b85d2fb86862ff98c46ab7\
         636421cbdb1c0754612c57d210d7bd1daf2be3205f732bcf9130c47d35b2e5cd\
         f3794b39f3d388358c6334153d33e580fcddfe70154108effe82d7db52ad4902"
    );
}

#[test]
fn the_deterministic_box_is_that_of_the_specification() {
    let (sealed, two) = hello();
    assert_eq!(hex::encode(&sealed), BOX);
    let opened = open(&sealed, &two).unwrap();
    assert_eq!(opened.message(), b"hello");
    let [one, _] = pairs();
    assert_eq!(opened.sender_key(), one.public_key());
    assert_eq!(opened.sender().public_key(), one.to_x25519().public_key());
}

#[test]
fn another_key_does_not_open() {
    let [one, _] = pairs();
    assert_eq!(open(&hello().0, &one.to_x25519()), Err(OpenError::Unauthentic));
}

#[test]
fn every_bit_and_every_length_counts() {
    let (sealed, two) = hello();
    for bit in 0..sealed.len() * 8 {
        let mut altered = sealed.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open(&altered, &two), Err(OpenError::Unauthentic), "bit {bit}");
    }
    for found in 0..OVERHEAD {
        assert_eq!(open(&sealed[..found], &two), Err(OpenError::TooShort { found }));
    }
    for length in OVERHEAD..sealed.len() {
        assert_eq!(open(&sealed[..length], &two), Err(OpenError::Unauthentic), "{length}");
    }
    let longer = [sealed.as_slice(), &[0]].concat();
    assert_eq!(open(&longer, &two), Err(OpenError::Unauthentic));
}

#[test]
fn an_empty_message_is_a_message() {
    let [one, two] = pairs();
    let two = two.to_x25519();
    let sealed = seal_deterministic(b"", &one, &two.public_key()).unwrap();
    assert_eq!(sealed.len(), OVERHEAD);
    assert_eq!(open(&sealed, &two).unwrap().message(), b"");
}

#[test]
fn a_box_cannot_be_passed_on() {
    let [one, two] = pairs();
    let three = X25519Keypair::from_secret_key(X25519SecretKey::from_bytes([3; 32]));
    let inner = sign(b"hello", &one, &two.to_x25519().public_key());
    assert_eq!(open(&sealed(&inner, &three), &three), Err(OpenError::Signature));
    assert!(open(&sealed(&inner, &two.to_x25519()), &two.to_x25519()).is_ok());
}

#[test]
fn every_signed_byte_counts() {
    let [one, two] = pairs();
    let two = two.to_x25519();
    let inner = sign(b"hello", &one, &two.public_key());
    for byte in 0..inner.len() {
        let mut altered = inner.clone();
        altered[byte] ^= 1;
        assert_eq!(open(&sealed(&altered, &two), &two), Err(OpenError::Signature), "byte {byte}");
    }
}

/// A key with a component of order 8 verifies signatures whose hash is a multiple of 8, and has no Account ID.
#[test]
fn a_signer_outside_the_main_subgroup_is_no_account() {
    let two = pairs()[1].to_x25519();
    let secret = Scalar::from(7_u8);
    let key = (EdwardsPoint::mul_base(&secret) + EIGHT_TORSION[1]).compress();
    let with_key = [b"hello".as_slice(), key.as_bytes()].concat();
    let signed = [with_key.as_slice(), two.public_key().as_bytes()].concat();
    let (point, s) = (1_u64..)
        .find_map(|nonce| {
            let nonce = Scalar::from(nonce);
            let point = EdwardsPoint::mul_base(&nonce).compress();
            let hash =
                Sha512::digest([point.as_bytes(), key.as_bytes(), signed.as_slice()].concat());
            let hash = Scalar::from_bytes_mod_order_wide(&hash.into());
            hash.as_bytes()[0].is_multiple_of(8).then_some((point, nonce + hash * secret))
        })
        .unwrap();
    let inner = [with_key.as_slice(), point.as_bytes(), s.as_bytes()].concat();
    assert_eq!(open(&sealed(&inner, &two), &two), Err(OpenError::SenderKey));
}

#[test]
fn recipients_have_two_spellings() {
    let [_, two] = pairs();
    let key = two.to_x25519().public_key();
    let id = [[5].as_slice(), key.as_bytes()].concat();
    assert_eq!(recipient_key(key.as_bytes()), Ok(key));
    assert_eq!(recipient_key(&id), Ok(key));
    for prefix in [0, 3, 0x15, 0x25] {
        let other = [[prefix].as_slice(), key.as_bytes()].concat();
        assert_eq!(recipient_key(&other), Err(RecipientError { found: 33 }), "{prefix:02x}");
    }
    for found in [0, 1, 31, 34, 64] {
        let bytes = alloc::vec![5; found];
        assert_eq!(recipient_key(&bytes), Err(RecipientError { found }));
    }
    assert_eq!(recipient_key(&[5; 32]), Ok(X25519PublicKey::from_bytes([5; 32])));
}

#[test]
fn nothing_is_sealed_to_a_key_of_small_order() {
    let [one, _] = pairs();
    let zero = X25519PublicKey::from_bytes([0; 32]);
    let error: NonContributory = seal_deterministic(b"hello", &one, &zero).unwrap_err();
    assert_eq!(format!("{error}"), "key agreement with a key of small order");
}

#[test]
fn the_message_does_not_print() {
    let (sealed, two) = hello();
    let opened = open(&sealed, &two).unwrap();
    let sender = format!("{:?}", opened.sender());
    assert_eq!(format!("{opened:?}"), format!("Opened {{ sender: {sender}, length: 5, .. }}"));
}
