//! Several revisions become one (07 §5).
//!
//! Everybody who merges the same messages gets the same bytes, in whatever order they came.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    data::Dict,
    diff::Diff,
    message::{Authority, Draft, Lag, Lagged, Message, Unknown},
};

/// What a merge came to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Merged {
    /// One of the messages includes all the others.
    Unmerged {
        /// Its index in the input.
        index: usize,
        /// The message, unchanged.
        message: Box<Message>,
    },
    /// A new revision with what all of them changed. It is still to be pushed.
    Resolved(Resolution),
}

/// A conflict, resolved.
#[derive(Clone, Debug)]
pub struct Resolution {
    seqno: i64,
    data: Dict,
    lagged: Lagged,
    lag: Lag,
    /// Data of the messages that are in conflict, of the newest first.
    merged: Vec<Dict>,
}

impl Resolution {
    /// Puts right what the replay of diffs lost. To the devices that resolve the same messages the same has to come out,
    /// so that `rule` sees nothing but these.
    pub(crate) fn reconcile(&mut self, rule: impl FnOnce(&mut Dict, &[Dict])) {
        rule(&mut self.data, &self.merged);
    }

    /// Data of the messages that are in conflict, of the newest first.
    pub(crate) fn merged(&self) -> &[Dict] {
        &self.merged
    }

    /// Number of values and changes in the message that this becomes, at most.
    pub(crate) fn count(&self) -> usize {
        // In the deployed form the diff tells of all values once more.
        let data = self.data.count().saturating_mul(2);
        self.lagged.values().map(|diff| diff.count()).fold(data, usize::saturating_add)
    }

    /// As a draft whose diff is what is edited from now on: none, if nothing is. The form that the document of
    /// the protocol describes (07 §5.2).
    #[must_use]
    pub fn into_draft(self) -> Draft {
        let base = self.data.clone();
        Draft::new(self.seqno, base, self.data, self.lagged, self.lag, Unknown::default())
    }

    /// As a draft whose diff claims that every value was just assigned. Deployed devices that had no edits of
    /// their own push this form, and equal bytes are stored once (07 §5.2).
    #[must_use]
    pub fn into_full_draft(self) -> Draft {
        Draft::new(self.seqno, Dict::new(), self.data, self.lagged, self.lag, Unknown::default())
    }
}

/// Merges messages; `None` if there are none. An authority that cannot write gets the newest message instead
/// of a resolution: somebody who can will publish one.
///
/// # Example
/// ```
/// use session_config::{data::Value, merge::{Merged, merge}, message::{Authority, Lag, Message}};
///
/// let edit = |key: &[u8]| {
///     let mut draft = Message::empty().successor(Lag::DEFAULT);
///     draft.assign(&[key], Some(Value::from(1)));
///     draft.finish(&Authority::Unsigned)
/// };
/// let merged = merge(vec![edit(b"a"), edit(b"b")], Lag::DEFAULT, &Authority::Unsigned);
/// let Some(Merged::Resolved(resolution)) = merged else { panic!("these two are in conflict") };
/// let message = resolution.into_draft().finish(&Authority::Unsigned);
/// assert_eq!((message.seqno(), message.data().len()), (2, 2));
/// ```
#[must_use]
pub fn merge(messages: Vec<Message>, lag: Lag, authority: &Authority) -> Option<Merged> {
    let newest = messages.iter().map(Message::seqno).max()?;
    let is_redundant = redundant(&messages, newest, lag);
    let mut left: Vec<(usize, Message)> = messages
        .into_iter()
        .enumerate()
        .zip(is_redundant)
        .filter_map(|(message, is_redundant)| (!is_redundant).then_some(message))
        .collect();
    left.sort_by_key(|(_, message)| std::cmp::Reverse(message.id()));
    if left.len() == 1 || !authority.can_write() {
        let (index, message) = left.into_iter().next()?;
        return Some(Merged::Unmerged { index, message: Box::new(message) });
    }
    resolve(left, newest, lag).map(Merged::Resolved)
}

/// Which messages add nothing: another remembers them, an earlier one is the same, or they are too old.
fn redundant(messages: &[Message], newest: i64, lag: Lag) -> Vec<bool> {
    let mut first_of = BTreeMap::new();
    for (index, message) in messages.iter().enumerate() {
        first_of.entry(message.id()).or_insert(index);
    }
    let mut remembered = std::collections::BTreeSet::new();
    for message in messages {
        remembered.extend(message.lagged().map(|(id, _)| id));
    }
    let is_redundant = |(index, message): (usize, &Message)| {
        remembered.contains(&message.id())
            || first_of.get(&message.id()) != Some(&index)
            || lag.is_too_old(message.seqno(), newest)
    };
    messages.iter().enumerate().map(is_redundant).collect()
}

/// Replays every diff over the data of the first message, which is the newest.
fn resolve(newest_first: Vec<(usize, Message)>, newest: i64, lag: Lag) -> Option<Resolution> {
    let mut replay = BTreeMap::<_, (Arc<Diff>, &Dict)>::new();
    for (_, message) in &newest_first {
        // The first to tell of a revision is the newest, and its values count.
        replay.entry(message.id()).or_insert((message.shared_diff().clone(), message.data()));
        for (id, diff) in message.shared_lagged() {
            replay.entry(id).or_insert((diff.clone(), message.data()));
        }
    }
    let (_, first) = newest_first.first()?;
    let mut data = first.data().clone();
    for (diff, source) in replay.values() {
        diff.apply(source, &mut data);
    }
    data.prune();
    let lagged = replay.into_iter().map(|(id, (diff, _))| (id, diff)).collect();
    let merged = newest_first.iter().map(|(_, message)| message.data().clone()).collect();
    Some(Resolution { seqno: newest.saturating_add(1), data, lagged, lag, merged })
}
