//! One message from Alice to Bob: sealed, wrapped in an onion, carried by three nodes, stored by a swarm, and
//! read by Bob at another member of it after the first one has gone.
//!
//! Everything between the two is bytes in the formats of the real network; only the network itself is local.
//!
//!     cargo run --example quickstart

use std::{
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use session_node::{Network, ONION_REQUEST_PATH, directory::ServiceNode, network::Crossing};
use session_protocol::{
    crypto::{SystemRng, ed25519::Ed25519PublicKey, rand_core::Rng, system_rng},
    envelope::{content::Content, direct},
    identity::{
        Account, AccountId, Timestamp,
        mnemonic::{Language, RecoveryPassword},
    },
    onion::{Destination, EncryptionType, Hop, NodeKeys, OnionRequest},
    swarm::{
        answer::{Answer, Body, Response},
        auth::Signer,
        limits::MAX_TTL_INBOX,
        namespace::Namespace,
        request::{Request, RetrieveRequest, StoreRequest},
    },
};

mod program;

use program::{Result, say};

const TEXT: &str = "Hello Bob, nobody in between knows that it was me. — Alice";

fn main() -> ExitCode {
    program::main_without_options(
        "quickstart",
        "Sends one message from Alice to Bob through a local network and says what happens on the way.",
        run,
    )
}

fn run() -> Result<()> {
    let mut rng = system_rng();

    heading("Two accounts");
    let alice = new_account("Alice", &mut rng);
    let bob = new_account("Bob", &mut rng);
    let bobs_words = bob.recovery_password(Language::English).expose_words();
    let bob_again = restore_account(&bobs_words)?;
    assert_eq!(bob_again.id(), bob.id());
    say!("Bob, on a new device, from his recovery password alone: {}", bob_again.id().short());

    heading("A network of 24 service nodes");
    let mut network = Network::start(24, &mut rng)?;
    let swarm = swarm_of(&network, &bob.id());
    say!("Bob's messages are stored by a swarm of {}: {}", swarm.len(), names(&swarm));

    heading("Alice sends");
    let storing_node = send(&mut network, &alice, &bob.id(), &mut rng)?;

    heading("A node of the swarm goes down, and Bob polls another");
    network.take_down(storing_node.ed25519);
    say!("{} is down.", name(&storing_node.ed25519));
    let other_node = swarm.iter().find(|node| **node != storing_node).ok_or("a swarm of one")?;
    receive(&mut network, &bob_again, &swarm, other_node, &mut rng)
}

fn new_account(name: &str, rng: &mut SystemRng) -> Account {
    let account = Account::generate(rng);
    say!("{name}'s Account ID:        {}", account.id());
    say!("{name}'s recovery password: {}", account.recovery_password(Language::English));
    account
}

fn restore_account(words: &str) -> Result<Account> {
    let password: RecoveryPassword = words.parse()?;
    Ok(Account::from_seed(password.into_seed()))
}

/// Seals the text to `recipient`, has a member of the recipient's swarm store it, and returns that member.
fn send(
    network: &mut Network,
    sender: &Account,
    recipient: &AccountId,
    rng: &mut SystemRng,
) -> Result<ServiceNode> {
    let now = now()?;
    let message = direct::encode(&Content::text(TEXT)?, sender, recipient, now, rng)?;
    say!("text of {} bytes ─► signed, sealed, wrapped: {} bytes", TEXT.len(), message.len());

    let account = (*recipient).into();
    let store = StoreRequest::new(account, Namespace::DEFAULT, message, now, MAX_TTL_INBOX)?;
    let swarm = swarm_of(network, recipient);
    let member = *pick(&swarm, rng)?;
    let response = ask(network, &swarm, &member, &Request::Store(store.clone()), now, rng)?;

    // The member answers for the whole swarm. What counts is what each node signed.
    let Body::Answer(Answer::Store(answer)) = response.body() else {
        return Err(format!("{} refused: {:?}", name(&member.ed25519), response.body()).into());
    };
    let keys: Vec<_> = swarm.iter().map(|node| node.ed25519).collect();
    let stored = answer.verify(&store, &keys);
    say!("\nstored as {}", store.message_hash());
    say!(
        "{} of {} nodes of the swarm signed that they hold it: {}",
        stored.confirmed().len(),
        swarm.len(),
        stored.confirmed().iter().map(name).collect::<Vec<_>>().join(", "),
    );
    Ok(member)
}

/// Asks `member` for the messages of `account`, and opens them.
fn receive(
    network: &mut Network,
    account: &Account,
    swarm: &[ServiceNode],
    member: &ServiceNode,
    rng: &mut SystemRng,
) -> Result<()> {
    let now = now()?;
    let signer = Signer::user(account.ed25519());
    let retrieve =
        RetrieveRequest::new(*signer.account(), Namespace::DEFAULT).sign(&signer, now)?;
    let response = ask(network, swarm, member, &Request::Retrieve(retrieve), now, rng)?;
    let Body::Answer(Answer::Retrieve(page)) = response.body() else {
        return Err(format!("{} refused: {:?}", name(&member.ed25519), response.body()).into());
    };
    for stored in &page.messages {
        let received = direct::decode(&stored.data, account)?;
        say!("\nfrom  {}", received.sender());
        say!("text  {}", received.content().body().unwrap_or("(no text)"));
        say!("time  {} ms since 1970", received.sent_at());
        say!("hash  {}", stored.hash);
    }
    Ok(())
}

/// Sends a request to `member` through three nodes outside its swarm, and prints what each node on the way could
/// see.
fn ask(
    network: &mut Network,
    swarm: &[ServiceNode],
    member: &ServiceNode,
    request: &Request,
    now: Timestamp,
    rng: &mut SystemRng,
) -> Result<Response> {
    let path = pick_path(network, swarm, rng)?;
    let hops = path.map(|node| Hop::new(keys(&node), EncryptionType::XChaCha20));
    let destination = Destination::service_node(keys(member));
    let payload = request.to_json();
    let onion = OnionRequest::build(&hops, &destination, EncryptionType::XChaCha20, &payload, rng)?;

    let edge = path[0].ed25519;
    network.take_crossings();
    let reply = network.post(&edge, ONION_REQUEST_PATH, onion.body(), now, rng)?;
    print_crossings(request.method().name(), payload.len(), &network.take_crossings());

    let reply = onion.keys().decode_node_reply(&reply)?;
    Ok(Response::from_json(request, reply.status(), reply.body().as_bytes())?)
}

/// Three different nodes outside the swarm that the request is for: a member on the path would see both the
/// request pass and the account that it is about.
fn pick_path(
    network: &Network,
    swarm: &[ServiceNode],
    rng: &mut SystemRng,
) -> Result<[ServiceNode; 3]> {
    let mut path = Vec::new();
    let outside = |node: &&ServiceNode| !swarm.contains(node);
    let nodes: Vec<_> = network.directory().nodes().filter(outside).copied().collect();
    while path.len() < 3 {
        let node = *pick(&nodes, rng)?;
        if !path.contains(&node) {
            path.push(node);
        }
    }
    path.try_into().map_err(|_| "a path has three nodes".into())
}

/// One row for each node that the request passed: its neighbours and sizes, which is all it could see.
fn print_crossings(method: &str, payload: usize, crossings: &[Crossing]) {
    say!("{method} of {payload} bytes, in four layers:\n");
    say!("  {:<14}{:>12}{:>10}{:>14}{:>10}{:>10}", "node", "from", "bytes", "to", "bytes", "reply");
    let onions: Vec<_> = crossings.iter().filter(|crossing| crossing.endpoint.is_onion()).collect();
    let roles = ["edge", "hop 2", "hop 3", "member"];
    for ((role, crossing), next) in roles.iter().zip(&onions).zip(1..) {
        let from = crossing.from.map_or("client".to_owned(), |node| name(&node));
        let onward = onions.get(next);
        say!(
            "  {:<7}{:<7}{from:>12}{:>10}{:>14}{:>10}{:>10}",
            role,
            name(&crossing.to),
            crossing.sent,
            onward.map_or("—".to_owned(), |onward| name(&onward.to)),
            onward.map_or("—".to_owned(), |onward| onward.sent.to_string()),
            crossing.answered.map_or("—".to_owned(), |bytes| bytes.to_string()),
        );
    }
}

fn swarm_of(network: &Network, account: &AccountId) -> Vec<ServiceNode> {
    network.directory().members_for(&(*account).into()).copied().collect()
}

fn keys(node: &ServiceNode) -> NodeKeys {
    NodeKeys::new(node.ed25519, node.x25519)
}

fn pick<'a, T>(items: &'a [T], rng: &mut SystemRng) -> Result<&'a T> {
    let count = u64::try_from(items.len())?;
    let index = rng.next_u64().checked_rem(count).ok_or("nothing to pick from")?;
    items.get(usize::try_from(index)?).ok_or_else(|| "index is below the count".into())
}

/// First six digits of a node's key, enough to tell 24 nodes apart.
fn name(node: &Ed25519PublicKey) -> String {
    node.to_string().chars().take(6).collect()
}

fn names(nodes: &[ServiceNode]) -> String {
    nodes.iter().map(|node| name(&node.ed25519)).collect::<Vec<_>>().join(", ")
}

fn heading(text: &str) {
    say!("\n── {text} ──\n");
}

#[expect(clippy::disallowed_methods, reason = "the libraries take the time; a program has it")]
fn now() -> Result<Timestamp> {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(Timestamp::from_millis(u64::try_from(since_1970.as_millis())?))
}
