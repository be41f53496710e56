//! What a server behind the exit does (§7): open the request, answer it with the same key.
//!
//! Inside is a request in the form of [`v4`](crate::v4) or, from old clients, [`v3`](crate::legacy::v3); the path
//! of the URL tells which. There is no protection against replay in an onion request: endpoints with side effects
//! need their own.

use alloc::{string::String, vec::Vec};

use session_crypto::{
    encoding::{base64, key_text},
    rand_core::CryptoRng,
    x25519::{X25519Keypair, X25519PublicKey},
};

use crate::{
    encryption::{DecryptError, LayerKey},
    frame::Frame,
    layer::{self, LayerError, MAX_REQUEST_LENGTH},
};

/// An opened request.
#[derive(Clone, Debug)]
pub struct ServerRequest {
    payload: Vec<u8>,
    ephemeral_key: X25519PublicKey,
    key: LayerKey,
}

impl ServerRequest {
    /// Opens the body of the exit's POST with the key pair of the server. The client's key may be in
    /// hexadecimal, base64 or base32z; everything but that and the cipher is ignored in the trailer.
    ///
    /// # Errors
    /// [`OpenRequestError`], every variant. All of them are answered with a bare status 400.
    pub fn open(server: &X25519Keypair, body: &[u8]) -> Result<Self, OpenRequestError> {
        Self::open_at_most(MAX_REQUEST_LENGTH, server, body)
    }

    /// As [`Self::open`], with another limit of the size in bytes, inclusive.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_at_most(
        maximum: usize,
        server: &X25519Keypair,
        body: &[u8],
    ) -> Result<Self, OpenRequestError> {
        if body.len() > maximum {
            return Err(LayerError::TooLarge { maximum, found: body.len() }.into());
        }
        let frame = Frame::parse(body).map_err(LayerError::from)?;
        let text = frame.trailer.ephemeral_key.as_deref();
        let text = text.ok_or(LayerError::Missing { key: "ephemeral_key" })?;
        let ephemeral_key = X25519PublicKey::from_bytes(key_text::decode(text)?);
        let encryption = layer::encryption(&frame.trailer).map_err(LayerError::from)?;
        let (key, payload) =
            LayerKey::open_request(encryption, server, &ephemeral_key, frame.blob())?;
        Ok(Self { payload, ephemeral_key, key })
    }

    /// What the client sent.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The client's key, a fresh one for each request.
    #[must_use]
    pub const fn ephemeral_key(&self) -> X25519PublicKey {
        self.ephemeral_key
    }

    /// The encrypted answer as it is: the form of v4. It goes out with status 200, whatever is inside.
    #[must_use]
    pub fn reply(&self, answer: &[u8], rng: &mut impl CryptoRng) -> Vec<u8> {
        self.key.encrypt(answer, rng)
    }

    /// The encrypted answer in base64: the form of v3. It goes out with status 200, whatever is inside.
    #[must_use]
    pub fn reply_base64(&self, answer: &[u8], rng: &mut impl CryptoRng) -> String {
        base64::encode(&self.reply(answer, rng))
    }
}

/// Why a server cannot open a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenRequestError {
    /// The request breaks the format.
    #[error(transparent)]
    Layer(#[from] LayerError),
    /// The text of the client's key is in none of the three codings.
    #[error("ephemeral key of the request is unreadable")]
    PublicKey(#[from] key_text::ParseKeyTextError),
    /// The request is not for this server, or damaged.
    #[error(transparent)]
    Undecryptable(#[from] DecryptError),
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use session_crypto::{encoding::hex, x25519::X25519SecretKey};

    use super::*;
    use crate::{frame::FrameError, json::JsonError, test_rng::BytesRng};

    fn keypair(secret: &str) -> X25519Keypair {
        let secret = hex::decode_array(secret).unwrap();
        X25519Keypair::from_secret_key(X25519SecretKey::from_bytes(secret))
    }

    fn server() -> X25519Keypair {
        keypair("2f4d1c0d28e137777ec0a316e9f4f763e3e66662a6c51994c6315c9ef34b6deb")
    }

    fn client() -> X25519Keypair {
        keypair("d2ee09e1a557a077d385fcb69a11ffb6909ecdcc8348def3e0e4172c8a1431c1")
    }

    const XCHACHA: &str = "e440bc244ddcafd947b86fc5a964aa58de54a6d75cc0f0f3840db14b6c1176a8e2e0a04d5fbdf98f23ad\
                           ee1edc8362ab99b10b";
    const GCM: &str =
        "9525d587d188c92a966eef0e7162bef99a6171a124575b998072a8ee7eb265e0b6f0930ed96504";

    fn body(blob: &str, trailer: &str) -> Vec<u8> {
        let blob = hex::decode(blob).unwrap();
        let length = u32::try_from(blob.len()).unwrap().to_le_bytes();
        [length.as_slice(), &blob, trailer.as_bytes()].concat()
    }

    /// The parser vectors of §6: two requests, and the sizes of their replies.
    #[test]
    fn the_parser_vectors_of_section_6_open_and_are_answered() {
        let a = client().public_key();
        for (name, blob, size) in [("xchacha20", XCHACHA, 53), ("aes-gcm", GCM, 41)] {
            let trailer = format!(r#"{{"enc_type": "{name}", "ephemeral_key": "{a}"}}"#);
            let request = ServerRequest::open(&server(), &body(blob, &trailer)).unwrap();
            assert_eq!(
                (request.payload(), request.ephemeral_key()),
                (b"Hello world".as_slice(), a)
            );
            let mut rng = BytesRng::repeating(3);
            let reply = request.reply(b"Goodbye world", &mut rng);
            assert_eq!(reply.len(), size);
            let key =
                LayerKey::for_client(name.parse().unwrap(), &client(), &server().public_key());
            assert_eq!(key.unwrap().decrypt(&reply).unwrap(), b"Goodbye world");
            let mut rng = BytesRng::repeating(3);
            assert_eq!(request.reply_base64(b"Goodbye world", &mut rng), base64::encode(&reply));
        }
    }

    #[test]
    fn the_limit_is_inclusive() {
        let trailer = format!(r#"{{"ephemeral_key":"{}"}}"#, client().public_key());
        let body = body(GCM, &trailer);
        assert!(ServerRequest::open_at_most(body.len(), &server(), &body).is_ok());
        let maximum = body.len() - 1;
        let error = LayerError::TooLarge { maximum, found: body.len() };
        let refused = ServerRequest::open_at_most(maximum, &server(), &body).map(|_| ());
        assert_eq!(refused, Err(error.into()));
    }

    #[test]
    fn refusals_have_names() {
        let open = |trailer: &str| ServerRequest::open(&server(), &body(GCM, trailer)).unwrap_err();
        assert_eq!(open("{}"), LayerError::Missing { key: "ephemeral_key" }.into());
        assert!(matches!(open(r#"{"ephemeral_key":"abcd"}"#), OpenRequestError::PublicKey(_)));
        let a = client().public_key();
        let cipher = format!(r#"{{"ephemeral_key":"{a}","enc_type":"rot13"}}"#);
        assert!(matches!(open(&cipher), OpenRequestError::Layer(LayerError::EncryptionType(_))));
        let wrong = format!(r#"{{"ephemeral_key":"{}"}}"#, server().public_key());
        assert_eq!(open(&wrong), DecryptError::Unauthentic.into());
        let zero = format!(r#"{{"ephemeral_key":"{}"}}"#, "0".repeat(64));
        assert!(matches!(open(&zero), OpenRequestError::Undecryptable(DecryptError::WeakKey(_))));
        assert!(matches!(
            open("[]"),
            OpenRequestError::Layer(LayerError::Frame(FrameError::Trailer(
                JsonError::Shape { .. }
            )))
        ));
    }
}
