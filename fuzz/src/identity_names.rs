//! Targets of `session-identity`: names and their records.

use session_identity::names::{MAX_NAME_LENGTH, Name, Record};

/// A name that parses is in its one spelling and parses to itself; records that nobody encrypted stay shut.
pub fn names(data: &[u8]) {
    if let Ok(typed) = std::str::from_utf8(data) {
        if let Ok(name) = typed.parse::<Name>() {
            let text = name.as_str();
            assert!((1..=MAX_NAME_LENGTH).contains(&text.len()), "length of {text}");
            assert!(text.bytes().all(is_allowed), "characters of {text}");
            assert!(!text.starts_with('-') && !text.ends_with('-'), "hyphens of {text}");
            assert_eq!(text.parse().as_ref(), Ok(&name));
            assert_eq!(text.to_ascii_uppercase().parse().as_ref(), Ok(&name));
            assert_eq!(name.hash().to_base64().len(), 44);
        }
    }
    let chain = Record::from_chain(data);
    assert_eq!(chain.is_ok(), data.len() >= 40, "a value has 16 bytes, a nonce 24");
    if let (Ok(record), Some((value, nonce))) = (chain, data.split_last_chunk::<24>()) {
        assert_eq!(Record::new(value, nonce).as_ref(), Ok(&record));
        assert!(record.decrypt_verbatim("no such name").is_err(), "a forged record opened");
    }
}

fn is_allowed(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-')
}
