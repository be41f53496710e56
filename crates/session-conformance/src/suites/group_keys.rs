//! `group_keys.json`: key messages of closed groups, made and loaded, with the configs that they open.

use std::error::Error;

use serde_json::{Value as Json, json};
use session_bt::{DecodeError, Malformed, Value as BtValue, encode_dict};
use session_config::{
    Config, GroupInfo, GroupMembers, Incoming, StoredHash, config::GroupType, message::Authority,
};
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Seed},
    encoding::hex,
};
use session_groups::keys::{Generation, KeyMessageError, KeyStore, Loaded, PendingKey};
use session_identity::{AccountId, GroupId, Timestamp};

use super::{
    Reason, Suite,
    config_common::{NOW, sorted},
    group_configs::{info_to_json, members_to_json},
};
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite {
    file: "group_keys",
    context: &[],
    reasons: &[
        Reason { theirs: "empty string_view", ours: &["input ends"] },
        Reason { theirs: "non-dict data", ours: &["expected a dict", "no value starts"] },
        Reason { theirs: "has no nonce", ours: &["no key `#`"] },
        Reason { theirs: "expected a key or dict end", ours: &["input ends", "than the input"] },
        Reason { theirs: "signature is missing", ours: &["no key `~`"] },
        Reason { theirs: "signature failed", ours: &["not signed by the group"] },
        // Ours looks at the form and at the signature before it decrypts.
        Reason { theirs: "decrypt admin key", ours: &["copy of the key for admins", "not signed"] },
        Reason { theirs: "required generation", ours: &["no key `G`"] },
        Reason { theirs: "negative generation", ours: &["out of range"] },
        Reason { theirs: "missing required admin key", ours: &["no key `K`"] },
        Reason { theirs: "invalid admin key length", ours: &["expected 48 bytes"] },
        Reason { theirs: "missing member keys list", ours: &["no key `k`"] },
        Reason { theirs: "invalid member key length", ours: &["expected 48 bytes"] },
        Reason { theirs: "invalid key info size", ours: &["supplement with a box"] },
        Reason { theirs: "max generation field", ours: &["no key `G`"] },
        Reason { theirs: "does not match group pubkey", ours: &["another group"] },
        Reason { theirs: "without the main group keys", ours: &["only an admin"] },
    ],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "rekey" => rekey(case),
        "key_supplement" => supplement(case),
        "load_messages" => load_messages(case),
        "load_bad_message" => load_bad_message(case),
        "admin_state" => admin_state(case),
        "load_admin_key" => load_admin_key(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

/// The next key after one of the stated number.
fn rekey(case: &Case<'_>) -> Result<Ran, BadVector> {
    let mut store = store(case, "admin_ed25519_secret64")?;
    if case.input("had_keys_before") == Some(&Json::Bool(true)) {
        store.restore(&dump_at(case.integer("generation_before")?)).map_err(bad)?;
    }
    let members = case.input("members").map_or(Ok(Vec::new()), ids)?;
    let message = match store.rekey(members) {
        Ok(message) => message,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    Ok(Ran::Returned(
        Outputs::new()
            .value("message_ref", reference(case, &message))
            .value("pending_key", pending(&store)),
    ))
}

/// A store, as it is on the disk, whose only key has this number.
fn dump_at(generation: i64) -> Vec<u8> {
    encode_dict(|dict| {
        dict.list(b"A", |_| ());
        dict.list(b"L", |list| {
            list.dict(|dict| {
                dict.integer(b"g", generation);
                dict.bytes(b"k", &[0; 32]);
                dict.integer(b"t", 0);
            });
        });
    })
}

fn supplement(case: &Case<'_>) -> Result<Ran, BadVector> {
    let mut store = store(case, "admin_ed25519_secret64")?;
    for message in messages(case.required("messages_loaded_before")?)? {
        message.load(case, &mut store)?.map_err(BadVector::Malformed)?;
    }
    let before: Vec<_> = store.keys().iter().map(|key| hex::encode(key.expose_bytes())).collect();
    let stated = case.required("keys_before")?.as_array().cloned().unwrap_or_default();
    if !stated.ends_with(&before.iter().map(|key| json!(key)).collect::<Vec<_>>()) {
        return Err(BadVector::Malformed(format!("keys before are {before:?}")));
    }
    Ok(match store.supplement(&ids(case.required("session_ids")?)?).as_deref() {
        Ok([message]) => {
            Ran::Returned(Outputs::new().value("message_ref", reference(case, message)))
        }
        Ok(messages) => Ran::Unable(format!("{} messages", messages.len())),
        Err(error) => Ran::Refused(error.to_string()),
    })
}

/// One client: its keys, and the two configs that they open.
struct Client {
    keys: KeyStore,
    info: Config<GroupInfo>,
    members: Config<GroupMembers>,
}

impl Client {
    fn new(case: &Case<'_>) -> Result<Self, BadVector> {
        let keys = store(case, "user_ed25519_secret64")?;
        let authority = keys.admin_key().map_or_else(
            || Authority::ReadOnly(keys.verifying_key()),
            |keypair| Authority::Signer(Box::new(keypair.clone())),
        );
        let info = Config::for_group(authority.clone(), []);
        Ok(Self { keys, info, members: Config::for_group(authority, []) })
    }

    fn step(&mut self, case: &Case<'_>, message: &Message<'_>) -> Result<Json, BadVector> {
        match message.kind {
            "keys" => {
                let step = message.step(case, &mut self.keys)?;
                self.info.set_keys(self.keys.config_keys());
                self.members.set_keys(self.keys.config_keys());
                Ok(step.map_or_else(|error| json!({"error": error}), Json::from_iter))
            }
            "info" => merge(&mut self.info, case, message),
            "members" => merge(&mut self.members, case, message),
            other => Err(BadVector::Malformed(format!("message of kind `{other}`"))),
        }
    }
}

/// The oracle raises without a key, and where a config that holds nothing yet gets nothing.
fn merge<T: GroupType>(
    config: &mut Config<T>,
    case: &Case<'_>,
    message: &Message<'_>,
) -> Result<Json, BadVector> {
    let data = message.data(case)?;
    let Ok(report) = config.merge(&[Incoming::new(message.hash(), &data)], NOW) else {
        return Ok(json!({"error": "Cannot merge configs without any decryption keys"}));
    };
    let merged: Vec<_> = report.processed().iter().map(StoredHash::as_str).collect();
    if merged.is_empty() && config.seqno() == 0 {
        let error = "Config initialization failed: no valid config messages given";
        return Ok(json!({"error": error}));
    }
    Ok(json!({"merged": merged}))
}

fn load_messages(case: &Case<'_>) -> Result<Ran, BadVector> {
    let mut client = Client::new(case)?;
    let mut steps = Vec::new();
    for message in messages(case.required("messages")?)? {
        steps.push(client.step(case, &message)?);
    }
    Ok(Ran::Returned(
        Outputs::new()
            .value("steps", steps)
            .value("info", info_to_json(&client.info))
            .value("members", members_to_json(&client.members))
            .hex("keys_dump", &dump_of_2025(case, &client.keys.dump())?),
    ))
}

fn load_bad_message(case: &Case<'_>) -> Result<Ran, BadVector> {
    let mut store = store(case, "user_ed25519_secret64")?;
    let message = Message::of(case.required("message")?)?;
    // 06 §3.4, step 4: bytes behind the dict, which nobody signed, are refused.
    if let Err(error @ KeyMessageError::Malformed(DecodeError { reason, .. })) =
        store.clone().load_message(&message.data(case)?, message.hash(), message.timestamp)
        && reason == Malformed::TrailingBytes
    {
        return Ok(Ran::RefusedBySpecification(chain(&error)));
    }
    Ok(match message.step(case, &mut store)? {
        Ok(outputs) => Ran::Returned(
            outputs.into_iter().fold(Outputs::new(), |all, (name, value)| all.value(name, value)),
        ),
        Err(error) => Ran::Refused(error),
    })
}

/// The admin who made the group's keys, and read all key messages but its own supplements up to the second of
/// the two that collide. The case names no messages: they are those of the group's readers.
fn admin_state(case: &Case<'_>) -> Result<Ran, BadVector> {
    let group = case.text("group_id")?;
    let cases = case.file_field("cases").and_then(Json::as_array).into_iter().flatten();
    let inputs = cases.filter_map(|case| case.get("in"));
    let read = inputs
        .filter(|input| input.get("group_id").and_then(Json::as_str) == Some(group))
        .find_map(|input| input.get("messages"));
    let read = read.ok_or_else(|| BadVector::Malformed("nobody reads the group".to_owned()))?;
    let mut store = store(case, "group_ed25519_secret64")?;
    for message in messages(read)?.iter().filter(|message| message.kind == "keys") {
        if !is_supplement(&message.data(case)?) {
            message.load(case, &mut store)?.map_err(BadVector::Malformed)?;
        }
        if store.needs_rekey() {
            break;
        }
    }
    Ok(Ran::Returned(Outputs::new().value("keys", state(&store))))
}

fn is_supplement(message: &[u8]) -> bool {
    let fields = BtValue::decode(message);
    matches!(fields, Ok(BtValue::Dict(fields)) if fields.contains_key(b"+"))
}

fn load_admin_key(case: &Case<'_>) -> Result<Ran, BadVector> {
    let mut store = store(case, "user_ed25519_secret64")?;
    if let Some(first) = case.optional_bytes("first_message")? {
        let at = Timestamp::from_millis(case.integer("timestamp_ms")?);
        store.load_message(&first, StoredHash::new("first"), at).map_err(bad)?;
    }
    let before = store.is_admin();
    if let Err(error) = store.set_admin_key(Ed25519Seed::from_bytes(case.array("group_seed")?)) {
        return Ok(Ran::Refused(error.to_string()));
    }
    let after = store.is_admin();
    // The list of members was not merged.
    let message = store.rekey([]).map_err(bad)?;
    Ok(Ran::Returned(
        Outputs::new()
            .value("admin_before", before)
            .value("admin_after", after)
            .hex("rekey_message", &message),
    ))
}

/// The store of the account with the secret `field`: an admin's if the case states the group's secret.
fn store(case: &Case<'_>, field: &str) -> Result<KeyStore, BadVector> {
    let group = Ed25519PublicKey::from_bytes(case.array("group_ed25519_pubkey")?);
    let field = if case.input(field).is_some() { field } else { "user_ed25519_secret64" };
    let account = Ed25519Keypair::from_secret_bytes(&case.bytes(field)?).map_err(bad)?;
    let mut store =
        KeyStore::new(&GroupId::from_public_key(group), &account.to_x25519()).map_err(bad)?;
    if let Some(secret) = case.optional_bytes("group_ed25519_secret64")? {
        let keypair = Ed25519Keypair::from_secret_bytes(&secret).map_err(bad)?;
        store.set_admin_key(keypair.seed()).map_err(bad)?;
    }
    Ok(store)
}

/// What a key message did, by the names of the vector.
type Step = [(&'static str, Json); 2];

/// A stored message of one of the three namespaces.
struct Message<'a> {
    kind: &'a str,
    hash: &'a str,
    timestamp: Timestamp,
    data_ref: &'a str,
}

impl<'a> Message<'a> {
    fn of(value: &'a Json) -> Result<Self, BadVector> {
        let text = |field| value.get(field).and_then(Json::as_str);
        let timestamp = value.get("timestamp_ms").and_then(Json::as_u64);
        Ok(Self {
            kind: text("kind").unwrap_or("keys"),
            hash: text("hash").unwrap_or_default(),
            timestamp: Timestamp::from_millis(timestamp.unwrap_or_default()),
            data_ref: text("data_ref")
                .ok_or_else(|| BadVector::Malformed(format!("message without data: {value}")))?,
        })
    }

    fn hash(&self) -> StoredHash {
        StoredHash::new(self.hash)
    }

    fn data(&self, case: &Case<'_>) -> Result<Vec<u8>, BadVector> {
        let table = case.file_field("messages").and_then(|table| table.get(self.data_ref));
        let text = table.and_then(Json::as_str);
        case.hex(
            "messages",
            text.ok_or_else(|| BadVector::Malformed(format!("no message `{}`", self.data_ref)))?,
        )
    }

    fn load(
        &self,
        case: &Case<'_>,
        store: &mut KeyStore,
    ) -> Result<Result<Loaded, String>, BadVector> {
        let loaded = store.load_message(&self.data(case)?, self.hash(), self.timestamp);
        Ok(loaded.map_err(|error| chain(&error)))
    }

    /// Whether a key was found, and the keys afterwards.
    fn step(
        &self,
        case: &Case<'_>,
        store: &mut KeyStore,
    ) -> Result<Result<Step, String>, BadVector> {
        Ok(self.load(case, store)?.map(|loaded| {
            let found = matches!(loaded, Loaded::New | Loaded::Known);
            [("found_key", found.into()), ("keys", state(store))]
        }))
    }
}

fn messages(list: &Json) -> Result<Vec<Message<'_>>, BadVector> {
    list.as_array().into_iter().flatten().map(Message::of).collect()
}

fn state(store: &KeyStore) -> Json {
    let key = |key: &session_envelope::group::GroupKey| hex::encode(key.expose_bytes());
    let mut hashes: Vec<_> = store.active_hashes().map(StoredHash::as_str).collect();
    hashes.sort_unstable();
    json!({
        "group_keys": store.keys().iter().map(key).collect::<Vec<_>>(),
        "size": store.keys().len(),
        "current_generation": store.current_generation().map_or(0, Generation::get),
        "current_hashes": hashes,
        "needs_rekey": store.needs_rekey(),
        "group_enc_key": store.encryption_key().map(key),
        "pending_key": pending(store),
    })
}

fn pending(store: &KeyStore) -> Option<String> {
    store.pending().map(PendingKey::key).map(|key| hex::encode(key.expose_bytes()))
}

fn ids(list: &Json) -> Result<Vec<AccountId>, BadVector> {
    let texts = list.as_array().into_iter().flatten().filter_map(Json::as_str);
    texts.map(|text| text.parse().map_err(bad)).collect()
}

/// Name in the file's table of the message that is `message`, or the message.
fn reference(case: &Case<'_>, message: &[u8]) -> String {
    let ours = hex::encode(message);
    let stated = case.out().and_then(|out| out.get("message_ref")).and_then(Json::as_str);
    let table = case.file_field("messages");
    let is_ours = |name: &&str| table.and_then(|t| t.get(name)?.as_str()) == Some(ours.as_str());
    stated.filter(is_ours).map_or_else(|| ours.clone(), ToOwned::to_owned)
}

/// The dump in the oracle's form; its hashes have the order of a hash table, which says nothing.
fn dump_of_2025(case: &Case<'_>, ours: &[u8]) -> Result<Vec<u8>, BadVector> {
    let stated = case.out().and_then(|out| out.get("keys_dump")).and_then(Json::as_str);
    let Some(theirs) = stated.and_then(|text| hex::decode(text).ok()) else {
        return Ok(ours.to_vec());
    };
    let same = with_sorted_hashes(ours)? == with_sorted_hashes(&theirs)?;
    Ok(if same { theirs } else { ours.to_vec() })
}

fn with_sorted_hashes(dump: &[u8]) -> Result<BtValue, BadVector> {
    let mut value = BtValue::decode(dump).map_err(bad)?;
    if let BtValue::Dict(dict) = &mut value
        && let Some(BtValue::List(generations)) = dict.get(b"A")
    {
        let generations = generations.iter().map(|generation| match generation {
            // The number in front is smaller than every text.
            BtValue::List(hashes) => sorted(&hashes),
            other => other,
        });
        dict.insert(b"A", &BtValue::List(generations.collect()));
    }
    Ok(value)
}

/// An error with its causes.
fn chain(error: &KeyMessageError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn bad(error: impl std::fmt::Display) -> BadVector {
    BadVector::Malformed(error.to_string())
}
