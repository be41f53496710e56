//! `multi_encrypt.json`: one message to several recipients.

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey},
    encoding::hex,
    x25519::{X25519Keypair, X25519PublicKey, X25519SecretKey},
};
use session_envelope::multi_box::MultiBox;

use super::Suite;
use crate::{BadVector, Case, Outputs, Ran, ReplayRng};

pub(super) const SUITE: Suite =
    Suite { file: "multi_encrypt", context: &["random"], reasons: &[], run };

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "encrypt_for_multiple" => {
            let mut rng = ReplayRng::new(case.bytes("nonce")?);
            Ok(Ran::from_result(seal(case, &mut rng)?.map(|sealed| {
                let entries = sealed.entries().iter().map(|entry| hex::encode(entry));
                Outputs::new().value("ciphertexts", entries.collect::<Vec<_>>())
            })))
        }
        "encrypt_for_multiple_simple" => encrypt(case),
        "decrypt_for_multiple_simple" => decrypt(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

fn seal(
    case: &Case<'_>,
    rng: &mut ReplayRng,
) -> Result<Result<MultiBox, session_crypto::x25519::NonContributory>, BadVector> {
    let recipients = keys(case)?;
    let messages = texts(case, "messages")?;
    let domain = case.text("domain")?.as_bytes();
    // One message for all, or one each.
    let messages = match messages.as_slice() {
        [message] => vec![message.as_slice(); recipients.len()],
        messages => messages.iter().map(Vec::as_slice).collect(),
    };
    if messages.len() != recipients.len() {
        return Err(BadVector::Malformed("neither one message nor one each".to_owned()));
    }
    let sender = sender(case)?;
    Ok(MultiBox::seal(recipients.iter().zip(messages), &sender, domain, rng))
}

fn encrypt(case: &Case<'_>) -> Result<Ran, BadVector> {
    let mut random = case.optional_bytes("nonce")?.unwrap_or_default();
    random.extend(case.stated_bytes("random")?);
    let multiple: u8 = case.integer("pad")?;
    let mut rng = ReplayRng::new(random);
    let sealed = match seal(case, &mut rng)? {
        Ok(sealed) => sealed,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let real = sealed.entries().len();
    if real.is_multiple_of(multiple.max(1).into()) {
        let encoded = Outputs::new().hex("encoded", &sealed.to_bytes());
        return Ok(if rng.is_exact() { Ran::Returned(encoded) } else { inexact() });
    }
    // The oracle's junk is 16 bytes too short, so that it stands out. Ours must not, and what is in front of
    // it must be the oracle's.
    let Ok(stated) = MultiBox::from_bytes(&case.stated_bytes("encoded")?) else {
        return Ok(Ran::Refused("stated box is malformed".to_owned()));
    };
    let ours = sealed.clone().with_junk(multiple, &mut rng);
    let counts = ours.entries().len() == stated.entries().len();
    let entries = stated.entries().get(..real) == Some(sealed.entries());
    let length = |entry: &Vec<u8>| entry.len();
    let real_lengths: Vec<_> = sealed.entries().iter().map(length).collect();
    let mut junk_lengths = ours.entries().iter().skip(real).map(length);
    let junk = junk_lengths.all(|length| real_lengths.contains(&length));
    Ok(if counts && entries && junk {
        Ran::Returned(Outputs::new().uncompared("encoded"))
    } else {
        Ran::Refused(format!("junk: count {counts}, real entries {entries}, lengths {junk}"))
    })
}

fn inexact() -> Ran {
    Ran::Refused("drew another amount of random bytes".to_owned())
}

fn decrypt(case: &Case<'_>) -> Result<Ran, BadVector> {
    let domain = case.text("domain")?.as_bytes();
    let opened = MultiBox::from_bytes(&case.bytes("encoded")?)
        .ok()
        .map(|sealed| Ok((sealed.clone(), recipient(case)?, senders(case)?)))
        .transpose()?
        .map(|(sealed, recipients, senders)| {
            // Keys may be given in either form; every combination must find the same.
            let pairs =
                recipients.iter().flat_map(|own| senders.iter().map(move |peer| (own, peer)));
            pairs.map(|(own, peer)| sealed.open(own, peer, domain)).collect::<Vec<_>>()
        })
        .unwrap_or_default();
    if opened.windows(2).any(|pair| pair.first() != pair.last()) {
        return Ok(Ran::Refused("the forms of the keys disagree".to_owned()));
    }
    let message = opened.into_iter().next().flatten();
    Ok(Ran::Returned(Outputs::new().value("message", message.map(|message| hex::encode(&message)))))
}

fn texts(case: &Case<'_>, field: &str) -> Result<Vec<Vec<u8>>, BadVector> {
    let list = case.required(field)?.as_array();
    let list = list.ok_or_else(|| BadVector::Malformed(format!("`{field}` is no list")))?;
    list.iter().map(|text| case.hex(field, text.as_str().unwrap_or("no text"))).collect()
}

fn keys(case: &Case<'_>) -> Result<Vec<X25519PublicKey>, BadVector> {
    let keys = texts(case, "recipients_x25519")?;
    let keys = keys.iter().map(|key| X25519PublicKey::try_from(key.as_slice()));
    keys.collect::<Result<_, _>>().map_err(|error| BadVector::Malformed(error.to_string()))
}

fn sender(case: &Case<'_>) -> Result<X25519Keypair, BadVector> {
    if case.input("sender_ed25519_secret64").is_some() {
        return ed25519(&case.bytes("sender_ed25519_secret64")?);
    }
    let secret = X25519SecretKey::from_bytes(case.array("sender_x25519_seckey")?);
    Ok(X25519Keypair::from_secret_key(secret))
}

fn recipient(case: &Case<'_>) -> Result<Vec<X25519Keypair>, BadVector> {
    let secret = X25519SecretKey::from_bytes(case.array("x25519_seckey")?);
    Ok(vec![X25519Keypair::from_secret_key(secret), ed25519(&case.bytes("ed25519_secret64")?)?])
}

fn senders(case: &Case<'_>) -> Result<Vec<X25519PublicKey>, BadVector> {
    let mut keys = vec![X25519PublicKey::from_bytes(case.array("sender_x25519_pubkey")?)];
    if case.input("sender_ed25519_pubkey").is_some() {
        let key = Ed25519PublicKey::from_bytes(case.array("sender_ed25519_pubkey")?);
        keys.push(key.to_x25519().map_err(|error| BadVector::Malformed(error.to_string()))?);
    }
    Ok(keys)
}

fn ed25519(secret: &[u8]) -> Result<X25519Keypair, BadVector> {
    let keypair = Ed25519Keypair::from_secret_bytes(secret);
    keypair
        .map(|keypair| keypair.to_x25519())
        .map_err(|error| BadVector::Malformed(error.to_string()))
}
