//! The sender's profile, which messages spread (03 §4.2).

use alloc::{
    string::{String, ToString as _},
    vec::Vec,
};
use core::fmt;

use session_crypto::secret::SecretBytes;
use session_types::typed;

use super::ContentError;
use crate::{
    attachment::Format,
    wire::{self, UnknownFields, data::LokiProfile},
};

/// Longest display name in bytes of UTF-8 (03 §2).
pub const MAX_NAME_LENGTH: usize = 100;

/// What a message says about its sender's name and picture.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Profile {
    name: Option<String>,
    picture: PictureUpdate,
    updated_at_secs: Option<u64>,
    unknown: UnknownFields,
}

/// What a profile says about the picture.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum PictureUpdate {
    /// Nothing: a recipient who knows a picture keeps it.
    #[default]
    Unchanged,
    /// There is none any more.
    Removed,
    /// This is it.
    Set(Picture),
}

/// Where a profile picture is, and its key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Picture {
    url: String,
    key: PictureKey,
}

/// Key of a profile picture, 32 bytes. The format of the file is told by its URL (02 §11.1).
#[derive(Clone, Eq, PartialEq)]
pub struct PictureKey(SecretBytes<32>);

impl Profile {
    /// A profile that says nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The profile with a name. White space around it is removed, and what exceeds [`MAX_NAME_LENGTH`] bytes; a name of
    /// which a person would see nothing ([`typed::is_blank`]) counts as none.
    #[must_use]
    pub fn with_name(self, name: &str) -> Self {
        Self { name: clean_name(name), ..self }
    }

    /// The profile with a statement about the picture.
    #[must_use]
    pub fn with_picture(self, picture: PictureUpdate) -> Self {
        Self { picture, ..self }
    }

    /// The profile with the time of its last change, in seconds since 1970.
    #[must_use]
    pub fn with_update_time(self, seconds: u64) -> Self {
        Self { updated_at_secs: Some(seconds), ..self }
    }

    /// The name. `None`: the one that is known stays.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What becomes of the picture.
    #[must_use]
    pub const fn picture(&self) -> &PictureUpdate {
        &self.picture
    }

    /// When the profile was last changed, in seconds since 1970.
    #[must_use]
    pub const fn updated_at_secs(&self) -> Option<u64> {
        self.updated_at_secs
    }

    /// Whether the profile replaces one that was changed at `stored`: it does if it is newer, or if neither
    /// has a time. 0 is no time.
    #[must_use]
    pub fn replaces(&self, stored: Option<u64>) -> bool {
        let (own, stored) = (self.updated_at_secs.unwrap_or(0), stored.unwrap_or(0));
        own > stored || (own == 0 && stored == 0)
    }

    /// Message and key, which stands beside the message.
    pub(super) fn encode(&self) -> (Vec<u8>, Option<Vec<u8>>) {
        let (url, key) = match &self.picture {
            PictureUpdate::Unchanged => (None, None),
            PictureUpdate::Removed => (Some(String::new()), Some(Vec::new())),
            PictureUpdate::Set(picture) => {
                (Some(picture.url.clone()), Some(picture.key.0.expose_bytes().to_vec()))
            }
        };
        let profile = LokiProfile {
            display_name: self.name.clone(),
            profile_picture: url,
            last_update_seconds: self.updated_at_secs,
        };
        (wire::encode_with(&profile, &self.unknown), key)
    }

    pub(super) fn decode(bytes: &[u8], key: Option<&[u8]>) -> Result<Self, ContentError> {
        let (profile, unknown) = wire::decode_keeping::<LokiProfile>(bytes)?;
        let picture = match profile.profile_picture {
            None => PictureUpdate::Unchanged,
            Some(url) => Picture::from_parts(url, key.unwrap_or_default())
                .map_or(PictureUpdate::Removed, PictureUpdate::Set),
        };
        Ok(Self {
            name: profile.display_name.as_deref().and_then(clean_name),
            picture,
            updated_at_secs: profile.last_update_seconds,
            unknown,
        })
    }
}

impl Picture {
    /// Picture at `url`.
    ///
    /// # Errors
    /// [`ContentError::Empty`] for a blank URL.
    pub fn new(url: impl Into<String>, key: PictureKey) -> Result<Self, ContentError> {
        let url = super::fields::not_blank(url.into(), "LokiProfile.profilePicture")?;
        Ok(Self { url, key })
    }

    /// Where the file is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How it is decrypted.
    #[must_use]
    pub const fn key(&self) -> &PictureKey {
        &self.key
    }

    /// Format of the file on its server, with its key.
    #[must_use]
    pub fn format(&self) -> Format {
        Format::of_picture_key(&self.url, self.key.expose_bytes())
    }

    fn from_parts(url: String, key: &[u8]) -> Option<Self> {
        Self::new(url, PictureKey::from_bytes(key.try_into().ok()?)).ok()
    }
}

impl PictureKey {
    /// Takes 32 bytes as a key.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(SecretBytes::from_bytes(bytes))
    }

    /// The secret bytes.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        self.0.expose_bytes()
    }
}

impl fmt::Debug for PictureKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PictureKey(..)")
    }
}

/// The name without white space around it, cut after the last character that fits; `None` if a person would see
/// nothing of it.
fn clean_name(name: &str) -> Option<String> {
    let name = name.trim();
    let end = (0..=MAX_NAME_LENGTH).rev().find(|end| name.is_char_boundary(*end))?;
    let name = name.get(..end)?.trim_end();
    (!typed::is_blank(name)).then(|| name.to_string())
}
