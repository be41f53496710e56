//! Finite state entropy (RFC 8878 §4.1): numbers in about as many bits as their frequency deserves.
//!
//! A decoder is in one of `2^log` states. Each state stands for a symbol, and says how many bits to read to come to
//! the next state. An encoder goes the other way: it starts at the last symbol, and looks for the state of the symbol
//! before from which the bits lead to where it is.

use alloc::{vec, vec::Vec};

use super::bits::BitWriter;

/// Fewest states: 2^5.
pub(super) const MIN_LOG: u32 = 5;

/// How many of the states each symbol gets, by symbol. Symbols with -1 get one state, at the end of the table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Distribution {
    log: u32,
    shares: Vec<i16>,
}

impl Distribution {
    /// Shares that the format names.
    pub(super) fn new(log: u32, shares: &[i16]) -> Self {
        Self { log, shares: shares.to_vec() }
    }

    /// Shares of `2^log` states in proportion to `counts`: at least one for what occurs. `None` for fewer than two
    /// symbols, which need no states, or for more than there are states.
    pub(super) fn of_counts(counts: &[u32], log: u32) -> Option<Self> {
        let last = counts.iter().rposition(|count| *count > 0)?;
        let counts = counts.get(..=last)?;
        let used = counts.iter().filter(|count| **count > 0).count();
        if used < 2 || used > 1 << log {
            return None;
        }
        let total: u64 = counts.iter().map(|count| u64::from(*count)).sum();
        let share = |count: &u32| match (u64::from(*count) << log) / total {
            0 => i16::from(*count > 0),
            share => i16::try_from(share).unwrap_or(i16::MAX),
        };
        let mut shares: Vec<i16> = counts.iter().map(share).collect();
        let mut missing = (1 << log) - shares.iter().map(|share| i32::from(*share)).sum::<i32>();
        while missing != 0 {
            let step = if missing > 0 { 1 } else { -1 };
            let symbol = cheapest(counts, &shares, step)?;
            *shares.get_mut(symbol)? += step;
            missing -= i32::from(step);
        }
        Some(Self { log, shares })
    }

    /// Bits that symbols in these numbers take, in 256ths; `None` if one of them has no state.
    pub(super) fn cost(&self, counts: &[u32]) -> Option<u64> {
        let mut cost = 0;
        for (symbol, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let share = self.shares.get(symbol).filter(|share| **share != 0)?;
            let bits = (self.log << 8) - log2(share.unsigned_abs().into());
            cost += u64::from(*count) * u64::from(bits);
        }
        Some(cost)
    }

    /// Appends the description of the table (§4.1.1).
    pub(super) fn describe(&self, out: &mut Vec<u8>) {
        let mut bits = BitWriter::new(out);
        bits.push(self.log - MIN_LOG, 4);
        let mut left = 1_u32 << self.log;
        let mut zeros = 0_u32;
        for share in &self.shares {
            if *share == 0 && zeros > 0 {
                zeros += 1;
                continue;
            }
            repeat_zeros(&mut bits, &mut zeros);
            // 0 to `left` + 1, of which the lower ones take a bit less: as many as are left of a power of two.
            let value = u32::try_from(share + 1).unwrap_or_default();
            let width = u32::BITS - (left + 1).leading_zeros();
            let short = (1 << width) - 2 - left;
            if value < short {
                bits.push(value, width - 1);
            } else if value < 1 << (width - 1) {
                bits.push(value, width);
            } else {
                bits.push(value + short, width);
            }
            left -= u32::from(share.unsigned_abs());
            zeros = u32::from(*share == 0);
        }
        bits.pad();
    }
}

/// Writes how many more zeros follow a zero: in threes, then the rest. Nothing if the last share was no zero.
fn repeat_zeros(bits: &mut BitWriter<'_>, zeros: &mut u32) {
    if let Some(mut more) = zeros.checked_sub(1) {
        while more >= 3 {
            bits.push(3, 2);
            more -= 3;
        }
        bits.push(more, 2);
    }
}

/// Symbol for which a state more (or, for `step` -1, a state less) changes the length of the whole most favourably.
fn cheapest(counts: &[u32], shares: &[i16], step: i16) -> Option<usize> {
    // Of the symbols with `count` and `share`, a state more saves about count / (share + 1) and a state less costs
    // about count / (share - 1): fractions, which are compared crosswise.
    let weighed = counts.iter().zip(shares).enumerate().filter_map(|(symbol, (count, share))| {
        let share = u64::try_from(*share + step).ok().filter(|share| *share > 0)?;
        (*count > 0).then_some((symbol, u64::from(*count), share))
    });
    let best = weighed.reduce(|best, next| {
        let (ours, theirs) = (next.1 * best.2, best.1 * next.2);
        if (step > 0 && ours > theirs) || (step < 0 && ours < theirs) { next } else { best }
    });
    best.map(|(symbol, ..)| symbol)
}

/// Binary logarithm of a number from 1, in 256ths, rounded down.
fn log2(number: u32) -> u32 {
    let whole = number.max(1).ilog2();
    // From 1 to 2, with 31 bits after the point. A square has twice the logarithm.
    let mut rest = u64::from(number) << (31 - whole);
    let mut log = whole;
    for _ in 0..8 {
        rest = (rest * rest) >> 31;
        let is_above_two = rest >> 32;
        rest >>= is_above_two;
        log = log << 1 | u32::from(is_above_two > 0);
    }
    log
}

/// The ways between states, for encoding.
#[derive(Clone, Debug)]
pub(super) struct Table {
    log: u32,
    /// `2^log` + state, the states of one symbol in a row.
    states: Vec<u16>,
    symbols: Vec<Symbol>,
}

/// The states of a symbol.
#[derive(Clone, Copy, Debug, Default)]
struct Symbol {
    /// Where they start.
    start: u32,
    count: u32,
    /// Most bits that lead from one of them to another state.
    bits: u32,
}

/// Where an encoder is: `2^log` + state.
#[derive(Clone, Copy, Debug)]
pub(super) struct State(u32);

impl Table {
    /// The table of these shares (§4.1.1, "from normalized distribution to decoding tables").
    pub(super) fn new(distribution: &Distribution) -> Self {
        let log = distribution.log;
        let size = 1_u32 << log;
        let mut start = 0;
        let mut symbols = Vec::with_capacity(distribution.shares.len());
        for share in &distribution.shares {
            let count = u32::from(share.unsigned_abs());
            let bits = log - count.max(1).ilog2();
            symbols.push(Symbol { start, count, bits });
            start += count;
        }
        let mut next: Vec<u32> = symbols.iter().map(|symbol| symbol.start).collect();
        let mut states = vec![0; index(size)];
        for (state, symbol) in (size..).zip(spread(distribution)) {
            if let Some(next) = next.get_mut(usize::from(symbol)) {
                if let Some(slot) = states.get_mut(index(*next)) {
                    *slot = u16::try_from(state).unwrap_or_default();
                }
                *next += 1;
            }
        }
        Self { log, states, symbols }
    }

    /// A table of one symbol, which takes no bits.
    pub(super) fn of_one(symbol: u8) -> Self {
        let mut symbols = vec![Symbol::default(); usize::from(symbol)];
        symbols.push(Symbol { start: 0, count: 1, bits: 0 });
        Self { log: 0, states: vec![1], symbols }
    }

    /// State in which a decoder ends with this symbol: one that needs bits to be left.
    pub(super) fn last(&self, symbol: u8) -> State {
        let start = self.symbols.get(usize::from(symbol)).map_or(0, |symbol| symbol.start);
        self.state(start)
    }

    /// State of `symbol` from which a decoder comes to `state` by the bits that are written.
    #[inline]
    pub(super) fn before(&self, state: State, symbol: u8, bits: &mut BitWriter<'_>) -> State {
        let Symbol { start, count, bits: most } =
            self.symbols.get(usize::from(symbol)).copied().unwrap_or_default();
        let width = if state.0 < count << most { most.saturating_sub(1) } else { most };
        bits.push(state.0 & ((1 << width) - 1), width);
        self.state((start + (state.0 >> width)).wrapping_sub(count))
    }

    /// Writes the state in which a decoder starts.
    pub(super) fn first(&self, state: State, bits: &mut BitWriter<'_>) {
        bits.push(state.0 & ((1 << self.log) - 1), self.log);
    }

    #[inline]
    fn state(&self, place: u32) -> State {
        State(self.states.get(index(place)).copied().unwrap_or_default().into())
    }
}

/// The symbol of each state.
fn spread(distribution: &Distribution) -> Vec<u8> {
    let size = index(1 << distribution.log);
    let mut symbols = vec![0; size];
    let mut end = size;
    let numbered = || (0_u8..).zip(&distribution.shares);
    for (symbol, _) in numbered().filter(|(_, share)| **share < 0) {
        end -= 1;
        if let Some(slot) = symbols.get_mut(end) {
            *slot = symbol;
        }
    }
    let step = (size >> 1) + (size >> 3) + 3;
    let mut place = 0;
    for (symbol, share) in numbered() {
        for _ in 0..*share {
            if let Some(slot) = symbols.get_mut(place) {
                *slot = symbol;
            }
            place = (place + step) & (size - 1);
            while place >= end {
                place = (place + step) & (size - 1);
            }
        }
    }
    symbols
}

/// A number of 32 bits as an index.
#[inline]
fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(distribution: &Distribution) -> u32 {
        distribution.shares.iter().map(|share| u32::from(share.unsigned_abs())).sum()
    }

    #[test]
    fn shares_are_all_states_and_one_at_least() {
        let lopsided: Vec<u32> = (0..32).map(|n| if n == 7 { 1_000_000 } else { n % 2 }).collect();
        for counts in [&[1, 1][..], &[1, 0, 2], &[7, 1_000, 3, 3, 100], &lopsided, &[9; 32]] {
            let distribution = Distribution::of_counts(counts, MIN_LOG).unwrap();
            assert_eq!(sum(&distribution), 32, "{counts:?}");
            for (share, count) in distribution.shares.iter().zip(counts) {
                assert_eq!(*share > 0, *count > 0, "{counts:?}");
            }
        }
    }

    #[test]
    fn what_cannot_be_shared_is_refused() {
        for counts in [&[][..], &[0, 0], &[0, 5], &[1; 33]] {
            assert_eq!(Distribution::of_counts(counts, MIN_LOG), None, "{counts:?}");
        }
    }

    #[test]
    fn logarithms_are_right_to_a_256th() {
        for (number, log) in [(1, 0), (2, 256), (3, 405), (5, 594), (31, 1268), (1 << 20, 5120)] {
            assert_eq!(log2(number), log, "{number}");
        }
    }

    /// Shares of 16, 8, 4, 2, 1 and 1 of 32 cost 1, 2, 3, 4, 5 and 5 bits.
    #[test]
    fn the_cost_is_that_of_the_shares() {
        let distribution = Distribution::new(5, &[16, 8, 4, 2, -1, 1]);
        assert_eq!(distribution.cost(&[1, 1, 1, 1, 1, 1]), Some((1 + 2 + 3 + 4 + 5 + 5) << 8));
        assert_eq!(distribution.cost(&[0, 0, 0, 0, 0, 0, 1]), None);
    }

    /// From the rules of §4.1.1: 4 bits for the log, then 16 of 0 to 33 in 5 bits, 16 of 0 to 17 in 5 bits.
    #[test]
    fn descriptions_are_those_of_the_format() {
        let mut out = Vec::new();
        Distribution::new(5, &[16, 16]).describe(&mut out);
        // 17 is below 30 and takes 5 bits; of 0 to 17, 17 takes 5 bits as 17 + 14 = 31.
        assert_eq!(out, [0b0001_0000, 0b0011_1111]);
    }
}
