//! `identity_keys.json`: from the seed to the keys and the Account ID.

use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed, SecretKeyError};
use session_identity::{Account, AccountSeed};

use super::{Reason, Suite};
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite {
    file: "identity_keys",
    context: &[],
    reasons: &[Reason { theirs: "Invalid ed25519_seed", ours: &["expected 32 bytes"] }],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "identity_from_seed16" => seed16(case),
        "identity_from_seed32" => seed32(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

fn seed16(case: &Case<'_>) -> Result<Ran, BadVector> {
    match AccountSeed::from_bytes(&case.array::<16>("seed16")?) {
        Ok(seed) => Ok(Ran::from_result(outputs(&Account::from_seed(seed)))),
        Err(error) => Ok(Ran::Refused(error.to_string())),
    }
}

fn seed32(case: &Case<'_>) -> Result<Ran, BadVector> {
    match Ed25519Seed::try_from(case.bytes("ed25519_seed")?.as_slice()) {
        Ok(seed) => Ok(Ran::from_result(outputs(&Account::from_seed(seed.into())))),
        Err(error) => Ok(Ran::Refused(error.to_string())),
    }
}

fn outputs(account: &Account) -> Result<Outputs, SecretKeyError> {
    let (ed25519, x25519) = (account.ed25519(), account.x25519());
    let secret64 = [*ed25519.seed().expose_bytes(), ed25519.public_key().to_bytes()].concat();
    let read_back = Ed25519Keypair::from_secret_bytes(&secret64)?;
    Ok(Outputs::new()
        .hex("ed25519_seed", ed25519.seed().expose_bytes())
        .hex("ed25519_pubkey", ed25519.public_key().as_bytes())
        .hex("ed25519_secret64", &secret64)
        .hex("seed_for_ed_privkey", read_back.seed().expose_bytes())
        .hex("x25519_pubkey", x25519.public_key().as_bytes())
        .hex("x25519_seckey", x25519.secret_key().expose_bytes())
        .value("account_id", account.id().to_string()))
}
