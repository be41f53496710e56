//! Numbers mod p = 2^255 − 19, as far as the Ed25519 form of an X25519 key needs them (01 §6.2). For public data: the
//! curve library keeps its own to itself, and converts points of the curve only.

/// Bits of a limb: five of them make the 255 bits of a number.
const LIMB_BITS: u32 = 51;
const LIMB_MASK: u128 = (1 << LIMB_BITS) - 1;

/// A number mod p in five limbs, the least first. The first may be a little more than 51 bits long.
#[derive(Clone, Copy)]
pub(crate) struct FieldNumber([u128; 5]);

impl FieldNumber {
    pub(crate) const ONE: Self = Self([1, 0, 0, 0, 0]);

    /// Number of its bytes, little-endian, of which bit 255 is ignored.
    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Self {
        let [low, high] = halves(bytes);
        let limbs = [low, low >> 51, (low >> 102) | (high << 26), high >> 25, high >> 76];
        Self(limbs.map(|limb| limb & LIMB_MASK))
    }

    /// The bytes of the number below p.
    pub(crate) fn to_bytes(self) -> [u8; 32] {
        // Below 2 · p, so that p is to be taken away once or not at all: 19 more show which.
        let times_p = self.0.into_iter().fold(19, |carry, limb| (carry + limb) >> LIMB_BITS);
        // To take p away is to add 19 and to drop the bit 255 that comes of it.
        let mut carry = 19 * times_p;
        let [a, b, c, d, e] = self.0.map(|limb| {
            let sum = limb + carry;
            carry = sum >> LIMB_BITS;
            sum & LIMB_MASK
        });
        let low = a | (b << 51) | (c << 102);
        let high = (c >> 26) | (d << 25) | (e << 76);
        let mut bytes = [0; 32];
        let halves = low.to_le_bytes().into_iter().chain(high.to_le_bytes());
        bytes.iter_mut().zip(halves).for_each(|(to, from)| *to = from);
        bytes
    }

    pub(crate) fn add(self, other: Self) -> Self {
        let mut sum = self.0;
        sum.iter_mut().zip(other.0).for_each(|(to, limb)| *to += limb);
        carry(sum)
    }

    pub(crate) fn subtract(self, other: Self) -> Self {
        /// 2 · p, limb by limb above every number.
        const TWICE_P: [u128; 5] =
            [2 * (LIMB_MASK - 18), 2 * LIMB_MASK, 2 * LIMB_MASK, 2 * LIMB_MASK, 2 * LIMB_MASK];
        let mut difference = self.0;
        for ((to, above), limb) in difference.iter_mut().zip(TWICE_P).zip(other.0) {
            *to += above - limb;
        }
        carry(difference)
    }

    pub(crate) fn multiply(self, other: Self) -> Self {
        // From the greatest limb down: shift the sum by a limb, where 2^255 is 19, and add a multiple.
        other.0.into_iter().rev().fold(Self([0; 5]), |Self([a, b, c, d, e]), limb| {
            let mut sum = [19 * e, a, b, c, d];
            sum.iter_mut().zip(self.0).for_each(|(to, factor)| *to += factor * limb);
            carry(sum)
        })
    }

    /// 1 / self, and 0 for 0: the power p − 2 (Fermat).
    pub(crate) fn invert(self) -> Self {
        // Of p − 2 the binary form is 250 ones, then 01011.
        let three = self.squared(1).multiply(self);
        let ones_5 = three.squared(2).multiply(three).squared(1).multiply(self);
        let ones_10 = ones_5.squared(5).multiply(ones_5);
        let ones_20 = ones_10.squared(10).multiply(ones_10);
        let ones_40 = ones_20.squared(20).multiply(ones_20);
        let ones_50 = ones_40.squared(10).multiply(ones_10);
        let ones_100 = ones_50.squared(50).multiply(ones_50);
        let ones_200 = ones_100.squared(100).multiply(ones_100);
        let ones_250 = ones_200.squared(50).multiply(ones_50);
        let eleven = self.squared(3).multiply(three);
        ones_250.squared(5).multiply(eleven)
    }

    fn squared(self, times: u32) -> Self {
        (0..times).fold(self, |number, _| number.multiply(number))
    }
}

/// Limbs of 51 bits again, but for a few units in the first; the limbs may have up to 120 bits.
fn carry(limbs: [u128; 5]) -> FieldNumber {
    // The first round leaves up to 75 bits in the first limb, the second less than 52.
    FieldNumber(carry_round(carry_round(limbs)))
}

fn carry_round(limbs: [u128; 5]) -> [u128; 5] {
    let mut carry = 0;
    let [first, rest @ ..] = limbs.map(|limb| {
        let sum = limb + carry;
        carry = sum >> LIMB_BITS;
        sum & LIMB_MASK
    });
    let [a, b, c, d] = rest;
    [first + 19 * carry, a, b, c, d]
}

fn halves(bytes: &[u8; 32]) -> [u128; 2] {
    let (halves, _) = bytes.as_chunks::<16>();
    core::array::from_fn(|half| halves.get(half).map_or(0, |bytes| u128::from_le_bytes(*bytes)))
}

#[cfg(test)]
mod tests {
    use alloc::format;

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
                let sum = near_p(-i16::from(a)).add(small(b));
                let expected =
                    if a <= b { small(b - a) } else { near_p(i16::from(b) - i16::from(a)) };
                assert_eq!(sum.to_bytes(), expected.to_bytes(), "−{a} + {b}");
                let difference = small(b).subtract(small(a));
                assert_eq!(difference.to_bytes(), expected.to_bytes(), "{b} − {a}");
            }
        }
        // The greatest limbs there are.
        let greatest = FieldNumber::from_bytes(&[0xff; 32]);
        assert_eq!(greatest.add(greatest).to_bytes(), small(36).to_bytes());
        assert_eq!(small(0).subtract(greatest).to_bytes(), near_p(-18).to_bytes());
        assert_eq!(
            greatest.multiply(greatest).to_bytes(),
            number(&format!("4401{:0<60}", "")).to_bytes()
        );
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
    }
}
