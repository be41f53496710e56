//! The seed: the daemon that new clients ask for the nodes of the network (04 §12.2, 05 §2.8).
//!
//! It speaks JSON-RPC 2.0 and knows one method under three names, `get_n_service_nodes`, `get_service_nodes`
//! and `get_all_service_nodes`.

use session_crypto::rand_core::CryptoRng;
use session_onion::{
    reply::Reply,
    serde_json::{Map, Value, from_slice, json},
};

use crate::directory::{Directory, NodeListQuery};

/// Path of the entry of a seed.
pub const SEED_PATH: &str = "/json_rpc";

/// Names of the one method.
const METHODS: [&str; 3] = ["get_n_service_nodes", "get_service_nodes", "get_all_service_nodes"];
/// Longest request in bytes: far more than any list of fields and keys takes.
const MAX_REQUEST_LENGTH: usize = 1024 * 1024;

/// Takes what a client posted to `path`.
#[must_use]
pub fn take_post(
    directory: &Directory,
    path: &str,
    body: &[u8],
    rng: &mut impl CryptoRng,
) -> Reply {
    if path != SEED_PATH {
        return Reply::new(404, b"Not Found".to_vec());
    }
    if body.len() > MAX_REQUEST_LENGTH {
        return Reply::new(413, b"Request body too large".to_vec());
    }
    let mut answer = Map::from_iter([("jsonrpc".to_owned(), json!("2.0"))]);
    let request: Map<String, Value> = match from_slice(body) {
        Ok(request) => request,
        Err(_) => return failure(answer, -32700, "Parse error"),
    };
    answer.insert("id".to_owned(), request.get("id").cloned().unwrap_or(json!("0")));
    let method = request.get("method").and_then(Value::as_str).unwrap_or_default();
    if !METHODS.contains(&method) {
        return failure(answer, -32601, "Method not found");
    }
    let no_params = json!({});
    match NodeListQuery::from_value(request.get("params").unwrap_or(&no_params)) {
        Ok(query) => answer.insert("result".to_owned(), directory.node_list(&query, rng)),
        Err(error) => return failure(answer, -32602, &error.to_string()),
    };
    Reply::new(200, Value::from(answer).to_string().into_bytes())
}

/// Errors of JSON-RPC come with status 200.
fn failure(mut answer: Map<String, Value>, code: i64, message: &str) -> Reply {
    answer.insert("error".to_owned(), json!({ "code": code, "message": message }));
    Reply::new(200, Value::from(answer).to_string().into_bytes())
}
