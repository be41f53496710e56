//! Typed keys, signatures, sealed boxes and ciphers of the Session messenger protocol.
//!
//! The lowest layer of the workspace. It turns well-kept primitives (the dalek and RustCrypto families) into
//! the exact operations of the deployed network: the strictness of its verification, its key conversions, its
//! boxes. Everything is a pure function of its arguments: no clock, no I/O, randomness as an argument.
//!
//! ```
//! use session_crypto::{ed25519::Ed25519Keypair, sealed_box};
//!
//! let mut rng = session_crypto::system_rng();
//! let bob = Ed25519Keypair::generate(&mut rng);
//! let sealed = sealed_box::seal(&bob.public_key().to_x25519()?, b"hello", &mut rng)?;
//! assert_eq!(sealed_box::open(&bob.to_x25519(), &sealed)?, b"hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | concept | specification |
//! |---|---|---|
//! | [`ed25519`] | seeds, key pairs, signatures, strict verification, conversion to X25519 | 01 §1, §2.1, §6 |
//! | [`x25519`] | key pairs, key agreement, point checks | 01 §3.2, §6.2; RFC 7748 |
//! | [`xed25519`] | Ed25519 signatures with an X25519 key, verifiable by Account ID | 01 §6.3, §6.4 |
//! | [`sealed_box`] | messages to a public key, random and deterministic | 02 §1.3, §1.4 |
//! | [`multi_box`] | keys of messages to several recipients | 02 §7 |
//! | [`secret_box`] | XSalsa20-Poly1305 | 02 §1.3 |
//! | [`secret_stream`] | streams in authenticated chunks | 02 §11.2 |
//! | [`aead`] | XChaCha20-Poly1305 and AES-256-GCM | 02 §0, 04 §2 |
//! | [`aes_cbc`] | AES-256-CBC, decryption of old files | 02 §11.3 |
//! | [`deterministic`] | bytes that follow from a seed | 06 §3.2 |
//! | [`blake2b`] | hashing with size, key, personalisation | 01 §1; RFC 7693 |
//! | [`hmac`] | HMAC-SHA-256 for key derivation | 04 §2.1 |
//! | [`encoding`] | hex, base64 and base32z as the wire has them | 01 §1, 07 §14.2 |
//! | [`reader`] | bounded reading of bytes from outside | 04 §13 |
//! | [`secret`] | storage of secrets | 02 §0 |
//! | `hazmat` (feature) | arithmetic of scalars and points, signatures with a given nonce | 01 §1, §8 |
//!
//! How keys follow from each other:
//!
//! ```text
//! Ed25519Seed (32) ──► Ed25519Keypair ──► Ed25519PublicKey ──check──► VerifyingKey
//!                        │ to_x25519          │ to_x25519 (strict)
//!                        ▼                    ▼
//!                      X25519Keypair ──────► X25519PublicKey ──to_ed25519──► Ed25519PublicKey, sign bit 0
//!                        │                                                     ▲
//!                        └──► XEd25519Keypair ─────────────────────────────────┘
//! ```
//!
//! # Features
//! * `getrandom` (default): [`system_rng`], the operating system's generator.
//! * `hazmat`: the module of that name, for crates that build key constructions. Users of them do not need it.
//! * `std` (default): nothing but the `std` forms of the dependencies. Without it the crate is `no_std` and
//!   needs `alloc`.

#![no_std]

extern crate alloc;

pub mod aead;
pub mod aes_cbc;
pub mod blake2b;
pub mod deterministic;
pub mod ed25519;
mod edwards;
pub mod encoding;
mod field;
#[cfg(feature = "hazmat")]
pub mod hazmat;
pub mod hmac;
mod ladder;
pub mod multi_box;
mod public_bytes;
pub mod reader;
mod schnorr;
pub mod sealed_box;
pub mod secret;
pub mod secret_box;
pub mod secret_stream;
#[cfg(test)]
mod test_rng;
pub mod x25519;
pub mod xed25519;

pub use public_bytes::LengthError;
/// Re-exported because its traits are in our signatures: a version that fits.
pub use rand_core;

/// Decryption failed: wrong key or altered bytes; the two cannot be told apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("ciphertext failed authentication")]
pub struct Unauthentic;

/// The operating system's random generator.
#[cfg(feature = "getrandom")]
pub type SystemRng = rand_core::UnwrapErr<getrandom::SysRng>;

/// The operating system's random generator, for the `rng` argument of any function of the workspace.
///
/// Its methods panic if the system has no randomness to give, which is better than going on without.
#[cfg(feature = "getrandom")]
#[must_use]
pub const fn system_rng() -> SystemRng {
    rand_core::UnwrapErr(getrandom::SysRng)
}
