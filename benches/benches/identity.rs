//! Accounts: signatures, conversions, blinding, ids and recovery passwords; where libsodium has an equivalent,
//! beside it.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    xed25519,
};
use session_identity::{
    Account, AccountId, AccountSeed,
    blinding::{Blinded15Keypair, ServerPublicKey},
    id::Blinded15Id,
    mnemonic::{Language, RecoveryPassword},
};

const MESSAGE: [u8; 1024] = [7; 1024];

fn signatures(criterion: &mut Criterion) {
    session_benches::init();
    let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([1; 32]));
    let (public, secret) = session_benches::sign_seed_keypair(&[1; 32]);
    let signature = keypair.sign(&MESSAGE);
    assert_eq!(session_benches::sign(&secret, &MESSAGE), signature.to_bytes());

    let mut group = criterion.benchmark_group("ed25519_sign_1KiB");
    group.bench_function("session-crypto", |b| b.iter(|| keypair.sign(black_box(&MESSAGE))));
    group.bench_function("libsodium", |b| {
        b.iter(|| session_benches::sign(&secret, black_box(&MESSAGE)));
    });
    group.finish();

    let mut group = criterion.benchmark_group("ed25519_verify_1KiB");
    let key = keypair.public_key();
    group.bench_function("session-crypto", |b| {
        b.iter(|| key.verify(black_box(&MESSAGE), &signature));
    });
    let bytes = signature.to_bytes();
    group.bench_function("libsodium", |b| {
        b.iter(|| session_benches::verify(&public, black_box(&MESSAGE), &bytes));
    });
    group.finish();

    let mut group = criterion.benchmark_group("xed25519_verify_1KiB");
    let x25519 = keypair.to_x25519();
    let signer = xed25519::XEd25519Keypair::from_x25519(x25519.secret_key());
    let signature = signer.sign(&MESSAGE, &mut session_crypto::system_rng());
    group.bench_function("session-crypto", |b| {
        b.iter(|| xed25519::verify(&x25519.public_key(), black_box(&MESSAGE), &signature));
    });
}

fn conversions(criterion: &mut Criterion) {
    session_benches::init();
    let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([1; 32]));
    let (public, secret) = session_benches::sign_seed_keypair(&[1; 32]);
    let converted = keypair.public_key().to_x25519().expect("an honest key converts");
    assert_eq!(session_benches::public_key_to_x25519(&public), converted.to_bytes());

    let mut group = criterion.benchmark_group("ed25519_public_key_to_x25519");
    let key = keypair.public_key();
    group.bench_function("session-crypto", |b| b.iter(|| black_box(&key).to_x25519()));
    group.bench_function("libsodium", |b| {
        b.iter(|| session_benches::public_key_to_x25519(black_box(&public)));
    });
    group.finish();

    let mut group = criterion.benchmark_group("ed25519_keypair_to_x25519_keypair");
    group.bench_function("session-crypto", |b| b.iter(|| black_box(&keypair).to_x25519()));
    group.bench_function("libsodium", |b| {
        b.iter(|| {
            let secret = session_benches::secret_key_to_x25519(black_box(&secret));
            (secret, session_benches::scalarmult_base(&secret))
        });
    });
}

fn blinding(criterion: &mut Criterion) {
    session_benches::init();
    let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([1; 32]));
    let server = session_benches::scalarmult_base(&[2; 32]);
    let typed: ServerPublicKey =
        session_crypto::encoding::hex::encode(&server).parse().expect("a key");
    let public = keypair.public_key();
    let ours = Blinded15Id::of_ed25519(&public, &typed).expect("an honest key blinds");
    assert_eq!(ours.public_key().to_bytes(), session_benches::blind15(&server, public.as_bytes()));

    let mut group = criterion.benchmark_group("blind15_id");
    group.bench_function("session-identity", |b| {
        b.iter(|| Blinded15Id::of_ed25519(black_box(&public), &typed));
    });
    group.bench_function("libsodium", |b| {
        b.iter(|| session_benches::blind15(&server, black_box(public.as_bytes())));
    });
    group.finish();

    let mut group = criterion.benchmark_group("blind15_sign_1KiB");
    let blinded = Blinded15Keypair::derive(&keypair, &typed);
    group.bench_function("session-identity", |b| b.iter(|| blinded.sign(black_box(&MESSAGE))));
}

fn texts(criterion: &mut Criterion) {
    session_benches::init();
    let account = Account::from_seed(AccountSeed::from_bytes(&[7; 16]).expect("16 bytes"));
    let id = account.id().to_string();
    assert_eq!(session_benches::hex_to_33_bytes(&id), account.id().to_bytes());

    let mut group = criterion.benchmark_group("account_id_parse");
    group.bench_function("session-identity", |b| b.iter(|| black_box(&id).parse::<AccountId>()));
    group.bench_function("libsodium", |b| {
        b.iter(|| session_benches::hex_to_33_bytes(black_box(&id)));
    });
    group.finish();

    let password = account.recovery_password(Language::English);
    let words = password.to_string();
    let mut group = criterion.benchmark_group("recovery_password");
    group.bench_function("encode", |b| b.iter(|| black_box(&password).to_string()));
    group.bench_function("decode", |b| {
        b.iter(|| RecoveryPassword::decode_in(Language::English, black_box(&words)));
    });
    for language in Language::ALL {
        let words = account.recovery_password(*language).to_string();
        group.bench_function(format!("decode_find_{language}"), |b| {
            b.iter(|| RecoveryPassword::decode(black_box(&words)));
        });
    }
}

criterion_group!(benches, signatures, conversions, blinding, texts);
criterion_main!(benches);
