//! What all requests share: the account, the authentication fields (spec 05 §5.1), the check before signing.

use alloc::vec::Vec;

use session_crypto::ed25519::Ed25519PublicKey;
use session_identity::Timestamp;

use super::{Refusal, RequestError, SignError};
use crate::{
    address::Address,
    auth::{Auth, Signer},
    limits::MAX_HASHES,
    message_hash::MessageHash,
    subaccount::SubaccountProof,
    wire::{Dict, Excerpt, FieldError, Fields, Value},
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
    let user_key = user_key(params)?;
    if user_key.is_some() && !account.is_user() {
        let text = "pubkey_ed25519 is only permitted for 05[...] pubkeys";
        return Err(FieldError::Rule { text });
    }
    let named = params.get("subaccount").is_some_and(|token| token.as_bytes() != Some(b""));
    let subaccount = if named { Some(subaccount(params)?) } else { None };
    let text = "invalid signature: expected base64 encoded Ed25519 signature";
    let signature = or_rule(params.optional("signature"), text)?;
    Ok(signature.map(|signature| Auth { user_key, signature, subaccount }))
}

/// The same with this text if the field has another form.
pub(super) fn or_rule<T>(read: Result<T, FieldError>, text: &'static str) -> Result<T, FieldError> {
    read.map_err(|error| match error {
        FieldError::Form { .. } => FieldError::Rule { text },
        other => other,
    })
}

fn user_key(params: Fields<'_, '_>) -> Result<Option<Ed25519PublicKey>, FieldError> {
    let field = "pubkey_ed25519";
    let digits = params.get(field).and_then(Value::as_bytes).map(<[u8]>::len) == Some(64);
    or_rule(
        params.optional(field),
        if digits {
            "invalid pubkey_ed25519: value is not hex"
        } else {
            "Invalid pubkey_ed25519: expected 64 hex char or 32 byte pubkey"
        },
    )
}

fn subaccount(params: Fields<'_, '_>) -> Result<SubaccountProof, FieldError> {
    let text = "invalid subaccount: expected base64 or hex-encoded subaccount token";
    let token = or_rule(params.required("subaccount"), text)?;
    let text = "invalid subaccount signature: expected base64 encoded Ed25519 signature";
    let signature = or_rule(params.optional("subaccount_sig"), text)?;
    let text = "invalid subaccount: subaccount_sig is required when using subaccount";
    Ok(SubaccountProof { token, signature: signature.ok_or(FieldError::Rule { text })? })
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
    let hash = |name: &Value<'_>| {
        let given = name.as_bytes().unwrap_or_default();
        let hash = str::from_utf8(given).ok().and_then(|text| text.parse().ok());
        hash.ok_or(FieldError::MessageHash { given: Excerpt::of(given) })
    };
    names(params)?.iter().map(hash).collect()
}

/// `messages`: one text or more.
pub(super) fn names<'v, 'a>(params: Fields<'v, 'a>) -> Result<&'v [Value<'a>], FieldError> {
    let field = "messages";
    let names = match params.get(field).ok_or(FieldError::Missing { field })? {
        Value::List(names) => names.as_slice(),
        one => core::slice::from_ref(one),
    };
    match names.len() {
        0 => Err(FieldError::Rule { text: "messages does not contain any message hashes" }),
        1..=MAX_HASHES => Ok(names),
        _ => Err(FieldError::TooMany { field, max: MAX_HASHES }),
    }
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
