//! UserProfile: name and picture of the account, and what belongs to nobody else (07 §11).

use session_identity::Timestamp;
use session_swarm::namespace::Namespace;

use crate::{
    change::Place,
    config::{AccountType, Config, ConfigType, Sealed, SyncedType},
    data::{Dict, Value},
    deletion::{self, Deletion},
    encryption::Domain,
    fields::{self, TooLong, checked_name, truncated_name},
    picture::ProfilePicture,
    wrapping::WrappedKind,
};

mod event;
mod features;
mod note_to_self;

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

    fn reconcile(data: &mut Dict, merged: &[Dict]) {
        deletion::reconcile_root(data, merged);
    }

    fn tidy(config: &mut Config<Self>, before: &Dict, _now: Timestamp) {
        config.raise_deletion(&[], Deletion::read(before));
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
        self.data().name(b"n")
    }

    /// Sets the display name, trimmed; one that shows nothing removes it (09 §2.1).
    ///
    /// # Errors
    /// [`TooLong`] above [`MAX_NAME_LENGTH`](crate::MAX_NAME_LENGTH) bytes.
    pub fn set_name(&mut self, name: &str, changed_at: Option<Timestamp>) -> Result<(), TooLong> {
        let name = checked_name(name)?;
        self.assign_profile(b"n", fields::nonempty(name.as_bytes()), changed_at);
        Ok(())
    }

    /// Sets the display name as [`Self::set_name`] does, cut to [`MAX_NAME_LENGTH`](crate::MAX_NAME_LENGTH) bytes at the
    /// start of a character.
    pub fn set_name_truncated(&mut self, name: &str, changed_at: Option<Timestamp>) {
        let name = truncated_name(name);
        self.assign_profile(b"n", fields::nonempty(name.as_bytes()), changed_at);
    }

    /// The picture in effect: as the user set it, or as a client uploaded it again since.
    #[must_use]
    pub fn picture(&self) -> Option<ProfilePicture> {
        let [url, key] = if self.is_reuploaded() { [b"P", b"Q"] } else { [b"p", b"q"] };
        ProfilePicture::read(self.data(), url, key)
    }

    /// Sets or removes the picture, which is in effect from now on, whatever this device's clock says: the time of the
    /// change is at least that of a picture that was uploaded again, also where none is given.
    pub fn set_picture(&mut self, picture: Option<&ProfilePicture>, changed_at: Option<Timestamp>) {
        let is_shown = self.picture().as_ref() == picture;
        let before = self.data().clone();
        let [url, key] = ProfilePicture::write(picture);
        self.assign(&[b"p"], url);
        self.assign(&[b"q"], key);
        if picture.is_none() {
            self.assign(&[b"P"], None);
            self.assign(&[b"Q"], None);
        }
        if *self.data() == before && is_shown {
            return;
        }
        if changed_at.is_some() || self.is_reuploaded() {
            self.raise_time(b"t", changed_at.max(self.data().seconds(b"T")));
        }
    }

    /// Records that a client uploaded the picture in effect again, because files expire. `uploaded_at` is when it began:
    /// a picture that the user chose since then stays in effect. The time does not go back under a clock that is behind.
    pub fn set_reuploaded_picture(&mut self, picture: &ProfilePicture, uploaded_at: Timestamp) {
        if ProfilePicture::read(self.data(), b"P", b"Q").as_ref() == Some(picture) {
            return;
        }
        let [url, key] = ProfilePicture::write(Some(picture));
        self.assign(&[b"P"], url);
        self.assign(&[b"Q"], key);
        self.raise_time(b"T", Some(uploaded_at));
    }

    /// When the profile that others see was changed, to the second.
    #[must_use]
    pub fn updated_at(&self) -> Option<Timestamp> {
        let changed = self.data().seconds(b"t")?;
        Some(self.data().seconds(b"T").map_or(changed, |uploaded| uploaded.max(changed)))
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
        self.stamp(changed_at);
    }

    /// Writes the time of a change of the profile to the one of the two times that is in effect.
    pub(crate) fn stamp(&mut self, changed_at: Option<Timestamp>) {
        if changed_at.is_some() {
            self.raise_time(if self.is_reuploaded() { b"T" } else { b"t" }, changed_at);
        }
    }

    /// Sets a time, unless it is later already: under a clock that is behind, going back would put the other picture into
    /// effect.
    fn raise_time(&mut self, key: &[u8], time: Option<Timestamp>) {
        let seconds = |time: Timestamp| fields::from_seconds(time.as_secs());
        if time.map(seconds) > self.data().seconds(key) {
            self.assign(&[key], fields::seconds(time));
        }
    }

    /// Whether the picture that a client uploaded again is newer than the one that the user set.
    fn is_reuploaded(&self) -> bool {
        self.data().seconds(b"T") > self.data().seconds(b"t")
    }
}
