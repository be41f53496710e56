//! URLs of files and of communities' rooms.

use session_protocol::envelope::attachment::Fragment;

use crate::tree::{Node, text};

pub(crate) fn explain(url: &str) -> Node {
    let (location, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (path, query) = location.split_once('?').unwrap_or((location, ""));
    let (scheme, rest) = path.split_once("://").unwrap_or(("", path));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut node = Node::new("URL")
        .with(Node::new(format!("scheme {}", text(scheme))))
        .with(Node::new(format!(
            "host {}: to be fetched only if the application accepts it",
            text(host)
        )))
        .with(path_node(path));
    for item in query.split('&').filter(|item| !item.is_empty()) {
        node = node.with(match item.split_once('=') {
            Some(("public_key", key)) => {
                Node::new(format!("public key of the community {}", text(key)))
            }
            _ => Node::new(format!("query item {}", text(item))),
        });
    }
    let parsed = Fragment::of_url(url);
    if let Some(key) = parsed.server_key() {
        node = node.with(Node::new(format!("p: the server has the Ed25519 key {key}")));
    }
    for item in fragment.split('&').filter(|item| !item.is_empty()) {
        let (name, value) = item.split_once('=').unwrap_or((item, ""));
        node = match name {
            "d" if parsed.is_stream() => {
                node.with(Node::new("d: the file is in the stream format"))
            }
            "p" if parsed.server_key().is_some() => node,
            "p" => node.with(Node::bad("p is no key of 32 bytes, and ignored")),
            "e" => node.with(Node::bad("e is a key that must never be sent")),
            "sr" => {
                node.with(Node::new(format!("sr: address for the session router {}", text(value))))
            }
            _ => node.with(Node::new(format!("unknown item {}, ignored", text(name)))),
        };
    }
    if !parsed.is_stream() && path.contains("file") {
        node = node.with(Node::new(
            "no d: AES-CBC with HMAC for a key of 64 bytes, AES-GCM for a picture's key of 32, plain without key",
        ));
    }
    node
}

fn path_node(path: &str) -> Node {
    let segments: Vec<_> = path.split('/').collect();
    match segments.as_slice() {
        ["file" | "files", id] => Node::new(format!("file {} of a file server", text(id))),
        ["room", room, "file", id] | ["r", room, "file", id] => {
            Node::new(format!("file {} of the room {}", text(id), text(room)))
        }
        [room] | ["r", room] => Node::new(format!("room {}", text(room))),
        _ => Node::new(format!("path {}", text(path))),
    }
}
