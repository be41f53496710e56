//! The last word of a recovery password: it repeats one of the others (01 §4.3).

use alloc::string::String;

use zeroize::Zeroizing;

use super::{Language, words};

/// Which letters of the words are summed up. The four differ in German, Esperanto and Russian only.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Profile {
    /// Lower-case letters: what the apps write.
    Session,
    /// The words as they stand in the list: what the wallets write.
    Wallet,
    /// Lower case of A to Z alone: what an earlier library wrote in German.
    AsciiLower,
    /// Full case folding, with ß as ss: what a later one writes in German.
    FullFold,
}

impl Profile {
    /// All that a reader accepts.
    pub(super) const ALL: &[Self] =
        &[Self::Session, Self::Wallet, Self::AsciiLower, Self::FullFold];

    /// Index of the checksum word for these data words; `None` if there are none.
    pub(super) fn checksum_word(self, data: &[u32], language: Language) -> Option<u32> {
        // Room for four letters of four bytes each: a reallocation would leave a copy behind.
        let mut letters = Zeroizing::new(String::with_capacity(data.len().saturating_mul(16)));
        for index in data {
            letters.extend(self.letters(language.word(*index), language));
        }
        let count = u32::try_from(data.len()).ok()?;
        let place = crc32(letters.as_bytes()).checked_rem(count)?;
        data.get(usize::try_from(place).ok()?).copied()
    }

    fn letters(self, word: &str, language: Language) -> impl Iterator<Item = char> {
        let prefix = match self {
            Self::Wallet => language.wallet_prefix(),
            _ => language.session_prefix(),
        };
        word.chars().flat_map(move |letter| self.fold(letter)).take(prefix)
    }

    fn fold(self, letter: char) -> impl Iterator<Item = char> {
        let (first, second) = match (self, letter) {
            (Self::Wallet, letter) => (letter, None),
            (Self::AsciiLower, letter) => (letter.to_ascii_lowercase(), None),
            (Self::FullFold, 'ß') => ('s', Some('s')),
            (Self::Session | Self::FullFold, letter) => (words::lower(letter), None),
        };
        [Some(first), second].into_iter().flatten()
    }
}

/// CRC-32/ISO-HDLC.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_of_the_catalogue() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn nothing_has_no_checksum_word() {
        assert_eq!(Profile::Session.checksum_word(&[], Language::English), None);
    }
}
