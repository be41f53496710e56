//! Raw records of a protobuf message: the fields that a typed value does not carry survive in this form.

use alloc::vec::Vec;
use core::fmt;

use session_crypto::reader::Reader;

/// Deepest nesting of groups that is looked into, as in the parser.
const MAX_DEPTH: u8 = 100;

/// Records of a message that its typed value does not carry, byte for byte and in order.
#[derive(Clone, Default, Eq, PartialEq)]
pub(crate) struct UnknownFields(Vec<u8>);

impl UnknownFields {
    /// Records of `message` with other numbers than `carried`. The message has been parsed before.
    pub(super) fn of(message: &[u8], carried: &[u32]) -> Self {
        Self(concat(message, |record| !carried.contains(&record.number)))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for UnknownFields {
    /// They are part of what a person wrote: only their length is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnknownFields({} bytes)", self.0.len())
    }
}

/// The records of `message` that are `wanted`, in a vector that does not grow.
pub(crate) fn concat(message: &[u8], wanted: impl Fn(&Record<'_>) -> bool) -> Vec<u8> {
    let wanted = || records(message).filter(&wanted).map(|record| record.bytes);
    let mut bytes = Vec::with_capacity(wanted().map(<[u8]>::len).sum());
    wanted().for_each(|record| bytes.extend_from_slice(record));
    bytes
}

/// One field of a message with its key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Record<'a> {
    pub(crate) number: u32,
    pub(crate) bytes: &'a [u8],
}

impl<'a> Record<'a> {
    /// What stands after key and length in a record of bytes, a text or an embedded message.
    pub(super) fn text(&self) -> Option<&'a [u8]> {
        let mut reader = Reader::new(self.bytes);
        let (_, wire_type) = key(&mut reader)?;
        varint(&mut reader)?;
        (wire_type == 2).then(|| reader.take_rest())
    }
}

/// Records of a message. Ends at the first that is malformed, which a parsed message does not have.
pub(crate) fn records(message: &[u8]) -> impl Iterator<Item = Record<'_>> {
    let mut reader = Reader::new(message);
    core::iter::from_fn(move || {
        let start = reader.clone();
        let (number, wire_type) = key(&mut reader)?;
        skip(&mut reader, number, wire_type, 0)?;
        let bytes = start.take_rest();
        let bytes = bytes.get(..bytes.len().checked_sub(reader.len())?)?;
        Some(Record { number, bytes })
    })
}

/// How many numbers of the list `number` there are, packed or not.
pub(crate) fn count_numbers(message: &[u8], number: u32) -> usize {
    // The key, the length and each number end with the one byte that is below 80.
    let ends = |bytes: &[u8]| bytes.iter().filter(|byte| **byte < 0x80).count();
    let numbers = |record: Record<'_>| match record.bytes {
        [key, ..] if key & 7 == 2 => ends(record.bytes).saturating_sub(2),
        _ => 1,
    };
    records(message).filter(|record| record.number == number).map(numbers).sum()
}

fn key(reader: &mut Reader<'_>) -> Option<(u32, u8)> {
    let key = u32::try_from(varint(reader)?).ok()?;
    Some((key >> 3, u8::try_from(key & 7).ok()?))
}

fn varint(reader: &mut Reader<'_>) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let [byte] = reader.take_array().ok()?;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Moves to the end of the value of a record.
fn skip(reader: &mut Reader<'_>, number: u32, wire_type: u8, depth: u8) -> Option<()> {
    match wire_type {
        0 => varint(reader).map(drop),
        1 => reader.take(8).ok().map(drop),
        2 => {
            let length = usize::try_from(varint(reader)?).ok()?;
            reader.take(length).ok().map(drop)
        }
        // A group, which ends with a key of its own number.
        3 if depth < MAX_DEPTH => loop {
            match key(reader)? {
                (end, 4) => return (end == number).then_some(()),
                (inner, wire_type) => skip(reader, inner, wire_type, depth.checked_add(1)?)?,
            }
        },
        5 => reader.take(4).ok().map(drop),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wire_type_is_one_record() {
        let all: [&[u8]; 7] = [
            b"\x08\x96\x01",                                 // 1: varint
            b"\x11\x01\x02\x03\x04\x05\x06\x07\x08",         // 2: fixed64
            b"\x1a\x02ab",                                   // 3: bytes
            b"\x23\x08\x01\x2b\x2c\x24",                     // 4: group with a field and a group
            b"\x2d\x01\x02\x03\x04",                         // 5: fixed32
            b"\xc2\x3e\x00",                                 // 1000: no bytes
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", // 1: largest varint
        ];
        let message = all.concat();
        let found: Vec<_> = records(&message).map(|record| (record.number, record.bytes)).collect();
        let numbers = [1, 2, 3, 4, 5, 1000, 1];
        assert_eq!(found, numbers.into_iter().zip(all).collect::<Vec<_>>());
        let kept = UnknownFields::of(&message, &[1, 3, 4]);
        assert_eq!(kept.as_bytes(), [all[1], all[4], all[5]].concat());
        assert_eq!(alloc::format!("{kept:?}"), "UnknownFields(17 bytes)");
    }

    #[test]
    fn a_broken_record_ends_the_list() {
        for broken in [
            b"\x08".as_slice(),
            b"\x08\x80",
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\x11\x01\x02\x03\x04\x05\x06\x07",
            b"\x1a\x02a",
            b"\x1a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\x23\x08\x01",
            b"\x23\x2c",
            b"\x24",
            b"\x0e\x01",
            b"\x2d\x01\x02\x03",
        ] {
            assert_eq!(records(broken).next(), None, "{broken:02x?}");
        }
        assert_eq!(records(&[0x23; 1000]).next(), None, "groups have a limit");
    }
}
