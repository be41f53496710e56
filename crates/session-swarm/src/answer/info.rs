//! Answers of `info` and `get_swarm`; the latter is also the body of status 421 (spec 05 §5.12).

use alloc::{string::ToString, vec::Vec};
use core::net::Ipv4Addr;

use session_crypto::{ed25519::Ed25519PublicKey, encoding::base32z, x25519::X25519PublicKey};
use session_identity::Timestamp;

use super::{AnswerError, readable};
use crate::{
    space::{ParseSwarmIdError, SwarmId},
    wire::{Dict, FieldError, Fields, FromField, Misfit, Value},
};

/// Members of a swarm that an answer may name. The network makes swarms of 5 to 14; more is no swarm.
const MAX_MEMBERS: usize = 256;

/// Version and time of a node.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct InfoAnswer {
    /// Version of its program.
    pub version: [u16; 3],
    /// Its time.
    pub timestamp: Timestamp,
}

impl InfoAnswer {
    /// Answer of a node of this version at this time.
    #[must_use]
    pub const fn new(version: [u16; 3], timestamp: Timestamp) -> Self {
        Self { version, timestamp }
    }

    pub(super) fn from_fields(fields: Fields<'_, '_>) -> Result<Self, AnswerError> {
        let version: Vec<u16> = fields.required_list("version", 3)?;
        let form = FieldError::Form { field: "version", expected: "a list of three numbers" };
        let version = version.try_into().map_err(|_| form)?;
        Ok(Self { version, timestamp: fields.required("timestamp")? })
    }

    pub(super) fn to_dict(self) -> Dict<'static> {
        let version = self.version.into_iter().collect::<Value<'_>>();
        Dict::new().with("version", version).with("timestamp", self.timestamp)
    }
}

/// A swarm and its members, as one node knows them. Not authenticated.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SwarmInfo {
    /// The swarm; `None` if the node knows of none, or does not say it in a form that is known.
    pub swarm: Option<SwarmId>,
    /// Its members.
    pub members: Vec<SwarmMember>,
    /// Number of members that were left out because a field is missing or has another form.
    pub skipped: usize,
}

/// How to reach a member of a swarm.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SwarmMember {
    /// Its address; `0.0.0.0` if it is not known.
    pub ip: Ipv4Addr,
    /// Port of HTTPS.
    pub https_port: u16,
    /// Port of OxenMQ (TCP) and QUIC (UDP).
    pub omq_port: u16,
    /// Key that names the node in answers and signs them.
    pub ed25519: Ed25519PublicKey,
    /// Key that onion requests are encrypted for.
    pub x25519: X25519PublicKey,
    /// Primary key, by which the blockchain names the node; clients have no use for it.
    pub legacy: Option<Ed25519PublicKey>,
}

impl SwarmInfo {
    /// Swarm with these members.
    #[must_use]
    pub const fn new(swarm: Option<SwarmId>, members: Vec<SwarmMember>) -> Self {
        Self { swarm, members, skipped: 0 }
    }

    pub(super) fn from_fields(fields: Fields<'_, '_>) -> Result<Self, AnswerError> {
        let form = FieldError::Form { field: "snodes", expected: "a list of at most 256 nodes" };
        let members = match fields.get("snodes") {
            Some(Value::List(members)) if members.len() <= MAX_MEMBERS => members,
            _ => return Err(form.into()),
        };
        let (members, skipped) = readable(members, SwarmMember::from_value);
        let swarm = fields.lenient::<WireSwarmId>("swarm").and_then(|id| id.0);
        Ok(Self { swarm, members, skipped })
    }

    pub(super) fn to_dict(&self) -> Dict<'static> {
        let swarm = self.swarm.map_or(u64::MAX, SwarmId::get);
        Dict::new()
            .with(
                "snodes",
                self.members.iter().map(|member| member.to_dict()).collect::<Value<'_>>(),
            )
            .with("swarm", alloc::format!("{swarm:x}"))
    }
}

/// Swarm id or the mark of an unassigned node.
struct WireSwarmId(Option<SwarmId>);

impl FromField for WireSwarmId {
    fn from_field(value: &Value<'_>) -> Result<Self, Misfit> {
        match value.as_text().map(str::parse) {
            Some(Ok(id)) => Ok(Self(Some(id))),
            Some(Err(ParseSwarmIdError::Unassigned(_))) => Ok(Self(None)),
            _ => Err(Misfit::Form("a swarm id")),
        }
    }
}

impl SwarmMember {
    /// Member of these parts.
    #[must_use]
    pub const fn new(
        ip: Ipv4Addr,
        https_port: u16,
        omq_port: u16,
        ed25519: Ed25519PublicKey,
        x25519: X25519PublicKey,
    ) -> Self {
        Self { ip, https_port, omq_port, ed25519, x25519, legacy: None }
    }

    /// The member with its primary key.
    #[must_use]
    pub const fn with_legacy(mut self, key: Ed25519PublicKey) -> Self {
        self.legacy = Some(key);
        self
    }

    fn from_value(value: &Value<'_>) -> Result<Self, FieldError> {
        let malformed = FieldError::Form { field: "snodes", expected: "a list of objects" };
        let fields = Fields::of(value).ok_or(malformed)?;
        Ok(Self {
            ip: fields.required("ip")?,
            https_port: fields.required("port_https")?,
            omq_port: fields.required("port_omq")?,
            ed25519: fields.required("pubkey_ed25519")?,
            x25519: fields.required("pubkey_x25519")?,
            legacy: fields.lenient("pubkey_legacy"),
        })
    }

    fn to_dict(self) -> Dict<'static> {
        // The old name of the node.
        let address = self.legacy.map(|key| base32z::encode(key.as_bytes()) + ".snode");
        Dict::new()
            .with_optional("address", address)
            .with("ip", self.ip.to_string())
            // The old form of the port, which is a text.
            .with("port", self.https_port.to_string())
            .with("port_https", self.https_port)
            .with("port_omq", self.omq_port)
            .with("port_quic", self.omq_port)
            .with("pubkey_ed25519", self.ed25519)
            .with_optional("pubkey_legacy", self.legacy)
            .with("pubkey_x25519", Value::Hex(self.x25519.to_bytes().into()))
    }
}

impl FromField for Ipv4Addr {
    fn from_field(value: &Value<'_>) -> Result<Self, Misfit> {
        let expected = Misfit::Form("an IPv4 address");
        value.as_text().and_then(|text| text.parse().ok()).ok_or(expected)
    }
}

impl FromField for X25519PublicKey {
    fn from_field(value: &Value<'_>) -> Result<Self, Misfit> {
        Ed25519PublicKey::from_field(value).map(|key| Self::from_bytes(key.to_bytes()))
    }
}
