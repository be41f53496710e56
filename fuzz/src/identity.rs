//! Targets of `session-identity`.

use session_identity::{
    AccountId, AccountSeed, RecoveryPassword,
    id::{BlindedId, PrefixedId},
    link::Payload,
    mnemonic::{DecodeError, Language},
};
use session_types::typed;

/// A text that is a recovery password is one again after being written, in the same language; what was
/// understood is in the list; and no error names a position that the text has not.
pub fn mnemonic(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // One language for the strict and the lenient reading, picked by the text: all are too slow for many
    // inputs.
    let language = Language::ALL[data.len() % Language::ALL.len()];
    if let Ok(decoded) = RecoveryPassword::decode_wallet(language, text) {
        let words = decoded.password.expose_wallet_words();
        let again = RecoveryPassword::decode_wallet(language, &words).expect("our own words");
        assert_eq!(again.password, decoded.password);
        // A beginning of two words is decided by the checksum of the apps, if they have one.
        if decoded.corrections.is_empty() {
            assert_eq!(RecoveryPassword::decode_in(language, text), Ok(decoded));
        }
    }
    if let Ok(decoded) = RecoveryPassword::decode_without_checksum(language, text) {
        let words = decoded.password.expose_words();
        let again = RecoveryPassword::decode_in(language, &words).expect("our own words");
        assert_eq!(again.password, decoded.password);
    }
    match RecoveryPassword::decode(text) {
        Ok(decoded) => {
            let language = decoded.password.language();
            let words = decoded.password.to_string();
            let again = RecoveryPassword::decode_in(language, &words).expect("our own words");
            assert_eq!(again.password, decoded.password);
            assert_eq!(text.parse::<RecoveryPassword>().is_ok(), decoded.corrections.is_empty());
            assert!(again.corrections.is_empty(), "our own words were corrected");
            for correction in decoded.corrections {
                assert!((1..=25).contains(&correction.position()));
                assert!(language.words().any(|word| word == correction.expose_word()));
            }
        }
        Err(DecodeError::UnknownWords { positions, .. }) => {
            assert!(positions.is_sorted(), "{positions:?}");
            assert!(positions.iter().all(|position| (1..=25).contains(position)));
        }
        Err(_) => {}
    }
    if let Ok(seed) = AccountSeed::from_bytes(data) {
        let password =
            RecoveryPassword::new(seed, Language::ALL[usize::from(data[0]) % Language::ALL.len()]);
        let decoded = RecoveryPassword::decode_in(password.language(), &password.to_string());
        assert_eq!(decoded.expect("our own words").password, password);
    }
}

/// Text and bytes of an id invert each other, and an id is of one kind only.
pub fn ids(data: &[u8]) {
    if let Ok(id) = PrefixedId::try_from(data) {
        assert_eq!(id.to_bytes(), data);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(AccountId::try_from(data).map(PrefixedId::from).ok(), only_if(id, 0x05));
        let is_blinded = BlindedId::try_from(data).is_ok();
        assert_eq!(is_blinded, matches!(data[0], 0x15 | 0x25));
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(id) = text.parse::<PrefixedId>() {
        assert_eq!(id.to_string(), text.to_ascii_lowercase());
        assert_eq!(text.parse::<AccountId>().map(PrefixedId::from).ok(), only_if(id, 0x05));
    }
    if let Ok(id) = AccountId::from_user_input(text) {
        assert_eq!(id.to_string(), typed::digits(text).to_ascii_lowercase());
        assert!(id.check().is_ok(), "an id that nobody can have was accepted");
    }
}

fn only_if(id: PrefixedId, prefix: u8) -> Option<PrefixedId> {
    Some(id).filter(|id| id.kind().prefix() == prefix)
}

/// What was scanned is scanned again from what it is written as; an id that was scanned is one to write to.
pub fn payload(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(payload) = Payload::parse_restore(text) else { return };
    assert_eq!(Payload::parse_restore(&payload.expose_text()), Ok(payload.clone()));
    match payload {
        Payload::AccountId(id) => assert!(id.check().is_ok()),
        Payload::Seed(seed) => assert!(!format!("{seed:?}").contains(&*typed::digits(text))),
        _ => {}
    }
}
