//! What every node of the network knows of all: the nodes and their swarms, as the chain would say it.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, SocketAddrV4},
};

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey},
    x25519::X25519PublicKey,
};
use session_swarm::{
    address::Address,
    answer::{SwarmInfo, SwarmMember},
    hard_fork::HardFork,
    release::Release,
    space::{SwarmId, SwarmRing},
};

mod node_list;
mod query;

pub use query::{NodeListQuery, QueryError};

/// A service node as others know it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ServiceNode {
    /// Key that names the node and signs its answers.
    pub ed25519: Ed25519PublicKey,
    /// Key that onion layers are encrypted for.
    pub x25519: X25519PublicKey,
    /// Its swarm; `None` while it has not been given one.
    pub swarm: Option<SwarmId>,
    /// Its address.
    pub ip: Ipv4Addr,
    /// Port of HTTPS.
    pub https_port: u16,
    /// Port of links between nodes.
    pub omq_port: u16,
    /// Whether it works. A node that is funded and does not is decommissioned.
    pub active: bool,
    /// Height of the block in which it joined.
    pub registered_at: u64,
}

/// The block of the chain that a [`Directory`] is of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "all that nodes say of a block")]
pub struct Block {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// The rules that hold from it on (05 §5.1).
    pub hard_fork: HardFork,
}

impl Default for Block {
    /// The first block, under the rules of the newest network.
    fn default() -> Self {
        Self { height: 0, hash: [0; 32], hard_fork: Release::Newest.hard_fork() }
    }
}

/// The nodes of the network at one block of the chain.
#[derive(Clone, Debug)]
pub struct Directory {
    nodes: BTreeMap<Ed25519PublicKey, ServiceNode>,
    members: BTreeMap<SwarmId, BTreeSet<Ed25519PublicKey>>,
    ring: SwarmRing,
    block: Block,
    release: Release,
}

impl Directory {
    /// Directory of these nodes, at the first block.
    #[must_use]
    pub fn new(nodes: impl IntoIterator<Item = ServiceNode>) -> Self {
        let nodes: BTreeMap<_, _> = nodes.into_iter().map(|node| (node.ed25519, node)).collect();
        let mut members: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for node in nodes.values() {
            if let Some(swarm) = node.swarm {
                members.entry(swarm).or_default().insert(node.ed25519);
            }
        }
        let ring = SwarmRing::new(members.keys().copied());
        Self { nodes, members, ring, block: Block::default(), release: Release::Newest }
    }

    /// The directory at another block.
    #[must_use]
    pub fn at_block(mut self, block: Block) -> Self {
        self.block = block;
        self
    }

    /// The same network of nodes of this release, under the rules of its time.
    #[must_use]
    pub const fn of_release(mut self, release: Release) -> Self {
        self.release = release;
        self.block.hard_fork = release.hard_fork();
        self
    }

    /// Release of the program that the nodes say they run, and whose rules they follow.
    #[must_use]
    pub const fn release(&self) -> Release {
        self.release
    }

    /// The block.
    #[must_use]
    pub const fn block(&self) -> &Block {
        &self.block
    }

    /// All nodes, in the order of their keys.
    pub fn nodes(&self) -> impl Iterator<Item = &ServiceNode> {
        self.nodes.values()
    }

    /// The node with this key.
    #[must_use]
    pub fn node(&self, key: &Ed25519PublicKey) -> Option<&ServiceNode> {
        self.nodes.get(key)
    }

    /// The swarms, on their ring.
    #[must_use]
    pub const fn ring(&self) -> &SwarmRing {
        &self.ring
    }

    /// Swarm that serves `account`; `None` in an empty network.
    #[must_use]
    pub fn swarm_of(&self, account: &Address) -> Option<SwarmId> {
        self.ring.nearest(account.position())
    }

    /// Nodes of a swarm, in the order of their keys.
    pub fn members(&self, swarm: SwarmId) -> impl Iterator<Item = &ServiceNode> {
        let members = self.members.get(&swarm).into_iter().flatten();
        members.filter_map(|key| self.nodes.get(key))
    }

    /// Nodes of the swarm that serves `account`, in the order of their keys.
    pub fn members_for(&self, account: &Address) -> impl Iterator<Item = &ServiceNode> {
        self.swarm_of(account).into_iter().flat_map(|swarm| self.members(swarm))
    }

    /// What a node answers to the question for the swarm of `account`.
    #[must_use]
    pub fn swarm_info(&self, account: &Address) -> SwarmInfo {
        let members = self.members_for(account).copied().map(ServiceNode::to_member).collect();
        SwarmInfo::new(self.swarm_of(account), members)
    }
}

impl ServiceNode {
    /// Active node with these keys, reachable by HTTPS at `address`.
    #[must_use]
    pub fn new(
        keypair: &Ed25519Keypair,
        swarm: Option<SwarmId>,
        address: SocketAddrV4,
        omq_port: u16,
    ) -> Self {
        Self {
            ed25519: keypair.public_key(),
            x25519: keypair.to_x25519().public_key(),
            swarm,
            ip: *address.ip(),
            https_port: address.port(),
            omq_port,
            active: true,
            registered_at: 0,
        }
    }

    fn to_member(self) -> SwarmMember {
        // Here the key that names a node is its primary key too.
        SwarmMember::new(self.ip, self.https_port, self.omq_port, self.ed25519, self.x25519)
            .with_legacy(self.ed25519)
    }
}
