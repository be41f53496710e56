//! Every secret type wipes its bytes when it is dropped. Compiling is the test: without the wiping it does not.

use session_crypto::{
    aead::{Aes256GcmKey, XChaCha20Key},
    aes_cbc::AesCbcKey,
    ed25519::Ed25519Seed,
    sealed_box::OneTimeSeed,
    secret::SecretBytes,
    secret_box::SecretBoxKey,
    secret_stream::StreamKey,
    x25519::{SharedSecret, X25519SecretKey},
};
use zeroize::ZeroizeOnDrop;

const fn wiped<T: ZeroizeOnDrop>() {}

const _: () = {
    wiped::<SecretBytes<32>>();
    wiped::<Ed25519Seed>();
    wiped::<X25519SecretKey>();
    wiped::<SharedSecret>();
    wiped::<OneTimeSeed>();
    wiped::<SecretBoxKey>();
    wiped::<StreamKey>();
    wiped::<AesCbcKey>();
    wiped::<Aes256GcmKey>();
    wiped::<XChaCha20Key>();
};

#[cfg(feature = "hazmat")]
const _: () = {
    wiped::<session_crypto::hazmat::Scalar>();
    wiped::<session_crypto::hazmat::Nonce>();
};
