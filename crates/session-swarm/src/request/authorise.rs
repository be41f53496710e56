//! A node's decision on a request: accept it, or answer with a status and a text (spec 05 §5.2 to §5.16).

use session_identity::Timestamp;

use super::{Method, Request, RequestError};
use crate::{
    address::Address,
    auth::Auth,
    limits::SIGNATURE_TOLERANCE,
    namespace::Namespace,
    subaccount::{Access, SubaccountToken},
};

/// What a node's decision on a request depends on, beside the request.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    pub(super) now: Timestamp,
    pub(super) revoked: &'a [SubaccountToken],
}

impl<'a> Circumstances<'a> {
    /// The node's time is `now`, and the account has revoked nothing.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self { now, revoked: &[] }
    }

    /// The account of the request has revoked these subaccounts.
    #[must_use]
    pub const fn with_revoked(mut self, revoked: &'a [SubaccountToken]) -> Self {
        self.revoked = revoked;
        self
    }

    /// Whether the time of a signature is near enough.
    pub(super) fn check_signature_time(
        &self,
        method: Method,
        time: Timestamp,
    ) -> Result<(), Refusal> {
        let distance =
            time.saturating_duration_since(self.now).max(self.now.saturating_duration_since(time));
        if distance > SIGNATURE_TOLERANCE {
            return Err(Refusal::SignatureTime { method });
        }
        Ok(())
    }

    /// Whether the signature is right.
    pub(super) fn verify(
        &self,
        method: Method,
        auth: &Auth,
        account: &Address,
        input: &[u8],
        required: Access,
    ) -> Result<(), Refusal> {
        auth.verify(account, input, required, self.revoked)
            .map_err(|_| Refusal::Unauthorised { method })
    }
}

/// A request that a node may carry out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Authorised(Request);

impl Authorised {
    /// The request.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.0
    }

    /// The request, without a copy.
    #[must_use]
    pub fn into_request(self) -> Request {
        self.0
    }
}

impl Request {
    /// Decides whether the request may be carried out. The caller has already found that its node serves the
    /// [account](Self::account); if it does not, it answers with the account's swarm and status 421.
    ///
    /// # Errors
    /// [`Refusal`]; the first that applies in the order of the specification.
    pub fn authorise(self, circumstances: &Circumstances<'_>) -> Result<Authorised, Refusal> {
        match &self {
            Self::Store(request) => request.check(circumstances)?,
            Self::Retrieve(request) => request.check(circumstances)?,
            Self::Info(_) | Self::GetSwarm(_) => {}
        }
        Ok(Authorised(self))
    }
}

/// Why a node does not carry out a request. The text is the body of the answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// 400: it is no request.
    #[error(transparent)]
    Malformed(#[from] RequestError),
    /// 401: the namespace needs a signature.
    #[error("store: signature required to store to namespace {namespace}")]
    StoreUnsigned {
        /// The namespace.
        namespace: Namespace,
    },
    /// 401: the namespace needs a signature.
    #[error("retrieve: request signature required")]
    RetrieveUnsigned,
    /// 401: the signature is wrong or its subaccount has not the right.
    #[error("{} signature verification failed", method.name())]
    Unauthorised {
        /// The method.
        method: Method,
    },
    /// 403: the life of the message is too short or too long.
    #[error("Provided expiry/TTL is not valid.")]
    Ttl,
    /// 403: the namespace takes no message.
    #[error("store: namespace {} is for testing", Namespace::TESTING)]
    TestingNamespace,
    /// 406: the message comes from the future or has expired.
    #[error("Timestamp error: check your clock")]
    Clock,
    /// 406: the signature is too old or comes from the future.
    #[error("{} signature timestamp too far from current time", method.name())]
    SignatureTime {
        /// The method.
        method: Method,
    },
}

impl Refusal {
    /// Status of the answer.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::StoreUnsigned { .. } | Self::RetrieveUnsigned | Self::Unauthorised { .. } => 401,
            Self::Ttl | Self::TestingNamespace => 403,
            Self::Clock | Self::SignatureTime { .. } => 406,
        }
    }
}
