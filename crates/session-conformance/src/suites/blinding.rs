//! `blinding.json`: blinded and version-blinded ids, their keys and signatures.

use session_crypto::ed25519::{Ed25519Keypair, Ed25519Signature};
use session_identity::{
    AccountId, Timestamp,
    blinding::{
        self, Blinded15Keypair, Blinded25Keypair, BlindingFactor, Platform, ServerPublicKey,
        VersionBlindedKeypair,
    },
    id::{Blinded15Id, Blinded25Id, BlindedId},
};

use super::{Reason, Suite};
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite {
    file: "blinding",
    context: &[],
    reasons: &[
        Reason {
            theirs: "session_id must start with 05",
            ours: &["expected account id (05)", "unknown id prefix"],
        },
        Reason {
            theirs: "session_id must be hex (66 digits)",
            ours: &["expected 66", "no hexadecimal digit"],
        },
        Reason {
            theirs: "server_pk must be hex (64 digits)",
            ours: &["expected 64 hexadecimal digits", "no hexadecimal digit"],
        },
        Reason {
            theirs: "must start with 15 or 25",
            ours: &["expected blinded id", "unknown id prefix"],
        },
        Reason { theirs: "Invalid server_pk: expected 32 bytes", ours: &["expected 32 bytes"] },
        Reason { theirs: "Invalid ed25519_sk", ours: &["expected 32 or 64"] },
    ],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "blind_keys" => blind_keys(case),
        "blind15_sign" => blind15_sign(case),
        "blind25_sign" => blind25_sign(case),
        "blind_version_sign" => version_sign(case),
        "blind_version_sign_request" => version_sign_request(case),
        "session_id_matches_blinded_id" => matches(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

fn blind_keys(case: &Case<'_>) -> Result<Ran, BadVector> {
    let secret = case.bytes("ed25519_secret64")?;
    let server = case.bytes("server_pk")?;
    let account = case.text("account_id")?;
    Ok(Ran::from_result(all_keys(&secret, &server, account)))
}

fn all_keys(
    secret: &[u8],
    server: &[u8],
    account: &str,
) -> Result<Outputs, Box<dyn std::error::Error>> {
    let keypair = Ed25519Keypair::from_secret_bytes(secret)?;
    let (key, server) = (keypair.public_key(), ServerPublicKey::try_from(server)?);
    let account: AccountId = account.parse()?;
    let [first, second] = Blinded15Id::candidates(&account, &server)?;
    let blind15 = Blinded15Keypair::derive(&keypair, &server);
    let blind25 = Blinded25Keypair::derive(&keypair, &server);
    let factor15 = BlindingFactor::blind15(&server);
    let factor25 = BlindingFactor::blind25(&account, &server);
    let version = VersionBlindedKeypair::derive(&keypair.seed());
    let version_key = version.ed25519().public_key();
    let version_secret =
        [*version.ed25519().seed().expose_bytes(), version_key.to_bytes()].concat();
    Ok(Outputs::new()
        .hex("blind15_factor", factor15.as_bytes())
        .hex("blind25_factor", factor25.as_bytes())
        .value("blind15_ids", vec![first.to_string(), second.to_string()])
        .value("blind15_id_positive", first.to_string())
        .value("blind25_id", Blinded25Id::of_account(&account, &server)?.to_string())
        .value("blind15_id_from_ed", Blinded15Id::of_ed25519(&key, &server)?.to_string())
        .value("blind25_id_from_ed", Blinded25Id::of_ed25519(&key, &server)?.to_string())
        .hex("blind15_pubkey", blind15.id().public_key().as_bytes())
        .hex("blind15_seckey", blind15.expose_scalar())
        .hex("blind15_k", factor15.as_bytes())
        .hex("blind25_pubkey", blind25.id().public_key().as_bytes())
        .hex("blind25_seckey", blind25.expose_scalar())
        .hex("blind25_k_prime", factor25.with_sign_of(&key).as_bytes())
        .hex("version_pubkey", version_key.as_bytes())
        .hex("version_secret64", &version_secret)
        .value("ed25519_pubkey_negative", key.is_negative()))
}

fn blind15_sign(case: &Case<'_>) -> Result<Ran, BadVector> {
    let message = case.bytes("message")?;
    Ok(Ran::from_result(signer(case)?.map(|(account, server)| {
        let keypair = Blinded15Keypair::derive(&account, &server);
        let (key, signature) = (keypair.id().public_key(), keypair.sign(&message));
        Outputs::new()
            .hex("signature", signature.as_bytes())
            .hex("blind15_pubkey", key.as_bytes())
            .value("ed25519_verify", key.verify(&message, &signature).is_ok())
    })))
}

fn blind25_sign(case: &Case<'_>) -> Result<Ran, BadVector> {
    let message = case.bytes("message")?;
    Ok(Ran::from_result(signer(case)?.map(|(account, server)| {
        let keypair = Blinded25Keypair::derive(&account, &server);
        let (key, signature) = (keypair.id().public_key(), keypair.sign(&message));
        Outputs::new()
            .hex("signature", signature.as_bytes())
            .hex("blind25_pubkey", key.as_bytes())
            .value("ed25519_verify", key.verify(&message, &signature).is_ok())
    })))
}

/// The keys of a signing case, or the text of the refusal.
fn signer(case: &Case<'_>) -> Result<Result<(Ed25519Keypair, ServerPublicKey), String>, BadVector> {
    let account = Ed25519Keypair::from_secret_bytes(&case.bytes("ed25519_privkey")?);
    let server = ServerPublicKey::try_from(case.bytes("server_pk")?.as_slice());
    Ok(match (account, server) {
        (Ok(account), Ok(server)) => Ok((account, server)),
        (Err(error), _) => Err(error.to_string()),
        (_, Err(error)) => Err(error.to_string()),
    })
}

fn version_sign(case: &Case<'_>) -> Result<Ran, BadVector> {
    let platform = match case.text("platform")? {
        "android" => Platform::Android,
        "desktop" => Platform::Desktop,
        "ios" => Platform::Ios,
        other => return Err(BadVector::Malformed(format!("no such platform: {other}"))),
    };
    let now = seconds(case)?;
    version_signature(case, |keypair| keypair.sign_version_check(platform, now))
}

fn version_sign_request(case: &Case<'_>) -> Result<Ran, BadVector> {
    let (method, path) = (case.text("method")?, case.text("path")?);
    let body = case.optional_bytes("body")?.unwrap_or_default();
    let now = seconds(case)?;
    version_signature(case, |keypair| keypair.sign_request(method, path, &body, now))
}

fn version_signature(
    case: &Case<'_>,
    sign: impl FnOnce(&VersionBlindedKeypair) -> Ed25519Signature,
) -> Result<Ran, BadVector> {
    let account = Ed25519Keypair::from_secret_bytes(&case.bytes("ed25519_secret64")?);
    Ok(Ran::from_result(account.map(|account| {
        let keypair = VersionBlindedKeypair::derive(&account.seed());
        Outputs::new()
            .hex("signature", sign(&keypair).as_bytes())
            .hex("version_pubkey", keypair.id().public_key().as_bytes())
    })))
}

fn seconds(case: &Case<'_>) -> Result<Timestamp, BadVector> {
    let seconds: u64 = case.integer("timestamp")?;
    let millis = seconds.checked_mul(1000);
    Ok(Timestamp::from_millis(millis.ok_or_else(|| BadVector::Malformed("timestamp".to_owned()))?))
}

fn matches(case: &Case<'_>) -> Result<Ran, BadVector> {
    let account = case.text("account_id")?;
    let (blinded, server) = (case.text("blinded_id")?, case.text("server_pk")?);
    Ok(Ran::from_result(is_match(account, blinded, server)))
}

fn is_match(
    account: &str,
    blinded: &str,
    server: &str,
) -> Result<Outputs, Box<dyn std::error::Error>> {
    let (account, server): (AccountId, ServerPublicKey) = (account.parse()?, server.parse()?);
    let blinded: BlindedId = blinded.parse()?;
    Ok(Outputs::new().value("matches", blinding::matches(&account, &blinded, &server)?))
}
