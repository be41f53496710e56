//! The life of a closed group on the local network: two admins and five members meet, talk, come late, collide,
//! are away, are removed, leave; in the end the group is destroyed.
//!
//! Every request is a body that a node checks, carries out and copies to its swarm. It goes straight to the node
//! here; `onion` and `quickstart` show the way through three others.
//!
//!     cargo run --example group_chat

use std::{
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use session_node::{Network, STORAGE_RPC_PATH};
use session_protocol::{
    config::group_members::PendingRemoval,
    crypto::{SystemRng, system_rng},
    envelope::{content::Content, direct},
    groups::{
        Event, Group,
        event::{Notice, NoticeKind},
        group::Progress,
        invitation::Invitation,
        members::History,
        transmission::Transmission,
    },
    identity::{Account, Timestamp},
    swarm::{
        address::Address,
        answer::{Answer, Body, Response},
        auth::Signer,
        namespace::Namespace,
        request::{Request, RetrieveRequest},
    },
};

mod program;

use program::{Result, say};

fn main() -> ExitCode {
    program::main_without_options(
        "group_chat",
        "Seven people live through all that can happen in a closed group, with a transcript.",
        run,
    )
}

fn run() -> Result<()> {
    let mut world = World::new()?;
    let mut people = ["Alice", "Bob", "Carol", "Dave", "Erin", "Frank", "Grace"].map(Person::new);
    let [alice, bob, carol, dave, erin, frank, grace] = &mut people;

    heading("Alice makes a group");
    let first = [bob.account.id(), carol.account.id(), dave.account.id(), erin.account.id()];
    let now = world.tick();
    alice.group = Some(Group::create(&alice.account, "Mountain hut", &first, now, &mut world.rng)?);
    world.carry(alice)?;
    for person in [&mut *bob, carol, dave, erin] {
        world.accept(person)?;
    }
    world.say(alice, "Who brings the bread?")?;
    world.sync_all([alice, bob, carol, dave, erin])?;

    heading("Bob becomes an admin");
    alice.group()?.promote(&[bob.account.id()])?;
    world.carry(alice)?;
    world.accept(bob)?;
    world.sync_all([bob, alice])?;

    heading("Both invite somebody at the same time; Grace may read what was written before");
    alice.group()?.invite(&[frank.account.id()], History::Hidden, world.now)?;
    bob.group()?.invite(&[grace.account.id()], History::Shared, world.now)?;
    world.carry(alice)?;
    world.carry(bob)?;
    world.sync_all([alice, bob])?;
    say!("… there were two keys of one number. Now there is one that both agree on:");
    for person in [&mut *alice, bob] {
        say!("{:>6}  holds {}", person.name, person.keys()?);
    }
    world.accept(frank)?;
    world.accept(grace)?;

    heading("Dave is away while the key changes three times");
    for text in ["Snow!", "More snow!", "The bus is late."] {
        alice.group()?.rekey()?;
        world.say(alice, text)?;
    }
    world.sync_all([dave])?;
    say!("{:>6}  holds {}", dave.name, dave.keys()?);

    heading("Erin is removed with her messages");
    world.say(erin, "I was never a friend of yours.")?;
    world.sync_all([alice, carol])?;
    let removal = PendingRemoval::MemberAndMessages;
    alice.group()?.remove(&[erin.account.id()], removal, world.now)?;
    world.say(alice, "Erin cannot read this.")?;
    world.sync_all([bob, carol, dave, frank, grace, erin])?;

    heading("Frank leaves");
    frank.group()?.leave(world.now)?;
    world.carry(frank)?;
    world.sync_all([bob, alice, carol])?;
    say!("{:>6}  counts {} members", "Carol", carol.group()?.members().iter().count());

    heading("The group is destroyed");
    alice.group()?.destroy()?;
    world.carry(alice)?;
    world.sync_all([bob, carol, dave, grace])
}

/// A network, and the time.
struct World {
    network: Network,
    now: Timestamp,
    rng: SystemRng,
}

impl World {
    fn new() -> Result<Self> {
        let mut rng = system_rng();
        let network = Network::start(24, &mut rng)?;
        Ok(Self { network, now: now()?, rng })
    }

    /// A second later.
    fn tick(&mut self) -> Timestamp {
        self.now = Timestamp::from_millis(self.now.as_millis() + 1_000);
        self.now
    }

    /// The answer of a node of the account's swarm.
    fn ask(&mut self, account: &Address, request: &Request) -> Result<Response> {
        let node = self.network.directory().members_for(account).next().ok_or("no swarm")?.ed25519;
        let body = request.to_json();
        let reply = self.network.post(&node, STORAGE_RPC_PATH, &body, self.now, &mut self.rng)?;
        Ok(Response::from_json(request, reply.status(), reply.body())?)
    }

    /// Sends what the person's group wants to be sent.
    fn carry(&mut self, person: &mut Person) -> Result<()> {
        let now = self.tick();
        while let Some(transmission) = person.group()?.poll_transmit(now, &mut self.rng)? {
            say!("{:>6}  ─► {}", person.name, description(&transmission));
            let recipient = *transmission.recipient();
            let response = self.ask(&recipient, transmission.request())?;
            let swarm: Vec<_> = self.network.directory().members_for(&recipient).collect();
            let swarm: Vec<_> = swarm.iter().map(|node| node.ed25519).collect();
            person.group()?.handle_response(transmission, &response, &swarm, now);
        }
        person.print_events();
        Ok(())
    }

    /// Reads what the group's swarm holds, and sends what follows from it.
    fn sync(&mut self, person: &mut Person) -> Result<()> {
        let now = self.tick();
        let address = person.group()?.id().into();
        while person.group()?.departure().is_none() {
            let mut swarm = self.network.directory().members_for(&address);
            let node = swarm.next().ok_or("no swarm")?.ed25519;
            drop(swarm);
            let poll = person.group()?.poll(node, now)?;
            let response = self.ask(&address, poll.request())?;
            let progress = person.group()?.handle_poll(&poll, &response, now)?;
            person.print_events();
            if progress == Progress::Complete {
                break;
            }
        }
        self.carry(person)
    }

    /// Twice, so that what the first ones find out reaches the last ones and comes back.
    fn sync_all<const N: usize>(&mut self, mut people: [&mut Person; N]) -> Result<()> {
        for _ in 0..2 {
            for person in &mut people {
                self.sync(person)?;
            }
        }
        Ok(())
    }

    /// Reads the invitations and promotions in the person's own swarm, and accepts them.
    fn accept(&mut self, person: &mut Person) -> Result<()> {
        self.tick();
        let account = person.account.clone();
        let signer = Signer::user(account.ed25519());
        let request = RetrieveRequest::new(*signer.account(), Namespace::DEFAULT);
        let request = request.sign(&signer, self.now)?;
        let Body::Answer(Answer::Retrieve(page)) =
            self.ask(signer.account(), &request.into())?.into_body()
        else {
            return Err("the node does not answer".into());
        };
        for stored in page.messages.iter().skip(person.letters_read) {
            person.letters_read += 1;
            let received = direct::decode(&stored.data, &account)?;
            let invitation = Invitation::check(&received, &account)?;
            match &mut person.group {
                Some(group) => group.accept_promotion(&invitation)?,
                // What a device puts into its list of groups, so that the others know it too.
                None => {
                    let entry = invitation.to_entry(None);
                    person.group = Some(Group::accept(&account, entry, self.now)?);
                    say!("{:>6}  accepts an invitation into {:?}", person.name, invitation.name());
                }
            }
        }
        self.sync(person)
    }

    fn say(&mut self, person: &mut Person, text: &str) -> Result<()> {
        say!("{:>6}  says {text:?}", person.name);
        person.group()?.send(Content::text(text)?, self.now)?;
        self.carry(person)
    }
}

/// Somebody with an account, who is in the group or not.
struct Person {
    name: &'static str,
    account: Account,
    group: Option<Group>,
    letters_read: usize,
}

impl Person {
    fn new(name: &'static str) -> Self {
        let account = Account::generate(&mut system_rng());
        Self { name, account, group: None, letters_read: 0 }
    }

    fn group(&mut self) -> Result<&mut Group> {
        self.group.as_mut().ok_or_else(|| format!("{} is in no group", self.name).into())
    }

    fn keys(&self) -> Result<String> {
        let keys = self.group.as_ref().ok_or("no group")?.keys();
        let newest = keys.current_generation().ok_or("no key")?;
        Ok(format!("{} keys, the newest has number {newest}", keys.keys().len()))
    }

    fn print_events(&mut self) {
        while let Some(event) = self.group.as_mut().and_then(Group::poll_event) {
            if let Some(text) = line(&event) {
                say!("{:>6}  {text}", self.name);
            }
        }
    }
}

/// What a transmission is made of: `store 12 (2462 bytes), …`.
fn description(transmission: &Transmission) -> String {
    let one = |request: &Request| match request {
        Request::Store(store) => {
            format!("store {} ({} bytes)", store.namespace(), store.data().len())
        }
        other => other.method().name().to_owned(),
    };
    match transmission.request() {
        Request::Batch(batch) => batch.requests().iter().map(one).collect::<Vec<_>>().join(", "),
        letter => {
            let owner = transmission.recipient().to_string();
            format!("{} in the swarm of {}…", one(letter), owner.get(..8).unwrap_or(&owner))
        }
    }
}

/// What to print of an event.
fn line(event: &Event) -> Option<String> {
    Some(match event {
        Event::Message(message) => {
            let body = message.received.content().body().unwrap_or("(no text)");
            format!("reads {body:?} ({:?})", message.standing)
        }
        Event::Notice(Notice { kind: NoticeKind::Left, .. }) => "reads that somebody left".into(),
        Event::Deletion(deletion) => {
            let whose = deletion.members().count();
            format!("is asked by an admin to delete the messages of {whose} member")
        }
        Event::Promoted => "is an admin".into(),
        Event::Departed(departure) => format!("is out: {departure:?}"),
        _ => return None,
    })
}

fn heading(text: &str) {
    say!("\n── {text} ──\n");
}

#[expect(clippy::disallowed_methods, reason = "the libraries take the time; a program has it")]
fn now() -> Result<Timestamp> {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(Timestamp::from_millis(u64::try_from(since_1970.as_millis())?))
}
