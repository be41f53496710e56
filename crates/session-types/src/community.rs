//! Addresses of communities: server, room, and the server's key (07 §14.1).
//!
//! ```text
//! scheme://host[:port] / [r/] token ?public_key= key
//! ```
//!
//! Two addresses are the same room if base URL and lower-case token agree. The key is an attribute of the
//! server.
//!
//! The text has one strict reader, by [`FromStr`], and everything else that takes such an address is built on it:
//! [`Community::parse_invitation`] for what peers send, [`Community::parse_typed`] for what a person types.
//!
//! ```
//! use session_types::community::Community;
//!
//! let url = "HTTPS://Example.com:443/r/SomeRoom?public_key=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
//! let community: Community = url.parse()?;
//! assert_eq!(community.base_url().as_str(), "https://example.com");
//! assert_eq!(community.room().as_str(), "SomeRoom");
//! assert_eq!(community.room().key(), "someroom");
//! # Ok::<(), session_types::community::ParseUrlError>(())
//! ```

use alloc::{borrow::ToOwned, boxed::Box, format, string::String};
use core::{fmt, str::FromStr};

use session_crypto::{
    encoding::{base32z, key_text},
    x25519::X25519PublicKey,
};

#[cfg(test)]
mod tests;
mod typed_link;

/// Longest base URL in bytes.
pub const MAX_BASE_URL_LENGTH: usize = 267;
/// Longest room token in bytes.
pub const MAX_TOKEN_LENGTH: usize = 64;
const KEY_QUERY: &str = "?public_key=";
const MIN_HOST_LENGTH: usize = 4;

/// A room on a server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Community {
    base_url: BaseUrl,
    room: RoomToken,
    server_key: X25519PublicKey,
}

impl Community {
    /// Room of a server.
    #[must_use]
    pub const fn new(base_url: BaseUrl, room: RoomToken, server_key: X25519PublicKey) -> Self {
        Self { base_url, room, server_key }
    }

    /// Reads the address in an invitation, where the key has 64 hexadecimal digits (03 §4.1). Everything else is as
    /// in the complete address.
    ///
    /// # Errors
    /// [`ParseUrlError`], as for a complete address; [`ParseUrlError::Key`] for a key in another coding.
    pub fn parse_invitation(text: &str) -> Result<Self, ParseUrlError> {
        let community: Self = text.parse()?;
        match text.rsplit_once(KEY_QUERY) {
            Some((_, key)) if key.len() == 64 => Ok(community),
            _ => Err(ParseUrlError::Key),
        }
    }

    /// Server of the room.
    #[must_use]
    pub const fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// The room.
    #[must_use]
    pub const fn room(&self) -> &RoomToken {
        &self.room
    }

    /// Key of the server.
    #[must_use]
    pub const fn server_key(&self) -> X25519PublicKey {
        self.server_key
    }
}

/// The address without `/r/`, as it is stored: base URL / token as it was given ?public_key= hexadecimal key.
impl fmt::Display for Community {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}{KEY_QUERY}{}", self.base_url, self.room, self.server_key)
    }
}

impl FromStr for Community {
    type Err = ParseUrlError;

    /// Reads a complete address.
    ///
    /// # Errors
    /// [`ParseUrlError`]; [`ParseUrlError::NoKey`] if there is no key.
    fn from_str(text: &str) -> Result<Self, ParseUrlError> {
        UrlParts::parse(text)?.try_into()
    }
}

impl TryFrom<UrlParts> for Community {
    type Error = ParseUrlError;

    /// # Errors
    /// [`ParseUrlError::NoKey`] without a key, and those of [`RoomToken`].
    fn try_from(parts: UrlParts) -> Result<Self, ParseUrlError> {
        let server_key = parts.server_key.ok_or(ParseUrlError::NoKey)?;
        Ok(Self { base_url: parts.base_url, room: parts.token.parse()?, server_key })
    }
}

/// The pieces of an address, of which the key may be missing and the token may be anything.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UrlParts {
    base_url: BaseUrl,
    token: String,
    server_key: Option<X25519PublicKey>,
}

impl UrlParts {
    /// Reads an address from its end, which is how deployed clients read it.
    ///
    /// # Errors
    /// [`ParseUrlError`], none about the token.
    pub fn parse(text: &str) -> Result<Self, ParseUrlError> {
        let (location, server_key) = match text.rsplit_once(KEY_QUERY) {
            Some((location, key)) => (location, Some(parse_server_key(key)?)),
            None => (text, None),
        };
        Self::of_location(location, server_key)
    }

    /// Reads what stands in front of the key.
    fn of_location(
        location: &str,
        server_key: Option<X25519PublicKey>,
    ) -> Result<Self, ParseUrlError> {
        let parts = location.rsplit_once("/r/").or_else(|| location.rsplit_once('/'));
        let (base, token) = parts.unwrap_or((location, ""));
        Ok(Self { base_url: base.parse()?, token: token.to_owned(), server_key })
    }

    /// Server of the room.
    #[must_use]
    pub const fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// What stands where the token does.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Key of the server.
    #[must_use]
    pub const fn server_key(&self) -> Option<X25519PublicKey> {
        self.server_key
    }
}

/// Canonical address of a server: lower case, without the port that the scheme implies.
///
/// `http` and `https` are different servers.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct BaseUrl(Box<str>);

impl BaseUrl {
    /// The address.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BaseUrl {
    type Err = ParseUrlError;

    fn from_str(text: &str) -> Result<Self, ParseUrlError> {
        let (scheme, rest) = text.split_once("://").ok_or(ParseUrlError::Scheme)?;
        let (scheme, default_port) = match scheme.to_ascii_lowercase().as_str() {
            "http" => ("http", 80),
            "https" => ("https", 443),
            _ => return Err(ParseUrlError::Scheme),
        };
        let end = rest.find(|c: char| !is_host_character(c)).unwrap_or(rest.len());
        let (host, rest) = rest.split_at_checked(end).ok_or(ParseUrlError::Host)?;
        if host.len() < MIN_HOST_LENGTH || !host.contains('.') {
            return Err(ParseUrlError::Host);
        }
        if host.split('.').any(str::is_empty) {
            return Err(ParseUrlError::Host);
        }
        let (port, rest) = match rest.strip_prefix(':') {
            Some(rest) => parse_port(rest)?,
            None => (default_port, rest),
        };
        if !matches!(rest, "" | "/") {
            return Err(ParseUrlError::Trailing);
        }
        let host = host.to_ascii_lowercase();
        let url = if port == default_port {
            format!("{scheme}://{host}")
        } else {
            format!("{scheme}://{host}:{port}")
        };
        if url.len() > MAX_BASE_URL_LENGTH {
            return Err(ParseUrlError::BaseUrlLength { found: url.len() });
        }
        Ok(Self(url.into()))
    }
}

const fn is_host_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '.'
}

/// Number of the port, and what follows it. Leading zeros are read, as deployed clients read them. Port 0 cannot be
/// reached, and old and new clients make different addresses of it (07 §14.1).
fn parse_port(text: &str) -> Result<(u16, &str), ParseUrlError> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end).ok_or(ParseUrlError::Port)?;
    match digits.parse().map_err(|_| ParseUrlError::Port)? {
        0 => Err(ParseUrlError::PortZero),
        port => Ok((port, rest)),
    }
}

/// Key of a server in any of its spellings: 64 hexadecimal digits, 43 or 44 characters of base64, or 52 of
/// base32z (07 §14.2).
///
/// # Errors
/// [`ParseUrlError::Key`] for anything else; of each spelling one text is accepted, up to the case of digits.
pub fn parse_server_key(text: &str) -> Result<X25519PublicKey, ParseUrlError> {
    let key = key_text::decode(text).map_err(|_| ParseUrlError::Key)?;
    Ok(X25519PublicKey::from_bytes(key))
}

/// The key in base32z: 52 characters.
#[must_use]
pub fn server_key_to_base32z(key: &X25519PublicKey) -> String {
    base32z::encode(key.as_bytes())
}

/// Name of a room: 1 to 64 letters, digits, `-` and `_`. Upper and lower case are the same room; the given
/// spelling is for people.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RoomToken(Box<str>);

impl RoomToken {
    /// The token as it was given.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        &self.0
    }

    /// The token in lower case: the identity of the room.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl fmt::Display for RoomToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RoomToken {
    type Err = ParseUrlError;

    fn from_str(text: &str) -> Result<Self, ParseUrlError> {
        if text.is_empty() {
            return Err(ParseUrlError::TokenEmpty);
        }
        if text.len() > MAX_TOKEN_LENGTH {
            return Err(ParseUrlError::TokenLength { found: text.len() });
        }
        let is_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !text.chars().all(is_token) {
            return Err(ParseUrlError::TokenCharacter);
        }
        Ok(Self(text.into()))
    }
}

/// Why a text is no address of a community.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseUrlError {
    /// It starts with neither `http://` nor `https://`.
    #[error("community URL starts with neither http:// nor https://")]
    Scheme,
    /// The host is too short, or no host name with a dot.
    #[error("community URL has no valid host")]
    Host,
    /// The port is no number up to 65535.
    #[error("community URL has no valid port")]
    Port,
    /// The port is 0, which cannot be reached.
    #[error("community URL has port 0")]
    PortZero,
    /// Something follows host and port.
    #[error("community URL has something after its host")]
    Trailing,
    /// The canonical base URL has more than [`MAX_BASE_URL_LENGTH`] bytes.
    #[error("base URL of {found} bytes, at most 267 are possible")]
    BaseUrlLength {
        /// Length of the base URL in bytes.
        found: usize,
    },
    /// The key of the server is missing.
    #[error("community URL has no server key")]
    NoKey,
    /// A typed link names more than one key.
    #[error("community URL has more than one server key")]
    TwoKeys,
    /// A typed link has more than [`typed::MAX_LENGTH`](crate::typed::MAX_LENGTH) bytes.
    #[error("link of {found} bytes is too long")]
    Length {
        /// Length of the link in bytes.
        found: usize,
    },
    /// The key of the server is no key in any spelling.
    #[error("server key is no hex, base64 or base32z of 32 bytes")]
    Key,
    /// The token is empty.
    #[error("room token is empty")]
    TokenEmpty,
    /// The token has more than [`MAX_TOKEN_LENGTH`] bytes.
    #[error("room token of {found} bytes, at most 64 are possible")]
    TokenLength {
        /// Length of the token in bytes.
        found: usize,
    },
    /// The token holds something else than letters, digits, `-` and `_`.
    #[error("room token holds an invalid character")]
    TokenCharacter,
}
