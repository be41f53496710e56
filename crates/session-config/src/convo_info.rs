//! ConvoInfoVolatile: how far the user has read (07 §13).
//!
//! What was read more than 30 days ago is not synchronised; it moves to an archive in the dump of the device.
//! A conversation that the user marked as unread stays synchronised, however old.

use std::time::Duration;

use session_crypto::x25519::X25519PublicKey;
use session_identity::{AccountId, GroupId, Timestamp, id::BlindedId};
use session_swarm::namespace::Namespace;
use session_types::community::{BaseUrl, Community, RoomToken};

use crate::{
    change::Place,
    config::{AccountType, Config, ConfigType, Sealed, SyncedType},
    data::{Dict, Value},
    encryption::Domain,
    fields::{self, stored_room},
    wrapping::WrappedKind,
};

mod archive;
mod event;
mod pro;
mod read_up_to;

pub use event::{ConvoEntry, ReadField};
pub use pro::ProNote;

use archive::{Archive, has_lasting_proof};
use pro::{expiry_value, proof_expiry};

/// How long ago a message may have been read for the fact to be synchronised.
pub const SYNCED_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// The type of [`Config`] that holds how far the user has read.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ConvoInfoVolatile;

impl Sealed for ConvoInfoVolatile {
    const DOMAIN: Domain<'static> = Domain("ConvoInfoVolatile");
    type Local = Archive;

    fn locate(path: &[&[u8]], _: [&Dict; 2]) -> Option<Place<Self>> {
        event::locate(path)
    }

    fn remember(config: &mut Config<Self>, merged: &[Dict]) {
        merged.iter().for_each(|data| config.keep_known(data));
    }

    fn tidy(config: &mut Config<Self>, before: &Dict, now: Timestamp) {
        config.keep_known(before);
        config.keep_archived();
        config.archive_old(before, now);
        config.forget_passed();
    }
}
impl ConfigType for ConvoInfoVolatile {}
impl SyncedType for ConvoInfoVolatile {
    const NAMESPACE: Namespace = Namespace::CONVO_INFO_VOLATILE;
    type Entry = ConvoEntry;
    type Field = ReadField;
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
    /// Time of the last message that was read, in milliseconds. On one device it moves backwards only if the user has it
    /// so, or marks the conversation as unread: a merge does not move it.
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
        if self.set_at(&[kind, &id], state, now) {
            self.mark_blinding(conversation);
        }
    }

    /// Marks an entry of the older kind of blinded ids.
    fn mark_blinding(&mut self, conversation: &Conversation) {
        if matches!(conversation, Conversation::Blinded(BlindedId::Blinded15(_))) {
            let (kind, id) = conversation.path();
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
                        all.insert(id, self.read_known(&[kind, key], dict));
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
            for (url, server, key, dict) in data.by_server(b"o") {
                if let Some(community) = read_community(url.clone(), server, key) {
                    let path: [&[u8]; 4] = [b"o", url.as_str().as_bytes(), b"R", key];
                    let state = self.read_known(&path, dict);
                    all.insert((url, key), (community, state));
                }
            }
        }
        all.into_values().collect()
    }

    fn read_at(&self, path: &[&[u8]]) -> Option<ReadState> {
        self.entry(path).map(|entry| self.read_known(path, entry))
    }

    /// The entry at `path`, or the archived one.
    fn entry(&self, path: &[&[u8]]) -> Option<&Dict> {
        self.data().dict_at(path).or_else(|| self.local.0.dict_at(path))
    }

    /// False if the state is too old to be synchronised and went to the archive.
    fn set_at(&mut self, path: &[&[u8]], state: ReadState, now: Timestamp) -> bool {
        let key = |key: &'static [u8]| [path, &[key]].concat();
        self.forget_known(path);
        let last_read = state.last_read.map_or(0, Timestamp::as_millis);
        let proof_lasts =
            || self.data().dict_at(path).is_some_and(|entry| has_lasting_proof(entry, cutoff(now)));
        if last_read > cutoff(now) || proof_lasts() {
            self.assign(&key(b"r"), fields::positive(last_read));
        } else if !state.is_unread {
            self.erase(path);
            self.local.0.assign(&key(b"r"), fields::positive(last_read));
            self.mark_for_dump();
            return false;
        }
        self.assign(&key(b"u"), fields::flag(state.is_unread));
        // An end that a client of before spring 2026 wrote in milliseconds is in seconds from now on.
        if let Some(expiry) = self.data().dict_at(path).and_then(proof_expiry) {
            self.assign(&key(b"e"), expiry_value(Some(expiry)));
        }
        self.forget_archived(path);
        true
    }

    fn remove_at(&mut self, path: &[&[u8]]) -> bool {
        let existed = self.read_at(path).is_some();
        self.erase(path);
        self.forget_archived(path);
        self.forget_known(path);
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
}

fn read_community(url: BaseUrl, server: &Dict, key: &[u8]) -> Option<Community> {
    let room = stored_room(key)?;
    let server_key = X25519PublicKey::from_bytes(server.array(b"#")?);
    Some(Community::new(url, room, server_key))
}

/// Milliseconds before which nothing is synchronised.
fn cutoff(now: Timestamp) -> u64 {
    let period = u64::try_from(SYNCED_FOR.as_millis()).unwrap_or(u64::MAX);
    now.as_millis().saturating_sub(period)
}

#[cfg(test)]
mod tests;
