//! Subscriptions of clients to what comes in (05 §5.15), over links that nodes can send on by themselves.
//!
//! HTTPS is no such link. Whoever drives a node over one that is names the connection by a number, hands in
//! requests with [`Node::take_monitor`], sends what [`Node::poll_notification`] gives, and says when the
//! connection ends.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use session_identity::Timestamp;
use session_swarm::{
    address::Address,
    monitor::{MonitorAnswer, MonitorData, MonitorErrorCode, MonitorRequest, Notification},
    namespace::Namespace,
    request::StoreRequest,
};

use super::Node;

/// How long a subscription lasts.
const LIFETIME: Duration = Duration::from_secs(65 * 60);
/// Subscriptions of a node at most. When there are more, new ones are refused.
const MAX_SUBSCRIPTIONS: usize = 10_000;
/// Notifications that wait to be sent, at most. When there are more, the oldest are lost.
const MAX_WAITING: usize = 10_000;

/// A connection of a client, by a number that whoever drives the node chooses.
pub type ConnectionId = u64;

/// Who wants to know what, and what they are to be told.
#[derive(Debug, Default)]
pub(super) struct Monitors {
    subscriptions: BTreeMap<(Address, ConnectionId), Subscription>,
    waiting: VecDeque<(ConnectionId, Vec<u8>)>,
}

#[derive(Debug)]
struct Subscription {
    namespaces: BTreeSet<Namespace>,
    data: MonitorData,
    ends_at: Timestamp,
}

impl Node {
    /// Takes a request to be told of new messages, or a list of them, from the client on `connection`; returns
    /// the answer. Both are bencoded.
    pub fn take_monitor(
        &mut self,
        connection: ConnectionId,
        request: &[u8],
        now: Timestamp,
    ) -> Vec<u8> {
        let requests = match MonitorRequest::list_from_bencode(request) {
            Ok(requests) => requests,
            Err(error) => return MonitorAnswer::from(Err(error)).to_bencode(),
        };
        let answers = requests.into_iter().map(|request| {
            let subscribed = request.and_then(|one| self.subscribe(connection, &one, now));
            MonitorAnswer::from(subscribed)
        });
        let answers: Vec<_> = answers.collect();
        match (request.first(), answers.as_slice()) {
            (Some(b'd'), [answer]) => answer.to_bencode(),
            _ => MonitorAnswer::list_to_bencode(&answers),
        }
    }

    fn subscribe(
        &mut self,
        connection: ConnectionId,
        request: &MonitorRequest,
        now: Timestamp,
    ) -> Result<(), MonitorErrorCode> {
        request.check(now)?;
        if !self.serves(request.account()) {
            return Err(MonitorErrorCode::WrongSwarm);
        }
        self.monitors.add(connection, request, now)
    }

    /// What is to be sent next, and on which connection; bencoded.
    pub fn poll_notification(&mut self) -> Option<(ConnectionId, Vec<u8>)> {
        self.monitors.waiting.pop_front()
    }

    /// Forgets the subscriptions of a connection that has ended.
    pub fn close_connection(&mut self, connection: ConnectionId) {
        self.monitors.subscriptions.retain(|(_, other), _| *other != connection);
        self.monitors.waiting.retain(|(other, _)| *other != connection);
    }
}

impl Monitors {
    /// Adds a subscription; one that is there is widened and begins anew.
    fn add(
        &mut self,
        connection: ConnectionId,
        request: &MonitorRequest,
        now: Timestamp,
    ) -> Result<(), MonitorErrorCode> {
        let place = (*request.account(), connection);
        if self.subscriptions.len() >= MAX_SUBSCRIPTIONS {
            self.subscriptions.retain(|_, subscription| subscription.ends_at > now);
        }
        let is_full = self.subscriptions.len() >= MAX_SUBSCRIPTIONS;
        if is_full && !self.subscriptions.contains_key(&place) {
            return Err(MonitorErrorCode::Arguments);
        }
        let ends_at = now.checked_add(LIFETIME).unwrap_or(now);
        let new = || Subscription { namespaces: BTreeSet::new(), data: MonitorData::Omit, ends_at };
        let subscription = self.subscriptions.entry(place).or_insert_with(new);
        if subscription.ends_at <= now {
            *subscription = new();
        }
        subscription.ends_at = ends_at;
        subscription.namespaces.extend(request.namespaces());
        if request.data() == MonitorData::Include {
            subscription.data = MonitorData::Include;
        }
        Ok(())
    }

    /// Has everybody told who wants to know of a message that is new here.
    pub(super) fn tell(&mut self, request: &StoreRequest, now: Timestamp) {
        let (account, namespace) = (*request.account(), request.namespace());
        let all = (account, ConnectionId::MIN)..=(account, ConnectionId::MAX);
        for ((_, connection), subscription) in self.subscriptions.range(all) {
            if subscription.ends_at <= now || !subscription.namespaces.contains(&namespace) {
                continue;
            }
            let (timestamp, expiry) = (request.timestamp(), request.expiry());
            let hash = request.message_hash();
            let mut notification = Notification::new(account, namespace, hash, timestamp, expiry);
            if subscription.data == MonitorData::Include {
                notification = notification.with_data(request.data().to_vec());
            }
            self.waiting.push_back((*connection, notification.to_bencode()));
            if self.waiting.len() > MAX_WAITING {
                self.waiting.pop_front();
            }
        }
    }
}
