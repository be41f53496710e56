//! Recovery passwords as people type and paste them (01 §4.5): the right seed or an error, never another account.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy knows `#[test]` functions, not the helpers beside them"
)]

use std::collections::BTreeMap;

use session_identity::{
    AccountSeed, RecoveryPassword,
    mnemonic::{DecodeError, Decoded, Language},
};
use sha2::{Digest as _, Sha256};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Passwords of each language that are typed in every way. More were tried when the rules were made.
const PASSWORDS: u32 = 12;

/// Whether a way of typing must be read, or may be refused.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Must {
    BeRead,
    NotMislead,
    /// The same if the language is told. The letters are too few to find it.
    NotMisleadInItsLanguage,
}

/// What becomes of a password when it is typed in one way.
type Typing = fn(&str, Language) -> String;

#[rustfmt::skip]
const WAYS: &[(&str, Must, Typing)] = &[
    ("capitals", Must::BeRead, |words, _| words.to_uppercase()),
    ("small letters", Must::BeRead, |words, _| words.to_lowercase()),
    ("first letter capital", Must::BeRead, |words, _| each(words, title)),
    ("first letter capital, rest small", Must::BeRead, |words, _| each(words, |word| title(&word.to_lowercase()))),
    ("ss for ß", Must::BeRead, |words, _| words.replace('ß', "ss")),
    ("SS for ß", Must::BeRead, |words, _| words.replace('ß', "SS")),
    ("ẞ in capitals", Must::BeRead, |words, _| words.replace('ß', "ẞ").to_uppercase()),
    ("decomposed", Must::BeRead, |words, _| words.nfd().collect()),
    ("decomposed capitals", Must::BeRead, |words, _| words.to_uppercase().nfkd().collect()),
    ("composed", Must::BeRead, |words, _| words.nfkc().collect()),
    ("fullwidth", Must::BeRead, |words, _| words.chars().map(fullwidth).collect()),
    ("accents left out", Must::BeRead, |words, _| without_accents(words)),
    ("capitals, accents left out", Must::BeRead, |words, _| without_accents(&words.to_uppercase())),
    ("capitals of a Turkish keyboard", Must::BeRead, |words, _| words.replace('i', "İ").to_uppercase()),
    ("small letters of a Turkish keyboard", Must::BeRead, |words, _| words.to_uppercase().replace('I', "ı").to_lowercase()),
    ("Dutch ligature", Must::BeRead, |words, _| words.replace("ij", "ĳ").replace("fi", "ﬁ")),
    ("French ligature", Must::BeRead, |words, _| words.replace("oe", "œ").replace("ae", "æ")),
    ("Russian ё", Must::BeRead, |words, _| words.replace('е', "ё")),
    ("final sigma", Must::BeRead, |words, _| words.replace('s', "ſ")),
    ("katakana", Must::BeRead, |words, _| words.chars().map(katakana).collect()),
    ("other apostrophes", Must::BeRead, |words, _| words.replace('\'', "\u{2019}")),
    ("first letters", Must::BeRead, |words, language| each(words, |word| start(word, prefix(language)))),
    ("one letter more", Must::BeRead, |words, language| each(words, |word| start(word, prefix(language) + 1))),
    ("one letter fewer", Must::NotMisleadInItsLanguage, |words, language| each(words, |word| start(word, prefix(language) - 1))),
    ("first letters in capitals", Must::BeRead, |words, language| each(words, |word| start(word, prefix(language)).to_uppercase())),
    ("first letters of capitals", Must::NotMislead, |words, language| each(words, |word| start(&word.to_uppercase(), prefix(language)))),
    ("first five of capitals", Must::BeRead, |words, _| each(words, |word| start(&word.to_uppercase(), 5))),
    ("first letters without accents", Must::NotMislead, |words, language| each(words, |word| start(&without_accents(word), prefix(language)))),
    ("another tail", Must::BeRead, |words, language| each(words, |word| other_tail(word, prefix(language)))),
    ("ae for ä", Must::NotMislead, |words, _| words.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue")),
    ("large kana", Must::NotMislead, |words, _| words.chars().map(large_kana).collect()),
    ("no apostrophes", Must::NotMislead, |words, _| words.replace('\'', "")),
    ("h for apostrophes", Must::NotMislead, |words, _| words.replace('\'', "h")),
    ("last letters cut", Must::NotMisleadInItsLanguage, |words, _| each(words, |word| start(word, word.chars().count() - 1))),
];

fn each(words: &str, change: impl Fn(&str) -> String) -> String {
    words.split(' ').map(change).collect::<Vec<_>>().join(" ")
}

fn title(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().unwrap().to_uppercase().chain(letters).collect()
}

fn start(word: &str, letters: usize) -> String {
    word.chars().take(letters).collect()
}

/// The first letters and other ones after them. A shorter word is known by all it has.
fn other_tail(word: &str, letters: usize) -> String {
    if word.chars().count() < letters { word.to_owned() } else { start(word, letters) + "qq" }
}

fn without_accents(text: &str) -> String {
    // Japanese voicing marks are no accents.
    let is_accent = |c: &char| is_combining_mark(*c) && !matches!(c, '\u{3099}' | '\u{309a}');
    text.nfd().filter(|c| !is_accent(c)).collect::<String>().nfc().collect()
}

fn fullwidth(letter: char) -> char {
    if letter.is_ascii_alphabetic() {
        char::from_u32(u32::from(letter) + 0xfee0).unwrap()
    } else {
        letter
    }
}

fn katakana(letter: char) -> char {
    match letter {
        'ぁ'..='ゖ' => char::from_u32(u32::from(letter) + 0x60).unwrap(),
        letter => letter,
    }
}

fn large_kana(letter: char) -> char {
    "ぁあぃいぅうぇえぉおっつゃやゅゆょよ"
        .chars()
        .collect::<Vec<_>>()
        .chunks(2)
        .find(|pair| pair[0] == letter)
        .map_or(letter, |pair| pair[1])
}

/// Letters that tell a word (01 §4.1).
fn prefix(language: Language) -> usize {
    match language {
        Language::ChineseSimplified => 1,
        Language::English | Language::Esperanto | Language::Japanese | Language::Russian => 3,
        _ => 4,
    }
}

fn seed(language: Language, number: u32) -> AccountSeed {
    let text = format!("{language} {number}");
    AccountSeed::from_bytes(&Sha256::digest(text)[..16]).unwrap()
}

/// How often each way was read rightly, refused, and read wrongly.
#[derive(Debug, Default)]
struct Count {
    right: usize,
    refused: usize,
    other_languages: usize,
    wrong: Vec<String>,
}

impl Count {
    fn add(&mut self, typed: &str, right: &AccountSeed, answer: Result<Decoded, DecodeError>) {
        match answer {
            Ok(decoded) if decoded.password.seed() == right => self.right += 1,
            Ok(_) => self.wrong.push(typed.to_owned()),
            Err(DecodeError::Ambiguous { .. }) => self.other_languages += 1,
            Err(_) => self.refused += 1,
        }
    }
}

fn type_all(language: Language, passwords: impl Iterator<Item = RecoveryPassword>) {
    let mut counts = BTreeMap::<_, [Count; 2]>::new();
    for password in passwords {
        let words = password.expose_words();
        for (way, _, typing) in WAYS {
            let typed = typing(&words, language);
            let [told, found] = counts.entry(*way).or_default();
            told.add(&typed, password.seed(), RecoveryPassword::decode_in(language, &typed));
            found.add(&typed, password.seed(), RecoveryPassword::decode(&typed));
        }
    }
    for (way, must, _) in WAYS {
        let languages = if *must == Must::NotMisleadInItsLanguage { 1 } else { 2 };
        for count in counts[way].iter().take(languages) {
            assert!(count.wrong.is_empty(), "{language}, {way}: {count:?}");
            let is_read = count.refused == 0 && count.right > count.other_languages * 20;
            assert!(*must != Must::BeRead || is_read, "{language}, {way}: {count:?}");
        }
    }
}

#[test]
fn typed_passwords_give_the_right_seed_or_an_error() {
    for language in Language::ALL {
        let password = |number| RecoveryPassword::new(seed(*language, number), *language);
        type_all(*language, (0..PASSWORDS).map(password));
    }
}

/// 6 % of German passwords have a word with `ß`.
#[test]
fn german_passwords_with_sharp_s_give_the_right_seed_or_an_error() {
    let all =
        (0..).map(|number| RecoveryPassword::new(seed(Language::German, number), Language::German));
    let sharp = all.filter(|password| password.to_string().contains('ß'));
    type_all(Language::German, sharp.take(30));
}
