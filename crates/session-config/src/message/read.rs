//! Reading a message, rule by rule (07 §4.2).

use std::{collections::BTreeMap, sync::Arc};

use session_bt::{DecodeError, DictReader, Item, ListReader, Reader};
use session_crypto::ed25519::Ed25519Signature;

use super::{
    Authority, Lag, Lagged, Message, RevisionHash, RevisionId, Signature,
    write::{Parts, SIGNATURE_ENTRY, SIGNATURE_START},
};
use crate::{
    data::{Budget, DataError, Dict, KnownDicts, MAX_VALUES, TooManyValues},
    diff::{Diff, DiffError},
};

/// Highest number of a revision that is accepted: above it, counting on is about to fail (07 §18).
pub const MAX_SEQNO: i64 = 1 << 62;
/// Most entries of earlier revisions that a message may hold. Real ones have a handful (07 §21).
pub const MAX_LAGGED: usize = 256;

impl Message {
    /// Reads a message.
    ///
    /// The signature is verified first, and kept: of a message that must be signed and is not, nothing is built.
    /// Entries of earlier revisions that are too old for `lag` are dropped.
    ///
    /// # Errors
    /// [`ParseError`]: a wrong or missing signature, or the first rule of 07 §4.2 that is broken.
    pub fn parse(bytes: &[u8], lag: Lag, authority: &Authority) -> Result<Self, ParseError> {
        Self::parse_within(bytes, lag, authority, None, &mut Budget::of(MAX_VALUES))
    }

    /// As [`Self::parse`], within a budget and with what other messages of one merge hold too.
    pub(crate) fn parse_within(
        bytes: &[u8],
        lag: Lag,
        authority: &Authority,
        known: Option<&mut Known>,
        budget: &mut Budget,
    ) -> Result<Self, ParseError> {
        let verified = authority.verify_end(bytes)?;
        let Found { parts, signature, is_whole } =
            read_parts(bytes, lag, MAX_SEQNO, known, budget)?;
        // What was verified must be the signature of the dict, and not the end of something else.
        if verified.is_some() && verified != signature {
            return Err(ParseError::Unsigned);
        }
        // A signature where none is needed is not kept: a dump of an account that held one would be a group's.
        Ok(Self::received(parts, bytes, verified, is_whole))
    }

    /// Reads a message from a dump: a signature is kept without being verified (07 §6.4), and the number may be
    /// that of an edit of the last revision that was accepted.
    pub(crate) fn parse_trusted(bytes: &[u8], lag: Lag) -> Result<Self, ParseError> {
        let mut budget = Budget::unlimited();
        let Found { parts, signature, is_whole } =
            read_parts(bytes, lag, i64::MAX, None, &mut budget)?;
        Ok(Self::received(parts, bytes, signature, is_whole))
    }

    fn received(
        parts: Parts,
        bytes: &[u8],
        signature: Option<Ed25519Signature>,
        is_whole: bool,
    ) -> Self {
        let signature = signature.map(Signature::Received);
        let mut message = Self::with_hash(parts, RevisionHash::of(bytes), signature);
        message.original = (!is_whole).then(|| Arc::new(bytes.to_vec().into()));
        message
    }
}

impl Authority {
    /// The signature at the end of a message, verified; `None` if messages need none. It has a fixed place, so
    /// that nothing is read before it is verified.
    fn verify_end(&self, message: &[u8]) -> Result<Option<Ed25519Signature>, ParseError> {
        if matches!(self, Self::Unsigned) {
            return Ok(None);
        }
        let end = message.len().saturating_sub(SIGNATURE_ENTRY);
        let (signed, entry) = message.split_at_checked(end).ok_or(ParseError::Unsigned)?;
        let signature =
            entry.strip_prefix(SIGNATURE_START).and_then(|rest| rest.strip_suffix(b"e"));
        let signature = signature.and_then(|bytes| <&[u8; 64]>::try_from(bytes).ok());
        let signature = Ed25519Signature::from_bytes(*signature.ok_or(ParseError::Unsigned)?);
        self.verify(signed, &signature)?;
        Ok(Some(signature))
    }
}

/// What is in a message.
struct Found {
    parts: Parts,
    signature: Option<Ed25519Signature>,
    /// Whether the parts, when they are written, are the message again. Everything but the list of earlier revisions has
    /// one form: that list may be left out, and hold entries that are too old (07 §4.2).
    is_whole: bool,
}

fn read_parts(
    bytes: &[u8],
    lag: Lag,
    max_seqno: i64,
    mut known: Option<&mut Known>,
    budget: &mut Budget,
) -> Result<Found, ParseError> {
    let mut reader = Reader::new(bytes);
    let mut dict = reader.value()?.dict()?;
    let seqno = read_seqno(&mut dict, max_seqno)?;
    let mut parts = Parts { seqno, ..Parts::default() };
    let (mut data, mut diff, mut signature) = (None, None, None);
    let (mut unknown, mut is_whole) = (BTreeMap::new(), false);
    while let Some((key, item)) = dict.next()? {
        let known = known.as_deref_mut();
        match key {
            b"&" => data = Some(read_data(item.dict()?, known, budget)?),
            b"<" => {
                (parts.lagged, is_whole) = read_lagged(item.list()?, seqno, lag, known, budget)?;
            }
            b"=" => diff = Some(Diff::read(item.dict()?, budget)?),
            b"~" => signature = Some(Ed25519Signature::from_bytes(*item.array()?)),
            key if key > b"~".as_slice() => return Err(ParseError::KeyBehindSignature),
            key => {
                budget.charge(0)?;
                unknown.insert(key.to_vec(), item.raw()?.to_vec().into());
            }
        }
    }
    reader.finish()?;
    parts.unknown = Arc::new(unknown);
    parts.data = data.ok_or(ParseError::NoData)?;
    parts.diff = Arc::new(diff.ok_or(ParseError::NoDiff)?);
    Ok(Found { parts, signature, is_whole })
}

fn read_seqno(dict: &mut DictReader<'_, '_>, max: i64) -> Result<i64, ParseError> {
    match dict.next()? {
        Some((b"#", item)) => match item.integer()? {
            seqno if seqno > max => Err(ParseError::SeqnoTooLarge { seqno }),
            seqno => Ok(seqno),
        },
        _ => Err(ParseError::NoSeqno),
    }
}

/// What messages of one merge have in common, so that it is read once.
#[derive(Default)]
pub(crate) struct Known {
    dicts: KnownDicts,
    diffs: KnownDiffs,
}

/// Diffs of earlier revisions by their bytes: in a conflict, every message remembers the same ones. They are
/// compared by the bytes because a revision's hash says nothing of what somebody else claims about it.
#[derive(Default)]
struct KnownDiffs(BTreeMap<RevisionId, (Vec<u8>, Arc<Diff>)>);

impl KnownDiffs {
    fn read(
        &mut self,
        id: RevisionId,
        mut item: Item<'_, '_>,
        budget: &mut Budget,
    ) -> Result<Arc<Diff>, ParseError> {
        if let Some((encoding, diff)) = self.0.get(&id) {
            item = match item.skip_known(encoding) {
                Ok(()) => {
                    budget.charge_shared(diff.count())?;
                    return Ok(diff.clone());
                }
                Err(item) => item,
            };
        }
        let position = item.position();
        let encoding = item.raw()?;
        budget.take(encoding.len());
        let diff = Diff::read(Reader::at(encoding, position).value()?.dict()?, budget)?;
        let diff = Arc::new(diff);
        self.0.insert(id, (encoding.to_vec(), diff.clone()));
        Ok(diff)
    }
}

fn read_data(
    dict: DictReader<'_, '_>,
    known: Option<&mut Known>,
    budget: &mut Budget,
) -> Result<Dict, ParseError> {
    match known {
        Some(known) => Dict::read_sharing(dict, &mut known.dicts, budget),
        None => Dict::read(dict, budget),
    }
    .map_err(ParseError::Data)
}

/// The entries that are not too old, and whether these are all.
fn read_lagged(
    mut list: ListReader<'_, '_>,
    seqno: i64,
    lag: Lag,
    mut known: Option<&mut Known>,
    budget: &mut Budget,
) -> Result<(Lagged, bool), ParseError> {
    let (mut lagged, mut is_whole) = (Lagged::new(), true);
    while let Some(item) = list.next()? {
        let mut entry = item.list()?;
        let earlier: i64 = entry.require()?.integer()?;
        if earlier >= seqno {
            return Err(ParseError::LaggedSeqno { seqno, lagged: earlier });
        }
        if lag.is_too_old(earlier, seqno) {
            is_whole = false;
            continue;
        }
        let hash = RevisionHash::from_bytes(*entry.require()?.array()?);
        let id = RevisionId { seqno: earlier, hash };
        if lagged.last_key_value().is_some_and(|(last, _)| *last >= id) {
            return Err(ParseError::LaggedOrder);
        }
        let item = entry.require()?;
        let diff = match &mut known {
            Some(known) => known.diffs.read(id, item, budget)?,
            None => Arc::new(Diff::read(item.dict()?, budget)?),
        };
        entry.finish()?;
        lagged.insert(id, diff);
        if lagged.len() > MAX_LAGGED {
            return Err(ParseError::TooManyLagged);
        }
    }
    Ok((lagged, is_whole))
}

/// Why bytes are no message of the config that was asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// No bt-encoding, or a value of another kind than the format has here.
    #[error(transparent)]
    Encoding(#[from] DecodeError),
    /// The first key is not `#`: no message, or one of a later major version.
    #[error("message does not start with its seqno")]
    NoSeqno,
    /// The number is above [`MAX_SEQNO`].
    #[error("seqno {seqno} is too large")]
    SeqnoTooLarge {
        /// The number.
        seqno: i64,
    },
    /// There is no `&`.
    #[error("message has no data")]
    NoData,
    /// There is no `=`.
    #[error("message has no diff")]
    NoDiff,
    /// The data break a rule.
    #[error(transparent)]
    Data(DataError),
    /// A diff breaks a rule.
    #[error(transparent)]
    Diff(#[from] DiffError),
    /// There are more values than a message may hold (07 §4.2).
    #[error(transparent)]
    TooManyValues(#[from] TooManyValues),
    /// An entry of an earlier revision has not an earlier number.
    #[error("lagged seqno {lagged} is not below seqno {seqno}")]
    LaggedSeqno {
        /// Number of the message.
        seqno: i64,
        /// Number in the entry.
        lagged: i64,
    },
    /// Entries of earlier revisions are out of order, or one occurs twice.
    #[error("lagged diffs are unsorted or duplicate")]
    LaggedOrder,
    /// More than [`MAX_LAGGED`] entries of earlier revisions.
    #[error("too many lagged diffs")]
    TooManyLagged,
    /// A key follows where only the signature may.
    #[error("key after the signature")]
    KeyBehindSignature,
    /// A message that must be signed is not.
    #[error("message is not signed")]
    Unsigned,
    /// The signature is wrong.
    #[error("signature failed verification")]
    Signature,
}
