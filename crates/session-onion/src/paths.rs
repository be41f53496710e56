//! Paths: which nodes a request travels over, and what becomes of paths that fail (§11, §8.4).
//!
//! [`Paths`] is a state machine without I/O. Its owner tells it what happened and does what it asks for:
//!
//! ```text
//! enqueue ──────────┐                         ┌─► Connect   handshake with an edge node
//! handle_connected ─┤                         ├─► Verify    send `info` over a path
//! handle_success ───┼─► Paths ─ poll_command ─┼─► Send      build an onion over this path, send it
//! handle_failure ───┤      └─ poll_timeout    ├─► Fail      tell whoever asked
//! handle_timeout ───┘                         ├─► Refresh   fetch lists of nodes
//!                                             └─► Close     drop the connection to an edge
//! ```
//!
//! After every call, [`Paths::poll_command`] is drained; [`Paths::handle_timeout`] is due at
//! [`Paths::poll_timeout`]. The same calls with the same random bytes give the same commands.
//!
//! Paths are disjoint, and with [`Config::subnet_diversity`] no two nodes in use share a /24 network. The edge,
//! which sees the client's address, is kept for days; the hops behind it change every few minutes.

use alloc::{
    collections::{BTreeMap, VecDeque},
    vec::Vec,
};

use session_crypto::rand_core::CryptoRng;
use session_identity::Timestamp;

use crate::{
    config::Config,
    pool::{NodePool, RefreshSource, node::ServiceNode},
};

mod build;
mod edges;
mod path;
mod queue;
mod refresh;
mod repair;
mod snapshot;

use build::Builds;
use edges::EdgeCache;
use path::{Path, Stage};
use queue::{Running, Waiting};
use refresh::Refresh;

pub use path::{PathCategory, PathId};
pub use queue::{Category, EnqueueError, RequestId};
pub use snapshot::Snapshot;

/// The paths of a client, the pool that they are made of, and the requests that wait for one.
#[derive(Debug)]
pub struct Paths {
    config: Config,
    pool: NodePool,
    edges: EdgeCache,
    paths: BTreeMap<PathId, Path>,
    builds: Builds,
    waiting: VecDeque<Waiting>,
    running: BTreeMap<RequestId, Running>,
    refresh: Refresh,
    commands: VecDeque<Command>,
    is_suspended: bool,
    next_path: u64,
}

/// What the owner has to do.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Command {
    /// Make the handshake with an edge node, then call [`Paths::handle_connected`] or
    /// [`Paths::handle_unconnected`]. The connection must prove to be that of the node's key, where the transport
    /// can. Never ask the node for anything that names the account.
    Connect {
        /// For which path.
        path: PathId,
        /// With whom.
        edge: ServiceNode,
    },
    /// Send `info` to a node over this path, then call [`Paths::handle_verified`].
    Verify {
        /// The path.
        path: PathId,
    },
    /// Build an onion over [`Paths::hops`] and send it, then call [`Paths::handle_success`] or
    /// [`Paths::handle_failure`].
    Send {
        /// The request.
        request: RequestId,
        /// The path.
        path: PathId,
    },
    /// The request is not sent.
    Fail {
        /// The request.
        request: RequestId,
        /// Why.
        reason: FailReason,
    },
    /// Fetch the list of nodes, then call [`Paths::handle_node_list`] or [`Paths::handle_refresh_failed`] for
    /// every source.
    Refresh {
        /// From whom.
        source: RefreshSource,
    },
    /// The path is gone. A connection to its edge may be closed if no other path has that edge.
    Close {
        /// The path.
        path: PathId,
    },
}

/// Why a request was not sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FailReason {
    /// No path came before the request's deadline.
    #[error("no path in time")]
    TimedOut,
    /// As many attempts to build a path failed as there may be.
    #[error("no path could be built")]
    NoPath,
    /// The client was suspended.
    #[error("suspended")]
    Suspended,
}

/// How a category of requests stands, for people.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Status {
    /// A path is ready.
    Ready,
    /// A path is being built.
    Connecting,
    /// The pool has too few usable nodes: no seed answered yet, or too many nodes failed.
    NoNodes,
    /// Nothing is being built: nobody asked, or the last attempt failed just now.
    Idle,
    /// [`Paths::suspend`] was called.
    Suspended,
}

impl Paths {
    /// Paths over `pool`. Nothing happens before [`Self::resume`].
    #[must_use]
    pub fn new(config: Config, pool: NodePool) -> Self {
        Self {
            config,
            pool,
            edges: EdgeCache::default(),
            paths: BTreeMap::new(),
            builds: Builds::default(),
            waiting: VecDeque::new(),
            running: BTreeMap::new(),
            refresh: Refresh::default(),
            commands: VecDeque::new(),
            is_suspended: true,
            next_path: 0,
        }
    }

    /// The pool.
    #[must_use]
    pub const fn pool(&self) -> &NodePool {
        &self.pool
    }

    /// The configuration.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Nodes of a path from the edge on; empty if the path is gone. A path that was repaired has other nodes
    /// than before, so ask when the onion is built.
    #[must_use]
    pub fn hops(&self, path: PathId) -> &[ServiceNode] {
        self.paths.get(&path).map_or(&[], |path| &path.nodes)
    }

    /// The paths in service, for people who want to see them.
    pub fn ready(&self) -> impl Iterator<Item = PathId> {
        let ready = self.paths.iter().filter(|(_, path)| path.stage.is_ready());
        ready.map(|(id, _)| *id)
    }

    /// How things stand for a category of requests.
    #[must_use]
    pub fn status(&self, category: Category, now: Timestamp) -> Status {
        let paths = || self.paths.values().filter(|path| self.serves(path, category));
        if self.is_suspended {
            Status::Suspended
        } else if paths().any(|path| path.stage.is_ready()) {
            Status::Ready
        } else if paths().any(Path::is_live) {
            Status::Connecting
        } else if self.pool.usable(&self.config, now).count() < self.config.path_length {
            Status::NoNodes
        } else {
            Status::Idle
        }
    }

    /// The next thing to do.
    #[must_use = "a command that is not carried out leaves a path or a request hanging"]
    pub fn poll_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// When [`Self::handle_timeout`] is due, if ever.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        if self.is_suspended {
            return None;
        }
        let paths = self.paths.values().filter_map(Path::due_at);
        let waiting = self.waiting.iter().map(|waiting| waiting.deadline);
        let builds = self.builds.due_at(|category| self.is_wanted(category));
        paths.chain(waiting).chain(builds).chain(self.refresh.due_at()).min()
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Timestamp, rng: &mut impl CryptoRng) {
        if self.is_suspended {
            return;
        }
        let due: Vec<_> = self.paths.iter().filter(|(_, path)| path.is_due(now)).collect();
        let due: Vec<_> = due.into_iter().map(|(id, path)| (*id, path.stage)).collect();
        for (id, stage) in due {
            match stage {
                Stage::Connecting { .. } => self.build_failed(id, now),
                Stage::Verifying { .. } => self.rotation_failed(id, now),
                Stage::Ready { .. } => self.rotate(id, now, rng),
                Stage::Retired => {}
            }
        }
        self.refresh_timeout(now);
        self.advance(now, rng);
    }

    /// The handshake with the edge of a path succeeded.
    pub fn handle_connected(&mut self, id: PathId, now: Timestamp, rng: &mut impl CryptoRng) {
        let Some(path) = self.paths.get(&id) else { return };
        if let (Stage::Connecting { .. }, Some(edge)) = (path.stage, path.nodes.first().copied()) {
            self.edges.add(edge, now);
            self.builds.succeeded(path.category);
            self.path_is_ready(id, now);
        }
        self.advance(now, rng);
    }

    /// The handshake with the edge of a path failed, or its connection broke. Requests on it are reported one by
    /// one, as [`Failure::Unconnected`](crate::blame::Failure::Unconnected).
    pub fn handle_unconnected(&mut self, id: PathId, now: Timestamp, rng: &mut impl CryptoRng) {
        match self.paths.get(&id).map(|path| path.stage) {
            Some(Stage::Connecting { .. }) => self.build_failed(id, now),
            Some(Stage::Verifying { .. }) => self.rotation_failed(id, now),
            Some(Stage::Ready { .. }) => {
                self.strike_edge(id, now);
                self.retire(id);
            }
            Some(Stage::Retired) | None => {}
        }
        self.advance(now, rng);
    }

    /// A request over a rotated path was answered.
    pub fn handle_verified(&mut self, id: PathId, now: Timestamp, rng: &mut impl CryptoRng) {
        if let Some(Stage::Verifying { .. }) = self.paths.get(&id).map(|path| path.stage) {
            self.path_is_ready(id, now);
        }
        self.advance(now, rng);
    }

    /// A request was answered by its destination, however.
    pub fn handle_success(&mut self, request: RequestId, now: Timestamp, rng: &mut impl CryptoRng) {
        self.finish(request);
        self.advance(now, rng);
    }

    /// Fails everything that waits or is under way, and closes all paths. What [`Self::snapshot`] saves is kept.
    pub fn suspend(&mut self) {
        self.is_suspended = true;
        let waiting = self.waiting.drain(..).map(|waiting| waiting.request);
        let running = core::mem::take(&mut self.running).into_keys();
        let reason = FailReason::Suspended;
        let fail = |request| Command::Fail { request, reason };
        self.commands = waiting.chain(running).map(fail).collect();
        let paths = core::mem::take(&mut self.paths).into_keys();
        self.commands.extend(paths.map(|path| Command::Close { path }));
        self.builds = Builds::default();
        self.refresh = Refresh::default();
    }

    /// Starts, or starts again.
    pub fn resume(&mut self, now: Timestamp, rng: &mut impl CryptoRng) {
        self.is_suspended = false;
        self.advance(now, rng);
    }

    /// Brings everything to where it can get without news from outside.
    fn advance(&mut self, now: Timestamp, rng: &mut impl CryptoRng) {
        if self.is_suspended {
            return;
        }
        self.start_refresh(now, rng);
        for category in PathCategory::ALL {
            self.start_builds(category, now, rng);
        }
        self.dispatch(now, rng);
    }
}

#[cfg(test)]
mod tests;
