//! An index of a word list by the first letters of its words, which the compiler makes.

use super::{language::LIST_LENGTH, letters};

/// Number of chains: words whose first letters have the same hash are in one.
const CHAINS: usize = 1024;

/// Finds the words of a list that begin with the same letters, accents and case left aside.
pub(super) struct Index {
    /// The first word of each chain, counted from 1; 0 for none.
    first: [u16; CHAINS],
    /// For each word the next one of its chain, counted from 1; 0 for none.
    next: [u16; LIST_LENGTH],
}

impl Index {
    /// Index of the words that start at `starts` in `text`, each with a line feed after it.
    #[expect(
        clippy::indexing_slicing,
        reason = "runs in the compiler, which refuses what is out of bounds"
    )]
    pub(super) const fn new(text: &str, starts: &[u16; LIST_LENGTH], prefix: usize) -> Self {
        let mut index = Self { first: [0; CHAINS], next: [0; LIST_LENGTH] };
        // From the end, so that each chain is in the order of the list.
        let mut word = LIST_LENGTH;
        let mut number = LIST_LENGTH_16;
        while word > 0 {
            word -= 1;
            let chain = chain_of_word(text.as_bytes(), starts[word], prefix);
            index.next[word] = index.first[chain];
            index.first[chain] = number;
            number -= 1;
        }
        index
    }

    /// Indices of the words that may begin with these letters. There are others among them.
    pub(super) fn chain(&self, beginning: impl Iterator<Item = char>) -> impl Iterator<Item = u16> {
        let first = self.first.get(chain_of(beginning.fold(HASH_START, hash))).copied();
        let place = |number: u16| number.checked_sub(1);
        core::iter::successors(first.and_then(place), move |word| {
            self.next.get(usize::from(*word)).copied().and_then(place)
        })
    }
}

/// Number of words in every list.
const LIST_LENGTH_16: u16 = 1626;

const HASH_START: u32 = 0x811c_9dc5;

/// FNV-1a, a letter at a time.
#[expect(clippy::as_conversions, reason = "`From` cannot be run by the compiler")]
const fn hash(hash: u32, letter: char) -> u32 {
    (hash ^ letter as u32).wrapping_mul(0x0100_0193)
}

/// The upper bits, which depend on all letters.
#[expect(clippy::as_conversions, reason = "ten bits; `TryFrom` cannot be run by the compiler")]
const fn chain_of(hash: u32) -> usize {
    (hash >> 22) as usize
}

/// Chain of the first `prefix` letters of the word at `start`, as [`letters::loose`] writes them.
#[expect(clippy::as_conversions, reason = "widens; `From` cannot be run by the compiler")]
const fn chain_of_word(text: &[u8], start: u16, prefix: usize) -> usize {
    let (mut state, mut count) = (HASH_START, 0);
    let mut place = start as usize;
    while count < prefix {
        let (letter, next) = letter_at(text, place);
        if letter == '\n' {
            break;
        }
        let (first, second) = letters::of_list(letter);
        state = hash(state, first);
        count += 1;
        if let Some(second) = second
            && count < prefix
        {
            state = hash(state, second);
            count += 1;
        }
        place = next;
    }
    chain_of(state)
}

/// Character at `place` of a text in UTF-8, and where the next one starts.
#[expect(
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "widens; runs in the compiler, which refuses what is out of bounds"
)]
const fn letter_at(text: &[u8], place: usize) -> (char, usize) {
    let lead = text[place];
    let (mut code, length) = match lead {
        0..=0x7f => (lead as u32, 1),
        0x80..=0xdf => ((lead & 0x1f) as u32, 2),
        0xe0..=0xef => ((lead & 0x0f) as u32, 3),
        _ => ((lead & 0x07) as u32, 4),
    };
    let mut offset = 1;
    while offset < length {
        code = code << 6 | (text[place + offset] & 0x3f) as u32;
        offset += 1;
    }
    match char::from_u32(code) {
        Some(letter) => (letter, place + length),
        // Lists are in UTF-8; a test looks every word up.
        None => (char::REPLACEMENT_CHARACTER, place + length),
    }
}

#[cfg(test)]
mod tests {
    use alloc::{string::String, vec::Vec};

    use super::{
        super::{
            Language,
            language::{Fit, Meaning},
            words::TypedWord,
        },
        *,
    };

    /// The index and the comparison of letters of a list, which the compiler can run, agree with those of typed words.
    #[test]
    fn every_word_of_every_list_is_found() {
        for language in Language::ALL {
            for (index, word) in (0..).zip(language.words()) {
                let typed = TypedWord::beginning(word);
                // A longer one is cut, as none is in any list.
                if word.chars().count() < 16 {
                    let found = language.understand(&typed);
                    let (fit, rival) = (Fit::Whole, None);
                    assert_eq!(found, Some(Meaning { index, fit, rival }), "{word}");
                    assert_eq!(letters::loose(word).collect::<String>(), typed.loose);
                }
            }
        }
    }

    #[test]
    fn chains_are_short() {
        for language in Language::ALL {
            let lengths = language.words().map(|word| {
                let start = letters::loose(word).take(language.session_prefix());
                language.index().chain(start).count()
            });
            assert!(lengths.max() <= Some(9), "{language}");
        }
    }

    #[test]
    fn each_word_is_in_one_chain() {
        for language in Language::ALL {
            let index = language.index();
            let firsts = index.first.iter().filter(|first| **first != 0);
            let nexts = index.next.iter().filter(|next| **next != 0);
            let mut words: Vec<_> = firsts.chain(nexts).copied().collect();
            words.sort_unstable();
            assert_eq!(words, Vec::from_iter(1..=LIST_LENGTH_16), "{language}");
        }
    }
}
