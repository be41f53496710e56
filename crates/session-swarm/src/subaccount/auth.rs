//! What an admin gives a member to use the group's storage, and how the member signs with it (spec 05 §6.3).
//!
//! ```text
//! admin   group seed ──mask──┐                              group key c
//!         Account ID of the member ──► k ──► k·T ──► token ──sign──► SubaccountAuth (k, signature)
//!                                                                        │
//! member  own key a, T = a·B ────────────────────────────► t = k·a, k·T ◄┘  signs requests with t
//! ```

use core::fmt;

use session_crypto::{
    blake2b::Blake2b,
    ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Signature},
    hazmat::{MultiplyError, Nonce, Scalar, ScalarKeypair},
    secret::SecretBytes,
};
use session_identity::{AccountId, GroupId};
use zeroize::Zeroizing;

use super::{Access, SubaccountProof, SubaccountToken};
use crate::{address::Address, auth::Auth};

/// Domain of the mask that hides which member a token belongs to.
const MASK_DOMAIN: &[u8; 26] = b"SessionGroupSubaccountMask";
/// Domain of the member's own secret in nonces.
const SEED_DOMAIN: &[u8; 14] = b"SubaccountSeed";
/// Domain of nonces.
const NONCE_DOMAIN: &[u8; 13] = b"SubaccountSig";

/// A member's subaccount, as the admin sends it to the member; 100 bytes: prefix ‖ access ‖ `00 00` ‖ k ‖
/// signature of the group over the token. Not checked yet: see [`Self::verify`].
///
/// The factor k is known to admins and the member only; without it nobody can tell whose the token is.
#[derive(Clone, Eq, PartialEq)]
pub struct SubaccountAuth {
    header: [u8; 4],
    factor: SecretBytes<32>,
    signature: Ed25519Signature,
}

impl SubaccountAuth {
    /// Length in bytes.
    pub const LENGTH: usize = 100;

    /// Makes the subaccount of `member`. Members get [`Access::READ`] | [`Access::WRITE`] as a rule.
    ///
    /// # Errors
    /// [`MemberKeyError`] if the Account ID is none that a subaccount can be made for.
    pub fn issue(
        group: &Ed25519Keypair,
        member: &AccountId,
        access: Access,
    ) -> Result<Self, MemberKeyError> {
        let (factor, token) = derive(group, member, access)?;
        let [prefix, access, ..] = token.to_bytes();
        Ok(Self {
            header: [prefix, access, 0, 0],
            factor: SecretBytes::from_bytes(*factor.expose_bytes()),
            signature: group.sign(token.as_bytes()),
        })
    }

    /// Checks that the subaccount is one of `group`, is that of `member`, and grants reading and all of
    /// `required`. The result signs requests.
    ///
    /// # Errors
    /// [`SubaccountAuthError`], the first that applies in the order of its variants.
    pub fn verify(
        &self,
        group: &GroupId,
        member: &Ed25519Keypair,
        required: Access,
    ) -> Result<SubaccountSigner, SubaccountAuthError> {
        let [prefix, access, ..] = self.header;
        let access = Access::from_bits(access);
        if prefix != Address::GROUP_PREFIX && !access.contains(Access::ANY_PREFIX) {
            return Err(SubaccountAuthError::Prefix { found: prefix });
        }
        if !access.contains(Access::READ | required) {
            return Err(SubaccountAuthError::Access { found: access });
        }
        let factor = scalar(&self.factor).ok_or(SubaccountAuthError::Factor)?;
        let key = factor.multiply_point(&member.public_key().absolute());
        let key = key.map_err(|_| SubaccountAuthError::Factor)?;
        let token = SubaccountToken::with_header(self.header, key);
        let verified = group.public_key().verify(token.as_bytes(), &self.signature);
        verified.map_err(|_| SubaccountAuthError::Signature)?;
        // Of the two keys with one Account ID, the token is made from the one with sign bit 0.
        let secret = Scalar::of_keypair(member).with_sign_of(&member.public_key());
        Ok(SubaccountSigner {
            account: (*group).into(),
            proof: SubaccountProof { token, signature: self.signature },
            keypair: ScalarKeypair::from_scalar(factor.multiply(&secret)),
            nonce_key: SecretBytes::from_bytes(
                Blake2b::keyed(SEED_DOMAIN).chain(member.seed().expose_bytes()).finalize(),
            ),
        })
    }

    /// Takes the bytes as they are.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 100]) -> Self {
        let (header, rest) = bytes.split_first_chunk().unwrap_or((&[0; 4], &[]));
        let (factor, signature) = rest.split_first_chunk().unwrap_or((&[0; 32], &[]));
        let signature = signature.first_chunk().unwrap_or(&[0; 64]);
        Self {
            header: *header,
            factor: SecretBytes::from_bytes(*factor),
            signature: Ed25519Signature::from_bytes(*signature),
        }
    }

    /// The 100 bytes, for the one member that they are for.
    #[must_use]
    pub fn expose_bytes(&self) -> Zeroizing<[u8; 100]> {
        let mut bytes = Zeroizing::new([0; 100]);
        let parts = [&self.header[..], self.factor.expose_bytes(), self.signature.as_bytes()];
        bytes.iter_mut().zip(parts.into_iter().flatten()).for_each(|(to, from)| *to = *from);
        bytes
    }
}

/// Reads 100 bytes.
impl TryFrom<&[u8]> for SubaccountAuth {
    type Error = SubaccountAuthLengthError;

    fn try_from(bytes: &[u8]) -> Result<Self, SubaccountAuthLengthError> {
        let length = SubaccountAuthLengthError { found: bytes.len() };
        bytes.try_into().map(Self::from_bytes).map_err(|_| length)
    }
}

impl fmt::Debug for SubaccountAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubaccountAuth(..)")
    }
}

impl SubaccountToken {
    /// Token of the subaccount of `member`, for the group's admins: to revoke it, for example.
    ///
    /// # Errors
    /// [`MemberKeyError`] if the Account ID is none that a subaccount can be made for.
    pub fn derive(
        group: &Ed25519Keypair,
        member: &AccountId,
        access: Access,
    ) -> Result<Self, MemberKeyError> {
        Ok(derive(group, member, access)?.1)
    }

    const fn with_header(header: [u8; 4], key: Ed25519PublicKey) -> Self {
        let mut bytes = [0; 36];
        let [a, b, c, d, to_key @ ..] = &mut bytes;
        [*a, *b, *c, *d] = header;
        *to_key = key.to_bytes();
        Self::from_bytes(bytes)
    }
}

/// The member's factor and token.
fn derive(
    group: &Ed25519Keypair,
    member: &AccountId,
    access: Access,
) -> Result<(Scalar, SubaccountToken), MemberKeyError> {
    let group_id = GroupId::from_public_key(group.public_key());
    let mask: Zeroizing<[u8; 32]> =
        Zeroizing::new(Blake2b::keyed(MASK_DOMAIN).chain(group.seed().expose_bytes()).finalize());
    let wide: Zeroizing<[u8; 64]> = Zeroizing::new(
        Blake2b::keyed(&mask).chain(&member.to_bytes()).chain(&group_id.to_bytes()).finalize(),
    );
    let factor = Scalar::reduce(&wide);
    let key = factor.multiply_point(&member.public_key().to_ed25519())?;
    Ok((factor, SubaccountToken::new(Address::GROUP_PREFIX, access, key)))
}

/// The one scalar with these bytes, `None` if they are not below the group's order.
fn scalar(bytes: &SecretBytes<32>) -> Option<Scalar> {
    let mut wide = Zeroizing::new([0; 64]);
    wide.iter_mut().zip(bytes.expose_bytes()).for_each(|(to, from)| *to = *from);
    let scalar = Scalar::reduce(&wide);
    let canonical = SecretBytes::from_bytes(*scalar.expose_bytes()) == *bytes;
    canonical.then_some(scalar)
}

/// A member's checked subaccount: signs requests to the group's swarm.
#[derive(Clone)]
pub struct SubaccountSigner {
    account: Address,
    proof: SubaccountProof,
    keypair: ScalarKeypair,
    nonce_key: SecretBytes<32>,
}

impl SubaccountSigner {
    /// The group.
    #[must_use]
    pub const fn account(&self) -> &Address {
        &self.account
    }

    /// The token.
    #[must_use]
    pub const fn token(&self) -> &SubaccountToken {
        &self.proof.token
    }

    /// Signs `input`, which should come from the `signed_input` of a request.
    #[must_use]
    pub fn sign(&self, input: &[u8]) -> Auth {
        let hash: Zeroizing<[u8; 64]> = Zeroizing::new(
            Blake2b::keyed(NONCE_DOMAIN)
                .chain(self.nonce_key.expose_bytes())
                .chain(self.keypair.public_key().as_bytes())
                .chain(input)
                .finalize(),
        );
        let signature = self.keypair.sign_with_nonce(input, Nonce::reduce(&hash));
        Auth { user_key: None, signature, subaccount: Some(self.proof) }
    }
}

impl fmt::Debug for SubaccountSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SubaccountSigner").field(&self.proof.token).finish()
    }
}

/// The bytes are not 100.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("subaccount of {found} bytes, expected 100")]
pub struct SubaccountAuthLengthError {
    /// Bytes that were given.
    pub found: usize,
}

/// The Account ID has no key that a subaccount can be made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("account id of the member is refused")]
pub struct MemberKeyError(#[from] MultiplyError);

/// Why a subaccount is not one that the member can use.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SubaccountAuthError {
    /// It is for accounts that are no groups.
    #[error("subaccount is for accounts with prefix {found:02x}")]
    Prefix {
        /// The prefix.
        found: u8,
    },
    /// It does not grant what is needed.
    #[error("subaccount grants only {:#04x}", found.bits())]
    Access {
        /// What it grants.
        found: Access,
    },
    /// Its factor is no scalar below the group order, or zero.
    #[error("factor of the subaccount is no scalar")]
    Factor,
    /// It is not this member's, or not of this group, or altered.
    #[error("subaccount is not one of this group for this member")]
    Signature,
}

#[cfg(test)]
mod tests;
