//! What hostile messages cost in memory at their highest, beside the largest configs that are real. The allocator
//! counts the bytes that live; a vector that grows counts twice while it moves.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use peak_alloc::PeakAlloc;
use session_config::{
    Config, Contacts, GroupInfo, GroupMembers, Incoming, StoredHash, compression,
    config::{GroupType, Rejection, SyncedType},
    contacts::Contact,
    data::MAX_VALUES,
    encryption::{ConfigKey, Domain},
    message::{Authority, ParseError},
    padding,
};
use session_crypto::{
    blake2b::Blake2b,
    ed25519::{Ed25519Keypair, Ed25519Seed},
    x25519::X25519PublicKey,
};
use session_identity::{AccountId, Timestamp};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);
/// Longest stored message.
const STORED: usize = 76_800;
const MIB: usize = 1 << 20;

/// Only one test at a time may allocate.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Highest number of bytes that lived meanwhile beyond those that did before.
fn peak<T>(run: impl FnOnce() -> T) -> (T, usize) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let result = run();
    (result, MEMORY.peak_usage().saturating_sub(before))
}

fn account() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]))
}

fn group_key() -> ConfigKey {
    ConfigKey::from_bytes([8; 32])
}

/// A real config: contacts with names, the ids by `key`.
fn contacts(count: u32, key: impl Fn(u32) -> [u8; 32]) -> Config<Contacts> {
    let mut config = Config::new(&account());
    for number in 0..count {
        let id = AccountId::from_public_key(X25519PublicKey::from_bytes(key(number)));
        let mut contact = Contact::new(id);
        contact.set_nickname(&format!("My friend {number}")).unwrap();
        contact.is_approved = true;
        contact.has_approved_us = true;
        Config::<Contacts>::set(&mut config, &contact);
    }
    config
}

/// What merging a real config costs a new device.
fn cost_of(mut config: Config<Contacts>) -> usize {
    let messages = config.push(NOW).unwrap().messages().to_vec();
    drop(config);
    let (rejected, cost) = peak(|| merge(&mut Config::<Contacts>::new(&account()), &messages));
    assert_eq!(rejected, []);
    cost
}

/// The most that real configs of one stored message cost: 12 000 contacts whose ids are nearly the same.
fn one_message() -> usize {
    static COST: OnceLock<usize> = OnceLock::new();
    let key = |number: u32| {
        let mut key = [0; 32];
        key[28..].copy_from_slice(&number.to_be_bytes());
        key
    };
    *COST.get_or_init(|| cost_of(contacts(12_000, key)))
}

/// The most that real configs of any length cost: nearly 5 MB in parts.
fn many_parts() -> usize {
    static COST: OnceLock<usize> = OnceLock::new();
    let key = |number: u32| Blake2b::new().chain(&number.to_be_bytes()).finalize();
    *COST.get_or_init(|| cost_of(contacts(60_000, key)))
}

fn merge<T: SyncedType>(config: &mut Config<T>, messages: &[Vec<u8>]) -> Vec<Rejection> {
    let incoming: Vec<_> = (0..)
        .zip(messages)
        .map(|(n, message)| Incoming::new(StoredHash::new(format!("{n}")), message))
        .collect();
    let report = config.merge(&incoming, NOW).unwrap();
    report.rejected().iter().map(|(_, rejection)| *rejection).collect()
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [format!("{}:", bytes.len()).as_bytes(), bytes].concat()
}

/// `entries` numbered entries of a dict, each with the value `value`.
fn numbered(entries: u32, value: &[u8]) -> Vec<u8> {
    let mut dict = b"d".to_vec();
    for number in 0..entries {
        dict.extend(string(&number.to_be_bytes()));
        dict.extend_from_slice(value);
    }
    dict.push(b'e');
    dict
}

/// Dicts of one entry in dicts of one entry.
fn chain(depth: usize) -> Vec<u8> {
    [b"d1:a".repeat(depth), b"0:".to_vec(), b"e".repeat(depth)].concat()
}

const STRUCTURES: [&str; 12] = [
    "dicts in dicts",
    "few dicts in dicts",
    "dicts of one entry",
    "contacts of one field",
    "sets of one element",
    "many tiny fields",
    "one large set",
    "diff of dicts",
    "many earlier diffs",
    "a long key above many",
    "unknown keys",
    "one long string",
];

/// A message of revision `seqno` that is all structure.
fn structure(name: &str, seqno: u8) -> Vec<u8> {
    let start = format!("d1:#i{seqno}e").into_bytes();
    let message = |data: &[u8], lagged: &[u8], diff: &[u8]| {
        [&start, b"1:&".as_slice(), data, b"1:<", lagged, b"1:=", diff, b"e"].concat()
    };
    let within = |key: &[u8], value: &[u8]| [b"d", &*string(key), value, b"e"].concat();
    let data: Vec<u8> = match name {
        "dicts in dicts" => numbered(30_000, &chain(26)),
        "few dicts in dicts" => numbered(5_000, &chain(26)),
        "dicts of one entry" => numbered(60_000, b"d1:a0:e"),
        "contacts of one field" => within(b"c", &numbered(60_000, b"d1:a0:e")),
        "sets of one element" => numbered(60_000, b"l0:e"),
        "many tiny fields" => numbered(120_000, b"0:"),
        "one large set" => {
            let elements: String = (100_000..200_000).map(|number| format!("i{number}e")).collect();
            within(b"s", &[b"l", elements.as_bytes(), b"e"].concat())
        }
        "a long key above many" => within(&vec![b'k'; MIB], &numbered(60_000, b"0:")),
        "one long string" => within(b"n", &string(&vec![b'x'; 30 * MIB])),
        "diff of dicts" => return message(b"de", b"le", &numbered(60_000, b"d1:a0:e")),
        "many earlier diffs" => {
            let entry =
                |n| [b"li0e32:", [n; 32].as_slice(), &numbered(600, b"d1:a0:e"), b"e"].concat();
            let entries: Vec<u8> = (0..100).flat_map(entry).collect();
            return message(b"de", &[b"l", &*entries, b"e"].concat(), b"de");
        }
        _ => {
            let key = |n: u32| string(&[b"$", n.to_be_bytes().as_slice()].concat());
            let keys: Vec<u8> = (0..120_000).flat_map(|n| [&*key(n), b"0:"].concat()).collect();
            return [start.as_slice(), &keys, b"1:&de1:<le1:=dee"].concat();
        }
    };
    message(&data, b"le", b"de")
}

fn compressed(body: &[u8]) -> Vec<u8> {
    compression::compress(body).unwrap().to_vec()
}

/// `body` as somebody stores it who has the account's key.
fn stored(body: &[u8]) -> Vec<u8> {
    let key = ConfigKey::of_account(&account().seed());
    key.encrypt(Domain::new("Contacts").unwrap(), &padding::pad(body))
}

/// `body` in parts.
fn in_parts(body: &[u8]) -> Vec<Vec<u8>> {
    let padded = padding::pad(body);
    let whole: [u8; 32] = Blake2b::new().chain(&padded).finalize();
    let chunks = padded.chunks(padded.len().div_ceil(2).min(76_710));
    let count = [u8::try_from(chunks.len()).unwrap()];
    let key = ConfigKey::of_account(&account().seed());
    (0..=u8::MAX)
        .zip(chunks)
        .map(|(index, chunk)| {
            let list = [string(&whole), string(&[index]), string(&count), string(chunk)].concat();
            let part = [b"ml", &*list, b"e"].concat();
            key.encrypt(Domain::new("Contacts").unwrap(), &part)
        })
        .collect()
}

fn signed(signer: &Ed25519Keypair, message: &[u8]) -> Vec<u8> {
    let open = message.strip_suffix(b"e").unwrap();
    let signature = signer.sign(open);
    [open, b"1:~64:", signature.as_bytes(), b"e"].concat()
}

#[test]
fn messages_of_an_account_cost_three_times_a_real_one() {
    let _turn = alone();
    println!("one message {}, many parts {} bytes", one_message(), many_parts());
    for name in STRUCTURES {
        // A string takes its length, however well it compresses: as much as the longest real message.
        let real = if name == "one long string" { many_parts() } else { one_message() };
        let most = 3 * real;
        let message = stored(&compressed(&structure(name, 1)));
        if message.len() > STORED {
            continue;
        }
        for count in [1, 5] {
            let all = vec![message.clone(); count];
            let (_, cost) = peak(|| merge(&mut Config::<Contacts>::new(&account()), &all));
            assert!(cost <= most, "{count} of {name}: {cost} of {most} bytes");
        }
    }
}

/// Revisions that exclude each other are never all in memory.
#[test]
fn messages_in_conflict_cost_three_times_a_real_one() {
    let _turn = alone();
    let most = 3 * many_parts();
    for name in STRUCTURES {
        let all: Vec<_> = (1..=4)
            .map(|seqno| compressed(&structure(name, seqno)))
            .flat_map(
                |body| if body.len() < 70_000 { vec![stored(&body)] } else { in_parts(&body) },
            )
            .collect();
        let mut device = contacts(10, |number| [u8::try_from(number).unwrap(); 32]);
        let (_, cost) = peak(|| merge(&mut device, &all));
        assert!(cost <= most, "{name}: {cost} of {most} bytes");
    }
}

/// A poll of many different messages costs no more than one of a few: they are merged in steps.
#[test]
fn many_messages_cost_as_much_as_a_few() {
    let _turn = alone();
    let cost = |count: u8| {
        let all: Vec<_> = (1..=count)
            .map(|number| {
                let key = string(&[b'a' + number]);
                let data = [b"d", &*key, &numbered(30_000, b"d1:a0:e"), b"e"].concat();
                let message = [b"d1:#i1e1:&", &*data, b"1:<le1:=dee"].concat();
                stored(&compressed(&message))
            })
            .collect();
        peak(|| merge(&mut Config::<Contacts>::new(&account()), &all)).1
    };
    let (few, many) = (cost(5), cost(20));
    assert!(many < few * 2, "5 messages cost {few} bytes, 20 cost {many}");
}

#[test]
fn messages_in_parts_cost_three_times_a_real_one() {
    let _turn = alone();
    let most = 3 * many_parts();
    // A value that does not compress is in front, so that many others are allowed.
    let noise = |n: u32| -> [u8; 32] { Blake2b::new().chain(&n.to_be_bytes()).finalize() };
    let filler = string(&(0..8_000).flat_map(noise).collect::<Vec<_>>());
    for (value, count) in [(b"0:".as_slice(), 1), (b"d1:a0:e", 2), (b"l0:e", 2), (&chain(20), 21)] {
        let data = numbered(u32::try_from(MAX_VALUES).unwrap() / count - 10, value);
        let message = [b"d1:#i1e1:$", &*filler, b"1:&", &data, b"1:<le1:=dee"].concat();
        let parts = in_parts(&compressed(&message));
        assert!(parts.len() > 2);
        let (rejected, cost) = peak(|| merge(&mut Config::<Contacts>::new(&account()), &parts));
        assert!(cost <= most, "{count} each, {rejected:?}: {cost} of {most} bytes");
    }
}

fn group_costs<T: GroupType>(domain: &str, most: usize) {
    let admin = account();
    let stored = |message: &[u8]| {
        group_key().encrypt(Domain::new(domain).unwrap(), &padding::pad(&compressed(message)))
    };
    for name in STRUCTURES {
        let message = structure(name, 1);
        let forged = [message.strip_suffix(b"e").unwrap(), b"1:~64:", &[0; 64], b"e"].concat();
        let forms = [(message.clone(), false), (forged, false), (signed(&admin, &message), true)];
        for (message, is_signed) in forms {
            let stored = stored(&message);
            if stored.len() > STORED {
                continue;
            }
            let authorities = [
                Authority::ReadOnly(admin.public_key().check().unwrap()),
                Authority::Signer(Box::new(admin.clone())),
            ];
            for authority in authorities {
                let mut group = Config::<T>::for_group(authority, [group_key()]);
                let (rejected, cost) = peak(|| merge(&mut group, std::slice::from_ref(&stored)));
                assert!(cost <= most, "{domain}, {name}: {cost} of {most} bytes");
                if !is_signed {
                    // Nothing was built: the message, twice while it is decompressed.
                    let floor = 2 * message.len() + 4 * MIB;
                    assert!(cost <= floor, "{domain}, {name}: {cost} of {floor} bytes");
                    let why = [ParseError::Signature, ParseError::Unsigned];
                    assert!(why.iter().any(|why| rejected == [Rejection::Revision(*why)]));
                }
            }
        }
    }
}

#[test]
fn messages_of_a_group_are_verified_before_they_are_built() {
    let _turn = alone();
    let most = 3 * one_message();
    group_costs::<GroupInfo>("groups::Info", most);
    group_costs::<GroupMembers>("groups::Members", most);
}

#[test]
fn a_bomb_is_not_decompressed() {
    let _turn = alone();
    let bomb = stored(&compressed(&vec![b'0'; compression::MAX_LENGTH + MIB]));
    let (rejected, cost) = peak(|| merge(&mut Config::<Contacts>::new(&account()), &[bomb]));
    assert!(matches!(rejected[..], [Rejection::Compression(_)]));
    assert!(cost < 2 * MIB, "{cost} bytes");
}

/// Values under a key that this version does not know are kept as they are, however many.
#[test]
fn unknown_values_are_not_built() {
    let _turn = alone();
    let message = [b"d1:#i2e1:$l".to_vec(), b"0:".repeat(4 * MIB), b"e1:&de1:<le1:=dee".to_vec()];
    let message = stored(&compressed(&message.concat()));
    let (rejected, cost) = peak(|| merge(&mut Config::<Contacts>::new(&account()), &[message]));
    assert_eq!(rejected, []);
    assert!(cost < 40 * MIB, "{cost} bytes");
}

/// What is refused is not half merged, and what is allowed is read.
#[test]
fn the_bound_is_a_count_of_values() {
    let _turn = alone();
    let message = |entries| [b"d1:#i1e1:&", &*numbered(entries, b"0:"), b"1:<le1:=dee"].concat();
    let body = compressed(&message(40_000));
    let mut device = Config::<Contacts>::new(&account());
    assert_eq!(merge(&mut device, &[stored(&body)]), []);
    assert_eq!(device.data().len(), 40_000);
    let mut device = Config::<Contacts>::new(&account());
    let rejected = merge(&mut device, &[stored(&compressed(&message(1_100_000)))]);
    let reasons: Vec<_> = rejected.iter().map(ToString::to_string).collect();
    assert_eq!(reasons, ["message holds too many values for its length"]);
    assert_eq!((device.seqno(), device.data().len()), (0, 0));
}
