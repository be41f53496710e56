//! The languages of the recovery password and their word lists (01 §4.1).

use alloc::{string::String, vec, vec::Vec};
use core::{fmt, str::FromStr};

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::words;

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
                            &List {
                                english_name: $english,
                                native_name: $native,
                                session_prefix: $session,
                                wallet_prefix: $wallet,
                                text,
                                starts: line_starts(text),
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
}

/// Number of words in every list.
const LIST_LENGTH: usize = 1626;

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

    /// The words that begin with `start`, whatever its case: what may be meant while a person types.
    pub fn suggest(self, start: &str) -> impl Iterator<Item = &'static str> {
        self.words().filter(move |word| {
            let mut letters = word.chars().map(words::lower);
            start.nfc().map(words::lower).all(|letter| letters.next() == Some(letter))
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

    /// Whether an apostrophe can be a letter of a word.
    pub(super) fn has_apostrophe(self) -> bool {
        self.list().text.contains('\'')
    }

    /// Word number `index`; empty if there is none.
    pub(super) fn word(self, index: u32) -> &'static str {
        let List { text, starts, .. } = self.list();
        let start = usize::try_from(index).ok().and_then(|index| starts.get(index));
        let rest = start.and_then(|start| text.get(usize::from(*start)..));
        rest.and_then(|rest| rest.lines().next()).unwrap_or_default()
    }

    /// Index of the word that each typed word means, `None` for an unknown one. The first letters decide.
    ///
    /// The list is walked once, and to its end, whatever the words are.
    pub(super) fn find(self, typed: &[String]) -> Zeroizing<Vec<Option<u32>>> {
        let keys: Zeroizing<Vec<Key>> =
            Zeroizing::new(typed.iter().map(|word| self.key(word)).collect());
        let mut found = Zeroizing::new(vec![None; typed.len()]);
        for (index, word) in (0..).zip(self.words()) {
            let key = self.key(word);
            for (place, _) in found.iter_mut().zip(keys.iter()).filter(|(_, it)| **it == key) {
                *place = Some(index);
            }
        }
        found
    }

    /// First letters of a word in lower case. A word that has fewer than count is known by all it has, and
    /// equals no beginning of a longer one (01 §4.1).
    fn key(self, word: &str) -> Key {
        let mut key = [None; LONGEST_PREFIX];
        let letters = word.chars().map(words::lower).take(self.session_prefix());
        for (place, letter) in key.iter_mut().zip(letters) {
            *place = Some(letter);
        }
        key
    }
}

const LONGEST_PREFIX: usize = 4;

type Key = [Option<char>; LONGEST_PREFIX];

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
