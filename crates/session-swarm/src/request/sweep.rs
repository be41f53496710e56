//! `delete_all`, `delete_before` and `expire_all`: requests over whole namespaces (spec 05 §5.5, §5.6, §5.8).

use alloc::{format, string::String, vec::Vec};
use core::fmt;

use session_identity::Timestamp;

use super::{
    Circumstances, Method, Refusal, SignError,
    common::{auth, present, signed_request, with_auth},
};
use crate::{
    address::Address,
    auth::{Auth, Signer},
    limits::SIGNATURE_TOLERANCE,
    namespace::Namespace,
    subaccount::Access,
    wire::{Dict, FieldError, Fields, FromField, Kind, Misfit, Types, Value},
};

/// Which messages of which namespaces a [`SweepRequest`] is about.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Sweep {
    /// `delete_all` deletes every message. The request's time is that of the signature.
    DeleteAll,
    /// `delete_before` deletes the messages whose time is the request's or earlier.
    DeleteBefore,
    /// `expire_all` has the messages that would live longer expire at the request's time.
    ExpireAll,
}

impl Sweep {
    /// The method.
    #[must_use]
    pub const fn method(self) -> Method {
        match self {
            Self::DeleteAll => Method::DeleteAll,
            Self::DeleteBefore => Method::DeleteBefore,
            Self::ExpireAll => Method::ExpireAll,
        }
    }

    /// Field of the request's time.
    const fn time_field(self) -> &'static str {
        match self {
            Self::DeleteAll => "timestamp",
            Self::DeleteBefore => "before",
            Self::ExpireAll => "expiry",
        }
    }

    const fn types(self) -> &'static Types {
        match self {
            Self::DeleteAll => &DELETE_ALL,
            Self::DeleteBefore => &DELETE_BEFORE,
            Self::ExpireAll => &EXPIRE_ALL,
        }
    }

    /// Field of an entry that lists what was done.
    pub(crate) const fn entry_field(self) -> &'static str {
        match self {
            Self::DeleteAll | Self::DeleteBefore => "deleted",
            Self::ExpireAll => "updated",
        }
    }
}

const DELETE_ALL: [(&str, Kind); 7] = [
    ("namespace", Kind::Namespaces),
    ("pubkey", Kind::Text),
    ("pubkey_ed25519", Kind::Text),
    ("signature", Kind::Text),
    ("subaccount", Kind::Text),
    ("subaccount_sig", Kind::Text),
    ("timestamp", Kind::Time),
];
const DELETE_BEFORE: [(&str, Kind); 7] = [
    ("before", Kind::Time),
    ("namespace", Kind::Namespaces),
    ("pubkey", Kind::Text),
    ("pubkey_ed25519", Kind::Text),
    ("signature", Kind::Text),
    ("subaccount", Kind::Text),
    ("subaccount_sig", Kind::Text),
];
const EXPIRE_ALL: [(&str, Kind); 7] = [
    ("expiry", Kind::Time),
    ("namespace", Kind::Namespaces),
    ("pubkey", Kind::Text),
    ("pubkey_ed25519", Kind::Text),
    ("signature", Kind::Text),
    ("subaccount", Kind::Text),
    ("subaccount_sig", Kind::Text),
];

/// One namespace or all of them.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "nothing lies between one and all")]
pub enum Namespaces {
    /// One.
    One(Namespace),
    /// All. Do not use it with `delete_before`: deployed nodes fail, though they may have deleted (§5.6).
    All,
}

impl Namespaces {
    /// Form in signatures: nothing for namespace 0, the number of another, `all`.
    fn signed_form(self) -> String {
        match self {
            Self::One(namespace) => namespace.signed_form(),
            Self::All => "all".into(),
        }
    }
}

impl fmt::Display for Namespaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(namespace) => namespace.fmt(f),
            Self::All => f.write_str("all"),
        }
    }
}

impl FromField for Namespaces {
    fn from_field(value: &Value<'_>) -> Result<Self, Misfit> {
        match value.as_text() {
            Some("all") => Ok(Self::All),
            Some(_) => Err(Misfit::Form("a 16-bit integer or \"all\"")),
            None => Namespace::from_field(value).map(Self::One),
        }
    }
}

/// Deletes the messages of whole namespaces, or shortens their lives.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SweepRequest {
    sweep: Sweep,
    account: Address,
    namespaces: Namespaces,
    time: Timestamp,
    auth: Option<Auth>,
}

signed_request!(SweepRequest, |request| &[request.time]);

impl SweepRequest {
    /// Request to delete every message; `now` is the time of the signature.
    #[must_use]
    pub const fn delete_all(account: Address, namespaces: Namespaces, now: Timestamp) -> Self {
        Self { sweep: Sweep::DeleteAll, account, namespaces, time: now, auth: None }
    }

    /// Request to delete the messages whose time is `before` or earlier.
    #[must_use]
    pub const fn delete_before(
        account: Address,
        namespaces: Namespaces,
        before: Timestamp,
    ) -> Self {
        Self { sweep: Sweep::DeleteBefore, account, namespaces, time: before, auth: None }
    }

    /// Request to have the messages that would live longer expire at `expiry`.
    #[must_use]
    pub const fn expire_all(account: Address, namespaces: Namespaces, expiry: Timestamp) -> Self {
        Self { sweep: Sweep::ExpireAll, account, namespaces, time: expiry, auth: None }
    }

    /// What the signature covers: method ‖ namespaces ‖ time.
    #[must_use]
    pub fn signed_input(&self) -> Vec<u8> {
        let (name, namespaces) = (self.sweep.method().name(), self.namespaces.signed_form());
        format!("{name}{namespaces}{}", self.time).into()
    }

    /// What is done.
    #[must_use]
    pub const fn sweep(&self) -> Sweep {
        self.sweep
    }

    /// Where.
    #[must_use]
    pub const fn namespaces(&self) -> Namespaces {
        self.namespaces
    }

    /// The time, whose meaning is that of the [`Sweep`].
    #[must_use]
    pub const fn time(&self) -> Timestamp {
        self.time
    }

    pub(super) fn from_params(sweep: Sweep, params: Fields<'_, '_>) -> Result<Self, FieldError> {
        params.check_types(sweep.types())?;
        let time = params.required(sweep.time_field())?;
        let account = params.required("pubkey")?;
        let namespaces = params.optional("namespace")?;
        Ok(Self {
            sweep,
            account,
            namespaces: namespaces.unwrap_or(Namespaces::One(Namespace::DEFAULT)),
            time,
            auth: auth(params, &account)?,
        })
    }

    pub(super) fn to_params(&self) -> Dict<'_> {
        let namespaces = match self.namespaces {
            Namespaces::One(namespace) => namespace.unless_default().map(Value::from),
            Namespaces::All => Some("all".into()),
        };
        let params = Dict::new()
            .with("pubkey", self.account)
            .with_optional("namespace", namespaces)
            .with(self.sweep.time_field(), self.time);
        with_auth(params, self.auth.as_ref())
    }

    pub(super) fn check(&self, circumstances: &Circumstances<'_>) -> Result<(), Refusal> {
        let (now, method) = (circumstances.now, self.sweep.method());
        match self.sweep {
            Sweep::DeleteAll => circumstances.check_signature_time(method, self.time)?,
            Sweep::DeleteBefore => {
                if self.time.saturating_duration_since(now) > SIGNATURE_TOLERANCE {
                    return Err(Refusal::FromFuture);
                }
            }
            Sweep::ExpireAll => {
                if now.saturating_duration_since(self.time) > circumstances.tolerance(method) {
                    return Err(Refusal::AllExpired);
                }
            }
        }
        let auth = present(self.auth.as_ref())?;
        circumstances.verify(method, auth, &self.account, &self.signed_input(), Access::DELETE)
    }
}
