//! `expire` and `get_expiries` (spec 05 §5.7, §5.9).

use alloc::{
    format,
    string::{String, ToString as _},
    vec::Vec,
};

use session_identity::Timestamp;

use super::{
    Circumstances, Method, Refusal, SignError,
    common::{auth, joined, messages, names, present, signed_request, with_auth},
};
use crate::{
    address::Address,
    auth::{Auth, Signer},
    hard_fork::HardFork,
    limits::{MAX_HASHES, SIGNATURE_TOLERANCE},
    message_hash::MessageHash,
    subaccount::Access,
    wire::{Dict, FieldError, Fields, FromField as _, Kind, Value},
};

/// In which direction an [`ExpireRequest`] moves the expiry of a message.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ExpireMode {
    /// In both.
    #[default]
    Set,
    /// To an earlier time only.
    Shorten,
    /// To a later time only.
    Extend,
}

impl ExpireMode {
    const fn signed_form(self) -> &'static str {
        match self {
            Self::Set => "",
            Self::Shorten => "shorten",
            Self::Extend => "extend",
        }
    }

    /// Whether a message that expires at `current` is to expire at `new`.
    #[must_use]
    pub const fn applies(self, current: Timestamp, new: Timestamp) -> bool {
        match self {
            Self::Set => true,
            Self::Shorten => current.as_millis() > new.as_millis(),
            Self::Extend => current.as_millis() < new.as_millis(),
        }
    }
}

/// Sets when messages expire.
///
/// It carries no time but the new expiry, so that anybody who saw it can send it again while that is due.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExpireRequest {
    account: Address,
    messages: Vec<MessageHash>,
    /// One, or as many as messages.
    expiries: Vec<Timestamp>,
    mode: ExpireMode,
    auth: Option<Auth>,
}

const EXPIRE: [(&str, Kind); 9] = [
    ("expiry", Kind::Times),
    ("extend", Kind::Flag),
    ("messages", Kind::Texts),
    ("pubkey", Kind::Text),
    ("pubkey_ed25519", Kind::Text),
    ("shorten", Kind::Flag),
    ("signature", Kind::Text),
    ("subaccount", Kind::Text),
    ("subaccount_sig", Kind::Text),
];
const GET_EXPIRIES: [(&str, Kind); 7] = [
    ("messages", Kind::Texts),
    ("pubkey", Kind::Text),
    ("pubkey_ed25519", Kind::Text),
    ("signature", Kind::Text),
    ("subaccount", Kind::Text),
    ("subaccount_sig", Kind::Text),
    ("timestamp", Kind::Time),
];

signed_request!(ExpireRequest, |request| &request.expiries);

impl ExpireRequest {
    /// Request to have all these messages expire at `expiry`.
    #[must_use]
    pub fn new(account: Address, messages: Vec<MessageHash>, expiry: Timestamp) -> Self {
        let expiries = [expiry].into();
        Self { account, messages, expiries, mode: ExpireMode::Set, auth: None }
    }

    /// Request to have each of these messages expire at a time of its own; from
    /// [`HardFork::MULTIPLE_EXPIRIES`] on.
    #[must_use]
    pub fn each(account: Address, messages: &[(MessageHash, Timestamp)]) -> Self {
        let (messages, expiries) = messages.iter().copied().unzip();
        Self { account, messages, expiries, mode: ExpireMode::Set, auth: None }
    }

    /// Moves the expiry in one direction only.
    #[must_use]
    pub const fn with_mode(mut self, mode: ExpireMode) -> Self {
        self.mode = mode;
        self
    }

    /// What the signature covers: `expire` ‖ mode ‖ expiries ‖ names.
    #[must_use]
    pub fn signed_input(&self) -> Vec<u8> {
        let mut text = String::from("expire") + self.mode.signed_form();
        self.expiries.iter().for_each(|expiry| text += &format!("{expiry}"));
        [text.as_bytes(), &joined(&self.messages)].concat()
    }

    /// Names of the messages.
    #[must_use]
    pub fn messages(&self) -> &[MessageHash] {
        &self.messages
    }

    /// The new expiries: one for all messages, or one for each.
    #[must_use]
    pub fn expiries(&self) -> &[Timestamp] {
        &self.expiries
    }

    /// Whether each message has an expiry of its own.
    #[must_use]
    pub fn is_for_each(&self) -> bool {
        self.expiries.len() > 1
    }

    /// The messages with their new expiries.
    pub fn iter(&self) -> impl Iterator<Item = (MessageHash, Timestamp)> {
        self.messages.iter().copied().zip(self.expiries.iter().copied().cycle())
    }

    /// The direction that was asked for.
    #[must_use]
    pub const fn mode(&self) -> ExpireMode {
        self.mode
    }

    /// The direction that a node applies: a subaccount that may not delete may only extend.
    #[must_use]
    pub fn applied_mode(&self) -> ExpireMode {
        let token = self.auth.and_then(|auth| auth.subaccount).map(|proof| proof.token);
        match token {
            Some(token) if !token.access().contains(Access::DELETE) => ExpireMode::Extend,
            _ => self.mode,
        }
    }

    pub(super) fn from_params(params: Fields<'_, '_>) -> Result<Self, FieldError> {
        params.check_types(&EXPIRE)?;
        let expiries: Vec<u64> = params.required_list("expiry", MAX_HASHES)?;
        let messages = messages(params)?;
        if expiries.is_empty() {
            let text = "'expiry' does not contain any expiration timestamps";
            return Err(FieldError::Rule { text });
        }
        if expiries.len() != 1 && expiries.len() != messages.len() {
            let text = "'expiry' must be a single expiry, or the same length as 'messages'";
            return Err(FieldError::Rule { text });
        }
        let account = params.required("pubkey")?;
        let mode = match (params.flag("shorten")?, params.flag("extend")?) {
            (true, true) => {
                let text = "cannot specify both 'shorten' and 'extend'";
                return Err(FieldError::Rule { text });
            }
            (true, false) => ExpireMode::Shorten,
            (false, true) => ExpireMode::Extend,
            (false, false) => ExpireMode::Set,
        };
        let auth = auth(params, &account)?;
        let expiries = expiries.into_iter().map(Timestamp::from_millis).collect();
        Ok(Self { account, messages, expiries, mode, auth })
    }

    pub(super) fn to_params(&self) -> Dict<'_> {
        let expiry = match self.expiries[..] {
            [expiry] => expiry.into(),
            _ => self.expiries.iter().copied().collect::<Value<'_>>(),
        };
        let params = Dict::new()
            .with("pubkey", self.account)
            .with("messages", self.messages.iter().copied().collect::<Value<'_>>())
            .with("expiry", expiry)
            .with_optional("shorten", (self.mode == ExpireMode::Shorten).then_some(true))
            .with_optional("extend", (self.mode == ExpireMode::Extend).then_some(true));
        with_auth(params, self.auth.as_ref())
    }

    pub(super) fn check(&self, circumstances: &Circumstances<'_>) -> Result<(), Refusal> {
        if self.is_for_each() && circumstances.hard_fork < HardFork::MULTIPLE_EXPIRIES {
            return Err(Refusal::MultipleExpiries);
        }
        let late = |expiry: &Timestamp| {
            circumstances.now.saturating_duration_since(*expiry) > SIGNATURE_TOLERANCE
        };
        if self.expiries.iter().any(late) {
            return Err(Refusal::Expired);
        }
        let auth = present(self.auth.as_ref())?;
        let input = self.signed_input();
        circumstances.verify(Method::Expire, auth, &self.account, &input, Access::WRITE)?;
        if self.mode == ExpireMode::Shorten && self.applied_mode() != ExpireMode::Shorten {
            return Err(Refusal::MayNotShorten);
        }
        Ok(())
    }
}

/// Asks a node when messages expire.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GetExpiriesRequest {
    account: Address,
    /// As they were given: a node takes any text and knows no message of most (§5.9).
    messages: Vec<String>,
    timestamp: Timestamp,
    auth: Option<Auth>,
}

signed_request!(GetExpiriesRequest, |request| &[request.timestamp]);

impl GetExpiriesRequest {
    /// Request for the expiries of these messages; `now` is the time of the signature.
    #[must_use]
    pub fn new(account: Address, messages: Vec<MessageHash>, now: Timestamp) -> Self {
        let messages = messages.into_iter().map(|hash| hash.to_string()).collect();
        Self { account, messages, timestamp: now, auth: None }
    }

    /// What the signature covers: `get_expiries` ‖ time ‖ names.
    #[must_use]
    pub fn signed_input(&self) -> Vec<u8> {
        format!("get_expiries{}{}", self.timestamp, self.messages.concat()).into()
    }

    /// Names of the messages. What cannot be a name is left out.
    pub fn messages(&self) -> impl Iterator<Item = MessageHash> {
        self.messages.iter().filter_map(|name| name.parse().ok())
    }

    pub(super) fn from_params(params: Fields<'_, '_>) -> Result<Self, FieldError> {
        params.check_types(&GET_EXPIRIES)?;
        let timestamp = params.required("timestamp")?;
        let name =
            |name: &Value<'_>| String::from_field(name).map_err(|misfit| misfit.of("messages"));
        let messages = names(params)?.iter().map(name).collect::<Result<_, _>>()?;
        let account = params.required("pubkey")?;
        Ok(Self { account, messages, timestamp, auth: auth(params, &account)? })
    }

    pub(super) fn to_params(&self) -> Dict<'_> {
        let params = Dict::new()
            .with("pubkey", self.account)
            .with("messages", self.messages.iter().map(String::as_str).collect::<Value<'_>>())
            .with("timestamp", self.timestamp);
        with_auth(params, self.auth.as_ref())
    }

    pub(super) fn check(&self, circumstances: &Circumstances<'_>) -> Result<(), Refusal> {
        let method = Method::GetExpiries;
        circumstances.check_signature_time(method, self.timestamp)?;
        let auth = present(self.auth.as_ref())?;
        circumstances.verify(method, auth, &self.account, &self.signed_input(), Access::READ)
    }
}
