//! Answers to requests that are made of others.

use super::*;
use crate::request::{
    BatchMode, BatchRequest, Conditions, IfElseRequest, NodeState, OxendEndpoint, OxendRequest,
};

fn info() -> Request {
    InfoRequest {}.into()
}

fn info_response() -> Response {
    Response::answer(Answer::Info(InfoAnswer::new([2, 8, 0], NOW)), NOW, FORK)
}

const STATE: NodeState = NodeState { hard_fork: FORK, version: [2, 8, 0], height: 1_000_000 };

#[test]
fn batches_answer_each_request_by_itself() {
    let get_swarm = GetSwarmRequest { account: *request().account() };
    let requests = [info(), store(), store(), get_swarm.into()].into();
    let batch = Request::from(BatchRequest::new(BatchMode::All, requests).unwrap());
    let wrong = Response::wrong_swarm(SwarmInfo::new(None, vec![]), NOW, FORK);
    let refused = Response::refusal(&Refusal::Ttl);
    let swarm = Response::answer(Answer::GetSwarm(SwarmInfo::new(None, vec![])), NOW, FORK);
    let results = vec![info_response(), wrong, refused, swarm];
    let response = Response::answer(Answer::Batch(results), NOW, FORK);
    assert_eq!(read(&batch, &response), response);
    assert_eq!((response.time(), response.hard_fork()), (None, None));
    let json = response.to_json();
    let end = br#"{"body":"Provided expiry/TTL is not valid.","code":403},{"body":{"hf":[20,1],"snodes":[],"swarm":"ffffffffffffffff","t":1700000000000},"code":200}]}"#;
    assert!(json.ends_with(end), "{}", alloc::string::String::from_utf8_lossy(&json));
}

#[test]
fn sequences_may_stop_early_and_nothing_answers_more_than_was_asked() {
    let requests = [info(), info()].into();
    let batch = Request::from(BatchRequest::new(BatchMode::UntilFailure, requests).unwrap());
    let results = |count| Response::answer(Answer::Batch(vec![info_response(); count]), NOW, FORK);
    for count in 0..=2 {
        assert_eq!(read(&batch, &results(count)), results(count));
    }
    let expected = "a list as long as the requests";
    let form = AnswerError::Field(FieldError::Form { field: "results", expected });
    let read = |json: &[u8]| Response::from_json(&batch, 200, json);
    assert_eq!(read(&results(3).to_json()), Err(form));
    assert_eq!(read(b"{}"), Err(form));
    let malformed = |json: &[u8]| {
        let Ok(response) = read(json) else { panic!("{}", json.escape_ascii()) };
        let Body::Answer(Answer::Batch(mut results)) = response.into_body() else { panic!() };
        let Body::Malformed(error) = results.remove(0).into_body() else { panic!() };
        error
    };
    assert_eq!(malformed(br#"{"results":[1]}"#), AnswerError::NoObject);
    assert_eq!(malformed(br#"{"results":[{"code":200}]}"#), AnswerError::NoObject);
    let missing = AnswerError::Field(FieldError::Missing { field: "code" });
    assert_eq!(malformed(br#"{"results":[{"body":{}}]}"#), missing);
    // A text where the status promises an object.
    let text = br#"{"results":[{"code":200,"body":"x"}]}"#;
    assert_eq!(malformed(text), AnswerError::NoObject);
}

#[test]
fn branches_are_answered_by_the_request_of_their_case() {
    let conditions = Conditions { height_before: Some(1), ..Conditions::new() };
    let request = IfElseRequest::new(conditions, Some(store()), Some(info())).unwrap();
    let request = Request::from(request);
    let answer = IfElseAnswer::new(STATE, false, Some(info_response()));
    let response = Response::answer(Answer::IfElse(answer), NOW, FORK);
    assert_eq!(read(&request, &response), response);
    let json = r#"{"condition":false,"height":1000000,"hf":[20,1],"result":{"body":{"hf":[20,1],"t":1700000000000,"timestamp":1700000000000,"version":[2,8,0]},"code":200},"v":[2,8,0]}"#;
    assert_eq!(str::from_utf8(&response.to_json()), Ok(json));
    // The answer of the one case does not pass for that of the other.
    let other = json.replace("false", "true");
    let response = Response::from_json(&request, 200, other.as_bytes()).unwrap();
    let Body::Answer(Answer::IfElse(answer)) = response.into_body() else { panic!() };
    let missing = AnswerError::Field(FieldError::Missing { field: "swarm" });
    assert_eq!(answer.result.unwrap().into_body(), Body::Malformed(missing));
}

#[test]
fn a_case_without_request_has_no_result() {
    let conditions = Conditions { height_before: Some(1), ..Conditions::new() };
    let request = Request::from(IfElseRequest::new(conditions, Some(info()), None).unwrap());
    let response = |condition, result| {
        Response::answer(Answer::IfElse(IfElseAnswer::new(STATE, condition, result)), NOW, FORK)
    };
    let none = response(false, None);
    assert_eq!(read(&request, &none), none);
    let read = |response: Response| Response::from_json(&request, 200, &response.to_json());
    let missing = FieldError::Missing { field: "result" };
    assert_eq!(read(response(true, None)), Err(AnswerError::Field(missing)));
    let expected = "permitted without a request for this case";
    let form = FieldError::Form { field: "result", expected };
    assert_eq!(read(response(false, Some(info_response()))), Err(AnswerError::Field(form)));
}

#[test]
fn the_daemon_answers_in_json() {
    let request = OxendRequest::new(OxendEndpoint::OnsResolve, None).unwrap().into();
    for result in [r#"{"a":[1,"ä"],"b":{}}"#, "17", "[]", r#""text""#] {
        let response = Response::answer(Answer::Oxend(result.into()), NOW, FORK);
        assert_eq!(read(&request, &response), response);
        let json = format!(r#"{{"hf":[20,1],"result":{result},"t":1700000000000}}"#);
        assert_eq!(str::from_utf8(&response.to_json()), Ok(json.as_str()));
    }
    // What bencode has no form for stays in JSON.
    let response = Response::answer(Answer::Oxend(r#"[2.5,null]"#.into()), NOW, FORK);
    let json = Response::from_json(&request, 200, &response.to_json());
    assert_eq!(json, Ok(response));
}
