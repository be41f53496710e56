//! Signatures of requests: who may sign for an account, and how a node checks it (spec 05 §6.1, §6.2).

use session_crypto::ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Signature};
use session_identity::AccountId;

use crate::{
    address::Address,
    subaccount::{Access, SubaccountProof, SubaccountSigner, SubaccountToken},
};

/// What a request shows to be allowed: the authentication fields of §5.1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "independent fields, complete by the specification")]
pub struct Auth {
    /// Ed25519 key behind the Account ID of a user; other accounts are named by their Ed25519 key itself.
    pub user_key: Option<Ed25519PublicKey>,
    /// Signature over the signed form of the request, by the account or by the subaccount.
    pub signature: Ed25519Signature,
    /// The subaccount that signed, if it was not the account.
    pub subaccount: Option<SubaccountProof>,
}

impl Auth {
    /// Checks the signature over `input`, the signed form of a request to `account` (§6.2).
    ///
    /// A subaccount must grant `required` and not be among `revoked`; the caller passes no revocations where
    /// they do not count ([`Namespace::is_unrevocable`](crate::namespace::Namespace::is_unrevocable)).
    ///
    /// # Errors
    /// [`Unauthorised`] for every failure: a finer reason would only help to guess.
    pub fn verify(
        &self,
        account: &Address,
        input: &[u8],
        required: Access,
        revoked: &[SubaccountToken],
    ) -> Result<(), Unauthorised> {
        // 1. The key of the account.
        let account_key = self.account_key(account)?;
        // 2. The key of the request.
        let request_key = match &self.subaccount {
            None => account_key,
            Some(SubaccountProof { token, signature }) => {
                if revoked.contains(token) || !token.permits(account.prefix(), required) {
                    return Err(Unauthorised);
                }
                account_key.verify(token.as_bytes(), signature).map_err(|_| Unauthorised)?;
                token.key()
            }
        };
        // 3. The request.
        request_key.verify(input, &self.signature).map_err(|_| Unauthorised)
    }

    fn account_key(&self, account: &Address) -> Result<Ed25519PublicKey, Unauthorised> {
        match self.user_key.filter(|_| account.is_user()) {
            None => Ok(Ed25519PublicKey::from_bytes(*account.key())),
            Some(key) => match key.to_x25519() {
                Ok(converted) if converted.as_bytes() == account.key() => Ok(key),
                _ => Err(Unauthorised),
            },
        }
    }
}

/// The signature of a request is wrong, or its subaccount has not the right.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("signature verification failed")]
pub struct Unauthorised;

/// Signs requests to one account.
#[derive(Clone, Debug)]
pub struct Signer<'a> {
    account: Address,
    key: Key<'a>,
}

#[derive(Clone, Debug)]
enum Key<'a> {
    /// That of the account.
    Account(&'a Ed25519Keypair),
    /// That of a subaccount.
    Subaccount(&'a SubaccountSigner),
}

impl<'a> Signer<'a> {
    /// Signer for the user with this key pair.
    #[must_use]
    pub fn user(keypair: &'a Ed25519Keypair) -> Self {
        let id = AccountId::from_public_key(keypair.to_x25519().public_key());
        Self { account: id.into(), key: Key::Account(keypair) }
    }

    /// Signer for the account with this prefix that belongs to the key pair: `03` for a closed group.
    #[must_use]
    pub fn owner(prefix: u8, keypair: &'a Ed25519Keypair) -> Self {
        if prefix == Address::USER_PREFIX {
            return Self::user(keypair);
        }
        let account = Address::of_ed25519(prefix, keypair.public_key());
        Self { account, key: Key::Account(keypair) }
    }

    /// Signer for a closed group, with the subaccount of one of its members.
    #[must_use]
    pub const fn member(subaccount: &'a SubaccountSigner) -> Self {
        Self { account: *subaccount.account(), key: Key::Subaccount(subaccount) }
    }

    /// The account.
    #[must_use]
    pub const fn account(&self) -> &Address {
        &self.account
    }

    /// Signs `input`, which should come from the `signed_input` of a request.
    #[must_use]
    pub fn sign(&self, input: &[u8]) -> Auth {
        match &self.key {
            Key::Account(keypair) => Auth {
                user_key: self.account.is_user().then(|| keypair.public_key()),
                signature: keypair.sign(input),
                subaccount: None,
            },
            Key::Subaccount(subaccount) => subaccount.sign(input),
        }
    }
}
