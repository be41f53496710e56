//! Messages that do not fit one stored message: split, and put together again (07 §7.5).
//!
//! ```text
//! part = "m" ‖ list[ hash of the whole (32), index (1), count (1), chunk ] ‖ zeros
//! ```
//!
//! Parts may come in any order, over several polls and restarts. What is kept of them is bounded: by number, by
//! bytes and by time.
//!
//! A part proves nothing by itself: whoever has the key can store another one under the same hash of the whole. So
//! several parts are kept for one index, and the message is what has the right hash among their combinations.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use session_bt::{DecodeError, DictReader, DictWriter, Reader};
use session_crypto::blake2b::Blake2b;
use session_identity::Timestamp;
use zeroize::Zeroizing;

use crate::{
    config::{LoadError, StoredHash, read_hash},
    encryption,
};

/// Longest stored message in bytes (07 §7.4).
pub const MAX_STORED_LENGTH: usize = 76_800;
/// Longest padded message that is split; a receiver takes what fits its bounds (07 §7.5).
pub const MAX_SPLIT_LENGTH: usize = 5_000_000;
/// Bytes of the message in each part but the last.
pub const CHUNK_LENGTH: usize = MAX_STORED_LENGTH - encryption::OVERHEAD - PART_OVERHEAD;
/// Most messages of which parts are kept, those that are complete not counted.
pub const MAX_OPEN_SETS: usize = 16;
/// Most bytes of parts that are kept.
pub const MAX_OPEN_BYTES: usize = 20_000_000;

/// Most different parts that are kept for one index of a message.
pub const MAX_ALTERNATIVES: usize = 4;

/// Most different numbers of parts that are believed possible for one message.
const MAX_COUNTS: usize = 4;
/// Most bytes that are hashed in search of the right combination, each time that a part comes.
const MAX_TRIED: usize = 64 << 20;
/// Most combinations that are tried each time.
const MAX_TRIES: usize = 256;
/// First byte of a part.
pub(crate) const MARKER: u8 = b'm';
/// Bytes of a part beside its chunk; a shorter length prefix is made up for by zeros at the end.
const PART_OVERHEAD: usize = 50;
/// How long parts of an incomplete message are kept.
const OPEN_FOR: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long a complete message is remembered, so that its parts are not collected again.
const DONE_FOR: Duration = Duration::from_secs(14 * 24 * 3600);
/// Most complete messages that are remembered.
const MAX_DONE: usize = 256;

/// Hash of a whole padded message.
pub(crate) type WholeHash = [u8; 32];

pub(crate) fn whole_hash(padded: &[u8]) -> WholeHash {
    Blake2b::new().chain(padded).finalize()
}

/// Parts of a padded message, to be encrypted one by one; `None` if there would be more than 255.
pub(crate) fn split(padded: &[u8]) -> Option<Vec<Zeroizing<Vec<u8>>>> {
    let hash = whole_hash(padded);
    let count = u8::try_from(padded.len().div_ceil(CHUNK_LENGTH)).ok()?;
    let parts = (0..count).zip(padded.chunks(CHUNK_LENGTH)).map(|(index, chunk)| {
        let mut part = Zeroizing::new(Vec::with_capacity(chunk.len().saturating_add(64)));
        part.push(MARKER);
        part.extend_from_slice(&session_bt::encode_list(|list| {
            list.bytes(&hash);
            list.bytes(&[index]);
            list.bytes(&[count]);
            list.bytes(chunk);
        }));
        part.resize(chunk.len().saturating_add(PART_OVERHEAD), 0);
        part
    });
    Some(parts.collect())
}

/// A part as it was received.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Part<'a> {
    whole: WholeHash,
    index: u8,
    count: u8,
    chunk: &'a [u8],
}

impl<'a> Part<'a> {
    /// Reads the bytes after the marker. What follows the list fills the part up.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, PartError> {
        if bytes.len() >= MAX_STORED_LENGTH {
            return Err(PartError::TooLong);
        }
        let mut reader = Reader::new(bytes);
        let mut list = reader.value()?.list()?;
        let whole = *list.require()?.array()?;
        let [index] = *list.require()?.array()?;
        let [count] = *list.require()?.array()?;
        let chunk = list.require()?.bytes()?;
        list.finish()?;
        if count < 2 {
            return Err(PartError::Count { count });
        }
        if index >= count {
            return Err(PartError::Index { index, count });
        }
        if chunk.is_empty() {
            return Err(PartError::EmptyChunk);
        }
        Ok(Self { whole, index, count, chunk })
    }
}

/// Why bytes are no part.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PartError {
    /// Not the four fields of a part.
    #[error(transparent)]
    Encoding(#[from] DecodeError),
    /// More bytes than a stored message may have.
    #[error("part of a message is too long")]
    TooLong,
    /// Fewer than two parts.
    #[error("message of {count} parts")]
    Count {
        /// The number in the part.
        count: u8,
    },
    /// The index is not below the number of parts.
    #[error("part {index} of {count}")]
    Index {
        /// Index of the part, from 0.
        index: u8,
        /// Number of parts.
        count: u8,
    },
    /// There is nothing in the part.
    #[error("part of a message is empty")]
    EmptyChunk,
    /// Another part of the same message tells of another number of parts. One of the two lies; both are kept.
    #[error("parts disagree about their number")]
    CountMismatch,
    /// All indices are there, and the parts are not what they claim to be. One of them lies; they are kept until the
    /// true one comes.
    #[error("parts do not make up their message")]
    WholeHash,
    /// There are [`MAX_ALTERNATIVES`] other parts for this index.
    #[error("too many different parts for one index")]
    TooManyAlternatives,
}

/// What became of a part.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Added {
    /// Others are still missing, or the message is done already.
    Kept,
    /// The padded message, and the names under which its parts are stored.
    Complete(Zeroizing<Vec<u8>>, Vec<StoredHash>),
}

/// Messages of which parts were received, and those that are done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    /// Shared with copies until one of them gets a part.
    open: BTreeMap<WholeHash, Arc<OpenSet>>,
    done: BTreeMap<WholeHash, Timestamp>,
}

#[derive(Clone, Debug)]
struct OpenSet {
    /// What the first part said.
    count: u8,
    expires_at: Timestamp,
    /// By number of parts and index: what claims to be this part.
    parts: BTreeMap<(u8, u8), Vec<KeptPart>>,
}

#[derive(Clone, Debug)]
struct KeptPart {
    stored: StoredHash,
    chunk: Zeroizing<Vec<u8>>,
}

impl OpenSet {
    fn new(count: u8, expires_at: Timestamp) -> Self {
        Self { count, expires_at, parts: BTreeMap::new() }
    }

    fn length(&self) -> usize {
        self.parts.values().flatten().map(|part| part.chunk.len()).sum()
    }

    fn has_all(&self, count: u8) -> bool {
        self.of_count(count).count() == usize::from(count)
    }

    /// What there is for each index, in their order.
    fn of_count(&self, count: u8) -> impl Iterator<Item = (u8, &[KeptPart])> {
        let parts = self.parts.range((count, 0)..=(count, u8::MAX));
        parts.map(|((_, index), parts)| (*index, parts.as_slice()))
    }

    /// Whether parts of all indices are there and one of them must be a lie.
    fn is_contested(&self) -> bool {
        self.parts.keys().any(|(count, _)| self.has_all(*count))
    }

    /// Keeps a part. False if it is there already.
    fn keep(&mut self, part: &Part<'_>, stored: &StoredHash) -> Result<bool, PartError> {
        let is_new_count = !self.parts.keys().any(|(count, _)| *count == part.count);
        let mut counts: Vec<u8> = self.parts.keys().map(|(count, _)| *count).collect();
        counts.dedup();
        if is_new_count && counts.len() >= MAX_COUNTS {
            return Err(PartError::CountMismatch);
        }
        let kept = self.parts.entry((part.count, part.index)).or_default();
        if kept.iter().any(|kept| kept.chunk.as_slice() == part.chunk) {
            return Ok(false);
        }
        if kept.len() >= MAX_ALTERNATIVES {
            return Err(PartError::TooManyAlternatives);
        }
        let chunk = Zeroizing::new(part.chunk.to_vec());
        kept.push(KeptPart { stored: stored.clone(), chunk });
        Ok(true)
    }

    /// The combination with the right hash that holds the newest part of index `newest`.
    fn find(&self, whole: &WholeHash, count: u8, newest: u8) -> Option<Vec<&KeptPart>> {
        let alternatives: Vec<&[KeptPart]> = self
            .of_count(count)
            .map(|(index, parts)| match parts.split_last() {
                Some((last, _)) if index == newest => std::slice::from_ref(last),
                _ => parts,
            })
            .collect();
        let mut tried = 0_usize;
        let mut choice = vec![0_usize; alternatives.len()];
        for _ in 0..MAX_TRIES {
            let parts: Vec<&KeptPart> =
                alternatives.iter().zip(&choice).filter_map(|(parts, at)| parts.get(*at)).collect();
            let hash: WholeHash =
                parts.iter().fold(Blake2b::new(), |hash, part| hash.chain(&part.chunk)).finalize();
            if hash == *whole {
                return Some(parts);
            }
            tried = parts.iter().fold(tried, |sum, part| sum.saturating_add(part.chunk.len()));
            if tried > MAX_TRIED || !advance(&mut choice, &alternatives) {
                return None;
            }
        }
        None
    }
}

/// Counts on, the first index fastest. False after the last combination.
fn advance(choice: &mut [usize], alternatives: &[&[KeptPart]]) -> bool {
    for (at, parts) in choice.iter_mut().zip(alternatives) {
        *at = at.saturating_add(1);
        if *at < parts.len() {
            return true;
        }
        *at = 0;
    }
    false
}

impl Parts {
    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty() && self.done.is_empty()
    }

    /// Names of the stored parts of incomplete messages: to be kept alive. Where a part must be a lie, none is.
    pub(crate) fn stored(&self) -> impl Iterator<Item = &StoredHash> {
        let incomplete = self.open.values().filter(|set| !set.is_contested());
        incomplete.flat_map(|set| set.parts.values().flatten().map(|part| &part.stored))
    }

    /// Forgets what is too old.
    pub(crate) fn expire(&mut self, now: Timestamp) -> bool {
        let before = (self.open.len(), self.done.len());
        self.open.retain(|_, set| set.expires_at > now);
        self.done.retain(|_, expires_at| *expires_at > now);
        before != (self.open.len(), self.done.len())
    }

    /// Remembers a message whose parts need not be collected.
    pub(crate) fn mark_done(&mut self, whole: WholeHash, now: Timestamp) {
        self.open.remove(&whole);
        self.done.insert(whole, after(now, DONE_FOR));
        while self.done.len() > MAX_DONE {
            let oldest = self.done.iter().min_by_key(|(_, expires_at)| **expires_at);
            let Some(oldest) = oldest.map(|(whole, _)| *whole) else { break };
            self.done.remove(&oldest);
        }
    }

    /// Takes a part.
    pub(crate) fn add(
        &mut self,
        part: &Part<'_>,
        stored: &StoredHash,
        now: Timestamp,
    ) -> Result<Added, PartError> {
        if self.done.contains_key(&part.whole) {
            return Ok(Added::Kept);
        }
        let new = || Arc::new(OpenSet::new(part.count, after(now, OPEN_FOR)));
        let set = Arc::make_mut(self.open.entry(part.whole).or_insert_with(new));
        let (first_count, is_new) = (set.count, set.keep(part, stored)?);
        if is_new {
            // The days start anew with every part (07 §7.5).
            set.expires_at = after(now, OPEN_FOR);
        }
        if is_new && set.has_all(part.count) {
            if let Some(parts) = set.find(&part.whole, part.count, part.index) {
                let chunks = parts.iter().map(|part| part.chunk.as_slice());
                let padded = Zeroizing::new(chunks.collect::<Vec<_>>().concat());
                let hashes = parts.iter().map(|part| part.stored.clone()).collect();
                self.mark_done(part.whole, now);
                return Ok(Added::Complete(padded, hashes));
            }
            self.evict(&part.whole);
            return Err(PartError::WholeHash);
        }
        self.evict(&part.whole);
        if part.count == first_count { Ok(Added::Kept) } else { Err(PartError::CountMismatch) }
    }

    /// Gives up the oldest messages but `newest` until the bounds are kept.
    fn evict(&mut self, newest: &WholeHash) {
        loop {
            let bytes: usize = self.open.values().map(|set| set.length()).sum();
            if self.open.len() <= MAX_OPEN_SETS && bytes <= MAX_OPEN_BYTES {
                return;
            }
            let others = self.open.iter().filter(|(whole, _)| *whole != newest);
            let oldest = others.min_by_key(|(_, set)| set.expires_at).map(|(whole, _)| *whole);
            self.open.remove(&oldest.unwrap_or(*newest));
        }
    }
}

fn after(now: Timestamp, duration: Duration) -> Timestamp {
    now.checked_add(duration).unwrap_or(Timestamp::from_millis(u64::MAX))
}

/// Parts in a dump: hash → { `#` count, 0 if done; `T` expiry in ms; `p` list of { `#` index, `M` name, `d` chunk, `n`
/// count if it is another } }.
impl Parts {
    pub(crate) fn write(&self, dict: &mut DictWriter<'_>) {
        for (whole, expires_at) in &self.done {
            dict.dict(whole, |dict| {
                dict.integer(b"#", 0);
                dict.integer(b"T", expires_at.as_millis());
            });
        }
        for (whole, set) in &self.open {
            dict.dict(whole, |dict| {
                dict.integer(b"#", set.count);
                dict.integer(b"T", set.expires_at.as_millis());
                dict.list(b"p", |list| {
                    let parts = set.parts.iter();
                    for ((count, index), part) in
                        parts.flat_map(|(place, parts)| parts.iter().map(move |part| (place, part)))
                    {
                        list.dict(|dict| {
                            dict.integer(b"#", *index);
                            dict.bytes(b"M", part.stored.as_str().as_bytes());
                            dict.bytes(b"d", &part.chunk);
                            if *count != set.count {
                                dict.integer(b"n", *count);
                            }
                        });
                    }
                });
            });
        }
    }

    /// Reads what [`Self::write`] wrote; what breaks a bound is left out.
    pub(crate) fn read(mut dict: DictReader<'_, '_>) -> Result<Self, LoadError> {
        let mut parts = Self::default();
        while let Some((whole, item)) = dict.next()? {
            let Ok(whole) = WholeHash::try_from(whole) else { continue };
            let mut entry = item.dict()?;
            let count: u8 = entry.require(b"#")?.integer()?;
            let expires_at = Timestamp::from_millis(entry.require(b"T")?.integer()?);
            if count == 0 {
                parts.done.insert(whole, expires_at);
                continue;
            }
            let mut set = OpenSet::new(count, expires_at);
            let mut list = entry.require(b"p")?.list()?;
            while let Some(item) = list.next()? {
                let mut part = item.dict()?;
                let index = part.require(b"#")?.integer()?;
                let stored = read_hash(part.require(b"M")?.bytes()?)?;
                let chunk = part.require(b"d")?.bytes()?;
                let count = match part.find(b"n")? {
                    Some(item) => item.integer()?,
                    None => count,
                };
                if index < count {
                    let part = Part { whole, index, count, chunk };
                    // What breaks a bound is left out.
                    let _ = set.keep(&part, &stored);
                }
            }
            parts.open.insert(whole, Arc::new(set));
            parts.evict(&whole);
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests;
