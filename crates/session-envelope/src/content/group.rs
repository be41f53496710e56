//! Control messages of groups (03 §5).
//!
//! Invitation and promotion go to one person, everything else to the group. What admins say is signed with the
//! key of the group, but only in part: names, timers and lists of members are *not* covered. These messages
//! are notices. The truth is in the signed configs of the group, and nothing else may change any state.

use alloc::{string::String, vec::Vec};

use crate::wire::{
    self, UnknownFields,
    group::{Empty, GroupUpdateInviteResponseMessage, GroupUpdateMessage},
};

use super::{ContentError, fields};

mod admin_signature;
mod delete_content;
mod info_change;
mod invite;
mod member_change;

pub use delete_content::DeleteContent;
pub use info_change::{InfoChange, InfoUpdate};
pub use invite::{Invite, MemberAuth, Promotion};
pub use member_change::{MemberChange, Membership};

/// The one thing that a control message is about.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum GroupUpdate {
    /// To a person: come into the group.
    Invite(Invite),
    /// To a member: be an admin.
    Promotion(Promotion),
    /// Name, picture or timer changed.
    InfoChange(InfoChange),
    /// Members came, went or became admins.
    MemberChange(MemberChange),
    /// To the admins: the sender has left and is to be removed.
    MemberLeft(Bare),
    /// To all: the sender has left.
    MemberLeftNotification(Bare),
    /// The sender accepts the invitation.
    InviteAccepted(Bare),
    /// Messages are to be deleted.
    DeleteContent(DeleteContent),
}

/// A control message that says all by being there.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Bare {
    unknown: UnknownFields,
}

impl Bare {
    /// The message.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn encode(&self) -> Vec<u8> {
        wire::encode_with(&Empty {}, &self.unknown)
    }

    fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        let (_, unknown) = wire::decode_keeping::<Empty>(bytes)?;
        Ok(Self { unknown })
    }

    fn encode_acceptance(&self) -> Vec<u8> {
        let response = GroupUpdateInviteResponseMessage { is_approved: Some(true) };
        wire::encode_with(&response, &self.unknown)
    }

    fn decode_acceptance(bytes: &[u8]) -> Result<Self, ContentError> {
        let (response, unknown) = wire::decode_keeping::<GroupUpdateInviteResponseMessage>(bytes)?;
        let field = "GroupUpdateInviteResponseMessage.isApproved";
        // A refusal is never sent; whoever refuses stays silent.
        if fields::required(response.is_approved, field)? {
            Ok(Self { unknown })
        } else {
            Err(ContentError::Empty { field })
        }
    }
}

impl GroupUpdate {
    pub(super) fn encode(&self, unknown: &UnknownFields) -> Vec<u8> {
        let mut message = GroupUpdateMessage::default();
        match self {
            Self::Invite(invite) => message.invite_message.push(invite.encode()),
            Self::Promotion(promotion) => message.promote_message.push(promotion.encode()),
            Self::InfoChange(change) => message.info_change_message.push(change.encode()),
            Self::MemberChange(change) => message.member_change_message.push(change.encode()),
            Self::MemberLeft(left) => message.member_left_message.push(left.encode()),
            Self::MemberLeftNotification(left) => {
                message.member_left_notification_message.push(left.encode());
            }
            Self::InviteAccepted(accepted) => {
                message.invite_response.push(accepted.encode_acceptance());
            }
            Self::DeleteContent(deletion) => message.delete_member_content.push(deletion.encode()),
        }
        wire::encode_with(&message, unknown)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<(Self, UnknownFields), ContentError> {
        let (message, unknown) = wire::decode_keeping::<GroupUpdateMessage>(bytes)?;
        let (field, bytes) = super::codec::only_one([
            ("inviteMessage", message.invite_message),
            ("infoChangeMessage", message.info_change_message),
            ("memberChangeMessage", message.member_change_message),
            ("promoteMessage", message.promote_message),
            ("memberLeftMessage", message.member_left_message),
            ("inviteResponse", message.invite_response),
            ("deleteMemberContent", message.delete_member_content),
            ("memberLeftNotificationMessage", message.member_left_notification_message),
        ])?;
        let update = match field {
            "inviteMessage" => Self::Invite(Invite::decode(&bytes)?),
            "infoChangeMessage" => Self::InfoChange(InfoChange::decode(&bytes)?),
            "memberChangeMessage" => Self::MemberChange(MemberChange::decode(&bytes)?),
            "promoteMessage" => Self::Promotion(Promotion::decode(&bytes)?),
            "memberLeftMessage" => Self::MemberLeft(Bare::decode(&bytes)?),
            "inviteResponse" => Self::InviteAccepted(Bare::decode_acceptance(&bytes)?),
            "deleteMemberContent" => Self::DeleteContent(DeleteContent::decode(&bytes)?),
            _ => Self::MemberLeftNotification(Bare::decode(&bytes)?),
        };
        Ok((update, unknown))
    }
}

/// The name of a group in a message that a peer sent. One of invisible characters is read: the apps let people name
/// a group so, and its members need the message. We write no such name.
fn received_name(name: Option<String>, field: &'static str) -> Result<String, ContentError> {
    let name = fields::required(name, field)?;
    if name.trim().is_empty() { Err(ContentError::Empty { field }) } else { Ok(name) }
}
