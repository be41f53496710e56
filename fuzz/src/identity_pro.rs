//! Targets of `session-identity`: Session Pro.

use session_crypto::ed25519::{Ed25519PublicKey, Ed25519Signature};
use session_identity::{
    Timestamp,
    pro::{
        BACKEND_PUBLIC_KEY, Credential, Entitlement, Proof, Revocation, RevocationAnswer,
        RevocationList, RevocationTag, SignedMessage, Status, UnixSeconds,
    },
};

/// A credential that decodes is stored as it was understood; times stay in their bounds; nobody but the backend
/// makes a proof.
pub fn pro(data: &[u8]) {
    credential(data);
    if let Some((numbers, rest)) = data.split_first_chunk::<32>() {
        renewal(numbers);
        proof(rest);
        revocations(numbers, rest);
    }
}

fn credential(data: &[u8]) {
    let Ok(credential) = Credential::decode(data) else { return };
    let stored = credential.encode();
    let again = Credential::decode(&stored).expect("what was encoded decodes");
    assert_eq!(again.proof(), credential.proof());
    assert_eq!(again.rotating().seed(), credential.rotating().seed());
    assert_eq!(again.encode(), stored);
    assert!(stored.len() <= data.len(), "the stored form has nothing that was not read");
}

fn numbers(bytes: &[u8; 32]) -> [u64; 4] {
    let (numbers, _) = bytes.as_chunks::<8>();
    std::array::from_fn(|i| u64::from_le_bytes(numbers[i]))
}

fn renewal(bytes: &[u8; 32]) {
    let [expiry, access, now, flags] = numbers(bytes);
    let entitlement = Entitlement {
        proof_expires_at: (flags & 1 == 0).then_some(UnixSeconds::from_secs(expiry)),
        access_expires_at: (flags & 2 == 0).then_some(UnixSeconds::from_secs(access)),
        is_prepaid: flags & 4 == 0,
    };
    let now = UnixSeconds::from_secs(now);
    let Some(time) = entitlement.renewal_time(now) else { return };
    match entitlement.proof_expires_at.filter(|expiry| *expiry > now) {
        Some(expiry) => assert!(time < expiry, "renewed after expiry"),
        None => assert_eq!(time, now),
    }
}

fn proof(data: &[u8]) {
    let Some((parts, message)) = data.split_first_chunk::<136>() else { return };
    let (keys, rest) = parts.split_first_chunk::<64>().expect("136 bytes");
    let (expiry, signature) = rest.split_first_chunk::<8>().expect("72 bytes");
    let (tag, rotating) = keys.split_first_chunk::<32>().expect("64 bytes");
    let signature = Ed25519Signature::try_from(signature).expect("64 bytes");
    let proof = Proof::new(
        RevocationTag::from_bytes(*tag),
        Ed25519PublicKey::try_from(rotating).expect("32 bytes"),
        UnixSeconds::from_secs(u64::from_le_bytes(*expiry)),
        signature,
    );
    let message = SignedMessage { bytes: message, signature };
    let status = proof.status(&BACKEND_PUBLIC_KEY, message, Timestamp::from_millis(0));
    assert_eq!(status, Status::InvalidBackendSignature);
}

fn revocations(bytes: &[u8; 32], items: &[u8]) {
    let [ticket, retry_in_s, retain_for_s, now] = numbers(bytes);
    let (chunks, _) = items.as_chunks::<9>();
    let items = chunks.iter().map(|[tag, effective @ ..]| Revocation {
        tag: RevocationTag::from_bytes([*tag; 32]),
        effective_at: UnixSeconds::from_secs(u64::from_le_bytes(*effective)),
    });
    let answer = RevocationAnswer {
        ticket: ticket.cast_signed(),
        retry_in_s,
        retain_for_s,
        items: items.collect(),
    };
    let now = UnixSeconds::from_secs(now);
    let mut list = RevocationList::new();
    list.merge(&answer, now);
    let once = list.clone();
    list.merge(&answer, now);
    for item in &answer.items {
        // A clock at the end of time retains nothing.
        let is_kept = now.as_secs() < u64::MAX;
        assert_eq!(list.is_revoked(&item.tag, item.effective_at), is_kept);
        assert_eq!(list.is_revoked(&item.tag, now), once.is_revoked(&item.tag, now));
    }
    assert!(list.next_request_at() > Some(now) || now.as_secs() == u64::MAX);
}
