//! HTTPS as service nodes offer it: with a certificate that nobody but the node itself has signed (05 §5.1).
//! Clients cannot verify it; trust comes from onion layers and signatures.
//!
//! TLS 1.3 alone, with what all its implementations know: X25519, AES-128-GCM or ChaCha20-Poly1305 with
//! SHA-256, a P-256 certificate. The primitives are those of the rest of the workspace, behind rustls, so that
//! nobody needs a C compiler or a second generation of a dependency for a network on loopback.

use std::sync::Arc;

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ClientConfig, DigitallySignedStruct, ServerConfig, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::verify_tls13_signature,
        pki_types::{CertificateDer, ServerName, UnixTime},
        sign::{CertifiedKey, SingleCertAndKey},
        version::TLS13,
    },
};

mod certificate;
mod cipher;
mod provider;
mod signature;
#[cfg(test)]
mod tests;

use signature::CertificateKey;

/// A fresh key and a certificate for this machine.
pub(super) fn acceptor() -> Result<TlsAcceptor, rustls::Error> {
    let key = CertificateKey::generate()?;
    let certificate = certificate::self_signed(&key)?;
    let certified = CertifiedKey::new(vec![certificate], Arc::new(key));
    let config = ServerConfig::builder_with_provider(Arc::new(provider::provider()))
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// What a client of service nodes goes by: any certificate will do.
pub(super) fn client_config() -> Result<Arc<ClientConfig>, rustls::Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(provider::provider()))
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Accepts every certificate, as clients of service nodes have to; the handshake must be signed with its key.
#[derive(Debug)]
struct AnyCertificate;

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2 is not offered".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &signature::ALGORITHMS)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        signature::ALGORITHMS.supported_schemes()
    }
}
