//! Group Info: name and settings of a closed group (07 §15.1).

use std::time::Duration;

use session_identity::Timestamp;
use session_swarm::namespace::Namespace;

use crate::{
    change::Place,
    config::{Config, ConfigType, GroupType, ReadOnly, Sealed, SyncedType},
    data::{Dict, Value},
    encryption::Domain,
    fields::{self, TooLong, check_length, checked_name, truncated_name},
    picture::ProfilePicture,
};

mod event;

pub use event::InfoField;

/// Longest description that is written, in bytes. Any length is read: libraries of 2024 wrote up to 2000.
pub const MAX_DESCRIPTION_LENGTH: usize = 600;

/// The type of [`Config`] that holds what a group is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct GroupInfo;

impl Sealed for GroupInfo {
    const DOMAIN: Domain<'static> = Domain("groups::Info");
    type Local = ();

    fn locate(path: &[&[u8]], _: [&Dict; 2]) -> Option<Place<Self>> {
        path.first().map(|key| Place { entry: (), depth: 0, field: InfoField::of(key) })
    }
}
impl ConfigType for GroupInfo {}
impl SyncedType for GroupInfo {
    const NAMESPACE: Namespace = Namespace::GROUP_INFO;
    type Entry = ();
    type Field = InfoField;
}
impl GroupType for GroupInfo {}

/// Why a group was not changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EditGroupError {
    /// The object cannot sign.
    #[error(transparent)]
    ReadOnly(#[from] ReadOnly),
    /// A text is too long.
    #[error(transparent)]
    TooLong(#[from] TooLong),
}

impl Config<GroupInfo> {
    /// Name of the group.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        self.data().name(b"n")
    }

    /// Sets the name of the group, trimmed; one that shows nothing removes it.
    ///
    /// # Errors
    /// [`EditGroupError::TooLong`] above [`MAX_NAME_LENGTH`](crate::MAX_NAME_LENGTH) bytes;
    /// [`EditGroupError::ReadOnly`].
    pub fn set_name(&mut self, name: &str) -> Result<(), EditGroupError> {
        Ok(self.put(b"n", fields::nonempty(checked_name(name)?.as_bytes()))?)
    }

    /// Sets the name of the group as [`Self::set_name`] does, cut to [`MAX_NAME_LENGTH`](crate::MAX_NAME_LENGTH) bytes at
    /// the start of a character.
    ///
    /// # Errors
    /// [`ReadOnly`].
    pub fn set_name_truncated(&mut self, name: &str) -> Result<(), ReadOnly> {
        self.put(b"n", fields::nonempty(truncated_name(name).as_bytes()))
    }

    /// Description of the group.
    #[must_use]
    pub fn description(&self) -> Option<String> {
        self.data().text(b"o").filter(|description| !description.is_empty())
    }

    /// Sets the description of the group; an empty one removes it.
    ///
    /// # Errors
    /// [`EditGroupError::TooLong`] above [`MAX_DESCRIPTION_LENGTH`] bytes; [`EditGroupError::ReadOnly`].
    pub fn set_description(&mut self, description: &str) -> Result<(), EditGroupError> {
        check_length(description, MAX_DESCRIPTION_LENGTH)?;
        Ok(self.put(b"o", fields::nonempty(description.as_bytes()))?)
    }

    /// Picture of the group.
    #[must_use]
    pub fn picture(&self) -> Option<ProfilePicture> {
        ProfilePicture::read(self.data(), b"p", b"q")
    }

    /// Sets or removes the picture of the group.
    ///
    /// # Errors
    /// [`ReadOnly`].
    pub fn set_picture(&mut self, picture: Option<&ProfilePicture>) -> Result<(), ReadOnly> {
        let [url, key] = ProfilePicture::write(picture);
        self.put(b"p", url)?;
        self.put(b"q", key)
    }

    /// After how long messages disappear.
    #[must_use]
    pub fn expiry_timer(&self) -> Option<Duration> {
        self.data().positive(b"E").map(Duration::from_secs)
    }

    /// Sets after how long messages disappear, in whole seconds.
    ///
    /// # Errors
    /// [`ReadOnly`].
    pub fn set_expiry_timer(&mut self, timer: Option<Duration>) -> Result<(), ReadOnly> {
        self.put(b"E", fields::positive(timer.map_or(0, |timer| timer.as_secs())))
    }

    /// When the group was made.
    #[must_use]
    pub fn created_at(&self) -> Option<Timestamp> {
        self.data().seconds(b"c")
    }

    /// Sets when the group was made.
    ///
    /// # Errors
    /// [`ReadOnly`].
    pub fn set_created_at(&mut self, time: Option<Timestamp>) -> Result<(), ReadOnly> {
        self.put(b"c", fields::seconds(time))
    }

    /// Messages that were sent before this time are to be deleted.
    #[must_use]
    pub fn delete_before(&self) -> Option<Timestamp> {
        self.data().seconds(b"d")
    }

    /// Has messages deleted that were sent before this time.
    ///
    /// # Errors
    /// [`ReadOnly`].
    pub fn set_delete_before(&mut self, time: Option<Timestamp>) -> Result<(), ReadOnly> {
        self.put(b"d", fields::seconds(time))
    }

    /// Attachments of messages that were sent before this time are to be deleted.
    #[must_use]
    pub fn delete_attachments_before(&self) -> Option<Timestamp> {
        self.data().seconds(b"D")
    }

    /// Has attachments deleted of messages that were sent before this time.
    ///
    /// # Errors
    /// [`ReadOnly`].
    pub fn set_delete_attachments_before(
        &mut self,
        time: Option<Timestamp>,
    ) -> Result<(), ReadOnly> {
        self.put(b"D", fields::seconds(time))
    }

    /// Whether the group was destroyed: its members remove it.
    #[must_use]
    pub fn is_destroyed(&self) -> bool {
        self.data().flag(b"!")
    }

    /// Destroys the group, for good.
    ///
    /// # Errors
    /// [`ReadOnly`].
    pub fn destroy(&mut self) -> Result<(), ReadOnly> {
        self.put(b"!", fields::flag(true))
    }

    fn put(&mut self, key: &[u8], value: Option<Value>) -> Result<(), ReadOnly> {
        self.check_writable()?;
        self.assign(&[key], value);
        Ok(())
    }
}
