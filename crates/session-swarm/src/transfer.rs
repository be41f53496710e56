//! Messages that one member of a swarm hands over to another, `sn.data` (spec 05 §3): when a node joins a
//! swarm, and when swarms are formed or dissolved.
//!
//! A batch is one byte `01` and a bencoded list of messages; a message is a list `[address, hash, timestamp,
//! expiry, data, namespace]`. Nodes before 2.11.3 leave the namespace out: see [`Transfer::located`].
//!
//! ```
//! use session_identity::Timestamp;
//! use session_swarm::{address::Address, namespace::Namespace, transfer::{Transfer, read_batch, write_batches}};
//!
//! let [time, expiry] = [1_700_000_000_000, 1_700_086_400_000].map(Timestamp::from_millis);
//! let account = Address::from_bytes([3; 33]);
//! let message = Transfer::new(account, Namespace::GROUP_INFO, b"config".to_vec(), time, expiry);
//! let batches = write_batches([&message]);
//! assert_eq!(read_batch(&batches[0])?.messages, [message]);
//! # Ok::<(), session_swarm::transfer::BatchError>(())
//! ```

use alloc::vec::Vec;

use session_bt::{DecodeError, ListReader, Reader, encode_list};
use session_identity::Timestamp;

use crate::{
    address::Address,
    limits::{MAX_DATA_LENGTH, MAX_REQUEST_LENGTH},
    message_hash::MessageHash,
    namespace::Namespace,
};

/// Version of the format. Version 0 had no such byte.
const VERSION: u8 = 1;
/// A batch that has reached this length takes no further message.
const MAX_BATCH_LENGTH: usize = 9_000_000;

/// A stored message on its way to another member.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Transfer {
    /// Account that it is stored for.
    pub account: Address,
    /// Its name.
    pub hash: MessageHash,
    /// Its time.
    pub timestamp: Timestamp,
    /// When it is to be forgotten.
    pub expiry: Timestamp,
    /// The message.
    pub data: Vec<u8>,
    /// Where it is stored; `None` if the sender does not say.
    pub namespace: Option<Namespace>,
}

impl Transfer {
    /// A stored message.
    #[must_use]
    pub fn new(
        account: Address,
        namespace: Namespace,
        data: Vec<u8>,
        timestamp: Timestamp,
        expiry: Timestamp,
    ) -> Self {
        let hash = MessageHash::of(&account, namespace, &data);
        Self { account, hash, timestamp, expiry, data, namespace: Some(namespace) }
    }

    /// The namespace that the message belongs to: the one the sender says, or else the first of `candidates`,
    /// of those that give it its name. `None` if none does: then the message is to be refused.
    #[must_use]
    pub fn located(&self, candidates: impl IntoIterator<Item = Namespace>) -> Option<Namespace> {
        let fits = |namespace: &Namespace| {
            MessageHash::of(&self.account, *namespace, &self.data) == self.hash
        };
        match self.namespace {
            Some(namespace) => Some(namespace).filter(fits),
            None => candidates.into_iter().find(fits),
        }
    }
}

/// Writes messages in as many batches as it takes; each is closed when it reaches 9,000,000 bytes.
#[must_use]
pub fn write_batches<'a>(messages: impl IntoIterator<Item = &'a Transfer>) -> Vec<Vec<u8>> {
    let mut batches: Vec<Vec<u8>> = Vec::new();
    let mut batch = Vec::new();
    for message in messages {
        if batch.is_empty() {
            batch.extend([VERSION, b'l']);
        }
        batch.extend(encode_list(|list| {
            list.bytes(&message.account.to_bytes());
            list.bytes(message.hash.as_bytes());
            list.integer(message.timestamp.as_millis());
            list.integer(message.expiry.as_millis());
            list.bytes(&message.data);
            if let Some(namespace) = message.namespace {
                list.integer(namespace.get());
            }
        }));
        if batch.len() >= MAX_BATCH_LENGTH {
            batch.push(b'e');
            batches.push(core::mem::take(&mut batch));
        }
    }
    if !batch.is_empty() {
        batch.push(b'e');
        batches.push(batch);
    }
    batches
}

/// The messages of a batch.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Batch {
    /// Those that can be read.
    pub messages: Vec<Transfer>,
    /// Number of items that were left out because they are no message, or a longer one than any that is stored.
    pub skipped: usize,
}

/// Reads a batch. Whether its messages have their right names is for [`Transfer::located`] to find.
///
/// # Errors
/// [`BatchError`] if it is no bencoded list of version 1; nothing of such a batch is returned.
pub fn read_batch(bytes: &[u8]) -> Result<Batch, BatchError> {
    if bytes.len() > MAX_REQUEST_LENGTH {
        return Err(BatchError::TooLong { found: bytes.len() });
    }
    let Some((&VERSION, list)) = bytes.split_first() else {
        return Err(BatchError::Version { found: bytes.first().copied() });
    };
    let mut reader = Reader::new(list);
    let mut list = reader.value()?.list()?;
    let mut batch = Batch::default();
    while let Some(item) = list.next()? {
        match read_message(item.raw()?) {
            Some(message) => batch.messages.push(message),
            None => batch.skipped = batch.skipped.saturating_add(1),
        }
    }
    reader.finish()?;
    Ok(batch)
}

/// `None` if an item of a batch is no message.
fn read_message(item: &[u8]) -> Option<Transfer> {
    let mut reader = Reader::new(item);
    read_list(reader.value().ok()?.list().ok()?).ok().flatten()
}

fn read_list(mut list: ListReader<'_, '_>) -> Result<Option<Transfer>, DecodeError> {
    let account = Address::from_bytes(*list.require()?.array()?);
    let hash = str::from_utf8(list.require()?.bytes()?).ok().and_then(|hash| hash.parse().ok());
    let timestamp = Timestamp::from_millis(list.require()?.integer()?);
    let expiry = Timestamp::from_millis(list.require()?.integer()?);
    let data = list.require()?.bytes()?;
    let namespace = match list.next()? {
        Some(number) => Some(Namespace::new(number.integer()?)),
        None => None,
    };
    list.finish()?;
    let hash = hash.filter(|_| data.len() <= MAX_DATA_LENGTH);
    Ok(hash.map(|hash| {
        let data = data.to_vec();
        Transfer { account, hash, timestamp, expiry, data, namespace }
    }))
}

/// Why bytes are no batch of messages.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// Longer than any message between nodes.
    #[error("batch of {found} bytes, at most {MAX_REQUEST_LENGTH} are taken")]
    TooLong {
        /// Length of the batch.
        found: usize,
    },
    /// Not version 1.
    #[error("batch of another version than 1")]
    Version {
        /// The first byte; `None` if there is none.
        found: Option<u8>,
    },
    /// Not the bencode that a batch is.
    #[error("malformed batch")]
    Syntax(#[from] DecodeError),
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use session_bt::Malformed;

    use super::*;

    const TIME: Timestamp = Timestamp::from_millis(1);
    const EXPIRY: Timestamp = Timestamp::from_millis(2);

    fn message(length: usize) -> Transfer {
        let account = Address::from_bytes([3; 33]);
        Transfer::new(account, Namespace::GROUP_INFO, vec![7; length], TIME, EXPIRY)
    }

    #[test]
    fn batches_have_their_layout() {
        let message = message(2);
        let account = [3; 33];
        let expected = [
            &b"\x01ll33:"[..],
            &account,
            b"43:",
            message.hash.as_bytes(),
            b"i1ei2e2:\x07\x07i13eee",
        ]
        .concat();
        assert_eq!(write_batches([&message]), [expected]);
        assert_eq!(write_batches([]), Vec::<Vec<u8>>::new());
        assert_eq!(read_batch(b"\x01le"), Ok(Batch::default()));
    }

    #[test]
    fn batches_are_closed_when_they_are_long_enough() {
        let large = message(MAX_DATA_LENGTH);
        let all = vec![large; 250];
        let batches = write_batches(&all);
        let lengths: Vec<usize> = batches.iter().map(Vec::len).collect();
        assert_eq!(batches.len(), 3);
        assert!(lengths[..2].iter().all(|length| (9_000_000..9_100_000).contains(length)));
        let read: Vec<Transfer> =
            batches.iter().flat_map(|batch| read_batch(batch).unwrap().messages).collect();
        assert_eq!(read, all);
    }

    #[test]
    fn without_a_namespace_the_name_tells() {
        let mut message = message(5);
        assert_eq!(message.located([]), Some(Namespace::GROUP_INFO));
        message.namespace = None;
        let batches = write_batches([&message]);
        assert_eq!(read_batch(&batches[0]).unwrap().messages, [message.clone()]);
        let known = [Namespace::DEFAULT, Namespace::GROUP_KEYS, Namespace::GROUP_INFO];
        assert_eq!(message.located(known), Some(Namespace::GROUP_INFO));
        assert_eq!(message.located([Namespace::DEFAULT]), None);
        message.namespace = Some(Namespace::DEFAULT);
        assert_eq!(message.located(known), None);
    }

    #[test]
    fn malformed_batches_are_refused_by_reason() {
        let whole = write_batches([&message(2)]).remove(0);
        for length in 1..whole.len() {
            let error = read_batch(&whole[..length]).unwrap_err();
            assert!(matches!(error, BatchError::Syntax(_)), "{length}: {error:?}");
        }
        assert_eq!(read_batch(b""), Err(BatchError::Version { found: None }));
        assert_eq!(read_batch(b"\x02le"), Err(BatchError::Version { found: Some(2) }));
        let longer = [&whole[..], b"x"].concat();
        let Err(BatchError::Syntax(error)) = read_batch(&longer) else { panic!("read") };
        assert_eq!(error.reason, Malformed::TrailingBytes);
        let found = MAX_REQUEST_LENGTH + 1;
        assert_eq!(read_batch(&vec![1; found]), Err(BatchError::TooLong { found }));
    }

    #[test]
    fn an_item_that_is_no_message_leaves_the_others() {
        let whole = write_batches([&message(2)]).remove(0);
        let item = &whole[2..whole.len() - 1];
        let mut hash = item.to_vec();
        hash[44] = b'-';
        let large = write_batches([&message(MAX_DATA_LENGTH + 1)]).remove(0);
        let odd: [&[u8]; 9] = [
            b"le",
            b"i1e",
            b"0:",
            b"de",
            b"l33:",
            &[&item[..item.len() - 5], b"i40000ee"].concat(),
            &[&item[..item.len() - 1], b"i0ee"].concat(),
            &hash,
            &large[2..large.len() - 1],
        ];
        for odd in odd {
            let batch = [b"\x01l", item, odd, item, b"e"].concat();
            if odd == b"l33:" {
                assert!(matches!(read_batch(&batch), Err(BatchError::Syntax(_))));
                continue;
            }
            let batch = read_batch(&batch).unwrap();
            assert_eq!((batch.messages, batch.skipped), (vec![message(2); 2], 1), "{odd:?}");
        }
    }
}
