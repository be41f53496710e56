//! Compression of group messages and configs: one zstd frame (RFC 8878), decompressed within bounds.
//!
//! Which bytes a compressor makes of a message is its own affair; only what they decompress to counts.
//!
//! ```
//! use session_envelope::compression::{compress, decompress};
//!
//! let frame = compress(&[7; 1000]);
//! assert!(frame.len() < 100);
//! assert_eq!(decompress(&frame, 1000)?, [7; 1000]);
//! assert!(decompress(&frame, 999).is_err());
//! # Ok::<(), session_envelope::compression::DecompressError>(())
//! ```

mod encoder;

use alloc::vec::Vec;

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// First bytes of every frame.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Longest header of our frames: magic number, descriptor and eight bytes of size.
const MAX_HEADER_LENGTH: usize = 13;
/// Largest window of a frame that does not state its size, in bytes: that of the common levels.
const MAX_WINDOW_LENGTH: u64 = 2 << 20;

/// Frame of `bytes`, which states their number in its header. The same bytes always make the same frame.
///
/// It can be longer than they are: by 13 bytes, and by three for every 128 KiB. It takes memory for eight times the
/// bytes at most, from a megabyte on for three times as many, and some kilobytes more.
#[must_use]
pub fn compress(bytes: &[u8]) -> Vec<u8> {
    // Room for the longest frame: a vector that grows leaves copies of what it held, and takes more meanwhile.
    let blocks = bytes.len() / encoder::MAX_BLOCK_LENGTH + 1;
    let mut frame = Vec::with_capacity(bytes.len() + MAX_HEADER_LENGTH + 3 * blocks);
    frame.extend(MAGIC);
    frame.extend(size_header(bytes.len()));
    encoder::write_blocks(bytes, &mut frame);
    frame.shrink_to_fit();
    frame
}

/// Frame header descriptor (single segment, no checksum) and content size, in the shortest form.
fn size_header(length: usize) -> Vec<u8> {
    const SINGLE_SEGMENT: u8 = 1 << 5;
    let (flag, size) = match length {
        0..=255 => (0, u8::try_from(length).unwrap_or_default().to_le_bytes().to_vec()),
        // Two bytes count from 256.
        256..=65_791 => {
            let above = u16::try_from(length.saturating_sub(256)).unwrap_or_default();
            (1, above.to_le_bytes().to_vec())
        }
        _ => (3, u64::try_from(length).unwrap_or_default().to_le_bytes().to_vec()),
    };
    let mut header = Vec::from([SINGLE_SEGMENT | flag << 6]);
    header.extend(size);
    header
}

/// Content of a frame, at most `limit` bytes of it. Takes memory for the content, for the window (2 MiB unless
/// the frame states its size) and some hundred kilobytes more.
///
/// # Errors
/// [`DecompressError::TooLong`] for more than `limit` bytes, as soon as this is known;
/// [`DecompressError::Malformed`] for anything that is not exactly one valid frame.
pub fn decompress(frame: &[u8], limit: usize) -> Result<Vec<u8>, DecompressError> {
    let malformed = |_| DecompressError::Malformed;
    let too_long = DecompressError::TooLong { limit };
    let mut source = frame;
    let mut decoder = FrameDecoder::new();
    let longest = u64::try_from(limit).unwrap_or(u64::MAX);
    decoder.set_max_window_size(longest.max(MAX_WINDOW_LENGTH));
    decoder.reset(&mut source).map_err(malformed)?;
    // 0 stands for "not stated" as well as for nothing.
    let stated = decoder.content_size();
    if stated > longest {
        return Err(too_long);
    }

    let mut content = Vec::new();
    while !decoder.is_finished() {
        decoder
            .decode_blocks(&mut source, BlockDecodingStrategy::UptoBlocks(1))
            .map_err(malformed)?;
        let piece = decoder.collect().unwrap_or_default();
        // The content of a frame that states its size comes at once, and is not copied again.
        if content.is_empty() {
            content = piece;
        } else {
            content.extend(piece);
        }
        if content.len() > limit {
            return Err(too_long);
        }
    }
    let length_is_stated = stated == 0 || u64::try_from(content.len()) == Ok(stated);
    if source.is_empty() && length_is_stated {
        Ok(content)
    } else {
        Err(DecompressError::Malformed)
    }
}

/// Why bytes did not decompress.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecompressError {
    /// Not exactly one valid zstd frame.
    #[error("decompression failed")]
    Malformed,
    /// The content is longer than the format allows.
    #[error("decompresses to more than {limit} bytes")]
    TooLong {
        /// How many are allowed.
        limit: usize,
    },
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    use session_crypto::encoding::hex;

    use super::*;

    /// The frame of GM-2 (06 §4): 360 bytes, by the reference compressor.
    const FRAME: &str = "28b52ffd6068006d00003067726f75702001005f514b11";

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        core::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .take(length)
        .collect()
    }

    #[test]
    fn the_reference_frame_is_read() {
        let frame = hex::decode(FRAME).unwrap();
        let content = decompress(&frame, 360).unwrap();
        assert_eq!(content, b"group ".repeat(60));
        // The header of ours for the same content is that of the reference.
        assert_eq!(compress(&content)[..7], frame[..7]);
    }

    #[test]
    fn what_is_compressed_is_decompressed() {
        for length in [0, 1, 255, 256, 65_791, 65_792, 131_072, 131_073, 400_000, 1_000_000] {
            for content in [vec![7; length], noise(length)] {
                let frame = compress(&content);
                assert_eq!(decompress(&frame, length), Ok(content), "{length}");
                if length > 0 {
                    let limit = length - 1;
                    let error = decompress(&frame, limit);
                    assert_eq!(error, Err(DecompressError::TooLong { limit }));
                }
            }
        }
    }

    #[test]
    fn frames_are_whole_and_alone() {
        let frame = hex::decode(FRAME).unwrap();
        for length in 0..frame.len() {
            let error = decompress(&frame[..length], 1000);
            assert_eq!(error, Err(DecompressError::Malformed), "{length}");
        }
        for second in [vec![0], frame.clone(), vec![0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]] {
            let error = decompress(&[frame.as_slice(), &second].concat(), 1000);
            assert_eq!(error, Err(DecompressError::Malformed));
        }
        let skippable = [[0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0].as_slice(), &frame].concat();
        assert_eq!(decompress(&skippable, 1000), Err(DecompressError::Malformed));
    }

    #[test]
    fn the_stated_size_is_true() {
        let mut frame = hex::decode(FRAME).unwrap();
        for wrong in [0x67, 0x69] {
            frame[5] = wrong;
            assert_eq!(decompress(&frame, 1000), Err(DecompressError::Malformed), "{wrong:02x}");
        }
    }

    /// A frame without stated size: its output is counted, and its window has a limit.
    #[test]
    fn frames_without_size_have_limits_too() {
        let content = vec![7; 300_000];
        let frame = compress_to_vec(content.as_slice(), CompressionLevel::Fastest);
        assert_eq!(decompress(&frame, 300_000), Ok(content));
        let error = decompress(&frame, 299_999);
        assert_eq!(error, Err(DecompressError::TooLong { limit: 299_999 }));
        let mut wide = frame;
        wide[5] = 11 << 3;
        assert!(decompress(&wide, 300_000).is_ok(), "2 MiB");
        wide[5] = 11 << 3 | 1;
        assert_eq!(decompress(&wide, 300_000), Err(DecompressError::Malformed));
    }

    /// A block may repeat a byte 131 072 times in four bytes: a bomb that must stop at the limit.
    #[test]
    fn bombs_stop_at_the_limit() {
        let mut bomb = hex::decode("28b52ffd0058").unwrap();
        for _ in 0..10_000 {
            bomb.extend([0x02, 0x00, 0x10, 0x00]);
        }
        let error = decompress(&bomb, 1_000_000);
        assert_eq!(error, Err(DecompressError::TooLong { limit: 1_000_000 }));
    }
}
