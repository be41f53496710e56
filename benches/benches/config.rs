//! What a user feels of configs: push, merge, dump and load of contacts, and a conflict of fifty devices.
//! The numbers per contact must stay flat from 10 to 10 000.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use session_config::{Config, Contacts, Incoming, StoredHash, contacts::Contact};
use session_crypto::{
    blake2b::Blake2b,
    ed25519::{Ed25519Keypair, Ed25519Seed},
    x25519::X25519PublicKey,
};
use session_identity::{AccountId, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);

fn account() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]))
}

fn contact(number: u32, name: &str) -> Contact {
    let key: [u8; 32] = Blake2b::new().chain(&number.to_be_bytes()).finalize();
    let mut contact = Contact::new(AccountId::from_public_key(X25519PublicKey::from_bytes(key)));
    contact.set_name(name);
    contact.is_approved = true;
    contact.has_approved_us = true;
    contact
}

fn contacts(count: u32) -> Config<Contacts> {
    let mut contacts = Config::new(&account());
    (0..count).for_each(|n| Config::<Contacts>::set(&mut contacts, &contact(n, "My friend")));
    contacts
}

/// The messages of a push, as they are stored.
fn stored(config: &mut Config<Contacts>, name: &str) -> Vec<(StoredHash, Vec<u8>)> {
    let push = config.push(NOW).expect("below the limit");
    let stored: Vec<_> = (0..)
        .zip(push.messages())
        .map(|(n, message)| (StoredHash::new(format!("{name}-{n}")), message.clone()))
        .collect();
    config.confirm_pushed(push.seqno(), stored.iter().map(|(hash, _)| hash.clone()));
    stored
}

fn incoming(stored: &[(StoredHash, Vec<u8>)]) -> Vec<Incoming<'_>> {
    stored.iter().map(|(hash, message)| Incoming::new(hash.clone(), message)).collect()
}

fn operations(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("contacts");
    for count in [10, 100, 1000, 10_000] {
        group.throughput(Throughput::Elements(count.into()));
        let mut config = contacts(count);
        let messages = stored(&mut config, "base");
        let dump = config.dump(NOW);
        let id = |name| BenchmarkId::new(name, count);
        group.bench_function(id("edit"), |b| b.iter(|| contacts(count)));
        group.bench_function(id("push"), |b| b.iter(|| config.push(NOW)));
        group.bench_function(id("merge"), |b| {
            b.iter(|| Config::<Contacts>::new(&account()).merge(&incoming(&messages), NOW));
        });
        group.bench_function(id("dump"), |b| b.iter(|| config.dump(NOW)));
        group.bench_function(id("load"), |b| {
            b.iter(|| Config::<Contacts>::load(&account(), &dump, NOW));
        });
    }
    group.finish();
}

/// Fifty devices changed one contact each of a thousand at the same time.
fn conflict(criterion: &mut Criterion) {
    let base = stored(&mut contacts(1000), "base");
    let mut messages = Vec::new();
    for number in 0..50 {
        let mut device = Config::<Contacts>::new(&account());
        device.merge(&incoming(&base), NOW).expect("an account has its key");
        device.set_blocked(&contact(number, "").id(), true);
        messages.extend(stored(&mut device, &format!("device-{number}")));
    }
    criterion.bench_function("merge 50 conflicting messages of 1000 contacts", |b| {
        b.iter(|| {
            let mut device = Config::<Contacts>::new(&account());
            device.merge(&incoming(&messages), NOW)
        });
    });
}

criterion_group!(benches, operations, conflict);
criterion_main!(benches);
