//! Blame: whose fault a failed request is, and whether to try again (§8).
//!
//! Most of what is known about a failure was said in the clear, by a hop or by whoever pretends to be one. Blame
//! therefore follows four rules: a node is blamed only if it is on *this* path or the destination; whoever
//! reports others puts the path at risk too; nothing that is said in the clear ends a request, else any hop could
//! end them all; and what a destination says counts for that destination alone.
//!
//! Whoever sends a request bounds how often it is tried, in all (§15).

use session_crypto::ed25519::Ed25519PublicKey;

use crate::{
    DestinationError, PathError,
    reply::{ReplyError, Unauthenticated},
};

/// How a request failed.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Failure {
    /// No connection to the edge node, or none that it proves to be its own.
    Unconnected,
    /// No reply in time, by the client's own clock.
    TimedOut,
    /// Somebody on the path answered in the clear.
    Path(Unauthenticated<PathError>),
    /// The reply is none that anybody on the path or the destination encrypted.
    Unreadable,
    /// A hop says, in its own encryption, that it cannot read what is in its layer, or says nothing of sense.
    HopRefused(Ed25519PublicKey),
    /// The exit says, in its own encryption, that it does not call this server.
    UrlRefused,
    /// The destination encrypted something that is no reply.
    Malformed,
    /// The destination says no.
    Destination(DestinationError),
}

impl From<&ReplyError> for Failure {
    fn from(error: &ReplyError) -> Self {
        match error {
            ReplyError::Path(claim) => Self::Path(*claim),
            ReplyError::TooLarge { .. } | ReplyError::Undecryptable(_) => Self::Unreadable,
            ReplyError::Wrapper(_) | ReplyError::NoStatus | ReplyError::Server(_) => {
                Self::Malformed
            }
            ReplyError::FromHop { reply, .. } if reply.body() == "Invalid url" => Self::UrlRefused,
            ReplyError::FromHop { node, .. } | ReplyError::NonsenseFromHop { node, .. } => {
                Self::HopRefused(*node)
            }
        }
    }
}

/// Who took part in a request.
#[derive(Clone, Copy, Debug)]
pub struct Route<'a> {
    hops: &'a [Ed25519PublicKey],
    node: Option<Ed25519PublicKey>,
}

impl<'a> Route<'a> {
    /// Hops from the edge on, to a service node.
    #[must_use]
    pub const fn to_node(hops: &'a [Ed25519PublicKey], node: Ed25519PublicKey) -> Self {
        Self { hops, node: Some(node) }
    }

    /// Hops from the edge on, to a server.
    #[must_use]
    pub const fn to_server(hops: &'a [Ed25519PublicKey]) -> Self {
        Self { hops, node: None }
    }

    fn has(&self, node: Ed25519PublicKey) -> bool {
        self.hops.contains(&node) || self.node == Some(node)
    }
}

/// Verdict on a failure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Blame {
    /// The node at fault, if one is.
    pub node: Option<(Ed25519PublicKey, Severity)>,
    /// Whether the path gets a strike.
    pub path: PathBlame,
    /// Whether to try again.
    pub retry: Retry,
}

/// How much a node is at fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "one strike or all of them")]
pub enum Severity {
    /// One strike.
    Strike,
    /// As many strikes as make it unusable.
    Drop,
}

/// Whether the path is at fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there is no third")]
pub enum PathBlame {
    /// It is not.
    Spared,
    /// It gets a strike.
    Struck,
}

/// Whether a request may be tried again. It is always built anew.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Retry {
    /// It would fail again.
    No,
    /// To the same destination, on a path without the nodes blamed.
    Again,
    /// To another node of the swarm.
    OtherDestination,
    /// After the clock was compared with that of the network, once.
    AfterClockSync,
    /// After a pause.
    Later,
}

impl Blame {
    const fn nobody(retry: Retry) -> Self {
        Self { node: None, path: PathBlame::Spared, retry }
    }

    const fn path(retry: Retry) -> Self {
        Self { node: None, path: PathBlame::Struck, retry }
    }

    const fn of(node: Option<Ed25519PublicKey>, severity: Severity, retry: Retry) -> Self {
        let node = match node {
            Some(node) => Some((node, severity)),
            None => None,
        };
        Self { node, path: PathBlame::Spared, retry }
    }
}

impl Failure {
    /// Who is to blame, on this route.
    #[must_use]
    pub fn blame(&self, route: &Route<'_>) -> Blame {
        match self {
            Self::Unconnected => {
                Blame::of(route.hops.first().copied(), Severity::Strike, Retry::Again)
            }
            // The path is not blamed for a server that is slow.
            Self::TimedOut if route.node.is_none() => Blame::nobody(Retry::Again),
            Self::TimedOut | Self::Unreadable => Blame::path(Retry::Again),
            Self::Path(claim) => claim.claim().blame(route),
            // Our layers are right, so that this hop lies or is broken.
            Self::HopRefused(node) => Blame::of(Some(*node), Severity::Strike, Retry::Again),
            // Another exit may have another policy, or tell the truth.
            Self::UrlRefused => Blame::nobody(Retry::Again),
            Self::Malformed => match route.node {
                Some(node) => Blame::of(Some(node), Severity::Strike, Retry::OtherDestination),
                None => Blame::nobody(Retry::No),
            },
            Self::Destination(error) => error.blame(route.node),
        }
    }
}

impl PathError {
    fn blame(self, route: &Route<'_>) -> Blame {
        match self {
            Self::NodeNotFound(node) | Self::NodeUnreachable(node) => missing(node, route),
            Self::NodeNotReady(node) if route.node == Some(node) => {
                Blame::of(Some(node), Severity::Strike, Retry::OtherDestination)
            }
            Self::NodeNotReady(node) if route.has(node) => {
                Blame::of(Some(node), Severity::Strike, Retry::Again)
            }
            // A node that has no part in the request: somebody on the path lies.
            Self::NodeNotReady(_) => Blame::path(Retry::Again),
            Self::EdgeNotReady | Self::EdgeBusy => {
                Blame::of(route.hops.first().copied(), Severity::Strike, Retry::Again)
            }
            Self::TimedOut | Self::InvalidResponse => Blame::path(Retry::Again),
            // The request is right, since it was built here: whoever says otherwise lies or is broken.
            Self::InvalidCiphertext
            | Self::UnreadableRequest
            | Self::UnreadableLayer
            | Self::PathTooLong
            | Self::TooLarge => Blame::path(Retry::Again),
            Self::RateLimited => Blame::path(Retry::Later),
            Self::Other { status: 429 } if route.node.is_none() => Blame::nobody(Retry::Later),
            // Answers of servers. Good paths are not blamed for a bad server; a service node has no such answer.
            Self::BadGateway | Self::ServerFailed | Self::Other { .. } if route.node.is_none() => {
                Blame::nobody(Retry::Again)
            }
            Self::BadGateway | Self::ServerFailed | Self::Other { .. } => Blame::path(Retry::Again),
        }
    }
}

/// A hop cannot pass the request on to `node`. That the hop says so may be a lie to get rid of the node.
fn missing(node: Ed25519PublicKey, route: &Route<'_>) -> Blame {
    if route.node == Some(node) {
        Blame::of(Some(node), Severity::Drop, Retry::OtherDestination)
    } else if route.hops.contains(&node) {
        Blame { node: Some((node, Severity::Drop)), ..Blame::path(Retry::Again) }
    } else {
        Blame::path(Retry::Again)
    }
}

impl DestinationError {
    fn blame(&self, destination: Option<Ed25519PublicKey>) -> Blame {
        match self {
            Self::BadRequest
            | Self::Unauthorised
            | Self::Forbidden
            | Self::NotFound
            | Self::Gone
            | Self::TooLarge
            | Self::Other { .. } => Blame::nobody(Retry::No),
            Self::Clock => Blame::nobody(Retry::AfterClockSync),
            Self::RateLimited => Blame::nobody(Retry::Later),
            // A server is one of its kind.
            Self::WrongSwarm { .. }
            | Self::Failed
            | Self::Unreachable
            | Self::BrokenDaemon
            | Self::NotReady
                if destination.is_none() =>
            {
                Blame::nobody(Retry::Later)
            }
            // It may be the fault of the swarm, which this node cannot help.
            Self::WrongSwarm { .. } | Self::Failed | Self::Unreachable => {
                Blame::nobody(Retry::OtherDestination)
            }
            Self::BrokenDaemon => Blame::of(destination, Severity::Drop, Retry::OtherDestination),
            Self::NotReady => Blame::of(destination, Severity::Strike, Retry::OtherDestination),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::{borrow::ToOwned as _, format};

    use super::*;
    use crate::{Reply, encryption::DecryptError, json, reply::NodeReply, v4::V4Response};

    const HOPS: [Ed25519PublicKey; 3] = [key(1), key(2), key(3)];
    const NODE: Ed25519PublicKey = key(4);
    const STRANGER: Ed25519PublicKey = key(5);

    const fn key(number: u8) -> Ed25519PublicKey {
        Ed25519PublicKey::from_bytes([number; 32])
    }

    fn of(error: PathError) -> Failure {
        Failure::Path(Unauthenticated::new(error))
    }

    fn to_node(failure: &Failure) -> Blame {
        failure.blame(&Route::to_node(&HOPS, NODE))
    }

    fn to_server(failure: &Failure) -> Blame {
        failure.blame(&Route::to_server(&HOPS))
    }

    #[test]
    fn missing_nodes_are_dropped_only_if_they_take_part() {
        let errors: [fn(Ed25519PublicKey) -> PathError; 2] =
            [PathError::NodeNotFound, PathError::NodeUnreachable];
        for error in errors {
            let hop = Blame {
                node: Some((HOPS[1], Severity::Drop)),
                path: PathBlame::Struck,
                retry: Retry::Again,
            };
            assert_eq!(to_node(&of(error(HOPS[1]))), hop);
            let destination = Blame::of(Some(NODE), Severity::Drop, Retry::OtherDestination);
            assert_eq!(to_node(&of(error(NODE))), destination);
            assert_eq!(to_node(&of(error(STRANGER))), Blame::path(Retry::Again));
            assert_eq!(to_server(&of(error(NODE))), Blame::path(Retry::Again));
        }
    }

    #[test]
    fn unready_nodes_get_a_strike() {
        let strike = |node, retry| Blame::of(Some(node), Severity::Strike, retry);
        for (error, blame) in [
            (PathError::NodeNotReady(HOPS[2]), strike(HOPS[2], Retry::Again)),
            (PathError::NodeNotReady(NODE), strike(NODE, Retry::OtherDestination)),
            (PathError::NodeNotReady(STRANGER), Blame::path(Retry::Again)),
            (PathError::EdgeNotReady, strike(HOPS[0], Retry::Again)),
            (PathError::EdgeBusy, strike(HOPS[0], Retry::Again)),
        ] {
            assert_eq!(to_node(&of(error)), blame, "{error}");
        }
        assert_eq!(to_node(&Failure::Unconnected), strike(HOPS[0], Retry::Again));
        assert_eq!(to_node(&Failure::HopRefused(HOPS[1])), strike(HOPS[1], Retry::Again));
    }

    #[test]
    fn the_path_answers_for_silence_and_nonsense() {
        for failure in [
            Failure::TimedOut,
            Failure::Unreadable,
            of(PathError::TimedOut),
            of(PathError::InvalidResponse),
            of(PathError::InvalidCiphertext),
            of(PathError::UnreadableRequest),
            of(PathError::UnreadableLayer),
            of(PathError::PathTooLong),
            of(PathError::TooLarge),
            of(PathError::BadGateway),
            of(PathError::ServerFailed),
            of(PathError::Other { status: 500 }),
            of(PathError::Other { status: 421 }),
            of(PathError::Other { status: 406 }),
        ] {
            assert_eq!(to_node(&failure), Blame::path(Retry::Again), "{failure:?}");
        }
        assert_eq!(to_node(&of(PathError::RateLimited)), Blame::path(Retry::Later));
        assert_eq!(to_server(&of(PathError::TimedOut)), Blame::path(Retry::Again));
    }

    #[test]
    fn servers_may_be_slow_and_speak_in_their_own_words() {
        for failure in [
            Failure::TimedOut,
            Failure::UrlRefused,
            of(PathError::BadGateway),
            of(PathError::ServerFailed),
            of(PathError::Other { status: 404 }),
            of(PathError::Other { status: 502 }),
        ] {
            assert_eq!(to_server(&failure), Blame::nobody(Retry::Again), "{failure:?}");
        }
    }

    /// A hop that answers everything with a text that ends requests would end them all.
    #[test]
    fn nothing_said_in_the_clear_ends_a_request() {
        for status in 0..1000 {
            for text in ["", "Invalid ciphertext", "Oxen Server error", "Bad Gateway"] {
                let error = PathError::parse(&Reply::new(status, text.into()));
                for blame in [to_node(&of(error)), to_server(&of(error))] {
                    assert_ne!(blame.retry, Retry::No, "{status} {text}");
                }
            }
        }
    }

    #[test]
    fn destinations_answer_for_themselves_alone() {
        let of = |severity| Blame::of(Some(NODE), severity, Retry::OtherDestination);
        for (error, blame) in [
            (DestinationError::BadRequest, Blame::nobody(Retry::No)),
            (DestinationError::Unauthorised, Blame::nobody(Retry::No)),
            (DestinationError::Forbidden, Blame::nobody(Retry::No)),
            (DestinationError::NotFound, Blame::nobody(Retry::No)),
            (DestinationError::Gone, Blame::nobody(Retry::No)),
            (DestinationError::TooLarge, Blame::nobody(Retry::No)),
            (DestinationError::Other { status: 418 }, Blame::nobody(Retry::No)),
            (DestinationError::Clock, Blame::nobody(Retry::AfterClockSync)),
            (DestinationError::RateLimited, Blame::nobody(Retry::Later)),
            (
                DestinationError::WrongSwarm { nodes: [STRANGER].into() },
                Blame::nobody(Retry::OtherDestination),
            ),
            (DestinationError::Failed, Blame::nobody(Retry::OtherDestination)),
            (DestinationError::Unreachable, Blame::nobody(Retry::OtherDestination)),
            (DestinationError::BrokenDaemon, of(Severity::Drop)),
            (DestinationError::NotReady, of(Severity::Strike)),
        ] {
            let failure = Failure::Destination(error.clone());
            assert_eq!(to_node(&failure), blame, "{error}");
            // There is no other server, and no strike for one.
            let retry = match blame.retry {
                Retry::OtherDestination => Retry::Later,
                same => same,
            };
            assert_eq!(to_server(&failure), Blame::nobody(retry), "{error}");
        }
        assert_eq!(to_node(&Failure::Malformed), of(Severity::Strike));
        assert_eq!(to_server(&Failure::Malformed), Blame::nobody(Retry::No));
    }

    #[test]
    fn replies_become_failures() {
        let reply = |body: &str| {
            let wrapper = json::to_text(&serde_json::json!({ "status": 400, "body": body }));
            alloc::boxed::Box::new(
                crate::reply::NodeReply::from_plaintext(wrapper.as_bytes()).unwrap(),
            )
        };
        let from_hop =
            |body| ReplyError::FromHop { position: 1, node: HOPS[1], reply: reply(body) };
        let claim = PathError::parse(&Reply::new(504, b"Request time out".to_vec()));
        for (error, failure) in [
            (ReplyError::Path(Unauthenticated::new(claim)), of(PathError::TimedOut)),
            (ReplyError::NoStatus, Failure::Malformed),
            (ReplyError::Undecryptable(DecryptError::Unauthentic), Failure::Unreadable),
            (
                ReplyError::NonsenseFromHop { position: 1, node: HOPS[1] },
                Failure::HopRefused(HOPS[1]),
            ),
            (ReplyError::TooLarge { found: 1 }, Failure::Unreadable),
            (from_hop("Invalid json"), Failure::HopRefused(HOPS[1])),
            (from_hop("Invalid url"), Failure::UrlRefused),
        ] {
            assert_eq!(Failure::from(&error), failure, "{error}");
        }
    }

    /// A page of the server behind the exit, or of what is in front of it, strikes no path (§8.1).
    #[test]
    fn pages_of_servers_strike_no_path() {
        for (status, retry) in
            [(400, Retry::Again), (413, Retry::Again), (429, Retry::Later), (500, Retry::Again)]
        {
            let page = Reply::text(status, "<html>no</html>");
            let failure = of(PathError::parse(&page));
            assert_eq!(failure.blame(&Route::to_server(&HOPS)), Blame::nobody(retry), "{status}");
            // No service node sends one.
            let to_node = failure.blame(&Route::to_node(&HOPS, NODE));
            assert_eq!(to_node, Blame::path(Retry::Again), "{status}");
        }
    }

    /// What hops say counts in the clear alone: a server could name any node otherwise (§8.1).
    #[test]
    fn servers_cannot_blame_nodes() {
        for text in [
            format!("Next node not found: {}", HOPS[1]),
            format!("Snode not ready: {}", HOPS[1]),
            "oxend returned unparsable data".to_owned(),
        ] {
            for status in [400, 500, 502, 503, 504] {
                let reply = V4Response::new(status, [], text.clone().into_bytes());
                let error = DestinationError::of_server(&reply).unwrap();
                let blame = Failure::Destination(error).blame(&Route::to_server(&HOPS));
                assert_eq!((blame.node, blame.path), (None, PathBlame::Spared), "{status} {text}");
            }
            let wrapper = json::to_text(&serde_json::json!({ "status": 502, "body": text }));
            let reply = NodeReply::from_plaintext(wrapper.as_bytes()).unwrap();
            let error = DestinationError::of(&reply).unwrap();
            let blame = Failure::Destination(error).blame(&Route::to_node(&HOPS, NODE));
            assert!(blame.node.is_none_or(|(node, _)| node == NODE), "{text}");
            assert_eq!(blame.path, PathBlame::Spared, "{text}");
        }
    }
}
