//! `revoke_subaccount`, `unrevoke_subaccount` and `revoked_subaccounts` (spec 05 §5.10, §5.11).

use alloc::{format, vec::Vec};

use session_identity::Timestamp;

use super::{
    Circumstances, Method, Refusal, SignError,
    common::{auth, or_rule, present, signed_request, with_auth},
};
use crate::{
    address::Address,
    auth::{Auth, Signer},
    limits::{MAX_HASHES, MAX_REVOCATIONS},
    subaccount::{Access, SubaccountToken},
    wire::{Dict, FieldError, Fields, Kind, Types, Value},
};

/// Whether subaccounts are revoked or no longer revoked.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "an act and its opposite")]
pub enum Revocation {
    /// `revoke_subaccount`.
    Revoke,
    /// `unrevoke_subaccount`.
    Unrevoke,
}

impl Revocation {
    /// The method.
    #[must_use]
    pub const fn method(self) -> Method {
        match self {
            Self::Revoke => Method::RevokeSubaccount,
            Self::Unrevoke => Method::UnrevokeSubaccount,
        }
    }

    /// Field of the tokens.
    const fn field(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Unrevoke => "unrevoke",
        }
    }
}

impl Revocation {
    const fn types(self) -> &'static Types {
        match self {
            Self::Revoke => &REVOKE,
            Self::Unrevoke => &UNREVOKE,
        }
    }

    /// Only what a revocation may name has a limit at deployed nodes.
    fn tokens(self, params: Fields<'_, '_>) -> Result<Vec<SubaccountToken>, FieldError> {
        let field = self.field();
        let (max, form) = match self {
            Self::Revoke => {
                (MAX_REVOCATIONS, "invalid revoke: expected base64 or hex-encoded subaccount tag")
            }
            Self::Unrevoke => {
                (MAX_HASHES, "invalid unrevoke: expected base64 or hex-encoded subaccount tag")
            }
        };
        let tokens = or_rule(params.required_list(field, max), form);
        tokens.map_err(|error| match error {
            FieldError::TooMany { .. } if self == Self::Revoke => FieldError::Rule {
                text: "invalid revoke: cannot revoke more than 50 subaccounts at once",
            },
            other => other,
        })
    }
}

const REVOKE: [(&str, Kind); 5] = [
    ("pubkey", Kind::Text),
    ("pubkey_ed25519", Kind::Text),
    ("revoke", Kind::Texts),
    ("signature", Kind::Text),
    ("timestamp", Kind::Time),
];
const UNREVOKE: [(&str, Kind); 5] = [
    ("pubkey", Kind::Text),
    ("pubkey_ed25519", Kind::Text),
    ("signature", Kind::Text),
    ("timestamp", Kind::Time),
    ("unrevoke", Kind::Texts),
];
const REVOKED_SUBACCOUNTS: [(&str, Kind); 4] = [
    ("pubkey", Kind::Text),
    ("pubkey_ed25519", Kind::Text),
    ("signature", Kind::Text),
    ("timestamp", Kind::Time),
];

/// Revokes subaccounts of an account, or takes that back. Only the account itself may.
///
/// Deployed nodes forget the revocations of an account that has no message: send it in one sequence, behind
/// a store to the account (§5.10).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevokeRequest {
    revocation: Revocation,
    account: Address,
    tokens: Vec<SubaccountToken>,
    timestamp: Timestamp,
    auth: Option<Auth>,
}

signed_request!(RevokeRequest, |request| &[request.timestamp]);

impl RevokeRequest {
    /// Request about these tokens, of which nodes take up to [`MAX_REVOCATIONS`] for a revocation; `now` is the time of the
    /// signature.
    #[must_use]
    pub const fn new(
        revocation: Revocation,
        account: Address,
        tokens: Vec<SubaccountToken>,
        now: Timestamp,
    ) -> Self {
        Self { revocation, account, tokens, timestamp: now, auth: None }
    }

    /// What the signature covers: method ‖ time ‖ tokens.
    #[must_use]
    pub fn signed_input(&self) -> Vec<u8> {
        let start = format!("{}{}", self.revocation.method().name(), self.timestamp);
        [start.as_bytes(), &self.joined_tokens()].concat()
    }

    /// The tokens one after the other.
    pub(crate) fn joined_tokens(&self) -> Vec<u8> {
        self.tokens.iter().flat_map(SubaccountToken::as_bytes).copied().collect()
    }

    /// What is done.
    #[must_use]
    pub const fn revocation(&self) -> Revocation {
        self.revocation
    }

    /// The tokens.
    #[must_use]
    pub fn tokens(&self) -> &[SubaccountToken] {
        &self.tokens
    }

    /// Time of the signature.
    #[must_use]
    pub const fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    pub(super) fn from_params(
        revocation: Revocation,
        params: Fields<'_, '_>,
    ) -> Result<Self, FieldError> {
        params.check_types(revocation.types())?;
        let timestamp = params.required("timestamp")?;
        let tokens = revocation.tokens(params)?;
        let account = params.required("pubkey")?;
        Ok(Self {
            revocation,
            account,
            tokens,
            timestamp,
            auth: auth_without_subaccount(params, &account)?,
        })
    }

    pub(super) fn to_params(&self) -> Dict<'_> {
        let tokens = self.tokens.iter().copied().collect::<Value<'_>>();
        let params = Dict::new()
            .with("pubkey", self.account)
            .with("timestamp", self.timestamp)
            .with(self.revocation.field(), tokens);
        with_auth(params, self.auth.as_ref())
    }

    pub(super) fn check(&self, circumstances: &Circumstances<'_>) -> Result<(), Refusal> {
        let method = self.revocation.method();
        circumstances.check_signature_time(method, self.timestamp)?;
        let auth = Auth { subaccount: None, ..*present(self.auth.as_ref())? };
        circumstances.verify(method, &auth, &self.account, &self.signed_input(), Access::NONE)
    }
}

/// Asks a node which subaccounts are revoked (newest). Only for accounts that are named by an Ed25519 key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevokedSubaccountsRequest {
    account: Address,
    timestamp: Timestamp,
    auth: Option<Auth>,
}

signed_request!(RevokedSubaccountsRequest, |request| &[request.timestamp]);

impl RevokedSubaccountsRequest {
    /// Request for the revocations of `account`; `now` is the time of the signature.
    #[must_use]
    pub const fn new(account: Address, now: Timestamp) -> Self {
        Self { account, timestamp: now, auth: None }
    }

    /// What the signature covers: `revoked_subaccounts` ‖ time.
    #[must_use]
    pub fn signed_input(&self) -> Vec<u8> {
        format!("revoked_subaccounts{}", self.timestamp).into()
    }

    pub(super) fn from_params(params: Fields<'_, '_>) -> Result<Self, FieldError> {
        params.check_types(&REVOKED_SUBACCOUNTS)?;
        let timestamp = params.required("timestamp")?;
        let account = params.required("pubkey")?;
        Ok(Self { account, timestamp, auth: auth_without_subaccount(params, &account)? })
    }

    pub(super) fn to_params(&self) -> Dict<'_> {
        let params = Dict::new().with("pubkey", self.account).with("timestamp", self.timestamp);
        with_auth(params, self.auth.as_ref())
    }

    pub(super) fn check(&self, circumstances: &Circumstances<'_>) -> Result<(), Refusal> {
        let method = Method::RevokedSubaccounts;
        circumstances.check_signature_time(method, self.timestamp)?;
        // The address itself is the key (§5.11).
        let auth = Auth { user_key: None, subaccount: None, ..*present(self.auth.as_ref())? };
        circumstances.verify(method, &auth, &self.account, &self.signed_input(), Access::NONE)
    }
}

fn auth_without_subaccount(
    params: Fields<'_, '_>,
    account: &Address,
) -> Result<Option<Auth>, FieldError> {
    match auth(params, account)? {
        Some(Auth { subaccount: Some(_), .. }) => {
            Err(FieldError::Form { field: "subaccount", expected: "permitted for this method" })
        }
        auth => Ok(auth),
    }
}
