//! X25519 as RFC 7748 computes it: the Montgomery ladder.
//!
//! It is right for every u, on the curve or on its twist, and takes the same time for every scalar. Faster than both
//! ways of the curve library, its ladder and its multiplication on the Edwards form (docs/adr/0002-x25519.md).

use subtle::Choice;
use zeroize::{Zeroize, Zeroizing};

use crate::field::FieldNumber;

/// (A − 2) / 4 for A = 486662, the coefficient of the curve.
const A24: u32 = 121_665;

/// u-coordinate of clamp(`scalar`) times the point with this u. Zero for points of small order.
pub(crate) fn multiply(scalar: &[u8; 32], u: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    let u = FieldNumber::from_bytes(u);
    let mut low = Zeroizing::new(Multiple { x: FieldNumber::ONE, z: FieldNumber::ZERO });
    let mut high = Zeroizing::new(Multiple { x: u, z: FieldNumber::ONE });
    let mut swapped = 0;
    // Clamped, bit 254 is set and the bits 0 to 2 are not: the rest decides.
    for bit in bits(scalar) {
        swap(Choice::from(swapped ^ bit), &mut low, &mut high);
        swapped = bit;
        (*low, *high) = step(&low, &high, u);
    }
    swap(Choice::from(swapped), &mut low, &mut high);
    for _ in 0..3 {
        *low = low.double();
    }
    Zeroizing::new(low.x.multiply(low.z.invert()).to_bytes())
}

/// The bits 254 to 3 of a clamped scalar, downwards.
fn bits(scalar: &[u8; 32]) -> impl Iterator<Item = u8> {
    let bits = scalar.iter().rev().flat_map(|byte| (0..8).rev().map(move |bit| (byte >> bit) & 1));
    core::iter::once(1).chain(bits.skip(2).take(251))
}

/// A multiple of the point: u = x / z, and z = 0 for the one at infinity.
#[derive(Clone, Copy, Zeroize)]
struct Multiple {
    x: FieldNumber,
    z: FieldNumber,
}

impl Multiple {
    fn double(&self) -> Self {
        let sum = self.x.add(self.z).square();
        let difference = self.x.subtract(self.z).square();
        let e = sum.subtract(difference);
        Self { x: sum.multiply(difference), z: sum.add(e.multiply_small(A24)).multiply(e) }
    }
}

/// 2 · `low` and `low` + `high`, of which u is the difference.
#[inline(always)]
fn step(low: &Multiple, high: &Multiple, u: FieldNumber) -> (Multiple, Multiple) {
    let (a, b) = (low.x.add(low.z), low.x.subtract(low.z));
    let (c, d) = (high.x.add(high.z), high.x.subtract(high.z));
    let (da, cb) = (d.multiply(a), c.multiply(b));
    let (aa, bb) = (a.square(), b.square());
    let e = aa.subtract(bb);
    (
        Multiple { x: aa.multiply(bb), z: aa.add(e.multiply_small(A24)).multiply(e) },
        Multiple { x: da.add(cb).square(), z: da.subtract(cb).square().multiply(u) },
    )
}

#[inline(always)]
fn swap(choice: Choice, left: &mut Multiple, right: &mut Multiple) {
    left.x.conditional_swap(&mut right.x, choice);
    left.z.conditional_swap(&mut right.z, choice);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::hex;

    /// RFC 7748 §5.2, the iterated vector; the first two outputs.
    #[test]
    fn iterations_of_the_rfc() {
        let mut nine = [0; 32];
        nine[0] = 9;
        let (mut scalar, mut u) = (nine, nine);
        for round in 1..=1000 {
            let product = *multiply(&scalar, &u);
            (scalar, u) = (product, scalar);
            match round {
                1 => assert_eq!(
                    hex::encode(&scalar),
                    "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"
                ),
                1000 => assert_eq!(
                    hex::encode(&scalar),
                    "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"
                ),
                _ => {}
            }
        }
    }
}
