use alloc::{format, string::String};

use curve25519_dalek::constants::EIGHT_TORSION;
use proptest::prelude::*;

use super::*;
use crate::ed25519::{Ed25519Keypair, Ed25519Seed};

/// A claim that owns its message.
#[derive(Clone, Debug)]
struct Signed {
    key: Ed25519PublicKey,
    message: Vec<u8>,
    signature: Ed25519Signature,
}

fn scalar(seed: u64) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&Blake2b::new().chain(&seed.to_le_bytes()).finalize())
}

fn good(seed: u8, message: &[u8]) -> Signed {
    let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([seed; 32]));
    Signed {
        key: keypair.public_key(),
        message: message.to_vec(),
        signature: keypair.sign(message),
    }
}

/// A signature whose equation is right in the main subgroup, by somebody who moves key and R by points of small
/// order. It is good if these cancel out, which `k` decides.
fn moved(seed: u64, key_by: usize, r_by: usize, message: Vec<u8>) -> Signed {
    let (secret, nonce) = (scalar(seed), scalar(!seed));
    let key = (EdwardsPoint::mul_base(&secret) + EIGHT_TORSION[key_by % 8]).compress().0;
    let r = (EdwardsPoint::mul_base(&nonce) + EIGHT_TORSION[r_by % 8]).compress().0;
    let hash = Sha512::new().chain_update(r).chain_update(key).chain_update(&message);
    let s = nonce + Scalar::from_hash(hash) * secret;
    let signature = Ed25519Signature::from_halves(r, s.to_bytes());
    Signed { key: Ed25519PublicKey::from_bytes(key), message, signature }
}

/// Encodings that single verification refuses, or has to look at twice.
fn hostile_encoding() -> impl Strategy<Value = [u8; 32]> {
    let near_edges = (any::<u8>(), any::<[bool; 2]>()).prop_map(|(low, [high, sign])| {
        let mut bytes = [if high { 0xff } else { 0 }; 32];
        bytes[0] = low;
        bytes[31] = if high { 0x7f } else { 0 } | u8::from(sign) << 7;
        bytes
    });
    let small = (0..8_usize).prop_map(|index| EIGHT_TORSION[index].compress().0);
    prop_oneof![near_edges, small, any::<[u8; 32]>()]
}

fn signed() -> impl Strategy<Value = Signed> {
    let message = || prop::collection::vec(any::<u8>(), 0..4);
    let honest = (0..4_u8, message()).prop_map(|(seed, message)| good(seed, &message));
    let altered =
        (0..4_u8, message(), 0..64_usize, any::<u8>()).prop_map(|(seed, message, at, by)| {
            let mut signed = good(seed, &message);
            signed.signature.0[at] ^= by;
            signed
        });
    let by_another = (0..4_u8, 0..4_u8, message()).prop_map(|(seed, other, message)| Signed {
        key: good(other, b"").key,
        ..good(seed, &message)
    });
    let moved = (any::<u64>(), 0..8_usize, 0..8_usize, message())
        .prop_map(|(seed, key_by, r_by, message)| moved(seed, key_by, r_by, message));
    let second_s = (0..4_u8, message()).prop_map(|(seed, message)| {
        let mut signed = good(seed, &message);
        let second = plus_order(&signed.signature.0);
        signed.signature.0[32..].copy_from_slice(&second);
        signed
    });
    let hostile = (hostile_encoding(), hostile_encoding(), any::<u64>(), any::<bool>()).prop_map(
        |(key, r, s, zero)| {
            let s = if zero { Scalar::ZERO } else { scalar(s) };
            let signature = Ed25519Signature::from_halves(r, s.to_bytes());
            Signed { key: Ed25519PublicKey::from_bytes(key), message: Vec::new(), signature }
        },
    );
    prop_oneof![6 => honest, 1 => altered, 1 => by_another, 3 => moved, 1 => second_s, 1 => hostile]
}

/// S + L: the other spelling of S.
fn plus_order(signature: &[u8; 64]) -> [u8; 32] {
    const ORDER: [u8; 32] = *b"\xed\xd3\xf5\x5c\x1a\x63\x12\x58\xd6\x9c\xf7\xa2\xde\xf9\xde\x14\
                               \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10";
    let mut carry = 0;
    core::array::from_fn(|i| {
        let sum = u16::from(signature[32 + i]) + u16::from(ORDER[i]) + carry;
        carry = sum >> 8;
        u8::try_from(sum & 0xff).unwrap()
    })
}

fn in_batch(signed: &[Signed]) -> Vec<Result<(), VerifyError>> {
    let claims: Vec<_> = signed
        .iter()
        .map(|Signed { key, message, signature }| Claim {
            key: *key,
            message,
            signature: *signature,
        })
        .collect();
    verify(&claims)
}

fn one_by_one(signed: &[Signed]) -> Vec<Result<(), VerifyError>> {
    signed.iter().map(|one| one.key.verify(&one.message, &one.signature)).collect()
}

proptest! {
    #[test]
    fn a_batch_answers_as_one_by_one(signed in prop::collection::vec(signed(), 0..24)) {
        prop_assert_eq!(in_batch(&signed), one_by_one(&signed));
    }
}

/// Every pair of parts of small order, several k each: in batches of all, and of those alone that are good.
#[test]
fn parts_of_small_order_count_as_in_single_verification() {
    let mut all = Vec::new();
    for (key_by, r_by, round) in
        (0..8).flat_map(|k| (0..8).flat_map(move |r| (0..8).map(move |round| (k, r, round))))
    {
        all.push(moved(round, key_by, r_by, format!("{key_by} {r_by}").into_bytes()));
    }
    let expected = one_by_one(&all);
    assert_eq!(in_batch(&all), expected);
    let pairs = all.into_iter().zip(&expected);
    let good: Vec<_> = pairs.filter(|(_, verdict)| verdict.is_ok()).map(|(one, _)| one).collect();
    // A quarter of what could cancel out does: keys in the main subgroup need R there, others fit at times.
    assert!(good.len() > 40, "{}", good.len());
    assert!(in_batch(&good).iter().all(Result::is_ok));
}

/// Every encoding that some reader takes for a point of small order, with both signs, also where x is zero.
fn small_order_encodings() -> Vec<[u8; 32]> {
    let mut encodings: Vec<_> = EIGHT_TORSION.iter().map(|point| point.compress().0).collect();
    for low in [0xed, 0xee] {
        // y = p and y = p + 1: second spellings of 0 and 1.
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (low, 0x7f);
        encodings.push(bytes);
    }
    let flipped = |mut bytes: [u8; 32]| {
        bytes[31] ^= 0x80;
        bytes
    };
    encodings.extend(encodings.clone().into_iter().map(flipped));
    encodings
}

/// R of small order and S = k·a satisfy the equation, up to the part of small order, which a key of mixed order
/// can cancel. For R = 0 anybody who knows `a` gets there with any key.
#[test]
fn an_r_of_small_order_is_refused_in_every_spelling() {
    let mut tried = 0;
    for (r, key_by) in
        small_order_encodings().into_iter().flat_map(|r| (0..8).map(move |key_by| (r, key_by)))
    {
        let secret = scalar(7);
        let key = (EdwardsPoint::mul_base(&secret) + EIGHT_TORSION[key_by]).compress().0;
        let read_r = CompressedEdwardsY(r).decompress().unwrap();
        // One k in eight cancels the part of R, if any does.
        for round in 0..32_u8 {
            let hash = Sha512::new().chain_update(r).chain_update(key).chain_update([round]);
            let k = Scalar::from_hash(hash);
            let small_part = read_r + EIGHT_TORSION[key_by] * k;
            if !small_part.is_identity() {
                continue;
            }
            tried += 1;
            let signature = Ed25519Signature::from_halves(r, (k * secret).to_bytes());
            let key = Ed25519PublicKey::from_bytes(key);
            let wrong = Signed { key, message: vec![round], signature };
            let all: Vec<_> = (0..9).map(|i| good(i, b"")).chain([wrong.clone()]).collect();
            let expected = [vec![Ok(()); 9], vec![Err(VerifyError::Signature)]].concat();
            assert_eq!(in_batch(&all), expected, "R = {r:02x?}, key {key_by}");
            // Enough of them for a sum of nothing else.
            assert_eq!(in_batch(&vec![wrong.clone(); 9]), [Err(VerifyError::Signature); 9]);
            assert_eq!(one_by_one(&[wrong]), [Err(VerifyError::Signature)]);
            break;
        }
    }
    // 20 encodings: those of 0 fit every key, those of order 8 the keys of order 8·L.
    assert!(tried > 60, "{tried}");
}

/// Points with a second spelling that have large order: no signature fits them, so that they are looked at alone.
#[test]
fn a_second_spelling_of_r_is_never_read() {
    let key = Signer::read(&good(1, b"").key).unwrap();
    let mut on_curve = 0;
    for (low, sign) in (0xed..=0xff).flat_map(|low| [(low, 0x7f), (low, 0xff)]) {
        let mut r = [0xff; 32];
        (r[0], r[31]) = (low, sign);
        on_curve += usize::from(CompressedEdwardsY(r).decompress().is_some());
        let signature = Ed25519Signature::from_halves(r, [0; 32]);
        let claim = Claim { key: good(1, b"").key, message: b"", signature };
        assert!(read_r(&r).is_none(), "{low:x}");
        assert!(Equation::of(&claim, &key).is_err(), "{low:x}");
    }
    assert!(on_curve > 10, "{on_curve}");
    assert!(read_r(good(1, b"").signature.0.first_chunk().unwrap()).is_some());
}

/// Who knew the factors could choose signatures that cancel out: each depends on all that anybody can choose.
#[test]
fn every_byte_of_a_batch_changes_every_factor() {
    let factors = |signed: &[Signed]| {
        let claim = |one: &Signed| Claim { key: one.key, message: b"", signature: one.signature };
        let claims: Vec<_> = signed.iter().map(claim).collect();
        let signers: Vec<_> = signed.iter().map(|one| Signer::read(&one.key).unwrap()).collect();
        let mut verdicts = vec![Ok(()); signed.len()];
        let equations = signed.iter().zip(&signers).map(|(one, signer)| {
            // The part of small order is right whatever S and the message are.
            let claim = Claim { message: &one.message, ..claim(one) };
            Equation::of(&claim, signer).unwrap()
        });
        let mut pending: Vec<_> = equations.zip(&mut verdicts).collect();
        draw_factors(&claims, &mut pending);
        pending.iter().map(|(equation, _)| equation.factor).collect::<Vec<_>>()
    };
    let signed: Vec<_> = (0..3).map(|i| good(i, b"message")).collect();
    let first = factors(&signed);
    assert_eq!(first, factors(&signed));
    assert!(first[0] != first[1] && first[1] != first[2] && first[0] != first[2]);
    let mut other = [signed.clone(), signed.clone(), signed.clone()];
    other[0][2].signature.0[32] ^= 1;
    other[1][2].message[0] ^= 1;
    other[2][2].key = good(3, b"").key;
    for (number, other) in other.iter().enumerate() {
        let other = factors(other);
        assert!(first.iter().zip(&other).all(|(one, other)| one != other), "{number}");
    }
}

/// Two differences of order 2 cancel out in a sum; they are refused all the same.
#[test]
fn two_wrongs_make_no_right() {
    // Among good ones, for a few are verified one by one.
    let verdicts = |wrongs: [Signed; 2]| {
        let all: Vec<_> = wrongs.into_iter().chain((0..10).map(|i| good(i, b""))).collect();
        in_batch(&all)
    };
    let expected = [vec![Err(VerifyError::Signature); 2], vec![Ok(()); 10]].concat();
    let wrongs = [moved(1, 0, 4, b"a".to_vec()), moved(2, 0, 4, b"b".to_vec())];
    assert_eq!(verdicts(wrongs), expected);
    // In the main subgroup: S one more here and one less there.
    let mut wrongs = [good(1, b"a"), good(2, b"b")];
    for (one, by) in wrongs.iter_mut().zip([Scalar::ONE, -Scalar::ONE]) {
        let s = Scalar::from_bytes_mod_order(one.signature.0[32..].try_into().unwrap()) + by;
        one.signature.0[32..].copy_from_slice(s.as_bytes());
    }
    assert_eq!(verdicts(wrongs), expected);
}

#[test]
fn bad_ones_are_found_wherever_they_are() {
    let honest: Vec<_> = (0..21).map(|i| good(i % 5, &[i])).collect();
    assert_eq!(in_batch(&honest), vec![Ok(()); 21]);
    assert_eq!(in_batch(&[]), []);
    for bad in [vec![0], vec![20], vec![10], vec![4, 5], vec![0, 7, 20], (0..21).collect()] {
        let mut signed = honest.clone();
        bad.iter().for_each(|index: &usize| signed[*index].signature.0[40] ^= 1);
        let verdicts = in_batch(&signed);
        let found: Vec<_> = (0..21).filter(|index| verdicts[*index].is_err()).collect();
        assert_eq!(found, bad);
    }
}

#[test]
fn keys_are_refused_by_name() {
    let mut signed = good(1, b"");
    signed.key = Ed25519PublicKey::from_bytes([0; 32]);
    let verdicts: Vec<String> =
        in_batch(&vec![signed; 9]).iter().map(|verdict| format!("{verdict:?}")).collect();
    assert_eq!(verdicts, ["Err(Key(SmallOrder))"; 9]);
}
