//! Targets of `session-envelope` that begin behind the encryption: what a peer may write who has all the keys.

use std::sync::LazyLock;

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed, Ed25519Signature},
    hmac,
    rand_core::{TryCryptoRng, TryRng},
    x25519::X25519PublicKey,
};
use session_envelope::{
    attachment::{
        Format, Fragment,
        legacy::{LegacyError, LegacyKey, PictureCipherKey},
    },
    blinded,
    content::Content,
    envelope::{Envelope, EnvelopeKind},
    group::{self, GroupKey},
    legacy::{Configuration, Control},
    message::{self, Source},
    padding::pad,
    signed_box,
};
use session_identity::{
    Account, AccountSeed, GroupId, Timestamp,
    blinding::{Blinded15Keypair, Blinded25Keypair, ServerPublicKey},
    id::BlindedId,
};
use sha2::{Digest as _, Sha256};

/// Equal bytes every time, so that a crash can be repeated.
struct Constant;

impl TryRng for Constant {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(7)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(7)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        out.fill(7);
        Ok(())
    }
}

impl TryCryptoRng for Constant {}

fn account(number: u8) -> Account {
    Account::from_seed(AccountSeed::from_bytes(&[number; 16]).expect("16 bytes"))
}

fn server() -> ServerPublicKey {
    ServerPublicKey::from_public_key(X25519PublicKey::from_bytes([7; 32]))
}

/// What is the same in every run.
struct World {
    alice: Account,
    bob: Account,
    group: GroupId,
    /// Ids of Alice and Bob on the server, of both kinds.
    ids: [[BlindedId; 2]; 2],
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let (alice, bob) = (account(1), account(2));
    let group = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([3; 32]));
    let ids = [false, true].map(|new| [&alice, &bob].map(|account| blinded_id(account, new)));
    World { alice, bob, group: GroupId::from_public_key(group.public_key()), ids }
});

fn blinded_id(account: &Account, new: bool) -> BlindedId {
    if new {
        BlindedId::Blinded25(Blinded25Keypair::derive(account.ed25519(), &server()).id())
    } else {
        BlindedId::Blinded15(Blinded15Keypair::derive(account.ed25519(), &server()).id())
    }
}

/// Whatever content a peer signs, receivers refuse it or agree on what it says, in every kind of conversation: the
/// length of the content decides which.
pub fn message(data: &[u8]) {
    let World { alice, bob, group, .. } = &*WORLD;
    let decoded = Content::decode(data).ok();
    let signed = decoded.as_ref().and_then(|(_, signed)| *signed);
    let claimed = signed.unwrap_or(Timestamp::from_millis(1));
    let keys = [GroupKey::from_bytes([5; 32])];
    let decoy = Ed25519Signature::from_bytes([7; 64]);
    let (stored, source) = if data.len() % 2 == 0 {
        let key = bob.id().public_key();
        let sealed = signed_box::seal_deterministic(&pad(data), alice.ed25519(), &key);
        let sealed = sealed.expect("the id is that of an account");
        let envelope = Envelope::new(EnvelopeKind::Direct, claimed, sealed, decoy);
        (envelope.to_web_socket(), Source::Account)
    } else {
        let envelope = Envelope::new(EnvelopeKind::Group, claimed, data.to_vec(), decoy);
        let stored = group::seal(&envelope, alice.ed25519(), group, &keys[0], &mut Constant);
        (stored.unwrap_or_default(), Source::Group { group, keys: &keys })
    };
    let Ok(message) = message::decode(&stored, bob, source, &alice.ed25519().public_key()) else {
        return;
    };
    assert_eq!(message.sender(), alice.id().into());
    assert!(!message.is_own() && message.sent_at() == claimed);
    assert!(message.content().copy_of().is_none(), "a copy from somebody else");
    assert_eq!(decoded.as_ref().map(|(content, _)| content), Some(message.content()));
}

/// Nobody but the two makes a message between blinded ids; altered ones do not open.
pub fn blinded(data: &[u8]) {
    let World { alice, bob, ids, .. } = &*WORLD;
    let [from, to] = ids[usize::from(data.len() % 2 == 1)];
    let open = |sealed: &[u8]| blinded::open(sealed, bob.ed25519(), &server(), &from, &to);
    assert!(open(data).is_err(), "a message that nobody sealed opened");
    let sealed = blinded::seal(data, alice.ed25519(), &server(), &to, &mut Constant);
    let mut sealed = sealed.expect("the id is that of an account");
    let opened = open(&sealed).expect("sealed for this reader");
    assert_eq!((opened.message(), opened.sender()), (data, alice.id()));
    sealed.iter_mut().zip(data).for_each(|(byte, change)| *byte ^= change);
    assert!(data.iter().all(|change| *change == 0) || open(&sealed).is_err());
}

/// What old clients sent is refused or read.
pub fn legacy(data: &[u8]) {
    if let Ok(Control::New { members, .. }) = Control::from_content(data) {
        assert!(members.len() < data.len());
    }
    if let Ok(configuration) = Configuration::from_content(data) {
        let rows = configuration.groups.len() + configuration.contacts.len();
        assert!(rows < data.len());
    }
    legacy_files(data);
}

/// Files of older formats: refused, unless whoever has the key made them.
fn legacy_files(data: &[u8]) {
    let key = |file: &[u8]| LegacyKey::from_parts([4; 64], Sha256::digest(file).into());
    let mut size = [0; 4];
    size.iter_mut().zip(data).for_each(|(to, from)| *to = *from);
    let size = u32::from_le_bytes(size);
    assert!(key(data).decrypt(data, size).is_err(), "a file that nobody encrypted decrypted");
    assert!(PictureCipherKey::from_bytes([4; 32]).decrypt(data).is_err());

    // Authentic, with a ciphertext of the fuzzer's.
    let mac = hmac::sha256(&[4; 32], data);
    let file = [data, mac.expose_bytes().as_slice()].concat();
    match key(&file).decrypt(&file, size) {
        Ok(content) => assert!(content.len() < data.len()),
        Err(LegacyError::Length { .. }) => assert!(data.len() < 32 || data.len() % 16 != 0),
        Err(_) => {}
    }
}

/// Fragments mean the same after they were written again.
pub fn fragment(data: &[u8]) {
    let Ok(url) = std::str::from_utf8(data) else { return };
    let fragment = Fragment::of_url(url);
    let again = fragment.append_to(url);
    assert_eq!(Fragment::of_url(&again), fragment);
    assert_eq!(fragment.append_to(&again), again);
    let format = Format::of_attachment(url, &[1; 32], None);
    assert_eq!(matches!(format, Ok(Format::Stream(_))), fragment.is_stream());
}
