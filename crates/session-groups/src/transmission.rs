//! What to send, and to whose swarm.

use session_config::StoredHash;
use session_crypto::ed25519::Ed25519PublicKey;
use session_identity::{AccountId, Timestamp};
use session_swarm::{
    address::Address,
    answer::{Answer, Body, Response},
    limits::MAX_SUBREQUESTS,
    message_hash::MessageHash,
    request::{BatchError, BatchMode, BatchRequest, Request},
};

use crate::keys::Generation;

/// One request, signed and ready: what [`Group::poll_transmit`](crate::Group::poll_transmit) wants to be sent.
///
/// It belongs to one moment: a signature is good for a minute. If it gets lost, the group makes a new one.
#[derive(Debug)]
#[must_use = "the group waits to hear what became of it"]
pub struct Transmission {
    recipient: Address,
    request: Request,
    /// What the first so many requests do, the next so many, and so on.
    tasks: Vec<(Task, usize)>,
}

/// What is done when its requests are confirmed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Task {
    /// Key messages for late joiners.
    Supplements(Vec<MessageHash>),
    /// The key message that is pending.
    Keys(MessageHash),
    /// Revision of Info, and under which names it is stored.
    Info(i64, Vec<StoredHash>),
    /// Revision of Members, and under which names it is stored.
    Members(i64, Vec<StoredHash>),
    /// The message of the outbox with this time.
    Message(Timestamp, MessageHash),
    /// Tokens are no longer revoked.
    Unrevoke(Vec<AccountId>),
    /// Messages are deleted.
    Delete(Vec<MessageHash>),
    /// Members were told that they are removed, with the number of this key, and their tokens are revoked.
    Removal(Vec<AccountId>, Generation),
    /// Members who were removed before were told again, with the number of this key.
    Notice(Vec<AccountId>, Generation),
    /// The group is destroyed.
    Destroy,
    /// The account says that it left.
    Leave,
    /// One person was invited.
    Invite(AccountId),
    /// One person was promoted.
    Promote(AccountId),
}

impl Transmission {
    /// Request to one person's swarm.
    pub(crate) fn direct(recipient: Address, request: Request, task: Task) -> Self {
        Self { recipient, request, tasks: vec![(task, 1)] }
    }

    /// Whose swarm is to get it: the group's, or that of somebody who is invited.
    #[must_use]
    pub const fn recipient(&self) -> &Address {
        &self.recipient
    }

    /// The request: for the group a sequence, whose order matters.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// What is done, by the answer of a node of the swarm of these `members`; and whether all of it is.
    pub(crate) fn done(
        self,
        response: &Response,
        members: &[Ed25519PublicKey],
    ) -> (Vec<Task>, bool) {
        let confirmed = confirmed(&self.request, response, members);
        let (mut end, count) = (0_usize, self.tasks.len());
        let mut done = Vec::new();
        for (task, requests) in self.tasks {
            end = end.saturating_add(requests);
            if end > confirmed {
                break;
            }
            done.push(task);
        }
        let all = done.len() == count;
        (done, all)
    }

    pub(crate) fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.iter().map(|(task, _)| task)
    }
}

/// How many requests from the first on are carried out.
fn confirmed(request: &Request, response: &Response, members: &[Ed25519PublicKey]) -> usize {
    match (request, response.body()) {
        (Request::Batch(batch), Body::Answer(Answer::Batch(results))) => {
            let pairs = batch.requests().iter().zip(results);
            pairs.take_while(|(request, result)| is_confirmed(request, result, members)).count()
        }
        _ => usize::from(is_confirmed(request, response, members)),
    }
}

/// Whether the swarm confirms the request, by what its members signed (05 §6.5).
fn is_confirmed(request: &Request, response: &Response, members: &[Ed25519PublicKey]) -> bool {
    let Body::Answer(answer) = response.body() else { return false };
    match (request, answer) {
        (Request::Store(request), Answer::Store(answer)) => {
            answer.verify(request, members).is_success()
        }
        // The rule for all members would let one that is down keep a removed member in the group. What
        // protects the group is the rekey behind the revocation (06 §5.3).
        (Request::Revoke(request), Answer::Revoke(answer)) => {
            !answer.verify(request, members).confirmed().is_empty()
        }
        (Request::Delete(request), Answer::Delete(answer)) => {
            answer.verify(request, members).is_success()
        }
        (Request::Sweep(request), Answer::Sweep(answer)) => {
            answer.verify(request, members).is_success()
        }
        _ => false,
    }
}

/// Whether a node refused one of the requests for want of a right.
pub(crate) fn is_refused(response: &Response) -> bool {
    let refused = |response: &Response| matches!(response.status(), 401 | 403);
    match response.body() {
        Body::Answer(Answer::Batch(results)) => results.iter().any(refused),
        _ => refused(response),
    }
}

/// A sequence of requests to the group's swarm, of whole tasks.
pub(crate) struct Sequence {
    group: Address,
    requests: Vec<Request>,
    tasks: Vec<(Task, usize)>,
}

impl Sequence {
    pub(crate) const fn new(group: Address) -> Self {
        Self { group, requests: Vec::new(), tasks: Vec::new() }
    }

    /// Whether so many requests fit in.
    pub(crate) const fn has_room(&self, count: usize) -> bool {
        self.requests.len().saturating_add(count) <= MAX_SUBREQUESTS
    }

    /// Appends a task.
    pub(crate) fn push(&mut self, task: Task, requests: impl IntoIterator<Item = Request>) {
        let before = self.requests.len();
        self.requests.extend(requests);
        self.tasks.push((task, self.requests.len().saturating_sub(before)));
    }

    /// The sequence, if there is anything in it.
    pub(crate) fn finish(self) -> Result<Option<Transmission>, BatchError> {
        if self.requests.is_empty() {
            return Ok(None);
        }
        let request = BatchRequest::new(BatchMode::UntilFailure, self.requests)?.into();
        Ok(Some(Transmission { recipient: self.group, request, tasks: self.tasks }))
    }
}
