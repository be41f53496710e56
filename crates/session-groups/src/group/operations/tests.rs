//! What a call that fails leaves: everything as it was.

use proptest::prelude::*;
use session_config::group_members::PendingRemoval;
use session_crypto::rand_core::{TryCryptoRng, TryRng};
use session_envelope::{content::group::Promotion, direct};
use session_identity::{Account, AccountSeed};

use super::*;

pub(in crate::group) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// Counts up: every run is the same. Not for keys outside tests.
pub(in crate::group) struct TestRng(pub(in crate::group) u8);

impl TryRng for TestRng {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|number| u32::try_from(number & 0xffff).unwrap())
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for byte in out {
            self.0 = self.0.wrapping_mul(13).wrapping_add(7);
            *byte = self.0;
        }
        Ok(())
    }
}

impl TryCryptoRng for TestRng {}

pub(in crate::group) fn account(number: u8) -> Account {
    Account::from_seed(AccountSeed::from_bytes(&[number; 16]).unwrap())
}

pub(in crate::group) fn id(number: u8) -> AccountId {
    account(number).id()
}

/// An admin's group: 1 is the admin, 2 and 3 are in, 4 is invited, 5 is about to be removed, 6 is promoted, 7 is no
/// member.
pub(in crate::group) fn group() -> Group {
    let invited = [2, 3, 4, 5, 6].map(id);
    let mut group = Group::create(&account(1), "Group", &invited, NOW, &mut TestRng(1)).unwrap();
    for number in [2, 3, 5, 6] {
        members::apply(&mut group.members, &id(number), Transition::InviteAccepted).unwrap();
    }
    members::apply(&mut group.members, &id(5), Transition::Remove(PendingRemoval::Member)).unwrap();
    members::apply(&mut group.members, &id(6), Transition::PromotionAccepted).unwrap();
    group
}

/// Everything that a call could change.
#[derive(Eq, PartialEq)]
pub(in crate::group) struct Everything {
    needs_dump: bool,
    pub(in crate::group) dump: Vec<u8>,
    pub(in crate::group) rest: String,
    entry: Option<session_config::user_groups::JoinedGroup>,
}

pub(in crate::group) fn everything(group: &mut Group) -> Everything {
    let needs_dump = group.needs_dump();
    let dump = group.dump(NOW).to_vec();
    let configs = (group.info.status(), group.members.status(), group.info.keys().len());
    let rest = format!("{:?} {:?} {:?} {configs:?}", group.work, group.inbox, group.events);
    Everything { needs_dump, dump, rest, entry: group.entry() }
}

/// The same for what is on the disk already, so that a call that needs a new dump shows.
pub(in crate::group) fn dumped(group: &mut Group) -> Everything {
    drop(group.dump(NOW));
    everything(group)
}

#[derive(Clone, Debug)]
enum Call {
    Invite(Vec<u8>, bool),
    Resend(u8),
    Promote(Vec<u8>),
    Remove(Vec<u8>, bool),
    SetName(String),
    SetDescription(usize),
    SetTimer(u64),
    Delete(Vec<u8>),
    DeleteOwn,
    Send(bool),
    Leave,
    Create(usize),
    SetPicture,
    DeleteBefore(bool, u64),
    RecordProfile(u8, usize),
    Rekey,
    Destroy,
    AcceptPromotion(u8),
    /// The time of a clock that is off by far.
    Transmit(u64),
}

fn call() -> impl Strategy<Value = Call> {
    let people = || prop::collection::vec(1..9_u8, 0..4);
    prop_oneof![
        2 => (people(), any::<bool>()).prop_map(|(ids, all)| Call::Invite(ids, all)),
        1 => (1..9_u8).prop_map(Call::Resend),
        2 => people().prop_map(Call::Promote),
        2 => (people(), any::<bool>()).prop_map(|(ids, all)| Call::Remove(ids, all)),
        1 => prop::sample::select(vec![0, 1, 100, 101, 300])
            .prop_map(|length| Call::SetName("n".repeat(length))),
        1 => prop::sample::select(vec![0, 600, 601, 2001]).prop_map(Call::SetDescription),
        1 => prop::sample::select(vec![0, 60, u64::MAX]).prop_map(Call::SetTimer),
        1 => people().prop_map(Call::Delete),
        1 => Just(Call::DeleteOwn),
        1 => any::<bool>().prop_map(Call::Send),
        1 => Just(Call::Leave),
        1 => (90..110_usize).prop_map(Call::Create),
        1 => Just(Call::SetPicture),
        1 => (any::<bool>(), prop::sample::select(vec![0, 1, u64::MAX]))
            .prop_map(|(is_all, ahead)| Call::DeleteBefore(is_all, ahead)),
        1 => (1..9_u8, prop::sample::select(vec![0, 3, 101]))
            .prop_map(|(id, length)| Call::RecordProfile(id, length)),
        1 => Just(Call::Rekey),
        1 => Just(Call::Destroy),
        1 => (1..3_u8).prop_map(Call::AcceptPromotion),
        1 => prop::sample::select(vec![0, 999_999_999_999, 10_000_000_000_000, u64::MAX])
            .prop_map(Call::Transmit),
    ]
}

fn take(group: &mut Group, call: &Call) -> Result<(), String> {
    if let Call::Transmit(millis) = call {
        let now = Timestamp::from_millis(*millis);
        let sent = group.poll_transmit(now, &mut TestRng(1));
        return sent.map(drop).map_err(|error| error.to_string());
    }
    operate(group, call).map_err(|error| error.to_string())
}

fn operate(group: &mut Group, call: &Call) -> Result<(), OperationError> {
    let ids = |numbers: &[u8]| numbers.iter().map(|number| id(*number)).collect::<Vec<_>>();
    let history = |all| if all { History::Shared } else { History::Hidden };
    match call {
        Call::Invite(numbers, all) => group.invite(&ids(numbers), history(*all), NOW),
        Call::Resend(number) => group.resend(&id(*number)),
        Call::Promote(numbers) => group.promote(&ids(numbers)),
        Call::Remove(numbers, all) => {
            let removal =
                if *all { PendingRemoval::MemberAndMessages } else { PendingRemoval::Member };
            group.remove(&ids(numbers), removal, NOW)
        }
        Call::SetName(name) => group.set_name(name, NOW),
        Call::SetDescription(length) => group.set_description(&"d".repeat(*length)),
        Call::SetTimer(seconds) => group.set_timer(Some(Duration::from_secs(*seconds)), NOW),
        Call::Delete(numbers) => group.delete(&ids(numbers), &[], NOW),
        Call::DeleteOwn => group.delete_own(&[], NOW),
        Call::Send(is_control) => {
            let left = Content::new(Kind::Group(GroupUpdate::MemberLeft(Bare::new())));
            let content = if *is_control { left } else { Content::text("hello").unwrap() };
            group.send(content, NOW).map(drop)
        }
        Call::Leave => group.leave(NOW),
        Call::Create(count) => {
            let people: Vec<_> = (10..).take(*count).map(|number: u8| id(number)).collect();
            group.invite(&people, History::Hidden, NOW)
        }
        Call::SetPicture => group.set_picture(None, NOW),
        Call::DeleteBefore(is_all, ahead) => {
            let time = Timestamp::from_millis(NOW.as_millis().saturating_add(*ahead));
            if *is_all {
                group.delete_before(time, NOW)
            } else {
                group.delete_attachments_before(time, NOW)
            }
        }
        Call::RecordProfile(number, length) => {
            let name = "n".repeat(*length);
            group.record_profile(&id(*number), &name, None, NOW, NOW).map(drop)
        }
        Call::Rekey => group.rekey(),
        Call::Destroy => group.destroy(),
        Call::AcceptPromotion(number) => group.accept_promotion(&promotion(*number)),
        Call::Transmit(_) => Ok(()),
    }
}

/// The promotion of member 2 to admin of a group: 1 is the group of these tests, others are not.
fn promotion(number: u8) -> crate::invitation::Invitation {
    let mut rng = TestRng(number);
    let group = Group::create(&account(1), "Group", &[], NOW, &mut rng).unwrap();
    let seed = group.secret().unwrap().seed();
    let promotion = Promotion::new(seed, "Group".to_owned()).unwrap();
    let content = Content::new(Kind::Group(GroupUpdate::Promotion(promotion)));
    let data = direct::encode(&content, &account(1), &id(2), NOW, &mut rng).unwrap();
    let received = direct::decode(&data, &account(2)).unwrap();
    crate::invitation::Invitation::check(&received, &account(2)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_call_that_fails_changes_nothing(
        calls in prop::collection::vec(call(), 1..8),
        role in 0..3_u8,
    ) {
        let mut group = group();
        match role {
            // A member, and one who departed, may do next to nothing.
            1 => {
                let entry = session_config::user_groups::JoinedGroup::clone(&group.entry);
                group = Group::with(&account(2), entry, member_role(&group)).unwrap();
            }
            2 => group.leave_silently(),
            _ => {}
        }
        for call in &calls {
            let before = dumped(&mut group);
            if let Err(error) = take(&mut group, call) {
                prop_assert!(everything(&mut group) == before, "{call:?}: {error}");
            }
        }
    }
}

fn member_role(group: &Group) -> super::super::Role {
    let auth = session_swarm::subaccount::SubaccountAuth::issue(
        group.secret().unwrap(),
        &id(2),
        members::MEMBER_ACCESS,
    );
    let auth = auth.unwrap().verify(&group.id(), account(2).ed25519(), members::MEMBER_ACCESS);
    super::super::Role::Member(auth.unwrap())
}

/// The first of a list is no longer handed the group's secret, or removed, when another cannot be.
#[test]
fn lists_are_promoted_and_removed_whole_or_not_at_all() {
    let mut group = group();
    let before = dumped(&mut group);
    let unknown = OperationError::Transition(TransitionError::Unknown);
    for others in [[2, 7], [7, 2], [2, 8]] {
        assert_eq!(group.promote(&others.map(id)), Err(unknown.clone()));
        let removed = group.remove(&others.map(id), PendingRemoval::Member, NOW);
        assert_eq!(removed, Err(unknown.clone()));
    }
    let being_removed = OperationError::Transition(TransitionError::BeingRemoved);
    assert_eq!(group.promote(&[2, 5].map(id)), Err(being_removed));
    let admin = OperationError::Transition(TransitionError::IsAdmin);
    assert_eq!(group.remove(&[2, 6].map(id), PendingRemoval::Member, NOW), Err(admin));
    let own = group.remove(&[2, 1].map(id), PendingRemoval::Member, NOW);
    assert_eq!(own, Err(OperationError::OwnRemoval));
    assert!(everything(&mut group) == before);
    assert!(
        group.work.letters.keys().eq(&{
            let mut invited = [2, 3, 4, 5, 6].map(id);
            invited.sort();
            invited
        }),
        "no promotion waits"
    );
}

#[test]
fn an_empty_list_changes_nothing() {
    let mut group = group();
    let before = dumped(&mut group);
    group.invite(&[], History::Shared, NOW).unwrap();
    group.promote(&[]).unwrap();
    group.remove(&[], PendingRemoval::Member, NOW).unwrap();
    let after = everything(&mut group);
    assert_eq!(before.dump, after.dump);
    assert!(before.rest == after.rest);
}

#[test]
fn leaving_twice_says_it_once() {
    let mut group = group();
    members::apply(&mut group.members, &id(2), Transition::PromotionAccepted).unwrap();
    group.leave(NOW).unwrap();
    let waiting = group.work.outbox.len();
    group.leave(NOW).unwrap();
    assert_eq!(group.work.outbox.len(), waiting);
}

/// A clock that is off by far makes no request, and no key either.
#[test]
fn a_time_that_cannot_be_signed_changes_nothing() {
    let mut group = group();
    for millis in [0, 999_999_999_999, 10_000_000_000_000, u64::MAX] {
        let before = dumped(&mut group);
        let now = Timestamp::from_millis(millis);
        assert!(group.poll_transmit(now, &mut TestRng(1)).is_err(), "{millis}");
        assert!(everything(&mut group) == before, "{millis}");
    }
    for millis in [1_000_000_000_000, 9_999_999_999_999] {
        let now = Timestamp::from_millis(millis);
        group.work.in_flight = false;
        assert!(group.poll_transmit(now, &mut TestRng(1)).is_ok(), "{millis}");
    }
}

/// Somebody whose id is no key gets no keys, and does not keep the others from getting theirs.
#[test]
fn history_for_an_id_that_is_no_key_stops_nothing() {
    let no_key = AccountId::try_from([&[5_u8][..], &[0; 32]].concat().as_slice()).unwrap();
    for people in [vec![no_key], vec![no_key, id(7)]] {
        let mut group = Group::create(&account(1), "Group", &[], NOW, &mut TestRng(1)).unwrap();
        let message = group.keys.pending().unwrap().message().to_vec();
        group.keys.load_message(&message, session_config::StoredHash::new("k"), NOW).unwrap();
        group.invite(&people, History::Shared, NOW).unwrap();
        assert!(group.poll_transmit(NOW, &mut TestRng(1)).is_ok_and(|sent| sent.is_some()));
        assert_eq!(group.work.supplements.len(), people.len() - 1);
        assert!(group.work.history_for.is_empty() && !group.work.handed.contains_key(&no_key));
        assert_eq!(group.keys.pending().map(|key| key.generation().get()), Some(1));
    }
}

/// What is noted of members is noted of no others: anybody with a key can write.
#[test]
fn nothing_is_kept_of_strangers() {
    let mut group = group();
    let noted: std::collections::BTreeMap<_, _> = [2, 7].map(|number| (id(number), NOW)).into();
    (group.inbox.left, group.inbox.joined) = (noted.clone(), noted);
    group.settle(false, NOW);
    assert!(group.inbox.left.keys().eq([&id(2)]));
    assert!(group.inbox.joined.keys().eq([&id(2)]));
}

/// Those whose invitation is open are invited anew; who is in and left goes.
#[test]
fn only_those_who_are_in_can_have_left() {
    let mut group = group();
    group.inbox.obeyed_from = Some(NOW);
    group.inbox.left = [2, 4].map(|number| (id(number), NOW)).into();
    group.settle(true, NOW);
    let removed = |number| group.members.get(&id(number)).is_some_and(|it| it.removal.is_some());
    assert_eq!([2, 3, 4].map(removed), [true, false, false]);
}
