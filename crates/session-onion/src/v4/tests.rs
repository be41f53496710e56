use alloc::format;

use session_bt::Malformed;

use super::*;

/// Published in the documentation of the community server (§6.3).
#[test]
fn the_examples_of_section_6_are_exact() {
    let get =
        V4Request::new("GET", "/room/some-room").unwrap().with_headers([("Some-Header", "12345")]);
    let post = V4Request::new("POST", "/some/thing").unwrap().with_headers([("Some-Header", "a")]);
    for (request, text) in [
        (
            get,
            r#"l79:{"method":"GET","endpoint":"/room/some-room","headers":{"Some-Header":"12345"}}e"#,
        ),
        (
            post.with_body(b"post body here".to_vec()),
            r#"l72:{"method":"POST","endpoint":"/some/thing","headers":{"Some-Header":"a"}}14:post body heree"#,
        ),
        (V4Request::new("GET", "/x").unwrap(), r#"l32:{"method":"GET","endpoint":"/x"}e"#),
    ] {
        assert_eq!(request.encode(), text.as_bytes());
        assert_eq!(V4Request::decode(text.as_bytes()), Ok(request));
    }
    let text = r#"l58:{"code":200,"headers":{"content-type":"application/json"}}11:{"id": 123}e"#;
    let reply = V4Response::new(200, [("Content-Type", JSON)], br#"{"id": 123}"#.to_vec());
    assert_eq!(reply.encode(), text.as_bytes());
    assert_eq!(V4Response::decode(text.as_bytes()), Ok(reply));
}

#[test]
fn headers_keep_their_order_and_come_once() {
    let request = V4Request::new("GET", "/").unwrap();
    let request = request.with_headers([("z", "1"), ("a", "é\""), ("Z", "3")]);
    let decoded = V4Request::decode(&request.encode()).unwrap();
    assert_eq!(decoded.headers().collect::<Vec<_>>(), [("z", "1"), ("a", "é\""), ("Z", "3")]);
    assert_eq!(
        (decoded.method(), decoded.endpoint(), decoded.body()),
        ("GET", "/", b"".as_slice())
    );
    let twice = r#"{"method":"GET","endpoint":"/","headers":{"a":"1","b":"2","a":"3"}}"#;
    let error = V4Request::decode(format!("l{}:{twice}e", twice.len()).as_bytes());
    assert!(matches!(error, Err(V4RequestError::Meta(JsonError::Shape { .. }))), "{error:?}");
}

/// One odd header costs itself alone, and still counts as given: a second one of its name is refused.
#[test]
fn a_header_that_is_not_a_string_is_left_out() {
    for odd in ["1", "-1.5e3", "null", "true", r#"["x"]"#, r#"{"a":"b"}"#, r#"{"":{"":{}}}"#] {
        let headers = format!(r#"{{"a":"1","odd": {odd} ,"b":"\u00e9"}}"#);
        let expected = [("a", "1"), ("b", "é")];
        let meta = format!(r#"{{"method":"GET","endpoint":"/","headers":{headers}}}"#);
        let request = V4Request::decode(format!("l{}:{meta}e", meta.len()).as_bytes()).unwrap();
        assert_eq!(request.headers().collect::<Vec<_>>(), expected, "{odd}");
        let meta = format!(r#"{{"code":200,"headers":{headers}}}"#);
        assert_eq!(reply(&meta, "x").unwrap().headers().collect::<Vec<_>>(), expected, "{odd}");
        let twice = format!(r#"{{"code":200,"headers":{{"odd":{odd},"odd":"x"}}}}"#);
        let error = reply(&twice, "x");
        assert!(matches!(error, Err(V4ResponseError::Meta(JsonError::Shape { .. }))), "{odd}");
    }
    for bad in ["\"\\ud800\"", "\"\u{1}\"", "01", "nul"] {
        let error = reply(&format!(r#"{{"code":200,"headers":{{"a":{bad}}}}}"#), "x");
        assert!(matches!(error, Err(V4ResponseError::Meta(_))), "{bad}");
    }
}

#[test]
fn an_empty_body_counts_as_none() {
    let request = V4Request::new("POST", "/").unwrap();
    assert_eq!(request.clone().with_body(Vec::new()).encode(), request.encode());
    let explicit =
        format!("{}0:e", String::from_utf8(request.encode()).unwrap().trim_end_matches('e'));
    assert_eq!(V4Request::decode(explicit.as_bytes()), Ok(request));
}

#[test]
fn servers_refuse_by_name() {
    for (payload, reason) in [
        ("", Malformed::Truncated),
        ("le", Malformed::MissingElement),
        ("l2:{}1:a1:be", Malformed::ExtraElement),
        ("l2:{}ee", Malformed::TrailingBytes),
        ("l02:{}e", Malformed::LengthLeadingZero),
    ] {
        let Err(V4RequestError::List(error)) = V4Request::decode(payload.as_bytes()) else {
            panic!("{payload}");
        };
        assert_eq!(error.reason, reason, "{payload}");
    }
    for meta in [
        "{}",
        "[]",
        r#"{"method":"GET"}"#,
        r#"{"method":1,"endpoint":"/"}"#,
        r#"{"method":"GET","endpoint":"/","headers":[]}"#,
    ] {
        let error = V4Request::decode(format!("l{}:{meta}e", meta.len()).as_bytes());
        assert!(matches!(error, Err(V4RequestError::Meta(JsonError::Shape { .. }))), "{meta}");
    }
    let meta = r#"{"method":"GET","endpoint":"x"}"#;
    let error = V4Request::decode(format!("l{}:{meta}e", meta.len()).as_bytes());
    assert_eq!(error, Err(V4RequestError::Endpoint));
    let answer = V4Response::invalid_request();
    assert_eq!((answer.code(), answer.header("content-type")), (400, Some(TEXT)));
    assert_eq!(answer.content(), Content::Text("Invalid v4 onion request".into()));
}

#[test]
fn servers_write_lower_case_and_no_length() {
    let headers = [("Content-Type", "image/png"), ("CONTENT-LENGTH", "3"), ("X-A", "B")];
    let reply = V4Response::new(200, headers, b"\0\xff".to_vec());
    let decoded = V4Response::decode(&reply.encode()).unwrap();
    assert_eq!(
        decoded.headers().collect::<Vec<_>>(),
        [("content-type", "image/png"), ("x-a", "B")]
    );
    assert_eq!(decoded.content(), Content::Binary(b"\0\xff"));
}

fn reply(meta: &str, body: &str) -> Result<V4Response, V4ResponseError> {
    V4Response::decode(format!("l{}:{meta}{}:{body}e", meta.len(), body.len()).as_bytes())
}

#[test]
fn content_types_are_taken_to_the_letter() {
    for (content_type, content) in [
        (JSON, Content::Json("[1]")),
        (TEXT, Content::Text("[1]".into())),
        (HTML, Content::Text("[1]".into())),
        ("text/plain", Content::Binary(b"[1]")),
        ("Application/JSON", Content::Binary(b"[1]")),
        ("application/octet-stream", Content::Binary(b"[1]")),
    ] {
        let meta = format!(r#"{{"code":200,"headers":{{"content-type":"{content_type}"}}}}"#);
        assert_eq!(reply(&meta, "[1]").unwrap().content(), content, "{content_type}");
    }
    let meta = format!(r#"{{"code":200,"headers":{{"content-type":"{JSON}"}}}}"#);
    for body in ["", "{", "[1]x"] {
        let error = reply(&meta, body);
        assert!(matches!(error, Err(V4ResponseError::Body(JsonError::Syntax { .. }))), "{body}");
    }
}

#[test]
fn clients_refuse_by_name() {
    for meta in [
        r#"{"code":200}"#,
        r#"{"headers":{}}"#,
        r#"{"code":"200","headers":{}}"#,
        r#"{"code":65536,"headers":{}}"#,
        r#"{"code":200,"headers":null}"#,
        r#"[200,{}]"#,
    ] {
        let error = reply(meta, "x");
        assert!(matches!(error, Err(V4ResponseError::Meta(JsonError::Shape { .. }))), "{meta}");
    }
    assert!(matches!(reply("not json", "x"), Err(V4ResponseError::Meta(JsonError::Syntax { .. }))));
    let whole = V4Response::new(200, [], b"body".to_vec()).encode();
    for length in 0..whole.len() {
        let error = V4Response::decode(&whole[..length]);
        assert!(matches!(error, Err(V4ResponseError::List(_))), "{length}");
    }
    let error = V4Response::decode(&[whole.as_slice(), b"zz"].concat());
    assert!(matches!(error, Err(V4ResponseError::List(_))), "{error:?}");
}

/// The vectors of iOS (§6.3): the list is fine, and its first string no meta of ours.
#[test]
fn the_list_of_ios_is_read() {
    for (text, is_list) in [
        (
            b"l37:{\"intValue\":100,\"stringValue\":\"Test\"}5:\x01\x02\x03\x04\x05e".as_slice(),
            true,
        ),
        (b"l10:Teste", false),
    ] {
        let error = V4Response::decode(text).unwrap_err();
        assert_eq!(matches!(error, V4ResponseError::Meta(_)), is_list, "{error}");
    }
}
