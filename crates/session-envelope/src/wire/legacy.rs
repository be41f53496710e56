//! Messages that only old clients sent (03 §1.7).

use alloc::{string::String, vec::Vec};

use prost::Message;
/// Control message of a legacy group (03 §1.7).
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ClosedGroupControlMessage {
    /// Required.
    #[prost(int32, optional, tag = "1")]
    pub(crate) r#type: Option<i32>,
    #[prost(bytes = "vec", optional, tag = "2")]
    pub(crate) public_key: Option<Vec<u8>>,
    #[prost(string, optional, tag = "3")]
    pub(crate) name: Option<String>,
    #[prost(bytes = "vec", repeated, tag = "4")]
    pub(crate) encryption_key_pair: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "5")]
    pub(crate) members: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub(crate) admins: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "7")]
    pub(crate) wrappers: Vec<Vec<u8>>,
    /// Seconds.
    #[prost(uint32, optional, tag = "8")]
    pub(crate) expiration_timer: Option<u32>,
}

/// Encryption key pair of a legacy group.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct KeyPair {
    /// Required.
    #[prost(bytes = "vec", optional, tag = "1")]
    pub(crate) public_key: Option<Vec<u8>>,
    /// Required.
    #[prost(bytes = "vec", optional, tag = "2")]
    pub(crate) private_key: Option<Vec<u8>>,
}

/// Key pair of a legacy group, in a box for one member.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct KeyPairWrapper {
    /// Required.
    #[prost(bytes = "vec", optional, tag = "1")]
    pub(crate) public_key: Option<Vec<u8>>,
    /// Required.
    #[prost(bytes = "vec", optional, tag = "2")]
    pub(crate) encrypted_key_pair: Option<Vec<u8>>,
}

/// What the devices of an account told each other before there were configs (03 §1.7).
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ConfigurationMessage {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub(crate) closed_groups: Vec<Vec<u8>>,
    #[prost(string, repeated, tag = "2")]
    pub(crate) open_groups: Vec<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) display_name: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub(crate) profile_picture: Option<String>,
    #[prost(bytes = "vec", optional, tag = "5")]
    pub(crate) profile_key: Option<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub(crate) contacts: Vec<Vec<u8>>,
}

/// A legacy group in a configuration message.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ConfigurationClosedGroup {
    #[prost(bytes = "vec", optional, tag = "1")]
    pub(crate) public_key: Option<Vec<u8>>,
    #[prost(string, optional, tag = "2")]
    pub(crate) name: Option<String>,
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub(crate) encryption_key_pair: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "4")]
    pub(crate) members: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "5")]
    pub(crate) admins: Vec<Vec<u8>>,
    /// Seconds.
    #[prost(uint32, optional, tag = "6")]
    pub(crate) expiration_timer: Option<u32>,
}

/// A contact in a configuration message.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ConfigurationContact {
    /// Required.
    #[prost(bytes = "vec", optional, tag = "1")]
    pub(crate) public_key: Option<Vec<u8>>,
    /// Required.
    #[prost(string, optional, tag = "2")]
    pub(crate) name: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) profile_picture: Option<String>,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub(crate) profile_key: Option<Vec<u8>>,
    #[prost(bool, optional, tag = "5")]
    pub(crate) is_approved: Option<bool>,
    #[prost(bool, optional, tag = "6")]
    pub(crate) is_blocked: Option<bool>,
    #[prost(bool, optional, tag = "7")]
    pub(crate) did_approve_me: Option<bool>,
}
