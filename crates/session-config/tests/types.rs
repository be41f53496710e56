//! The typed views: what they read, write, limit and leave alone.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::time::Duration;

use session_config::{
    Config, Contacts, ConvoInfoVolatile, Incoming, Local, StoredHash, TooLong, UserGroups,
    UserProfile,
    config::{PushError, Status},
    contacts::{BlindedContact, Contact, Expiry, Notifications},
    convo_info::{Conversation, ProNote, ReadState},
    data::Value,
    encryption::{ConfigKey, Domain},
    local::{NotifyContent, PrimaryColor, Theme},
    message::{Authority, Draft, MAX_SEQNO},
    padding,
    picture::{PictureError, ProfilePicture},
    user_groups::{JoinedCommunity, JoinedGroup, Removal},
    user_profile::Feature,
};
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    secret::SecretBytes,
    x25519::X25519PublicKey,
};
use session_identity::{AccountId, GroupId, Timestamp, id::BlindedId, pro::RevocationTag};
use session_types::community::{BaseUrl, Community};

const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);

fn keypair(byte: u8) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([byte; 32]))
}

fn account_id(byte: u8) -> AccountId {
    AccountId::from_public_key(X25519PublicKey::from_bytes([byte; 32]))
}

fn seconds(seconds: u64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn picture(name: &str) -> ProfilePicture {
    ProfilePicture::new(format!("http://example.org/{name}"), &[7; 32]).unwrap()
}

#[test]
fn pictures_have_limits_and_hide_their_keys() {
    let long = |length: usize| ProfilePicture::new("u".repeat(length), &[0; 32]).map(|_| ());
    assert_eq!(long(223), Ok(()));
    assert_eq!(long(224), Err(PictureError::UrlLength { found: 224 }));
    assert_eq!(long(0), Err(PictureError::UrlLength { found: 0 }));
    let short = ProfilePicture::new("u", &[0; 31]);
    assert_eq!(short, Err(PictureError::KeyLength { found: 31 }));
    let debug = format!("{:?}", picture("p"));
    assert_eq!(debug, r#"ProfilePicture { url: "http://example.org/p", .. }"#);
}

#[test]
fn profile_times_follow_the_picture_in_effect() {
    let mut profile = Config::<UserProfile>::new(&keypair(7));
    assert_eq!(profile.updated_at(), None);
    profile.set_name("A", Some(seconds(10))).unwrap();
    profile.set_name("A", Some(seconds(99))).unwrap();
    assert_eq!(profile.updated_at(), Some(seconds(10)), "nothing changed");
    profile.set_picture(Some(&picture("one")), Some(seconds(20)));
    profile.set_reuploaded_picture(&picture("again"), seconds(30));
    assert_eq!(profile.picture(), Some(picture("again")));
    assert_eq!(profile.updated_at(), Some(seconds(30)));
    profile.set_name("B", Some(seconds(40))).unwrap();
    assert_eq!(profile.updated_at(), Some(seconds(40)));
    assert_eq!(profile.picture(), Some(picture("again")), "the name does not change which");
    profile.set_feature(Feature::ProBadge, true, Some(seconds(41)));
    assert!(profile.has_feature(Feature::ProBadge));
    assert!(!profile.has_feature(Feature::AnimatedAvatar));
    profile.set_picture(Some(&picture("two")), Some(seconds(50)));
    assert_eq!(profile.picture(), Some(picture("two")));
    profile.set_picture(None, Some(seconds(60)));
    assert_eq!(profile.picture(), None);
    profile.set_picture(None, Some(seconds(61)));
    assert_eq!(profile.updated_at(), Some(seconds(60)), "there was none");
    // A merge may leave the picture that was uploaded again without the one that it was.
    profile.set_reuploaded_picture(&picture("again"), seconds(62));
    profile.set_picture(None, Some(seconds(63)));
    assert_eq!(profile.picture(), None);
    assert_eq!(profile.data().at(&[b"P"]), None);
    assert_eq!(profile.updated_at(), Some(seconds(63)));
    profile.set_note_to_self_priority(3);
    profile.set_note_to_self_timer(Some(Duration::from_secs(60)));
    assert_eq!(profile.updated_at(), Some(seconds(63)), "nobody else sees these");
}

#[test]
fn names_are_limited_in_bytes() {
    let mut profile = Config::<UserProfile>::new(&keypair(7));
    let error = profile.set_name(&"é".repeat(51), None).unwrap_err();
    assert_eq!(error.to_string(), "text of 102 bytes exceeds the maximum length of 100");
    assert!(matches!(error, TooLong { limit: 100, found: 102, .. }));
    assert!(profile.data().is_empty(), "nothing was written");
    // The example of 07 §3.
    for (ascii, kept) in [(97, 97), (96, 100)] {
        profile.set_name_truncated(&format!("{}\u{1f382}", "n".repeat(ascii)), None);
        assert_eq!(profile.name().map(|name| name.len()), Some(kept));
    }
    profile.set_name("", None).unwrap();
    assert_eq!(profile.name(), None);
}

#[test]
fn contacts_keep_every_field() {
    let mut contacts = Config::<Contacts>::new(&keypair(7));
    let mut contact = Contact::new(account_id(1));
    contact.set_name("Name");
    contact.set_nickname("Nick").unwrap();
    contact.picture = Some(picture("p"));
    contact.is_approved = true;
    contact.has_approved_us = true;
    contact.is_blocked = true;
    contact.notifications = Notifications::Disabled;
    contact.muted_until = Some(seconds(1_700_000_000));
    contact.priority = -1;
    contact.expiry = Some(Expiry::AfterRead(Duration::from_secs(60)));
    contact.created_at = Some(seconds(1_600_000_000));
    contact.profile_updated_at = Some(seconds(1_650_000_000));
    contact.set_feature(Feature::AnimatedAvatar, true);
    contacts.set(&contact);
    assert_eq!(contacts.get(&contact.id()), Some(contact.clone()));
    assert_eq!(contacts.iter().collect::<Vec<_>>(), [contact.clone()]);

    contact.notifications = Notifications::Mentions;
    contact.expiry = Some(Expiry::AfterSend(Duration::ZERO));
    contacts.set(&contact);
    let read = contacts.get(&contact.id()).unwrap();
    assert_eq!(read.notifications, Notifications::All, "of one person, a mention is any message");
    assert_eq!(read.expiry, None);

    contacts.set_blocked(&account_id(2), true);
    assert!(contacts.get(&account_id(2)).unwrap().is_blocked);
    assert!(contacts.remove(&account_id(2)));
    assert_eq!(contacts.len(), 1);
}

#[test]
fn times_in_other_units_are_read_as_seconds() {
    let mut contacts = Config::<Contacts>::new(&keypair(7));
    for stored in [1_600_000_000, 1_600_000_000_123, 1_600_000_000_123_456] {
        let mut contact = Contact::new(account_id(1));
        contact.created_at = Some(Timestamp::from_millis(stored * 1000));
        contacts.set(&contact);
        assert_eq!(contacts.get(&contact.id()).unwrap().created_at, Some(seconds(1_600_000_000)));
    }
}

#[test]
fn blinded_contacts_live_by_server() {
    let mut contacts = Config::<Contacts>::new(&keypair(7));
    let url: BaseUrl = "https://Example.com:443".parse().unwrap();
    let ids: Vec<BlindedId> = ["15", "25"]
        .iter()
        .map(|prefix| format!("{prefix}{}", "ab".repeat(32)).parse().unwrap())
        .collect();
    let key = X25519PublicKey::from_bytes([3; 32]);
    for id in &ids {
        let mut contact = BlindedContact::new(*id, url.clone(), key);
        contact.set_name("Somebody");
        contact.priority = 1;
        contact.picture = Some(picture("p"));
        contact.created_at = Some(seconds(1_600_000_000));
        contact.profile_updated_at = Some(seconds(1_650_000_000));
        contact.set_feature(Feature::ProBadge, true);
        assert!(contact.has_feature(Feature::ProBadge));
        assert!(!contact.has_feature(Feature::AnimatedAvatar));
        contacts.set_blinded(&contact);
        assert_eq!(contacts.blinded(&url, id), Some(contact));
    }
    // Both have one key in the config: the later replaced the older.
    assert_eq!(contacts.blinded(&url, &ids[0]), None);
    assert_eq!(contacts.all_blinded().len(), 1);
    assert!(!contacts.remove_blinded(&url, &ids[0]));
    assert!(contacts.remove_blinded(&url, &ids[1]));
    assert!(contacts.data().is_empty(), "the server goes with the last contact");
}

#[test]
fn groups_take_only_their_own_secret() {
    let mut groups = Config::<UserGroups>::new(&keypair(7));
    let seed = Ed25519Seed::from_bytes([9; 32]);
    let id = GroupId::from_public_key(keypair(9).public_key());
    let mut group = JoinedGroup::new(id);
    assert!(group.set_seed(Some(Ed25519Seed::from_bytes([8; 32]))).is_err());
    group.set_seed(Some(seed.clone())).unwrap();
    group.auth_data = Some(SecretBytes::from_bytes([4; 100]));
    groups.set_group(&group);
    let read = groups.group(&id).unwrap();
    assert_eq!(read.seed(), Some(&seed));
    assert_eq!(read.auth_data, None, "an admin needs no right");

    // A promotion leaves the right of before.
    group.set_seed(None).unwrap();
    groups.set_group(&group);
    assert!(groups.group(&id).unwrap().auth_data.is_some());
    group.set_seed(Some(seed.clone())).unwrap();
    group.auth_data = None;
    groups.set_group(&group);
    let promoted = groups.group(&id).unwrap();
    assert_eq!(promoted.seed(), Some(&seed));
    assert_eq!(promoted.auth_data, Some(SecretBytes::from_bytes([4; 100])));

    group.auth_data = Some(SecretBytes::from_bytes([4; 100]));
    group.set_seed(None).unwrap();
    groups.set_group(&group);
    assert!(groups.group(&id).unwrap().auth_data.is_some());
    group.mark_kicked();
    groups.set_group(&group);
    let kicked = groups.group(&id).unwrap();
    assert_eq!((kicked.removal, kicked.auth_data), (Some(Removal::Kicked), None));
    group.mark_invited();
    assert_eq!(group.removal, None);
    group.mark_destroyed();
    group.mark_kicked();
    group.mark_invited();
    assert_eq!(group.removal, Some(Removal::Destroyed), "for good");
    assert!(!format!("{group:?}").contains("seed"));
    assert!(groups.remove_group(&id));
    assert!(groups.data().is_empty());
}

fn community(room: &str) -> Community {
    let key = "0123456789abcdef".repeat(4);
    format!("http://example.org:5678/{room}?public_key={key}").parse().unwrap()
}

#[test]
fn rooms_are_one_in_any_case() {
    let mut groups = Config::<UserGroups>::new(&keypair(7));
    let joined = JoinedCommunity::new(community("SudokuRoom"));
    groups.set_community(&joined);
    let (url, room) = (community("x").base_url().clone(), "SUDOKUroom".parse().unwrap());
    assert_eq!(groups.community(&url, &room), Some(joined));
    assert_eq!(groups.server_key(&url), Some(community("x").server_key()));
    groups.set_community(&JoinedCommunity::new(community("other")));
    assert_eq!(groups.communities().len(), 2);
    assert!(groups.remove_community(&url, &room));
    assert!(!groups.remove_community(&url, &room));
    assert!(groups.remove_community(&url, &"other".parse().unwrap()));
    assert!(groups.data().is_empty(), "the server goes with its last room");
}

#[test]
fn what_was_read_long_ago_is_archived() {
    let mut convos = Config::<ConvoInfoVolatile>::new(&keypair(7));
    let days = |days: u64| Timestamp::from_millis(NOW.as_millis() - days * 24 * 3_600_000);
    let [recent, old, unread] = [1, 2, 3].map(|byte| Conversation::Account(account_id(byte)));
    convos.set(&recent, ReadState::read_up_to(days(29)), NOW);
    convos.set(&old, ReadState::read_up_to(days(31)), NOW);
    let mut marked = ReadState::read_up_to(days(31));
    marked.is_unread = true;
    convos.set(&unread, marked, NOW);
    convos.set_community(&community("Room"), ReadState::read_up_to(days(31)), NOW);
    assert_eq!(convos.get(&old), Some(ReadState::read_up_to(days(31))), "from the archive");
    assert_eq!(convos.data().dict_at(&[b"1"]).map(|dict| dict.len()), Some(2));
    assert_eq!(convos.data().at(&[b"o"]), None);
    assert!(convos.get(&unread).unwrap().is_unread);
    assert_eq!(convos.conversations().len(), 3);

    // Two days later the recent one is old too; the archive survives a restart.
    let later = Timestamp::from_millis(NOW.as_millis() + 2 * 24 * 3_600_000);
    convos.push(later).unwrap();
    let dump = convos.dump(later);
    let mut convos = Config::<ConvoInfoVolatile>::load(&keypair(7), &dump, later).unwrap();
    assert_eq!(convos.data().dict_at(&[b"1"]).map(|dict| dict.len()), Some(1));
    assert_eq!(convos.conversations().len(), 3);
    let (url, room) = (community("x").base_url().clone(), "ROOM".parse().unwrap());
    assert_eq!(convos.community(&url, &room), Some(ReadState::read_up_to(days(31))));
    assert_eq!(convos.communities().len(), 1);

    // Read again, it is synchronised again and in the archive no more.
    convos.set(&old, ReadState::read_up_to(NOW), later);
    assert_eq!(convos.get(&old), Some(ReadState::read_up_to(NOW)));
    assert!(convos.remove(&old));
    assert_eq!(convos.get(&old), None);
    assert!(convos.remove_community(&url, &room));
    assert!(!convos.remove_community(&url, &room));
}

/// A push that fails changes nothing: what it would have moved to the archive stays.
#[test]
fn a_failed_push_archives_nothing() {
    let days = |days: u64| Timestamp::from_millis(NOW.as_millis() + days * 24 * 3_600_000);
    let one = Conversation::Account(account_id(1));
    // The last revision that there can be, which is read today and old in two months.
    let mut draft = Draft::starting_at(MAX_SEQNO);
    let id = account_id(1).to_bytes();
    let read_at = i64::try_from(NOW.as_millis()).unwrap();
    draft.assign(&[b"1", &id, b"r"], Some(Value::from(read_at)));
    let last = padding::pad(&draft.finish(&Authority::Unsigned).to_bytes());
    let key = ConfigKey::of_account(&keypair(7).seed());
    let last = key.encrypt(Domain::new("ConvoInfoVolatile").unwrap(), &last);

    let mut convos = Config::<ConvoInfoVolatile>::new(&keypair(7));
    let report = convos.merge(&[Incoming::new(StoredHash::new("last"), &last)], NOW).unwrap();
    assert_eq!(report.rejected(), []);
    let (data, dump) = (convos.data().clone(), convos.dump(NOW));
    assert_eq!(convos.push(days(60)).unwrap_err(), PushError::Exhausted);
    assert_eq!((convos.status(), convos.seqno()), (Status::Clean, MAX_SEQNO));
    assert!(!convos.needs_push() && !convos.needs_dump());
    assert_eq!(convos.data(), &data);
    assert_eq!(convos.current_hashes().count(), 1);
    assert_eq!(convos.dump(NOW), dump);
    // What is pushed again, without a new revision, is not tidied away either.
    assert_eq!(convos.push(NOW).unwrap().seqno(), MAX_SEQNO);
    assert_eq!(convos.get(&one), Some(ReadState::read_up_to(NOW)));
}

#[test]
fn a_proof_of_pro_keeps_a_conversation_synchronised() {
    let mut convos = Config::<ConvoInfoVolatile>::new(&keypair(7));
    let days = |days: u64| Timestamp::from_millis(NOW.as_millis() - days * 24 * 3_600_000);
    let one = Conversation::Account(account_id(1));
    let blinded = format!("15{}", "ab".repeat(32)).parse().map(Conversation::Blinded).unwrap();
    let revocation_tag = RevocationTag::from_bytes([9; 32]);
    let note = ProNote { expires_at: NOW, revocation_tag };
    convos.set(&one, ReadState::read_up_to(days(31)), NOW);
    assert!(convos.data().is_empty(), "archived");
    for conversation in [one, blinded] {
        assert_eq!(convos.pro_note(&conversation), None);
        convos.set_pro_note(&conversation, Some(&note));
        assert_eq!(convos.pro_note(&conversation), Some(note));
    }
    assert_eq!(convos.get(&one), Some(ReadState::read_up_to(days(31))), "out of the archive");
    assert_eq!(convos.conversations().len(), 2);
    convos.set(&one, ReadState::read_up_to(days(40)), NOW);
    convos.push(NOW).unwrap();
    let entry = convos.data().dict_at(&[b"1", &account_id(1).to_bytes()]).unwrap();
    let [r, e] =
        [days(40).as_millis(), NOW.as_secs()].map(|t| Value::from(i64::try_from(t).unwrap()));
    assert_eq!((entry.get(b"r"), entry.get(b"e")), (Some(&r), Some(&e)));
    assert_eq!(convos.data().dict_at(&[b"b"]).unwrap().iter().next().unwrap().0[0], 0x15);

    // More than 30 days after the proof ended both go to the archive, notes and all.
    let later = |millis| Timestamp::from_millis(NOW.as_millis() + 30 * 24 * 3_600_000 + millis);
    convos.push(later(0)).unwrap();
    assert!(!convos.data().is_empty());
    convos.push(later(1)).unwrap();
    assert!(convos.data().is_empty());
    assert_eq!(convos.pro_note(&one), Some(note));
    convos.set_pro_note(&one, None);
    assert_eq!(convos.pro_note(&one), None);
    assert_eq!(convos.get(&one), Some(ReadState::read_up_to(days(40))));
    assert!(convos.data().is_empty());
}

#[test]
fn what_another_device_archived_stays_read() {
    let days = |days: u64| Timestamp::from_millis(NOW.as_millis() + days * 24 * 3_600_000);
    let [old, recent] = [1, 2].map(|byte| Conversation::Account(account_id(byte)));
    let room = community("Room");
    let mut phone = Config::<ConvoInfoVolatile>::new(&keypair(7));
    phone.set(&old, ReadState::read_up_to(NOW), NOW);
    phone.set(&recent, ReadState::read_up_to(days(20)), days(20));
    phone.set_community(&room, ReadState::read_up_to(NOW), NOW);
    let mut laptop = Config::<ConvoInfoVolatile>::new(&keypair(7));
    let merge = |laptop: &mut Config<ConvoInfoVolatile>, message: &[u8], now| {
        let name = message.len().to_string();
        laptop.merge(&[Incoming::new(StoredHash::new(name), message)], now).unwrap();
    };
    let push = phone.push(days(20)).unwrap();
    phone.confirm_pushed(push.seqno(), [StoredHash::new("one")]);
    merge(&mut laptop, &push.messages()[0], days(20));
    // The phone archives two of them and the user forgets the third; the laptop hears of it later.
    phone.remove(&recent);
    let push = phone.push(days(31)).unwrap();
    merge(&mut laptop, &push.messages()[0], days(32));
    assert!(laptop.data().is_empty());
    assert_eq!(laptop.get(&old), Some(ReadState::read_up_to(NOW)));
    assert_eq!(laptop.community(room.base_url(), room.room()), laptop.get(&old));
    assert_eq!(laptop.get(&recent), None, "forgotten is forgotten");
    assert!(laptop.needs_dump());
}

#[test]
fn settings_of_a_device_survive_a_restart() {
    let mut local = Config::<Local>::for_device();
    local.set_notify_content(NotifyContent::NameOnly);
    local.set_notify_sound(Some(4));
    local.set_theme(Theme::OceanLight);
    local.set_primary_color(PrimaryColor::Red);
    local.set_setting("one", true);
    local.set_setting("two", true);
    local.set_setting("two", false);
    assert!(local.needs_dump());
    let loaded = Config::<Local>::load_device(&local.dump(NOW), NOW).unwrap();
    assert_eq!(loaded.notify_content(), NotifyContent::NameOnly);
    assert_eq!(loaded.notify_sound(), Some(4));
    assert_eq!((loaded.theme(), loaded.primary_color()), (Theme::OceanLight, PrimaryColor::Red));
    assert_eq!((loaded.setting("one"), loaded.setting("two")), (true, false));
    assert_eq!(loaded.data().dict_at(&[b"settings"]).map(|dict| dict.len()), Some(1));
    assert_eq!(loaded.data().at(&[b"theme"]), Some(&Value::from(4)));
    local.set_theme(Theme::Default);
    assert_eq!(local.data().at(&[b"theme"]), None);
}
