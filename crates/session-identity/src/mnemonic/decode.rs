//! From words to the seed (01 §4.4).

use alloc::vec::Vec;
use core::fmt;

use session_types::typed::MAX_LENGTH;
use zeroize::Zeroizing;

use super::{
    Correction, Decoded, Language, RecoveryPassword,
    checksum::Profile,
    groups,
    language::{Fit, Meaning},
    words::TypedWords,
};
use crate::seed::AccountSeed;

/// Why a text is no recovery password. No variant holds a word: an unknown one is often a typing error of a
/// real one (01 §4.8).
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Far more text than 25 words have.
    #[error("a recovery password has at most {MAX_LENGTH} bytes, not {found}")]
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
    /// Words that are not as the list has them, and were understood all the same. Only
    /// [`RecoveryPassword::from_str`](core::str::FromStr::from_str) refuses them; [`RecoveryPassword::decode`] tells
    /// what they were taken for.
    #[error("not spelt as in the list of {language} words: {}", Positions(positions))]
    Corrected {
        /// Language in which the words were understood.
        language: Language,
        /// Positions of these words, counted from 1.
        positions: Vec<usize>,
    },
    /// The words can be read in two languages, with a checksum that matches in each: ask for the language, and read
    /// the words with [`RecoveryPassword::decode_in`].
    #[error("the words can be read in {first} and in {second}")]
    Ambiguous {
        /// One language.
        first: Language,
        /// The other.
        second: Language,
    },
    /// Every word is known, and the last one is not the checksum of the others: a word is wrong or out of
    /// place.
    #[error("the checksum does not match: a word is wrong or in the wrong place")]
    ChecksumMismatch,
    /// Three words that do not encode four bytes. No recovery password has such words.
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
    let text = TypedWords::new(text)?;
    let mut nearest = Vec::with_capacity(Language::ALL.len());
    let mut least = usize::MAX;
    for language in Language::ALL {
        let Some(reading) = Reading::within(&text, *language, least) else { continue };
        if reading.misfit < least {
            nearest.clear();
            least = reading.misfit;
        }
        nearest.push(reading);
    }
    one_of(nearest)
}

/// The answer of readings that fit equally well: of the only one whose checksum matches, or else the first error.
fn one_of(readings: Vec<Reading>) -> Result<Decoded, DecodeError> {
    // There is always a language, English, and so a reading.
    let mut answer: Result<Decoded, _> = Err(DecodeError::WordCount { found: 0 });
    for (place, reading) in readings.into_iter().enumerate() {
        match (&answer, reading.with_checksum(Profile::ALL)) {
            (Ok(first), Ok(second)) => {
                let (first, second) = (first.password.language(), second.password.language());
                return Err(DecodeError::Ambiguous { first, second });
            }
            (Err(_), Ok(decoded)) => answer = Ok(decoded),
            (Err(_), Err(error)) if place == 0 => answer = Err(error),
            (_, Err(_)) => {}
        }
    }
    answer
}

/// The words of a text, looked up in one language.
pub(super) struct Reading {
    language: Language,
    /// Number of words.
    count: usize,
    /// What each word means, up to the greatest number that a recovery password has.
    meanings: Zeroizing<Vec<Option<Meaning>>>,
    /// How badly the words fit the language.
    misfit: usize,
}

impl Reading {
    pub(super) fn new(typed: &TypedWords, language: Language) -> Self {
        Self::within(typed, language, usize::MAX).unwrap_or_else(|| Self::empty(typed, language))
    }

    /// The reading if it fits as well as `most` or better. It is given up as soon as it does not.
    fn within(typed: &TypedWords, language: Language, most: usize) -> Option<Self> {
        let mut reading = Self::empty(typed, language);
        for word in &typed.words {
            let meaning = language.understand(word);
            let misfit = match meaning.map(|meaning| meaning.fit) {
                Some(Fit::Whole) => 0,
                Some(Fit::Near) => 1,
                Some(Fit::OtherTail) => 2,
                None => 3,
            };
            reading.meanings.push(meaning);
            reading.misfit = reading.misfit.saturating_add(misfit);
            if reading.misfit > most {
                return None;
            }
        }
        Some(reading)
    }

    fn empty(typed: &TypedWords, language: Language) -> Self {
        let meanings = Zeroizing::new(Vec::with_capacity(typed.words.len()));
        Self { language, count: typed.count, meanings, misfit: 0 }
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
        self.refuse_words(Option::is_none)?;
        self.decoded(&self.only_match(profiles)?)
    }

    /// The words whose checksum matches. Each beginning of two words is tried as either; if the checksum does not tell
    /// which was meant, these words are refused as unknown.
    fn only_match(&self, profiles: &[Profile]) -> Result<Zeroizing<Vec<u32>>, DecodeError> {
        /// More such words are refused at once.
        const MOST_RIVALS: u32 = 4;
        let has_rival = |it: &Option<Meaning>| it.is_some_and(|it| it.rival.is_some());
        let rivals: u32 = self.meanings.iter().filter(|it| has_rival(it)).map(|_| 1).sum();
        if rivals > MOST_RIVALS {
            self.refuse_words(has_rival)?;
        }
        // A profile at a time: by full folding `Floß` has the checksum that `Floskel` has by another profile.
        for profile in profiles {
            let all = (0..1_u32 << rivals).map(|choice| self.words(choice));
            let mut matching = all.filter(|words| self.is_match(words, *profile));
            if let Some(words) = matching.next() {
                if matching.next().is_some() {
                    self.refuse_words(has_rival)?;
                }
                return Ok(words);
            }
        }
        Err(DecodeError::ChecksumMismatch)
    }

    fn is_match(&self, words: &[u32], profile: Profile) -> bool {
        words.split_last().is_some_and(|(checksum, data)| {
            profile.checksum_word(data, self.language) == Some(*checksum)
        })
    }

    /// Takes all words as data.
    pub(super) fn without_checksum(self) -> Result<Decoded, DecodeError> {
        if !matches!(self.count, 12 | 15 | 18 | 21 | 24) {
            return Err(DecodeError::WordCount { found: self.count });
        }
        self.refuse_words(Option::is_none)?;
        self.decoded(&self.words(0))
    }

    /// Fails with the positions of the words of which `is_bad` is true.
    fn refuse_words(&self, is_bad: fn(&Option<Meaning>) -> bool) -> Result<(), DecodeError> {
        let bad = (1..).zip(self.meanings.iter()).filter(|(_, meaning)| is_bad(meaning));
        let positions: Vec<usize> = bad.map(|(position, _)| position).collect();
        if positions.is_empty() {
            return Ok(());
        }
        Err(DecodeError::UnknownWords { language: self.language, positions })
    }

    /// The indices of the known words. A bit of `choice` for each word with a rival, from the lowest, takes the rival.
    fn words(&self, mut choice: u32) -> Zeroizing<Vec<u32>> {
        let mut words = Zeroizing::new(Vec::with_capacity(self.meanings.len()));
        for Meaning { index, rival, .. } in self.meanings.iter().flatten() {
            let other = rival.filter(|_| choice & 1 == 1);
            choice >>= u32::from(rival.is_some());
            words.push(other.unwrap_or(*index));
        }
        words
    }

    /// Puts the bytes of the data words together, which are followed by the checksum word, if there is one.
    fn decoded(&self, words: &[u32]) -> Result<Decoded, DecodeError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(AccountSeed::LONG_LENGTH));
        let (groups, _) = words.as_chunks::<3>();
        for (group, words) in groups.iter().enumerate() {
            bytes.extend(groups::from_words(*words).ok_or(DecodeError::OutOfRange { group })?);
        }
        let count = DecodeError::WordCount { found: self.count };
        let seed = AccountSeed::from_bytes(&bytes).map_err(|_| count)?;
        let language = self.language;
        let typed = (1..).zip(self.meanings.iter().flatten().zip(words));
        let corrections = typed.filter(|(_, (meaning, _))| meaning.fit != Fit::Whole);
        let corrections = corrections
            .map(|(position, (_, index))| Correction { position, index: *index, language })
            .collect();
        Ok(Decoded { password: RecoveryPassword::new(seed, language), corrections })
    }
}
