//! Answer of `active_nodes_bin`: the list of nodes in its short form (spec 05 §2.8).

use alloc::vec::Vec;
use core::net::Ipv4Addr;

use session_crypto::{ed25519::Ed25519PublicKey, reader::Reader};

use super::AnswerError;
use crate::{
    space::SwarmId,
    wire::{FieldError, FromField, Value},
};

/// Most records of a list. The network has some two thousand nodes.
pub const MAX_ACTIVE_NODES: usize = 10_000;

/// An active service node of the list.
///
/// 51 bytes, big-endian: `ed25519 (32) ‖ swarm id (8) ‖ ip (4) ‖ https port (2) ‖ omq port (2) ‖ version (3)`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_structs, reason = "the record of the wire")]
pub struct ActiveNode {
    /// Key that names the node.
    pub ed25519: Ed25519PublicKey,
    /// Its swarm.
    pub swarm: SwarmId,
    /// Its address.
    pub ip: Ipv4Addr,
    /// Port of HTTPS.
    pub https_port: u16,
    /// Port of OxenMQ (TCP) and QUIC (UDP).
    pub omq_port: u16,
    /// Version of its program; 255 stands for anything above.
    pub version: [u8; 3],
}

impl ActiveNode {
    /// Length of a record.
    pub const LENGTH: usize = 51;

    /// The record.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut record = Vec::with_capacity(Self::LENGTH);
        record.extend_from_slice(self.ed25519.as_bytes());
        record.extend_from_slice(&self.swarm.get().to_be_bytes());
        record.extend_from_slice(&self.ip.octets());
        record.extend_from_slice(&self.https_port.to_be_bytes());
        record.extend_from_slice(&self.omq_port.to_be_bytes());
        record.extend_from_slice(&self.version);
        record
    }

    /// `None` for the record of a node that nobody can use: without swarm, address, port or a valid key.
    fn from_record(record: &[u8; Self::LENGTH]) -> Option<Self> {
        let mut reader = Reader::new(record);
        let node = Self {
            ed25519: Ed25519PublicKey::from_bytes(reader.take_array().ok()?),
            swarm: SwarmId::try_from(u64::from_be_bytes(reader.take_array().ok()?)).ok()?,
            ip: Ipv4Addr::from(reader.take_array::<4>().ok()?),
            https_port: u16::from_be_bytes(reader.take_array().ok()?),
            omq_port: u16::from_be_bytes(reader.take_array().ok()?),
            version: reader.take_array().ok()?,
        };
        let is_reachable = !node.ip.is_unspecified() && node.https_port != 0 && node.omq_port != 0;
        (is_reachable && node.ed25519.to_x25519().is_ok()).then_some(node)
    }
}

/// The active nodes of the network, as one node knows them. Not authenticated.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ActiveNodes {
    nodes: Vec<ActiveNode>,
    skipped: usize,
}

impl FromIterator<ActiveNode> for ActiveNodes {
    fn from_iter<I: IntoIterator<Item = ActiveNode>>(nodes: I) -> Self {
        Self { nodes: nodes.into_iter().collect(), skipped: 0 }
    }
}

impl ActiveNodes {
    /// The nodes in the order of the list.
    #[must_use]
    pub fn nodes(&self) -> &[ActiveNode] {
        &self.nodes
    }

    /// Number of records that were left out: of nodes without swarm, address, port or a valid key.
    #[must_use]
    pub const fn skipped(&self) -> usize {
        self.skipped
    }

    /// Reads the records; those of nodes that cannot be used are left out and counted.
    ///
    /// # Errors
    /// [`AnswerError::Field`] if the length is no multiple of 51, or there are more than [`MAX_ACTIVE_NODES`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AnswerError> {
        let (records, rest) = bytes.as_chunks::<{ ActiveNode::LENGTH }>();
        if !rest.is_empty() || records.len() > MAX_ACTIVE_NODES {
            let expected = "at most 10000 records of 51 bytes";
            return Err(FieldError::Form { field: "body", expected }.into());
        }
        let nodes: Vec<_> = records.iter().filter_map(ActiveNode::from_record).collect();
        Ok(Self { skipped: records.len().saturating_sub(nodes.len()), nodes })
    }

    /// The records.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.nodes.iter().flat_map(ActiveNode::to_bytes).collect()
    }

    pub(super) fn to_value(&self) -> Value<'static> {
        Value::Bytes(self.to_bytes().into())
    }

    /// In JSON the records are base64.
    pub(super) fn from_value(value: &Value<'_>) -> Result<Self, AnswerError> {
        let bytes = Vec::from_field(value).map_err(|misfit| misfit.of("body"))?;
        Self::from_bytes(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};

    use super::*;

    fn node(number: u8) -> ActiveNode {
        let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([number; 32]));
        ActiveNode {
            ed25519: keypair.public_key(),
            swarm: SwarmId::try_from(0x0102_0304_0506_0708).unwrap(),
            ip: Ipv4Addr::new(1, 2, 3, 4),
            https_port: 0x1122,
            omq_port: 0x3344,
            version: [2, 11, 255],
        }
    }

    #[test]
    fn a_record_is_laid_out_as_the_specification_says() {
        let bytes = node(1).to_bytes();
        assert_eq!(bytes.len(), ActiveNode::LENGTH);
        assert_eq!(&bytes[..32], node(1).ed25519.as_bytes());
        assert_eq!(
            bytes[32..],
            [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 0x11, 0x22, 0x33, 0x44, 2, 11, 255]
        );
        let list: ActiveNodes = [node(2), node(1)].into_iter().collect();
        assert_eq!(ActiveNodes::from_bytes(&list.to_bytes()), Ok(list));
    }

    #[test]
    fn unusable_nodes_are_left_out() {
        let mut bytes = node(1).to_bytes();
        for range in [0..32, 40..44, 44..46, 46..48] {
            let mut unusable = node(2).to_bytes();
            unusable[range].fill(0);
            bytes.extend(unusable);
        }
        let mut unassigned = node(2).to_bytes();
        unassigned[32..40].fill(0xff);
        bytes.extend(unassigned);
        let list = ActiveNodes::from_bytes(&bytes).unwrap();
        assert_eq!((list.nodes(), list.skipped()), (&[node(1)][..], 5));
        assert_eq!(ActiveNodes::from_bytes(&[]), Ok(ActiveNodes::default()));
    }

    #[test]
    fn lengths_are_bounded_and_whole() {
        for length in [1, 50, 52, 51 * (MAX_ACTIVE_NODES + 1)] {
            let error = ActiveNodes::from_bytes(&vec![0; length]);
            assert!(matches!(error, Err(AnswerError::Field(FieldError::Form { .. }))), "{length}");
        }
        let most = vec![0; 51 * MAX_ACTIVE_NODES];
        let list = ActiveNodes::from_bytes(&most).unwrap();
        assert_eq!((list.nodes(), list.skipped()), (&[][..], MAX_ACTIVE_NODES));
    }
}
