//! How much memory the tree of a text may take: five times the text, and a small constant.
//!
//! A text of one digit and one comma for each value would take a hundred times its length as a tree. Every vector of
//! the tree therefore takes what it allocates from a budget before it does, and gives back what it frees; a vector
//! that grows or shrinks is there twice for a moment, and counts twice. What the protocol sends stays below: the
//! densest is a list of times, 14 bytes of text for each value of 32 bytes.

use alloc::vec::Vec;
use core::{cell::Cell, mem::size_of};

/// Bytes of memory for each byte of text.
const TIMES: usize = 5;
/// Bytes that any tree may take.
const BASE: usize = 128 << 10;
/// Items that a vector has room for when its first comes.
const FIRST_ITEMS: usize = 4;

/// Bytes of memory that a reader may still take.
pub(super) struct Budget(Cell<usize>);

impl Budget {
    /// Budget for reading `text`.
    pub(super) const fn of(text: &[u8]) -> Self {
        Self(Cell::new(text.len().saturating_mul(TIMES).saturating_add(BASE)))
    }

    /// Takes so many bytes, or `None` if those are too many.
    pub(super) fn take(&self, bytes: usize) -> Option<()> {
        self.0.set(self.0.get().checked_sub(bytes)?);
        Some(())
    }

    fn give_back(&self, bytes: usize) {
        self.0.set(self.0.get().saturating_add(bytes));
    }

    /// Appends an item.
    pub(super) fn push<T>(&self, items: &mut Vec<T>, item: T) -> Option<()> {
        if items.len() == items.capacity() {
            // A half more, not twice as many: the old and the new items are both there meanwhile.
            let more = (items.len() / 2).max(FIRST_ITEMS);
            let (old, new) = (items.len(), items.len().saturating_add(more));
            self.take(bytes_of::<T>(new))?;
            items.reserve_exact(more);
            self.give_back(bytes_of::<T>(old));
        }
        items.push(item);
        Some(())
    }

    /// Frees what a vector that is complete does not need.
    pub(super) fn close<T>(&self, mut items: Vec<T>) -> Option<Vec<T>> {
        let capacity = items.capacity();
        if items.len() < capacity {
            self.take(bytes_of::<T>(items.len()))?;
            items.shrink_to_fit();
            self.give_back(bytes_of::<T>(capacity));
        }
        Some(items)
    }
}

const fn bytes_of<T>(count: usize) -> usize {
    count.saturating_mul(size_of::<T>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_take_what_they_allocate_and_give_the_rest_back() {
        let budget = Budget::of(b"");
        let mut items = Vec::new();
        for number in 0..5_u64 {
            budget.push(&mut items, number).unwrap();
        }
        assert_eq!((items.capacity(), BASE - budget.0.get()), (8, 64));
        let items = budget.close(items).unwrap();
        assert_eq!((items.capacity(), BASE - budget.0.get()), (5, 40));
    }

    #[test]
    fn growing_takes_old_and_new_together() {
        let budget = Budget(Cell::new(32 + 64));
        let mut items = Vec::new();
        for number in 0..5_u64 {
            assert_eq!(budget.push(&mut items, number), Some(()), "{number}");
        }
        let budget = Budget(Cell::new(32 + 63));
        let mut items = Vec::new();
        let pushed = (0..5_u64).filter(|number| budget.push(&mut items, *number).is_some());
        assert_eq!(pushed.count(), 4);
    }
}
