//! Requests to the nodes of a swarm (spec 05 §5): typed, read from and written to the wire, signed by clients
//! and checked by nodes.
//!
//! A client builds a request, signs it and sends [`Request::to_json`]. A node reads the same bytes with
//! [`Request::from_json`], decides whether it serves the [account](Request::account), and has the request
//! [authorised](Request::authorise) before it does anything.
//!
//! ```
//! use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};
//! use session_identity::Timestamp;
//! use session_swarm::{
//!     auth::Signer,
//!     limits::MAX_TTL,
//!     namespace::Namespace,
//!     request::{Circumstances, Request, StoreRequest},
//! };
//!
//! let alice = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]));
//! let signer = Signer::user(&alice);
//! let now = Timestamp::from_millis(1_700_000_000_000);
//! let data = b"config message".to_vec();
//! let store = StoreRequest::new(*signer.account(), Namespace::CONTACTS, data, now, MAX_TTL)?;
//! let sent = Request::Store(store.sign(&signer, now)?).to_json();
//!
//! let received = Request::from_json(&sent)?;
//! let authorised = received.authorise(&Circumstances::at(now))?;
//! assert!(matches!(authorised.request(), Request::Store(_)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::{string::String, vec::Vec};

use session_identity::Timestamp;

use crate::{
    address::Address,
    auth::Signer,
    wire::{Dict, FieldError, Fields, Value},
};

mod auth_fields;
mod authorise;
mod info;
mod method;
mod retrieve;
mod store;
#[cfg(test)]
mod tests;

pub use authorise::{Authorised, Circumstances, Refusal};
pub use info::{GetSwarmRequest, InfoRequest};
pub use method::Method;
pub use retrieve::{Page, RetrieveRequest};
pub use store::{StoreRequest, StoreRequestError};

/// Longest method name that an error repeats, in bytes.
const SHOWN_METHOD_LENGTH: usize = 64;

/// A request to a node.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Request {
    /// Stores a message (§5.2).
    Store(StoreRequest),
    /// Reads messages (§5.3).
    Retrieve(RetrieveRequest),
    /// Asks the node for its version and time (§5.12).
    Info(InfoRequest),
    /// Asks for the swarm of an account (§5.12).
    GetSwarm(GetSwarmRequest),
}

impl Request {
    /// Reads the request `{"method": …, "params": {…}}`; other fields of the envelope are ignored.
    ///
    /// # Errors
    /// [`RequestError`], whose text is the body of the answer with status 400.
    pub fn from_json(text: &[u8]) -> Result<Self, RequestError> {
        let envelope = Value::from_json(text).map_err(|_| RequestError::Json)?;
        let fields = Fields::of(&envelope).ok_or(RequestError::NoMethod)?;
        let method = fields.get("method").and_then(Value::as_text).ok_or(RequestError::NoMethod)?;
        let params = fields.get("params").and_then(Fields::of).ok_or(RequestError::NoParams)?;
        let method = Method::from_name(method).ok_or_else(|| {
            RequestError::UnknownMethod(method.chars().take(SHOWN_METHOD_LENGTH).collect())
        })?;
        Ok(Self::from_params(method, params)?)
    }

    /// Writes the request `{"method": …, "params": {…}}`.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        Value::from(
            Dict::new().with("method", self.method().name()).with("params", self.to_params()),
        )
        .to_json()
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> Method {
        match self {
            Self::Store(_) => Method::Store,
            Self::Retrieve(_) => Method::Retrieve,
            Self::Info(_) => Method::Info,
            Self::GetSwarm(_) => Method::GetSwarm,
        }
    }

    /// Account whose swarm must answer; `None` if every node may.
    #[must_use]
    pub const fn account(&self) -> Option<&Address> {
        match self {
            Self::Store(request) => Some(request.account()),
            Self::Retrieve(request) => Some(request.account()),
            Self::Info(_) | Self::GetSwarm(_) => None,
        }
    }

    fn from_params(method: Method, params: Fields<'_, '_>) -> Result<Self, FieldError> {
        Ok(match method {
            Method::Store => Self::Store(StoreRequest::from_params(params)?),
            Method::Retrieve => Self::Retrieve(RetrieveRequest::from_params(params)?),
            Method::Info => Self::Info(InfoRequest {}),
            Method::GetSwarm => Self::GetSwarm(GetSwarmRequest::from_params(params)?),
        })
    }

    fn to_params(&self) -> Dict<'_> {
        match self {
            Self::Store(request) => request.to_params(),
            Self::Retrieve(request) => request.to_params(),
            Self::Info(_) => Dict::new(),
            Self::GetSwarm(request) => request.to_params(),
        }
    }
}

impl From<StoreRequest> for Request {
    fn from(request: StoreRequest) -> Self {
        Self::Store(request)
    }
}

impl From<RetrieveRequest> for Request {
    fn from(request: RetrieveRequest) -> Self {
        Self::Retrieve(request)
    }
}

impl From<InfoRequest> for Request {
    fn from(request: InfoRequest) -> Self {
        Self::Info(request)
    }
}

impl From<GetSwarmRequest> for Request {
    fn from(request: GetSwarmRequest) -> Self {
        Self::GetSwarm(request)
    }
}

/// Why bytes are no request. The text is what the network answers with status 400.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Not JSON, JSON with a field twice, or one with far more values than any request has.
    #[error("invalid json")]
    Json,
    /// No method; also if the JSON is no object.
    #[error("invalid json: no `method` field")]
    NoMethod,
    /// No params, or params that are no object.
    #[error("invalid json: no `params` field")]
    NoParams,
    /// No such method. Holds its name, shortened to 64 characters.
    #[error("no method {0}")]
    UnknownMethod(String),
    /// A field is missing or not what the method takes.
    #[error("invalid request: {0}")]
    Field(#[from] FieldError),
}

/// Why a request was not signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The signer is that of another account.
    #[error("request is for another account than the signer's")]
    OtherAccount,
    /// The time has not 13 decimal digits. What is signed has no delimiters; only times of a fixed length keep
    /// one request from being read as another (§6.1).
    #[error("time {0} has not 13 digits")]
    Time(Timestamp),
}

/// What every request checks before it is signed.
fn check_signing(
    signer: &Signer<'_>,
    account: &Address,
    times: &[Timestamp],
) -> Result<(), SignError> {
    if signer.account() != account {
        return Err(SignError::OtherAccount);
    }
    let odd =
        |time: &&Timestamp| !(1_000_000_000_000..10_000_000_000_000).contains(&time.as_millis());
    times.iter().find(odd).map_or(Ok(()), |time| Err(SignError::Time(*time)))
}
