//! Key agreement and key pairs: ours, libsodium.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use session_crypto::x25519::{X25519Keypair, X25519PublicKey, X25519SecretKey};

fn x25519(criterion: &mut Criterion) {
    session_benches::init();
    let secret = X25519SecretKey::from_bytes([1; 32]);
    let peer = X25519Keypair::from_secret_key(X25519SecretKey::from_bytes([2; 32])).public_key();
    let (scalar, point) = ([1; 32], peer.to_bytes());
    let shared = secret.diffie_hellman(&peer).expect("contributory");
    assert_eq!(session_benches::scalarmult(&scalar, &point), *shared.expose_bytes());
    let mut group = criterion.benchmark_group("x25519_agreement");
    group.bench_function("session-crypto", |b| {
        b.iter(|| secret.diffie_hellman(black_box(&peer)));
    });
    group.bench_function("libsodium", |b| {
        b.iter(|| session_benches::scalarmult(&scalar, black_box(&point)));
    });
    group.finish();
    let mut group = criterion.benchmark_group("x25519_public_key");
    group.bench_function("session-crypto", |b| {
        b.iter(|| -> X25519PublicKey { black_box(&secret).public_key() });
    });
    group.bench_function("libsodium", |b| {
        b.iter(|| session_benches::scalarmult_base(black_box(&scalar)));
    });
}

criterion_group!(benches, x25519);
criterion_main!(benches);
