//! Requests that wait for a path, and those under way.

use alloc::vec::Vec;

use session_crypto::{ed25519::Ed25519PublicKey, rand_core::CryptoRng};
use session_identity::Timestamp;

use super::{Command, FailReason, Path, PathCategory, PathId, Paths};
use crate::{pool::node::ServiceNode, random};

/// Name of a request, chosen by whoever asks.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_structs, reason = "the number is the caller's")]
pub struct RequestId(pub u64);

/// What a request is for. The small ones have a stream of their own on the connection to the edge.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the network stack has these four")]
pub enum Category {
    /// Messages.
    Standard,
    /// Messages with short answers.
    StandardSmall,
    /// Files.
    File,
    /// Short requests about files.
    FileSmall,
}

impl Category {
    /// The paths that serve it.
    #[must_use]
    pub const fn paths(self) -> PathCategory {
        match self {
            Self::Standard | Self::StandardSmall => PathCategory::Standard,
            Self::File | Self::FileSmall => PathCategory::File,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) request: RequestId,
    pub(super) category: Category,
    /// The service node that is asked; `None` for a server.
    pub(super) destination: Option<Ed25519PublicKey>,
    pub(super) deadline: Timestamp,
}

#[derive(Debug)]
pub(super) struct Running {
    pub(super) path: PathId,
    /// The nodes as they were when the request left: a repair changes those of the path.
    pub(super) hops: Vec<Ed25519PublicKey>,
    pub(super) destination: Option<Ed25519PublicKey>,
}

/// Why a request was not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EnqueueError {
    /// [`Paths::resume`] was not called.
    #[error("suspended")]
    Suspended,
    /// As many requests wait as may.
    #[error("too many requests wait for a path")]
    Full,
    /// A request of this name waits or is under way.
    #[error("request has the name of another")]
    Duplicate,
    /// A request to a server, while [`Config::path_length`](crate::config::Config::path_length) is 1: the edge node
    /// would be the exit (§11).
    #[error("paths of one hop are not used for servers")]
    EdgeIsExit,
}

impl Paths {
    /// Takes a request. It is sent over a path that does not contain `destination`, or fails at `deadline` if
    /// there is none by then. `None` as destination is a server.
    ///
    /// # Errors
    /// [`EnqueueError`], every variant.
    pub fn enqueue(
        &mut self,
        request: RequestId,
        category: Category,
        destination: Option<Ed25519PublicKey>,
        deadline: Timestamp,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(), EnqueueError> {
        if self.is_suspended {
            return Err(EnqueueError::Suspended);
        }
        if destination.is_none() && self.config.path_length < 2 {
            return Err(EnqueueError::EdgeIsExit);
        }
        if self.waiting.len() >= self.config.max_queued {
            return Err(EnqueueError::Full);
        }
        let waits = self.waiting.iter().any(|waiting| waiting.request == request);
        if waits || self.running.contains_key(&request) {
            return Err(EnqueueError::Duplicate);
        }
        self.waiting.push_back(Waiting { request, category, destination, deadline });
        self.advance(now, rng);
        Ok(())
    }

    /// Forgets a request that is no longer wanted. Whether it waits or is under way, nothing more is said of it.
    pub fn cancel(&mut self, request: RequestId, now: Timestamp, rng: &mut impl CryptoRng) {
        self.waiting.retain(|waiting| waiting.request != request);
        self.finish(request);
        self.advance(now, rng);
    }

    /// Sends what can be sent, in the order in which it came, and fails what has waited too long.
    pub(super) fn dispatch(&mut self, now: Timestamp, rng: &mut impl CryptoRng) {
        for waiting in core::mem::take(&mut self.waiting) {
            let Waiting { request, destination, .. } = waiting;
            if waiting.deadline <= now {
                self.fail(request, FailReason::TimedOut);
            } else if let Some(path) = self.choose_path(&waiting, rng) {
                self.send(request, path, destination);
            } else {
                self.waiting.push_back(waiting);
            }
        }
    }

    fn send(&mut self, request: RequestId, path: PathId, destination: Option<Ed25519PublicKey>) {
        let hops = self.hops(path).iter().map(ServiceNode::key).collect();
        self.running.insert(request, Running { path, hops, destination });
        if let Some(path) = self.paths.get_mut(&path) {
            path.in_flight = path.in_flight.saturating_add(1);
        }
        self.commands.push_back(Command::Send { request, path });
    }

    pub(super) fn fail(&mut self, request: RequestId, reason: FailReason) {
        self.commands.push_back(Command::Fail { request, reason });
    }

    /// Requests that wait for a path.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Requests that were sent and have not ended.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.running.len()
    }

    /// Of the paths that can take the request one with the fewest under way, any of them.
    fn choose_path(&self, waiting: &Waiting, rng: &mut impl CryptoRng) -> Option<PathId> {
        if self.running.len() >= self.config.max_in_flight {
            return None;
        }
        let can_take = |path: &Path| {
            path.stage.is_ready()
                && self.serves(path, waiting.category)
                && (self.config.single_path || !is_destination(path, waiting.destination))
        };
        let paths = || self.paths.iter().filter(|(_, path)| can_take(path));
        let least = paths().map(|(_, path)| path.in_flight).min()?;
        let idlest: Vec<_> = paths().filter(|(_, path)| path.in_flight == least).collect();
        random::choose(&idlest, rng).map(|(id, _)| **id)
    }

    pub(super) fn serves(&self, path: &Path, category: Category) -> bool {
        self.config.single_path || path.category == category.paths()
    }

    /// Ends a request that is under way.
    pub(super) fn finish(&mut self, request: RequestId) -> Option<Running> {
        let running = self.running.remove(&request)?;
        if let Some(path) = self.paths.get_mut(&running.path) {
            path.in_flight = path.in_flight.saturating_sub(1);
        }
        self.close_if_done(running.path);
        Some(running)
    }
}

/// Whether a node would have to relay to itself, which it then knows to be the destination.
pub(super) fn is_destination(path: &Path, destination: Option<Ed25519PublicKey>) -> bool {
    destination.is_some_and(|node| path.has(node))
}
