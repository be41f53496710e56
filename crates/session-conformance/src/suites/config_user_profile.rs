//! `config_user_profile.json`: the account's own profile.

use std::time::Duration;

use serde_json::{Value as Json, json};
use session_config::{Config, UserProfile, picture::ProfilePicture};

use super::{
    Suite,
    config_common::{REASONS, Record, Type, picture_to_json},
};
use crate::BadVector;

pub(super) const SUITE: Suite = Suite {
    file: "config_user_profile",
    context: &[],
    reasons: REASONS,
    run: |case| TYPE.run(case),
};

pub(super) const TYPE: Type<UserProfile> = Type { domain: "UserProfile", edit, fields };

fn edit(profile: &mut Config<UserProfile>, edit: &Json) -> Result<(), BadVector> {
    let value = edit.get("value").unwrap_or(&Json::Null);
    match Record(edit).text("set") {
        "name" => profile
            .set_name(value.as_str().unwrap_or_default(), None)
            .map_err(|error| BadVector::Malformed(error.to_string()))?,
        "profile_pic" => profile.set_picture(picture(value)?.as_ref(), None),
        "nts_priority" => profile.set_note_to_self_priority(value.as_i64().unwrap_or_default()),
        "nts_expiry_s" => profile.set_note_to_self_timer(value.as_u64().map(Duration::from_secs)),
        "blinded_msgreqs" => profile.set_community_requests(value.as_bool(), None),
        other => return Err(BadVector::Malformed(format!("unknown edit `{other}`"))),
    }
    Ok(())
}

/// A picture, none without a URL or key.
pub(super) fn picture(value: &Json) -> Result<Option<ProfilePicture>, BadVector> {
    let record = Record(value);
    let (url, key) = (record.text("url"), record.bytes("key")?);
    if url.is_empty() || key.is_empty() {
        return Ok(None);
    }
    let picture = ProfilePicture::new(url, &key);
    picture.map(Some).map_err(|error| BadVector::Malformed(error.to_string()))
}

pub(super) fn fields(profile: &Config<UserProfile>) -> Json {
    json!({
        "name": profile.name(),
        "profile_pic": picture_to_json(profile.picture().as_ref()),
        "nts_priority": profile.note_to_self_priority(),
        "nts_expiry_s": profile.note_to_self_timer().map(|timer| timer.as_secs()),
        "blinded_msgreqs": profile.community_requests(),
    })
}
