//! What follows `#` in the URL of a file: how to fetch and decrypt it (02 §11.1, 08 §4.3).

use alloc::{format, string::String};
use core::fmt;

use session_crypto::{ed25519::Ed25519PublicKey, encoding::hex};

/// Items of a fragment, separated by `&`: `p=<64 hex digits>` the key of the server, `d` the stream format.
///
/// ```
/// use session_envelope::attachment::Fragment;
///
/// let url = Fragment::stream().append_to("http://filev2.getsession.org/file/123");
/// assert_eq!(url, "http://filev2.getsession.org/file/123#d");
/// assert_eq!(Fragment::of_url(&url), Fragment::stream());
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Fragment {
    server_key: Option<Ed25519PublicKey>,
    is_stream: bool,
}

impl Fragment {
    /// Fragment of a file in the stream format on the network's own file server.
    #[must_use]
    pub const fn stream() -> Self {
        Self { server_key: None, is_stream: true }
    }

    /// The fragment for another server, which has this key. Never name the key of the network's own: released
    /// clients stumble over it.
    #[must_use]
    pub const fn with_server_key(self, key: Ed25519PublicKey) -> Self {
        Self { server_key: Some(key), ..self }
    }

    /// Fragment of a URL. Unknown items are ignored, and so is a malformed key.
    #[must_use]
    pub fn of_url(url: &str) -> Self {
        let (_, fragment) = url.split_once('#').unwrap_or_default();
        let mut found = Self::default();
        for item in fragment.split('&') {
            match item.split_once('=') {
                // Some clients wrote `d=`, as makers of query strings do.
                None | Some((_, "")) if item.trim_end_matches('=') == "d" => found.is_stream = true,
                Some(("p", key)) => {
                    let key = hex::decode_array(key).ok().map(Ed25519PublicKey::from_bytes);
                    found.server_key = found.server_key.or(key);
                }
                _ => {}
            }
        }
        found
    }

    /// The URL with this fragment, in place of the one that it has.
    #[must_use]
    pub fn append_to(&self, url: &str) -> String {
        let location = url.split('#').next().unwrap_or_default();
        if *self == Self::default() { location.into() } else { format!("{location}#{self}") }
    }

    /// Key of the server, if it is not the network's own. Old snapshots of one client wrote the X25519 key.
    #[must_use]
    pub const fn server_key(&self) -> Option<Ed25519PublicKey> {
        self.server_key
    }

    /// Whether the file is in the stream format.
    #[must_use]
    pub const fn is_stream(&self) -> bool {
        self.is_stream
    }
}

impl fmt::Display for Fragment {
    /// Without `#`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(key) = &self.server_key {
            write!(f, "p={}", hex::encode(key.as_bytes()))?;
        }
        f.write_str(match (self.server_key, self.is_stream) {
            (Some(_), true) => "&d",
            (None, true) => "d",
            (_, false) => "",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "b8eef9821445ae16e2e97ef8aa6fe782fd11ad5253cd6723b281341dba22e371";

    fn key() -> Ed25519PublicKey {
        KEY.parse().unwrap()
    }

    #[test]
    fn fragments_are_written_and_read() {
        let url = "http://files.example/file/1";
        let plain = Fragment::default();
        let other = plain.with_server_key(key());
        let both = Fragment::stream().with_server_key(key());
        for (fragment, text) in [
            (plain, url.into()),
            (Fragment::stream(), format!("{url}#d")),
            (other, format!("{url}#p={KEY}")),
            (both, format!("{url}#p={KEY}&d")),
        ] {
            assert_eq!(fragment.append_to(url), text);
            assert_eq!(fragment.append_to("http://files.example/file/1#x#y"), text);
            assert_eq!(Fragment::of_url(&text), fragment, "{text}");
        }
    }

    #[test]
    fn the_forms_of_all_clients_are_read() {
        let both = Fragment::stream().with_server_key(key());
        for (fragment, expected) in [
            (format!("d&p={KEY}"), both),
            (format!("p={KEY}&d="), both),
            (format!("x&d&e=00&sr=host:1&p={}", KEY.to_uppercase()), both),
            ("d==".into(), Fragment::default()),
            ("d=1".into(), Fragment::default()),
            ("dd".into(), Fragment::default()),
            ("p=d".into(), Fragment::default()),
            (format!("p={KEY}00&d"), Fragment::stream()),
            (format!("p=zz&p={KEY}&d"), both),
            (format!("p={KEY}&d&p={}", "00".repeat(32)), both),
            ("".into(), Fragment::default()),
        ] {
            assert_eq!(Fragment::of_url(&format!("http://a/1#{fragment}")), expected, "{fragment}");
        }
        assert_eq!(Fragment::of_url("http://a/d"), Fragment::default());
        assert_eq!(Fragment::of_url(""), Fragment::default());
    }
}
