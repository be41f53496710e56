//! Encodings one after the other that were checked when they were read, or written here: nothing is checked again.

use crate::{
    Integer, Value,
    value::{Dict, List},
};

/// The encodings of values that follow each other.
pub(crate) struct Values<'a> {
    rest: &'a [u8],
}

impl<'a> Values<'a> {
    pub(crate) const fn of(rest: &'a [u8]) -> Self {
        Self { rest }
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (value, rest) = split_value(self.rest)?;
        self.rest = rest;
        Some(value)
    }
}

/// The first value and what follows it. Its depth is counted, not recursed into.
fn split_value(encoded: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut rest, mut depth) = (encoded, 0_usize);
    loop {
        let (first, after) = rest.split_first()?;
        rest = match first {
            b'i' => after.get(after.iter().position(|byte| *byte == b'e')?.checked_add(1)?..)?,
            b'l' | b'd' => {
                depth = depth.checked_add(1)?;
                after
            }
            b'e' => {
                depth = depth.checked_sub(1)?;
                after
            }
            _ => split_string(rest)?.1,
        };
        if depth == 0 {
            return encoded.split_at_checked(encoded.len().checked_sub(rest.len())?);
        }
    }
}

/// The bytes of the string that comes first, and what follows it.
pub(crate) fn split_string(encoded: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = encoded.iter().position(|byte| *byte == b':')?;
    let (digits, rest) = encoded.split_at_checked(colon)?;
    let length = str::from_utf8(digits).ok()?.parse().ok()?;
    rest.get(1..)?.split_at_checked(length)
}

/// What a list or dict holds: everything between its first byte and its last.
pub(crate) fn content(encoding: &[u8]) -> &[u8] {
    encoding.get(1..encoding.len().saturating_sub(1)).unwrap_or_default()
}

/// The value of this encoding.
pub(crate) fn to_value(encoding: &[u8]) -> Option<Value> {
    Some(match encoding.first()? {
        b'i' => Value::Integer(integer(content(encoding))?),
        b'l' => Value::List(List::of_checked(encoding)),
        b'd' => Value::Dict(Dict::of_checked(encoding)),
        _ => Value::Bytes(split_string(encoding)?.0.to_vec()),
    })
}

fn integer(digits: &[u8]) -> Option<Integer> {
    let number: i128 = str::from_utf8(digits).ok()?.parse().ok()?;
    Integer::try_from(number).ok()
}
