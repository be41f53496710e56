//! Compression: `z` ‖ one zstd frame, where that is shorter (07 §7.1).
//!
//! Any valid frame is read. The frames that are written differ from those of libzstd, so that bytes stored by
//! deployed clients and by this crate are equal only where nothing is compressed.

use session_envelope::compression;
pub use session_envelope::compression::DecompressError;
use zeroize::Zeroizing;

/// First byte of a compressed message. A plain one starts with `d`.
pub const MARKER: u8 = b'z';
/// Longest message that a frame may hold (07 §7.1).
pub const MAX_LENGTH: usize = 32 << 20;

/// `z` ‖ frame if that is shorter than `message`, else `None`.
#[must_use]
pub fn compress(message: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let frame = Zeroizing::new(compression::compress(message));
    let is_shorter = frame.len().saturating_add(1) < message.len();
    is_shorter.then(|| Zeroizing::new([&[MARKER], frame.as_slice()].concat()))
}

/// The message in a zstd frame, without the marker.
///
/// # Errors
/// [`DecompressError::Malformed`] for anything but one complete frame; [`DecompressError::TooLong`] if it holds or
/// declares more than [`MAX_LENGTH`].
pub fn decompress(frame: &[u8]) -> Result<Zeroizing<Vec<u8>>, DecompressError> {
    compression::decompress(frame, MAX_LENGTH).map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use session_crypto::encoding::hex;

    use super::*;

    #[test]
    fn the_vectors_of_the_specification_are_read() {
        for frame in ["28b52ffd205145000010aaaa01008c022c", "28b52ffd20513d000008aa01000dea84"] {
            assert_eq!(*decompress(&hex::decode(frame).unwrap()).unwrap(), [0xaa; 81]);
        }
    }

    #[test]
    fn only_what_gets_shorter_is_compressed() {
        for incompressible in [b"".as_slice(), b"d", b"d1:#i1e1:&de1:<le1:=dee"] {
            assert_eq!(compress(incompressible), None);
        }
        let compressed = compress(&[b'd'; 999]).unwrap();
        assert_eq!(compressed[0], MARKER);
        assert_eq!(*decompress(&compressed[1..]).unwrap(), [b'd'; 999]);
        for length in 0..compressed.len() - 1 {
            let short = &compressed[1..=length];
            assert_eq!(decompress(short), Err(DecompressError::Malformed), "{length} bytes");
        }
    }

    #[test]
    fn a_bomb_is_refused() {
        // A frame without a size, window of 2 MiB, and blocks of 128 KiB from one byte each.
        let mut bomb = b"\x28\xb5\x2f\xfd\x00\x58".to_vec();
        bomb.extend(b"\x02\x00\x10\xaa".repeat(MAX_LENGTH / 131_072 + 32));
        assert!(matches!(decompress(&bomb), Err(DecompressError::TooLong { limit: MAX_LENGTH })));
    }
}
