//! Published constants of the networks: seeds, their pins, servers and their keys (§12.1, §12.4).
//!
//! Never share a pool or a cache between networks.

use core::net::Ipv4Addr;

use session_crypto::{ed25519::Ed25519PublicKey, x25519::X25519PublicKey};

/// A network of service nodes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Network {
    /// The one that people use.
    Mainnet,
    /// The public one for trials. Its nodes share addresses.
    Testnet,
    /// One's own.
    Devnet,
}

impl Network {
    /// Servers that give the list of nodes over HTTP.
    #[must_use]
    pub const fn http_seeds(self) -> &'static [HttpSeed] {
        match self {
            Self::Mainnet => &MAINNET_HTTP_SEEDS,
            Self::Testnet => &TESTNET_HTTP_SEEDS,
            Self::Devnet => &DEVNET_HTTP_SEEDS,
        }
    }

    /// Service nodes that give the list over QUIC. Their addresses change, their keys do not.
    #[must_use]
    pub const fn node_seeds(self) -> &'static [NodeSeed] {
        match self {
            Self::Mainnet => &MAINNET_NODE_SEEDS,
            Self::Testnet => &TESTNET_NODE_SEEDS,
            Self::Devnet => &[],
        }
    }

    /// Whether the nodes of a path have to be in different /24 networks.
    #[must_use]
    pub const fn has_subnet_diversity(self) -> bool {
        matches!(self, Self::Mainnet)
    }

    /// The file server, if the network has one of its own.
    #[must_use]
    pub const fn file_server(self) -> Option<PublishedServer> {
        match self {
            Self::Mainnet => Some(FILE_SERVER),
            Self::Testnet => Some(FILE_SERVER_TESTNET),
            Self::Devnet => None,
        }
    }
}

/// Generation of clients that a published constant belongs to.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Status {
    /// To be read where old data names it, and not used for anything new.
    Legacy,
    /// What released clients use.
    Current,
    /// What the newest clients use, not yet everybody.
    Newest,
}

/// A server that gives the list of nodes to `POST /json_rpc`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct HttpSeed {
    /// Protocol, host and port.
    pub url: &'static str,
    /// What its certificate must be; `None` for plain HTTP.
    pub pin: Option<Pin>,
    /// Which clients use it.
    pub status: Status,
}

/// Hashes of a seed's certificate, of which both must match. It is a self-signed authority used as an end
/// entity, which the usual validators refuse: compare the DER.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Pin {
    /// SHA-256 of the certificate.
    pub certificate: [u8; 32],
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub public_key: [u8; 32],
}

/// A service node to start from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct NodeSeed {
    /// Primary key.
    pub ed25519: Ed25519PublicKey,
    /// Address.
    pub ip: Ipv4Addr,
    /// Port of HTTPS.
    pub https_port: u16,
    /// Port of OxenMQ (TCP) and QUIC (UDP).
    pub omq_port: u16,
    /// Which clients use it.
    pub status: Status,
}

/// A server with its key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct PublishedServer {
    /// Protocol and host. Plain `http` is on purpose: the request is encrypted for the key.
    pub url: &'static str,
    /// Key of onion requests.
    pub x25519: X25519PublicKey,
    /// Key that attachment URLs carry, if it is published.
    pub ed25519: Option<Ed25519PublicKey>,
    /// Which clients use it.
    pub status: Status,
}

const fn http_seed(url: &'static str, certificate: &str, public_key: &str) -> HttpSeed {
    let pin = Some(Pin { certificate: hex(certificate), public_key: hex(public_key) });
    HttpSeed { url, pin, status: Status::Current }
}

const fn plain_seed(url: &'static str) -> HttpSeed {
    HttpSeed { url, pin: None, status: Status::Current }
}

const MAINNET_HTTP_SEEDS: [HttpSeed; 3] = [
    http_seed(
        "https://seed1.getsession.org:4443",
        "36ea0b253537988551ee856e4fd20d55011e9c8b27eaa2f34b8f32a0bdf04f2d",
        "9a56135ef92620461ca6cc00353a67070973f42b308b4a72fd140a91b7503994",
    ),
    http_seed(
        "https://seed2.getsession.org:4443",
        "c5908dd4139acd96aedd1e45576597650809c8a5ea02af556d4853d45396e0e7",
        "66e5317b8c28a4147cdd8cb97de3cf357d1cd340679100aeff8f686a91690749",
    ),
    http_seed(
        "https://seed3.getsession.org:4443",
        "8a0af2c712342f22ce00e53c1601410ef8d84156aee0a9809c32f6f7efbe556e",
        "e317bef24d4d8f17ab5538d4b1695924d2addcf03b637d69525b36b47622a690",
    ),
];

const TESTNET_HTTP_SEEDS: [HttpSeed; 1] = [plain_seed("http://public.loki.foundation:38157")];
const DEVNET_HTTP_SEEDS: [HttpSeed; 1] = [plain_seed("http://sesh-net.local:1280")];

const fn node_seed(ed25519: &str, ip: [u8; 4], https_port: u16, omq_port: u16) -> NodeSeed {
    let [a, b, c, d] = ip;
    let ed25519 = Ed25519PublicKey::from_bytes(hex(ed25519));
    let ip = Ipv4Addr::new(a, b, c, d);
    NodeSeed { ed25519, ip, https_port, omq_port, status: Status::Newest }
}

const MAINNET_NODE_SEEDS: [NodeSeed; 5] = [
    node_seed(
        "1f000f09a7b07828dcb72af7cd16857050c10c02bd58afb0e38111fb6cda1fef",
        [95, 216, 33, 113],
        22100,
        20200,
    ),
    node_seed(
        "1f101f0acee4db6f31aaa8b4df134e85ca8a4878efaef7f971e88ab144c1a7ce",
        [37, 27, 236, 229],
        22101,
        20201,
    ),
    node_seed(
        "1f202f00f4d2d4acc01e20773999a291cf3e3136c325474d159814e06199919f",
        [172, 96, 140, 124],
        22102,
        20202,
    ),
    node_seed(
        "1f303f1d7523c46fa5398826740d13282d26b5de90fbae5749442f66afb6d78b",
        [208, 73, 207, 54],
        22103,
        20203,
    ),
    node_seed(
        "1f604f1c858a121a681d8f9b470ef72e6946ee1b9c5ad15a35e16b50c28db7b0",
        [104, 194, 8, 115],
        22104,
        20204,
    ),
];

const TESTNET_NODE_SEEDS: [NodeSeed; 2] = [
    node_seed(
        "decaf20025ca6389d8225bda6a32d7fc4ee5176d21e3b2e9e08c3505a48a811a",
        [23, 88, 6, 250],
        35520,
        35420,
    ),
    node_seed(
        "decaf007f26d3d6f9b845ad031ffdf6d04638c25bb10b8fffbbe99135303c4b9",
        [144, 76, 164, 202],
        35500,
        35400,
    ),
];

const fn server(
    status: Status,
    url: &'static str,
    x25519: &str,
    ed25519: Option<&str>,
) -> PublishedServer {
    let ed25519 = match ed25519 {
        Some(key) => Some(Ed25519PublicKey::from_bytes(hex(key))),
        None => None,
    };
    PublishedServer { url, x25519: X25519PublicKey::from_bytes(hex(x25519)), ed25519, status }
}

/// The file server.
pub const FILE_SERVER: PublishedServer = server(
    Status::Current,
    "http://filev2.getsession.org",
    "09324794aa9c11948189762d198c618148e9136ac9582068180661208927ef34",
    Some("b8eef9821445ae16e2e97ef8aa6fe782fd11ad5253cd6723b281341dba22e371"),
);

/// The file server under its old key, which has no Ed25519 form. Read it as "the default server", never emit it.
pub const FILE_SERVER_OLD: PublishedServer = server(
    Status::Legacy,
    "http://filev2.getsession.org",
    "da21e1d886c6fbaea313f75298bd64aab03a97ce985b46bb2dad9f2089c8ee59",
    None,
);

/// The file server for trials of its newest version.
pub const FILE_SERVER_TESTING: PublishedServer = server(
    Status::Current,
    "http://potatofiles.getsession.org",
    "fc097b06821c98a2db75ce02e521cef5fd9d3446e42e81d843c4c8c4e9260f48",
    Some("ff86dcd4b26d1bfec944c59859494248626d6428efc12168749d65a1b92f5e28"),
);

/// The file server of the testnet.
pub const FILE_SERVER_TESTNET: PublishedServer = server(
    Status::Newest,
    "http://superduperfiles.oxen.io",
    "16d6c60aebb0851de7e6f4dc0a4734671dbf80f73664c008596511454cb6576d",
    Some("929e33ded05e653fec04b49645117f51851f102a947e04806791be416ed76602"),
);

/// The push server.
pub const PUSH_SERVER: PublishedServer = server(
    Status::Current,
    "https://push.getsession.org",
    "d7557fe563e2610de876c0ac7341b62f3c82d5eea4b62c702392ea4368f51b3b",
    None,
);

/// The old push server. It knows AES-GCM alone.
pub const PUSH_SERVER_OLD: PublishedServer = server(
    Status::Legacy,
    "https://live.apns.getsession.org",
    "642a6585919742e5a2d4dc51244964fbcd8bcab2b75612407de58b810740d049",
    None,
);

/// The server of the network's statistics.
pub const NETWORK_SERVER: PublishedServer = server(
    Status::Current,
    "http://networkv1.getsession.org",
    "cbf461a4431dc9174dceef4421680d743a2a0e1a3131fc794240bcb0bc3dd449",
    None,
);

/// 32 bytes of a constant. A wrong constant does not compile.
#[expect(clippy::indexing_slicing, clippy::panic, reason = "runs in the compiler only")]
const fn hex(text: &str) -> [u8; 32] {
    const fn digit(letter: u8) -> u8 {
        match letter {
            b'0'..=b'9' => letter - b'0',
            b'a'..=b'f' => letter - b'a' + 10,
            _ => panic!("not a lower-case hexadecimal digit"),
        }
    }
    let text = text.as_bytes();
    assert!(text.len() == 64);
    let mut bytes = [0; 32];
    let mut index = 0;
    while index < 32 {
        bytes[index] = digit(text[2 * index]) << 4 | digit(text[2 * index + 1]);
        index += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use session_crypto::encoding::base64;

    use super::*;

    #[test]
    fn published_key_pairs_belong_together() {
        for server in [FILE_SERVER, FILE_SERVER_TESTING, FILE_SERVER_TESTNET] {
            let converted = server.ed25519.unwrap().to_x25519();
            assert_eq!(converted, Ok(server.x25519), "{}", server.url);
        }
        for server in [FILE_SERVER_OLD, PUSH_SERVER, PUSH_SERVER_OLD, NETWORK_SERVER] {
            assert_eq!(server.x25519.check(), Ok(()), "{}", server.url);
        }
    }

    #[test]
    fn node_seeds_can_be_hops() {
        for network in [Network::Mainnet, Network::Testnet] {
            for seed in network.node_seeds() {
                assert!(seed.ed25519.to_x25519().is_ok(), "{seed:?}");
            }
        }
        assert_eq!(Network::Devnet.node_seeds(), []);
    }

    /// §12.1 gives these hashes in base64.
    #[test]
    fn pins_are_those_of_the_specification() {
        let pins = Network::Mainnet.http_seeds().iter().map(|seed| seed.pin.unwrap().public_key);
        let pins: alloc::vec::Vec<_> = pins.map(|pin| base64::encode(&pin)).collect();
        assert_eq!(
            pins,
            [
                "mlYTXvkmIEYcpswANTpnBwlz9Cswi0py/RQKkbdQOZQ=",
                "ZuUxe4wopBR83Yy5fePPNX0c00BnkQCu/49oapFpB0k=",
                "4xe+8k1NjxerVTjUsWlZJNKt3PA7Y31pUls2tHYippA=",
            ]
        );
    }

    #[test]
    fn what_is_old_says_so() {
        for server in [FILE_SERVER_OLD, PUSH_SERVER_OLD] {
            assert_eq!(server.status, Status::Legacy, "{}", server.url);
        }
        assert_eq!((FILE_SERVER.status, PUSH_SERVER.status), (Status::Current, Status::Current));
        assert_eq!(FILE_SERVER_TESTNET.status, Status::Newest);
        assert!(Network::Mainnet.http_seeds().iter().all(|seed| seed.status == Status::Current));
        assert!(Network::Mainnet.node_seeds().iter().all(|seed| seed.status == Status::Newest));
    }

    #[test]
    fn networks_differ() {
        assert!(Network::Mainnet.has_subnet_diversity());
        for network in [Network::Testnet, Network::Devnet] {
            assert!(!network.has_subnet_diversity());
            assert!(network.http_seeds().iter().all(|seed| seed.pin.is_none()));
        }
        assert_eq!(Network::Mainnet.file_server(), Some(FILE_SERVER));
        assert_eq!(Network::Testnet.file_server(), Some(FILE_SERVER_TESTNET));
        assert_eq!(Network::Devnet.file_server(), None);
    }
}
