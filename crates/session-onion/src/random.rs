//! Uniform choices from a cryptographic generator.

use session_crypto::rand_core::CryptoRng;

/// Number below `limit`, every one equally likely; 0 if `limit` is 0.
pub(crate) fn below(limit: usize, rng: &mut impl CryptoRng) -> usize {
    let Some(limit) = u64::try_from(limit).ok().filter(|limit| *limit > 0) else { return 0 };
    // The last, incomplete round of the generator's range would favour small numbers: draw again there.
    let whole = u64::MAX - u64::MAX % limit;
    loop {
        let drawn = rng.next_u64();
        if drawn < whole {
            return usize::try_from(drawn % limit).unwrap_or(0);
        }
    }
}

/// One of `items`, `None` if there is none.
pub(crate) fn choose<'a, T>(items: &'a [T], rng: &mut impl CryptoRng) -> Option<&'a T> {
    items.get(below(items.len(), rng))
}

/// Every order equally likely (Fisher and Yates).
pub(crate) fn shuffle<T>(items: &mut [T], rng: &mut impl CryptoRng) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(last.saturating_add(1), rng));
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::test_rng::BytesRng;

    fn numbers(numbers: &[u64]) -> BytesRng {
        BytesRng::new(numbers.iter().flat_map(|number| number.to_le_bytes()).collect())
    }

    #[test]
    fn the_incomplete_round_is_drawn_again() {
        // 2^64 − 1 = 7 n + 1, so that the two highest numbers are beyond the last whole round.
        let mut rng = numbers(&[u64::MAX, u64::MAX - 1, 10]);
        assert_eq!(below(7, &mut rng), 3);
        assert_eq!(below(0, &mut rng), 0);
    }

    #[test]
    fn a_shuffle_keeps_every_item() {
        let mut items: Vec<u64> = (0..20).collect();
        shuffle(&mut items, &mut numbers(&[7; 40]));
        assert_ne!(items, (0..20).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..20).collect::<Vec<_>>());
        assert_eq!(choose::<u8>(&[], &mut numbers(&[])), None);
        assert_eq!(choose(&[1, 2, 3], &mut numbers(&[5])), Some(&3));
    }
}
