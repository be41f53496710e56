//! `received_input.json`: odd input from peers and servers, of the classes that public reports name.

use std::num::NonZeroU32;

use session_envelope::content::{Attachment, Content, ContentError, Expiration, Kind};

use session_swarm::{
    address::Address,
    answer::{Answer, Body, Reaction, Response},
    namespace::Namespace,
    request::{Request, RetrieveRequest},
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
    let account = Address::from_bytes([5; Address::LENGTH]);
    let request = match case.text("method")? {
        "retrieve" => Request::from(RetrieveRequest::new(account, Namespace::DEFAULT)),
        other => return Err(BadVector::Malformed(format!("no request of the method {other}"))),
    };
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
    let seconds = NonZeroU32::new(case.integer("seconds")?)
        .ok_or_else(|| BadVector::Malformed("timer of 0 seconds".into()))?;
    let setting = match case.text("type")? {
        "after_read" => Expiration::AfterRead(seconds),
        "after_send" => Expiration::AfterSend(seconds),
        other => return Err(BadVector::Malformed(format!("no such timer: {other}"))),
    };
    let ttl = Content::text("hello").map(|content| {
        let ttl = content.with_expiration(setting).ttl();
        Outputs::new().value("ttl_ms", u64::try_from(ttl.as_millis()).ok())
    });
    Ok(Ran::from_result(ttl))
}

/// A content with a body and a preview, as a foreign client would write it: our own writer refuses most of them.
fn preview_received(case: &Case<'_>) -> Result<Ran, BadVector> {
    let mut preview = record(1, case.text("url")?.as_bytes());
    if let Some(title) = case.input("title").and_then(|title| title.as_str()) {
        preview.extend(record(2, title.as_bytes()));
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
