//! The authentication fields, which all requests share (spec 05 §5.1).

use crate::{
    address::Address,
    auth::Auth,
    subaccount::SubaccountProof,
    wire::{Dict, FieldError, Fields, Value},
};

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

/// Adds the authentication fields.
pub(super) fn with_auth<'a>(params: Dict<'a>, auth: Option<&Auth>) -> Dict<'a> {
    let subaccount = auth.and_then(|auth| auth.subaccount);
    params
        .with_optional("pubkey_ed25519", auth.and_then(|auth| auth.user_key))
        .with_optional("signature", auth.map(|auth| auth.signature))
        .with_optional("subaccount", subaccount.map(|proof| Value::from(proof.token)))
        .with_optional("subaccount_sig", subaccount.map(|proof| proof.signature))
}
