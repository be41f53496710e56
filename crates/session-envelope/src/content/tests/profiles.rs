//! Profiles: names, pictures, and which of two counts (03 §4.2).

use super::*;

#[test]
fn profiles_replace_older_ones() {
    let profile = |seconds: Option<u64>| {
        seconds.map_or(Profile::new(), |seconds| Profile::new().with_update_time(seconds))
    };
    for (incoming, stored, replaces) in [
        (None, None, true),
        (None, Some(0), true),
        (Some(0), None, true),
        (None, Some(5), false),
        (Some(4), Some(5), false),
        (Some(5), Some(5), false),
        (Some(6), Some(5), true),
        (Some(1), None, true),
    ] {
        assert_eq!(profile(incoming).replaces(stored), replaces, "{incoming:?} {stored:?}");
    }
}

#[test]
fn pictures_need_a_url_and_a_key_of_32_bytes() {
    let picture = |url: Option<&str>, key: Option<&[u8]>| {
        let profile = url.map(|url| bytes(2, url)).unwrap_or_default();
        let key = key.map(|key| bytes(6, key)).unwrap_or_default();
        let content = decode(&data(&[bytes(1, "a"), key, bytes(101, profile)])).unwrap();
        content.profile().unwrap().picture().clone()
    };
    assert_eq!(picture(None, None), PictureUpdate::Unchanged);
    assert_eq!(picture(None, Some(&[1; 32])), PictureUpdate::Unchanged);
    for (url, key) in [
        ("", None),
        ("", Some([1; 32].as_slice())),
        ("http://a/1", None),
        ("http://a/1", Some(&[1; 16])),
        (" ", Some(&[1; 32])),
    ] {
        assert_eq!(picture(Some(url), key), PictureUpdate::Removed, "{url:?} {key:?}");
    }
    let set = Picture::new("http://a/1", PictureKey::from_bytes([1; 32])).unwrap();
    assert_eq!(picture(Some("http://a/1"), Some(&[1; 32])), PictureUpdate::Set(set.clone()));
    assert!(format!("{set:?}").contains("PictureKey(..)"));
    let format = |url| Picture::new(url, PictureKey::from_bytes([1; 32])).unwrap().format();
    let [old, stream] = ["http://a/1", "http://a/1#d"].map(format);
    assert!(matches!(old, crate::attachment::Format::LegacyPicture(_)), "{old:?}");
    assert!(matches!(stream, crate::attachment::Format::Stream(_)), "{stream:?}");
    // No profile: nothing is said, whatever else is there.
    assert_eq!(decode(&data(&[bytes(1, "a"), bytes(6, [1; 32])])).unwrap().profile(), None);
}

#[test]
fn names_are_trimmed_and_cut_between_characters() {
    for (name, clean) in [
        (" Alice ", Some("Alice".into())),
        (" ", None),
        (&"x".repeat(101), Some("x".repeat(100))),
        (&("x".repeat(99) + " Alice"), Some("x".repeat(99))),
        (&"é".repeat(51), Some("é".repeat(50))),
        (&("x".to_owned() + &"é".repeat(50)), Some("x".to_owned() + &"é".repeat(49))),
    ] {
        assert_eq!(Profile::new().with_name(name).name(), clean.as_deref(), "{name:?}");
    }
}

#[test]
fn names_of_which_nothing_is_seen_are_none() {
    let received = |name: &str| {
        let profile = bytes(101, bytes(1, name));
        let content = decode(&data(&[bytes(1, "a"), profile])).unwrap();
        content.profile().unwrap().name().map(String::from)
    };
    for blank in [
        "\u{200b}",
        "\u{feff} \u{2060}",
        "\u{3164}",
        "\u{115f}\u{1160}",
        "\u{2800}",
        "\u{ad}",
        "\u{202e}\u{202c}",
        "\u{fe0f}",
        "\u{180e}",
        "\u{e0020}",
        "\0\u{1b}",
        "\u{85}\u{1680}\u{205f}",
        // What is seen is cut off.
        &("\u{200b}".repeat(34) + "Alice"),
    ] {
        assert_eq!(Profile::new().with_name(blank).name(), None, "{blank:?}");
        assert_eq!(received(blank), None, "{blank:?}");
    }
    for name in ["a\u{200d}", "\u{202e}-", "\u{1f600}\u{fe0f}", "\u{200b}Alice"] {
        assert_eq!(received(name).as_deref(), Some(name));
    }
}

#[test]
fn only_some_kinds_spread_a_profile() {
    let profile = Profile::new().with_name("Alice");
    let typing = Content::new(Kind::Typing(Typing::new(TypingAction::Started)));
    assert_eq!(typing.with_profile(profile.clone()).profile(), None);
    let accepted = Content::new(Kind::RequestAccepted(RequestAccepted::new()));
    let accepted = accepted.with_profile(profile.clone());
    assert_eq!(decode(&accepted.encode(NOW)).unwrap().profile(), Some(&profile));
}
