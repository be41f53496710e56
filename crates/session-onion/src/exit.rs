//! What the last hop checks before it calls a server (§5.4).
//!
//! A client decides where an exit connects to. Without checks it could reach what only the exit's machine or
//! network can: the exit therefore takes two targets, follows no redirect, and refuses addresses that are not
//! public, *after* resolving the name and for the very address that it then connects to.

use alloc::{format, string::String};
use core::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use session_crypto::rand_core::CryptoRng;

use crate::{
    peel::NextServer,
    reply::{Reply, ReplyBody},
    request::{Protocol, is_host},
};

/// How long an exit waits for a server, less than [`HOP_TIMEOUT`] so that its answer still arrives.
pub const SERVER_TIMEOUT: Duration = Duration::from_secs(25);
/// How long a node waits for the next node.
pub const HOP_TIMEOUT: Duration = Duration::from_secs(30);

impl NextServer {
    /// URL of the POST. Its body is [`NextServer::body`], its content type `application/octet-stream`.
    ///
    /// # Errors
    /// [`UrlError`], every variant; [`NextServer::invalid_url_reply`] is the answer.
    pub fn url(&self) -> Result<String, UrlError> {
        let protocol: Protocol = self.protocol.parse().map_err(|_| UrlError::Protocol)?;
        if !is_target(&self.target) {
            return Err(UrlError::Target);
        }
        if !is_host(&self.host) {
            return Err(UrlError::Host);
        }
        let (host, target) = (&self.host, &self.target);
        Ok(if self.port == protocol.default_port() {
            format!("{protocol}://{host}{target}")
        } else {
            format!("{protocol}://{host}:{}{target}", self.port)
        })
    }

    /// The answer of an exit that does not call this server: encrypted for its own layer.
    #[must_use]
    pub fn invalid_url_reply(&self, rng: &mut impl CryptoRng) -> Reply {
        self.reply().encode(400, ReplyBody::Text("Invalid url"), rng)
    }
}

/// Whether an exit posts to this path: below `/loki/` or `/oxen/`, ending with `/lsrpc`, without a query. What
/// else could end or bend a URL is refused too.
fn is_target(target: &str) -> bool {
    (target.starts_with("/loki/") || target.starts_with("/oxen/"))
        && target.ends_with("/lsrpc")
        && target.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\\".contains(&byte))
}

/// Why an exit calls no server.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// Neither `http` nor `https`.
    #[error("protocol is neither http nor https")]
    Protocol,
    /// None of the paths that exits call.
    #[error("target is not allowed")]
    Target,
    /// No host name or address.
    #[error("host is no name or address")]
    Host,
}

/// Which addresses an exit connects to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum AddressPolicy {
    /// Addresses that are public, which is what an exit must insist on.
    #[default]
    Public,
    /// Every address, for networks of one's own.
    Any,
}

impl AddressPolicy {
    /// Whether the exit may connect to `address`.
    #[must_use]
    pub fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Public => is_public(address),
            Self::Any => true,
        }
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Not in the special registries (IANA, RFC 6890), and no multicast.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || matches!(
            (a, b, c),
            (0 | 240.., ..)        // this network; reserved and broadcast
                | (100, 64..128, _)    // shared by carriers
                | (192, 0, 0)          // protocol assignments
                | (192, 88, 99)        // relays of 6to4
                | (198, 18 | 19, _) // benchmarks
        ))
}

/// Global unicast, and where an IPv4 address is inside, that one public too.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, high, low] = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => embedded(high, low), // mapped; NAT64
        [0x2001, 0..0x200, ..] => false, // protocol assignments, Teredo among them
        [0x2001, 0xdb8, ..] | [0x3fff, 0..0x1000, ..] => false, // documentation
        [0x2002, high, low, ..] => embedded(high, low), // 6to4
        [0x2000..0x4000, ..] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        EncryptionType::XChaCha20,
        Layer, Peeled,
        encryption::LayerKey,
        frame,
        test_rng::BytesRng,
        test_world::{keypair, keys},
    };

    fn next(trailer: &str) -> NextServer {
        let ephemeral = keypair(0x11).to_x25519();
        let key = LayerKey::for_client(XChaCha20, &ephemeral, &keys(1).x25519()).unwrap();
        let layer = Layer {
            blob: key.encrypt(&frame::encode(b"", trailer), &mut BytesRng::repeating(1)).into(),
            ephemeral_key: ephemeral.public_key(),
            encryption: XChaCha20,
            hop_number: 0,
        };
        match layer.peel(&keypair(1).to_x25519()) {
            Ok(Peeled::NextServer(next)) => next,
            other => panic!("{other:?}"),
        }
    }

    fn url(host: &str, target: &str, rest: &str) -> Result<String, UrlError> {
        next(&format!(r#"{{"host":"{host}","target":"{target}"{rest}}}"#)).url()
    }

    #[test]
    fn ports_of_the_protocol_are_not_written() {
        for (rest, expected) in [
            ("", "https://h/oxen/v4/lsrpc"),
            (r#","port":443"#, "https://h/oxen/v4/lsrpc"),
            (r#","port":80"#, "https://h:80/oxen/v4/lsrpc"),
            (r#","port":80,"protocol":"http""#, "http://h/oxen/v4/lsrpc"),
            (r#","protocol":"http""#, "http://h:443/oxen/v4/lsrpc"),
            (r#","port":0"#, "https://h:0/oxen/v4/lsrpc"),
        ] {
            assert_eq!(url("h", "/oxen/v4/lsrpc", rest).as_deref(), Ok(expected), "{rest}");
        }
    }

    /// The vectors of §5.4, and what else would bend a URL.
    #[test]
    fn targets_are_filtered() {
        for target in ["/loki/v3/lsrpc", "/loki/oxen/v4/lsrpc", "/oxen/v3/lsrpc"] {
            assert_eq!(url("h", target, ""), Ok(format!("https://h{target}")));
        }
        for target in [
            "/not_loki/v3/lsrpc",
            "/loki/v3",
            "/loki/v3/lsrpc?foo=bar",
            "/loki/?a/lsrpc",
            "/loki/#/lsrpc",
            "/loki/ /lsrpc",
            "/loki/\\\\/lsrpc",
            "/loki/\\r\\n/lsrpc",
            "/loki/é/lsrpc",
            "loki/v3/lsrpc",
            "",
        ] {
            assert_eq!(url("h", target, ""), Err(UrlError::Target), "{target}");
        }
    }

    #[test]
    fn hosts_and_protocols_are_checked() {
        for host in ["", "a/b", "user@host", "a?", "a#", "a b"] {
            assert_eq!(url(host, "/oxen/v4/lsrpc", ""), Err(UrlError::Host), "{host}");
        }
        for protocol in ["", "ftp", "HTTPS", "file", "https://"] {
            let rest = format!(r#","protocol":"{protocol}""#);
            assert_eq!(url("h", "/oxen/v4/lsrpc", &rest), Err(UrlError::Protocol), "{protocol}");
        }
    }

    #[test]
    fn refusals_are_encrypted_for_the_layer() {
        let next = next(r#"{"host":"h","target":"/etc/passwd"}"#);
        let reply = next.invalid_url_reply(&mut BytesRng::repeating(2));
        let text = core::str::from_utf8(reply.body()).unwrap();
        let ciphertext = session_crypto::encoding::base64::decode(text).unwrap();
        let ephemeral = keypair(0x11).to_x25519();
        let key = LayerKey::for_client(XChaCha20, &ephemeral, &keys(1).x25519()).unwrap();
        assert_eq!(key.decrypt(&ciphertext).unwrap(), br#"{"body":"Invalid url","status":400}"#);
    }

    /// Both edges of every range that is not public.
    const REFUSED: &str = "\
        0.0.0.0 0.255.0.1 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1 \
        127.255.255.255 169.254.169.254 172.16.0.0 172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 \
        192.168.0.0 192.168.255.255 198.18.0.0 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 \
        239.255.255.255 240.0.0.0 255.255.255.255 :: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 \
        ::ffff:10.0.0.1 64:ff9b::127.0.0.1 64:ff9b:1::8.8.8.8 100::1 2001::1 2001:1ff::1 \
        2001:db8::1 2002:7f00:1::1 3fff:fff::1 4000::1 5f00::1 fc00::1 fdff::1 fe80::1 fec0::1 \
        ff02::1";
    const ALLOWED: &str = "\
        1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 128.0.0.1 169.253.255.255 \
        169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 192.169.0.0 198.17.255.255 \
        198.20.0.0 223.255.255.255 ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2001:200::1 2001:db9::1 \
        2002:808:808::1 2606:4700::1111 3fff:1000::1 3ffe::1";

    #[test]
    fn only_public_addresses_are_called() {
        for (addresses, is_public) in [(REFUSED, false), (ALLOWED, true)] {
            for text in addresses.split_whitespace() {
                let address = text.parse().unwrap();
                assert_eq!(AddressPolicy::default().allows(address), is_public, "{text}");
                assert!(AddressPolicy::Any.allows(address), "{text}");
            }
        }
    }
}
