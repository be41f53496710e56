//! One path and its stages.

use alloc::{collections::BTreeSet, vec::Vec};

use session_crypto::ed25519::Ed25519PublicKey;
use session_identity::Timestamp;

use crate::pool::node::ServiceNode;

/// Name of a path. No two paths of one [`Paths`](super::Paths) have the same, ever.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PathId(pub(super) u64);

/// What a path is for. Large transfers must not hold up messages.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "the network stack has these two")]
pub enum PathCategory {
    /// Messages.
    Standard,
    /// Files.
    File,
}

impl PathCategory {
    pub(super) const ALL: [Self; 2] = [Self::Standard, Self::File];
}

#[derive(Debug)]
pub(super) struct Path {
    pub(super) category: PathCategory,
    /// From the edge on. Never empty.
    pub(super) nodes: Vec<ServiceNode>,
    pub(super) stage: Stage,
    pub(super) strikes: u32,
    /// Nodes that were blamed one by one, and are spared when the whole path is.
    pub(super) blamed: BTreeSet<Ed25519PublicKey>,
    pub(super) in_flight: usize,
    /// The path whose place this one takes.
    pub(super) replaces: Option<PathId>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    /// The handshake with a new edge is under way.
    Connecting { deadline: Timestamp },
    /// New hops behind a known edge are being tried.
    Verifying { deadline: Timestamp },
    /// In service.
    Ready { rotate_at: Timestamp },
    /// No longer in service; requests may be under way.
    Retired,
}

impl Stage {
    pub(super) const fn is_ready(self) -> bool {
        matches!(self, Self::Ready { .. })
    }
}

impl Path {
    /// Whether the path is in service or will be.
    pub(super) const fn is_live(&self) -> bool {
        !matches!(self.stage, Stage::Retired)
    }

    pub(super) fn has(&self, node: Ed25519PublicKey) -> bool {
        self.nodes.iter().any(|hop| hop.key() == node)
    }

    /// When something has to be done about the path.
    pub(super) const fn due_at(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Connecting { deadline } | Stage::Verifying { deadline } => Some(deadline),
            Stage::Ready { rotate_at } => Some(rotate_at),
            Stage::Retired => None,
        }
    }

    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.due_at().is_some_and(|at| at <= now)
    }
}
