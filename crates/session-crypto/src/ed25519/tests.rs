use alloc::{format, string::ToString, vec::Vec};

use curve25519_dalek::{constants::EIGHT_TORSION, edwards::CompressedEdwardsY, scalar::Scalar};

use super::*;
use crate::encoding::hex;

fn keypair() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]))
}

fn seed(digits: &str) -> Ed25519Seed {
    Ed25519Seed::from_bytes(hex::decode_array(digits).unwrap())
}

/// The key of `keypair` plus the torsion point number `torsion`: on the curve, outside the main subgroup.
fn mixed_order_key(torsion: usize) -> Ed25519PublicKey {
    let point = keypair().public_key().decompress().unwrap() + EIGHT_TORSION[torsion];
    Ed25519PublicKey(point.compress().to_bytes())
}

#[test]
fn seeds_have_one_length() {
    for found in (0..=64).filter(|length| *length != 32) {
        let error = LengthError { expected: 32, found };
        assert_eq!(Ed25519Seed::try_from(&[7; 64][..found]), Err(error));
    }
    assert_eq!(Ed25519Seed::try_from([7; 32].as_slice()), Ok(Ed25519Seed::from_bytes([7; 32])));
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
    let start = hex::encode(&keypair.public_key().to_bytes()[..4]);
    let short = format!("Ed25519PublicKey({start}…)");
    assert_eq!(format!("{keypair:?}"), format!("Ed25519Keypair({short})"));
    assert_eq!(
        format!("{:?}", keypair.public_key().check().unwrap()),
        format!("VerifyingKey({short})")
    );
}

#[test]
fn the_three_forms_of_a_sign() {
    let key = keypair().public_key();
    assert_ne!(key.negated().is_negative(), key.is_negative());
    assert_eq!(key.negated().negated(), key);
    assert_eq!(key.negated().absolute(), key.absolute());
    assert!(!key.absolute().is_negative());
    let negative = -key.decompress().unwrap();
    assert_eq!(key.negated().decompress(), Ok(negative));
}

#[test]
fn decoys_look_like_signatures_and_verify_nothing() {
    for start in 0..16 {
        let decoy = Ed25519Signature::decoy(&mut crate::test_rng::Counting(start));
        let (r, s) = decoy.as_bytes().split_first_chunk::<32>().unwrap();
        let r = CompressedEdwardsY(*r).decompress().unwrap();
        assert!(r.is_torsion_free() && !r.is_small_order());
        let s = Scalar::from_canonical_bytes(s.try_into().unwrap()).into_option().unwrap();
        assert!(s != Scalar::ZERO && EdwardsPoint::mul_base(&s) != r);
        let result = keypair().public_key().verify(b"message", &decoy);
        assert_eq!(result, Err(VerifyError::Signature));
    }
}

/// 01 §9 (K1): a seed derived with a domain.
#[test]
fn derived_seeds_are_keyed_hashes() {
    let seed = seed("fecd9a6034bc9aba273925dee7062b123334587c3c6257341afae2d7fe85e122");
    let derived = seed.derive(b"VersionCheckKey_sig");
    assert_eq!(
        hex::encode(derived.expose_bytes()),
        "91faddc2c36da4f7bcf24fd977d9ca5346ae7489cfd43c58cad9eaaa6ed60f69"
    );
    assert_ne!(seed.derive(b"SessionProRandom"), derived);
}

/// 01 §6.4: seed, public key, X25519 secret and, as if the seed were a public key, its X25519 form.
#[test]
fn keys_equal_the_vectors() {
    for [secret, public, x25519_secret, as_public] in [
        [
            "4cb76fdc6d32278e3f83dbf608360ecc6b65727934b85d2fb86862ff98c46ab7",
            "8862834829a87e0afadfed763fa8785e893dbde7f2c001ff1071aa55005c347f",
            "207e5d97e761300f96c10adc11efdd6d5c15188a9a7682ec05b30ca017e9b447",
            "d2ad010eeb72d72e561d9de7bd7b6989af77dcabffa03a5111a6c859ae5c3a72",
        ],
        [
            "5ea34e72bb044654a6a23675690ef5ffaaf1656b02f93fb76655f9cbdbe89876",
            "cd83ca3d13ad8a954d5011aa7861abe3a29ac25b70c4ed5234aff74d34ef5786",
            "904943eff27142a8e5cd37c84e2437c9979a560b044bf9a65a8d644b325fe56a",
            "aa654f00fc39fc69fd0db829410ca38177d7732a8d2f0934ab3872ac56d5aa74",
        ],
    ] {
        let keypair = Ed25519Keypair::from_seed(seed(secret));
        assert_eq!(keypair.public_key().to_string(), public);
        let x25519 = keypair.to_x25519();
        assert_eq!(hex::encode(x25519.secret_key().expose_bytes()), x25519_secret);
        let converted = secret.parse::<Ed25519PublicKey>().unwrap().to_x25519();
        assert_eq!(converted, Ok(as_public.parse().unwrap()));
    }
    let keypair = Ed25519Keypair::from_seed(seed(
        "4cb76fdc6d32278e3f83dbf608360ecc6b65727934b85d2fb86862ff98c46ab7",
    ));
    assert_eq!(
        keypair.to_x25519().public_key().to_string(),
        "77cb6c50ed49a2c45e383ac3ca855375c68300f7ff0c803ea93cb18437d61f46"
    );
    assert_eq!(
        keypair.sign(b"hello").to_string(),
        "e03b6e87a53d83f202f2501e9b52193dbe4a64c6503f88244948dee5327185011574589aa7b59bc9757f9b9c\
         31b7be9c9212b92ac7c81e029ee21c338ee12405"
    );
}

#[test]
fn the_small_order_encodings_are_those_of_the_torsion_points() {
    for point in EIGHT_TORSION {
        let encoding = point.compress().to_bytes();
        assert!(has_small_order(&encoding), "{encoding:02x?}");
        assert!(!has_small_order(
            &(point + keypair().public_key().decompress().unwrap()).compress().to_bytes()
        ));
    }
    let distinct: alloc::collections::BTreeSet<_> = EIGHT_TORSION
        .iter()
        .map(|point| *Ed25519PublicKey(point.compress().to_bytes()).absolute().as_bytes())
        .collect();
    assert_eq!(distinct, SMALL_ORDER_Y.into_iter().collect());
}

/// p has ed, then ff thirty times, then 7f: each byte below its own makes a number below p.
#[test]
fn one_lower_byte_makes_a_number_canonical() {
    let mut p = [0xff; 32];
    (p[0], p[31]) = (0xed, 0x7f);
    assert!(!is_canonical(&p));
    for position in 0..32 {
        let mut below = p;
        below[position] -= 1;
        assert!(is_canonical(&below), "{position}");
        below[31] |= 0x80;
        assert!(is_canonical(&below), "{position} with the sign of x");
    }
    for low in 0xee..=0xff {
        p[0] = low;
        assert!(!is_canonical(&p), "{low:x}");
    }
}
