//! How letters of typed words and of list words are compared (01 §4.5).

use alloc::string::String;

use unicode_normalization::UnicodeNormalization as _;

/// Simple lower case: one letter for one. Only the dotted capital I has a longer form; its first letter is
/// the simple one.
pub(super) fn lower(letter: char) -> char {
    if letter.is_ascii() {
        return letter.to_ascii_lowercase();
    }
    letter.to_lowercase().next().unwrap_or(letter)
}

/// Full case folding: `ß` and `ẞ` become `ss`.
pub(super) fn fold(letter: char) -> impl Iterator<Item = char> {
    let is_simple = letter.is_ascii() || letter == 'ı';
    let simple = is_simple.then(|| letter.to_ascii_lowercase());
    let full = (!is_simple)
        .then(|| letter.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase));
    simple.into_iter().chain(full.into_iter().flatten())
}

/// Writes a folded word without accents, and with one letter for those that keyboards and programs put in the place
/// of each other: the dotless i, ligatures, katakana for hiragana.
pub(super) fn loosen(folded: &str, loose: &mut String) {
    if folded.is_ascii() {
        loose.push_str(folded);
        return;
    }
    let base = folded.nfd().filter(|c| !matches!(c, '\u{300}'..='\u{36f}')).flat_map(similar);
    loose.extend(base.nfc());
}

fn similar(letter: char) -> impl Iterator<Item = char> {
    /// Distance from hiragana to katakana.
    const KATAKANA: u32 = 0x60;
    let (first, second) = match letter {
        'ı' => ('i', None),
        'ø' => ('o', None),
        'ł' => ('l', None),
        'đ' => ('d', None),
        'œ' => ('o', Some('e')),
        'æ' => ('a', Some('e')),
        'ァ'..='ヶ' => {
            let hiragana = char::from_u32(u32::from(letter).saturating_sub(KATAKANA));
            (hiragana.unwrap_or(letter), None)
        }
        letter => (letter, None),
    };
    [Some(first), second].into_iter().flatten()
}

/// What [`fold`] and [`loosen`] make of a letter of a list: one letter, or two. Simple enough for the compiler to run.
pub(super) const fn of_list(letter: char) -> (char, Option<char>) {
    match letter {
        'ä' | 'Ä' | 'á' => ('a', None),
        'ö' | 'Ö' | 'ó' => ('o', None),
        'ü' | 'Ü' | 'ú' => ('u', None),
        'é' => ('e', None),
        'í' => ('i', None),
        'ñ' => ('n', None),
        'й' => ('и', None),
        'ß' => ('s', Some('s')),
        letter => (letter.to_ascii_lowercase(), None),
    }
}

/// A word of a list without accents, in lower case.
pub(super) fn loose(word: &str) -> impl Iterator<Item = char> + Clone {
    word.chars().map(of_list).flat_map(|(first, second)| [Some(first), second]).flatten()
}
