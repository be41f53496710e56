//! Which node is in which swarm when a network starts: as the network itself would form them (05 §2).

use std::collections::BTreeMap;

use session_crypto::{ed25519::Ed25519PublicKey, rand_core::CryptoRng};
use session_swarm::{assignment::Assignment, space::SwarmId};

/// Swarms of nodes that all join at one block with a random hash.
pub(crate) fn form_swarms(
    nodes: Vec<Ed25519PublicKey>,
    rng: &mut impl CryptoRng,
) -> BTreeMap<Ed25519PublicKey, SwarmId> {
    let mut block_hash = [0; 32];
    rng.fill_bytes(&mut block_hash);
    let mut assignment = Assignment::default();
    assignment.advance(|_| false, nodes, &block_hash);
    let swarms = assignment.iter();
    swarms.flat_map(|(swarm, nodes)| nodes.iter().map(move |node| (*node, swarm))).collect()
}
