use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    x25519::X25519PublicKey,
};
use session_identity::AccountId;

use super::*;
use crate::{Contacts, Incoming, StoredHash, UserProfile, config::AccountType, contacts::Contact};

const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);

const fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn device<T: AccountType>() -> Config<T> {
    Config::new(&Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32])))
}

fn bob() -> AccountId {
    AccountId::from_public_key(X25519PublicKey::from_bytes([9; 32]))
}

fn push<T: AccountType>(config: &mut Config<T>) -> Vec<u8> {
    config.push(NOW).unwrap().messages()[0].clone()
}

fn merge<T: AccountType>(config: &mut Config<T>, messages: &[&[u8]]) {
    let incoming: Vec<_> = (0..)
        .zip(messages)
        .map(|(number, message): (u32, _)| {
            Incoming::new(StoredHash::new(number.to_string()), message)
        })
        .collect();
    config.merge(&incoming, NOW).unwrap();
}

fn times(contacts: &Config<Contacts>) -> [Option<Timestamp>; 2] {
    let contact = contacts.get(&bob()).unwrap();
    [contact.delete_before(), contact.delete_attachments_before()]
}

/// Whichever message wins, and in whatever order they come, the later time holds on all devices, which come to the same
/// bytes at once.
#[test]
fn devices_that_clear_at_the_same_time_keep_the_later_time() {
    let mut lower_won = 0;
    for number in 0..40 {
        let [mut phone, mut laptop, mut tablet] = [(); 3].map(|()| device::<Contacts>());
        for (config, time) in [(&mut phone, 500 + number), (&mut laptop, 300)] {
            // All that one device wrote wins against the other: the name tells which.
            let mut contact = Contact::new(bob());
            contact.set_nickname(&time.to_string()).unwrap();
            config.set(&contact);
            config.clear_conversation(&bob(), at(time));
            config.clear_attachments(&bob(), at(2 * time));
        }
        let (of_phone, of_laptop) = (push(&mut phone), push(&mut laptop));
        merge(&mut phone, &[&of_laptop]);
        merge(&mut laptop, &[&of_laptop, &of_phone]);
        merge(&mut tablet, &[&of_laptop, &of_phone]);
        for config in [&phone, &laptop, &tablet] {
            let expected = [500 + number, 2 * (500 + number)].map(|time| Some(at(time)));
            assert_eq!(times(config), expected, "{number}");
        }
        lower_won += u32::from(tablet.get(&bob()).unwrap().nickname() == "300");
        let (of_phone, of_laptop) = (push(&mut phone), push(&mut laptop));
        assert_eq!(of_phone, of_laptop, "{number}");
        assert_eq!(push(&mut tablet), of_phone, "{number}");
    }
    assert!((1..40).contains(&lower_won), "both win at times: {lower_won}");
}

#[test]
fn note_to_self_keeps_the_later_time() {
    for number in 0..20 {
        let (mut phone, mut laptop) = (device::<UserProfile>(), device::<UserProfile>());
        phone.clear_note_to_self(at(500 + number));
        laptop.clear_note_to_self(at(300));
        laptop.clear_note_to_self_attachments(at(400));
        let (of_phone, of_laptop) = (push(&mut phone), push(&mut laptop));
        merge(&mut phone, &[&of_laptop]);
        merge(&mut laptop, &[&of_phone]);
        for config in [&phone, &laptop] {
            assert_eq!(config.note_to_self_delete_before(), Some(at(500 + number)), "{number}");
            assert_eq!(config.note_to_self_delete_attachments_before(), None, "{number}");
        }
        assert_eq!(push(&mut phone), push(&mut laptop), "{number}");
    }
}

/// A foreign client may write any value: the next revision raises it again, and the others take that.
#[test]
fn a_revision_that_lowers_a_time_is_followed_by_one_that_raises_it() {
    let (mut phone, mut foreign) = (device::<Contacts>(), device::<Contacts>());
    phone.set(&Contact::new(bob()));
    phone.clear_conversation(&bob(), at(500));
    merge(&mut foreign, &[&push(&mut phone)]);
    foreign.assign(&[b"c", &bob().to_bytes(), b"d"], Some(Value::from(300)));
    merge(&mut phone, &[&push(&mut foreign)]);
    assert_eq!(times(&phone), [Some(at(500)), None]);
    assert!(phone.needs_push());
    merge(&mut foreign, &[&push(&mut phone)]);
    assert_eq!(times(&foreign), [Some(at(500)), None]);
    assert!(!foreign.needs_push());
    // Somebody who was forgotten stays so, and is a new contact afterwards.
    foreign.remove(&bob());
    merge(&mut phone, &[&push(&mut foreign)]);
    assert_eq!(phone.get(&bob()), None);
    assert!(!phone.needs_push());

    let (mut phone, mut foreign) = (device::<UserProfile>(), device::<UserProfile>());
    phone.clear_note_to_self(at(500));
    merge(&mut foreign, &[&push(&mut phone)]);
    foreign.assign(&[b"d"], None);
    merge(&mut phone, &[&push(&mut foreign)]);
    assert_eq!(phone.note_to_self_delete_before(), Some(at(500)));
}

#[test]
fn a_conflict_brings_no_forgotten_contact_back() {
    let (mut phone, mut laptop) = (device::<Contacts>(), device::<Contacts>());
    let other =
        |byte| Contact::new(AccountId::from_public_key(X25519PublicKey::from_bytes([byte; 32])));
    phone.set(&Contact::new(bob()));
    phone.set(&other(7));
    phone.clear_conversation(&bob(), at(300));
    merge(&mut laptop, &[&push(&mut phone)]);
    phone.set(&other(8));
    laptop.remove(&bob());
    let (of_phone, of_laptop) = (push(&mut phone), push(&mut laptop));
    merge(&mut phone, &[&of_laptop]);
    merge(&mut laptop, &[&of_phone]);
    for config in [&phone, &laptop] {
        assert_eq!(config.get(&bob()), None);
        assert_eq!(config.len(), 2);
    }
}

#[test]
fn what_says_nothing_is_removed_with_the_next_change() {
    let mut contacts = device::<Contacts>();
    contacts.set(&Contact::new(bob()));
    let id = bob().to_bytes();
    let raw = |contacts: &Config<Contacts>, key: &[u8]| {
        contacts.data().dict_at(&[b"c", &id]).unwrap().integer(key)
    };
    contacts.assign(&[b"c", &id, b"d"], Some(Value::from(1_738_000_000_000)));
    contacts.assign(&[b"c", &id, b"D"], Some(Value::from(5)));
    let (before, seqno) = (contacts.data().clone(), contacts.seqno());
    contacts.push(NOW).unwrap();
    for earlier in [NOW, at(7), at(0)] {
        contacts.clear_conversation(&bob(), earlier);
        contacts.clear_attachments(&bob(), earlier);
        assert_eq!(*contacts.data(), before, "{earlier:?}");
        assert_eq!(contacts.seqno(), seqno, "{earlier:?}");
    }
    contacts.clear_conversation(&bob(), at(1_738_000_001));
    assert_eq!((raw(&contacts, b"d"), raw(&contacts, b"D")), (Some(1_738_000_001), None));
    contacts.clear_attachments(&bob(), Timestamp::from_millis(1_738_000_001_999));
    assert_eq!(raw(&contacts, b"D"), None, "within the same second");
}
