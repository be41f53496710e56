//! Reading in one pass. A value that is not looked at is still checked: the reader passes over it when the next one is
//! asked for.

use core::cmp::Ordering;

use crate::{
    DecodeError, Dict, Integer, Kind, List, Malformed, Value,
    cursor::{Cursor, Start, Step},
};

/// Reader of one outermost value.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    cursor: Cursor<'a>,
    start: usize,
}

impl<'a> Reader<'a> {
    /// Reader at the start of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self::at(bytes, 0)
    }

    /// Reader at the start of `bytes`, a value that was found at `offset`: errors count from there.
    #[must_use]
    pub const fn at(bytes: &'a [u8], offset: usize) -> Self {
        Self { cursor: Cursor::new(bytes, offset), start: offset }
    }

    /// The outermost value, of which there is one.
    ///
    /// # Errors
    /// [`Malformed::Truncated`] if the input ends here, [`Malformed::TrailingBytes`] if the value was read before.
    pub const fn value(&mut self) -> Result<Item<'_, 'a>, DecodeError> {
        if self.cursor.is_at_end() {
            return self.cursor.error(Malformed::Truncated);
        }
        if self.cursor.position() > self.start {
            return self.cursor.error(Malformed::TrailingBytes);
        }
        Ok(Item { cursor: &mut self.cursor })
    }

    /// Checks everything that was not read yet.
    ///
    /// # Errors
    /// Any rule that the rest breaks; [`Malformed::TrailingBytes`] if something follows the outermost value.
    pub fn finish(mut self) -> Result<(), DecodeError> {
        if self.cursor.position() == self.start {
            self.cursor.skip_value()?;
        }
        self.cursor.close_to(0)?;
        if self.cursor.is_at_end() { Ok(()) } else { self.cursor.error(Malformed::TrailingBytes) }
    }
}

/// A value that was not read yet. Dropped unread, it is skipped and checked by whatever is read next.
#[derive(Debug)]
pub struct Item<'r, 'a> {
    cursor: &'r mut Cursor<'a>,
}

impl<'r, 'a> Item<'r, 'a> {
    /// Kind of the value.
    ///
    /// # Errors
    /// [`Malformed::NoValue`] or [`Malformed::Truncated`] if no value comes here.
    pub fn kind(&self) -> Result<Kind, DecodeError> {
        self.cursor.kind()
    }

    /// Offset of the value's first byte.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.cursor.position()
    }

    /// The integer, as a type that holds it.
    ///
    /// # Errors
    /// [`Malformed::WrongKind`]; [`Malformed::IntegerRange`] if `T` does not hold it; what is wrong with its digits.
    pub fn integer<T: TryFrom<i128>>(self) -> Result<T, DecodeError> {
        let position = self.position();
        let integer = self.any_integer()?;
        let reason = Malformed::IntegerRange;
        T::try_from(integer.get()).map_err(|_| DecodeError { position, reason })
    }

    /// The integer, in the whole range of the encoding.
    ///
    /// # Errors
    /// [`Malformed::WrongKind`]; what is wrong with its digits.
    pub fn any_integer(self) -> Result<Integer, DecodeError> {
        let position = self.position();
        match self.cursor.value()? {
            Start::Integer(integer) => Ok(integer),
            other => wrong_kind(position, Kind::Integer, &other),
        }
    }

    /// The string.
    ///
    /// # Errors
    /// [`Malformed::WrongKind`]; what is wrong with its length.
    pub fn bytes(self) -> Result<&'a [u8], DecodeError> {
        let position = self.position();
        match self.cursor.value()? {
            Start::Bytes(bytes) => Ok(bytes),
            other => wrong_kind(position, Kind::Bytes, &other),
        }
    }

    /// The string, which has exactly `N` bytes.
    ///
    /// # Errors
    /// As [`Self::bytes`]; [`Malformed::WrongLength`].
    pub fn array<const N: usize>(self) -> Result<&'a [u8; N], DecodeError> {
        let position = self.position();
        let bytes = self.bytes()?;
        let reason = Malformed::WrongLength { expected: N, found: bytes.len() };
        bytes.try_into().map_err(|_| DecodeError { position, reason })
    }

    /// The elements of the list.
    ///
    /// # Errors
    /// [`Malformed::WrongKind`]; [`Malformed::TooDeep`].
    pub fn list(self) -> Result<ListReader<'r, 'a>, DecodeError> {
        let position = self.position();
        match self.cursor.value()? {
            Start::List => Ok(ListReader { depth: self.cursor.depth(), cursor: self.cursor }),
            other => wrong_kind(position, Kind::List, &other),
        }
    }

    /// The entries of the dict.
    ///
    /// # Errors
    /// [`Malformed::WrongKind`]; [`Malformed::TooDeep`].
    pub fn dict(self) -> Result<DictReader<'r, 'a>, DecodeError> {
        let position = self.position();
        match self.cursor.value()? {
            Start::Dict => {
                Ok(DictReader { depth: self.cursor.depth(), cursor: self.cursor, peeked: None })
            }
            other => wrong_kind(position, Kind::Dict, &other),
        }
    }

    /// The encoding of the value, checked and not read.
    ///
    /// # Errors
    /// Any rule that the value breaks.
    pub fn raw(self) -> Result<&'a [u8], DecodeError> {
        let start = self.cursor.rest();
        self.cursor.skip_value()?;
        let length = start.len().saturating_sub(self.cursor.rest().len());
        Ok(start.get(..length).unwrap_or_default())
    }

    /// Passes over the value if it is the one whose encoding is `known`, at the speed of comparing bytes; gives
    /// the item back if it is another. No encoding is the start of another one.
    ///
    /// `known` is what [`Self::raw`] returned of a value in as many containers: it is not checked again.
    ///
    /// # Errors
    /// The item, unread.
    pub fn skip_known(self, known: &[u8]) -> Result<(), Self> {
        if self.cursor.skip_known(known) { Ok(()) } else { Err(self) }
    }

    /// An owned copy of the value, whatever it is, of as many bytes.
    ///
    /// # Errors
    /// Any rule that the value breaks.
    pub fn to_value(self) -> Result<Value, DecodeError> {
        Ok(match self.kind()? {
            Kind::Integer => Value::Integer(self.any_integer()?),
            Kind::Bytes => Value::Bytes(self.bytes()?.to_vec()),
            Kind::List => Value::List(List::of_checked(self.raw()?)),
            Kind::Dict => Value::Dict(Dict::of_checked(self.raw()?)),
        })
    }
}

fn wrong_kind<T>(position: usize, expected: Kind, found: &Start<'_>) -> Result<T, DecodeError> {
    Err(DecodeError { position, reason: Malformed::WrongKind { expected, found: found.kind() } })
}

/// The elements of a list that were not read yet.
#[derive(Debug)]
pub struct ListReader<'r, 'a> {
    cursor: &'r mut Cursor<'a>,
    /// Open containers while this list is the innermost.
    depth: usize,
}

impl<'a> ListReader<'_, 'a> {
    /// The next element, `None` at the end.
    ///
    /// # Errors
    /// Any rule that something before it breaks.
    #[expect(
        clippy::should_implement_trait,
        reason = "an item borrows the reader; no iterator can lend"
    )]
    pub fn next(&mut self) -> Result<Option<Item<'_, 'a>>, DecodeError> {
        self.cursor.close_to(self.depth)?;
        if self.cursor.depth() < self.depth {
            return Ok(None);
        }
        if self.cursor.value_is_due() {
            self.cursor.skip_value()?;
        }
        if self.cursor.announce_element() {
            return Ok(Some(Item { cursor: self.cursor }));
        }
        self.cursor.next()?;
        Ok(None)
    }

    /// The next element, which must be there.
    ///
    /// # Errors
    /// As [`Self::next`]; [`Malformed::MissingElement`] at the end.
    pub fn require(&mut self) -> Result<Item<'_, 'a>, DecodeError> {
        let position = self.cursor.position();
        self.next()?.ok_or(DecodeError { position, reason: Malformed::MissingElement })
    }

    /// Checks that no element is left.
    ///
    /// # Errors
    /// [`Malformed::ExtraElement`] if there is one; any rule that something before it breaks.
    pub fn finish(mut self) -> Result<(), DecodeError> {
        match self.next()? {
            None => Ok(()),
            Some(item) => item.cursor.error(Malformed::ExtraElement),
        }
    }
}

/// The entries of a dict that were not read yet.
#[derive(Debug)]
pub struct DictReader<'r, 'a> {
    cursor: &'r mut Cursor<'a>,
    /// Open containers while this dict is the innermost.
    depth: usize,
    /// A key that `find` saw and did not want.
    peeked: Option<&'a [u8]>,
}

impl<'a> DictReader<'_, 'a> {
    /// The next entry, `None` at the end.
    ///
    /// # Errors
    /// Any rule that something before the value breaks.
    #[expect(
        clippy::should_implement_trait,
        reason = "an item borrows the reader; no iterator can lend"
    )]
    pub fn next(&mut self) -> Result<Option<(&'a [u8], Item<'_, 'a>)>, DecodeError> {
        Ok(self.next_key()?.map(|key| (key, Item { cursor: self.cursor })))
    }

    /// The value of `key`, `None` if the dict has no such key after what was read. Smaller keys are skipped,
    /// greater ones stay, so that several keys are asked for in ascending order.
    ///
    /// # Errors
    /// Any rule that something before the value breaks.
    pub fn find(&mut self, key: &[u8]) -> Result<Option<Item<'_, 'a>>, DecodeError> {
        while let Some(found) = self.next_key()? {
            match found.cmp(key) {
                Ordering::Less => {}
                Ordering::Equal => return Ok(Some(Item { cursor: self.cursor })),
                Ordering::Greater => {
                    self.peeked = Some(found);
                    break;
                }
            }
        }
        Ok(None)
    }

    /// The value of `key`, which must be there. As [`Self::find`] otherwise.
    ///
    /// # Errors
    /// As [`Self::find`]; [`Malformed::MissingKey`].
    pub fn require(&mut self, key: &'static [u8]) -> Result<Item<'_, 'a>, DecodeError> {
        let position = self.cursor.position();
        self.find(key)?.ok_or(DecodeError { position, reason: Malformed::MissingKey { key } })
    }

    /// Reads and checks the entries that are left.
    ///
    /// # Errors
    /// Any rule that they break.
    pub fn finish(self) -> Result<(), DecodeError> {
        self.cursor.close_to(self.depth.saturating_sub(1))
    }

    fn next_key(&mut self) -> Result<Option<&'a [u8]>, DecodeError> {
        if let Some(key) = self.peeked.take() {
            return Ok(Some(key));
        }
        self.cursor.close_to(self.depth)?;
        if self.cursor.depth() < self.depth {
            return Ok(None);
        }
        if self.cursor.value_is_due() {
            self.cursor.skip_value()?;
        }
        match self.cursor.next()? {
            Step::Key(key) => Ok(Some(key)),
            Step::Value | Step::End => Ok(None),
        }
    }
}
