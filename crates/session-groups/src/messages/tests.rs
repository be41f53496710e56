use session_config::StoredHash;
use session_crypto::{ed25519::Ed25519Seed, encoding::hex, system_rng, x25519::X25519PublicKey};
use session_envelope::group::framing;
use session_identity::{AccountSeed, GroupId};

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn account(number: u8) -> Account {
    Account::from_seed(AccountSeed::from_bytes(&[number; 16]).unwrap())
}

fn group(number: u8) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([number; 32]))
}

fn member(number: u8, of: u8) -> KeyStore {
    let id = GroupId::from_public_key(group(of).public_key());
    KeyStore::new(&id, &account(number).ed25519().to_x25519()).unwrap()
}

fn admin(number: u8, of: u8) -> KeyStore {
    let mut store = member(number, of);
    store.set_admin_key(group(of).seed()).unwrap();
    store
}

/// Makes the next key for these members and has all of `stores` find its message.
fn rekey<const N: usize>(stores: [&mut KeyStore; N], members: &[u8]) {
    let members = members.iter().map(|number| account(*number).id());
    let message = (*stores[0]).clone().rekey(members).unwrap();
    for store in stores {
        let name = StoredHash::new(hex::encode(&message[5..29]));
        store.load_message(&message, name, NOW).unwrap();
    }
}

fn hello() -> Content {
    Content::text("hello").unwrap()
}

#[test]
fn a_pending_key_already_encrypts_and_decrypts() {
    let mut alice = admin(1, 9);
    let error = alice.encode(&hello(), &account(1), NOW, &mut system_rng());
    assert_eq!(error, Err(EncodeError::NoKey));
    alice.rekey([account(1).id()]).unwrap();
    let stored = alice.encode(&hello(), &account(1), NOW, &mut system_rng()).unwrap();
    assert_eq!(alice.decode(&stored).unwrap().sender(), account(1).id());
}

#[test]
fn messages_open_with_any_key_that_is_held() {
    let (mut alice, mut bob) = (admin(1, 9), member(2, 9));
    rekey([&mut alice, &mut bob], &[1, 2]);
    let first = alice.encode(&hello(), &account(1), NOW, &mut system_rng()).unwrap();
    rekey([&mut alice, &mut bob], &[1, 2]);
    let second = bob.encode(&hello(), &account(2), NOW, &mut system_rng()).unwrap();
    for (stored, author, generation) in [(&first, 1, 0), (&second, 2, 1)] {
        for store in [&alice, &bob] {
            let opened = store.open(stored).unwrap();
            assert_eq!(opened.sender(), account(author).id());
            let number = store.generation_at(opened.key_index()).map(|number| number.get());
            assert_eq!(number, Some(generation));
        }
    }
    let error = member(3, 9).open(&first).unwrap_err();
    assert_eq!(error, OpenError::Frame(framing::OpenError::NoKeyFits { keys: 0 }));
}

/// The one signature that does not travel: the group's id is part of what is signed.
#[test]
fn a_message_opens_in_its_own_group_only() {
    let (mut one, mut two) = (admin(1, 9), admin(1, 8));
    rekey([&mut one], &[1]);
    let stored = one.encode(&hello(), &account(1), NOW, &mut system_rng()).unwrap();
    rekey([&mut two], &[1]);
    assert_ne!(one.keys(), two.keys());
    let moved = group::open(&stored, &two.group(), one.keys()).unwrap_err();
    assert_eq!(moved, OpenError::Frame(framing::OpenError::Signature));
}

#[test]
fn envelopes_are_sealed_as_they_are() {
    let mut alice = admin(1, 9);
    let envelope = group::envelope(
        &hello().encode(NOW),
        NOW,
        session_envelope::envelope::ProSignature::Decoy,
        &mut system_rng(),
    )
    .unwrap();
    let error = alice.seal(&envelope, account(1).ed25519(), &mut system_rng());
    assert_eq!(error, Err(EncodeError::NoKey));
    rekey([&mut alice], &[1]);
    let stored = alice.seal(&envelope, account(1).ed25519(), &mut system_rng()).unwrap();
    assert_eq!(alice.open(&stored).unwrap().envelope(), &envelope);
}

#[test]
fn a_notice_counts_until_the_next_key() {
    let (mut alice, mut bob, mut carol) = (admin(1, 9), member(2, 9), member(3, 9));
    let kick = |store: &KeyStore, ids: &[AccountId]| store.kick(ids, &mut system_rng());
    assert_eq!(kick(&bob, &[account(3).id()]), Err(KickError::NotAdmin));
    assert_eq!(kick(&alice, &[account(3).id()]), Err(KickError::NoKey));
    rekey([&mut alice, &mut bob, &mut carol], &[1, 2, 3]);
    assert_eq!(kick(&alice, &[]), Err(KickError::NoRecipient));
    let nobody = AccountId::from_public_key(X25519PublicKey::from_bytes([0; 32]));
    assert_eq!(kick(&alice, &[nobody]), Err(KickError::NoRecipient));

    let notice = kick(&alice, &[nobody, account(3).id()]).unwrap();
    let [key_of_bob, key_of_carol] = [2, 3].map(|number| account(number).ed25519().to_x25519());
    assert_eq!(carol.is_kicked_by(&notice, &key_of_carol), Ok(true));
    assert_eq!(bob.is_kicked_by(&notice, &key_of_bob), Ok(false));
    assert_eq!(member(3, 9).is_kicked_by(&notice, &key_of_carol), Ok(true), "not loaded yet");
    assert!(carol.is_kicked_by(b"notice", &key_of_carol).is_err());
    // Invited again: the key that came with it is newer than the notice.
    rekey([&mut alice, &mut carol], &[1, 2, 3]);
    assert_eq!(carol.is_kicked_by(&notice, &key_of_carol), Ok(false));
}
