//! Groups of before 2024, which have an id like an account. Clients show them and keep them; nobody makes new
//! ones.

use session_crypto::x25519::{X25519PublicKey, X25519SecretKey};

use super::{
    AccountId, BTreeMap, Config, Dict, Duration, GroupSettings, Scalar, TooLong, UserGroups, Value,
    checked_name, fields, fmt,
};

/// A group of the older kind.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct LegacyGroup {
    id: AccountId,
    name: String,
    /// Key pair with which the group's messages are encrypted.
    pub encryption_keys: Option<(X25519PublicKey, X25519SecretKey)>,
    /// Members, and whether each is an admin.
    pub members: BTreeMap<AccountId, bool>,
    /// After how long messages disappear.
    pub timer: Option<Duration>,
    /// What all kinds of groups have.
    pub settings: GroupSettings,
}

impl LegacyGroup {
    /// A group of which nothing is known but the id.
    #[must_use]
    pub fn new(id: AccountId) -> Self {
        Self {
            id,
            name: String::new(),
            encryption_keys: None,
            members: BTreeMap::new(),
            timer: None,
            settings: GroupSettings::default(),
        }
    }

    /// Which group.
    #[must_use]
    pub const fn id(&self) -> AccountId {
        self.id
    }

    /// Name of the group.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sets the name of the group, trimmed; one that shows nothing is none.
    ///
    /// # Errors
    /// [`TooLong`] above [`MAX_NAME_LENGTH`](crate::MAX_NAME_LENGTH) bytes.
    pub fn set_name(&mut self, name: &str) -> Result<(), TooLong> {
        checked_name(name)?.clone_into(&mut self.name);
        Ok(())
    }

    fn read(id: AccountId, dict: &Dict) -> Self {
        let keys = dict.array(b"k").zip(dict.array(b"K"));
        // The first to tell of a member counts, so that who is in both sets is no admin.
        let mut members = BTreeMap::new();
        for (key, is_admin) in [(b"m", false), (b"a", true)] {
            for member in dict.set(key).into_iter().flatten() {
                if let Some(member) = read_member(member) {
                    members.entry(member).or_insert(is_admin);
                }
            }
        }
        Self {
            id,
            name: dict.name(b"n").unwrap_or_default(),
            encryption_keys: keys.map(|(public, secret)| {
                (X25519PublicKey::from_bytes(public), X25519SecretKey::from_bytes(secret))
            }),
            members,
            timer: dict.positive(b"E").map(Duration::from_secs),
            settings: GroupSettings::read(dict),
        }
    }

    fn write(&self) -> [(&'static [u8], Option<Value>); 6] {
        let members = |admins: bool| {
            let members = self.members.iter().filter(|(_, is_admin)| **is_admin == admins);
            Value::Set(members.map(|(id, _)| Scalar::from(id.to_bytes().as_slice())).collect())
        };
        let keys = self.encryption_keys.as_ref();
        [
            (b"E", fields::positive(self.timer.map_or(0, |timer| timer.as_secs()))),
            (b"K", keys.map(|(_, secret)| Value::from(secret.expose_bytes().as_slice()))),
            (b"a", Some(members(true))),
            (b"k", keys.map(|(public, _)| Value::from(public.as_bytes().as_slice()))),
            (b"m", Some(members(false))),
            // Always written: it keeps the entry alive.
            (b"n", Some(Value::from(self.name.as_str()))),
        ]
    }
}

impl fmt::Debug for LegacyGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LegacyGroup").field("id", &self.id).finish_non_exhaustive()
    }
}

fn read_member(scalar: &Scalar) -> Option<AccountId> {
    let Scalar::Bytes(bytes) = scalar else { return None };
    AccountId::from_bytes(bytes.expose_bytes().try_into().ok()?).ok()
}

impl Config<UserGroups> {
    /// The legacy group with this id.
    #[must_use]
    pub fn legacy_group(&self, id: &AccountId) -> Option<LegacyGroup> {
        let dict = self.data().dict_at(&[b"C", &id.to_bytes()])?;
        Some(LegacyGroup::read(*id, dict))
    }

    /// All legacy groups, in the order of their ids.
    pub fn legacy_groups(&self) -> impl Iterator<Item = LegacyGroup> {
        let groups = self.data().by_id(b"C", |id| AccountId::from_bytes(id).ok());
        groups.map(|(id, dict)| LegacyGroup::read(id, dict))
    }

    /// Replaces what is known of a legacy group.
    pub fn set_legacy_group(&mut self, group: &LegacyGroup) {
        let id = group.id.to_bytes();
        for (key, value) in group.write().into_iter().chain(group.settings.write()) {
            self.assign(&[b"C", &id, key], value);
        }
    }

    /// Forgets a legacy group. False if there was none.
    pub fn remove_legacy_group(&mut self, id: &AccountId) -> bool {
        self.erase_at(&[b"C", &id.to_bytes()])
    }
}
