//! What reading costs in memory, at its highest: eight times the text at most, whatever the text. The allocator counts
//! the bytes that live; a vector that grows counts twice while it moves.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "clippy knows `#[test]` functions, not the helpers beside them; a test may time its work"
)]

use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;
use session_onion::{
    DestinationError, Layer, PathError, Reply,
    legacy::v3::{Answer, ServerKind, V3Request},
    pool::list::NodeList,
    reply::NodeReply,
    v4::{V4Request, V4Response},
};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What reading may take beside its eight times.
const SMALL: usize = 128 << 10;
/// Length of the texts, of which reading costs the same multiple as of longer ones.
const LENGTH: usize = 200 << 10;

/// Fails if `work` takes more memory than it may for a text of this length, or so long that it is not linear.
fn affordable<T>(name: &str, length: usize, work: impl FnOnce() -> T) -> T {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let start = Instant::now();
    let done = work();
    let (peak, time) = (MEMORY.peak_usage() - before, start.elapsed());
    assert!(peak <= 8 * length + SMALL, "{name}: {peak} bytes for {length} bytes of text");
    // Seconds where tenths are usual; what is quadratic takes minutes.
    assert!(time < Duration::from_secs(20), "{name}: {time:?} for {length} bytes of text");
    done
}

/// Dense texts of JSON: lists and objects of these, strings, and what is no JSON.
fn values() -> Vec<(String, String)> {
    let mut values = Vec::new();
    for item in [
        "1",
        "1e15",
        "[]",
        "{}",
        "[1]",
        r#"{"":1}"#,
        r#"{"":{"":{"":{"":{}}}}}"#,
        "[[[[[[[[[[]]]]]]]]]]",
        r#""""#,
        r#""\n""#,
        r#""\u0001\u0001\u0001""#,
        r#"{"code":1}"#,
        r#"{"pubkey_ed25519":""}"#,
        r#"{"storage_server_version":[1,1,1,[1],{}]}"#,
    ] {
        let count = LENGTH / (item.len() + 1);
        values.push((format!("list of {item}"), format!("[{}]", vec![item; count].join(","))));
        let count = LENGTH / (item.len() + 10);
        let fields: Vec<String> = (0..count).map(|number| format!("\"{number}\":{item}")).collect();
        values.push((format!("object of {item}"), format!("{{{}}}", fields.join(","))));
    }
    for (name, unit) in [("text", "a"), ("escapes", "\\n"), ("controls", "\\u0001"), ("wide", "ä")]
    {
        let string = format!("\"{}\"", unit.repeat(LENGTH / unit.len()));
        values.push((format!("one string of {name}"), string));
    }
    for unit in ["[", ",", "{\"\":"] {
        values.push((format!("nothing but {unit}"), unit.repeat(LENGTH / unit.len())));
    }
    values
}

fn frame(trailer: &str) -> Vec<u8> {
    [&1_u32.to_le_bytes()[..], b"x", trailer.as_bytes()].concat()
}

fn v4(meta: &str) -> Vec<u8> {
    format!("l{}:{meta}1:xe", meta.len()).into_bytes()
}

/// Every reader of the crate for `text`, in which a dense value stands somewhere.
fn read_everywhere(name: &str, text: &str) {
    let length = text.len();
    let bytes = text.as_bytes();
    drop(affordable(name, length, || NodeList::from_json(bytes)));
    drop(affordable(name, length, || NodeList::from_base64(text)));
    if let Ok(reply) = affordable(name, length, || NodeReply::from_plaintext(bytes)) {
        affordable(name, length, || DestinationError::of(&reply));
    }
    let framed = frame(text);
    drop(affordable(name, length, || Layer::from_edge_body(&framed)));
    drop(affordable(name, length, || Layer::from_link_bytes(bytes)));
    drop(affordable(name, length, || V3Request::decode(ServerKind::Community, bytes)));
    drop(affordable(name, length, || Answer::decode(bytes.to_vec())));
    let meta = v4(text);
    drop(affordable(name, length, || V4Request::decode(&meta)));
    drop(affordable(name, length, || V4Response::decode(&meta)));
    drop(affordable(name, length, || V4Response::decode_lenient(&meta)));
    drop(affordable(name, length, || V4Response::decode_lenient(bytes)));
    affordable(name, length, || PathError::parse(&Reply::new(502, bytes.to_vec())));
    drop(affordable(name, length, || Reply::from_quic_error(bytes)));
}

#[test]
fn every_text_is_read_in_eight_times_its_length() {
    for (name, value) in values() {
        for place in [
            "VALUE",
            r#"{"other":VALUE}"#,
            r#"{"headers":VALUE,"code":200,"status":200,"method":"GET","endpoint":"/","body":""}"#,
            r#"{"status":200,"body":VALUE}"#,
            r#"{"status":421,"body":{"snodes":VALUE}}"#,
            r#"{"status":200,"body":{"results":VALUE}}"#,
            r#"{"result":VALUE}"#,
            r#"{"service_node_states":VALUE}"#,
            r#"{"service_node_states":[{"storage_server_version":VALUE}]}"#,
            r#"{"ephemeral_key":VALUE,"enc_type":"gcm"}"#,
        ] {
            let text = place.replace("VALUE", &value);
            read_everywhere(&format!("{name} in {place}"), &text);
        }
    }
    for item in ["i1e", "0:", "le", "de", "d0:0:e", "4:code"] {
        let count = LENGTH / item.len();
        for text in [
            format!("l{}e", item.repeat(count)),
            format!("ld4:codei200e7:headersl{}ee0:e", item.repeat(count)),
            format!(
                "ld4:codei200e7:headersd{}ee0:e",
                (0..count / 4).map(|number| format!("8:{number:08}{item}")).collect::<String>()
            ),
        ] {
            read_everywhere(&format!("bencode of {item}"), &text);
        }
    }
}

/// The bounds cost nobody a right answer.
#[test]
fn what_the_network_sends_is_read() {
    let headers: Vec<String> = (0..100).map(|number| format!("\"x-{number}\":\"v\"")).collect();
    let meta = format!(r#"{{"code":200,"headers":{{{}}}}}"#, headers.join(","));
    assert_eq!(V4Response::decode(&v4(&meta)).unwrap().headers().count(), 100);
    let results = vec![r#"{"code":401,"body":"no"}"#; 20].join(",");
    for (results, error) in [
        (results.clone(), Some(DestinationError::Unauthorised)),
        (format!(r#"{results},{{"code":401}}"#), None),
    ] {
        let reply = format!(r#"{{"status":200,"body":{{"results":[{results}]}}}}"#);
        let reply = NodeReply::from_plaintext(reply.as_bytes()).unwrap();
        assert_eq!(DestinationError::of(&reply), error);
    }
}
