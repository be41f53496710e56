//! UserGroups: the groups and communities that the account is in (07 §14).

use std::{collections::BTreeMap, fmt, time::Duration};

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    secret::SecretBytes,
    x25519::X25519PublicKey,
};
use session_identity::{AccountId, GroupId, Timestamp};
use session_swarm::namespace::Namespace;
use session_types::community::{BaseUrl, Community, RoomToken};

use crate::{
    change::Place,
    config::{AccountType, Config, ConfigType, Sealed, SyncedType},
    contacts::Notifications,
    data::{Dict, Scalar, Value},
    encryption::Domain,
    fields::{self, TooLong, checked_name, normalised_seconds},
    wrapping::WrappedKind,
};

mod communities;
mod event;
mod legacy;

pub use communities::JoinedCommunity;
pub use event::{GroupEntry, GroupField};
pub use legacy::LegacyGroup;

/// The type of [`Config`] that holds the list of groups and communities.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct UserGroups;

impl Sealed for UserGroups {
    const DOMAIN: Domain<'static> = Domain("UserGroups");
    type Local = ();

    fn locate(path: &[&[u8]], _: [&Dict; 2]) -> Option<Place<Self>> {
        event::locate(path)
    }
}
impl ConfigType for UserGroups {}
impl SyncedType for UserGroups {
    const NAMESPACE: Namespace = Namespace::USER_GROUPS;
    type Entry = GroupEntry;
    type Field = GroupField;
}
impl AccountType for UserGroups {
    const WRAPPED_KIND: WrappedKind = WrappedKind::UserGroups;
}

/// What groups, communities and legacy groups have in common.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct GroupSettings {
    /// Place of the conversation: −1 hidden, 0 not pinned, above 0 pinned, higher first.
    pub priority: i64,
    /// When the user joined.
    pub joined_at: Option<Timestamp>,
    /// Of what the user is notified.
    pub notifications: Notifications,
    /// Until when the user is notified of nothing.
    pub muted_until: Option<Timestamp>,
    /// An invitation that the user did not accept yet.
    pub is_invited: bool,
}

impl GroupSettings {
    fn read(dict: &Dict) -> Self {
        Self {
            priority: dict.integer(b"+").unwrap_or(0),
            joined_at: dict.seconds(b"j"),
            notifications: Notifications::of_wire(dict.integer(b"@")),
            muted_until: dict.seconds(b"!"),
            is_invited: dict.flag(b"i"),
        }
    }

    fn write(&self) -> [(&'static [u8], Option<Value>); 5] {
        [
            (b"!", normalised_seconds(self.muted_until)),
            (b"+", fields::nonzero(self.priority)),
            (b"@", self.notifications.to_wire()),
            (b"i", fields::flag(self.is_invited)),
            (b"j", normalised_seconds(self.joined_at)),
        ]
    }
}

/// A closed group.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct JoinedGroup {
    id: GroupId,
    name: String,
    seed: Option<Ed25519Seed>,
    /// The member's right on the group's swarm. An admin needs none: beside [`Self::seed`] it is what was stored before the
    /// promotion, and is not written.
    pub auth_data: Option<SecretBytes<100>>,
    /// Why the user is in the group no more.
    pub removal: Option<Removal>,
    /// What all kinds of groups have.
    pub settings: GroupSettings,
}

/// Why the user is in a group no more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Removal {
    /// An admin removed the user: 1.
    Kicked,
    /// The group was destroyed: 2.
    Destroyed,
}

impl Removal {
    const fn of_wire(number: Option<i64>) -> Option<Self> {
        match number {
            Some(1) => Some(Self::Kicked),
            Some(2) => Some(Self::Destroyed),
            _ => None,
        }
    }

    fn to_wire(removal: Option<Self>) -> Option<Value> {
        fields::nonzero(match removal {
            None => 0,
            Some(Self::Kicked) => 1,
            Some(Self::Destroyed) => 2,
        })
    }
}

/// The secret belongs to another group.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("secret belongs to another group")]
pub struct ForeignSecret;

impl JoinedGroup {
    /// A group of which nothing is known but the id.
    #[must_use]
    pub fn new(id: GroupId) -> Self {
        Self {
            id,
            name: String::new(),
            seed: None,
            auth_data: None,
            removal: None,
            settings: GroupSettings::default(),
        }
    }

    /// Which group.
    #[must_use]
    pub const fn id(&self) -> GroupId {
        self.id
    }

    /// Name in the invitation, until the group's own is known.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sets the name in the invitation, trimmed; one that shows nothing is none.
    ///
    /// # Errors
    /// [`TooLong`] above [`MAX_NAME_LENGTH`](crate::MAX_NAME_LENGTH) bytes.
    pub fn set_name(&mut self, name: &str) -> Result<(), TooLong> {
        checked_name(name)?.clone_into(&mut self.name);
        Ok(())
    }

    /// Secret of the group: there, the user is an admin.
    #[must_use]
    pub const fn seed(&self) -> Option<&Ed25519Seed> {
        self.seed.as_ref()
    }

    /// Sets the secret of the group.
    ///
    /// # Errors
    /// [`ForeignSecret`] if the group's id does not follow from it.
    pub fn set_seed(&mut self, seed: Option<Ed25519Seed>) -> Result<(), ForeignSecret> {
        if seed.as_ref().is_some_and(|seed| !belongs(seed, &self.id)) {
            return Err(ForeignSecret);
        }
        self.seed = seed;
        Ok(())
    }

    /// Takes note that an admin removed the user: the secrets go. A destroyed group stays destroyed.
    pub fn mark_kicked(&mut self) {
        self.forget_secrets();
        self.removal.get_or_insert(Removal::Kicked);
    }

    /// Takes note that the group was destroyed: the secrets go.
    pub fn mark_destroyed(&mut self) {
        self.forget_secrets();
        self.removal = Some(Removal::Destroyed);
    }

    /// Takes note that the user was invited again after being removed.
    pub fn mark_invited(&mut self) {
        self.settings.is_invited = true;
        if self.removal == Some(Removal::Kicked) {
            self.removal = None;
        }
    }

    fn forget_secrets(&mut self) {
        self.seed = None;
        self.auth_data = None;
    }

    fn read(id: GroupId, dict: &Dict) -> Self {
        let seed = dict.array(b"K").map(Ed25519Seed::from_bytes);
        let seed = seed.filter(|seed| belongs(seed, &id));
        let auth_data = dict.array(b"s");
        Self {
            id,
            name: dict.name(b"n").unwrap_or_default(),
            seed,
            auth_data: auth_data.map(SecretBytes::from_bytes),
            removal: Removal::of_wire(dict.integer(b"r")),
            settings: GroupSettings::read(dict),
        }
    }

    /// The values of keys. The right of an admin, who needs none, stays as it is stored.
    fn write(&self) -> impl Iterator<Item = (&'static [u8], Option<Value>)> {
        let seed: &[u8] = self.seed.as_ref().map_or(&[], |seed| seed.expose_bytes());
        let auth = self.auth_data.as_ref();
        let auth = auth.map(|auth| Value::from(auth.expose_bytes().as_slice()));
        let values: [(&'static [u8], Option<Value>); 3] = [
            // Always written: it keeps the entry alive.
            (b"K", Some(Value::from(seed))),
            (b"n", fields::nonempty(self.name.as_bytes())),
            (b"r", Removal::to_wire(self.removal)),
        ];
        let right: (&'static [u8], _) = (b"s", auth);
        values.into_iter().chain(self.seed.is_none().then_some(right))
    }
}

impl fmt::Debug for JoinedGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinedGroup").field("id", &self.id).finish_non_exhaustive()
    }
}

fn belongs(seed: &Ed25519Seed, id: &GroupId) -> bool {
    Ed25519Keypair::from_seed(seed.clone()).public_key() == id.public_key()
}

impl Config<UserGroups> {
    /// The closed group with this id.
    #[must_use]
    pub fn group(&self, id: &GroupId) -> Option<JoinedGroup> {
        let dict = self.data().dict_at(&[b"g", &id.to_bytes()])?;
        Some(JoinedGroup::read(*id, dict))
    }

    /// All closed groups, in the order of their ids.
    pub fn groups(&self) -> impl Iterator<Item = JoinedGroup> {
        let groups = self.data().by_id(b"g", |id| GroupId::from_bytes(id).ok());
        groups.map(|(id, dict)| JoinedGroup::read(id, dict))
    }

    /// Adds the group or replaces what is known of it.
    pub fn set_group(&mut self, group: &JoinedGroup) {
        let id = group.id.to_bytes();
        for (key, value) in group.write().chain(group.settings.write()) {
            self.assign(&[b"g", &id, key], value);
        }
    }

    /// Forgets a group. False if there was none.
    pub fn remove_group(&mut self, id: &GroupId) -> bool {
        self.erase_at(&[b"g", &id.to_bytes()])
    }
}
