use alloc::{format, string::ToString, vec::Vec};

use curve25519_dalek::{constants::EIGHT_TORSION, scalar::Scalar};

use super::*;

fn keypair() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]))
}

/// The key of `keypair` plus the torsion point number `torsion`: on the curve, outside the main subgroup.
fn mixed_order_key(torsion: usize) -> Ed25519PublicKey {
    let point = keypair().public_key().decompress().unwrap() + EIGHT_TORSION[torsion];
    Ed25519PublicKey(point.compress().to_bytes())
}

#[test]
fn secret_keys_have_two_lengths_and_matching_halves() {
    let keypair = keypair();
    let mut full = [7; 64];
    full[32..].copy_from_slice(keypair.public_key().as_bytes());
    for bytes in [&full[..32], &full[..]] {
        let read = Ed25519Keypair::from_secret_bytes(bytes).unwrap();
        assert_eq!(read.public_key(), keypair.public_key());
    }
    for found in [0, 31, 33, 63] {
        let error = Ed25519Keypair::from_secret_bytes(&full[..found]).unwrap_err();
        assert_eq!(error, SecretKeyError::Length { found });
    }
    full[63] ^= 1;
    let error = Ed25519Keypair::from_secret_bytes(&full).unwrap_err();
    assert_eq!(error, SecretKeyError::PublicKeyMismatch);
}

#[test]
fn every_bit_of_a_signature_counts() {
    let keypair = keypair();
    let signature = keypair.sign(b"message");
    for bit in 0..512 {
        let mut bytes = signature.to_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let result = keypair.public_key().verify(b"message", &Ed25519Signature(bytes));
        assert_eq!(result, Err(VerifyError::Signature), "bit {bit}");
    }
}

#[test]
fn a_second_form_of_s_is_refused() {
    let keypair = keypair();
    let mut bytes = keypair.sign(b"message").to_bytes();
    // S + L is congruent to S; little-endian addition of the group order.
    let order = (Scalar::ZERO - Scalar::ONE).to_bytes();
    let mut carry = 1u16; // L = (L − 1) + 1
    for (byte, add) in bytes[32..].iter_mut().zip(order) {
        carry += u16::from(*byte) + u16::from(add);
        *byte = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    let result = keypair.public_key().verify(b"message", &Ed25519Signature(bytes));
    assert_eq!(result, Err(VerifyError::Signature));
}

#[test]
fn small_order_keys_verify_nothing_and_do_not_convert() {
    for point in EIGHT_TORSION {
        let key = Ed25519PublicKey(point.compress().to_bytes());
        assert_eq!(key.check(), Err(Ed25519KeyError::SmallOrder), "{key}");
        assert_eq!(key.to_x25519(), Err(Ed25519KeyError::SmallOrder), "{key}");
    }
}

#[test]
fn a_small_order_r_is_refused() {
    // With R = identity and S = h·a the equation S·B − h·A = R holds, and only the order of R speaks against it.
    use sha2::{Digest as _, Sha512};
    let keypair = keypair();
    let a = Scalar::from_bytes_mod_order(*keypair.to_x25519().secret_key().expose_bytes());
    let r = EIGHT_TORSION[0].compress().to_bytes();
    let digest = Sha512::new()
        .chain_update(r)
        .chain_update(keypair.public_key().as_bytes())
        .chain_update(b"message")
        .finalize();
    let h = Scalar::from_bytes_mod_order_wide(&digest.into());
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r);
    signature[32..].copy_from_slice((h * a).as_bytes());
    let result = keypair.public_key().verify(b"message", &Ed25519Signature(signature));
    assert_eq!(result, Err(VerifyError::Signature));
}

#[test]
fn non_canonical_keys_are_named() {
    for low in 0xed..=0xff {
        let mut bytes = [0xff; 32];
        bytes[0] = low;
        for top in [0x7f, 0xff] {
            bytes[31] = top;
            let error = Ed25519PublicKey(bytes).check();
            assert_eq!(error, Err(Ed25519KeyError::NonCanonical), "{low:02x} {top:02x}");
        }
    }
    let mut largest = [0xff; 32];
    (largest[0], largest[31]) = (0xec, 0x7f);
    assert_eq!(Ed25519PublicKey(largest).check(), Err(Ed25519KeyError::SmallOrder));
}

#[test]
fn keys_off_the_curve_or_the_subgroup_do_not_convert() {
    let mut off = [0; 32];
    off[0] = 2;
    assert_eq!(Ed25519PublicKey(off).check(), Err(Ed25519KeyError::NotOnCurve));
    assert_eq!(Ed25519PublicKey(off).to_x25519(), Err(Ed25519KeyError::NotOnCurve));
    for torsion in [1, 2, 3, 5, 6, 7] {
        let error = mixed_order_key(torsion).to_x25519();
        assert_eq!(error, Err(Ed25519KeyError::MixedOrder), "torsion {torsion}");
    }
}

#[test]
fn the_component_of_order_two_passes_as_in_the_deployed_network() {
    assert_ne!(mixed_order_key(4).to_x25519(), keypair().public_key().to_x25519());
    assert!(mixed_order_key(4).to_x25519().is_ok());
}

#[test]
fn both_halves_convert_to_one_pair() {
    let keypair = keypair();
    let converted = keypair.public_key().to_x25519().unwrap();
    assert_eq!(keypair.to_x25519().public_key(), converted);
}

#[test]
fn text_forms_invert_each_other() {
    let key = keypair().public_key();
    assert_eq!(key.to_string().parse(), Ok(key));
    assert_eq!(key.to_string().to_uppercase().parse(), Ok(key));
    let bytes: Vec<u8> = key.to_bytes().into();
    assert_eq!(Ed25519PublicKey::try_from(bytes.as_slice()), Ok(key));
    let error = crate::LengthError { expected: 32, found: 31 };
    assert_eq!(Ed25519PublicKey::try_from(&bytes[..31]), Err(error));
}

#[test]
fn debug_shows_the_public_half_only() {
    let seed = Ed25519Seed::from_bytes([0xab; 32]);
    assert_eq!(format!("{seed:?}"), "Ed25519Seed(..)");
    let keypair = Ed25519Keypair::from_seed(seed);
    let start = crate::encoding::hex::encode(&keypair.public_key().to_bytes()[..4]);
    let short = format!("Ed25519PublicKey({start}…)");
    assert_eq!(format!("{keypair:?}"), format!("Ed25519Keypair({short})"));
    assert_eq!(
        format!("{:?}", keypair.public_key().check().unwrap()),
        format!("VerifyingKey({short})")
    );
}
