//! `xed25519.json`: signatures with an X25519 key.

use session_crypto::{
    ed25519::Ed25519Signature,
    x25519::{X25519PublicKey, X25519SecretKey},
    xed25519::{self, XEd25519Keypair},
};

use super::Suite;
use crate::{BadVector, Case, Outputs, Ran, ReplayRng};

pub(super) const SUITE: Suite = Suite {
    file: "xed25519",
    // What the oracle drew, and the key that nobody can tell from the X25519 key.
    context: &["random", "true_ed25519_pubkey"],
    reasons: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "sign" => sign(case),
        "verify" => verify(case),
        "pubkey" => public_key(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

fn sign(case: &Case<'_>) -> Result<Ran, BadVector> {
    let secret = X25519SecretKey::from_bytes(case.array("x25519_seckey")?);
    let keypair = XEd25519Keypair::from_x25519(&secret);
    let mut rng = ReplayRng::new(case.stated_bytes("random")?);
    let signature = keypair.sign(&case.bytes("message")?, &mut rng);
    if !rng.is_exact() {
        return Ok(Ran::Refused("another amount of randomness was drawn".to_owned()));
    }
    Ok(Ran::Returned(
        Outputs::new()
            .hex("signature", signature.as_bytes())
            .hex("x25519_pubkey", secret.public_key().as_bytes())
            .hex("ed25519_pubkey_positive", keypair.public_key().as_bytes()),
    ))
}

fn verify(case: &Case<'_>) -> Result<Ran, BadVector> {
    let message = case.bytes("message")?;
    let signature = Ed25519Signature::try_from(case.bytes("signature")?.as_slice());
    let key = X25519PublicKey::try_from(case.bytes("x25519_pubkey")?.as_slice());
    Ok(Ran::from_result(signature.and_then(|signature| {
        key.map(|key| {
            Outputs::new().value("valid", xed25519::verify(&key, &message, &signature).is_ok())
        })
    })))
}

fn public_key(case: &Case<'_>) -> Result<Ran, BadVector> {
    let key = X25519PublicKey::from_bytes(case.array("x25519_pubkey")?);
    Ok(Ran::Returned(Outputs::new().hex("ed25519_pubkey_positive", key.to_ed25519().as_bytes())))
}
