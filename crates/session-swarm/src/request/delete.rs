//! `delete` (spec 05 §5.4).

use alloc::vec::Vec;

use super::{
    Circumstances, Method, Refusal, SignError,
    common::{auth, joined, messages, present, signed_request, with_auth},
};
use crate::{
    address::Address,
    auth::{Auth, Signer},
    message_hash::MessageHash,
    subaccount::Access,
    wire::{Dict, FieldError, Fields, Kind, Value},
};

/// Deletes messages by their names, in whatever namespaces they are.
///
/// It carries no time, so that anybody who saw it can send it again. That is harmless as long as the same
/// bytes are not stored again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeleteRequest {
    account: Address,
    messages: Vec<MessageHash>,
    required: bool,
    auth: Option<Auth>,
}

const TYPES: [(&str, Kind); 7] = [
    ("messages", Kind::Texts),
    ("pubkey", Kind::Text),
    ("pubkey_ed25519", Kind::Text),
    ("required", Kind::Flag),
    ("signature", Kind::Text),
    ("subaccount", Kind::Text),
    ("subaccount_sig", Kind::Text),
];

signed_request!(DeleteRequest, |_request| &[]);

impl DeleteRequest {
    /// Request to delete these messages.
    #[must_use]
    pub const fn new(account: Address, messages: Vec<MessageHash>) -> Self {
        Self { account, messages, required: false, auth: None }
    }

    /// Asks for status 404 if no member had any of the messages.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// What the signature covers: `delete` ‖ the names, in their order.
    #[must_use]
    pub fn signed_input(&self) -> Vec<u8> {
        [&b"delete"[..], &joined(&self.messages)].concat()
    }

    /// Names of the messages.
    #[must_use]
    pub fn messages(&self) -> &[MessageHash] {
        &self.messages
    }

    /// Whether the client asks for status 404 if nothing was deleted anywhere.
    #[must_use]
    pub const fn is_required(&self) -> bool {
        self.required
    }

    pub(super) fn from_params(params: Fields<'_, '_>) -> Result<Self, FieldError> {
        params.check_types(&TYPES)?;
        let messages = messages(params)?;
        let account = params.required("pubkey")?;
        Ok(Self {
            account,
            messages,
            required: params.flag("required")?,
            auth: auth(params, &account)?,
        })
    }

    pub(super) fn to_params(&self) -> Dict<'_> {
        self.to_forwarded().with_optional("required", self.required.then_some(true))
    }

    /// Whether something was deleted anywhere is for the node to find that the client asked (§3).
    pub(super) fn to_forwarded(&self) -> Dict<'_> {
        let params = Dict::new()
            .with("pubkey", self.account)
            .with("messages", self.messages.iter().copied().collect::<Value<'_>>());
        with_auth(params, self.auth.as_ref())
    }

    pub(super) fn check(&self, circumstances: &Circumstances<'_>) -> Result<(), Refusal> {
        let auth = present(self.auth.as_ref())?;
        let input = self.signed_input();
        circumstances.verify(Method::Delete, auth, &self.account, &input, Access::DELETE)
    }
}
