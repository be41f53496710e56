//! What a node answers as the exit to a server (04 §5.4). The local network has no servers, so that a target that is
//! allowed is never reached; the texts are those of the HTTP client of deployed nodes.

use session_crypto::rand_core::CryptoRng;
use session_onion::{
    exit::{ExitPolicy, UrlError},
    peel::NextServer,
    reply::Reply,
};

/// Answer to a request for `server`.
pub(super) fn answer(server: &NextServer, rng: &mut impl CryptoRng) -> Reply {
    match server.url(ExitPolicy::Any) {
        Err(UrlError::Protocol | UrlError::Target) => server.invalid_url_reply(rng),
        _ => Reply::new(502, failure(server.host(), server.port()).into_bytes()),
    }
}

/// Why a server is not reached that does not exist.
fn failure(host: &str, port: u16) -> String {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    match bare.parse::<std::net::IpAddr>() {
        Ok(address) => {
            format!(
                "Failed to connect to {address} port {port} after 0 ms: Couldn't connect to server"
            )
        }
        Err(_) => format!("Could not resolve host: {host}"),
    }
}
