//! Legacy groups (`05…`): what their members sent until spring 2025. Read only (02 §6, 03 §1.7, §4.11).
//!
//! Last sender: clients of early 2025. May go when archives of that time need no reading any more.
//!
//! A message of a legacy group is an envelope of kind [`Group`](crate::envelope::EnvelopeKind::Group) whose
//! content is a [signed box](crate::signed_box) to the encryption key of the group, of which there were
//! several over time: [`crate::direct::open`] tries them all. The keys came in [control messages](Control). What an
//! account was in, its devices told each other in [configurations](Configuration).

use alloc::{string::String, vec::Vec};

use session_crypto::{
    ed25519::Ed25519PublicKey,
    x25519::{X25519Keypair, X25519SecretKey},
};
use session_identity::AccountId;
use zeroize::Zeroizing;

use crate::{
    envelope::ProtobufError,
    signed_box,
    wire::{
        self, Names,
        content::Content,
        data::DataMessage,
        legacy::{ClosedGroupControlMessage, KeyPair, KeyPairWrapper},
    },
};

mod configuration;

pub use configuration::{Configuration, ConfiguredContact, ConfiguredGroup};

/// Most members, admins or wrappers that are read of a control message; most groups, contacts or rooms of a
/// configuration.
const MAX_MEMBERS: usize = 1_000;

/// Control message of a legacy group: what it says, without judgement whether the sender might.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Control {
    /// A group was made; sent to each member.
    New {
        /// The group, an Account ID in form.
        group: AccountId,
        /// Its name.
        name: String,
        /// Members.
        members: Vec<AccountId>,
        /// Members who may change the group.
        admins: Vec<AccountId>,
        /// First encryption key pair.
        keypair: X25519Keypair,
        /// Timer of disappearing messages.
        expiration_seconds: u32,
    },
    /// A new encryption key pair, in a box for each member.
    EncryptionKeypair(Vec<SealedKeypair>),
    /// The name changed.
    NameChange(String),
    /// Members came.
    MembersAdded(Vec<AccountId>),
    /// Members were removed.
    MembersRemoved(Vec<AccountId>),
    /// The sender left.
    MemberLeft,
}

/// Encryption key pair in a box for one member.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SealedKeypair {
    member: AccountId,
    sealed: Vec<u8>,
}

impl SealedKeypair {
    /// For whom the box is.
    #[must_use]
    pub const fn member(&self) -> AccountId {
        self.member
    }

    /// The key pair and who sealed it. The caller checks that this is an admin.
    ///
    /// # Errors
    /// [`ControlError::Box`] if the box does not open with the member's key pair; those of
    /// [`Control::from_content`] for what is in it.
    pub fn open(
        &self,
        member: &X25519Keypair,
    ) -> Result<(X25519Keypair, Ed25519PublicKey), ControlError> {
        let opened = signed_box::open(&self.sealed, member)?;
        Ok((keypair(opened.message())?, opened.sender_key()))
    }
}

/// Why bytes are no control message.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// Broken protobuf.
    #[error("malformed control message")]
    Malformed(#[from] ProtobufError),
    /// The content is about something else.
    #[error("content without control message")]
    NoControlMessage,
    /// A field that must be there is not, or is a number that its enumeration does not have.
    #[error("{field} is missing")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A key or id has the wrong length or prefix, or the halves of a key pair do not fit.
    #[error("{field} is no key or id")]
    Key {
        /// The field.
        field: &'static str,
    },
    /// More members than any group had.
    #[error("{found} members, at most {MAX_MEMBERS} are accepted")]
    TooMany {
        /// How many were found.
        found: usize,
    },
    /// The box with a key pair does not open.
    #[error(transparent)]
    Box(#[from] signed_box::OpenError),
}

impl Control {
    /// Control message in the bytes of a content, for which [`crate::content::Content::decode`] says
    /// [`LegacyGroup`](crate::content::ContentError::LegacyGroup).
    ///
    /// # Errors
    /// [`ControlError`] for the first rule that is broken.
    pub fn from_content(bytes: &[u8]) -> Result<Self, ControlError> {
        let content: Content = wire::decode(bytes)?;
        let data = wire::merged(content.data_message).ok_or(ControlError::NoControlMessage)?;
        let data: DataMessage = wire::decode(&data)?;
        let control = wire::merged(data.closed_group_control_message);
        let control = control.ok_or(ControlError::NoControlMessage)?;
        let control = wire::decode_named(&control, Names { optional: &[], required: &[3] })?;
        Self::from_wire(control)
    }

    fn from_wire(control: ClosedGroupControlMessage) -> Result<Self, ControlError> {
        let missing = |field| ControlError::Missing { field };
        let name = control.name.ok_or(missing("name"));
        match control.r#type.ok_or(missing("type"))? {
            1 => Ok(Self::New {
                group: account(&control.public_key.ok_or(missing("publicKey"))?, "publicKey")?,
                name: name?,
                members: accounts(&control.members, "members")?,
                admins: accounts(&control.admins, "admins")?,
                keypair: keypair(
                    &wire::merged(control.encryption_key_pair)
                        .ok_or(missing("encryptionKeyPair"))?,
                )?,
                expiration_seconds: control.expiration_timer.unwrap_or(0),
            }),
            3 => bounded(&control.wrappers)?
                .iter()
                .map(|wrapper| sealed_keypair(wrapper))
                .collect::<Result<_, _>>()
                .map(Self::EncryptionKeypair),
            4 => name.map(Self::NameChange),
            5 => accounts(&control.members, "members").map(Self::MembersAdded),
            6 => accounts(&control.members, "members").map(Self::MembersRemoved),
            7 => Ok(Self::MemberLeft),
            // Requests for a key pair (8) were never used.
            _ => Err(missing("type")),
        }
    }
}

fn bounded<T>(list: &[T]) -> Result<&[T], ControlError> {
    match list.len() {
        0..=MAX_MEMBERS => Ok(list),
        found => Err(ControlError::TooMany { found }),
    }
}

fn accounts(list: &[Vec<u8>], field: &'static str) -> Result<Vec<AccountId>, ControlError> {
    bounded(list)?.iter().map(|bytes| account(bytes, field)).collect()
}

fn account(bytes: &[u8], field: &'static str) -> Result<AccountId, ControlError> {
    AccountId::try_from(bytes).map_err(|_| ControlError::Key { field })
}

fn sealed_keypair(bytes: &[u8]) -> Result<SealedKeypair, ControlError> {
    let wrapper: KeyPairWrapper = wire::decode(bytes)?;
    let missing = |field| ControlError::Missing { field };
    let member = wrapper.public_key.ok_or(missing("KeyPairWrapper.publicKey"))?;
    Ok(SealedKeypair {
        member: account(&member, "KeyPairWrapper.publicKey")?,
        sealed: wrapper.encrypted_key_pair.ok_or(missing("KeyPairWrapper.encryptedKeyPair"))?,
    })
}

/// Key pair of a `KeyPair` message, whose public half has 32 bytes, or 33 with `05` in front.
fn keypair(bytes: &[u8]) -> Result<X25519Keypair, ControlError> {
    let pair: KeyPair = wire::decode(bytes)?;
    let missing = |field| ControlError::Missing { field };
    let secret = Zeroizing::new(pair.private_key.ok_or(missing("KeyPair.privateKey"))?);
    let public = pair.public_key.ok_or(missing("KeyPair.publicKey"))?;
    let wrong = |field| ControlError::Key { field };
    let secret = <[u8; 32]>::try_from(secret.as_slice());
    let secret = secret.map_err(|_| wrong("KeyPair.privateKey"))?;
    let keypair = X25519Keypair::from_secret_key(X25519SecretKey::from_bytes(secret));
    match signed_box::recipient_key(&public) {
        Ok(public) if public == keypair.public_key() => Ok(keypair),
        _ => Err(wrong("KeyPair.publicKey")),
    }
}

#[cfg(test)]
mod tests;
