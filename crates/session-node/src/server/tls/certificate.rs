//! A self-signed X.509 certificate in DER (RFC 5280), with the subject of the nodes' real ones: `CN=localhost`
//! (04 §10.1).

use session_crypto::{rand_core::Rng as _, system_rng};
use tokio_rustls::rustls::{
    Error,
    pki_types::{CertificateDer, alg_id},
};

use super::signature::CertificateKey;

/// `[0] { INTEGER 2 }`: version 3.
const VERSION_3: &[u8] = &[0xa0, 3, 2, 1, 2];
/// From 2020 to the end of time, so that no clock of a client matters.
const NOT_BEFORE: &[u8] = b"200101000000Z";
const NOT_AFTER: &[u8] = b"99991231235959Z";
/// `2.5.4.3`, common name.
const COMMON_NAME: &[u8] = &[6, 3, 0x55, 4, 3];
/// `2.5.29.17`, subject alternative names.
const ALTERNATIVE_NAMES: &[u8] = &[6, 3, 0x55, 0x1d, 0x11];
const HOST: &[u8] = b"localhost";
const ADDRESS: &[u8] = &[127, 0, 0, 1];

const NO_UNUSED_BITS: &[u8] = &[0];
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const UTF8_STRING: u8 = 0x0c;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const DNS_NAME: u8 = 0x82;
const IP_ADDRESS: u8 = 0x87;
const EXTENSIONS: u8 = 0xa3;

/// Certificate of `key`, signed with `key`, for `localhost` and `127.0.0.1`.
pub(super) fn self_signed(key: &CertificateKey) -> Result<CertificateDer<'static>, Error> {
    let body = body(key)?;
    let signature = der(BIT_STRING, &[NO_UNUSED_BITS, &key.sign(&body)])?;
    let algorithm = der(SEQUENCE, &[&alg_id::ECDSA_SHA256])?;
    Ok(der(SEQUENCE, &[&body, &algorithm, &signature])?.into())
}

/// The part that is signed.
fn body(key: &CertificateKey) -> Result<Vec<u8>, Error> {
    let mut serial = [0; 16];
    system_rng().fill_bytes(&mut serial);
    // Positive, and without a leading zero.
    let serial = (u128::from_be_bytes(serial) >> 1 | 1 << 126).to_be_bytes();
    let serial = der(INTEGER, &[&serial])?;
    let algorithm = der(SEQUENCE, &[&alg_id::ECDSA_SHA256])?;
    let name = der(SEQUENCE, &[COMMON_NAME, &der(UTF8_STRING, &[HOST])?])?;
    let name = der(SEQUENCE, &[&der(SET, &[&name])?])?;
    let validity =
        der(SEQUENCE, &[&der(UTC_TIME, &[NOT_BEFORE])?, &der(GENERALIZED_TIME, &[NOT_AFTER])?])?;
    let point = der(BIT_STRING, &[NO_UNUSED_BITS, &key.public_point()])?;
    let public_key = der(SEQUENCE, &[&der(SEQUENCE, &[&alg_id::ECDSA_P256])?, &point])?;
    let names = der(SEQUENCE, &[&der(DNS_NAME, &[HOST])?, &der(IP_ADDRESS, &[ADDRESS])?])?;
    let names = der(SEQUENCE, &[ALTERNATIVE_NAMES, &der(OCTET_STRING, &[&names])?])?;
    let extensions = der(EXTENSIONS, &[&der(SEQUENCE, &[&names])?])?;
    der(
        SEQUENCE,
        &[VERSION_3, &serial, &algorithm, &name, &validity, &name, &public_key, &extensions],
    )
}

/// Tag ‖ length ‖ the parts.
fn der(tag: u8, parts: &[&[u8]]) -> Result<Vec<u8>, Error> {
    let content = parts.concat();
    let too_long = |_| Error::General("certificate is too long".to_owned());
    let length = u16::try_from(content.len()).map_err(too_long)?;
    let [high, low] = length.to_be_bytes();
    let mut bytes = match length {
        0..=0x7f => vec![tag, low],
        0x80..=0xff => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    bytes.extend(content);
    Ok(bytes)
}
