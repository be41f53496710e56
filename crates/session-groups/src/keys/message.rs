//! The form of key messages, read without believing them (06 §3.2 to §3.4).
//!
//! ```text
//! rekey       d 1:# nonce (24)  1:G number  1:K copy for admins (48)  1:k [48-byte copies]  1:~ signature  e
//! supplement  d 1:# nonce (24)  1:+ [boxes with several keys]  1:G highest number                1:~ signature  e
//! ```

use session_bt::{DecodeError, ListReader, Reader};
use session_crypto::{
    aead::{TAG_LENGTH, XChaCha20Nonce},
    ed25519::Ed25519Signature,
};
use session_envelope::group::GroupKey;
use session_swarm::limits::MAX_DATA_LENGTH;

use super::{Generation, GenerationRangeError, RecordError};

/// Longest key message in bytes: what a swarm stores.
pub const MAX_MESSAGE_LENGTH: usize = MAX_DATA_LENGTH;
/// A written message holds a multiple of this many copies, which hides how many members there are (06 §3.2).
/// Clients wrote multiples of 75 before February 2025; any number is read.
pub(super) const COPIES_MULTIPLE: usize = 45;
/// Length of an encrypted key.
pub(super) const COPY_LENGTH: usize = GroupKey::LENGTH + TAG_LENGTH;
/// Shortest box of a supplement, which the deployed clients demand; a real one has 82 bytes and more.
const MIN_BOX_LENGTH: usize = 52 + TAG_LENGTH;
/// Bytes of a message behind what is signed: `1:~64:`, the signature, `e`.
const SIGNATURE_ENTRY: usize = 6 + Ed25519Signature::LENGTH + 1;

/// A key message whose form is right.
#[derive(Debug)]
pub(super) struct KeyMessage<'a> {
    pub(super) nonce: XChaCha20Nonce,
    /// Number of the key, or the highest of several.
    pub(super) generation: Generation,
    pub(super) body: Body<'a>,
    /// What the signature covers.
    pub(super) signed: &'a [u8],
    pub(super) signature: Ed25519Signature,
}

#[derive(Debug)]
pub(super) enum Body<'a> {
    /// One new key.
    Rekey { for_admins: &'a [u8; COPY_LENGTH], for_members: Vec<&'a [u8; COPY_LENGTH]> },
    /// Keys that exist.
    Supplement { boxes: Vec<&'a [u8]> },
}

impl<'a> KeyMessage<'a> {
    /// Keys that nobody knows may stand between the known ones: they are signed too.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, KeyMessageError> {
        if bytes.len() > MAX_MESSAGE_LENGTH {
            return Err(KeyMessageError::TooLong { found: bytes.len() });
        }
        let mut reader = Reader::new(bytes);
        let mut dict = reader.value()?.dict()?;
        let nonce = XChaCha20Nonce::from_bytes(*dict.require(b"#")?.array()?);
        let boxes = dict.find(b"+")?.map(|item| read_boxes(item.list()?)).transpose()?;
        let generation = Generation::try_from(dict.require(b"G")?.integer::<i64>()?)?;
        let body = match boxes {
            Some(boxes) => Body::Supplement { boxes },
            None => Body::Rekey {
                for_admins: dict.require(b"K")?.array()?,
                for_members: read_copies(dict.require(b"k")?.list()?)?,
            },
        };
        let signature = Ed25519Signature::from_bytes(*dict.require(b"~")?.array()?);
        if dict.next()?.is_some() {
            return Err(KeyMessageError::BehindSignature);
        }
        reader.finish()?;
        // The signature is the last entry, so that its place is known.
        let (signed, _) = bytes.split_at(bytes.len().saturating_sub(SIGNATURE_ENTRY));
        Ok(Self { nonce, generation, body, signed, signature })
    }
}

/// Any number of copies: the group signed it, and it protects nothing here.
fn read_copies<'a>(
    mut list: ListReader<'_, 'a>,
) -> Result<Vec<&'a [u8; COPY_LENGTH]>, KeyMessageError> {
    let mut copies = Vec::new();
    while let Some(item) = list.next()? {
        copies.push(item.array()?);
    }
    Ok(copies)
}

fn read_boxes<'a>(mut list: ListReader<'_, 'a>) -> Result<Vec<&'a [u8]>, KeyMessageError> {
    let mut boxes = Vec::new();
    while let Some(item) = list.next()? {
        match item.bytes()? {
            short if short.len() < MIN_BOX_LENGTH => {
                return Err(KeyMessageError::BoxLength { found: short.len() });
            }
            sealed => boxes.push(sealed),
        }
    }
    Ok(boxes)
}

/// Why a message of namespace 12 is no key message of the group. It is to be passed over.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyMessageError {
    /// Longer than anything that a swarm stores.
    #[error("key message of {found} bytes, at most {MAX_MESSAGE_LENGTH} are possible")]
    TooLong {
        /// Bytes that were given.
        found: usize,
    },
    /// No bt-encoding, or not the fields of a key message.
    #[error("malformed key message")]
    Malformed(#[from] DecodeError),
    /// The number of a key is out of range.
    #[error(transparent)]
    Generation(#[from] GenerationRangeError),
    /// A box of a supplement is too short to hold a key.
    #[error("supplement with a box of {found} bytes, expected at least {MIN_BOX_LENGTH}")]
    BoxLength {
        /// Length of the box.
        found: usize,
    },
    /// An entry follows the signature, which does not cover it.
    #[error("key message with an entry behind its signature")]
    BehindSignature,
    /// No admin of this group signed these bytes.
    #[error("key message is not signed by the group")]
    Signature,
    /// An admin finds that the copy for admins does not open.
    #[error("copy of the key for admins does not open")]
    AdminCopy,
    /// What an admin boxed up for this member are no keys.
    #[error("malformed keys in a supplement")]
    Records(#[from] RecordError),
}
