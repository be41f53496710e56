//! The random numbers of the assignment: MT19937-64 and the network's own choice of an index (spec 05 §2.3).

use alloc::boxed::Box;

const STATE_SIZE: usize = 312;
const SHIFT_SIZE: usize = 156;

/// The 64-bit Mersenne Twister with its standard parameters. Not for secrets: its numbers are consensus.
pub(super) struct Mt19937 {
    state: Box<[u64; STATE_SIZE]>,
    /// Numbers of the state that were given out.
    used: usize,
}

impl Mt19937 {
    pub(super) fn new(seed: u64) -> Self {
        let mut state = Box::new([seed; STATE_SIZE]);
        let mut last = seed;
        for (number, index) in state.iter_mut().skip(1).zip(1_u64..) {
            last =
                6_364_136_223_846_793_005_u64.wrapping_mul(last ^ (last >> 62)).wrapping_add(index);
            *number = last;
        }
        Self { state, used: STATE_SIZE }
    }

    pub(super) fn next(&mut self) -> u64 {
        if self.used >= STATE_SIZE {
            self.twist();
        }
        let mut number = self.at(self.used);
        self.used = self.used.saturating_add(1);
        number ^= (number >> 29) & 0x5555_5555_5555_5555;
        number ^= (number << 17) & 0x71d6_7fff_eda6_0000;
        number ^= (number << 37) & 0xfff7_eee0_0000_0000;
        number ^ (number >> 43)
    }

    fn twist(&mut self) {
        const UPPER: u64 = u64::MAX << 31;
        for index in 0..STATE_SIZE {
            let mixed = (self.at(index) & UPPER) | (self.at(index.wrapping_add(1)) & !UPPER);
            let odd = if mixed & 1 == 1 { 0xb502_6f5a_a966_19e9 } else { 0 };
            let number = self.at(index.wrapping_add(SHIFT_SIZE)) ^ (mixed >> 1) ^ odd;
            if let Some(place) = self.state.get_mut(index) {
                *place = number;
            }
        }
        self.used = 0;
    }

    /// Number `index` of the state, which goes round.
    fn at(&self, index: usize) -> u64 {
        self.state.get(index % STATE_SIZE).copied().unwrap_or(0)
    }

    /// Random index below `count`, by division and not by remainder; 0 if `count` is. Draws at least once.
    pub(super) fn pick(&mut self, count: usize) -> usize {
        let count = u64::try_from(count).unwrap_or(u64::MAX).max(1);
        let limit = u64::MAX - u64::MAX % count;
        let number = loop {
            let number = self.next();
            if number < limit {
                break number;
            }
        };
        usize::try_from(number / (limit / count)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_standard() {
        let mut rng = Mt19937::new(5489);
        let mut last = 0;
        (0..10_000).for_each(|_| last = rng.next());
        assert_eq!(last, 9981545732273789042);
        let mut rng = Mt19937::new(0);
        for number in [
            2947667278772165694,
            18301848765998365067,
            729919693006235833,
            11021831128136023278,
            10003392056472839596,
        ] {
            assert_eq!(rng.next(), number);
        }
    }

    #[test]
    fn choices_match_the_specification() {
        let mut rng = Mt19937::new(0);
        assert_eq!([1, 2, 7, 14, 300].map(|count| rng.pick(count)), [0, 1, 0, 8, 162]);
    }

    #[test]
    fn choices_stay_below_the_count() {
        let mut rng = Mt19937::new(1);
        for count in 1..100 {
            assert!((0..50).all(|_| rng.pick(count) < count), "{count}");
        }
    }
}
