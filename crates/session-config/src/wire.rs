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

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Envelope {
    #[prost(int32, optional, tag = "1")]
    pub(crate) r#type: Option<i32>,
    #[prost(uint64, optional, tag = "5")]
    pub(crate) timestamp: Option<u64>,
    #[prost(bytes = "vec", optional, tag = "8")]
    pub(crate) content: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct WebSocketRequestMessage {
    #[prost(string, optional, tag = "1")]
    pub(crate) verb: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) path: Option<String>,
    #[prost(bytes = "vec", optional, tag = "3")]
    pub(crate) body: Option<Vec<u8>>,
    #[prost(uint64, optional, tag = "4")]
    pub(crate) request_id: Option<u64>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct WebSocketMessage {
    #[prost(int32, optional, tag = "1")]
    pub(crate) r#type: Option<i32>,
    #[prost(message, optional, tag = "2")]
    pub(crate) request: Option<WebSocketRequestMessage>,
}
