//! What is measured: each function with a secret that is always the same, and with others.

use std::{hint::black_box, time::Duration};

use session_crypto::{
    aead::{Aes256GcmKey, Aes256GcmNonce, XChaCha20Key, XChaCha20Nonce},
    ed25519::{Ed25519Keypair, Ed25519Seed},
    encoding::hex,
    sealed_box,
    secret::SecretBytes,
    x25519::{X25519Keypair, X25519PublicKey, X25519SecretKey},
    xed25519::XEd25519Keypair,
};
use session_identity::{
    AccountSeed,
    blinding::{Blinded15Keypair, Blinded25Keypair, ServerPublicKey},
    mnemonic::{Language, RecoveryPassword},
};

use crate::{
    measure::{Class, Measured, measure},
    random::Random,
};

/// A target: its name, and how it is measured for a while.
pub struct Target {
    pub name: &'static str,
    pub run: fn(Duration) -> Measured,
}

/// A function that leaks as much as any: the comparison of secrets ends at the first difference.
pub const CONTROL: Target = Target { name: "control: comparison that ends early", run: control };

/// Everything that handles secrets.
pub const TARGETS: &[Target] = &[
    Target { name: "x25519: agreement", run: agreement },
    Target { name: "x25519: public key", run: x25519_public_key },
    Target { name: "sealed box: open", run: open_sealed_box },
    Target { name: "sealed box: wrong tag", run: wrong_sealed_box },
    Target { name: "xchacha20-poly1305: wrong tag", run: wrong_xchacha20_tag },
    Target { name: "aes-256-gcm: wrong tag", run: wrong_aes_gcm_tag },
    Target { name: "secrets: comparison", run: comparison },
    Target { name: "ed25519: key pair of a seed", run: ed25519_keypair },
    Target { name: "ed25519: signature", run: ed25519_signature },
    Target { name: "ed25519: conversion to x25519", run: conversion },
    Target { name: "xed25519: key pair", run: xed25519_keypair },
    Target { name: "xed25519: signature", run: xed25519_signature },
    Target { name: "blinding: 15, key pair", run: blind15_keypair },
    Target { name: "blinding: 15, signature", run: blind15_signature },
    Target { name: "blinding: 25, key pair", run: blind25_keypair },
    Target { name: "blinding: 25, signature", run: blind25_signature },
    Target { name: "hex: writing", run: hex_writing },
    Target { name: "hex: reading", run: hex_reading },
    Target { name: "recovery password: writing", run: recovery_password },
];

/// A secret: always the same for one class, random for the other.
fn secret<const N: usize>(class: Class, random: &mut Random) -> [u8; N] {
    // Both classes draw, so that they find the caches alike.
    let drawn = random.bytes();
    if class == Class::Fixed { fixed() } else { drawn }
}

/// Not a repeated byte, which a processor may treat as no program can tell it to.
fn fixed<const N: usize>() -> [u8; N] {
    std::array::from_fn(|i| (i as u8).wrapping_mul(157) ^ 0x3c)
}

fn x25519(class: Class, random: &mut Random) -> X25519Keypair {
    X25519Keypair::from_secret_key(X25519SecretKey::from_bytes(secret(class, random)))
}

fn ed25519(class: Class, random: &mut Random) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(secret(class, random)))
}

fn server() -> ServerPublicKey {
    ServerPublicKey::from_public_key(X25519PublicKey::from_bytes([9; 32]))
}

fn control(time: Duration) -> Measured {
    let wanted = fixed::<512>();
    let early = |given: &[u8; 512]| {
        given.iter().zip(&wanted).all(|(given, wanted)| black_box(given) == wanted)
    };
    measure(time, 1, secret, early)
}

fn agreement(time: Duration) -> Measured {
    let peer = x25519(Class::Random, &mut Random::new()).public_key();
    let prepare = |class, random: &mut Random| X25519SecretKey::from_bytes(secret(class, random));
    measure(time, 1, prepare, |secret| secret.diffie_hellman(&peer))
}

fn x25519_public_key(time: Duration) -> Measured {
    let prepare = |class, random: &mut Random| X25519SecretKey::from_bytes(secret(class, random));
    measure(time, 1, prepare, |secret| secret.public_key())
}

fn open_sealed_box(time: Duration) -> Measured {
    let prepare = |class, random: &mut Random| {
        let keypair = x25519(class, random);
        let sealed = sealed_box::seal(&keypair.public_key(), &[7; 64], random);
        (keypair, sealed.expect("a key of large order"))
    };
    measure(time, 1, prepare, |(keypair, sealed)| {
        let opened = sealed_box::open(black_box(keypair), sealed);
        assert!(opened.is_ok());
        opened
    })
}

/// A tag that is wrong in its first byte, or in a random one.
fn wrong(class: Class, random: &mut Random, tag: &mut [u8]) {
    let at = usize::from(random.bytes::<1>()[0]) % tag.len();
    let at = if class == Class::Fixed { 0 } else { at };
    tag[at] ^= 1;
}

fn wrong_sealed_box(time: Duration) -> Measured {
    let keypair = x25519(Class::Random, &mut Random::new());
    let prepare = |class, random: &mut Random| {
        let sealed = sealed_box::seal(&keypair.public_key(), &[7; 64], random);
        let mut sealed = sealed.expect("a key of large order");
        wrong(class, random, &mut sealed[32..48]);
        sealed
    };
    measure(time, 1, prepare, |sealed| sealed_box::open(&keypair, sealed))
}

fn wrong_xchacha20_tag(time: Duration) -> Measured {
    let (key, nonce) = (XChaCha20Key::from_bytes([7; 32]), XChaCha20Nonce::from_bytes([8; 24]));
    let boxed = key.encrypt(&nonce, &[9; 64]);
    let prepare = |class, random: &mut Random| {
        let mut boxed = boxed.clone();
        wrong(class, random, &mut boxed[64..]);
        boxed
    };
    measure(time, 4, prepare, |boxed| key.decrypt(&nonce, boxed))
}

fn wrong_aes_gcm_tag(time: Duration) -> Measured {
    let (key, nonce) = (Aes256GcmKey::from_bytes([7; 32]), Aes256GcmNonce::from_bytes([8; 12]));
    let boxed = key.encrypt(&nonce, &[9; 64]);
    let prepare = |class, random: &mut Random| {
        let mut boxed = boxed.clone();
        wrong(class, random, &mut boxed[64..]);
        boxed
    };
    measure(time, 4, prepare, |boxed| key.decrypt(&nonce, boxed))
}

fn comparison(time: Duration) -> Measured {
    let wanted = SecretBytes::from_bytes(fixed::<32>());
    let prepare = |class, random: &mut Random| SecretBytes::from_bytes(secret(class, random));
    measure(time, 32, prepare, |given| &wanted == black_box(given))
}

fn ed25519_keypair(time: Duration) -> Measured {
    let prepare = |class, random: &mut Random| Ed25519Seed::from_bytes(secret(class, random));
    measure(time, 1, prepare, |seed| Ed25519Keypair::from_seed(seed.clone()))
}

fn ed25519_signature(time: Duration) -> Measured {
    measure(time, 1, ed25519, |keypair| keypair.sign(b"message"))
}

fn conversion(time: Duration) -> Measured {
    measure(time, 1, ed25519, |keypair| keypair.to_x25519())
}

fn xed25519_keypair(time: Duration) -> Measured {
    let prepare = |class, random: &mut Random| X25519SecretKey::from_bytes(secret(class, random));
    measure(time, 1, prepare, XEd25519Keypair::from_x25519)
}

fn xed25519_signature(time: Duration) -> Measured {
    let prepare = |class, random: &mut Random| {
        XEd25519Keypair::from_x25519(&X25519SecretKey::from_bytes(secret(class, random)))
    };
    let mut random = Random::new();
    measure(time, 1, prepare, |keypair| keypair.sign(b"message", &mut random))
}

fn blind15_keypair(time: Duration) -> Measured {
    let server = server();
    measure(time, 1, ed25519, |keypair| Blinded15Keypair::derive(keypair, &server))
}

fn blind15_signature(time: Duration) -> Measured {
    let server = server();
    let prepare =
        |class, random: &mut Random| Blinded15Keypair::derive(&ed25519(class, random), &server);
    measure(time, 1, prepare, |keypair| keypair.sign(b"message"))
}

fn blind25_keypair(time: Duration) -> Measured {
    let server = server();
    measure(time, 1, ed25519, |keypair| Blinded25Keypair::derive(keypair, &server))
}

fn blind25_signature(time: Duration) -> Measured {
    let server = server();
    let prepare =
        |class, random: &mut Random| Blinded25Keypair::derive(&ed25519(class, random), &server);
    measure(time, 1, prepare, |keypair| keypair.sign(b"message"))
}

fn hex_writing(time: Duration) -> Measured {
    measure(time, 16, secret::<32>, |secret| hex::encode(secret))
}

fn hex_reading(time: Duration) -> Measured {
    let prepare = |class, random: &mut Random| hex::encode(&secret::<32>(class, random));
    measure(time, 16, prepare, |text| hex::decode_array::<32>(text))
}

fn recovery_password(time: Duration) -> Measured {
    let prepare = |class, random: &mut Random| {
        let seed = AccountSeed::from_bytes(&secret::<16>(class, random));
        RecoveryPassword::new(seed.expect("16 bytes"), Language::English)
    };
    measure(time, 1, prepare, |password| password.expose_words())
}
