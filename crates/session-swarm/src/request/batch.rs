//! `batch` and `sequence`: several requests in one (spec 05 §5.14).

use alloc::{string::String, vec::Vec};

use super::{Method, Reading, Request, SHOWN_METHOD_LENGTH};
use crate::{
    limits::MAX_SUBREQUESTS,
    release::Release,
    wire::{Dict, FieldError, Fields, Value},
};

/// How the requests of a [`BatchRequest`] are carried out.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum BatchMode {
    /// `batch`: all of them, in any order.
    All,
    /// `sequence`: one after the other, up to the first that is not answered with success.
    UntilFailure,
}

impl BatchMode {
    /// The method.
    #[must_use]
    pub const fn method(self) -> Method {
        match self {
            Self::All => Method::Batch,
            Self::UntilFailure => Method::Sequence,
        }
    }
}

/// Up to [`MAX_SUBREQUESTS`] requests in one, none of which holds others. Each is signed by itself, and
/// [authorised](Request::authorise) by itself when its turn comes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BatchRequest {
    mode: BatchMode,
    requests: Vec<Request>,
}

impl BatchRequest {
    /// These requests in one.
    ///
    /// # Errors
    /// [`BatchError`].
    pub fn new(mode: BatchMode, requests: Vec<Request>) -> Result<Self, BatchError> {
        if requests.is_empty() {
            return Err(BatchError::NoRequests);
        }
        if requests.len() > MAX_SUBREQUESTS {
            return Err(BatchError::TooMany);
        }
        match requests.iter().map(Request::method).find(|method| method.holds_requests()) {
            Some(_) => Err(BatchError::Nested),
            None => Ok(Self { mode, requests }),
        }
    }

    /// How they are carried out.
    #[must_use]
    pub const fn mode(&self) -> BatchMode {
        self.mode
    }

    /// The requests.
    #[must_use]
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// The requests, without a copy.
    #[must_use]
    pub fn into_requests(self) -> Vec<Request> {
        self.requests
    }

    pub(super) fn from_params(
        mode: BatchMode,
        params: Fields<'_, '_>,
        release: Release,
    ) -> Result<Self, ParamsError> {
        let requests = match params.get("requests") {
            Some(Value::List(requests)) if requests.len() > MAX_SUBREQUESTS => {
                return Err(BatchError::TooMany.into());
            }
            Some(Value::List(requests)) => requests,
            _ => return Err(BatchError::NoRequests.into()),
        };
        let requests =
            requests.iter().map(|value| subrequest(value, release)).collect::<Result<_, _>>()?;
        Ok(Self::new(mode, requests)?)
    }

    pub(super) fn to_params(&self) -> Dict<'_> {
        let requests = self.requests.iter().map(Request::to_dict).collect::<Value<'_>>();
        Dict::new().with("requests", requests)
    }
}

fn subrequest(value: &Value<'_>, release: Release) -> Result<Request, ParamsError> {
    let fields = Fields::of(value).ok_or(BatchError::NotObjects)?;
    let name = fields.get("method").and_then(Value::as_text).ok_or(BatchError::NoKeys)?;
    let params = fields.get("params").and_then(Fields::of).ok_or(BatchError::NoKeys)?;
    let unknown = || BatchError::Method(name.chars().take(SHOWN_METHOD_LENGTH).collect());
    let method = Method::of_release(name, release).ok_or_else(unknown)?;
    // They are refused before they are read, so that nothing nests.
    if method.holds_requests() {
        return Err(BatchError::Nested.into());
    }
    Request::from_params(method, params, Reading { release, depth: 0 })
}

/// Why requests cannot be put into one.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// There is none.
    #[error("Invalid batch request: no valid \"requests\" field")]
    NoRequests,
    /// There are more than [`MAX_SUBREQUESTS`].
    #[error("Invalid batch request: subrequest limit exceeded")]
    TooMany,
    /// What is in it is no object.
    #[error("Invalid batch request: requests must be objects")]
    NotObjects,
    /// A request in it names no method or has no params.
    #[error("Invalid batch request: subrequests must have method/params keys")]
    NoKeys,
    /// A request in it holds requests itself.
    #[error("Invalid batch subrequest: subrequests may not contain meta-requests")]
    Nested,
    /// A request in it is of a method that does not exist. Holds its name, shortened.
    #[error("Invalid batch subrequest: invalid method \"{0}\"")]
    Method(String),
}

/// Why the params of a request were refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(transparent)]
pub(super) enum ParamsError {
    Field(#[from] FieldError),
    Batch(#[from] BatchError),
    IfElse(#[from] super::IfElseError),
}
