//! One service node, without its sockets: bytes in, and what is to be sent next (04 §5, 05 §7).
//!
//! A node is driven by whoever owns its connections. [`Node::take_post`] and [`Node::take_link`] take what came
//! in and return a [`Step`]: an answer, or messages for other nodes together with what turns their answers
//! into one. The [network](crate::network) drives many of them in one process.

use std::sync::Arc;

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
    answer::{Answer, Entry as _, InfoAnswer, Response, RetrieveAnswer, StoreEntry, StoredMessage},
    hard_fork::HardFork,
    request::{Circumstances, Request, RequestError, RetrieveRequest, StoreRequest},
};

use crate::{
    directory::Directory,
    link::{Endpoint, LinkMessage, Replication, ReplyTo},
    storage::Storage,
};

/// Rules of the network that the node follows (05 §5.1).
pub const HARD_FORK: HardFork = HardFork::TIMELESS_HASH;
/// Version that the node says it has: the storage server whose rules it follows.
pub const VERSION: [u16; 3] = [2, 8, 0];

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
    storage: Storage,
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
    Replicate(Replication),
}

impl Node {
    /// Node with these keys and an empty store.
    #[must_use]
    pub fn new(keypair: Ed25519Keypair, directory: Arc<Directory>) -> Self {
        let x25519 = keypair.to_x25519();
        Self { ed25519: keypair, x25519, directory, storage: Storage::default() }
    }

    /// What the node holds.
    #[must_use]
    pub const fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Forgets what has expired at `now`.
    pub fn expire(&mut self, now: Timestamp) {
        self.storage.expire(now);
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
                Err(error) => Step::Answer(error.to_reply()),
            },
            STORAGE_RPC_PATH if body.len() > MAX_REQUEST_LENGTH => {
                Step::Answer(PathError::TooLarge.to_reply())
            }
            STORAGE_RPC_PATH => self.take_request(body, ReplyTo::Plain, now, rng),
            _ => Step::Answer(Reply::new(404, b"Not Found".to_vec())),
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
            // The local network has no servers behind it: what a node answers to a host that it cannot reach.
            Ok(_) => Step::Answer(Reply::new(502, b"no server behind the local network".to_vec())),
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
        let response = match self.admit(Request::from_json(body), now) {
            Ok(Request::Store(request)) => {
                return Step::Replicate(self.store_in_swarm(request, reply_to, now));
            }
            Ok(request) => self.answer(&request, now),
            Err(response) => response,
        };
        Step::Answer(reply_to.reply(&response, rng))
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
        let response = match self.admit(request, now) {
            Ok(Request::Store(request)) => return vec![self.store(request, now).to_bencode()],
            Ok(other) => not_carried_out(&other),
            Err(response) => response,
        };
        vec![response.status().to_string().into_bytes(), response.to_json()]
    }

    /// The request if the node may carry it out; the checks of 05 §5.2 in their order.
    fn admit(
        &self,
        request: Result<Request, RequestError>,
        now: Timestamp,
    ) -> Result<Request, Response> {
        let request = request.map_err(|error| Response::refusal(&error.into()))?;
        if let Some(account) = request.account().filter(|account| !self.serves(account)) {
            let swarm = self.directory.swarm_info(account);
            return Err(Response::wrong_swarm(swarm, now, HARD_FORK));
        }
        match request.authorise(&Circumstances::at(now)) {
            Ok(authorised) => Ok(authorised.into_request()),
            Err(refusal) => Err(Response::refusal(&refusal)),
        }
    }

    fn serves(&self, account: &Address) -> bool {
        let own = self.ed25519.public_key();
        self.directory.members_for(account).any(|node| node.ed25519 == own)
    }

    fn store_in_swarm(
        &mut self,
        request: StoreRequest,
        reply_to: ReplyTo,
        now: Timestamp,
    ) -> Replication {
        let own = self.ed25519.public_key();
        let members = self.directory.members_for(request.account()).map(|node| node.ed25519);
        let members = members.filter(|member| *member != own).collect();
        let copy = Request::Store(request.clone());
        let parts = vec![copy.method().name().into(), copy.to_forwarded().unwrap_or_default()];
        let message = LinkMessage::new(Endpoint::StorageCommand, parts);
        let entry = self.store(request, now);
        Replication::new(message, members, (own, entry), reply_to)
    }

    fn store(&mut self, request: StoreRequest, now: Timestamp) -> StoreEntry {
        self.storage.expire(now);
        let (account, namespace) = (*request.account(), request.namespace());
        let (timestamp, expiry) = (request.timestamp(), request.expiry());
        let hash = request.message_hash();
        let message = StoredMessage::new(hash, timestamp, expiry, request.into_data());
        let stored = self.storage.store(account, namespace, message);
        let entry = StoreEntry::sign(&self.ed25519, hash, stored.expiry);
        if stored.already { entry.already() } else { entry }
    }

    /// Answer to a request that one node carries out alone.
    fn answer(&self, request: &Request, now: Timestamp) -> Response {
        let answer = match request {
            Request::Retrieve(request) => Answer::Retrieve(self.retrieve(request, now)),
            Request::GetSwarm(request) => {
                Answer::GetSwarm(self.directory.swarm_info(&request.account))
            }
            Request::Info(_) => Answer::Info(InfoAnswer::new(VERSION, now)),
            other => return not_carried_out(other),
        };
        Response::answer(answer, now, HARD_FORK)
    }

    fn retrieve(&self, request: &RetrieveRequest, now: Timestamp) -> RetrieveAnswer {
        let (account, namespace) = (*request.account(), request.namespace());
        let mut stored = self.storage.retrieve(account, namespace, request.last_hash(), now);
        let mut page = request.page();
        let mut messages = Vec::new();
        let more = loop {
            match stored.next() {
                None => break false,
                Some(message) if page.admits(message.data.len()) => messages.push(message.clone()),
                Some(_) => break true,
            }
        };
        RetrieveAnswer::new(messages, more)
    }
}

/// Answer to a method that this node does not offer.
fn not_carried_out(request: &Request) -> Response {
    Response::text(400, format!("no method {}", request.method().name()))
}
