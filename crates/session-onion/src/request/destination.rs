//! Who gets the innermost layer.

use alloc::{borrow::ToOwned as _, string::String};
use core::{fmt, str::FromStr};

use session_crypto::x25519::X25519PublicKey;

use super::NodeKeys;
use crate::{host::Host, reply::ReplyFormat};

/// Receiver of a request, behind the last hop. Never a hop itself.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "the format knows these two")]
pub enum Destination {
    /// A service node.
    ServiceNode {
        /// Its keys.
        node: NodeKeys,
        /// How it is to reply.
        reply: ReplyFormat,
    },
    /// A server outside the network, which the last hop calls.
    Server(Server),
}

impl Destination {
    /// A service node that replies as nodes do by default.
    #[must_use]
    pub fn service_node(node: NodeKeys) -> Self {
        Self::ServiceNode { node, reply: ReplyFormat::default() }
    }

    /// How the reply is written. That of a server is decided by its target, not by the request.
    pub(crate) fn reply_format(&self) -> ReplyFormat {
        match self {
            Self::ServiceNode { reply, .. } => *reply,
            Self::Server(_) => ReplyFormat::default(),
        }
    }
}

/// A server outside the network: URL and key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Server {
    protocol: Protocol,
    host: String,
    port: u16,
    target: String,
    x25519: X25519PublicKey,
}

impl Server {
    /// The server with this key at `protocol://host:port` with the path `target`. Without a port it is that of
    /// the protocol. Exits refuse other targets than those of §5.4; current servers are at `/oxen/v4/lsrpc`.
    ///
    /// # Errors
    /// [`ServerError::Host`] if `host` is neither a name in ASCII nor an address, IPv6 in brackets;
    /// [`ServerError::Target`] if `target` does not start with `/`.
    pub fn new(
        protocol: Protocol,
        host: &str,
        port: Option<u16>,
        target: &str,
        x25519: X25519PublicKey,
    ) -> Result<Self, ServerError> {
        if Host::parse(host).is_none() {
            return Err(ServerError::Host);
        }
        if !target.starts_with('/') {
            return Err(ServerError::Target);
        }
        let port = port.unwrap_or_else(|| protocol.default_port());
        Ok(Self { protocol, host: host.to_owned(), port, target: target.to_owned(), x25519 })
    }

    /// Protocol of the URL.
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Host name or address.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Path of the URL.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Key for which the layer is encrypted.
    #[must_use]
    pub const fn x25519(&self) -> X25519PublicKey {
        self.x25519
    }
}

/// Why a server cannot be a destination.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The host is no name or address.
    #[error("host is no name or address")]
    Host,
    /// The target is no path.
    #[error("target does not start with `/`")]
    Target,
}

/// Protocol in which the last hop calls a server.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "nodes take these two")]
pub enum Protocol {
    /// `http`. The request is encrypted for the server all the same.
    Http,
    /// `https`.
    Https,
}

impl Protocol {
    /// 80 or 443.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    /// The wire's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Protocol {
    type Err = UnknownProtocol;

    fn from_str(text: &str) -> Result<Self, UnknownProtocol> {
        match text {
            "http" => Ok(Self::Http),
            "https" => Ok(Self::Https),
            _ => Err(UnknownProtocol),
        }
    }
}

/// The protocol is neither `http` nor `https`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("protocol is neither http nor https")]
pub struct UnknownProtocol;

#[cfg(test)]
mod tests {
    use super::*;

    fn server(host: &str, target: &str) -> Result<Server, ServerError> {
        let key = X25519PublicKey::from_bytes([9; 32]);
        Server::new(Protocol::Http, host, None, target, key)
    }

    #[test]
    fn hosts_and_targets_are_checked() {
        for host in ["example.org", "127.0.0.1", "[::1]"] {
            assert_eq!(server(host, "/").map(|server| server.port()), Ok(80), "{host}");
        }
        for host in ["", "a/b", "127.1", "::1"] {
            assert_eq!(server(host, "/"), Err(ServerError::Host), "{host}");
        }
        assert_eq!(server("a", "target"), Err(ServerError::Target));
    }

    #[test]
    fn protocols_have_names_and_ports() {
        for (protocol, name, port) in
            [(Protocol::Http, "http", 80), (Protocol::Https, "https", 443)]
        {
            assert_eq!(name.parse(), Ok(protocol));
            assert_eq!((protocol.as_str(), protocol.default_port()), (name, port));
        }
        for text in ["", "HTTP", "ftp", "http://"] {
            assert_eq!(text.parse::<Protocol>(), Err(UnknownProtocol), "{text}");
        }
    }
}
