use alloc::{format, string::ToString, vec, vec::Vec};
use core::net::Ipv4Addr;

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Seed, Ed25519Signature},
    encoding::base64,
    x25519::X25519PublicKey,
};
use session_identity::Timestamp;

use super::*;
use crate::{
    address::Address,
    hard_fork::HardFork,
    limits::MAX_TTL_INBOX,
    message_hash::MessageHash,
    namespace::Namespace,
    request::{
        ActiveNodesRequest, BatchMode, BatchRequest, GetSwarmRequest, InfoRequest, Refusal,
        Request, RetrieveRequest, StoreRequest,
    },
    space::SwarmId,
};

mod changes;
mod nested;
mod odd;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const FORK: HardFork = HardFork { number: 20, revision: 1 };

/// The node of §6.4.
fn node() -> Ed25519Keypair {
    let mut next = 0..;
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([(); 32].map(|()| next.next().unwrap())))
}

fn other_node(seed: u8) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes([seed; 32]))
}

fn request() -> StoreRequest {
    let account: Address =
        "05c5ba413c336f2fe1fb9a2c525f8a86a412a1db128a7841b4e0e217fa9eb7fd5e".parse().unwrap();
    let data = b"abc 123".to_vec();
    StoreRequest::new(account, Namespace::DEFAULT, data, NOW, MAX_TTL_INBOX).unwrap()
}

fn entry(node: &Ed25519Keypair) -> StoreEntry {
    StoreEntry::sign(node, request().message_hash(), request().expiry())
}

/// The request of the store, for reading answers to it.
fn store() -> Request {
    request().into()
}

fn read(request: &Request, response: &Response) -> Response {
    let json = Response::from_json(request, response.status(), &response.to_json()).unwrap();
    let bencode = Response::from_bencode(request, response.status(), &response.to_bencode());
    assert_eq!(bencode, Ok(json.clone()));
    json
}

#[test]
fn the_store_entry_matches_the_specification() {
    let key = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";
    let signature =
        "FYUfDcVGZDWZCc0X+9vVr0enqkRJpvB6rEkfrU1M20tB15AOid+LnjQsiWSsnpLmTLIiviaj0CYcn8keAP1eAQ==";
    assert_eq!(node().public_key().to_string(), key);
    let answer = SwarmAnswer::from_iter([(node().public_key(), Ok(entry(&node()).already()))])
        .answered_by(node().public_key());
    let json = Response::answer(Answer::Store(answer), NOW, FORK).to_json();
    let hash = "7Oc1rKHW0wR4AEcpRnRbcC20o6Q7RQh08N6ZI+qBAsE";
    let expected = format!(
        r#"{{"hash":"{hash}","hf":[20,1],"swarm":{{"{key}":{{"already":true,"expiry":1701209600000,"hash":"{hash}","signature":"{signature}"}}}},"t":1700000000000}}"#
    );
    assert_eq!(str::from_utf8(&json), Ok(expected.as_str()));
}

#[test]
fn the_list_of_nodes_has_no_fields() {
    let active = |seed| ActiveNode {
        ed25519: other_node(seed).public_key(),
        swarm: SwarmId::MAX,
        ip: Ipv4Addr::new(1, 2, 3, seed),
        https_port: 1,
        omq_port: 2,
        version: [2, 11, 0],
    };
    let nodes: ActiveNodes = [active(1), active(2)].into_iter().collect();
    let request = Request::from(ActiveNodesRequest::default());
    assert_eq!(request.to_json(), br#"{"method":"active_nodes_bin","params":{}}"#);
    assert_eq!(Request::from_params_bytes("active_nodes_bin", b""), Ok(request.clone()));
    let response = Response::answer(Answer::ActiveNodes(nodes.clone()), NOW, FORK);
    assert_eq!(read(&request, &response), response);
    assert_eq!(response.to_json(), base64::encode(&nodes.to_bytes()).as_bytes());
    assert_eq!(response.to_bencode(), nodes.to_bytes());

    let batch = BatchRequest::new(BatchMode::All, vec![request.clone(), InfoRequest {}.into()]);
    let batch = Request::from(batch.unwrap());
    let info = Response::answer(Answer::Info(InfoAnswer::new([2, 8, 0], NOW)), NOW, FORK);
    let outer = Response::answer(Answer::Batch(vec![response, info]), NOW, FORK);
    assert_eq!(read(&batch, &outer), outer);

    for bytes in [&b"!"[..], b"AAAA", b"{}", b"[]"] {
        let error = Response::from_json(&request, 200, bytes);
        assert!(matches!(error, Err(AnswerError::Field(_))), "{bytes:?}");
    }
    assert!(Response::from_bencode(&request, 200, &[0; 50]).is_err());
    let busy = Response::text(503, "busy".into());
    assert_eq!(read(&request, &busy), busy);
    let failed = Response::text(500, "{}".into());
    assert_eq!(Response::from_json(&request, 500, b"{}"), Ok(failed));
}

#[test]
fn half_of_a_swarm_makes_a_store() {
    let nodes: Vec<_> = (1..=5).map(other_node).collect();
    let members: Vec<_> = nodes.iter().map(Ed25519Keypair::public_key).collect();
    for (confirm, fail, is_success) in
        [(0, 1, false), (1, 0, true), (1, 1, true), (1, 2, false), (2, 2, true), (2, 3, false)]
    {
        let entries = nodes.iter().zip(0..).take(confirm + fail).map(|(node, position)| {
            let entry =
                if position < confirm { Ok(entry(node)) } else { Err(MemberFailure::Timeout) };
            (node.public_key(), entry)
        });
        let verified = SwarmAnswer::from_iter(entries).verify(&request(), &members);
        assert_eq!(verified.is_success(), is_success, "{confirm} of {}", confirm + fail);
    }
}

#[test]
fn members_that_the_answer_leaves_out_are_named() {
    let [one, other, stranger] = [1, 2, 3].map(other_node);
    let answer = SwarmAnswer::from_iter([
        (one.public_key(), Ok(entry(&one))),
        (stranger.public_key(), Ok(entry(&stranger))),
    ]);
    let verified = answer.verify(&request(), &[one.public_key(), other.public_key()]);
    assert_eq!(verified.absent(), [other.public_key()]);
    assert_eq!(verified.confirmed(), [one.public_key()]);
    assert_eq!(verified.rejected(), [(stranger.public_key(), Rejection::NotAMember)]);
}

#[test]
fn written_answers_are_read_back() {
    let hash = request().message_hash();
    let message = StoredMessage::new(hash, NOW, request().expiry(), b"abc 123".to_vec());
    let member = SwarmMember::new(
        Ipv4Addr::new(127, 0, 0, 2),
        443,
        u16::MAX,
        node().public_key(),
        X25519PublicKey::from_bytes([9; 32]),
    )
    .with_legacy(other_node(8).public_key());
    let failures = [
        MemberFailure::Timeout,
        MemberFailure::BadResponse,
        MemberFailure::Refused { code: "421".into(), reason: "wrong".into() },
        MemberFailure::Query { reason: "disk".into() },
        MemberFailure::Query { reason: "".into() },
    ];
    let failures = failures.into_iter().zip(1..).map(|(f, i)| (other_node(i).public_key(), Err(f)));
    let stored = failures.chain([(node().public_key(), Ok(entry(&node()).at(NOW)))]).collect();
    let account = *request().account();
    let retrieve = Request::from(RetrieveRequest::new(account, Namespace::DEFAULT));
    let get_swarm = Request::from(GetSwarmRequest { account });
    for (request, answer) in [
        (store(), Answer::Store(stored)),
        (retrieve, Answer::Retrieve(RetrieveAnswer::new(vec![message], true))),
        (InfoRequest {}.into(), Answer::Info(InfoAnswer::new([2, 8, 0], NOW))),
        (get_swarm.clone(), Answer::GetSwarm(SwarmInfo::new(None, vec![]))),
        (get_swarm, Answer::GetSwarm(SwarmInfo::new(Some(SwarmId::MAX), vec![member; 9]))),
    ] {
        let response = Response::answer(answer, NOW, FORK);
        assert_eq!(read(&request, &response), response);
        assert_eq!((response.time(), response.hard_fork()), (Some(NOW), Some(FORK)));
    }
    let response = Response::wrong_swarm(SwarmInfo::new(None, vec![member]), NOW, FORK);
    assert_eq!(read(&store(), &response), response);
    assert_eq!(response.status(), 421);
    let response = Response::refusal(&Refusal::Clock);
    assert_eq!(read(&store(), &response), response);
    assert_eq!(response.to_json(), b"Timestamp error: check your clock");
}

#[test]
fn an_unassigned_account_has_the_mark_for_a_swarm() {
    let response = Response::answer(Answer::GetSwarm(SwarmInfo::new(None, vec![])), NOW, FORK);
    let json = r#"{"hf":[20,1],"snodes":[],"swarm":"ffffffffffffffff","t":1700000000000}"#;
    assert_eq!(str::from_utf8(&response.to_json()), Ok(json));
}

#[test]
fn only_known_members_count() {
    let (a, b, c) = (node(), other_node(1), other_node(2));
    let [ka, kb, kc] = [&a, &b, &c].map(Ed25519Keypair::public_key);
    let verify = |entries: &[(Ed25519PublicKey, Result<StoreEntry, MemberFailure>)],
                  members: &[Ed25519PublicKey]| {
        SwarmAnswer::from_iter(entries.to_vec()).verify(&request(), members)
    };
    let answer = [(ka, Ok(entry(&a))), (kb, Ok(entry(&b))), (kc, Err(MemberFailure::Timeout))];
    let verified = verify(&answer, &[ka, kb, kc]);
    assert_eq!(verified.confirmed().len(), 2);
    assert_eq!(verified.rejected(), [(kc, Rejection::Failed(MemberFailure::Timeout))]);
    assert!(verified.is_success());
    let verified = verify(&answer, &[ka]);
    assert_eq!(verified.confirmed(), [ka]);
    assert!(verified.rejected().contains(&(kb, Rejection::NotAMember)));
    assert!(!verified.is_success());
    // An entry that another node signed.
    let verified = verify(&[(ka, Ok(entry(&b)))], &[ka, kb]);
    assert_eq!(verified.rejected(), [(ka, Rejection::Entry(EntryError::Signature))]);
    // A right signature over another message.
    let hash = "B".repeat(43).parse().unwrap();
    let verified = verify(&[(ka, Ok(StoreEntry::sign(&a, hash, NOW)))], &[ka]);
    assert_eq!(verified.rejected(), [(ka, Rejection::Entry(EntryError::OtherMessage(hash)))]);
    assert!(!verify(&[], &[ka]).is_success());
}

#[test]
fn every_bit_of_a_node_signature_counts() {
    let key = node().public_key();
    let good = base64::encode(node().sign(request().message_hash().as_bytes()).as_bytes());
    let answer = SwarmAnswer::from_iter([(key, Ok(entry(&node())))]);
    let json = Response::answer(Answer::Store(answer), NOW, FORK).to_json();
    let json = str::from_utf8(&json).unwrap();
    for bit in 0..512 {
        let mut bytes = base64::decode(&good).unwrap();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let signature = Ed25519Signature::try_from(bytes.as_slice()).unwrap();
        let altered = json.replace(&good, &base64::encode(signature.as_bytes()));
        let response = Response::from_json(&store(), 200, altered.as_bytes()).unwrap();
        let Body::Answer(Answer::Store(answer)) = response.body() else { panic!("{response:?}") };
        assert!(answer.verify(&request(), &[key]).confirmed().is_empty(), "bit {bit}");
    }
}

#[test]
fn one_member_cannot_spoil_the_answer_of_all() {
    let key = node().public_key();
    let entry = format!(
        r#"{{"hash":"{}","expiry":1701209600000,"signature":"{}"}}"#,
        request().message_hash(),
        base64::encode(node().sign(request().message_hash().as_bytes()).as_bytes())
    );
    let other = other_node(1).public_key();
    for poison in ["1", "{}", r#"{"failed":7}"#, r#"{"hash":"x"}"#, "[]", "null"] {
        let json =
            format!(r#"{{"swarm":{{"{key}":{entry},"{other}":{poison},"no key":{entry}}}}}"#);
        let response = Response::from_json(&store(), 200, json.as_bytes()).unwrap();
        let Body::Answer(Answer::Store(answer)) = response.body() else { panic!("{response:?}") };
        assert_eq!(answer.iter().count(), 2, "{poison}");
        assert_eq!(answer.verify(&request(), &[key, other]).confirmed(), [key], "{poison}");
    }
}

#[test]
fn an_answer_in_which_all_failed_has_status_500() {
    let failed = [(node().public_key(), Err(MemberFailure::Timeout))];
    let response = Response::answer(Answer::Store(failed.into_iter().collect()), NOW, FORK);
    assert_eq!(response.status(), 500);
    assert_eq!(read(&store(), &response), response);
    let text = Response::from_json(&store(), 500, b"Internal error").unwrap();
    assert_eq!(text.body(), &Body::Text("Internal error".into()));
}

#[test]
fn malformed_answers_are_refused() {
    let account = *request().account();
    let info = Request::from(InfoRequest {});
    let retrieve = Request::from(RetrieveRequest::new(account, Namespace::DEFAULT));
    let get_swarm = Request::from(GetSwarmRequest { account });
    let read = |request: &Request, text: &str| {
        Response::from_json(request, 200, text.as_bytes()).unwrap_err()
    };
    let missing = |field| AnswerError::Field(FieldError::Missing { field });
    assert_eq!(read(&info, "nonsense"), AnswerError::Syntax);
    assert_eq!(read(&info, "[]"), AnswerError::NoObject);
    assert_eq!(read(&info, "{}"), missing("version"));
    assert_eq!(read(&store(), r#"{"swarm":[]}"#), missing("swarm"));
    assert_eq!(read(&retrieve, r#"{"messages":{}}"#), missing("messages"));
    let form = |field, expected| AnswerError::Field(FieldError::Form { field, expected });
    let version = form("version", "a list of three numbers");
    assert_eq!(read(&info, r#"{"version":[1,2],"timestamp":1700000000000}"#), version);
    let nodes = form("snodes", "a list of at most 256 nodes");
    let crowd = format!(r#"{{"snodes":[{}{{}}],"swarm":"0"}}"#, "{},".repeat(256));
    assert_eq!(read(&get_swarm, &crowd), nodes);
    assert_eq!(read(&get_swarm, r#"{"snodes":{},"swarm":"0"}"#), nodes);
}

#[test]
fn misnamed_messages_are_noticed() {
    let request = request();
    let data = request.data().to_vec();
    let message = StoredMessage::new(request.message_hash(), NOW, NOW, data);
    assert!(message.is_named_rightly(request.account(), Namespace::DEFAULT));
    assert!(!message.is_named_rightly(request.account(), Namespace::CONTACTS));
}

/// Config messages lie in namespace 0 of a member that got them from one that leaves the namespace out (§3).
#[test]
fn the_name_tells_where_a_message_belongs() {
    let account = *request().account();
    let configs = [Namespace::USER_PROFILE, Namespace::CONTACTS, Namespace::USER_GROUPS];
    let hash = MessageHash::of(&account, Namespace::CONTACTS, b"config");
    let message = StoredMessage::new(hash, NOW, NOW, b"config".to_vec());
    let located = |message: &StoredMessage, retrieved, candidates: &[Namespace]| {
        message.located(&account, retrieved, candidates.iter().copied())
    };
    let contacts = Some(Namespace::CONTACTS);
    assert_eq!(located(&message, Namespace::DEFAULT, &configs), contacts);
    assert_eq!(located(&message, Namespace::CONTACTS, &[]), contacts);
    assert_eq!(located(&message, Namespace::DEFAULT, &configs[..1]), None);
    let altered = StoredMessage::new(hash, NOW, NOW, b"confid".to_vec());
    assert_eq!(located(&altered, Namespace::DEFAULT, &configs), None);
    let hash = MessageHash::of(&account, Namespace::DEFAULT, b"abc");
    let message = StoredMessage::new(hash, NOW, NOW, b"abc".to_vec());
    assert_eq!(located(&message, Namespace::DEFAULT, &configs), Some(Namespace::DEFAULT));
}
