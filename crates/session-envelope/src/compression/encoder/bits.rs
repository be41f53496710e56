//! Bit streams of zstd (RFC 8878 §4.1): filled from the lowest bit up, and read from the end if they are marked.

use alloc::vec::Vec;

/// Bits that are appended to bytes.
#[derive(Debug)]
pub(super) struct BitWriter<'a> {
    out: &'a mut Vec<u8>,
    waiting: u64,
    /// How many bits wait: below 32.
    count: u32,
}

impl<'a> BitWriter<'a> {
    pub(super) const fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, waiting: 0, count: 0 }
    }

    /// Appends the `count` lowest bits of `value`, at most 32; the others are zero.
    #[inline]
    pub(super) fn push(&mut self, value: u32, count: u32) {
        debug_assert!(u64::from(value) >> count == 0, "{value} in {count} bits");
        self.waiting |= u64::from(value) << self.count;
        self.count += count;
        if self.count >= 32 {
            let [a, b, c, d, ..] = self.waiting.to_le_bytes();
            self.out.extend_from_slice(&[a, b, c, d]);
            self.waiting >>= 32;
            self.count -= 32;
        }
    }

    /// Ends a stream that is read from its start: with zeros up to a whole byte.
    pub(super) fn pad(self) {
        let bytes = self.waiting.to_le_bytes();
        self.out.extend(bytes.iter().zip(0..self.count.div_ceil(8)).map(|(byte, _)| byte));
    }

    /// Ends a stream that is read from its end: with a bit that marks the end, then zeros.
    pub(super) fn mark(mut self) {
        self.push(1, 1);
        self.pad();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(values: &[(u32, u32)], end: impl FnOnce(BitWriter<'_>)) -> Vec<u8> {
        let mut out = Vec::new();
        let mut bits = BitWriter::new(&mut out);
        values.iter().for_each(|(value, count)| bits.push(*value, *count));
        end(bits);
        out
    }

    #[test]
    fn the_first_bit_is_the_lowest() {
        assert_eq!(written(&[(1, 1), (0, 2), (0b11, 2)], |bits| bits.pad()), [0b11001]);
        assert_eq!(written(&[(1, 1), (0, 2), (0b11, 2)], |bits| bits.mark()), [0b11_1001]);
        assert_eq!(written(&[(0xabc, 12)], |bits| bits.pad()), [0xbc, 0x0a]);
    }

    #[test]
    fn whole_bytes_have_no_padding_but_a_mark() {
        assert!(written(&[], |bits| bits.pad()).is_empty());
        assert_eq!(written(&[], |bits| bits.mark()), [1]);
        for count in [8, 16, 24, 32] {
            let bytes = usize::try_from(count / 8).unwrap();
            assert_eq!(written(&[(0, count)], |bits| bits.pad()), [0].repeat(bytes));
            assert_eq!(
                written(&[(0, count)], |bits| bits.mark()),
                [&[0].repeat(bytes), &[1][..]].concat()
            );
        }
    }

    #[test]
    fn numbers_of_32_bits_fit_after_31() {
        let words = written(&[(0x7fff_ffff, 31), (u32::MAX, 32), (0, 1)], |bits| bits.pad());
        assert_eq!(words, u64::MAX.wrapping_shr(1).to_le_bytes());
    }
}
