//! Many nodes in one process, and what passes between them.
//!
//! The network carries bytes: what a client posts reaches the edge node as bytes, and every message between
//! nodes is the one of the specification. It keeps a record of what crossed each link, which is all that an
//! observer of the wires, or a hop, could see.

use std::{
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

use crate::{
    directory::{Directory, ServiceNode},
    link::{Endpoint, LinkMessage},
    membership,
    node::{Node, Step},
    seed,
};

/// First port that the directory gives to a node; each has two.
const FIRST_PORT: u16 = 22_000;
/// Most nodes of a network; their ports must fit.
pub const MAX_NODES: usize = 2_000;

/// A network of service nodes in this process.
#[derive(Debug)]
pub struct Network {
    nodes: BTreeMap<Ed25519PublicKey, Node>,
    directory: Arc<Directory>,
    down: BTreeSet<Ed25519PublicKey>,
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
        if !(1..=MAX_NODES).contains(&size) {
            return Err(StartError::Size { found: size });
        }
        let keypairs: Vec<_> = (0..size).map(|_| Ed25519Keypair::generate(rng)).collect();
        let swarms =
            membership::form_swarms(keypairs.iter().map(Ed25519Keypair::public_key).collect(), rng);
        let nodes = keypairs.iter().zip(FIRST_PORT..).map(|(keypair, port)| {
            let omq_port = port.saturating_add(u16::try_from(MAX_NODES).unwrap_or(u16::MAX));
            let swarm = swarms.get(&keypair.public_key()).copied();
            ServiceNode::new(keypair, swarm, SocketAddrV4::new(Ipv4Addr::LOCALHOST, port), omq_port)
        });
        let directory = Directory::new(nodes);
        Ok(Self::of(keypairs, directory))
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
        Self { nodes, directory, down: BTreeSet::new(), crossings: Vec::new() }
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
        let node = self.reach(edge).ok_or(Unreachable(*edge))?;
        let step = node.take_post(path, body, now, rng);
        let reply = self.finish(*edge, step, now, rng);
        self.record_answer(crossing, reply.body().len());
        Ok(reply)
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
            step = node.resume(*replication, now, rng);
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
        let node = self.reach(&to)?;
        let parts: Vec<&[u8]> = message.parts().collect();
        let answer = match message.endpoint() {
            Endpoint::StorageCommand => node.take_forwarded(&parts, now),
            Endpoint::Post | Endpoint::OnionRequest => {
                let step = node.take_link(&parts, now, rng);
                self.finish(to, step, now, rng).to_link_parts().into()
            }
        };
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
