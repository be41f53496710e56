//! The search for repetitions: what of a block is literal, and what was there before.
//!
//! Two tables hold where a hash was last seen, one of eight bytes and one of the shortest match worth having. The
//! distances of the last three matches are tried before either: entries of a config repeat at the same distance again
//! and again.

use alloc::{vec, vec::Vec};

use zeroize::Zeroizing;

/// Farthest match: 128 MiB, the largest window that decoders take without being asked.
const MAX_DISTANCE: usize = 1 << 27;
/// Largest tables: 2 to the power of this.
const MAX_TABLE_LOG: u32 = 17;
/// Contents from here on are searched for matches of five bytes, shorter ones for matches of four.
const LONG_CONTENT: usize = 32 << 10;
/// A match of this length is taken at once.
const GOOD_LENGTH: usize = 24;
/// The search speeds up by a byte a step for each two to the power of this literals in a row.
const PATIENCE: u32 = 7;

/// After as many literals as this, the next match is looked for where it would be if entries were alike,
const LONG_RUN: usize = 16;
/// as soon as nothing is found within so many bytes.
const LOOK_AROUND: usize = 4;

/// Some literals, then a match.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Sequence {
    pub(super) literals: u32,
    pub(super) length: u32,
    /// A distance plus 3, or 1 to 3 for a repeated one.
    pub(super) offset: u32,
}

/// What a block consists of. The literals after the last match have no sequence.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) literals: Zeroizing<Vec<u8>>,
    pub(super) sequences: Vec<Sequence>,
}

impl Parts {
    /// Room for literals of this length, so that no copy of them stays where they were while they grow.
    pub(super) fn with_capacity(length: usize) -> Self {
        Self { literals: Zeroizing::new(Vec::with_capacity(length)), sequences: Vec::new() }
    }
}

/// Distances of the last three matches, the latest first (RFC 8878 §3.1.1.5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Repeats([usize; 3]);

impl Repeats {
    pub(super) const fn new() -> Self {
        Self([1, 4, 8])
    }

    /// What the values 1 to 3 stand for, after literals or directly after a match.
    const fn candidates(self, after_literals: bool) -> [usize; 3] {
        let [first, second, third] = self.0;
        if after_literals { [first, second, third] } else { [second, third, first - 1] }
    }

    /// The value of `distance` in a sequence; the distances are what they are after it.
    fn value(&mut self, distance: usize, after_literals: bool) -> usize {
        let candidates = self.candidates(after_literals);
        let found = candidates.iter().position(|candidate| *candidate == distance);
        let [first, second, third] = self.0;
        self.0 = match found.map(|place| place + usize::from(!after_literals)) {
            Some(0) => [first, second, third],
            Some(1) => [second, first, third],
            Some(2) => [third, first, second],
            _ => [distance, first, second],
        };
        found.map_or(distance + 3, |place| place + 1)
    }
}

/// A repetition, not before the end of the last one.
#[derive(Clone, Copy, Debug)]
struct Match {
    start: usize,
    length: usize,
    distance: usize,
    /// How many bits it saves, about.
    gain: usize,
}

impl Match {
    const fn end(&self) -> usize {
        self.start + self.length
    }
}

/// A place where a repetition starts, and where the same may have been before.
#[derive(Clone, Copy, Debug)]
struct Hit {
    at: usize,
    word: u64,
    long: usize,
    short: usize,
}

/// The content, and what was seen of it.
#[derive(Debug)]
pub(super) struct Matcher<'a> {
    content: &'a [u8],
    long: Vec<u32>,
    short: Vec<u32>,
    table_log: u32,
    /// How far to shift eight bytes, so that those of a short match are left.
    short_shift: u32,
}

impl<'a> Matcher<'a> {
    pub(super) fn new(content: &'a [u8]) -> Self {
        let table_log = (content.len().max(512).ilog2() - 2).min(MAX_TABLE_LOG);
        let size = 1 << table_log;
        let short_bytes = if content.len() < LONG_CONTENT { 4 } else { 5 };
        Self {
            content,
            long: vec![0; size],
            short: vec![0; size],
            table_log,
            short_shift: 64 - 8 * short_bytes,
        }
    }

    /// Splits the bytes from `start` to `end` into sequences and literals. Blocks come in their order.
    pub(super) fn split(
        &mut self,
        start: usize,
        end: usize,
        repeats: &mut Repeats,
        parts: &mut Parts,
    ) {
        parts.literals.clear();
        parts.sequences.clear();
        let mut done = start;
        let mut run = 0;
        while let Some(found) = self.next(done, end, *repeats, run) {
            let literals = self.content.get(done..found.start).unwrap_or_default();
            parts.literals.extend_from_slice(literals);
            parts.sequences.push(Sequence {
                literals: narrow(literals.len()),
                length: narrow(found.length),
                offset: narrow(repeats.value(found.distance, !literals.is_empty())),
            });
            done = found.end();
            run = literals.len();
            for at in [found.start + 2, done - 2, done - 1] {
                self.remember(at);
            }
        }
        parts.literals.extend_from_slice(self.content.get(done..end).unwrap_or_default());
    }

    /// The next repetition worth having.
    fn next(&mut self, done: usize, end: usize, repeats: Repeats, run: usize) -> Option<Match> {
        let limit = end.saturating_sub(7);
        // Directly after a match, other distances count as repeated.
        let mut best = self
            .seek(done, done, limit.min(done + 1), repeats.candidates(false))
            .and_then(|hit| self.choose(hit, done, end, repeats.candidates(false)));
        let distances = repeats.candidates(true);
        let mut at = done + 1;
        if best.is_none() && run >= LONG_RUN {
            // Entries are alike: where the last one went on after a name of its own, this one may too.
            let near = limit.min(done + LOOK_AROUND);
            let hit = self
                .seek(at, done, near, distances)
                .or_else(|| self.foresee(done + run, limit, distances));
            if let Some(hit) = hit {
                at = hit.at + 1;
                best = self.choose(hit, done, end, distances);
            } else {
                at = near.max(at);
            }
        }
        while best.is_none() {
            let hit = self.seek(at, done, limit, distances)?;
            at = hit.at + 1;
            best = self.choose(hit, done, end, distances);
        }
        // One byte later there may be a better one.
        while let Some(first) = best.filter(|best| best.length < GOOD_LENGTH) {
            let next = self
                .seek(at, done, limit.min(at + 1), distances)
                .and_then(|hit| self.choose(hit, done, end, distances))
                .filter(|next| next.gain > first.gain + 8);
            if next.is_none() {
                break;
            }
            best = next;
            at += 1;
        }
        best
    }

    /// The first place from `at` to before `limit` where a repetition may start. What is passed is remembered.
    #[inline(never)]
    fn seek(
        &mut self,
        mut at: usize,
        done: usize,
        limit: usize,
        distances: [usize; 3],
    ) -> Option<Hit> {
        let content = self.content;
        let limit = limit.min(content.len().saturating_sub(7));
        let (long_table, short_table) = (self.long.as_mut_slice(), self.short.as_mut_slice());
        let (shift, log) = (self.short_shift, self.table_log);
        let [first, second, _] = distances;
        while at < limit {
            let word = word(content, at);
            let position = narrow(at);
            let long = replace(long_table, hash(word, log), position);
            let short = replace(short_table, hash(word << shift, log), position);
            let differs = |from| word ^ self::word(content, from);
            let is_repeated = |distance| {
                let from = at.wrapping_sub(distance);
                from < at && differs(from) << 32 == 0
            };
            if is_repeated(first)
                || is_repeated(second)
                || differs(short) << shift == 0
                || differs(long) == 0
            {
                return Some(Hit { at, word, long, short });
            }
            at += 1 + ((at - done) >> PATIENCE);
        }
        None
    }

    /// The place `at` if the last repetition goes on there for eight bytes.
    fn foresee(&self, at: usize, limit: usize, [first, ..]: [usize; 3]) -> Option<Hit> {
        let word = word(self.content, at);
        let goes_on = at < limit && first <= at && self::word(self.content, at - first) == word;
        goes_on.then_some(Hit { at, word, long: at, short: at })
    }

    /// The best repetition at a place; it may start earlier, after what is done.
    fn choose(&self, hit: Hit, done: usize, end: usize, distances: [usize; 3]) -> Option<Match> {
        let Hit { at, word, long, short } = hit;
        let differs = |from| word ^ self::word(self.content, from);
        let mut best: Option<Match> = None;
        for distance in distances {
            let from = at.wrapping_sub(distance);
            if from < at && differs(from) << 32 == 0 {
                best = better(best, self.extend(from, at, done, end, 2));
            }
        }
        if best.is_some_and(|best| best.length >= GOOD_LENGTH) {
            return best;
        }
        // Both tables often know the same place.
        let others = [Some(long), (short != long).then_some(short)];
        for from in others.into_iter().flatten() {
            let distance = at.wrapping_sub(from);
            if from < at
                && distance <= MAX_DISTANCE
                && !distances.contains(&distance)
                && differs(from) << self.short_shift == 0
            {
                let bits = 3 + distance.ilog2();
                best = better(best, self.extend(from, at, done, end, bits));
            }
        }
        best
    }

    /// The repetition at `at` of what is at `from`, as long as it is in both directions.
    fn extend(&self, from: usize, at: usize, done: usize, end: usize, bits: u32) -> Option<Match> {
        let (before, here) = (self.content.get(..at)?, self.content.get(at..end)?);
        let ahead = common(self.content.get(from..)?, here);
        let backward = before.get(done..)?.iter().rev().zip(before.get(..from)?.iter().rev());
        let back = backward.take_while(|(a, b)| a == b).count();
        let length = ahead + back;
        let gain = (8 * length).checked_sub(10 + index(bits))?;
        Some(Match { start: at - back, length, distance: at - from, gain })
    }

    fn remember(&mut self, at: usize) {
        let word = word(self.content, at);
        let (long, short) =
            (hash(word, self.table_log), hash(word << self.short_shift, self.table_log));
        replace(&mut self.long, long, narrow(at));
        replace(&mut self.short, short, narrow(at));
    }
}

/// The eight bytes at `at`; zeros where the content ends before.
#[inline]
fn word(content: &[u8], at: usize) -> u64 {
    let bytes = content.get(at..at.wrapping_add(8)).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Writes a place into a table, and returns the one that was there; 0 stands for none as well.
#[inline]
fn replace(table: &mut [u32], slot: usize, at: u32) -> usize {
    table.get_mut(slot).map_or(0, |slot| index(core::mem::replace(slot, at)))
}

/// The one of more gain, the first of equals.
fn better(best: Option<Match>, next: Option<Match>) -> Option<Match> {
    match (best, next) {
        (Some(best), Some(next)) => Some(if next.gain > best.gain { next } else { best }),
        (best, next) => best.or(next),
    }
}

/// How many bytes are equal from the start of both.
#[inline]
fn common(there: &[u8], here: &[u8]) -> usize {
    let (words, rest) = here.as_chunks::<8>();
    let (other_words, _) = there.as_chunks::<8>();
    let mut length = 0;
    for (word, other) in words.iter().zip(other_words) {
        let differs = u64::from_le_bytes(*word) ^ u64::from_le_bytes(*other);
        if differs != 0 {
            return length + index(differs.trailing_zeros() / 8);
        }
        length += 8;
    }
    let other = there.get(length..).unwrap_or_default();
    length + rest.iter().zip(other).take_while(|(a, b)| a == b).count()
}

/// The golden ratio spreads what is multiplied by it over the highest bits.
fn hash(word: u64, log: u32) -> usize {
    usize::try_from(word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - log)).unwrap_or(usize::MAX)
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
