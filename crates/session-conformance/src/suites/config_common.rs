//! What the suites of the account's config types have in common: two devices of one account, their edits,
//! pushes and merges.

use serde_json::{Map, Value as Json, json};
use session_bt::{List as BtList, Value as BtValue};
use session_config::{
    Config, Incoming, StoredHash, compression,
    config::{AccountType, Push, Status, SyncedType},
    encryption::{ConfigKey, Domain},
    padding,
    wrapping::Wrapper,
};
use session_crypto::{ed25519::Ed25519Keypair, encoding::hex};
use session_identity::Timestamp;

use super::Reason;
use crate::{BadVector, Case, Outputs, Ran};

/// The oracle raises where nothing of a merge could be used; ours reports why.
pub(super) const REASONS: &[Reason] = &[
    Reason {
        theirs: "no valid config messages given",
        ours: &[
            "no key decrypts",
            "message is empty",
            "decompression failed",
            "no seqno",
            "does not start with its seqno",
            "wanted range",
            "expected an integer",
            "message has no",
            "at byte",
            "failed verification",
            "part",
        ],
    },
    Reason { theirs: "non-dict data", ours: &["message is no dict", "message is empty"] },
];

/// A type of config as a vector file knows it.
pub(super) struct Type<T: AccountType> {
    /// What the type encrypts for.
    pub(super) domain: &'static str,
    /// Makes an edit.
    pub(super) edit: fn(&mut Config<T>, &Json) -> Result<(), BadVector>,
    /// Shows the data.
    pub(super) fields: fn(&Config<T>) -> Json,
}

/// Time of all operations: before the times in the vectors, after all others.
pub(super) const NOW: Timestamp = Timestamp::from_millis(1_738_000_000_000);

impl<T: AccountType> Type<T> {
    pub(super) fn run(&self, case: &Case<'_>) -> Result<Ran, BadVector> {
        match case.op() {
            "edit_and_push" => self.edit_and_push(case),
            "merge" | "merge_bad" => self.merge(case),
            "merge_conflict" => self.merge_conflict(case),
            "merge_conflict_reverse" => self.merge_conflict_reverse(case),
            "merge_many" => self.merge_many(case),
            "merge_while_dirty" => self.merge_while_dirty(case),
            _ => Ok(Ran::UnknownOperation),
        }
    }

    fn edit_and_push(&self, case: &Case<'_>) -> Result<Ran, BadVector> {
        let mut device = self.device(case)?;
        self.edit(&mut device, case, "edits")?;
        let state_before = state(&device);
        let dump_before = hex::encode(&dump_of_2025(&device.dump(NOW))?);
        let push = self.push_and_confirm(case, &mut device, &stated(case, "push"))?;
        let state = state(&device);
        Ok(Ran::Returned(
            Outputs::new()
                .value("state_before_push", state_before)
                .value("dump_before_push", dump_before)
                .value("push", push)
                .value("fields", (self.fields)(&device))
                .value("state", state)
                .hex("dump", &dump_of_2025(&device.dump(NOW))?),
        ))
    }

    fn merge(&self, case: &Case<'_>) -> Result<Ran, BadVector> {
        let mut device = self.device(case)?;
        let message = match case.required("message")? {
            Json::String(data) => json!({"hash": "h", "data": data}),
            message => message.clone(),
        };
        let merged = match self.receive(case, &mut device, &[message])? {
            Ok(merged) => merged,
            Err(rejection) => return Ok(Ran::Refused(rejection)),
        };
        let outputs = Outputs::new()
            .value("merged", merged)
            .value("fields", (self.fields)(&device))
            .value("state", state(&device));
        Ok(Ran::Returned(outputs.hex("dump", &dump_of_2025(&device.dump(NOW))?)))
    }

    fn merge_conflict(&self, case: &Case<'_>) -> Result<Ran, BadVector> {
        let mut device = self.device_with_edits(case, "A")?;
        let merged = self.receive(case, &mut device, &[pushed(case, "B_push")?])?;
        let outputs = Outputs::new()
            .value("merged", merged.map_err(BadVector::Malformed)?)
            .value("fields", (self.fields)(&device))
            .value("state", state(&device));
        let push = self.push_and_confirm(case, &mut device, &stated(case, "push"))?;
        let dump = dump_of_2025(&device.dump(NOW))?;
        Ok(Ran::Returned(outputs.value("push", push).hex("dump", &dump)))
    }

    fn merge_conflict_reverse(&self, case: &Case<'_>) -> Result<Ran, BadVector> {
        let mut a = self.device_with_edits(case, "A")?;
        self.receive(case, &mut a, &[pushed(case, "B_push")?])?.map_err(BadVector::Malformed)?;
        let from_a = self.push_and_confirm(case, &mut a, &Json::Null)?;
        let mut b = self.device_with_edits(case, "B")?;
        let merged = self.receive(case, &mut b, &[pushed(case, "A_push")?])?;
        let outputs = Outputs::new()
            .value("merged", merged.map_err(BadVector::Malformed)?)
            .value("fields", (self.fields)(&b))
            .value("state", state(&b));
        let from_b = self.push_and_confirm(case, &mut b, &stated(case, "push"))?;
        let same = from_a.get("serialized") == from_b.get("serialized");
        Ok(Ran::Returned(outputs.value("push", from_b).value("same_serialized_as_A", same)))
    }

    fn merge_many(&self, case: &Case<'_>) -> Result<Ran, BadVector> {
        let mut device = self.device(case)?;
        let messages =
            [case.required("ancestor")?.clone(), pushed(case, "A_push")?, pushed(case, "B_push")?];
        let merged = self.receive(case, &mut device, &messages)?;
        let outputs = Outputs::new()
            .value("merged", merged.map_err(BadVector::Malformed)?)
            .value("fields", (self.fields)(&device))
            .value("state", state(&device));
        let push = self.push_and_confirm(case, &mut device, &stated(case, "push"))?;
        Ok(Ran::Returned(outputs.value("push", push)))
    }

    fn merge_while_dirty(&self, case: &Case<'_>) -> Result<Ran, BadVector> {
        let dirty_device = || {
            let mut device = self.device(case)?;
            let ancestor = case.required("ancestor")?.clone();
            self.receive(case, &mut device, &[ancestor])?.map_err(BadVector::Malformed)?;
            self.edit(&mut device, case, "unpushed_edits")?;
            Ok::<_, BadVector>(device)
        };
        // The oracle's dump here leaves the device in need of one.
        let dump_before = dump_of_2025(&dirty_device()?.dump(NOW))?;
        let mut device = dirty_device()?;
        let messages = case.required("messages")?.as_array().cloned().unwrap_or_default();
        let merged = self.receive(case, &mut device, &messages)?;
        let outputs = Outputs::new()
            .hex("dump_before", &dump_before)
            .value("merged", merged.map_err(BadVector::Malformed)?)
            .value("fields", (self.fields)(&device))
            .value("state", state(&device));
        let push = self.push_and_confirm(case, &mut device, &stated(case, "push"))?;
        Ok(Ran::Returned(outputs.value("push", push)))
    }

    fn domain(&self) -> Result<Domain<'static>, BadVector> {
        Domain::new(self.domain).map_err(|error| BadVector::Malformed(error.to_string()))
    }

    fn device(&self, case: &Case<'_>) -> Result<Config<T>, BadVector> {
        Ok(Config::new(&account(case)?))
    }

    /// A device that has the common ancestor, made its edits and pushed them, as the vector says.
    fn device_with_edits(&self, case: &Case<'_>, name: &str) -> Result<Config<T>, BadVector> {
        let mut device = self.device(case)?;
        let ancestor = case.required("ancestor")?.clone();
        self.receive(case, &mut device, &[ancestor])?.map_err(BadVector::Malformed)?;
        self.edit(&mut device, case, &format!("edits_by_{name}"))?;
        let stated = case.resolve(case.required(&format!("{name}_push"))?);
        let push = self.push_and_confirm(case, &mut device, &stated)?;
        if push != stated {
            return Err(BadVector::Malformed(format!(
                "push of {name} is {push}, stated is {stated}"
            )));
        }
        Ok(device)
    }

    fn edit(&self, device: &mut Config<T>, case: &Case<'_>, field: &str) -> Result<(), BadVector> {
        let edits = case.resolve(case.required(field)?);
        edits.as_array().into_iter().flatten().try_for_each(|edit| (self.edit)(device, edit))
    }

    /// Merges messages. Where nothing could be used, the reason.
    fn receive(
        &self,
        case: &Case<'_>,
        device: &mut Config<T>,
        messages: &[Json],
    ) -> Result<Result<Json, String>, BadVector> {
        let mut stored = Vec::new();
        for message in messages {
            let hash = message.get("hash").and_then(Json::as_str).unwrap_or_default();
            let data = message.get("data").and_then(Json::as_str).unwrap_or_default();
            stored.push((StoredHash::new(hash), case.hex("data", data)?));
        }
        receive(device, &stored)
    }

    fn push_and_confirm(
        &self,
        case: &Case<'_>,
        device: &mut Config<T>,
        stated: &Json,
    ) -> Result<Json, BadVector> {
        let account = account(case)?;
        let push = device.push(NOW).map_err(|error| BadVector::Malformed(error.to_string()))?;
        let ours = self.open(&account, &push)?;
        let hash = stated.get("hash").and_then(Json::as_str).unwrap_or("stored");
        device.confirm_pushed(push.seqno(), [StoredHash::new(hash)]);
        let (message, encrypted) = self.with_their_compression(&account, ours, stated)?;
        Ok(json!({
            "seqno": push.seqno(),
            "hash": hash,
            "message": hex::encode(&message),
            "encrypted_config": hex::encode(&encrypted.blob),
            "serialized": hex::encode(&encrypted.serialized),
            "obsolete_hashes": push.obsolete().iter().map(StoredHash::as_str).collect::<Vec<_>>(),
        }))
    }

    fn open(&self, account: &Ed25519Keypair, push: &Push) -> Result<(Vec<u8>, Opened), BadVector> {
        let [message] = push.messages() else {
            return Err(BadVector::Malformed("several parts".to_owned()));
        };
        let unwrapped = Wrapper::new(account, T::WRAPPED_KIND).unwrap(message);
        let blob = unwrapped.unwrap_or_else(|| message.clone());
        Ok((
            message.clone(),
            Opened::of(&ConfigKey::of_account(&account.seed()), self.domain()?, blob)?,
        ))
    }

    /// Compressors differ: if the stated blob holds the same message as ours, and at least one of the two is
    /// compressed, then it stands for ours; and the stated message if it is our wrapping of that blob.
    fn with_their_compression(
        &self,
        account: &Ed25519Keypair,
        ours: (Vec<u8>, Opened),
        stated: &Json,
    ) -> Result<(Vec<u8>, Opened), BadVector> {
        let field =
            |name| stated.get(name).and_then(Json::as_str).and_then(|t| hex::decode(t).ok());
        let (Some(message), Some(blob)) = (field("message"), field("encrypted_config")) else {
            return Ok(ours);
        };
        let key = ConfigKey::of_account(&account.seed());
        let Ok(theirs) = Opened::of(&key, self.domain()?, blob) else { return Ok(ours) };
        let seqno = stated.get("seqno").and_then(Json::as_i64).unwrap_or_default();
        let wrapped = Wrapper::new(account, T::WRAPPED_KIND).wrap(&theirs.blob, seqno);
        let same = theirs.serialized == ours.1.serialized
            && (theirs.is_compressed || ours.1.is_compressed)
            && wrapped.as_ref() == Some(&message);
        Ok(if same { (message, theirs) } else { ours })
    }
}

/// A blob and what is in it.
pub(super) struct Opened {
    pub(super) blob: Vec<u8>,
    pub(super) serialized: Vec<u8>,
    pub(super) is_compressed: bool,
}

impl Opened {
    pub(super) fn of(
        key: &ConfigKey,
        domain: Domain<'_>,
        blob: Vec<u8>,
    ) -> Result<Self, BadVector> {
        let bad = |error: &dyn std::fmt::Display| BadVector::Malformed(error.to_string());
        let padded = key.decrypt(domain, &blob).map_err(|e| bad(&e))?;
        let body = padding::unpad(&padded);
        let is_compressed = body.first() == Some(&compression::MARKER);
        let serialized = match body.split_first() {
            Some((_, frame)) if is_compressed => {
                compression::decompress(frame).map_err(|e| bad(&e))?.to_vec()
            }
            _ => body.to_vec(),
        };
        Ok(Self { blob, serialized, is_compressed })
    }
}

/// Merges messages: the processed ones or, if there are none, why.
pub(super) fn receive<T: SyncedType>(
    device: &mut Config<T>,
    messages: &[(StoredHash, Vec<u8>)],
) -> Result<Result<Json, String>, BadVector> {
    let incoming: Vec<Incoming<'_>> =
        messages.iter().map(|(hash, data)| Incoming::new(hash.clone(), data)).collect();
    let report =
        device.merge(&incoming, NOW).map_err(|error| BadVector::Malformed(error.to_string()))?;
    if let (true, Some((_, rejection))) = (report.processed().is_empty(), report.rejected().first())
    {
        return Ok(Err(rejection.to_string()));
    }
    let processed: Vec<&str> = report.processed().iter().map(StoredHash::as_str).collect();
    Ok(Ok(json!(processed)))
}

pub(super) fn state<T: SyncedType>(device: &Config<T>) -> Json {
    json!({
        "needs_push": device.needs_push(),
        "needs_dump": device.needs_dump(),
        "is_dirty": device.status() == Status::Dirty,
        "is_clean": device.status() == Status::Clean,
        "current_hashes": device.current_hashes().map(StoredHash::as_str).collect::<Vec<_>>(),
    })
}

/// A dump in the form of the oracle's year: one current hash, which is empty if there is none.
pub(super) fn dump_of_2025(dump: &[u8]) -> Result<Vec<u8>, BadVector> {
    let mut value =
        BtValue::decode(dump).map_err(|error| BadVector::Malformed(error.to_string()))?;
    if let BtValue::Dict(dict) = &mut value
        && let Some(BtValue::List(hashes)) = dict.get(b"(")
    {
        let hash = hashes.iter().next().unwrap_or(BtValue::Bytes(Vec::new()));
        dict.insert(b"(", &hash);
    }
    Ok(value.encode())
}

/// The list with its elements in order.
pub(super) fn sorted(list: &BtList) -> BtValue {
    let mut elements: Vec<_> = list.iter().collect();
    elements.sort();
    BtValue::List(elements.into_iter().collect())
}

pub(super) fn account(case: &Case<'_>) -> Result<Ed25519Keypair, BadVector> {
    Ed25519Keypair::from_secret_bytes(&case.bytes("ed25519_secret64")?)
        .map_err(|error| BadVector::Malformed(error.to_string()))
}

fn stated(case: &Case<'_>, field: &str) -> Json {
    let stated = case.out().and_then(|out| out.get(field));
    stated.map_or(Json::Null, |stated| case.resolve(stated))
}

/// What another device pushed, as it is stored.
fn pushed(case: &Case<'_>, field: &str) -> Result<Json, BadVector> {
    let push = case.required(field)?;
    Ok(json!({"hash": push.get("hash"), "data": push.get("message")}))
}

/// Typed access to a record of an edit.
pub(super) struct Record<'a>(pub(super) &'a Json);

impl Record<'_> {
    pub(super) fn text(&self, field: &str) -> &str {
        self.0.get(field).and_then(Json::as_str).unwrap_or_default()
    }

    pub(super) fn number(&self, field: &str) -> i64 {
        self.0.get(field).and_then(Json::as_i64).unwrap_or_default()
    }

    pub(super) fn flag(&self, field: &str) -> bool {
        self.0.get(field).and_then(Json::as_bool).unwrap_or_default()
    }

    pub(super) fn bytes(&self, field: &str) -> Result<Vec<u8>, BadVector> {
        hex::decode(self.text(field))
            .map_err(|error| BadVector::Malformed(format!("`{field}`: {error}")))
    }

    pub(super) fn parse<V: std::str::FromStr<Err: std::fmt::Display>>(
        &self,
        field: &str,
    ) -> Result<V, BadVector> {
        self.text(field)
            .parse()
            .map_err(|error| BadVector::Malformed(format!("`{field}`: {error}")))
    }

    /// A time in seconds, 0 for none.
    pub(super) fn seconds(&self, field: &str) -> Option<Timestamp> {
        let seconds = u64::try_from(self.number(field)).unwrap_or_default();
        (seconds > 0).then(|| Timestamp::from_millis(seconds.saturating_mul(1000)))
    }

    /// Fails if an erased entry was not there although the vector says so, or the other way round.
    pub(super) fn existed(&self, existed: bool) -> Result<(), BadVector> {
        if self.flag("existed") == existed {
            return Ok(());
        }
        Err(BadVector::Malformed(format!("existed: {existed}, stated otherwise: {}", self.0)))
    }
}

/// Seconds of a time, 0 for none.
pub(super) fn to_seconds(time: Option<Timestamp>) -> u64 {
    time.map_or(0, Timestamp::as_secs)
}

/// URL and key of a picture, both empty if there is none.
pub(super) fn picture_to_json(picture: Option<&session_config::picture::ProfilePicture>) -> Json {
    let url = picture.map(|picture| picture.url()).unwrap_or_default();
    let key = picture.map(|picture| hex::encode(picture.expose_key())).unwrap_or_default();
    let fields = [("url", json!(url)), ("key", json!(key))];
    Json::Object(
        fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect::<Map<_, _>>(),
    )
}
