//! Entry of `store` (spec 05 §5.2).

use alloc::vec::Vec;

use session_crypto::ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Signature};
use session_identity::Timestamp;

use super::{
    AnswerError,
    swarm::{self, Entry, EntryError, Threshold, WireEntry, verify_node},
};
use crate::{
    message_hash::MessageHash,
    request::StoreRequest,
    wire::{Dict, FieldError, Fields},
};

/// A member's word that it holds the message. It signs the 43 characters of the hash and nothing else.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoreEntry {
    hash: MessageHash,
    expiry: Timestamp,
    already: bool,
    time: Option<Timestamp>,
    signature: Ed25519Signature,
}

impl StoreEntry {
    /// Entry of the member `node`, which now holds the message until `expiry`.
    #[must_use]
    pub fn sign(node: &Ed25519Keypair, hash: MessageHash, expiry: Timestamp) -> Self {
        Self { hash, expiry, already: false, time: None, signature: node.sign(hash.as_bytes()) }
    }

    /// The entry of a member that held the message before.
    #[must_use]
    pub const fn already(mut self) -> Self {
        self.already = true;
        self
    }

    /// The entry with the time of the member, which the deployed node that gets a request adds to its own.
    #[must_use]
    pub const fn at(mut self, now: Timestamp) -> Self {
        self.time = Some(now);
        self
    }

    /// Name of the message.
    #[must_use]
    pub const fn hash(&self) -> MessageHash {
        self.hash
    }

    /// When the member will forget the message. Not signed.
    #[must_use]
    pub const fn expiry(&self) -> Timestamp {
        self.expiry
    }

    /// Whether the member held the message before. Not signed.
    #[must_use]
    pub const fn was_there(&self) -> bool {
        self.already
    }
}

impl Entry for StoreEntry {
    type Request = StoreRequest;
    const THRESHOLD: Threshold = Threshold::Half;

    fn verify(&self, request: &StoreRequest, node: &Ed25519PublicKey) -> Result<(), EntryError> {
        if self.hash != request.message_hash() {
            return Err(EntryError::OtherMessage(self.hash));
        }
        verify_node(node, self.hash.as_bytes(), &self.signature)
    }

    fn to_bencode(&self) -> Vec<u8> {
        swarm::entry_to_bencode(self)
    }

    fn from_bencode(bytes: &[u8]) -> Result<Self, AnswerError> {
        swarm::entry_from_bencode(bytes)
    }
}

impl WireEntry for StoreEntry {
    fn from_fields(fields: Fields<'_, '_>) -> Result<Self, FieldError> {
        Ok(Self {
            hash: fields.required("hash")?,
            expiry: fields.required("expiry")?,
            // Neither is signed, and an odd one shall not cost what is.
            already: fields.lenient("already").unwrap_or(false),
            time: fields.lenient("t"),
            signature: fields.required("signature")?,
        })
    }

    fn to_dict(&self) -> Dict<'_> {
        Dict::new()
            .with("hash", self.hash)
            .with("expiry", self.expiry)
            .with("signature", self.signature)
            .with_optional("already", self.already.then_some(true))
            .with_optional("t", self.time)
    }
}
