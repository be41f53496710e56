use super::*;
use session_crypto::encoding::hex;

fn decode(text: &str) -> Result<(Content, Option<Timestamp>), ContentError> {
    Content::decode(&hex::decode(text).unwrap())
}

#[test]
fn a_text_message_carries_text_setting_and_time() {
    let content = Content::text("hi").unwrap();
    let bytes = content.encode(Timestamp::from_millis(1));
    // Field 1 {1: "hi"}, 12 = 0, 13 = 0, 15 = 1.
    assert_eq!(hex::encode(&bytes), "0a040a026869600068007801");
    assert_eq!(Content::decode(&bytes), Ok((content, Some(Timestamp::from_millis(1)))));
}

#[test]
fn absent_is_not_zero() {
    let (content, sent_at) = decode("0a040a026869").unwrap();
    assert_eq!((content.expiration(), sent_at), (None, None));
    let (content, sent_at) = decode("0a040a02686960007800").unwrap();
    assert_eq!(content.expiration(), Some(Expiration::Off));
    assert_eq!(sent_at, Some(Timestamp::from_millis(0)));
}

#[test]
fn exactly_one_kind_is_accepted() {
    for none in ["", "7801", "a23e00"] {
        assert_eq!(decode(none), Err(ContentError::UnknownKind), "{none}");
    }
    let several = ContentError::SeveralKinds { first: 1, second: 6 };
    assert_eq!(decode("0a040a0268693204080110007801"), Err(several));
}

#[test]
fn unknown_fields_survive_at_every_level() {
    // Field 1000 in the content and in the data message, field 20 in front.
    let bytes = hex::decode("a20101610a080a026869c23e0162600068007801c23e0163").unwrap();
    let (content, sent_at) = Content::decode(&bytes).unwrap();
    let again = content.encode(sent_at.unwrap());
    let expected = "0a080a026869c23e0162600068007801a2010161c23e0163";
    assert_eq!(hex::encode(&again), expected);
    assert_eq!(Content::decode(&again), Ok((content, sent_at)));
}

#[test]
fn broken_protobuf_is_named() {
    for bytes in ["0a", "0a05", "0801", "7a01", "0a0f"] {
        assert!(matches!(decode(bytes), Err(ContentError::Malformed(_))), "{bytes}");
    }
    for bytes in ["0a020a05", "0a030a01ff", "0a020801"] {
        let error = decode(bytes);
        assert!(
            matches!(error, Err(ContentError::Visible(InvalidVisible::Malformed(_)))),
            "{bytes}: {error:?}"
        );
    }
}

#[test]
fn bodies_of_white_space_are_no_messages() {
    for blank in ["", " ", "\u{a0}\n\t\u{2003}"] {
        assert_eq!(Content::text(blank), Err(InvalidVisible::Blank), "{blank:?}");
    }
    for bytes in ["0a00", "0a020a00", "0a030a0120"] {
        assert_eq!(decode(bytes), Err(ContentError::Visible(InvalidVisible::Blank)), "{bytes}");
    }
}

#[test]
fn lengths_of_bodies_are_counted_in_code_points() {
    for body in ["a", "é", "😀"] {
        assert!(Content::text(body.repeat(2_000)).is_ok(), "{body}");
        let error = Content::text(body.repeat(2_001));
        assert_eq!(error, Err(InvalidVisible::BodyTooLong { found: 2_001 }), "{body}");
    }
}
