//! What a node says to a subscription, and what it sends then.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use session_identity::Timestamp;

use super::MAX_SUBSCRIPTIONS;
use crate::{
    address::Address,
    answer::AnswerError,
    limits::MAX_DATA_LENGTH,
    message_hash::MessageHash,
    namespace::Namespace,
    wire::{Dict, FieldError, Fields, Value},
};

/// Longest text of an error that is kept, in characters.
const ERROR_LENGTH: usize = 256;

/// Answer to a subscription.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum MonitorAnswer {
    /// The node sends what comes in for 65 minutes.
    Subscribed,
    /// It does not.
    Refused {
        /// Number of the reason: one of [`MonitorErrorCode`], or a newer one.
        code: u64,
        /// The reason in words.
        error: String,
    },
}

/// Why a node does not accept a subscription.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MonitorErrorCode {
    /// 1: no dict, or fields that are missing or exclude each other.
    #[error("invalid arguments")]
    Arguments,
    /// 2: a key, token or signature has the wrong size, or is none.
    #[error("invalid pubkey, token or signature")]
    PublicKey,
    /// 3: the namespaces are none, or not strictly ascending.
    #[error("namespaces must be ascending")]
    Namespaces,
    /// 4: the signature is too old, or from the future.
    #[error("signature timestamp is not valid")]
    Time,
    /// 5: the signature is wrong.
    #[error("signature verification failed")]
    Signature,
    /// 6: the node does not serve the account (newest).
    #[error("wrong swarm")]
    WrongSwarm,
}

impl MonitorErrorCode {
    /// The number.
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::Arguments => 1,
            Self::PublicKey => 2,
            Self::Namespaces => 3,
            Self::Time => 4,
            Self::Signature => 5,
            Self::WrongSwarm => 6,
        }
    }
}

impl From<Result<(), MonitorErrorCode>> for MonitorAnswer {
    fn from(result: Result<(), MonitorErrorCode>) -> Self {
        match result {
            Ok(()) => Self::Subscribed,
            Err(code) => Self::Refused { code: code.number(), error: code.to_string() },
        }
    }
}

impl MonitorAnswer {
    /// Writes the answer.
    #[must_use]
    pub fn to_bencode(&self) -> Vec<u8> {
        Value::from(self.to_dict()).to_bencode()
    }

    /// Writes the answers to several subscriptions, in their order.
    #[must_use]
    pub fn list_to_bencode(answers: &[Self]) -> Vec<u8> {
        answers.iter().map(Self::to_dict).collect::<Value<'_>>().to_bencode()
    }

    /// Reads the answer.
    ///
    /// # Errors
    /// [`AnswerError`].
    pub fn from_bencode(bytes: &[u8]) -> Result<Self, AnswerError> {
        let value = Value::from_bencode(bytes).map_err(|_| AnswerError::Syntax)?;
        Self::from_value(&value)
    }

    /// Reads the answers to several subscriptions, in their order. One that cannot be read leaves the others.
    ///
    /// # Errors
    /// [`AnswerError`] if it is not a list, or one of more than 1024.
    pub fn list_from_bencode(bytes: &[u8]) -> Result<Vec<Result<Self, AnswerError>>, AnswerError> {
        match Value::from_bencode(bytes).map_err(|_| AnswerError::Syntax)? {
            Value::List(items) if items.len() <= MAX_SUBSCRIPTIONS => {
                Ok(items.iter().map(Self::from_value).collect())
            }
            Value::List(_) => {
                Err(FieldError::TooMany { field: "body", max: MAX_SUBSCRIPTIONS }.into())
            }
            _ => Err(AnswerError::NoObject),
        }
    }

    fn from_value(value: &Value<'_>) -> Result<Self, AnswerError> {
        let fields = Fields::of(value).ok_or(AnswerError::NoObject)?;
        if fields.flag("success")? {
            return Ok(Self::Subscribed);
        }
        let error: String = fields.optional("error")?.unwrap_or_default();
        let error = error.chars().take(ERROR_LENGTH).collect();
        Ok(Self::Refused { code: fields.required("errcode")?, error })
    }

    fn to_dict(&self) -> Dict<'_> {
        match self {
            Self::Subscribed => Dict::new().with("success", true),
            Self::Refused { code, error } => {
                Dict::new().with("errcode", *code).with("error", error.as_str())
            }
        }
    }
}

/// A message came in. Only the connection vouches for it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Notification {
    /// Account that got it.
    pub account: Address,
    /// Name of the message. Every member of the swarm sends it: by it the doubles are found.
    pub hash: MessageHash,
    /// Namespace that it went into.
    pub namespace: Namespace,
    /// Time of the message.
    pub timestamp: Timestamp,
    /// When it is forgotten.
    pub expiry: Timestamp,
    /// The message, if it was subscribed to with its data.
    pub data: Option<Vec<u8>>,
}

impl Notification {
    /// Notification of a message.
    #[must_use]
    pub const fn new(
        account: Address,
        namespace: Namespace,
        hash: MessageHash,
        timestamp: Timestamp,
        expiry: Timestamp,
    ) -> Self {
        Self { account, hash, namespace, timestamp, expiry, data: None }
    }

    /// The notification with the message.
    #[must_use]
    pub fn with_data(mut self, data: Vec<u8>) -> Self {
        self.data = Some(data);
        self
    }

    /// Whether the name is that of the message, if the message is there.
    #[must_use]
    pub fn is_named_rightly(&self) -> bool {
        let name = |data: &Vec<u8>| MessageHash::of(&self.account, self.namespace, data);
        self.data.as_ref().is_none_or(|data| name(data) == self.hash)
    }

    /// Writes the notification.
    #[must_use]
    pub fn to_bencode(&self) -> Vec<u8> {
        let dict = Dict::new()
            .with("@", self.account)
            .with("h", self.hash)
            .with("n", self.namespace)
            .with("t", self.timestamp)
            .with("z", self.expiry)
            .with_optional("~", self.data.as_deref());
        Value::from(dict).to_bencode()
    }

    /// Reads a notification.
    ///
    /// # Errors
    /// [`AnswerError`].
    pub fn from_bencode(bytes: &[u8]) -> Result<Self, AnswerError> {
        let value = Value::from_bencode(bytes).map_err(|_| AnswerError::Syntax)?;
        let fields = Fields::of(&value).ok_or(AnswerError::NoObject)?;
        let data: Option<Vec<u8>> = fields.optional("~")?;
        if data.as_ref().is_some_and(|data| data.len() > MAX_DATA_LENGTH) {
            return Err(FieldError::DataLength.into());
        }
        Ok(Self {
            account: fields.required("@")?,
            hash: fields.required("h")?,
            namespace: fields.required("n")?,
            timestamp: Timestamp::from_millis(fields.required("t")?),
            expiry: Timestamp::from_millis(fields.required("z")?),
            data,
        })
    }
}
