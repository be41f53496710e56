//! From words to the seed (01 §4.4).

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use super::{
    Correction, Decoded, Language, RecoveryPassword,
    checksum::Profile,
    groups,
    words::{self, MOST_BYTES, TypedText},
};
use crate::seed::AccountSeed;

/// Why a text is no recovery password. No variant holds a word: an unknown one is often a typing error of a
/// real one (01 §4.8).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Far more text than 25 words have.
    #[error("a recovery password has at most {MOST_BYTES} bytes, not {found}")]
    TooLong {
        /// Bytes that were given.
        found: usize,
    },
    /// Neither 13, 16, 19, 22 nor 25 words.
    #[error("a recovery password has 13, 16, 19, 22 or 25 words, not {found}")]
    WordCount {
        /// Words that were given.
        found: usize,
    },
    /// One word fewer than a recovery password has: probably the last one, the checksum, is missing.
    #[error("the last word is missing: there are only {found}")]
    MissingChecksumWord {
        /// Words that were given.
        found: usize,
    },
    /// Words that the list does not have, not even by their first letters.
    #[error("not in the list of {language} words: {}", Positions(positions))]
    UnknownWords {
        /// Language in which the words were looked up.
        language: Language,
        /// Positions of the unknown words, counted from 1.
        positions: Vec<usize>,
    },
    /// Every word is known, and the last one is not the checksum of the others: a word is wrong or out of
    /// place.
    #[error("the checksum does not match: a word is wrong or in the wrong place")]
    ChecksumMismatch,
    /// Three words that stand for no four bytes. Nobody's recovery password has such words.
    #[error("words {} to {} do not go together", group * 3 + 1, group * 3 + 3)]
    OutOfRange {
        /// Number of the group of three words, counted from 0.
        group: usize,
    },
}

/// `word 3` or `words 3, 7`.
struct Positions<'a>(&'a [usize]);

impl fmt::Display for Positions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.len() == 1 { "word" } else { "words" })?;
        for (place, position) in self.0.iter().enumerate() {
            write!(f, "{} {position}", if place == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// Reads `text` in the language that was probably meant (01 §4.5): the one that has most of its words as typed.
///
/// By their first letters English knows most words of French or Dutch, too, and its checksum fits one time in
/// twelve. So the spelling decides before the checksum does: a French password with a wrong word is an error, and
/// not another account in English.
pub(super) fn in_any_language(text: &str) -> Result<Decoded, DecodeError> {
    let text = TypedText::new(text)?;
    let readings = Language::ALL.iter().map(|language| {
        let reading = Reading::new(&text, *language);
        (reading.misfit(), reading.with_checksum(Profile::ALL))
    });
    let nearest = readings.min_by_key(|(misfit, result)| (*misfit, result.is_err()));
    // There is always a language, English, and so a reading.
    nearest.map_or(Err(DecodeError::WordCount { found: 0 }), |(_, result)| result)
}

/// The words of a text, looked up in one language.
pub(super) struct Reading {
    language: Language,
    /// Number of words.
    count: usize,
    /// Index of each word, up to the greatest number that a recovery password has.
    indices: Zeroizing<Vec<Option<u32>>>,
    corrections: Vec<Correction>,
}

impl Reading {
    pub(super) fn new(text: &TypedText, language: Language) -> Self {
        let typed = text.split(language);
        let indices = language.find(&typed.words);
        let mut corrections = Vec::with_capacity(indices.len());
        for (position, (index, typed)) in (1..).zip(indices.iter().zip(typed.words.iter())) {
            let correction = index.map(|index| Correction { position, index, language });
            corrections.extend(correction.filter(|it| !words::is_same(it.expose_word(), typed)));
        }
        Self { language, count: typed.count, indices, corrections }
    }

    /// How badly the words fit the language: an unknown one counts as much as two that were understood by their
    /// first letters.
    fn misfit(&self) -> usize {
        let unknown = self.indices.iter().filter(|index| index.is_none()).count();
        self.corrections.len().saturating_add(unknown.saturating_mul(2))
    }

    /// Takes the last word as the checksum of the others, by any of these profiles.
    pub(super) fn with_checksum(self, profiles: &[Profile]) -> Result<Decoded, DecodeError> {
        match self.count {
            13 | 16 | 19 | 22 | 25 => {}
            found @ (12 | 15 | 18 | 21 | 24) => {
                return Err(DecodeError::MissingChecksumWord { found });
            }
            found => return Err(DecodeError::WordCount { found }),
        }
        let indices = self.known()?;
        let (checksum, data) = indices.split_last().ok_or(DecodeError::ChecksumMismatch)?;
        let sums = |profile: &Profile| profile.checksum_word(data, self.language);
        if !profiles.iter().any(|profile| sums(profile) == Some(*checksum)) {
            return Err(DecodeError::ChecksumMismatch);
        }
        self.decoded(data)
    }

    /// Takes all words as data.
    pub(super) fn without_checksum(self) -> Result<Decoded, DecodeError> {
        if !matches!(self.count, 12 | 15 | 18 | 21 | 24) {
            return Err(DecodeError::WordCount { found: self.count });
        }
        let data = self.known()?;
        self.decoded(&data)
    }

    /// The indices, if every word has one.
    fn known(&self) -> Result<Zeroizing<Vec<u32>>, DecodeError> {
        let mut known = Zeroizing::new(Vec::with_capacity(self.indices.len()));
        known.extend(self.indices.iter().flatten());
        if known.len() == self.indices.len() {
            return Ok(known);
        }
        let unknown = (1..).zip(self.indices.iter()).filter(|(_, index)| index.is_none());
        let positions = unknown.map(|(position, _)| position).collect();
        Err(DecodeError::UnknownWords { language: self.language, positions })
    }

    /// Puts the bytes of the data words together.
    fn decoded(self, data: &[u32]) -> Result<Decoded, DecodeError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(AccountSeed::LONG_LENGTH));
        let (groups, _) = data.as_chunks::<3>();
        for (group, words) in groups.iter().enumerate() {
            bytes.extend(groups::from_words(*words).ok_or(DecodeError::OutOfRange { group })?);
        }
        let count = DecodeError::WordCount { found: self.count };
        let seed = AccountSeed::from_bytes(&bytes).map_err(|_| count)?;
        let password = RecoveryPassword::new(seed, self.language);
        Ok(Decoded { password, corrections: self.corrections })
    }
}
