//! Numbers mod p = 2^255 − 19, in constant time unless a function says otherwise: what X25519, the conversions
//! between the two forms of a key and the tests of subgroups need. The curve library keeps its own numbers to itself,
//! and its X25519 is slower.
//!
//! Four limbs of 64 bits take the fewest multiplications that 64-bit machines have: 16 and 4 for a product. Carries
//! are the flags of additions, never conditions.

use subtle::{Choice, ConditionallySelectable as _};
use zeroize::Zeroize;

/// A number mod p: four limbs, the least first, together below 2^255 + 2^24.
#[derive(Clone, Copy, Zeroize)]
pub(crate) struct FieldNumber([u64; 4]);

/// A sum or difference, anything below 2^256: ready to be a factor, but not for another sum.
#[derive(Clone, Copy)]
pub(crate) struct Sum([u64; 4]);

/// What [`FieldNumber::root_of_ratio`] finds.
pub(crate) enum Root {
    /// The root; the other one is its negative.
    Of(FieldNumber),
    /// There is none: this is the root of the ratio times the root of −1, or times minus that root.
    OfRatioTimes { root: FieldNumber, is_minus: bool },
}

/// All bits of the last limb but bit 255 of the number.
const LOW_63: u64 = u64::MAX >> 1;

impl FieldNumber {
    pub(crate) const ZERO: Self = Self([0; 4]);
    pub(crate) const ONE: Self = Self([1, 0, 0, 0]);

    pub(crate) const ROOT_OF_MINUS_ONE: Self = Self([
        0xc4ee_1b27_4a0e_a0b0,
        0x2f43_1806_ad2f_e478,
        0x2b4d_0099_3dfb_d7a7,
        0x2b83_2480_4fc1_df0b,
    ]);

    pub(crate) const fn from_small(number: u64) -> Self {
        Self([number, 0, 0, 0])
    }

    /// Number of its limbs, below 2^255.
    pub(crate) const fn from_limbs(limbs: [u64; 4]) -> Self {
        Self(limbs)
    }

    /// Number of its bytes, little-endian, of which bit 255 is ignored.
    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Self {
        let (limbs, _) = bytes.as_chunks::<8>();
        let limb = |i| limbs.get(i).map_or(0, |limb| u64::from_le_bytes(*limb));
        Self([limb(0), limb(1), limb(2), limb(3) & LOW_63])
    }

    /// The bytes of the number below p.
    pub(crate) fn to_bytes(self) -> [u8; 32] {
        let number = fold(self.0, 0).0;
        // Below p + 38, so that p is to be taken away once or not at all: 19 more show which.
        let [.., last] = add(number, [19, 0, 0, 0]).0;
        let [a, b, c, last] = add(number, [19 * (last >> 63), 0, 0, 0]).0;
        let mut bytes = [0; 32];
        let (limbs, _) = bytes.as_chunks_mut::<8>();
        for (to, limb) in limbs.iter_mut().zip([a, b, c, last & LOW_63]) {
            *to = limb.to_le_bytes();
        }
        bytes
    }

    /// Exchanges the two numbers if `choice` says so.
    #[inline(always)]
    pub(crate) fn conditional_swap(&mut self, other: &mut Self, choice: Choice) {
        for (left, right) in self.0.iter_mut().zip(&mut other.0) {
            u64::conditional_swap(left, right, choice);
        }
    }

    #[inline(always)]
    pub(crate) fn add(self, other: Self) -> Sum {
        // Where 2^256 overflows, less than 2^25 is left, and room for the 38 that 2^256 is.
        let ([a, b, c, d], carry) = add(self.0, other.0);
        Sum([a.wrapping_add(38 * u64::from(carry)), b, c, d])
    }

    #[inline(always)]
    pub(crate) fn subtract(self, other: Self) -> Sum {
        // Where zero is crossed, more than 2^254 is left, from which the 38 that 2^256 is can be taken.
        let (difference, borrow) = subtract(self.0, other.0);
        Sum(subtract(difference, [38 * u64::from(borrow), 0, 0, 0]).0)
    }

    #[inline(always)]
    pub(crate) fn multiply(self, other: impl Into<Sum>) -> Self {
        Sum(self.0).multiply(other)
    }

    #[inline(always)]
    pub(crate) fn square(self) -> Self {
        Sum(self.0).square()
    }

    /// 1 / self, and 0 for 0: the power p − 2 (Fermat).
    pub(crate) fn invert(self) -> Self {
        // In binary p − 2 is 250 ones, then 01011.
        let eleven = self.square_times(3).multiply(self.square()).multiply(self);
        self.to_250_ones().square_times(5).multiply(eleven)
    }

    /// The root of `numerator` / `denominator`, which is not 0. For public data.
    ///
    /// With h = n·d³·(n·d⁷)^((p − 5) / 8), the ratio of d·h² to n is a fourth root of 1 (p is 5 mod 8).
    pub(crate) fn root_of_ratio(numerator: Self, denominator: Self) -> Root {
        let cube = denominator.square().multiply(denominator);
        let base = cube.square().multiply(denominator).multiply(numerator);
        let power = base.to_250_ones().square_times(2).multiply(base);
        let root = numerator.multiply(cube).multiply(power);
        let square = root.square().multiply(denominator);
        let times_i = numerator.multiply(Self::ROOT_OF_MINUS_ONE);
        if square.equals(numerator) {
            Root::Of(root)
        } else if square.equals(numerator.negate()) {
            Root::Of(root.multiply(Self::ROOT_OF_MINUS_ONE))
        } else {
            Root::OfRatioTimes { root, is_minus: !square.equals(times_i) }
        }
    }

    /// Whether the number is the fourth power of another, not 0: its power (p − 1) / 4 is 1. For public data.
    pub(crate) fn is_fourth_power(self) -> bool {
        let three = self.square().multiply(self);
        self.to_250_ones().square_times(3).multiply(three).equals(Self::ONE)
    }

    pub(crate) fn is_odd(self) -> bool {
        let [first, ..] = self.to_bytes();
        first & 1 == 1
    }

    pub(crate) fn is_zero(self) -> bool {
        self.to_bytes() == [0; 32]
    }

    pub(crate) fn negate(self) -> Self {
        Self::ZERO.subtract(self).reduce()
    }

    fn equals(self, other: Self) -> bool {
        self.subtract(other).reduce().is_zero()
    }

    /// The power of 250 ones in binary: 2^250 − 1.
    fn to_250_ones(self) -> Self {
        let three = self.square().multiply(self);
        let ones_5 = three.square_times(2).multiply(three).square().multiply(self);
        let ones_10 = ones_5.square_times(5).multiply(ones_5);
        let ones_20 = ones_10.square_times(10).multiply(ones_10);
        let ones_40 = ones_20.square_times(20).multiply(ones_20);
        let ones_50 = ones_40.square_times(10).multiply(ones_10);
        let ones_100 = ones_50.square_times(50).multiply(ones_50);
        let ones_200 = ones_100.square_times(100).multiply(ones_100);
        ones_200.square_times(50).multiply(ones_50)
    }

    fn square_times(self, times: u32) -> Self {
        (0..times).fold(self, |number, _| number.square())
    }
}

impl From<FieldNumber> for Sum {
    #[inline(always)]
    fn from(number: FieldNumber) -> Self {
        Self(number.0)
    }
}

impl Sum {
    /// The number itself, ready for another sum.
    pub(crate) fn reduce(self) -> FieldNumber {
        fold(self.0, 0)
    }

    #[inline(always)]
    pub(crate) fn multiply(self, other: impl Into<Self>) -> FieldNumber {
        let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (self.0, other.into().0);
        // Row by row: all of `self` times one limb of `other`, added to the rows before.
        let (r0, carry) = multiply_add(a0, b0, 0, 0);
        let (r1, carry) = multiply_add(a1, b0, 0, carry);
        let (r2, carry) = multiply_add(a2, b0, 0, carry);
        let (r3, r4) = multiply_add(a3, b0, 0, carry);
        let (r1, carry) = multiply_add(a0, b1, r1, 0);
        let (r2, carry) = multiply_add(a1, b1, r2, carry);
        let (r3, carry) = multiply_add(a2, b1, r3, carry);
        let (r4, r5) = multiply_add(a3, b1, r4, carry);
        let (r2, carry) = multiply_add(a0, b2, r2, 0);
        let (r3, carry) = multiply_add(a1, b2, r3, carry);
        let (r4, carry) = multiply_add(a2, b2, r4, carry);
        let (r5, r6) = multiply_add(a3, b2, r5, carry);
        let (r3, carry) = multiply_add(a0, b3, r3, 0);
        let (r4, carry) = multiply_add(a1, b3, r4, carry);
        let (r5, carry) = multiply_add(a2, b3, r5, carry);
        let (r6, r7) = multiply_add(a3, b3, r6, carry);
        reduce([r0, r1, r2, r3], [r4, r5, r6, r7])
    }

    #[inline(always)]
    pub(crate) fn square(self) -> FieldNumber {
        let [a0, a1, a2, a3] = self.0;
        // The products of two different limbs, each of which counts twice, …
        let (r1, carry) = multiply_add(a0, a1, 0, 0);
        let (r2, carry) = multiply_add(a0, a2, 0, carry);
        let (r3, r4) = multiply_add(a0, a3, 0, carry);
        let (r3, carry) = multiply_add(a1, a2, r3, 0);
        let (r4, r5) = multiply_add(a1, a3, r4, carry);
        let (r5, r6) = multiply_add(a2, a3, r5, 0);
        let r7 = r6 >> 63;
        let r6 = (r6 << 1) | (r5 >> 63);
        let r5 = (r5 << 1) | (r4 >> 63);
        let r4 = (r4 << 1) | (r3 >> 63);
        let r3 = (r3 << 1) | (r2 >> 63);
        let r2 = (r2 << 1) | (r1 >> 63);
        let r1 = r1 << 1;
        // … then the squares of the limbs.
        let [(r0, s1), (s2, s3), (s4, s5), (s6, s7)] =
            [a0, a1, a2, a3].map(|limb| multiply_add(limb, limb, 0, 0));
        let (r1, carry) = r1.overflowing_add(s1);
        let (r2, carry) = add_carry(r2, s2, carry);
        let (r3, carry) = add_carry(r3, s3, carry);
        let (r4, carry) = add_carry(r4, s4, carry);
        let (r5, carry) = add_carry(r5, s5, carry);
        let (r6, carry) = add_carry(r6, s6, carry);
        let (r7, _) = add_carry(r7, s7, carry);
        reduce([r0, r1, r2, r3], [r4, r5, r6, r7])
    }

    /// Product with a number below 2^17.
    #[inline(always)]
    pub(crate) fn multiply_small(self, factor: u32) -> FieldNumber {
        let ([a, b, c, d], factor) = (self.0, u64::from(factor));
        let (a, carry) = multiply_add(a, factor, 0, 0);
        let (b, carry) = multiply_add(b, factor, 0, carry);
        let (c, carry) = multiply_add(c, factor, 0, carry);
        let (d, carry) = multiply_add(d, factor, 0, carry);
        fold([a, b, c, d], carry)
    }
}

/// `low` + 2^256 · `high`, where 2^256 is 38.
#[inline(always)]
fn reduce(low: [u64; 4], high: [u64; 4]) -> FieldNumber {
    let ([l0, l1, l2, l3], [h0, h1, h2, h3]) = (low, high);
    let (a, carry) = multiply_add(h0, 38, l0, 0);
    let (b, carry) = multiply_add(h1, 38, l1, carry);
    let (c, carry) = multiply_add(h2, 38, l2, carry);
    let (d, carry) = multiply_add(h3, 38, l3, carry);
    fold([a, b, c, d], carry)
}

/// `low` + 2^256 · `high`, for a `high` below 2^18: 2^255 is 19.
#[inline(always)]
fn fold(low: [u64; 4], high: u64) -> FieldNumber {
    let [a, b, c, d] = low;
    let above_255 = (high << 1) | (d >> 63);
    FieldNumber(add([a, b, c, d & LOW_63], [19 * above_255, 0, 0, 0]).0)
}

/// a · b + c + d, the lower half first. It is at most 2^128 − 1.
#[inline(always)]
#[expect(clippy::as_conversions, reason = "the halves of a number")]
const fn multiply_add(a: u64, b: u64, c: u64, d: u64) -> (u64, u64) {
    let sum = (a as u128).wrapping_mul(b as u128).wrapping_add(c as u128).wrapping_add(d as u128);
    (sum as u64, (sum >> 64) as u64)
}

#[inline(always)]
fn add(left: [u64; 4], right: [u64; 4]) -> ([u64; 4], bool) {
    let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (left, right);
    let (a, carry) = a0.overflowing_add(b0);
    let (b, carry) = add_carry(a1, b1, carry);
    let (c, carry) = add_carry(a2, b2, carry);
    let (d, carry) = add_carry(a3, b3, carry);
    ([a, b, c, d], carry)
}

#[inline(always)]
fn subtract(left: [u64; 4], right: [u64; 4]) -> ([u64; 4], bool) {
    let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (left, right);
    let (a, borrow) = a0.overflowing_sub(b0);
    let (b, borrow) = subtract_borrow(a1, b1, borrow);
    let (c, borrow) = subtract_borrow(a2, b2, borrow);
    let (d, borrow) = subtract_borrow(a3, b3, borrow);
    ([a, b, c, d], borrow)
}

#[inline(always)]
fn add_carry(a: u64, b: u64, carry: bool) -> (u64, bool) {
    let (sum, first) = a.overflowing_add(b);
    let (sum, second) = sum.overflowing_add(u64::from(carry));
    (sum, first | second)
}

#[inline(always)]
fn subtract_borrow(a: u64, b: u64, borrow: bool) -> (u64, bool) {
    let (difference, first) = a.overflowing_sub(b);
    let (difference, second) = difference.overflowing_sub(u64::from(borrow));
    (difference, first | second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::hex;

    fn number(text: &str) -> FieldNumber {
        FieldNumber::from_bytes(&hex::decode_array(text).unwrap())
    }

    fn small(number: u8) -> FieldNumber {
        let mut bytes = [0; 32];
        bytes[0] = number;
        FieldNumber::from_bytes(&bytes)
    }

    /// 2^255 − 19 + `above`, for −19 ≤ `above` ≤ 18.
    fn near_p(above: i16) -> FieldNumber {
        let mut bytes = [0xff; 32];
        bytes[0] = u8::try_from(0xed + above).unwrap();
        bytes[31] = 0x7f;
        FieldNumber::from_bytes(&bytes)
    }

    #[test]
    fn numbers_are_reduced_and_bit_255_is_ignored() {
        for above in 0..=18 {
            assert_eq!(near_p(above).to_bytes()[0], u8::try_from(above).unwrap());
            assert_eq!(near_p(above).to_bytes()[1..], [0; 31]);
        }
        assert_eq!(near_p(-1).to_bytes()[0], 0xec);
        assert_eq!(FieldNumber::from_bytes(&[0xff; 32]).to_bytes(), small(18).to_bytes());
    }

    #[test]
    fn sums_and_differences_wrap_around_p() {
        for a in 0..=19 {
            for b in 0..=19 {
                let sum = near_p(-i16::from(a)).add(small(b)).reduce();
                let expected =
                    if a <= b { small(b - a) } else { near_p(i16::from(b) - i16::from(a)) };
                assert_eq!(sum.to_bytes(), expected.to_bytes(), "−{a} + {b}");
                let difference = small(b).subtract(small(a)).reduce();
                assert_eq!(difference.to_bytes(), expected.to_bytes(), "{b} − {a}");
            }
        }
    }

    /// What a product may be at most before it is reduced, and what comes of it.
    const GREATEST: FieldNumber = FieldNumber([(1 << 24) - 1, 0, 0, 1 << 63]);
    const GREATEST_MOD_P: u32 = (1 << 24) + 18;

    fn number_of(small: u32) -> FieldNumber {
        FieldNumber([u64::from(small), 0, 0, 0])
    }

    #[test]
    fn the_greatest_limbs_there_are() {
        let bytes = |number: FieldNumber| hex::encode(&number.to_bytes());
        let sum = GREATEST.add(GREATEST);
        assert_eq!(bytes(sum.reduce()), bytes(number_of(2 * GREATEST_MOD_P)));
        let zero = GREATEST.subtract(number_of(GREATEST_MOD_P)).reduce();
        assert_eq!(bytes(zero), bytes(FieldNumber::ZERO));
        let negative = FieldNumber::ZERO.subtract(GREATEST).multiply(GREATEST);
        let square = number_of(GREATEST_MOD_P).square();
        assert_eq!(bytes(GREATEST.square()), bytes(square));
        assert_eq!(bytes(negative.add(square).reduce()), bytes(FieldNumber::ZERO));
        // 2^256 − 1 is 37.
        let ones = Sum([u64::MAX; 4]);
        assert_eq!(bytes(ones.multiply(ones)), bytes(number_of(37 * 37)));
        assert_eq!(bytes(ones.square()), bytes(number_of(37 * 37)));
        assert_eq!(bytes(ones.multiply_small(121_665)), bytes(number_of(37 * 121_665)));
        for number in [ones.multiply(ones), ones.square(), ones.multiply_small(121_665)] {
            assert!(number.0[3] < 1 << 63 || number.0[3] == 1 << 63 && number.0[0] < 1 << 24);
        }
    }

    /// Computed with the integers of Python.
    #[test]
    fn the_inverse_of_a_number_of_every_length() {
        let x = number("0bfe935e70c321c7ca3afc75ce0d0ca2f98b5422e008bb31c00c6d7f1f1c0a56");
        let inverse = "bc0a5f6d9135bf694f7580efc30cbaaf0ac2a14e14ade5b6dfcec14069f97927";
        assert_eq!(hex::encode(&x.invert().to_bytes()), inverse);
        assert_eq!(x.multiply(x.invert()).to_bytes(), FieldNumber::ONE.to_bytes());
        assert_eq!(small(0).invert().to_bytes(), [0; 32]);
        assert_eq!(near_p(0).invert().to_bytes(), [0; 32]);
        assert_eq!(near_p(-1).invert().to_bytes(), near_p(-1).to_bytes());
        assert_eq!(x.square().to_bytes(), x.multiply(x).to_bytes());
    }
}
