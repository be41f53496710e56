use alloc::{
    borrow::ToOwned as _,
    format,
    string::{String, ToString as _},
    vec,
    vec::Vec,
};
use core::num::NonZeroU32;

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Seed, Ed25519Signature, VerifyError},
    encoding::hex,
};
use session_identity::{GroupId, Timestamp, id::PrefixedId, pro::RevocationTag};
use session_types::community::ParseUrlError;

use super::{
    group::{
        Bare, DeleteContent, InfoChange, InfoUpdate, Invite, MemberAuth, MemberChange, Membership,
        Promotion,
    },
    *,
};

mod delivery;
mod fields;
mod groups;
mod lenient;
mod previews;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const ALICE: &str = "05d2ad010eeb72d72e561d9de7bd7b6989af77dcabffa03a5111a6c859ae5c3a72";
const BOB: &str = "05aa654f00fc39fc69fd0db829410ca38177d7732a8d2f0934ab3872ac56d5aa74";

fn decode_hex(text: &str) -> Result<(Content, Option<Timestamp>), ContentError> {
    Content::decode(&hex::decode(text).unwrap())
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = vec![];
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
    bytes
}

/// Field `number` with a number.
fn number(number: u64, value: u64) -> Vec<u8> {
    [varint(number << 3), varint(value)].concat()
}

/// Field `number` with bytes, a text or an embedded message.
fn bytes(number: u64, value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = value.as_ref();
    [varint(number << 3 | 2), varint(value.len().try_into().unwrap()), value.to_vec()].concat()
}

/// Field `number` with eight bytes.
fn eight(number: u64, value: [u8; 8]) -> Vec<u8> {
    [varint(number << 3 | 1), value.to_vec()].concat()
}

/// URL of a room.
fn room() -> String {
    format!("https://a.org/r?public_key={}", "0f".repeat(32))
}

/// A field of a newer client.
fn unknown(text: &str) -> Vec<u8> {
    bytes(1000, text)
}

/// A content of one kind, sent at `NOW`.
fn content(kind: u64, message: &[Vec<u8>]) -> Vec<u8> {
    [bytes(kind, message.concat()), number(15, NOW.as_millis())].concat()
}

/// A content of a data message, sent at `NOW`.
fn data(message: &[Vec<u8>]) -> Vec<u8> {
    content(1, message)
}

fn decode(bytes: &[u8]) -> Result<Content, ContentError> {
    Content::decode(bytes).map(|(content, _)| content)
}

/// Decodes and checks that encoding gives the same bytes again.
fn survives(bytes: &[u8]) -> Content {
    let (content, sent_at) = Content::decode(bytes).unwrap();
    let again = content.encode(sent_at.unwrap());
    assert_eq!(hex::encode(&again), hex::encode(bytes), "{content:?}");
    content
}

fn pointer(url: &str) -> Vec<u8> {
    [
        eight(1, 123_u64.to_le_bytes()),
        bytes(2, "image/png"),
        bytes(3, [7; 32]),
        number(4, 1000),
        bytes(6, [8; 32]),
        bytes(7, "a.png"),
        number(8, 1),
        number(9, 640),
        number(10, 480),
        bytes(101, url),
        bytes(5, "thumbnail"),
        unknown("pointer"),
    ]
    .concat()
}

#[test]
fn a_text_message_carries_text_setting_and_time() {
    let content = Content::text("hi").unwrap();
    let bytes = content.encode(Timestamp::from_millis(1));
    // Field 1 {1: "hi"}, 12 = 0, 13 = 0, 15 = 1.
    assert_eq!(hex::encode(&bytes), "0a040a026869600068007801");
    assert_eq!(Content::decode(&bytes), Ok((content, Some(Timestamp::from_millis(1)))));
}

/// The minimal contents of 03 §4.
#[test]
fn minimal_contents_are_those_of_the_specification() {
    let one = Timestamp::from_millis(1);
    let five = Timestamp::from_millis(5);
    let author: PrefixedId = ALICE.parse().unwrap();
    let author_field = format!("1242{}", hex::encode(ALICE.as_bytes()));
    let minute = Expiration::AfterRead(NonZeroU32::new(60).unwrap());
    for (kind, expected) in [
        (Kind::Typing(Typing::new(TypingAction::Started)), "3204080110007801".into()),
        (Kind::ReadReceipt(ReadReceipt::new([five]).unwrap()), "2a04080110057801".into()),
        (
            Kind::Unsend(Unsend::new(MessageReference::new(author, five))),
            format!("4a460805{author_field}7801"),
        ),
        (Kind::RequestAccepted(RequestAccepted::new()), "520208017801".into()),
        (Kind::TimerUpdate, "0a0220026001683c7801".into()),
    ] {
        let content = Content::new(kind).with_expiration(minute);
        assert_eq!(hex::encode(&content.encode(one)), expected);
        assert_eq!(decode_hex(&expected), Ok((content, Some(one))));
    }
}

#[test]
fn absent_is_not_zero() {
    let (content, sent_at) = decode_hex("0a040a026869").unwrap();
    assert_eq!((content.expiration(), sent_at), (None, None));
    let (content, sent_at) = decode_hex("0a040a02686960007800").unwrap();
    assert_eq!(content.expiration(), Some(Expiration::Off));
    assert_eq!(sent_at, Some(Timestamp::from_millis(0)));
}

#[test]
fn exactly_one_kind_is_accepted() {
    for none in ["", "7801", "a23e00"] {
        assert_eq!(decode_hex(none), Err(ContentError::UnknownKind), "{none}");
    }
    let kinds = [
        (1, "dataMessage"),
        (3, "callMessage"),
        (5, "receiptMessage"),
        (6, "typingMessage"),
        (8, "dataExtractionNotification"),
        (9, "unsendRequest"),
        (10, "messageRequestResponse"),
    ];
    for (i, (number, first)) in kinds.into_iter().enumerate() {
        for (other, second) in kinds.into_iter().skip(i + 1) {
            let error = decode(&[bytes(number, []), bytes(other, [])].concat());
            assert_eq!(error, Err(ContentError::SeveralKinds { first, second }));
        }
    }
    let update = bytes(120, bytes(5, []));
    let both = ContentError::SeveralKinds { first: "groupUpdateMessage", second: "flags" };
    assert_eq!(decode(&data(&[number(4, 2), update])), Err(both));
}

#[test]
fn a_kind_in_two_records_is_the_merge_of_both() {
    let content = decode(&[data(&[bytes(1, "old")]), data(&[bytes(1, "new")])].concat());
    assert_eq!(content.unwrap().body(), Some("new"));
    let content = decode(&[data(&[bytes(1, "text")]), data(&[number(4, 2)])].concat());
    assert_eq!(content.unwrap().kind(), &Kind::TimerUpdate);
}

#[test]
fn broken_protobuf_is_named() {
    for bytes in ["0a", "0a05", "0801", "7a01", "0a0f", "0a020a05", "0a030a01ff", "0a020801"] {
        let error = decode_hex(bytes);
        assert!(matches!(error, Err(ContentError::Malformed(_))), "{bytes}: {error:?}");
    }
}

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
fn every_field_of_a_notice_survives() {
    let id = eight(3, (-2_i64).to_le_bytes());
    let ids = bytes(3, [[0; 8], (-2_i64).to_le_bytes()].concat());
    let profile = [bytes(1, "Alice"), bytes(2, ""), unknown("profile")].concat();
    let candidates = [
        number(1, 4),
        bytes(2, "a"),
        bytes(2, "b"),
        number(3, 0),
        number(3, 1),
        bytes(4, "audio"),
        bytes(4, "video"),
        bytes(5, "uuid"),
        unknown("call"),
    ];
    let reaction = [
        number(1, 5),
        bytes(2, ALICE),
        bytes(3, "👍"),
        number(4, 1),
        eight(5, [1; 8]),
        unknown("r"),
    ];
    let extraction =
        [number(1, 2), number(2, 5), number(3, 5), eight(4, [1; 8]), number(5, 1), unknown("x")];
    for message in [
        data(&[bytes(11, reaction.concat()), unknown("message")]),
        data(&[number(4, 2), unknown("message")]),
        content(3, &candidates),
        content(3, &[number(1, 1), bytes(2, "sdp"), bytes(5, "uuid")]),
        content(3, &[number(1, 2), bytes(2, "sdp"), bytes(5, "uuid")]),
        content(3, &[number(1, 5), bytes(5, "uuid")]),
        content(3, &[number(1, 6), bytes(5, "uuid")]),
        content(5, &[number(1, 1), number(2, 5), number(2, 6), ids, unknown("receipt")]),
        content(6, &[number(1, NOW.as_millis()), number(2, 1), unknown("typing")]),
        content(8, &extraction),
        content(9, &[number(1, 5), bytes(2, ALICE), id, unknown("unsend")]),
        content(10, &[number(1, 1), bytes(2, ""), bytes(3, profile), unknown("response")]),
    ] {
        survives(&message);
    }
}

#[test]
fn saved_files_are_named_as_both_generations_do() {
    let decode = |fields: &[Vec<u8>]| {
        let content = decode(&content(8, &[vec![number(1, 2)], fields.to_vec()].concat()));
        content.map(|content| match content.kind() {
            Kind::MediaSaved(saved) => (saved.sent_at().as_millis(), saved.files()),
            other => panic!("{other:?}"),
        })
    };
    let one = Some(SavedFiles::One(1));
    // Field 5 is zigzag: 0 is 0, 1 is −1, 2 is 1, 3 is −2.
    for (fields, expected) in [
        (vec![number(2, 5)], (5, None)),
        (vec![number(3, 6)], (6, None)),
        (vec![number(2, 5), number(3, 6), number(5, 2)], (6, one)),
        (vec![number(2, 5), number(3, 0), number(5, 0)], (5, Some(SavedFiles::One(0)))),
        (vec![number(3, 6), number(5, 1)], (6, Some(SavedFiles::All))),
        (vec![number(3, 6), number(5, 3)], (6, None)),
    ] {
        assert_eq!(decode(&fields), Ok(expected), "{fields:?}");
    }
    let empty = ContentError::Empty { field: "DataExtractionNotification.timestamp" };
    assert_eq!(decode(&[number(2, 0), number(3, 0)]), Err(empty));

    let id = MessageId::from_bytes([1; 8]);
    let saved = MediaSaved::new(Timestamp::from_millis(5)).unwrap();
    let precise = saved.clone().with_files(id, SavedFiles::One(1)).unwrap();
    assert_eq!((precise.message_id(), precise.files()), (Some(id), one));
    let expected = [number(1, 2), number(2, 5), number(3, 5), eight(4, [1; 8]), number(5, 2)];
    let bytes = content(8, &expected);
    assert_eq!(
        survives(&bytes),
        Content { expiration: None, ..Content::new(Kind::MediaSaved(precise)) }
    );
    let field = "DataExtractionNotification.attIndex";
    let too_many = ContentError::TooMany { field, limit: 32, found: 1 << 31 };
    assert_eq!(saved.with_files(id, SavedFiles::One(1 << 31)), Err(too_many));
}

#[test]
fn packed_and_unpacked_numbers_are_read() {
    let packed = content(5, &[number(1, 1), bytes(2, [5, 6])]);
    let unpacked = content(5, &[number(1, 1), number(2, 5), number(2, 6)]);
    assert_eq!(decode(&packed), decode(&unpacked));
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

#[test]
fn required_fields_are_required() {
    let emoji = |fields: &[Vec<u8>]| data(&[bytes(11, fields.concat())]);
    for (bytes, field) in [
        (data(&[bytes(1, "a"), bytes(8, bytes(2, ALICE))]), "Quote.msgTimestamp"),
        (data(&[bytes(1, "a"), bytes(8, number(1, 5))]), "Quote.author"),
        (data(&[bytes(102, bytes(3, "a"))]), "OpenGroupInvitation.url"),
        (data(&[bytes(102, bytes(1, room()))]), "OpenGroupInvitation.name"),
        (data(&[bytes(2, bytes(101, "http://a/1"))]), "AttachmentPointer.id"),
        (emoji(&[bytes(2, ALICE), bytes(3, "x"), number(4, 0)]), "Reaction.msgTimestamp"),
        (emoji(&[number(1, 5), bytes(3, "x"), number(4, 0)]), "Reaction.author"),
        (emoji(&[number(1, 5), bytes(2, ALICE), bytes(3, "x")]), "Reaction.action"),
        (emoji(&[number(1, 5), bytes(2, ALICE), bytes(3, "x"), number(4, 2)]), "Reaction.action"),
        (content(3, &[number(1, 5)]), "CallMessage.uuid"),
        (content(3, &[bytes(5, "u")]), "CallMessage.type"),
        (content(3, &[number(1, 3), bytes(5, "u")]), "CallMessage.type"),
        (content(3, &[number(1, 7), bytes(5, "u")]), "CallMessage.type"),
        (content(6, &[number(2, 0)]), "TypingMessage.timestamp"),
        (content(6, &[number(1, NOW.as_millis())]), "TypingMessage.action"),
        (content(6, &[number(1, NOW.as_millis()), number(2, 2)]), "TypingMessage.action"),
        (content(5, &[number(2, 5)]), "ReceiptMessage.type"),
        (content(8, &[number(2, 5)]), "DataExtractionNotification.type"),
        (content(9, &[bytes(2, ALICE)]), "UnsendRequest.msgTimestamp"),
        (content(9, &[number(1, 5)]), "UnsendRequest.author"),
        (content(10, &[]), "MessageRequestResponse.isApproved"),
    ] {
        assert_eq!(decode(&bytes), Err(ContentError::Missing { field }), "{}", hex::encode(&bytes));
    }
}

#[test]
fn what_must_say_something_says_something() {
    let emoji = |text: &str| {
        let fields = [number(1, 5), bytes(2, ALICE), bytes(3, text), number(4, 0)];
        data(&[bytes(11, fields.concat())])
    };
    for (bytes, field) in [
        (emoji(""), "Reaction.emoji"),
        (content(3, &[number(1, 5), bytes(5, " ")]), "CallMessage.uuid"),
        (content(3, &[number(1, 1), bytes(5, "u")]), "CallMessage.sdps"),
        (content(3, &[number(1, 2), bytes(2, ""), bytes(5, "u")]), "CallMessage.sdps"),
        (content(3, &[number(1, 4), bytes(5, "u")]), "CallMessage.sdps"),
        (content(5, &[number(1, 1)]), "ReceiptMessage.timestamp"),
        (content(8, &[number(1, 2)]), "DataExtractionNotification.timestamp"),
        (content(8, &[number(1, 2), number(2, 0)]), "DataExtractionNotification.timestamp"),
        (content(10, &[number(1, 0)]), "MessageRequestResponse.isApproved"),
    ] {
        assert_eq!(decode(&bytes), Err(ContentError::Empty { field }), "{}", hex::encode(&bytes));
    }
    assert!(decode(&emoji(&"x".repeat(64))).is_ok());
    let too_long = ContentError::TooMany { field: "Reaction.emoji", limit: 64, found: 65 };
    assert_eq!(decode(&emoji(&"x".repeat(65))), Err(too_long));
}

#[test]
fn ids_are_ids() {
    let author = |text: &str| content(9, &[number(1, 5), bytes(2, text)]);
    for author in [author(""), author("05"), author(&ALICE.replace('d', "x"))] {
        assert_eq!(decode(&author), Err(ContentError::Id { field: "UnsendRequest.author" }));
    }
    let blinded = ALICE.replacen("05", "15", 1);
    for copy in ["", "note", &blinded] {
        let error = decode(&data(&[bytes(1, "a"), bytes(105, copy)]));
        assert_eq!(error, Err(ContentError::Id { field: "DataMessage.syncTarget" }), "{copy}");
    }
}

#[test]
fn proofs_have_fields_of_fixed_length() {
    for (number, field, expected) in [
        (2, "ProProof.revocationTag", 32),
        (3, "ProProof.rotatingPublicKey", 32),
        (5, "ProProof.sig", 64),
    ] {
        for found in [0, expected - 1, expected + 1] {
            let pro = bytes(16, bytes(1, bytes(number, vec![1; found])));
            let error = decode(&[data(&[bytes(1, "a")]), pro].concat());
            assert_eq!(error, Err(ContentError::Length { field, expected, found }));
        }
    }
    let without = decode(&[data(&[bytes(1, "a")]), bytes(16, [])].concat()).unwrap();
    assert_eq!(without.pro().unwrap().proof(), None);
}

#[test]
fn typing_is_about_the_moment() {
    let notice = [bytes(6, [number(1, 5), number(2, 0)].concat()), number(15, 6)].concat();
    let [found, sent_at] = [5, 6].map(Timestamp::from_millis);
    assert_eq!(decode(&notice), Err(ContentError::TypingTimestamp { sent_at, found }));
}

#[test]
fn candidates_come_in_three_equal_lists() {
    let parts = [bytes(2, "a"), number(3, 0), bytes(4, "audio")];
    for missing in 0..3 {
        let mut fields = vec![number(1, 4)];
        fields.extend(
            parts.iter().enumerate().filter(|(i, _)| *i != missing).map(|(_, f)| f.clone()),
        );
        fields.push(bytes(5, "uuid"));
        let lengths = [0, 1, 2].map(|i| usize::from(i != missing));
        let [descriptions, lines, media] = lengths;
        let uneven = ContentError::UnevenCandidates { descriptions, lines, media };
        assert_eq!(decode(&content(3, &fields)), Err(uneven));
    }
    let candidate = |length| vec![Candidate::new("x".repeat(length), 0, "")];
    assert!(Call::new("u", CallStep::Candidates(candidate(65_536))).is_ok());
    let too_many =
        ContentError::TooMany { field: "CallMessage.sdps", limit: 65_536, found: 65_537 };
    assert_eq!(Call::new("u", CallStep::Candidates(candidate(65_537))), Err(too_many));
}

#[test]
fn ids_of_receipts_count_only_beside_each_time() {
    let ids = |bytes: &[u8]| [vec![0x1a, bytes.len().to_le_bytes()[0]], bytes.to_vec()].concat();
    let receipt = |ids| content(5, &[number(1, 1), number(2, 5), number(2, 6), ids]);
    let read = |bytes: &[u8]| {
        let content = decode(bytes).unwrap();
        let Kind::ReadReceipt(receipt) = content.kind() else { panic!("{content:?}") };
        receipt.messages().map(|(time, id)| (time.as_millis(), id)).collect::<Vec<_>>()
    };
    let id = MessageId::from_bytes([1; 8]);
    assert_eq!(read(&receipt(ids(&[[0; 8], [1; 8]].concat()))), [(5, None), (6, Some(id))]);
    assert_eq!(read(&receipt(ids(&[1; 8]))), [(5, None), (6, None)]);
    assert_eq!(read(&receipt(ids(&[1; 24]))), [(5, None), (6, None)]);
}

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
        (&"é".repeat(51), Some("é".repeat(50))),
        (&("x".to_owned() + &"é".repeat(50)), Some("x".to_owned() + &"é".repeat(49))),
    ] {
        assert_eq!(Profile::new().with_name(name).name(), clean.as_deref(), "{name:?}");
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

#[test]
fn legacy_groups_are_told_apart() {
    let control = bytes(104, number(1, 7));
    assert_eq!(decode(&data(&[bytes(1, "a"), control])), Err(ContentError::LegacyGroup));
}

#[test]
fn nothing_longer_than_a_group_carries_is_parsed() {
    let longest = alloc::vec![0xff; MAX_LENGTH + 1];
    let error = ContentError::TooLong { found: MAX_LENGTH + 1 };
    assert_eq!(Content::decode(&longest).map(|_| ()), Err(error));
    let error = Content::decode(&longest[..MAX_LENGTH]);
    assert!(matches!(error, Err(ContentError::Malformed(_))), "{error:?}");
}
