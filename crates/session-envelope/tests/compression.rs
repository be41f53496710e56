//! Frames of the encoder: what the decoder makes of them, how long they are, and what kinds of blocks they have.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do"
)]

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};
use session_envelope::compression::{compress, decompress};

/// Longest block.
const BLOCK: usize = 128 << 10;

/// Bytes in which nothing repeats.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// Bytes of a few values, which follow each other at random.
fn letters(length: usize, alphabet: &[u8]) -> Vec<u8> {
    noise(length).iter().map(|byte| alphabet[usize::from(*byte) % alphabet.len()]).collect()
}

/// Words of six letters at random out of a hundred.
fn words(count: usize) -> Vec<u8> {
    let (list, choices) = (noise(600), noise(count));
    let word = |number: &u8| list.chunks(6).nth(usize::from(number % 100)).unwrap_or_default();
    choices.iter().flat_map(word).copied().collect()
}

/// A config of this many entries, as bencoding.
fn config(entries: usize) -> Vec<u8> {
    let ids = noise(32 * entries);
    let mut config = b"d1:cd".to_vec();
    for (number, id) in ids.chunks(32).enumerate() {
        config.extend(b"33:\x05");
        config.extend(id);
        let name = format!("My friend {number}");
        config.extend(format!("d1:Ai1e1:ai1e1:n{}:{name}e", name.len()).bytes());
    }
    [config, b"ee".to_vec()].concat()
}

/// Frame header and blocks as they are: no block is longer than that.
fn longest_frame(length: usize) -> usize {
    let size = match length {
        0..=255 => 1,
        256..=65_791 => 2,
        _ => 8,
    };
    5 + size + 3 * length.div_ceil(BLOCK).max(1) + length
}

/// Compresses and checks what must hold of every frame.
fn frame(content: &[u8]) -> Vec<u8> {
    let frame = compress(content);
    assert_eq!(decompress(&frame, content.len()).as_deref(), Ok(content));
    assert_eq!(frame, compress(content), "a frame depends on its content alone");
    assert!(frame.len() <= longest_frame(content.len()), "{} of {}", frame.len(), content.len());
    frame
}

#[test]
fn every_length_and_kind_of_content_comes_back() {
    let around = |length: usize| length - 1..=length + 1;
    let lengths = (0..40)
        .chain(250..260)
        .chain([4_095, 4_096, 65_535, 65_536, 65_790, 65_791, 65_792])
        .chain([around(1023), around(1024), around(16_384), around(32_768)].into_iter().flatten())
        .chain([around(BLOCK), around(2 * BLOCK)].into_iter().flatten());
    for length in lengths {
        let mut text = config(length / 60 + 1);
        text.truncate(length);
        let mixed = [noise(length / 2), vec![7; length - length / 2]].concat();
        for content in [vec![7; length], noise(length), letters(length, b"ab"), text, mixed] {
            frame(&content);
        }
    }
}

#[test]
fn far_and_long_repetitions_are_found() {
    let once = noise(300_000);
    let twice = once.repeat(2);
    let frame = frame(&twice);
    assert!(frame.len() < longest_frame(once.len()) + 50, "{}", frame.len());

    // Longer than a match can be.
    for length in [65_538, 65_539, 65_540, 131_073, 500_000] {
        let run = [noise(100), vec![7; length]].concat();
        assert!(self::frame(&run).len() < 150, "{length}");
    }
}

#[test]
fn contents_become_as_short_as_they_must() {
    // What the C library needs at level 1, of which 5 % more are allowed, and the lengths that are below it.
    for (entries, allowed) in [(10, 500), (100, 4_400), (1_000, 42_000)] {
        let config = config(entries);
        let length = frame(&config).len();
        assert!(length <= allowed, "{length} of {} bytes", config.len());
    }
}

/// Two blocks of noise, then one of repetitions of four bytes from either of them in turn: as many as can be.
fn alternating() -> Vec<u8> {
    let mut content = noise(2 * BLOCK);
    let distances = [2 * BLOCK, BLOCK];
    let far = distances.iter().map(|distance| (40, *distance));
    for (length, distance) in far.chain((4..BLOCK / 4 - 20).map(|n| (4, distances[n % 2]))) {
        let from = content.len() - distance;
        content.extend_from_within(from..from + length);
    }
    content
}

/// A block of noise without the letter z, then its pieces of equal length with a z before each.
fn pieces_after_a_letter() -> Vec<u8> {
    let mut content = noise(BLOCK);
    content.iter_mut().filter(|byte| **byte == b'z').for_each(|byte| *byte = 0);
    for number in 0..100 {
        content.push(b'z');
        content.extend_from_within(number * 40..(number + 1) * 40);
    }
    content
}

/// Repeated distances pass from block to block.
#[test]
fn blocks_go_on_with_the_distances_before() {
    // The first block ends with other distances than those that a frame starts with, of which the second has one.
    let mut distances = config(BLOCK / 60);
    distances.truncate(BLOCK);
    distances.extend(noise(50));
    distances.extend([7; 500]);
    let mut forms = Forms::new();
    count_forms(&frame(&distances), &mut forms);
    assert_eq!(forms[&("block", 2)], 2, "{forms:?}");
}

#[test]
fn every_form_of_the_format_is_used() {
    let dna = letters(300_000, b"ACGT");
    let contents = [
        noise(1_000),
        vec![7; 1_000],
        letters(500, b"ab"),
        letters(3_000, b"ACGTACGTACGTN"),
        dna.clone(),
        dna[..BLOCK + 3_000].to_vec(),
        words(BLOCK / 6 + 80),
        noise(20_000).iter().map(|byte| byte & 0x3f).collect(),
        noise(200).iter().map(|byte| byte & 0x0f).collect(),
        config(1),
        config(5_000),
        b"group ".repeat(60),
        [noise(300_000), vec![7; 10]].concat().repeat(2),
        [noise(400), b"entry".to_vec()].concat().repeat(600),
        pieces_after_a_letter(),
        alternating(),
    ];
    let mut forms = Forms::new();
    for content in contents {
        count_forms(&frame(&content), &mut forms);
    }
    let tables = ["literal lengths", "offsets", "match lengths"];
    let all = tables.iter().flat_map(|table| (0..4).map(|mode| (*table, mode)));
    let all = all
        .chain((0..3).map(|form| ("block", form)))
        .chain((0..4).map(|form| ("literals", form)))
        .chain([0, 2, 3].map(|format| ("format of coded literals", format)))
        .chain((0..4).map(|bytes| ("bytes of the number of sequences", bytes)));
    let missing: Vec<_> = all.filter(|form| !forms.contains_key(form)).collect();
    assert_eq!(missing, [], "of {forms:?}");
}

/// Content as the matcher likes it: literals, pieces of what was before, one byte again and again.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        vec(any::<u8>(), 1..200).prop_map(|bytes| (bytes, 0, 0)),
        (1_usize..5_000, 1_usize..2_000).prop_map(|(back, length)| (Vec::new(), back, length)),
        (any::<u8>(), 1_usize..500).prop_map(|(byte, length)| (vec![byte; length], 0, 0)),
        (0_u8..4, 1_usize..300).prop_map(|(seed, length)| {
            (letters(length, &[b'a', b'b', seed, b'd', b'e']), 0, 0)
        }),
    ];
    vec(piece, 0..60).prop_map(|pieces| {
        let mut content: Vec<u8> = Vec::new();
        for (bytes, back, length) in pieces {
            content.extend(bytes);
            let from = content.len() - back.min(content.len());
            for at in from..(from + length).min(from + 2_000) {
                if let Some(byte) = content.get(at).copied() {
                    content.push(byte);
                }
            }
        }
        content
    })
}

proptest! {
    #[test]
    fn whatever_is_compressed_comes_back(content in content()) {
        frame(&content);
    }
}

/// What a frame consists of: how often which form of block, of literals and of tables occurs.
type Forms = BTreeMap<(&'static str, u8), usize>;

/// Reads bytes from the front as a little-endian number.
fn take(bytes: &mut &[u8], count: usize) -> usize {
    let (number, rest) = bytes.split_at(count);
    *bytes = rest;
    number.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

fn count_forms(frame: &[u8], forms: &mut Forms) {
    let header = if frame[4] >> 6 == 0 { 6 } else { 5 + (1 << (frame[4] >> 6)) };
    let mut rest = &frame[header..];
    loop {
        let block = take(&mut rest, 3);
        let (form, length) = (block >> 1 & 3, block >> 3);
        *forms.entry(("block", u8::try_from(form).unwrap())).or_default() += 1;
        let (body, after) = rest.split_at(if form == 1 { 1 } else { length });
        if form == 2 {
            count_compressed(body, forms);
        }
        rest = after;
        if block & 1 == 1 {
            assert!(rest.is_empty());
            return;
        }
    }
}

fn count_compressed(body: &[u8], forms: &mut Forms) {
    let (form, format) = (body[0] & 3, body[0] >> 2 & 3);
    *forms.entry(("literals", form)).or_default() += 1;
    let mut rest = body;
    let length = if form < 2 {
        let (header, shift) = [(1, 3), (2, 4), (1, 3), (3, 4)][usize::from(format)];
        let length = take(&mut rest, header) >> shift;
        if form == 0 { length } else { 1 }
    } else {
        *forms.entry(("format of coded literals", format)).or_default() += 1;
        let (header, shift, bits) =
            [(3, 14, 10), (3, 14, 10), (4, 18, 14), (5, 22, 18)][usize::from(format)];
        take(&mut rest, header) >> shift & ((1 << bits) - 1)
    };
    let mut rest = &rest[length..];
    let count = match take(&mut rest, 1) {
        short @ 0..=127 => short,
        high @ 128..=254 => (high - 128) << 8 | take(&mut rest, 1),
        _ => take(&mut rest, 2) + 0x7f00,
    };
    let size = match count {
        0 => 0,
        1..128 => 1,
        128..0x7f00 => 2,
        _ => 3,
    };
    *forms.entry(("bytes of the number of sequences", size)).or_default() += 1;
    if count > 0 {
        let modes = rest[0];
        for (table, shift) in [("literal lengths", 6), ("offsets", 4), ("match lengths", 2)] {
            *forms.entry((table, modes >> shift & 3)).or_default() += 1;
        }
    }
}
