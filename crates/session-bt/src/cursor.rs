//! The one state machine that all readers use: every rule of the syntax is checked here.

use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::{DecodeError, Integer, Kind, Malformed};

/// Containers that may be open within each other. The deepest structure of the protocol has 5.
pub const MAX_DEPTH: usize = 32;

/// A value, as far as one step reads it.
#[derive(Debug)]
pub(crate) enum Start<'a> {
    Integer(Integer),
    Bytes(&'a [u8]),
    List,
    Dict,
}

impl Start<'_> {
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Integer(_) => Kind::Integer,
            Self::Bytes(_) => Kind::Bytes,
            Self::List => Kind::List,
            Self::Dict => Kind::Dict,
        }
    }
}

/// What one step reads within a container.
#[derive(Debug)]
pub(crate) enum Step<'a> {
    Key(&'a [u8]),
    Value,
    End,
}

/// An open container.
#[derive(Clone, Debug)]
struct Frame<'a> {
    is_dict: bool,
    /// The last key of a dict.
    last_key: Option<&'a [u8]>,
    /// A value was announced, by its key or to the reader of a list, and not read yet.
    value_is_due: bool,
}

/// Position in the input and the containers that are open there.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    length: usize,
    open: Vec<Frame<'a>>,
    /// The first rule that was found broken. It stays, so that a caller who ignores it cannot read on.
    failed: Option<DecodeError>,
}

impl<'a> Cursor<'a> {
    /// Cursor at the first of `bytes`, which is at `offset` of what positions are counted in.
    pub(crate) const fn new(bytes: &'a [u8], offset: usize) -> Self {
        let length = offset.saturating_add(bytes.len());
        Self { rest: bytes, length, open: Vec::new(), failed: None }
    }

    pub(crate) const fn position(&self) -> usize {
        self.length.saturating_sub(self.rest.len())
    }

    /// What was not read yet.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) const fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Number of open containers.
    pub(crate) const fn depth(&self) -> usize {
        self.open.len()
    }

    /// Whether a value was announced and not read yet.
    pub(crate) fn value_is_due(&self) -> bool {
        self.open.last().is_some_and(|frame| frame.value_is_due)
    }

    /// Announces the next element of a list; false if the list ends here.
    pub(crate) fn announce_element(&mut self) -> bool {
        if matches!(self.rest, [b'e', ..]) {
            return false;
        }
        if let Some(frame) = self.open.last_mut() {
            frame.value_is_due = true;
        }
        true
    }

    pub(crate) const fn error<T>(&self, reason: Malformed) -> Result<T, DecodeError> {
        Err(DecodeError { position: self.position(), reason })
    }

    /// Kind of the value that comes next.
    pub(crate) fn kind(&self) -> Result<Kind, DecodeError> {
        match self.rest {
            [] => self.error(Malformed::Truncated),
            [b'i', ..] => Ok(Kind::Integer),
            [b'0'..=b'9', ..] => Ok(Kind::Bytes),
            [b'l', ..] => Ok(Kind::List),
            [b'd', ..] => Ok(Kind::Dict),
            [b'e', ..] if self.value_is_due() => self.error(Malformed::KeyWithoutValue),
            [byte, ..] => self.error(Malformed::NoValue(*byte)),
        }
    }

    /// Reads on until at most `depth` containers are open.
    pub(crate) fn close_to(&mut self, depth: usize) -> Result<(), DecodeError> {
        while self.depth() > depth {
            self.next()?;
        }
        Ok(())
    }

    /// Reads the value that comes next to its end.
    pub(crate) fn skip_value(&mut self) -> Result<(), DecodeError> {
        let depth = self.depth();
        self.value()?;
        self.close_to(depth)
    }

    /// Passes over the value that comes next if its encoding is `known`.
    pub(crate) fn skip_known(&mut self, known: &[u8]) -> bool {
        let rest = self.rest.strip_prefix(known).filter(|_| !known.is_empty());
        let Some(rest) = rest else { return false };
        if let Some(frame) = self.open.last_mut() {
            frame.value_is_due = false;
        }
        self.rest = rest;
        true
    }

    /// The next step: a key where one is due, otherwise a value or the end of the innermost container.
    pub(crate) fn next(&mut self) -> Result<Step<'a>, DecodeError> {
        let (key_is_due, may_end) = match self.open.last() {
            Some(frame) => (frame.is_dict && !frame.value_is_due, !frame.value_is_due),
            None => (false, false),
        };
        match self.rest {
            [b'e', ..] if may_end => self.guarded(|cursor| {
                cursor.advance(1);
                cursor.open.pop();
                Ok(Step::End)
            }),
            _ if key_is_due => self.guarded(Self::key).map(Step::Key),
            _ => self.value().map(|_| Step::Value),
        }
    }

    /// The next value.
    pub(crate) fn value(&mut self) -> Result<Start<'a>, DecodeError> {
        self.guarded(|cursor| {
            let kind = cursor.kind()?;
            if let Some(frame) = cursor.open.last_mut() {
                frame.value_is_due = false;
            }
            match kind {
                Kind::Integer => cursor.integer().map(Start::Integer),
                Kind::Bytes => cursor.bytes().map(Start::Bytes),
                Kind::List => cursor.enter(false).map(|()| Start::List),
                Kind::Dict => cursor.enter(true).map(|()| Start::Dict),
            }
        })
    }

    fn guarded<T>(
        &mut self,
        step: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let result = step(self);
        self.failed = result.as_ref().err().copied();
        result
    }

    fn enter(&mut self, is_dict: bool) -> Result<(), DecodeError> {
        if self.depth() >= MAX_DEPTH {
            return self.error(Malformed::TooDeep);
        }
        self.advance(1);
        self.open.push(Frame { is_dict, last_key: None, value_is_due: false });
        Ok(())
    }

    fn key(&mut self) -> Result<&'a [u8], DecodeError> {
        if self.kind()? != Kind::Bytes {
            return self.error(Malformed::KeyNotString);
        }
        let position = self.position();
        let key = self.bytes()?;
        if let Some(frame) = self.open.last_mut() {
            let reason = match frame.last_key.map(|last| last.cmp(key)) {
                Some(Ordering::Greater) => Some(Malformed::KeyOrder),
                Some(Ordering::Equal) => Some(Malformed::DuplicateKey),
                Some(Ordering::Less) | None => None,
            };
            if let Some(reason) = reason {
                return Err(DecodeError { position, reason });
            }
            frame.last_key = Some(key);
            frame.value_is_due = true;
        }
        Ok(key)
    }

    fn integer(&mut self) -> Result<Integer, DecodeError> {
        self.advance(1);
        let negative = self.rest.first() == Some(&b'-');
        if negative {
            self.advance(1);
        }
        let start = self.position();
        let wrong = |reason| Err(DecodeError { position: start, reason });
        let leads_with_zero = self.rest.first() == Some(&b'0');
        let (magnitude, digits) = self.digits(b'e', Malformed::IntegerDigit)?;
        if leads_with_zero && digits > 1 {
            return wrong(Malformed::IntegerLeadingZero);
        }
        if leads_with_zero && negative {
            return wrong(Malformed::NegativeZero);
        }
        match magnitude.and_then(|magnitude| Integer::from_parts(negative, magnitude)) {
            Some(integer) => Ok(integer),
            None => wrong(Malformed::IntegerOverflow),
        }
    }

    fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let start = self.position();
        let wrong = |reason| Err(DecodeError { position: start, reason });
        let leads_with_zero = self.rest.first() == Some(&b'0');
        let (length, digits) = self.digits(b':', Malformed::LengthDigit)?;
        if leads_with_zero && digits > 1 {
            return wrong(Malformed::LengthLeadingZero);
        }
        let length = length.and_then(|length| usize::try_from(length).ok());
        match length.and_then(|length| self.rest.split_at_checked(length)) {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(bytes)
            }
            None => wrong(Malformed::LengthBeyondInput),
        }
    }

    /// Decimal digits up to `end`: their number, `None` above 2^64 − 1, and their count, which is not 0.
    fn digits(
        &mut self,
        end: u8,
        no_digit: fn(u8) -> Malformed,
    ) -> Result<(Option<u64>, usize), DecodeError> {
        let (mut number, mut count) = (Some(0_u64), 0_usize);
        loop {
            match self.rest {
                [digit @ b'0'..=b'9', ..] => {
                    let digit = u64::from(digit.wrapping_sub(b'0'));
                    number = number.and_then(|n| n.checked_mul(10)?.checked_add(digit));
                    count = count.saturating_add(1);
                }
                [byte, ..] if *byte == end && count > 0 => {
                    self.advance(1);
                    return Ok((number, count));
                }
                [byte, ..] => return self.error(no_digit(*byte)),
                [] => return self.error(Malformed::Truncated),
            }
            self.advance(1);
        }
    }

    /// Moves past `count` bytes that were just seen.
    fn advance(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }
}
