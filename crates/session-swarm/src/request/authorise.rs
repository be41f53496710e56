//! A node's decision on a request: accept it, or answer with a status and a text (spec 05 §5.2 to §5.16).

use core::time::Duration;

use session_identity::Timestamp;

use super::{Method, Request, RequestError};
use crate::{
    address::Address,
    auth::Auth,
    hard_fork::HardFork,
    limits::{FORWARDED_TOLERANCE, SIGNATURE_TOLERANCE},
    namespace::Namespace,
    release::Release,
    subaccount::{Access, SubaccountToken},
};

/// What a node's decision on a request depends on, beside the request.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    pub(super) now: Timestamp,
    pub(super) revoked: &'a [SubaccountToken],
    pub(super) hard_fork: HardFork,
    pub(super) release: Release,
    forwarded: bool,
}

impl<'a> Circumstances<'a> {
    /// The node's time is `now`; the account has revoked nothing, the network follows the newest rules, and
    /// the request comes from a client.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self {
            now,
            revoked: &[],
            hard_fork: HardFork::MULTIPLE_EXPIRIES,
            release: Release::Newest,
            forwarded: false,
        }
    }

    /// The account of the request has revoked these subaccounts.
    #[must_use]
    pub const fn with_revoked(mut self, revoked: &'a [SubaccountToken]) -> Self {
        self.revoked = revoked;
        self
    }

    /// The network follows these rules.
    #[must_use]
    pub const fn with_hard_fork(mut self, hard_fork: HardFork) -> Self {
        self.hard_fork = hard_fork;
        self
    }

    /// The node is one of this release.
    #[must_use]
    pub const fn with_release(mut self, release: Release) -> Self {
        self.release = release;
        self
    }

    /// The request comes from another member of the swarm.
    #[must_use]
    pub const fn forwarded(mut self) -> Self {
        self.forwarded = true;
        self
    }

    /// How far the time of a signature may be from the node's.
    pub(super) fn tolerance(&self, method: Method) -> Duration {
        match method {
            // The member that forwarded it may have a slower clock.
            Method::DeleteAll | Method::ExpireAll if self.forwarded => FORWARDED_TOLERANCE,
            _ => SIGNATURE_TOLERANCE,
        }
    }

    /// Whether the time of a signature is near enough.
    pub(super) fn check_signature_time(
        &self,
        method: Method,
        time: Timestamp,
    ) -> Result<(), Refusal> {
        let distance =
            time.saturating_duration_since(self.now).max(self.now.saturating_duration_since(time));
        if distance > self.tolerance(method) {
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
    /// A request that is made of others needs nothing itself. Each of the others is to be authorised when its
    /// turn comes, and its refusal is its answer.
    ///
    /// # Errors
    /// [`Refusal`]; the first that applies in the order of the specification.
    pub fn authorise(self, circumstances: &Circumstances<'_>) -> Result<Authorised, Refusal> {
        match &self {
            Self::Store(request) => request.check(circumstances)?,
            Self::Retrieve(request) => request.check(circumstances)?,
            Self::Delete(request) => request.check(circumstances)?,
            Self::Sweep(request) => request.check(circumstances)?,
            Self::Expire(request) => request.check(circumstances)?,
            Self::GetExpiries(request) => request.check(circumstances)?,
            Self::Revoke(request) => request.check(circumstances)?,
            Self::RevokedSubaccounts(request) => request.check(circumstances)?,
            Self::Info(_)
            | Self::GetSwarm(_)
            | Self::Oxend(_)
            | Self::Batch(_)
            | Self::IfElse(_)
            | Self::ActiveNodes(_) => {}
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
    #[error("{} signature verification failed", method.name_in_refusals())]
    Unauthorised {
        /// The method.
        method: Method,
    },
    /// 400: shortening needs the right to delete, which the subaccount has not.
    #[error(
        "expire: shorten parameter cannot be used with this subaccount token (missing delete access)"
    )]
    MayNotShorten,
    /// 401: `delete_before` a time that has not come yet.
    #[error("delete_before timestamp too far in the future")]
    FromFuture,
    /// 401: `expire` at a time that is over.
    #[error("expire: timestamp should be >= current time")]
    Expired,
    /// 403: `expire` with one expiry for each message, which the network's rules do not have yet.
    #[error("expire: multi-expiry requests are not yet active on the network")]
    MultipleExpiries,
    /// 406: `expire_all` at a time that is over.
    #[error("expire_all timestamp should be >= current time")]
    AllExpired,
    /// 403: the life of the message is too short or too long.
    #[error("Provided expiry/TTL is not valid.")]
    Ttl,
    /// 403: the namespace takes no message.
    #[error("store: namespace {} is for testing", Namespace::TESTING)]
    TestingNamespace,
    /// 406: the message comes from the future or has expired.
    #[error("Timestamp error: check your clock")]
    Clock,
    /// 406: the signature is too old or comes from the future. The wording is that of the network (04 §8.2).
    #[error("{} timestamp too far from current time", match method {
        Method::Store => "store signature",
        other => other.name(),
    })]
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
            Self::Malformed(_) | Self::MayNotShorten => 400,
            Self::StoreUnsigned { .. }
            | Self::RetrieveUnsigned
            | Self::Unauthorised { .. }
            | Self::FromFuture
            | Self::Expired => 401,
            Self::Ttl | Self::TestingNamespace | Self::MultipleExpiries => 403,
            Self::Clock | Self::AllExpired | Self::SignatureTime { .. } => 406,
        }
    }
}
