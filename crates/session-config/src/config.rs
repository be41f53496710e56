//! A config object: the data of one type, and how far they are synchronised (07 §6).
//!
//! ```text
//!           edit                 push                confirm
//!  Clean ─────────► Dirty ─────────────► Waiting ─────────────► Clean
//!    └── merge: adopts a message, or becomes Dirty with a resolution ──┘
//! ```
//!
//! Nothing here sends or stores: [`Config::push`] says what to store and what to delete, [`Config::merge`] takes
//! what was found, [`Config::dump`] is for the disk.
//!
//! ```
//! use session_config::{Config, Incoming, StoredHash, UserProfile};
//! use session_crypto::ed25519::Ed25519Keypair;
//! use session_identity::Timestamp;
//!
//! let account = Ed25519Keypair::generate(&mut session_crypto::system_rng());
//! let now = Timestamp::from_millis(1_700_000_000_000);
//! let (mut phone, mut laptop) =
//!     (Config::<UserProfile>::new(&account), Config::<UserProfile>::new(&account));
//!
//! phone.set_name("Alice", Some(now))?;
//! let push = phone.push(now)?;
//! // … the message is stored under a name that the storage gives it …
//! let stored = StoredHash::new("hash-1");
//! phone.confirm_pushed(push.seqno(), [stored.clone()]);
//!
//! let report = laptop.merge(&[Incoming::new(stored, &push.messages()[0])], now)?;
//! assert_eq!(report.processed().len(), 1);
//! assert_eq!(laptop.name().as_deref(), Some("Alice"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::{collections::BTreeSet, fmt};

use session_crypto::ed25519::Ed25519Keypair;
use session_swarm::{message_hash::MessageHash, namespace::Namespace};
use session_types::community::BaseUrl;

use crate::{
    change::Place,
    data::{Dict, Value},
    encryption::{ConfigKey, Domain},
    message::{Authority, Draft, Lag, Message},
    multipart::Parts,
    wrapping::{WrappedKind, Wrapper},
};

mod dump;
mod merge;
mod push;
mod shape;
mod snapshot;

pub use dump::LoadError;
pub(crate) use dump::{LocalData, read_hash};
pub use merge::{Incoming, MergeReport, NoKey, Rejection};
pub use push::{Push, PushError};
pub use snapshot::Snapshot;

/// Name that the storage gave a stored message. Any text: what it looks like is the storage's business.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct StoredHash(Box<str>);

impl StoredHash {
    /// Takes a text as a name.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<MessageHash> for StoredHash {
    fn from(hash: MessageHash) -> Self {
        Self::new(hash.as_str())
    }
}

impl fmt::Display for StoredHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A type of config. The types are those of this crate: [`UserProfile`](crate::UserProfile) and so on.
#[expect(private_bounds, reason = "nobody else makes types: the network knows these")]
pub trait ConfigType: Sealed {}

/// What the network knows of a type (07 §9).
pub(crate) trait Sealed: Sized {
    /// What it encrypts for.
    const DOMAIN: Domain<'static>;
    /// Data that are kept on the device: in the dump, in no message.
    type Local: LocalData;

    /// What the value at `path` is; `None` if this version does not know. The data are those in which it may be.
    fn locate(_path: &[&[u8]], _data: [&Dict; 2]) -> Option<Place<Self>>
    where
        Self: SyncedType,
    {
        None
    }

    /// Puts right what a resolved conflict lost (07 §21): `merged` are the data that were in conflict, and all that this
    /// may depend on, so that every device does the same.
    fn reconcile(_data: &mut Dict, _merged: &[Dict]) {}

    /// Keeps on this device what a resolved conflict lost, and what must not be put right for all.
    fn remember(_config: &mut Config<Self>, _merged: &[Dict])
    where
        Self: ConfigType,
    {
    }

    /// Puts the data in order, before a push and after a merge, which changed what was there `before`.
    fn tidy(_config: &mut Config<Self>, _before: &Dict, _now: session_identity::Timestamp)
    where
        Self: ConfigType,
    {
    }
}

/// A type that is stored in a swarm.
pub trait SyncedType: ConfigType {
    /// Slot in the storage of the account or group.
    const NAMESPACE: Namespace;
    /// What [`Event`](crate::change::Event)s are about; `()` for a type that is one record.
    type Entry: Clone + fmt::Debug + Eq;
    /// What of an entry may change.
    type Field: Copy + fmt::Debug + Eq + Ord;
}

/// A type that belongs to an account and is encrypted with its seed.
pub trait AccountType: SyncedType {
    /// What a wrapped message of this type calls itself.
    const WRAPPED_KIND: WrappedKind;
}

/// A type that belongs to a group: signed by its admins and encrypted with its keys.
pub trait GroupType: SyncedType {}

/// How far an object is synchronised.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the dump format has these three")]
pub enum Status {
    /// The data are those of a stored message, or nothing was ever changed.
    Clean,
    /// There are changes that were not pushed.
    Dirty,
    /// A push was made and not confirmed.
    Waiting,
}

/// What the diff of a resolved conflict says (07 §5.2).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum ResolutionForm {
    /// What deployed clients write in the same state, so that equal resolutions are stored once.
    #[default]
    Deployed,
    /// Always what was edited since, which cannot bring deleted values back: for closed deployments.
    Plain,
}

/// The object: data of type `T` with everything that synchronises them.
pub struct Config<T: ConfigType> {
    state: State,
    authority: Authority,
    /// The first encrypts, all decrypt.
    keys: Vec<ConfigKey>,
    wrapper: Option<Wrapper>,
    /// Where the current message is stored.
    current: BTreeSet<StoredHash>,
    /// Stored messages that the current one makes superfluous.
    obsolete: BTreeSet<StoredHash>,
    parts: Parts,
    needs_dump: bool,
    resolution_form: ResolutionForm,
    pub(crate) local: T::Local,
}

#[derive(Clone)]
enum State {
    Clean(Message),
    Dirty(Draft),
    Waiting(Message),
}

impl<T: AccountType> Config<T> {
    /// Object of an account, as on a new device: whatever the account stored is still to be merged.
    #[must_use]
    pub fn new(account: &Ed25519Keypair) -> Self {
        let mut config =
            Self::with(Authority::Unsigned, vec![ConfigKey::of_account(&account.seed())]);
        config.wrapper = Some(Wrapper::new(account, T::WRAPPED_KIND));
        config
    }
}

impl<T: GroupType> Config<T> {
    /// Object of a group, as on a new device. `keys` are the group's, newest first.
    ///
    /// With [`Authority::ReadOnly`] it takes what admins sign and refuses edits; with [`Authority::Signer`] it
    /// signs. Use of [`Authority::Unsigned`] is for tests: no member accepts such messages.
    #[must_use]
    pub fn for_group(authority: Authority, keys: impl IntoIterator<Item = ConfigKey>) -> Self {
        let mut config = Self::with(authority, Vec::new());
        config.set_keys(keys);
        config
    }

    /// Whether edits are possible.
    #[must_use]
    pub const fn can_write(&self) -> bool {
        self.authority.can_write()
    }

    /// Replaces the right to write: a member who is promoted gets the group's secret.
    pub fn set_authority(&mut self, authority: Authority) {
        self.authority = authority;
    }

    /// The keys in use, the one that encrypts first.
    #[must_use]
    pub fn keys(&self) -> &[ConfigKey] {
        &self.keys
    }

    /// Replaces the keys, newest first; a key that occurs twice is kept once. True if another key encrypts now:
    /// [`Self::touch`] then makes the data be pushed under it.
    pub fn set_keys(&mut self, keys: impl IntoIterator<Item = ConfigKey>) -> bool {
        let mut unique = Vec::new();
        for key in keys {
            if !unique.contains(&key) {
                unique.push(key);
            }
        }
        let changed = unique.first() != self.keys.first();
        self.keys = unique;
        changed
    }

    /// Makes a revision without a change, so that the data are pushed again.
    ///
    /// # Errors
    /// [`ReadOnly`] without the right to write.
    pub fn touch(&mut self) -> Result<(), ReadOnly> {
        self.check_writable()?;
        self.edit();
        Ok(())
    }

    pub(crate) const fn check_writable(&self) -> Result<(), ReadOnly> {
        if self.can_write() { Ok(()) } else { Err(ReadOnly) }
    }
}

/// Edits need the group's secret, which only admins have.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("config is read-only")]
pub struct ReadOnly;

impl<T: ConfigType> Config<T> {
    pub(crate) fn with(authority: Authority, keys: Vec<ConfigKey>) -> Self {
        Self {
            state: State::Clean(Message::empty()),
            authority,
            keys,
            wrapper: None,
            current: BTreeSet::new(),
            obsolete: BTreeSet::new(),
            parts: Parts::default(),
            needs_dump: false,
            resolution_form: ResolutionForm::default(),
            local: T::Local::default(),
        }
    }

    /// The data as a tree, for tools that show what the typed methods do not.
    #[must_use]
    pub fn data(&self) -> &Dict {
        match &self.state {
            State::Clean(message) | State::Waiting(message) => message.data(),
            State::Dirty(draft) => draft.data(),
        }
    }

    /// Number of the current revision; 0 if there was never one.
    #[must_use]
    pub const fn seqno(&self) -> i64 {
        match &self.state {
            State::Clean(message) | State::Waiting(message) => message.seqno(),
            State::Dirty(draft) => draft.seqno(),
        }
    }

    /// How far the object is synchronised.
    #[must_use]
    pub const fn status(&self) -> Status {
        match &self.state {
            State::Clean(_) => Status::Clean,
            State::Dirty(_) => Status::Dirty,
            State::Waiting(_) => Status::Waiting,
        }
    }

    /// Whether something changed since the last [`Self::dump`].
    #[must_use]
    pub const fn needs_dump(&self) -> bool {
        self.needs_dump
    }

    /// Chooses what resolutions of conflicts look like. Not part of the dump.
    pub const fn set_resolution_form(&mut self, form: ResolutionForm) {
        self.resolution_form = form;
    }

    /// Puts `value` at the end of `path`, or removes what is there. What changes nothing makes no revision.
    pub(crate) fn assign(&mut self, path: &[&[u8]], value: Option<Value>) {
        let value = value.filter(|value| !value.is_empty());
        if self.data().at(path) != value.as_ref() {
            self.edit().assign(path, value);
        }
    }

    /// Removes what is at the end of `path`. False if there was nothing.
    pub(crate) fn erase_at(&mut self, path: &[&[u8]]) -> bool {
        let existed = self.data().at(path).is_some();
        self.assign(path, None);
        existed
    }

    /// Removes an entry of a server, and the server with the last one, which its key would keep alive.
    pub(crate) fn erase_on_server(&mut self, kind: &[u8], url: &BaseUrl, entry: &[u8]) -> bool {
        let url = url.as_str().as_bytes();
        let existed = self.erase_at(&[kind, url, b"R", entry]);
        if existed && self.data().dict_at(&[kind, url, b"R"]).is_none() {
            self.assign(&[kind, url], None);
        }
        existed
    }

    pub(crate) const fn mark_for_dump(&mut self) {
        self.needs_dump = true;
    }

    /// The draft of the current revision, begun if there is none.
    fn edit(&mut self) -> &mut Draft {
        self.needs_dump = true;
        if let State::Clean(message) | State::Waiting(message) = &self.state {
            self.obsolete.append(&mut self.current);
            self.state = State::Dirty(message.clone().successor(Lag::DEFAULT));
        }
        match &mut self.state {
            State::Dirty(draft) => draft,
            State::Clean(_) | State::Waiting(_) => unreachable!("the state was just made dirty"),
        }
    }
}

impl<T: SyncedType> Config<T> {
    /// Whether there is something to push, or a push that was not confirmed.
    #[must_use]
    pub const fn needs_push(&self) -> bool {
        !matches!(self.state, State::Clean(_))
    }

    /// Names under which the current message is stored; several if it has parts.
    pub fn current_hashes(&self) -> impl Iterator<Item = &StoredHash> {
        self.current.iter()
    }

    /// Names of everything whose life in the storage is to be extended: the current message and the parts of
    /// incomplete ones.
    pub fn active_hashes(&self) -> impl Iterator<Item = &StoredHash> {
        self.current.iter().chain(self.parts.stored())
    }
}

impl<T: ConfigType> fmt::Debug for Config<T> {
    /// Shows how far the object is synchronised; the data may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("type", &T::DOMAIN)
            .field("status", &self.status())
            .field("seqno", &self.seqno())
            .finish_non_exhaustive()
    }
}
