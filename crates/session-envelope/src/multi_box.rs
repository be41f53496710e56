//! One message to several accounts: a nonce and an entry for each recipient, who finds its own by trying
//! (02 §7, the "simple" format).
//!
//! ```text
//! bt dict { "#": nonce (24), "e": [entry, …] }        entry = XChaCha20-Poly1305(key of the recipient)
//! ```
//!
//! An observer does not see who the recipients are; with [`MultiBox::with_junk`] not even how many there are.
//!
//! ```
//! use session_crypto::x25519::X25519Keypair;
//! use session_envelope::multi_box::MultiBox;
//!
//! let mut rng = session_crypto::system_rng();
//! let [alice, bob, carol] = [(); 3].map(|()| X25519Keypair::generate(&mut rng));
//! let (to_bob, to_carol) = (bob.public_key(), carol.public_key());
//! let messages = [(&to_bob, b"hello".as_slice()), (&to_carol, b"goodbye")];
//!
//! let bytes = MultiBox::seal(messages, &alice, b"example", &mut rng)?.with_junk(4, &mut rng).to_bytes();
//! let received = MultiBox::from_bytes(&bytes)?;
//! assert_eq!(received.open(&carol, &alice.public_key(), b"example").as_deref(), Some(b"goodbye".as_slice()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::vec::Vec;

use session_bt::{DecodeError, Reader, encode_dict};
use session_crypto::{
    aead::XChaCha20Nonce,
    multi_box,
    rand_core::CryptoRng,
    x25519::{NonContributory, X25519Keypair, X25519PublicKey},
};

/// Most entries that are read.
pub const MAX_ENTRIES: usize = 4_096;

/// Nonce and entries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MultiBox {
    nonce: XChaCha20Nonce,
    entries: Vec<Vec<u8>>,
}

impl MultiBox {
    /// Encrypts each message to its recipient, in this order, under one nonce; draws 24 bytes.
    ///
    /// # Errors
    /// [`NonContributory`] if the key of a recipient has small order. To skip such recipients, leave out whose
    /// [`check`](X25519PublicKey::check) fails.
    pub fn seal<'a>(
        messages: impl IntoIterator<Item = (&'a X25519PublicKey, &'a [u8])>,
        sender: &X25519Keypair,
        domain: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Self, NonContributory> {
        let nonce = XChaCha20Nonce::generate(rng);
        // The keys differ, so that one nonce serves them all.
        let entries = messages.into_iter().map(|(recipient, message)| {
            let key = multi_box::key_to(sender, recipient, domain)?;
            Ok(key.encrypt(&nonce, message))
        });
        Ok(Self { nonce, entries: entries.collect::<Result<_, _>>()? })
    }

    /// Adds random entries until their number is a multiple of `multiple`, each as long as the first entry.
    /// 0 and 1 add nothing.
    #[must_use]
    pub fn with_junk(mut self, multiple: u8, rng: &mut impl CryptoRng) -> Self {
        let length = self.entries.first().map_or(0, Vec::len);
        let target = self.entries.len().checked_next_multiple_of(multiple.max(1).into());
        let missing = target.unwrap_or(0).saturating_sub(self.entries.len());
        self.entries.extend((0..missing).map(|_| {
            let mut junk = alloc::vec![0; length];
            rng.fill_bytes(&mut junk);
            junk
        }));
        self
    }

    /// What is encrypted for `recipient`, if anything is.
    #[must_use]
    pub fn open(
        &self,
        recipient: &X25519Keypair,
        sender: &X25519PublicKey,
        domain: &[u8],
    ) -> Option<Vec<u8>> {
        let key = multi_box::key_from(recipient, sender, domain).ok()?;
        key.decrypt_first(&self.nonce, self.entries.iter().map(Vec::as_slice))
    }

    /// Ciphertexts of the messages, junk at the end.
    #[must_use]
    pub fn entries(&self) -> &[Vec<u8>] {
        &self.entries
    }

    /// The bt dict.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        encode_dict(|dict| {
            dict.bytes(b"#", self.nonce.as_bytes());
            dict.list(b"e", |list| self.entries.iter().for_each(|entry| list.bytes(entry)));
        })
    }

    /// Box of a bt dict. Unknown keys are ignored.
    ///
    /// # Errors
    /// [`MultiBoxError::Malformed`] for anything else, [`MultiBoxError::TooManyEntries`] above
    /// [`MAX_ENTRIES`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MultiBoxError> {
        let mut reader = Reader::new(bytes);
        let mut dict = reader.value()?.dict()?;
        let nonce = XChaCha20Nonce::from_bytes(*dict.require(b"#")?.array()?);
        let mut list = dict.require(b"e")?.list()?;
        let mut entries = Vec::new();
        while let Some(entry) = list.next()? {
            if entries.len() == MAX_ENTRIES {
                return Err(MultiBoxError::TooManyEntries);
            }
            entries.push(entry.bytes()?.to_vec());
        }
        reader.finish()?;
        Ok(Self { nonce, entries })
    }
}

/// Why bytes are no multi-recipient box.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MultiBoxError {
    /// No bt dict, or not with these keys and kinds of value.
    #[error("malformed multi-recipient box")]
    Malformed(#[from] DecodeError),
    /// More entries than any group has members.
    #[error("multi-recipient box of more than {MAX_ENTRIES} entries")]
    TooManyEntries,
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use session_bt::Malformed;
    use session_crypto::{encoding::hex, system_rng, x25519::X25519SecretKey};

    use super::*;

    const DOMAIN: &[u8] = b"domain";

    fn pair(number: u8) -> X25519Keypair {
        X25519Keypair::from_secret_key(X25519SecretKey::from_bytes([number; 32]))
    }

    fn sealed(lengths: &[usize]) -> MultiBox {
        let keys: Vec<_> =
            (2..).map(|number| pair(number).public_key()).take(lengths.len()).collect();
        let texts: Vec<_> = lengths.iter().map(|length| vec![7; *length]).collect();
        let messages = keys.iter().zip(texts.iter().map(Vec::as_slice));
        MultiBox::seal(messages, &pair(1), DOMAIN, &mut system_rng()).unwrap()
    }

    #[test]
    fn each_recipient_finds_its_own() {
        let sealed =
            MultiBox::from_bytes(&sealed(&[0, 1, 100]).with_junk(5, &mut system_rng()).to_bytes());
        let sealed = sealed.unwrap();
        let sender = pair(1).public_key();
        for (number, length) in [(2, 0), (3, 1), (4, 100)] {
            assert_eq!(sealed.open(&pair(number), &sender, DOMAIN), Some(vec![7; length]));
            assert_eq!(sealed.open(&pair(number), &sender, b"other"), None);
            assert_eq!(sealed.open(&pair(number), &pair(9).public_key(), DOMAIN), None);
        }
        assert_eq!(sealed.open(&pair(5), &sender, DOMAIN), None);
        let small_order = X25519PublicKey::from_bytes([0; 32]);
        assert_eq!(sealed.open(&pair(2), &small_order, DOMAIN), None);
    }

    #[test]
    fn junk_looks_like_entries() {
        for (lengths, multiple, expected) in [
            ([5].as_slice(), 0, 1),
            (&[5], 1, 1),
            (&[5], 4, 4),
            (&[5, 5, 5, 5], 4, 4),
            (&[5, 5, 5, 5, 5], 4, 8),
            (&[], 4, 0),
        ] {
            let sealed = sealed(lengths).with_junk(multiple, &mut system_rng());
            assert_eq!(sealed.entries().len(), expected, "{lengths:?} {multiple}");
            assert!(sealed.entries().iter().all(|entry| entry.len() == 5 + 16));
        }
        let mixed = sealed(&[5, 9]).with_junk(4, &mut system_rng());
        let lengths: Vec<_> = mixed.entries().iter().map(|entry| entry.len() - 16).collect();
        assert_eq!(lengths, [5, 9, 5, 5]);
    }

    /// 02 §7: the dict of three different messages, by its parts.
    #[test]
    fn the_dict_is_that_of_the_specification() {
        let entry = |text: &str| hex::decode(text).unwrap();
        let nonce = hex::decode_array("32ab4bb45d6df5cc14e1c330fb1a8b68ea3826a8c2213a49").unwrap();
        let sealed = MultiBox {
            nonce: XChaCha20Nonce::from_bytes(nonce),
            entries: vec![
                entry("e64937e5ea201b84f4e88a976dad900d91caaf6a17"),
                entry("bcb642c49c6da03f70cdaab2ed6666721318afd631"),
                entry("1ecee2215d226817edfdb097f05037eb799309103a"),
            ],
        };
        let [one, two, three] = sealed.entries() else { panic!("three") };
        let dict =
            [b"d1:#24:", nonce.as_slice(), b"1:el21:", one, b"21:", two, b"21:", three, b"ee"];
        assert_eq!(sealed.to_bytes(), dict.concat());
        assert_eq!(MultiBox::from_bytes(&dict.concat()), Ok(sealed));
    }

    #[test]
    fn other_bytes_are_refused() {
        let good = sealed(&[5, 5]).to_bytes();
        for length in 0..good.len() {
            let error = MultiBox::from_bytes(&good[..length]);
            assert!(matches!(error, Err(MultiBoxError::Malformed(_))), "{length}");
        }
        let reason = |bytes: &[u8]| match MultiBox::from_bytes(bytes) {
            Err(MultiBoxError::Malformed(error)) => error.reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(reason(&[good.as_slice(), b"0"].concat()), Malformed::TrailingBytes);
        assert_eq!(reason(b"d1:elee"), Malformed::MissingKey { key: b"#" });
        let nonce = "x".repeat(24);
        let short = Malformed::WrongLength { expected: 24, found: 23 };
        assert_eq!(reason(alloc::format!("d1:#23:{}1:elee", &"x".repeat(23)).as_bytes()), short);
        assert_eq!(
            reason(alloc::format!("d1:#24:{nonce}e").as_bytes()),
            Malformed::MissingKey { key: b"e" }
        );
        let number = reason(alloc::format!("d1:#24:{nonce}1:eli1eee").as_bytes());
        assert!(matches!(number, Malformed::WrongKind { .. }), "{number:?}");
        let more = alloc::format!("d1:#24:{nonce}1:ele1:zi1ee");
        assert_eq!(MultiBox::from_bytes(more.as_bytes()).unwrap().entries().len(), 0);
    }

    #[test]
    fn entries_are_counted_before_they_are_kept() {
        let dict = |count| {
            encode_dict(|dict| {
                dict.bytes(b"#", &[0; 24]);
                dict.list(b"e", |list| (0..count).for_each(|_| list.bytes(b"")));
            })
        };
        assert_eq!(MultiBox::from_bytes(&dict(MAX_ENTRIES)).unwrap().entries().len(), MAX_ENTRIES);
        assert_eq!(
            MultiBox::from_bytes(&dict(MAX_ENTRIES + 1)),
            Err(MultiBoxError::TooManyEntries)
        );
    }

    #[test]
    fn nothing_is_sealed_to_a_key_of_small_order() {
        let zero = X25519PublicKey::from_bytes([0; 32]);
        let messages = [(&zero, b"hello".as_slice())];
        let error = MultiBox::seal(messages, &pair(1), DOMAIN, &mut system_rng()).unwrap_err();
        assert_eq!(alloc::format!("{error}"), "key agreement with a key of small order");
    }
}
