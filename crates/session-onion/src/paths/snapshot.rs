//! What outlives a restart: the pool, its strikes, the edges.

use alloc::{string::String, vec::Vec};

use session_identity::Timestamp;

use super::{Paths, edges::EdgeCache};
use crate::{config::Config, pool::NodePool};

/// The three cache files (§12.3). Each network has its own.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "three files")]
pub struct Snapshot {
    /// `snode_pool`: a line for each node.
    pub pool: String,
    /// `snode_pool_strikes`.
    pub strikes: Vec<u8>,
    /// `edge_nodes`: a line for each edge.
    pub edges: String,
}

impl Paths {
    /// What is to be kept. The strike file need not be written more often than every five minutes.
    #[must_use]
    pub fn snapshot(&self, now: Timestamp) -> Snapshot {
        let mut strikes = self.pool.strikes().clone();
        strikes.expire(self.config.strike_lifetime, now);
        Snapshot { pool: self.pool.dump(), strikes: strikes.to_bytes(), edges: self.edges.dump() }
    }

    /// Paths from what was kept. What cannot be read is left out. `written_at` is the time of the pool's file:
    /// the pool counts as fetched then.
    #[must_use]
    pub fn load(config: Config, snapshot: &Snapshot, written_at: Timestamp) -> Self {
        let pool = NodePool::load(&snapshot.pool, &snapshot.strikes, written_at);
        let edges = EdgeCache::load(&snapshot.edges);
        Self { edges, ..Self::new(config, pool) }
    }
}
