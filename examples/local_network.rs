//! A whole network on this machine, and one message through it over real HTTPS: bootstrap from the seed, find
//! the swarm, send through three nodes, read at another member.
//!
//!     cargo run -p session-examples --features server --example local_network

use std::{
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use session_node::server::{Options, Server, Transport, client::Connection};
use session_protocol::{
    crypto::{SystemRng, rand_core::Rng, system_rng},
    envelope::{content::Content, direct},
    identity::{Account, AccountId, Timestamp},
    onion::{
        Destination, EncryptionType, Hop, OnionRequest,
        pool::list::{NodeList, SEED_REQUEST},
        pool::node::ServiceNode,
    },
    swarm::{
        address::Address,
        answer::{Answer, Body, Response},
        auth::Signer,
        limits::MAX_TTL_INBOX,
        namespace::Namespace,
        request::{Request, RetrieveRequest, StoreRequest},
        space::{SwarmId, SwarmRing},
    },
};

mod program;

use program::{Result, say};

const TEXT: &str = "Hello Bob, this went over HTTPS and through three onions.";

fn main() -> ExitCode {
    program::main_without_options(
        "local_network",
        "Starts a local network over HTTPS and sends a message through it.",
        run,
    )
}

fn run() -> Result<()> {
    // The server works in threads of its own; the client below waits for each answer.
    let runtime = tokio::runtime::Runtime::new()?;
    let server =
        runtime.block_on(Server::start(&Options { first_port: 0, ..Options::default() }))?;
    say!("A network of 24 nodes is up; its seed listens at {}.", server.seed_address());

    let mut rng = system_rng();
    let nodes = bootstrap(server.seed_address().port())?;
    let (alice, bob) = (Account::generate(&mut rng), Account::generate(&mut rng));
    let swarm = swarm_of(&nodes, &bob.id())?;
    say!("The seed names {} nodes; {} of them are Bob's swarm.", nodes.len(), swarm.len());

    send(&nodes, &swarm, &alice, &bob.id(), &mut rng)?;
    receive(&nodes, &swarm, &bob, &mut rng)?;
    runtime.block_on(server.stop());
    Ok(())
}

/// Asks the seed for the nodes of the network.
fn bootstrap(seed_port: u16) -> Result<Vec<ServiceNode>> {
    let mut seed = Connection::open(seed_port, Transport::Http)?;
    let reply = seed.post("/json_rpc", SEED_REQUEST.as_bytes())?;
    Ok(NodeList::from_json(reply.body())?.nodes().copied().collect())
}

/// The nodes that store what is sent to `account`: anybody can tell from the list alone.
fn swarm_of(nodes: &[ServiceNode], account: &AccountId) -> Result<Vec<ServiceNode>> {
    let swarm = |node: &&ServiceNode| SwarmId::try_from(node.swarm_id()?).ok();
    let ring = SwarmRing::new(nodes.iter().filter_map(|node| swarm(&node)));
    let nearest = ring.nearest(Address::from(*account).position()).ok_or("no swarms")?;
    Ok(nodes.iter().filter(|node| swarm(node) == Some(nearest)).copied().collect())
}

fn send(
    nodes: &[ServiceNode],
    swarm: &[ServiceNode],
    sender: &Account,
    recipient: &AccountId,
    rng: &mut SystemRng,
) -> Result<()> {
    let now = now()?;
    let message = direct::encode(&Content::text(TEXT)?, sender, recipient, now, rng)?;
    let account = (*recipient).into();
    let store = StoreRequest::new(account, Namespace::DEFAULT, message, now, MAX_TTL_INBOX)?;
    let member = swarm.first().ok_or("an empty swarm")?;
    let response = ask(nodes, member, &store.clone().into(), rng)?;
    let Body::Answer(Answer::Store(answer)) = response.body() else {
        return Err(format!("not stored: {:?}", response.body()).into());
    };
    let keys: Vec<_> = swarm.iter().map(ServiceNode::key).collect();
    let confirmed = answer.verify(&store, &keys).confirmed().len();
    say!("Alice's message is stored; {confirmed} of {} members signed for it.", swarm.len());
    Ok(())
}

fn receive(
    nodes: &[ServiceNode],
    swarm: &[ServiceNode],
    account: &Account,
    rng: &mut SystemRng,
) -> Result<()> {
    let signer = Signer::user(account.ed25519());
    let request = RetrieveRequest::new(*signer.account(), Namespace::DEFAULT);
    let request = request.sign(&signer, now()?)?;
    let member = swarm.last().ok_or("an empty swarm")?;
    let response = ask(nodes, member, &request.into(), rng)?;
    let Body::Answer(Answer::Retrieve(page)) = response.body() else {
        return Err(format!("not read: {:?}", response.body()).into());
    };
    for stored in &page.messages {
        let received = direct::decode(&stored.data, account)?;
        say!("Bob reads: {}", received.content().body().unwrap_or("(no text)"));
    }
    Ok(())
}

/// Sends a request to `member` through three other nodes.
fn ask(
    nodes: &[ServiceNode],
    member: &ServiceNode,
    request: &Request,
    rng: &mut SystemRng,
) -> Result<Response> {
    let mut path: Vec<&ServiceNode> = Vec::new();
    while path.len() < 3 {
        let index = usize::try_from(rng.next_u64() % u64::try_from(nodes.len())?)?;
        let node = nodes.get(index).ok_or("index is below the count")?;
        if node.key() != member.key() && path.iter().all(|hop| hop.key() != node.key()) {
            path.push(node);
        }
    }
    let hops: Vec<_> =
        path.iter().map(|node| Hop::new(node.keys(), EncryptionType::XChaCha20)).collect();
    let (destination, payload) = (Destination::service_node(member.keys()), request.to_json());
    let cipher = EncryptionType::XChaCha20;
    let onion = OnionRequest::build(&hops, &destination, cipher, &payload, rng)?;

    let edge = path.first().ok_or("an empty path")?;
    let mut edge = Connection::open(edge.https_port(), Transport::Https)?;
    let reply = edge.post("/onion_req/v2", onion.body())?;
    let reply = onion.keys().decode_node_reply(&reply)?;
    Ok(Response::from_json(request, reply.status(), reply.body().as_bytes())?)
}

#[expect(clippy::disallowed_methods, reason = "the libraries take the time; a program has it")]
fn now() -> Result<Timestamp> {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(Timestamp::from_millis(u64::try_from(since_1970.as_millis())?))
}
