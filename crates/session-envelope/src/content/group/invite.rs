//! Invitation into a group and promotion to admin (03 §5.1, §5.2).

use alloc::{
    string::{String, ToString as _},
    vec::Vec,
};
use core::fmt;

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed, Ed25519Signature, VerifyError},
    secret::SecretBytes,
};
use session_identity::{AccountId, GroupId, Timestamp};
use zeroize::Zeroizing;

use super::{admin_signature::Statement, received_name};
use crate::{
    content::{ContentError, fields},
    wire::{
        self, UnknownFields,
        group::{GroupUpdateInviteMessage, GroupUpdatePromoteMessage},
    },
};

/// Invitation of one person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Invite {
    group: GroupId,
    name: String,
    auth: MemberAuth,
    admin_signature: Ed25519Signature,
    unknown: UnknownFields,
}

/// What lets a member write and read in the swarm of the group (06 §5.1).
///
/// 100 bytes: `03` ‖ flags ‖ `00 00` ‖ factor (32) ‖ signature (64).
#[derive(Clone, Eq, PartialEq)]
pub struct MemberAuth(SecretBytes<100>);

impl MemberAuth {
    /// Length in bytes.
    pub const LENGTH: usize = 100;

    /// Takes 100 bytes as the auth data of a member. They are checked where they are used.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 100]) -> Self {
        Self(SecretBytes::from_bytes(bytes))
    }

    /// The secret bytes.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 100] {
        self.0.expose_bytes()
    }
}

impl fmt::Debug for MemberAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemberAuth(..)")
    }
}

impl Invite {
    /// Invitation of `invitee` into the group of this key pair, to be sent at `sent_at`, which is signed.
    ///
    /// # Errors
    /// [`ContentError::Empty`] for a blank name.
    pub fn new(
        group: &Ed25519Keypair,
        name: impl Into<String>,
        auth: MemberAuth,
        invitee: &AccountId,
        sent_at: Timestamp,
    ) -> Result<Self, ContentError> {
        Ok(Self {
            group: GroupId::from_public_key(group.public_key()),
            name: fields::not_blank(name.into(), "GroupUpdateInviteMessage.name")?,
            auth,
            admin_signature: Statement::Invite { invitee, sent_at }.sign(group),
            unknown: UnknownFields::default(),
        })
    }

    /// The group.
    #[must_use]
    pub const fn group(&self) -> GroupId {
        self.group
    }

    /// What the admin calls the group. Not signed.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The invitee's access to the swarm of the group. To be checked against the group and the account.
    #[must_use]
    pub const fn auth(&self) -> &MemberAuth {
        &self.auth
    }

    /// Verifies that an admin invited `invitee` in a message sent at `sent_at`.
    ///
    /// # Errors
    /// [`VerifyError`] if the signature is not by the group over just this.
    pub fn verify(&self, invitee: &AccountId, sent_at: Timestamp) -> Result<(), VerifyError> {
        Statement::Invite { invitee, sent_at }.verify(&self.group, &self.admin_signature)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let invite = GroupUpdateInviteMessage {
            group_session_id: Some(self.group.to_string()),
            name: Some(self.name.clone()),
            member_auth_data: Some(self.auth.expose_bytes().to_vec()),
            admin_signature: Some(self.admin_signature.to_bytes().to_vec()),
        };
        wire::encode_with(&invite, &self.unknown)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        let (invite, unknown) = wire::decode_keeping::<GroupUpdateInviteMessage>(bytes)?;
        let id = "GroupUpdateInviteMessage.groupSessionId";
        let name = "GroupUpdateInviteMessage.name";
        let auth = "GroupUpdateInviteMessage.memberAuthData";
        let signature = "GroupUpdateInviteMessage.adminSignature";
        let auth_data = Zeroizing::new(fields::required(invite.member_auth_data, auth)?);
        let signed = fields::required(invite.admin_signature, signature)?;
        Ok(Self {
            group: fields::group_id(&fields::required(invite.group_session_id, id)?, id)?,
            name: received_name(invite.name, name)?,
            auth: MemberAuth::from_bytes(fields::array(&auth_data, auth)?),
            admin_signature: fields::signature(&signed, signature)?,
            unknown,
        })
    }
}

/// Makes a member an admin, by giving away the root secret of the group. Knowing it is the proof.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Promotion {
    seed: Ed25519Seed,
    name: String,
    unknown: UnknownFields,
}

impl Promotion {
    /// Promotion to admin of the group of this seed.
    ///
    /// # Errors
    /// [`ContentError::Empty`] for a blank name.
    pub fn new(seed: Ed25519Seed, name: impl Into<String>) -> Result<Self, ContentError> {
        let name = fields::not_blank(name.into(), "GroupUpdatePromoteMessage.name")?;
        Ok(Self { seed, name, unknown: UnknownFields::default() })
    }

    /// Seed of the group's key pair.
    #[must_use]
    pub const fn seed(&self) -> &Ed25519Seed {
        &self.seed
    }

    /// The group, which follows from the seed.
    #[must_use]
    pub fn group(&self) -> GroupId {
        GroupId::from_public_key(Ed25519Keypair::from_seed(self.seed.clone()).public_key())
    }

    /// What the admin calls the group.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let promotion = GroupUpdatePromoteMessage {
            group_identity_seed: Some(self.seed.expose_bytes().to_vec()),
            name: Some(self.name.clone()),
        };
        wire::encode_with(&promotion, &self.unknown)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        let (promotion, unknown) = wire::decode_keeping::<GroupUpdatePromoteMessage>(bytes)?;
        let seed = "GroupUpdatePromoteMessage.groupIdentitySeed";
        let name = "GroupUpdatePromoteMessage.name";
        let bytes = Zeroizing::new(fields::required(promotion.group_identity_seed, seed)?);
        Ok(Self {
            seed: Ed25519Seed::from_bytes(fields::array(&bytes, seed)?),
            name: received_name(promotion.name, name)?,
            unknown,
        })
    }
}
