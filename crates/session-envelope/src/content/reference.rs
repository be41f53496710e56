//! How one message names another: by author and time (03 §4.1, 10 §21.2).

use session_identity::{Timestamp, id::PrefixedId};

use super::{ContentError, fields};

/// Eight random bytes that newest clients give every message, chosen once for all its copies (10 §21.2).
///
/// They tell apart messages of one author and one millisecond. Meaningful together with these only.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MessageId([u8; 8]);

impl MessageId {
    /// Length in bytes.
    pub const LENGTH: usize = 8;

    /// Takes eight bytes as an id.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        self.0
    }

    /// The number that protobuf makes of the bytes.
    pub(super) const fn to_wire(self) -> i64 {
        i64::from_le_bytes(self.0)
    }

    pub(super) const fn from_wire(number: i64) -> Self {
        Self(number.to_le_bytes())
    }
}

/// Another message, by its author, its time and, if the author's client gave it one, its [`MessageId`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct MessageReference {
    author: PrefixedId,
    sent_at: Timestamp,
    message_id: Option<MessageId>,
}

impl MessageReference {
    /// Reference to what `author` sent at `sent_at`. In communities the author is a blinded id.
    #[must_use]
    pub fn new(author: impl Into<PrefixedId>, sent_at: Timestamp) -> Self {
        Self { author: author.into(), sent_at, message_id: None }
    }

    /// The reference with the id of the message.
    #[must_use]
    pub const fn with_message_id(self, id: MessageId) -> Self {
        Self { message_id: Some(id), ..self }
    }

    /// Who wrote the message.
    #[must_use]
    pub const fn author(&self) -> PrefixedId {
        self.author
    }

    /// When the message was sent, by its author's clock.
    #[must_use]
    pub const fn sent_at(&self) -> Timestamp {
        self.sent_at
    }

    /// Id of the message, if the reference states it.
    #[must_use]
    pub const fn message_id(&self) -> Option<MessageId> {
        self.message_id
    }

    /// The reference in three fields of a message, of which the first two are required.
    pub(super) fn from_wire(
        (millis, time_field): (Option<u64>, &'static str),
        (author, author_field): (Option<&str>, &'static str),
        message_id: Option<i64>,
    ) -> Result<Self, ContentError> {
        let sent_at = Timestamp::from_millis(fields::required(millis, time_field)?);
        let author = fields::id(fields::required(author, author_field)?, author_field)?;
        Ok(Self { author, sent_at, message_id: message_id.map(MessageId::from_wire) })
    }
}
