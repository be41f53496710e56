//! ConvoInfoVolatile: how far the user has read (07 §13).
//!
//! What was read more than 30 days ago is not synchronised; it moves to an archive in the dump of the device.
//! A conversation that the user marked as unread stays synchronised, however old.

use std::time::Duration;

use session_crypto::x25519::X25519PublicKey;
use session_identity::{AccountId, GroupId, Timestamp, id::BlindedId};
use session_swarm::namespace::Namespace;

use crate::{
    community::{BaseUrl, Community, RoomToken},
    config::{AccountType, Config, ConfigType, LoadError, LocalData, Sealed, SyncedType},
    data::{Dict, Value},
    encryption::Domain,
    fields,
    wrapping::WrappedKind,
};

/// How long ago a message may have been read for the fact to be synchronised.
pub const SYNCED_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// The type of [`Config`] that holds how far the user has read.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ConvoInfoVolatile;

impl Sealed for ConvoInfoVolatile {
    const DOMAIN: Domain<'static> = Domain("ConvoInfoVolatile");
    type Local = Archive;

    fn tidy(config: &mut Config<Self>, now: Timestamp) {
        config.archive_old(now);
    }
}
impl ConfigType for ConvoInfoVolatile {}
impl SyncedType for ConvoInfoVolatile {
    const NAMESPACE: Namespace = Namespace::CONVO_INFO_VOLATILE;
}
impl AccountType for ConvoInfoVolatile {
    const WRAPPED_KIND: WrappedKind = WrappedKind::ConvoInfoVolatile;
}

/// A conversation that is no room of a community.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Conversation {
    /// With one person.
    Account(AccountId),
    /// Of a closed group.
    Group(GroupId),
    /// Of a legacy group.
    LegacyGroup(AccountId),
    /// With somebody known from a community.
    Blinded(BlindedId),
}

impl Conversation {
    fn path(&self) -> (&'static [u8], [u8; 33]) {
        match self {
            Self::Account(id) => (b"1", id.to_bytes()),
            Self::Group(id) => (b"g", id.to_bytes()),
            Self::LegacyGroup(id) => (b"C", id.to_bytes()),
            Self::Blinded(id) => (b"b", id.to_bytes()),
        }
    }

    fn of_path(kind: &[u8], key: &[u8]) -> Option<Self> {
        let id: [u8; 33] = key.try_into().ok()?;
        match kind {
            b"1" => AccountId::from_bytes(id).ok().map(Self::Account),
            b"g" => GroupId::from_bytes(id).ok().map(Self::Group),
            b"C" => AccountId::from_bytes(id).ok().map(Self::LegacyGroup),
            b"b" => BlindedId::from_bytes(id).ok().map(Self::Blinded),
            _ => None,
        }
    }
}

/// How far a conversation is read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ReadState {
    /// Time of the last message that was read, in milliseconds. Ignore one that moves backwards, unless the
    /// conversation is marked as unread.
    pub last_read: Option<Timestamp>,
    /// The user marked the conversation as unread.
    pub is_unread: bool,
}

impl ReadState {
    /// Everything up to a message is read.
    #[must_use]
    pub const fn read_up_to(last_read: Timestamp) -> Self {
        Self { last_read: Some(last_read), is_unread: false }
    }

    fn read(dict: &Dict) -> Self {
        let last_read = dict.positive(b"r").map(Timestamp::from_millis);
        Self { last_read, is_unread: dict.flag(b"u") }
    }
}

/// What is kept on the device: entries in the layout of the config.
#[derive(Clone, Debug, Default)]
pub(crate) struct Archive(Dict);

impl LocalData for Archive {
    fn write(&self, dict: &mut session_bt::DictWriter<'_>) {
        self.0.write(dict);
    }

    fn read(dict: session_bt::DictReader<'_, '_>) -> Result<Self, LoadError> {
        Ok(Self(Dict::read(dict).map_err(LoadError::Local)?))
    }
}

impl Config<ConvoInfoVolatile> {
    /// How far a conversation is read.
    #[must_use]
    pub fn get(&self, conversation: &Conversation) -> Option<ReadState> {
        let (kind, id) = conversation.path();
        self.read_at(&[kind, &id])
    }

    /// Sets how far a conversation is read.
    pub fn set(&mut self, conversation: &Conversation, state: ReadState, now: Timestamp) {
        let (kind, id) = conversation.path();
        let is_15 = matches!(conversation, Conversation::Blinded(BlindedId::Blinded15(_)));
        if self.set_at(&[kind, &id], state, now) && is_15 {
            self.assign(&[kind, &id, b"y"], fields::flag(true));
        }
    }

    /// Forgets a conversation. False if it was not known.
    pub fn remove(&mut self, conversation: &Conversation) -> bool {
        let (kind, id) = conversation.path();
        self.remove_at(&[kind, &id])
    }

    /// All conversations that are no rooms, by kind and id, those in the archive too.
    #[must_use]
    pub fn conversations(&self) -> Vec<(Conversation, ReadState)> {
        let mut all = std::collections::BTreeMap::new();
        // Of what is in both, the synchronised entry counts.
        for data in [&self.local.0, self.data()] {
            for kind in [b"1", b"g", b"C", b"b"] {
                for (key, value) in data.dict(kind).into_iter().flat_map(Dict::iter) {
                    if let (Some(id), Value::Dict(dict)) = (Conversation::of_path(kind, key), value)
                    {
                        all.insert(id, ReadState::read(dict));
                    }
                }
            }
        }
        all.into_iter().collect()
    }

    /// How far a room is read.
    #[must_use]
    pub fn community(&self, base_url: &BaseUrl, room: &RoomToken) -> Option<ReadState> {
        self.read_at(&[b"o", base_url.as_str().as_bytes(), b"R", room.key().as_bytes()])
    }

    /// Sets how far a room is read.
    pub fn set_community(&mut self, community: &Community, state: ReadState, now: Timestamp) {
        let url = community.base_url().as_str().as_bytes();
        let server_key = Some(Value::from(community.server_key().as_bytes().as_slice()));
        let room = community.room().key();
        if self.set_at(&[b"o", url, b"R", room.as_bytes()], state, now) {
            self.assign(&[b"o", url, b"#"], server_key);
        } else {
            self.local.0.assign(&[b"o", url, b"#"], server_key);
        }
    }

    /// Forgets a room. False if it was not known.
    pub fn remove_community(&mut self, base_url: &BaseUrl, room: &RoomToken) -> bool {
        self.remove_at(&[b"o", base_url.as_str().as_bytes(), b"R", room.key().as_bytes()])
    }

    /// All rooms, by server and token, those in the archive too. Tokens are in lower case.
    #[must_use]
    pub fn communities(&self) -> Vec<(Community, ReadState)> {
        let mut all = std::collections::BTreeMap::new();
        for data in [&self.local.0, self.data()] {
            for (url, server) in data.dict(b"o").into_iter().flat_map(Dict::iter) {
                let Value::Dict(server) = server else { continue };
                for (key, value) in server.dict(b"R").into_iter().flat_map(Dict::iter) {
                    let Value::Dict(dict) = value else { continue };
                    if let Some(community) = read_community(url, server, key) {
                        all.insert((url, key), (community, ReadState::read(dict)));
                    }
                }
            }
        }
        all.into_values().collect()
    }

    fn read_at(&self, path: &[&[u8]]) -> Option<ReadState> {
        let dict = self.data().dict_at(path).or_else(|| self.local.0.dict_at(path))?;
        Some(ReadState::read(dict))
    }

    /// False if the state is too old to be synchronised and went to the archive.
    fn set_at(&mut self, path: &[&[u8]], state: ReadState, now: Timestamp) -> bool {
        let key = |key: &'static [u8]| [path, &[key]].concat();
        let last_read = state.last_read.map_or(0, Timestamp::as_millis);
        if last_read > cutoff(now) {
            self.assign(&key(b"r"), fields::positive(last_read));
        } else if !state.is_unread {
            self.erase(path);
            self.local.0.assign(&key(b"r"), fields::positive(last_read));
            self.mark_for_dump();
            return false;
        }
        self.assign(&key(b"u"), fields::flag(state.is_unread));
        self.forget_archived(path);
        true
    }

    fn remove_at(&mut self, path: &[&[u8]]) -> bool {
        let existed = self.read_at(path).is_some();
        self.erase(path);
        self.forget_archived(path);
        existed
    }

    fn erase(&mut self, path: &[&[u8]]) {
        self.assign(path, None);
        if let [o, url, _, _] = path
            && self.data().dict_at(&[o, url, b"R"]).is_none()
        {
            // The key of the server would keep it alive.
            self.assign(&[o, url], None);
        }
    }

    fn forget_archived(&mut self, path: &[&[u8]]) {
        if self.local.0.at(path).is_none() {
            return;
        }
        self.local.0.assign(path, None);
        if let [o, url, _, _] = path
            && self.local.0.dict_at(&[o, url, b"R"]).is_none()
        {
            self.local.0.assign(&[o, url], None);
        }
        self.mark_for_dump();
    }

    /// Moves what is too old to the archive, and drops from the archive what is synchronised again.
    fn archive_old(&mut self, now: Timestamp) {
        for path in entries(self.data()) {
            let parts: Vec<&[u8]> = path.iter().map(Vec::as_slice).collect();
            let Some(entry) = self.data().dict_at(&parts).cloned() else { continue };
            self.forget_archived(&parts);
            if !is_old(&entry, cutoff(now)) {
                continue;
            }
            if let [o, url, _, _] = parts.as_slice() {
                let server_key = self.data().at(&[o, url, b"#"]).cloned();
                self.local.0.assign(&[o, url, b"#"], server_key);
            }
            self.local.0.assign(&parts, Some(Value::Dict(entry)));
            self.erase(&parts);
        }
    }
}

/// Whether an entry need not be synchronised: read long ago, not marked as unread, no proof that lasts.
fn is_old(entry: &Dict, cutoff: u64) -> bool {
    let read = entry.positive(b"r").unwrap_or(0);
    let proof = entry.positive(b"e").unwrap_or(0);
    // Some clients write the proof's end in seconds.
    let proof = if proof > 1_000_000_000_000 { proof } else { proof.saturating_mul(1000) };
    read < cutoff && !entry.flag(b"u") && proof <= cutoff
}

/// Paths of all entries that are dicts.
fn entries(data: &Dict) -> Vec<Vec<Vec<u8>>> {
    let mut paths = Vec::new();
    for kind in [b"1", b"C", b"b", b"g"] {
        for (key, _) in data.dict(kind).into_iter().flat_map(Dict::iter) {
            paths.push(vec![kind.to_vec(), key.to_vec()]);
        }
    }
    for (url, _) in data.dict(b"o").into_iter().flat_map(Dict::iter) {
        let rooms = data.dict_at(&[b"o", url, b"R"]);
        for (room, _) in rooms.into_iter().flat_map(Dict::iter) {
            paths.push(vec![b"o".to_vec(), url.to_vec(), b"R".to_vec(), room.to_vec()]);
        }
    }
    paths
}

fn read_community(url: &[u8], server: &Dict, key: &[u8]) -> Option<Community> {
    let room = str::from_utf8(key).ok()?.parse().ok()?;
    let server_key = X25519PublicKey::from_bytes(server.array(b"#")?);
    Some(Community::new(BaseUrl::of_stored(url)?, room, server_key))
}

/// Milliseconds before which nothing is synchronised.
fn cutoff(now: Timestamp) -> u64 {
    let period = u64::try_from(SYNCED_FOR.as_millis()).unwrap_or(u64::MAX);
    now.as_millis().saturating_sub(period)
}
