//! What every receiver checks once it knows the sender: the content, its time, its claims (03 §3.2).

use session_identity::{AccountId, Timestamp, id::PrefixedId};

use crate::content::{Content, ContentError, Kind};

/// A message that passed every check which the message itself allows (03 §3.2, steps 2 to 4 and 8).
///
/// Whether it is a duplicate is for the application to know; what [`Content::check_delivery`] asks, too.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Received {
    sender: AccountId,
    sent_at: Timestamp,
    time_source: TimeSource,
    content: Content,
}

/// How far the time of a message can be trusted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TimeSource {
    /// The sender signed it.
    Signed,
    /// It is from the envelope: an old client sent the message, or the one who stored it chose the time.
    Claimed,
    /// It is that of a community, which took the message.
    Server,
}

impl Received {
    /// The message of these bytes of content, by a proven `sender`, in an envelope of the time `claimed`. `reader` is the
    /// account to which it was encrypted, `None` for that of a group.
    pub(crate) fn check(
        content: &[u8],
        (sender, reader): (AccountId, Option<AccountId>),
        claimed: Timestamp,
    ) -> Result<Self, RefusedError> {
        let (content, signed) = Content::decode(content)?;
        let time_source = match signed {
            Some(signed) if signed == claimed => TimeSource::Signed,
            Some(signed) => return Err(RefusedError::Timestamp { signed, claimed }),
            None => TimeSource::Claimed,
        };
        match content.kind() {
            // The user may delete anything on the other devices of the account (03 §4.8).
            Kind::Unsend(unsend) if reader != Some(sender) && !unsend.may_be_sent_by(sender) => {
                Err(RefusedError::ForeignUnsend { author: unsend.target().author() })
            }
            _ => Ok(Self { sender, sent_at: claimed, time_source, content }),
        }
    }

    /// Who wrote the message.
    #[must_use]
    pub const fn sender(&self) -> AccountId {
        self.sender
    }

    /// When the message was written, by the sender's clock.
    #[must_use]
    pub const fn sent_at(&self) -> Timestamp {
        self.sent_at
    }

    /// Who says that the message was written at [`Self::sent_at`].
    #[must_use]
    pub const fn time_source(&self) -> TimeSource {
        self.time_source
    }

    /// What was written.
    #[must_use]
    pub const fn content(&self) -> &Content {
        &self.content
    }

    /// What was written, without the rest.
    #[must_use]
    pub fn into_content(self) -> Content {
        self.content
    }
}

/// Why a message that opened is not delivered.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RefusedError {
    /// Its content breaks a rule.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// Somebody stored the message under another time than the sender signed.
    #[error("envelope claims {claimed} ms, the content was signed at {signed} ms")]
    Timestamp {
        /// Time in the signed content.
        signed: Timestamp,
        /// Time in the envelope.
        claimed: Timestamp,
    },
    /// Somebody asks to delete what somebody else wrote (03 §4.8). Only own devices may.
    #[error("request to delete a message of {author}")]
    ForeignUnsend {
        /// Who wrote it, according to the request.
        author: PrefixedId,
    },
}
