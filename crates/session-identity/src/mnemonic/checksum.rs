//! The last word of a recovery password: it repeats one of the others (01 §4.3).

use alloc::vec::Vec;

use subtle::{ConditionallySelectable as _, ConstantTimeEq as _, ConstantTimeLess as _};
use zeroize::Zeroizing;

use super::{
    Language, letters,
    selection::{self, Piece},
};

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

    /// What is summed up of a word: at most 12 bytes.
    pub(super) fn piece(self, word: &'static str, language: Language) -> Piece {
        let mut buffer = [0; 4];
        let letters = self.letters(word, language);
        Piece::new(letters.flat_map(move |letter| {
            let length = letter.encode_utf8(&mut buffer).len();
            buffer.into_iter().take(length)
        }))
    }

    /// Index of the checksum word for these data words; `None` if their number is that of no recovery password. It
    /// reads the table of words by index: for words that a person typed.
    pub(super) fn checksum_word(self, data: &[u32], language: Language) -> Option<u32> {
        let piece = |index: &u32| self.piece(language.word(*index), language);
        let mut pieces = Zeroizing::new(Vec::with_capacity(data.len()));
        pieces.extend(data.iter().map(piece));
        repeated(data, &pieces)
    }

    /// The same in a time that does not depend on the words: for a seed that is written.
    pub(super) fn checksum_word_unseen(self, data: &[u32], language: Language) -> Option<u32> {
        repeated(data, &selection::select(language, data, |word| self.piece(word, language)))
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
            (Self::Session | Self::FullFold, letter) => (letters::lower(letter), None),
        };
        [Some(first), second].into_iter().flatten()
    }
}

/// The data word that the checksum of these pieces points to. The time depends on the number of words alone.
fn repeated(data: &[u32], pieces: &[Piece]) -> Option<u32> {
    let sum = pieces.iter().fold(Crc::START, Crc::add).finish();
    // By a constant: the processor's division takes longer for some numbers than for others.
    let place = match data.len() {
        12 => sum % 12,
        15 => sum % 15,
        18 => sum % 18,
        21 => sum % 21,
        24 => sum % 24,
        _ => return None,
    };
    let mut word = 0_u32;
    for (at, candidate) in (0_u32..).zip(data) {
        word.conditional_assign(candidate, at.ct_eq(&place));
    }
    Some(word)
}

/// CRC-32/ISO-HDLC.
#[derive(Clone, Copy)]
struct Crc(u32);

impl Crc {
    const START: Self = Self(!0);

    /// Adds the bytes of a piece, in a time that does not depend on their number.
    fn add(self, piece: &Piece) -> Self {
        /// Four letters of three bytes.
        const MOST_BYTES: usize = 12;
        let mut crc = self.0;
        for (place, byte) in (0_u8..).zip(piece.bytes()).take(MOST_BYTES) {
            crc.conditional_assign(&step(crc, byte), place.ct_lt(&piece.length()));
        }
        Self(crc)
    }

    const fn finish(self) -> u32 {
        !self.0
    }
}

fn step(crc: u32, byte: u8) -> u32 {
    (0..8)
        .fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_of_the_catalogue() {
        let piece = Piece::new(b"123456789".iter().copied());
        assert_eq!(Crc::START.add(&piece).finish(), 0xcbf4_3926);
        let [first, rest] = [&b"1234"[..], b"56789"].map(|bytes| Piece::new(bytes.iter().copied()));
        assert_eq!(Crc::START.add(&first).add(&rest).finish(), 0xcbf4_3926);
    }

    #[test]
    fn only_numbers_of_data_words_have_a_checksum_word() {
        for count in 0..30 {
            let data = Vec::from_iter(0..count);
            let word = Profile::Session.checksum_word(&data, Language::English);
            assert_eq!(word.is_some(), matches!(count, 12 | 15 | 18 | 21 | 24), "{count}");
            assert_eq!(word, Profile::Session.checksum_word_unseen(&data, Language::English));
        }
    }
}
