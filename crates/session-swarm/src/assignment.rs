//! How the network forms its swarms (spec 05 §2): which service node belongs to which swarm after a block.
//!
//! Every node of the network computes this by itself from the list of nodes and the hash of the block, so that
//! all of it is consensus: the random generator, the order of its draws, and the way an unstable sort of a
//! C++ library treats equal sizes. Clients read the result from the node list; a test network or an auditor
//! computes it.
//!
//! ```text
//! block ──► nodes leave ──► newcomers join the smaller swarms ──► poor swarms take from rich ones
//!                                        │                                      │
//!                                        └─► enough spare nodes: a new swarm ◄──┘ ──► starving swarms dissolve
//! ```
//!
//! ```
//! use session_swarm::{assignment::Assignment, space::SwarmId};
//!
//! let mut network = Assignment::default();
//! network.reassign((1..=14).collect(), 0);
//! let (first, nodes) = network.iter().next().unwrap();
//! assert_eq!((first, nodes), (SwarmId::ZERO, &[1, 5, 6, 9, 11, 13, 14][..]));
//! assert_eq!(network.len(), 2);
//! ```

use alloc::{collections::BTreeMap, vec::Vec};

mod by_size;
mod rng;
#[cfg(test)]
mod tests;

use by_size::BySize;
use rng::Mt19937;

use crate::space::{SwarmId, SwarmRing};

/// Nodes that a swarm needs; with fewer it is *starving*, and what it has more is its *excess*.
pub const MIN_SWARM_SIZE: usize = 5;
/// Nodes of a new swarm.
pub const NEW_SWARM_SIZE: usize = 7;
/// Excess that the network keeps for each swarm, beside [`NEW_SWARM_SIZE`], before it makes a new one.
const IDEAL_MARGIN: usize = 2;
/// New nodes go to swarms up to this size, as a percentile.
const FILL_PERCENTILE: usize = 25;
/// Nodes of a dissolved swarm go to swarms up to this size.
const REDISTRIBUTE_PERCENTILE: usize = 0;
/// Poor swarms take from swarms of this size or more.
const STEAL_PERCENTILE: usize = 75;

/// The active service nodes by swarm. `N` names a node: its primary key, by which the network orders nodes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Assignment<N>(Vec<Swarm<N>>);

/// A swarm and its nodes, in the order that the algorithm needs.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Swarm<N> {
    id: SwarmId,
    nodes: Vec<N>,
}

impl<N> Default for Assignment<N> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Swarms with their nodes, in ascending order. Swarms without nodes do not exist and are left out; the nodes
/// of an id that comes twice are put together.
impl<N> FromIterator<(SwarmId, Vec<N>)> for Assignment<N> {
    fn from_iter<I: IntoIterator<Item = (SwarmId, Vec<N>)>>(swarms: I) -> Self {
        let mut by_id: BTreeMap<SwarmId, Vec<N>> = BTreeMap::new();
        for (id, nodes) in swarms {
            by_id.entry(id).or_default().extend(nodes);
        }
        let full = by_id.into_iter().filter(|(_, nodes)| !nodes.is_empty());
        Self(full.map(|(id, nodes)| Swarm { id, nodes }).collect())
    }
}

impl<N> Assignment<N> {
    /// The swarms with their nodes, by ascending id.
    pub fn iter(&self) -> impl Iterator<Item = (SwarmId, &[N])> {
        self.0.iter().map(|swarm| (swarm.id, swarm.nodes.as_slice()))
    }

    /// Number of swarms.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no swarm.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ring of these swarms.
    #[must_use]
    pub fn ring(&self) -> SwarmRing {
        SwarmRing::new(self.0.iter().map(|swarm| swarm.id))
    }

    /// Takes nodes off that are no longer active: expired, deregistered or decommissioned.
    pub fn remove(&mut self, mut leaves: impl FnMut(&N) -> bool) {
        self.0.iter_mut().for_each(|swarm| swarm.nodes.retain(|node| !leaves(node)));
        self.0.retain(|swarm| !swarm.nodes.is_empty());
    }

    /// Forms the swarms anew after a block (§2.6), with the nodes of each swarm and of `joining` in the order
    /// in which they are. `seed` is [`seed_of_block`].
    ///
    /// The network has them in ascending order of their keys each time: see [`Self::advance`].
    pub fn reassign(&mut self, joining: Vec<N>, seed: u64) {
        // 0. Nothing comes of nothing.
        if self.0.is_empty() {
            if joining.is_empty() {
                return;
            }
            self.0.push(Swarm { id: SwarmId::ZERO, nodes: Vec::new() });
        }
        let mut run = Run {
            swarms: core::mem::take(&mut self.0),
            rng: Mt19937::new(seed),
            by_size: BySize::default(),
        };
        run.assign(joining, FILL_PERCENTILE); // 1.
        run.rescue(); // 2.
        run.create(); // 3.
        run.dissolve(); // 4.
        self.0 = run.swarms;
    }
}

impl<N: Ord> Assignment<N> {
    /// The network's step at a block: the nodes for which `leaves` holds go, `joining` come, and the swarms are
    /// formed anew with the block's hash as seed, all in the order of the keys.
    pub fn advance(
        &mut self,
        leaves: impl FnMut(&N) -> bool,
        mut joining: Vec<N>,
        block_hash: &[u8; 32],
    ) {
        self.remove(leaves);
        self.0.iter_mut().for_each(|swarm| swarm.nodes.sort_unstable());
        joining.sort_unstable();
        self.reassign(joining, seed_of_block(block_hash));
    }
}

/// Seed of the block with this hash: its first 8 bytes, little-endian (§2.2).
#[must_use]
pub const fn seed_of_block(block_hash: &[u8; 32]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *block_hash;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// Identifier of the next swarm beside these: the middle of the widest gap (§2.5). `None` if the ring is full.
///
/// Here the ring has the 2^64 − 1 valid ids, of which the last and the first are neighbours. The first of
/// several widest gaps counts; the one across the wrap point only if it is wider than all others.
#[must_use]
pub fn next_swarm_id(ring: &SwarmRing) -> Option<SwarmId> {
    let ids = ring.ids();
    let (Some(first), Some(last)) = (ids.first(), ids.last()) else {
        return Some(SwarmId::ZERO);
    };
    let across = (SwarmId::MAX.get() - last.get()).saturating_add(first.get()).saturating_add(1);
    let within =
        ids.iter().zip(ids.iter().skip(1)).map(|(left, right)| (left, right.get() - left.get()));
    let mut widest = (last, 0);
    for gap in within.chain([(last, across)]) {
        if gap.1 > widest.1 {
            widest = gap;
        }
    }
    let (left, gap) = widest;
    // The sum of two 64-bit numbers fits 128 bits, and the remainder by 2^64 − 1 fits 64.
    let ids_in_ring = u128::from(u64::MAX);
    let id = (u128::from(left.get()) + u128::from(gap / 2)) % ids_in_ring;
    let id = SwarmId::try_from(u64::try_from(id).ok()?).ok()?;
    (!ids.contains(&id)).then_some(id)
}

/// One run of the algorithm.
struct Run<N> {
    /// By ascending id.
    swarms: Vec<Swarm<N>>,
    rng: Mt19937,
    by_size: BySize,
}

impl<N> Run<N> {
    /// Sorts the swarms by size, as the network does.
    fn sort(&mut self) {
        self.by_size.sort(self.swarms.iter().map(|swarm| swarm.nodes.len()));
    }

    /// Puts each of `nodes` into one of the smaller swarms, and makes a new swarm as soon as there can be one.
    fn assign(&mut self, nodes: Vec<N>, percentile: usize) {
        for node in nodes {
            self.sort();
            let candidates = self.by_size.count_up_to_percentile(percentile);
            let choice = self.by_size.index(self.rng.pick(candidates));
            if let Some(swarm) = choice.and_then(|index| self.swarms.get_mut(index)) {
                swarm.nodes.push(node);
            }
            self.create();
        }
    }

    /// Makes new swarms of excess nodes while there are enough.
    fn create(&mut self) {
        if self.swarms.iter().any(|swarm| swarm.nodes.len() < MIN_SWARM_SIZE) {
            return;
        }
        while self.excess(MIN_SWARM_SIZE) >= NEW_SWARM_SIZE + IDEAL_MARGIN * self.swarms.len() {
            let mut nodes = Vec::with_capacity(NEW_SWARM_SIZE);
            while nodes.len() < NEW_SWARM_SIZE {
                let Some(node) = self.draw(MIN_SWARM_SIZE) else { return };
                nodes.push(node);
            }
            let ring = SwarmRing::new(self.swarms.iter().map(|swarm| swarm.id));
            let Some(id) = next_swarm_id(&ring) else { return };
            let at = self.swarms.partition_point(|swarm| swarm.id < id);
            self.swarms.insert(at, Swarm { id, nodes });
        }
    }

    /// Fills poor swarms with nodes of the rich ones, poorest first.
    fn rescue(&mut self) {
        self.sort();
        let rich = self.by_size.size_at_percentile(STEAL_PERCENTILE);
        // The reference subtracts without a sign: below nothing is more than anything.
        let threshold = rich.checked_sub(1).map_or(usize::MAX, |size| size.max(MIN_SWARM_SIZE));
        for index in self.by_size.smaller_than(MIN_SWARM_SIZE) {
            while let Some(missing) = self.missing(index) {
                if self.excess(threshold) < missing {
                    return;
                }
                let Some(node) = self.draw(threshold) else { return };
                if let Some(swarm) = self.swarms.get_mut(index) {
                    swarm.nodes.push(node);
                }
            }
        }
    }

    /// Dissolves starving swarms, lowest id first, into the smallest ones. The last swarm stays.
    fn dissolve(&mut self) {
        while self.swarms.len() > 1 {
            let starving = |swarm: &Swarm<N>| swarm.nodes.len() < MIN_SWARM_SIZE;
            let Some(index) = self.swarms.iter().position(starving) else { return };
            let swarm = self.swarms.remove(index);
            self.assign(swarm.nodes, REDISTRIBUTE_PERCENTILE);
        }
    }

    /// How many nodes a swarm lacks, `None` if it lacks none.
    fn missing(&self, index: usize) -> Option<usize> {
        let size = self.swarms.get(index)?.nodes.len();
        MIN_SWARM_SIZE.checked_sub(size).filter(|missing| *missing > 0)
    }

    /// What the swarms of more than `threshold` nodes have in excess, together.
    fn excess(&self, threshold: usize) -> usize {
        self.rich(threshold).map(|swarm| swarm.nodes.len().saturating_sub(MIN_SWARM_SIZE)).sum()
    }

    /// Takes a random node of the swarms of more than `threshold` nodes.
    fn draw(&mut self, threshold: usize) -> Option<N> {
        let pool: usize = self.rich(threshold).map(|swarm| swarm.nodes.len()).sum();
        if pool == 0 {
            return None;
        }
        let mut place = self.rng.pick(pool);
        for swarm in self.swarms.iter_mut().filter(|swarm| swarm.nodes.len() > threshold) {
            match place.checked_sub(swarm.nodes.len()) {
                None => return Some(swarm.nodes.remove(place)),
                Some(rest) => place = rest,
            }
        }
        None
    }

    fn rich(&self, threshold: usize) -> impl Iterator<Item = &Swarm<N>> {
        self.swarms.iter().filter(move |swarm| swarm.nodes.len() > threshold)
    }
}
