//! Targets of `session-swarm`: requests, answers, and what nodes send to each other.

use session_crypto::ed25519::{Ed25519Keypair, Ed25519PublicKey, Ed25519Seed};
use session_identity::{AccountId, GroupId, Timestamp};
use session_swarm::{
    address::Address,
    answer::{Answer, Body, Entry, Response, SwarmAnswer},
    message_hash::MessageHash,
    monitor::{MonitorAnswer, MonitorRequest, Notification},
    namespace::Namespace,
    request::{
        ActiveNodesRequest, BatchMode, BatchRequest, Circumstances, Conditions, DeleteRequest,
        ExpireRequest, GetExpiriesRequest, GetSwarmRequest, IfElseRequest, InfoRequest, Method,
        Namespaces, OxendEndpoint, OxendRequest, Request, RetrieveRequest, Revocation,
        RevokeRequest, RevokedSubaccountsRequest, StoreRequest, SweepRequest,
    },
    subaccount::{Access, SubaccountAuth},
    transfer::{read_batch, write_batches},
};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const ACCOUNT: Address = Address::from_bytes([5; 33]);

/// A request that is read is the same when it is written in JSON, in bencode, and for another member.
pub fn request_json(data: &[u8]) {
    if let Ok(request) = Request::from_json(data) {
        request_is_kept(&request);
    }
}

/// The same for params whose method is named outside; the first byte picks the method.
pub fn request_params(data: &[u8]) {
    let Some((pick, params)) = data.split_first() else { return };
    let method = Method::ALL[usize::from(*pick) % Method::ALL.len()];
    if let Ok(request) = Request::from_params_bytes(method.name(), params) {
        assert_eq!(request.method(), method);
        request_is_kept(&request);
    }
}

fn request_is_kept(request: &Request) {
    assert_eq!(Request::from_json(&request.to_json()).as_ref(), Ok(request));
    let name = request.method().name();
    let bencode = request.to_bencode();
    assert_eq!(Request::from_params_bytes(name, &bencode).as_ref(), Ok(request));
    match (request, request.to_forwarded()) {
        // It alone loses a field on the way.
        (Request::Delete(delete), Some(bytes)) => {
            let Ok(Request::Delete(received)) = Request::from_forwarded(name, &bytes) else {
                panic!("a forwarded delete is refused")
            };
            assert_eq!((received.messages(), received.auth()), (delete.messages(), delete.auth()));
            assert!(!received.is_required());
        }
        (_, Some(bytes)) => {
            assert_eq!(Request::from_forwarded(name, &bytes).as_ref(), Ok(request));
        }
        (_, None) => assert!(!request.method().is_recursive()),
    }
    if let Err(refusal) = request.clone().authorise(&Circumstances::at(NOW)) {
        assert!((400..=406).contains(&refusal.status()), "{refusal}");
        let response = Response::refusal(&refusal);
        assert_eq!(
            Response::from_json(request, response.status(), &response.to_json()),
            Ok(response)
        );
    }
}

/// An answer that is read is the same when it is written; nobody outside the swarm confirms anything. The first
/// byte picks the request, the second the status.
pub fn answer(data: &[u8]) {
    let [pick, status, bytes @ ..] = data else { return };
    let requests = requests();
    let request = &requests[usize::from(*pick) % requests.len()];
    let status = [200, 421, 500, 404, 400][usize::from(*status) % 5];
    for read in [
        Response::from_json(request, status, bytes),
        Response::from_bencode(request, status, bytes),
    ] {
        let Ok(response) = read else { continue };
        assert_eq!(response.status(), status);
        // A text may look like anything, and the daemon's JSON may hold what bencode has no form for.
        if !matches!((request, response.body()), (Request::Oxend(_), _) | (_, Body::Text(_))) {
            // An entry that was malformed is written as the failure that it is.
            let written = Response::from_json(request, status, &response.to_json());
            let written = written.expect("what was written");
            let json = Response::from_json(request, status, &written.to_json());
            assert_eq!(json.as_ref(), Ok(&written));
            let bencode = Response::from_bencode(request, status, &written.to_bencode());
            assert_eq!(bencode.as_ref(), Ok(&written));
        }
        strangers_confirm_nothing(request, response.body());
    }
}

fn strangers_confirm_nothing(request: &Request, body: &Body) {
    fn check<E: Entry>(answer: &SwarmAnswer<E>, request: &E::Request) {
        let verified = answer.verify(request, &[]);
        assert!(verified.confirmed().is_empty() && !verified.is_success());
        let everybody: Vec<Ed25519PublicKey> = answer.iter().map(|(node, _)| *node).collect();
        let verified = answer.verify(request, &everybody);
        assert_eq!(verified.confirmed().len() + verified.rejected().len(), everybody.len());
    }
    match (request, body) {
        (Request::Store(request), Body::Answer(Answer::Store(answer))) => check(answer, request),
        (Request::Delete(request), Body::Answer(Answer::Delete(answer))) => check(answer, request),
        (Request::Sweep(request), Body::Answer(Answer::Sweep(answer))) => check(answer, request),
        (Request::Expire(request), Body::Answer(Answer::Expire(answer))) => check(answer, request),
        (Request::Revoke(request), Body::Answer(Answer::Revoke(answer))) => check(answer, request),
        _ => {}
    }
}

/// A request of each kind, for answers to it.
fn requests() -> Vec<Request> {
    let hash = MessageHash::of(&ACCOUNT, Namespace::DEFAULT, b"abc 123");
    let one = Namespaces::One(Namespace::DEFAULT);
    let ttl = std::time::Duration::from_secs(60);
    let store = StoreRequest::new(ACCOUNT, Namespace::DEFAULT, b"abc 123".to_vec(), NOW, ttl);
    let store = Request::from(store.expect("a small message"));
    let info = || Request::from(InfoRequest::default());
    let batch = BatchRequest::new(BatchMode::All, vec![info(), store.clone()]);
    let condition = Conditions { height_before: Some(1), ..Conditions::new() };
    let if_else = IfElseRequest::new(condition, Some(info()), Some(store.clone()));
    vec![
        store,
        RetrieveRequest::new(ACCOUNT, Namespace::DEFAULT).into(),
        DeleteRequest::new(ACCOUNT, vec![hash]).into(),
        SweepRequest::delete_all(ACCOUNT, Namespaces::All, NOW).into(),
        SweepRequest::expire_all(ACCOUNT, one, NOW).into(),
        ExpireRequest::new(ACCOUNT, vec![hash], NOW).into(),
        GetExpiriesRequest::new(ACCOUNT, vec![hash], NOW).into(),
        RevokeRequest::new(Revocation::Unrevoke, ACCOUNT, vec![], NOW).into(),
        RevokedSubaccountsRequest::new(ACCOUNT, NOW).into(),
        info(),
        GetSwarmRequest { account: ACCOUNT }.into(),
        OxendRequest::new(OxendEndpoint::OnsResolve, None).expect("no params").into(),
        batch.expect("two plain requests").into(),
        if_else.expect("two branches").into(),
        ActiveNodesRequest::default().into(),
    ]
}

/// Only what the group's admin made for this member passes; nothing else, and nothing altered.
pub fn subaccount(data: &[u8]) {
    let read = SubaccountAuth::try_from(data);
    assert_eq!(read.is_ok(), data.len() == SubaccountAuth::LENGTH);
    let Ok(auth) = read else { return };
    assert_eq!(auth.expose_bytes().as_slice(), data);
    let [group, member] =
        [[1; 32], [2; 32]].map(Ed25519Seed::from_bytes).map(Ed25519Keypair::from_seed);
    let group_id = GroupId::from_public_key(group.public_key());
    if auth.verify(&group_id, &member, Access::NONE).is_ok() {
        let id = AccountId::from_public_key(member.to_x25519().public_key());
        let access = Access::from_bits(data[1]);
        let issued = SubaccountAuth::issue(&group, &id, access).expect("a good Account ID");
        assert!(access.contains(Access::READ));
        assert_eq!(issued.expose_bytes().as_slice(), data, "a forged subaccount");
    }
}

/// Subscriptions, their answers and notifications are the same when they are written again.
pub fn monitor(data: &[u8]) {
    if let Ok(requests) = MonitorRequest::list_from_bencode(data) {
        let good: Vec<MonitorRequest> = requests.into_iter().filter_map(Result::ok).collect();
        let written = MonitorRequest::list_to_bencode(&good);
        let read = MonitorRequest::list_from_bencode(&written);
        assert_eq!(read, Ok(good.into_iter().map(Ok).collect()));
    }
    if let Ok(answer) = MonitorAnswer::from_bencode(data) {
        assert_eq!(MonitorAnswer::from_bencode(&answer.to_bencode()), Ok(answer));
    }
    if let Ok(notification) = Notification::from_bencode(data) {
        let written = notification.to_bencode();
        assert_eq!(Notification::from_bencode(&written), Ok(notification));
    }
}

/// Messages that are handed over stay the same, and go where their names belong or nowhere.
pub fn transfer(data: &[u8]) {
    let Ok(batch) = read_batch(data) else { return };
    let messages = batch.messages;
    let batches = write_batches(&messages);
    let again: Vec<_> = batches
        .iter()
        .flat_map(|batch| read_batch(batch).expect("what was written").messages)
        .collect();
    assert_eq!(again, messages);
    let known = [0, 2, 3, 4, 5, 11, 12, 13, 14, -11].map(Namespace::new);
    for message in &messages {
        if let Some(namespace) = message.located(known) {
            assert_eq!(MessageHash::of(&message.account, namespace, &message.data), message.hash);
            assert!(message.namespace.is_none_or(|said| said == namespace));
        }
    }
}
