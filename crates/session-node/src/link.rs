//! Messages between nodes, and how a node's answer finds its way back (04 §5.3, 05 §3).

use session_crypto::{ed25519::Ed25519PublicKey, rand_core::CryptoRng};
use session_identity::Timestamp;
use session_onion::{
    reply::{Reply, ReplyBody, ReplyWriter},
    serde_json::{self, Value},
};
use session_swarm::{
    answer::{Answer, Body, Entry as _, MemberFailure, Response, StoreEntry, SwarmAnswer},
    hard_fork::HardFork,
};

/// What a message is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Endpoint {
    /// What a client posts.
    Post,
    /// `sn.onion_request`: a layer for the next hop.
    OnionRequest,
    /// `sn.storage_cc`: the copy of a request for another member of the swarm.
    StorageCommand,
}

impl Endpoint {
    /// Whether the message carries an onion layer, and not a copy for the swarm.
    #[must_use]
    pub const fn is_onion(self) -> bool {
        matches!(self, Self::Post | Self::OnionRequest)
    }
}

/// A message from one node to another: bytes in parts, as the link carries them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LinkMessage {
    endpoint: Endpoint,
    parts: Vec<Vec<u8>>,
}

impl LinkMessage {
    pub(crate) const fn new(endpoint: Endpoint, parts: Vec<Vec<u8>>) -> Self {
        Self { endpoint, parts }
    }

    /// What it is for.
    #[must_use]
    pub const fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// Its parts.
    pub fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.parts.iter().map(Vec::as_slice)
    }

    /// Bytes of all parts.
    #[must_use]
    pub fn length(&self) -> usize {
        self.parts().map(<[u8]>::len).sum()
    }
}

/// Who waits for the answer to a request.
#[derive(Clone, Debug)]
pub(crate) enum ReplyTo {
    /// A client that asked without onion.
    Plain,
    /// The client behind this layer.
    Onion(ReplyWriter),
}

impl ReplyTo {
    /// The answer as it goes to the client or the hop before.
    pub(crate) fn reply(&self, response: &Response, rng: &mut impl CryptoRng) -> Reply {
        let (status, bytes) = (response.status(), response.to_json());
        let writer = match self {
            Self::Plain => return Reply::new(status, bytes),
            Self::Onion(writer) => writer,
        };
        let json: Option<Value> = match response.body() {
            Body::Text(_) => None,
            _ => serde_json::from_slice(&bytes).ok(),
        };
        match json {
            Some(json) => writer.encode(status, ReplyBody::Json(&json), rng),
            None => writer.encode(status, ReplyBody::Text(&String::from_utf8_lossy(&bytes)), rng),
        }
    }
}

/// A stored message that the other members of the swarm are to store too, and their answers so far.
#[derive(Debug)]
pub struct Replication {
    message: LinkMessage,
    members: Vec<Ed25519PublicKey>,
    entries: Vec<(Ed25519PublicKey, Result<StoreEntry, MemberFailure>)>,
    reply_to: ReplyTo,
}

impl Replication {
    pub(crate) fn new(
        message: LinkMessage,
        members: Vec<Ed25519PublicKey>,
        own: (Ed25519PublicKey, StoreEntry),
        reply_to: ReplyTo,
    ) -> Self {
        Self { message, members, entries: vec![(own.0, Ok(own.1))], reply_to }
    }

    /// What every member gets.
    #[must_use]
    pub const fn message(&self) -> &LinkMessage {
        &self.message
    }

    /// The members that get it.
    #[must_use]
    pub fn members(&self) -> &[Ed25519PublicKey] {
        &self.members
    }

    /// Takes the parts of a member's answer: `[entry]`, or `[code, reason]`; `None` if there is none in time.
    pub fn take_answer(&mut self, member: Ed25519PublicKey, parts: Option<&[&[u8]]>) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let entry = match parts {
            None => Err(MemberFailure::Timeout),
            Some([entry]) => {
                StoreEntry::from_bencode(entry).map_err(|_| MemberFailure::BadResponse)
            }
            Some([code, reason]) => {
                Err(MemberFailure::Refused { code: text(code), reason: text(reason) })
            }
            Some(_) => Err(MemberFailure::BadResponse),
        };
        self.entries.push((member, entry));
    }

    /// The answer to the client, from the answers so far.
    pub fn into_reply(
        self,
        now: Timestamp,
        hard_fork: HardFork,
        rng: &mut impl CryptoRng,
    ) -> Reply {
        let answer = Answer::Store(SwarmAnswer::from_iter(self.entries));
        self.reply_to.reply(&Response::answer(answer, now, hard_fork), rng)
    }
}
