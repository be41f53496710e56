//! What decoding costs in memory, at its highest: three times the message at most. The allocator counts the bytes that
//! live; a vector that grows counts twice while it moves.
#![allow(
    clippy::unwrap_used,
    reason = "clippy knows `#[test]` functions, not the helpers beside them"
)]

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::{Mutex, MutexGuard, PoisonError},
};

use peak_alloc::PeakAlloc;
use session_crypto::{
    aead::{XChaCha20Key, XChaCha20Nonce},
    ed25519::{Ed25519Seed, Ed25519Signature},
    rand_core::Rng as _,
    system_rng,
};
use session_envelope::{
    attachment::{
        Purpose,
        io::{decrypt, encrypt_large},
    },
    blinded,
    compression::{DecompressError, compress, decompress},
    direct,
    envelope::{Envelope, EnvelopeKind, ProSignature},
    group::{self, GroupKey},
    message::{self, Source},
    multi_box::MultiBox,
    padding::pad,
    push::PushKey,
};
use session_identity::{
    Account, AccountSeed, GroupId, Timestamp,
    blinding::{Blinded15Keypair, ServerPublicKey},
    id::BlindedId,
    pro::BACKEND_PUBLIC_KEY,
};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What is allowed beyond three times the message: keys, tables of the decompressor, small things.
const SMALL: usize = 12 << 10;
/// The same for messages of thousands of fields of two bytes each: the list of as many as are read, while it grows.
const LIST: usize = 192 << 10;
/// The same where such a list is copied into another.
const TWO_LISTS: usize = 256 << 10;
/// What a file of any length costs.
const FILE: usize = 256 << 10;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn account(number: u8) -> Account {
    Account::from_seed(AccountSeed::from_bytes(&[number; 16]).unwrap())
}

fn server() -> ServerPublicKey {
    "1d7e7f92b1ed3643855c98ecac02fc7274033a3467653f047d6e433540c03f17".parse().unwrap()
}

fn group() -> GroupId {
    "03c853ad0f0cd2b619aea92ceec4fd56a24d6499d584ce79257e45cfd8139b60a7".parse().unwrap()
}

/// Only one test at a time may allocate.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Highest number of bytes that lived meanwhile beyond those that did before.
fn peak_of<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let done = work();
    (MEMORY.peak_usage() - before, done)
}

fn record(number: u32, bytes: &[u8]) -> Vec<u8> {
    let mut record = Vec::new();
    for mut varint in [number << 3 | 2, u32::try_from(bytes.len()).unwrap()] {
        while varint >= 0x80 {
            record.push(varint.to_le_bytes()[0] | 0x80);
            varint >>= 7;
        }
        record.push(varint.to_le_bytes()[0]);
    }
    record.extend_from_slice(bytes);
    record
}

fn noise(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    system_rng().fill_bytes(&mut bytes);
    bytes
}

/// Content with a message of these fields.
fn content(fields: &[Vec<u8>]) -> Vec<u8> {
    record(1, &fields.concat())
}

/// What it costs to read `content` from each source that there is: its name, the length of the message (stored or, if
/// that is more, decompressed), the highest number of bytes, whether it was delivered.
fn costs(content: &[u8]) -> [(&'static str, usize, usize, bool); 4] {
    let rng = &mut system_rng();
    let (alice, bob, server) = (account(1), account(2), server());
    let cost = |stored: &[u8], source| {
        let (cost, message) =
            peak_of(|| message::decode(stored, &bob, source, &BACKEND_PUBLIC_KEY));
        (cost, message.is_ok())
    };

    let signature = ProSignature::Decoy;
    let sealed = direct::seal(content, alice.ed25519(), &bob.id(), NOW, signature, rng).unwrap();
    let direct = cost(&sealed, Source::Account);

    let (group, key) = (group(), GroupKey::from_bytes([7; 32]));
    let signature = Ed25519Signature::decoy(rng);
    let envelope = Envelope::new(EnvelopeKind::Group, NOW, content.to_vec(), signature);
    let framed = group::seal(&envelope, alice.ed25519(), &group, &key, rng).unwrap();
    let keys = std::slice::from_ref(&key);
    let in_group = cost(&framed, Source::Group { group: &group, keys });
    let framed = framed.len().max(envelope.to_bytes().len());

    let post = pad(content);
    let [from, to] =
        [&alice, &bob].map(|account| Blinded15Keypair::derive(account.ed25519(), &server));
    let (signature, author) = (from.sign(&post), from.id().into());
    let source = Source::Community { server: &server, author, signature: &signature, posted: NOW };
    let posted = cost(&post, source);

    let [sender, recipient] = [from.id(), to.id()].map(BlindedId::Blinded15);
    let boxed = blinded::seal(&post, alice.ed25519(), &server, &recipient, rng).unwrap();
    let (sender, recipient) = (&sender, &recipient);
    let in_inbox = cost(&boxed, Source::Inbox { server: &server, sender, recipient, posted: NOW });
    [
        ("direct", sealed.len(), direct.0, direct.1),
        ("group", framed, in_group.0, in_group.1),
        ("post", post.len(), posted.0, posted.1),
        ("inbox", boxed.len(), in_inbox.0, in_inbox.1),
    ]
}

#[test]
fn messages_cost_three_times_their_length() {
    let _alone = alone();
    let hello = record(1, b"hello");
    let file = |length| [vec![9, 0, 0, 0, 0, 0, 0, 0, 1], record(1000, &noise(length))].concat();
    for length in [0, 1 << 10, 10 << 10, 74 << 10] {
        let contents = [
            // A field of the future, in the message and in the content: it is kept.
            content(&[hello.clone(), record(1000, &noise(length))]),
            [content(std::slice::from_ref(&hello)), record(1000, &noise(length))].concat(),
            content(&[record(1, "ä".repeat(length.clamp(1, 4_000)).as_bytes())]),
            content(&[hello.clone(), record(2, &file(length / 32)).repeat(32)]),
        ];
        for content in contents {
            for (name, message, cost, delivered) in costs(&content) {
                assert!(delivered, "{name} of {message}");
                assert!(cost <= 3 * message + SMALL, "{name} of {message} bytes: {cost}");
            }
        }
    }
}

#[test]
fn hostile_messages_cost_no_more() {
    let _alone = alone();
    let many = |number| record(number, b"").repeat(37_000);
    let few = |number| record(number, b"").repeat(4_000);
    let receipt = |list: Vec<u8>| record(5, &[vec![8, 1], list].concat());
    // A length of four gigabytes, and one of 2^63.
    let lies =
        [b"\x0a\xff\xff\xff\xff\x0f".as_slice(), b"\x0a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"];
    for (hostile, allowed) in [
        (many(1), SMALL),
        (few(1), LIST),
        (content(&[many(2)]), SMALL),
        (content(&[few(2)]), LIST),
        (content(&[many(11)]), SMALL),
        (receipt(record(2, &[1; 74_000])), SMALL),
        (receipt(record(3, &[1; 74_000])), LIST),
        (record(3, &[vec![8, 1], record(3, &[1; 74_000])].concat()), SMALL),
        (record(1000, b"").repeat(18_000), SMALL),
        (lies[0].to_vec(), SMALL),
        (lies[1].to_vec(), SMALL),
        (content(&[lies[0].to_vec()]), SMALL),
    ] {
        for (name, message, cost, delivered) in costs(&hostile) {
            assert!(!delivered, "{name} of {message}");
            assert!(cost <= 3 * message + allowed, "{name} of {message} bytes: {cost}");
        }
    }
}

/// Every message of the schema filled with as many of each of its fields as are read, empty and of one byte; the frame of
/// a group compresses them.
#[test]
fn no_field_of_any_message_costs_more() {
    let _alone = alone();
    let data = |number: u32, inner: &[u8]| content(&[record(1, b"a"), record(number, inner)]);
    let group = |number: u32, inner: &[u8]| content(&[record(120, &record(number, inner))]);
    let mut hostile = Vec::new();
    for value in [b"".as_slice(), b"a"] {
        let filled = |number| record(number, value).repeat(4_000);
        for number in [1, 3, 5, 6, 8, 9, 10, 16] {
            hostile.extend((1..=5).map(|field| record(number, &filled(field))));
        }
        for number in [1, 2, 6, 8, 10, 11, 101, 102, 104, 105, 120] {
            hostile.push(content(&[filled(number)]));
        }
        for number in [2, 8, 10, 11, 101, 102, 104] {
            hostile.extend((1..=4).map(|field| data(number, &filled(field))));
        }
        hostile.extend((1..=8).flat_map(|number| {
            let filled = &filled;
            (1..=3).map(move |field| group(number, &filled(field)))
        }));
    }
    // Names that are no UTF-8 are repaired in a copy.
    hostile.push(data(101, &record(1, &[0xff; 30_000])));
    hostile.push(data(2, &record(7, &[0xff; 30_000])));
    hostile.push(data(102, &record(3, b"\xff").repeat(4_000)));
    for content in hostile {
        for (name, message, cost, _) in costs(&content) {
            let start = content.iter().take(12).collect::<Vec<_>>();
            assert!(cost <= 3 * message + TWO_LISTS, "{name} of {message} bytes: {cost} {start:?}");
        }
    }
}

/// What the frame of a group holds beside the message, by a sender who has the key.
#[test]
fn frames_of_nested_values_cost_no_more() {
    let _alone = alone();
    let (group, key) = (group(), GroupKey::from_bytes([7; 32]));
    for (open, close) in
        [("l", "e"), ("d0:", "e"), ("d1:a", "e"), ("0:", ""), ("i0e", ""), ("le", "")]
    {
        for depth in [1, 10, 100, 30_000] {
            let value = format!("l{}{}e", open.repeat(depth), close.repeat(depth));
            let dict = format!("d0:i1e1:a32:{}1:b{value}1:d1:ae", "a".repeat(32));
            let nonce = XChaCha20Nonce::generate(&mut system_rng());
            let sealed = XChaCha20Key::from_bytes([7; 32]).encrypt(&nonce, dict.as_bytes());
            let stored = [nonce.as_bytes().as_slice(), &sealed].concat();
            let (cost, opened) =
                peak_of(|| group::open(&stored, &group, std::slice::from_ref(&key)).is_ok());
            assert!(!opened, "{open} {depth}");
            assert!(cost <= 3 * stored.len() + SMALL, "{open} {depth}: {cost}");
        }
    }
}

/// A list of entries is the cheapest to write of what a box for several recipients holds.
#[test]
fn boxes_of_many_entries_cost_what_their_limit_allows() {
    let _alone = alone();
    let nonce = "n".repeat(24);
    for (entries, read) in [(4_096, true), (4_097, false), (38_000, false)] {
        for entry in ["0:", "1:a"] {
            let bytes = format!("d1:#24:{nonce}1:el{}ee", entry.repeat(entries));
            let (cost, opened) = peak_of(|| MultiBox::from_bytes(bytes.as_bytes()));
            assert_eq!(opened.is_ok(), read, "{entries}");
            assert!(cost <= 3 * bytes.len() + LIST, "{entries}: {cost}");
        }
    }
}

/// Nearly a megabyte of zeros in a frame of a hundred bytes counts as what it is; more ends at the limit.
#[test]
fn bombs_cost_what_the_limit_allows() {
    let _alone = alone();
    let (group, key, rng) = (group(), GroupKey::from_bytes([7; 32]), &mut system_rng());
    let content = content(&[record(1, b"hello"), record(1000, &[0; 999_000])]);
    let length = content.len();
    let envelope = Envelope::new(EnvelopeKind::Group, NOW, content, Ed25519Signature::decoy(rng));
    let bomb = group::seal(&envelope, account(1).ed25519(), &group, &key, rng).unwrap();
    assert!(bomb.len() < 1_024);
    let (cost, opened) = peak_of(|| group::decode(&bomb, &group, std::slice::from_ref(&key)));
    assert!(opened.is_ok());
    assert!(cost <= 3 * length + LIST, "{cost}");

    // Blocks that repeat a byte 131 072 times, in a window of 2 MiB.
    let bomb = [b"\x28\xb5\x2f\xfd\x00\x58".as_slice(), &[2, 0, 16, 0].repeat(10_000)].concat();
    let limit = 1_000_000;
    let (cost, error) = peak_of(|| decompress(&bomb, limit));
    assert_eq!(error, Err(DecompressError::TooLong { limit }));
    assert!(cost <= 3 * (2 << 20) + LIST, "{cost}");
}

/// Tables grow with the content, and the longest frame is made room for. Most of it are the repetitions of a block, so
/// that long contents cost less.
#[test]
fn compression_costs_what_the_content_allows() {
    let _alone = alone();
    for length in [0, 1, 100, 1 << 10, 10 << 10, 74 << 10, 1 << 20] {
        let noise = noise(length);
        let sixteen: Vec<u8> = noise.iter().map(|byte| byte & 0x0f).collect();
        let entries = noise.chunks(32).flat_map(|id| [b"33:\x05", id, b"d1:n6:friende"].concat());
        let entries: Vec<u8> = entries.take(length).collect();
        // Repetitions of the shortest length, as many as can be.
        let pairs: Vec<u8> = sixteen.iter().flat_map(|byte| [*byte; 4]).take(length).collect();
        for content in [noise, sixteen, entries, pairs, vec![7; length]] {
            let (cost, frame) = peak_of(|| compress(&content));
            let times = if length < 1 << 20 { 8 } else { 3 };
            assert!(cost <= times * length + SMALL, "{length} bytes: {cost}");
            assert!(frame.capacity() <= frame.len() + 8, "nothing is left over");
        }
    }
}

#[test]
fn push_payloads_cost_three_times_their_length() {
    let _alone = alone();
    let description = format!(r#"{{"@":"{}","n":0}}"#, account(1).id());
    let description = format!("{}:{description}", description.len());
    for length in [1 << 10, 10 << 10, 74 << 10, 1 << 20] {
        let message = [format!("{length}:").into_bytes(), noise(length)].concat();
        let honest = [b"l", description.as_bytes(), &message, b"e"].concat();
        let lying = [b"l", description.as_bytes(), b"4294967295:", &noise(length), b"e"].concat();
        let hash = format!(r##"{{"@":"05","#":"{}"}}"##, "x".repeat(length));
        let long_hash = format!("l{}:{hash}e", hash.len()).into_bytes();
        let text = |json: String| format!("l{}:{json}e", json.len()).into_bytes();
        let odd = |value: &str| text(format!(r#"{{"@":"05","x":[{value}0]}}"#));
        let (lists, fields) =
            (odd(&"[],".repeat(length / 3)), odd(&"{\"a\":0},".repeat(length / 8)));
        let twice = text(format!("{{{}\"@\":\"05\"}}", r##""#":"ab","##.repeat(length / 9)));
        for (plaintext, opens) in [
            (honest, true),
            (lying, false),
            (long_hash, false),
            (lists, false),
            (fields, false),
            (twice, false),
        ] {
            let nonce = XChaCha20Nonce::generate(&mut system_rng());
            let ciphertext = XChaCha20Key::from_bytes([7; 32]).encrypt(&nonce, &plaintext);
            let payload = [nonce.as_bytes().as_slice(), &ciphertext].concat();
            let (cost, opened) = peak_of(|| PushKey::from_bytes([7; 32]).open(&payload));
            assert_eq!(opened.is_ok(), opens);
            assert!(cost <= 3 * payload.len() + SMALL, "{} bytes: {cost}", payload.len());
        }
    }
}

/// A file of zeros that takes no memory.
struct Zeros {
    length: u64,
    position: u64,
}

impl Read for Zeros {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = io::repeat(0).take(self.length - self.position).read(buffer)?;
        self.position += u64::try_from(count).unwrap();
        Ok(count)
    }
}

impl Seek for Zeros {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = match to {
            SeekFrom::Start(position) => position,
            SeekFrom::Current(0) => self.position,
            _ => return Err(io::ErrorKind::Unsupported.into()),
        };
        Ok(self.position)
    }
}

#[test]
fn files_cost_the_same_whatever_their_length() {
    let _alone = alone();
    let seed = Ed25519Seed::from_bytes([7; 32]);
    for length in [1 << 20, 16 << 20, 256 << 20] {
        let mut content = Zeros { length, position: 0 };
        // Room for the padding too: the file itself is not what is measured.
        let mut file = Vec::with_capacity(usize::try_from(length / 8 * 9).unwrap());
        let room = file.capacity();
        let (cost, key) =
            peak_of(|| encrypt_large(&mut content, &mut file, &seed, Purpose::Attachment));
        assert_eq!(file.capacity(), room);
        assert!(cost <= FILE, "encryption of {length} bytes: {cost}");
        let key = key.unwrap();
        let (cost, done) = peak_of(|| decrypt(&mut file.as_slice(), &mut io::sink(), &key));
        done.unwrap();
        assert!(cost <= FILE, "decryption of {length} bytes: {cost}");
    }
}
