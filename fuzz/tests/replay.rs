//! Runs every file of every corpus through its target, and every prefix and bit flip of the small ones.

use std::{fs, path::Path};

use session_fuzz::TARGETS;

/// Files up to this size are also replayed truncated and with flipped bits.
const MUTATED_UP_TO: usize = 512;

#[test]
fn corpora_hold_what_the_targets_assert() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in TARGETS {
        let directory = corpora.join(name);
        let seeds = fs::read_dir(&directory).unwrap_or_else(|_| panic!("no corpus for {name}"));
        let mut count = 0;
        for seed in seeds {
            let path = seed.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            println!("{}", path.display());
            target(&bytes);
            mutations(&bytes, *target);
            count += 1;
        }
        assert!(count > 0, "the corpus of {name} is empty");
    }
}

fn mutations(bytes: &[u8], target: fn(&[u8])) {
    if bytes.len() > MUTATED_UP_TO {
        return;
    }
    for length in 0..bytes.len() {
        target(&bytes[..length]);
    }
    for bit in 0..bytes.len() * 8 {
        let mut altered = bytes.to_vec();
        altered[bit / 8] ^= 1 << (bit % 8);
        target(&altered);
    }
}
