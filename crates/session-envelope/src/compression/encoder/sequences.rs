//! The sequences of a block (RFC 8878 §3.1.1.3.2).

use alloc::vec::Vec;

use super::{
    bits::BitWriter,
    codes::{self, Coded, Kind, MAX_CODES},
    fse::{Distribution, MIN_LOG, State, Table},
    matcher::Sequence,
};

/// Fewer sequences than this are not worth a table of their own.
const MIN_DESCRIBED: u32 = 8;

/// A table that was described, and the shares of it.
#[derive(Clone, Debug)]
struct Described {
    distribution: Distribution,
    table: Table,
}

/// The tables of earlier blocks that a block may use again.
#[derive(Debug, Default)]
pub(super) struct Tables([Option<Described>; 3]);

/// What a block does with the table of one kind of numbers.
#[derive(Debug)]
enum Choice {
    Predefined(Table),
    /// All numbers have this code.
    One(u8, Table),
    Described(Described, Vec<u8>),
    Known,
}

/// What a block did with the tables.
#[derive(Debug)]
pub(super) struct Choices(Option<[Choice; 3]>);

impl Tables {
    /// Takes over what a block did.
    pub(super) fn update(&mut self, choices: Choices) {
        let Some(choices) = choices.0 else { return };
        for (table, choice) in self.0.iter_mut().zip(choices) {
            match choice {
                Choice::Described(new, _) => *table = Some(new),
                // What would be repeated now is nothing worth repeating.
                Choice::Predefined(_) | Choice::One(..) => *table = None,
                Choice::Known => {}
            }
        }
    }
}

/// Appends the section of `sequences`. Returns what it did with the tables.
pub(super) fn write(sequences: &[Sequence], known: &Tables, out: &mut Vec<u8>) -> Choices {
    write_count(sequences.len(), out);
    if sequences.is_empty() {
        return Choices(None);
    }
    let mut counts = [[0_u32; MAX_CODES]; 3];
    for coded in sequences.iter().map(coded) {
        for (counts, number) in counts.iter_mut().zip(coded) {
            if let Some(count) = counts.get_mut(usize::from(number.code)) {
                *count += 1;
            }
        }
    }
    let [literal_lengths, offsets, match_lengths] = &counts;
    let [known_literal_lengths, known_offsets, known_match_lengths] = &known.0;
    let choices = [
        Choice::best(Kind::LiteralLength, literal_lengths, known_literal_lengths.as_ref()),
        Choice::best(Kind::Offset, offsets, known_offsets.as_ref()),
        Choice::best(Kind::MatchLength, match_lengths, known_match_lengths.as_ref()),
    ];
    out.push(choices.iter().fold(0, |modes, choice| modes << 2 | choice.mode()) << 2);
    for choice in &choices {
        match choice {
            Choice::One(code, _) => out.push(*code),
            Choice::Described(_, description) => out.extend_from_slice(description),
            Choice::Predefined(_) | Choice::Known => {}
        }
    }
    if let [Some(literal_lengths), Some(offsets), Some(match_lengths)] =
        [0, 1, 2].map(|kind| choices.get(kind)?.table(known.0.get(kind)?.as_ref()))
    {
        write_stream(sequences, [literal_lengths, offsets, match_lengths], out);
    }
    Choices(Some(choices))
}

/// Appends the number of sequences, in one to three bytes.
fn write_count(count: usize, out: &mut Vec<u8>) {
    const LONG: usize = 0x7f00;
    if let Ok(short @ 0..=127) = u8::try_from(count) {
        out.push(short);
    } else if count < LONG {
        let [low, high, ..] = count.to_le_bytes();
        out.extend([high | 0x80, low]);
    } else {
        let [low, high, ..] = (count - LONG).to_le_bytes();
        out.extend([0xff, low, high]);
    }
}

/// Literal length, offset and match length, in the order of the tables.
#[inline]
fn coded(sequence: &Sequence) -> [Coded; 3] {
    [
        codes::literal_length(sequence.literals),
        codes::offset(sequence.offset),
        codes::match_length(sequence.length),
    ]
}

/// Appends the bits of the sequences, which are read from the end: the last sequence comes first.
fn write_stream(sequences: &[Sequence], tables: [&Table; 3], out: &mut Vec<u8>) {
    let [literal_lengths, offsets, match_lengths] = tables;
    let mut bits = BitWriter::new(out);
    let mut states: Option<[State; 3]> = None;
    for sequence in sequences.iter().rev() {
        let [literals, offset, length] = coded(sequence);
        states = Some(if let Some([of_literals, of_offset, of_length]) = states {
            // A decoder reads the bits of literal length, match length, offset: the other way round.
            let of_offset = offsets.before(of_offset, offset.code, &mut bits);
            let of_length = match_lengths.before(of_length, length.code, &mut bits);
            let of_literals = literal_lengths.before(of_literals, literals.code, &mut bits);
            [of_literals, of_offset, of_length]
        } else {
            [
                literal_lengths.last(literals.code),
                offsets.last(offset.code),
                match_lengths.last(length.code),
            ]
        });
        for number in [literals, length, offset] {
            bits.push(number.extra, number.width);
        }
    }
    if let Some([of_literals, of_offset, of_length]) = states {
        match_lengths.first(of_length, &mut bits);
        offsets.first(of_offset, &mut bits);
        literal_lengths.first(of_literals, &mut bits);
    }
    bits.mark();
}

impl Choice {
    /// The choice that takes the fewest bits, for codes in these numbers.
    fn best(kind: Kind, counts: &[u32], known: Option<&Described>) -> Self {
        let total: u32 = counts.iter().sum();
        let used = counts.iter().filter(|count| **count > 0).count();
        let predefined = kind.predefined();
        let predefined_cost = predefined.cost(counts).unwrap_or(u64::MAX);
        let only = counts.iter().position(|count| *count == total);
        if let Some(code) = only.and_then(|code| u8::try_from(code).ok()) {
            return if predefined_cost <= 8 << 8 {
                Self::Predefined(Table::new(&predefined))
            } else {
                Self::One(code, Table::of_one(code))
            };
        }
        let known_cost =
            known.and_then(|known| known.distribution.cost(counts)).unwrap_or(u64::MAX);
        let described = (total >= MIN_DESCRIBED || predefined_cost == u64::MAX).then(|| {
            let enough = usize::BITS - used.leading_zeros();
            let log = total.ilog2().saturating_sub(1).max(enough).clamp(MIN_LOG, kind.max_log());
            let distribution = Distribution::of_counts(counts, log)?;
            let mut description = Vec::new();
            distribution.describe(&mut description);
            let bits = u64::try_from(description.len()).unwrap_or(u64::MAX) << (3 + 8);
            let cost = bits.saturating_add(distribution.cost(counts)?);
            (cost < predefined_cost && cost < known_cost).then(|| {
                let table = Table::new(&distribution);
                Self::Described(Described { distribution, table }, description)
            })
        });
        match described.flatten() {
            Some(described) => described,
            None if known_cost < predefined_cost => Self::Known,
            None => Self::Predefined(Table::new(&predefined)),
        }
    }

    const fn mode(&self) -> u8 {
        match self {
            Self::Predefined(_) => 0,
            Self::One(..) => 1,
            Self::Described(..) => 2,
            Self::Known => 3,
        }
    }

    fn table<'a>(&'a self, known: Option<&'a Described>) -> Option<&'a Table> {
        match self {
            Self::Predefined(table) | Self::One(_, table) => Some(table),
            Self::Described(described, _) => Some(&described.table),
            Self::Known => known.map(|known| &known.table),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How the tables of a block with these sequences are given: of literal lengths, offsets and match lengths.
    fn modes(sequences: &[Sequence], tables: &mut Tables) -> [u8; 3] {
        let mut out = Vec::new();
        let choices = write(sequences, tables, &mut out);
        tables.update(choices);
        // All these blocks have fewer than 128 sequences, whose number is one byte.
        let modes = out.get(1).copied().unwrap_or_default();
        [6, 4, 2].map(|shift| modes >> shift & 3)
    }

    fn sequences(numbers: impl IntoIterator<Item = (u32, u32, u32)>) -> Vec<Sequence> {
        let sequence = |(literals, length, offset)| Sequence { literals, length, offset };
        numbers.into_iter().map(sequence).collect()
    }

    /// A decoder repeats the table of the last block that had one, whatever it was: after a block with a predefined table
    /// the one that was described before it is gone.
    #[test]
    fn only_the_table_of_the_last_block_is_repeated() {
        let alike = |count: u32| {
            let one_of = |at: u32, [often, seldom]: [u32; 2]| {
                if at.is_multiple_of(3) { seldom } else { often }
            };
            sequences((0..count).map(|at| {
                let literals = one_of(at, [3_000, 9_000]);
                (literals, one_of(at, [2_000, 5_000]), one_of(at, [300_000, 1_000_000]))
            }))
        };
        let common = sequences([(1, 4, 1), (2, 5, 9), (1, 6, 40), (3, 4, 2)]);
        let mut tables = Tables::default();
        assert_eq!(modes(&alike(100), &mut tables), [2; 3]);
        assert_eq!(modes(&alike(6), &mut tables), [3; 3], "known");
        assert_eq!(modes(&alike(6), &mut tables), [3; 3], "still known");
        assert_eq!(modes(&[], &mut tables), [0; 3]);
        assert_eq!(
            modes(&alike(6), &mut tables),
            [3; 3],
            "a block without sequences has no tables"
        );
        assert_eq!(modes(&common, &mut tables), [0; 3]);
        assert!(modes(&alike(6), &mut tables).iter().all(|mode| *mode != 3), "predefined since");
        assert_eq!(modes(&alike(100), &mut tables), [2; 3]);
        let equal = sequences([(3_000, 2_000, 300_000); 6]);
        assert_eq!(modes(&equal, &mut tables), [1; 3]);
        assert!(modes(&alike(6), &mut tables).iter().all(|mode| *mode != 3), "one code since");
    }
}
