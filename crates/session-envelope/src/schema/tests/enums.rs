//! Enumerations: what this crate writes for each value.

use alloc::{
    collections::BTreeSet,
    string::{String, ToString as _},
    vec,
    vec::Vec,
};

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed, Ed25519Signature},
    x25519::X25519PublicKey,
};
use session_identity::{AccountId, Timestamp};

use super::{super::Schema, varint};
use crate::{
    content::{
        Attachment, Call, CallStep, Candidate, Content, Expiration, Kind, MediaSaved,
        MessageReference, Reaction, ReactionAction, ReadReceipt, Typing, TypingAction, Visible,
        group::{GroupUpdate, InfoChange, InfoUpdate, MemberChange, Membership},
    },
    envelope::{Envelope, EnvelopeKind},
    legacy::{Control, ControlError},
    wire::records,
};

/// The number of the field at the end of `path`, through embedded messages.
fn number_at(message: &[u8], path: &[u32]) -> i32 {
    let (field, rest) = path.split_first().unwrap();
    let record = records(message).find(|record| record.number == *field).unwrap();
    let value = &record.bytes[varint(u64::from(*field) << 3).len()..];
    if rest.is_empty() {
        assert!(value[0] < 0x80);
        return value[0].into();
    }
    let length = value.iter().position(|byte| *byte < 0x80).unwrap() + 1;
    number_at(&value[length..], rest)
}

const NOW: Timestamp = Timestamp::from_millis(1);

fn of(kind: Kind) -> Vec<u8> {
    Content::new(kind).encode(NOW)
}

fn call(step: CallStep) -> Vec<u8> {
    of(Kind::Call(Call::new("uuid", step).unwrap()))
}

fn typing(action: TypingAction) -> Vec<u8> {
    of(Kind::Typing(Typing::new(action)))
}

fn someone() -> AccountId {
    AccountId::from_public_key(X25519PublicKey::from_bytes([9; 32]))
}

fn reaction(action: ReactionAction) -> Vec<u8> {
    let target = MessageReference::new(someone(), NOW);
    of(Kind::Reaction(Reaction::new(target, "x", action).unwrap()))
}

fn expiring(expiration: Expiration) -> Vec<u8> {
    Content::text("a").unwrap().with_expiration(expiration).encode(NOW)
}

fn admin() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]))
}

fn info(update: InfoUpdate) -> Vec<u8> {
    let change = InfoChange::new(&admin(), update, NOW).unwrap();
    of(Kind::Group(GroupUpdate::InfoChange(change)))
}

fn members(membership: Membership) -> Vec<u8> {
    let change = MemberChange::new(&admin(), membership, vec![someone()], NOW).unwrap();
    of(Kind::Group(GroupUpdate::MemberChange(change)))
}

fn envelope(kind: EnvelopeKind) -> Envelope {
    Envelope::new(kind, NOW, vec![], Ed25519Signature::from_bytes([0; 64]))
}

/// An enumeration of the schema, as this crate writes it.
struct Written {
    name: &'static str,
    /// Numbers of the fields through which one comes to it.
    path: &'static [u32],
    /// A message for each value.
    values: Vec<(&'static str, Vec<u8>)>,
    /// Values that are of the past.
    unwritten: &'static [&'static str],
}

fn of_transport_and_settings() -> Vec<Written> {
    let minute = core::num::NonZeroU32::new(60).unwrap();
    let voice = Attachment::new("http://a/1", &[], 1).unwrap().with_voice_message();
    vec![
        Written {
            name: "WebSocketMessage.Type",
            path: &[1],
            values: vec![("REQUEST", envelope(EnvelopeKind::Direct).to_web_socket())],
            unwritten: &["UNKNOWN", "RESPONSE"],
        },
        Written {
            name: "Envelope.Type",
            path: &[1],
            values: vec![
                ("SESSION_MESSAGE", envelope(EnvelopeKind::Direct).to_bytes()),
                ("CLOSED_GROUP_MESSAGE", envelope(EnvelopeKind::Group).to_bytes()),
            ],
            unwritten: &[],
        },
        Written {
            name: "Content.ExpirationType",
            path: &[12],
            values: vec![
                ("UNKNOWN", expiring(Expiration::Off)),
                ("DELETE_AFTER_READ", expiring(Expiration::AfterRead(minute))),
                ("DELETE_AFTER_SEND", expiring(Expiration::AfterSend(minute))),
            ],
            unwritten: &[],
        },
        Written {
            name: "DataMessage.Flags",
            path: &[1, 4],
            values: vec![("EXPIRATION_TIMER_UPDATE", of(Kind::TimerUpdate))],
            unwritten: &[],
        },
        Written {
            name: "AttachmentPointer.Flags",
            path: &[1, 2, 8],
            values: vec![(
                "VOICE_MESSAGE",
                of(Kind::Visible(Visible::files(vec![voice]).unwrap())),
            )],
            unwritten: &[],
        },
    ]
}

fn of_notices() -> Vec<Written> {
    let sdp = || String::from("sdp");
    let candidates = CallStep::Candidates(vec![Candidate::new("a", 0, "b")]);
    vec![
        Written {
            name: "CallMessage.Type",
            path: &[3, 1],
            values: vec![
                ("OFFER", call(CallStep::Offer { description: sdp() })),
                ("ANSWER", call(CallStep::Answer { description: sdp() })),
                ("ICE_CANDIDATES", call(candidates)),
                ("END_CALL", call(CallStep::End)),
                ("PRE_OFFER", call(CallStep::PreOffer)),
            ],
            unwritten: &["PROVISIONAL_ANSWER"],
        },
        Written {
            name: "ReceiptMessage.Type",
            path: &[5, 1],
            values: vec![("READ", of(Kind::ReadReceipt(ReadReceipt::new([NOW]).unwrap())))],
            unwritten: &["DELIVERY"],
        },
        Written {
            name: "TypingMessage.Action",
            path: &[6, 2],
            values: vec![
                ("STARTED", typing(TypingAction::Started)),
                ("STOPPED", typing(TypingAction::Stopped)),
            ],
            unwritten: &[],
        },
        Written {
            name: "DataExtractionNotification.Type",
            path: &[8, 1],
            values: vec![("MEDIA_SAVED", of(Kind::MediaSaved(MediaSaved::new(NOW).unwrap())))],
            unwritten: &["SCREENSHOT"],
        },
    ]
}

fn of_messages_and_groups() -> Vec<Written> {
    vec![
        Written {
            name: "DataMessage.Reaction.Action",
            path: &[1, 11, 4],
            values: vec![
                ("REACT", reaction(ReactionAction::React)),
                ("REMOVE", reaction(ReactionAction::Remove)),
            ],
            unwritten: &[],
        },
        Written {
            name: "GroupUpdateInfoChangeMessage.Type",
            path: &[1, 120, 2, 1],
            values: vec![
                ("NAME", info(InfoUpdate::Name("a".into()))),
                ("AVATAR", info(InfoUpdate::Picture)),
                ("DISAPPEARING_MESSAGES", info(InfoUpdate::ExpirationSeconds(1))),
            ],
            unwritten: &[],
        },
        Written {
            name: "GroupUpdateMemberChangeMessage.Type",
            path: &[1, 120, 3, 1],
            values: vec![
                ("ADDED", members(Membership::Added { history_shared: None })),
                ("REMOVED", members(Membership::Removed)),
                ("PROMOTED", members(Membership::Promoted)),
            ],
            unwritten: &[],
        },
    ]
}

fn written() -> impl Iterator<Item = Written> {
    of_transport_and_settings().into_iter().chain(of_notices()).chain(of_messages_and_groups())
}

#[test]
fn enumerations_have_the_numbers_of_the_schema() {
    let schema = Schema::new();
    for Written { name, path, values, unwritten } in written() {
        let numbers = schema.enumeration(name).unwrap();
        let names: BTreeSet<_> = numbers.values().map(|(_, value)| value).collect();
        let known = values.iter().map(|(value, _)| *value).chain(unwritten.iter().copied());
        assert_eq!(names, known.collect(), "{name}");
        for (value, message) in values {
            assert_eq!(numbers.name(number_at(&message, path)), Some(value), "{name}");
        }
    }
    let known: BTreeSet<_> = written().map(|written| written.name).collect();
    // Read in the next test, in another crate, and nowhere.
    let others =
        ["ClosedGroupControlMessage.Type", "SharedConfigMessage.Kind", "GroupContext.Type"];
    let quoted = "DataMessage.Quote.QuotedAttachment.Flags";
    let all: BTreeSet<_> = schema.enumerations().map(|(name, _)| name).collect();
    assert_eq!(all, known.into_iter().chain(others).chain([quoted]).collect());
}

/// Control messages of legacy groups are only read: each type asks for a field of its own.
#[test]
fn control_messages_are_read_by_the_numbers_of_the_schema() {
    let member = [[5].as_slice(), &[9; 32]].concat();
    let member = [&[0x2a, 33], member.as_slice()].concat();
    for (number, name) in
        Schema::new().enumeration("ClosedGroupControlMessage.Type").unwrap().values()
    {
        let control =
            [&[8, u8::try_from(number).unwrap(), 0x1a, 1, b'n'], member.as_slice()].concat();
        let data = [vec![0xc2, 6, u8::try_from(control.len()).unwrap()], control].concat();
        let content = [vec![10, u8::try_from(data.len()).unwrap()], data].concat();
        let members = vec![someone()];
        let expected = match name {
            "NEW" => Err(ControlError::Missing { field: "publicKey" }),
            "ENCRYPTION_KEY_PAIR" => Ok(Control::EncryptionKeypair(vec![])),
            "NAME_CHANGE" => Ok(Control::NameChange("n".to_string())),
            "MEMBERS_ADDED" => Ok(Control::MembersAdded(members)),
            "MEMBERS_REMOVED" => Ok(Control::MembersRemoved(members)),
            "MEMBER_LEFT" => Ok(Control::MemberLeft),
            _ => Err(ControlError::Missing { field: "type" }),
        };
        assert_eq!(Control::from_content(&content), expected, "{name}");
    }
}
