//! Failed requests: strikes, repairs, and the end of paths (§8.4).

use alloc::vec::Vec;

use session_crypto::{ed25519::Ed25519PublicKey, rand_core::CryptoRng};
use session_identity::Timestamp;

use super::{Command, Path, PathId, Paths, RequestId, Stage};
use crate::{
    blame::{Blame, Failure, PathBlame, Route, Severity},
    pool::node::ServiceNode,
};

impl Paths {
    /// A request failed. Whoever is to blame gets a strike, and paths that lost a node are repaired. The answer
    /// says whether to try again, with a new onion; `None` if no such request is under way.
    pub fn handle_failure(
        &mut self,
        request: RequestId,
        failure: &Failure,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Option<Blame> {
        let running = self.finish(request)?;
        let route = match running.destination {
            Some(node) => Route::to_node(&running.hops, node),
            None => Route::to_server(&running.hops),
        };
        let blame = failure.blame(&route);
        if let Some((node, severity)) = blame.node {
            if let Some(path) = self.paths.get_mut(&running.path) {
                path.blamed.insert(node);
            }
            self.strike(node, severity, now, rng);
        }
        if blame.path == PathBlame::Struck {
            self.strike_path(running.path, now, rng);
        }
        self.advance(now, rng);
        Some(blame)
    }

    /// Strikes a node; if that makes it unusable, no path keeps it.
    fn strike(
        &mut self,
        node: Ed25519PublicKey,
        severity: Severity,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        self.pool.strike(node, severity, &self.config, now);
        if !self.pool.is_struck(node, &self.config, now) {
            return;
        }
        self.edges.remove(node);
        let has_node = |path: &Path| path.is_live() && path.has(node);
        let paths: Vec<_> =
            self.paths.iter().filter(|(_, path)| has_node(path)).map(|(id, _)| *id).collect();
        for id in paths {
            self.repair(id, node, now, rng);
        }
    }

    /// Replaces a node behind the edge in place. A path that loses its edge, or finds no other node, is retired.
    fn repair(
        &mut self,
        id: PathId,
        node: Ed25519PublicKey,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        let spare = self.spare_node(id, node, now, rng);
        let Some(path) = self.paths.get_mut(&id) else { return };
        let position = path.nodes.iter().position(|hop| hop.key() == node);
        let hop = position.filter(|position| *position > 0);
        let hop = hop.and_then(|position| path.nodes.get_mut(position));
        match (hop, spare) {
            (Some(hop), Some(spare)) => *hop = spare,
            _ => self.retire(id),
        }
    }

    /// Strikes a path; at the threshold it goes, and its nodes that were not blamed yet get a strike each.
    fn strike_path(&mut self, id: PathId, now: Timestamp, rng: &mut impl CryptoRng) {
        let Some(path) = self.paths.get_mut(&id) else { return };
        path.strikes = path.strikes.saturating_add(1);
        if path.strikes < self.config.path_strike_threshold {
            return;
        }
        let keys = path.nodes.iter().map(ServiceNode::key);
        let unblamed: Vec<_> = keys.filter(|key| !path.blamed.contains(key)).collect();
        self.retire(id);
        for node in unblamed {
            self.strike(node, Severity::Strike, now, rng);
        }
    }

    pub(super) fn strike_edge(&mut self, id: PathId, now: Timestamp) {
        let edge = self.paths.get(&id).and_then(|path| path.nodes.first()).map(ServiceNode::key);
        if let Some(edge) = edge {
            self.pool.strike(edge, Severity::Strike, &self.config, now);
            if self.pool.is_struck(edge, &self.config, now) {
                self.edges.remove(edge);
            }
        }
    }

    /// Takes a path out of service. It goes when its last request is done.
    pub(super) fn retire(&mut self, id: PathId) {
        if let Some(path) = self.paths.get_mut(&id) {
            path.stage = Stage::Retired;
            self.close_if_done(id);
        }
    }

    pub(super) fn close_if_done(&mut self, id: PathId) {
        let is_done = |path: &Path| path.in_flight == 0 && matches!(path.stage, Stage::Retired);
        if self.paths.get(&id).is_some_and(is_done) {
            self.paths.remove(&id);
            self.commands.push_back(Command::Close { path: id });
        }
    }
}
