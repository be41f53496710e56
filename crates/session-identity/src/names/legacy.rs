//! Records that were registered before hardfork 16 (01 §10.3): no nonce, and a key that costs 256 MiB.
//!
//! Read only. May go when the chain holds no record without a nonce any more.

use alloc::vec::Vec;

use session_crypto::secret_box::{NONCE_LENGTH, SecretBoxKey};

use super::{
    DecryptRecordError, Name, RecordLengthError,
    record::{account_id, check_value},
};
use crate::{argon2id::argon2id, id::AccountId};

/// Memory that the key derivation takes, in KiB: 256 MiB.
const MEMORY_KIB: u32 = 262_144;
const PASSES: u32 = 3;
/// There is no salt: everybody who knows the name must find the key.
const SALT: [u8; 16] = [0; 16];

/// Record of a name without a nonce: tag ‖ ciphertext, 49 bytes if it is a good one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LegacyRecord(Vec<u8>);

impl LegacyRecord {
    /// Record of the one field of a node's answer.
    ///
    /// # Errors
    /// [`RecordLengthError::Value`] below 16 bytes.
    pub fn new(value: &[u8]) -> Result<Self, RecordLengthError> {
        Ok(Self(check_value(value)?.to_vec()))
    }

    /// The Account ID that `name` stands for, [checked](AccountId::check).
    ///
    /// Takes 256 MiB and the better part of a second, whatever the record holds. Run it off the user interface's
    /// thread, and one at a time.
    ///
    /// # Errors
    /// [`DecryptLegacyRecordError::OutOfMemory`], or [`DecryptLegacyRecordError::Record`] with any of its reasons.
    pub fn decrypt(&self, name: &Name) -> Result<AccountId, DecryptLegacyRecordError> {
        let plaintext = value_key(name)?
            .decrypt(&[0; NONCE_LENGTH], &self.0)
            .map_err(|_| DecryptRecordError::Unauthentic)?;
        Ok(account_id(&plaintext)?)
    }
}

/// Argon2id of the name, 32 bytes.
fn value_key(name: &Name) -> Result<SecretBoxKey, DecryptLegacyRecordError> {
    let key = argon2id(name.as_str().as_bytes(), &SALT, PASSES, MEMORY_KIB);
    let key = key.ok_or(DecryptLegacyRecordError::OutOfMemory)?;
    Ok(SecretBoxKey::from_bytes(*key))
}

/// Why an older record gives no Account ID.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptLegacyRecordError {
    /// The system has no 256 MiB to give.
    #[error("no memory for the key of an older record")]
    OutOfMemory,
    /// The record is bad, or of another name.
    #[error(transparent)]
    Record(#[from] DecryptRecordError),
}

#[cfg(test)]
mod tests {
    use session_crypto::encoding::hex;

    use super::*;

    #[test]
    fn the_record_of_the_specification() {
        let value = hex::decode(
            "dbd4bc89bd2c9e5322fd9f4cadcaa66a0c38f15d0c927a86cc36e895fe1f3c532a3958d972563f52ca858e94\
             eec22dc360",
        )
        .unwrap();
        let name: Name = "test".parse().unwrap();
        let id = "05d2ad010eeb72d72e561d9de7bd7b6989af77dcabffa03a5111a6c859ae5c3a72";
        assert_eq!(LegacyRecord::new(&value).unwrap().decrypt(&name), Ok(id.parse().unwrap()));
    }

    #[test]
    fn what_does_not_authenticate_is_refused() {
        let record = LegacyRecord::new(&[0; 49]).unwrap();
        let error = DecryptLegacyRecordError::Record(DecryptRecordError::Unauthentic);
        assert_eq!(record.decrypt(&"test".parse().unwrap()), Err(error));
        let error = RecordLengthError::Value { found: 15 };
        assert_eq!(LegacyRecord::new(&[0; 15]), Err(error));
    }
}
