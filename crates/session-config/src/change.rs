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

use std::{cmp::Ordering, collections::BTreeMap, fmt, sync::Arc};

use crate::{
    data::{Dict, Value},
    diff::{Diff, Touched},
    key::Key,
    message::RevisionId,
};

mod event;
mod source;

pub use event::{Event, EventKind, FieldChange};
pub(crate) use event::{Place, events};
use source::Hint;
pub(crate) use source::{History, Sources};

/// One value that is different after a merge.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Change {
    path: Path,
    before: Option<Value>,
    after: Option<Value>,
    source: Source,
    is_lost_edit: bool,
}

impl Change {
    /// Keys that lead to the value, outermost first.
    #[must_use]
    pub fn path(&self) -> Vec<&[u8]> {
        self.path.keys()
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
    pub fn source(&self) -> Option<RevisionId> {
        self.source.as_deref().copied()
    }

    /// Whether the value was an edit of this device that was not known to be stored, and is lost.
    #[must_use]
    pub const fn is_lost_edit(&self) -> bool {
        self.is_lost_edit
    }
}

/// All values in which `new` is different from `old`, in the order of their paths. What `sources` do not know,
/// a change of the same value among `earlier` ones may.
pub(crate) fn changes(
    old: &Dict,
    new: &Dict,
    sources: &Sources<'_>,
    unsent: &Diff,
    earlier: &[Change],
) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    let earlier: BTreeMap<_, _> = earlier.iter().map(|change| (change.path(), change)).collect();
    let root = Spot { above: None, told: sources.root(), unsent: Touched::Within(unsent) };
    collect(Some(old), Some(new), root, &mut |path, spot, before, after| {
        let known_earlier = || earlier.get(&path.keys())?.source.clone();
        changes.push(Change {
            before: before.cloned(),
            after: after.cloned(),
            source: sources.of(&spot.told).or_else(known_earlier),
            is_lost_edit: spot.unsent.is_touched(),
            path: path.clone(),
        });
    });
    changes.shrink_to_fit();
    changes
}

/// Where a value is: its key, and where the dict is that has it. Many values of one dict share the way there,
/// which may be long.
#[derive(Clone, Eq, PartialEq)]
struct Path {
    above: Option<Arc<Path>>,
    key: Key,
}

impl Path {
    /// The keys, outermost first.
    fn keys(&self) -> Vec<&[u8]> {
        let mut keys = Vec::new();
        self.write_keys(&mut keys);
        keys
    }

    /// Puts the keys in place of what is in `keys`.
    fn write_keys<'p>(&'p self, keys: &mut Vec<&'p [u8]>) {
        keys.clear();
        let mut path = Some(self);
        while let Some(Self { above, key }) = path {
            keys.push(key.as_bytes());
            path = above.as_deref();
        }
        keys.reverse();
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.keys().iter().map(|key| key.escape_ascii().to_string()))
            .finish()
    }
}

/// A revision that many changes have in common.
type Source = Option<Arc<RevisionId>>;

/// Where a walk is: in the data, in what the messages tell and in the edits that are not stored.
#[derive(Clone, Copy)]
struct Spot<'w> {
    above: Option<&'w Arc<Path>>,
    told: Hint<'w>,
    unsent: Touched<'w>,
}

type Found<'f> = dyn FnMut(&Path, Spot<'_>, Option<&Value>, Option<&Value>) + 'f;

/// Walks both trees side by side down to scalars and sets.
fn collect(old: Option<&Dict>, new: Option<&Dict>, spot: Spot<'_>, found: &mut Found<'_>) {
    let (mut olds, mut news) = (entries(old).peekable(), entries(new).peekable());
    loop {
        let order = match (olds.peek(), news.peek()) {
            (None, None) => return,
            (Some((old, _)), Some((new, _))) => old.cmp(new),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
        };
        let old = if order.is_le() { olds.next() } else { None };
        let new = if order.is_ge() { news.next() } else { None };
        let (before, after) = (old.map(|(_, value)| value), new.map(|(_, value)| value));
        let Some((key, _)) = old.or(new) else { return };
        if before != after {
            let path = Path { above: spot.above.cloned(), key: key.clone() };
            let (told, unsent) = (spot.told.at(key.as_bytes()), spot.unsent.at(key.as_bytes()));
            collect_at(path, Spot { above: None, told, unsent }, before, after, found);
        }
    }
}

fn entries(dict: Option<&Dict>) -> impl Iterator<Item = (&Key, &Value)> {
    dict.into_iter().flat_map(Dict::keyed)
}

fn collect_at(
    path: Path,
    spot: Spot<'_>,
    before: Option<&Value>,
    after: Option<&Value>,
    found: &mut Found<'_>,
) {
    let (old, new) = (as_dict(before), as_dict(after));
    if old.is_none() && new.is_none() {
        found(&path, spot, before, after);
        return;
    }
    // Of a dict in place of something else, both sides are told.
    if before.is_some() && old.is_none() {
        found(&path, spot, before, None);
    }
    let path = Arc::new(path);
    collect(old, new, Spot { above: Some(&path), ..spot }, found);
    if after.is_some() && new.is_none() {
        found(&path, spot, None, after);
    }
}

const fn as_dict(value: Option<&Value>) -> Option<&Dict> {
    match value {
        Some(Value::Dict(dict)) => Some(dict),
        _ => None,
    }
}
