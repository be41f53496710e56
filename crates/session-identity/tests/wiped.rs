//! Every secret type wipes its bytes when it is dropped. Compiling is the test: without the wiping it does not.

use session_identity::{AccountSeed, mnemonic::Correction};
use zeroize::ZeroizeOnDrop;

const fn wiped<T: ZeroizeOnDrop>() {}

const _: () = {
    wiped::<AccountSeed>();
    wiped::<Correction>();
};

#[cfg(feature = "unstable-device-keys")]
const _: () = {
    use session_identity::device_keys::{AccountKeySeed, DeviceKeySeed, MlKemSeed};

    wiped::<AccountKeySeed>();
    wiped::<DeviceKeySeed>();
    wiped::<MlKemSeed>();
};
