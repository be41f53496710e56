//! HTTP as eleven real storage servers speak it.

use session_node::server::Transport;

use crate::{
    World,
    client::{connect, exchange},
    pairs::{compare, pairs},
};

/// What is refused otherwise than by servers of release 2.8.0, and why.
const DIFFERENT: [(&str, &str); 2] = [
    // Whoever takes the first length and whoever takes the second see two different requests.
    ("http: two Content-Length", "such a request is refused, not read by its first length"),
    ("http: invalid Content-Length", "the status is the same, our HTTP library writes no page"),
];

#[test]
fn heads_are_answered_as_real_servers_do() {
    let world = World::start(|options| {
        options.nodes = 1;
        options.transport = Transport::Http;
    });
    let port = world.node().https_port;
    compare(&pairs(&["http"]), &DIFFERENT, |pair| {
        // The server closes only where it refuses the head.
        let (head, body) = pair.request.split_once("\r\n\r\n").unwrap();
        let request = format!("{head}\r\nconnection: close\r\n\r\n{body}");
        let answer = exchange(connect(port).unwrap(), request.as_bytes()).unwrap();
        (answer.status, answer.body)
    });
}
