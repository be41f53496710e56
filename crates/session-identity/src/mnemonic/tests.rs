use alloc::{format, string::ToString as _, vec};

use session_crypto::encoding::hex;

use super::*;

const COUNTING: &str =
    "amaze buffet cake entrance symptoms tiger lamb maze nestle python dusted faxed faxed";

fn seed(text: &str) -> AccountSeed {
    AccountSeed::from_bytes(&hex::decode(text).unwrap()).unwrap()
}

fn english(seed: &AccountSeed) -> RecoveryPassword {
    RecoveryPassword::new(seed.clone(), Language::English)
}

/// The table of 01 §4.9.
#[test]
fn english_words_of_the_specification() {
    let counting = "amaze buffet cake entrance symptoms tiger lamb maze nestle python dusted faxed";
    let twelve_abbeys = ["abbey"; 12].join(" ");
    for (bytes, words) in [
        ("00".repeat(16), vec!["abbey"; 13].join(" ")),
        ("000102030405060708090a0b0c0d0e0f".into(), format!("{counting} faxed")),
        (
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f".into(),
            format!(
                "{counting} update vague zinger boxes ornament renting glass gained island nabbing \
                 afield calamity boxes"
            ),
        ),
        (
            format!("000102030405060708090a0b0c0d0e0f{}", "00".repeat(16)),
            format!("{counting} {twelve_abbeys} tiger"),
        ),
        (
            "000102030405060708090a0b0c0d0e0f10111213".into(),
            format!("{counting} update vague zinger update"),
        ),
        ("ff".repeat(16), format!("{} solved", ["foamy solved soggy"; 4].join(" "))),
        (
            "39038c8988db02c1af44e8c847bd9713".into(),
            "puffin luxury annoyed rustled memoir faxed smidgen puddle kiwi nylon utopia zinger kiwi"
                .into(),
        ),
        (
            "ec45addd629e84472edbfab1f7deee83".into(),
            "unknown number jukebox pledge lipstick sieve tumbling federal womanly outbreak tapestry \
             gorilla sieve"
                .into(),
        ),
        ("dc040000".repeat(4), vec!["session"; 13].join(" ")),
        ("37030000".repeat(4), vec!["love"; 13].join(" ")),
        (
            "536900eed9fc90753332f313ec097cd419db99fd470281855bbf2960f1eba299".into(),
            "else menu karate hockey irony tuxedo second guest jaded pulp among trying dice knife \
             kangaroo suddenly yeti lullaby hemlock oasis wickets lied insult affair lullaby"
                .into(),
        ),
    ] {
        let password = english(&seed(&bytes));
        assert_eq!(password.to_string(), words);
        assert_eq!(password.expose_wallet_words().as_str(), words);
        assert_eq!(words.parse(), Ok(password), "{bytes}");
    }
}

#[test]
fn only_the_first_letters_of_a_word_count() {
    let password: RecoveryPassword = COUNTING.parse().unwrap();
    assert_eq!(*password.seed(), seed("000102030405060708090a0b0c0d0e0f"));
    for typed in [
        "ama buf cak ent sym tig lam maz nes pyt dus fax fax",
        "amazing buffalo cakewalk entropy symbol tigger lambda mazurka nestling pythons dustpan \
         faxing faxing",
    ] {
        let decoded = RecoveryPassword::decode(typed).unwrap();
        assert_eq!(decoded.password, password);
        let understood: Vec<_> = decoded.corrections.iter().map(Correction::expose_word).collect();
        assert_eq!(understood.join(" "), COUNTING);
        let positions: Vec<_> = decoded.corrections.iter().map(Correction::position).collect();
        assert_eq!(positions, Vec::from_iter(1..=13));
    }
    let decoded = RecoveryPassword::decode(&COUNTING.replace("tiger", "tigress")).unwrap();
    let [correction] = decoded.corrections.as_slice() else { panic!("{decoded:?}") };
    assert_eq!((correction.position(), correction.expose_word()), (6, "tiger"));
}

#[test]
fn what_stands_around_the_words_is_no_matter() {
    let words: Vec<_> = COUNTING.split(' ').collect();
    let numbered = (1..).zip(&words).map(|(number, word)| format!("{number}. {word},\r\n"));
    for typed in [
        COUNTING.to_uppercase(),
        words.join("  "),
        words.join("\u{3000}"),
        words.join("\u{a0}\u{200b}"),
        format!("\u{feff}{}\n", words.join("-")),
        words.iter().map(|word| format!("“{word}\"").replace('“', "'")).collect(),
        numbered.collect(),
        format!("a\u{200d}m\u{2060}aze {}", words[1..].join(" ")),
    ] {
        let decoded = RecoveryPassword::decode(&typed).unwrap_or_else(|e| panic!("{typed}: {e}"));
        assert_eq!(decoded.password.to_string(), COUNTING, "{typed}");
        assert_eq!(decoded.corrections, [], "{typed}");
    }
}

#[test]
fn every_count_of_words_has_its_answer() {
    for found in 0..80 {
        let answer = vec!["abbey"; found].join(" ").parse::<RecoveryPassword>();
        match found {
            13 | 16 | 19 | 22 | 25 => {
                assert_eq!(answer.unwrap().seed().expose_bytes(), vec![0; found / 3 * 4]);
            }
            12 | 15 | 18 | 21 | 24 => {
                assert_eq!(answer, Err(DecodeError::MissingChecksumWord { found }));
            }
            _ => assert_eq!(answer, Err(DecodeError::WordCount { found })),
        }
    }
}

#[test]
fn all_unknown_words_are_reported_by_position_alone() {
    let typed = "1. zzzzz 2. buffet 3. ca entrance symptoms tiger lamb maze nestle python dusted faxed qqqq";
    let error = typed.parse::<RecoveryPassword>().unwrap_err();
    let (language, positions) = (Language::English, vec![1, 3, 13]);
    assert_eq!(error, DecodeError::UnknownWords { language, positions });
    assert_eq!(error.to_string(), "not in the list of English words: words 1, 3, 13");
}

#[test]
fn a_wrong_word_fails_the_checksum() {
    for typed in [
        COUNTING.replace("dusted faxed faxed", "dusted faxed amaze"),
        COUNTING.replace("amaze buffet", "buffet amaze"),
        COUNTING.replace("dusted faxed", "dusted gagged"),
    ] {
        let answer = typed.parse::<RecoveryPassword>();
        assert_eq!(answer, Err(DecodeError::ChecksumMismatch), "{typed}");
    }
}

#[test]
fn words_that_no_bytes_encode_to_are_refused() {
    let typed = format!("{} abbey", ["abbey abbey zoom"; 4].join(" "));
    let answer = typed.parse::<RecoveryPassword>();
    assert_eq!(answer, Err(DecodeError::OutOfRange { group: 0 }));
    assert_eq!(answer.unwrap_err().to_string(), "words 1 to 3 do not go together");
    let typed = format!("{} abbey abbey zoom", ["abbey"; 9].join(" "));
    let answer = RecoveryPassword::decode_without_checksum(Language::English, &typed);
    assert_eq!(answer, Err(DecodeError::OutOfRange { group: 3 }));
}

#[test]
fn the_checksum_is_left_out_only_on_request() {
    let (twelve, _) = COUNTING.rsplit_once(' ').unwrap();
    let missing = DecodeError::MissingChecksumWord { found: 12 };
    assert_eq!(twelve.parse::<RecoveryPassword>(), Err(missing));
    let decoded = RecoveryPassword::decode_without_checksum(Language::English, twelve).unwrap();
    assert_eq!(decoded.password.to_string(), COUNTING);
    let thirteen = RecoveryPassword::decode_without_checksum(Language::English, COUNTING);
    assert_eq!(thirteen, Err(DecodeError::WordCount { found: 13 }));
}

#[test]
fn text_is_bounded_before_it_is_read() {
    let longest = format!("{:4096}", COUNTING);
    assert_eq!(longest.parse::<RecoveryPassword>().unwrap().to_string(), COUNTING);
    for typed in [longest + " ", "abbey ".repeat(100_000), "\u{301}".repeat(1 << 20)] {
        let error = DecodeError::TooLong { found: typed.len() };
        assert_eq!(typed.parse::<RecoveryPassword>(), Err(error.clone()));
        let english = Language::English;
        assert_eq!(RecoveryPassword::decode_in(english, &typed), Err(error.clone()));
        assert_eq!(RecoveryPassword::decode_wallet(english, &typed), Err(error.clone()));
        assert_eq!(RecoveryPassword::decode_without_checksum(english, &typed), Err(error));
    }
}

/// `&nbsp;` is a space; without `&` in front, or `;` after it, the letters are a word.
#[test]
fn only_whole_names_of_characters_are_dropped() {
    let words = COUNTING.parse::<RecoveryPassword>().unwrap();
    for typed in [format!("{COUNTING}&nbsp;"), format!("&ldquo;{COUNTING}&rdquo;")] {
        assert_eq!(RecoveryPassword::decode(&typed).unwrap().password, words, "{typed}");
    }
    for added in ["nbsp;", "&nbsp", "& nbsp;", "&nbsp ;", "&abbey;"] {
        let typed = format!("{COUNTING} {added}");
        let error = DecodeError::WordCount { found: 14 };
        assert_eq!(RecoveryPassword::decode(&typed).unwrap_err(), error, "{typed}");
    }
}

#[test]
fn a_long_word_is_known_by_its_first_letters() {
    let typed = COUNTING.replacen("amaze ", &format!("{} ", "amaze".repeat(700)), 1);
    let decoded = RecoveryPassword::decode(&typed).unwrap();
    assert_eq!(decoded.password.to_string(), COUNTING);
    assert_eq!(decoded.corrections.len(), 1);
    let found = 600;
    let many = "abbey ".repeat(found);
    assert_eq!(many.parse::<RecoveryPassword>(), Err(DecodeError::WordCount { found }));
}

/// What stands around and between words that were copied from elsewhere (01 §4.5).
#[test]
fn pasted_words_are_read() {
    let words: Vec<_> = COUNTING.split(' ').collect();
    let lines = |mark: &dyn Fn(usize) -> String| -> String {
        (1..).zip(&words).map(|(number, word)| format!("{} {word}\n", mark(number))).collect()
    };
    for typed in [
        lines(&|_| "•".into()),
        lines(&|_| "☐".into()),
        lines(&|number| format!("{number}º")),
        lines(&|number| format!("№ {number}")),
        lines(&|number| format!("({number})")),
        lines(&|number| {
            format!("{}", char::from_u32(0x245f + u32::try_from(number).unwrap()).unwrap())
        }),
        lines(&|number| format!("{}\u{fe0f}\u{20e3}", number % 10)),
        lines(&|number| {
            format!("{}", char::from_u32(0x660 + u32::try_from(number % 10).unwrap()).unwrap())
        }),
        lines(&|_| ">".into()),
        words.join(" – "),
        words.join("—"),
        words.join("·"),
        words.join("，"),
        words.join("、"),
        words.join(" → "),
        words.join("&nbsp;"),
        words.join("&#160;"),
        words.join("\u{2028}"),
        words.join("''"),
        words.join("´ "),
        format!("“{COUNTING}”"),
        format!("&ldquo;{COUNTING}&rdquo;"),
        format!("«{COUNTING}»"),
        format!("\u{2068}{COUNTING}\u{2069}"),
        format!("\u{202a}{COUNTING}\u{202c}"),
        format!("\u{61c}{COUNTING}"),
        format!("\u{180e}{COUNTING}"),
        format!("‘{COUNTING}’"),
        COUNTING.replace("am", "a\u{ad}m").replace("uff", "u\u{fe0f}ff"),
        COUNTING
            .chars()
            .map(|c| char::from_u32(u32::from(c) + 0xfee0).filter(|_| c != ' ').unwrap_or(c))
            .collect(),
    ] {
        let decoded = RecoveryPassword::decode(&typed).unwrap_or_else(|e| panic!("{typed}: {e}"));
        assert_eq!(decoded.password.to_string(), COUNTING, "{typed}");
        assert_eq!(decoded.corrections, [], "{typed}");
        assert_eq!(typed.parse(), Ok(decoded.password));
    }
}

#[test]
fn parse_hides_no_correction() {
    let typed = COUNTING.replace("tiger", "tigress").replace("lamb ", "lam ");
    let (language, positions) = (Language::English, vec![6, 7]);
    let error = DecodeError::Corrected { language, positions };
    assert_eq!(error.to_string(), "not spelt as in the list of English words: words 6, 7");
    assert_eq!(typed.parse::<RecoveryPassword>(), Err(error));
}

/// The letter that grows most when it is composed, and marks without end on one letter.
#[test]
fn text_that_grows_when_it_is_composed_is_bounded() {
    for (text, words) in [
        ("\u{fdfa}".repeat(1365), 25),
        ("\u{1d160}".repeat(1024), 0),
        ("a".to_string() + &"\u{301}".repeat(2047), 1),
        ("\u{390}".repeat(2048), 1),
    ] {
        let typed = TypedWords::new(&text).unwrap();
        assert_eq!(typed.words.len(), words);
        let most = typed.words.iter().map(|word| word.folded.len() + word.loose.len()).max();
        assert!(most.unwrap_or_default() <= 400, "{most:?}");
    }
}

#[test]
fn debug_shows_no_word() {
    let decoded = RecoveryPassword::decode(&COUNTING.replace("tiger", "tigress")).unwrap();
    assert_eq!(
        format!("{decoded:?}"),
        "Decoded { password: RecoveryPassword(..), corrections: [Correction { position: 6, .. }] }"
    );
}
