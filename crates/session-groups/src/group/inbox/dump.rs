//! What is remembered of the swarm, on the disk.
//!
//! ```text
//! d 1:c [[node, namespace, hash, expiry …] …]                    where reading goes on
//!   1:m [[hash, met at (, author, sent at, told)] …]             known messages, oldest first
//!   1:w [[waits since, namespace, hash, stored at, expiry, data] …]  messages that wait for a key
//! e
//! ```
//!
//! Events that the application did not take yet are not on the disk: their messages are left out, and the
//! messages of the group are read again from the beginning, so that the events come once more.

use std::collections::BTreeSet;

use session_bt::{DictReader, DictWriter, ListReader, ListWriter};
use session_crypto::ed25519::Ed25519PublicKey;
use session_identity::Timestamp;
use session_swarm::{answer::StoredMessage, message_hash::MessageHash, namespace::Namespace};

use super::{
    super::dump::{LoadError, account_id, message_hash, time},
    Inbox,
};

impl Inbox {
    /// Writes everything but the messages in `untold`.
    pub(in crate::group) fn write(
        &self,
        dict: &mut DictWriter<'_>,
        untold: &BTreeSet<MessageHash>,
    ) {
        dict.list(b"c", |list| self.write_cursors(list, !untold.is_empty()));
        dict.list(b"m", |list| {
            let known = self.by_age.iter().filter(|(_, hash)| !untold.contains(hash));
            known.for_each(|(at, hash)| list.list(|item| self.write_seen(item, *at, hash)));
        });
        dict.list(b"w", |list| {
            for waiting in &self.waiting {
                list.list(|item| {
                    item.integer(waiting.since.as_millis());
                    item.integer(waiting.namespace.get());
                    item.bytes(waiting.message.hash.as_bytes());
                    item.integer(waiting.message.timestamp.as_millis());
                    item.integer(waiting.message.expiry.as_millis());
                    item.bytes(&waiting.message.data);
                });
            }
        });
    }

    fn write_cursors(&self, list: &mut ListWriter<'_>, reads_messages_again: bool) {
        for ((node, namespace), kept) in self.cursors.iter() {
            if reads_messages_again && *namespace == Namespace::GROUP_MESSAGES {
                continue;
            }
            list.list(|item| {
                item.bytes(node.as_bytes());
                item.integer(namespace.get());
                for (hash, expiry) in kept {
                    item.bytes(hash.as_bytes());
                    item.integer(expiry.as_millis());
                }
            });
        }
    }

    fn write_seen(&self, item: &mut ListWriter<'_>, at: Timestamp, hash: &MessageHash) {
        item.bytes(hash.as_bytes());
        item.integer(at.as_millis());
        let written = self.seen.get(hash).and_then(|seen| seen.written);
        if let Some((author, sent_at)) = written {
            let is_told = self.said.get(&(author, sent_at)).is_some_and(|said| said.is_told);
            item.bytes(&author.to_bytes());
            item.integer(sent_at.as_millis());
            item.integer(u8::from(is_told));
        }
    }

    /// Puts back what was written.
    pub(in crate::group) fn read(&mut self, mut dict: DictReader<'_, '_>) -> Result<(), LoadError> {
        let mut cursors = dict.require(b"c")?.list()?;
        while let Some(item) = cursors.next()? {
            self.read_cursor(item.list()?)?;
        }
        let mut known = dict.require(b"m")?.list()?;
        while let Some(item) = known.next()? {
            self.read_seen(item.list()?)?;
        }
        let mut waiting = dict.require(b"w")?.list()?;
        while let Some(item) = waiting.next()? {
            self.read_waiting(item.list()?)?;
        }
        // Some may have waited for events to be taken, and not for a key.
        self.is_retry_due = !self.waiting.is_empty();
        self.needs_dump = false;
        Ok(())
    }

    fn read_cursor(&mut self, mut list: ListReader<'_, '_>) -> Result<(), LoadError> {
        let node = Ed25519PublicKey::from_bytes(*list.require()?.array()?);
        let namespace = Namespace::new(list.require()?.integer()?);
        while let Some(hash) = list.next()? {
            let hash = message_hash(hash)?;
            self.cursors.restore((node, namespace), hash, time(list.require()?)?);
        }
        Ok(())
    }

    fn read_seen(&mut self, mut list: ListReader<'_, '_>) -> Result<(), LoadError> {
        let hash = message_hash(list.require()?)?;
        let at = time(list.require()?)?;
        let Some(author) = list.next()? else {
            self.remember(hash, None, at);
            return Ok(());
        };
        let author = account_id(author.bytes()?)?;
        let sent_at = time(list.require()?)?;
        self.remember(hash, Some((author, sent_at)), at);
        if list.require()?.integer::<u8>()? != 0 {
            self.is_first(author, sent_at);
        }
        Ok(())
    }

    fn read_waiting(&mut self, mut list: ListReader<'_, '_>) -> Result<(), LoadError> {
        let since = time(list.require()?)?;
        let namespace = Namespace::new(list.require()?.integer()?);
        let hash = message_hash(list.require()?)?;
        let (timestamp, expiry) = (time(list.require()?)?, time(list.require()?)?);
        let data = list.require()?.bytes()?.to_vec();
        self.wait(namespace, StoredMessage::new(hash, timestamp, expiry, data), since);
        Ok(())
    }
}
