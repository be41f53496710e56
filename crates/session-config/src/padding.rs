//! Padding: zeros in front of a message, so that its encrypted size tells little (07 §7.2).
//!
//! No message starts with a zero, so that all leading zeros are padding.

/// Bytes that encryption adds to a padded message.
pub const ENCRYPTION_OVERHEAD: usize = 40;

/// Length of a message of `length` bytes after padding.
///
/// ```
/// use session_config::padding::padded_length;
///
/// assert_eq!(padded_length(0), 256 - 40);
/// assert_eq!(padded_length(216), 256 - 40);
/// assert_eq!(padded_length(217), 512 - 40);
/// ```
#[must_use]
pub const fn padded_length(length: usize) -> usize {
    with_overhead(length, ENCRYPTION_OVERHEAD)
}

const fn with_overhead(length: usize, overhead: usize) -> usize {
    // No slice is longer than `isize::MAX`, so that nothing saturates for a real message.
    let total = length.saturating_add(overhead);
    let step = match total {
        0..5120 => 256,
        5120..20480 => 1024,
        20480..40960 => 2048,
        _ => 5120,
    };
    total.div_ceil(step).saturating_mul(step).saturating_sub(overhead)
}

/// `message` with zeros in front.
#[must_use]
pub fn pad(message: &[u8]) -> Vec<u8> {
    let length = padded_length(message.len());
    // One allocation: growth would leave copies of the message behind.
    let mut padded = Vec::with_capacity(length);
    padded.resize(length.saturating_sub(message.len()), 0);
    padded.extend_from_slice(message);
    padded
}

/// The message in `padded`; nothing if there are only zeros.
#[must_use]
pub fn unpad(padded: &[u8]) -> &[u8] {
    let start = padded.iter().position(|byte| *byte != 0).unwrap_or(padded.len());
    padded.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_the_specification() {
        for (length, overhead, padded) in [
            (1, 10, 246),
            (246, 10, 246),
            (247, 10, 502),
            (247, 256, 256),
            (3744, 96, 3744),
            (3745, 96, 4000),
            (4865, 0, 5120),
            (5121, 0, 6144),
            (20481, 0, 22528),
            (38913, 0, 40960),
            (40961, 0, 46080),
            (71681, 0, 76800),
        ] {
            assert_eq!(with_overhead(length, overhead), padded, "{length} + {overhead}");
        }
    }

    #[test]
    fn padding_is_removed_whole() {
        for length in [0, 1, 215, 216, 217, 5079, 5080, 5081, 20440, 40920] {
            let message = vec![7; length];
            let padded = pad(&message);
            assert_eq!(padded.len(), padded_length(length));
            assert_eq!((padded.len() + ENCRYPTION_OVERHEAD) % 256, 0);
            assert_eq!(unpad(&padded), message);
        }
    }
}
