//! An encoder of zstd blocks, written from RFC 8878 (docs/adr/0004-zstd-encoder.md).
//!
//! ```text
//! content ─ matcher ─▶ literals  ─ huffman ─▶┐
//!                      sequences ─ fse ─────▶┴─ block: the shortest of raw, one byte repeated, compressed
//! ```
//!
//! Nothing is random and nothing is measured: a frame depends on its content alone. Tables grow with the content, so
//! that a short message costs little.

mod bits;
mod block;
mod codes;
mod fse;
mod huffman;
mod literals;
mod matcher;
mod sequences;

use alloc::vec::Vec;

use block::{Blocks, Place};

/// Longest block, in bytes of content (RFC 8878 §3.1.1.2.4).
pub(super) const MAX_BLOCK_LENGTH: usize = 128 << 10;

/// Appends the blocks of a frame with this content.
pub(super) fn write_blocks(content: &[u8], out: &mut Vec<u8>) {
    let mut blocks = Blocks::new(content);
    let mut start = 0;
    loop {
        let rest = content.get(start..).unwrap_or_default();
        let (block, place) = rest
            .split_at_checked(MAX_BLOCK_LENGTH)
            .map_or((rest, Place::Last), |(block, after)| {
                (block, if after.is_empty() { Place::Last } else { Place::Before })
            });
        blocks.write(block, start, place, out);
        start += block.len();
        if place == Place::Last {
            return;
        }
    }
}
