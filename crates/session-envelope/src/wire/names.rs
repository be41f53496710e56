//! Names that were cut inside a character (03, wire rule 4).
//!
//! Some senders cut names of files and people to a number of bytes. What is left of the last character is no UTF-8, for
//! which a parser refuses the whole message. Here only the name is lost. All other texts stay as strict as they were.

use alloc::{borrow::Cow, string::String, vec::Vec};

use prost::encoding;

use super::records::{Record, records};

/// Which fields of a message are names.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Names {
    /// Names without which the message is complete: left out if they are no UTF-8.
    pub(crate) optional: &'static [u32],
    /// Names that must be there: from the first byte that is no UTF-8, they are replaced by U+FFFD.
    pub(crate) required: &'static [u32],
}

impl Names {
    /// No names.
    pub(crate) const NONE: Self = Self { optional: &[], required: &[] };

    /// The message with names that are UTF-8.
    pub(super) fn repair<'a>(self, message: &'a [u8]) -> Cow<'a, [u8]> {
        if !self.has_any() || !records(message).any(|record| self.is_broken(&record)) {
            return Cow::Borrowed(message);
        }
        let mut repaired = Vec::with_capacity(message.len());
        let mut parsed = 0_usize;
        for record in records(message) {
            parsed = parsed.saturating_add(record.bytes.len());
            if !self.is_broken(&record) {
                repaired.extend_from_slice(record.bytes);
            } else if self.required.contains(&record.number) {
                encoding::string::encode(record.number, &start(record.text()), &mut repaired);
            }
        }
        // What is malformed stays for the parser to refuse.
        repaired.extend_from_slice(message.get(parsed..).unwrap_or_default());
        Cow::Owned(repaired)
    }

    const fn has_any(self) -> bool {
        !(self.optional.is_empty() && self.required.is_empty())
    }

    fn is_broken(self, record: &Record<'_>) -> bool {
        let is_name =
            self.optional.contains(&record.number) || self.required.contains(&record.number);
        is_name && record.text().is_some_and(|text| core::str::from_utf8(text).is_err())
    }
}

/// The name up to its first broken character, which is shown as such.
fn start(name: Option<&[u8]>) -> String {
    let valid = name.and_then(|name| name.utf8_chunks().next()).map(|chunk| chunk.valid());
    let mut start = String::from(valid.unwrap_or_default());
    start.push(char::REPLACEMENT_CHARACTER);
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Names = Names { optional: &[1], required: &[2] };

    #[test]
    fn broken_names_are_left_out_or_replaced() {
        for (message, repaired) in [
            (b"\x0a\x01a\x12\x01b".as_slice(), b"\x0a\x01a\x12\x01b".as_slice()),
            (b"\x0a\x02a\xc3\x12\x01b", b"\x12\x01b"),
            (b"\x0a\x01a\x12\x02b\xc3", b"\x0a\x01a\x12\x04b\xef\xbf\xbd"),
            (b"\x12\x04b\xff\xffc", b"\x12\x04b\xef\xbf\xbd"),
            (b"\x12\x01\xff", b"\x12\x03\xef\xbf\xbd"),
            // Other fields and other wire types are not names.
            (b"\x1a\x01\xc3", b"\x1a\x01\xc3"),
            (b"\x08\x80\x01\x0a\x01\xff", b"\x08\x80\x01"),
            // Broken records stay behind it.
            (b"\x0a\x01\xff\x0a\x05a", b"\x0a\x05a"),
            (b"\x0a\x05a", b"\x0a\x05a"),
        ] {
            assert_eq!(NAMES.repair(message).as_ref(), repaired, "{message:02x?}");
        }
        assert!(matches!(NAMES.repair(b"\x0a\x01a"), Cow::Borrowed(_)));
        assert!(matches!(Names::NONE.repair(b"\x0a\x01\xff"), Cow::Borrowed(_)));
    }
}
