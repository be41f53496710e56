//! Notice that members of a group came, went or became admins (03 §5.4).

use alloc::{
    string::{String, ToString as _},
    vec::Vec,
};

use session_crypto::ed25519::{Ed25519Keypair, Ed25519Signature, VerifyError};
use session_identity::{AccountId, GroupId, Timestamp};

use super::admin_signature::Statement;
use crate::{
    content::{ContentError, fields},
    wire::{self, UnknownFields, group::GroupUpdateMemberChangeMessage},
};

/// Notice of a change, signed by an admin. The signature covers the kind of change, not who it is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MemberChange {
    membership: Membership,
    members: Vec<AccountId>,
    admin_signature: Ed25519Signature,
    unknown: UnknownFields,
}

/// What became of the members.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Membership {
    /// They were added. The sender says whether they can read what was written before, if it says so at all.
    Added {
        /// Whether earlier messages were shared.
        history_shared: Option<bool>,
    },
    /// They were removed.
    Removed,
    /// They became admins.
    Promoted,
}

impl Membership {
    const fn number(self) -> i32 {
        match self {
            Self::Added { .. } => 1,
            Self::Removed => 2,
            Self::Promoted => 3,
        }
    }
}

const MEMBERS: &str = "GroupUpdateMemberChangeMessage.memberSessionIds";

impl MemberChange {
    /// Notice by an admin of the group of this key pair, to be sent at `sent_at`, which is signed.
    ///
    /// # Errors
    /// [`ContentError::Empty`] without members.
    pub fn new(
        group: &Ed25519Keypair,
        membership: Membership,
        members: Vec<AccountId>,
        sent_at: Timestamp,
    ) -> Result<Self, ContentError> {
        let statement = Statement::MemberChange { number: membership.number(), sent_at };
        Ok(Self {
            membership,
            members: fields::not_empty(members, MEMBERS)?,
            admin_signature: statement.sign(group),
            unknown: UnknownFields::default(),
        })
    }

    /// What became of the members.
    #[must_use]
    pub const fn membership(&self) -> Membership {
        self.membership
    }

    /// The members, at least one.
    #[must_use]
    pub fn members(&self) -> &[AccountId] {
        &self.members
    }

    /// Verifies that an admin of `group` sent this at `sent_at`.
    ///
    /// # Errors
    /// [`VerifyError`] if the signature is not by the group over just this.
    pub fn verify(&self, group: &GroupId, sent_at: Timestamp) -> Result<(), VerifyError> {
        let statement = Statement::MemberChange { number: self.membership.number(), sent_at };
        statement.verify(group, &self.admin_signature)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let change = GroupUpdateMemberChangeMessage {
            r#type: Some(self.membership.number()),
            member_session_ids: self.members.iter().map(AccountId::to_string).collect(),
            history_shared: match self.membership {
                Membership::Added { history_shared } => history_shared,
                Membership::Removed | Membership::Promoted => None,
            },
            admin_signature: Some(self.admin_signature.to_bytes().to_vec()),
        };
        wire::encode_with(&change, &self.unknown)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        let (change, unknown) = wire::decode_keeping::<GroupUpdateMemberChangeMessage>(bytes)?;
        let kind = "GroupUpdateMemberChangeMessage.type";
        let signature = "GroupUpdateMemberChangeMessage.adminSignature";
        let membership = match fields::required(change.r#type, kind)? {
            1 => Membership::Added { history_shared: change.history_shared },
            2 => Membership::Removed,
            3 => Membership::Promoted,
            _ => return Err(ContentError::Missing { field: kind }),
        };
        // Texts that are no Account ID name nobody.
        let members =
            change.member_session_ids.iter().filter_map(|text: &String| text.parse().ok());
        let signed = fields::required(change.admin_signature, signature)?;
        Ok(Self {
            membership,
            members: fields::not_empty(members.collect(), MEMBERS)?,
            admin_signature: fields::signature(&signed, signature)?,
            unknown,
        })
    }
}
