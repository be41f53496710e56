//! What a merge changed, so that an application need not compare by hand.

use std::sync::Arc;

use crate::{
    data::{Dict, Value},
    diff::Diff,
    message::RevisionId,
};

/// One value that is different after a merge.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Change {
    path: Vec<Vec<u8>>,
    before: Option<Value>,
    after: Option<Value>,
    source: Option<RevisionId>,
    is_lost_edit: bool,
}

impl Change {
    /// Keys that lead to the value, outermost first.
    #[must_use]
    pub fn path(&self) -> &[Vec<u8>] {
        &self.path
    }

    /// The scalar or set that was there.
    #[must_use]
    pub const fn before(&self) -> Option<&Value> {
        self.before.as_ref()
    }

    /// The scalar or set that is there now.
    #[must_use]
    pub const fn after(&self) -> Option<&Value> {
        self.after.as_ref()
    }

    /// The newest revision that tells of a change here: the message of the device that made it.
    #[must_use]
    pub const fn source(&self) -> Option<RevisionId> {
        self.source
    }

    /// Whether the value was an edit of this device that was not stored yet and is lost.
    #[must_use]
    pub const fn is_lost_edit(&self) -> bool {
        self.is_lost_edit
    }
}

/// What happened, as far as the messages remember: newest first.
pub(crate) type History = Vec<(RevisionId, Arc<Diff>)>;

/// All values in which `new` is different from `old`.
pub(crate) fn changes(old: &Dict, new: &Dict, history: &History, unsent: &Diff) -> Vec<Change> {
    let mut changes = Vec::new();
    collect(Some(old), Some(new), &mut Vec::new(), &mut |path, before, after| {
        let tells = |(_, diff): &&(RevisionId, Arc<Diff>)| diff.touches(path);
        changes.push(Change {
            path: path.to_vec(),
            before: before.cloned(),
            after: after.cloned(),
            source: history.iter().find(tells).map(|(id, _)| *id),
            is_lost_edit: unsent.touches(path),
        });
    });
    changes
}

type Found<'f> = dyn FnMut(&[Vec<u8>], Option<&Value>, Option<&Value>) + 'f;

/// Walks both trees side by side down to scalars and sets.
fn collect(old: Option<&Dict>, new: Option<&Dict>, path: &mut Vec<Vec<u8>>, found: &mut Found<'_>) {
    let keys = |dict: Option<&Dict>| -> Vec<Vec<u8>> {
        dict.into_iter().flat_map(Dict::iter).map(|(key, _)| key.to_vec()).collect()
    };
    let mut all = keys(old);
    all.extend(keys(new));
    all.sort();
    all.dedup();
    for key in all {
        let before = old.and_then(|dict| dict.get(&key));
        let after = new.and_then(|dict| dict.get(&key));
        if before == after {
            continue;
        }
        path.push(key);
        let dict = |value: Option<&Value>| matches!(value, Some(Value::Dict(_)));
        if !dict(before) && !dict(after) {
            found(path, before, after);
        } else {
            // Of a dict in place of something else, both sides are told.
            if let (Some(other), false) = (before, dict(before)) {
                found(path, Some(other), None);
            }
            collect(as_dict(before), as_dict(after), path, found);
            if let (Some(other), false) = (after, dict(after)) {
                found(path, None, Some(other));
            }
        }
        path.pop();
    }
}

const fn as_dict(value: Option<&Value>) -> Option<&Dict> {
    match value {
        Some(Value::Dict(dict)) => Some(dict),
        _ => None,
    }
}
