//! The page at the seed's port: nodes in their swarms on the ring, and messages that move between them.
//!
//! It shows the first digits of nodes' keys, and no account, message or key in whole. It loads nothing from
//! elsewhere, runs its own script alone, and only answers who calls this machine by a name of its own: a
//! foreign page whose name is made to lead here gets nothing.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use http_body_util::Full;
use hyper::{
    HeaderMap, Response, StatusCode,
    body::Bytes,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, HeaderValue,
        REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    },
};
use session_crypto::ed25519::Ed25519PublicKey;
use session_onion::serde_json::{Value, json};

use super::metrics::endpoint_name;
use crate::{directory::Directory, link::Endpoint};

/// Path of the page itself.
pub(super) const PAGE_PATH: &str = "/";
/// Path of its style.
pub(super) const STYLE_PATH: &str = "/page.css";
/// Path of its script.
pub(super) const SCRIPT_PATH: &str = "/page.js";
/// Path of what the script draws.
pub(super) const STATE_PATH: &str = "/state.json";

/// Hexadecimal digits of a key that are shown.
const PREFIX: usize = 8;
/// Movements that are kept for pages that ask too rarely.
const MAX_MOVEMENTS: usize = 500;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The latest messages that moved.
#[derive(Debug, Default)]
pub(super) struct Movements(Mutex<Recent>);

#[derive(Debug, Default)]
struct Recent {
    /// How many there ever were.
    count: u64,
    latest: VecDeque<Movement>,
}

#[derive(Clone, Copy, Debug)]
struct Movement {
    from: Option<Ed25519PublicKey>,
    to: Ed25519PublicKey,
    endpoint: Endpoint,
}

impl Movements {
    /// Takes note of a message that was sent; `from` is `None` for a client.
    pub(super) fn note(
        &self,
        from: Option<Ed25519PublicKey>,
        to: Ed25519PublicKey,
        endpoint: Endpoint,
    ) {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.count = recent.count.saturating_add(1);
        recent.latest.push_back(Movement { from, to, endpoint });
        if recent.latest.len() > MAX_MOVEMENTS {
            recent.latest.pop_front();
        }
    }

    /// How many there were, and those behind the first `after`, as far as they are kept.
    fn behind(&self, after: u64) -> (u64, Vec<Value>) {
        let recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = usize::try_from(recent.count.saturating_sub(after)).unwrap_or(usize::MAX);
        let start = recent.latest.len().saturating_sub(new);
        let behind = recent.latest.range(start..).map(|movement| {
            json!({
                "from": movement.from.as_ref().map(prefix),
                "to": prefix(&movement.to),
                "what": endpoint_name(movement.endpoint),
            })
        });
        (recent.count, behind.collect())
    }
}

/// What a node holds, and for how many peers something waits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Load {
    pub(super) messages: usize,
    pub(super) owes: usize,
}

/// What the script draws. `query` may say `after=N`: then movements behind the first N are told.
pub(super) fn state(
    directory: &Directory,
    movements: &Movements,
    query: Option<&str>,
    load: impl Fn(&Ed25519PublicKey) -> Load,
) -> String {
    let after = query.and_then(|query| query.strip_prefix("after=")).and_then(|n| n.parse().ok());
    let (moved, movements) = movements.behind(after.unwrap_or(u64::MAX));
    let nodes = directory.nodes().map(|node| {
        let Load { messages, owes } = load(&node.ed25519);
        json!({
            "id": prefix(&node.ed25519),
            "swarm": node.swarm.map(|swarm| format!("{:016x}", swarm.get())),
            "active": node.active,
            "messages": messages,
            "owes": owes,
        })
    });
    let swarms = directory.ring().ids().iter().map(|swarm| {
        // Parts in 2^16 of the ring are more than a screen shows.
        let [high, low, ..] = swarm.get().to_be_bytes();
        let turn = f64::from(u16::from_be_bytes([high, low])) / 65_536.0;
        json!({ "id": format!("{:016x}", swarm.get()), "turn": turn })
    });
    json!({
        "height": directory.block().height,
        "nodes": nodes.collect::<Vec<_>>(),
        "swarms": swarms.collect::<Vec<_>>(),
        "moved": moved,
        "movements": movements,
    })
    .to_string()
}

/// A file of the page; `None` if there is none at `path`.
pub(super) fn file(path: &str) -> Option<(&'static str, &'static str)> {
    match path {
        PAGE_PATH => Some((include_str!("page/index.html"), "text/html; charset=utf-8")),
        STYLE_PATH => Some((include_str!("page/page.css"), "text/css; charset=utf-8")),
        SCRIPT_PATH => Some((include_str!("page/page.js"), "text/javascript; charset=utf-8")),
        _ => None,
    }
}

/// Whether the request came to this machine by one of its own names.
pub(super) fn is_addressed_here(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "127.0.0.1" | "localhost")
}

/// An answer that a browser may do nothing else with.
pub(super) fn respond(body: impl Into<Bytes>, kind: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = StatusCode::OK;
    let headers: [(HeaderName, &str); 5] = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

fn prefix(key: &Ed25519PublicKey) -> String {
    key.to_string().chars().take(PREFIX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Ed25519PublicKey = Ed25519PublicKey::from_bytes([0xab; 32]);

    #[test]
    fn a_page_gets_what_moved_since_it_asked() {
        let movements = Movements::default();
        for _ in 0..MAX_MOVEMENTS + 10 {
            movements.note(None, KEY, Endpoint::Post);
        }
        movements.note(Some(KEY), KEY, Endpoint::Data);
        let count = u64::try_from(MAX_MOVEMENTS).unwrap() + 11;
        let told = |after| (movements.behind(after).0, movements.behind(after).1.len());
        assert_eq!(told(0), (count, MAX_MOVEMENTS));
        assert_eq!(told(count - 2), (count, 2));
        assert_eq!(told(count), (count, 0));
        assert_eq!(told(u64::MAX), (count, 0), "who asks first gets none");
        let expected = json!({ "from": "abababab", "to": "abababab", "what": "data" });
        assert_eq!(movements.behind(count - 1).1, [expected]);
    }

    #[test]
    fn foreign_names_are_not_answered() {
        for (host, expected) in [
            ("127.0.0.1:22000", true),
            ("localhost:1", true),
            ("localhost", true),
            ("evil.example:22000", false),
            ("127.0.0.1.evil.example:22000", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_str(host).unwrap());
            assert_eq!(is_addressed_here(&headers), expected, "{host}");
        }
        assert!(!is_addressed_here(&HeaderMap::new()));
    }
}
