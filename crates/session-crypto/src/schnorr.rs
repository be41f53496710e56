//! The equation that every Ed25519 signature solves, for a scalar and a nonce from anywhere (RFC 8032 §5.1.6).

use curve25519_dalek::{edwards::EdwardsPoint, scalar::Scalar};
use sha2::{Digest as _, Sha512};
use zeroize::Zeroizing;

use crate::ed25519::{Ed25519PublicKey, Ed25519Signature};

/// `R = r·B`, `h = SHA-512(R ‖ A ‖ M)`, `S = r + h·a`; the signature is R ‖ S.
///
/// Two messages under one `nonce`, or one message under two keys, give the secret away: every caller derives
/// the nonce from all of its inputs or draws it.
pub(crate) fn sign(
    secret: &Scalar,
    public: &Ed25519PublicKey,
    nonce: &Scalar,
    message: &[u8],
) -> Ed25519Signature {
    let r = EdwardsPoint::mul_base(nonce).compress().to_bytes();
    let digest = Sha512::new()
        .chain_update(r)
        .chain_update(public.as_bytes())
        .chain_update(message)
        .finalize();
    let h = Scalar::from_bytes_mod_order_wide(&digest.into());
    let product = Zeroizing::new(h * secret);
    Ed25519Signature::from_halves(r, (nonce + *product).to_bytes())
}
