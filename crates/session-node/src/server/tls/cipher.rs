//! Records of TLS 1.3 under AES-128-GCM and ChaCha20-Poly1305 (RFC 8446 §5.2).

use std::marker::PhantomData;

use aes_gcm::{
    Aes128Gcm,
    aead::{AeadInOut, KeyInit, array::typenum::Unsigned as _},
};
use chacha20poly1305::ChaCha20Poly1305;
use tokio_rustls::rustls::{
    ConnectionTrafficSecrets, ContentType, Error, ProtocolVersion,
    crypto::cipher::{
        AeadKey, InboundOpaqueMessage, InboundPlainMessage, Iv, MessageDecrypter, MessageEncrypter,
        Nonce, OutboundOpaqueMessage, OutboundPlainMessage, PrefixedPayload, Tls13AeadAlgorithm,
        UnsupportedOperationError, make_tls13_aad,
    },
};

/// Bytes of the tag of either cipher.
const TAG_LENGTH: usize = 16;
/// Bytes of the nonce of either cipher.
const NONCE_LENGTH: usize = 12;
/// The byte behind the text that says what it is.
const TYPE_LENGTH: usize = 1;

pub(super) static AES_128_GCM: Algorithm<Aes128Gcm> = Algorithm(PhantomData);
pub(super) static CHACHA20_POLY1305: Algorithm<ChaCha20Poly1305> = Algorithm(PhantomData);

/// A cipher of records; `C` makes them.
pub(super) struct Algorithm<C>(PhantomData<fn() -> C>);

/// The records of one direction.
pub(super) struct Records<C> {
    pub(super) cipher: C,
    pub(super) iv: Iv,
}

impl<C: AeadInOut + KeyInit + Send + Sync + 'static> Algorithm<C> {
    fn records(&self, key: &AeadKey, iv: Iv) -> Records<C> {
        #[expect(clippy::expect_used, reason = "rustls makes keys of `key_len`")]
        let cipher = C::new_from_slice(key.as_ref()).expect("key has the length that we named");
        Records { cipher, iv }
    }
}

impl<C: AeadInOut + KeyInit + Send + Sync + 'static> Tls13AeadAlgorithm for Algorithm<C> {
    fn encrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageEncrypter> {
        Box::new(self.records(&key, iv))
    }

    fn decrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageDecrypter> {
        Box::new(self.records(&key, iv))
    }

    fn key_len(&self) -> usize {
        C::KeySize::USIZE
    }

    fn extract_keys(
        &self,
        _: AeadKey,
        _: Iv,
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        Err(UnsupportedOperationError)
    }
}

impl<C: AeadInOut + Send + Sync> MessageEncrypter for Records<C> {
    fn encrypt(
        &mut self,
        message: OutboundPlainMessage<'_>,
        sequence: u64,
    ) -> Result<OutboundOpaqueMessage, Error> {
        let length = self.encrypted_payload_len(message.payload.len());
        let mut payload = PrefixedPayload::with_capacity(length);
        payload.extend_from_chunks(&message.payload);
        payload.extend_from_slice(&message.typ.to_array());
        let nonce: [u8; NONCE_LENGTH] = Nonce::new(&self.iv, sequence).0;
        let nonce = nonce.as_slice().try_into().map_err(|_| Error::EncryptError)?;
        let tag = self.cipher.encrypt_inout_detached(
            nonce,
            &make_tls13_aad(length),
            payload.as_mut().into(),
        );
        payload.extend_from_slice(&tag.map_err(|_| Error::EncryptError)?);
        let (kind, version) = (ContentType::ApplicationData, ProtocolVersion::TLSv1_2);
        Ok(OutboundOpaqueMessage::new(kind, version, payload))
    }

    fn encrypted_payload_len(&self, length: usize) -> usize {
        length.saturating_add(TYPE_LENGTH + TAG_LENGTH)
    }
}

impl<C: AeadInOut + Send + Sync> MessageDecrypter for Records<C> {
    fn decrypt<'a>(
        &mut self,
        mut message: InboundOpaqueMessage<'a>,
        sequence: u64,
    ) -> Result<InboundPlainMessage<'a>, Error> {
        let payload = &mut message.payload;
        let aad = make_tls13_aad(payload.len());
        let (text, tag) =
            payload.split_last_chunk_mut::<TAG_LENGTH>().ok_or(Error::DecryptError)?;
        let length = text.len();
        let nonce: [u8; NONCE_LENGTH] = Nonce::new(&self.iv, sequence).0;
        let nonce = nonce.as_slice().try_into().map_err(|_| Error::DecryptError)?;
        let tag = tag.as_slice().try_into().map_err(|_| Error::DecryptError)?;
        self.cipher
            .decrypt_inout_detached(nonce, &aad, text.into(), tag)
            .map_err(|_| Error::DecryptError)?;
        payload.truncate(length);
        message.into_tls13_unpadded_message()
    }
}
