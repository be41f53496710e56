//! `envelopes.json`: whole direct messages, the envelopes of groups, posts.
//!
//! The oracle calls the Pro signature present (bit 8 of `flags`) only where the content claims Pro, although
//! every envelope carries one. It writes an absent source as 33 zero bytes, an absent time as 0.

use serde_json::{Value, json};
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Seed},
    encoding::hex,
    x25519::X25519Keypair,
};
use session_envelope::{
    blinded, community,
    direct::{self, Opened},
    envelope::{Envelope, ProSignature},
    group::{self, GroupKey},
    padding::pad,
    pro::Verdict,
};
use session_identity::{
    AccountId, GroupId, Timestamp,
    blinding::{Blinded15Keypair, Blinded25Keypair, ServerPublicKey},
    id::BlindedId,
    pro::{RotatingKeypair, Status},
};

use super::{Reason, Suite};
use crate::{BadVector, Case, Outputs, Ran, ReplayRng};

pub(super) const SUITE: Suite = Suite {
    file: "envelopes",
    context: &[],
    reasons: &[
        Reason { theirs: "Decryption failed", ours: &["keys opens the message"] },
        Reason { theirs: "Protobuf decode error", ours: &["malformed envelope"] },
        Reason { theirs: "missing WS request", ours: &["without request"] },
        // The oracle has one function for all kinds of group; ours takes the id of a group.
        Reason { theirs: "legacy group", ours: &["expected group id"] },
        Reason { theirs: "Invalid group encryption key", ours: &["expected 32 or 64"] },
    ],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "encode_1o1_then_decode" => direct_message(case),
        "decode_1o1" => {
            let opened = open(&case.bytes("message")?, &recipients(case)?);
            Ok(match opened.map(|opened| decoded(case, &opened)) {
                Ok(value) => Ran::Returned(flat(value?)),
                Err(error) => Ran::Refused(error.to_string()),
            })
        }
        "encode_group_inner" => group_message(case),
        "encode_community_then_decode" => post(case),
        "encode_community_inbox_inner" => inbox(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

fn open(stored: &[u8], recipients: &[X25519Keypair]) -> Result<Opened, direct::OpenError> {
    direct::open(stored, recipients)
}

/// Encryption and decoys are random: ours is checked by what it decodes to, and by its length. What the oracle
/// made is decoded too.
fn direct_message(case: &Case<'_>) -> Result<Ran, BadVector> {
    let content = case.bytes("content")?;
    let sender = keypair(case, "sender_ed25519_secret64")?;
    let recipient: AccountId = parse(case, "recipient")?;
    let rotating = rotating(case)?;
    let pro = rotating.as_ref().map_or(ProSignature::Decoy, ProSignature::By);
    let mut rng = ReplayRng::new((1..=160).collect());
    let ours = direct::seal(&content, &sender, &recipient, sent_at(case)?, pro, &mut rng);
    let ours = match ours {
        Ok(ours) => ours,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let theirs = case.stated_bytes("message")?;
    let recipients = recipients(case)?;
    let (ours_opened, theirs_opened) = match (open(&ours, &recipients), open(&theirs, &recipients))
    {
        (Ok(ours), Ok(theirs)) => (ours, theirs),
        (ours, theirs) => return Ok(Ran::Refused(format!("{ours:?}, {theirs:?}"))),
    };
    let mut ours_decoded = decoded(case, &ours_opened)?;
    let theirs_decoded = decoded(case, &theirs_opened)?;
    // The one field that must differ: it signs a ciphertext, or nothing at all.
    if let (Some(ours), Some(theirs)) =
        (ours_decoded.pointer_mut("/envelope/pro_sig"), theirs_decoded.pointer("/envelope/pro_sig"))
    {
        *ours = theirs.clone();
    }
    if ours_decoded != theirs_decoded || ours.len() != theirs.len() {
        return Ok(Ran::Refused(format!("ours decodes to {ours_decoded}")));
    }
    Ok(Ran::Returned(Outputs::new().value("decoded", theirs_decoded).uncompared("message")))
}

fn decoded(case: &Case<'_>, opened: &Opened) -> Result<Value, BadVector> {
    let verdict =
        opened.pro(&backend(case)?).map_err(|error| BadVector::Malformed(error.to_string()))?;
    Ok(json!({
        "envelope": envelope_fields(opened.envelope(), verdict.is_some()),
        "content_plaintext": hex::encode(opened.content()),
        "sender_ed25519_pubkey": opened.sender_key().to_string(),
        "sender_x25519_pubkey": opened.sender().public_key().to_string(),
        "pro": verdict.as_ref().map(pro),
    }))
}

fn envelope_fields(envelope: &Envelope, claims_pro: bool) -> Value {
    let source = envelope.claimed_source().map_or([0; 33], |source| source.to_bytes());
    let server = envelope.claimed_server_timestamp();
    let signature = envelope.pro_signature();
    let flags = [
        envelope.claimed_source().is_some(),
        envelope.source_device().is_some(),
        server.is_some(),
        signature.is_some() && claims_pro,
        true,
    ];
    let flags = flags.iter().rev().fold(0, |flags, flag| flags * 2 + u32::from(*flag));
    json!({
        "flags": flags,
        "timestamp": envelope.claimed_timestamp().as_millis(),
        "source": hex::encode(&source),
        "source_device": envelope.source_device().unwrap_or(0),
        "server_timestamp": server.map_or(0, Timestamp::as_millis),
        "pro_sig": signature.map(|signature| signature.to_string()),
    })
}

fn pro(verdict: &Verdict) -> Value {
    let status = match verdict.status() {
        Status::Valid => "valid",
        Status::Expired => "expired",
        Status::InvalidUserSignature => "invalid_user_sig",
        Status::InvalidBackendSignature => "invalid_pro_backend_sig",
        _ => "unreadable",
    };
    let claim = verdict.message();
    let proof = claim.proof().map(|proof| {
        json!({
            "version": proof.version(),
            "gen_index_hash": proof.tag().map(|tag| hex::encode(tag.as_bytes())),
            "rotating_pubkey": proof.rotating_key().map(|key| key.to_string()),
            "expiry_unix_ts_ms": proof.expiry(),
            "sig": proof.signature().map(|signature| signature.to_string()),
        })
    });
    json!({
        "status": status,
        "proof": proof,
        "msg_bitset": format!("ProMessageBitset {{ data: {} }}", claim.message_features()),
        "profile_bitset": format!("ProProfileBitset {{ data: {} }}", claim.profile_features()),
    })
}

/// With a Pro key the envelope is exact; without one its signature is a decoy, and must only be there.
fn group_message(case: &Case<'_>) -> Result<Ran, BadVector> {
    let content = case.bytes("content")?;
    let group = match case.text("group_pubkey")?.parse::<GroupId>() {
        Ok(group) => group,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let key = match GroupKey::from_slice(&case.bytes("group_key")?) {
        Ok(key) => key,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let sender = keypair(case, "sender_ed25519_secret64")?;
    let rotating = rotating(case)?;
    let pro_signature = rotating.as_ref().map_or(ProSignature::Decoy, ProSignature::By);
    let mut rng = ReplayRng::new((1..=152).collect());
    let envelope = group::envelope(&content, sent_at(case)?, pro_signature, &mut rng);
    let opened = envelope.and_then(|envelope| {
        group::seal(&envelope, &sender, &group, &key, &mut rng).map(|stored| (envelope, stored))
    });
    let (ours, stored) = match opened {
        Ok(opened) => opened,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let opened = match group::open(&stored, &group, &[key]) {
        Ok(opened) if opened.envelope() == &ours && opened.content() == content => opened,
        other => return Ok(Ran::Refused(format!("{other:?}"))),
    };
    let verdict =
        opened.pro(&backend(case)?).map_err(|error| BadVector::Malformed(error.to_string()))?;
    let mut decoded = json!({
        "envelope": envelope_fields(&ours, verdict.is_some()),
        "content_plaintext": hex::encode(opened.content()),
        // The oracle knows this key, but does not tell.
        "sender_ed25519_pubkey": "00".repeat(32),
        "sender_x25519_pubkey": opened.sender().public_key().to_string(),
        "pro": verdict.as_ref().map(pro),
    });
    if rotating.is_some() {
        let outputs = Outputs::new().hex("envelope_plaintext", &ours.to_bytes());
        return Ok(Ran::Returned(outputs.value("decoded", decoded)));
    }
    let theirs = Envelope::from_bytes(&case.stated_bytes("envelope_plaintext")?);
    let theirs = theirs.map_err(|error| BadVector::Malformed(error.to_string()))?;
    if ours.to_bytes().len() != theirs.to_bytes().len() || ours.content() != theirs.content() {
        return Ok(Ran::Refused(format!("ours is {ours:?}")));
    }
    if let Some(signature) = decoded.pointer_mut("/envelope/pro_sig") {
        *signature = json!(theirs.pro_signature().map(|signature| signature.to_string()));
    }
    Ok(Ran::Returned(Outputs::new().value("decoded", decoded).uncompared("envelope_plaintext")))
}

fn post(case: &Case<'_>) -> Result<Ran, BadVector> {
    let content = case.bytes("content")?;
    let data = match rotating(case)? {
        None => pad(&content),
        Some(rotating) => match community::encode_with_pro(&content, &rotating) {
            Ok(data) => data,
            Err(error) => return Ok(Ran::Refused(error.to_string())),
        },
    };
    let post = match community::open(&data) {
        Ok(post) => post,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let posted = Timestamp::from_millis(case.integer("unix_ts_ms")?);
    let verdict = post.pro(posted, &backend(case)?);
    let verdict = verdict.map_err(|error| BadVector::Malformed(error.to_string()))?;
    let decoded = json!({
        "content_plaintext": hex::encode(post.content()),
        "pro_sig": post.pro_signature().map(|signature| signature.to_string()),
        "envelope": post.envelope().map(|envelope| envelope_fields(envelope, verdict.is_some())),
        "pro": verdict.as_ref().map(pro),
    });
    Ok(Ran::Returned(Outputs::new().hex("message", &data).value("decoded", decoded)))
}

/// The oracle states nothing but null here (its own encryption is wrong). Ours must arrive.
fn inbox(case: &Case<'_>) -> Result<Ran, BadVector> {
    let content = case.bytes("content")?;
    let padded = match rotating(case)? {
        None => pad(&content),
        Some(rotating) => match community::encode_with_pro(&content, &rotating) {
            Ok(data) => data,
            Err(error) => return Ok(Ran::Refused(error.to_string())),
        },
    };
    let server: ServerPublicKey = parse(case, "server_pk")?;
    let recipient = BlindedId::from_bytes(case.array("recipient_blinded_id")?);
    let recipient = recipient.map_err(|error| BadVector::Malformed(error.to_string()))?;
    let sender = keypair(case, "sender_ed25519_secret64")?;
    let reader = keypair(case, "recipient_ed25519_secret64")?;
    let from = match recipient {
        BlindedId::Blinded25(_) => {
            BlindedId::Blinded25(Blinded25Keypair::derive(&sender, &server).id())
        }
        _ => BlindedId::Blinded15(Blinded15Keypair::derive(&sender, &server).id()),
    };
    let mut rng = ReplayRng::new((1..=24).collect());
    let opened = blinded::seal(&padded, &sender, &server, &recipient, &mut rng)
        .map_err(|error| BadVector::Malformed(error.to_string()))
        .map(|sealed| blinded::open(&sealed, &reader, &server, &from, &recipient))?;
    let arrived = opened.as_ref().ok().and_then(|opened| community::open(opened.message()).ok());
    Ok(match arrived {
        Some(post) if post.content().starts_with(&content) => {
            let (padded, unpadded) = ("padded_content", "unpadded");
            let stated = case.out().is_some_and(|out| out.get(padded) != Some(&Value::Null));
            if stated {
                Ran::Unable("the oracle states what goes into the encryption".to_owned())
            } else {
                Ran::Returned(Outputs::new().uncompared(padded).uncompared(unpadded))
            }
        }
        other => Ran::Refused(format!("{opened:?}, {other:?}")),
    })
}

/// The entries of an object as outputs.
fn flat(value: Value) -> Outputs {
    let fields = value.as_object().cloned().unwrap_or_default();
    fields.into_iter().fold(Outputs::new(), |outputs, (name, value)| outputs.value(&name, value))
}

fn recipients(case: &Case<'_>) -> Result<Vec<X25519Keypair>, BadVector> {
    let field = "recipient_ed25519_secret64";
    let secrets = match case.required(field)? {
        Value::Array(secrets) => secrets.iter().filter_map(Value::as_str).collect(),
        secret => vec![secret.as_str().unwrap_or_default()],
    };
    let keypair = |secret: &str| {
        let keypair = Ed25519Keypair::from_secret_bytes(&case.hex(field, secret)?);
        keypair
            .map(|keypair| keypair.to_x25519())
            .map_err(|error| BadVector::Malformed(error.to_string()))
    };
    secrets.into_iter().map(keypair).collect()
}

fn keypair(case: &Case<'_>, field: &str) -> Result<Ed25519Keypair, BadVector> {
    let keypair = Ed25519Keypair::from_secret_bytes(&case.bytes(field)?);
    keypair.map_err(|error| BadVector::Malformed(error.to_string()))
}

fn rotating(case: &Case<'_>) -> Result<Option<RotatingKeypair>, BadVector> {
    let field = "pro_rotating_secret64";
    if case.input(field).is_none() {
        return Ok(None);
    }
    let seed: Ed25519Seed = keypair(case, field)?.seed();
    Ok(Some(RotatingKeypair::from_seed(seed)))
}

fn backend(case: &Case<'_>) -> Result<Ed25519PublicKey, BadVector> {
    Ok(Ed25519PublicKey::from_bytes(case.array("pro_backend_pubkey")?))
}

fn sent_at(case: &Case<'_>) -> Result<Timestamp, BadVector> {
    Ok(Timestamp::from_millis(case.integer("sent_timestamp_ms")?))
}

fn parse<T: std::str::FromStr>(case: &Case<'_>, field: &str) -> Result<T, BadVector> {
    case.text(field)?
        .parse()
        .map_err(|_| BadVector::Malformed(format!("`{field}` has another form")))
}
