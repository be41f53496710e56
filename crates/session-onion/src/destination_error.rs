//! What goes wrong at the destination: inner statuses of service nodes and servers (§8.2, 05 §5.16).
//!
//! The reply's encryption proves that the destination said so. It does not prove that it is right.

use alloc::{borrow::Cow, vec::Vec};

use serde_json::value::RawValue;
use session_crypto::ed25519::Ed25519PublicKey;

use crate::{
    json,
    reply::NodeReply,
    v4::V4Response,
    wire::{BatchIn, MAX_RESULTS_READ, WrongSwarmIn, WrongSwarmNodeIn},
};

/// Why a service node or server did not do what was asked.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DestinationError {
    /// 400: malformed, or a field is missing.
    #[error("bad request")]
    BadRequest,
    /// 401: a signature is wrong or missing, or the right was revoked.
    #[error("not authorised")]
    Unauthorised,
    /// 403: a time to live or an expiry that is not allowed.
    #[error("not allowed")]
    Forbidden,
    /// 404: the object is not there.
    #[error("not found")]
    NotFound,
    /// 406 of a node, 425 of a server: the timestamp of a signature is too far from the time there.
    #[error("timestamp is out of tolerance")]
    Clock,
    /// 410: the form of the request is no longer supported.
    #[error("no longer supported")]
    Gone,
    /// 413: the request or its answer is too large.
    #[error("too large")]
    TooLarge,
    /// 421: another swarm stores this account.
    #[error("wrong swarm")]
    WrongSwarm {
        /// Primary keys of the nodes that should be asked, as this one says. Its addresses are left out: a
        /// node counts only if the pool knows it already (§8.3).
        nodes: Vec<Ed25519PublicKey>,
    },
    /// 429: too many requests.
    #[error("too many requests")]
    RateLimited,
    /// 500: the node, or every member of its swarm, failed.
    #[error("request failed")]
    Failed,
    /// 502: the daemon of the node gave nonsense.
    #[error("node cannot talk to its daemon")]
    BrokenDaemon,
    /// 502 with another text, 504: the node did not reach another one.
    #[error("node cannot reach another node")]
    Unreachable,
    /// 503: the node is not ready.
    #[error("node is not ready")]
    NotReady,
    /// Any other status outside 200 to 299.
    #[error("status {status}")]
    Other {
        /// The status.
        status: u16,
    },
}

impl DestinationError {
    /// What a decrypted reply complains about; `None` if it is a success.
    ///
    /// A batch is a success unless all its entries have the same status and that one is none: the batch is
    /// then read as its last entry.
    #[must_use]
    pub fn of(reply: &NodeReply) -> Option<Self> {
        let (status, body) = match reply.status() {
            200..=299 => uniform_failure(reply.body())?,
            status => (status, Cow::Borrowed(reply.body())),
        };
        Self::of_status(status, &body)
    }

    /// What a server complains about; `None` if its reply is a success.
    #[must_use]
    pub fn of_server(reply: &V4Response) -> Option<Self> {
        Self::of_status(reply.code(), "")
    }

    fn of_status(status: u16, body: &str) -> Option<Self> {
        Some(match status {
            200..=299 => return None,
            400 => Self::BadRequest,
            401 => Self::Unauthorised,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            406 | 425 => Self::Clock,
            410 => Self::Gone,
            413 => Self::TooLarge,
            421 => Self::WrongSwarm { nodes: swarm_of(body) },
            429 => Self::RateLimited,
            500 => Self::Failed,
            502 if body.contains(UNPARSABLE) => Self::BrokenDaemon,
            502 | 504 => Self::Unreachable,
            503 => Self::NotReady,
            status => Self::Other { status },
        })
    }
}

const UNPARSABLE: &str = "oxend returned unparsable data";

/// The status of every entry of a batch and the body of the last, if the status is one and the same and no
/// success.
fn uniform_failure(body: &str) -> Option<(u16, Cow<'_, str>)> {
    // Replies are long and few are batches.
    if !body.contains("\"results\"") {
        return None;
    }
    let batch: BatchIn<'_> = json::parse_object(body.as_bytes()).ok()?;
    let results = batch.results.0;
    let last = &results.last()?.0;
    let is_uniform = results.iter().all(|entry| entry.0.code == last.code);
    if results.len() >= MAX_RESULTS_READ || !is_uniform || (200..300).contains(&last.code) {
        return None;
    }
    let body = match last.body.map_or("", RawValue::get) {
        text if text.starts_with('"') => json::parse_string(text).ok()?.into(),
        embedded => embedded.into(),
    };
    Some((last.code, body))
}

fn swarm_of(body: &str) -> Vec<Ed25519PublicKey> {
    let Ok(wrong) = json::parse_object::<WrongSwarmIn<'_>>(body.as_bytes()) else {
        return Vec::new();
    };
    let key = |node: &RawValue| {
        let node: WrongSwarmNodeIn = json::parse_object(node.get().as_bytes()).ok()?;
        node.pubkey_ed25519?.parse().ok()
    };
    wrong.snodes.0.into_iter().filter_map(key).collect()
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::String, vec};

    use super::*;
    use crate::wire::MAX_SWARM;

    fn error(status: u16, body: &str) -> Option<DestinationError> {
        let wrapper = json::to_text(&serde_json::json!({ "status": status, "body": body }));
        DestinationError::of(&NodeReply::from_plaintext(wrapper.as_bytes()).unwrap())
    }

    #[test]
    fn every_status_has_its_error() {
        for (status, expected) in [
            (400, DestinationError::BadRequest),
            (401, DestinationError::Unauthorised),
            (403, DestinationError::Forbidden),
            (404, DestinationError::NotFound),
            (406, DestinationError::Clock),
            (425, DestinationError::Clock),
            (410, DestinationError::Gone),
            (413, DestinationError::TooLarge),
            (421, DestinationError::WrongSwarm { nodes: vec![] }),
            (429, DestinationError::RateLimited),
            (500, DestinationError::Failed),
            (502, DestinationError::Unreachable),
            (504, DestinationError::Unreachable),
            (503, DestinationError::NotReady),
            (199, DestinationError::Other { status: 199 }),
            (300, DestinationError::Other { status: 300 }),
        ] {
            assert_eq!(error(status, "text"), Some(expected.clone()), "{status}");
            let reply = V4Response::new(status, [], Vec::new());
            assert_eq!(DestinationError::of_server(&reply), Some(expected), "{status}");
        }
        for success in [200, 204, 299] {
            assert_eq!(error(success, "text"), None);
            let reply = V4Response::new(success, [], Vec::new());
            assert_eq!(DestinationError::of_server(&reply), None);
        }
        assert_eq!(error(502, UNPARSABLE), Some(DestinationError::BrokenDaemon));
    }

    #[test]
    fn a_wrong_swarm_names_the_right_nodes() {
        let key = "ab".repeat(32);
        let node = |key: &str| {
            format!(r#"{{"ip":"1.2.3.4","pubkey_ed25519":"{key}","port_https":22021}}"#)
        };
        let body =
            format!(r#"{{"snodes":[{},{},{{}}],"swarm":"ff","t":1}}"#, node(&key), node("short"));
        let nodes = vec![key.parse().unwrap()];
        assert_eq!(error(421, &body), Some(DestinationError::WrongSwarm { nodes }));
        let right = vec![key.parse().unwrap()];
        for odd in ["5", "null", "[]", "\"x\"", r#"{"pubkey_ed25519":5}"#] {
            let body = format!(r#"{{"snodes":[{odd},{},{odd}]}}"#, node(&key));
            let expected = DestinationError::WrongSwarm { nodes: right.clone() };
            assert_eq!(error(421, &body), Some(expected), "{odd}");
        }
        for body in ["", "{}", "null", "Misdirected", r#"{"snodes":5}"#] {
            let nothing = DestinationError::WrongSwarm { nodes: Vec::new() };
            assert_eq!(error(421, body), Some(nothing), "{body}");
        }
        let many = vec![node(&key); MAX_SWARM + 5].join(",");
        let Some(DestinationError::WrongSwarm { nodes }) =
            error(421, &format!(r#"{{"snodes":[{many}]}}"#))
        else {
            panic!("421 is a wrong swarm");
        };
        assert_eq!(nodes.len(), MAX_SWARM);
    }

    #[test]
    fn batches_of_one_mind_are_one_error() {
        let batch = |codes: &[u16]| -> String {
            let entries = codes.iter().map(|code| format!(r#"{{"code":{code},"body":{{}}}}"#));
            format!(r#"{{"results":[{}]}}"#, entries.collect::<Vec<_>>().join(","))
        };
        for (codes, expected) in [
            ([].as_slice(), None),
            (&[200], None),
            (&[401, 401], Some(DestinationError::Unauthorised)),
            (&[406], Some(DestinationError::Clock)),
            (&[401, 404], None),
            (&[200, 401], None),
            (&[299, 299], None),
        ] {
            assert_eq!(error(200, &batch(codes)), expected, "{codes:?}");
        }
        // The last entry speaks for all, whether its body is JSON or text.
        let key = "ab".repeat(32);
        let [wrong, right] =
            ["", &key].map(|key| format!(r#"{{"snodes":[{{"pubkey_ed25519":"{key}"}}]}}"#));
        let nodes = vec![key.parse().unwrap()];
        for last in [right.clone(), json::to_text(&right)] {
            let body = format!(
                r#"{{"results":[{{"code":421,"body":{wrong}}},{{"code":421,"body":{last}}}]}}"#
            );
            let expected = DestinationError::WrongSwarm { nodes: nodes.clone() };
            assert_eq!(error(200, &body), Some(expected), "{body}");
        }
        for (text, expected) in
            [(UNPARSABLE, DestinationError::BrokenDaemon), ("", DestinationError::Unreachable)]
        {
            let body = format!(r#"{{"results":[{{"code":502,"body":"{text}"}}]}}"#);
            assert_eq!(error(200, &body), Some(expected));
        }
        assert_eq!(error(200, r#"{"results":[{"code":"401"}]}"#), None);
        assert_eq!(error(200, r#"{"text":"\"results\""}"#), None);
    }
}
