//! What reading costs in memory, at its highest: nothing that grows with the input without copies, one copy for an
//! owned value, whatever its shape. The allocator counts the bytes that live.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy knows `#[test]` functions, not the helpers beside them"
)]

use std::sync::{Mutex, MutexGuard, PoisonError};

use peak_alloc::PeakAlloc;
use session_bt::{MAX_DEPTH, Malformed, Reader, Value};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The records of open containers, and what the harness itself allocates meanwhile.
const SMALL: usize = 16 << 10;
/// Bytes of each input, about.
const LENGTH: usize = 2_000_000;

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
    (MEMORY.peak_usage().saturating_sub(before), done)
}

fn list_of(element: &[u8]) -> Vec<u8> {
    [b"l", element.repeat(LENGTH / element.len()).as_slice(), b"e"].concat()
}

/// A dict with keys of four bytes.
fn dict_of(value: &[u8]) -> Vec<u8> {
    let count = u32::try_from(LENGTH / (6 + value.len())).unwrap();
    let entry = |number: u32| [b"4:".as_slice(), &number.to_be_bytes(), value].concat();
    [b"d".to_vec(), (0..count).flat_map(entry).collect(), b"e".to_vec()].concat()
}

/// Containers in containers, as deep as is read below an outermost list.
fn nested(open: &[u8]) -> Vec<u8> {
    let depth = MAX_DEPTH - 1;
    [open.repeat(depth - 1).as_slice(), &open[..1], &b"e".repeat(depth)].concat()
}

fn shapes() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("empty strings", list_of(b"0:")),
        ("short strings", list_of(b"1:a")),
        ("one long string", [b"2000000:".as_slice(), &[7; LENGTH]].concat()),
        ("integers", list_of(b"i0e")),
        ("long integers", list_of(b"i-9223372036854775808e")),
        ("empty lists", list_of(b"le")),
        ("empty dicts", list_of(b"de")),
        ("dicts of one", list_of(b"d0:0:e")),
        ("dicts of one dict", list_of(b"d0:d0:deee")),
        ("lists of one list", list_of(b"llleee")),
        ("lists in lists", list_of(&nested(b"l"))),
        ("dicts in dicts", list_of(&nested(b"d0:"))),
        ("dicts and lists in each other", list_of(b"ld0:ld0:ld0:ld0:leeeeeeeee")),
        ("mixed", list_of(b"d0:li1e0:lee1:ad1:bi2eee")),
        ("a large dict", dict_of(b"0:")),
        ("a large dict of dicts", dict_of(b"d0:dee")),
        ("a large dict of integers", dict_of(b"i7e")),
    ]
}

#[test]
fn an_owned_value_costs_its_text() {
    let _alone = alone();
    for (name, text) in shapes() {
        let (cost, value) = peak_of(|| Value::decode(&text));
        let value = value.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(cost <= text.len() + SMALL, "{name}: {cost} for {} bytes", text.len());
        assert_eq!(value.encode(), text, "{name}");
        let (cost, copy) = peak_of(|| value.clone());
        assert!(cost <= text.len() + SMALL, "{name}: {cost} for a copy of {} bytes", text.len());
        drop(copy);
    }
}

#[test]
fn checking_and_looking_into_cost_nothing() {
    let _alone = alone();
    for (name, text) in shapes() {
        let (cost, checked) = peak_of(|| Reader::new(&text).finish());
        assert_eq!(checked, Ok(()), "{name}");
        assert!(cost <= SMALL, "{name}: {cost}");
        let value = Value::decode(&text).unwrap();
        let (cost, count) = peak_of(|| match &value {
            Value::List(list) => list.iter().count(),
            Value::Dict(dict) => dict.iter().count(),
            Value::Integer(_) | Value::Bytes(_) => 1,
        });
        assert!(count > 0 && cost <= SMALL, "{name}: {cost}");
    }
}

/// A bomb of containers that never end is refused where it is too deep, whoever reads it and how.
#[test]
fn bombs_end_at_the_depth() {
    let _alone = alone();
    for open in [b"l".as_slice(), b"d0:", b"ld0:", b"d1:al"] {
        let bomb = open.repeat(LENGTH / open.len());
        let readers: [fn(&[u8]) -> Malformed; 4] = [
            |bomb| Value::decode(bomb).unwrap_err().reason,
            |bomb| Reader::new(bomb).finish().unwrap_err().reason,
            |bomb| Reader::new(bomb).value().unwrap().raw().unwrap_err().reason,
            |bomb| Reader::new(bomb).value().unwrap().to_value().unwrap_err().reason,
        ];
        for read in readers {
            let (cost, reason) = peak_of(|| read(&bomb));
            assert_eq!(reason, Malformed::TooDeep, "{}", open.escape_ascii());
            assert!(cost <= SMALL, "{}: {cost}", open.escape_ascii());
        }
    }
}

/// What is taken out of a value costs what it is, not what it came from.
#[test]
fn parts_cost_their_own_text() {
    let _alone = alone();
    let text = dict_of(&[b"100:".as_slice(), &[7; 100]].concat());
    let Ok(Value::Dict(mut dict)) = Value::decode(&text) else { panic!("no dict") };
    let key = 10_000_u32.to_be_bytes();
    let (cost, value) = peak_of(|| dict.get(&key));
    assert_eq!(value, Some(Value::Bytes(vec![7; 100])));
    assert!(cost <= SMALL, "{cost}");
    let (cost, removed) = peak_of(|| dict.remove(&key));
    assert!(removed && cost <= SMALL, "{cost}");
    assert_eq!(dict.get(&key), None);
}
