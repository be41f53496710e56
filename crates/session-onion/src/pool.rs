//! The pool of service nodes that a client knows (§12).
//!
//! A client starts at a seed, then asks three nodes for the list and keeps what at least two of them say. Nodes
//! that fail get strikes, which time takes away again. Nothing here fetches anything: lists come in, and
//! [`NodePool::refresh_at`] says when to get the next ones.
//!
//! | module | concept | specification |
//! |---|---|---|
//! | [`node`] | a service node: keys, address, version, swarm | §12.2 |
//! | [`list`] | lists as seeds and nodes send them | §12.2, 05 §2.8 |
//! | [`strikes`] | strikes that expire | §8.4, §12.3 |
//! | [`NodePool`] | the nodes, refreshed by quorum | §12.3 |

use alloc::{
    collections::{BTreeMap, BTreeSet},
    string::String,
    vec::Vec,
};
use core::{fmt::Write as _, time::Duration};

use session_crypto::{ed25519::Ed25519PublicKey, rand_core::CryptoRng};
use session_identity::Timestamp;

use crate::{blame::Severity, config::Config, exit, random};

pub mod list;
pub mod node;
pub mod strikes;

use list::NodeList;
use node::{ServiceNode, Subnet};
use strikes::Strikes;

/// The nodes that a client knows, and what it holds against them.
#[derive(Clone, Debug, Default)]
pub struct NodePool {
    nodes: BTreeMap<Ed25519PublicKey, ServiceNode>,
    /// Those of them that are in a swarm.
    members: usize,
    strikes: Strikes,
    refreshed_at: Option<Timestamp>,
    asked_at: Option<Timestamp>,
    /// Since the last that succeeded.
    failed_refreshes: u32,
    /// When nodes were dropped on hearsay, to bound how many can be.
    drops: Vec<Timestamp>,
}

/// Where to ask for the list of nodes.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RefreshSource {
    /// One of the seeds of the network.
    Seed,
    /// These nodes, each through an onion or directly, in different /24 networks where that is possible.
    Nodes(Vec<Ed25519PublicKey>),
}

impl NodePool {
    /// Empty pool.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether no node is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The node with this primary key.
    #[must_use]
    pub fn node(&self, key: Ed25519PublicKey) -> Option<&ServiceNode> {
        self.nodes.get(&key)
    }

    /// The nodes that a 421 may redirect to: those of its keys that are here, each once and in its order. Its addresses
    /// are not looked at (§8.3).
    #[must_use]
    pub fn redirected(&self, keys: &[Ed25519PublicKey]) -> Vec<&ServiceNode> {
        let mut seen = BTreeSet::new();
        keys.iter().filter(|key| seen.insert(**key)).filter_map(|key| self.node(*key)).collect()
    }

    /// Every node, ordered by primary key.
    pub fn nodes(&self) -> impl Iterator<Item = &ServiceNode> {
        self.nodes.values()
    }

    /// Nodes that may serve on a path: in a swarm, and without too many strikes.
    pub fn usable(&self, config: &Config, now: Timestamp) -> impl Iterator<Item = &ServiceNode> {
        let (threshold, lifetime) = (config.node_strike_threshold, config.strike_lifetime);
        self.nodes().filter(move |node| {
            let strikes = self.strikes.count(node.key(), lifetime, now);
            node.swarm_id().is_some() && strikes < threshold
        })
    }

    /// Whether a node has too many strikes to be used.
    #[must_use]
    pub fn is_struck(&self, key: Ed25519PublicKey, config: &Config, now: Timestamp) -> bool {
        self.strikes.count(key, config.strike_lifetime, now) >= config.node_strike_threshold
    }

    /// The strikes.
    #[must_use]
    pub const fn strikes(&self) -> &Strikes {
        &self.strikes
    }

    /// Holds a failure against a node. A drop counts as one strike once `config.max_drops_per_hour` is reached:
    /// drops rest on hearsay, and must not empty the pool.
    pub fn strike(
        &mut self,
        key: Ed25519PublicKey,
        severity: Severity,
        config: &Config,
        now: Timestamp,
    ) {
        if !self.nodes.contains_key(&key) {
            return;
        }
        let count = match severity {
            Severity::Strike => 1,
            Severity::Drop if self.may_drop(config, now) => config.node_strike_threshold,
            Severity::Drop => 1,
        };
        self.strikes.add(key, count, config.strike_lifetime, now);
    }

    fn may_drop(&mut self, config: &Config, now: Timestamp) -> bool {
        self.drops.retain(|at| now.saturating_duration_since(*at) < HOUR);
        let may = self.drops.len() < config.max_drops_per_hour;
        if may {
            self.drops.push(now);
        }
        may
    }

    /// Members of a swarm. Struck ones are left out unless fewer than `config.min_swarm_size` are left; then
    /// those with the fewest strikes come back (§12.3).
    #[must_use]
    pub fn swarm(&self, swarm_id: u64, config: &Config, now: Timestamp) -> Vec<&ServiceNode> {
        let members = self.nodes().filter(|node| node.swarm_id() == Some(swarm_id));
        let strikes =
            |node: &ServiceNode| self.strikes.count(node.key(), config.strike_lifetime, now);
        let mut members: Vec<_> = members.map(|node| (strikes(node), node)).collect();
        members.sort_by_key(|(strikes, _)| *strikes);
        let whole = members.iter().filter(|(strikes, _)| *strikes < config.node_strike_threshold);
        let kept = whole.count().max(config.min_swarm_size);
        members.into_iter().take(kept).map(|(_, node)| node).collect()
    }

    /// When a new list is due: now if the pool is empty, older than `config.pool_lifetime`, or has fewer than
    /// `config.min_pool_size` usable nodes besides the `in_use` that serve on paths. In no case before a pause
    /// after the last time: that of `config.small_pool_interval` if it brought a list, else
    /// `config.min_refresh_interval` or, after several failures, up to `config.max_retry_delay`.
    #[must_use]
    pub fn refresh_at(
        &self,
        in_use: &[Ed25519PublicKey],
        config: &Config,
        now: Timestamp,
    ) -> Timestamp {
        let later = |at: Timestamp, pause| at.checked_add(pause).unwrap_or(END_OF_TIME);
        // A time in the future is that of a clock that was wrong: it says nothing.
        let past = |at: Option<Timestamp>| at.filter(|at| *at <= now);
        let wanted = match past(self.refreshed_at) {
            Some(at) if self.free_nodes(in_use, config, now) >= config.min_pool_size => {
                later(at, config.pool_lifetime)
            }
            _ => Timestamp::from_millis(0),
        };
        let pause = match self.failed_refreshes {
            0 => config.small_pool_interval,
            failed => config.min_refresh_interval.max(config.retry_delay(failed)),
        };
        wanted.max(past(self.asked_at).map_or(wanted, |at| later(at, pause)))
    }

    /// Usable nodes that are not in use. Asked after every event, so it counts the few that are not free.
    fn free_nodes(&self, in_use: &[Ed25519PublicKey], config: &Config, now: Timestamp) -> usize {
        let struck = self.strikes.nodes().filter(|node| self.is_struck(*node, config, now));
        let taken: BTreeSet<_> = struck.chain(in_use.iter().copied()).collect();
        let is_member = |node: &&ServiceNode| node.swarm_id().is_some();
        let taken = taken.into_iter().filter_map(|node| self.nodes.get(&node)).filter(is_member);
        self.members.saturating_sub(taken.count())
    }

    /// Whom to ask for a list at `now`: three random nodes in different networks, or a seed if the pool has not
    /// that many. [`Self::merge`], [`Self::replace`] or [`Self::refresh_failed`] takes the outcome.
    #[must_use]
    pub fn start_refresh(
        &mut self,
        config: &Config,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> RefreshSource {
        self.asked_at = Some(now);
        let sources = self.refresh_nodes(config, now, rng);
        if sources.is_empty() || sources.len() < config.refresh_nodes {
            RefreshSource::Seed
        } else {
            RefreshSource::Nodes(sources)
        }
    }

    /// Nobody sent a list.
    pub const fn refresh_failed(&mut self) {
        self.failed_refreshes = self.failed_refreshes.saturating_add(1);
    }

    /// Random nodes in different networks.
    fn refresh_nodes(
        &self,
        config: &Config,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Vec<Ed25519PublicKey> {
        let mut candidates: Vec<_> = self.usable(config, now).collect();
        random::shuffle(&mut candidates, rng);
        let mut subnets: Vec<Subnet> = Vec::new();
        let mut chosen = Vec::new();
        for node in candidates {
            if chosen.len() == config.refresh_nodes {
                break;
            }
            if !config.subnet_diversity || !subnets.contains(&node.subnet()) {
                subnets.push(node.subnet());
                chosen.push(node.key());
            }
        }
        chosen
    }

    /// Takes the list of a seed as it is.
    ///
    /// # Errors
    /// [`RefreshError`] if it has fewer than `config.min_pool_size` nodes, with public addresses where
    /// `config.public_addresses` asks for these; the pool is then as before.
    pub fn replace(
        &mut self,
        list: &NodeList,
        config: &Config,
        now: Timestamp,
    ) -> Result<(), RefreshError> {
        self.accept(list.nodes().copied(), config, now)
    }

    /// Takes what the lists of several nodes agree on: the nodes that at least `config.refresh_presence` of them
    /// have, with the same address, version and swarm.
    ///
    /// # Errors
    /// [`RefreshError`] if they agree on fewer than `config.min_pool_size` nodes; the pool is then as before, and
    /// a seed should be asked.
    pub fn merge(
        &mut self,
        lists: &[NodeList],
        config: &Config,
        now: Timestamp,
    ) -> Result<(), RefreshError> {
        let mut votes: BTreeMap<&ServiceNode, usize> = BTreeMap::new();
        for node in lists.iter().flat_map(NodeList::nodes) {
            let count = votes.entry(node).or_default();
            *count = count.saturating_add(1);
        }
        let agreed = votes.into_iter().filter(|(_, count)| *count >= config.refresh_presence);
        self.accept(agreed.map(|(node, _)| *node), config, now)
    }

    fn accept(
        &mut self,
        nodes: impl Iterator<Item = ServiceNode>,
        config: &Config,
        now: Timestamp,
    ) -> Result<(), RefreshError> {
        let may_be_called =
            |node: &ServiceNode| !config.public_addresses || exit::is_public(node.ip().into());
        let nodes = nodes.filter(may_be_called).map(|node| (node.key(), node));
        let nodes: BTreeMap<_, _> = nodes.collect();
        if nodes.len() < config.min_pool_size {
            self.refresh_failed();
            return Err(RefreshError { found: nodes.len(), minimum: config.min_pool_size });
        }
        self.members = count_members(&nodes);
        self.nodes = nodes;
        // Nodes that left take their strikes along in time.
        self.strikes.expire(config.strike_lifetime, now);
        self.refreshed_at = Some(now);
        self.failed_refreshes = 0;
        Ok(())
    }

    /// Text of the cache: a line for each node. When it was fetched is the time of the file.
    #[must_use]
    pub fn dump(&self) -> String {
        let mut text = String::new();
        for node in self.nodes() {
            // Writing to a string cannot fail.
            _ = writeln!(text, "{node}");
        }
        text
    }

    /// Pool from the text of the cache and the bytes of its strikes. Lines that are no nodes are left out, and a
    /// broken strike file counts as none: a cache that cannot be read must not stop the client.
    #[must_use]
    pub fn load(text: &str, strikes: &[u8], written_at: Timestamp) -> Self {
        let nodes = text.lines().filter_map(|line| line.parse::<ServiceNode>().ok());
        let nodes: BTreeMap<_, _> =
            nodes.take(list::MAX_NODES).map(|node| (node.key(), node)).collect();
        let strikes = Strikes::from_bytes(strikes).unwrap_or_default();
        let refreshed_at = (!nodes.is_empty()).then_some(written_at);
        let members = count_members(&nodes);
        Self { nodes, members, strikes, refreshed_at, ..Self::default() }
    }
}

fn count_members(nodes: &BTreeMap<Ed25519PublicKey, ServiceNode>) -> usize {
    nodes.values().filter(|node| node.swarm_id().is_some()).count()
}

const END_OF_TIME: Timestamp = Timestamp::from_millis(u64::MAX);
const HOUR: Duration = Duration::from_secs(3600);

/// Too few nodes for a pool.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("{found} nodes, at least {minimum} make a pool")]
pub struct RefreshError {
    /// Nodes that were there, or agreed on.
    pub found: usize,
    /// Nodes that are needed.
    pub minimum: usize,
}

#[cfg(test)]
mod tests;
