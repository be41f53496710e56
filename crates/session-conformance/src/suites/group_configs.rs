//! `group_configs.json`: info and members of closed groups, signed by their admins.

use std::time::Duration;

use serde_json::{Value as Json, json};
use session_bt::Value as BtValue;
use session_config::{
    Config, GroupInfo, GroupMembers, StoredHash,
    config::GroupType,
    encryption::{ConfigKey, Domain},
    group_info::EditGroupError,
    group_members::{Member, MemberStatus, PendingRemoval, Progress},
    message::Authority,
    picture::ProfilePicture,
};
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Seed},
    encoding::hex,
};

use super::{
    Reason, Suite,
    config_common::{self, NOW, Opened, Record, dump_of_2025, sorted, state, to_seconds},
};
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite {
    file: "group_configs",
    context: &[],
    reasons: &[
        Reason {
            theirs: "no valid config messages given",
            ours: &["no key decrypts", "signature failed verification", "not signed"],
        },
        Reason { theirs: "exceeds maximum length", ours: &["exceeds the maximum length"] },
    ],
    run,
};

const INFO: Domain<'static> = match Domain::new("groups::Info") {
    Ok(domain) => domain,
    Err(_) => unreachable!(),
};
const MEMBERS: Domain<'static> = match Domain::new("groups::Members") {
    Ok(domain) => domain,
    Err(_) => unreachable!(),
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "edit_and_push" => edit_and_push(case),
        "merge_conflict" => merge_conflict(case),
        "merge_bad" => merge_bad(case),
        "limits" => limits(case),
        "set_name_truncated" => set_name_truncated(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

/// Both objects of one device.
struct Device {
    info: Config<GroupInfo>,
    members: Config<GroupMembers>,
    key: ConfigKey,
}

impl Device {
    fn new(case: &Case<'_>, authority: &Authority) -> Result<Self, BadVector> {
        let keys = keys(case)?;
        let key = keys.first().cloned().ok_or_else(|| BadVector::Malformed("no key".to_owned()))?;
        let info = Config::for_group(authority.clone(), keys.clone());
        Ok(Self { info, members: Config::for_group(authority.clone(), keys), key })
    }

    fn edit(&mut self, edits: &Json) -> Result<(), BadVector> {
        edits.as_array().into_iter().flatten().try_for_each(|edit| {
            if edit.get("erase_member").is_some() {
                let id = Record(edit).parse("erase_member")?;
                let existed = self
                    .members
                    .erase(&id)
                    .map_err(|error| BadVector::Malformed(error.to_string()))?;
                return Record(edit).existed(existed);
            }
            match edit.get("set_member") {
                Some(value) => self.set_member(value),
                None => self.set_info(edit),
            }
        })
    }

    fn set_info(&mut self, edit: &Json) -> Result<(), BadVector> {
        let bad = |error: &dyn std::fmt::Display| BadVector::Malformed(error.to_string());
        let value = edit.get("value").unwrap_or(&Json::Null);
        let text = value.as_str().unwrap_or_default();
        let time = Record(edit).seconds("value");
        match Record(edit).text("set") {
            "info.name" => self.info.set_name(text).map_err(|e| bad(&e)),
            "info.description" => self.info.set_description(text).map_err(|e| bad(&e)),
            "info.profile_pic" => {
                let record = Record(value);
                let picture = picture(record.text("url"), &record.bytes("key")?)?;
                self.info.set_picture(picture.as_ref()).map_err(|e| bad(&e))
            }
            "info.expiry_timer_s" => {
                let timer = value.as_u64().filter(|timer| *timer > 0).map(Duration::from_secs);
                self.info.set_expiry_timer(timer).map_err(|e| bad(&e))
            }
            "info.created" => self.info.set_created_at(time).map_err(|e| bad(&e)),
            "info.delete_before" => self.info.set_delete_before(time).map_err(|e| bad(&e)),
            "info.delete_attach_before" => {
                self.info.set_delete_attachments_before(time).map_err(|e| bad(&e))
            }
            "info.destroy" | "info.destroyed" => self.info.destroy().map_err(|e| bad(&e)),
            other => Err(BadVector::Malformed(format!("unknown edit `{other}`"))),
        }
    }

    fn set_member(&mut self, value: &Json) -> Result<(), BadVector> {
        let record = Record(value);
        let mut member = Member::invited(record.parse("session_id")?);
        member.set_name(record.text("name"));
        member.picture =
            picture(record.text("profile_pic_url"), &record.bytes("profile_pic_key")?)?;
        member.is_admin = record.flag("admin");
        member.needs_supplement = record.flag("supplement");
        member.invite = progress(record.number("invite_status"));
        member.promotion = progress(record.number("promotion_status"));
        member.removal = match record.number("removed_status") {
            1 => Some(PendingRemoval::Member),
            2 => Some(PendingRemoval::MemberAndMessages),
            _ => None,
        };
        self.members.set(&member).map_err(|error| BadVector::Malformed(error.to_string()))
    }

    fn push(&mut self, info: &Json, members: &Json) -> Result<[Json; 2], BadVector> {
        Ok([
            push_and_confirm(&mut self.info, &self.key, INFO, info)?,
            push_and_confirm(&mut self.members, &self.key, MEMBERS, members)?,
        ])
    }
}

fn edit_and_push(case: &Case<'_>) -> Result<Ran, BadVector> {
    let mut device = Device::new(case, &admin(case)?)?;
    device.edit(case.required("edits")?)?;
    let [info, members] = device.push(&stated(case, "info"), &stated(case, "members"))?;
    let info_dump = dump_of_2025(&device.info.dump(NOW))?;
    let members_dump = device.members.dump(NOW);
    Ok(Ran::Returned(
        Outputs::new()
            .value("info", info)
            .value("members", members)
            .hex("info_dump", &info_dump)
            .hex("members_dump", &members_dump_of_2025(case, &members_dump)?),
    ))
}

fn merge_conflict(case: &Case<'_>) -> Result<Ran, BadVector> {
    let mut a = Device::new(case, &admin(case)?)?;
    let stored = Stored::of(case)?;
    let [info_ancestor, info_of_b, _] = &stored.info;
    let [members_ancestor, members_of_b, _] = &stored.members;
    receive_one(&mut a.info, info_ancestor)?;
    receive_one(&mut a.members, members_ancestor)?;
    // A made the common ancestor: what is not sent in it, A is sending.
    for member in a.members.iter().collect::<Vec<_>>() {
        a.members.set(&member).map_err(|error| BadVector::Malformed(error.to_string()))?;
    }
    a.edit(case.required("edits_by_A")?)?;
    let pushed = case.required("A")?;
    let field = |field| pushed.get(field).unwrap_or(&Json::Null);
    let ours = a.push(field("info"), field("members"))?;
    if ours.iter().ne([field("info"), field("members")]) {
        return Err(BadVector::Malformed(format!("push of A is {ours:?}")));
    }
    let merged =
        vec![receive_one(&mut a.info, info_of_b)?, receive_one(&mut a.members, members_of_b)?];
    let mut outputs = Outputs::new()
        .value("A_merged", merged)
        .value("info", info_to_json(&a.info))
        .value("members", members_to_json(&a.members))
        .value("info_state", state(&a.info))
        .value("members_state", state(&a.members));
    let [info, members] = a.push(&stated(case, "info_push"), &stated(case, "members_push"))?;
    outputs = outputs.value("info_push", info).value("members_push", members);

    let mut reader = Device::new(case, &reader(case)?)?;
    config_common::receive(&mut reader.info, &stored.info)?.map_err(BadVector::Malformed)?;
    config_common::receive(&mut reader.members, &stored.members)?.map_err(BadVector::Malformed)?;
    Ok(Ran::Returned(
        outputs
            .value("reader_info", info_to_json(&reader.info))
            .value("reader_members", members_to_json(&reader.members))
            .value("reader_info_state", state(&reader.info))
            .value("reader_members_state", state(&reader.members))
            .hex("reader_info_dump", &dump_of_2025(&reader.info.dump(NOW))?),
    ))
}

/// The stored messages of a conflict: common ancestor, B's, A's.
struct Stored {
    info: [(StoredHash, Vec<u8>); 3],
    members: [(StoredHash, Vec<u8>); 3],
}

impl Stored {
    fn of(case: &Case<'_>) -> Result<Self, BadVector> {
        let message = |kind: &str, field: &str| {
            let value = case.required(kind)?.get(field).unwrap_or(&Json::Null);
            let message = value.get("message").unwrap_or(value).as_str().unwrap_or_default();
            // The hash of the common ancestor is what A's push makes obsolete.
            let pushed = case.required("A")?.get(field).unwrap_or(&Json::Null);
            let ancestor = pushed.get("obsolete_hashes").and_then(|hashes| hashes.get(0));
            let hash = value.get("hash").or(ancestor).and_then(Json::as_str).unwrap_or("ancestor");
            Ok::<_, BadVector>((StoredHash::new(hash), case.hex(field, message)?))
        };
        let all = |field| {
            Ok::<_, BadVector>([
                message("common_ancestor", field)?,
                message("B", field)?,
                message("A", field)?,
            ])
        };
        Ok(Self { info: all("info")?, members: all("members")? })
    }
}

/// Merges one message, of which something must be usable.
fn receive_one<T: GroupType>(
    config: &mut Config<T>,
    message: &(StoredHash, Vec<u8>),
) -> Result<Json, BadVector> {
    config_common::receive(config, std::slice::from_ref(message))?.map_err(BadVector::Malformed)
}

fn merge_bad(case: &Case<'_>) -> Result<Ran, BadVector> {
    let mut reader = Device::new(case, &reader(case)?)?;
    let message = (StoredHash::new("h"), case.bytes("message")?);
    Ok(match config_common::receive(&mut reader.info, &[message])? {
        Err(rejection) => Ran::Refused(rejection),
        Ok(merged) => Ran::Returned(
            Outputs::new().value("merged", merged).value("info", info_to_json(&reader.info)),
        ),
    })
}

fn limits(case: &Case<'_>) -> Result<Ran, BadVector> {
    let mut info = any_info();
    let text = "n".repeat(case.integer("length")?);
    let set = match case.text("field")? {
        "name" => info.set_name(&text),
        "description" => info.set_description(&text),
        other => return Ok(Ran::Unable(format!("unknown field `{other}`"))),
    };
    let length = info.name().map(|name| name.len());
    let outputs = Outputs::new().value("ok", true).value("info_name_length", length);
    Ok(match set {
        // 07 §15.1: the oracle's library writes up to 2000 bytes, released ones up to 600.
        Err(error @ EditGroupError::TooLong(_)) if case.text("field")? == "description" => {
            Ran::RefusedBySpecification(error.to_string())
        }
        set => Ran::from_result(set.map(|()| outputs)),
    })
}

fn set_name_truncated(case: &Case<'_>) -> Result<Ran, BadVector> {
    let mut info = any_info();
    let set = info.set_name_truncated(case.text("name")?);
    Ok(Ran::from_result(set.map(|()| Outputs::new().value("name", info.name()))))
}

fn any_info() -> Config<GroupInfo> {
    let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]));
    let key = ConfigKey::from_bytes([7; 32]);
    Config::for_group(Authority::Signer(Box::new(keypair)), [key])
}

fn push_and_confirm<T: GroupType>(
    config: &mut Config<T>,
    key: &ConfigKey,
    domain: Domain<'_>,
    stated: &Json,
) -> Result<Json, BadVector> {
    let push = config.push(NOW).map_err(|error| BadVector::Malformed(error.to_string()))?;
    let hash = stated.get("hash").and_then(Json::as_str).unwrap_or("stored");
    config.confirm_pushed(push.seqno(), [StoredHash::new(hash)]);
    let [message] = push.messages() else {
        return Err(BadVector::Malformed("several parts".to_owned()));
    };
    let mut ours = Opened::of(key, domain, message.clone())?;
    // Compressors differ: a stated message that holds what ours does stands for ours.
    let theirs = stated.get("message").and_then(Json::as_str).and_then(|t| hex::decode(t).ok());
    if let Some(Ok(theirs)) = theirs.map(|theirs| Opened::of(key, domain, theirs))
        && theirs.serialized == ours.serialized
        && (theirs.is_compressed || ours.is_compressed)
    {
        ours = theirs;
    }
    Ok(json!({
        "seqno": push.seqno(),
        "hash": hash,
        "message": hex::encode(&ours.blob),
        "serialized": hex::encode(&ours.serialized),
        "obsolete_hashes": push.obsolete().iter().map(StoredHash::as_str).collect::<Vec<_>>(),
    }))
}

/// The dump in the oracle's form; its ids have the order of a hash table, which says nothing.
fn members_dump_of_2025(case: &Case<'_>, dump: &[u8]) -> Result<Vec<u8>, BadVector> {
    let ours = dump_of_2025(dump)?;
    let theirs = case.stated_bytes("members_dump")?;
    let same = sorted_sends(&ours)? == sorted_sends(&theirs)?;
    Ok(if same { theirs } else { ours })
}

fn sorted_sends(dump: &[u8]) -> Result<BtValue, BadVector> {
    let mut value =
        BtValue::decode(dump).map_err(|error| BadVector::Malformed(error.to_string()))?;
    if let BtValue::Dict(dict) = &mut value
        && let Some(BtValue::Dict(mut extra)) = dict.get(b"+")
        && let Some(BtValue::List(ids)) = extra.get(b"pending_send_ids")
    {
        extra.insert(b"pending_send_ids", &sorted(&ids));
        dict.insert(b"+", &BtValue::Dict(extra));
    }
    Ok(value)
}

pub(super) fn info_to_json(info: &Config<GroupInfo>) -> Json {
    let picture = info.picture();
    let number = |time| Some(to_seconds(time)).filter(|seconds| *seconds > 0);
    json!({
        "name": info.name(),
        "description": info.description(),
        "profile_pic_url": picture.as_ref().map(ProfilePicture::url).unwrap_or_default(),
        "profile_pic_key": picture.as_ref().map(|p| hex::encode(p.expose_key())).unwrap_or_default(),
        "expiry_timer_s": info.expiry_timer().map(|timer| timer.as_secs()),
        "created": number(info.created_at()),
        "delete_before": number(info.delete_before()),
        "delete_attach_before": number(info.delete_attachments_before()),
        "destroyed": info.is_destroyed(),
    })
}

pub(super) fn members_to_json(members: &Config<GroupMembers>) -> Json {
    members.iter().map(|member| member_to_json(members, &member)).collect()
}

fn member_to_json(members: &Config<GroupMembers>, member: &Member) -> Json {
    let picture = member.picture.as_ref();
    json!({
        "session_id": member.id().to_string(),
        "name": member.name(),
        "profile_pic_url": picture.map(ProfilePicture::url).unwrap_or_default(),
        "profile_pic_key": picture.map(|p| hex::encode(p.expose_key())).unwrap_or_default(),
        "admin": member.is_admin,
        "supplement": member.needs_supplement,
        "invite_status": progress_to_number(member.invite),
        "promotion_status": progress_to_number(member.promotion),
        "removed_status": match member.removal {
            Some(PendingRemoval::Member) => 1,
            Some(PendingRemoval::MemberAndMessages) => 2,
            _ => 0,
        },
        "status": status(members.member_status(member)),
    })
}

fn status(status: MemberStatus) -> &'static str {
    match status {
        MemberStatus::Removed => "removed",
        MemberStatus::RemovedWithMessages => "removed_including_messages",
        MemberStatus::PromotionSending => "promotion_sending",
        MemberStatus::Promotion(Progress::Accepted) => "promotion_accepted",
        MemberStatus::Promotion(Progress::Sent) => "promotion_sent",
        MemberStatus::Promotion(Progress::Failed) => "promotion_failed",
        MemberStatus::Promotion(_) => "promotion_not_sent",
        MemberStatus::InviteSending => "invite_sending",
        MemberStatus::Invite(Progress::Accepted) => "invite_accepted",
        MemberStatus::Invite(Progress::Sent) => "invite_sent",
        MemberStatus::Invite(Progress::Failed) => "invite_failed",
        _ => "invite_not_sent",
    }
}

const fn progress(number: i64) -> Progress {
    match number {
        0 => Progress::Accepted,
        1 => Progress::Sent,
        2 => Progress::Failed,
        3 => Progress::NotSent,
        other => Progress::Other(other),
    }
}

const fn progress_to_number(progress: Progress) -> i64 {
    match progress {
        Progress::Sent => 1,
        Progress::Failed => 2,
        Progress::NotSent => 3,
        Progress::Other(number) => number,
        _ => 0,
    }
}

fn picture(url: &str, key: &[u8]) -> Result<Option<ProfilePicture>, BadVector> {
    if url.is_empty() || key.is_empty() {
        return Ok(None);
    }
    ProfilePicture::new(url, key).map(Some).map_err(|error| BadVector::Malformed(error.to_string()))
}

fn keys(case: &Case<'_>) -> Result<Vec<ConfigKey>, BadVector> {
    let keys = case.required("keys")?.as_array().into_iter().flatten();
    keys.map(|key| {
        let key = case.hex("keys", key.as_str().unwrap_or_default())?;
        ConfigKey::try_from(key.as_slice()).map_err(|error| BadVector::Malformed(error.to_string()))
    })
    .collect()
}

fn admin(case: &Case<'_>) -> Result<Authority, BadVector> {
    let keypair = Ed25519Keypair::from_secret_bytes(&case.bytes("group_ed25519_secret64")?);
    let keypair = keypair.map_err(|error| BadVector::Malformed(error.to_string()))?;
    Ok(Authority::Signer(Box::new(keypair)))
}

fn reader(case: &Case<'_>) -> Result<Authority, BadVector> {
    let key = Ed25519PublicKey::from_bytes(case.array("group_ed25519_pubkey")?);
    Ok(Authority::ReadOnly(key.check().map_err(|error| BadVector::Malformed(error.to_string()))?))
}

fn stated(case: &Case<'_>, field: &str) -> Json {
    let stated = case.out().and_then(|out| out.get(field));
    stated.map_or(Json::Null, |stated| case.resolve(stated))
}
