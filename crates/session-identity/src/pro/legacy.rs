//! Proofs and requests of before mid-2026 (01 §11.4, §11.5; 08 §7.1). Proofs are verified, never made.
//!
//! Apps released in spring 2026 are the last to send them. May go when no such app can hold a valid proof any more.

use session_crypto::{
    blake2b::Blake2b,
    ed25519::{Ed25519PublicKey, Ed25519Signature, VerifyError},
};

use super::{RevocationTag, SignedMessage, Status};
use crate::Timestamp;

mod requests;

pub use requests::{
    Payment, add_payment_hash, generate_proof_hash, get_details_hash, refund_requested_hash,
    revocation_tag,
};

/// The one version of these proofs that is understood.
const VERSION: u8 = 0;

/// Which of the earlier forms a proof has. Nothing in the proof tells; it follows from who sent it and when.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ProofForm {
    /// Mid 2025: no personalisation, expiry in seconds.
    Unpersonalised,
    /// Late 2025: `SeshProBackend__`, expiry in milliseconds.
    SeshProBackend,
    /// From November 2025 to spring 2026, the form of released apps: `ProProof________`, expiry in milliseconds.
    ProProof,
    /// Development builds up to July 2026: `ProProof________`, expiry in seconds.
    ProProofInSeconds,
}

impl ProofForm {
    fn hasher(self) -> Blake2b<32> {
        match self {
            Self::Unpersonalised => Blake2b::new(),
            Self::SeshProBackend => Blake2b::personalised(b"SeshProBackend__"),
            Self::ProProof | Self::ProProofInSeconds => Blake2b::personalised(b"ProProof________"),
        }
    }

    /// `time` in the unit of the form's expiry, rounded down.
    const fn count(self, time: Timestamp) -> u64 {
        match self {
            Self::Unpersonalised | Self::ProProofInSeconds => time.as_secs(),
            Self::SeshProBackend | Self::ProProof => time.as_millis(),
        }
    }
}

/// A proof of an earlier form.
///
/// # Security
/// It says nothing until [`Self::verify`] or [`Self::status`] was asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "the fields of a message")]
pub struct LegacyProof {
    /// Form of the proof.
    pub form: ProofForm,
    /// Version that it states; 0 is the only one that is understood.
    pub version: u8,
    /// What the backend takes this proof back by, once called generation-index hash.
    pub revocation_tag: RevocationTag,
    /// The key that it speaks for.
    pub rotating_key: Ed25519PublicKey,
    /// Last moment of its validity, in seconds or milliseconds since 1970, as the form says.
    pub expires_at: u64,
    /// The backend's signature over [`Self::hash`].
    pub signature: Ed25519Signature,
}

impl LegacyProof {
    /// What the backend signed: the hash of version ‖ tag ‖ rotating key ‖ expiry (8 bytes, little-endian).
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let Self { form, version, revocation_tag, rotating_key, expires_at, .. } = self;
        form.hasher()
            .chain(&[*version])
            .chain(revocation_tag.as_bytes())
            .chain(rotating_key.as_bytes())
            .chain(&expires_at.to_le_bytes())
            .finalize()
    }

    /// Verifies that it is a proof of this backend.
    ///
    /// # Errors
    /// [`VerifyError`] if it is not.
    pub fn verify(&self, backend: &Ed25519PublicKey) -> Result<(), VerifyError> {
        backend.verify(&self.hash(), &self.signature)
    }

    /// Whether it was expired at `time`, rounded down to the unit of the form; at the very moment of expiry it
    /// is not.
    #[must_use]
    pub const fn is_expired_at(&self, time: Timestamp) -> bool {
        self.form.count(time) > self.expires_at
    }

    /// Verdict on this proof and on the message that carries it. See [`Proof::status`](super::Proof::status).
    #[must_use]
    pub fn status(
        &self,
        backend: &Ed25519PublicKey,
        message: SignedMessage<'_>,
        sent_at: Timestamp,
    ) -> Status {
        self.status_unsigned(backend, sent_at).and_signed_by(&self.rotating_key, message)
    }

    /// Verdict on this proof alone. See [`Proof::status_unsigned`](super::Proof::status_unsigned).
    #[must_use]
    pub fn status_unsigned(&self, backend: &Ed25519PublicKey, time: Timestamp) -> Status {
        if self.version != VERSION {
            Status::Unreadable
        } else if self.verify(backend).is_err() {
            Status::InvalidBackendSignature
        } else if self.is_expired_at(time) {
            Status::Expired
        } else {
            Status::Valid
        }
    }
}

#[cfg(test)]
mod tests {
    use session_crypto::{
        ed25519::{Ed25519Keypair, Ed25519Seed},
        encoding::hex,
    };

    use super::*;

    /// The published proof of 01 §11.9.
    fn published(form: ProofForm) -> LegacyProof {
        let tag = "b330d8a3679ba0016169907bed1f49fa7d5ed8e1a73042197dd2949fecc7d174";
        LegacyProof {
            form,
            version: 0,
            revocation_tag: RevocationTag::from_bytes(hex::decode_array(tag).unwrap()),
            rotating_key: "ecd0e9c371b5e1d9e116ba4d29b057e458c8b4bca40b5b3fea1cd5d5e89ae7b7"
                .parse()
                .unwrap(),
            expires_at: 1_762_473_660_000,
            signature: "4537d985f6ec0134ed80537affd04be10f44a0f658cf26c6a3f48da43f5056a5\
                        1b1ae48d2287bbed72e72c92ea87253357d466c7319c7d3514b081f9f1337d0e"
                .parse()
                .unwrap(),
        }
    }

    fn backend() -> Ed25519PublicKey {
        "fc947730f49eb01427a66e050733294d9e520e545c7a27125a780634e0860a27".parse().unwrap()
    }

    #[test]
    fn the_published_proof_verifies_in_its_form_only() {
        let proof = published(ProofForm::SeshProBackend);
        assert_eq!(
            hex::encode(&proof.hash()),
            "1fafd76b50fd486fef1694c98a1f14317de2329f5a1a653a8d46f53418151db5"
        );
        assert_eq!(proof.verify(&backend()), Ok(()));
        let other = published(ProofForm::ProProof);
        assert_eq!(
            hex::encode(&other.hash()),
            "6961cfc38254eb9aa4353134127e9041f82723cf0a84768969b2c04e4d7b319d"
        );
        for form in [ProofForm::ProProof, ProofForm::ProProofInSeconds, ProofForm::Unpersonalised] {
            assert_eq!(published(form).verify(&backend()), Err(VerifyError::Signature), "{form:?}");
        }
    }

    /// 08 §9.
    #[test]
    fn the_hash_of_the_services_chapter() {
        let proof = LegacyProof {
            revocation_tag: RevocationTag::from_bytes(core::array::from_fn(|i| {
                u8::try_from(i).unwrap()
            })),
            rotating_key: "8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394"
                .parse()
                .unwrap(),
            expires_at: 1_752_624_000_000,
            ..published(ProofForm::ProProof)
        };
        assert_eq!(
            hex::encode(&proof.hash()),
            "afd2e795b07aed9244e927c0e69978446473f023ff2d69f57c340b48f0876f67"
        );
    }

    #[test]
    fn expiry_counts_in_the_unit_of_the_form() {
        for (form, expires_at, last_ms) in [
            (ProofForm::Unpersonalised, 5, 5_999),
            (ProofForm::ProProofInSeconds, 5, 5_999),
            (ProofForm::SeshProBackend, 5_000, 5_000),
            (ProofForm::ProProof, 5_000, 5_000),
        ] {
            let proof = LegacyProof { expires_at, ..published(form) };
            assert!(!proof.is_expired_at(Timestamp::from_millis(last_ms)), "{form:?}");
            assert!(proof.is_expired_at(Timestamp::from_millis(last_ms + 1)), "{form:?}");
        }
    }

    /// The backend key of the published proof has a known seed (08 §2): sign for each form.
    #[test]
    fn each_form_has_a_verdict() {
        let signer = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([0xcd; 32]));
        assert_eq!(signer.public_key(), backend());
        let rotating = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([2; 32]));
        let message = SignedMessage { bytes: b"m", signature: rotating.sign(b"m") };
        let forged = SignedMessage { bytes: b"n", ..message };
        for form in [
            ProofForm::Unpersonalised,
            ProofForm::SeshProBackend,
            ProofForm::ProProof,
            ProofForm::ProProofInSeconds,
        ] {
            let mut proof = LegacyProof {
                rotating_key: rotating.public_key(),
                expires_at: 0,
                ..published(form)
            };
            proof.signature = signer.sign(&proof.hash());
            let [then, later] = [0, 1_000].map(Timestamp::from_millis);
            assert_eq!(proof.status(&backend(), message, then), Status::Valid);
            assert_eq!(proof.status(&backend(), message, later), Status::Expired);
            let status = proof.status(&backend(), forged, later);
            assert_eq!(status, Status::InvalidUserSignature);
            let status = proof.status(&rotating.public_key(), message, then);
            assert_eq!(status, Status::InvalidBackendSignature);
            let newer = LegacyProof { version: 1, ..proof };
            assert_eq!(newer.status(&backend(), message, then), Status::Unreadable);
        }
    }
}
