//! Messages between participants of a community who know each other by blinded ids only (02 §5).
//!
//! ```text
//! S      = a·Q  (15)   or  (k'·a)·Q  (25)            a own scalar, Q peer's blinded key
//! key    = BLAKE2b-256(S ‖ sender's blinded key ‖ recipient's blinded key)
//! sealed = 00 ‖ XChaCha20-Poly1305(key, nonce, M ‖ A) ‖ nonce         M padded content, A sender's Ed25519 key
//! ```
//!
//! There is no signature: the key agreement tells each party that the other wrote the message, and neither can
//! prove it to a third. The recipient learns the sender's Account ID, the server does not.
//!
//! ```
//! use session_envelope::blinded;
//! use session_identity::{Account, blinding::{Blinded15Keypair, ServerPublicKey}, id::BlindedId};
//!
//! let mut rng = session_crypto::system_rng();
//! let (alice, bob) = (Account::generate(&mut rng), Account::generate(&mut rng));
//! let server: ServerPublicKey =
//!     "c3b3c6f32f0ab5a57f853cc4f30f5da7fda5624b0c77b3fb0829de562ada081d".parse()?;
//! let [from, to] = [&alice, &bob]
//!     .map(|account| BlindedId::Blinded15(Blinded15Keypair::derive(account.ed25519(), &server).id()));
//!
//! let sealed = blinded::seal(b"hello", alice.ed25519(), &server, &to, &mut rng)?;
//! let opened = blinded::open(&sealed, bob.ed25519(), &server, &from, &to)?;
//! assert_eq!((opened.message(), opened.sender()), (b"hello".as_slice(), alice.id()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::vec::Vec;
use core::fmt;

use session_crypto::{
    aead::{TAG_LENGTH, XChaCha20Key, XChaCha20Nonce},
    blake2b::Blake2b,
    ed25519::{Ed25519Keypair, Ed25519PublicKey},
    hazmat::{MultiplyError, Scalar},
    rand_core::CryptoRng,
};
use session_identity::{
    AccountId,
    blinding::{Blinded15Keypair, Blinded25Keypair, ServerPublicKey},
    id::{Blinded15Id, Blinded25Id, BlindedId},
};
use zeroize::Zeroizing;

/// First byte of every message.
const VERSION: u8 = 0;

/// Bytes that a sealed message adds to its plaintext.
pub const OVERHEAD: usize = 1 + Ed25519PublicKey::LENGTH + TAG_LENGTH + XChaCha20Nonce::LENGTH;

/// Encrypts `message` to `recipient` on `server`, under the sender's blinded id of the same kind; draws 24
/// bytes.
///
/// # Errors
/// [`MultiplyError`] if the recipient's id is no key of the main subgroup.
pub fn seal(
    message: &[u8],
    sender: &Ed25519Keypair,
    server: &ServerPublicKey,
    recipient: &BlindedId,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, MultiplyError> {
    let own = OwnKey::derive(sender, server, recipient);
    let key = own.message_key(recipient, &own.id, recipient)?;
    let nonce = XChaCha20Nonce::generate(rng);
    let public_key = sender.public_key();
    let plaintext = Zeroizing::new([message, public_key.as_bytes()].concat());
    let mut sealed = Vec::with_capacity(message.len().saturating_add(OVERHEAD));
    sealed.push(VERSION);
    key.encrypt_into(&nonce, &plaintext, &mut sealed);
    sealed.extend_from_slice(nonce.as_bytes());
    Ok(sealed)
}

/// Decrypts a message that the server says is from `sender` to `recipient`, one of whom is `reader`: the
/// inbox, or the reader's own outbox.
///
/// # Errors
/// [`OpenError`]: the first step that fails.
pub fn open(
    sealed: &[u8],
    reader: &Ed25519Keypair,
    server: &ServerPublicKey,
    sender: &BlindedId,
    recipient: &BlindedId,
) -> Result<Opened, OpenError> {
    let own = OwnKey::derive(reader, server, recipient);
    let peer = if own.is(sender) { recipient } else { sender };

    let too_short = OpenError::TooShort { found: sealed.len() };
    if sealed.len() < OVERHEAD {
        return Err(too_short);
    }
    let (version, rest) = sealed.split_first().ok_or(too_short)?;
    if *version != VERSION {
        return Err(OpenError::UnsupportedVersion { version: *version });
    }
    let (ciphertext, nonce) = rest.split_last_chunk().ok_or(too_short)?;
    let key = own.message_key(peer, sender, recipient)?;
    let plaintext = key.decrypt(&XChaCha20Nonce::from_bytes(*nonce), ciphertext);
    let mut plaintext = Zeroizing::new(plaintext.map_err(|_| OpenError::Unauthentic)?);

    let (message, sender_key) = plaintext.split_last_chunk().ok_or(too_short)?;
    let sender_key = Ed25519PublicKey::from_bytes(*sender_key);
    if !blinds_to(&sender_key, server, sender) {
        return Err(OpenError::SenderMismatch);
    }
    let id = sender_key.to_x25519().map_err(|_| OpenError::SenderMismatch)?;
    let length = message.len();
    plaintext.truncate(length);
    Ok(Opened { message: plaintext, sender_key, sender: AccountId::from_public_key(id) })
}

/// What one party brings to the key agreement.
struct OwnKey {
    scalar: Scalar,
    id: BlindedId,
}

impl OwnKey {
    /// Key and id of `account` on `server`, of the same kind as `like`.
    fn derive(account: &Ed25519Keypair, server: &ServerPublicKey, like: &BlindedId) -> Self {
        match like {
            BlindedId::Blinded25(_) => {
                let keypair = Blinded25Keypair::derive(account, server);
                let mut wide = Zeroizing::new([0; 64]);
                wide.iter_mut().zip(keypair.expose_scalar()).for_each(|(to, from)| *to = *from);
                // Below L already: reducing changes nothing.
                Self { scalar: Scalar::reduce(&wide), id: BlindedId::Blinded25(keypair.id()) }
            }
            // The peer's blinded key contains the factor of the server, which is all that is needed.
            _ => Self {
                scalar: Scalar::of_keypair(account),
                id: BlindedId::Blinded15(Blinded15Keypair::derive(account, server).id()),
            },
        }
    }

    /// Whether the server may call this key so. Of a `15` id it knows the sign not always.
    fn is(&self, id: &BlindedId) -> bool {
        match (self.id, id) {
            (BlindedId::Blinded15(own), BlindedId::Blinded15(id)) => {
                own.absolute() == id.absolute()
            }
            (own, id) => own == *id,
        }
    }

    fn message_key(
        &self,
        peer: &BlindedId,
        sender: &BlindedId,
        recipient: &BlindedId,
    ) -> Result<XChaCha20Key, MultiplyError> {
        let shared = self.scalar.multiply_point(&public_key(peer))?;
        let hash = Blake2b::new()
            .chain(Zeroizing::new(shared.to_bytes()).as_slice())
            .chain(public_key(sender).as_bytes())
            .chain(public_key(recipient).as_bytes())
            .finalize();
        Ok(XChaCha20Key::from_bytes(hash))
    }
}

fn public_key(id: &BlindedId) -> Ed25519PublicKey {
    match id {
        BlindedId::Blinded25(id) => id.public_key(),
        BlindedId::Blinded15(id) => id.public_key(),
        // The family has no third member; should it get one, its key stands behind the prefix like the others'.
        other => {
            let [_, key @ ..] = other.to_bytes();
            Ed25519PublicKey::from_bytes(key)
        }
    }
}

/// Whether `key` is known on `server` as `id`; of a `15` id the sign may differ.
fn blinds_to(key: &Ed25519PublicKey, server: &ServerPublicKey, id: &BlindedId) -> bool {
    match id {
        BlindedId::Blinded15(id) => {
            Blinded15Id::of_ed25519(key, server).is_ok_and(|own| own.absolute() == id.absolute())
        }
        BlindedId::Blinded25(id) => Blinded25Id::of_ed25519(key, server) == Ok(*id),
        _ => false,
    }
}

/// A message whose sender is known.
#[derive(Clone, Eq, PartialEq)]
pub struct Opened {
    message: Zeroizing<Vec<u8>>,
    sender_key: Ed25519PublicKey,
    sender: AccountId,
}

impl Opened {
    /// The message as it was sealed; a content is still padded.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// Who wrote it, by the true Account ID.
    #[must_use]
    pub const fn sender(&self) -> AccountId {
        self.sender
    }

    /// The Ed25519 key of who wrote it.
    #[must_use]
    pub const fn sender_key(&self) -> Ed25519PublicKey {
        self.sender_key
    }
}

impl fmt::Debug for Opened {
    /// Shows the sender and the length of the message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("sender", &self.sender)
            .field("length", &self.message.len())
            .finish_non_exhaustive()
    }
}

/// Why a message did not open.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Fewer bytes than an empty message has.
    #[error("blinded message of {found} bytes is too short")]
    TooShort {
        /// Bytes that were given.
        found: usize,
    },
    /// The first byte is that of no known version.
    #[error("blinded message of version {version}, only 0 is supported")]
    UnsupportedVersion {
        /// The first byte.
        version: u8,
    },
    /// The peer's id is no key of the main subgroup.
    #[error("blinded id of the peer refused")]
    Peer(#[from] MultiplyError),
    /// Between others than the two, or altered; the two cannot be told apart.
    #[error("blinded message failed authentication")]
    Unauthentic,
    /// The key inside is not known by the sender's id on this server.
    #[error("key inside the blinded message is not the sender's")]
    SenderMismatch,
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use session_crypto::{
        ed25519::{Ed25519KeyError, Ed25519Seed},
        encoding::hex,
        rand_core::{TryCryptoRng, TryRng},
        system_rng,
    };

    use super::*;

    /// The nonce of 02 §5.
    struct Counting;

    impl TryRng for Counting {
        type Error = core::convert::Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            unreachable!("only bytes are drawn")
        }

        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            unreachable!("only bytes are drawn")
        }

        fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
            out.iter_mut().zip(0..).for_each(|(byte, number)| *byte = number);
            Ok(())
        }
    }

    impl TryCryptoRng for Counting {}

    fn server() -> ServerPublicKey {
        "1d7e7f92b1ed3643855c98ecac02fc7274033a3467653f047d6e433540c03f17".parse().unwrap()
    }

    fn keypair(seed: &str) -> Ed25519Keypair {
        Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(hex::decode_array(seed).unwrap()))
    }

    fn one() -> Ed25519Keypair {
        keypair("0123456789abcdef0123456789abcdef00000000000000000000000000000000")
    }

    fn two() -> Ed25519Keypair {
        keypair("00112233445566778899aabbccddeeff00000000000000000000000000000000")
    }

    fn blinded(prefix: &str, key: &str) -> BlindedId {
        BlindedId::from_bytes(hex::decode_array(&[prefix, key].concat()).unwrap()).unwrap()
    }

    /// Sender and recipient of both kinds.
    fn ids() -> [(BlindedId, BlindedId); 2] {
        [
            (
                blinded("15", "5678ab7f648665b1e90e3c19e56bbaa9d5890f367d1000101aebe265c46ae8c4"),
                blinded("15", "9ee46909a9656e978e9555fbbf62db8bf4629790fbc556ced2f363a0ae272aeb"),
            ),
            (
                blinded("25", "8ce2ed7e357093056e9c4a72a1cba4718647134f2c23b76dedcc9c79b7a1f53a"),
                blinded("25", "4a9f0487029641ea81a674ee06cbcf05fe1e53bcd1e6447d1cbf14ccfdabd78b"),
            ),
        ]
    }

    #[test]
    fn payloads_are_those_of_the_specification() {
        let expected = [
            "000449294bb842ef395bbefdc209909ed85b3a2516f438815a302f29a6b8bd2f2453bc64968fe927262e3db59fa8\
             14972fc8cf528f87000102030405060708090a0b0c0d0e0f1011121314151617",
            "001fc6748a5e4aef59d666c57e0c8a4e1f299f9b32dffd1fb4602a20ac32a8907c5a43fea78f116bb1714fa9c449\
             0eeb06ed90b23e92000102030405060708090a0b0c0d0e0f1011121314151617",
        ];
        for ((from, to), expected) in ids().into_iter().zip(expected) {
            let sealed = seal(b"hello", &one(), &server(), &to, &mut Counting).unwrap();
            assert_eq!(hex::encode(&sealed), expected);
            for reader in [one(), two()] {
                let opened = open(&sealed, &reader, &server(), &from, &to).unwrap();
                assert_eq!(opened.message(), b"hello");
                assert_eq!(opened.sender_key(), one().public_key());
                assert_eq!(opened.sender().public_key(), one().to_x25519().public_key());
            }
        }
    }

    #[test]
    fn keys_are_those_of_the_specification() {
        let expected = [
            "4ba8639720b89e5b13d968298391180aed73e84ef4e24fbe09c081c198f71a66",
            "efcd6660b9f10125c51bf34944b37368b0a20d03eec402f01a96f4bac824e083",
        ];
        for ((from, to), expected) in ids().into_iter().zip(expected) {
            for (own, peer) in [(one(), to), (two(), from)] {
                let own = OwnKey::derive(&own, &server(), &to);
                let key = own.message_key(&peer, &from, &to).unwrap();
                assert_eq!(hex::encode(key.expose_bytes()), expected);
            }
        }
    }

    #[test]
    fn every_bit_and_every_length_counts() {
        for (from, to) in ids() {
            let sealed = seal(b"hi", &one(), &server(), &to, &mut system_rng()).unwrap();
            let open = |sealed: &[u8]| open(sealed, &two(), &server(), &from, &to);
            for bit in 8..sealed.len() * 8 {
                let mut altered = sealed.clone();
                altered[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(open(&altered), Err(OpenError::Unauthentic), "bit {bit}");
            }
            for version in 1..=u8::MAX {
                let mut altered = sealed.clone();
                altered[0] = version;
                assert_eq!(open(&altered), Err(OpenError::UnsupportedVersion { version }));
            }
            for found in 0..OVERHEAD {
                assert_eq!(open(&sealed[..found]), Err(OpenError::TooShort { found }));
            }
            assert_eq!(open(&sealed[..OVERHEAD]), Err(OpenError::Unauthentic));
        }
    }

    #[test]
    fn only_the_two_can_read() {
        let three = keypair(&"03".repeat(32));
        for (from, to) in ids() {
            let sealed = seal(b"hi", &one(), &server(), &to, &mut system_rng()).unwrap();
            let error = open(&sealed, &three, &server(), &from, &to);
            assert_eq!(error, Err(OpenError::Unauthentic));
            let error = open(&sealed, &two(), &server(), &to, &from);
            assert_eq!(error, Err(OpenError::Unauthentic), "direction");
        }
        let [(from, _), (_, to)] = ids();
        let sealed = seal(b"hi", &one(), &server(), &to, &mut system_rng()).unwrap();
        let error = open(&sealed, &two(), &server(), &from, &to);
        assert_eq!(error, Err(OpenError::Unauthentic), "mixed kinds");
    }

    /// The sender agrees on a key as itself, but puts somebody else's name inside.
    #[test]
    fn the_key_inside_is_the_senders() {
        for (from, to) in ids() {
            let own = OwnKey::derive(&one(), &server(), &to);
            let key = own.message_key(&to, &own.id, &to).unwrap();
            let nonce = XChaCha20Nonce::from_bytes([1; 24]);
            for name in [two().public_key(), Ed25519PublicKey::from_bytes([0; 32])] {
                let plaintext = [b"hi".as_slice(), name.as_bytes()].concat();
                let ciphertext = key.encrypt(&nonce, &plaintext);
                let sealed = [&[0], ciphertext.as_slice(), nonce.as_bytes()].concat();
                let error = open(&sealed, &two(), &server(), &from, &to);
                assert_eq!(error, Err(OpenError::SenderMismatch));
            }
        }
    }

    /// The server may know the sender by the other sign. The bytes of the id are part of the key, so that
    /// this does not decrypt; the comparison of ids alone accepts both.
    #[test]
    fn both_signs_of_a_15_id_are_one_account() {
        let [(BlindedId::Blinded15(from), _), (from_25, _)] = ids() else { panic!("kinds") };
        assert!(blinds_to(&one().public_key(), &server(), &BlindedId::Blinded15(from)));
        assert!(blinds_to(&one().public_key(), &server(), &BlindedId::Blinded15(from.negated())));
        assert!(blinds_to(&one().public_key(), &server(), &from_25));
        assert!(!blinds_to(&two().public_key(), &server(), &from_25));
        let own = OwnKey::derive(&one(), &server(), &BlindedId::Blinded15(from));
        assert!(own.is(&BlindedId::Blinded15(from.negated())));
    }

    #[test]
    fn ids_that_are_no_keys_are_refused() {
        let refused = MultiplyError::Point(Ed25519KeyError::SmallOrder);
        for prefix in ["15", "25"] {
            let nobody = blinded(prefix, &"00".repeat(32));
            let error = seal(b"hi", &one(), &server(), &nobody, &mut system_rng());
            assert_eq!(error, Err(refused));
            let own = OwnKey::derive(&two(), &server(), &nobody).id;
            let error = open(&[0; 100], &two(), &server(), &nobody, &own);
            assert_eq!(error, Err(OpenError::Peer(refused)));
        }
    }

    #[test]
    fn the_message_does_not_print() {
        let [(from, to), _] = ids();
        let sealed = seal(b"hello", &one(), &server(), &to, &mut system_rng()).unwrap();
        let opened = open(&sealed, &two(), &server(), &from, &to).unwrap();
        let sender = format!("{:?}", opened.sender());
        assert_eq!(format!("{opened:?}"), format!("Opened {{ sender: {sender}, length: 5, .. }}"));
    }
}
