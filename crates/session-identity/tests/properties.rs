//! Laws that hold for every id, seed and recovery password.
#![allow(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "clippy knows `#[test]` functions, not the strategies beside them"
)]

use proptest::{prelude::*, sample};
use session_identity::{
    AccountId, AccountSeed, GroupId, RecoveryPassword,
    id::{BlindedId, ParseIdError, PrefixedId},
    link::Payload,
    mnemonic::{DecodeError, Language},
};
use unicode_normalization::UnicodeNormalization as _;

fn id_bytes() -> impl Strategy<Value = [u8; 33]> {
    let prefix = sample::select(vec![0x00, 0x03, 0x05, 0x07, 0x15, 0x25]);
    (prefix, any::<[u8; 32]>()).prop_map(|(prefix, key)| {
        let mut bytes = [prefix; 33];
        bytes[1..].copy_from_slice(&key);
        bytes
    })
}

fn seed() -> impl Strategy<Value = AccountSeed> {
    let length = sample::select(vec![16_usize, 20, 24, 28, 32]);
    (length, any::<[u8; 32]>())
        .prop_map(|(length, bytes)| AccountSeed::from_bytes(&bytes[..length]).unwrap())
}

/// English, and the others where their features are on.
fn password() -> impl Strategy<Value = RecoveryPassword> {
    (seed(), sample::select(Language::ALL))
        .prop_map(|(seed, language)| RecoveryPassword::new(seed, language))
}

/// Upper case of a letter that has a simple one.
fn upper(letter: char) -> char {
    let mut upper = letter.to_uppercase();
    if upper.len() == 1 { upper.next().unwrap() } else { letter }
}

proptest! {
    #[test]
    fn ids_come_back_from_bytes_and_text(bytes in id_bytes()) {
        let id = PrefixedId::from_bytes(bytes).unwrap();
        prop_assert_eq!(id.to_bytes(), bytes);
        prop_assert_eq!(id.to_string().parse(), Ok(id));
        prop_assert_eq!(id.to_string().to_uppercase().parse(), Ok(id));
        prop_assert_eq!(id.kind().prefix(), bytes[0]);
        let text = id.to_string();
        prop_assert_eq!(id.short(), format!("{}…{}", &text[..4], &text[62..]));
    }

    #[test]
    fn ids_sort_as_their_bytes_do(one in id_bytes(), other in id_bytes()) {
        let [first, second] = [one, other].map(|bytes| PrefixedId::from_bytes(bytes).unwrap());
        prop_assert_eq!(first.cmp(&second), one.cmp(&other));
        if let (Ok(first), Ok(second)) = (BlindedId::from_bytes(one), BlindedId::from_bytes(other)) {
            prop_assert_eq!(first.cmp(&second), one.cmp(&other));
        }
    }

    #[test]
    fn ids_have_one_length(bytes in id_bytes(), cut in 0..66_usize) {
        let text = PrefixedId::from_bytes(bytes).unwrap().to_string();
        let error = |expected, found| Err(ParseIdError::Length { expected, found });
        prop_assert_eq!(text[..cut].parse::<PrefixedId>(), error(66, cut));
        prop_assert_eq!((text + "0").parse::<PrefixedId>(), error(66, 67));
        prop_assert_eq!(PrefixedId::try_from(&bytes[..cut / 2]), error(33, cut / 2));
        prop_assert_eq!(PrefixedId::try_from([bytes.as_slice(), &[0]].concat().as_slice()), error(33, 34));
    }

    /// A flipped bit gives another id, or none, never the same.
    #[test]
    fn every_bit_of_an_id_counts(bytes in id_bytes(), bit in 0..264_usize) {
        let mut flipped = bytes;
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(other) = PrefixedId::from_bytes(flipped) {
            prop_assert_ne!(other, PrefixedId::from_bytes(bytes).unwrap());
        } else {
            prop_assert!(bit < 8);
        }
    }

    #[test]
    fn no_text_is_more_than_one_kind_of_id(text in "[0-9a-fA-F]{66}|\\PC{0,70}") {
        let account = text.parse::<AccountId>().map(PrefixedId::from);
        let group = text.parse::<GroupId>().map(PrefixedId::from);
        prop_assert!(account.is_err() || group.is_err());
        for id in [account, group].into_iter().flatten() {
            prop_assert_eq!(id.to_string(), text.to_lowercase());
        }
    }

    #[test]
    fn recovery_passwords_come_back(password in password()) {
        let language = password.language();
        for words in [password.expose_words(), password.expose_wallet_words()] {
            let decoded = RecoveryPassword::decode_in(language, &words).unwrap();
            prop_assert_eq!(&decoded.password, &password);
            prop_assert_eq!(decoded.corrections, []);
        }
        let wallet = RecoveryPassword::decode_wallet(language, &password.expose_wallet_words());
        prop_assert_eq!(wallet.unwrap().password, password);
    }

    /// Capitals, decomposed letters, any space and numbering: nothing of it matters.
    #[test]
    fn spelling_is_no_matter(password in password(), space in "[ \t\r\n\u{a0}\u{3000},.;0-9\u{200b}]*") {
        let words = password.to_string().replace(' ', &format!("{space} "));
        let capitals: String = words.chars().map(upper).collect();
        let decomposed: String = words.nfd().collect();
        let both: String = capitals.nfd().collect();
        for typed in [words, capitals, decomposed, both] {
            let decoded = RecoveryPassword::decode_in(password.language(), &typed).unwrap();
            prop_assert_eq!(&decoded.password, &password, "{}", typed);
            prop_assert_eq!(decoded.corrections, []);
        }
    }

    /// One wrong word fails the checksum, or names itself; one time in about twelve it passes, as another seed.
    #[test]
    fn a_wrong_word_never_gives_the_same_seed(
        password in password(),
        place in any::<sample::Index>(),
        other in any::<sample::Index>(),
    ) {
        let text = password.to_string();
        let mut words: Vec<_> = text.split(' ').collect();
        let list: Vec<_> = password.language().words().collect();
        // Without the checksum word, which could be replaced by another in the German profiles.
        let place = place.index(words.len() - 1);
        let other = other.get(&list);
        prop_assume!(words[place] != *other);
        words[place] = *other;
        match RecoveryPassword::decode_in(password.language(), &words.join(" ")) {
            Ok(decoded) => prop_assert_ne!(decoded.password, password),
            Err(DecodeError::ChecksumMismatch) => {}
            Err(DecodeError::OutOfRange { group }) => prop_assert_eq!(group, place / 3),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn an_unknown_word_is_named_by_its_position(password in password(), place in any::<sample::Index>()) {
        let text = password.to_string();
        let mut words: Vec<_> = text.split(' ').collect();
        let place = place.index(words.len());
        words[place] = "ωωω";
        let language = password.language();
        let error = DecodeError::UnknownWords { language, positions: vec![place + 1] };
        prop_assert_eq!(RecoveryPassword::decode_in(language, &words.join(" ")), Err(error));
    }

    #[test]
    fn any_text_is_a_password_or_an_error(text in "\\PC{0,200}|([a-z]{3,6} ){13}") {
        if let Ok(password) = text.parse::<RecoveryPassword>() {
            prop_assert_eq!(password.to_string().parse(), Ok(password));
        }
    }

    #[test]
    fn payloads_come_back(text in "\\PC{0,100}|[0-9a-fA-F]{32}|[0-9a-f]{64}|05[0-9a-f]{64}") {
        if let Ok(payload) = Payload::parse_restore(&text) {
            prop_assert_eq!(Payload::parse_restore(&payload.expose_text()), Ok(payload));
        }
    }

    #[test]
    fn export_forms_are_the_same_account(seed in seed()) {
        for form in [seed.to_export_form(), seed.to_long_form()] {
            prop_assert_eq!(form.to_ed25519_seed(), seed.to_ed25519_seed());
            prop_assert_eq!(form.to_export_form(), seed.to_export_form());
        }
    }
}

proptest! {
    // Some hundred decodings for each case.
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// A recovery password that is cut off is refused, until what is missing are letters that do not count, or what
    /// is left happens to be a shorter password: the last word is the checksum of the others one time in twelve.
    #[test]
    fn cut_texts_are_refused(password in password()) {
        let words = password.to_string();
        let (data, _) = words.rsplit_once(' ').unwrap();
        let mut cut = words.as_str();
        while let Some((start, _)) = cut.char_indices().next_back() {
            cut = &words[..start];
            let answer = RecoveryPassword::decode_in(password.language(), cut);
            match answer {
                Ok(decoded) if cut.len() > data.len() => {
                    prop_assert_eq!(decoded.password, password.clone());
                }
                Ok(decoded) => {
                    let count = decoded.password.to_string().split(' ').count();
                    prop_assert_eq!(count, cut.split_whitespace().count());
                    prop_assert!(count < words.split(' ').count());
                }
                Err(DecodeError::UnknownWords { positions, .. }) => {
                    prop_assert_eq!(positions, [cut.split(' ').count()]);
                }
                Err(DecodeError::MissingChecksumWord { found } | DecodeError::WordCount { found }) => {
                    prop_assert_eq!(found, cut.split_whitespace().count());
                }
                // Fewer words, of which the last happens to be no checksum.
                Err(error) => prop_assert!(
                    matches!(error, DecodeError::ChecksumMismatch | DecodeError::OutOfRange { .. }),
                    "{}", error
                ),
            }
        }
    }
}
