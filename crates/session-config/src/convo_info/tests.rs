//! What the read state of a device keeps for itself, beside what all devices share.

use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};
use session_identity::pro::RevocationTag;

use super::*;
use crate::{
    Incoming, StoredHash,
    encryption::ConfigKey,
    message::{Authority, Draft},
    padding,
};

const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);
const DAY: u64 = 24 * 3600 * 1000;

fn device() -> Config<ConvoInfoVolatile> {
    Config::new(&Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32])))
}

fn bob() -> Conversation {
    Conversation::Account(AccountId::from_public_key(X25519PublicKey::from_bytes([9; 32])))
}

const fn days(days: u64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() + days * DAY)
}

/// `to` merges what `from` pushes at this time.
fn merge(to: &mut Config<ConvoInfoVolatile>, from: &mut Config<ConvoInfoVolatile>, now: Timestamp) {
    let push = from.push(now).unwrap();
    let stored = StoredHash::new(push.seqno().to_string());
    to.merge(&[Incoming::new(stored, &push.messages()[0])], now).unwrap();
}

fn note(expires_at: Timestamp) -> ProNote {
    ProNote { expires_at, revocation_tag: RevocationTag::from_bytes([1; 32]) }
}

/// Another device, which has no archive, shares a proof of Pro in the conversation: no time comes with it.
#[test]
fn a_conversation_that_leaves_the_archive_keeps_how_far_it_was_read() {
    let read = ReadState::read_up_to(NOW);
    let later = days(60);
    let mut phone = device();
    phone.set(&bob(), read, NOW);
    phone.push(later).unwrap();
    assert!(phone.data().is_empty(), "it is archived");

    let mut laptop = device();
    laptop.set_pro_note(&bob(), Some(&note(days(90))));
    merge(&mut phone, &mut laptop, later);
    assert!(!phone.data().is_empty(), "it is shared again");
    assert_eq!(phone.get(&bob()), Some(read));
    assert_eq!(phone.shared(&bob()), Some(ReadState::default()));
    let dump = phone.dump(later);
    let account = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]));
    let phone = Config::<ConvoInfoVolatile>::load(&account, &dump, later).unwrap();
    assert_eq!(phone.get(&bob()), Some(read));

    // Marked as unread over there, it is unread here.
    let mut phone = phone;
    laptop.set(&bob(), ReadState { last_read: None, is_unread: true }, later);
    merge(&mut phone, &mut laptop, later);
    assert_eq!(phone.get(&bob()), Some(ReadState { last_read: None, is_unread: true }));
}

#[test]
fn a_proof_without_an_end_is_none() {
    let mut config = device();
    for expires_at in [0, 999] {
        config.set_pro_note(&bob(), Some(&note(Timestamp::from_millis(expires_at))));
        assert!(config.data().is_empty(), "{expires_at}");
        config.set_pro_note(&bob(), Some(&note(NOW)));
        config.set_pro_note(&bob(), Some(&note(Timestamp::from_millis(expires_at))));
        assert_eq!(config.pro_note(&bob()), None, "{expires_at}");
        assert!(config.data().is_empty(), "{expires_at}");
    }
    config.set_pro_note(&bob(), Some(&note(Timestamp::from_millis(1000))));
    assert_eq!(config.pro_note(&bob()).map(|note| note.expires_at.as_secs()), Some(1));
}

/// Seconds up to 10^12, milliseconds above (07 §13).
#[test]
fn ends_of_proofs_are_told_apart_by_size() {
    let mut config = device();
    let (kind, id) = bob().path();
    for (stored, millis) in [
        (1, Some(1000)),
        (999_999_999_999, Some(999_999_999_999_000)),
        (1_000_000_000_000, Some(1_000_000_000_000_000)),
        (1_000_000_000_001, Some(1_000_000_000_001)),
        (1_738_000_000_000, Some(1_738_000_000_000)),
        (i64::MAX, u64::try_from(i64::MAX).ok()),
        (-1, None),
        (i64::MIN, None),
    ] {
        config.assign(&[kind, &id, b"e"], Some(Value::from(stored)));
        config.assign(&[kind, &id, b"g"], Some(Value::from([1; 32].as_slice())));
        let read = config.pro_note(&bob()).map(|note| note.expires_at.as_millis());
        assert_eq!(read, millis, "{stored}");
    }
}

/// A mark at the cut-off is shared, and one before it is archived (07 §13).
#[test]
fn a_mark_is_shared_up_to_the_cut_off() {
    let cut_off = days(30);
    for (late, is_shared) in [(0, true), (1, false)] {
        let mut config = device();
        config.set(&bob(), ReadState::read_up_to(NOW), NOW);
        config.push(Timestamp::from_millis(cut_off.as_millis() + late)).unwrap();
        assert_eq!(!config.data().is_empty(), is_shared, "{late}");
        assert_eq!(config.get(&bob()), Some(ReadState::read_up_to(NOW)), "{late}");
    }
}

/// Proofs that end with the cut-off keep a conversation shared; the second before does not (07 §13).
#[test]
fn a_proof_lasts_up_to_the_cut_off() {
    // The mark itself is before the cut-off.
    let (read, cut_off) = (Timestamp::from_millis(NOW.as_millis() - 1), days(30));
    for (ends_at, is_shared) in [(0, true), (1000, true), (-1000, false)] {
        let mut config = device();
        config.set(&bob(), ReadState::read_up_to(read), NOW);
        let end = NOW.as_millis().saturating_add_signed(ends_at);
        config.set_pro_note(&bob(), Some(&note(Timestamp::from_millis(end))));
        config.push(cut_off).unwrap();
        assert_eq!(!config.data().is_empty(), is_shared, "{ends_at}");
        assert_eq!(config.get(&bob()), Some(ReadState::read_up_to(read)), "{ends_at}");
    }
}

/// Read marks that are older, equal, newer or far in the future, in both orders and with a conflict.
#[test]
fn merges_in_any_order_give_the_later_mark() {
    let far = Timestamp::from_millis(u64::try_from(i64::MAX).unwrap());
    let marks = [NOW, days(0), days(1), days(29), far];
    for one in marks {
        for other in marks {
            let [mut phone, mut laptop] = [(); 2].map(|()| device());
            phone.set(&bob(), ReadState::read_up_to(one), NOW);
            laptop.set(&bob(), ReadState::read_up_to(other), NOW);
            let pushes = [phone.push(NOW).unwrap(), laptop.push(NOW).unwrap()];
            let [of_phone, of_laptop] = [0, 1].map(|index: usize| {
                Incoming::new(StoredHash::new(index.to_string()), &pushes[index].messages()[0])
            });
            phone.merge(std::slice::from_ref(&of_laptop), NOW).unwrap();
            laptop.merge(&[of_laptop.clone(), of_phone.clone()], NOW).unwrap();
            let [mut forth, mut back] = [(); 2].map(|()| device());
            forth.merge(&[of_phone.clone(), of_laptop.clone()], NOW).unwrap();
            back.merge(&[of_laptop, of_phone], NOW).unwrap();
            for config in [&phone, &laptop, &forth, &back] {
                let expected = Some(ReadState::read_up_to(one.max(other)));
                assert_eq!(config.get(&bob()), expected, "{one:?} {other:?}");
            }
            assert_eq!(forth.data(), back.data(), "{one:?} {other:?}");
            assert_eq!(phone.data(), laptop.data(), "{one:?} {other:?}");
        }
    }
}

/// What comes out of the archive is there once: removed, it is gone.
#[test]
fn what_left_the_archive_is_removed_for_good() {
    let mut config = device();
    config.set(&bob(), ReadState::read_up_to(NOW), NOW);
    config.push(days(60)).unwrap();
    assert!(config.data().is_empty(), "it is archived");
    config.set_pro_note(&bob(), Some(&note(days(90))));
    assert_eq!(config.conversations().len(), 1);
    assert!(config.remove(&bob()));
    assert_eq!(config.get(&bob()), None);
    assert!(!config.remove(&bob()));
}

/// Marked as unread by another device, a conversation shows the time that all devices share, not the later one that
/// only this device knows.
#[test]
fn an_unread_conversation_shows_the_shared_time() {
    let [mut phone, mut laptop] = [(); 2].map(|()| device());
    phone.set(&bob(), ReadState::read_up_to(days(2)), days(2));
    laptop.set(&bob(), ReadState::read_up_to(days(1)), days(2));
    laptop.set(&bob(), ReadState { last_read: Some(days(1)), is_unread: true }, days(2));
    // A revision that is newer than that of this device, and wins as a whole.
    let mut newer = Draft::starting_at(100);
    newer.replace(laptop.data().clone());
    let message = newer.finish(&Authority::Unsigned).to_bytes();
    let account = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]));
    let key = ConfigKey::of_account(&account.seed());
    let stored = key.encrypt(ConvoInfoVolatile::DOMAIN, &padding::pad(&message));
    phone.push(days(2)).unwrap();
    phone.confirm_pushed(1, [StoredHash::new("own")]);
    phone.merge(&[Incoming::new(StoredHash::new("newer"), &stored)], days(2)).unwrap();
    let unread = ReadState { last_read: Some(days(1)), is_unread: true };
    assert_eq!(phone.shared(&bob()), Some(unread));
    assert_eq!(phone.get(&bob()), Some(unread));
}
