//! Subscriptions: nodes that send new messages as they come in (spec 05 §5.15).
//!
//! A client subscribes at every member of the swarm, over OxenMQ or QUIC, and does so again every hour and on
//! every new connection. Everything is bencode here. Notifications come from each member, so that each
//! message comes several times.
//!
//! ```
//! use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};
//! use session_identity::Timestamp;
//! use session_swarm::{auth::Signer, monitor::{MonitorData, MonitorRequest}, namespace::Namespace};
//!
//! let alice = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]));
//! let now = Timestamp::from_millis(1_700_000_000_000);
//! let namespaces = [Namespace::DEFAULT, Namespace::USER_PROFILE];
//! let request = MonitorRequest::sign(&Signer::user(&alice), namespaces, MonitorData::Include, now);
//!
//! let received = MonitorRequest::from_bencode(&request.to_bencode()).unwrap();
//! assert!(received.check(now).is_ok());
//! ```

use alloc::{collections::BTreeSet, format, string::String, vec::Vec};
use core::time::Duration;

use session_crypto::ed25519::{Ed25519PublicKey, Ed25519Signature};
use session_identity::{AccountId, Timestamp};

use crate::{
    address::Address,
    auth::{Auth, Signer},
    namespace::Namespace,
    subaccount::{Access, SubaccountProof, SubaccountToken},
    wire::{Dict, FieldError, Fields, Value},
};

mod answer;
#[cfg(test)]
mod tests;

pub use answer::{MonitorAnswer, MonitorErrorCode, Notification};

/// How long a signature of a subscription is valid.
const SIGNATURE_LIFETIME: Duration = Duration::from_secs(14 * 86_400);
/// How far its time may be in the future.
const SIGNATURE_LEAD: Duration = Duration::from_secs(86_400);
/// Namespaces in one subscription, at most.
const MAX_NAMESPACES: usize = 1024;
/// Subscriptions in one request, at most.
const MAX_SUBSCRIPTIONS: usize = 1024;

/// Whether notifications hold the message itself.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "with or without")]
pub enum MonitorData {
    /// They hold the message.
    Include,
    /// They only tell that it is there.
    Omit,
}

/// Subscribes to the messages that come into some namespaces of an account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MonitorRequest {
    account: Address,
    /// Never empty.
    namespaces: BTreeSet<Namespace>,
    data: MonitorData,
    time_secs: u64,
    auth: Auth,
}

impl MonitorRequest {
    /// Subscription for the account of `signer`, signed with the time `now`; without namespaces it is one for
    /// the default one.
    #[must_use]
    pub fn sign(
        signer: &Signer<'_>,
        namespaces: impl IntoIterator<Item = Namespace>,
        data: MonitorData,
        now: Timestamp,
    ) -> Self {
        let mut namespaces = BTreeSet::from_iter(namespaces);
        if namespaces.is_empty() {
            namespaces.insert(Namespace::DEFAULT);
        }
        let (account, time_secs) = (*signer.account(), now.as_secs());
        let auth = signer.sign(&signed_input(&account, time_secs, data, &namespaces));
        Self { account, namespaces, data, time_secs, auth }
    }

    /// The account.
    #[must_use]
    pub const fn account(&self) -> &Address {
        &self.account
    }

    /// The namespaces, ascending.
    pub fn namespaces(&self) -> impl Iterator<Item = Namespace> {
        self.namespaces.iter().copied()
    }

    /// Whether notifications are to hold the message.
    #[must_use]
    pub const fn data(&self) -> MonitorData {
        self.data
    }

    /// Checks time and signature. Revocations do not count here.
    ///
    /// # Errors
    /// [`MonitorErrorCode::Time`] or [`MonitorErrorCode::Signature`].
    pub fn check(&self, now: Timestamp) -> Result<(), MonitorErrorCode> {
        let millis = self.time_secs.checked_mul(1000).ok_or(MonitorErrorCode::Time)?;
        let time = Timestamp::from_millis(millis);
        if now.saturating_duration_since(time) > SIGNATURE_LIFETIME
            || time.saturating_duration_since(now) > SIGNATURE_LEAD
        {
            return Err(MonitorErrorCode::Time);
        }
        let input = signed_input(&self.account, self.time_secs, self.data, &self.namespaces);
        let verified = self.auth.verify(&self.account, &input, Access::READ, &[]);
        verified.map_err(|_| MonitorErrorCode::Signature)
    }

    /// Writes the subscription.
    #[must_use]
    pub fn to_bencode(&self) -> Vec<u8> {
        Value::from(self.to_dict()).to_bencode()
    }

    /// Writes several subscriptions in one request.
    #[must_use]
    pub fn list_to_bencode(requests: &[Self]) -> Vec<u8> {
        requests.iter().map(Self::to_dict).collect::<Value<'_>>().to_bencode()
    }

    /// Reads a subscription.
    ///
    /// # Errors
    /// [`MonitorErrorCode::Arguments`], [`MonitorErrorCode::PublicKey`] or [`MonitorErrorCode::Namespaces`].
    pub fn from_bencode(bytes: &[u8]) -> Result<Self, MonitorErrorCode> {
        let value = Value::from_bencode(bytes).map_err(|_| MonitorErrorCode::Arguments)?;
        Self::from_value(&value)
    }

    /// Reads a request with one subscription or a list of them. Each has an answer of its own.
    ///
    /// # Errors
    /// [`MonitorErrorCode::Arguments`] if it is neither, or a list of more than 1024.
    pub fn list_from_bencode(
        bytes: &[u8],
    ) -> Result<Vec<Result<Self, MonitorErrorCode>>, MonitorErrorCode> {
        match Value::from_bencode(bytes) {
            Ok(Value::List(items)) if items.len() <= MAX_SUBSCRIPTIONS => {
                Ok(items.iter().map(Self::from_value).collect())
            }
            Ok(value @ Value::Dict(_)) => Ok([Self::from_value(&value)].into()),
            _ => Err(MonitorErrorCode::Arguments),
        }
    }

    fn from_value(value: &Value<'_>) -> Result<Self, MonitorErrorCode> {
        let fields = Fields::of(value).ok_or(MonitorErrorCode::Arguments)?;
        let (account, user_key) = account(fields)?;
        let arguments = |_| MonitorErrorCode::Arguments;
        let key = |_| MonitorErrorCode::PublicKey;
        let data = if fields.flag("d").map_err(arguments)? {
            MonitorData::Include
        } else {
            MonitorData::Omit
        };
        let namespaces = namespaces(fields)?;
        let signature = fields.required("s").map_err(key)?;
        let token: Option<SubaccountToken> = fields.optional("T").map_err(key)?;
        let token_signature: Option<Ed25519Signature> = fields.optional("S").map_err(key)?;
        let subaccount = match (token, token_signature) {
            (Some(token), Some(signature)) => Some(SubaccountProof { token, signature }),
            (None, None) => None,
            _ => return Err(MonitorErrorCode::Arguments),
        };
        let time_secs = fields.required("t").map_err(arguments)?;
        let auth = Auth { user_key, signature, subaccount };
        Ok(Self { account, namespaces, data, time_secs, auth })
    }

    fn to_dict(&self) -> Dict<'_> {
        let (name, key) = match self.auth.user_key {
            Some(key) => ("P", Value::from(key)),
            None => ("p", self.account.into()),
        };
        Dict::new()
            .with(name, key)
            .with_optional("S", self.auth.subaccount.map(|proof| proof.signature))
            .with_optional("T", self.auth.subaccount.map(|proof| proof.token))
            .with_optional("d", (self.data == MonitorData::Include).then_some(true))
            .with("n", self.namespaces().collect::<Value<'_>>())
            .with("s", self.auth.signature)
            .with("t", self.time_secs)
    }
}

/// What the signature covers: `MONITOR` ‖ account ‖ time in seconds ‖ data ‖ namespaces with commas between.
fn signed_input(
    account: &Address,
    time_secs: u64,
    data: MonitorData,
    namespaces: &BTreeSet<Namespace>,
) -> Vec<u8> {
    let namespaces: Vec<String> = namespaces.iter().map(|number| format!("{number}")).collect();
    let data = u8::from(data == MonitorData::Include);
    format!("MONITOR{account}{time_secs}{data}{}", namespaces.join(",")).into()
}

/// `P`, the Ed25519 key of a user, or `p`, another account.
fn account(
    fields: Fields<'_, '_>,
) -> Result<(Address, Option<Ed25519PublicKey>), MonitorErrorCode> {
    let key = |_: FieldError| MonitorErrorCode::PublicKey;
    let user: Option<Ed25519PublicKey> = fields.optional("P").map_err(key)?;
    let other: Option<Address> = fields.optional("p").map_err(key)?;
    match (user, other) {
        (Some(user), None) => {
            let converted = user.to_x25519().map_err(|_| MonitorErrorCode::PublicKey)?;
            Ok((AccountId::from_public_key(converted).into(), Some(user)))
        }
        (None, Some(other)) if !other.is_user() => Ok((other, None)),
        (None, Some(_)) => Err(MonitorErrorCode::PublicKey),
        _ => Err(MonitorErrorCode::Arguments),
    }
}

/// `n`, strictly ascending and not empty.
fn namespaces(fields: Fields<'_, '_>) -> Result<BTreeSet<Namespace>, MonitorErrorCode> {
    let Some(Value::List(items)) = fields.get("n") else {
        return Err(MonitorErrorCode::Arguments);
    };
    if items.len() > MAX_NAMESPACES {
        return Err(MonitorErrorCode::Arguments);
    }
    let list: Vec<Namespace> =
        fields.required_list("n", MAX_NAMESPACES).map_err(|_| MonitorErrorCode::Namespaces)?;
    if list.is_empty() || !list.is_sorted_by(|one, next| one < next) {
        return Err(MonitorErrorCode::Namespaces);
    }
    Ok(BTreeSet::from_iter(list))
}
