//! The frame of group messages: signed by the author, compressed, padded, encrypted with a key of the group
//! (02 §8.1, §8.2; 06 §4).
//!
//! ```text
//! dict   = bt { "": 1, "a": A, "d" or "z": D, "s": Ed25519(D ‖ G) }    D plain under "d", zstd under "z"
//! stored = nonce (24) ‖ XChaCha20-Poly1305(group key, dict ‖ 00 …)     a multiple of 256 bytes
//! ```
//!
//! `G`, the group's key, is signed but not sent, so that a message cannot be moved to another group.
//!
//! *Membership is not checked here*: everybody with a key of the group can write. Clients compare the author with
//! the list of members.

use alloc::vec::Vec;
use core::fmt;

use session_bt::{DictReader, Reader, encode_dict};
use session_crypto::{
    aead::{TAG_LENGTH, XChaCha20Nonce},
    ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Signature},
    rand_core::CryptoRng,
};
use session_identity::{AccountId, GroupId};
use zeroize::Zeroizing;

use super::GroupKey;
use crate::compression::{compress, decompress};

mod error;

pub use error::{OpenError, SealError};

/// Longest plaintext in bytes, before compression.
pub const MAX_PLAINTEXT_LENGTH: usize = 1_000_000;
/// Lengths of stored messages are multiples of this many bytes.
const BLOCK_LENGTH: usize = 256;
/// Version of the dict.
const VERSION: i128 = 1;

/// Signs, compresses, pads and encrypts `plaintext`, for a group an [`Envelope`](crate::envelope::Envelope);
/// draws 24 bytes.
///
/// # Errors
/// [`SealError::Empty`] or [`SealError::TooLong`].
pub fn seal(
    plaintext: &[u8],
    sender: &Ed25519Keypair,
    group: &GroupId,
    key: &GroupKey,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, SealError> {
    if plaintext.is_empty() {
        return Err(SealError::Empty);
    }
    let form = Form { signed_for: Some(*group), compressed: true, block_length: BLOCK_LENGTH };
    form.seal(plaintext, sender, key, rng)
}

/// Decrypts with the first of `keys` that fits, newest first; verifies the author; decompresses.
///
/// # Errors
/// [`OpenError`]: the first step that fails. Nothing is decompressed before the author is verified.
pub fn open(stored: &[u8], group: &GroupId, keys: &[GroupKey]) -> Result<Opened, OpenError> {
    open_signed_for(Some(*group), stored, keys)
}

/// How a plaintext is framed.
#[derive(Clone, Copy, Debug)]
struct Form {
    /// The group that the signature covers: all but very old test data have one.
    signed_for: Option<GroupId>,
    /// Whether to compress, if that makes it shorter.
    compressed: bool,
    /// 0 and 1: no padding.
    block_length: usize,
}

impl Form {
    fn seal(
        self,
        plaintext: &[u8],
        sender: &Ed25519Keypair,
        key: &GroupKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, SealError> {
        if plaintext.len() > MAX_PLAINTEXT_LENGTH {
            return Err(SealError::TooLong { found: plaintext.len() });
        }
        let compressed =
            Zeroizing::new(if self.compressed { compress(plaintext) } else { Vec::new() });
        let shorter = self.compressed && compressed.len() < plaintext.len();
        let data = if shorter { compressed.as_slice() } else { plaintext };
        let signature = sender.sign(&signed_bytes(data, self.signed_for));
        let mut dict = Zeroizing::new(encode_dict(|dict| {
            dict.integer(b"", 1);
            dict.bytes(b"a", sender.public_key().as_bytes());
            if !shorter {
                dict.bytes(b"d", data);
            }
            dict.bytes(b"s", signature.as_bytes());
            if shorter {
                dict.bytes(b"z", data);
            }
        }));
        let overhead = XChaCha20Nonce::LENGTH.saturating_add(TAG_LENGTH);
        let length = dict.len().saturating_add(overhead);
        let padded = length.checked_next_multiple_of(self.block_length.max(1)).unwrap_or(length);
        dict.resize(padded.saturating_sub(overhead), 0);

        let nonce = XChaCha20Nonce::generate(rng);
        let mut stored = Vec::with_capacity(padded);
        stored.extend_from_slice(nonce.as_bytes());
        key.cipher().encrypt_into(&nonce, &dict, &mut stored);
        Ok(stored)
    }
}

fn open_signed_for(
    signed_for: Option<GroupId>,
    stored: &[u8],
    keys: &[GroupKey],
) -> Result<Opened, OpenError> {
    let too_short = OpenError::TooShort { found: stored.len() };
    let (nonce, ciphertext) = stored.split_first_chunk().ok_or(too_short)?;
    if ciphertext.len() < TAG_LENGTH {
        return Err(too_short);
    }
    let nonce = XChaCha20Nonce::from_bytes(*nonce);
    let (key_index, padded) = keys
        .iter()
        .enumerate()
        .find_map(|(index, key)| Some((index, key.cipher().decrypt(&nonce, ciphertext).ok()?)))
        .ok_or(OpenError::NoKeyFits { keys: keys.len() })?;
    let padded = Zeroizing::new(padded);
    let dict = without_zeros(&padded);
    if !(dict.first() == Some(&b'd') && dict.last() == Some(&b'e')) {
        return Err(OpenError::NoDict);
    }

    let message = SignedMessage::parse(dict)?;
    let sender = message.author.to_x25519().map_err(|_| OpenError::SenderKey)?;
    let data = message.data()?;
    message
        .author
        .verify(&signed_bytes(data, signed_for), &message.signature)
        .map_err(|_| OpenError::Signature)?;
    let plaintext = match message.compressed {
        Some(frame) => decompress(frame, MAX_PLAINTEXT_LENGTH)?,
        None => data.to_vec(),
    };
    Ok(Opened {
        plaintext: Zeroizing::new(plaintext),
        sender_key: message.author,
        sender: AccountId::from_public_key(sender),
        key_index,
    })
}

/// What stands in the dict. Nothing of it is verified.
struct SignedMessage<'a> {
    author: Ed25519PublicKey,
    plain: Option<&'a [u8]>,
    compressed: Option<&'a [u8]>,
    signature: Ed25519Signature,
}

impl<'a> SignedMessage<'a> {
    /// Unknown keys may stand between the known ones.
    fn parse(bytes: &'a [u8]) -> Result<Self, OpenError> {
        let mut reader = Reader::new(bytes);
        let mut dict = reader.value()?.dict()?;
        let version = dict.find(b"")?.ok_or(OpenError::Missing { field: "version" })?;
        let version: i128 = version.integer()?;
        if version != VERSION {
            return Err(OpenError::UnsupportedVersion { version });
        }
        let author = Ed25519PublicKey::from_bytes(fixed(&mut dict, b"a", "author")?);
        let plain = data(&mut dict, b"d", "plain data")?;
        let signature = Ed25519Signature::from_bytes(fixed(&mut dict, b"s", "signature")?);
        let compressed = data(&mut dict, b"z", "compressed data")?;
        reader.finish()?;
        Ok(Self { author, plain, compressed, signature })
    }

    fn data(&self) -> Result<&'a [u8], OpenError> {
        match (self.plain, self.compressed) {
            (Some(_), Some(_)) => Err(OpenError::TwoForms),
            (None, None) => Err(OpenError::Missing { field: "data" }),
            (Some(data), None) | (None, Some(data)) => Ok(data),
        }
    }
}

/// A value of fixed length that must be there.
fn fixed<const N: usize>(
    dict: &mut DictReader<'_, '_>,
    key: &[u8],
    field: &'static str,
) -> Result<[u8; N], OpenError> {
    let bytes = dict.find(key)?.ok_or(OpenError::Missing { field })?.bytes()?;
    let wrong = OpenError::Length { field, expected: N, found: bytes.len() };
    bytes.try_into().map_err(|_| wrong)
}

/// A value that may be there, but not empty.
fn data<'a>(
    dict: &mut DictReader<'_, 'a>,
    key: &[u8],
    field: &'static str,
) -> Result<Option<&'a [u8]>, OpenError> {
    match dict.find(key)?.map(session_bt::Item::bytes).transpose()? {
        Some([]) => Err(OpenError::Empty { field }),
        data => Ok(data),
    }
}

fn without_zeros(padded: &[u8]) -> &[u8] {
    let length =
        padded.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
    padded.get(..length).unwrap_or_default()
}

/// `D ‖ G`.
fn signed_bytes(data: &[u8], signed_for: Option<GroupId>) -> Zeroizing<Vec<u8>> {
    let group = signed_for.map(|group| group.public_key().to_bytes());
    let mut signed = Vec::with_capacity(data.len().saturating_add(Ed25519PublicKey::LENGTH));
    signed.extend_from_slice(data);
    signed.extend(group.into_iter().flatten());
    Zeroizing::new(signed)
}

/// A plaintext whose author is proven.
#[derive(Clone, Eq, PartialEq)]
pub struct Opened {
    plaintext: Zeroizing<Vec<u8>>,
    sender_key: Ed25519PublicKey,
    sender: AccountId,
    key_index: usize,
}

impl Opened {
    /// What was sealed.
    #[must_use]
    pub fn plaintext(&self) -> &[u8] {
        &self.plaintext
    }

    /// Who signed it. That this is a member is not checked.
    #[must_use]
    pub const fn sender(&self) -> AccountId {
        self.sender
    }

    /// The Ed25519 key that signed it.
    #[must_use]
    pub const fn sender_key(&self) -> Ed25519PublicKey {
        self.sender_key
    }

    /// Which of the keys decrypted it, from 0.
    #[must_use]
    pub const fn key_index(&self) -> usize {
        self.key_index
    }
}

impl fmt::Debug for Opened {
    /// Shows the sender and the length of the plaintext.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("sender", &self.sender)
            .field("length", &self.plaintext.len())
            .finish_non_exhaustive()
    }
}

/// Forms of the frame that no client sends: to read and to make old test data, and to compare with other
/// implementations.
#[cfg(feature = "hazmat")]
pub mod hazmat {
    use super::{
        CryptoRng, Ed25519Keypair, Form, GroupId, GroupKey, OpenError, Opened, SealError, Vec,
        open_signed_for,
    };

    /// Like [`super::seal`] in any form: with or without compression, with any padding (0 and 1: none), even
    /// an empty plaintext. `signed_for` is `None` in the form before February 2025.
    ///
    /// # Security
    /// A message that is signed for no group can be posted by any reader in another group of the author's.
    ///
    /// # Errors
    /// [`SealError::TooLong`].
    pub fn seal(
        plaintext: &[u8],
        (sender, signed_for): (&Ed25519Keypair, Option<GroupId>),
        key: &GroupKey,
        (compressed, block_length): (bool, u16),
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, SealError> {
        let form = Form { signed_for, compressed, block_length: block_length.into() };
        form.seal(plaintext, sender, key, rng)
    }

    /// Like [`super::open`] for messages that are signed for no group.
    ///
    /// # Errors
    /// [`OpenError`]: the first step that fails.
    pub fn open_unbound(stored: &[u8], keys: &[GroupKey]) -> Result<Opened, OpenError> {
        open_signed_for(None, stored, keys)
    }
}

#[cfg(test)]
mod tests;
