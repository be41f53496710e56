//! libsodium as the benches call it: the few functions that are measured, behind safe signatures.

use std::sync::Once;

pub mod groups;

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

/// `crypto_sign_seed_keypair`: public key, and the 64 bytes that libsodium signs with.
pub fn sign_seed_keypair(seed: &[u8; 32]) -> ([u8; 32], [u8; 64]) {
    let (mut public, mut secret) = ([0; 32], [0; 64]);
    // SAFETY: the pointers are to 32, 64 and 32 bytes.
    unsafe {
        sodium::crypto_sign_seed_keypair(public.as_mut_ptr(), secret.as_mut_ptr(), seed.as_ptr())
    };
    (public, secret)
}

/// `crypto_sign_detached`.
pub fn sign(secret: &[u8; 64], message: &[u8]) -> [u8; 64] {
    let mut signature = [0; 64];
    let length = message.len().try_into().expect("fits");
    // SAFETY: the signature has 64 bytes, the secret key too; the length is that of the message.
    unsafe {
        sodium::crypto_sign_detached(
            signature.as_mut_ptr(),
            std::ptr::null_mut(),
            message.as_ptr(),
            length,
            secret.as_ptr(),
        )
    };
    signature
}

/// `crypto_sign_verify_detached`.
pub fn verify(public: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let length = message.len().try_into().expect("fits");
    // SAFETY: the pointers are to 64, `length` and 32 bytes.
    let result = unsafe {
        sodium::crypto_sign_verify_detached(
            signature.as_ptr(),
            message.as_ptr(),
            length,
            public.as_ptr(),
        )
    };
    result == 0
}

/// `crypto_sign_ed25519_pk_to_curve25519`.
pub fn public_key_to_x25519(public: &[u8; 32]) -> [u8; 32] {
    let mut out = [0; 32];
    // SAFETY: both pointers are to 32 bytes.
    unsafe { sodium::crypto_sign_ed25519_pk_to_curve25519(out.as_mut_ptr(), public.as_ptr()) };
    out
}

/// `crypto_sign_ed25519_sk_to_curve25519`.
pub fn secret_key_to_x25519(secret: &[u8; 64]) -> [u8; 32] {
    let mut out = [0; 32];
    // SAFETY: the pointers are to 32 and 64 bytes.
    unsafe { sodium::crypto_sign_ed25519_sk_to_curve25519(out.as_mut_ptr(), secret.as_ptr()) };
    out
}

/// The key of a 15-blinded id: `crypto_generichash` of the server's key, `crypto_core_ed25519_scalar_reduce`,
/// `crypto_scalarmult_ed25519_noclamp`.
pub fn blind15(server: &[u8; 32], public: &[u8; 32]) -> [u8; 32] {
    let (mut wide, mut factor, mut out) = ([0_u8; 64], [0; 32], [0; 32]);
    // SAFETY: every pointer is to as many bytes as the function of libsodium reads or writes.
    unsafe {
        sodium::crypto_generichash(
            wide.as_mut_ptr(),
            wide.len(),
            server.as_ptr(),
            32,
            std::ptr::null(),
            0,
        );
        sodium::crypto_core_ed25519_scalar_reduce(factor.as_mut_ptr(), wide.as_ptr());
        sodium::crypto_scalarmult_ed25519_noclamp(
            out.as_mut_ptr(),
            factor.as_ptr(),
            public.as_ptr(),
        );
    }
    out
}

/// `sodium_hex2bin` of 66 digits.
pub fn hex_to_33_bytes(text: &str) -> [u8; 33] {
    let mut out = [0; 33];
    let mut length = 0;
    // SAFETY: `out` has 33 bytes, the text as many as it says.
    unsafe {
        sodium::sodium_hex2bin(
            out.as_mut_ptr(),
            out.len(),
            text.as_ptr().cast(),
            text.len(),
            std::ptr::null(),
            &raw mut length,
            std::ptr::null_mut(),
        )
    };
    out
}

/// Key of an XChaCha20 onion layer: `crypto_scalarmult`, then `crypto_generichash` over S ‖ client ‖ server.
fn layer_key(secret: &[u8; 32], peer: &[u8; 32], client: &[u8; 32], server: &[u8; 32]) -> [u8; 32] {
    let shared = scalarmult(secret, peer);
    let input = [shared, *client, *server].concat();
    let mut key = [0; 32];
    // SAFETY: the key has 32 bytes, the input as many as it says.
    unsafe {
        sodium::crypto_generichash(
            key.as_mut_ptr(),
            key.len(),
            input.as_ptr(),
            input.len().try_into().expect("fits"),
            std::ptr::null(),
            0,
        )
    };
    key
}

/// What a client does for one layer: a fresh key pair, key agreement, `crypto_aead_xchacha20poly1305_ietf_encrypt`.
/// Returns the ephemeral public key, and nonce ‖ ciphertext ‖ tag.
pub fn onion_layer(server: &[u8; 32], plaintext: &[u8]) -> ([u8; 32], Vec<u8>) {
    let mut secret = [0_u8; 32];
    let mut out = vec![0; 24 + plaintext.len() + 16];
    // SAFETY: both buffers are as long as they say.
    unsafe {
        sodium::randombytes_buf(secret.as_mut_ptr().cast(), 32);
        sodium::randombytes_buf(out.as_mut_ptr().cast(), 24);
    }
    let client = scalarmult_base(&secret);
    let key = layer_key(&secret, server, &client, server);
    let (nonce, ciphertext) = out.split_at_mut(24);
    // SAFETY: the ciphertext has room for text and tag; nonce and key have 24 and 32 bytes.
    unsafe {
        sodium::crypto_aead_xchacha20poly1305_ietf_encrypt(
            ciphertext.as_mut_ptr(),
            std::ptr::null_mut(),
            plaintext.as_ptr(),
            plaintext.len().try_into().expect("fits"),
            std::ptr::null(),
            0,
            std::ptr::null(),
            nonce.as_ptr(),
            key.as_ptr(),
        )
    };
    (client, out)
}

/// What a node does for one layer; `blob` is nonce ‖ ciphertext ‖ tag.
pub fn onion_peel(secret: &[u8; 32], public: &[u8; 32], client: &[u8; 32], blob: &[u8]) -> Vec<u8> {
    let key = layer_key(secret, client, client, public);
    let (nonce, ciphertext) = blob.split_at(24);
    let mut out = vec![0; ciphertext.len() - 16];
    // SAFETY: `out` has room for the text; nonce and key have 24 and 32 bytes.
    let result = unsafe {
        sodium::crypto_aead_xchacha20poly1305_ietf_decrypt(
            out.as_mut_ptr(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            ciphertext.as_ptr(),
            ciphertext.len().try_into().expect("fits"),
            std::ptr::null(),
            0,
            nonce.as_ptr(),
            key.as_ptr(),
        )
    };
    assert_eq!(result, 0, "the layer is authentic");
    out
}
