use proptest::prelude::*;
use session_config::message::Authority;
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    x25519::X25519PublicKey,
};

use super::*;

fn id(number: u8) -> AccountId {
    AccountId::from_public_key(X25519PublicKey::from_bytes([number; 32]))
}

fn group() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]))
}

fn empty() -> Config<GroupMembers> {
    Config::for_group(Authority::Signer(Box::new(group())), [])
}

fn read_only() -> Config<GroupMembers> {
    Config::for_group(Authority::ReadOnly(group().public_key().check().unwrap()), [])
}

/// A list with member 1 after these steps.
fn after(steps: &[Transition]) -> Config<GroupMembers> {
    let mut list = empty();
    invite(&mut list, &[id(1)], History::Hidden).unwrap();
    steps.iter().for_each(|step| apply(&mut list, &id(1), *step).unwrap());
    list
}

use Progress::{Accepted, Failed, NotSent, Sent};
use Transition::{
    InviteAccepted, InviteFailed, InviteSent, Promote, PromotionAccepted, PromotionFailed,
    PromotionSent, Remove,
};

const REMOVE: Transition = Remove(PendingRemoval::Member);
const REMOVE_ALL: Transition = Remove(PendingRemoval::MemberAndMessages);

/// Invite, promotion and admin after the steps of 06 §7.
#[test]
fn steps_have_the_effects_of_the_specification() {
    for (steps, invite, promotion, is_admin) in [
        ([].as_slice(), NotSent, Accepted, false),
        (&[InviteSent], Sent, Accepted, false),
        (&[InviteFailed], Failed, Accepted, false),
        (&[InviteFailed, InviteSent], Sent, Accepted, false),
        (&[InviteSent, InviteAccepted], Accepted, Accepted, false),
        (&[Promote], Accepted, NotSent, true),
        (&[InviteAccepted, Promote], Accepted, NotSent, true),
        (&[Promote, PromotionSent], Accepted, Sent, true),
        (&[Promote, PromotionFailed], Accepted, Failed, true),
        (&[Promote, PromotionFailed, Promote], Accepted, NotSent, true),
        (&[Promote, PromotionSent, PromotionAccepted], Accepted, Accepted, true),
        (&[PromotionAccepted], Accepted, Accepted, true),
    ] {
        let member = after(steps).get(&id(1)).unwrap();
        let found = (member.invite, member.promotion, member.is_admin);
        assert_eq!(found, (invite, promotion, is_admin), "{steps:?}");
    }
}

#[test]
fn late_news_of_a_delivery_changes_nothing() {
    for late in [InviteSent, InviteFailed] {
        let list = after(&[InviteSent, InviteAccepted, late]);
        assert_eq!(list.get(&id(1)).unwrap().invite, Accepted, "{late:?}");
    }
    for late in [PromotionSent, PromotionFailed] {
        let list = after(&[Promote, PromotionAccepted, late]);
        assert_eq!(list.get(&id(1)).unwrap().promotion, Accepted, "{late:?}");
    }
}

#[test]
fn steps_that_make_no_sense_are_refused() {
    for (steps, step, error) in [
        ([].as_slice(), PromotionSent, TransitionError::NotPromoted),
        (&[InviteAccepted], PromotionFailed, TransitionError::NotPromoted),
        (&[Promote], InviteSent, TransitionError::IsAdmin),
        (&[Promote], InviteFailed, TransitionError::IsAdmin),
        (&[Promote], InviteAccepted, TransitionError::IsAdmin),
        (&[Promote], REMOVE, TransitionError::IsAdmin),
        (&[PromotionAccepted], REMOVE_ALL, TransitionError::IsAdmin),
        (&[PromotionAccepted], Promote, TransitionError::IsAdmin),
        (&[REMOVE], InviteAccepted, TransitionError::BeingRemoved),
        (&[REMOVE], Promote, TransitionError::BeingRemoved),
    ] {
        let mut list = after(steps);
        let before = list.data().clone();
        assert_eq!(apply(&mut list, &id(1), step), Err(error), "{steps:?} {step:?}");
        assert_eq!(list.data(), &before);
    }
    assert_eq!(apply(&mut empty(), &id(1), InviteSent), Err(TransitionError::Unknown));
}

#[test]
fn removal_ends_what_was_going_on() {
    for steps in [[].as_slice(), &[InviteSent], &[InviteAccepted]] {
        let mut list = after(steps);
        apply(&mut list, &id(1), REMOVE).unwrap();
        let member = list.get(&id(1)).unwrap();
        assert_eq!(member.removal, Some(PendingRemoval::Member));
        assert_eq!((member.invite, member.promotion), (Accepted, Accepted));
    }
}

#[test]
fn messages_that_are_to_go_do_not_come_back() {
    let removal = |steps: &[Transition]| after(steps).get(&id(1)).unwrap().removal;
    let all = Some(PendingRemoval::MemberAndMessages);
    assert_eq!(removal(&[REMOVE, REMOVE_ALL]), all);
    assert_eq!(removal(&[REMOVE_ALL, REMOVE]), all);
}

#[test]
fn a_hundred_is_the_limit() {
    let people = |range: std::ops::RangeInclusive<u8>| range.map(id).collect::<Vec<_>>();
    let mut list = empty();
    assert_eq!(
        invite(&mut list, &people(1..=101), History::Hidden),
        Err(InviteError::TooMany { found: 101 })
    );
    assert_eq!(list.iter().count(), 0);
    invite(&mut list, &people(1..=100), History::Hidden).unwrap();
    // Those who are in, and repetitions, are not counted twice.
    invite(&mut list, &[id(1), id(100), id(100)], History::Hidden).unwrap();
    let error = Err(InviteError::TooMany { found: 101 });
    assert_eq!(invite(&mut list, &[id(101)], History::Hidden), error);
    // Who goes makes room.
    apply(&mut list, &id(5), REMOVE).unwrap();
    invite(&mut list, &[id(101)], History::Hidden).unwrap();
    assert_eq!(list.iter().count(), 101);
}

#[test]
fn invitations_are_made_for_all_or_for_none() {
    for (steps, error) in [
        ([InviteAccepted].as_slice(), InviteError::IsMember(id(1))),
        (&[Promote], InviteError::IsMember(id(1))),
        (&[REMOVE], InviteError::BeingRemoved(id(1))),
    ] {
        let mut list = after(steps);
        assert_eq!(invite(&mut list, &[id(0), id(1), id(2)], History::Hidden), Err(error));
        assert_eq!(list.iter().count(), 1, "{steps:?}");
    }
}

#[test]
fn who_got_history_once_gets_it_with_every_invitation() {
    let mut list = empty();
    let supplement = |list: &Config<GroupMembers>| list.get(&id(1)).unwrap().needs_supplement;
    invite(&mut list, &[id(1)], History::Shared).unwrap();
    apply(&mut list, &id(1), InviteFailed).unwrap();
    assert!(supplement(&list));
    invite(&mut list, &[id(1)], History::Hidden).unwrap();
    assert!(supplement(&list));
    assert_eq!(list.get(&id(1)).unwrap().invite, NotSent);
    apply(&mut list, &id(1), InviteAccepted).unwrap();
    assert!(!supplement(&list));
}

#[test]
fn a_reader_changes_nothing() {
    // What the admins' list says, seen by a member.
    let mut list = read_only();
    let error = invite(&mut list, &[id(1)], History::Hidden);
    assert!(matches!(error, Err(InviteError::ReadOnly(_))));
}

#[test]
fn profiles_go_by_their_time() {
    let at = |secs: u64| Timestamp::from_millis(secs * 1000 + 999);
    let mut list = after(&[]);
    let mut update = |name: &str, time| {
        let changed = update_profile(&mut list, &id(1), name, None, at(time), at(1000)).unwrap();
        (changed, list.get(&id(1)).unwrap().name().to_owned())
    };
    assert_eq!(update("Bob", 100), (true, "Bob".to_owned()));
    assert_eq!(update("Old", 99), (false, "Bob".to_owned()));
    assert_eq!(update("Same second", 100), (false, "Bob".to_owned()));
    assert_eq!(update("Bob", 101), (false, "Bob".to_owned()));
    assert_eq!(update("Robert", 102), (true, "Robert".to_owned()));
    let time = list.get(&id(1)).unwrap().profile_updated_at.map(Timestamp::as_secs);
    assert_eq!(time, Some(102));
    assert_eq!(update_profile(&mut list, &id(2), "x", None, at(1), at(1000)), Ok(false));
}

#[test]
fn times_ahead_of_ours_hold_nothing_up() {
    let at = |secs: u64| Timestamp::from_millis(secs * 1000);
    let mut list = after(&[]);
    let mut update = |name: &str, time, now| {
        let changed = update_profile(&mut list, &id(1), name, None, time, at(now)).unwrap();
        let member = list.get(&id(1)).unwrap();
        (changed, member.profile_updated_at.map(Timestamp::as_secs))
    };
    // A minute ahead is a clock; more counts as now.
    assert_eq!(update("A", at(1060), 1000), (true, Some(1060)));
    assert_eq!(update("B", at(1162), 1101), (true, Some(1101)));
    assert_eq!(update("C", Timestamp::from_millis(u64::MAX), 1200), (true, Some(1200)));
    assert_eq!(update("D", at(1201), 1201), (true, Some(1201)));
    // Another client wrote such a time into the list.
    let mut member = list.get(&id(1)).unwrap();
    member.profile_updated_at = Some(at(9_000_000_000));
    list.set(&member).unwrap();
    assert_eq!(update_profile(&mut list, &id(1), "E", None, at(1202), at(1202)), Ok(true));
}

#[test]
fn pictures_are_part_of_profiles() {
    let picture = ProfilePicture::new("https://example.org/1", &[7; 32]).unwrap();
    let mut list = after(&[]);
    let at = Timestamp::from_millis;
    let now = at(9000);
    let mut update = |name: &str, picture: Option<&ProfilePicture>, millis| {
        update_profile(&mut list, &id(1), name, picture, at(millis), now).unwrap()
    };
    assert!(update("Bob", Some(&picture), 1000));
    // What a message does not say changes nothing.
    let blank = ["", " \t\u{a0}", "\u{200b}", "\u{2800}\u{3164}", "\u{202e} \0"];
    for (name, millis) in blank.map(|name| (name, 2000)).into_iter().chain([("Bob", 4000)]) {
        assert!(!update(name, None, millis), "{name:?}");
    }
    assert!(update("  Robert ", None, 5000), "only the name");
    let other = ProfilePicture::new("https://example.org/2", &[8; 32]).unwrap();
    assert!(update("", Some(&other), 6000), "only the picture");
    let member = list.get(&id(1)).unwrap();
    assert_eq!((member.name(), member.picture.clone()), ("Robert", Some(other)));
}

#[test]
fn removals_are_listed() {
    let mut list = empty();
    invite(&mut list, &[id(3), id(1), id(2)], History::Hidden).unwrap();
    assert!(Removals::of(&list).is_empty());
    apply(&mut list, &id(3), REMOVE).unwrap();
    apply(&mut list, &id(1), REMOVE_ALL).unwrap();
    let removals = Removals::of(&list);
    assert!(!removals.is_empty());
    assert_eq!(removals.all().collect::<Vec<_>>(), [id(1), id(3)]);
    assert_eq!(removals.with_messages().collect::<Vec<_>>(), [id(1)]);
}

#[test]
fn standing_tells_what_an_author_is() {
    for (steps, expected) in [
        ([].as_slice(), Standing::Invited),
        (&[InviteFailed], Standing::Invited),
        (&[InviteAccepted], Standing::Member),
        (&[Promote, PromotionSent], Standing::Member),
        (&[PromotionAccepted], Standing::Admin),
        (&[InviteAccepted, REMOVE], Standing::BeingRemoved),
    ] {
        assert_eq!(standing(&after(steps), &id(1)), expected, "{steps:?}");
    }
    assert_eq!(standing(&empty(), &id(1)), Standing::Unknown);
}

#[test]
fn members_read_and_write() {
    assert_eq!(MEMBER_ACCESS.bits(), 3);
}

#[derive(Clone, Debug)]
enum Call {
    Invite(Vec<u8>, History),
    Apply(Vec<u8>, Transition),
    UpdateProfile(u8, &'static str, u64),
}

fn call() -> impl Strategy<Value = Call> {
    let people = || prop::collection::vec(0..5_u8, 0..4);
    let history = prop::sample::select(vec![History::Shared, History::Hidden]);
    let steps = [
        InviteSent,
        InviteFailed,
        InviteAccepted,
        Promote,
        PromotionSent,
        PromotionFailed,
        PromotionAccepted,
        REMOVE,
        REMOVE_ALL,
    ];
    let names = prop::sample::select(vec!["", "Bob", "Robert"]);
    prop_oneof![
        (people(), history).prop_map(|(ids, history)| Call::Invite(ids, history)),
        (people(), prop::sample::select(steps.to_vec()))
            .prop_map(|(ids, step)| Call::Apply(ids, step)),
        (0..5_u8, names, 0..3_000_u64)
            .prop_map(|(who, name, millis)| Call::UpdateProfile(who, name, millis)),
    ]
}

/// Takes a call; says why it failed, or whether it changed nothing.
fn take(list: &mut Config<GroupMembers>, call: &Call) -> Result<bool, String> {
    let ids = |numbers: &[u8]| numbers.iter().map(|number| id(*number)).collect::<Vec<_>>();
    let now = Timestamp::from_millis(2_000);
    match call {
        Call::Invite(people, history) => {
            invite(list, &ids(people), *history).map(|()| true).map_err(|error| error.to_string())
        }
        Call::Apply(people, step) => {
            apply_all(list, &ids(people), *step).map(|()| true).map_err(|error| error.to_string())
        }
        Call::UpdateProfile(who, name, millis) => {
            let at = Timestamp::from_millis(*millis);
            update_profile(list, &id(*who), name, None, at, now).map_err(|error| error.to_string())
        }
    }
}

fn everything(list: &mut Config<GroupMembers>) -> (bool, Vec<u8>, session_config::config::Status) {
    let needs_dump = list.needs_dump();
    (needs_dump, list.dump(Timestamp::from_millis(2_000)).to_vec(), list.status())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn calls_that_fail_change_nothing(
        calls in prop::collection::vec(call(), 1..16),
        is_reader in any::<bool>(),
    ) {
        let mut list = after(&[]);
        for call in &calls {
            if is_reader {
                list.set_authority(Authority::ReadOnly(group().public_key().check().unwrap()));
            }
            everything(&mut list);
            let before = everything(&mut list);
            match take(&mut list, call) {
                Ok(true) => {}
                Ok(false) => prop_assert!(everything(&mut list) == before, "{call:?}"),
                Err(error) => {
                    prop_assert!(everything(&mut list) == before, "{call:?}: {error}");
                }
            }
        }
    }
}
