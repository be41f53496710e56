//! `config_message.json`: the container of config messages, whatever its data are.

use serde_json::{Value as Json, json};
use session_config::{
    data::{Dict, Scalar, Value},
    merge::{Merged, merge},
    message::{Authority, Draft, Lag, Message, ParseError},
};
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey},
    encoding::hex,
};

use super::{Reason, Suite};
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite =
    Suite { file: "config_message", context: &[], reasons: REASONS, run };

const REASONS: &[Reason] = &[
    Reason { theirs: "empty string_view", ours: &["input ends within a value"] },
    Reason {
        theirs: "next bt dict value is not an integer",
        ours: &["does not start with its seqno"],
    },
    Reason { theirs: "next bt dict value is not a dict", ours: &["message has no data"] },
    Reason { theirs: "at the end of the dict", ours: &["message has no diff"] },
    Reason { theirs: "non-dict data", ours: &["expected a dict", "no value starts with"] },
    Reason {
        theirs: "keys are not correctly ordered",
        ours: &["ascending order", "key occurs twice"],
    },
    Reason { theirs: "unpruned, empty dict", ours: &["unpruned, empty dict"] },
    Reason { theirs: "unpruned, empty set", ours: &["unpruned, empty set"] },
    Reason { theirs: "unsorted set", ours: &["unsorted set"] },
    Reason { theirs: "set with duplicates", ours: &["set element occurs twice"] },
    Reason { theirs: "set with a non-scalar value", ours: &["is no scalar"] },
    Reason {
        theirs: "too-large value",
        ours: &["outside the wanted range", "does not fit 64 bits"],
    },
    Reason { theirs: "lagged seqno >= current seqno", ours: &["is not below seqno"] },
    Reason { theirs: "hash must be 32 bytes", ours: &["expected 32 bytes"] },
    Reason { theirs: "unsorted or duplicate lagged diff rows", ours: &["unsorted or duplicate"] },
    Reason { theirs: "expected 3 elements", ours: &["too many elements", "too few elements"] },
    Reason { theirs: "signature is invalid (not 64B)", ours: &["expected 64 bytes"] },
    Reason { theirs: "invalid key(s) after \"~\"", ours: &["key after the signature"] },
    Reason { theirs: "config diff contains invalid", ours: &["diff holds no change"] },
    Reason { theirs: "signature failed verification", ours: &["signature failed verification"] },
    // Damaged bytes, where the message names what the parser met first.
    Reason { theirs: "deserialization", ours: &[" at byte "] },
    Reason { theirs: "expected a string, but found", ours: &[" at byte "] },
    Reason { theirs: "next bt value has unknown type", ours: &[" at byte "] },
    Reason { theirs: "expected a key or dict end", ours: &[" at byte "] },
    Reason { theirs: "without consuming the entire buffer", ours: &[" at byte "] },
];

/// Our refusals of forms that no producer writes. The oracle reads them; 07 §2 has them refused, because the
/// message cannot be written again byte by byte: a device that restarted would know the revision by another hash
/// than the others. Nothing is lost by it, since a message that is refused stays in the swarm.
const SECOND_SPELLINGS: &[&str] = &[
    "integer has a leading zero",
    "integer is a negative zero",
    "string length has a leading zero",
    "bytes follow the outermost value",
];

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "edit_and_serialize" => edit_and_serialize(case),
        "merge" => merge_messages(case),
        "parse" => parse(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

fn parse(case: &Case<'_>) -> Result<Ran, BadVector> {
    let bytes = case.bytes("message")?;
    let message = Message::parse(&bytes, lag(case)?, &authority(case)?);
    if let Err(error) = &message
        && case.error().is_none()
        && SECOND_SPELLINGS.iter().any(|wording| error.to_string().contains(wording))
    {
        return Ok(Ran::RefusedBySpecification(error.to_string()));
    }
    Ok(Ran::from_result(message.map(|message| {
        Outputs::new()
            .value("seqno", message.seqno())
            .value("data", dict_to_json(message.data()))
            .hex("serialized", &message.to_bytes())
    })))
}

fn edit_and_serialize(case: &Case<'_>) -> Result<Ran, BadVector> {
    let (lag, authority) = (lag(case)?, authority(case)?);
    let from = messages(case, "from")?;
    let parsed: Result<Vec<_>, ParseError> =
        from.iter().map(|bytes| Message::parse(bytes, lag, &authority)).collect();
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let mut draft = match merge(parsed, lag, &authority) {
        None => Draft::starting_at(case.integer("start_seqno")?),
        Some(Merged::Unmerged { message, .. }) => message.successor(lag),
        Some(Merged::Resolved(resolution)) => resolution.into_draft(),
        Some(other) => return Ok(Ran::Unable(format!("{other:?}"))),
    };
    draft.replace(dict_from_json(case.required("new_data")?)?);
    let message = draft.finish(&authority);
    Ok(Ran::Returned(
        Outputs::new()
            .value("seqno", message.seqno())
            .hex("serialized", &message.to_bytes())
            .hex("hash", message.id().hash.as_bytes()),
    ))
}

fn merge_messages(case: &Case<'_>) -> Result<Ran, BadVector> {
    let (lag, authority) = (lag(case)?, authority(case)?);
    let (mut parsed, mut indices, mut bad) = (Vec::new(), Vec::new(), Vec::new());
    for (index, bytes) in messages(case, "messages")?.iter().enumerate() {
        match Message::parse(bytes, lag, &authority) {
            Ok(message) => {
                parsed.push(message);
                indices.push(index);
            }
            Err(error) => {
                let unsigned = Message::parse(bytes, lag, &Authority::Unsigned).err();
                bad.push(json!([index, in_their_words(case, index, &error, unsigned.as_ref())]));
            }
        }
    }
    let (unmerged_index, message) = match merge(parsed, lag, &authority) {
        None => return Ok(Ran::Refused("no valid message".to_owned())),
        Some(Merged::Unmerged { index, message }) => (json!(indices.get(index)), *message),
        Some(Merged::Resolved(resolution)) => {
            (json!(-1), resolution.into_draft().finish(&authority))
        }
        Some(other) => return Ok(Ran::Unable(format!("{other:?}"))),
    };
    Ok(Ran::Returned(
        Outputs::new()
            .value("bad_messages", bad)
            .value("merged", unmerged_index == json!(-1))
            .value("unmerged_index", unmerged_index)
            .value("seqno", message.seqno())
            .value("data", dict_to_json(message.data()))
            .hex("serialized", &message.to_bytes())
            .hex("hash", message.id().hash.as_bytes()),
    ))
}

/// The stated reason, if ours names the same cause. A damaged message has two faults, its bytes and its signature,
/// and which one is named depends on what is checked first: `unsigned` is what is wrong with it apart from the
/// signature.
fn in_their_words(
    case: &Case<'_>,
    index: usize,
    error: &ParseError,
    unsigned: Option<&ParseError>,
) -> String {
    let stated = case.out().and_then(|out| out.get("bad_messages")).and_then(Json::as_array);
    let entry = stated.into_iter().flatten().find(|entry| entry.get(0) == Some(&json!(index)));
    let theirs = entry.and_then(|entry| entry.get(1)).and_then(Json::as_str);
    let mut ours = [Some(error), unsigned].into_iter().flatten().map(ToString::to_string);
    let same = theirs.filter(|theirs| ours.any(|ours| Reason::same_cause(REASONS, theirs, &ours)));
    same.map_or_else(|| error.to_string(), str::to_owned)
}

fn messages(case: &Case<'_>, field: &str) -> Result<Vec<Vec<u8>>, BadVector> {
    let list = case.required(field)?.as_array();
    let list = list.ok_or_else(|| BadVector::Malformed(format!("`{field}` is no list")))?;
    let text = |value: &Json| value.as_str().map(str::to_owned);
    list.iter().map(|value| case.hex(field, &text(value).unwrap_or_default())).collect()
}

fn lag(case: &Case<'_>) -> Result<Lag, BadVector> {
    Ok(Lag::new(case.integer("lag")?))
}

fn authority(case: &Case<'_>) -> Result<Authority, BadVector> {
    let bad = |error: &dyn std::fmt::Display| BadVector::Malformed(error.to_string());
    if let Some(secret) = case.optional_bytes("sign_ed25519_secret64")? {
        let keypair = Ed25519Keypair::from_secret_bytes(&secret).map_err(|e| bad(&e))?;
        return Ok(Authority::Signer(Box::new(keypair)));
    }
    match case.optional_bytes("verify_ed25519_pubkey")? {
        Some(key) => {
            let key = Ed25519PublicKey::try_from(key.as_slice()).map_err(|e| bad(&e))?;
            Ok(Authority::ReadOnly(key.check().map_err(|e| bad(&e))?))
        }
        None => Ok(Authority::Unsigned),
    }
}

fn dict_to_json(dict: &Dict) -> Json {
    dict.iter().map(|(key, value)| json!([hex::encode(key), value_to_json(value)])).collect()
}

fn value_to_json(value: &Value) -> Json {
    match value {
        Value::Scalar(scalar) => scalar_to_json(scalar),
        Value::Set(set) => json!({"set": set.iter().map(scalar_to_json).collect::<Vec<_>>()}),
        Value::Dict(dict) => json!({"dict": dict_to_json(dict)}),
    }
}

fn scalar_to_json(scalar: &Scalar) -> Json {
    match scalar {
        Scalar::Integer(integer) => json!({"int": integer}),
        Scalar::Bytes(bytes) => json!({"bytes": hex::encode(bytes.expose_bytes())}),
    }
}

fn dict_from_json(json: &Json) -> Result<Dict, BadVector> {
    let bad = || BadVector::Malformed(format!("no dict: {json}"));
    let mut dict = Dict::new();
    for entry in json.as_array().ok_or_else(bad)? {
        let key = entry.get(0).and_then(Json::as_str).ok_or_else(bad)?;
        let key = hex::decode(key).map_err(|_| bad())?;
        dict.assign(&[&key], Some(value_from_json(entry.get(1).ok_or_else(bad)?)?));
    }
    Ok(dict)
}

fn value_from_json(json: &Json) -> Result<Value, BadVector> {
    if let Some(dict) = json.get("dict") {
        return Ok(Value::Dict(dict_from_json(dict)?));
    }
    if let Some(set) = json.get("set").and_then(Json::as_array) {
        return Ok(Value::Set(set.iter().map(scalar_from_json).collect::<Result<_, _>>()?));
    }
    Ok(Value::Scalar(scalar_from_json(json)?))
}

fn scalar_from_json(json: &Json) -> Result<Scalar, BadVector> {
    let bytes = json.get("bytes").and_then(Json::as_str).and_then(|text| hex::decode(text).ok());
    match (json.get("int").and_then(Json::as_i64), bytes) {
        (Some(integer), _) => Ok(Scalar::from(integer)),
        (None, Some(bytes)) => Ok(Scalar::from(bytes.as_slice())),
        (None, None) => Err(BadVector::Malformed(format!("no scalar: {json}"))),
    }
}
