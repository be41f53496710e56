//! What a user feels of groups: a key message of a hundred members made and loaded, a thousand messages read;
//! beside the same compositions of libsodium calls.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use session_benches::groups;
use session_config::StoredHash;
use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};
use session_envelope::content::Content;
use session_groups::{KeyStore, keys::Loaded};
use session_identity::{Account, AccountSeed, GroupId, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const SEED: [u8; 32] = [7; 32];

fn account(number: u8) -> Account {
    let seed = AccountSeed::from_bytes(&[number; 16]).expect("16 bytes are a seed");
    Account::from_seed(seed)
}

fn group() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(SEED))
}

fn store(number: u8) -> KeyStore {
    let id = GroupId::from_public_key(group().public_key());
    KeyStore::new(&id, &account(number).ed25519().to_x25519()).expect("an honest key")
}

fn admin() -> KeyStore {
    let mut store = store(0);
    store.set_admin_key(group().seed()).expect("its own secret");
    store
}

fn keys(criterion: &mut Criterion) {
    session_benches::init();
    let mut ids: Vec<_> = (0..100).map(|number| account(number).id()).collect();
    ids.sort();
    let members: Vec<_> =
        ids.iter().map(|id| (id.public_key().to_bytes(), id.to_string())).collect();
    let mut admin = admin();
    let message = admin.rekey(ids.iter().copied()).expect("an admin");
    assert_eq!(message, groups::rekey(&SEED, &members, 0));

    let mut bench = criterion.benchmark_group("rekey_100_members");
    bench.bench_function("ours", |b| b.iter(|| admin.rekey(ids.iter().copied())));
    bench.bench_function("libsodium", |b| b.iter(|| groups::rekey(&SEED, &members, 0)));
    bench.finish();

    // The member in the middle of the list.
    let number = (0..100).find(|number| account(*number).id() == ids[50]).expect("is in it");
    let reader = store(number);
    let own = account(number).ed25519().to_x25519();
    let sender = group().to_x25519().public_key();
    let own_key = groups::member_key(
        own.secret_key().expose_bytes(),
        sender.as_bytes(),
        sender.as_bytes(),
        own.public_key().as_bytes(),
    );
    let public = group().public_key().to_bytes();
    let key = groups::load(&public, &own_key, &message).expect("is for this member");
    let stored = StoredHash::new("h");
    let load = |store: &mut KeyStore| store.load_message(&message, stored.clone(), NOW);
    let mut loaded = reader.clone();
    assert_eq!(load(&mut loaded), Ok(Loaded::New));
    assert_eq!(loaded.keys()[0].expose_bytes().as_slice(), key);

    let mut bench = criterion.benchmark_group("load_key_message_of_100_members");
    bench.bench_function("ours", |b| {
        b.iter_batched_ref(|| reader.clone(), load, BatchSize::SmallInput);
    });
    bench.bench_function("libsodium", |b| b.iter(|| groups::load(&public, &own_key, &message)));
    bench.finish();
}

/// From ten members, with two keys: half of the messages open with the second that is tried.
fn messages(criterion: &mut Criterion) {
    session_benches::init();
    let mut rng = session_crypto::system_rng();
    let mut keys = admin();
    let mut stored = Vec::new();
    for name in ["one", "two"] {
        let message = keys.rekey([account(0).id()]).expect("an admin");
        keys.load_message(&message, StoredHash::new(name), NOW).expect("its own message");
        for number in 0..500 {
            let text = Content::text(format!("message {number} of a chat that goes on"));
            let sender = account(u8::try_from(number % 10).expect("below 10"));
            let content = text.expect("not empty");
            stored.push(keys.encode(&content, &sender, NOW, &mut rng).expect("has a key"));
        }
    }
    let public = group().public_key().to_bytes();
    let raw: Vec<[u8; 32]> = keys.keys().iter().map(|key| *key.expose_bytes()).collect();
    let theirs = |message: &Vec<u8>| raw.iter().find_map(|key| groups::open(&public, key, message));
    for message in &stored {
        let opened = keys.open(message).expect("is for the group");
        let (author, _) = theirs(message).expect("is for the group");
        assert_eq!(opened.sender().public_key().to_bytes(), author);
    }

    let mut bench = criterion.benchmark_group("decrypt_1000_group_messages");
    bench.sample_size(10).throughput(Throughput::Elements(1000));
    bench.bench_function("ours", |b| {
        b.iter(|| stored.iter().filter(|message| keys.open(message).is_ok()).count());
    });
    bench.bench_function("libsodium", |b| {
        b.iter(|| stored.iter().filter(|message| theirs(message).is_some()).count());
    });
    bench.finish();
}

criterion_group!(benches, keys, messages);
criterion_main!(benches);
