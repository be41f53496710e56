//! What of the list of groups may change.

use session_identity::{AccountId, GroupId};
use session_types::community::{BaseUrl, RoomToken};

use super::UserGroups;
use crate::{
    change::Place,
    fields::{stored_room, stored_url},
};

/// An entry of the list.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum GroupEntry {
    /// A closed group.
    Group(GroupId),
    /// A room of a community; the token is in lower case.
    Room(BaseUrl, RoomToken),
    /// A server on which there are rooms.
    Server(BaseUrl),
    /// A group of the older kind.
    LegacyGroup(AccountId),
}

/// A field of an entry.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum GroupField {
    /// Name, or the capitals of a room's token.
    Name,
    /// Secret of the group.
    Seed,
    /// Right of the member on the group's swarm.
    AuthData,
    /// Why the user is in the group no more.
    Removal,
    /// Place of the conversation.
    Priority,
    /// When the user joined.
    JoinedAt,
    /// Of what the user is notified.
    Notifications,
    /// Until when the user is notified of nothing.
    MutedUntil,
    /// Whether the invitation is not accepted yet.
    IsInvited,
    /// Members and admins of a legacy group.
    Members,
    /// Key pair of a legacy group.
    EncryptionKeys,
    /// When messages of a legacy group disappear.
    Timer,
    /// Key of the server.
    ServerKey,
    /// What this version does not know.
    Other,
}

impl GroupField {
    /// Field of what all kinds of groups have.
    const fn common(key: &[u8]) -> Self {
        match key {
            b"n" => Self::Name,
            b"+" => Self::Priority,
            b"j" => Self::JoinedAt,
            b"@" => Self::Notifications,
            b"!" => Self::MutedUntil,
            b"i" => Self::IsInvited,
            _ => Self::Other,
        }
    }

    const fn of_group(key: &[u8]) -> Self {
        match key {
            b"K" => Self::Seed,
            b"s" => Self::AuthData,
            b"r" => Self::Removal,
            _ => Self::common(key),
        }
    }

    const fn of_legacy_group(key: &[u8]) -> Self {
        match key {
            b"k" | b"K" => Self::EncryptionKeys,
            b"m" | b"a" => Self::Members,
            b"E" => Self::Timer,
            _ => Self::common(key),
        }
    }
}

pub(super) fn locate(path: &[&[u8]]) -> Option<Place<UserGroups>> {
    let (entry, depth, field) = match path {
        [b"g", id, key, ..] => {
            let id = GroupId::from_bytes((*id).try_into().ok()?).ok()?;
            (GroupEntry::Group(id), 2, GroupField::of_group(key))
        }
        [b"C", id, key, ..] => {
            let id = AccountId::from_bytes((*id).try_into().ok()?).ok()?;
            (GroupEntry::LegacyGroup(id), 2, GroupField::of_legacy_group(key))
        }
        [b"o", url, b"#"] => (GroupEntry::Server(stored_url(url)?), 2, GroupField::ServerKey),
        [b"o", url, b"R", room, key, ..] => {
            let room = GroupEntry::Room(stored_url(url)?, stored_room(room)?);
            (room, 4, GroupField::common(key))
        }
        _ => return None,
    };
    Some(Place { entry, depth, field })
}
