//! `store` (spec 05 §5.2).

use alloc::{format, vec::Vec};
use core::time::Duration;

use session_identity::Timestamp;

use super::{
    Circumstances, Refusal, SignError,
    common::{account_with_alias, check_signing, optional_auth, with_auth},
};
use crate::{
    address::Address,
    auth::{Auth, Signer},
    limits::{MAX_DATA_LENGTH, MIN_TTL, STORE_TOLERANCE},
    message_hash::MessageHash,
    namespace::Namespace,
    request::Method,
    subaccount::Access,
    wire::{DecimalOrText, Dict, FieldError, Fields, Kind, MIN_MILLIS},
};

/// Stores a message in the swarm of an account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoreRequest {
    account: Address,
    namespace: Namespace,
    timestamp: Timestamp,
    expiry: Timestamp,
    data: Vec<u8>,
    sig_timestamp: Timestamp,
    auth: Option<Auth>,
}

const TYPES: [(&str, Kind); 12] = [
    ("data", Kind::Text),
    ("expiry", Kind::Time),
    ("namespace", Kind::Namespace),
    ("pubKey", Kind::Text),
    ("pubkey", Kind::Text),
    ("pubkey_ed25519", Kind::Text),
    ("sig_timestamp", Kind::Time),
    ("signature", Kind::Text),
    ("subaccount", Kind::Text),
    ("subaccount_sig", Kind::Text),
    ("timestamp", Kind::StoreTime),
    ("ttl", Kind::Duration),
];

/// Why a message cannot be stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreRequestError {
    /// More than [`MAX_DATA_LENGTH`] bytes.
    #[error("message of {found} bytes, at most {MAX_DATA_LENGTH} are stored")]
    TooLarge {
        /// Length of the message.
        found: usize,
    },
    /// Shorter than [`MIN_TTL`] or longer than the namespace allows.
    #[error("life of {} ms, which the namespace does not allow", ttl.as_millis())]
    Ttl {
        /// The life that was asked for.
        ttl: Duration,
    },
}

impl StoreRequest {
    /// Request to store `data`, a message of the time `timestamp` that is to live for `ttl`. It is not signed,
    /// which is enough for a public inbox.
    ///
    /// # Errors
    /// [`StoreRequestError::TooLarge`] and [`StoreRequestError::Ttl`], which nodes would refuse.
    pub fn new(
        account: Address,
        namespace: Namespace,
        data: Vec<u8>,
        timestamp: Timestamp,
        ttl: Duration,
    ) -> Result<Self, StoreRequestError> {
        if data.len() > MAX_DATA_LENGTH {
            return Err(StoreRequestError::TooLarge { found: data.len() });
        }
        let refused = StoreRequestError::Ttl { ttl };
        if !(MIN_TTL..=namespace.max_ttl()).contains(&ttl) {
            return Err(refused);
        }
        let expiry = timestamp.checked_add(ttl).ok_or(refused)?;
        let sig_timestamp = timestamp;
        Ok(Self { account, namespace, timestamp, expiry, data, sig_timestamp, auth: None })
    }

    /// The request with a signature of the time `now`.
    ///
    /// # Errors
    /// [`SignError::OtherAccount`] and [`SignError::Time`].
    pub fn sign(self, signer: &Signer<'_>, now: Timestamp) -> Result<Self, SignError> {
        check_signing(signer, &self.account, &[now])?;
        let auth = signer.sign(&Self::signed_input(self.namespace, now));
        Ok(self.with_auth(now, auth))
    }

    /// The request with a signature that was made elsewhere, of the time `sig_timestamp`.
    #[must_use]
    pub const fn with_auth(mut self, sig_timestamp: Timestamp, auth: Auth) -> Self {
        (self.sig_timestamp, self.auth) = (sig_timestamp, Some(auth));
        self
    }

    /// What a signature of the time `timestamp` covers: `store` ‖ namespace ‖ time.
    #[must_use]
    pub fn signed_input(namespace: Namespace, timestamp: Timestamp) -> Vec<u8> {
        format!("store{}{timestamp}", namespace.signed_form()).into()
    }

    /// Account that gets the message.
    #[must_use]
    pub const fn account(&self) -> &Address {
        &self.account
    }

    /// Namespace that the message goes into.
    #[must_use]
    pub const fn namespace(&self) -> Namespace {
        self.namespace
    }

    /// Time of the message.
    #[must_use]
    pub const fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// When the message is to be forgotten.
    #[must_use]
    pub const fn expiry(&self) -> Timestamp {
        self.expiry
    }

    /// The message, at most [`MAX_DATA_LENGTH`] bytes.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The message, without a copy.
    #[must_use]
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// Time of the signature.
    #[must_use]
    pub const fn sig_timestamp(&self) -> Timestamp {
        self.sig_timestamp
    }

    /// The signature, if there is one.
    #[must_use]
    pub const fn auth(&self) -> Option<&Auth> {
        self.auth.as_ref()
    }

    /// Name that the message has in the swarm.
    #[must_use]
    pub fn message_hash(&self) -> MessageHash {
        MessageHash::of(&self.account, self.namespace, &self.data)
    }

    pub(super) fn from_params(params: Fields<'_, '_>) -> Result<Self, FieldError> {
        params.check_types(&TYPES)?;
        let DecimalOrText(timestamp) = params.required("timestamp")?;
        let timestamp = Timestamp::from_millis(timestamp);
        let expiry = match (params.optional("ttl")?, params.optional("expiry")?) {
            (Some(_), Some(_)) => return Err(FieldError::Both { field: "expiry", alias: "ttl" }),
            (Some(DecimalOrText(ttl)), None) => timestamp
                .checked_add(Duration::from_millis(ttl))
                .ok_or(FieldError::OutOfRange { field: "ttl" })?,
            (None, Some(expiry)) => expiry,
            (None, None) => {
                return Err(FieldError::Rule { text: "Required field 'expiry' or 'ttl' missing" });
            }
        };
        let account = account_with_alias(params)?;
        let namespace = params.optional("namespace")?.unwrap_or_default();
        let data: Vec<u8> = params.required("data")?;
        if data.len() > MAX_DATA_LENGTH {
            return Err(FieldError::DataLength);
        }
        let sig_timestamp = params.optional("sig_timestamp")?.unwrap_or(timestamp);
        let auth = optional_auth(params, &account)?;
        Ok(Self { account, namespace, timestamp, expiry, data, sig_timestamp, auth })
    }

    pub(super) fn to_params(&self) -> Dict<'_> {
        match self.expiry.as_millis().checked_sub(self.timestamp.as_millis()) {
            Some(ttl) => self.to_params_without_end().with("ttl", ttl),
            // Only a node meets it, in a request that it is about to refuse.
            None => self.to_forwarded(),
        }
    }

    /// Members of a swarm tell each other the expiry, never the life (§3). A message of the first days of 1970, which
    /// no member stores, keeps its life: as an expiry it would be read as a number of seconds.
    pub(super) fn to_forwarded(&self) -> Dict<'_> {
        let life = self.expiry.as_millis().checked_sub(self.timestamp.as_millis());
        match life.filter(|_| self.expiry.as_millis() < MIN_MILLIS) {
            Some(ttl) => self.to_params_without_end().with("ttl", ttl),
            None => self.to_params_without_end().with("expiry", self.expiry),
        }
    }

    fn to_params_without_end(&self) -> Dict<'_> {
        let params = Dict::new()
            .with("pubkey", self.account)
            .with("timestamp", self.timestamp)
            .with("data", self.data.as_slice())
            .with_optional("namespace", self.namespace.unless_default())
            .with_optional("sig_timestamp", self.auth.and(self.readable_sig_timestamp()));
        with_auth(params, self.auth.as_ref())
    }

    /// The time of the signature; nothing if it is that of the message, by default, and would be read as a number of
    /// seconds.
    fn readable_sig_timestamp(&self) -> Option<Timestamp> {
        let is_default = self.sig_timestamp == self.timestamp;
        Some(self.sig_timestamp).filter(|time| !is_default || time.as_millis() >= MIN_MILLIS)
    }

    /// The checks of §5.2, in their order.
    pub(super) fn check(&self, circumstances: &Circumstances<'_>) -> Result<(), Refusal> {
        if circumstances.release.is_testing(self.namespace) {
            return Err(Refusal::TestingNamespace);
        }
        let ttl = self.expiry.saturating_duration_since(self.timestamp);
        if !(MIN_TTL..=self.namespace.max_ttl()).contains(&ttl) {
            return Err(Refusal::Ttl);
        }
        let now = circumstances.now;
        if self.timestamp.saturating_duration_since(now) > STORE_TOLERANCE
            || now.saturating_duration_since(self.expiry) > STORE_TOLERANCE
        {
            return Err(Refusal::Clock);
        }
        if self.namespace.is_public_inbox() {
            return Ok(()); // A signature that is there is not looked at.
        }
        let missing = Refusal::StoreUnsigned { namespace: self.namespace };
        let auth = self.auth.as_ref().ok_or(missing)?;
        circumstances.check_signature_time(Method::Store, self.sig_timestamp)?;
        let input = Self::signed_input(self.namespace, self.sig_timestamp);
        circumstances.verify(Method::Store, auth, &self.account, &input, self.access())
    }

    fn access(&self) -> Access {
        // An outbox holds one message: storing deletes the one before.
        if self.namespace.is_public_outbox() {
            Access::WRITE | Access::DELETE
        } else {
            Access::WRITE
        }
    }
}
