//! `received_input.json`: odd input from peers and servers, of the classes that public reports name.

use std::num::NonZeroU32;

use serde_json::json;
use session_crypto::encoding::base64;
use session_envelope::content::{Attachment, Content, ContentError, Expiration, Kind};

use session_swarm::{
    answer::{Answer, Body, Reaction, Response},
    request::Request,
};

use super::Suite;
use crate::{BadVector, Case, Outputs, Ran};

pub(super) const SUITE: Suite = Suite { file: "received_input", context: &[], reasons: &[], run };

fn run(case: &Case<'_>) -> Result<Ran, BadVector> {
    match case.op() {
        "file_name" => file_name(case),
        "message_ttl" => message_ttl(case),
        "preview_received" => preview_received(case),
        "storage_answer" => storage_answer(case),
        _ => Ok(Ran::UnknownOperation),
    }
}

/// What a client makes of an answer to a request that it sent to a storage server.
fn storage_answer(case: &Case<'_>) -> Result<Ran, BadVector> {
    let request = request_of(case.text("method")?)?;
    let response =
        Response::from_json(&request, case.integer("status")?, case.text("body")?.as_bytes());
    Ok(Ran::from_result(response.map(|response| {
        let outputs = Outputs::new().value("reaction", response.reaction().map(reaction_name));
        match response.body() {
            Body::Answer(Answer::Retrieve(page)) => {
                let hashes: Vec<String> =
                    page.messages.iter().map(|message| message.hash.to_string()).collect();
                outputs.value("hashes", hashes).value("skipped", page.skipped)
            }
            _ => outputs,
        }
    })))
}

/// A request of this method. Which one makes no difference to what becomes of its answer.
fn request_of(method: &str) -> Result<Request, BadVector> {
    let (account, hash) = (format!("05{}", "05".repeat(32)), "A".repeat(43));
    let (key, tag, signature) = ("05".repeat(32), "05".repeat(36), base64::encode(&[5; 64]));
    let end = if method == "store" { "ttl" } else { "expiry" };
    let params = json!({
        "pubkey": account, "pubkey_ed25519": key, "signature": signature,
        "namespace": 0, "timestamp": 1_700_000_000_000_u64, "sig_timestamp": 1_700_000_000_000_u64,
        end: 1_700_000_000_u64, "data": "", "messages": [hash],
        "before": 1_700_000_000_000_u64, "revoke": [tag], "unrevoke": [tag],
        "requests": [{"method": "info", "params": {}}], "endpoint": "get_service_nodes",
        "if": {"hf_at_least": [19, 3]}, "then": {"method": "info", "params": {}},
    });
    let request = json!({"method": method, "params": params}).to_string();
    Request::from_json(request.as_bytes()).map_err(|error| {
        BadVector::Malformed(format!("no request of the method {method}: {error}"))
    })
}

fn reaction_name(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::Report => "report",
        Reaction::Unauthorised => "unauthorised",
        Reaction::SyncClock => "sync_clock",
        Reaction::ChangeSwarm => "change_swarm",
        Reaction::BackOff => "back_off",
        Reaction::AskAnother => "ask_another",
        _ => "unknown",
    }
}

fn file_name(case: &Case<'_>) -> Result<Ran, BadVector> {
    let name = case.text("name")?;
    let attachment = Attachment::new("https://files.example/1", &[], 1);
    Ok(Ran::from_result(attachment.map(|attachment| {
        Outputs::new().value("file_name", attachment.with_file_name(name).file_name())
    })))
}

fn message_ttl(case: &Case<'_>) -> Result<Ran, BadVector> {
    let setting = match case.text("type")? {
        "after_read" => timer(case)?.map(Expiration::AfterRead),
        "after_send" => timer(case)?.map(Expiration::AfterSend),
        "none" => None,
        other => return Err(BadVector::Malformed(format!("no such timer: {other}"))),
    };
    let ttl = Content::text("hello").map(|content| {
        let ttl = match setting {
            Some(setting) => content.with_expiration(setting).ttl(),
            None => content.ttl(),
        };
        Outputs::new().value("ttl_ms", u64::try_from(ttl.as_millis()).ok())
    });
    Ok(Ran::from_result(ttl))
}

/// Seconds of a timer. 0 are no timer, and what the field cannot hold is as long as possible.
fn timer(case: &Case<'_>) -> Result<Option<NonZeroU32>, BadVector> {
    let seconds: u64 = case.integer("seconds")?;
    Ok(NonZeroU32::new(u32::try_from(seconds).unwrap_or(u32::MAX)))
}

/// A content with a body and a preview, as a foreign client would write it: our own writer refuses most of them.
fn preview_received(case: &Case<'_>) -> Result<Ran, BadVector> {
    let mut preview = record(1, case.text("url")?.as_bytes());
    if let Some(title) = case.input("title").and_then(|title| title.as_str()) {
        preview.extend(record(2, title.as_bytes()));
    }
    if case.input("picture").is_some_and(|picture| *picture != false) {
        // Url of the picture, beside the id that old clients need.
        let picture = [vec![0x09, 1, 0, 0, 0, 0, 0, 0, 0], record(101, b"https://files.example/1")];
        preview.extend(record(3, &picture.concat()));
    }
    let message = [record(1, case.text("body")?.as_bytes()), record(10, &preview)].concat();
    let content = Content::decode(&record(1, &message)).map(|(content, _)| content);
    Ok(Ran::Returned(
        Outputs::new()
            .value("kept", keeps_preview(&content))
            .value("message_kept", content.is_ok()),
    ))
}

fn keeps_preview(content: &Result<Content, ContentError>) -> bool {
    let kind = content.as_ref().map(Content::kind);
    matches!(kind, Ok(Kind::Visible(visible)) if visible.preview().is_some())
}

/// Field `number` of a protobuf message with these bytes.
pub(super) fn record(number: usize, value: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(value.len()), value.to_vec()].concat()
}

fn varint(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(0x80 | u8::try_from(value & 0x7f).unwrap_or(0));
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap_or(0));
    bytes
}
