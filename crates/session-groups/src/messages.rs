//! Messages of a group, written with its newest key and read with any that is held (06 §4, §10).
//!
//! [`session_envelope::group`] has the frame; here it meets the keys. *Membership is not checked*: whoever has a key
//! can write. Ask [`members::standing`](crate::members::standing) about the author.
//!
//! ```
//! use session_crypto::ed25519::Ed25519Keypair;
//! use session_envelope::content::Content;
//! use session_groups::KeyStore;
//! use session_identity::{Account, GroupId, Timestamp};
//!
//! let mut rng = session_crypto::system_rng();
//! let (group, alice) = (Ed25519Keypair::generate(&mut rng), Account::generate(&mut rng));
//! let id = GroupId::from_public_key(group.public_key());
//! let mut keys = KeyStore::new(&id, &alice.ed25519().to_x25519())?;
//! keys.set_admin_key(group.seed())?;
//! keys.rekey([alice.id()])?;
//!
//! let now = Timestamp::from_millis(1_700_000_000_000);
//! let stored = keys.encode(&Content::text("hello")?, &alice, now, &mut rng)?;
//! let received = keys.decode(&stored)?;
//! assert_eq!((received.sender(), received.content().body()), (alice.id(), Some("hello")));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use session_crypto::{ed25519::Ed25519Keypair, rand_core::CryptoRng, x25519::X25519Keypair};
use session_envelope::{
    content::Content,
    envelope::Envelope,
    group::{self, DecodeError, GroupKey, OpenError, Opened, SealError, kicked},
    received::Received,
};
use session_identity::{Account, AccountId, Timestamp};

use crate::keys::KeyStore;

/// Why a message for the group was not made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// No key was found yet, or all of them expired.
    #[error("no key of the group to encrypt with")]
    NoKey,
    /// The message cannot be sent.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// Why there is no notice of removal.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KickError {
    /// Only admins remove.
    #[error("only an admin removes members")]
    NotAdmin,
    /// There is no stored key, so that nobody reads anything anyway.
    #[error("no stored group key to remove anybody from")]
    NoKey,
    /// There is nobody to remove, or the keys of all have small order.
    #[error("nobody to send a notice of removal to")]
    NoRecipient,
}

impl KeyStore {
    /// What to store in namespace 11: `content`, written by `sender` at `sent_at`.
    ///
    /// # Errors
    /// [`EncodeError`].
    pub fn encode(
        &self,
        content: &Content,
        sender: &Account,
        sent_at: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, EncodeError> {
        Ok(group::encode(content, sender, &self.group(), self.newest()?, sent_at, rng)?)
    }

    /// As [`Self::encode`] for an envelope that is finished; draws 24 bytes.
    ///
    /// # Errors
    /// [`EncodeError`].
    pub fn seal(
        &self,
        envelope: &Envelope,
        sender: &Ed25519Keypair,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, EncodeError> {
        Ok(group::seal(envelope, sender, &self.group(), self.newest()?, rng)?)
    }

    /// What was stored in namespace 11: its content, its proven author, its time.
    ///
    /// # Errors
    /// [`DecodeError`]. If [no key fits](group::framing::OpenError::NoKeyFits), keep the message and try again
    /// when a key message brought one.
    pub fn decode(&self, stored: &[u8]) -> Result<Received, DecodeError> {
        group::decode(stored, &self.group(), self.keys())
    }

    /// As [`Self::decode`], without a look at the content. The number of the key that opened it is
    /// [`generation_at`](Self::generation_at) its [`key_index`](Opened::key_index).
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(&self, stored: &[u8]) -> Result<Opened, OpenError> {
        group::open(stored, &self.group(), self.keys())
    }

    /// Notice of removal to `members`, for namespace −11: to be made *before* the rekey that they do not get.
    /// Members whose key has small order get none. Draws 24 bytes.
    ///
    /// # Errors
    /// [`KickError`].
    pub fn kick(
        &self,
        members: &[AccountId],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, KickError> {
        let admin = self.admin_key().ok_or(KickError::NotAdmin)?;
        let generation = self.current_generation().ok_or(KickError::NoKey)?;
        let sender = admin.to_x25519();
        let can_read =
            |id: &&AccountId| sender.secret_key().diffie_hellman(&id.public_key()).is_ok();
        let members: Vec<_> = members.iter().filter(can_read).copied().collect();
        if members.is_empty() {
            return Err(KickError::NoRecipient);
        }
        kicked::seal(&members, generation.get(), admin, rng).map_err(|_| KickError::NoRecipient)
    }

    /// Whether a notice of namespace −11 removes the member whose account this is. One that is older than the
    /// newest key does not: an invitation came after it.
    ///
    /// # Errors
    /// [`kicked::KickedError`] if the bytes are no notice of this group.
    pub fn is_kicked_by(
        &self,
        notice: &[u8],
        account: &X25519Keypair,
    ) -> Result<bool, kicked::KickedError> {
        let removed_at = kicked::open(notice, account, &self.group())?;
        let current = self.current_generation().map_or(0, |generation| generation.get());
        Ok(removed_at.is_some_and(|removed_at| removed_at >= current))
    }

    fn newest(&self) -> Result<&GroupKey, EncodeError> {
        self.encryption_key().ok_or(EncodeError::NoKey)
    }
}

#[cfg(test)]
mod tests;
