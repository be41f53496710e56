//! Answer of `retrieve` (spec 05 §5.3).

use alloc::vec::Vec;

use session_identity::Timestamp;

use super::{AnswerError, readable};
use crate::{
    address::Address,
    message_hash::MessageHash,
    namespace::Namespace,
    wire::{Dict, FieldError, Fields, Value},
};

/// A page of messages, in the order of the node that answers.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct RetrieveAnswer {
    /// The messages.
    pub messages: Vec<StoredMessage>,
    /// Whether there are more after the last one.
    pub more: bool,
    /// Number of messages that were left out because their form is that of no message. The others are there: one odd
    /// message must not cost the page at every poll.
    pub skipped: usize,
}

/// A message as a node returns it. Nothing of it is authenticated; [`Self::is_named_rightly`] finds accidents.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct StoredMessage {
    /// Name of the message.
    pub hash: MessageHash,
    /// Time of the message.
    pub timestamp: Timestamp,
    /// When the node will forget it.
    pub expiry: Timestamp,
    /// The message.
    pub data: Vec<u8>,
}

impl RetrieveAnswer {
    /// Page with these messages.
    #[must_use]
    pub const fn new(messages: Vec<StoredMessage>, more: bool) -> Self {
        Self { messages, more, skipped: 0 }
    }

    pub(super) fn from_fields(fields: Fields<'_, '_>) -> Result<Self, AnswerError> {
        let Some(Value::List(messages)) = fields.get("messages") else {
            return Err(FieldError::Missing { field: "messages" }.into());
        };
        let (messages, skipped) = readable(messages, StoredMessage::from_value);
        Ok(Self { messages, more: fields.lenient("more").unwrap_or(false), skipped })
    }

    pub(super) fn to_dict(&self) -> Dict<'_> {
        let messages = self.messages.iter().map(StoredMessage::to_dict).collect::<Value<'_>>();
        Dict::new().with("messages", messages).with("more", self.more)
    }
}

impl StoredMessage {
    /// Message of these parts.
    #[must_use]
    pub const fn new(
        hash: MessageHash,
        timestamp: Timestamp,
        expiry: Timestamp,
        data: Vec<u8>,
    ) -> Self {
        Self { hash, timestamp, expiry, data }
    }

    /// Whether the name is that of the data in this place. If not, the data was altered, or the message was
    /// stored in another namespace and moved by a node that forgot which (§3): [`Self::located`] finds that one.
    #[must_use]
    pub fn is_named_rightly(&self, account: &Address, namespace: Namespace) -> bool {
        self.hash == MessageHash::of(account, namespace, &self.data)
    }

    /// The namespace that the message belongs to, of those that give it its name: `retrieved`, from which it came, or
    /// else the first of `candidates`. `None` if none does: then its data was altered.
    ///
    /// After a change of swarms, deployed nodes before 2.11.3 have the config messages of an account in namespace 0
    /// (§3). A client that reads that one asks here where such a message belongs.
    #[must_use]
    pub fn located(
        &self,
        account: &Address,
        retrieved: Namespace,
        candidates: impl IntoIterator<Item = Namespace>,
    ) -> Option<Namespace> {
        // One text has another name in each namespace (§4.1), so that the order does not matter.
        let mut places = core::iter::once(retrieved).chain(candidates);
        places.find(|namespace| self.is_named_rightly(account, *namespace))
    }

    fn from_value(value: &Value<'_>) -> Result<Self, FieldError> {
        let malformed = FieldError::Form { field: "messages", expected: "a list of objects" };
        let fields = Fields::of(value).ok_or(malformed)?;
        Ok(Self {
            hash: fields.required("hash")?,
            // Any number: the store takes messages of any time in the past.
            timestamp: Timestamp::from_millis(fields.required("timestamp")?),
            expiry: Timestamp::from_millis(fields.required("expiration")?),
            data: fields.required("data")?,
        })
    }

    fn to_dict(&self) -> Dict<'_> {
        Dict::new()
            .with("hash", self.hash)
            .with("timestamp", self.timestamp)
            .with("expiration", self.expiry)
            .with("data", self.data.as_slice())
    }
}
