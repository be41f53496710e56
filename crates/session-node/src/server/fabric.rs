//! The nodes of the server and what passes between them: the [`Network`](crate::network::Network), but with
//! many requests at once, real time, and delays.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use chacha20::{ChaCha20Rng, rand_core::SeedableRng};
use session_crypto::{ed25519::Ed25519PublicKey, rand_core::Rng as _};
use session_identity::Timestamp;
use session_onion::{path_error::PathError, reply::Reply};
use tokio::{task::JoinSet, time::Instant};

#[cfg(feature = "sqlite")]
use super::state::State;
use super::{
    FaultOptions, Timeouts,
    genesis::World,
    metrics::{Gauges, Metrics},
    page::{self, Load, Movements},
};
use crate::{
    chain::{Chain, Change},
    directory::{Directory, ServiceNode},
    fault::Faults,
    link::{Endpoint, LinkMessage},
    node::{Node, Receipt, Step},
    seed,
};

/// Parts of an answer; `None` if there is none.
type Parts = Option<Vec<Vec<u8>>>;

/// The nodes, each behind a lock that is held for one step at a time and never while anybody waits.
#[derive(Debug)]
pub(super) struct Fabric {
    nodes: BTreeMap<Ed25519PublicKey, Mutex<Node>>,
    chain: Mutex<Chain>,
    directory: RwLock<Arc<Directory>>,
    #[cfg(feature = "sqlite")]
    state: Option<Mutex<State>>,
    faults: Faults,
    delay: Duration,
    timeouts: Timeouts,
    rng: Mutex<ChaCha20Rng>,
    /// Held while a block is made: nodes take them one after the other.
    forming: tokio::sync::Mutex<()>,
    /// Held while nodes hand over: two at once would take each other's receipts for theirs.
    settling: tokio::sync::Mutex<()>,
    pub(super) metrics: Metrics,
    movements: Movements,
}

impl Fabric {
    pub(super) fn new(
        world: World,
        faults: &FaultOptions,
        timeouts: Timeouts,
        rng: ChaCha20Rng,
    ) -> Self {
        let nodes = world.nodes.into_iter().map(|node| (node.key(), Mutex::new(node)));
        let delay = faults.delay;
        Self {
            nodes: nodes.collect(),
            chain: Mutex::new(world.chain),
            faults: faults.faults(&world.directory),
            directory: RwLock::new(world.directory),
            #[cfg(feature = "sqlite")]
            state: world.state.map(Mutex::new),
            delay,
            timeouts,
            rng: Mutex::new(rng),
            forming: tokio::sync::Mutex::default(),
            settling: tokio::sync::Mutex::default(),
            metrics: Metrics::default(),
            movements: Movements::default(),
        }
    }

    pub(super) fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.directory.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Answer of the node `at` to what a client posted; `None` if it is lost on the way.
    pub(super) async fn post(
        self: Arc<Self>,
        at: Ed25519PublicKey,
        path: &'static str,
        body: Vec<u8>,
    ) -> Option<Reply> {
        let mut rng = self.fork_rng();
        self.movements.note(None, at, Endpoint::Post);
        if self.faults.loses(&mut rng) {
            return None;
        }
        self.pause(&mut rng).await;
        let mut body = body.into();
        self.faults.alter(&mut body, &mut rng);
        let step = self.step(&at, |node, now| node.take_post(path, &body, now, &mut rng))?;
        let reply = self.finish(at, step, &mut rng).await;
        if self.faults.loses(&mut rng) { None } else { Some(reply) }
    }

    /// Answer of the seed.
    pub(super) fn post_to_seed(&self, path: &str, body: &[u8]) -> Reply {
        seed::take_post(&self.directory(), path, body, &mut self.fork_rng())
    }

    /// Adds a block with these changes, and has the nodes hand over what they owe.
    pub(super) async fn next_block(self: &Arc<Self>, changes: &[Change]) {
        let _forming = self.forming.lock().await;
        let mut hash = [0; 32];
        self.fork_rng().fill_bytes(&mut hash);
        let directory = Arc::new(lock(&self.chain).advance(changes, hash));
        *self.directory.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&directory);
        for node in self.nodes.values() {
            lock(node).take_block(Arc::clone(&directory));
        }
        // Last: if the process ends before, nodes owe more than they have to, and nothing is missing.
        #[cfg(feature = "sqlite")]
        if let Some(Err(error)) = self.state.as_ref().map(|state| lock(state).save(&directory)) {
            tracing::error!(%error, "block cannot be kept");
        }
        self.settle().await;
    }

    /// A change at random: a node fails, or works again. At most a third of the nodes are out at once.
    pub(super) fn churn(&self) -> Option<Change> {
        let directory = self.directory();
        let (active, out): (Vec<&ServiceNode>, Vec<_>) =
            directory.nodes().partition(|node| node.active);
        let mut rng = self.fork_rng();
        let fails = out.len().saturating_mul(2) < active.len() && rng.next_u64().is_multiple_of(2);
        let candidates = if fails { &active } else { &out };
        let count = u64::try_from(candidates.len()).ok()?;
        let choice = usize::try_from(rng.next_u64().checked_rem(count)?).ok()?;
        let key = candidates.get(choice)?.ed25519;
        Some(if fails { Change::Decommission(key) } else { Change::Recommission(key) })
    }

    /// Has every node send what waits.
    pub(super) async fn settle(self: &Arc<Self>) {
        let _settling = self.settling.lock().await;
        let mut tasks = JoinSet::new();
        for (from, node) in &self.nodes {
            for peer in lock(node).peers_waiting() {
                let (fabric, from) = (Arc::clone(self), *from);
                tasks.spawn(async move {
                    while fabric.deliver(from, peer).await == Some(Receipt::Taken) {}
                });
            }
        }
        tasks.join_all().await;
    }

    /// Has every node forget what has expired.
    pub(super) fn expire(&self) {
        for key in self.nodes.keys() {
            self.step(key, Node::expire);
        }
    }

    pub(super) fn gauges(&self) -> Gauges {
        let directory = self.directory();
        let mut gauges = Gauges {
            nodes: number(directory.nodes().count()),
            swarms: number(directory.ring().ids().len()),
            height: directory.block().height,
            ..Gauges::default()
        };
        for node in self.nodes.values() {
            let node = lock(node);
            gauges.messages = gauges.messages.saturating_add(number(node.storage().len()));
            gauges.bytes = gauges.bytes.saturating_add(node.storage().bytes());
            gauges.waiting = gauges.waiting.saturating_add(number(node.peers_waiting().len()));
        }
        gauges
    }

    /// What the page shows.
    pub(super) fn page_state(&self, query: Option<&str>) -> String {
        let load = |key: &Ed25519PublicKey| {
            let node = self.nodes.get(key).map(lock);
            node.map_or(Load::default(), |node| Load {
                messages: node.storage().len(),
                owes: node.peers_waiting().len(),
            })
        };
        page::state(&self.directory(), &self.movements, query, load)
    }

    async fn deliver(
        self: &Arc<Self>,
        from: Ed25519PublicKey,
        to: Ed25519PublicKey,
    ) -> Option<Receipt> {
        let message = self.step(&from, |node, now| node.transmit(&to, now))??;
        let endpoint = message.endpoint();
        let answer = self.send(from, to, message).await;
        self.step(&from, |node, _| node.take_receipt(&to, endpoint, answer.as_deref()))
    }

    /// Does what `step` of the node `at` asks for.
    fn finish<'a>(
        self: &'a Arc<Self>,
        at: Ed25519PublicKey,
        mut step: Step,
        rng: &'a mut ChaCha20Rng,
    ) -> Pin<Box<dyn Future<Output = Reply> + Send + 'a>> {
        Box::pin(async move {
            loop {
                let mut replication = match step {
                    Step::Answer(reply) => return reply,
                    Step::Relay { to, message } => {
                        return match self.send(at, to, message).await {
                            Some(parts) => {
                                let parts: Vec<_> = parts.iter().map(Vec::as_slice).collect();
                                Reply::from_link_parts(&parts)
                            }
                            None => PathError::TimedOut.to_reply(),
                        };
                    }
                    Step::Replicate(replication) => replication,
                };
                let mut answers = JoinSet::new();
                for to in replication.members().iter().copied() {
                    let (fabric, message) = (Arc::clone(self), replication.message().clone());
                    answers.spawn(async move { (to, fabric.send(at, to, message).await) });
                }
                for (member, parts) in answers.join_all().await {
                    replication.take_answer(member, parts);
                }
                match self.step(&at, |node, now| node.resume(*replication, now, rng)) {
                    Some(next) => step = next,
                    None => return PathError::TimedOut.to_reply(),
                }
            }
        })
    }

    /// Carries a message from node to node and returns the parts of the answer; `None` when the sender has
    /// waited long enough. What the receiver does goes on even then.
    async fn send(
        self: &Arc<Self>,
        from: Ed25519PublicKey,
        to: Ed25519PublicKey,
        message: LinkMessage,
    ) -> Parts {
        let endpoint = message.endpoint();
        let patience = match endpoint {
            Endpoint::Post | Endpoint::OnionRequest => self.timeouts.relay,
            Endpoint::StorageCommand | Endpoint::Data | Endpoint::Revocations => {
                self.timeouts.forward
            }
        };
        let deadline = Instant::now().checked_add(patience);
        let carried = tokio::spawn(Arc::clone(self).carry(from, to, message));
        let answer = match deadline {
            None => carried.await.ok().flatten(),
            Some(deadline) => match tokio::time::timeout_at(deadline, carried).await {
                Ok(Ok(Some(answer))) => Some(answer),
                Ok(_) => {
                    // Lost: the sender cannot know, and waits.
                    tokio::time::sleep_until(deadline).await;
                    None
                }
                Err(_) => None,
            },
        };
        self.metrics.link_message(endpoint, answer.is_some());
        answer
    }

    async fn carry(
        self: Arc<Self>,
        from: Ed25519PublicKey,
        to: Ed25519PublicKey,
        message: LinkMessage,
    ) -> Parts {
        let mut rng = self.fork_rng();
        self.movements.note(Some(from), to, message.endpoint());
        if self.faults.separate(&from, &to) || self.faults.loses(&mut rng) {
            return None;
        }
        self.pause(&mut rng).await;
        let message = self.faults.altered(&message, &mut rng).into_owned();
        let parts: Vec<&[u8]> = message.parts().collect();
        let answer = match message.endpoint() {
            Endpoint::StorageCommand => {
                self.step(&to, |node, now| node.take_forwarded(&parts, now))
            }
            Endpoint::Data => self.step(&to, |node, now| node.take_data(&parts, now)),
            Endpoint::Revocations => self.step(&to, |node, _| node.take_revocations(&parts)),
            Endpoint::Post | Endpoint::OnionRequest => {
                let step = self.step(&to, |node, now| node.take_link(&parts, now, &mut rng))?;
                Some(self.finish(to, step, &mut rng).await.to_link_parts().into())
            }
        };
        if self.faults.loses(&mut rng) { None } else { answer }
    }

    /// Does one step at a node, at the time that its clock shows; `None` if there is no such node.
    fn step<T>(
        &self,
        at: &Ed25519PublicKey,
        step: impl FnOnce(&mut Node, Timestamp) -> T,
    ) -> Option<T> {
        let now = self.faults.clock(at, now());
        Some(step(&mut lock(self.nodes.get(at)?), now))
    }

    /// Waits as long as a message takes.
    async fn pause(&self, rng: &mut ChaCha20Rng) {
        let longest = u64::try_from(self.delay.as_micros()).unwrap_or(u64::MAX);
        if longest > 0 {
            let micros = rng.next_u64() % longest.saturating_add(1).max(1);
            tokio::time::sleep(Duration::from_micros(micros)).await;
        }
    }

    /// A generator for one task, so that tasks do not wait for each other.
    fn fork_rng(&self) -> ChaCha20Rng {
        let mut seed = [0; 32];
        lock(&self.rng).fill_bytes(&mut seed);
        ChaCha20Rng::from_seed(seed)
    }
}

/// The time: here, and nowhere else in the crate, a clock is read.
#[expect(clippy::disallowed_methods, reason = "the server is where time comes in")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Nothing panics while it holds a lock; if something did, the others go on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
