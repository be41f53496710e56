//! What goes wrong on the path: the short plain answers of hops (§5, §8.1).
//!
//! Hops answer in the clear and unauthenticated: any hop before the one that answers, and whoever breaks the
//! link to the edge, can write such an answer. A [`PathError`] is therefore a claim, never a fact.

use alloc::{
    borrow::ToOwned as _,
    format,
    string::{String, ToString as _},
};
use core::str;

use session_crypto::{ed25519::Ed25519PublicKey, encoding::hex::ParseHexError};

use crate::{
    frame::FrameError,
    layer::{LayerError, LinkError},
    reply::Reply,
};

/// A claim about the path. Unauthenticated: see the [module](self).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// 502: a hop does not know the node that comes next.
    #[error("next node not found: {0}")]
    NodeNotFound(Ed25519PublicKey),
    /// 502: a hop cannot reach the node that comes next.
    #[error("next node is unreachable: {0}")]
    NodeUnreachable(Ed25519PublicKey),
    /// 503: this hop is not ready.
    #[error("node is not ready: {0}")]
    NodeNotReady(Ed25519PublicKey),
    /// 503: the edge node is not ready.
    #[error("edge node is not ready")]
    EdgeNotReady,
    /// 503: the edge node has too much to do.
    #[error("edge node is busy")]
    EdgeBusy,
    /// 504: a node or server did not answer the hop before.
    #[error("request timed out on the path")]
    TimedOut,
    /// 500: a node answered the hop before with nonsense.
    #[error("invalid response on the path")]
    InvalidResponse,
    /// 400: a hop could not decrypt its layer.
    #[error("a hop could not decrypt its layer")]
    InvalidCiphertext,
    /// 400: the edge node could not read the request.
    #[error("edge node could not read the request")]
    UnreadableRequest,
    /// 400: a hop could not read what the hop before sent.
    #[error("a hop could not read its layer")]
    UnreadableLayer,
    /// 400: the hop number passed its limit.
    #[error("path is too long")]
    PathTooLong,
    /// 413: the edge node takes no request of this size.
    #[error("request is too large")]
    TooLarge,
    /// 429: the edge node has had too many requests from here.
    #[error("too many requests")]
    RateLimited,
    /// 502: the web server in front of a server behind the exit cannot reach it.
    #[error("server behind the exit is unreachable")]
    BadGateway,
    /// Any status: a server behind the exit failed.
    #[error("server behind the exit failed")]
    ServerFailed,
    /// A text that no hop of the reference sends, with its status. From an exit that called a server it is that
    /// server's own, or says in the words of the exit why the server was not reached (§5.4).
    #[error("path answered with status {status}")]
    Other {
        /// Status of the answer.
        status: u16,
    },
}

const NODE_NOT_FOUND: &str = "Next node not found: ";
const NODE_UNREACHABLE: &str = "Next node is currently unreachable: ";
const NODE_NOT_READY: &str = "Snode not ready: ";
const EDGE_NOT_READY: &str = "Service node is not ready: ";
const EDGE_BUSY: &str = "Server busy, try again later";
const TIMED_OUT: &str = "Request time out";
const INVALID_RESPONSE: &str = "Invalid response from snode";
const INVALID_CIPHERTEXT: &str = "Invalid ciphertext";
const UNREADABLE_REQUEST: &str = "Error parsing onion request: ";
const UNREADABLE_LAYER: &str = "Invalid internal onion request: ";
const PATH_TOO_LONG: &str = "onion request max path length exceeded";
const TOO_LARGE: &str = "Request body too large";
const BAD_GATEWAY: &str = "Bad Gateway";
const SERVER_FAILED: &str = "Oxen Server error";

impl PathError {
    /// The answer of a node that has this to say.
    #[must_use]
    pub fn to_reply(&self) -> Reply {
        match self {
            Self::NodeNotFound(node) => Reply::text(502, &format!("{NODE_NOT_FOUND}{node}")),
            Self::NodeUnreachable(node) => Reply::text(502, &format!("{NODE_UNREACHABLE}{node}")),
            Self::NodeNotReady(node) => Reply::text(503, &format!("{NODE_NOT_READY}{node}")),
            Self::EdgeNotReady => not_ready_reply(&[]),
            Self::EdgeBusy => Reply::text(503, EDGE_BUSY),
            Self::TimedOut => Reply::text(504, TIMED_OUT),
            Self::InvalidResponse => Reply::text(500, INVALID_RESPONSE),
            Self::InvalidCiphertext => Reply::text(400, INVALID_CIPHERTEXT),
            Self::UnreadableRequest => Reply::text(400, UNREADABLE_REQUEST),
            Self::UnreadableLayer => Reply::text(400, UNREADABLE_LAYER),
            Self::PathTooLong => Reply::text(400, PATH_TOO_LONG),
            Self::TooLarge => Reply::text(413, TOO_LARGE),
            Self::RateLimited => Reply::text(429, ""),
            Self::BadGateway => Reply::text(502, BAD_GATEWAY),
            Self::ServerFailed => Reply::text(500, SERVER_FAILED),
            Self::Other { status } => Reply::text(*status, ""),
        }
    }
}

impl PathError {
    /// What a reply whose outer status is not 200 claims. Texts count only with their status and at the start of
    /// the body, and a node is named by exactly 64 hexadecimal digits; everything else is [`PathError::Other`], a page
    /// of HTML among it whatever its status: nodes send none, servers behind the exit do.
    #[must_use]
    pub fn parse(reply: &Reply) -> Self {
        let status = reply.status();
        let text = without_quic_head(str::from_utf8(reply.body()).unwrap_or_default());
        if text.trim_ascii_start().starts_with('<') {
            return Self::Other { status };
        }
        let says = |prefix| text.starts_with(prefix);
        let names = |prefix| text.strip_prefix(prefix).and_then(first_key);
        let claim = match status {
            _ if says(SERVER_FAILED) => Some(Self::ServerFailed),
            400 if says(INVALID_CIPHERTEXT) => Some(Self::InvalidCiphertext),
            400 if says(UNREADABLE_REQUEST) => Some(Self::UnreadableRequest),
            400 if says(UNREADABLE_LAYER) => Some(Self::UnreadableLayer),
            400 if says(PATH_TOO_LONG) => Some(Self::PathTooLong),
            413 => Some(Self::TooLarge),
            429 => Some(Self::RateLimited),
            500 if says(INVALID_RESPONSE) => Some(Self::InvalidResponse),
            502 if says(BAD_GATEWAY) => Some(Self::BadGateway),
            502 => names(NODE_NOT_FOUND)
                .map(Self::NodeNotFound)
                .or_else(|| names(NODE_UNREACHABLE).map(Self::NodeUnreachable)),
            503 if says(EDGE_NOT_READY) => Some(Self::EdgeNotReady),
            503 if says(EDGE_BUSY) => Some(Self::EdgeBusy),
            503 => names(NODE_NOT_READY).map(Self::NodeNotReady),
            504 if says(TIMED_OUT) => Some(Self::TimedOut),
            _ => None,
        };
        claim.unwrap_or(Self::Other { status })
    }
}

/// On QUIC a line `502 Bad Gateway` and an empty one come first (§8.1).
fn without_quic_head(body: &str) -> &str {
    match body.split_once("\n\n") {
        Some((head, rest)) if head.starts_with(|first: char| first.is_ascii_digit()) => rest,
        _ => body,
    }
}

impl Reply {
    /// The error text of a request over QUIC, `<code> <reason>\n\n<body>` or without the body (§10.3). The status
    /// is the code; 500 if the text does not start with one of 400 to 599.
    #[must_use]
    pub fn from_quic_error(text: &[u8]) -> Self {
        let code = text.split(|byte| !byte.is_ascii_digit()).next().unwrap_or_default();
        let code = str::from_utf8(code).ok().and_then(|code| code.parse().ok());
        let status = code.filter(|code| (400..600).contains(code)).unwrap_or(500);
        let body = match text.windows(2).position(|pair| pair == b"\n\n") {
            Some(head) if code.is_some() => text.get(head.saturating_add(2)..),
            None if code.is_some() => None,
            _ => Some(text),
        };
        Self::new(status, body.unwrap_or_default().to_vec())
    }
}

/// The key in front of the first white space.
fn first_key(text: &str) -> Option<Ed25519PublicKey> {
    text.split_ascii_whitespace().next()?.parse().ok()
}

/// The 503 of an edge node, with the reasons of §5.1: `shutting down`, `not in any swarm` and others.
#[must_use]
pub fn not_ready_reply(reasons: &[&str]) -> Reply {
    Reply::text(503, &format!("{EDGE_NOT_READY}{}\n", reasons.join("; ")))
}

impl LayerError {
    /// The answer of an edge node to a request that it cannot read (§5.1).
    #[must_use]
    pub fn to_reply(&self) -> Reply {
        match self {
            Self::TooLarge { .. } => PathError::TooLarge.to_reply(),
            detail => Reply::text(400, &format!("{UNREADABLE_REQUEST}{}", detail.on_the_wire())),
        }
    }

    /// The words of deployed nodes, where they are not those of a JSON parser (§5.1).
    fn on_the_wire(&self) -> String {
        match self {
            Self::Frame(FrameError::Truncated { .. }) => {
                "Unexpected payload size; expected ciphertext size".to_owned()
            }
            Self::Frame(FrameError::BlobTruncated { announced, left }) => {
                format!("Unexpected payload size {left}, expected >= {announced}")
            }
            Self::Missing { key } => {
                format!("[json.exception.out_of_range.403] key '{key}' not found")
            }
            Self::PublicKey { source: ParseHexError::Digit { .. }, .. } => {
                "Hex key data is invalid: data is not hex".to_owned()
            }
            Self::PublicKey {
                source: ParseHexError::Length { found, .. } | ParseHexError::Odd { found },
                ..
            } => format!("Hex key data is invalid: expected 32 hex digits, received {found}"),
            other => other.to_string(),
        }
    }
}

impl LinkError {
    /// The answer of a node to another node whose dict it cannot read (§5.3).
    #[must_use]
    pub fn to_reply(&self) -> Reply {
        match self {
            Self::PathTooLong => PathError::PathTooLong.to_reply(),
            detail => Reply::text(400, &format!("{UNREADABLE_LAYER}{detail}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Ed25519PublicKey {
        Ed25519PublicKey::from_bytes([0xab; 32])
    }

    #[test]
    fn what_nodes_say_is_understood() {
        for error in [
            PathError::NodeNotFound(key()),
            PathError::NodeUnreachable(key()),
            PathError::NodeNotReady(key()),
            PathError::EdgeNotReady,
            PathError::EdgeBusy,
            PathError::TimedOut,
            PathError::InvalidResponse,
            PathError::InvalidCiphertext,
            PathError::UnreadableRequest,
            PathError::UnreadableLayer,
            PathError::PathTooLong,
            PathError::TooLarge,
            PathError::RateLimited,
            PathError::BadGateway,
            PathError::ServerFailed,
            PathError::Other { status: 418 },
        ] {
            assert_eq!(PathError::parse(&error.to_reply()), error);
        }
    }

    #[test]
    fn texts_are_those_of_the_reference() {
        let hex = "ab".repeat(32);
        for (error, status, text) in [
            (PathError::NodeNotFound(key()), 502, format!("Next node not found: {hex}")),
            (
                PathError::NodeUnreachable(key()),
                502,
                format!("Next node is currently unreachable: {hex}"),
            ),
            (PathError::NodeNotReady(key()), 503, format!("Snode not ready: {hex}")),
            (PathError::EdgeBusy, 503, "Server busy, try again later".into()),
            (PathError::TimedOut, 504, "Request time out".into()),
            (PathError::InvalidResponse, 500, "Invalid response from snode".into()),
            (PathError::InvalidCiphertext, 400, "Invalid ciphertext".into()),
            (PathError::UnreadableRequest, 400, "Error parsing onion request: ".into()),
            (PathError::UnreadableLayer, 400, "Invalid internal onion request: ".into()),
            (PathError::PathTooLong, 400, "onion request max path length exceeded".into()),
            (PathError::TooLarge, 413, "Request body too large".into()),
            (PathError::BadGateway, 502, "Bad Gateway".into()),
            (PathError::ServerFailed, 500, "Oxen Server error".into()),
        ] {
            assert_eq!(error.to_reply(), Reply::text(status, &text));
            let longer = Reply::text(status, &format!("{text}\nand more"));
            assert_eq!(PathError::parse(&longer), error, "{text}");
        }
        // The server of this one chooses the status.
        for status in [400, 502, 599] {
            let reply = Reply::text(status, "Oxen Server error");
            assert_eq!(PathError::parse(&reply), PathError::ServerFailed, "{status}");
        }
        let reply = not_ready_reply(&["shutting down", "not in any swarm"]);
        let text = "Service node is not ready: shutting down; not in any swarm\n";
        assert_eq!(reply, Reply::text(503, text));
        assert_eq!(PathError::parse(&reply), PathError::EdgeNotReady);
    }

    #[test]
    fn pages_are_not_of_nodes() {
        for status in [400, 413, 429, 500, 502, 503, 504] {
            for page in ["<html>", " \r\n<!DOCTYPE html>", "<h1>Request body too large</h1>", "<"] {
                let claim = PathError::parse(&Reply::text(status, page));
                assert_eq!(claim, PathError::Other { status }, "{status} {page}");
            }
        }
    }

    #[test]
    fn quic_puts_a_line_in_front() {
        for (head, error) in [
            ("502 Bad Gateway\n\n", PathError::NodeNotFound(key())),
            ("", PathError::NodeNotFound(key())),
            ("Bad Gateway\n\n", PathError::BadGateway),
            ("A\n\n", PathError::Other { status: 502 }),
        ] {
            let text = format!("{head}Next node not found: {} and more", key());
            assert_eq!(PathError::parse(&Reply::text(502, &text)), error, "{head:?}");
        }
    }

    #[test]
    fn errors_of_quic_carry_their_status() {
        for (text, status, body) in [
            ("502 Bad Gateway\n\nNext node not found: x", 502, "Next node not found: x"),
            ("400 Bad Request\n\n", 400, ""),
            ("504 Gateway Timeout", 504, ""),
            ("503", 503, ""),
            ("200 OK\n\nx", 500, "x"),
            ("70000 What\n\nx", 500, "70000 What\n\nx"),
            ("Bad Gateway\n\nx", 500, "Bad Gateway\n\nx"),
            ("", 500, ""),
        ] {
            assert_eq!(
                Reply::from_quic_error(text.as_bytes()),
                Reply::text(status, body),
                "{text}"
            );
        }
    }

    #[test]
    fn a_claim_needs_its_status_and_a_whole_key() {
        let hex = "ab".repeat(32);
        for (status, text) in [
            (500, format!("Next node not found: {hex}")),
            (502, format!("Next node not found: {}", "a".repeat(63))),
            (502, format!("Next node not found: {hex}0")),
            (502, format!("Next node not found: {}g", "a".repeat(63))),
            (502, "Next node not found: ".into()),
            (502, format!(" Next node not found: {hex}")),
            (503, "Snode not ready".into()),
            (504, "Gateway Timeout".into()),
            (504, "Bad Gateway".into()),
            (504, "Invalid ciphertext".into()),
            (200, "Request time out".into()),
        ] {
            let claim = PathError::parse(&Reply::text(status, &text));
            assert_eq!(claim, PathError::Other { status }, "{text}");
        }
        assert_eq!(
            PathError::parse(&Reply::new(504, [0xff; 9].into())),
            PathError::Other { status: 504 }
        );
    }

    #[test]
    fn unreadable_requests_are_answered_with_the_detail() {
        let detail = LayerError::Missing { key: "ephemeral_key" };
        let text = "Error parsing onion request: [json.exception.out_of_range.403] key 'ephemeral_key' not found";
        assert_eq!(detail.to_reply(), Reply::text(400, text));
        let large = LayerError::TooLarge { maximum: 1, found: 2 };
        assert_eq!(PathError::parse(&large.to_reply()), PathError::TooLarge);
        let detail = LinkError::TooLarge { found: 9 };
        let text = "Invalid internal onion request: node link carries 9 bytes, more than a request \
                    may have";
        assert_eq!(detail.to_reply(), Reply::text(400, text));
        assert_eq!(LinkError::PathTooLong.to_reply(), PathError::PathTooLong.to_reply());
    }
}
