use alloc::format;

use super::*;
use crate::{
    ed25519::{Ed25519KeyError, Ed25519Keypair, Ed25519Seed},
    encoding::hex,
    test_rng::Counting,
};

/// K1 (positive) and K2 (negative) of 01 §6.4: seed, X25519 secret, X25519 public, signature of "hello world".
const VECTORS: [[&str; 4]; 2] = [
    [
        "fecd9a6034bc9aba273925dee7062b123334587c3c6257341afae2d7fe85e122",
        "4822f946640899cf26284b7f335cb72744118789e02de3c7f469db1b6d890755",
        "fe94b7ad4b7f1cc1bb92671f1f0d243f226e115b33770465e82b503fc3e96e1f",
        "1381c0d00ffcce13bc7e1f4a34b507926da9dbae82bc24b8bf65ca7c1620d780\
         bd3cae9b7ee175b80b8372c9ee836b076174157098b9ab4613b5fab4a8f77509",
    ],
    [
        "8659efdcbe0949e0f81141e6d397e8be75f45d09262f209d5950e97989eb43c7",
        "106ff5c90a27776cf574466f9f093b2d8e5fa8f6c8629f1e8ad34dc6d4af185c",
        "05c9a9bf178fa644d44bebf628716dc7f2df3d0842e97881962c723699152073",
        "4e98aa9e9eb3a86022df99c5b0f6ef858e35d755fd8c087609f33e2286e12388\
         2988cde23f8e1dc7f56dcddda55e8a4a0540049f9d89e888655e28596148c001",
    ],
];

fn ed25519(seed: &str) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(hex::decode_array(seed).unwrap()))
}

fn secret(hex: &str) -> X25519SecretKey {
    X25519SecretKey::from_bytes(hex::decode_array(hex).unwrap())
}

#[test]
fn signatures_equal_the_vectors() {
    for [seed, x25519, public, signature] in VECTORS {
        let x25519 = secret(x25519);
        assert_eq!(*ed25519(seed).to_x25519().secret_key(), x25519, "{seed}");
        let keypair = XEd25519Keypair::from_x25519(&x25519);
        let made = keypair.sign(b"hello world", &mut Counting(0));
        assert_eq!(hex::encode(made.as_bytes()), signature, "{seed}");
        assert_eq!(verify(&public.parse().unwrap(), b"hello world", &made), Ok(()), "{seed}");
        assert_eq!(keypair.public_key(), x25519.public_key().to_ed25519(), "{seed}");
    }
}

#[test]
fn a_negative_key_verifies_under_its_positive_form_only() {
    let [seed, x25519, _, _] = VECTORS[1];
    let signature = XEd25519Keypair::from_x25519(&secret(x25519)).sign(b"m", &mut Counting(9));
    let negative = ed25519(seed).public_key();
    assert!(negative.is_negative());
    assert_eq!(negative.verify(b"m", &signature), Err(VerifyError::Signature));
    assert_eq!(negative.absolute().verify(b"m", &signature), Ok(()));
}

#[test]
fn a_plain_signature_of_a_negative_key_is_refused() {
    let [seed, _, public, _] = VECTORS[1];
    let signature = ed25519(seed).sign(b"m");
    let result = verify(&public.parse().unwrap(), b"m", &signature);
    assert_eq!(result, Err(VerifyError::Signature));
}

#[test]
fn unclamped_keys_sign_for_their_public_key() {
    for byte in [0, 1, 7, 0x80, 0xff] {
        let secret = X25519SecretKey::from_bytes([byte; 32]);
        let signature = XEd25519Keypair::from_x25519(&secret).sign(b"m", &mut Counting(0));
        assert_eq!(verify(&secret.public_key(), b"m", &signature), Ok(()), "{byte:02x}");
    }
}

#[test]
fn message_and_randomness_both_reach_the_nonce() {
    let keypair = XEd25519Keypair::from_x25519(&secret(VECTORS[0][1]));
    let r = |message: &[u8], z| keypair.sign(message, &mut Counting(z)).to_bytes()[..32].to_vec();
    assert_ne!(r(b"m", 0), r(b"m", 1));
    assert_ne!(r(b"m", 0), r(b"n", 0));
    // Nor is it the nonce of the plain key, by which the two together would reveal the scalar.
    let plain = ed25519(VECTORS[0][0]).sign(b"m").to_bytes();
    assert_ne!(r(b"m", 0), plain[..32]);
}

#[test]
fn keys_without_an_ed25519_form_verify_nothing() {
    let signature =
        XEd25519Keypair::from_x25519(&secret(VECTORS[0][1])).sign(b"m", &mut Counting(0));
    for (u, reason) in [
        (0, Ed25519KeyError::SmallOrder),
        (1, Ed25519KeyError::SmallOrder),
        (2, Ed25519KeyError::NotOnCurve),
    ] {
        let mut bytes = [0; 32];
        bytes[0] = u;
        let result = verify(&X25519PublicKey::from_bytes(bytes), b"m", &signature);
        assert_eq!(result, Err(VerifyError::Key(reason)), "u = {u}");
    }
}

#[test]
fn every_bit_of_a_signature_counts() {
    let [_, x25519, public, _] = VECTORS[0];
    let signature = XEd25519Keypair::from_x25519(&secret(x25519)).sign(b"m", &mut Counting(0));
    for bit in 0..512 {
        let mut bytes = signature.to_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let altered = Ed25519Signature::from_bytes(bytes);
        let result = verify(&public.parse().unwrap(), b"m", &altered);
        assert_eq!(result, Err(VerifyError::Signature), "bit {bit}");
    }
}

#[test]
fn debug_shows_the_public_half_only() {
    let keypair = XEd25519Keypair::from_x25519(&secret(VECTORS[0][1]));
    assert_eq!(format!("{keypair:?}"), format!("XEd25519Keypair({:?})", keypair.public_key()));
}
