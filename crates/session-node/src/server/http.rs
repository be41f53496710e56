//! HTTP in front of the nodes and of the seed: connections, limits, paths (04 §5.1, 05 §5.1).

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode, Version,
    body::{Bytes, Incoming},
    header::{CONNECTION, CONTENT_TYPE, HOST, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use session_crypto::{ed25519::Ed25519PublicKey, encoding::base64};
use session_onion::{path_error::PathError, reply::Reply};
use session_swarm::release::Release;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::Semaphore,
    time::{Instant, timeout},
};
use tokio_rustls::TlsAcceptor;

use super::{
    Options,
    body::{self, Body, BodyError, MAX_BODIES},
    connections::{Patient, Shares},
    fabric::Fabric,
    page::{self, PAGE_PATH, SCRIPT_PATH, STATE_PATH, STYLE_PATH},
    rate::RateLimit,
};
use crate::{
    node::{ONION_REQUEST_PATH, STORAGE_RPC_PATH},
    seed::SEED_PATH,
};

/// Connections of one port at once; further ones wait.
const MAX_CONNECTIONS: usize = 1_000;
/// Connections of one address to one port at once; further ones are closed.
const MAX_CONNECTIONS_PER_ADDRESS: usize = 500;
/// Time from the head of a request to its answer, whatever keeps it: the body, the node, other nodes.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(120);
/// Onion requests that a node works on at once (04 §5.1).
const MAX_JOBS: usize = 1_000;

/// Path of the reachability test (05 §3).
const PING_PATH: &str = "/ping_test/v1";
/// Path of the version, deprecated (05 §5.1).
const STATS_PATH: &str = "/get_stats/v1";
/// Answer to the header of clients that wait for messages, which no node does any longer (05 §5.1).
const LONG_POLLING: &str = "long polling is no longer supported, client upgrade required";
/// End of the pages with which deployed nodes refuse what is not the HTTP that they speak.
const HTTP_SERVER: &str = "<hr><i>uWebSockets/20 Server</i>";
/// Path of the numbers for Prometheus, at the seed's port.
const METRICS_PATH: &str = "/metrics";

/// Who is behind a port.
#[derive(Debug)]
enum Role {
    Node { key: Ed25519PublicKey, jobs: Arc<Semaphore>, rates: Option<Rates> },
    Seed,
}

/// What a client may still send: storage requests, and onion requests apart from them, since the network limits
/// only the former (04 §5.1).
#[derive(Debug, Default)]
struct Rates {
    storage: Mutex<RateLimit>,
    onion: Mutex<RateLimit>,
}

/// A port: the nodes behind it all, and which of them it is.
#[derive(Debug)]
pub(super) struct Port {
    fabric: Arc<Fabric>,
    role: Role,
    /// Time of a client for a TLS handshake, the head of a request, its body, and reading the answer, each.
    patience: Duration,
    /// Bytes of bodies for which there is room.
    bodies: Arc<Semaphore>,
    opened_at: Instant,
}

impl Port {
    pub(super) fn node(fabric: Arc<Fabric>, key: Ed25519PublicKey, options: &Options) -> Self {
        let rates = options.rate_limited.then(Rates::default);
        let jobs = Arc::new(Semaphore::new(MAX_JOBS));
        Self::new(fabric, Role::Node { key, jobs, rates }, options)
    }

    pub(super) fn seed(fabric: Arc<Fabric>, options: &Options) -> Self {
        Self::new(fabric, Role::Seed, options)
    }

    fn new(fabric: Arc<Fabric>, role: Role, options: &Options) -> Self {
        let bodies = Arc::new(Semaphore::new(MAX_BODIES));
        let patience = options.timeouts.client;
        Self { fabric, role, patience, bodies, opened_at: Instant::now() }
    }

    /// Takes connections until the task is aborted. Those that are open then finish what they have begun.
    pub(super) async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        tls: Option<TlsAcceptor>,
        graceful: Arc<GracefulShutdown>,
    ) {
        let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let shares = Shares::new(MAX_CONNECTIONS_PER_ADDRESS);
        while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
            let (stream, peer) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Too many open files, most likely: others have to close first.
                    tracing::warn!(%error, "cannot accept");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let Some(share) = shares.take(peer.ip()) else { continue };
            let (port, tls, watcher) = (Arc::clone(&self), tls.clone(), graceful.watcher());
            tokio::spawn(async move {
                let _held = (permit, share);
                match tls {
                    None => port.talk(stream, peer.ip(), watcher).await,
                    Some(tls) => {
                        if let Ok(Ok(stream)) = timeout(port.patience, tls.accept(stream)).await {
                            port.talk(stream, peer.ip(), watcher).await;
                        }
                    }
                }
            });
        }
    }

    async fn talk<S>(self: Arc<Self>, stream: S, peer: IpAddr, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let service = service_fn(|request| Arc::clone(&self).take(request, peer));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.patience);
        let stream = TokioIo::new(Patient::new(stream, self.patience));
        let connection = http.serve_connection(stream, service);
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "connection ended");
        }
    }

    /// The response, or an error that closes the connection without one, as a lost message looks.
    async fn take(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: IpAddr,
    ) -> Result<Response<Full<Bytes>>, Closed> {
        let started = Instant::now();
        let path = known_path(request.uri().path());
        let answer = async {
            match (refusal_of_head(&request), &self.role) {
                (Some(refusal), _) => Ok(refusal),
                (None, Role::Node { .. }) => self.take_at_node(request, path, peer).await,
                (None, Role::Seed) => Ok(self.take_at_seed(request, path).await),
            }
        };
        let answer = timeout(EXCHANGE_TIMEOUT, answer).await.map_err(|_| Closed::Late)??;
        let (status, micros) = (answer.status().as_u16(), started.elapsed().as_micros());
        self.fabric.metrics.request(path, status);
        tracing::debug!(node = self.name(), path, status, micros, "request");
        Ok(answer)
    }

    async fn take_at_node(
        &self,
        request: Request<Incoming>,
        path: &'static str,
        peer: IpAddr,
    ) -> Result<Response<Full<Bytes>>, Closed> {
        let Role::Node { key, jobs, rates } = &self.role else { return Ok(not_found()) };
        if request.headers().contains_key("x-loki-long-poll") {
            return Ok(text(StatusCode::GONE, LONG_POLLING));
        }
        let is_post = request.method() == Method::POST;
        let rate = rates.as_ref();
        let (rate, is_onion) = match path {
            PING_PATH if is_post => return Ok(pong(key)),
            STATS_PATH if request.method() == Method::GET => {
                return Ok(stats(self.fabric.directory().release()));
            }
            STORAGE_RPC_PATH if is_post => (rate.map(|rates| &rates.storage), false),
            ONION_REQUEST_PATH if is_post => (rate.map(|rates| &rates.onion), true),
            _ => return Ok(no_such_path(&request)),
        };
        if !rate.is_none_or(|rate| self.admits(rate, peer)) {
            return Ok(text(StatusCode::TOO_MANY_REQUESTS, "Too many requests"));
        }
        let job = match is_onion.then(|| Arc::clone(jobs).try_acquire_owned()) {
            Some(Err(_)) => return Ok(respond(&PathError::EdgeBusy.to_reply(), path)),
            job => job,
        };
        let Body { bytes, share } = match body::read(request, &self.bodies, self.patience).await {
            Ok(body) => body,
            Err(error) => return Ok(refusal_of_body(error)),
        };
        // A task of its own: what has begun goes on when the client hangs up, and counts as a job until its end.
        let post = Arc::clone(&self.fabric).post(*key, path, bytes);
        let posted = tokio::spawn(async move {
            let reply = post.await;
            drop((job, share));
            reply
        });
        match posted.await {
            Ok(Some(reply)) => Ok(respond(&reply, path)),
            Ok(None) => Err(Closed::OnPurpose),
            Err(_) => Ok(text(StatusCode::INTERNAL_SERVER_ERROR, "request failed")),
        }
    }

    async fn take_at_seed(
        &self,
        request: Request<Incoming>,
        path: &'static str,
    ) -> Response<Full<Bytes>> {
        // A foreign page whose name is made to lead here gets nothing.
        if !page::is_addressed_here(request.headers()) {
            return text(StatusCode::FORBIDDEN, "ask 127.0.0.1");
        }
        match path {
            SEED_PATH if request.method() == Method::POST => {
                match body::read(request, &self.bodies, self.patience).await {
                    Ok(body) => respond(&self.fabric.post_to_seed(path, &body.bytes), path),
                    Err(error) => refusal_of_body(error),
                }
            }
            METRICS_PATH if request.method() == Method::GET => {
                let metrics = self.fabric.metrics.to_text(self.fabric.gauges());
                text(StatusCode::OK, metrics)
            }
            PAGE_PATH | STYLE_PATH | SCRIPT_PATH | STATE_PATH
                if request.method() == Method::GET =>
            {
                self.show(path, request.uri().query())
            }
            _ => not_found(),
        }
    }

    /// A file of the page, or what it draws.
    fn show(&self, path: &'static str, query: Option<&str>) -> Response<Full<Bytes>> {
        match page::file(path) {
            Some((file, kind)) => page::respond(file, kind),
            None => page::respond(self.fabric.page_state(query), "application/json"),
        }
    }

    fn admits(&self, rate: &Mutex<RateLimit>, peer: IpAddr) -> bool {
        let IpAddr::V4(peer) = peer else { return true };
        let mut rate = rate.lock().unwrap_or_else(PoisonError::into_inner);
        rate.admits(peer, self.opened_at.elapsed())
    }

    /// What logs call the port: the first digits of the node's key.
    fn name(&self) -> String {
        match &self.role {
            Role::Node { key, .. } => key.to_string().chars().take(6).collect(),
            Role::Seed => "seed".to_owned(),
        }
    }
}

/// The connection is closed without an answer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum Closed {
    #[error("answer is lost on purpose")]
    OnPurpose,
    #[error("answer took too long")]
    Late,
}

/// The answer to a request whose head alone is reason to refuse it, and to close the connection (05 §5.1).
fn refusal_of_head(request: &Request<Incoming>) -> Option<Response<Full<Bytes>>> {
    // Whoever takes the first of two and whoever takes the second see two different requests. Two lengths, if they
    // differ, the library refuses.
    let has_two_hosts = request.headers().get_all(HOST).iter().count() > 1;
    let (status, page) = if request.version() < Version::HTTP_11 {
        let page =
            "<h1>HTTP Version Not Supported</h1><p>This server does not support HTTP/1.0.</p>";
        (StatusCode::HTTP_VERSION_NOT_SUPPORTED, page)
    } else if !request.headers().contains_key(HOST) || has_two_hosts {
        (StatusCode::BAD_REQUEST, "<h1>Bad Request</h1>")
    } else {
        return None;
    };
    let mut response = typed(status, format!("{page}{HTTP_SERVER}"), "text/html");
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    Some(response)
}

fn refusal_of_body(error: BodyError) -> Response<Full<Bytes>> {
    match error {
        BodyError::TooLarge => respond(&PathError::TooLarge.to_reply(), ""),
        BodyError::NoRoom => respond(&PathError::EdgeBusy.to_reply(), ""),
        BodyError::Length => text(StatusCode::BAD_REQUEST, "invalid Content-Length"),
        BodyError::Incomplete => text(StatusCode::BAD_REQUEST, "incomplete request"),
        BodyError::Late => text(StatusCode::REQUEST_TIMEOUT, "request takes too long"),
    }
}

/// The path if it is one that there is. Foreign ones do not get into logs and numbers.
fn known_path(path: &str) -> &'static str {
    let known = [
        ONION_REQUEST_PATH,
        STORAGE_RPC_PATH,
        PING_PATH,
        STATS_PATH,
        SEED_PATH,
        METRICS_PATH,
        PAGE_PATH,
        STYLE_PATH,
        SCRIPT_PATH,
        STATE_PATH,
    ];
    known.into_iter().find(|known| *known == path).unwrap_or("other")
}

fn respond(reply: &Reply, path: &str) -> Response<Full<Bytes>> {
    let status = StatusCode::from_u16(reply.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = reply.body().to_vec();
    // Replies through the onion are opaque; all other JSON is an object.
    if path != ONION_REQUEST_PATH && body.first() == Some(&b'{') {
        typed(status, body, "application/json")
    } else {
        typed(status, body, "text/plain")
    }
}

fn text(status: StatusCode, body: impl Into<Vec<u8>>) -> Response<Full<Bytes>> {
    typed(status, body, "text/plain")
}

fn typed(
    status: StatusCode,
    body: impl Into<Vec<u8>>,
    content_type: &'static str,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into().into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn not_found() -> Response<Full<Bytes>> {
    text(StatusCode::NOT_FOUND, "Not Found")
}

/// Answer of a node to a method and path that it does not have: it names both, without the query.
fn no_such_path(request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let method = request.method().as_str().to_ascii_lowercase();
    text(StatusCode::NOT_FOUND, format!("{method} {} Not Found", request.uri().path()))
}

/// Answer to the reachability test: the node says who it is.
fn pong(key: &Ed25519PublicKey) -> Response<Full<Bytes>> {
    let mut response = text(StatusCode::OK, "");
    if let Ok(key) = HeaderValue::from_str(&base64::encode(key.as_bytes())) {
        response.headers_mut().insert("x-oxen-snode-pubkey", key);
    }
    response
}

fn stats(release: Release) -> Response<Full<Bytes>> {
    let [major, minor, patch] = release.version();
    let body = format!(r#"{{"version":"{major}.{minor}.{patch}"}}"#);
    typed(StatusCode::OK, body, "application/json")
}
