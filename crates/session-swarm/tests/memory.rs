//! What reading costs in memory, at its highest: eight times the text at most, whatever the text. The allocator counts
//! the bytes that live; a vector that grows counts twice while it moves. The texts are not authorised: whoever reaches
//! a node, or is asked by a client, may send them.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "clippy knows `#[test]` functions, not the helpers beside them; a test may time its work"
)]

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use peak_alloc::PeakAlloc;
use session_crypto::encoding::hex;
use session_identity::Timestamp;
use session_swarm::{
    address::Address,
    answer::{ActiveNodes, Answer, Body, DeleteEntry, Entry, ExpireEntry, Response, SweepEntry},
    message_hash::MessageHash,
    monitor::{MonitorAnswer, MonitorRequest, Notification},
    namespace::Namespace,
    request::{
        BatchMode, BatchRequest, Conditions, DeleteRequest, ExpireRequest, GetExpiriesRequest,
        GetSwarmRequest, IfElseRequest, InfoRequest, Method, Namespaces, OxendEndpoint,
        OxendRequest, Request, RetrieveRequest, Revocation, RevokeRequest,
        RevokedSubaccountsRequest, StoreRequest, SweepRequest,
    },
    transfer::read_batch,
};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What reading may take beside its eight times: the trees of small texts, and what is built of them.
const SMALL: usize = 256 << 10;
/// Length of the texts, of which reading costs the same multiple as of longer ones.
const LENGTH: usize = 320 << 10;
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const ACCOUNT: Address = Address::from_bytes([5; 33]);

/// Only one test at a time may allocate.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

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

/// Texts of JSON that are dense: by name, what is repeated in a list, or in an object with a number for each name.
fn values() -> Vec<(&'static str, &'static str)> {
    vec![
        ("digits", "1"),
        ("floats", "1e15"),
        ("empty lists", "[]"),
        ("empty objects", "{}"),
        ("lists of one", "[1]"),
        ("objects of one", r#"{"":1}"#),
        ("objects in objects", r#"{"":{"":{"":{"":{"":{}}}}}}"#),
        ("lists in lists", "[[[[[[[[[[]]]]]]]]]]"),
        ("objects of five", r#"{"a":1,"b":1,"c":1,"d":1,"e":1}"#),
        ("lists of five", "[1,1,1,1,1]"),
        ("short strings", r#""""#),
        ("escapes", r#""\n""#),
        ("long escapes", r#""\u0001\u0001\u0001\u0001\u0001\u0001\u0001""#),
        ("objects with escaped names", r#"{"\n":1}"#),
        ("times", "1700000000000"),
        ("names", r#""AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA""#),
        ("spaced", "1              "),
    ]
}

fn list(item: &str) -> String {
    let count = LENGTH / (item.len() + 1);
    format!("[{}]", vec![item; count].join(","))
}

fn object(item: &str) -> String {
    let count = LENGTH / (item.len() + 10);
    let fields: Vec<String> = (0..count).map(|number| format!("\"{number}\":{item}")).collect();
    format!("{{{}}}", fields.join(","))
}

/// The dense JSON texts: lists, objects, and what is no repetition.
fn texts() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for (name, item) in values() {
        texts.push((format!("list of {name}"), list(item)));
        texts.push((format!("object of {name}"), object(item)));
    }
    let reversed: Vec<String> =
        (0..LENGTH / 12).rev().map(|number| format!("\"{number:06}\":1")).collect();
    texts.push(("names in reversed order".into(), format!("{{{}}}", reversed.join(","))));
    texts.push(("one long string".into(), format!("\"{}\"", "a".repeat(LENGTH))));
    texts.push(("one long escaped string".into(), format!("\"{}\"", "\\n".repeat(LENGTH / 2))));
    texts.push(("control characters".into(), format!("\"{}\"", "\\u0001".repeat(LENGTH / 6))));
    texts.push(("nothing but brackets".into(), "[".repeat(LENGTH)));
    texts.push(("nothing but commas".into(), ",".repeat(LENGTH)));
    texts
}

/// The same kinds in bencode.
fn bencoded() -> Vec<(String, Vec<u8>)> {
    let mut texts = Vec::new();
    for item in [
        "i1e",
        "0:",
        "le",
        "de",
        "li1ee",
        "d0:i1ee",
        "d0:d0:d0:deeee",
        "llllllllleeeeeeeee",
        "d1:ai1e1:bi1e1:ci1e1:di1ee",
        "li1ei1ei1ei1ei1ee",
        "i1700000000000e",
        "1:\u{1}",
        "43:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        let count = LENGTH / item.len();
        texts.push((format!("list of {item}"), format!("l{}e", item.repeat(count)).into_bytes()));
        let fields: Vec<String> =
            (0..count / 3).map(|number| format!("8:{number:08}{item}")).collect();
        texts.push((format!("dict of {item}"), format!("d{}e", fields.concat()).into_bytes()));
    }
    let long = |byte: u8| [format!("{LENGTH}:").into_bytes(), vec![byte; LENGTH]].concat();
    texts.push(("long text".into(), long(b'a')));
    texts.push(("long control characters".into(), long(1)));
    texts.push(("long quotes".into(), long(b'"')));
    texts.push(("long binary".into(), long(0xff)));
    texts
}

fn requests() -> Vec<Request> {
    let hash = MessageHash::of(&ACCOUNT, Namespace::DEFAULT, b"abc");
    let ttl = Duration::from_secs(60);
    let store = StoreRequest::new(ACCOUNT, Namespace::DEFAULT, b"abc".to_vec(), NOW, ttl).unwrap();
    let retrieve = Request::from(RetrieveRequest::new(ACCOUNT, Namespace::DEFAULT));
    let expire = Request::from(ExpireRequest::new(ACCOUNT, vec![hash], NOW));
    let batch = vec![store.clone().into(), retrieve.clone(), expire.clone()];
    let condition = Conditions { height_before: Some(1), ..Conditions::new() };
    vec![
        store.clone().into(),
        retrieve,
        DeleteRequest::new(ACCOUNT, vec![hash]).into(),
        SweepRequest::delete_all(ACCOUNT, Namespaces::All, NOW).into(),
        expire,
        GetExpiriesRequest::new(ACCOUNT, vec![hash], NOW).into(),
        RevokeRequest::new(Revocation::Revoke, ACCOUNT, vec![], NOW).into(),
        RevokedSubaccountsRequest::new(ACCOUNT, NOW).into(),
        InfoRequest::default().into(),
        GetSwarmRequest { account: ACCOUNT }.into(),
        OxendRequest::new(OxendEndpoint::OnsResolve, None).unwrap().into(),
        BatchRequest::new(BatchMode::All, batch).unwrap().into(),
        IfElseRequest::new(condition, Some(store.into()), None).unwrap().into(),
    ]
}

/// Where a dense value may stand in a request: a field that is read, one that is not, a branch.
const REQUESTS: [&str; 8] = [
    "VALUE",
    r#"{"method":"info","params":VALUE}"#,
    r#"{"method":"info","params":{},"other":VALUE}"#,
    r#"{"method":"store","params":{"data":VALUE}}"#,
    r#"{"method":"delete","params":{"messages":VALUE}}"#,
    r#"{"method":"expire","params":{"expiry":VALUE}}"#,
    r#"{"method":"batch","params":{"requests":VALUE}}"#,
    r#"{"method":"oxend_request","params":{"endpoint":"ons_resolve","params":{"a":VALUE}}}"#,
];

#[test]
fn nodes_read_requests_in_eight_times_the_text() {
    let _alone = alone();
    for (name, value) in texts() {
        for place in REQUESTS {
            let text = place.replace("VALUE", &value);
            let name = format!("{name} in {place}");
            drop(affordable(&name, text.len(), || Request::from_json(text.as_bytes())));
        }
    }
    for (name, value) in bencoded() {
        for (method, head) in [
            (Method::Info, &b""[..]),
            (Method::Delete, b"d8:messages"),
            (Method::Expire, b"d6:expiry"),
            (Method::Batch, b"d8:requests"),
            (Method::RevokeSubaccount, b"d6:revoke"),
            (Method::OxendRequest, b"d8:endpoint11:ons_resolve6:params"),
        ] {
            let tail = if head.is_empty() { &b""[..] } else { b"e" };
            let text = [head, &value, tail].concat();
            let name = format!("{name} to {}", method.name());
            let read = || Request::from_params_bytes(method.name(), &text);
            drop(affordable(&name, text.len(), read));
        }
        let name = format!("{name} as subscription");
        drop(affordable(&name, value.len(), || MonitorRequest::list_from_bencode(&value)));
        let namespaces = [b"d1:n", &value[..], b"e"].concat();
        drop(affordable(&name, value.len(), || MonitorRequest::from_bencode(&namespaces)));
    }
}

/// Where a dense value may stand in an answer, and the place of the request in `requests`.
const ANSWERS: [(usize, &str); 16] = [
    (8, "VALUE"),
    (8, r#"{"t":VALUE}"#),
    (1, r#"{"messages":VALUE}"#),
    (1, r#"{"messages":[{"hash":VALUE}]}"#),
    (5, r#"{"expiries":VALUE}"#),
    (9, r#"{"snodes":VALUE,"swarm":"0"}"#),
    (0, r#"{"swarm":VALUE}"#),
    (0, r#"{"swarm":{"KEY":VALUE}}"#),
    (3, r#"{"swarm":{"KEY":{"deleted":VALUE,"signature":""}}}"#),
    (4, r#"{"swarm":{"KEY":{"updated":[],"expiry":VALUE}}}"#),
    (4, r#"{"swarm":{"KEY":{"updated":[],"expiry":1,"unchanged":VALUE}}}"#),
    (7, r#"{"revoked_subaccounts":VALUE}"#),
    (8, r#"{"version":VALUE,"timestamp":1700000000000}"#),
    (10, r#"{"result":VALUE}"#),
    (11, r#"{"results":VALUE}"#),
    (11, r#"{"results":[{"code":200,"body":{"messages":VALUE}}]}"#),
];

#[test]
fn clients_read_answers_in_eight_times_the_text() {
    let _alone = alone();
    let requests = requests();
    for (name, value) in texts() {
        for (request, place) in ANSWERS {
            let text = place.replace("KEY", &hex::encode(&[7; 32])).replace("VALUE", &value);
            let (request, name) = (&requests[request], format!("{name} in {place}"));
            let read = |status| Response::from_json(request, status, text.as_bytes());
            drop(affordable(&name, text.len(), || read(200)));
            if place.contains("snodes") || place == "VALUE" {
                drop(affordable(&name, text.len(), || read(421)));
                drop(affordable(&name, text.len(), || read(500)));
            }
        }
    }
}

#[test]
fn bencoded_answers_cost_eight_times_the_text() {
    let _alone = alone();
    let requests = requests();
    for (name, value) in bencoded() {
        for (request, head) in [
            (8, &b""[..]),
            (1, b"d8:messages"),
            (10, b"d6:result"),
            (9, b"d6:snodes"),
            (11, b"d7:results"),
            (8, b"d7:version"),
        ] {
            let tail = if head.is_empty() { &b""[..] } else { b"e" };
            let text = [head, &value, tail].concat();
            let request = &requests[request];
            let name = format!("{name} to {}", request.method().name());
            let read = || Response::from_bencode(request, 200, &text);
            drop(affordable(&name, text.len(), read));
        }
        drop(affordable(&name, value.len(), || DeleteEntry::from_bencode(&value)));
        drop(affordable(&name, value.len(), || SweepEntry::from_bencode(&value)));
        drop(affordable(&name, value.len(), || ExpireEntry::from_bencode(&value)));
        drop(affordable(&name, value.len(), || MonitorAnswer::list_from_bencode(&value)));
        drop(affordable(&name, value.len(), || Notification::from_bencode(&value)));
        drop(affordable(&name, value.len(), || ActiveNodes::from_bytes(&value)));
        let batch = [b"\x01", &value[..]].concat();
        drop(affordable(&name, batch.len(), || read_batch(&batch)));
    }
}

/// The densest texts that are sent are read: the bound costs nobody a right answer.
#[test]
fn what_the_network_sends_is_read() {
    let _alone = alone();
    let hash = MessageHash::of(&ACCOUNT, Namespace::DEFAULT, b"abc");
    let page = |messages: usize| {
        let message = format!(r#"{{"hash":"{hash}","timestamp":1,"expiration":2,"data":""}}"#);
        format!(r#"{{"messages":[{}],"more":false}}"#, vec![message; messages].join(","))
    };
    let retrieve = RetrieveRequest::new(ACCOUNT, Namespace::DEFAULT).into();
    for count in [0, 1, 100, 20_000] {
        let text = page(count);
        let read = || Response::from_json(&retrieve, 200, text.as_bytes()).unwrap();
        let response = affordable("page", text.len(), read);
        let Body::Answer(Answer::Retrieve(page)) = response.body() else { panic!() };
        assert_eq!((page.messages.len(), page.skipped), (count, 0));
    }
    // Each of the ten thousand messages that a request may name, with a time of its own.
    let each = vec![(hash, NOW); 10_000];
    let signature = session_crypto::encoding::base64::encode(&[0; 64]);
    let hashes = vec![format!("\"{hash}\""); each.len()].join(",");
    let times = vec![NOW.to_string(); each.len()].join(",");
    let text = format!(
        r#"{{"method":"expire","params":{{"pubkey":"{ACCOUNT}","messages":[{hashes}],"expiry":[{times}],"signature":"{signature}"}}}}"#
    );
    let read = affordable("expire", text.len(), || Request::from_json(text.as_bytes()).unwrap());
    let Request::Expire(request) = read else { panic!() };
    assert!(request.iter().eq(each));
    // As many subscriptions as there may be in one.
    let key = session_crypto::ed25519::Ed25519Keypair::from_seed(
        session_crypto::ed25519::Ed25519Seed::from_bytes([7; 32]),
    );
    let signer = session_swarm::auth::Signer::user(&key);
    let namespaces = [0, 2, 3, 4, 5].map(Namespace::new);
    let data = session_swarm::monitor::MonitorData::Include;
    let one = MonitorRequest::sign(&signer, namespaces, data, NOW);
    let bytes = MonitorRequest::list_to_bencode(&vec![one; 1024]);
    let read = || MonitorRequest::list_from_bencode(&bytes).unwrap();
    let read = affordable("subscriptions", bytes.len(), read);
    assert!(read.iter().all(Result::is_ok));
}
