//! Links to communities as people type and paste them (08 §3.1).

use alloc::{borrow::Cow, format, string::String, vec::Vec};

use session_crypto::x25519::X25519PublicKey;

use super::{Community, ParseUrlError, UrlParts, parse_server_key};
use crate::typed;

const KEY_PARAMETER: &str = "public_key";

impl Community {
    /// Reads a link that a person typed or pasted, in a field for joining a community (08 §3.1).
    ///
    /// Like the strict reader ([`FromStr`](core::str::FromStr)), but
    /// * invisible characters, line breaks, quotation marks and brackets around the link, and one full stop after it, are
    ///   dropped;
    /// * a link without a scheme is one to `https://`;
    /// * one slash may follow the room;
    /// * the key may stand among other parameters, which are passed over as the fragment is, and may be percent-encoded.
    ///
    /// ```
    /// use session_types::community::Community;
    ///
    /// let typed = "<open.example.org/r/Lobby?lang=de&public_key=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef#top>";
    /// let community = Community::parse_typed(typed)?;
    /// assert_eq!(community.base_url().as_str(), "https://open.example.org");
    /// assert_eq!(community.room().as_str(), "Lobby");
    /// # Ok::<(), session_types::community::ParseUrlError>(())
    /// ```
    ///
    /// # Errors
    /// [`ParseUrlError`], every variant: [`ParseUrlError::TwoKeys`] if there is more than one parameter `public_key`.
    pub fn parse_typed(text: &str) -> Result<Self, ParseUrlError> {
        if text.len() > typed::MAX_LENGTH {
            return Err(ParseUrlError::Length { found: text.len() });
        }
        let link = without_surroundings(text);
        let (link, _fragment) = link.split_once('#').unwrap_or((&link, ""));
        let (location, query) = link.split_once('?').unwrap_or((link, ""));
        let location = with_scheme(without_slash(location));
        let (_, path) = location.split_once("://").ok_or(ParseUrlError::Scheme)?;
        if !path.contains('/') {
            return Err(ParseUrlError::TokenEmpty);
        }
        UrlParts::of_location(&location, key_of(query)?)?.try_into()
    }
}

/// The link without line breaks and tabs, which no URL contains, and without what was put around it.
fn without_surroundings(text: &str) -> String {
    let is_break = |c: &char| matches!(c, '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}');
    let mut link: String = typed::trim(text).chars().filter(|c| !is_break(c)).collect();
    if link.ends_with(typed::is_full_stop) {
        link.pop();
    }
    typed::trim(&link).as_str().into()
}

/// `https` is what a link without a scheme means. A colon may also stand in front of a port.
fn with_scheme(location: &str) -> Cow<'_, str> {
    let host = location.split('/').next().unwrap_or_default();
    let has_scheme = host.ends_with(':');
    if has_scheme { location.into() } else { format!("https://{location}").into() }
}

/// The location without one slash at its end. That of `/r/` belongs to the path of a room that is missing, unless the
/// room itself is called `r`: `/r/r/`.
fn without_slash(location: &str) -> &str {
    match location.strip_suffix('/') {
        Some(rest) if !rest.ends_with("/r") || rest.ends_with("/r/r") => rest,
        _ => location,
    }
}

/// The key among the parameters of the link.
fn key_of(query: &str) -> Result<Option<X25519PublicKey>, ParseUrlError> {
    let parameters = query.split('&').map(|item| item.split_once('=').unwrap_or((item, "")));
    let mut keys = parameters.filter(|(name, _)| *name == KEY_PARAMETER).map(|(_, value)| value);
    match (keys.next(), keys.next()) {
        (None, _) => Ok(None),
        (Some(key), None) => {
            let key = percent_decoded(key).ok_or(ParseUrlError::Key)?;
            parse_server_key(&key).map(Some)
        }
        (Some(_), Some(_)) => Err(ParseUrlError::TwoKeys),
    }
}

/// The text without its percent-encoding, or nothing if that is malformed.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hex_digit(rest.next()?)? << 4 | hex_digit(rest.next()?)?,
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
