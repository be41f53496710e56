//! The structures of the wire: nothing but fields.

use alloc::string::String;
use core::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{SeqAccess, Visitor, value::SeqAccessDeserializer},
};
use serde_json::value::RawValue;

use crate::{
    json::{Object, given, hop_number, present},
    pool::list::NodeList,
};

mod first;
mod headers;

pub(crate) use first::First;
pub(crate) use headers::{Headers, MAX_HEADERS};

/// Every key of §3.1. `method` and `body` are nobody's, but come once like the others (§13).
#[derive(Debug, Default, Deserialize, Eq, PartialEq)]
pub(crate) struct Trailer {
    #[serde(default, deserialize_with = "given")]
    pub(crate) ephemeral_key: Option<String>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) enc_type: Option<String>,
    #[serde(default, deserialize_with = "hop_number")]
    pub(crate) hop_no: Option<i32>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) destination: Option<String>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) host: Option<String>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) target: Option<String>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) port: Option<u16>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) protocol: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) headers: bool,
    #[serde(default, deserialize_with = "given")]
    pub(crate) json: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) base64: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) method: bool,
    #[serde(default, deserialize_with = "present")]
    pub(crate) body: bool,
}

// The trailers that a client writes. Their fields are in the order of the alphabet: that is the text of the
// vectors, and one client's requests should not be told from another's.

/// Outermost frame.
#[derive(Serialize)]
pub(crate) struct EdgeTrailer {
    pub(crate) enc_type: &'static str,
    pub(crate) ephemeral_key: String,
}

/// Inside the layer of the hop before a node.
#[derive(Serialize)]
pub(crate) struct NodeTrailer {
    pub(crate) destination: String,
    pub(crate) enc_type: &'static str,
    pub(crate) ephemeral_key: String,
}

/// Inside the layer of the hop before a server.
#[derive(Serialize)]
pub(crate) struct ServerTrailer<'a> {
    pub(crate) enc_type: &'static str,
    pub(crate) ephemeral_key: String,
    pub(crate) host: &'a str,
    pub(crate) method: &'static str,
    pub(crate) port: u16,
    pub(crate) protocol: &'static str,
    pub(crate) target: &'a str,
}

/// Inside the layer of a service node that is the destination.
#[derive(Serialize)]
pub(crate) struct FinalTrailer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) base64: Option<bool>,
    pub(crate) headers: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) json: Option<bool>,
}

/// Wrapper of a node's reply as the node writes it (§6.1). `T` is a text or a JSON value.
#[derive(Serialize)]
pub(crate) struct ReplyOut<T> {
    pub(crate) body: T,
    pub(crate) status: u16,
}

/// The same as a client reads it.
#[derive(Deserialize)]
pub(crate) struct ReplyIn<'a> {
    #[serde(borrow, default)]
    pub(crate) status_code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) status: Option<&'a RawValue>,
    #[serde(default)]
    pub(crate) headers: Option<Headers>,
    #[serde(borrow, default)]
    pub(crate) body: Option<&'a RawValue>,
}

/// Wrapper of the old push server around the base64 text (§6.1).
#[derive(Deserialize)]
pub(crate) struct PushWrapper {
    #[serde(default, deserialize_with = "given")]
    pub(crate) result: Option<String>,
}

/// First string of a v4 request (§6.3), in the order of desktop.
#[derive(Serialize)]
pub(crate) struct V4RequestOut<'a> {
    pub(crate) method: &'a str,
    pub(crate) endpoint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) headers: Option<&'a Headers>,
}

/// The same as a server reads it.
#[derive(Deserialize)]
pub(crate) struct V4RequestIn {
    pub(crate) method: String,
    pub(crate) endpoint: String,
    #[serde(default, deserialize_with = "given")]
    pub(crate) headers: Option<Headers>,
}

/// First string of a v4 reply.
#[derive(Deserialize, Serialize)]
pub(crate) struct V4ResponseMeta {
    pub(crate) code: u16,
    pub(crate) headers: Headers,
}

/// The same as a lenient client reads it.
#[derive(Deserialize)]
pub(crate) struct V4LenientMeta {
    pub(crate) code: u16,
    #[serde(default)]
    pub(crate) headers: Option<Headers>,
}

/// A v3 request, which old clients send (§6.2).
#[derive(Deserialize)]
pub(crate) struct V3RequestIn {
    pub(crate) endpoint: String,
    pub(crate) method: String,
    #[serde(default)]
    pub(crate) headers: Option<Headers>,
    #[serde(default)]
    pub(crate) body: Option<String>,
    #[serde(default)]
    pub(crate) auth_code: Option<String>,
}

/// A v3 answer that is no success.
#[derive(Deserialize, Serialize)]
pub(crate) struct V3Failure {
    pub(crate) status_code: u16,
}

/// One more than a batch may have (§9), to notice a longer one.
pub(crate) const MAX_RESULTS_READ: usize = 21;

/// A batch reply, as far as it says whether everything failed alike (§8.2).
#[derive(Deserialize)]
pub(crate) struct BatchIn<'a> {
    #[serde(borrow)]
    pub(crate) results: First<Object<BatchEntryIn<'a>>, MAX_RESULTS_READ>,
}

/// One entry of a batch reply.
#[derive(Deserialize)]
pub(crate) struct BatchEntryIn<'a> {
    pub(crate) code: u16,
    #[serde(borrow, default)]
    pub(crate) body: Option<&'a RawValue>,
}

/// Most nodes of a wrong-swarm reply that are read; no swarm has so many.
pub(crate) const MAX_SWARM: usize = 100;

/// Body of a 421 (§8.3). Each node is a text of its own, so that an odd one spoils no other.
#[derive(Deserialize)]
pub(crate) struct WrongSwarmIn<'a> {
    #[serde(borrow)]
    pub(crate) snodes: First<&'a RawValue, MAX_SWARM>,
}

/// A node in it. Its address is nobody's business.
#[derive(Deserialize)]
pub(crate) struct WrongSwarmNodeIn {
    #[serde(default)]
    pub(crate) pubkey_ed25519: Option<String>,
}

/// A list of nodes: the answer of a seed or a node has it under `result`, a shipped file has not (§12.2).
#[derive(Deserialize)]
pub(crate) struct NodeListIn {
    #[serde(default)]
    pub(crate) result: Option<Object<NodeListResultIn>>,
    #[serde(default)]
    pub(crate) service_node_states: Option<NodeList>,
}

/// The inner object.
#[derive(Deserialize)]
pub(crate) struct NodeListResultIn {
    #[serde(default)]
    pub(crate) service_node_states: Option<NodeList>,
}

/// One node of a list.
#[derive(Deserialize)]
pub(crate) struct NodeStateIn {
    #[serde(default)]
    pub(crate) pubkey_ed25519: Option<String>,
    #[serde(default)]
    pub(crate) pubkey_x25519: Option<String>,
    #[serde(default)]
    pub(crate) public_ip: Option<String>,
    #[serde(default)]
    pub(crate) storage_port: Option<u16>,
    #[serde(default)]
    pub(crate) storage_lmq_port: Option<u16>,
    #[serde(default)]
    pub(crate) storage_server_version: Option<VersionIn>,
    #[serde(default)]
    pub(crate) swarm_id: Option<u64>,
    #[serde(default)]
    pub(crate) swarm: Option<String>,
}

/// A version in either spelling. The derived form of such a type would first make a tree of any value.
pub(crate) enum VersionIn {
    Numbers([u16; 3]),
    Text(String),
}

impl<'de> Deserialize<'de> for VersionIn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(VersionVisitor)
    }
}

struct VersionVisitor;

impl<'de> Visitor<'de> for VersionVisitor {
    type Value = VersionIn;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a version")
    }

    fn visit_str<E>(self, text: &str) -> Result<VersionIn, E> {
        Ok(VersionIn::Text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<VersionIn, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(seq)).map(VersionIn::Numbers)
    }
}
