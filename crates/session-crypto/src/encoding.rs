//! Text forms of bytes: hex and base64, as every part of the protocol writes and reads them (01 §1).

pub mod base32z;
pub mod base64;
pub mod hex;
pub mod key_text;

#[cfg(test)]
mod tests;
