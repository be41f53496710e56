//! Building, rotating and replacing paths (§11).

use alloc::{collections::BTreeSet, vec::Vec};

use session_crypto::{ed25519::Ed25519PublicKey, rand_core::CryptoRng};
use session_identity::Timestamp;

use super::{Command, FailReason, Path, PathCategory, PathId, Paths, Stage, queue::is_destination};
use crate::{
    pool::node::{ServiceNode, Subnet},
    random,
};

/// Failed attempts of each category, and when the next may come.
#[derive(Debug, Default)]
pub(super) struct Builds([Attempts; 2]);

#[derive(Debug, Default)]
struct Attempts {
    failed: u32,
    not_before: Option<Timestamp>,
}

impl Builds {
    fn of(&mut self, category: PathCategory) -> &mut Attempts {
        let [standard, file] = &mut self.0;
        match category {
            PathCategory::Standard => standard,
            PathCategory::File => file,
        }
    }

    pub(super) fn succeeded(&mut self, category: PathCategory) {
        *self.of(category) = Attempts::default();
    }

    /// When a build that is wanted and has to pause may go on.
    pub(super) fn due_at(&self, is_wanted: impl Fn(PathCategory) -> bool) -> Option<Timestamp> {
        let categories = PathCategory::ALL.into_iter().zip(&self.0);
        let wanted = categories.filter(|(category, _)| is_wanted(*category));
        wanted.filter_map(|(_, attempts)| attempts.not_before).min()
    }
}

impl Paths {
    /// Whether another path of this category should be built.
    pub(super) fn is_wanted(&self, category: PathCategory) -> bool {
        let is_live = |id: PathId| self.paths.get(&id).is_some_and(Path::is_live);
        let counts = |path: &&Path| {
            path.is_live()
                && (self.config.single_path || path.category == category)
                // A path and the one that takes its place are one.
                && !path.replaces.is_some_and(is_live)
        };
        self.paths.values().filter(counts).count() < self.wanted_paths(category)
    }

    fn wanted_paths(&self, category: PathCategory) -> usize {
        let mut waiting = self.waiting.iter().filter(|w| w.category.paths() == category);
        let prebuilt = category == PathCategory::Standard && !self.config.no_prebuilt_paths;
        if !prebuilt && waiting.clone().next().is_none() {
            return 0;
        }
        if self.config.single_path {
            return 1;
        }
        let count = match category {
            PathCategory::Standard => self.config.standard_paths,
            PathCategory::File => self.config.file_paths,
        };
        // One more if some request's own destination is on every path that there is.
        let is_blocked = waiting.any(|w| w.destination.is_some_and(|n| self.blocks(category, n)));
        count.max(1).saturating_add(usize::from(is_blocked))
    }

    fn blocks(&self, category: PathCategory, node: Ed25519PublicKey) -> bool {
        let mut live = self
            .paths
            .values()
            .filter(|path| path.is_live() && path.category == category)
            .peekable();
        live.peek().is_some() && live.all(|path| is_destination(path, Some(node)))
    }

    /// Starts as many builds as are wanted and possible.
    pub(super) fn start_builds(
        &mut self,
        category: PathCategory,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        if self.builds.of(category).not_before.is_some_and(|at| now < at) {
            return;
        }
        self.builds.of(category).not_before = None;
        while self.is_wanted(category) {
            let Some(edge) = self.choose_edge(now, rng) else { return };
            let Some(nodes) = self.choose_hops(edge, now, rng) else { return };
            self.connect(category, nodes, None, now);
        }
    }

    fn connect(
        &mut self,
        category: PathCategory,
        nodes: Vec<ServiceNode>,
        replaces: Option<PathId>,
        now: Timestamp,
    ) {
        let Some(edge) = nodes.first().copied() else { return };
        let deadline = later(now, self.config.connect_timeout);
        let path = self.add(category, nodes, Stage::Connecting { deadline }, replaces);
        self.commands.push_back(Command::Connect { path, edge });
    }

    fn add(
        &mut self,
        category: PathCategory,
        nodes: Vec<ServiceNode>,
        stage: Stage,
        replaces: Option<PathId>,
    ) -> PathId {
        let id = PathId(self.next_path);
        self.next_path = self.next_path.saturating_add(1);
        let path = Path {
            category,
            nodes,
            stage,
            strikes: 0,
            blamed: BTreeSet::new(),
            in_flight: 0,
            replaces,
        };
        self.paths.insert(id, path);
        id
    }

    /// A path enters service, and that whose place it takes leaves it.
    pub(super) fn path_is_ready(&mut self, id: PathId, now: Timestamp) {
        let rotate_at = later(now, self.config.rotation_interval);
        let Some(path) = self.paths.get_mut(&id) else { return };
        path.stage = Stage::Ready { rotate_at };
        if let Some(replaced) = path.replaces.take() {
            self.retire(replaced);
        }
    }

    /// The edge of a new path did not answer.
    pub(super) fn build_failed(&mut self, id: PathId, now: Timestamp) {
        self.strike_edge(id, now);
        let Some(path) = self.paths.get(&id) else { return };
        if path.replaces.is_some() {
            return self.rotation_failed(id, now);
        }
        let category = path.category;
        self.retire(id);
        let limit = self.config.build_retry_limit;
        let attempts = self.builds.of(category);
        attempts.failed = attempts.failed.saturating_add(1);
        attempts.not_before = Some(later(now, self.config.retry_delay(attempts.failed)));
        if attempts.failed >= limit {
            attempts.failed = 0;
            self.fail_waiting(category);
        }
    }

    fn fail_waiting(&mut self, category: PathCategory) {
        for waiting in core::mem::take(&mut self.waiting) {
            if waiting.category.paths() == category {
                self.fail(waiting.request, FailReason::NoPath);
            } else {
                self.waiting.push_back(waiting);
            }
        }
    }

    /// Replaces the hops behind the edge, and the edge too once it is old.
    pub(super) fn rotate(&mut self, id: PathId, now: Timestamp, rng: &mut impl CryptoRng) {
        self.postpone_rotation(id, now);
        let Some(path) = self.paths.get(&id) else { return };
        let (category, edge) = (path.category, path.nodes.first().copied());
        let kept =
            edge.filter(|edge| !self.edges.is_old(edge.key(), self.config.edge_lifetime, now));
        if let Some(edge) = kept {
            let Some(nodes) = self.choose_hops(edge, now, rng) else { return };
            let deadline = later(now, self.config.verify_timeout);
            let path = self.add(category, nodes, Stage::Verifying { deadline }, Some(id));
            self.commands.push_back(Command::Verify { path });
            return;
        }
        if let Some(old) = edge {
            self.edges.remove(old.key());
        }
        let Some(edge) = self.choose_edge(now, rng) else { return };
        let Some(nodes) = self.choose_hops(edge, now, rng) else { return };
        self.connect(category, nodes, Some(id), now);
    }

    /// The new hops did not work; the path that they were for stays as it is for a while.
    pub(super) fn rotation_failed(&mut self, id: PathId, now: Timestamp) {
        let replaced = self.paths.get_mut(&id).and_then(|path| path.replaces.take());
        self.retire(id);
        if let Some(replaced) = replaced {
            self.postpone_rotation(replaced, now);
        }
    }

    fn postpone_rotation(&mut self, id: PathId, now: Timestamp) {
        let at = later(now, self.config.rotation_retry);
        if let Some(Stage::Ready { rotate_at }) =
            self.paths.get_mut(&id).map(|path| &mut path.stage)
        {
            *rotate_at = at;
        }
    }

    /// An edge of earlier days if one is free, else any free node.
    fn choose_edge(&self, now: Timestamp, rng: &mut impl CryptoRng) -> Option<ServiceNode> {
        let free = self.free_nodes(None, now);
        let is_known =
            |node: &ServiceNode| self.edges.is_young(node.key(), self.config.edge_lifetime, now);
        let known: Vec<_> = free.iter().filter(|node| is_known(node)).copied().collect();
        random::choose(if known.is_empty() { &free } else { &known }, rng).copied()
    }

    /// A whole path behind this edge, `None` if too few nodes are free.
    fn choose_hops(
        &self,
        edge: ServiceNode,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Option<Vec<ServiceNode>> {
        let mut free = self.free_nodes(None, now);
        random::shuffle(&mut free, rng);
        let mut nodes = [edge].to_vec();
        for node in free {
            if nodes.len() >= self.config.path_length {
                break;
            }
            if self.are_apart(&nodes, &node) {
                nodes.push(node);
            }
        }
        (nodes.len() == self.config.path_length).then_some(nodes)
    }

    /// A node for the place of `lost` on a path.
    pub(super) fn spare_node(
        &self,
        id: PathId,
        lost: Ed25519PublicKey,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Option<ServiceNode> {
        let nodes = &self.paths.get(&id)?.nodes;
        let kept: Vec<_> = nodes.iter().filter(|node| node.key() != lost).copied().collect();
        let free = self.free_nodes(Some(lost), now);
        let fitting: Vec<_> = free.into_iter().filter(|node| self.are_apart(&kept, node)).collect();
        random::choose(&fitting, rng).copied()
    }

    fn are_apart(&self, nodes: &[ServiceNode], candidate: &ServiceNode) -> bool {
        nodes.iter().all(|node| {
            node.key() != candidate.key()
                && !(self.config.subnet_diversity && node.subnet() == candidate.subnet())
        })
    }

    /// Usable nodes that are on no live path, and in no network that has one there; `besides` counts as gone.
    /// The destinations of waiting requests are left out too while others are left.
    fn free_nodes(&self, besides: Option<Ed25519PublicKey>, now: Timestamp) -> Vec<ServiceNode> {
        let in_use = || {
            let live = self.paths.values().filter(|path| path.is_live());
            live.flat_map(|path| &path.nodes).filter(|node| Some(node.key()) != besides)
        };
        let keys: BTreeSet<Ed25519PublicKey> = in_use().map(ServiceNode::key).collect();
        let subnets: BTreeSet<Subnet> = in_use().map(ServiceNode::subnet).collect();
        let is_near =
            |node: &ServiceNode| self.config.subnet_diversity && subnets.contains(&node.subnet());
        let usable = self.pool.usable(&self.config, now);
        let usable = usable.filter(|node| !keys.contains(&node.key()) && !is_near(node));
        let wanted: BTreeSet<_> = self.waiting.iter().filter_map(|w| w.destination).collect();
        let (free, destinations): (Vec<_>, Vec<_>) =
            usable.partition(|node| !wanted.contains(&node.key()));
        if free.len() >= self.config.path_length { free } else { [free, destinations].concat() }
    }
}

/// `now` plus `pause`; the end of time if that is earlier.
pub(super) fn later(now: Timestamp, pause: core::time::Duration) -> Timestamp {
    now.checked_add(pause).unwrap_or(Timestamp::from_millis(u64::MAX))
}
