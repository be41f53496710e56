//! The work for a contact does not grow with the number of contacts. What is counted is the time that the thread
//! ran, so that a busy machine does not matter; a quadratic step would be sixteen times as much.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use session_config::{Config, Contacts, Incoming, StoredHash, contacts::Contact};
use session_crypto::{
    blake2b::Blake2b,
    ed25519::{Ed25519Keypair, Ed25519Seed},
    x25519::X25519PublicKey,
};
use session_identity::{AccountId, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);
const FEW: u32 = 500;
const MANY: u32 = 16 * FEW;
/// Larger data leave the caches of the processor, which costs about twice.
const TOLERANCE: u64 = 6;
/// The least that is measured, in nanoseconds.
const STEP: u64 = 10_000_000;

fn account() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]))
}

fn contact(number: u32) -> Contact {
    let key: [u8; 32] = Blake2b::new().chain(&number.to_be_bytes()).finalize();
    let mut contact = Contact::new(AccountId::from_public_key(X25519PublicKey::from_bytes(key)));
    contact.set_name("My friend");
    contact
}

fn contacts(count: u32) -> Config<Contacts> {
    let mut contacts = Config::<Contacts>::new(&account());
    (0..count).for_each(|number| contacts.set(&contact(number)));
    contacts
}

/// Nanoseconds that this thread has run.
fn run_time() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

/// Nanoseconds of as many runs as make up [`MANY`] contacts, the cheaper of two tries. The system counts in
/// steps of a few milliseconds.
fn cost<T>(count: u32, mut operation: impl FnMut() -> T) -> u64 {
    let once = |_| {
        let start = run_time();
        (0..MANY / count).for_each(|_| drop(operation()));
        run_time() - start
    };
    (0..2).map(once).min().unwrap()
}

/// Name and cost of each operation.
fn costs(count: u32) -> Vec<(&'static str, u64)> {
    let mut one = contacts(count);
    let edit = cost(count, || contacts(count));
    let push = cost(count, || one.push(NOW).unwrap());
    let pushed = one.push(NOW).unwrap();
    one.confirm_pushed(pushed.seqno(), [StoredHash::new("base")]);
    let incoming: Vec<_> = (0..)
        .zip(pushed.messages())
        .map(|(n, message)| Incoming::new(StoredHash::new(format!("base-{n}")), message))
        .collect();
    let merged = || {
        let mut other = Config::<Contacts>::new(&account());
        let report = other.merge(&incoming, NOW).unwrap();
        (other, report)
    };
    let merge = cost(count, merged);
    let (mut other, report) = merged();
    assert_eq!(report.events().len(), usize::try_from(count).unwrap());
    let dump = cost(count, || one.dump(NOW));
    let dumped = one.dump(NOW);
    let load = cost(count, || Config::<Contacts>::load(&account(), &dumped, NOW).unwrap());
    // Both edit every contact, and one merges what the other did.
    for number in 0..count {
        one.set_blocked(&contact(number).id(), true);
        let mut named = other.get(&contact(number).id()).unwrap();
        named.set_nickname("friend").unwrap();
        other.set(&named);
    }
    let pushed = one.push(NOW).unwrap();
    let incoming: Vec<_> = (0..)
        .zip(pushed.messages())
        .map(|(n, message)| Incoming::new(StoredHash::new(format!("next-{n}")), message))
        .collect();
    let dirty = other.dump(NOW);
    let conflict = cost(count, || {
        let mut other = Config::<Contacts>::load(&account(), &dirty, NOW).unwrap();
        other.merge(&incoming, NOW).unwrap()
    });
    let names = ["edit", "push", "merge", "dump", "load", "conflict"];
    names.into_iter().zip([edit, push, merge, dump, load, conflict]).collect()
}

#[test]
fn nothing_grows_faster_than_the_data() {
    let (few, many) = (costs(FEW), costs(MANY));
    for ((name, few), (_, many)) in few.into_iter().zip(many) {
        assert!(many < TOLERANCE * few.max(STEP), "{name}: {few} ns in parts, {many} ns at once");
    }
}
