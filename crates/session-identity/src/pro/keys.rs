//! The two key pairs of a Pro account (01 §11.1, §11.2).

use alloc::string::{String, ToString as _};
use core::fmt;

use session_crypto::{
    blake2b::Blake2b,
    ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Seed, Ed25519Signature},
    encoding::hex,
};
use sha2::{Digest as _, Sha256};

use super::UnixSeconds;

/// Domain of the master seed (01 §7).
const MASTER_DOMAIN: &[u8; 16] = b"SessionProRandom";
/// Personalisation of the rotating seed (01 §7).
const ROTATING_PERSONALISATION: &[u8; 16] = b"ProRotatingSeed_";
/// Lifetime of a rotating seed: 7 days.
pub(super) const PERIOD_S: u64 = 604_800;

/// Key pair of an account towards the Pro backend. It appears in no message.
#[derive(Clone)]
pub struct MasterKeypair(Ed25519Keypair);

impl MasterKeypair {
    /// Key pair of the account with this Ed25519 seed.
    #[must_use]
    pub fn derive(account: &Ed25519Seed) -> Self {
        Self(Ed25519Keypair::from_seed(account.derive(MASTER_DOMAIN)))
    }

    /// Key pair of a master seed, when it came from elsewhere.
    #[must_use]
    pub fn from_seed(seed: Ed25519Seed) -> Self {
        Self(Ed25519Keypair::from_seed(seed))
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> Ed25519PublicKey {
        self.0.public_key()
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> Ed25519Seed {
        self.0.seed()
    }

    /// Rotating key pair of the 7 days in which `now` lies. All devices of an account arrive at the same one.
    ///
    /// The one in use is that of the stored [`Credential`](super::Credential), until its proof is replaced.
    #[must_use]
    pub fn rotating(&self, now: UnixSeconds) -> RotatingKeypair {
        let period_start = now.as_secs() - now.as_secs() % PERIOD_S;
        let seed = Blake2b::personalised(ROTATING_PERSONALISATION)
            .chain(self.0.seed().expose_bytes())
            .chain(period_start.to_string().as_bytes())
            .finalize();
        RotatingKeypair::from_seed(Ed25519Seed::from_bytes(seed))
    }

    /// How the account is called at Google's store: SHA-256 of the public key, 64 hexadecimal digits (01 §11.1).
    #[must_use]
    pub fn google_account_id(&self) -> String {
        google_account_id(&self.public_key())
    }

    pub(super) fn sign(&self, message: &[u8]) -> Ed25519Signature {
        self.0.sign(message)
    }
}

impl fmt::Debug for MasterKeypair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MasterKeypair").field(&self.public_key()).finish()
    }
}

fn google_account_id(master: &Ed25519PublicKey) -> String {
    hex::encode(&Sha256::digest(master.as_bytes()))
}

/// Key pair that signs messages of a Pro account, and that a [`Proof`](super::Proof) speaks for.
#[derive(Clone)]
pub struct RotatingKeypair(Ed25519Keypair);

impl RotatingKeypair {
    /// Key pair of a stored seed.
    #[must_use]
    pub fn from_seed(seed: Ed25519Seed) -> Self {
        Self(Ed25519Keypair::from_seed(seed))
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> Ed25519PublicKey {
        self.0.public_key()
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> Ed25519Seed {
        self.0.seed()
    }

    /// Signature over the bytes of a message as they are transmitted (01 §11.6).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Ed25519Signature {
        self.0.sign(message)
    }
}

impl fmt::Debug for RotatingKeypair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RotatingKeypair").field(&self.public_key()).finish()
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::{Account, AccountSeed};

    fn seed(digits: &str) -> Ed25519Seed {
        Ed25519Seed::from_bytes(hex::decode_array(digits).unwrap())
    }

    /// 01 §11.9.
    #[test]
    fn master_keys_of_the_specification() {
        for [account, secret, public] in [
            [
                "e5481635020d6f7b327e94e6d63e33a431fccabc4d2775845c43a8486a9f2884",
                "a4ec87e2346b25ee6394211cb682640a09dd8d297016fe241fe5b06fefef416c",
                "b6d20c075eddd2edb69d4d7da9b7e580f187ce0537585da2b5e454b77980d0c8",
            ],
            [
                "743d646706b6b04b97b752036dd6cf5f2adc4b339fcfdfb4b496f0764bb93a84",
                "7da256ba427cf5419cefea81f8ebb3395c261e4dfc2c91ee4d3ce9def67aa21c",
                "539d0a3be9658ebb6ba3ce97b25d4f6b716f7ef6d6ae6343bd0733519f5a51e8",
            ],
        ] {
            let master = MasterKeypair::derive(&seed(account));
            assert_eq!(master.seed(), seed(secret));
            assert_eq!(master.public_key().to_string(), public);
        }
    }

    /// 01 §7.
    #[test]
    fn master_keys_of_short_seeds() {
        for [account, public] in [
            [
                "00000000000000000000000000000000",
                "a9d064608e35b28e73f076f4ce8b374b357f8bb10579eb92895f9f8d663106ea",
            ],
            [
                "000102030405060708090a0b0c0d0e0f",
                "38db83aee840533d1b98e86c5d7a765e03b6a4aace298ec96b72d4c1b256f40a",
            ],
            [
                "39038c8988db02c1af44e8c847bd9713",
                "1005aee372513f0815b5c40e4f6b6b0beb67985bdc57f94ab6fecfe380071a17",
            ],
        ] {
            let seed = AccountSeed::from_bytes(&hex::decode(account).unwrap()).unwrap();
            let master = MasterKeypair::derive(&Account::from_seed(seed).ed25519().seed());
            assert_eq!(master.public_key().to_string(), public);
        }
    }

    /// 01 §11.9.
    #[test]
    fn rotating_seeds_change_every_seven_days() {
        let master = MasterKeypair::from_seed(Ed25519Seed::from_bytes([1; 32]));
        let rotating = |now| master.rotating(UnixSeconds::from_secs(now)).seed();
        let first = seed("e617ee563883b95a736a4e375e581f578150346046b08fdb58d07f6a317c2ff7");
        let second = seed("01887cd6b6827c3b335c5ab677ce831a6b253016e3d23646639188036d97bd91");
        assert_eq!(rotating(1_700_000_000), first);
        assert_eq!(rotating(1_699_488_000), first);
        assert_eq!(rotating(1_699_488_000 + PERIOD_S - 1), first);
        assert_eq!(rotating(1_699_488_000 + PERIOD_S), second);
        assert_eq!(rotating(1_700_604_800), second);
    }

    /// 01 §11.9, where only the public key is given.
    #[test]
    fn google_account_id_of_the_specification() {
        let key = "83d36e9ae51851014f686bd6089dc93061292d1f516e65b44f1d3f6bb7504a81";
        let key: Ed25519PublicKey = key.parse().unwrap();
        assert_eq!(
            google_account_id(&key),
            "d62b1dd03833e4fee9cd2cee95014520da37fd15c86bb422d221a324193a326b"
        );
        let master = MasterKeypair::from_seed(Ed25519Seed::from_bytes([1; 32]));
        assert_eq!(master.google_account_id(), google_account_id(&master.public_key()));
    }

    #[test]
    fn debug_shows_public_halves_only() {
        let master = MasterKeypair::from_seed(Ed25519Seed::from_bytes([1; 32]));
        assert_eq!(format!("{master:?}"), "MasterKeypair(Ed25519PublicKey(8a88e3dd…))");
        let rotating = RotatingKeypair::from_seed(Ed25519Seed::from_bytes([2; 32]));
        assert_eq!(format!("{rotating:?}"), "RotatingKeypair(Ed25519PublicKey(8139770e…))");
    }
}
