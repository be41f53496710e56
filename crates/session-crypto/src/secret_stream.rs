//! Encryption of a stream in authenticated chunks: libsodium's `secretstream` XChaCha20-Poly1305 (02 §11.2).
//!
//! ```text
//! chunk = tag byte, encrypted (1) ‖ ciphertext ‖ authenticator (16)
//! ```
//!
//! Each chunk authenticates everything before it, so that chunks can be neither moved nor left out; the tag
//! [`Tag::Final`] tells that nothing was cut off at the end.
//!
//! ```
//! use session_crypto::secret_stream::{Decryptor, Encryptor, Header, StreamKey, Tag};
//!
//! let (key, header) = (StreamKey::from_bytes([1; 32]), Header::from_bytes([2; 24]));
//! let mut encryptor = Encryptor::new(&key, &header);
//! let (mut one, mut two) = (Vec::new(), Vec::new());
//! encryptor.push(Tag::Message, b"hello ", &mut one);
//! encryptor.push(Tag::Final, b"world", &mut two);
//!
//! let mut decryptor = Decryptor::new(&key, &header);
//! let mut text = Vec::new();
//! assert_eq!(decryptor.pull(&one, &mut text)?, Tag::Message);
//! assert_eq!(decryptor.pull(&two, &mut text)?, Tag::Final);
//! assert_eq!(text, b"hello world");
//! # Ok::<(), session_crypto::Unauthentic>(())
//! ```

use alloc::vec::Vec;
use core::fmt;

use chacha20::{
    ChaCha20, R20,
    cipher::{KeyIvInit as _, StreamCipher as _},
    hchacha,
};
use poly1305::{
    Poly1305,
    universal_hash::{KeyInit as _, UniversalHash as _},
};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{Unauthentic, secret::SecretBytes};

/// Bytes that a chunk adds to its text.
pub const CHUNK_OVERHEAD: usize = 1 + TAG_LENGTH;

const TAG_LENGTH: usize = 16;
/// Bytes of a keystream block.
const BLOCK_LENGTH: usize = 64;

/// Key of a stream, 32 bytes.
#[derive(Clone, Eq, PartialEq, ZeroizeOnDrop)]
pub struct StreamKey(SecretBytes<32>);

impl StreamKey {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    /// Takes 32 bytes as a key.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(SecretBytes::from_bytes(bytes))
    }

    /// The secret bytes.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        self.0.expose_bytes()
    }
}

impl fmt::Debug for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamKey(..)")
    }
}

/// Header of a stream, 24 bytes: public, and never twice under one key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Header([u8; 24]);

impl Header {
    /// Length in bytes.
    pub const LENGTH: usize = 24;

    /// Takes 24 bytes as a header.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 24]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 24] {
        &self.0
    }
}

/// What a chunk is in its stream.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the format has these four and no others")]
pub enum Tag {
    /// One of many: 0.
    Message,
    /// The last of a group: 1.
    Push,
    /// The last under its key: 2.
    Rekey,
    /// The last of the stream: 3.
    Final,
}

impl Tag {
    const fn to_byte(self) -> u8 {
        match self {
            Self::Message => 0,
            Self::Push => 1,
            Self::Rekey => 2,
            Self::Final => 3,
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Message),
            1 => Some(Self::Push),
            2 => Some(Self::Rekey),
            3 => Some(Self::Final),
            _ => None,
        }
    }
}

/// Makes the chunks of a stream, in order.
#[derive(Debug)]
pub struct Encryptor(State);

impl Encryptor {
    /// Start of a stream.
    #[must_use]
    pub fn new(key: &StreamKey, header: &Header) -> Self {
        Self(State::new(key, header))
    }

    /// Appends the next chunk to `out`, [`CHUNK_OVERHEAD`] bytes more than `text`.
    pub fn push(&mut self, tag: Tag, text: &[u8], out: &mut Vec<u8>) {
        let (mut cipher, authenticator) = self.0.start();
        let mut block = Zeroizing::new([0; BLOCK_LENGTH]);
        if let Some(first) = block.first_mut() {
            *first = tag.to_byte();
        }
        cipher.apply_keystream(block.as_mut_slice());
        out.reserve(text.len().saturating_add(CHUNK_OVERHEAD));
        out.extend(block.first());
        let start = out.len();
        out.extend_from_slice(text);
        let (_, ciphertext) = out.split_at_mut(start);
        cipher.apply_keystream(ciphertext);
        let mac = authenticate(authenticator, &block, ciphertext);
        out.extend_from_slice(&mac);
        self.0.advance(tag, &mac);
    }
}

/// Reads the chunks of a stream, in order.
#[derive(Debug)]
pub struct Decryptor(State);

impl Decryptor {
    /// Start of a stream.
    #[must_use]
    pub fn new(key: &StreamKey, header: &Header) -> Self {
        Self(State::new(key, header))
    }

    /// Appends the text of the next chunk to `out` and returns its tag.
    ///
    /// # Errors
    /// [`Unauthentic`] for a wrong key or header, altered bytes, or a chunk that is not the next. Nothing is
    /// appended then, and the stream stays where it was.
    pub fn pull(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<Tag, Unauthentic> {
        let (first, rest) = chunk.split_first().ok_or(Unauthentic)?;
        let (ciphertext, mac) = rest.split_last_chunk::<TAG_LENGTH>().ok_or(Unauthentic)?;
        let (mut cipher, authenticator) = self.0.start();

        // The keystream of the rest of the block is what the zeros behind the tag were encrypted to.
        let mut block = Zeroizing::new([0; BLOCK_LENGTH]);
        cipher.apply_keystream(block.as_mut_slice());
        let [keystream, ..] = *block;
        if let Some(sent) = block.first_mut() {
            *sent = *first;
        }
        if !bool::from(authenticate(authenticator, &block, ciphertext).ct_eq(mac)) {
            return Err(Unauthentic);
        }
        let tag = Tag::from_byte(*first ^ keystream).ok_or(Unauthentic)?;
        let start = out.len();
        out.extend_from_slice(ciphertext);
        let (_, text) = out.split_at_mut(start);
        cipher.apply_keystream(text);
        self.0.advance(tag, mac);
        Ok(tag)
    }
}

/// Where a stream is.
#[derive(Zeroize, ZeroizeOnDrop)]
struct State {
    key: [u8; 32],
    chained: [u8; 8],
    counter: u32,
}

impl State {
    fn new(key: &StreamKey, header: &Header) -> Self {
        let (salt, chained) = header.0.split_at(16);
        let mut state = Self { key: [0; 32], chained: [0; 8], counter: 1 };
        let salt = <[u8; 16]>::try_from(salt).unwrap_or_default();
        state.chained.copy_from_slice(chained);
        let derived = Zeroizing::new(<[u8; 32]>::from(hchacha::<R20>(
            key.expose_bytes().into(),
            &salt.into(),
        )));
        state.key.copy_from_slice(derived.as_slice());
        state
    }

    /// Counter ‖ chained bytes.
    fn nonce(&self) -> [u8; 12] {
        let mut nonce = [0; 12];
        let bytes = self.counter.to_le_bytes().into_iter().chain(self.chained);
        nonce.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        nonce
    }

    /// Cipher behind its first block, which begins with the authenticator's one-time key.
    fn start(&self) -> (ChaCha20, Poly1305) {
        let mut cipher = ChaCha20::new((&self.key).into(), (&self.nonce()).into());
        let mut block = Zeroizing::new([0; BLOCK_LENGTH]);
        cipher.apply_keystream(block.as_mut_slice());
        let mut key = Zeroizing::new([0; 32]);
        key.iter_mut().zip(block.iter()).for_each(|(to, from)| *to = *from);
        (cipher, Poly1305::new((&*key).into()))
    }

    fn advance(&mut self, tag: Tag, mac: &[u8; TAG_LENGTH]) {
        self.chained.iter_mut().zip(mac).for_each(|(byte, mac)| *byte ^= *mac);
        self.counter = self.counter.wrapping_add(1);
        if matches!(tag, Tag::Rekey | Tag::Final) || self.counter == 0 {
            self.rekey();
        }
    }

    /// Key and chained bytes encrypt themselves.
    fn rekey(&mut self) {
        let mut cipher = ChaCha20::new((&self.key).into(), (&self.nonce()).into());
        cipher.apply_keystream(&mut self.key);
        cipher.apply_keystream(&mut self.chained);
        self.counter = 1;
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "State {{ counter: {}, .. }}", self.counter)
    }
}

/// Authenticator over `block ‖ ciphertext ‖ zeros ‖ 0 ‖ 64 + length`, both numbers in eight bytes.
///
/// The zeros are `length mod 16`, not what would fill up the last block: so it was written once, and so it is.
fn authenticate(
    mut authenticator: Poly1305,
    block: &[u8; BLOCK_LENGTH],
    ciphertext: &[u8],
) -> [u8; TAG_LENGTH] {
    authenticator.update_padded(block);
    let (whole, rest) = ciphertext.split_at(ciphertext.len() - ciphertext.len() % TAG_LENGTH);
    authenticator.update_padded(whole);
    let length = u64::try_from(ciphertext.len()).unwrap_or(u64::MAX);
    let mut end = Vec::with_capacity(3 * TAG_LENGTH);
    end.extend_from_slice(rest);
    end.resize(2 * rest.len(), 0);
    end.extend_from_slice(&0_u64.to_le_bytes());
    end.extend_from_slice(&length.saturating_add(64).to_le_bytes());
    authenticator.compute_unpadded(&end).into()
}

#[cfg(test)]
mod tests {
    use alloc::{format, vec};

    use super::*;

    fn key() -> StreamKey {
        StreamKey::from_bytes([1; 32])
    }

    fn header() -> Header {
        Header::from_bytes([2; 24])
    }

    fn chunks(tags: &[Tag], length: usize) -> Vec<Vec<u8>> {
        let mut encryptor = Encryptor::new(&key(), &header());
        let chunk = |tag: &Tag| {
            let mut out = vec![];
            encryptor.push(*tag, &vec![7; length], &mut out);
            out
        };
        tags.iter().map(chunk).collect()
    }

    #[test]
    fn what_is_pushed_is_pulled() {
        let tags = [Tag::Message, Tag::Push, Tag::Rekey, Tag::Message, Tag::Final, Tag::Message];
        for length in [0, 1, 15, 16, 17, 63, 64, 65, 1000] {
            let mut decryptor = Decryptor::new(&key(), &header());
            for (chunk, tag) in chunks(&tags, length).iter().zip(tags) {
                assert_eq!(chunk.len(), length + CHUNK_OVERHEAD);
                let mut text = b"kept".to_vec();
                assert_eq!(decryptor.pull(chunk, &mut text), Ok(tag), "{length}");
                assert_eq!(text, [b"kept".as_slice(), &vec![7; length]].concat());
            }
        }
    }

    #[test]
    fn every_bit_and_every_length_counts() {
        let [chunk] = chunks(&[Tag::Message], 20).try_into().unwrap();
        let pull = |chunk: &[u8]| {
            let mut out = vec![];
            let result = Decryptor::new(&key(), &header()).pull(chunk, &mut out);
            assert!(result.is_ok() || out.is_empty());
            result
        };
        for bit in 0..chunk.len() * 8 {
            let mut altered = chunk.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(pull(&altered), Err(Unauthentic), "bit {bit}");
        }
        for length in 0..chunk.len() {
            assert_eq!(pull(&chunk[..length]), Err(Unauthentic), "{length}");
        }
        assert_eq!(pull(&[chunk.as_slice(), &[0]].concat()), Err(Unauthentic));
        for (key, header) in [
            (StreamKey::from_bytes([3; 32]), header()),
            (key(), Header::from_bytes([3; 24])),
            (key(), Header::from_bytes(core::array::from_fn(|i| if i < 23 { 2 } else { 3 }))),
        ] {
            let error = Decryptor::new(&key, &header).pull(&chunk, &mut vec![]);
            assert_eq!(error, Err(Unauthentic));
        }
    }

    /// Somebody who holds the key can write other tags; they are no tags.
    #[test]
    fn authentic_chunks_with_an_unknown_tag_are_refused() {
        for (tag, known) in (0..=255).map(|tag| (tag, Tag::from_byte(tag))) {
            let (mut cipher, authenticator) = State::new(&key(), &header()).start();
            let mut block = [0; BLOCK_LENGTH];
            block[0] = tag;
            cipher.apply_keystream(&mut block);
            let mac = authenticate(authenticator, &block, &[]);
            let chunk = [&block[..1], &mac].concat();
            let mut out = vec![];
            let pulled = Decryptor::new(&key(), &header()).pull(&chunk, &mut out);
            assert_eq!(pulled, known.ok_or(Unauthentic), "{tag}");
            assert_eq!(known.is_some(), tag < 4);
        }
    }

    #[test]
    fn chunks_have_an_order() {
        let chunks = chunks(&[Tag::Message; 3], 20);
        let mut decryptor = Decryptor::new(&key(), &header());
        let mut text = vec![];
        assert_eq!(decryptor.pull(&chunks[1], &mut text), Err(Unauthentic));
        assert_eq!(decryptor.pull(&chunks[0], &mut text), Ok(Tag::Message));
        assert_eq!(decryptor.pull(&chunks[0], &mut text), Err(Unauthentic), "twice");
        assert_eq!(decryptor.pull(&chunks[2], &mut text), Err(Unauthentic), "one left out");
        assert_eq!(decryptor.pull(&chunks[1], &mut text), Ok(Tag::Message), "the stream stayed");
    }

    /// The counter has four bytes. Where it wraps, the key changes as if it had been asked for.
    #[test]
    fn the_key_changes_when_the_counter_wraps() {
        let mut state = State::new(&key(), &header());
        let first = state.key;
        state.counter = u32::MAX;
        state.advance(Tag::Message, &[0; 16]);
        assert_eq!(state.counter, 1);
        assert_ne!(state.key, first);
        let key = state.key;
        state.advance(Tag::Message, &[0; 16]);
        assert_eq!((state.key, state.counter), (key, 2));
    }

    #[test]
    fn keys_and_states_do_not_print() {
        assert_eq!(format!("{:?}", key()), "StreamKey(..)");
        let encryptor = Encryptor::new(&key(), &header());
        assert_eq!(format!("{encryptor:?}"), "Encryptor(State { counter: 1, .. })");
    }
}
