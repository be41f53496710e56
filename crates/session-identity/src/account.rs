//! An account: the keys that follow from its seed (01 §2.1).
//!
//! ```text
//! AccountSeed (16) ─► ‖ zeros ─► Ed25519 key pair ─► X25519 key pair ─► AccountId = 05 ‖ X25519 public key
//!                                signs                opens
//! ```

use core::fmt;

use session_crypto::{ed25519::Ed25519Keypair, rand_core::CryptoRng, x25519::X25519Keypair};

use crate::{
    id::{AccountId, UnblindedId},
    mnemonic::{Language, RecoveryPassword},
    seed::AccountSeed,
};

/// An account with all its secrets.
#[derive(Clone)]
pub struct Account {
    seed: AccountSeed,
    ed25519: Ed25519Keypair,
    x25519: X25519Keypair,
}

impl Account {
    /// Account of a seed.
    #[must_use]
    pub fn from_seed(seed: AccountSeed) -> Self {
        let ed25519 = Ed25519Keypair::from_seed(seed.to_ed25519_seed());
        let x25519 = ed25519.to_x25519();
        Self { seed, ed25519, x25519 }
    }

    /// Makes a new account, from 16 random bytes.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::from_seed(AccountSeed::generate(rng))
    }

    /// Public name of the account.
    #[must_use]
    pub const fn id(&self) -> AccountId {
        AccountId::from_public_key(self.x25519.public_key())
    }

    /// The account's name towards communities that know no blinding: its Ed25519 key (01 §3.1).
    #[must_use]
    pub fn unblinded_id(&self) -> UnblindedId {
        UnblindedId::from_public_key(self.ed25519.public_key())
    }

    /// Key pair that signs.
    #[must_use]
    pub const fn ed25519(&self) -> &Ed25519Keypair {
        &self.ed25519
    }

    /// Key pair that opens what others seal to the Account ID.
    #[must_use]
    pub const fn x25519(&self) -> &X25519Keypair {
        &self.x25519
    }

    /// The words to show to the account's owner: 13 if the seed fits into 16 bytes, so that every app can
    /// restore it, otherwise 25 (01 §2.2). The apps read English only.
    #[must_use]
    pub fn recovery_password(&self, language: Language) -> RecoveryPassword {
        RecoveryPassword::new(self.seed.to_export_form(), language)
    }

    /// The seed, in the length in which it was given.
    #[must_use]
    pub const fn seed(&self) -> &AccountSeed {
        &self.seed
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Account").field(&self.id()).finish()
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString as _};

    use session_crypto::encoding::hex;

    use super::*;

    fn account(seed: &str) -> Account {
        Account::from_seed(AccountSeed::from_bytes(&hex::decode(seed).unwrap()).unwrap())
    }

    /// The table of 01 §2.3: seed, Ed25519 public key, X25519 secret key, Account ID.
    #[test]
    fn keys_of_the_specification() {
        for [seed, ed25519, x25519, id] in [
            [
                "00000000000000000000000000000000",
                "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29",
                "5046adc1dba838867b2bbbfdd0c3423e58b57970b5267a90f57960924a87f156",
                "055bf55c73b82ebe22be80f3430667af570fae2556a6415e6b30d4065300aa947d",
            ],
            [
                "000102030405060708090a0b0c0d0e0f",
                "65adc5bfb14b5363f1b50e63a431f6fe08ff5d4e8d362c1e3d4c56c9d044bfb0",
                "d003ce60ea7d2a0190abea35bb271bff65af6f77bec8f5d6c87a343dd5a1f05d",
                "05ca03b8e369aeeb69fd260c2957d37b232db17a60db7a39bca9f0c0a6be135c1a",
            ],
            [
                "39038c8988db02c1af44e8c847bd9713",
                "f661a69453ef81a3b75bfcf954eb1f439d4d74edcab0e72a5c435ee418a907be",
                "38826f05b06ae13d8e9fa7ebc694410979339df07731e6300128dab10ccd9d7b",
                "054830367d369d94605247999a375dbd0a0f65fdec5de1535612bcb6d4de452c69",
            ],
            [
                "ec45addd629e84472edbfab1f7deee83",
                "0da5a8c2e4b2c5a5fe5fc22c42c0cc4c54da1490d5650c2d4ff33a1ff9b24903",
                "f0cf83ba20a0ac9f0f2b8d12cbd4b6e8e9ad8a9928646fb9b3a2fd1c01927d4c",
                "05ab0badfc19ac18f71d7bb10d5ca5c92731aa301cc483169c691cf697b83e765a",
            ],
        ] {
            let account = account(seed);
            assert_eq!(account.ed25519().public_key().to_string(), ed25519);
            assert_eq!(hex::encode(account.x25519().secret_key().expose_bytes()), x25519);
            assert_eq!(account.id().to_string(), id);
            assert_eq!(account.unblinded_id().to_string(), format!("00{ed25519}"));
            assert_eq!(account.unblinded_id().to_account_id(), Ok(account.id()));
        }
    }

    #[test]
    fn longer_seeds_of_the_specification() {
        for (seed, id) in [
            (
                "000102030405060708090a0b0c0d0e0f10111213",
                "05ab39e31ab0a1edf269d168fae38b438b0610b2ee564048011bf72cbc3990297e",
            ),
            (
                "536900eed9fc90753332f313ec097cd419db99fd470281855bbf2960f1eba299",
                "055596893060a11ef019c7a3dbe0a17acbd7602dd65aa1775756c9b92fdf12ca14",
            ),
        ] {
            assert_eq!(account(seed).id().to_string(), id);
        }
    }

    #[test]
    fn the_words_to_show_are_few_where_every_app_reads_them() {
        let zeros = "0".repeat(32);
        for (seed, words) in [
            ("39038c8988db02c1af44e8c847bd9713".into(), 13),
            (format!("39038c8988db02c1af44e8c847bd9713{zeros}"), 13),
            ("000102030405060708090a0b0c0d0e0f10111213".into(), 25),
            (format!("{zeros}39038c8988db02c1af44e8c847bd9713"), 25),
        ] {
            let shown = account(&seed).recovery_password(Language::English);
            assert_eq!(shown.expose_words().split(' ').count(), words, "{seed}");
            assert_eq!(Account::from_seed(shown.into_seed()).id(), account(&seed).id());
        }
    }

    #[test]
    fn debug_shows_the_id_only() {
        let account = account("39038c8988db02c1af44e8c847bd9713");
        assert_eq!(format!("{account:?}"), "Account(AccountId(0548…2c69))");
    }
}
