//! The answer around the answers: status, common fields, body (spec 05 §5.1, §5.14, §5.16).

use alloc::{
    boxed::Box,
    string::{String, ToString},
    vec::Vec,
};

use session_crypto::encoding::base64;
use session_identity::Timestamp;

use super::{
    ActiveNodes, AnswerError, DeleteEntry, ExpireEntry, ExpiriesAnswer, InfoAnswer, RetrieveAnswer,
    RevokeEntry, RevokedSubaccountsAnswer, StoreEntry, SwarmAnswer, SwarmInfo, SweepEntry, swarm,
};
use crate::{
    hard_fork::HardFork,
    request::{IfElseRequest, NodeState, Refusal, Request},
    wire::{Dict, FieldError, Fields, Value},
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
    /// The answer of the method: with status 200; with 500 if every member of the swarm failed; with 404 if
    /// nothing was deleted that had to be.
    Answer(Answer),
    /// The node does not serve the account, and says which nodes do: with status 421. Hearsay of one node, which may
    /// name none.
    WrongSwarm(SwarmInfo),
    /// Why there is no answer: with every other status, and where the body with one of those above is another one.
    Text(String),
    /// An answer within another one that cannot be read; the others are there. Its status is 0 if not even that can
    /// be read.
    Malformed(AnswerError),
}

/// Answer of a method that was carried out.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// To `store`.
    Store(SwarmAnswer<StoreEntry>),
    /// To `retrieve`.
    Retrieve(RetrieveAnswer),
    /// To `delete`.
    Delete(SwarmAnswer<DeleteEntry>),
    /// To `delete_all`, `delete_before` and `expire_all`.
    Sweep(SwarmAnswer<SweepEntry>),
    /// To `expire`.
    Expire(SwarmAnswer<ExpireEntry>),
    /// To `get_expiries`.
    GetExpiries(ExpiriesAnswer),
    /// To `revoke_subaccount` and `unrevoke_subaccount`.
    Revoke(SwarmAnswer<RevokeEntry>),
    /// To `revoked_subaccounts`.
    RevokedSubaccounts(RevokedSubaccountsAnswer),
    /// To `info`.
    Info(InfoAnswer),
    /// To `get_swarm`.
    GetSwarm(SwarmInfo),
    /// To `oxend_request`: what the daemon answered, as JSON. What is no JSON is written as null.
    Oxend(String),
    /// To `batch` and `sequence`: an answer to each request that was carried out, in their order.
    Batch(Vec<Response>),
    /// To `ifelse`.
    IfElse(IfElseAnswer),
    /// To `active_nodes_bin`.
    ActiveNodes(ActiveNodes),
}

/// Answer to `ifelse`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct IfElseAnswer {
    /// What the node decided by.
    pub state: NodeState,
    /// Whether the conditions hold.
    pub condition: bool,
    /// Answer to the request of this case, if there was one.
    pub result: Option<Box<Response>>,
}

impl IfElseAnswer {
    /// Answer of these parts.
    #[must_use]
    pub fn new(state: NodeState, condition: bool, result: Option<Response>) -> Self {
        Self { state, condition, result: result.map(Box::new) }
    }
}

impl Response {
    /// Answer of a node whose time is `now` and which follows the rules `hard_fork`.
    #[must_use]
    pub fn answer(answer: Answer, now: Timestamp, hard_fork: HardFork) -> Self {
        let status = if answer.has_failed_everywhere() { 500 } else { 200 };
        let stamped = answer.is_stamped();
        let (time, hard_fork) = (stamped.then_some(now), stamped.then_some(hard_fork));
        Self { status, time, hard_fork, body: Body::Answer(answer) }
    }

    /// Answer to a `delete` that [has to delete something](crate::request::DeleteRequest::required).
    #[must_use]
    pub fn required(mut self) -> Self {
        if let Body::Answer(Answer::Delete(answer)) = &self.body {
            let deleted = |(_, entry): (_, &DeleteEntry)| !entry.deleted().is_empty();
            if self.status == 200 && !answer.entries().any(deleted) {
                self.status = 404;
            }
        }
        self
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

    /// Whether the status is one of success, so that a `sequence` goes on, and the body could be read.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..300) && !matches!(self.body, Body::Malformed(_))
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

    /// The bytes of the body: JSON, or a text that stands for itself, as base64 does for a list of nodes.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        match &self.body {
            Body::Text(text) => text.as_bytes().to_vec(),
            Body::Answer(Answer::ActiveNodes(nodes)) => base64::encode(&nodes.to_bytes()).into(),
            _ => self.to_value().to_json(),
        }
    }

    /// The bytes of the body for a request that came in bencode: bencode, or a text or list of nodes that stands
    /// for itself.
    #[must_use]
    pub fn to_bencode(&self) -> Vec<u8> {
        match &self.body {
            Body::Text(text) => text.as_bytes().to_vec(),
            Body::Answer(Answer::ActiveNodes(nodes)) => nodes.to_bytes(),
            _ => self.to_value().to_bencode(),
        }
    }

    /// Reads the body of the answer to `request` with this status.
    ///
    /// # Errors
    /// [`AnswerError`] if the status is 200 and the body is not the answer. With every other status the body may be
    /// anything; what it is not read as is a text.
    pub fn from_json(request: &Request, status: u16, bytes: &[u8]) -> Result<Self, AnswerError> {
        let value = match request {
            Request::ActiveNodes(_) if status == 200 => {
                Some(Value::Text(String::from_utf8_lossy(bytes)))
            }
            _ if may_be_object(status) => Value::from_answer_json(bytes).ok(),
            _ => None,
        };
        Self::read(request, status, value.as_ref(), bytes)
    }

    /// Reads the body of the answer to `request`, which was sent in bencode.
    ///
    /// # Errors
    /// As [`Self::from_json`].
    pub fn from_bencode(request: &Request, status: u16, bytes: &[u8]) -> Result<Self, AnswerError> {
        let value = match request {
            Request::ActiveNodes(_) if status == 200 => Some(Value::Bytes(bytes.into())),
            _ if may_be_object(status) => Value::from_bencode(bytes).ok(),
            _ => None,
        };
        Self::read(request, status, value.as_ref(), bytes)
    }

    fn read(
        request: &Request,
        status: u16,
        value: Option<&Value<'_>>,
        bytes: &[u8],
    ) -> Result<Self, AnswerError> {
        let read = match value {
            Some(value) => Self::from_value(request, status, value),
            None => Err(AnswerError::Syntax),
        };
        match read {
            Err(error) if status == 200 => Err(error),
            Err(_) => Ok(Self::text(status, String::from_utf8_lossy(bytes).into_owned())),
            read => read,
        }
    }

    /// The answer that `value` is.
    fn from_value(request: &Request, status: u16, value: &Value<'_>) -> Result<Self, AnswerError> {
        if let (Request::ActiveNodes(_), 200) = (request, status) {
            let body = Body::Answer(Answer::ActiveNodes(ActiveNodes::from_value(value)?));
            return Ok(Self { status, time: None, hard_fork: None, body });
        }
        let fields = Fields::of(value).ok_or(AnswerError::NoObject)?;
        let (body, stamped) = if status == 421 {
            (Body::WrongSwarm(SwarmInfo::from_fields(fields)?), true)
        } else {
            let answer = Answer::from_fields(request, fields)?;
            let stamped = answer.is_stamped();
            (Body::Answer(answer), stamped)
        };
        let mut response = Self { status, time: None, hard_fork: None, body };
        if stamped {
            (response.time, response.hard_fork) = (fields.lenient("t"), fields.lenient("hf"));
        }
        Ok(response)
    }

    fn to_value(&self) -> Value<'_> {
        let dict = match &self.body {
            Body::Text(text) => return text.as_str().into(),
            Body::Malformed(error) => return error.to_string().into(),
            Body::Answer(Answer::ActiveNodes(nodes)) => return nodes.to_value(),
            Body::WrongSwarm(swarm) => swarm.to_dict(),
            Body::Answer(answer) => answer.to_dict(),
        };
        dict.with_optional("t", self.time).with_optional("hf", self.hard_fork).into()
    }

    /// `{code, body}`, the form of an answer within another.
    fn to_result(&self) -> Dict<'_> {
        Dict::new().with("code", self.status).with("body", self.to_value())
    }

    /// Reads an answer within another. One that cannot be read keeps its place.
    fn from_result(request: &Request, value: &Value<'_>) -> Self {
        let malformed = |status, error| Self {
            status,
            time: None,
            hard_fork: None,
            body: Body::Malformed(error),
        };
        let Some(fields) = Fields::of(value) else { return malformed(0, AnswerError::NoObject) };
        let status: u16 = match fields.required("code") {
            Ok(status) => status,
            Err(error) => return malformed(0, error.into()),
        };
        let body = fields.get("body").unwrap_or(&Value::Null);
        let read = if may_be_object(status) {
            Self::from_value(request, status, body)
        } else {
            Err(AnswerError::NoObject)
        };
        match read {
            Err(error) if status == 200 => malformed(status, error),
            // In a batch a text is a value too.
            Err(_) => match body.as_bytes() {
                Some(text) => Self::text(status, String::from_utf8_lossy(text).into_owned()),
                None => Self::text(status, String::new()),
            },
            Ok(response) => response,
        }
    }
}

/// Whether the body of an answer with this status may be more than a text.
const fn may_be_object(status: u16) -> bool {
    matches!(status, 200 | 404 | 421 | 500)
}

impl Answer {
    /// Whether no member of the swarm did what it should.
    fn has_failed_everywhere(&self) -> bool {
        match self {
            Self::Store(answer) => answer.has_failed_everywhere(),
            Self::Delete(answer) => answer.has_failed_everywhere(),
            Self::Sweep(answer) => answer.has_failed_everywhere(),
            Self::Expire(answer) => answer.has_failed_everywhere(),
            Self::Revoke(answer) => answer.has_failed_everywhere(),
            _ => false,
        }
    }

    /// Whether the node's time and rules stand beside the answer (§5.1).
    const fn is_stamped(&self) -> bool {
        !matches!(
            self,
            Self::GetExpiries(_) | Self::Batch(_) | Self::IfElse(_) | Self::ActiveNodes(_)
        )
    }

    fn from_fields(request: &Request, fields: Fields<'_, '_>) -> Result<Self, AnswerError> {
        Ok(match request {
            Request::Store(_) => Self::Store(swarm::from_fields(fields)?),
            Request::Retrieve(_) => Self::Retrieve(RetrieveAnswer::from_fields(fields)?),
            Request::Delete(_) => Self::Delete(swarm::from_fields(fields)?),
            Request::Sweep(_) => Self::Sweep(swarm::from_fields(fields)?),
            Request::Expire(_) => Self::Expire(swarm::from_fields(fields)?),
            Request::GetExpiries(_) => Self::GetExpiries(ExpiriesAnswer::from_fields(fields)?),
            Request::Revoke(_) => Self::Revoke(swarm::from_fields(fields)?),
            Request::RevokedSubaccounts(_) => {
                Self::RevokedSubaccounts(RevokedSubaccountsAnswer::from_fields(fields)?)
            }
            Request::Info(_) => Self::Info(InfoAnswer::from_fields(fields)?),
            Request::GetSwarm(_) => Self::GetSwarm(SwarmInfo::from_fields(fields)?),
            Request::Oxend(_) => Self::Oxend(oxend_result(fields)?),
            Request::Batch(request) => Self::Batch(results(request.requests(), fields)?),
            Request::IfElse(request) => Self::IfElse(if_else(request, fields)?),
            // It is the one answer that has no fields.
            Request::ActiveNodes(_) => {
                let expected = "a list of nodes";
                return Err(FieldError::Form { field: "body", expected }.into());
            }
        })
    }

    fn to_dict(&self) -> Dict<'_> {
        match self {
            // The hash is the same in every entry, and stands beside them too.
            Self::Store(answer) => swarm::to_dict(answer)
                .with_optional("hash", answer.entries().map(|(_, entry)| entry.hash()).next()),
            Self::Retrieve(answer) => answer.to_dict(),
            Self::Delete(answer) => swarm::to_dict(answer),
            Self::Sweep(answer) => swarm::to_dict(answer),
            Self::Expire(answer) => swarm::to_dict(answer),
            Self::GetExpiries(answer) => answer.to_dict(),
            Self::Revoke(answer) => swarm::to_dict(answer),
            Self::RevokedSubaccounts(answer) => answer.to_dict(),
            Self::Info(answer) => answer.to_dict(),
            Self::GetSwarm(answer) => answer.to_dict(),
            Self::Oxend(json) => {
                let result = Value::from_json(json.as_bytes()).unwrap_or(Value::Null);
                Dict::new().with("result", result)
            }
            Self::Batch(results) => {
                let results = results.iter().map(Response::to_result).collect::<Value<'_>>();
                Dict::new().with("results", results)
            }
            Self::IfElse(answer) => Dict::new()
                .with("hf", answer.state.hard_fork)
                .with("v", answer.state.version.into_iter().collect::<Value<'_>>())
                .with("height", answer.state.height)
                .with("condition", answer.condition)
                .with_optional("result", answer.result.as_ref().map(|result| result.to_result())),
            // It has no fields, and is written before.
            Self::ActiveNodes(_) => Dict::new(),
        }
    }
}

/// The daemon's JSON, as a text. What came in bencode was JSON once, and its strings were text.
fn oxend_result(fields: Fields<'_, '_>) -> Result<String, AnswerError> {
    let result = fields.get("result").ok_or(FieldError::Missing { field: "result" })?;
    String::from_utf8(result.to_json_again()).map_err(|_| AnswerError::Syntax)
}

/// Answers to the requests of a batch; a sequence may have stopped before its last.
fn results(requests: &[Request], fields: Fields<'_, '_>) -> Result<Vec<Response>, AnswerError> {
    let form = FieldError::Form { field: "results", expected: "a list as long as the requests" };
    match fields.get("results") {
        Some(Value::List(results)) if results.len() <= requests.len() => {
            let pairs = requests.iter().zip(results);
            Ok(pairs.map(|(request, result)| Response::from_result(request, result)).collect())
        }
        _ => Err(form.into()),
    }
}

fn if_else(request: &IfElseRequest, fields: Fields<'_, '_>) -> Result<IfElseAnswer, AnswerError> {
    let condition: bool = fields.required("condition")?;
    let version: Vec<u16> = fields.required_list("v", 3)?;
    let form = FieldError::Form { field: "v", expected: "a list of three numbers" };
    let state = NodeState {
        hard_fork: fields.required("hf")?,
        version: version.try_into().map_err(|_| form)?,
        height: fields.required("height")?,
    };
    let result = match (request.branch(condition), fields.get("result")) {
        (Some(branch), Some(result)) => Some(Response::from_result(branch, result)),
        (None, None) => None,
        (Some(_), None) => return Err(FieldError::Missing { field: "result" }.into()),
        (None, Some(_)) => {
            let expected = "permitted without a request for this case";
            return Err(FieldError::Form { field: "result", expected }.into());
        }
    };
    Ok(IfElseAnswer::new(state, condition, result))
}
