//! The program as its own process, which can be killed.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use session_node::seed::SEED_PATH;
use session_onion::pool::{
    list::{NodeList, SEED_REQUEST},
    node::ServiceNode,
};

use crate::client::plain;

/// A folder for one test, gone with this value.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("session-node-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.clone()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

/// The program, killed with this value at the latest.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    pub(crate) seed_port: u16,
}

impl Program {
    /// Starts it over plain HTTP at ports that the system chooses, and waits until it is up.
    pub(crate) fn start(data: &Scratch, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_session-node"))
            .args(["--http", "--port", "0", "--no-rate-limit", "--data"])
            .arg(data.path())
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stdout.take().unwrap()).lines();
        let up = log.find(|line| line.as_ref().unwrap().contains("network is up"));
        let up = up.unwrap().unwrap();
        let port = up.rsplit(':').next().unwrap().trim().parse().unwrap();
        // Nobody else reads on; a full pipe would stop the program.
        thread::spawn(move || log.for_each(drop));
        Self { child, seed_port: port }
    }

    pub(crate) fn nodes(&self) -> Vec<ServiceNode> {
        let list = plain(self.seed_port, "POST", SEED_PATH, SEED_REQUEST.as_bytes()).unwrap();
        NodeList::from_json(&list.body).unwrap().nodes().copied().collect()
    }

    /// `kill -9`: nothing is finished, nothing is closed.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
