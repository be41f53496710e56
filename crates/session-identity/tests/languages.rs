//! The twelve languages of the recovery password: their lists, and the phrases of 01 §4.9.
#![allow(
    clippy::unwrap_used,
    reason = "clippy knows `#[test]` functions, not the helpers beside them"
)]

use session_crypto::encoding::hex;
use session_identity::{
    AccountSeed, RecoveryPassword,
    mnemonic::{DecodeError, Language},
};
use sha2::{Digest as _, Sha256, Sha512};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// What 01 §4.1 says of a list: English name, native name, letters that tell a word, first and last word,
/// SHA-256.
type Row = (&'static str, &'static str, usize, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const LISTS: [Row; 12] = [
    ("English", "English", 3, "abbey", "zoom", "998df55cb16d2318130c5cf7e9d4408247c8c4674935ee6e07d53f2f00ccf19b"),
    ("Chinese (simplified)", "简体中文 (中国)", 1, "的", "貌", "a59c728abd8481ca0b8745e68630ec6a9209304efcef9f5530a1c82cb529f67c"),
    ("Dutch", "Nederlands", 4, "aalglad", "zworen", "2ffcdd53f50a125f2a8c15f6a43438a471821289b61db594bd814982640334e7"),
    ("Esperanto", "Esperanto", 3, "abako", "zumilo", "c63babcbf7ad9bee7864470dbd0692bce93b66926ee9f2c932363c1cbc8e7597"),
    ("French", "Français", 4, "abandon", "zoom", "2a55ea07dfe12068a3f6b83751ca299e468a6fe875686855094eef226d3ea37f"),
    ("German", "Deutsch", 4, "Abakus", "Zyklop", "075b4ffbabe753e2d58206df7812afa4df03ab8b871381ce1c4f17204d6bdb82"),
    ("Italian", "Italiano", 4, "abbinare", "zucchero", "4c580dd95afb208806618b4427454dd266fecef6682ef1aefef4df0a2b5471f2"),
    ("Japanese", "日本語", 3, "あいこくしん", "ひしょ", "792fbb8305d73a3ac7a3cffcd98cb81e31baefcc469f98c1434cb3f62ecf83b4"),
    ("Lojban", "Lojban", 4, "backi", "snaxa'a", "b754cdcf4d43b3d74f0718c2248c4bdaf53d43c9fde43b8c6597e83936e7c83b"),
    ("Portuguese", "Português", 4, "abaular", "zumbi", "ec5b2cf062f3f2185a1caec7508a89dcba59b6f57e5244e5d9d38d53a80ba910"),
    ("Russian", "русский язык", 3, "абажур", "ящик", "79debc65deb57dba8b8cc2d9e39c989cc9f24603e30ca79d68b63e4f8ea29c91"),
    ("Spanish", "Español", 4, "ábaco", "rito", "a9cdd2935fd52fd2c65a3c943ebcf26f1f69d969e13ab2b763001b34dfc02e18"),
];

fn language(name: &str) -> Language {
    name.parse().unwrap()
}

fn counting() -> AccountSeed {
    AccountSeed::from_bytes(&Vec::from_iter(0..16)).unwrap()
}

#[test]
fn lists_are_those_of_the_specification() {
    let names: Vec<_> = Language::ALL.iter().map(|language| language.english_name()).collect();
    assert_eq!(names, LISTS.map(|(name, ..)| name));
    for (english, native, _, first, last, sha256) in LISTS {
        assert_eq!(language(english), language(native));
        let words: Vec<_> = language(english).words().collect();
        assert_eq!(words.len(), 1626, "{english}");
        assert_eq!((words[0], words[1625]), (first, last), "{english}");
        assert_eq!(hex::encode(&Sha256::digest(words.join("\n"))), sha256, "{english}");
    }
}

/// A word is understood by as many letters as the specification says, and by no fewer.
#[test]
fn every_word_is_known_by_its_first_letters() {
    for (name, _, letters, ..) in LISTS {
        let list: Vec<_> = language(name).words().collect();
        let cut = |word: &str, letters| String::from_iter(word.chars().take(letters));
        // Neighbours in the list are never out of range: their distances are 1.
        for words in list.chunks_exact(24).chain([list.last_chunk::<24>().unwrap().as_slice()]) {
            let decode = |letters| {
                let typed: Vec<_> = words.iter().map(|word| cut(word, letters)).collect();
                RecoveryPassword::decode_without_checksum(language(name), &typed.join(" "))
            };
            let first = decode(letters).unwrap();
            assert!(first.password.to_string().starts_with(&words.join(" ")), "{words:?}");
            let longer: Vec<_> =
                words.iter().filter(|word| word.chars().count() > letters).collect();
            let understood: Vec<_> = first.corrections.iter().map(|it| it.expose_word()).collect();
            assert_eq!(Vec::from_iter(longer.into_iter().copied()), understood);
            if letters == 1 {
                continue;
            }
            // One letter fewer is no word, unless the list has just that word, accents left aside. `Fuß` are four
            // letters, by which Fußbad is known.
            let bare = |word: &str| word.nfd().filter(|c| !is_combining_mark(*c)).collect();
            let bare_list: Vec<String> = list.iter().map(|word| bare(word)).collect();
            let is_known = |cut: &str| bare_list.contains(&bare(cut)) || cut == "Fuß";
            let is_unknown = |word: &&str| !is_known(&cut(word, letters - 1));
            let unknown = (1..).zip(words).filter(|(_, word)| is_unknown(word));
            let positions: Vec<_> = unknown.map(|(position, _)| position).collect();
            let error = DecodeError::UnknownWords { language: language(name), positions };
            assert_eq!(decode(letters - 1), Err(error), "{words:?}");
        }
    }
}

/// The table of 01 §4.9: twelve words for the bytes 0 to 15, the checksum word of the apps and that of the
/// wallets.
#[rustfmt::skip]
const COUNTING: [(&str, &str, &str, &str); 11] = [
    ("Dutch", "argeloos casanova coassistentschap extinctie timbaal tros lakwijk lynx neonataal ralf embleem fooi", "extinctie", "extinctie"),
    ("French", "amuser broche cacher double science soigner lettre mesure nature police dame enfuir", "lettre", "lettre"),
    ("German", "Alphabet beenden belohnen Dressur Rhythmus Satire graben Holzboot Kaliber Methode Darm Einöde", "Kaliber", "Einöde"),
    ("Esperanto", "albumo bifsteko boato ekhavi sapejo skribisto imuna kidnapi laosa odori droni empiria", "ekhavi", "albumo"),
    ("Russian", "ария вздыхать власть ежик уверять усмешка мумия оазис осмотр рыхлый дикий засыпать", "усмешка", "оазис"),
    ("Japanese", "いけん うんてん えほうまき きてい とこや なにもの ざんしょ しゅくはく せあぶら たはつ かるい きんようび", "なにもの", "なにもの"),
    ("Italian", "amico binario borsa credere sinergia spiccare incanto litro mito popolo ciuccio destino", "destino", "destino"),
    ("Spanish", "aldea azúcar barro cobre oyente pavo gafas hebilla insecto melón ceder cosmos", "oyente", "oyente"),
    ("Portuguese", "alquimista bombordo bueiro eira seja sousafone ioruba laxativo maquinista ossudo dirimivel epura", "laxativo", "laxativo"),
    ("Lojban", "blabi clupa condi fukpi trano vepre mabru mucti pambe semto fanmo gomsi", "vepre", "vepre"),
    ("Chinese (simplified)", "进 特 将 支 壮 拥 货 担 抓 愈 步 型", "进", "进"),
];

#[test]
fn words_and_checksums_of_the_specification() {
    for (name, data, session, wallet) in COUNTING {
        let password = RecoveryPassword::new(counting(), language(name));
        let [session, wallet] = [session, wallet].map(|checksum| format!("{data} {checksum}"));
        assert_eq!(password.to_string(), session);
        assert_eq!(*password.expose_wallet_words(), wallet);
        // Either is read, and the language is found.
        assert_eq!(session.parse(), Ok(password.clone()));
        assert_eq!(wallet.parse(), Ok(password.clone()));
        let strict = RecoveryPassword::decode_wallet(language(name), &wallet);
        assert_eq!(strict.map(|decoded| decoded.password), Ok(password));
        if session != wallet {
            let strict = RecoveryPassword::decode_wallet(language(name), &session);
            assert_eq!(strict, Err(DecodeError::ChecksumMismatch), "{name}");
        }
    }
}

/// The published phrases of 48 words (01 §4.9), of which our longest password is one half.
#[test]
fn words_of_the_published_phrases() {
    let bytes = Sha512::digest("libsession-util mnemonic test vector");
    for (name, first, last) in [
        ("English", "threaten efficient wives skirting", "gossip vats bias federal"),
        ("German", "Salz Dezibel Wind plündern", "Fakultät Trödel Bach Einzug"),
        ("Japanese", "なさけ きかく はらう でこぼこ", "けみかる のがす うせつ くうき"),
        ("Russian", "уровень древний эмблема тайна", "кенгуру чужой быстрый зачет"),
    ] {
        let half = |bytes: &[u8]| {
            let seed = AccountSeed::from_bytes(bytes).unwrap();
            let words = RecoveryPassword::new(seed, language(name)).to_string();
            words.rsplit_once(' ').unwrap().0.to_owned()
        };
        assert!(half(&bytes[..32]).starts_with(first), "{name}");
        assert!(half(&bytes[32..]).ends_with(last), "{name}");
    }
}

/// The four German checksums in use (01 §4.3), computed with zlib over the first letters in lower case, as
/// they are, in lower case of A to Z alone, and with ß as ss.
#[test]
fn german_accepts_each_deployed_checksum_and_no_other() {
    let data = "Geweih Zeitlupe Schulbus aufregen Tinte Unwucht Garage Porträt Diamant ablecken \
                Maßkrug Übermut";
    let accepted = ["Diamant", "Unwucht", "Schulbus", "Übermut"];
    let mut seeds = Vec::new();
    // The checksum repeats a data word; of the others a sample is enough.
    for checksum in data.split(' ').chain(Language::German.words().step_by(50)) {
        let phrase = format!("{data} {checksum}");
        match RecoveryPassword::decode_in(Language::German, &phrase) {
            Ok(decoded) => {
                assert!(accepted.contains(&checksum), "{checksum}");
                seeds.push(decoded.password);
            }
            Err(error) => {
                assert_eq!(error, DecodeError::ChecksumMismatch);
                assert!(!accepted.contains(&checksum), "{checksum}");
            }
        }
    }
    let [first, others @ ..] = seeds.as_slice() else { panic!("nothing was accepted") };
    assert!(others.iter().all(|other| other == first));
    assert_eq!(first.to_string(), format!("{data} Diamant"));
    assert_eq!(*first.expose_wallet_words(), format!("{data} Unwucht"));
}

/// Full case folding would take each of these pairs for one word (01 §4.5).
#[test]
fn german_sharp_s_tells_words_apart() {
    for (one, other) in [("Floß", "Floskel"), ("Maßanzug", "Maßkrug")] {
        let decode = |word: &str| {
            let phrase = [word; 12].join(" ");
            RecoveryPassword::decode_without_checksum(Language::German, &phrase).unwrap().password
        };
        assert_ne!(decode(one), decode(other));
        assert_eq!(decode(one), decode(&one.to_lowercase().replace('ß', "ẞ")));
    }
}

/// Reported: the letters before `SS` were those of another word, so that another account was restored.
#[test]
fn german_capitals_spell_the_same_account() {
    let german = |text: &str| {
        let found = RecoveryPassword::decode(text).unwrap();
        assert_eq!(RecoveryPassword::decode_in(Language::German, text).as_ref(), Ok(&found));
        assert_eq!(found.corrections, [], "{text}");
        hex::encode(found.password.seed().expose_bytes())
    };
    let floss = ["FLOSS FEDERBOA HECHELN"; 4].join(" ") + " FLOSS";
    assert_eq!(german(&floss), "23".repeat(16));
    let krug = ["GEMÄLDE MASSKRUG KATZE"; 4].join(" ") + " MASSKRUG";
    assert_eq!(german(&krug), "e6".repeat(16));
    let right = "Abfahrt Barde Wortlaut Diadem Realität Ölkrise Captain Trapez Floß Entität Abdrift \
                 Linoleum Barde";
    for typed in [right.replace('ß', "ss"), right.replace('ß', "SS"), right.replace('ß', "ẞ")]
    {
        assert_eq!(german(&typed), german(right));
    }
}

/// Where the first letters are those of two words but for an accent or for `ß`, the letters after them decide.
#[test]
fn beginnings_of_two_words_are_told_apart_or_refused() {
    let understood = |language: Language, word: &str| {
        let text = [word; 12].join(" ");
        let decoded = RecoveryPassword::decode_without_checksum(language, &text).ok()?;
        Some(decoded.password.to_string().split(' ').next().unwrap().to_owned())
    };
    for (language, typed, word) in [
        (Language::German, "Flos", Some("Floskel")),
        (Language::German, "Flosk", Some("Floskel")),
        (Language::German, "FLOSKELN", Some("Floskel")),
        (Language::German, "floss", Some("Floß")),
        (Language::German, "flossfahrt", Some("Floß")),
        (Language::German, "Floßfahrt", Some("Floß")),
        (Language::German, "flosqq", None),
        (Language::German, "mass", None),
        (Language::German, "massk", Some("Maßkrug")),
        (Language::German, "MASSA", Some("Maßanzug")),
        (Language::German, "massband", None),
        (Language::Russian, "тай", Some("тайна")),
        (Language::Russian, "тайник", Some("тайна")),
        (Language::Russian, "таи", Some("таинство")),
        (Language::Russian, "таина", Some("тайна")),
        (Language::Russian, "таинст", Some("таинство")),
        (Language::Russian, "таиqq", None),
        (Language::Spanish, "ano", Some("año")),
        (Language::Spanish, "anos", None),
        (Language::Japanese, "ガッコウ", Some("がっこう")),
        (Language::Japanese, "ｶﾞｯｺｳ", Some("がっこう")),
        (Language::Japanese, "か゛っこう", Some("がっこう")),
        (Language::Lojban, "snaxaʼa", Some("snaxa'a")),
    ] {
        assert_eq!(understood(language, typed).as_deref(), word, "{typed}");
    }
}

/// `FLOS` are the first letters of `Floskel`, and of `Floß` in capitals: the checksum decides.
#[test]
fn the_checksum_tells_which_word_begins_so() {
    let mut refused = 0;
    for number in 0_u8..100 {
        let seed = AccountSeed::from_bytes(&[number; 16]).unwrap();
        let words = RecoveryPassword::new(seed, Language::German).to_string();
        let mut words: Vec<_> = words.split(' ').take(12).collect();
        words[usize::from(number % 12)] = if number % 2 == 0 { "Floß" } else { "Floskel" };
        let data = words.join(" ");
        let Ok(whole) = RecoveryPassword::decode_without_checksum(Language::German, &data) else {
            continue;
        };
        let right = whole.password.to_string();
        let typed = right.replace("Floskel", "Flos").replace("Floß", "FLOS");
        match RecoveryPassword::decode(&typed) {
            Ok(decoded) => {
                assert_eq!(decoded.password, whole.password, "{typed}");
                assert!(decoded.corrections.iter().all(|it| it.expose_word().starts_with("Flo")));
            }
            Err(error) => {
                assert!(matches!(error, DecodeError::UnknownWords { .. }), "{typed}: {error}");
                refused += 1;
            }
        }
    }
    assert!((1..30).contains(&refused), "{refused}");
    let many = ["Flos"; 13].join(" ");
    let (language, positions) = (Language::German, Vec::from_iter(1..=13));
    let error = DecodeError::UnknownWords { language, positions };
    assert_eq!(RecoveryPassword::decode_in(Language::German, &many), Err(error));
}

/// Up to four such beginnings are tried; with five, the words are refused unread, even if one choice alone would have
/// the checksum (found by trying).
#[test]
fn only_four_beginnings_of_two_words_are_tried() {
    let four = "FLOS Fuchs FLOS Harnisch FLOS Isolator FLOS Reetdach Katalog Eckball Umfeld Druck Reetdach";
    let decoded = RecoveryPassword::decode_in(Language::German, four).unwrap();
    assert_eq!(decoded.corrections.len(), 4);
    let five = "FLOS Kolibri FLOS Dorsch FLOS Examen FLOS Rede FLOS Salbe Quote Omelett Examen";
    let (language, positions) = (Language::German, vec![1, 3, 5, 7, 9]);
    let error = DecodeError::UnknownWords { language, positions };
    assert_eq!(RecoveryPassword::decode_in(Language::German, five), Err(error));
}

/// `тай` with its breve can only be `тайна`: `таинство` is not even tried, whose checksum would match now and then.
#[test]
fn an_accent_tells_which_word_begins_so() {
    let mut read = 0;
    for number in 0_u8..80 {
        let seed = AccountSeed::from_bytes(&[number; 16]).unwrap();
        let words = RecoveryPassword::new(seed, Language::Russian).to_string();
        let mut words: Vec<_> = words.split(' ').take(12).collect();
        words[usize::from(number % 12)] = "тайна";
        let data = words.join(" ");
        let Ok(whole) = RecoveryPassword::decode_without_checksum(Language::Russian, &data) else {
            continue;
        };
        let typed = whole.password.to_string().replace("тайна", "Тай");
        let decoded = RecoveryPassword::decode_in(Language::Russian, &typed).unwrap();
        assert_eq!(decoded.password, whole.password, "{typed}");
        read += 1;
    }
    assert!(read > 40, "{read}");
}

/// Beginnings of words of two languages, with a checksum that matches in both (found by trying).
#[test]
fn beginnings_that_fit_two_languages_are_not_guessed() {
    let typed = "bug nut tuf sur smi apr ete blu mas sle lap lin bug";
    let (first, second) = (Language::English, Language::Esperanto);
    let error = DecodeError::Ambiguous { first, second };
    assert_eq!(error.to_string(), "the words can be read in English and in Esperanto");
    assert_eq!(RecoveryPassword::decode(typed), Err(error));
    let decode = |language| {
        let decoded = RecoveryPassword::decode_in(language, typed).unwrap();
        hex::encode(decoded.password.seed().expose_bytes())
    };
    assert_eq!(decode(first), "b83182492ca70445a58f4c68a57efe04");
    assert_eq!(decode(second), "762cb33da02bc837d1aa5079d55c8604");
}

/// Whole words fit better than beginnings: each of these is in the English list, and begins a French word, with a
/// checksum that matches in both (found by trying).
#[test]
fn whole_words_fit_better_than_beginnings() {
    let typed = "tavern examine comb examine null large vein null affair attire vein orbit examine";
    let french = RecoveryPassword::decode_in(Language::French, typed).unwrap();
    assert_eq!(french.corrections.len(), 13);
    let decoded = RecoveryPassword::decode(typed).unwrap();
    assert_eq!(decoded.password.language(), Language::English);
    assert_eq!(decoded.corrections, []);
}

/// Beginnings alone fit better than words that go on otherwise: French by four letters, of which English knows three,
/// with a checksum that matches in both (found by trying).
#[test]
fn beginnings_fit_better_than_other_endings() {
    let typed = "enfl micr sile sabl voyo pese tois valo bouc ruin viol remu enfl";
    assert!(RecoveryPassword::decode_in(Language::English, typed).is_ok());
    let decoded = RecoveryPassword::decode(typed).unwrap();
    assert_eq!(decoded.password.language(), Language::French);
    assert_eq!(decoded.corrections.len(), 13);
}

/// Words that go on otherwise fit better than unknown ones: nine that only English knows, by three letters, weigh more
/// than four that are whole in German.
#[test]
fn other_endings_fit_better_than_unknown_words() {
    let typed =
        "abbqq zooqq ablqq absicht giftzahn bordarzt abbqq campen abbqq abbqq abbqq abbqq zooqq";
    let german = RecoveryPassword::decode_in(Language::German, typed);
    let unknown = Vec::from([1, 2, 3, 7, 9, 10, 11, 12, 13]);
    let error = DecodeError::UnknownWords { language: Language::German, positions: unknown };
    assert_eq!(german, Err(error));
    assert_eq!(RecoveryPassword::decode(typed), Err(DecodeError::ChecksumMismatch));
}

#[test]
fn decomposed_letters_are_composed_before_the_word_is_cut() {
    // Cut first, the second would be the first: i and its breve are two code points.
    for (composed, decomposed) in [("тайна", "таи\u{306}на"), ("año", "an\u{303}o")] {
        let name = if composed == "año" { "Spanish" } else { "Russian" };
        let decode = |word: &str| {
            let phrase = [word; 12].join(" ");
            RecoveryPassword::decode_without_checksum(language(name), &phrase).unwrap().password
        };
        assert_eq!(decode(decomposed), decode(composed));
    }
    let decode = |word: &str| {
        let phrase = [word; 12].join(" ");
        RecoveryPassword::decode_without_checksum(Language::Russian, &phrase).unwrap().password
    };
    assert_ne!(decode("тайна"), decode("таинство"));
}

#[test]
fn lojban_apostrophes_are_letters_inside_words_only() {
    let words = "fu'ivla ci'izra tolmo'i zi'evla";
    let plain = [words; 3].join(" ");
    let decode = |text: &str| RecoveryPassword::decode_without_checksum(Language::Lojban, text);
    let decoded = decode(&plain).unwrap();
    assert_eq!(decoded.corrections, []);
    for typed in [
        plain.replace('\'', "\u{2019}"),
        plain.split(' ').map(|word| format!("'{word}', ")).collect(),
        plain.split(' ').map(|word| format!("''{word}'' ")).collect(),
        plain.split(' ').map(|word| format!("{word}' ")).collect(),
    ] {
        assert_eq!(decode(&typed).as_ref(), Ok(&decoded), "{typed}");
    }
    let without = decode(&plain.replace('\'', ""));
    assert!(matches!(without, Err(DecodeError::UnknownWords { .. })), "{without:?}");
}

/// These French words are, by three letters each, English ones with a matching checksum (found by trying).
#[test]
fn the_language_that_was_typed_wins() {
    let french = "hurler partir arracher totem limace cendre vaincre inconnu lard rein situation \
                  ramasser ramasser";
    let english = RecoveryPassword::decode_in(Language::English, french).unwrap();
    assert_eq!(english.corrections.len(), 13);
    let decoded = RecoveryPassword::decode(french).unwrap();
    assert_eq!(decoded.password.language(), Language::French);
    let bytes = hex::encode(decoded.password.seed().expose_bytes());
    assert_eq!(bytes, "802b906a18591ead8a6dd809b262ace4");
}

/// French passwords with one word replaced by another of the list. By three letters each they are English ones
/// whose checksum fits by luck.
#[test]
fn a_wrong_word_does_not_give_an_account_in_another_language() {
    for french in [
        "souhaiter canal ville intime genre rural poire valve auteur sanguin absence nier souhaiter",
        "bague exil proie gamme index colon taire roman duper arbre yoga haut duper",
    ] {
        let english = RecoveryPassword::decode_in(Language::English, french).unwrap();
        assert_eq!(english.corrections.len(), 12, "{french}");
        let answer = french.parse::<RecoveryPassword>();
        assert_eq!(answer, Err(DecodeError::ChecksumMismatch), "{french}");
        // The same with a word that French has not, though English knows it by its beginning.
        let word = french.split(' ').next().unwrap();
        let start = String::from_iter(word.chars().take(3));
        let unknown = french.replacen(word, &(start + "qq"), 1);
        let english = RecoveryPassword::decode_in(Language::English, &unknown).unwrap();
        assert!(english.corrections.len() >= 12, "{unknown}");
        let (language, positions) = (Language::French, vec![1]);
        let error = DecodeError::UnknownWords { language, positions };
        assert_eq!(unknown.parse::<RecoveryPassword>(), Err(error), "{unknown}");
    }
}

/// What is typed by first letters alone is read, though other languages have some of these as whole words.
#[test]
fn beginnings_of_words_are_understood() {
    for language in Language::ALL {
        let words = RecoveryPassword::new(counting(), *language).to_string();
        let letters = LISTS.iter().find(|row| row.0 == language.english_name()).unwrap().2;
        let cut = words.split(' ').map(|word| word.chars().take(letters).collect::<String>());
        let typed = cut.collect::<Vec<_>>().join(" ");
        let decoded = RecoveryPassword::decode(&typed).unwrap();
        assert_eq!(decoded.password.to_string(), words);
    }
}

/// The answer for a phrase that is wrong in every language is that of the language it comes nearest to.
#[test]
fn errors_are_those_of_the_nearest_language() {
    let (_, dutch, _, _) = COUNTING[0];
    let wrong = dutch.replace("argeloos", "zworen") + " extinctie";
    assert_eq!(wrong.parse::<RecoveryPassword>(), Err(DecodeError::ChecksumMismatch));
    let unknown = dutch.replace("argeloos", "qqqq") + " extinctie";
    let (language, positions) = (Language::Dutch, vec![1]);
    let error = DecodeError::UnknownWords { language, positions };
    assert_eq!(unknown.parse::<RecoveryPassword>(), Err(error));
    let eleven = dutch.replace("argeloos ", "");
    let error = DecodeError::WordCount { found: 11 };
    assert_eq!(eleven.parse::<RecoveryPassword>(), Err(error));
    // As bad in all: English is asked first.
    let nonsense = vec!["qqqq"; 13].join(" ");
    let (language, positions) = (Language::English, Vec::from_iter(1..=13));
    let error = DecodeError::UnknownWords { language, positions };
    assert_eq!(nonsense.parse::<RecoveryPassword>(), Err(error));
}

#[test]
fn suggestions_begin_like_what_was_typed() {
    let suggest = |language: Language, start| Vec::from_iter(language.suggest(start));
    assert_eq!(suggest(Language::English, "ZO"), ["zodiac", "zombie", "zones", "zoom"]);
    assert_eq!(suggest(Language::German, "edelw"), ["Edelweiß"]);
    assert_eq!(suggest(Language::Spanish, "a\u{301}ba"), ["ábaco"]);
    assert_eq!(suggest(Language::English, "zzz"), [""; 0]);
    assert_eq!(Language::Russian.suggest("").count(), 1626);
}

#[test]
fn names_are_exact() {
    for name in ["english", "Deutsch ", "", "Klingon"] {
        assert!(name.parse::<Language>().is_err(), "{name:?}");
    }
    assert_eq!(Language::ChineseSimplified.to_string(), "Chinese (simplified)");
}
