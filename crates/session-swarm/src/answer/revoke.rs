//! Entry of `revoke_subaccount` and `unrevoke_subaccount` (spec 05 §5.10).

use alloc::{string::ToString, vec::Vec};

use session_crypto::ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Signature};

use super::{
    AnswerError, readable,
    swarm::{self, Entry, EntryError, Threshold, WireEntry, verify_node},
};
use crate::{
    limits::MAX_REVOCATIONS,
    request::RevokeRequest,
    subaccount::SubaccountToken,
    wire::{Dict, FieldError, Fields, FromField, Value},
};

/// Answer of `revoked_subaccounts`: the tokens that the node knows to be revoked. Not authenticated.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct RevokedSubaccountsAnswer {
    /// The tokens.
    pub tokens: Vec<SubaccountToken>,
    /// Number of those that were left out because they are not tokens.
    pub skipped: usize,
}

impl From<Vec<SubaccountToken>> for RevokedSubaccountsAnswer {
    fn from(tokens: Vec<SubaccountToken>) -> Self {
        Self { tokens, skipped: 0 }
    }
}

impl RevokedSubaccountsAnswer {
    pub(super) fn from_fields(fields: Fields<'_, '_>) -> Result<Self, FieldError> {
        let field = "revoked_subaccounts";
        match fields.get(field) {
            Some(Value::List(items)) if items.len() <= MAX_REVOCATIONS => {
                let token = |item: &Value<'_>| {
                    SubaccountToken::from_field(item).map_err(|misfit| misfit.of(field))
                };
                let (tokens, skipped) = readable(items, token);
                Ok(Self { tokens, skipped })
            }
            Some(Value::List(_)) => Err(FieldError::TooMany { field, max: MAX_REVOCATIONS }),
            _ => Err(FieldError::Missing { field }),
        }
    }

    pub(super) fn to_dict(&self) -> Dict<'_> {
        let tokens = self.tokens.iter().copied().collect::<Value<'_>>();
        Dict::new().with("revoked_subaccounts", tokens)
    }
}

/// A member's word that it took note of a revocation, or of its end.
///
/// It signs account ‖ time of the request ‖ tokens. Deployed nodes give it even where they kept nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevokeEntry {
    count: Option<u64>,
    signature: Ed25519Signature,
}

impl RevokeEntry {
    /// Entry of the member `node`.
    #[must_use]
    pub fn sign(node: &Ed25519Keypair, request: &RevokeRequest) -> Self {
        Self { count: None, signature: node.sign(&signed_input(request)) }
    }

    /// The entry with the number of revocations that were ended. Not signed.
    #[must_use]
    pub const fn with_count(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    /// How many revocations were ended, if the member says it.
    #[must_use]
    pub const fn count(&self) -> Option<u64> {
        self.count
    }
}

fn signed_input(request: &RevokeRequest) -> Vec<u8> {
    let (account, time) = (request.account().to_string(), request.timestamp().to_string());
    [account.as_bytes(), time.as_bytes(), &request.joined_tokens()].concat()
}

impl Entry for RevokeEntry {
    type Request = RevokeRequest;
    const THRESHOLD: Threshold = Threshold::All;

    fn verify(&self, request: &RevokeRequest, node: &Ed25519PublicKey) -> Result<(), EntryError> {
        verify_node(node, &signed_input(request), &self.signature)
    }

    fn to_bencode(&self) -> Vec<u8> {
        swarm::entry_to_bencode(self)
    }

    fn from_bencode(bytes: &[u8]) -> Result<Self, AnswerError> {
        swarm::entry_from_bencode(bytes)
    }
}

impl WireEntry for RevokeEntry {
    fn from_fields(fields: Fields<'_, '_>) -> Result<Self, FieldError> {
        Ok(Self { count: fields.lenient("count"), signature: fields.required("signature")? })
    }

    fn to_dict(&self) -> Dict<'_> {
        Dict::new().with_optional("count", self.count).with("signature", self.signature)
    }
}
