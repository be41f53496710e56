//! One block of a frame (RFC 8878 §3.1.1.2): as it is, as one byte repeated, or compressed.

use alloc::vec::Vec;

use super::{
    MAX_BLOCK_LENGTH,
    huffman::Code,
    literals,
    matcher::{Matcher, Parts, Repeats},
    sequences::{self, Tables},
};

/// What passes from block to block.
#[derive(Debug)]
pub(super) struct Blocks<'a> {
    matcher: Matcher<'a>,
    repeats: Repeats,
    parts: Parts,
    /// The code of the last literals that had one.
    code: Option<Code>,
    tables: Tables,
}

/// Whether a block is the last of its frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    Last,
    Before,
}

/// What follows the header of a block.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    Raw,
    Repeated,
    Compressed,
}

impl<'a> Blocks<'a> {
    /// Blocks of this content.
    pub(super) fn new(content: &'a [u8]) -> Self {
        Self {
            matcher: Matcher::new(content),
            repeats: Repeats::new(),
            parts: Parts::with_capacity(content.len().min(MAX_BLOCK_LENGTH)),
            code: None,
            tables: Tables::default(),
        }
    }

    /// Appends the block of `bytes`, which start at `start` in the content, in its shortest form.
    pub(super) fn write(&mut self, bytes: &[u8], start: usize, place: Place, out: &mut Vec<u8>) {
        if let [first, rest @ ..] = bytes
            && !rest.is_empty()
            && rest.iter().all(|byte| byte == first)
        {
            out.extend(header(Form::Repeated, bytes.len(), place));
            out.push(*first);
            return;
        }
        let header_at = out.len();
        out.extend([0; 3]);
        if self.compress(start, bytes.len(), out).is_some() {
            let length = out.len() - header_at - 3;
            let header = header(Form::Compressed, length, place);
            out.iter_mut().skip(header_at).zip(header).for_each(|(slot, byte)| *slot = byte);
        } else {
            out.truncate(header_at);
            out.extend(header(Form::Raw, bytes.len(), place));
            out.extend_from_slice(bytes);
        }
    }

    /// Appends a compressed block and remembers its codes; `None` if it is not shorter than `length`.
    fn compress(&mut self, start: usize, length: usize, out: &mut Vec<u8>) -> Option<()> {
        let body = out.len();
        let mut repeats = self.repeats;
        self.matcher.split(start, start + length, &mut repeats, &mut self.parts);
        let code = literals::write(&self.parts.literals, self.code.as_ref(), out);
        if out.len() - body >= length {
            return None;
        }
        let tables = sequences::write(&self.parts.sequences, &self.tables, out);
        if out.len() - body >= length {
            return None;
        }
        // A decoder learns nothing from a block that is not compressed.
        self.repeats = repeats;
        self.code = code.or(self.code.take());
        self.tables.update(tables);
        Some(())
    }
}

/// Header of a block: three bytes (§3.1.1.2).
fn header(form: Form, length: usize, place: Place) -> [u8; 3] {
    let form = match form {
        Form::Raw => 0,
        Form::Repeated => 1,
        Form::Compressed => 2,
    };
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    let [first, second, third, _] =
        (length << 3 | form << 1 | u32::from(place == Place::Last)).to_le_bytes();
    [first, second, third]
}
