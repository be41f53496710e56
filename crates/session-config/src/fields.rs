//! How the typed views read and write values (07 §3.1).
//!
//! A value of the wrong kind reads as absent. A writer returns `None` where the key is to be removed.

use session_identity::Timestamp;
use session_types::{
    community::{BaseUrl, RoomToken},
    typed,
};

use crate::data::{Dict, Scalar, Set, Value};

/// Reading by key.
impl Dict {
    /// Integer under `key`.
    pub(crate) fn integer(&self, key: &[u8]) -> Option<i64> {
        match self.get(key)? {
            Value::Scalar(Scalar::Integer(integer)) => Some(*integer),
            _ => None,
        }
    }

    /// String under `key`.
    pub(crate) fn bytes(&self, key: &[u8]) -> Option<&[u8]> {
        match self.get(key)? {
            Value::Scalar(Scalar::Bytes(bytes)) => Some(bytes.expose_bytes()),
            _ => None,
        }
    }

    /// String of `N` bytes under `key`.
    pub(crate) fn array<const N: usize>(&self, key: &[u8]) -> Option<[u8; N]> {
        self.bytes(key)?.try_into().ok()
    }

    /// Text under `key`; what is no UTF-8 in it is replaced.
    pub(crate) fn text(&self, key: &[u8]) -> Option<String> {
        self.bytes(key).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// Whether a flag is set.
    pub(crate) fn flag(&self, key: &[u8]) -> bool {
        self.integer(key).is_some_and(|integer| integer != 0)
    }

    /// Integer above 0 under `key`.
    pub(crate) fn positive(&self, key: &[u8]) -> Option<u64> {
        self.integer(key).and_then(|integer| u64::try_from(integer).ok()).filter(|n| *n > 0)
    }

    /// Time in seconds under `key`, which some clients store in milliseconds or microseconds (07 §3.1).
    pub(crate) fn seconds(&self, key: &[u8]) -> Option<Timestamp> {
        let seconds = u64::try_from(normalised(self.integer(key)?)).ok()?;
        (seconds > 0).then(|| from_seconds(seconds))
    }

    /// Name under `key`. One that shows nothing reads as absent (09 §2.1).
    pub(crate) fn name(&self, key: &[u8]) -> Option<String> {
        self.text(key).filter(|name| !typed::is_blank(name))
    }

    /// Dict under `key`.
    pub(crate) fn dict(&self, key: &[u8]) -> Option<&Self> {
        self.dict_at(&[key])
    }

    /// Set under `key`.
    pub(crate) fn set(&self, key: &[u8]) -> Option<&Set> {
        match self.get(key)? {
            Value::Set(set) => Some(set),
            _ => None,
        }
    }
}

/// Iterating: what is no key of an entry, or no dict, is passed over (07 §3.1).
impl Dict {
    /// Entries of the dict under `key` whose keys are ids of 33 bytes.
    pub(crate) fn by_id<I>(
        &self,
        key: &[u8],
        id: impl Fn([u8; 33]) -> Option<I>,
    ) -> impl Iterator<Item = (I, &Self)> {
        self.dict(key).into_iter().flat_map(Self::iter).filter_map(move |(key, value)| {
            let Value::Dict(entry) = value else { return None };
            Some((id(key.try_into().ok()?)?, entry))
        })
    }

    /// Entries on the servers in the dict under `key`, each as server, dict of the server, key and entry.
    pub(crate) fn by_server(
        &self,
        key: &[u8],
    ) -> impl Iterator<Item = (BaseUrl, &Self, &[u8], &Self)> {
        self.dict(key).into_iter().flat_map(Self::iter).flat_map(|(url, server)| {
            let server = match server {
                Value::Dict(server) => stored_url(url).map(|url| (url, server)),
                _ => None,
            };
            server.into_iter().flat_map(|(url, server)| {
                let entries = server.dict(b"R").into_iter().flat_map(Self::iter);
                entries.filter_map(move |(key, value)| match value {
                    Value::Dict(entry) => Some((url.clone(), server, key, entry)),
                    _ => None,
                })
            })
        })
    }
}

/// Address of a server in a config, where it is canonical.
pub(crate) fn stored_url(bytes: &[u8]) -> Option<BaseUrl> {
    let text = str::from_utf8(bytes).ok()?;
    text.parse::<BaseUrl>().ok().filter(|url| url.as_str() == text)
}

/// Key of a room in a config: its token in lower case.
pub(crate) fn stored_room(bytes: &[u8]) -> Option<RoomToken> {
    let room: RoomToken = str::from_utf8(bytes).ok()?.parse().ok()?;
    Some(room).filter(|room| room.key() == room.as_str())
}

/// 1 or nothing.
pub(crate) fn flag(is_set: bool) -> Option<Value> {
    is_set.then(|| Value::from(1))
}

/// A number above 0, or nothing.
pub(crate) fn positive(number: u64) -> Option<Value> {
    nonzero(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A number other than 0, or nothing.
pub(crate) fn nonzero(number: i64) -> Option<Value> {
    (number != 0).then(|| Value::from(number))
}

/// A string, or nothing if it is empty.
pub(crate) fn nonempty(bytes: &[u8]) -> Option<Value> {
    (!bytes.is_empty()).then(|| Value::from(bytes))
}

/// A time in seconds, or nothing.
pub(crate) fn seconds(time: Option<Timestamp>) -> Option<Value> {
    positive(time.map_or(0, Timestamp::as_secs))
}

pub(crate) const fn from_seconds(seconds: u64) -> Timestamp {
    Timestamp::from_millis(seconds.saturating_mul(1000))
}

/// A time in seconds, in whichever of the three units the writer may have put there.
pub(crate) fn normalised_seconds(time: Option<Timestamp>) -> Option<Value> {
    let seconds = i64::try_from(time.map_or(0, Timestamp::as_secs)).unwrap_or(i64::MAX);
    nonzero(normalised(seconds))
}

/// Seconds of a time that some clients store in milliseconds or microseconds (07 §3.1).
const fn normalised(time: i64) -> i64 {
    match time {
        9_000_000_000_001.. => time / 1_000_000,
        9_000_000_001.. => time / 1_000,
        _ => time,
    }
}

/// A name as it is stored: without white space around it, and empty if it shows nothing (09 §2.1).
pub(crate) fn name(text: &str) -> &str {
    if typed::is_blank(text) { "" } else { text.trim() }
}

/// A name cut to [`MAX_NAME_LENGTH`] bytes at the start of a character.
pub(crate) fn truncated_name(text: &str) -> &str {
    name(truncated(name(text), MAX_NAME_LENGTH))
}

/// A name of at most [`MAX_NAME_LENGTH`] bytes.
pub(crate) fn checked_name(text: &str) -> Result<&str, TooLong> {
    let name = name(text);
    check_length(name, MAX_NAME_LENGTH)?;
    Ok(name)
}

/// `text` cut to `limit` bytes at the start of a character (07 §3).
pub(crate) fn truncated(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    text.get(..end).unwrap_or_default()
}

/// Longest name in bytes: of accounts, contacts, nicknames, groups and members.
pub const MAX_NAME_LENGTH: usize = 100;

/// A text is longer than its field.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[error("text of {found} bytes exceeds the maximum length of {limit}")]
pub struct TooLong {
    /// Most bytes of the field.
    pub limit: usize,
    /// Bytes that were given.
    pub found: usize,
}

pub(crate) const fn check_length(text: &str, limit: usize) -> Result<(), TooLong> {
    if text.len() > limit { Err(TooLong { limit, found: text.len() }) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
