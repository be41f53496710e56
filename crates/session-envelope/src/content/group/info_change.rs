//! Notice that name, picture or timer of a group changed (03 §5.3).

use alloc::{string::String, vec::Vec};

use session_crypto::ed25519::{Ed25519Keypair, Ed25519Signature, VerifyError};
use session_identity::{GroupId, Timestamp};

use super::{admin_signature::Statement, received_name};
use crate::{
    content::{ContentError, fields},
    wire::{self, UnknownFields, group::GroupUpdateInfoChangeMessage},
};

/// Notice of a change, signed by an admin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InfoChange {
    update: InfoUpdate,
    admin_signature: Ed25519Signature,
    unknown: UnknownFields,
}

/// What changed. The signature covers which of the three it was, not the new value.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum InfoUpdate {
    /// The name, to this one.
    Name(String),
    /// The picture.
    Picture,
    /// The timer of disappearing messages, to so many seconds; 0 for off.
    ExpirationSeconds(u32),
}

impl InfoUpdate {
    const fn number(&self) -> i32 {
        match self {
            Self::Name(_) => 1,
            Self::Picture => 2,
            Self::ExpirationSeconds(_) => 3,
        }
    }
}

impl InfoChange {
    /// Notice by an admin of the group of this key pair, to be sent at `sent_at`, which is signed.
    ///
    /// # Errors
    /// [`ContentError::Empty`] for a blank name.
    pub fn new(
        group: &Ed25519Keypair,
        update: InfoUpdate,
        sent_at: Timestamp,
    ) -> Result<Self, ContentError> {
        if let InfoUpdate::Name(name) = &update {
            fields::not_blank(name.clone(), "GroupUpdateInfoChangeMessage.updatedName")?;
        }
        let admin_signature =
            Statement::InfoChange { number: update.number(), sent_at }.sign(group);
        Ok(Self { update, admin_signature, unknown: UnknownFields::default() })
    }

    /// What changed.
    #[must_use]
    pub const fn update(&self) -> &InfoUpdate {
        &self.update
    }

    /// Verifies that an admin of `group` sent this at `sent_at`.
    ///
    /// # Errors
    /// [`VerifyError`] if the signature is not by the group over just this.
    pub fn verify(&self, group: &GroupId, sent_at: Timestamp) -> Result<(), VerifyError> {
        let statement = Statement::InfoChange { number: self.update.number(), sent_at };
        statement.verify(group, &self.admin_signature)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let (updated_name, updated_expiration) = match &self.update {
            InfoUpdate::Name(name) => (Some(name.clone()), None),
            InfoUpdate::Picture => (None, None),
            InfoUpdate::ExpirationSeconds(seconds) => (None, Some(*seconds)),
        };
        let change = GroupUpdateInfoChangeMessage {
            r#type: Some(self.update.number()),
            updated_name,
            updated_expiration,
            admin_signature: Some(self.admin_signature.to_bytes().to_vec()),
        };
        wire::encode_with(&change, &self.unknown)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        let (change, unknown) = wire::decode_keeping::<GroupUpdateInfoChangeMessage>(bytes)?;
        let kind = "GroupUpdateInfoChangeMessage.type";
        let name = "GroupUpdateInfoChangeMessage.updatedName";
        let expiration = "GroupUpdateInfoChangeMessage.updatedExpiration";
        let signature = "GroupUpdateInfoChangeMessage.adminSignature";
        let update = match fields::required(change.r#type, kind)? {
            1 => InfoUpdate::Name(received_name(change.updated_name, name)?),
            2 => InfoUpdate::Picture,
            3 => InfoUpdate::ExpirationSeconds(fields::required(
                change.updated_expiration,
                expiration,
            )?),
            _ => return Err(ContentError::Missing { field: kind }),
        };
        let signed = fields::required(change.admin_signature, signature)?;
        Ok(Self { update, admin_signature: fields::signature(&signed, signature)?, unknown })
    }
}
