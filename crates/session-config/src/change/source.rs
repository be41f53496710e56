//! Which revision told of which value.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    data::{Dict, Value},
    diff::Diff,
    map::Map,
    message::{Message, RevisionId},
};

/// What the messages of a merge tell: each revision once, with the data of the message that tells of it.
pub(crate) struct History(BTreeMap<RevisionId, (Arc<Diff>, Dict)>);

impl History {
    pub(crate) fn of(messages: &[Message]) -> Self {
        let mut history = BTreeMap::new();
        for message in messages {
            let data = message.data();
            history.insert(message.id(), (message.shared_diff().clone(), data.clone()));
            for (id, diff) in message.shared_lagged() {
                history.entry(id).or_insert_with(|| (diff.clone(), data.clone()));
            }
        }
        Self(history)
    }

    /// Index of all that is told, built in one pass.
    ///
    /// A conflict that was resolved in the deployed form claims every value (07 §5.2). Such a claim says nothing
    /// of who changed a value, so it counts only where nobody else tells of it.
    pub(crate) fn sources(&self) -> Sources<'_> {
        let mut told = Told::default();
        let mut claims = Vec::new();
        let numbered = (0..).zip(self.0.iter().rev());
        let conflict = self.first_conflict();
        for (number, (id, (diff, data))) in numbered {
            // Walking the data must cost no more than reading the diff did.
            let mut steps = diff.count().saturating_mul(2).saturating_add(16);
            let is_resolution = conflict.is_some_and(|conflict| id.seqno > conflict);
            if is_resolution && told.complete(diff, data, &mut steps) {
                claims.push((number, diff));
            } else {
                told.add(diff, number);
            }
        }
        claims.into_iter().for_each(|(number, diff)| told.add(diff, number));
        let revisions = self.0.keys().rev().map(|id| Arc::new(*id)).collect();
        Sources { told, revisions }
    }

    /// The lowest number that several revisions have.
    fn first_conflict(&self) -> Option<i64> {
        let numbers = self.0.keys().map(|id| id.seqno);
        let mut pairs = numbers.clone().zip(numbers.skip(1));
        pairs.find(|(one, next)| one == next).map(|(number, _)| number)
    }
}

/// Revisions by the paths that they tell of.
pub(crate) struct Sources<'h> {
    told: Told<'h>,
    /// The newest first.
    revisions: Vec<Arc<RevisionId>>,
}

impl Sources<'_> {
    /// What is told at the outermost place, from where [`Hint::at`] leads on.
    pub(super) const fn root(&self) -> Hint<'_> {
        Hint::Within(&self.told)
    }

    /// Who told of the value at a place, of something around it or within it.
    pub(super) fn of(&self, hint: &Hint<'_>) -> Option<Arc<RevisionId>> {
        let number = match hint {
            Hint::Within(told) => told.value.or(told.anything),
            Hint::Around(number) => *number,
        };
        self.revisions.get(usize::try_from(number?).ok()?).cloned()
    }
}

/// What is told of a place in the data.
#[derive(Clone, Copy)]
pub(super) enum Hint<'s> {
    /// Something, of the place itself or within it.
    Within(&'s Told<'s>),
    /// Nothing, but a value around it has been told of by this revision.
    Around(Option<u32>),
}

impl Hint<'_> {
    /// What is told of `key` at this place.
    pub(super) fn at(self, key: &[u8]) -> Self {
        match self {
            Self::Within(told) => {
                told.within.get(key).map_or(Self::Around(told.value), Self::Within)
            }
            around @ Self::Around(_) => around,
        }
    }
}

/// Who told first of a value, and of anything within it: the revision's number in [`Sources`].
#[derive(Default)]
pub(super) struct Told<'h> {
    value: Option<u32>,
    anything: Option<u32>,
    within: Map<&'h [u8], Told<'h>>,
}

impl<'h> Told<'h> {
    /// What one revision tells of a key.
    fn of(within: Option<&'h Diff>, number: u32) -> Self {
        let mut told = Self::default();
        match within {
            Some(diff) => told.add(diff, number),
            None => told.value = Some(number),
        }
        told
    }

    fn add(&mut self, diff: &'h Diff, number: u32) {
        self.anything.get_or_insert(number);
        if self.within.is_empty() {
            // The keys of a diff ascend, so that the map is built in one pass.
            self.within = Map::of_sorted(
                diff.iter().map(|(key, within)| (key, Self::of(within, number))).collect(),
            );
            return;
        }
        for (key, within) in diff.iter() {
            let told = self.within.slot(key, Told::default);
            match within {
                Some(diff) => told.add(diff, number),
                None => _ = told.value.get_or_insert(number),
            }
        }
    }

    /// Whether `diff` tells of all values of `data` that are not told of already.
    fn complete(&self, diff: &Diff, data: &Dict, steps: &mut usize) -> bool {
        let (silence, nothing) = (Told::default(), Diff::new());
        data.iter().all(|(key, value)| {
            let Some(left) = steps.checked_sub(1) else { return false };
            *steps = left;
            let told = self.within.get(key).unwrap_or(&silence);
            match (diff.get(key), value) {
                (Some(None), _) => true,
                (diff, Value::Dict(dict)) => {
                    told.complete(diff.flatten().unwrap_or(&nothing), dict, steps)
                }
                _ => told.value.is_some(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        merge::{Merged, merge},
        message::{Authority, Lag},
    };

    const UNSIGNED: Authority = Authority::Unsigned;

    fn edit(message: &Message, keys: &[&str]) -> Message {
        let mut draft = message.clone().successor(Lag::DEFAULT);
        for key in keys {
            draft.assign(&[b"c", key.as_bytes(), b"n"], Some(Value::from(message.seqno())));
        }
        draft.finish(&UNSIGNED)
    }

    fn source_at(messages: &[Message], path: &[&[u8]]) -> Option<RevisionId> {
        let history = History::of(messages);
        let sources = history.sources();
        let hint = path.iter().fold(sources.root(), |hint, key| hint.at(key));
        sources.of(&hint).as_deref().copied()
    }

    fn source(messages: &[Message], key: &str) -> Option<RevisionId> {
        source_at(messages, &[b"c", key.as_bytes(), b"n"])
    }

    #[test]
    fn a_resolution_is_not_the_source_of_what_it_resolved() {
        let base = edit(&Message::empty(), &["x", "y", "z"]);
        let (a, b) = (edit(&base, &["x"]), edit(&base, &["y"]));
        let Some(Merged::Resolved(resolved)) =
            merge(vec![a.clone(), b.clone()], Lag::DEFAULT, &UNSIGNED)
        else {
            panic!("in conflict")
        };
        // The deployed form claims all values.
        let resolved = resolved.into_full_draft().finish(&UNSIGNED);
        let next = edit(&resolved, &["new"]);
        for messages in
            [vec![resolved.clone()], vec![next.clone()], vec![base, resolved, next.clone()]]
        {
            assert_eq!(source(&messages, "x"), Some(a.id()));
            assert_eq!(source(&messages, "y"), Some(b.id()));
            assert_ne!(source(&messages, "z"), None, "nobody else tells of it");
        }
        assert_eq!(source(std::slice::from_ref(&next), "new"), Some(next.id()));
        assert_eq!(source(&[next], "unheard"), None);
    }

    #[test]
    fn the_newest_edit_is_the_source() {
        let base = edit(&Message::empty(), &["x"]);
        let next = edit(&base, &["x"]);
        let last = edit(&next, &["y"]);
        assert_eq!(source(&[base.clone(), last.clone()], "x"), Some(next.id()));
        let all = [base, last.clone()];
        assert_eq!(source_at(&all, &[b"c", b"x"]), Some(next.id()), "something within");
        assert_eq!(source_at(&all, &[b"c"]), Some(last.id()));
    }
}
