//! Visible messages: every field of them, and what each of them must hold (03 §4.1).

use super::*;

/// A visible message with every field, each with a field of a newer client.
fn full_message() -> Vec<u8> {
    let quote = [
        number(1, 5),
        bytes(2, ALICE),
        eight(5, (-2_i64).to_le_bytes()),
        bytes(3, "what was said"),
        unknown("quote"),
    ];
    let preview =
        [bytes(1, "https://a"), bytes(2, "A"), bytes(3, pointer("http://a/1")), unknown("p")];
    let invitation = [bytes(1, room()), bytes(3, "room"), unknown("i")];
    let profile = [bytes(1, "Alice"), bytes(2, "http://a/2"), number(3, 9), unknown("profile")];
    let proof = [
        number(1, 0),
        bytes(2, [1; 32]),
        bytes(3, [2; 32]),
        number(4, 1_800_000_000),
        bytes(5, [3; 64]),
        unknown("proof"),
    ];
    let pro = [bytes(1, proof.concat()), number(2, 3), number(3, 1), unknown("pro")];
    let message = [
        bytes(1, "see https://a"),
        bytes(2, pointer("http://a/123")),
        bytes(2, pointer("http://a/123#d")),
        bytes(6, [9; 32]),
        bytes(8, quote.concat()),
        bytes(10, preview.concat()),
        bytes(101, profile.concat()),
        bytes(102, invitation.concat()),
        bytes(105, BOB),
        number(106, 1),
        number(7, 77),
        unknown("message"),
    ];
    let bytes = [
        bytes(1, message.concat()),
        number(12, 2),
        number(13, 60),
        number(15, NOW.as_millis()),
        bytes(16, pro.concat()),
        eight(18, (-2_i64).to_le_bytes()),
        number(14, 1),
        bytes(17, [4; 64]),
        unknown("content"),
    ];
    bytes.concat()
}

#[test]
fn every_field_of_a_visible_message_survives() {
    let content = survives(&full_message());
    let Kind::Visible(visible) = content.kind() else { panic!("{content:?}") };
    assert_eq!(visible.body(), Some("see https://a"));
    let urls: Vec<_> = visible.attachments().iter().map(Attachment::url).collect();
    assert_eq!(urls, ["http://a/123", "http://a/123#d"]);
    let file = &visible.attachments()[0];
    assert_eq!((file.id(), file.size(), file.content_type()), (123, Some(1000), "image/png"));
    assert_eq!((file.expose_key(), file.digest()), ([7; 32].as_slice(), Some(&[8; 32])));
    assert_eq!(file.file_name().as_deref(), Some("a.png"));
    assert_eq!((file.is_voice_message(), file.dimensions()), (true, Some((640, 480))));
    let id = MessageId::from_bytes((-2_i64).to_le_bytes());
    let quoted =
        MessageReference::new(ALICE.parse::<PrefixedId>().unwrap(), Timestamp::from_millis(5));
    assert_eq!(visible.quote(), Some(quoted.with_message_id(id)));
    let preview = visible.preview().unwrap();
    assert_eq!((preview.url(), preview.title()), ("https://a", Some("A")));
    assert_eq!(preview.image().unwrap().url(), "http://a/1");
    let invitation = visible.invitation().unwrap();
    assert_eq!((invitation.community().to_string(), invitation.name()), (room(), "room"));

    let profile = content.profile().unwrap();
    assert_eq!((profile.name(), profile.updated_at_secs()), (Some("Alice"), Some(9)));
    let picture = Picture::new("http://a/2", PictureKey::from_bytes([9; 32])).unwrap();
    assert_eq!(profile.picture(), &PictureUpdate::Set(picture));
    assert_eq!(content.copy_of(), Some(BOB.parse().unwrap()));
    assert_eq!(content.blocks_community_requests(), Some(true));
    assert_eq!(content.expiration(), Some(Expiration::AfterSend(NonZeroU32::new(60).unwrap())));
    assert_eq!(content.message_id(), Some(id));
    let pro = content.pro().unwrap();
    assert_eq!((pro.profile_features(), pro.message_features()), (3, 1));
    let proof = pro.proof().unwrap();
    assert_eq!((proof.version(), proof.expiry()), (Some(0), Some(1_800_000_000)));
    assert_eq!(proof.tag(), Some(RevocationTag::from_bytes([1; 32])));
    assert_eq!(proof.rotating_key(), Some(Ed25519PublicKey::from_bytes([2; 32])));
    assert_eq!(proof.signature(), Some(Ed25519Signature::from_bytes([3; 64])));
}

#[test]
fn a_message_must_have_something_to_show() {
    for blank in ["", " ", "\u{a0}\n\t\u{2003}"] {
        assert_eq!(Content::text(blank), Err(ContentError::Blank), "{blank:?}");
        assert_eq!(decode(&data(&[bytes(1, blank)])), Err(ContentError::Blank), "{blank:?}");
    }
    let quote = [number(1, 5), bytes(2, ALICE)].concat();
    for alone in [vec![], bytes(8, quote), bytes(10, bytes(1, "https://a"))] {
        assert_eq!(decode(&data(&[alone])), Err(ContentError::Blank));
    }
    let invitation = [bytes(1, room()), bytes(3, "a")].concat();
    for enough in [bytes(2, pointer("http://a/1")), bytes(102, invitation)] {
        let content = decode(&data(&[bytes(1, " "), enough])).unwrap();
        assert!(matches!(content.kind(), Kind::Visible(_)), "{content:?}");
    }
    let file = Attachment::new("http://a/1", &[], 1).unwrap();
    let files = Visible::files(vec![file]).unwrap();
    assert_eq!(files.with_attachments(vec![]), Err(ContentError::Blank));
    assert_eq!(Visible::files(vec![]), Err(ContentError::Blank));
}

#[test]
fn lengths_of_bodies_are_counted_in_code_points() {
    for body in ["a", "é", "😀"] {
        let too_long = |limit| ContentError::BodyTooLong { limit, found: limit + 1 };
        assert!(Visible::text(body.repeat(2_000)).is_ok(), "{body}");
        assert_eq!(Visible::text(body.repeat(2_001)), Err(too_long(2_000)), "{body}");
        assert!(Visible::pro_text(body.repeat(10_000)).is_ok(), "{body}");
        assert_eq!(Visible::pro_text(body.repeat(10_001)), Err(too_long(10_000)), "{body}");
    }
    // What others send is theirs to limit: an account with Pro may write more.
    assert!(decode(&data(&[bytes(1, "a".repeat(10_001))])).is_ok());
}

#[test]
fn lists_have_limits() {
    let file = || Attachment::new("http://a/1", &[], 1).unwrap();
    let field = "DataMessage.attachments";
    let too_many = ContentError::TooMany { field, limit: MAX_ATTACHMENTS, found: 33 };
    assert!(Visible::files(vec![file(); 32]).is_ok());
    assert_eq!(Visible::files(vec![file(); 33]), Err(too_many.clone()));
    assert!(decode(&data(&vec![bytes(2, pointer("http://a/1")); 32])).is_ok());
    assert_eq!(decode(&data(&vec![bytes(2, []); 33])), Err(too_many));

    let field = "ReceiptMessage.timestamp";
    let too_many = ContentError::TooMany { field, limit: MAX_RECEIPTS, found: 1001 };
    assert!(ReadReceipt::new(vec![NOW; 1000]).is_ok());
    assert_eq!(ReadReceipt::new(vec![NOW; 1001]), Err(too_many.clone()));
    let times = bytes(2, [5; 1001]);
    assert_eq!(decode(&content(5, &[number(1, 1), times])), Err(too_many));
}

#[test]
fn a_quote_of_nothing_is_dropped() {
    for quote in [
        [number(1, 0), bytes(2, ALICE)].concat(),
        [number(1, 5), bytes(2, "somebody")].concat(),
        [number(1, 5), bytes(2, "")].concat(),
    ] {
        let content = decode(&data(&[bytes(1, "text"), bytes(8, quote)])).unwrap();
        let Kind::Visible(visible) = content.kind() else { panic!("{content:?}") };
        assert_eq!(visible.quote(), None);
    }
}

#[test]
fn invitations_have_the_address_of_a_room() {
    let key = "0F".repeat(32);
    let read = |url: &str, beside: &[Vec<u8>]| {
        let invitation = [bytes(1, url), bytes(3, "r")].concat();
        let fields = [beside, &[bytes(102, invitation)]].concat();
        decode(&data(&fields)).map(|content| match content.kind() {
            Kind::Visible(visible) => visible.invitation().cloned(),
            _ => panic!("{content:?}"),
        })
    };
    for good in [
        room(),
        format!("HTTPS://open.example.org/r/room?public_key={key}"),
        format!("http://open.example.org:8080/room?public_key={key}"),
    ] {
        let invitation = read(&good, &[]).unwrap().unwrap();
        assert_eq!(Ok(invitation.community().clone()), good.parse(), "{good}");
        assert_eq!(invitation.name(), "r");
    }
    let base64 = "oDw4PPY8PE7+Z6zFIRKm3XNLOpRrlUX0iKqpPaeZEjg=";
    for (bad, error) in [
        ("".into(), ParseUrlError::Scheme),
        (format!("open.example.org/room?public_key={key}"), ParseUrlError::Scheme),
        ("https://open.example.org/room".into(), ParseUrlError::NoKey),
        (format!("https://open.example.org/room/?public_key={key}"), ParseUrlError::Trailing),
        (format!("https://open.example.org/room?a=1&public_key={key}"), ParseUrlError::NoKey),
        (format!("https://open.example.org/room?public_key={key}&a=1"), ParseUrlError::Key),
        (format!("https://open.example.org/room?public_key={key}#a"), ParseUrlError::Key),
        (format!("https://open.example.org/ro om?public_key={key}"), ParseUrlError::TokenCharacter),
        (format!("https://open.example.org/../room?public_key={key}"), ParseUrlError::Trailing),
        (format!("https://open.example.org/?public_key={key}"), ParseUrlError::TokenEmpty),
        (format!("https://x/y?public_key={key}"), ParseUrlError::Host),
        (format!("https://open.example.org:99999/room?public_key={key}"), ParseUrlError::Port),
        (format!("https://open.example.org:0/room?public_key={key}"), ParseUrlError::PortZero),
        (format!("https://user@open.example.org/room?public_key={key}"), ParseUrlError::Host),
        (format!("https://open.example.org/room?public_key={base64}"), ParseUrlError::Key),
    ] {
        assert_eq!(read(&bad, &[]), Err(ContentError::CommunityUrl(error)), "{bad}");
        assert_eq!(read(&bad, &[bytes(1, "text")]), Ok(None), "the text stays: {bad}");
        assert_eq!(read(&bad, &[bytes(2, pointer("http://a/1"))]), Ok(None), "so do files: {bad}");
        let blank = read(&bad, &[bytes(1, " ")]);
        assert_eq!(blank, Err(ContentError::CommunityUrl(error)), "{bad}");
    }
    for halves in [bytes(3, "r"), bytes(1, room()), bytes(1, [0xff])] {
        let content = decode(&data(&[bytes(1, "text"), bytes(102, halves)])).unwrap();
        let Kind::Visible(visible) = content.kind() else { panic!("{content:?}") };
        assert_eq!((visible.body(), visible.invitation()), (Some("text"), None));
    }
}
