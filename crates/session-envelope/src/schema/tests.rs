//! The types of this crate equal the schema: numbers, names, types, labels and enumerations.
//!
//! Nothing of the types is repeated here. Each field is found out by what its type makes of a record that the
//! schema describes: how it prints, how it is written again, what it refuses.

use alloc::{collections::BTreeSet, format, vec, vec::Vec};
use core::fmt::Debug;

use super::*;
use crate::wire::{self, content, data, group, legacy};

mod enums;

/// How a message of these bytes prints, and its bytes when it is written again; `None` if it is refused.
type Probe = fn(&[u8]) -> Option<(String, Vec<u8>)>;

fn probe<M: prost::Message + Default + Debug>(bytes: &[u8]) -> Option<(String, Vec<u8>)> {
    let message: M = wire::decode(bytes).ok()?;
    Some((format!("{message:?}"), message.encode_to_vec()))
}

/// Every type with the name of its message.
const TYPES: [(&str, Probe); 35] = [
    ("WebSocketMessage", probe::<wire::WebSocketMessage>),
    ("WebSocketRequestMessage", probe::<wire::WebSocketRequestMessage>),
    ("Envelope", probe::<wire::Envelope>),
    ("Content", probe::<content::Content>),
    ("CallMessage", probe::<content::CallMessage>),
    ("ReceiptMessage", probe::<content::ReceiptMessage>),
    ("TypingMessage", probe::<content::TypingMessage>),
    ("UnsendRequest", probe::<content::UnsendRequest>),
    ("MessageRequestResponse", probe::<content::MessageRequestResponse>),
    ("DataExtractionNotification", probe::<content::DataExtractionNotification>),
    ("ProMessage", probe::<content::ProMessage>),
    ("ProProof", probe::<content::ProProof>),
    ("DataMessage", probe::<data::DataMessage>),
    ("DataMessage.Quote", probe::<data::Quote>),
    ("DataMessage.Quote.QuotedAttachment", probe::<data::QuotedAttachment>),
    ("DataMessage.Preview", probe::<data::Preview>),
    ("DataMessage.Reaction", probe::<data::Reaction>),
    ("DataMessage.OpenGroupInvitation", probe::<data::OpenGroupInvitation>),
    ("LokiProfile", probe::<data::LokiProfile>),
    ("AttachmentPointer", probe::<data::AttachmentPointer>),
    ("GroupUpdateMessage", probe::<group::GroupUpdateMessage>),
    ("GroupUpdateInviteMessage", probe::<group::GroupUpdateInviteMessage>),
    ("GroupUpdatePromoteMessage", probe::<group::GroupUpdatePromoteMessage>),
    ("GroupUpdateInfoChangeMessage", probe::<group::GroupUpdateInfoChangeMessage>),
    ("GroupUpdateMemberChangeMessage", probe::<group::GroupUpdateMemberChangeMessage>),
    ("GroupUpdateMemberLeftMessage", probe::<group::Empty>),
    ("GroupUpdateMemberLeftNotificationMessage", probe::<group::Empty>),
    ("GroupUpdateInviteResponseMessage", probe::<group::GroupUpdateInviteResponseMessage>),
    (
        "GroupUpdateDeleteMemberContentMessage",
        probe::<group::GroupUpdateDeleteMemberContentMessage>,
    ),
    ("ClosedGroupControlMessage", probe::<legacy::ClosedGroupControlMessage>),
    ("KeyPair", probe::<legacy::KeyPair>),
    ("KeyPairWrapper", probe::<legacy::KeyPairWrapper>),
    ("ConfigurationMessage", probe::<legacy::ConfigurationMessage>),
    ("ConfigurationMessage.ClosedGroup", probe::<legacy::ConfigurationClosedGroup>),
    ("ConfigurationMessage.Contact", probe::<legacy::ConfigurationContact>),
];

/// Messages that are passed by unread: of the past, or read by another crate.
const UNREAD: [&str; 3] = ["GroupContext", "SharedConfigMessage", "WebSocketResponseMessage"];

/// Fields that nobody sends and that are not even parsed.
const UNPARSED: [(&str, u32); 2] = [("WebSocketMessage", 3), ("WebSocketRequestMessage", 5)];

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = vec![];
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
    bytes
}

/// Wire type of a kind, the largest or most telling value, and how that prints.
fn sample(kind: Kind) -> (u64, Vec<u8>, &'static str) {
    match kind {
        Kind::String => (2, vec![2, 0xc3, 0xa9], "\"é\""),
        Kind::Bytes | Kind::Message => (2, vec![1, 0xff], "[255]"),
        Kind::Bool => (0, varint(2), "true"),
        // Varints of 32 bits lose what is above them.
        Kind::Uint32 => (0, varint(u64::MAX), "4294967295"),
        Kind::Uint64 => (0, varint(u64::MAX), "18446744073709551615"),
        Kind::Int64 => (0, varint(u64::MAX - 1), "-2"),
        Kind::Enum => (0, varint(u64::MAX), "-1"),
        Kind::Sint32 => (0, varint(3), "-2"),
        Kind::Fixed64 => (1, vec![0xff; 8], "18446744073709551615"),
        Kind::Sfixed64 => (1, vec![0xfe, 255, 255, 255, 255, 255, 255, 255], "-2"),
    }
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// Names of the fields in a printed message without values, and whether each is a list.
fn printed_fields(printed: &str) -> BTreeSet<(String, bool)> {
    let Some((_, fields)) = printed.split_once(" { ") else { return BTreeSet::new() };
    let fields = fields.trim_end_matches(" }").split(", ").filter(|field| !field.is_empty());
    let fields = fields.map(|field| field.split_once(": ").unwrap());
    fields.map(|(name, value)| (name.trim_start_matches("r#").into(), value == "[]")).collect()
}

#[test]
fn every_message_is_read_or_known_to_be_unread() {
    let names: BTreeSet<_> = Schema::new().messages.into_keys().collect();
    let known: BTreeSet<_> = TYPES.map(|(name, _)| name).into_iter().chain(UNREAD).collect();
    assert_eq!(names.iter().map(String::as_str).collect::<BTreeSet<_>>(), known);
    assert_eq!(names.len(), TYPES.len() + UNREAD.len());
}

#[test]
fn types_have_the_fields_of_the_schema_and_no_others() {
    let schema = Schema::new();
    for (name, probe) in TYPES {
        let fields = schema.message(name).unwrap().fields();
        let expected: BTreeSet<_> = fields
            .filter(|(number, _)| !UNPARSED.contains(&(name, *number)))
            .map(|(_, field)| {
                // A message is kept as the list of its records: see `crate::wire`.
                let list = field.label() == Label::Repeated || field.kind() == Kind::Message;
                (snake_case(field.name()), list)
            })
            .collect();
        let (printed, bytes) = probe(b"").unwrap();
        assert_eq!(printed_fields(&printed), expected, "{name}");
        assert_eq!(bytes, b"", "{name}: nothing is written of nothing");
    }
}

#[test]
fn fields_have_the_numbers_and_kinds_of_the_schema() {
    let schema = Schema::new();
    for (name, probe) in TYPES {
        let (empty, _) = probe(b"").unwrap();
        for (number, field) in schema.message(name).unwrap().fields() {
            let what = format!("{name}.{}", field.name());
            let (wire_type, value, printed) = sample(field.kind());
            let record = |value: &[u8]| {
                [varint(u64::from(number) << 3 | wire_type), value.to_vec()].concat()
            };
            if UNPARSED.contains(&(name, number)) {
                assert_eq!(probe(&record(&value)).unwrap().0, empty, "{what}");
                continue;
            }
            let list = field.label() == Label::Repeated || field.kind() == Kind::Message;
            let key = snake_case(field.name());
            let key = [format!("r#{key}: "), format!("{key}: ")];
            let key = key.iter().find(|key| empty.contains(key.as_str())).unwrap();
            let with = |once: &str| {
                if list { format!("{key}[{once}]") } else { format!("{key}Some({once})") }
            };
            let without = if list { format!("{key}[]") } else { format!("{key}None") };

            let once = record(&value);
            let (found, again) = probe(&once).unwrap_or_else(|| panic!("{what} is refused"));
            assert_eq!(found, empty.replacen(&without, &with(printed), 1), "{what}");
            // Written as it was read, but for the bits that do not fit.
            assert_eq!(probe(&again).unwrap().0, found, "{what}");
            assert!(again.first() == once.first() || field.is_packed(), "{what}");
            // The last of two counts, except in lists.
            let twice = probe(&[once.as_slice(), &once].concat()).unwrap().0;
            let both = if list { format!("{printed}, {printed}") } else { printed.into() };
            assert_eq!(twice, empty.replacen(&without, &with(&both), 1), "{what}");
            // Another wire type is refused; text must be text.
            let other = [varint(u64::from(number) << 3 | 5), vec![0; 4]].concat();
            assert_eq!(probe(&other), None, "{what} as fixed32");
            let no_text = probe(&record(&[1, 0xff])).is_none();
            assert_eq!(
                no_text && wire_type == 2,
                field.kind() == Kind::String,
                "{what} of a byte 255"
            );
        }
    }
}

#[test]
fn lists_of_numbers_are_written_as_the_schema_says() {
    let schema = Schema::new();
    let mut lists = 0;
    for (name, probe) in TYPES {
        for (number, field) in schema.message(name).unwrap().fields() {
            let value = match field.kind() {
                _ if field.label() != Label::Repeated => continue,
                Kind::Uint32 | Kind::Uint64 => vec![1],
                Kind::Sfixed64 => vec![1; 8],
                _ => continue,
            };
            lists += 1;
            let two = [value.as_slice(), &value].concat();
            let length = u64::try_from(two.len()).unwrap();
            let packed = [varint(u64::from(number) << 3 | 2), varint(length), two].concat();
            let (wire_type, ..) = sample(field.kind());
            let one = [varint(u64::from(number) << 3 | wire_type), value].concat();
            let unpacked = [one.as_slice(), &one].concat();
            let expected = if field.is_packed() { &packed } else { &unpacked };
            assert_eq!(&probe(&packed).unwrap().1, expected, "{name} {number}");
            assert_eq!(&probe(&unpacked).unwrap().1, expected, "{name} {number}");
        }
    }
    assert_eq!(lists, 3);
}

#[test]
fn the_file_is_understood_whole() {
    let schema = Schema::new();
    let lines =
        |what: &str| PROTO.lines().filter(|line| line.trim_start().starts_with(what)).count();
    assert_eq!(schema.messages.len(), lines("message "));
    assert_eq!(schema.enums.len(), lines("enum "));
    let fields: usize = schema.messages.values().map(|message| message.0.len()).sum();
    assert_eq!(fields, lines("required ") + lines("optional ") + lines("repeated "));
    for (name, message) in schema.messages() {
        for (_, field) in message.fields() {
            let refers = matches!(field.kind(), Kind::Message | Kind::Enum);
            assert!(field.refers_to().is_some() || !refers, "{name}.{}", field.name());
        }
    }
    let flags = schema.message("AttachmentPointer").unwrap().field(8).unwrap();
    assert_eq!(flags.refers_to(), Some("AttachmentPointer.Flags"));
    let size = schema.message("LokiProfile").unwrap().field(2).unwrap();
    assert_eq!((size.note(), size.refers_to(), size.is_packed()), ("URL", None, false));
}
