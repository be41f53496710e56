//! `config_limits.json`: lengths, ids, the age of read state, the size of a push.

use serde_json::json;
use session_config::{
    Config, Contacts, ConvoInfoVolatile, UserGroups, UserProfile, contacts::Contact,
    picture::ProfilePicture, user_groups::JoinedGroup,
};
use session_crypto::{
    blake2b::Blake2b,
    ed25519::{Ed25519Keypair, Ed25519Seed},
    encoding::hex,
    x25519::X25519PublicKey,
};
use session_identity::AccountId;

use super::{
    Reason, Suite, config_common::NOW, config_contacts, config_convo_info_volatile,
    config_user_groups, config_user_profile,
};
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite {
    file: "config_limits",
    context: &[],
    reasons: &[
        Reason { theirs: "exceeds maximum length", ours: &["exceeds the maximum length"] },
        Reason { theirs: "32 bytes required", ours: &["expected 32"] },
        Reason { theirs: "Invalid session ID", ours: &["expected", "no hexadecimal digit"] },
        Reason { theirs: "Config data is too large", ours: &["too large"] },
    ],
    run,
};

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "user_profile.set_name" => set_profile_name(case),
        "user_profile.set_name_truncated" => {
            let mut profile = profile();
            profile.set_name_truncated(case.text("value")?, None);
            Ok(Ran::Returned(Outputs::new().value("name", profile.name())))
        }
        "contact.set_name" => {
            let mut contact = contact();
            contact.set_name(case.text("value")?);
            Ok(Ran::Returned(Outputs::new().value("name", contact.name())))
        }
        "contact.set_nickname" => {
            let mut contact = contact();
            let set = contact.set_nickname(case.text("value")?);
            Ok(Ran::from_result(set.map(|()| Outputs::new().value("nickname", contact.nickname()))))
        }
        "profile_pic" => set_picture(case, Pair::Checked),
        "set_profile_pic_pair" => set_picture(case, Pair::OrNone),
        "contact_id" => contact_id(case),
        "group_id" => group_id(case),
        "convo_old" => convo_old(case),
        "push_too_large" => push_too_large(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

/// Account of the cases that name none.
fn account() -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]))
}

fn profile() -> Config<UserProfile> {
    Config::new(&account())
}

fn contact() -> Contact {
    Contact::new(AccountId::from_public_key(account().to_x25519().public_key()))
}

fn set_profile_name(case: &Case<'_>) -> Result<Ran, BadVector> {
    let mut profile = profile();
    let set = profile.set_name(case.text("value")?, None);
    let fields = config_user_profile::fields(&profile);
    Ok(Ran::from_result(set.map(|()| Outputs::new().value("fields", fields))))
}

/// What becomes of a picture whose parts are no picture.
#[derive(Clone, Copy)]
enum Pair {
    /// A wrong key is an error; no key is no picture.
    Checked,
    /// There is no picture then.
    OrNone,
}

fn set_picture(case: &Case<'_>, pair: Pair) -> Result<Ran, BadVector> {
    let (url, key) = (case.text("url")?, case.bytes("key")?);
    let picture = match (ProfilePicture::new(url, &key), pair) {
        (Ok(picture), _) => Some(picture),
        (Err(_), Pair::OrNone) => None,
        (Err(_), Pair::Checked) if url.is_empty() || key.is_empty() => None,
        (Err(error), Pair::Checked) => return Ok(Ran::Refused(error.to_string())),
    };
    let mut profile = profile();
    profile.set_picture(picture.as_ref(), None);
    let fields = config_user_profile::fields(&profile);
    Ok(Ran::Returned(Outputs::new().value("fields", fields)))
}

fn contact_id(case: &Case<'_>) -> Result<Ran, BadVector> {
    let id = case.text("session_id")?.parse();
    Ok(Ran::from_result(id.map(|id| {
        let mut contacts = Config::<Contacts>::new(&account());
        let mut contact = Contact::new(id);
        contact.is_approved = true;
        contacts.set(&contact);
        Outputs::new().value("fields", config_contacts::fields(&contacts))
    })))
}

fn group_id(case: &Case<'_>) -> Result<Ran, BadVector> {
    let id = case.text("id")?.parse();
    Ok(Ran::from_result(id.map(|id| {
        let mut groups = Config::<UserGroups>::new(&account());
        groups.set_group(&JoinedGroup::new(id));
        Outputs::new().value("fields", config_user_groups::fields(&groups))
    })))
}

fn convo_old(case: &Case<'_>) -> Result<Ran, BadVector> {
    let mut convos = Config::<ConvoInfoVolatile>::new(&account());
    let stated = case.out().and_then(|out| out.get("fields")).and_then(|fields| fields.get(0));
    let id = stated.and_then(|field| field.get("session_id")).and_then(serde_json::Value::as_str);
    let record = json!({"set": {
        "type": "1to1",
        "session_id": id.map_or_else(|| contact().id().to_string(), str::to_owned),
        "last_read": case.required("last_read")?,
        "unread": case.required("unread")?,
    }});
    config_convo_info_volatile::edit(&mut convos, &record)?;
    // What only the archive of the device holds is not stored.
    let stored = convos.data().len();
    let fields = if stored == 0 { json!([]) } else { config_convo_info_volatile::fields(&convos) };
    Ok(Ran::Returned(Outputs::new().value("fields", fields).value("size", stored)))
}

/// The oracle knows no messages in parts; ours refuses where it would need them.
fn push_too_large(case: &Case<'_>) -> Result<Ran, BadVector> {
    let mut contacts = Config::<Contacts>::new(&account());
    for number in 0..case.integer::<u32>("contacts")? {
        // Any keys that do not compress.
        let key: [u8; 32] = Blake2b::new().chain(&number.to_be_bytes()).finalize();
        let id = AccountId::from_public_key(X25519PublicKey::from_bytes(key));
        let mut contact = Contact::new(id);
        contact.set_name(&hex::encode(&key));
        contacts.set(&contact);
    }
    let push = contacts.push(NOW).map_err(|error| BadVector::Malformed(error.to_string()))?;
    Ok(match push.messages().len() {
        1 => Ran::Returned(Outputs::new()),
        parts => Ran::Refused(format!("too large for one message, needs {parts}")),
    })
}
