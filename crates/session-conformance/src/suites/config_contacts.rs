//! `config_contacts.json`: the people that the account knows.

use std::time::Duration;

use serde_json::{Value as Json, json};
use session_config::{
    Config, Contacts,
    contacts::{Contact, Expiry, Notifications},
};

use super::{
    Suite,
    config_common::{REASONS, Record, Type, picture_to_json, to_seconds},
    config_user_profile::picture,
};
use crate::BadVector;

pub(super) const SUITE: Suite =
    Suite { file: "config_contacts", context: &[], reasons: REASONS, run: |case| TYPE.run(case) };

const TYPE: Type<Contacts> = Type { domain: "Contacts", edit, fields };

fn edit(contacts: &mut Config<Contacts>, edit: &Json) -> Result<(), BadVector> {
    if edit.get("erase_contact").is_some() {
        let id = Record(edit).parse("erase_contact")?;
        return Record(edit).existed(contacts.remove(&id));
    }
    let value =
        edit.get("set_contact").ok_or_else(|| BadVector::Malformed(format!("edit {edit}")))?;
    contacts.set(&contact(value)?);
    Ok(())
}

fn contact(value: &Json) -> Result<Contact, BadVector> {
    let record = Record(value);
    let mut contact = Contact::new(record.parse("session_id")?);
    contact.set_name(record.text("name"));
    let nickname = contact.set_nickname(record.text("nickname"));
    nickname.map_err(|error| BadVector::Malformed(error.to_string()))?;
    contact.picture = picture(value.get("profile_pic").unwrap_or(&Json::Null))?;
    contact.is_approved = record.flag("approved");
    contact.has_approved_us = record.flag("approved_me");
    contact.is_blocked = record.flag("blocked");
    contact.priority = record.number("priority");
    contact.notifications = notifications(record.number("notifications"));
    contact.muted_until = record.seconds("mute_until");
    let timer =
        Duration::from_secs(u64::try_from(record.number("exp_timer_s")).unwrap_or_default());
    contact.expiry = match record.number("exp_mode") {
        1 => Some(Expiry::AfterSend(timer)),
        2 => Some(Expiry::AfterRead(timer)),
        _ => None,
    };
    contact.created_at = record.seconds("created");
    Ok(contact)
}

/// Which notifications a number stands for; 0 is the default.
pub(super) const fn notifications(number: i64) -> Notifications {
    match number {
        1 => Notifications::All,
        2 => Notifications::Disabled,
        3 => Notifications::Mentions,
        _ => Notifications::Default,
    }
}

/// The number of some notifications.
pub(super) const fn notifications_to_number(notifications: Notifications) -> i64 {
    match notifications {
        Notifications::All => 1,
        Notifications::Disabled => 2,
        Notifications::Mentions => 3,
        _ => 0,
    }
}

pub(super) fn fields(contacts: &Config<Contacts>) -> Json {
    contacts.iter().map(|contact| contact_to_json(&contact)).collect()
}

fn contact_to_json(contact: &Contact) -> Json {
    let (mode, timer) = match contact.expiry {
        Some(Expiry::AfterSend(timer)) => (1, timer.as_secs()),
        Some(Expiry::AfterRead(timer)) => (2, timer.as_secs()),
        _ => (0, 0),
    };
    json!({
        "session_id": contact.id().to_string(),
        "name": contact.name(),
        "nickname": contact.nickname(),
        "profile_pic": picture_to_json(contact.picture.as_ref()),
        "approved": contact.is_approved,
        "approved_me": contact.has_approved_us,
        "blocked": contact.is_blocked,
        "priority": contact.priority,
        "notifications": notifications_to_number(contact.notifications),
        "mute_until": to_seconds(contact.muted_until),
        "exp_mode": mode,
        "exp_timer_s": timer,
        "created": to_seconds(contact.created_at),
    })
}
