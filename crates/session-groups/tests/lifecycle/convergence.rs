//! Two admins and three members do anything in any order, over two nodes that differ, with requests and answers
//! that get lost or come late.
//!
//! In the end all who are in the group agree, who is removed has no key that was made by somebody who knew of
//! the removal, and every message that a swarm confirmed was read by all who were in the group all the time.

use std::{collections::BTreeSet, ops::Range};

use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng as ProptestRng, TestRunner},
};
use session_config::group_members::{Member, PendingRemoval, Progress};
use session_crypto::rand_core::TryRng;
use session_envelope::content::Content;
use session_groups::{
    Event,
    keys::{KeyStore, Loaded},
    members::History,
    transmission::Transmission,
};
use session_identity::Timestamp;
use session_swarm::{namespace::Namespace, request::Request};

use crate::support::{Device, TestRng, World};

/// Admins.
const ALICE: usize = 0;
const BOB: usize = 1;
/// Somebody who stays.
const CAROL: usize = 2;
/// Those who come and go.
const GUESTS: [usize; 2] = [3, 4];

#[derive(Clone, Copy, Debug)]
enum Fate {
    Arrives,
    RequestLost,
    AnswerLost,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A device reads a node.
    Poll(usize, usize),
    /// A device begins to send what is next.
    Send(usize),
    /// One of the requests on the way reaches a node, or does not.
    Deliver(usize, usize, Fate),
    /// One of the changes on the way reaches the other node.
    Replicate(usize),
    /// A device reads its own swarm, and accepts.
    Accept(usize),
    Say(usize),
    Rekey(usize),
    Rename(usize),
    Invite(usize, usize, bool),
    Remove(usize, usize, bool),
    Leave(usize),
    /// The program ends and starts again, and does not hear what became of its requests.
    Restart(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let fate = prop_oneof![
        4 => Just(Fate::Arrives),
        1 => Just(Fate::RequestLost),
        1 => Just(Fate::AnswerLost),
    ];
    let guest = || prop::sample::select(GUESTS.to_vec());
    prop_oneof![
        8 => (0..5_usize, 0..2_usize).prop_map(|(who, node)| Step::Poll(who, node)),
        8 => (0..5_usize).prop_map(Step::Send),
        8 => (any::<prop::sample::Index>(), 0..2_usize, fate)
            .prop_map(|(which, node, fate)| Step::Deliver(which.index(1_000), node, fate)),
        4 => any::<prop::sample::Index>().prop_map(|which| Step::Replicate(which.index(1_000))),
        2 => guest().prop_map(Step::Accept),
        4 => (0..5_usize).prop_map(Step::Say),
        1 => (0..2_usize).prop_map(Step::Rekey),
        1 => (0..2_usize).prop_map(Step::Rename),
        2 => (0..2_usize, guest(), any::<bool>()).prop_map(|(by, who, all)| Step::Invite(by, who, all)),
        2 => (0..2_usize, guest(), any::<bool>()).prop_map(|(by, who, all)| Step::Remove(by, who, all)),
        1 => guest().prop_map(Step::Leave),
        1 => (0..5_usize).prop_map(Step::Restart),
    ]
}

struct Play {
    world: World,
    devices: Vec<Device>,
    on_the_way: Vec<(usize, Transmission)>,
    /// Requests of programs that ended meanwhile.
    forgotten: Vec<Transmission>,
    /// Says which program ends and starts again after each step; none if it is missing.
    restarts: Option<TestRng>,
    said: BTreeSet<(usize, Timestamp)>,
    /// Whose messages an admin wanted to be gone.
    silenced: BTreeSet<usize>,
}

impl Play {
    fn new(seed: u64, restarts: bool) -> Self {
        let mut world = World::new();
        world.rng = TestRng(seed);
        let mut devices: Vec<_> = (1..=5).map(Device::new).collect();
        let invited: Vec<_> = devices[1..].iter().map(Device::id).collect();
        world.create(&mut devices[ALICE], &invited);
        for device in &mut devices[1..] {
            world.accept(device);
        }
        world.sync(&mut devices[ALICE]);
        let bob = devices[BOB].id();
        devices[ALICE].group().promote(&[bob]).unwrap();
        world.carry(&mut devices[ALICE]);
        world.accept(&mut devices[BOB]);
        for device in &mut devices {
            world.sync(device);
        }
        let silenced = BTreeSet::new();
        Self {
            world,
            devices,
            on_the_way: Vec::new(),
            forgotten: Vec::new(),
            restarts: restarts.then_some(TestRng(!seed)),
            said: BTreeSet::new(),
            silenced,
        }
    }

    fn is_in(&self, who: usize) -> bool {
        self.devices[who].group.as_ref().is_some_and(|group| group.departure().is_none())
    }

    fn take(&mut self, step: Step) {
        self.world.tick(5_000);
        let now = self.world.now;
        match step {
            Step::Poll(who, node) => self.world.poll(&mut self.devices[who], node),
            Step::Send(who) => {
                if let Some(transmission) = self.world.next(&mut self.devices[who]) {
                    self.check_keys(who, &transmission);
                    self.on_the_way.push((who, transmission));
                }
            }
            Step::Deliver(which, node, fate) => self.deliver_one(which, node, fate),
            Step::Replicate(which) => {
                let delayed = self.world.swarm.delayed.len();
                if delayed > 0 {
                    self.world.swarm.replicate(which % delayed);
                }
            }
            Step::Accept(who) => self.world.accept_silently(&mut self.devices[who]),
            Step::Say(who) => {
                if self.is_in(who) {
                    let content = Content::text(format!("at {now}")).unwrap();
                    let sent_at = self.devices[who].group().send(content, now).unwrap();
                    self.said.insert((who, sent_at));
                }
            }
            Step::Rekey(by) => drop(self.devices[by].group().rekey()),
            Step::Rename(by) => {
                let name = format!("Name {}", now.as_millis());
                drop(self.devices[by].group().set_name(&name, now));
            }
            Step::Invite(by, who, all) => {
                let history = if all { History::Shared } else { History::Hidden };
                let id = self.devices[who].id();
                drop(self.devices[by].group().invite(&[id], history, now));
            }
            Step::Remove(by, who, all) => {
                let removal =
                    if all { PendingRemoval::MemberAndMessages } else { PendingRemoval::Member };
                let id = self.devices[who].id();
                let removed = self.devices[by].group().remove(&[id], removal, now);
                if removed.is_ok() && all {
                    self.silenced.insert(who);
                }
            }
            Step::Leave(who) => {
                if self.is_in(who) {
                    self.devices[who].group().leave(now).unwrap();
                }
            }
            Step::Restart(who) => self.restart(who),
        }
    }

    /// One of the requests on the way, also of programs that ended, meets its fate.
    fn deliver_one(&mut self, which: usize, node: usize, fate: Fate) {
        let waited = self.on_the_way.len();
        match which.checked_rem(waited + self.forgotten.len()) {
            Some(which) if which < waited => {
                let (who, transmission) = self.on_the_way.remove(which);
                self.deliver(who, transmission, node, fate);
            }
            Some(which) => {
                let transmission = self.forgotten.remove(which - waited);
                if !matches!(fate, Fate::RequestLost) {
                    self.world.swarm.ask(node, transmission.request(), self.world.now);
                }
            }
            None => {}
        }
    }

    /// The program ends and starts again. What was on its way is forgotten by the sender, though it may still
    /// arrive.
    fn restart(&mut self, who: usize) {
        if self.is_in(who) {
            let on_the_way = std::mem::take(&mut self.on_the_way);
            let (own, others) = on_the_way.into_iter().partition(|(sender, _)| *sender == who);
            let own: Vec<_> = own;
            self.on_the_way = others;
            self.forgotten.extend(own.into_iter().map(|(_, transmission)| transmission));
            self.devices[who].restart(self.world.now);
        }
    }

    /// One of those who wait for no answer restarts, and loses nothing by it.
    fn restart_somebody(&mut self) {
        let Some(rng) = &mut self.restarts else { return };
        let who = rng.try_next_u64().map(|number| usize::try_from(number % 5).unwrap()).unwrap();
        let waits = self.on_the_way.iter().any(|(sender, _)| *sender == who);
        if !waits && self.is_in(who) && !self.devices[who].group().has_work() {
            self.devices[who].restart(self.world.now);
        }
    }

    /// Who could not be invited before a restart is invited now, as an application would do.
    fn invite_again(&mut self) {
        for admin in [ALICE, BOB] {
            let group = self.devices[admin].group();
            let is_left = |member: &Member| {
                !member.is_admin && matches!(member.invite, Progress::NotSent | Progress::Failed)
            };
            let left: Vec<_> = group.members().iter().filter(is_left).map(|it| it.id()).collect();
            for id in left {
                // Refused for those who are about to be removed.
                let _ = group.resend(&id);
            }
        }
    }

    fn deliver(&mut self, who: usize, transmission: Transmission, node: usize, fate: Fate) {
        let now = self.world.now;
        match fate {
            Fate::Arrives => {
                self.world.deliver(&mut self.devices[who], transmission, node);
            }
            Fate::AnswerLost => {
                self.world.swarm.ask(node, transmission.request(), now);
                self.devices[who].group().handle_silence(transmission, now);
            }
            Fate::RequestLost => self.devices[who].group().handle_silence(transmission, now),
        }
    }

    /// No key message goes out that opens for somebody whom its sender knows to be removed.
    fn check_keys(&mut self, who: usize, transmission: &Transmission) {
        let Request::Batch(batch) = transmission.request() else { return };
        for request in batch.requests() {
            let Request::Store(store) = request else { continue };
            if store.namespace() != Namespace::GROUP_KEYS {
                continue;
            }
            for guest in GUESTS {
                let id = self.devices[guest].id();
                if self.devices[who].group().members().get(&id).is_none() {
                    let loaded = self.outsider(guest).load_message(
                        store.data(),
                        store.message_hash().into(),
                        store.timestamp(),
                    );
                    assert_eq!(loaded, Ok(Loaded::NotForUs), "a key for {guest}, who is removed");
                }
            }
        }
    }

    fn outsider(&mut self, who: usize) -> KeyStore {
        let group = self.devices[ALICE].group().id();
        KeyStore::new(&group, self.devices[who].account.x25519()).unwrap()
    }

    /// Everything arrives; everybody reads and answers until there is nothing left to do.
    fn settle(&mut self) {
        for (who, transmission) in std::mem::take(&mut self.on_the_way) {
            self.deliver(who, transmission, 0, Fate::Arrives);
        }
        for transmission in std::mem::take(&mut self.forgotten) {
            self.world.swarm.ask(0, transmission.request(), self.world.now);
        }
        for round in 0..14 {
            if round == 2 {
                self.invite_again();
            }
            self.world.swarm.replicate_all();
            for who in 0..self.devices.len() {
                self.world.tick(20_000);
                self.world.accept_silently(&mut self.devices[who]);
                self.world.poll(&mut self.devices[who], 1);
                self.world.poll(&mut self.devices[who], 0);
                while let Some(transmission) = self.world.next(&mut self.devices[who]) {
                    self.check_keys(who, &transmission);
                    self.world.deliver(&mut self.devices[who], transmission, 0);
                }
                self.world.swarm.replicate_all();
            }
        }
    }

    fn check(&mut self) {
        let mut members = Vec::new();
        let mut newest = Vec::new();
        for who in [ALICE, BOB, CAROL] {
            assert!(self.is_in(who), "{who}");
            let group = self.devices[who].group();
            assert!(!group.has_work(), "{who} has work left");
            assert!(!group.keys().needs_rekey(), "{who} knows of two newest keys");
            members.push(group.members().iter().map(|member| member.id()).collect::<Vec<_>>());
            newest.push(group.keys().encryption_key().cloned().unwrap());
        }
        assert_eq!(members[0], members[1], "the admins disagree");
        assert_eq!(members[0], members[2], "Carol disagrees");
        assert!(newest.iter().all(|key| *key == newest[0]), "keys differ");
        let names: BTreeSet<_> =
            [ALICE, BOB, CAROL].map(|who| self.devices[who].group().name()).into();
        assert_eq!(names.len(), 1, "names differ");
        for guest in GUESTS {
            let is_member = members[0].contains(&self.devices[guest].id());
            if is_member {
                assert!(self.is_in(guest), "{guest} is a member and does not know");
                let key = self.devices[guest].group().keys().encryption_key().cloned();
                assert_eq!(key.as_ref(), Some(&newest[0]), "{guest} lacks the key");
            } else {
                assert!(!self.is_in(guest), "{guest} does not know of the removal");
                let mut outsider = self.outsider(guest);
                let group = self.devices[ALICE].group().id().into();
                for message in self.world.swarm.stored(&group, Namespace::GROUP_KEYS) {
                    let stored = message.hash.into();
                    outsider.load_message(&message.data, stored, message.timestamp).unwrap();
                }
                assert!(!outsider.keys().contains(&newest[0]), "{guest} has the newest key");
            }
        }
        self.check_messages();
        self.check_told_once();
    }

    /// Nothing was told twice in one membership.
    fn check_told_once(&self) {
        for (who, device) in self.devices.iter().enumerate() {
            let mut told = BTreeSet::new();
            for event in &device.events[device.past..] {
                let hash = match event {
                    Event::Message(message) => message.hash,
                    Event::Notice(notice) => notice.hash,
                    _ => continue,
                };
                assert!(told.insert(hash), "{who} is told of {hash:?} twice");
            }
        }
    }

    /// What was confirmed was read.
    fn check_messages(&self) {
        for (who, sender) in self.devices.iter().enumerate() {
            if self.silenced.contains(&who) {
                continue;
            }
            let confirmed = sender.events.iter().filter_map(|event| match event {
                Event::Sent { sent_at, .. } if self.said.contains(&(who, *sent_at)) => {
                    Some(*sent_at)
                }
                _ => None,
            });
            let confirmed: BTreeSet<_> = confirmed.collect();
            for reader in [ALICE, BOB, CAROL] {
                if reader == who {
                    continue;
                }
                let read = self.devices[reader].events.iter().filter_map(|event| match event {
                    Event::Message(message) if message.received.sender() == sender.id() => {
                        Some(message.received.sent_at())
                    }
                    _ => None,
                });
                let read: BTreeSet<_> = read.collect();
                let missed: Vec<_> = confirmed.difference(&read).collect();
                assert!(missed.is_empty(), "{reader} missed {missed:?} of {who}");
            }
        }
    }
}

/// Which histories are played. CI plays the same 64 each time; `PROPTEST_RNG_SEED` chooses others. More, in a test
/// build that is optimised:
///
/// ```text
/// CARGO_PROFILE_TEST_OPT_LEVEL=2 GROUP_HISTORIES=0..10000 cargo test -p session-groups --test lifecycle histories
/// ```
fn histories() -> Range<u32> {
    let Ok(text) = std::env::var("GROUP_HISTORIES") else { return 0..64 };
    let ends =
        text.split_once("..").and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    ends.map(|(from, to)| from..to).expect("two numbers with two dots between them")
}

/// Plays a history in which programs end only where it says so, and again with one that ends after each step.
fn play<const N: usize>(seed: u64, steps: [Step; N]) {
    play_with(seed, false, steps);
    play_with(seed, true, steps);
}

fn play_with(seed: u64, restarts: bool, steps: impl IntoIterator<Item = Step>) {
    let mut play = Play::new(seed, restarts);
    for step in steps {
        play.take(step);
        play.restart_somebody();
    }
    play.settle();
    play.check();
}

/// The notice names the key before the one that another admin made meanwhile, which the member has already.
#[test]
fn removed_member_learns_of_the_removal_after_a_rekey_collision() {
    let steps = [
        Step::Rekey(1),
        Step::Poll(0, 0),
        Step::Poll(0, 0),
        Step::Remove(0, 4, false),
        Step::Send(1),
        Step::Deliver(0, 1, Fate::Arrives),
        Step::Deliver(941, 0, Fate::RequestLost),
        Step::Send(0),
        Step::Poll(4, 1),
        Step::Deliver(107, 0, Fate::Arrives),
        Step::Send(0),
        Step::Deliver(49, 0, Fate::Arrives),
    ];
    play(1_436_064_980_763_357_143, steps);
}

#[test]
fn histories_in_any_order_converge() {
    let others = match std::env::var("PROPTEST_RNG_SEED") {
        Ok(text) => text.parse::<u64>().expect("a number"),
        Err(_) => 0,
    };
    for number in histories() {
        let mut seed = [0; 32];
        seed[..4].copy_from_slice(&number.to_le_bytes());
        seed[4..12].copy_from_slice(&others.to_le_bytes());
        let rng = ProptestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let config = Config {
            cases: 1,
            failure_persistence: None,
            max_shrink_iters: 300,
            ..Config::default()
        };
        let steps = (any::<u64>(), any::<bool>(), prop::collection::vec(step(), 0..60));
        let result =
            TestRunner::new_with_rng(config, rng).run(&steps, |(seed, restarts, steps)| {
                play_with(seed, restarts, steps);
                Ok(())
            });
        if let Err(error) = result {
            panic!("history {number}: {error}");
        }
    }
}

/// Two admins remove somebody, one of whom invites again: whichever side wins the merge is told to the person.
#[test]
fn keys_for_somebody_who_is_invited_again_and_removed_are_not_sent() {
    let steps = [
        Step::Remove(1, 3, false),
        Step::Send(1),
        Step::Deliver(0, 0, Fate::Arrives),
        Step::Remove(0, 3, true),
        Step::Send(1),
        Step::Deliver(0, 0, Fate::Arrives),
        Step::Invite(1, 3, true),
    ];
    play(0, steps);
}

/// A key that did not arrive is for somebody who left meanwhile: another one is made instead.
#[test]
fn key_that_did_not_arrive_is_not_sent_again_for_somebody_who_is_out() {
    let steps = [
        Step::Rekey(1),
        Step::Send(1),
        Step::Replicate(0),
        Step::Poll(0, 0),
        Step::Leave(4),
        Step::Deliver(0, 0, Fate::RequestLost),
        Step::Send(4),
    ];
    play(0, steps);
}

/// One admin invites again at once somebody whom both remove.
#[test]
fn who_is_invited_at_once_after_the_removal_by_two_is_told_what_counts() {
    let steps = [
        Step::Remove(0, 3, false),
        Step::Send(0),
        Step::Deliver(0, 0, Fate::Arrives),
        Step::Poll(1, 0),
        Step::Send(0),
        Step::Deliver(0, 0, Fate::Arrives),
        Step::Invite(0, 3, false),
        Step::Send(1),
    ];
    play(0, steps);
}
