//! An encoder of zstd frames (RFC 8878).

mod bits;
mod block;
mod codes;
mod fse;
mod huffman;
mod literals;
mod matcher;
mod sequences;

use alloc::vec::Vec;

use block::{Blocks, MAX_LENGTH, Place};

/// Appends the blocks of a frame with this content.
pub(super) fn write_blocks(content: &[u8], out: &mut Vec<u8>) {
    let mut blocks = Blocks::new(content);
    let mut start = 0;
    loop {
        let rest = content.get(start..).unwrap_or_default();
        let (block, place) =
            rest.split_at_checked(MAX_LENGTH).map_or((rest, Place::Last), |(block, after)| {
                (block, if after.is_empty() { Place::Last } else { Place::Before })
            });
        blocks.write(block, start, place, out);
        start += block.len();
        if place == Place::Last {
            return;
        }
    }
}
