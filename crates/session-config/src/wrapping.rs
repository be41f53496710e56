//! The protobuf layers around the configs of an account, so that clients of before 2023 see a message to
//! themselves (07 §8).
//!
//! ```text
//! WebSocketMessage { request { body = Envelope { content = box(Content { config = blob } ‖ 80) } } }
//! ```
//!
//! The box is deterministic: equal blobs, equal bytes. A receiver takes bare blobs too.

use std::fmt;

use prost::Message as _;
use session_crypto::{ed25519::Ed25519Keypair, x25519::X25519Keypair};
use session_envelope::{envelope::Envelope, signed_box};

use crate::wire;

/// End of the content, followed by any number of zeros.
const PADDING_START: u8 = 0x80;

/// Which config a wrapped message claims to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum WrappedKind {
    /// The account's profile: 1.
    UserProfile,
    /// Contacts: 2.
    Contacts,
    /// Read state: 3.
    ConvoInfoVolatile,
    /// Groups and communities: 4.
    UserGroups,
}

impl WrappedKind {
    const fn to_wire(self) -> i32 {
        match self {
            Self::UserProfile => 1,
            Self::Contacts => 2,
            Self::ConvoInfoVolatile => 3,
            Self::UserGroups => 4,
        }
    }
}

/// Wraps and unwraps with the keys of one account. [`Config`](crate::Config) does so by itself; alone it is for
/// tools that look into what is stored.
pub struct Wrapper {
    ed25519: Ed25519Keypair,
    x25519: X25519Keypair,
    kind: WrappedKind,
}

impl Wrapper {
    /// Wrapper of this account for one kind of config.
    #[must_use]
    pub fn new(account: &Ed25519Keypair, kind: WrappedKind) -> Self {
        Self { ed25519: account.clone(), x25519: account.to_x25519(), kind }
    }

    /// The wrapped blob; `None` if the account's key cannot be sealed to, which no seed leads to.
    #[must_use]
    pub fn wrap(&self, blob: &[u8], seqno: i64) -> Option<Vec<u8>> {
        let config = wire::SharedConfigMessage {
            kind: Some(self.kind.to_wire()),
            seqno: Some(seqno),
            data: Some(blob.to_vec()),
        };
        let mut content = wire::Content { shared_config_message: Some(config) }.encode_to_vec();
        content.push(PADDING_START);
        let recipient = self.x25519.public_key();
        let sealed = signed_box::seal_deterministic(&content, &self.ed25519, &recipient).ok()?;
        Some(Envelope::of_config(sealed).to_web_socket())
    }

    /// The blob in a wrapped message, also in one that a client release wrapped twice; `None` if the bytes are
    /// not wrapped, or not by this account for this config.
    #[must_use]
    pub fn unwrap(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let once = self.unwrap_once(bytes)?;
        Some(self.unwrap_once(&once).unwrap_or(once))
    }

    fn unwrap_once(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let envelope = Envelope::from_web_socket(bytes).ok()?;
        let opened = signed_box::open(envelope.content(), &self.x25519).ok()?;
        if opened.sender_key() != self.ed25519.public_key() {
            return None;
        }
        let padded = opened.message();
        let end = padded.iter().rposition(|byte| *byte != 0)?;
        let (content, padding) = padded.split_at_checked(end)?;
        if padding.first() != Some(&PADDING_START) {
            return None;
        }
        let config = wire::Content::decode(content).ok()?.shared_config_message?;
        config.data.filter(|_| config.kind == Some(self.kind.to_wire()))
    }
}

impl fmt::Debug for Wrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wrapper").field("kind", &self.kind).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use session_crypto::{blake2b::Blake2b, ed25519::Ed25519Seed, encoding::hex};

    use super::*;

    fn account() -> Ed25519Keypair {
        let mut seed = [0; 32];
        seed[..16].copy_from_slice(&hex::decode("0123456789abcdef0123456789abcdef").unwrap());
        Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(seed))
    }

    const KINDS: [WrappedKind; 4] = [
        WrappedKind::UserProfile,
        WrappedKind::Contacts,
        WrappedKind::ConvoInfoVolatile,
        WrappedKind::UserGroups,
    ];

    #[test]
    fn the_golden_values_of_the_specification() {
        for (kind, golden) in KINDS.into_iter().zip([
            "e5bcbe0595e82d55e80079dc9cf8c8b6952c099ee8306c413833e0eecd45ce03",
            "1573a2e233008a47f445a8f1b328fe37bcd49450c94b743202b68902a1a94a89",
            "121dabefb251fa586c14f7e9c82590361c2db4efcb9817771bb4d9b0aaba9362",
            "b78bd9b62719db76ff7a9ec59eef3de0b4aaee4e4d55b515f70b04d674f8b8a9",
        ]) {
            let wrapper = Wrapper::new(&account(), kind);
            let wrapped = wrapper.wrap(b"Hello from the other side", 1).unwrap();
            let hash: [u8; 32] = Blake2b::new().chain(&wrapped).finalize();
            assert_eq!((wrapped.len(), hex::encode(&hash)), (199, golden.to_owned()), "{kind:?}");
            assert_eq!(wrapper.unwrap(&wrapped).unwrap(), b"Hello from the other side");
        }
    }

    #[test]
    fn wrapped_twice_is_unwrapped_twice() {
        let wrapper = Wrapper::new(&account(), WrappedKind::Contacts);
        let twice = wrapper.wrap(&wrapper.wrap(b"blob", 3).unwrap(), 3).unwrap();
        assert_eq!(wrapper.unwrap(&twice).unwrap(), b"blob");
        let thrice = wrapper.wrap(&twice, 3).unwrap();
        assert_ne!(wrapper.unwrap(&thrice).unwrap(), b"blob");
    }

    /// Storage names a message by its bytes: a second spelling of one would count as another message.
    #[test]
    fn only_a_request_is_unwrapped() {
        let wrapper = Wrapper::new(&account(), WrappedKind::Contacts);
        let wrapped = wrapper.wrap(b"blob", 3).unwrap();
        for kind in [0, 2, 33] {
            let mut flipped = wrapped.clone();
            assert_eq!(flipped[..2], [8, 1], "field 1 is the type: REQUEST");
            flipped[1] = kind;
            assert_eq!(wrapper.unwrap(&flipped), None, "type {kind}");
        }
    }

    #[test]
    fn other_kinds_other_accounts_and_altered_bytes_are_not_unwrapped() {
        let wrapper = Wrapper::new(&account(), WrappedKind::Contacts);
        let wrapped = wrapper.wrap(b"blob", 3).unwrap();
        assert_eq!(Wrapper::new(&account(), WrappedKind::UserGroups).unwrap(&wrapped), None);
        let other = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([9; 32]));
        assert_eq!(Wrapper::new(&other, WrappedKind::Contacts).unwrap(&wrapped), None);
        for length in 0..wrapped.len() {
            assert_eq!(wrapper.unwrap(&wrapped[..length]), None, "{length} bytes");
        }
        // Sealed to the account by somebody else.
        let content = wire::Content {
            shared_config_message: Some(wire::SharedConfigMessage {
                kind: Some(2),
                seqno: Some(1),
                data: Some(b"blob".to_vec()),
            }),
        };
        let content = [content.encode_to_vec(), vec![PADDING_START]].concat();
        let to = account().to_x25519().public_key();
        let sealed = signed_box::seal_deterministic(&content, &other, &to).unwrap();
        let forged = Envelope::of_config(sealed).to_web_socket();
        assert_eq!(wrapper.unwrap(&forged), None);
    }
}
