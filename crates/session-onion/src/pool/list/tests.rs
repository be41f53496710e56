use alloc::{
    format,
    string::{String, ToString as _},
    vec::Vec,
};

use super::*;
use crate::test_world::keys;

fn state(number: u8, rest: &str) -> String {
    let key = keys(number).ed25519();
    format!(
        r#"{{"pubkey_ed25519":"{key}","public_ip":"10.0.{number}.1","storage_port":22021,"storage_lmq_port":22020{rest}}}"#
    )
}

fn list(states: &[String]) -> NodeList {
    let text = format!(r#"{{"service_node_states":[{}]}}"#, states.join(","));
    NodeList::from_json(text.as_bytes()).unwrap()
}

fn node(number: u8, version: [u16; 3], swarm_id: u64) -> ServiceNode {
    let (key, ip) = (keys(number).ed25519(), Ipv4Addr::new(10, 0, number, 1));
    ServiceNode::new(key, ip, [22021, 22020], StorageVersion(version), swarm_id).unwrap()
}

#[test]
fn states_are_read_in_all_their_spellings() {
    let x25519 = keys(1).x25519();
    for (rest, version, swarm_id) in [
        ("", [0; 3], u64::MAX),
        (
            r#","storage_server_version":[2,11,3],"swarm_id":9223372036854775809"#,
            [2, 11, 3],
            1 << 63 | 1,
        ),
        (r#","storage_server_version":"2.11.3","swarm":"00000000000000ff""#, [2, 11, 3], 255),
        (r#","swarm_id":18446744073709551615,"height":5,"active":true"#, [0; 3], u64::MAX),
        (&format!(r#","pubkey_x25519":"{x25519}","swarm_id":7"#), [0; 3], 7),
    ] {
        let list = list(&[state(1, rest)]);
        assert_eq!(list.nodes().collect::<Vec<_>>(), [&node(1, version, swarm_id)], "{rest}");
    }
}

#[test]
fn unusable_states_are_skipped_and_counted() {
    let other = keys(2).x25519();
    let states = [
        "{}".into(),
        "[]".into(),
        "5".into(),
        state(3, &format!(r#","pubkey_x25519":"{other}""#)),
        state(3, r#","storage_server_version":[1,2]"#),
        state(3, r#","storage_server_version":"2.x.0""#),
        state(3, r#","swarm_id":-1"#),
        state(3, r#","swarm":"xyz""#),
        state(3, "").replace("10.0.3.1", "0.0.0.0"),
        state(3, "").replace("10.0.3.1", "::1"),
        state(3, "").replace("22020", "0"),
        state(3, "").replace("22021", "\"22021\""),
        state(3, "").replace(&keys(3).ed25519().to_string(), &"0".repeat(64)),
        state(1, ""),
        state(1, r#","swarm_id":1"#), // a second record of the same node
        state(2, ""),
    ];
    let list = list(&states);
    let kept = [node(1, [0; 3], u64::MAX), node(2, [0; 3], u64::MAX)];
    let mut kept = kept.iter().collect::<Vec<_>>();
    kept.sort();
    assert_eq!(list.nodes().collect::<Vec<_>>(), kept);
    assert_eq!((list.len(), list.skipped()), (2, states.len() - 2));
}

#[test]
fn answers_have_the_list_where_their_sender_puts_it() {
    let state = state(1, "");
    for text in [
        format!(
            r#"{{"jsonrpc":"2.0","id":0,"result":{{"height":9,"service_node_states":[{state}],"status":"OK"}}}}"#
        ),
        format!(
            r#"{{"result":{{"service_node_states":[{state}]}},"t":1700000000000,"hf":[19,4]}}"#
        ),
        format!(r#"{{"service_node_states":[{state}]}}"#),
    ] {
        assert_eq!(NodeList::from_json(text.as_bytes()).unwrap().len(), 1, "{text}");
    }
    for text in ["{}", r#"{"result":{}}"#, r#"{"result":{"unchanged":true}}"#] {
        assert_eq!(NodeList::from_json(text.as_bytes()), Err(NodeListError::NoStates), "{text}");
    }
    for text in ["[]", r#"{"result":5}"#, r#"{"service_node_states":{}}"#] {
        let error = NodeList::from_json(text.as_bytes());
        assert!(matches!(error, Err(NodeListError::Json(JsonError::Shape { .. }))), "{text}");
    }
}

#[test]
fn lists_have_a_limit() {
    let fitting = format!(r#"{{"service_node_states":[{}0]}}"#, "0,".repeat(MAX_NODES - 1));
    assert_eq!(NodeList::from_json(fitting.as_bytes()).unwrap().skipped(), MAX_NODES);
    let error = NodeList::from_json(fitting.replacen('0', "0,0", 1).as_bytes());
    assert!(matches!(error, Err(NodeListError::Json(JsonError::Shape { .. }))), "{error:?}");
    let binary = alloc::vec![0; BINARY_RECORD_LENGTH * (MAX_NODES + 1)];
    let error = NodeListError::TooMany { found: MAX_NODES + 1 };
    assert_eq!(NodeList::from_binary(&binary), Err(error));
}

fn record(number: u8, swarm_id: u64, ip: [u8; 4], ports: [u16; 2]) -> Vec<u8> {
    let key = keys(number).ed25519().to_bytes();
    let ports = ports.map(u16::to_be_bytes).concat();
    [key.as_slice(), &swarm_id.to_be_bytes(), &ip, &ports, &[2, 11, 255]].concat()
}

#[test]
fn binary_records_are_big_endian() {
    let good = record(1, 0x0102_0304_0506_0708, [10, 0, 1, 1], [22021, 22020]);
    assert_eq!(good.len(), BINARY_RECORD_LENGTH);
    let list = NodeList::from_binary(&good).unwrap();
    let expected = node(1, [2, 11, 255], 0x0102_0304_0506_0708);
    assert_eq!(list.nodes().collect::<Vec<_>>(), [&expected]);
    let text = session_crypto::encoding::base64::encode(&good);
    assert_eq!(NodeList::from_base64(&format!(" {text}\n")), Ok(list));
    assert_eq!(NodeList::from_base64("!"), Err(NodeListError::Base64));
    assert_eq!(NodeList::from_base64("AAAA"), Err(NodeListError::Length { found: 3 }));
    let mut zero_key = good.clone();
    zero_key[..32].fill(0);
    let all = [
        good.clone(),
        good,
        zero_key,
        record(2, u64::MAX, [10, 0, 2, 1], [1, 1]),
        record(3, 1, [0; 4], [1, 1]),
        record(4, 1, [10, 0, 4, 1], [0, 1]),
        record(5, 1, [10, 0, 5, 1], [1, 0]),
    ];
    let list = NodeList::from_binary(&all.concat()).unwrap();
    assert_eq!((list.len(), list.skipped()), (1, 6));
    let bytes = all.concat();
    for length in (0..bytes.len()).filter(|length| length % BINARY_RECORD_LENGTH != 0) {
        let error = NodeList::from_binary(&bytes[..length]);
        assert_eq!(error, Err(NodeListError::Length { found: length }));
    }
    assert!(NodeList::from_binary(&[]).unwrap().is_empty());
}

#[test]
fn the_questions_are_json() {
    for (question, method) in [
        (SEED_REQUEST, "get_n_service_nodes"),
        (NODE_REQUEST, "oxend_request"),
        (BINARY_REQUEST, "active_nodes_bin"),
    ] {
        let json: serde_json::Value = serde_json::from_str(question).unwrap();
        assert_eq!(json["method"], method);
    }
}
