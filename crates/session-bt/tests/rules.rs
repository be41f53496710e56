//! Every rule of 07 §2, each refused for its own reason; and what a reader does with values nobody looks at.

use session_bt::{
    DecodeError, Integer, Kind, MAX_DEPTH,
    Malformed::{self, *},
    Reader, Value,
};

#[track_caller]
fn refused(bytes: &[u8], position: usize, reason: Malformed) {
    let text = bytes.escape_ascii();
    for result in [Value::decode(bytes).map(drop), Reader::new(bytes).finish()] {
        let found = result.map_err(|error| (error.position, error.reason));
        assert_eq!(found, Err((position, reason)), "{text}");
    }
}

#[test]
fn every_rule_has_its_error() {
    for (bytes, position, reason) in [
        (b"".as_slice(), 0, Truncated),
        (b"i", 1, Truncated),
        (b"i-", 2, Truncated),
        (b"i1", 2, Truncated),
        (b"3", 1, Truncated),
        (b"l", 1, Truncated),
        (b"li1e", 4, Truncated),
        (b"d", 1, Truncated),
        (b"d1:a", 4, Truncated),
        (b"d1:ai1e", 7, Truncated),
        (b"i1e ", 3, TrailingBytes),
        (b"dee", 2, TrailingBytes),
        (b"e", 0, NoValue(b'e')),
        (b"x", 0, NoValue(b'x')),
        (b"-1:", 0, NoValue(b'-')),
        (b"l-e", 1, NoValue(b'-')),
        (b"ie", 1, IntegerDigit(b'e')),
        (b"i-e", 2, IntegerDigit(b'e')),
        (b"i+1e", 1, IntegerDigit(b'+')),
        (b"i--1e", 2, IntegerDigit(b'-')),
        (b"i1.5e", 2, IntegerDigit(b'.')),
        (b"i 1e", 1, IntegerDigit(b' ')),
        (b"i01e", 1, IntegerLeadingZero),
        (b"i00e", 1, IntegerLeadingZero),
        (b"i-01e", 2, IntegerLeadingZero),
        (b"i-0e", 2, NegativeZero),
        (b"i18446744073709551616e", 1, IntegerOverflow),
        (b"i-9223372036854775809e", 2, IntegerOverflow),
        (b"i99999999999999999999999999e", 1, IntegerOverflow),
        (b"1e", 1, LengthDigit(b'e')),
        (b"1-:", 1, LengthDigit(b'-')),
        (b"01:a", 0, LengthLeadingZero),
        (b"00:", 0, LengthLeadingZero),
        (b"2:a", 0, LengthBeyondInput),
        (b"18446744073709551615:a", 0, LengthBeyondInput),
        (b"18446744073709551616:a", 0, LengthBeyondInput),
        (b"di1ei1ee", 1, KeyNotString),
        (b"dl", 1, KeyNotString),
        (b"d1:bi1e1:ai1ee", 7, KeyOrder),
        (b"d2:aai1e1:ai1ee", 8, KeyOrder),
        (b"d1:ai1e1:ai1ee", 7, DuplicateKey),
        (b"d0:i1e0:i1ee", 6, DuplicateKey),
        (b"d1:ae", 4, KeyWithoutValue),
        (b"ld1:aee", 5, KeyWithoutValue),
    ] {
        refused(bytes, position, reason);
    }
}

#[test]
fn the_borders_are_accepted() {
    for (bytes, number) in [
        (b"i0e".as_slice(), 0),
        (b"i18446744073709551615e", i128::from(u64::MAX)),
        (b"i-9223372036854775808e", i128::from(i64::MIN)),
    ] {
        let value = Value::Integer(Integer::try_from(number).unwrap());
        assert_eq!(Value::decode(bytes), Ok(value.clone()));
        assert_eq!(value.encode(), bytes);
    }
    for bytes in [b"0:".as_slice(), b"le", b"de", b"d0:0:1:\x000:1:\xff0:e", b"d1:a0:2:aa0:e"] {
        assert_eq!(Value::decode(bytes).unwrap().encode(), bytes);
    }
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| [b"l".repeat(depth), b"e".repeat(depth)].concat();
    assert_eq!(Reader::new(&nested(MAX_DEPTH)).finish(), Ok(()));
    assert_eq!(Value::decode(&nested(MAX_DEPTH)).unwrap().encode(), nested(MAX_DEPTH));
    refused(&nested(MAX_DEPTH + 1), MAX_DEPTH, TooDeep);
    refused(&b"l".repeat(1_000_000), MAX_DEPTH, TooDeep);
    refused(&b"d0:".repeat(1_000_000), 3 * MAX_DEPTH, TooDeep);
}

#[test]
fn typed_takes_name_what_they_wanted() {
    let take = |bytes: &'static [u8],
                take: fn(session_bt::Item<'_, 'static>) -> Option<DecodeError>| {
        take(Reader::new(bytes).value().unwrap()).map(|error| (error.position, error.reason))
    };
    let wrong = |expected, found| Some((0, WrongKind { expected, found }));
    assert_eq!(take(b"de", |i| i.any_integer().err()), wrong(Kind::Integer, Kind::Dict));
    assert_eq!(take(b"i1e", |i| i.bytes().err()), wrong(Kind::Bytes, Kind::Integer));
    assert_eq!(take(b"0:", |i| i.list().err()), wrong(Kind::List, Kind::Bytes));
    assert_eq!(take(b"le", |i| i.dict().err()), wrong(Kind::Dict, Kind::List));
    assert_eq!(take(b"i256e", |i| i.integer::<u8>().err()), Some((0, IntegerRange)));
    assert_eq!(take(b"i255e", |i| i.integer::<u8>().err()), None);
    let length = WrongLength { expected: 3, found: 2 };
    assert_eq!(take(b"2:ab", |i| i.array::<3>().err()), Some((0, length)));
    assert_eq!(take(b"2:ab", |i| i.array::<2>().err()), None);
}

#[test]
fn keys_are_found_in_ascending_order() {
    let mut reader = Reader::new(b"d1:ai1e1:bd1:xi9ee1:ci3e1:eli1ei2eee");
    let mut dict = reader.value().unwrap().dict().unwrap();
    assert!(dict.find(b"").unwrap().is_none());
    let b = dict.require(b"b").unwrap();
    assert_eq!((b.position(), b.kind()), (10, Ok(Kind::Dict)));
    b.dict().unwrap(); // left unread: what comes next skips it
    assert_eq!(dict.require(b"c").unwrap().integer(), Ok(3));
    assert!(dict.find(b"d").unwrap().is_none(), "`e` is not `d`");
    let missing = dict.require(b"c").unwrap_err();
    assert_eq!(missing.reason, MissingKey { key: b"c" }, "`c` lies behind");
    let (key, list) = dict.next().unwrap().unwrap();
    assert_eq!(key, b"e", "a key that was not wanted is not lost");
    let mut list = list.list().unwrap();
    assert_eq!(list.require().unwrap().integer(), Ok(1));
    let extra = list.finish().unwrap_err();
    assert_eq!((extra.position, extra.reason), (31, ExtraElement));
    assert!(dict.next().unwrap().is_none());
    assert!(dict.next().unwrap().is_none(), "the end stays the end");
    assert_eq!(dict.finish(), Ok(()));
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn lists_end() {
    let mut reader = Reader::new(b"lli7eei2e1:xe");
    let mut list = reader.value().unwrap().list().unwrap();
    let mut seen = 0;
    while list.next().unwrap().is_some() {
        seen += 1; // unread elements are skipped
    }
    assert_eq!(seen, 3);
    let missing = list.require().unwrap_err();
    assert_eq!(missing.reason, MissingElement);
    assert_eq!(list.finish(), Ok(()));
    assert_eq!(reader.clone().value().unwrap_err().reason, Truncated, "there is one value");
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn an_ignored_error_comes_back() {
    let mut reader = Reader::new(b"d1:ai-0e1:bi1ee");
    let mut dict = reader.value().unwrap().dict().unwrap();
    let error = dict.require(b"a").unwrap().integer::<i64>().unwrap_err();
    assert_eq!((error.position, error.reason), (6, NegativeZero));
    assert_eq!(dict.find(b"b").unwrap_err(), error);
    assert_eq!(dict.finish(), Err(error));
    assert_eq!(reader.finish(), Err(error));
}

#[test]
fn a_value_of_another_kind_may_be_passed_over() {
    let mut reader = Reader::new(b"d1:al1:xe1:bi1ee");
    let mut dict = reader.value().unwrap().dict().unwrap();
    assert!(matches!(dict.require(b"a").unwrap().bytes(), Err(DecodeError { .. })));
    assert_eq!(dict.require(b"b").unwrap().integer(), Ok(1));
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn values_that_nobody_reads_are_checked() {
    for bytes in [b"d1:ai-0ee".as_slice(), b"d1:ald1:bi-0eeee"] {
        let mut reader = Reader::new(bytes);
        reader.value().unwrap().dict().unwrap().next().unwrap();
        assert_eq!(reader.finish().unwrap_err().reason, NegativeZero);
        let mut reader = Reader::new(bytes);
        let mut dict = reader.value().unwrap().dict().unwrap();
        assert_eq!(dict.find(b"z").unwrap_err().reason, NegativeZero);
    }
    let mut reader = Reader::new(b"i1ei2e");
    reader.value().unwrap().any_integer().unwrap();
    assert_eq!(reader.value().unwrap_err().reason, TrailingBytes);
}

#[test]
fn known_values_are_passed_over() {
    let mut reader = Reader::new(b"d1:al1:xe1:bl1:xe1:cl1:yee");
    let mut dict = reader.value().unwrap().dict().unwrap();
    let known = dict.require(b"a").unwrap().raw().unwrap();
    assert_eq!(known, b"l1:xe");
    dict.require(b"b").unwrap().skip_known(known).unwrap();
    let other = dict.require(b"c").unwrap().skip_known(known).unwrap_err();
    let other = other.skip_known(b"").unwrap_err();
    assert_eq!(other.raw(), Ok(b"l1:ye".as_slice()), "given back unread");
    assert!(dict.next().unwrap().is_none());
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn raw_values_are_checked_and_passed_over() {
    let mut reader = Reader::new(b"ld1:ali1eee2:xyi-0ee");
    let mut list = reader.value().unwrap().list().unwrap();
    assert_eq!(list.require().unwrap().raw(), Ok(b"d1:ali1eee".as_slice()));
    assert_eq!(list.require().unwrap().raw(), Ok(b"2:xy".as_slice()));
    assert_eq!(list.require().unwrap().raw().unwrap_err().reason, NegativeZero);
    let error = Reader::at(b"d1:ai-0ee", 100).finish().unwrap_err();
    assert_eq!((error.position, error.reason), (106, NegativeZero));
}
