//! The vectors of 06 §3.5 to §3.9, and what a hostile message or dump must not do.

use session_crypto::{
    ed25519::Ed25519PublicKey,
    encoding::hex,
    x25519::{X25519PublicKey, X25519SecretKey},
};
use session_identity::{AccountId, Timestamp};

use super::*;

mod dump;
mod hostile;

const GROUP_SEED: &str = "0123456789abcdeffedcba98765432100123456789abcdeffedcba9876543210";
const A1: &str = "0123456789abcdef0123456789abcdeffedcba9876543210fedcba9876543210";
const A2: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const M1: &str = "000111222333444555666777888999aaabbbcccdddeeefff0123456789abcdef";
const M2: &str = "00011122435111155566677788811263446552465222efff0123456789abcdef";
const M3: &str = "00011129824754185548239498168169316979583253efff0123456789abcdef";
const M4: &str = "0000111122223333444455556666777788889999aaaabbbbccccddddeeeeffff";

const V1_KEY: &str = "9adb99d47803912715af253c6fd1a71ee48763586773915d7658c9395552f951";
const V2_KEY: &str = "947df47813b6801e2a54edaca60093664aac6ac92b724504ac0afe5f020e2261";
const V3_KEY: &str = "f694b136e15460caa88388c65ce227521ac116e2b32722ca0007b7480a0bc8c6";

const DAY: u64 = 86_400_000;
const T: u64 = 1_700_000_000_000;

fn keypair(seed: &str) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(hex::decode_array(seed).unwrap()))
}

fn id(seed: &str) -> AccountId {
    AccountId::from_public_key(keypair(seed).to_x25519().public_key())
}

fn member(seed: &str) -> KeyStore {
    let group = GroupId::from_public_key(keypair(GROUP_SEED).public_key());
    KeyStore::new(&group, &keypair(seed).to_x25519()).unwrap()
}

fn admin(seed: &str) -> KeyStore {
    let mut store = member(seed);
    store.set_admin_key(keypair(GROUP_SEED).seed()).unwrap();
    store
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn hash(name: &str) -> StoredHash {
    StoredHash::new(name)
}

fn key(hex_digits: &str) -> GroupKey {
    GroupKey::from_bytes(hex::decode_array(hex_digits).unwrap())
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    hex::encode(&Sha256::digest(bytes))
}

/// An admin that made V1 and V2, which are stored.
fn founded() -> (KeyStore, Vec<u8>, Vec<u8>) {
    let mut store = admin(A1);
    let v1 = store.rekey([]).unwrap();
    store.load_message(&v1, hash("keyhash1"), at(T)).unwrap();
    let v2 = store.rekey([id(A1), id(M1), id(M2), id(M3), id(M4)]).unwrap();
    store.load_message(&v2, hash("keyhash2"), at(T + 100_000)).unwrap();
    (store, v1, v2)
}

fn active(store: &KeyStore) -> Vec<&str> {
    store.active_hashes().map(StoredHash::as_str).collect()
}

#[test]
fn v1_is_the_key_message_of_a_group_without_members() {
    let mut store = admin(A1);
    let message = store.rekey([]).unwrap();
    assert_eq!(
        hex::encode(&message),
        "64313a2332343a55c0e59fca2d241c556cd1bc213a35a121f3d4c347e7441d313a47693065313a4b34383a\
         2f22613044401c4736e03a5d63f61dba4772bd172d6382880421988fed995b8c367c99763f4aeb7ba9b03e\
         0961dbdeee313a6b6c65313a7e36343a29bfe5397885e40794cafbe1dd1463d9b42755e5f119b0dd1ba947\
         ad9e9d6d2f07da5325e717ab71ebd45010c5961b5e6153e0dd1f7f3dcf9a11e81d3ab7500465"
    );
    assert_eq!(store.encryption_key(), Some(&key(V1_KEY)));
}

#[test]
fn v2_hands_the_key_to_every_member_and_hides_how_many_they_are() {
    let mut store = admin(A1);
    let v1 = store.rekey([]).unwrap();
    store.load_message(&v1, hash("keyhash1"), at(T)).unwrap();
    // Neither the order nor repetitions matter.
    let message = store.rekey([id(M4), id(A1), id(M1), id(M1), id(M3), id(M2)]).unwrap();
    assert_eq!(store.pending().unwrap().key(), &key(V2_KEY));
    assert_eq!(message.len(), 2462);
    assert_eq!(
        sha256(&message),
        "38f88a8b728caea7927a25dece6111d1055d473e6192e6bc624a568ea145745c"
    );
    for seed in [A1, M1, M2, M3, M4] {
        let mut member = member(seed);
        assert_eq!(member.load_message(&message, hash("h"), at(T)), Ok(Loaded::New));
        assert_eq!(member.keys(), [key(V2_KEY)]);
        assert_eq!(member.current_generation().map(Generation::get), Some(1));
    }
    let mut outsider = member(A2);
    assert_eq!(outsider.load_message(&message, hash("h"), at(T)), Ok(Loaded::NotForUs));
    assert!(outsider.is_empty());
}

#[test]
fn v4_gives_all_stored_keys_to_one_who_joins() {
    let (mut store, ..) = founded();
    store.rekey([id(M1)]).unwrap();
    let [message] = store.supplement(&[id(M1)]).unwrap().try_into().unwrap();
    assert_eq!(message.len(), 263);
    assert_eq!(
        sha256(&message),
        "a9524147f79df08e9ae8ebbefd00372829a5d8d7273c47cb2d39f38d632e947d"
    );
    let mut joined = member(M1);
    assert_eq!(joined.load_message(&message, hash("supp"), at(T + DAY)), Ok(Loaded::New));
    assert_eq!(joined.keys(), [key(V2_KEY), key(V1_KEY)]);
    assert_eq!(active(&joined), ["supp"], "once, though it brought two keys");
    assert_eq!(joined.load_message(&message, hash("supp"), at(T + DAY)), Ok(Loaded::Known));
    assert_eq!(joined.stored, founded().0.stored, "the times are those of the keys");
    assert_eq!(member(M2).load_message(&message, hash("s"), at(T)), Ok(Loaded::NotForUs));
    assert_eq!(admin(M1).load_message(&message, hash("s"), at(T)), Ok(Loaded::NotForUs));
}

/// K-COL: both admins rekey, and differ in whom they removed.
#[test]
fn two_admins_collide_and_agree_on_what_follows() {
    let (one, ..) = founded();
    let mut two = admin(A2);
    two.restore(&one.clone().dump()).unwrap();
    let mut one = one;
    let first = one.rekey([id(A1), id(M1), id(M2), id(M4)]).unwrap();
    let second = two.rekey([id(A1), id(M1), id(M2), id(M3)]).unwrap();
    let a = key("45add11771ea10aa2f191eca074ae59f9ac91d3a6da4e7c1a007f4b05182ff77");
    let b = key("3d68039a17a8e0584cbc7585870a67f32401a2cc5753aae1a1c5ccac892fbfcc");
    assert_eq!((one.encryption_key(), two.encryption_key()), (Some(&a), Some(&b)));

    // Each finds both, in different order; the later one encrypts.
    one.load_message(&first, hash("a"), at(T + DAY)).unwrap();
    assert!(!one.needs_rekey());
    one.load_message(&second, hash("b"), at(T + DAY + 1)).unwrap();
    two.load_message(&second, hash("b"), at(T + DAY + 1)).unwrap();
    two.load_message(&first, hash("a"), at(T + DAY)).unwrap();
    assert_eq!(one.stored, two.stored);
    assert_eq!(one.keys()[..2], [b, a]);
    assert!(one.needs_rekey() && two.needs_rekey());

    let merged = [id(A1), id(M1), id(M2)];
    let message = one.rekey(merged).unwrap();
    assert_eq!(two.rekey(merged).unwrap(), message);
    assert_eq!(one.encryption_key(), Some(&key(V3_KEY)));
    assert_eq!(
        sha256(&message),
        "382783c1afcf6eec9077a47d4214f89b581259a4323d322ace93d453c7b5bb4d"
    );
    let mut reader = member(M1);
    reader.load_message(&first, hash("a"), at(T)).unwrap();
    reader.load_message(&second, hash("b"), at(T)).unwrap();
    assert!(!reader.needs_rekey(), "members cannot help it");
}

/// K-EXP, and the boundary that follows from it.
#[test]
fn keys_go_sixty_days_after_they_were_replaced() {
    for (last, remaining) in [(71 * DAY, vec![5, 4]), (70 * DAY, vec![5, 4, 3])] {
        let mut store = admin(A1);
        let mut messages = Vec::new();
        for time in [0, 0, 0, 0, 10 * DAY, last] {
            let name = format!("h{}", messages.len());
            let message = store.rekey([id(M1)]).unwrap();
            store.load_message(&message, hash(&name), at(T + time)).unwrap();
            messages.push((message, name, time));
        }
        let generations = |store: &KeyStore| -> Vec<_> {
            (0..).map_while(|index| store.generation_at(index).map(Generation::get)).collect()
        };
        assert_eq!(generations(&store), remaining, "{last}");
        // In any other order the same remain, and what is too old by then is not news.
        let mut backwards = member(M1);
        for (generation, (message, name, time)) in messages.iter().enumerate().rev() {
            let loaded = backwards.load_message(message, hash(name), at(T + time)).unwrap();
            let is_kept = remaining.contains(&u64::try_from(generation).unwrap());
            assert_eq!(loaded == Loaded::New, is_kept, "{last} {generation}");
            assert_eq!(backwards.needs_dump(), is_kept, "{last} {generation}");
            backwards.dump();
        }
        assert_eq!(generations(&backwards), remaining, "{last}");
        assert_eq!(active(&backwards), active(&store), "{last}");
        assert_eq!(active(&store).len(), remaining.len(), "{last}");
    }
}

#[test]
fn a_pending_key_encrypts_until_its_message_is_loaded() {
    let mut store = admin(A1);
    let message = store.rekey([id(M1)]).unwrap();
    assert!(store.needs_dump() && !store.is_empty());
    assert_eq!(store.current_generation(), None, "pending keys have no say in numbers");
    assert_eq!(store.generation_at(0), Some(Generation::FIRST));
    let pending = store.pending().unwrap();
    assert_eq!((pending.message(), pending.generation().get()), (message.as_slice(), 0));
    assert_eq!(store.supplement(&[id(M1)]), Err(SupplementError::NoKey));
    assert_eq!(store.load_message(&message, hash("h"), at(T)), Ok(Loaded::New));
    assert_eq!((store.pending(), store.keys().len()), (None, 1));
}

#[test]
fn another_key_of_the_same_number_leaves_the_pending_one() {
    let (mut one, ..) = founded();
    let mut two = one.clone();
    let ours = one.rekey([id(M1)]).unwrap();
    let theirs = two.rekey([id(M2)]).unwrap();
    one.load_message(&theirs, hash("theirs"), at(T + DAY)).unwrap();
    assert!(one.pending().is_some());
    assert_eq!(one.encryption_key(), one.pending().map(PendingKey::key));
    // The next number settles it, though the message was never found.
    two.load_message(&theirs, hash("theirs"), at(T + DAY)).unwrap();
    let next = two.rekey([id(M2)]).unwrap();
    one.load_message(&next, hash("next"), at(T + 2 * DAY)).unwrap();
    assert_eq!(one.pending(), None);
    assert!(!one.needs_rekey());
    // Found late after all, it is one of two old ones.
    assert_eq!(one.load_message(&ours, hash("ours"), at(T + DAY)), Ok(Loaded::New));
    assert_eq!(
        (one.current_generation().map(Generation::get), one.needs_rekey()),
        (Some(3), false)
    );
}

#[test]
fn of_two_pending_keys_the_second_counts() {
    let mut store = admin(A1);
    let first = store.rekey([id(M1)]).unwrap();
    let second = store.rekey([id(M2)]).unwrap();
    assert_ne!(first, second);
    assert_eq!(store.keys().len(), 1);
    assert_eq!(store.pending().unwrap().message(), second);
}

#[test]
fn a_message_under_two_names_is_one_key_and_two_names() {
    let (mut store, v1, _) = founded();
    store.dump();
    assert_eq!(store.load_message(&v1, hash("again"), at(T + DAY)), Ok(Loaded::Known));
    assert!(store.needs_dump());
    assert_eq!(active(&store), ["again", "keyhash1", "keyhash2"]);
    store.dump();
    assert_eq!(store.load_message(&v1, hash("again"), at(T + DAY)), Ok(Loaded::Known));
    assert!(!store.needs_dump());
}

#[test]
fn messages_for_others_are_kept_alive_too() {
    let mut reader = member(M1);
    let (_, v1, v2) = founded();
    assert_eq!(reader.load_message(&v1, hash("v1"), at(T)), Ok(Loaded::NotForUs));
    assert_eq!(active(&reader), Vec::<&str>::new(), "without a key there is nothing to keep");
    reader.load_message(&v2, hash("v2"), at(T)).unwrap();
    assert_eq!(reader.load_message(&v1, hash("v1"), at(T)), Ok(Loaded::NotForUs));
    assert_eq!(active(&reader), ["v2"], "older than what is held");
    let mut admin = admin(A1);
    admin.restore(&reader.clone().dump()).unwrap();
    let next = admin.rekey([id(M2)]).unwrap();
    reader.dump();
    assert_eq!(reader.load_message(&next, hash("v3"), at(T)), Ok(Loaded::NotForUs));
    assert!(reader.needs_dump(), "the name is to be kept");
    assert_eq!(active(&reader), ["v2", "v3"]);
}

#[test]
fn a_promoted_member_makes_keys() {
    let (_, _, v2) = founded();
    let mut store = member(M1);
    store.load_message(&v2, hash("h"), at(T)).unwrap();
    assert_eq!(store.rekey([id(M1)]), Err(RekeyError::NotAdmin));
    assert_eq!(store.supplement(&[id(M2)]), Err(SupplementError::NotAdmin));
    assert_eq!(store.set_admin_key(keypair(A1).seed()), Err(ForeignSecret));
    assert!(!store.is_admin() && store.admin_key().is_none());
    store.set_admin_key(keypair(GROUP_SEED).seed()).unwrap();
    assert!(store.is_admin());
    let public_key = store.admin_key().map(Ed25519Keypair::public_key);
    assert_eq!(public_key, Some(store.verifying_key().public_key()));
    assert!(store.rekey([id(M1)]).is_ok());
}

/// Nobody has the key of such a member, which must not stop a rotation.
#[test]
fn members_of_small_order_get_nothing() {
    let none = [[0; 32], {
        let mut one = [0; 32];
        one[0] = 1;
        one
    }]
    .map(|bytes| AccountId::from_public_key(X25519PublicKey::from_bytes(bytes)));
    let mut store = admin(A1);
    let message = store.rekey([none[0], id(M1), none[1]]).unwrap();
    assert_eq!(message.len(), 2462, "filled up to 45");
    assert_eq!(member(M1).load_message(&message, hash("h"), at(T)), Ok(Loaded::New));
    store.load_message(&message, hash("h"), at(T)).unwrap();
    assert_eq!(store.supplement(&none), Err(SupplementError::NoRecipient));
    assert_eq!(store.supplement(&[]), Err(SupplementError::NoRecipient));
    let [message] = store.supplement(&[none[0], id(M2)]).unwrap().try_into().unwrap();
    assert_eq!(member(M2).load_message(&message, hash("h"), at(T)), Ok(Loaded::New));
}

fn crowd(count: u16) -> impl Iterator<Item = AccountId> {
    (0..count).map(|number| {
        let mut secret = [1; 32];
        secret[8..10].copy_from_slice(&number.to_be_bytes());
        let secret = X25519SecretKey::from_bytes(secret);
        AccountId::from_public_key(secret.public_key())
    })
}

#[test]
fn as_many_members_as_a_message_has_room_for() {
    let mut store = admin(A1);
    for (count, length) in [(45, 2462), (46, 4757), (90, 4757), (91, 7052), (1485, 75_902)] {
        assert_eq!(store.rekey(crowd(count)).unwrap().len(), length, "{count}");
    }
    assert_eq!(store.rekey(crowd(1486)), Err(RekeyError::TooManyMembers { found: 1486 }));
}

#[test]
fn long_supplements_are_split() {
    let mut store = admin(A1);
    for time in 0..10 {
        let message = store.rekey([id(M1)]).unwrap();
        store.load_message(&message, hash(&time.to_string()), at(T + time)).unwrap();
    }
    let everybody: Vec<_> = crowd(150).chain([id(M2)]).collect();
    let messages = store.supplement(&everybody).unwrap();
    assert_eq!(messages.len(), 2);
    assert!(messages.iter().all(|message| message.len() <= MAX_MESSAGE_LENGTH));
    assert!(messages[0].len() > MAX_MESSAGE_LENGTH - 1000, "no more than needed");
    let mut joined = member(M2);
    assert_eq!(joined.load_message(&messages[0], hash("0"), at(T)), Ok(Loaded::NotForUs));
    assert_eq!(joined.load_message(&messages[1], hash("1"), at(T)), Ok(Loaded::New));
    assert_eq!(joined.keys(), store.keys());
}

/// More keys than anybody has: they travel in several messages to the one recipient.
#[test]
fn many_keys_are_split_too() {
    let mut store = admin(A1);
    store.stored = (0..1700_u64)
        .map(|number| NumberedKey {
            generation: Generation::try_from(i64::try_from(number).unwrap()).unwrap(),
            stored_at: at(T + number),
            key: GroupKey::from_bytes([7; 32]),
        })
        .collect();
    let messages = store.supplement(&[id(M1)]).unwrap();
    assert!(messages.iter().all(|message| message.len() <= MAX_MESSAGE_LENGTH));
    let mut joined = member(M1);
    for (number, message) in messages.iter().enumerate() {
        joined.load_message(message, hash(&number.to_string()), at(T)).unwrap();
    }
    assert_eq!(joined.stored, store.stored);
}

#[test]
fn the_last_number_is_the_end() {
    let mut store = admin(A1);
    let key = GroupKey::from_bytes([7; 32]);
    store.stored = vec![NumberedKey { generation: Generation::MAX, stored_at: at(T), key }];
    assert_eq!(store.rekey([id(M1)]), Err(RekeyError::LastGeneration));
    assert!(store.pending().is_none());
}

#[test]
fn a_group_id_that_is_no_key_has_no_store() {
    let account = keypair(M1).to_x25519();
    for (byte, error) in [(0, Ed25519KeyError::SmallOrder), (0xff, Ed25519KeyError::NonCanonical)] {
        let group = GroupId::from_public_key(Ed25519PublicKey::from_bytes([byte; 32]));
        assert_eq!(KeyStore::new(&group, &account).unwrap_err(), error);
    }
}

#[test]
fn debug_shows_no_secret() {
    let mut store = admin(A1);
    store.rekey([]).unwrap();
    let group = store.group();
    assert_eq!(
        format!("{store:?}"),
        format!("KeyStore {{ group: {group:?}, is_admin: true, keys: 1, .. }}")
    );
    assert_eq!(
        format!("{:?}", store.pending().unwrap()),
        "PendingKey { generation: Generation(0), .. }"
    );
}

/// What fails leaves a store as it was, with a pending key and without.
#[test]
fn calls_that_fail_change_nothing() {
    let (mut with_pending, v1, v2) = founded();
    with_pending.rekey([id(M1)]).unwrap();
    let mut last = founded().0;
    last.stored.last_mut().unwrap().generation = Generation::MAX;
    let too_many: Vec<_> = crowd(1486).collect();
    let mut truncated = with_pending.clone().dump().to_vec();
    truncated.pop();
    for mut store in [with_pending, last, member(M1), admin(A1)] {
        let before = (store.dump(), store.keys().to_vec(), store.is_admin());
        let mut failures = vec![
            store.set_admin_key(keypair(A2).seed()).is_err(),
            store.rekey(too_many.iter().copied()).is_err(),
            store.restore(&truncated).is_err(),
            store.load_message(&v1[1..], hash("h"), at(T)).is_err(),
            store.load_message(&v2[..v2.len() - 1], hash("h"), at(T)).is_err(),
        ];
        if store.current_generation() == Some(Generation::MAX) {
            failures.push(store.rekey([id(M1)]) == Err(RekeyError::LastGeneration));
        }
        assert!(failures.iter().all(|failed| *failed), "{failures:?}");
        assert!(!store.needs_dump());
        assert!(before == (store.dump(), store.keys().to_vec(), store.is_admin()));
    }
}
