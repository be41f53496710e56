//! The literals of a block (RFC 8878 §3.1.1.3.1).

use alloc::vec::Vec;

use super::huffman::{self, Code, Counts};

/// Fewer literals than this are not worth a code.
const MIN_CODED: usize = 16;
/// Fewer literals than this are one stream, others four.
const FOUR_STREAMS: usize = 1024;
/// Sizes of the first three streams.
const JUMP_TABLE_LENGTH: usize = 6;

/// How literals are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    Raw,
    Repeated,
    Compressed,
    /// With the code of literals before.
    Treeless,
}

impl Form {
    const fn number(self) -> u64 {
        match self {
            Self::Raw => 0,
            Self::Repeated => 1,
            Self::Compressed => 2,
            Self::Treeless => 3,
        }
    }
}

/// Appends the section of `literals` in its shortest form. Returns the code if it is a new one.
pub(super) fn write(literals: &[u8], known: Option<&Code>, out: &mut Vec<u8>) -> Option<Code> {
    if literals.len() >= MIN_CODED {
        let counts = huffman::count(literals);
        let start = out.len();
        if let Some(new) = write_coded(literals, &counts, known, out) {
            return new;
        }
        out.truncate(start);
    }
    match literals {
        [first, rest @ ..] if rest.len() > 1 && rest.iter().all(|byte| byte == first) => {
            plain_header(Form::Repeated, literals.len(), out);
            out.push(*first);
        }
        _ => {
            plain_header(Form::Raw, literals.len(), out);
            out.extend_from_slice(literals);
        }
    }
    None
}

/// Appends the section with the new or the known code, whichever makes it shorter, and returns the code if it is new;
/// `None` if it would be no shorter than the literals as they are.
fn write_coded(
    literals: &[u8],
    counts: &Counts,
    known: Option<&Code>,
    out: &mut Vec<u8>,
) -> Option<Option<Code>> {
    let start = out.len();
    let header_length = match literals.len() {
        0..=1023 => 3,
        1024..=16_383 => 4,
        _ => 5,
    };
    // A code that hardly saves anything takes the decoder's time for nothing.
    let worth = literals.len() - literals.len() / 64;
    let treeless = known.and_then(|code| code.cost(counts)).filter(|cost| *cost < worth);
    let new = Code::new(counts)?;
    let cost = new.cost(counts).filter(|cost| *cost < worth);
    if treeless.is_none() && cost.is_none() {
        return None;
    }
    out.extend([0; 5].iter().take(header_length));
    let described = cost.and_then(|cost| {
        let before = out.len();
        new.describe(out)?;
        let cost = cost + out.len() - before;
        treeless.is_none_or(|treeless| cost < treeless).then_some(())
    });
    let (form, code) = match (described, known) {
        (Some(()), _) => (Form::Compressed, &new),
        (None, Some(known)) if treeless.is_some() => {
            out.truncate(start + header_length);
            (Form::Treeless, known)
        }
        _ => return None,
    };
    write_streams(literals, code, out);
    let length = out.len() - start - header_length;
    if length + header_length >= literals.len() {
        return None;
    }
    let header = coded_header(form, literals.len(), length);
    out.iter_mut()
        .skip(start)
        .zip(header)
        .take(header_length)
        .for_each(|(slot, byte)| *slot = byte);
    Some((form == Form::Compressed).then_some(new))
}

/// Appends one stream, or sizes of three and four streams.
fn write_streams(literals: &[u8], code: &Code, out: &mut Vec<u8>) {
    if literals.len() < FOUR_STREAMS {
        code.encode(literals, out);
        return;
    }
    let sizes_at = out.len();
    out.extend([0; JUMP_TABLE_LENGTH]);
    let mut sizes = [[0; 2]; 4];
    for (stream, size) in literals.chunks(literals.len().div_ceil(4)).zip(&mut sizes) {
        let before = out.len();
        code.encode(stream, out);
        *size = u16::try_from(out.len() - before).unwrap_or(u16::MAX).to_le_bytes();
    }
    let table = sizes.as_flattened().iter().take(JUMP_TABLE_LENGTH);
    out.iter_mut().skip(sizes_at).zip(table).for_each(|(slot, byte)| *slot = *byte);
}

/// Appends the header of literals that are not coded: 5, 12 or 20 bits of length.
fn plain_header(form: Form, length: usize, out: &mut Vec<u8>) {
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    let form = form.number();
    let (header, bytes) = match length {
        0..=31 => (length << 3 | form, 1),
        32..=4095 => (length << 4 | 1 << 2 | form, 2),
        _ => (length << 4 | 3 << 2 | form, 3),
    };
    out.extend(header.to_le_bytes().iter().take(bytes));
}

/// Header of coded literals: 10, 14 or 18 bits of each length. One stream has ten.
fn coded_header(form: Form, length: usize, coded: usize) -> [u8; 8] {
    let [length, coded] = [length, coded].map(|number| u64::try_from(number).unwrap_or(u64::MAX));
    let (format, width) = match length {
        0..=1023 => (0, 10),
        1024..=16_383 => (2, 14),
        _ => (3, 18),
    };
    (coded << (4 + width) | length << 4 | format << 2 | form.number()).to_le_bytes()
}
