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
//! assert_eq!(read_batch(&batches[0])?, [message]);
//! # Ok::<(), session_swarm::transfer::BatchError>(())
//! ```

use alloc::vec::Vec;

use session_bt::{ListReader, Reader, encode_list};
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

/// Reads a batch. Whether its messages have their right names is for [`Transfer::located`] to find.
///
/// # Errors
/// [`BatchError`]; nothing of a malformed batch is returned.
pub fn read_batch(bytes: &[u8]) -> Result<Vec<Transfer>, BatchError> {
    if bytes.len() > MAX_REQUEST_LENGTH {
        return Err(BatchError::TooLong { found: bytes.len() });
    }
    let Some((&VERSION, list)) = bytes.split_first() else {
        return Err(BatchError::Version { found: bytes.first().copied() });
    };
    let mut reader = Reader::new(list);
    let mut list = reader.value()?.list()?;
    let mut messages = Vec::new();
    while let Some(item) = list.next()? {
        messages.push(read_message(item.list()?)?);
    }
    reader.finish()?;
    Ok(messages)
}

fn read_message(mut list: ListReader<'_, '_>) -> Result<Transfer, BatchError> {
    let account = Address::from_bytes(*list.require()?.array()?);
    let hash = str::from_utf8(list.require()?.bytes()?).ok().and_then(|hash| hash.parse().ok());
    let hash = hash.ok_or(BatchError::Hash)?;
    let timestamp = Timestamp::from_millis(list.require()?.integer()?);
    let expiry = Timestamp::from_millis(list.require()?.integer()?);
    let data = list.require()?.bytes()?;
    if data.len() > MAX_DATA_LENGTH {
        return Err(BatchError::DataLength { found: data.len() });
    }
    let namespace = match list.next()? {
        Some(number) => Some(Namespace::new(number.integer()?)),
        None => None,
    };
    list.finish()?;
    Ok(Transfer { account, hash, timestamp, expiry, data: data.to_vec(), namespace })
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
    Syntax(#[from] session_bt::DecodeError),
    /// A name that is none.
    #[error("malformed message hash in a batch")]
    Hash,
    /// A message that is longer than any that is stored.
    #[error("message of {found} bytes in a batch, at most {MAX_DATA_LENGTH} are stored")]
    DataLength {
        /// Length of the message.
        found: usize,
    },
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
        assert_eq!(read_batch(b"\x01le"), Ok(vec![]));
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
            batches.iter().flat_map(|batch| read_batch(batch).unwrap()).collect();
        assert_eq!(read, all);
    }

    #[test]
    fn without_a_namespace_the_name_tells() {
        let mut message = message(5);
        assert_eq!(message.located([]), Some(Namespace::GROUP_INFO));
        message.namespace = None;
        let batches = write_batches([&message]);
        assert_eq!(read_batch(&batches[0]), Ok(vec![message.clone()]));
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
        let seven = [&whole[..whole.len() - 2], b"i0eee"].concat();
        assert!(matches!(read_batch(&seven), Err(BatchError::Syntax(_))));
        let mut hash = whole.clone();
        hash[45] = b'-';
        assert_eq!(read_batch(&hash), Err(BatchError::Hash));
        let found = MAX_DATA_LENGTH + 1;
        let large = write_batches([&message(found)]).remove(0);
        assert_eq!(read_batch(&large), Err(BatchError::DataLength { found }));
        let found = MAX_REQUEST_LENGTH + 1;
        assert_eq!(read_batch(&vec![1; found]), Err(BatchError::TooLong { found }));
    }
}
