//! The answer around the answers: status, common fields, body (spec 05 §5.1, §5.16).

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use session_identity::Timestamp;

use super::{AnswerError, InfoAnswer, RetrieveAnswer, StoreEntry, SwarmAnswer, SwarmInfo, swarm};
use crate::{
    hard_fork::HardFork,
    request::{Method, Refusal},
    wire::{Dict, Fields, Value},
};

/// What a node answers: a status, and what goes with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Response {
    status: u16,
    time: Option<Timestamp>,
    hard_fork: Option<HardFork>,
    body: Body,
}

/// Body of a [`Response`].
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Body {
    /// The answer of the method: with status 200; with 500 if every member of the swarm failed.
    Answer(Answer),
    /// The node does not serve the account, and says which nodes do: with status 421. Hearsay of one node.
    WrongSwarm(SwarmInfo),
    /// Why there is no answer: with every other status.
    Text(String),
}

/// Answer of a method that was carried out.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// To `store`.
    Store(SwarmAnswer<StoreEntry>),
    /// To `retrieve`.
    Retrieve(RetrieveAnswer),
    /// To `info`.
    Info(InfoAnswer),
    /// To `get_swarm`.
    GetSwarm(SwarmInfo),
}

impl Response {
    /// Answer of a node whose time is `now` and which follows the rules `hard_fork`.
    #[must_use]
    pub fn answer(answer: Answer, now: Timestamp, hard_fork: HardFork) -> Self {
        let status = if answer.has_failed_everywhere() { 500 } else { 200 };
        let (time, hard_fork) = (Some(now), Some(hard_fork));
        Self { status, time, hard_fork, body: Body::Answer(answer) }
    }

    /// Answer of a node that does not serve the account.
    #[must_use]
    pub const fn wrong_swarm(swarm: SwarmInfo, now: Timestamp, hard_fork: HardFork) -> Self {
        let (time, hard_fork) = (Some(now), Some(hard_fork));
        Self { status: 421, time, hard_fork, body: Body::WrongSwarm(swarm) }
    }

    /// Answer of a node that does not carry out the request.
    #[must_use]
    pub fn refusal(refusal: &Refusal) -> Self {
        Self::text(refusal.status(), refusal.to_string())
    }

    /// Answer that is a text, for the statuses that have nothing to do with the request: 429, 503 and others.
    #[must_use]
    pub const fn text(status: u16, text: String) -> Self {
        Self { status, time: None, hard_fork: None, body: Body::Text(text) }
    }

    /// The status, as in HTTP.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The node's time, if it says it.
    #[must_use]
    pub const fn time(&self) -> Option<Timestamp> {
        self.time
    }

    /// The rules that the node follows, if it says it.
    #[must_use]
    pub const fn hard_fork(&self) -> Option<HardFork> {
        self.hard_fork
    }

    /// The body.
    #[must_use]
    pub const fn body(&self) -> &Body {
        &self.body
    }

    /// The body, without a copy.
    #[must_use]
    pub fn into_body(self) -> Body {
        self.body
    }

    /// The bytes of the body: JSON, or a text that stands for itself.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let dict = match &self.body {
            Body::Text(text) => return text.as_bytes().to_vec(),
            Body::WrongSwarm(swarm) => swarm.to_dict(),
            Body::Answer(answer) => answer.to_dict(),
        };
        Value::from(dict.with_optional("t", self.time).with_optional("hf", self.hard_fork))
            .to_json()
    }

    /// Reads the bytes of the body of an answer to `method` with this status.
    ///
    /// # Errors
    /// [`AnswerError`] if a status that stands for JSON comes with something else. Texts are never refused.
    pub fn from_json(method: Method, status: u16, bytes: &[u8]) -> Result<Self, AnswerError> {
        let text = || Self::text(status, String::from_utf8_lossy(bytes).into_owned());
        if !matches!(status, 200 | 421 | 500) {
            return Ok(text());
        }
        let value = match Value::from_json(bytes) {
            Ok(value) => value,
            // With this status both are possible.
            Err(_) if status == 500 => return Ok(text()),
            Err(_) => return Err(AnswerError::Json),
        };
        let fields = Fields::of(&value).ok_or(AnswerError::NoObject)?;
        let body = match status {
            421 => Body::WrongSwarm(SwarmInfo::from_fields(fields)?),
            _ => Body::Answer(Answer::from_fields(method, fields)?),
        };
        let (time, hard_fork) = (fields.optional("t")?, fields.optional("hf")?);
        Ok(Self { status, time, hard_fork, body })
    }
}

impl Answer {
    /// Whether no member of the swarm did what it should.
    fn has_failed_everywhere(&self) -> bool {
        match self {
            Self::Store(answer) => answer.has_failed_everywhere(),
            Self::Retrieve(_) | Self::Info(_) | Self::GetSwarm(_) => false,
        }
    }

    fn from_fields(method: Method, fields: Fields<'_, '_>) -> Result<Self, AnswerError> {
        Ok(match method {
            Method::Store => Self::Store(swarm::from_fields(fields)?),
            Method::Retrieve => Self::Retrieve(RetrieveAnswer::from_fields(fields)?),
            Method::Info => Self::Info(InfoAnswer::from_fields(fields)?),
            Method::GetSwarm => Self::GetSwarm(SwarmInfo::from_fields(fields)?),
        })
    }

    fn to_dict(&self) -> Dict<'_> {
        match self {
            // The hash is the same in every entry, and stands beside them too.
            Self::Store(answer) => swarm::to_dict(answer)
                .with_optional("hash", answer.entries().map(|(_, entry)| entry.hash()).next()),
            Self::Retrieve(answer) => answer.to_dict(),
            Self::Info(answer) => answer.to_dict(),
            Self::GetSwarm(answer) => answer.to_dict(),
        }
    }
}
