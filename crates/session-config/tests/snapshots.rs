//! What a snapshot brings back: everything that edits, pushes and new keys change.

use session_config::{
    Config, GroupMembers, StoredHash, encryption::ConfigKey, group_members::Member,
    message::Authority,
};
use session_crypto::{
    blake2b::Blake2b,
    ed25519::{Ed25519Keypair, Ed25519Seed},
    x25519::X25519PublicKey,
};
use session_identity::{AccountId, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);

fn member(number: u32) -> Member {
    let key: [u8; 32] = Blake2b::new().chain(&number.to_be_bytes()).finalize();
    Member::invited(AccountId::from_public_key(X25519PublicKey::from_bytes(key)))
}

#[test]
fn edits_pushes_and_keys_are_taken_back() {
    let group = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]));
    let key = ConfigKey::from_bytes([8; 32]);
    let authority = Authority::Signer(Box::new(group));
    let mut config = Config::<GroupMembers>::for_group(authority, [key.clone()]);
    config.set(&member(0)).unwrap();
    let seqno = config.push(NOW).unwrap().seqno();
    config.confirm_pushed(seqno, [StoredHash::new("first")]);
    config.set(&member(1)).unwrap();
    let everything = |config: &mut Config<GroupMembers>| {
        (config.needs_dump(), config.dump(NOW).to_vec(), config.status(), config.keys().to_vec())
    };
    everything(&mut config);
    let before = everything(&mut config);
    let snapshot = config.snapshot();
    // So many that the push is in parts, which are remembered as done.
    (2..3_000).for_each(|number| config.set(&member(number)).unwrap());
    assert!(config.set_keys([ConfigKey::from_bytes([9; 32]), key]));
    let push = config.push(NOW).unwrap();
    assert!(push.messages().len() > 1);
    assert_eq!(push.obsolete(), [StoredHash::new("first")]);
    assert!(everything(&mut config) != before);
    config.restore_snapshot(snapshot);
    assert!(everything(&mut config) == before);
    assert_eq!(config.push(NOW).unwrap().obsolete(), [StoredHash::new("first")], "once more");
}
