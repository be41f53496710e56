//! What a merge changed, and which device's message told of it, so that an application need not compare by hand.
//!
//! [`MergeReport::events`](crate::config::MergeReport::events) speaks in the words of the type: which contact,
//! which conversation, which fields. [`Change`] is the layer below: every value by its path.
//!
//! ```
//! use session_config::{Config, Contacts, Incoming, StoredHash, contacts::{Contact, ContactEntry, ContactField}};
//! use session_config::change::EventKind;
//! # use session_crypto::ed25519::Ed25519Keypair;
//! # use session_identity::Timestamp;
//! # let account = Ed25519Keypair::generate(&mut session_crypto::system_rng());
//! # let bob = "05d2ad010eeb72d72e561d9de7bd7b6989af77dcabffa03a5111a6c859ae5c3a72".parse()?;
//! # let now = Timestamp::from_millis(1_700_000_000_000);
//! # let mut phone = Config::<Contacts>::new(&account);
//! # let mut laptop = Config::<Contacts>::new(&account);
//! # phone.set(&Contact::new(bob));
//! # let push = phone.push(now)?;
//! # phone.confirm_pushed(push.seqno(), [StoredHash::new("one")]);
//! # laptop.merge(&[Incoming::new(StoredHash::new("one"), &push.messages()[0])], now)?;
//! // The phone blocks Bob; the laptop polls.
//! phone.set_blocked(&bob, true);
//! let push = phone.push(now)?;
//! let report = laptop.merge(&[Incoming::new(StoredHash::new("two"), &push.messages()[0])], now)?;
//!
//! for event in report.events() {
//!     match (event.kind(), event.entry()) {
//!         (EventKind::Changed, ContactEntry::Account(id)) if event.has(ContactField::IsBlocked) => {
//!             let is_blocked = laptop.get(id).is_some_and(|contact| contact.is_blocked);
//!             assert!(is_blocked); // … hide the conversation …
//!         }
//!         (EventKind::Added, entry) => println!("new: {entry:?}"),
//!         (_, entry) => println!("{:?} of {entry:?}: {:?}", event.kind(), event.fields()),
//!     }
//!     let told_by = event.source().map(|revision| report.stored(revision));
//!     assert_eq!(told_by, Some([StoredHash::new("two")].as_slice()));
//! }
//! assert_eq!(report.events().len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::{
    data::{Dict, Value},
    diff::Diff,
    message::RevisionId,
};

mod event;
mod source;

pub use event::{Event, EventKind, FieldChange};
pub(crate) use event::{Place, events};
pub(crate) use source::{History, Sources};

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

    /// The revision that made the change, as far as the messages remember: the newest that tells of the value.
    /// Of a resolved conflict that claims all values as its own, those that it resolved are asked first.
    #[must_use]
    pub const fn source(&self) -> Option<RevisionId> {
        self.source
    }

    /// Whether the value was an edit of this device that was not known to be stored, and is lost.
    #[must_use]
    pub const fn is_lost_edit(&self) -> bool {
        self.is_lost_edit
    }
}

/// All values in which `new` is different from `old`, in the order of their paths.
pub(crate) fn changes(old: &Dict, new: &Dict, sources: &Sources<'_>, unsent: &Diff) -> Vec<Change> {
    let mut changes = Vec::new();
    collect(Some(old), Some(new), &mut Vec::new(), &mut |path, before, after| {
        changes.push(Change {
            path: path.to_vec(),
            before: before.cloned(),
            after: after.cloned(),
            source: sources.of(path),
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
