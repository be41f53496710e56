//! Forms that are read and never written.
//!
//! * [`v3`]: requests of old clients to servers (§6.2).
//! * The old push server answers a request in XChaCha20 with a reply in AES-GCM (§6.1). Clients drop this reader
//!   when no server at `live.apns.getsession.org` answers any more.

pub mod v3;

use alloc::vec::Vec;

use session_crypto::x25519::{X25519Keypair, X25519PublicKey};

use crate::encryption::{DecryptError, EncryptionType, LayerKey};

/// Decrypts a reply as a lenient client does: what was to be XChaCha20 may also be AES-GCM, never the other way
/// round. `ephemeral` is the client's pair of the destination's layer, `destination` the long-term key.
///
/// # Errors
/// [`DecryptError`], every variant.
pub fn decrypt_response(
    encryption: EncryptionType,
    ephemeral: &X25519Keypair,
    destination: &X25519PublicKey,
    bytes: &[u8],
) -> Result<Vec<u8>, DecryptError> {
    let decrypt = |encryption| {
        let key = LayerKey::for_client(encryption, ephemeral, destination)?;
        key.decrypt(bytes)
    };
    match encryption {
        EncryptionType::XChaCha20 => {
            decrypt(EncryptionType::XChaCha20).or_else(|_| decrypt(EncryptionType::AesGcm))
        }
        EncryptionType::AesGcm => decrypt(EncryptionType::AesGcm),
    }
}
