//! Clients that want to hold the server: they never read, never finish, hang up, or come by the hundred.

use std::{
    collections::VecDeque,
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use session_node::{
    ONION_REQUEST_PATH, STORAGE_RPC_PATH,
    seed::SEED_PATH,
    server::{Options, Transport},
};
use session_onion::pool::list::SEED_REQUEST;
use tokio::{net::TcpSocket, runtime::Runtime};

use crate::{
    INFO, World,
    client::{connect, exchange, plain, tls},
};

/// What the server's clients have for each thing in these tests.
const PATIENCE: Duration = Duration::from_millis(400);
/// Far more than that, far less than the default.
const LONG: Duration = Duration::from_secs(15);

fn impatient(options: &mut Options) {
    (options.nodes, options.rate_limited) = (1, false);
    options.timeouts.client = PATIENCE;
}

/// A connection of which every step must end within [`LONG`].
fn raw(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream.set_write_timeout(Some(LONG)).unwrap();
    stream
}

/// Whether the connection ends, not the patience of this test.
fn is_closed<T>(end: &std::io::Result<T>) -> bool {
    match end {
        Ok(_) => false,
        Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}

#[test]
fn a_reader_that_never_reads_loses_its_connection() {
    let world = World::start(|options| {
        impatient(options);
        options.transport = Transport::Http;
    });
    let requests = b"GET /state.json HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".repeat(100);
    let mut stream = raw(world.seed_port());
    let end = loop {
        if let Err(end) = stream.write_all(&requests) {
            break Err::<(), _>(end);
        }
    };
    assert!(is_closed(&end), "{end:?}");
}

#[test]
fn a_reader_that_never_reads_loses_its_connection_over_tls() {
    let world = World::start(impatient);
    let requests = b"GET /get_stats/v1 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".repeat(100);
    let mut stream = tls(world.node().https_port).unwrap();
    let (started, worker) =
        (Instant::now(), thread::spawn(move || while stream.write_all(&requests).is_ok() {}));
    while !worker.is_finished() {
        assert!(started.elapsed() < LONG, "the server holds on to it");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_reader_that_reads_a_byte_at_a_time_loses_its_connection() {
    let world = World::start(impatient);
    let requests = b"GET /state.json HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".repeat(100);
    let mut stream = raw(world.seed_port());
    let mut writer = stream.try_clone().unwrap();
    let writing = thread::spawn(move || {
        loop {
            let written = writer.write_all(&requests);
            if written.is_err() {
                break is_closed(&written);
            }
        }
    });
    let started = Instant::now();
    while !writing.is_finished() {
        assert!(started.elapsed() < LONG, "a byte now and then keeps the connection");
        _ = stream.read(&mut [0]);
        thread::sleep(PATIENCE / 4);
    }
    assert!(writing.join().unwrap());
}

#[test]
fn a_request_that_is_never_finished_ends() {
    let world = World::start(|options| {
        impatient(options);
        options.transport = Transport::Http;
    });
    let post =
        format!("POST {STORAGE_RPC_PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{{");
    let whole = "GET /get_stats/v1 HTTP/1.1\r\nhost: x\r\n\r\n";
    for (what, begin, answer) in [
        ("nothing", "", ""),
        ("half a head", "POST /storage_rpc/v1 HTTP/1.1\r\nhost", ""),
        ("half a body", post.as_str(), "HTTP/1.1 408"),
        ("silence after an answer", whole, "HTTP/1.1 200"),
    ] {
        let mut stream = raw(world.node().https_port);
        stream.write_all(begin.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        let end = stream.read_to_end(&mut bytes);
        assert!(end.is_ok() || is_closed(&end), "{what}: {end:?}");
        assert!(String::from_utf8_lossy(&bytes).starts_with(answer), "{what}");
    }
}

/// Bodies that are never finished: together they take no more than 128 MiB, and others still get through.
#[test]
fn bodies_together_have_a_bound() {
    let world = World::start(|options| {
        (options.nodes, options.rate_limited) = (1, false);
        options.transport = Transport::Http;
    });
    let port = world.node().https_port;
    let length = 10_000_000;
    let head =
        format!("POST {STORAGE_RPC_PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
    let body = vec![b'['; length - 1];
    let mut held = Vec::new();
    // For thirteen there is room: nothing comes back. The next is refused, however long that takes.
    let refused = (0..14).any(|number| {
        let mut stream = raw(port);
        stream.write_all(head.as_bytes()).unwrap();
        if stream.write_all(&body).is_err() {
            return true;
        }
        let wait = if number < 13 { Duration::from_millis(100) } else { LONG };
        stream.set_read_timeout(Some(wait)).unwrap();
        let mut answer = [0; 12];
        let is_busy = stream.read_exact(&mut answer).is_ok() && answer == *b"HTTP/1.1 503";
        held.push(stream);
        is_busy
    });
    assert!(refused && held.len() >= 13, "{} bodies are held", held.len());
    assert_eq!(plain(port, "POST", STORAGE_RPC_PATH, INFO).unwrap().status, 200);
    // What was held is there again when the connections end.
    drop(held);
    let started = Instant::now();
    let whole = [INFO, &vec![b' '; length - INFO.len()]].concat();
    while !plain(port, "POST", STORAGE_RPC_PATH, &whole).is_ok_and(|answer| answer.status == 200) {
        assert!(started.elapsed() < LONG, "room for bodies is lost");
    }
}

#[test]
fn an_address_gets_no_more_than_its_share_of_connections() {
    let world = World::start(|options| options.nodes = 1);
    let seed = world.seed_port();
    let mut held: Vec<_> = (0..500).map(|_| raw(seed)).collect();
    // The last ones may still be waiting to be counted.
    let refused = (0..100).any(|_| raw(seed).read(&mut [0]).is_ok_and(|read| read == 0));
    assert!(refused, "the 501st connection stands");
    let other = Runtime::new().unwrap().block_on(async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        let stream = socket.connect(([127, 0, 0, 1], seed).into()).await.unwrap();
        stream.into_std().unwrap()
    });
    other.set_nonblocking(false).unwrap();
    assert_eq!(state_status(other), 200, "another address is served");
    held.truncate(400);
    let started = Instant::now();
    while plain(seed, "GET", "/state.json", b"").is_err() {
        assert!(started.elapsed() < LONG, "what was closed still counts");
    }
}

fn state_status(mut stream: TcpStream) -> u16 {
    stream.set_read_timeout(Some(LONG)).unwrap();
    let request = b"GET /state.json HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n";
    stream.write_all(request).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn jobs_count_until_they_end_also_when_the_client_hung_up() {
    let world = World::start(|options| {
        (options.nodes, options.rate_limited) = (1, false);
        options.transport = Transport::Http;
        // Each job takes a random time up to this long: few end while the test runs.
        options.faults.delay = Duration::from_secs(600);
    });
    let port = world.node().https_port;
    let head = format!(
        "POST {ONION_REQUEST_PATH} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\n"
    );
    // The status of a request whose body the server has begun to read or refused to read.
    let begin = || {
        let mut stream = raw(port);
        stream.write_all(head.as_bytes()).unwrap();
        // All of it: a connection that is dropped with bytes unread is reset.
        let mut start = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
        let read = stream.read_exact(&mut start).map(|()| start);
        (stream, read)
    };
    // A client that hangs up at once may never have been heard.
    let mut heard = VecDeque::new();
    let busy = (0..1_300).any(|_| match begin() {
        (mut stream, Ok(start)) if start.starts_with(b"HTTP/1.1 100") => {
            stream.write_all(b"x").unwrap();
            heard.push_back(stream);
            heard.drain(..heard.len().saturating_sub(200));
            false
        }
        (_, Ok(start)) => start.starts_with(b"HTTP/1.1 503"),
        // The share of this address is used up until the server has seen it hang up.
        (_, Err(_)) => false,
    });
    assert!(busy, "1,300 jobs run at once");
}

#[test]
fn onion_requests_are_limited_for_each_client() {
    let world = World::start(|options| {
        options.nodes = 1;
        options.transport = Transport::Http;
    });
    let mut connection = connect(world.node().https_port).unwrap();
    let mut limited =
        |path| (0..2_000).any(|_| connection.post(path, b"x").unwrap().status() == 429);
    assert!(limited(ONION_REQUEST_PATH));
    // Plain requests have a bucket of their own, as on the network.
    assert_ne!(connection.post(STORAGE_RPC_PATH, INFO).unwrap().status(), 429);
}

#[test]
fn nothing_at_the_seed_answers_to_a_foreign_name() {
    let world = World::start(|options| options.nodes = 1);
    for host in ["evil.example", "evil.example:22000", "127.0.0.1.evil.example", ""] {
        for (method, path) in [("GET", "/metrics"), ("GET", "/"), ("POST", SEED_PATH)] {
            let length = SEED_REQUEST.len();
            let request = format!(
                "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{SEED_REQUEST}"
            );
            let answer = exchange(connect(world.seed_port()).unwrap(), request.as_bytes());
            assert_eq!(answer.unwrap().status, 403, "{method} {path} of {host}");
        }
    }
    let list = plain(world.seed_port(), "POST", SEED_PATH, SEED_REQUEST.as_bytes());
    assert_eq!(list.unwrap().status, 200);
}

/// Two readers must not see two different requests in the same bytes.
#[test]
fn ambiguous_heads_are_refused() {
    let world = World::start(|options| {
        options.nodes = 1;
        options.transport = Transport::Http;
    });
    let length = format!("content-length: {}", INFO.len());
    let info = String::from_utf8(INFO.to_vec()).unwrap();
    let chunk = format!("{:x}\r\n{info}\r\n0\r\n\r\n", INFO.len());
    let long_chunk = format!("{:x};{}\r\n{info}\r\n0\r\n\r\n", INFO.len(), "a".repeat(50_000));
    let many_trailers =
        format!("{:x}\r\n{info}\r\n0\r\n{}\r\n", INFO.len(), "a: b\r\n".repeat(2_000));
    let chunked = "transfer-encoding: chunked";
    for (head, body, status) in [
        (format!("host: x\r\n{length}"), &info, 200),
        (format!("host: x\r\n{chunked}"), &chunk, 200),
        // The same length twice says one thing (RFC 9112 §6.3).
        (format!("host: x\r\n{length}\r\n{length}"), &info, 200),
        (format!("host: x\r\n{length}\r\ncontent-length: 5"), &info, 400),
        (format!("host: x\r\n{length}, {}", INFO.len()), &info, 400),
        (format!("host: x\r\ncontent-length: +{}", INFO.len()), &info, 400),
        (format!("host: x\r\nhost: y\r\n{length}"), &info, 400),
        (format!("host: x\r\n{chunked}\r\ntransfer-encoding: identity"), &chunk, 400),
        ("host: x\r\ntransfer-encoding: chunked, gzip".to_owned(), &chunk, 400),
        ("host: x\r\ntransfer-encoding: xchunked".to_owned(), &chunk, 400),
        (format!("host: x\r\n{chunked}"), &long_chunk, 400),
        (format!("host: x\r\n{chunked}"), &many_trailers, 400),
        (format!("host: x\r\n{chunked}"), &chunk.replace("\r\n0", "XX0"), 400),
        (format!("host: x\r\n{chunked}"), &format!("-{chunk}"), 400),
        (format!("host: x\r\n{chunked}"), &format!("fffffffffffffffff{chunk}"), 400),
    ] {
        let request = format!(
            "POST {STORAGE_RPC_PATH} HTTP/1.1\r\nconnection: close\r\n{head}\r\n\r\n{body}"
        );
        let answer = exchange(connect(world.node().https_port).unwrap(), request.as_bytes());
        let shown = &head[..head.len().min(80)];
        assert_eq!(answer.unwrap().status, status, "{shown}, body of {}", body.len());
    }
    // Of a length beside chunks, the chunks count, and nothing after them is read as another request.
    let smuggled = "GET /get_stats/v1 HTTP/1.1\r\nhost: x\r\n\r\n";
    let request = format!(
        "POST {STORAGE_RPC_PATH} HTTP/1.1\r\nhost: x\r\n{length}\r\n{chunked}\r\n\r\n{chunk}{smuggled}"
    );
    let answer = exchange(connect(world.node().https_port).unwrap(), request.as_bytes()).unwrap();
    assert!(!answer.text().contains("HTTP/1.1"), "{}", answer.text());
}
