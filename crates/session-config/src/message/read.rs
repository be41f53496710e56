//! Reading a message, rule by rule (07 §4.2).

use std::{collections::BTreeMap, sync::Arc};

use session_bt::{DecodeError, DictReader, Item, ListReader, Reader};
use session_crypto::ed25519::Ed25519Signature;

use super::{
    Authority, Lag, Lagged, Message, RevisionHash, RevisionId, Signature,
    write::{Parts, SIGNATURE_ENTRY},
};
use crate::{
    data::{DataError, Dict, KnownDicts},
    diff::{Diff, DiffError},
};

/// Highest number of a revision that is accepted: above it, counting on is about to fail (07 §18).
pub const MAX_SEQNO: i64 = 1 << 62;
/// Most entries of earlier revisions that a message may hold. Real ones have a handful (07 §21).
pub const MAX_LAGGED: usize = 256;

impl Message {
    /// Reads a message.
    ///
    /// Entries of earlier revisions that are too old for `lag` are dropped. The signature is kept if the
    /// authority verifies it.
    ///
    /// # Errors
    /// [`ParseError`], the first rule of 07 §4.2 that is broken.
    pub fn parse(bytes: &[u8], lag: Lag, authority: &Authority) -> Result<Self, ParseError> {
        Self::parse_sharing(bytes, lag, authority, None)
    }

    /// As [`Self::parse`], with what other messages of one merge hold too.
    pub(crate) fn parse_sharing(
        bytes: &[u8],
        lag: Lag,
        authority: &Authority,
        known: Option<&mut Known>,
    ) -> Result<Self, ParseError> {
        Self::parse_with(bytes, lag, MAX_SEQNO, known, |signed, signature| {
            match (authority, signature) {
                (Authority::Unsigned, _) => Ok(None),
                (_, None) => Err(ParseError::Unsigned),
                (authority, Some(signature)) => {
                    authority.verify(signed, &signature).map(|()| Some(signature))
                }
            }
        })
    }

    /// Reads a message from a dump: a signature is kept without being verified (07 §6.4), and the number may be
    /// that of an edit of the last revision that was accepted.
    pub(crate) fn parse_trusted(bytes: &[u8], lag: Lag) -> Result<Self, ParseError> {
        Self::parse_with(bytes, lag, i64::MAX, None, |_, signature| Ok(signature))
    }

    fn parse_with(
        bytes: &[u8],
        lag: Lag,
        max_seqno: i64,
        mut known: Option<&mut Known>,
        check: impl FnOnce(
            &[u8],
            Option<Ed25519Signature>,
        ) -> Result<Option<Ed25519Signature>, ParseError>,
    ) -> Result<Self, ParseError> {
        let mut reader = Reader::new(bytes);
        let mut dict = reader.value()?.dict()?;
        let seqno = read_seqno(&mut dict, max_seqno)?;
        let mut parts = Parts { seqno, ..Parts::default() };
        let (mut data, mut diff, mut signature) = (None, None, None);
        while let Some((key, item)) = dict.next()? {
            match key {
                b"&" => data = Some(read_data(item.dict()?, known.as_deref_mut())?),
                b"<" => {
                    parts.lagged = read_lagged(item.list()?, seqno, lag, known.as_deref_mut())?;
                }
                b"=" => diff = Some(Diff::read(item.dict()?)?),
                b"~" => signature = Some(Ed25519Signature::from_bytes(*item.array()?)),
                key if key > b"~".as_slice() => return Err(ParseError::KeyBehindSignature),
                key => drop(parts.unknown.insert(key.to_vec(), item.raw()?.to_vec().into())),
            }
        }
        reader.finish()?;
        parts.data = data.ok_or(ParseError::NoData)?;
        parts.diff = Arc::new(diff.ok_or(ParseError::NoDiff)?);
        // What a signature covers ends where its key starts, and it is the last entry.
        let signed = bytes.get(..bytes.len().saturating_sub(SIGNATURE_ENTRY)).unwrap_or_default();
        let signature = check(signed, signature)?.map(Signature::Received);
        Ok(Self::with_hash(parts, RevisionHash::of(bytes), signature))
    }
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
    fn read(&mut self, id: RevisionId, mut item: Item<'_, '_>) -> Result<Arc<Diff>, ParseError> {
        if let Some((encoding, diff)) = self.0.get(&id) {
            item = match item.skip_known(encoding) {
                Ok(()) => return Ok(diff.clone()),
                Err(item) => item,
            };
        }
        let position = item.position();
        let encoding = item.raw()?;
        let diff = Arc::new(Diff::read(Reader::at(encoding, position).value()?.dict()?)?);
        self.0.insert(id, (encoding.to_vec(), diff.clone()));
        Ok(diff)
    }
}

fn read_data(dict: DictReader<'_, '_>, known: Option<&mut Known>) -> Result<Dict, ParseError> {
    match known {
        Some(known) => Dict::read_sharing(dict, &mut known.dicts),
        None => Dict::read(dict),
    }
    .map_err(ParseError::Data)
}

fn read_lagged(
    mut list: ListReader<'_, '_>,
    seqno: i64,
    lag: Lag,
    mut known: Option<&mut Known>,
) -> Result<Lagged, ParseError> {
    let mut lagged = Lagged::new();
    while let Some(item) = list.next()? {
        let mut entry = item.list()?;
        let earlier: i64 = entry.require()?.integer()?;
        if earlier >= seqno {
            return Err(ParseError::LaggedSeqno { seqno, lagged: earlier });
        }
        if lag.is_too_old(earlier, seqno) {
            continue;
        }
        let hash = RevisionHash::from_bytes(*entry.require()?.array()?);
        let id = RevisionId { seqno: earlier, hash };
        if lagged.last_key_value().is_some_and(|(last, _)| *last >= id) {
            return Err(ParseError::LaggedOrder);
        }
        let item = entry.require()?;
        let diff = match &mut known {
            Some(known) => known.diffs.read(id, item)?,
            None => Arc::new(Diff::read(item.dict()?)?),
        };
        entry.finish()?;
        lagged.insert(id, diff);
        if lagged.len() > MAX_LAGGED {
            return Err(ParseError::TooManyLagged);
        }
    }
    Ok(lagged)
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
    #[error("key behind the signature")]
    KeyBehindSignature,
    /// A message that must be signed is not.
    #[error("message is not signed")]
    Unsigned,
    /// The signature is wrong.
    #[error("signature failed verification")]
    Signature,
}
