//! What of the read state may change.

use session_types::community::{BaseUrl, RoomToken};

use super::{Conversation, ConvoInfoVolatile};
use crate::{
    change::Place,
    fields::{stored_room, stored_url},
};

/// A conversation of the read state.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ConvoEntry {
    /// A conversation that is no room.
    Conversation(Conversation),
    /// A room of a community; the token is in lower case.
    Room(BaseUrl, RoomToken),
}

/// A field of the read state.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum ReadField {
    /// Time of the last message that was read.
    LastRead,
    /// Whether the user marked the conversation as unread.
    IsUnread,
    /// The other one's proof of Pro.
    ProProof,
    /// What this version does not know.
    Other,
}

impl ReadField {
    const fn of(key: &[u8]) -> Self {
        match key {
            b"r" => Self::LastRead,
            b"u" => Self::IsUnread,
            b"e" | b"g" => Self::ProProof,
            _ => Self::Other,
        }
    }
}

pub(super) fn locate(path: &[&[u8]]) -> Option<Place<ConvoInfoVolatile>> {
    let (entry, depth, field) = match path {
        [b"o", url, b"R", room, field, ..] => {
            (ConvoEntry::Room(stored_url(url)?, stored_room(room)?), 4, field)
        }
        [kind, id, field, ..] => {
            (ConvoEntry::Conversation(Conversation::of_path(kind, id)?), 2, field)
        }
        _ => return None,
    };
    Some(Place { entry, depth, field: ReadField::of(field) })
}
