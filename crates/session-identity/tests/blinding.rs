//! Properties of blinded ids: three ways to one id, and no way to another.

use proptest::prelude::*;
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    x25519::X25519PublicKey,
};
use session_identity::{
    AccountId,
    blinding::{self, Blinded15Keypair, Blinded25Keypair, Matcher, ServerPublicKey},
    id::{Blinded15Id, Blinded25Id, BlindedId},
};

fn keypair(seed: [u8; 32]) -> (Ed25519Keypair, AccountId) {
    let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(seed));
    let id = AccountId::from_public_key(keypair.to_x25519().public_key());
    (keypair, id)
}

fn server(key: [u8; 32]) -> ServerPublicKey {
    ServerPublicKey::from_public_key(X25519PublicKey::from_bytes(key))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn secret_key_and_account_id_give_one_id(seed: [u8; 32], key: [u8; 32]) {
        let ((keypair, account), server) = (keypair(seed), server(key));
        let id = Blinded15Keypair::derive(&keypair, &server).id();
        prop_assert_eq!(Blinded15Id::of_ed25519(&keypair.public_key(), &server), Ok(id));
        let candidates = Blinded15Id::candidates(&account, &server).unwrap();
        // The first candidate is the id of a positive key, the second that of a negative one.
        let which = usize::from(keypair.public_key().is_negative());
        prop_assert_eq!(candidates[which], id);

        let id = Blinded25Keypair::derive(&keypair, &server).id();
        prop_assert_eq!(Blinded25Id::of_ed25519(&keypair.public_key(), &server), Ok(id));
        prop_assert_eq!(Blinded25Id::of_account(&account, &server), Ok(id));
    }

    #[test]
    fn signatures_are_those_of_the_id(seed: [u8; 32], key: [u8; 32], message: Vec<u8>) {
        let ((keypair, _), server) = (keypair(seed), server(key));
        let blind15 = Blinded15Keypair::derive(&keypair, &server);
        let blind25 = Blinded25Keypair::derive(&keypair, &server);
        let [first, second] = [blind15.sign(&message), blind25.sign(&message)];
        prop_assert!(blind15.id().public_key().verify(&message, &first).is_ok());
        prop_assert!(blind25.id().public_key().verify(&message, &second).is_ok());
        prop_assert!(blind25.id().public_key().verify(&message, &first).is_err());
        // No two of an account's keys share a nonce over one message (01 §8.4).
        let nonces = [first, second, keypair.sign(&message)].map(|s| s.as_bytes()[..32].to_vec());
        prop_assert!(nonces[0] != nonces[1] && nonces[1] != nonces[2] && nonces[0] != nonces[2]);
    }

    #[test]
    fn a_matcher_agrees_with_the_question_of_one(seeds: [[u8; 32]; 3], keys: [[u8; 32]; 2]) {
        let accounts = seeds.map(keypair);
        let servers = keys.map(server);
        let mut matcher = Matcher::new(servers[0]);
        for (_, account) in &accounts[..2] {
            matcher.insert(*account).unwrap();
        }
        for (keypair, _) in &accounts {
            for at in &servers {
                for id in [
                    BlindedId::Blinded15(Blinded15Keypair::derive(keypair, at).id()),
                    BlindedId::Blinded25(Blinded25Keypair::derive(keypair, at).id()),
                ] {
                    let slowly = accounts[..2].iter().map(|(_, account)| *account).find(|account| {
                        blinding::matches(account, &id, &servers[0]).unwrap()
                    });
                    prop_assert_eq!(matcher.find(&id), slowly);
                }
            }
        }
    }
}
