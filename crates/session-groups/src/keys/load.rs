//! Messages of namespace 12 become keys; old keys go (06 §3.4, §3.5).

use std::time::Duration;

use session_config::StoredHash;
use session_crypto::multi_box;
use session_envelope::group::GroupKey;
use session_identity::{AccountId, Timestamp};
use zeroize::Zeroizing;

use super::{
    Generation, KeyStore, MEMBER_DOMAIN, NumberedKey,
    message::{Body, KeyMessage, KeyMessageError},
    supplement,
};

/// How long the keys of a number are kept when those of the next are stored.
const KEY_LIFETIME: Duration = Duration::from_secs(60 * 86_400);

/// Names that are kept for one number. A message has one name, but a node can say others: what it says must not
/// grow without end.
const MAX_NAMES: usize = 1000;

/// What a key message was good for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Loaded {
    /// It had a key that was not stored here: what did not open before may open now, and the configs of the
    /// group take [`KeyStore::config_keys`].
    New,
    /// Its keys were known already, or are so old that nobody keeps them.
    Known,
    /// It is a message of the group and has nothing for this device.
    NotForUs,
}

impl KeyStore {
    /// Takes a message that was found in namespace 12 under the name `stored`, where it was put at `stored_at`.
    /// In any order, and any number of times. On an error nothing has changed.
    ///
    /// # Errors
    /// [`KeyMessageError`]: size, form and signature are checked before anything is decrypted.
    pub fn load_message(
        &mut self,
        message: &[u8],
        stored: StoredHash,
        stored_at: Timestamp,
    ) -> Result<Loaded, KeyMessageError> {
        let message = KeyMessage::parse(message)?;
        self.verifying_key
            .verify(message.signed, &message.signature)
            .map_err(|_| KeyMessageError::Signature)?;
        let keys = self.decrypt(&message, stored_at)?;
        let Some(first) = keys.first() else {
            self.remember(message.generation, &stored);
            self.prune();
            self.needs_dump = true;
            return Ok(Loaded::NotForUs);
        };
        self.settle_pending(first);
        let mut loaded = Loaded::Known;
        for key in keys {
            if self.insert(key, &stored) {
                loaded = Loaded::New;
            }
        }
        self.refresh_keys();
        Ok(loaded)
    }

    /// The number of a key message, the highest one of a supplement, and which of these accounts it hands keys to.
    /// For admins, who share the secret with which each copy was made; `None` for others.
    pub(crate) fn recipients_among(
        &self,
        message: &[u8],
        accounts: &[AccountId],
    ) -> Option<(Generation, Vec<AccountId>)> {
        let admin = self.admin.as_ref()?;
        let message = KeyMessage::parse(message).ok()?;
        let copies: Vec<&[u8]> = match &message.body {
            Body::Rekey { for_members, .. } => {
                for_members.iter().map(|copy| copy.as_slice()).collect()
            }
            Body::Supplement { boxes } => boxes.clone(),
        };
        let is_listed = |id: &AccountId| {
            let own = multi_box::key_to(&admin.x25519, &id.public_key(), MEMBER_DOMAIN);
            let copies = copies.iter().copied();
            own.is_ok_and(|own| own.decrypt_first(&message.nonce, copies).is_some())
        };
        let listed = accounts.iter().copied().filter(|id| is_listed(id)).collect();
        Some((message.generation, listed))
    }

    /// The keys of a signed message that are for this device.
    fn decrypt(
        &self,
        message: &KeyMessage<'_>,
        stored_at: Timestamp,
    ) -> Result<Vec<NumberedKey>, KeyMessageError> {
        let nonce = &message.nonce;
        let key = match (&message.body, &self.admin) {
            (Body::Rekey { for_admins, .. }, Some(admin)) => {
                let key = admin.wrapping_key().decrypt(nonce, *for_admins);
                Some(key.map_err(|_| KeyMessageError::AdminCopy)?)
            }
            (Body::Rekey { for_members, .. }, None) => {
                let copies = for_members.iter().map(|copy| copy.as_slice());
                self.entry_key.decrypt_first(nonce, copies)
            }
            // Admins get all keys from the messages that made them.
            (Body::Supplement { .. }, Some(_)) => None,
            (Body::Supplement { boxes }, None) => {
                return Ok(supplement::open(boxes, &self.entry_key, nonce)?.unwrap_or_default());
            }
        };
        let key = key.map(Zeroizing::new).and_then(|key| GroupKey::from_slice(&key).ok());
        let generation = message.generation;
        Ok(key.map(|key| NumberedKey { generation, stored_at, key }).into_iter().collect())
    }

    /// The pending key is pending no more if it was found, or if others went on without it.
    fn settle_pending(&mut self, found: &NumberedKey) {
        let settled = self
            .pending
            .take_if(|pending| found.generation > pending.generation || found.key == pending.key);
        self.needs_dump |= settled.is_some();
    }

    /// Whether the key is new.
    fn insert(&mut self, key: NumberedKey, stored: &StoredHash) -> bool {
        let is_known = self.stored.iter().any(|known| known.is_same(&key));
        if !is_known {
            if self.is_stale(&key) {
                return false;
            }
            let place = self.stored.partition_point(|known| *known < key);
            self.stored.insert(place, key.clone());
            self.needs_dump = true;
        }
        self.needs_dump |= self.remember(key.generation, stored);
        self.prune();
        !is_known
    }

    /// Whether the name of a message to keep alive is new.
    fn remember(&mut self, generation: Generation, stored: &StoredHash) -> bool {
        let names = self.active.entry(generation).or_default();
        names.len() < MAX_NAMES && names.insert(stored.clone())
    }

    /// Whether the key is one that was dropped before.
    fn is_stale(&self, key: &NumberedKey) -> bool {
        let (Some(first), Some(last)) = (self.stored.first(), self.stored.last()) else {
            return false;
        };
        key.generation < first.generation && is_replaced_since(first, last)
    }

    /// Drops the keys that were replaced long ago, counted from the newest key and not from today.
    fn prune(&mut self) {
        while let (Some(first), Some(last)) = (self.stored.first(), self.stored.last()) {
            let generation = first.generation;
            // The first of the next number is the oldest of it.
            let next = self.stored.partition_point(|key| key.generation == generation);
            if !self.stored.get(next).is_some_and(|next| is_replaced_since(next, last)) {
                break;
            }
            self.stored.drain(..next);
            self.needs_dump = true;
        }
        match self.stored.first() {
            Some(first) => self.active = self.active.split_off(&first.generation),
            None => self.active.clear(),
        }
    }
}

/// Whether `successor` had replaced the keys before it for longer than these are kept when `last` was stored.
fn is_replaced_since(successor: &NumberedKey, last: &NumberedKey) -> bool {
    successor.stored_at.checked_add(KEY_LIFETIME).is_some_and(|end| end < last.stored_at)
}
