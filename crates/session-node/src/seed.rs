//! The seed: the daemon that new clients ask for the nodes of the network (04 §12.2, 05 §2.8).
//!
//! It speaks JSON-RPC 2.0 and knows one method under three names, `get_n_service_nodes`, `get_service_nodes`
//! and `get_all_service_nodes`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use session_crypto::rand_core::CryptoRng;
use session_onion::{
    reply::Reply,
    serde_json::{Value, from_str, json, to_vec, value::RawValue},
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
    let Some(request) = Request::read(body) else {
        return Answer::failure(-32700, "Parse error").reply();
    };
    let answer = if request.names_method() {
        match NodeListQuery::from_json(request.params.map_or("{}", RawValue::get)) {
            Ok(query) => Answer::result(directory.node_list(&query, rng)),
            Err(error) => Answer::failure(-32602, &error.to_string()),
        }
    } else {
        Answer::failure(-32601, "Method not found")
    };
    Answer { id: Some(request.id.map_or(Id::Default("0"), Id::Given)), ..answer }.reply()
}

/// What is read of a request. Its values stay text, so that nothing is built of a request that anybody may send.
#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    method: Option<&'a RawValue>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
}

impl<'a> Request<'a> {
    fn read(body: &'a [u8]) -> Option<Self> {
        let text = str::from_utf8(body).ok()?;
        // The derived reader would also take a list.
        if text.trim_start().starts_with('{') { from_str(text).ok() } else { None }
    }

    fn names_method(&self) -> bool {
        let name = self.method.and_then(|name| from_str::<Cow<'_, str>>(name.get()).ok());
        name.is_some_and(|name| METHODS.contains(&&*name))
    }
}

/// An answer, its fields in the order of the alphabet. Errors come with status 200 too.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Id<'a>>,
    jsonrpc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
}

/// The id of a request, which its answer repeats.
#[derive(Serialize)]
#[serde(untagged)]
enum Id<'a> {
    Given(&'a RawValue),
    Default(&'static str),
}

impl Answer<'_> {
    const fn result(result: Value) -> Self {
        Self { error: None, id: None, jsonrpc: "2.0", result: Some(result) }
    }

    fn failure(code: i64, message: &str) -> Self {
        let error = json!({ "code": code, "message": message });
        Self { error: Some(error), id: None, jsonrpc: "2.0", result: None }
    }

    fn reply(&self) -> Reply {
        // Neither the values nor a growing vector give the writer a reason to fail.
        Reply::new(200, to_vec(self).unwrap_or_default())
    }
}
