//! Which of the known accounts a blinded id belongs to (01 §8.3).

use alloc::collections::BTreeMap;

use session_crypto::ed25519::Ed25519PublicKey;

use super::{BlindError, ServerPublicKey};
use crate::id::{AccountId, Blinded15Id, Blinded25Id, BlindedId};

/// Whether `blinded` is the blinded id of `account` on `server`; for a `15` id, either of the two candidates.
///
/// To ask this of many ids, build a [`Matcher`].
///
/// # Errors
/// [`BlindError`] if no account can have this id.
pub fn matches(
    account: &AccountId,
    blinded: &BlindedId,
    server: &ServerPublicKey,
) -> Result<bool, BlindError> {
    Ok(match blinded {
        BlindedId::Blinded15(id) => Blinded15Id::candidates(account, server)?.contains(id),
        BlindedId::Blinded25(id) => Blinded25Id::of_account(account, server)? == *id,
    })
}

/// Finds the accounts to which the blinded ids of one server belong.
///
/// Each account that is put in costs two point multiplications, each look-up none.
#[derive(Clone, Debug)]
pub struct Matcher {
    server: ServerPublicKey,
    /// By the `15` key without its sign, which the Account ID does not show.
    by_15: BTreeMap<Ed25519PublicKey, AccountId>,
    by_25: BTreeMap<Ed25519PublicKey, AccountId>,
}

impl Matcher {
    /// Matcher for `server` that knows no account yet.
    #[must_use]
    pub const fn new(server: ServerPublicKey) -> Self {
        Self { server, by_15: BTreeMap::new(), by_25: BTreeMap::new() }
    }

    /// Puts an account in.
    ///
    /// # Errors
    /// [`BlindError`] if no account can have this id; nothing is changed then.
    pub fn insert(&mut self, account: AccountId) -> Result<(), BlindError> {
        let [candidate, _] = Blinded15Id::candidates(&account, &self.server)?;
        let exact = Blinded25Id::of_account(&account, &self.server)?;
        self.by_15.insert(candidate.absolute().public_key(), account);
        self.by_25.insert(exact.public_key(), account);
        Ok(())
    }

    /// The account whose blinded id this is, if it was put in.
    #[must_use]
    pub fn find(&self, blinded: &BlindedId) -> Option<AccountId> {
        match blinded {
            BlindedId::Blinded15(id) => self.by_15.get(&id.absolute().public_key()),
            BlindedId::Blinded25(id) => self.by_25.get(&id.public_key()),
        }
        .copied()
    }
}
