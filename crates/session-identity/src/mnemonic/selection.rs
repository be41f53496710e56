//! Words of a list picked without a trace: the whole list is walked, whatever the words are.

use alloc::{vec, vec::Vec};

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq as _};
use zeroize::{Zeroize, Zeroizing};

use super::Language;

/// Up to 22 bytes of a word and their number, in registers that are selected as a whole.
#[derive(Clone, Copy, Default, Zeroize)]
pub(super) struct Piece {
    words: [u64; 3],
    length: u8,
}

impl Piece {
    /// Greatest number of bytes: a Japanese word, the longest of all lists, and a space.
    pub(super) const ROOM: usize = 22;

    /// A piece of these bytes; those that have no room are left out.
    pub(super) fn new(bytes: impl Iterator<Item = u8>) -> Self {
        let mut room = [0; 24];
        let mut length = 0;
        for (place, byte) in room.iter_mut().take(Self::ROOM).zip(bytes) {
            *place = byte;
            length += 1;
        }
        let (chunks, _) = room.as_chunks::<8>();
        let mut words = [0; 3];
        for (word, chunk) in words.iter_mut().zip(chunks) {
            *word = u64::from_le_bytes(*chunk);
        }
        Self { words, length }
    }

    /// Number of bytes.
    pub(super) const fn length(&self) -> u8 {
        self.length
    }

    /// The bytes, and zeros after them.
    pub(super) fn bytes(&self) -> [u8; Self::ROOM] {
        let mut bytes = [0; Self::ROOM];
        let all = self.words.iter().flat_map(|word| word.to_le_bytes());
        for (place, byte) in bytes.iter_mut().zip(all) {
            *place = byte;
        }
        bytes
    }
}

impl ConditionallySelectable for Piece {
    fn conditional_select(a: &Self, b: &Self, choice: Choice) -> Self {
        Self {
            words: <[u64; 3]>::conditional_select(&a.words, &b.words, choice),
            length: u8::conditional_select(&a.length, &b.length, choice),
        }
    }
}

/// A piece of each of these words. Every word of the list is looked at for each of them.
pub(super) fn select(
    language: Language,
    indices: &[u32],
    piece: impl Fn(&'static str) -> Piece,
) -> Zeroizing<Vec<Piece>> {
    let mut selected = Zeroizing::new(vec![Piece::default(); indices.len()]);
    for (index, word) in (0_u32..).zip(language.words()) {
        let candidate = piece(word);
        for (place, wanted) in selected.iter_mut().zip(indices) {
            place.conditional_assign(&candidate, wanted.ct_eq(&index));
        }
    }
    selected
}

/// The pieces one after the other. Each is laid at every place where it might begin, and stays at one.
pub(super) fn join(pieces: &[Piece]) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(vec![0; pieces.len().saturating_mul(Piece::ROOM)]);
    let mut start = 0_u16;
    for (number, piece) in pieces.iter().enumerate() {
        let bytes = Zeroizing::new(piece.bytes());
        let last = number.saturating_mul(Piece::ROOM);
        for (here, place) in (0_u16..).zip(0..=last) {
            let mask = here.ct_eq(&start).unwrap_u8().wrapping_neg();
            let room = text.get_mut(place..).unwrap_or_default();
            for (at, byte) in room.iter_mut().zip(bytes.iter()) {
                *at |= byte & mask;
            }
        }
        start = start.saturating_add(u16::from(piece.length()));
    }
    text.truncate(usize::from(start));
    text
}
