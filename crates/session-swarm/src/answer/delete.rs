//! Entries of `delete`, and of the requests over whole namespaces (spec 05 §5.4 to §5.6, §5.8).

use alloc::{collections::BTreeMap, string::ToString, vec::Vec};

use session_crypto::ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Signature};

use super::{
    AnswerError,
    swarm::{self, Entry, EntryError, Threshold, WireEntry, verify_node},
};
use crate::{
    message_hash::MessageHash,
    namespace::Namespace,
    request::{DeleteRequest, Sweep, SweepRequest, joined},
    wire::{Dict, FieldError, Fields, FromField, Value},
};

/// A member's word on which of the messages of a `delete` it had, and has deleted.
///
/// It signs account ‖ the names of the request ‖ the names it deleted, sorted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeleteEntry {
    deleted: Vec<MessageHash>,
    signature: Ed25519Signature,
}

impl DeleteEntry {
    /// Entry of the member `node`, which deleted these messages in whatever order.
    #[must_use]
    pub fn sign(
        node: &Ed25519Keypair,
        request: &DeleteRequest,
        mut deleted: Vec<MessageHash>,
    ) -> Self {
        deleted.sort_unstable();
        let signature = node.sign(&Self::signed_input(request, &deleted));
        Self { deleted, signature }
    }

    /// The messages that the member deleted.
    #[must_use]
    pub fn deleted(&self) -> &[MessageHash] {
        &self.deleted
    }

    fn signed_input(request: &DeleteRequest, sorted: &[MessageHash]) -> Vec<u8> {
        let account = request.account().to_string();
        [account.as_bytes(), &joined(request.messages()), &joined(sorted)].concat()
    }
}

impl Entry for DeleteEntry {
    type Request = DeleteRequest;
    const THRESHOLD: Threshold = Threshold::One;

    fn verify(&self, request: &DeleteRequest, node: &Ed25519PublicKey) -> Result<(), EntryError> {
        let sorted = sorted_subset(&self.deleted, request.messages())?;
        verify_node(node, &Self::signed_input(request, &sorted), &self.signature)
    }

    fn to_bencode(&self) -> Vec<u8> {
        swarm::entry_to_bencode(self)
    }

    fn from_bencode(bytes: &[u8]) -> Result<Self, AnswerError> {
        swarm::entry_from_bencode(bytes)
    }
}

impl WireEntry for DeleteEntry {
    fn from_fields(fields: Fields<'_, '_>) -> Result<Self, FieldError> {
        let (deleted, signature) = (fields.required("deleted")?, fields.required("signature")?);
        Ok(Self { deleted, signature })
    }

    fn to_dict(&self) -> Dict<'_> {
        let deleted = self.deleted.iter().copied().collect::<Value<'_>>();
        Dict::new().with("deleted", deleted).with("signature", self.signature)
    }
}

/// The hashes in byte order, after a check that all of them were asked for, each once.
pub(super) fn sorted_subset(
    hashes: &[MessageHash],
    requested: &[MessageHash],
) -> Result<Vec<MessageHash>, EntryError> {
    let mut requested = requested.to_vec();
    requested.sort_unstable();
    let mut sorted = hashes.to_vec();
    sorted.sort_unstable();
    let foreign = sorted.iter().find(|hash| requested.binary_search(hash).is_err());
    let twice = sorted.windows(2).find_map(|pair| match pair {
        [one, other] if one == other => Some(one),
        _ => None,
    });
    match foreign.or(twice) {
        Some(hash) => Err(EntryError::OtherMessage(*hash)),
        None => Ok(sorted),
    }
}

/// The messages that a member deleted or changed in whole namespaces.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "nothing lies between one namespace and all")]
pub enum SweptMessages {
    /// Of the one namespace of the request.
    One(Vec<MessageHash>),
    /// Of all namespaces.
    All(BTreeMap<Namespace, Vec<MessageHash>>),
}

impl SweptMessages {
    /// The messages of all namespaces together.
    pub fn iter(&self) -> impl Iterator<Item = &MessageHash> {
        let (one, all) = match self {
            Self::One(hashes) => (Some(hashes), None),
            Self::All(hashes) => (None, Some(hashes.values())),
        };
        one.into_iter().chain(all.into_iter().flatten()).flatten()
    }

    /// Puts the messages of each namespace in byte order.
    fn sorted(mut self) -> Self {
        match &mut self {
            Self::One(hashes) => hashes.sort_unstable(),
            Self::All(hashes) => hashes.values_mut().for_each(|hashes| hashes.sort_unstable()),
        }
        self
    }

    fn from_value(value: &Value<'_>, field: &'static str) -> Result<Self, FieldError> {
        let form =
            FieldError::Form { field, expected: "a list of hashes, or one for each namespace" };
        let hashes = |value: &Value<'_>| match value {
            Value::List(_) => Vec::from_field(value).map_err(|_| form),
            _ => Err(form),
        };
        let Some(namespaces) = Fields::of(value) else { return hashes(value).map(Self::One) };
        let namespaces = namespaces.iter().map(|(name, value)| {
            let number: i16 = name.parse().map_err(|_| form)?;
            Ok((Namespace::new(number), hashes(value)?))
        });
        // An empty list says nothing, and would take more memory than its text.
        let says_something = |namespace: &Result<(_, Vec<_>), _>| !matches!(namespace, Ok((_, hashes)) if hashes.is_empty());
        namespaces.filter(says_something).collect::<Result<_, _>>().map(Self::All)
    }

    fn to_value(&self) -> Value<'_> {
        let list = |hashes: &[MessageHash]| hashes.iter().copied().collect::<Value<'_>>();
        match self {
            Self::One(hashes) => list(hashes),
            Self::All(namespaces) => {
                let mut dict = Dict::new();
                for (namespace, hashes) in namespaces {
                    dict.insert(namespace.to_string(), list(hashes));
                }
                dict.into()
            }
        }
    }
}

/// A member's word on which messages it deleted, or had expire earlier, in whole namespaces.
///
/// It signs account ‖ time of the request ‖ the names, sorted together across namespaces.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SweepEntry {
    field: &'static str,
    messages: SweptMessages,
    signature: Ed25519Signature,
}

impl SweepEntry {
    /// Entry of the member `node`, which deleted or changed these messages, in whatever order.
    #[must_use]
    pub fn sign(node: &Ed25519Keypair, request: &SweepRequest, messages: SweptMessages) -> Self {
        let messages = messages.sorted();
        let signature = node.sign(&Self::signed_input(request, &messages));
        Self { field: request.sweep().entry_field(), messages, signature }
    }

    /// The messages.
    #[must_use]
    pub const fn messages(&self) -> &SweptMessages {
        &self.messages
    }

    fn signed_input(request: &SweepRequest, messages: &SweptMessages) -> Vec<u8> {
        let mut sorted: Vec<MessageHash> = messages.iter().copied().collect();
        sorted.sort_unstable();
        let (account, time) = (request.account().to_string(), request.time().to_string());
        [account.as_bytes(), time.as_bytes(), &joined(&sorted)].concat()
    }
}

impl Entry for SweepEntry {
    type Request = SweepRequest;
    const THRESHOLD: Threshold = Threshold::One;

    fn threshold(request: &SweepRequest) -> Threshold {
        match request.sweep() {
            Sweep::DeleteAll | Sweep::DeleteBefore => Threshold::One,
            Sweep::ExpireAll => Threshold::All,
        }
    }

    fn verify(&self, request: &SweepRequest, node: &Ed25519PublicKey) -> Result<(), EntryError> {
        verify_node(node, &Self::signed_input(request, &self.messages), &self.signature)
    }

    fn to_bencode(&self) -> Vec<u8> {
        swarm::entry_to_bencode(self)
    }

    fn from_bencode(bytes: &[u8]) -> Result<Self, AnswerError> {
        swarm::entry_from_bencode(bytes)
    }
}

impl WireEntry for SweepEntry {
    fn from_fields(fields: Fields<'_, '_>) -> Result<Self, FieldError> {
        let fields_of_entries = [Sweep::DeleteAll, Sweep::ExpireAll].map(Sweep::entry_field);
        let found =
            fields_of_entries.into_iter().find_map(|field| Some((field, fields.get(field)?)));
        let (field, value) = found.ok_or(FieldError::Missing { field: "deleted" })?;
        let messages = SweptMessages::from_value(value, field)?;
        Ok(Self { field, messages, signature: fields.required("signature")? })
    }

    fn to_dict(&self) -> Dict<'_> {
        Dict::new().with(self.field, self.messages.to_value()).with("signature", self.signature)
    }
}
