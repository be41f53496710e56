//! The chain that nodes and clients agree on, simulated: blocks change who is in the network, and each that does
//! forms the swarms anew by the network's own algorithm (05 §2).

use std::collections::BTreeMap;

use session_crypto::ed25519::Ed25519PublicKey;
use session_swarm::{assignment::Assignment, hard_fork::HardFork, release::Release};

use crate::directory::{Block, Directory, ServiceNode};

/// What a block changes.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// A node has its full stake.
    Join(ServiceNode),
    /// A node's registration ends.
    Leave(Ed25519PublicKey),
    /// A node does not work and is to do nothing until it does. It stays known.
    Decommission(Ed25519PublicKey),
    /// A decommissioned node works again.
    Recommission(Ed25519PublicKey),
    /// From this block on other rules hold.
    Fork(HardFork),
}

/// The state of the network after a block.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    block: Block,
    release: Release,
    nodes: BTreeMap<Ed25519PublicKey, ServiceNode>,
    assignment: Assignment<Ed25519PublicKey>,
}

impl Chain {
    /// Chain whose latest block has this directory.
    #[must_use]
    pub fn of(directory: &Directory) -> Self {
        let swarms = directory.ring().ids().iter();
        let members = swarms.map(|swarm| {
            (*swarm, directory.members(*swarm).map(|node| node.ed25519).collect::<Vec<_>>())
        });
        Self {
            block: *directory.block(),
            release: directory.release(),
            assignment: members.collect(),
            nodes: directory.nodes().map(|node| (node.ed25519, *node)).collect(),
        }
    }

    /// Adds the block with this hash and returns the directory after it. Changes that change nothing, such as
    /// the end of a registration that there is not, are ignored.
    pub fn advance(&mut self, changes: &[Change], hash: [u8; 32]) -> Directory {
        self.block = Block { height: self.block.height.saturating_add(1), hash, ..self.block };
        let changed: usize = changes.iter().map(|change| usize::from(self.apply(change))).sum();
        // Without a change of the active nodes the swarms stay as they are (05 §2.2).
        if changed > 0 {
            self.form_swarms(&hash);
        }
        let nodes = self.nodes.values().copied();
        Directory::new(nodes).of_release(self.release).at_block(self.block)
    }

    /// Whether the change changed the active nodes.
    fn apply(&mut self, change: &Change) -> bool {
        match change {
            Change::Join(node) if !self.nodes.contains_key(&node.ed25519) => {
                let registered_at = self.block.height;
                let node = ServiceNode { swarm: None, active: true, registered_at, ..*node };
                self.nodes.insert(node.ed25519, node);
                true
            }
            Change::Leave(key) => self.nodes.remove(key).is_some_and(|node| node.active),
            Change::Decommission(key) => self.set_active(key, false),
            Change::Recommission(key) => self.set_active(key, true),
            Change::Fork(hard_fork) => {
                self.block.hard_fork = *hard_fork;
                false
            }
            Change::Join(_) => false,
        }
    }

    fn set_active(&mut self, key: &Ed25519PublicKey, active: bool) -> bool {
        match self.nodes.get_mut(key) {
            Some(node) if node.active != active => {
                (node.active, node.swarm) = (active, None);
                true
            }
            _ => false,
        }
    }

    fn form_swarms(&mut self, hash: &[u8; 32]) {
        let active = |key: &Ed25519PublicKey| self.nodes.get(key).is_some_and(|node| node.active);
        // Who left, or was decommissioned; and who came back within the block is new again.
        let placed =
            |key: &Ed25519PublicKey| self.nodes.get(key).is_some_and(|node| node.swarm.is_some());
        let joining =
            self.nodes.keys().filter(|key| active(key) && !placed(key)).copied().collect();
        self.assignment.advance(|key| !placed(key), joining, hash);
        for (swarm, members) in self.assignment.iter() {
            for key in members {
                if let Some(node) = self.nodes.get_mut(key) {
                    node.swarm = Some(swarm);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddrV4};

    use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};

    use super::*;

    fn node(seed: u8) -> ServiceNode {
        let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([seed; 32]));
        ServiceNode::new(&keypair, None, SocketAddrV4::new(Ipv4Addr::LOCALHOST, 1), 2)
    }

    fn swarms(directory: &Directory) -> Vec<usize> {
        directory.ring().ids().iter().map(|swarm| directory.members(*swarm).count()).collect()
    }

    #[test]
    fn blocks_bring_nodes_into_swarms_and_out() {
        let mut chain = Chain::default();
        let joins: Vec<_> = (0..14).map(|seed| Change::Join(node(seed))).collect();
        let directory = chain.advance(&joins, [1; 32]);
        assert_eq!(swarms(&directory), [7, 7]);
        assert_eq!((directory.block().height, directory.block().hash), (1, [1; 32]));
        let first = node(0).ed25519;
        assert_eq!(directory.node(&first).unwrap().registered_at, 1);

        let directory = chain.advance(&[Change::Decommission(first)], [2; 32]);
        let decommissioned = directory.node(&first).unwrap();
        assert_eq!((decommissioned.active, decommissioned.swarm), (false, None));
        assert_eq!(swarms(&directory).iter().sum::<usize>(), 13);

        let directory = chain.advance(&[Change::Recommission(first)], [3; 32]);
        assert!(directory.node(&first).unwrap().swarm.is_some());
        let directory = chain.advance(&[Change::Leave(first)], [4; 32]);
        assert_eq!(directory.node(&first), None);
    }

    #[test]
    fn a_block_without_changes_keeps_the_swarms() {
        let mut chain = Chain::default();
        let joins: Vec<_> = (0..20).map(|seed| Change::Join(node(seed))).collect();
        let before = chain.advance(&joins, [1; 32]);
        let fork = HardFork::MULTIPLE_EXPIRIES;
        let idle = [
            Change::Join(node(3)),
            Change::Leave(node(99).ed25519),
            Change::Recommission(node(3).ed25519),
            Change::Fork(fork),
        ];
        let after = chain.advance(&idle, [2; 32]);
        assert!(before.nodes().eq(after.nodes()));
        assert_eq!(after.block(), &Block { height: 2, hash: [2; 32], hard_fork: fork });
        let again = Chain::of(&after).advance(&[], [3; 32]);
        assert!(again.nodes().eq(after.nodes()));
    }
}
