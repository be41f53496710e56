//! Notices between two people: typing, read receipts, deletion, saved media, accepted requests (03 §4.4 to §4.9).

use alloc::{format, vec::Vec};

use session_identity::{Timestamp, id::PrefixedId};

use super::{ContentError, MAX_ATTACHMENTS, MessageId, MessageReference, fields};
use crate::wire::{
    self, UnknownFields,
    content::{
        DataExtractionNotification, MessageRequestResponse, ReceiptMessage, TypingMessage,
        UnsendRequest,
    },
};

/// Most messages that one receipt may name (03 §2).
pub const MAX_RECEIPTS: usize = 1_000;

/// Somebody starts or stops typing. The notice is about the moment at which it is sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Typing {
    action: TypingAction,
    unknown: UnknownFields,
}

/// What somebody who types does.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum TypingAction {
    /// Starts. A receiver believes it for 15 seconds, or until the message comes.
    Started,
    /// Stops.
    Stopped,
}

impl Typing {
    /// Notice of an action.
    #[must_use]
    pub fn new(action: TypingAction) -> Self {
        Self { action, unknown: UnknownFields::default() }
    }

    /// What happens.
    #[must_use]
    pub const fn action(&self) -> TypingAction {
        self.action
    }

    pub(super) fn encode(&self, sent_at: Timestamp) -> Vec<u8> {
        let typing = TypingMessage {
            timestamp: Some(sent_at.as_millis()),
            action: Some(match self.action {
                TypingAction::Started => 0,
                TypingAction::Stopped => 1,
            }),
        };
        wire::encode_with(&typing, &self.unknown)
    }

    pub(super) fn decode(bytes: &[u8], sent_at: Option<Timestamp>) -> Result<Self, ContentError> {
        let (typing, unknown) = wire::decode_keeping::<TypingMessage>(bytes)?;
        let found = fields::required(typing.timestamp, "TypingMessage.timestamp")?;
        let found = Timestamp::from_millis(found);
        let action = |number| match number {
            0 => Some(TypingAction::Started),
            1 => Some(TypingAction::Stopped),
            _ => None,
        };
        let action = fields::enumerated(typing.action, action, "TypingMessage.action")?;
        match sent_at {
            Some(sent_at) if sent_at != found => {
                Err(ContentError::TypingTimestamp { sent_at, found })
            }
            _ => Ok(Self { action, unknown }),
        }
    }
}

/// Messages of the recipient that the sender has read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReadReceipt {
    read: Vec<(Timestamp, Option<MessageId>)>,
    unknown: UnknownFields,
}

impl ReadReceipt {
    /// Receipt for the messages that the recipient sent at these times.
    ///
    /// # Errors
    /// [`ContentError::Empty`] without a time, [`ContentError::TooMany`] above [`MAX_RECEIPTS`].
    pub fn new(sent_at: impl IntoIterator<Item = Timestamp>) -> Result<Self, ContentError> {
        let read = sent_at.into_iter().map(|time| (time, None)).collect();
        Self { read, unknown: UnknownFields::default() }.check()
    }

    /// Times at which the messages were sent, by the clock of the receipt's recipient.
    pub fn sent_at(&self) -> impl Iterator<Item = Timestamp> {
        self.read.iter().map(|(time, _)| *time)
    }

    /// The same with the id of each message that has one.
    pub fn messages(&self) -> impl Iterator<Item = (Timestamp, Option<MessageId>)> {
        self.read.iter().copied()
    }

    fn check(self) -> Result<Self, ContentError> {
        let field = "ReceiptMessage.timestamp";
        let read = fields::at_most(fields::not_empty(self.read, field)?, MAX_RECEIPTS, field)?;
        Ok(Self { read, ..self })
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let ids = self.read.iter().map(|(_, id)| id.map_or(0, MessageId::to_wire));
        let any_id = self.read.iter().any(|(_, id)| id.is_some());
        let receipt = ReceiptMessage {
            r#type: Some(READ),
            timestamp: self.sent_at().map(Timestamp::as_millis).collect(),
            msg_id: ids.filter(|_| any_id).collect(),
        };
        wire::encode_with(&receipt, &self.unknown)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        fields::at_most_numbers(bytes, 2, MAX_RECEIPTS, "ReceiptMessage.timestamp")?;
        let (receipt, unknown) = wire::decode_keeping::<ReceiptMessage>(bytes)?;
        let field = "ReceiptMessage.type";
        if receipt.r#type == Some(DELIVERED) {
            return Err(ContentError::Obsolete { field });
        }
        let read = |number| (number == READ).then_some(());
        fields::enumerated(receipt.r#type, read, field)?;
        let times = receipt.timestamp.iter().copied().map(Timestamp::from_millis);
        // Ids stand beside the times, 0 for none; a list of another length is not theirs (10 §21.1).
        let aligned = receipt.msg_id.len() == receipt.timestamp.len();
        let ids = receipt.msg_id.into_iter().filter(|_| aligned);
        let ids = ids.map(|id| (id != 0).then_some(MessageId::from_wire(id)));
        let read = times.zip(ids.chain(core::iter::repeat(None))).collect();
        Self { read, unknown }.check()
    }
}

/// Type of a receipt for messages that arrived, which no client sends any more.
const DELIVERED: i32 = 0;
/// Type of a receipt for messages that were read.
const READ: i32 = 1;

/// The author of a message takes it back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unsend {
    target: MessageReference,
    unknown: UnknownFields,
}

impl Unsend {
    /// Request to delete `target`. Its author must be the sender of the request.
    #[must_use]
    pub fn new(target: MessageReference) -> Self {
        Self { target, unknown: UnknownFields::default() }
    }

    /// The message to delete.
    #[must_use]
    pub const fn target(&self) -> MessageReference {
        self.target
    }

    /// Whether `sender` may ask others for this: only the author may, in particular no contact who names the local
    /// user as author. Own devices may ask one another for anything.
    #[must_use]
    pub fn may_be_sent_by(&self, sender: impl Into<PrefixedId>) -> bool {
        self.target.author() == sender.into()
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let request = UnsendRequest {
            msg_timestamp: Some(self.target.sent_at().as_millis()),
            author: Some(format!("{}", self.target.author())),
            msg_id: self.target.message_id().map(MessageId::to_wire),
        };
        wire::encode_with(&request, &self.unknown)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        let (request, unknown) = wire::decode_keeping::<UnsendRequest>(bytes)?;
        let target = MessageReference::from_wire(
            (request.msg_timestamp, "UnsendRequest.msgTimestamp"),
            (request.author.as_deref(), "UnsendRequest.author"),
            request.msg_id,
        )?;
        Ok(Self { target, unknown })
    }
}

/// The sender saved media of a message of the recipient.
///
/// Current clients name the message by its time alone, newest ones also by its id, and say which of its files
/// was saved (10 §21).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MediaSaved {
    /// As current clients write it, and as newest clients do.
    timestamp: Option<u64>,
    msg_timestamp: Option<u64>,
    message_id: Option<MessageId>,
    attachment: Option<i32>,
    unknown: UnknownFields,
}

/// Which files of a message were saved.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum SavedFiles {
    /// The one at this position in the message, from 0.
    One(u32),
    /// All of them.
    All,
}

impl MediaSaved {
    /// Notice about the message that was sent at `sent_at`.
    ///
    /// # Errors
    /// [`ContentError::Empty`] for time 0.
    pub fn new(sent_at: Timestamp) -> Result<Self, ContentError> {
        Self {
            timestamp: Some(sent_at.as_millis()),
            msg_timestamp: None,
            message_id: None,
            attachment: None,
            unknown: UnknownFields::default(),
        }
        .check()
    }

    /// The notice with what newest clients want to know: the id of the message, and which files it is about.
    ///
    /// # Errors
    /// [`ContentError::TooMany`] for a position that no message has.
    pub fn with_files(self, id: MessageId, files: SavedFiles) -> Result<Self, ContentError> {
        let field = "DataExtractionNotification.attIndex";
        let attachment = match files {
            SavedFiles::All => ALL_FILES,
            SavedFiles::One(index) => i32::try_from(index).map_err(|_| {
                let found = usize::try_from(index).unwrap_or(usize::MAX);
                ContentError::TooMany { field, limit: MAX_ATTACHMENTS, found }
            })?,
        };
        Ok(Self {
            msg_timestamp: Some(self.sent_at().as_millis()),
            message_id: Some(id),
            attachment: Some(attachment),
            ..self
        })
    }

    /// When the message was sent, by the clock of the notice's recipient.
    #[must_use]
    pub fn sent_at(&self) -> Timestamp {
        let mut said = [self.msg_timestamp, self.timestamp].into_iter().flatten();
        Timestamp::from_millis(said.find(|millis| *millis != 0).unwrap_or(0))
    }

    /// Id of the message, from newest clients.
    #[must_use]
    pub const fn message_id(&self) -> Option<MessageId> {
        self.message_id
    }

    /// Which files were saved, if the sender says so.
    #[must_use]
    pub fn files(&self) -> Option<SavedFiles> {
        match self.attachment? {
            ALL_FILES => Some(SavedFiles::All),
            index => u32::try_from(index).ok().map(SavedFiles::One),
        }
    }

    fn check(self) -> Result<Self, ContentError> {
        match self.sent_at().as_millis() {
            0 => Err(ContentError::Empty { field: "DataExtractionNotification.timestamp" }),
            _ => Ok(self),
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let notice = DataExtractionNotification {
            r#type: Some(MEDIA_SAVED),
            timestamp: self.timestamp,
            msg_timestamp: self.msg_timestamp,
            msg_id: self.message_id.map(MessageId::to_wire),
            att_index: self.attachment,
        };
        wire::encode_with(&notice, &self.unknown)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        let (notice, unknown) = wire::decode_keeping::<DataExtractionNotification>(bytes)?;
        let field = "DataExtractionNotification.type";
        if notice.r#type == Some(SCREENSHOT) {
            return Err(ContentError::Obsolete { field });
        }
        let saved = |number| (number == MEDIA_SAVED).then_some(());
        fields::enumerated(notice.r#type, saved, field)?;
        Self {
            timestamp: notice.timestamp,
            msg_timestamp: notice.msg_timestamp,
            message_id: notice.msg_id.map(MessageId::from_wire),
            attachment: notice.att_index,
            unknown,
        }
        .check()
    }
}

/// Number that newest clients write for all files of a message.
const ALL_FILES: i32 = -1;
/// Type of a notice about a screenshot, which no client sends any more.
const SCREENSHOT: i32 = 1;
/// Type of a notice about saved media.
const MEDIA_SAVED: i32 = 2;

/// The sender accepts the recipient's message request. Anything but an acceptance is ignored.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RequestAccepted {
    unknown: UnknownFields,
}

impl RequestAccepted {
    /// Acceptance.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn encode(&self, profile: Option<&super::Profile>) -> Vec<u8> {
        let (profile, profile_key) = profile.map(super::Profile::encode).unzip();
        let response = MessageRequestResponse {
            is_approved: Some(true),
            profile_key: profile_key.flatten(),
            profile: profile.into_iter().collect(),
        };
        wire::encode_with(&response, &self.unknown)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<(Self, Option<super::Profile>), ContentError> {
        let (response, unknown) = wire::decode_keeping::<MessageRequestResponse>(bytes)?;
        let field = "MessageRequestResponse.isApproved";
        if !fields::required(response.is_approved, field)? {
            return Err(ContentError::Empty { field });
        }
        let key = response.profile_key.as_deref();
        let profile = wire::merged(response.profile);
        let profile = profile.map(|bytes| super::Profile::decode(&bytes, key)).transpose()?;
        Ok((Self { unknown }, profile))
    }
}
