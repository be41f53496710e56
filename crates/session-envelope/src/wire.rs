//! Protobuf messages as they are on the wire: fields and nothing else (03 §1).
//!
//! * proto2: every field is optional here; where a message becomes a typed value, required ones are checked.
//! * An embedded message is a `repeated bytes` field. Repetitions of a singular message mean their merge, and
//!   the merge of protobuf messages is the concatenation of their bytes ([`merged`]); repeated messages can be
//!   counted before any of them takes memory.
//! * Fields that a typed value does not carry are kept as raw records ([`UnknownFields`]).

use alloc::{string::String, vec::Vec};

use prost::Message;

pub(crate) mod content;
pub(crate) mod data;
pub(crate) mod group;
pub(crate) mod legacy;
mod names;
mod records;

pub(crate) use names::Names;
pub(crate) use records::{UnknownFields, concat, count_numbers, records};

/// A message whose unknown fields survive.
pub(crate) trait Wire: Message + Default {
    /// Numbers of the fields that the typed value carries. Records of all other fields are kept as they are.
    const CARRIED: &'static [u32];
    /// Its names, which a sender may have cut inside a character.
    const NAMES: Names = Names::NONE;
}

/// Most records that a message may have, those of embedded messages not counted. Two bytes can be an element of a
/// list, which takes twelve times as much memory.
pub(crate) const MAX_RECORDS: usize = 4_096;

/// Bytes that are no message of the schema: broken records, wrong wire types, text that is no UTF-8; or more than
/// 4096 fields.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(transparent)]
pub struct ProtobufError(#[from] Reason);

#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
enum Reason {
    #[error(transparent)]
    Malformed(#[from] prost::DecodeError),
    #[error("more than {MAX_RECORDS} fields")]
    TooMany,
}

/// Message of `bytes` without its unknown fields.
pub(crate) fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M, ProtobufError> {
    // Counted before any of them takes memory; the parser, too, ends at the first that is malformed.
    if records(bytes).nth(MAX_RECORDS).is_some() {
        return Err(Reason::TooMany.into());
    }
    Ok(M::decode(bytes).map_err(Reason::Malformed)?)
}

/// Message of `bytes`, and the records that its typed value does not carry.
pub(crate) fn decode_keeping<M: Wire>(bytes: &[u8]) -> Result<(M, UnknownFields), ProtobufError> {
    let bytes = M::NAMES.repair(bytes);
    // The message first: after it, the records are known to be well-formed.
    let message = decode(&bytes)?;
    Ok((message, UnknownFields::of(&bytes, M::CARRIED)))
}

/// Message of `bytes` without its unknown fields; broken names do no harm.
pub(crate) fn decode_named<M: Message + Default>(
    bytes: &[u8],
    names: Names,
) -> Result<M, ProtobufError> {
    decode(&names.repair(bytes))
}

/// Bytes of `message` followed by the kept records.
pub(crate) fn encode_with<M: Wire>(message: &M, unknown: &UnknownFields) -> Vec<u8> {
    let unknown = unknown.as_bytes();
    let mut bytes = Vec::with_capacity(message.encoded_len().saturating_add(unknown.len()));
    message.encode_raw(&mut bytes);
    bytes.extend_from_slice(unknown);
    bytes
}

/// The one message that the occurrences of a singular embedded message stand for.
pub(crate) fn merged(occurrences: Vec<Vec<u8>>) -> Option<Vec<u8>> {
    occurrences.into_iter().reduce(|mut merged, next| {
        merged.extend_from_slice(&next);
        merged
    })
}

/// What a service node stores.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct WebSocketMessage {
    #[prost(int32, optional, tag = "1")]
    pub(crate) r#type: Option<i32>,
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub(crate) request: Vec<Vec<u8>>,
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
pub(crate) struct Envelope {
    /// Required.
    #[prost(int32, optional, tag = "1")]
    pub(crate) r#type: Option<i32>,
    #[prost(string, optional, tag = "2")]
    pub(crate) source: Option<String>,
    /// Required; milliseconds.
    #[prost(uint64, optional, tag = "5")]
    pub(crate) timestamp: Option<u64>,
    #[prost(uint32, optional, tag = "7")]
    pub(crate) source_device: Option<u32>,
    #[prost(bytes = "vec", optional, tag = "8")]
    pub(crate) content: Option<Vec<u8>>,
    #[prost(uint64, optional, tag = "10")]
    pub(crate) server_timestamp: Option<u64>,
    #[prost(bytes = "vec", optional, tag = "11")]
    pub(crate) pro_sig: Option<Vec<u8>>,
}

impl Wire for Envelope {
    const CARRIED: &'static [u32] = &[1, 2, 5, 7, 8, 10, 11];
}
