//! What the key messages and the dump of a group cost in memory, at their highest: a multiple of their length.
#![allow(
    clippy::unwrap_used,
    reason = "clippy knows `#[test]` functions, not the helpers beside them"
)]

use peak_alloc::PeakAlloc;
use session_config::StoredHash;
use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};
use session_groups::{KeyStore, keys::MAX_MESSAGE_LENGTH};
use session_identity::{Account, AccountSeed, GroupId, Timestamp};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

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
