//! How much is built from one message.
//!
//! A stored message of 7 KB can decompress to millions of dicts in dicts, and each value takes many times its two
//! to seven bytes in memory. So values are counted, not bytes, while they are read.

/// Most values of any message: dict entries, set elements and changes of diffs, at all depths (07 §4.2).
///
/// The largest message that deployed clients send, in parts of 5 MB together, holds some 700 000: the contacts,
/// names and approvals of 71 000 people, each told of in the data and in the diff.
pub const MAX_VALUES: usize = 1 << 20;

/// Most values of a message that is stored in `length` bytes (07 §4.2): 65 536, and four for each byte.
///
/// Ids and keys are random, so that real configs have less than one value for each stored byte. The most regular
/// ones of the test vectors have two.
///
/// ```
/// use session_config::data::{MAX_VALUES, max_values};
///
/// assert_eq!(max_values(7_000), 93_536);
/// assert_eq!(max_values(5_000_000), MAX_VALUES);
/// ```
#[must_use]
pub const fn max_values(length: usize) -> usize {
    let most = length.saturating_mul(4).saturating_add(1 << 16);
    if most < MAX_VALUES { most } else { MAX_VALUES }
}

/// Bytes of memory that a value takes, without its key and content.
const VALUE: usize = 128;
/// Keys of up to as many bytes take no memory of their own.
const SHORT_KEY: usize = 22;

/// How many values may still be built, and the memory that was taken so far.
#[derive(Debug)]
pub(crate) struct Budget {
    left: usize,
    taken: usize,
}

impl Budget {
    /// Budget for `values` values.
    pub(crate) const fn of(values: usize) -> Self {
        Self { left: values, taken: 0 }
    }

    /// For what is believed: the object's own data.
    pub(crate) const fn unlimited() -> Self {
        Self::of(usize::MAX)
    }

    /// Counts a value whose key has `key` bytes.
    pub(crate) fn charge(&mut self, key: usize) -> Result<(), TooManyValues> {
        self.left = self.left.checked_sub(1).ok_or(TooManyValues)?;
        self.take(VALUE);
        if key > SHORT_KEY {
            self.take(key);
        }
        Ok(())
    }

    /// Counts values that another message of the merge holds too, so that they take no memory.
    pub(crate) fn charge_shared(&mut self, values: usize) -> Result<(), TooManyValues> {
        self.left = self.left.checked_sub(values).ok_or(TooManyValues)?;
        Ok(())
    }

    /// Counts `length` bytes of content.
    pub(crate) const fn take(&mut self, length: usize) {
        self.taken = self.taken.saturating_add(length);
    }

    /// Bytes of memory that were taken, about.
    pub(crate) const fn taken(&self) -> usize {
        self.taken
    }
}

/// A message holds more values than it may (07 §4.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("message holds too many values for its length")]
pub struct TooManyValues;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_is_refused_and_all_are_counted() {
        let mut budget = Budget::of(2);
        assert_eq!(budget.charge(SHORT_KEY), Ok(()));
        assert_eq!(budget.charge(SHORT_KEY + 1), Ok(()));
        assert_eq!(budget.charge(1), Err(TooManyValues));
        budget.take(5);
        assert_eq!(budget.taken(), 2 * VALUE + SHORT_KEY + 1 + 5);
    }

    #[test]
    fn the_bound_grows_with_the_length() {
        assert_eq!(max_values(0), 1 << 16);
        assert_eq!(max_values(76_800), 372_736);
        assert_eq!(max_values((MAX_VALUES - (1 << 16)) / 4 - 1), MAX_VALUES - 4);
        assert_eq!(max_values(usize::MAX), MAX_VALUES);
    }
}
