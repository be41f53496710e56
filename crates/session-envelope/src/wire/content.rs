//! Content and its smaller messages (03 §1.2, §1.5).

use alloc::{string::String, vec::Vec};

use prost::Message;

use super::Wire;

/// What a message means (03 §1.2). Fields 7, 11 and 14 are legacy, 17 is for communities: kept as they are.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Content {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub(crate) data_message: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub(crate) call_message: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "5")]
    pub(crate) receipt_message: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub(crate) typing_message: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "7")]
    pub(crate) configuration_message: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "8")]
    pub(crate) data_extraction_notification: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "9")]
    pub(crate) unsend_request: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "10")]
    pub(crate) message_request_response: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "11")]
    pub(crate) shared_config_message: Vec<Vec<u8>>,
    #[prost(int32, optional, tag = "12")]
    pub(crate) expiration_type: Option<i32>,
    /// Seconds.
    #[prost(uint32, optional, tag = "13")]
    pub(crate) expiration_timer: Option<u32>,
    #[prost(uint64, optional, tag = "14")]
    pub(crate) last_disappearing_message_change_timestamp: Option<u64>,
    /// Milliseconds.
    #[prost(uint64, optional, tag = "15")]
    pub(crate) sig_timestamp: Option<u64>,
    #[prost(bytes = "vec", repeated, tag = "16")]
    pub(crate) pro_message: Vec<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "17")]
    pub(crate) pro_sig_for_community_message_only: Option<Vec<u8>>,
    #[prost(sfixed64, optional, tag = "18")]
    pub(crate) msg_id: Option<i64>,
}

impl Wire for Content {
    const CARRIED: &'static [u32] = &[1, 3, 5, 6, 8, 9, 10, 12, 13, 15, 16, 18];
}

/// What a content says about Pro, without copies of the rest.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ProClaim {
    /// Milliseconds.
    #[prost(uint64, optional, tag = "15")]
    pub(crate) sig_timestamp: Option<u64>,
    #[prost(bytes = "vec", repeated, tag = "16")]
    pub(crate) pro_message: Vec<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "17")]
    pub(crate) pro_sig_for_community_message_only: Option<Vec<u8>>,
}

/// A step of a call.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct CallMessage {
    /// Required.
    #[prost(int32, optional, tag = "1")]
    pub(crate) r#type: Option<i32>,
    #[prost(string, repeated, tag = "2")]
    pub(crate) sdps: Vec<String>,
    #[prost(uint32, repeated, tag = "3", packed = "false")]
    pub(crate) sdp_m_line_indexes: Vec<u32>,
    #[prost(string, repeated, tag = "4")]
    pub(crate) sdp_mids: Vec<String>,
    /// Required.
    #[prost(string, optional, tag = "5")]
    pub(crate) uuid: Option<String>,
}

impl Wire for CallMessage {
    const CARRIED: &'static [u32] = &[1, 2, 3, 4, 5];
}

/// Messages that were read.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ReceiptMessage {
    /// Required.
    #[prost(int32, optional, tag = "1")]
    pub(crate) r#type: Option<i32>,
    #[prost(uint64, repeated, tag = "2", packed = "false")]
    pub(crate) timestamp: Vec<u64>,
    /// Packed.
    #[prost(sfixed64, repeated, tag = "3")]
    pub(crate) msg_id: Vec<i64>,
}

impl Wire for ReceiptMessage {
    const CARRIED: &'static [u32] = &[1, 2, 3];
}

/// Somebody is typing.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct TypingMessage {
    /// Required.
    #[prost(uint64, optional, tag = "1")]
    pub(crate) timestamp: Option<u64>,
    /// Required.
    #[prost(int32, optional, tag = "2")]
    pub(crate) action: Option<i32>,
}

impl Wire for TypingMessage {
    const CARRIED: &'static [u32] = &[1, 2];
}

/// Deletion of a message by its author.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct UnsendRequest {
    /// Required.
    #[prost(uint64, optional, tag = "1")]
    pub(crate) msg_timestamp: Option<u64>,
    /// Required.
    #[prost(string, optional, tag = "2")]
    pub(crate) author: Option<String>,
    #[prost(sfixed64, optional, tag = "3")]
    pub(crate) msg_id: Option<i64>,
}

impl Wire for UnsendRequest {
    const CARRIED: &'static [u32] = &[1, 2, 3];
}

/// Answer to a message request.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct MessageRequestResponse {
    /// Required.
    #[prost(bool, optional, tag = "1")]
    pub(crate) is_approved: Option<bool>,
    #[prost(bytes = "vec", optional, tag = "2")]
    pub(crate) profile_key: Option<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub(crate) profile: Vec<Vec<u8>>,
}

impl Wire for MessageRequestResponse {
    const CARRIED: &'static [u32] = &[1, 2, 3];
}

/// Somebody saved media. Fields 3 to 5 name the message more precisely.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct DataExtractionNotification {
    /// Required.
    #[prost(int32, optional, tag = "1")]
    pub(crate) r#type: Option<i32>,
    #[prost(uint64, optional, tag = "2")]
    pub(crate) timestamp: Option<u64>,
    #[prost(uint64, optional, tag = "3")]
    pub(crate) msg_timestamp: Option<u64>,
    #[prost(sfixed64, optional, tag = "4")]
    pub(crate) msg_id: Option<i64>,
    #[prost(sint32, optional, tag = "5")]
    pub(crate) att_index: Option<i32>,
}

impl Wire for DataExtractionNotification {
    const CARRIED: &'static [u32] = &[1, 2, 3, 4, 5];
}

/// Proof of Pro and the features it is used for.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ProMessage {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub(crate) proof: Vec<Vec<u8>>,
    #[prost(uint64, optional, tag = "2")]
    pub(crate) profile_bitset: Option<u64>,
    #[prost(uint64, optional, tag = "3")]
    pub(crate) msg_bitset: Option<u64>,
}

impl Wire for ProMessage {
    const CARRIED: &'static [u32] = &[1, 2, 3];
}

/// Proof of Pro, in any of its generations (02 §9.5).
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ProProof {
    #[prost(uint32, optional, tag = "1")]
    pub(crate) version: Option<u32>,
    #[prost(bytes = "vec", optional, tag = "2")]
    pub(crate) revocation_tag: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "3")]
    pub(crate) rotating_public_key: Option<Vec<u8>>,
    #[prost(uint64, optional, tag = "4")]
    pub(crate) expiry_unix_ts: Option<u64>,
    #[prost(bytes = "vec", optional, tag = "5")]
    pub(crate) sig: Option<Vec<u8>>,
}

impl Wire for ProProof {
    const CARRIED: &'static [u32] = &[1, 2, 3, 4, 5];
}
