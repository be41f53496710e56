//! Requests in bencode, from clients and between the members of a swarm.

use super::*;

fn hash() -> MessageHash {
    "7Oc1rKHW0wR4AEcpRnRbcC20o6Q7RQh08N6ZI+qBAsE".parse().unwrap()
}

#[test]
fn params_come_in_either_encoding_or_not_at_all() {
    let request = Request::from(store(5));
    let bencode = request.to_bencode();
    assert_eq!(Request::from_params_bytes("store", &bencode), Ok(request.clone()));
    let json = Value::from(request.to_params()).to_json();
    assert_eq!(Request::from_params_bytes("store", &json), Ok(request));
    assert_eq!(Request::from_params_bytes("info", b""), Ok(InfoRequest {}.into()));
    for (bytes, error) in [
        (&b"d"[..], RequestError::Bencode),
        (b"de1", RequestError::Bencode),
        (b"{", RequestError::Json),
        (b"[]", RequestError::NoParams),
    ] {
        assert_eq!(Request::from_params_bytes("info", bytes), Err(error), "{bytes:?}");
    }
    let unknown = RequestError::UnknownMethod("nope".into());
    assert_eq!(Request::from_params_bytes("nope", b""), Err(unknown));
}

#[test]
fn bencode_has_raw_bytes() {
    let Request::Retrieve(request) = Request::from(retrieve(2)) else { unreachable!() };
    let (account, auth) = (request.account().to_bytes(), request.auth().unwrap().1);
    let expected = [
        b"d9:namespacei2e6:pubkey33:",
        &account[..],
        b"14:pubkey_ed2551932:",
        auth.user_key.unwrap().as_bytes(),
        b"9:signature64:",
        auth.signature.as_bytes(),
        b"9:timestampi1700000000000ee",
    ]
    .concat();
    assert_eq!(Request::from(request).to_bencode(), expected);
}

#[test]
fn members_tell_each_other_the_expiry_and_not_what_the_client_asked_to_be_told() {
    let request = Request::from(store(5));
    let forwarded = request.to_forwarded().unwrap();
    let has = |bytes: &[u8], name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
    assert!(has(&forwarded, b"6:expiryi1701209600000e"));
    assert!(has(&forwarded, b"13:sig_timestampi1700000000000e"));
    assert!(!has(&forwarded, b"3:ttl"));
    assert_eq!(Request::from_forwarded("store", &forwarded), Ok(request));

    let (account, group) = (*store(0).account(), group());
    let delete = DeleteRequest::new(account, vec![hash()]).required();
    assert!(has(&Request::from(delete.clone()).to_bencode(), b"8:requiredi1e"));
    let owner = Signer::owner(3, &group);
    let delete =
        DeleteRequest::new(*owner.account(), vec![hash()]).required().sign(&owner).unwrap();
    let forwarded = Request::from(delete.clone()).to_forwarded().unwrap();
    let Ok(Request::Delete(received)) = Request::from_forwarded("delete", &forwarded) else {
        panic!("refused")
    };
    assert!(!received.is_required());
    assert_eq!(received.auth(), delete.auth());
}

#[test]
fn only_recursive_methods_are_forwarded() {
    assert_eq!(Request::from(retrieve(0)).to_forwarded(), None);
    let bytes = Request::from(retrieve(0)).to_bencode();
    assert_eq!(Request::from_forwarded("retrieve", &bytes), Err(RequestError::NotRecursive));
    for method in Method::ALL {
        assert_eq!(Method::from_name(method.name()), Some(method));
        assert!(!(method.is_recursive() && method.holds_requests()));
    }
}

#[test]
fn bencoded_requests_cut_short_are_refused() {
    let whole = Request::from(store(5)).to_forwarded().unwrap();
    for length in 1..whole.len() {
        let error = Request::from_forwarded("store", &whole[..length]);
        assert_eq!(error, Err(RequestError::Bencode), "{length}");
    }
}

#[test]
fn the_daemon_is_asked_in_json() {
    let new = |params| OxendRequest::new(OxendEndpoint::OnsResolve, params);
    let request = new(Some(r#"{ "type": 0, "name_hash": "x", "a": 1.5 }"#)).unwrap();
    assert_eq!(request.params(), Some(r#"{"a":1.5,"name_hash":"x","type":0}"#));
    let request = Request::from(request);
    assert_eq!(
        request.to_json(),
        br#"{"method":"oxend_request","params":{"endpoint":"ons_resolve","params":{"a":1.5,"name_hash":"x","type":0}}}"#
    );
    assert_eq!(Request::from_json(&request.to_json()), Ok(request.clone()));
    let bencode = request.to_bencode();
    assert!(bencode.ends_with(br#"6:params34:{"a":1.5,"name_hash":"x","type":0}e"#));
    assert_eq!(Request::from_params_bytes("oxend_request", &bencode), Ok(request));
    let form = FieldError::Form { field: "params", expected: "a json object" };
    for params in ["[]", "nonsense", "", "1"] {
        assert_eq!(new(Some(params)), Err(form), "{params}");
    }
    // What is not an object the daemon refuses, on either wire.
    for params in [r#""""#, "[]", "1", "1.5", "null", "true", r#"{"a":[{}]}"#, r#""{}""#] {
        let text = format!(r#"{{"endpoint":"ons_resolve","params":{params}}}"#);
        let request = Request::from_params_bytes("oxend_request", text.as_bytes()).unwrap();
        assert_eq!(Request::from_json(&request.to_json()), Ok(request.clone()), "{params}");
        let bencode = request.to_bencode();
        assert_eq!(Request::from_params_bytes("oxend_request", &bencode), Ok(request), "{params}");
    }
    let bencode = b"d8:endpoint11:ons_resolve6:params8:nonsensee";
    assert_eq!(
        Request::from_params_bytes("oxend_request", bencode),
        Err(RequestError::Field(form))
    );
    let text = "invalid request: Invalid oxend endpoint 'stop_daemon'";
    assert_eq!(malformed("oxend_request", r#"{"endpoint":"stop_daemon"}"#), text);
}
