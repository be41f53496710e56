//! What a message means: the typed form of the innermost protobuf message (03).
//!
//! A [`Content`] is about exactly one thing, its [`Kind`]. What can go with every kind (the sender's profile,
//! the setting of disappearing messages, a proof of Pro) stands beside it. A content that exists obeys the
//! rules of its kind: the constructors and the decoder check the same.
//!
//! ```
//! use session_envelope::content::{Content, Kind};
//! use session_identity::Timestamp;
//!
//! let content = Content::text("hello")?;
//! let bytes = content.encode(Timestamp::from_millis(1_700_000_000_000));
//! let (decoded, sent_at) = Content::decode(&bytes)?;
//! let Kind::Visible(message) = decoded.kind() else { panic!("another kind") };
//! assert_eq!(message.body(), Some("hello"));
//! assert_eq!(sent_at, Some(Timestamp::from_millis(1_700_000_000_000)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::string::String;

use session_identity::AccountId;

use crate::{group::framing::MAX_PLAINTEXT_LENGTH, wire::UnknownFields};

mod attachment;
mod call;
mod codec;
mod cut;
mod delivery;
mod error;
mod expiration;
mod fields;
mod file_name;
pub mod group;
mod notices;
mod pro;
mod profile;
mod quote;
mod reaction;
mod reference;
mod thumbhash;
mod visible;

pub use attachment::Attachment;
pub use call::{Call, CallStep, Candidate};
pub use cut::cut_text;
pub use delivery::{DeliveryError, Place, Sender};
pub use error::ContentError;
pub use expiration::Expiration;
pub use file_name::{MAX_FILE_NAME_LENGTH, safe_file_name};
use group::GroupUpdate;
pub use notices::{
    MAX_RECEIPTS, MediaSaved, ReadReceipt, RequestAccepted, SavedFiles, Typing, TypingAction,
    Unsend,
};
pub use pro::{ProMessage, ProProof};
pub use profile::{MAX_NAME_LENGTH, Picture, PictureKey, PictureUpdate, Profile};
pub use quote::{ClaimedQuote, QuotedFile};
pub use reaction::{Reaction, ReactionAction};
pub use reference::{MessageId, MessageReference};
pub use thumbhash::is_thumbhash;
pub use visible::{
    CommunityInvitation, LinkPreview, MAX_ATTACHMENTS, MAX_BODY_LENGTH, MAX_PRO_BODY_LENGTH,
    Visible,
};

/// Longest content that is read, in bytes: what a group's message may hold when it is decompressed (02 §8.2). That of
/// any other conversation is at most as long as what a swarm stores.
pub const MAX_LENGTH: usize = MAX_PLAINTEXT_LENGTH;

/// A message with everything that goes with it.
///
/// Fields of newer clients, which this library does not know, survive decoding and encoding.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Content {
    kind: Kind,
    profile: Option<Profile>,
    copy_of: Option<AccountId>,
    blocks_community_requests: Option<bool>,
    expiration: Option<Expiration>,
    pro: Option<ProMessage>,
    message_id: Option<MessageId>,
    unknown: Unknown,
}

/// The one thing that a content is about.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// A message to be shown.
    Visible(Visible),
    /// An emoji on a message.
    Reaction(Reaction),
    /// The sender's new setting of disappearing messages, which is that of the content.
    TimerUpdate,
    /// Messages were read.
    ReadReceipt(ReadReceipt),
    /// Somebody is typing.
    Typing(Typing),
    /// Media were saved.
    MediaSaved(MediaSaved),
    /// A message is taken back.
    Unsend(Unsend),
    /// A message request is accepted.
    RequestAccepted(RequestAccepted),
    /// A step of a call.
    Call(Call),
    /// A control message of a group.
    Group(GroupUpdate),
}

/// Records that the typed values do not carry, of the messages that have no typed value of their own.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Unknown {
    content: UnknownFields,
    data_message: UnknownFields,
    group_update: UnknownFields,
}

impl Content {
    /// Content about `kind`, with what every sender states: that the message does not disappear, where it
    /// could.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self {
            expiration: kind.expiration(Expiration::Off),
            kind,
            profile: None,
            copy_of: None,
            blocks_community_requests: None,
            pro: None,
            message_id: None,
            unknown: Unknown::default(),
        }
    }

    /// Text message that does not disappear.
    ///
    /// # Errors
    /// [`ContentError::Blank`] and [`ContentError::BodyTooLong`].
    pub fn text(body: impl Into<String>) -> Result<Self, ContentError> {
        Visible::text(body).map(Kind::Visible).map(Self::new)
    }

    /// The content with the setting of its conversation. Kinds that do not disappear stay without; saved
    /// media and calls disappear after reading even where the setting is "after sending".
    #[must_use]
    pub fn with_expiration(self, setting: Expiration) -> Self {
        Self { expiration: self.kind.expiration(setting), ..self }
    }

    /// The content with the sender's profile. Kinds that spread none stay without.
    #[must_use]
    pub fn with_profile(self, profile: Profile) -> Self {
        Self { profile: self.kind.has_profile().then_some(profile), ..self }
    }

    /// The content with a proof of Pro.
    #[must_use]
    pub fn with_pro(self, pro: ProMessage) -> Self {
        Self { pro: Some(pro), ..self }
    }

    /// The content with an id, which is to be the same in all its copies.
    #[must_use]
    pub fn with_message_id(self, id: MessageId) -> Self {
        Self { message_id: Some(id), ..self }
    }

    /// The content of a post in a community, with whether its author refuses requests from there.
    #[must_use]
    pub fn with_blocked_community_requests(self, blocked: bool) -> Self {
        Self { blocks_community_requests: Some(blocked), ..self }
    }

    /// What the sender stores for its own other devices, of a message to `recipient`: `None` if they need not
    /// know of it. To be encoded with the same time.
    #[must_use]
    pub fn to_copy(&self, recipient: &AccountId) -> Option<Self> {
        if !self.kind.is_copied() {
            return None;
        }
        Some(Self { copy_of: self.names_conversation().then_some(*recipient), ..self.clone() })
    }

    /// Whether copies of such a content name the conversation to which they belong.
    pub(crate) const fn names_conversation(&self) -> bool {
        matches!(self.kind, Kind::Visible(_) | Kind::Reaction(_) | Kind::TimerUpdate)
    }

    /// What the content is about.
    #[must_use]
    pub const fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Text of a message to be shown.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        match &self.kind {
            Kind::Visible(visible) => visible.body(),
            _ => None,
        }
    }

    /// The sender's profile. `None`: whatever is known of it stays.
    #[must_use]
    pub const fn profile(&self) -> Option<&Profile> {
        self.profile.as_ref()
    }

    /// Who received the original, if this is the copy for the sender's own devices.
    #[must_use]
    pub const fn copy_of(&self) -> Option<AccountId> {
        self.copy_of
    }

    /// Whether the author of a post in a community refuses message requests from there.
    #[must_use]
    pub const fn blocks_community_requests(&self) -> Option<bool> {
        self.blocks_community_requests
    }

    /// When the message disappears. `None`: the sender did not say, as clients before 2023 do.
    #[must_use]
    pub const fn expiration(&self) -> Option<Expiration> {
        self.expiration
    }

    /// What the message says about its sender's Pro. Nothing of it is checked yet.
    #[must_use]
    pub const fn pro(&self) -> Option<&ProMessage> {
        self.pro.as_ref()
    }

    /// Id of the message, from newest clients.
    #[must_use]
    pub const fn message_id(&self) -> Option<MessageId> {
        self.message_id
    }
}

#[cfg(test)]
mod tests;
