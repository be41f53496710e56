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

use session_crypto::ed25519::{Ed25519Keypair, Ed25519Signature, VerifyingKey};
use zeroize::Zeroizing;

use self::write::{Parts, write};
use crate::{data::Dict, diff::Diff};

mod draft;
mod read;
mod revision;
mod write;

pub use draft::Draft;
pub(crate) use read::Known;
pub use read::{MAX_LAGGED, MAX_SEQNO, ParseError};
pub use revision::{RevisionHash, RevisionId};

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

/// Values under keys that this version does not know, by their encoding: a tree of them would take many times
/// the memory of their bytes.
pub(crate) type Unknown = Arc<BTreeMap<Vec<u8>, Zeroizing<Vec<u8>>>>;

/// A finished revision.
#[derive(Clone, Eq, PartialEq)]
pub struct Message {
    id: RevisionId,
    data: Dict,
    diff: Arc<Diff>,
    lagged: Lagged,
    unknown: Unknown,
    signature: Option<Signature>,
    /// The bytes, if the rest does not give them again: what the signature and the hash are of.
    original: Option<Arc<Zeroizing<Vec<u8>>>>,
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
        Self::seal(Parts::default(), &Authority::Unsigned).0
    }

    /// The message of these parts, and its bytes.
    fn seal(parts: Parts, authority: &Authority) -> (Self, Zeroizing<Vec<u8>>) {
        let mut signature = None;
        let bytes = parts.write(|signed| {
            if let Authority::Signer(keypair) = authority {
                signature = Some(keypair.sign(signed));
            }
            signature
        });
        let hash = RevisionHash::of(&bytes);
        (Self::with_hash(parts, hash, signature.map(Signature::Made)), bytes)
    }

    fn with_hash(parts: Parts, hash: RevisionHash, signature: Option<Signature>) -> Self {
        let Parts { seqno, data, diff, lagged, unknown } = parts;
        let id = RevisionId { seqno, hash };
        Self { id, data, diff, lagged, unknown, signature, original: None }
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

    /// Number of values and changes in the message: what [`max_values`](crate::data::max_values) bounds.
    pub(crate) fn count(&self) -> usize {
        let diffs = self.lagged.values().chain([&self.diff]).map(|diff| diff.count());
        let values = self.data.count().saturating_add(self.unknown.len());
        diffs.fold(values, usize::saturating_add)
    }

    /// Bytes of the message in their usual form. Where a message that was read is as its writer made it, these are its
    /// bytes; a list of earlier revisions that was left out, or has entries that are too old, is not (07 §4.2).
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        self.write(self.signature.map(Signature::get))
    }

    /// Bytes of the message as it is stored: what its signature and its hash are of.
    pub(crate) fn to_stored_bytes(&self) -> Zeroizing<Vec<u8>> {
        self.original.as_ref().map_or_else(|| self.to_bytes(), |bytes| bytes.to_vec().into())
    }

    /// The same, but without a signature that can be made again: what a dump holds.
    pub(crate) fn to_dump_bytes(&self) -> Zeroizing<Vec<u8>> {
        match self.signature {
            Some(Signature::Made(_)) => self.write(None),
            Some(Signature::Received(_)) | None => self.to_stored_bytes(),
        }
    }

    fn write(&self, signature: Option<Ed25519Signature>) -> Zeroizing<Vec<u8>> {
        let Self { id, data, diff, lagged, unknown, signature: _, original: _ } = self;
        write(id.seqno, data, lagged, diff, unknown, |_| signature)
    }

    /// The message of a dump, signed as it was before.
    pub(crate) fn resigned(self, authority: &Authority) -> Self {
        if self.signature.is_some() || !matches!(authority, Authority::Signer(_)) {
            return self;
        }
        let Self { id: RevisionId { seqno, .. }, data, diff, lagged, unknown, .. } = self;
        Self::seal(Parts { seqno, data, diff, lagged, unknown }, authority).0
    }

    pub(crate) const fn is_signed(&self) -> bool {
        self.signature.is_some()
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
