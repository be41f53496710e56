//! Lists of service nodes as seeds and nodes send them (§12.2, 05 §2.8).
//!
//! * JSON: `{"result":{"service_node_states":[…]}}` from a seed's `get_n_service_nodes` and from a node's
//!   `oxend_request`, or the object without `result` in lists that clients ship.
//! * Binary: 51 bytes for each node, big-endian, from a node's `active_nodes_bin`.
//!
//! ```text
//! ed25519 (32) ‖ swarm id u64 ‖ ipv4 (4) ‖ https port u16 ‖ omq port u16 ‖ version 3 × u8
//! ```
//!
//! A record that is no usable node is skipped and counted; it does not spoil the list.

use alloc::collections::{BTreeMap, btree_map::Entry};
use core::{fmt, net::Ipv4Addr};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use session_crypto::{ed25519::Ed25519PublicKey, encoding::base64, reader::Reader};

use super::node::{ServiceNode, StorageVersion};
use crate::{
    json::{self, JsonError},
    wire::{NodeListIn, NodeStateIn, VersionIn},
};

/// Most records of a list. The network has some two thousand nodes.
pub const MAX_NODES: usize = 10_000;
/// Length of a record of the binary form.
pub const BINARY_RECORD_LENGTH: usize = 51;

/// Body of the POST to a seed's `/json_rpc`: every active node, with the fields that are read here.
pub const SEED_REQUEST: &str = concat!(
    r#"{"jsonrpc":"2.0","method":"get_n_service_nodes","params":{"active_only":true,"fields":["#,
    r#""public_ip","storage_port","storage_lmq_port","pubkey_x25519","pubkey_ed25519","#,
    r#""storage_server_version","swarm_id"]}}"#
);

/// The same question to a node: payload of an onion request.
pub const NODE_REQUEST: &str = concat!(
    r#"{"method":"oxend_request","params":{"endpoint":"get_service_nodes","params":{"active_only":true,"#,
    r#""fields":["public_ip","storage_port","storage_lmq_port","pubkey_x25519","pubkey_ed25519","#,
    r#""storage_server_version","swarm_id"]}}}"#
);

/// The question to a node for the binary form, which nodes from version 2.11 on know.
pub const BINARY_REQUEST: &str = r#"{"method":"active_nodes_bin","params":{}}"#;

/// Nodes of one answer, each once.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NodeList {
    nodes: BTreeMap<Ed25519PublicKey, ServiceNode>,
    skipped: usize,
}

impl NodeList {
    /// The nodes, ordered by primary key.
    pub fn nodes(&self) -> impl Iterator<Item = &ServiceNode> {
        self.nodes.values()
    }

    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether no record was usable.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Records that were left out: unusable, or about a node that an earlier one is about.
    #[must_use]
    pub const fn skipped(&self) -> usize {
        self.skipped
    }

    fn add(&mut self, node: Option<ServiceNode>) {
        match node.map(|node| (self.nodes.entry(node.key()), node)) {
            Some((Entry::Vacant(entry), node)) => _ = entry.insert(node),
            Some((Entry::Occupied(_), _)) | None => self.skipped = self.skipped.saturating_add(1),
        }
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// [`NodeListError::Json`] if it is none, or has more than [`MAX_NODES`] records;
    /// [`NodeListError::NoStates`] if it has no list.
    pub fn from_json(bytes: &[u8]) -> Result<Self, NodeListError> {
        let list: NodeListIn = json::parse_object(bytes)?;
        let inner = list.result.and_then(|result| result.0.service_node_states);
        inner.or(list.service_node_states).ok_or(NodeListError::NoStates)
    }

    /// Reads the binary form as it comes through an onion: in base64.
    ///
    /// # Errors
    /// [`NodeListError::Base64`] if it is none; else as [`Self::from_binary`].
    pub fn from_base64(text: &str) -> Result<Self, NodeListError> {
        Self::from_binary(&base64::decode(text.trim()).map_err(|_| NodeListError::Base64)?)
    }

    /// Reads the binary form. Nodes without a swarm are skipped in it.
    ///
    /// # Errors
    /// [`NodeListError::Length`] if the length is no multiple of 51; [`NodeListError::TooMany`].
    pub fn from_binary(bytes: &[u8]) -> Result<Self, NodeListError> {
        let (records, rest) = bytes.as_chunks::<BINARY_RECORD_LENGTH>();
        if !rest.is_empty() {
            return Err(NodeListError::Length { found: bytes.len() });
        }
        if records.len() > MAX_NODES {
            return Err(NodeListError::TooMany { found: records.len() });
        }
        let mut list = Self::default();
        for record in records {
            list.add(binary_node(record).filter(|node| node.swarm_id().is_some()));
        }
        Ok(list)
    }
}

fn binary_node(record: &[u8; BINARY_RECORD_LENGTH]) -> Option<ServiceNode> {
    let mut reader = Reader::new(record);
    let key = Ed25519PublicKey::from_bytes(reader.take_array().ok()?);
    let swarm_id = u64::from_be_bytes(reader.take_array().ok()?);
    let ip = Ipv4Addr::from(reader.take_array::<4>().ok()?);
    let https_port = u16::from_be_bytes(reader.take_array().ok()?);
    let omq_port = u16::from_be_bytes(reader.take_array().ok()?);
    let version = reader.take_array::<3>().ok()?.map(u16::from);
    ServiceNode::new(key, ip, [https_port, omq_port], StorageVersion(version), swarm_id).ok()
}

fn json_node(text: &str) -> Option<ServiceNode> {
    let state: NodeStateIn = json::parse_object(text.as_bytes()).ok()?;
    let key: Ed25519PublicKey = state.pubkey_ed25519?.parse().ok()?;
    let version = match state.storage_server_version {
        Some(VersionIn::Numbers(version)) => StorageVersion(version),
        Some(VersionIn::Text(version)) => version.parse().ok()?,
        None => StorageVersion::default(),
    };
    let swarm_id = match (state.swarm_id, state.swarm) {
        (Some(id), _) => id,
        (None, Some(text)) => u64::from_str_radix(&text, 16).ok()?,
        (None, None) => u64::MAX,
    };
    let ip = state.public_ip?.parse().ok()?;
    let ports = [state.storage_port?, state.storage_lmq_port?];
    let node = ServiceNode::new(key, ip, ports, version, swarm_id).ok()?;
    // Whoever lists another X25519 key wants to read what is meant for the node.
    let listed = state.pubkey_x25519.map(|text| text.parse());
    let is_honest = listed.is_none_or(|listed| listed == Ok(node.keys().x25519()));
    is_honest.then_some(node)
}

impl<'de> Deserialize<'de> for NodeList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(StatesVisitor)
    }
}

/// Reads one record after the other, so that memory is bounded by what is kept.
struct StatesVisitor;

impl<'de> Visitor<'de> for StatesVisitor {
    type Value = NodeList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of service nodes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<NodeList, A::Error> {
        let mut list = NodeList::default();
        let mut count = 0_usize;
        while let Some(state) = seq.next_element::<&RawValue>()? {
            count = count.saturating_add(1);
            if count > MAX_NODES {
                return Err(A::Error::custom("too many service nodes"));
            }
            list.add(json_node(state.get()));
        }
        Ok(list)
    }
}

/// Why bytes are no list of nodes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NodeListError {
    /// No JSON, or one with other types, or with too many records.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The JSON has no `service_node_states`.
    #[error("node list has no states")]
    NoStates,
    /// The text is no base64.
    #[error("binary node list is no base64")]
    Base64,
    /// The binary form has not whole records.
    #[error("binary node list of {found} bytes is no multiple of {BINARY_RECORD_LENGTH}")]
    Length {
        /// Bytes that were given.
        found: usize,
    },
    /// The binary form has too many records.
    #[error("node list of {found} records, at most {MAX_NODES} are taken")]
    TooMany {
        /// Records that were given.
        found: usize,
    },
}

#[cfg(test)]
mod tests;
