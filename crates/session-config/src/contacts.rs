//! Contacts: the people that the account knows, blocked ones among them (07 §12).
//!
//! ```
//! use session_config::{Config, Contacts, contacts::Contact};
//! # use session_crypto::ed25519::Ed25519Keypair;
//! # let account = Ed25519Keypair::generate(&mut session_crypto::system_rng());
//! # let bob = "05d2ad010eeb72d72e561d9de7bd7b6989af77dcabffa03a5111a6c859ae5c3a72".parse()?;
//!
//! let mut contacts = Config::<Contacts>::new(&account);
//! let mut contact = Contact::new(bob);
//! contact.set_nickname("Bob from work")?;
//! contact.is_approved = true;
//! contacts.set(&contact);
//! assert_eq!(contacts.get(&bob), Some(contact));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::time::Duration;

use session_identity::{AccountId, Timestamp};
use session_swarm::namespace::Namespace;

use crate::{
    change::Place,
    config::{AccountType, Config, ConfigType, Sealed, SyncedType},
    data::{Dict, Value},
    deletion::{self, Deletion},
    encryption::Domain,
    fields::{self, TooLong, checked_name, normalised_seconds, truncated_name},
    picture::ProfilePicture,
    user_profile::{Feature, Features},
    wrapping::WrappedKind,
};

mod blinded;
mod event;

pub use blinded::BlindedContact;
pub use event::{ContactEntry, ContactField};

/// The type of [`Config`] that holds the account's contacts.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Contacts;

impl Sealed for Contacts {
    const DOMAIN: Domain<'static> = Domain("Contacts");
    type Local = ();

    fn locate(path: &[&[u8]], data: [&Dict; 2]) -> Option<Place<Self>> {
        event::locate(path, data)
    }

    fn reconcile(data: &mut Dict, merged: &[Dict]) {
        deletion::reconcile_entries(data, b"c", merged);
    }

    fn tidy(config: &mut Config<Self>, before: &Dict, _now: Timestamp) {
        config.keep_deletions(before, b"c");
    }
}
impl ConfigType for Contacts {}
impl SyncedType for Contacts {
    const NAMESPACE: Namespace = Namespace::CONTACTS;
    type Entry = ContactEntry;
    type Field = ContactField;
}
impl AccountType for Contacts {
    const WRAPPED_KIND: WrappedKind = WrappedKind::Contacts;
}

/// A person.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Contact {
    id: AccountId,
    name: String,
    nickname: String,
    /// The person's picture.
    pub picture: Option<ProfilePicture>,
    /// We accepted the person.
    pub is_approved: bool,
    /// The person accepted us.
    pub has_approved_us: bool,
    /// Nothing of the person is shown.
    pub is_blocked: bool,
    /// Of what the user is notified.
    pub notifications: Notifications,
    /// Until when the user is notified of nothing.
    pub muted_until: Option<Timestamp>,
    /// Place of the conversation: −1 hidden, 0 not pinned, above 0 pinned, higher first.
    pub priority: i64,
    /// When messages disappear.
    pub expiry: Option<Expiry>,
    /// When the contact was made.
    pub created_at: Option<Timestamp>,
    /// When the person changed name or picture last, as far as we know.
    pub profile_updated_at: Option<Timestamp>,
    features: Features,
    deletion: Deletion,
}

/// Of what the user is notified in a conversation with one person.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Notifications {
    /// As the application does by default.
    #[default]
    Default,
    /// Of everything.
    All,
    /// Of nothing.
    Disabled,
    /// Of mentions: only in groups and communities.
    Mentions,
}

impl Notifications {
    pub(crate) fn of_wire(number: Option<i64>) -> Self {
        match number {
            Some(1) => Self::All,
            Some(2) => Self::Disabled,
            Some(3) => Self::Mentions,
            _ => Self::Default,
        }
    }

    pub(crate) fn to_wire(self) -> Option<Value> {
        fields::nonzero(match self {
            Self::Default => 0,
            Self::All => 1,
            Self::Disabled => 2,
            Self::Mentions => 3,
        })
    }

    /// With one person, a mention is any message.
    const fn of_person(self) -> Self {
        match self {
            Self::Mentions => Self::All,
            other => other,
        }
    }
}

/// When messages of a conversation disappear.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Expiry {
    /// So long after they were sent.
    AfterSend(Duration),
    /// So long after they were read.
    AfterRead(Duration),
}

impl Expiry {
    fn read(dict: &Dict) -> Option<Self> {
        let timer = Duration::from_secs(dict.positive(b"E")?);
        match dict.integer(b"e")? {
            1 => Some(Self::AfterSend(timer)),
            2 => Some(Self::AfterRead(timer)),
            _ => None,
        }
    }

    /// The values of mode and timer: both or none.
    fn write(expiry: Option<Self>) -> [Option<Value>; 2] {
        let (mode, timer) = match expiry {
            Some(Self::AfterSend(timer)) => (1, timer.as_secs()),
            Some(Self::AfterRead(timer)) => (2, timer.as_secs()),
            None => (0, 0),
        };
        if timer == 0 { [None, None] } else { [fields::nonzero(mode), fields::positive(timer)] }
    }
}

impl Contact {
    /// Somebody of whom nothing is known but the id.
    #[must_use]
    pub const fn new(id: AccountId) -> Self {
        Self {
            id,
            name: String::new(),
            nickname: String::new(),
            picture: None,
            is_approved: false,
            has_approved_us: false,
            is_blocked: false,
            notifications: Notifications::Default,
            muted_until: None,
            priority: 0,
            expiry: None,
            created_at: None,
            profile_updated_at: None,
            features: Features::new(),
            deletion: Deletion::NONE,
        }
    }

    /// Who it is.
    #[must_use]
    pub const fn id(&self) -> AccountId {
        self.id
    }

    /// The person's own name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sets the person's own name, trimmed and cut to [`MAX_NAME_LENGTH`](crate::MAX_NAME_LENGTH) bytes at the start of
    /// a character: the name is not ours to refuse. One that shows nothing is none.
    pub fn set_name(&mut self, name: &str) {
        truncated_name(name).clone_into(&mut self.name);
    }

    /// The name that the user gave.
    #[must_use]
    pub fn nickname(&self) -> &str {
        &self.nickname
    }

    /// Sets the name that the user gives, trimmed; one that shows nothing removes it.
    ///
    /// # Errors
    /// [`TooLong`] above [`MAX_NAME_LENGTH`](crate::MAX_NAME_LENGTH) bytes.
    pub fn set_nickname(&mut self, nickname: &str) -> Result<(), TooLong> {
        checked_name(nickname)?.clone_into(&mut self.nickname);
        Ok(())
    }

    /// Whether the person's profile has this feature.
    #[must_use]
    pub fn has_feature(&self, feature: Feature) -> bool {
        self.features.has(feature)
    }

    /// Takes note that the person's profile has this feature, or has it no more.
    pub fn set_feature(&mut self, feature: Feature, is_on: bool) {
        self.features.set(feature, is_on);
    }

    /// Messages up to this time are deleted on every device, and such as still arrive are dropped: set by
    /// [`Config::clear_conversation`].
    #[must_use]
    pub const fn delete_before(&self) -> Option<Timestamp> {
        self.deletion.messages
    }

    /// The same for attachments alone, if that is later: set by [`Config::clear_attachments`].
    #[must_use]
    pub const fn delete_attachments_before(&self) -> Option<Timestamp> {
        self.deletion.attachments
    }

    fn read(id: AccountId, dict: &Dict) -> Self {
        Self {
            id,
            name: dict.name(b"n").unwrap_or_default(),
            nickname: dict.name(b"N").unwrap_or_default(),
            picture: ProfilePicture::read(dict, b"p", b"q"),
            is_approved: dict.flag(b"a"),
            has_approved_us: dict.flag(b"A"),
            is_blocked: dict.flag(b"b"),
            notifications: Notifications::of_wire(dict.integer(b"@")).of_person(),
            muted_until: dict.seconds(b"!"),
            priority: dict.integer(b"+").unwrap_or(0),
            expiry: Expiry::read(dict),
            created_at: dict.seconds(b"j"),
            profile_updated_at: dict.seconds(b"t"),
            features: Features::read(dict),
            deletion: Deletion::read(dict),
        }
    }

    /// The value of every key, but of those that only rise.
    fn write(&self) -> [(&'static [u8], Option<Value>); 15] {
        let [url, key] = ProfilePicture::write(self.picture.as_ref());
        let [mode, timer] = Expiry::write(self.expiry);
        [
            (b"!", normalised_seconds(self.muted_until)),
            (b"+", fields::nonzero(self.priority)),
            (b"@", self.notifications.of_person().to_wire()),
            (b"A", fields::flag(self.has_approved_us)),
            (b"E", timer),
            (b"N", fields::nonempty(self.nickname.as_bytes())),
            (b"a", fields::flag(self.is_approved)),
            (b"b", fields::flag(self.is_blocked)),
            (b"e", mode),
            (b"f", self.features.write()),
            (b"j", normalised_seconds(self.created_at)),
            // Always written: it keeps the entry alive.
            (b"n", Some(Value::from(self.name.as_str()))),
            (b"p", url),
            (b"q", key),
            (b"t", fields::seconds(self.profile_updated_at)),
        ]
    }
}

impl Config<Contacts> {
    /// The contact with this id.
    #[must_use]
    pub fn get(&self, id: &AccountId) -> Option<Contact> {
        let dict = self.data().dict_at(&[b"c", &id.to_bytes()])?;
        Some(Contact::read(*id, dict))
    }

    /// All contacts, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = Contact> {
        let contacts = self.data().by_id(b"c", |id| AccountId::from_bytes(id).ok());
        contacts.map(|(id, dict)| Contact::read(id, dict))
    }

    /// Number of contacts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is no contact.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Adds the contact or replaces what is known of it. Keys of later versions are left as they are, and the times of
    /// deletion never go back.
    pub fn set(&mut self, contact: &Contact) {
        let id = contact.id.to_bytes();
        for (key, value) in contact.write() {
            self.assign(&[b"c", &id, key], value);
        }
        self.raise_deletion(&[b"c", &id], contact.deletion);
    }

    /// Clears the conversation with a contact on all devices of the account: messages up to this time are deleted, to the
    /// second. An earlier time than that of before changes nothing, so that a time to come cannot be taken back: give none
    /// that is later than now. False if there is no such contact.
    pub fn clear_conversation(&mut self, id: &AccountId, up_to: Timestamp) -> bool {
        self.delete(id, Deletion { messages: Some(up_to), attachments: None })
    }

    /// Deletes the attachments of messages up to this time on all devices of the account, as
    /// [`Self::clear_conversation`] does the messages. False if there is no such contact.
    pub fn clear_attachments(&mut self, id: &AccountId, up_to: Timestamp) -> bool {
        self.delete(id, Deletion { messages: None, attachments: Some(up_to) })
    }

    fn delete(&mut self, id: &AccountId, deletion: Deletion) -> bool {
        let path: [&[u8]; 2] = [b"c", &id.to_bytes()];
        let exists = self.data().dict_at(&path).is_some();
        if exists {
            self.raise_deletion(&path, deletion);
        }
        exists
    }

    /// Blocks or unblocks a person; who is unknown becomes a contact.
    pub fn set_blocked(&mut self, id: &AccountId, is_blocked: bool) {
        let mut contact = self.get(id).unwrap_or(Contact::new(*id));
        contact.is_blocked = is_blocked;
        self.set(&contact);
    }

    /// Forgets a contact, also that it is blocked. False if there was none.
    pub fn remove(&mut self, id: &AccountId) -> bool {
        self.erase_at(&[b"c", &id.to_bytes()])
    }
}
