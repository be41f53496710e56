//! Messages that old clients sent and nobody sends any more (03 §1.7).

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
