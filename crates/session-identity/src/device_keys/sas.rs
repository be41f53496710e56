//! Pictures that two people compare before one device is linked to another (01 §12, 10 §12.3).

use session_crypto::blake2b::Blake2b;

use crate::argon2id::argon2id;

const PASSES: u32 = 2;
/// 16 MiB: a forger must spend them for each attempt at the same pictures.
const MEMORY_KIB: u32 = 16_384;

/// Short authentication string of a link request: 21 pictures out of 64. The first 7 are shown, 42 bits; all of
/// them on demand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ShortAuthenticationString([u8; 21]);

impl ShortAuthenticationString {
    /// Pictures of the plaintext of a link request. Takes 16 MiB.
    ///
    /// # Errors
    /// [`NoMemory`] if the system has no 16 MiB to give.
    pub fn of_request(request: &[u8]) -> Result<Self, NoMemory> {
        let salt = Blake2b::personalised(b"SessionLinkEmoji").chain(request).finalize();
        let hash = argon2id::<16>(request, &salt, PASSES, MEMORY_KIB).ok_or(NoMemory)?;
        Ok(Self::of_hash(*hash))
    }

    fn of_hash(hash: [u8; 16]) -> Self {
        let mut bits = u128::from_le_bytes(hash);
        let mut indices = [0; 21];
        for index in &mut indices {
            let [lowest, ..] = bits.to_le_bytes();
            *index = lowest & 63;
            bits >>= 6;
        }
        Self(indices)
    }

    /// Numbers of the pictures in [`EMOJI`], each below 64, for clients that show names in the user's language.
    #[must_use]
    pub const fn indices(&self) -> &[u8; 21] {
        &self.0
    }

    /// The pictures, each with its English name.
    pub fn emoji(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.0.iter().filter_map(|index| EMOJI.get(usize::from(*index)).copied())
    }
}

/// The system has no memory for the pictures of a link request.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("no memory for a short authentication string")]
pub struct NoMemory;

/// The pictures with their English names: the table of the Matrix specification.
#[rustfmt::skip]
pub const EMOJI: [(&str, &str); 64] = [
    ("🐶", "Dog"), ("🐱", "Cat"), ("🦁", "Lion"), ("🐎", "Horse"),
    ("🦄", "Unicorn"), ("🐷", "Pig"), ("🐘", "Elephant"), ("🐰", "Rabbit"),
    ("🐼", "Panda"), ("🐓", "Rooster"), ("🐧", "Penguin"), ("🐢", "Turtle"),
    ("🐟", "Fish"), ("🐙", "Octopus"), ("🦋", "Butterfly"), ("🌷", "Flower"),
    ("🌳", "Tree"), ("🌵", "Cactus"), ("🍄", "Mushroom"), ("🌏", "Globe"),
    ("🌙", "Moon"), ("☁\u{fe0f}", "Cloud"), ("🔥", "Fire"), ("🍌", "Banana"),
    ("🍎", "Apple"), ("🍓", "Strawberry"), ("🌽", "Corn"), ("🍕", "Pizza"),
    ("🎂", "Cake"), ("❤\u{fe0f}", "Heart"), ("😀", "Smiley"), ("🤖", "Robot"),
    ("🎩", "Hat"), ("👓", "Glasses"), ("🔧", "Spanner"), ("🎅", "Santa"),
    ("👍", "Thumbs up"), ("☂\u{fe0f}", "Umbrella"), ("⌛", "Hourglass"), ("⏰", "Clock"),
    ("🎁", "Gift"), ("💡", "Light bulb"), ("📕", "Book"), ("✏\u{fe0f}", "Pencil"),
    ("📎", "Paperclip"), ("✂\u{fe0f}", "Scissors"), ("🔒", "Lock"), ("🔑", "Key"),
    ("🔨", "Hammer"), ("☎\u{fe0f}", "Telephone"), ("🏁", "Flag"), ("🚂", "Train"),
    ("🚲", "Bicycle"), ("✈\u{fe0f}", "Aeroplane"), ("🚀", "Rocket"), ("🏆", "Trophy"),
    ("⚽", "Ball"), ("🎸", "Guitar"), ("🎺", "Trumpet"), ("🔔", "Bell"),
    ("⚓", "Anchor"), ("🎧", "Headphones"), ("📁", "Folder"), ("📌", "Pin"),
];

#[cfg(test)]
mod tests {
    use alloc::{collections::BTreeSet, vec::Vec};

    use session_crypto::encoding::hex;

    use super::*;

    /// 01 §12.
    #[test]
    fn the_pictures_of_the_specification() {
        let request = [b"d1:I32:".as_slice(), &[0; 32], b"1:idee"].concat();
        let indices =
            [17, 22, 32, 13, 7, 41, 18, 61, 3, 26, 29, 15, 60, 23, 39, 62, 48, 33, 61, 61, 48];
        let pictures = ShortAuthenticationString::of_request(&request).unwrap();
        assert_eq!(*pictures.indices(), indices);
        let hash = hex::decode_array("910536472af583d63dfc75fa70d8f7f0").unwrap();
        assert_eq!(ShortAuthenticationString::of_hash(hash), pictures);
        let names: Vec<_> = pictures.emoji().map(|(_, name)| name).take(3).collect();
        assert_eq!(names, ["Cactus", "Fire", "Hat"]);
        assert_eq!(pictures.emoji().count(), 21);
    }

    /// 10 §12.3 lists the entries with a variation selector; 01 §12 the first and the last one.
    #[test]
    fn the_table_is_that_of_the_specification() {
        assert_eq!((EMOJI[0].1, EMOJI[63].1), ("Dog", "Pin"));
        let varied: Vec<_> = (0..64).filter(|i| EMOJI[*i].0.ends_with('\u{fe0f}')).collect();
        assert_eq!(varied, [21, 29, 37, 43, 45, 49, 53]);
        let different: BTreeSet<_> = EMOJI.iter().map(|(picture, _)| picture).collect();
        assert_eq!(different.len(), 64);
    }
}
