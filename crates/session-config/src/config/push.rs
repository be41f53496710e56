//! From a revision to what is stored: compress, pad, split, encrypt, wrap (07 §6.1, §7).

use session_identity::Timestamp;
use zeroize::Zeroizing;

use super::{Config, State, StoredHash, SyncedType};
use crate::{
    compression,
    data::{MAX_VALUES, max_values},
    encryption::{self, ConfigKey},
    message::{MAX_SEQNO, Message},
    multipart::{self, MAX_SPLIT_LENGTH, MAX_STORED_LENGTH},
    padding,
};

/// What to store and what to delete then.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Push {
    seqno: i64,
    messages: Vec<Vec<u8>>,
    obsolete: Vec<StoredHash>,
}

impl Push {
    /// Number of the revision, for [`Config::confirm_pushed`].
    #[must_use]
    pub const fn seqno(&self) -> i64 {
        self.seqno
    }

    /// The messages to store, one or several parts. A push of which not all could be stored is not confirmed.
    #[must_use]
    pub fn messages(&self) -> &[Vec<u8>] {
        &self.messages
    }

    /// Stored messages to delete once all of [`Self::messages`] are stored. They are handed out once.
    #[must_use]
    pub fn obsolete(&self) -> &[StoredHash] {
        &self.obsolete
    }
}

/// Why nothing can be pushed. The object is as it was before.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// The object of a group has no key.
    #[error("config has no key to encrypt with")]
    NoKey,
    /// There were so many revisions that nobody accepts another one (07 §18). Only a hostile device counts so far.
    #[error("no seqno is left")]
    Exhausted,
    /// The data do not even fit a message in parts.
    #[error("config data of {length} bytes is too large")]
    TooLarge {
        /// Length of the compressed and padded message.
        length: usize,
    },
    /// The data have more values than any device accepts (07 §4.2).
    #[error("config of {count} values and changes is too large")]
    TooManyValues {
        /// Dict entries, set elements and changes of diffs, at all depths.
        count: usize,
    },
}

impl<T: SyncedType> Config<T> {
    /// What is to be stored for the current revision. A dirty object is waiting for confirmation afterwards; of
    /// a clean one these are the bytes that are stored already, for storage that lost them.
    ///
    /// # Errors
    /// [`PushError`].
    pub fn push(&mut self, now: Timestamp) -> Result<Push, PushError> {
        let before = self.snapshot();
        let push = self.tidy_and_push(now);
        if push.is_err() {
            self.restore_snapshot(before);
        }
        push
    }

    /// As [`Self::push`], but a failure leaves behind what was done until then.
    fn tidy_and_push(&mut self, now: Timestamp) -> Result<Push, PushError> {
        T::tidy(self, &self.data().clone(), now);
        let key = self.keys.first().ok_or(PushError::NoKey)?.clone();
        if self.seqno() > MAX_SEQNO {
            return Err(PushError::Exhausted);
        }
        let written = match std::mem::replace(&mut self.state, State::Clean(Message::empty())) {
            State::Dirty(draft) => {
                let (message, bytes) = draft.finish_written(&self.authority);
                self.state = State::Waiting(message);
                Some(bytes)
            }
            clean_or_waiting => {
                self.state = clean_or_waiting;
                None
            }
        };
        let was_dirty = written.is_some();
        let messages = self.encode(written, &key, now)?;
        let obsolete = std::mem::take(&mut self.obsolete);
        self.needs_dump |= was_dirty || !obsolete.is_empty();
        let obsolete = if self.authority.can_write() { obsolete } else { Default::default() };
        Ok(Push { seqno: self.seqno(), messages, obsolete: obsolete.into_iter().collect() })
    }

    /// Records that the messages of push number `seqno` are stored under these names. Ignored, if there were
    /// edits or merges since.
    pub fn confirm_pushed(&mut self, seqno: i64, stored: impl IntoIterator<Item = StoredHash>) {
        if let State::Waiting(message) = &self.state
            && message.seqno() == seqno
        {
            self.state = State::Clean(message.clone());
            self.current = stored.into_iter().collect();
            // Our own message may have been found before the confirmation came.
            self.obsolete.retain(|hash| !self.current.contains(hash));
            self.needs_dump = true;
        }
    }

    /// The current revision as it is stored. `written` are its bytes, if they were made just now.
    fn encode(
        &mut self,
        written: Option<Zeroizing<Vec<u8>>>,
        key: &ConfigKey,
        now: Timestamp,
    ) -> Result<Vec<Vec<u8>>, PushError> {
        let (State::Clean(message) | State::Waiting(message)) = &self.state else {
            return Ok(Vec::new());
        };
        let seqno = message.seqno();
        // Revision 0 is the one message that is not signed yet.
        let written_now = || message.clone().resigned(&self.authority).to_stored_bytes();
        let bytes = written.unwrap_or_else(written_now);
        let count = message.count();
        if count > MAX_VALUES {
            return Err(PushError::TooManyValues { count });
        }
        // What would be no shorter when it is padded is sent plain: plain bytes are the same from every client (07 §7.1).
        // What is compressed too well is taken for a bomb (07 §4.2).
        let padded_length = |bytes: &Zeroizing<Vec<u8>>| padding::padded_length(bytes.len());
        let compressed = compression::compress(&bytes)
            .filter(|compressed| padded_length(compressed) < padded_length(&bytes))
            .filter(|compressed| count <= max_values(compressed.len()));
        let padded = Zeroizing::new(padding::pad(compressed.as_ref().unwrap_or(&bytes)));
        let too_large = PushError::TooLarge { length: padded.len() };
        if padded.len().saturating_add(encryption::OVERHEAD) > MAX_STORED_LENGTH {
            if padded.len() > MAX_SPLIT_LENGTH {
                return Err(too_large);
            }
            let parts = multipart::split(&padded).ok_or(too_large)?;
            self.parts.mark_done(multipart::whole_hash(&padded), now);
            return Ok(parts.iter().map(|part| key.encrypt(T::DOMAIN, part)).collect());
        }
        let blob = key.encrypt(T::DOMAIN, &padded);
        let wrapped = self.wrapper.as_ref().and_then(|wrapper| wrapper.wrap(&blob, seqno));
        let wrapped = wrapped.filter(|wrapped| wrapped.len() <= MAX_STORED_LENGTH);
        Ok(vec![wrapped.unwrap_or(blob)])
    }
}
