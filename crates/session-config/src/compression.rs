//! Compression: `z` ‖ one zstd frame, where that is shorter (07 §7.1).
//!
//! Any valid frame is read. The frames that are written differ from those of libzstd, so that bytes stored by
//! deployed clients and by this crate are equal only where nothing is compressed.

use ruzstd::{
    decoding::{BlockDecodingStrategy, FrameDecoder},
    encoding::{CompressionLevel, compress_to_vec},
};
use zeroize::Zeroizing;

/// First byte of a compressed message. A plain one starts with `d`.
pub const MARKER: u8 = b'z';
/// Longest message that a frame may hold, and widest window that it may ask for (07 §7.1).
pub const MAX_LENGTH: usize = 32 << 20;

/// `z` ‖ frame if that is shorter than `message`, else `None`.
#[must_use]
pub fn compress(message: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let frame = Zeroizing::new(compress_to_vec(message, CompressionLevel::Fastest));
    let blocks = frame.strip_prefix(&ENCODER_HEADER[..]).and_then(<[u8]>::split_first);
    let (_window, blocks) = blocks?;
    let mut compressed = Zeroizing::new(Vec::with_capacity(frame.len().saturating_add(8)));
    compressed.push(MARKER);
    write_header(message.len(), &mut compressed);
    compressed.extend_from_slice(blocks);
    (compressed.len() < message.len()).then_some(compressed)
}

const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// What the encoder writes in front of the window's size and the blocks: no content size, no checksum.
const ENCODER_HEADER: [u8; 5] = [0x28, 0xb5, 0x2f, 0xfd, 0x00];
const SINGLE_SEGMENT: u8 = 1 << 5;

/// Header with the size of the content, as libzstd writes it, in place of the encoder's (RFC 8878 §3.1.1.1).
fn write_header(content: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&MAGIC);
    if let Ok(size) = u8::try_from(content) {
        out.extend_from_slice(&[SINGLE_SEGMENT, size]);
    } else if let Some(Ok(size)) = content.checked_sub(256).map(u16::try_from) {
        out.push(SINGLE_SEGMENT | 1 << 6);
        out.extend_from_slice(&size.to_le_bytes());
    } else {
        out.push(SINGLE_SEGMENT | 3 << 6);
        out.extend_from_slice(&u64::try_from(content).unwrap_or(u64::MAX).to_le_bytes());
    }
}

/// The message in complete zstd frames, without the marker.
///
/// # Errors
/// [`DecompressError::Malformed`] for anything but complete frames; [`DecompressError::TooLarge`] if they hold or
/// declare more than [`MAX_LENGTH`].
pub fn decompress(mut frames: &[u8]) -> Result<Zeroizing<Vec<u8>>, DecompressError> {
    let mut message = Zeroizing::new(Vec::new());
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(u64::try_from(MAX_LENGTH).unwrap_or(u64::MAX));
    loop {
        decode_frame(&mut decoder, &mut frames, &mut message)?;
        if frames.is_empty() {
            return Ok(message);
        }
    }
}

fn decode_frame(
    decoder: &mut FrameDecoder,
    frames: &mut &[u8],
    message: &mut Vec<u8>,
) -> Result<(), DecompressError> {
    use ruzstd::decoding::errors::FrameDecoderError;
    decoder.init(&mut *frames).map_err(|error| match error {
        FrameDecoderError::WindowSizeTooBig { .. } => DecompressError::TooLarge,
        _ => DecompressError::Malformed,
    })?;
    let start = message.len();
    let declared =
        usize::try_from(decoder.content_size()).map_err(|_| DecompressError::TooLarge)?;
    if declared > MAX_LENGTH {
        return Err(DecompressError::TooLarge);
    }
    while !decoder.is_finished() {
        // One block is at most 128 KiB.
        decoder
            .decode_blocks(&mut *frames, BlockDecodingStrategy::UptoBlocks(1))
            .map_err(|_| DecompressError::Malformed)?;
        decoder.collect_to_writer(&mut *message).map_err(|_| DecompressError::Malformed)?;
        if message.len() > MAX_LENGTH {
            return Err(DecompressError::TooLarge);
        }
    }
    let found = message.len().saturating_sub(start);
    // The decoder reports 0 where a frame declares no size.
    if declared != 0 && declared != found { Err(DecompressError::Malformed) } else { Ok(()) }
}

/// Why bytes could not be decompressed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecompressError {
    /// Not complete zstd frames and nothing else.
    #[error("malformed zstd frame")]
    Malformed,
    /// More than [`MAX_LENGTH`] bytes.
    #[error("zstd frame holds too much")]
    TooLarge,
}

#[cfg(test)]
mod tests {
    use session_crypto::encoding::hex;

    use super::*;

    #[test]
    fn frames_of_libzstd_are_read() {
        for frame in ["28b52ffd205145000010aaaa01008c022c", "28b52ffd20513d000008aa01000dea84"] {
            assert_eq!(*decompress(&hex::decode(frame).unwrap()).unwrap(), [0xaa; 81]);
        }
    }

    #[test]
    fn what_is_compressed_comes_back() {
        for length in [64, 255, 256, 257, 65_791, 65_792, 300_000] {
            let message: Vec<u8> = (0..length).map(|i: u32| u8::try_from(i % 9).unwrap()).collect();
            let compressed = compress(&message).expect("it repeats");
            assert!(compressed.len() < message.len());
            assert_eq!(compressed[0], MARKER);
            assert_eq!(*decompress(&compressed[1..]).unwrap(), message, "{length} bytes");
        }
        for incompressible in [b"".as_slice(), b"d", b"d1:#i1ee"] {
            assert_eq!(compress(incompressible), None);
        }
    }

    #[test]
    fn truncated_and_extended_frames_are_refused() {
        let compressed = compress(&[b'd'; 999]).unwrap();
        let frame = &compressed[1..];
        for length in 0..frame.len() {
            assert_eq!(decompress(&frame[..length]), Err(DecompressError::Malformed), "{length}");
        }
        assert_eq!(decompress(&[frame, &[0]].concat()), Err(DecompressError::Malformed));
        assert_eq!(decompress(&[frame, frame].concat()).unwrap().len(), 2 * 999);
    }

    #[test]
    fn a_bomb_is_refused_before_it_goes_off() {
        // A frame without a size, and blocks of 128 KiB from one byte each.
        let block = [0x02, 0x00, 0x10, 0xaa];
        let mut bomb = [&MAGIC[..], &[0x00, 0x58]].concat();
        bomb.extend(block.repeat(MAX_LENGTH / 131_072 + 32)); // the decoder holds 2 MiB back
        assert_eq!(decompress(&bomb), Err(DecompressError::TooLarge));
        // A declared size of 2^40.
        let declared = [&MAGIC[..], &[0xe0], &(1_u64 << 40).to_le_bytes()].concat();
        assert_eq!(decompress(&declared), Err(DecompressError::TooLarge));
        let wrong = hex::decode("28b52ffd205245000010aaaa01008c022c").unwrap();
        assert_eq!(decompress(&wrong), Err(DecompressError::Malformed), "a wrong size");
    }
}
