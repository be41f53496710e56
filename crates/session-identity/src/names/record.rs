//! The encrypted Account ID behind a name (01 §10.3).

use alloc::vec::Vec;

use session_crypto::{
    aead::{TAG_LENGTH, XChaCha20Key, XChaCha20Nonce},
    blake2b::Blake2b,
    x25519::X25519KeyError,
};

use super::Name;
use crate::id::{AccountId, ParseIdError};

/// Record of a name: ciphertext ‖ tag, 49 bytes if it is a good one, and a nonce of 24 bytes.
///
/// A record without a nonce is of the older form, which `legacy` reads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    value: Vec<u8>,
    nonce: XChaCha20Nonce,
}

impl Record {
    /// Record of the two fields of a node's answer.
    ///
    /// # Errors
    /// [`RecordLengthError::Value`] below 16 bytes, [`RecordLengthError::Nonce`] unless it has 24.
    pub fn new(value: &[u8], nonce: &[u8]) -> Result<Self, RecordLengthError> {
        let value = check_value(value)?;
        let wrong = RecordLengthError::Nonce { found: nonce.len() };
        let nonce = XChaCha20Nonce::from_bytes(nonce.try_into().map_err(|_| wrong)?);
        Ok(Self { value: value.to_vec(), nonce })
    }

    /// Record in the form of the chain: value ‖ nonce, 73 bytes if it is a good one.
    ///
    /// # Errors
    /// [`RecordLengthError::Nonce`] or [`RecordLengthError::Value`] if it is too short for both.
    pub fn from_chain(bytes: &[u8]) -> Result<Self, RecordLengthError> {
        let too_short = RecordLengthError::Nonce { found: bytes.len() };
        let (value, nonce) =
            bytes.split_last_chunk::<{ XChaCha20Nonce::LENGTH }>().ok_or(too_short)?;
        Self::new(value, nonce)
    }

    /// The Account ID that `name` stands for, [checked](AccountId::check).
    ///
    /// # Errors
    /// Every variant of [`DecryptRecordError`].
    pub fn decrypt(&self, name: &Name) -> Result<AccountId, DecryptRecordError> {
        self.decrypt_verbatim(name.as_str())
    }

    /// As [`Self::decrypt`], with a name as it is spelled: for records of names that another program did not
    /// normalise.
    ///
    /// # Errors
    /// Every variant of [`DecryptRecordError`].
    pub fn decrypt_verbatim(&self, name: &str) -> Result<AccountId, DecryptRecordError> {
        let plaintext = value_key(name.as_bytes())
            .decrypt(&self.nonce, &self.value)
            .map_err(|_| DecryptRecordError::Unauthentic)?;
        account_id(&plaintext)
    }
}

/// `BLAKE2b-256(name)`, keyed with the hash of the name.
fn value_key(name: &[u8]) -> XChaCha20Key {
    let hash: [u8; 32] = Blake2b::new().chain(name).finalize();
    XChaCha20Key::from_bytes(Blake2b::keyed(&hash).chain(name).finalize())
}

pub(super) fn check_value(value: &[u8]) -> Result<&[u8], RecordLengthError> {
    if value.len() < TAG_LENGTH {
        return Err(RecordLengthError::Value { found: value.len() });
    }
    Ok(value)
}

/// Account ID of what a record holds.
pub(super) fn account_id(plaintext: &[u8]) -> Result<AccountId, DecryptRecordError> {
    let wrong = DecryptRecordError::Length { found: plaintext.len() };
    let id = AccountId::from_bytes(plaintext.try_into().map_err(|_| wrong)?)?;
    id.check()?;
    Ok(id)
}

/// Why bytes are no record of a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordLengthError {
    /// The value is too short to be encrypted.
    #[error("record value of {found} bytes, expected at least 16")]
    Value {
        /// Bytes that were given.
        found: usize,
    },
    /// The nonce has another length than 24 bytes.
    #[error("record nonce of {found} bytes, expected 24")]
    Nonce {
        /// Bytes that were given.
        found: usize,
    },
}

/// Why a record gives no Account ID.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptRecordError {
    /// The record is of another name, or altered.
    #[error("record of a name failed authentication")]
    Unauthentic,
    /// It holds something else than 33 bytes.
    #[error("record holds {found} bytes, expected 33")]
    Length {
        /// Bytes that it holds.
        found: usize,
    },
    /// It holds no Account ID.
    #[error("record holds no account id")]
    NoAccountId(#[from] ParseIdError),
    /// It holds an Account ID that nobody can have.
    #[error("record holds an account id that nobody can have")]
    Point(#[from] X25519KeyError),
}

#[cfg(test)]
mod tests {
    use session_crypto::encoding::hex;

    use super::*;
    use crate::id::IdKind;

    const VALUE: &str = "3575802dd9bfea72672a208840f37ca289ceade5d3ffacabe2d231f109d20432\
                         9fc33e28c331580d9a8c9b8a64cacfec97";
    const NONCE: &str = "00112233445566778899aabbccddeeff00ffeeddccbbaa99";
    const ID: &str = "05d2ad010eeb72d72e561d9de7bd7b6989af77dcabffa03a5111a6c859ae5c3a72";

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn bytes(digits: &str) -> Vec<u8> {
        hex::decode(digits).unwrap()
    }

    /// Record of `plaintext` under the name "test".
    fn record(plaintext: &[u8]) -> Record {
        let nonce = XChaCha20Nonce::from_bytes([7; 24]);
        Record { value: value_key(b"test").encrypt(&nonce, plaintext), nonce }
    }

    #[test]
    fn the_record_of_the_specification() {
        assert_eq!(
            hex::encode(value_key(b"test").expose_bytes()),
            "594a0222623edfc2fc2a36a453e7c2e4664936a13625408795f22721b4ec1ccf"
        );
        let record = Record::new(&bytes(VALUE), &bytes(NONCE)).unwrap();
        assert_eq!(record.decrypt(&name("test")), Ok(ID.parse().unwrap()));
        assert_eq!(record.decrypt(&name("tests")), Err(DecryptRecordError::Unauthentic));
        let on_chain = [bytes(VALUE), bytes(NONCE)].concat();
        assert_eq!(Record::from_chain(&on_chain), Ok(record));
    }

    #[test]
    fn every_bit_counts() {
        let [value, nonce] = [VALUE, NONCE].map(bytes);
        for bit in 0..(value.len() + nonce.len()) * 8 {
            let mut altered = [value.clone(), nonce.clone()].concat();
            altered[bit / 8] ^= 1 << (bit % 8);
            let result = Record::from_chain(&altered).unwrap().decrypt(&name("test"));
            assert_eq!(result, Err(DecryptRecordError::Unauthentic), "bit {bit}");
        }
    }

    #[test]
    fn records_of_other_lengths_are_named() {
        for found in 0..16 {
            let error = RecordLengthError::Value { found };
            assert_eq!(Record::new(&[0; 16][..found], &[0; 24]), Err(error));
            assert_eq!(Record::from_chain(&[0; 40][..found + 24]), Err(error));
        }
        assert!(Record::new(&[0; 16], &[0; 24]).is_ok(), "an empty text has 16 bytes");
        for found in (0..48).filter(|length| *length != 24) {
            let error = RecordLengthError::Nonce { found };
            assert_eq!(Record::new(&[0; 49], &[0; 48][..found]), Err(error));
        }
        for found in 0..24 {
            let error = RecordLengthError::Nonce { found };
            assert_eq!(Record::from_chain(&[0; 24][..found]), Err(error));
        }
        for found in (16..80).filter(|length| *length != 49) {
            let record = record(&[5; 80][..found - 16]);
            let error = DecryptRecordError::Length { found: found - 16 };
            assert_eq!(record.decrypt(&name("test")), Err(error));
        }
    }

    #[test]
    fn only_account_ids_that_somebody_can_have_come_out() {
        let mut id: [u8; 33] = bytes(ID).try_into().unwrap();
        assert_eq!(record(&id).decrypt(&name("test")).unwrap().to_bytes(), id);
        for (prefix, reason) in [
            (3, ParseIdError::WrongPrefix { expected: IdKind::Account, found: IdKind::Group }),
            (4, ParseIdError::UnknownPrefix { prefix: 4 }),
        ] {
            id[0] = prefix;
            let error = DecryptRecordError::NoAccountId(reason);
            assert_eq!(record(&id).decrypt(&name("test")), Err(error));
        }
        let mut twist = [0; 33];
        (twist[0], twist[1]) = (5, 2);
        let error = DecryptRecordError::Point(X25519KeyError::OnTwist);
        assert_eq!(record(&twist).decrypt(&name("test")), Err(error));
    }

    #[test]
    fn verbatim_names_are_not_normalised() {
        let record = record(&bytes(ID));
        assert_eq!(record.decrypt_verbatim("test"), record.decrypt(&name("test")));
        assert_eq!(record.decrypt_verbatim("Test"), Err(DecryptRecordError::Unauthentic));
    }
}
