//! Project Wycheproof's cases through our public functions. Each verdict is the set's, or the deviation is named here with
//! its reason and its number of cases.
//!
//! Not run: ChaCha20-Poly1305 with nonces of 12 bytes, AES keys other than of 32 bytes, and whatever has associated
//! data, none of which our functions take; the tests count what they leave out.
#![allow(
    clippy::unwrap_used,
    reason = "clippy knows `#[test]` functions, not the helpers beside them"
)]

use session_crypto::{
    aead::{Aes256GcmKey, Aes256GcmNonce, XChaCha20Key, XChaCha20Nonce},
    aes_cbc::AesCbcKey,
    ed25519::{
        Ed25519PublicKey, Ed25519Signature,
        batch::{self, Claim},
    },
    hmac,
    x25519::{NonContributory, X25519KeyError, X25519PublicKey, X25519SecretKey},
};
use wycheproof::{TestResult, aead, cipher, eddsa, mac, xdh};

/// What the set says of a case that no rule of ours touches.
fn is_valid(result: TestResult) -> bool {
    assert_ne!(result, TestResult::Acceptable, "a set without such cases");
    result == TestResult::Valid
}

#[test]
fn ed25519_alone_and_in_a_batch() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let (mut claims, mut expected, mut of_other_lengths) = (Vec::new(), Vec::new(), 0);
    for group in &set.test_groups {
        let key = Ed25519PublicKey::try_from(group.key.pk.as_slice()).unwrap();
        for test in &group.tests {
            let valid = is_valid(test.result);
            let Ok(signature) = Ed25519Signature::try_from(test.sig.as_slice()) else {
                assert!(!valid, "case {}", test.tc_id);
                of_other_lengths += 1;
                continue;
            };
            let verdict = key.verify(&test.msg, &signature);
            assert_eq!(verdict.is_ok(), valid, "case {}: {}", test.tc_id, test.comment);
            claims.push(Claim { key, message: &test.msg, signature });
            expected.push(verdict);
        }
    }
    assert_eq!(batch::verify(&claims), expected);
    assert_eq!((claims.len(), of_other_lengths), (139, 12));
    assert_eq!(expected.iter().filter(|verdict| verdict.is_ok()).count(), 88);
}

/// Every secret is the set's. Deviation: the 31 cases whose secret is zero, which the set calls acceptable, are refused
/// (04 §2.4).
#[test]
fn x25519_secrets() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    let (mut agreed, mut refused) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let secret = X25519SecretKey::from_bytes(test.private_key.as_slice().try_into().unwrap());
        let public = X25519PublicKey::try_from(test.public_key.as_slice()).unwrap();
        match secret.diffie_hellman(&public) {
            Ok(shared) => {
                assert_eq!(shared.expose_bytes(), test.shared_secret.as_slice(), "{}", test.tc_id);
                assert!(!test.flags.contains(&xdh::TestFlag::ZeroSharedSecret), "{}", test.tc_id);
                agreed += 1;
            }
            Err(NonContributory { .. }) => {
                assert_eq!(test.shared_secret.as_slice(), [0; 32], "{}", test.tc_id);
                assert!(test.flags.contains(&xdh::TestFlag::ZeroSharedSecret), "{}", test.tc_id);
                refused += 1;
            }
        }
    }
    assert_eq!((agreed, refused), (487, 31));
}

/// Whether u has bit 255 or is not below p = 2^255 − 19.
fn is_second_spelling(u: &[u8]) -> bool {
    let p = [vec![0x7f], vec![0xff; 30], vec![0xed]].concat();
    u.iter().rev().ge(&p)
}

/// The check of keys that people give (01 §3.2) refuses what the set flags, with the reason that the flag names. Second
/// spellings come first; the set flags some of them by their order or their curve alone.
#[test]
fn x25519_keys() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    let mut counts = [0; 4];
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let public = X25519PublicKey::try_from(test.public_key.as_slice()).unwrap();
        let has = |flag| test.flags.contains(&flag);
        let second = is_second_spelling(&test.public_key);
        assert!(second || !has(xdh::TestFlag::NonCanonicalPublic), "case {}", test.tc_id);
        let (twist, low) = (has(xdh::TestFlag::Twist), has(xdh::TestFlag::LowOrderPublic));
        let checked = public.check();
        let (index, agrees) = match checked {
            Ok(()) => (0, !second && !twist && !low),
            Err(X25519KeyError::NonCanonical) => (1, second),
            Err(X25519KeyError::OnTwist) => (2, !second && twist),
            Err(X25519KeyError::SmallOrder) => (3, !second && low),
            Err(_) => (0, false),
        };
        assert!(agrees, "case {}: {checked:?} with {:?}", test.tc_id, test.flags);
        counts[index] += 1;
    }
    assert_eq!(counts, [264, 29, 213, 12]);
}

/// What one case says of encryption and decryption, through two functions of ours.
fn check_aead(
    test: &aead::Test,
    encrypt: impl Fn(&[u8]) -> Vec<u8>,
    decrypt: impl Fn(&[u8]) -> Option<Vec<u8>>,
) {
    let boxed = [test.ct.as_slice(), test.tag.as_slice()].concat();
    let valid = is_valid(test.result);
    assert_eq!(encrypt(&test.pt) == boxed, valid, "case {}: {}", test.tc_id, test.comment);
    let expected = valid.then(|| test.pt.to_vec());
    assert_eq!(decrypt(&boxed), expected, "case {}: {}", test.tc_id, test.comment);
}

#[test]
fn xchacha20_poly1305() {
    let set = aead::TestSet::load(aead::TestName::XChaCha20Poly1305).unwrap();
    let (mut run, mut with_data, mut other_nonces) = (0, 0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let Ok(nonce) = test.nonce.as_slice().try_into().map(XChaCha20Nonce::from_bytes) else {
            assert!(!is_valid(test.result), "case {}", test.tc_id);
            other_nonces += 1;
            continue;
        };
        if !test.aad.is_empty() {
            with_data += 1;
            continue;
        }
        let key = XChaCha20Key::from_bytes(test.key.as_slice().try_into().unwrap());
        let first = |boxed: &[u8]| key.decrypt_first(&nonce, [b"".as_slice(), boxed]);
        check_aead(test, |text| key.encrypt(&nonce, text), |boxed| key.decrypt(&nonce, boxed).ok());
        check_aead(test, |text| key.encrypt(&nonce, text), first);
        run += 1;
    }
    assert_eq!((run, with_data, other_nonces), (45, 261, 9));
}

#[test]
fn aes_256_gcm() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let groups = set.test_groups.iter().filter(|group| group.key_size == 256);
    let (mut run, mut left_out) = (0, 0);
    for test in groups.flat_map(|group| &group.tests) {
        let nonce = test.nonce.as_slice().try_into().map(Aes256GcmNonce::from_bytes);
        let (Ok(nonce), true) = (nonce, test.aad.is_empty()) else {
            left_out += 1;
            continue;
        };
        let key = Aes256GcmKey::from_bytes(test.key.as_slice().try_into().unwrap());
        check_aead(test, |text| key.encrypt(&nonce, text), |boxed| key.decrypt(&nonce, boxed).ok());
        run += 1;
    }
    assert_eq!((run, left_out), (48, 57));
}

#[test]
fn aes_256_cbc_and_its_padding() {
    let set = cipher::TestSet::load(cipher::TestName::AesCbcPkcs5).unwrap();
    let groups = set.test_groups.iter().filter(|group| group.key_size == 256);
    let mut counts = [0; 2];
    for test in groups.flat_map(|group| &group.tests) {
        let key = AesCbcKey::from_bytes(test.key.as_slice().try_into().unwrap());
        let opened = key.decrypt(test.nonce.as_slice().try_into().unwrap(), &test.ct);
        let valid = is_valid(test.result);
        assert_eq!(opened.is_ok(), valid, "case {}: {}", test.tc_id, test.comment);
        if let Ok(plaintext) = opened {
            assert_eq!(plaintext.as_slice(), test.pt.as_slice(), "case {}", test.tc_id);
        }
        counts[usize::from(valid)] += 1;
    }
    assert_eq!(counts, [48, 24]);
}

/// Ours computes and does not verify: a tag is right if it is the start of what we compute.
#[test]
fn hmac_sha256() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let mut counts = [0; 2];
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let valid = is_valid(test.result);
        let computed = hmac::sha256(&test.key, &test.msg);
        assert_eq!(computed.expose_bytes().starts_with(&test.tag), valid, "case {}", test.tc_id);
        counts[usize::from(valid)] += 1;
    }
    assert_eq!(counts, [108, 66]);
}
