//! Properties of Pro: what is stored comes back, what is read is stored alike, and times stay in their bounds.

use proptest::prelude::*;
use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};
use session_identity::{
    Timestamp,
    pro::{
        Credential, Entitlement, MasterKeypair, Proof, RevocationTag, RotatingKeypair,
        SignedMessage, Status, UnixSeconds,
    },
};

const PERIOD_S: u64 = 604_800;

fn backend() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([3; 32]))
}

fn proof(rotating: &RotatingKeypair, tag: [u8; 32], expiry: u64) -> Proof {
    let expiry = UnixSeconds::from_secs(expiry);
    Proof::sign(RevocationTag::from_bytes(tag), rotating.public_key(), expiry, &backend())
}

proptest! {
    #[test]
    fn credentials_come_back(seed: [u8; 32], tag: [u8; 32], expiry: u64) {
        let rotating = RotatingKeypair::from_seed(Ed25519Seed::from_bytes(seed));
        let credential = Credential::new(rotating.clone(), &proof(&rotating, tag, expiry)).unwrap();
        let read = Credential::decode(&credential.encode()).unwrap();
        prop_assert_eq!(read.proof(), credential.proof());
        prop_assert_eq!(read.rotating().seed(), rotating.seed());
    }

    #[test]
    fn a_message_is_valid_until_the_last_second(expiry in 0..u64::MAX / 1_000, sent in any::<u64>()) {
        let rotating = RotatingKeypair::from_seed(Ed25519Seed::from_bytes([2; 32]));
        let message = SignedMessage { bytes: b"m", signature: rotating.sign(b"m") };
        let proof = proof(&rotating, [1; 32], expiry);
        let status = proof.status(&backend().public_key(), message, Timestamp::from_millis(sent));
        let expected = if sent / 1_000 <= expiry { Status::Valid } else { Status::Expired };
        prop_assert_eq!(status, expected);
    }

    #[test]
    fn rotating_keys_last_seven_days(period in 0..u64::MAX / PERIOD_S, into in 0..PERIOD_S) {
        let master = MasterKeypair::from_seed(Ed25519Seed::from_bytes([1; 32]));
        let at = |secs| master.rotating(UnixSeconds::from_secs(secs)).public_key();
        let start = period * PERIOD_S;
        prop_assert_eq!(at(start + into), at(start));
        prop_assert_ne!(at(start + PERIOD_S), at(start));
    }

    /// Times near each other and near a change of keys, where the rule has its cases.
    #[test]
    fn renewal_is_never_more_than_the_lead_before_expiry(
        now in PERIOD_S - 9_000..PERIOD_S + 9_000,
        left in 1_u64..9_000,
        access in proptest::option::of(0..PERIOD_S * 2),
    ) {
        let (now, expiry) = (UnixSeconds::from_secs(now), now + left);
        let entitlement = Entitlement {
            proof_expires_at: Some(UnixSeconds::from_secs(expiry)),
            access_expires_at: access.map(UnixSeconds::from_secs),
            is_prepaid: true,
        };
        let ends = access.is_none_or(|access| access <= now.as_secs() + 3_600);
        match entitlement.renewal_time(now) {
            None => prop_assert!(ends),
            Some(time) => {
                prop_assert!(!ends);
                prop_assert!(time.as_secs() + 3_600 + 30 >= expiry && time.as_secs() < expiry);
            }
        }
    }
}
