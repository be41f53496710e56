//! libsodium as the benches call it: the few functions that are measured, behind safe signatures.

use std::{sync::Once, time::Duration};

pub mod groups;

use libsodium_sys as sodium;

/// Time that this thread has spent on a core: what other programs take away does not count.
pub fn cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a time to be filled.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    assert_eq!(result, 0, "the clock exists");
    Duration::new(
        time.tv_sec.try_into().expect("positive"),
        time.tv_nsec.try_into().expect("below 10^9"),
    )
}

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

/// `crypto_box_seal`.
pub fn box_seal(recipient: &[u8; 32], message: &[u8]) -> Vec<u8> {
    let mut out = vec![0; message.len() + 48];
    let length = message.len().try_into().expect("fits");
    // SAFETY: `out` has room for key, tag and text; the other pointers have the lengths the API states.
    unsafe {
        sodium::crypto_box_seal(out.as_mut_ptr(), message.as_ptr(), length, recipient.as_ptr())
    };
    out
}

/// `crypto_box_seal_open`.
pub fn box_seal_open(public: &[u8; 32], secret: &[u8; 32], sealed: &[u8]) -> Vec<u8> {
    let mut out = vec![0; sealed.len() - 48];
    let length = sealed.len().try_into().expect("fits");
    // SAFETY: `out` has room for the text; the other pointers have the lengths the API states.
    let result = unsafe {
        sodium::crypto_box_seal_open(
            out.as_mut_ptr(),
            sealed.as_ptr(),
            length,
            public.as_ptr(),
            secret.as_ptr(),
        )
    };
    assert_eq!(result, 0, "the box is for this key");
    out
}

/// Files of libsodium's secret stream, in chunks of 32 KiB: header, then the chunks with 17 bytes more each.
pub fn secret_stream_encrypt(key: &[u8; 32], content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(24 + content.len() + 17 * content.len().div_ceil(CHUNK));
    let mut header = [0; 24];
    let mut state = std::mem::MaybeUninit::uninit();
    // SAFETY: the first call fills the state from a key of 32 bytes and writes a header of 24.
    let mut state = unsafe {
        sodium::crypto_secretstream_xchacha20poly1305_init_push(
            state.as_mut_ptr(),
            header.as_mut_ptr(),
            key.as_ptr(),
        );
        state.assume_init()
    };
    out.extend_from_slice(&header);
    for chunk in content.chunks(CHUNK) {
        let start = out.len();
        out.resize(start + chunk.len() + 17, 0);
        // SAFETY: `out` has room for 17 bytes more than the chunk behind `start`.
        unsafe {
            sodium::crypto_secretstream_xchacha20poly1305_push(
                &raw mut state,
                out[start..].as_mut_ptr(),
                std::ptr::null_mut(),
                chunk.as_ptr(),
                chunk.len().try_into().expect("fits"),
                std::ptr::null(),
                0,
                0,
            )
        };
    }
    out
}

/// Opposite of [`secret_stream_encrypt`].
pub fn secret_stream_decrypt(key: &[u8; 32], file: &[u8]) -> Vec<u8> {
    let (header, chunks) = file.split_at(24);
    let mut out = Vec::with_capacity(chunks.len());
    let mut state = std::mem::MaybeUninit::uninit();
    // SAFETY: the call fills the state from a key of 32 bytes and a header of 24.
    let mut state = unsafe {
        sodium::crypto_secretstream_xchacha20poly1305_init_pull(
            state.as_mut_ptr(),
            header.as_ptr(),
            key.as_ptr(),
        );
        state.assume_init()
    };
    for chunk in chunks.chunks(CHUNK + 17) {
        let (start, mut tag) = (out.len(), 0);
        out.resize(start + chunk.len() - 17, 0);
        // SAFETY: `out` has room for the text of the chunk behind `start`.
        let result = unsafe {
            sodium::crypto_secretstream_xchacha20poly1305_pull(
                &raw mut state,
                out[start..].as_mut_ptr(),
                std::ptr::null_mut(),
                &raw mut tag,
                chunk.as_ptr(),
                chunk.len().try_into().expect("fits"),
                std::ptr::null(),
                0,
            )
        };
        assert_eq!(result, 0, "the chunk is authentic");
    }
    out
}

/// Text of a chunk in the files of 02 §11.2.
const CHUNK: usize = 32 * 1024;

/// Signs and seals as `signed_box::seal` does: `crypto_sign_detached`, `crypto_box_seal`.
pub fn signed_box_seal(
    (public, secret): &([u8; 32], [u8; 64]),
    recipient: &[u8; 32],
    message: &[u8],
) -> Vec<u8> {
    let signature = sign(secret, &[message, public, recipient].concat());
    box_seal(recipient, &[message, public, &signature].concat())
}

/// Opens as `signed_box::open` does: `crypto_box_seal_open`, `crypto_sign_verify_detached`,
/// `crypto_sign_ed25519_pk_to_curve25519`. Returns the message and the X25519 key of its sender.
pub fn signed_box_open(
    (public, secret): &([u8; 32], [u8; 32]),
    sealed: &[u8],
) -> (Vec<u8>, [u8; 32]) {
    let mut inner = box_seal_open(public, secret, sealed);
    let signature: [u8; 64] = inner.split_off(inner.len() - 64).try_into().expect("64 bytes");
    let signed = [inner.as_slice(), public].concat();
    let sender: [u8; 32] = inner.split_off(inner.len() - 32).try_into().expect("32 bytes");
    verify(&sender, &signed, &signature);
    (inner, public_key_to_x25519(&sender))
}

/// The layers and trailers of 04 §4 for these nodes, three hops and the destination: Ed25519 key as text, X25519 key.
pub fn onion_build(nodes: &[(String, [u8; 32]); 4], payload: &[u8]) -> Vec<u8> {
    let hex = |key: &[u8; 32]| session_crypto::encoding::hex::encode(key);
    let [path @ .., destination] = nodes;
    let inner = onion_frame(payload, r#"{"headers":""}"#);
    let (mut key, mut blob) = onion_layer(&destination.1, &inner);
    let mut next = destination;
    for hop in path.iter().rev() {
        let trailer = format!(
            r#"{{"destination":"{}","enc_type":"xchacha20","ephemeral_key":"{}"}}"#,
            next.0,
            hex(&key),
        );
        (key, blob) = onion_layer(&hop.1, &onion_frame(&blob, &trailer));
        next = hop;
    }
    let key = hex(&key);
    onion_frame(&blob, &format!(r#"{{"enc_type":"xchacha20","ephemeral_key":"{key}"}}"#))
}

fn onion_frame(blob: &[u8], trailer: &str) -> Vec<u8> {
    let length = u32::try_from(blob.len()).expect("fits").to_le_bytes();
    [&length, blob, trailer.as_bytes()].concat()
}
