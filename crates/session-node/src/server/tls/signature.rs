//! ECDSA over P-256 with SHA-256, the signatures of TLS that all implementations know.

use std::sync::Arc;

use p256::ecdsa::{
    Signature, SigningKey as P256Key, VerifyingKey,
    signature::{Signer as _, Verifier as _},
};
use session_crypto::{rand_core::Rng as _, system_rng};
use tokio_rustls::rustls::{
    Error, SignatureAlgorithm, SignatureScheme,
    crypto::WebPkiSupportedAlgorithms,
    pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id},
    sign::{Signer, SigningKey},
};

const SCHEME: SignatureScheme = SignatureScheme::ECDSA_NISTP256_SHA256;

/// What clients verify.
pub(super) static ALGORITHMS: WebPkiSupportedAlgorithms =
    WebPkiSupportedAlgorithms { all: &[&P256], mapping: &[(SCHEME, &[&P256])] };

/// The key of a certificate.
#[derive(Clone, Debug)]
pub(super) struct CertificateKey(Arc<P256Key>);

impl CertificateKey {
    pub(super) fn generate() -> Result<Self, Error> {
        let mut bytes = [0; 32];
        system_rng().fill_bytes(&mut bytes);
        // Of 2^256 numbers, 2^224 are no keys: nobody will ever meet one.
        let key = P256Key::from_slice(&bytes).map_err(|_| Error::FailedToGetRandomBytes)?;
        Ok(Self(Arc::new(key)))
    }

    /// `04 ‖ x ‖ y`, 65 bytes.
    pub(super) fn public_point(&self) -> Vec<u8> {
        self.0.verifying_key().to_sec1_point(false).as_bytes().to_vec()
    }

    /// The signature in DER.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.0.sign(message);
        signature.to_der().as_bytes().to_vec()
    }
}

impl SigningKey for CertificateKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        if offered.contains(&SCHEME) { Some(Box::new(self.clone())) } else { None }
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for CertificateKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(Self::sign(self, message))
    }

    fn scheme(&self) -> SignatureScheme {
        SCHEME
    }
}

#[derive(Debug)]
struct P256;

impl SignatureVerificationAlgorithm for P256 {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = VerifyingKey::from_sec1_bytes(public_key).map_err(|_| InvalidSignature)?;
        let signature = Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        key.verify(message, &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P256
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA256
    }
}
