//! Direct messages of 1 KiB: signed and sealed, opened and verified, alone and a thousand at once, beside the same
//! composition of libsodium calls.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    x25519::X25519Keypair,
};
use session_envelope::signed_box;

const LENGTH: usize = 1024;

fn envelope(criterion: &mut Criterion) {
    session_benches::init();
    let mut rng = session_crypto::system_rng();
    let sender = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([1; 32]));
    let recipient: X25519Keypair = Ed25519Keypair::generate(&mut rng).to_x25519();
    let theirs = session_benches::sign_seed_keypair(&[1; 32]);
    let keys = (recipient.public_key().to_bytes(), *recipient.secret_key().expose_bytes());
    let message = [7; LENGTH];
    let seal = |rng: &mut _| {
        signed_box::seal(&message, &sender, &recipient.public_key(), rng).expect("an honest key")
    };
    let sealed = seal(&mut rng);
    let opened =
        signed_box::open(&session_benches::signed_box_seal(&theirs, &keys.0, &message), &recipient)
            .expect("for this key");
    let (opened_too, sender_key) = session_benches::signed_box_open(&keys, &sealed);
    assert_eq!(opened.message(), opened_too);
    assert_eq!(opened.sender().to_bytes()[1..], sender_key);

    let mut group = criterion.benchmark_group("envelope_seal_1KiB");
    group.bench_function("session-envelope", |b| b.iter(|| seal(&mut rng)));
    group.bench_function("libsodium", |b| {
        b.iter(|| session_benches::signed_box_seal(&theirs, &keys.0, black_box(&message)))
    });
    group.finish();

    let mut group = criterion.benchmark_group("envelope_open_1KiB");
    group.bench_function("session-envelope", |b| {
        b.iter(|| signed_box::open(black_box(&sealed), &recipient).expect("for this key"));
    });
    group.bench_function("libsodium", |b| {
        b.iter(|| session_benches::signed_box_open(&keys, black_box(&sealed)))
    });
    group.finish();

    // A thousand messages by a hundred people, and the same with a bad signature among them.
    let boxes: Vec<Vec<u8>> = (0..1000_u16)
        .map(|i| {
            let seed = [u8::try_from(i % 100).expect("small"); 32];
            let sender = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(seed));
            let message = [&i.to_le_bytes(), [7; LENGTH - 2].as_slice()].concat();
            signed_box::seal(&message, &sender, &recipient.public_key(), &mut rng).expect("honest")
        })
        .collect();
    let mut one_bad = boxes.clone();
    let mut inner = signed_box::sign(&message, &sender, &recipient.public_key());
    *inner.last_mut().expect("a signature") ^= 1;
    one_bad[617] = session_benches::box_seal(&recipient.public_key().to_bytes(), &inner);
    let mut group = criterion.benchmark_group("envelope_open_1000_of_1KiB");
    group.throughput(Throughput::Elements(1000)).sample_size(10);
    group.bench_function("session-envelope", |b| {
        b.iter(|| {
            let opened = signed_box::open_batch(black_box(&boxes), &recipient);
            assert!(opened.iter().all(Result::is_ok));
        });
    });
    group.bench_function("session-envelope, one bad", |b| {
        b.iter(|| {
            let opened = signed_box::open_batch(black_box(&one_bad), &recipient);
            assert_eq!(opened.iter().filter(|opened| opened.is_err()).count(), 1);
        });
    });
    group.bench_function("libsodium", |b| {
        b.iter(|| {
            boxes
                .iter()
                .map(|sealed| session_benches::signed_box_open(&keys, sealed))
                .collect::<Vec<_>>()
        });
    });
    group.finish();
}

criterion_group!(benches, envelope);
criterion_main!(benches);
