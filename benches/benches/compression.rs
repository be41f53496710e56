//! Our zstd encoder beside libzstd and the encoder of `ruzstd`, by turns: the length of the frame and the least time.
//! libzstd reads each of our frames. `cargo bench --bench compression`.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use session_config::{Config, Contacts, contacts::Contact};
use session_crypto::{
    blake2b::Blake2b,
    ed25519::{Ed25519Keypair, Ed25519Seed},
    x25519::X25519PublicKey,
};
use session_envelope::compression::{compress, decompress};
use session_identity::{AccountId, Timestamp};

/// How long the turns of one line go on.
const PATIENCE: Duration = Duration::from_secs(2);

fn main() {
    println!("| content | bytes | ours | ruzstd | libzstd 1 | libzstd 3 | read by ruzstd |");
    println!("|---|---|---|---|---|---|---|");
    for (name, has_names) in [("contacts", false), ("contacts with own names", true)] {
        for count in [10, 100, 1_000, 10_000] {
            line(&format!("{count} {name}"), &contacts(count, has_names));
        }
    }
    let text = include_bytes!("../../docs/protocol/07-config.md");
    line("300 bytes of English", &text[..300]);
    line("73 KB of English", &text[..73_000]);
}

/// The dump of a config of contacts.
fn contacts(count: u32, has_names: bool) -> Vec<u8> {
    let account = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]));
    let mut config = Config::<Contacts>::new(&account);
    for number in 0..count {
        let key: [u8; 32] = Blake2b::new().chain(&number.to_be_bytes()).finalize();
        let id = AccountId::from_public_key(X25519PublicKey::from_bytes(key));
        let mut contact = Contact::new(id);
        contact.set_name("My friend");
        contact.is_approved = true;
        if has_names {
            contact.set_name(&format!("Friend number {number}"));
            let nickname = format!("Nick{}", number * 7_919 % 1_000);
            contact.set_nickname(&nickname).expect("short");
            contact.is_blocked = number % 17 == 0;
            contact.is_approved = number % 3 != 0;
        }
        contact.has_approved_us = true;
        Config::<Contacts>::set(&mut config, &contact);
    }
    config.dump(Timestamp::from_millis(1_738_000_000_000)).to_vec()
}

fn line(name: &str, content: &[u8]) {
    let frame = compress(content);
    let read = zstd::bulk::decompress(&frame, content.len()).expect("a frame that libzstd reads");
    assert_eq!(read, content);

    let theirs = |level| zstd::bulk::compress(content, level).expect("libzstd compresses");
    let fastest = || compress_to_vec(content, CompressionLevel::Fastest);
    let mut ways: [(usize, &mut dyn FnMut()); 5] = [
        (frame.len(), &mut || _ = black_box(compress(content))),
        (fastest().len(), &mut || _ = black_box(fastest())),
        (theirs(1).len(), &mut || _ = black_box(theirs(1))),
        (theirs(3).len(), &mut || _ = black_box(theirs(3))),
        (content.len(), &mut || _ = black_box(decompress(&frame, content.len()))),
    ];
    let mut least = [Duration::MAX; 5];
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        for ((_, way), least) in ways.iter_mut().zip(&mut least) {
            let start = Instant::now();
            way();
            *least = (*least).min(start.elapsed());
        }
    }
    let cells = ways
        .iter()
        .zip(least)
        .map(|((length, _), time)| format!(" {length} in {:.0} µs |", time.as_secs_f64() * 1e6));
    println!("| {name} | {} |{}", content.len(), cells.collect::<String>());
}
