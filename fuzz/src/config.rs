//! Targets of `session-config`.

use std::sync::LazyLock;

use session_config::{
    Config, Contacts, ConvoInfoVolatile, Incoming, Local, StoredHash, UserGroups, UserProfile,
    config::AccountType,
    contacts::Contact,
    encryption::{ConfigKey, Domain},
    message::{Authority, Lag, Message},
    padding,
};
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    x25519::X25519PublicKey,
};
use session_identity::{AccountId, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);

/// A message is read as it is written, and none is signed by chance.
pub fn message(data: &[u8]) {
    let Ok(message) = Message::parse(data, Lag::DEFAULT, &Authority::Unsigned) else { return };
    let written = message.to_bytes();
    let again = Message::parse(&written, Lag::DEFAULT, &Authority::Unsigned);
    let again = again.expect("our own writing is refused");
    assert_eq!(again.to_bytes(), written);
    assert_eq!(again.data(), message.data());
    let reader = Authority::ReadOnly(account().public_key().check().expect("a real key"));
    assert!(Message::parse(data, Lag::DEFAULT, &reader).is_err(), "a forged signature");
    // The next revision of whatever was read can be read too.
    let next = message.successor(Lag::DEFAULT).finish(&Authority::Unsigned);
    let read = Message::parse(&next.to_bytes(), Lag::DEFAULT, &Authority::Unsigned);
    assert!(read.is_ok_and(|read| read == next));
}

/// Messages of anybody who has the key, in any order: nothing is lost but what the order of revisions decides.
/// Each is a byte of length (in units of 8) and a body.
pub fn merge(data: &[u8]) {
    let bodies = bodies(data);
    let blobs: Vec<Vec<u8>> = bodies.iter().map(|body| blob(body)).collect();
    let incoming: Vec<_> = (0..).zip(&blobs).map(|(n, blob)| incoming(n, blob)).collect();
    let mut forwards = device();
    let report = forwards.merge(&incoming, NOW).expect("an account has its key");
    assert_eq!(report.processed().len() + report.rejected().len(), incoming.len());
    let mut backwards = device();
    let reversed: Vec<_> = incoming.iter().rev().cloned().collect();
    backwards.merge(&reversed, NOW).expect("an account has its key");
    assert_eq!(forwards.data(), backwards.data(), "the order mattered");
    if report.processed().is_empty() {
        // Push and restart of the same device in every run would only cost time.
        assert_eq!(forwards.data(), device().data(), "a rejected message changed something");
        return;
    }

    // Whatever came out is stored, found and restarted like anything else.
    let push = forwards.push(NOW).expect("smaller than the limit");
    let mut third = Config::<Contacts>::new(account());
    let parts: Vec<_> = (0..).zip(push.messages()).map(|(n, m)| self::incoming(n, m)).collect();
    third.merge(&parts, NOW).expect("an account has its key");
    if push.seqno() != 0 {
        assert_eq!(third.data(), forwards.data());
    }
    let dump = forwards.dump(NOW);
    let loaded = Config::<Contacts>::load(account(), &dump, NOW).expect("our own dump");
    assert_eq!(loaded.data(), forwards.data());
    assert!(loaded.iter().count() <= loaded.data().dict_at(&[b"c"]).map_or(0, |dict| dict.len()));
}

/// A dump that loads is dumped and loads again; every typed view of it can be asked.
pub fn load(data: &[u8]) {
    load_as::<UserProfile>(data, |config| {
        let _ = (config.name(), config.picture(), config.pro_entitlement(NOW));
    });
    load_as::<Contacts>(data, |config| {
        config.iter().for_each(|contact| config.set_again(&contact));
        let _ = config.all_blinded();
    });
    load_as::<ConvoInfoVolatile>(data, |config| {
        let _ = (config.conversations(), config.communities());
    });
    load_as::<UserGroups>(data, |config| {
        let _ = (config.groups().count(), config.communities(), config.legacy_groups().count());
    });
    if let Ok(local) = Config::<Local>::load_device(data, NOW) {
        let _ = (local.theme(), local.primary_color(), local.notify_content());
    }
}

/// Parts of messages in any order keep within their bounds, and a true message comes through among them.
pub fn multipart(data: &[u8]) {
    let mut device = device();
    let before = device.data().clone();
    for (number, body) in (0..).zip(bodies(data)) {
        let blob = blob(&[b"m", body].concat());
        device.merge(&[incoming(number, &blob)], NOW).expect("an account has its key");
    }
    assert_eq!(device.data(), &before, "a part alone became a message");
    let dump = device.dump(NOW);
    let mut loaded = Config::<Contacts>::load(account(), &dump, NOW).expect("our own dump");
    assert_eq!(loaded.active_hashes().count(), device.active_hashes().count());
    let again = loaded.dump(NOW);
    let reloaded = Config::<Contacts>::load(account(), &again, NOW).expect("our own dump");
    assert_eq!(reloaded.active_hashes().count(), device.active_hashes().count());
}

fn load_as<T: AccountType>(data: &[u8], look: fn(&Config<T>)) {
    let Ok(mut config) = Config::<T>::load(account(), data, NOW) else { return };
    look(&config);
    let dump = config.dump(NOW);
    let again = Config::<T>::load(account(), &dump, NOW).expect("our own dump");
    assert_eq!(again.data(), config.data());
}

/// Reading a record and writing it changes nothing that can be read.
trait SetAgain {
    fn set_again(&self, contact: &Contact);
}

impl SetAgain for Config<Contacts> {
    fn set_again(&self, contact: &Contact) {
        let mut other = Config::<Contacts>::new(account());
        other.set(contact);
        assert_eq!(other.get(&contact.id()).as_ref(), Some(contact));
    }
}

/// Made once: keys cost more than a merge.
static ACCOUNT: LazyLock<Ed25519Keypair> =
    LazyLock::new(|| Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32])));

fn account() -> &'static Ed25519Keypair {
    &ACCOUNT
}

/// A device with one contact that is not pushed yet.
fn device() -> Config<Contacts> {
    let mut contacts = Config::<Contacts>::new(account());
    let id = AccountId::from_public_key(X25519PublicKey::from_bytes([9; 32]));
    contacts.set(&Contact::new(id));
    contacts
}

/// The pieces of an input: each is a byte of length (in units of 8) and a body.
pub(crate) fn bodies(data: &[u8]) -> Vec<&[u8]> {
    let mut rest = data;
    let mut bodies = Vec::new();
    while let Some((length, after)) = rest.split_first() {
        let length = (usize::from(*length) * 8).min(after.len());
        let (body, after) = after.split_at(length);
        bodies.push(body);
        rest = after;
    }
    bodies
}

/// `body` as somebody stores it who has the account's key.
fn blob(body: &[u8]) -> Vec<u8> {
    let key = ConfigKey::of_account(&account().seed());
    key.encrypt(Domain::new("Contacts").expect("short"), &padding::pad(body))
}

fn incoming(number: u32, blob: &[u8]) -> Incoming<'_> {
    Incoming::new(StoredHash::new(number.to_string()), blob)
}
