//! Protobuf messages around the configs of an account, as they are on the wire (07 §8).

use prost::Message;

/// Content with nothing but a config.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Content {
    #[prost(message, optional, tag = "11")]
    pub(crate) shared_config_message: Option<SharedConfigMessage>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SharedConfigMessage {
    #[prost(int32, optional, tag = "1")]
    pub(crate) kind: Option<i32>,
    #[prost(int64, optional, tag = "2")]
    pub(crate) seqno: Option<i64>,
    #[prost(bytes = "vec", optional, tag = "3")]
    pub(crate) data: Option<Vec<u8>>,
}
