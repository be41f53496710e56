//! Messages are written here field by field, by the tables of 03 §1.7 and 06 §14.

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    x25519::X25519SecretKey,
};
use session_envelope::{
    envelope::{Envelope, EnvelopeKind},
    padding, signed_box,
};
use session_identity::AccountSeed;

use super::*;

const NEW: u8 = 1;
const KEYPAIR: u8 = 3;
const NAME: u8 = 4;
const ADDED: u8 = 5;
const REMOVED: u8 = 6;
const LEFT: u8 = 7;
const JOINED: Timestamp = Timestamp::from_millis(1_600_000_000_000);
const LATER: Timestamp = Timestamp::from_millis(1_600_000_000_001);

/// Field of a length-delimited kind.
fn field(number: u64, bytes: &[u8]) -> Vec<u8> {
    let mut out = varint(number << 3 | 2);
    out.extend(varint(bytes.len().try_into().unwrap()));
    out.extend_from_slice(bytes);
    out
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while number > 127 {
        out.push(u8::try_from(number & 127).unwrap() | 128);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap());
    out
}

fn account(number: u8) -> Account {
    Account::from_seed(AccountSeed::from_bytes(&[number; 16]).unwrap())
}

fn id(number: u8) -> AccountId {
    account(number).id()
}

fn pair(number: u8) -> X25519Keypair {
    X25519Keypair::from_secret_key(X25519SecretKey::from_bytes([number; 32]))
}

fn pair_message(number: u8) -> Vec<u8> {
    let public = pair(number).public_key().to_bytes();
    [field(1, &public), field(2, &[number; 32])].concat()
}

/// Content with the control message of these fields.
fn content(kind: u8, fields: &[Vec<u8>]) -> Vec<u8> {
    let control = [[vec![8, kind]].as_slice(), fields].concat().concat();
    field(1, &field(104, &control))
}

fn control(kind: u8, fields: &[Vec<u8>]) -> Control {
    Control::from_content(&content(kind, fields)).unwrap()
}

fn members(ids: &[u8]) -> Vec<u8> {
    ids.iter().flat_map(|number| field(5, &id(*number).to_bytes())).collect()
}

/// A group of 1 to 4 with the admins 1 and 2 and the key pair 40.
fn new_group(all: &[u8], admins: &[u8]) -> Control {
    let admins = admins.iter().flat_map(|number| field(6, &id(*number).to_bytes())).collect();
    let group = field(2, &id(9).to_bytes());
    control(NEW, &[group, field(3, b"old"), field(4, &pair_message(40)), members(all), admins])
}

fn group() -> LegacyGroup {
    LegacyGroup::new(&new_group(&[1, 2, 3, 4], &[1, 2]), &id(3), JOINED).unwrap()
}

fn wrapper(member: u8, sealed: &[u8]) -> Vec<u8> {
    field(7, &[field(1, &id(member).to_bytes()), field(2, sealed)].concat())
}

fn seal(message: &[u8], sender: u8, recipient: &X25519Keypair) -> Vec<u8> {
    let sender = account(sender);
    signed_box::seal_deterministic(message, sender.ed25519(), &recipient.public_key()).unwrap()
}

/// A message of the group's namespace.
fn stored(content: &[u8], sender: u8, keypair: u8) -> Vec<u8> {
    let sealed = seal(&padding::pad(content), sender, &pair(keypair));
    let signature = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([1; 32])).sign(b"decoy");
    Envelope::new(EnvelopeKind::Group, LATER, sealed, signature).to_web_socket()
}

fn take(group: &mut LegacyGroup, control: &Control, author: u8) -> Result<(), TakeError> {
    group.take(control, &id(author), LATER, &account(3))
}

#[test]
fn groups_need_an_admin_and_the_account() {
    let group = group();
    assert_eq!((group.id(), group.name(), group.members().count()), (id(9), "old", 4));
    for (all, admins) in [(&[1, 3][..], &[][..]), (&[1, 3], &[1, 2]), (&[1, 2], &[1])] {
        let refused = LegacyGroup::new(&new_group(all, admins), &id(3), JOINED);
        assert_eq!(refused.err(), Some(TakeError::Members), "{all:?} {admins:?}");
    }
    let other = LegacyGroup::new(&control(LEFT, &[]), &id(3), JOINED);
    assert_eq!(other.err(), Some(TakeError::Other));
}

#[test]
fn messages_open_with_newer_and_older_key_pairs() {
    let mut group = group();
    let wrappers =
        [wrapper(2, b"not ours"), wrapper(3, &seal(&pair_message(41), 1, account(3).x25519()))];
    take(&mut group, &control(KEYPAIR, &wrappers), 1).unwrap();
    assert_eq!(group.keypairs(), [pair(41), pair(40)]);
    for keypair in [40, 41] {
        let opened = group.open(&stored(&content(LEFT, &[]), 4, keypair)).unwrap();
        assert_eq!(opened.sender(), id(4));
        assert_eq!(LegacyGroup::control(&opened), Ok(Control::MemberLeft));
    }
    let error = group.open(&stored(&content(LEFT, &[]), 4, 42));
    assert_eq!(error.err(), Some(direct::OpenError::NoKeyFits { keys: 2 }));
}

#[test]
fn key_pairs_are_taken_from_admins_only() {
    let ours = account(3);
    let by = |author: u8| {
        control(KEYPAIR, &[wrapper(3, &seal(&pair_message(41), author, ours.x25519()))])
    };
    let mut group = group();
    assert_eq!(take(&mut group, &by(4), 4), Err(TakeError::Author));
    // A member passes off a box of its own as an admin's.
    assert_eq!(take(&mut group, &by(4), 1), Err(TakeError::Author));
    assert_eq!(
        take(&mut group, &control(KEYPAIR, &[wrapper(2, b"x")]), 1),
        Err(TakeError::NotForUs)
    );
    let broken = control(KEYPAIR, &[wrapper(3, b"x")]);
    assert!(matches!(take(&mut group, &broken, 1), Err(TakeError::Keypair(ControlError::Box(_)))));
    assert_eq!(group.keypairs(), [pair(40)]);
    assert_eq!(take(&mut group, &by(2), 2), Ok(()));
    assert_eq!(take(&mut group, &by(2), 2), Ok(()));
    assert_eq!(group.keypairs(), [pair(41), pair(40)]);
}

#[test]
fn members_rename_and_add_and_admins_remove() {
    let mut group = group();
    take(&mut group, &control(NAME, &[field(3, b"new")]), 4).unwrap();
    take(&mut group, &control(ADDED, &[members(&[5])]), 4).unwrap();
    assert_eq!((group.name(), group.members().count()), ("new", 5));
    assert_eq!(take(&mut group, &control(REMOVED, &[members(&[4])]), 5), Err(TakeError::Author));
    assert_eq!(take(&mut group, &control(REMOVED, &[members(&[1])]), 2), Err(TakeError::Members));
    take(&mut group, &control(REMOVED, &[members(&[4, 5])]), 2).unwrap();
    assert_eq!(take(&mut group, &control(NAME, &[field(3, b"x")]), 4), Err(TakeError::Author));
    assert!(!group.is_over());
    take(&mut group, &control(REMOVED, &[members(&[3])]), 1).unwrap();
    assert!(group.is_over(), "the account was removed");
}

#[test]
fn leavers_stay_until_removed_and_admins_end_the_group() {
    let mut group = group();
    take(&mut group, &control(LEFT, &[]), 4).unwrap();
    assert_eq!(group.left().collect::<Vec<_>>(), [&id(4)]);
    assert!(group.members().any(|member| *member == id(4)));
    take(&mut group, &control(REMOVED, &[members(&[4])]), 1).unwrap();
    assert_eq!((group.left().count(), group.members().count()), (0, 3));
    take(&mut group, &control(LEFT, &[]), 2).unwrap();
    assert!(group.is_over());
}

#[test]
fn what_is_older_than_the_account_does_nothing() {
    let mut group = group();
    let rename = control(NAME, &[field(3, b"x")]);
    let outdated = group.take(&rename, &id(4), JOINED, &account(3));
    assert_eq!((outdated, group.name()), (Err(TakeError::Outdated), "old"));
}

#[test]
fn a_known_group_takes_the_key_pair_of_a_new_one_only() {
    let mut group = group();
    let again = new_group(&[1, 3], &[1]);
    assert_eq!(take(&mut group, &again, 4), Err(TakeError::Author));
    assert_eq!(take(&mut group, &again, 1), Ok(()));
    assert_eq!(group.members().count(), 4);
}

#[test]
fn entries_open_what_their_key_pair_opens() {
    let mut entry = user_groups::LegacyGroup::new(id(9));
    let keys = |public: u8| Some((pair(public).public_key(), pair(40).secret_key().clone()));
    entry.encryption_keys = keys(40);
    entry.members = [(id(1), true), (id(3), false)].into();
    let group = LegacyGroup::from_entry(&entry);
    assert!(group.open(&stored(&content(LEFT, &[]), 1, 40)).is_ok());
    assert_eq!((group.admins().count(), group.members().count()), (1, 2));
    entry.encryption_keys = keys(41);
    assert_eq!(LegacyGroup::from_entry(&entry).keypairs(), []);
}
