//! A swarm of two nodes in memory, and devices that talk to it.
//!
//! The nodes check every request as real ones do, and sign their answers. What one of them stores, the other gets
//! when [`Swarm::replicate`] says so: until then they differ, as in a network that loses and delays.

use std::collections::BTreeMap;

use session_bt::Value;
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Seed},
    rand_core::{TryCryptoRng, TryRng},
};
use session_envelope::{content::Content, direct};
use session_groups::{
    Event, Group, group::Progress, invitation::Invitation, transmission::Transmission,
};
use session_identity::{Account, AccountId, AccountSeed, GroupId, Timestamp};
use session_swarm::{
    address::Address,
    answer::{
        Answer, DeleteEntry, ExpireEntry, Response, RetrieveAnswer, RevokeEntry, StoreEntry,
        StoredMessage, SwarmAnswer, SweepEntry, SweptMessages,
    },
    hard_fork::HardFork,
    message_hash::MessageHash,
    namespace::Namespace,
    request::{BatchMode, Circumstances, Namespaces, Request, Revocation, StoreRequest},
    subaccount::SubaccountToken,
};

pub(crate) const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// One node, and what it holds.
pub(crate) struct Node {
    keypair: Ed25519Keypair,
    pub(crate) messages: Vec<(Address, Namespace, StoredMessage)>,
    pub(crate) revoked: Vec<SubaccountToken>,
}

/// What one node passes on to the other.
#[derive(Clone)]
pub(crate) enum Change {
    Store(Box<StoreRequest>),
    Delete(Vec<MessageHash>),
    Revoke(Revocation, Vec<SubaccountToken>),
}

pub(crate) struct Swarm {
    pub(crate) nodes: [Node; 2],
    /// What the other node does not have yet: which node, and what.
    pub(crate) delayed: Vec<(usize, Change)>,
}

impl Swarm {
    pub(crate) fn new() -> Self {
        let node = |seed| Node {
            keypair: Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([seed; 32])),
            messages: Vec::new(),
            revoked: Vec::new(),
        };
        Self { nodes: [node(201), node(202)], delayed: Vec::new() }
    }

    pub(crate) fn key(&self, node: usize) -> Ed25519PublicKey {
        self.nodes[node].keypair.public_key()
    }

    /// Brings both nodes to the same.
    pub(crate) fn replicate_all(&mut self) {
        while !self.delayed.is_empty() {
            self.replicate(0);
        }
    }

    /// Carries one change over.
    pub(crate) fn replicate(&mut self, index: usize) {
        let (node, change) = self.delayed.remove(index);
        self.nodes[node].apply(&change);
    }

    pub(crate) fn ask(&mut self, node: usize, request: &Request, now: Timestamp) -> Response {
        if let Request::Batch(batch) = request {
            let mut results = Vec::new();
            for request in batch.requests() {
                let result = self.ask(node, request, now);
                let stop = batch.mode() == BatchMode::UntilFailure && !result.is_success();
                results.push(result);
                if stop {
                    break;
                }
            }
            return Response::answer(Answer::Batch(results), now, HardFork::TIMELESS_HASH);
        }
        let revoked = self.nodes[node].revoked.clone();
        let circumstances = Circumstances::at(now).with_revoked(&revoked);
        if let Err(refusal) = request.clone().authorise(&circumstances) {
            return Response::refusal(&refusal);
        }
        let (answer, change) = self.nodes[node].carry_out(request, now);
        if let Some(change) = change {
            self.nodes[node].apply(&change);
            self.delayed.push((1 - node, change));
        }
        Response::answer(answer, now, HardFork::TIMELESS_HASH)
    }

    /// Every stored message of a namespace, wherever it is.
    pub(crate) fn stored(&self, account: &Address, namespace: Namespace) -> Vec<StoredMessage> {
        let mut found = BTreeMap::new();
        for (owner, at, message) in self.nodes.iter().flat_map(|node| &node.messages) {
            if owner == account && *at == namespace {
                found.insert(message.hash, message.clone());
            }
        }
        found.into_values().collect()
    }
}

impl Node {
    fn carry_out(&self, request: &Request, now: Timestamp) -> (Answer, Option<Change>) {
        let (node, key) = (&self.keypair, self.keypair.public_key());
        match request {
            Request::Store(store) => {
                let entry = StoreEntry::sign(node, store.message_hash(), store.expiry());
                let answer = SwarmAnswer::from_iter([(key, Ok(entry))]);
                (Answer::Store(answer), Some(Change::Store(Box::new(store.clone()))))
            }
            Request::Retrieve(retrieve) => {
                let mut page: Vec<_> = self
                    .messages
                    .iter()
                    .filter(|(account, namespace, message)| {
                        account == retrieve.account()
                            && *namespace == retrieve.namespace()
                            && message.expiry > now
                    })
                    .map(|(.., message)| message.clone())
                    .collect();
                let last = retrieve.last_hash();
                if let Some(at) = page.iter().position(|message| Some(&message.hash) == last) {
                    page.drain(..=at);
                }
                (Answer::Retrieve(RetrieveAnswer::new(page, false)), None)
            }
            Request::Delete(delete) => {
                let known = |hash: &MessageHash| self.messages.iter().any(|it| it.2.hash == *hash);
                let mut gone: Vec<_> =
                    delete.messages().iter().filter(|hash| known(hash)).copied().collect();
                gone.sort();
                let entry = DeleteEntry::sign(node, delete, gone.clone());
                let answer = SwarmAnswer::from_iter([(key, Ok(entry))]);
                (Answer::Delete(answer), Some(Change::Delete(gone)))
            }
            Request::Revoke(revoke) => {
                let entry = RevokeEntry::sign(node, revoke);
                let change = Change::Revoke(revoke.revocation(), revoke.tokens().to_vec());
                (Answer::Revoke(SwarmAnswer::from_iter([(key, Ok(entry))])), Some(change))
            }
            Request::Expire(expire) => {
                let entry = ExpireEntry::sign(node, expire, now, &BTreeMap::new(), BTreeMap::new());
                (Answer::Expire(SwarmAnswer::from_iter([(key, Ok(entry))])), None)
            }
            Request::Sweep(sweep) => {
                let Namespaces::One(namespace) = sweep.namespaces() else { panic!("all") };
                let of = self
                    .messages
                    .iter()
                    .filter(|(account, at, _)| account == sweep.account() && *at == namespace);
                let mut gone: Vec<_> = of.map(|(.., message)| message.hash).collect();
                gone.sort();
                let entry = SweepEntry::sign(node, sweep, SweptMessages::One(gone.clone()));
                let answer = SwarmAnswer::from_iter([(key, Ok(entry))]);
                (Answer::Sweep(answer), Some(Change::Delete(gone)))
            }
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn apply(&mut self, change: &Change) {
        match change {
            Change::Store(store) => {
                let hash = store.message_hash();
                if self.messages.iter().all(|it| it.2.hash != hash) {
                    let data = store.data().to_vec();
                    let message = StoredMessage::new(hash, store.timestamp(), store.expiry(), data);
                    self.messages.push((*store.account(), store.namespace(), message));
                }
            }
            Change::Delete(hashes) => self.messages.retain(|it| !hashes.contains(&it.2.hash)),
            Change::Revoke(Revocation::Revoke, tokens) => self.revoked.extend(tokens),
            Change::Revoke(Revocation::Unrevoke, tokens) => {
                self.revoked.retain(|token| !tokens.contains(token));
            }
        }
    }
}

/// An account on one device, with at most one group.
pub(crate) struct Device {
    pub(crate) account: Account,
    pub(crate) group: Option<Group>,
    /// What it was told, oldest first.
    pub(crate) events: Vec<Event>,
    /// How many of the events are about earlier memberships.
    pub(crate) past: usize,
    letters_read: usize,
    /// The last dump.
    disk: Option<Vec<u8>>,
    /// When the program ends once: at which of the times that it takes events, and after how many of them.
    pub(crate) ends_at: Option<(usize, usize)>,
    /// How many events there were, each time that they were taken.
    pub(crate) drains: Vec<usize>,
}

impl Device {
    pub(crate) fn new(number: u8) -> Self {
        let account = Account::from_seed(AccountSeed::from_bytes(&[number; 16]).unwrap());
        Self {
            account,
            group: None,
            events: Vec::new(),
            past: 0,
            letters_read: 0,
            disk: None,
            ends_at: None,
            drains: Vec::new(),
        }
    }

    pub(crate) fn id(&self) -> AccountId {
        self.account.id()
    }

    pub(crate) fn group(&mut self) -> &mut Group {
        self.group.as_mut().expect("a group")
    }

    /// The program ends and starts again, from what it had to write to the disk.
    pub(crate) fn restart(&mut self, now: Timestamp) {
        let entry = self.group().entry().unwrap();
        if self.disk.is_none() || self.group().needs_dump() {
            self.disk = Some(self.group().dump(now).to_vec());
        }
        let dump = self.disk.clone().unwrap();
        self.group = Some(Group::load(&self.account, entry, &dump, now).unwrap());
    }

    /// Another device of the account, with what is on the disk of this one.
    pub(crate) fn copy(&mut self, now: Timestamp) -> Self {
        let entry = self.group().entry().unwrap();
        let dump = self.group().dump(now);
        let group = Group::load(&self.account, entry, &dump, now).unwrap();
        let mut copy = Self { account: self.account.clone(), ..Self::new(1) };
        copy.group = Some(group);
        copy
    }

    /// The same from a dump of an earlier release, which knows nothing of what was read.
    pub(crate) fn restart_of_old(&mut self, now: Timestamp) {
        let entry = self.group().entry().unwrap();
        let Value::Dict(mut dump) = Value::decode(&self.group().dump(now)).unwrap() else {
            panic!("no dict")
        };
        assert!(dump.remove(b"inbox"));
        let dump = Value::Dict(dump).encode();
        self.group = Some(Group::load(&self.account, entry, &dump, now).unwrap());
        self.disk = None;
    }

    /// The same from a dump that says that messages were forgotten which waited for a key.
    pub(crate) fn restart_after_a_loss(&mut self, now: Timestamp) {
        let entry = self.group().entry().unwrap();
        let dump = Value::decode(&self.group().dump(now)).unwrap();
        let Value::Dict(mut dump) = dump else { panic!("no dict") };
        let Some(Value::Dict(mut local)) = dump.get(b"local") else { panic!("no dict") };
        local.insert(b"f", &Value::Integer(1.into()));
        dump.insert(b"local", &Value::Dict(local));
        let dump = Value::Dict(dump).encode();
        self.group = Some(Group::load(&self.account, entry, &dump, now).unwrap());
        self.disk = None;
    }

    pub(crate) fn drain(&mut self) {
        let (drain, before) = (self.drains.len(), self.events.len());
        loop {
            let now = (drain, self.events.len() - before);
            self.ends_at.take_if(|end| *end == now).inspect(|_| self.end_idle());
            let Some(event) = self.group.as_mut().and_then(Group::poll_event) else { break };
            self.events.push(event);
        }
        self.drains.push(self.events.len() - before);
    }

    /// The program ends and starts again, if there is nothing to send that this would lose.
    fn end_idle(&mut self) {
        let is_idle = |group: &Group| group.departure().is_none() && !group.has_work();
        if self.group.as_ref().is_some_and(is_idle) {
            self.restart(START);
        }
    }

    /// Texts that were delivered.
    pub(crate) fn texts(&self) -> Vec<String> {
        let texts = self.events.iter().filter_map(|event| match event {
            Event::Message(message) => message.received.content().body().map(str::to_owned),
            _ => None,
        });
        texts.collect()
    }

    pub(crate) fn has_read(&self, text: &str) -> bool {
        self.texts().iter().any(|it| it == text)
    }
}

pub(crate) struct World {
    pub(crate) swarm: Swarm,
    pub(crate) now: Timestamp,
    pub(crate) rng: TestRng,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { swarm: Swarm::new(), now: START, rng: TestRng(7) }
    }

    pub(crate) fn tick(&mut self, millis: u64) {
        self.now = Timestamp::from_millis(self.now.as_millis() + millis);
    }

    /// A device makes a group and stores it.
    pub(crate) fn create(&mut self, device: &mut Device, invited: &[AccountId]) {
        let group = Group::create(&device.account, "Group", invited, self.now, &mut self.rng);
        device.group = Some(group.unwrap());
        self.carry(device);
    }

    /// Sends everything that a device has to send, to node 0.
    pub(crate) fn carry(&mut self, device: &mut Device) {
        self.tick(1_000);
        while let Some(transmission) = self.next(device) {
            self.deliver(device, transmission, 0);
        }
        self.swarm.replicate_all();
        device.drain();
    }

    /// Every message that is stored for a group in a namespace.
    pub(crate) fn stored(&self, group: &GroupId, namespace: Namespace) -> Vec<StoredMessage> {
        self.swarm.stored(&(*group).into(), namespace)
    }

    /// The swarm forgets messages.
    pub(crate) fn lose(&mut self, _group: &GroupId, hashes: &[MessageHash]) {
        self.swarm.nodes.iter_mut().for_each(|node| node.apply(&Change::Delete(hashes.to_vec())));
    }

    pub(crate) fn next(&mut self, device: &mut Device) -> Option<Transmission> {
        let group = device.group.as_mut()?;
        group.poll_transmit(self.now, &mut self.rng).unwrap()
    }

    pub(crate) fn deliver(&mut self, device: &mut Device, transmission: Transmission, node: usize) {
        let response = self.swarm.ask(node, transmission.request(), self.now);
        let keys = [self.swarm.key(0), self.swarm.key(1)];
        device.group().handle_response(transmission, &response, &keys, self.now);
        device.drain();
    }

    /// Reads what a node has, and sends what follows from it.
    pub(crate) fn sync(&mut self, device: &mut Device) {
        self.tick(1_000);
        self.poll(device, 0);
        self.carry(device);
    }

    pub(crate) fn poll(&mut self, device: &mut Device, node: usize) {
        let Some(group) = device.group.as_mut() else { return };
        if group.departure().is_some() {
            return;
        }
        let poll = group.poll(self.swarm.key(node), self.now).unwrap();
        let response = self.swarm.ask(node, poll.request(), self.now);
        assert_eq!(group.handle_poll(&poll, &response, self.now), Ok(Progress::Complete));
        device.drain();
    }

    /// Invitations and promotions in the account's own swarm that were not read yet.
    pub(crate) fn letters(&mut self, device: &mut Device) -> Vec<Invitation> {
        let address = device.id().into();
        let mut messages = Vec::new();
        for (owner, namespace, message) in &self.swarm.nodes[0].messages {
            if *owner == address && *namespace == Namespace::DEFAULT {
                messages.push(message.data.clone());
            }
        }
        let new = messages.split_off(device.letters_read);
        device.letters_read += new.len();
        new.iter()
            .map(|data| {
                let received = direct::decode(data, &device.account).unwrap();
                Invitation::check(&received, &device.account).unwrap()
            })
            .collect()
    }

    /// Accepts every invitation and promotion, and says so.
    pub(crate) fn accept(&mut self, device: &mut Device) {
        self.accept_silently(device);
        self.sync(device);
    }

    /// Accepts every invitation and promotion; the group is not polled yet.
    pub(crate) fn accept_silently(&mut self, device: &mut Device) {
        for letter in self.letters(device) {
            let is_in = device.group.as_ref().is_some_and(|group| group.departure().is_none());
            if letter.is_promotion() && is_in {
                device.group().accept_promotion(&letter).unwrap();
            } else if !is_in {
                let known = device.group.as_ref().and_then(Group::entry);
                let entry = letter.to_entry(known);
                device.group = Some(Group::accept(&device.account, entry, self.now).unwrap());
                (device.past, device.disk) = (device.events.len(), None);
            }
        }
        device.drain();
    }

    pub(crate) fn say(&mut self, device: &mut Device, text: &str) {
        let content = Content::text(text).unwrap();
        device.group().send(content, self.now).unwrap();
        self.carry(device);
    }
}

/// SplitMix64: every run is the same. Not for keys outside tests.
pub(crate) struct TestRng(pub(crate) u64);

impl TryRng for TestRng {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        self.try_next_u64().map(|number| (number >> 32).try_into().unwrap())
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(mixed ^ (mixed >> 31))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in out.chunks_mut(8) {
            let number = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&number[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for TestRng {}
