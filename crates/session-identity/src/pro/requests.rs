//! What the account signs in requests to the Pro backend (01 §11.5). Their JSON is another crate's business.

use alloc::{string::ToString as _, vec::Vec};

use session_crypto::ed25519::Ed25519Signature;

use super::{MasterKeypair, RotatingKeypair, UnixSeconds};

/// String to be signed: a domain of 16 bytes, then fields. Keys and tags stand as they are, integers in
/// decimal; one zero byte separates two fields of variable length, and nothing else is separated.
#[derive(Debug)]
pub(super) struct SignedString {
    bytes: Vec<u8>,
    ends_variable: bool,
}

impl SignedString {
    pub(super) fn new(domain: &[u8; 16]) -> Self {
        Self { bytes: domain.to_vec(), ends_variable: false }
    }

    /// Adds a field of fixed length.
    pub(super) fn bytes(mut self, field: &[u8; 32]) -> Self {
        self.bytes.extend_from_slice(field);
        self.ends_variable = false;
        self
    }

    pub(super) fn integer(self, field: u64) -> Self {
        self.text(&field.to_string())
    }

    pub(super) fn text(mut self, field: &str) -> Self {
        if self.ends_variable {
            self.bytes.push(0);
        }
        self.bytes.extend_from_slice(field.as_bytes());
        self.ends_variable = true;
        self
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Signatures of the request for a new proof: both keys sign the same bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct GenerateProofSignatures {
    /// By the master key, field `master_sig`.
    pub master: Ed25519Signature,
    /// By the rotating key, field `rotating_sig`.
    pub rotating: Ed25519Signature,
}

impl MasterKeypair {
    /// Signatures of `generate_pro_proof`: a proof for `rotating`. `now` is the caller's clock and goes into
    /// the request as `ts`; the backend accepts about 70 seconds either way.
    #[must_use]
    pub fn sign_generate_proof(
        &self,
        rotating: &RotatingKeypair,
        now: UnixSeconds,
    ) -> GenerateProofSignatures {
        let message = SignedString::new(b"ProGenerateProof")
            .bytes(self.public_key().as_bytes())
            .bytes(rotating.public_key().as_bytes())
            .integer(now.as_secs());
        GenerateProofSignatures {
            master: self.sign(message.as_bytes()),
            rotating: rotating.sign(message.as_bytes()),
        }
    }

    /// Signature of `get_pro_status`.
    #[must_use]
    pub fn sign_get_status(&self, now: UnixSeconds) -> Ed25519Signature {
        let message = SignedString::new(b"ProGetProStatus_")
            .bytes(self.public_key().as_bytes())
            .integer(now.as_secs());
        self.sign(message.as_bytes())
    }

    /// Signature of `get_payment_details`: up to `limit` payments before the cursor `before`, which is empty for the
    /// newest ones.
    #[must_use]
    pub fn sign_get_payment_details(
        &self,
        limit: u64,
        before: &str,
        now: UnixSeconds,
    ) -> Ed25519Signature {
        let message = SignedString::new(b"ProGetPayDetails")
            .bytes(self.public_key().as_bytes())
            .integer(now.as_secs())
            .integer(limit)
            .text(before);
        self.sign(message.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use session_crypto::{ed25519::Ed25519Seed, encoding::hex};

    use super::*;

    fn master() -> MasterKeypair {
        MasterKeypair::from_seed(Ed25519Seed::from_bytes([1; 32]))
    }

    fn rotating() -> RotatingKeypair {
        RotatingKeypair::from_seed(Ed25519Seed::from_bytes([2; 32]))
    }

    /// 01 §11.9.
    #[test]
    fn the_signatures_of_the_specification() {
        let now = UnixSeconds::from_secs(1_700_000_000);
        let made = master().sign_generate_proof(&rotating(), now);
        assert_eq!(
            made.master.to_string(),
            "d1357a2850e6521250e754d75f5dc0273a4eea58a98c7e32722782ba10f69176\
             32f55ddaaeafef2c3f75e1d973f2ebc587f6b1317ef3982c8a8d64d224b9540a"
        );
        assert_eq!(
            made.rotating.to_string(),
            "f6aa9b18bb58d559db7401ba855b720cb3aec9ee764e0acae006d2c2ec04280d\
             634a8a6c63e5331c2c1e7e8d35f81df71eda6f4b42955f075170ededabc0300b"
        );
        assert_eq!(
            master().sign_get_status(now).to_string(),
            "11bd01cc522ffcef691ce9d066b1bbaafd991fe4ea63e068862cf09ef4fa11bd\
             9d0ae6ddcf3451f584b17c3037c34cfcb6223d4254eec3579dba9a923bbc3f0b"
        );
    }

    /// 08 §9.
    #[test]
    fn the_signatures_of_the_services_chapter() {
        let now = UnixSeconds::from_secs(1_750_000_000);
        let made = master().sign_generate_proof(&rotating(), now);
        for (made, expected) in [
            (
                made.master,
                "7d6792014cf90e0330387daee5e8b402bee906e562bd7d79de97a6b8720cd01d\
                 8321e54eab6b4364b7cede3d04640105e2d4574df44a4c0fb822073f617d8a04",
            ),
            (
                made.rotating,
                "0aaca26d982f0aec0853991b9e95aa8bf6b346e8fd803a954ee3ca2c09757ffe\
                 5e824ff3ddb4df43d13ba4318c00c7c0325d197f20ddcc9f85cce25336607e01",
            ),
            (
                master().sign_get_status(now),
                "ab7348fad00b9623712188ae907afa187dabd23f2e90c75cd1ccb10e88b1eecd\
                 7afa22f144f581b1aa59ee09ce890a444673cec3884328e84349045dbebf470f",
            ),
            (
                master().sign_get_payment_details(20, "", now),
                "5dd115c7a08b8f42752c4a554bf8a371481c23f6ea48d54aadf62dc409b3ae0f\
                 319411a20eeed1972bd51af2856425b42026918b93f5edd132d7564bf8e5cc0a",
            ),
            (
                master().sign_get_payment_details(20, "Y3Vyc29y", now),
                "0f3672be721bf06bbcd8a8845d5b043762655b1c60bfcbd9a6484f021ecc0521\
                 4e164fc053206a65d6499b4cd5a023338273375c8a900e395b29e3c791ce7200",
            ),
        ] {
            assert_eq!(made.to_string(), expected);
        }
    }

    /// The tails of `get_payment_details` in 01 §11.9: a zero byte between variable fields, also before an empty one.
    #[test]
    fn adjacent_variable_fields_are_separated() {
        for (before, expected) in [
            ("", "3137303030303030303000313000"),
            ("0a1b2c3d4e5f", "3137303030303030303000313000306131623263336434653566"),
        ] {
            let message =
                SignedString::new(&[b'_'; 16]).integer(1_700_000_000).integer(10).text(before);
            assert_eq!(hex::encode(&message.as_bytes()[16..]), expected);
        }
        let message = SignedString::new(&[b'_'; 16]).integer(1).bytes(&[7; 32]).integer(2);
        let expected = [b"________________1".as_slice(), &[7; 32], b"2"].concat();
        assert_eq!(message.as_bytes(), expected, "fixed fields need no separator");
    }
}
