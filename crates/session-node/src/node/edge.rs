//! What a node answers as the edge to a request that it cannot read (04 §5.1).

use session_onion::{frame::Frame, layer::LayerError, path_error::PathError, reply::Reply};

/// Longest name of a cipher that is repeated, in characters.
const SHOWN_CIPHER_LENGTH: usize = 64;

/// Answer to `body`, which is no layer because of `error`.
pub(super) fn refusal(error: &LayerError, body: &[u8]) -> Reply {
    match (error, cipher(body)) {
        // Deployed nodes know it, but it proves nothing: here no ciphertext of it is a right one (04 §2.3).
        (LayerError::EncryptionType(_), Some(name)) if matches!(&*name, "aes-cbc" | "cbc") => {
            PathError::InvalidCiphertext.to_reply()
        }
        (LayerError::EncryptionType(_), Some(name)) => {
            let shown: String = name.chars().take(SHOWN_CIPHER_LENGTH).collect();
            let text = format!("Error parsing onion request: Invalid encryption type {shown}");
            Reply::new(400, text.into_bytes())
        }
        _ => error.to_reply(),
    }
}

/// The cipher that the trailer names.
fn cipher(body: &[u8]) -> Option<String> {
    Frame::parse(body).ok()?.encryption_name().map(str::to_owned)
}
