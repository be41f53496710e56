//! A service node as the lists describe it (§12.2).

use core::{fmt, net::Ipv4Addr, str::FromStr};

use session_crypto::ed25519::{Ed25519KeyError, Ed25519PublicKey};

use crate::NodeKeys;

/// A service node: keys, address, ports, version, swarm. Two records of one node are equal only if all of that
/// is. `Display` and `FromStr` are a line of the cache: `key|ip|https port|omq port|version|swarm id`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ServiceNode {
    keys: NodeKeys,
    ip: Ipv4Addr,
    https_port: u16,
    omq_port: u16,
    version: StorageVersion,
    swarm_id: Option<u64>,
}

/// The number that says of a node that it is in no swarm.
const NO_SWARM: u64 = u64::MAX;

impl ServiceNode {
    /// Node of these parts. A swarm id of 2^64 − 1 means none.
    ///
    /// # Errors
    /// [`NodeError`], every variant.
    pub fn new(
        key: Ed25519PublicKey,
        ip: Ipv4Addr,
        [https_port, omq_port]: [u16; 2],
        version: StorageVersion,
        swarm_id: u64,
    ) -> Result<Self, NodeError> {
        if ip.is_unspecified() || ip.is_broadcast() {
            return Err(NodeError::Address);
        }
        if https_port == 0 || omq_port == 0 {
            return Err(NodeError::Port);
        }
        let keys = NodeKeys::derive(key)?;
        let swarm_id = Some(swarm_id).filter(|id| *id != NO_SWARM);
        Ok(Self { keys, ip, https_port, omq_port, version, swarm_id })
    }

    /// Primary key, the node's name in the network.
    #[must_use]
    pub const fn key(&self) -> Ed25519PublicKey {
        self.keys.ed25519()
    }

    /// Both public keys. The second is derived from the first, whatever a list says.
    #[must_use]
    pub const fn keys(&self) -> NodeKeys {
        self.keys
    }

    /// Address.
    #[must_use]
    pub const fn ip(&self) -> Ipv4Addr {
        self.ip
    }

    /// Port of HTTPS.
    #[must_use]
    pub const fn https_port(&self) -> u16 {
        self.https_port
    }

    /// Port of OxenMQ (TCP) and QUIC (UDP).
    #[must_use]
    pub const fn omq_port(&self) -> u16 {
        self.omq_port
    }

    /// Version of its storage server.
    #[must_use]
    pub const fn version(&self) -> StorageVersion {
        self.version
    }

    /// Its swarm, `None` if it is in none.
    #[must_use]
    pub const fn swarm_id(&self) -> Option<u64> {
        self.swarm_id
    }

    /// The /24 network of its address.
    #[must_use]
    pub const fn subnet(&self) -> Subnet {
        let [a, b, c, _] = self.ip.octets();
        Subnet([a, b, c])
    }
}

/// A /24 network. Its addresses are likely to have one owner.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Subnet([u8; 3]);

/// Why parts make no node.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// `0.0.0.0` or `255.255.255.255`: the node has not published its address.
    #[error("node has no address")]
    Address,
    /// A port is 0.
    #[error("node has no port")]
    Port,
    /// The key has no X25519 form, so that no layer can be made for it.
    #[error("key of the node is unusable")]
    Key(#[from] Ed25519KeyError),
}

/// Version of a storage server. `Display` and `FromStr` have dots.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_structs, reason = "three numbers")]
pub struct StorageVersion(pub [u16; 3]);

impl fmt::Display for StorageVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

impl FromStr for StorageVersion {
    type Err = ParseNodeError;

    fn from_str(text: &str) -> Result<Self, ParseNodeError> {
        let mut parts = text.split('.').map(|part| part.parse().ok());
        let version = [parts.next(), parts.next(), parts.next()].map(Option::flatten);
        match (version, parts.next()) {
            ([Some(major), Some(minor), Some(patch)], None) => Ok(Self([major, minor, patch])),
            _ => Err(ParseNodeError::Field { field: "version" }),
        }
    }
}

impl fmt::Display for ServiceNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ip, https_port, omq_port, version, .. } = self;
        let swarm_id = self.swarm_id.unwrap_or(NO_SWARM);
        write!(f, "{}|{ip}|{https_port}|{omq_port}|{version}|{swarm_id}", self.key())
    }
}

impl FromStr for ServiceNode {
    type Err = ParseNodeError;

    fn from_str(line: &str) -> Result<Self, ParseNodeError> {
        fn field<T: FromStr>(
            fields: &mut core::str::Split<'_, char>,
            field: &'static str,
        ) -> Result<T, ParseNodeError> {
            let text = fields.next().unwrap_or_default();
            text.parse().map_err(|_| ParseNodeError::Field { field })
        }
        let mut fields = line.split('|');
        let key = field(&mut fields, "key")?;
        let ip = field(&mut fields, "ip")?;
        let ports = [field(&mut fields, "https port")?, field(&mut fields, "omq port")?];
        let version = field(&mut fields, "version")?;
        let swarm_id = field(&mut fields, "swarm id")?;
        match fields.next() {
            None => Ok(Self::new(key, ip, ports, version, swarm_id)?),
            Some(_) => Err(ParseNodeError::TrailingField),
        }
    }
}

/// Why a text is no node.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseNodeError {
    /// A field is missing or malformed.
    #[error("{field} of the node is malformed")]
    Field {
        /// Which field.
        field: &'static str,
    },
    /// There are more fields than a node has.
    #[error("node has too many fields")]
    TrailingField,
    /// The fields make no usable node.
    #[error(transparent)]
    Node(#[from] NodeError),
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString as _};

    use super::*;
    use crate::network::Network;

    fn seed() -> ServiceNode {
        let seed = Network::Mainnet.node_seeds()[0];
        let version = StorageVersion([2, 11, 0]);
        ServiceNode::new(seed.ed25519, seed.ip, [seed.https_port, seed.omq_port], version, 7)
            .unwrap()
    }

    const LINE: &str = "1f000f09a7b07828dcb72af7cd16857050c10c02bd58afb0e38111fb6cda1fef|95.216.33.113|22100|\
                        20200|2.11.0|7";

    #[test]
    fn a_line_is_a_node() {
        assert_eq!(seed().to_string(), LINE);
        assert_eq!(LINE.parse(), Ok(seed()));
        let unassigned = LINE.replace("|7", "|18446744073709551615");
        let node: ServiceNode = unassigned.parse().unwrap();
        assert_eq!((node.swarm_id(), node.to_string()), (None, unassigned));
    }

    #[test]
    fn broken_lines_name_their_field() {
        for (from, to, field) in [
            ("1f000f", "1f000", "key"),
            ("113|", "256|", "ip"),
            ("|22100", "|65536", "https port"),
            ("|20200", "|-1", "omq port"),
            ("2.11.0", "2.11", "version"),
            ("2.11.0", "2.11.0.1", "version"),
            ("2.11.0", "2.65536.0", "version"),
            ("|7", "|", "swarm id"),
            ("|7", "", "swarm id"),
        ] {
            let error = LINE.replace(from, to).parse::<ServiceNode>();
            assert_eq!(error, Err(ParseNodeError::Field { field }), "{from}");
        }
        let error = format!("{LINE}|1").parse::<ServiceNode>();
        assert_eq!(error, Err(ParseNodeError::TrailingField));
    }

    #[test]
    fn unusable_nodes_are_none() {
        for (from, to, reason) in [
            ("95.216.33.113", "0.0.0.0", NodeError::Address),
            ("95.216.33.113", "255.255.255.255", NodeError::Address),
            ("|22100", "|0", NodeError::Port),
            ("|20200", "|0", NodeError::Port),
        ] {
            let error = LINE.replace(from, to).parse::<ServiceNode>();
            assert_eq!(error, Err(ParseNodeError::Node(reason)), "{from}");
        }
        let zero = format!("{}{}", "0".repeat(64), LINE.split_at(64).1);
        let error = zero.parse::<ServiceNode>();
        assert_eq!(error, Err(ParseNodeError::Node(NodeError::Key(Ed25519KeyError::SmallOrder))));
    }

    #[test]
    fn a_subnet_has_256_addresses() {
        let other: ServiceNode = LINE.replace("33.113", "33.7").parse().unwrap();
        assert_eq!(other.subnet(), seed().subnet());
        let other: ServiceNode = LINE.replace("33.113", "34.113").parse().unwrap();
        assert_ne!(other.subnet(), seed().subnet());
    }
}
