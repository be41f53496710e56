//! What every node of the network knows of all: the nodes and their swarms, as the chain would say it.

use std::{collections::BTreeMap, net::Ipv4Addr};

use session_crypto::{ed25519::Ed25519PublicKey, x25519::X25519PublicKey};
use session_swarm::{
    address::Address,
    answer::{SwarmInfo, SwarmMember},
    space::{SwarmId, SwarmRing},
};

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
}

/// The nodes of the network at one block of the chain.
#[derive(Clone, Debug)]
pub struct Directory {
    nodes: BTreeMap<Ed25519PublicKey, ServiceNode>,
    ring: SwarmRing,
}

impl Directory {
    /// Directory of these nodes.
    #[must_use]
    pub fn new(nodes: impl IntoIterator<Item = ServiceNode>) -> Self {
        let nodes: BTreeMap<_, _> = nodes.into_iter().map(|node| (node.ed25519, node)).collect();
        let ring = SwarmRing::new(nodes.values().filter_map(|node| node.swarm));
        Self { nodes, ring }
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

    /// Swarm that serves `account`; `None` in an empty network.
    #[must_use]
    pub fn swarm_of(&self, account: &Address) -> Option<SwarmId> {
        self.ring.nearest(account.position())
    }

    /// Nodes of the swarm that serves `account`, in the order of their keys.
    pub fn members_for(&self, account: &Address) -> impl Iterator<Item = &ServiceNode> {
        let swarm = self.swarm_of(account);
        self.nodes.values().filter(move |node| swarm.is_some() && node.swarm == swarm)
    }

    /// What a node answers to the question for the swarm of `account`.
    #[must_use]
    pub fn swarm_info(&self, account: &Address) -> SwarmInfo {
        let members = self.members_for(account).copied().map(ServiceNode::to_member).collect();
        SwarmInfo::new(self.swarm_of(account), members)
    }
}

impl ServiceNode {
    fn to_member(self) -> SwarmMember {
        let Self { ed25519, x25519, ip, https_port, omq_port, swarm: _ } = self;
        SwarmMember::new(ip, https_port, omq_port, ed25519, x25519)
    }
}
