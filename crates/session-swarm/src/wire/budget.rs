//! How many values a text may hold.

use core::cell::Cell;

/// Values that any text may hold.
const BASE_VALUES: usize = 1024;
/// Bytes of text for each further value. A text that is all values would take many times its own memory;
/// those of the protocol have more than twice as many bytes for each value.
const BYTES_FOR_VALUE: usize = 8;

/// Values that a reader may still produce.
pub(super) struct Budget(Cell<usize>);

impl Budget {
    /// Budget for reading `text`.
    pub(super) const fn of(text: &[u8]) -> Self {
        Self(Cell::new((text.len() / BYTES_FOR_VALUE).saturating_add(BASE_VALUES)))
    }

    /// Takes one value, or `None` if that is one too many.
    pub(super) fn take(&self) -> Option<()> {
        self.0.set(self.0.get().checked_sub(1)?);
        Some(())
    }
}
