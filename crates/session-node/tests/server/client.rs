//! A client that may also send what is no request: one connection for each.

use std::io::{self, Read, Write};

use session_node::server::{Transport, client::Connection};

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }
}

/// Posts `body` to a node over HTTPS.
pub(crate) fn post(port: u16, path: &str, body: &[u8]) -> io::Result<Answer> {
    exchange(tls(port)?, &request("POST", path, body))
}

/// Asks over plain HTTP.
pub(crate) fn plain(port: u16, method: &str, path: &str, body: &[u8]) -> io::Result<Answer> {
    exchange(connect(port)?, &request(method, path, body))
}

pub(crate) fn connect(port: u16) -> io::Result<Connection> {
    Connection::open(port, Transport::Http)
}

pub(crate) fn tls(port: u16) -> io::Result<Connection> {
    Connection::open(port, Transport::Https)
}

fn request(method: &str, path: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

pub(crate) fn exchange(mut stream: Connection, request: &[u8]) -> io::Result<Answer> {
    // A server that has refused already may not read to the end.
    let written = stream.write_all(request).and_then(|()| stream.flush());
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        written?;
        read?;
        return Err(io::ErrorKind::UnexpectedEof.into());
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
    Ok(Answer { status, head: head.to_lowercase(), body: bytes[end + 4..].to_vec() })
}
