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
mod profiles;
mod required;
mod visible;

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
