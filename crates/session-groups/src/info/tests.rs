use session_config::message::Authority;
use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn info() -> Config<GroupInfo> {
    let group = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]));
    Config::for_group(Authority::Signer(Box::new(group)), [])
}

#[test]
fn long_descriptions_are_not_written() {
    let mut info = info();
    assert_eq!(set_description(&mut info, &"d".repeat(600)), Ok(()));
    let error = Err(DescriptionError::TooLong { found: 601 });
    assert_eq!(set_description(&mut info, &"d".repeat(601)), error);
    assert_eq!(info.description().map(|text| text.len()), Some(600));
    assert_eq!(set_description(&mut info, ""), Ok(()));
    assert_eq!(info.description(), None);

    let reader = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32])).public_key();
    let mut info = Config::for_group(Authority::ReadOnly(reader.check().unwrap()), []);
    let error = set_description(&mut info, "d");
    assert!(matches!(error, Err(DescriptionError::Edit(EditGroupError::ReadOnly(_)))));
}

#[test]
fn messages_go_that_were_sent_before_a_time() {
    let at = |secs: u64| Timestamp::from_millis(secs * 1000);
    let just_before = |secs: u64| Timestamp::from_millis(secs * 1000 - 1);
    let mut info = info();
    assert_eq!(retention(&info, at(1), NOW), Retention::Keep);
    info.set_delete_attachments_before(Some(at(200))).unwrap();
    info.set_delete_before(Some(at(100))).unwrap();
    for (sent_at, expected) in [
        (at(1), Retention::Drop),
        (just_before(100), Retention::Drop),
        (at(100), Retention::DropIfAttached),
        (just_before(200), Retention::DropIfAttached),
        (at(200), Retention::Keep),
    ] {
        assert_eq!(retention(&info, sent_at, NOW), expected, "{sent_at}");
    }
}

/// Some clients write these times in milliseconds or microseconds: taken for seconds, one of them would have every
/// message dropped (07 §3.1).
#[test]
fn times_in_other_units_drop_no_later_message() {
    const SECS: u64 = 1_700_000_000;
    let written = |number: u64| Some(Timestamp::from_millis(number * 1000));
    for unit in [1, 1000, 1_000_000] {
        let mut info = info();
        info.set_delete_attachments_before(written((SECS + 10) * unit)).unwrap();
        info.set_delete_before(written(SECS * unit)).unwrap();
        for (secs, expected) in [
            (SECS - 1, Retention::Drop),
            (SECS, Retention::DropIfAttached),
            (SECS + 10, Retention::Keep),
        ] {
            let sent_at = Timestamp::from_millis(secs * 1000);
            assert_eq!(retention(&info, sent_at, NOW), expected, "{unit} {secs}");
        }
    }
}

/// An admin whose clock is years ahead, or a faulty program: in the right unit, and signed by the group.
#[test]
fn times_in_the_future_drop_nothing() {
    let at = |secs: i64| Timestamp::from_millis((1_700_000_000 + secs).cast_unsigned() * 1_000);
    for (limit, expected) in
        [(3_600, Retention::Drop), (3_601, Retention::Keep), (7_300_000_000, Retention::Keep)]
    {
        let mut info = info();
        info.set_delete_before(Some(at(limit))).unwrap();
        assert_eq!(retention(&info, at(0), NOW), expected, "{limit}");
        // Later it counts.
        assert_eq!(retention(&info, at(0), at(limit)), Retention::Drop, "{limit}");
        let mut info = self::info();
        info.set_delete_attachments_before(Some(at(limit))).unwrap();
        let attached = matches!(expected, Retention::Drop);
        let found = retention(&info, at(0), NOW);
        assert_eq!(found == Retention::DropIfAttached, attached, "{limit}");
    }
}
