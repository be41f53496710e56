//! Lists of nodes: from the seed, from a node, packed; read by the client's own parser (04 §12.2, 05 §2.8).

use session_node::seed::SEED_PATH;
use session_onion::{
    pool::list::{BINARY_REQUEST, NODE_REQUEST, NodeList, SEED_REQUEST},
    serde_json::{self, Value, json},
};

use crate::client::World;

impl World {
    fn seed(&mut self, body: &str) -> Value {
        let reply = self.network.post_to_seed(SEED_PATH, body.as_bytes(), &mut self.rng);
        assert_eq!(reply.status(), 200, "{body}");
        serde_json::from_slice(reply.body()).unwrap()
    }

    /// The list for these parameters.
    fn states(&mut self, params: &Value) -> Vec<Value> {
        let body = json!({ "method": "get_n_service_nodes", "params": params });
        self.seed(&body.to_string())["result"]["service_node_states"].as_array().unwrap().clone()
    }
}

fn assert_is_directory(world: &World, list: &NodeList) {
    assert_eq!((list.len(), list.skipped()), (24, 0));
    for (listed, node) in list.nodes().zip(world.network.directory().nodes()) {
        assert_eq!(listed.key(), node.ed25519);
        assert_eq!(listed.swarm_id(), node.swarm.map(session_swarm::space::SwarmId::get));
    }
}

#[test]
fn clients_read_the_list_of_the_seed() {
    let mut world = World::new();
    let body = world.network.post_to_seed(SEED_PATH, SEED_REQUEST.as_bytes(), &mut world.rng);
    assert_is_directory(&world, &NodeList::from_json(body.body()).unwrap());
    let reply = world.network.post_to_seed("/elsewhere", b"{}", &mut world.rng);
    assert_eq!(reply.status(), 404);
    let reply = world.network.post_to_seed(SEED_PATH, &vec![b' '; 1024 * 1024 + 1], &mut world.rng);
    assert_eq!(reply.status(), 413);
}

#[test]
fn clients_read_the_list_of_a_node_through_the_onion() {
    let mut world = World::new();
    let node = world.swarm()[0];
    let reply = world.send_bytes(&node, NODE_REQUEST.as_bytes()).unwrap();
    assert_eq!(reply.status(), 200);
    assert_is_directory(&world, &NodeList::from_json(reply.body().as_bytes()).unwrap());
}

#[test]
fn clients_read_the_packed_list() {
    let mut world = World::new();
    let node = world.swarm()[0];
    let reply = world.send_bytes(&node, BINARY_REQUEST.as_bytes()).unwrap();
    assert_eq!(reply.status(), 200);
    assert_is_directory(&world, &NodeList::from_base64(reply.body()).unwrap());
}

#[test]
fn a_query_chooses_nodes_and_fields() {
    let mut world = World::new();
    let keys: Vec<_> = world.network.directory().nodes().map(|node| node.ed25519).collect();
    let key = keys[3].to_string();
    let list = world.states(&json!({ "service_node_pubkeys": [key], "fields": ["swarm_id"] }));
    let swarm = world.network.directory().node(&keys[3]).unwrap().swarm.unwrap().get();
    assert_eq!(list, [json!({ "swarm_id": swarm })]);
    let only =
        world.states(&json!({ "fields": { "public_ip": true, "funded": false }, "limit": 1 }));
    assert_eq!(only, [json!({ "public_ip": "127.0.0.1" })]);
    let but = world.states(&json!({ "fields": ["all", "-swarm"] }));
    assert!(but.iter().all(|state| state.get("swarm").is_none() && state.get("active").is_some()));
    for (limit, expected) in [(0, 24), (5, 5), (-1, 24), (1000, 24)] {
        let states = world.states(&json!({ "limit": limit, "active_only": true }));
        assert_eq!(states.len(), expected, "{limit}");
        let in_order = states.is_sorted_by_key(|state| state["pubkey_ed25519"].as_str().unwrap());
        assert_eq!(in_order, limit == 0, "{limit}");
    }
}

#[test]
fn who_knows_the_block_gets_no_list() {
    let mut world = World::new();
    let mut poll = |hash: &str| {
        let params = json!({ "poll_block_hash": hash });
        let body = json!({ "id": 7, "method": "get_service_nodes", "params": params });
        world.seed(&body.to_string())
    };
    let answer = poll("other");
    assert_eq!((&answer["id"], &answer["result"]["unchanged"]), (&json!(7), &json!(false)));
    let hash = answer["result"]["block_hash"].as_str().unwrap();
    let answer = poll(hash);
    assert_eq!(answer["result"]["unchanged"], json!(true));
    assert_eq!(answer["result"].get("service_node_states"), None);
}

#[test]
fn the_seed_refuses_what_it_does_not_know() {
    let mut world = World::new();
    for (body, code) in [
        ("", -32700),
        ("[]", -32700),
        ("{}", -32601),
        (r#"{"method":"get_info"}"#, -32601),
        (r#"{"method":"get_service_nodes","params":[]}"#, -32602),
        (r#"{"method":"get_service_nodes","params":{"limit":"1"}}"#, -32602),
        (r#"{"method":"get_service_nodes","params":{"active_only":1}}"#, -32602),
        (r#"{"method":"get_service_nodes","params":{"fields":"all"}}"#, -32602),
        (r#"{"method":"get_service_nodes","params":{"fields":[1]}}"#, -32602),
        (r#"{"method":"get_service_nodes","params":{"poll_block_hash":1}}"#, -32602),
        (r#"{"method":"get_service_nodes","params":{"service_node_pubkeys":["x"]}}"#, -32602),
    ] {
        assert_eq!(world.seed(body)["error"]["code"], json!(code), "{body}");
    }
    let node = world.swarm()[0];
    for (params, text) in [
        (json!({ "endpoint": "ons_resolve", "params": {} }), "Unknown oxend error"),
        (
            json!({ "endpoint": "get_service_nodes", "params": { "limit": "1" } }),
            "invalid parameter limit: an integer expected",
        ),
    ] {
        let request = json!({ "method": "oxend_request", "params": params }).to_string();
        assert_eq!(world.refusal(&node, request.as_bytes()), (400, text.to_owned()));
    }
}

#[test]
fn queries_name_at_most_ten_thousand_fields_and_nodes() {
    let mut world = World::new();
    for (count, is_refused) in [(10_000, false), (10_001, true)] {
        let names: Vec<String> = (0..count).map(|number| format!("{number:064x}")).collect();
        let chosen: serde_json::Map<_, _> =
            names.iter().map(|name| (name.clone(), json!(true))).collect();
        for params in [
            json!({ "fields": names }),
            json!({ "fields": chosen }),
            json!({ "service_node_pubkeys": names }),
        ] {
            let body = json!({ "method": "get_service_nodes", "params": params }).to_string();
            assert_eq!(world.seed(&body).get("error").is_some(), is_refused, "{count}");
        }
    }
}
