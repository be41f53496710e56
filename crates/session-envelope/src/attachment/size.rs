//! How long files are: arithmetic that uploader and server agree on (02 §11.2).

/// Bytes in front of the chunks: type byte and header.
pub(super) const HEAD_LENGTH: u64 = 25;
/// Text of a full chunk.
pub(super) const CHUNK_TEXT_LENGTH: u64 = 32_768;
/// Bytes that a chunk adds to its text.
const CHUNK_OVERHEAD: u64 = 17;
/// A full chunk.
const CHUNK_LENGTH: u64 = CHUNK_TEXT_LENGTH + CHUNK_OVERHEAD;
/// Files up to this size are padded to multiples of 1/32 of it.
const SMALLEST_CLASS: u64 = 131_072;

/// Longest content of a file in bytes, unless the caller and the server agree on more.
pub const MAX_CONTENT_LENGTH: u64 = 10_218_286;
/// Length of the file with the longest content.
pub const MAX_FILE_LENGTH: u64 = 10_223_616;

/// Bytes of padding in front of a content, at least one; `None` for a content of more than 2^60 bytes.
#[must_use]
pub fn padding(content: u64) -> Option<u64> {
    if content > 1 << 60 {
        return None;
    }
    let chunks = content.div_ceil(CHUNK_TEXT_LENGTH);
    let unpadded = content.checked_add(HEAD_LENGTH + 1)?.checked_add(chunks.checked_mul(17)?)?;
    // Sizes are rounded up to 1/32 of the power of two below them.
    let class = 1_u64.checked_shl(unpadded.max(SMALLEST_CLASS).ilog2())?;
    let padded = unpadded.checked_next_multiple_of(class / 32)?;
    let room = padded.checked_sub(unpadded)?.checked_add(1)?;

    // The padding fills chunks of its own, whose overhead must fit the room too.
    let mut overhead = (room / CHUNK_LENGTH).checked_mul(CHUNK_OVERHEAD)?;
    let free = chunks.checked_mul(CHUNK_TEXT_LENGTH)?.checked_sub(content)?;
    if room % CHUNK_LENGTH > free {
        overhead = overhead.checked_add(CHUNK_OVERHEAD)?;
    }
    room.checked_sub(overhead)
}

/// Length of the file of a content; `None` for a content of more than 2^60 bytes.
#[must_use]
pub fn encrypted(content: u64) -> Option<u64> {
    let text = content.checked_add(padding(content)?)?;
    let overhead = text.div_ceil(CHUNK_TEXT_LENGTH).checked_mul(CHUNK_OVERHEAD)?;
    HEAD_LENGTH.checked_add(text)?.checked_add(overhead)
}

/// Longest content that a file of this length can have; `None` if it is too short to be a file.
#[must_use]
pub fn max_content(file: u64) -> Option<u64> {
    let rest = file.checked_sub(HEAD_LENGTH + 1)?;
    rest.checked_sub(rest.div_ceil(CHUNK_LENGTH).checked_mul(CHUNK_OVERHEAD)?).filter(|_| rest > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_specification() {
        for (content, file) in [
            (0, 4_096),
            (4_053, 4_096),
            (4_054, 8_192),
            (8_149, 8_192),
            (8_150, 12_288),
            (33_333, 36_864),
            (60_000, 61_440),
            (261_982, 262_144),
            (261_983, 270_336),
            (523_990, 524_288),
            (523_991, 540_672),
            (6_543_210, 6_553_600),
            (9_956_278, 9_961_472),
            (10_000_000, 10_223_616),
            (MAX_CONTENT_LENGTH, MAX_FILE_LENGTH),
            (25_000_000, 25_165_824),
        ] {
            assert_eq!(encrypted(content), Some(file), "{content}");
        }
        assert!(encrypted(MAX_CONTENT_LENGTH + 1) > Some(MAX_FILE_LENGTH));
    }

    #[test]
    fn a_file_holds_its_content_and_not_much_more() {
        for content in (0..200_000).step_by(97).chain(9_900_000..9_900_100) {
            let file = encrypted(content).unwrap();
            let most = max_content(file).unwrap();
            let padding = padding(content).unwrap();
            assert!((1..=4_096.max(file / 32)).contains(&padding), "{content}: {padding}");
            assert!(most >= content, "{content}");
        }
    }

    #[test]
    fn absurd_lengths_are_none() {
        assert_eq!(padding((1 << 60) + 1), None);
        assert_eq!(encrypted(u64::MAX), None);
        assert!(encrypted(1 << 60).is_some());
        for file in 0..43 {
            assert_eq!(max_content(file), None, "{file}");
        }
        assert_eq!(max_content(43), Some(0));
        assert!(max_content(u64::MAX).is_some());
    }
}
