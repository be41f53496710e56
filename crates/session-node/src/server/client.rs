//! A client of HTTP for tests and tools: blocking, one request at a time over a connection that is kept.
//!
//! It trusts whatever certificate it is shown, as clients of service nodes have to, and reads answers with a
//! `content-length` only, which are all that nodes give.

use std::{
    io::{self, BufRead as _, BufReader, Read, Write},
    net::{IpAddr, Ipv4Addr, TcpStream},
    time::Duration,
};

use session_onion::reply::Reply;
use session_swarm::limits::MAX_REQUEST_LENGTH;
use tokio_rustls::rustls::{ClientConnection, StreamOwned, pki_types::ServerName};

use super::{Transport, tls};

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Longest head of an answer in bytes.
const MAX_HEAD_LENGTH: u64 = 16 * 1024;
/// Longest body of an answer: nodes keep their pages well below (05 §4.3).
const MAX_BODY_LENGTH: usize = 2 * MAX_REQUEST_LENGTH;

/// A connection to a node or to the seed of a network on this machine.
#[derive(Debug)]
pub struct Connection(BufReader<Stream>);

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Connection {
    /// Connects to this port of `127.0.0.1`.
    ///
    /// # Errors
    /// Those of the socket, and [`io::ErrorKind::Other`] if TLS cannot be set up.
    pub fn open(port: u16, transport: Transport) -> io::Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_nodelay(true)?;
        let stream = match transport {
            Transport::Http => Stream::Plain(stream),
            Transport::Https => {
                let name = ServerName::from(IpAddr::V4(Ipv4Addr::LOCALHOST));
                let config = tls::client_config().map_err(io::Error::other)?;
                let tls = ClientConnection::new(config, name).map_err(io::Error::other)?;
                Stream::Tls(Box::new(StreamOwned::new(tls, stream)))
            }
        };
        Ok(Self(BufReader::new(stream)))
    }

    /// Posts `body` to `path`.
    ///
    /// # Errors
    /// Those of the connection; [`io::ErrorKind::UnexpectedEof`] if it ends before the answer does, and
    /// [`io::ErrorKind::InvalidData`] if that is none of HTTP. After an error the connection is of no use.
    pub fn post(&mut self, path: &str, body: &[u8]) -> io::Result<Reply> {
        self.exchange("POST", path, body)
    }

    /// Gets `path`.
    ///
    /// # Errors
    /// As of [`Self::post`].
    pub fn get(&mut self, path: &str) -> io::Result<Reply> {
        self.exchange("GET", path, &[])
    }

    fn exchange(&mut self, method: &str, path: &str, body: &[u8]) -> io::Result<Reply> {
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n"
        );
        // In one piece: in two, the second may wait until the first is confirmed.
        self.0.get_mut().write_all(&[head.as_bytes(), body].concat())?;
        self.0.get_mut().flush()?;
        self.read()
    }

    fn read(&mut self) -> io::Result<Reply> {
        let mut head = self.0.by_ref().take(MAX_HEAD_LENGTH);
        let mut line = String::new();
        head.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let Some(status) = status else {
            return Err(if line.is_empty() {
                io::ErrorKind::UnexpectedEof
            } else {
                io::ErrorKind::InvalidData
            }
            .into());
        };
        let mut length = None;
        loop {
            line.clear();
            if head.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            match line.trim_end().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().ok();
                }
                Some(_) => {}
                None => break,
            }
        }
        let length = length.filter(|length| *length <= MAX_BODY_LENGTH);
        let mut body = vec![0; length.ok_or(io::ErrorKind::InvalidData)?];
        self.0.read_exact(&mut body)?;
        Ok(Reply::new(status, body))
    }
}

/// What the server sends, as it comes.
impl Read for Connection {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(bytes)
    }
}

/// What the server gets, whatever it is: for tests that send it what is no HTTP.
impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.get_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.get_mut().flush()
    }
}

impl Read for Stream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(bytes),
            Self::Tls(stream) => stream.read(bytes),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
