//! The two bencoded forms of this crate: the dict of the node link (§5.3) and the strings of v4 (§6.3).

use alloc::vec::Vec;
use core::str;

use session_crypto::reader::Reader;

/// Digits of the longest length or number that is read, with its sign.
const MAX_DIGITS: usize = 20;

/// Why bytes are not the bencoded value that was wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BtError {
    /// The value goes on behind the end of the input.
    #[error("bencoded value is truncated")]
    Truncated,
    /// Something else stands where a string, a number or an end was wanted, or a number has a second spelling.
    #[error("bencoded value is malformed")]
    Malformed,
    /// Keys of a dict are unsorted, doubled or unknown.
    #[error("unexpected key in a bencoded dict")]
    Key,
    /// The input goes on behind the value.
    #[error("bytes behind a bencoded value")]
    TrailingBytes,
}

/// Takes `byte`.
pub(crate) fn expect(reader: &mut Reader<'_>, byte: u8) -> Result<(), BtError> {
    match reader.take_array() {
        Ok([found]) if found == byte => Ok(()),
        Ok(_) => Err(BtError::Malformed),
        Err(_) => Err(BtError::Truncated),
    }
}

/// Whether the next byte is `byte`, which is then taken.
pub(crate) fn take_if(reader: &mut Reader<'_>, byte: u8) -> bool {
    let mut ahead = reader.clone();
    let found = expect(&mut ahead, byte).is_ok();
    if found {
        *reader = ahead;
    }
    found
}

/// Takes a string: `length ":" bytes`.
pub(crate) fn take_string<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], BtError> {
    let length = take_number(reader, b':')?;
    let length = usize::try_from(length).map_err(|_| BtError::Malformed)?;
    reader.take(length).map_err(|_| BtError::Truncated)
}

/// Takes an integer: `"i" number "e"`.
pub(crate) fn take_integer(reader: &mut Reader<'_>) -> Result<i64, BtError> {
    expect(reader, b'i')?;
    take_number(reader, b'e')
}

/// Takes decimal digits, perhaps with a minus sign, and the `end` behind them. One number has one spelling.
fn take_number(reader: &mut Reader<'_>, end: u8) -> Result<i64, BtError> {
    let mut text = Vec::with_capacity(MAX_DIGITS);
    loop {
        match reader.take_array() {
            Ok([byte]) if byte == end => break,
            Ok([byte]) if text.len() < MAX_DIGITS => text.push(byte),
            Ok(_) => return Err(BtError::Malformed),
            Err(_) => return Err(BtError::Truncated),
        }
    }
    match text.as_slice() {
        b"0" | [b'1'..=b'9', ..] | [b'-', b'1'..=b'9', ..] => {}
        _ => return Err(BtError::Malformed),
    }
    let number = str::from_utf8(&text).ok().and_then(|text| text.parse().ok());
    number.ok_or(BtError::Malformed)
}

/// Ends the parse.
pub(crate) fn finish(reader: Reader<'_>) -> Result<(), BtError> {
    reader.finish().map_err(|_| BtError::TrailingBytes)
}

/// Appends a string.
pub(crate) fn push_string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(alloc::format!("{}:", bytes.len()).as_bytes());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(bytes: &[u8]) -> Result<&[u8], BtError> {
        let mut reader = Reader::new(bytes);
        let string = take_string(&mut reader)?;
        finish(reader).map(|()| string)
    }

    fn integer(bytes: &[u8]) -> Result<i64, BtError> {
        let mut reader = Reader::new(bytes);
        let integer = take_integer(&mut reader)?;
        finish(reader).map(|()| integer)
    }

    #[test]
    fn strings_have_one_spelling() {
        assert_eq!(string(b"0:"), Ok(b"".as_slice()));
        assert_eq!(string(b"3:a:e"), Ok(b"a:e".as_slice()));
        for malformed in
            [b":".as_slice(), b"-1:", b"-0:", b"+1:a", b"01:a", b"00:", b" 1:a", b"x:", b"1a:"]
        {
            assert_eq!(string(malformed), Err(BtError::Malformed), "{malformed:?}");
        }
        for truncated in [b"".as_slice(), b"1", b"1:", b"3:ab", b"9223372036854775807:a"] {
            assert_eq!(string(truncated), Err(BtError::Truncated), "{truncated:?}");
        }
        assert_eq!(string(b"9223372036854775808:a"), Err(BtError::Malformed));
        assert_eq!(string(b"000000000000000000000000"), Err(BtError::Malformed));
        assert_eq!(string(b"1:ab"), Err(BtError::TrailingBytes));
    }

    #[test]
    fn integers_have_one_spelling() {
        for (text, number) in [
            (b"i0e".as_slice(), 0),
            (b"i15e", 15),
            (b"i-1e", -1),
            (b"i-9223372036854775808e", i64::MIN),
            (b"i9223372036854775807e", i64::MAX),
        ] {
            assert_eq!(integer(text), Ok(number));
        }
        for malformed in
            [b"ie".as_slice(), b"i-e", b"i-0e", b"i01e", b"i+1e", b"1e", b"i9223372036854775808e"]
        {
            assert_eq!(integer(malformed), Err(BtError::Malformed), "{malformed:?}");
        }
        assert_eq!(integer(b"i1"), Err(BtError::Truncated));
    }
}
