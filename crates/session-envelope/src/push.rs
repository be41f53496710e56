//! Push notifications: what the push server sends to a device (02 §12).
//!
//! ```text
//! payload = nonce (24) ‖ XChaCha20-Poly1305(key, plain ‖ 00 …)      key: the 32 bytes that the device registered
//! plain   = bt list [description, message]                          message left out where it is too long
//! ```
//!
//! The server knows the key: what it says about a message is a claim. The message itself is what the swarm
//! stores, and is opened by its namespace like any other.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::Deserialize;
use session_bt::{DecodeError, Item, Kind, Reader};
use session_crypto::{
    aead::{TAG_LENGTH, XChaCha20Key, XChaCha20Nonce},
    rand_core::CryptoRng,
};
use session_identity::{Timestamp, id::PrefixedId};
use zeroize::Zeroizing;

/// Key that a device registers with the push server, 32 bytes.
#[derive(Clone, Eq, PartialEq)]
pub struct PushKey(XChaCha20Key);

impl PushKey {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    /// Takes 32 bytes as a key.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(XChaCha20Key::from_bytes(bytes))
    }

    /// Key from a slice of 32 bytes.
    ///
    /// # Errors
    /// [`PushKeyError`] for any other length.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, PushKeyError> {
        let wrong = PushKeyError { found: bytes.len() };
        bytes.try_into().map(Self::from_bytes).map_err(|_| wrong)
    }

    /// Draws a key.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new([0; Self::LENGTH]);
        rng.fill_bytes(bytes.as_mut_slice());
        Self::from_bytes(*bytes)
    }

    /// The secret bytes.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        self.0.expose_bytes()
    }

    /// Plaintext of a payload, without the zeros behind it. A plaintext of nothing but zeros stays as it is.
    ///
    /// # Errors
    /// [`OpenError::TooShort`] below 40 bytes, [`OpenError::Unauthentic`] for every other failure.
    pub fn decrypt(&self, payload: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let too_short = OpenError::TooShort { found: payload.len() };
        let (nonce, ciphertext) = payload.split_first_chunk().ok_or(too_short.clone())?;
        if ciphertext.len() < TAG_LENGTH {
            return Err(too_short);
        }
        let plaintext = self.0.decrypt(&XChaCha20Nonce::from_bytes(*nonce), ciphertext);
        let mut plaintext = Zeroizing::new(plaintext.map_err(|_| OpenError::Unauthentic)?);
        if let Some(last) = plaintext.iter().rposition(|byte| *byte != 0) {
            plaintext.truncate(last.saturating_add(1));
        }
        Ok(plaintext)
    }

    /// The notification in a payload.
    ///
    /// # Errors
    /// Those of [`Self::decrypt`]; [`OpenError::Malformed`], [`OpenError::Description`] or
    /// [`OpenError::Missing`] for another plaintext.
    pub fn open(&self, payload: &[u8]) -> Result<Notification, OpenError> {
        Notification::parse(&self.decrypt(payload)?)
    }
}

impl fmt::Debug for PushKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PushKey(..)")
    }
}

/// The bytes are no push key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("push key of {found} bytes, expected 32")]
pub struct PushKeyError {
    /// Bytes that were given.
    pub found: usize,
}

/// A message has come, according to the push server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notification {
    account: PrefixedId,
    description: Description,
    message: Option<Vec<u8>>,
}

impl Notification {
    /// The account or group in whose swarm the message lies. To be compared with one's own.
    #[must_use]
    pub const fn account(&self) -> PrefixedId {
        self.account
    }

    /// Hash by which the swarm knows the message.
    #[must_use]
    pub fn hash(&self) -> Option<&str> {
        self.description.hash.as_deref()
    }

    /// Namespace in which the message lies, which tells how to open it.
    #[must_use]
    pub const fn namespace(&self) -> Option<i16> {
        self.description.namespace
    }

    /// When the message was stored.
    #[must_use]
    pub fn stored_at(&self) -> Option<Timestamp> {
        self.description.stored_at.map(Timestamp::from_millis)
    }

    /// When the swarm will forget the message.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.description.expires_at.map(Timestamp::from_millis)
    }

    /// Length of the message in bytes.
    #[must_use]
    pub const fn length(&self) -> Option<u64> {
        self.description.length
    }

    /// Whether the message was left out because it is too long: it is to be fetched from the swarm.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        self.description.too_long.unwrap_or(false)
    }

    /// The message as the swarm stores it.
    #[must_use]
    pub fn message(&self) -> Option<&[u8]> {
        self.message.as_deref()
    }

    /// Elements behind the second are of the future.
    fn parse(plaintext: &[u8]) -> Result<Self, OpenError> {
        let mut reader = Reader::new(plaintext);
        let mut list = reader.value()?.list()?;
        let description = Description::parse(list.require()?)?;
        let message = list.next()?.map(Item::bytes).transpose()?.map(<[u8]>::to_vec);
        reader.finish()?;
        let account = description.account.as_deref().ok_or(OpenError::Missing)?;
        let account = account.parse().map_err(|_| OpenError::Missing)?;
        Ok(Self { account, description, message })
    }
}

/// The first element: JSON in a string or, by an error of the server, a dict.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
struct Description {
    #[serde(rename = "@")]
    account: Option<String>,
    #[serde(rename = "#")]
    hash: Option<String>,
    #[serde(rename = "n")]
    namespace: Option<i16>,
    #[serde(rename = "t")]
    stored_at: Option<u64>,
    #[serde(rename = "z")]
    expires_at: Option<u64>,
    #[serde(rename = "l")]
    length: Option<u64>,
    #[serde(rename = "B")]
    too_long: Option<bool>,
}

impl Description {
    fn parse(item: Item<'_, '_>) -> Result<Self, OpenError> {
        if item.kind()? == Kind::Bytes {
            return serde_json::from_slice(item.bytes()?).map_err(|_| OpenError::Description);
        }
        let mut dict = item.dict()?;
        let mut description = Self::default();
        while let Some((key, item)) = dict.next()? {
            match key {
                b"#" => description.hash = Some(text(item.bytes()?)?),
                b"@" => description.account = Some(text(item.bytes()?)?),
                b"B" => description.too_long = Some(item.integer::<i64>()? != 0),
                b"l" => description.length = Some(item.integer()?),
                b"n" => description.namespace = Some(item.integer()?),
                b"t" => description.stored_at = Some(item.integer()?),
                b"z" => description.expires_at = Some(item.integer()?),
                _ => {}
            }
        }
        Ok(description)
    }
}

fn text(bytes: &[u8]) -> Result<String, OpenError> {
    core::str::from_utf8(bytes).map(String::from).map_err(|_| OpenError::Description)
}

/// Why a payload is no notification.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Fewer bytes than nonce and tag have.
    #[error("push payload of {found} bytes is too short")]
    TooShort {
        /// Bytes that were given.
        found: usize,
    },
    /// Encrypted with another key, or altered; the two cannot be told apart.
    #[error("push payload failed authentication")]
    Unauthentic,
    /// What was decrypted is no bt list of this form.
    #[error("malformed push notification")]
    Malformed(#[from] DecodeError),
    /// The description is no JSON of this form.
    #[error("malformed description in the push notification")]
    Description,
    /// The description names no account.
    #[error("push notification for nobody")]
    Missing,
}

#[cfg(test)]
mod tests {
    use alloc::{format, vec};

    use session_bt::{Malformed, encode_list};
    use session_crypto::{encoding::hex, system_rng};

    use super::*;

    const ACCOUNT: &str = "05d2ad010eeb72d72e561d9de7bd7b6989af77dcabffa03a5111a6c859ae5c3a72";

    fn key() -> PushKey {
        PushKey::from_bytes([7; 32])
    }

    fn payload(plaintext: &[u8]) -> Vec<u8> {
        let nonce = XChaCha20Nonce::generate(&mut system_rng());
        let mut payload = nonce.as_bytes().to_vec();
        key().0.encrypt_into(&nonce, plaintext, &mut payload);
        payload
    }

    fn open(fill: impl FnOnce(&mut session_bt::ListWriter<'_>)) -> Result<Notification, OpenError> {
        let plaintext = [encode_list(fill), vec![0; 100]].concat();
        key().open(&payload(&plaintext))
    }

    fn json() -> String {
        format!(r##"{{"@":"{ACCOUNT}","#":"hash","n":-11,"t":5,"z":6,"l":7,"B":true,"x":[]}}"##)
    }

    #[test]
    fn the_payload_is_that_of_the_specification() {
        let key = "0123456789abcdef0123456789abcdeffedcba9876543210fedcba9876543210";
        let key = PushKey::from_bytes(hex::decode_array(key).unwrap());
        let payload = "00112233445566778899aabbccddeeff00ffeeddccbbaa991bcba42892762dbeecbfb1a375fab4aca5f0991e99eb0344ceeafa";
        let plaintext = key.decrypt(&hex::decode(payload).unwrap()).unwrap();
        assert_eq!(plaintext.as_slice(), b"TestMessage");
    }

    #[test]
    fn zeros_are_padding_unless_there_is_nothing_else() {
        for (plaintext, stripped) in [
            (b"a\0\0".as_slice(), b"a".as_slice()),
            (b"a\0b\0", b"a\0b"),
            (b"\0\0\0", b"\0\0\0"),
            (b"", b""),
        ] {
            assert_eq!(key().decrypt(&payload(plaintext)).unwrap().as_slice(), stripped);
        }
    }

    #[test]
    fn every_bit_and_every_length_counts() {
        let payload = payload(b"hello");
        for bit in 0..payload.len() * 8 {
            let mut altered = payload.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key().decrypt(&altered), Err(OpenError::Unauthentic), "bit {bit}");
        }
        for found in 0..40 {
            assert_eq!(key().decrypt(&payload[..found]), Err(OpenError::TooShort { found }));
        }
        assert_eq!(key().decrypt(&payload[..40]), Err(OpenError::Unauthentic));
    }

    #[test]
    fn a_notification_describes_its_message() {
        let json = json();
        let with = open(|list| {
            list.bytes(json.as_bytes());
            list.bytes(b"message");
            list.integer(1);
        });
        let with = with.unwrap();
        assert_eq!(with.account(), ACCOUNT.parse().unwrap());
        assert_eq!(
            (with.hash(), with.namespace(), with.length()),
            (Some("hash"), Some(-11), Some(7))
        );
        let times = (with.stored_at(), with.expires_at());
        assert_eq!(times, (Some(Timestamp::from_millis(5)), Some(Timestamp::from_millis(6))));
        assert!(with.is_too_long());
        assert_eq!(with.message(), Some(b"message".as_slice()));
        let without = open(|list| list.bytes(json.as_bytes())).unwrap();
        assert_eq!(without, Notification { message: None, ..with });
    }

    #[test]
    fn a_dict_says_the_same_as_json() {
        let json = open(|list| list.bytes(json().as_bytes()));
        let dict = open(|list| {
            list.dict(|dict| {
                dict.bytes(b"#", b"hash");
                dict.bytes(b"@", ACCOUNT.as_bytes());
                dict.integer(b"B", 1);
                dict.integer(b"l", 7);
                dict.integer(b"n", -11);
                dict.integer(b"t", 5);
                dict.integer(b"x", 0);
                dict.integer(b"z", 6);
            });
        });
        assert_eq!(dict, json);
    }

    #[test]
    fn other_plaintexts_are_refused() {
        for json in ["", "[]x", r#"{"@":5}"#, r#"{"n":40000}"#, "\"", "{\"t\":-1}"] {
            let error = open(|list| list.bytes(json.as_bytes()));
            assert_eq!(error, Err(OpenError::Description), "{json}");
        }
        for json in ["{}", r#"{"@":"05"}"#] {
            assert_eq!(open(|list| list.bytes(json.as_bytes())), Err(OpenError::Missing), "{json}");
        }
        let Err(OpenError::Malformed(error)) = open(|_| {}) else { panic!("empty list") };
        assert_eq!(error.reason, Malformed::MissingElement);
        let utf8 = open(|list| list.dict(|dict| dict.bytes(b"@", b"\xff")));
        assert_eq!(utf8, Err(OpenError::Description));
        for plaintext in [b"".as_slice(), b"\0", b"de", b"l"] {
            let error = key().open(&payload(plaintext));
            assert!(matches!(error, Err(OpenError::Malformed(_))), "{plaintext:?}: {error:?}");
        }
    }

    #[test]
    fn keys_have_32_bytes_and_do_not_print() {
        assert_eq!(PushKey::from_slice(&[7; 32]), Ok(key()));
        for found in [0, 31, 33] {
            assert_eq!(PushKey::from_slice(&vec![7; found]), Err(PushKeyError { found }));
        }
        assert_eq!(format!("{:?}", key()), "PushKey(..)");
        assert_ne!(PushKey::generate(&mut system_rng()), PushKey::generate(&mut system_rng()));
    }
}
