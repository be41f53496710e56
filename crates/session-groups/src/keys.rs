//! The keys of a group: made by admins, handed out in key messages, kept by every device (06 §3).
//!
//! ```text
//!          rekey                 store, load_message
//! members ──────► PendingKey ─────────────────────────► stored keys ── prune ──► 60 days after they were replaced
//!                  encrypts       the others' messages ──►  newest encrypts, all decrypt
//! ```
//!
//! An admin makes a key by [`KeyStore::rekey`]: a function of the members, the number of the key and the group's
//! secret, so that two admins who agree make the same bytes. If they do not agree there are two keys of one
//! number; all devices keep both, and [`KeyStore::needs_rekey`] asks admins for the next. Whoever joins gets
//! older keys by [`KeyStore::supplement`].
//!
//! Nothing here sends, or reads a clock: the time of a key is the time at which its message was stored.
//!
//! ```
//! use session_config::StoredHash;
//! use session_crypto::ed25519::Ed25519Keypair;
//! use session_groups::keys::{KeyStore, Loaded};
//! use session_identity::{Account, GroupId, Timestamp};
//!
//! let mut rng = session_crypto::system_rng();
//! let group = Ed25519Keypair::generate(&mut rng);
//! let id = GroupId::from_public_key(group.public_key());
//! let (alice, bob) = (Account::generate(&mut rng), Account::generate(&mut rng));
//!
//! let mut admin = KeyStore::new(&id, &alice.ed25519().to_x25519())?;
//! admin.set_admin_key(group.seed())?;
//! let message = admin.rekey([alice.id(), bob.id()])?;
//!
//! // Both find it in namespace 12 of the group's swarm.
//! let (stored, at) = (StoredHash::new("a name"), Timestamp::from_millis(1_700_000_000_000));
//! let mut member = KeyStore::new(&id, &bob.ed25519().to_x25519())?;
//! assert_eq!(member.load_message(&message, stored.clone(), at)?, Loaded::New);
//! assert_eq!(admin.load_message(&message, stored, at)?, Loaded::New);
//! assert_eq!(member.keys(), admin.keys());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Security
//! Whoever has the group's secret opens every key message that is still stored, and all later ones. A node of
//! the swarm says when a message was stored: it can decide which of two keys of one number encrypts, or have old
//! keys dropped. A time from the future is best cut before it is passed in.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use session_config::{StoredHash, encryption::ConfigKey};
use session_crypto::{
    aead::XChaCha20Key,
    ed25519::{Ed25519KeyError, Ed25519Keypair, Ed25519Seed, VerifyingKey},
    multi_box,
    x25519::X25519Keypair,
};
use session_envelope::group::GroupKey;
use session_identity::GroupId;

mod dump;
mod generation;
mod load;
mod message;
mod numbered;
mod rekey;
mod supplement;

pub use dump::LoadError;
pub use generation::{Generation, GenerationRangeError};
pub use load::Loaded;
pub use message::{KeyMessageError, MAX_MESSAGE_LENGTH};
use numbered::NumberedKey;
pub use numbered::RecordError;
pub use rekey::{MAX_RECIPIENTS, PendingKey, RekeyError};
pub use supplement::SupplementError;

/// Domain of the boxes in which members get keys.
const MEMBER_DOMAIN: &[u8] = b"SessionGroupKeyMemberKey";
/// Domain of the hashes from which keys and nonces come.
const GENERATION_DOMAIN: &[u8; 18] = b"SessionGroupKeyGen";

/// The keys of one group on one device.
#[derive(Clone)]
pub struct KeyStore {
    group: GroupId,
    verifying_key: VerifyingKey,
    /// Opens the entries of key messages that are for the account of this device.
    entry_key: XChaCha20Key,
    admin: Option<Admin>,
    /// Ascending, none twice.
    stored: Vec<NumberedKey>,
    pending: Option<PendingKey>,
    /// All keys in the order in which they are tried.
    newest_first: Vec<GroupKey>,
    /// Names of the key messages to keep alive.
    active: BTreeMap<Generation, BTreeSet<StoredHash>>,
    needs_dump: bool,
}

impl KeyStore {
    /// Store without a key, for the member whose account this is.
    ///
    /// # Errors
    /// [`Ed25519KeyError`] if the group's id is no key.
    pub fn new(group: &GroupId, account: &X25519Keypair) -> Result<Self, Ed25519KeyError> {
        let verifying_key = group.check()?;
        let sender = group.public_key().to_x25519()?;
        // Every point that has an X25519 form agrees on something.
        let entry_key = multi_box::key_from(account, &sender, MEMBER_DOMAIN)
            .map_err(|_| Ed25519KeyError::SmallOrder)?;
        Ok(Self {
            group: *group,
            verifying_key,
            entry_key,
            admin: None,
            stored: Vec::new(),
            pending: None,
            newest_first: Vec::new(),
            active: BTreeMap::new(),
            needs_dump: false,
        })
    }

    /// Makes this the store of an admin, who has the group's secret. Changes nothing if it is one already.
    ///
    /// # Errors
    /// [`ForeignSecret`] if the secret is that of another group.
    pub fn set_admin_key(&mut self, seed: Ed25519Seed) -> Result<(), ForeignSecret> {
        let keypair = Ed25519Keypair::from_seed(seed);
        if keypair.public_key() != self.group.public_key() {
            return Err(ForeignSecret);
        }
        self.admin.get_or_insert_with(|| Admin { x25519: keypair.to_x25519(), keypair });
        Ok(())
    }

    /// The group.
    #[must_use]
    pub const fn group(&self) -> GroupId {
        self.group
    }

    /// Key that verifies what the group's admins sign.
    #[must_use]
    pub const fn verifying_key(&self) -> VerifyingKey {
        self.verifying_key
    }

    /// Whether this device has the group's secret, which is what makes an admin.
    #[must_use]
    pub const fn is_admin(&self) -> bool {
        self.admin.is_some()
    }

    /// Key pair of the group, if this device has it: signs requests and control messages.
    #[must_use]
    pub fn admin_key(&self) -> Option<&Ed25519Keypair> {
        self.admin.as_ref().map(|admin| &admin.keypair)
    }

    /// All keys, newest first and the pending one before all: the first encrypts, each may decrypt.
    #[must_use]
    pub fn keys(&self) -> &[GroupKey] {
        &self.newest_first
    }

    /// The same for the configs of the group.
    pub fn config_keys(&self) -> impl Iterator<Item = ConfigKey> {
        self.newest_first.iter().map(|key| ConfigKey::from_bytes(*key.expose_bytes()))
    }

    /// Whether there is no key, stored or pending: before the first message, or if all of them expired.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.newest_first.is_empty()
    }

    /// The key that encrypts.
    #[must_use]
    pub fn encryption_key(&self) -> Option<&GroupKey> {
        self.newest_first.first()
    }

    /// Number of the key at `index` of [`Self::keys`].
    #[must_use]
    pub fn generation_at(&self, index: usize) -> Option<Generation> {
        let pending = self.pending.iter().map(PendingKey::generation);
        let stored = self.stored.iter().rev().map(|key| key.generation);
        pending.chain(stored).nth(index)
    }

    /// Number of the newest key that is stored; a pending one does not count.
    #[must_use]
    pub fn current_generation(&self) -> Option<Generation> {
        self.stored.last().map(|key| key.generation)
    }

    /// The key that was made here and whose message was not loaded yet.
    #[must_use]
    pub const fn pending(&self) -> Option<&PendingKey> {
        self.pending.as_ref()
    }

    /// Whether there are two newest keys, because two admins made one at the same time: an admin is to merge
    /// keys, info and members, and then to make the next.
    #[must_use]
    pub fn needs_rekey(&self) -> bool {
        let newest_two = self.stored.last_chunk().map(|pair: &[_; 2]| pair.each_ref());
        self.is_admin() && newest_two.is_some_and(|[one, two]| one.generation == two.generation)
    }

    /// Names of the key messages whose life in the storage is to be extended on every poll, each once.
    pub fn active_hashes(&self) -> impl Iterator<Item = &StoredHash> {
        // One supplement holds keys of several numbers.
        let hashes: BTreeSet<_> = self.active.values().flatten().collect();
        hashes.into_iter()
    }

    /// Whether a message of this name was taken before and is still of use.
    pub(crate) fn is_active(&self, name: &StoredHash) -> bool {
        self.active.values().any(|names| names.contains(name))
    }

    /// Whether something changed since the last [`Self::dump`].
    #[must_use]
    pub const fn needs_dump(&self) -> bool {
        self.needs_dump
    }

    /// After a change of the stored keys or the pending one.
    fn refresh_keys(&mut self) {
        let pending = self.pending.iter().map(PendingKey::key);
        let stored = self.stored.iter().rev().map(|key| &key.key);
        self.newest_first = pending.chain(stored).cloned().collect();
    }
}

impl fmt::Debug for KeyStore {
    /// Shows the group and how many keys there are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyStore")
            .field("group", &self.group)
            .field("is_admin", &self.is_admin())
            .field("keys", &self.newest_first.len())
            .finish_non_exhaustive()
    }
}

/// The secret belongs to another group.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("secret belongs to another group")]
pub struct ForeignSecret;

/// The group's secret, with what is computed from it.
#[derive(Clone)]
struct Admin {
    keypair: Ed25519Keypair,
    x25519: X25519Keypair,
}

impl Admin {
    /// What makes keys and nonces unpredictable for everybody else.
    fn generation_secret(&self) -> Ed25519Seed {
        self.keypair.seed().derive(b"SessionGroupKeySeed")
    }

    /// Key of the copy of each key that is for admins.
    fn wrapping_key(&self) -> XChaCha20Key {
        let hash = self.keypair.seed().derive(b"SessionGroupKeyAdminKey");
        XChaCha20Key::from_bytes(*hash.expose_bytes())
    }
}

#[cfg(test)]
mod tests;
