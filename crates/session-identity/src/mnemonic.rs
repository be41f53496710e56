//! The recovery password: words that stand for the seed of an account (01 §4).
//!
//! Each four bytes of the seed are three words of a list of 1626, and one more word repeats one of the others
//! as a checksum: 16 bytes are 13 words, 32 bytes are 25. It is the scheme of the CryptoNote wallets, not
//! BIP-39.
//!
//! ```
//! use session_identity::{Account, mnemonic::{Language, RecoveryPassword}};
//!
//! let typed = "Puffin luxury annoyed rustled memoir faxed smidgen
//!              puddle kiwi nylon utopia zinger kiwi";
//! let password: RecoveryPassword = typed.parse()?;
//! let account = Account::from_seed(password.into_seed());
//! assert_eq!(account.id().short(), "0548…2c69");
//!
//! let shown = account.recovery_password(Language::English);
//! assert!(shown.to_string().starts_with("puffin luxury annoyed"));
//! # Ok::<(), session_identity::mnemonic::DecodeError>(())
//! ```
//!
//! Reading is tolerant about everything around the words: case, numbering, bullets, quotation marks, line breaks,
//! invisible characters (01 §4.5). Of the words themselves only the first letters count (three in English), as in the
//! apps. A word that is not spelt as in the list is told as a [`Correction`]: show it to the user before you restore
//! the account, as the word may be another one than was meant.
//!
//! # Timing
//! To write a recovery password, every word of the list is looked at for each of its words, and nothing is indexed by the
//! seed. What remains is that the bytes become a text, which looks at letters beyond ASCII, and the length of the whole.
//! To read one takes a time that depends on what was typed: the words are compared letter by letter, and looked up by
//! them. That happens once, on the device of the person who types.

use alloc::{string::String, vec::Vec};
use core::{fmt, mem, str::FromStr};

use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::seed::AccountSeed;

mod checksum;
mod decode;
mod groups;
mod index;
mod language;
mod letters;
mod selection;
#[cfg(test)]
mod tests;
mod words;

use checksum::Profile;
pub use decode::DecodeError;
use decode::Reading;
pub use language::{Language, UnknownLanguage};
use selection::Piece;
use words::{MOST_WORDS, TypedWords};

/// The words that restore an account, in one language: 13, 16, 19, 22 or 25 of them.
///
/// # Security
/// Everybody who reads the words has the account. `Display` and [`Self::expose_words`] are there to show them to
/// their owner; `Debug` shows nothing.
#[derive(Clone, Eq, PartialEq)]
pub struct RecoveryPassword {
    seed: AccountSeed,
    language: Language,
}

impl RecoveryPassword {
    /// The words for this seed as long as it is. What to show a user is
    /// [`Account::recovery_password`](crate::Account::recovery_password).
    #[must_use]
    pub const fn new(seed: AccountSeed, language: Language) -> Self {
        Self { seed, language }
    }

    /// Reads a recovery password in any [language](Language::ALL) whose feature is on: the one that fits best.
    ///
    /// Languages share beginnings of words. If the language is known, say so to [`Self::decode_in`].
    ///
    /// # Errors
    /// Every [`DecodeError`] but [`DecodeError::Corrected`]: that of the language whose spelling fits best, even if
    /// another one would read the words by their first letters and find a checksum that fits (01 §4.5).
    pub fn decode(text: &str) -> Result<Decoded, DecodeError> {
        decode::in_any_language(text)
    }

    /// Reads a recovery password in `language`.
    ///
    /// # Errors
    /// Every [`DecodeError`].
    pub fn decode_in(language: Language, text: &str) -> Result<Decoded, DecodeError> {
        Reading::new(&TypedWords::new(text)?, language).with_checksum(Profile::ALL)
    }

    /// Reads a recovery password whose checksum word is that of the wallets, and no other. It differs from
    /// that of the apps in German, Esperanto and Russian (01 §4.3); [`Self::decode_in`] accepts both.
    ///
    /// # Errors
    /// Every [`DecodeError`].
    pub fn decode_wallet(language: Language, text: &str) -> Result<Decoded, DecodeError> {
        Reading::new(&TypedWords::new(text)?, language).with_checksum(&[Profile::Wallet])
    }

    /// Reads 12, 15, 18, 21 or 24 words without a checksum word.
    ///
    /// # Security
    /// A wrong word gives another account here instead of an error. Only for a person who was told so and
    /// agreed (01 §4.4).
    ///
    /// # Errors
    /// [`DecodeError::TooLong`], [`DecodeError::WordCount`], [`DecodeError::UnknownWords`],
    /// [`DecodeError::OutOfRange`].
    pub fn decode_without_checksum(language: Language, text: &str) -> Result<Decoded, DecodeError> {
        Reading::new(&TypedWords::new(text)?, language).without_checksum()
    }

    /// The words, joined by single spaces (01 §4.6), in memory that is wiped.
    #[must_use]
    pub fn expose_words(&self) -> Zeroizing<String> {
        self.encode(Profile::Session)
    }

    /// The words with the checksum word of the wallets (01 §4.3), which the apps do not accept in every
    /// language.
    #[must_use]
    pub fn expose_wallet_words(&self) -> Zeroizing<String> {
        self.encode(Profile::Wallet)
    }

    /// The seed that the words stand for.
    #[must_use]
    pub const fn seed(&self) -> &AccountSeed {
        &self.seed
    }

    /// The seed, for [`Account::from_seed`](crate::Account::from_seed).
    #[must_use]
    pub fn into_seed(self) -> AccountSeed {
        self.seed
    }

    /// Language of the words.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    fn encode(&self, profile: Profile) -> Zeroizing<String> {
        let (groups, _) = self.seed.expose_bytes().as_chunks::<4>();
        let mut indices = Zeroizing::new(Vec::with_capacity(MOST_WORDS));
        indices.extend(groups.iter().flat_map(|group| groups::to_words(*group)));
        let checksum = profile.checksum_word_unseen(&indices, self.language);
        indices.extend(checksum);
        let word_and_space = |word: &'static str| Piece::new(word.bytes().chain([b' ']));
        let pieces = selection::select(self.language, &indices, word_and_space);
        let mut text = selection::join(&pieces);
        // The space after the last word.
        text.pop();
        // Words of the list are text.
        Zeroizing::new(String::from_utf8(mem::take(&mut text)).unwrap_or_default())
    }
}

/// The words, joined by single spaces.
///
/// # Security
/// The `String` that `to_string` makes is not wiped; [`RecoveryPassword::expose_words`] is.
impl fmt::Display for RecoveryPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.expose_words())
    }
}

/// Reads words that a program wrote. It fails as [`RecoveryPassword::decode`] does, and with
/// [`DecodeError::Corrected`] where that would tell of corrections: what a person typed may be understood as another
/// word than was meant, which is to be confirmed (01 §17).
impl FromStr for RecoveryPassword {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        let Decoded { password, corrections } = Self::decode(text)?;
        if corrections.is_empty() {
            return Ok(password);
        }
        let positions = corrections.iter().map(Correction::position).collect();
        Err(DecodeError::Corrected { language: password.language, positions })
    }
}

impl fmt::Debug for RecoveryPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryPassword(..)")
    }
}

/// A recovery password that was read, and what was read into it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Decoded {
    /// The recovery password.
    pub password: RecoveryPassword,
    /// Words that are not spelt as in the list, and what they were taken for: to be shown before the account is
    /// restored.
    pub corrections: Vec<Correction>,
}

/// A typed word that is not spelt as in the list: it was understood by its first letters, or its accents are missing.
#[derive(Clone, Eq, PartialEq, ZeroizeOnDrop)]
pub struct Correction {
    position: usize,
    index: u32,
    #[zeroize(skip)]
    language: Language,
}

impl Correction {
    /// Position of the word, counted from 1.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// The word of the list that it was taken for.
    #[must_use]
    pub fn expose_word(&self) -> &'static str {
        self.language.word(self.index)
    }
}

impl fmt::Debug for Correction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Correction").field("position", &self.position).finish_non_exhaustive()
    }
}
