//! Points of the Edwards curve by their coordinates, and in which of its subgroups they are. For public points: takes
//! time that depends on them.
//!
//! The curve has 8·L points, in one cycle of 8 times one of L. The main subgroup, of order L, is that of the points
//! that are eight times another; four times another are the points of order dividing 2·L. The usual test multiplies by
//! L. Here the point is divided instead (halved by the two isogenies of degree 2 whose product is doubling), and the Tate
//! pairing with a point of order 4 tells whether what is left is four times another: it is when a certain number, which
//! the coordinates give, is a fourth power (docs/adr/0003-subgroups.md).

use crate::{
    ed25519::is_small_order_y,
    field::{FieldNumber, Root},
};

/// A = 486662 of the Montgomery form v² = u³ + A·u² + u, where u = (1 + y) / (1 − y) and v = C·u / x.
const A: FieldNumber = FieldNumber::from_small(486_662);
/// A + 2, the square of v at the two points of order 4, which have u = 1.
const A_PLUS_2: FieldNumber = FieldNumber::from_small(486_664);
/// Root of A + 2.
const LAMBDA: FieldNumber = FieldNumber::from_limbs([
    0xe9a2_48ef_9c88_4415,
    0x635a_11c7_284a_9363,
    0xc21f_a77a_d7f4_a6ef,
    0x6be4_f497_f9a9_c2af,
]);
/// Root of −(A + 2): [`LAMBDA`] times the root of −1.
const C: FieldNumber = FieldNumber::from_limbs([
    0xcc6e_04aa_ff45_7e06,
    0xc5a1_d3d1_4b7d_1a82,
    0xd27b_08dc_03fc_4f7e,
    0x0f26_edf4_60a0_06bb,
]);
/// Root of (A² − 4) times the root of −1. Neither of the two factors has a root.
const KAPPA: FieldNumber = FieldNumber::from_limbs([
    0x00bc_8bef_a14b_6386,
    0x67c6_a19e_c5a6_86cc,
    0xe7cc_1e9c_cf03_a648,
    0x797f_018b_3b0e_ebf0,
]);
/// d of the equation −x² + y² = 1 + d·x²·y².
const D: FieldNumber = FieldNumber::from_limbs([
    0x75eb_4dca_1359_78a3,
    0x0070_0a4d_4141_d8ab,
    0x8cc7_4079_7779_e898,
    0x5203_6cee_2b6f_fe73,
]);

/// A point of the curve: x = X / Z, y = Y / Z, T = X·Y / Z.
#[derive(Clone, Copy)]
pub(crate) struct Point {
    x: FieldNumber,
    y: FieldNumber,
    z: FieldNumber,
    t: FieldNumber,
}

impl Point {
    const ZERO: Self = Self {
        x: FieldNumber::ZERO,
        y: FieldNumber::ONE,
        z: FieldNumber::ONE,
        t: FieldNumber::ZERO,
    };

    /// Point of its encoding, `None` if there is none with this y. Takes what the curve library takes: also a y above
    /// p, and a sign for x = 0.
    pub(crate) fn decompress(encoding: &[u8; 32]) -> Option<Self> {
        let y = FieldNumber::from_bytes(encoding);
        let y_squared = y.square();
        let numerator = y_squared.subtract(FieldNumber::ONE);
        let denominator = y_squared.multiply(D).add(FieldNumber::ONE);
        let x = match FieldNumber::root_of_ratio(numerator.reduce(), denominator.reduce()) {
            Root::Of(x) => x,
            Root::OfRatioTimes { .. } => return None,
        };
        let [.., last] = encoding;
        let x = if x.is_odd() == (last >> 7 == 1) { x } else { x.negate() };
        Some(Self { x, y, z: FieldNumber::ONE, t: x.multiply(y) })
    }

    /// u of the Montgomery form, for a point other than zero.
    pub(crate) fn to_u(self) -> [u8; 32] {
        let denominator = self.z.subtract(self.y).reduce().invert();
        self.z.add(self.y).multiply(denominator).to_bytes()
    }

    /// Whether the point has order 1, 2, 4 or 8. Only for Z = 1.
    pub(crate) fn is_small_order(self) -> bool {
        is_small_order_y(&self.y.to_bytes())
    }

    pub(crate) fn add(self, other: Self) -> Self {
        let a = self.y.subtract(self.x).multiply(other.y.subtract(other.x));
        let b = self.y.add(self.x).multiply(other.y.add(other.x));
        let c = self.t.multiply(other.t).multiply(D);
        let c = c.add(c).reduce();
        let d = self.z.multiply(other.z);
        let d = d.add(d).reduce();
        let (e, f, g, h) = (b.subtract(a), d.subtract(c), d.add(c), b.add(a));
        Self { x: e.multiply(f), y: g.multiply(h), z: f.multiply(g), t: e.multiply(h) }
    }

    /// `factor` times the point, for a factor below 8.
    pub(crate) fn times(self, factor: u8) -> Self {
        [4, 2, 1].into_iter().fold(Self::ZERO, |sum, bit| {
            let double = sum.add(sum);
            if factor & bit == 0 { double } else { double.add(self) }
        })
    }

    /// Whether the point is four times another, for a point that has not small order: whether its order divides 2·L.
    pub(crate) fn is_quadruple(self) -> bool {
        let Self { x, y, z, .. } = self;
        let difference = z.multiply(FieldNumber::ROOT_OF_MINUS_ONE).subtract(x);
        let factor = difference.multiply(x).multiply(z.subtract(y)).square();
        let rest = z.square().subtract(y.square());
        factor.multiply(rest).multiply(A_PLUS_2).is_fourth_power()
    }

    /// Whether the point is eight times another: whether it is in the main subgroup.
    pub(crate) fn is_octuple(self) -> bool {
        let Self { x, y, z, .. } = self;
        let (sum, difference) = (z.add(y), z.subtract(y));
        if x.is_zero() {
            // Zero, or the point of order 2.
            return difference.reduce().is_zero();
        }
        // The point is twice another if u has a root r. That other one, (u₁, w₁) with w = v / u, has
        // w₁² = 2·u + A ± 2·w·r, where one of the two signs gives a square, and 2·u₁ = w₁² − A ± 2·r·w₁. The
        // product of both squares is A² − 4.
        let Root::Of(r) = FieldNumber::root_of_ratio(sum.reduce(), difference.reduce()) else {
            return false;
        };
        let twice_sum = sum.reduce().add(sum.reduce());
        let w_part = z.multiply(difference).multiply(r).multiply(C);
        let w_part = w_part.add(w_part).reduce();
        let rest = x.multiply(difference).multiply(A).add(x.multiply(twice_sum)).reduce();
        let square = FieldNumber::root_of_ratio(rest.add(w_part).reduce(), x.multiply(difference));
        let (numerator, denominator, r) = match square {
            Root::Of(w) => (w, FieldNumber::ONE, r),
            Root::OfRatioTimes { root, is_minus: false } => (KAPPA, root, r.negate()),
            Root::OfRatioTimes { root, is_minus: true } => {
                (KAPPA.multiply(FieldNumber::ROOT_OF_MINUS_ONE), root, r.negate())
            }
        };
        is_quadruple(numerator, denominator, r)
    }
}

/// Whether (u₁, w₁) is four times another point, where w₁ = a / b and 2·u₁ = w₁² − A + 2·r·w₁: whether
/// u₁·(w₁ − λ)² is a fourth power.
fn is_quadruple(a: FieldNumber, b: FieldNumber, r: FieldNumber) -> bool {
    let twice_product = a.multiply(b).multiply(r);
    let twice_product = twice_product.add(twice_product).reduce();
    let twice_u = a.square().subtract(b.square().multiply(A)).reduce().add(twice_product);
    let difference = a.subtract(b.multiply(LAMBDA)).square();
    // 8 and 1/2 differ by a fourth power; so do b⁴ and 1.
    twice_u.multiply(difference).multiply(FieldNumber::from_small(8)).is_fourth_power()
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use curve25519_dalek::{
        constants::EIGHT_TORSION, edwards::CompressedEdwardsY, edwards::EdwardsPoint,
        scalar::Scalar,
    };

    use super::*;
    use crate::blake2b::Blake2b;

    /// Points of the main subgroup, and each of them moved by the points of small order: index, point.
    fn points() -> Vec<(usize, EdwardsPoint)> {
        let points = (0..20_u8).map(|seed| {
            let scalar = Scalar::from_bytes_mod_order(Blake2b::new().chain(&[seed]).finalize());
            EdwardsPoint::mul_base(&scalar)
        });
        points
            .flat_map(|point| EIGHT_TORSION.map(|torsion| point + torsion).into_iter().enumerate())
            .collect()
    }

    fn ours(point: &EdwardsPoint) -> Point {
        Point::decompress(&point.compress().to_bytes()).unwrap()
    }

    #[test]
    fn subgroups_are_told_apart() {
        for (index, point) in points() {
            let ours = ours(&point);
            assert_eq!(ours.is_octuple(), index == 0, "{index}");
            assert_eq!(ours.is_octuple(), point.is_torsion_free(), "{index}");
            assert_eq!(ours.is_quadruple(), index % 4 == 0, "{index}");
            assert!(!ours.is_small_order());
            // Also when Z is not 1.
            let tripled = ours.times(3);
            assert_eq!(tripled.is_octuple(), index == 0, "3 · {index}");
            assert_eq!(tripled.is_quadruple(), index % 4 == 0, "3 · {index}");
        }
        for (index, torsion) in EIGHT_TORSION.iter().enumerate() {
            let ours = ours(torsion);
            assert!(ours.is_small_order(), "{index}");
            assert_eq!(ours.is_octuple(), index == 0, "{index}");
        }
    }

    #[test]
    fn sums_are_those_of_the_curve_library() {
        let affine = |point: Point| {
            let inverse = point.z.invert();
            [point.x, point.y].map(|number| number.multiply(inverse).to_bytes())
        };
        let points = points();
        for ((_, left), (_, right)) in points.iter().zip(points.iter().skip(7)) {
            let sum = affine(ours(left).add(ours(right)));
            assert_eq!(sum, affine(ours(&(left + right))));
            for factor in 0..8_u8 {
                let multiple = (0..factor).fold(EIGHT_TORSION[0], |sum, _| sum + left);
                assert_eq!(affine(ours(left).times(factor)), affine(ours(&multiple)), "{factor}");
            }
        }
    }

    #[test]
    fn encodings_are_read_as_the_curve_library_reads_them() {
        let hashes = (0..=255_u8).map(|seed| Blake2b::new().chain(&[seed]).finalize());
        let edges = (0..=255_u8).flat_map(|low| {
            [0x00, 0x7f, 0x80, 0xff].map(|high| {
                let mut bytes = [if high & 0x7f == 0 { 0 } else { 0xff }; 32];
                (bytes[0], bytes[31]) = (low, high);
                bytes
            })
        });
        for encoding in hashes.chain(edges) {
            let theirs = CompressedEdwardsY(encoding).decompress();
            let ours = Point::decompress(&encoding);
            assert_eq!(ours.is_some(), theirs.is_some(), "{encoding:?}");
            if let (Some(ours), Some(theirs)) = (ours, theirs) {
                let canonical = theirs.compress().to_bytes();
                let mut y = canonical;
                y[31] &= 0x7f;
                assert_eq!((ours.x.is_odd(), ours.y.to_bytes()), (canonical[31] >> 7 == 1, y));
                assert_eq!(ours.is_small_order(), theirs.is_small_order());
                if !ours.is_small_order() {
                    assert_eq!(ours.to_u(), theirs.to_montgomery().to_bytes());
                }
            }
        }
    }

    #[test]
    fn the_constants_are_what_they_say() {
        let square = |number: FieldNumber| number.square().to_bytes();
        let i = FieldNumber::ROOT_OF_MINUS_ONE;
        assert_eq!(square(i), FieldNumber::ONE.negate().to_bytes());
        assert_eq!(square(LAMBDA), A_PLUS_2.to_bytes());
        assert_eq!(C.to_bytes(), LAMBDA.multiply(i).to_bytes());
        let b = A.square().subtract(FieldNumber::from_small(4)).reduce();
        assert_eq!(square(KAPPA), b.multiply(i).to_bytes());
        let d = D.multiply(FieldNumber::from_small(121_666));
        assert_eq!(d.to_bytes(), FieldNumber::from_small(121_665).negate().to_bytes());
    }
}
