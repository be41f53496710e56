use alloc::{format, string::ToString as _};

use session_crypto::{encoding::hex, x25519::X25519SecretKey};

use super::*;
use crate::test_rng::BytesRng;

const BOTH: [EncryptionType; 2] = [EncryptionType::XChaCha20, EncryptionType::AesGcm];

fn keypair(secret: &str) -> X25519Keypair {
    X25519Keypair::from_secret_key(X25519SecretKey::from_bytes(hex::decode_array(secret).unwrap()))
}

/// The first key set of §2: client a, server b.
fn client_and_server() -> (X25519Keypair, X25519Keypair) {
    (
        keypair("ccc335912da8939e2b44816728a5a4773063efa82bf7ae2d42a0abfa2caa452d"),
        keypair("8fcd8ad3a15c76f76f1c56dff0c529999f8c59b4acda79e05666e54d5727dca1"),
    )
}

const GCM: &str = "1eb6ae1cd72f60999486365749bd5dc15cc0b6a2a44d7d063daa5e93722f0c025fd00306403b61";
const XCHACHA: &str = "9e1a3abe60eff3ea5c23556cc7e225b6f94355315f7281f66ecf4dbb06e7899a52b863e03cde3b287d16\
                       38d765db75de02b032";

#[test]
fn the_keys_of_section_2_open_its_ciphertexts() {
    let (client, server) = client_and_server();
    for (encryption, ciphertext) in
        [(EncryptionType::AesGcm, GCM), (EncryptionType::XChaCha20, XCHACHA)]
    {
        let ciphertext = hex::decode(ciphertext).unwrap();
        let key = LayerKey::for_client(encryption, &client, &server.public_key()).unwrap();
        assert_eq!(key.decrypt(&ciphertext).unwrap(), b"Hello world", "{encryption}");
        let (of_server, opened) =
            LayerKey::open_request(encryption, &server, &client.public_key(), &ciphertext).unwrap();
        assert!(of_server == key && opened == b"Hello world", "{encryption}");
        for bit in 0..ciphertext.len() * 8 {
            let mut altered = ciphertext.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.decrypt(&altered), Err(DecryptError::Unauthentic), "bit {bit}");
        }
    }
}

#[test]
fn the_second_key_set_of_section_2_encrypts_to_its_ciphertexts() {
    let alice = keypair("7d446468c186d6fb3c83365ab77a37b1f9fa3e59eb9788a40ae2e9560f196f30");
    let bob =
        keypair("f512f68e81a932aa2ff6d8723baa260a43a6f789d61c91b71f73e4f284e3600a").public_key();
    for (encryption, ciphertext) in [
        (
            EncryptionType::AesGcm,
            "000000000000000000000000c2f37a30dabb3ac22344a54e7bf60c30d11de854b881248b2a0ed48a265fba60ccb9cf",
        ),
        (
            EncryptionType::XChaCha20,
            "000000000000000000000000000000000000000000000000dcd74173596f94126bc03470b9d51cf97817f93a5701\
             3690bf29af2c4fb33e101acf95",
        ),
    ] {
        let key = LayerKey::for_client(encryption, &alice, &bob).unwrap();
        let ours = key.encrypt(b"Grumpy cat says no!", &mut BytesRng::repeating(0));
        assert_eq!(hex::encode(&ours), ciphertext.replace(' ', ""));
        assert_eq!(ours.len(), 19 + encryption.overhead());
    }
}

#[test]
fn the_roles_decide_the_order_of_the_keys() {
    let (client, server) = client_and_server();
    let encryption = EncryptionType::XChaCha20;
    let reversed = LayerKey::for_client(encryption, &server, &client.public_key()).unwrap();
    let ciphertext = hex::decode(XCHACHA).unwrap();
    assert_eq!(reversed.decrypt(&ciphertext), Err(DecryptError::Unauthentic));
}

#[test]
fn ciphertexts_without_room_for_nonce_and_tag_are_too_short() {
    let (client, server) = client_and_server();
    let zero = X25519PublicKey::from_bytes([0; 32]);
    for encryption in BOTH {
        let minimum = encryption.overhead();
        let key = LayerKey::for_client(encryption, &client, &server.public_key()).unwrap();
        for found in 0..minimum {
            let error = Err(DecryptError::TooShort { minimum, found });
            assert_eq!(key.decrypt(&[0; 40][..found]), error);
            // Before any key work: the impossible key is not noticed.
            let opened = LayerKey::open_request(encryption, &server, &zero, &[0; 40][..found]);
            assert_eq!(opened.map(|_| ()), error.map(|_| ()));
        }
        assert_eq!(key.decrypt(&[0; 40][..minimum]), Err(DecryptError::Unauthentic));
    }
}

#[test]
fn keys_of_small_order_are_refused() {
    let (client, server) = client_and_server();
    let mut one = [0; 32];
    one[0] = 1;
    for key in [[0; 32], one].map(X25519PublicKey::from_bytes) {
        for encryption in BOTH {
            let refused = LayerKey::for_client(encryption, &client, &key);
            assert!(matches!(refused, Err(NonContributory { .. })));
            let opened = LayerKey::open_request(encryption, &server, &key, &[0; 100]);
            assert!(matches!(opened, Err(DecryptError::WeakKey(NonContributory { .. }))));
        }
    }
}

#[test]
fn names_are_exact() {
    for (text, encryption) in [
        ("xchacha20", Ok(EncryptionType::XChaCha20)),
        ("xchacha20-poly1305", Ok(EncryptionType::XChaCha20)),
        ("aes-gcm", Ok(EncryptionType::AesGcm)),
        ("gcm", Ok(EncryptionType::AesGcm)),
        ("aes-cbc", Err(UnknownEncryptionType)),
        ("cbc", Err(UnknownEncryptionType)),
        ("", Err(UnknownEncryptionType)),
        ("XChaCha20", Err(UnknownEncryptionType)),
        (" gcm", Err(UnknownEncryptionType)),
        ("aes_gcm", Err(UnknownEncryptionType)),
    ] {
        assert_eq!(text.parse(), encryption, "{text:?}");
    }
    for encryption in BOTH {
        assert_eq!(encryption.to_string().parse(), Ok(encryption));
    }
}

#[test]
fn a_key_knows_its_cipher_and_does_not_print() {
    let (client, server) = client_and_server();
    for encryption in BOTH {
        let key = LayerKey::for_client(encryption, &client, &server.public_key()).unwrap();
        assert_eq!(key.encryption(), encryption);
        assert_eq!(format!("{key:?}"), "LayerKey(..)");
    }
}
