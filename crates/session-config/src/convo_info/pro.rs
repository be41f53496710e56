//! What is known of the other one's Pro, beside how far the conversation is read (07 §13).

use session_identity::{Timestamp, pro::RevocationTag};

use super::{Conversation, ConvoInfoVolatile};
use crate::{
    config::Config,
    data::{Dict, Value},
    fields,
};

/// The proof of Pro that the other one showed last.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a pair that is set as one")]
pub struct ProNote {
    /// When the proof ends.
    pub expires_at: Timestamp,
    /// By which the backend revokes the proof.
    pub revocation_tag: RevocationTag,
}

impl ProNote {
    fn read(dict: &Dict) -> Option<Self> {
        let expires_at = proof_expiry(dict)?;
        Some(Self { expires_at, revocation_tag: RevocationTag::from_bytes(dict.array(b"g")?) })
    }
}

/// When the proof in an entry ends. It is written in seconds; clients of before spring 2026 write milliseconds (07 §13).
pub(super) fn proof_expiry(entry: &Dict) -> Option<Timestamp> {
    let expiry = entry.positive(b"e")?;
    let is_millis = expiry > 1_000_000_000_000;
    Some(if is_millis { Timestamp::from_millis(expiry) } else { fields::from_seconds(expiry) })
}

/// The value of the end of a proof.
pub(super) fn expiry_value(expires_at: Option<Timestamp>) -> Option<Value> {
    fields::seconds(expires_at)
}

impl Config<ConvoInfoVolatile> {
    /// The proof of Pro that the other one of a conversation showed last.
    #[must_use]
    pub fn pro_note(&self, conversation: &Conversation) -> Option<ProNote> {
        let (kind, id) = conversation.path();
        ProNote::read(self.entry(&[kind, &id])?)
    }

    /// Remembers the other one's proof of Pro, whose end is kept to the second, or forgets it; one that ends before second 1
    /// is none. How far the conversation is read stays as it is. An archived conversation is synchronised again with the
    /// note, as long as the proof lasts.
    pub fn set_pro_note(&mut self, conversation: &Conversation, note: Option<&ProNote>) {
        let note = note.filter(|note| note.expires_at.as_secs() > 0);
        let (kind, id) = conversation.path();
        let path: [&[u8]; 2] = [kind, &id];
        if note.is_some() {
            self.restore_archived(&path);
        } else if self.local.0.at(&path).is_some() {
            self.local.0.assign(&[kind, &id, b"e"], None);
            self.local.0.assign(&[kind, &id, b"g"], None);
            self.mark_for_dump();
        }
        let expiry = expiry_value(note.map(|note| note.expires_at));
        let tag = note.map(|note| Value::from(note.revocation_tag.as_bytes().as_slice()));
        self.assign(&[kind, &id, b"e"], expiry);
        self.assign(&[kind, &id, b"g"], tag);
        if note.is_some() {
            self.mark_blinding(conversation);
        }
    }
}
