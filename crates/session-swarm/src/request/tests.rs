use alloc::{format, string::ToString, vec, vec::Vec};
use core::time::Duration;

use session_crypto::{
    ed25519::{Ed25519Keypair, Ed25519Seed, Ed25519Signature},
    encoding::{base64, hex},
};
use session_identity::Timestamp;

use super::*;
use crate::{
    auth::{Auth, Signer},
    limits::{MAX_DATA_LENGTH, MAX_TTL, MAX_TTL_INBOX},
    message_hash::MessageHash,
    namespace::Namespace,
    subaccount::{Access, SubaccountProof, SubaccountToken},
};

mod changes;
mod nested;
mod wires;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// The member of §6.4.
fn member() -> Ed25519Keypair {
    keypair("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
}

/// The group of §6.4.
fn group() -> Ed25519Keypair {
    keypair("0123456789abcdeffedcba98765432100123456789abcdeffedcba9876543210")
}

fn keypair(seed: &str) -> Ed25519Keypair {
    Ed25519Keypair::from_seed(Ed25519Seed::from_bytes(hex::decode_array(seed).unwrap()))
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn store(namespace: i16) -> StoreRequest {
    let (keypair, namespace) = (member(), Namespace::new(namespace));
    let signer = Signer::user(&keypair);
    StoreRequest::new(*signer.account(), namespace, b"abc 123".into(), NOW, MAX_TTL_INBOX)
        .unwrap()
        .sign(&signer, NOW)
        .unwrap()
}

fn retrieve(namespace: i16) -> RetrieveRequest {
    let keypair = member();
    let signer = Signer::user(&keypair);
    RetrieveRequest::new(*signer.account(), Namespace::new(namespace)).sign(&signer, NOW).unwrap()
}

/// What a node whose time is `now` says to a request, as status and text.
fn decide(request: impl Into<Request>, now: Timestamp) -> Result<(), (u16, String)> {
    decide_with(request, &Circumstances::at(now))
}

fn decide_with(
    request: impl Into<Request>,
    circumstances: &Circumstances<'_>,
) -> Result<(), (u16, String)> {
    let decision = request.into().authorise(circumstances);
    decision.map(|_| ()).map_err(|refusal| (refusal.status(), refusal.to_string()))
}

/// The text with which a node refuses these params of a method with status 400.
fn malformed(method: &str, params: &str) -> String {
    let text = format!(r#"{{"method":"{method}","params":{params}}}"#);
    match Request::from_json(text.as_bytes()) {
        Ok(request) => panic!("read as {request:?}"),
        Err(error) => error.to_string(),
    }
}

fn refused(status: u16, text: &str) -> Result<(), (u16, String)> {
    Err((status, text.to_string()))
}

#[test]
fn signatures_match_the_table_of_the_specification() {
    let ours = |auth: Option<&Auth>| base64::encode(auth.unwrap().signature.as_bytes());
    assert_eq!(
        ours(store(5).auth()),
        "7kCVQPUFnE0C5bQit/iYZ9WPZYKSbJNbx5H/EkuTxrWkHFyL3D9vX1ObC3EXeycWh8PLJqkgSkfIWdH2ubHjCA=="
    );
    for (namespace, signature) in [
        (
            0,
            "091HncXsQ2yXmToq1j2yy/Mi4CVvhjb2JgXB5aOXT6q5+3ewa0bMVo+1jlTB1SvE2L4SFEfRg0vgEnDdUg9WAQ==",
        ),
        (
            2,
            "4V7wI5WlgmdF5jXP5shZiOX9NHoVpJE/WFWzsYNOgyGJXKzYsKsTwtCewzUbfl4HTtsCgjeIpUGJet3+1tc0BA==",
        ),
    ] {
        assert_eq!(ours(retrieve(namespace).auth().map(|(_, auth)| auth)), signature);
    }
    assert_eq!(
        store(0).account().to_string(),
        "05c5ba413c336f2fe1fb9a2c525f8a86a412a1db128a7841b4e0e217fa9eb7fd5e"
    );
}

#[test]
fn written_requests_are_read_back() {
    let hash: MessageHash = "B".repeat(43).parse().unwrap();
    let group = group();
    let signer = Signer::owner(3, &group);
    let by_group = RetrieveRequest::new(*signer.account(), Namespace::GROUP_KEYS)
        .after(hash)
        .max_count(0)
        .max_size(-7)
        .newest_first()
        .sign(&signer, NOW)
        .unwrap();
    assert_eq!(by_group.auth().unwrap().1.user_key, None);
    let unsigned = RetrieveRequest::new(*signer.account(), Namespace::LEGACY_GROUP);
    let account = *signer.account();
    for request in [
        Request::from(store(5)),
        store(0).into(),
        retrieve(0).into(),
        by_group.into(),
        unsigned.into(),
        InfoRequest {}.into(),
        GetSwarmRequest { account }.into(),
    ] {
        assert_eq!(Request::from_json(&request.to_json()), Ok(request));
    }
}

#[test]
fn the_envelope_is_checked_first() {
    let read = |text: &str| Request::from_json(text.as_bytes()).unwrap_err();
    assert_eq!(read("hello"), RequestError::Json);
    assert_eq!(read(""), RequestError::Json);
    for text in ["[1]", "1", "{}", r#"{"params":{}}"#, r#"{"method":1,"params":{}}"#] {
        assert_eq!(read(text), RequestError::NoMethod, "{text}");
    }
    for text in [r#"{"method":"nope"}"#, r#"{"method":"info","params":null}"#] {
        assert_eq!(read(text), RequestError::NoParams, "{text}");
    }
    assert_eq!(read(r#"{"method":"nope","params":{}}"#).to_string(), "no method nope");
    let long = format!(r#"{{"method":"{}","params":{{}}}}"#, "ä".repeat(5000));
    assert_eq!(read(&long), RequestError::UnknownMethod("ä".repeat(64)));
    let request = br#"{"jsonrpc":"2.0","method":"info","params":{"x":1}}"#;
    assert_eq!(Request::from_json(request), Ok(Request::Info(InfoRequest {})));
}

#[test]
fn old_names_and_forms_are_read() {
    let account = *store(0).account();
    let old = format!(
        r#"{{"method":"store","params":{{"pubKey":"{}","timestamp":"1700000000000","ttl":"60000",
            "data":"YWJj","namespace":null,"signature":null}}}}"#,
        account.to_string().to_uppercase()
    );
    let Ok(Request::Store(request)) = Request::from_json(old.as_bytes()) else { panic!("refused") };
    assert_eq!((request.account(), request.data()), (&account, &b"abc"[..]));
    assert_eq!((request.timestamp(), request.expiry()), (NOW, at(1_700_000_060_000)));
    assert_eq!((request.namespace(), request.auth()), (Namespace::DEFAULT, None));
    let old = format!(r#"{{"method":"get_snodes_for_pubkey","params":{{"pubKey":"{account}"}}}}"#);
    assert_eq!(Request::from_json(old.as_bytes()), Ok(GetSwarmRequest { account }.into()));
    for last_hash in [r#""last_hash":"""#, r#""lastHash":"""#, r#""lastHash":null"#] {
        let old = format!(
            r#"{{"method":"retrieve","params":{{"pubKey":"{account}","namespace":-10,{last_hash}}}}}"#
        );
        let request = RetrieveRequest::new(account, Namespace::LEGACY_GROUP);
        assert_eq!(Request::from_json(old.as_bytes()), Ok(request.into()), "{last_hash}");
    }
}

/// A user's account.
const KEY: &str = "05f93cab1e8bbb7a9cda1523a704e53e447811c149fd4a8bc5b6b828977aa09c21";

/// Fields of a store beside its account, and what is wrong with them.
const BAD_STORES: [(&str, &str); 18] = [
    ("TIMES", "Required field 'data' missing"),
    (r#"TIMES,"data":"***""#, "Invalid 'data' value: not base64 encoded"),
    (r#"TIMES,"data":null"#, "Required field 'data' missing"),
    (r#""data":"""#, "Required field 'timestamp' missing"),
    (r#""data":"","timestamp":1"#, "Required field 'expiry' or 'ttl' missing"),
    (r#"TIMES,"data":"","expiry":1700000060000"#, "Cannot specify both 'expiry' and 'ttl'"),
    (
        r#"TIMES,"data":"","namespace":32768"#,
        "Invalid value given for 'namespace': value out of range",
    ),
    (
        r#"TIMES,"data":"","namespace":1.0"#,
        "Invalid value given for 'namespace': expected 16-bit integer",
    ),
    (r#"TIMES,"data":"","pubKey":"05""#, "Cannot specify both 'pubkey' and 'pubKey'"),
    (
        r#"TIMES,"data":"","sig_timestamp":170000000"#,
        "Invalid value given for 'sig_timestamp': must be in milliseconds",
    ),
    (
        r#"TIMES,"data":"","sig_timestamp":-1"#,
        "Invalid value given for 'sig_timestamp': expected integer timestamp (in milliseconds)",
    ),
    (
        r#"TIMES,"data":"","signature":"AA==""#,
        "invalid signature: expected base64 encoded Ed25519 signature",
    ),
    (r#""data":"","timestamp":"1e3""#, "Invalid value given for 'timestamp': \"1e3\""),
    (r#""data":"","timestamp":"""#, "Invalid value given for 'timestamp': \"\""),
    (r#""data":"","timestamp":"+17""#, "Invalid value given for 'timestamp': \"+17\""),
    (
        r#""data":"","timestamp":1700000000000,"ttl":18446744073709551615"#,
        "Invalid value given for 'ttl': value out of range",
    ),
    (
        r#"TIMES,"data":"","subaccount":"AAAA""#,
        "invalid subaccount: expected base64 or hex-encoded subaccount token",
    ),
    (
        r#"TIMES,"data":"","subaccount":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA""#,
        "invalid subaccount: subaccount_sig is required when using subaccount",
    ),
];

#[test]
fn bad_fields_are_named() {
    let times = r#""timestamp":1700000000000,"ttl":60000"#;
    let store = |fields: &str| {
        let params = format!(r#"{{"pubkey":"{KEY}",{}}}"#, fields.replace("TIMES", times));
        malformed("store", &params)
    };
    for (fields, text) in BAD_STORES {
        assert_eq!(store(fields), format!("invalid request: {text}"), "{fields}");
    }
    let long = base64::encode(&vec![0; MAX_DATA_LENGTH + 1]);
    let text = "invalid request: Message body exceeds maximum allowed length of 76800 bytes";
    assert_eq!(store(&format!(r#"TIMES,"data":"{long}""#)), text);
}

#[test]
fn bad_accounts_are_named() {
    let (_, without_prefix) = KEY.split_at(2);
    for key in [without_prefix, "05xx", "", &KEY.replace('9', "x")] {
        let text = "invalid request: Pubkey must be 66 hex digits (33 bytes) long";
        assert_eq!(malformed("retrieve", &format!(r#"{{"pubkey":"{key}"}}"#)), text, "{key}");
    }
    assert_eq!(malformed("get_swarm", "{}"), "invalid request: Required field 'pubkey' missing");
    let key = format!(r#"{{"pubkey":"03{without_prefix}","pubkey_ed25519":"{without_prefix}"}}"#);
    let text = "invalid request: pubkey_ed25519 is only permitted for 05[...] pubkeys";
    assert_eq!(malformed("retrieve", &key), text);
}

#[test]
fn retrieval_misses_its_signature_where_it_can() {
    let missing = "invalid request: Required field 'signature' missing";
    for fields in [r#""namespace":2"#, r#""namespace":0"#, r#""timestamp":1700000000000"#] {
        let text = malformed("retrieve", &format!(r#"{{"pubkey":"{KEY}",{fields}}}"#));
        assert_eq!(text, missing, "{fields}");
    }
    let signature = format!(r#""signature":"{}""#, base64::encode(&[0; 64]));
    let text = format!(r#"{{"method":"retrieve","params":{{"pubkey":"{KEY}",{signature}}}}}"#);
    let request = Request::from_json(text.as_bytes()).unwrap();
    assert_eq!(Request::from_json(&request.to_json()), Ok(request.clone()));
    let text = "retrieve timestamp too far from current time";
    assert_eq!(decide(request, NOW), refused(406, text));
    let request = RetrieveRequest::new(KEY.parse().unwrap(), Namespace::DEFAULT);
    assert_eq!(decide(request, NOW), refused(401, "retrieve: request signature required"));
}

#[test]
fn stores_are_checked_in_the_order_of_the_specification() {
    let with = |namespace, timestamp, ttl| {
        let account = *store(0).account();
        let json = format!(
            r#"{{"method":"store","params":{{"pubkey":"{account}","namespace":{namespace},
                "timestamp":{timestamp},"ttl":{ttl},"data":""}}}}"#
        );
        decide(Request::from_json(json.as_bytes()).unwrap(), NOW)
    };
    let now = NOW.as_millis();
    let (days_14, days_30) = (14 * 86_400_000_u64, 30 * 86_400_000);
    let unsigned = refused(401, "store: signature required to store to namespace 2");
    let ttl = refused(403, "Provided expiry/TTL is not valid.");
    let clock = refused(406, "Timestamp error: check your clock");
    for (namespace, timestamp, life, decision) in [
        (-3741, 0, 0, refused(403, "store: namespace -3741 is for testing")),
        (0, now, 9_999, ttl.clone()),
        (0, now, 10_000, Ok(())),
        (0, now, days_14, Ok(())),
        (0, now, days_14 + 1, ttl.clone()),
        (2, now, days_14 + 1, unsigned.clone()),
        (2, now, days_30, unsigned),
        (2, now, days_30 + 1, ttl),
        (0, now + 10_000, 10_000, Ok(())),
        (0, now + 10_001, 10_000, clock.clone()),
        (0, now - 20_000, 10_000, Ok(())),
        (0, now - 20_001, 10_000, clock.clone()),
        (2, now + 10_001, 10_000, clock),
    ] {
        assert_eq!(with(namespace, timestamp, life), decision, "{namespace} {timestamp} {life}");
    }
    assert_eq!(decide(store(5), NOW), Ok(()));
}

#[test]
fn signatures_are_valid_for_a_minute_around_their_time() {
    let now = NOW.as_millis();
    for (request, text) in [
        (Request::from(store(5)), "store signature timestamp too far from current time"),
        (retrieve(5).into(), "retrieve timestamp too far from current time"),
    ] {
        assert_eq!(decide(request.clone(), at(now + 60_000)), Ok(()));
        assert_eq!(decide(request, at(now + 60_001)), refused(406, text));
    }
    assert_eq!(decide(retrieve(5), at(now - 60_000)), Ok(()));
    let text = "retrieve timestamp too far from current time";
    assert_eq!(decide(retrieve(5), at(now - 60_001)), refused(406, text));
    // The time of the signature counts, not that of the message.
    let (member, hour_later) = (member(), at(now + 3_600_000));
    let signed = store(5).sign(&Signer::user(&member), hour_later).unwrap();
    assert_eq!(decide(signed.clone(), hour_later), Ok(()));
    let text = "store signature timestamp too far from current time";
    assert_eq!(decide(signed, NOW), refused(406, text));
}

#[test]
fn foreign_and_altered_signatures_are_refused_alike() {
    let store_text = "store signature verification failed";
    let retrieve_text = "retrieve signature verification failed";
    // A signature by another user, whose key is not that of the account.
    let (mallory, alice) = (keypair(&"ab".repeat(32)), member());
    let account = *Signer::user(&alice).account();
    let forged = |auth: Auth, namespace| {
        RetrieveRequest::new(account, Namespace::new(namespace)).with_auth(NOW, auth)
    };
    let input = RetrieveRequest::signed_input(Namespace::new(2), NOW);
    let foreign = Signer::user(&mallory).sign(&input);
    assert_eq!(decide(forged(foreign, 2), NOW), refused(401, retrieve_text));
    // The right key, another namespace.
    let good = Signer::user(&alice).sign(&input);
    assert_eq!(decide(forged(good, 2), NOW), Ok(()));
    assert_eq!(decide(forged(good, 3), NOW), refused(401, retrieve_text));
    // Without the Ed25519 key the Account ID itself is tried.
    let anonymous = Auth { user_key: None, ..good };
    assert_eq!(decide(forged(anonymous, 2), NOW), refused(401, retrieve_text));
    for bit in 0..512 {
        let mut bytes = good.signature.to_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let auth = Auth { signature: bytes.as_slice().try_into().unwrap(), ..good };
        assert_eq!(decide(forged(auth, 2), NOW), refused(401, retrieve_text), "bit {bit}");
    }
    let other = *store(3).auth().unwrap();
    assert_eq!(decide(store(5).with_auth(NOW, other), NOW), refused(401, store_text));
    // Nobody looks at the signature of a message for an inbox.
    assert_eq!(decide(store(0).with_auth(NOW, other), NOW), Ok(()));
}

#[test]
fn subaccounts_need_their_rights_and_can_be_revoked() {
    let (group, member) = (group(), member());
    let owner = Signer::owner(3, &group);
    let account = *owner.account();
    let proof = |access| {
        let token = SubaccountToken::new(3, access, member.public_key());
        SubaccountProof { token, signature: owner.sign(token.as_bytes()).signature }
    };
    let auth = |input: &[u8], access| Auth {
        user_key: None,
        signature: member.sign(input),
        subaccount: Some(proof(access)),
    };
    let store = |number, access| {
        let (namespace, data) = (Namespace::new(number), vec![]);
        let auth = auth(&StoreRequest::signed_input(namespace, NOW), access);
        StoreRequest::new(account, namespace, data, NOW, MAX_TTL).unwrap().with_auth(NOW, auth)
    };
    let retrieve = |number, access| {
        let namespace = Namespace::new(number);
        let auth = auth(&RetrieveRequest::signed_input(namespace, NOW), access);
        RetrieveRequest::new(account, namespace).with_auth(NOW, auth)
    };
    let (no_store, no_retrieve) = (
        refused(401, "store signature verification failed"),
        refused(401, "retrieve signature verification failed"),
    );
    assert_eq!(decide(store(11, Access::WRITE), NOW), Ok(()));
    assert_eq!(decide(store(11, Access::READ | Access::DELETE), NOW), no_store);
    assert_eq!(decide(store(-21, Access::WRITE), NOW), no_store);
    assert_eq!(decide(store(-21, Access::WRITE | Access::DELETE), NOW), Ok(()));
    assert_eq!(decide(retrieve(11, Access::READ), NOW), Ok(()));
    assert_eq!(decide(retrieve(11, Access::WRITE), NOW), no_retrieve);
    let revoked = [proof(Access::READ).token];
    let circumstances = Circumstances::at(NOW).with_revoked(&revoked);
    let decide = |request: RetrieveRequest| decide_with(request, &circumstances);
    assert_eq!(decide(retrieve(11, Access::READ)), no_retrieve);
    assert_eq!(decide(retrieve(-11, Access::READ)), Ok(()));
    assert_eq!(decide(retrieve(11, Access::READ | Access::WRITE)), Ok(()));
}

#[test]
fn pages_match_the_table_of_the_specification() {
    let stored = |request: &RetrieveRequest, length: usize| {
        let mut page = request.page();
        let returned = (0..120).take_while(|_| page.admits(length)).count();
        (returned, returned < 120)
    };
    let request = RetrieveRequest::new(*store(0).account(), Namespace::DEFAULT);
    for (size, count) in [
        (-1, 83),
        (-3, 27),
        (0, 16),
        (500_000, 5),
        (600_000, 6),
        (1, 1),
        (i64::MIN, 1),
        (i64::MAX, 83),
    ] {
        assert_eq!(stored(&request.clone().max_size(size), 70_000), (count, true), "{size}");
    }
    assert_eq!(stored(&request, 70_000), (16, true));
    // With a number of messages and no size, the whole page is there.
    assert_eq!(stored(&request.clone().max_count(100), 70_000), (83, true));
    assert_eq!(stored(&request.clone().max_count(0), 70_000), (1, true));
    // 10 messages, if exactly 10 are left: no more.
    assert_eq!(stored(&request.clone().max_count(120), 1), (120, false));
    assert_eq!(stored(&request.clone().max_count(119), 1), (119, true));
    assert_eq!(stored(&request.max_size(1), usize::MAX), (1, true));
}

/// The pages of one answer share it: what is left of it holds for the first message, too.
#[test]
fn a_page_takes_no_more_than_is_left_of_its_answer() {
    let request = RetrieveRequest::new(*store(0).account(), Namespace::DEFAULT).max_size(-1);
    let cost = 100 + 43 + 4;
    for (left, admitted) in [(0, 0), (cost - 1, 0), (cost, 1), (2 * cost - 1, 1), (2 * cost, 2)] {
        let mut page = request.page().of_answer(left);
        assert_eq!((0..9).take_while(|_| page.admits(3)).count(), admitted, "{left}");
        assert_eq!(page.answer_left(), left % cost, "{left}");
        assert!(page.may_go_on(), "the client is to ask again");
    }
}

#[test]
fn negative_counts_return_nothing_and_zero_means_none() {
    let page = |count: i64| {
        let account = *store(0).account();
        let json = format!(
            r#"{{"method":"retrieve","params":{{"pubkey":"{account}","max_count":{count}}}}}"#
        );
        match Request::from_json(json.as_bytes()) {
            Ok(Request::Retrieve(request)) => request.max_size(-1).page(),
            other => panic!("{other:?}"),
        }
    };
    let admitted = |mut page: Page| (0..200).take_while(|_| page.admits(0)).count();
    assert_eq!((admitted(page(-5)), admitted(page(1)), admitted(page(0))), (0, 1, 200));
    // Of larger numbers 32 bits count.
    let wrap = 1_i64 << 32;
    for (count, expected) in
        [(wrap, 200), (wrap + 3, 3), (-wrap + 3, 3), (wrap - 1, 0), (1 << 31, 0)]
    {
        assert_eq!(admitted(page(count)), expected, "{count}");
    }
    let may_go_on = |mut page: Page| {
        while page.admits(0) {}
        page.may_go_on()
    };
    assert_eq!((may_go_on(page(-5)), may_go_on(page(1)), may_go_on(page(0))), (false, true, true));
}

/// What is read can be written for every purpose, whatever its numbers: here of the first days of 1970.
#[test]
fn stores_of_any_time_can_be_forwarded() {
    let key = [9; 33];
    let forwarded = [b"d4:data1:.6:pubkey33:", &key[..], b"9:timestampi5e3:ttli6ee"].concat();
    let request = Request::from_forwarded("store", &forwarded).unwrap();
    let again = request.to_forwarded().unwrap();
    assert_eq!(Request::from_forwarded("store", &again), Ok(request.clone()));
    assert_eq!(request.authorise(&Circumstances::at(NOW)), Err(Refusal::Ttl));
    // The time of its signature is that of the message.
    let signature = [b"9:signature64:", &[0; 64][..], b"9:timestamp"].concat();
    let (head, tail) = forwarded.split_at(forwarded.len() - b"9:timestampi5e3:ttli6ee".len());
    let signed = [head, &signature, &tail[b"9:timestamp".len()..]].concat();
    let request = Request::from_forwarded("store", &signed).unwrap();
    let again = request.to_forwarded().unwrap();
    assert_eq!(Request::from_forwarded("store", &again), Ok(request));
    // Where the network takes it, it is the expiry that is forwarded, and wherever it can be read.
    let billion = forwarded.strip_suffix(b"i5e3:ttli6ee").unwrap();
    let billion = [billion, b"i999999994e3:ttli6ee"].concat();
    let billion = Request::from_forwarded("store", &billion).unwrap();
    for request in [Request::from(store(0)), billion] {
        let bytes = request.to_forwarded().unwrap();
        assert!(bytes.windows(8).any(|part| part == b"6:expiry"));
        assert_eq!(Request::from_forwarded("store", &bytes), Ok(request));
    }
}

/// In JSON a boolean is a boolean (§5.1); bencode has none, and 1 stands for true.
#[test]
fn numbers_are_no_booleans_in_json() {
    let account = *store(0).account();
    let hash = "A".repeat(43);
    let signature = base64::encode(&[0; 64]);
    for (method, field, more) in [
        ("delete", "required", ""),
        ("expire", "extend", r#","expiry":1"#),
        ("expire", "shorten", r#","expiry":1"#),
        ("retrieve", "reverse_direction", r#","timestamp":1700000000000"#),
    ] {
        for (value, is_read) in [
            ("true", true),
            ("false", true),
            ("null", true),
            ("1", false),
            ("0", false),
            ("1.0", false),
        ] {
            let json = format!(
                r#"{{"method":"{method}","params":{{"pubkey":"{account}","messages":["{hash}"],"signature":"{signature}","{field}":{value}{more}}}}}"#
            );
            assert_eq!(Request::from_json(json.as_bytes()).is_ok(), is_read, "{json}");
        }
    }
    let request = DeleteRequest::new(account, vec![hash.parse().unwrap()]).required();
    let auth =
        Auth { user_key: None, signature: Ed25519Signature::from_bytes([0; 64]), subaccount: None };
    let request = Request::from(request.with_auth(auth));
    assert_eq!(Request::from_params_bytes("delete", &request.to_bencode()), Ok(request));
}

#[test]
fn clients_do_not_build_what_nodes_refuse() {
    let account = *store(0).account();
    let new = |length, ttl| {
        let data = vec![0; length];
        StoreRequest::new(account, Namespace::DEFAULT, data, NOW, ttl).map(|_| ())
    };
    let found = MAX_DATA_LENGTH + 1;
    assert_eq!(new(found, MAX_TTL_INBOX), Err(StoreRequestError::TooLarge { found }));
    assert_eq!(new(MAX_DATA_LENGTH, MAX_TTL_INBOX), Ok(()));
    for ttl in [Duration::from_millis(9_999), MAX_TTL, Duration::MAX] {
        assert_eq!(new(0, ttl), Err(StoreRequestError::Ttl { ttl }));
    }
}

#[test]
fn odd_times_and_foreign_accounts_are_not_signed() {
    let (member, group) = (member(), group());
    let signer = Signer::user(&member);
    let request = RetrieveRequest::new(*signer.account(), Namespace::DEFAULT);
    for time in [0, 999_999_999_999, 10_000_000_000_000].map(at) {
        assert_eq!(request.clone().sign(&signer, time), Err(SignError::Time(time)));
    }
    for time in [1_000_000_000_000, 9_999_999_999_999].map(at) {
        assert!(request.clone().sign(&signer, time).is_ok());
    }
    let other = Signer::owner(3, &group);
    assert_eq!(request.sign(&other, NOW), Err(SignError::OtherAccount));
    assert_eq!(Signer::owner(5, &member).account(), Signer::user(&member).account());
}

#[test]
fn requests_cut_short_are_refused() {
    let whole = Request::from(store(5)).to_json();
    for length in 0..whole.len() {
        assert_eq!(Request::from_json(&whole[..length]), Err(RequestError::Json), "{length}");
    }
    let longer: Vec<u8> = [whole.as_slice(), b"x"].concat();
    assert_eq!(Request::from_json(&longer), Err(RequestError::Json));
}
