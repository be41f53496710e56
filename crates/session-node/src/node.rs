//! One service node, without its sockets: bytes in, and what is to be sent next (04 §5, 05 §7).
//!
//! A node is driven by whoever owns its connections. [`Node::take_post`] and [`Node::take_link`] take what came
//! in and return a [`Step`]: an answer, or messages for other nodes together with what turns their answers
//! into one. The [network](crate::network) drives many of them in one process.

use std::{ops::ControlFlow, sync::Arc};

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey},
    rand_core::CryptoRng,
    x25519::X25519Keypair,
};
use session_identity::Timestamp;
use session_onion::{
    layer::{Layer, MAX_REQUEST_LENGTH},
    path_error::PathError,
    peel::Peeled,
    reply::Reply,
};
use session_swarm::{
    address::Address,
    answer::Response,
    request::{Circumstances, NodeState, Request, RequestError},
};

mod carry_out;
mod duties;
mod edge;
mod exit;
mod job;
mod monitor;
mod outbox;

use crate::{
    directory::{Block, Directory},
    link::{Endpoint, LinkMessage, Replication, ReplyTo},
    storage::{MemoryStorage, Storage, StorageError},
};
use job::Turn;
use monitor::Monitors;
use outbox::Outbox;

pub use duties::Receipt;
pub(crate) use job::Job;
pub use monitor::ConnectionId;

/// Path of the entry for onion requests (04 §5.1).
pub const ONION_REQUEST_PATH: &str = "/onion_req/v2";
/// Path of the entry for requests without onion (05 §5.1).
pub const STORAGE_RPC_PATH: &str = "/storage_rpc/v1";

/// A service node: its keys, what it knows of the others, what it holds.
#[derive(Debug)]
pub struct Node {
    ed25519: Ed25519Keypair,
    x25519: X25519Keypair,
    directory: Arc<Directory>,
    storage: Box<dyn Storage>,
    outbox: Outbox,
    monitors: Monitors,
    /// Whether the node may hold messages that others serve.
    has_surplus: bool,
}

/// What follows from bytes that came in.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step {
    /// The answer.
    Answer(Reply),
    /// A message for the next hop, whose answer goes back as [`Reply::from_link_parts`] makes it; without an
    /// answer it is [`PathError::TimedOut`].
    Relay {
        /// The next hop.
        to: Ed25519PublicKey,
        /// What it gets.
        message: LinkMessage,
    },
    /// Copies of a request for the other members of the swarm.
    /// What follows from their answers is for [`Node::resume`].
    Replicate(Box<Replication>),
}

impl Node {
    /// Node with these keys and an empty store in memory.
    #[must_use]
    pub fn new(keypair: Ed25519Keypair, directory: Arc<Directory>) -> Self {
        let storage = Box::new(MemoryStorage::default());
        Self {
            x25519: keypair.to_x25519(),
            ed25519: keypair,
            directory,
            storage,
            outbox: Outbox::default(),
            monitors: Monitors::default(),
            has_surplus: false,
        }
    }

    /// Node with these keys that goes on with what it stored before. Peers to which it owed something get
    /// everything that they serve.
    ///
    /// # Errors
    /// [`StorageError`] if the storage cannot be read.
    pub fn with_storage(
        keypair: Ed25519Keypair,
        directory: Arc<Directory>,
        storage: Box<dyn Storage>,
    ) -> Result<Self, StorageError> {
        let mut node = Self { storage, has_surplus: true, ..Self::new(keypair, directory) };
        for peer in node.storage.owed()? {
            node.outbox.hand_over(peer);
        }
        Ok(node)
    }

    /// The key that names the node.
    #[must_use]
    pub fn key(&self) -> Ed25519PublicKey {
        self.ed25519.public_key()
    }

    /// What the node holds.
    #[must_use]
    pub fn storage(&self) -> &dyn Storage {
        &*self.storage
    }

    /// Forgets what has expired at `now`; what a database does not let go, the next time.
    pub fn expire(&mut self, now: Timestamp) {
        _ = self.storage.expire(now);
    }

    /// Takes what a client posted to `path`.
    pub fn take_post(
        &mut self,
        path: &str,
        body: &[u8],
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Step {
        match path {
            ONION_REQUEST_PATH => match Layer::from_edge_body(body) {
                Ok(layer) => self.take_layer(&layer, now, rng),
                Err(error) => Step::Answer(edge::refusal(&error, body)),
            },
            STORAGE_RPC_PATH if body.len() > MAX_REQUEST_LENGTH => {
                Step::Answer(PathError::TooLarge.to_reply())
            }
            STORAGE_RPC_PATH => self.take_request(body, ReplyTo::Plain, now, rng),
            _ => Step::Answer(Reply::new(404, format!("post {path} Not Found").into_bytes())),
        }
    }

    /// Takes a layer that the node before passed on: one part, the dict of 04 §5.3.
    pub fn take_link(&mut self, parts: &[&[u8]], now: Timestamp, rng: &mut impl CryptoRng) -> Step {
        let [bytes] = parts else {
            return Step::Answer(PathError::UnreadableLayer.to_reply());
        };
        match Layer::from_link_bytes(bytes) {
            Ok(layer) => self.take_layer(&layer, now, rng),
            Err(error) => Step::Answer(error.to_reply()),
        }
    }

    fn take_layer(&mut self, layer: &Layer<'_>, now: Timestamp, rng: &mut impl CryptoRng) -> Step {
        match layer.peel(&self.x25519) {
            Ok(Peeled::Final(request)) => {
                let reply_to = ReplyTo::Onion(request.reply().clone());
                self.take_request(request.body(), reply_to, now, rng)
            }
            Ok(Peeled::NextNode(next)) if self.directory.node(&next.node()).is_none() => {
                Step::Answer(PathError::NodeNotFound(next.node()).to_reply())
            }
            Ok(Peeled::NextNode(next)) => {
                let parts = vec![next.layer().to_link_bytes()];
                let message = LinkMessage::new(Endpoint::OnionRequest, parts);
                Step::Relay { to: next.node(), message }
            }
            Ok(Peeled::NextServer(server)) => Step::Answer(exit::answer(&server, rng)),
            // A destination of a kind that this node does not know.
            Ok(_) => Step::Answer(PathError::BadGateway.to_reply()),
            Err(error) => Step::Answer(error.to_reply(rng)),
        }
    }

    fn take_request(
        &mut self,
        body: &[u8],
        reply_to: ReplyTo,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Step {
        let turn = match Request::from_json_at(body, self.directory.release()) {
            Ok(request) => Turn::Request(Box::new(request)),
            Err(error) => Turn::Response(Response::refusal(&error.into())),
        };
        self.run(turn, Job::new(reply_to), now, rng)
    }

    /// Goes on with a request once the other members of the swarm have answered.
    pub fn resume(
        &mut self,
        replication: Replication,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Step {
        for (member, missed) in replication.missed().collect::<Vec<_>>() {
            self.make_up(member, &missed);
        }
        // Before the client hears of it.
        self.note_owed();
        let hard_fork = self.directory.block().hard_fork;
        let (response, job) = replication.into_response(now, hard_fork);
        self.run(Turn::Response(response), job, now, rng)
    }

    /// Carries out the requests of `job` until it is answered or waits for the swarm. Each is authorised when
    /// its turn comes, so that a revocation holds for what stands behind it.
    fn run(
        &mut self,
        mut turn: Turn,
        mut job: Job,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Step {
        loop {
            let state = self.state();
            turn = match turn {
                Turn::Request(request) => job.open(*request, state, now),
                Turn::Single(request) => match self.admit(*request, Origin::Client, now) {
                    Ok(request) if request.method().is_recursive() => {
                        return Step::Replicate(Box::new(self.replicate(&request, job, now)));
                    }
                    Ok(request) => {
                        Turn::Response(self.answer(&request, &mut job.page_left, now, rng))
                    }
                    Err(response) => Turn::Response(response),
                },
                Turn::Response(response) => match job.close(response, state, now) {
                    ControlFlow::Continue(next) => next,
                    ControlFlow::Break(answer) => return Step::Answer(job.reply(&answer, rng)),
                },
            };
        }
    }

    /// Takes the copy of a request that another member of the swarm forwards (05 §3): parts `[method, params]`.
    /// Returns `[entry]` or `[code, reason]`. It is not forwarded again.
    pub fn take_forwarded(&mut self, parts: &[&[u8]], now: Timestamp) -> Vec<Vec<u8>> {
        let request = match parts {
            [method, params] => {
                let method = String::from_utf8_lossy(method);
                Request::from_forwarded(&method, params)
            }
            _ => Err(RequestError::NoParams),
        };
        let request = request.map_err(|error| Response::refusal(&error.into()));
        match request.and_then(|request| self.admit(request, Origin::Member, now)) {
            Ok(request) => self.entry(&request, Origin::Member, now),
            Err(response) => vec![response.status().to_string().into_bytes(), response.to_json()],
        }
    }

    /// The request if the node may carry it out; the checks of 05 §5.2 in their order.
    fn admit(&self, request: Request, origin: Origin, now: Timestamp) -> Result<Request, Response> {
        let hard_fork = self.directory.block().hard_fork;
        let mut revoked = Vec::new();
        if let Some(account) = request.account() {
            if !self.serves(account) {
                let swarm = self.directory.swarm_info(account);
                return Err(Response::wrong_swarm(swarm, now, hard_fork));
            }
            revoked = match self.storage.revoked(account) {
                Ok(revoked) => revoked,
                Err(error) => return Err(Response::text(500, error.to_string())),
            };
        }
        let circumstances = Circumstances::at(now).with_revoked(&revoked).with_hard_fork(hard_fork);
        let circumstances = circumstances.with_release(self.directory.release());
        let circumstances = match origin {
            Origin::Client => circumstances,
            Origin::Member => circumstances.forwarded(),
        };
        match request.authorise(&circumstances) {
            Ok(authorised) => Ok(authorised.into_request()),
            Err(refusal) => Err(Response::refusal(&refusal)),
        }
    }

    fn serves(&self, account: &Address) -> bool {
        let own = self.directory.node(&self.key()).and_then(|node| node.swarm);
        own.is_some() && own == self.directory.swarm_of(account)
    }

    fn replicate(&mut self, request: &Request, job: Job, now: Timestamp) -> Replication {
        let own = self.key();
        let members = request.account().map(|account| {
            let members = self.directory.members_for(account).map(|node| node.ed25519);
            members.filter(|member| *member != own).collect()
        });
        let entry = self.entry(request, Origin::Client, now);
        Replication::new(request, members.unwrap_or_default(), (own, entry), job)
    }

    fn state(&self) -> NodeState {
        let Block { hard_fork, height, .. } = *self.directory.block();
        NodeState { hard_fork, version: self.directory.release().version(), height }
    }
}

/// Who sent a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Origin {
    /// A client.
    Client,
    /// Another member of the swarm, whose clock may differ.
    Member,
}
