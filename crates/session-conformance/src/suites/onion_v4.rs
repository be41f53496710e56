//! `onion_v4.json`: requests to servers and their replies.

use serde_json::{Map, Value, json};
use session_onion::v4::{Content, V4Request, V4Response};

use super::Suite;
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite =
    // The oracle has one message for every failure, so that no reason can be compared.
    Suite { file: "onion_v4", context: &[], reasons: &[], run };

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "encode_v4_request" => encode_request(case),
        "decode_v4_response" => decode_response(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

fn encode_request(case: &Case<'_>) -> Result<Ran, BadVector> {
    let info = case.required("info")?;
    let text = |field: &str| info.get(field).and_then(Value::as_str).unwrap_or_default();
    let mut request = match V4Request::new(text("method"), text("endpoint")) {
        Ok(request) => request,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    if let Some(headers) = info.get("headers").and_then(Value::as_object) {
        request = request.with_headers(in_order(headers, case.text("info_json")?));
    }
    if let Some(body) = case.optional_bytes("body")? {
        request = request.with_body(body);
    }
    Ok(Ran::Returned(Outputs::new().hex("payload", &request.encode())))
}

/// The caller's order of the headers, which only the oracle's text has kept.
fn in_order<'a>(headers: &'a Map<String, Value>, info_json: &str) -> Vec<(&'a str, &'a str)> {
    let position = |name: &str| info_json.find(&format!("{}:", Value::from(name)));
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut headers: Vec<_> =
        headers.map(|(name, value)| (name, value.unwrap_or_default())).collect();
    headers.sort_by_key(|(name, _)| position(name));
    headers
}

fn decode_response(case: &Case<'_>) -> Result<Ran, BadVector> {
    let response = match V4Response::decode(&case.bytes("plaintext")?) {
        Ok(response) => response,
        Err(error) => return Ok(Ran::Refused(error.to_string())),
    };
    let headers = response.headers().map(|(name, value)| (name.to_owned(), value.into()));
    let headers: Map<String, Value> = headers.collect();
    let parsed = match response.content() {
        Content::Json(text) => {
            serde_json::from_str(text).map_err(|e| BadVector::Malformed(e.to_string()))?
        }
        Content::Text(text) => json!({ "plainText": text }),
        Content::Binary(_) | _ => Value::Null,
    };
    Ok(Ran::Returned(
        Outputs::new()
            .value("metadata", json!({ "code": response.code(), "headers": headers }))
            .value("content_type", response.header("content-type"))
            .value("parsed_body", parsed)
            .hex("body", response.body()),
    ))
}
