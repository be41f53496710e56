//! What the builders write: exactly the fields that 03 §4 gives to a kind, and no other.

use super::{delivery::kinds, *};
use crate::{
    schema::{Kind as FieldKind, Schema},
    wire::records,
};

/// Names of the fields of a message, those of embedded messages in braces.
fn names(schema: &Schema, name: &str, message: &[u8]) -> String {
    let fields = schema.message(name).unwrap();
    let names = records(message).map(|record| {
        let field = fields.field(record.number).unwrap();
        if field.kind() != FieldKind::Message {
            return field.name().to_string();
        }
        // Behind the key and the length, two bytes or three each.
        let key = varint(u64::from(record.number) << 3).len();
        let length = record.bytes[key..].iter().position(|byte| *byte < 0x80).unwrap() + 1;
        let inside = names(schema, field.refers_to().unwrap(), &record.bytes[key + length..]);
        format!("{}{{{inside}}}", field.name())
    });
    names.collect::<Vec<_>>().join(" ")
}

/// In the order of the matrix: what is in the message of the kind, with a profile and a setting given to all.
const FIELDS: [&str; 20] = [
    "dataMessage{body profile{displayName}} TIMER",
    "dataMessage{reaction{msgTimestamp author emoji action} profile{displayName}} TIMER",
    "dataMessage{flags} TIMER",
    "receiptMessage{type timestamp}",
    "typingMessage{timestamp action}",
    "dataExtractionNotification{type timestamp} TIMER",
    "unsendRequest{msgTimestamp author}",
    "messageRequestResponse{isApproved profile{displayName}}",
    "callMessage{type uuid} TIMER",
    "callMessage{type sdps uuid} TIMER",
    "callMessage{type sdps uuid} TIMER",
    "callMessage{type uuid} TIMER",
    "dataMessage{profile{displayName} groupUpdateMessage{inviteMessage{groupSessionId name memberAuthData adminSignature}}}",
    "dataMessage{profile{displayName} groupUpdateMessage{promoteMessage{groupIdentitySeed name}}}",
    "dataMessage{groupUpdateMessage{infoChangeMessage{type adminSignature}}} TIMER",
    "dataMessage{groupUpdateMessage{memberChangeMessage{type memberSessionIds adminSignature}}} TIMER",
    "dataMessage{groupUpdateMessage{memberLeftMessage{}}}",
    "dataMessage{groupUpdateMessage{memberLeftNotificationMessage{}}} TIMER",
    "dataMessage{profile{displayName} groupUpdateMessage{inviteResponse{isApproved}}}",
    "dataMessage{groupUpdateMessage{deleteMemberContent{messageHashes}}}",
];

#[test]
fn builders_set_the_fields_of_their_kind() {
    let schema = Schema::new();
    for (kind, fields) in kinds().into_iter().zip(FIELDS) {
        // That a message does not disappear is said as well: silence marks a client of before 2023.
        for setting in [Expiration::Off, Expiration::AfterSend(NonZeroU32::new(60).unwrap())] {
            let content = Content::new(kind.clone())
                .with_profile(Profile::new().with_name("Alice"))
                .with_expiration(setting);
            let timer = "expirationType expirationTimer";
            let expected = format!("{} sigTimestamp", fields.replace("TIMER", timer));
            assert_eq!(names(&schema, "Content", &content.encode(NOW)), expected);
        }
    }
}

#[test]
fn what_goes_with_a_message_has_fields_of_its_own() {
    let schema = Schema::new();
    let file = Attachment::new("http://a/1#d", &[1; 32], 5).unwrap();
    let file = file.with_content_type("a/b").with_file_name("c").with_dimensions(1, 2);
    let quoted = MessageReference::new(BOB.parse::<PrefixedId>().unwrap(), NOW);
    let invitation = CommunityInvitation::new(room().parse().unwrap(), "r");
    let preview = LinkPreview::new("https://a", "A").unwrap();
    let visible = Visible::text("https://a")
        .unwrap()
        .with_invitation(invitation)
        .with_attachments(vec![file.with_voice_message()])
        .unwrap()
        .with_quote(quoted)
        .with_preview(preview)
        .unwrap();
    let picture = Picture::new("http://a/2", PictureKey::from_bytes([1; 32])).unwrap();
    let profile = Profile::new().with_picture(PictureUpdate::Set(picture)).with_update_time(1);
    let content = Content::new(Kind::Visible(visible))
        .with_profile(profile)
        .with_blocked_community_requests(true)
        .with_message_id(MessageId::from_bytes([1; 8]))
        .to_copy(&ALICE.parse().unwrap());
    assert_eq!(
        names(&schema, "Content", &content.unwrap().encode(NOW)),
        "dataMessage{body attachments{id contentType key size fileName flags width height url} profileKey \
         quote{msgTimestamp author} preview{url title} profile{profilePicture lastUpdateSeconds} \
         openGroupInvitation{url name} syncTarget blocksCommunityMessageRequests} expirationType \
         expirationTimer sigTimestamp msgId"
    );
}

/// A profile has no name rather than one that nobody can see, whether we write it or read it (09 §2.1).
#[test]
fn invisible_names_are_none() {
    for blank in ["", "   ", "\u{200b}", "\u{2800}\u{3164}", "\u{202e} \0"] {
        let profile = Profile::new().with_name("Alice").with_name(blank);
        assert_eq!(profile.name(), None, "{blank:?}");
    }
    let visible = Profile::new().with_name(" \u{200b}Al\u{ad}ice ");
    assert_eq!(visible.name(), Some("\u{200b}Al\u{ad}ice"));
}
