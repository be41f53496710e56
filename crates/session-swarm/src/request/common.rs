//! What all requests share: the account, the authentication fields (spec 05 §5.1), the check before signing.

use alloc::vec::Vec;

use session_identity::Timestamp;

use super::{Refusal, RequestError, SignError};
use crate::{
    address::Address,
    auth::{Auth, Signer},
    limits::MAX_HASHES,
    message_hash::MessageHash,
    subaccount::SubaccountProof,
    wire::{Dict, FieldError, Fields, Value},
};

/// What is the same in every request whose signature covers nothing but its own fields. `$times` are those among
/// them that are times.
macro_rules! signed_request {
    ($request:ident, |$this:ident| $times:expr) => {
        impl $request {
            /// The request with a signature.
            ///
            /// # Errors
            /// [`SignError::OtherAccount`], and [`SignError::Time`] if the signature covers a time.
            pub fn sign(self, signer: &Signer<'_>) -> Result<Self, SignError> {
                let $this = &self;
                $crate::request::common::check_signing(signer, &self.account, $times)?;
                let auth = signer.sign(&self.signed_input());
                Ok(self.with_auth(auth))
            }

            /// The request with a signature that was made elsewhere.
            #[must_use]
            pub const fn with_auth(mut self, auth: Auth) -> Self {
                self.auth = Some(auth);
                self
            }

            /// Account that the request is about.
            #[must_use]
            pub const fn account(&self) -> &Address {
                &self.account
            }

            /// The signature, if there is one.
            #[must_use]
            pub const fn auth(&self) -> Option<&Auth> {
                self.auth.as_ref()
            }
        }
    };
}
pub(super) use signed_request;

/// `pubkey`, or its old name.
pub(super) fn account_with_alias(params: Fields<'_, '_>) -> Result<Address, FieldError> {
    params.optional_alias("pubkey", "pubKey")?.ok_or(FieldError::Missing { field: "pubkey" })
}

/// The authentication of a request to `account`, `None` if there is no signature.
pub(super) fn optional_auth(
    params: Fields<'_, '_>,
    account: &Address,
) -> Result<Option<Auth>, FieldError> {
    let user_key = params.optional("pubkey_ed25519")?;
    if user_key.is_some() && !account.is_user() {
        let expected = "permitted for this account";
        return Err(FieldError::Form { field: "pubkey_ed25519", expected });
    }
    let named = params.get("subaccount").is_some_and(|token| token.as_bytes() != Some(b""));
    let subaccount = if named {
        let (token, signature) =
            (params.required("subaccount")?, params.required("subaccount_sig")?);
        Some(SubaccountProof { token, signature })
    } else {
        None
    };
    let signature = params.optional("signature")?;
    Ok(signature.map(|signature| Auth { user_key, signature, subaccount }))
}

/// The authentication of a request that always has one.
pub(super) fn auth(params: Fields<'_, '_>, account: &Address) -> Result<Option<Auth>, FieldError> {
    match optional_auth(params, account)? {
        None => Err(FieldError::Missing { field: "signature" }),
        auth => Ok(auth),
    }
}

/// The authentication of a request that a node is to carry out. Only a request that was built here and not
/// signed has none.
pub(super) fn present(auth: Option<&Auth>) -> Result<&Auth, Refusal> {
    let missing = FieldError::Missing { field: "signature" };
    auth.ok_or(Refusal::Malformed(RequestError::Field(missing)))
}

/// Adds the authentication fields.
pub(super) fn with_auth<'a>(params: Dict<'a>, auth: Option<&Auth>) -> Dict<'a> {
    let subaccount = auth.and_then(|auth| auth.subaccount);
    params
        .with_optional("pubkey_ed25519", auth.and_then(|auth| auth.user_key))
        .with_optional("signature", auth.map(|auth| auth.signature))
        .with_optional("subaccount", subaccount.map(|proof| Value::from(proof.token)))
        .with_optional("subaccount_sig", subaccount.map(|proof| proof.signature))
}

/// `messages`: one hash or more.
pub(super) fn messages(params: Fields<'_, '_>) -> Result<Vec<MessageHash>, FieldError> {
    let messages: Vec<MessageHash> = params.required_list("messages", MAX_HASHES)?;
    if messages.is_empty() {
        let expected = "a list of at least one hash";
        return Err(FieldError::Form { field: "messages", expected });
    }
    Ok(messages)
}

/// The hashes one after the other, as they are signed.
pub(crate) fn joined<'a>(hashes: impl IntoIterator<Item = &'a MessageHash>) -> Vec<u8> {
    hashes.into_iter().flat_map(MessageHash::as_bytes).copied().collect()
}

/// What every request checks before it is signed: the account, and that its times have 13 digits.
pub(super) fn check_signing(
    signer: &Signer<'_>,
    account: &Address,
    times: &[Timestamp],
) -> Result<(), SignError> {
    if signer.account() != account {
        return Err(SignError::OtherAccount);
    }
    let odd =
        |time: &&Timestamp| !(1_000_000_000_000..10_000_000_000_000).contains(&time.as_millis());
    times.iter().find(odd).map_or(Ok(()), |time| Err(SignError::Time(*time)))
}
