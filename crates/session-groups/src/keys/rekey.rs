//! A new key and the message that hands it out (06 §3.2).

use std::{collections::BTreeSet, fmt};

use session_bt::encode_dict;
use session_crypto::{aead::XChaCha20Nonce, blake2b::Blake2b, deterministic, multi_box};
use session_envelope::group::GroupKey;
use session_identity::AccountId;
use zeroize::Zeroizing;

use super::{
    Admin, GENERATION_DOMAIN, Generation, KeyStore, MEMBER_DOMAIN,
    message::{COPIES_MULTIPLE, COPY_LENGTH},
};

/// Most members for whom a key message has room: 33 times 45 copies of 51 bytes, within what a swarm stores.
/// Clients take no more than 100 (06 §7).
pub const MAX_RECIPIENTS: usize = 1485;

/// Domain of the hash from which the copies for nobody come.
const JUNK_DOMAIN: &[u8; 23] = b"SessionGroupJunkMembers";

/// A key that was made and not found in the storage yet. It encrypts already.
#[derive(Clone, Eq, PartialEq)]
pub struct PendingKey {
    pub(super) message: Vec<u8>,
    pub(super) generation: Generation,
    pub(super) key: GroupKey,
}

impl PendingKey {
    /// The key message, to be stored in namespace 12.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// Number of the key.
    #[must_use]
    pub const fn generation(&self) -> Generation {
        self.generation
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &GroupKey {
        &self.key
    }
}

impl fmt::Debug for PendingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingKey").field("generation", &self.generation).finish_non_exhaustive()
    }
}

/// Why there is no new key. Nothing changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RekeyError {
    /// Only admins make keys.
    #[error("only an admin makes group keys")]
    NotAdmin,
    /// No message has room for so many copies.
    #[error("group key for {found} members, at most {MAX_RECIPIENTS} are possible")]
    TooManyMembers {
        /// Number of members.
        found: usize,
    },
    /// The newest key has the highest number.
    #[error("no group key comes after generation {}", Generation::MAX)]
    LastGeneration,
}

impl KeyStore {
    /// Makes the next key, for these members: all that are in the list, also admins and those who are invited.
    /// Order and repetitions do not matter. The result is the message for namespace 12; until it is
    /// [loaded](Self::load_message) the key is [pending](Self::pending), and encrypts already.
    ///
    /// Nothing is drawn: the same members, number and group make the same message. Of two calls before a
    /// message is loaded the second counts. Members whose key has small order get no copy.
    ///
    /// # Errors
    /// [`RekeyError`].
    pub fn rekey(
        &mut self,
        members: impl IntoIterator<Item = AccountId>,
    ) -> Result<Vec<u8>, RekeyError> {
        let admin = self.admin.as_ref().ok_or(RekeyError::NotAdmin)?;
        let members: BTreeSet<_> = members.into_iter().collect();
        if members.len() > MAX_RECIPIENTS {
            return Err(RekeyError::TooManyMembers { found: members.len() });
        }
        let generation = match self.current_generation() {
            None => Generation::FIRST,
            Some(current) => current.successor().ok_or(RekeyError::LastGeneration)?,
        };
        let (key, message) = admin.make_key(&members, generation);
        self.pending = Some(PendingKey { message: message.clone(), generation, key });
        self.refresh_keys();
        self.needs_dump = true;
        Ok(message)
    }
}

impl Admin {
    fn make_key(
        &self,
        members: &BTreeSet<AccountId>,
        generation: Generation,
    ) -> (GroupKey, Vec<u8>) {
        // H1: the key, then the nonce of everything in the message.
        let hash = Zeroizing::new(self.hash(members, generation));
        let (key, rest) = hash.split_first_chunk().unwrap_or((&[0; 32], &[]));
        let nonce = XChaCha20Nonce::from_bytes(*rest.first_chunk().unwrap_or(&[0; 24]));
        let copies = self.copies(members, key, &nonce);
        let missing = copies.len().next_multiple_of(COPIES_MULTIPLE * COPY_LENGTH) - copies.len();
        let junk = deterministic::bytes(&self.junk_seed(&hash), missing);
        let message = encode_dict(|dict| {
            dict.bytes(b"#", nonce.as_bytes());
            dict.integer(b"G", i64::from(generation));
            dict.bytes(b"K", &self.wrapping_key().encrypt(&nonce, key));
            dict.list(b"k", |list| {
                let all = copies.chunks(COPY_LENGTH).chain(junk.chunks(COPY_LENGTH));
                all.for_each(|copy| list.bytes(copy));
            });
            let signature = self.keypair.sign(dict.unfinished());
            dict.bytes(b"~", signature.as_bytes());
        });
        (GroupKey::from_bytes(*key), message)
    }

    fn hash(&self, members: &BTreeSet<AccountId>, generation: Generation) -> [u8; 56] {
        let mut hash = Blake2b::keyed(GENERATION_DOMAIN);
        members.iter().for_each(|member| hash.update(member.to_string().as_bytes()));
        hash.chain(generation.to_string().as_bytes())
            .chain(self.generation_secret().expose_bytes())
            .finalize()
    }

    /// The key for every member, end to end.
    fn copies(
        &self,
        members: &BTreeSet<AccountId>,
        key: &[u8; 32],
        nonce: &XChaCha20Nonce,
    ) -> Vec<u8> {
        let mut copies = Vec::with_capacity(members.len() * COPY_LENGTH);
        for member in members {
            // Nobody can have a key of small order: there is nobody to give a copy to.
            if let Ok(own) = multi_box::key_to(&self.x25519, &member.public_key(), MEMBER_DOMAIN) {
                own.encrypt_into(nonce, key, &mut copies);
            }
        }
        copies
    }

    fn junk_seed(&self, hash: &[u8; 56]) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(
            Blake2b::keyed(JUNK_DOMAIN)
                .chain(hash)
                .chain(self.keypair.seed().expose_bytes())
                .chain(self.keypair.public_key().as_bytes())
                .finalize(),
        )
    }
}
