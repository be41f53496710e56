//! Polling several namespaces in one batch (spec 05 §8): which share of a page each may fill.
//!
//! A node bounds its whole answer. A client that asks for messages and configs at once gives half of the page
//! to the messages, which are many, and divides the rest.
//!
//! ```
//! use session_swarm::{namespace::Namespace, polling::max_sizes};
//!
//! let own = [0, 2, 3, 4, 5].map(Namespace::new);
//! assert_eq!(max_sizes(&own), [-2, -8, -8, -8, -8]);
//! ```

use alloc::{collections::BTreeMap, vec::Vec};

use crate::namespace::Namespace;

/// How early a namespace gets its share; the larger the earlier.
const fn priority(namespace: Namespace) -> u8 {
    if namespace.is_public_inbox() || namespace.get() == Namespace::GROUP_MESSAGES.get() {
        10
    } else {
        1
    }
}

/// `max_size` for each of these namespaces, in their order: negative, the fraction of a page. All fractions
/// together are at most 1.
#[must_use]
pub fn max_sizes(namespaces: &[Namespace]) -> Vec<i64> {
    let mut counts: BTreeMap<u8, i64> = BTreeMap::new();
    for namespace in namespaces {
        let count = counts.entry(priority(*namespace)).or_default();
        *count = count.saturating_add(1);
    }
    // From the highest priority on, each group leaves one share to those behind it; the last leaves none.
    let (mut product, mut left) = (1_i64, counts.len());
    for count in counts.values_mut().rev() {
        left = left.saturating_sub(1);
        let shares = if left > 0 { count.saturating_add(1) } else { *count };
        product = product.saturating_mul(shares);
        *count = product;
    }
    let divisor = |namespace: &Namespace| counts.get(&priority(*namespace)).copied().unwrap_or(1);
    namespaces.iter().map(|namespace| divisor(namespace).saturating_neg()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(numbers: &[i16]) -> Vec<i64> {
        let namespaces: Vec<_> = numbers.iter().map(|number| Namespace::new(*number)).collect();
        max_sizes(&namespaces)
    }

    #[test]
    fn shares_match_the_specification() {
        assert_eq!(sizes(&[0, 2, 3, 4, 5]), [-2, -8, -8, -8, -8]);
        assert_eq!(sizes(&[11, 13, 14, 12, -11]), [-2, -8, -8, -8, -8]);
        for single in [0, 11, 2] {
            assert_eq!(sizes(&[single]), [-1], "{single}");
        }
        assert_eq!(sizes(&[]), Vec::<i64>::new());
    }

    #[test]
    fn shares_do_not_exceed_the_page() {
        for numbers in [&[0, 10, 20][..], &[2, 3, 4], &[5, 0, 11, 2, 3, 13], &[0, 2]] {
            let sum: f64 = sizes(numbers)
                .iter()
                .map(|size| -1.0 / f64::from(i32::try_from(*size).unwrap()))
                .sum();
            assert!(sum <= 1.0 + 1e-9, "{numbers:?}: {sum}");
        }
    }
}
