//! The twelve cases of "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko, 2020), table 5, on which libraries
//! disagree. They are built here from their description; what the description says of a case is checked of it first.
//! Our verdicts are those of the deployed network (01 §1), the same alone and in a batch.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy knows `#[test]` functions, not the helpers beside them"
)]

use curve25519_dalek::{
    constants::EIGHT_TORSION,
    edwards::{CompressedEdwardsY, EdwardsPoint},
    scalar::Scalar,
    traits::IsIdentity as _,
};
use session_crypto::ed25519::{
    Ed25519KeyError, Ed25519Keypair, Ed25519PublicKey, Ed25519Seed, Ed25519Signature, VerifyError,
    batch::{self, Claim},
};
use sha2::{Digest as _, Sha512};

/// A case: encodings of A and R, S, and the message.
#[derive(Clone, Debug)]
struct Case {
    key: [u8; 32],
    r: [u8; 32],
    s: [u8; 32],
    message: Vec<u8>,
}

/// Whether the equation holds without the cofactor and with it, for the hash over these encodings.
#[derive(Debug, Eq, PartialEq)]
struct Holds {
    without_cofactor: bool,
    with_cofactor: bool,
}

const BOTH: Holds = Holds { without_cofactor: true, with_cofactor: true };
const WITH_COFACTOR: Holds = Holds { without_cofactor: false, with_cofactor: true };

fn point(encoding: &[u8; 32]) -> EdwardsPoint {
    CompressedEdwardsY(*encoding).decompress().unwrap()
}

fn canonical(encoding: &[u8; 32]) -> [u8; 32] {
    point(encoding).compress().0
}

fn hash(r: &[u8; 32], key: &[u8; 32], message: &[u8]) -> Scalar {
    Scalar::from_hash(Sha512::new().chain_update(r).chain_update(key).chain_update(message))
}

impl Case {
    fn holds(&self, k: Scalar) -> Holds {
        let s = Scalar::from_bytes_mod_order(self.s);
        let difference = EdwardsPoint::mul_base(&s) - point(&self.r) - point(&self.key) * k;
        Holds {
            without_cofactor: difference.is_identity(),
            with_cofactor: difference.mul_by_cofactor().is_identity(),
        }
    }

    /// With the encodings hashed as they stand.
    fn holds_as_it_stands(&self) -> Holds {
        self.holds(hash(&self.r, &self.key, &self.message))
    }
}

fn scalar(number: u8) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&[number; 64])
}

/// Point a·B + t of a secret and a point of small order.
fn moved(secret: Scalar, by: usize) -> [u8; 32] {
    (EdwardsPoint::mul_base(&secret) + EIGHT_TORSION[by]).compress().0
}

/// The first message for which a signature with these parts is as wanted: S = r + k·a, hashed over `hashed`.
fn search(
    (secret, key): (Scalar, [u8; 32]),
    (nonce, r): (Scalar, [u8; 32]),
    (hashed_r, hashed_key): ([u8; 32], [u8; 32]),
    wanted: &Holds,
) -> Case {
    let mut cases = (0..=255_u8).map(|number| {
        let message = vec![number];
        let k = hash(&hashed_r, &hashed_key, &message);
        (Case { key, r, s: (nonce + k * secret).to_bytes(), message }, k)
    });
    cases.find(|(case, k)| case.holds(*k) == *wanted).unwrap().0
}

/// As [`search`], hashed as it stands.
fn plain(key: (Scalar, [u8; 32]), r: (Scalar, [u8; 32]), wanted: &Holds) -> Case {
    let case = search(key, r, (r.1, key.1), wanted);
    assert_eq!(case.holds_as_it_stands(), *wanted);
    case
}

/// The second spelling of 0: y = p + 1.
fn second_zero() -> [u8; 32] {
    let mut bytes = [0xff; 32];
    (bytes[0], bytes[31]) = (0xee, 0x7f);
    assert!(point(&bytes).is_identity());
    bytes
}

/// S + factor·L as a number of 256 bits.
fn plus_orders(s: [u8; 32], factor: u16) -> [u8; 32] {
    const ORDER: [u8; 32] = *b"\xed\xd3\xf5\x5c\x1a\x63\x12\x58\xd6\x9c\xf7\xa2\xde\xf9\xde\x14\
                               \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10";
    let mut carry = 0;
    let sum = std::array::from_fn(|i| {
        let sum = u16::from(s[i]) + factor * u16::from(ORDER[i]) + carry;
        carry = sum >> 8;
        sum.to_le_bytes()[0]
    });
    assert_eq!(carry, 0);
    sum
}

fn cases() -> [(Case, Result<(), VerifyError>); 12] {
    let (a, r) = (scalar(1), scalar(2));
    let zero = Scalar::ZERO;
    let small = |order: usize| (zero, EIGHT_TORSION[order].compress().0);
    let main = |secret| (secret, moved(secret, 0));
    let mixed = |secret, by| (secret, moved(secret, by));
    let key = |reason| Err(VerifyError::Key(reason));
    let (signature, small_key) = (Err(VerifyError::Signature), key(Ed25519KeyError::SmallOrder));

    let honest = plain(main(a), main(r), &BOTH);
    let beyond = |factor| Case { s: plus_orders(honest.s, factor), ..honest.clone() };
    let second = (zero, second_zero());
    let first = canonical(&second.1);
    let mixed_key = mixed(a, 0);
    [
        // 0 to 2: A and R of small order with S = 0, A alone, R alone.
        (plain(small(1), small(3), &BOTH), small_key),
        (plain(small(1), mixed(r, 1), &BOTH), small_key),
        (plain(mixed(a, 1), small(1), &BOTH), signature),
        // 3 to 5: parts of small order that cancel out, that do not, and one in A alone.
        (plain(mixed(a, 1), mixed(r, 3), &BOTH), Ok(())),
        (plain(mixed(a, 1), mixed(r, 2), &WITH_COFACTOR), signature),
        (plain(mixed(a, 1), main(r), &WITH_COFACTOR), signature),
        // 6 and 7: S not below L, by one L and by as many as fit.
        (beyond(1), signature),
        (beyond(14), signature),
        // 8 and 9: a second spelling of R, hashed as the first one and as it stands.
        (search(mixed_key, second, (first, mixed_key.1), &BOTH), signature),
        (plain(mixed_key, second, &BOTH), signature),
        // 10 and 11: the same of A.
        (search(second, main(r), (moved(r, 0), first), &BOTH), key(Ed25519KeyError::NonCanonical)),
        (plain(second, main(r), &BOTH), key(Ed25519KeyError::NonCanonical)),
    ]
}

fn claim(case: &Case) -> Claim<'_> {
    let signature = [case.r, case.s].concat();
    Claim {
        key: Ed25519PublicKey::from_bytes(case.key),
        message: &case.message,
        signature: Ed25519Signature::try_from(signature.as_slice()).unwrap(),
    }
}

#[test]
fn verdicts_alone() {
    for (number, (case, expected)) in cases().iter().enumerate() {
        let Claim { key, message, signature } = claim(case);
        assert_eq!(key.verify(message, &signature), *expected, "case {number}");
    }
}

/// All of them among each other, and each with honest signatures only.
#[test]
fn verdicts_in_a_batch() {
    let cases = cases();
    let (claims, expected): (Vec<_>, Vec<_>) =
        cases.iter().map(|(case, expected)| (claim(case), *expected)).unzip();
    assert_eq!(batch::verify(&claims), expected);
    let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]));
    let honest =
        Claim { key: keypair.public_key(), message: b"hello", signature: keypair.sign(b"hello") };
    for (number, (claim, expected)) in claims.iter().zip(expected).enumerate() {
        let mut with_honest = vec![honest; 20];
        with_honest[number] = *claim;
        let mut verdicts = vec![Ok(()); 20];
        verdicts[number] = expected;
        assert_eq!(batch::verify(&with_honest), verdicts, "case {number}");
        assert_eq!(batch::verify(&[*claim; 20]), [expected; 20], "case {number}");
    }
}
