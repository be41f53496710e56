//! Targets of `session-crypto`.

use session_crypto::{
    ed25519::{Ed25519PublicKey, Ed25519Signature},
    encoding::{base32z, base64, hex, key_text},
    sealed_box,
    x25519::{X25519Keypair, X25519PublicKey, X25519SecretKey},
};

/// Text forms invert each other, whatever is read; no key, signature or box panics on arbitrary bytes.
pub fn encoding(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        texts(text);
    }
    assert_eq!(hex::decode(&hex::encode(data)).as_deref(), Ok(data));
    assert_eq!(base64::decode(&base64::encode(data)).as_deref(), Ok(data));
    assert_eq!(base64::decode(&base64::encode_unpadded(data)).as_deref(), Ok(data));
    assert_eq!(base32z::decode(&base32z::encode(data)).as_deref(), Ok(data));
    keys(data);
    let keypair = X25519Keypair::from_secret_key(X25519SecretKey::from_bytes([7; 32]));
    assert!(sealed_box::open(&keypair, data).is_err(), "a box that nobody sealed opened");
}

/// What is read is written the same: hex up to the case of its digits, base64 with the padding or without it.
fn texts(text: &str) {
    let hex = hex::decode(text);
    if let Ok(bytes) = &hex {
        assert_eq!(hex::encode(bytes), text.to_ascii_lowercase());
    }
    assert_eq!(hex::decode_array::<4>(text).ok(), hex.ok().and_then(|b| b.try_into().ok()));
    if let Ok(bytes) = base64::decode(text) {
        let spellings = [base64::encode(&bytes), base64::encode_unpadded(&bytes)];
        assert!(spellings.iter().any(|spelling| spelling == text), "a third spelling");
    }
    if let Ok(bytes) = base32z::decode(text) {
        assert_eq!(base32z::encode(&bytes), text);
    }
    if let Ok(key) = key_text::decode(text) {
        let base64 = [base64::encode(&key), base64::encode_unpadded(&key)];
        let known = base64.iter().any(|spelling| spelling == text)
            || base32z::encode(&key) == text
            || hex::encode(&key) == text.to_ascii_lowercase();
        assert!(known, "a fifth spelling of a key");
    }
}

fn keys(data: &[u8]) {
    let Some((key, rest)) = data.split_first_chunk::<32>() else { return };
    let ed25519 = Ed25519PublicKey::from_bytes(*key);
    if let Ok(checked) = ed25519.check() {
        assert_eq!(checked.public_key(), ed25519);
    }
    if let Ok(converted) = ed25519.to_x25519() {
        assert!(converted.check().is_ok(), "conversion gave a refused key");
    }
    let x25519 = X25519PublicKey::from_bytes(*key);
    if x25519.check().is_ok() {
        let secret = X25519SecretKey::from_bytes([9; 32]);
        assert!(secret.diffie_hellman(&x25519).is_ok(), "a checked key has small order");
    }
    if let Some((signature, message)) = rest.split_first_chunk::<64>() {
        let signature = Ed25519Signature::from_bytes(*signature);
        // A fuzzer can write down a valid signature of a key it knows, but not both of these.
        let both = ed25519.verify(message, &signature).is_ok()
            && ed25519.verify(&[message, b"\0"].concat(), &signature).is_ok();
        assert!(!both, "one signature for two messages");
    }
}
