//! Codes of the three numbers in a sequence, and the tables that the format has for them (RFC 8878 §3.1.1.3.2).

use super::fse::Distribution;

/// Shortest match of the format, in bytes.
pub(super) const MIN_MATCH: u32 = 3;

/// No kind of number has more codes.
pub(super) const MAX_CODES: usize = 53;

/// A number as the format splits it: a code, which an FSE table encodes, and some bits as they are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Coded {
    pub(super) code: u8,
    pub(super) extra: u32,
    pub(super) width: u32,
}

impl Coded {
    /// All values of a code share what is above its extra bits, as every code starts at a multiple of its size.
    fn new(code: u32, value: u32, width: u32) -> Self {
        let code = u8::try_from(code).unwrap_or(u8::MAX);
        Self { code, extra: value & ((1 << width) - 1), width }
    }
}

/// A number of literals, below 2^17.
pub(super) fn literal_length(length: u32) -> Coded {
    let (code, width) = match length {
        0..=15 => (length, 0),
        16..=23 => (16 + (length - 16) / 2, 1),
        24..=31 => (20 + (length - 24) / 4, 2),
        32..=47 => (22 + (length - 32) / 8, 3),
        48..=63 => (24, 4),
        _ => (19 + length.ilog2(), length.ilog2()),
    };
    Coded::new(code, length, width)
}

/// The length of a match, from [`MIN_MATCH`] to 2^17 + 2.
pub(super) fn match_length(length: u32) -> Coded {
    let above = length.saturating_sub(MIN_MATCH);
    let (code, width) = match above {
        0..=31 => (above, 0),
        32..=39 => (32 + (above - 32) / 2, 1),
        40..=47 => (36 + (above - 40) / 4, 2),
        48..=63 => (38 + (above - 48) / 8, 3),
        64..=95 => (40 + (above - 64) / 16, 4),
        96..=127 => (42, 5),
        _ => (36 + above.ilog2(), above.ilog2()),
    };
    Coded::new(code, above, width)
}

/// A distance plus 3, or 1 to 3 for a repeated one.
pub(super) fn offset(value: u32) -> Coded {
    let code = value.max(1).ilog2();
    Coded::new(code, value, code)
}

/// Which of the three numbers of a sequence.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    LiteralLength,
    Offset,
    MatchLength,
}

impl Kind {
    /// Largest table that may be described: 2 to the power of this.
    pub(super) const fn max_log(self) -> u32 {
        match self {
            Self::LiteralLength | Self::MatchLength => 9,
            Self::Offset => 8,
        }
    }

    /// The table that need not be described (§3.1.1.3.2.2).
    pub(super) fn predefined(self) -> Distribution {
        match self {
            Self::LiteralLength => Distribution::new(6, &LITERAL_LENGTHS),
            Self::Offset => Distribution::new(5, &OFFSETS),
            Self::MatchLength => Distribution::new(6, &MATCH_LENGTHS),
        }
    }
}

const LITERAL_LENGTHS: [i16; 36] = [
    4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1,
    -1, -1, -1, -1,
];

const MATCH_LENGTHS: [i16; 53] = [
    1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
];

const OFFSETS: [i16; 29] =
    [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1];

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits of the codes as the tables of §3.1.1.3.2.1.1 have them; every code starts where the one before ends.
    #[test]
    fn codes_are_those_of_the_format() {
        let few = [1, 1, 1, 1, 2, 2, 3, 3, 4, 6];
        each_code(0, [0; 16].into_iter().chain(few).chain(7..=16), literal_length);
        let few = [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5];
        each_code(MIN_MATCH, [0; 32].into_iter().chain(few).chain(7..=16), match_length);
    }

    fn each_code(mut first: u32, widths: impl Iterator<Item = u32>, coded: fn(u32) -> Coded) {
        for (code, width) in (0..).zip(widths) {
            let last = (1 << width) - 1;
            assert_eq!(coded(first), Coded { code, extra: 0, width }, "{first}");
            assert_eq!(coded(first + last), Coded { code, extra: last, width }, "{first} + {last}");
            first += 1 << width;
        }
    }

    #[test]
    fn offsets_have_as_many_bits_as_their_code_says() {
        for (value, code, extra) in
            [(1, 0, 0), (2, 1, 0), (3, 1, 1), (4, 2, 0), (7, 2, 3), (1 << 27, 27, 0)]
        {
            assert_eq!(offset(value), Coded { code, extra, width: code.into() }, "{value}");
        }
    }
}
