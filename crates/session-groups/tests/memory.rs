//! What the messages and the dump of a group cost in memory, at their highest: a multiple of their length.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "clippy knows `#[test]` functions, not the helpers beside them"
)]

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use peak_alloc::PeakAlloc;
use session_config::{StoredHash, compression, encryption::Domain, padding};
use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};
use session_envelope::{content::Content, envelope::ProSignature, group};
use session_groups::{Event, Group, KeyStore, keys::MAX_MESSAGE_LENGTH, members::History};
use session_identity::{Account, AccountId, AccountSeed, GroupId, Timestamp};
use session_swarm::{
    answer::{Answer, Response, RetrieveAnswer, StoredMessage},
    hard_fork::HardFork,
    limits::MAX_TTL,
    message_hash::MessageHash,
    namespace::Namespace,
    request::Request,
};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// One test at a time: all memory counts.
static TURN: Mutex<()> = Mutex::new(());

/// What is allowed beyond the multiple: keys and small things.
const SMALL: usize = 16 << 10;
/// Bytes of memory for each byte of a message.
const MULTIPLE: usize = 8;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn group() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]))
}

fn store() -> KeyStore {
    let account = Account::from_seed(AccountSeed::from_bytes(&[1; 16]).unwrap());
    KeyStore::new(&GroupId::from_public_key(group().public_key()), account.x25519()).unwrap()
}

/// `start`, as many of `entry` as fit, `end`; signed by the group.
fn signed(start: &[u8], entry: &[u8], end: &[u8]) -> Vec<u8> {
    let mut message = start.to_vec();
    while message.len() + entry.len() + end.len() + 71 <= MAX_MESSAGE_LENGTH {
        message.extend_from_slice(entry);
    }
    message.extend_from_slice(end);
    let signature = group().sign(&message);
    message.extend_from_slice(b"1:~64:");
    message.extend_from_slice(signature.as_bytes());
    message.push(b'e');
    message
}

#[test]
fn key_messages_and_dumps_cost_a_multiple_of_their_length() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let nonce = [b"d1:#24:".as_slice(), &[9; 24]].concat();
    let rekey = [nonce.as_slice(), b"1:Gi0e1:K48:", &[8; 48], b"1:kl"].concat();
    let copy = [b"48:".as_slice(), &[7; 48]].concat();
    let boxed = [b"68:".as_slice(), &[7; 68]].concat();
    let supplement = [nonce.as_slice(), b"1:+l"].concat();
    let messages = [
        signed(&rekey, &copy, b"e"),
        signed(&rekey, b"0:", b"e"),
        signed(&rekey, b"le", b"e"),
        signed(&supplement, &boxed, b"e1:Gi0e"),
        signed(&supplement, b"0:", b"e1:Gi0e"),
        signed(&nonce, b"l", b""),
        signed(b"d1:Al", b"li0ee", b"e1:Lle"),
        signed(b"d1:Ali0e", b"1:a", b"ee1:Lle"),
    ];
    for (number, message) in messages.iter().enumerate() {
        let mut store = store();
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        // Taken or refused: both cost.
        let loaded = store.load_message(message, StoredHash::new("h"), NOW).is_ok();
        let restored = store.restore(message).is_ok();
        let cost = MEMORY.peak_usage() - before;
        assert!(cost <= MULTIPLE * message.len() + SMALL, "{number}: {cost} {loaded} {restored}");
        assert_eq!(loaded, [0, 3].contains(&number), "{number}");
    }
}

/// Most bytes of one message in a swarm.
const STORED: usize = 76_800;
/// Bytes of memory for each byte of what a node hands out or the disk holds.
const POLLED: usize = 6;

fn id(number: u16) -> AccountId {
    let mut bytes = [5; 33];
    bytes[1..3].copy_from_slice(&number.to_le_bytes());
    AccountId::from_bytes(bytes).unwrap()
}

fn account(number: u8) -> Account {
    Account::from_seed(AccountSeed::from_bytes(&[number; 16]).unwrap())
}

/// An admin's group, whose first key is stored.
fn admins_group() -> Group {
    let mut rng = session_crypto::system_rng();
    let mut group = Group::create(&account(1), "Group", &[], NOW, &mut rng).unwrap();
    let message = group.keys().pending().unwrap().message().to_vec();
    poll(&mut group, Namespace::GROUP_KEYS, vec![message]);
    group
}

/// Takes a page of a node with these messages; returns how long they are, and what that cost at its highest.
fn poll(group: &mut Group, namespace: Namespace, messages: Vec<Vec<u8>>) -> (usize, usize) {
    let address = group.id().into();
    let node = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([9; 32])).public_key();
    let poll = group.poll(node, NOW).unwrap();
    let Request::Batch(batch) = poll.request() else { panic!("no batch") };
    let length = messages.iter().map(Vec::len).sum();
    let stored = |data: Vec<u8>| {
        let hash = MessageHash::of(&address, namespace, &data);
        StoredMessage::new(hash, NOW, NOW.checked_add(MAX_TTL).unwrap(), data)
    };
    let mut page: Vec<_> = messages.into_iter().map(stored).collect();
    let results = batch.requests().iter().map(|request| {
        let asked = match request {
            Request::Retrieve(retrieve) if retrieve.namespace() == namespace => {
                std::mem::take(&mut page)
            }
            _ => Vec::new(),
        };
        let answer = Answer::Retrieve(RetrieveAnswer::new(asked, false));
        Response::answer(answer, NOW, HardFork::TIMELESS_HASH)
    });
    let results = results.collect();
    let response = Response::answer(Answer::Batch(results), NOW, HardFork::TIMELESS_HASH);
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    group.handle_poll(&poll, &response, NOW).unwrap();
    (length, MEMORY.peak_usage() - before)
}

#[test]
fn pages_of_a_node_cost_a_multiple_of_their_length() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let nested = |open: &[u8], close: u8| {
        let mut data = open.repeat(STORED / (open.len() + 1));
        data.resize(data.len() + STORED / (open.len() + 1), close);
        data
    };
    let tiny = |number: usize| {
        let mut data = number.to_le_bytes().to_vec();
        data.resize(40, 0);
        data
    };
    let namespaces = [
        Namespace::REVOKED_RETRIEVABLE,
        Namespace::GROUP_KEYS,
        Namespace::GROUP_INFO,
        Namespace::GROUP_MEMBERS,
        Namespace::GROUP_MESSAGES,
    ];
    for namespace in namespaces {
        let pages = [
            (0..2_000).map(tiny).collect(),
            (0..20).map(|number| vec![number; STORED]).collect(),
            vec![nested(b"l", b'e'), nested(b"d1:a", b'e'), nested(b"0:", b'0')],
            vec![[b"d1:#24:".as_slice(), &[9; 24], b"1:el", &b"0:".repeat(38_000), b"ee"].concat()],
        ];
        for (number, messages) in pages.into_iter().enumerate() {
            let mut group = admins_group();
            let count = messages.len();
            let (length, cost) = poll(&mut group, namespace, messages);
            // What is remembered of a message beside its bytes.
            let most = POLLED * length + 512 * count + 4 * SMALL;
            assert!(cost <= most, "{namespace} {number}: {cost} of {length}");
        }
    }
}

/// The content of a text that is longer than any sender may write.
fn long_text(length: usize, sent_at: Timestamp) -> Vec<u8> {
    let short = Content::text("a").unwrap().encode(sent_at);
    let (message, rest) = short[2..].split_at(usize::from(short[1]));
    let field = |bytes: &[u8]| {
        let length = bytes.len();
        let digits = [length | 128, length >> 7 | 128, length >> 14].map(|it| it.to_le_bytes()[0]);
        [b"\x0a", digits.as_slice(), bytes].concat()
    };
    // The body is the first field of the message, which is the first of the content.
    assert_eq!((short[0], &message[..3]), (0x0a, b"\x0a\x01a".as_slice()));
    let body = field(&vec![b'a'; length]);
    [field(&[&body, &message[3..]].concat()), rest.to_vec()].concat()
}

/// A member writes messages that are a thousand times as long when they are decompressed. They are told of in portions:
/// the rest waits as it is stored, also across a restart, and none is lost.
#[test]
fn what_decompresses_is_told_in_portions() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let count = 200;
    let mut group = admins_group();
    let key = group.keys().encryption_key().unwrap().clone();
    let mut rng = session_crypto::system_rng();
    let messages: Vec<_> = (0..count)
        .map(|number| {
            let sent_at = NOW.checked_add(Duration::from_millis(number)).unwrap();
            let content = long_text(900_000, sent_at);
            let envelope =
                group::envelope(&content, sent_at, ProSignature::Decoy, &mut rng).unwrap();
            let id = group.id();
            group::seal(&envelope, account(1).ed25519(), &id, &key, &mut rng).unwrap()
        })
        .collect();
    let mut told = 0;
    let mut page = messages;
    for round in 0.. {
        let (_, cost) = poll(&mut group, Namespace::GROUP_MESSAGES, std::mem::take(&mut page));
        assert!(cost < 40 << 20, "{cost} in round {round}");
        let before = told;
        while let Some(event) = group.poll_event() {
            told += u64::from(matches!(event, Event::Message(_)));
        }
        if told == before {
            break;
        }
        let dump = group.dump(NOW);
        group = Group::load(&account(1), group.entry().unwrap(), &dump, NOW).unwrap();
    }
    assert_eq!(told, count);
}

/// What waits for a key is the most that a group holds.
#[test]
fn dumps_of_groups_cost_a_multiple_of_their_length() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for length in [40, 1_000, STORED] {
        let mut group = admins_group();
        let waiting = (0..4_000_000 / length).map(|number| {
            let mut data = number.to_le_bytes().to_vec();
            data.resize(length, 0);
            data
        });
        poll(&mut group, Namespace::GROUP_MESSAGES, waiting.take(5_000).collect());
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let dump = group.dump(NOW);
        let cost = MEMORY.peak_usage() - before;
        assert!(cost <= 4 * dump.len() + SMALL, "{length}: {cost} of {}", dump.len());
        let entry = group.entry().unwrap();
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let loaded = Group::load(&account(1), entry, &dump, NOW).unwrap();
        let cost = MEMORY.peak_usage() - before;
        assert!(!loaded.keys().is_empty());
        assert!(cost <= POLLED * dump.len() + 4 * SMALL, "{length}: {cost} of {}", dump.len());
    }
}

/// Notices of removal, whoever wrote them, and lists of people who are invited.
#[test]
fn notices_and_invitations_cost_a_multiple_of_their_length() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut group = admins_group();
    let many: Vec<_> = (0..99).map(id).collect();
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    group.invite(&many, History::Hidden, NOW).unwrap();
    let cost = MEMORY.peak_usage() - before;
    assert!(cost <= 64 * 33 * many.len() + SMALL, "{cost}");
    let keys = group.keys().clone();
    for entry in [&b"0:"[..], &b"16:0123456789abcdef"[..], &b"1:x"[..]] {
        let entries = entry.repeat((STORED - 64) / entry.len());
        let notice = [b"d1:#24:".as_slice(), &[9; 24], b"1:el", &entries, b"ee"].concat();
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let verdict = keys.is_kicked_by(&notice, account(2).x25519());
        let cost = MEMORY.peak_usage() - before;
        assert_ne!(verdict, Ok(true));
        assert!(cost <= MULTIPLE * notice.len() + SMALL, "{cost} of {}", notice.len());
    }
}

/// Bytes of memory for each byte of the longest stored message, for one config message that an admin signed.
const SIGNED: usize = 900;
/// A page of them costs as much as this number, because they are merged in steps (07 §4.2).
const AT_ONCE: usize = 3;

/// A config message of a revision, with these data, as an admin with the group's secret can make it.
fn signed_config(group: &Group, domain: &str, revision: usize, data: &[u8]) -> Vec<u8> {
    let mut message = format!("d1:#i{revision}e1:&").into_bytes();
    message.extend_from_slice(data);
    message.extend_from_slice(b"1:<le1:=de");
    let seed = group.entry().unwrap().seed().unwrap().clone();
    let signature = Ed25519Keypair::from_seed(seed).sign(&message);
    message.extend_from_slice(b"1:~64:");
    message.extend_from_slice(signature.as_bytes());
    message.push(b'e');
    let compressed = compression::compress(&message).map_or(message, |bytes| bytes.to_vec());
    let key = group.keys().config_keys().next().unwrap();
    key.encrypt(Domain::new(domain).unwrap(), &padding::pad(&compressed))
}

/// `count` entries of a dict, with keys of `length` bytes.
fn entries(count: u32, length: usize, value: &[u8]) -> Vec<u8> {
    let mut dict = b"d".to_vec();
    for number in 0..count {
        let mut key = vec![5; length];
        key[length - 4..].copy_from_slice(&number.to_be_bytes());
        dict.extend_from_slice(format!("{length}:").as_bytes());
        dict.extend_from_slice(&key);
        dict.extend_from_slice(value);
    }
    dict.push(b'e');
    dict
}

fn chain(depth: usize, open: &[u8], end: &[u8]) -> Vec<u8> {
    let opened = open.repeat(depth);
    let closed = b"e".repeat(depth);
    [b"d1:x".as_slice(), &opened, end, &closed, b"e"].concat()
}

/// What an admin signed is hostile too: deep, wide and compressed, several in one page.
#[test]
fn configs_that_an_admin_signed_cost_a_multiple_of_their_length() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let members =
        |count, value: &[u8]| [b"d1:m".as_slice(), &entries(count, 33, value), b"e"].concat();
    let datas = [
        chain(60_000, b"d1:a", b"i1e"),
        chain(400_000, b"d1:a", b"i1e"),
        chain(400_000, b"l", b""),
        entries(9_000, 4, b"i1e"),
        entries(30_000, 4, b"0:"),
        entries(60_000, 4, b"d1:ai1ee"),
        entries(100_000, 4, b"li1ee"),
        members(2_000, b"d1:n0:e"),
        members(60_000, b"d1:n0:e"),
        members(1, &entries(200_000, 4, b"0:")),
        [b"d1:n1000000:".as_slice(), &vec![b'n'; 1_000_000], b"e"].concat(),
    ];
    for (domain, namespace) in
        [("groups::Info", Namespace::GROUP_INFO), ("groups::Members", Namespace::GROUP_MEMBERS)]
    {
        for (number, data) in datas.iter().enumerate() {
            for (count, most) in [(1, 1), (6, AT_ONCE)] {
                let mut group = admins_group();
                let messages: Vec<_> = (5..5 + count)
                    .map(|revision| signed_config(&group, domain, revision, data))
                    .filter(|message| message.len() <= STORED)
                    .collect();
                let (length, cost) = poll(&mut group, namespace, messages);
                let most = most * SIGNED * STORED;
                assert!(cost <= most, "{domain} {number}: {cost} of {length}");
            }
        }
    }
}

/// Full pages of key messages that an admin signed, for a member who is in none of them, or in the last.
#[test]
fn pages_of_signed_key_messages_cost_a_multiple_of_their_length() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let nonce = |number: u8| [b"d1:#24:".as_slice(), &[number; 24]].concat();
    let copy = [b"48:".as_slice(), &[7; 48]].concat();
    let boxed = [b"68:".as_slice(), &[7; 68]].concat();
    let pages: [Vec<Vec<u8>>; 2] = [
        (0..20)
            .map(|number| {
                let start = [&nonce(number), b"1:Gi0e1:K48:".as_slice(), &[8; 48], b"1:kl"];
                signed(&start.concat(), &copy, b"e")
            })
            .collect(),
        (0..20)
            .map(|number| {
                let start = [&nonce(number), b"1:+l".as_slice()];
                signed(&start.concat(), &boxed, b"e1:Gi0e")
            })
            .collect(),
    ];
    for page in pages {
        let mut keys = store();
        let length: usize = page.iter().map(Vec::len).sum();
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        for (number, message) in page.iter().enumerate() {
            let name = StoredHash::new(number.to_string());
            assert!(keys.load_message(message, name, NOW).is_ok());
        }
        let cost = MEMORY.peak_usage() - before;
        // One at a time, and nothing of them stays.
        assert!(cost <= length / 20 * MULTIPLE + SMALL, "{cost} of {length}");
    }
}
