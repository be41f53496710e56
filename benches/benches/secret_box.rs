//! XSalsa20-Poly1305: ours (salsa20 + poly1305 composed), the crate `crypto_secretbox`, libsodium.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use crypto_secretbox::{KeyInit as _, XSalsa20Poly1305, aead::Aead as _};
use session_crypto::secret_box::SecretBoxKey;

fn encrypt(criterion: &mut Criterion) {
    session_benches::init();
    let (key, nonce) = ([1; 32], [2; 24]);
    let ours = SecretBoxKey::from_bytes(key);
    let theirs = XSalsa20Poly1305::new(&key.into());
    let mut group = criterion.benchmark_group("secret_box_encrypt");
    for size in [160, 1024, 100 * 1024] {
        let plaintext = vec![7; size];
        assert_eq!(session_benches::secretbox(&key, &nonce, &plaintext), {
            let mut out = Vec::new();
            ours.encrypt_into(&nonce, &plaintext, &mut out);
            out
        });
        group.throughput(Throughput::Bytes(size.try_into().expect("fits")));
        group.bench_with_input(BenchmarkId::new("session-crypto", size), &plaintext, |b, text| {
            b.iter(|| {
                let mut out = Vec::new();
                ours.encrypt_into(&nonce, black_box(text), &mut out);
                out
            });
        });
        group.bench_with_input(
            BenchmarkId::new("crypto_secretbox", size),
            &plaintext,
            |b, text| {
                b.iter(|| theirs.encrypt(&nonce.into(), black_box(text.as_slice())));
            },
        );
        group.bench_with_input(BenchmarkId::new("libsodium", size), &plaintext, |b, text| {
            b.iter(|| session_benches::secretbox(&key, &nonce, black_box(text)));
        });
    }
}

criterion_group!(benches, encrypt);
criterion_main!(benches);
