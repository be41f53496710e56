//! A bounded reader: every parser of the workspace takes its bytes through it and ends with
//! [`Reader::finish`], so that nothing is read past the end and nothing is left over unnoticed.

/// Cursor over borrowed bytes. Nothing is copied or allocated.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

/// The input ended before the value did.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("truncated: {needed} bytes needed, {left} left")]
pub struct Truncated {
    /// Bytes that the value needs.
    pub needed: usize,
    /// Bytes that were left.
    pub left: usize,
}

/// The input goes on after the value.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("{count} bytes behind the end")]
pub struct TrailingBytes {
    /// Bytes that were left over.
    pub count: usize,
}

impl<'a> Reader<'a> {
    /// Reader at the first of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// [`Truncated`] if fewer are left; the position does not change then.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Truncated> {
        let missing = Truncated { needed: count, left: self.rest.len() };
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(missing)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `N` bytes as an array.
    ///
    /// # Errors
    /// [`Truncated`] if fewer are left; the position does not change then.
    pub fn take_array<const N: usize>(&mut self) -> Result<[u8; N], Truncated> {
        let missing = Truncated { needed: N, left: self.rest.len() };
        let (taken, rest) = self.rest.split_first_chunk().ok_or(missing)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// Everything that is left.
    #[must_use]
    pub fn take_rest(self) -> &'a [u8] {
        self.rest
    }

    /// Number of bytes that are left.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rest.len()
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Ends the parse.
    ///
    /// # Errors
    /// [`TrailingBytes`] if something is left.
    pub fn finish(self) -> Result<(), TrailingBytes> {
        match self.rest.len() {
            0 => Ok(()),
            count => Err(TrailingBytes { count }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_take_moves_nothing() {
        let mut reader = Reader::new(&[1, 2, 3]);
        assert_eq!(reader.take(4), Err(Truncated { needed: 4, left: 3 }));
        assert_eq!(reader.take_array::<5>(), Err(Truncated { needed: 5, left: 3 }));
        assert_eq!(reader.take(usize::MAX), Err(Truncated { needed: usize::MAX, left: 3 }));
        assert_eq!(reader.take_array(), Ok([1, 2]));
        assert_eq!(reader.clone().finish(), Err(TrailingBytes { count: 1 }));
        assert_eq!(reader.take(1), Ok([3].as_slice()));
        assert!(reader.is_empty());
        assert_eq!(reader.finish(), Ok(()));
    }
}
