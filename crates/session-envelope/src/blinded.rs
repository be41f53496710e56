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

use session_crypto::{
    aead::{TAG_LENGTH, XChaCha20Key, XChaCha20Nonce},
    blake2b::Blake2b,
    ed25519::{Ed25519Keypair, Ed25519PublicKey},
    hazmat::{MultiplyError, Scalar},
    rand_core::CryptoRng,
};
use session_identity::{
    Account, AccountId, Timestamp,
    blinding::{Blinded15Keypair, Blinded25Keypair, ServerPublicKey},
    id::{Blinded15Id, Blinded25Id, BlindedId},
};
use zeroize::Zeroizing;

use crate::{community, content::Content, signed_box::Opened};

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
    Ok(Opened::new(plaintext, sender_key, id))
}

/// Like [`seal`] for a content, written at `sent_at`.
///
/// # Errors
/// [`MultiplyError`] if the recipient's id is no key of the main subgroup.
pub fn encode(
    content: &Content,
    sender: &Account,
    (server, recipient): (&ServerPublicKey, &BlindedId),
    sent_at: Timestamp,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, MultiplyError> {
    let padded = Zeroizing::new(community::encode(content, sent_at));
    seal(&padded, sender.ed25519(), server, recipient, rng)
}

/// Like [`open`] for a content, which the server took at `posted`.
///
/// # Errors
/// [`DecodeError`]: the first step that fails.
pub fn decode(
    sealed: &[u8],
    reader: &Account,
    (server, sender, recipient): (&ServerPublicKey, &BlindedId, &BlindedId),
    posted: Timestamp,
) -> Result<(AccountId, Content), DecodeError> {
    let opened = open(sealed, reader.ed25519(), server, sender, recipient)?;
    let (sender, post) = (opened.sender(), community::open(opened.message())?);
    drop(opened);
    Ok((sender, post.to_content(posted)?))
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
        let shared = self.scalar.shared_secret(&public_key(peer))?;
        let hash = Blake2b::new()
            .chain(shared.expose_bytes())
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

/// Why a message is not delivered.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// It did not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What was in it is no content.
    #[error(transparent)]
    Post(#[from] community::OpenError),
    /// Its content is refused.
    #[error(transparent)]
    Refused(#[from] community::RefusedError),
}

#[cfg(test)]
mod tests;
