//! Four bytes are three words: the arithmetic of 01 §4.2 and §4.4.

/// Number of words in every list.
const LIST_LENGTH: u32 = 1626;

/// Indices of the three words for a group of four bytes.
pub(super) const fn to_words(group: [u8; 4]) -> [u32; 3] {
    let value = u32::from_le_bytes(group);
    // Each word is the distance from the one before it, so that equal bytes do not give equal words.
    let a = value % LIST_LENGTH;
    let b = (value / LIST_LENGTH + a) % LIST_LENGTH;
    let c = (value / LIST_LENGTH / LIST_LENGTH + b) % LIST_LENGTH;
    [a, b, c]
}

/// The four bytes of three words, given by their indices; `None` if the words stand for 2^32 or more, which
/// no bytes encode to.
pub(super) fn from_words(indices: [u32; 3]) -> Option<[u8; 4]> {
    // In 64 bits: in 32 the excess would be lost unseen.
    let n = u64::from(LIST_LENGTH);
    let [a, b, c] = indices.map(|index| u64::from(index) % n);
    let value = a + n * ((n - a + b) % n) + n * n * ((n - b + c) % n);
    Some(u32::try_from(value).ok()?.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_group_is_the_last_that_has_words() {
        let words = to_words([0xff; 4]);
        assert_eq!(from_words(words), Some([0xff; 4]));
        // The next value in counting order: 2^32 mod 1626 = 490 (01 §4.4), the other distances as they are.
        let [a, b, c] = words;
        assert_eq!(a, 489);
        assert_eq!(from_words([a + 1, b + 1, c + 1]), None);
        assert_eq!(from_words([0, 0, 1625]), None);
    }
}
