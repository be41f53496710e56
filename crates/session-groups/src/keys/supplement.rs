//! Keys that exist, for those who join (06 §3.3).

use session_bt::{Reader, encode_dict, encode_list_with_capacity};
use session_crypto::{
    aead::{TAG_LENGTH, XChaCha20Key, XChaCha20Nonce},
    blake2b::Blake2b,
    multi_box,
};
use session_identity::AccountId;
use zeroize::Zeroizing;

use super::{
    Admin, GENERATION_DOMAIN, KeyStore, MAX_MESSAGE_LENGTH, MEMBER_DOMAIN, NumberedKey,
    RecordError, numbered::MAX_RECORD_LENGTH,
};

/// Keys in one message, at most: what one box can hold. More than a group has in the 60 days that it keeps them.
const MAX_KEYS: usize = 800;
/// Bytes of a message without its boxes, at most: nonce, number, signature.
const MAX_FRAME: usize = 200;
/// Bytes that a box adds to the list of keys: the length in front, the authenticator.
const BOX_OVERHEAD: usize = 6 + TAG_LENGTH;

/// Why there is no supplement.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SupplementError {
    /// Only admins hand out keys.
    #[error("only an admin hands out group keys")]
    NotAdmin,
    /// There is no stored key; the pending one is in its own message.
    #[error("no stored group key to hand out")]
    NoKey,
    /// There are no recipients, or the keys of all have small order.
    #[error("nobody to hand out group keys to")]
    NoRecipient,
}

impl KeyStore {
    /// Gives all stored keys to `recipients`, so that they read what was written before. The pending key is not
    /// among them: for a member who joins, this comes before [`Self::rekey`]. The results are messages for
    /// namespace 12, several if one would be too long.
    ///
    /// Nothing is drawn: the same keys and recipients, in the same order, make the same messages. How many keys
    /// and recipients there are can be seen by the swarm.
    ///
    /// # Errors
    /// [`SupplementError`].
    pub fn supplement(&self, recipients: &[AccountId]) -> Result<Vec<Vec<u8>>, SupplementError> {
        let admin = self.admin.as_ref().ok_or(SupplementError::NotAdmin)?;
        if self.stored.is_empty() {
            return Err(SupplementError::NoKey);
        }
        let mut messages = Vec::new();
        for keys in self.stored.chunks(MAX_KEYS) {
            let records = write(keys);
            let length = records.len() + BOX_OVERHEAD;
            let boxes = ((MAX_MESSAGE_LENGTH - MAX_FRAME) / length).max(1);
            messages.extend(
                recipients.chunks(boxes).filter_map(|some| admin.hand_out(keys, &records, some)),
            );
        }
        if messages.is_empty() { Err(SupplementError::NoRecipient) } else { Ok(messages) }
    }
}

impl Admin {
    /// One message; `None` if none of the recipients can have a box.
    fn hand_out(
        &self,
        keys: &[NumberedKey],
        records: &[u8],
        recipients: &[AccountId],
    ) -> Option<Vec<u8>> {
        let mut hash = Blake2b::keyed(GENERATION_DOMAIN);
        recipients.iter().for_each(|id| hash.update(id.to_string().as_bytes()));
        hash.update(records);
        hash.update(self.generation_secret().expose_bytes());
        let nonce = XChaCha20Nonce::from_bytes(hash.finalize());
        let seal = |id: &AccountId| {
            let key = multi_box::key_to(&self.x25519, &id.public_key(), MEMBER_DOMAIN).ok()?;
            Some(key.encrypt(&nonce, records))
        };
        let boxes: Vec<_> = recipients.iter().filter_map(seal).collect();
        let highest = keys.last().filter(|_| !boxes.is_empty())?.generation;
        Some(encode_dict(|dict| {
            dict.bytes(b"#", nonce.as_bytes());
            dict.list(b"+", |list| boxes.iter().for_each(|sealed| list.bytes(sealed)));
            dict.integer(b"G", i64::from(highest));
            let signature = self.keypair.sign(dict.unfinished());
            dict.bytes(b"~", signature.as_bytes());
        }))
    }
}

/// The list of keys that each recipient gets.
fn write(keys: &[NumberedKey]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(encode_list_with_capacity(2 + keys.len() * MAX_RECORD_LENGTH, |list| {
        keys.iter().for_each(|key| key.write(list));
    }))
}

/// The keys in the first of `boxes` that opens, `None` if none does.
pub(super) fn open(
    boxes: &[&[u8]],
    key: &XChaCha20Key,
    nonce: &XChaCha20Nonce,
) -> Result<Option<Vec<NumberedKey>>, RecordError> {
    let Some(records) = key.decrypt_first(nonce, boxes.iter().copied()) else {
        return Ok(None);
    };
    let records = Zeroizing::new(records);
    let mut reader = Reader::new(&records);
    let keys = NumberedKey::read_list(reader.value()?.list()?)?;
    reader.finish()?;
    Ok(Some(keys))
}
