//! `retrieve` and its pages (spec 05 §5.3).

use alloc::{format, vec::Vec};

use session_identity::Timestamp;

use super::{
    Circumstances, Refusal, SignError,
    common::{account_with_alias, check_signing, optional_auth, or_rule, with_auth},
};
use crate::{
    address::Address,
    auth::{Auth, Signer},
    limits::MAX_PAGE_SIZE,
    message_hash::MessageHash,
    namespace::Namespace,
    request::Method,
    subaccount::Access,
    wire::{Dict, FieldError, Fields, Kind, Value},
};

/// Accounting bytes of a message beside its hash and data.
const MESSAGE_OVERHEAD: u64 = 100;
/// Size limit if a request names none: a fifth of a page.
const DEFAULT_MAX_SIZE: i64 = -5;

/// Stands for the time of a signature that has none.
const EPOCH: Timestamp = Timestamp::from_millis(0);

const TYPES: [(&str, Kind); 13] = [
    ("lastHash", Kind::Text),
    ("last_hash", Kind::Text),
    ("max_count", Kind::Integer),
    ("max_size", Kind::Integer),
    ("namespace", Kind::Namespace),
    ("pubKey", Kind::Text),
    ("pubkey", Kind::Text),
    ("pubkey_ed25519", Kind::Text),
    ("reverse_direction", Kind::Flag),
    ("signature", Kind::Text),
    ("subaccount", Kind::Text),
    ("subaccount_sig", Kind::Text),
    ("timestamp", Kind::Time),
];

/// Reads messages from a member of an account's swarm.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RetrieveRequest {
    account: Address,
    namespace: Namespace,
    last_hash: Option<MessageHash>,
    max_count: Option<i64>,
    max_size: Option<i64>,
    newest_first: bool,
    auth: Option<(Timestamp, Auth)>,
}

impl RetrieveRequest {
    /// Request for the messages in a namespace from the beginning. It is not signed, which is enough where
    /// [reading needs no signature](Namespace::is_retrieved_without_auth).
    #[must_use]
    pub const fn new(account: Address, namespace: Namespace) -> Self {
        Self {
            account,
            namespace,
            last_hash: None,
            max_count: None,
            max_size: None,
            newest_first: false,
            auth: None,
        }
    }

    /// Starts behind this message, which the *same node* must have returned: each node has its own order.
    #[must_use]
    pub const fn after(mut self, last_hash: MessageHash) -> Self {
        self.last_hash = Some(last_hash);
        self
    }

    /// Returns at most `count` messages, and at least one if there is one.
    #[must_use]
    pub fn max_count(mut self, count: u32) -> Self {
        // Nodes read a signed number of 32 bits.
        self.max_count = Some(i64::from(i32::try_from(count.max(1)).unwrap_or(i32::MAX)));
        self
    }

    /// Returns at most this many accounting bytes if positive; the fraction `1 / |size|` of a page if negative.
    #[must_use]
    pub fn max_size(mut self, size: i64) -> Self {
        // Nodes read a signed number of 32 bits.
        self.max_size = Some(size.clamp(i32::MIN.into(), i32::MAX.into()));
        self
    }

    /// Returns the newest message first (newest nodes).
    #[must_use]
    pub const fn newest_first(mut self) -> Self {
        self.newest_first = true;
        self
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

    /// The request with a signature that was made elsewhere, of the time `timestamp`.
    #[must_use]
    pub const fn with_auth(mut self, timestamp: Timestamp, auth: Auth) -> Self {
        self.auth = Some((timestamp, auth));
        self
    }

    /// What a signature of the time `timestamp` covers: `retrieve` ‖ namespace ‖ time.
    #[must_use]
    pub fn signed_input(namespace: Namespace, timestamp: Timestamp) -> Vec<u8> {
        format!("retrieve{}{timestamp}", namespace.signed_form()).into()
    }

    /// Account that is read.
    #[must_use]
    pub const fn account(&self) -> &Address {
        &self.account
    }

    /// Namespace that is read.
    #[must_use]
    pub const fn namespace(&self) -> Namespace {
        self.namespace
    }

    /// Message behind which to start. If the node does not have it, it starts from the beginning.
    #[must_use]
    pub const fn last_hash(&self) -> Option<&MessageHash> {
        self.last_hash.as_ref()
    }

    /// Whether the newest message comes first.
    #[must_use]
    pub const fn is_newest_first(&self) -> bool {
        self.newest_first
    }

    /// The signature and its time, if there is one.
    #[must_use]
    pub const fn auth(&self) -> Option<&(Timestamp, Auth)> {
        self.auth.as_ref()
    }

    /// Accounting of the page that answers this request.
    #[must_use]
    pub fn page(&self) -> Page {
        // Zero counts as absent, for both.
        let max_count = self.max_count.filter(|count| *count != 0);
        let size_left = match (self.max_size.filter(|size| *size != 0), max_count) {
            (None, Some(_)) => MAX_PAGE_SIZE,
            (size, _) => match size.unwrap_or(DEFAULT_MAX_SIZE) {
                size @ ..0 => MAX_PAGE_SIZE / size.unsigned_abs().max(1),
                size => size.unsigned_abs().min(MAX_PAGE_SIZE),
            },
        };
        // Deployed nodes return nothing for a negative count, and say that there is no more.
        let count_left = max_count.map(|count| u64::try_from(count).unwrap_or(0));
        Page { size_left, count_left, answer_left: u64::MAX, is_empty: true }
    }

    pub(super) fn from_params(params: Fields<'_, '_>) -> Result<Self, FieldError> {
        params.check_types(&TYPES)?;
        let account = account_with_alias(params)?;
        let explicit: Option<Namespace> = params.optional("namespace")?;
        let auth = optional_auth(params, &account)?;
        let auth = match auth {
            // Without a time the signature is as good as one of 1970: too old.
            Some(auth) => Some((params.optional("timestamp")?.unwrap_or(EPOCH), auth)),
            // The signature is missed here if it can be seen that one is needed; else by `check`.
            None if ["pubkey_ed25519", "timestamp"].iter().any(|f| params.get(f).is_some())
                || explicit.is_some_and(|namespace| !namespace.is_retrieved_without_auth()) =>
            {
                return Err(FieldError::Missing { field: "signature" });
            }
            None => None,
        };
        Ok(Self {
            account,
            namespace: explicit.unwrap_or_default(),
            last_hash: last_hash(params)?,
            max_count: params.optional::<i128>("max_count")?.map(cut),
            max_size: params.optional::<i128>("max_size")?.map(cut),
            newest_first: params.flag("reverse_direction")?,
            auth,
        })
    }

    pub(super) fn to_params(&self) -> Dict<'_> {
        let params = Dict::new()
            .with("pubkey", self.account)
            .with_optional("namespace", self.namespace.unless_default())
            .with_optional("last_hash", self.last_hash)
            .with_optional("max_count", self.max_count)
            .with_optional("max_size", self.max_size)
            .with_optional("reverse_direction", self.newest_first.then_some(true))
            .with_optional("timestamp", self.auth.map(|(time, _)| time).filter(|it| *it != EPOCH));
        with_auth(params, self.auth.as_ref().map(|(_, auth)| auth))
    }

    pub(super) fn check(&self, circumstances: &Circumstances<'_>) -> Result<(), Refusal> {
        if circumstances.release.is_testing(self.namespace) {
            return Ok(()); // Always empty, for everybody.
        }
        let Some((timestamp, auth)) = &self.auth else {
            let free = self.namespace.is_retrieved_without_auth();
            return if free { Ok(()) } else { Err(Refusal::RetrieveUnsigned) };
        };
        circumstances.check_signature_time(Method::Retrieve, *timestamp)?;
        let revoked = if self.namespace.is_unrevocable() { &[] } else { circumstances.revoked };
        let input = Self::signed_input(self.namespace, *timestamp);
        circumstances.with_revoked(revoked).verify(
            Method::Retrieve,
            auth,
            &self.account,
            &input,
            Access::READ,
        )
    }
}

/// Deployed nodes keep 32 bits of these numbers: 2^32 is 0, which counts as absent.
fn cut(number: i128) -> i64 {
    let [a, b, c, d, ..] = number.to_le_bytes();
    i32::from_le_bytes([a, b, c, d]).into()
}

/// `last_hash`, or its old name; the empty text counts as absent.
fn last_hash(params: Fields<'_, '_>) -> Result<Option<MessageHash>, FieldError> {
    let empty = |field| params.get(field).is_some_and(|value| value.as_bytes() == Some(b""));
    if empty("last_hash") || empty("lastHash") {
        return Ok(None);
    }
    let given = params.get("last_hash").or(params.get("lastHash")).and_then(Value::as_bytes);
    let text = if given.is_some_and(|given| given.len() == MessageHash::LENGTH) {
        "Invalid last_hash: not base64"
    } else {
        "Invalid last_hash: expected base64 (43 chars)"
    };
    or_rule(params.optional_alias("last_hash", "lastHash"), text)
}

/// Accounting of a page of messages: decides for each candidate in turn whether it still fits.
///
/// ```
/// # use session_swarm::{address::Address, namespace::Namespace, request::RetrieveRequest};
/// # let account = Address::from_bytes([3; 33]);
/// let stored: [&[u8]; 3] = [&[0; 70_000], &[0; 70_000], &[0; 70_000]];
/// let mut page = RetrieveRequest::new(account, Namespace::DEFAULT).max_count(2).page();
/// let returned: Vec<_> = stored.iter().take_while(|data| page.admits(data.len())).collect();
/// let more = returned.len() < stored.len();
/// assert_eq!((returned.len(), more), (2, true));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page {
    size_left: u64,
    count_left: Option<u64>,
    answer_left: u64,
    is_empty: bool,
}

impl Page {
    /// The page as a part of an answer that may take this many accounting bytes, not even a first message more (§5.14).
    #[must_use]
    pub const fn of_answer(self, answer_left: u64) -> Self {
        Self { answer_left, ..self }
    }

    /// Accounting bytes that the answer may still take.
    #[must_use]
    pub const fn answer_left(&self) -> u64 {
        self.answer_left
    }

    /// Takes a message of this many bytes into the page, or tells that the page ends before it.
    pub fn admits(&mut self, data_length: usize) -> bool {
        let count_left = match self.count_left.map(|left| left.checked_sub(1)) {
            Some(None) => return false,
            left => left.flatten(),
        };
        let cost = cost(data_length);
        let Some(answer_left) = self.answer_left.checked_sub(cost) else { return false };
        // The first message is returned whatever its size, or a large one would block those behind it.
        let size_left = match self.size_left.checked_sub(cost) {
            None if !self.is_empty => return false,
            left => left.unwrap_or(0),
        };
        *self = Self { size_left, count_left, answer_left, is_empty: false };
        true
    }

    /// Whether the page ends because of its limits, so that the client is to ask again: false for the page of a
    /// negative count, which is always empty.
    #[must_use]
    pub const fn may_go_on(&self) -> bool {
        !(self.is_empty && matches!(self.count_left, Some(0)))
    }
}

/// Accounting bytes of a message: about what it takes in JSON.
fn cost(data_length: usize) -> u64 {
    let data = u64::try_from(data_length).unwrap_or(u64::MAX).saturating_mul(4) / 3;
    let hash = u64::try_from(MessageHash::LENGTH).unwrap_or(u64::MAX);
    data.saturating_add(hash).saturating_add(MESSAGE_OVERHEAD)
}
