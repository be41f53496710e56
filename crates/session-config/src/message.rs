//! One revision of a config: the complete data, what this revision changed, and what the last few changed
//! (07 §4).
//!
//! ```text
//! d 1:# seqno  1:& data  1:< [seqno, hash, diff]…  1:= diff  (1:~ signature)  e
//! ```
//!
//! A [`Message`] is finished and has a hash; a [`Draft`] is the successor of one and can be edited.
//!
//! ```
//! use session_config::{data::Value, message::{Authority, Lag, Message}};
//!
//! let mut draft = Message::empty().successor(Lag::DEFAULT);
//! draft.assign(&[b"n"], Some(Value::from("Kallie")));
//! let message = draft.finish(&Authority::Unsigned);
//! assert_eq!(message.seqno(), 1);
//!
//! let bytes = message.to_bytes();
//! assert_eq!(Message::parse(&bytes, Lag::DEFAULT, &Authority::Unsigned)?, message);
//! # Ok::<(), session_config::message::ParseError>(())
//! ```

use std::{collections::BTreeMap, fmt, sync::Arc};

use session_bt::{DecodeError, DictReader, DictWriter, Item, ListReader, Reader, Value as BtValue};
use session_crypto::{
    blake2b::Blake2b,
    ed25519::{Ed25519Keypair, Ed25519Signature, VerifyingKey},
    encoding::hex,
};
use zeroize::Zeroizing;

use crate::{
    data::{DataError, Dict, Value},
    diff::{Diff, DiffError},
};

/// Highest number of a revision that is accepted: above it, counting on is about to fail (07 §18).
pub const MAX_SEQNO: i64 = 1 << 62;
/// Most entries of earlier revisions that a message may hold. Real ones have a handful (07 §21).
pub const MAX_LAGGED: usize = 256;

/// Name of a revision: unkeyed BLAKE2b-256 of its bytes, signature included (07 §4).
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RevisionHash([u8; 32]);

/// A revision in the order by which conflicts are decided: number first, then hash.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_structs, reason = "a pair that the protocol compares, nothing more")]
pub struct RevisionId {
    /// Number of the revision.
    pub seqno: i64,
    /// Hash of its message.
    pub hash: RevisionHash,
}

/// How far back messages remember what was changed: `lag − 1` earlier numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lag(u32);

impl Lag {
    /// 5, the lag of every config type.
    pub const DEFAULT: Self = Self(5);

    /// Another lag, for experiments.
    #[must_use]
    pub const fn new(lag: u32) -> Self {
        Self(lag)
    }

    /// Whether revision `seqno` is so old that one of number `newest` does not remember it.
    #[must_use]
    pub fn is_too_old(self, seqno: i64, newest: i64) -> bool {
        seqno.saturating_add(i64::from(self.0)) <= newest
    }
}

/// Who may write: verifies what comes in, signs what goes out (07 §10).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Authority {
    /// Messages are not signed: those of an account, whose seed is the key.
    Unsigned,
    /// A member: verifies and cannot write.
    ReadOnly(VerifyingKey),
    /// An admin: verifies and signs.
    Signer(Box<Ed25519Keypair>),
}

impl Authority {
    /// Whether edits are possible.
    #[must_use]
    pub const fn can_write(&self) -> bool {
        !matches!(self, Self::ReadOnly(_))
    }

    fn verify(&self, message: &[u8], signature: &Ed25519Signature) -> Result<(), ParseError> {
        let verified = match self {
            Self::Unsigned => return Ok(()),
            Self::ReadOnly(key) => key.verify(message, signature),
            Self::Signer(keypair) => keypair.public_key().verify(message, signature),
        };
        verified.map_err(|_| ParseError::Signature)
    }
}

/// What earlier revisions changed, shared between a message and its successors.
pub(crate) type Lagged = BTreeMap<RevisionId, Arc<Diff>>;

/// A finished revision.
#[derive(Clone, Eq, PartialEq)]
pub struct Message {
    id: RevisionId,
    data: Arc<Dict>,
    diff: Arc<Diff>,
    lagged: Lagged,
    unknown: BTreeMap<Vec<u8>, BtValue>,
    signature: Option<Signature>,
}

/// A signature, and where it is from: one that was made here can be made again.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Signature {
    Made(Ed25519Signature),
    Received(Ed25519Signature),
}

impl Signature {
    const fn get(self) -> Ed25519Signature {
        match self {
            Self::Made(signature) | Self::Received(signature) => signature,
        }
    }
}

impl Message {
    /// The never pushed revision 0 that every object starts from.
    #[must_use]
    pub fn empty() -> Self {
        Self::seal(Parts::default(), &Authority::Unsigned)
    }

    /// Reads a message.
    ///
    /// Entries of earlier revisions that are too old for `lag` are dropped. The signature is kept if the
    /// authority verifies it.
    ///
    /// # Errors
    /// [`ParseError`], the first rule of 07 §4.2 that is broken.
    pub fn parse(bytes: &[u8], lag: Lag, authority: &Authority) -> Result<Self, ParseError> {
        Self::parse_sharing(bytes, lag, authority, &mut KnownDiffs::default())
    }

    /// As [`Self::parse`], with the diffs that other messages of one merge remember too.
    pub(crate) fn parse_sharing(
        bytes: &[u8],
        lag: Lag,
        authority: &Authority,
        known: &mut KnownDiffs,
    ) -> Result<Self, ParseError> {
        Self::parse_with(bytes, lag, known, |signed, signature| match (authority, signature) {
            (Authority::Unsigned, _) => Ok(None),
            (_, None) => Err(ParseError::Unsigned),
            (authority, Some(signature)) => {
                authority.verify(signed, &signature).map(|()| Some(signature))
            }
        })
    }

    /// Reads a message from a dump: a signature is kept without being verified (07 §6.4).
    pub(crate) fn parse_trusted(bytes: &[u8], lag: Lag) -> Result<Self, ParseError> {
        Self::parse_with(bytes, lag, &mut KnownDiffs::default(), |_, signature| Ok(signature))
    }

    fn parse_with(
        bytes: &[u8],
        lag: Lag,
        known: &mut KnownDiffs,
        check: impl FnOnce(
            &[u8],
            Option<Ed25519Signature>,
        ) -> Result<Option<Ed25519Signature>, ParseError>,
    ) -> Result<Self, ParseError> {
        let mut reader = Reader::new(bytes);
        let mut dict = reader.value()?.dict()?;
        let seqno = read_seqno(&mut dict)?;
        let mut parts = Parts { seqno, ..Parts::default() };
        let (mut data, mut diff, mut signature) = (None, None, None);
        while let Some((key, item)) = dict.next()? {
            match key {
                b"&" => data = Some(Dict::read(item.dict()?).map_err(ParseError::Data)?),
                b"<" => parts.lagged = read_lagged(item.list()?, seqno, lag, known)?,
                b"=" => diff = Some(Diff::read(item.dict()?)?),
                b"~" => signature = Some(Ed25519Signature::from_bytes(*item.array()?)),
                key if key > b"~".as_slice() => return Err(ParseError::KeyBehindSignature),
                key => drop(parts.unknown.insert(key.to_vec(), item.to_value()?)),
            }
        }
        reader.finish()?;
        parts.data = Arc::new(data.ok_or(ParseError::NoData)?);
        parts.diff = Arc::new(diff.ok_or(ParseError::NoDiff)?);
        // What a signature covers ends where its key starts, and it is the last entry.
        let signed = bytes.get(..bytes.len().saturating_sub(SIGNATURE_ENTRY)).unwrap_or_default();
        let signature = check(signed, signature)?.map(Signature::Received);
        Ok(Self::with_hash(parts, RevisionHash::of(bytes), signature))
    }

    fn seal(parts: Parts, authority: &Authority) -> Self {
        let mut signature = None;
        let bytes = parts.write(|signed| {
            if let Authority::Signer(keypair) = authority {
                signature = Some(keypair.sign(signed));
            }
            signature
        });
        Self::with_hash(parts, RevisionHash::of(&bytes), signature.map(Signature::Made))
    }

    fn with_hash(parts: Parts, hash: RevisionHash, signature: Option<Signature>) -> Self {
        let Parts { seqno, data, diff, lagged, unknown } = parts;
        Self { id: RevisionId { seqno, hash }, data, diff, lagged, unknown, signature }
    }

    /// Number of the revision.
    #[must_use]
    pub const fn seqno(&self) -> i64 {
        self.id.seqno
    }

    /// Number and hash.
    #[must_use]
    pub const fn id(&self) -> RevisionId {
        self.id
    }

    /// The complete data.
    #[must_use]
    pub fn data(&self) -> &Dict {
        &self.data
    }

    /// What this revision changed.
    #[must_use]
    pub fn diff(&self) -> &Diff {
        &self.diff
    }

    /// What earlier revisions changed, as far as the message remembers.
    pub fn lagged(&self) -> impl Iterator<Item = (RevisionId, &Diff)> {
        self.lagged.iter().map(|(id, diff)| (*id, diff.as_ref()))
    }

    /// Whether the message remembers revision `id`.
    #[must_use]
    pub fn remembers(&self, id: RevisionId) -> bool {
        self.lagged.contains_key(&id)
    }

    /// Bytes of the message: of a signed one those that were signed.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        self.write(self.signature.map(Signature::get))
    }

    /// Bytes without a signature that can be made again: what a dump holds.
    pub(crate) fn to_dump_bytes(&self) -> Zeroizing<Vec<u8>> {
        self.write(match self.signature {
            Some(Signature::Received(signature)) => Some(signature),
            Some(Signature::Made(_)) | None => None,
        })
    }

    fn write(&self, signature: Option<Ed25519Signature>) -> Zeroizing<Vec<u8>> {
        let Self { id, data, diff, lagged, unknown, signature: _ } = self;
        write(id.seqno, data, lagged, diff, unknown, |_| signature)
    }

    /// The message of a dump, signed as it was before.
    pub(crate) fn resigned(self, authority: &Authority) -> Self {
        if self.signature.is_some() || !matches!(authority, Authority::Signer(_)) {
            return self;
        }
        let Self { id: RevisionId { seqno, .. }, data, diff, lagged, unknown, signature: _ } = self;
        Self::seal(Parts { seqno, data, diff, lagged, unknown }, authority)
    }

    /// The revision that comes next, with the same data and nothing changed yet (07 §4.4).
    #[must_use]
    pub fn successor(self, lag: Lag) -> Draft {
        let Self { id, data, diff, mut lagged, unknown, signature: _ } = self;
        lagged.insert(id, diff);
        let copy = Dict::clone(&data);
        Draft::new(id.seqno.saturating_add(1), data, copy, lagged, lag, unknown)
    }

    /// The draft that this message was finished from, if `base` is the draft's.
    pub(crate) fn reopen(self, base: Arc<Dict>) -> Draft {
        let Self { id, data, lagged, unknown, .. } = self;
        let data = Arc::unwrap_or_clone(data);
        Draft { seqno: id.seqno, base, data, lagged, unknown }
    }

    pub(crate) const fn shared_data(&self) -> &Arc<Dict> {
        &self.data
    }

    pub(crate) const fn shared_diff(&self) -> &Arc<Diff> {
        &self.diff
    }

    pub(crate) fn shared_lagged(&self) -> impl Iterator<Item = (RevisionId, &Arc<Diff>)> {
        self.lagged.iter().map(|(id, diff)| (*id, diff))
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A revision in the making.
#[derive(Clone)]
pub struct Draft {
    seqno: i64,
    /// What the diff is computed against.
    base: Arc<Dict>,
    data: Dict,
    lagged: Lagged,
    unknown: BTreeMap<Vec<u8>, BtValue>,
}

impl Draft {
    pub(crate) fn new(
        seqno: i64,
        base: Arc<Dict>,
        data: Dict,
        mut lagged: Lagged,
        lag: Lag,
        unknown: BTreeMap<Vec<u8>, BtValue>,
    ) -> Self {
        lagged.retain(|id, _| id.seqno < seqno && !lag.is_too_old(id.seqno, seqno));
        Self { seqno, base, data, lagged, unknown }
    }

    /// A first revision with another number than 1, for experiments: it remembers no earlier one.
    #[must_use]
    pub fn starting_at(seqno: i64) -> Self {
        Self::new(seqno, Arc::default(), Dict::new(), Lagged::new(), Lag::DEFAULT, BTreeMap::new())
    }

    /// Number of the revision.
    #[must_use]
    pub const fn seqno(&self) -> i64 {
        self.seqno
    }

    /// The data with the edits so far.
    #[must_use]
    pub const fn data(&self) -> &Dict {
        &self.data
    }

    /// Puts `value` at the end of `path`, or removes what is there, as [`Dict::assign`].
    pub fn assign(&mut self, path: &[&[u8]], value: Option<Value>) {
        self.data.assign(path, value);
    }

    /// Replaces all data.
    pub fn replace(&mut self, mut data: Dict) {
        data.prune();
        self.data = data;
    }

    /// The finished revision, signed if the authority signs.
    #[must_use]
    pub fn finish(self, authority: &Authority) -> Message {
        let Self { seqno, base, data, lagged, unknown } = self;
        let diff = Arc::new(Diff::between(&base, &data));
        Message::seal(Parts { seqno, data: Arc::new(data), diff, lagged, unknown }, authority)
    }

    pub(crate) fn base(&self) -> Arc<Dict> {
        self.base.clone()
    }

    /// Bytes without a signature: what a dump holds.
    pub(crate) fn to_dump_bytes(&self) -> Zeroizing<Vec<u8>> {
        let diff = Diff::between(&self.base, &self.data);
        write(self.seqno, &self.data, &self.lagged, &diff, &self.unknown, |_| None)
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft").field("seqno", &self.seqno).finish_non_exhaustive()
    }
}

impl RevisionHash {
    fn of(message: &[u8]) -> Self {
        Self(Blake2b::new().chain(message).finalize())
    }

    /// Takes 32 bytes as a hash.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for RevisionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for RevisionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "RevisionHash({a:02x}{b:02x}{c:02x}{d:02x}…)")
    }
}

/// Everything of a message but hash and signature.
#[derive(Default)]
struct Parts {
    seqno: i64,
    data: Arc<Dict>,
    diff: Arc<Diff>,
    lagged: Lagged,
    unknown: BTreeMap<Vec<u8>, BtValue>,
}

impl Parts {
    fn write(&self, sign: impl FnOnce(&[u8]) -> Option<Ed25519Signature>) -> Zeroizing<Vec<u8>> {
        write(self.seqno, &self.data, &self.lagged, &self.diff, &self.unknown, sign)
    }
}

/// Length of `1:~64:` ‖ signature ‖ `e`.
const SIGNATURE_ENTRY: usize = 6 + Ed25519Signature::LENGTH + 1;

fn write(
    seqno: i64,
    data: &Dict,
    lagged: &Lagged,
    diff: &Diff,
    unknown: &BTreeMap<Vec<u8>, BtValue>,
    sign: impl FnOnce(&[u8]) -> Option<Ed25519Signature>,
) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(session_bt::encode_dict(|dict| {
        dict.integer(b"#", seqno);
        write_unknown(dict, unknown, b"#", b"&");
        dict.dict(b"&", |writer| data.write(writer));
        write_unknown(dict, unknown, b"&", b"<");
        dict.list(b"<", |list| {
            for (id, diff) in lagged {
                list.list(|entry| {
                    entry.integer(id.seqno);
                    entry.bytes(&id.hash.0);
                    entry.dict(|writer| diff.write(writer));
                });
            }
        });
        write_unknown(dict, unknown, b"<", b"=");
        dict.dict(b"=", |writer| diff.write(writer));
        write_unknown(dict, unknown, b"=", b"~");
        if let Some(signature) = sign(dict.unfinished()) {
            dict.bytes(b"~", signature.as_bytes());
        }
    }))
}

fn write_unknown(
    dict: &mut DictWriter<'_>,
    unknown: &BTreeMap<Vec<u8>, BtValue>,
    after: &[u8],
    before: &[u8],
) {
    for (key, value) in unknown {
        if key.as_slice() > after && key.as_slice() < before {
            dict.value(key, value);
        }
    }
}

fn read_seqno(dict: &mut DictReader<'_, '_>) -> Result<i64, ParseError> {
    match dict.next()? {
        Some((b"#", item)) => match item.integer()? {
            seqno if seqno > MAX_SEQNO => Err(ParseError::SeqnoTooLarge { seqno }),
            seqno => Ok(seqno),
        },
        _ => Err(ParseError::NoSeqno),
    }
}

/// Diffs of earlier revisions by their bytes: in a conflict, every message remembers the same ones. They are
/// compared by the bytes because a revision's hash says nothing of what somebody else claims about it.
#[derive(Debug, Default)]
pub(crate) struct KnownDiffs(BTreeMap<RevisionId, (Vec<u8>, Arc<Diff>)>);

impl KnownDiffs {
    fn read(&mut self, id: RevisionId, item: Item<'_, '_>) -> Result<Arc<Diff>, ParseError> {
        let position = item.position();
        let raw = item.raw()?;
        if let Some((known, diff)) = self.0.get(&id)
            && known == raw
        {
            return Ok(diff.clone());
        }
        let diff = Arc::new(Diff::read_raw(raw, position)?);
        self.0.insert(id, (raw.to_vec(), diff.clone()));
        Ok(diff)
    }
}

fn read_lagged(
    mut list: ListReader<'_, '_>,
    seqno: i64,
    lag: Lag,
    known: &mut KnownDiffs,
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
        let hash = RevisionHash(*entry.require()?.array()?);
        let id = RevisionId { seqno: earlier, hash };
        if lagged.last_key_value().is_some_and(|(last, _)| *last >= id) {
            return Err(ParseError::LaggedOrder);
        }
        let diff = known.read(id, entry.require()?)?;
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
