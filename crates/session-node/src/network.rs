//! Many nodes in one process, and what passes between them.
//!
//! The network carries bytes: what a client posts reaches the edge node as bytes, and every message between
//! nodes is the one of the specification. It keeps a record of what crossed each link, which is all that an
//! observer of the wires, or a hop, could see.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, SocketAddrV4},
    sync::Arc,
};

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey},
    rand_core::CryptoRng,
};
use session_identity::Timestamp;
use session_onion::{path_error::PathError, reply::Reply};
use session_swarm::release::Release;

use crate::{
    chain::{Chain, Change},
    directory::{Directory, ServiceNode},
    fault::Faults,
    link::{Endpoint, LinkMessage},
    node::{ConnectionId, Node, Receipt, Step},
    seed,
};

/// First port that the directory gives to a node; each has two.
const FIRST_PORT: u16 = 22_000;
/// Most nodes of a network; their ports must fit.
pub const MAX_NODES: usize = 2_000;
/// The same as a number of ports.
const MAX_PORTS: u16 = 2_000;

/// A network of service nodes in this process.
#[derive(Debug)]
pub struct Network {
    nodes: BTreeMap<Ed25519PublicKey, Node>,
    chain: Chain,
    directory: Arc<Directory>,
    down: BTreeSet<Ed25519PublicKey>,
    faults: Faults,
    crossings: Vec<Crossing>,
}

/// A message that crossed a link, and the size of its answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Crossing {
    /// Who sent it; `None` is a client.
    pub from: Option<Ed25519PublicKey>,
    /// Who got it.
    pub to: Ed25519PublicKey,
    /// What it was for.
    pub endpoint: Endpoint,
    /// Its size in bytes.
    pub sent: usize,
    /// Size of the answer in bytes; `None` if there was none.
    pub answered: Option<usize>,
}

/// Why a network cannot be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A network has 1 to [`MAX_NODES`] nodes.
    #[error("network of {found} nodes, 1 to {MAX_NODES} are possible")]
    Size {
        /// Nodes that were asked for.
        found: usize,
    },
}

/// The edge node does not answer: it is down, or there is no such node.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("node {0} is not reachable")]
#[expect(clippy::exhaustive_structs, reason = "there is nothing else to say")]
pub struct Unreachable(pub Ed25519PublicKey);

impl Network {
    /// Starts a network of `size` nodes with fresh keys, in swarms as the network forms them.
    ///
    /// # Errors
    /// [`StartError::Size`] for no node or more than [`MAX_NODES`].
    pub fn start(size: usize, rng: &mut impl CryptoRng) -> Result<Self, StartError> {
        Self::start_release(Release::Newest, size, rng)
    }

    /// The same of nodes that follow the rules of this release and say that they run it.
    ///
    /// # Errors
    /// As of [`Self::start`].
    pub fn start_release(
        release: Release,
        size: usize,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, StartError> {
        if !(1..=MAX_NODES).contains(&size) {
            return Err(StartError::Size { found: size });
        }
        let keypairs: Vec<_> = (0..size).map(|_| Ed25519Keypair::generate(rng)).collect();
        let mut network = Self::of([], Directory::new([]).of_release(release));
        network.form_block(keypairs, Vec::new(), rng);
        Ok(network)
    }

    /// Network of the nodes with these keys in a world that `directory` describes. Nodes that only the
    /// directory knows never answer: they stand for those that run elsewhere.
    #[must_use]
    pub fn of(nodes: impl IntoIterator<Item = Ed25519Keypair>, directory: Directory) -> Self {
        let directory = Arc::new(directory);
        let nodes = nodes
            .into_iter()
            .map(|keypair| (keypair.public_key(), Node::new(keypair, Arc::clone(&directory))))
            .collect();
        let (down, faults, crossings) = (BTreeSet::new(), Faults::default(), Vec::new());
        Self { nodes, chain: Chain::of(&directory), directory, down, faults, crossings }
    }

    /// Adds a block to the chain: the nodes with the keys `joining` come, and whatever `changes` says happens.
    /// Swarms are formed anew, and nodes hand over what others serve now, as far as they reach each other.
    pub fn next_block(
        &mut self,
        joining: Vec<Ed25519Keypair>,
        changes: Vec<Change>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        self.form_block(joining, changes, rng);
        self.settle(now, rng);
    }

    fn form_block(
        &mut self,
        joining: Vec<Ed25519Keypair>,
        mut changes: Vec<Change>,
        rng: &mut impl CryptoRng,
    ) {
        let mut hash = [0; 32];
        rng.fill_bytes(&mut hash);
        let used: BTreeSet<u16> = self.directory.nodes().map(|node| node.https_port).collect();
        let free = (FIRST_PORT..FIRST_PORT + MAX_PORTS).filter(|port| !used.contains(port));
        changes.extend(joining.iter().zip(free).map(|(keypair, port)| {
            let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
            Change::Join(ServiceNode::new(keypair, None, address, port + MAX_PORTS))
        }));
        self.directory = Arc::new(self.chain.advance(&changes, hash));
        for node in self.nodes.values_mut() {
            node.take_block(Arc::clone(&self.directory));
        }
        let directory = &self.directory;
        for keypair in joining {
            let (key, directory) = (keypair.public_key(), Arc::clone(directory));
            self.nodes.entry(key).or_insert_with(|| Node::new(keypair, directory));
        }
        self.nodes.retain(|key, _| directory.node(key).is_some());
    }

    /// Lets the nodes send each other what waits, as long as they reach each other.
    pub fn settle(&mut self, now: Timestamp, rng: &mut impl CryptoRng) {
        for from in self.nodes.keys().copied().collect::<Vec<_>>() {
            let waiting = self.reach(&from).map(|node| node.peers_waiting());
            for peer in waiting.unwrap_or_default() {
                while self.deliver(from, peer, now, rng) == Some(Receipt::Taken) {}
            }
        }
    }

    /// Sends what comes next from one node to another; `None` if nothing waits.
    fn deliver(
        &mut self,
        from: Ed25519PublicKey,
        to: Ed25519PublicKey,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Option<Receipt> {
        let clock = self.faults.clock(&from, now);
        let message = self.nodes.get_mut(&from)?.transmit(&to, clock)?;
        let answer = self.send(from, to, &message, now, rng);
        let node = self.nodes.get_mut(&from)?;
        Some(node.take_receipt(&to, message.endpoint(), answer.as_deref()))
    }

    /// The faults of the links and clocks, to look at and to change.
    pub const fn faults_mut(&mut self) -> &mut Faults {
        &mut self.faults
    }

    /// The nodes and their swarms, as every participant may know them.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// A node, to look into.
    #[must_use]
    pub fn node(&self, key: &Ed25519PublicKey) -> Option<&Node> {
        self.nodes.get(key)
    }

    /// A node, to hand it messages that did not come over the network's links.
    pub fn node_mut(&mut self, key: &Ed25519PublicKey) -> Option<&mut Node> {
        self.nodes.get_mut(key)
    }

    /// Cuts a node off: it answers nobody until [`Self::bring_up`]. It keeps what it holds.
    pub fn take_down(&mut self, node: Ed25519PublicKey) {
        self.down.insert(node);
    }

    /// Connects a node again.
    pub fn bring_up(&mut self, node: &Ed25519PublicKey) {
        self.down.remove(node);
    }

    /// What crossed the links since the last call, in the order in which it was sent.
    pub fn take_crossings(&mut self) -> Vec<Crossing> {
        std::mem::take(&mut self.crossings)
    }

    /// Posts `body` to `path` at a node, as a client would over HTTPS, and returns its answer.
    ///
    /// # Errors
    /// [`Unreachable`] if the node is down or unknown.
    pub fn post(
        &mut self,
        edge: &Ed25519PublicKey,
        path: &str,
        body: &[u8],
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Reply, Unreachable> {
        let crossing = self.record(None, *edge, Endpoint::Post, body.len());
        if self.faults.loses(rng) {
            return Err(Unreachable(*edge));
        }
        let mut body = Cow::Borrowed(body);
        self.faults.alter(&mut body, rng);
        let clock = self.faults.clock(edge, now);
        let node = self.reach(edge).ok_or(Unreachable(*edge))?;
        let step = node.take_post(path, &body, clock, rng);
        let reply = self.finish(*edge, step, now, rng);
        if self.faults.loses(rng) {
            return Err(Unreachable(*edge));
        }
        self.record_answer(crossing, reply.body().len());
        Ok(reply)
    }

    /// Hands a node a request to be told of new messages, as a client does over a connection that stays open
    /// (05 §5.15); returns the answer. [`Self::take_notifications`] has what follows.
    ///
    /// # Errors
    /// [`Unreachable`] if the node is down or unknown.
    pub fn monitor(
        &mut self,
        node: &Ed25519PublicKey,
        connection: ConnectionId,
        request: &[u8],
        now: Timestamp,
    ) -> Result<Vec<u8>, Unreachable> {
        let clock = self.faults.clock(node, now);
        let reached = self.reach(node).ok_or(Unreachable(*node))?;
        Ok(reached.take_monitor(connection, request, clock))
    }

    /// What a node has sent by itself since the last call, by connection.
    pub fn take_notifications(&mut self, node: &Ed25519PublicKey) -> Vec<(ConnectionId, Vec<u8>)> {
        let node = self.reach(node);
        node.into_iter().flat_map(|node| std::iter::from_fn(|| node.poll_notification())).collect()
    }

    /// Posts `body` to `path` at the seed, which tells strangers who is in the network.
    pub fn post_to_seed(&self, path: &str, body: &[u8], rng: &mut impl CryptoRng) -> Reply {
        seed::take_post(&self.directory, path, body, rng)
    }

    /// Does what `step` of the node `at` asks for. Relays nest at most as deep as a hop number may go.
    fn finish(
        &mut self,
        at: Ed25519PublicKey,
        mut step: Step,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Reply {
        loop {
            let mut replication = match step {
                Step::Answer(reply) => return reply,
                Step::Relay { to, message } => {
                    return match self.send(at, to, &message, now, rng) {
                        Some(parts) => Reply::from_link_parts(&slices(&parts)),
                        None => PathError::TimedOut.to_reply(),
                    };
                }
                Step::Replicate(replication) => replication,
            };
            for member in replication.members().to_vec() {
                let parts = self.send(at, member, replication.message(), now, rng);
                replication.take_answer(member, parts);
            }
            let Some(node) = self.nodes.get_mut(&at) else {
                return PathError::TimedOut.to_reply();
            };
            step = node.resume(*replication, self.faults.clock(&at, now), rng);
        }
    }

    /// Carries a message from node to node and returns the parts of the answer; `None` if the node is down.
    fn send(
        &mut self,
        from: Ed25519PublicKey,
        to: Ed25519PublicKey,
        message: &LinkMessage,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Option<Vec<Vec<u8>>> {
        let crossing = self.record(Some(from), to, message.endpoint(), message.length());
        if self.faults.separate(&from, &to) || self.faults.loses(rng) {
            return None;
        }
        let clock = self.faults.clock(&to, now);
        let message = self.faults.altered(message, rng);
        let parts: Vec<&[u8]> = message.parts().collect();
        let node = self.reach(&to)?;
        let answer = match message.endpoint() {
            Endpoint::StorageCommand => node.take_forwarded(&parts, clock),
            Endpoint::Data => node.take_data(&parts, clock),
            Endpoint::Revocations => node.take_revocations(&parts),
            Endpoint::Post | Endpoint::OnionRequest => {
                let step = node.take_link(&parts, clock, rng);
                self.finish(to, step, now, rng).to_link_parts().into()
            }
        };
        if self.faults.loses(rng) {
            return None;
        }
        self.record_answer(crossing, answer.iter().map(Vec::len).sum());
        Some(answer)
    }

    fn reach(&mut self, node: &Ed25519PublicKey) -> Option<&mut Node> {
        if self.down.contains(node) { None } else { self.nodes.get_mut(node) }
    }

    fn record(
        &mut self,
        from: Option<Ed25519PublicKey>,
        to: Ed25519PublicKey,
        endpoint: Endpoint,
        sent: usize,
    ) -> usize {
        self.crossings.push(Crossing { from, to, endpoint, sent, answered: None });
        self.crossings.len()
    }

    fn record_answer(&mut self, crossing: usize, length: usize) {
        if let Some(crossing) = crossing.checked_sub(1).and_then(|i| self.crossings.get_mut(i)) {
            crossing.answered = Some(length);
        }
    }
}

fn slices(parts: &[Vec<u8>]) -> Vec<&[u8]> {
    parts.iter().map(Vec::as_slice).collect()
}
