//! People of communities who are known by a blinded id only (07 §12).

use session_crypto::x25519::X25519PublicKey;
use session_identity::{Timestamp, id::BlindedId};
use session_types::community::BaseUrl;

use super::Contacts;
use crate::{
    config::Config,
    data::{Dict, Value},
    fields::{self, normalised_seconds, truncated_name},
    picture::ProfilePicture,
    user_profile::{Feature, Features},
};

/// A person whom the account met in a community.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct BlindedContact {
    id: BlindedId,
    base_url: BaseUrl,
    server_key: X25519PublicKey,
    name: String,
    /// The person's picture.
    pub picture: Option<ProfilePicture>,
    /// Place of the conversation: −1 hidden, 0 not pinned, above 0 pinned, higher first.
    pub priority: i64,
    /// When the contact was made.
    pub created_at: Option<Timestamp>,
    /// When the person changed name or picture last, as far as we know.
    pub profile_updated_at: Option<Timestamp>,
    features: Features,
}

impl BlindedContact {
    /// Somebody in a community of this server.
    #[must_use]
    pub const fn new(id: BlindedId, base_url: BaseUrl, server_key: X25519PublicKey) -> Self {
        Self {
            id,
            base_url,
            server_key,
            name: String::new(),
            picture: None,
            priority: 0,
            created_at: None,
            profile_updated_at: None,
            features: Features::new(),
        }
    }

    /// Who it is, on this server.
    #[must_use]
    pub const fn id(&self) -> BlindedId {
        self.id
    }

    /// The server.
    #[must_use]
    pub const fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// Key of the server.
    #[must_use]
    pub const fn server_key(&self) -> X25519PublicKey {
        self.server_key
    }

    /// The person's own name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sets the person's own name, trimmed and cut to [`MAX_NAME_LENGTH`](crate::MAX_NAME_LENGTH) bytes at the start of
    /// a character. One that shows nothing is none.
    pub fn set_name(&mut self, name: &str) {
        truncated_name(name).clone_into(&mut self.name);
    }

    /// Whether the person's profile has this feature.
    #[must_use]
    pub fn has_feature(&self, feature: Feature) -> bool {
        self.features.has(feature)
    }

    /// Takes note that the person's profile has this feature, or has it no more.
    pub fn set_feature(&mut self, feature: Feature, is_on: bool) {
        self.features.set(feature, is_on);
    }

    fn read(key: &[u8], base_url: &BaseUrl, server: &Dict, dict: &Dict) -> Option<Self> {
        Some(Self {
            id: id_of_key(key, dict)?,
            base_url: base_url.clone(),
            server_key: X25519PublicKey::from_bytes(server.array(b"#")?),
            name: dict.name(b"n").unwrap_or_default(),
            picture: ProfilePicture::read(dict, b"p", b"q"),
            priority: dict.integer(b"+").unwrap_or(0),
            created_at: dict.seconds(b"j"),
            profile_updated_at: dict.seconds(b"t"),
            features: Features::read(dict),
        })
    }
}

/// The id of the entry `dict` under `key`.
pub(super) fn id_of_key(key: &[u8], dict: &Dict) -> Option<BlindedId> {
    let digits: &[u8; 64] = key.try_into().ok()?;
    let prefix = if dict.flag(b"y") { "15" } else { "25" };
    format!("{prefix}{}", str::from_utf8(digits).ok()?).parse().ok()
}

/// The key of a blinded id in the config, its hexadecimal digits without the prefix, and whether it is of the
/// older kind.
fn key_of(id: &BlindedId) -> (String, bool) {
    let is_15 = matches!(id, BlindedId::Blinded15(_));
    (id.to_string().chars().skip(2).collect(), is_15)
}

impl Config<Contacts> {
    /// The contact with this blinded id on a server.
    #[must_use]
    pub fn blinded(&self, base_url: &BaseUrl, id: &BlindedId) -> Option<BlindedContact> {
        let server = self.data().dict_at(&[b"b", base_url.as_str().as_bytes()])?;
        let key = key_of(id).0;
        let dict = server.dict_at(&[b"R", key.as_bytes()])?;
        BlindedContact::read(key.as_bytes(), base_url, server, dict).filter(|c| c.id == *id)
    }

    /// All contacts with blinded ids, by server and id.
    #[must_use]
    pub fn all_blinded(&self) -> Vec<BlindedContact> {
        let entries = self.data().by_server(b"b");
        entries
            .filter_map(|(url, server, key, dict)| BlindedContact::read(key, &url, server, dict))
            .collect()
    }

    /// Adds the contact or replaces what is known of it.
    pub fn set_blinded(&mut self, contact: &BlindedContact) {
        let url = contact.base_url.as_str().as_bytes();
        let (id, is_15) = key_of(&contact.id);
        let [picture_url, picture_key] = ProfilePicture::write(contact.picture.as_ref());
        let server_key = Value::from(contact.server_key.as_bytes().as_slice());
        self.assign(&[b"b", url, b"#"], Some(server_key));
        let values: [(&[u8], Option<Value>); 8] = [
            (b"+", fields::nonzero(contact.priority)),
            (b"f", contact.features.write()),
            (b"j", normalised_seconds(contact.created_at)),
            (b"n", Some(Value::from(contact.name.as_str()))),
            (b"p", picture_url),
            (b"q", picture_key),
            (b"t", fields::seconds(contact.profile_updated_at)),
            (b"y", fields::flag(is_15)),
        ];
        for (key, value) in values {
            self.assign(&[b"b", url, b"R", id.as_bytes(), key], value);
        }
    }

    /// Forgets a contact, and its server with the last one. False if there was none.
    pub fn remove_blinded(&mut self, base_url: &BaseUrl, id: &BlindedId) -> bool {
        self.blinded(base_url, id).is_some()
            && self.erase_on_server(b"b", base_url, key_of(id).0.as_bytes())
    }
}
