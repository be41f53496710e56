//! How much memory hostile messages take. One test in a program of its own: the system counts the most that the
//! whole process ever had.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use session_config::{
    Config, Contacts, Incoming, StoredHash, compression,
    config::Rejection,
    contacts::Contact,
    encryption::{ConfigKey, Domain},
    padding,
};
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    x25519::X25519PublicKey,
};
use session_identity::{AccountId, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);
const MIB: usize = 1 << 20;

fn account() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]))
}

/// A message as somebody stores it who has the account's key; compressed, it must fit.
fn stored(body: &[u8]) -> Vec<u8> {
    let compressed = compression::compress(body).unwrap();
    let key = ConfigKey::of_account(&account().seed());
    let blob = key.encrypt(Domain::new("Contacts").unwrap(), &padding::pad(&compressed));
    assert!(blob.len() <= 76_800, "{} bytes would not be stored", blob.len());
    blob
}

/// Most memory that the process had so far, in bytes.
fn most() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024
}

/// A message of `length` bytes in which `piece` is repeated between two ends.
fn repeated(start: &[u8], piece: &[u8], length: usize, end: &[u8]) -> Vec<u8> {
    let mut message = start.to_vec();
    let pieces = (length - start.len() - end.len()) / piece.len();
    message.extend(piece.repeat(pieces));
    message.extend_from_slice(end);
    message
}

#[test]
fn hostile_messages_take_bounded_memory() {
    let mut config = Config::<Contacts>::new(&account());
    let id = AccountId::from_public_key(X25519PublicKey::from_bytes([9; 32]));
    config.set(&Contact::new(id));
    let merge = |config: &mut Config<Contacts>, messages: &[Vec<u8>]| {
        let incoming: Vec<_> = (0..)
            .zip(messages)
            .map(|(n, message)| Incoming::new(StoredHash::new(format!("{n}")), message))
            .collect();
        let report = config.merge(&incoming, NOW).unwrap();
        report.rejected().iter().map(|(_, rejection)| *rejection).collect::<Vec<_>>()
    };
    let limit = compression::MAX_LENGTH;

    // A bomb.
    let bomb = stored(&repeated(b"d1:#i1e1:&d1:c", b"0", limit + MIB, b""));
    assert!(matches!(merge(&mut config, &[bomb])[..], [Rejection::Compression(_)]));
    assert!(most() < 120 * MIB, "{} MiB", most() / MIB);
    // Millions of values under a key that nobody knows: kept as they are, since a tree of them would take sixteen
    // times as much.
    let values = repeated(b"d1:#i2e1:$l", b"0:", limit / 4, b"e1:&de1:<le1:=dee");
    assert_eq!(merge(&mut config, &[stored(&values)]), []);
    assert!(most() < 160 * MIB, "{} MiB", most() / MIB);
}
