//! Properties of names: one spelling, whatever was typed.

use proptest::prelude::*;
use session_crypto::x25519::X25519PublicKey;
use session_identity::AccountId;
use session_identity::names::{Answer, MAX_NAME_LENGTH, Name, agree};
use session_types::typed;

proptest! {
    #[test]
    fn a_name_is_its_own_spelling(typed in "\\PC{0,70}|[ -~]{0,70}|[a-zA-Z0-9_äßΣ-]{1,40}") {
        let Ok(name) = typed.parse::<Name>() else { return Ok(()) };
        let text = name.as_str();
        prop_assert!((1..=MAX_NAME_LENGTH).contains(&text.len()));
        prop_assert!(text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-')));
        prop_assert_eq!(text.parse(), Ok(name.clone()));
        if typed.is_ascii() {
            prop_assert_eq!(text, typed::trim(&typed).to_ascii_lowercase());
        }
        prop_assert_eq!(typed.to_lowercase().parse::<Name>().map(|name| name.hash()), Ok(name.hash()));
    }

    #[test]
    fn agreement_takes_three_equal_answers(keys in prop::array::uniform3(0_u8..3)) {
        let answers = keys.map(|key| match key {
            0 => Answer::NotFound,
            key => Answer::Found(AccountId::from_public_key(X25519PublicKey::from_bytes([key; 32]))),
        });
        let equal = answers[0] == answers[1] && answers[1] == answers[2];
        prop_assert_eq!(agree(answers).is_ok(), equal && keys[0] != 0);
    }
}
