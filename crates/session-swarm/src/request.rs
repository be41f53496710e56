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
    release::Release,
    wire::{Dict, FieldError, Fields, Value},
};

mod authorise;
mod batch;
mod common;
mod delete;
mod expire;
mod if_else;
mod info;
mod method;
mod oxend;
mod retrieve;
mod revoke;
mod store;
mod sweep;
#[cfg(test)]
mod tests;

pub use authorise::{Authorised, Circumstances, Refusal};
pub use batch::{BatchError, BatchMode, BatchRequest};
pub use delete::DeleteRequest;
pub use expire::{ExpireMode, ExpireRequest, GetExpiriesRequest};
pub use if_else::{Conditions, IfElseError, IfElseRequest, NodeState};
pub use info::{ActiveNodesRequest, GetSwarmRequest, InfoRequest};
pub use method::Method;
pub use oxend::{OxendEndpoint, OxendRequest};
pub use retrieve::{Page, RetrieveRequest};
pub use revoke::{Revocation, RevokeRequest, RevokedSubaccountsRequest};
pub use store::{StoreRequest, StoreRequestError};
pub use sweep::{Namespaces, Sweep, SweepRequest};

use batch::ParamsError;
pub(crate) use common::joined;

/// Longest method name that an error repeats, in characters.
const SHOWN_METHOD_LENGTH: usize = 64;

/// A request to a node.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Request {
    /// Stores a message (§5.2).
    Store(StoreRequest),
    /// Reads messages (§5.3).
    Retrieve(RetrieveRequest),
    /// Deletes messages by name (§5.4).
    Delete(DeleteRequest),
    /// Deletes messages or shortens their lives by namespace (§5.5, §5.6, §5.8).
    Sweep(SweepRequest),
    /// Sets when messages expire (§5.7).
    Expire(ExpireRequest),
    /// Asks when messages expire (§5.9).
    GetExpiries(GetExpiriesRequest),
    /// Revokes subaccounts, or takes that back (§5.10).
    Revoke(RevokeRequest),
    /// Asks which subaccounts are revoked (§5.11).
    RevokedSubaccounts(RevokedSubaccountsRequest),
    /// Asks the node for its version and time (§5.12).
    Info(InfoRequest),
    /// Asks for the swarm of an account (§5.12).
    GetSwarm(GetSwarmRequest),
    /// Asks the node's blockchain daemon (§5.13).
    Oxend(OxendRequest),
    /// Several requests (§5.14).
    Batch(BatchRequest),
    /// One of two requests (§5.14).
    IfElse(IfElseRequest),
    /// Asks for the list of active nodes (§2.8).
    ActiveNodes(ActiveNodesRequest),
}

impl Request {
    /// Reads the request `{"method": …, "params": {…}}`; other fields of the envelope are ignored.
    ///
    /// # Errors
    /// [`RequestError`], whose text is the body of the answer with status 400.
    pub fn from_json(text: &[u8]) -> Result<Self, RequestError> {
        Self::from_json_at(text, Release::Newest)
    }

    /// The same as a node of this release reads it.
    ///
    /// # Errors
    /// Those of [`Self::from_json`].
    pub fn from_json_at(text: &[u8], release: Release) -> Result<Self, RequestError> {
        // A byte order mark in front is white space to deployed nodes.
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let envelope = Value::from_json(text).map_err(|_| RequestError::Json)?;
        let fields = Fields::of(&envelope).ok_or(RequestError::NoMethod)?;
        let method = fields.get("method").and_then(Value::as_text).ok_or(RequestError::NoMethod)?;
        let params = fields.get("params").and_then(Fields::of).ok_or(RequestError::NoParams)?;
        Self::of_method(method, params, release)
    }

    /// Writes the request `{"method": …, "params": {…}}`.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        Value::from(self.to_dict()).to_json()
    }

    /// Reads the params of a request that names its method outside, in JSON or, if they start with a `d`, in
    /// bencode; nothing stands for no params. This is how OxenMQ and QUIC carry requests (§5.1).
    ///
    /// # Errors
    /// [`RequestError`], whose text is the body of the answer with status 400.
    pub fn from_params_bytes(method: &str, params: &[u8]) -> Result<Self, RequestError> {
        let params = match params {
            [] => Value::from(Dict::new()),
            [b'd', ..] => Value::from_bencode(params).map_err(|_| RequestError::Bencode)?,
            _ => Value::from_json(params).map_err(|_| RequestError::Json)?,
        };
        let params = Fields::of(&params).ok_or(RequestError::NoParams)?;
        Self::of_method(method, params, Release::Newest)
    }

    /// Writes the params of the request in bencode; the method is named outside.
    #[must_use]
    pub fn to_bencode(&self) -> Vec<u8> {
        Value::from(self.to_params()).to_bencode()
    }

    /// Writes the params as one member of a swarm forwards them to another, in bencode; `None` if the method
    /// is not [recursive](Method::is_recursive) (§3).
    #[must_use]
    pub fn to_forwarded(&self) -> Option<Vec<u8>> {
        let params = match self {
            Self::Store(request) => request.to_forwarded(),
            Self::Delete(request) => request.to_forwarded(),
            _ if self.method().is_recursive() => self.to_params(),
            _ => return None,
        };
        Some(Value::from(params).to_bencode())
    }

    /// Reads what another member of the swarm forwarded. Its signature has to be checked again.
    ///
    /// # Errors
    /// [`RequestError`]; [`RequestError::NotRecursive`] for a method that no member forwards.
    pub fn from_forwarded(method: &str, params: &[u8]) -> Result<Self, RequestError> {
        let request = Self::from_params_bytes(method, params)?;
        if request.method().is_recursive() { Ok(request) } else { Err(RequestError::NotRecursive) }
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> Method {
        match self {
            Self::Store(_) => Method::Store,
            Self::Retrieve(_) => Method::Retrieve,
            Self::Delete(_) => Method::Delete,
            Self::Sweep(request) => request.sweep().method(),
            Self::Expire(_) => Method::Expire,
            Self::GetExpiries(_) => Method::GetExpiries,
            Self::Revoke(request) => request.revocation().method(),
            Self::RevokedSubaccounts(_) => Method::RevokedSubaccounts,
            Self::Info(_) => Method::Info,
            Self::GetSwarm(_) => Method::GetSwarm,
            Self::Oxend(_) => Method::OxendRequest,
            Self::Batch(request) => request.mode().method(),
            Self::IfElse(_) => Method::IfElse,
            Self::ActiveNodes(_) => Method::ActiveNodes,
        }
    }

    /// Account whose swarm must answer; `None` if every node may, or if the request is made of others.
    #[must_use]
    pub const fn account(&self) -> Option<&Address> {
        match self {
            Self::Store(request) => Some(request.account()),
            Self::Retrieve(request) => Some(request.account()),
            Self::Delete(request) => Some(request.account()),
            Self::Sweep(request) => Some(request.account()),
            Self::Expire(request) => Some(request.account()),
            Self::GetExpiries(request) => Some(request.account()),
            Self::Revoke(request) => Some(request.account()),
            Self::RevokedSubaccounts(request) => Some(request.account()),
            Self::Info(_)
            | Self::GetSwarm(_)
            | Self::Oxend(_)
            | Self::Batch(_)
            | Self::IfElse(_)
            | Self::ActiveNodes(_) => None,
        }
    }

    /// How many `ifelse` there are in each other.
    fn depth(&self) -> usize {
        match self {
            Self::IfElse(request) => request.depth(),
            _ => 0,
        }
    }

    fn of_method(
        method: &str,
        params: Fields<'_, '_>,
        release: Release,
    ) -> Result<Self, RequestError> {
        let shown = || method.chars().take(SHOWN_METHOD_LENGTH).collect();
        let method = Method::of_release(method, release)
            .ok_or_else(|| RequestError::UnknownMethod(shown()))?;
        Ok(Self::from_params(method, params, Reading { release, depth: 0 })?)
    }

    fn from_params(
        method: Method,
        params: Fields<'_, '_>,
        reading: Reading,
    ) -> Result<Self, ParamsError> {
        let sweep = |sweep| SweepRequest::from_params(sweep, params).map(Self::Sweep);
        let revoke = |what| RevokeRequest::from_params(what, params).map(Self::Revoke);
        let batch =
            |mode| BatchRequest::from_params(mode, params, reading.release).map(Self::Batch);
        Ok(match method {
            Method::Store => Self::Store(StoreRequest::from_params(params)?),
            Method::Retrieve => Self::Retrieve(RetrieveRequest::from_params(params)?),
            Method::Delete => Self::Delete(DeleteRequest::from_params(params)?),
            Method::DeleteAll => sweep(Sweep::DeleteAll)?,
            Method::DeleteBefore => sweep(Sweep::DeleteBefore)?,
            Method::Expire => Self::Expire(ExpireRequest::from_params(params)?),
            Method::ExpireAll => sweep(Sweep::ExpireAll)?,
            Method::GetExpiries => Self::GetExpiries(GetExpiriesRequest::from_params(params)?),
            Method::RevokeSubaccount => revoke(Revocation::Revoke)?,
            Method::UnrevokeSubaccount => revoke(Revocation::Unrevoke)?,
            Method::RevokedSubaccounts => {
                Self::RevokedSubaccounts(RevokedSubaccountsRequest::from_params(params)?)
            }
            Method::Info => Self::Info(InfoRequest {}),
            Method::GetSwarm => Self::GetSwarm(GetSwarmRequest::from_params(params)?),
            Method::OxendRequest => Self::Oxend(OxendRequest::from_params(params)?),
            Method::Batch => batch(BatchMode::All)?,
            Method::Sequence => batch(BatchMode::UntilFailure)?,
            Method::IfElse => Self::IfElse(IfElseRequest::from_params(params, reading)?),
            Method::ActiveNodes => Self::ActiveNodes(ActiveNodesRequest {}),
        })
    }

    fn to_dict(&self) -> Dict<'_> {
        Dict::new().with("method", self.method().name()).with("params", self.to_params())
    }

    fn to_params(&self) -> Dict<'_> {
        match self {
            Self::Store(request) => request.to_params(),
            Self::Retrieve(request) => request.to_params(),
            Self::Delete(request) => request.to_params(),
            Self::Sweep(request) => request.to_params(),
            Self::Expire(request) => request.to_params(),
            Self::GetExpiries(request) => request.to_params(),
            Self::Revoke(request) => request.to_params(),
            Self::RevokedSubaccounts(request) => request.to_params(),
            Self::Info(_) | Self::ActiveNodes(_) => Dict::new(),
            Self::GetSwarm(request) => request.to_params(),
            Self::Oxend(request) => request.to_params(),
            Self::Batch(request) => request.to_params(),
            Self::IfElse(request) => request.to_params(),
        }
    }
}

/// How a request is read.
#[derive(Clone, Copy, Debug)]
struct Reading {
    /// Whose methods there are.
    release: Release,
    /// How many `ifelse` the request lies in.
    depth: usize,
}

/// Implements the conversion of a request of one method.
macro_rules! from_request {
    ($($variant:ident($request:ty)),* $(,)?) => {$(
        impl From<$request> for Request {
            fn from(request: $request) -> Self {
                Self::$variant(request)
            }
        }
    )*};
}

from_request!(
    Store(StoreRequest),
    Retrieve(RetrieveRequest),
    Delete(DeleteRequest),
    Sweep(SweepRequest),
    Expire(ExpireRequest),
    GetExpiries(GetExpiriesRequest),
    Revoke(RevokeRequest),
    RevokedSubaccounts(RevokedSubaccountsRequest),
    Info(InfoRequest),
    GetSwarm(GetSwarmRequest),
    Oxend(OxendRequest),
    Batch(BatchRequest),
    IfElse(IfElseRequest),
    ActiveNodes(ActiveNodesRequest),
);

/// Why bytes are no request. The text is what the network answers with status 400.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Not JSON, or JSON with far more values than any request has.
    #[error("invalid json")]
    Json,
    /// Not strict bencode, or one with far more values than any request has.
    #[error("invalid bencode")]
    Bencode,
    /// No method; also if the JSON is no object.
    #[error("invalid json: no `method` field")]
    NoMethod,
    /// No params, or params that are no object.
    #[error("invalid json: no `params` field")]
    NoParams,
    /// No such method. Holds its name, shortened to 64 characters.
    #[error("no method {0}")]
    UnknownMethod(String),
    /// A method that the members of a swarm do not forward to each other.
    #[error("invalid request: method is not recursive")]
    NotRecursive,
    /// A field is missing or not what the method takes.
    #[error("invalid request: {0}")]
    Field(FieldError),
    /// `batch` or `sequence` of what they are not made of.
    #[error("invalid request: {0}")]
    Batch(BatchError),
    /// `ifelse` of what it is not made of.
    #[error("invalid request: {0}")]
    IfElse(IfElseError),
}

impl From<ParamsError> for RequestError {
    fn from(error: ParamsError) -> Self {
        match error {
            ParamsError::Field(error) => Self::Field(error),
            ParamsError::Batch(error) => Self::Batch(error),
            ParamsError::IfElse(error) => Self::IfElse(error),
        }
    }
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
