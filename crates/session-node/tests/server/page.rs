//! The page at the seed's port.

use std::process::Command;

use session_node::{STORAGE_RPC_PATH, server::Transport};
use session_onion::serde_json::{Value, from_slice};
use session_swarm::request::Request;

use crate::{
    World,
    client::{self, exchange, plain},
    store_request,
};

/// A network in which three messages were stored.
fn busy_world() -> World {
    let world = World::start(|options| options.transport = Transport::Http);
    let request = store_request(Vec::new());
    let port = world.directory().members_for(request.account()).next().unwrap().https_port;
    for number in 0..3 {
        let request = Request::from(store_request(vec![number])).to_json();
        let mut connection = client::connect(port).unwrap();
        assert_eq!(connection.post(STORAGE_RPC_PATH, &request).unwrap().status(), 200);
    }
    world
}

#[test]
fn the_page_tells_what_moves_and_no_whole_key() {
    let world = busy_world();
    let seed = world.seed_port();
    let get = |path: &str| plain(seed, "GET", path, b"").unwrap();
    for (path, kind) in
        [("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript")]
    {
        let file = get(path);
        assert_eq!(file.status, 200, "{path}");
        assert!(file.head.contains(&format!("content-type: {kind}")), "{}", file.head);
        assert!(file.head.contains("content-security-policy: default-src 'none'"), "{path}");
        // The name of SVG's namespace is an address that nobody asks.
        let text = file.text().replace("http://www.w3.org/2000/svg", "");
        assert!(!text.contains("http"), "{path} loads nothing from elsewhere");
    }
    let state = get("/state.json?after=0");
    let json: Value = from_slice(&state.body).unwrap();
    let directory = world.directory();
    let members = directory.members_for(store_request(Vec::new()).account()).count();
    let held: u64 =
        json["nodes"].as_array().unwrap().iter().filter_map(|n| n["messages"].as_u64()).sum();
    assert_eq!(held, 3 * u64::try_from(members).unwrap());
    assert_eq!(json["nodes"].as_array().unwrap().len(), 24);
    assert_eq!(json["swarms"].as_array().unwrap().len(), directory.ring().ids().len());
    let moved = json["movements"].as_array().unwrap();
    let posts = moved.iter().filter(|one| one["from"].is_null() && one["what"] == "post");
    assert_eq!(posts.count(), 3);
    assert_eq!(moved.len(), 3 * members, "a post, and a copy for each other member");
    for node in directory.nodes() {
        let (key, text) = (node.ed25519.to_string(), state.text());
        assert!(text.contains(&key[..8]) && !text.contains(&key[..9]), "{key}");
    }
    let foreign = b"GET /state.json HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n";
    assert_eq!(exchange(client::connect(seed).unwrap(), foreign).unwrap().status, 403);
    assert_eq!(plain(seed, "POST", "/", b"").unwrap().status, 404);
}

#[test]
#[ignore = "needs the program `chromium`"]
fn a_browser_draws_the_page() {
    let world = busy_world();
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"])
        .args(["--virtual-time-budget=3000", "--dump-dom"])
        .arg(format!("http://127.0.0.1:{}/", world.seed_port()))
        .output()
        .unwrap();
    let (dom, log) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    let directory = world.directory();
    let swarms = directory.ring().ids().len();
    assert!(dom.contains(&format!("24 nodes · {swarms} swarms")), "{dom}");
    assert_eq!(dom.matches("class=\"node\"").count(), 24);
    assert_eq!(dom.matches("class=\"swarm\"").count(), swarms);
    assert_eq!(dom.matches("<tr>").count(), 24 + 1, "a head, and a row for each node");
    let key = directory.nodes().next().unwrap().ed25519.to_string();
    assert!(dom.contains(&key[..8]) && !dom.contains(&key[..9]));
    assert!(!log.contains("Content Security Policy"), "{log}");
    assert!(!log.contains("Uncaught"), "{log}");
}
