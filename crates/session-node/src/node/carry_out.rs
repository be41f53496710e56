//! What a node does for each method (05 §5), once the request is authorised.

use std::collections::BTreeMap;

use session_crypto::rand_core::CryptoRng;
use session_identity::Timestamp;
use session_swarm::{
    answer::{
        Answer, DeleteEntry, Entry as _, ExpireEntry, InfoAnswer, Response, RetrieveAnswer,
        RevokeEntry, StoreEntry, StoredMessage, SweepEntry,
    },
    limits::MAX_TTL,
    message_hash::MessageHash,
    request::{
        DeleteRequest, ExpireRequest, GetExpiriesRequest, OxendEndpoint, OxendRequest, Request,
        RetrieveRequest, Revocation, RevokeRequest, StoreRequest, SweepRequest,
    },
};

use super::{Node, Origin, VERSION};
use crate::{
    directory::{NodeListQuery, QueryError},
    storage::{ExpirySet, Full},
};

impl Node {
    /// Carries out a request that every member of the swarm carries out; returns the parts that a member
    /// answers to another: `[entry]` or `[code, reason]`.
    pub(super) fn entry(
        &mut self,
        request: &Request,
        origin: Origin,
        now: Timestamp,
    ) -> Vec<Vec<u8>> {
        self.storage.expire(now);
        let entry = match request {
            Request::Store(request) => match self.store(request) {
                // The node that the client asked says its time here too.
                Ok(entry) if origin == Origin::Client => entry.at(now).to_bencode(),
                Ok(entry) => entry.to_bencode(),
                Err(full) => return vec![b"500".to_vec(), full.to_string().into_bytes()],
            },
            Request::Delete(request) => self.delete(request).to_bencode(),
            Request::Sweep(request) => self.sweep(request).to_bencode(),
            Request::Expire(request) => self.set_expiries(request, now).to_bencode(),
            Request::Revoke(request) => self.revoke(request).to_bencode(),
            other => {
                let reason = format!("{} is not recursive", other.method().name());
                return vec![b"400".to_vec(), reason.into_bytes()];
            }
        };
        vec![entry]
    }

    /// Carries out a request that one node carries out alone.
    pub(super) fn answer(
        &self,
        request: &Request,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Response {
        let answer = match request {
            Request::Retrieve(request) => Answer::Retrieve(self.retrieve(request, now)),
            Request::GetExpiries(request) => Answer::GetExpiries(self.expiries(request, now)),
            Request::RevokedSubaccounts(request) => {
                Answer::RevokedSubaccounts(self.storage.revoked(request.account()))
            }
            Request::GetSwarm(request) => {
                Answer::GetSwarm(self.directory.swarm_info(&request.account))
            }
            Request::Info(_) => Answer::Info(InfoAnswer::new(VERSION, now)),
            Request::Oxend(request) => match self.ask_daemon(request, rng) {
                Ok(json) => Answer::Oxend(json),
                Err(error) => return Response::text(400, error.to_string()),
            },
            other => {
                let reason = format!("no method {}", other.method().name());
                return Response::text(400, reason);
            }
        };
        Response::answer(answer, now, self.directory.block().hard_fork)
    }

    fn store(&mut self, request: &StoreRequest) -> Result<StoreEntry, Full> {
        let hash = request.message_hash();
        let (timestamp, expiry) = (request.timestamp(), request.expiry());
        let message = StoredMessage::new(hash, timestamp, expiry, request.data().to_vec());
        let stored = self.storage.store(*request.account(), request.namespace(), message)?;
        let entry = StoreEntry::sign(&self.ed25519, hash, stored.expiry);
        Ok(if stored.already { entry.already() } else { entry })
    }

    fn delete(&mut self, request: &DeleteRequest) -> DeleteEntry {
        let deleted = self.storage.delete(request.account(), request.messages());
        DeleteEntry::sign(&self.ed25519, request, deleted)
    }

    fn sweep(&mut self, request: &SweepRequest) -> SweepEntry {
        let (namespaces, sweep) = (request.namespaces(), request.sweep());
        let swept = self.storage.sweep(request.account(), namespaces, sweep, request.time());
        SweepEntry::sign(&self.ed25519, request, swept)
    }

    fn set_expiries(&mut self, request: &ExpireRequest, now: Timestamp) -> ExpireEntry {
        // Each node cuts the time by its own clock (05 §4.3).
        let latest = latest_expiry(now);
        let mut updated = BTreeMap::new();
        let mut unchanged = BTreeMap::new();
        for (hash, expiry) in request.iter() {
            let (account, mode) = (request.account(), request.applied_mode());
            let expiry = expiry.min(latest);
            match self.storage.set_expiry(account, &hash, expiry, mode) {
                Some(ExpirySet::Updated) => _ = updated.insert(hash, expiry),
                Some(ExpirySet::Unchanged(current)) => _ = unchanged.insert(hash, current),
                None => {}
            }
        }
        // A hash that the request names twice may have been changed and then kept.
        unchanged.retain(|hash, _| !updated.contains_key(hash));
        let expiry = request.expiries().first().map_or(latest, |expiry| (*expiry).min(latest));
        ExpireEntry::sign(&self.ed25519, request, expiry, &updated, unchanged)
    }

    fn revoke(&mut self, request: &RevokeRequest) -> RevokeEntry {
        let entry = RevokeEntry::sign(&self.ed25519, request);
        match request.revocation() {
            Revocation::Revoke => {
                self.storage.revoke(*request.account(), request.tokens());
                entry
            }
            Revocation::Unrevoke => {
                let count = self.storage.unrevoke(request.account(), request.tokens());
                entry.with_count(u64::try_from(count).unwrap_or(u64::MAX))
            }
        }
    }

    fn retrieve(&self, request: &RetrieveRequest, now: Timestamp) -> RetrieveAnswer {
        let (account, namespace) = (*request.account(), request.namespace());
        let after = request.last_hash();
        let storage = &self.storage;
        if request.is_newest_first() {
            let stored = storage.retrieve_newest_first(account, namespace, after, now);
            page(request, stored)
        } else {
            page(request, storage.retrieve(account, namespace, after, now))
        }
    }

    fn expiries(
        &self,
        request: &GetExpiriesRequest,
        now: Timestamp,
    ) -> BTreeMap<MessageHash, Timestamp> {
        let expiry = |hash| Some((hash, self.storage.expiry(request.account(), &hash, now)?));
        request.messages().iter().copied().filter_map(expiry).collect()
    }

    /// What the daemon beside the node answers: lists of nodes, and that nobody has a name here.
    fn ask_daemon(
        &self,
        request: &OxendRequest,
        rng: &mut impl CryptoRng,
    ) -> Result<String, DaemonError> {
        match request.endpoint() {
            OxendEndpoint::GetServiceNodes => {
                let query = NodeListQuery::from_json(request.params().unwrap_or("{}"))?;
                Ok(self.directory.node_list(&query, rng).to_string())
            }
            _ => Err(DaemonError::Unknown),
        }
    }
}

/// Why the daemon does not answer. The text is the body of the answer with status 400 (05 §5.13).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
enum DaemonError {
    #[error("Unknown oxend error")]
    Unknown,
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// The page of `stored` that answers `request`.
fn page<'a>(
    request: &RetrieveRequest,
    mut stored: impl Iterator<Item = &'a StoredMessage>,
) -> RetrieveAnswer {
    let mut page = request.page();
    let mut messages = Vec::new();
    loop {
        match stored.next() {
            None => return RetrieveAnswer::new(messages, false),
            Some(message) if page.admits(message.data.len()) => messages.push(message.clone()),
            Some(_) => return RetrieveAnswer::new(messages, true),
        }
    }
}

fn latest_expiry(now: Timestamp) -> Timestamp {
    now.checked_add(MAX_TTL).unwrap_or(Timestamp::from_millis(u64::MAX))
}
