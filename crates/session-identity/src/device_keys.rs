//! Keys of protocol v2 that belong to an account or a device: how they follow from their seeds (01 §12, 10 §2).
//!
//! Unstable: no released app speaks protocol v2, and its format may change. Only the derivations are here;
//! records and messages are not.
//!
//! ```text
//! AccountKeySeed (random, shared by the account's devices) ─┐
//!                                                            ├─ SHAKE256 ─► X25519 key pair, MlKemSeed
//! DeviceKeySeed  (random, of one device)                    ─┘
//! ```

use core::{fmt, num::NonZeroU32, time::Duration};

use session_crypto::{
    blake2b::Blake2b,
    ed25519::Ed25519Seed,
    rand_core::CryptoRng,
    secret::SecretBytes,
    x25519::{X25519Keypair, X25519PublicKey, X25519SecretKey},
};
use shake::{
    Shake256,
    digest::{ExtendableOutput as _, Update as _, XofReader as _},
};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::Timestamp;

mod sas;

pub use sas::{EMOJI, NoMemory, ShortAuthenticationString};

/// How long after its creation an account key is rotated at the earliest.
const ROTATION_START: Duration = Duration::from_secs(11 * 3_600);
/// Length of the window in which some device rotates it.
const ROTATION_WINDOW_MS: u64 = 2 * 3_600_000;

/// Name of a device among those of its account: 32 random bytes. A device that was removed takes a new one.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DeviceId([u8; 32]);

impl DeviceId {
    /// Takes 32 bytes as an id.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Draws an id.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Defines a seed type.
macro_rules! key_seed {
    ($(#[$doc:meta])* $name:ident, $domain:literal) => {
        $(#[$doc])*
        #[derive(Clone, Eq, PartialEq, ZeroizeOnDrop)]
        pub struct $name(SecretBytes<32>);

        impl $name {
            /// Takes 32 bytes as a seed.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(SecretBytes::from_bytes(bytes))
            }

            /// Draws a seed.
            #[must_use]
            pub fn generate(rng: &mut impl CryptoRng) -> Self {
                Self(SecretBytes::generate(rng))
            }

            /// The secret bytes.
            #[must_use]
            pub fn expose_bytes(&self) -> &[u8; 32] {
                self.0.expose_bytes()
            }

            /// The keys of this seed.
            #[must_use]
            pub fn expand(&self) -> HybridKeys {
                HybridKeys::expand($domain, &self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

key_seed! {
    /// Seed of account keys: 32 random bytes for each rotation, shared by all devices of the account.
    AccountKeySeed, b"SessionAccountKeys"
}

key_seed! {
    /// Seed of device keys: 32 random bytes that never leave their device.
    DeviceKeySeed, b"SessionDeviceKeys"
}

impl AccountKeySeed {
    /// When `device`, one of `devices` that are registered, is to replace the keys of this seed: 11 to 13 hours
    /// after they were created. The first of the devices is as likely to come at any of these moments, however
    /// many there are.
    ///
    /// `None` if the time does not fit.
    #[must_use]
    pub fn rotation_time(
        &self,
        device: &DeviceId,
        devices: NonZeroU32,
        created_at: Timestamp,
    ) -> Option<Timestamp> {
        let hash = Blake2b::keyed_personalised(self.expose_bytes(), b"SessionAccKeyRot")
            .chain(&device.0)
            .finalize();
        // Fractions of 2^64: u, then 1 − u^N.
        let remaining = u64::MAX - power(u64::from_le_bytes(hash), devices);
        let wait_ms = multiply(remaining, ROTATION_WINDOW_MS);
        created_at.checked_add(ROTATION_START + Duration::from_millis(wait_ms))
    }
}

/// `base` to the power of `exponent`, both `base` and the result as fractions of 2^64.
fn power(base: u64, exponent: NonZeroU32) -> u64 {
    let (mut square, mut rest, mut result) = (base, exponent.get(), u64::MAX);
    while rest > 0 {
        if rest % 2 == 1 {
            result = multiply(result, square);
        }
        square = multiply(square, square);
        rest /= 2;
    }
    result
}

/// `factor` times a fraction of 2^64, rounded down.
fn multiply(fraction: u64, factor: u64) -> u64 {
    let [.., a, b, c, d, e, f, g, h] =
        ((u128::from(fraction) * u128::from(factor)) >> 64).to_be_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Keys of one seed: one pair for each half of the hybrid encryption.
#[derive(Clone)]
pub struct HybridKeys {
    x25519: X25519Keypair,
    ml_kem: MlKemSeed,
}

impl HybridKeys {
    /// `SHAKE256(domain ‖ seed)`, 96 bytes: X25519 secret (32) ‖ ML-KEM-768 seed (64).
    fn expand(domain: &[u8], seed: &SecretBytes<32>) -> Self {
        let mut hash = Shake256::default();
        hash.update(domain);
        hash.update(seed.expose_bytes());
        let mut output = hash.finalize_xof();
        let mut x25519 = Zeroizing::new([0; 32]);
        output.read(x25519.as_mut_slice());
        let ml_kem = SecretBytes::filled(|bytes| output.read(bytes));
        Self {
            x25519: X25519Keypair::from_secret_key(X25519SecretKey::from_bytes(*x25519)),
            ml_kem: MlKemSeed(ml_kem),
        }
    }

    /// The classical half.
    #[must_use]
    pub const fn x25519(&self) -> &X25519Keypair {
        &self.x25519
    }

    /// The post-quantum half.
    #[must_use]
    pub const fn ml_kem(&self) -> &MlKemSeed {
        &self.ml_kem
    }
}

impl fmt::Debug for HybridKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HybridKeys").field(&self.x25519.public_key()).finish()
    }
}

/// Seed `d ‖ z` of an ML-KEM-768 key pair, 64 bytes (FIPS 203).
#[derive(Clone, Eq, PartialEq, ZeroizeOnDrop)]
pub struct MlKemSeed(SecretBytes<64>);

impl MlKemSeed {
    /// The secret bytes.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 64] {
        self.0.expose_bytes()
    }
}

impl fmt::Debug for MlKemSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MlKemSeed(..)")
    }
}

/// Tag by which a removed device learns that it was removed, 16 bytes. `ephemeral` is the one-time key of the
/// message that says so.
#[must_use]
pub fn removal_tag(
    account: &Ed25519Seed,
    device: &DeviceId,
    ephemeral: &X25519PublicKey,
) -> [u8; 16] {
    Blake2b::keyed_personalised(ephemeral.as_bytes(), b"SessionDevKicked")
        .chain(account.expose_bytes())
        .chain(&device.0)
        .finalize()
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use session_crypto::encoding::hex;

    use super::*;

    /// 32 consecutive numbers.
    fn count_from(start: u8) -> [u8; 32] {
        core::array::from_fn(|i| start + u8::try_from(i).unwrap())
    }

    /// 01 §12.
    #[test]
    fn the_expansions_of_the_specification() {
        let device = DeviceKeySeed::from_bytes(count_from(0)).expand();
        assert_eq!(
            hex::encode(device.x25519().secret_key().expose_bytes()),
            "4bd1f7ab99ca3992e0c05dea5ee3f128f89a482b236b7d598b1fbfc79203d655"
        );
        assert_eq!(
            hex::encode(device.x25519().public_key().as_bytes()),
            "f2a1e63b707b3779400ae0fbed5a59ee43a60e8e688f0d2a7ddfc0fad5315704"
        );
        assert_eq!(
            hex::encode(device.ml_kem().expose_bytes()),
            "263b51cacd2029b4bbc07573fdbcd1b3e5ee4d02f59a283900e09e970a69c56a\
             3673912e8dd594c961f854a12aac3fc9d057378d8f7ef412ef6bcd74b90e004c"
        );
        let account = AccountKeySeed::from_bytes(count_from(0)).expand();
        assert_eq!(
            hex::encode(account.x25519().secret_key().expose_bytes()),
            "07becf8a97e9ff522b3c23880fef32ad2789937db566c2e3a97d9cf3d68c9427"
        );
        assert_eq!(
            hex::encode(account.x25519().public_key().as_bytes()),
            "1d9a352768744fe42467c85a811700599733c2fc327988fde05061e50c956a6a"
        );
    }

    /// 10 §22, V1 and V2.
    #[test]
    fn the_expansions_of_protocol_v2() {
        let account = AccountKeySeed::from_bytes([0x33; 32]).expand();
        assert_eq!(
            hex::encode(account.x25519().public_key().as_bytes()),
            "0b3c1deda7dd05ab473d7853d7e4e4bf5e87bde3c6e546c62964cfb232461e15"
        );
        let device = DeviceKeySeed::from_bytes([0x33; 32]).expand();
        assert_eq!(
            hex::encode(device.x25519().public_key().as_bytes()),
            "74e83a64688908d6aa759bbda0f3c06a8c0df25c45a5866486b8ace2db1c0960"
        );
    }

    /// 10 §22, V11: seconds after creation, to the millisecond.
    #[test]
    fn the_rotation_times_of_protocol_v2() {
        let seed = AccountKeySeed::from_bytes([0x33; 32]);
        for (device, devices, expected_ms) in [
            (0x0a, 1, 42_790_862_u64),
            (0x0a, 2, 44_567_613),
            (0x0a, 4, 46_107_840),
            (0x0b, 1, 42_812_445),
            (0x0b, 2, 44_591_584),
            (0x0b, 4, 46_122_625),
        ] {
            let (device, created) = (DeviceId([device; 32]), Timestamp::from_millis(1_000));
            let devices = NonZeroU32::new(devices).unwrap();
            let due = seed.rotation_time(&device, devices, created).unwrap();
            let after_ms = due.as_millis() - created.as_millis();
            assert!(after_ms.abs_diff(expected_ms) <= 1, "{devices}: {after_ms}");
        }
    }

    #[test]
    fn rotation_times_stay_in_their_window() {
        let seed = AccountKeySeed::from_bytes(count_from(0));
        let (start, end) = (39_600_000, 46_800_000);
        for devices in [1, 2, 3, 7, 1_000, u32::MAX].map(|n| NonZeroU32::new(n).unwrap()) {
            for byte in 0..=255 {
                let created = Timestamp::from_millis(0);
                let due = seed.rotation_time(&DeviceId([byte; 32]), devices, created).unwrap();
                assert!((start..=end).contains(&due.as_millis()), "{devices} {byte}");
            }
        }
        let last = Timestamp::from_millis(u64::MAX);
        let devices = NonZeroU32::new(1).unwrap();
        assert_eq!(seed.rotation_time(&DeviceId([0; 32]), devices, last), None);
    }

    /// 01 §12.
    #[test]
    fn the_hashes_of_the_specification() {
        let hash: [u8; 8] = Blake2b::keyed_personalised(&count_from(0), b"SessionAccKeyRot")
            .chain(&count_from(32))
            .finalize();
        assert_eq!(hex::encode(&hash), "6bba31890afcf9ca");
        let tag = removal_tag(
            &Ed25519Seed::from_bytes([0; 32]),
            &DeviceId(count_from(0)),
            &X25519PublicKey::from_bytes(count_from(32)),
        );
        assert_eq!(hex::encode(&tag), "e9650f9e0bab46af6cf93f65eaaf3b84");
    }

    #[test]
    fn secrets_do_not_print() {
        let seed = AccountKeySeed::from_bytes([0xab; 32]);
        assert_eq!(format!("{seed:?}"), "AccountKeySeed(..)");
        let device = DeviceKeySeed::from_bytes([0xab; 32]);
        assert_eq!(format!("{device:?}"), "DeviceKeySeed(..)");
        assert_eq!(format!("{:?}", seed.expand().ml_kem()), "MlKemSeed(..)");
        let public = format!("{:?}", seed.expand().x25519().public_key());
        assert_eq!(format!("{:?}", seed.expand()), format!("HybridKeys({public})"));
    }
}
