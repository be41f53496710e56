//! Targets of `session-groups`: what a swarm, a member, an admin or a broken disk may put in front of a device.

use std::sync::LazyLock;

use session_config::{StoredHash, user_groups::JoinedGroup};
use session_crypto::{
    aead::{XChaCha20Key, XChaCha20Nonce},
    ed25519::{Ed25519Keypair, Ed25519Seed, Ed25519Signature},
    multi_box,
    rand_core::{TryCryptoRng, TryRng},
};
use session_envelope::{content::Content, direct, multi_box::MultiBox};
use session_groups::{
    Group, KeyStore,
    invitation::Invitation,
    keys::{KeyMessageError, Loaded},
};
use session_identity::{Account, AccountSeed, GroupId, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);
const NONCE: XChaCha20Nonce = XChaCha20Nonce::from_bytes([9; 24]);

fn account(number: u8) -> Account {
    Account::from_seed(AccountSeed::from_bytes(&[number; 16]).expect("16 bytes are a seed"))
}

fn group() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]))
}

fn group_id() -> GroupId {
    GroupId::from_public_key(group().public_key())
}

/// Made once: a store costs a key agreement.
static MEMBER: LazyLock<KeyStore> = LazyLock::new(|| {
    KeyStore::new(&group_id(), &account(1).ed25519().to_x25519()).expect("an honest key")
});

static ADMIN: LazyLock<KeyStore> = LazyLock::new(|| {
    let mut store = member();
    store.set_admin_key(group().seed()).expect("its own secret");
    store
});

/// An admin's store with the keys 0, 1 and 2.
static WITH_KEYS: LazyLock<KeyStore> = LazyLock::new(|| {
    let mut store = admin();
    for _ in 0..3 {
        let message = store.rekey([account(1).id()]).expect("an admin");
        store.load_message(&message, name(), NOW).expect("its own message");
    }
    store
});

fn member() -> KeyStore {
    MEMBER.clone()
}

fn admin() -> KeyStore {
    ADMIN.clone()
}

fn name() -> StoredHash {
    StoredHash::new("name")
}

/// What is on the disk comes back as it was, and both go on alike.
fn survives_a_restart(mut store: KeyStore) {
    let dump = store.dump();
    let mut again = member();
    again.restore(&dump).expect("our own dump");
    assert_eq!(again.dump(), dump);
    assert_eq!(again.keys(), store.keys());
    assert_eq!(again.current_generation(), store.current_generation());
    for store in [&mut store, &mut again] {
        store.set_admin_key(group().seed()).expect("its own secret");
    }
    assert_eq!(again.rekey([account(2).id()]), store.rekey([account(2).id()]));
    assert_eq!(again.supplement(&[account(2).id()]), store.supplement(&[account(2).id()]));
}

/// Key messages that nobody signed, and any fields that the group signed: each is taken whole, or leaves no trace.
pub fn key_message(data: &[u8]) {
    let unsigned = member().load_message(data, name(), NOW);
    assert!(unsigned.is_err() || is_signed(data), "a message that nobody signed loaded");
    let signature = group().sign(data);
    let signed = [data, b"1:~64:", signature.as_bytes(), b"e"].concat();
    for mut store in [member(), admin()] {
        let loaded = store.load_message(&signed, name(), NOW);
        match loaded {
            Ok(Loaded::New) => assert!(!store.is_empty()),
            Ok(_) => assert!(store.is_empty()),
            Err(error) => {
                assert!(error != KeyMessageError::Signature, "a signed message is not");
                assert!(store.is_empty() && !store.needs_dump());
            }
        }
        assert!(store.keys().len() <= data.len() / 48);
        let again = store.clone().load_message(&signed, name(), NOW);
        assert_eq!(again.is_ok(), loaded.is_ok());
        assert_ne!(again, Ok(Loaded::New), "twice is new");
        if loaded.is_ok() {
            survives_a_restart(store);
        }
    }
}

/// Corpora hold signed messages too.
fn is_signed(message: &[u8]) -> bool {
    let Some((signed, end)) = message.split_last_chunk::<71>() else { return false };
    let signature = end[6..70].try_into().map(Ed25519Signature::from_bytes);
    signature.is_ok_and(|signature| group().public_key().verify(signed, &signature).is_ok())
}

/// Any bytes as what an admin boxed up for this member.
pub fn supplement(data: &[u8]) {
    let group = group();
    let own = account(1).ed25519().to_x25519().public_key();
    let key = multi_box::key_to(&group.to_x25519(), &own, b"SessionGroupKeyMemberKey");
    let sealed = key.expect("an honest key").encrypt(&NONCE, data);
    let boxed = |generation: i64| {
        let head = [b"d1:#24:", NONCE.as_bytes().as_slice(), b"1:+l"].concat();
        let length = format!("{}:", sealed.len());
        let end = format!("e1:Gi{generation}e");
        let body = [&head, length.as_bytes(), &sealed, end.as_bytes()].concat();
        let signature = group.sign(&body);
        [&body, b"1:~64:".as_slice(), signature.as_bytes(), b"e"].concat()
    };
    let message = boxed(3);
    let mut store = member();
    match store.load_message(&message, name(), NOW) {
        Ok(Loaded::New) => {
            let numbers: Vec<_> = (0..).map_while(|index| store.generation_at(index)).collect();
            assert_eq!(numbers.len(), store.keys().len());
            assert!(numbers.is_sorted_by(|newer, older| newer >= older));
        }
        Ok(_) => assert!(store.is_empty()),
        Err(_) => assert!(store.is_empty() && !store.needs_dump()),
    }
    // A second time it opens as well. Times that run backwards may bring a key back that was dropped.
    let held = store.keys().len();
    assert!(store.load_message(&message, name(), NOW).is_err() || store.keys().len() >= held);
    assert_eq!(admin().load_message(&message, name(), NOW).is_ok(), sealed.len() >= 68);
    if !store.is_empty() {
        survives_a_restart(store);
    }
}

/// A dump that is taken is written as it was meant; of a group too.
pub fn dump(data: &[u8]) {
    let mut store = member();
    let Ok(()) = store.restore(data) else {
        assert!(store.is_empty() && !store.needs_dump());
        whole_group(data);
        return;
    };
    assert!(store.keys().len() <= data.len());
    survives_a_restart(store);
}

fn whole_group(data: &[u8]) {
    let mut entry = JoinedGroup::new(group_id());
    entry.set_seed(Some(group().seed())).expect("its own secret");
    let Ok(mut loaded) = Group::load(&account(1), entry.clone(), data, NOW) else { return };
    let dump = loaded.dump(NOW);
    // Edits that were not stored get another number each time: the dumps differ, what is in them does not.
    let again = Group::load(&account(1), entry, &dump, NOW).expect("our own dump");
    assert_eq!((again.name(), again.is_expired()), (loaded.name(), loaded.is_expired()));
    assert_eq!(again.info().data(), loaded.info().data());
    assert_eq!(again.members().data(), loaded.members().data());
    assert_eq!(again.keys().keys(), loaded.keys().keys());
}

/// Messages that nobody wrote, and any bytes that whoever has the key may have put into one.
pub fn message(data: &[u8]) {
    let store = &*WITH_KEYS;
    assert!(store.open(data).is_err(), "a message that nobody sealed opened");
    let oldest = store.keys().last().expect("three keys").expose_bytes();
    let mut stored = NONCE.as_bytes().to_vec();
    XChaCha20Key::from_bytes(*oldest).encrypt_into(&NONCE, data, &mut stored);
    if let Ok(opened) = store.open(&stored) {
        // Signed for this group by its author: the frame is one that was sealed.
        assert_eq!(store.generation_at(opened.key_index()).map(|number| number.get()), Some(0));
        assert!(store.decode(&stored).map_or(true, |content| content.sender() == opened.sender()));
    }
}

/// Any bytes as a notice of removal, and as the entry that the group made for this member.
pub fn kicked(data: &[u8]) {
    let own = account(1).ed25519().to_x25519();
    let forged = member().is_kicked_by(data, &own);
    assert_ne!(forged, Ok(true), "a notice that nobody made removes");
    let messages = [(&own.public_key(), data)];
    let domain = b"SessionGroupKickedMessage";
    let notice = MultiBox::seal(messages, &group().to_x25519(), domain, &mut Zeros);
    let notice = notice.expect("an honest key").to_bytes();
    let number = data.strip_prefix(own.public_key().as_bytes());
    let number = number.and_then(|digits| str::from_utf8(digits).ok());
    let number = number.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
    let number = number.and_then(|digits| digits.parse::<u64>().ok());
    // Without a key every number is one from which on the member is removed.
    assert_eq!(member().is_kicked_by(&notice, &own).ok(), number.map(|_| true));
    assert_eq!(WITH_KEYS.is_kicked_by(&notice, &own).ok(), number.map(|number| number >= 2));
}

/// Any content in a direct message: only what an admin signed for this account is an invitation.
pub fn invite(data: &[u8]) {
    let (alice, bob) = (account(1), account(2));
    let Ok((content, _)) = Content::decode(data) else { return };
    let Ok(stored) = direct::encode(&content, &alice, &bob.id(), NOW, &mut Zeros) else { return };
    let Ok(received) = direct::decode(&stored, &bob) else { return };
    let Ok(invitation) = Invitation::check(&received, &bob) else { return };
    assert_eq!(invitation.inviter(), alice.id());
    let entry = invitation.to_entry(None);
    assert_eq!(entry.id(), invitation.group());
    assert_eq!(entry.seed().is_some(), invitation.is_promotion());
    // Taken once more, it changes nothing.
    assert_eq!(invitation.to_entry(Some(entry.clone())).name(), entry.name());
    let group = Group::accept(&bob, entry, NOW).expect("what was checked is accepted");
    assert!(group.has_work(), "nobody hears of it");
}

/// Draws zeros: what the targets seal needs no secrecy, and is to be the same every time.
struct Zeros;

impl TryRng for Zeros {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        bytes.fill(0);
        Ok(())
    }
}

impl TryCryptoRng for Zeros {}
