//! What an account stores of its Pro: the proof, and the secret that it speaks for (01 §11.7).

use alloc::vec::Vec;

use session_bt::{DecodeError, Reader, encode_dict_with_capacity};
use session_crypto::ed25519::{Ed25519Seed, Ed25519Signature};
use zeroize::Zeroizing;

use super::{Proof, RevocationTag, RotatingKeypair, UnixSeconds};

/// Rotating key pair with its proof. One value of the synced profile (key `s`), so that a merge of two devices
/// never joins the key of one with the proof of the other.
#[derive(Clone, Debug)]
pub struct Credential {
    rotating: RotatingKeypair,
    revocation_tag: RevocationTag,
    expires_at: UnixSeconds,
    signature: Ed25519Signature,
}

/// Length of the stored form with the greatest expiry, of 20 digits.
const MOST_BYTES: usize = 173;

impl Credential {
    /// Credential of a key pair and its proof; `None` if the proof speaks for another key.
    #[must_use]
    pub fn new(rotating: RotatingKeypair, proof: &Proof) -> Option<Self> {
        (proof.rotating_key() == rotating.public_key()).then(|| Self {
            rotating,
            revocation_tag: proof.revocation_tag(),
            expires_at: proof.expires_at(),
            signature: proof.signature(),
        })
    }

    /// The key pair that signs messages.
    #[must_use]
    pub const fn rotating(&self) -> &RotatingKeypair {
        &self.rotating
    }

    /// The proof that goes with the messages.
    #[must_use]
    pub fn proof(&self) -> Proof {
        Proof::new(self.revocation_tag, self.rotating.public_key(), self.expires_at, self.signature)
    }

    /// The stored form: a dict in bt-encoding of `e` expiry, `g` revocation tag, `r` rotating seed, `s` signature.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(encode_dict_with_capacity(MOST_BYTES, |dict| {
            dict.integer(b"e", self.expires_at.as_secs());
            dict.bytes(b"g", self.revocation_tag.as_bytes());
            dict.bytes(b"r", self.rotating.seed().expose_bytes());
            dict.bytes(b"s", self.signature.as_bytes());
        }))
    }

    /// Reads the stored form. Keys that it does not know are ignored. The proof is not verified.
    ///
    /// An account whose credential does not decode has none.
    ///
    /// # Errors
    /// [`DecodeCredentialError`] if the bytes are no such dict.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeCredentialError> {
        let mut reader = Reader::new(bytes);
        let mut dict = reader.value()?.dict()?;
        let expiry = dict.require(b"e")?.integer()?;
        let tag = dict.require(b"g")?.array()?;
        let seed = dict.require(b"r")?.array()?;
        let signature = dict.require(b"s")?.array()?;
        reader.finish()?;
        Ok(Self {
            rotating: RotatingKeypair::from_seed(Ed25519Seed::from_bytes(*seed)),
            revocation_tag: RevocationTag::from_bytes(*tag),
            expires_at: UnixSeconds::from_secs(expiry),
            signature: Ed25519Signature::from_bytes(*signature),
        })
    }
}

/// The bytes are no stored credential.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("malformed pro credential")]
pub struct DecodeCredentialError {
    #[from]
    source: DecodeError,
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString as _};

    use session_crypto::ed25519::Ed25519Keypair;

    use super::*;

    fn credential() -> Credential {
        let rotating = RotatingKeypair::from_seed(Ed25519Seed::from_bytes([2; 32]));
        let backend = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([3; 32]));
        let tag = RevocationTag::from_bytes([0x11; 32]);
        let expiry = UnixSeconds::from_secs(1_704_067_200);
        let proof = Proof::sign(tag, rotating.public_key(), expiry, &backend);
        Credential::new(rotating, &proof).unwrap()
    }

    /// The form that 01 §11.7 describes, spelled out.
    fn stored() -> Vec<u8> {
        let signature = credential().proof().signature();
        [
            b"d1:ei1704067200e1:g32:".as_slice(),
            &[0x11; 32],
            b"1:r32:",
            &[2; 32],
            b"1:s64:",
            signature.as_bytes(),
            b"e",
        ]
        .concat()
    }

    #[test]
    fn stored_form_is_that_of_the_specification() {
        assert_eq!(*credential().encode(), stored());
        let read = Credential::decode(&stored()).unwrap();
        assert_eq!(read.proof(), credential().proof());
        assert_eq!(read.rotating().seed(), credential().rotating().seed());
    }

    /// A longer one would move in memory, and leave a copy of the seed behind.
    #[test]
    fn the_longest_form_fits_its_buffer() {
        let latest = Credential { expires_at: UnixSeconds::from_secs(u64::MAX), ..credential() };
        assert_eq!(latest.encode().len(), MOST_BYTES);
    }

    #[test]
    fn a_proof_of_another_key_makes_no_credential() {
        let other = RotatingKeypair::from_seed(Ed25519Seed::from_bytes([4; 32]));
        assert!(Credential::new(other, &credential().proof()).is_none());
    }

    #[test]
    fn every_other_form_is_no_credential() {
        let stored = stored();
        for length in 0..stored.len() {
            assert!(Credential::decode(&stored[..length]).is_err(), "{length} bytes");
        }
        let text = |from: &[u8], to: &[u8]| {
            let start = stored.windows(from.len()).position(|window| window == from).unwrap();
            [&stored[..start], to, &stored[start + from.len()..]].concat()
        };
        for altered in [
            [stored.as_slice(), b"e"].concat(),
            text(b"i1704067200e", b"i-1e"),
            text(b"i1704067200e", b"i01e"),
            text(b"i1704067200e", b"1:7"),
            text(b"1:e", b"1:f"),
            text(b"1:g32:", b"1:g31:"),
            text(b"1:r32:\x02", b"1:r31:"),
            text(b"1:s64:", b"1:s63:"),
            text(b"1:g", b"1:z"),
            b"de".to_vec(),
            b"le".to_vec(),
            // The earlier, nested form.
            b"d1:pd1:@i0eee".to_vec(),
        ] {
            assert!(Credential::decode(&altered).is_err(), "{}", altered.escape_ascii());
        }
        let extended = [b"d1:ai0e".as_slice(), &stored[1..stored.len() - 1], b"1:xlee"].concat();
        let read = Credential::decode(&extended).unwrap();
        assert_eq!(read.proof(), credential().proof());
    }

    #[test]
    fn neither_debug_nor_errors_show_the_seed() {
        let shown = format!("{:?}", credential());
        assert!(!shown.contains("seed") && shown.contains("RotatingKeypair(Ed25519PublicKey(8139"));
        let error = Credential::decode(b"d1:r3:abce").unwrap_err();
        assert_eq!(error.to_string(), "malformed pro credential");
    }
}
