//! Entry of `expire`, answer of `get_expiries` (spec 05 §5.7, §5.9).

use alloc::{collections::BTreeMap, format, string::ToString, vec::Vec};

use session_crypto::ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Signature};
use session_identity::Timestamp;

use super::{
    AnswerError,
    delete::sorted_subset,
    swarm::{self, Entry, EntryError, Threshold, WireEntry, verify_node},
};
use crate::{
    message_hash::MessageHash,
    request::{ExpireMode, ExpireRequest, joined},
    wire::{Dict, FieldError, Fields, Value},
};

/// A member's word on when messages expire now.
///
/// It signs account ‖ expiries ‖ the names of the request ‖ the changed names, sorted ‖ each unchanged name with
/// its expiry. Each member cuts the expiry by its own clock, so that members may differ.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExpireEntry {
    updated: Vec<MessageHash>,
    expiry: Expiry,
    unchanged: Option<BTreeMap<MessageHash, Timestamp>>,
    signature: Ed25519Signature,
}

/// The expiry that was set.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Expiry {
    /// The same for all, even if none was changed.
    All(Timestamp),
    /// One for each of the changed messages.
    Each(Vec<Timestamp>),
}

impl Expiry {
    fn as_slice(&self) -> &[Timestamp] {
        match self {
            Self::All(expiry) => core::slice::from_ref(expiry),
            Self::Each(expiries) => expiries,
        }
    }
}

impl ExpireEntry {
    /// Entry of the member `node`, which set the expiries of these messages, to the time that is theirs in
    /// `updated` or, if there is one time for all in the request, to `expiry`.
    ///
    /// `unchanged` are the messages that it has and that the direction of the request kept as they are.
    #[must_use]
    pub fn sign(
        node: &Ed25519Keypair,
        request: &ExpireRequest,
        expiry: Timestamp,
        updated: &BTreeMap<MessageHash, Timestamp>,
        unchanged: BTreeMap<MessageHash, Timestamp>,
    ) -> Self {
        let expiry = if request.is_for_each() {
            Expiry::Each(updated.values().copied().collect())
        } else {
            Expiry::All(expiry)
        };
        let updated: Vec<MessageHash> = updated.keys().copied().collect();
        // Only the request with a direction asks for it.
        let unchanged = (request.mode() != ExpireMode::Set).then_some(unchanged);
        let input = signed_input(request, &updated, &expiry, unchanged.as_ref());
        Self { updated, expiry, unchanged, signature: node.sign(&input) }
    }

    /// The messages that were changed, with their expiry.
    pub fn updated(&self) -> impl Iterator<Item = (MessageHash, Timestamp)> {
        self.updated.iter().copied().zip(self.expiry.as_slice().iter().copied().cycle())
    }

    /// The messages that the member has and did not change, with their expiry.
    pub fn unchanged(&self) -> impl Iterator<Item = (MessageHash, Timestamp)> {
        self.unchanged.iter().flatten().map(|(hash, expiry)| (*hash, *expiry))
    }
}

fn signed_input(
    request: &ExpireRequest,
    sorted: &[MessageHash],
    expiry: &Expiry,
    unchanged: Option<&BTreeMap<MessageHash, Timestamp>>,
) -> Vec<u8> {
    let mut input = request.account().to_string().into_bytes();
    expiry.as_slice().iter().for_each(|expiry| input.extend(expiry.to_string().into_bytes()));
    input.extend(joined(request.messages()));
    input.extend(joined(sorted));
    for (hash, expiry) in unchanged.into_iter().flatten() {
        input.extend(format!("{hash}{expiry}").into_bytes());
    }
    input
}

impl Entry for ExpireEntry {
    type Request = ExpireRequest;
    const THRESHOLD: Threshold = Threshold::All;

    fn verify(&self, request: &ExpireRequest, node: &Ed25519PublicKey) -> Result<(), EntryError> {
        sorted_subset(&self.updated, request.messages())?;
        let mut updated: Vec<_> = self.updated().collect();
        updated.sort_unstable();
        let asked: BTreeMap<MessageHash, Timestamp> = request.iter().collect();
        // A node cuts the time that was asked for; it never lengthens it.
        let longer = |(hash, expiry): &(_, _)| asked.get(hash).is_none_or(|asked| expiry > asked);
        if let Some((hash, _)) = updated.iter().find(|update| longer(update)) {
            return Err(EntryError::OtherExpiry(*hash));
        }
        let foreign = self.unchanged.iter().flatten().find(|(hash, _)| !asked.contains_key(hash));
        if let Some((hash, _)) = foreign {
            return Err(EntryError::OtherMessage(*hash));
        }
        let sorted: Vec<_> = updated.iter().map(|(hash, _)| *hash).collect();
        let expiry = match &self.expiry {
            Expiry::All(expiry) => Expiry::All(*expiry),
            Expiry::Each(_) => Expiry::Each(updated.iter().map(|(_, expiry)| *expiry).collect()),
        };
        let input = signed_input(request, &sorted, &expiry, self.unchanged.as_ref());
        verify_node(node, &input, &self.signature)
    }

    fn to_bencode(&self) -> Vec<u8> {
        swarm::entry_to_bencode(self)
    }

    fn from_bencode(bytes: &[u8]) -> Result<Self, AnswerError> {
        swarm::entry_from_bencode(bytes)
    }
}

impl WireEntry for ExpireEntry {
    fn from_fields(fields: Fields<'_, '_>) -> Result<Self, FieldError> {
        let updated: Vec<MessageHash> = fields.required("updated")?;
        let expiry = match fields.get("expiry") {
            Some(Value::List(expiries)) if expiries.len() != updated.len() => {
                let expected = "one time for each updated message";
                return Err(FieldError::Form { field: "expiry", expected });
            }
            Some(Value::List(_)) => {
                let expiries: Vec<u64> = fields.required("expiry")?;
                Expiry::Each(expiries.into_iter().map(Timestamp::from_millis).collect())
            }
            _ => Expiry::All(fields.required("expiry")?),
        };
        let unchanged = fields.get("unchanged").map(|value| expiries(value, "unchanged"));
        let unchanged = unchanged.transpose()?;
        Ok(Self { updated, expiry, unchanged, signature: fields.required("signature")? })
    }

    fn to_dict(&self) -> Dict<'_> {
        let expiry = match &self.expiry {
            Expiry::All(expiry) => (*expiry).into(),
            Expiry::Each(expiries) => expiries.iter().copied().collect::<Value<'_>>(),
        };
        Dict::new()
            .with("updated", self.updated.iter().copied().collect::<Value<'_>>())
            .with("expiry", expiry)
            .with_optional("unchanged", self.unchanged.as_ref().map(expiries_dict))
            .with("signature", self.signature)
    }
}

/// Answer of `get_expiries`: when the messages that the node has expire. Not authenticated.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ExpiriesAnswer {
    /// The expiries, by the names of the messages.
    pub expiries: BTreeMap<MessageHash, Timestamp>,
    /// Number of those that were left out because they are not a time under a message hash.
    pub skipped: usize,
}

impl From<BTreeMap<MessageHash, Timestamp>> for ExpiriesAnswer {
    fn from(expiries: BTreeMap<MessageHash, Timestamp>) -> Self {
        Self { expiries, skipped: 0 }
    }
}

impl ExpiriesAnswer {
    pub(super) fn from_fields(fields: Fields<'_, '_>) -> Result<Self, FieldError> {
        let missing = FieldError::Missing { field: "expiries" };
        let fields = fields.get("expiries").and_then(Fields::of).ok_or(missing)?;
        let expiries: BTreeMap<_, _> = fields.iter().filter_map(expiry).collect();
        let skipped = fields.len().saturating_sub(expiries.len());
        Ok(Self { expiries, skipped })
    }

    pub(super) fn to_dict(&self) -> Dict<'_> {
        Dict::new().with("expiries", expiries_dict(&self.expiries))
    }
}

/// Reads `{hash: time, …}` of an entry, all of which is signed.
fn expiries(
    value: &Value<'_>,
    field: &'static str,
) -> Result<BTreeMap<MessageHash, Timestamp>, FieldError> {
    let form = FieldError::Form { field, expected: "times by message hash" };
    let fields = Fields::of(value).ok_or(form)?;
    fields.iter().map(expiry).collect::<Option<_>>().ok_or(form)
}

fn expiry((name, value): (&str, &Value<'_>)) -> Option<(MessageHash, Timestamp)> {
    let time = u64::try_from(value.as_integer()?).ok()?;
    Some((name.parse().ok()?, Timestamp::from_millis(time)))
}

/// Writes `{hash: time, …}`.
fn expiries_dict(expiries: &BTreeMap<MessageHash, Timestamp>) -> Dict<'_> {
    let mut dict = Dict::new();
    for (hash, expiry) in expiries {
        dict.insert(hash.as_str(), *expiry);
    }
    dict
}
