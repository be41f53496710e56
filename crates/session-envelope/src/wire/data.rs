//! The data message and its parts (03 §1.3, §1.4).

use alloc::{string::String, vec::Vec};

use prost::Message;

use super::{Names, Wire};

/// A visible message and what shares its field (03 §1.3). Fields 3, 5 and 7 are legacy, and kept as they are.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct DataMessage {
    #[prost(string, optional, tag = "1")]
    pub(crate) body: Option<String>,
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub(crate) attachments: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub(crate) group: Vec<Vec<u8>>,
    #[prost(uint32, optional, tag = "4")]
    pub(crate) flags: Option<u32>,
    #[prost(uint32, optional, tag = "5")]
    pub(crate) expire_timer: Option<u32>,
    #[prost(bytes = "vec", optional, tag = "6")]
    pub(crate) profile_key: Option<Vec<u8>>,
    #[prost(uint64, optional, tag = "7")]
    pub(crate) timestamp: Option<u64>,
    #[prost(bytes = "vec", repeated, tag = "8")]
    pub(crate) quote: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "10")]
    pub(crate) preview: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "11")]
    pub(crate) reaction: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "101")]
    pub(crate) profile: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "102")]
    pub(crate) open_group_invitation: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "104")]
    pub(crate) closed_group_control_message: Vec<Vec<u8>>,
    #[prost(string, optional, tag = "105")]
    pub(crate) sync_target: Option<String>,
    #[prost(bool, optional, tag = "106")]
    pub(crate) blocks_community_message_requests: Option<bool>,
    #[prost(bytes = "vec", repeated, tag = "120")]
    pub(crate) group_update_message: Vec<Vec<u8>>,
}

impl Wire for DataMessage {
    const CARRIED: &'static [u32] = &[1, 2, 4, 6, 8, 10, 11, 101, 102, 104, 105, 106, 120];
}

/// Reference to an earlier message. Text and thumbnails (3, 4) are claims that clients do not show; they are kept as they are.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Quote {
    /// Required; milliseconds.
    #[prost(uint64, optional, tag = "1")]
    pub(crate) msg_timestamp: Option<u64>,
    /// Required.
    #[prost(string, optional, tag = "2")]
    pub(crate) author: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) text: Option<String>,
    #[prost(bytes = "vec", repeated, tag = "4")]
    pub(crate) attachments: Vec<Vec<u8>>,
    #[prost(sfixed64, optional, tag = "5")]
    pub(crate) msg_id: Option<i64>,
}

impl Wire for Quote {
    const CARRIED: &'static [u32] = &[1, 2, 5];
}

/// A file of an earlier message, as the author of the quote saw it.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct QuotedAttachment {
    #[prost(string, optional, tag = "1")]
    pub(crate) content_type: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) file_name: Option<String>,
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub(crate) thumbnail: Vec<Vec<u8>>,
    #[prost(uint32, optional, tag = "4")]
    pub(crate) flags: Option<u32>,
}

impl QuotedAttachment {
    pub(crate) const NAMES: Names = Names { optional: &[2], required: &[] };
}

/// Preview of a link.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Preview {
    /// Required.
    #[prost(string, optional, tag = "1")]
    pub(crate) url: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) title: Option<String>,
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub(crate) image: Vec<Vec<u8>>,
}

impl Wire for Preview {
    const CARRIED: &'static [u32] = &[1, 2, 3];
}

/// Emoji on an earlier message.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Reaction {
    /// Required; milliseconds.
    #[prost(uint64, optional, tag = "1")]
    pub(crate) msg_timestamp: Option<u64>,
    /// Required.
    #[prost(string, optional, tag = "2")]
    pub(crate) author: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) emoji: Option<String>,
    /// Required.
    #[prost(int32, optional, tag = "4")]
    pub(crate) action: Option<i32>,
    #[prost(sfixed64, optional, tag = "5")]
    pub(crate) msg_id: Option<i64>,
}

impl Wire for Reaction {
    const CARRIED: &'static [u32] = &[1, 2, 3, 4, 5];
}

/// Invitation to a community.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct OpenGroupInvitation {
    /// Required.
    #[prost(string, optional, tag = "1")]
    pub(crate) url: Option<String>,
    /// Required.
    #[prost(string, optional, tag = "3")]
    pub(crate) name: Option<String>,
}

impl Wire for OpenGroupInvitation {
    const CARRIED: &'static [u32] = &[1, 3];
    const NAMES: Names = Names { optional: &[], required: &[3] };
}

/// Profile of the sender.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct LokiProfile {
    #[prost(string, optional, tag = "1")]
    pub(crate) display_name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) profile_picture: Option<String>,
    #[prost(uint64, optional, tag = "3")]
    pub(crate) last_update_seconds: Option<u64>,
}

impl Wire for LokiProfile {
    const CARRIED: &'static [u32] = &[1, 2, 3];
    const NAMES: Names = Names { optional: &[1], required: &[] };
}

/// Where a file is and how to decrypt it (03 §1.4). Fields 5 and 11 are legacy, and kept as they are.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct AttachmentPointer {
    /// Required.
    #[prost(fixed64, optional, tag = "1")]
    pub(crate) id: Option<u64>,
    #[prost(string, optional, tag = "2")]
    pub(crate) content_type: Option<String>,
    #[prost(bytes = "vec", optional, tag = "3")]
    pub(crate) key: Option<Vec<u8>>,
    #[prost(uint32, optional, tag = "4")]
    pub(crate) size: Option<u32>,
    #[prost(bytes = "vec", optional, tag = "5")]
    pub(crate) thumbnail: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "6")]
    pub(crate) digest: Option<Vec<u8>>,
    #[prost(string, optional, tag = "7")]
    pub(crate) file_name: Option<String>,
    #[prost(uint32, optional, tag = "8")]
    pub(crate) flags: Option<u32>,
    #[prost(uint32, optional, tag = "9")]
    pub(crate) width: Option<u32>,
    #[prost(uint32, optional, tag = "10")]
    pub(crate) height: Option<u32>,
    #[prost(string, optional, tag = "11")]
    pub(crate) caption: Option<String>,
    #[prost(string, optional, tag = "101")]
    pub(crate) url: Option<String>,
}

impl Wire for AttachmentPointer {
    const CARRIED: &'static [u32] = &[1, 2, 3, 4, 6, 7, 8, 9, 10, 101];
    const NAMES: Names = Names { optional: &[7], required: &[] };
}
