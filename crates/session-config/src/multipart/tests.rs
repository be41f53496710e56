use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);

fn at(days: u64) -> Timestamp {
    after(NOW, Duration::from_secs(days * 24 * 3600))
}

fn whole(number: u16) -> WholeHash {
    Blake2b::new().chain(&number.to_be_bytes()).finalize()
}

fn part(whole: WholeHash, index: u8, count: u8, chunk: &[u8]) -> Part<'_> {
    Part { whole, index, count, chunk }
}

fn add(parts: &mut Parts, part: &Part<'_>, now: Timestamp) -> Result<Added, PartError> {
    let name = format!("{}-{}-{}", part.index, part.count, part.chunk.len());
    parts.add(part, &StoredHash::new(name), now)
}

/// The parts again, as from the disk.
fn restarted(parts: &Parts) -> Parts {
    let bytes = session_bt::encode_dict(|dict| parts.write(dict));
    let mut reader = Reader::new(&bytes);
    Parts::read(reader.value().unwrap().dict().unwrap()).unwrap()
}

fn numbers(parts: &Parts) -> (usize, usize) {
    (parts.open.len(), parts.done.len())
}

/// The longest part is one byte shorter than what is stored.
#[test]
fn parts_have_a_length() {
    let hash = whole(1);
    for (length, is_read) in [(MAX_STORED_LENGTH - 1, true), (MAX_STORED_LENGTH, false)] {
        let empty = session_bt::encode_list(|list| {
            for item in [hash.as_slice(), &[0], &[2], &[7]] {
                list.bytes(item);
            }
        });
        let bytes = [empty.to_vec(), vec![0; length - empty.len()]].concat();
        assert_eq!(Part::parse(&bytes).is_ok(), is_read, "{length}");
    }
}

/// Four numbers of parts are kept beside each other, also across a restart; what comes under the first is no error.
#[test]
fn numbers_of_parts_are_bounded() {
    let mut parts = Parts::default();
    for count in 2..=7 {
        let expected = match count {
            2 => Ok(Added::Kept),
            _ => Err(PartError::CountMismatch),
        };
        assert_eq!(add(&mut parts, &part(whole(1), 0, count, b"x"), NOW), expected, "{count}");
        parts = restarted(&parts);
    }
    let kept: Vec<_> = parts.open.values().flat_map(|set| set.parts.keys()).copied().collect();
    assert_eq!(kept, [(2, 0), (3, 0), (4, 0), (5, 0)]);
    assert_eq!(add(&mut parts, &part(whole(1), 1, 4, b"y"), NOW), Err(PartError::CountMismatch));
    assert_eq!(parts.open[&whole(1)].parts.len(), 5, "of a number that is kept");
}

/// What was kept twice would use up the alternatives.
#[test]
fn the_same_part_is_kept_once() {
    let mut parts = Parts::default();
    for _ in 0..10 {
        assert_eq!(add(&mut parts, &part(whole(1), 0, 2, b"x"), NOW), Ok(Added::Kept));
    }
    assert_eq!(parts.stored().count(), 1);
    for chunk in [b"a", b"b", b"c"] {
        assert_eq!(add(&mut parts, &part(whole(1), 0, 2, chunk), NOW), Ok(Added::Kept));
    }
    let fifth = add(&mut parts, &part(whole(1), 0, 2, b"d"), NOW);
    assert_eq!(fifth, Err(PartError::TooManyAlternatives));
}

/// Seven days from the last part, and not a millisecond longer; a repeated part is none.
#[test]
fn the_days_start_anew_with_every_part() {
    let mut parts = Parts::default();
    add(&mut parts, &part(whole(1), 0, 3, b"x"), NOW).unwrap();
    add(&mut parts, &part(whole(1), 1, 3, b"y"), at(3)).unwrap();
    add(&mut parts, &part(whole(1), 1, 3, b"y"), at(6)).unwrap();
    assert!(!parts.expire(Timestamp::from_millis(at(10).as_millis() - 1)));
    assert_eq!(numbers(&parts), (1, 0));
    assert!(parts.expire(at(10)));
    assert_eq!(numbers(&parts), (0, 0));
}

/// A message that was put together is known for fourteen days, and nothing is collected for it meanwhile.
#[test]
fn what_is_done_is_remembered_for_two_weeks() {
    let mut parts = Parts::default();
    let hash = whole_hash(b"xy");
    assert_eq!(add(&mut parts, &part(hash, 0, 2, b"x"), NOW), Ok(Added::Kept));
    let complete = add(&mut parts, &part(hash, 1, 2, b"y"), NOW);
    assert!(matches!(complete, Ok(Added::Complete(padded, _)) if padded.as_slice() == b"xy"));
    assert_eq!(numbers(&parts), (0, 1));
    let mut parts = restarted(&parts);
    assert_eq!(add(&mut parts, &part(hash, 0, 2, b"z"), at(13)), Ok(Added::Kept));
    assert_eq!(numbers(&parts), (0, 1));
    assert!(!parts.expire(Timestamp::from_millis(at(14).as_millis() - 1)));
    assert!(parts.expire(at(14)));
    assert!(parts.is_empty());
}

/// Of the messages that are done the newest 256 are remembered.
#[test]
fn done_messages_are_bounded() {
    let mut parts = Parts::default();
    for number in 0..300 {
        parts.mark_done(whole(number), Timestamp::from_millis(NOW.as_millis() + u64::from(number)));
    }
    assert_eq!(numbers(&parts), (0, 256));
    assert!((44..300).all(|number| parts.done.contains_key(&whole(number))));
}

/// Marking a message as done gives up what was collected of it: the device's own push may be found in parts.
#[test]
fn what_is_done_is_no_longer_open() {
    let mut parts = Parts::default();
    add(&mut parts, &part(whole(1), 0, 2, b"x"), NOW).unwrap();
    parts.mark_done(whole(1), NOW);
    assert_eq!((numbers(&parts), parts.stored().count()), ((0, 1), 0));
}

/// Sixteen messages are collected at once. The one that waited longest for a part goes, and never the newest.
#[test]
fn open_messages_are_bounded() {
    let mut parts = Parts::default();
    for number in 0..16 {
        add(&mut parts, &part(whole(number), 0, 2, b"x"), at(1 + u64::from(number % 5))).unwrap();
    }
    assert_eq!(numbers(&parts), (16, 0));
    // Older than all the others by its time, and yet the newest.
    add(&mut parts, &part(whole(99), 0, 2, b"x"), NOW).unwrap();
    assert_eq!(numbers(&parts), (16, 0));
    assert!(parts.open.contains_key(&whole(99)));
    let of_day = |day: u16| (0..16).filter(move |number| number % 5 == day);
    assert_eq!(of_day(0).filter(|it| !parts.open.contains_key(&whole(*it))).count(), 1);
    assert!((1..5).all(|day| of_day(day).all(|it| parts.open.contains_key(&whole(it)))));
    // A set in which parts contradict each other counts as well.
    let lie = part(whole(98), 0, 2, b"x");
    add(&mut parts, &lie, at(6)).unwrap();
    assert_eq!(add(&mut parts, &part(whole(98), 1, 2, b"y"), at(6)), Err(PartError::WholeHash));
    assert_eq!(numbers(&parts), (16, 0));
}

/// All parts together have at most 20 MB, whatever came last and from wherever it came.
#[test]
fn open_bytes_are_bounded() {
    let chunk = vec![7; 76_000];
    let mut parts = Parts::default();
    for number in 0..5 {
        for index in 0..80 {
            let kept =
                add(&mut parts, &part(whole(number), index, 90, &chunk), at(u64::from(number)));
            assert_eq!(kept, Ok(Added::Kept));
            let bytes: usize = parts.open.values().map(|set| set.length()).sum();
            assert!(bytes <= MAX_OPEN_BYTES, "{bytes}");
        }
    }
    // 263 parts fit, 80 for each of the newest three.
    assert_eq!(parts.open.keys().filter(|it| **it != whole(0)).count(), 3);
    assert!(!parts.open.contains_key(&whole(1)));
    let again = restarted(&parts);
    assert_eq!(again.stored().count(), parts.stored().count());
    // Parts that contradict each other count as well.
    for byte in 0..4 {
        for index in 0..2 {
            add(&mut parts, &part(whole(9), index, 2, &vec![byte; 76_000]), at(5)).ok();
            let bytes: usize = parts.open.values().map(|set| set.length()).sum();
            assert!(bytes <= MAX_OPEN_BYTES, "{bytes}");
        }
    }
    assert_eq!(parts.open[&whole(9)].length(), 8 * 76_000);
}

/// A dump that holds more than may be open, as only another program makes it.
#[test]
fn dumps_are_bounded_too() {
    let bytes = session_bt::encode_dict(|dict| {
        let mut hashes: Vec<_> = (0..40).map(whole).collect();
        hashes.sort_unstable();
        for hash in hashes {
            dict.dict(&hash, |dict| {
                dict.integer(b"#", 2);
                dict.integer(b"T", at(7).as_millis());
                dict.list(b"p", |list| {
                    for index in 0..4 {
                        list.dict(|dict| {
                            dict.integer(b"#", index);
                            dict.bytes(b"M", b"name");
                            dict.bytes(b"d", b"x");
                        });
                    }
                });
            });
        }
    });
    let mut reader = Reader::new(&bytes);
    let parts = Parts::read(reader.value().unwrap().dict().unwrap()).unwrap();
    assert_eq!(numbers(&parts), (MAX_OPEN_SETS, 0));
    // Places 2 and 3 of two parts are none.
    assert!(parts.open.values().all(|set| set.parts.len() == 2));
}

/// What is contested stays until its time is over, and its names are not kept alive.
#[test]
fn contested_parts_are_not_extended() {
    let mut parts = Parts::default();
    add(&mut parts, &part(whole(1), 0, 2, b"x"), NOW).unwrap();
    assert_eq!(parts.stored().count(), 1);
    assert_eq!(add(&mut parts, &part(whole(1), 1, 2, b"y"), NOW), Err(PartError::WholeHash));
    assert_eq!((numbers(&parts), parts.stored().count()), ((1, 0), 0));
}

/// Four alternatives at each of ten places are a million combinations: 256 of them are tried, with the newest part
/// in each.
#[test]
fn combinations_are_bounded() {
    let mut parts = Parts::default();
    let truth: Vec<[u8; 1]> = (0..10).map(|index| [index]).collect();
    let hash = whole_hash(&truth.concat());
    for index in 0..9_u8 {
        for lie in 100..103 {
            add(&mut parts, &part(hash, index, 10, &[lie]), NOW).unwrap();
        }
        add(&mut parts, &part(hash, index, 10, &truth[usize::from(index)]), NOW).unwrap();
    }
    // The last place decides nothing: the truth is the last of all combinations.
    let last = add(&mut parts, &part(hash, 9, 10, &truth[9]), NOW);
    assert_eq!(last, Err(PartError::WholeHash));
    // With one lie at each of the first eight places it is the 256th, and found; a ninth would be too many.
    for (places, is_found) in [(8, true), (9, false)] {
        let mut parts = Parts::default();
        for index in 0..9_u8 {
            if index < places {
                add(&mut parts, &part(hash, index, 10, &[100]), NOW).unwrap();
            }
            add(&mut parts, &part(hash, index, 10, &truth[usize::from(index)]), NOW).unwrap();
        }
        let last = add(&mut parts, &part(hash, 9, 10, &truth[9]), NOW);
        assert_eq!(matches!(last, Ok(Added::Complete(..))), is_found, "{places}");
    }
}

/// The newest part is in every combination that is tried, since those without it were tried before: there are 256 with
/// it and 512 in all.
#[test]
fn only_combinations_with_the_newest_part_are_tried() {
    let mut parts = Parts::default();
    let hash = whole_hash(&(0..9).collect::<Vec<u8>>());
    for index in 0..8_u8 {
        for byte in [100, index] {
            assert_eq!(add(&mut parts, &part(hash, index, 9, &[byte]), NOW), Ok(Added::Kept));
        }
    }
    assert_eq!(add(&mut parts, &part(hash, 8, 9, &[100]), NOW), Err(PartError::WholeHash));
    let last = add(&mut parts, &part(hash, 8, 9, &[8]), NOW);
    assert!(matches!(last, Ok(Added::Complete(..))), "{last:?}");
}

/// Little more than 64 MiB are hashed for one part: after 15 combinations of 58 long parts another is tried, after 14 of 64 none.
#[test]
fn what_is_hashed_is_bounded() {
    let chunk = |byte: u8| vec![byte; 76_000];
    for (count, is_found) in [(58, true), (64, false)] {
        let mut parts = Parts::default();
        let all: Vec<_> = (0..count).map(chunk).collect();
        let hash = whole_hash(&all.concat());
        // One lie at each of the first four places: the truth is the 16th combination.
        for index in 0..count {
            if index < 4 {
                add(&mut parts, &part(hash, index, count, &chunk(200)), NOW).unwrap();
            }
            let added = add(&mut parts, &part(hash, index, count, &all[usize::from(index)]), NOW);
            let is_last = index == count - 1;
            assert_eq!(matches!(added, Ok(Added::Complete(..))), is_last && is_found, "{count}");
        }
    }
}

/// A copy of 20 MB of parts costs next to nothing, and is not changed by what comes later.
#[test]
fn copies_share_their_parts() {
    let mut parts = Parts::default();
    add(&mut parts, &part(whole(1), 0, 3, b"x"), NOW).unwrap();
    let copy = parts.clone();
    assert!(Arc::ptr_eq(&copy.open[&whole(1)], &parts.open[&whole(1)]));
    add(&mut parts, &part(whole(1), 1, 3, b"y"), NOW).unwrap();
    assert_eq!((copy.stored().count(), parts.stored().count()), (1, 2));
}
