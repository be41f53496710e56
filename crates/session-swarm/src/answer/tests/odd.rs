//! What one odd element of an answer costs: itself, and nothing beside it.

use alloc::string::String;

use super::*;
use crate::{
    request::{GetExpiriesRequest, RevokedSubaccountsRequest},
    subaccount::SubaccountToken,
};

fn retrieve() -> Request {
    RetrieveRequest::new(*request().account(), Namespace::DEFAULT).into()
}

fn read_json(request: &Request, status: u16, body: &str) -> Response {
    Response::from_json(request, status, body.as_bytes()).unwrap()
}

fn hash() -> MessageHash {
    request().message_hash()
}

#[test]
fn every_status_but_200_has_its_reaction_whatever_the_body() {
    let bodies = [
        "",
        "{}",
        "null",
        "[]",
        "5",
        "\"text\"",
        "Misdirected",
        "<html>",
        r#"{"snodes":[]}"#,
        r#"{"snodes":5,"swarm":[]}"#,
        r#"{"snodes":[{}],"t":"x","hf":{}}"#,
        r#"{"swarm":{}}"#,
        r#"{"error":"no"}"#,
        "{\"a\":1,\"a\":2}",
        "\u{feff}{}",
    ];
    let requests = [retrieve(), store(), Request::from(ActiveNodesRequest::default())];
    for (status, reaction) in [
        (400, Reaction::Report),
        (401, Reaction::Unauthorised),
        (404, Reaction::Report),
        (406, Reaction::SyncClock),
        (421, Reaction::ChangeSwarm),
        (425, Reaction::SyncClock),
        (429, Reaction::BackOff),
        (500, Reaction::AskAnother),
        (503, Reaction::AskAnother),
    ] {
        for (request, body) in requests.iter().flat_map(|one| bodies.map(|body| (one, body))) {
            let json = Response::from_json(request, status, body.as_bytes());
            let bencode = Response::from_bencode(request, status, body.as_bytes());
            for response in [json, bencode] {
                let found = response.as_ref().map(|one| (one.status(), one.reaction()));
                assert_eq!(found, Ok((status, Some(reaction))), "{body}: {response:?}");
            }
        }
    }
}

#[test]
fn a_421_names_the_members_that_can_be_read() {
    let members = [1, 2].map(|seed| {
        let x25519 = X25519PublicKey::from_bytes([seed; 32]);
        let ed25519 = other_node(seed).public_key();
        SwarmMember::new(Ipv4Addr::new(1, 2, 3, seed), 1, 2, ed25519, x25519)
    });
    let info = SwarmInfo::new(Some(SwarmId::ZERO), members.to_vec());
    let json = String::from_utf8(Response::wrong_swarm(info, NOW, FORK).to_json()).unwrap();
    for odd in ["{}", "5", "null", r#"{"ip":"1.2.3.4"}"#, "[]"] {
        let json = json.replacen("},{", &format!("}},{odd},{{"), 1);
        let response = read_json(&retrieve(), 421, &json);
        let Body::WrongSwarm(swarm) = response.body() else { panic!("{odd}: {response:?}") };
        assert_eq!((&swarm.members[..], swarm.skipped), (&members[..], 1), "{odd}");
        assert_eq!((swarm.swarm, response.time()), (Some(SwarmId::ZERO), Some(NOW)));
    }
    for (field, odd) in [("swarm", r#""0""#), ("t", "1700000000000"), ("hf", "[20,1]")] {
        let json = json.replacen(&format!(r#""{field}":{odd}"#), &format!(r#""{field}":{{}}"#), 1);
        let response = read_json(&retrieve(), 421, &json);
        let Body::WrongSwarm(swarm) = response.body() else { panic!("{field}: {response:?}") };
        assert_eq!(swarm.members, members, "{field}");
        assert_eq!(swarm.swarm.is_none(), field == "swarm");
        assert_eq!(response.time().is_none(), field == "t");
        assert_eq!(response.hard_fork().is_none(), field == "hf");
    }
}

#[test]
fn one_odd_message_does_not_cost_the_page() {
    let (hash, long) = (hash(), "f".repeat(128));
    let good = format!(r#"{{"hash":"{hash}","timestamp":0,"expiration":7,"data":"YWJj"}}"#);
    let odd = |from: &str, to: &str| good.replacen(from, to, 1);
    let millis = Timestamp::from_millis;
    let message = StoredMessage::new(hash, millis(0), millis(7), b"abc".to_vec());
    for odd in [
        odd(&hash.to_string(), &long),
        odd(&hash.to_string(), ""),
        odd(&format!("\"{hash}\""), "5"),
        odd(r#","expiration":7"#, ""),
        odd("YWJj", "!!!"),
        odd("\"YWJj\"", "null"),
        odd(r#","data":"YWJj""#, ""),
        odd(":0,", ":-1,"),
        odd(":0,", ":0.5,"),
        odd(":0,", ":18446744073709551616,"),
        odd(":7,", ":\"7\","),
        "null".into(),
        "[]".into(),
        "{}".into(),
        "\"x\"".into(),
    ] {
        for (first, last) in [(&odd, &good), (&good, &odd)] {
            let body = format!(r#"{{"messages":[{first},{last}],"more":true}}"#);
            let response = read_json(&retrieve(), 200, &body);
            let page =
                RetrieveAnswer { skipped: 1, ..RetrieveAnswer::new(vec![message.clone()], true) };
            assert_eq!(response.body(), &Body::Answer(Answer::Retrieve(page)), "{odd}");
        }
    }
    // Whole numbers are that in any spelling, and what stands beside the list costs nothing.
    let float = odd(":0,", ":0.0,").replacen(":7,", ":7.0,", 1);
    let body = format!(r#"{{"messages":[{float}],"more":"x","hf":[],"t":null}}"#);
    let page = RetrieveAnswer::new(vec![message], false);
    assert_eq!(read_json(&retrieve(), 200, &body).body(), &Body::Answer(Answer::Retrieve(page)));
}

#[test]
fn one_odd_expiry_or_token_leaves_the_others() {
    let get = GetExpiriesRequest::new(*request().account(), vec![hash()], NOW).into();
    for odd in [r#""x":1"#, r#""":null"#, &format!(r#""{}":-1"#, "A".repeat(43))] {
        let body = format!(r#"{{"expiries":{{{odd},"{}":7}}}}"#, hash());
        let response = read_json(&get, 200, &body);
        let Body::Answer(Answer::GetExpiries(answer)) = response.body() else { panic!("{odd}") };
        assert_eq!(answer.expiries, [(hash(), Timestamp::from_millis(7))].into(), "{odd}");
        assert_eq!(answer.skipped, 1, "{odd}");
    }
    let list = RevokedSubaccountsRequest::new(*request().account(), NOW).into();
    let token = SubaccountToken::from_bytes([9; 36]);
    let text = base64::encode(token.as_bytes());
    for odd in ["5", "null", "\"AAAA\"", "{}"] {
        let body = format!(r#"{{"revoked_subaccounts":[{odd},"{text}"]}}"#);
        let response = read_json(&list, 200, &body);
        let Body::Answer(Answer::RevokedSubaccounts(answer)) = response.body() else { panic!() };
        assert_eq!((&answer.tokens[..], answer.skipped), (&[token][..], 1), "{odd}");
    }
}

#[test]
fn one_odd_result_of_a_batch_keeps_its_place() {
    let info = Request::from(InfoRequest::default());
    let request = BatchRequest::new(BatchMode::All, vec![info.clone(), info.clone(), info]);
    let request = request.unwrap().into();
    let good = r#"{"code":200,"body":{"version":[2,8,0],"timestamp":1700000000000}}"#;
    for (odd, status, reaction) in [
        (r#"{"code":200,"body":{}}"#, 200, Some(Reaction::AskAnother)),
        (r#"{"code":200}"#, 200, Some(Reaction::AskAnother)),
        (r#"{"body":{}}"#, 0, Some(Reaction::AskAnother)),
        (r#"{"code":"421","body":{}}"#, 0, Some(Reaction::AskAnother)),
        ("null", 0, Some(Reaction::AskAnother)),
        (r#"{"code":421}"#, 421, Some(Reaction::ChangeSwarm)),
        (r#"{"code":421,"body":"x"}"#, 421, Some(Reaction::ChangeSwarm)),
        (r#"{"code":421,"body":{"snodes":1}}"#, 421, Some(Reaction::ChangeSwarm)),
        (r#"{"code":500,"body":[1]}"#, 500, Some(Reaction::AskAnother)),
        (r#"{"code":401,"body":null}"#, 401, Some(Reaction::Unauthorised)),
    ] {
        let body = format!(r#"{{"results":[{good},{odd},{good}]}}"#);
        let response = read_json(&request, 200, &body);
        let Body::Answer(Answer::Batch(results)) = response.body() else { panic!("{odd}") };
        let found: Vec<_> = results.iter().map(|one| (one.status(), one.reaction())).collect();
        assert_eq!(found, [(200, None), (status, reaction), (200, None)], "{odd}");
        assert!(!results[1].is_success(), "{odd}");
    }
}

#[test]
fn odd_entries_of_a_swarm_are_counted_and_too_many_refused() {
    let good = entry(&node());
    let answer = SwarmAnswer::from_iter([(node().public_key(), Ok(good.clone()))]);
    let json = Response::answer(Answer::Store(answer), NOW, FORK).to_json();
    let json = String::from_utf8(json).unwrap();
    let more = json.replacen(r#""swarm":{"#, r#""swarm":{"x":{},"05":5,"#, 1);
    let response = read_json(&store(), 200, &more);
    let Body::Answer(Answer::Store(answer)) = response.body() else { panic!("{response:?}") };
    assert_eq!((answer.entries().count(), answer.skipped()), (1, 2));
    // What is not signed shall not cost what is.
    let flags = json.replacen(r#""hash":"#, r#""already":"x","t":[],"hash":"#, 2);
    let flags = flags.replacen(r#""already":"x","t":[],"#, "", 1);
    let response = read_json(&store(), 200, &flags);
    let Body::Answer(Answer::Store(answer)) = response.body() else { panic!("{response:?}") };
    assert_eq!(answer.entries().next(), Some((&node().public_key(), &good)));

    for (count, is_read) in [(256, true), (257, false)] {
        let entries: Vec<String> = (0..count).map(|number| format!(r#""{number}":{{}}"#)).collect();
        let body = format!(r#"{{"swarm":{{{}}}}}"#, entries.join(","));
        assert_eq!(Response::from_json(&store(), 200, body.as_bytes()).is_ok(), is_read);
    }
}

#[test]
fn members_write_numbers_and_the_node_that_answers_booleans() {
    let [own, other, late] = [1, 2, 3].map(other_node);
    let refused = MemberFailure::Refused { code: "401".into(), reason: "no".into() };
    let answer = SwarmAnswer::from_iter([
        (own.public_key(), Ok(entry(&own).already().at(NOW))),
        (other.public_key(), Ok(entry(&other).already())),
        (late.public_key(), Err(MemberFailure::Timeout)),
        (node().public_key(), Err(refused)),
    ]);
    let response = Response::answer(Answer::Store(answer.clone()), NOW, FORK);
    let by_others = String::from_utf8(response.to_json()).unwrap();
    let answer = answer.answered_by(own.public_key());
    let response = Response::answer(Answer::Store(answer), NOW, FORK);
    let json = String::from_utf8(response.to_json()).unwrap();
    let count = |text: &str| json.matches(text).count();
    assert_eq!((count(r#""already":true"#), count(r#""already":1"#)), (1, 1), "{json}");
    assert_eq!((count(r#""failed":1"#), count(r#""timeout":1"#), count("true")), (2, 1, 1));
    assert_eq!(by_others.matches("true").count(), 0);
    // Both are read.
    assert_eq!(read(&store(), &response), response);
    assert_eq!(read_json(&store(), 200, &by_others), response);
    // Who answers is read from the form.
    assert_eq!(read_json(&store(), 200, &json).to_json(), json.as_bytes());
}
