//! UserProfile: name and picture of the account, and what belongs to nobody else (07 §11).

use std::time::Duration;

use session_identity::Timestamp;
use session_swarm::namespace::Namespace;

use crate::{
    change::Place,
    config::{AccountType, Config, ConfigType, Sealed, SyncedType},
    data::{Dict, Value},
    encryption::Domain,
    fields::{self, MAX_NAME_LENGTH, TooLong, check_length, truncated},
    picture::ProfilePicture,
    wrapping::WrappedKind,
};

mod event;
mod features;

pub use event::ProfileField;
pub use features::Feature;
pub(crate) use features::Features;

/// The type of [`Config`] that holds the account's own profile.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct UserProfile;

impl Sealed for UserProfile {
    const DOMAIN: Domain<'static> = Domain("UserProfile");
    type Local = ();

    fn locate(path: &[&[u8]], _: [&Dict; 2]) -> Option<Place<Self>> {
        path.first().map(|key| Place { entry: (), depth: 0, field: ProfileField::of(key) })
    }
}
impl ConfigType for UserProfile {}
impl SyncedType for UserProfile {
    const NAMESPACE: Namespace = Namespace::USER_PROFILE;
    type Entry = ();
    type Field = ProfileField;
}
impl AccountType for UserProfile {
    const WRAPPED_KIND: WrappedKind = WrappedKind::UserProfile;
}

/// Setters that tell others take the time of the change. `None` writes no time, as clients of before August
/// 2025 do: their contacts cannot tell then which of two profiles is newer.
impl Config<UserProfile> {
    /// Display name.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        self.data().text(b"n").filter(|name| !name.is_empty())
    }

    /// Sets the display name; an empty one removes it.
    ///
    /// # Errors
    /// [`TooLong`] above [`MAX_NAME_LENGTH`] bytes.
    pub fn set_name(&mut self, name: &str, changed_at: Option<Timestamp>) -> Result<(), TooLong> {
        check_length(name, MAX_NAME_LENGTH)?;
        self.assign_profile(b"n", fields::nonempty(name.as_bytes()), changed_at);
        Ok(())
    }

    /// Sets the display name, cut to [`MAX_NAME_LENGTH`] bytes at the start of a character.
    pub fn set_name_truncated(&mut self, name: &str, changed_at: Option<Timestamp>) {
        let name = truncated(name, MAX_NAME_LENGTH);
        self.assign_profile(b"n", fields::nonempty(name.as_bytes()), changed_at);
    }

    /// The picture in effect: as the user set it, or as a client uploaded it again since.
    #[must_use]
    pub fn picture(&self) -> Option<ProfilePicture> {
        let [url, key] = if self.is_reuploaded() { [b"P", b"Q"] } else { [b"p", b"q"] };
        ProfilePicture::read(self.data(), url, key)
    }

    /// Sets or removes the picture.
    pub fn set_picture(&mut self, picture: Option<&ProfilePicture>, changed_at: Option<Timestamp>) {
        let before = self.data().clone();
        let [url, key] = ProfilePicture::write(picture);
        self.assign(&[b"p"], url);
        self.assign(&[b"q"], key);
        if picture.is_none() {
            self.assign(&[b"P"], None);
            self.assign(&[b"Q"], None);
        }
        if *self.data() != before && changed_at.is_some() {
            self.assign(&[b"t"], fields::seconds(changed_at));
        }
    }

    /// Takes note that a client uploaded the same picture again, because files expire.
    pub fn set_reuploaded_picture(&mut self, picture: &ProfilePicture, uploaded_at: Timestamp) {
        if ProfilePicture::read(self.data(), b"P", b"Q").as_ref() == Some(picture) {
            return;
        }
        let [url, key] = ProfilePicture::write(Some(picture));
        self.assign(&[b"P"], url);
        self.assign(&[b"Q"], key);
        self.assign(&[b"T"], fields::seconds(Some(uploaded_at)));
    }

    /// When the profile that others see was changed, to the second.
    #[must_use]
    pub fn updated_at(&self) -> Option<Timestamp> {
        let changed = self.data().seconds(b"t")?;
        Some(self.data().seconds(b"T").map_or(changed, |uploaded| uploaded.max(changed)))
    }

    /// Place of Note to Self: −1 hidden, 0 not pinned, above 0 pinned, higher first.
    #[must_use]
    pub fn note_to_self_priority(&self) -> i64 {
        self.data().integer(b"+").unwrap_or(0)
    }

    /// Sets the place of Note to Self.
    pub fn set_note_to_self_priority(&mut self, priority: i64) {
        self.assign(&[b"+"], fields::nonzero(priority));
    }

    /// How long messages in Note to Self live.
    #[must_use]
    pub fn note_to_self_timer(&self) -> Option<Duration> {
        self.data().positive(b"e").map(Duration::from_secs)
    }

    /// Sets how long messages in Note to Self live, in whole seconds.
    pub fn set_note_to_self_timer(&mut self, timer: Option<Duration>) {
        self.assign(&[b"e"], fields::positive(timer.map_or(0, |timer| timer.as_secs())));
    }

    /// Whether people of communities may write to the account; `None` if the user did not choose.
    #[must_use]
    pub fn community_requests(&self) -> Option<bool> {
        self.data().integer(b"M").map(|integer| integer != 0)
    }

    /// Sets whether people of communities may write to the account.
    pub fn set_community_requests(&mut self, allowed: Option<bool>, changed_at: Option<Timestamp>) {
        let value = allowed.map(|allowed| Value::from(i64::from(allowed)));
        self.assign_profile(b"M", value, changed_at);
    }

    /// Whether a feature of the profile is on.
    #[must_use]
    pub fn has_feature(&self, feature: Feature) -> bool {
        Features::read(self.data()).has(feature)
    }

    /// Turns a feature of the profile on or off.
    pub fn set_feature(&mut self, feature: Feature, is_on: bool, changed_at: Option<Timestamp>) {
        let mut features = Features::read(self.data());
        features.set(feature, is_on);
        self.assign_profile(b"f", features.write(), changed_at);
    }

    /// Assigns what belongs to the profile that others see, with the time of the change.
    pub(crate) fn assign_profile(
        &mut self,
        key: &[u8],
        value: Option<Value>,
        changed_at: Option<Timestamp>,
    ) {
        if self.data().get(key) == value.as_ref() {
            return;
        }
        self.assign(&[key], value);
        if changed_at.is_some() {
            let time: &[u8] = if self.is_reuploaded() { b"T" } else { b"t" };
            self.assign(&[time], fields::seconds(changed_at));
        }
    }

    /// Whether the picture that a client uploaded again is newer than the one that the user set.
    fn is_reuploaded(&self) -> bool {
        self.data().positive(b"T") > self.data().positive(b"t")
    }
}
