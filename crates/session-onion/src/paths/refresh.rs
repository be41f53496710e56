//! Fetching the list of nodes when it is due (§12.3).

use alloc::vec::Vec;

use session_crypto::{ed25519::Ed25519PublicKey, rand_core::CryptoRng};
use session_identity::Timestamp;

use super::{Command, Paths, build::later};
use crate::pool::{RefreshSource, list::NodeList, node::ServiceNode};

/// A fetch under way, and when to look for the next.
#[derive(Debug, Default)]
pub(super) struct Refresh {
    fetch: Option<Fetch>,
    /// When the next is due, as things stood at the last call.
    due_at: Option<Timestamp>,
}

#[derive(Debug)]
struct Fetch {
    pending: Pending,
    lists: Vec<NodeList>,
    deadline: Timestamp,
}

/// Who has not answered yet.
#[derive(Debug)]
enum Pending {
    Seed { answered: bool },
    Nodes(Vec<Ed25519PublicKey>),
}

impl Refresh {
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        self.fetch.as_ref().map(|fetch| fetch.deadline).or(self.due_at)
    }

    /// Whether an answer of `source` is awaited. It then no longer is.
    fn answered(&mut self, source: Option<Ed25519PublicKey>) -> bool {
        match (self.fetch.as_mut().map(|fetch| &mut fetch.pending), source) {
            (Some(Pending::Seed { answered }), None) => !core::mem::replace(answered, true),
            (Some(Pending::Nodes(nodes)), Some(source)) => {
                let before = nodes.len();
                nodes.retain(|node| *node != source);
                nodes.len() < before
            }
            _ => false,
        }
    }
}

impl Paths {
    /// A source has sent its list; `None` is the seed. Lists that nobody asked for are ignored.
    pub fn handle_node_list(
        &mut self,
        source: Option<Ed25519PublicKey>,
        list: NodeList,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        if self.refresh.answered(source) {
            if let Some(fetch) = &mut self.refresh.fetch {
                fetch.lists.push(list);
            }
            self.settle_refresh(now);
        }
        self.advance(now, rng);
    }

    /// A source did not send a list; `None` is the seed.
    pub fn handle_refresh_failed(
        &mut self,
        source: Option<Ed25519PublicKey>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        if self.refresh.answered(source) {
            self.settle_refresh(now);
        }
        self.advance(now, rng);
    }

    /// Who has not answered by the deadline does not count.
    pub(super) fn refresh_timeout(&mut self, now: Timestamp) {
        if let Some(fetch) = self.refresh.fetch.as_mut().filter(|fetch| fetch.deadline <= now) {
            match &mut fetch.pending {
                Pending::Seed { answered } => *answered = true,
                Pending::Nodes(nodes) => nodes.clear(),
            }
            self.settle_refresh(now);
        }
    }

    /// Takes the lists once nobody is awaited. If the nodes do not agree, a seed is asked.
    fn settle_refresh(&mut self, now: Timestamp) {
        let is_settled = |fetch: &mut Fetch| match &fetch.pending {
            Pending::Seed { answered } => *answered,
            Pending::Nodes(nodes) => nodes.is_empty(),
        };
        let Some(fetch) = self.refresh.fetch.take_if(is_settled) else { return };
        match (fetch.pending, fetch.lists.as_slice()) {
            (Pending::Nodes(_), lists) => {
                if self.pool.merge(lists, &self.config, now).is_err() {
                    self.fetch(RefreshSource::Seed, now);
                }
            }
            // Too small a list counts as a failure, which the pool remembers.
            (Pending::Seed { .. }, [list, ..]) => {
                _ = self.pool.replace(list, &self.config, now);
            }
            (Pending::Seed { .. }, []) => self.pool.refresh_failed(),
        }
    }

    /// Asks for a list if one is due and none is on its way.
    pub(super) fn start_refresh(&mut self, now: Timestamp, rng: &mut impl CryptoRng) {
        if self.refresh.fetch.is_some() {
            return;
        }
        let live = self.paths.values().filter(|path| path.is_live());
        let in_use: Vec<_> = live.flat_map(|path| &path.nodes).map(ServiceNode::key).collect();
        let due_at = self.pool.refresh_at(&in_use, &self.config, now);
        self.refresh.due_at = Some(due_at);
        if due_at <= now {
            let source = self.pool.start_refresh(&self.config, now, rng);
            self.fetch(source, now);
        }
    }

    fn fetch(&mut self, source: RefreshSource, now: Timestamp) {
        let pending = match &source {
            RefreshSource::Seed => Pending::Seed { answered: false },
            RefreshSource::Nodes(nodes) => Pending::Nodes(nodes.clone()),
        };
        let deadline = later(now, self.config.refresh_timeout);
        self.refresh.fetch = Some(Fetch { pending, lists: Vec::new(), deadline });
        self.commands.push_back(Command::Refresh { source });
    }
}
