//! Files of 1 MiB: the stream format piece by piece with a given key, beside the secret stream of libsodium in chunks of
//! the same size. The content fills the file, so that there is no padding, which libsodium does not know.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use session_crypto::secret_stream::Header;
use session_envelope::attachment::{AttachmentKey, Decryptor, Encryptor, decrypt};

/// Longest content of a file of 1 MiB.
const LENGTH: usize = 1_048_006;

fn attachments(criterion: &mut Criterion) {
    session_benches::init();
    let content = vec![7; LENGTH];
    let (bytes, header) = ([1; 32], Header::from_bytes([2; 24]));
    let key = AttachmentKey::from_bytes(bytes);
    let encrypt = || {
        let mut file = Vec::with_capacity(LENGTH + LENGTH / 8);
        let length = LENGTH.try_into().expect("fits");
        let mut encryptor = Encryptor::new(&key, &header, length, &mut file).expect("short");
        encryptor.update(&content, &mut file).expect("as long as said");
        encryptor.finish(&mut file).expect("as long as said");
        file
    };
    let file = encrypt();
    assert_eq!(decrypt(&file, &key).expect("our file"), content);
    let theirs = session_benches::secret_stream_encrypt(&bytes, &content);
    assert_eq!(session_benches::secret_stream_decrypt(&bytes, &theirs), content);

    let mut group = criterion.benchmark_group("attachment_encrypt_1MiB");
    group.throughput(Throughput::Bytes(LENGTH.try_into().expect("fits")));
    group.bench_function("session-envelope", |b| b.iter(&encrypt));
    group.bench_function("libsodium", |b| {
        b.iter(|| session_benches::secret_stream_encrypt(&bytes, black_box(&content)));
    });
    group.finish();

    let mut group = criterion.benchmark_group("attachment_decrypt_1MiB");
    group.throughput(Throughput::Bytes(LENGTH.try_into().expect("fits")));
    group.bench_function("session-envelope", |b| {
        b.iter(|| {
            let mut out = Vec::with_capacity(LENGTH);
            let mut decryptor = Decryptor::new(&key);
            decryptor.update(black_box(&file), &mut out).expect("our file");
            decryptor.finish(&mut out).expect("our file");
            out
        });
    });
    group.bench_function("libsodium", |b| {
        b.iter(|| session_benches::secret_stream_decrypt(&bytes, black_box(&theirs)));
    });
    group.finish();
}

criterion_group!(benches, attachments);
criterion_main!(benches);
