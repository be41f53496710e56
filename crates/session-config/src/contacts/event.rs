//! What of the contacts may change.

use session_identity::{AccountId, id::BlindedId};
use session_types::community::BaseUrl;

use super::{Contacts, blinded::id_of_key};
use crate::{change::Place, data::Dict, fields::stored_url};

/// An entry of the contacts.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ContactEntry {
    /// A person.
    Account(AccountId),
    /// A person known by a blinded id on a server.
    Blinded(BaseUrl, BlindedId),
    /// A server on which there are such people.
    Server(BaseUrl),
}

/// A field of a contact.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum ContactField {
    /// The person's own name.
    Name,
    /// The name that the user gave.
    Nickname,
    /// The person's picture.
    Picture,
    /// Whether we accepted the person.
    IsApproved,
    /// Whether the person accepted us.
    HasApprovedUs,
    /// Whether the person is blocked.
    IsBlocked,
    /// Of what the user is notified.
    Notifications,
    /// Until when the user is notified of nothing.
    MutedUntil,
    /// Place of the conversation.
    Priority,
    /// When messages disappear.
    Expiry,
    /// When the contact was made.
    CreatedAt,
    /// When the person changed name or picture.
    ProfileUpdatedAt,
    /// Features of the person's profile.
    Features,
    /// Up to when messages are deleted.
    DeleteBefore,
    /// Up to when attachments are deleted.
    DeleteAttachmentsBefore,
    /// Key of the server.
    ServerKey,
    /// What this version does not know.
    Other,
}

impl ContactField {
    const fn of(key: &[u8]) -> Self {
        match key {
            b"n" => Self::Name,
            b"N" => Self::Nickname,
            b"p" | b"q" => Self::Picture,
            b"a" => Self::IsApproved,
            b"A" => Self::HasApprovedUs,
            b"b" => Self::IsBlocked,
            b"@" => Self::Notifications,
            b"!" => Self::MutedUntil,
            b"+" => Self::Priority,
            b"e" | b"E" => Self::Expiry,
            b"j" => Self::CreatedAt,
            b"t" => Self::ProfileUpdatedAt,
            b"f" => Self::Features,
            b"d" => Self::DeleteBefore,
            b"D" => Self::DeleteAttachmentsBefore,
            _ => Self::Other,
        }
    }
}

pub(super) fn locate(path: &[&[u8]], data: [&Dict; 2]) -> Option<Place<Contacts>> {
    let (entry, depth, field) = match path {
        [b"c", id, field, ..] => {
            let id = AccountId::from_bytes((*id).try_into().ok()?).ok()?;
            (ContactEntry::Account(id), 2, ContactField::of(field))
        }
        [b"b", url, b"#"] => (ContactEntry::Server(stored_url(url)?), 2, ContactField::ServerKey),
        [b"b", url, b"R", key, field, ..] => {
            let dict = data.iter().find_map(|data| data.dict_at(&[b"b", url, b"R", key]))?;
            let id = id_of_key(key, dict)?;
            (ContactEntry::Blinded(stored_url(url)?, id), 4, ContactField::of(field))
        }
        _ => return None,
    };
    Some(Place { entry, depth, field })
}
