//! Records against those of RFC 8448 §3: our own two halves would agree on anything.

use aes_gcm::{Aes128Gcm, KeyInit as _};
use session_crypto::encoding::hex;
use tokio_rustls::rustls::{
    ContentType, ProtocolVersion,
    crypto::cipher::{
        InboundOpaqueMessage, Iv, MessageDecrypter as _, MessageEncrypter as _, OutboundChunks,
        OutboundPlainMessage,
    },
};

use super::cipher::Records;

/// The first record of the client's application data: fifty bytes that count up.
const RECORD: &str = "1703030043\
    a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a\
    6292a2977014bd1e3deae63aeebb21694915e4";
const HEADER_LENGTH: usize = 5;

fn records() -> Records<Aes128Gcm> {
    let key = hex::decode("17422dda596ed5d9acd890e3c63f5051").unwrap();
    let iv: [u8; 12] = hex::decode("5b78923dee08579033e523d9").unwrap().try_into().unwrap();
    Records { cipher: Aes128Gcm::new_from_slice(&key).unwrap(), iv: Iv::from(iv) }
}

fn opened(record: &mut [u8], sequence: u64) -> Option<Vec<u8>> {
    let (kind, version) = (ContentType::ApplicationData, ProtocolVersion::TLSv1_2);
    let message = InboundOpaqueMessage::new(kind, version, &mut record[HEADER_LENGTH..]);
    let message = records().decrypt(message, sequence).ok()?;
    assert_eq!(message.typ, ContentType::ApplicationData);
    Some(message.payload.to_vec())
}

#[test]
fn records_are_those_of_rfc_8448() {
    let (record, text) = (hex::decode(RECORD).unwrap(), Vec::from_iter(0..50));
    let message = OutboundPlainMessage {
        typ: ContentType::ApplicationData,
        version: ProtocolVersion::TLSv1_2,
        payload: OutboundChunks::Single(&text),
    };
    assert_eq!(records().encrypt(message, 0).unwrap().encode(), record);
    assert_eq!(opened(&mut record.clone(), 0), Some(text));
    assert_eq!(opened(&mut record.clone(), 1), None, "another place in the sequence");
    for altered in HEADER_LENGTH..record.len() {
        let mut record = record.clone();
        record[altered] ^= 1;
        assert_eq!(opened(&mut record, 0), None, "byte {altered}");
    }
    for length in HEADER_LENGTH..record.len() {
        assert_eq!(opened(&mut record[..length].to_vec(), 0), None, "{length} bytes");
    }
}
