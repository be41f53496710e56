//! Communities that the account is in.

use super::{
    BaseUrl, Community, Config, Dict, GroupSettings, RoomToken, UserGroups, Value, X25519PublicKey,
};
use crate::fields::stored_room;

/// A room that the user joined.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct JoinedCommunity {
    community: Community,
    /// What all kinds of groups have.
    pub settings: GroupSettings,
}

impl JoinedCommunity {
    /// A room.
    #[must_use]
    pub fn new(community: Community) -> Self {
        Self { community, settings: GroupSettings::default() }
    }

    /// Which room.
    #[must_use]
    pub const fn community(&self) -> &Community {
        &self.community
    }

    /// Entry `key` of a server, which is a token in lower case: under another key no room is found. The name in it counts
    /// if it is the key in another case.
    fn read(base_url: &BaseUrl, server: &Dict, key: &[u8], dict: &Dict) -> Option<Self> {
        let server_key = X25519PublicKey::from_bytes(server.array(b"#")?);
        let key = stored_room(key)?;
        let named = dict.text(b"n").and_then(|name| name.parse::<RoomToken>().ok());
        let room = named.filter(|room| room.key() == key.as_str()).unwrap_or(key);
        let community = Community::new(base_url.clone(), room, server_key);
        Some(Self { community, settings: GroupSettings::read(dict) })
    }
}

impl Config<UserGroups> {
    /// The room on this server, in whatever case the token is.
    #[must_use]
    pub fn community(&self, base_url: &BaseUrl, room: &RoomToken) -> Option<JoinedCommunity> {
        let server = self.data().dict_at(&[b"o", base_url.as_str().as_bytes()])?;
        let key = room.key();
        let dict = server.dict_at(&[b"R", key.as_bytes()])?;
        JoinedCommunity::read(base_url, server, key.as_bytes(), dict)
    }

    /// The key by which a server is known already. Joining a room with another one replaces it for all rooms of
    /// the server: ask the user first.
    #[must_use]
    pub fn server_key(&self, base_url: &BaseUrl) -> Option<X25519PublicKey> {
        let server = self.data().dict_at(&[b"o", base_url.as_str().as_bytes()])?;
        server.array(b"#").map(X25519PublicKey::from_bytes)
    }

    /// All rooms, by server and token.
    #[must_use]
    pub fn communities(&self) -> Vec<JoinedCommunity> {
        let rooms = self.data().by_server(b"o");
        rooms
            .filter_map(|(url, server, key, dict)| JoinedCommunity::read(&url, server, key, dict))
            .collect()
    }

    /// Adds the room or replaces what is known of it, and the key of its server.
    pub fn set_community(&mut self, joined: &JoinedCommunity) {
        let community = &joined.community;
        let url = community.base_url().as_str().as_bytes();
        let server_key = Value::from(community.server_key().as_bytes().as_slice());
        self.assign(&[b"o", url, b"#"], Some(server_key));
        let room = community.room().key();
        let name = Value::from(community.room().as_str());
        self.assign(&[b"o", url, b"R", room.as_bytes(), b"n"], Some(name));
        for (key, value) in joined.settings.write() {
            self.assign(&[b"o", url, b"R", room.as_bytes(), key], value);
        }
    }

    /// Forgets a room, and its server with the last one. False if there was none.
    pub fn remove_community(&mut self, base_url: &BaseUrl, room: &RoomToken) -> bool {
        self.erase_on_server(b"o", base_url, room.key().as_bytes())
    }
}
