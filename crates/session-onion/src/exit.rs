//! What the last hop checks before it calls a server (§5.4).
//!
//! A client decides where an exit connects to. Without checks it could reach what only the exit's machine or
//! network can: the exit therefore takes few targets, follows no redirect, bounds what it reads, and by default
//! refuses addresses that are not public, *after* resolving the name and for the very address that it then connects
//! to. [`ExitPolicy`] is that default.

use alloc::{format, string::String};
use core::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use session_crypto::rand_core::CryptoRng;

use crate::{
    host::Host,
    peel::NextServer,
    reply::{Reply, ReplyBody},
    request::Protocol,
};

/// How long an exit waits for a server, less than [`HOP_TIMEOUT`] so that its answer still arrives.
pub const SERVER_TIMEOUT: Duration = Duration::from_secs(25);
/// How long a node waits for the next node.
pub const HOP_TIMEOUT: Duration = Duration::from_secs(30);

impl NextServer {
    /// URL of the POST. Its body is [`NextServer::body`], its content type `application/octet-stream`. The exit
    /// resolves the name itself, asks [`ExitPolicy::allows`] about the address, and connects to that very address:
    /// a name may resolve to another one a moment later.
    ///
    /// # Errors
    /// [`UrlError`], every variant; [`NextServer::invalid_url_reply`] is the answer.
    pub fn url(&self, policy: ExitPolicy) -> Result<String, UrlError> {
        let protocol: Protocol = self.protocol.parse().map_err(|_| UrlError::Protocol)?;
        if !is_target(&self.target) {
            return Err(UrlError::Target);
        }
        match Host::parse(&self.host) {
            None => return Err(UrlError::Host),
            Some(Host::Address(address)) if !policy.allows(address) => {
                return Err(UrlError::Address { address });
            }
            Some(Host::Name | Host::Address(_)) => {}
        }
        let (host, port, target) = (&self.host, self.port, &self.target);
        if !policy.allows_port(port) {
            return Err(UrlError::Port { port });
        }
        Ok(if port == protocol.default_port() {
            format!("{protocol}://{host}{target}")
        } else {
            format!("{protocol}://{host}:{port}{target}")
        })
    }

    /// The answer of an exit that does not call this server: encrypted for its own layer.
    #[must_use]
    pub fn invalid_url_reply(&self, rng: &mut impl CryptoRng) -> Reply {
        self.reply().encode(400, ReplyBody::Text("Invalid url"), rng)
    }
}

/// Whether an exit posts to this path: below `/loki/` or `/oxen/`, ending with `/lsrpc`, and in between whole segments
/// of letters, digits and `-._~`.
///
/// Servers and the HTTP client of an exit resolve dot segments, some after decoding once or twice, or with a backslash
/// for a slash: `/loki/../admin/lsrpc` and `/loki/%2e%2e/admin/lsrpc` are other paths there than they seem. Nothing
/// that is encoded, empty, made of dots, or has parameters is let through.
fn is_target(target: &str) -> bool {
    let below = target.strip_prefix("/loki/").or_else(|| target.strip_prefix("/oxen/"));
    let Some(below) = below.filter(|below| below.len() <= MAX_TARGET_LENGTH) else { return false };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let is_segment =
        |segment: &str| !segment.bytes().all(|byte| byte == b'.') && segment.bytes().all(is_plain);
    below.split('/').all(is_segment) && below.rsplit('/').next() == Some("lsrpc")
}

/// Most bytes of a target: those that servers have are a tenth of it.
const MAX_TARGET_LENGTH: usize = 255;

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
    /// Neither a name in ASCII nor an address, IPv6 in brackets.
    #[error("host is no name or address")]
    Host,
    /// The policy does not allow the address.
    #[error("address {address} is not public")]
    Address {
        /// The host.
        address: IpAddr,
    },
    /// The policy does not allow the port.
    #[error("port {port} is that of another service")]
    Port {
        /// The port.
        port: u16,
    },
}

/// What an exit connects to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum ExitPolicy {
    /// Public addresses, on ports where no other service may take a request of HTTP for one of its own. An exit
    /// must insist on that: whoever sends a request chooses where it goes.
    #[default]
    Public,
    /// Every address and port, for networks of one's own.
    Any,
}

impl ExitPolicy {
    /// Whether the exit may connect to `address`: that of the URL, or what its name resolved to.
    #[must_use]
    pub fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Public => is_public(address),
            Self::Any => true,
        }
    }

    fn allows_port(self, port: u16) -> bool {
        match self {
            Self::Public => port != 0 && !BAD_PORTS.contains(&port),
            Self::Any => true,
        }
    }
}

/// The ports that browsers do not call (Fetch standard, "port blocking"): mail, chat, remote control and others,
/// which might take the lines of a body for commands.
const BAD_PORTS: [u16; 82] = [
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
    103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
    512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
    995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
    6669, 6679, 6697, 10080,
];

/// Whether an address is one of the public internet.
pub(crate) fn is_public(address: IpAddr) -> bool {
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
        next(&format!(r#"{{"host":"{host}","target":"{target}"{rest}}}"#)).url(ExitPolicy::Any)
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

    #[test]
    fn the_default_policy_calls_public_addresses_and_ports() {
        let url = |host: &str, port: u16| {
            let trailer = format!(r#"{{"host":"{host}","target":"/oxen/v4/lsrpc","port":{port}}}"#);
            let url = next(&trailer).url(ExitPolicy::default());
            assert!(next(&trailer).url(ExitPolicy::Any).is_ok(), "{host}:{port}");
            url.map(|_| ())
        };
        for (host, address) in
            [("127.0.0.1", "127.0.0.1"), ("[::1]", "::1"), ("[::ffff:10.0.0.1]", "::ffff:a00:1")]
        {
            let address = address.parse().unwrap();
            assert_eq!(url(host, 443), Err(UrlError::Address { address }), "{host}");
        }
        for host in ["8.8.8.8", "[2606:4700::1111]", "localhost", "example.org"] {
            assert_eq!(url(host, 443), Ok(()), "{host}");
        }
        for port in [0, 1, 22, 25, 53, 110, 143, 587, 6667, 10080] {
            assert_eq!(url("example.org", port), Err(UrlError::Port { port }));
        }
        for port in [80, 81, 443, 1280, 8080, 22021, 65535] {
            assert_eq!(url("example.org", port), Ok(()), "{port}");
        }
    }

    /// What else would bend a URL than the vectors of §5.4, in the text of JSON.
    const BENT: [&str; 51] = [
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
        "/loki/lsrpcx",
        "/loki/xlsrpc",
        "//loki/v3/lsrpc",
        "/Loki/v3/lsrpc",
        "/loki/v3/lsrpc/",
        "/loki/v3/LSRPC",
        // Dot segments in every spelling.
        "/loki/../admin/lsrpc",
        "/loki/./lsrpc",
        "/loki/../lsrpc",
        "/loki/.../lsrpc",
        "/loki/v3/../../admin/lsrpc",
        "/oxen/..//lsrpc",
        "/loki/%2e%2e/admin/lsrpc",
        "/loki/%2E%2E/admin/lsrpc",
        "/loki/%2E./admin/lsrpc",
        "/loki/.%2e/admin/lsrpc",
        "/loki/%2e/lsrpc",
        "/loki/%252e%252e/admin/lsrpc",
        "/loki/%25%32%65/lsrpc",
        "/loki/%u002e%u002e/lsrpc",
        "/loki/%c0%ae%c0%ae/lsrpc",
        "/loki/..%2fadmin/lsrpc",
        "/loki/..%5cadmin/lsrpc",
        "/loki/..\\\\admin/lsrpc",
        "/loki/..;/admin/lsrpc",
        "/loki/..;a=b/admin/lsrpc",
        "/loki/v3;a=b/lsrpc",
        "/loki/v3/lsrpc;a=/lsrpc",
        "/loki//lsrpc",
        "/loki/v3//lsrpc",
        "/loki/v3/%2flsrpc",
        "/loki/v3%2f..%2flsrpc/lsrpc",
        "/loki/a%00/lsrpc",
        "/loki/\\u0000/lsrpc",
        "/loki/a\\u007f/lsrpc",
        "/loki/\\t../lsrpc",
        "/loki/．．/lsrpc",
        "/loki/@h/lsrpc",
        "/loki/a:b/lsrpc",
        "/loki/a&b/lsrpc",
    ];

    /// The vectors of §5.4, and what else would bend a URL.
    #[test]
    fn targets_are_filtered() {
        for target in [
            "/loki/v3/lsrpc",
            "/loki/oxen/v4/lsrpc",
            "/oxen/v3/lsrpc",
            "/oxen/lsrpc",
            "/loki/..a/.b/c./~d-e_f/lsrpc",
        ] {
            assert_eq!(url("h", target, ""), Ok(format!("https://h{target}")));
        }
        let long = |length: usize| format!("/oxen/{}/lsrpc", "a".repeat(length - 6));
        assert!(url("h", &long(MAX_TARGET_LENGTH), "").is_ok());
        assert_eq!(url("h", &long(MAX_TARGET_LENGTH + 1), ""), Err(UrlError::Target));
        for target in BENT {
            assert_eq!(url("h", target, ""), Err(UrlError::Target), "{target}");
        }
    }

    #[test]
    fn hosts_and_protocols_are_checked() {
        for host in ["", "a/b", "user@host", "a?", "a#", "a b", "127.1", "::1"] {
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
                assert_eq!(ExitPolicy::default().allows(address), is_public, "{text}");
                assert!(ExitPolicy::Any.allows(address), "{text}");
            }
        }
    }
}
