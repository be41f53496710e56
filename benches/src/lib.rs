//! libsodium as the benches call it: the few functions that are measured, behind safe signatures.

use std::sync::Once;

use libsodium_sys as sodium;

static INIT: Once = Once::new();

/// Initialises libsodium, as every program that uses it must.
pub fn init() {
    // SAFETY: may be called from any thread, any number of times.
    INIT.call_once(|| assert!(unsafe { sodium::sodium_init() } >= 0));
}

/// `crypto_secretbox_easy`: tag ‖ ciphertext.
pub fn secretbox(key: &[u8; 32], nonce: &[u8; 24], plaintext: &[u8]) -> Vec<u8> {
    let mut out = vec![0; plaintext.len() + 16];
    let length = plaintext.len().try_into().expect("fits");
    // SAFETY: `out` has room for the tag and the text; the other pointers have the lengths the API states.
    unsafe {
        sodium::crypto_secretbox_easy(
            out.as_mut_ptr(),
            plaintext.as_ptr(),
            length,
            nonce.as_ptr(),
            key.as_ptr(),
        )
    };
    out
}

/// `crypto_scalarmult`.
pub fn scalarmult(scalar: &[u8; 32], point: &[u8; 32]) -> [u8; 32] {
    let mut out = [0; 32];
    // SAFETY: all three pointers are to 32 bytes.
    unsafe { sodium::crypto_scalarmult(out.as_mut_ptr(), scalar.as_ptr(), point.as_ptr()) };
    out
}

/// `crypto_scalarmult_base`.
pub fn scalarmult_base(scalar: &[u8; 32]) -> [u8; 32] {
    let mut out = [0; 32];
    // SAFETY: both pointers are to 32 bytes.
    unsafe { sodium::crypto_scalarmult_base(out.as_mut_ptr(), scalar.as_ptr()) };
    out
}
