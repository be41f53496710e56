//! Keys of multi-recipient boxes: one message key for each recipient, from static keys (02 §7).
//!
//! ```text
//! S   = X25519(own secret key, peer's public key)
//! key = BLAKE2b-256(S ‖ sender ‖ recipient, key = domain)      X25519 public keys, always in this order
//! ```
//!
//! Both sides derive the same key. A party that can decrypt an entry knows that it is from the sender or from
//! itself. Domains keep the uses apart.
//!
//! ```
//! use session_crypto::{aead::XChaCha20Nonce, multi_box, x25519::X25519Keypair};
//!
//! let mut rng = session_crypto::system_rng();
//! let [alice, bob] = [(); 2].map(|()| X25519Keypair::generate(&mut rng));
//! let nonce = XChaCha20Nonce::generate(&mut rng);
//! let entry = multi_box::key_to(&alice, &bob.public_key(), b"example")?.encrypt(&nonce, b"hello");
//! let key = multi_box::key_from(&bob, &alice.public_key(), b"example")?;
//! assert_eq!(key.decrypt(&nonce, &entry), Ok(b"hello".to_vec()));
//! # Ok::<(), session_crypto::x25519::NonContributory>(())
//! ```

use zeroize::Zeroizing;

use crate::{
    aead::XChaCha20Key,
    blake2b::Blake2b,
    x25519::{NonContributory, SharedSecret, X25519Keypair, X25519PublicKey},
};

/// Key by which `sender` encrypts to `recipient`. Of a domain of more than 64 bytes the first 64 count.
///
/// # Errors
/// [`NonContributory`] if the recipient's key has small order.
pub fn key_to(
    sender: &X25519Keypair,
    recipient: &X25519PublicKey,
    domain: &[u8],
) -> Result<XChaCha20Key, NonContributory> {
    let shared = sender.secret_key().diffie_hellman(recipient)?;
    Ok(key(&shared, &sender.public_key(), recipient, domain))
}

/// Key by which `recipient` decrypts what `sender` encrypted to it.
///
/// # Errors
/// [`NonContributory`] if the sender's key has small order.
pub fn key_from(
    recipient: &X25519Keypair,
    sender: &X25519PublicKey,
    domain: &[u8],
) -> Result<XChaCha20Key, NonContributory> {
    let shared = recipient.secret_key().diffie_hellman(sender)?;
    Ok(key(&shared, sender, &recipient.public_key(), domain))
}

fn key(
    shared: &SharedSecret,
    sender: &X25519PublicKey,
    recipient: &X25519PublicKey,
    domain: &[u8],
) -> XChaCha20Key {
    let hash = Zeroizing::new(
        Blake2b::domain_separated(domain)
            .chain(shared.expose_bytes())
            .chain(sender.as_bytes())
            .chain(recipient.as_bytes())
            .finalize(),
    );
    XChaCha20Key::from_bytes(*hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        aead::XChaCha20Nonce,
        ed25519::{Ed25519Keypair, Ed25519Seed},
        encoding::hex,
    };

    /// The five pairs of 02 §7.
    fn pairs() -> [X25519Keypair; 5] {
        [
            "0123456789abcdef",
            "0000000000000000",
            "1111111111111111",
            "2222222222222222",
            "3333333333333333",
        ]
        .map(|second| {
            let seed = hex::decode_array(&["0123456789abcdef", second, &"00".repeat(16)].concat());
            Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(seed.unwrap())).to_x25519()
        })
    }

    fn nonce() -> XChaCha20Nonce {
        XChaCha20Nonce::from_bytes(
            hex::decode_array("32ab4bb45d6df5cc14e1c330fb1a8b68ea3826a8c2213a49").unwrap(),
        )
    }

    #[test]
    fn keys_and_entries_are_those_of_the_specification() {
        let [sender, second, third, fourth, fifth] = pairs();
        let key = key_to(&sender, &second.public_key(), b"test suite").unwrap();
        assert_eq!(
            hex::encode(key.expose_bytes()),
            "e9b25643bd9a355f9ddc2a16978b46ef9d17950ffd4da7a21f020859af0954f9"
        );
        for (recipient, message, entry) in [
            (&second, b"hello", "e64937e5ea201b84f4e88a976dad900d91caaf6a17"),
            (&third, b"hello", "b7a15bcd9f7b09445defcae2f1dc5085dd75cb085b"),
            (&fourth, b"hello", "01c4fc2156327735f3fb5063b11ea95f6ebcc5b6cc"),
            (&third, b"cruel", "bcb642c49c6da03f70cdaab2ed6666721318afd631"),
            (&fourth, b"world", "1ecee2215d226817edfdb097f05037eb799309103a"),
        ] {
            let key = key_to(&sender, &recipient.public_key(), b"test suite").unwrap();
            assert_eq!(hex::encode(&key.encrypt(&nonce(), message)), entry);
            assert_eq!(key_from(recipient, &sender.public_key(), b"test suite"), Ok(key.clone()));
            assert_ne!(key_from(&fifth, &sender.public_key(), b"test suite"), Ok(key.clone()));
            assert_ne!(key_from(recipient, &sender.public_key(), b"test"), Ok(key));
        }
    }

    #[test]
    fn the_direction_counts() {
        let [one, two, ..] = pairs();
        assert_ne!(key_to(&one, &two.public_key(), b""), key_from(&one, &two.public_key(), b""));
    }

    #[test]
    fn of_a_long_domain_64_bytes_count() {
        let [one, two, ..] = pairs();
        let key = |length| key_to(&one, &two.public_key(), &[b'd'; 100][..length]).unwrap();
        assert_eq!(key(64), key(65));
        assert_ne!(key(63), key(64));
    }

    #[test]
    fn keys_of_small_order_are_refused() {
        let [one, ..] = pairs();
        let zero = X25519PublicKey::from_bytes([0; 32]);
        assert_eq!(key_to(&one, &zero, b""), Err(NonContributory));
        assert_eq!(key_from(&one, &zero, b""), Err(NonContributory));
    }
}
