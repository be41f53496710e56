use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed, Ed25519Signature};
use session_identity::pro::{Proof, RevocationTag, RotatingKeypair, UnixSeconds};

use super::*;
use crate::content::{self, ProProof};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn backend() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([0x88; 32]))
}

fn rotating() -> RotatingKeypair {
    RotatingKeypair::from_seed(Ed25519Seed::from_bytes([0x66; 32]))
}

/// A text message with a proof of this version, of the newest generation.
fn content(version: Option<u32>, sent_at: Timestamp) -> alloc::vec::Vec<u8> {
    let tag = RevocationTag::from_bytes([0x99; 32]);
    let expiry = UnixSeconds::from_secs(NOW.as_secs());
    let key = rotating().public_key();
    let proof = Proof::sign(tag, key, expiry, &backend());
    let proof = ProProof::new(version, tag, key, expiry.as_secs(), proof.signature());
    content::Content::text("hi").unwrap().with_pro(ProMessage::new(proof, 3, 1)).encode(sent_at)
}

fn status(content: &[u8], signature: Ed25519Signature) -> Result<Option<Status>, ProError> {
    let signed = Some(SignedMessage { bytes: b"bytes", signature });
    let verdict = judge(content, signed, ValidAt::Signing, &backend().public_key())?;
    Ok(verdict.map(|verdict| verdict.status()))
}

fn good() -> Ed25519Signature {
    rotating().sign(b"bytes")
}

#[test]
fn the_first_failing_check_decides() {
    let later = Timestamp::from_millis(NOW.as_millis() + 1_000);
    assert_eq!(status(&content(None, NOW), good()), Ok(Some(Status::Valid)));
    assert_eq!(status(&content(None, later), good()), Ok(Some(Status::Expired)));
    let forged = Ed25519Signature::from_bytes([1; 64]);
    assert_eq!(status(&content(None, later), forged), Ok(Some(Status::InvalidUserSignature)));
    let stranger = judge(
        &content(None, NOW),
        Some(SignedMessage { bytes: b"bytes", signature: good() }),
        ValidAt::Signing,
        &rotating().public_key(),
    );
    let stranger = stranger.unwrap().unwrap();
    assert_eq!(stranger.status(), Status::InvalidBackendSignature);
    assert_eq!(stranger.message().profile_features(), 3);
}

#[test]
fn a_claim_without_signature_or_proof_grants_nothing() {
    let unsigned = judge(&content(None, NOW), None, ValidAt::Signing, &backend().public_key());
    assert_eq!(unsigned, Ok(None));
    let text = content::Content::text("hi").unwrap();
    assert_eq!(status(&text.encode(NOW), good()), Ok(None));
    let empty = [text.encode(NOW).as_slice(), b"\x82\x01\x00"].concat();
    assert_eq!(status(&empty, good()), Ok(Some(Status::Unreadable)));
}

#[test]
fn a_proof_needs_a_time() {
    let zero = content(None, Timestamp::from_millis(0));
    assert_eq!(status(&zero, good()), Err(ProError::NoTimestamp));
    let posted = judge(
        &zero,
        Some(SignedMessage { bytes: b"bytes", signature: good() }),
        ValidAt::Posting(NOW),
        &backend().public_key(),
    );
    assert_eq!(posted.unwrap().unwrap().status(), Status::Valid, "the server's time counts");
}

#[test]
fn malformed_claims_are_errors() {
    let text = content::Content::text("hi").unwrap().encode(NOW);
    let short_tag = [text.as_slice(), b"\x82\x01\x05\x0a\x03\x12\x01\x00"].concat();
    let length = ContentError::Length { field: "ProProof.revocationTag", expected: 32, found: 1 };
    assert_eq!(status(&short_tag, good()), Err(ProError::Content(length)));
    let error = status(b"\x0a", good());
    assert!(matches!(error, Err(ProError::Content(ContentError::Malformed(_)))));
}

/// A version tells an earlier generation, whose proofs are signed otherwise.
#[test]
fn a_version_is_that_of_an_earlier_generation() {
    let expected = if cfg!(feature = "legacy-pro") {
        Status::InvalidBackendSignature
    } else {
        Status::Unreadable
    };
    assert_eq!(status(&content(Some(0), NOW), good()), Ok(Some(expected)));
    assert_eq!(status(&content(Some(1), NOW), good()), Ok(Some(Status::Unreadable)));
}
