//! Rules that hold for one field in every config that has it: times, names, times of deletion, read marks, pictures.

use std::time::Duration;

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    x25519::X25519PublicKey,
};
use session_identity::{AccountId, GroupId, Timestamp, id::BlindedId, pro::RevocationTag};
use session_types::community::Community;

use crate::{
    Config, Contacts, ConvoInfoVolatile, GroupInfo, GroupMembers, Incoming, StoredHash, UserGroups,
    UserProfile,
    config::AccountType,
    contacts::{BlindedContact, Contact, Expiry, Notifications},
    convo_info::{Conversation, ProNote, ReadState},
    data::Value,
    encryption::ConfigKey,
    group_members::{Member, MemberStatus, Progress},
    message::Authority,
    picture::ProfilePicture,
    user_groups::{JoinedCommunity, JoinedGroup, LegacyGroup},
};

const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);

fn keypair(byte: u8) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([byte; 32]))
}

fn account<T: AccountType>() -> Config<T> {
    Config::new(&keypair(7))
}

fn group<T: crate::config::GroupType>() -> Config<T> {
    Config::for_group(Authority::Signer(Box::new(keypair(7))), [ConfigKey::from_bytes([7; 32])])
}

fn bob() -> AccountId {
    AccountId::from_public_key(X25519PublicKey::from_bytes([9; 32]))
}

fn group_id() -> GroupId {
    GroupId::from_public_key(keypair(9).public_key())
}

fn blinded() -> (BlindedId, Community) {
    let url = format!("https://example.org/room?public_key={}", "ab".repeat(32));
    (format!("15{}", "ab".repeat(32)).parse().unwrap(), url.parse().unwrap())
}

const fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn picture(number: u8) -> ProfilePicture {
    ProfilePicture::new(format!("http://example.org/{number}"), &[number; 32]).unwrap()
}

/// `to` merges what `from` pushes, under the name that all devices know.
fn merge<T: AccountType>(to: &mut Config<T>, from: &mut Config<T>, name: &str) {
    let push = from.push(NOW).unwrap();
    let message = &push.messages()[0];
    to.merge(&[Incoming::new(StoredHash::new(name), message)], NOW).unwrap();
}

/// Times as they are stored, and what they say.
const TIMES: [(i64, Option<Timestamp>); 13] = [
    (1_738_000_000, Some(NOW)),
    (1_738_000_000_999, Some(NOW)),
    (1_738_000_000_999_999, Some(NOW)),
    (9_000_000_000, Some(at(9_000_000_000))),
    (9_000_000_001, Some(at(9_000_000))),
    (9_000_000_000_000, Some(at(9_000_000_000))),
    (9_000_000_000_001, Some(at(9_000_000))),
    (9_000_000_999_999, Some(at(9_000_000))),
    (i64::MAX, Some(at(9_223_372_036_854))),
    (0, None),
    (-1, None),
    (-1_738_000_000_000, None),
    (i64::MIN, None),
];

#[test]
fn times_of_groups_are_read_in_whichever_unit_they_were_written() {
    for (stored, read) in TIMES {
        let value = || Some(Value::from(stored));
        let mut info = group::<GroupInfo>();
        for key in [b"c", b"d", b"D"] {
            info.assign(&[key], value());
        }
        let times = [info.created_at(), info.delete_before(), info.delete_attachments_before()];
        assert_eq!(times, [read; 3], "info: {stored}");

        let mut members = group::<GroupMembers>();
        members.set(&Member::invited(bob())).unwrap();
        members.assign(&[b"m", &bob().to_bytes(), b"t"], value());
        assert_eq!(members.get(&bob()).unwrap().profile_updated_at, read, "member: {stored}");
    }
}

#[test]
fn times_of_accounts_are_read_in_whichever_unit_they_were_written() {
    let (id, community) = blinded();
    let (bob_key, group_key) = (bob().to_bytes(), group_id().to_bytes());
    let url = community.base_url().as_str().as_bytes();
    let blinded_key = "ab".repeat(32);
    for (stored, read) in TIMES {
        let value = || Some(Value::from(stored));
        let mut contacts = account::<Contacts>();
        contacts.set(&Contact::new(bob()));
        let server_key = community.server_key();
        contacts.set_blinded(&BlindedContact::new(id, community.base_url().clone(), server_key));
        for key in [b"!", b"j", b"t", b"d"] {
            contacts.assign(&[b"c", &bob_key, key], value());
            contacts.assign(&[b"b", url, b"R", blinded_key.as_bytes(), key], value());
        }
        let contact = contacts.get(&bob()).unwrap();
        let times = [
            contact.muted_until,
            contact.created_at,
            contact.profile_updated_at,
            contact.delete_before(),
        ];
        assert_eq!(times, [read; 4], "contact: {stored}");
        let contact = contacts.blinded(community.base_url(), &id).unwrap();
        assert_eq!([contact.created_at, contact.profile_updated_at], [read; 2], "{stored}");

        let mut groups = account::<UserGroups>();
        groups.set_group(&JoinedGroup::new(group_id()));
        for key in [b"!", b"j"] {
            groups.assign(&[b"g", &group_key, key], value());
        }
        let settings = groups.group(&group_id()).unwrap().settings;
        assert_eq!([settings.muted_until, settings.joined_at], [read; 2], "group: {stored}");

        let mut profile = account::<UserProfile>();
        for key in [b"t", b"I", b"R", b"d"] {
            profile.assign(&[key], value());
        }
        let times = [
            profile.updated_at(),
            // Notes count for a week.
            profile.pro_purchase_since(read.unwrap_or(NOW)),
            profile.pro_refund_requested_at(read.unwrap_or(NOW)),
            profile.note_to_self_delete_before(),
        ];
        assert_eq!(times, [read; 4], "profile: {stored}");
    }
}

#[test]
fn names_are_trimmed_and_show_something() {
    let (id, community) = blinded();
    let blank = ["", "   ", "\u{200b}", "\t\u{a0}\u{3000}\n", "\u{2800}\u{feff} "];
    let cases = blank.map(|blank| (blank, "")).into_iter().chain([
        (" Bob ", "Bob"),
        ("\u{3000}B o b\n", "B o b"),
        ("\u{2764}\u{fe0f} ", "\u{2764}\u{fe0f}"),
    ]);
    for (given, stored) in cases {
        let optional = (!stored.is_empty()).then(|| stored.to_owned());
        let mut profile = account::<UserProfile>();
        profile.set_name(given, None).unwrap();
        assert_eq!(profile.name(), optional, "{given:?}");
        profile.set_name_truncated("other", None);
        profile.set_name_truncated(given, None);
        assert_eq!(profile.name(), optional, "{given:?}");
        let mut info = group::<GroupInfo>();
        info.set_name(given).unwrap();
        assert_eq!(info.name(), optional, "{given:?}");
        info.set_name_truncated(given).unwrap();
        assert_eq!(info.name(), optional, "{given:?}");

        let mut contact = Contact::new(bob());
        contact.set_name(given);
        contact.set_nickname(given).unwrap();
        let server_key = community.server_key();
        let mut met = BlindedContact::new(id, community.base_url().clone(), server_key);
        met.set_name(given);
        let mut member = Member::invited(bob());
        member.set_name(given);
        let mut joined = JoinedGroup::new(group_id());
        joined.set_name(given).unwrap();
        let mut legacy = LegacyGroup::new(bob());
        legacy.set_name(given).unwrap();
        let names = [contact.name(), contact.nickname(), met.name(), member.name(), joined.name()];
        assert_eq!(names, [stored; 5], "{given:?}");
        assert_eq!(legacy.name(), stored, "{given:?}");
    }
    let long = format!(" {} ", "n".repeat(100));
    account::<UserProfile>().set_name(&long, None).unwrap();
    let mut contact = Contact::new(bob());
    contact.set_name(&format!("{} name", "n".repeat(99)));
    assert_eq!(contact.name(), "n".repeat(99));
    assert!(contact.set_nickname(&"n".repeat(101)).is_err());
}

#[test]
fn blank_names_of_other_clients_read_as_none() {
    for (stored, read) in [(" \u{200b}", ""), (" Bob", " Bob")] {
        let value = || Some(Value::from(stored));
        let mut profile = account::<UserProfile>();
        profile.assign(&[b"n"], value());
        assert_eq!(profile.name().unwrap_or_default(), read);
        let mut info = group::<GroupInfo>();
        info.assign(&[b"n"], value());
        assert_eq!(info.name().unwrap_or_default(), read);
        let id = bob().to_bytes();
        let mut contacts = account::<Contacts>();
        contacts.assign(&[b"c", &id, b"n"], value());
        contacts.assign(&[b"c", &id, b"N"], value());
        let contact = contacts.get(&bob()).unwrap();
        assert_eq!([contact.name(), contact.nickname()], [read; 2]);
        let mut members = group::<GroupMembers>();
        members.assign(&[b"m", &id, b"n"], value());
        assert_eq!(members.get(&bob()).unwrap().name(), read);
        let mut groups = account::<UserGroups>();
        groups.assign(&[b"g", &group_id().to_bytes(), b"n"], value());
        groups.assign(&[b"C", &id, b"n"], value());
        assert_eq!(groups.group(&group_id()).unwrap().name(), read);
        assert_eq!(groups.legacy_group(&bob()).unwrap().name(), read);
    }
}

#[test]
fn clearing_a_conversation_only_rises() {
    let mut contacts = account::<Contacts>();
    assert!(!contacts.clear_conversation(&bob(), at(5)), "no contact");
    contacts.set(&Contact::new(bob()));
    let before = contacts.get(&bob()).unwrap();
    let times = |contacts: &Config<Contacts>| {
        let contact = contacts.get(&bob()).unwrap();
        (contact.delete_before(), contact.delete_attachments_before())
    };
    let raw = |contacts: &Config<Contacts>, key: &[u8]| {
        contacts.data().dict_at(&[b"c", &bob().to_bytes()])?.integer(key)
    };
    assert!(contacts.clear_attachments(&bob(), at(7)));
    assert_eq!(times(&contacts), (None, Some(at(7))));
    assert!(contacts.clear_conversation(&bob(), Timestamp::from_millis(5_999)));
    assert_eq!(times(&contacts), (Some(at(5)), Some(at(7))));
    assert!(contacts.clear_conversation(&bob(), at(4)));
    assert!(contacts.clear_attachments(&bob(), at(6)));
    assert_eq!(times(&contacts), (Some(at(5)), Some(at(7))), "they do not go back");
    contacts.set(&before);
    assert_eq!(times(&contacts), (Some(at(5)), Some(at(7))), "an old record does not either");
    assert_eq!((raw(&contacts, b"d"), raw(&contacts, b"D")), (Some(5), Some(7)));
    contacts.clear_conversation(&bob(), at(7));
    assert_eq!((raw(&contacts, b"d"), raw(&contacts, b"D")), (Some(7), None), "it says nothing");
    contacts.clear_attachments(&bob(), at(7));
    assert_eq!(raw(&contacts, b"D"), None);
    let mut copy = account::<Contacts>();
    copy.set(&contacts.get(&bob()).unwrap());
    assert_eq!(copy.get(&bob()), contacts.get(&bob()));

    let mut profile = account::<UserProfile>();
    profile.clear_note_to_self_attachments(at(7));
    profile.clear_note_to_self(at(5));
    profile.clear_note_to_self(at(4));
    let times =
        [profile.note_to_self_delete_before(), profile.note_to_self_delete_attachments_before()];
    assert_eq!(times, [Some(at(5)), Some(at(7))]);
    profile.clear_note_to_self(at(8));
    assert_eq!(profile.note_to_self_delete_attachments_before(), None);
    assert!(profile.tells_of_saved_files());
    profile.set_tells_of_saved_files(false);
    assert!(!profile.tells_of_saved_files());
    assert_eq!(profile.data().integer(b"x"), Some(1));
    assert_eq!(profile.updated_at(), None, "nobody else learns of it");
}

#[test]
fn a_merge_moves_no_read_mark_back() {
    let conversation = Conversation::Account(bob());
    let (_, community) = blinded();
    let room = |config: &Config<ConvoInfoVolatile>| {
        config.community(community.base_url(), community.room()).unwrap().last_read
    };
    let mut kept = 0;
    for number in 0..40 {
        let later = Timestamp::from_millis(NOW.as_millis() + 500 + number);
        let mut phone = account::<ConvoInfoVolatile>();
        let mut laptop = account::<ConvoInfoVolatile>();
        for (device, time) in [(&mut phone, later), (&mut laptop, NOW)] {
            device.set(&conversation, ReadState::read_up_to(time), NOW);
            device.set_community(&community, ReadState::read_up_to(time), NOW);
        }
        merge(&mut phone, &mut laptop, "laptop");
        assert_eq!(phone.get(&conversation), Some(ReadState::read_up_to(later)), "{number}");
        assert_eq!(room(&phone), Some(later), "{number}");
        assert!(phone.conversations().iter().all(|(_, state)| state.last_read == Some(later)));
        assert!(phone.communities().iter().all(|(_, state)| state.last_read == Some(later)));
        let synced = phone.data().dict_at(&[b"1", &bob().to_bytes()]).unwrap().integer(b"r");
        let is_kept = synced == i64::try_from(NOW.as_millis()).ok();
        kept += u32::from(is_kept);

        // The device that is restarted knows it too; what the devices share is the same, and what is known is forgotten
        // as soon as it is not needed.
        let dump = phone.dump(NOW);
        let mut phone = Config::<ConvoInfoVolatile>::load(&keypair(7), &dump, NOW).unwrap();
        assert_eq!(phone.get(&conversation), Some(ReadState::read_up_to(later)), "{number}");
        merge(&mut laptop, &mut phone, "phone");
        assert_eq!(laptop.data(), phone.data(), "{number}");
        let unread = ReadState { is_unread: true, ..ReadState::read_up_to(NOW) };
        laptop.set(&conversation, unread, NOW);
        merge(&mut phone, &mut laptop, "unread");
        assert_eq!(phone.get(&conversation), Some(unread), "{number}");
        phone.set(&conversation, ReadState::read_up_to(NOW), NOW);
        assert_eq!(phone.get(&conversation), Some(ReadState::read_up_to(NOW)), "{number}");
        phone.remove_community(community.base_url(), community.room());
        assert!(phone.dump(NOW).ends_with(b"1:+dee"), "{number}: {is_kept}");
    }
    assert!((1..40).contains(&kept), "both devices win at times: {kept}");
}

#[test]
fn ends_of_proofs_are_written_in_seconds_and_read_in_both_units() {
    let conversation = Conversation::Account(bob());
    let revocation_tag = RevocationTag::from_bytes([1; 32]);
    let id = bob().to_bytes();
    let mut convos = account::<ConvoInfoVolatile>();
    let expires_at = Timestamp::from_millis(NOW.as_millis() + 999);
    convos.set_pro_note(&conversation, Some(&ProNote { expires_at, revocation_tag }));
    let stored =
        |convos: &Config<ConvoInfoVolatile>| convos.data().dict_at(&[b"1", &id])?.integer(b"e");
    assert_eq!(stored(&convos), Some(1_738_000_000));
    let note = ProNote { expires_at: NOW, revocation_tag };
    for old in [1_738_000_000_999, 1_738_000_000] {
        convos.assign(&[b"1", &id, b"e"], Some(Value::from(old)));
        assert_eq!(convos.pro_note(&conversation).unwrap().expires_at.as_secs(), 1_738_000_000);
    }
    // Of before spring 2026: it is written anew with the next change of the entry.
    convos.assign(&[b"1", &id, b"e"], Some(Value::from(1_738_000_000_999)));
    convos.set(&conversation, ReadState::read_up_to(NOW), NOW);
    assert_eq!(stored(&convos), Some(1_738_000_000));
    assert_eq!(convos.pro_note(&conversation), Some(note));
    convos.set_pro_note(&conversation, None);
    assert_eq!(stored(&convos), None);
}

#[test]
fn the_picture_that_was_chosen_last_shows() {
    for changed_at in [Some(at(50)), Some(at(100)), Some(at(500)), None] {
        for chosen in [Some(picture(3)), Some(picture(1)), Some(picture(2)), None] {
            let mut profile = account::<UserProfile>();
            profile.set_picture(Some(&picture(1)), Some(at(0)));
            profile.set_reuploaded_picture(&picture(2), at(100));
            assert_eq!(profile.picture(), Some(picture(2)));
            profile.set_picture(chosen.as_ref(), changed_at);
            assert_eq!(profile.picture(), chosen, "{changed_at:?}");
            // Neither does a name that changes under a clock that is behind bring the other one back.
            profile.set_name("Bob", Some(at(20))).unwrap();
            profile.set_community_requests(Some(true), Some(at(30)));
            assert_eq!(profile.picture(), chosen, "{changed_at:?}");
            assert!(profile.updated_at() >= Some(at(100)), "{changed_at:?}");
            profile.set_reuploaded_picture(&picture(4), at(1000));
            assert_eq!(profile.picture(), Some(picture(4)));
            profile.set_name("Bobby", Some(at(40))).unwrap();
            assert_eq!(profile.picture(), Some(picture(4)));
        }
    }
}

/// Of the same picture, the file that was uploaded last shows, also under a clock that is behind. What the user chose
/// after an upload began stays.
#[test]
fn the_time_of_an_upload_does_not_go_back() {
    let mut profile = account::<UserProfile>();
    profile.set_picture(Some(&picture(1)), Some(at(50)));
    profile.set_reuploaded_picture(&picture(2), at(100));
    profile.set_reuploaded_picture(&picture(3), at(40));
    assert_eq!(profile.picture(), Some(picture(3)));
    assert_eq!(profile.updated_at(), Some(at(100)));
    profile.set_picture(Some(&picture(4)), Some(at(200)));
    profile.set_reuploaded_picture(&picture(5), at(199));
    assert_eq!(profile.picture(), Some(picture(4)), "the upload is of an earlier one");
    assert_eq!(profile.updated_at(), Some(at(200)));
    profile.set_reuploaded_picture(&picture(5), at(200));
    assert_eq!(profile.picture(), Some(picture(4)), "of equal times the chosen one counts");
    assert_eq!(profile.data().bytes(b"P"), Some(b"http://example.org/5".as_slice()));
}

/// What is listed can be found, changed and removed. Keys that no client writes are passed over and left in place (07 §3.1).
#[test]
fn rooms_under_strange_keys_are_not_listed() {
    let (_, community) = blinded();
    let url = community.base_url().as_str().as_bytes();
    let mut groups = account::<UserGroups>();
    let mut convos = account::<ConvoInfoVolatile>();
    groups.set_community(&JoinedCommunity::new(community.clone()));
    convos.set_community(&community, ReadState::read_up_to(NOW), NOW);
    for key in ["Room", "ROOM", "ro om", "", "\u{f6}"] {
        let path = [b"o", url, b"R", key.as_bytes()];
        groups.assign(&[&path[..], &[b"n"]].concat(), Some(Value::from("Room")));
        convos.assign(&[&path[..], &[b"r"]].concat(), Some(Value::from(5)));
    }
    let listed: Vec<_> = groups.communities();
    assert_eq!(listed.iter().map(JoinedCommunity::community).collect::<Vec<_>>(), [&community]);
    let listed: Vec<_> = convos.communities();
    assert_eq!(listed, [(community.clone(), ReadState::read_up_to(NOW))]);
    assert!(groups.remove_community(community.base_url(), community.room()));
    assert!(groups.communities().is_empty());
    assert_eq!(groups.data().dict_at(&[b"o", url, b"R"]).unwrap().len(), 5, "left in place");
}

/// Another spelling of a server's address is another key, which other clients do not look under.
#[test]
fn servers_under_strange_keys_are_not_listed() {
    let (_, community) = blinded();
    let mut groups = account::<UserGroups>();
    for url in
        ["HTTP://example.org", "http://EXAMPLE.org", "http://example.org:80", "http://example.org/"]
    {
        let server: &[&[u8]] = &[b"o", url.as_bytes()];
        groups.assign(&[server, &[b"#"]].concat(), Some(Value::from([7; 32].as_slice())));
        groups.assign(&[server, &[b"R", b"room", b"n"]].concat(), Some(Value::from("Room")));
    }
    assert_eq!(groups.communities(), []);
    groups.set_community(&JoinedCommunity::new(community));
    assert_eq!(groups.communities().len(), 1);
}

/// A caller may take a time from a client that has another unit: what is written is in seconds.
#[test]
fn times_are_written_in_seconds_whatever_their_unit() {
    let mut contact = Contact::new(bob());
    for seconds in [1_700_000_000, 1_700_000_000_000, 1_700_000_000_000_000] {
        let time = Some(crate::fields::from_seconds(seconds));
        (contact.created_at, contact.muted_until) = (time, time);
        let mut contacts = account::<Contacts>();
        contacts.set(&contact);
        let entry = contacts.data().dict_at(&[b"c", &bob().to_bytes()]).unwrap();
        assert_eq!(
            [b"j", b"!"].map(|key| entry.integer(key)),
            [Some(1_700_000_000); 2],
            "{seconds}"
        );
    }
}

/// Mode and timer come together, and mentions of a person are all that the person writes (07 §12).
#[test]
fn what_a_contact_cannot_have_is_not_written() {
    let mut contact = Contact::new(bob());
    for timer in [Expiry::AfterSend(Duration::ZERO), Expiry::AfterRead(Duration::from_millis(999))]
    {
        contact.expiry = Some(timer);
        contact.notifications = Notifications::Mentions;
        let mut contacts = account::<Contacts>();
        contacts.set(&contact);
        let entry = contacts.data().dict_at(&[b"c", &bob().to_bytes()]).unwrap();
        let stored = [b"e", b"E", b"@"].map(|key| entry.integer(key));
        assert_eq!(stored, [None, None, Some(1)], "{timer:?}");
        let read = contacts.get(&bob()).unwrap();
        assert_eq!((read.expiry, read.notifications), (None, Notifications::All));
    }
}

#[test]
fn the_flag_of_admins_decides_what_is_sent() {
    let mut members = group::<GroupMembers>();
    for (is_admin, invite, promotion, is_sending, status) in [
        (true, 3, 0, false, MemberStatus::Promotion(Progress::Accepted)),
        (true, 0, 3, true, MemberStatus::PromotionSending),
        (true, 3, 1, false, MemberStatus::Promotion(Progress::Sent)),
        (false, 3, 0, true, MemberStatus::InviteSending),
        (false, 1, 2, false, MemberStatus::Invite(Progress::Sent)),
        (false, 3, 2, true, MemberStatus::InviteSending),
        (false, 0, 3, false, MemberStatus::Invite(Progress::Accepted)),
        (false, 2, 3, false, MemberStatus::Invite(Progress::Failed)),
    ] {
        let progress = |number| match number {
            0 => Progress::Accepted,
            1 => Progress::Sent,
            2 => Progress::Failed,
            _ => Progress::NotSent,
        };
        let mut member = Member::invited(bob());
        member.is_admin = is_admin;
        (member.invite, member.promotion) = (progress(invite), progress(promotion));
        members.set(&member).unwrap();
        let text = String::from_utf8_lossy(&members.dump(NOW)).into_owned();
        let case = (is_admin, invite, promotion);
        assert_eq!(text.contains("pending_send_ids"), is_sending, "{case:?}");
        assert_eq!(members.member_status(&member), status, "{case:?}");
        let read = members.get(&bob()).unwrap();
        assert_eq!(members.member_status(&read), status, "{case:?}");
    }
}

#[test]
fn descriptions_are_written_up_to_600_bytes_and_read_in_any_length() {
    let mut info = group::<GroupInfo>();
    info.set_description(&"d".repeat(600)).unwrap();
    assert!(info.set_description(&"d".repeat(601)).is_err());
    assert_eq!(info.description(), Some("d".repeat(600)), "nothing changed");
    info.assign(&[b"o"], Some(Value::from("d".repeat(5000).as_str())));
    assert_eq!(info.description().map(|text| text.len()), Some(5000));
}
