//! `config_convo_info_volatile.json`: how far the user has read.

use serde_json::{Value as Json, json};
use session_config::{
    Config, ConvoInfoVolatile,
    convo_info::{Conversation, ReadState},
};
use session_identity::Timestamp;
use session_types::community::Community;

use super::{
    Suite,
    config_common::{NOW, REASONS, Record, Type},
};
use crate::BadVector;

pub(super) const SUITE: Suite = Suite {
    file: "config_convo_info_volatile",
    context: &[],
    reasons: REASONS,
    run: |case| TYPE.run(case),
};

const TYPE: Type<ConvoInfoVolatile> = Type { domain: "ConvoInfoVolatile", edit, fields };

pub(super) fn edit(convos: &mut Config<ConvoInfoVolatile>, edit: &Json) -> Result<(), BadVector> {
    let record = Record(edit);
    if edit.get("erase_1to1").is_some() {
        let conversation = Conversation::Account(record.parse("erase_1to1")?);
        return record.existed(convos.remove(&conversation));
    }
    if edit.get("erase_group").is_some() {
        let conversation = Conversation::Group(record.parse("erase_group")?);
        return record.existed(convos.remove(&conversation));
    }
    if edit.get("erase_legacy_group").is_some() {
        let conversation = Conversation::LegacyGroup(record.parse("erase_legacy_group")?);
        return record.existed(convos.remove(&conversation));
    }
    if let Some(room) = edit.get("erase_community") {
        let room = Record(room);
        let existed = convos.remove_community(&room.parse("base_url")?, &room.parse("room")?);
        return record.existed(existed);
    }
    let value = edit.get("set").ok_or_else(|| BadVector::Malformed(format!("edit {edit}")))?;
    let record = Record(value);
    let mut state = ReadState::default();
    let last_read = u64::try_from(record.number("last_read")).unwrap_or_default();
    state.last_read = (last_read > 0).then(|| Timestamp::from_millis(last_read));
    state.is_unread = record.flag("unread");
    let conversation = match record.text("type") {
        "1to1" => Conversation::Account(record.parse("session_id")?),
        "group" => Conversation::Group(record.parse("id")?),
        "legacy_group" => Conversation::LegacyGroup(record.parse("id")?),
        "community" => {
            let (url, room) = (record.parse("base_url")?, record.parse("room")?);
            let community = Community::new(url, room, record.parse("pubkey")?);
            convos.set_community(&community, state, NOW);
            return Ok(());
        }
        other => return Err(BadVector::Malformed(format!("unknown type `{other}`"))),
    };
    convos.set(&conversation, state, NOW);
    Ok(())
}

pub(super) fn fields(convos: &Config<ConvoInfoVolatile>) -> Json {
    // What the devices share: one device may know of a later time than a merge of them brings.
    let last_read = |state: Option<ReadState>| {
        state.and_then(|state| state.last_read).map_or(0, Timestamp::as_millis)
    };
    let (mut people, mut groups, mut legacy) = (Vec::new(), Vec::new(), Vec::new());
    for (conversation, state) in convos.conversations() {
        let (list, name, id, kind) = match conversation {
            Conversation::Account(id) => (&mut people, "session_id", id.to_string(), "1to1"),
            Conversation::Group(id) => (&mut groups, "id", id.to_string(), "group"),
            Conversation::LegacyGroup(id) => (&mut legacy, "id", id.to_string(), "legacy_group"),
            _ => continue,
        };
        let read = last_read(convos.shared(&conversation));
        let unread = state.is_unread;
        list.push(json!({"type": kind, name: id, "last_read": read, "unread": unread}));
    }
    let rooms = convos.communities().into_iter().map(|(community, state)| {
        let shared = convos.shared_community(community.base_url(), community.room());
        json!({
            "type": "community",
            "base_url": community.base_url().as_str(),
            "room": community.room().as_str(),
            "pubkey": community.server_key().to_string(),
            "last_read": last_read(shared),
            "unread": state.is_unread,
        })
    });
    people.into_iter().chain(groups).chain(rooms).chain(legacy).collect()
}
