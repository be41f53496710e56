//! Huffman codes of literals (RFC 8878 §4.2).

use alloc::vec::Vec;

use super::{
    bits::BitWriter,
    fse::{Distribution, Table},
};

/// Most bits of a code.
const MAX_BITS: u8 = 11;
/// Largest table for the lengths of codes: 2 to the power of this.
const MAX_WEIGHTS_LOG: u32 = 6;
/// Most lengths that can be written as they are.
const MAX_DIRECT: usize = 128;

/// How often each byte occurs.
pub(super) type Counts = [u32; 256];

/// Counts bytes.
pub(super) fn count(bytes: &[u8]) -> Counts {
    // Four tables, since equal bytes in a row would wait for each other.
    let mut tables = [[0_u32; 256]; 4];
    let (fours, rest) = bytes.as_chunks::<4>();
    for four in fours {
        for (table, byte) in tables.iter_mut().zip(four) {
            increment(table, *byte);
        }
    }
    let [mut counts, tables @ ..] = tables;
    for table in tables {
        counts.iter_mut().zip(table).for_each(|(sum, count)| *sum += count);
    }
    rest.iter().for_each(|byte| increment(&mut counts, *byte));
    counts
}

fn increment(counts: &mut Counts, byte: u8) {
    if let Some(count) = counts.get_mut(usize::from(byte)) {
        *count += 1;
    }
}

/// A code for each byte that has one.
#[derive(Clone, Debug)]
pub(super) struct Code {
    /// Bits and their number by byte: 0 of them for bytes without a code.
    codes: [(u16, u8); 256],
    max_bits: u8,
}

impl Code {
    /// The best code for bytes in these numbers; `None` for fewer than two different bytes.
    pub(super) fn new(counts: &Counts) -> Option<Self> {
        let mut leaves: Vec<(u32, u8)> =
            counts.iter().copied().zip(0..=u8::MAX).filter(|(count, _)| *count > 0).collect();
        if leaves.len() < 2 {
            return None;
        }
        leaves.sort_unstable();
        let mut lengths = depths(&leaves);
        limit(&mut lengths);

        let max_bits = lengths.iter().copied().max().unwrap_or_default();
        let mut codes = [(0, 0); 256];
        for ((_, byte), length) in leaves.iter().zip(lengths) {
            if let Some(code) = codes.get_mut(usize::from(*byte)) {
                code.1 = length;
            }
        }
        // The longest codes come first, and those of one length in the order of their bytes.
        let mut next = 0;
        for length in (1..=max_bits).rev() {
            for code in codes.iter_mut().filter(|code| code.1 == length) {
                code.0 = next;
                next += 1;
            }
            next >>= 1;
        }
        Some(Self { codes, max_bits })
    }

    /// Bytes of one stream for bytes in these numbers; `None` if one of them has no code.
    pub(super) fn cost(&self, counts: &Counts) -> Option<usize> {
        let mut bits = 0;
        for (count, (_, length)) in counts.iter().zip(self.codes).filter(|(count, _)| **count > 0) {
            if length == 0 {
                return None;
            }
            bits += usize::try_from(*count).ok()? * usize::from(length);
        }
        Some(bits / 8 + 1)
    }

    /// Appends the description of the code (§4.2.1), or returns `None`.
    pub(super) fn describe(&self, out: &mut Vec<u8>) -> Option<()> {
        let last = self.codes.iter().rposition(|(_, length)| *length > 0)?;
        // The weight of the last byte follows from the others.
        let weights: Vec<u8> =
            self.codes.iter().take(last).map(|(_, length)| self.weight(*length)).collect();
        let start = out.len();
        out.push(0);
        let compressed = compress_weights(&weights, out).map(|()| out.len() - start - 1);
        let direct = (weights.len() <= MAX_DIRECT).then_some(weights.len().div_ceil(2));
        let header = match (compressed, direct) {
            (Some(length), direct)
                if length < 128 && direct.is_none_or(|direct| length < direct) =>
            {
                length
            }
            (_, Some(_)) => {
                out.truncate(start + 1);
                out.extend(weights.chunks(2).map(|pair| match pair {
                    [first, second, ..] => first << 4 | second,
                    [first] => first << 4,
                    [] => 0,
                }));
                127 + weights.len()
            }
            _ => return None,
        };
        *out.get_mut(start)? = u8::try_from(header).ok()?;
        Some(())
    }

    const fn weight(&self, length: u8) -> u8 {
        if length == 0 { 0 } else { self.max_bits + 1 - length }
    }

    /// Appends the codes of `bytes` as a stream that is read from its end.
    pub(super) fn encode(&self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut bits = BitWriter::new(out);
        let code = |byte: &u8| {
            let (code, length) = self.codes.get(usize::from(*byte)).copied().unwrap_or_default();
            (u32::from(code), u32::from(length))
        };
        let (odd, pairs) = bytes.as_rchunks::<2>();
        for [first, second] in pairs.iter().rev() {
            let ((first, first_length), (second, second_length)) = (code(first), code(second));
            bits.push(first << second_length | second, first_length + second_length);
        }
        for byte in odd {
            let (code, length) = code(byte);
            bits.push(code, length);
        }
        bits.mark();
    }
}

/// Length of each leaf's code in a tree of the least sum. Leaves are sorted by how often they occur.
fn depths(leaves: &[(u32, u8)]) -> Vec<u8> {
    // Nodes: first the leaves, then what joins two of them, which come about in order of their sums.
    let mut sums: Vec<u32> = leaves.iter().map(|(count, _)| *count).collect();
    let mut parents = Vec::from([0; 2 * 256]);
    let (mut leaf, mut inner) = (0, leaves.len());
    for node in leaves.len()..2 * leaves.len() - 1 {
        let mut sum = 0;
        for _ in 0..2 {
            let next_leaf = leaves.get(leaf).map(|(count, _)| *count);
            let next_inner = sums.get(inner).copied();
            let takes_leaf = match (next_leaf, next_inner) {
                (Some(leaf), Some(inner)) => leaf <= inner,
                (leaf, _) => leaf.is_some(),
            };
            let child = if takes_leaf { &mut leaf } else { &mut inner };
            sum += sums.get(*child).copied().unwrap_or_default();
            if let Some(parent) = parents.get_mut(*child) {
                *parent = node;
            }
            *child += 1;
        }
        sums.push(sum);
    }
    let mut depths = Vec::from([0_u8; 2 * 256]);
    for node in (0..2 * leaves.len() - 2).rev() {
        let above = parents.get(node).and_then(|parent| depths.get(*parent)).copied();
        if let (Some(depth), Some(above)) = (depths.get_mut(node), above) {
            *depth = above + 1;
        }
    }
    depths.truncate(leaves.len());
    depths
}

/// Shortens codes to [`MAX_BITS`] and makes others longer, so that the code stays complete. The lengths are those of
/// leaves sorted by how often they occur.
fn limit(lengths: &mut [u8]) {
    // What a code takes of all codes of the greatest length.
    let room = |length: u8| 1_i32 << MAX_BITS.saturating_sub(length);
    let mut left = 1_i32 << MAX_BITS;
    for length in lengths.iter_mut() {
        *length = (*length).min(MAX_BITS);
        left -= room(*length);
    }
    while left < 0 {
        // The rarest byte among those whose code can still grow, of the longest of these.
        let longest = lengths.iter().copied().filter(|length| *length < MAX_BITS).max();
        let Some(length) = lengths.iter_mut().find(|length| Some(**length) == longest) else {
            return;
        };
        left += room(*length) / 2;
        *length += 1;
    }
    while left > 0 {
        // The commonest byte whose code can be halved: there is one, as what is left is a multiple of the least room.
        let fits = |length: &&mut u8| **length > 1 && room(**length) <= left;
        let Some(length) = lengths.iter_mut().rev().find(fits) else { return };
        left -= room(*length);
        *length -= 1;
    }
}

/// Appends weights as two streams of FSE in one (§4.2.1.2), or returns `None` where they cannot be.
fn compress_weights(weights: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut counts = [0; 13];
    for weight in weights {
        *counts.get_mut(usize::from(*weight))? += 1;
    }
    let log = weights.len().max(1).ilog2().clamp(5, MAX_WEIGHTS_LOG);
    let distribution = Distribution::of_counts(&counts, log)?;
    distribution.describe(out);
    let table = Table::new(&distribution);

    // Weights alternate between two states; the decoder's first is that of the first weight.
    let mut bits = BitWriter::new(out);
    let numbered = || weights.iter().enumerate().rev();
    let mut states = [None, None];
    for (number, weight) in numbered() {
        let state = states.get_mut(number % 2)?;
        *state = Some(match *state {
            None => table.last(*weight),
            Some(state) => table.before(state, *weight, &mut bits),
        });
    }
    let [even, odd] = states;
    table.first(odd?, &mut bits);
    table.first(even?, &mut bits);
    bits.mark();
    Some(())
}
