//! What a client does about an answer that is no success (spec 05 §5.16, §8).

use super::{Body, Response};

/// What to do next.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Reaction {
    /// Nothing: the request is wrong, and would be everywhere. 400, 403, 404, 410, 413 and all that is not named
    /// below.
    Report,
    /// Nothing, but a member of a group may have been removed from it: the signature or its right is refused. 401.
    Unauthorised,
    /// Compare the clock with that of the network and send the request once more, then to one other member. 406,
    /// and 425 of servers beside the network.
    SyncClock,
    /// Ask the swarm that the body names, if it names any, after a check against the node list: it is hearsay of
    /// one node. Otherwise ask another member, and no longer this node. 421.
    ChangeSwarm,
    /// Send the request again later. 429.
    BackOff,
    /// Ask another member of the swarm. 500, 502, 503, 504, and an answer within another that cannot be read.
    AskAnother,
}

impl Response {
    /// What to do about this answer; `None` if it is a success. The answers within an answer each have their own.
    #[must_use]
    pub const fn reaction(&self) -> Option<Reaction> {
        if matches!(self.body(), Body::Malformed(_)) {
            return Some(Reaction::AskAnother);
        }
        Some(match self.status() {
            200..=299 => return None,
            401 => Reaction::Unauthorised,
            406 | 425 => Reaction::SyncClock,
            421 => Reaction::ChangeSwarm,
            429 => Reaction::BackOff,
            500 | 502..=504 => Reaction::AskAnother,
            _ => Reaction::Report,
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    #[test]
    fn every_status_of_the_specification_has_its_reaction() {
        for (statuses, reaction) in [
            (&[200, 204, 299][..], None),
            (&[199, 300, 400, 403, 404, 410, 413, 418, 501, 505], Some(Reaction::Report)),
            (&[401], Some(Reaction::Unauthorised)),
            (&[406, 425], Some(Reaction::SyncClock)),
            (&[421], Some(Reaction::ChangeSwarm)),
            (&[429], Some(Reaction::BackOff)),
            (&[500, 502, 503, 504], Some(Reaction::AskAnother)),
        ] {
            for status in statuses {
                let response = Response::text(*status, String::new());
                assert_eq!(response.reaction(), reaction, "{status}");
            }
        }
    }
}
