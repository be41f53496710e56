//! Target that merges configs of a group.

use std::sync::LazyLock;

use session_config::{
    Config, GroupInfo, GroupMembers, Incoming, StoredHash, compression,
    config::{GroupType, MergeReport},
    encryption::{ConfigKey, Domain},
    group_members::Member,
    message::Authority,
    padding,
};
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    x25519::X25519PublicKey,
};
use session_identity::{AccountId, Timestamp};

use crate::config::bodies;

const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);
/// A signature costs more than everything else, so that only this many messages are looked at.
const MAX_MESSAGES: usize = 4;

static SIGNER: LazyLock<Ed25519Keypair> =
    LazyLock::new(|| Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32])));
static ADMIN: LazyLock<Authority> = LazyLock::new(|| Authority::Signer(Box::new(SIGNER.clone())));
static MEMBER: LazyLock<Authority> =
    LazyLock::new(|| Authority::ReadOnly(SIGNER.public_key().check().expect("a real key")));

/// Messages of a hostile admin, and of anybody who has the group's key, in any order: what no admin signed
/// changes nothing, members and admins agree, and what comes out is stored, found and restarted.
///
/// The first byte chooses the type. Each message is a byte of length (in units of 8), a byte that says what is
/// made of it, and a body.
pub fn group(data: &[u8]) {
    match data.split_first() {
        Some((kind, rest)) if kind % 2 == 0 => merge::<GroupInfo>("groups::Info", rest),
        Some((_, rest)) => merge::<GroupMembers>("groups::Members", rest),
        None => {}
    }
}

fn merge<T: Looked>(domain: &str, data: &[u8]) {
    let domain = Domain::new(domain).expect("short");
    let stored: Vec<_> =
        bodies(data).into_iter().take(MAX_MESSAGES).map(|body| Stored::of(body, domain)).collect();
    let incoming: Vec<_> = (0..).zip(&stored).map(|(n, one)| incoming(n, &one.blob)).collect();
    let mut member = Config::<T>::for_group(MEMBER.clone(), [key()]);
    let report = merge_all(&mut member, &incoming);
    refused_what_is_not_signed(&report, &stored);
    if !stored.iter().any(|one| one.is_signed) {
        assert_eq!((member.seqno(), member.data().len()), (0, 0), "a forged signature");
        return;
    }
    if incoming.len() > 1 {
        let mut backwards = Config::<T>::for_group(MEMBER.clone(), [key()]);
        let reversed: Vec<_> = incoming.iter().rev().cloned().collect();
        merge_all(&mut backwards, &reversed);
        assert_eq!(member.data(), backwards.data(), "the order mattered");
        assert_eq!(member.seqno(), backwards.seqno(), "the order mattered");
    }
    restart(&mut member, &MEMBER);
    if report.processed().is_empty() {
        // An admin's own edit in every run would only cost time.
        return;
    }

    let mut admin = Config::<T>::for_group(ADMIN.clone(), [key()]);
    T::edit(&mut admin);
    merge_all(&mut admin, &incoming);
    let push = admin.push(NOW).expect("smaller than the limit");
    let pushed: Vec<_> = (100..).zip(push.messages()).map(|(n, m)| self::incoming(n, m)).collect();
    let report = merge_all(&mut member, &pushed);
    assert!(
        report.rejected().is_empty(),
        "a member refuses what an admin wrote: {:?}",
        report.rejected()
    );
    assert_eq!(member.data(), admin.data(), "a member differs from an admin");
    admin.confirm_pushed(push.seqno(), [name(100)]);
    restart(&mut admin, &ADMIN);
}

fn merge_all<T: Looked>(config: &mut Config<T>, incoming: &[Incoming<'_>]) -> MergeReport<T> {
    let report = config.merge(incoming, NOW).expect("the group has a key");
    assert_eq!(report.processed().len() + report.rejected().len(), incoming.len());
    T::look(config);
    report
}

/// Parts alone say nothing yet; every other message that no admin signed is rejected.
fn refused_what_is_not_signed<T: Looked>(report: &MergeReport<T>, stored: &[Stored]) {
    for (number, one) in (0..).zip(stored) {
        let is_processed = report.processed().contains(&name(number));
        assert!(!is_processed || one.is_signed || one.may_be_part, "took what no admin signed");
    }
}

/// A dump loads to what was dumped.
fn restart<T: Looked>(config: &mut Config<T>, authority: &Authority) {
    let dump = config.dump(NOW);
    let loaded = Config::<T>::load_group(authority.clone(), [key()], &dump, NOW);
    let loaded = loaded.expect("our own dump");
    assert_eq!(loaded.data(), config.data());
    assert_eq!((loaded.seqno(), loaded.status()), (config.seqno(), config.status()));
}

/// A message as it lies in the swarm.
struct Stored {
    blob: Vec<u8>,
    is_signed: bool,
    may_be_part: bool,
}

impl Stored {
    fn of(body: &[u8], domain: Domain<'_>) -> Self {
        let (form, body) = body.split_first().unwrap_or((&0, body));
        let body = padding::unpad(body);
        let (is_signed, is_compressed) = (form & 1 == 0, form & 2 != 0);
        let signed = body.strip_suffix(b"e").filter(|_| is_signed).map(sign);
        let is_signed = signed.is_some();
        let message = signed.unwrap_or_else(|| body.to_vec());
        let compressed = compression::compress(&message).filter(|_| is_compressed);
        let plain = compressed.map_or(message, |compressed| compressed.to_vec());
        let may_be_part = plain.first() == Some(&b'm');
        Self { blob: key().encrypt(domain, &padding::pad(&plain)), is_signed, may_be_part }
    }
}

fn sign(open: &[u8]) -> Vec<u8> {
    [open, b"1:~64:", SIGNER.sign(open).as_bytes(), b"e"].concat()
}

/// A type whose views can all be asked, and that has an edit of our own.
trait Looked: GroupType {
    fn look(config: &Config<Self>);
    fn edit(config: &mut Config<Self>);
}

impl Looked for GroupInfo {
    fn look(config: &Config<Self>) {
        let _ = (config.name(), config.description(), config.picture(), config.is_destroyed());
        let _ = (config.expiry_timer(), config.created_at());
        let _ = (config.delete_before(), config.delete_attachments_before());
    }

    fn edit(config: &mut Config<Self>) {
        config.set_name("group").expect("an admin");
    }
}

impl Looked for GroupMembers {
    fn look(config: &Config<Self>) {
        for member in config.iter() {
            assert_eq!(config.get(&member.id()).as_ref(), Some(&member));
            let _ = config.member_status(&member);
        }
    }

    fn edit(config: &mut Config<Self>) {
        let id = AccountId::from_public_key(X25519PublicKey::from_bytes([9; 32]));
        config.set(&Member::invited(id)).expect("an admin");
    }
}

fn key() -> ConfigKey {
    ConfigKey::from_bytes([8; 32])
}

fn name(number: u32) -> StoredHash {
    StoredHash::new(number.to_string())
}

fn incoming(number: u32, blob: &[u8]) -> Incoming<'_> {
    Incoming::new(name(number), blob)
}
