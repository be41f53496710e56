//! Devices that talk to the local network in bytes.

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey},
    rand_core::{TryCryptoRng, TryRng},
};
use session_envelope::{content::Content, direct};
use session_groups::{
    Event, Group, group::Progress, invitation::Invitation, transmission::Transmission,
};
use session_identity::{Account, AccountId, AccountSeed, GroupId, Timestamp};
use session_node::{Network, STORAGE_RPC_PATH};
use session_swarm::{
    address::Address,
    answer::{Answer, Body, Response, StoredMessage},
    auth::Signer,
    message_hash::MessageHash,
    namespace::Namespace,
    request::{DeleteRequest, Request, RetrieveRequest},
};

/// An account on one device, with at most one group.
pub(crate) struct Device {
    pub(crate) account: Account,
    pub(crate) group: Option<Group>,
    /// What it was told, oldest first.
    pub(crate) events: Vec<Event>,
    letters_read: usize,
}

impl Device {
    pub(crate) fn new(number: u8) -> Self {
        let account = Account::from_seed(AccountSeed::from_bytes(&[number; 16]).unwrap());
        Self { account, group: None, events: Vec::new(), letters_read: 0 }
    }

    pub(crate) fn id(&self) -> AccountId {
        self.account.id()
    }

    pub(crate) fn group(&mut self) -> &mut Group {
        self.group.as_mut().expect("a group")
    }

    fn drain(&mut self) {
        while let Some(event) = self.group.as_mut().and_then(Group::poll_event) {
            self.events.push(event);
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

/// A network of 24 nodes.
pub(crate) struct World {
    pub(crate) network: Network,
    pub(crate) now: Timestamp,
    pub(crate) rng: TestRng,
    /// Which member of a swarm is asked.
    pub(crate) member: usize,
    /// Of the group that was made, to look at what is stored.
    secret: Option<Ed25519Keypair>,
}

impl World {
    pub(crate) fn new() -> Self {
        let mut rng = TestRng(7);
        let network = Network::start(24, &mut rng).unwrap();
        let now = Timestamp::from_millis(1_700_000_000_000);
        Self { network, now, rng, member: 0, secret: None }
    }

    pub(crate) fn tick(&mut self, millis: u64) {
        self.now = Timestamp::from_millis(self.now.as_millis() + millis);
    }

    pub(crate) fn swarm(&self, account: &Address) -> Vec<Ed25519PublicKey> {
        self.network.directory().members_for(account).map(|node| node.ed25519).collect()
    }

    /// The answer of a member of the account's swarm; `None` if there is none.
    pub(crate) fn ask(&mut self, account: &Address, request: &Request) -> Option<Response> {
        let swarm = self.swarm(account);
        let node = swarm[self.member % swarm.len()];
        let body = request.to_json();
        let reply = self.network.post(&node, STORAGE_RPC_PATH, &body, self.now, &mut self.rng);
        let reply = reply.ok()?;
        Some(Response::from_json(request, reply.status(), reply.body()).unwrap())
    }

    /// A device makes a group and stores it.
    pub(crate) fn create(&mut self, device: &mut Device, invited: &[AccountId]) {
        let group = Group::create(&device.account, "Group", invited, self.now, &mut self.rng);
        let group = group.unwrap();
        let seed = group.entry().unwrap().seed().cloned();
        self.secret = seed.map(Ed25519Keypair::from_seed);
        device.group = Some(group);
        self.carry(device);
    }

    /// Sends everything that a device has to send.
    pub(crate) fn carry(&mut self, device: &mut Device) {
        self.tick(1_000);
        while let Some(transmission) = device
            .group
            .as_mut()
            .and_then(|group| group.poll_transmit(self.now, &mut self.rng).unwrap())
        {
            self.deliver(device, transmission);
        }
        device.drain();
    }

    pub(crate) fn deliver(&mut self, device: &mut Device, transmission: Transmission) {
        let recipient = *transmission.recipient();
        match self.ask(&recipient, transmission.request()) {
            Some(response) => {
                let swarm = self.swarm(&recipient);
                device.group().handle_response(transmission, &response, &swarm, self.now);
            }
            None => device.group().handle_silence(transmission, self.now),
        }
        device.drain();
    }

    /// Reads what a node has, and sends what follows from it.
    pub(crate) fn sync(&mut self, device: &mut Device) {
        self.tick(1_000);
        self.poll(device);
        self.carry(device);
    }

    pub(crate) fn poll(&mut self, device: &mut Device) {
        let Some(group) = device.group.as_mut().filter(|group| group.departure().is_none()) else {
            return;
        };
        let address = group.id().into();
        loop {
            let swarm = self.swarm(&address);
            let node = swarm[self.member % swarm.len()];
            let poll = device.group().poll(node, self.now).unwrap();
            let Some(response) = self.ask(&address, poll.request()) else { return };
            let progress = device.group().handle_poll(&poll, &response, self.now);
            device.drain();
            if progress != Ok(Progress::More) {
                return;
            }
        }
    }

    fn retrieve(&mut self, signer: &Signer<'_>, namespace: Namespace) -> Vec<StoredMessage> {
        let account = *signer.account();
        let request = RetrieveRequest::new(account, namespace).sign(signer, self.now).unwrap();
        match self.ask(&account, &request.into()).map(Response::into_body) {
            Some(Body::Answer(Answer::Retrieve(page))) => page.messages,
            other => panic!("{other:?}"),
        }
    }

    /// Every message that is stored for a group in a namespace.
    pub(crate) fn stored(&mut self, _group: &GroupId, namespace: Namespace) -> Vec<StoredMessage> {
        let secret = self.secret.clone().unwrap();
        self.retrieve(&Signer::owner(Address::GROUP_PREFIX, &secret), namespace)
    }

    /// The swarm forgets messages.
    pub(crate) fn lose(&mut self, group: &GroupId, hashes: &[MessageHash]) {
        let secret = self.secret.clone().unwrap();
        let signer = Signer::owner(Address::GROUP_PREFIX, &secret);
        let request = DeleteRequest::new((*group).into(), hashes.to_vec()).sign(&signer).unwrap();
        assert_eq!(self.ask(&(*group).into(), &request.into()).unwrap().status(), 200);
    }

    /// Invitations and promotions in the account's own swarm that were not read yet.
    pub(crate) fn letters(&mut self, device: &mut Device) -> Vec<Invitation> {
        let account = device.account.clone();
        let signer = Signer::user(account.ed25519());
        let mut messages = self.retrieve(&signer, Namespace::DEFAULT);
        let new = messages.split_off(device.letters_read);
        device.letters_read += new.len();
        new.iter()
            .map(|message| {
                let received = direct::decode(&message.data, &account).unwrap();
                Invitation::check(&received, &account).unwrap()
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
