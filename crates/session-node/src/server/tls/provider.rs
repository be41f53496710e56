//! The primitives of TLS 1.3 for rustls: hash, HMAC, key exchange, randomness.

use hmac::{KeyInit as _, Mac as _};
use session_crypto::{
    rand_core::Rng as _,
    system_rng,
    x25519::{X25519Keypair, X25519PublicKey},
};
use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::{
    CipherSuite, CipherSuiteCommon, Error, NamedGroup, PeerMisbehaved, SupportedCipherSuite,
    Tls13CipherSuite,
    crypto::{
        ActiveKeyExchange, CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom,
        SharedSecret, SupportedKxGroup,
        hash::{Context, Hash, HashAlgorithm, Output},
        hmac::{Hmac, Key, Tag},
        tls13::HkdfUsingHmac,
    },
    pki_types::PrivateKeyDer,
    sign::SigningKey,
};

use super::{
    cipher::{AES_128_GCM, CHACHA20_POLY1305},
    signature::ALGORITHMS,
};

/// Bytes of SHA-256.
const HASH_LENGTH: usize = 32;
/// Bytes under one key, in records: as many as RFC 8446 §5.5 allows for AES-GCM.
const MAX_RECORDS_GCM: u64 = 1 << 24;

pub(super) fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: vec![
            SupportedCipherSuite::Tls13(&TLS13_AES_128_GCM_SHA256),
            SupportedCipherSuite::Tls13(&TLS13_CHACHA20_POLY1305_SHA256),
        ],
        kx_groups: vec![&X25519],
        signature_verification_algorithms: ALGORITHMS,
        secure_random: &System,
        key_provider: &System,
    }
}

static TLS13_AES_128_GCM_SHA256: Tls13CipherSuite = Tls13CipherSuite {
    common: CipherSuiteCommon {
        suite: CipherSuite::TLS13_AES_128_GCM_SHA256,
        hash_provider: &Sha256Hash,
        confidentiality_limit: MAX_RECORDS_GCM,
    },
    hkdf_provider: &HkdfUsingHmac(&Sha256Hmac),
    aead_alg: &AES_128_GCM,
    quic: None,
};

static TLS13_CHACHA20_POLY1305_SHA256: Tls13CipherSuite = Tls13CipherSuite {
    common: CipherSuiteCommon {
        suite: CipherSuite::TLS13_CHACHA20_POLY1305_SHA256,
        hash_provider: &Sha256Hash,
        confidentiality_limit: u64::MAX,
    },
    hkdf_provider: &HkdfUsingHmac(&Sha256Hmac),
    aead_alg: &CHACHA20_POLY1305,
    quic: None,
};

struct Sha256Hash;

impl Hash for Sha256Hash {
    fn start(&self) -> Box<dyn Context> {
        Box::new(Sha256Context(Sha256::new()))
    }

    fn hash(&self, data: &[u8]) -> Output {
        Output::new(&Sha256::digest(data))
    }

    fn output_len(&self) -> usize {
        HASH_LENGTH
    }

    fn algorithm(&self) -> HashAlgorithm {
        HashAlgorithm::SHA256
    }
}

struct Sha256Context(Sha256);

impl Context for Sha256Context {
    fn fork_finish(&self) -> Output {
        Output::new(&self.0.clone().finalize())
    }

    fn fork(&self) -> Box<dyn Context> {
        Box::new(Self(self.0.clone()))
    }

    fn finish(self: Box<Self>) -> Output {
        Output::new(&self.0.finalize())
    }

    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }
}

struct Sha256Hmac;

impl Hmac for Sha256Hmac {
    fn with_key(&self, key: &[u8]) -> Box<dyn Key> {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let key = hmac::Hmac::<Sha256>::new_from_slice(key).expect("any length is a key");
        Box::new(Sha256Key(key))
    }

    fn hash_output_len(&self) -> usize {
        HASH_LENGTH
    }
}

struct Sha256Key(hmac::Hmac<Sha256>);

impl Key for Sha256Key {
    fn sign_concat(&self, first: &[u8], middle: &[&[u8]], last: &[u8]) -> Tag {
        let mut mac = self.0.clone();
        mac.update(first);
        middle.iter().for_each(|part| mac.update(part));
        mac.update(last);
        Tag::new(&mac.finalize().into_bytes())
    }

    fn tag_len(&self) -> usize {
        HASH_LENGTH
    }
}

#[derive(Debug)]
struct X25519;

impl SupportedKxGroup for X25519 {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let keypair = X25519Keypair::generate(&mut system_rng());
        let public = keypair.public_key().to_bytes();
        Ok(Box::new(Exchange { keypair, public }))
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::X25519
    }
}

struct Exchange {
    keypair: X25519Keypair,
    public: [u8; 32],
}

impl ActiveKeyExchange for Exchange {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let peer = X25519PublicKey::try_from(peer);
        let peer = peer.map_err(|_| PeerMisbehaved::InvalidKeyShare)?;
        let shared = self.keypair.secret_key().diffie_hellman(&peer);
        let shared = shared.map_err(|_| PeerMisbehaved::InvalidKeyShare)?;
        Ok(SharedSecret::from(shared.expose_bytes().as_slice()))
    }

    fn pub_key(&self) -> &[u8] {
        &self.public
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::X25519
    }
}

/// The system's randomness; and no keys from files.
#[derive(Debug)]
struct System;

impl SecureRandom for System {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
        system_rng().fill_bytes(bytes);
        Ok(())
    }
}

impl KeyProvider for System {
    fn load_private_key(
        &self,
        _: PrivateKeyDer<'static>,
    ) -> Result<std::sync::Arc<dyn SigningKey>, Error> {
        Err(Error::General("keys are made, not loaded".to_owned()))
    }
}
