//! Control messages of groups (03 §1.6).

use alloc::{string::String, vec::Vec};

use prost::Message;

use super::{Names, Wire};

/// Control message of a group (03 §1.6): exactly one field is set.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct GroupUpdateMessage {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub(crate) invite_message: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub(crate) info_change_message: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub(crate) member_change_message: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "4")]
    pub(crate) promote_message: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "5")]
    pub(crate) member_left_message: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub(crate) invite_response: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "7")]
    pub(crate) delete_member_content: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "8")]
    pub(crate) member_left_notification_message: Vec<Vec<u8>>,
}

impl Wire for GroupUpdateMessage {
    const CARRIED: &'static [u32] = &[1, 2, 3, 4, 5, 6, 7, 8];
}

/// Invitation.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct GroupUpdateInviteMessage {
    /// Required.
    #[prost(string, optional, tag = "1")]
    pub(crate) group_session_id: Option<String>,
    /// Required.
    #[prost(string, optional, tag = "2")]
    pub(crate) name: Option<String>,
    /// Required.
    #[prost(bytes = "vec", optional, tag = "3")]
    pub(crate) member_auth_data: Option<Vec<u8>>,
    /// Required.
    #[prost(bytes = "vec", optional, tag = "4")]
    pub(crate) admin_signature: Option<Vec<u8>>,
}

impl Wire for GroupUpdateInviteMessage {
    const CARRIED: &'static [u32] = &[1, 2, 3, 4];
    const NAMES: Names = Names { optional: &[], required: &[2] };
}

/// Promotion to admin.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct GroupUpdatePromoteMessage {
    /// Required.
    #[prost(bytes = "vec", optional, tag = "1")]
    pub(crate) group_identity_seed: Option<Vec<u8>>,
    /// Required.
    #[prost(string, optional, tag = "2")]
    pub(crate) name: Option<String>,
}

impl Wire for GroupUpdatePromoteMessage {
    const CARRIED: &'static [u32] = &[1, 2];
    const NAMES: Names = Names { optional: &[], required: &[2] };
}

/// Change of name, picture or timer.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct GroupUpdateInfoChangeMessage {
    /// Required.
    #[prost(int32, optional, tag = "1")]
    pub(crate) r#type: Option<i32>,
    #[prost(string, optional, tag = "2")]
    pub(crate) updated_name: Option<String>,
    /// Seconds.
    #[prost(uint32, optional, tag = "3")]
    pub(crate) updated_expiration: Option<u32>,
    /// Required.
    #[prost(bytes = "vec", optional, tag = "4")]
    pub(crate) admin_signature: Option<Vec<u8>>,
}

impl Wire for GroupUpdateInfoChangeMessage {
    const CARRIED: &'static [u32] = &[1, 2, 3, 4];
    const NAMES: Names = Names { optional: &[], required: &[2] };
}

/// Change of members.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct GroupUpdateMemberChangeMessage {
    /// Required.
    #[prost(int32, optional, tag = "1")]
    pub(crate) r#type: Option<i32>,
    #[prost(string, repeated, tag = "2")]
    pub(crate) member_session_ids: Vec<String>,
    #[prost(bool, optional, tag = "3")]
    pub(crate) history_shared: Option<bool>,
    /// Required.
    #[prost(bytes = "vec", optional, tag = "4")]
    pub(crate) admin_signature: Option<Vec<u8>>,
}

impl Wire for GroupUpdateMemberChangeMessage {
    const CARRIED: &'static [u32] = &[1, 2, 3, 4];
}

/// Acceptance of an invitation.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct GroupUpdateInviteResponseMessage {
    /// Required.
    #[prost(bool, optional, tag = "1")]
    pub(crate) is_approved: Option<bool>,
}

impl Wire for GroupUpdateInviteResponseMessage {
    const CARRIED: &'static [u32] = &[1];
}

/// Deletion of messages.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct GroupUpdateDeleteMemberContentMessage {
    #[prost(string, repeated, tag = "1")]
    pub(crate) member_session_ids: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub(crate) message_hashes: Vec<String>,
    #[prost(bytes = "vec", optional, tag = "3")]
    pub(crate) admin_signature: Option<Vec<u8>>,
}

impl Wire for GroupUpdateDeleteMemberContentMessage {
    const CARRIED: &'static [u32] = &[1, 2, 3];
}

/// A message without fields of its own: a member left, and the notice of it.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Empty {}

impl Wire for Empty {
    const CARRIED: &'static [u32] = &[];
}
