//! The languages of the recovery password and their word lists (01 §4.1).

use core::{fmt, str::FromStr};

use zeroize::Zeroize;

use super::{index::Index, letters, words::TypedWord};

/// Defines [`Language`] from a table: a row for each list.
macro_rules! languages {
    ($($name:ident $(if $feature:literal)?, $english:literal, $native:literal, $session:literal, $wallet:literal, $file:literal;)*) => {
        /// Language of a recovery password.
        ///
        /// English is always there, and the only one that the apps read. Each other one needs its feature.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum Language {
            $(
                $(#[cfg(feature = $feature)])?
                #[doc = concat!($native, ".", $(" Feature `", $feature, "`.")?)]
                $name,
            )*
        }

        impl Language {
            /// The languages whose features are on: English, then the others by their English names.
            pub const ALL: &[Self] = &[$($(#[cfg(feature = $feature)])? Self::$name,)*];

            const fn list(self) -> &'static List {
                match self {
                    $(
                        $(#[cfg(feature = $feature)])?
                        Self::$name => const {
                            let text = include_str!(concat!("../../wordlists/", $file, ".txt"));
                            let starts = line_starts(text);
                            &List {
                                english_name: $english,
                                native_name: $native,
                                session_prefix: $session,
                                wallet_prefix: $wallet,
                                text,
                                index: Index::new(text, &starts, $session),
                                starts,
                            }
                        },
                    )*
                }
            }
        }
    };
}

// Names, then the number of letters that tell a word: in the apps and in the wallets.
languages! {
    English, "English", "English", 3, 3, "english";
    ChineseSimplified if "language-chinese-simplified", "Chinese (simplified)", "简体中文 (中国)", 1, 1, "chinese_simplified";
    Dutch if "language-dutch", "Dutch", "Nederlands", 4, 4, "dutch";
    Esperanto if "language-esperanto", "Esperanto", "Esperanto", 3, 4, "esperanto";
    French if "language-french", "French", "Français", 4, 4, "french";
    German if "language-german", "German", "Deutsch", 4, 4, "german";
    Italian if "language-italian", "Italian", "Italiano", 4, 4, "italian";
    Japanese if "language-japanese", "Japanese", "日本語", 3, 3, "japanese";
    Lojban if "language-lojban", "Lojban", "Lojban", 4, 4, "lojban";
    Portuguese if "language-portuguese", "Portuguese", "Português", 4, 4, "portuguese";
    Russian if "language-russian", "Russian", "русский язык", 3, 4, "russian";
    Spanish if "language-spanish", "Spanish", "Español", 4, 4, "spanish";
}

struct List {
    english_name: &'static str,
    native_name: &'static str,
    session_prefix: usize,
    wallet_prefix: usize,
    /// The words, each with a line feed.
    text: &'static str,
    /// Where the word of each index starts in `text`.
    starts: [u16; LIST_LENGTH],
    /// The words by their first letters.
    index: Index,
}

/// Number of words in every list.
pub(super) const LIST_LENGTH: usize = 1626;

#[expect(
    clippy::indexing_slicing,
    reason = "runs in the compiler, which refuses a list of another length"
)]
const fn line_starts(text: &str) -> [u16; LIST_LENGTH] {
    let mut starts = [0; LIST_LENGTH];
    // The same place as two types: there is no conversion that the compiler could run.
    let (mut place, mut next) = (0, 0);
    let (mut word, mut start) = (0, 0);
    while place < text.len() {
        next += 1;
        if text.as_bytes()[place] == b'\n' {
            starts[word] = start;
            word += 1;
            start = next;
        }
        place += 1;
    }
    assert!(word == LIST_LENGTH, "a list has 1626 words");
    starts
}

impl Language {
    /// English name: `Chinese (simplified)`.
    #[must_use]
    pub const fn english_name(self) -> &'static str {
        self.list().english_name
    }

    /// Name in the language itself: `Deutsch`.
    #[must_use]
    pub const fn native_name(self) -> &'static str {
        self.list().native_name
    }

    /// The 1626 words in the order of their index.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        self.list().text.lines()
    }

    /// The words that begin with `start`, whatever its case: what may be meant while a person types. Accents may be
    /// left out.
    pub fn suggest(self, start: &str) -> impl Iterator<Item = &'static str> {
        let start = TypedWord::beginning(start);
        self.words().filter(move |word| {
            let folded = word.chars().flat_map(letters::fold);
            begins(folded, start.folded.chars())
                || begins(letters::loose(word), start.folded.chars())
        })
    }

    /// Number of letters by which a word is known from every other of the list.
    pub(super) const fn session_prefix(self) -> usize {
        self.list().session_prefix
    }

    /// The same as the wallets count it.
    pub(super) const fn wallet_prefix(self) -> usize {
        self.list().wallet_prefix
    }

    #[cfg(test)]
    pub(super) const fn index(self) -> &'static Index {
        &self.list().index
    }

    /// Word number `index`; empty if there is none.
    pub(super) fn word(self, index: u32) -> &'static str {
        let List { text, starts, .. } = self.list();
        let place = |index: usize| starts.get(index).copied().map(usize::from);
        let Ok(index) = usize::try_from(index) else { return "" };
        let end = place(index.saturating_add(1)).unwrap_or(text.len());
        // Without the line feed.
        place(index).and_then(|start| text.get(start..end.checked_sub(1)?)).unwrap_or_default()
    }

    /// The word that a typed one means, and how well it fits (01 §4.5); `None` if it is unknown.
    ///
    /// What is compared depends on the word: the time that this takes is not constant.
    pub(super) fn understand(self, typed: &TypedWord) -> Option<Meaning> {
        let mut candidates = self.candidates(typed);
        let (index, word) = candidates.next()?;
        if candidates.next().is_none() {
            return Some(Meaning { index, fit: Fit::of(typed, word), rival: None });
        }
        self.likeliest(typed)
    }

    /// Which word is meant if two have the first letters of a typed one, but for an accent or for `ß`: the one that is
    /// spelt so, or else the only one that goes on in the same way.
    fn likeliest(self, typed: &TypedWord) -> Option<Meaning> {
        let only = |is_meant: &dyn Fn(&'static str) -> bool| {
            let mut meant = self.candidates(typed).filter(|(_, word)| is_meant(word));
            meant.next().filter(|_| meant.next().is_none())
        };
        let count = self.session_prefix();
        let lower = |word: &'static str| word.chars().map(letters::lower);
        let typed_start = || typed.lower.chars().take(count);
        let has_accent = !typed_start().eq(typed.loose.chars().take(count));
        let starts = |word| begins(letters::loose(word), typed.loose.chars());
        let rules: [&dyn Fn(&'static str) -> bool; 4] = [
            &|word| word.chars().flat_map(letters::fold).eq(typed.folded.chars()),
            &|word| letters::loose(word).eq(typed.loose.chars()),
            // The first letters as the list has them. If they have an accent, no other word is like this one.
            &|word| {
                lower(word).take(count).eq(typed_start())
                    && (has_accent || begins(lower(word), typed.lower.chars()))
            },
            &|word| starts(word) || begins(typed.loose.chars(), letters::loose(word)),
        ];
        let (index, word) = rules.iter().find_map(|rule| only(*rule))?;
        let fit = Fit::of(typed, word);
        let is_beginning =
            fit == Fit::Near && !has_accent && !letters::loose(word).eq(typed.loose.chars());
        let rival = only(&|other| is_beginning && other != word && starts(other));
        Some(Meaning { index, fit, rival: rival.map(|(index, _)| index) })
    }

    /// The words whose first letters are those of `typed`, accents left aside. A word that has fewer letters than count
    /// is known by all it has, and equals no beginning of a longer one (01 §4.1).
    fn candidates(self, typed: &TypedWord) -> impl Iterator<Item = (u32, &'static str)> {
        let count = self.session_prefix();
        let start = typed.loose.chars().take(count);
        let words = self.list().index.chain(start.clone()).map(u32::from);
        words
            .map(move |index| (index, self.word(index)))
            .filter(move |(_, word)| letters::loose(word).take(count).eq(start.clone()))
    }
}

/// The word of the list that a typed one is taken for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Zeroize)]
pub(super) struct Meaning {
    pub(super) index: u32,
    #[zeroize(skip)]
    pub(super) fit: Fit,
    /// Another word that begins as the typed one does, but for an accent or for `ß`: `Floß` beside `Floskel` for `FLOS`.
    pub(super) rival: Option<u32>,
}

/// How well a typed word fits the word of the list that it is taken for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fit {
    /// It is the word.
    Whole,
    /// It is the word but for accents, or its beginning.
    Near,
    /// It has the first letters of the word, and others after them.
    OtherTail,
}

impl Fit {
    fn of(typed: &TypedWord, word: &'static str) -> Self {
        if word.chars().flat_map(letters::fold).eq(typed.folded.chars()) {
            Self::Whole
        } else if begins(letters::loose(word), typed.loose.chars()) {
            Self::Near
        } else {
            Self::OtherTail
        }
    }
}

/// Whether a word begins with `start`.
fn begins(mut word: impl Iterator<Item = char>, mut start: impl Iterator<Item = char>) -> bool {
    start.all(|letter| word.next() == Some(letter))
}

/// English name.
impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.english_name())
    }
}

/// Reads the English or the native name, exactly.
impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(name: &str) -> Result<Self, UnknownLanguage> {
        let named =
            |language: &&Self| [language.english_name(), language.native_name()].contains(&name);
        Self::ALL.iter().find(named).copied().ok_or(UnknownLanguage)
    }
}

/// No language has this name, or its feature is off.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("no language of this name")]
pub struct UnknownLanguage;
