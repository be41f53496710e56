//! Targets of `session-onion`: lists of nodes, caches, and the state machine of paths.

use std::time::Duration;

use session_crypto::ed25519::Ed25519PublicKey;
use session_identity::Timestamp;
use session_onion::{
    blame::Failure,
    config::Config,
    network::Network,
    paths::{Category, Command, Paths, RequestId, Snapshot},
    pool::{
        list::{BINARY_RECORD_LENGTH, MAX_NODES, NodeList},
        node::ServiceNode,
        strikes::Strikes,
    },
};

use crate::onion::{SeededRng, node_keys};

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A list holds usable nodes only, each of which is a line of the cache; what a cache does not understand, it
/// leaves out.
pub fn node_list(data: &[u8]) {
    let json = NodeList::from_json(data);
    let binary = NodeList::from_binary(data);
    assert_eq!(binary.is_ok(), data.len() % BINARY_RECORD_LENGTH == 0);
    if let Ok(binary) = &binary {
        assert_eq!(binary.len() + binary.skipped(), data.len() / BINARY_RECORD_LENGTH);
        assert!(binary.nodes().all(|node| node.swarm_id().is_some()));
    }
    for list in [json, binary].into_iter().flatten() {
        assert!(list.len() + list.skipped() <= MAX_NODES);
        for node in list.nodes() {
            assert!(!node.ip().is_unspecified() && node.https_port() != 0 && node.omq_port() != 0);
            assert_eq!(node.to_string().parse().as_ref(), Ok(node));
        }
    }
    if let Ok(strikes) = Strikes::from_bytes(data) {
        assert_eq!(Strikes::from_bytes(&strikes.to_bytes()), Ok(strikes));
    }
    let text = String::from_utf8_lossy(data).into_owned();
    let snapshot = Snapshot { pool: text.clone(), strikes: data.to_vec(), edges: text };
    let paths = Paths::load(Config::for_network(Network::Mainnet), &snapshot, START);
    let kept = paths.snapshot(START);
    let again = Paths::load(Config::for_network(Network::Mainnet), &kept, START);
    assert_eq!(again.snapshot(START), kept);
}

/// Whatever happens in whatever order, paths keep their rules, and every request ends once. Each byte is an event.
pub fn paths(data: &[u8]) {
    let mut config = Config::for_network(Network::Mainnet);
    config.min_pool_size = 4;
    let pool: String = (1..=24).map(|number| format!("{}\n", node(number))).collect();
    let snapshot = Snapshot { pool, ..Snapshot::default() };
    let mut world = World {
        paths: Paths::load(config, &snapshot, START),
        rng: SeededRng(1),
        now: START,
        next: 0,
        todo: Vec::new(),
        running: Vec::new(),
        open: 0,
    };
    for byte in data.iter().take(256) {
        world.step(*byte);
        world.carry_out();
        world.check();
    }
    world.paths.suspend();
    world.carry_out();
    assert_eq!(world.open, world.running.len(), "a request was forgotten");
}

fn node(number: u8) -> ServiceNode {
    let key = node_keys(number).ed25519();
    format!("{key}|20.0.{}.1|22021|22020|2.11.0|7", number / 2)
        .parse()
        .expect("a line of the cache")
}

struct World {
    paths: Paths,
    rng: SeededRng,
    now: Timestamp,
    next: u64,
    /// Commands that wait for their outcome.
    todo: Vec<Command>,
    /// Requests that were sent.
    running: Vec<RequestId>,
    /// Requests that were taken and have not ended.
    open: usize,
}

impl World {
    fn step(&mut self, byte: u8) {
        let Self { paths, rng, now, .. } = self;
        let pick = usize::from(byte >> 3);
        match byte & 7 {
            0 => paths.resume(*now, rng),
            1 => self.enqueue(byte),
            2 => self.settle(pick, true),
            3 => self.settle(pick, false),
            4 | 5 => self.end(pick, byte & 1 == 0),
            6 => {
                *now = now.checked_add(Duration::from_secs(1 << (pick % 16))).expect("not yet");
                paths.handle_timeout(*now, rng);
            }
            _ => {
                let due = paths.poll_timeout().unwrap_or(*now).max(*now);
                *now = due;
                paths.handle_timeout(due, rng);
            }
        }
    }

    fn enqueue(&mut self, byte: u8) {
        let category = if byte & 8 == 0 { Category::Standard } else { Category::File };
        let destination = Some(node_keys(1 + byte % 24).ed25519()).filter(|_| byte & 16 == 0);
        let deadline = self.now.checked_add(Duration::from_secs(30)).expect("not yet");
        let request = RequestId(self.next);
        self.next += 1;
        let Self { paths, rng, now, .. } = self;
        if paths.enqueue(request, category, destination, deadline, *now, rng).is_ok() {
            self.open += 1;
        }
    }

    /// An outcome of some command, late or not.
    fn settle(&mut self, pick: usize, is_good: bool) {
        if self.todo.is_empty() {
            return;
        }
        let command = self.todo.swap_remove(pick % self.todo.len());
        let Self { paths, rng, now, .. } = self;
        match (command, is_good) {
            (Command::Connect { path, .. }, true) => paths.handle_connected(path, *now, rng),
            (Command::Verify { path }, true) => paths.handle_verified(path, *now, rng),
            (Command::Connect { path, .. } | Command::Verify { path }, false) => {
                paths.handle_unconnected(path, *now, rng);
            }
            (_, true) => paths.handle_node_list(None, NodeList::default(), *now, rng),
            (_, false) => paths.handle_refresh_failed(None, *now, rng),
        }
    }

    fn end(&mut self, pick: usize, is_good: bool) {
        if self.running.is_empty() {
            return;
        }
        let request = self.running.swap_remove(pick % self.running.len());
        let Self { paths, rng, now, .. } = self;
        if is_good {
            paths.handle_success(request, *now, rng);
        } else {
            let failure = if pick % 2 == 0 { Failure::TimedOut } else { Failure::Unconnected };
            paths.handle_failure(request, &failure, *now, rng);
        }
        self.open -= 1;
    }

    fn carry_out(&mut self) {
        while let Some(command) = self.paths.poll_command() {
            match command {
                Command::Send { request, path } => {
                    assert_eq!(self.paths.hops(path).len(), 3);
                    assert!(!self.running.contains(&request), "sent twice");
                    self.running.push(request);
                }
                Command::Fail { request, .. } => {
                    // Suspension ends what is under way, too.
                    self.running.retain(|running| *running != request);
                    self.open = self.open.checked_sub(1).expect("a request that was taken");
                }
                Command::Close { path } => assert!(self.paths.hops(path).is_empty()),
                other => self.todo.push(other),
            }
        }
    }

    fn check(&self) {
        let nodes = || self.paths.ready().flat_map(|path| self.paths.hops(path));
        let mut keys: Vec<Ed25519PublicKey> = nodes().map(ServiceNode::key).collect();
        let mut subnets: Vec<_> = nodes().map(ServiceNode::subnet).collect();
        let count = keys.len();
        keys.sort();
        keys.dedup();
        subnets.sort();
        subnets.dedup();
        assert_eq!((keys.len(), subnets.len()), (count, count), "paths share nodes or networks");
        if let Some(timeout) = self.paths.poll_timeout() {
            assert!(timeout >= START);
        }
    }
}
