//! What a node of the swarm holds of the group, and in which order it is taken (06 §1.1, 09 §3.2).

use std::{collections::BTreeSet, time::Duration};

use session_config::{
    Config, Incoming,
    config::{Rejection, SyncedType},
};
use session_crypto::ed25519::Ed25519PublicKey;
use session_envelope::group::{OpenError, framing};
use session_identity::Timestamp;
use session_swarm::{
    answer::{Answer, Body, Response, RetrieveAnswer, StoredMessage},
    limits::MAX_TTL,
    message_hash::MessageHash,
    namespace::Namespace,
    polling::max_sizes,
    request::{
        BatchError, BatchMode, BatchRequest, ExpireMode, ExpireRequest, Request, RetrieveRequest,
        SignError,
    },
};

use super::{Departure, Event, Group, Role, inbox::Inbox, removed};
use crate::keys::Loaded;

/// What is asked for, in this order: keys last, so that a rekey that is stored meanwhile is seen together with
/// what needs it.
const ASKED: [Namespace; 5] = [
    Namespace::REVOKED_RETRIEVABLE,
    Namespace::GROUP_MESSAGES,
    Namespace::GROUP_INFO,
    Namespace::GROUP_MEMBERS,
    Namespace::GROUP_KEYS,
];
/// How far in the future a key may have been stored. A node that lies about it could have old keys dropped.
const FUTURE_TOLERANCE: Duration = Duration::from_secs(60);

/// A question to one node of the group's swarm: what is new?
#[derive(Debug)]
#[must_use = "the node is to be asked"]
pub struct Poll {
    node: Ed25519PublicKey,
    /// After which message of each namespace the question begins.
    asked: [Option<MessageHash>; 5],
    request: Request,
}

impl Poll {
    /// The node to ask, and no other: each has an order of its own.
    #[must_use]
    pub const fn node(&self) -> &Ed25519PublicKey {
        &self.node
    }

    /// The request.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// The page of each namespace; `None` where the node refused.
    fn pages(&self, response: &Response) -> Result<[Option<RetrieveAnswer>; 5], PollError> {
        let Body::Answer(Answer::Batch(results)) = response.body() else {
            return Err(PollError { status: response.status() });
        };
        let page = |index: usize| match results.get(index).map(Response::body) {
            Some(Body::Answer(Answer::Retrieve(page))) => Some(page.clone()),
            _ => None,
        };
        Ok([page(0), page(1), page(2), page(3), page(4)])
    }
}

/// Whether there is more, at the node or here: messages that are large when they are decompressed are told of in
/// portions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Progress {
    /// Everything was read.
    Complete,
    /// Take the events, then poll again at once.
    More,
}

/// The node did not answer the question.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("node answered with status {status}")]
pub struct PollError {
    /// What it answered instead, as in HTTP.
    pub status: u16,
}

/// Why there is nothing to ask.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The account is no longer in the group.
    #[error("account is no longer in the group")]
    Departed,
    /// The time has not 13 digits.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// Too many requests at once, which does not happen.
    #[error(transparent)]
    Batch(#[from] BatchError),
}

impl Group {
    /// What to ask a node of the group's swarm. It also extends the lives of the keys and configs in use.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn poll(&self, node: Ed25519PublicKey, now: Timestamp) -> Result<Poll, AskError> {
        let signer = self.signer().ok_or(AskError::Departed)?;
        let mut requests = Vec::new();
        let cursors = &self.inbox.cursors;
        let asked = ASKED.map(|namespace| cursors.after(node, namespace, now));
        let sizes = max_sizes(&ASKED);
        for ((namespace, size), last) in ASKED.into_iter().zip(sizes).zip(asked) {
            let mut request = RetrieveRequest::new(self.address(), namespace).max_size(size);
            if let Some(last) = last {
                request = request.after(last);
            }
            requests.push(request.sign(&signer, now)?.into());
        }
        let used = self.used_hashes();
        if let Some(expiry) = now.checked_add(MAX_TTL).filter(|_| !used.is_empty()) {
            let extension = ExpireRequest::new(self.address(), used, expiry);
            requests.push(extension.with_mode(ExpireMode::Extend).sign(&signer)?.into());
        }
        let request = BatchRequest::new(BatchMode::All, requests)?.into();
        Ok(Poll { node, asked, request })
    }

    /// Takes the answer to a question. Nothing that is in it can make this fail: what is forged, malformed or
    /// out of place is passed over.
    ///
    /// # Errors
    /// [`PollError`] if the node did not answer at all; ask another.
    pub fn handle_poll(
        &mut self,
        poll: &Poll,
        response: &Response,
        now: Timestamp,
    ) -> Result<Progress, PollError> {
        let pages = poll.pages(response)?;
        if self.departure().is_some() {
            return Ok(Progress::Complete);
        }
        let has_more = pages.iter().flatten().any(|page| page.more);
        let is_refused = pages.last().is_some_and(Option::is_none);
        let (is_read, pages) = self.new_messages(poll, pages, now);
        let [_, is_told_all, is_synchronised @ ..] = is_read;
        let is_synchronised = is_synchronised.into_iter().all(|is_read| is_read);
        self.inbox.forget_expired(now);
        let [notices, messages, info, members, keys] = pages;
        self.begin_obedience(now);

        self.take_keys(&keys, now);
        self.take_info(info, now);
        self.take_members(members, now);
        self.take_messages(messages, now);
        self.inbox.is_synchronised |= is_synchronised;
        self.settle(is_told_all, now);
        self.take_notices(&notices, is_refused);
        let has_more = has_more || self.inbox.is_retry_due;
        Ok(if has_more { Progress::More } else { Progress::Complete })
    }

    /// The messages of each page that are what they are called, and whether the namespace is read to its end
    /// with them. The next question begins after them.
    fn new_messages(
        &mut self,
        poll: &Poll,
        pages: [Option<RetrieveAnswer>; 5],
        now: Timestamp,
    ) -> ([bool; 5], [Vec<StoredMessage>; 5]) {
        let address = self.address();
        let mut places = ASKED.into_iter().zip(poll.asked);
        let mut is_read = [false; 5];
        let mut ends = is_read.iter_mut();
        let messages = pages.map(|page| {
            let (Some((namespace, asked)), Some(is_read)) = (places.next(), ends.next()) else {
                return Vec::new();
            };
            let Some(mut page) = page else { return Vec::new() };
            let cursors = &mut self.inbox.cursors;
            self.inbox.needs_dump |= !page.messages.is_empty();
            *is_read =
                cursors.advance(poll.node, namespace, asked, &page.messages, now) && !page.more;
            page.messages.retain(|message| message.is_named_rightly(&address, namespace));
            page.messages
        });
        (is_read, messages)
    }

    fn take_keys(&mut self, messages: &[StoredMessage], now: Timestamp) {
        let latest = now.checked_add(FUTURE_TOLERANCE).unwrap_or(now);
        let mut is_new = false;
        for message in messages {
            let stored_at = message.timestamp.min(latest);
            let is_known = self.keys.is_active(&message.hash.into());
            let loaded = self.keys.load_message(&message.data, message.hash.into(), stored_at);
            is_new |= loaded == Ok(Loaded::New);
            // An admin finds nothing for itself in supplements.
            if loaded == Ok(Loaded::New) || (loaded == Ok(Loaded::NotForUs) && !is_known) {
                self.note_key_message(&message.data);
            }
            // The key that was made here was stored after all.
            self.work.pending.take_if(|(_, hash)| *hash == message.hash && loaded.is_ok());
        }
        if self.keys.pending().is_none() && self.work.pending.take().is_some() {
            // Another admin's key came first: what this one was made for is still to be done.
            self.work.rekey = true;
        }
        if is_new {
            self.refresh_keys();
            self.inbox.is_retry_due = true;
            if std::mem::take(&mut self.inbox.has_lost) {
                self.inbox.cursors.clear();
                self.inbox.needs_dump = true;
            }
        }
    }

    fn take_info(&mut self, messages: Vec<StoredMessage>, now: Timestamp) {
        if merge(&mut self.info, messages, &mut self.inbox, now) {
            self.events.push_back(Event::InfoChanged);
        }
        if self.info.is_destroyed() && !self.work.is_destroying {
            self.depart(Departure::Destroyed);
        }
    }

    fn take_members(&mut self, messages: Vec<StoredMessage>, now: Timestamp) {
        if self.departure().is_some() {
            return;
        }
        let before = removed::ids(&self.members);
        if merge(&mut self.members, messages, &mut self.inbox, now) {
            self.note_removed(&before, now);
            self.events.push_back(Event::MembersChanged);
        }
    }

    fn take_messages(&mut self, mut messages: Vec<StoredMessage>, now: Timestamp) {
        if self.inbox.is_retry_due {
            let mut waiting = self.inbox.take_waiting(Namespace::GROUP_MESSAGES);
            waiting.append(&mut messages);
            messages = waiting;
        }
        self.inbox.is_retry_due = false;
        for message in messages {
            if self.departure().is_some() {
                return;
            }
            if self.inbox.has_seen(&message.hash) {
                continue;
            }
            if self.events.is_full() {
                self.inbox.wait(Namespace::GROUP_MESSAGES, message, now);
                self.inbox.is_retry_due = true;
                continue;
            }
            let opened = match self.keys.open(&message.data) {
                Err(OpenError::Frame(framing::OpenError::NoKeyFits { .. })) => {
                    self.inbox.wait(Namespace::GROUP_MESSAGES, message, now);
                    continue;
                }
                opened => opened.ok(),
            };
            let received = opened.as_ref().and_then(|opened| opened.to_received().ok());
            let written = received.as_ref().map(|it| (it.sender(), it.sent_at()));
            self.inbox.remember(message.hash, written, now);
            if let (Some(opened), Some(received)) = (opened, received) {
                let generation = self.keys.generation_at(opened.key_index());
                let length = opened.content().len();
                drop(opened);
                self.receive(&message, (received, length), generation, now);
            }
        }
    }

    /// `is_refused` says that the node would not let the account read the keys.
    fn take_notices(&mut self, messages: &[StoredMessage], is_refused: bool) {
        // An admin cannot be removed. And without a key it is not known how old a notice is: an old one is
        // told from a true one by whether the swarm still lets the account in.
        let may_obey = matches!(self.role, Role::Member(_))
            && (self.keys.current_generation().is_some() || is_refused);
        let own = self.account.x25519();
        let mut notices = messages.iter().filter(|_| may_obey);
        if notices.any(|notice| self.keys.is_kicked_by(&notice.data, own) == Ok(true)) {
            self.depart(Departure::Kicked);
        }
    }
}

/// Merges what was found, and what waited for a key. True if that changed something.
fn merge<T: SyncedType>(
    config: &mut Config<T>,
    mut messages: Vec<StoredMessage>,
    inbox: &mut Inbox,
    now: Timestamp,
) -> bool {
    if inbox.is_retry_due {
        messages.append(&mut inbox.take_waiting(T::NAMESPACE));
    }
    if messages.is_empty() {
        return false;
    }
    let incoming: Vec<_> =
        messages.iter().map(|message| Incoming::new(message.hash.into(), &message.data)).collect();
    let report = config.merge(&incoming, now);
    let waits: BTreeSet<_> = match &report {
        Ok(report) => {
            let rejected = report.rejected().iter();
            let waits = rejected.filter(|(_, why)| *why == Rejection::Undecryptable);
            waits.map(|(stored, _)| stored.as_str()).collect()
        }
        Err(_) => messages.iter().map(|message| message.hash.as_str()).collect(),
    };
    let waiting = messages.iter().filter(|message| waits.contains(message.hash.as_str())).cloned();
    waiting.for_each(|message| inbox.wait(T::NAMESPACE, message, now));
    report.is_ok_and(|report| !report.changes().is_empty())
}
