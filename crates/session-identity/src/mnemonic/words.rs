//! From typed text to words: what people, keyboards and clipboards add is taken away (01 §4.5).

use alloc::{string::String, vec::Vec};
use core::mem;

use session_types::typed::{self, is_invisible};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{DecodeError, letters};

/// Greatest number of words in a recovery password.
pub(super) const MOST_WORDS: usize = 25;

/// Bytes kept of a typed word: more than any list word has, so that a longer one is never spelt as in a list.
const KEPT_BYTES: usize = 64;

/// The words of a text. They are the same for every language.
pub(super) struct TypedWords {
    /// How many there are.
    pub(super) count: usize,
    /// The first [`MOST_WORDS`] of them.
    pub(super) words: Vec<TypedWord>,
}

impl TypedWords {
    /// Splits a text into its words (01 §4.5).
    ///
    /// The text is bounded first: to compose letters, all marks that follow one are held in memory.
    pub(super) fn new(text: &str) -> Result<Self, DecodeError> {
        if text.len() > typed::MAX_LENGTH {
            return Err(DecodeError::TooLong { found: text.len() });
        }
        let mut splitter = Splitter::new();
        compose(text).for_each(|c| splitter.take(c));
        splitter.end_word();
        Ok(splitter.found)
    }
}

/// The visible characters of a text in their compatibility form (NFKC).
fn compose(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !is_invisible(*c)).map(before_composing).nfkc()
}

/// Characters whose compatibility form would say something else than they mean.
const fn before_composing(c: char) -> char {
    match c {
        // Signs beside a number or a word, of which letters would become.
        'º' | 'ª' | '№' | '™' | '℠' => ' ',
        // Voicing marks of Japanese that stand alone, and would be cut off by a space.
        '\u{309b}' => '\u{3099}',
        '\u{309c}' => '\u{309a}',
        c => c,
    }
}

/// Puts the characters of a text together to words.
struct Splitter {
    found: TypedWords,
    word: Zeroizing<String>,
    /// An apostrophe followed the word: a letter of it if another letter follows.
    has_apostrophe: bool,
    /// An ampersand stands in front of the word: it may be the name of a character in a web page, `&nbsp;`.
    has_ampersand: bool,
}

impl Splitter {
    fn new() -> Self {
        Self {
            found: TypedWords { count: 0, words: Vec::with_capacity(MOST_WORDS) },
            word: Zeroizing::new(String::with_capacity(KEPT_BYTES)),
            has_apostrophe: false,
            has_ampersand: false,
        }
    }

    fn take(&mut self, c: char) {
        if is_apostrophe(c) && !self.has_apostrophe && !self.word.is_empty() {
            self.has_apostrophe = true;
        } else if is_letter(c) {
            if mem::take(&mut self.has_apostrophe) {
                self.keep('\'');
            }
            self.keep(c);
        } else if is_combining_mark(c) {
            // A mark belongs to the letter before it. Without one it is the frame of a number, for example.
            if !self.word.is_empty() {
                self.keep(c);
            }
        } else {
            if c == ';' && self.has_ampersand && is_character_name(&self.word) {
                self.word.clear();
            }
            self.end_word();
            self.has_ampersand = c == '&';
        }
    }

    /// Adds a letter where there is room without a reallocation, which would leave a copy of the word.
    fn keep(&mut self, letter: char) {
        if self.word.len().saturating_add(letter.len_utf8()) <= KEPT_BYTES {
            self.word.push(letter);
        }
    }

    /// Takes the letters so far, if there are any, as the next word.
    fn end_word(&mut self) {
        self.has_apostrophe = false;
        if self.word.is_empty() {
            return;
        }
        self.found.count = self.found.count.saturating_add(1);
        if self.found.count <= MOST_WORDS {
            self.found.words.push(TypedWord::new(&self.word));
        }
        self.word.clear();
    }
}

/// A typed word in the forms in which it is compared.
#[derive(ZeroizeOnDrop)]
pub(super) struct TypedWord {
    /// In lower case, one letter for one: `floß` for `FLOẞ`.
    pub(super) lower: String,
    /// In full case folding: `floss`.
    pub(super) folded: String,
    /// The same without accents and other differences that keyboards make.
    pub(super) loose: String,
}

impl TypedWord {
    /// The forms of a word that is composed already.
    fn new(word: &str) -> Self {
        /// A text grows at most by this factor when its case changes or its letters are decomposed.
        const GROWTH: usize = 3;
        let room = |text: &str| String::with_capacity(text.len().saturating_mul(GROWTH));
        let [mut lower, mut folded] = [room(word), room(word)];
        lower.extend(word.chars().map(letters::lower));
        folded.extend(word.chars().flat_map(letters::fold));
        let mut loose = room(&folded);
        letters::loosen(&folded, &mut loose);
        Self { lower, folded, loose }
    }

    /// The beginning of a word that a person is typing.
    pub(super) fn beginning(text: &str) -> Self {
        let mut word = Zeroizing::new(String::with_capacity(KEPT_BYTES));
        let end = text.char_indices().nth(KEPT_BYTES).map_or(text.len(), |(end, _)| end);
        // At four bytes for each letter there is room.
        word.extend(compose(text.get(..end).unwrap_or_default()).take(KEPT_BYTES / 4));
        Self::new(&word)
    }
}

/// Letters by Unicode, without numerals and letters in frames, which `is_alphabetic` includes.
fn is_letter(c: char) -> bool {
    let is_other = matches!(c, '〇' | '\u{3021}'..='\u{3029}' | '\u{1f150}'..='\u{1f189}');
    c.is_alphabetic() && !is_other && !is_combining_mark(c) && !is_apostrophe(c)
}

const fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2bc}' | '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}')
}

/// Names of spaces and quotation marks in the text of web pages.
fn is_character_name(word: &str) -> bool {
    const NAMES: [&str; 14] = [
        "nbsp", "ensp", "emsp", "thinsp", "quot", "apos", "lt", "gt", "amp", "ldquo", "rdquo",
        "laquo", "raquo", "bull",
    ];
    NAMES.contains(&word)
}
