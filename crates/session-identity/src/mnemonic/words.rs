//! From typed text to words: what people, keyboards and clipboards add is taken away (01 §4.5).

use alloc::{string::String, vec::Vec};
use core::mem;

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::{DecodeError, Language};

/// Greatest number of words in a recovery password.
pub(super) const MOST_WORDS: usize = 25;

/// Greatest length of a typed text in bytes: several times that of 25 words with their numbers and line breaks.
pub(super) const MOST_BYTES: usize = 4096;

/// Bytes kept of a typed word: more than any list word has, so that a longer one is never spelt as in a list.
const KEPT_BYTES: usize = 64;

/// A typed text, composed and in lower case, without letters of no width: the same for every language.
pub(super) struct TypedText(Zeroizing<String>);

impl TypedText {
    /// The first step of 01 §4.5.
    ///
    /// The text is bounded first: to compose letters, all marks that follow one are held in memory.
    pub(super) fn new(text: &str) -> Result<Self, DecodeError> {
        /// By no more does a text grow when it is composed (Unicode UAX #15, NFC in UTF-8).
        const NFC_GROWTH: usize = 3;
        if text.len() > MOST_BYTES {
            return Err(DecodeError::TooLong { found: text.len() });
        }
        // Room for all of it: no reallocation leaves a copy behind.
        let room = text.len().saturating_mul(NFC_GROWTH);
        let mut typed = Zeroizing::new(String::with_capacity(room));
        typed.extend(text.nfc().filter(|letter| !is_zero_width(*letter)).map(lower));
        Ok(Self(typed))
    }

    /// Splits the text into words: the other steps of 01 §4.5.
    pub(super) fn split(&self, language: Language) -> TypedWords {
        let words = Zeroizing::new(Vec::with_capacity(MOST_WORDS));
        let mut typed = TypedWords { count: 0, words };
        let mut word = Zeroizing::new(String::with_capacity(KEPT_BYTES));
        let has_apostrophe = language.has_apostrophe();
        let mut apostrophe = false;
        for letter in self.0.chars() {
            match letter {
                '\'' | '\u{2019}' if has_apostrophe => apostrophe = !word.is_empty(),
                letter if is_separator(letter) => {
                    typed.push(&mut word);
                    apostrophe = false;
                }
                letter => {
                    // An apostrophe counts only inside a word; around it, it is a quotation mark.
                    if mem::take(&mut apostrophe) {
                        keep(&mut word, '\'');
                    }
                    keep(&mut word, letter);
                }
            }
        }
        typed.push(&mut word);
        typed
    }
}

/// The words of a text, in lower case.
pub(super) struct TypedWords {
    /// How many there are.
    pub(super) count: usize,
    /// The first [`MOST_WORDS`] of them.
    pub(super) words: Zeroizing<Vec<String>>,
}

impl TypedWords {
    /// Takes the letters of `word`, if it has any, as the next word.
    fn push(&mut self, word: &mut String) {
        if word.is_empty() {
            return;
        }
        self.count = self.count.saturating_add(1);
        if self.count <= MOST_WORDS {
            self.words.push(mem::replace(word, String::with_capacity(KEPT_BYTES)));
        } else {
            word.clear();
        }
    }
}

/// Adds a letter where there is room without a reallocation, which would leave a copy of the word behind.
fn keep(word: &mut String, letter: char) {
    if word.len().saturating_add(letter.len_utf8()) <= KEPT_BYTES {
        word.push(letter);
    }
}

/// Simple lower case: one letter for one. Only the dotted capital I has a longer form; its first letter is
/// the simple one. Full case folding would make one word of two in German (01 §4.5).
pub(super) fn lower(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

/// Whether a word of the list was typed, in lower case by now, as it stands there.
pub(super) fn is_same(word: &str, typed: &str) -> bool {
    word.chars().map(lower).eq(typed.chars())
}

const fn is_zero_width(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

fn is_separator(letter: char) -> bool {
    letter.is_whitespace() || letter.is_ascii_punctuation() || letter.is_ascii_digit()
}
