//! Messages between nodes, and how a node's answer finds its way back (04 §5.3, 05 §3).

use session_crypto::{ed25519::Ed25519PublicKey, rand_core::CryptoRng};
use session_identity::Timestamp;
use session_onion::{
    reply::{Reply, ReplyBody, ReplyWriter},
    serde_json::{self, value::RawValue},
};
use session_swarm::{
    answer::{Answer, Body, Entry, MemberFailure, Response, SwarmAnswer},
    hard_fork::HardFork,
    message_hash::MessageHash,
    request::{Method, Request},
};

use crate::node::Job;

mod revocations;

pub(crate) use revocations::{read_revocations, write_revocations};

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
    /// `sn.data`: messages that are handed over.
    Data,
    /// `sn.revocations`, of this implementation: revocations that are handed over (05 §3).
    Revocations,
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
        let json: Option<&RawValue> = match response.body() {
            Body::Text(_) => None,
            _ => serde_json::from_slice(&bytes).ok(),
        };
        match json {
            Some(json) => writer.encode(status, ReplyBody::Json(json), rng),
            None => writer.encode(status, ReplyBody::Text(&String::from_utf8_lossy(&bytes)), rng),
        }
    }
}

/// A request that the other members of the swarm are to carry out too, and their answers so far.
#[derive(Debug)]
pub struct Replication {
    message: LinkMessage,
    members: Vec<Ed25519PublicKey>,
    method: Method,
    /// Whether the client wants status 404 if nothing was deleted anywhere.
    required: bool,
    /// The message that is stored, if one is.
    stored: Option<MessageHash>,
    own: Ed25519PublicKey,
    answers: Vec<(Ed25519PublicKey, Option<Vec<Vec<u8>>>)>,
    pub(crate) job: Job,
}

impl Replication {
    /// `own` are the key of this node and its own answer, in the form of the members' answers.
    pub(crate) fn new(
        request: &Request,
        members: Vec<Ed25519PublicKey>,
        own: (Ed25519PublicKey, Vec<Vec<u8>>),
        job: Job,
    ) -> Self {
        let method = request.method();
        let parts = vec![method.name().into(), request.to_forwarded().unwrap_or_default()];
        let message = LinkMessage::new(Endpoint::StorageCommand, parts);
        let required = matches!(request, Request::Delete(request) if request.is_required());
        let stored = match request {
            Request::Store(request) => Some(request.message_hash()),
            _ => None,
        };
        Self {
            message,
            members,
            method,
            required,
            stored,
            own: own.0,
            answers: vec![(own.0, Some(own.1))],
            job,
        }
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
    pub fn take_answer(&mut self, member: Ed25519PublicKey, parts: Option<Vec<Vec<u8>>>) {
        self.answers.push((member, parts));
    }

    /// The members that did not answer, and what they missed.
    pub(crate) fn missed(&self) -> impl Iterator<Item = (Ed25519PublicKey, Missed)> {
        let silent = self.answers.iter().filter(|(_, answer)| answer.is_none());
        silent.map(|(member, _)| match self.stored {
            Some(hash) => (*member, Missed::Message(hash)),
            // Its signature holds for a minute only, even between members.
            None if self.method == Method::RevokeSubaccount => (*member, Missed::Revocations),
            None => (*member, Missed::Command(self.message.clone())),
        })
    }

    /// The answer of the swarm, from the answers of its members.
    pub(crate) fn into_response(self, now: Timestamp, hard_fork: HardFork) -> (Response, Job) {
        let (own, answers) = (self.own, self.answers);
        let answer = match self.method {
            Method::Store => Answer::Store(entries(answers).answered_by(own)),
            Method::Delete => Answer::Delete(entries(answers).answered_by(own)),
            Method::Expire => Answer::Expire(entries(answers).answered_by(own)),
            Method::RevokeSubaccount | Method::UnrevokeSubaccount => {
                Answer::Revoke(entries(answers).answered_by(own))
            }
            _ => Answer::Sweep(entries(answers).answered_by(own)),
        };
        let response = Response::answer(answer, now, hard_fork);
        (if self.required { response.required() } else { response }, self.job)
    }
}

/// What a member missed.
#[derive(Debug)]
pub(crate) enum Missed {
    /// A message to be stored.
    Message(MessageHash),
    /// Subaccounts that were revoked.
    Revocations,
    /// A command.
    Command(LinkMessage),
}

fn entries<E: Entry>(answers: Vec<(Ed25519PublicKey, Option<Vec<Vec<u8>>>)>) -> SwarmAnswer<E> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let entry = |parts: Option<Vec<Vec<u8>>>| match parts.as_deref() {
        None => Err(MemberFailure::Timeout),
        Some([entry]) => E::from_bencode(entry).map_err(|_| MemberFailure::BadResponse),
        Some([code, reason]) => {
            Err(MemberFailure::Refused { code: text(code), reason: text(reason) })
        }
        Some(_) => Err(MemberFailure::BadResponse),
    };
    answers.into_iter().map(|(member, parts)| (member, entry(parts))).collect()
}
