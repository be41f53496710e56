//! What a merge tells an application: which entries, which fields, from which message.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do"
)]

use std::time::Duration;

use session_config::{
    Config, Contacts, ConvoInfoVolatile, GroupInfo, GroupMembers, Incoming, StoredHash, UserGroups,
    UserProfile,
    change::EventKind::{self, Added, Changed, Removed},
    config::{AccountType, MergeReport, SyncedType},
    contacts::{BlindedContact, Contact, ContactEntry, ContactField},
    convo_info::{Conversation, ConvoEntry, ProNote, ReadField, ReadState},
    encryption::ConfigKey,
    group_info::InfoField,
    group_members::{Member, MemberField, PendingRemoval},
    message::Authority,
    picture::ProfilePicture,
    user_groups::{GroupEntry, GroupField, JoinedCommunity, JoinedGroup, LegacyGroup},
    user_profile::{Feature, ProfileField},
};
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    x25519::{X25519PublicKey, X25519SecretKey},
};
use session_identity::{AccountId, GroupId, Timestamp, pro::RevocationTag};

const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);

fn keypair(byte: u8) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([byte; 32]))
}

fn account_id(byte: u8) -> AccountId {
    AccountId::from_public_key(X25519PublicKey::from_bytes([byte; 32]))
}

fn picture() -> ProfilePicture {
    ProfilePicture::new("http://example.org/p", &[7; 32]).unwrap()
}

/// Two devices; one edits, the other merges.
struct Pair<T: SyncedType> {
    one: Config<T>,
    other: Config<T>,
    pushes: usize,
}

type Seen<E, F> = Vec<(E, EventKind, Vec<F>)>;

impl<T: SyncedType> Pair<T> {
    fn of(one: Config<T>, other: Config<T>) -> Self {
        Self { one, other, pushes: 0 }
    }

    fn report(&mut self, edit: impl FnOnce(&mut Config<T>)) -> MergeReport<T> {
        edit(&mut self.one);
        let push = self.one.push(NOW).unwrap();
        let name = StoredHash::new(format!("push-{}", self.pushes));
        self.pushes += 1;
        self.one.confirm_pushed(push.seqno(), [name.clone()]);
        self.other.merge(&[Incoming::new(name, &push.messages()[0])], NOW).unwrap()
    }

    /// What the other device hears of an edit.
    fn events(&mut self, edit: impl FnOnce(&mut Config<T>)) -> Seen<T::Entry, T::Field> {
        let report = self.report(edit);
        let name = StoredHash::new(format!("push-{}", self.pushes - 1));
        let seen = report.events().iter().map(|event| {
            let source = event.source().expect("the message tells");
            assert_eq!(report.stored(source), std::slice::from_ref(&name), "{event:?}");
            assert!(!event.has_lost_edit());
            let fields: Vec<_> = event.fields().iter().map(|change| change.field).collect();
            assert!(fields.iter().all(|field| event.has(*field)));
            (event.entry().clone(), event.kind(), fields)
        });
        seen.collect()
    }
}

fn devices<T: AccountType>() -> Pair<T> {
    Pair::of(Config::new(&keypair(7)), Config::new(&keypair(7)))
}

#[test]
fn of_the_profile() {
    use ProfileField::*;
    let mut pair = devices::<UserProfile>();
    let fields = |events: Seen<(), ProfileField>| match events.as_slice() {
        [((), Changed, fields)] => fields.clone(),
        other => panic!("{other:?}"),
    };
    let first = pair.events(|profile| {
        profile.set_name("A", Some(NOW)).unwrap();
        profile.set_picture(Some(&picture()), Some(NOW));
    });
    assert_eq!(fields(first), [Name, Picture, UpdatedAt]);
    let rest = pair.events(|profile| {
        profile.set_note_to_self_priority(1);
        profile.set_note_to_self_timer(Some(Duration::from_secs(60)));
        profile.set_community_requests(Some(true), None);
        profile.set_feature(Feature::ProBadge, true, None);
        profile.set_pro_purchase_since(Some(NOW), None, NOW);
        profile.set_pro_refund_requested_at(Some(NOW), None);
        profile.set_pro_auto_renewing(true);
        profile.set_pro_grace_period(Some(Duration::from_secs(60)));
    });
    let expected = [
        NoteToSelfPriority,
        ProAccess,
        ProPurchase,
        CommunityRequests,
        ProRefund,
        NoteToSelfTimer,
        Features,
    ];
    assert_eq!(fields(rest), expected);
    let again = pair.events(|profile| profile.set_reuploaded_picture(&picture(), NOW));
    assert_eq!(fields(again), [Picture, UpdatedAt]);
}

#[test]
fn of_contacts() {
    use ContactField::*;
    let mut pair = devices::<Contacts>();
    let id = account_id(1);
    let entry = ContactEntry::Account(id);
    let mut contact = Contact::new(id);
    contact.set_name("A");
    contact.set_nickname("B").unwrap();
    let added = pair.events(|contacts| contacts.set(&contact));
    assert_eq!(added, [(entry.clone(), Added, vec![Nickname, Name])]);
    contact.picture = Some(picture());
    contact.expiry = Some(session_config::contacts::Expiry::AfterRead(Duration::from_secs(60)));
    contact.is_approved = true;
    contact.has_approved_us = true;
    contact.is_blocked = true;
    contact.muted_until = Some(NOW);
    contact.priority = 1;
    contact.notifications = session_config::contacts::Notifications::All;
    contact.created_at = Some(NOW);
    contact.profile_updated_at = Some(NOW);
    contact.set_feature(Feature::ProBadge, true);
    let changed = pair.events(|contacts| contacts.set(&contact));
    let fields = vec![
        MutedUntil,
        Priority,
        Notifications,
        HasApprovedUs,
        Expiry,
        IsApproved,
        IsBlocked,
        Features,
        CreatedAt,
        Picture,
        ProfileUpdatedAt,
    ];
    assert_eq!(changed, [(entry.clone(), Changed, fields)]);
    let removed = pair.events(|contacts| assert!(contacts.remove(&id)));
    assert_eq!((removed.len(), &removed[0].0, removed[0].1), (1, &entry, Removed));
}

#[test]
fn of_blinded_contacts() {
    use ContactField::*;
    let mut pair = devices::<Contacts>();
    let url: session_types::community::BaseUrl = "https://example.com".parse().unwrap();
    let id = format!("15{}", "ab".repeat(32)).parse().unwrap();
    let contact = BlindedContact::new(id, url.clone(), X25519PublicKey::from_bytes([3; 32]));
    let entry = ContactEntry::Blinded(url.clone(), id);
    let added = pair.events(|contacts| contacts.set_blinded(&contact));
    let server = (ContactEntry::Server(url.clone()), Added, vec![ServerKey]);
    assert_eq!(added, [server, (entry.clone(), Added, vec![Name, Other])]);
    let removed = pair.events(|contacts| assert!(contacts.remove_blinded(&url, &id)));
    let server = (ContactEntry::Server(url), Removed, vec![ServerKey]);
    assert_eq!(removed, [server, (entry, Removed, vec![Name, Other])]);
}

#[test]
fn of_read_state() {
    use ReadField::*;
    let mut pair = devices::<ConvoInfoVolatile>();
    let convo = Conversation::Account(account_id(1));
    let entry = ConvoEntry::Conversation(convo);
    let read = pair.events(|convos| convos.set(&convo, ReadState::read_up_to(NOW), NOW));
    assert_eq!(read, [(entry.clone(), Added, vec![LastRead])]);
    let changed = pair.events(|convos| {
        let mut unread = ReadState::read_up_to(NOW);
        unread.is_unread = true;
        convos.set(&convo, unread, NOW);
        let revocation_tag = RevocationTag::from_bytes([9; 32]);
        convos.set_pro_note(&convo, Some(&ProNote { expires_at: NOW, revocation_tag }));
    });
    assert_eq!(changed, [(entry, Changed, vec![ProProof, IsUnread])]);
    let url = format!("https://example.com/Room?public_key={}", "ab".repeat(32));
    let community = url.parse().unwrap();
    let room = pair.events(|convos| {
        convos.set_community(&community, ReadState::read_up_to(NOW), NOW);
    });
    let entry = ConvoEntry::Room(community.base_url().clone(), "room".parse().unwrap());
    assert_eq!(room, [(entry, Added, vec![LastRead])]);
}

#[test]
fn of_groups() {
    use GroupField::*;
    let mut pair = devices::<UserGroups>();
    let id = GroupId::from_public_key(keypair(9).public_key());
    let mut group = JoinedGroup::new(id);
    group.settings.is_invited = true;
    let invited = pair.events(|groups| groups.set_group(&group));
    assert_eq!(invited, [(GroupEntry::Group(id), Added, vec![Seed, IsInvited])]);
    group.settings.is_invited = false;
    group.settings.priority = 1;
    group.settings.joined_at = Some(NOW);
    group.settings.muted_until = Some(NOW);
    group.settings.notifications = session_config::contacts::Notifications::Mentions;
    group.set_name("G").unwrap();
    group.auth_data = Some(session_crypto::secret::SecretBytes::from_bytes([5; 100]));
    let joined = pair.events(|groups| groups.set_group(&group));
    let fields = vec![MutedUntil, Priority, Notifications, IsInvited, JoinedAt, Name, AuthData];
    assert_eq!(joined, [(GroupEntry::Group(id), Changed, fields)]);
    group.mark_kicked();
    let kicked = pair.events(|groups| groups.set_group(&group));
    assert_eq!(kicked, [(GroupEntry::Group(id), Changed, vec![Removal, AuthData])]);
    let left = pair.events(|groups| assert!(groups.remove_group(&id)));
    assert_eq!(left.iter().map(|(_, kind, _)| *kind).collect::<Vec<_>>(), [Removed]);

    let url = |key: &str| format!("https://example.com/Room?public_key={}", key.repeat(32));
    let joined = JoinedCommunity::new(url("ab").parse().unwrap());
    let server = GroupEntry::Server(joined.community().base_url().clone());
    let room = GroupEntry::Room(joined.community().base_url().clone(), "room".parse().unwrap());
    let events = pair.events(|groups| groups.set_community(&joined));
    assert_eq!(events, [(server.clone(), Added, vec![ServerKey]), (room, Added, vec![Name])]);
    let rekeyed = JoinedCommunity::new(url("cd").parse().unwrap());
    let events = pair.events(|groups| groups.set_community(&rekeyed));
    assert_eq!(events, [(server, Changed, vec![ServerKey])]);

    let mut legacy = LegacyGroup::new(account_id(2));
    legacy.members.insert(account_id(3), true);
    legacy.timer = Some(Duration::from_secs(60));
    let secret = X25519SecretKey::from_bytes([4; 32]);
    legacy.encryption_keys = Some((secret.public_key(), secret));
    let events = pair.events(|groups| groups.set_legacy_group(&legacy));
    let fields = vec![Timer, EncryptionKeys, Members, Name];
    assert_eq!(events, [(GroupEntry::LegacyGroup(account_id(2)), Added, fields)]);
}

fn group<T: session_config::config::GroupType>() -> Pair<T> {
    let keys = || [ConfigKey::from_bytes([1; 32])];
    let admin = Authority::Signer(Box::new(keypair(9)));
    let member = Authority::ReadOnly(keypair(9).public_key().check().unwrap());
    Pair::of(Config::for_group(admin, keys()), Config::for_group(member, keys()))
}

#[test]
fn of_a_group() {
    use InfoField::*;
    let mut pair = group::<GroupInfo>();
    let events = pair.events(|info| {
        info.set_name("G").unwrap();
        info.set_description("D").unwrap();
        info.set_picture(Some(&picture())).unwrap();
        info.set_expiry_timer(Some(Duration::from_secs(60))).unwrap();
        info.set_created_at(Some(NOW)).unwrap();
        info.set_delete_before(Some(NOW)).unwrap();
        info.set_delete_attachments_before(Some(NOW)).unwrap();
    });
    let fields = vec![
        DeleteAttachmentsBefore,
        ExpiryTimer,
        CreatedAt,
        DeleteBefore,
        Name,
        Description,
        Picture,
    ];
    assert_eq!(events, [((), Changed, fields)]);
    assert_eq!(pair.events(|info| info.destroy().unwrap()), [((), Changed, vec![IsDestroyed])]);
}

#[test]
fn of_members() {
    use MemberField::*;
    let mut pair = group::<GroupMembers>();
    let id = account_id(1);
    let mut member = Member::invited(id);
    member.needs_supplement = true;
    let events = pair.events(|members| members.set(&member).unwrap());
    assert_eq!(events, [(id, Added, vec![Invite, Name, NeedsSupplement])]);
    member.accept_invite();
    member.promote();
    member.picture = Some(picture());
    member.profile_updated_at = Some(NOW);
    let events = pair.events(|members| members.set(&member).unwrap());
    let fields = vec![IsAdmin, Invite, Promotion, Picture, NeedsSupplement, ProfileUpdatedAt];
    assert_eq!(events, [(id, Changed, fields)]);
    member.remove(PendingRemoval::Member);
    let events = pair.events(|members| members.set(&member).unwrap());
    assert_eq!(events, [(id, Changed, vec![Promotion, MemberField::Removal])]);
    let events = pair.events(|members| assert!(members.erase(&id).unwrap()));
    assert_eq!(events[0].1, Removed);
}

#[test]
fn lost_edits_are_told_also_those_that_were_pushed() {
    for is_pushed in [false, true] {
        let mut pair = devices::<Contacts>();
        let mut contact = Contact::new(account_id(1));
        pair.events(|contacts| contacts.set(&contact));
        contact.set_nickname("theirs, seven revisions later").unwrap();
        let mut ours = contact.clone();
        ours.set_nickname("ours").unwrap();
        pair.other.set(&ours);
        if is_pushed {
            pair.other.push(NOW).unwrap();
        }
        for number in 0..6 {
            contact.priority = number + 1;
            pair.one.set(&contact);
            let push = pair.one.push(NOW).unwrap();
            pair.one.confirm_pushed(push.seqno(), [StoredHash::new("between")]);
        }
        let report = pair.report(|_| {});
        let [event] = report.events() else { panic!("{:?}", report.events()) };
        assert!(event.has_lost_edit());
        let lost = event.fields().iter().filter(|change| change.is_lost_edit);
        assert_eq!(lost.map(|change| change.field).collect::<Vec<_>>(), [ContactField::Nickname]);
        assert_eq!(event.fields().len(), 2, "the priority was never ours");
    }
}
