//! Three devices of one account: a phone, a laptop and a tablet that edit the same contacts at the same time, are
//! offline, restart, and talk over a network that loses one message in eight. They poll in any order and get
//! things twice. In the end they hold the same bytes.
//!
//! The devices know nothing of each other. All they share is the account's seed, and what its swarm stores.
//!
//!     cargo run --example linked_devices

use std::{
    collections::BTreeMap,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use session_node::{Network, ONION_REQUEST_PATH, directory::ServiceNode, fault::Chance};
use session_protocol::{
    config::{
        Config, Contacts, Incoming, StoredHash,
        change::Event,
        config::{Status, SyncedType},
        contacts::{Contact, ContactEntry, ContactField},
    },
    crypto::{SystemRng, ed25519::Ed25519PublicKey, rand_core::Rng, system_rng},
    identity::{
        Account, AccountId, Timestamp,
        mnemonic::{Language, RecoveryPassword},
    },
    onion::{Destination, EncryptionType, Hop, NodeKeys, OnionRequest},
    swarm::{
        answer::{Answer, Body, Response},
        auth::Signer,
        limits::MAX_TTL,
        message_hash::MessageHash,
        request::{BatchMode, BatchRequest, DeleteRequest, Request, RetrieveRequest, StoreRequest},
    },
};

mod program;

use program::{Result, say};

fn main() -> ExitCode {
    program::main_without_options(
        "linked_devices",
        "Three devices of one account edit at the same time over a network that loses messages.",
        run,
    )
}

fn run() -> Result<()> {
    let mut world = World::start()?;
    let people = ["Bob", "Carol", "Dave"].map(|name| world.person(name));
    let [bob, carol, dave] = people;

    heading("A phone, and two devices linked to it");
    let account = Account::generate(&mut world.rng);
    let words = account.recovery_password(Language::English).expose_words();
    say!("account {}", account.id().short());
    say!("A device is linked by the recovery password and by nothing else.\n");
    let phone = &mut Device::link("phone", &words)?;
    let laptop = &mut Device::link("laptop", &words)?;
    let tablet = &mut Device::link("tablet", &words)?;
    for (id, name) in [(bob, "Bob"), (carol, "Carol"), (dave, "Dave")] {
        phone.edit(&world, id, "new contact", |contact| contact.set_name(name));
    }
    phone.push(&mut world)?;
    laptop.poll(&mut world)?;
    tablet.poll(&mut world)?;

    heading("The tablet goes offline, and everybody edits");
    phone.edit(&world, bob, "nickname “Bob from work”", |bob| {
        let _ = bob.set_nickname("Bob from work");
    });
    laptop.edit(&world, carol, "blocked", |carol| carol.is_blocked = true);
    tablet.edit(&world, bob, "pinned", |bob| bob.priority = 1);
    tablet.edit(&world, dave, "nickname “D.”", |dave| {
        let _ = dave.set_nickname("D.");
    });
    tablet.restart()?;

    heading("The network loses one message in eight; phone and laptop push at the same time");
    world.network.faults_mut().lose(Chance::per_million(125_000));
    phone.push(&mut world)?;
    laptop.push(&mut world)?;
    phone.edit(&world, dave, "approved", |dave| dave.is_approved = true);
    for _ in 0..3 {
        phone.poll(&mut world)?;
        laptop.poll(&mut world)?;
        phone.push(&mut world)?;
        laptop.push(&mut world)?;
    }

    heading("The tablet is back, with edits from before");
    for _ in 0..3 {
        for device in [&mut *tablet, &mut *laptop, &mut *phone] {
            device.poll(&mut world)?;
            device.push(&mut world)?;
        }
    }

    world.network.faults_mut().lose(Chance::NEVER);
    settle(&mut world, [&mut *phone, &mut *tablet, &mut *laptop])?;
    prove_equality(&world, phone, [laptop, tablet])
}

/// Polls and pushes until nobody has anything to say.
fn settle(world: &mut World, mut devices: [&mut Device; 3]) -> Result<()> {
    heading("The network is good again: poll and push until nobody has anything to say");
    for round in 1.. {
        for device in &mut devices {
            device.poll(world)?;
            device.push(world)?;
        }
        let is_clean = |device: &&mut Device| device.contacts.status() == Status::Clean;
        let [one, two, three] = devices.each_ref().map(|device| device.contacts.seqno());
        if devices.iter().all(is_clean) && one == two && two == three {
            say!("\nquiet after {round} rounds");
            break;
        }
    }
    Ok(())
}

/// Shows the contacts, and that all devices would store the same bytes.
fn prove_equality(world: &World, phone: &mut Device, others: [&mut Device; 2]) -> Result<()> {
    heading("The same on all three");
    print_contacts(world, &phone.contacts);
    let now = now()?;
    let bytes = phone.contacts.push(now)?.messages().to_vec();
    for device in others {
        assert_eq!(device.contacts.push(now)?.messages(), bytes, "{}", device.name);
    }
    let stored: Vec<_> = phone.contacts.current_hashes().map(StoredHash::as_str).collect();
    say!("\nseqno {}, stored as {}", phone.contacts.seqno(), stored.join(", "));
    say!("{} bytes, equal on phone, laptop and tablet", bytes.concat().len());
    Ok(())
}

/// A device: what it keeps of the account, and how far it has read in each node's store.
struct Device {
    name: &'static str,
    account: Account,
    contacts: Config<Contacts>,
    read_up_to: BTreeMap<Ed25519PublicKey, MessageHash>,
}

impl Device {
    fn link(name: &'static str, words: &str) -> Result<Self> {
        let account = Account::from_seed(words.parse::<RecoveryPassword>()?.into_seed());
        let contacts = Config::new(account.ed25519());
        Ok(Self { name, account, contacts, read_up_to: BTreeMap::new() })
    }

    fn edit(&mut self, world: &World, id: AccountId, what: &str, edit: impl FnOnce(&mut Contact)) {
        let mut contact = self.contacts.get(&id).unwrap_or(Contact::new(id));
        edit(&mut contact);
        self.contacts.set(&contact);
        self.say(&format!("edits {}: {what}", world.name_of(&id)));
    }

    /// Pushes what there is to push, and deletes what that makes obsolete, in one request. Tried three times;
    /// what fails then is pushed again another time.
    fn push(&mut self, world: &mut World) -> Result<()> {
        if !self.contacts.needs_push() {
            return Ok(());
        }
        let now = now()?;
        let push = self.contacts.push(now)?;
        let signer = Signer::user(self.account.ed25519());
        let mut requests = Vec::new();
        let mut hashes = Vec::new();
        for message in push.messages() {
            let store = StoreRequest::new(
                *signer.account(),
                Contacts::NAMESPACE,
                message.clone(),
                now,
                MAX_TTL,
            )?;
            hashes.push(StoredHash::from(store.message_hash()));
            requests.push(Request::Store(store.sign(&signer, now)?));
        }
        if !push.obsolete().is_empty() {
            let obsolete: std::result::Result<Vec<MessageHash>, _> =
                push.obsolete().iter().map(|hash| hash.as_str().parse()).collect();
            let delete = DeleteRequest::new(*signer.account(), obsolete?).sign(&signer)?;
            requests.push(Request::Delete(delete));
        }
        let request = Request::Batch(BatchRequest::new(BatchMode::UntilFailure, requests)?);
        let what = format!("pushes seqno {}", push.seqno());
        for _ in 0..3 {
            let member = world.any_member(&self.account)?;
            let Some(answers) = world.ask(&self.account, &member, &request)?.and_then(into_batch)
            else {
                self.say(&format!("{what}: lost"));
                continue;
            };
            if answers.iter().take(hashes.len()).all(|answer| answer.status() == 200) {
                self.contacts.confirm_pushed(push.seqno(), hashes);
                let (stored, deleted) = (push.messages().len(), push.obsolete().len());
                self.say(&format!("{what}: {stored} stored, {deleted} obsolete"));
                return Ok(());
            }
        }
        Ok(())
    }

    /// Asks any member of the swarm for what it stored since it was asked last, and merges the answer: in
    /// reverse, and all of it twice.
    fn poll(&mut self, world: &mut World) -> Result<()> {
        let now = now()?;
        let signer = Signer::user(self.account.ed25519());
        let member = world.any_member(&self.account)?;
        let mut retrieve = RetrieveRequest::new(*signer.account(), Contacts::NAMESPACE);
        if let Some(hash) = self.read_up_to.get(&member.ed25519) {
            retrieve = retrieve.after(*hash);
        }
        let request = Request::Retrieve(retrieve.sign(&signer, now)?);
        let response = world.ask(&self.account, &member, &request)?;
        let Some(Body::Answer(Answer::Retrieve(page))) = response.map(Response::into_body) else {
            self.say("polls: lost");
            return Ok(());
        };
        if let Some(last) = page.messages.last() {
            self.read_up_to.insert(member.ed25519, last.hash);
        }
        let backwards = page.messages.iter().rev().chain(&page.messages);
        let incoming: Vec<_> = backwards
            .map(|stored| Incoming::new(StoredHash::from(stored.hash), &stored.data))
            .collect();
        let report = self.contacts.merge(&incoming, now)?;
        let todo = if self.contacts.needs_push() { ", and has something to push" } else { "" };
        self.say(&format!("polls: {} new messages{todo}", page.messages.len()));
        for event in report.events() {
            say!("{:10}    {}", "", world.describe(event));
        }
        Ok(())
    }

    /// Saves the contacts, as an app would (encrypted), and starts again from there.
    fn restart(&mut self) -> Result<()> {
        let now = now()?;
        let dump = self.contacts.dump(now);
        self.contacts = Config::load(self.account.ed25519(), &dump, now)?;
        self.say(&format!("restarts from a dump of {} bytes", dump.len()));
        Ok(())
    }

    fn say(&self, what: &str) {
        say!("{:10}{what}", self.name);
    }
}

fn into_batch(response: Response) -> Option<Vec<Response>> {
    match response.into_body() {
        Body::Answer(Answer::Batch(answers)) => Some(answers),
        _ => None,
    }
}

/// The network, and names for ids.
struct World {
    network: Network,
    rng: SystemRng,
    names: BTreeMap<AccountId, &'static str>,
}

impl World {
    fn start() -> Result<Self> {
        let mut rng = system_rng();
        Ok(Self { network: Network::start(24, &mut rng)?, rng, names: BTreeMap::new() })
    }

    fn person(&mut self, name: &'static str) -> AccountId {
        let id = Account::generate(&mut self.rng).id();
        self.names.insert(id, name);
        id
    }

    fn name_of(&self, id: &AccountId) -> &'static str {
        self.names.get(id).copied().unwrap_or("somebody")
    }

    fn describe(&self, event: &Event<ContactEntry, ContactField>) -> String {
        let who = match event.entry() {
            ContactEntry::Account(id) => self.name_of(id),
            _ => "somebody of a community",
        };
        let fields: Vec<_> =
            event.fields().iter().map(|change| format!("{:?}", change.field)).collect();
        let source = event.source().map_or("unknown".to_owned(), |source| {
            format!("{} {}", source.seqno, short(&source.hash.to_string()))
        });
        format!("{:?} {who}: {} (told by revision {source})", event.kind(), fields.join(", "))
    }

    fn any_member(&mut self, account: &Account) -> Result<ServiceNode> {
        let members: Vec<_> =
            self.network.directory().members_for(&account.id().into()).copied().collect();
        pick(&members, &mut self.rng).copied()
    }

    /// Asks a member of the account's swarm through three nodes outside of it; `None` if anything got lost.
    fn ask(
        &mut self,
        account: &Account,
        member: &ServiceNode,
        request: &Request,
    ) -> Result<Option<Response>> {
        let directory = self.network.directory();
        let swarm: Vec<_> = directory.members_for(&account.id().into()).copied().collect();
        let mut others: Vec<_> =
            directory.nodes().filter(|node| !swarm.contains(node)).copied().collect();
        let mut path = Vec::new();
        while path.len() < 3 {
            let node = *pick(&others, &mut self.rng)?;
            others.retain(|other| *other != node);
            path.push(node);
        }
        let edge = path.first().ok_or("a path has three nodes")?.ed25519;
        let hops: Vec<_> =
            path.iter().map(|node| Hop::new(keys(node), EncryptionType::XChaCha20)).collect();
        let to = Destination::service_node(keys(member));
        let payload = request.to_json();
        let onion =
            OnionRequest::build(&hops, &to, EncryptionType::XChaCha20, &payload, &mut self.rng)?;
        let now = now()?;
        let posted = self.network.post(&edge, ONION_REQUEST_PATH, onion.body(), now, &mut self.rng);
        let Some(reply) = posted.ok().and_then(|reply| onion.keys().decode_node_reply(&reply).ok())
        else {
            return Ok(None);
        };
        // Members tell each other later what got lost between them.
        self.network.settle(now, &mut self.rng);
        Ok(Response::from_json(request, reply.status(), reply.body().as_bytes()).ok())
    }
}

fn print_contacts(world: &World, contacts: &Config<Contacts>) {
    for contact in contacts.iter() {
        say!(
            "{:8} nickname {:15} pinned {:5} blocked {:5} approved {}",
            world.name_of(&contact.id()),
            contact.nickname(),
            contact.priority > 0,
            contact.is_blocked,
            contact.is_approved,
        );
    }
}

fn keys(node: &ServiceNode) -> NodeKeys {
    NodeKeys::new(node.ed25519, node.x25519)
}

fn pick<'a, T>(items: &'a [T], rng: &mut SystemRng) -> Result<&'a T> {
    let count = u64::try_from(items.len())?;
    let index = rng.next_u64().checked_rem(count).ok_or("nothing to pick from")?;
    items.get(usize::try_from(index)?).ok_or_else(|| "index is below the count".into())
}

fn short(hash: &str) -> &str {
    hash.get(..8).unwrap_or(hash)
}

fn heading(text: &str) {
    say!("\n── {text} ──\n");
}

#[expect(clippy::disallowed_methods, reason = "the libraries take the time; a program has it")]
fn now() -> Result<Timestamp> {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(Timestamp::from_millis(u64::try_from(since_1970.as_millis())?))
}
