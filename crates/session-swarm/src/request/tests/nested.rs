//! Requests that are made of others.

use super::*;
use crate::hard_fork::HardFork;

fn info() -> Request {
    InfoRequest {}.into()
}

fn conditions() -> Conditions {
    Conditions { hf_at_least: Some(vec![19, 1]), ..Conditions::new() }
}

#[test]
fn batches_hold_one_to_twenty_plain_requests() {
    let new = |requests| BatchRequest::new(BatchMode::All, requests);
    let batch = new(vec![info(); 20]).unwrap();
    let request = Request::from(batch.clone());
    assert_eq!(Request::from_json(&request.to_json()), Ok(request.clone()));
    assert_eq!(new(vec![]), Err(BatchError::NoRequests));
    assert_eq!(new(vec![info(); 21]), Err(BatchError::TooMany));
    assert_eq!(new(vec![request]), Err(BatchError::Nested));
    let branch = IfElseRequest::new(conditions(), Some(info()), None).unwrap();
    assert_eq!(new(vec![branch.into()]), Err(BatchError::Nested));
}

#[test]
fn bad_batches_are_named() {
    let of = |requests: &str| malformed("batch", &format!(r#"{{"requests":{requests}}}"#));
    let no_requests = "invalid request: Invalid batch request: no valid \"requests\" field";
    assert_eq!(malformed("sequence", "{}"), no_requests);
    for requests in ["[]", "{}", "1"] {
        assert_eq!(of(requests), no_requests, "{requests}");
    }
    let many = vec![r#"{"method":"info","params":{}}"#; 21].join(",");
    let text = "invalid request: Invalid batch request: subrequest limit exceeded";
    assert_eq!(of(&format!("[{many}]")), text);
    for (requests, text) in [
        ("[1]", "request: requests must be objects"),
        (r#"[{"params":{}}]"#, "request: subrequests must have method/params keys"),
        (r#"[{"method":1,"params":{}}]"#, "request: subrequests must have method/params keys"),
        (r#"[{"method":"info"}]"#, "request: subrequests must have method/params keys"),
        (r#"[{"method":"nope","params":{}}]"#, r#"subrequest: invalid method "nope""#),
        (
            r#"[{"method":"batch","params":{}}]"#,
            "subrequest: subrequests may not contain meta-requests",
        ),
        (
            r#"[{"method":"ifelse","params":{}}]"#,
            "subrequest: subrequests may not contain meta-requests",
        ),
    ] {
        let text = format!("invalid request: Invalid batch {text}");
        assert_eq!(of(requests), text, "{requests}");
    }
    let text = "invalid request: Pubkey must be 66 hex digits (33 bytes) long";
    assert_eq!(of(r#"[{"method":"retrieve","params":{"pubkey":"05"}}]"#), text);
}

#[test]
fn branches_may_hold_anything_up_to_a_depth() {
    let nest = |request| IfElseRequest::new(conditions(), None, Some(request));
    let batch = BatchRequest::new(BatchMode::UntilFailure, vec![info(), store(5).into()]).unwrap();
    let mut request = Request::from(nest(batch.into()).unwrap());
    for depth in 1..=MAX_DEPTH {
        assert_eq!(Request::from_json(&request.to_json()), Ok(request.clone()), "{depth}");
        if depth < MAX_DEPTH {
            request = nest(request).unwrap().into();
        }
    }
    assert_eq!(nest(request.clone()), Err(IfElseError::TooDeep));
    let json = String::from_utf8(request.to_json()).unwrap();
    let deeper = format!(r#"{{"if":{{"height_before":1}},"then":{json}}}"#);
    let text = "invalid request: Invalid ifelse request: nested too deeply";
    assert_eq!(malformed("ifelse", &deeper), text);
}

const MAX_DEPTH: usize = crate::limits::MAX_NESTING;

#[test]
fn bad_branches_are_named() {
    let of = |fields: &str| malformed("ifelse", &format!("{{{fields}}}"));
    let condition = r#""if":{"v_at_least":[2]}"#;
    for (fields, text) in [
        ("", r#"request: no valid "if" field"#),
        (r#""if":{}"#, r#"request: must specify at least one "if" condition"#),
        (
            r#""if":{"hf_before":[]},"then":{"method":"info","params":{}}"#,
            r#"request: must specify at least one "if" condition"#,
        ),
        (condition, r#"request: at least one of "then"/"else" required"#),
        (r#""if":{"v_at_least":[2]},"then":1"#, "request: then must be an object"),
        (r#""if":{"v_at_least":[2]},"else":[]"#, "request: else must be an object"),
        (
            r#""if":{"v_at_least":[2]},"then":{"method":"info"}"#,
            "request: then must have method/params keys",
        ),
        (
            r#""if":{"v_at_least":[2]},"else":{"method":"nope","params":{}}"#,
            r#"request method "else""#,
        ),
    ] {
        assert_eq!(of(fields), format!("invalid request: Invalid ifelse {text}"), "{fields}");
    }
    // Elements are integers of 32 bits, heights of any size.
    for (given, refusal) in [
        (r#""v_before":[2147483648]"#, "'v_before': value out of range"),
        (r#""hf_before":-2147483649"#, "'hf_before': value out of range"),
        (r#""hf_at_least":["19"]"#, "'hf_at_least': expected integer array"),
        (r#""v_at_least":{}"#, "'v_at_least': expected integer array"),
        (r#""height_at_least":"1""#, "'height_at_least': expected integer"),
        (r#""height_before":1.5"#, "'height_before': expected integer"),
    ] {
        let text = format!("invalid request: Invalid value given for {refusal}");
        assert_eq!(of(&format!(r#""if":{{{given}}}"#)), text, "{given}");
    }
    for given in [r#""v_before":[-2147483648,2147483647]"#, r#""height_before":-1"#] {
        let fields = format!(r#"{{"if":{{{given}}},"then":{{"method":"info","params":{{}}}}}}"#);
        let json = format!(r#"{{"method":"ifelse","params":{fields}}}"#);
        let request = Request::from_json(json.as_bytes()).unwrap();
        assert_eq!(Request::from_json(&request.to_json()), Ok(request), "{given}");
    }
}

#[test]
fn conditions_compare_element_by_element() {
    let state = NodeState {
        hard_fork: HardFork { number: 19, revision: 3 },
        version: [2, 8, 0],
        height: 1000,
    };
    let list = |numbers: &[i32]| Some(numbers.to_vec());
    let none = Conditions::new;
    for (holds, conditions) in [
        (true, Conditions { hf_at_least: list(&[19, 3]), ..none() }),
        (true, Conditions { hf_at_least: list(&[19]), ..none() }),
        (true, Conditions { hf_at_least: list(&[19, 3, 7]), ..none() }),
        (false, Conditions { hf_at_least: list(&[19, 4]), ..none() }),
        (false, Conditions { hf_at_least: list(&[20]), ..none() }),
        (false, Conditions { hf_before: list(&[19, 3]), ..none() }),
        (false, Conditions { hf_before: list(&[19]), ..none() }),
        (true, Conditions { hf_before: list(&[19, 4]), ..none() }),
        (true, Conditions { v_at_least: list(&[2, 8]), ..none() }),
        (false, Conditions { v_at_least: list(&[2, 8, 1]), ..none() }),
        (true, Conditions { v_before: list(&[2, 11]), ..none() }),
        (false, Conditions { v_before: list(&[2, 7, 9]), ..none() }),
        (true, Conditions { v_at_least: list(&[-1, 70_000]), ..none() }),
        (false, Conditions { v_before: list(&[-1]), ..none() }),
        (true, Conditions { v_before: list(&[2, 70_000]), ..none() }),
        (true, Conditions { height_at_least: Some(-1), ..none() }),
        (true, Conditions { height_at_least: Some(1000), ..none() }),
        (false, Conditions { height_at_least: Some(1001), ..none() }),
        (false, Conditions { height_before: Some(1000), ..none() }),
        (true, Conditions { height_before: Some(1001), ..none() }),
        // An empty list is no condition.
        (true, Conditions { hf_before: list(&[]), height_before: Some(1001), ..none() }),
        // All of them must hold.
        (false, Conditions { hf_at_least: list(&[19]), height_before: Some(1), ..none() }),
    ] {
        assert_eq!(conditions.hold(&state), holds, "{conditions:?}");
    }
}

#[test]
fn a_number_is_a_version_of_one_element() {
    let json = br#"{"method":"ifelse","params":{"if":{"hf_at_least":19},"then":{"method":"info","params":{}}}}"#;
    let Ok(Request::IfElse(request)) = Request::from_json(json) else { panic!("refused") };
    assert_eq!(request.conditions().hf_at_least, Some(vec![19]));
    assert_eq!(request.branch(true), Some(&info()));
    assert_eq!(request.branch(false), None);
}
