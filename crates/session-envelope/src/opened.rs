//! What comes out of a box of one sender for one recipient: of [`crate::signed_box`] and [`crate::blinded`].

use alloc::vec::Vec;
use core::fmt;

use session_crypto::{ed25519::Ed25519PublicKey, x25519::X25519PublicKey};
use session_identity::AccountId;
use zeroize::Zeroizing;

/// A message whose sender is proven.
#[derive(Clone, Eq, PartialEq)]
pub struct Opened {
    message: Zeroizing<Vec<u8>>,
    sender_key: Ed25519PublicKey,
    sender: AccountId,
}

impl Opened {
    /// `sender` is the X25519 form of `sender_key`.
    pub(crate) fn new(
        message: Zeroizing<Vec<u8>>,
        sender_key: Ed25519PublicKey,
        sender: X25519PublicKey,
    ) -> Self {
        Self { message, sender_key, sender: AccountId::from_public_key(sender) }
    }

    /// The message as it was sealed; a content is still padded.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// Who wrote the message, by the true Account ID. Contacts are matched by this id: the keys `A` and `−A` are one account.
    #[must_use]
    pub const fn sender(&self) -> AccountId {
        self.sender
    }

    /// The Ed25519 key of who wrote the message.
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
