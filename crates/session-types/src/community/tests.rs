//! Addresses as they are written, sent and typed.

use alloc::{
    format,
    string::{String, ToString as _},
    vec::Vec,
};

use session_crypto::{encoding::base64, x25519::X25519PublicKey};

use super::{Community, ParseUrlError, UrlParts, server_key_to_base32z};
use crate::typed;

/// Of every coding, with all the characters that a URL may escape: `+`, `/` and `=`.
fn key() -> X25519PublicKey {
    let bytes = [[0xfb; 16], [0xff; 16]].concat();
    X25519PublicKey::from_bytes(bytes.try_into().unwrap())
}

fn address(location: &str) -> String {
    format!("{location}?public_key={}", key())
}

fn read(location: &str) -> Result<String, ParseUrlError> {
    address(location).parse::<Community>().map(|community| community.to_string())
}

/// The address, or why it is none: what a typed link is read as.
fn typed(text: &str) -> Result<String, ParseUrlError> {
    let community = Community::parse_typed(text)?;
    assert_eq!(community.server_key(), key(), "{text:?}");
    Ok(format!("{}/{}", community.base_url(), community.room()))
}

#[test]
fn addresses_become_canonical() {
    for (location, canonical) in [
        ("https://open.example.org/room", "https://open.example.org/room"),
        ("HTTPS://Open.Example.ORG:443/r/Room", "https://open.example.org/Room"),
        ("http://open.example.org:443/room", "http://open.example.org:443/room"),
        ("https://open.example.org:0080/room", "https://open.example.org:80/room"),
        ("https://116.203.70.33/r/r", "https://116.203.70.33/r"),
    ] {
        assert_eq!(read(location), Ok(address(canonical)), "{location}");
    }
}

#[test]
fn addresses_of_nothing_are_refused() {
    for (location, error) in [
        ("open.example.org/room", ParseUrlError::Scheme),
        ("ftp://open.example.org/room", ParseUrlError::Scheme),
        ("https://x/room", ParseUrlError::Host),
        ("https://.org/room", ParseUrlError::Host),
        ("https://user@open.example.org/room", ParseUrlError::Host),
        ("https://open.example.org:/room", ParseUrlError::Port),
        ("https://open.example.org:65536/room", ParseUrlError::Port),
        ("https://open.example.org:0/room", ParseUrlError::PortZero),
        ("http://open.example.org:000/r/room", ParseUrlError::PortZero),
        ("https://open.example.org/a/room", ParseUrlError::Trailing),
        ("https://open.example.org/r/r/room", ParseUrlError::Trailing),
        ("https://open.example.org/../room", ParseUrlError::Trailing),
        ("https://open.example.org/room?a=1", ParseUrlError::TokenCharacter),
        ("https://open.example.org/ro om", ParseUrlError::TokenCharacter),
        ("https://open.example.org/", ParseUrlError::TokenEmpty),
    ] {
        assert_eq!(read(location), Err(error), "{location}");
    }
    let long = "r".repeat(65);
    let error = ParseUrlError::TokenLength { found: 65 };
    assert_eq!(read(&format!("https://open.example.org/{long}")), Err(error));
    assert!(read(&format!("https://open.example.org/{}", "r".repeat(64))).is_ok());
    let host = "a.".repeat(128) + "org";
    assert!(read(&format!("https://{host}/room")).is_ok());
    let error = ParseUrlError::BaseUrlLength { found: 268 };
    assert_eq!(read(&format!("https://a{host}/room")), Err(error));
    let missing: Result<Community, _> = "https://open.example.org/room".parse();
    assert_eq!(missing, Err(ParseUrlError::NoKey));
    assert_eq!(UrlParts::parse("https://open.example.org/room").unwrap().server_key(), None);
}

#[test]
fn keys_of_invitations_are_hexadecimal() {
    let base64 = base64::encode(key().as_bytes());
    let base32z = server_key_to_base32z(&key());
    let invitation = |key: &str| {
        let url = format!("HTTPS://open.example.org/room?public_key={key}");
        let strict: Community = url.parse().unwrap();
        assert_eq!(strict.server_key(), self::key(), "{url}");
        Community::parse_invitation(&url)
    };
    for good in [key().to_string(), key().to_string().to_uppercase()] {
        assert_eq!(invitation(&good).map(|it| it.server_key()), Ok(key()), "{good}");
    }
    for bad in [base64.as_str(), base64.trim_end_matches('='), &base32z] {
        assert_eq!(invitation(bad), Err(ParseUrlError::Key), "{bad}");
    }
    // What people may type, peers may not send.
    for (bad, error) in [
        (address("open.example.org/room"), ParseUrlError::Scheme),
        (address("https://open.example.org:0/room"), ParseUrlError::PortZero),
        (address("https://open.example.org/room/"), ParseUrlError::Trailing),
        (address("https://open.example.org/room") + "&a=1", ParseUrlError::Key),
        (address("https://open.example.org/room") + "#a", ParseUrlError::Key),
        (format!("https://open.example.org/room?a=1&public_key={}", key()), ParseUrlError::NoKey),
    ] {
        assert_eq!(Community::parse_invitation(&bad), Err(error), "{bad}");
    }
}

#[test]
fn typed_links_may_be_surrounded() {
    let link = address("https://open.example.org/room");
    let (front, back) = link.split_at(70);
    for text in [
        link.clone(),
        format!(" {link}\n"),
        format!("\u{a0}\u{3000}{link}\u{2003}"),
        format!("<{link}>"),
        format!("(\u{201c}{link}\u{201d})."),
        format!("\u{2068}{link}\u{2069}"),
        format!("{link}\u{200b}"),
        format!("{front}\u{ad}\u{fe0f}{back}"),
        format!("{front}\r\n{back}"),
        format!("{link}."),
        format!("{link}#x"),
        format!("{link}#?public_key=0&public_key=1"),
    ] {
        assert_eq!(typed(&text), Ok("https://open.example.org/room".into()), "{text:?}");
    }
}

#[test]
fn typed_links_need_no_scheme() {
    for (location, read) in [
        ("open.example.org/room", "https://open.example.org/room"),
        ("Open.Example.org:8080/r/Room", "https://open.example.org:8080/Room"),
        ("http://open.example.org/room", "http://open.example.org/room"),
        ("HTTP://open.example.org:80/room/", "http://open.example.org/room"),
        ("open.example.org/r/room/", "https://open.example.org/room"),
        ("open.example.org/r", "https://open.example.org/r"),
        ("open.example.org/r/r", "https://open.example.org/r"),
        ("open.example.org/r/r/", "https://open.example.org/r"),
        ("open.example.org/R/", "https://open.example.org/R"),
    ] {
        assert_eq!(typed(&address(location)), Ok(read.into()), "{location}");
    }
}

#[test]
fn typed_keys_stand_among_parameters_in_every_coding() {
    let base64 = base64::encode(key().as_bytes());
    let escaped = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'+' | b'/' | b'=' | b'f' => format!("%{byte:02X}"),
                byte => char::from(byte).into(),
            })
            .collect()
    };
    let spellings = [
        key().to_string(),
        key().to_string().to_uppercase(),
        server_key_to_base32z(&key()),
        base64.trim_end_matches('=').into(),
        base64,
    ];
    for plain in spellings {
        let lower_case = escaped(&plain).replace("%2F", "%2f").replace("%3D", "%3d");
        for key in [&plain, &escaped(&plain), &lower_case] {
            for query in [
                format!("public_key={key}"),
                format!("public_key={key}&utm=1"),
                format!("a=1&b&=&public_key={key}&"),
            ] {
                let link = format!("https://open.example.org/room?{query}");
                assert_eq!(typed(&link), Ok("https://open.example.org/room".into()), "{link}");
            }
        }
    }
}

#[test]
fn typed_links_to_nothing_are_refused() {
    let key = key();
    for (text, error) in [
        ("", ParseUrlError::TokenEmpty),
        ("https://open.example.org/room", ParseUrlError::NoKey),
        ("https://open.example.org/room?public_key=", ParseUrlError::Key),
        ("https://open.example.org/room?public_key", ParseUrlError::Key),
        ("https://open.example.org/room#?public_key=0", ParseUrlError::NoKey),
        (&address("https://open.example.org/ro om"), ParseUrlError::TokenCharacter),
        (&address("https://open.example.org/r%6Fom"), ParseUrlError::TokenCharacter),
        (&address("https://open.example.org/../room"), ParseUrlError::Trailing),
        (&address("https://open.example.org/a/b"), ParseUrlError::Trailing),
        (&address("https://open.example.org/room//"), ParseUrlError::Trailing),
        (&address("https://open.example.org/r/"), ParseUrlError::TokenEmpty),
        (&address("https://open.example.org/r/r//"), ParseUrlError::Trailing),
        (&address("https://open.example.org/a/r/r/"), ParseUrlError::Trailing),
        (&address("https://open.example.org/r/r/r/"), ParseUrlError::Trailing),
        (&address("https://open.example.org/"), ParseUrlError::TokenEmpty),
        (&address("open.example.org"), ParseUrlError::TokenEmpty),
        (&address("https://x/y"), ParseUrlError::Host),
        (&address("//open.example.org/room"), ParseUrlError::Host),
        (&address("https://user@open.example.org/room"), ParseUrlError::Host),
        (&address("open.example.org:99999/room"), ParseUrlError::Port),
        (&address("open.example.org:0/room"), ParseUrlError::PortZero),
        (&address("ftp://open.example.org/room"), ParseUrlError::Scheme),
        (&address("mailto:open.example.org/room"), ParseUrlError::Host),
        (&format!("open.example.org/room?x={key}"), ParseUrlError::NoKey),
        (
            &format!("open.example.org/room?public_key={key}&public_key={key}"),
            ParseUrlError::TwoKeys,
        ),
        (&format!("open.example.org/room?public_key={key}?public_key={key}"), ParseUrlError::Key),
        (&format!("open.example.org/room?public_key={key}0"), ParseUrlError::Key),
        (&format!("open.example.org/room?public_key={key}%"), ParseUrlError::Key),
        (&format!("open.example.org/room?public_key={key}%4"), ParseUrlError::Key),
        (&format!("open.example.org/room?public_key={key}%+1"), ParseUrlError::Key),
        (&format!("open.example.org/room?public_key={key}%FF"), ParseUrlError::Key),
        (&format!("open.example.org/room?public_key=%25{key}"), ParseUrlError::Key),
    ] {
        assert_eq!(typed(text), Err(error), "{text:?}");
    }
    let long: Vec<_> = [address("open.example.org/room"), "&a".repeat(typed::MAX_LENGTH)].into();
    let long = long.concat();
    assert_eq!(typed(&long), Err(ParseUrlError::Length { found: long.len() }));
}
