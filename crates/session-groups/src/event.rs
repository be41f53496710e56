//! What happened in a group, for the application to know.

use session_envelope::{
    content::group::InfoUpdate, content::group::MemberChange, received::Received,
};
use session_identity::{AccountId, Timestamp};
use session_swarm::message_hash::MessageHash;

use crate::{deletion::Deletion, keys::Generation, members::Standing, messages::EncodeError};

/// What happened in a group.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// Somebody wrote something.
    Message(Box<GroupMessage>),
    /// A line to be shown, no more: the truth is in the group's configs.
    Notice(Notice),
    /// Messages are to be deleted.
    Deletion(Deletion),
    /// Name, picture, timer or another setting of the group changed.
    InfoChanged,
    /// The list of members changed.
    MembersChanged,
    /// The account is an admin now.
    Promoted,
    /// A message of this account is stored.
    Sent {
        /// When it was written.
        sent_at: Timestamp,
        /// Its name in the swarm.
        hash: MessageHash,
    },
    /// A message of this account cannot be sent, and is dropped.
    NotSent {
        /// When it was written.
        sent_at: Timestamp,
        /// Why.
        error: EncodeError,
    },
    /// The account's entry of the group changed: put [`Group::entry`](crate::Group::entry) into UserGroups.
    EntryChanged,
    /// The account is no longer in the group. Its keys and configs are wiped.
    Departed(Departure),
}

/// A message of somebody in the group, also of this account's other devices.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GroupMessage {
    /// Its name in the swarm.
    pub hash: MessageHash,
    /// When the swarm will forget it, as the node says.
    pub expiry: Timestamp,
    /// What was written, when, by whom: the author is proven.
    pub received: Received,
    /// What the author is in the group, as far as is known. Whoever has a key can write: an author who is
    /// unknown was removed, or the list of members is older than the message.
    pub standing: Standing,
    /// Number of the key that opened it; `None` for one that no key message brought yet.
    pub generation: Option<Generation>,
}

/// A line to be shown.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Notice {
    /// Its name in the swarm.
    pub hash: MessageHash,
    /// Who sent it.
    pub author: AccountId,
    /// What the author is in the group. What an admin signed can be sent again by a member with other words
    /// (06 §9): show [`NoticeKind::Info`] and [`NoticeKind::Members`] of admins only.
    pub standing: Standing,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// What it says.
    pub kind: NoticeKind,
}

/// What a notice says.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum NoticeKind {
    /// A setting changed; an admin signed that one of this kind did.
    Info(InfoUpdate),
    /// Members came, went or became admins; an admin signed that something of this kind happened.
    Members(MemberChange),
    /// The author left.
    Left,
    /// The author came in.
    Joined,
}

/// Why the account is no longer in the group.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Departure {
    /// An admin removed the account.
    Kicked,
    /// The group was destroyed.
    Destroyed,
    /// The account left.
    Left,
}
