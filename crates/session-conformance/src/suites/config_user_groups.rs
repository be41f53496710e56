//! `config_user_groups.json`: the groups and communities that the account is in.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value as Json, json};
use session_config::{
    Config, UserGroups,
    user_groups::{GroupSettings, JoinedCommunity, JoinedGroup, LegacyGroup, Removal},
};
use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed},
    encoding::hex,
    secret::SecretBytes,
    x25519::{X25519PublicKey, X25519SecretKey},
};
use session_identity::AccountId;
use session_types::community::Community;

use super::{
    Suite,
    config_common::{REASONS, Record, Type, to_seconds},
    config_contacts::{notifications, notifications_to_number},
};
use crate::BadVector;

pub(super) const SUITE: Suite = Suite {
    file: "config_user_groups",
    context: &[],
    reasons: REASONS,
    run: |case| TYPE.run(case),
};

const TYPE: Type<UserGroups> = Type { domain: "UserGroups", edit, fields };

fn edit(groups: &mut Config<UserGroups>, edit: &Json) -> Result<(), BadVector> {
    let record = Record(edit);
    if edit.get("erase_group").is_some() {
        return record.existed(groups.remove_group(&record.parse("erase_group")?));
    }
    if edit.get("erase_legacy_group").is_some() {
        return record.existed(groups.remove_legacy_group(&record.parse("erase_legacy_group")?));
    }
    if let Some(room) = edit.get("erase_community") {
        let room = Record(room);
        let existed = groups.remove_community(&room.parse("base_url")?, &room.parse("room")?);
        return record.existed(existed);
    }
    let value = edit.get("set").ok_or_else(|| BadVector::Malformed(format!("edit {edit}")))?;
    match Record(value).text("type") {
        "group" => groups.set_group(&group(value)?),
        "community" => groups.set_community(&community(value)?),
        "legacy_group" => groups.set_legacy_group(&legacy_group(value)?),
        other => return Err(BadVector::Malformed(format!("unknown type `{other}`"))),
    }
    Ok(())
}

fn settings(record: &Record<'_>) -> GroupSettings {
    let mut settings = GroupSettings::default();
    settings.priority = record.number("priority");
    settings.joined_at = record.seconds("joined_at");
    settings.notifications = notifications(record.number("notifications"));
    settings.muted_until = record.seconds("mute_until");
    settings.is_invited = record.flag("invited");
    settings
}

pub(super) fn group(value: &Json) -> Result<JoinedGroup, BadVector> {
    let bad = |error: &dyn std::fmt::Display| BadVector::Malformed(error.to_string());
    let record = Record(value);
    let mut group = JoinedGroup::new(record.parse("id")?);
    group.set_name(record.text("name")).map_err(|e| bad(&e))?;
    let secret = record.bytes("secretkey")?;
    if !secret.is_empty() {
        let keypair = Ed25519Keypair::from_secret_bytes(&secret).map_err(|e| bad(&e))?;
        group.set_seed(Some(keypair.seed())).map_err(|e| bad(&e))?;
    }
    let auth: Option<[u8; 100]> = record.bytes("auth_data")?.try_into().ok();
    group.auth_data = auth.map(SecretBytes::from_bytes);
    group.removal = match record.number("removed_status") {
        1 => Some(Removal::Kicked),
        2 => Some(Removal::Destroyed),
        _ => None,
    };
    group.settings = settings(&record);
    Ok(group)
}

fn community(value: &Json) -> Result<JoinedCommunity, BadVector> {
    let record = Record(value);
    let key: X25519PublicKey = record.parse("pubkey")?;
    let community = Community::new(record.parse("base_url")?, record.parse("room")?, key);
    let mut joined = JoinedCommunity::new(community);
    joined.settings = settings(&record);
    Ok(joined)
}

fn legacy_group(value: &Json) -> Result<LegacyGroup, BadVector> {
    let record = Record(value);
    let mut group = LegacyGroup::new(record.parse("session_id")?);
    let name = group.set_name(record.text("name"));
    name.map_err(|error| BadVector::Malformed(error.to_string()))?;
    let public: Option<[u8; 32]> = record.bytes("enc_pubkey")?.try_into().ok();
    let secret: Option<[u8; 32]> = record.bytes("enc_seckey")?.try_into().ok();
    group.encryption_keys = public.zip(secret).map(|(public, secret)| {
        (X25519PublicKey::from_bytes(public), X25519SecretKey::from_bytes(secret))
    });
    let timer = u64::try_from(record.number("disappearing_timer_s")).unwrap_or_default();
    group.timer = (timer > 0).then(|| Duration::from_secs(timer));
    let mut members = BTreeMap::new();
    for (id, is_admin) in value.get("members_admin").and_then(Json::as_object).into_iter().flatten()
    {
        let id: AccountId =
            id.parse().map_err(|error| BadVector::Malformed(format!("{id}: {error}")))?;
        members.insert(id, is_admin.as_bool().unwrap_or_default());
    }
    group.members = members;
    group.settings = settings(&record);
    Ok(group)
}

pub(super) fn fields(groups: &Config<UserGroups>) -> Json {
    let mut all: Vec<Json> = groups.groups().map(|group| group_to_json(&group)).collect();
    all.extend(groups.communities().iter().map(community_to_json));
    all.extend(groups.legacy_groups().map(|group| legacy_group_to_json(&group)));
    Json::Array(all)
}

fn with_settings(mut value: Json, settings: &GroupSettings) -> Json {
    let common = json!({
        "priority": settings.priority,
        "joined_at": to_seconds(settings.joined_at),
        "notifications": notifications_to_number(settings.notifications),
        "mute_until": to_seconds(settings.muted_until),
        "invited": settings.is_invited,
    });
    if let (Json::Object(value), Json::Object(common)) = (&mut value, common) {
        value.extend(common);
    }
    value
}

fn group_to_json(group: &JoinedGroup) -> Json {
    let secret = |seed: &Ed25519Seed| {
        let keypair = Ed25519Keypair::from_seed(seed.clone());
        [hex::encode(seed.expose_bytes()), keypair.public_key().to_string()].concat()
    };
    let value = json!({
        "type": "group",
        "id": group.id().to_string(),
        "name": group.name(),
        "secretkey": group.seed().map(secret).unwrap_or_default(),
        "auth_data": group.auth_data.as_ref().map(|auth| hex::encode(auth.expose_bytes())).unwrap_or_default(),
        "removed_status": match group.removal {
            Some(Removal::Kicked) => 1,
            Some(Removal::Destroyed) => 2,
            _ => 0,
        },
    });
    with_settings(value, &group.settings)
}

fn community_to_json(joined: &JoinedCommunity) -> Json {
    let community = joined.community();
    let value = json!({
        "type": "community",
        "name": "",
        "base_url": community.base_url().as_str(),
        "room": community.room().as_str(),
        "room_norm": community.room().key(),
        "pubkey": community.server_key().to_string(),
        "full_url": community.to_string(),
    });
    with_settings(value, &joined.settings)
}

fn legacy_group_to_json(group: &LegacyGroup) -> Json {
    let members: BTreeMap<String, bool> =
        group.members.iter().map(|(id, is_admin)| (id.to_string(), *is_admin)).collect();
    let keys = group.encryption_keys.as_ref();
    let value = json!({
        "type": "legacy_group",
        "session_id": group.id().to_string(),
        "name": group.name(),
        "enc_pubkey": keys.map(|(public, _)| public.to_string()).unwrap_or_default(),
        "enc_seckey": keys.map(|(_, secret)| hex::encode(secret.expose_bytes())).unwrap_or_default(),
        "disappearing_timer_s": group.timer.map_or(0, |timer| timer.as_secs()),
        "members_admin": members,
    });
    with_settings(value, &group.settings)
}
