//! Properties of the primitives: inverses, and agreement with slower formulations.

use std::convert::Infallible;

use curve25519_dalek::montgomery::MontgomeryPoint;
use proptest::prelude::*;
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    encoding::{base64, hex},
    rand_core::{TryCryptoRng, TryRng},
    x25519::{X25519PublicKey, X25519SecretKey},
    xed25519::{self, XEd25519Keypair},
};

/// A bad generator: what it draws must not decide whether a signature is good.
struct Repeated(u64);

impl TryRng for Repeated {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("signing fills bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.iter_mut()
            .zip(self.0.to_le_bytes().into_iter().cycle())
            .for_each(|(to, from)| *to = from);
        Ok(())
    }
}

impl TryCryptoRng for Repeated {}

proptest! {
    /// Half of all u are on the twist, so that both ways of multiplication are taken.
    #[test]
    fn key_agreement_equals_the_montgomery_ladder(scalar: [u8; 32], u: [u8; 32]) {
        let ladder = MontgomeryPoint(u).mul_clamped(scalar).to_bytes();
        let shared = X25519SecretKey::from_bytes(scalar)
            .diffie_hellman(&X25519PublicKey::from_bytes(u));
        prop_assert_eq!(shared.map(|shared| *shared.expose_bytes()), Ok(ladder));
    }

    #[test]
    fn both_halves_of_a_keypair_convert_alike(seed: [u8; 32]) {
        let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(seed));
        let converted = keypair.public_key().to_x25519();
        prop_assert_eq!(converted, Ok(keypair.to_x25519().public_key()));
        prop_assert!(keypair.to_x25519().public_key().check().is_ok());
    }

    #[test]
    fn signatures_verify_for_their_message_alone(seed: [u8; 32], message: Vec<u8>, other: Vec<u8>) {
        let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(seed));
        let signature = keypair.sign(&message);
        prop_assert!(keypair.public_key().verify(&message, &signature).is_ok());
        let verified = keypair.public_key().verify(&other, &signature).is_ok();
        prop_assert_eq!(verified, other == message);
    }

    #[test]
    fn the_positive_alternative_signs_for_the_x25519_key(
        secret: [u8; 32], message: Vec<u8>, random: u64,
    ) {
        let secret = X25519SecretKey::from_bytes(secret);
        let keypair = XEd25519Keypair::from_x25519(&secret);
        let signature = keypair.sign(&message, &mut Repeated(random));
        prop_assert!(xed25519::verify(&secret.public_key(), &message, &signature).is_ok());
        prop_assert!(!keypair.public_key().is_negative());
        prop_assert_eq!(keypair.public_key().to_x25519(), Ok(secret.public_key()));
        prop_assert_eq!(secret.public_key().to_ed25519(), keypair.public_key());
    }

    #[test]
    fn text_forms_invert_each_other(bytes: Vec<u8>) {
        prop_assert_eq!(hex::decode(&hex::encode(&bytes)), Ok(bytes.clone()));
        prop_assert_eq!(hex::decode(&hex::encode(&bytes).to_uppercase()), Ok(bytes.clone()));
        prop_assert_eq!(base64::decode(&base64::encode(&bytes)), Ok(bytes.clone()));
        prop_assert_eq!(base64::decode(&base64::encode_unpadded(&bytes)), Ok(bytes));
    }
}
