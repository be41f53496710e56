//! Verification of many signatures at once, with the verdicts of [`Ed25519PublicKey::verify`] for each of them.
//!
//! A signature is good if `S·B − R − k·A` is zero. A random sum of many such differences, which costs little more than
//! a few of them, is zero if all are; and if one is not, then it is zero with a chance of 2^−128 only, *provided that
//! the differences are in the main subgroup*. Batches commonly multiply them into it, and accept what single verification
//! refuses: a difference of order 2, 4 or 8. Here the part of small order, which is that of `R + (k mod 8)·A`, is looked
//! at for each signature alone, so that both ways accept the same (01 §1).
//!
//! The factors of the sum are a hash of the whole batch: an attacker cannot choose a signature for a factor that is known
//! before.

use alloc::{collections::BTreeMap, vec, vec::Vec};
use core::iter;

use curve25519_dalek::{
    constants::ED25519_BASEPOINT_POINT,
    edwards::{CompressedEdwardsY, EdwardsPoint},
    scalar::Scalar,
    traits::{IsIdentity as _, VartimeMultiscalarMul as _},
};
use sha2::{Digest as _, Sha512};

use super::{
    Ed25519KeyError, Ed25519PublicKey, Ed25519Signature, VerifyError, has_small_order, is_canonical,
};
use crate::{blake2b::Blake2b, edwards::Point};

/// A message, a signature, and the key that is said to have made it.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "three arguments with names")]
pub struct Claim<'a> {
    /// Who is said to have signed.
    pub key: Ed25519PublicKey,
    /// What is said to be signed.
    pub message: &'a [u8],
    /// The signature.
    pub signature: Ed25519Signature,
}

/// Signatures that are verified alone, because their sum would save nothing.
const FEW: usize = 8;
/// Parts of a batch, at least, in which bad signatures are looked for by sums; a part is verified one by one. More
/// parts would let somebody who strews bad signatures over the batch raise the cost.
const PARTS: usize = 8;

/// Verifies all of `claims`. The answers are in their order, and each is that of [`Ed25519PublicKey::verify`].
///
/// Many good signatures cost somewhat less than verifying each: two thirds of what one costs alone go into the
/// encodings of its points and its part of small order, and only the rest is saved, unless one key made several of
/// them: it is read and multiplied once. Bad ones are found by halves, down
/// to an eighth of the batch, which is verified one by one. At worst, when they are everywhere, all together cost
/// less than three times what verifying each does, however many they are.
#[must_use]
pub fn verify(claims: &[Claim<'_>]) -> Vec<Result<(), VerifyError>> {
    if claims.len() <= FEW {
        let single = |claim: &Claim<'_>| claim.key.verify(claim.message, &claim.signature);
        return claims.iter().map(single).collect();
    }
    let mut signers = BTreeMap::new();
    for Claim { key, .. } in claims {
        signers.entry(*key).or_insert_with(|| Signer::read(key));
    }
    let mut verdicts = vec![Err(VerifyError::Signature); claims.len()];
    let mut equations = Vec::with_capacity(claims.len());
    for (claim, verdict) in claims.iter().zip(&mut verdicts) {
        // There is one for each key.
        let Some(signer) = signers.get(&claim.key) else { continue };
        match signer.as_ref().map_err(|error| *error).and_then(|key| Equation::of(claim, key)) {
            Ok(equation) => equations.push((equation, verdict)),
            Err(error) => *verdict = Err(error),
        }
    }
    draw_factors(claims, &mut equations);
    if sum_is_zero(&equations) {
        accept(&mut equations);
    } else {
        let few = FEW.max(equations.len() / PARTS);
        find_bad(&mut equations, few);
    }
    drop(equations);
    verdicts
}

/// A key as both kinds of arithmetic have it.
struct Signer {
    bytes: Ed25519PublicKey,
    point: EdwardsPoint,
    for_small_part: Point,
}

impl Signer {
    fn read(key: &Ed25519PublicKey) -> Result<Self, VerifyError> {
        let point = key.check()?.0.to_edwards();
        // What the curve library reads is read here too.
        let for_small_part = Point::decompress(&key.0).ok_or(Ed25519KeyError::NotOnCurve)?;
        Ok(Self { bytes: *key, point, for_small_part })
    }
}

/// S·B = R + k·A, up to a part of small order, which has been looked at. Serves to verify many signatures at once.
struct Equation<'s> {
    r: EdwardsPoint,
    key: &'s Signer,
    s: Scalar,
    k: Scalar,
    /// Factor in the sum, 128 bits.
    factor: Scalar,
}

impl<'s> Equation<'s> {
    /// Everything that single verification checks but the equation in the main subgroup.
    fn of(claim: &Claim<'_>, key: &'s Signer) -> Result<Self, VerifyError> {
        let (r_bytes, s) = claim.signature.0.split_first_chunk().ok_or(VerifyError::Signature)?;
        let r = read_r(r_bytes).ok_or(VerifyError::Signature)?;
        let s = <[u8; 32]>::try_from(s).map_err(|_| VerifyError::Signature)?;
        let s = Scalar::from_canonical_bytes(s).into_option().ok_or(VerifyError::Signature)?;
        let hash = Sha512::new().chain_update(r_bytes).chain_update(claim.key.0);
        let k = Scalar::from_hash(hash.chain_update(claim.message));
        if !small_part_is_zero(r_bytes, key, &k) {
            return Err(VerifyError::Signature);
        }
        Ok(Self { r, key, s, k, factor: Scalar::ONE })
    }

    fn holds(&self) -> bool {
        let r =
            EdwardsPoint::vartime_double_scalar_mul_basepoint(&self.k, &-self.key.point, &self.s);
        (r - self.r).mul_by_cofactor().is_identity()
    }
}

/// The point R, of which single verification accepts one encoding only, since it compares encodings, and none of
/// small order.
fn read_r(bytes: &[u8; 32]) -> Option<EdwardsPoint> {
    if !is_canonical(bytes) || has_small_order(bytes) {
        return None;
    }
    CompressedEdwardsY(*bytes).decompress()
}

/// Whether `R + k·A` is in the main subgroup, where `S·B` is: whether S·B − R − k·A is.
fn small_part_is_zero(r: &[u8; 32], key: &Signer, k: &Scalar) -> bool {
    let [first, ..] = k.to_bytes();
    Point::decompress(r).is_some_and(|r| r.add(key.for_small_part.times(first & 7)).is_octuple())
}

type Pending<'v> = (Equation<'v>, &'v mut Result<(), VerifyError>);

/// Sets the factors: from a hash of all keys, signatures and messages (k is a hash of them).
fn draw_factors(claims: &[Claim<'_>], equations: &mut [Pending<'_>]) {
    let transcript = claims.iter().fold(Blake2b::<32>::new(), |hash, claim| {
        hash.chain(claim.key.as_bytes()).chain(claim.signature.as_bytes())
    });
    let transcript =
        equations.iter().fold(transcript, |hash, (equation, _)| hash.chain(equation.k.as_bytes()));
    let seed: [u8; 32] = transcript.finalize();
    for (index, (equation, _)) in (0_u64..).zip(equations) {
        let factor = Blake2b::<16>::keyed(&seed).chain(&index.to_le_bytes()).finalize();
        equation.factor = Scalar::from(u128::from_le_bytes(factor));
    }
}

fn sum_is_zero(equations: &[Pending<'_>]) -> bool {
    let equations = || equations.iter().map(|(equation, _)| equation);
    let of_base: Scalar = equations().map(|equation| equation.factor * equation.s).sum();
    let mut of_keys = BTreeMap::new();
    for equation in equations() {
        let (_, scalar) =
            of_keys.entry(equation.key.bytes).or_insert((equation.key.point, Scalar::ZERO));
        *scalar += equation.factor * equation.k;
    }
    let scalars = of_keys.values().map(|(_, scalar)| *scalar);
    let scalars = scalars.chain(equations().map(|equation| equation.factor));
    let points = of_keys.values().map(|(point, _)| *point).chain(equations().map(|e| e.r));
    let sum = EdwardsPoint::vartime_multiscalar_mul(
        scalars.chain(iter::once(-of_base)),
        points.chain(iter::once(ED25519_BASEPOINT_POINT)),
    );
    // The product with a key of mixed order has a part of small order here, which says nothing.
    sum.mul_by_cofactor().is_identity()
}

fn accept(equations: &mut [Pending<'_>]) {
    equations.iter_mut().for_each(|(_, verdict)| **verdict = Ok(()));
}

/// Finds the bad ones among equations whose sum is wrong: by halves, and among a `few` one by one.
fn find_bad(equations: &mut [Pending<'_>], few: usize) {
    if equations.len() <= few {
        for (equation, verdict) in equations {
            **verdict = if equation.holds() { Ok(()) } else { Err(VerifyError::Signature) };
        }
        return;
    }
    let (left, right) = equations.split_at_mut(equations.len() / 2);
    let left_is_good = sum_is_zero(left);
    if left_is_good {
        accept(left);
    } else {
        find_bad(left, few);
    }
    // With nothing wrong on the left, the wrong one is on the right.
    if !left_is_good && sum_is_zero(right) {
        accept(right);
    } else {
        find_bad(right, few);
    }
}

#[cfg(test)]
mod tests;
