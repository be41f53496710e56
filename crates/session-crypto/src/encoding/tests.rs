use alloc::{format, string::String, vec::Vec};

use super::{
    base32z::{self, ParseBase32zError},
    base64,
    hex::{self, ParseHexError},
    key_text::{self, ParseKeyTextError},
};

#[test]
fn hex_reads_both_cases_and_writes_the_lower() {
    assert_eq!(hex::decode_array::<2>("aBCd"), Ok([0xab, 0xcd]));
    assert_eq!(hex::encode(&[0xab, 0xcd]), "abcd");
}

/// Every byte and every pair of characters, beside the obvious way.
#[test]
fn hex_is_right_for_every_byte_and_every_pair() {
    for byte in 0..=255_u8 {
        assert_eq!(hex::encode(&[byte]), format!("{byte:02x}"));
    }
    for (high, low) in (0..128_u8).flat_map(|high| (0..128_u8).map(move |low| (high, low))) {
        let text = String::from_utf8(Vec::from([high, low])).unwrap();
        let slow = if text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            Ok([u8::from_str_radix(&text, 16).unwrap()])
        } else {
            let position = usize::from(high.is_ascii_hexdigit());
            Err(ParseHexError::Digit { position })
        };
        assert_eq!(hex::decode_array::<1>(&text), slow, "{text:?}");
        assert_eq!(hex::decode(&text), slow.map(Vec::from), "{text:?}");
    }
    let all: Vec<u8> = (0..=255).collect();
    assert_eq!(hex::decode(&hex::encode(&all)), Ok(all));
    assert_eq!((hex::encode(&[]), hex::decode("")), (String::new(), Ok(Vec::new())));
}

#[test]
fn hex_names_what_is_wrong() {
    let length = ParseHexError::Length { expected: 4, found: 5 };
    assert_eq!(hex::decode_array::<2>("abcde"), Err(length));
    assert_eq!(hex::decode_array::<2>("abcg"), Err(ParseHexError::Digit { position: 3 }));
    assert_eq!(hex::decode_array::<2>("aä1"), Err(ParseHexError::Digit { position: 1 }));
    assert_eq!(hex::decode("0x"), Err(ParseHexError::Digit { position: 1 }));
    assert_eq!(hex::decode("abc"), Err(ParseHexError::Odd { found: 3 }));
}

#[test]
fn base64_reads_padded_and_unpadded() {
    for text in ["zA==", "zA"] {
        assert_eq!(base64::decode(text), Ok([0xcc].into()), "{text}");
    }
    assert_eq!(base64::encode(&[0xcc]), "zA==");
    assert_eq!(base64::encode_unpadded(&[0xcc]), "zA");
}

#[test]
fn base64_refuses_second_spellings() {
    for (text, position) in [
        ("zB==", 1),
        ("zB", 1),
        ("zA=", 2),
        ("zA===", 2),
        ("zAA==", 3),
        ("zAAA=", 4),
        ("zAAA====", 4),
        ("=", 0),
        ("====", 0),
        ("z A=", 1),
        ("zA==\n", 2),
        ("_-8=", 0),
        ("z", 0),
        ("z===", 0),
        // Padding within: two texts, one after the other.
        ("AA==AA==", 2),
        ("zAA=zAA=", 3),
        ("AA==AA", 2),
        ("AA==AAAA", 2),
        ("AAA=AAAA", 3),
        ("AAAAAA==AA==", 6),
        ("A=A=", 1),
        ("=AAA", 0),
    ] {
        let refused = base64::decode(text).map_err(|error| error.position);
        assert_eq!(refused, Err(position), "{text}");
    }
}

/// All texts of up to six characters from an alphabet in which every rule can be broken.
#[test]
fn what_is_read_is_what_is_written() {
    let alphabet = ['A', '/', '=', '1', 'b', 'y'];
    let mut texts = Vec::from([String::new()]);
    for _ in 0..6 {
        let longer = |text: &String| alphabet.map(|letter| format!("{text}{letter}"));
        texts.extend(texts.iter().flat_map(longer).collect::<Vec<_>>());
        texts.sort_unstable();
        texts.dedup();
    }
    let mut read = [0; 3];
    for text in texts {
        if let Ok(bytes) = base64::decode(&text) {
            read[0] += 1;
            let written = [base64::encode(&bytes), base64::encode_unpadded(&bytes)];
            assert!(written.contains(&text), "{text}");
        }
        if let Ok(bytes) = hex::decode(&text) {
            read[1] += 1;
            assert_eq!(hex::encode(&bytes), text.to_ascii_lowercase());
        }
        if let Ok(bytes) = base32z::decode(&text) {
            read[2] += 1;
            assert_eq!(base32z::encode(&bytes), text);
        }
    }
    assert!(read.iter().all(|count| *count > 20), "{read:?}");
}

/// 04, set `onion_parser`: one key in all codings.
const KEY: [&str; 4] = [
    "b30154a0bd75bb77abb85d63398ac471ec946f0086ec12ecfcecb50b41296048",
    "swFUoL11u3eruF1jOYrEceyUbwCG7BLs/Oy1C0EpYEg=",
    "swFUoL11u3eruF1jOYrEceyUbwCG7BLs/Oy1C0EpYEg",
    "scyijef7qs7zxk7amituunsrq8sje5ayo5sbf58h714osojjcbry",
];

#[test]
fn base32z_is_its_own_inverse_and_has_no_second_spelling() {
    let key = hex::decode(KEY[0]).unwrap();
    assert_eq!(base32z::encode(&key), KEY[3]);
    assert_eq!(base32z::decode(KEY[3]), Ok(key));
    for length in 0..12_u8 {
        let bytes: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(37) ^ 0xa5).collect();
        assert_eq!(base32z::decode(&base32z::encode(&bytes)), Ok(bytes), "{length}");
    }
    for (text, position) in [("y", 0), ("yb", 1), ("yyy", 2), ("Y", 0), ("y l", 1)] {
        assert_eq!(base32z::decode(text), Err(ParseBase32zError { position }), "{text}");
    }
}

#[test]
fn keys_are_read_by_their_length() {
    for text in KEY {
        assert_eq!(key_text::decode(text), Ok(hex::decode_array(KEY[0]).unwrap()), "{text}");
    }
    for (text, found) in [("", 0), ("abcd", 4), (&"0".repeat(63), 63), (&"y".repeat(51), 51)] {
        assert_eq!(key_text::decode(text), Err(ParseKeyTextError::Length { found }), "{text}");
    }
    // Two bytes and thirty, each with its padding or none: 44 characters of 32 bytes.
    let twice = ["AAA=", &"A".repeat(40)].concat();
    let error = key_text::decode(&twice);
    assert!(matches!(error, Err(ParseKeyTextError::Base64(_))), "{error:?}");
    let unpadded = "A".repeat(44);
    assert_eq!(key_text::decode(&unpadded), Err(ParseKeyTextError::Length { found: 44 }));
    let hex = key_text::decode(&"g".repeat(64));
    assert_eq!(hex, Err(ParseKeyTextError::Hex(ParseHexError::Digit { position: 0 })));
    let base32z = key_text::decode(&"l".repeat(52));
    assert_eq!(base32z, Err(ParseKeyTextError::Base32z(ParseBase32zError { position: 0 })));
    for text in ["*", "B"] {
        let error = key_text::decode(&text.repeat(43));
        assert!(matches!(error, Err(ParseKeyTextError::Base64(_))), "{text}");
    }
}
