//! Push notifications: what the push server sends to a device (02 §12).
//!
//! ```text
//! payload = nonce (24) ‖ XChaCha20-Poly1305(key, plain ‖ 00 …)      key: the 32 bytes that the device registered
//! plain   = bt list [description, message]                          message left out where it is too long
//! ```
//!
//! The server knows the key: what it says about a message is a claim. The message itself is what the swarm
//! stores, and is opened by its namespace like any other.

use alloc::vec::Vec;
use core::fmt;

use session_bt::{DecodeError, Kind, Reader};
use session_crypto::{
    aead::{TAG_LENGTH, XChaCha20Key, XChaCha20Nonce},
    rand_core::CryptoRng,
};
use session_identity::{Timestamp, id::PrefixedId};
use zeroize::Zeroizing;

mod description;

use description::Description;

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

    /// Plaintext of a payload, without the zeros after it. A plaintext of nothing but zeros stays as it is.
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

    /// Elements after the second are reserved and ignored. A second that is no string carries no message.
    fn parse(plaintext: &[u8]) -> Result<Self, OpenError> {
        let mut reader = Reader::new(plaintext);
        let mut list = reader.value()?.list()?;
        let description = Description::parse(list.require()?)?;
        let message = match list.next()? {
            Some(item) if item.kind()? == Kind::Bytes => Some(item.bytes()?.to_vec()),
            _ => None,
        };
        reader.finish()?;
        let account = description.account.as_deref().ok_or(OpenError::Missing)?;
        let account = account.parse().map_err(|_| OpenError::Missing)?;
        Ok(Self { account, description, message })
    }
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
    use alloc::{format, string::String, vec};

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

    /// The notification with this JSON between the account and a field that is right.
    fn with_field(field: &str) -> Notification {
        let json = format!(r##"{{"@":"{ACCOUNT}",{field},"x":1}}"##);
        let opened = open(|list| {
            list.bytes(json.as_bytes());
            list.bytes(b"message");
        });
        opened.unwrap_or_else(|error| panic!("{field}: {error}"))
    }

    #[test]
    fn an_odd_field_costs_the_field_alone() {
        let nothing = with_field(r#""y":0"#);
        assert_eq!(nothing.message(), Some(b"message".as_slice()));
        for odd in ["null", "{}", "[]", "[[1],{\"a\":[]}]", "1.5", "1e30", "1700000000000.0"] {
            for key in ["#", "n", "t", "z", "l", "B", "y"] {
                assert_eq!(with_field(&format!(r#""{key}":{odd}"#)), nothing, "{key} {odd}");
            }
        }
        for field in [
            r#""n":65525"#,
            r#""n":-32769"#,
            r#""n":"0""#,
            r#""n":true"#,
            r#""t":-1"#,
            r#""t":18446744073709551616"#,
            r#""z":"6""#,
            r#""l":-7"#,
            r#""B":1"#,
            r#""B":"true""#,
            r##""#":5"##,
            r##""#":true"##,
        ] {
            assert_eq!(with_field(field), nothing, "{field}");
        }
        // Of two the last counts, as in most readers; beside an odd one the others stay.
        assert_eq!(with_field(r#""n":1,"n":-11,"t":-1,"l":7"#).namespace(), Some(-11));
        assert_eq!(with_field(r#""n":1,"t":-1,"l":7"#).length(), Some(7));
    }

    #[test]
    fn an_odd_field_of_a_dict_costs_the_field_alone() {
        let opened = open(|list| {
            list.dict(|dict| {
                dict.integer(b"#", 5);
                dict.bytes(b"@", ACCOUNT.as_bytes());
                dict.list(b"B", |list| list.integer(1));
                dict.bytes(b"l", b"7");
                dict.integer(b"n", 65_525);
                dict.dict(b"t", |dict| dict.integer(b"a", 1));
                dict.integer(b"z", -1);
            });
            list.bytes(b"message");
        });
        assert_eq!(opened, Ok(with_field(r#""y":0"#)));
        let hash = open(|list| {
            list.dict(|dict| {
                dict.bytes(b"#", b"\xff");
                dict.bytes(b"@", ACCOUNT.as_bytes());
            });
            list.integer(5);
        });
        let hash = hash.unwrap();
        assert_eq!((hash.hash(), hash.message()), (None, None));
    }

    #[test]
    fn other_plaintexts_are_refused() {
        for json in ["", "[]x", "[]", "5", "\"", "{\"t\":-}", r#"{"@":"05""#] {
            let error = open(|list| list.bytes(json.as_bytes()));
            assert_eq!(error, Err(OpenError::Description), "{json}");
        }
        for json in ["{}", r#"{"@":"05"}"#, r#"{"@":5}"#, r#"{"n":40000}"#] {
            assert_eq!(open(|list| list.bytes(json.as_bytes())), Err(OpenError::Missing), "{json}");
        }
        let Err(OpenError::Malformed(error)) = open(|_| {}) else { panic!("empty list") };
        assert_eq!(error.reason, Malformed::MissingElement);
        let utf8 = open(|list| list.dict(|dict| dict.bytes(b"@", b"\xff")));
        assert_eq!(utf8, Err(OpenError::Missing));
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
