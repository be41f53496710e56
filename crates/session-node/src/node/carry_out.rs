//! What a node does for each method (05 §5), once the request is authorised.

use std::{collections::BTreeMap, ops::ControlFlow};

use session_crypto::rand_core::CryptoRng;
use session_identity::Timestamp;
use session_swarm::{
    address::Address,
    answer::{
        Answer, DeleteEntry, Entry as _, ExpireEntry, InfoAnswer, Response, RetrieveAnswer,
        RevokeEntry, StoreEntry, StoredMessage, SweepEntry,
    },
    limits::MAX_TTL,
    message_hash::MessageHash,
    request::{
        DeleteRequest, ExpireMode, ExpireRequest, GetExpiriesRequest, OxendEndpoint, OxendRequest,
        Request, RetrieveRequest, Revocation, RevokeRequest, StoreRequest, SweepRequest,
    },
};

use super::{Node, Origin};
use crate::{
    directory::{NodeListQuery, QueryError},
    storage::{ExpirySet, Order, StorageError},
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
        self.expire(now);
        let entry = match request {
            Request::Store(request) => self.store(request, now).map(|entry| match origin {
                // The node that the client asked says its time here too.
                Origin::Client => entry.at(now).to_bencode(),
                Origin::Member => entry.to_bencode(),
            }),
            Request::Delete(request) => self.delete(request).map(|entry| entry.to_bencode()),
            Request::Sweep(request) => self.sweep(request).map(|entry| entry.to_bencode()),
            Request::Expire(request) => {
                self.set_expiries(request, now).map(|entry| entry.to_bencode())
            }
            Request::Revoke(request) => self.revoke(request).map(|entry| entry.to_bencode()),
            other => {
                let reason = format!("{} is not recursive", other.method().name());
                return vec![b"400".to_vec(), reason.into_bytes()];
            }
        };
        match entry {
            Ok(entry) => vec![entry],
            Err(error) => vec![b"500".to_vec(), error.to_string().into_bytes()],
        }
    }

    /// Carries out a request that one node carries out alone. What it retrieves takes its accounting bytes from
    /// `page_left`.
    pub(super) fn answer(
        &self,
        request: &Request,
        page_left: &mut u64,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Response {
        let answer = match request {
            Request::Retrieve(request) => {
                self.retrieve(request, page_left, now).map(Answer::Retrieve)
            }
            Request::GetExpiries(request) => {
                self.expiries(request, now).map(|found| Answer::GetExpiries(found.into()))
            }
            Request::RevokedSubaccounts(request) => {
                let revoked = self.storage.revoked(request.account());
                revoked.map(|tokens| Answer::RevokedSubaccounts(tokens.into()))
            }
            Request::GetSwarm(request) => {
                Ok(Answer::GetSwarm(self.directory.swarm_info(&request.account)))
            }
            Request::ActiveNodes(_) => Ok(Answer::ActiveNodes(self.directory.active_nodes())),
            Request::Info(_) => {
                Ok(Answer::Info(InfoAnswer::new(self.directory.release().version(), now)))
            }
            Request::Oxend(request) => match self.ask_daemon(request, rng) {
                Ok(json) => Ok(Answer::Oxend(json)),
                Err(error) => return Response::text(400, error.to_string()),
            },
            other => {
                let reason = format!("no method {}", other.method().name());
                return Response::text(400, reason);
            }
        };
        match answer {
            Ok(answer) => Response::answer(answer, now, self.directory.block().hard_fork),
            Err(error) => Response::text(500, error.to_string()),
        }
    }

    fn store(
        &mut self,
        request: &StoreRequest,
        now: Timestamp,
    ) -> Result<StoreEntry, StorageError> {
        let hash = request.message_hash();
        let (timestamp, expiry) = (request.timestamp(), request.expiry());
        let message = StoredMessage::new(hash, timestamp, expiry, request.data().to_vec());
        let stored = self.storage.store(*request.account(), request.namespace(), message)?;
        if !stored.already {
            self.monitors.tell(request, now);
        }
        let entry = StoreEntry::sign(&self.ed25519, hash, stored.expiry);
        Ok(if stored.already { entry.already() } else { entry })
    }

    fn delete(&mut self, request: &DeleteRequest) -> Result<DeleteEntry, StorageError> {
        let deleted = self.storage.delete(request.account(), request.messages())?;
        Ok(DeleteEntry::sign(&self.ed25519, request, deleted))
    }

    fn sweep(&mut self, request: &SweepRequest) -> Result<SweepEntry, StorageError> {
        let (namespaces, sweep) = (request.namespaces(), request.sweep());
        let swept = self.storage.sweep(request.account(), namespaces, sweep, request.time())?;
        Ok(SweepEntry::sign(&self.ed25519, request, swept))
    }

    fn set_expiries(
        &mut self,
        request: &ExpireRequest,
        now: Timestamp,
    ) -> Result<ExpireEntry, StorageError> {
        // Each node cuts the time by its own clock (05 §4.3).
        let latest = latest_expiry(now);
        let (account, mode) = (request.account(), request.applied_mode());
        let (mut updated, mut unchanged) = (BTreeMap::new(), BTreeMap::new());
        let mut expiries = Vec::new();
        for (hash, expiry) in request.iter() {
            let expiry = expiry.min(latest);
            match self.left_by_small_extension(account, &hash, expiry, mode)? {
                Some(current) => _ = unchanged.insert(hash, current),
                None => expiries.push((hash, expiry)),
            }
        }
        let set = self.storage.set_expiries(account, &expiries, mode)?;
        for ((hash, expiry), set) in expiries.into_iter().zip(set) {
            match set {
                Some(ExpirySet::Updated) => _ = updated.insert(hash, expiry),
                Some(ExpirySet::Unchanged(current)) => _ = unchanged.insert(hash, current),
                None => {}
            }
        }
        // A hash that the request names twice may have been changed and then kept.
        unchanged.retain(|hash, _| !updated.contains_key(hash));
        let expiry = request.expiries().first().map_or(latest, |expiry| (*expiry).min(latest));
        Ok(ExpireEntry::sign(&self.ed25519, request, expiry, &updated, unchanged))
    }

    /// When the message expires now, if `expiry` would extend its life by so little that newer nodes leave it (05 §5.7).
    fn left_by_small_extension(
        &self,
        account: &Address,
        hash: &MessageHash,
        expiry: Timestamp,
        mode: ExpireMode,
    ) -> Result<Option<Timestamp>, StorageError> {
        let release = self.directory.release();
        if mode != ExpireMode::Extend || release.least_extension(MAX_TTL).is_zero() {
            return Ok(None);
        }
        let held = self.storage.transfer(hash)?.filter(|held| held.account == *account);
        Ok(held.map(|held| (held.timestamp, held.expiry)).and_then(|(timestamp, current)| {
            let least = release.least_extension(current.saturating_duration_since(timestamp));
            let extension = expiry.saturating_duration_since(current);
            (expiry > current && extension < least).then_some(current)
        }))
    }

    fn revoke(&mut self, request: &RevokeRequest) -> Result<RevokeEntry, StorageError> {
        let entry = RevokeEntry::sign(&self.ed25519, request);
        match request.revocation() {
            Revocation::Revoke => {
                self.storage.revoke(*request.account(), request.tokens())?;
                Ok(entry)
            }
            Revocation::Unrevoke => {
                let count = self.storage.unrevoke(request.account(), request.tokens())?;
                Ok(entry.with_count(u64::try_from(count).unwrap_or(u64::MAX)))
            }
        }
    }

    fn retrieve(
        &self,
        request: &RetrieveRequest,
        page_left: &mut u64,
        now: Timestamp,
    ) -> Result<RetrieveAnswer, StorageError> {
        let place = (*request.account(), request.namespace());
        let backwards = request.is_newest_first() && self.directory.release().reads_backwards();
        let order = if backwards { Order::NewestFirst } else { Order::OldestFirst };
        let mut page = request.page().of_answer(*page_left);
        let (mut messages, mut more) = (Vec::new(), false);
        self.storage.retrieve(place, order, request.last_hash(), now, &mut |message| {
            if page.admits(message.data.len()) {
                messages.push(message.clone());
                return ControlFlow::Continue(());
            }
            more = page.may_go_on();
            ControlFlow::Break(())
        })?;
        *page_left = page.answer_left();
        Ok(RetrieveAnswer::new(messages, more))
    }

    fn expiries(
        &self,
        request: &GetExpiriesRequest,
        now: Timestamp,
    ) -> Result<BTreeMap<MessageHash, Timestamp>, StorageError> {
        let mut expiries = BTreeMap::new();
        for hash in request.messages() {
            if let Some(expiry) = self.storage.expiry(request.account(), &hash, now)? {
                expiries.insert(hash, expiry);
            }
        }
        Ok(expiries)
    }

    /// What the daemon beside the node answers: lists of nodes, and that nobody has a name here.
    fn ask_daemon(
        &self,
        request: &OxendRequest,
        rng: &mut impl CryptoRng,
    ) -> Result<String, DaemonError> {
        match request.endpoint() {
            // To the daemon, what is no object is no call.
            _ if request.params().is_some_and(|params| !params.starts_with('{')) => {
                Err(DaemonError::NoMethod)
            }
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
    #[error("no such method")]
    NoMethod,
    #[error(transparent)]
    Query(#[from] QueryError),
}

fn latest_expiry(now: Timestamp) -> Timestamp {
    now.checked_add(MAX_TTL).unwrap_or(Timestamp::from_millis(u64::MAX))
}
