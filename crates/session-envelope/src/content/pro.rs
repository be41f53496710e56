//! What a message says about its sender's Session Pro (02 §9.4, §9.5).
//!
//! What the proof is worth follows from the signature of the Pro backend, the time, and the signature beside
//! the content: see [`crate::pro`].

use alloc::vec::Vec;

use session_crypto::ed25519::{Ed25519PublicKey, Ed25519Signature};
use session_identity::{
    Timestamp,
    pro::{Proof, RevocationTag, SignedMessage, Status, UnixSeconds},
};

use super::{ContentError, fields};
use crate::wire::{self, UnknownFields, content};

/// From here on a number that may be seconds or milliseconds is taken for milliseconds (02 §9.5).
#[cfg(feature = "legacy-pro")]
const FIRST_MILLISECOND: u64 = 100_000_000_000;

/// Proof of Pro, and what the message uses it for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ProMessage {
    proof: Option<ProProof>,
    profile_features: Option<u64>,
    message_features: Option<u64>,
    unknown: UnknownFields,
}

/// A proof as it stands in a message, in any of its generations.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProProof {
    version: Option<u32>,
    tag: Option<RevocationTag>,
    rotating_key: Option<Ed25519PublicKey>,
    expiry: Option<u64>,
    signature: Option<Ed25519Signature>,
    unknown: UnknownFields,
}

impl ProMessage {
    /// Message about a proof. Unknown bits are kept and ignored.
    #[must_use]
    pub fn new(proof: ProProof, profile_features: u64, message_features: u64) -> Self {
        Self {
            proof: Some(proof),
            profile_features: Some(profile_features),
            message_features: Some(message_features),
            unknown: UnknownFields::default(),
        }
    }

    /// The proof. Without one the message counts as one of an account without Pro.
    #[must_use]
    pub const fn proof(&self) -> Option<&ProProof> {
        self.proof.as_ref()
    }

    /// Features of the profile: bit 0 badge, bit 1 animated picture.
    #[must_use]
    pub fn profile_features(&self) -> u64 {
        self.profile_features.unwrap_or(0)
    }

    /// Features of the message: bit 0 text of more than 2 000 code points.
    #[must_use]
    pub fn message_features(&self) -> u64 {
        self.message_features.unwrap_or(0)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let message = content::ProMessage {
            proof: self.proof.iter().map(ProProof::encode).collect(),
            profile_bitset: self.profile_features,
            msg_bitset: self.message_features,
        };
        wire::encode_with(&message, &self.unknown)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        let (message, unknown) = wire::decode_keeping::<content::ProMessage>(bytes)?;
        let proof = wire::merged(message.proof);
        Ok(Self {
            proof: proof.map(|bytes| ProProof::decode(&bytes)).transpose()?,
            profile_features: message.profile_bitset,
            message_features: message.msg_bitset,
            unknown,
        })
    }
}

impl ProProof {
    /// Proof of its parts. `version` is 0 in the generation of 2025 and absent in the newest; the unit of
    /// `expiry` is milliseconds in the former and seconds in the latter.
    #[must_use]
    pub fn new(
        version: Option<u32>,
        tag: RevocationTag,
        rotating_key: Ed25519PublicKey,
        expiry: u64,
        signature: Ed25519Signature,
    ) -> Self {
        Self {
            version,
            tag: Some(tag),
            rotating_key: Some(rotating_key),
            expiry: Some(expiry),
            signature: Some(signature),
            unknown: UnknownFields::default(),
        }
    }

    /// Version of the format; newest proofs have none.
    #[must_use]
    pub const fn version(&self) -> Option<u32> {
        self.version
    }

    /// By which the proof can be revoked.
    #[must_use]
    pub const fn tag(&self) -> Option<RevocationTag> {
        self.tag
    }

    /// Key that signs the messages of this account.
    #[must_use]
    pub const fn rotating_key(&self) -> Option<Ed25519PublicKey> {
        self.rotating_key
    }

    /// End of validity as it is on the wire: in milliseconds or seconds, by the generation.
    #[must_use]
    pub const fn expiry(&self) -> Option<u64> {
        self.expiry
    }

    /// Signature of the Pro backend.
    #[must_use]
    pub const fn signature(&self) -> Option<Ed25519Signature> {
        self.signature
    }

    /// What the proof and the message that it came with are worth.
    ///
    /// Nothing in a proof tells its generation for sure (02 §9.5): one without version is taken for one of the
    /// newest first.
    pub(crate) fn status(
        &self,
        backend: &Ed25519PublicKey,
        signed: SignedMessage<'_>,
        time: Timestamp,
    ) -> Status {
        let (Some(tag), Some(key), Some(expiry), Some(signature)) =
            (self.tag, self.rotating_key, self.expiry, self.signature)
        else {
            return Status::Unreadable;
        };
        if self.version.is_none() {
            let proof = Proof::new(tag, key, UnixSeconds::from_secs(expiry), signature);
            match proof.status(backend, signed, time) {
                Status::InvalidBackendSignature => {}
                status => return status,
            }
        }
        self.legacy_status(backend, signed, time)
    }

    /// The verdict on a proof of an earlier generation.
    #[cfg(feature = "legacy-pro")]
    fn legacy_status(
        &self,
        backend: &Ed25519PublicKey,
        signed: SignedMessage<'_>,
        time: Timestamp,
    ) -> Status {
        use session_identity::pro::legacy::{LegacyProof, ProofForm};

        let version = u8::try_from(self.version.unwrap_or(0));
        let (
            Ok(version),
            Some(revocation_tag),
            Some(rotating_key),
            Some(expires_at),
            Some(signature),
        ) = (version, self.tag, self.rotating_key, self.expiry, self.signature)
        else {
            return Status::Unreadable;
        };
        let form = match expires_at {
            FIRST_MILLISECOND.. => ProofForm::ProProof,
            _ => ProofForm::ProProofInSeconds,
        };
        LegacyProof { form, version, revocation_tag, rotating_key, expires_at, signature }
            .status(backend, signed, time)
    }

    /// Without the code for earlier generations: a version tells that it is one of them.
    #[cfg(not(feature = "legacy-pro"))]
    const fn legacy_status(
        &self,
        _: &Ed25519PublicKey,
        _: SignedMessage<'_>,
        _: Timestamp,
    ) -> Status {
        if self.version.is_none() { Status::InvalidBackendSignature } else { Status::Unreadable }
    }

    fn encode(&self) -> Vec<u8> {
        let proof = content::ProProof {
            version: self.version,
            revocation_tag: self.tag.map(|tag| tag.as_bytes().to_vec()),
            rotating_public_key: self.rotating_key.map(|key| key.to_bytes().to_vec()),
            expiry_unix_ts: self.expiry,
            sig: self.signature.map(|signature| signature.to_bytes().to_vec()),
        };
        wire::encode_with(&proof, &self.unknown)
    }

    fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        let (proof, unknown) = wire::decode_keeping::<content::ProProof>(bytes)?;
        let key = |bytes: Vec<u8>| fields::array(&bytes, "ProProof.rotatingPublicKey");
        Ok(Self {
            version: proof.version,
            tag: proof
                .revocation_tag
                .map(|tag| fields::array(&tag, "ProProof.revocationTag"))
                .transpose()?
                .map(RevocationTag::from_bytes),
            rotating_key: proof
                .rotating_public_key
                .map(key)
                .transpose()?
                .map(Ed25519PublicKey::from_bytes),
            expiry: proof.expiry_unix_ts,
            signature: proof.sig.map(|sig| fields::signature(&sig, "ProProof.sig")).transpose()?,
            unknown,
        })
    }
}
