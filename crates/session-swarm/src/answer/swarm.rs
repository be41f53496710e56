//! Answers of requests that every member of the swarm carries out, each with a signature of its own
//! (spec 05 §5.16, §6.5).

use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};

use session_crypto::ed25519::{Ed25519PublicKey, Ed25519Signature};

use super::AnswerError;
use crate::{
    message_hash::MessageHash,
    wire::{Dict, FieldError, Fields, Value},
};

/// Longest reason of a failure that is kept, in characters.
const REASON_LENGTH: usize = 256;

/// What the members of a swarm did with a request, by their Ed25519 keys.
///
/// Nothing of it is true because it is there: see [`Self::verify`].
#[derive(Clone, Debug, Eq)]
pub struct SwarmAnswer<E> {
    members: BTreeMap<Ed25519PublicKey, Result<E, MemberFailure>>,
    skipped: usize,
    own: Option<Ed25519PublicKey>,
}

/// Which member answers decides only how the answer is written.
impl<E: PartialEq> PartialEq for SwarmAnswer<E> {
    fn eq(&self, other: &Self) -> bool {
        self.members == other.members && self.skipped == other.skipped
    }
}

impl<E> FromIterator<(Ed25519PublicKey, Result<E, MemberFailure>)> for SwarmAnswer<E> {
    fn from_iter<I>(members: I) -> Self
    where
        I: IntoIterator<Item = (Ed25519PublicKey, Result<E, MemberFailure>)>,
    {
        Self { members: members.into_iter().collect(), skipped: 0, own: None }
    }
}

impl<E> SwarmAnswer<E> {
    /// The same as the answer of this member. Only its own entry has booleans: those of the others went from node to
    /// node in bencode, and deployed nodes write 1 for true there (§5.16).
    #[must_use]
    pub const fn answered_by(mut self, own: Ed25519PublicKey) -> Self {
        self.own = Some(own);
        self
    }

    /// Number of entries that were left out because the name is no key.
    #[must_use]
    pub const fn skipped(&self) -> usize {
        self.skipped
    }

    /// The members and what each did, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&Ed25519PublicKey, &Result<E, MemberFailure>)> {
        self.members.iter()
    }

    /// The members that say that they did it.
    pub fn entries(&self) -> impl Iterator<Item = (&Ed25519PublicKey, &E)> {
        self.members.iter().filter_map(|(node, entry)| Some((node, entry.as_ref().ok()?)))
    }

    pub(super) fn has_failed_everywhere(&self) -> bool {
        self.entries().next().is_none()
    }
}

impl<E: Entry> SwarmAnswer<E> {
    /// Verifies every entry against the client's own `request`, and against the swarm as the client knows it:
    /// the node that answered could invent other members.
    #[must_use]
    pub fn verify(&self, request: &E::Request, members: &[Ed25519PublicKey]) -> Verified {
        let is_absent = |member: &&Ed25519PublicKey| !self.members.contains_key(*member);
        let mut verified = Verified {
            confirmed: Vec::new(),
            rejected: Vec::new(),
            absent: members.iter().filter(is_absent).copied().collect(),
            threshold: E::threshold(request),
        };
        for (node, entry) in &self.members {
            let result = match entry {
                _ if !members.contains(node) => Err(Rejection::NotAMember),
                Err(failure) => Err(Rejection::Failed(failure.clone())),
                Ok(entry) => entry.verify(request, node).map_err(Rejection::Entry),
            };
            match result {
                Ok(()) => verified.confirmed.push(*node),
                Err(rejection) => verified.rejected.push((*node, rejection)),
            }
        }
        verified
    }
}

/// What one member of the swarm says that it did.
pub trait Entry: Sized {
    /// The request that it answers.
    type Request;
    /// How many members must confirm, unless the request decides.
    const THRESHOLD: Threshold;

    /// How many members must confirm this request.
    fn threshold(_: &Self::Request) -> Threshold {
        Self::THRESHOLD
    }

    /// Verifies the entry of `node` against the client's own request.
    ///
    /// # Errors
    /// [`EntryError`].
    fn verify(&self, request: &Self::Request, node: &Ed25519PublicKey) -> Result<(), EntryError>;

    /// Writes the entry as one member of the swarm sends it to another, in bencode (§3).
    fn to_bencode(&self) -> Vec<u8>;

    /// Reads the entry of another member of the swarm.
    ///
    /// # Errors
    /// [`AnswerError`].
    fn from_bencode(bytes: &[u8]) -> Result<Self, AnswerError>;
}

/// Form of an entry on the wire.
pub(super) trait WireEntry: Sized {
    fn from_fields(fields: Fields<'_, '_>) -> Result<Self, FieldError>;
    fn to_dict(&self) -> Dict<'_>;
}

/// Why an entry proves nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// The signature is not one of this node over this answer.
    #[error("signature of the node is wrong")]
    Signature,
    /// The entry is about a message that the request did not name, or names it twice.
    #[error("answer names the message {0}, which the request does not")]
    OtherMessage(MessageHash),
    /// The entry has a message expire later than the request asked for.
    #[error("answer has the message {0} expire later than asked for")]
    OtherExpiry(MessageHash),
}

/// How many members must confirm a request so that it counts as carried out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Threshold {
    /// Half of those in the answer.
    Half,
    /// One.
    One,
    /// All of those in the answer.
    All,
}

/// Result of [`SwarmAnswer::verify`]. It proves what nodes claim, not what they did.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verified {
    confirmed: Vec<Ed25519PublicKey>,
    rejected: Vec<(Ed25519PublicKey, Rejection)>,
    absent: Vec<Ed25519PublicKey>,
    threshold: Threshold,
}

impl Verified {
    /// Members that signed that they carried out the request.
    #[must_use]
    pub fn confirmed(&self) -> &[Ed25519PublicKey] {
        &self.confirmed
    }

    /// All others in the answer.
    #[must_use]
    pub fn rejected(&self) -> &[(Ed25519PublicKey, Rejection)] {
        &self.rejected
    }

    /// Members of the swarm that the answer says nothing about. The node that answered may have left them out, or
    /// not known how to reach them: a store can be repeated at these and at the [rejected](Self::rejected).
    #[must_use]
    pub fn absent(&self) -> &[Ed25519PublicKey] {
        &self.absent
    }

    /// Whether enough members confirmed, by the rule for the method. Those that are absent do not count.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        let (yes, no) = (self.confirmed.len(), self.rejected.len());
        match self.threshold {
            _ if yes == 0 => false,
            Threshold::One => true,
            Threshold::Half => yes >= no,
            Threshold::All => no == 0,
        }
    }
}

/// Why an entry of an answer does not count.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The node is not one of the swarm, as far as the client knows.
    #[error("node is no member of the swarm")]
    NotAMember,
    /// The member failed, as the node that answered says.
    #[error("member failed")]
    Failed(#[source] MemberFailure),
    /// The member's entry does not hold.
    #[error("member's answer does not hold")]
    Entry(#[source] EntryError),
}

/// How a member of the swarm failed to carry out a request.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MemberFailure {
    /// No answer in time.
    #[error("timeout")]
    Timeout,
    /// An answer with another status than success.
    #[error("status {code}: {reason}")]
    Refused {
        /// The status, as text.
        code: String,
        /// The reason that the member gave.
        reason: String,
    },
    /// An answer that was none.
    #[error("bad answer")]
    BadResponse,
    /// The member could not carry it out.
    #[error("query failed: {reason}")]
    Query {
        /// The reason that the member gave; may be empty.
        reason: String,
    },
    /// The entry says neither how the member failed nor what it did.
    #[error("malformed entry")]
    Malformed(#[source] FieldError),
}

impl MemberFailure {
    fn from_fields(fields: Fields<'_, '_>) -> Result<Self, FieldError> {
        let text = |field| -> Result<String, FieldError> {
            let text: Option<String> = fields.optional(field)?;
            Ok(text.unwrap_or_default().chars().take(REASON_LENGTH).collect())
        };
        Ok(if fields.flag("timeout")? {
            Self::Timeout
        } else if fields.flag("bad_peer_response")? {
            Self::BadResponse
        } else if fields.get("code").is_some() {
            Self::Refused { code: text("code")?, reason: text("reason")? }
        } else {
            Self::Query { reason: text("reason")? }
        })
    }

    fn to_dict(&self) -> Dict<'_> {
        let dict = Dict::new().with("failed", true);
        match self {
            Self::Timeout => dict.with("timeout", true),
            Self::Refused { code, reason } => {
                dict.with("code", code.as_str()).with("reason", reason.as_str())
            }
            Self::BadResponse | Self::Malformed(_) => dict.with("bad_peer_response", true),
            Self::Query { reason } => dict
                .with("query_failure", true)
                .with_optional("reason", Some(reason.as_str()).filter(|text| !text.is_empty())),
        }
    }
}

/// Most entries that are read: no swarm has so many members (§2.6).
const MAX_ENTRIES: usize = 256;

/// Reads the entries. Those under a name that is no key are left out; entries that are malformed become failures, so
/// that one member cannot spoil the answer of all.
pub(super) fn from_fields<E: WireEntry>(
    fields: Fields<'_, '_>,
) -> Result<SwarmAnswer<E>, AnswerError> {
    let swarm = fields.get("swarm").and_then(Fields::of);
    let swarm = swarm.ok_or(FieldError::Missing { field: "swarm" })?;
    if swarm.len() > MAX_ENTRIES {
        return Err(FieldError::TooMany { field: "swarm", max: MAX_ENTRIES }.into());
    }
    let entry = |value| {
        let malformed = FieldError::Form { field: "swarm", expected: "an object of objects" };
        let fields = Fields::of(value).ok_or(malformed)?;
        if fields.flag("failed")? {
            return Ok(Err(MemberFailure::from_fields(fields)?));
        }
        E::from_fields(fields).map(Ok)
    };
    let entry = |value| match entry(value) {
        Ok(entry) => entry,
        Err(error) => Err(MemberFailure::Malformed(error)),
    };
    let own = swarm.iter().find(|(_, value)| is_own(value)).and_then(|(node, _)| node.parse().ok());
    let entries = swarm.iter().filter_map(|(node, value)| Some((node.parse().ok()?, entry(value))));
    let answer = SwarmAnswer::from_iter(entries);
    // Two spellings of one key are one member.
    let skipped = swarm.len().saturating_sub(answer.members.len());
    Ok(SwarmAnswer { skipped, own, ..answer })
}

/// Whether an entry is that of the node that answers: only that one has booleans.
fn is_own(entry: &Value<'_>) -> bool {
    let is_boolean = |(_, value): (_, &Value<'_>)| matches!(value, Value::Bool(_));
    Fields::of(entry).is_some_and(|fields| fields.iter().any(is_boolean))
}

/// Writes the entries.
pub(super) fn to_dict<E: WireEntry>(answer: &SwarmAnswer<E>) -> Dict<'_> {
    let mut swarm = Dict::new();
    for (node, entry) in &answer.members {
        let entry = match entry {
            Ok(entry) => entry.to_dict(),
            Err(failure) => failure.to_dict(),
        };
        let entry = if answer.own == Some(*node) { entry } else { entry.with_numbers() };
        swarm.insert(node.to_string(), Value::from(entry));
    }
    Dict::new().with("swarm", swarm)
}

/// Writes one entry.
pub(super) fn entry_to_bencode(entry: &impl WireEntry) -> Vec<u8> {
    Value::from(entry.to_dict()).to_bencode()
}

/// Reads one entry.
pub(super) fn entry_from_bencode<E: WireEntry>(bytes: &[u8]) -> Result<E, AnswerError> {
    let value = Value::from_bencode(bytes).map_err(|_| AnswerError::Syntax)?;
    Ok(E::from_fields(Fields::of(&value).ok_or(AnswerError::NoObject)?)?)
}

/// Verifies the signature of a node over its entry.
pub(super) fn verify_node(
    node: &Ed25519PublicKey,
    input: &[u8],
    signature: &Ed25519Signature,
) -> Result<(), EntryError> {
    node.verify(input, signature).map_err(|_| EntryError::Signature)
}
