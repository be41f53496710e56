//! What is still to be sent.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use session_envelope::{content::Content, group::GroupKey};
use session_identity::{AccountId, Timestamp};
use session_swarm::message_hash::MessageHash;

use crate::keys::Generation;

/// Everything that waits to be sent, beside what the configs and the key store know themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    /// The list of members changed, or somebody asked: the group needs a new key.
    pub(super) rekey: bool,
    /// When the pending key message was made, and under which name it will be stored.
    pub(super) pending: Option<(Timestamp, MessageHash)>,
    /// Late joiners who are to get the keys that there are.
    pub(super) history_for: BTreeSet<AccountId>,
    /// Key messages for them.
    pub(super) supplements: Vec<Vec<u8>>,
    /// Members to whom this device handed keys that there were, up to which number.
    pub(super) handed: BTreeMap<AccountId, Generation>,
    /// Members has to be stored before anybody hears of what is in it.
    pub(super) members_first: bool,
    /// Members who had been removed before.
    pub(super) unrevoke: BTreeSet<AccountId>,
    pub(super) outbox: VecDeque<Outgoing>,
    /// Superseded config messages, and messages that an admin deletes.
    pub(super) delete: BTreeSet<MessageHash>,
    /// People to be written to.
    pub(super) letters: BTreeMap<AccountId, Letter>,
    /// How often they were written to without an answer.
    pub(super) attempts: BTreeMap<AccountId, u8>,
    /// People who are being written to.
    pub(super) letters_in_flight: BTreeSet<AccountId>,
    pub(super) in_flight: bool,
    /// Nothing is sent before.
    pub(super) retry_at: Option<Timestamp>,
    pub(super) last_sent_at: Option<Timestamp>,
    /// Members who were removed, and when this device learned of it: a key may list them after all.
    pub(super) removed: BTreeMap<AccountId, Timestamp>,
    /// Removed members who are to be told again, with the number of this key or a later one.
    pub(super) untold: BTreeMap<AccountId, Generation>,
    /// The last key that was made here.
    pub(super) made_for: Option<Made>,
    pub(super) is_leaving: bool,
    pub(super) is_destroying: bool,
}

/// A key that was made here.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) generation: Generation,
    /// Who got it.
    pub(super) ids: BTreeSet<AccountId>,
}

/// What one person is to be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Letter {
    Invite,
    Promotion,
}

/// A message to the group.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub(super) content: Content,
    pub(super) sent_at: Timestamp,
    pub(super) haste: Haste,
    /// The message under a key, to be sent again as it is while that key is the newest.
    pub(super) sealed: Option<(GroupKey, Vec<u8>)>,
}

/// Whether a message may be sent under the key of a group that is about to lose a member.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Haste {
    /// It waits for the next key.
    AfterRemovals,
    /// It tells of the removal.
    Now,
}

impl Work {
    /// A time of sending that no message to this group had before (09 §1).
    pub(super) fn stamp(&mut self, now: Timestamp) -> Timestamp {
        let stamp = self.next_stamp(now);
        self.last_sent_at = Some(stamp);
        stamp
    }

    /// The same time, which is not taken yet.
    pub(super) fn next_stamp(&self, now: Timestamp) -> Timestamp {
        let next = self.last_sent_at.map_or(0, |last| last.as_millis().saturating_add(1));
        now.max(Timestamp::from_millis(next))
    }
}
