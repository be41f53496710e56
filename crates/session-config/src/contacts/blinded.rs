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
        let key = self.stored_keys(base_url, id).pop()?;
        let dict = server.dict_at(&[b"R", &key])?;
        BlindedContact::read(&key, base_url, server, dict).filter(|c| c.id == *id)
    }

    /// The keys under which an id is stored, the one in lower case last. Others write one spelling, and read either.
    fn stored_keys(&self, base_url: &BaseUrl, id: &BlindedId) -> Vec<Vec<u8>> {
        let (digits, is_15) = key_of(id);
        let path: [&[u8]; 3] = [b"b", base_url.as_str().as_bytes(), b"R"];
        let entries = self.data().dict_at(&path).into_iter().flat_map(Dict::iter);
        let is_id = |key: &[u8], value: &Value| {
            let is_kind = matches!(value, Value::Dict(dict) if dict.flag(b"y") == is_15);
            is_kind && key.eq_ignore_ascii_case(digits.as_bytes())
        };
        // In the order of keys capitals come first.
        entries.filter(|(key, value)| is_id(key, value)).map(|(key, _)| key.to_vec()).collect()
    }

    /// All contacts with blinded ids, by server and id.
    #[must_use]
    pub fn all_blinded(&self) -> Vec<BlindedContact> {
        let entries = self.data().by_server(b"b");
        entries
            .filter_map(|(url, server, key, dict)| {
                let contact = BlindedContact::read(key, &url, server, dict)?;
                let is_read = || self.stored_keys(&url, &contact.id).pop().as_deref() == Some(key);
                (!key.iter().any(u8::is_ascii_uppercase) || is_read()).then_some(contact)
            })
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
        for key in self.stored_keys(&contact.base_url, &contact.id) {
            if key != id.as_bytes() {
                self.assign(&[b"b", url, b"R", &key], None);
            }
        }
    }

    /// Forgets a contact, and its server with the last one. False if there was none.
    pub fn remove_blinded(&mut self, base_url: &BaseUrl, id: &BlindedId) -> bool {
        let keys = self.stored_keys(base_url, id);
        for key in &keys {
            self.erase_on_server(b"b", base_url, key);
        }
        !keys.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use session_crypto::ed25519::{Ed25519Keypair, Ed25519Seed};

    use super::*;

    /// Capitals and small letters are one id, as everywhere (01 §3.2).
    #[test]
    fn an_id_that_is_stored_in_capitals_is_the_same_id() {
        let keypair = Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([7; 32]));
        let mut contacts = Config::<Contacts>::new(&keypair);
        let url: BaseUrl = "https://example.com".parse().unwrap();
        let (capitals, small) = ("AB".repeat(32), "ab".repeat(32));
        let id: BlindedId = format!("15{capitals}").parse().unwrap();
        let entry: [&[u8]; 4] = [b"b", url.as_str().as_bytes(), b"R", capitals.as_bytes()];
        let [one, two, three, _] = entry;
        contacts.assign(&[one, two, b"#"], Some(Value::from([3_u8; 32].as_slice())));
        contacts.assign(&[one, two, three, entry[3], b"n"], Some(Value::from("Somebody")));
        contacts.assign(&[one, two, three, entry[3], b"y"], fields::flag(true));

        let contact = contacts.blinded(&url, &id).unwrap();
        assert_eq!(contact.name(), "Somebody");
        assert_eq!(contacts.all_blinded(), std::slice::from_ref(&contact));
        let newer: BlindedId = format!("25{capitals}").parse().unwrap();
        assert_eq!(contacts.blinded(&url, &newer), None);

        contacts.set_blinded(&contact);
        assert_eq!(contacts.all_blinded(), std::slice::from_ref(&contact));
        assert!(contacts.data().dict_at(&entry).is_none());
        assert!(contacts.data().dict_at(&[one, two, three, small.as_bytes()]).is_some());

        contacts.assign(&[one, two, three, entry[3], b"y"], fields::flag(true));
        assert_eq!(contacts.all_blinded(), [contact]);
        assert!(contacts.remove_blinded(&url, &id));
        assert_eq!(contacts.all_blinded(), []);
        assert!(contacts.data().dict_at(&[b"b"]).is_none());
    }
}
