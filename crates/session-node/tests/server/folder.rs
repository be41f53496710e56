//! The folder of a network: private, whole, and readable when nothing can be written.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Output},
};

use session_node::STORAGE_RPC_PATH;
use session_swarm::request::Request;

use crate::{
    client::plain,
    program::{Program, Scratch},
    store_request,
};

fn run(data: &Scratch) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_session-node"));
    command.args(["--http", "--port", "0", "--nodes", "3", "--data"]).arg(data.path());
    command.output().unwrap()
}

/// A network of three nodes that held a message when it was killed.
fn killed_network() -> Scratch {
    let data = Scratch::new();
    let mut program = Program::start(&data, &["--nodes", "3"]);
    let request = Request::from(store_request(b"kept".to_vec())).to_json();
    let node = program.nodes()[0];
    assert_eq!(plain(node.https_port(), "POST", STORAGE_RPC_PATH, &request).unwrap().status, 200);
    program.kill();
    data
}

/// Every file by its name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    entries.map(|path| (name(&path), fs::read(&path).unwrap())).collect()
}

#[cfg(unix)]
#[test]
fn files_are_private_whatever_the_folder_is() {
    use std::os::unix::fs::PermissionsExt as _;

    let modes = |data: &Scratch| -> Vec<_> {
        let entries = fs::read_dir(data.path()).unwrap().map(|entry| entry.unwrap());
        entries.map(|entry| entry.metadata().unwrap().permissions().mode() & 0o777).collect()
    };
    let data = Scratch::new();
    fs::create_dir(data.path()).unwrap();
    fs::set_permissions(data.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut program = Program::start(&data, &["--nodes", "3"]);
    assert_eq!(modes(&data), [0o600; 8], "four databases and their logs");
    program.kill();
    // As an earlier version of the program left them.
    for entry in fs::read_dir(data.path()).unwrap() {
        fs::set_permissions(entry.unwrap().path(), fs::Permissions::from_mode(0o644)).unwrap();
    }
    let _program = Program::start(&data, &[]);
    assert_eq!(modes(&data), [0o600; 8]);
}

#[test]
fn stores_without_their_keys_are_not_left_behind() {
    let data = killed_network();
    let hidden = data.path().with_extension("hidden");
    fs::create_dir(&hidden).unwrap();
    for name in ["network.sqlite", "network.sqlite-wal"] {
        fs::rename(data.path().join(name), hidden.join(name)).unwrap();
    }
    let before = files(&data.path());
    let refused = run(&data);
    assert_eq!(refused.status.code(), Some(1));
    let why = str::from_utf8(&refused.stderr).unwrap();
    assert!(
        why.contains("messages of 3 nodes without their keys: put network.sqlite back"),
        "{why}"
    );
    assert!(files(&data.path()) == before, "what is refused changes nothing");

    // An empty file is not the keys either.
    fs::write(data.path().join("network.sqlite"), b"").unwrap();
    assert_eq!(run(&data).status.code(), Some(1));
    for name in ["network.sqlite", "network.sqlite-wal"] {
        _ = fs::remove_file(data.path().join(name));
        fs::rename(hidden.join(name), data.path().join(name)).unwrap();
    }
    fs::remove_dir(&hidden).unwrap();
    assert_eq!(Program::start(&data, &[]).nodes().len(), 3, "put back, it goes on");
}

/// So that a network on a full disk starts and can be read.
#[test]
fn a_network_that_goes_on_writes_nothing_to_do_so() {
    let data = killed_network();
    let before = files(&data.path());
    let mut program = Program::start(&data, &[]);
    assert_eq!(program.nodes().len(), 3);
    program.kill();
    assert!(files(&data.path()) == before, "the start wrote");
}

#[test]
fn the_file_that_cannot_be_opened_is_named() {
    let data = killed_network();
    let stores = files(&data.path()).into_keys();
    let store = stores.filter(|name| name.ends_with(".sqlite") && name != "network.sqlite");
    for name in store.take(1).chain(["network.sqlite".to_owned()]) {
        let path = data.path().join(&name);
        _ = fs::remove_file(path.with_extension("sqlite-wal"));
        fs::write(&path, b"not a database, and long enough to have a head".repeat(9)).unwrap();
        let refused = run(&data);
        assert_eq!(refused.status.code(), Some(1));
        let why = str::from_utf8(&refused.stderr).unwrap();
        assert!(why.contains(&name) && why.contains("not a database"), "{why}");
    }
}

/// A folder that somebody deletes under a running network loses what was confirmed, but nothing more is confirmed.
#[test]
fn a_network_without_its_folder_confirms_nothing() {
    let data = Scratch::new();
    let program = Program::start(&data, &["--nodes", "3"]);
    let node = program.nodes()[0];
    let store = |text: &str| {
        let request = Request::from(store_request(text.into())).to_json();
        plain(node.https_port(), "POST", STORAGE_RPC_PATH, &request).unwrap()
    };
    assert_eq!(store("kept").status, 200);
    fs::remove_dir_all(data.path()).unwrap();
    let refused = store("lost");
    assert_eq!(refused.status, 500, "{}", refused.text());
    assert!(refused.text().contains("taken away"), "{}", refused.text());
}
